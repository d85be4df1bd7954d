/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records to OTLP. */
#include "model/record_otlp.h"

#include <math.h>
#include <string.h>

#define MAX_FIELDS 64

static struct sn_view view_of(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

/** @return false when there is nothing to send. */
static bool value_of(const struct sn_field *field, const void *at, struct sn_otlp_value *ret_value)
{
	bool optional = field->flags & SN_FIELD_OPTIONAL;
	const char *text;

	switch ((enum sn_field_type)field->type) {
	case SN_FIELD_U64:
	case SN_FIELD_TIME:
		*ret_value = (struct sn_otlp_value) { .kind = SN_OTLP_INT, .integer = (int64_t) * (const uint64_t *)at };
		return !optional || ret_value->integer;
	case SN_FIELD_F64:
		*ret_value = (struct sn_otlp_value) { .kind = SN_OTLP_DOUBLE, .number = *(const double *)at };
		return !isnan(ret_value->number);
	case SN_FIELD_BOOL:
		*ret_value = (struct sn_otlp_value) { .kind = SN_OTLP_BOOL, .integer = *(const bool *)at };
		return !optional || ret_value->integer;
	case SN_FIELD_STRING:
		text = *(const char *const *)at;
		if (!text || (optional && !*text))
			return false;
		*ret_value = (struct sn_otlp_value) { .kind = SN_OTLP_STRING, .text = view_of(text) };
		return true;
	case SN_FIELD_DISTRIBUTION:
	case SN_FIELD_LABELS:
	case SN_FIELD_LIST:
	case _SN_FIELD_TYPE_MAX:
		break;
	}
	return false;
}

void sn_record_to_otlp(const struct sn_record_type *type, const void *row, uint64_t time_ns, struct sn_otlp_writer *writer)
{
	struct sn_otlp_attribute attributes[MAX_FIELDS];
	struct sn_otlp_log log = {
		.time_ns = time_ns, .severity = 9 /* INFO */, .event_name = view_of(type->name), .attributes = attributes
	};

	for (size_t i = type->event; /* its time is the record's own */ i < type->field_count && log.attribute_count < MAX_FIELDS;
	     i++) {
		const struct sn_field *field = &type->fields[i];
		struct sn_otlp_attribute *attribute = &attributes[log.attribute_count];

		if (!value_of(field, (const char *)row + field->offset, &attribute->value))
			continue;
		attribute->key = view_of(field->name);
		log.attribute_count++;
	}
	sn_otlp_add_log(writer, &log);
}
