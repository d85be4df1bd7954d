/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Answers with records: first which ones, by their times alone, in a heap of as many as are asked for; then what they are,
 * block by block, so that each is read once. Memory is bounded by the answer, however many records there are.
 */
#include <stdio.h>

#include "controller/store_scan.h"

struct found {
	uint64_t time_ns, id;
	struct sn_store_place place;
	uint32_t row;
	uint32_t answer; /* where in the answer */
};

struct search {
	struct sn_store_scan scan;
	uint64_t after_time_ns, after_id;
	bool oldest_first, failed;
	struct found *heap; /* the one that goes first when a nearer one is found is on top */
	size_t count, size, limit;
	uint64_t ids[SN_STORE_BLOCK_ROWS];
};

/** Whether (time, id) comes before the other in the answer. */
static bool nearer(const struct search *search, uint64_t time_a, uint64_t id_a, uint64_t time_b, uint64_t id_b)
{
	bool less = time_a != time_b ? time_a < time_b : id_a < id_b;

	return search->oldest_first ? less : !less && (time_a != time_b || id_a != id_b);
}

static bool farther_than(const struct search *search, const struct found *a, const struct found *b)
{
	return nearer(search, b->time_ns, b->id, a->time_ns, a->id);
}

static void sink(struct search *search, size_t at)
{
	struct found *heap = search->heap, moved = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < search->count && farther_than(search, &heap[child + 1], &heap[child]))
			child++;
		if (child >= search->count || !farther_than(search, &heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

static int push(struct search *search, uint64_t time_ns, uint64_t id, const struct sn_store_place *place, uint32_t row)
{
	struct found found = { .time_ns = time_ns, .id = id, .place = *place, .row = row };
	size_t at;

	if ((search->after_time_ns || search->after_id) && !nearer(search, search->after_time_ns, search->after_id, time_ns, id))
		return 0;
	if (search->count == search->limit) {
		if (farther_than(search, &search->heap[0], &found)) {
			search->heap[0] = found;
			sink(search, 0);
		}
		return 0;
	}
	if (search->count == search->size) {
		size_t size = SN_MIN(search->size * 2 + 128, search->limit);
		struct found *heap = realloc(search->heap, size * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		search->heap = heap;
		search->size = size;
	}
	for (at = search->count++; at && farther_than(search, &found, &search->heap[(at - 1) / 2]); at = (at - 1) / 2)
		search->heap[at] = search->heap[(at - 1) / 2];
	search->heap[at] = found;
	return 0;
}

static bool enough(void *ctx, uint64_t low, uint64_t high)
{
	const struct search *search = ctx;

	if (search->count < search->limit)
		return false;
	return search->oldest_first ? low > search->heap[0].time_ns : high < search->heap[0].time_ns;
}

static int take(void *ctx, struct sn_store_scan *scan)
{
	struct search *search = ctx;
	int err = 0;

	if (scan->place.day == SN_STORE_IN_INBOX) {
		for (size_t i = 0; i < scan->row_count && !err; i++) {
			const struct sn_store_record *record = &scan->waiting[scan->inbox_rows[i]].record;

			err = push(search, record->time_ns, record->id, &scan->place, scan->inbox_rows[i]);
		}
		return err;
	}
	if (!scan->times_read)
		err = sn_store_block_times(&scan->block, scan->times);
	if (!err)
		err = sn_store_block_ids(&scan->block, search->ids);
	for (size_t i = 0; i < scan->row_count && !err; i++) {
		uint16_t row = scan->rows[i];

		err = push(search, scan->times[row], search->ids[row], &scan->place, row);
	}
	return err;
}

/* --- the answer */

struct answer {
	struct sn_store_record *records;
	bool *there;
	void **texts; /* what a record's views point into */
};

/** A copy of all that a record points to, in one piece. */
static int keep_record(struct answer *answer, uint32_t at, const struct sn_store_record *record)
{
	struct sn_store_record *kept = &answer->records[at];
	struct sn_view *views[] = { &kept->type, &kept->node, &kept->ue, &kept->gnb, &kept->attributes };
	size_t len = 1;
	uint8_t *text;

	*kept = *record;
	for (size_t i = 0; i < SN_ARRAY_SIZE(views); i++)
		len += views[i]->len;
	text = malloc(len);
	if (!text)
		return -ENOMEM;
	answer->texts[at] = text;
	answer->there[at] = true;
	for (size_t i = 0; i < SN_ARRAY_SIZE(views); i++) {
		if (views[i]->len)
			memcpy(text, views[i]->data, views[i]->len);
		views[i]->data = text;
		text += views[i]->len;
	}
	return 0;
}

static int read_inbox(struct search *search, struct answer *answer, const struct found *found, size_t count,
		      struct sn_diag *reterr)
{
	struct sn_store *store = search->scan.store;
	int err = 0, rc;
	sqlite3_stmt *get = sn_store_sql(&store->main, SN_SQL_INBOX_BODY, &err, reterr);
	struct sn_store_waiting *records = NULL;
	size_t record_count = 0;

	if (!get)
		return err;
	sqlite3_bind_int64(get, 1, (sqlite3_int64)found->place.id);
	rc = sqlite3_step(get);
	if (rc == SQLITE_ROW)
		err = sn_store_inbox_records(found->place.id, sn_store_column_view(get, 0), sn_store_column_view(get, 1),
					     &records, &record_count);
	else
		err = sn_store_failed(&store->main, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, reterr);
	for (size_t i = 0; i < count && !err; i++)
		if (found[i].row < record_count)
			err = keep_record(answer, found[i].answer, &records[found[i].row].record);
	free(records);
	sqlite3_reset(get);
	return err;
}

static int field_values(struct search *search, const struct sn_store_block *block, enum sn_store_field field,
			const struct found *found, size_t count, struct answer *answer)
{
	const struct sn_store_column *column = sn_store_block_column(block, field, (struct sn_view) { 0 });
	struct sn_store_codes *codes = &search->scan.codes;
	int err = column ? sn_store_column_codes(block, column, codes) : -EBADMSG;

	for (size_t i = 0; i < count && !err; i++) {
		struct sn_store_record *record = &answer->records[found[i].answer];
		struct sn_view *views[] = { &record->type, &record->node, &record->ue, &record->gnb };

		*views[field] = codes->values[codes->codes[found[i].row]];
	}
	return err;
}

static int read_block(struct search *search, struct answer *answer, const struct found *found, size_t count,
		      struct sn_diag *reterr)
{
	struct sn_store_scan *scan = &search->scan;
	int err = sn_store_scan_columns(scan->store, &found->place, &scan->block, reterr), bad = 0;

	if (err || !scan->block.rows)
		return err;
	for (unsigned f = 0; f < _SN_STORE_FIELD_MAX && !bad; f++)
		bad = field_values(search, &scan->block, (enum sn_store_field)f, found, count, answer);
	scan->pieces.piece = 0;
	err = sn_store_scan_text(scan->store, &found->place, &scan->pieces.text, reterr);
	for (size_t i = 0; i < count && !bad && !err; i++) {
		struct sn_store_record record = answer->records[found[i].answer];

		record.time_ns = found[i].time_ns;
		record.id = found[i].id;
		bad = sn_store_pieces_row(&scan->pieces, found[i].row, &record.attributes);
		if (!bad)
			err = keep_record(answer, found[i].answer, &record);
	}
	scan->pieces.text = (struct sn_view) { 0 };
	if (bad)
		sn_store_block_damaged(scan->store, &found->place);
	return err;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->place.day != y->place.day)
		return x->place.day < y->place.day ? -1 : 1;
	if (x->place.id != y->place.id)
		return x->place.id < y->place.id ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/** Numbers the heap in the order of the answer: takes the farthest again and again. */
static void order(struct search *search)
{
	size_t all = search->count;

	while (search->count > 1) {
		struct found last = search->heap[0];

		search->heap[0] = search->heap[--search->count];
		sink(search, 0);
		search->heap[search->count] = last;
	}
	search->count = all;
	for (size_t i = 0; i < all; i++)
		search->heap[i].answer = (uint32_t)i;
}

static int read_all(struct search *search, struct answer *answer, struct sn_diag *reterr)
{
	int err = 0;

	if (search->count > 1)
		qsort(search->heap, search->count, sizeof(*search->heap), by_place);
	for (size_t i = 0, n; i < search->count && !err; i += n) {
		const struct found *found = &search->heap[i];

		for (n = 1;
		     i + n < search->count && found[n].place.day == found->place.day && found[n].place.id == found->place.id;)
			n++;
		err = found->place.day == SN_STORE_IN_INBOX ? read_inbox(search, answer, found, n, reterr)
							    : read_block(search, answer, found, n, reterr);
		if (found->place.day != SN_STORE_IN_INBOX)
			sn_store_scan_release(search->scan.store, &found->place);
	}
	return err;
}

static int64_t give(struct search *search, sn_store_record_fn fn, void *ctx, struct sn_diag *reterr)
{
	struct answer answer = { calloc(search->count + 1, sizeof(*answer.records)),
				 calloc(search->count + 1, sizeof(*answer.there)),
				 calloc(search->count + 1, sizeof(*answer.texts)) };
	int64_t given = 0;
	int err = 0;

	if (!answer.records || !answer.there || !answer.texts)
		err = sn_diag_set(reterr, -ENOMEM, "out of memory for %zu records", search->count);
	else
		order(search);
	if (!err)
		err = read_all(search, &answer, reterr);
	for (size_t i = 0; i < search->count && !err; i++) {
		if (!answer.there[i])
			continue;
		given++;
		if (fn(ctx, &answer.records[i]))
			break;
	}
	for (size_t i = 0; i < search->count && answer.texts; i++)
		free(answer.texts[i]);
	free(answer.records);
	free(answer.there);
	free(answer.texts);
	return err ? err : given;
}

int64_t sn_store_records(struct sn_store *store, const struct sn_store_query *query, sn_store_record_fn fn, void *ctx,
			 struct sn_diag *reterr)
{
	struct search *search = malloc(sizeof(*search));
	int64_t result;
	int err;

	if (!search)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a query");
	search->after_time_ns = query->after_time_ns;
	search->after_id = query->after_id;
	search->oldest_first = query->oldest_first;
	search->heap = NULL;
	search->count = search->size = 0;
	search->limit = query->limit ? SN_MIN(query->limit, SN_STORE_LIMIT_MAX) : SN_STORE_LIMIT_MAX;
	err = sn_store_scan_begin(store, query, &search->scan, reterr);
	if (err) {
		free(search);
		return err;
	}
	if (query->after_time_ns || query->after_id) {
		if (query->oldest_first)
			search->scan.from = SN_MAX(search->scan.from, query->after_time_ns);
		else
			search->scan.to = SN_MIN(search->scan.to, query->after_time_ns + 1);
	}
	search->scan.take = take;
	search->scan.enough = enough;
	search->scan.ctx = search;
	err = sn_store_scan_run(&search->scan, reterr);
	result = err ? err : give(search, fn, ctx, reterr);
	sn_store_scan_fini(&search->scan);
	free(search->heap);
	free(search);
	return result;
}
