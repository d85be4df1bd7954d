/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Aligned PER (ITU-T X.691, basic aligned variant), reading only.
 *
 * A cursor over borrowed bytes, at bit granularity. An error sticks: after the first one every read
 * returns 0 and moves nothing, so a decoder may read a run of fields and test `per.error` once.
 */
#ifndef SN_CODEC_PER_H
#define SN_CODEC_PER_H

#include <errno.h>

#include "base/bytes.h"
#include "base/macro.h"

struct sn_per {
	const uint8_t *data;
	size_t bits; /* length of the data in bits; an error cuts it to `pos`, which is what makes the error stick */
	size_t pos;  /* next bit to read */
	int error;   /* 0, or the first -EBADMSG (malformed) / -EMSGSIZE (ends too early) / -ENOTSUP */
};

#define SN_PER_UNBOUNDED SIZE_MAX
#define SN_PER_EXTENSION 0x10000u

/** Sets the error unless there is one, and cuts the data here. Returns 0. */
uint32_t sn_per_fail(struct sn_per *per, int error);

static inline void sn_per_init(struct sn_per *per, struct sn_view view)
{
	per->data = view.data;
	per->bits = SN_MIN(view.len, SIZE_MAX / 16) * 8;
	per->pos = 0;
	per->error = 0;
}

/** Reads `count` bits (0 to 32), most significant first. */
static inline uint32_t sn_per_bits(struct sn_per *per, unsigned count)
{
	size_t end = per->pos + count;
	uint64_t window = 0;

	if (SN_UNLIKELY(end > per->bits))
		return sn_per_fail(per, -EMSGSIZE);
	for (size_t i = per->pos >> 3; i < (end + 7) >> 3; i++)
		window = window << 8 | per->data[i];
	per->pos = end;
	return (uint32_t)(window >> (-end & 7) & ((1ull << count) - 1));
}

static inline bool sn_per_bool(struct sn_per *per)
{
	return sn_per_bits(per, 1);
}

/** Moves to the next octet boundary. */
static inline void sn_per_align(struct sn_per *per)
{
	size_t pos = (per->pos + 7) & ~(size_t)7;

	if (SN_LIKELY(pos <= per->bits)) /* not so only after an error within an octet */
		per->pos = pos;
}

/** Aligned octets, borrowed from the input. */
static inline struct sn_view sn_per_octets(struct sn_per *per, size_t count)
{
	struct sn_view view = { 0 };

	sn_per_align(per);
	if (SN_UNLIKELY(count > (per->bits - per->pos) >> 3)) {
		sn_per_fail(per, -EMSGSIZE);
		return view;
	}
	view.data = per->data + (per->pos >> 3);
	view.len = count;
	per->pos += count << 3;
	return view;
}

/** Constrained whole number lb..ub (X.691 11.5), aligned variant: ranges over 255 are octet-aligned. */
uint64_t sn_per_constrained(struct sn_per *per, uint64_t lb, uint64_t ub);
/** Unconstrained whole number (11.4): a length and that many octets in two's complement, 8 at most. */
int64_t sn_per_integer(struct sn_per *per);
/**
 * Length determinant (X.691 11.9) for lb..ub, or unconstrained when ub is SN_PER_UNBOUNDED or 64K and more (11.9.4.1).
 * Fragmented (>= 16K) gives -ENOTSUP.
 */
size_t sn_per_length(struct sn_per *per, size_t lb, size_t ub);
/**
 * Unconstrained length determinant as it stands there (11.9.4.2): with ret_more set it is the length of a fragment, and another
 * determinant follows behind the fragment.
 */
size_t sn_per_fragment(struct sn_per *per, bool *ret_more);
/**
 * Extensible or plain enumeration/choice index of `count` root values; returns the index, or SN_PER_EXTENSION + n beyond the
 * root (n at most 65535).
 */
uint32_t sn_per_enum(struct sn_per *per, uint32_t count, bool extensible);
/** Open type: unconstrained length and that many octets, borrowed. */
struct sn_view sn_per_open_type(struct sn_per *per);
/** Skips the extension additions of a SEQUENCE whose extension bit was set. */
void sn_per_skip_extensions(struct sn_per *per);

#endif
