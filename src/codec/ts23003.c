/* SPDX-License-Identifier: Apache-2.0 */
/** @file Texts of the identities of TS 23.003. */
#include "codec/ts23003.h"

#include <stdio.h>

static char digit(unsigned nibble)
{
	return nibble <= 9 ? (char)('0' + nibble) : '?';
}

const char *sn_plmn_text(sn_plmn_t plmn, char ret_text[SN_PLMN_TEXT])
{
	unsigned a = plmn >> 16 & 0xff, b = plmn >> 8 & 0xff, c = plmn & 0xff;
	char *p = ret_text;

	*p++ = digit(a & 0xf);
	*p++ = digit(a >> 4);
	*p++ = digit(b & 0xf);
	*p++ = '-';
	*p++ = digit(c & 0xf);
	*p++ = digit(c >> 4);
	if (b >> 4 != 0xf) /* filler: the MNC has two digits */
		*p++ = digit(b >> 4);
	*p = '\0';
	return ret_text;
}

const char *sn_snssai_text(const struct sn_snssai *snssai, char ret_text[SN_SNSSAI_TEXT])
{
	if (!snssai->present)
		ret_text[0] = '\0';
	else if (snssai->sd == SN_SD_NONE)
		snprintf(ret_text, SN_SNSSAI_TEXT, "%u", snssai->sst);
	else
		snprintf(ret_text, SN_SNSSAI_TEXT, "%u-%06x", snssai->sst, snssai->sd & 0xffffff);
	return ret_text;
}
