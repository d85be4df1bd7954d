/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The receiving end of OTLP/HTTP: logs become records, data points become samples, both go to the store as one batch, and
 * records to those who watch live. Limits on size and rate; what is refused is told by OTLP's own means (partial success, 429 and
 * 503 with Retry-After).
 */
#ifndef SN_CONTROLLER_COLLECTOR_H
#define SN_CONTROLLER_COLLECTOR_H

#include "controller/auth.h"
#include "controller/live.h"
#include "controller/store.h"

/** A header of answers: for how many milliseconds an agent may gather records before it sends them. */
#define SN_COLLECTOR_GATHER "Sauron-Gather-Ms"

struct sn_collector;

struct sn_collector_options {
	struct sn_store *store;
	struct sn_live *live;
	uint64_t body_limit;	     /* unpacked */
	uint32_t node_records_per_s; /* 0: no limit */
};
struct sn_collector_stats {
	uint64_t requests, records, samples, duplicates;
	uint64_t refused_records;  /* said in a partial success */
	uint64_t refused_requests; /* malformed, too large, too many */
};

/** @return 0 or -ENOMEM. */
int sn_collector_new(const struct sn_collector_options *options, struct sn_collector **ret_collector);
struct sn_collector *sn_collector_free(struct sn_collector *collector);
/**
 * POST /v1/logs or /v1/metrics. @param identity of an agent: a name there is the node, whatever the request says of itself
 */
void sn_collector_serve(struct sn_collector *collector, const struct sn_identity *identity, const struct sn_http_request *request,
			struct sn_http_answer *answer);
void sn_collector_stats(const struct sn_collector *collector, struct sn_collector_stats *ret_stats);

#endif
