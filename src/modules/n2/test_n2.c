/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The whole module over the recordings of a real core: every figure by hand from the recordings and from tshark's counts,
 * and beside the core's own counters where those were recorded.
 */
#include "n2_rig.h"

#include "base/macro.h"

struct figures {
	const char *name;
	int64_t attempts, successes, failures, no_response;
};
struct cause_figure {
	const char *row, *group, *cause;
	int64_t count;
};
struct measured_figure {
	const char *name, *label, *value; /* label NULL: over all */
	int64_t count;
};

static void check_figures(struct rig *rig, const char *section, const struct figures *figures, size_t count)
{
	json_t *document = rig_report(rig);

	for (size_t i = 0; i < count; i++)
		check_row(document, section, figures[i].name, figures[i].attempts, figures[i].successes, figures[i].failures,
			  figures[i].no_response);
	assert_int_equal(json_array_size(json_object_get(document, section)), count);
}

/* All the causes there are. */
static void check_causes(struct rig *rig, const char *section, const struct cause_figure *figures, size_t count)
{
	json_t *rows = json_object_get(rig_report(rig), section), *row;
	size_t there = 0, i;

	for (i = 0; i < count; i++) {
		row = row_of(rig->document, section, section[0] == 'c' ? "chain" : "procedure", figures[i].row);
		if (cause_count_of(row, figures[i].group, figures[i].cause) != figures[i].count)
			fail_msg("%s: %s %s came %lld times instead of %lld", figures[i].row, figures[i].group, figures[i].cause,
				 (long long)cause_count_of(row, figures[i].group, figures[i].cause), (long long)figures[i].count);
	}
	json_array_foreach(rows, i, row) there += json_array_size(json_object_get(row, "causes"));
	assert_int_equal(there, count);
}

static void check_measured(struct rig *rig, const struct measured_figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = measured_by(rig, figures[i].name, figures[i].label, figures[i].value);

		if (value != figures[i].count)
			fail_msg("%s %s=%s is %lld instead of %lld", figures[i].name, figures[i].label ? figures[i].label : "all",
				 figures[i].label ? figures[i].value : "", (long long)value, (long long)figures[i].count);
	}
}

/* ---- nea0: 34 scenarios in the clear ---- */

static const struct figures nea0_chains[] = {
	{ "Registration", 52, 36, 16, 0 },
	{ "Service request", 12, 11, 1, 0 },
	{ "PDU session establishment", 43, 33, 10, 0 },
	{ "Deregistration", 22, 22, 0, 0 },
	{ "UE context release", 65, 65, 0, 0 },
	{ "Paging", 1, 1, 0, 0 },
};
static const struct figures nea0_procedures[] = {
	{ "InitialContextSetup", 47, 47, 0, 0 },     { "NGSetup", 9, 6, 3, 0 },
	{ "PDUSessionResourceRelease", 1, 1, 0, 0 }, { "PDUSessionResourceSetup", 34, 34, 0, 0 },
	{ "UEContextRelease", 65, 65, 0, 0 },
};
static const struct cause_figure nea0_chain_causes[] = {
	{ "Registration", "5gmm", "Semantically incorrect message", 11 },
	{ "Registration", "5gmm", "5GS services not allowed", 2 },
	{ "Registration", "5gmm", "No network slices available", 1 },
	{ "Registration", "5gmm", "UE security capabilities mismatch", 1 },
	{ "Registration", "observed", "Authentication reject", 1 },
	{ "Service request", "5gmm", "UE identity cannot be derived by the network", 1 },
	{ "PDU session establishment", "5gsm", "Network failure", 6 },
	{ "PDU session establishment", "5gmm", "DNN not supported or not subscribed in the slice", 3 },
	{ "PDU session establishment", "radioNetwork", "unspecified", 1 },
	{ "UE context release", "radioNetwork", "unspecified", 23 },
	{ "UE context release", "nas", "deregister", 22 },
	{ "UE context release", "radioNetwork", "radio-connection-with-ue-lost", 12 },
	{ "UE context release", "nas", "normal-release", 8 },
};
static const struct cause_figure nea0_procedure_causes[] = {
	{ "NGSetup", "misc", "unknown-PLMN-or-SNPN", 2 },
	{ "NGSetup", "radioNetwork", "slice-not-supported", 1 },
};
static const struct measured_figure nea0_measured[] = {
	{ "RM.RegInitReq", NULL, NULL, 41 },
	{ "RM.RegInitReq", "gnb", "UERANSIM-gnb-999-70-1", 40 },
	{ "RM.RegInitReq", "gnb", "UERANSIM-gnb-999-70-2", 1 },
	{ "RM.RegInitReq", "tac", "2", 1 },
	{ "RM.RegInitReq", "plmn", "999-70", 41 },
	{ "RM.RegInitReq", "amf", "open5gs-amf0", 41 },
	{ "RM.RegPeriodReq", NULL, NULL, 11 },
	{ "RM.RegMobReq", NULL, NULL, 0 },
	{ "RM.RegEmergReq", NULL, NULL, 0 },
	{ "RM.RegInitSucc", NULL, NULL, 36 },
	{ "RM.RegInitSucc", "snssai", "1", 35 },
	{ "RM.RegInitSucc", "snssai", "2-000002", 1 },
	{ "RM.RegPeriodSucc", NULL, NULL, 0 },
	{ "MM.ServiceReqTotalAtt", NULL, NULL, 12 },
	{ "MM.ServiceReqTotalSucc", NULL, NULL, 11 },
	{ "MM.Paging5GReq", NULL, NULL, 1 },
	{ "MM.Paging5GSucc", NULL, NULL, 1 },
	{ "MM.ConfUpdate", NULL, NULL, 37 },
	{ "MM.ConfUpdateSucc", NULL, NULL, 1 },
	{ "AMF.AuthReq", NULL, NULL, 39 },
	{ "AMF.AuthFail", "cause", "MAC failure", 1 },
	{ "AMF.AuthFail", "cause", "Synch failure", 1 },
	{ "AMF.AuthFail", NULL, NULL, 2 },
	{ "AMF.AuthReject", NULL, NULL, 1 },
	{ "UECNTX.ConnEstabAtt", "cause", "mo-Signalling", 52 },
	{ "UECNTX.ConnEstabAtt", "cause", "mo-Data", 12 },
	{ "UECNTX.ConnEstabAtt", "cause", "mt-Access", 1 },
	{ "UECNTX.ConnEstabSucc", NULL, NULL, 65 },
	{ "SM.PDUSessionSetupReq", NULL, NULL, 45 }, /* 34 in PDU Session Resource Setup, 11 in Initial Context Setup */
	{ "SM.PDUSessionSetupSucc", NULL, NULL, 44 },
	{ "SM.PDUSessionSetupSucc", "snssai", "2-000002", 1 },
	{ "SM.PDUSessionSetupFail", "cause", "unspecified", 1 },
	{ "QF.EstabAttNbr", NULL, NULL, 34 },
	{ "QF.EstabAttNbr", "fiveqi", "9", 32 },
	{ "QF.EstabAttNbr", "fiveqi", "5", 2 },
	{ "QF.EstabSuccNbr", "fiveqi", "9", 31 },
	{ "QF.EstabSuccNbr", "fiveqi", "5", 2 },
	{ "QF.EstabFailNbr", "fiveqi", "9", 1 },
	{ "QF.InitialEstabAttNbr", NULL, NULL, 11 },
	{ "QF.InitialEstabSuccNbr", NULL, NULL, 11 },
	{ "QF.InitialEstabFailNbr", NULL, NULL, 0 },
	{ "QF.ReleaseAttNbr", "fiveqi", "5", 1 },
	{ "MM.HoPrepInterReq", NULL, NULL, 0 },
};

static void test_nea0(void **state)
{
	struct rig *rig = *state;
	json_t *row;
	size_t i;

	rig_capture(rig, "captures/nea0-n2.pcapng");
	check_figures(rig, "chains", nea0_chains, SN_ARRAY_SIZE(nea0_chains));
	check_figures(rig, "procedures", nea0_procedures, SN_ARRAY_SIZE(nea0_procedures));
	check_causes(rig, "chains", nea0_chain_causes, SN_ARRAY_SIZE(nea0_chain_causes));
	check_causes(rig, "procedures", nea0_procedure_causes, SN_ARRAY_SIZE(nea0_procedure_causes));
	check_measured(rig, nea0_measured, SN_ARRAY_SIZE(nea0_measured));
	assert_int_equal(integer(rig->document, "nas_ciphered"), 0);
	/* All was in the clear and nothing was lost: all is exact, but for what is sampled. */
	json_array_foreach(json_object_get(rig_report(rig), "measurements"), i, row) assert_true(text_is(
		row, "standing",
		strncmp(json_string_value(json_object_get(row, "name")), "RM.RegisteredSubNbr", 19) == 0 ? "inferred" : "exact"));
	json_array_foreach(json_object_get(rig->document, "chains"), i, row) assert_true(text_is(row, "standing", "exact"));
	/* ARP between the namespaces, and nothing else. */
	assert_int_equal(json_array_size(json_object_get(rig->document, "losses")), 1);
	row = json_array_get(json_object_get(rig->document, "losses"), 0);
	assert_true(text_is(row, "reason", "not IP"));
	assert_int_equal(integer(row, "count"), 12);
	check_engine(rig);
}

static void test_nea0_steps(void **state)
{
	struct rig *rig = *state;
	json_t *steps, *step;
	double shares = 0;
	size_t i;

	rig_capture(rig, "captures/nea0-n2.pcapng");
	steps = json_object_get(row_of(rig_report(rig), "chains", "chain", "Registration"), "steps");
	assert_int_equal(json_array_size(steps), 2);
	json_array_foreach(steps, i, step)
	{
		assert_int_equal(integer(step, "count"), 36);
		shares += json_number_value(json_object_get(step, "share"));
	}
	assert_true(shares > 0.05 && shares < 0.06);
	steps = json_object_get(row_of(rig->document, "chains", "chain", "UE context release"), "steps");
	assert_int_equal(integer(json_array_get(steps, 0), "count"), 35); /* UE Context Release Requests */
	assert_int_equal(integer(json_array_get(steps, 1), "count"), 65);
}

/*
 * Open5GS's own counters at the end of its scenario 26, before its AMF was started anew and counted from 0. Where they say
 * something else than we do, why.
 */
static void test_nea0_beside_the_core(void **state)
{
	struct rig *rig = *state;
	static const struct measured_figure same[] = {
		{ "AMF.AuthReq", NULL, NULL, 36 },
		{ "AMF.AuthFail", "cause", "MAC failure", 1 },
		{ "AMF.AuthFail", "cause", "Synch failure", 1 },
		{ "AMF.AuthReject", NULL, NULL, 1 },
		{ "MM.ConfUpdate", NULL, NULL, 34 },
		{ "MM.ConfUpdateSucc", NULL, NULL, 1 },
		{ "MM.Paging5GReq", NULL, NULL, 1 },
		{ "MM.Paging5GSucc", NULL, NULL, 1 },
		{ "RM.RegInitSucc", NULL, NULL, 33 },
	};

	rig_capture_until(rig, "captures/nea0-n2.pcapng", 1795177751857927000ull);
	check_measured(rig, same, SN_ARRAY_SIZE(same));
	/* rm_reginitreq 48: it counts the ten periodic updates that it rejects as initial registrations. */
	assert_int_equal(measured(rig, "RM.RegInitReq") + measured(rig, "RM.RegPeriodReq"), 48);
	assert_int_equal(measured(rig, "RM.RegPeriodReq"), 10);
	/* rm_reginitfail 2 (cause 7), 1 (62), 10 (95), 1 (23); the authentication reject is none of them. */
	check_chain(rig, "Registration", 48, 33, 14 + 1, 0);
	/* sm_pdusessioncreationreq 38: three that the AMF did not let through (cause 91) never came to the SMF. */
	check_chain(rig, "PDU session establishment", 38 + 3, 31, 10, 0);
	/* sm_pdusessioncreationsucc 70: it rises by two in one creation (31 of them), by one when user plane comes back after
	 * paging, when the gNB refuses what the core had made, and in each of six that fail for want of a UPF. */
	assert_int_equal(70, 2 * 31 + 1 + 1 + 6);
}

/* The gauges follow the core's own: registered (AMF), PDU sessions (SMF), connections (ran_ue), at the end of each scenario. */
static void test_nea0_gauges_beside_the_core(void **state)
{
	static const struct {
		uint64_t end_ms;
		unsigned registered, sessions, connections;
	} scenarios[] = {
		{ 1795177205263, 0, 0, 0 },    /* 02: nobody yet */
		{ 1795177215392, 1, 1, 1 },    /* 03: registration, PDU session */
		{ 1795177244267, 1, 2, 1 },    /* 04: a second session */
		{ 1795177256937, 1, 1, 1 },    /* 05: released */
		{ 1795177278851, 1, 1, 1 },    /* 06: idle and back: the session stays */
		{ 1795177328631, 0, 0, 0 },    /* 09: switched off */
		{ 1795177545591, 16, 16, 16 }, /* 18: sixteen UEs */
		{ 1795177557151, 18, 19, 18 }, /* 19: two more with three sessions */
		{ 1795177566717, 18, 19, 17 }, /* 20: a UE lost */
		{ 1795177584920, 18, 19, 8 },  /* 21: all released, eight come back */
		{ 1795177641881, 18, 19, 17 }, /* 22: periodic updates rejected with cause 95: nobody is deregistered by that */
		{ 1795177695986, 11, 12, 0 },  /* 24: seven have deregistered */
		{ 1795177751857, 11, 12, 0 },  /* 26 */
		/* 27b: the core's SMF says 14. It was not told that its AMF, started anew, has forgotten the session of 27. */
		{ 1795177880601, 12, 13, 0 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < SN_ARRAY_SIZE(scenarios); i++) {
		rig_defaults(rig);
		rig_open(rig);
		rig_capture_until(rig, "captures/nea0-n2.pcapng", scenarios[i].end_ms * MS);
		if (rig->engine->registered != scenarios[i].registered || rig->engine->sessions != scenarios[i].sessions ||
		    rig->engine->connections.live != scenarios[i].connections)
			fail_msg("at row %zu %llu are registered, %llu sessions, %u connections", i,
				 (unsigned long long)rig->engine->registered, (unsigned long long)rig->engine->sessions,
				 rig->engine->connections.live);
		assert_int_equal(rig->engine->attempts.live, 0);
		check_engine(rig);
		rig_close(rig);
	}
}

static void test_nea0_associations(void **state)
{
	struct rig *rig = *state;
	static const char *const ids[] = { "999-70/00000001", "999-70/00000002" };
	json_t *rows, *row;
	unsigned by_name[2] = { 0 };
	size_t i;

	rig_capture(rig, "captures/nea0-n2.pcapng");
	rows = json_object_get(rig_report(rig), "associations");
	json_array_foreach(rows, i, row)
	{
		assert_true(text_is(row, "amf", "open5gs-amf0"));
		assert_true(text_is(row, "amf_address", "10.10.2.1:38412"));
		assert_true(text_is(row, "state", "closed"));
		for (unsigned k = 0; k < 2; k++)
			if (text_is(row, "gnb_id", ids[k])) {
				char name[32];

				snprintf(name, sizeof(name), "UERANSIM-gnb-999-70-%u", k + 1);
				assert_true(text_is(row, "gnb", name));
				by_name[k]++;
			}
	}
	assert_int_equal(by_name[0], 4); /* at first, started anew in scenario 24, after each start of the AMF */
	assert_int_equal(by_name[1], 2);
	assert_int_equal(json_array_size(rows), 4 + 2 + 3); /* with those that were refused */
}

static void test_nea0_grouped(void **state)
{
	struct rig *rig = *state;
	static const char *const by[] = { "gnb", "amf", "slice", "cause", "ue", "none" };
	json_t *row;
	size_t k, i;

	rig_capture(rig, "captures/nea0-n2.pcapng");
	for (k = 0; k < SN_ARRAY_SIZE(by); k++) {
		int64_t attempts = 0, failures = 0, causes = 0;

		json_array_foreach(json_object_get(rig_report_of(rig, by[k], NULL), "chains"), i, row)
		{
			json_t *cause;
			size_t c;

			if (!text_is(row, "chain", "Registration"))
				continue;
			attempts += integer(row, "attempts");
			failures += integer(row, "failures");
			json_array_foreach(json_object_get(row, "causes"), c, cause) causes += integer(cause, "count");
		}
		assert_int_equal(attempts, 52);
		assert_int_equal(failures, 16);
		assert_int_equal(causes, 16);
		assert_int_equal(measured_by(rig, "RM.RegInitReq", NULL, NULL), 41);
	}
	/* The row without a slice has the causes of its own, not those of all slices. */
	json_array_foreach(json_object_get(rig_report_of(rig, "slice", NULL), "chains"), i, row) assert_int_equal(
		integer(row, "failures") + integer(row, "no_response") > 0 || text_is(row, "chain", "UE context release"),
		json_array_size(json_object_get(row, "causes")) > 0);
	struct sn_query wrong = { .by = "colour" };
	struct sn_diag diag = { 0 };
	assert_true(sn_n2_module.report(rig->n2, &wrong, &rig->report, &diag) < 0);
	assert_non_null(strstr(diag.text, "colour"));
}

/* ---- handover: by N2 and by Xn ---- */

static const struct figures handover_chains[] = {
	{ "Registration", 8, 8, 0, 0 }, { "PDU session establishment", 14, 13, 1, 0 },
	{ "N2 handover", 10, 6, 4, 0 }, /* 2 not prepared, 2 cancelled */
	{ "Xn handover", 4, 4, 0, 0 },	{ "UE context release", 17, 16, 0, 1 },
};
static const struct figures handover_procedures[] = {
	{ "HandoverCancel", 2, 2, 0, 0 },
	{ "HandoverPreparation", 10, 8, 2, 0 },
	{ "HandoverResourceAllocation", 10, 8, 2, 0 },
	{ "InitialContextSetup", 8, 8, 0, 0 },
	{ "NGSetup", 16, 16, 0, 0 },
	{ "PathSwitchRequest", 4, 4, 0, 0 },
	{ "PDUSessionResourceModify", 6, 6, 0, 0 },
	{ "PDUSessionResourceSetup", 13, 13, 0, 0 },
	{ "UEContextRelease", 17, 16, 0, 1 }, /* the gNB went away before it answered */
};
static const struct cause_figure handover_chain_causes[] = {
	{ "PDU session establishment", "5gmm", "DNN not supported or not subscribed in the slice", 1 },
	{ "N2 handover", "radioNetwork", "unspecified", 2 },
	{ "N2 handover", "radioNetwork", "txnrelocoverall-expiry", 2 },
	{ "UE context release", "radioNetwork", "user-inactivity", 7 },
	{ "UE context release", "radioNetwork", "successful-handover", 6 },
	{ "UE context release", "radioNetwork", "handover-cancelled", 2 },
	{ "UE context release", "radioNetwork", "ho-failure-in-target-5GC-ngran-node-or-target-system", 1 },
	{ "UE context release", "observed", "association lost", 1 },
};
static const struct measured_figure handover_measured[] = {
	{ "MM.HoPrepInterReq", NULL, NULL, 10 },
	{ "MM.HoPrepInterReq", "gnb", "5G gNB-CU", 6 },
	{ "MM.HoPrepInterReq", "gnb", "5G gNB-CU 999-70-4001", 3 },
	{ "MM.HoPrepInterSucc", NULL, NULL, 8 },
	{ "MM.HoPrepInterFail", "cause", "unspecified", 2 },
	{ "MM.HoResAlloInterReq", NULL, NULL, 10 },
	{ "MM.HoResAlloInterReq", "gnb", "5G gNB-CU 999-70-4001", 7 },
	{ "MM.HoResAlloInterSucc", NULL, NULL, 8 },
	{ "MM.HoResAlloInterFail", "gnb", "5G gNB-CU 999-70-4001", 2 },
	{ "MM.HoOut5gsToEpsPrepReq", NULL, NULL, 0 },
	{ "MM.HoIncEpsTo5gsResAlloReq", NULL, NULL, 0 },
	{ "RM.RegInitReq", NULL, NULL, 8 },
	{ "RM.RegInitSucc", "snssai", "1", 8 },
	{ "SM.PDUSessionSetupSucc", NULL, NULL, 13 },
	{ "QF.EstabSuccNbr", "fiveqi", "9", 8 },
	{ "QF.EstabSuccNbr", "fiveqi", "6", 5 },
	{ "QF.ModNbrAtt", "fiveqi", "1", 6 },
	{ "QF.ModNbrSucc", "fiveqi", "1", 6 },
	{ "QF.ModNbrFail", NULL, NULL, 0 },
};

static void test_handover(void **state)
{
	struct rig *rig = *state;

	rig_capture(rig, "captures/handover-n2.pcapng");
	check_figures(rig, "chains", handover_chains, SN_ARRAY_SIZE(handover_chains));
	check_figures(rig, "procedures", handover_procedures, SN_ARRAY_SIZE(handover_procedures));
	check_causes(rig, "chains", handover_chain_causes, SN_ARRAY_SIZE(handover_chain_causes));
	check_measured(rig, handover_measured, SN_ARRAY_SIZE(handover_measured));
	/* Eight UEs (one per test program), whatever gNBs they were at. */
	assert_int_equal(json_array_size(json_object_get(rig_report_of(rig, "ue", NULL), "ues")), rig->engine->ues.live);
	assert_int_equal(rig->engine->connections.live, 0);
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 0);
	check_engine(rig);
}

/* One UE's story goes on at the gNB that it was handed over to. */
static void test_handover_story(void **state)
{
	struct rig *rig = *state;
	json_t *rows, *row;
	size_t i, u;
	unsigned told = 0;

	rig_capture(rig, "captures/handover-n2.pcapng");
	rows = json_incref(json_object_get(rig_report_of(rig, "ue", NULL), "ues"));
	json_array_foreach(rows, u, row)
	{
		json_t *story = json_object_get(rig_report_of(rig, NULL, json_string_value(json_object_get(row, "ue"))), "story");
		json_t *line;
		bool notified = false, first = false;

		json_array_foreach(story, i, line)
		{
			first |= text_is(line, "what", "InitialUEMessage");
			notified |= first && text_is(line, "what", "HandoverNotification") &&
				    text_is(line, "gnb", "5G gNB-CU 999-70-4001");
		}
		told += notified;
	}
	json_decref(rows);
	assert_true(told >= 2);
}

/* ---- nea2: ciphered ---- */

static void test_nea2_registration(void **state)
{
	struct rig *rig = *state;
	static const struct figures chains[] = { { "Registration", 1, 1, 0, 0 }, { "PDU session establishment", 1, 1, 0, 0 } };
	static const struct figures procedures[] = { { "InitialContextSetup", 1, 1, 0, 0 },
						     { "PDUSessionResourceSetup", 1, 1, 0, 0 } };
	json_t *row, *steps;

	rig_capture(rig, "captures/nea2-registration-n2.pcapng");
	check_figures(rig, "chains", chains, SN_ARRAY_SIZE(chains));
	check_figures(rig, "procedures", procedures, SN_ARRAY_SIZE(procedures));
	assert_int_equal(integer(rig->document, "nas_ciphered"), 6);
	row = row_of(rig->document, "chains", "chain", "Registration");
	assert_true(text_is(row, "standing", "inferred"));
	steps = json_object_get(row, "steps");
	assert_int_equal(json_array_size(steps), 3);
	assert_true(text_is(json_array_get(steps, 0), "step", "authentication"));
	assert_true(text_is(json_array_get(steps, 1), "step", "security mode control"));
	assert_true(text_is(json_array_get(steps, 2), "step", "initial context setup"));
	assert_string_equal(standing_of(rig, "RM.RegInitReq"), "exact");
	assert_string_equal(standing_of(rig, "RM.RegInitSucc"), "inferred");
	assert_string_equal(standing_of(rig, "RM.RegTimeMean"), "inferred");
	assert_string_equal(standing_of(rig, "MM.ConfUpdate"), "unavailable");
	assert_string_equal(standing_of(rig, "MM.ConfUpdateSucc"), "unavailable");
	assert_string_equal(standing_of(rig, "MM.ServiceReqTotalSucc"), "inferred");
	assert_string_equal(standing_of(rig, "SM.PDUSessionSetupSucc"), "exact");
	assert_string_equal(standing_of(rig, "UECNTX.ConnEstabSucc"), "exact");
	assert_int_equal(measured(rig, "RM.RegInitSucc"), 1);
	assert_int_equal(measured_by(rig, "QF.EstabSuccNbr", "fiveqi", "9"), 1);
	assert_int_equal(rig->engine->registered, 1);
	assert_int_equal(rig->engine->sessions, 1);
	check_engine(rig);
}

static void test_nea2_service_request(void **state)
{
	struct rig *rig = *state;
	static const struct figures chains[] = { { "Service request", 1, 1, 0, 0 }, { "UE context release", 1, 1, 0, 0 } };

	rig_capture(rig, "captures/nea2-service-request-n2.pcapng");
	check_figures(rig, "chains", chains, SN_ARRAY_SIZE(chains));
	assert_true(text_is(row_of(rig->document, "chains", "chain", "Service request"), "standing", "inferred"));
	assert_true(text_is(row_of(rig->document, "chains", "chain", "UE context release"), "standing", "exact"));
	assert_int_equal(integer(rig->document, "nas_ciphered"), 1);
	assert_int_equal(measured(rig, "MM.ServiceReqTotalSucc"), 1);
	assert_int_equal(measured(rig, "QF.InitialEstabSuccNbr"), 1);
	/* The recording begins in mid-session: who was released showed nothing to be known by, and is not kept. */
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

static void test_nea2_wrong_key(void **state)
{
	struct rig *rig = *state;
	static const struct figures chains[] = { { "Registration", 1, 0, 1, 0 }, { "UE context release", 1, 1, 0, 0 } };

	rig_capture(rig, "captures/nea2-wrong-key-n2.pcapng");
	check_figures(rig, "chains", chains, SN_ARRAY_SIZE(chains));
	assert_int_equal(integer(rig->document, "nas_ciphered"), 0);
	assert_int_equal(chain_cause(rig, "Registration", "observed", "Authentication reject"), 1);
	assert_int_equal(measured_by(rig, "AMF.AuthFail", "cause", "MAC failure"), 1);
	assert_int_equal(measured(rig, "AMF.AuthReject"), 1);
	assert_int_equal(rig->engine->registered, 0);
	check_engine(rig);
}

/* The same packets in every file format, link layer and IP form: the same document. */
static void test_variants(void **state)
{
	struct rig *rig = *state;
	static const char *const names[] = { "fragments.pcap", "ipv4.pcap", "ipv6.pcap", "loop.pcap", "modified.pcap",
					     "ns-be.pcap",     "null.pcap", "qinq.pcap", "raw.pcap",  "sections.pcapng",
					     "sll.pcap",       "sll2.pcap", "us.pcap" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "captures/variants/nea2-registration-%s", names[i]);
		rig_defaults(rig);
		rig_open(rig);
		rig_capture(rig, path);
		check_chain(rig, "Registration", 1, 1, 0, 0);
		check_chain(rig, "PDU session establishment", 1, 1, 0, 0);
		assert_int_equal(integer(rig->document, "nas_ciphered"), 6);
		assert_int_equal(json_array_size(json_object_get(rig->document, "losses")), 0);
		check_engine(rig);
		rig_close(rig);
	}
}

/* Two recordings one after the other in one engine, the later in time first. */
static void test_several_recordings(void **state)
{
	struct rig *rig = *state;

	rig_capture(rig, "captures/nea0-n2.pcapng");
	rig_capture(rig, "captures/nea2-wrong-key-n2.pcapng");
	rig_capture(rig, "captures/nea2-registration-n2.pcapng");
	check_chain(rig, "Registration", 54, 37, 17, 0);
	assert_string_equal(standing_of(rig, "MM.ConfUpdate"), "unavailable");
	check_engine(rig);
}

#define TEST(name)	  cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, rig_setup_closed, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nea0),
		TEST(test_nea0_steps),
		TEST(test_nea0_beside_the_core),
		TEST_CLOSED(test_nea0_gauges_beside_the_core),
		TEST(test_nea0_associations),
		TEST(test_nea0_grouped),
		TEST(test_handover),
		TEST(test_handover_story),
		TEST(test_nea2_registration),
		TEST(test_nea2_service_request),
		TEST(test_nea2_wrong_key),
		TEST_CLOSED(test_variants),
		TEST(test_several_recordings),
	};

	return cmocka_run_group_tests_name("n2", tests, NULL, NULL);
}
