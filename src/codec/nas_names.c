/* SPDX-License-Identifier: Apache-2.0 */
/** @file Names of 5GS NAS messages, causes and values, in the words of TS 24.501 (Release 17). */
#include "codec/nas.h"

#include "base/macro.h"

static const char *const names_5gmm[] = {
	[SN_NAS_REGISTRATION_REQUEST] = "Registration request",
	[SN_NAS_REGISTRATION_ACCEPT] = "Registration accept",
	[SN_NAS_REGISTRATION_COMPLETE] = "Registration complete",
	[SN_NAS_REGISTRATION_REJECT] = "Registration reject",
	[SN_NAS_DEREGISTRATION_REQUEST_UE] = "Deregistration request (UE originating)",
	[SN_NAS_DEREGISTRATION_ACCEPT_UE] = "Deregistration accept (UE originating)",
	[SN_NAS_DEREGISTRATION_REQUEST_NW] = "Deregistration request (UE terminated)",
	[SN_NAS_DEREGISTRATION_ACCEPT_NW] = "Deregistration accept (UE terminated)",
	[SN_NAS_SERVICE_REQUEST] = "Service request",
	[SN_NAS_SERVICE_REJECT] = "Service reject",
	[SN_NAS_SERVICE_ACCEPT] = "Service accept",
	[SN_NAS_CONTROL_PLANE_SERVICE_REQUEST] = "Control plane service request",
	[SN_NAS_SLICE_AUTHENTICATION_COMMAND] = "Network slice-specific authentication command",
	[SN_NAS_SLICE_AUTHENTICATION_COMPLETE] = "Network slice-specific authentication complete",
	[SN_NAS_SLICE_AUTHENTICATION_RESULT] = "Network slice-specific authentication result",
	[SN_NAS_CONFIGURATION_UPDATE_COMMAND] = "Configuration update command",
	[SN_NAS_CONFIGURATION_UPDATE_COMPLETE] = "Configuration update complete",
	[SN_NAS_AUTHENTICATION_REQUEST] = "Authentication request",
	[SN_NAS_AUTHENTICATION_RESPONSE] = "Authentication response",
	[SN_NAS_AUTHENTICATION_REJECT] = "Authentication reject",
	[SN_NAS_AUTHENTICATION_FAILURE] = "Authentication failure",
	[SN_NAS_AUTHENTICATION_RESULT] = "Authentication result",
	[SN_NAS_IDENTITY_REQUEST] = "Identity request",
	[SN_NAS_IDENTITY_RESPONSE] = "Identity response",
	[SN_NAS_SECURITY_MODE_COMMAND] = "Security mode command",
	[SN_NAS_SECURITY_MODE_COMPLETE] = "Security mode complete",
	[SN_NAS_SECURITY_MODE_REJECT] = "Security mode reject",
	[SN_NAS_5GMM_STATUS] = "5GMM status",
	[SN_NAS_NOTIFICATION] = "Notification",
	[SN_NAS_NOTIFICATION_RESPONSE] = "Notification response",
	[SN_NAS_UL_NAS_TRANSPORT] = "UL NAS transport",
	[SN_NAS_DL_NAS_TRANSPORT] = "DL NAS transport",
	[SN_NAS_RELAY_KEY_REQUEST] = "Relay key request",
	[SN_NAS_RELAY_KEY_ACCEPT] = "Relay key accept",
	[SN_NAS_RELAY_KEY_REJECT] = "Relay key reject",
	[SN_NAS_RELAY_AUTHENTICATION_REQUEST] = "Relay authentication request",
	[SN_NAS_RELAY_AUTHENTICATION_RESPONSE] = "Relay authentication response",
};

static const char *const names_5gsm[] = {
	[SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST] = "PDU session establishment request",
	[SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT] = "PDU session establishment accept",
	[SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT] = "PDU session establishment reject",
	[SN_NAS_PDU_SESSION_AUTHENTICATION_COMMAND] = "PDU session authentication command",
	[SN_NAS_PDU_SESSION_AUTHENTICATION_COMPLETE] = "PDU session authentication complete",
	[SN_NAS_PDU_SESSION_AUTHENTICATION_RESULT] = "PDU session authentication result",
	[SN_NAS_PDU_SESSION_MODIFICATION_REQUEST] = "PDU session modification request",
	[SN_NAS_PDU_SESSION_MODIFICATION_REJECT] = "PDU session modification reject",
	[SN_NAS_PDU_SESSION_MODIFICATION_COMMAND] = "PDU session modification command",
	[SN_NAS_PDU_SESSION_MODIFICATION_COMPLETE] = "PDU session modification complete",
	[SN_NAS_PDU_SESSION_MODIFICATION_COMMAND_REJECT] = "PDU session modification command reject",
	[SN_NAS_PDU_SESSION_RELEASE_REQUEST] = "PDU session release request",
	[SN_NAS_PDU_SESSION_RELEASE_REJECT] = "PDU session release reject",
	[SN_NAS_PDU_SESSION_RELEASE_COMMAND] = "PDU session release command",
	[SN_NAS_PDU_SESSION_RELEASE_COMPLETE] = "PDU session release complete",
	[SN_NAS_5GSM_STATUS] = "5GSM status",
	[SN_NAS_SERVICE_LEVEL_AUTHENTICATION_COMMAND] = "Service-level authentication command",
	[SN_NAS_SERVICE_LEVEL_AUTHENTICATION_COMPLETE] = "Service-level authentication complete",
	[SN_NAS_REMOTE_UE_REPORT] = "Remote UE report",
	[SN_NAS_REMOTE_UE_REPORT_RESPONSE] = "Remote UE report response",
};

/* Table 9.11.3.2.1; 36, 81, 82 and 94 came with Release 18. */
static const char *const causes_5gmm[] = {
	[3] = "Illegal UE",
	[5] = "PEI not accepted",
	[6] = "Illegal ME",
	[7] = "5GS services not allowed",
	[9] = "UE identity cannot be derived by the network",
	[10] = "Implicitly de-registered",
	[11] = "PLMN not allowed",
	[12] = "Tracking area not allowed",
	[13] = "Roaming not allowed in this tracking area",
	[15] = "No suitable cells in tracking area",
	[20] = "MAC failure",
	[21] = "Synch failure",
	[22] = "Congestion",
	[23] = "UE security capabilities mismatch",
	[24] = "Security mode rejected, unspecified",
	[26] = "Non-5G authentication unacceptable",
	[27] = "N1 mode not allowed",
	[28] = "Restricted service area",
	[31] = "Redirection to EPC required",
	[36] = "IAB-node operation not authorized",
	[43] = "LADN not available",
	[62] = "No network slices available",
	[65] = "Maximum number of PDU sessions reached",
	[67] = "Insufficient resources for specific slice and DNN",
	[69] = "Insufficient resources for specific slice",
	[71] = "ngKSI already in use",
	[72] = "Non-3GPP access to 5GCN not allowed",
	[73] = "Serving network not authorized",
	[74] = "Temporarily not authorized for this SNPN",
	[75] = "Permanently not authorized for this SNPN",
	[76] = "Not authorized for this CAG or authorized for CAG cells only",
	[77] = "Wireline access area not allowed",
	[78] = "PLMN not allowed to operate at the present UE location",
	[79] = "UAS services not allowed",
	[80] = "Disaster roaming for the determined PLMN with disaster condition not allowed",
	[81] = "Selected N3IWF is not compatible with the allowed NSSAI",
	[82] = "Selected TNGF is not compatible with the allowed NSSAI",
	[90] = "Payload was not forwarded",
	[91] = "DNN not supported or not subscribed in the slice",
	[92] = "Insufficient user-plane resources for the PDU session",
	[93] = "Onboarding services terminated",
	[94] = "User plane positioning not authorized",
	[95] = "Semantically incorrect message",
	[96] = "Invalid mandatory information",
	[97] = "Message type non-existent or not implemented",
	[98] = "Message type not compatible with the protocol state",
	[99] = "Information element non-existent or not implemented",
	[100] = "Conditional IE error",
	[101] = "Message not compatible with the protocol state",
	[111] = "Protocol error, unspecified",
};

/* Table 9.11.4.2.1. */
static const char *const causes_5gsm[] = {
	[8] = "Operator determined barring",
	[26] = "Insufficient resources",
	[27] = "Missing or unknown DNN",
	[28] = "Unknown PDU session type",
	[29] = "User authentication or authorization failed",
	[31] = "Request rejected, unspecified",
	[32] = "Service option not supported",
	[33] = "Requested service option not subscribed",
	[34] = "Service option temporarily out of order",
	[35] = "PTI already in use",
	[36] = "Regular deactivation",
	[37] = "5GS QoS not accepted",
	[38] = "Network failure",
	[39] = "Reactivation requested",
	[41] = "Semantic error in the TFT operation",
	[42] = "Syntactical error in the TFT operation",
	[43] = "Invalid PDU session identity",
	[44] = "Semantic errors in packet filter(s)",
	[45] = "Syntactical error in packet filter(s)",
	[46] = "Out of LADN service area",
	[47] = "PTI mismatch",
	[50] = "PDU session type IPv4 only allowed",
	[51] = "PDU session type IPv6 only allowed",
	[54] = "PDU session does not exist",
	[57] = "PDU session type IPv4v6 only allowed",
	[58] = "PDU session type Unstructured only allowed",
	[59] = "Unsupported 5QI value",
	[61] = "PDU session type Ethernet only allowed",
	[67] = "Insufficient resources for specific slice and DNN",
	[68] = "Not supported SSC mode",
	[69] = "Insufficient resources for specific slice",
	[70] = "Missing or unknown DNN in a slice",
	[81] = "Invalid PTI value",
	[82] = "Maximum data rate per UE for user-plane integrity protection is too low",
	[83] = "Semantic error in the QoS operation",
	[84] = "Syntactical error in the QoS operation",
	[85] = "Invalid mapped EPS bearer identity",
	[86] = "UAS services not allowed",
	[95] = "Semantically incorrect message",
	[96] = "Invalid mandatory information",
	[97] = "Message type non-existent or not implemented",
	[98] = "Message type not compatible with the protocol state",
	[99] = "Information element non-existent or not implemented",
	[100] = "Conditional IE error",
	[101] = "Message not compatible with the protocol state",
	[111] = "Protocol error, unspecified",
};

#define NAME_OF(table, value) ((size_t)(value) < SN_ARRAY_SIZE(table) ? (table)[value] : NULL)

const char *sn_nas_message_name(uint8_t epd, uint8_t type)
{
	return epd == SN_NAS_EPD_5GMM ? NAME_OF(names_5gmm, type) : epd == SN_NAS_EPD_5GSM ? NAME_OF(names_5gsm, type) : NULL;
}

const char *sn_nas_cause_name(uint8_t epd, uint8_t cause)
{
	return epd == SN_NAS_EPD_5GMM ? NAME_OF(causes_5gmm, cause) : epd == SN_NAS_EPD_5GSM ? NAME_OF(causes_5gsm, cause) : NULL;
}

const char *sn_nas_security_name(enum sn_nas_security security)
{
	static const char *const names[] = {
		[SN_NAS_PLAIN] = "Plain 5GS NAS message, not security protected",
		[SN_NAS_INTEGRITY] = "Integrity protected",
		[SN_NAS_INTEGRITY_CIPHERED] = "Integrity protected and ciphered",
		[SN_NAS_INTEGRITY_NEW_CONTEXT] = "Integrity protected with new 5G NAS security context",
		[SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT] = "Integrity protected and ciphered with new 5G NAS security context",
	};

	_Static_assert(SN_ARRAY_SIZE(names) == _SN_NAS_SECURITY_MAX, "name every security header type");
	return NAME_OF(names, security);
}

const char *sn_nas_registration_type_name(uint8_t type)
{
	static const char *const names[] = {
		[SN_NAS_REGISTRATION_INITIAL] = "initial registration",
		[SN_NAS_REGISTRATION_MOBILITY] = "mobility registration updating",
		[SN_NAS_REGISTRATION_PERIODIC] = "periodic registration updating",
		[SN_NAS_REGISTRATION_EMERGENCY] = "emergency registration",
		[SN_NAS_REGISTRATION_SNPN_ONBOARDING] = "SNPN onboarding registration",
		[SN_NAS_REGISTRATION_DISASTER_MOBILITY] = "disaster roaming mobility registration updating",
		[SN_NAS_REGISTRATION_DISASTER_INITIAL] = "disaster roaming initial registration",
	};

	return NAME_OF(names, type);
}

const char *sn_nas_identity_name(enum sn_nas_identity kind)
{
	static const char *const names[] = {
		[SN_NAS_IDENTITY_NONE] = "No identity",	   [SN_NAS_IDENTITY_SUCI] = "SUCI",
		[SN_NAS_IDENTITY_5G_GUTI] = "5G-GUTI",	   [SN_NAS_IDENTITY_IMEI] = "IMEI",
		[SN_NAS_IDENTITY_5G_S_TMSI] = "5G-S-TMSI", [SN_NAS_IDENTITY_IMEISV] = "IMEISV",
		[SN_NAS_IDENTITY_MAC] = "MAC address",	   [SN_NAS_IDENTITY_EUI64] = "EUI-64",
	};

	_Static_assert(SN_ARRAY_SIZE(names) == _SN_NAS_IDENTITY_MAX, "name every identity kind");
	return NAME_OF(names, kind);
}

const char *sn_nas_cipher_name(enum sn_nas_cipher cipher)
{
	static const char *const names[] = {
		[SN_NEA0] = "NEA0",
		[SN_NEA1] = "NEA1",
		[SN_NEA2] = "NEA2",
		[SN_NEA3] = "NEA3",
	};
	const char *name = NAME_OF(names, cipher);

	return name ? name : "unknown";
}

const char *sn_nas_dnn_text(struct sn_view dnn, char *ret_text, size_t size)
{
	size_t n = 0, label = 0;

	if (!size)
		return ret_text;
	for (size_t i = 0; i < dnn.len && n + 1 < size; i++) {
		uint8_t c = dnn.data[i];

		if (label) {
			ret_text[n++] = c > 0x20 && c < 0x7f ? (char)c : '?';
			label--;
			continue;
		}
		if (i)
			ret_text[n++] = '.';
		label = c;
	}
	ret_text[n] = '\0';
	return ret_text;
}
