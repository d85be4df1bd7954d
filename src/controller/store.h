/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Where the controller keeps what it is told: records of any type, and series of samples. Narrow, so that another store can
 * stand behind it; this one is embedded, over SQLite.
 *
 * Everything is called from one thread. Writes of one batch are one transaction: a batch is there whole or not at all, and a
 * batch whose id is known already is taken for granted and not stored again.
 */
#ifndef SN_CONTROLLER_STORE_H
#define SN_CONTROLLER_STORE_H

#include "base/bytes.h"
#include "sauron/diag.h"

struct sn_store;

/** One record. All views are borrowed for the call. `ue` and `gnb` are copies of attributes by which records are looked up. */
struct sn_store_record {
	uint64_t id;	  /* given by the store; larger is later stored */
	uint64_t time_ns; /* since 1970 */
	struct sn_view node;
	struct sn_view type;	   /* "n2.procedure" */
	struct sn_view ue, gnb;	   /* empty: none */
	struct sn_view attributes; /* a JSON object, as it was told */
};

enum sn_store_series_kind {
	SN_STORE_GAUGE,	  /* down-sampled by mean, with minimum and maximum */
	SN_STORE_COUNTER, /* cumulative: down-sampled by its last value */
};
/** One sample of one series. */
struct sn_store_sample {
	uint64_t time_ns;
	struct sn_view node, name;
	struct sn_view labels; /* a JSON object with sorted keys: with node and name it is the series */
	enum sn_store_series_kind kind;
	double value;
};

#define SN_STORE_BATCH_ID 16
struct sn_store_batch {
	struct sn_view node;
	uint8_t id[SN_STORE_BATCH_ID]; /* all zero: has none, is always stored */
	const struct sn_store_record *records;
	size_t record_count;
	const struct sn_store_sample *samples;
	size_t sample_count;
	uint64_t *ret_first_id; /* when it is stored: the id of its first record, the others follow. NULL: nobody asks */
};

struct sn_store_options {
	const char *directory;
	uint64_t max_octets;	  /* on disk; the oldest day goes first. 0: no limit */
	uint64_t keep_records_ns; /* 0: for ever */
	uint64_t keep_samples_ns;
};

/**
 * Opens, makes or migrates. What is damaged is moved aside (DIRECTORY/damaged-TIME/), said in `reterr` with a return of 1, and a
 * new store begun. @return 0, 1, or a negative errno with words.
 */
int sn_store_open(const struct sn_store_options *options, struct sn_store **ret_store, struct sn_diag *reterr);
/** Writes what waits. NULL is fine. @return NULL. */
struct sn_store *sn_store_close(struct sn_store *store);

/**
 * @return 0: stored, and on disk; 1: was there already; -ENOSPC: the disk or the limit is full, nothing was stored; another
 * negative errno with words.
 */
int sn_store_add(struct sn_store *store, const struct sn_store_batch *batch, struct sn_diag *reterr);

/**
 * A condition on an attribute (or "type", "node", "ue", "gnb"): equal to the value (as text), all of several must hold. A record
 * without the attribute is one with an empty value, as it is for counts.
 */
struct sn_store_where {
	struct sn_view field, value;
};
#define SN_STORE_LIMIT_MAX 10000u
struct sn_store_query {
	uint64_t from_ns, to_ns;	    /* from inclusive, to exclusive; 0, 0: all */
	struct sn_view type, node, ue, gnb; /* empty: any */
	const struct sn_store_where *where;
	size_t where_count;
	uint64_t after_time_ns, after_id; /* where the last page ended; 0: the first */
	uint32_t limit;			  /* 0, or more than that: SN_STORE_LIMIT_MAX records; counts: 0 for all */
	bool oldest_first;
};
/** Return anything but 0 to stop. */
typedef int (*sn_store_record_fn)(void *ctx, const struct sn_store_record *record);
/** By time, the newest first unless asked otherwise. @return how many, or a negative errno with words. */
int64_t sn_store_records(struct sn_store *store, const struct sn_store_query *query, sn_store_record_fn fn, void *ctx,
			 struct sn_diag *reterr);
/**
 * Counts the records of a query by the values of one or two attributes (or "type", "node", "ue", "gnb"), the most frequent first,
 * at most query->limit. `by` may be NULL; then ret_by is empty. A record without the attribute counts under an empty value.
 */
typedef int (*sn_store_count_fn)(void *ctx, struct sn_view value, struct sn_view by, uint64_t count);
int sn_store_counts(struct sn_store *store, const struct sn_store_query *query, const char *field, const char *by,
		    sn_store_count_fn fn, void *ctx, struct sn_diag *reterr);

struct sn_store_series_query {
	uint64_t from_ns, to_ns;
	struct sn_view node, name; /* node empty: any */
	const struct sn_store_where *labels;
	size_t label_count;
	uint64_t step_ns; /* one point for so long; the store may give fewer. 0: as stored */
};
struct sn_store_point {
	uint64_t time_ns;
	double value, minimum, maximum;
};
typedef int (*sn_store_series_fn)(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels,
				  enum sn_store_series_kind kind, const struct sn_store_point *points, size_t count);
int sn_store_series(struct sn_store *store, const struct sn_store_series_query *query, sn_store_series_fn fn, void *ctx,
		    struct sn_diag *reterr);
/** Names of the series there are. */
int sn_store_names(struct sn_store *store, int (*fn)(void *ctx, struct sn_view name, uint64_t series), void *ctx,
		   struct sn_diag *reterr);

/** Retention, down-sampling, checkpoints; bounded work. To be called once a second. */
void sn_store_tick(struct sn_store *store, uint64_t now_ns);

/** A consistent copy while writing goes on. `directory` must not be there. */
int sn_store_backup(struct sn_store *store, const char *directory, struct sn_diag *reterr);

struct sn_store_stats {
	uint64_t records, samples, batches, duplicates; /* taken since it was opened */
	uint64_t refused;				/* batches, for want of room */
	uint64_t octets;				/* on disk now */
	uint64_t days;
	uint64_t oldest_ns;
	uint64_t expired_records;
	uint64_t damaged; /* files moved aside, and blocks that could not be read */
};
/**
 * What went wrong since this was last asked, outside of a call that could say so: a file moved aside, a block passed over, no
 * room for sorting in. To be asked after every tick, and logged. @return false: nothing.
 */
bool sn_store_trouble(struct sn_store *store, struct sn_diag *ret_trouble);
void sn_store_stats(const struct sn_store *store, struct sn_store_stats *ret_stats);

#endif
