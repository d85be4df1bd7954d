/* SPDX-License-Identifier: Apache-2.0 */
/** @file The spool: order, bounds, what an earlier agent left, what is damaged. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/spool.h"
#include "base/macro.h"

static char directory[256];

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/spool.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static void each_file(void (*fn)(const char *path))
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	char path[600];

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		fn(path);
	}
	closedir(d);
}

static void remove_file(const char *path)
{
	unlink(path);
}

static int teardown(void **state)
{
	each_file(remove_file);
	return rmdir(directory);
}

static struct sn_spool *open_spool(uint64_t max_octets)
{
	struct sn_spool *spool;
	struct sn_diag diag = { 0 };

	if (sn_spool_open(directory, max_octets, &spool, &diag))
		fail_msg("%s", diag.text);
	return spool;
}

static void push(struct sn_spool *spool, unsigned number, size_t len, bool front, int want)
{
	uint8_t data[4096];
	struct sn_batch batch = { .kind = number % 2, .records = number, .data = data, .len = len };

	memset(data, (int)number, sizeof(data));
	batch.id[0] = (uint8_t)number;
	assert_int_equal(front ? sn_spool_push_front(spool, &batch) : sn_spool_push(spool, &batch), want);
}

static void take(struct sn_spool *spool, unsigned number, size_t len)
{
	struct sn_batch batch;

	assert_int_equal(sn_spool_oldest(spool, &batch), 1);
	assert_int_equal(batch.records, number);
	assert_int_equal(batch.kind, number % 2);
	assert_int_equal(batch.id[0], number);
	assert_int_equal(batch.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(batch.data[i], number);
	free(batch.data);
	sn_spool_pop(spool);
}

static void test_order(void **state)
{
	struct sn_spool *spool = open_spool(1 << 20);
	struct sn_batch none;

	assert_true(sn_spool_is_empty(spool));
	assert_int_equal(sn_spool_oldest(spool, &none), 0);
	for (unsigned i = 1; i <= 200; i++)
		push(spool, i, i, /* front= */ false, 0);
	for (unsigned i = 1; i <= 100; i++)
		take(spool, i, i);
	/* What was taken out and could not be sent goes back to where it was. */
	push(spool, 100, 100, /* front= */ true, 0);
	push(spool, 99, 99, /* front= */ true, 0);
	for (unsigned i = 99; i <= 200; i++)
		take(spool, i, i);
	assert_true(sn_spool_is_empty(spool));
	sn_spool_close(spool);
}

static void test_survives(void **state)
{
	struct sn_spool *spool = open_spool(1 << 20);
	struct sn_spool_stats stats;

	for (unsigned i = 1; i <= 20; i++)
		push(spool, i, 10, /* front= */ false, 0);
	take(spool, 1, 10);
	push(spool, 1, 10, /* front= */ true, 0);
	sn_spool_close(spool);
	spool = open_spool(1 << 20);
	sn_spool_stats(spool, &stats);
	assert_int_equal(stats.batches, 20);
	for (unsigned i = 1; i <= 20; i++)
		take(spool, i, 10);
	push(spool, 21, 10, /* front= */ false, 0);
	take(spool, 21, 10);
	sn_spool_close(spool);
}

static void test_bounded(void **state)
{
	struct sn_spool *spool = open_spool(10 * (1000 + 48));
	struct sn_spool_stats stats;

	for (unsigned i = 1; i <= 15; i++)
		push(spool, i, 1000, /* front= */ false, 0);
	sn_spool_stats(spool, &stats);
	assert_int_equal(stats.batches, 10);
	assert_int_equal(stats.dropped_batches, 5);
	assert_int_equal(stats.dropped_records, 1 + 2 + 3 + 4 + 5);
	assert_int_equal(stats.octets, 10 * (1000 + 48));
	/* An older one has no claim on the room of younger ones. */
	push(spool, 5, 1000, /* front= */ true, -ENOSPC);
	take(spool, 6, 1000);
	sn_spool_stats(spool, &stats);
	assert_int_equal(stats.failed_records, 5);
	sn_spool_close(spool);
}

/* One that is under way goes for want of room: when it has arrived, the next one, which has not, stays. */
static void test_bounded_under_way(void **state)
{
	struct sn_spool *spool = open_spool(3 * (1000 + 48));
	struct sn_batch batch;

	for (unsigned i = 1; i <= 3; i++)
		push(spool, i, 1000, /* front= */ false, 0);
	assert_int_equal(sn_spool_oldest(spool, &batch), 1);
	push(spool, 4, 1000, /* front= */ false, 0);
	sn_spool_pop(spool);
	free(batch.data);
	for (unsigned i = 2; i <= 4; i++)
		take(spool, i, 1000);
	sn_spool_close(spool);
}

static void test_too_large(void **state)
{
	struct sn_spool *spool = open_spool(1000);

	push(spool, 1, 100, /* front= */ false, 0);
	push(spool, 2, 2000, /* front= */ false, -ENOSPC);
	take(spool, 1, 100);
	sn_spool_close(spool);
}

static void cut_file(const char *path)
{
	assert_int_equal(truncate(path, 50), 0);
}

static void spoil_file(const char *path)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 60), 1);
	close(fd);
}

/* Files that are cut, or of which an octet has turned, are passed over and counted; the others come. */
static void test_damaged(void **state)
{
	static void (*const damages[])(const char *path) = { cut_file, spoil_file };

	for (size_t i = 0; i < SN_ARRAY_SIZE(damages); i++) {
		struct sn_spool *spool = open_spool(1 << 20);
		struct sn_spool_stats stats;
		struct sn_batch batch;

		push(spool, 1, 100, /* front= */ false, 0);
		sn_spool_close(spool);
		each_file(damages[i]);
		spool = open_spool(1 << 20);
		push(spool, 2, 100, /* front= */ false, 0);
		take(spool, 2, 100);
		sn_spool_stats(spool, &stats);
		assert_int_equal(stats.damaged_batches, 1);
		assert_int_equal(sn_spool_oldest(spool, &batch), 0);
		sn_spool_close(spool);
	}
}

static void test_not_ours(void **state)
{
	char path[600];
	struct sn_spool *spool;
	FILE *f;

	snprintf(path, sizeof(path), "%s/README", directory);
	f = fopen(path, "w");
	fputs("not a batch", f);
	fclose(f);
	spool = open_spool(1 << 20);
	assert_true(sn_spool_is_empty(spool));
	sn_spool_close(spool);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_no_directory(void **state)
{
	struct sn_diag diag = { 0 };
	struct sn_spool *spool;

	assert_true(sn_spool_open("/dev/null/spool", 1000, &spool, &diag) < 0);
	assert_non_null(strstr(diag.text, "/dev/null/spool"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_survives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ours, setup, teardown),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
