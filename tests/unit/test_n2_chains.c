/* SPDX-License-Identifier: Apache-2.0 */
/** @file Chains across procedures and the measurements of TS 28.552, with NAS in the clear and ciphered. */
#include "n2_rig.h"

#define NOTHING ((struct octets) { 0 })
#define TMSI	0xc0000001u

static struct octets context_setup_response(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran);
}

static json_t *step_of(struct rig *rig, const char *chain, const char *name)
{
	json_t *steps = json_object_get(row_of(rig_report(rig), "chains", "chain", chain), "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step) if (text_is(step, "step", name)) return step;
	return NULL;
}

static void check_step(struct rig *rig, const char *chain, const char *name, int64_t count, double mean_ms, double share)
{
	json_t *step = step_of(rig, chain, name);

	if (!step)
		fail_msg("%s has no step %s", chain, name);
	assert_int_equal(integer(step, "count"), count);
	assert_true(json_number_value(json_object_get(step, "mean_ms")) == mean_ms);
	assert_true(json_number_value(json_object_get(step, "share")) > share - 0.001 &&
		    json_number_value(json_object_get(step, "share")) < share + 0.001);
}

/* Messages 1 to 6 of rig_register come a millisecond apart; the accept is the sixth. */
static void test_registration(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	json_t *row;

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	check_chain(rig, "Registration", 1, 1, 0, 0);
	row = row_of(rig->document, "chains", "chain", "Registration");
	assert_true(json_number_value(json_object_get(json_object_get(row, "duration_ms"), "max")) == 5.0);
	assert_true(text_is(row, "standing", "exact"));
	check_step(rig, "Registration", "authentication", 1, 1.0, 0.2);
	check_step(rig, "Registration", "security mode control", 1, 1.0, 0.2);
	assert_int_equal(measured(rig, "RM.RegInitReq"), 1);
	assert_int_equal(measured_by(rig, "RM.RegInitSucc", "snssai", "1"), 1);
	assert_int_equal(measured(rig, "RM.RegMobReq"), 0);
	assert_string_equal(standing_of(rig, "RM.RegInitSucc"), "exact");
	assert_int_equal(measured(rig, "AMF.AuthReq"), 1);
	assert_int_equal(measured_by(rig, "UECNTX.ConnEstabAtt", "cause", "mo-Signalling"), 1);
	assert_int_equal(measured_by(rig, "UECNTX.ConnEstabSucc", "tac", "1"), 1);
	assert_int_equal(measured(rig, "RM.RegTimeMax"), 5);
	assert_int_equal(rig->engine->registered, 1);
	check_engine(rig);
}

/* Under NEA2 the accept cannot be read: the context set up tells, and that it is concluded is said. */
static void test_registration_ciphered(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA2);
	check_chain(rig, "Registration", 1, 1, 0, 0);
	assert_true(text_is(row_of(rig->document, "chains", "chain", "Registration"), "standing", "inferred"));
	assert_int_equal(rig->engine->nas_ciphered, 2);
	assert_int_equal(measured(rig, "RM.RegInitSucc"), 1);
	assert_string_equal(standing_of(rig, "RM.RegInitSucc"), "inferred");
	assert_string_equal(standing_of(rig, "RM.RegInitReq"), "exact");
	assert_string_equal(standing_of(rig, "MM.ConfUpdate"), "unavailable");
	assert_string_equal(standing_of(rig, "RM.RegisteredSubNbrMean"), "inferred");
	/* The container setup lasts from Initial Context Setup's request to its response, which here is the end. */
	check_step(rig, "Registration", "initial context setup", 1, 1.0, 1.0 / 6);
	check_step(rig, "Registration", "security mode control", 1, 1.0, 1.0 / 6);
	assert_int_equal(rig->engine->registered, 1);
	check_engine(rig);
}

/* A core that sets the context up first and accepts afterwards: under NEA0 it is the accept that counts. */
static void test_accept_after_context(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	down(rig, gnb, downlink_nas(10, 1, nas_security_mode_command(SN_NEA0)));
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	up(rig, gnb, context_setup_response(10, 1));
	check_chain(rig, "Registration", 1, 0, 0, 0);
	down(rig, gnb, downlink_nas(10, 1, nas_registration_accept(TMSI, 1)));
	check_chain(rig, "Registration", 1, 1, 0, 0);
	assert_true(text_is(row_of(rig->document, "chains", "chain", "Registration"), "standing", "exact"));
	assert_int_equal(measured(rig, "RM.RegInitSucc"), 1);
}

static void test_registration_types(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	static const char *const names[] = { "RM.RegInit", "RM.RegMob", "RM.RegPeriod", "RM.RegEmerg" };
	char name[32];

	for (unsigned type = 1; type <= 4; type++) {
		up(rig, gnb, initial_ue(type, 0, nas_registration_request((enum sn_nas_registration_type)type, nas_suci(type))));
		down(rig, gnb, downlink_nas(type, type, nas_security_mode_command(SN_NEA0)));
		down(rig, gnb, downlink_nas(type, type, nas_registration_accept(TMSI + type, type)));
		snprintf(name, sizeof(name), "%sReq", names[type - 1]);
		assert_int_equal(measured(rig, name), 1);
		snprintf(name, sizeof(name), "%sSucc", names[type - 1]);
		assert_int_equal(measured(rig, name), 1);
	}
	check_chain(rig, "Registration", 4, 4, 0, 0);
}

static void test_registration_rejected(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	down(rig, gnb, downlink_nas(10, 1, nas_cause(SN_NAS_REGISTRATION_REJECT, 7)));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_NAS, 0);
	check_chain(rig, "Registration", 1, 0, 1, 0);
	assert_int_equal(chain_cause(rig, "Registration", "5gmm", "5GS services not allowed"), 1);
	assert_int_equal(rig->engine->registered, 0);
	json_t *elements = json_object_get(rig_report(rig), "cause_elements");
	assert_int_equal(json_array_size(elements), 2);
	check_engine(rig);
}

static void test_authentication(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets synch = nas_cause(SN_NAS_AUTHENTICATION_FAILURE, 21);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	down(rig, gnb, downlink_nas(10, 1, nas_authentication_request()));
	up(rig, gnb, uplink_nas(10, 1, synch));
	down(rig, gnb, downlink_nas(10, 1, nas_authentication_request()));
	up(rig, gnb, uplink_nas(10, 1, nas_cause(SN_NAS_AUTHENTICATION_FAILURE, 20)));
	down(rig, gnb, downlink_nas(10, 1, nas_plain(SN_NAS_AUTHENTICATION_REJECT)));
	assert_int_equal(measured(rig, "AMF.AuthReq"), 2);
	assert_int_equal(measured(rig, "AMF.AuthFail"), 2);
	assert_int_equal(measured_by(rig, "AMF.AuthFail", "cause", "MAC failure"), 1);
	assert_int_equal(measured_by(rig, "AMF.AuthFail", "cause", "Synch failure"), 1);
	assert_int_equal(measured(rig, "AMF.AuthReject"), 1);
	check_chain(rig, "Registration", 1, 0, 1, 0);
	assert_int_equal(chain_cause(rig, "Registration", "observed", "Authentication reject"), 1);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_NAS, 1);
	check_chain(rig, "Registration", 1, 0, 1, 0);
}

/* The UE gives up and begins anew. */
static void test_registration_superseded(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	rig_register(rig, gnb, 10, 2, 1, TMSI, SN_NEA0);
	check_chain(rig, "Registration", 2, 1, 0, 1);
	assert_int_equal(chain_cause(rig, "Registration", "observed", "superseded by a new attempt"), 1);
	assert_int_equal(rig->engine->ues.live, 1);
	assert_int_equal(measured(rig, "RM.RegInitReq"), 2);
	check_engine(rig);
}

static void test_registration_no_response(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	rig_wait(rig, 31 * SECOND);
	check_chain(rig, "Registration", 1, 0, 0, 1);
	rig_register(rig, gnb, 10, 2, 1, TMSI, SN_NEA0);
	check_chain(rig, "Registration", 2, 1, 0, 1);
	check_engine(rig);
}

/* The AMF lets the context go before it has answered. */
static void test_registration_released(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, initial_ue(1, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(1))));
	down(rig, gnb, downlink_nas(10, 1, nas_authentication_request()));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 21);
	check_chain(rig, "Registration", 1, 0, 1, 0);
	assert_int_equal(chain_cause(rig, "Registration", "radioNetwork", "radio-connection-with-ue-lost"), 1);
}

/* The UE comes back by another connection; that the old one is released afterwards ends nothing of what it wants now. */
static void test_old_connection_released(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	up(rig, gnb, initial_ue(2, 0, nas_registration_request(SN_NAS_REGISTRATION_MOBILITY, nas_guti(TMSI))));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 21);
	check_chain(rig, "Registration", 2, 1, 0, 0);
	down(rig, gnb, downlink_nas(11, 2, nas_registration_accept(TMSI + 1, 1)));
	check_chain(rig, "Registration", 2, 2, 0, 0);
	check_engine(rig);
}

/* A periodic update needs no context: ciphered, its accept shows in nothing but the release. */
static void test_periodic_ciphered(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA2);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, 0, nas_registration_request(SN_NAS_REGISTRATION_PERIODIC, nas_suci(1))));
	down(rig, gnb, downlink_nas(11, 2, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_NAS, 0);
	assert_int_equal(measured(rig, "RM.RegPeriodReq"), 1);
	assert_int_equal(measured(rig, "RM.RegPeriodSucc"), 1);
	check_chain(rig, "Registration", 2, 2, 0, 0);
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

static void test_service_request(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets accept = nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_SERVICE_ACCEPT));

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, TMSI, nas_service_request(TMSI)));
	down(rig, gnb, context_setup_request(11, 2, accept));
	up(rig, gnb, context_setup_response(11, 2));
	check_chain(rig, "Service request", 1, 1, 0, 0);
	assert_int_equal(measured(rig, "MM.ServiceReqTotalAtt"), 1);
	assert_int_equal(measured(rig, "MM.ServiceReqTotalSucc"), 1);
	assert_int_equal(rig->engine->ues.live, 1);
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(3, TMSI, nas_service_request(TMSI)));
	down(rig, gnb, downlink_nas(12, 3, nas_cause(SN_NAS_SERVICE_REJECT, 9)));
	check_chain(rig, "Service request", 2, 1, 1, 0);
	assert_int_equal(chain_cause(rig, "Service request", "5gmm", "UE identity cannot be derived by the network"), 1);
	check_engine(rig);
}

static void test_service_request_ciphered(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0, SN_NEA2);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, TMSI, nas_service_request(TMSI)));
	down(rig, gnb, context_setup_request(11, 2, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	up(rig, gnb, context_setup_response(11, 2));
	check_chain(rig, "Service request", 1, 1, 0, 0);
	assert_true(text_is(row_of(rig->document, "chains", "chain", "Service request"), "standing", "inferred"));
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	/* For signalling only: no context, and no word of a failure. */
	up(rig, gnb, initial_ue(3, TMSI, nas_service_request(TMSI)));
	down(rig, gnb, downlink_nas(12, 3, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	rig_release(rig, gnb, 12, 3, SN_NGAP_CAUSE_NAS, 0);
	check_chain(rig, "Service request", 2, 2, 0, 0);
	check_engine(rig);
}

static void test_session(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	up(rig, gnb, uplink_nas(10, 1, nas_session_request(1)));
	check_chain(rig, "PDU session establishment", 1, 0, 0, 0);
	down(rig, gnb, session_setup_request(10, 1, 1, nas_session_accept(1), 9));
	check_chain(rig, "PDU session establishment", 1, 0, 0, 0);
	up(rig, gnb, session_setup_response(10, 1, 1));
	check_chain(rig, "PDU session establishment", 1, 1, 0, 0);
	assert_true(text_is(row_of(rig->document, "chains", "chain", "PDU session establishment"), "standing", "exact"));
	assert_int_equal(measured_by(rig, "SM.PDUSessionSetupReq", "snssai", "1"), 1);
	assert_int_equal(measured_by(rig, "SM.PDUSessionSetupSucc", "snssai", "1"), 1);
	assert_int_equal(measured_by(rig, "QF.EstabAttNbr", "fiveqi", "9"), 1);
	assert_int_equal(measured_by(rig, "QF.EstabSuccNbr", "fiveqi", "9"), 1); /* the response names it by QFI only */
	assert_int_equal(rig->engine->sessions, 1);
	/* The UE goes idle: its session stays, without resources. */
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	assert_int_equal(rig->engine->sessions, 1);
	check_engine(rig);
}

/* Several at once: each has its own outcome. */
static void test_sessions_of_one_ue(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	for (unsigned id = 1; id <= 3; id++)
		up(rig, gnb, uplink_nas(10, 1, nas_session_request(id)));
	down(rig, gnb, downlink_nas(10, 1, nas_session_reject(2, 26)));
	down(rig, gnb, session_setup_request(10, 1, 3, nas_session_accept(3), 5));
	down(rig, gnb, session_setup_request(10, 1, 1, nas_session_accept(1), 9));
	up(rig, gnb, session_setup_response(10, 1, 3));
	up(rig, gnb, session_setup_failed(10, 1, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 22));
	check_chain(rig, "PDU session establishment", 3, 1, 2, 0);
	assert_int_equal(chain_cause(rig, "PDU session establishment", "5gsm", "Insufficient resources"), 1);
	assert_int_equal(chain_cause(rig, "PDU session establishment", "radioNetwork", "radio-resources-not-available"), 1);
	assert_int_equal(measured(rig, "SM.PDUSessionSetupReq"), 2);
	assert_int_equal(measured(rig, "SM.PDUSessionSetupSucc"), 1);
	assert_int_equal(measured_by(rig, "SM.PDUSessionSetupFail", "cause", "radio-resources-not-available"), 1);
	/* A session that fails takes its flows with it. */
	assert_int_equal(measured_by(rig, "QF.EstabAttNbr", "fiveqi", "9"), 1);
	assert_int_equal(measured_by(rig, "QF.EstabFailNbr", "fiveqi", "9"), 1);
	assert_int_equal(measured_by(rig, "QF.EstabSuccNbr", "fiveqi", "5"), 1);
	assert_int_equal(rig->engine->sessions, 1);
	/* What has failed once fails no second time. */
	up(rig, gnb, session_setup_failed(10, 1, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 22));
	assert_int_equal(measured(rig, "QF.EstabFailNbr"), 1);
	check_engine(rig);
}

static void test_session_ciphered(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0, SN_NEA2);
	up(rig, gnb, uplink_nas(10, 1, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	down(rig, gnb, session_setup_request(10, 1, 1, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED), 9));
	up(rig, gnb, session_setup_response(10, 1, 1));
	check_chain(rig, "PDU session establishment", 1, 1, 0, 0);
	assert_true(text_is(row_of(rig->document, "chains", "chain", "PDU session establishment"), "standing", "inferred"));
	assert_string_equal(standing_of(rig, "SM.PDUSessionSetupSucc"), "exact"); /* NGAP is in the clear */
	check_engine(rig);
}

/* The UE is released while its request is on the way. */
static void test_session_released(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	up(rig, gnb, uplink_nas(10, 1, nas_session_request(1)));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 21);
	check_chain(rig, "PDU session establishment", 1, 0, 1, 0);
	assert_int_equal(chain_cause(rig, "PDU session establishment", "radioNetwork", "radio-connection-with-ue-lost"), 1);
	check_engine(rig);
}

/* Sent back by the AMF: inside DL NAS transport with a 5GMM cause, or answered with a status that names nothing. */
static void test_session_not_forwarded(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets request = nas_5gsm(SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST, 1), back = nas_plain(SN_NAS_DL_NAS_TRANSPORT);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	up(rig, gnb, uplink_nas(10, 1, nas_session_request(1)));
	number(&request, 0xffff91, 3);
	octet(&back, 1);
	number(&back, request.len, 2);
	octets_add(&back, request.data, request.len);
	number(&back, 0x1201585b, 4); /* PDU session 1, cause 91 */
	down(rig, gnb, downlink_nas(10, 1, nas_protected(SN_NAS_INTEGRITY_CIPHERED, back)));
	check_chain(rig, "PDU session establishment", 1, 0, 1, 0);
	up(rig, gnb, uplink_nas(10, 1, nas_session_request(2)));
	down(rig, gnb, downlink_nas(10, 1, nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_cause(SN_NAS_5GMM_STATUS, 91))));
	check_chain(rig, "PDU session establishment", 2, 0, 2, 0);
	assert_int_equal(
		chain_cause(rig, "PDU session establishment", "5gmm", "DNN not supported or not subscribed in the slice"), 2);
}

/* Initial Context Setup Failure may list no session: all that were asked for have failed, with their flows (8.3.1.3). */
static void test_context_setup_failure_without_list(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets accept = nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_SERVICE_ACCEPT));

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, TMSI, nas_service_request(TMSI)));
	down(rig, gnb, context_setup_request_session(11, 2, accept, 1));
	up(rig, gnb, ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, 11, 2, SN_NGAP_CAUSE_RADIO_NETWORK, 22));
	check_procedure(rig, "InitialContextSetup", 2, 1, 1, 0);
	assert_int_equal(measured(rig, "SM.PDUSessionSetupReq"), 1);
	assert_int_equal(measured_by(rig, "SM.PDUSessionSetupFail", "cause", "radio-resources-not-available"), 1);
	assert_int_equal(measured_by(rig, "SM.PDUSessionSetupFail", "snssai", "1"), 1);
	assert_int_equal(measured_by(rig, "QF.InitialEstabAttNbr", "fiveqi", "9"), 1);
	assert_int_equal(measured_by(rig, "QF.InitialEstabFailNbr", "fiveqi", "9"), 1);
	check_engine(rig);
}

static void test_deregistration(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets accept = nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_DEREGISTRATION_ACCEPT_UE));

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	down(rig, gnb, session_setup_request(10, 1, 1, NOTHING, 9));
	up(rig, gnb, session_setup_response(10, 1, 1));
	up(rig, gnb, uplink_nas(10, 1, nas_deregistration_request(TMSI)));
	down(rig, gnb, downlink_nas(10, 1, accept));
	check_chain(rig, "Deregistration", 1, 1, 0, 0);
	assert_int_equal(rig->engine->registered, 0);
	assert_int_equal(rig->engine->sessions, 0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_NAS, 2);
	check_chain(rig, "Deregistration", 1, 1, 0, 0);
	/* Switched off: there is no accept, the release ends it. */
	rig_register(rig, gnb, 11, 2, 1, TMSI, SN_NEA0);
	assert_int_equal(rig->engine->registered, 1);
	up(rig, gnb, uplink_nas(11, 2, nas_deregistration_request(TMSI)));
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_NAS, 2);
	check_chain(rig, "Deregistration", 2, 2, 0, 0);
	assert_int_equal(rig->engine->registered, 0);
	check_engine(rig);
}

static void test_deregistration_by_network(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets request = nas_plain(SN_NAS_DEREGISTRATION_REQUEST_NW);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	octet(&request, 0x01);
	down(rig, gnb, downlink_nas(10, 1, nas_protected(SN_NAS_INTEGRITY_CIPHERED, request)));
	check_chain(rig, "Deregistration", 1, 0, 0, 0);
	up(rig, gnb, uplink_nas(10, 1, nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_DEREGISTRATION_ACCEPT_NW))));
	check_chain(rig, "Deregistration", 1, 1, 0, 0);
	assert_int_equal(rig->engine->registered, 0);
}

/* Who asked for a release, for what cause, and how the time was shared. */
static void test_release_trigger(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	up(rig, gnb,
	   ue_message_cause(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_RELEASE_REQUEST, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20));
	rig->now_ns += 2 * MS;
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_NAS, 3); /* its own cause does not count: it was asked */
	check_chain(rig, "UE context release", 1, 1, 0, 0);
	assert_int_equal(chain_cause(rig, "UE context release", "radioNetwork", "user-inactivity"), 1);
	assert_int_equal(chain_cause(rig, "UE context release", "nas", "unspecified"), 0);
	check_step(rig, "UE context release", "request by the NG-RAN node", 1, 3.0, 0.75);
	check_step(rig, "UE context release", "release by the AMF", 1, 1.0, 0.25);
	up(rig, gnb, initial_ue(2, TMSI, nas_service_request(TMSI)));
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_NAS, 2);
	check_chain(rig, "UE context release", 2, 2, 0, 0);
	assert_int_equal(chain_cause(rig, "UE context release", "nas", "deregister"), 1);
	check_step(rig, "UE context release", "request by the NG-RAN node", 1, 3.0, 3.0 / 5);
	check_engine(rig);
}

static void test_release_not_completed(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	down(rig, gnb, release_command(10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20));
	rig_wait(rig, 21 * SECOND);
	check_chain(rig, "UE context release", 1, 0, 0, 1);
	check_procedure(rig, "UEContextRelease", 1, 0, 0, 1);
	check_engine(rig);
}

/* Paging goes out on every gNB and is repeated; it is one attempt until the UE answers. */
static void test_paging(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1), other = rig_gnb(rig, 2);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	down(rig, gnb, paging(TMSI));
	down(rig, other, paging(TMSI));
	rig_wait(rig, 2 * SECOND);
	down(rig, gnb, paging(TMSI));
	down(rig, other, paging(TMSI));
	check_chain(rig, "Paging", 1, 0, 0, 0);
	up(rig, other, initial_ue(1, TMSI, nas_service_request(TMSI)));
	check_chain(rig, "Paging", 1, 1, 0, 0);
	assert_int_equal(measured(rig, "MM.Paging5GReq"), 1);
	assert_int_equal(measured(rig, "MM.Paging5GSucc"), 1);
	json_t *messages = json_object_get(rig_report(rig), "messages"), *row;
	size_t i;
	json_array_foreach(messages, i, row) if (text_is(row, "procedure", "Paging")) assert_int_equal(integer(row, "count"), 4);
	check_engine(rig);
}

/* A UE that is not known but by its paging; it does not answer, later it is there again. */
static void test_paging_unanswered(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	down(rig, gnb, paging(TMSI));
	assert_int_equal(rig->engine->ues.live, 1);
	rig_wait(rig, 21 * SECOND);
	check_chain(rig, "Paging", 1, 0, 0, 1);
	up(rig, gnb, initial_ue(1, TMSI, nas_service_request(TMSI)));
	assert_int_equal(rig->engine->ues.live, 1);
	check_chain(rig, "Paging", 1, 0, 0, 1);
	assert_int_equal(measured(rig, "MM.Paging5GSucc"), 0);
	check_engine(rig);
}

/* An initial registration ends what sessions there were. */
static void test_registered_anew(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	down(rig, gnb, session_setup_request(10, 1, 1, NOTHING, 9));
	up(rig, gnb, session_setup_response(10, 1, 1));
	assert_int_equal(rig->engine->sessions, 1);
	rig_register(rig, gnb, 11, 2, 1, TMSI + 1, SN_NEA0);
	assert_int_equal(rig->engine->sessions, 0);
	assert_int_equal(rig->engine->registered, 1);
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

/* The gauges are means over time, however seldom the clock is told. */
static void test_gauges(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	double mean;

	sn_n2_module.tick(rig->n2, rig->now_ns);
	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig->now_ns += 30 * SECOND;
	sn_n2_module.tick(rig->n2, rig->now_ns); /* 30 s with one registered */
	rig_register(rig, gnb, 20, 2, 2, TMSI + 2, SN_NEA0);
	rig_register(rig, gnb, 30, 3, 3, TMSI + 3, SN_NEA0);
	for (int i = 0; i < 10; i++) {
		rig->now_ns += SECOND;
		sn_n2_module.tick(rig->n2, rig->now_ns); /* 10 s with three */
	}
	mean = (double)rig->engine->registered_sum / (double)rig->engine->samples;
	assert_int_equal(rig->engine->samples, 40);
	assert_true(mean == (30.0 * 1 + 10.0 * 3) / 40.0);
	assert_int_equal(rig->engine->registered_max, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registration),
		TEST(test_registration_ciphered),
		TEST(test_accept_after_context),
		TEST(test_registration_types),
		TEST(test_registration_rejected),
		TEST(test_authentication),
		TEST(test_registration_superseded),
		TEST(test_registration_no_response),
		TEST(test_registration_released),
		TEST(test_old_connection_released),
		TEST(test_periodic_ciphered),
		TEST(test_service_request),
		TEST(test_service_request_ciphered),
		TEST(test_session),
		TEST(test_sessions_of_one_ue),
		TEST(test_session_ciphered),
		TEST(test_session_released),
		TEST(test_session_not_forwarded),
		TEST(test_context_setup_failure_without_list),
		TEST(test_deregistration),
		TEST(test_deregistration_by_network),
		TEST(test_release_trigger),
		TEST(test_release_not_completed),
		TEST(test_paging),
		TEST(test_paging_unanswered),
		TEST(test_registered_anew),
		TEST(test_gauges),
	};

	return cmocka_run_group_tests_name("n2_chains", tests, NULL, NULL);
}
