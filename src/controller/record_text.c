/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records as JSON text, their attributes as they are. */
#include "controller/record_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

const char *sn_record_time_text(uint64_t time_ns, char ret_text[31])
{
	char text[SN_TIME_TEXT];

	sn_clock_text(time_ns, text);
	snprintf(ret_text, 31, "%.19s.%09" PRIu64 "Z", text, time_ns % SN_NSEC_PER_SEC);
	return ret_text;
}

/** Octets of the UTF-8 character that begins here; 0: none does. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (!len || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

void sn_text_add_json_string(struct sn_text *text, struct sn_view value)
{
	sn_text_add(text, "\"");
	for (size_t i = 0; i < value.len;) {
		size_t len = utf8_len(value.data + i, value.len - i);
		uint8_t octet = value.data[i];

		if (!len)
			sn_text_add(text, "?");
		else if (octet == '"' || octet == '\\')
			sn_text_addf(text, "\\%c", octet);
		else if (octet < 0x20)
			sn_text_addf(text, "\\u%04x", octet);
		else
			sn_text_add_bytes(text, (const char *)value.data + i, len);
		i += len ? len : 1;
	}
	sn_text_add(text, "\"");
}

void sn_record_add_json(struct sn_text *text, const struct sn_store_record *record)
{
	char time[31];

	sn_text_add(text, "{");
	if (record->id)
		sn_text_addf(text, "\"id\":\"%" PRIu64 "\",", record->id);
	sn_text_addf(text, "\"time\":\"%s\",\"node\":", sn_record_time_text(record->time_ns, time));
	sn_text_add_json_string(text, record->node);
	sn_text_add(text, ",\"type\":");
	sn_text_add_json_string(text, record->type);
	if (record->attributes.len > 2) { /* more than {} */
		sn_text_add(text, ",");
		sn_text_add_bytes(text, (const char *)record->attributes.data + 1, record->attributes.len - 1);
	} else {
		sn_text_add(text, "}");
	}
}
