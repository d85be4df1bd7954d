/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The tables of the store's files, as a list of steps from one version to the next, and all statements on them. Times are
 * ns since 1970 in SQLite's signed 64 bits: good until 2262.
 */
#ifndef SN_CONTROLLER_STORE_SCHEMA_H
#define SN_CONTROLLER_STORE_SCHEMA_H

#include "controller/store_file.h"

/** "SnSt": tells a store from any other SQLite file. */
#define SN_STORE_APPLICATION_ID 0x536e5374

#define META "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"

/** Step n makes version n + 1 of version n; append only. */
static const char *const main_steps[] = {
	META
	/* A batch as it came. id is that of its first record; the next batch's is larger, for ever. head: what records are looked
	 * up by; body: their attributes; samples: all of them. */
	"CREATE TABLE inbox(id INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL, arrival INTEGER NOT NULL,"
	" records INTEGER NOT NULL, sample_count INTEGER NOT NULL, octets INTEGER NOT NULL,"
	" head BLOB NOT NULL, samples BLOB NOT NULL, body BLOB NOT NULL);"
	"CREATE TABLE node(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, batches INTEGER NOT NULL DEFAULT 0);"
	/* A ring of batch ids for each node: slot is the count of its batches modulo the length of the ring. */
	"CREATE TABLE batch(node INTEGER NOT NULL, slot INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY(node, slot)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX batch_id ON batch(node, id);",
	/* so that nodes that are gone are forgotten */
	"ALTER TABLE node ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"
	"UPDATE node SET seen = CAST(strftime('%s', 'now') AS INTEGER) * 1000000000;",
};
static const char *const series_steps[] = {
	META "CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT NOT NULL, node TEXT NOT NULL, labels TEXT NOT NULL,"
	     " kind INTEGER NOT NULL);"
	     "CREATE UNIQUE INDEX series_key ON series(name, node, labels);"
	     "CREATE TABLE chunk(series INTEGER NOT NULL, level INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL,"
	     " data BLOB NOT NULL, PRIMARY KEY(series, level, low)) WITHOUT ROWID;",
};
static const char *const day_steps[] = {
	META
	/* hour: since 1970, of all its records; NULL when they are of more than one. */
	"CREATE TABLE block(id INTEGER PRIMARY KEY, hour INTEGER, low INTEGER NOT NULL, high INTEGER NOT NULL,"
	" records INTEGER NOT NULL);"
	"CREATE INDEX block_hour ON block(hour, high, low);"
	"CREATE TABLE content(id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, columns BLOB NOT NULL, text BLOB NOT NULL);"
	/* Which of 64 blocks hold a node, type, ue or gnb. posting: id is segment << 32 | the first hash in it. */
	"CREATE TABLE segment(id INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL);"
	"CREATE TABLE posting(id INTEGER PRIMARY KEY, data BLOB NOT NULL);",
};

static const char *const sql_texts[] = {
	[SN_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SN_SQL_COMMIT] = "COMMIT",
	[SN_SQL_ROLLBACK] = "ROLLBACK",
	[SN_SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[SN_SQL_META_SET] = "INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2",

	[SN_SQL_INBOX_ADD] = "INSERT INTO inbox VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SN_SQL_INBOX_SUM] = "SELECT total(records), total(sample_count), total(octets), min(arrival) FROM inbox WHERE id > ?1",
	[SN_SQL_INBOX_HEADS] =
		"SELECT id, head, body FROM inbox WHERE id > ?1 AND records > 0 AND high >= ?2 AND low < ?3 ORDER BY id",
	[SN_SQL_INBOX_ALL] = "SELECT id, arrival, head, samples, body FROM inbox WHERE id > ?1 ORDER BY id",
	[SN_SQL_INBOX_SAMPLES] = "SELECT id, samples FROM inbox WHERE id > ?1 AND sample_count > 0 ORDER BY id",
	[SN_SQL_INBOX_BODY] = "SELECT head, body FROM inbox WHERE id = ?1",
	[SN_SQL_INBOX_FORGET] = "DELETE FROM inbox WHERE id <= ?1",
	[SN_SQL_NODE_GET] = "SELECT id, batches FROM node WHERE name = ?1",
	[SN_SQL_NODE_ADD] = "INSERT INTO node(name, seen) VALUES(?1, ?2)",
	[SN_SQL_NODE_SEEN] = "UPDATE node SET batches = batches + 1, seen = ?2 WHERE id = ?1",
	[SN_SQL_NODE_OLD] = "SELECT id FROM node WHERE seen < ?1 LIMIT 1",
	[SN_SQL_NODE_FORGET] = "DELETE FROM node WHERE id = ?1",
	[SN_SQL_NODE_FORGET_BATCHES] = "DELETE FROM batch WHERE node = ?1",
	[SN_SQL_BATCH_GET] = "SELECT 1 FROM batch WHERE node = ?1 AND id = ?2",
	[SN_SQL_BATCH_PUT] = "INSERT INTO batch VALUES(?1, ?2, ?3) ON CONFLICT(node, slot) DO UPDATE SET id = ?3",

	[SN_SQL_BLOCK_ADD] = "INSERT INTO block VALUES(?1, ?2, ?3, ?4, ?5)",
	[SN_SQL_BLOCK_GET] = "SELECT hour, low, high FROM block WHERE id = ?1",
	[SN_SQL_BLOCK_SUMS] = "SELECT count(*), sum(coalesce(hour, 0)), sum(low % 1000003 + high % 999983), sum(records),"
			      " sum(hour <> low / 3600000000000 OR hour <> high / 3600000000000) FROM block NOT INDEXED",
	[SN_SQL_BLOCK_INDEX_SUMS] = "SELECT count(*), sum(coalesce(hour, 0)), sum(low % 1000003 + high % 999983)"
				    " FROM block INDEXED BY block_hour",
	[SN_SQL_BLOCKS_OF_HOUR] = "SELECT id, low, high FROM block WHERE hour = ?1 AND high >= ?2 AND low < ?3",
	[SN_SQL_BLOCKS_WIDE] = "SELECT id, low, high FROM block WHERE hour IS NULL AND high >= ?2 AND low < ?3",
	[SN_SQL_BLOCKS_BEHIND] = "SELECT id, hour, low, high FROM block WHERE id > ?1",
	[SN_SQL_HOUR_BEFORE] = "SELECT max(hour) FROM block WHERE hour < ?1",
	[SN_SQL_HOUR_AFTER] = "SELECT min(hour) FROM block WHERE hour > ?1",
	[SN_SQL_CONTENT_ADD] = "INSERT INTO content VALUES(?1, ?2, ?3, ?4)",
	[SN_SQL_CONTENT_COLUMNS] = "SELECT crc, columns FROM content WHERE id = ?1",
	[SN_SQL_CONTENT_TEXT] = "SELECT text FROM content WHERE id = ?1",
	[SN_SQL_SEGMENT_ADD] = "INSERT INTO segment VALUES(?1, ?2, ?3)",
	[SN_SQL_SEGMENT_SPAN] = "SELECT min(low), max(high) FROM block WHERE id BETWEEN ?1 AND ?2",
	[SN_SQL_SEGMENTS] = "SELECT id FROM segment WHERE high >= ?1 AND low < ?2",
	[SN_SQL_POSTING_ADD] = "INSERT INTO posting VALUES(?1, ?2)",
	[SN_SQL_POSTING_GET] = "SELECT id, data FROM posting WHERE id <= ?1 ORDER BY id DESC LIMIT 1",

	[SN_SQL_SERIES_GET] = "SELECT id, kind FROM series WHERE name = ?1 AND node = ?2 AND labels = ?3",
	[SN_SQL_SERIES_ADD] = "INSERT INTO series(name, node, labels, kind) VALUES(?1, ?2, ?3, ?4)",
	[SN_SQL_SERIES_NEXT] = "SELECT id, kind FROM series WHERE id > ?1 ORDER BY id LIMIT 1",
	[SN_SQL_SERIES_COUNT] = "SELECT count(*) FROM series",
	[SN_SQL_SERIES_FORGET] = "DELETE FROM series WHERE id = ?1",
	[SN_SQL_SERIES_OF_NAME] = "SELECT id, node, labels, kind FROM series WHERE name = ?1 AND (?2 = '' OR node = ?2)"
				  " ORDER BY node, labels",
	[SN_SQL_SERIES_NAMES] = "SELECT name, count(*) FROM series GROUP BY name ORDER BY name",
	[SN_SQL_CHUNK_AT] = "SELECT low, high, data FROM chunk WHERE series = ?1 AND level = ?2 AND low <= ?3"
			    " ORDER BY low DESC LIMIT 1",
	[SN_SQL_CHUNK_NEXT] = "SELECT low FROM chunk WHERE series = ?1 AND level = ?2 AND low > ?3 ORDER BY low LIMIT 1",
	[SN_SQL_CHUNK_PUT] = "INSERT INTO chunk VALUES(?1, ?2, ?3, ?4, ?5)"
			     " ON CONFLICT(series, level, low) DO UPDATE SET high = ?4, data = ?5",
	[SN_SQL_CHUNK_DELETE] = "DELETE FROM chunk WHERE series = ?1 AND level = ?2 AND low = ?3",
	[SN_SQL_CHUNKS] =
		"SELECT level, data FROM chunk WHERE series = ?1 AND level = ?2 AND low < ?4 AND high >= ?3 ORDER BY low",
	[SN_SQL_CHUNK_DUE] = "SELECT low, data FROM chunk WHERE series = ?1 AND level = ?2 AND high < ?3 ORDER BY low LIMIT 1",
	[SN_SQL_CHUNKS_EXPIRE] = "DELETE FROM chunk WHERE series = ?1 AND high < ?2",
	[SN_SQL_CHUNK_ANY] = "SELECT 1 FROM chunk WHERE series = ?1 LIMIT 1",
};
_Static_assert(sizeof(sql_texts) / sizeof(sql_texts[0]) == _SN_SQL_MAX, "a text for every statement");

#endif
