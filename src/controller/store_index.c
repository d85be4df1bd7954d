/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Which blocks hold a UE, gNB, node or type. An index entry per record would write a page of the disk for each of them;
 * here 64 blocks are indexed at once, when the last of them is full: sorted hashes with the blocks they are in, written one after
 * another. What is not indexed yet are less than 64 blocks, and these are looked into.
 */
#include "base/macro.h"
#include "controller/store_internal.h"

#define POSTING_OCTETS 2000 /* four to a page */

struct entry {
	uint32_t term;
	uint8_t block; /* within the segment */
};

struct entries {
	struct entry *all;
	size_t count, size;
};

uint32_t sn_store_term(enum sn_store_field field, struct sn_view value)
{
	return (uint32_t)sn_store_hash(field + 1u, value);
}

static int add_block(struct entries *entries, struct sn_view columns, uint8_t at, struct sn_store_codes *codes)
{
	struct sn_store_block block;
	int err = sn_store_block_open(columns, &block);

	for (unsigned f = 0; f < _SN_STORE_FIELD_MAX && !err; f++) {
		const struct sn_store_column *column =
			sn_store_block_column(&block, (enum sn_store_field)f, (struct sn_view) { 0 });

		err = column ? sn_store_column_values(&block, column, codes) : -EBADMSG;
		if (!err && entries->count + codes->value_count > entries->size) {
			size_t size = (entries->count + codes->value_count) * 2;
			struct entry *all = realloc(entries->all, size * sizeof(*all));

			if (!all)
				return -ENOMEM;
			entries->all = all;
			entries->size = size;
		}
		for (size_t i = 0; i < codes->value_count && !err; i++)
			if (codes->values[i].len)
				entries->all[entries->count++] =
					(struct entry) { sn_store_term((enum sn_store_field)f, codes->values[i]), at };
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->term != y->term)
		return x->term < y->term ? -1 : 1;
	return (int)x->block - (int)y->block;
}

static int put_posting(struct sn_store_day *day, uint64_t segment, uint32_t first, const struct sn_store_buffer *data,
		       struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *add = sn_store_sql(&day->file, SN_SQL_POSTING_ADD, &err, reterr);

	if (!add)
		return err;
	if (data->failed)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for an index");
	sqlite3_bind_int64(add, 1, (sqlite3_int64)(segment << 32 | first));
	sn_store_bind_blob(add, 2, data);
	return sn_store_do(&day->file, add, reterr);
}

/** A term and its blocks: the distance from the term before, how many, which. A term is never in two postings. */
static int put_entries(struct sn_store_day *day, uint64_t segment, const struct entries *entries, struct sn_diag *reterr)
{
	struct sn_store_buffer data = { 0 };
	uint32_t first = 0, last = 0;
	int err = 0;

	for (size_t i = 0, n; i < entries->count && !err; i += n) {
		uint32_t term = entries->all[i].term;
		uint8_t blocks[SN_STORE_SEGMENT], count = 0;

		for (n = 0; i + n < entries->count && entries->all[i + n].term == term; n++)
			if (!count || blocks[count - 1] != entries->all[i + n].block)
				blocks[count++] = entries->all[i + n].block;
		if (data.len >= POSTING_OCTETS) {
			err = put_posting(day, segment, first, &data, reterr);
			sn_store_buffer_clear(&data);
		}
		if (!data.len)
			first = last = term;
		sn_store_put_number(&data, term - last);
		sn_store_put_number(&data, count);
		sn_store_put(&data, blocks, count);
		last = term;
	}
	if (!err && data.len)
		err = put_posting(day, segment, first, &data, reterr);
	sn_store_buffer_fini(&data);
	return err;
}

static int read_blocks(struct sn_store_day *day, uint64_t segment, struct entries *entries, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *get = sn_store_sql(&day->file, SN_SQL_CONTENT_COLUMNS, &err, reterr);
	SN_AUTO_FREE struct sn_store_codes *codes = malloc(sizeof(*codes));

	if (!get || !codes)
		return get ? -ENOMEM : err;
	for (unsigned i = 0; i < SN_STORE_SEGMENT && !err; i++) {
		sqlite3_reset(get);
		sqlite3_bind_int64(get, 1, (sqlite3_int64)(segment * SN_STORE_SEGMENT + i + 1));
		if (sqlite3_step(get) == SQLITE_ROW)
			err = add_block(entries, sn_store_column_view(get, 1), (uint8_t)i, codes);
		else
			err = -EBADMSG;
		if (err)
			sn_diag_set(reterr, err, "%s: damaged: block %llu cannot be read", day->file.path,
				    (unsigned long long)(segment * SN_STORE_SEGMENT + i + 1));
	}
	sqlite3_reset(get);
	return err;
}

int sn_store_segment_make(struct sn_store_day *day, uint64_t segment, struct sn_diag *reterr)
{
	struct entries entries = { 0 };
	sqlite3_stmt *span, *add;
	int err = read_blocks(day, segment, &entries, reterr);

	if (!err) {
		if (entries.count > 1)
			qsort(entries.all, entries.count, sizeof(*entries.all), compare);
		err = put_entries(day, segment, &entries, reterr);
	}
	free(entries.all);
	if (err)
		return err;
	span = sn_store_sql(&day->file, SN_SQL_SEGMENT_SPAN, &err, reterr);
	add = sn_store_sql(&day->file, SN_SQL_SEGMENT_ADD, &err, reterr);
	if (!span || !add)
		return err;
	sqlite3_bind_int64(span, 1, (sqlite3_int64)(segment * SN_STORE_SEGMENT + 1));
	sqlite3_bind_int64(span, 2, (sqlite3_int64)((segment + 1) * SN_STORE_SEGMENT));
	if (sqlite3_step(span) != SQLITE_ROW)
		return sn_store_failed(&day->file, sqlite3_errcode(day->file.db), reterr);
	sqlite3_bind_int64(add, 1, (sqlite3_int64)segment);
	sqlite3_bind_int64(add, 2, sqlite3_column_int64(span, 0));
	sqlite3_bind_int64(add, 3, sqlite3_column_int64(span, 1));
	sqlite3_reset(span);
	return sn_store_do(&day->file, add, reterr);
}

static uint64_t find_in(struct sn_view data, uint32_t first, uint32_t term)
{
	struct sn_store_reader reader = sn_store_reader_of(data);
	uint64_t at = first, blocks = 0;

	while (reader.at < reader.end && !reader.bad) {
		struct sn_view list;

		at += sn_store_get_number(&reader);
		list = sn_store_get_view(&reader);
		if (at < term)
			continue;
		for (size_t i = 0; i < list.len && at == term; i++)
			blocks |= list.data[i] < SN_STORE_SEGMENT ? 1ull << list.data[i] : 0;
		break;
	}
	return blocks;
}

int sn_store_segment_find(struct sn_store_day *day, uint64_t segment, uint32_t term, uint64_t *ret_blocks, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *get = sn_store_sql(&day->file, SN_SQL_POSTING_GET, &err, reterr);

	if (!get)
		return err;
	sqlite3_bind_int64(get, 1, (sqlite3_int64)(segment << 32 | term));
	rc = sqlite3_step(get);
	*ret_blocks = 0;
	if (rc == SQLITE_ROW) {
		uint64_t id = (uint64_t)sqlite3_column_int64(get, 0);

		if (id >> 32 == segment)
			*ret_blocks = find_in(sn_store_column_view(get, 1), (uint32_t)id, term);
	} else if (rc != SQLITE_DONE) {
		err = sn_store_failed(&day->file, rc, reterr);
	}
	sqlite3_reset(get);
	return err;
}
