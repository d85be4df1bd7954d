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

/**
 * `pos` stands apart from what is saved and restored around a value within a value: compilers copy neighbours in one wide load,
 * and one that reads what was stored a moment before in a narrow store waits for it.
 */
struct sn_per {
	const uint8_t *data;
	size_t bits; /* length of the data in bits; an error cuts it to `pos`, which is what makes the error stick */
	const uint8_t
		*readable; /* end of the memory around the data: what lies before may be loaded, but is not used beyond `bits` */
	size_t pos;	   /* next bit to read */
	int error;	   /* 0, or the first -EBADMSG (malformed) / -EMSGSIZE (ends too early) / -ENOTSUP */
};

#define SN_PER_UNBOUNDED SIZE_MAX
#define SN_PER_EXTENSION 0x10000u

/** Sets the error unless there is one, and cuts the data here. Returns 0. */
uint32_t sn_per_fail(struct sn_per *per, int error);

static inline void sn_per_init(struct sn_per *per, struct sn_view view)
{
	per->data = view.data;
	per->readable = view.data + view.len;
	per->bits = SN_MIN(view.len, SIZE_MAX / 16) * 8;
	per->pos = 0;
	per->error = 0;
}

/** As sn_per_window, within the last octets of the memory: zeros stand for what is behind its end. */
uint64_t sn_per_window_at_end(const struct sn_per *per, size_t pos);

/** The data from bit `pos` on, leftmost: 57 bits at least, of which those beyond per->bits mean nothing. */
static inline uint64_t sn_per_window(const struct sn_per *per, size_t pos)
{
	const uint8_t *p = per->data + (pos >> 3);

	return (SN_LIKELY(per->readable - p >= 8) ? sn_be64(p) : sn_per_window_at_end(per, pos)) << (pos & 7);
}

/** Reads `count` bits (0 to 56) as one number, most significant first. */
static inline uint64_t sn_per_number(struct sn_per *per, unsigned count)
{
	size_t begin = per->pos, end = begin + count;

	if (SN_UNLIKELY(end > per->bits))
		return sn_per_fail(per, -EMSGSIZE);
	per->pos = end;
	return sn_per_window(per, begin) >> 1 >> (63 - count); /* in two steps: a shift by 64 is none */
}

/** Reads `count` bits (0 to 32), most significant first. */
static inline uint32_t sn_per_bits(struct sn_per *per, unsigned count)
{
	return (uint32_t)sn_per_number(per, count);
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

/**
 * How a constrained whole number (X.691 11.5, aligned variant) is encoded, by its range, ub - lb: X.691 counts one more, its
 * "range" 256 is 255 here. Constants where the range is one.
 */
enum sn_per_form {
	SN_PER_FORM_BITS,    /* 11.5.7.1: in as many bits as it takes */
	SN_PER_FORM_ALIGNED, /* 11.5.7.2, 11.5.7.3: 8 or 16 bits, octet-aligned */
	SN_PER_FORM_OCTETS,  /* 11.5.7.4: the number of octets comes first, as a constrained whole number of its own */
};
#define SN_PER_WIDTH(range)   ((unsigned)((range) ? 64 - __builtin_clzll((range) ? (range) : 1) : 0))
#define SN_PER_FORM_OF(range) ((range) < 255 ? SN_PER_FORM_BITS : (range) <= 0xffff ? SN_PER_FORM_ALIGNED : SN_PER_FORM_OCTETS)
#define SN_PER_FORM_BITS_OF(range)                                                                                               \
	((range) < 255	     ? SN_PER_WIDTH(range)                                                                               \
	 : (range) == 255    ? 8u                                                                                                \
	 : (range) <= 0xffff ? 16u                                                                                               \
			     : SN_PER_WIDTH((SN_PER_WIDTH(range) + 7) / 8 - 1))

/** `count` aligned octets (1 to 8) as a number. */
static inline uint64_t sn_per_octets_number(struct sn_per *per, unsigned count)
{
	size_t begin = (per->pos + 7) & ~(size_t)7, end = begin + (count << 3);

	if (SN_UNLIKELY(end > per->bits))
		return sn_per_fail(per, -EMSGSIZE);
	per->pos = end;
	return sn_per_window(per, begin) >> (64 - (count << 3));
}

/** A number in a form, from 0 on; the caller compares it with the range. */
static inline uint64_t sn_per_formed(struct sn_per *per, enum sn_per_form form, unsigned bits)
{
	uint64_t octets;

	if (form == SN_PER_FORM_BITS)
		return sn_per_number(per, bits);
	if (form == SN_PER_FORM_ALIGNED)
		return sn_per_octets_number(per, bits >> 3);
	octets = sn_per_number(per, bits);
	return SN_UNLIKELY(per->error) ? 0 : sn_per_octets_number(per, (unsigned)octets + 1);
}

/** Constrained whole number lb..ub (X.691 11.5), aligned variant: ranges over 255 are octet-aligned. */
uint64_t sn_per_constrained(struct sn_per *per, uint64_t lb, uint64_t ub);
/** Normally small non-negative whole number (11.6), capped at 65535. */
uint32_t sn_per_small_number(struct sn_per *per);
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
