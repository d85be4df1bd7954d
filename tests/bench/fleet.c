/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A fleet in one process: agents that hold polls and send batches, as src/agent does, viewers that ask meanwhile, and at
 * the end a count of what was stored, by number. Prints JSON. tests/controller_rig.py starts it.
 *
 * Tokens come from a file of lines "NODE TOKEN"; with --certs each shows a certificate instead, which fleet_join has made. The
 * load ends when the time is over and all is acknowledged.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "fleet.h"

#define FILES	     65536u
#define TICK_MS	     50
#define START_TICK   50u /* agents that begin in one tick: a thousand a second */
#define SETTLE_NS    (2 * SN_NSEC_PER_SEC)
#define START_MAX_NS (60 * SN_NSEC_PER_SEC)

static enum { STARTING, WARMING, LOADING, DRAINING, CHECKING } phase;
static uv_timer_t tick;
static uint64_t phase_ns, measured_ns, acknowledged_before, rss_max;
static double cpu_begun, cpu_ended, cpu_drained;

uint64_t fleet_now_ns(void)
{
	return sn_clock_boottime_ns();
}

double fleet_random(void)
{
	static uint64_t state;

	if (!state)
		state = fleet_now_ns() | 1;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / (double)(UINT64_C(1) << 53);
}

/* --- samples */

void samples_add(struct samples *samples, double ms)
{
	if (samples->count == samples->size) {
		samples->size = samples->size ? 2 * samples->size : 1024;
		samples->ms = realloc(samples->ms, samples->size * sizeof(*samples->ms));
		if (!samples->ms)
			abort();
	}
	samples->ms[samples->count++] = (float)ms;
}

void samples_clear(struct samples *samples)
{
	free(samples->ms);
	*samples = (struct samples) { 0 };
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static double share_of(const struct samples *samples, double share)
{
	return samples->count ? (double)samples->ms[(size_t)((double)(samples->count - 1) * share)] : 0;
}

void samples_print(struct samples *samples, const char *name)
{
	if (samples->count)
		qsort(samples->ms, samples->count, sizeof(*samples->ms), by_value);
	printf(" \"%s\": {\"count\": %zu, \"p50\": %.2f, \"p95\": %.2f, \"p99\": %.2f, \"max\": %.2f},\n", name, samples->count,
	       share_of(samples, 0.5), share_of(samples, 0.95), share_of(samples, 0.99), share_of(samples, 1));
	samples_clear(samples);
}

/* --- what the controller costs */

static double cpu_of(int pid)
{
	char path[64], text[1024];
	unsigned long user = 0, kernel = 0;
	FILE *file;
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = pid ? fopen(path, "re") : NULL;
	if (!file)
		return 0;
	if (fgets(text, sizeof(text), file) && (rest = strrchr(text, ')')) &&
	    sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
		user = 0;
	fclose(file);
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t rss_of(int pid)
{
	char path[64];
	unsigned long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	file = pid ? fopen(path, "re") : NULL;
	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* --- the course */

static void enter(struct fleet *fleet, int next)
{
	phase = next;
	phase_ns = fleet_now_ns();
}

static void finish(struct fleet *fleet)
{
	uv_stop(&fleet->loop);
}

static void begin_load(struct fleet *fleet)
{
	fprintf(stderr, "fleet: all %u agents poll\n", fleet->options.agents);
	fleet->begun_ns = fleet_now_ns();
	fleet->begun_realtime_ns = sn_clock_realtime_ns();
	if (fleet->options.hurry) /* then all of them are of the past */
		fleet->begun_realtime_ns -= (uint64_t)(fleet->options.seconds * 1e9);
	fleet->polls = fleet->poll_failures = 0;
	if (!fleet->options.idle)
		agents_load(fleet);
	enter(fleet, WARMING);
}

/** What is measured begins here: agents have learnt by now how long they may gather. */
static void begin_measure(struct fleet *fleet)
{
	cpu_begun = cpu_of(fleet->options.pid);
	acknowledged_before = fleet->acknowledged;
	measured_ns = fleet_now_ns();
	samples_clear(&fleet->push);
	asking_begin(fleet);
	if (fleet->options.operator)
		change_begin(fleet);
	enter(fleet, LOADING);
}

static void end_load(struct fleet *fleet)
{
	asking_end(fleet);
	fleet->ended_ns = fleet_now_ns();
	cpu_ended = cpu_of(fleet->options.pid);
	enter(fleet, DRAINING);
}

static void end_drain(struct fleet *fleet)
{
	cpu_drained = cpu_of(fleet->options.pid);
	if (fleet->options.check && !fleet->options.idle) {
		enter(fleet, CHECKING);
		if (checking_begin(fleet, finish))
			fleet->why = "out of memory";
	} else {
		finish(fleet);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct fleet *fleet = timer->data;
	uint64_t now_ns = fleet_now_ns();
	bool all_told = fleet->options.idle || fleet->acknowledged + fleet->refused == fleet->total * fleet->options.agents;

	if (phase != CHECKING)
		rss_max = SN_MAX(rss_max, rss_of(fleet->options.pid));
	if (fleet->why)
		uv_stop(&fleet->loop);
	if (phase == STARTING && agents_start(fleet, START_TICK) &&
	    (fleet->polls_under_way == fleet->options.agents || now_ns - phase_ns > START_MAX_NS)) {
		static uint64_t settled_ns;

		if (!settled_ns)
			settled_ns = now_ns;
		if (now_ns - settled_ns >= SETTLE_NS)
			begin_load(fleet);
	} else if (phase == WARMING && now_ns - fleet->begun_ns >= (uint64_t)(fleet->options.warm * 1e9)) {
		begin_measure(fleet);
	} else if (phase == LOADING &&
		   (fleet->options.hurry || now_ns - fleet->begun_ns >= (uint64_t)(fleet->options.seconds * 1e9))) {
		end_load(fleet);
	} else if (phase == DRAINING && (all_told || now_ns - fleet->ended_ns >= (uint64_t)(fleet->options.drain * 1e9))) {
		end_drain(fleet);
	}
}

static void print(struct fleet *fleet)
{
	double seconds = (double)(fleet->ended_ns - measured_ns) / 1e9;
	struct rusage own;

	getrusage(RUSAGE_SELF, &own);
	printf("{\"agents\": %u, \"seconds\": %.2f, \"made\": %llu, \"sent\": %llu, \"acknowledged\": %llu, \"refused\": %llu,\n",
	       fleet->options.agents, seconds, (unsigned long long)(fleet->total * fleet->options.agents),
	       (unsigned long long)fleet->sent, (unsigned long long)fleet->acknowledged, (unsigned long long)fleet->refused);
	printf(" \"batches\": %llu, \"retried\": %llu, \"gather_ms\": %llu, \"polls\": %llu, \"polls_held\": %llu, "
	       "\"polls_failed\": %llu, \"questions_answered\": %llu, \"polling_now\": %u,\n",
	       (unsigned long long)fleet->batches, (unsigned long long)fleet->retried, (unsigned long long)fleet->gather_ms,
	       (unsigned long long)fleet->polls, (unsigned long long)fleet->held, (unsigned long long)fleet->poll_failures,
	       (unsigned long long)fleet->poll_answers, fleet->polls_under_way);
	if (fleet->options.check && !fleet->options.idle)
		checking_print(fleet);
	samples_print(&fleet->push, "push");
	samples_print(&fleet->change, "change");
	asking_print(fleet);
	/* On a machine that has other things to do, what a record costs tells more than the share of a core. */
	printf(" \"controller_us_per_record\": %.3f,\n",
	       fleet->acknowledged > acknowledged_before
		       ? 1e6 * (cpu_drained - cpu_begun) / (double)(fleet->acknowledged - acknowledged_before)
		       : 0);
	printf(" \"begun_ns\": %llu,\n", (unsigned long long)fleet->begun_realtime_ns);
	printf(" \"controller_cores\": %.3f, \"controller_rss_octets\": %llu, \"own_cpu_seconds\": %.2f, \"why\": \"%s\"}\n",
	       seconds > 0 ? (cpu_ended - cpu_begun) / seconds : 0, (unsigned long long)rss_max,
	       (double)own.ru_utime.tv_sec + (double)own.ru_stime.tv_sec +
		       1e-6 * (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec),
	       fleet->why ? fleet->why : "");
}

static int run(struct fleet *fleet)
{
	const struct sn_http_client_options options = { .timeout_ms = 30000, .ca_pem_file = fleet->options.ca };
	struct rlimit files;
	int err;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
		/* Each client takes some; root may have more. */
		files.rlim_cur = files.rlim_max = SN_MAX(files.rlim_max, FILES);
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&fleet->loop);
	fleet->client = sn_http_client_new(&fleet->loop, &options);
	err = agents_new(fleet);
	if (err || !fleet->client) {
		fprintf(stderr, "fleet: %s: %s\n", fleet->options.tokens, strerror(-err));
		return 1;
	}
	fleet->total = (uint64_t)((double)fleet->options.rate * fleet->options.seconds / fleet->options.agents);
	uv_timer_init(&fleet->loop, &tick);
	tick.data = fleet;
	uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS);
	enter(fleet, STARTING);
	uv_run(&fleet->loop, UV_RUN_DEFAULT);
	print(fleet);
	fflush(stdout);
	/* All that is open ends with the process. */
	return fleet->why ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "url", required_argument, NULL, 'u' },     { "tokens", required_argument, NULL, 't' },
		{ "viewer", required_argument, NULL, 'v' },  { "operator", required_argument, NULL, 'o' },
		{ "ca", required_argument, NULL, 'c' },	     { "agents", required_argument, NULL, 'n' },
		{ "rate", required_argument, NULL, 'r' },    { "seconds", required_argument, NULL, 's' },
		{ "warm", required_argument, NULL, 'w' },    { "interval-ms", required_argument, NULL, 'i' },
		{ "queries", required_argument, NULL, 'q' }, { "questions", required_argument, NULL, 'k' },
		{ "drain", required_argument, NULL, 'd' },   { "retry-max-ms", required_argument, NULL, 'm' },
		{ "pid", required_argument, NULL, 'p' },     { "idle", no_argument, NULL, 'I' },
		{ "check", no_argument, NULL, 'C' },	     { "certs", required_argument, NULL, 'K' },
		{ "hurry", no_argument, NULL, 'H' },	     { 0 },
	};
	static struct fleet fleet = { .options = {
					      .agents = 10, .rate = 100, .seconds = 10, .drain = 60, .retry_max_ms = 30000 } };
	struct options *options = &fleet.options;
	int letter;

	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (letter) {
		case 'u':
			options->url = optarg;
			break;
		case 't':
			options->tokens = optarg;
			break;
		case 'v':
			options->viewer = optarg;
			break;
		case 'o':
			options->operator= optarg;
			break;
		case 'c':
			options->ca = optarg;
			break;
		case 'n':
			options->agents = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			options->rate = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			options->warm = strtod(optarg, NULL);
			break;
		case 's':
			options->seconds = strtod(optarg, NULL);
			break;
		case 'i':
			options->interval_ms = strtoull(optarg, NULL, 10);
			break;
		case 'q':
			options->queries = strtod(optarg, NULL);
			break;
		case 'k':
			options->questions = strtod(optarg, NULL);
			break;
		case 'd':
			options->drain = strtod(optarg, NULL);
			break;
		case 'm':
			options->retry_max_ms = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			options->pid = (int)strtol(optarg, NULL, 10);
			break;
		case 'I':
			options->idle = true;
			break;
		case 'H':
			options->hurry = true;
			break;
		case 'K':
			options->certs = optarg;
			break;
		case 'C':
			options->check = true;
			break;
		default:
			return 2;
		}
	}
	if (!options->url || !options->tokens || !options->viewer || !options->agents || !options->rate) {
		fprintf(stderr, "fleet: --url, --tokens and --viewer are needed\n");
		return 2;
	}
	return run(&fleet);
}
