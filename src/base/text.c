/* SPDX-License-Identifier: Apache-2.0 */
/** @file The growing text, nearest names, sizes and durations in words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

bool sn_text_reserve(struct sn_text *text, size_t more)
{
	size_t need, size;
	char *data;

	if (text->failed)
		return false;
	if (__builtin_add_overflow(text->len, more, &need) || need == SIZE_MAX) {
		text->failed = true;
		return false;
	}
	if (need < text->size)
		return true;
	size = text->size ? text->size : 256;
	while (size <= need)
		size = size > SIZE_MAX / 2 ? need + 1 : size * 2;
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void sn_text_add_bytes(struct sn_text *text, const char *data, size_t len)
{
	if (!sn_text_reserve(text, len))
		return;
	if (len)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void sn_text_add(struct sn_text *text, const char *string)
{
	sn_text_add_bytes(text, string, strlen(string));
}

void sn_text_addf(struct sn_text *text, const char *format, ...)
{
	va_list args, again;
	size_t room;
	int len;

	if (!sn_text_reserve(text, 64))
		return;
	room = text->size - text->len;
	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(text->data + text->len, room, format, args);
	if (len >= 0 && (size_t)len >= room && sn_text_reserve(text, (size_t)len))
		len = vsnprintf(text->data + text->len, text->size - text->len, format, again);
	va_end(again);
	va_end(args);
	if (len < 0)
		text->failed = true;
	if (text->failed)
		text->data[text->len] = '\0';
	else
		text->len += (size_t)len;
}

void sn_text_free(struct sn_text *text)
{
	free(text->data);
	*text = (struct sn_text) { 0 };
}

size_t sn_text_columns(const char *string)
{
	size_t columns = 0;

	for (; *string; string++)
		columns += ((unsigned char)*string & 0xc0) != 0x80;
	return columns;
}

/** Octets of the UTF-8 sequence at `p` that may be written as it is; 0 when it is none or a control character. */
static size_t printable_sequence(const unsigned char *p)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (!len || *p < 0x20 || *p == 0x7f)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* U+0080 to U+009F are controls too: some terminals obey them. */
	if (*p == 0xc2 && p[1] < 0xa0)
		return 0;
	return len;
}

size_t sn_text_escape(const char *raw, char *ret_text, size_t size)
{
	const unsigned char *p = (const unsigned char *)raw;
	size_t len = 0;

	while (*p && len + 8 < size) {
		size_t sequence = printable_sequence(p);

		if (sequence) {
			memcpy(ret_text + len, p, sequence);
			len += sequence;
			p += sequence;
		} else {
			len += (size_t)snprintf(ret_text + len, size - len, "\\x%02x", *p++);
		}
	}
	ret_text[len] = '\0';
	return len;
}

/** Longer names are not compared: the cost is bounded whatever a file holds. */
#define NEAREST_MAX 64

/** Optimal string alignment distance: Levenshtein's and neighbours that changed places. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t rows[3][NEAREST_MAX + 1];
	uint8_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (uint8_t)j;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *free_row = before;

		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = SN_MIN(best, above[j] + 1u);
			best = SN_MIN(best, row[j - 1] + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = SN_MIN(best, before[j - 2] + 1u);
			row[j] = (uint8_t)best;
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b_len];
}

const char *sn_text_nearest(const char *word, const char *const *names)
{
	size_t word_len = strlen(word), best = SIZE_MAX;
	const char *nearest = NULL;

	if (!word_len || word_len > NEAREST_MAX)
		return NULL;
	for (; *names; names++) {
		size_t len = strlen(*names), distance, limit;

		if (!len || len > NEAREST_MAX)
			continue;
		limit = SN_MAX(SN_MAX(word_len, len) / 3, 1u);
		distance = edit_distance(word, word_len, *names, len);
		if (distance <= limit && distance < best && distance < SN_MAX(word_len, len)) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/** Digits, then one of `units` ("" is the unit of a bare number, where there may be one). */
static int parse_number_with_unit(const char *text, const struct unit *units, size_t count, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	if (p == text)
		return -EINVAL;
	if (*p == ' ' && p[1])
		p++;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		return __builtin_mul_overflow(value, units[i].factor, ret_value) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int sn_text_parse_size(const char *text, uint64_t *ret_octets)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 }, { "KiB", 1ull << 10 }, { "MiB", 1ull << 20 }, { "GiB", 1ull << 30 }, { "TiB", 1ull << 40 }
	};
	uint64_t value;
	int err = parse_number_with_unit(text, units, SN_ARRAY_SIZE(units), &value);

	if (!err)
		*ret_octets = value;
	return err;
}

int sn_text_parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = { { "ns", 1 },
					     { "us", SN_NSEC_PER_USEC },
					     { "µs", SN_NSEC_PER_USEC },
					     { "ms", SN_NSEC_PER_MSEC },
					     { "s", SN_NSEC_PER_SEC },
					     { "m", 60 * SN_NSEC_PER_SEC },
					     { "min", 60 * SN_NSEC_PER_SEC },
					     { "h", 3600 * SN_NSEC_PER_SEC },
					     { "d", 86400 * SN_NSEC_PER_SEC } };
	uint64_t value;
	int err = parse_number_with_unit(text, units, SN_ARRAY_SIZE(units), &value);

	if (!err)
		*ret_ns = value;
	return err;
}

const char *sn_text_duration(uint64_t ns, char ret_text[24])
{
	static const struct unit units[] = {
		{ "d", 86400 * SN_NSEC_PER_SEC }, { "h", 3600 * SN_NSEC_PER_SEC }, { "min", 60 * SN_NSEC_PER_SEC },
		{ "s", SN_NSEC_PER_SEC },	  { "ms", SN_NSEC_PER_MSEC },	   { "µs", SN_NSEC_PER_USEC },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(units); i++) {
		double value = (double)ns / (double)units[i].factor;

		if (ns < units[i].factor)
			continue;
		/* Three significant digits. */
		snprintf(ret_text, 24, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[i].name);
		return ret_text;
	}
	snprintf(ret_text, 24, "%u ns", (unsigned)ns);
	return ret_text;
}
