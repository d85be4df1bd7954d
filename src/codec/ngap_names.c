/* SPDX-License-Identifier: Apache-2.0 */
/** @file Names of NGAP (TS 38.413 Release 17): causes and RRC establishment causes, as ASN.1 spells them. */
#include "codec/ngap.h"

#include "base/macro.h"

/** CauseRadioNetwork; from 45 on beyond the root. The misspelling of 27 is the specification's. */
static const char *const radio_network[] = {
	[0] = "unspecified",
	[1] = "txnrelocoverall-expiry",
	[2] = "successful-handover",
	[3] = "release-due-to-ngran-generated-reason",
	[4] = "release-due-to-5gc-generated-reason",
	[5] = "handover-cancelled",
	[6] = "partial-handover",
	[7] = "ho-failure-in-target-5GC-ngran-node-or-target-system",
	[8] = "ho-target-not-allowed",
	[9] = "tngrelocoverall-expiry",
	[10] = "tngrelocprep-expiry",
	[11] = "cell-not-available",
	[12] = "unknown-targetID",
	[13] = "no-radio-resources-available-in-target-cell",
	[14] = "unknown-local-UE-NGAP-ID",
	[15] = "inconsistent-remote-UE-NGAP-ID",
	[16] = "handover-desirable-for-radio-reason",
	[17] = "time-critical-handover",
	[18] = "resource-optimisation-handover",
	[19] = "reduce-load-in-serving-cell",
	[20] = "user-inactivity",
	[21] = "radio-connection-with-ue-lost",
	[22] = "radio-resources-not-available",
	[23] = "invalid-qos-combination",
	[24] = "failure-in-radio-interface-procedure",
	[25] = "interaction-with-other-procedure",
	[26] = "unknown-PDU-session-ID",
	[27] = "unkown-qos-flow-ID",
	[28] = "multiple-PDU-session-ID-instances",
	[29] = "multiple-qos-flow-ID-instances",
	[30] = "encryption-and-or-integrity-protection-algorithms-not-supported",
	[31] = "ng-intra-system-handover-triggered",
	[32] = "ng-inter-system-handover-triggered",
	[33] = "xn-handover-triggered",
	[34] = "not-supported-5QI-value",
	[35] = "ue-context-transfer",
	[36] = "ims-voice-eps-fallback-or-rat-fallback-triggered",
	[37] = "up-integrity-protection-not-possible",
	[38] = "up-confidentiality-protection-not-possible",
	[39] = "slice-not-supported",
	[40] = "ue-in-rrc-inactive-state-not-reachable",
	[41] = "redirection",
	[42] = "resources-not-available-for-the-slice",
	[43] = "ue-max-integrity-protected-data-rate-reason",
	[44] = "release-due-to-cn-detected-mobility",
	[45] = "n26-interface-not-available",
	[46] = "release-due-to-pre-emption",
	[47] = "multiple-location-reporting-reference-ID-instances",
	[48] = "rsn-not-available-for-the-up",
	[49] = "npn-access-denied",
	[50] = "cag-only-access-denied",
	[51] = "insufficient-ue-capabilities",
	[52] = "redcap-ue-not-supported",
	[53] = "unknown-MBS-Session-ID",
	[54] = "indicated-MBS-session-area-information-not-served-by-the-gNB",
	[55] = "inconsistent-slice-info-for-the-session",
	[56] = "misaligned-association-for-multicast-unicast",
};

static const char *const transport[] = {
	[0] = "transport-resource-unavailable",
	[1] = "unspecified",
};

/** CauseNas; 4 is beyond the root. */
static const char *const nas[] = {
	[0] = "normal-release", [1] = "authentication-failure",	     [2] = "deregister",
	[3] = "unspecified",	[4] = "uE-not-in-PLMN-serving-area",
};

static const char *const protocol[] = {
	[0] = "transfer-syntax-error",
	[1] = "abstract-syntax-error-reject",
	[2] = "abstract-syntax-error-ignore-and-notify",
	[3] = "message-not-compatible-with-receiver-state",
	[4] = "semantic-error",
	[5] = "abstract-syntax-error-falsely-constructed-message",
	[6] = "unspecified",
};

static const char *const misc[] = {
	[0] = "control-processing-overload",
	[1] = "not-enough-user-plane-processing-resources",
	[2] = "hardware-failure",
	[3] = "om-intervention",
	[4] = "unknown-PLMN-or-SNPN",
	[5] = "unspecified",
};

static const struct {
	const char *name;
	const char *const *values;
	size_t count;
} groups[] = {
	[SN_NGAP_CAUSE_RADIO_NETWORK] = { "radioNetwork", radio_network, SN_ARRAY_SIZE(radio_network) },
	[SN_NGAP_CAUSE_TRANSPORT] = { "transport", transport, SN_ARRAY_SIZE(transport) },
	[SN_NGAP_CAUSE_NAS] = { "nas", nas, SN_ARRAY_SIZE(nas) },
	[SN_NGAP_CAUSE_PROTOCOL] = { "protocol", protocol, SN_ARRAY_SIZE(protocol) },
	[SN_NGAP_CAUSE_MISC] = { "misc", misc, SN_ARRAY_SIZE(misc) },
};
_Static_assert(SN_ARRAY_SIZE(groups) == _SN_NGAP_CAUSE_GROUP_MAX, "name every cause group");

/** RRCEstablishmentCause; 10 and 11 are beyond the root. */
static const char *const establishment_causes[] = {
	[0] = "emergency",
	[1] = "highPriorityAccess",
	[2] = "mt-Access",
	[3] = "mo-Signalling",
	[4] = "mo-Data",
	[5] = "mo-VoiceCall",
	[6] = "mo-VideoCall",
	[7] = "mo-SMS",
	[8] = "mps-PriorityAccess",
	[9] = "mcs-PriorityAccess",
	[10] = "notAvailable",
	[11] = "mo-ExceptionData",
};

const char *sn_ngap_cause_group_name(uint8_t group)
{
	return group < SN_ARRAY_SIZE(groups) ? groups[group].name : NULL;
}

const char *sn_ngap_cause_name(uint8_t group, uint8_t value)
{
	return group < SN_ARRAY_SIZE(groups) && value < groups[group].count ? groups[group].values[value] : NULL;
}

const char *sn_ngap_establishment_cause_name(uint8_t value)
{
	return value < SN_ARRAY_SIZE(establishment_causes) ? establishment_causes[value] : NULL;
}
