/* SPDX-License-Identifier: Apache-2.0 */
/** @file OTLP requests into batches of the store. */
#include "controller/collector.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/map.h"
#include "base/pool.h"
#include "codec/otlp.h"
#include "controller/record_text.h"
#include "model/otlp_json.h"

#define NODE_OCTETS  253u
#define TYPE_OCTETS  128u
#define RECORD_LIMIT (64u << 10)	       /* octets of one record's attributes */
#define TIME_MAX     ((uint64_t)INT64_MAX - 1) /* the store's: a range ends before its end */
#define RATES_MAX    100000u
#define GZIP_WINDOW  (15 + 32) /* gzip or zlib, by its head */
#define RETRY_S	     5u
/* Each batch is a transaction: nodes gather for so long that storing what all of them tell takes a fifth of the time. */
#define GATHER_MIN_MS 500u
#define GATHER_MAX_MS 30000u
#define STORING_SHARE 5u
#define STORING_MEAN  64u /* batches that the mean goes over */

/** A span of the arena: its memory moves while it grows, so it is named by place. */
struct span {
	size_t at, len;
};
struct gathered_record {
	uint64_t time_ns;
	struct span type, ue, gnb, attributes;
};
struct gathered_sample {
	uint64_t time_ns;
	struct span name, labels;
	enum sn_store_series_kind kind;
	double value;
};

/** How much a node may still tell in this second. */
struct rate {
	uint64_t second, records;
};

struct sn_collector {
	struct sn_collector_options options;
	struct sn_text arena, unpacked;
	struct gathered_record *records;
	struct gathered_sample *samples;
	size_t record_count, record_size, sample_count, sample_size;
	char node[NODE_OCTETS + 1];
	bool node_is_proven;
	uint64_t refused;
	const char *why;
	struct sn_pool rates;
	struct sn_map rate_of;
	uint64_t storing_ns; /* of one batch, a moving mean */
	struct sn_collector_stats stats;
};

int sn_collector_new(const struct sn_collector_options *options, struct sn_collector **ret_collector)
{
	struct sn_collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return -ENOMEM;
	collector->options = *options;
	sn_pool_init(&collector->rates, sizeof(struct rate), RATES_MAX);
	*ret_collector = collector;
	return 0;
}

struct sn_collector *sn_collector_free(struct sn_collector *collector)
{
	if (!collector)
		return NULL;
	sn_text_free(&collector->arena);
	sn_text_free(&collector->unpacked);
	sn_pool_fini(&collector->rates);
	sn_map_fini(&collector->rate_of);
	free(collector->records);
	free(collector->samples);
	free(collector);
	return NULL;
}

/* --- gathering */

static int refuse_record(struct sn_collector *collector, const char *why)
{
	collector->refused++;
	collector->why = why;
	return 0;
}

static void *grown(void *array, size_t count, size_t *size, size_t width)
{
	void *larger;

	if (count < *size)
		return array;
	larger = realloc(array, SN_MAX(2 * *size, 512u) * width);
	if (larger)
		*size = SN_MAX(2 * *size, 512u);
	return larger;
}

static struct span span_add(struct sn_text *arena, struct sn_view view)
{
	struct span span = { arena->len, view.len };

	sn_text_add_bytes(arena, (const char *)view.data, view.len);
	return span;
}

static bool key_is(struct sn_view key, const char *name)
{
	return key.len == strlen(name) && memcmp(key.data, name, key.len) == 0;
}

static void add_value(struct sn_text *text, const struct sn_otlp_value *value)
{
	switch (value->kind) {
	case SN_OTLP_STRING:
		sn_text_add_json_string(text, value->text);
		return;
	case SN_OTLP_BOOL:
		sn_text_add(text, value->integer ? "true" : "false");
		return;
	case SN_OTLP_INT:
		sn_text_addf(text, "%" PRId64, value->integer);
		return;
	case SN_OTLP_DOUBLE:
		if (isfinite(value->number))
			sn_text_addf(text, "%.12g", value->number);
		else
			sn_text_add(text, "null");
		return;
	case SN_OTLP_EMPTY:
	case SN_OTLP_BYTES:
	case SN_OTLP_OTHER:
		break;
	}
	sn_text_add(text, "null");
}

/* What the API puts there itself. */
static bool key_is_reserved(struct sn_view key)
{
	return key_is(key, "id") || key_is(key, "time") || key_is(key, "node") || key_is(key, "type");
}

static struct span attributes_add(struct sn_text *arena, const struct sn_otlp_log *log)
{
	struct span span = { .at = arena->len };

	for (size_t i = 0; i < log->attribute_count; i++) {
		const struct sn_otlp_attribute *attribute = &log->attributes[i];

		if (key_is_reserved(attribute->key))
			continue;
		sn_text_add(arena, arena->len == span.at ? "{" : ",");
		sn_text_add_json_string(arena, attribute->key);
		sn_text_add(arena, ":");
		add_value(arena, &attribute->value);
	}
	/* Others than our agents tell in a sentence what we tell in fields. */
	if (log->body.kind != SN_OTLP_EMPTY && log->body.kind != SN_OTLP_OTHER) {
		sn_text_add(arena, arena->len == span.at ? "{\"body\":" : ",\"body\":");
		add_value(arena, &log->body);
	}
	sn_text_add(arena, arena->len == span.at ? "{}" : "}");
	span.len = arena->len - span.at;
	return span;
}

static struct sn_view attribute_of(const struct sn_otlp_attribute *attributes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (key_is(attributes[i].key, name) && attributes[i].value.kind == SN_OTLP_STRING)
			return attributes[i].value.text;
	return (struct sn_view) { 0 };
}

/** One request tells of one node: of its resource, unless the sender is known to be one. */
static void take_node(struct sn_collector *collector, const struct sn_otlp_source *source)
{
	struct sn_view node = attribute_of(source->resource, source->resource_count, "host.name");

	if (collector->node_is_proven || collector->node[0])
		return;
	if (!node.len)
		node = attribute_of(source->resource, source->resource_count, "service.instance.id");
	if (!node.len)
		node = attribute_of(source->resource, source->resource_count, "service.name");
	snprintf(collector->node, sizeof(collector->node), "%.*s", (int)SN_MIN(node.len, NODE_OCTETS), (const char *)node.data);
	if (!collector->node[0])
		snprintf(collector->node, sizeof(collector->node), "unknown");
}

static int on_log(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log)
{
	struct sn_collector *collector = ctx;
	struct gathered_record record = { .time_ns = log->time_ns ? log->time_ns : log->observed_time_ns };
	struct sn_view type = log->event_name;
	void *records;

	take_node(collector, source);
	if (!type.len)
		type = attribute_of(log->attributes, log->attribute_count, "event.name"); /* where it was before OTLP 1.5 */
	if (type.len > TYPE_OCTETS)
		return refuse_record(collector, "the event's name is too long");
	if (!type.len)
		type = (struct sn_view) { (const uint8_t *)"log", 3 };
	if (!record.time_ns)
		record.time_ns = sn_clock_realtime_ns();
	record.time_ns = SN_MIN(record.time_ns, TIME_MAX);
	records = grown(collector->records, collector->record_count, &collector->record_size, sizeof(record));
	if (!records)
		return -ENOMEM;
	collector->records = records;
	record.attributes = attributes_add(&collector->arena, log);
	if (record.attributes.len > RECORD_LIMIT) {
		collector->arena.len = record.attributes.at;
		return refuse_record(collector, "a record is larger than 64 KiB");
	}
	record.type = span_add(&collector->arena, type);
	record.ue = span_add(&collector->arena, attribute_of(log->attributes, log->attribute_count, "ue"));
	record.gnb = span_add(&collector->arena, attribute_of(log->attributes, log->attribute_count, "gnb"));
	collector->records[collector->record_count++] = record;
	return collector->arena.failed ? -ENOMEM : 0;
}

static int by_key(const void *a, const void *b)
{
	const struct sn_otlp_attribute *x = *(const struct sn_otlp_attribute *const *)a,
				       *y = *(const struct sn_otlp_attribute *const *)b;
	int order = memcmp(x->key.data, y->key.data, SN_MIN(x->key.len, y->key.len));

	return order ? order : x->key.len < y->key.len ? -1 : x->key.len > y->key.len;
}

/** Labels in the order of their names: they are a part of the series' own name. `le` is one more label, or NULL. */
static struct span labels_add(struct sn_text *arena, const struct sn_otlp_point *point, const char *le)
{
	const struct sn_otlp_attribute *sorted[SN_OTLP_MAX_ATTRIBUTES + 1];
	struct sn_otlp_attribute bound = { { (const uint8_t *)"le", 2 }, { .kind = SN_OTLP_STRING } };
	struct span span = { .at = arena->len };
	size_t count = 0;

	for (size_t i = 0; i < SN_MIN(point->attribute_count, (size_t)SN_OTLP_MAX_ATTRIBUTES); i++)
		sorted[count++] = &point->attributes[i];
	if (le) {
		bound.value.text = (struct sn_view) { (const uint8_t *)le, strlen(le) };
		sorted[count++] = &bound;
	}
	qsort(sorted, count, sizeof(sorted[0]), by_key);
	sn_text_add(arena, "{");
	for (size_t i = 0; i < count; i++) {
		if (i)
			sn_text_add(arena, ",");
		sn_text_add_json_string(arena, sorted[i]->key);
		sn_text_add(arena, ":");
		add_value(arena, &sorted[i]->value);
	}
	sn_text_add(arena, "}");
	span.len = arena->len - span.at;
	return span;
}

static int sample_add(struct sn_collector *collector, const struct sn_otlp_point *point, const char *suffix, const char *le,
		      enum sn_store_series_kind kind, double value)
{
	struct gathered_sample sample = { .time_ns = SN_MIN(point->time_ns, TIME_MAX), .kind = kind, .value = value };
	void *samples = grown(collector->samples, collector->sample_count, &collector->sample_size, sizeof(sample));

	if (!samples)
		return -ENOMEM;
	collector->samples = samples;
	sample.labels = labels_add(&collector->arena, point, le);
	sample.name = span_add(&collector->arena, point->name);
	sn_text_add(&collector->arena, suffix);
	sample.name.len += strlen(suffix);
	collector->samples[collector->sample_count++] = sample;
	return collector->arena.failed ? -ENOMEM : 0;
}

/** As Prometheus has them: cumulative buckets, the sum, the count. */
static int add_histogram(struct sn_collector *collector, const struct sn_otlp_point *point)
{
	uint64_t below = 0;
	char le[32];
	int err = 0;

	for (size_t i = 0; i <= point->bound_count && !err && point->bucket_counts; i++) {
		below += point->bucket_counts[i];
		if (i < point->bound_count)
			snprintf(le, sizeof(le), "%g", point->bounds[i]);
		else
			snprintf(le, sizeof(le), "+Inf");
		err = sample_add(collector, point, "_bucket", le, SN_STORE_COUNTER, (double)below);
	}
	if (!err && isfinite(point->value))
		err = sample_add(collector, point, "_sum", /* le= */ NULL, SN_STORE_COUNTER, point->value);
	return err ? err : sample_add(collector, point, "_count", /* le= */ NULL, SN_STORE_COUNTER, (double)point->count);
}

static int on_point(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point)
{
	struct sn_collector *collector = ctx;

	take_node(collector, source);
	if (!point->name.len || point->name.len > TYPE_OCTETS)
		return refuse_record(collector, "a metric has no name, or one that is too long");
	if (!point->time_ns)
		return refuse_record(collector, "a data point has no time");
	if (point->kind == SN_OTLP_HISTOGRAM)
		return add_histogram(collector, point);
	if (!isfinite(point->value))
		return 0;
	return sample_add(collector, point, "", /* le= */ NULL, point->kind == SN_OTLP_SUM ? SN_STORE_COUNTER : SN_STORE_GAUGE,
			  point->value);
}

/* --- requests */

static void begin(struct sn_collector *collector, const struct sn_identity *identity)
{
	collector->arena.len = 0;
	collector->arena.failed = false;
	collector->record_count = collector->sample_count = 0;
	collector->refused = 0;
	collector->why = "";
	collector->node_is_proven = identity->role == SN_ROLE_AGENT && identity->user[0];
	snprintf(collector->node, sizeof(collector->node), "%s", collector->node_is_proven ? identity->user : "");
}

/** Unpacks at most `body_limit` octets, whatever the packed ones promise. @return 0, -EFBIG, -EBADMSG, -ENOMEM. */
static int unpack(struct sn_collector *collector, struct sn_view packed, struct sn_view *ret_data)
{
	z_stream gzip = { .next_in = packed.data, .avail_in = (uInt)packed.len };
	char piece[16384];
	int r;

	if (inflateInit2(&gzip, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	collector->unpacked.len = 0;
	collector->unpacked.failed = false;
	do {
		gzip.next_out = (Bytef *)piece;
		gzip.avail_out = sizeof(piece);
		r = inflate(&gzip, Z_NO_FLUSH);
		sn_text_add_bytes(&collector->unpacked, piece, sizeof(piece) - gzip.avail_out);
	} while (r == Z_OK && collector->unpacked.len <= collector->options.body_limit && !collector->unpacked.failed);
	inflateEnd(&gzip);
	if (collector->unpacked.failed)
		return -ENOMEM;
	if (collector->unpacked.len > collector->options.body_limit)
		return -EFBIG;
	*ret_data = (struct sn_view) { (const uint8_t *)collector->unpacked.data, collector->unpacked.len };
	return r == Z_STREAM_END ? 0 : -EBADMSG;
}

static bool is_json(const struct sn_http_request *request)
{
	const char *type = request->header(request, "Content-Type");

	return type && strncasecmp(type, "application/json", 16) == 0;
}

static int read_request(struct sn_collector *collector, const struct sn_http_request *request, bool logs)
{
	const char *encoding = request->header(request, "Content-Encoding");
	struct sn_otlp_sink sink = { .log = on_log, .point = on_point, .ctx = collector };
	struct sn_view data = request->body;
	int err = 0;

	if (encoding && strcasecmp(encoding, "gzip") == 0)
		err = unpack(collector, request->body, &data);
	else if (encoding && strcasecmp(encoding, "identity") != 0)
		return -EPROTONOSUPPORT;
	if (err)
		return err;
	if (is_json(request))
		return logs ? sn_otlp_read_logs_json(data, &sink, NULL) : sn_otlp_read_metrics_json(data, &sink, NULL);
	return logs ? sn_otlp_read_logs(data, &sink, NULL) : sn_otlp_read_metrics(data, &sink, NULL);
}

static struct sn_view view_of(const struct sn_collector *collector, struct span span)
{
	return (struct sn_view) { (const uint8_t *)collector->arena.data + span.at, span.len };
}

static bool take_batch_id(const struct sn_http_request *request, uint8_t ret_id[SN_STORE_BATCH_ID])
{
	const char *text = request->header(request, "Sauron-Batch");

	memset(ret_id, 0, SN_STORE_BATCH_ID);
	if (!text)
		return true;
	if (strlen(text) != 2 * SN_STORE_BATCH_ID)
		return false;
	for (size_t i = 0; i < SN_STORE_BATCH_ID; i++) {
		unsigned octet;

		if (sscanf(text + 2 * i, "%2x", &octet) != 1)
			return false;
		ret_id[i] = (uint8_t)octet;
	}
	return true;
}

static int store(struct sn_collector *collector, struct sn_store_batch *batch, struct sn_diag *reterr)
{
	struct sn_store_record *records = calloc(collector->record_count + 1, sizeof(*records));
	struct sn_store_sample *samples = calloc(collector->sample_count + 1, sizeof(*samples));
	int r = records && samples ? 0 : sn_diag_set(reterr, -ENOMEM, "out of memory");
	uint64_t begun_ns, first_id = 0;

	batch->node = (struct sn_view) { (const uint8_t *)collector->node, strlen(collector->node) };
	for (size_t i = 0; i < collector->record_count && !r; i++) {
		const struct gathered_record *from = &collector->records[i];

		records[i] = (struct sn_store_record) { .time_ns = from->time_ns,
							.node = batch->node,
							.type = view_of(collector, from->type),
							.ue = view_of(collector, from->ue),
							.gnb = view_of(collector, from->gnb),
							.attributes = view_of(collector, from->attributes) };
	}
	for (size_t i = 0; i < collector->sample_count && !r; i++) {
		const struct gathered_sample *from = &collector->samples[i];

		samples[i] = (struct sn_store_sample) { .time_ns = from->time_ns,
							.node = batch->node,
							.name = view_of(collector, from->name),
							.labels = view_of(collector, from->labels),
							.kind = from->kind,
							.value = from->value };
	}
	batch->records = records;
	batch->record_count = collector->record_count;
	batch->samples = samples;
	batch->sample_count = collector->sample_count;
	batch->ret_first_id = &first_id;
	begun_ns = sn_clock_boottime_ns();
	if (!r)
		r = sn_store_add(collector->options.store, batch, reterr);
	if (r == 0)
		collector->storing_ns +=
			(sn_clock_boottime_ns() - begun_ns) / STORING_MEAN - collector->storing_ns / STORING_MEAN;
	for (size_t i = 0; i < collector->record_count && r == 0; i++) {
		records[i].id = first_id + i;
		sn_live_record(collector->options.live, &records[i]);
	}
	batch->ret_first_id = NULL;
	free(records);
	free(samples);
	return r;
}

/** @return whether the node may tell so much in this second. */
static bool within_rate(struct sn_collector *collector)
{
	struct sn_map_key key = { .a = sn_map_hash_bytes(sn_map_seed(), collector->node, strlen(collector->node)) };
	uint64_t second = sn_clock_boottime_ns() / SN_NSEC_PER_SEC;
	uint32_t index;
	struct rate *rate;

	index = sn_map_get(&collector->rate_of, key);
	if (!index) {
		index = sn_pool_take(&collector->rates);
		if (!index || sn_map_set(&collector->rate_of, key, index) < 0)
			return index == 0; /* the table is full of nodes that were: no limit is better than none of the data */
	}
	rate = sn_pool_at(&collector->rates, index);
	if (rate->second != second)
		*rate = (struct rate) { .second = second };
	/* The batch that goes over the limit is still taken, so that one larger than the limit is taken at all. */
	if (collector->options.node_records_per_s && rate->records >= collector->options.node_records_per_s)
		return false;
	rate->records += collector->record_count;
	return true;
}

static void tell_gather(const struct sn_collector *collector, struct sn_http_answer *answer)
{
	uint64_t ms = STORING_SHARE * (uint64_t)collector->rate_of.count * collector->storing_ns / SN_NSEC_PER_MSEC;

	sn_http_add_header(answer, SN_COLLECTOR_GATHER, "%u", (unsigned)SN_MIN(SN_MAX(ms, GATHER_MIN_MS), GATHER_MAX_MS));
}

static void refuse(struct sn_collector *collector, struct sn_http_answer *answer, unsigned status, const char *why)
{
	collector->stats.refused_requests++;
	sn_http_refuse(answer, status, "%s", why);
	if (status == 429 || status == 503)
		sn_http_add_header(answer, "Retry-After", "%u", status == 429 ? 1 : RETRY_S);
}

static void refuse_read(struct sn_collector *collector, int err, struct sn_http_answer *answer)
{
	if (err == -EFBIG)
		refuse(collector, answer, 413, "the request is larger, unpacked, than body_limit");
	else if (err == -EPROTONOSUPPORT)
		refuse(collector, answer, 415, "the Content-Encoding is neither gzip nor identity");
	else if (err == -ENOMEM)
		refuse(collector, answer, 503, "out of memory");
	else
		refuse(collector, answer, 400, "the request is no OTLP that can be read");
}

void sn_collector_serve(struct sn_collector *collector, const struct sn_identity *identity, const struct sn_http_request *request,
			struct sn_http_answer *answer)
{
	bool logs = strcmp(request->path, "/v1/logs") == 0;
	struct sn_store_batch batch = { 0 };
	struct sn_diag diag = { 0 };
	int r;

	collector->stats.requests++;
	begin(collector, identity);
	if (!take_batch_id(request, batch.id)) {
		refuse(collector, answer, 400, "Sauron-Batch is no 32 hexadecimal digits");
		return;
	}
	r = read_request(collector, request, logs);
	if (r < 0) {
		refuse_read(collector, r, answer);
		return;
	}
	if (!within_rate(collector)) {
		refuse(collector, answer, 429, "the node tells more than node_records_per_s");
		return;
	}
	r = store(collector, &batch, &diag);
	if (r < 0) {
		sn_log_error("a batch of %s is not stored: %s", collector->node, diag.text[0] ? diag.text : strerror(-r));
		refuse(collector, answer, 503, r == -ENOSPC ? "the store is full" : "the store does not take it");
		return;
	}
	collector->stats.duplicates += (uint64_t)r;
	collector->stats.records += r ? 0 : collector->record_count;
	collector->stats.samples += r ? 0 : collector->sample_count;
	collector->stats.refused_records += collector->refused;
	answer->status = 200;
	tell_gather(collector, answer);
	if (is_json(request)) {
		answer->type = "application/json";
		sn_text_addf(&answer->body,
			     collector->refused ? "{\"partialSuccess\":{\"%s\":\"%" PRIu64 "\",\"errorMessage\":\"%s\"}}" : "{}",
			     logs ? "rejectedLogRecords" : "rejectedDataPoints", collector->refused, collector->why);
	} else {
		answer->type = "application/x-protobuf";
		sn_otlp_write_response(&answer->body, collector->refused, collector->refused ? collector->why : NULL);
	}
}

void sn_collector_stats(const struct sn_collector *collector, struct sn_collector_stats *ret_stats)
{
	*ret_stats = collector->stats;
}
