/* SPDX-License-Identifier: Apache-2.0 */
/** @file A store in a directory of its own below TMPDIR, records made by numbers, and answers put into arrays. */
#ifndef SN_TESTS_UNIT_STORE_RIG_H
#define SN_TESTS_UNIT_STORE_RIG_H

#include "test.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "controller/store_internal.h"

#define SECOND SN_NSEC_PER_SEC
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
/* noon of 2026-11-20 */
#define NOON (1795176000 * SECOND)

struct rig {
	char directory[4000];
	struct sn_store_options options;
	struct sn_store *store;
	struct sn_diag why;
	uint64_t batches; /* ids given */
};

static inline void rig_open(struct rig *rig, int expected)
{
	int err;

	rig->why.text[0] = 0;
	err = sn_store_open(&rig->options, &rig->store, &rig->why);
	if (err != expected)
		fail_msg("open gives %d instead of %d: %s", err, expected, rig->why.text);
	if (err >= 0)
		sn_store_tick(rig->store, NOON);
}

static inline int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	const char *top = getenv("TMPDIR");

	snprintf(rig->directory, sizeof(rig->directory), "%s/store-XXXXXX", top ? top : "/tmp");
	assert_non_null(mkdtemp(rig->directory));
	rig->options.directory = rig->directory;
	*state = rig;
	rig_open(rig, 0);
	return 0;
}

static inline int rig_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline int rig_teardown(void **state)
{
	struct rig *rig = *state;

	sn_store_close(rig->store);
	nftw(rig->directory, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(rig);
	return 0;
}

static inline void rig_close(struct rig *rig)
{
	rig->store = sn_store_close(rig->store);
}

/** Forgets the store as a kill would: nothing is sorted in, the files stay as they are. */
static inline void rig_reopen(struct rig *rig, int expected)
{
	rig_close(rig);
	rig_open(rig, expected);
}

/** Everything that waits goes to its files. */
static inline void rig_sort(struct rig *rig)
{
	int more = 1;

	while (more > 0)
		more = sn_store_sort(rig->store, &rig->why);
	if (more < 0)
		fail_msg("%s", rig->why.text);
}

static inline struct sn_view text_view(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, text ? strlen(text) : 0 };
}

static inline bool view_is(struct sn_view view, const char *text)
{
	return view.len == strlen(text) && (!view.len || memcmp(view.data, text, view.len) == 0);
}

static inline struct sn_store_record make(uint64_t time_ns, const char *type, const char *ue, const char *gnb,
					  const char *attributes)
{
	return (struct sn_store_record) { .time_ns = time_ns,
					  .type = text_view(type),
					  .ue = text_view(ue),
					  .gnb = text_view(gnb),
					  .attributes = text_view(attributes) };
}

/** Adds under the next id, or the one given. */
static inline int rig_add_as(struct rig *rig, const char *node, uint64_t id, const struct sn_store_record *records, size_t count)
{
	struct sn_store_batch batch = { .node = text_view(node), .records = records, .record_count = count };

	memcpy(batch.id, &id, sizeof(id));
	batch.id[15] = id != 0;
	return sn_store_add(rig->store, &batch, &rig->why);
}

static inline void rig_add(struct rig *rig, const char *node, const struct sn_store_record *records, size_t count)
{
	int err = rig_add_as(rig, node, ++rig->batches, records, count);

	if (err)
		fail_msg("add gives %d: %s", err, rig->why.text);
}

static inline void rig_add_one(struct rig *rig, uint64_t time_ns, const char *attributes)
{
	struct sn_store_record record = make(time_ns, "n2.procedure", "ue-1", "gnb-1", attributes);

	rig_add(rig, "node-1", &record, 1);
}

struct answer {
	size_t count;
	struct {
		uint64_t id, time_ns;
		char text[200]; /* node type ue gnb attributes */
	} records[SN_STORE_LIMIT_MAX];
};

static struct answer answer;

static inline int take_answer(void *ctx, const struct sn_store_record *r)
{
	assert_true(answer.count < SN_STORE_LIMIT_MAX);
	answer.records[answer.count].id = r->id;
	answer.records[answer.count].time_ns = r->time_ns;
	snprintf(answer.records[answer.count].text, sizeof(answer.records[0].text), "%.*s %.*s %.*s %.*s %.*s", (int)r->node.len,
		 r->node.data, (int)r->type.len, r->type.data, (int)r->ue.len, r->ue.data, (int)r->gnb.len, r->gnb.data,
		 (int)r->attributes.len, r->attributes.data);
	answer.count++;
	return 0;
}

static inline int64_t rig_ask(struct rig *rig, const struct sn_store_query *query)
{
	int64_t count;

	answer.count = 0;
	count = sn_store_records(rig->store, query, take_answer, NULL, &rig->why);
	if (count >= 0)
		assert_int_equal(count, answer.count);
	return count;
}

static inline int64_t rig_count(struct rig *rig)
{
	return rig_ask(rig, &(struct sn_store_query) { 0 });
}

static inline bool rig_has(struct rig *rig, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
	return access(path, F_OK) == 0;
}

/** The path of a file that was moved aside; the buffer is static. NULL: none was. */
static inline const char *rig_aside(struct rig *rig, const char *name)
{
	static char path[4096];
	DIR *directory = opendir(rig->directory);
	struct dirent *entry;
	bool found = false;

	while (!found && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, "damaged-", 8) != 0)
			continue;
		snprintf(path, sizeof(path), "%.3000s/%.200s/%.200s", rig->directory, entry->d_name, name);
		found = access(path, F_OK) == 0;
	}
	closedir(directory);
	return found ? path : NULL;
}

/** Runs SQL on a file of a store that is closed, or open. @return the first number it gives. */
static inline int64_t rig_sql(struct rig *rig, const char *name, const char *sql)
{
	char path[4096];
	sqlite3 *db;
	sqlite3_stmt *statement;
	const char *tail = sql;
	int64_t number = 0;

	snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	while (*tail) {
		assert_int_equal(sqlite3_prepare_v2(db, tail, -1, &statement, &tail), SQLITE_OK);
		if (sqlite3_step(statement) == SQLITE_ROW)
			number = sqlite3_column_int64(statement, 0);
		assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	}
	sqlite3_close(db);
	return number;
}

#endif
