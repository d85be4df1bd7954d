/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Sorts the inbox in: records become blocks in the files of their days, samples chunks of their series.
 *
 * SQLite's transactions over attached files are not atomic with a write-ahead log, so nothing relies on that: every file takes
 * its part in a transaction of its own, which also says through which batch it has taken. The inbox forgets a batch only after
 * all have it; until then the step can be repeated, and whoever has its part skips it.
 */
#include <stdio.h>

#include "base/crc32c.h"
#include "base/macro.h"
#include "controller/store_internal.h"

/** What one step takes: rows of the inbox, whose octets are copied, since the records point into them. */
struct step {
	struct sn_store_waiting *records; /* of all rows */
	uint64_t *row_of;		  /* the row of the inbox each came with */
	size_t record_count, record_size;
	struct sn_store_sample *samples;
	size_t sample_count, sample_size;
	void **copies;
	size_t copy_count, copy_size;
	uint64_t samples_through; /* series.db has the samples of rows up to this one */
	uint64_t through;	  /* the last row */
	bool more;
};

static void step_fini(struct step *step)
{
	for (size_t i = 0; i < step->copy_count; i++)
		free(step->copies[i]);
	free(step->copies);
	free(step->records);
	free(step->row_of);
	free(step->samples);
}

bool sn_store_sort_due(const struct sn_store *store)
{
	return store->inbox_records >= SN_STORE_SORT_RECORDS || store->inbox_samples >= SN_STORE_SORT_SAMPLES ||
	       store->inbox_octets >= SN_STORE_SORT_OCTETS;
}

static int grow(void **array, size_t *size, size_t need, size_t each)
{
	size_t size_new = SN_MAX(need, *size * 2);
	void *p;

	if (need <= *size)
		return 0;
	p = realloc(*array, size_new * each);
	if (!p)
		return -ENOMEM;
	*array = p;
	*size = size_new;
	return 0;
}

/** The octets of a column, for as long as the step lasts. */
static int copy_column(struct step *step, sqlite3_stmt *row, int column, struct sn_view *ret_view)
{
	struct sn_view view = sn_store_column_view(row, column);
	uint8_t *copy;

	if (grow((void **)&step->copies, &step->copy_size, step->copy_count + 1, sizeof(*step->copies)) < 0)
		return -ENOMEM;
	copy = malloc(view.len + 1);
	if (!copy)
		return -ENOMEM;
	if (view.len)
		memcpy(copy, view.data, view.len);
	step->copies[step->copy_count++] = copy;
	*ret_view = (struct sn_view) { copy, view.len };
	return 0;
}

static int take_records(struct step *step, uint64_t id, struct sn_view head, struct sn_view body)
{
	SN_AUTO_FREE struct sn_store_waiting *records = NULL;
	size_t count, size = step->record_size;
	int err = sn_store_inbox_records(id, head, body, &records, &count);

	if (!err)
		err = grow((void **)&step->records, &step->record_size, step->record_count + count, sizeof(*step->records));
	if (!err)
		err = grow((void **)&step->row_of, &size, step->record_count + count, sizeof(*step->row_of));
	if (err)
		return err;
	if (count)
		memcpy(step->records + step->record_count, records, count * sizeof(*records));
	for (size_t i = 0; i < count; i++)
		step->row_of[step->record_count++] = id;
	return 0;
}

static int take_samples(struct step *step, struct sn_view view)
{
	struct sn_store_reader reader = sn_store_reader_of(view);

	while (reader.at < reader.end) {
		struct sn_store_sample sample = { .time_ns = sn_store_get_number(&reader),
						  .kind = (enum sn_store_series_kind)sn_store_get_u8(&reader) };
		struct sn_view bits = sn_store_get(&reader, sizeof(uint64_t));
		uint64_t value = reader.bad ? 0 : sn_be64(bits.data);

		memcpy(&sample.value, &value, sizeof(value));
		sample.node = sn_store_get_view(&reader);
		sample.name = sn_store_get_view(&reader);
		sample.labels = sn_store_get_view(&reader);
		if (reader.bad)
			return -EBADMSG;
		if (grow((void **)&step->samples, &step->sample_size, step->sample_count + 1, sizeof(sample)) < 0)
			return -ENOMEM;
		step->samples[step->sample_count++] = sample;
	}
	return 0;
}

static int take_row(struct step *step, sqlite3_stmt *row)
{
	struct sn_view head, samples, body;
	int err = copy_column(step, row, 2, &head);

	step->through = (uint64_t)sqlite3_column_int64(row, 0);
	if (!err)
		err = copy_column(step, row, 3, &samples);
	if (!err)
		err = copy_column(step, row, 4, &body);
	if (!err)
		err = take_records(step, step->through, head, body);
	if (!err && step->through > step->samples_through)
		err = take_samples(step, samples);
	return err;
}

static int take_rows(struct sn_store *store, struct step *step, struct sn_diag *reterr)
{
	int err = 0, rc;
	size_t octets = 0;
	sqlite3_stmt *rows = sn_store_sql(&store->main, SN_SQL_INBOX_ALL, &err, reterr);

	if (!rows)
		return err;
	sqlite3_bind_int64(rows, 1, (sqlite3_int64)store->sorted);
	while (!err && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
		step->more = step->record_count >= SN_STORE_SORT_RECORDS || step->sample_count >= SN_STORE_SORT_SAMPLES ||
			     octets >= SN_STORE_SORT_OCTETS;
		if (step->more)
			break;
		err = take_row(step, rows);
		octets += (size_t)sqlite3_column_bytes(rows, 4);
		if (err)
			sn_diag_set(reterr, err, "%s: damaged: a batch in the inbox cannot be read", store->main.path);
	}
	if (!err && !step->more && rc != SQLITE_DONE)
		err = sn_store_failed(&store->main, rc, reterr);
	sqlite3_reset(rows);
	return err;
}

static int write_block(struct sn_store *store, struct sn_store_day *day, const struct sn_store_record *records, size_t count,
		       struct sn_diag *reterr)
{
	int err = 0;
	uint64_t low = UINT64_MAX, high = 0, id = day->blocks + 1;
	sqlite3_stmt *block = sn_store_sql(&day->file, SN_SQL_BLOCK_ADD, &err, reterr);
	sqlite3_stmt *content = sn_store_sql(&day->file, SN_SQL_CONTENT_ADD, &err, reterr);

	if (!block || !content)
		return err;
	if (sn_store_pack(store->packer, records, count, &store->columns, &store->text) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a block");
	for (size_t i = 0; i < count; i++) {
		low = SN_MIN(low, records[i].time_ns);
		high = SN_MAX(high, records[i].time_ns);
	}
	sqlite3_bind_int64(block, 1, (sqlite3_int64)id);
	sqlite3_bind_int64(block, 2, (sqlite3_int64)(low / SN_STORE_HOUR_NS));
	if (low / SN_STORE_HOUR_NS != high / SN_STORE_HOUR_NS)
		sqlite3_bind_null(block, 2);
	sqlite3_bind_int64(block, 3, (sqlite3_int64)low);
	sqlite3_bind_int64(block, 4, (sqlite3_int64)high);
	sqlite3_bind_int64(block, 5, (sqlite3_int64)count);
	err = sn_store_do(&day->file, block, reterr);
	if (err)
		return err;
	sqlite3_bind_int64(content, 1, (sqlite3_int64)id);
	sqlite3_bind_int64(content, 2, sn_crc32c(0, (struct sn_view) { store->columns.data, store->columns.len }));
	sn_store_bind_blob(content, 3, &store->columns);
	sn_store_bind_blob(content, 4, &store->text);
	err = sn_store_do(&day->file, content, reterr);
	if (err)
		return err;
	day->low = day->records ? SN_MIN(day->low, low) : low;
	day->high = day->records ? SN_MAX(day->high, high) : high;
	day->records += count;
	day->blocks = id;
	day->wide += low / SN_STORE_HOUR_NS != high / SN_STORE_HOUR_NS;
	return id % SN_STORE_SEGMENT ? 0 : sn_store_segment_make(day, id / SN_STORE_SEGMENT - 1, reterr);
}

#define HOURS_APART 8 /* hours of one step that get blocks of their own */

/** Records by hour, in the order in which they came; the hours beyond the eighth share blocks that are of no hour. */
struct hours {
	uint64_t hours[HOURS_APART];
	size_t count;
	struct sn_store_record *records; /* room for all of them */
};

static size_t hour_slot(struct hours *hours, uint64_t time_ns)
{
	uint64_t hour = time_ns / SN_STORE_HOUR_NS;

	for (size_t i = 0; i < hours->count; i++)
		if (hours->hours[i] == hour)
			return i;
	if (hours->count == HOURS_APART)
		return HOURS_APART;
	hours->hours[hours->count] = hour;
	return hours->count++;
}

static int write_blocks(struct sn_store *store, struct sn_store_day *day, const struct sn_store_record *records, size_t count,
			struct sn_diag *reterr)
{
	int err = 0;

	while (count && !err) {
		/* not 1024 and then a handful */
		size_t blocks = (count + SN_STORE_BLOCK_ROWS - 1) / SN_STORE_BLOCK_ROWS, rows = (count + blocks - 1) / blocks;

		err = write_block(store, day, records, rows, reterr);
		records += rows;
		count -= rows;
	}
	return err;
}

static bool is_of(const struct step *step, size_t i, const struct sn_store_day *day)
{
	return step->records[i].day == day->number && step->row_of[i] > day->through;
}

static int write_hours(struct sn_store *store, struct step *step, struct sn_store_day *day, struct hours *hours,
		       struct sn_diag *reterr)
{
	int err = 0;

	for (size_t i = 0; i < step->record_count; i++)
		if (is_of(step, i, day))
			hour_slot(hours, step->records[i].record.time_ns);
	for (size_t slot = 0; slot <= hours->count && !err; slot++) {
		size_t count = 0;

		for (size_t i = 0; i < step->record_count; i++)
			if (is_of(step, i, day) && hour_slot(hours, step->records[i].record.time_ns) == slot)
				hours->records[count++] = step->records[i].record;
		err = write_blocks(store, day, hours->records, count, reterr);
	}
	return err;
}

static int fill_day(struct sn_store *store, struct step *step, struct sn_store_day *day, struct sn_diag *reterr)
{
	struct hours hours = { .records = calloc(step->record_count, sizeof(*hours.records)) };
	struct sn_store_day before = *day;
	int err = hours.records ? sn_store_run(&day->file, SN_SQL_BEGIN, reterr) : -ENOMEM;

	if (!err)
		err = write_hours(store, step, day, &hours, reterr);
	free(hours.records);
	day->through = step->through;
	if (!err)
		err = sn_store_day_save(day, reterr);
	if (!err)
		err = sn_store_run(&day->file, SN_SQL_COMMIT, reterr);
	if (err) {
		sn_store_rollback(&day->file);
		before.file = day->file; /* its statements are newer */
		*day = before;
	}
	return err;
}

/** One day's part. A file that turns out to be damaged makes way for a new one, once. */
static int sort_day(struct sn_store *store, struct step *step, uint32_t number, struct sn_diag *reterr)
{
	int err = 0;

	for (int attempt = 0; attempt < 2; attempt++) {
		struct sn_diag why = { { 0 } };
		struct sn_store_day *day = sn_store_day_open(store, number, /* make= */ true, &err, &why);

		if (day)
			err = day->through >= step->through ? 0 : fill_day(store, step, day, &why);
		if (!err)
			return 0;
		sn_diag_set(reterr, err, "%s", why.text);
		if (err != -EBADMSG)
			return err;
		sn_store_day_damaged(store, number, why.text);
	}
	return err;
}

static int sort_days(struct sn_store *store, struct step *step, struct sn_diag *reterr)
{
	int err = 0;

	/* the days in the order of their numbers, without sorting: they are few */
	for (int64_t last = -1; !err;) {
		int64_t next = INT64_MAX;

		for (size_t i = 0; i < step->record_count; i++)
			if (step->records[i].day > last)
				next = SN_MIN(next, (int64_t)step->records[i].day);
		if (next == INT64_MAX)
			break;
		err = sort_day(store, step, (uint32_t)next, reterr);
		last = next;
	}
	return err;
}

static int sort_series(struct sn_store *store, struct step *step, struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	int err = sn_store_series_sort(store, step->samples, step->sample_count, step->through, &why);

	if (err == -EBADMSG) {
		err = sn_store_renew(store, &store->series, why.text, &why);
		if (!err)
			err = sn_store_series_sort(store, step->samples, step->sample_count, step->through, &why);
	}
	return err ? sn_diag_set(reterr, err, "%s", why.text) : 0;
}

int sn_store_sort(struct sn_store *store, struct sn_diag *reterr)
{
	struct step step = { .samples_through = store->series_through };
	struct sn_diag why = { { 0 } };
	int err = take_rows(store, &step, &why);

	if (err == -EBADMSG) {
		step_fini(&step);
		err = sn_store_renew(store, &store->main, why.text, &why);
		return err ? sn_diag_set(reterr, err, "%s", why.text) : 0;
	}
	if (!err && step.record_count)
		err = sort_days(store, &step, &why);
	if (!err && step.sample_count)
		err = sort_series(store, &step, &why);
	if (!err && step.through) {
		store->sorted = step.through;
		err = sn_store_inbox_sum(store, &why);
		sn_store_measure(store);
	}
	step_fini(&step);
	if (err)
		return sn_diag_set(reterr, err, "%s", why.text);
	return step.more;
}

/** Reads the samples of one row. */
static int take_samples_of(struct step *step, sqlite3_stmt *row)
{
	struct sn_view samples;
	int err = copy_column(step, row, 1, &samples);

	step->through = (uint64_t)sqlite3_column_int64(row, 0);
	return err ? err : take_samples(step, samples);
}

int sn_store_sort_samples(struct sn_store *store, struct sn_diag *reterr)
{
	struct step step = { 0 };
	int err = 0, rc = SQLITE_DONE;
	sqlite3_stmt *rows = store->inbox_samples ? sn_store_sql(&store->main, SN_SQL_INBOX_SAMPLES, &err, reterr) : NULL;

	if (!rows)
		return err;
	sqlite3_bind_int64(rows, 1, (sqlite3_int64)SN_MAX(store->sorted, store->series_through));
	while (!err && (rc = sqlite3_step(rows)) == SQLITE_ROW)
		err = take_samples_of(&step, rows);
	if (err)
		sn_diag_set(reterr, err, "%s: samples that wait: %s", store->main.path, strerror(-err));
	else if (rc != SQLITE_DONE)
		err = sn_store_failed(&store->main, rc, reterr);
	sqlite3_reset(rows);
	if (!err && step.sample_count)
		err = sort_series(store, &step, reterr);
	step_fini(&step);
	return err;
}
