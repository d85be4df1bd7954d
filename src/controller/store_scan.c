/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Finds the rows of a query: the inbox and the blocks of no hour first, then hour by hour from the near end, in each the
 * blocks that the index leaves, the nearest first, until there is enough.
 */
#include <stdio.h>

#include "base/crc32c.h"
#include "controller/store_json.h"
#include "controller/store_scan.h"

static int add_condition(struct sn_store_scan *scan, enum sn_store_field field, struct sn_view name, struct sn_view value)
{
	if (scan->condition_count == SN_ARRAY_SIZE(scan->conditions))
		return -E2BIG;
	scan->conditions[scan->condition_count++] = (struct sn_store_condition) { field, name, value };
	return 0;
}

int sn_store_scan_begin(struct sn_store *store, const struct sn_store_query *query, struct sn_store_scan *ret_scan,
			struct sn_diag *reterr)
{
	const struct sn_view fields[] = { query->type, query->node, query->ue, query->gnb };
	struct sn_store_scan *scan = ret_scan;
	int err = 0;

	memset(scan, 0, offsetof(struct sn_store_scan, block));
	scan->waiting = NULL;
	scan->inbox_rows = NULL;
	scan->pieces = (struct sn_store_pieces) { 0 };
	scan->enough = NULL;
	scan->store = store;
	scan->from = SN_MIN(query->from_ns, (uint64_t)INT64_MAX);
	scan->to = query->to_ns ? SN_MIN(query->to_ns, (uint64_t)INT64_MAX) : INT64_MAX;
	scan->oldest_first = query->oldest_first;
	for (unsigned f = 0; f < SN_ARRAY_SIZE(fields); f++)
		if (fields[f].len)
			add_condition(scan, (enum sn_store_field)f, (struct sn_view) { 0 }, fields[f]);
	if (query->where_count > SN_STORE_WHERE_MAX)
		err = -E2BIG;
	for (size_t i = 0; i < query->where_count && !err; i++)
		err = add_condition(scan, sn_store_field_of(query->where[i].field), query->where[i].field, query->where[i].value);
	return err ? sn_diag_set(reterr, -EINVAL, "a query takes at most %d conditions", SN_STORE_WHERE_MAX) : 0;
}

void sn_store_scan_fini(struct sn_store_scan *scan)
{
	free(scan->waiting);
	free(scan->inbox_rows);
	sn_store_pieces_fini(&scan->pieces);
}

void sn_store_block_damaged(struct sn_store *store, const struct sn_store_place *place)
{
	char path[4096];

	sn_store_day_path(store, place->day, path);
	store->stats.damaged++;
	sn_store_note(store, "%s: damaged: block %llu cannot be read and is passed over", path, (unsigned long long)place->id);
}

/** One column of a block's content. */
static int read_content(struct sn_store *store, const struct sn_store_place *place, enum sn_store_sql which,
			sqlite3_stmt **ret_row, struct sn_diag *reterr)
{
	int err = 0, rc;
	struct sn_store_day *day = sn_store_day_open(store, place->day, /* make= */ false, &err, reterr);
	sqlite3_stmt *get = day ? sn_store_sql(&day->file, which, &err, reterr) : NULL;

	if (!get)
		return err;
	sqlite3_bind_int64(get, 1, (sqlite3_int64)place->id);
	rc = sqlite3_step(get);
	*ret_row = get;
	return rc == SQLITE_ROW ? 0 : sn_store_failed(&day->file, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, reterr);
}

int sn_store_scan_columns(struct sn_store *store, const struct sn_store_place *place, struct sn_store_block *ret_block,
			  struct sn_diag *reterr)
{
	sqlite3_stmt *row = NULL;
	struct sn_view columns;
	int err = read_content(store, place, SN_SQL_CONTENT_COLUMNS, &row, reterr);

	if (err)
		return err;
	columns = sn_store_column_view(row, 1);
	if (sn_crc32c(0, columns) != (uint32_t)sqlite3_column_int64(row, 0) || sn_store_block_open(columns, ret_block) < 0) {
		ret_block->rows = 0; /* no answer, but no reason to give up the day */
		ret_block->column_count = 0;
		sn_store_block_damaged(store, place);
	}
	return 0;
}

int sn_store_scan_text(struct sn_store *store, const struct sn_store_place *place, struct sn_view *ret_text,
		       struct sn_diag *reterr)
{
	sqlite3_stmt *row = NULL;
	int err = read_content(store, place, SN_SQL_CONTENT_TEXT, &row, reterr);

	if (!err)
		*ret_text = sn_store_column_view(row, 0);
	return err;
}

/* --- the rows of a block */

static int keep_by_time(struct sn_store_scan *scan)
{
	size_t kept = 0;

	scan->times_read = false;
	scan->row_count = scan->block.rows;
	for (size_t i = 0; i < scan->block.rows; i++)
		scan->rows[i] = (uint16_t)i;
	if (scan->place.low >= scan->from && scan->place.high < scan->to)
		return 0;
	if (sn_store_block_times(&scan->block, scan->times) < 0)
		return -EBADMSG;
	scan->times_read = true;
	for (size_t i = 0; i < scan->block.rows; i++)
		if (scan->times[i] >= scan->from && scan->times[i] < scan->to)
			scan->rows[kept++] = (uint16_t)i;
	scan->row_count = kept;
	return 0;
}

static int keep_by_text(struct sn_store_scan *scan, const struct sn_store_condition *condition)
{
	size_t kept = 0;
	int err = 0;

	if (!scan->pieces.text.data)
		err = sn_store_scan_text(scan->store, &scan->place, &scan->pieces.text, NULL);
	for (size_t i = 0; i < scan->row_count && !err; i++) {
		struct sn_view attributes;

		err = sn_store_pieces_row(&scan->pieces, scan->rows[i], &attributes);
		if (!err && sn_store_json_is(attributes, condition->name, condition->value))
			scan->rows[kept++] = scan->rows[i];
	}
	scan->row_count = kept;
	return err;
}

static int keep_by_condition(struct sn_store_scan *scan, const struct sn_store_condition *condition)
{
	const struct sn_store_column *column = sn_store_block_column(&scan->block, condition->field, condition->name);
	size_t kept = 0, code = 0;

	if (!column) {
		scan->row_count = condition->value.len ? 0 : scan->row_count;
		return 0;
	}
	if (column->kind == SN_STORE_COLUMN_ONLY_TEXT || column->kind == SN_STORE_COLUMN_MORE)
		return keep_by_text(scan, condition);
	if (sn_store_column_values(&scan->block, column, &scan->codes) < 0)
		return -EBADMSG;
	while (code < scan->codes.value_count && !sn_store_same(scan->codes.values[code], condition->value))
		code++;
	if (code == scan->codes.value_count) {
		scan->row_count = 0;
		return 0;
	}
	if (sn_store_column_codes(&scan->block, column, &scan->codes) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < scan->row_count; i++)
		if (scan->codes.codes[scan->rows[i]] == code)
			scan->rows[kept++] = scan->rows[i];
	scan->row_count = kept;
	return 0;
}

void sn_store_scan_release(struct sn_store *store, const struct sn_store_place *place)
{
	struct sn_store_day *day = sn_store_day_find(store, place->day);

	if (!day || !day->open)
		return;
	sqlite3_reset(day->file.statements[SN_SQL_CONTENT_COLUMNS]);
	sqlite3_reset(day->file.statements[SN_SQL_CONTENT_TEXT]);
}

static int look_into_block(struct sn_store_scan *scan, const struct sn_store_place *place, struct sn_diag *reterr)
{
	int err;

	scan->place = *place;
	scan->pieces.text = (struct sn_view) { 0 };
	scan->pieces.piece = 0;
	err = sn_store_scan_columns(scan->store, place, &scan->block, reterr);
	if (err)
		return err;
	err = keep_by_time(scan);
	for (size_t i = 0; i < scan->condition_count && scan->row_count && !err; i++)
		err = keep_by_condition(scan, &scan->conditions[i]);
	if (!err && scan->row_count)
		err = scan->take(scan->ctx, scan);
	sn_store_scan_release(scan->store, place);
	if (err == -EBADMSG) {
		sn_store_block_damaged(scan->store, place);
		return 0;
	}
	return err ? sn_diag_set(reterr, err, "%s",
				 err == -E2BIG ? "too many different values: ask for a shorter time or one type" : strerror(-err))
		   : 0;
}

/* --- the inbox */

static bool waits_for(struct sn_store_scan *scan, const struct sn_store_waiting *waiting, uint64_t row)
{
	const struct sn_store_day *day = sn_store_day_find(scan->store, waiting->day);

	if (day && day->through >= row) /* its day has it already */
		return false;
	if (waiting->record.time_ns < scan->from || waiting->record.time_ns >= scan->to)
		return false;
	for (size_t i = 0; i < scan->condition_count; i++) {
		const struct sn_store_condition *c = &scan->conditions[i];

		if (c->field == SN_STORE_ATTRIBUTE ? !sn_store_json_is(waiting->record.attributes, c->name, c->value)
						   : !sn_store_same(sn_store_record_field(&waiting->record, c->field), c->value))
			return false;
	}
	return true;
}

static int look_into_row(struct sn_store_scan *scan, uint64_t id, struct sn_view head, struct sn_view body)
{
	int err;
	uint32_t *rows;

	free(scan->waiting);
	scan->waiting = NULL;
	err = sn_store_inbox_records(id, head, body, &scan->waiting, &scan->waiting_count);
	if (err)
		return err;
	rows = realloc(scan->inbox_rows, (scan->waiting_count + 1) * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	scan->inbox_rows = rows;
	scan->place = (struct sn_store_place) { .day = SN_STORE_IN_INBOX, .id = id };
	scan->row_count = 0;
	for (size_t i = 0; i < scan->waiting_count; i++)
		if (waits_for(scan, &scan->waiting[i], id))
			scan->inbox_rows[scan->row_count++] = (uint32_t)i;
	return scan->row_count ? scan->take(scan->ctx, scan) : 0;
}

static int look_into_inbox(struct sn_store_scan *scan, struct sn_diag *reterr)
{
	int err = 0, rc;
	struct sn_store_file *file = &scan->store->main;
	sqlite3_stmt *rows = sn_store_sql(file, SN_SQL_INBOX_HEADS, &err, reterr);

	if (!rows)
		return err;
	sqlite3_bind_int64(rows, 1, (sqlite3_int64)scan->store->sorted);
	sqlite3_bind_int64(rows, 2, (sqlite3_int64)scan->from);
	sqlite3_bind_int64(rows, 3, (sqlite3_int64)scan->to);
	while (!err && (rc = sqlite3_step(rows)) == SQLITE_ROW)
		err = look_into_row(scan, (uint64_t)sqlite3_column_int64(rows, 0), sn_store_column_view(rows, 1),
				    sn_store_column_view(rows, 2));
	if (err)
		sn_diag_set(reterr, err, "%s: a batch that waits: %s", file->path, strerror(-err));
	else if (rc != SQLITE_DONE)
		err = sn_store_failed(file, rc, reterr);
	sqlite3_reset(rows);
	return err;
}

/* --- which blocks */

struct places {
	struct sn_store_place *all;
	size_t count, size;
};

static int add_place(struct places *places, const struct sn_store_place *place)
{
	if (places->count == places->size) {
		size_t size = places->size * 2 + 256;
		struct sn_store_place *all = realloc(places->all, size * sizeof(*all));

		if (!all)
			return -ENOMEM;
		places->all = all;
		places->size = size;
	}
	places->all[places->count++] = *place;
	return 0;
}

/** Blocks of an hour, or of none (`hour` negative), by the table alone. */
static int places_of_hour(struct sn_store_scan *scan, struct sn_store_day *day, int64_t hour, struct places *places,
			  struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *blocks = sn_store_sql(&day->file, hour < 0 ? SN_SQL_BLOCKS_WIDE : SN_SQL_BLOCKS_OF_HOUR, &err, reterr);

	if (!blocks)
		return err;
	if (hour >= 0)
		sqlite3_bind_int64(blocks, 1, hour);
	sqlite3_bind_int64(blocks, 2, (sqlite3_int64)scan->from);
	sqlite3_bind_int64(blocks, 3, (sqlite3_int64)scan->to);
	while (!err && (rc = sqlite3_step(blocks)) == SQLITE_ROW)
		err = add_place(places, &(struct sn_store_place) { day->number, (uint64_t)sqlite3_column_int64(blocks, 0),
								   (uint64_t)sqlite3_column_int64(blocks, 1),
								   (uint64_t)sqlite3_column_int64(blocks, 2) });
	if (!err && rc != SQLITE_DONE)
		err = sn_store_failed(&day->file, rc, reterr);
	sqlite3_reset(blocks);
	return err;
}

/** Adds a block, from a row of id, hour, low, high, if it is of this hour and of the time asked for. */
static int add_block(struct sn_store_scan *scan, struct sn_store_day *day, uint64_t id, sqlite3_stmt *row, int at, int64_t hour,
		     struct places *places)
{
	struct sn_store_place place = { day->number, id, (uint64_t)sqlite3_column_int64(row, at + 1),
					(uint64_t)sqlite3_column_int64(row, at + 2) };
	bool wide = sqlite3_column_type(row, at) == SQLITE_NULL;

	if (wide != (hour < 0) || (!wide && sqlite3_column_int64(row, at) != hour))
		return 0;
	return place.high >= scan->from && place.low < scan->to ? add_place(places, &place) : 0;
}

static int places_of_segment(struct sn_store_scan *scan, struct sn_store_day *day, uint64_t segment, int64_t hour,
			     struct places *places, struct sn_diag *reterr)
{
	uint64_t blocks = UINT64_MAX;
	int err = 0;
	sqlite3_stmt *get;

	for (size_t i = 0; i < scan->condition_count && blocks && !err; i++) {
		const struct sn_store_condition *c = &scan->conditions[i];
		uint64_t some;

		if (c->field == SN_STORE_ATTRIBUTE || !c->value.len)
			continue;
		err = sn_store_segment_find(day, segment, sn_store_term(c->field, c->value), &some, reterr);
		blocks &= err ? 0 : some;
	}
	get = err ? NULL : sn_store_sql(&day->file, SN_SQL_BLOCK_GET, &err, reterr);
	for (; get && blocks && !err; blocks &= blocks - 1) {
		uint64_t id = segment * SN_STORE_SEGMENT + (uint64_t)__builtin_ctzll(blocks) + 1;

		sqlite3_reset(get);
		sqlite3_bind_int64(get, 1, (sqlite3_int64)id);
		if (sqlite3_step(get) == SQLITE_ROW)
			err = add_block(scan, day, id, get, 0, hour, places);
	}
	if (get)
		sqlite3_reset(get);
	return err;
}

/** By the index: of each segment of the hour the blocks that hold what is asked for, and those behind the last segment. */
static int places_by_index(struct sn_store_scan *scan, struct sn_store_day *day, int64_t hour, struct places *places,
			   struct sn_diag *reterr)
{
	uint64_t low = hour < 0 ? scan->from : SN_MAX(scan->from, (uint64_t)hour * SN_STORE_HOUR_NS);
	uint64_t high = hour < 0 ? scan->to : SN_MIN(scan->to, ((uint64_t)hour + 1) * SN_STORE_HOUR_NS);
	int err = 0, rc;
	sqlite3_stmt *segments = sn_store_sql(&day->file, SN_SQL_SEGMENTS, &err, reterr), *behind;

	if (!segments)
		return err;
	sqlite3_bind_int64(segments, 1, (sqlite3_int64)low);
	sqlite3_bind_int64(segments, 2, (sqlite3_int64)high);
	while (!err && (rc = sqlite3_step(segments)) == SQLITE_ROW)
		err = places_of_segment(scan, day, (uint64_t)sqlite3_column_int64(segments, 0), hour, places, reterr);
	if (!err && rc != SQLITE_DONE)
		err = sn_store_failed(&day->file, rc, reterr);
	sqlite3_reset(segments);
	behind = err ? NULL : sn_store_sql(&day->file, SN_SQL_BLOCKS_BEHIND, &err, reterr);
	if (!behind)
		return err;
	sqlite3_bind_int64(behind, 1, (sqlite3_int64)(day->blocks / SN_STORE_SEGMENT * SN_STORE_SEGMENT));
	while (!err && (rc = sqlite3_step(behind)) == SQLITE_ROW)
		err = add_block(scan, day, (uint64_t)sqlite3_column_int64(behind, 0), behind, 1, hour, places);
	if (!err && rc != SQLITE_DONE)
		err = sn_store_failed(&day->file, rc, reterr);
	sqlite3_reset(behind);
	return err;
}

static int newest_first(const void *a, const void *b)
{
	const struct sn_store_place *x = a, *y = b;

	return x->high != y->high ? (x->high > y->high ? -1 : 1) : 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct sn_store_place *x = a, *y = b;

	return x->low != y->low ? (x->low < y->low ? -1 : 1) : 0;
}

static bool has_term(const struct sn_store_scan *scan)
{
	for (size_t i = 0; i < scan->condition_count; i++)
		if (scan->conditions[i].field != SN_STORE_ATTRIBUTE && scan->conditions[i].value.len)
			return true;
	return false;
}

/**
 * A day that turns out to be damaged is moved aside, and the query fails with words: it can be asked again, and is then answered
 * without it. To leave it out silently would be a lie.
 */
static int give_up_day(struct sn_store_scan *scan, uint32_t number, const char *why, struct sn_diag *reterr)
{
	char words[1024];

	snprintf(words, sizeof(words), "%s", why);
	sn_store_day_damaged(scan->store, number, words);
	return sn_diag_set(reterr, -EBADMSG, "%s", scan->store->trouble.text);
}

static int look_into_hour(struct sn_store_scan *scan, int64_t hour, struct sn_diag *reterr)
{
	struct places places = { 0 };
	struct sn_store *store = scan->store;
	struct sn_diag why = { { 0 } };
	bool by_index = has_term(scan);
	uint64_t low = hour < 0 ? 0 : (uint64_t)hour * SN_STORE_HOUR_NS;
	uint64_t high = hour < 0 ? UINT64_MAX : ((uint64_t)hour + 1) * SN_STORE_HOUR_NS;
	uint32_t number = 0;
	int err = 0;

	for (size_t i = 0; i < store->day_count && !err; i++) {
		struct sn_store_day *day = &store->days[i];

		number = day->number;
		if (!day->records || day->high < SN_MAX(low, scan->from) || day->low >= SN_MIN(high, scan->to))
			continue;
		if (hour < 0 && !day->wide)
			continue;
		day = sn_store_day_open(store, number, /* make= */ false, &err, &why);
		if (day)
			err = by_index ? places_by_index(scan, day, hour, &places, &why)
				       : places_of_hour(scan, day, hour, &places, &why);
	}
	if (places.count > 1)
		qsort(places.all, places.count, sizeof(*places.all), scan->oldest_first ? oldest_first : newest_first);
	for (size_t i = 0; i < places.count && !err; i++) {
		if (scan->enough && scan->enough(scan->ctx, places.all[i].low, places.all[i].high))
			break;
		number = places.all[i].day;
		err = look_into_block(scan, &places.all[i], &why);
	}
	free(places.all);
	if (err == -EBADMSG)
		return give_up_day(scan, number, why.text, reterr);
	return err ? sn_diag_set(reterr, err, "%s", why.text[0] ? why.text : strerror(-err)) : 0;
}

/** The next hour that has blocks behind `hour`, exclusive. @return 1: there is none. */
static int next_hour(struct sn_store_scan *scan, int64_t *hour, struct sn_diag *reterr)
{
	struct sn_store *store = scan->store;
	int64_t next = -1;
	struct sn_diag why = { { 0 } };
	int err = 0;

	for (size_t i = 0; i < store->day_count; i++) {
		uint32_t number = store->days[i].number;
		struct sn_store_day *day = &store->days[i];
		sqlite3_stmt *find;

		if (!day->records || day->high < scan->from || day->low >= scan->to)
			continue;
		if (scan->oldest_first ? (int64_t)(day->high / SN_STORE_HOUR_NS) <= *hour
				       : (int64_t)(day->low / SN_STORE_HOUR_NS) >= *hour)
			continue;
		/* the days whose hours are all farther than one that was found need not be asked */
		if (next >= 0 && (scan->oldest_first ? (int64_t)(day->low / SN_STORE_HOUR_NS) >= next
						     : (int64_t)(day->high / SN_STORE_HOUR_NS) <= next))
			continue;
		day = sn_store_day_open(store, number, /* make= */ false, &err, &why);
		find = day ? sn_store_sql(&day->file, scan->oldest_first ? SN_SQL_HOUR_AFTER : SN_SQL_HOUR_BEFORE, &err, &why)
			   : NULL;
		if (!find)
			return err == -EBADMSG ? give_up_day(scan, number, why.text, reterr)
					       : sn_diag_set(reterr, err, "%s", why.text);
		sqlite3_bind_int64(find, 1, *hour);
		if (sqlite3_step(find) == SQLITE_ROW && sqlite3_column_type(find, 0) != SQLITE_NULL) {
			int64_t found = sqlite3_column_int64(find, 0);

			if (next < 0 || (scan->oldest_first ? found < next : found > next))
				next = found;
		}
		sqlite3_reset(find);
	}
	*hour = next;
	return next < 0;
}

int sn_store_scan_run(struct sn_store_scan *scan, struct sn_diag *reterr)
{
	int64_t first = (int64_t)(scan->from / SN_STORE_HOUR_NS), last = (int64_t)((scan->to - 1) / SN_STORE_HOUR_NS);
	int64_t hour = scan->oldest_first ? first - 1 : last + 1;
	int err;

	if (scan->from >= scan->to)
		return 0;
	err = look_into_inbox(scan, reterr);
	if (!err)
		err = look_into_hour(scan, -1, reterr);
	while (!err && (err = next_hour(scan, &hour, reterr)) == 0) {
		uint64_t low = (uint64_t)hour * SN_STORE_HOUR_NS;

		if (hour < first || hour > last || (scan->enough && scan->enough(scan->ctx, low, low + SN_STORE_HOUR_NS - 1)))
			break;
		err = look_into_hour(scan, hour, reterr);
	}
	return err == 1 ? 0 : err;
}
