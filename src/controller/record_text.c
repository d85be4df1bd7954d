/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records as JSON text, their attributes as they are. */
#include "controller/record_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"

const char *sn_record_time_text(uint64_t time_ns, char ret_text[31])
{
	char text[SN_TIME_TEXT];

	sn_clock_text(time_ns, text);
	snprintf(ret_text, 31, "%.19s.%09" PRIu64 "Z", text, (uint64_t)(time_ns % SN_NSEC_PER_SEC));
	return ret_text;
}

/** How many octets from here on stand for themselves, as nearly all do. */
static size_t plain_length(const uint8_t *data, size_t len)
{
	size_t i = 0;

	while (i < len && data[i] >= 0x20 && data[i] < 0x7f && data[i] != '"' && data[i] != '\\')
		i++;
	return i;
}

void sn_text_add_json_string(struct sn_text *text, struct sn_view value)
{
	sn_text_add(text, "\"");
	for (size_t i = 0; i < value.len;) {
		size_t plain = plain_length(value.data + i, value.len - i), len;
		uint8_t octet;

		sn_text_add_bytes(text, (const char *)value.data + i, plain);
		i += plain;
		if (i == value.len)
			break;
		octet = value.data[i];
		len = sn_utf8_character(value.data + i, value.len - i);
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
