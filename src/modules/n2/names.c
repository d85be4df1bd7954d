/* SPDX-License-Identifier: Apache-2.0 */
/** @file Names of what the engine counts, and what class 1 procedures there are (TS 38.413 tables 8.1-1 and 8.1-2). */
#include <inttypes.h>
#include <stdio.h>

#include "base/macro.h"
#include "modules/n2/engine.h"

const struct sn_n2_loss_name sn_n2_loss_names[] = {
	[SN_N2_LOSS_NGAP_MALFORMED] = { "ngap", "malformed" },
	[SN_N2_LOSS_NGAP_TRUNCATED] = { "ngap", "truncated" },
	[SN_N2_LOSS_NGAP_LIST_CUT] = { "ngap", "list longer than read" },
	[SN_N2_LOSS_NAS_MALFORMED] = { "nas", "malformed" },
	[SN_N2_LOSS_NAS_UNKNOWN] = { "nas", "unknown message" },
	[SN_N2_LOSS_ORPHAN_OUTCOME] = { "correlation", "outcome without its request" },
	[SN_N2_LOSS_LATE_OUTCOME] = { "correlation", "outcome after its time-out" },
	[SN_N2_LOSS_UNKNOWN_UE] = { "correlation", "UE-associated message without a known UE" },
	[SN_N2_LOSS_UE_EVICTED] = { "correlation", "UE table full" },
	[SN_N2_LOSS_ATTEMPT_TABLE] = { "correlation", "attempt table full" },
	[SN_N2_LOSS_ASSOCIATION_TABLE] = { "correlation", "association table full" },
	[SN_N2_LOSS_SERIES_LIMIT] = { "metrics", "counted under other labels" },
	[SN_N2_LOSS_DUPLICATE_END] = { "tap", "seen at both ends, counted once" },
	[SN_N2_LOSS_PPID_UNKNOWN] = { "tap", "protocol not known" },
	[SN_N2_LOSS_FRAME_NOT_IP] = { "packet", "not IP" },
	[SN_N2_LOSS_FRAME_MALFORMED] = { "packet", "malformed" },
	[SN_N2_LOSS_FRAME_TRUNCATED] = { "packet", "cut by the capture" },
	[SN_N2_LOSS_LINKTYPE] = { "packet", "link type not known" },
	[SN_N2_LOSS_EVENT_MALFORMED] = { "ring", "malformed record" },
	[SN_N2_LOSS_PARTIAL_MESSAGE] = { "tap", "user message whose end never came" },
	[SN_N2_LOSS_CONNECTION_TABLE] = { "correlation", "connection table full" },
	[SN_N2_LOSS_VIEW_TABLE] = { "tap", "socket table full" },
	[SN_N2_LOSS_MAYBE_DUPLICATE] = { "tap", "perhaps seen at both ends, counted twice" },
};

static const char *const chain_names[] = {
	[SN_N2_REGISTRATION] = "Registration",
	[SN_N2_SERVICE_REQUEST] = "Service request",
	[SN_N2_PDU_SESSION_ESTABLISHMENT] = "PDU session establishment",
	[SN_N2_DEREGISTRATION] = "Deregistration",
	[SN_N2_N2_HANDOVER] = "N2 handover",
	[SN_N2_XN_HANDOVER] = "Xn handover",
	[SN_N2_CONTEXT_RELEASE] = "UE context release",
	[SN_N2_PAGING] = "Paging",
};
_Static_assert(SN_ARRAY_SIZE(chain_names) == _SN_N2_CHAIN_MAX, "name every chain");

static const char *const step_names[] = {
	[SN_N2_STEP_IDENTIFICATION] = "identification",
	[SN_N2_STEP_AUTHENTICATION] = "authentication",
	[SN_N2_STEP_SECURITY] = "security mode control",
	[SN_N2_STEP_CONTEXT_SETUP] = "initial context setup",
};
_Static_assert(SN_ARRAY_SIZE(step_names) == _SN_N2_STEP_MAX, "name every step");

static const char *const outcome_names[] = {
	[SN_N2_SUCCESS] = "success",
	[SN_N2_FAILURE] = "failure",
	[SN_N2_NO_RESPONSE] = "no response",
};
_Static_assert(SN_ARRAY_SIZE(outcome_names) == _SN_N2_OUTCOME_MAX, "name every outcome");

static const char *const own_causes[] = {
	[SN_N2_OWN_AUTHENTICATION_REJECT] = "Authentication reject",
	[SN_N2_OWN_ASSOCIATION_LOST] = "association lost",
	[SN_N2_OWN_NG_RESET] = "NG reset",
	[SN_N2_OWN_SUPERSEDED] = "superseded by a new attempt",
};
_Static_assert(SN_ARRAY_SIZE(own_causes) == _SN_N2_OWN_MAX, "name every cause of our own");

/* Who begins a class 1 procedure; what is not here has no outcome. */
enum { RAN = 1, AMF = 2, EITHER = 3 };
static const uint8_t class_1[256] = {
	[SN_NGAP_AMF_CONFIGURATION_UPDATE] = AMF,
	[SN_NGAP_HANDOVER_CANCEL] = RAN,
	[SN_NGAP_HANDOVER_PREPARATION] = RAN,
	[SN_NGAP_HANDOVER_RESOURCE_ALLOCATION] = AMF,
	[SN_NGAP_INITIAL_CONTEXT_SETUP] = AMF,
	[SN_NGAP_NG_RESET] = EITHER,
	[SN_NGAP_NG_SETUP] = RAN,
	[SN_NGAP_PATH_SWITCH_REQUEST] = RAN,
	[SN_NGAP_PDU_SESSION_RESOURCE_MODIFY] = AMF,
	[SN_NGAP_PDU_SESSION_RESOURCE_MODIFY_INDICATION] = RAN,
	[SN_NGAP_PDU_SESSION_RESOURCE_RELEASE] = AMF,
	[SN_NGAP_PDU_SESSION_RESOURCE_SETUP] = AMF,
	[32] = AMF, /* PWSCancel */
	[SN_NGAP_RAN_CONFIGURATION_UPDATE] = RAN,
	[SN_NGAP_UE_CONTEXT_MODIFICATION] = AMF,
	[SN_NGAP_UE_CONTEXT_RELEASE] = AMF,
	[43] = AMF, /* UERadioCapabilityCheck */
	[51] = AMF, /* WriteReplaceWarning */
	[SN_NGAP_UE_CONTEXT_RESUME] = RAN,
	[SN_NGAP_UE_CONTEXT_SUSPEND] = RAN,
	[60] = RAN, /* UERadioCapabilityIDMapping */
	[66] = AMF, /* BroadcastSessionModification */
	[67] = AMF, /* BroadcastSessionRelease */
	[68] = AMF, /* BroadcastSessionSetup */
	[69] = RAN, /* DistributionSetup */
	[70] = RAN, /* DistributionRelease */
	[71] = AMF, /* MulticastSessionActivation */
	[72] = AMF, /* MulticastSessionDeactivation */
	[73] = AMF, /* MulticastSessionUpdate */
};

bool sn_n2_procedure_has_outcome(uint8_t procedure_code)
{
	return class_1[procedure_code] != 0;
}

unsigned sn_n2_procedure_initiator(uint8_t procedure_code)
{
	/* Class 2 procedures with one fixed direction; the rest tell nothing of who is who. */
	switch (procedure_code) {
	case SN_NGAP_INITIAL_UE_MESSAGE:
	case SN_NGAP_UPLINK_NAS_TRANSPORT:
	case SN_NGAP_UE_CONTEXT_RELEASE_REQUEST:
	case SN_NGAP_HANDOVER_NOTIFICATION:
	case SN_NGAP_PDU_SESSION_RESOURCE_NOTIFY:
		return RAN;
	case SN_NGAP_DOWNLINK_NAS_TRANSPORT:
	case SN_NGAP_PAGING:
	case SN_NGAP_AMF_STATUS_INDICATION:
	case SN_NGAP_REROUTE_NAS_REQUEST:
		return AMF;
	default:
		return class_1[procedure_code];
	}
}

const char *sn_n2_kind_name(unsigned kind)
{
	const char *name;

	if (kind >= SN_N2_KIND_CHAIN)
		return kind < SN_N2_KINDS ? chain_names[kind - SN_N2_KIND_CHAIN] : "unknown";
	name = sn_ap_procedure_name(SN_AP_NGAP, (uint8_t)kind);
	return name ? name : "unknown";
}

const char *sn_n2_step_name(unsigned kind, enum sn_n2_step step)
{
	if (kind == SN_N2_KIND_CHAIN + SN_N2_CONTEXT_RELEASE)
		return step == SN_N2_STEP_RELEASE_REQUESTED ? "request by the NG-RAN node" : "release by the AMF";
	return step < _SN_N2_STEP_MAX ? step_names[step] : "";
}

const char *sn_n2_outcome_name(enum sn_n2_outcome outcome)
{
	return outcome < _SN_N2_OUTCOME_MAX ? outcome_names[outcome] : "";
}

uint16_t sn_n2_cause_of(const struct sn_ngap_cause *cause)
{
	return cause->present ? SN_N2_CAUSE(cause->group, cause->value) : 0;
}

const char *sn_n2_cause_group_text(uint16_t cause)
{
	unsigned group = cause >> 8 & 0x7f;

	if (!cause)
		return "";
	switch (group) {
	case SN_N2_CAUSE_5GMM:
		return "5gmm";
	case SN_N2_CAUSE_5GSM:
		return "5gsm";
	case SN_N2_CAUSE_RRC:
		return "rrc";
	case SN_N2_CAUSE_SAURON:
		return "observed";
	default:
		return sn_ngap_cause_group_name((uint8_t)group);
	}
}

const char *sn_n2_cause_text(uint16_t cause, char buffer[16])
{
	unsigned group = cause >> 8 & 0x7f, value = cause & 0xff;
	const char *name = NULL;

	if (!cause)
		return "";
	if (group == SN_N2_CAUSE_5GMM)
		name = sn_nas_cause_name(SN_NAS_EPD_5GMM, (uint8_t)value);
	else if (group == SN_N2_CAUSE_5GSM)
		name = sn_nas_cause_name(SN_NAS_EPD_5GSM, (uint8_t)value);
	else if (group == SN_N2_CAUSE_RRC)
		name = sn_ngap_establishment_cause_name((uint8_t)value);
	else if (group == SN_N2_CAUSE_SAURON)
		name = value < _SN_N2_OWN_MAX ? own_causes[value] : NULL;
	else
		name = sn_ngap_cause_name((uint8_t)group, (uint8_t)value);
	if (name)
		return name;
	snprintf(buffer, 16, "%u", value);
	return buffer;
}

void sn_n2_endpoint_text(const struct sn_n2_endpoint *end, char *ret_text, size_t size)
{
	char addr[SN_ADDR_TEXT];

	snprintf(ret_text, size, end->addr.family == 6 ? "[%s]:%u" : "%s:%u", sn_addr_text(&end->addr, addr), end->port);
}

void sn_n2_ran_node_text(const struct sn_ran_node_id *node, char *ret_text, size_t size)
{
	char plmn[SN_PLMN_TEXT];

	if (node->present)
		snprintf(ret_text, size, "%s/%0*" PRIx64, sn_plmn_text(node->plmn, plmn), (node->id_bits + 3) / 4, node->id);
	else
		ret_text[0] = '\0';
}
