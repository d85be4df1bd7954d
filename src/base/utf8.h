/* SPDX-License-Identifier: Apache-2.0 */
/** @file Is it UTF-8 (RFC 3629)? Made for short texts that are ASCII nearly always. */
#ifndef SN_BASE_UTF8_H
#define SN_BASE_UTF8_H

#include "base/bytes.h"

/** Octets of the character at `p`, of which `len` follow; 0 when there is none: cut, too long a form, a surrogate, beyond
 * U+10FFFF. */
size_t sn_utf8_character(const uint8_t *p, size_t len);
/** The part of sn_utf8_valid() that looks at each character. */
bool sn_utf8_valid_slow(struct sn_view text);

/** Text without an octet above 0x7f, looked at eight by eight; the last eight may be looked at in part twice. */
static inline bool sn_ascii_valid(struct sn_view text)
{
	uint64_t all = 0, octets;

	if (text.len < sizeof(octets)) {
		for (size_t i = 0; i < text.len; i++)
			all |= text.data[i];
		return !(all & 0x80);
	}
	for (size_t i = 0; i + sizeof(octets) < text.len; i += sizeof(octets)) {
		memcpy(&octets, text.data + i, sizeof(octets));
		all |= octets;
	}
	memcpy(&octets, text.data + text.len - sizeof(octets), sizeof(octets));
	return !((all | octets) & UINT64_C(0x8080808080808080));
}

static inline bool sn_utf8_valid(struct sn_view text)
{
	return sn_ascii_valid(text) || sn_utf8_valid_slow(text);
}

#endif
