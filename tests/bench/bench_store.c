/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file How fast the store takes records, what it costs, and how long questions take over so many of them while more come in.
 *
 *   bench_store [RECORDS [DIRECTORY]]      10 million below $TMPDIR, or /tmp; the directory is removed afterwards
 *
 * Batches of 500 records of 12 attributes (about 300 octets of JSON) of 100 gNBs and 100,000 UEs, 5 kinds of records and 30
 * causes, over times that go by at 20,000 a second. Questions come in turn, a batch is added after each. CPU time is that of this
 * process.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "controller/store.h"

#define BATCH	  500
#define RATE	  20000ull
#define UES	  100000
#define GNBS	  100
#define QUESTIONS 200
#define TEXT	  512

static struct sn_store_record records[BATCH];
static char texts[BATCH][4][TEXT];
static uint64_t made, now_ns, random_state = 88172645463325252ull;

static uint64_t next_random(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % below;
}

static struct sn_view view(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void die(const struct sn_diag *why)
{
	fprintf(stderr, "bench_store: %s\n", why->text);
	exit(1);
}

static void make_record(size_t i, unsigned gnb)
{
	static const char *const types[] = { "n2.procedure", "n2.ue", "n2.session", "n2.setup", "n4.session" };
	static const char *const procedures[] = { "InitialContextSetup", "PDUSessionResourceSetup", "HandoverPreparation",
						  "UEContextRelease",	 "PathSwitchRequest",	    "Registration" };
	unsigned ue = (unsigned)next_random(UES);
	struct sn_store_record *record = &records[i];
	char(*text)[TEXT] = texts[i];

	snprintf(text[0], 32, "imsi-00101%010u", ue);
	snprintf(text[1], 32, "gnb-%03u", gnb);
	snprintf(text[2], TEXT, "node-%03u", gnb / 4);
	snprintf(text[3], TEXT,
		 "{\"procedure\":\"%s\",\"outcome\":\"%s\",\"cause\":\"radio-network/%02u\",\"ue\":\"%.31s\",\"gnb\":\"%.31s\","
		 "\"amf\":\"amf-%u\",\"amf_ue_ngap_id\":%u,\"ran_ue_ngap_id\":%u,\"duration_ns\":%u,\"slice\":\"1-%06u\","
		 "\"tai\":\"00101-%06u\",\"standing\":\"exact\"}",
		 procedures[next_random(6)], next_random(10) ? "success" : "failure", (unsigned)next_random(30), text[0], text[1],
		 gnb % 3, ue * 7, ue & 0xffff, (unsigned)next_random(1000000000), (unsigned)next_random(4), (unsigned)(gnb / 10));
	*record = (struct sn_store_record) { .time_ns = now_ns + i * (SN_NSEC_PER_SEC / RATE) + next_random(1000),
					     .node = view(text[2]),
					     .type = view(types[next_random(5)]),
					     .ue = view(text[0]),
					     .gnb = view(text[1]),
					     .attributes = view(text[3]) };
}

static double making; /* CPU seconds that making them took, which is not the store's */

static void add_batch(struct sn_store *store)
{
	struct sn_store_batch batch = { .records = records, .record_count = BATCH };
	struct sn_diag why = { { 0 } };
	double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
	unsigned gnb = (unsigned)next_random(GNBS);

	for (size_t i = 0; i < BATCH; i++)
		make_record(i, gnb);
	now_ns += BATCH * (SN_NSEC_PER_SEC / RATE);
	made++;
	memcpy(batch.id, &made, sizeof(made));
	batch.id[15] = 1;
	batch.node = records[0].node;
	making += seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
	if (sn_store_add(store, &batch, &why) != 0)
		die(&why);
	if (made % (RATE / BATCH) == 0)
		sn_store_tick(store, now_ns);
}

static void insert(struct sn_store *store, uint64_t count)
{
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), slowest = 0;
	struct sn_store_stats stats;

	for (uint64_t i = 0; i < count; i += BATCH) {
		double begin = seconds(CLOCK_MONOTONIC), took;

		add_batch(store);
		took = seconds(CLOCK_MONOTONIC) - begin;
		slowest = SN_MAX(slowest, took);
	}
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - making;
	sn_store_stats(store, &stats);
	printf("insert: %llu records in %.1f s: %.0f/s, %.2f us CPU each: %.2f core at %llu/s; the slowest batch %.0f ms\n",
	       (unsigned long long)count, wall, (double)count / wall, 1e6 * cpu / (double)count,
	       cpu / (double)count * (double)RATE, (unsigned long long)RATE, 1e3 * slowest);
	printf("disk: %.1f MB, %.1f octets a record\n", 1e-6 * (double)stats.octets, (double)stats.octets / (double)count);
	fflush(stdout);
}

static int count_record(void *ctx, const struct sn_store_record *record)
{
	++*(uint64_t *)ctx;
	return 0;
}

static int count_cell(void *ctx, struct sn_view value, struct sn_view by, uint64_t count)
{
	*(uint64_t *)ctx += count;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

enum question {
	BY_UE,
	BY_UE_HOUR,
	BY_GNB,
	BY_TYPE_MINUTE,
	BY_TIME,
	BY_CAUSE,
	HEAT_MAP,
	_QUESTION_MAX,
};
static const char *const names[] = {
	[BY_UE] = "one UE, all time, 100 newest",	[BY_UE_HOUR] = "one UE, five minutes somewhere",
	[BY_GNB] = "one gNB, a minute somewhere, 100",	[BY_TYPE_MINUTE] = "one type, a minute somewhere, 100 oldest",
	[BY_TIME] = "a second somewhere, 1000",		[BY_CAUSE] = "one gNB and cause, all time, 100",
	[HEAT_MAP] = "counts gNB x cause, 1 M records",
};
_Static_assert(SN_ARRAY_SIZE(names) == _QUESTION_MAX, "name every question");

static void ask(struct sn_store *store, enum question question, uint64_t begin_ns, uint64_t *ret_found)
{
	char ue[TEXT], gnb[TEXT], cause[TEXT];
	uint64_t span = now_ns - begin_ns, minute = 60 * SN_NSEC_PER_SEC, at = begin_ns + next_random(span);
	struct sn_store_where where = { view("cause"), { 0 } };
	struct sn_store_query query = { .limit = 100 };
	struct sn_diag why = { { 0 } };
	int64_t err = 0;

	snprintf(ue, sizeof(ue), "imsi-00101%010u", (unsigned)next_random(UES));
	snprintf(gnb, sizeof(gnb), "gnb-%03u", (unsigned)next_random(GNBS));
	snprintf(cause, sizeof(cause), "radio-network/%02u", (unsigned)next_random(30));
	query.from_ns = at;
	query.to_ns = at + minute;
	switch (question) {
	case BY_UE:
		query.from_ns = query.to_ns = 0;
		query.ue = view(ue);
		break;
	case BY_UE_HOUR:
		query.to_ns = at + 5 * minute;
		query.ue = view(ue);
		break;
	case BY_GNB:
		query.gnb = view(gnb);
		break;
	case BY_TYPE_MINUTE:
		query.type = view("n2.procedure");
		query.oldest_first = true;
		break;
	case BY_TIME:
		query.to_ns = at + SN_NSEC_PER_SEC;
		query.limit = 1000;
		break;
	case BY_CAUSE:
		query.from_ns = query.to_ns = 0;
		query.gnb = view(gnb);
		where.value = view(cause);
		query.where = &where;
		query.where_count = 1;
		break;
	case HEAT_MAP:
		query.to_ns = at + 1000000 / RATE * SN_NSEC_PER_SEC;
		query.limit = 0;
		err = sn_store_counts(store, &query, "gnb", "cause", count_cell, ret_found, &why);
		break;
	case _QUESTION_MAX:
		break;
	}
	if (question != HEAT_MAP)
		err = sn_store_records(store, &query, count_record, ret_found, &why);
	if (err < 0)
		die(&why);
}

static void ask_all(struct sn_store *store, uint64_t begin_ns)
{
	static double wall[QUESTIONS], cpu[QUESTIONS];

	for (unsigned q = 0; q < _QUESTION_MAX; q++) {
		unsigned count = q == HEAT_MAP ? QUESTIONS / 5 : QUESTIONS;
		uint64_t found = 0;

		for (unsigned i = 0; i < count; i++) {
			double begin = seconds(CLOCK_MONOTONIC), begin_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

			ask(store, (enum question)q, begin_ns, &found);
			wall[i] = 1e3 * (seconds(CLOCK_MONOTONIC) - begin);
			cpu[i] = 1e3 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu);
			add_batch(store);
		}
		qsort(wall, count, sizeof(wall[0]), compare);
		qsort(cpu, count, sizeof(cpu[0]), compare);
		printf("query: %-42s p50 %7.2f ms  p95 %7.2f ms  (CPU %7.2f, %7.2f)  %.0f found\n", names[q], wall[count / 2],
		       wall[count * 95 / 100], cpu[count / 2], cpu[count * 95 / 100], (double)found / count);
		fflush(stdout);
	}
}

static void remove_store(const char *directory)
{
	DIR *open = opendir(directory);
	struct dirent *entry;
	char path[4096];

	while (open && (entry = readdir(open))) {
		snprintf(path, sizeof(path), "%.3800s/%s", directory, entry->d_name);
		unlink(path);
	}
	if (open)
		closedir(open);
	rmdir(directory);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000, begin_ns;
	const char *temporary = getenv("TMPDIR");
	char directory[4000];
	struct sn_store_options options = { .directory = directory };
	struct sn_store *store;
	struct sn_diag why = { { 0 } };
	struct rusage usage;

	snprintf(directory, sizeof(directory), "%s/bench_store-%ld",
		 argc > 2    ? argv[2]
		 : temporary ? temporary
			     : "/tmp",
		 (long)getpid());
	if (sn_store_open(&options, &store, &why) != 0)
		die(&why);
	begin_ns = now_ns = sn_clock_realtime_ns() / (3600 * SN_NSEC_PER_SEC) * (3600 * SN_NSEC_PER_SEC);
	insert(store, count);
	ask_all(store, begin_ns);
	getrusage(RUSAGE_SELF, &usage);
	printf("memory: %.1f MiB RSS at most\n", (double)usage.ru_maxrss / 1024);
	sn_store_close(store);
	remove_store(directory);
	return 0;
}
