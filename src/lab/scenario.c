/* SPDX-License-Identifier: Apache-2.0 */
/** @file The scenarios, as tables. */
#include "lab/scenario.h"

#include "base/macro.h"

#define STEP(from_, exchange_, to_, weight_, wait_)                                                                              \
	{                                                                                                                        \
		.from = SN_LAB_STATE_##from_, .to = SN_LAB_STATE_##to_, .exchange = SN_LAB_##exchange_, .weight = (weight_),     \
		.wait_ms = (wait_)                                                                                               \
	}

/** What registered UEs do all day: they fall idle, come back by themselves or are paged, add a session, leave. */
#define REGISTERED_LIFE                                                                                                          \
	STEP(CONNECTED, CONTEXT_RELEASE, IDLE, 70, 4000), STEP(CONNECTED, UE_LOST, IDLE, 4, 4000),                               \
		STEP(CONNECTED, SECOND_SESSION, TWO, 8, 4000), STEP(CONNECTED, DEREGISTRATION, KNOWN, 12, 6000),                 \
		STEP(CONNECTED, SWITCH_OFF, GONE, 6, 6000), STEP(TWO, SESSION_RELEASE, CONNECTED, 1, 5000),                      \
		STEP(SLICE2, SWITCH_OFF, GONE, 1, 15000), STEP(NO_SESSION, SESSION_REFUSED, NO_SESSION, 1, 3000),                \
		STEP(NO_SESSION, SWITCH_OFF_NO_SESSION, GONE, 1, 3000), STEP(IDLE, SERVICE_REQUEST, CONNECTED, 74, 5000),        \
		STEP(IDLE, PAGING, CONNECTED, 25, 5000), STEP(IDLE, SERVICE_REQUEST_FAILURE, IDLE, 1, 5000),                     \
		STEP(KNOWN, REGISTRATION_GUTI, CONNECTED, 3, 5000), STEP(KNOWN, NOTHING, GONE, 1, 0)

static const struct sn_lab_step normal_day[] = {
	STEP(OFF, REGISTRATION, CONNECTED, 830, 0),
	STEP(OFF, REGISTRATION_SLICE2, SLICE2, 100, 0),
	STEP(OFF, REGISTRATION_RESYNC, CONNECTED, 20, 0),
	STEP(OFF, REGISTRATION_NO_DNN, NO_SESSION, 20, 0),
	STEP(OFF, AUTH_MAC_FAILURE, GONE, 8, 0),
	STEP(OFF, UNKNOWN_SUBSCRIBER, GONE, 8, 0),
	STEP(OFF, NO_SLICE, GONE, 8, 0),
	STEP(OFF, CONTEXT_SETUP_FAILURE, GONE, 6, 0),
	REGISTERED_LIFE,
};

static const struct sn_lab_step auth_failures[] = {
	STEP(OFF, AUTH_MAC_FAILURE, GONE, 45, 0),
	STEP(OFF, REGISTRATION_RESYNC, CONNECTED, 20, 0),
	STEP(OFF, UNKNOWN_SUBSCRIBER, GONE, 15, 0),
	STEP(OFF, REGISTRATION, CONNECTED, 20, 0),
	REGISTERED_LIFE,
};

static const struct sn_lab_step slice_rejection[] = {
	STEP(OFF, NO_SLICE, GONE, 45, 0),
	STEP(OFF, REGISTRATION_NO_SLICE_SESSION, NO_SESSION, 25, 0),
	STEP(OFF, REGISTRATION_SLICE2, SLICE2, 10, 0),
	STEP(OFF, REGISTRATION, CONNECTED, 20, 0),
	REGISTERED_LIFE,
};

static const struct sn_lab_step context_setup_failures[] = {
	STEP(OFF, CONTEXT_SETUP_FAILURE, GONE, 40, 0),	     STEP(OFF, REGISTRATION, CONNECTED, 60, 0),
	STEP(CONNECTED, CONTEXT_RELEASE, IDLE, 80, 3000),    STEP(CONNECTED, SWITCH_OFF, GONE, 20, 6000),
	STEP(IDLE, SERVICE_REQUEST_FAILURE, IDLE, 35, 3000), STEP(IDLE, SERVICE_REQUEST, CONNECTED, 65, 3000),
};

/** A cell comes back after an outage: all that were in it register at once; the subscriber database is slow to know some of them.
 */
static const struct sn_lab_step signalling_storm[] = {
	STEP(OFF, REGISTRATION, CONNECTED, 85, 0),   STEP(OFF, REGISTRATION_RESYNC, CONNECTED, 5, 0),
	STEP(OFF, AUTH_MAC_FAILURE, GONE, 2, 0),     STEP(OFF, UNKNOWN_SUBSCRIBER, GONE, 3, 0),
	STEP(OFF, CONTEXT_SETUP_FAILURE, OFF, 5, 0), STEP(CONNECTED, CONTEXT_RELEASE, IDLE, 60, 2000),
	STEP(CONNECTED, NOTHING, GONE, 40, 2000),    STEP(IDLE, SERVICE_REQUEST, CONNECTED, 30, 2000),
	STEP(IDLE, NOTHING, GONE, 70, 2000),
};

#define STEPS(table) .steps = (table), .step_count = SN_ARRAY_SIZE(table)

const struct sn_lab_scenario sn_lab_scenarios[] = {
	{ .name = "normal-day",
	  .about =
		  "UEs register, use one or two PDU sessions, fall idle, come back by service request or paging, leave; 1 in 40 fails",
	  STEPS(normal_day),
	  .rate = 5 },
	{ .name = "auth-failures",
	  .about =
		  "of the UEs that register, 45 % fail with MAC failure, 15 % are not subscribed, 20 % need a resynchronisation first",
	  STEPS(auth_failures),
	  .rate = 5 },
	{ .name = "slice-rejection",
	  .about =
		  "45 % are rejected for want of a slice, 25 % get no session in the one they ask for; one gNB is refused at NG Setup",
	  STEPS(slice_rejection),
	  .rate = 5,
	  .refused_gnb = true },
	{ .name = "context-setup-failures",
	  .about =
		  "the gNBs refuse 40 % of the initial contexts of registrations and 35 % of those of service requests, for five causes",
	  STEPS(context_setup_failures),
	  .rate = 5 },
	{ .name = "signalling-storm",
	  .about = "10,000 UEs register within 60 s, as after an outage, and ends when the last is through",
	  STEPS(signalling_storm),
	  .rate = 10000.0 / 60,
	  .ues = 10000 },
	{ .name = NULL },
};

const struct sn_lab_scenario *sn_lab_scenario_find(const char *name)
{
	for (const struct sn_lab_scenario *s = sn_lab_scenarios; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const struct sn_lab_cause sn_lab_setup_causes[SN_LAB_CAUSES] = {
	{ 0, 22, 40, "radioNetwork", "radio-resources-not-available" },
	{ 0, 24, 30, "radioNetwork", "failure-in-radio-interface-procedure" },
	{ 0, 30, 10, "radioNetwork", "encryption-and-or-integrity-protection-algorithms-not-supported" },
	{ 1, 0, 15, "transport", "transport-resource-unavailable" },
	{ 4, 2, 5, "misc", "hardware-failure" },
};
