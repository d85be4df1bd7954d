/* SPDX-License-Identifier: Apache-2.0 */
/** @file Field tables of n2's record types: names, units and what they mean, for JSON, tables and docs alike. */
#include "modules/n2/records.h"

#define OPTIONAL .flags = SN_FIELD_OPTIONAL

static const struct sn_field message_fields[] = {
	SN_FIELD(struct sn_n2_message_record, protocol, SN_FIELD_STRING, NULL,
		 "application protocol: NGAP, XnAP, F1AP, E1AP, S1AP, X2AP"),
	SN_FIELD(struct sn_n2_message_record, procedure, SN_FIELD_STRING, NULL,
		 "elementary procedure, as in clause 9 of its specification"),
	SN_FIELD(struct sn_n2_message_record, pdu, SN_FIELD_STRING, NULL,
		 "initiatingMessage, successfulOutcome or unsuccessfulOutcome"),
	SN_FIELD(struct sn_n2_message_record, count, SN_FIELD_U64, "1", "messages"),
};
const struct sn_record_type sn_n2_message_type =
	SN_RECORD_TYPE(struct sn_n2_message_record, "n2.message", "Messages by procedure and outcome.", message_fields);

static const struct sn_field nas_fields[] = {
	SN_FIELD(struct sn_n2_nas_record, message, SN_FIELD_STRING, NULL, "5GMM or 5GSM message, as in TS 24.501 clause 8"),
	SN_FIELD(struct sn_n2_nas_record, security_header, SN_FIELD_STRING, NULL,
		 "security header of the NAS PDU it came in (TS 24.501 9.3.1)"),
	SN_FIELD(struct sn_n2_nas_record, in_container, SN_FIELD_BOOL, NULL,
		 "carried in a NAS message container: it was on the wire once already"),
	SN_FIELD(struct sn_n2_nas_record, count, SN_FIELD_U64, "1", "messages"),
};
const struct sn_record_type sn_n2_nas_type =
	SN_RECORD_TYPE(struct sn_n2_nas_record, "n2.nas", "NAS messages that could be read.", nas_fields);

static const struct sn_field cause_fields[] = {
	SN_FIELD(struct sn_n2_cause_record, group, SN_FIELD_STRING, NULL,
		 "radioNetwork, transport, nas, protocol, misc (TS 38.413 9.3.1.2), 5gmm, 5gsm (TS 24.501), or observed"),
	SN_FIELD(struct sn_n2_cause_record, cause, SN_FIELD_STRING, NULL, "cause by its name in the specification"),
	SN_FIELD(struct sn_n2_cause_record, count, SN_FIELD_U64, "1", "how often"),
};
const struct sn_record_type sn_n2_cause_type =
	SN_RECORD_TYPE(struct sn_n2_cause_record, "n2.cause",
		       "Causes: of failures, and every cause element seen (section cause_elements).", cause_fields);

static const struct sn_field step_fields[] = {
	SN_FIELD(struct sn_n2_step_record, step, SN_FIELD_STRING, NULL, "step of the chain"),
	SN_FIELD(struct sn_n2_step_record, count, SN_FIELD_U64, "1", "successful chains that had it"),
	SN_FIELD(struct sn_n2_step_record, mean_ms, SN_FIELD_F64, "ms", "its mean duration"),
	SN_FIELD(struct sn_n2_step_record, share, SN_FIELD_F64, "1", "its share of the time of all successful chains"),
};
const struct sn_record_type sn_n2_step_type =
	SN_RECORD_TYPE(struct sn_n2_step_record, "n2.step", "Steps within a chain.", step_fields);

#define PROCEDURE_COUNTS                                                                                                         \
	SN_FIELD(struct sn_n2_procedure_record, gnb, SN_FIELD_STRING, NULL, "gNB, when grouped by it", OPTIONAL),                \
		SN_FIELD(struct sn_n2_procedure_record, amf, SN_FIELD_STRING, NULL, "AMF, when grouped by it", OPTIONAL),        \
		SN_FIELD(struct sn_n2_procedure_record, snssai, SN_FIELD_STRING, NULL, "S-NSSAI, when grouped by it", OPTIONAL), \
		SN_FIELD(struct sn_n2_procedure_record, attempts, SN_FIELD_U64, "1", "begun"),                                   \
		SN_FIELD(struct sn_n2_procedure_record, successes, SN_FIELD_U64, "1", "ended well"),                             \
		SN_FIELD(struct sn_n2_procedure_record, failures, SN_FIELD_U64, "1", "ended by a message that says so"),         \
		SN_FIELD(struct sn_n2_procedure_record, no_response, SN_FIELD_U64, "1", "without outcome within the time-out"),  \
		SN_FIELD(struct sn_n2_procedure_record, pending, SN_FIELD_U64, "1", "still waiting", OPTIONAL),                  \
		SN_FIELD(struct sn_n2_procedure_record, success_ratio, SN_FIELD_F64, "1", "successes ÷ all that ended"),         \
		SN_FIELD(struct sn_n2_procedure_record, causes, SN_FIELD_LIST, NULL,                                             \
			 "causes of what did not end well, and of UE context releases", .element = &sn_n2_cause_type),           \
		SN_FIELD(struct sn_n2_procedure_record, duration_ms, SN_FIELD_DISTRIBUTION, "ms",                                \
			 "duration of the successful ones")

#define PROCEDURE_STANDING                                                                                                       \
	SN_FIELD(struct sn_n2_procedure_record, standing, SN_FIELD_STRING, NULL, "exact, inferred or unavailable"),              \
		SN_FIELD(struct sn_n2_procedure_record, why, SN_FIELD_STRING, NULL, "why it is not exact", OPTIONAL)

static const struct sn_field procedure_fields[] = {
	SN_FIELD(struct sn_n2_procedure_record, procedure, SN_FIELD_STRING, NULL, "class 1 elementary procedure (TS 38.413 8.1)"),
	PROCEDURE_COUNTS,
	PROCEDURE_STANDING,
};
const struct sn_record_type sn_n2_procedure_type =
	SN_RECORD_TYPE(struct sn_n2_procedure_record, "n2.procedure", "NGAP procedures that have an outcome.", procedure_fields);

static const struct sn_field chain_fields[] = {
	{ .name = "chain",
	  .doc = "chain across procedures",
	  .type = SN_FIELD_STRING,
	  .offset = offsetof(struct sn_n2_procedure_record, procedure) },
	PROCEDURE_COUNTS,
	SN_FIELD(struct sn_n2_procedure_record, steps, SN_FIELD_LIST, NULL, "steps with their share of the time",
		 .element = &sn_n2_step_type, OPTIONAL),
	PROCEDURE_STANDING,
};
const struct sn_record_type sn_n2_chain_type = SN_RECORD_TYPE(
	struct sn_n2_procedure_record, "n2.chain", "Chains across procedures, such as registration and handover.", chain_fields);

static const struct sn_field measurement_fields[] = {
	SN_FIELD(struct sn_n2_measurement_record, name, SN_FIELD_STRING, NULL, "measurement of TS 28.552"),
	SN_FIELD(struct sn_n2_measurement_record, labels, SN_FIELD_LABELS, NULL,
		 "gnb, amf, plmn, tac, snssai, fiveqi, cause_group, cause: those that apply"),
	SN_FIELD(struct sn_n2_measurement_record, value, SN_FIELD_F64, NULL, "value"),
	SN_FIELD(struct sn_n2_measurement_record, unit, SN_FIELD_STRING, NULL, "unit of the value, where it is no count",
		 OPTIONAL),
	SN_FIELD(struct sn_n2_measurement_record, standing, SN_FIELD_STRING, NULL, "exact, inferred or unavailable"),
	SN_FIELD(struct sn_n2_measurement_record, why, SN_FIELD_STRING, NULL, "why it is not exact", OPTIONAL),
};
const struct sn_record_type sn_n2_measurement_type =
	SN_RECORD_TYPE(struct sn_n2_measurement_record, "n2.measurement", "Measurements of TS 28.552.", measurement_fields);

static const struct sn_field kpi_fields[] = {
	SN_FIELD(struct sn_n2_kpi_record, kpi, SN_FIELD_STRING, NULL, "KPI"),
	SN_FIELD(struct sn_n2_kpi_record, source, SN_FIELD_STRING, NULL,
		 "where it is defined: TS 28.554, or the published platform's families"),
	SN_FIELD(struct sn_n2_kpi_record, labels, SN_FIELD_LABELS, NULL, "what it is about: gnb, amf, snssai, procedure, cause"),
	SN_FIELD(struct sn_n2_kpi_record, value, SN_FIELD_F64, NULL, "value; null while there is nothing to divide by"),
	SN_FIELD(struct sn_n2_kpi_record, unit, SN_FIELD_STRING, NULL, "1, ratio, ms"),
	SN_FIELD(struct sn_n2_kpi_record, standing, SN_FIELD_STRING, NULL, "exact, inferred or unavailable"),
	SN_FIELD(struct sn_n2_kpi_record, why, SN_FIELD_STRING, NULL, "why it is not exact", OPTIONAL),
};
const struct sn_record_type sn_n2_kpi_type =
	SN_RECORD_TYPE(struct sn_n2_kpi_record, "n2.kpi", "KPIs of TS 28.554 and of the published platform.", kpi_fields);

static const struct sn_field association_fields[] = {
	SN_FIELD(struct sn_n2_association_record, gnb, SN_FIELD_STRING, NULL,
		 "RAN node name of NG Setup, its id, or its address"),
	SN_FIELD(struct sn_n2_association_record, gnb_id, SN_FIELD_STRING, NULL, "Global RAN Node ID: PLMN and id", OPTIONAL),
	SN_FIELD(struct sn_n2_association_record, gnb_address, SN_FIELD_STRING, NULL, "primary address and port"),
	SN_FIELD(struct sn_n2_association_record, amf, SN_FIELD_STRING, NULL, "AMF name of NG Setup Response, or its address"),
	SN_FIELD(struct sn_n2_association_record, amf_address, SN_FIELD_STRING, NULL, "primary address and port"),
	SN_FIELD(struct sn_n2_association_record, protocol, SN_FIELD_STRING, NULL, "application protocol"),
	SN_FIELD(struct sn_n2_association_record, state, SN_FIELD_STRING, NULL, "up or closed"),
	SN_FIELD(struct sn_n2_association_record, gnb_pod, SN_FIELD_STRING, NULL, "the gNB's pod, as namespace/name", OPTIONAL),
	SN_FIELD(struct sn_n2_association_record, amf_pod, SN_FIELD_STRING, NULL, "the AMF's pod, as namespace/name", OPTIONAL),
	SN_FIELD(struct sn_n2_association_record, since, SN_FIELD_TIME, NULL, "first seen"),
	SN_FIELD(struct sn_n2_association_record, last_message, SN_FIELD_TIME, NULL, "last message"),
	SN_FIELD(struct sn_n2_association_record, messages, SN_FIELD_U64, "1", "messages"),
	SN_FIELD(struct sn_n2_association_record, connections, SN_FIELD_U64, "1", "UE-associated connections now"),
};
const struct sn_record_type sn_n2_association_type = SN_RECORD_TYPE(struct sn_n2_association_record, "n2.association",
								    "SCTP associations of gNBs with AMFs.", association_fields);

static const struct sn_field loss_fields[] = {
	SN_FIELD(struct sn_n2_loss_record, stage, SN_FIELD_STRING, NULL, "where"),
	SN_FIELD(struct sn_n2_loss_record, reason, SN_FIELD_STRING, NULL, "why"),
	SN_FIELD(struct sn_n2_loss_record, count, SN_FIELD_U64, "1", "how often"),
};
const struct sn_record_type sn_n2_loss_type = SN_RECORD_TYPE(
	struct sn_n2_loss_record, "n2.loss", "What was dropped, cut or passed over, by stage and reason.", loss_fields);

static const struct sn_field failure_fields[] = {
	SN_FIELD(struct sn_n2_failure_record, time, SN_FIELD_TIME, NULL, "when it ended"),
	SN_FIELD(struct sn_n2_failure_record, procedure, SN_FIELD_STRING, NULL, "procedure or chain"),
	SN_FIELD(struct sn_n2_failure_record, outcome, SN_FIELD_STRING, NULL, "failure or no response"),
	SN_FIELD(struct sn_n2_failure_record, group, SN_FIELD_STRING, NULL, "group of the cause", OPTIONAL),
	SN_FIELD(struct sn_n2_failure_record, cause, SN_FIELD_STRING, NULL, "cause", OPTIONAL),
	SN_FIELD(struct sn_n2_failure_record, gnb, SN_FIELD_STRING, NULL, "gNB"),
	SN_FIELD(struct sn_n2_failure_record, amf, SN_FIELD_STRING, NULL, "AMF"),
	SN_FIELD(struct sn_n2_failure_record, snssai, SN_FIELD_STRING, NULL, "S-NSSAI", OPTIONAL),
	SN_FIELD(struct sn_n2_failure_record, ue, SN_FIELD_STRING, NULL, "whose: `kpi --ue` tells its story",
		 .flags = SN_FIELD_OPTIONAL | SN_FIELD_SUBSCRIBER),
	SN_FIELD(struct sn_n2_failure_record, after_ms, SN_FIELD_F64, "ms", "since its begin"),
};
const struct sn_record_type sn_n2_failure_type =
	SN_RECORD_TYPE(struct sn_n2_failure_record, "n2.failure", "The newest failures.", failure_fields);

static const struct sn_field failure_cause_fields[] = {
	SN_FIELD(struct sn_n2_failure_cause_record, procedure, SN_FIELD_STRING, NULL, "procedure or chain"),
	SN_FIELD(struct sn_n2_failure_cause_record, group, SN_FIELD_STRING, NULL, "group of the cause"),
	SN_FIELD(struct sn_n2_failure_cause_record, cause, SN_FIELD_STRING, NULL, "cause"),
	SN_FIELD(struct sn_n2_failure_cause_record, count, SN_FIELD_U64, "1", "how often"),
};
const struct sn_record_type sn_n2_failure_cause_type = SN_RECORD_TYPE(struct sn_n2_failure_cause_record, "n2.failure_cause",
								      "Failed procedures by cause.", failure_cause_fields);

static const struct sn_field ue_fields[] = {
	SN_FIELD(struct sn_n2_ue_record, ue, SN_FIELD_STRING, NULL, "pseudonym", .flags = SN_FIELD_SUBSCRIBER),
	SN_FIELD(struct sn_n2_ue_record, registered, SN_FIELD_BOOL, NULL, "as far as it was seen"),
	SN_FIELD(struct sn_n2_ue_record, connected, SN_FIELD_BOOL, NULL, "has an NG connection"),
	SN_FIELD(struct sn_n2_ue_record, gnb, SN_FIELD_STRING, NULL, "of its connection", OPTIONAL),
	SN_FIELD(struct sn_n2_ue_record, snssai, SN_FIELD_STRING, NULL, "first allowed S-NSSAI", OPTIONAL),
	SN_FIELD(struct sn_n2_ue_record, cipher, SN_FIELD_STRING, NULL, "NAS ciphering algorithm in force"),
	SN_FIELD(struct sn_n2_ue_record, sessions, SN_FIELD_U64, "1", "PDU sessions established, as far as seen"),
	SN_FIELD(struct sn_n2_ue_record, last_seen, SN_FIELD_TIME, NULL, "its last message"),
};
const struct sn_record_type sn_n2_ue_type =
	SN_RECORD_TYPE(struct sn_n2_ue_record, "n2.ue", "UEs, the most recently seen first.", ue_fields);

static const struct sn_field story_fields[] = {
	SN_FIELD(struct sn_n2_story_record, time, SN_FIELD_TIME, NULL, "when"),
	SN_FIELD(struct sn_n2_story_record, after_ms, SN_FIELD_F64, "ms", "since the entry before"),
	SN_FIELD(struct sn_n2_story_record, direction, SN_FIELD_STRING, NULL, "up (from the UE) or down", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, protocol, SN_FIELD_STRING, NULL,
		 "NGAP, 5GMM, 5GSM, or outcome: a procedure or chain has ended"),
	SN_FIELD(struct sn_n2_story_record, what, SN_FIELD_STRING, NULL, "message, procedure or chain"),
	SN_FIELD(struct sn_n2_story_record, detail, SN_FIELD_STRING, NULL, "kind of PDU, security header, outcome", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, group, SN_FIELD_STRING, NULL, "group of the cause", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, cause, SN_FIELD_STRING, NULL, "cause", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, gnb, SN_FIELD_STRING, NULL, "gNB", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, duration_ms, SN_FIELD_F64, "ms", "of what has ended", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, in_container, SN_FIELD_BOOL, NULL, "in a NAS message container", OPTIONAL),
	SN_FIELD(struct sn_n2_story_record, inferred, SN_FIELD_BOOL, NULL, "concluded, not read", OPTIONAL),
};
const struct sn_record_type sn_n2_story_type =
	SN_RECORD_TYPE(struct sn_n2_story_record, "n2.story", "One UE's story, in order.", story_fields);

/* Single events are looked up by "ue" and "gnb" and are ordered by "time": whatever module they come from, these are called so.
 */
static const struct sn_field outcome_fields[] = {
	SN_FIELD(struct sn_n2_outcome_record, time, SN_FIELD_TIME, NULL, "when it ended"),
	SN_FIELD(struct sn_n2_outcome_record, procedure, SN_FIELD_STRING, NULL, "procedure or chain"),
	SN_FIELD(struct sn_n2_outcome_record, chain, SN_FIELD_BOOL, NULL, "a chain across procedures"),
	SN_FIELD(struct sn_n2_outcome_record, outcome, SN_FIELD_STRING, NULL, "success, failure or no response"),
	SN_FIELD(struct sn_n2_outcome_record, duration_ms, SN_FIELD_F64, "ms", "from its begin; none without a response",
		 OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, group, SN_FIELD_STRING, NULL, "group of the cause", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, cause, SN_FIELD_STRING, NULL, "cause by its name in the specification", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, gnb, SN_FIELD_STRING, NULL, "gNB", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, amf, SN_FIELD_STRING, NULL, "AMF", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, snssai, SN_FIELD_STRING, NULL, "S-NSSAI", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, plmn, SN_FIELD_STRING, NULL, "PLMN of the user location", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, tac, SN_FIELD_STRING, NULL, "TAC of the user location", OPTIONAL),
	SN_FIELD(struct sn_n2_outcome_record, ue, SN_FIELD_STRING, NULL, "whose",
		 .flags = SN_FIELD_OPTIONAL | SN_FIELD_SUBSCRIBER),
	SN_FIELD(struct sn_n2_outcome_record, inferred, SN_FIELD_BOOL, NULL, "begin or end was concluded, not read", OPTIONAL),
};
const struct sn_record_type sn_n2_outcome_type = SN_EVENT_TYPE(
	struct sn_n2_outcome_record, "n2.outcome", "One procedure or chain that has ended; a single event.", outcome_fields);

static const struct sn_field signal_fields[] = {
	SN_FIELD(struct sn_n2_signal_record, time, SN_FIELD_TIME, NULL, "when"),
	SN_FIELD(struct sn_n2_signal_record, direction, SN_FIELD_STRING, NULL, "uplink (from the UE) or downlink"),
	SN_FIELD(struct sn_n2_signal_record, protocol, SN_FIELD_STRING, NULL, "NGAP, 5GMM, 5GSM, or NAS: one that is ciphered"),
	SN_FIELD(struct sn_n2_signal_record, what, SN_FIELD_STRING, NULL, "message or procedure"),
	SN_FIELD(struct sn_n2_signal_record, detail, SN_FIELD_STRING, NULL, "kind of PDU, of NGAP", OPTIONAL),
	SN_FIELD(struct sn_n2_signal_record, group, SN_FIELD_STRING, NULL, "group of the cause", OPTIONAL),
	SN_FIELD(struct sn_n2_signal_record, cause, SN_FIELD_STRING, NULL, "cause by its name in the specification", OPTIONAL),
	SN_FIELD(struct sn_n2_signal_record, gnb, SN_FIELD_STRING, NULL, "gNB", OPTIONAL),
	SN_FIELD(struct sn_n2_signal_record, amf, SN_FIELD_STRING, NULL, "AMF", OPTIONAL),
	SN_FIELD(struct sn_n2_signal_record, ue, SN_FIELD_STRING, NULL, "whose",
		 .flags = SN_FIELD_OPTIONAL | SN_FIELD_SUBSCRIBER),
	SN_FIELD(struct sn_n2_signal_record, in_container, SN_FIELD_BOOL, NULL, "in a NAS message container", OPTIONAL),
};
const struct sn_record_type sn_n2_signal_type =
	SN_EVENT_TYPE(struct sn_n2_signal_record, "n2.signal", "One message of a UE; a single event.", signal_fields);

const struct sn_record_type *const sn_n2_record_types[] = {
	&sn_n2_message_type,
	&sn_n2_nas_type,
	&sn_n2_procedure_type,
	&sn_n2_chain_type,
	&sn_n2_cause_type,
	&sn_n2_step_type,
	&sn_n2_measurement_type,
	&sn_n2_kpi_type,
	&sn_n2_association_type,
	&sn_n2_failure_type,
	&sn_n2_failure_cause_type,
	&sn_n2_loss_type,
	&sn_n2_ue_type,
	&sn_n2_story_type,
	&sn_n2_outcome_type,
	&sn_n2_signal_type,
	NULL,
};
