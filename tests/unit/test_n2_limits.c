/* SPDX-License-Identifier: Apache-2.0 */
/** @file What bounds the n2 engine: full tables, too many labels, UEs that are never heard of again. Nothing grows without end,
 * nothing is lost without being counted. */
#include "n2_rig.h"

#include "model/metrics.h"

#define NOTHING ((struct octets) { 0 })

static struct octets hello(uint32_t ran, uint64_t msin)
{
	return initial_ue(ran, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(msin)));
}

static void test_ue_table_full(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;

	rig->config.max_ues = 16;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	for (uint32_t i = 1; i <= 100; i++) {
		rig_register(rig, gnb, i, i, i, 0xc0000000 + i, SN_NEA0);
		assert_true(rig->engine->ues.live <= 16);
		assert_true(rig->engine->registered <= 16);
		check_engine(rig);
	}
	assert_int_equal(lost(rig, SN_N2_LOSS_UE_EVICTED), 84);
	check_chain(rig, "Registration", 100, 100, 0, 0);
	/* Those that were heard of last are there. */
	down(rig, gnb, downlink_nas(100, 100, nas_plain(SN_NAS_5GMM_STATUS)));
	assert_int_equal(lost(rig, SN_N2_LOSS_UE_EVICTED), 84);
	assert_string_equal(standing_of(rig, "RM.RegInitSucc"), "inferred");
}

/* Thousands in the middle of everything: each that makes room leaves nothing behind. */
static void test_evicted_in_the_middle(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;

	rig->config.max_ues = 16;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	for (uint32_t i = 1; i <= 2000; i++) {
		up(rig, gnb, hello(i, i));
		down(rig, gnb, context_setup_request(i, i, NOTHING));
		down(rig, gnb, release_command(i, i, SN_NGAP_CAUSE_NAS, 3));
		if (i % 100 == 0)
			check_engine(rig);
	}
	assert_int_equal(rig->engine->ues.live, 16);
	assert_true(rig->engine->attempts.live <= 16 * 4);
	check_engine(rig);
}

/* One UE that comes over and over, its releases not seen: bounded by itself. */
static void test_connections_of_one_ue(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	for (uint32_t i = 1; i <= 500; i++)
		up(rig, gnb, initial_ue(i, 0xc0000001, nas_service_request(0xc0000001)));
	assert_int_equal(rig->engine->ues.live, 1);
	assert_int_equal(rig->engine->connections.live, SN_N2_UE_CONNECTIONS);
	check_engine(rig);
}

/* A peer that asks and asks and is never answered. */
static void test_attempts_of_one_owner(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 1, 1, 1, 0xc0000001, SN_NEA0);
	for (unsigned i = 0; i < 1000; i++) {
		down(rig, gnb, session_setup_request(1, 1, i % 15 + 1, NOTHING, 9));
		up(rig, gnb, ng_reset_two(999, 999));
	}
	assert_int_equal(rig->engine->attempts.live, 2 * SN_N2_OWNER_ATTEMPTS);
	assert_int_equal(lost(rig, SN_N2_LOSS_ATTEMPT_TABLE), 2000 - 2 * SN_N2_OWNER_ATTEMPTS);
	check_procedure(rig, "PDUSessionResourceSetup", SN_N2_OWNER_ATTEMPTS, 0, 0, 0);
	rig_wait(rig, 11 * SECOND);
	assert_int_equal(rig->engine->attempts.live, 0);
	check_procedure(rig, "PDUSessionResourceSetup", SN_N2_OWNER_ATTEMPTS, 0, 0, SN_N2_OWNER_ATTEMPTS);
	check_engine(rig);
}

/* Beyond the limit of series what is counted loses its labels, not its value. */
static void test_series_limit(void **state)
{
	struct rig *rig = *state;

	rig->config.max_series = 100;
	rig->config.max_ues = 5000;
	rig->config.max_associations = 1000;
	rig_open(rig);
	for (uint32_t i = 1; i <= 200; i++) {
		uint32_t gnb = rig_gnb(rig, i);

		up(rig, gnb, hello(1, i));
		down(rig, gnb, context_setup_request(i, 1, NOTHING));
		up(rig, gnb, ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, i, 1, SN_NGAP_CAUSE_MISC, 2));
		down(rig, gnb, downlink_nas(i, 1, nas_cause(SN_NAS_REGISTRATION_REJECT, 22)));
	}
	assert_true(lost(rig, SN_N2_LOSS_SERIES_LIMIT) > 0);
	assert_true(rig->engine->procedure_cells.live <= 100 + SN_N2_KINDS);
	check_procedure(rig, "InitialContextSetup", 200, 0, 200, 0);
	check_procedure(rig, "NGSetup", 200, 200, 0, 0);
	check_chain(rig, "Registration", 200, 0, 200, 0);
	assert_int_equal(procedure_cause(rig, "InitialContextSetup", "misc", "hardware-failure"), 200);
	assert_int_equal(chain_cause(rig, "Registration", "5gmm", "Congestion"), 200);
	assert_int_equal(measured(rig, "RM.RegInitReq"), 200);
	assert_int_equal(measured(rig, "UECNTX.ConnEstabAtt"), 200);
	assert_true(measured_by(rig, "RM.RegInitReq", "gnb", "other") > 0);
	check_engine(rig);
}

static void test_label_limit(void **state)
{
	struct rig *rig = *state;
	struct sn_metrics *metrics;
	struct sn_text page = { 0 };

	rig->config.max_label_values = 10;
	rig_open(rig);
	for (uint32_t i = 1; i <= 30; i++)
		up(rig, rig_gnb(rig, i), hello(1, i));
	assert_int_equal(measured(rig, "RM.RegInitReq"), 30);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-1"), 1);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-11"), 0);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "other"), 20);
	assert_int_equal(sn_metrics_new(&metrics), 0);
	sn_n2_module.collect(rig->n2, metrics);
	assert_int_equal(sn_metrics_write(metrics, &page), 0);
	assert_non_null(strstr(page.data, "sauron_n2_label_values{label=\"gnb\"} 10\n"));
	assert_non_null(strstr(page.data, "sauron_n2_label_overflows_total{label=\"gnb\"} "));
	assert_null(strstr(page.data, "sauron_n2_label_overflows_total{label=\"gnb\"} 0\n"));
	sn_text_free(&page);
	sn_metrics_free(metrics);
	check_engine(rig);
}

/* Associations come and go; those that are closed make room first, then the one that has been silent longest. */
static void test_association_table_full(void **state)
{
	struct rig *rig = *state;
	uint32_t first, gnb = 0;

	rig->config.max_associations = 8;
	rig->config.max_ues = 1000;
	rig_open(rig);
	first = rig_gnb(rig, 1);
	for (uint32_t i = 2; i <= 100; i++) {
		gnb = rig_gnb(rig, i);
		rig_register(rig, gnb, i, 1, i, 0xc0000000 + i, SN_NEA0);
		sn_n2_association_close(rig->engine, gnb, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST),
					rig->now_ns);
		check_engine(rig);
	}
	assert_int_equal(lost(rig, SN_N2_LOSS_ASSOCIATION_TABLE), 0);
	up(rig, first, hello(7, 7)); /* it is there still */
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-1"), 1);
	check_procedure(rig, "NGSetup", 100, 100, 0, 0);
	for (uint32_t i = 200; i < 220; i++)
		rig_register(rig, rig_gnb(rig, i), i, 1, i, 0xc0000000 + i, SN_NEA0);
	assert_int_equal(lost(rig, SN_N2_LOSS_ASSOCIATION_TABLE), 20 - 7);
	assert_int_equal(rig->engine->associations.live, 8);
	check_engine(rig);
}

/* UEs that are never heard of again are forgotten; all that was kept for them is free again. */
static void test_idle_ues_expire(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;

	rig->config.ue_idle = 600 * SECOND;
	rig->config.max_ues = 200000;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	for (uint32_t i = 1; i <= 100000; i++) {
		up(rig, gnb, hello(i, i));
		if (i % 3 == 0)
			down(rig, gnb, context_setup_request(i, i, nas_registration_accept(0xc0000000 + i, i % 8 + 1)));
		if (i % 5 == 0)
			down(rig, gnb, session_setup_request(i, i, 1, NOTHING, 9));
		if (i % 7 == 0)
			up(rig, gnb, session_setup_response(i, i, 1));
	}
	assert_int_equal(rig->engine->ues.live, 100000);
	check_engine(rig);
	rig_wait(rig, 1300 * SECOND);
	assert_int_equal(rig->engine->ues.live, 0);
	assert_int_equal(rig->engine->connections.live, 0);
	assert_int_equal(rig->engine->attempts.live, 0);
	assert_int_equal(rig->engine->by_ran_id.count, 0);
	assert_int_equal(rig->engine->by_amf_id.count, 0);
	assert_int_equal(rig->engine->by_suci.count, 0);
	assert_int_equal(rig->engine->by_tmsi.count, 0);
	assert_int_equal(rig->engine->registered, 0);
	assert_int_equal(rig->engine->sessions, 0);
	check_engine(rig);
	/* Their places are taken again. */
	for (uint32_t i = 1; i <= 1000; i++)
		up(rig, gnb, hello(i, i));
	assert_int_equal(rig->engine->ues.used, 100000);
	check_engine(rig);
}

static size_t pool_octets(const struct sn_pool *pool)
{
	return (size_t)pool->chunk_count * SN_POOL_CHUNK * pool->object_size;
}

static size_t map_octets(const struct sn_map *map)
{
	return map->slots ? (map->mask + 1) * sizeof(*map->slots) : 0;
}

/* A million UEs, all of them connected and with a procedure that waits, stay below a gigabyte: while a map grows, it is there
 * twice. */
static void test_memory_of_a_ue(void **state)
{
	struct rig *rig = *state;
	const struct sn_n2_engine *engine;
	enum { UES = 98304 }; /* just below where the maps grow: they are at their fullest */
	size_t octets, maps;
	uint32_t gnb;

	rig->config.max_ues = UES;
	rig_open(rig);
	engine = rig->engine;
	gnb = rig_gnb(rig, 1);
	for (uint32_t i = 1; i <= UES; i++) {
		up(rig, gnb, hello(i, i));
		down(rig, gnb, context_setup_request(i, i, nas_registration_accept(0xc0000000 + i, 1)));
	}
	assert_int_equal(engine->ues.live, UES);
	assert_int_equal(engine->by_suci.count, UES);
	assert_int_equal(engine->by_tmsi.count, UES);
	assert_int_equal(engine->connections.live, UES);
	maps = map_octets(&engine->by_suci) + map_octets(&engine->by_tmsi) + map_octets(&engine->by_ran_id) +
	       map_octets(&engine->by_amf_id);
	octets = pool_octets(&engine->ues) + pool_octets(&engine->connections) + pool_octets(&engine->attempts) + 2 * maps +
		 map_octets(&engine->by_suci); /* fully grown, and the last one growing still */
	print_message("%zu octets per UE\n", octets / UES);
	assert_true(octets / UES <= 1000);
}

static void test_idle_ue_is_forgotten_whole(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;

	rig->config.ue_idle = 60 * SECOND;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	rig_register(rig, gnb, 1, 1, 1, 0xc0000001, SN_NEA0);
	down(rig, gnb, paging(0xc0000001));
	assert_int_equal(rig->engine->registered, 1);
	rig_wait(rig, 62 * SECOND);
	assert_int_equal(rig->engine->ues.live, 0);
	assert_int_equal(rig->engine->registered, 0);
	check_chain(rig, "Paging", 1, 0, 0, 1);
	/* It comes back as a UE that nobody knows. */
	up(rig, gnb, initial_ue(9, 0xc0000001, nas_service_request(0xc0000001)));
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

static void test_idle_associations_expire(void **state)
{
	struct rig *rig = *state;

	rig->config.association_idle = 60 * SECOND;
	rig_open(rig);
	for (uint32_t i = 1; i <= 50; i++)
		rig_gnb(rig, i);
	rig_wait(rig, 70 * SECOND);
	assert_int_equal(rig->engine->associations.live, 0);
	check_engine(rig);
}

/* A clock that jumps a day ahead and two back again: one frame with a wrong time, recordings joined in the wrong order. */
static void test_clock_jumps(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	uint64_t begin_ns = rig->now_ns;

	rig_register(rig, gnb, 1, 1, 1, 0xc0000001, SN_NEA0);
	up(rig, gnb, hello(4, 4));
	rig->now_ns += 86400 * SECOND;
	rig_register(rig, gnb, 2, 2, 2, 0xc0000002, SN_NEA0);
	up(rig, gnb, hello(5, 5));
	rig->now_ns -= 2 * 86400 * SECOND;
	rig_register(rig, gnb, 3, 3, 3, 0xc0000003, SN_NEA0);
	/* What waited when time began anew is given up; what begins then has its time. */
	check_chain(rig, "Registration", 5, 3, 0, 2);
	up(rig, gnb, hello(6, 6));
	rig_wait(rig, 20 * SECOND);
	check_chain(rig, "Registration", 6, 3, 0, 2);
	rig_wait(rig, 12 * SECOND);
	check_chain(rig, "Registration", 6, 3, 0, 3);
	rig_release(rig, gnb, 2, 2, SN_NGAP_CAUSE_NAS, 0); /* begun in what is the future now */
	check_procedure(rig, "UEContextRelease", 1, 1, 0, 0);
	assert_true(rig->engine->now_ns < begin_ns);
	assert_true(rig->engine->samples < 100000);
	check_engine(rig);
}

/* Packets a little out of order are no reason to give anything up. */
static void test_clock_a_little_back(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(1, 1, nas_registration_accept(0xc0000001, 1)));
	rig->now_ns -= 5 * SECOND;
	up(rig, gnb, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, 1, 1));
	check_procedure(rig, "InitialContextSetup", 1, 1, 0, 0);
	json_t *duration =
		json_object_get(row_of(rig_report(rig), "procedures", "procedure", "InitialContextSetup"), "duration_ms");
	assert_true(json_number_value(json_object_get(duration, "max")) == 0);
	check_engine(rig);
}

/* Time-outs are the operator's, by the name of the procedure or chain. */
static void test_time_outs_configured(void **state)
{
	struct rig *rig = *state;
	struct sn_duration_entry entries[] = { { .name = "InitialContextSetup", .ns = 2 * SECOND },
					       { .name = "Registration", .ns = 5 * SECOND } };
	struct sn_n2_config later;
	struct sn_diag diag = { 0 };
	uint32_t gnb;

	rig->config.timeouts = (struct sn_duration_map) { entries, 2 };
	rig->config.timeout = 3 * SECOND;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	up(rig, gnb, hello(1, 1));
	down(rig, gnb, context_setup_request(1, 1, NOTHING));
	down(rig, gnb, session_setup_request(1, 1, 1, NOTHING, 9));
	rig_wait(rig, 2500 * MS);
	check_procedure(rig, "InitialContextSetup", 1, 0, 0, 1);
	check_procedure(rig, "PDUSessionResourceSetup", 1, 0, 0, 0);
	rig_wait(rig, SECOND);
	check_procedure(rig, "PDUSessionResourceSetup", 1, 0, 0, 1);
	check_chain(rig, "Registration", 1, 0, 0, 0);
	rig_wait(rig, 2 * SECOND);
	check_chain(rig, "Registration", 1, 0, 0, 1);
	/* A reload takes them over; what was counted stays. */
	later = rig->config;
	later.timeout = 1 * SECOND;
	assert_int_equal(sn_n2_module.configure(rig->n2, &later, &diag), 0);
	down(rig, gnb, session_setup_request(1, 1, 1, NOTHING, 9));
	rig_wait(rig, 1500 * MS);
	check_procedure(rig, "PDUSessionResourceSetup", 2, 0, 0, 2);
	rig->n2->config = &rig->config;
}

#define TEST(name)	  cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, rig_setup_closed, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_CLOSED(test_ue_table_full),
		TEST_CLOSED(test_evicted_in_the_middle),
		TEST(test_connections_of_one_ue),
		TEST(test_attempts_of_one_owner),
		TEST_CLOSED(test_series_limit),
		TEST_CLOSED(test_label_limit),
		TEST_CLOSED(test_association_table_full),
		TEST_CLOSED(test_idle_ues_expire),
		TEST_CLOSED(test_memory_of_a_ue),
		TEST_CLOSED(test_idle_ue_is_forgotten_whole),
		TEST_CLOSED(test_idle_associations_expire),
		TEST(test_clock_jumps),
		TEST(test_clock_a_little_back),
		TEST_CLOSED(test_time_outs_configured),
	};

	return cmocka_run_group_tests_name("n2_limits", tests, NULL, NULL);
}
