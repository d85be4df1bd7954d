/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What the parts of the store share.
 *
 * The way of a batch: sn_store_add writes it as it is into main.db's inbox, in the same transaction as its id (store_inbox.c).
 * Later it is sorted in: its records become blocks in the files of their days, its samples chunks in series.db (store_sort.c).
 * Each of these files notes in its own transaction up to which batch it has taken ("through"), so that sorting in can be done
 * again after a kill and does nothing twice; only then the inbox forgets. Queries read the days and what is still in the inbox.
 */
#ifndef SN_CONTROLLER_STORE_INTERNAL_H
#define SN_CONTROLLER_STORE_INTERNAL_H

#include "base/clock.h"
#include "base/macro.h"
#include "base/map.h"
#include "controller/store.h"
#include "controller/store_block.h"
#include "controller/store_file.h"

#define SN_STORE_HOUR_NS (3600 * SN_NSEC_PER_SEC)
#define SN_STORE_DAY_NS	 (24 * SN_STORE_HOUR_NS)

#define SN_STORE_BATCHES_KNOWN 1024		      /* of each node: the last so many */
#define SN_STORE_NODE_KEPT_NS  (30 * SN_STORE_DAY_NS) /* a node not heard of for so long is forgotten, and its batches */
#define SN_STORE_DAYS_OPEN     6		      /* files of days held open at a time */
#define SN_STORE_DAYS_MAX      4096		      /* a record of one more day goes to the day of its arrival */
#define SN_STORE_SORT_RECORDS  4096		      /* the inbox is sorted in when it holds so many … */
#define SN_STORE_SORT_SAMPLES  20000
#define SN_STORE_SORT_OCTETS   (4u << 20)
#define SN_STORE_SORT_NS       (60 * SN_NSEC_PER_SEC) /* … or something that waits so long */
#define SN_STORE_INBOX_MAX     (64u << 20)	      /* octets that may wait while sorting in fails; then batches are refused */
#define SN_STORE_SEGMENT       64		      /* blocks that share a part of the index: bits of a uint64_t */
#define SN_STORE_SERIES_KNOWN  (1u << 18)	      /* series whose number is remembered */

/** The file of one day. */
struct sn_store_day {
	uint32_t number; /* days since 1970 */
	struct sn_store_file file;
	bool open;
	uint64_t used; /* when it was last asked for, by store->uses */
	uint64_t low, high, records, blocks, through;
	uint64_t wide; /* blocks that are of more than one hour */
};

struct sn_store {
	char *directory;
	struct sn_store_options options;
	int lock; /* descriptor of the file "lock" */
	struct sn_store_file main, series;
	struct sn_store_day *days; /* by number */
	size_t day_count;
	uint64_t uses;
	uint64_t now_ns;    /* by the last tick */
	uint64_t next_id;   /* of a record */
	uint64_t sorted;    /* batches up to this id are in the files; the inbox may still hold them */
	uint64_t forgotten; /* the inbox does not hold them any more */
	uint64_t inbox_records, inbox_samples, inbox_octets, inbox_oldest_ns;
	uint64_t octets; /* on disk, measured now and then, plus what was written since */
	uint64_t ticks, series_count, series_through;
	int64_t series_cursor;	  /* the series that was looked after last */
	struct sn_map series_ids; /* hash of a series → its number; a cache */
	uint64_t series_seed[2];
	struct sn_store_packer *packer;
	struct sn_store_buffer head, body, samples; /* of the batch being added */
	struct sn_store_buffer columns, text;	    /* of the block being made */
	struct sn_store_stats stats;
	char aside[4096]; /* the directory of what was damaged in this run; empty: none */
	struct sn_diag trouble;
	bool troubled;
};

/** A record in the inbox that was read back. Its day was decided when it came, so that a repeated sorting decides alike. */
struct sn_store_waiting {
	struct sn_store_record record; /* views into the row */
	uint32_t day;
};

/* store.c */
/** Keeps a sentence for sn_store_trouble. */
void sn_store_note(struct sn_store *store, const char *format, ...) SN_PRINTF(2, 3);
void sn_store_path(const struct sn_store *store, const char *name, char ret_path[4096]);
/** The directory where damaged files go; named once per run. */
const char *sn_store_aside(struct sn_store *store);
/** After -EBADMSG of main.db or series.db: moves it aside and begins a new one. @return 0 or a negative errno with words. */
int sn_store_renew(struct sn_store *store, struct sn_store_file *file, const char *why, struct sn_diag *reterr);
void sn_store_measure(struct sn_store *store);

/* store_inbox.c */
int sn_store_inbox_sum(struct sn_store *store, struct sn_diag *reterr);
/** Deletes what the files have; sn_store_add does so, too. */
int sn_store_inbox_forget(struct sn_store *store, struct sn_diag *reterr);
/** Reads the records of a row of the inbox. `body` may be empty: then there are no attributes. @return 0, -EBADMSG, -ENOMEM. */
int sn_store_inbox_records(uint64_t id, struct sn_view head, struct sn_view body, struct sn_store_waiting **ret_records,
			   size_t *ret_count);

/* store_sort.c */
/** Sorts in what waits in the inbox, as far as one step goes. @return 0: all; 1: there is more; a negative errno with words. */
int sn_store_sort(struct sn_store *store, struct sn_diag *reterr);
bool sn_store_sort_due(const struct sn_store *store);
/** The samples alone, for whoever asks for a series: records wait for larger blocks. */
int sn_store_sort_samples(struct sn_store *store, struct sn_diag *reterr);

/* store_days.c */
int sn_store_days_scan(struct sn_store *store, char *damage, size_t damage_size, struct sn_diag *reterr);
struct sn_store_day *sn_store_day_find(struct sn_store *store, uint32_t number);
/** Opens the day's file, or makes it. @return NULL: errno in ret_err, words in reterr. */
struct sn_store_day *sn_store_day_open(struct sn_store *store, uint32_t number, bool make, int *ret_err, struct sn_diag *reterr);
/** After -EBADMSG of a day: moves its file aside and says so. The day is gone from store->days. */
void sn_store_day_damaged(struct sn_store *store, uint32_t number, const char *why);
/** The day whose file takes a record of this time, as of `arrival_ns`. */
uint32_t sn_store_day_of(const struct sn_store *store, uint64_t time_ns, uint64_t arrival_ns);
int sn_store_day_save(struct sn_store_day *day, struct sn_diag *reterr);
/** Deletes what is too old, and the oldest as long as the store with `more` octets is too large. */
void sn_store_days_expire(struct sn_store *store, uint64_t more);
void sn_store_days_close(struct sn_store *store);
void sn_store_day_path(const struct sn_store *store, uint32_t number, char ret_path[4096]);
/** @return false when the name is not that of a day's file. */
bool sn_store_day_name(const char *name, uint32_t *ret_number);

/* store_index.c */
/** What blocks are looked up by: 32 bits of a hash of the field and its value. */
uint32_t sn_store_term(enum sn_store_field field, struct sn_view value);
/** Makes the index of a segment once its last block is there. Within the day's transaction. */
int sn_store_segment_make(struct sn_store_day *day, uint64_t segment, struct sn_diag *reterr);
/** Which blocks of the segment may hold the term, as bits. */
int sn_store_segment_find(struct sn_store_day *day, uint64_t segment, uint32_t term, uint64_t *ret_blocks,
			  struct sn_diag *reterr);

/* store_series.c */
/** Takes the samples of rows of the inbox in one transaction, which says that it has taken up to `through`. */
int sn_store_series_sort(struct sn_store *store, struct sn_store_sample *samples, size_t count, uint64_t through,
			 struct sn_diag *reterr);
uint64_t sn_store_series_total(struct sn_store *store);
/* store_thin.c */
/** Down-samples and deletes what is due of some of the series; all have their turn within ten minutes. */
int sn_store_series_tick(struct sn_store *store, struct sn_diag *reterr);

#endif
