/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the parts that deal with series share. */
#ifndef SN_CONTROLLER_STORE_SERIES_H
#define SN_CONTROLLER_STORE_SERIES_H

#include "controller/store_chunk.h"
#include "controller/store_internal.h"

/**
 * Puts points, sorted by time, into the chunks of a series. Where there is a point of that time already, a sample replaces it, a
 * sum is added to it. Within a transaction of series.db. @return 0 or a negative errno with words.
 */
int sn_store_chunks_put(struct sn_store *store, int64_t series, unsigned level, enum sn_store_series_kind kind,
			const struct sn_store_sum *points, size_t count, struct sn_diag *reterr);
/** Points of equal steps become one. `points` are sorted. @return how many are left. */
size_t sn_store_sums_fold(struct sn_store_sum *points, size_t count, uint64_t step_ns, enum sn_store_series_kind kind);

#endif
