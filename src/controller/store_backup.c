/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Copies the store while it is written to. Every file is held at one state first (a read transaction each, on connections
 * of their own, main.db before the days), and it is made sure that none is ahead of main.db: so the copy is a state the store was
 * in. Uses nothing of the store but its directory, which never changes.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "controller/store_internal.h"

#define ATTEMPTS 50

struct source {
	char name[64];
	sqlite3 *db;
};

struct backup {
	const struct sn_store *store;
	struct source *sources; /* main.db is the first */
	size_t count;
};

static void release(struct backup *backup)
{
	for (size_t i = 0; i < backup->count; i++)
		sqlite3_close(backup->sources[i].db);
	free(backup->sources);
	backup->sources = NULL;
	backup->count = 0;
}

static int query_number(sqlite3 *db, const char *sql, uint64_t *ret_number)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	*ret_number = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

/** Opens one file and holds it. */
static int hold(struct backup *backup, const char *name, struct sn_diag *reterr)
{
	struct source *sources = realloc(backup->sources, (backup->count + 1) * sizeof(*sources)), *source;
	char path[4096];
	uint64_t ignored;
	int rc;

	if (!sources)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a backup");
	backup->sources = sources;
	source = &sources[backup->count++];
	*source = (struct source) { 0 };
	snprintf(source->name, sizeof(source->name), "%s", name);
	sn_store_path(backup->store, name, path);
	rc = sqlite3_open_v2(path, &source->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		sqlite3_busy_timeout(source->db, 5000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(source->db, "PRAGMA cache_size = -512; BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK && query_number(source->db, "SELECT count(*) FROM sqlite_schema", &ignored) == 0)
		return 0;
	return sn_diag_set(reterr, -EIO, "%s: cannot be read for a backup: %s", path, sqlite3_errmsg(source->db));
}

static int hold_days(struct backup *backup, struct sn_diag *reterr)
{
	DIR *directory = opendir(backup->store->directory);
	struct dirent *entry;
	uint32_t number;
	char path[4096];
	int err = 0;

	if (!directory)
		return sn_diag_set(reterr, -errno, "%s: %s", backup->store->directory, strerror(errno));
	while (!err && (entry = readdir(directory))) {
		if (!sn_store_day_name(entry->d_name, &number))
			continue;
		err = hold(backup, entry->d_name, reterr);
		sn_store_path(backup->store, entry->d_name, path);
		if (err && access(path, F_OK) < 0) { /* retention was faster */
			sqlite3_close(backup->sources[--backup->count].db);
			err = 0;
		}
	}
	closedir(directory);
	return err;
}

/** @return 1: a file is ahead of main.db; try again. */
static int hold_all(struct backup *backup, struct sn_diag *reterr)
{
	uint64_t next, through;
	int err = hold(backup, "main.db", reterr);

	if (!err)
		err = hold(backup, "series.db", reterr);
	if (!err)
		err = hold_days(backup, reterr);
	if (!err)
		err = query_number(backup->sources[0].db, "SELECT value FROM meta WHERE name = 'next'", &next);
	for (size_t i = 1; i < backup->count && !err; i++) {
		err = query_number(backup->sources[i].db, "SELECT value FROM meta WHERE name = 'through'", &through);
		if (!err && through && through >= next)
			err = 1;
	}
	if (err == -EIO && !backup->count)
		sn_diag_set(reterr, err, "the store cannot be read for a backup");
	return err;
}

static int sync_path(const char *path)
{
	SN_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int copy(struct source *source, const char *directory, struct sn_diag *reterr)
{
	char path[4096];
	sqlite3 *to = NULL;
	sqlite3_backup *backup = NULL;
	int rc = SQLITE_CANTOPEN, err;

	if (snprintf(path, sizeof(path), "%s/%s", directory, source->name) < (int)sizeof(path))
		rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		backup = sqlite3_backup_init(to, "main", source->db, "main");
	if (backup) {
		sqlite3_backup_step(backup, -1); /* in one go: the state is held */
		rc = sqlite3_backup_finish(backup);
	} else if (rc == SQLITE_OK) {
		rc = sqlite3_errcode(to);
	}
	err = rc == SQLITE_OK ? 0
			      : sn_diag_set(reterr, (rc & 0xff) == SQLITE_FULL ? -ENOSPC : -EIO, "%s: cannot be written: %s",
					    path, to ? sqlite3_errmsg(to) : sqlite3_errstr(rc));
	sqlite3_close(to);
	if (!err) {
		err = sync_path(path);
		if (err)
			sn_diag_set(reterr, err, "%s: %s", path, strerror(-err));
	}
	return err;
}

static void remove_all(struct backup *backup, const char *directory)
{
	char path[4096];

	for (size_t i = 0; i < backup->count; i++)
		if (snprintf(path, sizeof(path), "%s/%s", directory, backup->sources[i].name) < (int)sizeof(path))
			sn_store_file_remove(path);
	rmdir(directory);
}

/** Into a directory of another name, which is named as it should be once it is whole. */
static int copy_all(struct backup *backup, const char *directory, struct sn_diag *reterr)
{
	char part[4000];
	int err = 0;

	if (snprintf(part, sizeof(part), "%s.part", directory) >= (int)sizeof(part))
		return sn_diag_set(reterr, -ENAMETOOLONG, "%s: too long a name", directory);
	if (access(directory, F_OK) == 0)
		return sn_diag_set(reterr, -EEXIST, "%s: is there already", directory);
	if (mkdir(part, 0750) < 0)
		return sn_diag_set(reterr, -errno, "%s: cannot be made: %s", part, strerror(errno));
	for (size_t i = 0; i < backup->count && !err; i++)
		err = copy(&backup->sources[i], part, reterr);
	if (!err && (err = sync_path(part)) == 0 && rename(part, directory) < 0)
		err = sn_diag_set(reterr, -errno, "%s: %s", directory, strerror(errno));
	if (err)
		remove_all(backup, part);
	return err;
}

int sn_store_backup(struct sn_store *store, const char *directory, struct sn_diag *reterr)
{
	struct backup backup = { .store = store };
	int err = 1;

	for (int attempt = 0; attempt < ATTEMPTS && err == 1; attempt++) {
		release(&backup);
		err = hold_all(&backup, reterr);
	}
	if (err == 1)
		err = sn_diag_set(reterr, -EAGAIN, "%s: too busy for a backup, try again", store->directory);
	if (!err)
		err = copy_all(&backup, directory, reterr);
	release(&backup);
	return err;
}
