/* SPDX-License-Identifier: Apache-2.0 */
/** @file Finds the rows that a query asks for, block by block; what is done with them is told by its two users. */
#ifndef SN_CONTROLLER_STORE_SCAN_H
#define SN_CONTROLLER_STORE_SCAN_H

#include "controller/store_internal.h"

#define SN_STORE_WHERE_MAX 16
#define SN_STORE_IN_INBOX  UINT32_MAX /* instead of a day */

struct sn_store_condition {
	enum sn_store_field field;
	struct sn_view name, value;
};

/** What is being looked at: a block of a day, or a row of the inbox. */
struct sn_store_place {
	uint32_t day; /* or SN_STORE_IN_INBOX */
	uint64_t id;
	uint64_t low, high;
};

struct sn_store_scan {
	struct sn_store *store;
	uint64_t from, to; /* to exclusive */
	bool oldest_first;
	struct sn_store_condition conditions[_SN_STORE_FIELD_MAX + SN_STORE_WHERE_MAX];
	size_t condition_count;
	/* what a block was found to be */
	struct sn_store_place place;
	struct sn_store_block block;
	struct sn_store_waiting *waiting; /* of a row of the inbox */
	size_t waiting_count;
	size_t row_count;		    /* that meet the conditions */
	uint16_t rows[SN_STORE_BLOCK_ROWS]; /* which; of a block only */
	uint32_t *inbox_rows;		    /* which; of the inbox only */
	uint64_t times[SN_STORE_BLOCK_ROWS];
	bool times_read;
	struct sn_store_codes codes; /* scratch */
	struct sn_store_pieces pieces;
	/** Takes rows of the place that was just found. @return 0, or a negative errno that ends it. */
	int (*take)(void *ctx, struct sn_store_scan *scan);
	/** Whether a place of this span can be passed over, and all that are farther. NULL: never. */
	bool (*enough)(void *ctx, uint64_t low, uint64_t high);
	void *ctx;
};

/** @return 0, or -EINVAL with words. */
int sn_store_scan_begin(struct sn_store *store, const struct sn_store_query *query, struct sn_store_scan *ret_scan,
			struct sn_diag *reterr);
int sn_store_scan_run(struct sn_store_scan *scan, struct sn_diag *reterr);
void sn_store_scan_fini(struct sn_store_scan *scan);
/** The columns of a block again. The view lasts until the same is called again. @return 0, -EBADMSG: passed over, and noted. */
int sn_store_scan_columns(struct sn_store *store, const struct sn_store_place *place, struct sn_store_block *ret_block,
			  struct sn_diag *reterr);
int sn_store_scan_text(struct sn_store *store, const struct sn_store_place *place, struct sn_view *ret_text,
		       struct sn_diag *reterr);
/** Ends the reading of a place: a row that is held would hold the log, too. */
void sn_store_scan_release(struct sn_store *store, const struct sn_store_place *place);
/** Counts a block that cannot be read, and says so. The rest of the day is still good. */
void sn_store_block_damaged(struct sn_store *store, const struct sn_store_place *place);

#endif
