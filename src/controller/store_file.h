/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file One SQLite file of the store: its schema and migrations, its statements, and the words for what goes wrong with it.
 *
 * Three kinds of files: main.db (what has arrived and is not sorted in yet, and the batches that are known), series.db, and a
 * day-YYYY-MM-DD.db for the records of a day.
 */
#ifndef SN_CONTROLLER_STORE_FILE_H
#define SN_CONTROLLER_STORE_FILE_H

#include <sqlite3.h>

#include "controller/store_bits.h"
#include "sauron/diag.h"

enum sn_store_kind {
	SN_STORE_MAIN,
	SN_STORE_SERIES,
	SN_STORE_DAY,
	_SN_STORE_KIND_MAX,
};

enum sn_store_sql {
	/* any file */
	SN_SQL_BEGIN,
	SN_SQL_COMMIT,
	SN_SQL_ROLLBACK,
	SN_SQL_META_GET,
	SN_SQL_META_SET,
	/* main */
	SN_SQL_INBOX_ADD,
	SN_SQL_INBOX_SUM,
	SN_SQL_INBOX_HEADS,
	SN_SQL_INBOX_ALL,
	SN_SQL_INBOX_SAMPLES,
	SN_SQL_INBOX_BODY,
	SN_SQL_INBOX_FORGET,
	SN_SQL_NODE_GET,
	SN_SQL_NODE_ADD,
	SN_SQL_NODE_SEEN,
	SN_SQL_NODE_OLD,
	SN_SQL_NODE_FORGET,
	SN_SQL_NODE_FORGET_BATCHES,
	SN_SQL_BATCH_GET,
	SN_SQL_BATCH_PUT,
	/* day */
	SN_SQL_BLOCK_ADD,
	SN_SQL_BLOCK_GET,
	SN_SQL_BLOCK_SUMS,
	SN_SQL_BLOCK_INDEX_SUMS,
	SN_SQL_BLOCKS_OF_HOUR,
	SN_SQL_BLOCKS_WIDE,
	SN_SQL_BLOCKS_BEHIND,
	SN_SQL_HOUR_BEFORE,
	SN_SQL_HOUR_AFTER,
	SN_SQL_CONTENT_ADD,
	SN_SQL_CONTENT_COLUMNS,
	SN_SQL_CONTENT_TEXT,
	SN_SQL_SEGMENT_ADD,
	SN_SQL_SEGMENT_SPAN,
	SN_SQL_SEGMENTS,
	SN_SQL_POSTING_ADD,
	SN_SQL_POSTING_GET,
	/* series */
	SN_SQL_SERIES_GET,
	SN_SQL_SERIES_ADD,
	SN_SQL_SERIES_NEXT,
	SN_SQL_SERIES_COUNT,
	SN_SQL_SERIES_FORGET,
	SN_SQL_SERIES_OF_NAME,
	SN_SQL_SERIES_NAMES,
	SN_SQL_CHUNK_AT,
	SN_SQL_CHUNK_NEXT,
	SN_SQL_CHUNK_PUT,
	SN_SQL_CHUNK_DELETE,
	SN_SQL_CHUNKS,
	SN_SQL_CHUNK_DUE,
	SN_SQL_CHUNKS_EXPIRE,
	SN_SQL_CHUNK_ANY,
	_SN_SQL_MAX,
};

struct sn_store_file {
	sqlite3 *db;
	enum sn_store_kind kind;
	char *path;
	int write_errno; /* what the last statement that was stepped by sn_store_do left in errno */
	sqlite3_stmt *statements[_SN_SQL_MAX];
};

/** What sn_store_file_open should do when the file is not there. */
enum sn_store_missing {
	SN_STORE_MUST_BE,
	SN_STORE_MAKE,
};

/**
 * Opens, makes or migrates one file.
 * @return 0; 1: it was made; -EBADMSG: it is damaged or no store; -ENOTSUP: made by a later version; another negative errno.
 */
int sn_store_file_open(struct sn_store_file *file, enum sn_store_kind kind, const char *path, enum sn_store_missing missing,
		       struct sn_diag *reterr);
/** A file that is not open is fine. */
void sn_store_file_close(struct sn_store_file *file);
/** The version of the schema that this program writes. */
int sn_store_schema_version(enum sn_store_kind kind);
/** Makes a file as version `version` made it; for the tests of migrations, too. */
int sn_store_schema_make(const char *path, enum sn_store_kind kind, int version, struct sn_diag *reterr);

/** A statement, reset and without values. NULL: words are in reterr, and the errno in ret_err. */
sqlite3_stmt *sn_store_sql(struct sn_store_file *file, enum sn_store_sql which, int *ret_err, struct sn_diag *reterr);
/** Steps a statement that gives no rows, and resets it. @return 0 or a negative errno with words. */
int sn_store_do(struct sn_store_file *file, sqlite3_stmt *statement, struct sn_diag *reterr);
/** Prepares and steps one without values. */
int sn_store_run(struct sn_store_file *file, enum sn_store_sql which, struct sn_diag *reterr);
/** Ends a transaction that failed, whatever its state. */
void sn_store_rollback(struct sn_store_file *file);
/** Words for a result code. @return -ENOSPC, -EBADMSG (damaged), -EBUSY, -ENOMEM, -EIO … */
int sn_store_failed(struct sn_store_file *file, int rc, struct sn_diag *reterr);

int sn_store_meta_get(struct sn_store_file *file, const char *name, uint64_t *ret_value, struct sn_diag *reterr);
int sn_store_meta_set(struct sn_store_file *file, const char *name, uint64_t value, struct sn_diag *reterr);

/** Octets of the file and its log on disk. */
uint64_t sn_store_file_octets(const char *path);
/** Moves the file and what belongs to it into `into`, which is made. @return 0 or a negative errno. */
int sn_store_file_move_aside(const char *path, const char *into);
int sn_store_file_remove(const char *path);

static inline void sn_store_bind_view(sqlite3_stmt *statement, int at, struct sn_view view)
{
	sqlite3_bind_text(statement, at, view.data ? (const char *)view.data : "", (int)view.len, SQLITE_STATIC);
}

static inline void sn_store_bind_blob(sqlite3_stmt *statement, int at, const struct sn_store_buffer *buffer)
{
	sqlite3_bind_blob(statement, at, buffer->data ? buffer->data : (const uint8_t *)"", (int)buffer->len, SQLITE_STATIC);
}

static inline struct sn_view sn_store_column_view(sqlite3_stmt *statement, int at)
{
	const void *data = sqlite3_column_blob(statement, at);

	return (struct sn_view) { data, (size_t)sqlite3_column_bytes(statement, at) };
}

#endif
