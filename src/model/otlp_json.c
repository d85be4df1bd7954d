/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Reads OTLP requests in JSON, by walking jansson's tree. A reader remembers its first error, so that what reads fields
 * need not be asked after each; it is asked before a record is given away.
 */
#include "model/otlp_json.h"

#include <errno.h>
#include <math.h>

#include <jansson.h>

#include "base/macro.h"

struct attributes {
	struct sn_otlp_attribute items[SN_OTLP_MAX_ATTRIBUTES];
	size_t count;
};

struct reader {
	const struct sn_otlp_sink *sink;
	/** Reads a LogRecord or a Metric. */
	int (*read_record)(struct reader *reader, const json_t *record);
	/** What a request of its kind calls its parts. */
	const char *resources, *scopes, *records;
	struct sn_otlp_stats stats;
	struct sn_otlp_source source;
	struct attributes resource, attributes;
	uint64_t bucket_counts[SN_OTLP_MAX_BUCKETS];
	double bounds[SN_OTLP_MAX_BUCKETS];
	uint8_t *octets; /* of base64: all that a request may hold, since it is longer than they are */
	size_t octets_len;
	int error;
};

static void fail(struct reader *reader)
{
	reader->error = -EBADMSG;
}

/* ---- values */

/** A member that is there; NULL when it is not, or null. */
static const json_t *get(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

static const json_t *get_array(struct reader *reader, const json_t *object, const char *name)
{
	const json_t *array = get(object, name);

	if (array && !json_is_array(array))
		fail(reader);
	return array;
}

static const json_t *get_object(struct reader *reader, const json_t *object, const char *name)
{
	const json_t *value = get(object, name);

	if (value && !json_is_object(value))
		fail(reader);
	return value;
}

static struct sn_view view_of(const json_t *string)
{
	return (struct sn_view) { (const uint8_t *)json_string_value(string), json_string_length(string) };
}

static struct sn_view get_text(struct reader *reader, const json_t *object, const char *name)
{
	const json_t *value = get(object, name);

	if (!value)
		return (struct sn_view) { NULL, 0 };
	if (!json_is_string(value))
		fail(reader);
	return view_of(value);
}

/** Digits, all of the text, as a number. */
static bool digits(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	*ret_value = value;
	return true;
}

/** A string's text; NULL when it holds a NUL. */
static const char *plain_text(const json_t *string)
{
	const char *text = json_string_value(string);

	return text && strlen(text) == json_string_length(string) ? text : NULL;
}

/** An integer of 64 bits: a number, or digits in a string. `negative`: it was below 0, and is a two's complement. */
static bool integer_of(const json_t *value, uint64_t *ret_integer, bool *ret_negative)
{
	const char *text = plain_text(value);
	double real = json_is_real(value) ? json_real_value(value) : NAN;

	*ret_negative = false;
	if (json_is_integer(value)) {
		*ret_integer = (uint64_t)json_integer_value(value);
		*ret_negative = json_integer_value(value) < 0;
		return true;
	}
	if (text && text[0] == '-') {
		if (!digits(text + 1, ret_integer) || *ret_integer > (uint64_t)INT64_MAX + 1)
			return false;
		*ret_negative = *ret_integer != 0;
		*ret_integer = -*ret_integer;
		return true;
	}
	if (text)
		return digits(text, ret_integer);
	/* 1e9 is an integer, too. */
	if (!(real >= -0x1p63 && real < 0x1p63) || real != floor(real))
		return false;
	*ret_negative = real < 0;
	*ret_integer = (uint64_t)(int64_t)real;
	return true;
}

static uint64_t unsigned_of(struct reader *reader, const json_t *value)
{
	uint64_t integer = 0;
	bool negative;

	if (value && (!integer_of(value, &integer, &negative) || negative))
		fail(reader);
	return integer;
}

static int64_t signed_of(struct reader *reader, const json_t *value)
{
	uint64_t integer = 0;
	bool negative;

	if (!integer_of(value, &integer, &negative) || (!negative && integer > INT64_MAX))
		fail(reader);
	return (int64_t)integer;
}

static uint64_t get_unsigned(struct reader *reader, const json_t *object, const char *name)
{
	return unsigned_of(reader, get(object, name));
}

/** Of 32 bits: an enumeration, flags. */
static uint32_t get_small(struct reader *reader, const json_t *object, const char *name)
{
	uint64_t value = get_unsigned(reader, object, name);

	if (value > UINT32_MAX)
		fail(reader);
	return (uint32_t)value;
}

static bool get_bool(struct reader *reader, const json_t *object, const char *name)
{
	const json_t *value = get(object, name);

	if (value && !json_is_boolean(value))
		fail(reader);
	return json_is_true(value);
}

/** A double: a number, a number in a string, or one of three words. */
static double real_of(struct reader *reader, const json_t *value)
{
	const char *text = plain_text(value);
	double real;
	char *end;

	if (json_is_number(value))
		return json_number_value(value);
	if (text && strcmp(text, "NaN") == 0)
		return NAN;
	if (text && strcmp(text, "Infinity") == 0)
		return INFINITY;
	if (text && strcmp(text, "-Infinity") == 0)
		return -INFINITY;
	/* Decimals only: strtod() knows more words, and hexadecimal numbers. */
	if (!text || !*text || strspn(text, "0123456789+-.eE") != strlen(text)) {
		fail(reader);
		return 0;
	}
	real = strtod(text, &end);
	if (*end || !isfinite(real))
		fail(reader);
	return real;
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/** Octets of base64 (RFC 4648), either alphabet, with or without padding. */
static struct sn_view octets_of(struct reader *reader, const json_t *string)
{
	struct sn_view octets = { reader->octets + reader->octets_len, 0 };
	const char *text = json_string_value(string);
	size_t len = json_string_length(string);
	uint32_t bits = 0;
	unsigned count = 0;

	for (int i = 0; i < 2 && len && len % 4 == (i ? 3 : 0) && text[len - 1] == '='; i++)
		len--;
	if (!text || len % 4 == 1)
		fail(reader);
	for (size_t i = 0; i < len && !reader->error; i++) {
		int value = sextet(text[i]);

		if (value < 0) {
			fail(reader);
			break;
		}
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		reader->octets[reader->octets_len++] = (uint8_t)(bits >> count);
		octets.len++;
	}
	return octets;
}

/** AnyValue. */
static struct sn_otlp_value value_of(struct reader *reader, const json_t *any)
{
	const json_t *v;

	if ((v = get(any, "stringValue")))
		return (struct sn_otlp_value) { .kind = SN_OTLP_STRING, .text = get_text(reader, any, "stringValue") };
	if ((v = get(any, "intValue")))
		return (struct sn_otlp_value) { .kind = SN_OTLP_INT, .integer = signed_of(reader, v) };
	if (get(any, "boolValue"))
		return (struct sn_otlp_value) { .kind = SN_OTLP_BOOL, .integer = get_bool(reader, any, "boolValue") };
	if ((v = get(any, "doubleValue")))
		return (struct sn_otlp_value) { .kind = SN_OTLP_DOUBLE, .number = real_of(reader, v) };
	if ((v = get(any, "bytesValue")))
		return (struct sn_otlp_value) { .kind = SN_OTLP_BYTES, .text = octets_of(reader, v) };
	if (get_object(reader, any, "arrayValue") || get_object(reader, any, "kvlistValue"))
		return (struct sn_otlp_value) { .kind = SN_OTLP_OTHER };
	return (struct sn_otlp_value) { .kind = SN_OTLP_EMPTY };
}

static void read_attributes(struct reader *reader, struct attributes *list, const json_t *object)
{
	const json_t *array = get_array(reader, object, "attributes"), *item;
	size_t i;

	list->count = 0;
	json_array_foreach(array, i, item)
	{
		if (list->count == SN_OTLP_MAX_ATTRIBUTES) {
			reader->stats.dropped_attributes += json_array_size(array) - i;
			break;
		}
		if (!json_is_object(item))
			fail(reader);
		list->items[list->count++] = (struct sn_otlp_attribute) { get_text(reader, item, "key"),
									  value_of(reader, get_object(reader, item, "value")) };
	}
}

/* ---- logs */

static int read_log(struct reader *reader, const json_t *record)
{
	struct sn_otlp_log log = {
		.time_ns = get_unsigned(reader, record, "timeUnixNano"),
		.observed_time_ns = get_unsigned(reader, record, "observedTimeUnixNano"),
		.severity = get_small(reader, record, "severityNumber"),
		.event_name = get_text(reader, record, "eventName"),
		.body = value_of(reader, get_object(reader, record, "body")),
		.attributes = reader->attributes.items,
	};

	read_attributes(reader, &reader->attributes, record);
	log.attribute_count = reader->attributes.count;
	if (reader->error)
		return reader->error;
	reader->stats.records++;
	return reader->sink->log ? reader->sink->log(reader->sink->ctx, &reader->source, &log) : 0;
}

/* ---- metrics */

/** NumberDataPoint. @return whether there is a value. */
static bool read_number_value(struct reader *reader, struct sn_otlp_point *point, const json_t *object)
{
	const json_t *real = get(object, "asDouble"), *integer = get(object, "asInt");

	if (real)
		point->value = real_of(reader, real);
	else if (integer)
		point->value = (double)signed_of(reader, integer);
	return real || integer;
}

/** HistogramDataPoint. @return whether its buckets are ones that are read. */
static bool read_histogram_value(struct reader *reader, struct sn_otlp_point *point, const json_t *object, uint64_t *all)
{
	const json_t *buckets = get_array(reader, object, "bucketCounts"), *bounds = get_array(reader, object, "explicitBounds");
	const json_t *sum = get(object, "sum"), *item;
	size_t bucket_count = json_array_size(buckets), i;

	point->count = get_unsigned(reader, object, "count");
	point->value = sum ? real_of(reader, sum) : NAN;
	point->bound_count = json_array_size(bounds);
	if (bucket_count > SN_OTLP_MAX_BUCKETS || point->bound_count > SN_OTLP_MAX_BUCKETS)
		return false;
	json_array_foreach(buckets, i, item) reader->bucket_counts[i] = unsigned_of(reader, item);
	json_array_foreach(bounds, i, item) reader->bounds[i] = real_of(reader, item);
	point->bucket_counts = reader->bucket_counts;
	point->bounds = reader->bounds;
	return sn_otlp_buckets_fit(point, bucket_count, all);
}

static int read_point(struct reader *reader, const struct sn_otlp_point *metric, const json_t *object)
{
	struct sn_otlp_point point = *metric;
	uint64_t all;
	bool has_value;

	if (!json_is_object(object))
		fail(reader);
	point.start_ns = get_unsigned(reader, object, "startTimeUnixNano");
	point.time_ns = get_unsigned(reader, object, "timeUnixNano");
	read_attributes(reader, &reader->attributes, object);
	point.attributes = reader->attributes.items;
	point.attribute_count = reader->attributes.count;
	has_value = point.kind == SN_OTLP_HISTOGRAM ? read_histogram_value(reader, &point, object, &all)
						    : read_number_value(reader, &point, object);
	if (get_small(reader, object, "flags") & SN_OTLP_NO_RECORDED_VALUE)
		has_value = false;
	if (reader->error)
		return reader->error;
	if (!has_value) {
		reader->stats.skipped_points++;
		return 0;
	}
	reader->stats.records++;
	return reader->sink->point ? reader->sink->point(reader->sink->ctx, &reader->source, &point) : 0;
}

/** Of which kind the points are read; false when they are not. */
static bool kind_of(struct reader *reader, const char *name, const json_t *data, enum sn_otlp_metric_kind *ret_kind)
{
	uint32_t temporality = get_small(reader, data, "aggregationTemporality");

	if (strcmp(name, "gauge") == 0) {
		*ret_kind = SN_OTLP_GAUGE;
		return true;
	}
	if (strcmp(name, "sum") == 0)
		*ret_kind = get_bool(reader, data, "isMonotonic") ? SN_OTLP_SUM : SN_OTLP_GAUGE;
	else if (strcmp(name, "histogram") == 0)
		*ret_kind = SN_OTLP_HISTOGRAM;
	else
		return false;
	return temporality == SN_OTLP_CUMULATIVE;
}

static int read_metric(struct reader *reader, const json_t *object)
{
	static const char *const names[] = { "gauge", "sum", "histogram", "exponentialHistogram", "summary" };
	struct sn_otlp_point metric = {
		.name = get_text(reader, object, "name"),
		.unit = get_text(reader, object, "unit"),
		.description = get_text(reader, object, "description"),
	};
	const json_t *data = NULL, *points, *item;
	size_t n = 0, i;
	bool readable;
	int r;

	while (n < SN_ARRAY_SIZE(names) && !(data = get_object(reader, object, names[n])))
		n++;
	if (!data)
		return reader->error;
	readable = kind_of(reader, names[n], data, &metric.kind);
	points = get_array(reader, data, "dataPoints");
	if (reader->error)
		return reader->error;
	if (!readable)
		reader->stats.skipped_points += json_array_size(points);
	json_array_foreach(points, i, item)
	{
		r = readable ? read_point(reader, &metric, item) : 0;
		if (r)
			return r;
	}
	return 0;
}

/* ---- requests */

static int read_scope(struct reader *reader, const json_t *scope_records)
{
	const json_t *scope = get_object(reader, scope_records, "scope"), *item;
	const json_t *records = get_array(reader, scope_records, reader->records);
	size_t i;
	int r;

	reader->source.scope_name = get_text(reader, scope, "name");
	reader->source.scope_version = get_text(reader, scope, "version");
	if (reader->error)
		return reader->error;
	json_array_foreach(records, i, item)
	{
		r = json_is_object(item) ? reader->read_record(reader, item) : -EBADMSG;
		if (r)
			return r;
	}
	return 0;
}

static int read_resource(struct reader *reader, const json_t *resource_records)
{
	const json_t *scopes = get_array(reader, resource_records, reader->scopes), *item;
	size_t i;
	int r;

	read_attributes(reader, &reader->resource, get_object(reader, resource_records, "resource"));
	reader->source.resource_count = reader->resource.count;
	if (reader->error)
		return reader->error;
	json_array_foreach(scopes, i, item)
	{
		r = json_is_object(item) ? read_scope(reader, item) : -EBADMSG;
		if (r)
			return r;
	}
	return 0;
}

static int read_tree(struct reader *reader, const json_t *root)
{
	const json_t *resources = get_array(reader, root, reader->resources), *item;
	size_t i;
	int r;

	if (reader->error)
		return reader->error;
	json_array_foreach(resources, i, item)
	{
		r = json_is_object(item) ? read_resource(reader, item) : -EBADMSG;
		if (r)
			return r;
	}
	return 0;
}

static int read_request(struct reader *reader, struct sn_view request, const struct sn_otlp_sink *sink,
			struct sn_otlp_stats *ret_stats)
{
	SN_AUTO_FREE uint8_t *octets = malloc(request.len + 1);
	json_error_t error;
	json_t *root;
	int r;

	reader->sink = sink;
	reader->source.resource = reader->resource.items;
	reader->octets = octets;
	root = octets ? json_loadb((const char *)request.data, request.len, JSON_ALLOW_NUL, &error) : NULL;
	if (!octets)
		r = -ENOMEM;
	else if (!root)
		r = json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	else
		r = json_is_object(root) ? read_tree(reader, root) : -EBADMSG;
	json_decref(root);
	if (ret_stats)
		*ret_stats = reader->stats;
	return r;
}

int sn_otlp_read_logs_json(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats)
{
	struct reader reader = {
		.read_record = read_log, .resources = "resourceLogs", .scopes = "scopeLogs", .records = "logRecords"
	};

	return read_request(&reader, request, sink, ret_stats);
}

int sn_otlp_read_metrics_json(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats)
{
	struct reader reader = {
		.read_record = read_metric, .resources = "resourceMetrics", .scopes = "scopeMetrics", .records = "metrics"
	};

	return read_request(&reader, request, sink, ret_stats);
}
