/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Reads OTLP requests and responses.
 *
 * Fields of a message may stand in any order, and what describes records behind them. So a message that holds records is walked
 * twice: for what describes them, then for them. Messages that come twice where one belongs are merged, and of several
 * alternatives the last counts, as protobuf says. The depth is that of the schema: arrays and key-value lists are not entered.
 */
#include "codec/otlp.h"

#include <errno.h>
#include <math.h>

#include "base/utf8.h"
#include "codec/protobuf.h"

#define VARINT(number)	SN_PB_TAG(number, SN_PB_VARINT)
#define FIXED64(number) SN_PB_TAG(number, SN_PB_FIXED64)
#define BYTES(number)	SN_PB_TAG(number, SN_PB_BYTES)

struct attributes {
	struct sn_otlp_attribute items[SN_OTLP_MAX_ATTRIBUTES];
	size_t count;
};

/** Numbers of a histogram's point: of more than there is room for only that they were too many is known. */
struct numbers {
	union {
		uint64_t integers[SN_OTLP_MAX_BUCKETS];
		double reals[SN_OTLP_MAX_BUCKETS];
	};
	size_t count;
	bool too_many;
};

struct reader {
	const struct sn_otlp_sink *sink;
	/** Reads a LogRecord or a Metric. */
	int (*read_record)(struct reader *reader, struct sn_view record);
	struct sn_otlp_stats stats;
	struct sn_otlp_source source;
	struct attributes resource, attributes;
	struct numbers buckets, bounds;
};

/* ---- values and attributes */

static int read_text(struct sn_view text, struct sn_view *ret_text)
{
	if (!sn_utf8_valid(text))
		return -EBADMSG;
	*ret_text = text;
	return 0;
}

static double real_of(uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

/** AnyValue. `value` is what an earlier one left, or EMPTY. */
static int read_value(struct sn_view in, struct sn_otlp_value *value)
{
	struct sn_pb_field field;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		switch (field.tag) {
		case BYTES(1):
			value->kind = SN_OTLP_STRING;
			r = read_text(field.bytes, &value->text);
			break;
		case VARINT(2):
			value->kind = SN_OTLP_BOOL;
			value->integer = field.value != 0;
			break;
		case VARINT(3):
			value->kind = SN_OTLP_INT;
			value->integer = (int64_t)field.value;
			break;
		case FIXED64(4):
			value->kind = SN_OTLP_DOUBLE;
			value->number = real_of(field.value);
			break;
		case BYTES(5):
		case BYTES(6):
			value->kind = SN_OTLP_OTHER;
			value->text = (struct sn_view) { NULL, 0 };
			break;
		case BYTES(7):
			value->kind = SN_OTLP_BYTES;
			value->text = field.bytes;
			break;
		default:
			break;
		}
		if (r < 0)
			return r;
	}
	return r;
}

/** KeyValue, one more of a list. */
static int read_attribute(struct reader *reader, struct attributes *list, struct sn_view in)
{
	struct sn_otlp_attribute *attribute = &list->items[list->count];
	struct sn_pb_field field;
	int r;

	if (list->count == SN_OTLP_MAX_ATTRIBUTES) {
		reader->stats.dropped_attributes++;
		return 0;
	}
	*attribute = (struct sn_otlp_attribute) { .value = { .kind = SN_OTLP_EMPTY } };
	while ((r = sn_pb_next(&in, &field)) > 0) {
		if (field.tag == BYTES(1))
			r = read_text(field.bytes, &attribute->key);
		else if (field.tag == BYTES(2))
			r = read_value(field.bytes, &attribute->value);
		if (r < 0)
			return r;
	}
	if (!r)
		list->count++;
	return r;
}

/* ---- logs */

static int read_log(struct reader *reader, struct sn_view in)
{
	struct sn_otlp_log log = { .attributes = reader->attributes.items };
	struct sn_pb_field field;
	int r;

	reader->attributes.count = 0;
	while ((r = sn_pb_next(&in, &field)) > 0) {
		switch (field.tag) {
		case FIXED64(1):
			log.time_ns = field.value;
			break;
		case VARINT(2):
			log.severity = (uint32_t)field.value;
			break;
		case BYTES(5):
			r = read_value(field.bytes, &log.body);
			break;
		case BYTES(6):
			r = read_attribute(reader, &reader->attributes, field.bytes);
			break;
		case FIXED64(11):
			log.observed_time_ns = field.value;
			break;
		case BYTES(12):
			r = read_text(field.bytes, &log.event_name);
			break;
		default:
			break;
		}
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	log.attribute_count = reader->attributes.count;
	reader->stats.records++;
	return reader->sink->log ? reader->sink->log(reader->sink->ctx, &reader->source, &log) : 0;
}

/* ---- metrics */

static void add_number(struct numbers *numbers, uint64_t value)
{
	if (numbers->count == SN_OTLP_MAX_BUCKETS)
		numbers->too_many = true;
	else
		numbers->integers[numbers->count++] = value; /* a double by its bits */
}

static int add_packed(struct numbers *numbers, struct sn_view packed)
{
	if (packed.len % 8)
		return -EBADMSG;
	for (size_t i = 0; i < packed.len && !numbers->too_many; i += 8)
		add_number(numbers, sn_le64(packed.data + i));
	return 0;
}

/** A point is whole: it goes to the sink, or is skipped. */
static int give_point(struct reader *reader, struct sn_otlp_point *point, bool has_value)
{
	if (!has_value) {
		reader->stats.skipped_points++;
		return 0;
	}
	point->attributes = reader->attributes.items;
	point->attribute_count = reader->attributes.count;
	reader->stats.records++;
	return reader->sink->point ? reader->sink->point(reader->sink->ctx, &reader->source, point) : 0;
}

/** NumberDataPoint. `point` has what its metric says. */
static int read_number_point(struct reader *reader, struct sn_otlp_point *point, struct sn_view in)
{
	bool has_value = false, ended = false;
	struct sn_pb_field field;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		switch (field.tag) {
		case FIXED64(2):
			point->start_ns = field.value;
			break;
		case FIXED64(3):
			point->time_ns = field.value;
			break;
		case FIXED64(4):
			point->value = real_of(field.value);
			has_value = true;
			break;
		case FIXED64(6):
			point->value = (double)(int64_t)field.value;
			has_value = true;
			break;
		case BYTES(7):
			r = read_attribute(reader, &reader->attributes, field.bytes);
			break;
		case VARINT(8):
			ended = field.value & SN_OTLP_NO_RECORDED_VALUE;
			break;
		default:
			break;
		}
		if (r < 0)
			return r;
	}
	return r < 0 ? r : give_point(reader, point, has_value && !ended);
}

static int read_histogram_field(struct reader *reader, struct sn_otlp_point *point, const struct sn_pb_field *field, bool *ended)
{
	switch (field->tag) {
	case FIXED64(2):
		point->start_ns = field->value;
		break;
	case FIXED64(3):
		point->time_ns = field->value;
		break;
	case FIXED64(4):
		point->count = field->value;
		break;
	case FIXED64(5):
		point->value = real_of(field->value);
		break;
	case FIXED64(6): /* not packed: a reader takes both forms */
		add_number(&reader->buckets, field->value);
		break;
	case BYTES(6):
		return add_packed(&reader->buckets, field->bytes);
	case FIXED64(7):
		add_number(&reader->bounds, field->value);
		break;
	case BYTES(7):
		return add_packed(&reader->bounds, field->bytes);
	case BYTES(9):
		return read_attribute(reader, &reader->attributes, field->bytes);
	case VARINT(10):
		*ended = field->value & SN_OTLP_NO_RECORDED_VALUE;
		break;
	default:
		break;
	}
	return 0;
}

/** HistogramDataPoint. */
static int read_histogram_point(struct reader *reader, struct sn_otlp_point *point, struct sn_view in)
{
	struct sn_pb_field field;
	bool ended = false;
	uint64_t all;
	int r;

	reader->buckets.count = reader->bounds.count = 0;
	reader->buckets.too_many = reader->bounds.too_many = false;
	point->value = NAN;
	while ((r = sn_pb_next(&in, &field)) > 0) {
		r = read_histogram_field(reader, point, &field, &ended);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	point->bucket_counts = reader->buckets.integers;
	point->bounds = reader->bounds.reals;
	point->bound_count = reader->bounds.count;
	return give_point(reader, point,
			  !ended && !reader->buckets.too_many && !reader->bounds.too_many &&
				  sn_otlp_buckets_fit(point, reader->buckets.count, &all));
}

/** Of which kind the points of a Gauge, Sum or Histogram are read; false when they are not. */
static bool kind_of(uint32_t data, uint64_t temporality, bool monotonic, enum sn_otlp_metric_kind *ret_kind)
{
	switch (data) {
	case BYTES(5):
		*ret_kind = SN_OTLP_GAUGE;
		return true;
	case BYTES(7):
		*ret_kind = monotonic ? SN_OTLP_SUM : SN_OTLP_GAUGE;
		return temporality == SN_OTLP_CUMULATIVE;
	case BYTES(9):
		*ret_kind = SN_OTLP_HISTOGRAM;
		return temporality == SN_OTLP_CUMULATIVE;
	default:
		return false;
	}
}

/** What a metric's field `data` holds: Gauge, Sum, Histogram, or what is only counted. */
static int read_data(struct reader *reader, const struct sn_otlp_point *metric, uint32_t data, struct sn_view message)
{
	struct sn_otlp_point point = *metric;
	struct sn_view in = message;
	struct sn_pb_field field;
	uint64_t temporality = 0;
	bool monotonic = false, readable;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		if (field.tag == VARINT(2))
			temporality = field.value;
		else if (field.tag == VARINT(3))
			monotonic = field.value != 0;
	}
	if (r < 0)
		return r;
	readable = kind_of(data, temporality, monotonic, &point.kind);
	for (in = message; (r = sn_pb_next(&in, &field)) > 0;) {
		struct sn_otlp_point copy = point;

		if (field.tag != BYTES(1))
			continue;
		reader->attributes.count = 0;
		if (!readable) {
			reader->stats.skipped_points++;
			continue;
		}
		r = point.kind == SN_OTLP_HISTOGRAM ? read_histogram_point(reader, &copy, field.bytes)
						    : read_number_point(reader, &copy, field.bytes);
		if (r)
			return r;
	}
	return r;
}

static int read_metric(struct reader *reader, struct sn_view message)
{
	struct sn_otlp_point metric = { .name = { NULL, 0 } };
	struct sn_view in = message;
	struct sn_pb_field field;
	uint32_t data = 0;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		switch (field.tag) {
		case BYTES(1):
			r = read_text(field.bytes, &metric.name);
			break;
		case BYTES(2):
			r = read_text(field.bytes, &metric.description);
			break;
		case BYTES(3):
			r = read_text(field.bytes, &metric.unit);
			break;
		case BYTES(5):
		case BYTES(7):
		case BYTES(9):
		case BYTES(10): /* ExponentialHistogram */
		case BYTES(11): /* Summary */
			data = field.tag;
			break;
		default:
			break;
		}
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	for (in = message; (r = sn_pb_next(&in, &field)) > 0;) {
		r = field.tag == data ? read_data(reader, &metric, data, field.bytes) : 0;
		if (r)
			return r;
	}
	return r;
}

/* ---- requests */

/** InstrumentationScope. */
static int read_scope(struct sn_otlp_source *source, struct sn_view in)
{
	struct sn_pb_field field;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		if (field.tag == BYTES(1))
			r = read_text(field.bytes, &source->scope_name);
		else if (field.tag == BYTES(2))
			r = read_text(field.bytes, &source->scope_version);
		if (r < 0)
			return r;
	}
	return r;
}

/** ScopeLogs, ScopeMetrics. */
static int read_scope_records(struct reader *reader, struct sn_view message)
{
	struct sn_view in = message;
	struct sn_pb_field field;
	int r;

	reader->source.scope_name = reader->source.scope_version = (struct sn_view) { NULL, 0 };
	while ((r = sn_pb_next(&in, &field)) > 0) {
		r = field.tag == BYTES(1) ? read_scope(&reader->source, field.bytes) : 0;
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	for (in = message; (r = sn_pb_next(&in, &field)) > 0;) {
		r = field.tag == BYTES(2) ? reader->read_record(reader, field.bytes) : 0;
		if (r)
			return r;
	}
	return r;
}

/** Resource. */
static int read_resource(struct reader *reader, struct sn_view in)
{
	struct sn_pb_field field;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		r = field.tag == BYTES(1) ? read_attribute(reader, &reader->resource, field.bytes) : 0;
		if (r < 0)
			return r;
	}
	return r;
}

/** ResourceLogs, ResourceMetrics. */
static int read_resource_records(struct reader *reader, struct sn_view message)
{
	struct sn_view in = message;
	struct sn_pb_field field;
	int r;

	reader->resource.count = 0;
	while ((r = sn_pb_next(&in, &field)) > 0) {
		r = field.tag == BYTES(1) ? read_resource(reader, field.bytes) : 0;
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	reader->source.resource_count = reader->resource.count;
	for (in = message; (r = sn_pb_next(&in, &field)) > 0;) {
		r = field.tag == BYTES(2) ? read_scope_records(reader, field.bytes) : 0;
		if (r)
			return r;
	}
	return r;
}

static int read_request(struct sn_view in, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats,
			int (*read_record)(struct reader *reader, struct sn_view record))
{
	struct sn_pb_field field;
	struct reader reader; /* 14 KiB, of which only what is counted is ever read */
	int r;

	reader.sink = sink;
	reader.read_record = read_record;
	reader.stats = (struct sn_otlp_stats) { 0 };
	reader.source = (struct sn_otlp_source) { .resource = reader.resource.items };
	while ((r = sn_pb_next(&in, &field)) > 0) {
		r = field.tag == BYTES(1) ? read_resource_records(&reader, field.bytes) : 0;
		if (r)
			break;
	}
	if (ret_stats)
		*ret_stats = reader.stats;
	return r;
}

int sn_otlp_read_logs(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats)
{
	return read_request(request, sink, ret_stats, read_log);
}

int sn_otlp_read_metrics(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats)
{
	return read_request(request, sink, ret_stats, read_metric);
}

/** ExportLogsPartialSuccess, ExportMetricsPartialSuccess. */
static int read_partial_success(struct sn_view in, uint64_t *rejected, struct sn_view *message)
{
	struct sn_pb_field field;
	int r;

	while ((r = sn_pb_next(&in, &field)) > 0) {
		if (field.tag == VARINT(1)) {
			if (field.value > INT64_MAX) /* it is an int64: less than none */
				return -EBADMSG;
			*rejected = field.value;
		} else if (field.tag == BYTES(2)) {
			r = read_text(field.bytes, message);
			if (r < 0)
				return r;
		}
	}
	return r;
}

int sn_otlp_read_response(struct sn_view response, uint64_t *ret_rejected, struct sn_view *ret_message)
{
	struct sn_view message = { NULL, 0 };
	struct sn_pb_field field;
	uint64_t rejected = 0;
	int r;

	while ((r = sn_pb_next(&response, &field)) > 0) {
		r = field.tag == BYTES(1) ? read_partial_success(field.bytes, &rejected, &message) : 0;
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret_rejected = rejected;
	*ret_message = message;
	return 0;
}
