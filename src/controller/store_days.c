/* SPDX-License-Identifier: Apache-2.0 */
/** @file The files of days: which there are, which one takes a record, which are open, and when one is deleted. */
#include <dirent.h>
#include <stdio.h>
#include <time.h>

#include "controller/store_internal.h"

#define BLOCKS_CHECKED 200000 /* blocks of a day that are looked over when the store is opened */
#define PAST_MAX_DAYS  400    /* older records go to the day of their arrival even if everything is kept for ever */

void sn_store_day_path(const struct sn_store *store, uint32_t number, char ret_path[4096])
{
	time_t seconds = (time_t)number * 86400;
	struct tm tm;
	char name[64];

	gmtime_r(&seconds, &tm);
	strftime(name, sizeof(name), "day-%Y-%m-%d.db", &tm);
	sn_store_path(store, name, ret_path);
}

bool sn_store_day_name(const char *name, uint32_t *ret_number)
{
	struct tm tm = { 0 };
	char back[64];
	time_t seconds;

	if (!strptime(name, "day-%Y-%m-%d.db", &tm))
		return false;
	seconds = timegm(&tm);
	strftime(back, sizeof(back), "day-%Y-%m-%d.db", &tm);
	if (seconds < 0 || strcmp(back, name) != 0)
		return false;
	*ret_number = (uint32_t)(seconds / 86400);
	return true;
}

struct sn_store_day *sn_store_day_find(struct sn_store *store, uint32_t number)
{
	size_t low = 0, high = store->day_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (store->days[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < store->day_count && store->days[low].number == number ? &store->days[low] : NULL;
}

static struct sn_store_day *insert_day(struct sn_store *store, uint32_t number)
{
	struct sn_store_day *days = realloc(store->days, (store->day_count + 1) * sizeof(*days));
	size_t at = store->day_count;

	if (!days)
		return NULL;
	store->days = days;
	for (; at && days[at - 1].number > number; at--)
		days[at] = days[at - 1];
	days[at] = (struct sn_store_day) { .number = number };
	store->day_count++;
	return &days[at];
}

static void drop_day(struct sn_store *store, struct sn_store_day *day)
{
	size_t at = (size_t)(day - store->days);

	if (day->open)
		sn_store_file_close(&day->file);
	store->day_count--;
	memmove(day, day + 1, (store->day_count - at) * sizeof(*day));
}

static int load_day(struct sn_store_day *day, struct sn_diag *reterr)
{
	const struct {
		const char *name;
		uint64_t *value;
	} metas[] = {
		{ "low", &day->low },	    { "high", &day->high },	  { "records", &day->records },
		{ "blocks", &day->blocks }, { "through", &day->through }, { "wide", &day->wide },
	};
	int err = 0;

	for (size_t i = 0; i < SN_ARRAY_SIZE(metas) && !err; i++)
		err = sn_store_meta_get(&day->file, metas[i].name, metas[i].value, reterr);
	return err;
}

int sn_store_day_save(struct sn_store_day *day, struct sn_diag *reterr)
{
	int err = sn_store_meta_set(&day->file, "low", day->low, reterr);

	if (!err)
		err = sn_store_meta_set(&day->file, "high", day->high, reterr);
	if (!err)
		err = sn_store_meta_set(&day->file, "records", day->records, reterr);
	if (!err)
		err = sn_store_meta_set(&day->file, "blocks", day->blocks, reterr);
	if (!err)
		err = sn_store_meta_set(&day->file, "wide", day->wide, reterr);
	return err ? err : sn_store_meta_set(&day->file, "through", day->through, reterr);
}

static void close_day(struct sn_store_day *day)
{
	if (day->open)
		sn_store_file_close(&day->file);
	day->open = false;
}

/** At most SN_STORE_DAYS_OPEN at a time: the one that was not asked for the longest is closed. */
static void close_unused(struct sn_store *store)
{
	struct sn_store_day *oldest = NULL;
	size_t open = 0;

	for (size_t i = 0; i < store->day_count; i++) {
		struct sn_store_day *day = &store->days[i];

		open += day->open;
		if (day->open && (!oldest || day->used < oldest->used))
			oldest = day;
	}
	if (open >= SN_STORE_DAYS_OPEN)
		close_day(oldest);
}

struct sn_store_day *sn_store_day_open(struct sn_store *store, uint32_t number, bool make, int *ret_err, struct sn_diag *reterr)
{
	struct sn_store_day *day = sn_store_day_find(store, number);
	char path[4096];
	int err;

	if (day && day->open) {
		day->used = ++store->uses;
		return day;
	}
	close_unused(store);
	if (!day)
		day = insert_day(store, number);
	if (!day) {
		*ret_err = sn_diag_set(reterr, -ENOMEM, "out of memory for a day");
		return NULL;
	}
	sn_store_day_path(store, number, path);
	if ((!make || day->blocks) && access(path, F_OK) < 0)
		err = sn_diag_set(reterr, -EBADMSG, "%s: damaged: it is not there any more", path);
	else
		err = sn_store_file_open(&day->file, SN_STORE_DAY, path, make ? SN_STORE_MAKE : SN_STORE_MUST_BE, reterr);
	if (err >= 0) {
		day->open = true;
		day->used = ++store->uses;
		err = load_day(day, reterr);
	}
	if (err >= 0)
		return day;
	close_day(day);
	if (make && access(path, F_OK) < 0)
		drop_day(store, day);
	*ret_err = err;
	return NULL;
}

void sn_store_day_damaged(struct sn_store *store, uint32_t number, const char *why)
{
	struct sn_store_day *day = sn_store_day_find(store, number);
	const char *aside = sn_store_aside(store);
	char path[4096];
	int err;

	if (day)
		drop_day(store, day);
	sn_store_day_path(store, number, path);
	err = sn_store_file_move_aside(path, aside);
	store->stats.damaged++;
	if (err < 0)
		sn_store_note(store, "%s; it could not be moved to %s: %s", why, aside, strerror(-err));
	else
		sn_store_note(store, "%s; moved to %s", why, aside);
}

uint32_t sn_store_day_of(const struct sn_store *store, uint64_t time_ns, uint64_t arrival_ns)
{
	uint64_t keep = store->options.keep_records_ns, past = PAST_MAX_DAYS * SN_STORE_DAY_NS;

	past = keep ? SN_MIN(keep, past) : past;
	past = SN_MIN(past, arrival_ns);
	if (time_ns < arrival_ns - past || time_ns > arrival_ns + SN_STORE_DAY_NS || store->day_count >= SN_STORE_DAYS_MAX)
		time_ns = arrival_ns;
	return (uint32_t)(time_ns / SN_STORE_DAY_NS);
}

/** One row of sums. */
static int read_sums(struct sn_store_day *day, enum sn_store_sql which, int64_t *ret_sums, int count, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *sums = sn_store_sql(&day->file, which, &err, reterr);

	if (!sums)
		return err;
	rc = sqlite3_step(sums);
	for (int i = 0; i < count && rc == SQLITE_ROW; i++)
		ret_sums[i] = sqlite3_column_int64(sums, i);
	err = rc == SQLITE_ROW ? 0 : sn_store_failed(&day->file, rc, reterr);
	sqlite3_reset(sums);
	return err;
}

/**
 * SQLite's pages have no checksums: an octet that was turned over in the table of blocks would hide records without a word. What
 * the table, its index and the file's own sums say is compared, as long as that takes well below a second.
 */
static int check_day(struct sn_store_day *day, struct sn_diag *reterr)
{
	int64_t table[5], index[3];
	int err;

	if (day->blocks > BLOCKS_CHECKED)
		return 0;
	err = read_sums(day, SN_SQL_BLOCK_SUMS, table, SN_ARRAY_SIZE(table), reterr);
	if (!err)
		err = read_sums(day, SN_SQL_BLOCK_INDEX_SUMS, index, SN_ARRAY_SIZE(index), reterr);
	if (err)
		return err;
	if (memcmp(table, index, sizeof(index)) == 0 && table[0] == (int64_t)day->blocks && table[3] == (int64_t)day->records &&
	    table[4] == 0)
		return 0;
	return sn_diag_set(reterr, -EBADMSG, "%s: damaged: its blocks are not those that were written", day->file.path);
}

static int scan_day(struct sn_store *store, uint32_t number, char *damage, size_t damage_size, struct sn_diag *reterr)
{
	struct sn_diag why = { { 0 } };
	int err = 0;
	struct sn_store_day *day = sn_store_day_open(store, number, /* make= */ false, &err, &why);

	if (day)
		err = check_day(day, &why);
	if (!err)
		return 0;
	if (err != -EBADMSG)
		return sn_diag_set(reterr, err, "%s", why.text);
	sn_store_day_damaged(store, number, why.text);
	snprintf(damage, damage_size, "%s", store->trouble.text);
	return 0;
}

/** Opens every day there is, once: for its span, and for what it has taken. */
int sn_store_days_scan(struct sn_store *store, char *damage, size_t damage_size, struct sn_diag *reterr)
{
	DIR *directory = opendir(store->directory);
	struct dirent *entry;
	SN_AUTO_FREE uint32_t *numbers = NULL;
	size_t count = 0, size = 0;
	int err = 0;

	if (!directory)
		return sn_diag_set(reterr, -errno, "%s: %s", store->directory, strerror(errno));
	while (!err && (entry = readdir(directory))) {
		uint32_t number;

		if (!sn_store_day_name(entry->d_name, &number))
			continue;
		if (count == size) {
			uint32_t *more = realloc(numbers, (size = size * 2 + 64) * sizeof(*numbers));

			err = more ? 0 : -ENOMEM;
			numbers = more ? more : numbers;
		}
		if (!err)
			numbers[count++] = number;
	}
	closedir(directory);
	/* outside of the loop: it may move files */
	for (size_t i = 0; i < count && !err; i++)
		err = scan_day(store, numbers[i], damage, damage_size, reterr);
	return err;
}

static void delete_day(struct sn_store *store, struct sn_store_day *day)
{
	uint64_t records = day->records, octets;
	char path[4096];

	sn_store_day_path(store, day->number, path);
	drop_day(store, day);
	octets = sn_store_file_octets(path);
	if (sn_store_file_remove(path) < 0) {
		sn_store_note(store, "%s: cannot be deleted: %s", path, strerror(errno));
		return;
	}
	store->octets -= SN_MIN(store->octets, octets);
	store->stats.expired_records += records;
}

/** Logs are emptied before anything is deleted for want of their room. */
static void checkpoint_all(struct sn_store *store)
{
	sqlite3_wal_checkpoint_v2(store->main.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_wal_checkpoint_v2(store->series.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	for (size_t i = 0; i < store->day_count; i++)
		if (store->days[i].open)
			sqlite3_wal_checkpoint_v2(store->days[i].file.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sn_store_measure(store);
}

/** For want of room no day is deleted that is not over. */
void sn_store_days_expire(struct sn_store *store, uint64_t more)
{
	uint64_t keep = store->options.keep_records_ns, most = store->options.max_octets;
	uint32_t today = (uint32_t)(store->now_ns / SN_STORE_DAY_NS);

	while (keep && keep < store->now_ns && store->day_count &&
	       (store->days[0].number + 1ull) * SN_STORE_DAY_NS <= store->now_ns - keep)
		delete_day(store, &store->days[0]);
	if (most && store->octets + more > most)
		checkpoint_all(store);
	while (most && store->octets + more > most && store->day_count && store->days[0].number < today)
		delete_day(store, &store->days[0]);
}

void sn_store_days_close(struct sn_store *store)
{
	for (size_t i = 0; i < store->day_count; i++)
		close_day(&store->days[i]);
	free(store->days);
	store->days = NULL;
	store->day_count = 0;
}
