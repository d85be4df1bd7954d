/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records to JSON, by their field tables. */
#include "model/report.h"

#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/hist.h"

int sn_report_init(struct sn_report *report)
{
	report->root = json_object();
	report->module = report->root;
	return report->root ? 0 : -ENOMEM;
}

void sn_report_fini(struct sn_report *report)
{
	json_decref(report->root);
	report->root = report->module = NULL;
}

void sn_report_begin(struct sn_report *report, const char *module)
{
	report->module = json_object();
	json_object_set_new(report->root, module, report->module);
}

/* What an NF sends as a name need not be UTF-8; octets that are not are shown as '?'. */
static json_t *json_text(const char *text)
{
	json_t *string = json_string(text);
	char copy[512];
	size_t n = 0;

	if (string)
		return string;
	for (; text[n] && n < sizeof(copy) - 1; n++)
		copy[n] = (unsigned char)text[n] < 0x80 ? text[n] : '?';
	copy[n] = '\0';
	return json_string(copy);
}

static json_t *json_ms(uint64_t ns)
{
	return json_real(round((double)ns / 1e3) / 1e3);
}

static json_t *distribution_json(const struct sn_hist *hist)
{
	json_t *object = json_object();

	json_object_set_new(object, "count", json_integer((json_int_t)hist->count));
	json_object_set_new(object, "mean", json_ms(sn_hist_mean_ns(hist)));
	json_object_set_new(object, "p50", json_ms(sn_hist_quantile_ns(hist, 0.50)));
	json_object_set_new(object, "p95", json_ms(sn_hist_quantile_ns(hist, 0.95)));
	json_object_set_new(object, "p99", json_ms(sn_hist_quantile_ns(hist, 0.99)));
	json_object_set_new(object, "max", json_ms(hist->max_ns));
	return object;
}

static json_t *labels_json(const struct sn_label_set *set)
{
	json_t *object = json_object();

	for (size_t i = 0; i < set->count; i++)
		if (set->labels[i].value && set->labels[i].value[0])
			json_object_set_new(object, set->labels[i].name, json_text(set->labels[i].value));
	return object;
}

static json_t *list_json(const struct sn_row_list *list, const struct sn_record_type *element)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, sn_record_json(element, (const char *)list->rows + i * element->size));
	return array;
}

static json_t *field_json(const struct sn_field *field, const void *at)
{
	char text[SN_TIME_TEXT];

	switch ((enum sn_field_type)field->type) {
	case SN_FIELD_U64:
		return json_integer((json_int_t) * (const uint64_t *)at);
	case SN_FIELD_F64:
		return isnan(*(const double *)at) ? json_null() : json_real(*(const double *)at);
	case SN_FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case SN_FIELD_STRING:
		return *(const char *const *)at ? json_text(*(const char *const *)at) : json_null();
	case SN_FIELD_TIME:
		return json_string(sn_clock_text(*(const uint64_t *)at, text));
	case SN_FIELD_DISTRIBUTION:
		return *(const struct sn_hist *const *)at ? distribution_json(*(const struct sn_hist *const *)at) : json_null();
	case SN_FIELD_LABELS:
		return labels_json(at);
	case SN_FIELD_LIST:
		return list_json(at, field->element);
	case _SN_FIELD_TYPE_MAX:
		break;
	}
	return json_null();
}

static bool field_empty(const struct sn_field *field, const void *at)
{
	switch ((enum sn_field_type)field->type) {
	case SN_FIELD_U64:
	case SN_FIELD_TIME:
		return *(const uint64_t *)at == 0;
	case SN_FIELD_F64:
		return isnan(*(const double *)at);
	case SN_FIELD_BOOL:
		return !*(const bool *)at;
	case SN_FIELD_STRING:
		return !*(const char *const *)at || !**(const char *const *)at;
	case SN_FIELD_DISTRIBUTION:
		return !*(const struct sn_hist *const *)at || !(*(const struct sn_hist *const *)at)->count;
	case SN_FIELD_LABELS:
		return ((const struct sn_label_set *)at)->count == 0;
	case SN_FIELD_LIST:
		return ((const struct sn_row_list *)at)->count == 0;
	case _SN_FIELD_TYPE_MAX:
		break;
	}
	return true;
}

json_t *sn_record_json(const struct sn_record_type *type, const void *row)
{
	json_t *object = json_object();

	for (size_t i = 0; i < type->field_count; i++) {
		const struct sn_field *field = &type->fields[i];
		const void *at = (const char *)row + field->offset;

		if (!(field->flags & SN_FIELD_OPTIONAL) || !field_empty(field, at))
			json_object_set_new(object, field->name, field_json(field, at));
	}
	return object;
}

static json_t *section_of(struct sn_report *report, const char *section)
{
	json_t *array = json_object_get(report->module, section);

	if (!array) {
		array = json_array();
		json_object_set_new(report->module, section, array);
	}
	return array;
}

void sn_report_section(struct sn_report *report, const char *section)
{
	section_of(report, section);
}

void sn_report_row(struct sn_report *report, const char *section, const struct sn_record_type *type, const void *row)
{
	json_array_append_new(section_of(report, section), sn_record_json(type, row));
}

void sn_report_number(struct sn_report *report, const char *name, uint64_t value)
{
	json_object_set_new(report->module, name, json_integer((json_int_t)value));
}

void sn_report_string(struct sn_report *report, const char *name, const char *value)
{
	json_object_set_new(report->module, name, json_text(value));
}
