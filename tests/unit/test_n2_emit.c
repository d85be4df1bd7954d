/* SPDX-License-Identifier: Apache-2.0 */
/** @file n2's single events: every outcome and every message of a UE once, under the name that its UE turned out to have. */
#include "n2_rig.h"

#include "modules/n2/records.h"

struct taken {
	json_t *outcomes, *signals;
	uint64_t last_ns;
};
static struct taken taken;

static void take(struct sn_host *host, const struct sn_record_type *type, const void *row, uint64_t time_ns)
{
	json_t *list = type == &sn_n2_outcome_type ? taken.outcomes : taken.signals;

	assert_true(type == &sn_n2_outcome_type || type == &sn_n2_signal_type);
	assert_int_not_equal(time_ns, 0);
	json_array_append_new(list, sn_record_json(type, row));
}

static void open_with_events(struct rig *rig, uint32_t events)
{
	rig_defaults(rig);
	taken = (struct taken) { json_array(), json_array(), 0 };
	rig->host.emit = take;
	rig->config.events = events;
	rig_open(rig);
}

static void close_all(struct rig *rig)
{
	rig_close(rig);
	json_decref(taken.outcomes);
	json_decref(taken.signals);
}

static const char *text_of(const json_t *record, const char *field)
{
	return json_string_value(json_object_get(record, field));
}

static uint64_t rows_sum(struct rig *rig, const char *section, const char *field)
{
	uint64_t sum = 0;
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(rig->document, section), i, row) sum +=
		(uint64_t)json_integer_value(json_object_get(row, field));
	return sum;
}

/* What the document counts, the events tell one by one. */
static void test_every_outcome_once(void **state)
{
	struct rig rig;
	uint64_t ended = 0;

	open_with_events(&rig, 0);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	rig_report(&rig);
	for (const char *const *section = (const char *const[]) { "procedures", "chains", NULL }; *section; section++)
		ended += rows_sum(&rig, *section, "successes") + rows_sum(&rig, *section, "failures") +
			 rows_sum(&rig, *section, "no_response");
	assert_int_not_equal(ended, 0);
	assert_int_equal(json_array_size(taken.outcomes), ended);
	close_all(&rig);
}

/* The first message of a registration comes before its identity; both are told under one name. */
static void test_a_ue_has_one_name(void **state)
{
	struct rig rig;
	size_t i, initial = 0;
	json_t *signal;

	open_with_events(&rig, 0);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	json_array_foreach(taken.signals, i, signal)
	{
		const json_t *next = json_array_get(taken.signals, i + 1);

		assert_non_null(text_of(signal, "gnb"));
		if (strcmp(text_of(signal, "what"), "InitialUEMessage"))
			continue;
		initial++;
		assert_non_null(text_of(signal, "ue"));
		assert_string_equal(text_of(next, "protocol"), "5GMM");
		assert_string_equal(text_of(signal, "ue"), text_of(next, "ue"));
	}
	assert_int_not_equal(initial, 0);
	close_all(&rig);
}

static void test_outcomes_only(void **state)
{
	struct rig rig;

	open_with_events(&rig, 1);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	assert_int_not_equal(json_array_size(taken.outcomes), 0);
	assert_int_equal(json_array_size(taken.signals), 0);
	close_all(&rig);
}

static void test_none(void **state)
{
	struct rig rig;

	open_with_events(&rig, 2);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	assert_int_equal(json_array_size(taken.outcomes) + json_array_size(taken.signals), 0);
	close_all(&rig);
}

/* A reload turns them on and off; what waits then goes out. */
static void test_reload(void **state)
{
	struct rig rig;
	struct sn_n2_config none;
	struct sn_diag diag = { 0 };
	size_t before;

	open_with_events(&rig, 0);
	none = rig.config;
	none.events = 2;
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	before = json_array_size(taken.outcomes);
	assert_int_equal(sn_n2_module.configure(rig.n2, &none, &diag), 0);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	assert_int_equal(json_array_size(taken.outcomes), before);
	assert_int_equal(sn_n2_module.configure(rig.n2, &rig.config, &diag), 0);
	rig_capture(&rig, "captures/nea0-n2.pcapng");
	assert_true(json_array_size(taken.outcomes) > before);
	close_all(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_outcome_once),
		cmocka_unit_test(test_a_ue_has_one_name),
		cmocka_unit_test(test_outcomes_only),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
