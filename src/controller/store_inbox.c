/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Where batches arrive: one row each, in one transaction with the batch's id, so that a batch that is told twice is stored
 * once, whenever the program was killed in between.
 */
#include <stdio.h>

#include "base/macro.h"
#include "controller/store_internal.h"

/** Sums anew what waits; after an open, and after sorting in. */
int sn_store_inbox_sum(struct sn_store *store, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *sum = sn_store_sql(&store->main, SN_SQL_INBOX_SUM, &err, reterr);

	if (!sum)
		return err;
	sqlite3_bind_int64(sum, 1, (sqlite3_int64)store->sorted);
	rc = sqlite3_step(sum);
	if (rc == SQLITE_ROW) {
		store->inbox_records = (uint64_t)sqlite3_column_int64(sum, 0);
		store->inbox_samples = (uint64_t)sqlite3_column_int64(sum, 1);
		store->inbox_octets = (uint64_t)sqlite3_column_int64(sum, 2);
		store->inbox_oldest_ns = (uint64_t)sqlite3_column_int64(sum, 3);
	} else {
		err = sn_store_failed(&store->main, rc, reterr);
	}
	sqlite3_reset(sum);
	return err;
}

/** The head: of each record its time, day, the lengths and texts of what it is looked up by, and the length of its attributes. */
static void write_records(struct sn_store *store, const struct sn_store_batch *batch, uint64_t *ret_low, uint64_t *ret_high)
{
	uint64_t last = 0, low = UINT64_MAX, high = 0;

	sn_store_buffer_clear(&store->head);
	sn_store_buffer_clear(&store->body);
	sn_store_put_number(&store->head, batch->record_count);
	for (size_t i = 0; i < batch->record_count; i++) {
		const struct sn_store_record *record = &batch->records[i];
		uint64_t time_ns = SN_MIN(record->time_ns, (uint64_t)INT64_MAX);

		sn_store_put_signed(&store->head, (int64_t)(time_ns - last));
		sn_store_put_number(&store->head, sn_store_day_of(store, time_ns, store->now_ns));
		sn_store_put_view(&store->head, record->type);
		sn_store_put_view(&store->head, record->node.len ? record->node : batch->node);
		sn_store_put_view(&store->head, record->ue);
		sn_store_put_view(&store->head, record->gnb);
		sn_store_put_number(&store->head, record->attributes.len);
		sn_store_put(&store->body, record->attributes.data, record->attributes.len);
		last = time_ns;
		low = SN_MIN(low, last);
		high = SN_MAX(high, last);
	}
	*ret_low = SN_MIN(low, (uint64_t)INT64_MAX); /* without records */
	*ret_high = high;
}

static void write_samples(struct sn_store *store, const struct sn_store_batch *batch)
{
	uint8_t value[8];
	uint64_t bits;

	sn_store_buffer_clear(&store->samples);
	for (size_t i = 0; i < batch->sample_count; i++) {
		const struct sn_store_sample *sample = &batch->samples[i];

		memcpy(&bits, &sample->value, sizeof(bits));
		sn_put_be32(value, (uint32_t)(bits >> 32));
		sn_put_be32(value + 4, (uint32_t)bits);
		sn_store_put_number(&store->samples, SN_MIN(sample->time_ns, (uint64_t)INT64_MAX));
		sn_store_put_u8(&store->samples, (uint8_t)sample->kind);
		sn_store_put(&store->samples, value, sizeof(value));
		sn_store_put_view(&store->samples, sample->node.len ? sample->node : batch->node);
		sn_store_put_view(&store->samples, sample->name);
		sn_store_put_view(&store->samples, sample->labels);
	}
}

int sn_store_inbox_records(uint64_t id, struct sn_view head, struct sn_view body, struct sn_store_waiting **ret_records,
			   size_t *ret_count)
{
	struct sn_store_reader reader = sn_store_reader_of(head), texts = sn_store_reader_of(body);
	uint64_t count = sn_store_get_number(&reader), last = 0;
	SN_AUTO_FREE struct sn_store_waiting *records = NULL;

	if (count > head.len)
		return -EBADMSG;
	records = calloc((size_t)count + 1, sizeof(*records));
	if (!records)
		return -ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		struct sn_store_record *record = &records[i].record;
		uint64_t len;

		record->id = id + i;
		record->time_ns = last += (uint64_t)sn_store_get_signed(&reader);
		records[i].day = (uint32_t)sn_store_get_number(&reader);
		record->type = sn_store_get_view(&reader);
		record->node = sn_store_get_view(&reader);
		record->ue = sn_store_get_view(&reader);
		record->gnb = sn_store_get_view(&reader);
		len = sn_store_get_number(&reader);
		if (body.len)
			record->attributes = sn_store_get(&texts, len);
	}
	if (reader.bad || texts.bad)
		return -EBADMSG;
	*ret_records = SN_TAKE_PTR(records);
	*ret_count = (size_t)count;
	return 0;
}

/** The number of a node, made if it is new. */
static int find_node(struct sn_store *store, struct sn_view name, int64_t *ret_node, int64_t *ret_batches, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *get = sn_store_sql(&store->main, SN_SQL_NODE_GET, &err, reterr);
	sqlite3_stmt *add = sn_store_sql(&store->main, SN_SQL_NODE_ADD, &err, reterr);

	if (!get || !add)
		return err;
	sn_store_bind_view(get, 1, name);
	rc = sqlite3_step(get);
	if (rc == SQLITE_ROW) {
		*ret_node = sqlite3_column_int64(get, 0);
		*ret_batches = sqlite3_column_int64(get, 1);
	}
	sqlite3_reset(get);
	if (rc == SQLITE_ROW)
		return 0;
	if (rc != SQLITE_DONE)
		return sn_store_failed(&store->main, rc, reterr);
	sn_store_bind_view(add, 1, name);
	sqlite3_bind_int64(add, 2, (sqlite3_int64)store->now_ns);
	err = sn_store_do(&store->main, add, reterr);
	if (err)
		return err;
	*ret_node = sqlite3_last_insert_rowid(store->main.db);
	*ret_batches = 0;
	return 0;
}

/** @return 0: it is new, and known from now on; 1: it was known; a negative errno with words. */
static int know_batch(struct sn_store *store, const struct sn_store_batch *batch, struct sn_diag *reterr)
{
	static const uint8_t none[SN_STORE_BATCH_ID];
	int64_t node = 0, batches = 0;
	sqlite3_stmt *get, *put, *seen;
	int err = 0, rc;

	if (memcmp(batch->id, none, sizeof(none)) == 0)
		return 0;
	err = find_node(store, batch->node, &node, &batches, reterr);
	if (err)
		return err;
	get = sn_store_sql(&store->main, SN_SQL_BATCH_GET, &err, reterr);
	put = sn_store_sql(&store->main, SN_SQL_BATCH_PUT, &err, reterr);
	seen = sn_store_sql(&store->main, SN_SQL_NODE_SEEN, &err, reterr);
	if (!get || !put || !seen)
		return err;
	sqlite3_bind_int64(get, 1, node);
	sqlite3_bind_blob(get, 2, batch->id, SN_STORE_BATCH_ID, SQLITE_STATIC);
	rc = sqlite3_step(get);
	sqlite3_reset(get);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		return sn_store_failed(&store->main, rc, reterr);
	sqlite3_bind_int64(put, 1, node);
	sqlite3_bind_int64(put, 2, batches % SN_STORE_BATCHES_KNOWN);
	sqlite3_bind_blob(put, 3, batch->id, SN_STORE_BATCH_ID, SQLITE_STATIC);
	err = sn_store_do(&store->main, put, reterr);
	if (err)
		return err;
	sqlite3_bind_int64(seen, 1, node);
	sqlite3_bind_int64(seen, 2, (sqlite3_int64)store->now_ns);
	return sn_store_do(&store->main, seen, reterr);
}

/** What the files have taken goes with the next transaction: one sync less. */
static int forget_sorted(struct sn_store *store, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *forget;

	if (store->forgotten == store->sorted)
		return 0;
	forget = sn_store_sql(&store->main, SN_SQL_INBOX_FORGET, &err, reterr);
	if (!forget)
		return err;
	sqlite3_bind_int64(forget, 1, (sqlite3_int64)store->sorted);
	return sn_store_do(&store->main, forget, reterr);
}

int sn_store_inbox_forget(struct sn_store *store, struct sn_diag *reterr)
{
	int err = forget_sorted(store, reterr);

	if (!err)
		store->forgotten = store->sorted;
	return err;
}

static int write_row(struct sn_store *store, const struct sn_store_batch *batch, uint64_t octets, struct sn_diag *reterr)
{
	int err = 0;
	uint64_t low, high;
	sqlite3_stmt *add = sn_store_sql(&store->main, SN_SQL_INBOX_ADD, &err, reterr);

	if (!add)
		return err;
	write_records(store, batch, &low, &high);
	write_samples(store, batch);
	if (store->head.failed || store->body.failed || store->samples.failed)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a batch of %zu records", batch->record_count);
	sqlite3_bind_int64(add, 1, (sqlite3_int64)store->next_id);
	sqlite3_bind_int64(add, 2, (sqlite3_int64)low);
	sqlite3_bind_int64(add, 3, (sqlite3_int64)high);
	sqlite3_bind_int64(add, 4, (sqlite3_int64)store->now_ns);
	sqlite3_bind_int64(add, 5, (sqlite3_int64)batch->record_count);
	sqlite3_bind_int64(add, 6, (sqlite3_int64)batch->sample_count);
	sqlite3_bind_int64(add, 7, (sqlite3_int64)octets);
	sn_store_bind_blob(add, 8, &store->head);
	sn_store_bind_blob(add, 9, &store->samples);
	sn_store_bind_blob(add, 10, &store->body);
	err = sn_store_do(&store->main, add, reterr);
	if (!err)
		err = sn_store_meta_set(&store->main, "next", store->next_id + SN_MAX(batch->record_count, (size_t)1), reterr);
	return err ? err : forget_sorted(store, reterr);
}

static int write_batch(struct sn_store *store, const struct sn_store_batch *batch, uint64_t octets, struct sn_diag *reterr)
{
	int err = sn_store_run(&store->main, SN_SQL_BEGIN, reterr);

	if (!err)
		err = know_batch(store, batch, reterr);
	if (!err)
		err = write_row(store, batch, octets, reterr);
	if (!err)
		err = sn_store_run(&store->main, SN_SQL_COMMIT, reterr);
	if (err)
		sn_store_rollback(&store->main);
	return err;
}

static uint64_t octets_of(const struct sn_store_batch *batch)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < batch->record_count; i++) {
		const struct sn_store_record *r = &batch->records[i];

		octets += 24 + r->attributes.len + r->type.len + r->node.len + r->ue.len + r->gnb.len;
	}
	for (size_t i = 0; i < batch->sample_count; i++)
		octets += 24 + batch->samples[i].name.len + batch->samples[i].node.len + batch->samples[i].labels.len;
	return octets;
}

/** @return 0 or -ENOSPC with words. Makes room before it gives up. */
static int check_room(struct sn_store *store, uint64_t octets, struct sn_diag *reterr)
{
	uint64_t most = store->options.max_octets;

	if (most && store->octets + octets > most) {
		sn_store_measure(store);
		sn_store_days_expire(store, octets);
		if (store->octets + octets > most)
			return sn_diag_set(reterr, -ENOSPC,
					   "%s: the store is full: %llu octets of at most %llu, and no older day to delete",
					   store->directory, (unsigned long long)store->octets, (unsigned long long)most);
	}
	if (store->inbox_octets + octets > SN_STORE_INBOX_MAX && store->inbox_octets)
		return sn_diag_set(reterr, -ENOSPC, "%s: %llu octets wait to be sorted in%s%s", store->directory,
				   (unsigned long long)store->inbox_octets, store->troubled ? ": " : "",
				   store->troubled ? store->trouble.text : "");
	return 0;
}

static void count_batch(struct sn_store *store, const struct sn_store_batch *batch, uint64_t octets)
{
	if (batch->ret_first_id)
		*batch->ret_first_id = store->next_id;
	store->next_id += SN_MAX(batch->record_count, (size_t)1);
	store->forgotten = store->sorted;
	store->inbox_records += batch->record_count;
	store->inbox_samples += batch->sample_count;
	store->inbox_octets += octets;
	if (!store->inbox_oldest_ns)
		store->inbox_oldest_ns = store->now_ns;
	store->octets += octets;
	store->stats.records += batch->record_count;
	store->stats.samples += batch->sample_count;
	store->stats.batches++;
}

int sn_store_add(struct sn_store *store, const struct sn_store_batch *batch, struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	uint64_t octets = octets_of(batch);
	int err = check_room(store, octets, &why);

	if (!err)
		err = write_batch(store, batch, octets, &why);
	if (err == -EBADMSG && sn_store_renew(store, &store->main, why.text, reterr) == 0)
		err = write_batch(store, batch, octets, &why);
	if (err < 0) {
		store->stats.refused += err == -ENOSPC;
		return sn_diag_set(reterr, err, "%s", why.text);
	}
	if (err == 1) {
		store->stats.duplicates++;
		return 1;
	}
	count_batch(store, batch, octets);
	/* The batch is safe by now: what goes wrong from here on is not its fault. */
	if (sn_store_sort_due(store)) {
		err = sn_store_sort(store, &why);
		if (err < 0)
			sn_store_note(store, "%s", why.text);
	}
	return 0;
}
