/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A chunk: up to 128 points of one series, compressed. Times by the difference of differences, values by the exclusive or
 * with the one before, or by differences where all are whole numbers: some 2 to 4 octets a sample. Pure: octets in, octets out.
 */
#ifndef SN_CONTROLLER_STORE_CHUNK_H
#define SN_CONTROLLER_STORE_CHUNK_H

#include "controller/store.h"
#include "controller/store_bits.h"

#define SN_STORE_CHUNK_POINTS 128

/** The steps of down-sampling. Level 0 is what was told. */
#define SN_STORE_LEVELS 3
struct sn_store_level {
	uint64_t step_ns;
	uint64_t keep_ns; /* then it goes to the next level; of the last one the options tell */
};
extern const struct sn_store_level sn_store_levels[SN_STORE_LEVELS];

/** A sample, or what a step of samples makes. */
struct sn_store_sum {
	uint64_t time_ns;	      /* of level 0 the sample's own, else when the step begins */
	uint64_t last_ns;	      /* a counter's: when its last value was told */
	uint64_t count;		      /* a gauge's: samples in it */
	double sum, minimum, maximum; /* of a counter sum is the last value, and nothing else */
};

/** Takes `b` into `a`, which is of the same step; of a level of samples, the one told later stands. */
void sn_store_sum_add(struct sn_store_sum *a, const struct sn_store_sum *b, enum sn_store_series_kind kind);
int sn_store_chunk_write(const struct sn_store_sum *points, size_t count, unsigned level, enum sn_store_series_kind kind,
			 struct sn_store_buffer *ret_chunk);
/** @return how many points, or -EBADMSG. */
int sn_store_chunk_read(struct sn_view chunk, unsigned level, enum sn_store_series_kind kind,
			struct sn_store_sum ret_points[SN_STORE_CHUNK_POINTS]);

#endif
