/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Down-samples: chunks that are older than their level keeps become sums of the next level, exactly: means by their sums
 * and counts, counters by their last value. A few series at each tick, in turn.
 */
#include "controller/store_series.h"

#define ROUND_TICKS 600 /* within which every series has its turn */
#define TURN_MIN    16

/** One chunk that is due. @return 1: done; 0: none is due; a negative errno with words. */
static int thin_chunk(struct sn_store *store, int64_t series, enum sn_store_series_kind kind, unsigned level,
		      struct sn_diag *reterr)
{
	struct sn_store_file *file = &store->series;
	struct sn_store_sum points[SN_STORE_CHUNK_POINTS];
	int err = 0, rc, count;
	int64_t low;
	sqlite3_stmt *due = sn_store_sql(file, SN_SQL_CHUNK_DUE, &err, reterr), *delete;

	if (!due || store->now_ns < sn_store_levels[level].keep_ns)
		return err;
	sqlite3_bind_int64(due, 1, series);
	sqlite3_bind_int64(due, 2, level);
	sqlite3_bind_int64(due, 3, (sqlite3_int64)(store->now_ns - sn_store_levels[level].keep_ns));
	rc = sqlite3_step(due);
	low = rc == SQLITE_ROW ? sqlite3_column_int64(due, 0) : 0;
	count = rc == SQLITE_ROW ? sn_store_chunk_read(sn_store_column_view(due, 1), level, kind, points) : 0;
	sqlite3_reset(due);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? 0 : sn_store_failed(file, rc, reterr);
	if (count < 0)
		return sn_diag_set(reterr, count, "%s: damaged: a chunk of series %lld cannot be read", file->path,
				   (long long)series);
	count = (int)sn_store_sums_fold(points, (size_t)count, sn_store_levels[level + 1].step_ns, kind);
	err = sn_store_chunks_put(store, series, level + 1, kind, points, (size_t)count, reterr);
	delete = err ? NULL : sn_store_sql(file, SN_SQL_CHUNK_DELETE, &err, reterr);
	if (!delete)
		return err;
	sqlite3_bind_int64(delete, 1, series);
	sqlite3_bind_int64(delete, 2, level);
	sqlite3_bind_int64(delete, 3, low);
	err = sn_store_do(file, delete, reterr);
	return err ? err : 1;
}

static int expire(struct sn_store *store, int64_t series, struct sn_diag *reterr)
{
	struct sn_store_file *file = &store->series;
	int err = 0, rc;
	sqlite3_stmt *delete = sn_store_sql(file, SN_SQL_CHUNKS_EXPIRE, &err, reterr);
	sqlite3_stmt *any = sn_store_sql(file, SN_SQL_CHUNK_ANY, &err, reterr);
	sqlite3_stmt *forget = sn_store_sql(file, SN_SQL_SERIES_FORGET, &err, reterr);

	if (!delete || !any || !forget || !store->options.keep_samples_ns || store->now_ns < store->options.keep_samples_ns)
		return err;
	sqlite3_bind_int64(delete, 1, series);
	sqlite3_bind_int64(delete, 2, (sqlite3_int64)(store->now_ns - store->options.keep_samples_ns));
	err = sn_store_do(file, delete, reterr);
	if (err || sqlite3_changes(file->db) == 0)
		return err;
	sqlite3_bind_int64(any, 1, series);
	rc = sqlite3_step(any);
	sqlite3_reset(any);
	if (rc != SQLITE_DONE)
		return rc == SQLITE_ROW ? 0 : sn_store_failed(file, rc, reterr);
	sqlite3_bind_int64(forget, 1, series);
	err = sn_store_do(file, forget, reterr);
	sn_map_fini(&store->series_ids); /* numbers may be given again */
	store->series_count -= !err && store->series_count;
	return err;
}

/** The series behind the cursor. @return 1: none is left, the round begins again. */
static int next_series(struct sn_store *store, enum sn_store_series_kind *ret_kind, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *next = sn_store_sql(&store->series, SN_SQL_SERIES_NEXT, &err, reterr);

	if (!next)
		return err;
	sqlite3_bind_int64(next, 1, store->series_cursor);
	rc = sqlite3_step(next);
	if (rc == SQLITE_ROW) {
		store->series_cursor = sqlite3_column_int64(next, 0);
		*ret_kind = (enum sn_store_series_kind)sqlite3_column_int(next, 1);
	}
	sqlite3_reset(next);
	if (rc == SQLITE_DONE)
		store->series_cursor = 0;
	return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? 1 : sn_store_failed(&store->series, rc, reterr);
}

static int look_after(struct sn_store *store, struct sn_diag *reterr)
{
	uint64_t turn = store->series_count / ROUND_TICKS + TURN_MIN;
	enum sn_store_series_kind kind = SN_STORE_GAUGE;
	int err = 0;

	for (uint64_t i = 0; i < turn && (err = next_series(store, &kind, reterr)) == 0; i++) {
		for (unsigned level = 0; level + 1 < SN_STORE_LEVELS && err >= 0; level++)
			while ((err = thin_chunk(store, store->series_cursor, kind, level, reterr)) > 0)
				;
		if (!err)
			err = expire(store, store->series_cursor, reterr);
		if (err < 0)
			break;
	}
	return err < 0 ? err : 0;
}

int sn_store_series_tick(struct sn_store *store, struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	int err = sn_store_run(&store->series, SN_SQL_BEGIN, &why);

	if (!err)
		err = look_after(store, &why);
	if (!err)
		err = sn_store_run(&store->series, SN_SQL_COMMIT, &why);
	if (!err)
		return 0;
	sn_store_rollback(&store->series);
	if (err == -EBADMSG)
		err = sn_store_renew(store, &store->series, why.text, reterr);
	else
		sn_diag_set(reterr, err, "%s", why.text);
	return err;
}
