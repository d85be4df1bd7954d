/* SPDX-License-Identifier: Apache-2.0 */
/** @file Batches: made, packed, queued, sent in order, tried again, put on disk. */
#include "agent/exporter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "codec/otlp.h"
#include "http/client.h"
#include "model/record_otlp.h"

#define BATCH_RECORDS	512u
#define BATCH_OCTETS	(256u << 10)
#define METRICS_OCTETS	(1u << 20)
#define GATHER_MS	500u /* a batch waits so long for more, unless the receiver says that it may wait longer */
#define GATHER_MAX_MS	10000u
#define QUEUE		16u /* batches in memory; more go to disk */
#define FLUSH_MS	250
#define RETRY_FIRST_MS	500u
#define RETRY_LAST_MS	30000u
#define READY_MS	500u
#define REQUEST_MS	30000
#define RESPONSE_OCTETS (64u << 10)
#define GZIP_LEVEL	1 /* attributes repeat themselves: the higher levels save little more and cost several times as much */
#define GZIP_WINDOW	(15 + 16)

struct sn_exporter {
	char *logs_url, *metrics_url, *node, *cluster, *authorization;
	struct sn_exporter_options options;
	uv_loop_t *loop;
	uv_timer_t flush, metrics, retry;
	unsigned open_handles;
	uint64_t begun_ns;
	/* The batch that fills. */
	struct sn_otlp_writer writer;
	uint32_t records;
	uint64_t since_ns, gather_ns;
	/* The one of metrics, while they are gathered. */
	struct sn_otlp_writer points;
	uint32_t point_count;
	uint64_t points_ns;
	z_stream gzip;
	/* Waiting in memory, the oldest first; those on disk are older than all of them. */
	struct sn_batch queue[QUEUE];
	unsigned first, count;
	struct sn_spool *spool;
	/* Under way. */
	struct sn_batch sending;
	struct sn_http_transfer *transfer;
	bool from_disk;
	bool waiting; /* for the retry timer */
	unsigned retry_ms;
	struct sn_exporter_stats stats;
};

static void kick(struct sn_exporter *exporter);

static struct sn_view view_of(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

static struct sn_otlp_attribute text_attribute(const char *key, const char *value)
{
	return (struct sn_otlp_attribute) { view_of(key), { .kind = SN_OTLP_STRING, .text = view_of(value) } };
}

/** OpenTelemetry's names of resources. */
static void begin_request(const struct sn_exporter *exporter, struct sn_otlp_writer *writer)
{
	struct sn_otlp_attribute resource[4] = {
		text_attribute("service.name", "sauron-agent"),
		text_attribute("service.version", SN_VERSION),
		text_attribute("host.name", exporter->node),
	};
	size_t count = 3;

	if (exporter->cluster)
		resource[count++] = text_attribute("k8s.cluster.name", exporter->cluster);
	sn_otlp_begin(writer, resource, count, "sauron", SN_VERSION);
}

/* --- packing and queueing */

static int pack(struct sn_exporter *exporter, struct sn_view data, struct sn_batch *batch)
{
	z_stream *gzip = &exporter->gzip;
	uLong bound;

	if (deflateReset(gzip) != Z_OK)
		return -EIO;
	bound = deflateBound(gzip, (uLong)data.len);
	batch->data = malloc(bound);
	if (!batch->data)
		return -ENOMEM;
	gzip->next_in = (Bytef *)(uintptr_t)data.data;
	gzip->avail_in = (uInt)data.len;
	gzip->next_out = batch->data;
	gzip->avail_out = (uInt)bound;
	if (deflate(gzip, Z_FINISH) != Z_STREAM_END) {
		free(SN_TAKE_PTR(batch->data));
		return -EIO;
	}
	batch->len = bound - gzip->avail_out;
	return 0;
}

static void spool_push(struct sn_exporter *exporter, struct sn_batch *batch, bool front)
{
	int err = front ? sn_spool_push_front(exporter->spool, batch) : sn_spool_push(exporter->spool, batch);

	if (err) {
		exporter->stats.lost_records += batch->records;
		sn_log_warning("export: %u records are lost: the spool cannot take them: %s", batch->records, strerror(-err));
	}
	free(SN_TAKE_PTR(batch->data));
}

/** All that waits in memory goes to disk, in order. */
static void spill(struct sn_exporter *exporter)
{
	for (; exporter->count; exporter->count--) {
		spool_push(exporter, &exporter->queue[exporter->first], /* front= */ false);
		exporter->first = (exporter->first + 1) % QUEUE;
	}
}

static void enqueue(struct sn_exporter *exporter, struct sn_batch *batch)
{
	if (exporter->stats.away || !sn_spool_is_empty(exporter->spool) || exporter->count == QUEUE) {
		spill(exporter);
		spool_push(exporter, batch, /* front= */ false);
	} else {
		exporter->queue[(exporter->first + exporter->count++) % QUEUE] = *batch;
	}
	kick(exporter);
}

static void finish_request(struct sn_exporter *exporter, struct sn_otlp_writer *writer, enum sn_batch_kind kind, uint32_t records)
{
	struct sn_batch batch = { .kind = kind, .records = records };
	uint64_t begun_ns = sn_clock_boottime_ns();
	int err = sn_otlp_end(writer);

	if (!err && getrandom(batch.id, sizeof(batch.id), 0) != sizeof(batch.id))
		err = -EIO;
	if (!err)
		err = pack(exporter, (struct sn_view) { (const uint8_t *)writer->data.data, writer->data.len }, &batch);
	writer->data.len = 0; /* its memory is used again */
	writer->data.failed = false;
	exporter->stats.encode_ns += sn_clock_boottime_ns() - begun_ns;
	if (err) {
		exporter->stats.lost_records += records;
		sn_log_warning("export: %u records are lost: %s", records, strerror(-err));
		return;
	}
	enqueue(exporter, &batch);
}

static void finish_logs(struct sn_exporter *exporter)
{
	uint32_t records = exporter->records;

	if (!records)
		return;
	exporter->records = 0;
	finish_request(exporter, &exporter->writer, SN_BATCH_LOGS, records);
}

void sn_exporter_record(struct sn_exporter *exporter, const struct sn_record_type *type, const void *row, uint64_t time_ns)
{
	if (!exporter->records) {
		begin_request(exporter, &exporter->writer);
		exporter->since_ns = sn_clock_boottime_ns();
	}
	sn_record_to_otlp(type, row, time_ns, &exporter->writer);
	exporter->stats.records++;
	if (++exporter->records >= BATCH_RECORDS || exporter->writer.data.len >= BATCH_OCTETS)
		finish_logs(exporter);
}

/* --- metrics */

static void finish_metrics(struct sn_exporter *exporter)
{
	uint32_t count = exporter->point_count;

	if (!count)
		return;
	exporter->point_count = 0;
	finish_request(exporter, &exporter->points, SN_BATCH_METRICS, count);
}

static void point_histogram(struct sn_otlp_point *point, const struct sn_hist *hist, uint64_t counts[SN_METRICS_BUCKETS + 1],
			    double bounds[SN_METRICS_BUCKETS])
{
	uint64_t before = 0;

	for (size_t i = 0; i < SN_METRICS_BUCKETS; i++) {
		uint64_t below = sn_hist_count_below(hist, sn_metrics_le_ns[i]);

		bounds[i] = (double)sn_metrics_le_ns[i] / 1e9;
		counts[i] = below - before;
		before = below;
	}
	counts[SN_METRICS_BUCKETS] = hist->count - before;
	point->kind = SN_OTLP_HISTOGRAM;
	point->value = (double)hist->sum_ns / 1e9;
	point->count = hist->count;
	point->bucket_counts = counts;
	point->bounds = bounds;
	point->bound_count = SN_METRICS_BUCKETS;
}

static void on_sample(void *ctx, const struct sn_metric *metric, double value, const struct sn_hist *hist,
		      const char *const *values)
{
	struct sn_exporter *exporter = ctx;
	struct sn_otlp_attribute attributes[SN_METRIC_MAX_LABELS];
	uint64_t counts[SN_METRICS_BUCKETS + 1];
	double bounds[SN_METRICS_BUCKETS];
	struct sn_otlp_point point = { .name = view_of(metric->name),
				       .description = view_of(metric->help),
				       .kind = metric->kind == SN_METRIC_COUNTER ? SN_OTLP_SUM : SN_OTLP_GAUGE,
				       .start_ns = exporter->begun_ns,
				       .time_ns = exporter->points_ns,
				       .value = value,
				       .attributes = attributes };

	for (size_t i = 0; i < SN_METRIC_MAX_LABELS && metric->labels[i]; i++)
		if (values && values[i] && values[i][0])
			attributes[point.attribute_count++] = text_attribute(metric->labels[i], values[i]);
	if (hist)
		point_histogram(&point, hist, counts, bounds);
	else if (value != value)
		return; /* a gauge without a value */
	if (!exporter->point_count)
		begin_request(exporter, &exporter->points);
	sn_otlp_add_point(&exporter->points, &point);
	exporter->point_count++;
	if (exporter->points.data.len >= METRICS_OCTETS)
		finish_metrics(exporter);
}

static void on_metrics(uv_timer_t *timer)
{
	struct sn_exporter *exporter = timer->data;
	struct sn_metrics_sink sink = { on_sample, exporter };
	struct sn_metrics *metrics;

	if (sn_metrics_new_sink(&sink, &metrics))
		return;
	exporter->points_ns = sn_clock_realtime_ns();
	exporter->options.collect(exporter->options.ctx, metrics);
	sn_metrics_free(metrics);
	finish_metrics(exporter);
}

/* --- sending */

static void on_retry(uv_timer_t *timer)
{
	struct sn_exporter *exporter = timer->data;

	exporter->waiting = false;
	kick(exporter);
}

/** The batch stays; everything waits, and what waits in memory goes to disk. */
static void receiver_away(struct sn_exporter *exporter, const char *why, uint64_t retry_after_s)
{
	uint64_t wait_ms = exporter->retry_ms;
	uint32_t chance = 0;

	if (!exporter->stats.away)
		sn_log_warning("export: %s: %s; what is to be sent is kept on disk and tried again", exporter->options.endpoint,
			       why);
	exporter->stats.away = true;
	exporter->stats.failures++;
	snprintf(exporter->stats.why, sizeof(exporter->stats.why), "%s", why);
	if (!exporter->from_disk)
		spool_push(exporter, &exporter->sending, /* front= */ true);
	else
		free(SN_TAKE_PTR(exporter->sending.data));
	spill(exporter);
	/* A fleet that lost its controller at one moment must not come back at one moment. */
	if (getrandom(&chance, sizeof(chance), 0) == sizeof(chance))
		wait_ms = wait_ms / 2 + chance % (wait_ms / 2 + 1);
	if (retry_after_s)
		wait_ms = SN_MAX(wait_ms, SN_MIN(retry_after_s, 600) * 1000);
	exporter->retry_ms = SN_MIN(2 * exporter->retry_ms, RETRY_LAST_MS);
	exporter->waiting = true;
	uv_timer_start(&exporter->retry, on_retry, wait_ms, /* repeat= */ 0);
}

/** The batch is dealt with, for good or ill. */
static void batch_done(struct sn_exporter *exporter, uint64_t refused, const char *why)
{
	refused = SN_MIN(refused, exporter->sending.records);
	exporter->stats.refused_records += refused;
	exporter->stats.sent_records += exporter->sending.records - refused;
	if (refused) {
		snprintf(exporter->stats.why, sizeof(exporter->stats.why), "%s", why);
		sn_log_warning("export: %s refuses %" PRIu64 " of %u records: %s", exporter->options.endpoint, refused,
			       exporter->sending.records, why);
	}
	free(SN_TAKE_PTR(exporter->sending.data));
	if (exporter->from_disk)
		sn_spool_pop(exporter->spool);
	if (exporter->stats.away)
		sn_log_info("export: %s answers again", exporter->options.endpoint);
	exporter->stats.away = false;
	exporter->retry_ms = RETRY_FIRST_MS;
	kick(exporter);
}

/** Which answers are worth another try: OTLP/HTTP, "Failures". */
static bool is_retryable(unsigned status)
{
	return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

/** A controller of many nodes has each of them send more at once. */
static void take_gather(struct sn_exporter *exporter, const struct sn_http_result *result)
{
	const char *text = result->header(result, "Sauron-Gather-Ms");
	uint64_t ms = text ? strtoull(text, NULL, 10) : GATHER_MS;

	exporter->gather_ns = SN_MIN(SN_MAX(ms, GATHER_MS), GATHER_MAX_MS) * SN_NSEC_PER_MSEC;
}

static void on_answer(void *ctx, const struct sn_http_result *result)
{
	struct sn_exporter *exporter = ctx;
	struct sn_view message = { 0 };
	uint64_t refused = 0;
	char why[160];

	exporter->transfer = NULL;
	if (result->error)
		snprintf(why, sizeof(why), "%s", result->text);
	else
		snprintf(why, sizeof(why), "status %u", result->status);
	if (result->error || is_retryable(result->status)) {
		receiver_away(exporter, why, result->retry_after_s > 0 ? (uint64_t)result->retry_after_s : 0);
	} else if (result->status < 200 || result->status > 299) {
		batch_done(exporter, exporter->sending.records, why);
	} else {
		take_gather(exporter, result);
		if (sn_otlp_read_response(result->body, &refused, &message) < 0)
			refused = 0; /* what is no OTLP, but says 2xx, has taken it */
		snprintf(why, sizeof(why), "%.*s", (int)SN_MIN(message.len, sizeof(why) - 1), (const char *)message.data);
		batch_done(exporter, refused, why);
	}
}

static void send_batch(struct sn_exporter *exporter)
{
	char id[sizeof("Sauron-Batch: ") + 2 * SN_BATCH_ID] = "Sauron-Batch: ", *digits = id + strlen(id);
	const char *const headers[] = { "Content-Type: application/x-protobuf", "Content-Encoding: gzip", id,
					exporter->authorization, NULL };
	const struct sn_http_call call = {
		.method = "POST",
		.url = exporter->sending.kind == SN_BATCH_LOGS ? exporter->logs_url : exporter->metrics_url,
		.headers = headers,
		.body = { exporter->sending.data, exporter->sending.len },
		.body_lent = true,
		.timeout_ms = REQUEST_MS,
		.response_limit = RESPONSE_OCTETS,
	};
	int err;

	for (size_t i = 0; i < SN_BATCH_ID; i++)
		snprintf(digits + 2 * i, 3, "%02x", exporter->sending.id[i]);
	exporter->stats.requests++;
	err = sn_http_client_send(exporter->options.client, &call, on_answer, exporter, &exporter->transfer);
	if (err)
		receiver_away(exporter, strerror(-err), /* retry_after_s= */ 0);
}

static void kick(struct sn_exporter *exporter)
{
	if (exporter->transfer || exporter->waiting)
		return;
	if (exporter->options.ready && !exporter->options.ready(exporter->options.ctx)) {
		exporter->waiting = true;
		uv_timer_start(&exporter->retry, on_retry, READY_MS, /* repeat= */ 0);
		return;
	}
	exporter->from_disk = sn_spool_oldest(exporter->spool, &exporter->sending) > 0;
	if (!exporter->from_disk) {
		if (!exporter->count)
			return;
		exporter->sending = exporter->queue[exporter->first];
		exporter->first = (exporter->first + 1) % QUEUE;
		exporter->count--;
	}
	send_batch(exporter);
}

static void on_flush(uv_timer_t *timer)
{
	struct sn_exporter *exporter = timer->data;

	if (exporter->records && sn_clock_boottime_ns() - exporter->since_ns >= exporter->gather_ns)
		finish_logs(exporter);
}

/* --- life */

static void on_closed(uv_handle_t *handle)
{
	struct sn_exporter *exporter = handle->data;

	if (--exporter->open_handles)
		return;
	free(exporter->logs_url);
	free(exporter->metrics_url);
	free(exporter->node);
	free(exporter->cluster);
	free(exporter->authorization);
	sn_text_free(&exporter->writer.data);
	sn_text_free(&exporter->points.data);
	deflateEnd(&exporter->gzip);
	sn_spool_close(exporter->spool);
	free(exporter);
}

static char *joined(const char *a, const char *b)
{
	size_t len = strlen(a);
	char *text = NULL;

	while (len && a[len - 1] == '/')
		len--;
	return asprintf(&text, "%.*s%s", (int)len, a, b) < 0 ? NULL : text;
}

static int take_options(struct sn_exporter *exporter, const struct sn_exporter_options *options)
{
	exporter->options = *options;
	exporter->logs_url = joined(options->endpoint, "/v1/logs");
	exporter->metrics_url = joined(options->endpoint, "/v1/metrics");
	exporter->options.endpoint = exporter->logs_url; /* how messages call it */
	exporter->node = strdup(options->node);
	exporter->cluster = options->cluster ? strdup(options->cluster) : NULL;
	if (options->token && asprintf(&exporter->authorization, "Authorization: Bearer %s", options->token) < 0)
		exporter->authorization = NULL;
	if (!exporter->logs_url || !exporter->metrics_url || !exporter->node || (options->cluster && !exporter->cluster) ||
	    (options->token && !exporter->authorization))
		return -ENOMEM;
	return deflateInit2(&exporter->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK ? 0 : -ENOMEM;
}

int sn_exporter_new(uv_loop_t *loop, const struct sn_exporter_options *options, struct sn_exporter **ret_exporter,
		    struct sn_diag *reterr)
{
	struct sn_exporter *exporter = calloc(1, sizeof(*exporter));
	uv_timer_t *timers[] = { &exporter->flush, &exporter->metrics, &exporter->retry };
	int err;

	if (!exporter)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	exporter->loop = loop;
	exporter->begun_ns = sn_clock_realtime_ns();
	exporter->retry_ms = RETRY_FIRST_MS;
	exporter->gather_ns = GATHER_MS * SN_NSEC_PER_MSEC;
	err = take_options(exporter, options);
	if (err)
		sn_diag_set(reterr, err, "out of memory");
	for (size_t i = 0; i < SN_ARRAY_SIZE(timers); i++) {
		uv_timer_init(loop, timers[i]);
		timers[i]->data = exporter;
		exporter->open_handles++;
	}
	if (!err)
		err = sn_spool_open(options->spool_directory, options->spool_octets, &exporter->spool, reterr);
	if (err) {
		sn_exporter_free(exporter);
		return err;
	}
	uv_timer_start(&exporter->flush, on_flush, FLUSH_MS, FLUSH_MS);
	if (options->metrics_interval_ms)
		uv_timer_start(&exporter->metrics, on_metrics, SN_MIN(1000, options->metrics_interval_ms),
			       options->metrics_interval_ms);
	kick(exporter); /* what an earlier agent left */
	*ret_exporter = exporter;
	return 0;
}

struct sn_exporter *sn_exporter_free(struct sn_exporter *exporter)
{
	uv_handle_t *handles[] = { (uv_handle_t *)&exporter->flush, (uv_handle_t *)&exporter->metrics,
				   (uv_handle_t *)&exporter->retry };

	if (!exporter)
		return NULL;
	exporter->waiting = true; /* nothing is sent any more */
	exporter->transfer = sn_http_transfer_cancel(exporter->transfer);
	if (exporter->spool) {
		if (exporter->sending.data && !exporter->from_disk)
			spool_push(exporter, &exporter->sending, /* front= */ true);
		free(SN_TAKE_PTR(exporter->sending.data));
		exporter->stats.away = true;
		finish_logs(exporter);
		spill(exporter);
	}
	for (size_t i = 0; i < SN_ARRAY_SIZE(handles); i++)
		uv_close(handles[i], on_closed);
	return NULL;
}

void sn_exporter_stats(const struct sn_exporter *exporter, struct sn_exporter_stats *ret_stats)
{
	*ret_stats = exporter->stats;
	ret_stats->queued_batches = exporter->count;
	sn_spool_stats(exporter->spool, &ret_stats->spool);
}
