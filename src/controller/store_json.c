/* SPDX-License-Identifier: Apache-2.0 */
/** @file Walks over the members of a JSON object. Lenient: what is no JSON ends the walk, and nothing passes the end. */
#include <stdlib.h>

#include "base/macro.h"
#include "controller/store_bits.h"
#include "controller/store_json.h"

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/** @param p behind the opening mark. @return at the closing one, NULL without. */
static const uint8_t *string_end(const uint8_t *p, const uint8_t *end, bool *ret_escaped)
{
	for (; p < end; p++) {
		if (*p == '"')
			return p;
		if (*p == '\\') {
			*ret_escaped = true;
			p++;
		}
	}
	return NULL;
}

/** The end of an array or object, by counting brackets outside of strings. */
static const uint8_t *nested_end(const uint8_t *p, const uint8_t *end)
{
	unsigned depth = 0;
	bool escaped;

	for (; p < end; p++) {
		if (*p == '"') {
			p = string_end(p + 1, end, &escaped);
			if (!p)
				return NULL;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if ((*p == '}' || *p == ']') && --depth == 0) {
			return p + 1;
		}
	}
	return NULL;
}

static const uint8_t *word_end(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != ',' && *p != '}' && *p != ' ' && *p != '\n' && *p != '\t' && *p != '\r')
		p++;
	return p;
}

struct sn_store_json sn_store_json_begin(struct sn_view object)
{
	struct sn_store_reader all = sn_store_reader_of(object);
	struct sn_store_json json = { skip_space(all.at, all.end), all.end };

	if (json.at < json.end && *json.at == '{')
		json.at++;
	else
		json.at = json.end;
	return json;
}

static bool next_value(struct sn_store_json *json, const uint8_t *p, struct sn_store_member *member)
{
	const uint8_t *end;

	member->escaped = false;
	if (p >= json->end)
		return false;
	if (*p == '"') {
		end = string_end(++p, json->end, &member->escaped);
		json->at = end ? end + 1 : json->end;
	} else {
		end = *p == '{' || *p == '[' ? nested_end(p, json->end) : word_end(p, json->end);
		json->at = end ? end : json->end;
	}
	member->value = (struct sn_view) { p, end ? (size_t)(end - p) : 0 };
	return end != NULL;
}

bool sn_store_json_next(struct sn_store_json *json, struct sn_store_member *ret_member)
{
	const uint8_t *p = skip_space(json->at, json->end), *end;
	bool escaped;

	if (p < json->end && *p == ',')
		p = skip_space(p + 1, json->end);
	if (p >= json->end || *p != '"')
		return false;
	end = string_end(++p, json->end, &escaped);
	if (!end)
		return false;
	ret_member->name = (struct sn_view) { p, (size_t)(end - p) };
	p = skip_space(end + 1, json->end);
	if (p >= json->end || *p != ':')
		return false;
	return next_value(json, skip_space(p + 1, json->end), ret_member);
}

static unsigned hex4(const uint8_t *p)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i];

		value = value << 4 | (c <= '9' ? (unsigned)c - '0' : ((unsigned)c | 32) - 'a' + 10u) % 16;
	}
	return value;
}

static size_t put_utf8(uint32_t c, uint8_t *text)
{
	if (c < 0x80) {
		text[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		text[0] = (uint8_t)(0xc0 | c >> 6);
		text[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		text[0] = (uint8_t)(0xe0 | c >> 12);
		text[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		text[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	text[0] = (uint8_t)(0xf0 | c >> 18);
	text[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	text[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	text[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/** \uXXXX, or two of them that make one character. @return octets read behind the u. */
static size_t unescape_unicode(const uint8_t *p, size_t left, uint32_t *ret_char)
{
	uint32_t c, low;

	if (left < 4)
		return 0;
	c = hex4(p);
	if (c >= 0xd800 && c < 0xdc00 && left >= 10 && p[4] == '\\' && p[5] == 'u') {
		low = hex4(p + 6);
		if (low >= 0xdc00 && low < 0xe000) {
			*ret_char = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			return 10;
		}
	}
	*ret_char = c;
	return 4;
}

size_t sn_store_json_unescape(struct sn_view value, uint8_t *ret_text)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		const char *letter;
		uint32_t c;
		size_t took;

		if (value.data[i] != '\\' || i + 1 == value.len) {
			ret_text[len++] = value.data[i];
			continue;
		}
		i++;
		took = value.data[i] == 'u' ? unescape_unicode(value.data + i + 1, value.len - i - 1, &c) : 0;
		letter = value.data[i] ? strchr(from, value.data[i]) : NULL;
		if (took)
			len += put_utf8(c, ret_text + len);
		else
			ret_text[len++] = letter ? (uint8_t)to[letter - from] : value.data[i];
		i += took;
	}
	return len;
}

bool sn_store_json_same(const struct sn_store_member *member, struct sn_view value)
{
	SN_AUTO_FREE uint8_t *text = NULL;

	if (!member->escaped)
		return sn_store_same(member->value, value);
	text = malloc(member->value.len);
	return text && sn_store_same((struct sn_view) { text, sn_store_json_unescape(member->value, text) }, value);
}

bool sn_store_json_is(struct sn_view object, struct sn_view name, struct sn_view value)
{
	struct sn_store_json json = sn_store_json_begin(object);
	struct sn_store_member member;

	while (sn_store_json_next(&json, &member))
		if (sn_store_same(member.name, name))
			return sn_store_json_same(&member, value);
	return value.len == 0;
}
