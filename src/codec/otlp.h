/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file OTLP 1.x (opentelemetry-proto, packages opentelemetry.proto.{collector,logs,metrics,common,resource}.*.v1): export
 * requests for logs and metrics and their responses, in protobuf; requests in JSON are read, too.
 *
 * Writing appends to a buffer of the caller, without allocation of its own per record: a request is begun, records follow, it is
 * ended. Reading calls back for each record; all views point into the input (or, of JSON, into the reader's own memory) and are
 * valid during the call.
 */
#ifndef SN_CODEC_OTLP_H
#define SN_CODEC_OTLP_H

#include "base/bytes.h"
#include "base/text.h"

/** AnyValue, as far as we have a use for it; arrays and key-value lists are given as SN_OTLP_OTHER. */
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
	SN_OTLP_SUM,	   /* monotonic, cumulative */
	SN_OTLP_HISTOGRAM, /* cumulative, explicit bounds */
};
/** One data point with its metric's name. */
struct sn_otlp_point {
	struct sn_view name, unit, description;
	enum sn_otlp_metric_kind kind;
	uint64_t start_ns, time_ns;
	double value;		       /* of a histogram: the sum */
	uint64_t count;		       /* of a histogram, as the three below */
	const uint64_t *bucket_counts; /* bound_count + 1 */
	const double *bounds;
	size_t bound_count;
	const struct sn_otlp_attribute *attributes;
	size_t attribute_count;
};

/* ---- writing */

/** An export request in the making: one resource, one scope. Zero-initialise; the text is the caller's to free. */
struct sn_otlp_writer {
	struct sn_text data;
	size_t resource_at, scope_at; /* where the lengths of the open messages stand */
};
/** Begins a request (logs or metrics alike): what comes from one process, under one scope ("sauron", its version). */
void sn_otlp_begin(struct sn_otlp_writer *writer, const struct sn_otlp_attribute *resource, size_t resource_count,
		   const char *scope_name, const char *scope_version);
void sn_otlp_add_log(struct sn_otlp_writer *writer, const struct sn_otlp_log *log);
void sn_otlp_add_point(struct sn_otlp_writer *writer, const struct sn_otlp_point *point);
/** Ends the request. @return 0 or -ENOMEM (something before did not fit into memory). The message is writer->data. */
int sn_otlp_end(struct sn_otlp_writer *writer);
/** An Export…ServiceResponse: what was refused of a request, and why. Nothing refused: empty. */
void sn_otlp_write_response(struct sn_text *text, uint64_t rejected, const char *message);

/* ---- reading */

/** The resource and the scope that the records after it belong to. */
struct sn_otlp_source {
	const struct sn_otlp_attribute *resource;
	size_t resource_count;
	struct sn_view scope_name, scope_version;
};
/** Return anything but 0 to stop: it becomes the result of the read. */
struct sn_otlp_sink {
	int (*log)(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log);
	int (*point)(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point);
	void *ctx;
};
/** More attributes than this in one record, or of a resource: the rest is counted as dropped and left away. */
#define SN_OTLP_MAX_ATTRIBUTES 128

struct sn_otlp_stats {
	uint64_t records;	     /* given to the sink */
	uint64_t dropped_attributes; /* beyond SN_OTLP_MAX_ATTRIBUTES */
	uint64_t skipped_points;     /* of kinds that are not read: exponential histograms, summaries */
};

/**
 * Reads an ExportLogsServiceRequest or an ExportMetricsServiceRequest in protobuf. `ret_stats` may be NULL.
 * @return 0; -EBADMSG: malformed, of which what stood before was given to the sink; or what the sink returned.
 */
int sn_otlp_read_logs(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);
int sn_otlp_read_metrics(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);
/** The partial success of a response. `ret_message` points into it. @return 0 or -EBADMSG. */
int sn_otlp_read_response(struct sn_view response, uint64_t *ret_rejected, struct sn_view *ret_message);

#endif
