/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file OTLP 1.x (opentelemetry-proto, packages opentelemetry.proto.{collector,logs,metrics,common,resource}.*.v1): export
 * requests for logs and metrics and their responses, in protobuf; requests in JSON are read, too.
 *
 * Writing appends to a buffer of the caller, without allocation of its own per record: a request is begun, records follow, it is
 * ended. Reading calls back for each record; all views point into the input (or, of JSON, into the reader's own memory) and are
 * valid during the call. JSON is read by model/otlp_json.h.
 *
 * Text is UTF-8: what is read is refused where it is not, as protobuf demands; of what is written each octet that is none becomes
 * U+FFFD, since a receiver refuses all of a request for one of them.
 */
#ifndef SN_CODEC_OTLP_H
#define SN_CODEC_OTLP_H

#include "base/bytes.h"
#include "base/text.h"

/** AnyValue, as far as we have a use for it; arrays and key-value lists are given as SN_OTLP_OTHER, and written as EMPTY. */
enum sn_otlp_kind {
	SN_OTLP_EMPTY,
	SN_OTLP_STRING,
	SN_OTLP_BOOL,
	SN_OTLP_INT,
	SN_OTLP_DOUBLE,
	SN_OTLP_BYTES,
	SN_OTLP_OTHER,
};
struct sn_otlp_value {
	enum sn_otlp_kind kind;
	union {
		struct sn_view text; /* STRING, BYTES */
		int64_t integer;     /* INT, BOOL */
		double number;
	};
};
struct sn_otlp_attribute {
	struct sn_view key;
	struct sn_otlp_value value;
};

/** LogRecord. `event_name` is field 12 of it (OTLP 1.5), which says of what type the record is. */
struct sn_otlp_log {
	uint64_t time_ns;	   /* time_unix_nano; 0: not known */
	uint64_t observed_time_ns; /* 0: not known */
	uint32_t severity;	   /* SeverityNumber, 0 unspecified; 9 INFO, 13 WARN, 17 ERROR */
	struct sn_view event_name;
	struct sn_otlp_value body;
	const struct sn_otlp_attribute *attributes;
	size_t attribute_count;
};

enum sn_otlp_metric_kind {
	SN_OTLP_GAUGE,
	SN_OTLP_SUM,	   /* monotonic, cumulative; one that may fall, too, is read as a gauge */
	SN_OTLP_HISTOGRAM, /* cumulative, explicit bounds */
};
/** One data point with its metric's name. */
struct sn_otlp_point {
	struct sn_view name, unit, description;
	enum sn_otlp_metric_kind kind;
	uint64_t start_ns, time_ns;
	double value;		       /* integers, too; of a histogram: the sum, NaN when it is not known */
	uint64_t count;		       /* of a histogram, as the three below */
	const uint64_t *bucket_counts; /* bound_count + 1 */
	const double *bounds;	       /* each above the one before it */
	size_t bound_count;
	const struct sn_otlp_attribute *attributes;
	size_t attribute_count;
};

/* ---- writing */

/** An export request in the making: one resource, one scope. Zero-initialise; the text is the caller's to free. */
struct sn_otlp_writer {
	struct sn_text data;
	size_t resource_at, scope_at; /* where the open messages begin, behind their lengths */
	/* The same of the metric to which the last point went, and of its points; 0: none. `head_len`: of its name, description,
	 * unit. */
	size_t metric_at, points_at, head_len;
	enum sn_otlp_metric_kind kind;
};
/** A request that is longer is none: its lengths have no more room, and every receiver's limit is below. */
#define SN_OTLP_MAX_REQUEST ((1u << 28) - 1)

/**
 * Begins a request (logs or metrics alike): what comes from one process, under one scope ("sauron", its version; each may be
 * NULL). What the writer held before is forgotten, its memory used again.
 */
void sn_otlp_begin(struct sn_otlp_writer *writer, const struct sn_otlp_attribute *resource, size_t resource_count,
		   const char *scope_name, const char *scope_version);
void sn_otlp_add_log(struct sn_otlp_writer *writer, const struct sn_otlp_log *log);
/** Points of the same metric (name, description, unit, kind) that follow one another go into one Metric. */
void sn_otlp_add_point(struct sn_otlp_writer *writer, const struct sn_otlp_point *point);
/**
 * Ends the request. @return 0; -ENOMEM: something before did not fit into memory; -EMSGSIZE: longer than SN_OTLP_MAX_REQUEST.
 * The message is writer->data.
 */
int sn_otlp_end(struct sn_otlp_writer *writer);
/** Adds an Export…ServiceResponse: how much was refused of a request, and why (or NULL). Nothing refused and nothing said: empty.
 */
void sn_otlp_write_response(struct sn_text *text, uint64_t rejected, const char *message);

/* ---- reading */

/** The resource and the scope that the records after it belong to. */
struct sn_otlp_source {
	const struct sn_otlp_attribute *resource;
	size_t resource_count;
	struct sn_view scope_name, scope_version;
};
/** Return anything but 0 to stop: it becomes the result of the read. A callback that is NULL is not called: to check, to count.
 */
struct sn_otlp_sink {
	int (*log)(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log);
	int (*point)(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point);
	void *ctx;
};
/** More attributes than this in one record, or of a resource: the rest is counted as dropped and left away. */
#define SN_OTLP_MAX_ATTRIBUTES 128
/** A histogram of more buckets than this is skipped. */
#define SN_OTLP_MAX_BUCKETS 256

struct sn_otlp_stats {
	uint64_t records;	     /* given to the sink */
	uint64_t dropped_attributes; /* beyond SN_OTLP_MAX_ATTRIBUTES */
	/*
	 * Points that are not read: exponential histograms, summaries, delta temporality, without a value, histograms with more
	 * than SN_OTLP_MAX_BUCKETS or of which buckets and bounds do not fit together.
	 */
	uint64_t skipped_points;
};

/**
 * Reads an ExportLogsServiceRequest or an ExportMetricsServiceRequest in protobuf. `ret_stats` may be NULL; it is filled in
 * whatever the result, and counts up to where reading ended.
 * @return 0; -EBADMSG: malformed, of which what stood before was given to the sink; or what the sink returned.
 */
int sn_otlp_read_logs(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);
int sn_otlp_read_metrics(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);
/** The partial success of a response. `ret_message` points into it. @return 0 or -EBADMSG. */
int sn_otlp_read_response(struct sn_view response, uint64_t *ret_rejected, struct sn_view *ret_message);

/* ---- for readers of both encodings */

/** Of a data point's flags: there is no value (the series has ended). */
#define SN_OTLP_NO_RECORDED_VALUE 1u
/** AggregationTemporality: the one that is read. */
#define SN_OTLP_CUMULATIVE 2u

/** A histogram's buckets as OTLP wants them. Without any, the count makes one: `ret_all`, which the caller keeps with the point.
 */
static inline bool sn_otlp_buckets_fit(struct sn_otlp_point *point, size_t bucket_count, uint64_t *ret_all)
{
	if (!bucket_count && !point->bound_count) {
		*ret_all = point->count;
		point->bucket_counts = ret_all;
		return true;
	}
	for (size_t i = 1; i < point->bound_count; i++)
		if (!(point->bounds[i] > point->bounds[i - 1]))
			return false;
	return bucket_count == point->bound_count + 1;
}

#endif
