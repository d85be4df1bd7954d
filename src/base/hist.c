/* SPDX-License-Identifier: Apache-2.0 */
/** @file Log-linear histogram: each octave above 100 µs is cut in 16 equal buckets. */
#include "base/hist.h"

#include <stddef.h>

/* One sixteenth of the smallest octave, so that a duration in these units has its bucket in its top five bits. */
#define UNIT_NS (SN_HIST_MIN_NS >> SN_HIST_SUB_BITS)
#define SUB	(1u << SN_HIST_SUB_BITS)

static size_t bucket_of(uint64_t ns)
{
	uint64_t units;
	unsigned octave;

	if (ns < SN_HIST_MIN_NS)
		return 0;
	if (ns > SN_HIST_MAX_NS)
		return SN_HIST_BUCKETS - 1;
	units = ns / UNIT_NS;
	octave = 63u - (unsigned)__builtin_clzll(units) - SN_HIST_SUB_BITS;
	return 1 + octave * SUB + (size_t)(units >> octave) - SUB;
}

/* Upper edge (not included) of a bucket. */
static uint64_t bucket_end_ns(size_t bucket)
{
	size_t octave, sub;

	if (bucket == 0)
		return SN_HIST_MIN_NS;
	octave = (bucket - 1) / SUB;
	sub = (bucket - 1) % SUB;
	return ((uint64_t)(SUB + sub + 1) << octave) * UNIT_NS;
}

static uint64_t bucket_begin_ns(size_t bucket)
{
	return bucket ? bucket_end_ns(bucket - 1) : 0;
}

void sn_hist_add(struct sn_hist *hist, uint64_t ns)
{
	hist->count++;
	hist->sum_ns += ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	hist->buckets[bucket_of(ns)]++;
}

void sn_hist_merge(struct sn_hist *hist, const struct sn_hist *from)
{
	hist->count += from->count;
	hist->sum_ns += from->sum_ns;
	if (from->max_ns > hist->max_ns)
		hist->max_ns = from->max_ns;
	for (size_t i = 0; i < SN_HIST_BUCKETS; i++)
		hist->buckets[i] += from->buckets[i];
}

uint64_t sn_hist_quantile_ns(const struct sn_hist *hist, double q)
{
	double rank = q * (double)hist->count;
	uint64_t before = 0;

	if (!hist->count)
		return 0;
	for (size_t i = 0; i < SN_HIST_BUCKETS - 1; i++) {
		uint32_t n = hist->buckets[i];

		if (n && (double)(before + n) >= rank) {
			/* Spread the bucket's samples evenly over it: the error stays within its width. */
			double part = (rank - (double)before) / n;
			uint64_t begin = bucket_begin_ns(i), end = bucket_end_ns(i);
			uint64_t value = begin + (uint64_t)((double)(end - begin) * (part < 0 ? 0 : part));

			return value < hist->max_ns ? value : hist->max_ns;
		}
		before += n;
	}
	return hist->max_ns;
}

uint64_t sn_hist_mean_ns(const struct sn_hist *hist)
{
	return hist->count ? hist->sum_ns / hist->count : 0;
}

uint64_t sn_hist_count_below(const struct sn_hist *hist, uint64_t ns)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SN_HIST_BUCKETS - 1 && bucket_end_ns(i) <= ns + UNIT_NS; i++)
		n += hist->buckets[i];
	return ns >= hist->max_ns ? hist->count : n;
}
