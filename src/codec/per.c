/* SPDX-License-Identifier: Apache-2.0 */
/** @file The parts of the aligned PER reader that are too long to stand in its header. */
#include "codec/per.h"

uint32_t sn_per_fail(struct sn_per *per, int error)
{
	if (!per->error)
		per->error = error;
	per->bits = per->pos;
	return 0;
}

uint64_t sn_per_window_at_end(const struct sn_per *per, size_t pos)
{
	uint64_t window = 0;

	for (size_t i = pos >> 3, end = (pos >> 3) + 8; i < end; i++)
		window = window << 8 | (per->data + i < per->readable ? per->data[i] : 0);
	return window;
}

uint64_t sn_per_constrained(struct sn_per *per, uint64_t lb, uint64_t ub)
{
	uint64_t range = ub - lb, value = sn_per_formed(per, SN_PER_FORM_OF(range), SN_PER_FORM_BITS_OF(range));

	if (per->error)
		return 0;
	if (value > range)
		return sn_per_fail(per, -EBADMSG);
	return lb + value;
}

int64_t sn_per_integer(struct sn_per *per)
{
	size_t count = sn_per_length(per, 0, SN_PER_UNBOUNDED);
	unsigned unused = (8 - (unsigned)count) * 8;
	uint64_t value;

	if (!per->error && (count == 0 || count > 8))
		sn_per_fail(per, -EBADMSG);
	if (per->error)
		return 0;
	value = sn_per_octets_number(per, (unsigned)count);
	return (int64_t)(value << unused) >> unused;
}

size_t sn_per_fragment(struct sn_per *per, bool *ret_more)
{
	struct sn_view head = sn_per_octets(per, 1);
	unsigned first;

	*ret_more = false;
	if (SN_UNLIKELY(per->error))
		return 0;
	first = head.data[0];
	if (SN_LIKELY(first < 0x80))
		return first;
	if (first < 0xc0)
		return (first & 0x3f) << 8 | sn_per_bits(per, 8);
	first &= 0x3f; /* 11.9.4.2 c: one to four times 16K */
	if (first < 1 || first > 4)
		return sn_per_fail(per, -EBADMSG);
	*ret_more = true;
	return (size_t)first << 14;
}

size_t sn_per_length(struct sn_per *per, size_t lb, size_t ub)
{
	size_t length;
	bool more;

	if (ub < 0x10000)
		return (size_t)sn_per_constrained(per, lb, ub);
	length = sn_per_fragment(per, &more);
	if (more)
		return sn_per_fail(per, -ENOTSUP);
	if (!per->error && length < lb)
		return sn_per_fail(per, -EBADMSG);
	return per->error ? 0 : length;
}

uint32_t sn_per_small_number(struct sn_per *per)
{
	size_t count;
	uint64_t value;

	if (!sn_per_bool(per))
		return sn_per_bits(per, 6);
	count = sn_per_length(per, 0, SN_PER_UNBOUNDED);
	if (!per->error && (count == 0 || count > 8))
		sn_per_fail(per, -EBADMSG);
	if (per->error)
		return 0;
	value = sn_per_octets_number(per, (unsigned)count);
	return (uint32_t)SN_MIN(value, 0xffff);
}

uint32_t sn_per_enum(struct sn_per *per, uint32_t count, bool extensible)
{
	uint32_t value;

	if (extensible && sn_per_bool(per)) {
		value = sn_per_small_number(per);
		return per->error ? 0 : SN_PER_EXTENSION + value;
	}
	return count ? (uint32_t)sn_per_constrained(per, 0, count - 1) : 0;
}

struct sn_view sn_per_open_type(struct sn_per *per)
{
	return sn_per_octets(per, sn_per_length(per, 0, SN_PER_UNBOUNDED));
}

void sn_per_skip_extensions(struct sn_per *per)
{
	size_t count, present = 0;

	/* Normally small length (11.9.3.4): one less than the length in 6 bits, or the general form. */
	if (!sn_per_bool(per))
		count = sn_per_bits(per, 6) + 1;
	else
		count = sn_per_length(per, 1, SN_PER_UNBOUNDED);
	for (; count > 0 && !per->error; count--)
		present += sn_per_bool(per);
	for (; present > 0 && !per->error; present--)
		sn_per_open_type(per);
}
