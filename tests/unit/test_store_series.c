/* SPDX-License-Identifier: Apache-2.0 */
/** @file The store's series: to the bit as told, exact when down-sampled, forgotten when their time is over. */
#include <math.h>

#include "store_rig.h"

#include "controller/store_chunk.h"

static void add_sample(struct rig *rig, uint64_t time_ns, const char *name, enum sn_store_series_kind kind, double value)
{
	struct sn_store_sample sample = {
		time_ns, text_view("node-1"), text_view(name), text_view("{\"amf\":\"a\",\"x\":\"1\"}"), kind, value
	};
	struct sn_store_batch batch = { .node = text_view("node-1"), .samples = &sample, .sample_count = 1 };

	if (sn_store_add(rig->store, &batch, &rig->why) != 0)
		fail_msg("%s", rig->why.text);
}

static struct {
	size_t series, count;
	enum sn_store_series_kind kind;
	struct sn_store_point points[20000];
} got;

static int take_series(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels, enum sn_store_series_kind kind,
		       const struct sn_store_point *points, size_t count)
{
	got.series++;
	got.kind = kind;
	got.count = count;
	assert_in_range(count, 1, SN_ARRAY_SIZE(got.points));
	memcpy(got.points, points, count * sizeof(*points));
	return 0;
}

static void ask_series(struct rig *rig, const char *name, uint64_t step_ns, uint64_t from_ns, uint64_t to_ns)
{
	struct sn_store_series_query query = { .name = text_view(name), .step_ns = step_ns, .from_ns = from_ns, .to_ns = to_ns };

	got.series = got.count = 0;
	if (sn_store_series(rig->store, &query, take_series, NULL, &rig->why) != 0)
		fail_msg("%s", rig->why.text);
}

static void test_as_told(void **state)
{
	struct rig *rig = *state;
	static const double values[] = { 1,	    2,	   2,	     -7.25,	 0.0, -0.0,	   INFINITY,
					 -INFINITY, 1e300, 4.9e-324, 1ull << 53, 0.1, 123456789.0, 3 };
	double nan_value = NAN;

	for (size_t i = 0; i < SN_ARRAY_SIZE(values); i++)
		add_sample(rig, NOON + i * 10 * SECOND + i % 3, "v", SN_STORE_GAUGE, values[i]);
	for (int pass = 0; pass < 2; pass++) {
		ask_series(rig, "v", 0, 0, 0);
		assert_int_equal(got.series, 1);
		assert_int_equal(got.count, SN_ARRAY_SIZE(values));
		for (size_t i = 0; i < got.count; i++) {
			assert_memory_equal(&got.points[i].value, &values[i], sizeof(double));
			assert_int_equal(got.points[i].time_ns, NOON + i * 10 * SECOND + i % 3);
		}
		rig_reopen(rig, 0);
	}
	add_sample(rig, NOON + HOUR, "v", SN_STORE_GAUGE, nan_value);
	ask_series(rig, "v", 0, NOON + HOUR, NOON + HOUR + 1);
	assert_int_equal(got.count, 1);
	assert_true(isnan(got.points[0].value));
	/* of one time the last told stands */
	add_sample(rig, NOON + HOUR, "v", SN_STORE_GAUGE, 5);
	ask_series(rig, "v", 0, NOON + HOUR, 0);
	assert_int_equal(got.count, 1);
	assert_true(got.points[0].value == 5);
}

/** Late samples are sorted in between, and full chunks divided. */
static void test_out_of_order(void **state)
{
	struct rig *rig = *state;

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t at = i * 377 % 1000;

		add_sample(rig, NOON + at * SECOND, "late", SN_STORE_COUNTER, (double)(at * 10));
		if (i % 90 == 0)
			rig_sort(rig);
	}
	ask_series(rig, "late", 0, 0, 0);
	assert_int_equal(got.count, 1000);
	assert_int_equal(got.kind, SN_STORE_COUNTER);
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(got.points[i].time_ns, NOON + i * SECOND);
		assert_true(got.points[i].value == (double)(i * 10));
	}
	/* what a sample costs, without the index */
	assert_true(rig_sql(rig, "series.db", "SELECT sum(length(data)) FROM chunk") < 4 * 1000);
	assert_true(rig_sql(rig, "series.db", "SELECT max(length(data)) FROM chunk") < 1000);
}

static double gauge_at(uint64_t i)
{
	return (double)(i * 7919 % 1000) / 8;
}

/** Asks at a step and compares with what the samples themselves make. */
static void check_steps(struct rig *rig, uint64_t step_ns, uint64_t count)
{
	uint64_t per_step = step_ns / (10 * SECOND);

	ask_series(rig, "gauge", step_ns, 0, 0);
	assert_int_equal(got.count, (count + per_step - 1) / per_step);
	for (uint64_t s = 0; s < got.count; s++) {
		double sum = 0, low = INFINITY, high = -INFINITY;
		uint64_t n = 0;

		for (uint64_t i = s * per_step; i < count && i < (s + 1) * per_step; i++, n++) {
			sum += gauge_at(i);
			low = fmin(low, gauge_at(i));
			high = fmax(high, gauge_at(i));
		}
		assert_int_equal(got.points[s].time_ns, NOON + s * step_ns);
		assert_true(got.points[s].value == sum / (double)n); /* eighths: exact in any order */
		assert_true(got.points[s].minimum == low && got.points[s].maximum == high);
	}
	ask_series(rig, "counter", step_ns, 0, 0);
	assert_int_equal(got.count, (count + per_step - 1) / per_step);
	for (uint64_t s = 0; s < got.count; s++)
		assert_true(got.points[s].value == (double)((SN_MIN((s + 1) * per_step, count) - 1) * 3));
}

static int64_t points_of_level(struct rig *rig, int level)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM chunk WHERE level = %d", level);
	return rig_sql(rig, "series.db", sql);
}

static void tick(struct rig *rig, uint64_t now_ns)
{
	for (int i = 0; i < 3; i++) /* all series have their turn */
		sn_store_tick(rig->store, now_ns);
}

/** A day of samples: means, minima, maxima and last values are the same whatever level they are read from. */
static void test_down_sampling(void **state)
{
	struct rig *rig = *state;
	uint64_t count = 24 * 360;

	sqlite3_exec(rig->store->main.db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	for (uint64_t i = 0; i < count; i++) {
		add_sample(rig, NOON + i * 10 * SECOND, "gauge", SN_STORE_GAUGE, gauge_at(i));
		add_sample(rig, NOON + i * 10 * SECOND, "counter", SN_STORE_COUNTER, (double)(i * 3));
	}
	rig_sort(rig);
	check_steps(rig, 600 * SECOND, count);
	check_steps(rig, 60 * SECOND, count);
	assert_int_equal(points_of_level(rig, 1), 0);
	/* 18 hours of the day are older than six hours */
	tick(rig, NOON + DAY);
	assert_true(points_of_level(rig, 1) > 0);
	check_steps(rig, 60 * SECOND, count);
	check_steps(rig, 600 * SECOND, count);
	check_steps(rig, HOUR, count);
	/* what comes late goes into the sum that is made already */
	tick(rig, NOON + 2 * DAY);
	assert_int_equal(points_of_level(rig, 0), 0);
	add_sample(rig, NOON + 5 * SECOND, "gauge", SN_STORE_GAUGE, 1000);
	add_sample(rig, NOON + 5 * SECOND, "counter", SN_STORE_COUNTER, 1); /* not the last of its minute */
	rig_sort(rig);
	tick(rig, NOON + 2 * DAY);
	assert_int_equal(points_of_level(rig, 0), 0);
	ask_series(rig, "gauge", 60 * SECOND, 0, NOON + 60 * SECOND);
	assert_int_equal(got.count, 1);
	assert_true(got.points[0].maximum == 1000);
	assert_true(fabs(got.points[0].value -
			 (1000 + gauge_at(0) + gauge_at(1) + gauge_at(2) + gauge_at(3) + gauge_at(4) + gauge_at(5)) / 7) < 1e-9);
	ask_series(rig, "counter", 60 * SECOND, 0, NOON + 60 * SECOND);
	assert_true(got.points[0].value == 15);
	/* after a week ten minutes are left */
	tick(rig, NOON + 9 * DAY);
	assert_int_equal(points_of_level(rig, 1), 0);
}

static void test_ten_minutes(void **state)
{
	struct rig *rig = *state;
	uint64_t count = 3 * 360;

	for (uint64_t i = 0; i < count; i++) {
		add_sample(rig, NOON + i * 10 * SECOND, "gauge", SN_STORE_GAUGE, gauge_at(i));
		add_sample(rig, NOON + i * 10 * SECOND, "counter", SN_STORE_COUNTER, (double)(i * 3));
	}
	rig_sort(rig);
	tick(rig, NOON + 20 * DAY);
	assert_int_equal(points_of_level(rig, 0) + points_of_level(rig, 1), 0);
	check_steps(rig, 600 * SECOND, count);
	check_steps(rig, HOUR, count);
	ask_series(rig, "gauge", 0, 0, 0);
	assert_int_equal(got.count, count / 60);
	assert_true(rig_sql(rig, "series.db", "SELECT count(*) FROM chunk") == 2);
}

static int take_name(void *ctx, struct sn_view name, uint64_t series)
{
	char *text = ctx;

	snprintf(text + strlen(text), 100, "%.*s=%llu ", (int)name.len, name.data, (unsigned long long)series);
	return 0;
}

static void test_names_and_labels(void **state)
{
	struct rig *rig = *state;
	static const char *const labels[] = { "{\"a\":\"1\",\"b\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}", "{\"a\":\"2\"}", "{}" };
	struct sn_store_where where = { text_view("a"), text_view("1") };
	struct sn_store_series_query query = { .name = text_view("m"), .labels = &where, .label_count = 1 };
	char names[300] = "";

	for (size_t i = 0; i < 8; i++) {
		struct sn_store_sample sample = { NOON,		  text_view(i < 4 ? "n1" : "n2"),
						  text_view("m"), text_view(labels[i % 4]),
						  SN_STORE_GAUGE, (double)i };

		assert_int_equal(
			sn_store_add(rig->store, &(struct sn_store_batch) { .samples = &sample, .sample_count = 1 }, &rig->why),
			0);
	}
	add_sample(rig, NOON, "other", SN_STORE_GAUGE, 1);
	assert_int_equal(sn_store_names(rig->store, take_name, names, &rig->why), 0);
	assert_string_equal(names, "m=8 other=1 ");
	got.series = 0;
	assert_int_equal(sn_store_series(rig->store, &query, take_series, NULL, &rig->why), 0);
	assert_int_equal(got.series, 4);
	query.node = text_view("n2");
	got.series = 0;
	assert_int_equal(sn_store_series(rig->store, &query, take_series, NULL, &rig->why), 0);
	assert_int_equal(got.series, 2);
	where = (struct sn_store_where) { text_view("a"), { 0 } };
	got.series = 0;
	assert_int_equal(sn_store_series(rig->store, &query, take_series, NULL, &rig->why), 0);
	assert_int_equal(got.series, 1);
	assert_true(got.points[0].value == 7);
}

static void test_forgotten(void **state)
{
	struct rig *rig = *state;
	char names[300] = "";

	rig_close(rig);
	rig->options.keep_samples_ns = 30 * DAY;
	rig_open(rig, 0);
	add_sample(rig, NOON, "old", SN_STORE_GAUGE, 1);
	add_sample(rig, NOON + 20 * DAY, "new", SN_STORE_GAUGE, 1);
	rig_sort(rig);
	tick(rig, NOON + 29 * DAY);
	ask_series(rig, "old", 0, 0, 0);
	assert_int_equal(got.count, 1);
	tick(rig, NOON + 31 * DAY);
	ask_series(rig, "old", 0, 0, 0);
	assert_int_equal(got.count, 0);
	assert_int_equal(sn_store_names(rig->store, take_name, names, &rig->why), 0);
	assert_string_equal(names, "new=1 ");
	/* its number may be another's now */
	add_sample(rig, NOON + 31 * DAY, "old", SN_STORE_COUNTER, 7);
	ask_series(rig, "old", 0, 0, 0);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.kind, SN_STORE_COUNTER);
}

/** Whatever octets a chunk holds, nothing passes its end. */
static void test_broken_chunks(void **state)
{
	struct sn_store_sum points[SN_STORE_CHUNK_POINTS], back[SN_STORE_CHUNK_POINTS];
	struct sn_store_buffer chunk = { 0 };
	uint64_t x = 88172645463325252ull;

	for (unsigned i = 0; i < SN_STORE_CHUNK_POINTS; i++)
		points[i] = (struct sn_store_sum) { NOON + i * 60 * SECOND, NOON + i * 60 * SECOND + i, i, i * 0.3, i * 0.1, i };
	assert_int_equal(sn_store_chunk_write(points, SN_STORE_CHUNK_POINTS, 1, SN_STORE_GAUGE, &chunk), 0);
	for (int round = 0; round < 20000; round++) {
		uint8_t *octets = malloc(chunk.len);
		size_t len;

		memcpy(octets, chunk.data, chunk.len);
		for (int flips = 0; flips < 3; flips++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			octets[(x >> 8) % chunk.len] ^= (uint8_t)x;
		}
		len = round % 2 ? chunk.len : (x >> 32) % chunk.len;
		assert_true(sn_store_chunk_read((struct sn_view) { octets, len }, round % 3 != 0,
						(enum sn_store_series_kind)(round % 5 == 0), back) <= SN_STORE_CHUNK_POINTS);
		free(octets);
	}
	sn_store_buffer_fini(&chunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_as_told, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_out_of_order, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_down_sampling, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_ten_minutes, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_names_and_labels, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_forgotten, rig_setup, rig_teardown),
		cmocka_unit_test(test_broken_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
