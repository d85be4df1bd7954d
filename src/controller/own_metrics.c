/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the controller itself took, refused, keeps and costs, as metrics. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "controller/internal.h"
#include "model/metrics.h"

#define LABELS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static const struct sn_metric build_info = {
	"sauron_controller_build_info", "Version of the controller; the value is always 1.", { "version" }, SN_METRIC_GAUGE
};
static const struct sn_metric cpu = {
	"sauron_controller_cpu_seconds_total", "CPU time of the process, user and system.", { NULL }, SN_METRIC_COUNTER
};
static const struct sn_metric memory_peak = { "sauron_controller_resident_memory_peak_bytes",
					      "The most resident memory that the process has had.",
					      { NULL },
					      SN_METRIC_GAUGE };
static const struct sn_metric nodes = { "sauron_controller_nodes", "Nodes known, by state.", { "state" }, SN_METRIC_GAUGE };
static const struct sn_metric polls = { "sauron_controller_agent_polls_total", "Polls of agents.", { NULL }, SN_METRIC_COUNTER };
static const struct sn_metric questions = { "sauron_controller_questions_total",
					    "Questions put to agents, by whether they were answered in time.",
					    { "answered" },
					    SN_METRIC_COUNTER };
static const struct sn_metric requests = {
	"sauron_controller_http_requests_total", "Answered requests by status.", { "code" }, SN_METRIC_COUNTER
};
static const struct sn_metric connections = {
	"sauron_controller_http_connections", "Connections now.", { NULL }, SN_METRIC_GAUGE
};
static const struct sn_metric watchers = { "sauron_controller_live_watchers", "Live streams now.", { NULL }, SN_METRIC_GAUGE };
static const struct sn_metric collected = {
	"sauron_controller_collected_total", "What the collector stored, by kind.", { "kind" }, SN_METRIC_COUNTER
};
static const struct sn_metric refused = { "sauron_controller_collector_refused_total",
					  "What the collector refused: records in partial successes, whole requests.",
					  { "what" },
					  SN_METRIC_COUNTER };
static const struct sn_metric duplicates = { "sauron_controller_duplicate_batches_total",
					     "Batches that came again and were not stored again.",
					     { NULL },
					     SN_METRIC_COUNTER };
static const struct sn_metric store_bytes = {
	"sauron_controller_store_bytes", "What the store takes on disk.", { NULL }, SN_METRIC_GAUGE
};
static const struct sn_metric store_limit = {
	"sauron_controller_store_limit_bytes", "What the store may take; beyond, the oldest day goes.", { NULL }, SN_METRIC_GAUGE
};
static const struct sn_metric store_damaged = { "sauron_controller_store_damaged_total",
						"Files moved aside and blocks passed over because they are damaged.",
						{ NULL },
						SN_METRIC_COUNTER };
static const struct sn_metric store_refused = {
	"sauron_controller_store_refused_batches_total", "Batches that the store had no room for.", { NULL }, SN_METRIC_COUNTER
};
static const struct sn_metric expired = { "sauron_controller_store_expired_records_total",
					  "Records removed for their age or for want of room.",
					  { NULL },
					  SN_METRIC_COUNTER };

const struct sn_metric *const sn_controller_metrics[] = {
	&build_info, &cpu,     &memory_peak, &nodes,	   &polls,	 &questions,	 &requests,	 &connections, &watchers,
	&collected,  &refused, &duplicates,  &store_bytes, &store_limit, &store_damaged, &store_refused, &expired,     NULL,
};

static void collect_process(struct sn_metrics *metrics)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	sn_metrics_add(metrics, &build_info, 1, LABELS(SN_VERSION));
	sn_metrics_add(metrics, &cpu,
		       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		       NULL);
	sn_metrics_add(metrics, &memory_peak, (double)usage.ru_maxrss * 1024, NULL);
}

static void collect_fleet(const struct sn_controller *controller, struct sn_metrics *metrics)
{
	uint64_t states[_SN_NODE_STATE_MAX];
	struct sn_fleet_stats stats;

	sn_fleet_states(controller->fleet, states);
	sn_fleet_stats(controller->fleet, &stats);
	for (int i = 0; i < _SN_NODE_STATE_MAX; i++)
		sn_metrics_add(metrics, &nodes, (double)states[i], LABELS(sn_node_state_names[i]));
	sn_metrics_add(metrics, &polls, (double)stats.polls, NULL);
	sn_metrics_add(metrics, &questions, (double)(stats.questions - stats.unanswered), LABELS("true"));
	sn_metrics_add(metrics, &questions, (double)stats.unanswered, LABELS("false"));
}

static void collect_http(const struct sn_controller *controller, struct sn_metrics *metrics)
{
	const struct sn_http_count *counts;
	size_t count;
	char code[16];

	counts = sn_http_counts(controller->http, &count);
	for (size_t i = 0; i < count; i++) {
		snprintf(code, sizeof(code), "%u", counts[i].status);
		sn_metrics_add(metrics, &requests, (double)counts[i].count, LABELS(code));
	}
	sn_metrics_add(metrics, &connections, (double)sn_http_connections(controller->http), NULL);
	sn_metrics_add(metrics, &watchers, (double)sn_live_watchers(controller->live), NULL);
}

static void collect_store(const struct sn_controller *controller, struct sn_metrics *metrics)
{
	struct sn_collector_stats taken;
	struct sn_store_stats store;

	sn_collector_stats(controller->collector, &taken);
	sn_store_stats(controller->store, &store);
	sn_metrics_add(metrics, &collected, (double)taken.records, LABELS("record"));
	sn_metrics_add(metrics, &collected, (double)taken.samples, LABELS("sample"));
	sn_metrics_add(metrics, &refused, (double)taken.refused_records, LABELS("record"));
	sn_metrics_add(metrics, &refused, (double)taken.refused_requests, LABELS("request"));
	sn_metrics_add(metrics, &duplicates, (double)taken.duplicates, NULL);
	sn_metrics_add(metrics, &store_bytes, (double)store.octets, NULL);
	sn_metrics_add(metrics, &store_limit, (double)controller->config.store_size, NULL);
	sn_metrics_add(metrics, &store_damaged, (double)store.damaged, NULL);
	sn_metrics_add(metrics, &store_refused, (double)store.refused, NULL);
	sn_metrics_add(metrics, &expired, (double)store.expired_records, NULL);
}

void sn_api_own_metrics(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_metrics *metrics;
	int err = sn_metrics_new(&metrics);

	if (!err) {
		collect_process(metrics);
		collect_fleet(call->controller, metrics);
		collect_http(call->controller, metrics);
		collect_store(call->controller, metrics);
		err = sn_metrics_write(metrics, &answer->body);
		sn_metrics_free(metrics);
	}
	if (err) {
		sn_http_refuse(answer, 500, "%s", strerror(-err));
		return;
	}
	answer->status = 200;
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
}
