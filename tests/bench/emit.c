/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The agent's own exporter with numbered records, for tests that kill either end.
 *
 *   emit ENDPOINT TOKEN SPOOL FIRST RATE SECONDS DRAIN
 *
 * Makes records from the number FIRST on, RATE a second. Ends when the time is over and all is sent, or DRAIN seconds later.
 * Prints a line of JSON ten times a second and at the end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exporter.h"
#include "base/clock.h"
#include "base/macro.h"
#include "fleet.h"
#include "http/client.h"

#define TICK_MS	 10
#define PRINT_MS 100
#define QUIET_NS (2 * SN_NSEC_PER_SEC)

struct row {
	uint64_t time;
	const char *procedure, *outcome;
	const char *gnb, *ue;
	uint64_t number;
};
static const struct sn_field fields[] = {
	SN_FIELD(struct row, time, SN_FIELD_TIME, NULL, ""),	  SN_FIELD(struct row, procedure, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, outcome, SN_FIELD_STRING, NULL, ""), SN_FIELD(struct row, gnb, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, ue, SN_FIELD_STRING, NULL, ""),	  SN_FIELD(struct row, number, SN_FIELD_U64, NULL, ""),
};
static const struct sn_record_type type = SN_EVENT_TYPE(struct row, "n2.outcome", "", fields);

static struct {
	uv_loop_t loop;
	struct sn_exporter *exporter;
	uint64_t first, made, total, begun_ns;
	double rate, seconds, drain;
} emit;

static void print(void)
{
	struct sn_exporter_stats stats;

	sn_exporter_stats(emit.exporter, &stats);
	printf("{\"made\": %llu, \"sent\": %llu, \"refused\": %llu, \"lost\": %llu, \"dropped\": %llu, \"failures\": %llu, "
	       "\"spooled_batches\": %llu, \"queued_batches\": %llu, \"away\": %s}\n",
	       (unsigned long long)stats.records, (unsigned long long)stats.sent_records,
	       (unsigned long long)stats.refused_records, (unsigned long long)stats.lost_records,
	       (unsigned long long)stats.spool.dropped_records, (unsigned long long)stats.failures,
	       (unsigned long long)stats.spool.batches, (unsigned long long)stats.queued_batches, stats.away ? "true" : "false");
	fflush(stdout);
}

static void on_print(uv_timer_t *timer)
{
	print();
}

static void make(uint64_t number)
{
	char ue[32], gnb[32];
	struct row row = { .procedure = "Registration", .outcome = "success", .gnb = gnb, .ue = ue, .number = number };

	record_ue(number, ue);
	record_gnb((uint32_t)(number % 3), gnb);
	sn_exporter_record(emit.exporter, &type, &row, sn_clock_realtime_ns());
}

static void on_tick(uv_timer_t *timer)
{
	double seconds = (double)(sn_clock_boottime_ns() - emit.begun_ns) / 1e9;
	uint64_t due = SN_MIN((uint64_t)(seconds * emit.rate), emit.total);
	static uint64_t done, done_ns;
	struct sn_exporter_stats stats;

	while (emit.made < due)
		make(emit.first + emit.made++);
	sn_exporter_stats(emit.exporter, &stats);
	if (stats.sent_records + stats.refused_records + stats.lost_records != done) {
		done = stats.sent_records + stats.refused_records + stats.lost_records;
		done_ns = sn_clock_boottime_ns();
	}
	/* What an earlier one has left is sent, too, and how much that was nobody knows: done is what goes on no more. */
	if (emit.made == emit.total && ((done >= emit.total && !stats.spool.batches && !stats.queued_batches && !stats.away &&
					 sn_clock_boottime_ns() - done_ns >= QUIET_NS) ||
					seconds > emit.seconds + emit.drain))
		uv_stop(&emit.loop);
}

static void start(uv_timer_t *timer, uv_timer_cb fn, uint64_t every_ms)
{
	uv_timer_init(&emit.loop, timer);
	uv_timer_start(timer, fn, every_ms, every_ms);
}

int main(int argc, char **argv)
{
	const struct sn_http_client_options client_options = { .timeout_ms = 10000 };
	struct sn_exporter_options options = { .node = "node-0", .spool_octets = 256u << 20 };
	struct sn_diag diag = { 0 };
	uv_timer_t tick, printing;

	if (argc != 8) {
		fprintf(stderr, "emit: ENDPOINT TOKEN SPOOL FIRST RATE SECONDS DRAIN\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	options.endpoint = argv[1];
	options.token = argv[2];
	options.spool_directory = argv[3];
	emit.first = strtoull(argv[4], NULL, 10);
	emit.rate = strtod(argv[5], NULL);
	emit.seconds = strtod(argv[6], NULL);
	emit.drain = strtod(argv[7], NULL);
	emit.total = (uint64_t)(emit.rate * emit.seconds);
	uv_loop_init(&emit.loop);
	options.client = sn_http_client_new(&emit.loop, &client_options);
	if (!options.client || sn_exporter_new(&emit.loop, &options, &emit.exporter, &diag)) {
		fprintf(stderr, "emit: %s\n", diag.text);
		return 1;
	}
	emit.begun_ns = sn_clock_boottime_ns();
	start(&tick, on_tick, TICK_MS);
	start(&printing, on_print, PRINT_MS);
	uv_run(&emit.loop, UV_RUN_DEFAULT);
	print();
	uv_close((uv_handle_t *)&tick, NULL);
	uv_close((uv_handle_t *)&printing, NULL);
	sn_exporter_free(emit.exporter);
	sn_http_client_free(options.client);
	uv_run(&emit.loop, UV_RUN_DEFAULT);
	return 0;
}
