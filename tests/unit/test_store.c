/* SPDX-License-Identifier: Apache-2.0 */
/** @file The store's records: what goes in comes out, once, in order, by pages, from the day it belongs to; counts; retention. */
#include <pthread.h>

#include "store_rig.h"

static void test_round_trip(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record records[3] = {
		make(NOON, "n2.procedure", "ue-1", "gnb-1", "{\"cause\":\"a\"}"),
		make(NOON + 2, "n2.ue", "", "", "{}"),
		make(NOON + 1, "n2.procedure", "ue-2", "gnb-1", "{\"cause\":\"b\",\"deep\":{\"x\":[1,2]}}"),
	};

	rig_add(rig, "node-1", records, 3);
	for (int sorted = 0; sorted < 2; sorted++) {
		assert_int_equal(rig_count(rig), 3);
		assert_string_equal(answer.records[0].text, "node-1 n2.ue   {}");
		assert_string_equal(answer.records[1].text,
				    "node-1 n2.procedure ue-2 gnb-1 {\"cause\":\"b\",\"deep\":{\"x\":[1,2]}}");
		assert_string_equal(answer.records[2].text, "node-1 n2.procedure ue-1 gnb-1 {\"cause\":\"a\"}");
		assert_int_equal(answer.records[0].time_ns, NOON + 2);
		assert_int_equal(answer.records[2].id + 2, answer.records[1].id);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .oldest_first = true, .limit = 2 }), 2);
		assert_int_equal(answer.records[0].time_ns, NOON);
		assert_int_equal(answer.records[1].time_ns, NOON + 1);
		/* from is inclusive, to exclusive */
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .from_ns = NOON + 1, .to_ns = NOON + 2 }), 1);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .from_ns = NOON + 3, .to_ns = NOON + 2 }), 0);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .ue = text_view("ue-2") }), 1);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .gnb = text_view("gnb-1") }), 2);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .node = text_view("node-1") }), 3);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .type = text_view("n2.u") }), 0);
		rig_sort(rig);
	}
	assert_true(rig_has(rig, "day-2026-11-20.db"));
	rig_reopen(rig, 0);
	assert_int_equal(rig_count(rig), 3);
}

static void test_sorted_by_time(void **state)
{
	struct rig *rig = *state;

	rig_add_one(rig, NOON, "{}");
	sn_store_tick(rig->store, NOON + 30 * SECOND);
	assert_false(rig_has(rig, "day-2026-11-20.db"));
	sn_store_tick(rig->store, NOON + 60 * SECOND);
	assert_true(rig_has(rig, "day-2026-11-20.db"));
	assert_int_equal(rig->store->inbox_records, 0);
	assert_int_equal(rig_count(rig), 1);
}

static void test_duplicates(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record record = make(NOON, "t", "", "", "{}");
	struct sn_store_stats stats;

	assert_int_equal(rig_add_as(rig, "a", 1, &record, 1), 0);
	assert_int_equal(rig_add_as(rig, "a", 1, &record, 1), 1);
	/* another node's ids are its own, and none is none */
	assert_int_equal(rig_add_as(rig, "b", 1, &record, 1), 0);
	assert_int_equal(rig_add_as(rig, "a", 0, &record, 1), 0);
	assert_int_equal(rig_add_as(rig, "a", 0, &record, 1), 0);
	sn_store_stats(rig->store, &stats);
	assert_int_equal(stats.batches, 4);
	assert_int_equal(stats.records, 4);
	assert_int_equal(stats.duplicates, 1);
	rig_reopen(rig, 0);
	assert_int_equal(rig_add_as(rig, "a", 1, &record, 1), 1);
	assert_int_equal(rig_count(rig), 4);
}

/** The last 1024 of each node are known, and no more. */
static void test_batches_known(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record record = make(NOON, "t", "", "", "{}");

	sqlite3_exec(rig->store->main.db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	for (uint64_t i = 1; i <= SN_STORE_BATCHES_KNOWN + 5; i++)
		assert_int_equal(rig_add_as(rig, "a", i, &record, 1), 0);
	assert_int_equal(rig_add_as(rig, "a", SN_STORE_BATCHES_KNOWN + 5, &record, 1), 1);
	assert_int_equal(rig_add_as(rig, "a", 6, &record, 1), 1);
	assert_int_equal(rig_sql(rig, "main.db", "SELECT count(*) FROM batch"), SN_STORE_BATCHES_KNOWN);
	assert_int_equal(rig_add_as(rig, "a", 5, &record, 1), 0);
	/* a node that is gone for a month is forgotten */
	for (int i = 0; i < 61; i++)
		sn_store_tick(rig->store, NOON + 31 * DAY);
	assert_int_equal(rig_sql(rig, "main.db", "SELECT count(*) FROM batch"), 0);
	assert_int_equal(rig_sql(rig, "main.db", "SELECT count(*) FROM node"), 0);
}

static void walk_pages(struct rig *rig, bool oldest_first, size_t total)
{
	struct sn_store_query query = { .limit = 70, .oldest_first = oldest_first };
	uint64_t last_time = 0, last_id = 0;
	size_t seen = 0;

	for (int64_t n; (n = rig_ask(rig, &query)) > 0; seen += (size_t)n) {
		for (size_t i = 0; i < (size_t)n; i++) {
			uint64_t time_ns = answer.records[i].time_ns, id = answer.records[i].id;

			if (seen + i)
				assert_true(oldest_first ? time_ns > last_time || (time_ns == last_time && id > last_id)
							 : time_ns < last_time || (time_ns == last_time && id < last_id));
			last_time = time_ns;
			last_id = id;
		}
		query.after_time_ns = last_time;
		query.after_id = last_id;
	}
	assert_int_equal(seen, total);
}

/** Pages over records of which many have the same time, some in blocks, some waiting. */
static void test_pages(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record records[100];

	for (int batch = 0; batch < 30; batch++) {
		for (int i = 0; i < 100; i++)
			records[i] = make(NOON + (uint64_t)(batch / 10) * HOUR + (uint64_t)(i % 3), "t", "u", "g", "{}");
		rig_add(rig, "a", records, 100);
		if (batch % 7 == 6)
			rig_sort(rig);
	}
	walk_pages(rig, false, 3000);
	walk_pages(rig, true, 3000);
}

static int64_t ask_where(struct rig *rig, const char *field, const char *value)
{
	struct sn_store_where where = { text_view(field), text_view(value) };

	return rig_ask(rig, &(struct sn_store_query) { .where = &where, .where_count = 1 });
}

static void test_where(void **state)
{
	struct rig *rig = *state;
	static char texts[400][160];
	struct sn_store_record records[400];

	for (int i = 0; i < 400; i++) {
		snprintf(texts[i], sizeof(texts[i]),
			 "{ \"few\" : %d, \"many\":\"v%d\", \"esc\":\"a\\\"\\u00e9%d\"%s, \"o\":{\"few\":9}}", i % 4, i, i % 2,
			 i % 10 ? "" : ", \"rare\": true");
		records[i] = make(NOON + (uint64_t)i, "t", i % 2 ? "u" : "", "g", texts[i]);
	}
	rig_add(rig, "a", records, 400);
	for (int sorted = 0; sorted < 2; sorted++) {
		struct sn_store_where both[2] = { { text_view("few"), text_view("2") },
						  { text_view("rare"), text_view("true") } };

		assert_int_equal(ask_where(rig, "few", "3"), 100);
		assert_int_equal(ask_where(rig, "few", "4"), 0);
		assert_int_equal(ask_where(rig, "few", "9"), 0); /* that one is deeper */
		assert_int_equal(ask_where(rig, "many", "v77"), 1);
		assert_int_equal(ask_where(rig, "many", "v400"), 0);
		assert_int_equal(ask_where(rig, "esc",
					   "a\"\xc3\xa9"
					   "1"),
				 200);
		assert_int_equal(ask_where(rig, "rare", "true"), 40);
		assert_int_equal(ask_where(rig, "rare", ""), 360);
		assert_int_equal(ask_where(rig, "nothing", ""), 400);
		assert_int_equal(ask_where(rig, "nothing", "x"), 0);
		assert_int_equal(ask_where(rig, "o", "{\"few\":9}"), 400);
		assert_int_equal(ask_where(rig, "ue", "u"), 200);
		assert_int_equal(ask_where(rig, "ue", ""), 200);
		assert_int_equal(ask_where(rig, "node", "a"), 400);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .where = both, .where_count = 2 }), 20);
		assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .where = both, .where_count = 17 }), -EINVAL);
		rig_sort(rig);
	}
}

/** More attributes than columns, and more than names: still found. */
static void test_many_attributes(void **state)
{
	struct rig *rig = *state;
	static char text[4000];
	size_t len = 0;
	struct sn_store_record record;

	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%c\"k%d\":\"v%d\"", i ? ',' : '{', i, i);
	snprintf(text + len, sizeof(text) - len, "}");
	record = make(NOON, "t", "", "", text);
	rig_add(rig, "a", &record, 1);
	rig_sort(rig);
	for (int i = 0; i < 100; i++) {
		char name[8], value[8];

		snprintf(name, sizeof(name), "k%d", i);
		snprintf(value, sizeof(value), "v%d", i);
		assert_int_equal(ask_where(rig, name, value), 1);
		assert_int_equal(ask_where(rig, name, "x"), 0);
	}
	assert_int_equal(ask_where(rig, "k100", ""), 1);
}

struct cells {
	char text[2000];
	size_t count;
	uint64_t sum;
};

static int take_cell(void *ctx, struct sn_view value, struct sn_view by, uint64_t count)
{
	struct cells *cells = ctx;
	size_t len = strlen(cells->text);

	snprintf(cells->text + len, sizeof(cells->text) - len, "%.*s/%.*s=%llu ", (int)value.len, value.data, (int)by.len,
		 by.data, (unsigned long long)count);
	cells->count++;
	cells->sum += count;
	return 0;
}

static struct cells count_by(struct rig *rig, const struct sn_store_query *query, const char *field, const char *by)
{
	struct cells cells = { .count = 0 };

	assert_int_equal(sn_store_counts(rig->store, query, field, by, take_cell, &cells, &rig->why), 0);
	return cells;
}

static void test_counts(void **state)
{
	struct rig *rig = *state;
	static char texts[600][80];
	struct sn_store_record records[600];
	struct sn_store_query all = { 0 };

	for (int i = 0; i < 600; i++) {
		snprintf(texts[i], sizeof(texts[i]), i % 6 == 5 ? "{\"id\":%d}" : "{\"id\":%d,\"cause\":\"c%d\"}", i, i % 2);
		records[i] = make(NOON + (uint64_t)i, i % 3 ? "a" : "b", "", i < 400 ? "g1" : "g2", texts[i]);
	}
	rig_add(rig, "n", records, 600);
	for (int sorted = 0; sorted < 2; sorted++) {
		struct sn_store_query some = { .from_ns = NOON + 100, .to_ns = NOON + 200, .gnb = text_view("g1") };

		assert_string_equal(count_by(rig, &all, "gnb", NULL).text, "g1/=400 g2/=200 ");
		assert_string_equal(count_by(rig, &all, "cause", NULL).text, "c0/=300 c1/=200 /=100 ");
		assert_string_equal(count_by(rig, &all, "type", "gnb").text, "a/g1=266 b/g1=134 a/g2=134 b/g2=66 ");
		assert_int_equal(count_by(rig, &all, "gnb", "cause").sum, 600);
		assert_int_equal(count_by(rig, &all, "gnb", "cause").count, 6);
		assert_int_equal(count_by(rig, &all, "id", NULL).count, 600);
		assert_int_equal(count_by(rig, &all, "id", "gnb").sum, 600);
		assert_int_equal(count_by(rig, &some, "cause", NULL).sum, 100);
		all.limit = 1;
		assert_string_equal(count_by(rig, &all, "gnb", NULL).text, "g1/=400 ");
		all.limit = 0;
		rig_sort(rig);
	}
}

/** Late, early and impossible times: each in the file it belongs to, and found by its own time. */
static void test_days(void **state)
{
	struct rig *rig = *state;
	uint64_t times[] = { NOON, NOON - DAY, NOON - 3 * DAY, NOON + 23 * HOUR, NOON + 26 * HOUR, 5 * SECOND, NOON - 20 * DAY };

	rig_close(rig);
	rig->options.keep_records_ns = 10 * DAY;
	rig_open(rig, 0);
	for (size_t i = 0; i < SN_ARRAY_SIZE(times); i++)
		rig_add_one(rig, times[i], "{}");
	for (int sorted = 0; sorted < 2; sorted++) {
		for (size_t i = 0; i < SN_ARRAY_SIZE(times); i++) {
			struct sn_store_query query = { .from_ns = times[i], .to_ns = times[i] + 1 };

			assert_int_equal(rig_ask(rig, &query), 1);
			query.ue = text_view("ue-1");
			query.oldest_first = true;
			assert_int_equal(rig_ask(rig, &query), 1);
		}
		assert_int_equal(rig_count(rig), SN_ARRAY_SIZE(times));
		rig_sort(rig);
	}
	assert_true(rig_has(rig, "day-2026-11-17.db"));
	assert_true(rig_has(rig, "day-2026-11-19.db"));
	assert_true(rig_has(rig, "day-2026-11-21.db"));
	assert_false(rig_has(rig, "day-2026-10-31.db"));
	assert_false(rig_has(rig, "day-1970-01-01.db"));
	assert_int_equal(rig->store->day_count, 4);
	rig_reopen(rig, 0);
	assert_int_equal(rig_count(rig), SN_ARRAY_SIZE(times));
}

/** One batch of records of very many hours does not become as many blocks. */
static void test_wide_blocks(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record records[200];

	for (uint64_t i = 0; i < 200; i++)
		records[i] = make(SECOND + i * 2 * HOUR, "t", i % 2 ? "odd" : "even", "", "{}");
	rig_add(rig, "a", records, 200);
	rig_sort(rig);
	assert_int_equal(rig->store->days[0].blocks, 9);
	assert_int_equal(rig->store->days[0].wide, 1);
	walk_pages(rig, false, 200);
	walk_pages(rig, true, 200);
	assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .ue = text_view("odd") }), 100);
	assert_int_equal(rig_ask(rig, &(struct sn_store_query) { .from_ns = 100 * HOUR, .to_ns = 120 * HOUR }), 10);
}

static void test_retention_by_age(void **state)
{
	struct rig *rig = *state;
	struct sn_store_stats stats;

	rig_close(rig);
	rig->options.keep_records_ns = 3 * DAY;
	rig_open(rig, 0);
	for (uint64_t day = 0; day < 3; day++)
		rig_add_one(rig, NOON - day * DAY, "{}");
	rig_sort(rig);
	assert_int_equal(rig->store->day_count, 3);
	sn_store_tick(rig->store, NOON + DAY);
	assert_int_equal(rig->store->day_count, 3);
	sn_store_tick(rig->store, NOON + DAY + 13 * HOUR); /* the 18th ended three days ago */
	assert_int_equal(rig->store->day_count, 2);
	assert_false(rig_has(rig, "day-2026-11-18.db"));
	assert_false(rig_has(rig, "day-2026-11-18.db-wal"));
	assert_int_equal(rig_count(rig), 2);
	sn_store_stats(rig->store, &stats);
	assert_int_equal(stats.expired_records, 1);
	assert_int_equal(stats.days, 2);
	assert_int_equal(stats.oldest_ns, NOON - DAY);
}

static void fill(struct rig *rig, uint64_t time_ns, size_t batches, int *ret_err)
{
	static char text[600][160];
	struct sn_store_record records[600];
	uint64_t x = 88172645463325252ull;

	*ret_err = 0;
	for (size_t b = 0; b < batches && !*ret_err; b++) {
		for (size_t i = 0; i < 600; i++) {
			for (size_t c = 0; c < 7; c++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
				snprintf(text[i] + 16 * c, 17, "%016llx", (unsigned long long)x);
			}
			memcpy(text[i], "{\"a\":\"", 6);
			memcpy(text[i] + 110, "\"}", 3);
			records[i] = make(time_ns + b, "t", "u", "g", text[i]);
		}
		*ret_err = rig_add_as(rig, "a", ++rig->batches, records, 600);
	}
}

static void test_retention_by_size(void **state)
{
	struct rig *rig = *state;
	struct sn_store_stats stats;
	int err;

	rig_close(rig);
	rig->options.max_octets = 14 << 20;
	rig_open(rig, 0);
	fill(rig, NOON - 2 * DAY, 50, &err);
	assert_int_equal(err, 0);
	fill(rig, NOON - 1 * DAY, 50, &err);
	assert_int_equal(err, 0);
	rig_sort(rig);
	assert_int_equal(rig->store->day_count, 2);
	/* the present day pushes out the others, oldest first, and is itself refused when it fills all */
	for (int i = 0; i < 500 && rig_has(rig, "day-2026-11-18.db"); i++) {
		fill(rig, NOON, 1, &err);
		assert_int_equal(err, 0);
	}
	assert_false(rig_has(rig, "day-2026-11-18.db"));
	assert_true(rig_has(rig, "day-2026-11-19.db"));
	fill(rig, NOON, 600, &err);
	assert_int_equal(err, -ENOSPC);
	assert_non_null(strstr(rig->why.text, "the store is full"));
	assert_false(rig_has(rig, "day-2026-11-19.db"));
	sn_store_stats(rig->store, &stats);
	assert_int_equal(stats.refused, 1);
	assert_true(stats.octets <= rig->options.max_octets + (1 << 20));
	assert_int_equal(stats.expired_records, 60000);
	/* the batch that was refused is not known, and comes again the day after */
	sn_store_tick(rig->store, NOON + DAY);
	fill(rig, NOON + DAY, 1, &err);
	assert_int_equal(err, 0);
}

static void test_one_program(void **state)
{
	struct rig *rig = *state;
	struct sn_store *other;

	assert_int_equal(sn_store_open(&rig->options, &other, &rig->why), -EBUSY);
	assert_non_null(strstr(rig->why.text, "in use"));
}

/* --- against the truth */

#define TRUTH 91000
#define SPAN  (3 * HOUR)

struct truth {
	uint64_t time_ns;
	uint32_t ue, gnb, type, cause, id;
};

static uint64_t random_state = 88172645463325252ull;

static uint32_t draw(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % below;
}

static void add_truth(struct rig *rig, struct truth *truth, size_t count)
{
	static char texts[500][4][60];
	struct sn_store_record records[500];

	for (size_t i = 0; i < count; i++) {
		truth[i] =
			(struct truth) { NOON + draw(1000) * (SPAN / 1000), draw(2000), draw(20), draw(3), draw(5), (uint32_t)i };
		snprintf(texts[i % 500][0], 60, "ue-%u", truth[i].ue);
		snprintf(texts[i % 500][1], 60, "gnb-%u", truth[i].gnb);
		snprintf(texts[i % 500][2], 60, "type-%u", truth[i].type);
		snprintf(texts[i % 500][3], 60, "{\"cause\":\"c%u\",\"number\":%zu}", truth[i].cause, i);
		records[i % 500] =
			make(truth[i].time_ns, texts[i % 500][2], texts[i % 500][0], texts[i % 500][1], texts[i % 500][3]);
		if (i % 500 == 499)
			rig_add(rig, "node", records, 500);
	}
}

static bool truth_meets(const struct truth *t, const struct sn_store_query *query, const struct truth *wanted)
{
	return t->time_ns >= query->from_ns && t->time_ns < query->to_ns && (!query->ue.len || t->ue == wanted->ue) &&
	       (!query->gnb.len || t->gnb == wanted->gnb) && (!query->type.len || t->type == wanted->type) &&
	       (!query->where_count || t->cause == wanted->cause);
}

static bool truth_oldest_first;

static int compare_truth(const void *a, const void *b)
{
	const struct truth *x = a, *y = b;
	int order = x->time_ns != y->time_ns ? (x->time_ns < y->time_ns ? -1 : 1) : x->id < y->id ? -1 : 1;

	return truth_oldest_first ? order : -order;
}

static void check_question(struct rig *rig, const struct truth *truth, struct truth *found)
{
	char ue[32], gnb[32], type[32], cause[32], number[40];
	struct truth wanted = { 0, draw(2000), draw(20), draw(3), draw(5), 0 };
	struct sn_store_where where = { text_view("cause"), { 0 } };
	struct sn_store_query query = { .from_ns = NOON + draw(1000) * (SPAN / 1000), .limit = 1 + draw(300) }, all;
	size_t count = 0;

	query.to_ns = query.from_ns + (1 + draw(1000)) * (SPAN / 1000);
	query.oldest_first = truth_oldest_first = draw(2);
	snprintf(ue, sizeof(ue), "ue-%u", wanted.ue);
	snprintf(gnb, sizeof(gnb), "gnb-%u", wanted.gnb);
	snprintf(type, sizeof(type), "type-%u", wanted.type);
	snprintf(cause, sizeof(cause), "c%u", wanted.cause);
	query.ue = draw(3) ? (struct sn_view) { 0 } : text_view(ue);
	query.gnb = draw(3) ? (struct sn_view) { 0 } : text_view(gnb);
	query.type = draw(3) ? (struct sn_view) { 0 } : text_view(type);
	where.value = text_view(cause);
	query.where = &where;
	query.where_count = !draw(3);
	all = query;
	for (size_t i = 0; i < TRUTH; i++)
		if (truth_meets(&truth[i], &query, &wanted))
			found[count++] = truth[i];
	all.limit = 0;
	assert_int_equal(count_by(rig, &all, "cause", "gnb").sum, count);
	qsort(found, count, sizeof(*found), compare_truth);
	count = SN_MIN(count, query.limit);
	assert_int_equal(rig_ask(rig, &query), count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(answer.records[i].time_ns, found[i].time_ns);
		snprintf(number, sizeof(number), "\"number\":%u}", found[i].id);
		assert_non_null(strstr(answer.records[i].text, number));
	}
}

/** Some hundred random questions over more than a segment of blocks, and what waits, answered by looking at all. */
static void test_truth(void **state)
{
	struct rig *rig = *state;
	struct truth *truth = calloc(TRUTH, sizeof(*truth)), *found = calloc(TRUTH, sizeof(*found));

	sqlite3_exec(rig->store->main.db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	add_truth(rig, truth, TRUTH);
	assert_true(rig->store->days[0].blocks > SN_STORE_SEGMENT + 8);
	assert_true(rig->store->inbox_records > 0);
	for (int i = 0; i < 300; i++)
		check_question(rig, truth, found);
	free(truth);
	free(found);
}

/* --- backup */

struct backing {
	struct rig *rig;
	char directory[4100];
	int err;
	struct sn_diag why;
};

static void *back_up(void *ctx)
{
	struct backing *backing = ctx;

	backing->err = sn_store_backup(backing->rig->store, backing->directory, &backing->why);
	return NULL;
}

/** Adds batches until the copy is made; then sends all of them to the copy: it takes exactly those that it lacks. */
static void test_backup_while_writing(void **state)
{
	struct rig *rig = *state;
	struct backing backing = { .rig = rig };
	struct rig copy = { .options.directory = backing.directory };
	struct sn_store_record records[50];
	pthread_t thread;
	uint64_t all = 400, known = 0;

	snprintf(backing.directory, sizeof(backing.directory), "%s/copy", rig->directory);
	for (int i = 0; i < 50; i++)
		records[i] = make(NOON + (uint64_t)i % 2 * DAY, "t", "u", "g", "{}");
	for (uint64_t id = 1; id <= all; id++) {
		assert_int_equal(rig_add_as(rig, "a", id, records, 50), 0);
		if (id == 150)
			assert_int_equal(pthread_create(&thread, NULL, back_up, &backing), 0);
	}
	pthread_join(thread, NULL);
	if (backing.err)
		fail_msg("%s", backing.why.text);
	snprintf(copy.directory, sizeof(copy.directory), "%.3900s/copy", rig->directory);
	rig_open(&copy, 0);
	for (uint64_t id = 1; id <= all; id++) {
		int again = rig_add_as(&copy, "a", id, records, 50);

		assert_in_range(again, 0, 1);
		assert_true(again == 0 || known == id - 1); /* a beginning, without holes */
		known += again == 1;
	}
	assert_in_range(known, 150, all);
	assert_int_equal(count_by(&copy, &(struct sn_store_query) { 0 }, "type", NULL).sum, all * 50);
	assert_int_equal(count_by(rig, &(struct sn_store_query) { 0 }, "type", NULL).sum, all * 50);
	assert_int_equal(sn_store_backup(rig->store, backing.directory, &rig->why), -EEXIST);
	rig_close(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_sorted_by_time, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_duplicates, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_batches_known, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_pages, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_where, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_many_attributes, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_counts, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_days, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_wide_blocks, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_retention_by_age, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_retention_by_size, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_one_program, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_truth, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_backup_while_writing, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
