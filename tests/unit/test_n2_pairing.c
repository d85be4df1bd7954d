/* SPDX-License-Identifier: Apache-2.0 */
/** @file Which message belongs to which procedure, connection and association: time-outs, late outcomes, reused ids, resets. */
#include "n2_rig.h"

#define NOTHING ((struct octets) { 0 })

static struct octets context_setup_response(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran);
}

static struct octets hello(uint32_t ran, uint64_t msin)
{
	return initial_ue(ran, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(msin)));
}

static void test_success_and_failure(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 0);
	assert_int_equal(integer(row_of(rig_report(rig), "procedures", "procedure", "InitialContextSetup"), "pending"), 1);
	rig->now_ns += 4 * MS;
	up(rig, gnb, context_setup_response(10, 1));
	check_procedure(rig, "InitialContextSetup", 1, 1, 0, 0);
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	up(rig, gnb, ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 30));
	check_procedure(rig, "InitialContextSetup", 2, 1, 1, 0);
	assert_int_equal(procedure_cause(rig, "InitialContextSetup", "radioNetwork",
					 "encryption-and-or-integrity-protection-algorithms-not-supported"),
			 1);
	json_t *duration =
		json_object_get(row_of(rig_report(rig), "procedures", "procedure", "InitialContextSetup"), "duration_ms");
	assert_int_equal(integer(duration, "count"), 1);
	assert_true(json_number_value(json_object_get(duration, "max")) == 5.0);
	check_engine(rig);
}

static void test_no_response_after_time_out(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	rig_wait(rig, 10 * SECOND);
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 0);
	rig_wait(rig, SECOND);
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 1);
	check_engine(rig);
}

/* An outcome that comes after the tick has given its attempt up is late, not without a request; it is counted once. */
static void test_late_outcome(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	rig_wait(rig, 11 * SECOND);
	up(rig, gnb, context_setup_response(10, 1));
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_LATE_OUTCOME), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 0);
	up(rig, gnb, context_setup_response(10, 1));
	assert_int_equal(lost(rig, SN_N2_LOSS_LATE_OUTCOME), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 1);
	check_engine(rig);
}

/* The same when the outcome is the first to notice. */
static void test_late_outcome_before_tick(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	rig->now_ns += 11 * SECOND;
	up(rig, gnb, context_setup_response(10, 1));
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_LATE_OUTCOME), 1);
	check_engine(rig);
}

static void test_late_outcome_of_a_node(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	down(rig, gnb, ng_reset_all());
	rig_wait(rig, 11 * SECOND);
	up(rig, gnb, ng_reset_acknowledge());
	check_procedure(rig, "NGReset", 1, 0, 0, 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_LATE_OUTCOME), 1);
	check_engine(rig);
}

/* What is answered without having been asked makes nothing up: no UE, no attempt. */
static void test_outcome_without_request(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, context_setup_response(77, 7));
	up(rig, gnb, release_complete(77, 7));
	down(rig, gnb, ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_HANDOVER_PREPARATION, 77, 7, 0, 0));
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 3);
	assert_int_equal(rig->engine->ues.live, 0);
	assert_int_equal(rig->engine->connections.live, 0);
	check_procedure(rig, "InitialContextSetup", 0, 0, 0, 0);
	check_engine(rig);
}

static void test_error_indication_makes_no_ue(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, ue_message_cause(SN_AP_INITIATING, SN_NGAP_ERROR_INDICATION, 5, 6, SN_NGAP_CAUSE_RADIO_NETWORK, 14));
	assert_int_equal(rig->engine->ues.live, 0);
	check_engine(rig);
}

/* Two procedures of a kind at once on two UEs, answered the other way round. */
static void test_paired_per_ue(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1), other = rig_gnb(rig, 2);

	up(rig, gnb, hello(1, 1));
	up(rig, gnb, hello(2, 2));
	up(rig, other, hello(1, 3)); /* the same RAN UE NGAP id at another gNB */
	down(rig, gnb, context_setup_request(10, 1, NOTHING));
	down(rig, gnb, context_setup_request(11, 2, NOTHING));
	down(rig, other, context_setup_request(12, 1, NOTHING));
	up(rig, other, context_setup_response(12, 1));
	up(rig, gnb, context_setup_response(11, 2));
	up(rig, gnb, ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, 10, 1, SN_NGAP_CAUSE_MISC, 2));
	check_procedure(rig, "InitialContextSetup", 3, 2, 1, 0);
	assert_int_equal(rig->engine->ues.live, 3);
	json_t *row;
	size_t i;
	json_array_foreach(json_object_get(rig_report_of(rig, "gnb", NULL), "procedures"), i,
			   row) if (text_is(row, "procedure", "InitialContextSetup"))
		assert_int_equal(integer(row, "failures"), text_is(row, "gnb", "gnb-1"));
	check_engine(rig);
}

/* A gNB gives a RAN UE NGAP id to another UE, the release of the first was not seen. */
static void test_ran_id_reused(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	down(rig, gnb, session_setup_request(10, 1, 1, NOTHING, 9));
	up(rig, gnb, hello(1, 2));
	check_procedure(rig, "PDUSessionResourceSetup", 1, 0, 0, 1);
	down(rig, gnb, context_setup_request(11, 1, NOTHING));
	up(rig, gnb, context_setup_response(11, 1));
	assert_int_equal(rig->engine->ues.live, 2);
	assert_int_equal(rig->engine->connections.live, 1);
	check_procedure(rig, "InitialContextSetup", 2, 2, 0, 0);
	check_engine(rig);
}

/* The AMF gives an AMF UE NGAP id anew: it is that of the later connection only. */
static void test_amf_id_reused(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	up(rig, gnb, hello(2, 2));
	down(rig, gnb, downlink_nas(10, 2, nas_authentication_request()));
	check_engine(rig);
	assert_int_equal(rig->engine->connections.live, 2);
	down(rig, gnb, downlink_nas(10, 1, nas_plain(SN_NAS_5GMM_STATUS)));
	check_engine(rig);
}

/* A message whose ids belong to two connections is of neither: the one found by its RAN id is gone. */
static void test_ids_that_do_not_belong_together(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	rig_register(rig, gnb, 20, 2, 2, 0xc0000002, SN_NEA0);
	down(rig, gnb, downlink_nas(20, 1, nas_plain(SN_NAS_5GMM_STATUS)));
	assert_int_equal(rig->engine->connections.live, 2);
	assert_int_equal(rig->engine->ues.live, 3); /* who it is about is not known */
	check_engine(rig);
	/* An outcome with such ids ends nothing. */
	up(rig, gnb, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_UE_CONTEXT_MODIFICATION, 99, 2));
	assert_int_equal(rig->engine->connections.live, 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 1);
	check_engine(rig);
}

/* UE Context Modification may give a UE another AMF UE NGAP id (8.3.4.2); the UE stays. */
static void test_amf_id_changed(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	down(rig, gnb, context_modification_request(10, 1, 4711));
	up(rig, gnb, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_UE_CONTEXT_MODIFICATION, 10, 1));
	check_engine(rig);
	down(rig, gnb, downlink_nas(4711, 1, nas_plain(SN_NAS_5GMM_STATUS)));
	assert_int_equal(rig->engine->ues.live, 1);
	assert_int_equal(rig->engine->connections.live, 1);
	check_procedure(rig, "UEContextModification", 1, 1, 0, 0);
	rig_release(rig, gnb, 4711, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	assert_int_equal(rig->engine->connections.live, 0);
	check_engine(rig);
}

static void test_reset_all(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1), other = rig_gnb(rig, 2);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	rig_register(rig, other, 20, 1, 2, 0xc0000002, SN_NEA0);
	up(rig, gnb, hello(3, 3)); /* in the middle of its registration */
	down(rig, gnb, context_setup_request(30, 3, NOTHING));
	up(rig, gnb, ng_reset_all());
	assert_int_equal(rig->engine->connections.live, 1);
	down(rig, gnb, ng_reset_acknowledge());
	check_procedure(rig, "NGReset", 1, 1, 0, 0);
	check_procedure(rig, "InitialContextSetup", 3, 2, 0, 1);
	check_chain(rig, "Registration", 3, 2, 1, 0);
	assert_int_equal(chain_cause(rig, "Registration", "observed", "NG reset"), 1);
	assert_int_equal(rig->engine->registered, 2); /* a reset deregisters nobody */
	check_engine(rig);
}

static void test_reset_some(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	rig_register(rig, gnb, 20, 2, 2, 0xc0000002, SN_NEA0);
	rig_register(rig, gnb, 30, 3, 3, 0xc0000003, SN_NEA0);
	down(rig, gnb, ng_reset_two(10, 3));
	assert_int_equal(rig->engine->connections.live, 1);
	up(rig, gnb, ng_reset_acknowledge());
	down(rig, gnb, ng_reset_two(10, 3)); /* they are gone already */
	assert_int_equal(rig->engine->connections.live, 1);
	check_engine(rig);
}

/* NG Setup erases what was before it on its association (8.7.1.1). */
static void test_setup_again(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	up(rig, gnb, ng_setup_request(1, "gnb-1"));
	assert_int_equal(rig->engine->connections.live, 1);
	down(rig, gnb, ng_setup_failure(SN_NGAP_CAUSE_MISC, 4));
	assert_int_equal(rig->engine->connections.live, 1); /* refused: nothing has changed */
	up(rig, gnb, ng_setup_request(1, "gnb-1"));
	down(rig, gnb, ng_setup_response("amf"));
	assert_int_equal(rig->engine->connections.live, 0);
	check_procedure(rig, "NGSetup", 3, 2, 1, 0);
	check_engine(rig);
}

/* A gNB that died without a word sets up anew: its old association and all on it is gone. */
static void test_setup_after_silent_death(void **state)
{
	struct rig *rig = *state;
	uint32_t before = rig_gnb(rig, 1), after, other = rig_gnb(rig, 2);

	rig_register(rig, before, 10, 1, 1, 0xc0000001, SN_NEA0);
	rig_register(rig, other, 20, 1, 2, 0xc0000002, SN_NEA0);
	down(rig, before, session_setup_request(10, 1, 1, NOTHING, 9));
	after = rig_gnb(rig, 1);
	assert_int_not_equal(before, after);
	assert_int_equal(rig->engine->connections.live, 1);
	check_procedure(rig, "PDUSessionResourceSetup", 1, 0, 0, 1);
	assert_int_equal(procedure_cause(rig, "PDUSessionResourceSetup", "observed", "association lost"), 1);
	json_t *rows = json_object_get(rig_report(rig), "associations"), *row;
	unsigned closed = 0;
	size_t i;
	json_array_foreach(rows, i, row) closed += text_is(row, "state", "closed");
	assert_int_equal(closed, 1);
	check_engine(rig);
}

/* The same id from another address is another gNB that was given it by mistake: nobody is closed for it. */
static void test_setup_of_two_with_one_id(void **state)
{
	struct rig *rig = *state;
	uint32_t first = rig_gnb(rig, 1), second = rig_association(rig, 2);

	rig_register(rig, first, 10, 1, 1, 0xc0000001, SN_NEA0);
	up(rig, second, ng_setup_request(1, "gnb-1"));
	down(rig, second, ng_setup_response("amf"));
	assert_int_equal(rig->engine->connections.live, 1);
	check_engine(rig);
}

static void test_association_lost(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, 0xc0000001, SN_NEA0);
	up(rig, gnb, hello(2, 2));
	down(rig, gnb, ng_reset_two(999, 999));
	sn_n2_association_close(rig->engine, gnb, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), rig->now_ns);
	assert_int_equal(rig->engine->connections.live, 0);
	assert_int_equal(rig->engine->attempts.live, 0);
	check_procedure(rig, "NGReset", 1, 0, 0, 1);
	check_chain(rig, "Registration", 2, 1, 1, 0);
	assert_int_equal(chain_cause(rig, "Registration", "observed", "association lost"), 1);
	check_engine(rig);
	sn_n2_association_close(rig->engine, gnb, 0, rig->now_ns); /* once is enough */
	sn_n2_association_forget(rig->engine, gnb);
	check_engine(rig);
}

/* What a tap finds in the middle belongs to a UE without a name; when it is released nobody is left. */
static void test_begun_in_mid_session(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_association(rig, 1);

	down(rig, gnb, downlink_nas(10, 1, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	up(rig, gnb, uplink_nas(10, 1, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	assert_int_equal(rig->engine->ues.live, 1);
	assert_int_equal(measured(rig, "UECNTX.ConnEstabSucc"), 0); /* its Initial UE Message was not seen */
	up(rig, gnb,
	   ue_message_cause(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_RELEASE_REQUEST, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	check_chain(rig, "UE context release", 1, 1, 0, 0);
	assert_int_equal(rig->engine->ues.live, 0);
	check_engine(rig);
}

/* Which end is the AMF is learnt from what only one side may send. */
static void test_ends_turned_round(void **state)
{
	struct rig *rig = *state;
	uint32_t association = rig_association(rig, 1);

	down(rig, association, ng_setup_request(7, "the-gnb")); /* from the end that was taken for the AMF */
	up(rig, association, ng_setup_response("the-amf"));
	down(rig, association, hello(1, 1));
	up(rig, association, downlink_nas(10, 1, nas_authentication_request()));
	json_t *row = json_array_get(json_object_get(rig_report(rig), "associations"), 0);
	assert_true(text_is(row, "gnb", "the-gnb"));
	assert_true(text_is(row, "amf", "the-amf"));
	assert_true(text_is(row, "gnb_address", "10.10.2.1:38412"));
	assert_int_equal(measured_by(rig, "UECNTX.ConnEstabSucc", "gnb", "the-gnb"), 1);
	check_engine(rig);
}

/* NG Setup is counted under the name that its response brings; a later association of the AMF bears it from the start, and one
 * that is refused as well. */
static void test_labels_of_setup(void **state)
{
	struct rig *rig = *state;
	uint32_t refused;
	json_t *row;
	size_t i, rows = 0;

	rig_gnb(rig, 1);
	refused = rig_association(rig, 2);
	up(rig, refused, ng_setup_request(2, "gnb-2"));
	down(rig, refused, ng_setup_failure(SN_NGAP_CAUSE_MISC, 4));
	json_array_foreach(json_object_get(rig_report_of(rig, "amf", NULL), "procedures"), i, row)
	{
		assert_true(text_is(row, "amf", "amf"));
		assert_int_equal(integer(row, "attempts"), 2);
		rows++;
	}
	assert_int_equal(rows, 1);
	check_engine(rig);
}

/* Two gNBs that were left with the name of the factory: the first keeps it, also when it comes back. */
static void test_gnbs_of_one_name(void **state)
{
	struct rig *rig = *state;
	static const char *const names[] = { "gNB", "gNB 999-70-2", "gNB" };
	static const uint32_t nodes[] = { 1, 2, 1 };

	for (unsigned i = 0; i < 3; i++) {
		uint32_t association = rig_association(rig, 1 + i);

		up(rig, association, ng_setup_request(nodes[i], "gNB"));
		down(rig, association, ng_setup_response("amf"));
		json_t *row = json_array_get(json_object_get(rig_report(rig), "associations"), i);
		assert_string_equal(json_string_value(json_object_get(row, "gnb")), names[i]);
	}
	check_engine(rig);
}

/* Class 1 procedures of broadcast and multicast, too, have outcomes (table 8.1-1). */
static void test_broadcast_procedures(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	for (unsigned code = 66; code <= 73; code++) {
		bool from_gnb = code == 69 || code == 70;

		rig_take(rig, gnb, from_gnb, ue_message(SN_AP_INITIATING, code, 0, 0));
		rig_take(rig, gnb, !from_gnb, ue_message(SN_AP_SUCCESSFUL, code, 0, 0));
		check_procedure(rig, sn_ap_procedure_name(SN_AP_NGAP, (uint8_t)code), 1, 1, 0, 0);
	}
	check_engine(rig);
}

static void test_xnap_counted(void **state)
{
	struct rig *rig = *state;
	uint32_t association = rig_association(rig, 1);
	static const uint8_t handover[] = { 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00 };

	sn_n2_engine_message(rig->engine, &(struct sn_n2_message) { .data = { handover, sizeof(handover) },
								    .time_ns = rig->now_ns,
								    .association = association,
								    .protocol = SN_AP_XNAP,
								    .from_first = true });
	json_t *row = row_of(rig_report(rig), "messages", "protocol", "XnAP");
	assert_true(text_is(row, "procedure", "handoverPreparation"));
	assert_int_equal(integer(row, "count"), 1);
	row = json_array_get(json_object_get(rig->document, "associations"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "gnb")), "10.10.2.2");
	check_engine(rig);
}

static void test_not_ngap(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets junk = { .data = { 0xff, 0xff, 0xff }, .len = 3 }, empty = { 0 };
	struct octets cut = hello(1, 1);

	up(rig, gnb, junk);
	up(rig, gnb, empty);
	cut.len = 20;
	up(rig, gnb, cut);
	assert_int_equal(lost(rig, SN_N2_LOSS_NGAP_MALFORMED), 3);
	check_engine(rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_success_and_failure),
		TEST(test_no_response_after_time_out),
		TEST(test_late_outcome),
		TEST(test_late_outcome_before_tick),
		TEST(test_late_outcome_of_a_node),
		TEST(test_outcome_without_request),
		TEST(test_error_indication_makes_no_ue),
		TEST(test_paired_per_ue),
		TEST(test_ran_id_reused),
		TEST(test_amf_id_reused),
		TEST(test_ids_that_do_not_belong_together),
		TEST(test_amf_id_changed),
		TEST(test_reset_all),
		TEST(test_reset_some),
		TEST(test_setup_again),
		TEST(test_setup_after_silent_death),
		TEST(test_setup_of_two_with_one_id),
		TEST(test_association_lost),
		TEST(test_begun_in_mid_session),
		TEST(test_ends_turned_round),
		TEST(test_labels_of_setup),
		TEST(test_gnbs_of_one_name),
		TEST(test_broadcast_procedures),
		TEST(test_xnap_counted),
		TEST(test_not_ngap),
	};

	return cmocka_run_group_tests_name("n2_pairing", tests, NULL, NULL);
}
