/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What the agent tells to a receiver of OTLP/HTTP (a controller, or any OpenTelemetry Collector): single events as logs,
 * the metrics as metrics. Protobuf, gzip.
 *
 * Events fill a batch; a full or old one is packed and queued; one request at a time is under way, so order is kept. A receiver
 * that is away, or says 429 or 503, is tried again after a growing time, or after the one that it names (Retry-After); meanwhile
 * batches go to disk. A batch has an id, sent as "Sauron-Batch": one that was stored, but whose answer was lost, is not stored
 * again. How long records are gathered before they are sent the receiver may say ("Sauron-Gather-Ms").
 */
#ifndef SN_AGENT_EXPORTER_H
#define SN_AGENT_EXPORTER_H

#include <uv.h>

#include "agent/spool.h"
#include "model/metrics.h"
#include "sauron/record.h"

struct sn_exporter;
struct sn_http_client;

struct sn_exporter_options {
	const char *endpoint; /* "http://127.0.0.1:7080": /v1/logs and /v1/metrics are put behind it */
	const char *node;     /* host.name */
	const char *cluster;  /* k8s.cluster.name; may be NULL */
	const char *token;    /* Authorization: Bearer; may be NULL */
	const char *spool_directory;
	uint64_t spool_octets;
	uint64_t metrics_interval_ms;
	struct sn_http_client *client; /* borrowed */
	/** Whether anything may be sent yet; NULL: it may. Until then batches wait. */
	bool (*ready)(void *ctx);
	/** Adds the samples of one scrape. */
	void (*collect)(void *ctx, struct sn_metrics *metrics);
	void *ctx;
};

struct sn_exporter_stats {
	uint64_t records;	  /* taken */
	uint64_t sent_records;	  /* of batches that the receiver has */
	uint64_t refused_records; /* the receiver will not have them: a status that is no use to repeat, or a partial success */
	uint64_t lost_records;	  /* neither memory nor disk had room */
	uint64_t requests, failures;
	uint64_t queued_batches; /* in memory now */
	uint64_t encode_ns;	 /* what encoding and packing took, of all records */
	bool away;		 /* the receiver does not take what it is sent */
	char why[160];		 /* of the last failure */
	struct sn_spool_stats spool;
};

/** @return 0 or a negative errno with words. The options are copied. */
int sn_exporter_new(uv_loop_t *loop, const struct sn_exporter_options *options, struct sn_exporter **ret_exporter,
		    struct sn_diag *reterr);
/** What waits goes to disk. Handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_exporter *sn_exporter_free(struct sn_exporter *exporter);
/** Takes one event. */
void sn_exporter_record(struct sn_exporter *exporter, const struct sn_record_type *type, const void *row, uint64_t time_ns);
void sn_exporter_stats(const struct sn_exporter *exporter, struct sn_exporter_stats *ret_stats);

#endif
