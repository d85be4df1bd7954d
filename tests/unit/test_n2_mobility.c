/* SPDX-License-Identifier: Apache-2.0 */
/** @file Handover by N2 and by Xn: one UE, two connections, on one or two AMFs (TS 38.413 8.4). */
#include "n2_rig.h"

#define NOTHING ((struct octets) { 0 })
#define TMSI	0xc0000001u

enum { SAME_SYSTEM = 0, TO_EPS = 1, FROM_EPS = 2 };

static struct octets command(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_HANDOVER_PREPARATION, amf, ran);
}

static struct octets acknowledge(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION, amf, ran);
}

static struct octets notify(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_INITIATING, SN_NGAP_HANDOVER_NOTIFICATION, amf, ran);
}

/* gNBs 1 and 2, a UE at the first with ids 10 and 1. */
static void two_gnbs(struct rig *rig, uint32_t *ret_source, uint32_t *ret_target)
{
	*ret_source = rig_gnb(rig, 1);
	*ret_target = rig_gnb(rig, 2);
	rig_register(rig, *ret_source, 10, 1, 1, TMSI, SN_NEA0);
}

static struct sn_n2_ue *only_ue(struct rig *rig)
{
	assert_int_equal(rig->engine->ues.live, 1);
	return sn_pool_at(&rig->engine->ues, 1);
}

static void test_n2_handover(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, SAME_SYSTEM, 2));
	down(rig, target, handover_request(11, SAME_SYSTEM));
	up(rig, target, acknowledge(11, 7));
	assert_int_equal(rig->engine->connections.live, 2);
	down(rig, source, command(10, 1));
	check_engine(rig);
	up(rig, target, notify(11, 7));
	check_chain(rig, "N2 handover", 1, 1, 0, 0);
	rig_release(rig, source, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 2);
	check_procedure(rig, "HandoverPreparation", 1, 1, 0, 0);
	check_procedure(rig, "HandoverResourceAllocation", 1, 1, 0, 0);
	assert_int_equal(measured_by(rig, "MM.HoPrepInterReq", "gnb", "gnb-1"), 1);
	assert_int_equal(measured_by(rig, "MM.HoPrepInterSucc", "gnb", "gnb-1"), 1);
	assert_int_equal(measured_by(rig, "MM.HoResAlloInterReq", "gnb", "gnb-2"), 1);
	assert_int_equal(measured_by(rig, "MM.HoResAlloInterSucc", "gnb", "gnb-2"), 1);
	assert_int_equal(measured(rig, "MM.HoPrepInterFail"), 0);
	/* At its target it is the same UE. */
	assert_int_equal(rig->engine->connections.live, 1);
	assert_int_equal(only_ue(rig)->connections, only_ue(rig)->connection);
	up(rig, target, uplink_nas(11, 7, nas_session_request(1)));
	down(rig, target, session_setup_request(11, 7, 1, nas_session_accept(1), 9));
	up(rig, target, session_setup_response(11, 7, 1));
	check_chain(rig, "PDU session establishment", 1, 1, 0, 0);
	check_engine(rig);
}

/* Two at once: who goes where is told by the target that Handover Required names. */
static void test_two_handovers_at_once(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target, third;

	two_gnbs(rig, &source, &target);
	third = rig_gnb(rig, 3);
	rig_register(rig, source, 20, 2, 2, TMSI + 1, SN_NEA0);
	up(rig, source, handover_required(10, 1, SAME_SYSTEM, 3));
	up(rig, source, handover_required(20, 2, SAME_SYSTEM, 2));
	down(rig, target, handover_request(21, SAME_SYSTEM));
	up(rig, target, acknowledge(21, 5));
	up(rig, target, notify(21, 5));
	check_chain(rig, "N2 handover", 2, 1, 0, 0);
	assert_int_equal(integer(row_of(rig->document, "chains", "chain", "N2 handover"), "pending"), 1);
	/* The second UE is the one at gNB 2. */
	const struct sn_n2_ue *second = sn_pool_at(&rig->engine->ues, 2);
	const struct sn_n2_connection *connection = sn_pool_at(&rig->engine->connections, second->connection);
	assert_int_equal(connection->association, target);
	down(rig, third, handover_request(11, SAME_SYSTEM));
	up(rig, third, acknowledge(11, 5));
	up(rig, third, notify(11, 5));
	check_chain(rig, "N2 handover", 2, 2, 0, 0);
	assert_int_equal(rig->engine->ues.live, 2);
	check_engine(rig);
}

static void test_preparation_failure(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, SAME_SYSTEM, 2));
	down(rig, target, handover_request(11, SAME_SYSTEM));
	up(rig, target,
	   ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION, 11, 0, SN_NGAP_CAUSE_RADIO_NETWORK, 13));
	assert_int_equal(rig->engine->connections.live, 1);
	check_engine(rig);
	down(rig, source,
	     ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_HANDOVER_PREPARATION, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 7));
	check_chain(rig, "N2 handover", 1, 0, 1, 0);
	check_procedure(rig, "HandoverResourceAllocation", 1, 0, 1, 0);
	assert_int_equal(measured_by(rig, "MM.HoResAlloInterFail", "cause", "no-radio-resources-available-in-target-cell"), 1);
	assert_int_equal(measured_by(rig, "MM.HoPrepInterFail", "cause", "ho-failure-in-target-5GC-ngran-node-or-target-system"),
			 1);
	/* It stays where it is. */
	assert_int_not_equal(only_ue(rig)->connection, 0);
	check_engine(rig);
}

static void test_cancel(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, SAME_SYSTEM, 2));
	down(rig, target, handover_request(11, SAME_SYSTEM));
	up(rig, target, acknowledge(11, 7));
	down(rig, source, command(10, 1));
	up(rig, source, ue_message_cause(SN_AP_INITIATING, SN_NGAP_HANDOVER_CANCEL, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 5));
	down(rig, source, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_HANDOVER_CANCEL, 10, 1));
	rig_release(rig, target, 11, 7, SN_NGAP_CAUSE_RADIO_NETWORK, 5);
	check_chain(rig, "N2 handover", 1, 0, 1, 0);
	assert_int_equal(chain_cause(rig, "N2 handover", "radioNetwork", "handover-cancelled"), 1);
	check_procedure(rig, "HandoverCancel", 1, 1, 0, 0);
	assert_int_equal(rig->engine->connections.live, 1);
	assert_int_not_equal(only_ue(rig)->connection, 0);
	check_engine(rig);
}

static void test_target_lost_on_the_way(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, SAME_SYSTEM, 2));
	down(rig, target, handover_request(11, SAME_SYSTEM));
	up(rig, target, acknowledge(11, 7));
	sn_n2_association_close(rig->engine, target, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), rig->now_ns);
	assert_int_equal(rig->engine->connections.live, 1);
	rig_wait(rig, 31 * SECOND);
	check_chain(rig, "N2 handover", 1, 0, 0, 1);
	check_engine(rig);
}

/* Where it arrives is not seen when that is EPS, or another AMF: the release of the source tells. */
static void test_to_eps(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, TO_EPS, 0));
	down(rig, source, command(10, 1));
	rig_release(rig, source, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 2);
	check_chain(rig, "N2 handover", 1, 1, 0, 0);
	assert_int_equal(measured(rig, "MM.HoOut5gsToEpsPrepReq"), 1);
	assert_int_equal(measured(rig, "MM.HoOut5gsToEpsPrepSucc"), 1);
	assert_int_equal(measured(rig, "MM.HoPrepInterReq"), 0);
	check_engine(rig);
}

static void test_to_eps_failure(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, source, handover_required(10, 1, TO_EPS, 0));
	down(rig, source,
	     ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_HANDOVER_PREPARATION, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 12));
	assert_int_equal(measured_by(rig, "MM.HoOut5gsToEpsPrepFail", "cause", "unknown-targetID"), 1);
	assert_int_equal(measured(rig, "MM.HoPrepInterFail"), 0);
	check_chain(rig, "N2 handover", 1, 0, 1, 0);
}

/* From EPS: a UE that nobody has seen before. */
static void test_from_eps(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	down(rig, gnb, handover_request(50, FROM_EPS));
	up(rig, gnb, acknowledge(50, 3));
	up(rig, gnb, notify(50, 3));
	down(rig, gnb, handover_request(51, FROM_EPS));
	up(rig, gnb,
	   ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION, 51, 0, SN_NGAP_CAUSE_TRANSPORT, 0));
	assert_int_equal(measured(rig, "MM.HoIncEpsTo5gsResAlloReq"), 2);
	assert_int_equal(measured(rig, "MM.HoIncEpsTo5gsResAlloSucc"), 1);
	assert_int_equal(measured(rig, "MM.HoIncEpsTo5gsResAlloFail"), 1);
	assert_int_equal(measured(rig, "MM.HoResAlloInterReq"), 0);
	assert_int_equal(rig->engine->connections.live, 1);
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

/* By Xn the AMF hears of it at the target only; the source lets its context go without a word (8.4.4). */
static void test_path_switch(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	for (unsigned i = 0; i < 40; i++) { /* to and fro */
		uint32_t to = i % 2 ? source : target;

		up(rig, to, path_switch_request(10, 100 + i));
		assert_int_equal(rig->engine->connections.live, 2);
		down(rig, to, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_PATH_SWITCH_REQUEST, 10, 100 + i));
		assert_int_equal(rig->engine->connections.live, 1);
		assert_int_equal(only_ue(rig)->connection, only_ue(rig)->connections);
		check_engine(rig);
	}
	check_chain(rig, "Xn handover", 40, 40, 0, 0);
	check_procedure(rig, "PathSwitchRequest", 40, 40, 0, 0);
	rig_release(rig, source, 10, 139, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	assert_int_equal(rig->engine->connections.live, 0);
	check_engine(rig);
}

static void test_path_switch_failure(void **state)
{
	struct rig *rig = *state;
	uint32_t source, target;

	two_gnbs(rig, &source, &target);
	up(rig, target, path_switch_request(10, 100));
	down(rig, target,
	     ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_PATH_SWITCH_REQUEST, 10, 100, SN_NGAP_CAUSE_RADIO_NETWORK, 26));
	check_chain(rig, "Xn handover", 1, 0, 1, 0);
	check_procedure(rig, "PathSwitchRequest", 1, 0, 1, 0);
	assert_int_equal(procedure_cause(rig, "PathSwitchRequest", "radioNetwork", "unknown-PDU-session-ID"), 1);
	/* Back where it was. */
	assert_int_equal(rig->engine->connections.live, 1);
	assert_int_not_equal(only_ue(rig)->connection, 0);
	up(rig, source, uplink_nas(10, 1, nas_session_request(1)));
	down(rig, source, session_setup_request(10, 1, 1, nas_session_accept(1), 9));
	up(rig, source, session_setup_response(10, 1, 1));
	check_chain(rig, "PDU session establishment", 1, 1, 0, 0);
	check_engine(rig);
}

/* Of a UE that was there before the tap. */
static void test_path_switch_of_unknown(void **state)
{
	struct rig *rig = *state;
	uint32_t target = rig_gnb(rig, 2);

	up(rig, target, path_switch_request(4711, 100));
	down(rig, target, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_PATH_SWITCH_REQUEST, 4712, 100));
	check_chain(rig, "Xn handover", 1, 1, 0, 0);
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

/* The same AMF UE NGAP id at another AMF is another UE's. */
static void test_path_switch_at_another_amf(void **state)
{
	struct rig *rig = *state;
	uint32_t source = rig_gnb(rig, 1), target;
	struct sn_n2_endpoint gnb_end = { .addr = { .family = 4, .octets = { 10, 10, 2, 9 } }, .port = 40009 };
	struct sn_n2_endpoint amf_end = { .addr = { .family = 4, .octets = { 10, 10, 2, 200 } }, .port = 38412 };

	rig_register(rig, source, 10, 1, 1, TMSI, SN_NEA0);
	target = sn_n2_association_new(rig->engine, 0, &gnb_end, &amf_end, SN_AP_NGAP, rig->now_ns);
	up(rig, target, ng_setup_request(9, "gnb-9"));
	down(rig, target, ng_setup_response("other-amf"));
	up(rig, target, path_switch_request(10, 1));
	down(rig, target, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_PATH_SWITCH_REQUEST, 10, 1));
	assert_int_equal(rig->engine->ues.live, 2);
	assert_int_equal(rig->engine->connections.live, 2);
	check_engine(rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_n2_handover),
		TEST(test_two_handovers_at_once),
		TEST(test_preparation_failure),
		TEST(test_cancel),
		TEST(test_target_lost_on_the_way),
		TEST(test_to_eps),
		TEST(test_to_eps_failure),
		TEST(test_from_eps),
		TEST(test_path_switch),
		TEST(test_path_switch_failure),
		TEST(test_path_switch_of_unknown),
		TEST(test_path_switch_at_another_amf),
	};

	return cmocka_run_group_tests_name("n2_mobility", tests, NULL, NULL);
}
