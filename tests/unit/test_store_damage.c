/* SPDX-License-Identifier: Apache-2.0 */
/** @file Damaged files, full disks, older and later versions: said in words, moved aside, and nothing else is lost. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "store_rig.h"

#include "controller/store_json.h"

enum harm {
	EMPTY,	 /* no octet is left */
	CUT,	 /* half of it is gone */
	MAGIC,	 /* it begins otherwise */
	TREE,	 /* the schema's page is overwritten */
	FOREIGN, /* another program's database */
	_HARM_MAX,
};

static void do_harm(struct rig *rig, const char *name, enum harm harm)
{
	char path[4096], noise[4000];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
	if (harm == FOREIGN) {
		assert_int_equal(unlink(path), 0);
		rig_sql(rig, name, "CREATE TABLE x(y); INSERT INTO x VALUES(1);");
		return;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	memset(noise, 0xa5, sizeof(noise));
	if (harm == EMPTY)
		assert_int_equal(ftruncate(fd, 0), 0);
	else if (harm == CUT)
		assert_int_equal(ftruncate(fd, st.st_size / 2 / 8192 * 8192), 0);
	else if (harm == MAGIC)
		assert_int_equal(pwrite(fd, "SQLite formal 3", 15, 0), 15);
	else
		assert_int_equal(pwrite(fd, noise, sizeof(noise), 100), sizeof(noise));
	close(fd);
}

static int take_count(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels, enum sn_store_series_kind kind,
		      const struct sn_store_point *points, size_t count)
{
	*(size_t *)ctx += count;
	return 0;
}

static size_t count_points(struct rig *rig)
{
	size_t count = 0;

	assert_int_equal(sn_store_series(rig->store, &(struct sn_store_series_query) { .name = text_view("m") }, take_count,
					 &count, &rig->why),
			 0);
	return count;
}

static void add_both(struct rig *rig, uint64_t time_ns, uint64_t id)
{
	struct sn_store_record records[100];
	struct sn_store_sample sample = { time_ns, text_view("n"), text_view("m"), text_view("{}"), SN_STORE_GAUGE, 1 };
	struct sn_store_batch batch = { .node = text_view("n"),
					.id = { (uint8_t)id, 1 },
					.records = records,
					.record_count = 100,
					.samples = &sample,
					.sample_count = 1 };

	for (size_t i = 0; i < 100; i++)
		records[i] = make(time_ns + i, "t", "u", "g", "{\"cause\":\"x\",\"text\":\"some of it\"}");
	if (sn_store_add(rig->store, &batch, &rig->why) != 0)
		fail_msg("%s", rig->why.text);
}

/** Each harm to one file, before it is opened: what it held is aside, all the rest is there, and the store works. */
static void check_harm(struct rig *rig, const char *name, int64_t records_left, size_t points_left)
{
	for (enum harm harm = EMPTY; harm < _HARM_MAX; harm++) {
		nftw(rig->directory, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
		rig_open(rig, 0);
		for (uint64_t i = 0; i < 10; i++)
			add_both(rig, NOON - (i % 2) * DAY + i * SECOND, i);
		rig_close(rig);
		do_harm(rig, name, harm);
		rig_open(rig, 1);
		assert_non_null(strstr(rig->why.text, name));
		assert_non_null(strstr(rig->why.text, "damaged"));
		assert_non_null(rig_aside(rig, name));
		assert_non_null(strstr(rig->why.text, "moved to"));
		assert_int_equal(rig_count(rig), records_left);
		assert_int_equal(count_points(rig), points_left);
		/* what comes now is not taken for old, and is sorted in */
		add_both(rig, NOON + HOUR, 100);
		add_both(rig, NOON + HOUR - DAY, 101);
		rig_sort(rig);
		rig_reopen(rig, 0);
		assert_int_equal(rig_count(rig), records_left + 200);
		assert_int_equal(count_points(rig), points_left + 2);
		rig_close(rig);
	}
	rig_open(rig, 0);
}

static void test_main_damaged(void **state)
{
	rig_close(*state);
	check_harm(*state, "main.db", 1000, 10);
}

static void test_series_damaged(void **state)
{
	rig_close(*state);
	check_harm(*state, "series.db", 1000, 0);
}

static void test_day_damaged(void **state)
{
	rig_close(*state);
	check_harm(*state, "day-2026-11-19.db", 500, 10);
}

static void test_main_missing(void **state)
{
	struct rig *rig = *state;

	char path[4096];

	add_both(rig, NOON, 1);
	rig_close(rig);
	snprintf(path, sizeof(path), "%s/main.db", rig->directory);
	assert_int_equal(unlink(path), 0);
	rig_open(rig, 1);
	assert_non_null(strstr(rig->why.text, "missing"));
	assert_int_equal(rig_count(rig), 100);
}

/** Octets turned over in a file that is closed: every question is answered, with words or without, and what is answered is true.
 */
static void test_flipped_octets(void **state)
{
	struct rig *rig = *state;
	uint64_t x = 88172645463325252ull;
	unsigned passed = 0, failed = 0;

	for (int round = 0; round < 60; round++) {
		char path[4096];
		struct stat st;
		struct sn_diag trouble;
		int fd, err;
		int64_t count;

		rig_close(rig);
		nftw(rig->directory, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
		rig_open(rig, 0);
		for (uint64_t i = 0; i < 20; i++)
			add_both(rig, NOON + i * SECOND, i);
		rig_close(rig);
		snprintf(path, sizeof(path), "%s/day-2026-11-20.db", rig->directory);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_int_equal(fstat(fd, &st), 0);
		for (int i = 0; i < 20; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			assert_int_equal(pwrite(fd, &x, 4, (off_t)((x >> 16) % (uint64_t)st.st_size)), 4);
		}
		close(fd);
		err = sn_store_open(&rig->options, &rig->store, &rig->why);
		assert_in_range(err, 0, 1);
		count = err ? 0 : rig_count(rig);
		if (count < 0) { /* said, moved aside, and can be asked again */
			assert_non_null(strstr(rig->why.text, "moved to"));
			assert_non_null(rig_aside(rig, "day-2026-11-20.db"));
			assert_int_equal(rig_count(rig), 0);
			failed++;
		} else if (!err && count < 2000) {
			assert_true(sn_store_trouble(rig->store, &trouble));
			assert_non_null(strstr(trouble.text, "day-2026-11-20.db"));
			passed++;
		}
		for (size_t i = 0; i < answer.count && count > 0; i++)
			assert_string_equal(answer.records[i].text, "n t u g {\"cause\":\"x\",\"text\":\"some of it\"}");
		add_both(rig, NOON, 200);
		rig_sort(rig);
		if (rig_count(rig) < 0) /* the second time it is whole */
			assert_int_equal(rig_count(rig), 0);
	}
	assert_true(passed + failed > 0);
}

/** Damage while it is open: the batch is stored all the same, in a new file. */
static void test_damaged_while_open(void **state)
{
	struct rig *rig = *state;
	struct sn_diag trouble;
	struct sn_store_stats stats;

	add_both(rig, NOON, 1);
	rig_sort(rig);
	add_both(rig, NOON, 2);
	assert_int_equal(sqlite3_exec(rig->store->main.db, "PRAGMA writable_schema = 1; DROP TABLE inbox", NULL, NULL, NULL), 0);
	add_both(rig, NOON, 3);
	assert_true(sn_store_trouble(rig->store, &trouble));
	assert_non_null(strstr(trouble.text, "main.db"));
	assert_non_null(strstr(trouble.text, "moved to"));
	assert_false(sn_store_trouble(rig->store, &trouble));
	assert_non_null(rig_aside(rig, "main.db"));
	assert_int_equal(rig_count(rig), 200);
	sn_store_stats(rig->store, &stats);
	assert_int_equal(stats.damaged, 1);
	/* a day, too */
	rig_sort(rig);
	assert_int_equal(sqlite3_exec(rig->store->days[0].file.db, "DROP TABLE content", NULL, NULL, NULL), 0);
	add_both(rig, NOON, 4);
	rig_sort(rig);
	assert_true(sn_store_trouble(rig->store, &trouble));
	assert_non_null(strstr(trouble.text, "day-2026-11-20.db"));
	assert_int_equal(rig_count(rig), 100);
	/* and the series */
	assert_int_equal(sqlite3_exec(rig->store->series.db, "DROP TABLE chunk", NULL, NULL, NULL), 0);
	add_both(rig, NOON, 5);
	rig_sort(rig);
	assert_int_equal(count_points(rig), 1);
	assert_int_equal(rig_count(rig), 200);
}

/* --- full disks */

/** Adds until it fails, then checks that all that was promised is there, and goes on once there is room. */
static void fill_up(struct rig *rig, void (*make_room)(struct rig *rig))
{
	static char text[20000];
	struct sn_store_record record;
	struct sn_store_stats stats;
	struct sn_diag trouble;
	uint64_t stored = 0;
	int err;

	memset(text, 'x', sizeof(text));
	for (uint64_t x = 88172645463325252ull, i = 0; i + 8 < sizeof(text) - 20; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		text[i + 6] = (char)('A' + (x >> 20) % 26);
	}
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + sizeof(text) - 3, "\"}", 3);
	record = make(NOON, "t", "u", "g", text);
	while ((err = rig_add_as(rig, "n", stored + 1, &record, 1)) == 0 && stored < 5000)
		stored++;
	if (err != -ENOSPC)
		fail_msg("%d: %s", err, rig->why.text);
	assert_true(rig->why.text[0]);
	assert_true(stored > 10);
	err = rig_add_as(rig, "n", stored + 1, &record, 1);
	assert_true(err == -ENOSPC || err == 0);
	stored += err == 0;
	assert_int_equal(rig_count(rig), stored);
	sn_store_stats(rig->store, &stats);
	assert_true(stats.refused >= 1);
	make_room(rig);
	assert_int_equal(rig_add_as(rig, "n", stored + 1, &record, 1), 0);
	assert_int_equal(rig_add_as(rig, "n", stored, &record, 1), 1);
	rig_sort(rig);
	while (sn_store_trouble(rig->store, &trouble))
		;
	rig_reopen(rig, 0);
	assert_int_equal(rig_count(rig), stored + 1);
	assert_int_equal(rig_sql(rig, "main.db", "SELECT count(*) FROM inbox"), 0);
}

static void no_limit(struct rig *rig)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static int limit_teardown(void **state)
{
	no_limit(*state);
	return rig_teardown(state);
}

/** No file may become larger than 3 MB: what a write gives then is EFBIG. */
static void test_file_too_large(void **state)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 3000000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	fill_up(*state, no_limit);
}

static void more_pages(struct rig *rig)
{
	sqlite3_exec(rig->store->main.db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL);
}

/** SQLite's own word for a full disk. */
static void test_disk_full(void **state)
{
	struct rig *rig = *state;

	sqlite3_exec(rig->store->main.db, "PRAGMA max_page_count = 200", NULL, NULL, NULL);
	fill_up(rig, more_pages);
}

/** The day's file is full, main.db is not: batches wait, and then go where they belong. */
static void test_day_full(void **state)
{
	struct rig *rig = *state;
	struct sn_diag trouble;

	add_both(rig, NOON, 1);
	rig_sort(rig);
	sqlite3_exec(rig->store->days[0].file.db, "PRAGMA max_page_count = 1", NULL, NULL, NULL);
	for (uint64_t i = 2; i < 60; i++)
		add_both(rig, NOON, i);
	assert_true(sn_store_trouble(rig->store, &trouble));
	assert_non_null(strstr(trouble.text, "no room"));
	assert_int_equal(rig_count(rig), 5900);
	assert_int_equal(count_points(rig), 1); /* all of one time */
	sqlite3_exec(rig->store->days[0].file.db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
	rig_sort(rig);
	assert_int_equal(rig->store->inbox_records, 0);
	assert_int_equal(rig_count(rig), 5900);
}

/* --- versions */

static void test_migration(void **state)
{
	struct rig *rig = *state;
	struct sn_store_record record = make(NOON, "t", "u", "g", "{}");
	char path[4096];

	for (enum sn_store_kind kind = SN_STORE_MAIN; kind < _SN_STORE_KIND_MAX; kind++)
		assert_true(sn_store_schema_version(kind) >= 1);
	assert_int_equal(rig_add_as(rig, "n", 7, &record, 1), 0);
	rig_close(rig);
	/* main.db as the first version made it, with what it knew */
	snprintf(path, sizeof(path), "%s/old.db", rig->directory);
	assert_int_equal(sn_store_schema_make(path, SN_STORE_MAIN, 1, &rig->why), 0);
	rig_sql(rig, "old.db",
		"INSERT INTO node VALUES(1, 'n', 3);"
		"INSERT INTO batch VALUES(1, 2, x'08000000000000000000000000000001');"
		"INSERT INTO meta VALUES('next', 1000);");
	assert_int_equal(rig_sql(rig, "old.db", "PRAGMA user_version"), 1);
	snprintf(rig->why.text, sizeof(rig->why.text), "%.1000s/main.db", rig->directory);
	assert_int_equal(rename(path, rig->why.text), 0);
	rig_open(rig, 0);
	assert_int_equal(rig_add_as(rig, "n", 8, &record, 1), 1);
	assert_int_equal(rig_add_as(rig, "n", 9, &record, 1), 0);
	assert_int_equal(rig_count(rig), 2);
	assert_true(answer.records[0].id >= 1000);
	rig_close(rig);
	assert_int_equal(rig_sql(rig, "main.db", "PRAGMA user_version"), sn_store_schema_version(SN_STORE_MAIN));
	assert_int_equal(rig_sql(rig, "main.db", "SELECT seen > 0 FROM node"), 1);
	rig_open(rig, 0);
}

/** A later version's store is not touched. */
static void test_later_version(void **state)
{
	static const char *const names[] = { "main.db", "series.db", "day-2026-11-20.db" };
	struct rig *rig = *state;

	add_both(rig, NOON, 1);
	rig_close(rig);
	for (size_t i = 0; i < SN_ARRAY_SIZE(names); i++) {
		char sql[100];
		int64_t version = rig_sql(rig, names[i], "PRAGMA user_version");

		rig_sql(rig, names[i], "PRAGMA user_version = 99");
		assert_int_equal(sn_store_open(&rig->options, &rig->store, &rig->why), -ENOTSUP);
		rig->store = NULL;
		assert_non_null(strstr(rig->why.text, "later version"));
		assert_null(rig_aside(rig, names[i]));
		snprintf(sql, sizeof(sql), "PRAGMA user_version = %lld", (long long)version);
		rig_sql(rig, names[i], sql);
	}
	rig_open(rig, 0);
	assert_int_equal(rig_count(rig), 100);
}

/* --- what the parts make of nonsense */

static void test_broken_json(void **state)
{
	static const char *const texts[] = { "",
					     "{",
					     "{}",
					     "[]",
					     "{\"a\"",
					     "{\"a\":",
					     "{\"a\":\"",
					     "{\"a\":\"\\",
					     "{\"a\":[",
					     "{\"a\":[\"]\"",
					     "{\"a\":1",
					     "{\"a\":1,",
					     "{\"a\":\"\\u12\"}",
					     "{a:1}",
					     "{\"a\":}",
					     "null",
					     "{\"a\":\"\\ud800\\u0041\"}" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(texts); i++) {
		size_t len = strlen(texts[i]);
		char *copy = malloc(len + 1);
		uint8_t unescaped[64];
		struct sn_store_member member;
		struct sn_store_json json;

		memcpy(copy, texts[i], len); /* without its end, so that passing it is seen */
		copy = realloc(copy, len ? len : 1);
		json = sn_store_json_begin((struct sn_view) { (uint8_t *)copy, len });
		for (int n = 0; sn_store_json_next(&json, &member); n++) {
			assert_true(n < 2);
			assert_true(sn_store_json_unescape(member.value, unescaped) <= member.value.len);
		}
		free(copy);
	}
}

static void read_block(struct sn_view columns, struct sn_view text)
{
	static struct sn_store_block block;
	static struct sn_store_codes codes;
	static uint64_t numbers[SN_STORE_BLOCK_ROWS];
	struct sn_store_pieces pieces = { .text = text };
	struct sn_view attributes;

	if (sn_store_block_open(columns, &block) == 0) {
		sn_store_block_times(&block, numbers);
		sn_store_block_ids(&block, numbers);
		for (size_t i = 0; i < block.column_count; i++)
			sn_store_column_codes(&block, &block.columns[i], &codes);
	}
	for (size_t row = 0; row < 100; row += 33)
		sn_store_pieces_row(&pieces, row, &attributes);
	sn_store_pieces_fini(&pieces);
}

static void test_broken_blocks(void **state)
{
	struct sn_store_packer *packer = sn_store_packer_new();
	struct sn_store_buffer columns = { 0 }, text = { 0 };
	static char texts[100][64];
	struct sn_store_record records[100];
	uint64_t x = 88172645463325252ull;

	for (int i = 0; i < 100; i++) {
		snprintf(texts[i], sizeof(texts[i]), "{\"a\":%d,\"b\":\"x\",\"c\":[%d]}", i, i % 7);
		records[i] = make(NOON + (uint64_t)i, "t", texts[i], "g", texts[i]);
		records[i].id = (uint64_t)i;
	}
	assert_int_equal(sn_store_pack(packer, records, 100, &columns, &text), 0);
	for (int round = 0; round < 5000; round++) {
		struct sn_view views[2] = { { malloc(columns.len), columns.len }, { malloc(text.len), text.len } };

		memcpy((void *)views[0].data, columns.data, columns.len);
		memcpy((void *)views[1].data, text.data, text.len);
		for (int flips = 0; flips < 4; flips++) {
			struct sn_view view = views[flips % 2];

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			((uint8_t *)view.data)[(x >> 8) % (flips < 2 ? 16 : view.len)] ^= (uint8_t)x;
		}
		if (round % 3 == 0)
			views[round % 2].len = (x >> 32) % views[round % 2].len;
		read_block(views[0], views[1]);
		free((void *)views[0].data);
		free((void *)views[1].data);
	}
	sn_store_buffer_fini(&columns);
	sn_store_buffer_fini(&text);
	sn_store_packer_free(packer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_main_damaged, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_series_damaged, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_day_damaged, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_main_missing, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_flipped_octets, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_damaged_while_open, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_file_too_large, rig_setup, limit_teardown),
		cmocka_unit_test_setup_teardown(test_disk_full, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_day_full, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_migration, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_later_version, rig_setup, rig_teardown),
		cmocka_unit_test(test_broken_json),
		cmocka_unit_test(test_broken_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
