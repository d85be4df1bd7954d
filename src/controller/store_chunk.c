/* SPDX-License-Identifier: Apache-2.0 */
/** @file Compresses the points of a series and reads them back, to the bit. */
#include <math.h>

#include "base/clock.h"
#include "base/macro.h"
#include "controller/store_chunk.h"

const struct sn_store_level sn_store_levels[SN_STORE_LEVELS] = {
	{ .step_ns = 0, .keep_ns = 6 * 3600 * SN_NSEC_PER_SEC }, /* as told: every 10 s */
	{ .step_ns = 60 * SN_NSEC_PER_SEC, .keep_ns = 7 * 24 * 3600 * SN_NSEC_PER_SEC },
	{ .step_ns = 600 * SN_NSEC_PER_SEC, .keep_ns = UINT64_MAX },
};

/* how a column of doubles is written */
enum {
	WHOLE, /* differences of whole numbers */
	BITS,  /* exclusive or of the bits */
};
#define WHOLE_MAX 9007199254740992.0 /* 2^53: below it whole numbers are exact */

void sn_store_sum_add(struct sn_store_sum *a, const struct sn_store_sum *b, enum sn_store_series_kind kind)
{
	if (kind == SN_STORE_COUNTER) {
		if (b->last_ns < a->last_ns)
			return;
		a->last_ns = b->last_ns;
		a->sum = b->sum;
		return;
	}
	a->count += b->count;
	a->sum += b->sum;
	a->minimum = b->minimum < a->minimum ? b->minimum : a->minimum;
	a->maximum = b->maximum > a->maximum ? b->maximum : a->maximum;
}

static uint64_t scale_of(const struct sn_store_sum *points, size_t count)
{
	static const uint64_t scales[] = { SN_NSEC_PER_SEC, SN_NSEC_PER_MSEC, SN_NSEC_PER_USEC };

	for (size_t s = 0; s < SN_ARRAY_SIZE(scales); s++) {
		size_t i = 0;

		while (i < count && points[i].time_ns % scales[s] == 0)
			i++;
		if (i == count)
			return scales[s];
	}
	return 1;
}

static void put_times(struct sn_store_buffer *chunk, const struct sn_store_sum *points, size_t count)
{
	uint64_t scale = scale_of(points, count), last = 0, step = 0;

	sn_store_put_number(chunk, scale);
	for (size_t i = 0; i < count; i++) {
		uint64_t time = points[i].time_ns / scale;

		sn_store_put_signed(chunk, (int64_t)(time - last - step));
		step = time - last;
		last = time;
	}
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static bool is_whole(double value)
{
	return value > -WHOLE_MAX && value < WHOLE_MAX && value == trunc(value) && bits_of(value) != bits_of(-0.0);
}

/** A first octet tells how many octets of zeros lead and how many follow that are written. */
static void put_bits(struct sn_store_buffer *chunk, uint64_t different)
{
	unsigned lead, trail;

	if (!different) {
		sn_store_put_u8(chunk, 0);
		return;
	}
	lead = (unsigned)__builtin_clzll(different) / 8;
	trail = (unsigned)__builtin_ctzll(different) / 8;
	sn_store_put_u8(chunk, (uint8_t)(lead << 4 | (8 - lead - trail)));
	for (unsigned i = lead; i < 8 - trail; i++)
		sn_store_put_u8(chunk, (uint8_t)(different >> (56 - 8 * i)));
}

static uint64_t get_bits(struct sn_store_reader *reader)
{
	uint8_t head = sn_store_get_u8(reader);
	unsigned lead = head >> 4, len = head & 15;
	uint64_t different = 0;

	if (lead + len > 8)
		reader->bad = true;
	for (unsigned i = lead; i < lead + len && !reader->bad; i++)
		different |= (uint64_t)sn_store_get_u8(reader) << (56 - 8 * i);
	return different;
}

/** A column of doubles within the points. */
static double *value_at(struct sn_store_sum *points, size_t i, size_t offset)
{
	return (double *)((char *)&points[i] + offset);
}

static void put_values(struct sn_store_buffer *chunk, const struct sn_store_sum *points, size_t count, size_t offset)
{
	struct sn_store_sum *all = (struct sn_store_sum *)points;
	size_t whole = 0;
	uint64_t last = 0;

	while (whole < count && is_whole(*value_at(all, whole, offset)))
		whole++;
	sn_store_put_u8(chunk, whole == count ? WHOLE : BITS);
	for (size_t i = 0; i < count; i++) {
		double value = *value_at(all, i, offset);
		uint64_t now = whole == count ? (uint64_t)(int64_t)value : bits_of(value);

		if (whole == count)
			sn_store_put_signed(chunk, (int64_t)(now - last));
		else
			put_bits(chunk, now ^ last);
		last = now;
	}
}

static void get_values(struct sn_store_reader *reader, struct sn_store_sum *points, size_t count, size_t offset)
{
	bool whole = sn_store_get_u8(reader) == WHOLE;
	uint64_t last = 0;

	for (size_t i = 0; i < count; i++) {
		double *value = value_at(points, i, offset);

		if (whole) {
			last += (uint64_t)sn_store_get_signed(reader);
			*value = (double)(int64_t)last;
		} else {
			last ^= get_bits(reader);
			memcpy(value, &last, sizeof(last));
		}
	}
}

int sn_store_chunk_write(const struct sn_store_sum *points, size_t count, unsigned level, enum sn_store_series_kind kind,
			 struct sn_store_buffer *ret_chunk)
{
	sn_store_buffer_clear(ret_chunk);
	sn_store_put_number(ret_chunk, count);
	put_times(ret_chunk, points, count);
	put_values(ret_chunk, points, count, offsetof(struct sn_store_sum, sum));
	for (size_t i = 0; i < count && level; i++)
		sn_store_put_number(ret_chunk,
				    kind == SN_STORE_COUNTER ? points[i].last_ns - points[i].time_ns : points[i].count);
	if (level && kind == SN_STORE_GAUGE) {
		put_values(ret_chunk, points, count, offsetof(struct sn_store_sum, minimum));
		put_values(ret_chunk, points, count, offsetof(struct sn_store_sum, maximum));
	}
	return ret_chunk->failed ? -ENOMEM : 0;
}

/** What a single sample is as a sum. */
static void complete(struct sn_store_sum *points, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		points[i].count = 1;
		points[i].last_ns = points[i].time_ns;
		points[i].minimum = points[i].maximum = points[i].sum;
	}
}

int sn_store_chunk_read(struct sn_view chunk, unsigned level, enum sn_store_series_kind kind,
			struct sn_store_sum ret_points[SN_STORE_CHUNK_POINTS])
{
	struct sn_store_reader reader = sn_store_reader_of(chunk);
	uint64_t count = sn_store_get_number(&reader), scale = sn_store_get_number(&reader), last = 0, step = 0;

	if (count > SN_STORE_CHUNK_POINTS || reader.bad)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		step += (uint64_t)sn_store_get_signed(&reader);
		last += step;
		ret_points[i].time_ns = last * scale;
	}
	get_values(&reader, ret_points, count, offsetof(struct sn_store_sum, sum));
	complete(ret_points, count);
	for (size_t i = 0; i < count && level; i++) {
		uint64_t number = sn_store_get_number(&reader);

		if (kind == SN_STORE_COUNTER)
			ret_points[i].last_ns = ret_points[i].time_ns + number;
		else
			ret_points[i].count = number;
	}
	if (level && kind == SN_STORE_GAUGE) {
		get_values(&reader, ret_points, count, offsetof(struct sn_store_sum, minimum));
		get_values(&reader, ret_points, count, offsetof(struct sn_store_sum, maximum));
	}
	return reader.bad || reader.at != reader.end ? -EBADMSG : (int)count;
}
