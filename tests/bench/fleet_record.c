/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records as n2 makes them, each with a number by which it is found again. */
#include <math.h>
#include <stdio.h>

#include "base/macro.h"
#include "fleet.h"
#include "model/record_otlp.h"

#define UES  100000u
#define GNBS 500u

struct outcome {
	uint64_t time;
	const char *procedure;
	const char *outcome;
	double duration_ms;
	const char *group, *cause, *gnb, *amf, *snssai, *plmn, *tac, *ue;
	uint64_t number;
};
struct signal {
	uint64_t time;
	const char *direction, *protocol, *what, *detail, *gnb, *amf, *ue;
	uint64_t number;
};

static const struct sn_field outcome_fields[] = {
	SN_FIELD(struct outcome, time, SN_FIELD_TIME, NULL, ""),
	SN_FIELD(struct outcome, procedure, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, outcome, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, duration_ms, SN_FIELD_F64, "ms", ""),
	SN_FIELD(struct outcome, group, SN_FIELD_STRING, NULL, "", .flags = SN_FIELD_OPTIONAL),
	SN_FIELD(struct outcome, cause, SN_FIELD_STRING, NULL, "", .flags = SN_FIELD_OPTIONAL),
	SN_FIELD(struct outcome, gnb, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, amf, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, snssai, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, plmn, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, tac, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, ue, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct outcome, number, SN_FIELD_U64, NULL, ""),
};
static const struct sn_field signal_fields[] = {
	SN_FIELD(struct signal, time, SN_FIELD_TIME, NULL, ""),
	SN_FIELD(struct signal, direction, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, protocol, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, what, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, detail, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, gnb, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, amf, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, ue, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct signal, number, SN_FIELD_U64, NULL, ""),
};
static const struct sn_record_type outcome_type = SN_EVENT_TYPE(struct outcome, "n2.outcome", "", outcome_fields),
				   signal_type = SN_EVENT_TYPE(struct signal, "n2.signal", "", signal_fields);

static uint64_t mixed(uint64_t number)
{
	number *= UINT64_C(0x9e3779b97f4a7c15);
	return number ^ number >> 29;
}

void record_ue(uint64_t number, char ret_text[32])
{
	/* A UE has some records one after another. */
	snprintf(ret_text, 32, "ue-%016llx", (unsigned long long)mixed(mixed(number / 4) % UES + 1));
}

void record_gnb(uint32_t agent, char ret_text[32])
{
	snprintf(ret_text, 32, "999-70-%06u", agent % GNBS);
}

static void write_signal(struct sn_otlp_writer *writer, uint32_t agent, uint64_t number, uint64_t time_ns)
{
	static const char *const whats[] = { "RegistrationRequest", "AuthenticationRequest", "SecurityModeCommand",
					     "RegistrationAccept", "PDUSessionEstablishmentRequest" };
	uint64_t chance = mixed(number);
	char ue[32], gnb[32];
	struct signal row = { .direction = chance & 1 ? "up" : "down",
			      .protocol = "5GMM",
			      .what = whats[chance % SN_ARRAY_SIZE(whats)],
			      .detail = "initiatingMessage",
			      .gnb = gnb,
			      .amf = "amf-1.example.org",
			      .ue = ue,
			      .number = number };

	record_ue(number, ue);
	record_gnb(agent, gnb);
	sn_record_to_otlp(&signal_type, &row, time_ns, writer);
}

void record_write(struct sn_otlp_writer *writer, uint32_t agent, uint64_t number, uint64_t time_ns)
{
	static const char *const procedures[] = { "InitialContextSetup", "PDUSessionResourceSetup", "HandoverPreparation",
						  "UEContextRelease",	 "PathSwitchRequest",	    "Registration" };
	static const char *const causes[] = { "unspecified", "radio-connection-with-ue-lost", "user-inactivity",
					      "ho-failure-in-target-5GC-ngran-node-or-target-system" };
	uint64_t chance = mixed(number);
	bool failed = chance % 10 == 0;
	char ue[32], gnb[32], tac[16];
	struct outcome row = { .procedure = procedures[chance % SN_ARRAY_SIZE(procedures)],
			       .outcome = failed ? "failure" : "success",
			       .duration_ms = (double)(chance % 100000) / 1000,
			       .group = failed ? "radioNetwork" : NULL,
			       .cause = failed ? causes[chance / 10 % SN_ARRAY_SIZE(causes)] : NULL,
			       .gnb = gnb,
			       .amf = "amf-1.example.org",
			       .snssai = "1-010203",
			       .plmn = "999-70",
			       .tac = tac,
			       .ue = ue,
			       .number = number };

	if (number % 4 == 3) {
		write_signal(writer, agent, number, time_ns);
		return;
	}
	record_ue(number, ue);
	record_gnb(agent, gnb);
	snprintf(tac, sizeof(tac), "%06x", agent % 100);
	sn_record_to_otlp(&outcome_type, &row, time_ns, writer);
}
