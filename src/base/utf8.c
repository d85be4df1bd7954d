/* SPDX-License-Identifier: Apache-2.0 */
/** @file UTF-8 by the table of RFC 3629, clause 4. */
#include "base/utf8.h"

static bool is_tail(uint8_t octet)
{
	return (octet & 0xc0) == 0x80;
}

size_t sn_utf8_character(const uint8_t *p, size_t len)
{
	if (!len)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len < 2 || !is_tail(p[1]))
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (len < 3 || !is_tail(p[2]))
		return 0;
	if (p[0] < 0xf0) /* U+0800 at least, and no surrogate */
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0 : 3;
	if (len < 4 || !is_tail(p[3])) /* U+10000 at least, U+10FFFF at most */
		return 0;
	return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

bool sn_utf8_valid_slow(struct sn_view text)
{
	for (size_t i = 0, len; i < text.len; i += len) {
		len = sn_utf8_character(text.data + i, text.len - i);
		if (!len)
			return false;
	}
	return true;
}
