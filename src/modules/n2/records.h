/* SPDX-License-Identifier: Apache-2.0 */
/** @file The record types of n2, each declared once: the structs that the report fills, and their field tables in records.c. */
#ifndef SN_N2_RECORDS_H
#define SN_N2_RECORDS_H

#include "sauron/record.h"

struct sn_n2_message_record {
	const char *protocol, *procedure, *pdu;
	uint64_t count;
};
struct sn_n2_nas_record {
	const char *message, *security_header;
	bool in_container;
	uint64_t count;
};
struct sn_n2_cause_record {
	const char *group, *cause;
	uint64_t count;
};
struct sn_n2_step_record {
	const char *step;
	uint64_t count;
	double mean_ms, share;
};
struct sn_n2_procedure_record {
	const char *procedure;
	const char *gnb, *amf, *snssai;
	uint64_t attempts, successes, failures, no_response, pending;
	double success_ratio;
	struct sn_row_list causes; /* sn_n2_cause_record */
	const struct sn_hist *duration_ms;
	struct sn_row_list steps; /* sn_n2_step_record */
	const char *standing, *why;
};
struct sn_n2_measurement_record {
	const char *name;
	struct sn_label_set labels;
	double value;
	const char *unit;
	const char *standing, *why;
};
struct sn_n2_kpi_record {
	const char *kpi, *source;
	struct sn_label_set labels;
	double value;
	const char *unit;
	const char *standing, *why;
};
struct sn_n2_association_record {
	const char *gnb, *gnb_id, *gnb_address, *amf, *amf_address, *protocol, *state;
	const char *gnb_pod, *amf_pod;
	uint64_t since, last_message, messages, connections;
};
struct sn_n2_loss_record {
	const char *stage, *reason;
	uint64_t count;
};
struct sn_n2_failure_record {
	uint64_t time;
	const char *procedure, *outcome, *group, *cause, *gnb, *amf, *snssai, *ue;
	double after_ms;
};
struct sn_n2_failure_cause_record {
	const char *procedure, *group, *cause;
	uint64_t count;
};
struct sn_n2_ue_record {
	const char *ue;
	bool registered, connected;
	const char *gnb, *snssai, *cipher;
	uint64_t sessions, last_seen;
};
struct sn_n2_story_record {
	uint64_t time;
	double after_ms;
	const char *direction, *protocol, *what, *detail, *group, *cause, *gnb;
	double duration_ms;
	bool in_container, inferred;
};

/** Single events, as they leave the node. */
struct sn_n2_outcome_record {
	uint64_t time;
	const char *procedure;
	bool chain;
	const char *outcome;
	double duration_ms;
	const char *group, *cause, *gnb, *amf, *snssai, *plmn, *tac, *ue;
	bool inferred;
};
struct sn_n2_signal_record {
	uint64_t time;
	const char *direction, *protocol, *what, *detail, *group, *cause, *gnb, *amf, *ue;
	bool in_container;
};

extern const struct sn_record_type sn_n2_message_type, sn_n2_nas_type, sn_n2_cause_type, sn_n2_step_type, sn_n2_procedure_type,
	sn_n2_chain_type, sn_n2_measurement_type, sn_n2_kpi_type, sn_n2_association_type, sn_n2_loss_type, sn_n2_failure_type,
	sn_n2_failure_cause_type, sn_n2_ue_type, sn_n2_story_type, sn_n2_outcome_type, sn_n2_signal_type;
/** All of them, NULL at the end. */
extern const struct sn_record_type *const sn_n2_record_types[];

#endif
