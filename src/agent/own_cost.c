/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the agent itself costs and loses: as metrics, and as the document of `sauron status`. */
#include <errno.h>
#include <linux/types.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/agent.h"
#include "agent/link.h"
#include "agent/own_records.h"
#include "base/clock.h"
#include "bpf/abi.h"

static const struct sn_metric build_info = { .name = "sauron_agent_build_info",
					     .help = "Version of the agent; the value is always 1.",
					     .labels = { "version" },
					     .kind = SN_METRIC_GAUGE };
static const struct sn_metric start_time = { .name = "sauron_agent_start_time_seconds",
					     .help = "When the agent was started, in seconds since 1970.",
					     .kind = SN_METRIC_GAUGE };
static const struct sn_metric startup = { .name = "sauron_agent_startup_seconds",
					  .help = "How long the agent took from its start until it was ready.",
					  .kind = SN_METRIC_GAUGE };
static const struct sn_metric cpu = { .name = "sauron_agent_cpu_seconds_total",
				      .help = "CPU time of the agent's process, user and system.",
				      .kind = SN_METRIC_COUNTER };
static const struct sn_metric memory = { .name = "sauron_agent_resident_memory_bytes",
					 .help = "Resident memory of the agent's process.",
					 .kind = SN_METRIC_GAUGE };
static const struct sn_metric memory_peak = { .name = "sauron_agent_resident_memory_peak_bytes",
					      .help = "The most resident memory that the agent's process has had.",
					      .kind = SN_METRIC_GAUGE };
static const struct sn_metric reloads = { .name = "sauron_agent_config_reloads_total",
					  .help = "Reloads of the configuration by result.",
					  .labels = { "result" },
					  .kind = SN_METRIC_COUNTER };
static const struct sn_metric requests = { .name = "sauron_agent_http_requests_total",
					   .help = "Answered requests by server (metrics, api) and status.",
					   .labels = { "server", "code" },
					   .kind = SN_METRIC_COUNTER };
static const struct sn_metric hook_attached = { .name = "sauron_agent_hook_attached",
						.help = "1 for the hook that a module has chosen of a group, 0 for the others.",
						.labels = { "module", "group", "hook" },
						.kind = SN_METRIC_GAUGE };
static const struct sn_metric ring_used = { .name = "sauron_agent_ring_used_bytes",
					    .help = "Octets that wait in the ring between kernel and agent.",
					    .kind = SN_METRIC_GAUGE };
static const struct sn_metric ring_size = { .name = "sauron_agent_ring_size_bytes",
					    .help = "Size of the ring between kernel and agent.",
					    .kind = SN_METRIC_GAUGE };
static const struct sn_metric ring_records = { .name = "sauron_agent_ring_records_total",
					       .help = "Records taken from the ring.",
					       .kind = SN_METRIC_COUNTER };
static const struct sn_metric seen = { .name = "sauron_agent_kernel_seen_total",
				       .help = "Messages and packets that passed a module's filter in the kernel.",
				       .labels = { "module" },
				       .kind = SN_METRIC_COUNTER };
static const struct sn_metric passed = { .name = "sauron_agent_kernel_passed_total",
					 .help = "Of those, the ones put in the ring.",
					 .labels = { "module" },
					 .kind = SN_METRIC_COUNTER };
static const struct sn_metric truncated = { .name = "sauron_agent_kernel_truncated_total",
					    .help = "Of those, the ones cut at the capture limit.",
					    .labels = { "module" },
					    .kind = SN_METRIC_COUNTER };
static const struct sn_metric dropped = { .name = "sauron_agent_dropped_total",
					  .help = "What was lost before a module got it, by stage and reason.",
					  .labels = { "module", "stage", "reason" },
					  .kind = SN_METRIC_COUNTER };
static const struct sn_metric errors = { .name = "sauron_agent_kernel_errors_total",
					 .help = "Failures inside BPF programs, by place, helper and error.",
					 .labels = { "module", "file", "line", "helper", "error" },
					 .kind = SN_METRIC_COUNTER };
static const struct sn_metric program_runs = { .name = "sauron_agent_bpf_program_runs_total",
					       .help = "How often a BPF program ran.",
					       .labels = { "module", "program" },
					       .kind = SN_METRIC_COUNTER };
static const struct sn_metric program_seconds = { .name = "sauron_agent_bpf_program_run_seconds_total",
						  .help = "How long a BPF program ran altogether.",
						  .labels = { "module", "program" },
						  .kind = SN_METRIC_COUNTER };
static const struct sn_metric program_misses = {
	.name = "sauron_agent_bpf_program_misses_total",
	.help = "Times the kernel skipped a BPF program because it ran already on that CPU.",
	.labels = { "module", "program" },
	.kind = SN_METRIC_COUNTER
};
static const struct sn_metric map_entries = { .name = "sauron_agent_bpf_map_entries",
					      .help = "Entries in use in a BPF map, where its kind can tell.",
					      .labels = { "module", "map" },
					      .kind = SN_METRIC_GAUGE };
static const struct sn_metric map_max_entries = { .name = "sauron_agent_bpf_map_max_entries",
						  .help = "Entries that a BPF map can hold.",
						  .labels = { "module", "map" },
						  .kind = SN_METRIC_GAUGE };
static const struct sn_metric map_bytes = { .name = "sauron_agent_bpf_map_memory_bytes",
					    .help = "Memory of a BPF map, where the kernel tells.",
					    .labels = { "module", "map" },
					    .kind = SN_METRIC_GAUGE };

static const struct sn_metric export_away = {
	.name = "sauron_agent_export_away",
	.help = "1 while the receiver of events and metrics takes nothing; absent without one.",
	.kind = SN_METRIC_GAUGE
};
static const struct sn_metric export_records = {
	.name = "sauron_agent_export_records_total",
	.help = "Single events for the receiver by what became of them: sent, refused, lost.",
	.labels = { "result" },
	.kind = SN_METRIC_COUNTER
};
static const struct sn_metric export_failures = { .name = "sauron_agent_export_failures_total",
						  .help = "Requests to the receiver that failed.",
						  .kind = SN_METRIC_COUNTER };
static const struct sn_metric spool_bytes = { .name = "sauron_agent_export_spool_bytes",
					      .help = "What waits on disk for the receiver.",
					      .kind = SN_METRIC_GAUGE };
static const struct sn_metric spool_limit = { .name = "sauron_agent_export_spool_limit_bytes",
					      .help = "What may wait on disk; beyond, the oldest goes.",
					      .kind = SN_METRIC_GAUGE };
static const struct sn_metric connected = { .name = "sauron_agent_controller_connected",
					    .help = "1 while the controller answers the agent; absent without one.",
					    .kind = SN_METRIC_GAUGE };

const struct sn_metric *const sn_agent_metrics[] = {
	&build_info,
	&start_time,
	&startup,
	&cpu,
	&memory,
	&memory_peak,
	&reloads,
	&requests,
	&hook_attached,
	&ring_used,
	&ring_size,
	&ring_records,
	&seen,
	&passed,
	&truncated,
	&dropped,
	&errors,
	&program_runs,
	&program_seconds,
	&program_misses,
	&map_entries,
	&map_max_entries,
	&map_bytes,
	&export_away,
	&export_records,
	&export_failures,
	&spool_bytes,
	&spool_limit,
	&connected,
	NULL,
};

struct sn_process_cost sn_process_cost(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	struct sn_process_cost process = { .resident = NAN };
	struct rusage usage;
	unsigned long pages;

	if (f && fscanf(f, "%*u %lu", &pages) == 1)
		process.resident = (double)pages * (double)sysconf(_SC_PAGESIZE);
	if (f)
		fclose(f);
	getrusage(RUSAGE_SELF, &usage);
	process.cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	process.resident_peak = (double)usage.ru_maxrss * 1024;
	return process;
}

/* --- as metrics */

#define LABELS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void collect_process(const struct sn_agent *agent, struct sn_metrics *metrics)
{
	struct sn_process_cost process = sn_process_cost();

	sn_metrics_add(metrics, &build_info, 1, LABELS(SN_VERSION));
	sn_metrics_add(metrics, &start_time, (double)(agent->begun_ns + sn_clock_wall_offset_ns()) / 1e9, NULL);
	sn_metrics_add(metrics, &startup, (double)(agent->ready_ns - agent->begun_ns) / 1e9, NULL);
	sn_metrics_add(metrics, &cpu, process.cpu_seconds, NULL);
	sn_metrics_add(metrics, &memory, process.resident, NULL);
	sn_metrics_add(metrics, &memory_peak, process.resident_peak, NULL);
	sn_metrics_add(metrics, &reloads, (double)agent->reloads_ok, LABELS("ok"));
	sn_metrics_add(metrics, &reloads, (double)agent->reloads_failed, LABELS("failed"));
}

static void collect_requests(const struct sn_http *http, const char *server, struct sn_metrics *metrics)
{
	const struct sn_http_count *counts;
	size_t count = 0;
	char code[16];

	counts = http ? sn_http_counts(http, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		snprintf(code, sizeof(code), "%u", counts[i].status);
		sn_metrics_add(metrics, &requests, (double)counts[i].count, LABELS(server, code));
	}
}

static void collect_module(struct sn_agent *agent, const struct sn_open_module *item, struct sn_metrics *metrics)
{
	const char *name = item->module->name;
	uint64_t counters[SN_KERNEL_COUNTERS];

	for (size_t i = 0; i < item->plan.count; i++) {
		const struct sn_hook_report *hook = &item->plan.hooks[i];

		sn_metrics_add(metrics, &hook_attached, hook->state == SN_HOOK_CHOSEN,
			       LABELS(name, hook->hook->group, hook->hook->name));
	}
	if (sn_kernel_counters(agent->kernel, item->module->id, counters) < 0)
		return;
	sn_metrics_add(metrics, &seen, (double)counters[SN_KERNEL_SEEN], LABELS(name));
	sn_metrics_add(metrics, &passed, (double)counters[SN_KERNEL_PASSED], LABELS(name));
	sn_metrics_add(metrics, &truncated, (double)counters[SN_KERNEL_TRUNCATED], LABELS(name));
	for (unsigned i = 0; i < SN_KERNEL_COUNTERS; i++)
		if (sn_kernel_counter_loss(i))
			sn_metrics_add(metrics, &dropped, (double)counters[i], LABELS(name, "kernel", sn_kernel_counter_loss(i)));
}

/* A program is loaded once per network namespace it watches; its figures are those of all together. */
#define PROGRAMS_MAX 128
struct programs {
	struct sn_program_cost items[PROGRAMS_MAX];
	size_t count;
};

static void sum_program(void *ctx, const struct sn_program_cost *cost)
{
	struct programs *programs = ctx;

	for (size_t i = 0; i < programs->count; i++) {
		struct sn_program_cost *item = &programs->items[i];

		if (strcmp(item->module, cost->module) != 0 || strcmp(item->name, cost->name) != 0)
			continue;
		item->runs += cost->runs;
		item->run_ns += cost->run_ns;
		item->misses += cost->misses;
		return;
	}
	if (programs->count < PROGRAMS_MAX)
		programs->items[programs->count++] = *cost;
}

static void collect_programs(struct sn_agent *agent, struct sn_metrics *metrics)
{
	struct programs programs = { .count = 0 };

	sn_kernel_each_program(agent->kernel, sum_program, &programs);
	for (size_t i = 0; i < programs.count; i++) {
		const struct sn_program_cost *cost = &programs.items[i];
		const char *const *labels = LABELS(cost->module, cost->name);

		sn_metrics_add(metrics, &program_runs, (double)cost->runs, labels);
		sn_metrics_add(metrics, &program_seconds, (double)cost->run_ns / 1e9, labels);
		sn_metrics_add(metrics, &program_misses, (double)cost->misses, labels);
	}
}

static void collect_map(void *ctx, const struct sn_map_fill *fill)
{
	const char *const *labels = LABELS(fill->module, fill->name);

	if (fill->entries != UINT64_MAX)
		sn_metrics_add(ctx, &map_entries, (double)fill->entries, labels);
	sn_metrics_add(ctx, &map_max_entries, (double)fill->max_entries, labels);
	if (fill->bytes)
		sn_metrics_add(ctx, &map_bytes, (double)fill->bytes, labels);
}

static void collect_error(void *ctx, const struct sn_kernel_error *error)
{
	char line[16];

	snprintf(line, sizeof(line), "%u", error->line);
	sn_metrics_add(ctx, &errors, (double)error->count,
		       LABELS(error->module, error->file, line, error->helper, strerrorname_np(-error->error)));
}

static void collect_telling(const struct sn_agent *agent, struct sn_metrics *metrics)
{
	struct sn_exporter_stats export;
	struct sn_link_stats link;

	if (agent->exporter) {
		sn_exporter_stats(agent->exporter, &export);
		sn_metrics_add(metrics, &export_away, export.away, NULL);
		sn_metrics_add(metrics, &export_records, (double)export.sent_records, LABELS("sent"));
		sn_metrics_add(metrics, &export_records, (double)export.refused_records, LABELS("refused"));
		sn_metrics_add(metrics, &export_records, (double)(export.lost_records + export.spool.dropped_records),
			       LABELS("lost"));
		sn_metrics_add(metrics, &export_failures, (double)export.failures, NULL);
		sn_metrics_add(metrics, &spool_bytes, (double)export.spool.octets, NULL);
		sn_metrics_add(metrics, &spool_limit, (double)agent->config->agent.export_spool, NULL);
	}
	if (agent->link) {
		sn_link_stats(agent->link, &link);
		sn_metrics_add(metrics, &connected, link.connected, NULL);
	}
}

void sn_agent_collect(struct sn_agent *agent, struct sn_metrics *metrics)
{
	uint64_t waiting, size;

	collect_process(agent, metrics);
	collect_requests(agent->metrics_server, "metrics", metrics);
	collect_requests(agent->api_server, "api", metrics);
	sn_kernel_ring_fill(agent->kernel, &waiting, &size);
	sn_metrics_add(metrics, &ring_used, (double)waiting, NULL);
	sn_metrics_add(metrics, &ring_size, (double)size, NULL);
	sn_metrics_add(metrics, &ring_records, (double)agent->ring_records, NULL);
	for (size_t i = 0; i < agent->modules.count; i++)
		collect_module(agent, &agent->modules.items[i], metrics);
	collect_programs(agent, metrics);
	sn_kernel_each_map(agent->kernel, collect_map, metrics);
	sn_kernel_each_error(agent->kernel, collect_error, metrics);
	collect_telling(agent, metrics);
	sn_agent_identity_collect(agent->identity, metrics);
}

/* --- as a document */

static void report_programs(struct sn_agent *agent, struct sn_report *report)
{
	struct programs programs = { .count = 0 };

	sn_kernel_each_program(agent->kernel, sum_program, &programs);
	for (size_t i = 0; i < programs.count; i++) {
		const struct sn_program_cost *cost = &programs.items[i];

		sn_report_row(
			report, "programs", &sn_program_record_type,
			&(struct sn_program_record) { .module = cost->module,
						      .program = cost->name,
						      .runs = cost->runs,
						      .run_ns = cost->run_ns,
						      .mean_ns = cost->runs ? (double)cost->run_ns / (double)cost->runs : NAN,
						      .misses = cost->misses,
						      .verified_instructions = cost->verified_instructions });
	}
}

static void report_map(void *ctx, const struct sn_map_fill *fill)
{
	sn_report_row(ctx, "maps", &sn_map_record_type,
		      &(struct sn_map_record) { .module = fill->module,
						.map = fill->name,
						.entries = fill->entries == UINT64_MAX ? NAN : (double)fill->entries,
						.max_entries = fill->max_entries,
						.bytes = fill->bytes });
}

static void report_error(void *ctx, const struct sn_kernel_error *error)
{
	const char *name = strerrorname_np(-error->error);

	sn_report_row(ctx, "kernel_errors", &sn_kernel_error_record_type,
		      &(struct sn_kernel_error_record) { .module = error->module,
							 .file = error->file,
							 .line = error->line,
							 .helper = error->helper,
							 .error = name ? name : "unknown",
							 .count = error->count });
}

static void report_module(struct sn_agent *agent, const struct sn_open_module *item, struct sn_report *report)
{
	const char *name = item->module->name;
	uint64_t counters[SN_KERNEL_COUNTERS];

	sn_report_row(report, "modules", &sn_module_record_type,
		      &(struct sn_module_record) { .module = name,
						   .state = sn_open_module_attached(item) ? "attached" : "no hook",
						   .reason = item->attach_diag.text });
	if (sn_kernel_counters(agent->kernel, item->module->id, counters) < 0)
		return;
	for (unsigned i = 0; i < SN_KERNEL_COUNTERS; i++)
		if (sn_kernel_counter_loss(i) && counters[i])
			sn_report_row(report, "losses", &sn_own_loss_record_type,
				      &(struct sn_own_loss_record) { .module = name,
								     .stage = "kernel",
								     .reason = sn_kernel_counter_loss(i),
								     .count = counters[i] });
}

uint64_t sn_agent_dropped(struct sn_agent *agent)
{
	uint64_t counters[SN_KERNEL_COUNTERS], sum = 0;

	for (size_t i = 0; i < agent->modules.count; i++) {
		if (sn_kernel_counters(agent->kernel, agent->modules.items[i].module->id, counters) < 0)
			continue;
		for (unsigned c = 0; c < SN_KERNEL_COUNTERS; c++)
			if (sn_kernel_counter_loss(c))
				sum += counters[c];
	}
	return sum;
}

void sn_agent_status(struct sn_agent *agent, struct sn_report *report)
{
	static const char *const sections[] = { "modules", "hooks", "programs", "maps", "losses", "kernel_errors" };
	struct sn_process_cost process = sn_process_cost();
	uint64_t waiting, size, now = sn_clock_boottime_ns();
	char time[SN_TIME_TEXT];

	sn_report_string(report, "version", SN_VERSION);
	sn_report_number(report, "pid", (uint64_t)getpid());
	sn_report_string(report, "started", sn_clock_text(agent->begun_ns + sn_clock_wall_offset_ns(), time));
	sn_report_number(report, "uptime_s", (now - agent->begun_ns) / SN_NSEC_PER_SEC);
	sn_report_number(report, "startup_ms", (agent->ready_ns - agent->begun_ns) / SN_NSEC_PER_MSEC);
	sn_report_string(report, "configuration", agent->config->file ? agent->config->file : "the defaults");
	sn_report_number(report, "reloads_ok", agent->reloads_ok);
	sn_report_number(report, "reloads_failed", agent->reloads_failed);
	sn_report_string(report, "metrics_listen", agent->config->agent.metrics_listen);
	sn_report_string(report, "api_socket", agent->config->agent.api_socket);
	sn_report_string(report, "subscriber_ids", sn_pseudonym_is_clear(agent->pseudonym) ? "clear" : "pseudonym");
	sn_report_string(report, "capabilities", agent->capabilities_dropped ? "dropped" : "kept");
	json_object_set_new(report->module, "cpu_seconds", json_real(process.cpu_seconds));
	sn_report_number(report, "resident_bytes", isnan(process.resident) ? 0 : (uint64_t)process.resident);
	sn_report_number(report, "resident_peak_bytes", (uint64_t)process.resident_peak);
	sn_kernel_ring_fill(agent->kernel, &waiting, &size);
	sn_report_number(report, "ring_used_bytes", waiting);
	sn_report_number(report, "ring_size_bytes", size);
	sn_report_number(report, "ring_records", agent->ring_records);
	sn_agent_identity_status(agent->identity, report);
	for (size_t i = 0; i < SN_ARRAY_SIZE(sections); i++)
		sn_report_section(report, sections[i]);
	for (size_t i = 0; i < agent->modules.count; i++) {
		report_module(agent, &agent->modules.items[i], report);
		sn_plan_report(agent->modules.items[i].module->name, &agent->modules.items[i].plan, report);
	}
	report_programs(agent, report);
	sn_kernel_each_map(agent->kernel, report_map, report);
	sn_kernel_each_error(agent->kernel, report_error, report);
}
