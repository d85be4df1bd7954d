/* SPDX-License-Identifier: Apache-2.0 */
/** @file Records by filters: pages, exports, counts; and their types. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "controller/internal.h"
#include "controller/record_text.h"
#include "model/document.h"

#define PAGE	    200u
#define PAGE_MAX    2000u
#define EXPORT_MAX  100000u
#define COUNTS	    100u
#define COUNTS_MAX  10000u
#define WHERE_MAX   16u
#define FIELDS_MAX  64u
#define EXPORT_SIZE (256u << 20) /* octets of one answer */

static struct sn_view view_of(const char *text)
{
	return text ? (struct sn_view) { (const uint8_t *)text, strlen(text) } : (struct sn_view) { 0 };
}

/** The filters of a request, as the store takes them. */
struct filters {
	struct sn_store_query query;
	struct sn_store_where where[WHERE_MAX];
	bool too_many, malformed;
};

static void take_where(void *ctx, const char *value)
{
	struct filters *filters = ctx;
	const char *colon = strchr(value, ':');

	if (!colon || colon == value) {
		filters->malformed = true;
		return;
	}
	if (filters->query.where_count == WHERE_MAX) {
		filters->too_many = true;
		return;
	}
	filters->where[filters->query.where_count++] = (struct sn_store_where) {
		.field = { (const uint8_t *)value, (size_t)(colon - value) },
		.value = view_of(colon + 1),
	};
}

static int take_filters(const struct sn_api_call *call, uint64_t limit, uint64_t limit_max, struct filters *filters,
			struct sn_http_answer *answer)
{
	const struct sn_http_request *request = call->request;
	struct sn_store_query *query = &filters->query;

	*filters = (struct filters) { 0 };
	if (sn_api_time(call, "from", 0, &query->from_ns, answer) || sn_api_time(call, "to", 0, &query->to_ns, answer) ||
	    sn_api_number(call, "limit", limit, limit_max, &limit, answer))
		return -EINVAL;
	if (query->from_ns && !query->to_ns)
		query->to_ns = INT64_MAX;
	query->limit = (uint32_t)limit;
	query->type = view_of(request->parameter(request, "type"));
	query->node = view_of(request->parameter(request, "node"));
	query->ue = view_of(request->parameter(request, "ue"));
	query->gnb = view_of(request->parameter(request, "gnb"));
	query->where = filters->where;
	request->each_parameter(request, "where", take_where, filters);
	if (filters->malformed)
		sn_http_refuse(answer, 400, "where must be FIELD:VALUE");
	else if (filters->too_many)
		sn_http_refuse(answer, 400, "where may be given %u times", WHERE_MAX);
	return filters->malformed || filters->too_many ? -EINVAL : 0;
}

static void refuse_store(int64_t err, const struct sn_diag *diag, struct sn_http_answer *answer)
{
	sn_http_refuse(answer, err == -EINVAL ? 400 : 500, "%s", diag->text[0] ? diag->text : strerror((int)-err));
}

/* --- a page or an export */

enum format { FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

struct page {
	enum format format;
	struct sn_text *text;
	const char *fields[FIELDS_MAX + 1]; /* wanted ones, NULL at the end; none: all */
	size_t field_count;
	uint64_t count, last_ns, last_id;
};

/** Of a record as JSON, only the fields that are wanted. */
static void add_masked(struct page *page, const char *whole, size_t len)
{
	json_t *record = json_loadb(whole, len, 0, NULL), *masked = json_object();

	for (size_t i = 0; i < page->field_count; i++) {
		json_t *value = json_object_get(record, page->fields[i]);

		if (value)
			json_object_set(masked, page->fields[i], value);
	}
	if (masked)
		sn_json_text(masked, page->text);
	json_decref(masked);
	json_decref(record);
}

/* RFC 4180. A value that a spreadsheet would take for a formula is made a text. */
static void add_csv(struct sn_text *text, const char *value)
{
	bool formula = *value == '=' || *value == '+' || *value == '@' || *value == '\t' || *value == '\r';

	sn_text_add(text, "\"");
	if (formula)
		sn_text_add(text, "'");
	for (; *value; value++)
		sn_text_add_bytes(text, *value == '"' ? "\"\"" : value, *value == '"' ? 2 : 1);
	sn_text_add(text, "\"");
}

static void add_csv_row(struct page *page, const char *whole, size_t len)
{
	json_t *record = json_loadb(whole, len, 0, NULL);

	for (size_t i = 0; i < page->field_count; i++) {
		const json_t *value = json_object_get(record, page->fields[i]);
		SN_AUTO_FREE char *number = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | SN_JSON_FLAGS);

		if (i)
			sn_text_add(page->text, ",");
		if (json_is_string(value))
			add_csv(page->text, json_string_value(value));
		else if (number && !json_is_null(value))
			sn_text_add(page->text, number);
	}
	sn_text_add(page->text, "\r\n");
	json_decref(record);
}

static int on_record(void *ctx, const struct sn_store_record *record)
{
	struct page *page = ctx;
	struct sn_text whole = { 0 };

	page->last_ns = record->time_ns;
	page->last_id = record->id;
	if (page->format == FORMAT_JSON && page->count)
		sn_text_add(page->text, ",");
	page->count++;
	if (page->format != FORMAT_CSV && !page->field_count) {
		sn_record_add_json(page->text, record);
	} else {
		sn_record_add_json(&whole, record);
		if (whole.data && page->format == FORMAT_CSV)
			add_csv_row(page, whole.data, whole.len);
		else if (whole.data)
			add_masked(page, whole.data, whole.len);
		sn_text_free(&whole);
	}
	if (page->format == FORMAT_JSONL)
		sn_text_add(page->text, "\n");
	return page->text->failed || page->text->len > EXPORT_SIZE ? -ENOMEM : 0;
}

/** "TIME.ID", of the last record of the page before. */
static int take_cursor(const struct sn_api_call *call, struct sn_store_query *query, struct sn_http_answer *answer)
{
	const char *cursor = call->request->parameter(call->request, "cursor");

	if (!cursor || !*cursor || sscanf(cursor, "%" SCNu64 ".%" SCNu64, &query->after_time_ns, &query->after_id) == 2)
		return 0;
	sn_http_refuse(answer, 400, "cursor is not one that this API has given");
	return -EINVAL;
}

static int take_order(const struct sn_api_call *call, struct sn_store_query *query, struct sn_http_answer *answer)
{
	const char *order = call->request->parameter(call->request, "order");

	query->oldest_first = order && strcmp(order, "oldest") == 0;
	if (!order || query->oldest_first || strcmp(order, "newest") == 0)
		return 0;
	sn_http_refuse(answer, 400, "order is newest or oldest, not '%.64s'", order);
	return -EINVAL;
}

static int take_format(const struct sn_api_call *call, struct page *page, struct sn_http_answer *answer)
{
	const char *format = call->request->parameter(call->request, "format");

	page->format = format && strcmp(format, "jsonl") == 0 ? FORMAT_JSONL
		       : format && strcmp(format, "csv") == 0 ? FORMAT_CSV
							      : FORMAT_JSON;
	if (!format || page->format != FORMAT_JSON || strcmp(format, "json") == 0)
		return 0;
	sn_http_refuse(answer, 400, "format is json, jsonl or csv, not '%.64s'", format);
	return -EINVAL;
}

/** Splits "a,b,c" in place. */
static void take_fields(char *words, struct page *page)
{
	for (char *word; words && page->field_count < FIELDS_MAX && (word = strsep(&words, ","));)
		if (*word)
			page->fields[page->field_count++] = word;
}

/** The columns of an export for spreadsheets: those asked for, else those of the type. */
static void csv_columns(const struct sn_api_call *call, struct page *page)
{
	static const char *const own[] = { "time", "node", "type" };
	const char *type = call->request->parameter(call->request, "type");
	const json_t *fields =
		json_object_get(json_object_get(sn_fleet_record_types(call->controller->fleet), type ? type : ""), "fields");
	json_t *field;
	size_t i;

	if (!page->field_count) {
		for (i = 0; i < SN_ARRAY_SIZE(own); i++)
			page->fields[page->field_count++] = own[i];
		json_array_foreach(fields, i, field)
		{
			const char *name = json_string_value(json_object_get(field, "name"));

			if (name && strcmp(name, "time") != 0 && page->field_count < FIELDS_MAX)
				page->fields[page->field_count++] = name;
		}
	}
	for (i = 0; i < page->field_count; i++) {
		if (i)
			sn_text_add(page->text, ",");
		add_csv(page->text, page->fields[i]);
	}
	sn_text_add(page->text, "\r\n");
}

/** The store gives so many at a time: an export goes on where it has stopped. */
static int64_t store_records(struct sn_store *store, const struct sn_store_query *wanted, struct page *page,
			     struct sn_diag *reterr)
{
	struct sn_store_query query = *wanted;
	int64_t count;

	do {
		query.limit = (uint32_t)SN_MIN(wanted->limit - page->count, SN_STORE_LIMIT_MAX);
		count = sn_store_records(store, &query, on_record, page, reterr);
		query.after_time_ns = page->last_ns;
		query.after_id = page->last_id;
	} while (count == query.limit && page->count < wanted->limit);
	return count;
}

void sn_api_records(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	static const char *const types[] = { "application/json", "application/x-ndjson", "text/csv; charset=utf-8" };
	const char *fields = call->request->parameter(call->request, "fields");
	SN_AUTO_FREE char *words = fields ? strdup(fields) : NULL;
	struct page page = { .text = &answer->body };
	struct sn_diag diag = { 0 };
	struct filters filters;
	int64_t count;

	if (take_format(call, &page, answer) ||
	    take_filters(call, page.format ? EXPORT_MAX : PAGE, page.format ? EXPORT_MAX : PAGE_MAX, &filters, answer) ||
	    take_cursor(call, &filters.query, answer) || take_order(call, &filters.query, answer))
		return;
	take_fields(words, &page);
	if (page.format == FORMAT_CSV)
		csv_columns(call, &page);
	if (page.format == FORMAT_JSON)
		sn_text_add(page.text, "{\"records\":[");
	count = store_records(call->controller->store, &filters.query, &page, &diag);
	if (count < 0) {
		refuse_store(count, &diag, answer);
		return;
	}
	if (page.format == FORMAT_JSON && page.count == filters.query.limit)
		sn_text_addf(page.text, "],\"next\":\"%" PRIu64 ".%" PRIu64 "\"}", page.last_ns, page.last_id);
	else if (page.format == FORMAT_JSON)
		sn_text_add(page.text, "],\"next\":null}");
	answer->status = 200;
	answer->type = types[page.format];
	if (page.format)
		sn_http_add_header(answer, "Content-Disposition", "attachment; filename=\"records.%s\"",
				   page.format == FORMAT_CSV ? "csv" : "jsonl");
}

/* --- counts */

struct counts {
	struct sn_text *text;
	uint64_t rows;
	bool by;
};

static int on_count(void *ctx, struct sn_view value, struct sn_view by, uint64_t count)
{
	struct counts *counts = ctx;

	sn_text_add(counts->text, counts->rows++ ? ",{\"value\":" : "{\"value\":");
	sn_text_add_json_string(counts->text, value);
	if (counts->by) {
		sn_text_add(counts->text, ",\"by\":");
		sn_text_add_json_string(counts->text, by);
	}
	sn_text_addf(counts->text, ",\"count\":%" PRIu64 "}", count);
	return counts->text->failed ? -ENOMEM : 0;
}

void sn_api_counts(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *field = call->request->parameter(call->request, "field"), *by = call->request->parameter(call->request, "by");
	struct counts counts = { .text = &answer->body, .by = by };
	struct sn_diag diag = { 0 };
	struct filters filters;
	int err;

	if (!field || !*field) {
		sn_http_refuse(answer, 400, "field is missing: what to count by");
		return;
	}
	if (take_filters(call, COUNTS, COUNTS_MAX, &filters, answer))
		return;
	sn_text_add(counts.text, "{\"counts\":[");
	err = sn_store_counts(call->controller->store, &filters.query, field, by, on_count, &counts, &diag);
	if (err < 0) {
		refuse_store(err, &diag, answer);
		return;
	}
	sn_text_add(counts.text, "]}");
	answer->status = 200;
	answer->type = "application/json";
}

void sn_api_record_types(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_t *list = json_array(), *type;
	const char *name;

	json_object_foreach((json_t *)sn_fleet_record_types(call->controller->fleet), name, type)
	{
		json_array_append(list, type);
	}
	sn_api_answer(answer, json_pack("{s:o}", "types", list));
}
