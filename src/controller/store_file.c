/* SPDX-License-Identifier: Apache-2.0 */
/** @file Opens, makes and migrates one SQLite file; tells damage from a full disk; moves what is damaged aside. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "controller/store_schema.h"

#define PATH_OCTETS 4096

/** Fixed, so that memory does not grow with the files. PRAGMA cache_size takes KiB when negative. */
static const struct {
	const char *const *steps;
	int step_count;
	int cache_kib;
} kinds[] = {
	[SN_STORE_MAIN] = { main_steps, SN_ARRAY_SIZE(main_steps), 8192 },
	[SN_STORE_SERIES] = { series_steps, SN_ARRAY_SIZE(series_steps), 8192 },
	[SN_STORE_DAY] = { day_steps, SN_ARRAY_SIZE(day_steps), 4096 },
};
_Static_assert(SN_ARRAY_SIZE(kinds) == _SN_STORE_KIND_MAX, "a schema for every kind");

int sn_store_failed(struct sn_store_file *file, int rc, struct sn_diag *reterr)
{
	int system = file->db ? sqlite3_system_errno(file->db) : 0;
	bool written = rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_TRUNCATE;
	const char *path = file->path ? file->path : "the store";
	const char *words = file->db ? sqlite3_errmsg(file->db) : sqlite3_errstr(rc);

	/* a commit that fails does not tell its errno to SQLite's own */
	if (written && !system)
		system = file->write_errno;
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return sn_diag_set(reterr, -ENOSPC, "%s: no room: %s", path, words);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: %s", path, words);
	case SQLITE_NOMEM:
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sn_diag_set(reterr, -EBUSY, "%s: in use: %s", path, words);
	case SQLITE_READONLY:
		return sn_diag_set(reterr, -EROFS, "%s: cannot be written: %s", path, words);
	case SQLITE_CANTOPEN:
		return sn_diag_set(reterr, system > 0 ? -system : -EIO, "%s: cannot be opened: %s", path,
				   system > 0 ? strerror(system) : words);
	}
	/* statements do not change: what they name was there once */
	if (rc == SQLITE_ERROR && strncmp(words, "no such ", 8) == 0)
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: %s", path, words);
	if (system == ENOSPC || system == EFBIG || system == EDQUOT)
		return sn_diag_set(reterr, -ENOSPC, "%s: no room: %s", path, strerror(system));
	if (rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_CORRUPTFS)
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: %s", path, words);
	return sn_diag_set(reterr, -EIO, "%s: %s%s%s", path, words, system > 0 ? ": " : "", system > 0 ? strerror(system) : "");
}

sqlite3_stmt *sn_store_sql(struct sn_store_file *file, enum sn_store_sql which, int *ret_err, struct sn_diag *reterr)
{
	sqlite3_stmt **statement = &file->statements[which];

	if (*statement) {
		sqlite3_reset(*statement);
		return *statement;
	}
	int rc = sqlite3_prepare_v3(file->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);

	if (rc == SQLITE_OK)
		return *statement;
	/* A table that is not there is a schema that was overwritten. */
	*ret_err = sn_store_failed(file, rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc, reterr);
	return NULL;
}

int sn_store_do(struct sn_store_file *file, sqlite3_stmt *statement, struct sn_diag *reterr)
{
	int rc, err;

	errno = 0;
	rc = sqlite3_step(statement);
	file->write_errno = errno;
	err = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : sn_store_failed(file, sqlite3_extended_errcode(file->db), reterr);

	sqlite3_reset(statement);
	return err;
}

int sn_store_run(struct sn_store_file *file, enum sn_store_sql which, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *statement = sn_store_sql(file, which, &err, reterr);

	return statement ? sn_store_do(file, statement, reterr) : err;
}

void sn_store_rollback(struct sn_store_file *file)
{
	for (size_t i = 0; i < _SN_SQL_MAX; i++)
		if (file->statements[i])
			sqlite3_reset(file->statements[i]);
	if (file->db && !sqlite3_get_autocommit(file->db))
		sn_store_run(file, SN_SQL_ROLLBACK, NULL);
}

int sn_store_meta_get(struct sn_store_file *file, const char *name, uint64_t *ret_value, struct sn_diag *reterr)
{
	int err = 0, rc;
	sqlite3_stmt *statement = sn_store_sql(file, SN_SQL_META_GET, &err, reterr);

	if (!statement)
		return err;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret_value = (uint64_t)sqlite3_column_int64(statement, 0);
	else if (rc == SQLITE_DONE)
		*ret_value = 0;
	else
		err = sn_store_failed(file, rc, reterr);
	sqlite3_reset(statement);
	return err;
}

int sn_store_meta_set(struct sn_store_file *file, const char *name, uint64_t value, struct sn_diag *reterr)
{
	int err = 0;
	sqlite3_stmt *statement = sn_store_sql(file, SN_SQL_META_SET, &err, reterr);

	if (!statement)
		return err;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)value);
	return sn_store_do(file, statement, reterr);
}

int sn_store_schema_version(enum sn_store_kind kind)
{
	return kinds[kind].step_count;
}

static int exec(struct sn_store_file *file, const char *sql, struct sn_diag *reterr)
{
	int rc = sqlite3_exec(file->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sn_store_failed(file, sqlite3_extended_errcode(file->db), reterr);
}

static int pragma_int(struct sn_store_file *file, const char *sql, int *ret_value, struct sn_diag *reterr)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret_value = sqlite3_column_int(statement, 0);
	int err = rc == SQLITE_ROW ? 0 : sn_store_failed(file, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, reterr);

	sqlite3_finalize(statement);
	return err;
}

/** All steps from `from` up to `to` in one transaction: after a kill it is the one or the other. */
static int migrate(struct sn_store_file *file, int from, int to, struct sn_diag *reterr)
{
	char sql[96];
	int err = exec(file, "BEGIN IMMEDIATE", reterr);

	for (int version = from; version < to && !err; version++)
		err = exec(file, kinds[file->kind].steps[version], reterr);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", SN_STORE_APPLICATION_ID, to);
	if (!err)
		err = exec(file, sql, reterr);
	if (err)
		sn_store_rollback(file);
	return err;
}

static int open_db(struct sn_store_file *file, enum sn_store_kind kind, const char *path, int flags, struct sn_diag *reterr)
{
	int rc;

	*file = (struct sn_store_file) { .kind = kind, .path = strdup(path) };
	if (!file->path)
		return -ENOMEM;
	rc = sqlite3_open_v2(path, &file->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	return rc == SQLITE_OK ? 0 : sn_store_failed(file, rc, reterr);
}

int sn_store_schema_make(const char *path, enum sn_store_kind kind, int version, struct sn_diag *reterr)
{
	struct sn_store_file file;
	int err = open_db(&file, kind, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, reterr);

	if (!err)
		err = exec(&file, "PRAGMA page_size = 8192; PRAGMA secure_delete = OFF", reterr);
	if (!err)
		err = migrate(&file, 0, version, reterr);
	sn_store_file_close(&file);
	return err;
}

/** Under another name first: then an empty file is never one that was just begun, but one that has lost what it held. */
static int make(const char *path, enum sn_store_kind kind, struct sn_diag *reterr)
{
	char temporary[PATH_OCTETS];
	int err;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return sn_diag_set(reterr, -ENAMETOOLONG, "%s: too long a name", path);
	sn_store_file_remove(temporary);
	sn_store_file_remove(path); /* a log without its file would be played into the new one */
	err = sn_store_schema_make(temporary, kind, kinds[kind].step_count, reterr);
	if (!err && rename(temporary, path) < 0)
		err = sn_diag_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (err)
		sn_store_file_remove(temporary);
	return err;
}

/** A file that is shorter than its own header says, with no log that could hold the rest, was cut. */
static int check_length(struct sn_store_file *file, struct sn_diag *reterr)
{
	char log[PATH_OCTETS];
	uint8_t header[100];
	struct stat st, log_st;
	SN_AUTO_FD int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	uint64_t page;

	snprintf(log, sizeof(log), "%s-wal", file->path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sn_diag_set(reterr, -errno, "%s: %s", file->path, strerror(errno));
	if (pread(fd, header, sizeof(header), 0) != sizeof(header) || memcmp(header, "SQLite format 3", 16) != 0)
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: it does not begin as a store does", file->path);
	page = (uint64_t)header[16] << 8 | header[17];
	page = page == 1 ? 65536 : page;
	if (stat(log, &log_st) == 0 && log_st.st_size > 0)
		return 0;
	if ((uint64_t)st.st_size < sn_be32(header + 28) * page)
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: it was cut at %llu octets", file->path,
				   (unsigned long long)st.st_size);
	return 0;
}

static int check_and_migrate(struct sn_store_file *file, struct sn_diag *reterr)
{
	int id = 0, version = 0, target = kinds[file->kind].step_count;
	char sql[400];
	int err = check_length(file, reterr);

	snprintf(
		sql, sizeof(sql),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -%d;"
		" PRAGMA wal_autocheckpoint = 512; PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0",
		kinds[file->kind].cache_kib);
	sqlite3_busy_timeout(file->db, 2000);
	if (!err)
		err = exec(file, sql, reterr);
	if (!err)
		err = pragma_int(file, "PRAGMA application_id", &id, reterr);
	if (!err)
		err = pragma_int(file, "PRAGMA user_version", &version, reterr);
	if (err)
		return err;
	if (id != SN_STORE_APPLICATION_ID || version < 1)
		return sn_diag_set(reterr, -EBADMSG, "%s: damaged: it is no file of a store", file->path);
	if (version > target)
		return sn_diag_set(
			reterr, -ENOTSUP,
			"%s: made by a later version of this program (schema %d, known here up to %d): use that one, or name"
			" another directory",
			file->path, version, target);
	return version < target ? migrate(file, version, target, reterr) : 0;
}

/** All of a small file is looked at; a large one shows its damage when it is read. */
static int check_all(struct sn_store_file *file, struct sn_diag *reterr)
{
	sqlite3_stmt *statement;
	int err = 0, rc;

	if (sn_store_file_octets(file->path) > 64u << 20)
		return 0;
	rc = sqlite3_prepare_v2(file->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		err = sn_store_failed(file, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, reterr);
	else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		err = sn_diag_set(reterr, -EBADMSG, "%s: damaged: %.400s", file->path, sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return err;
}

int sn_store_file_open(struct sn_store_file *file, enum sn_store_kind kind, const char *path, enum sn_store_missing missing,
		       struct sn_diag *reterr)
{
	bool made = access(path, F_OK) < 0 && missing == SN_STORE_MAKE;
	int err = made ? make(path, kind, reterr) : 0;

	if (err)
		return err;
	err = open_db(file, kind, path, SQLITE_OPEN_READWRITE, reterr);
	if (!err)
		err = check_and_migrate(file, reterr);
	if (!err && !made && kind != SN_STORE_DAY)
		err = check_all(file, reterr);
	if (err) {
		sn_store_file_close(file);
		return err;
	}
	return made;
}

void sn_store_file_close(struct sn_store_file *file)
{
	for (size_t i = 0; i < _SN_SQL_MAX; i++)
		sqlite3_finalize(file->statements[i]);
	sqlite3_close(file->db);
	free(file->path);
	*file = (struct sn_store_file) { 0 };
}

static const char *const parts[] = { "", "-wal", "-shm", "-journal" };

uint64_t sn_store_file_octets(const char *path)
{
	char name[PATH_OCTETS];
	uint64_t octets = 0;
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, parts[i]);
		if (stat(name, &st) == 0)
			octets += (uint64_t)st.st_size;
	}
	return octets;
}

int sn_store_file_move_aside(const char *path, const char *into)
{
	const char *base = strrchr(path, '/');
	char from[PATH_OCTETS], to[PATH_OCTETS];
	int err = 0;

	if (mkdir(into, 0750) < 0 && errno != EEXIST)
		return -errno;
	base = base ? base + 1 : path;
	for (size_t i = 0; i < SN_ARRAY_SIZE(parts); i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		if (snprintf(to, sizeof(to), "%s/%s%s", into, base, parts[i]) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) < 0 && errno != ENOENT)
			err = -errno;
	}
	return err;
}

int sn_store_file_remove(const char *path)
{
	char name[PATH_OCTETS];
	int err = 0;

	/* the file first: a log that is left is thrown away with the next file of this name */
	for (size_t i = 0; i < SN_ARRAY_SIZE(parts); i++) {
		snprintf(name, sizeof(name), "%s%s", path, parts[i]);
		if (unlink(name) < 0 && errno != ENOENT)
			err = -errno;
	}
	return err;
}
