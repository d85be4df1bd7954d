/* SPDX-License-Identifier: Apache-2.0 */
/** @file Takes samples into the chunks of their series. */
#include "controller/store_series.h"

struct numbered {
	int64_t series;
	uint32_t order; /* as they came: of two of one time the later stands */
	enum sn_store_series_kind kind;
	struct sn_store_sum point;
};

size_t sn_store_sums_fold(struct sn_store_sum *points, size_t count, uint64_t step_ns, enum sn_store_series_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct sn_store_sum point = points[i];

		if (step_ns)
			point.time_ns -= point.time_ns % step_ns;
		if (kept && points[kept - 1].time_ns == point.time_ns)
			sn_store_sum_add(&points[kept - 1], &point, kind);
		else
			points[kept++] = point;
	}
	return kept;
}

uint64_t sn_store_series_total(struct sn_store *store)
{
	int err = 0;
	sqlite3_stmt *count = sn_store_sql(&store->series, SN_SQL_SERIES_COUNT, &err, NULL);
	uint64_t total = count && sqlite3_step(count) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(count, 0) : 0;

	if (count)
		sqlite3_reset(count);
	return total;
}

static struct sn_map_key key_of(const struct sn_store *store, const struct sn_store_sample *sample)
{
	struct sn_map_key key = { store->series_seed[0], store->series_seed[1] };
	const struct sn_view parts[] = { sample->name, sample->node, sample->labels };

	/* each under the hash of the one before, its length included */
	for (size_t i = 0; i < SN_ARRAY_SIZE(parts); i++) {
		key.a = sn_map_hash_bytes(key.a, parts[i].data, parts[i].len);
		key.b = sn_map_hash_bytes(key.b, parts[i].data, parts[i].len);
	}
	return key;
}

/** Numbers above this are not remembered: the map takes 31 bits, and one for the kind. */
#define SERIES_NUMBER_MAX INT32_MAX

static int find_series(struct sn_store *store, const struct sn_store_sample *sample, struct numbered *numbered,
		       struct sn_diag *reterr)
{
	struct sn_store_file *file = &store->series;
	int err = 0, rc;
	sqlite3_stmt *get = sn_store_sql(file, SN_SQL_SERIES_GET, &err, reterr), *add;

	if (!get)
		return err;
	sn_store_bind_view(get, 1, sample->name);
	sn_store_bind_view(get, 2, sample->node);
	sn_store_bind_view(get, 3, sample->labels);
	rc = sqlite3_step(get);
	if (rc == SQLITE_ROW) {
		numbered->series = sqlite3_column_int64(get, 0);
		numbered->kind = (enum sn_store_series_kind)sqlite3_column_int(get, 1);
	}
	sqlite3_reset(get);
	if (rc == SQLITE_ROW)
		return 0;
	if (rc != SQLITE_DONE)
		return sn_store_failed(file, rc, reterr);
	add = sn_store_sql(file, SN_SQL_SERIES_ADD, &err, reterr);
	if (!add)
		return err;
	sn_store_bind_view(add, 1, sample->name);
	sn_store_bind_view(add, 2, sample->node);
	sn_store_bind_view(add, 3, sample->labels);
	sqlite3_bind_int(add, 4, sample->kind == SN_STORE_COUNTER ? SN_STORE_COUNTER : SN_STORE_GAUGE);
	err = sn_store_do(file, add, reterr);
	numbered->series = sqlite3_last_insert_rowid(file->db);
	numbered->kind = sample->kind == SN_STORE_COUNTER ? SN_STORE_COUNTER : SN_STORE_GAUGE;
	store->series_count += !err;
	return err;
}

/** The number of the sample's series; it is made if it is new. The kind is the one that was told first. */
static int number_sample(struct sn_store *store, const struct sn_store_sample *sample, struct numbered *numbered,
			 struct sn_diag *reterr)
{
	struct sn_map_key key = key_of(store, sample);
	uint32_t known = sn_map_get(&store->series_ids, key);
	int err = 0;

	if (known) {
		numbered->series = known >> 1;
		numbered->kind = (enum sn_store_series_kind)(known & 1);
	} else {
		err = find_series(store, sample, numbered, reterr);
		if (!err && numbered->series < SERIES_NUMBER_MAX) {
			if (store->series_ids.count >= SN_STORE_SERIES_KNOWN)
				sn_map_fini(&store->series_ids);
			/* without memory it is looked up again */
			sn_map_set(&store->series_ids, key, (uint32_t)numbered->series << 1 | (uint32_t)numbered->kind);
		}
	}
	numbered->point = (struct sn_store_sum) { .time_ns = sample->time_ns,
						  .last_ns = sample->time_ns,
						  .count = 1,
						  .sum = sample->value,
						  .minimum = sample->value,
						  .maximum = sample->value };
	return err;
}

static int by_series(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	if (x->point.time_ns != y->point.time_ns)
		return x->point.time_ns < y->point.time_ns ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* --- chunks */

struct chunk {
	bool there;
	uint64_t low, next_low; /* its first point; the first of the chunk behind it */
	size_t count;
	struct sn_store_sum points[SN_STORE_CHUNK_POINTS];
};

static int find_chunk(struct sn_store *store, int64_t series, unsigned level, enum sn_store_series_kind kind, uint64_t time_ns,
		      struct chunk *chunk, struct sn_diag *reterr)
{
	struct sn_store_file *file = &store->series;
	int err = 0, rc, count = 0;
	sqlite3_stmt *at = sn_store_sql(file, SN_SQL_CHUNK_AT, &err, reterr);
	sqlite3_stmt *next = sn_store_sql(file, SN_SQL_CHUNK_NEXT, &err, reterr);

	if (!at || !next)
		return err;
	sqlite3_bind_int64(at, 1, series);
	sqlite3_bind_int64(at, 2, level);
	sqlite3_bind_int64(at, 3, (sqlite3_int64)time_ns);
	rc = sqlite3_step(at);
	chunk->there = rc == SQLITE_ROW;
	chunk->low = chunk->there ? (uint64_t)sqlite3_column_int64(at, 0) : 0;
	if (chunk->there)
		count = sn_store_chunk_read(sn_store_column_view(at, 2), level, kind, chunk->points);
	sqlite3_reset(at);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sn_store_failed(file, rc, reterr);
	if (count < 0)
		return sn_diag_set(reterr, count, "%s: damaged: a chunk of series %lld cannot be read", file->path,
				   (long long)series);
	chunk->count = (size_t)count;
	sqlite3_bind_int64(next, 1, series);
	sqlite3_bind_int64(next, 2, level);
	sqlite3_bind_int64(next, 3, (sqlite3_int64)time_ns);
	rc = sqlite3_step(next);
	chunk->next_low = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(next, 0) : UINT64_MAX;
	sqlite3_reset(next);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sn_store_failed(file, rc, reterr);
}

static int put_chunk(struct sn_store *store, int64_t series, unsigned level, enum sn_store_series_kind kind,
		     const struct sn_store_sum *points, size_t count, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *put = sn_store_sql(&store->series, SN_SQL_CHUNK_PUT, &err, reterr);

	if (!put)
		return err;
	if (sn_store_chunk_write(points, count, level, kind, &store->columns) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a chunk");
	sqlite3_bind_int64(put, 1, series);
	sqlite3_bind_int64(put, 2, level);
	sqlite3_bind_int64(put, 3, (sqlite3_int64)points[0].time_ns);
	sqlite3_bind_int64(put, 4, (sqlite3_int64)points[count - 1].time_ns);
	sn_store_bind_blob(put, 5, &store->columns);
	return sn_store_do(&store->series, put, reterr);
}

static int delete_chunk(struct sn_store *store, int64_t series, unsigned level, uint64_t low, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *delete = sn_store_sql(&store->series, SN_SQL_CHUNK_DELETE, &err, reterr);

	if (!delete)
		return err;
	sqlite3_bind_int64(delete, 1, series);
	sqlite3_bind_int64(delete, 2, level);
	sqlite3_bind_int64(delete, 3, (sqlite3_int64)low);
	return sn_store_do(&store->series, delete, reterr);
}

/** Merges two sorted lists. @return how many. */
static size_t merge(const struct sn_store_sum *a, size_t a_count, const struct sn_store_sum *b, size_t b_count, unsigned level,
		    enum sn_store_series_kind kind, struct sn_store_sum *ret_all)
{
	size_t count = 0, i = 0, j = 0;

	while (i < a_count || j < b_count) {
		bool from_a = i < a_count && (j == b_count || a[i].time_ns <= b[j].time_ns);
		const struct sn_store_sum *next = from_a ? &a[i++] : &b[j++];

		if (!count || ret_all[count - 1].time_ns != next->time_ns)
			ret_all[count++] = *next;
		else if (level)
			sn_store_sum_add(&ret_all[count - 1], next, kind);
		else
			ret_all[count - 1] = *next;
	}
	return count;
}

/** Puts a run that belongs between two chunks' beginnings. */
static int put_run(struct sn_store *store, int64_t series, unsigned level, enum sn_store_series_kind kind,
		   const struct chunk *chunk, const struct sn_store_sum *points, size_t count, struct sn_diag *reterr)
{
	SN_AUTO_FREE struct sn_store_sum *all = malloc((chunk->count + count) * sizeof(*all));
	bool full = chunk->count == SN_STORE_CHUNK_POINTS && points[0].time_ns > chunk->points[chunk->count - 1].time_ns;
	size_t total;
	int err = 0;

	if (!all)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a chunk");
	total = merge(chunk->points, full ? 0 : chunk->count, points, count, level, kind, all);
	if (chunk->there && !full && chunk->low != all[0].time_ns)
		err = delete_chunk(store, series, level, chunk->low, reterr);
	for (size_t i = 0; i < total && !err; i += SN_STORE_CHUNK_POINTS)
		err = put_chunk(store, series, level, kind, all + i, SN_MIN(total - i, (size_t)SN_STORE_CHUNK_POINTS), reterr);
	return err;
}

int sn_store_chunks_put(struct sn_store *store, int64_t series, unsigned level, enum sn_store_series_kind kind,
			const struct sn_store_sum *points, size_t count, struct sn_diag *reterr)
{
	struct chunk chunk;
	int err = 0;

	for (size_t i = 0, n; i < count && !err; i += n) {
		err = find_chunk(store, series, level, kind, points[i].time_ns, &chunk, reterr);
		for (n = 1; i + n < count && points[i + n].time_ns < chunk.next_low;)
			n++;
		if (!err)
			err = put_run(store, series, level, kind, &chunk, points + i, n, reterr);
	}
	return err;
}

static int put_all(struct sn_store *store, struct numbered *all, size_t count, struct sn_diag *reterr)
{
	SN_AUTO_FREE struct sn_store_sum *points = malloc((count + 1) * sizeof(*points));
	int err = 0;

	if (!points)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for samples");
	if (count > 1)
		qsort(all, count, sizeof(*all), by_series);
	for (size_t i = 0, n; i < count && !err; i += n) {
		for (n = 0; i + n < count && all[i + n].series == all[i].series; n++)
			points[n] = all[i + n].point;
		err = sn_store_chunks_put(store, all[i].series, 0, all[i].kind, points, n, reterr);
	}
	return err;
}

int sn_store_series_sort(struct sn_store *store, struct sn_store_sample *samples, size_t count, uint64_t through,
			 struct sn_diag *reterr)
{
	SN_AUTO_FREE struct numbered *all = malloc((count + 1) * sizeof(*all));
	int err = all ? sn_store_run(&store->series, SN_SQL_BEGIN, reterr) : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++) {
		all[i].order = (uint32_t)i;
		err = number_sample(store, &samples[i], &all[i], reterr);
	}
	if (!err)
		err = put_all(store, all, count, reterr);
	if (!err)
		err = sn_store_meta_set(&store->series, "through", through, reterr);
	if (!err)
		err = sn_store_run(&store->series, SN_SQL_COMMIT, reterr);
	if (err) {
		sn_store_rollback(&store->series);
		sn_map_fini(&store->series_ids); /* some may not be there after all */
		store->series_count = sn_store_series_total(store);
		return err;
	}
	store->series_through = through;
	return 0;
}
