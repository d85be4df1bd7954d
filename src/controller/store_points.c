/* SPDX-License-Identifier: Apache-2.0 */
/** @file Answers with series: their points of all levels, folded to the step that was asked for. */
#include "controller/store_json.h"
#include "controller/store_series.h"

struct reading {
	struct sn_store *store;
	uint64_t from, to, step_ns;
	struct sn_store_sum *points;
	size_t count, size;
};

/** One series of the answer. */
struct found {
	int64_t series;
	enum sn_store_series_kind kind;
	struct sn_view node, labels;
};

static int add_points(struct reading *reading, const struct sn_store_sum *points, size_t count)
{
	if (reading->count + count > reading->size) {
		size_t size = reading->size * 2 + count;
		struct sn_store_sum *all = realloc(reading->points, size * sizeof(*all));

		if (!all)
			return -ENOMEM;
		reading->points = all;
		reading->size = size;
	}
	for (size_t i = 0; i < count; i++)
		if (points[i].time_ns >= reading->from && points[i].time_ns < reading->to)
			reading->points[reading->count++] = points[i];
	return 0;
}

static int read_level(struct reading *reading, const struct found *found, unsigned level, struct sn_diag *reterr)
{
	struct sn_store_file *file = &reading->store->series;
	struct sn_store_sum points[SN_STORE_CHUNK_POINTS];
	int err = 0, rc, count;
	sqlite3_stmt *chunks = sn_store_sql(file, SN_SQL_CHUNKS, &err, reterr);

	if (!chunks)
		return err;
	sqlite3_bind_int64(chunks, 1, found->series);
	sqlite3_bind_int64(chunks, 2, level);
	sqlite3_bind_int64(chunks, 3, (sqlite3_int64)reading->from);
	sqlite3_bind_int64(chunks, 4, (sqlite3_int64)reading->to);
	while (!err && (rc = sqlite3_step(chunks)) == SQLITE_ROW) {
		count = sn_store_chunk_read(sn_store_column_view(chunks, 1), level, found->kind, points);
		err = count < 0 ? count : add_points(reading, points, (size_t)count);
	}
	if (err)
		sn_diag_set(reterr, err, "%s: %s", file->path,
			    err == -ENOMEM ? "out of memory" : "damaged: a chunk cannot be read");
	else if (rc != SQLITE_DONE)
		err = sn_store_failed(file, rc, reterr);
	sqlite3_reset(chunks);
	return err;
}

static int by_time(const void *a, const void *b)
{
	const struct sn_store_sum *x = a, *y = b;

	return x->time_ns != y->time_ns ? (x->time_ns < y->time_ns ? -1 : 1) : 0;
}

static int give(struct reading *reading, const struct found *found, struct sn_view name, sn_store_series_fn fn, void *ctx)
{
	size_t count = reading->count;
	struct sn_store_point *points = calloc(count + 1, sizeof(*points));
	int stop;

	if (!points)
		return -ENOMEM;
	if (count > 1)
		qsort(reading->points, count, sizeof(*reading->points), by_time);
	count = sn_store_sums_fold(reading->points, count, reading->step_ns, found->kind);
	for (size_t i = 0; i < count; i++) {
		const struct sn_store_sum *sum = &reading->points[i];
		bool gauge = found->kind == SN_STORE_GAUGE;

		points[i].time_ns = sum->time_ns;
		points[i].value = gauge ? sum->sum / (double)SN_MAX(sum->count, (uint64_t)1) : sum->sum;
		points[i].minimum = gauge ? sum->minimum : sum->sum;
		points[i].maximum = gauge ? sum->maximum : sum->sum;
	}
	stop = count ? fn(ctx, found->node, name, found->labels, found->kind, points, count) : 0;
	free(points);
	return stop ? 1 : 0;
}

static bool meets(const struct sn_store_series_query *query, struct sn_view labels)
{
	for (size_t i = 0; i < query->label_count; i++)
		if (!sn_store_json_is(labels, query->labels[i].field, query->labels[i].value))
			return false;
	return true;
}

static int read_series(struct reading *reading, const struct sn_store_series_query *query, struct found *found,
		       sn_store_series_fn fn, void *ctx, struct sn_diag *reterr)
{
	int err = 0;

	if (!meets(query, found->labels))
		return 0;
	reading->count = 0;
	for (unsigned level = SN_STORE_LEVELS; level-- && !err;)
		err = read_level(reading, found, level, reterr);
	return err ? err : give(reading, found, query->name, fn, ctx);
}

static int read_all(struct reading *reading, const struct sn_store_series_query *query, sn_store_series_fn fn, void *ctx,
		    struct sn_diag *reterr)
{
	struct sn_store_file *file = &reading->store->series;
	int err = 0, rc = SQLITE_DONE;
	sqlite3_stmt *series = sn_store_sql(file, SN_SQL_SERIES_OF_NAME, &err, reterr);

	if (!series)
		return err;
	sn_store_bind_view(series, 1, query->name);
	sn_store_bind_view(series, 2, query->node);
	while (!err && (rc = sqlite3_step(series)) == SQLITE_ROW) {
		struct found found = { .series = sqlite3_column_int64(series, 0),
				       .node = sn_store_column_view(series, 1),
				       .labels = sn_store_column_view(series, 2),
				       .kind = (enum sn_store_series_kind)sqlite3_column_int(series, 3) };

		err = read_series(reading, query, &found, fn, ctx, reterr);
	}
	if (!err && rc != SQLITE_DONE)
		err = sn_store_failed(file, rc, reterr);
	sqlite3_reset(series);
	return err == 1 ? 0 : err;
}

/** After -EBADMSG: the file makes way, and the words say so. */
static int renew(struct sn_store *store, int err, struct sn_diag *why, struct sn_diag *reterr)
{
	if (err == -EBADMSG && sn_store_renew(store, &store->series, why->text, why) == 0)
		return sn_diag_set(reterr, err, "%s", store->trouble.text);
	return err ? sn_diag_set(reterr, err, "%s", why->text) : 0;
}

int sn_store_series(struct sn_store *store, const struct sn_store_series_query *query, sn_store_series_fn fn, void *ctx,
		    struct sn_diag *reterr)
{
	struct reading reading = { .store = store,
				   .from = SN_MIN(query->from_ns, (uint64_t)INT64_MAX),
				   .to = query->to_ns ? SN_MIN(query->to_ns, (uint64_t)INT64_MAX) : INT64_MAX,
				   .step_ns = query->step_ns };
	struct sn_diag why = { { 0 } };
	int err = sn_store_sort_samples(store, &why);

	if (!err)
		err = read_all(&reading, query, fn, ctx, &why);
	free(reading.points);
	return renew(store, err, &why, reterr);
}

int sn_store_names(struct sn_store *store, int (*fn)(void *ctx, struct sn_view name, uint64_t series), void *ctx,
		   struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	int err = sn_store_sort_samples(store, &why), rc = SQLITE_DONE;
	sqlite3_stmt *names = err ? NULL : sn_store_sql(&store->series, SN_SQL_SERIES_NAMES, &err, &why);

	while (names && (rc = sqlite3_step(names)) == SQLITE_ROW)
		if (fn(ctx, sn_store_column_view(names, 0), (uint64_t)sqlite3_column_int64(names, 1)))
			break;
	if (names && rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = sn_store_failed(&store->series, rc, &why);
	if (names)
		sqlite3_reset(names);
	return renew(store, err, &why, reterr);
}
