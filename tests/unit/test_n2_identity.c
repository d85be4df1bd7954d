/* SPDX-License-Identifier: Apache-2.0 */
/** @file Who a UE is over its connections, by which name it goes, and the story that is told of it. */
#include "n2_rig.h"

#include <errno.h>

#include "base/text.h"
#include "model/metrics.h"

#define TMSI 0xc0000001u

static struct sn_n2_ue *ue_at(struct rig *rig, uint32_t index)
{
	return sn_pool_at(&rig->engine->ues, index);
}

/* The name by which the one UE goes in the document. */
static const char *name_of(struct rig *rig, size_t index)
{
	static char name[4][96];
	json_t *rows = json_object_get(rig_report_of(rig, "ue", NULL), "ues");

	assert_true(json_array_size(rows) > index);
	snprintf(name[index], sizeof(name[index]), "%s", json_string_value(json_object_get(json_array_get(rows, index), "ue")));
	return name[index];
}

static void test_same_suci_same_ue(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1), other = rig_gnb(rig, 2);
	char before[96];

	rig_register(rig, gnb, 10, 1, 4711, TMSI, SN_NEA0);
	snprintf(before, sizeof(before), "%s", name_of(rig, 0));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	rig_register(rig, other, 20, 1, 4711, TMSI + 1, SN_NEA0); /* with its SUCI again, elsewhere */
	assert_int_equal(rig->engine->ues.live, 1);
	assert_string_equal(name_of(rig, 0), before);
	assert_int_equal(rig->engine->by_tmsi.count, 1);
	check_engine(rig);
}

static void test_tmsi_leads_back(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, 0, nas_registration_request(SN_NAS_REGISTRATION_MOBILITY, nas_guti(TMSI))));
	assert_int_equal(rig->engine->ues.live, 1);
	rig_release(rig, gnb, 11, 2, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(3, TMSI, nas_service_request(TMSI)));
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
}

/* The AMF gives a 5G-TMSI to somebody else: the one who had it is not found by it any more. */
static void test_tmsi_goes_to_another(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_register(rig, gnb, 20, 2, 2, TMSI, SN_NEA0);
	assert_int_equal(rig->engine->ues.live, 2);
	check_engine(rig);
	up(rig, gnb, initial_ue(3, TMSI, nas_service_request(TMSI)));
	assert_int_equal(
		((struct sn_n2_connection *)sn_pool_at(&rig->engine->connections, ue_at(rig, 2)->connection))->ran_ue_ngap_id, 3);
	check_engine(rig);
}

/* Known by a 5G-GUTI that nobody here has given; asked for its SUCI it turns out to be an old acquaintance. What it had begun
 * goes on, what it has shown is part of its story. */
static void test_identified_in_the_middle(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct octets ask = nas_plain(SN_NAS_IDENTITY_REQUEST);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 20);
	up(rig, gnb, initial_ue(2, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_guti(0xdeadbeef))));
	assert_int_equal(rig->engine->ues.live, 2);
	octet(&ask, 1);
	down(rig, gnb, downlink_nas(11, 2, ask));
	up(rig, gnb, uplink_nas(11, 2, nas_identity_response(nas_suci(1))));
	assert_int_equal(rig->engine->ues.live, 1);
	check_engine(rig);
	check_chain(rig, "Registration", 2, 1, 0, 0);
	down(rig, gnb, downlink_nas(11, 2, nas_registration_accept(TMSI + 1, 1)));
	check_chain(rig, "Registration", 2, 2, 0, 0);
	assert_int_equal(rig->engine->registered, 1);
	json_t *story = json_object_get(rig_report_of(rig, NULL, name_of(rig, 0)), "story"), *row;
	unsigned initial = 0, requests = 0;
	size_t i;
	json_array_foreach(story, i, row)
	{
		initial += text_is(row, "what", "InitialUEMessage");
		requests += text_is(row, "what", "Registration request");
	}
	assert_int_equal(initial, 2);
	assert_int_equal(requests, 2);
	check_engine(rig);
}

/* One that has shown two SUCIs is two subscribers, one after the other; the name goes to who shows it. */
static void test_another_suci(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	rig_register(rig, gnb, 20, 2, 2, TMSI + 1, SN_NEA0);
	up(rig, gnb, uplink_nas(10, 1, nas_identity_response(nas_suci(2))));
	check_engine(rig);
	assert_int_equal(rig->engine->by_suci.count, 1);
	up(rig, gnb, uplink_nas(20, 2, nas_identity_response(nas_suci(3))));
	check_engine(rig);
	assert_int_equal(rig->engine->by_suci.count, 2);
}

static void test_pseudonym_keyed_and_stable(void **state)
{
	struct rig *rig = *state, other;
	char first[96], text[SN_PSEUDONYM_TEXT];
	uint32_t gnb = rig_gnb(rig, 1);

	rig_register(rig, gnb, 10, 1, 1234567890, TMSI, SN_NEA0);
	snprintf(first, sizeof(first), "%s", name_of(rig, 0));
	assert_int_equal(strncmp(first, "ue-", 3), 0);
	assert_int_equal(strlen(first), 19);
	assert_null(strstr(first, "1234567890"));
	assert_string_equal(name_of(rig, 0), first);
	/* It is made of PLMN and MSIN, so whatever else the SUCI holds does not change it. */
	static const uint8_t supi[] = { 0x99, 0xf9, 0x07, 0x21, 0x43, 0x65, 0x87, 0x09 };
	assert_string_equal(sn_pseudonym_text(sn_pseudonym_of(rig->host.pseudonym, "supi", (struct sn_view) { supi, 8 }), text),
			    first);
	/* Under another key it is another. */
	rig_defaults(&other);
	rig_open(&other);
	gnb = rig_gnb(&other, 1);
	rig_register(&other, gnb, 10, 1, 1234567890, TMSI, SN_NEA0);
	assert_string_not_equal(name_of(&other, 0), first);
	rig_close(&other);
}

/* A UE that has shown its temporary identity only bears one name, however it showed it. */
static void test_pseudonym_of_tmsi(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	char paged[96];

	down(rig, gnb, paging(TMSI));
	snprintf(paged, sizeof(paged), "%s", name_of(rig, 0));
	up(rig, gnb, initial_ue(1, TMSI, nas_service_request(TMSI)));
	assert_string_equal(name_of(rig, 0), paged);
	rig_close(rig);
	/* Again, by its 5G-GUTI this time. */
	struct sn_pseudonym *key;
	struct sn_diag diag = { 0 };
	assert_int_equal(sn_pseudonym_new(NULL, false, &key, &diag), 0);
	char names[2][96];
	for (int i = 0; i < 2; i++) {
		rig_defaults(rig);
		rig_open(rig);
		sn_pseudonym_free(rig->host.pseudonym);
		rig->host.pseudonym = rig->engine->pseudonym = key;
		gnb = rig_gnb(rig, 1);
		up(rig, gnb,
		   initial_ue(1, 0,
			      i ? nas_service_request(TMSI)
				: nas_registration_request(SN_NAS_REGISTRATION_MOBILITY, nas_guti(TMSI))));
		snprintf(names[i], sizeof(names[i]), "%s", name_of(rig, 0));
		rig->host.pseudonym = NULL;
		rig_close(rig);
	}
	assert_string_equal(names[0], names[1]);
	sn_pseudonym_free(key);
}

static void test_clear(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;

	rig_open_clear(rig, true);
	gnb = rig_gnb(rig, 1);
	rig_register(rig, gnb, 10, 1, 1234567890, TMSI, SN_NEA0);
	assert_string_equal(name_of(rig, 0), "imsi-999701234567890");
	assert_non_null(rig_report_of(rig, NULL, "imsi-999701234567890"));
	down(rig, gnb, paging(0xc0ffee00));
	assert_string_equal(name_of(rig, 0), "5G-S-TMSI-f40040c0ffee00");
}

/* No output holds an identifier, unless the configuration says so. */
static void test_nothing_in_clear(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	struct sn_metrics *metrics;
	struct sn_text page = { 0 };
	char *text;

	rig_register(rig, gnb, 10, 1, 1234567890, 0xc0ffee01, SN_NEA0);
	up(rig, gnb, initial_ue(2, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(2222222222))));
	down(rig, gnb, downlink_nas(11, 2, nas_cause(SN_NAS_REGISTRATION_REJECT, 3)));
	text = json_dumps(rig_report_of(rig, "ue", NULL), 0);
	assert_null(strstr(text, "1234567890"));
	assert_null(strstr(text, "2222222222"));
	assert_null(strcasestr(text, "c0ffee01"));
	assert_null(strstr(text, "2143658709")); /* as it is on the wire */
	free(text);
	assert_int_equal(sn_metrics_new(&metrics), 0);
	sn_n2_module.collect(rig->n2, metrics);
	assert_int_equal(sn_metrics_write(metrics, &page), 0);
	assert_non_null(strstr(page.data, "sauron_n2_registered_subscribers 1\n"));
	assert_null(strstr(page.data, "1234567890"));
	assert_null(strcasestr(page.data, "c0ffee01"));
	assert_null(strstr(page.data, "ue-"));
	sn_text_free(&page);
	sn_metrics_free(metrics);
}

struct told {
	const char *direction, *protocol, *what, *detail;
};

static void check_story(json_t *story, const struct told *told, size_t count)
{
	double before = 0;

	assert_int_equal(json_array_size(story), count);
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array_get(story, i);

		if (!text_is(row, "protocol", told[i].protocol) || !text_is(row, "what", told[i].what) ||
		    !text_is(row, "direction", told[i].direction ? told[i].direction : "") ||
		    (told[i].detail && !text_is(row, "detail", told[i].detail))) {
			char *text = json_dumps(row, 0);
			fail_msg("line %zu is %s instead of %s %s", i, text, told[i].protocol, told[i].what);
		}
		assert_true(json_number_value(json_object_get(row, "after_ms")) >= 0);
		before += json_number_value(json_object_get(row, "after_ms"));
	}
	assert_true(before > 0);
}

static void test_story(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb = rig_gnb(rig, 1);
	static const struct told told[] = {
		{ "up", "NGAP", "InitialUEMessage", "initiatingMessage" },
		{ "up", "5GMM", "Registration request", NULL },
		{ "down", "NGAP", "DownlinkNASTransport", NULL },
		{ "down", "5GMM", "Authentication request", NULL },
		{ "up", "NGAP", "UplinkNASTransport", NULL },
		{ "up", "5GMM", "Authentication response", NULL },
		{ "down", "NGAP", "DownlinkNASTransport", NULL },
		{ "down", "5GMM", "Security mode command", NULL },
		{ "up", "NGAP", "UplinkNASTransport", NULL },
		{ "up", "NAS", "ciphered", NULL },
		{ "down", "NGAP", "InitialContextSetup", "initiatingMessage" },
		{ "down", "NAS", "ciphered", NULL },
		{ "up", "NGAP", "InitialContextSetup", "successfulOutcome" },
		{ NULL, "outcome", "Registration", "success" },
		{ NULL, "outcome", "InitialContextSetup", "success" },
		{ "up", "NGAP", "UEContextReleaseRequest", NULL },
		{ "down", "NGAP", "UEContextRelease", "initiatingMessage" },
		{ "up", "NGAP", "UEContextRelease", "successfulOutcome" },
		{ NULL, "outcome", "UE context release", "success" },
		{ NULL, "outcome", "UEContextRelease", "success" },
	};
	json_t *story;

	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA2);
	up(rig, gnb,
	   ue_message_cause(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_RELEASE_REQUEST, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 21));
	rig_release(rig, gnb, 10, 1, SN_NGAP_CAUSE_RADIO_NETWORK, 21);
	story = json_object_get(rig_report_of(rig, NULL, name_of(rig, 0)), "story");
	check_story(story, told, sizeof(told) / sizeof(told[0]));
	assert_true(text_is(json_array_get(story, 0), "gnb", "gnb-1"));
	assert_true(json_is_true(json_object_get(json_array_get(story, 13), "inferred")));
	assert_true(json_number_value(json_object_get(json_array_get(story, 13), "duration_ms")) == 6.0);
	assert_true(text_is(json_array_get(story, 15), "cause", "radio-connection-with-ue-lost"));
	assert_true(text_is(json_array_get(story, 18), "cause", "radio-connection-with-ue-lost"));
	check_engine(rig);
}

static void test_story_of_nobody(void **state)
{
	struct rig *rig = *state;
	struct sn_query query = { .ue = "ue-0000000000000000" };
	struct sn_diag diag = { 0 };
	struct sn_report report;

	sn_report_init(&report);
	sn_report_begin(&report, "n2");
	assert_int_equal(sn_n2_module.report(rig->n2, &query, &report, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "ue-0000000000000000"));
	sn_report_fini(&report);
}

/* The ring of stories is of one size for all: what is overwritten is gone, what is left is told. */
static void test_story_overwritten(void **state)
{
	struct rig *rig = *state;
	uint32_t gnb;
	json_t *story;

	rig->config.story_entries = 1024;
	rig_open(rig);
	gnb = rig_gnb(rig, 1);
	rig_register(rig, gnb, 10, 1, 1, TMSI, SN_NEA0);
	char name[96];
	snprintf(name, sizeof(name), "%s", name_of(rig, 0));
	story = json_object_get(rig_report_of(rig, NULL, name), "story");
	assert_true(json_array_size(story) > 10);
	rig_register(rig, gnb, 20, 2, 2, TMSI + 1, SN_NEA0);
	for (int i = 0; i < 600; i++) /* two lines each */
		down(rig, gnb, downlink_nas(20, 2, nas_cause(SN_NAS_5GMM_STATUS, 111)));
	assert_int_equal(json_array_size(json_object_get(rig_report_of(rig, NULL, name), "story")), 0);
	/* One line anew, with nothing before it. */
	down(rig, gnb, downlink_nas(10, 1, (struct octets) { 0 }));
	story = json_object_get(rig_report_of(rig, NULL, name), "story");
	assert_int_equal(json_array_size(story), 1);
	story = json_object_get(rig_report_of(rig, NULL, name_of(rig, 1)), "story");
	assert_int_equal(json_array_size(story), 1023);
	check_engine(rig);
}

#define TEST(name)	  cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, rig_setup_closed, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same_suci_same_ue),	 TEST(test_tmsi_leads_back),
		TEST(test_tmsi_goes_to_another), TEST(test_identified_in_the_middle),
		TEST(test_another_suci),	 TEST(test_pseudonym_keyed_and_stable),
		TEST(test_pseudonym_of_tmsi),	 TEST_CLOSED(test_clear),
		TEST(test_nothing_in_clear),	 TEST(test_story),
		TEST(test_story_of_nobody),	 TEST_CLOSED(test_story_overwritten),
	};

	return cmocka_run_group_tests_name("n2_identity", tests, NULL, NULL);
}
