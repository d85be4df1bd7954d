/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A histogram of durations: logarithmic buckets, 16 to the octave, from 100 µs to 60 s, so that any quantile is
 * within 3 % of the truth, whatever the spread. Below and above are one bucket each; count, sum and maximum are exact.
 */
#ifndef SN_BASE_HIST_H
#define SN_BASE_HIST_H

#include <stdint.h>

#define SN_HIST_MIN_NS	 100000ull	/* 100 µs */
#define SN_HIST_MAX_NS	 60000000000ull /* 60 s */
#define SN_HIST_SUB_BITS 4
#define SN_HIST_BUCKETS	 328

struct sn_hist {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint32_t buckets[SN_HIST_BUCKETS];
};

void sn_hist_add(struct sn_hist *hist, uint64_t ns);
/** Adds all of `from`. */
void sn_hist_merge(struct sn_hist *hist, const struct sn_hist *from);
/** The duration below which the share `q` (0 to 1) of the samples lies; 0 when empty. Never above the maximum. */
uint64_t sn_hist_quantile_ns(const struct sn_hist *hist, double q);
uint64_t sn_hist_mean_ns(const struct sn_hist *hist);
/** How many samples are at most `ns` (to the bucket). */
uint64_t sn_hist_count_below(const struct sn_hist *hist, uint64_t ns);

#endif
