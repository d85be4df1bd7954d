/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Writes OTLP requests and responses.
 *
 * Room for all that a record may take is made once; then octets are put without looking for the end. What holds attributes has
 * its length filled in behind it; an attribute's own lengths are computed, since they take an octet each.
 */
#include "codec/otlp.h"

#include <errno.h>
#include <math.h>

#include "base/utf8.h"
#include "codec/protobuf.h"

/* Field numbers of opentelemetry-proto; of a request and what is in it they are the same for logs and metrics. */
enum { REQUEST_RESOURCE = 1 };
enum { SOURCE_RESOURCE = 1, SOURCE_SCOPE = 2 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_SCOPE = 1, SCOPE_RECORDS = 2 };
enum { INSTRUMENTATION_NAME = 1, INSTRUMENTATION_VERSION = 2 };
enum { LOG_TIME = 1, LOG_SEVERITY = 2, LOG_BODY = 5, LOG_ATTRIBUTES = 6, LOG_OBSERVED_TIME = 11, LOG_EVENT_NAME = 12 };
enum { METRIC_NAME = 1, METRIC_DESCRIPTION = 2, METRIC_UNIT = 3 };
enum { DATA_POINTS = 1, DATA_TEMPORALITY = 2, DATA_MONOTONIC = 3 };
enum { POINT_START = 2, POINT_TIME = 3, POINT_AS_DOUBLE = 4, POINT_ATTRIBUTES = 7 };
enum { HISTOGRAM_COUNT = 4, HISTOGRAM_SUM = 5, HISTOGRAM_BUCKETS = 6, HISTOGRAM_BOUNDS = 7, HISTOGRAM_ATTRIBUTES = 9 };
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4, ANY_BYTES = 7 };
enum { RESPONSE_PARTIAL = 1 };
enum { PARTIAL_REJECTED = 1, PARTIAL_MESSAGE = 2 };

static const uint8_t metric_data[] = { [SN_OTLP_GAUGE] = 5, [SN_OTLP_SUM] = 7, [SN_OTLP_HISTOGRAM] = 9 };

/** More than all numbers, tags and lengths of a record take that are of fixed number. */
#define FIXED_ROOM 128
/** The same of an attribute. */
#define ATTRIBUTE_ROOM 48

/* ---- text */

static const uint8_t replacement[3] = { 0xef, 0xbf, 0xbd }; /* U+FFFD */

static size_t mended_size(struct sn_view text)
{
	size_t size = 0;

	for (size_t i = 0, len; i < text.len; i += SN_MAX(len, 1u)) {
		len = sn_utf8_character(text.data + i, text.len - i);
		size += len ? len : sizeof(replacement);
	}
	return size;
}

static uint8_t *put_mended(uint8_t *p, struct sn_view text)
{
	for (size_t i = 0, len; i < text.len; i += SN_MAX(len, 1u)) {
		len = sn_utf8_character(text.data + i, text.len - i);
		if (!len) {
			memcpy(p, replacement, sizeof(replacement));
			p += sizeof(replacement);
		}
		memcpy(p, text.data + i, len);
		p += len;
	}
	return p;
}

/** Octets of a text as it is written: more than it has exactly when it must be mended. */
static inline size_t text_size(struct sn_view text)
{
	return SN_LIKELY(sn_utf8_valid(text)) ? text.len : mended_size(text);
}

/** What text_size() may come to. */
static inline size_t text_room(struct sn_view text)
{
	return text.len * sizeof(replacement);
}

static inline uint8_t *put_octets(uint8_t *p, struct sn_view octets)
{
	if (octets.len)
		memcpy(p, octets.data, octets.len);
	return p + octets.len;
}

static inline uint8_t *put_text(uint8_t *p, uint32_t number, struct sn_view text, size_t size)
{
	p = sn_pb_put_head(p, number, size);
	return SN_LIKELY(size == text.len) ? put_octets(p, text) : put_mended(p, text);
}

/** A text that is left away when it is empty. */
static uint8_t *put_some_text(uint8_t *p, uint32_t number, struct sn_view text)
{
	return text.len ? put_text(p, number, text, text_size(text)) : p;
}

static struct sn_view view_of(const char *string)
{
	return (struct sn_view) { (const uint8_t *)string, string ? strlen(string) : 0 };
}

/* ---- attributes */

static inline size_t value_room(const struct sn_otlp_value *value)
{
	return value->kind == SN_OTLP_STRING || value->kind == SN_OTLP_BYTES ? text_room(value->text) : 0;
}

static size_t attributes_room(const struct sn_otlp_attribute *attributes, size_t count)
{
	size_t room = 0;

	for (size_t i = 0; i < count; i++)
		room += ATTRIBUTE_ROOM + text_room(attributes[i].key) + value_room(&attributes[i].value);
	return room;
}

static inline size_t head_size(size_t len)
{
	return 1 + sn_pb_varint_size(len);
}

/** Octets of an AnyValue. `ret_text`: of the text in it. 0: it is empty. */
static inline size_t value_size(const struct sn_otlp_value *value, size_t *ret_text)
{
	*ret_text = 0;
	switch (value->kind) {
	case SN_OTLP_STRING:
		*ret_text = text_size(value->text);
		return head_size(*ret_text) + *ret_text;
	case SN_OTLP_BYTES:
		*ret_text = value->text.len;
		return head_size(*ret_text) + *ret_text;
	case SN_OTLP_BOOL:
		return 2;
	case SN_OTLP_INT:
		return head_size((uint64_t)value->integer);
	case SN_OTLP_DOUBLE:
		return 9;
	default:
		return 0;
	}
}

/** An AnyValue under its tag, in the size that value_size() told; left away when it is empty. */
static inline uint8_t *put_value(uint8_t *p, uint32_t number, const struct sn_otlp_value *value, size_t size, size_t text)
{
	if (!size)
		return p;
	p = sn_pb_put_head(p, number, size);
	switch (value->kind) {
	case SN_OTLP_STRING:
		return put_text(p, ANY_STRING, value->text, text);
	case SN_OTLP_BYTES:
		return put_octets(sn_pb_put_head(p, ANY_BYTES, text), value->text);
	case SN_OTLP_BOOL:
		return sn_pb_put_number(p, ANY_BOOL, value->integer != 0);
	case SN_OTLP_INT:
		return sn_pb_put_number(p, ANY_INT, (uint64_t)value->integer);
	case SN_OTLP_DOUBLE:
		return sn_pb_put_double(p, ANY_DOUBLE, value->number);
	default:
		return p;
	}
}

static uint8_t *put_attributes(uint8_t *p, uint32_t number, const struct sn_otlp_attribute *attributes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sn_otlp_attribute *a = &attributes[i];
		size_t text, key = text_size(a->key), value = value_size(&a->value, &text);

		p = sn_pb_put_head(p, number, head_size(key) + key + (value ? head_size(value) + value : 0));
		p = put_text(p, KEY_VALUE_KEY, a->key, key);
		p = put_value(p, KEY_VALUE_VALUE, &a->value, value, text);
	}
	return p;
}

/* ---- requests */

/** The end of what is written so far, with room behind it; NULL when there is none. */
static uint8_t *begin_writing(struct sn_text *text, size_t room)
{
	return sn_text_reserve(text, FIXED_ROOM + room) ? (uint8_t *)text->data + text->len : NULL;
}

static void end_writing(struct sn_text *text, uint8_t *p)
{
	*p = '\0';
	text->len = (size_t)(p - (uint8_t *)text->data);
}

static uint8_t *at(const struct sn_otlp_writer *writer, size_t place)
{
	return (uint8_t *)writer->data.data + place;
}

static size_t place_of(const struct sn_otlp_writer *writer, const uint8_t *p)
{
	return (size_t)(p - (uint8_t *)writer->data.data);
}

void sn_otlp_begin(struct sn_otlp_writer *writer, const struct sn_otlp_attribute *resource, size_t resource_count,
		   const char *scope_name, const char *scope_version)
{
	struct sn_view name = view_of(scope_name), version = view_of(scope_version);
	uint8_t *p, *inner;

	*writer = (struct sn_otlp_writer) { .data = { .data = writer->data.data, .size = writer->data.size } };
	p = begin_writing(&writer->data, attributes_room(resource, resource_count) + text_room(name) + text_room(version));
	if (!p)
		return;
	p = sn_pb_open(p, REQUEST_RESOURCE);
	writer->resource_at = place_of(writer, p);
	inner = p = sn_pb_open(p, SOURCE_RESOURCE);
	p = put_attributes(p, RESOURCE_ATTRIBUTES, resource, resource_count);
	sn_pb_close(inner, p);
	p = sn_pb_open(p, SOURCE_SCOPE);
	writer->scope_at = place_of(writer, p);
	inner = p = sn_pb_open(p, SCOPE_SCOPE);
	p = put_some_text(p, INSTRUMENTATION_NAME, name);
	p = put_some_text(p, INSTRUMENTATION_VERSION, version);
	sn_pb_close(inner, p);
	end_writing(&writer->data, p);
}

void sn_otlp_add_log(struct sn_otlp_writer *writer, const struct sn_otlp_log *log)
{
	size_t room =
		attributes_room(log->attributes, log->attribute_count) + text_room(log->event_name) + value_room(&log->body);
	uint8_t *p = begin_writing(&writer->data, room), *inner;
	size_t text, body;

	if (!p)
		return;
	inner = p = sn_pb_open(p, SCOPE_RECORDS);
	if (log->time_ns)
		p = sn_pb_put_fixed64(p, LOG_TIME, log->time_ns);
	if (log->severity)
		p = sn_pb_put_number(p, LOG_SEVERITY, log->severity);
	body = value_size(&log->body, &text);
	p = put_value(p, LOG_BODY, &log->body, body, text);
	p = put_attributes(p, LOG_ATTRIBUTES, log->attributes, log->attribute_count);
	if (log->observed_time_ns)
		p = sn_pb_put_fixed64(p, LOG_OBSERVED_TIME, log->observed_time_ns);
	p = put_some_text(p, LOG_EVENT_NAME, log->event_name);
	sn_pb_close(inner, p);
	end_writing(&writer->data, p);
}

static uint8_t *put_histogram(uint8_t *p, const struct sn_otlp_point *point)
{
	p = sn_pb_put_fixed64(p, HISTOGRAM_COUNT, point->count);
	if (!isnan(point->value))
		p = sn_pb_put_double(p, HISTOGRAM_SUM, point->value);
	p = sn_pb_put_head(p, HISTOGRAM_BUCKETS, (point->bound_count + 1) * 8);
	for (size_t i = 0; i <= point->bound_count; i++, p += 8)
		sn_put_le64(p, point->bucket_counts[i]);
	if (point->bound_count)
		p = sn_pb_put_head(p, HISTOGRAM_BOUNDS, point->bound_count * 8);
	for (size_t i = 0; i < point->bound_count; i++, p += 8) {
		uint64_t bits;

		memcpy(&bits, &point->bounds[i], sizeof(bits));
		sn_put_le64(p, bits);
	}
	return p;
}

static uint8_t *put_point(uint8_t *p, const struct sn_otlp_point *point)
{
	bool histogram = point->kind == SN_OTLP_HISTOGRAM;
	uint8_t *inner;

	inner = p = sn_pb_open(p, DATA_POINTS);
	if (point->start_ns)
		p = sn_pb_put_fixed64(p, POINT_START, point->start_ns);
	if (point->time_ns)
		p = sn_pb_put_fixed64(p, POINT_TIME, point->time_ns);
	if (histogram)
		p = put_histogram(p, point);
	else
		p = sn_pb_put_double(p, POINT_AS_DOUBLE, point->value);
	p = put_attributes(p, histogram ? HISTOGRAM_ATTRIBUTES : POINT_ATTRIBUTES, point->attributes, point->attribute_count);
	sn_pb_close(inner, p);
	return p;
}

/** Ends the metric that is open, if one is, at `end`. */
static void close_metric(struct sn_otlp_writer *writer, const uint8_t *end)
{
	if (!writer->metric_at)
		return;
	sn_pb_close(at(writer, writer->points_at), end);
	sn_pb_close(at(writer, writer->metric_at), end);
	writer->metric_at = 0;
}

/**
 * Goes on with the metric that is open when the point is of it, else begins another. Its head is written to compare the two as
 * they are written; where they are equal it is written over.
 */
static uint8_t *put_metric(struct sn_otlp_writer *writer, uint8_t *end, const struct sn_otlp_point *point)
{
	uint8_t *metric = sn_pb_open(end, SCOPE_RECORDS), *p;
	size_t len;

	p = put_some_text(metric, METRIC_NAME, point->name);
	p = put_some_text(p, METRIC_DESCRIPTION, point->description);
	p = put_some_text(p, METRIC_UNIT, point->unit);
	len = (size_t)(p - metric);
	if (writer->metric_at && writer->kind == point->kind && writer->head_len == len &&
	    memcmp(at(writer, writer->metric_at), metric, len) == 0)
		return end;
	close_metric(writer, end);
	p = sn_pb_open(p, metric_data[point->kind]);
	writer->metric_at = place_of(writer, metric);
	writer->points_at = place_of(writer, p);
	writer->head_len = len;
	writer->kind = point->kind;
	if (point->kind != SN_OTLP_GAUGE)
		p = sn_pb_put_number(p, DATA_TEMPORALITY, SN_OTLP_CUMULATIVE);
	if (point->kind == SN_OTLP_SUM)
		p = sn_pb_put_number(p, DATA_MONOTONIC, 1);
	return p;
}

void sn_otlp_add_point(struct sn_otlp_writer *writer, const struct sn_otlp_point *point)
{
	size_t room = text_room(point->name) + text_room(point->description) + text_room(point->unit) +
		      attributes_room(point->attributes, point->attribute_count);
	uint8_t *p;

	if (point->kind == SN_OTLP_HISTOGRAM)
		room += (2 * point->bound_count + 1) * 8;
	p = begin_writing(&writer->data, room);
	if (!p)
		return;
	p = put_metric(writer, p, point);
	p = put_point(p, point);
	end_writing(&writer->data, p);
}

int sn_otlp_end(struct sn_otlp_writer *writer)
{
	const uint8_t *end;

	if (writer->data.failed)
		return -ENOMEM;
	if (writer->data.len > SN_OTLP_MAX_REQUEST)
		return -EMSGSIZE;
	end = at(writer, writer->data.len);
	close_metric(writer, end);
	sn_pb_close(at(writer, writer->scope_at), end);
	sn_pb_close(at(writer, writer->resource_at), end);
	return 0;
}

void sn_otlp_write_response(struct sn_text *text, uint64_t rejected, const char *message)
{
	struct sn_view words = view_of(message);
	uint8_t *p, *inner;

	if (!rejected && !words.len)
		return;
	p = begin_writing(text, text_room(words));
	if (!p)
		return;
	inner = p = sn_pb_open(p, RESPONSE_PARTIAL);
	if (rejected)
		p = sn_pb_put_number(p, PARTIAL_REJECTED, SN_MIN(rejected, (uint64_t)INT64_MAX));
	p = put_some_text(p, PARTIAL_MESSAGE, words);
	sn_pb_close(inner, p);
	end_writing(text, p);
}
