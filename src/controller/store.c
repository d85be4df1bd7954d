/* SPDX-License-Identifier: Apache-2.0 */
/** @file Opens and closes the store, looks after it once a second, and says what went wrong with it. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "controller/store_internal.h"

void sn_store_note(struct sn_store *store, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(store->trouble.text, sizeof(store->trouble.text), format, args);
	va_end(args);
	store->troubled = true;
}

bool sn_store_trouble(struct sn_store *store, struct sn_diag *ret_trouble)
{
	if (!store->troubled)
		return false;
	*ret_trouble = store->trouble;
	store->troubled = false;
	return true;
}

void sn_store_path(const struct sn_store *store, const char *name, char ret_path[4096])
{
	snprintf(ret_path, 4096, "%s/%s", store->directory, name);
}

const char *sn_store_aside(struct sn_store *store)
{
	time_t seconds = time(NULL);
	char name[64], stamp[32];
	struct tm tm;

	if (store->aside[0])
		return store->aside;
	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name, sizeof(name), "damaged-%s", stamp);
	sn_store_path(store, name, store->aside);
	for (unsigned i = 2; access(store->aside, F_OK) == 0 && i < 1000; i++) {
		snprintf(name, sizeof(name), "damaged-%s-%u", stamp, i);
		sn_store_path(store, name, store->aside);
	}
	return store->aside;
}

/** Measures the files. */
void sn_store_measure(struct sn_store *store)
{
	uint64_t octets = 0;
	char path[4096];

	octets += store->main.path ? sn_store_file_octets(store->main.path) : 0;
	octets += store->series.path ? sn_store_file_octets(store->series.path) : 0;
	for (size_t i = 0; i < store->day_count; i++) {
		sn_store_day_path(store, store->days[i].number, path);
		octets += sn_store_file_octets(path);
	}
	store->octets = octets;
}

/** Ids go on from the largest that any file has seen: a new main.db must not begin again, or days would take its batches for old.
 */
static int load_ids(struct sn_store *store, struct sn_diag *reterr)
{
	uint64_t next = 0, through = 0;
	int err = sn_store_meta_get(&store->main, "next", &next, reterr);

	if (!err)
		err = sn_store_meta_get(&store->series, "through", &through, reterr);
	if (err)
		return err;
	store->series_through = through;
	store->series_count = sn_store_series_total(store);
	for (size_t i = 0; i < store->day_count; i++)
		through = SN_MAX(through, store->days[i].through);
	/* "through" is the first id of a batch; how many follow is known only to the lost file */
	if (through >= next)
		next = through + (1u << 20);
	store->next_id = SN_MAX(SN_MAX(next, store->next_id), 1);
	store->sorted = store->forgotten = 0;
	return sn_store_inbox_sum(store, reterr);
}

int sn_store_renew(struct sn_store *store, struct sn_store_file *file, const char *why, struct sn_diag *reterr)
{
	enum sn_store_kind kind = file == &store->main ? SN_STORE_MAIN : SN_STORE_SERIES;
	const char *aside = sn_store_aside(store);
	char path[4096], reason[600];
	int err;

	snprintf(reason, sizeof(reason), "%s", why);
	sn_store_path(store, kind == SN_STORE_MAIN ? "main.db" : "series.db", path);
	sn_store_file_close(file);
	err = sn_store_file_move_aside(path, aside);
	if (err < 0)
		return sn_diag_set(reterr, err, "%s; it could not be moved to %s: %s", reason, aside, strerror(-err));
	store->stats.damaged++;
	sn_store_note(store, "%s; moved to %s, a new one is begun", reason, aside);
	err = sn_store_file_open(file, kind, path, SN_STORE_MAKE, reterr);
	if (err < 0)
		return err;
	if (kind == SN_STORE_SERIES) {
		sn_map_fini(&store->series_ids);
		store->series_through = store->series_count = 0;
	}
	return kind == SN_STORE_MAIN && store->series.db ? load_ids(store, reterr) : 0;
}

/** Opens main.db or series.db; one that is damaged is renewed. @return 0, 1: it was renewed; a negative errno with words. */
static int open_or_renew(struct sn_store *store, struct sn_store_file *file, enum sn_store_kind kind, struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	char path[4096];
	int err;

	sn_store_path(store, kind == SN_STORE_MAIN ? "main.db" : "series.db", path);
	err = sn_store_file_open(file, kind, path, SN_STORE_MAKE, &why);
	if (err >= 0)
		return 0;
	if (err != -EBADMSG)
		return sn_diag_set(reterr, err, "%s", why.text);
	err = sn_store_renew(store, file, why.text, reterr);
	return err < 0 ? err : 1;
}

static int take_lock(struct sn_store *store, struct sn_diag *reterr)
{
	char path[4096];

	if (mkdir(store->directory, 0750) < 0 && errno != EEXIST)
		return sn_diag_set(reterr, -errno, "%s: cannot be made: %s", store->directory, strerror(errno));
	sn_store_path(store, "lock", path);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (store->lock < 0)
		return sn_diag_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0)
		return sn_diag_set(reterr, -EBUSY, "%s: the store is in use by another process", store->directory);
	return 0;
}

/** @param ret_damage the last sentence about damage; empty: none. */
static int open_all(struct sn_store *store, char *ret_damage, size_t damage_size, struct sn_diag *reterr)
{
	char main_path[4096];
	bool fresh;
	int err = take_lock(store, reterr);

	sn_store_path(store, "main.db", main_path);
	fresh = access(main_path, F_OK) < 0;
	/* the days first: their ids are needed for a new main.db */
	if (!err)
		err = sn_store_days_scan(store, ret_damage, damage_size, reterr);
	if (!err && fresh && store->day_count)
		snprintf(ret_damage, damage_size,
			 "%.800s is missing although there are days: batches that wait or are known are lost", main_path);
	if (!err)
		err = open_or_renew(store, &store->series, SN_STORE_SERIES, reterr);
	if (err == 1)
		snprintf(ret_damage, damage_size, "%s", store->trouble.text);
	if (err >= 0)
		err = open_or_renew(store, &store->main, SN_STORE_MAIN, reterr);
	if (err == 1)
		snprintf(ret_damage, damage_size, "%s", store->trouble.text);
	return err < 0 ? err : load_ids(store, reterr);
}

int sn_store_open(const struct sn_store_options *options, struct sn_store **ret_store, struct sn_diag *reterr)
{
	struct sn_store *store = calloc(1, sizeof(*store));
	char damage[sizeof(store->trouble.text)] = "";
	int err;

	if (!store)
		return -ENOMEM;
	store->lock = -1;
	store->options = *options;
	store->directory = strdup(options->directory);
	store->options.directory = store->directory;
	store->packer = sn_store_packer_new();
	store->now_ns = sn_clock_realtime_ns();
	store->series_seed[0] = sn_map_seed();
	store->series_seed[1] = ~store->series_seed[0];
	if (!store->directory || !store->packer)
		err = sn_diag_set(reterr, -ENOMEM, "out of memory for the store");
	else if (strlen(store->directory) > 3900)
		err = sn_diag_set(reterr, -ENAMETOOLONG, "%s: too long a name", store->directory);
	else
		err = open_all(store, damage, sizeof(damage), reterr);
	if (err < 0) {
		sn_store_close(store);
		return err;
	}
	sn_store_measure(store);
	store->troubled = false; /* it is said here */
	*ret_store = store;
	return damage[0] ? sn_diag_set(reterr, 1, "%s", damage) : 0;
}

struct sn_store *sn_store_close(struct sn_store *store)
{
	if (!store)
		return NULL;
	while (store->main.db && store->series.db && sn_store_sort(store, NULL) > 0)
		;
	if (store->main.db)
		sn_store_inbox_forget(store, NULL);
	sn_store_days_close(store);
	sn_store_file_close(&store->main);
	sn_store_file_close(&store->series);
	if (store->lock >= 0)
		close(store->lock);
	sn_map_fini(&store->series_ids);
	sn_store_buffer_fini(&store->head);
	sn_store_buffer_fini(&store->body);
	sn_store_buffer_fini(&store->samples);
	sn_store_buffer_fini(&store->columns);
	sn_store_buffer_fini(&store->text);
	sn_store_packer_free(store->packer);
	free(store->directory);
	free(store);
	return NULL;
}

/** One node that was not heard of for long, and its batches. */
static int forget_node(struct sn_store *store, struct sn_diag *reterr)
{
	int err = 0, rc;
	int64_t node;
	sqlite3_stmt *old = sn_store_sql(&store->main, SN_SQL_NODE_OLD, &err, reterr);
	sqlite3_stmt *forget = sn_store_sql(&store->main, SN_SQL_NODE_FORGET, &err, reterr);
	sqlite3_stmt *batches = sn_store_sql(&store->main, SN_SQL_NODE_FORGET_BATCHES, &err, reterr);

	if (!old || !forget || !batches || store->now_ns < SN_STORE_NODE_KEPT_NS)
		return err;
	sqlite3_bind_int64(old, 1, (sqlite3_int64)(store->now_ns - SN_STORE_NODE_KEPT_NS));
	rc = sqlite3_step(old);
	node = rc == SQLITE_ROW ? sqlite3_column_int64(old, 0) : 0;
	sqlite3_reset(old);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? 0 : sn_store_failed(&store->main, rc, reterr);
	sqlite3_bind_int64(forget, 1, node);
	sqlite3_bind_int64(batches, 1, node);
	err = sn_store_run(&store->main, SN_SQL_BEGIN, reterr);
	if (!err)
		err = sn_store_do(&store->main, batches, reterr);
	if (!err)
		err = sn_store_do(&store->main, forget, reterr);
	if (!err)
		err = sn_store_run(&store->main, SN_SQL_COMMIT, reterr);
	if (err)
		sn_store_rollback(&store->main);
	return err;
}

void sn_store_tick(struct sn_store *store, uint64_t now_ns)
{
	struct sn_diag why = { { 0 } };
	int err = 0;

	store->now_ns = now_ns;
	if (store->inbox_oldest_ns &&
	    (sn_store_sort_due(store) || now_ns >= store->inbox_oldest_ns + SN_STORE_SORT_NS || now_ns < store->inbox_oldest_ns))
		err = sn_store_sort(store, &why);
	if (err >= 0)
		err = sn_store_inbox_forget(store, &why);
	if (err >= 0)
		sn_store_series_tick(store, &why);
	if (err >= 0 && store->ticks++ % 60 == 0)
		err = forget_node(store, &why);
	sn_store_measure(store);
	sn_store_days_expire(store, 0);
	if (why.text[0])
		sn_store_note(store, "%s", why.text);
}

void sn_store_stats(const struct sn_store *store, struct sn_store_stats *ret_stats)
{
	*ret_stats = store->stats;
	ret_stats->octets = store->octets;
	ret_stats->days = store->day_count;
	ret_stats->oldest_ns = 0;
	for (size_t i = 0; i < store->day_count; i++)
		if (store->days[i].records && (!ret_stats->oldest_ns || store->days[i].low < ret_stats->oldest_ns))
			ret_stats->oldest_ns = store->days[i].low;
}
