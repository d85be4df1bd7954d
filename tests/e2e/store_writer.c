/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Adds numbered batches to a store until it is killed, and says after each that it is stored; or counts what a store holds.
 *
 *   store_writer DIRECTORY FIRST           batches FIRST, FIRST + 1, …; prints their numbers
 *   store_writer DIRECTORY check LAST      prints how often records of the batches 1 to LAST are missing or doubled
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "controller/store.h"

#define RECORDS 150
#define SAMPLES 3
/* noon of 2026-11-20 */
#define NOON (1795176000 * SN_NSEC_PER_SEC)

static struct sn_view view(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

static void die(const struct sn_diag *why)
{
	fprintf(stderr, "store_writer: %s\n", why->text);
	exit(1);
}

static int add(struct sn_store *store, uint64_t number, struct sn_diag *why)
{
	static char texts[RECORDS][64];
	static struct sn_store_record records[RECORDS];
	static struct sn_store_sample samples[SAMPLES];
	struct sn_store_batch batch = {
		.node = view("node"), .records = records, .record_count = RECORDS, .samples = samples, .sample_count = SAMPLES
	};

	memcpy(batch.id, &number, sizeof(number));
	batch.id[15] = 1;
	for (uint64_t i = 0; i < RECORDS; i++) {
		snprintf(texts[i], sizeof(texts[i]), "{\"number\":%llu}", (unsigned long long)(number * RECORDS + i));
		/* of two days */
		records[i] =
			(struct sn_store_record) { .time_ns = NOON + number * SN_NSEC_PER_SEC - i % 2 * 86400 * SN_NSEC_PER_SEC,
						   .type = view("t"),
						   .attributes = view(texts[i]) };
	}
	for (uint64_t i = 0; i < SAMPLES; i++)
		samples[i] = (struct sn_store_sample) {
			NOON + (number * SAMPLES + i) * SN_NSEC_PER_MSEC, view("node"), view("m"), view("{}"), SN_STORE_GAUGE, 1
		};
	return sn_store_add(store, &batch, why);
}

static void write_until_killed(struct sn_store *store, uint64_t number)
{
	struct sn_diag why = { { 0 } };

	for (;; number++) {
		if (add(store, number, &why) < 0)
			die(&why);
		printf("%llu\n", (unsigned long long)number);
		fflush(stdout);
		/* Sorts in by age, too. Not faster than this, or a fast machine gets to where samples are thinned. */
		if (number % 8 == 0)
			sn_store_tick(store, NOON + number * SN_NSEC_PER_SEC);
	}
}

struct tally {
	uint8_t *seen;
	uint64_t size, others, last_time, last_id;
};

static int take(void *ctx, const struct sn_store_record *record)
{
	struct tally *tally = ctx;
	char text[64];
	uint64_t number;

	snprintf(text, sizeof(text), "%.*s", (int)record->attributes.len, record->attributes.data);
	number = strtoull(text + strlen("{\"number\":"), NULL, 10);
	if (number >= RECORDS && number < tally->size && tally->seen[number] < 255)
		tally->seen[number]++;
	else
		tally->others++;
	tally->last_time = record->time_ns;
	tally->last_id = record->id;
	return 0;
}

static int take_points(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels, enum sn_store_series_kind kind,
		       const struct sn_store_point *points, size_t count)
{
	*(size_t *)ctx += count;
	return 0;
}

static void check(struct sn_store *store, uint64_t last)
{
	struct tally tally = { .size = (last + 1) * RECORDS };
	struct sn_store_query query = { .limit = SN_STORE_LIMIT_MAX };
	struct sn_diag why = { { 0 } };
	uint64_t missing = 0, doubled = 0;
	size_t samples = 0;
	int64_t count;

	tally.seen = calloc(1, tally.size);
	if (!tally.seen)
		exit(1);
	while ((count = sn_store_records(store, &query, take, &tally, &why)) > 0) {
		query.after_time_ns = tally.last_time;
		query.after_id = tally.last_id;
	}
	if (count < 0 ||
	    sn_store_series(store, &(struct sn_store_series_query) { .name = view("m") }, take_points, &samples, &why) < 0)
		die(&why);
	for (uint64_t i = RECORDS; i < tally.size; i++) {
		missing += tally.seen[i] == 0;
		doubled += tally.seen[i] > 1;
	}
	printf("missing %llu doubled %llu others %llu samples %zu of %llu\n", (unsigned long long)missing,
	       (unsigned long long)doubled, (unsigned long long)tally.others, samples, (unsigned long long)(last * SAMPLES));
	free(tally.seen);
}

int main(int argc, char **argv)
{
	struct sn_store_options options = { .directory = argc > 2 ? argv[1] : "" };
	struct sn_store *store;
	struct sn_diag why = { { 0 } };

	if (argc < 3)
		return 2;
	if (sn_store_open(&options, &store, &why) != 0)
		die(&why);
	sn_store_tick(store, NOON);
	if (argc > 3)
		check(store, strtoull(argv[3], NULL, 10));
	else
		write_until_killed(store, strtoull(argv[2], NULL, 10));
	sn_store_close(store);
	return 0;
}
