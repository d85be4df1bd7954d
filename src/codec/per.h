/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Aligned PER (ITU-T X.691, basic aligned variant), reading only.
 *
 * A cursor over borrowed bytes, at bit granularity. An error sticks: after the first one every read
 * returns 0 and moves nothing, so a decoder may read a run of fields and test `per.error` once.
 */
#ifndef SN_CODEC_PER_H
#define SN_CODEC_PER_H

#include "base/bytes.h"

struct sn_per {
	const uint8_t *data;
	size_t bits; /* length of the data in bits */
	size_t pos;  /* next bit to read */
	int error;   /* 0, or the first -EBADMSG (malformed) / -EMSGSIZE (ends too early) / -ENOTSUP */
};

void sn_per_init(struct sn_per *per, struct sn_view view);
/** Reads `count` bits (0 to 32), most significant first. */
uint32_t sn_per_bits(struct sn_per *per, unsigned count);
bool sn_per_bool(struct sn_per *per);
/** Moves to the next octet boundary. */
void sn_per_align(struct sn_per *per);
/** Constrained whole number lb..ub (X.691 11.5), aligned variant: ranges over 255 are octet-aligned. */
uint64_t sn_per_constrained(struct sn_per *per, uint64_t lb, uint64_t ub);
/** Length determinant (X.691 11.9) for lb..ub, or unconstrained when ub is SN_PER_UNBOUNDED. Fragmented (>= 16K) gives -ENOTSUP.
 */
size_t sn_per_length(struct sn_per *per, size_t lb, size_t ub);
#define SN_PER_UNBOUNDED SIZE_MAX
/** Extensible or plain enumeration/choice index of `count` root values; returns the index, or SN_PER_EXTENSION + n beyond the
 * root. */
uint32_t sn_per_enum(struct sn_per *per, uint32_t count, bool extensible);
#define SN_PER_EXTENSION 0x10000u
/** Aligned octets, borrowed from the input. */
struct sn_view sn_per_octets(struct sn_per *per, size_t count);
/** Open type: unconstrained length and that many octets, borrowed. */
struct sn_view sn_per_open_type(struct sn_per *per);
/** Skips the extension additions of a SEQUENCE whose extension bit was set. */
void sn_per_skip_extensions(struct sn_per *per);

#endif
