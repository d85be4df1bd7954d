/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Batches on disk while their receiver is away: one file each, the oldest first out. Bounded: when a new one does not fit
 * the oldest go, and are counted. What is found damaged is removed and counted.
 */
#ifndef SN_AGENT_SPOOL_H
#define SN_AGENT_SPOOL_H

#include <stdbool.h>

#include "base/bytes.h"
#include "sauron/diag.h"

#define SN_BATCH_ID 16

enum sn_batch_kind {
	SN_BATCH_LOGS,
	SN_BATCH_METRICS,
	_SN_BATCH_KIND_MAX,
};

/** One export request, packed. */
struct sn_batch {
	enum sn_batch_kind kind;
	uint8_t id[SN_BATCH_ID];
	uint32_t records;
	uint8_t *data; /* owned by whoever holds the batch */
	size_t len;
};

struct sn_spool;

struct sn_spool_stats {
	uint64_t batches, octets;		   /* there now */
	uint64_t dropped_batches, dropped_records; /* for want of room, by age */
	uint64_t damaged_batches;
	uint64_t failed_batches, failed_records; /* could not be written: disk full, no permission */
};

/** Opens or makes the directory (0700). @return 0 or a negative errno with words. */
int sn_spool_open(const char *directory, uint64_t max_octets, struct sn_spool **ret_spool, struct sn_diag *reterr);
struct sn_spool *sn_spool_close(struct sn_spool *spool);
/** Behind all others. The batch stays the caller's. @return 0 or a negative errno; what is lost by it is counted. */
int sn_spool_push(struct sn_spool *spool, const struct sn_batch *batch);
/** The same before all others: what was taken out and could not be sent. */
int sn_spool_push_front(struct sn_spool *spool, const struct sn_batch *batch);
/** Loads the oldest; `ret_batch->data` is to be freed. @return 1; 0: none is there. */
int sn_spool_oldest(struct sn_spool *spool, struct sn_batch *ret_batch);
/** Removes the one that sn_spool_oldest gave last, unless it has gone for want of room meanwhile: then the oldest is another. */
void sn_spool_pop(struct sn_spool *spool);
bool sn_spool_is_empty(const struct sn_spool *spool);
void sn_spool_stats(const struct sn_spool *spool, struct sn_spool_stats *ret_stats);

#endif
