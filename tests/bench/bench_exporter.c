/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What one record costs the agent: sn_exporter_record() with records as n2.outcome has them, encoded, packed, sent to a
 * receiver in another process that takes all, CPU time of this one. The time without sending is printed beside it.
 *
 * Best and median of several rounds: the best is what the code can do, the distance of the median says how quiet the machine was.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/exporter.h"
#include "base/macro.h"
#include "fleet.h"
#include "http/client.h"
#include "http/server.h"

#define ROUNDS	15
#define RECORDS (512u * 16)

/* Records are written by fleet_record.c, which calls sn_record_to_otlp() itself; here the exporter does. */
struct row {
	uint64_t time;
	const char *procedure;
	bool chain;
	const char *outcome;
	double duration_ms;
	const char *group, *cause, *gnb, *amf, *snssai, *plmn, *tac, *ue;
};
static const struct sn_field fields[] = {
	SN_FIELD(struct row, time, SN_FIELD_TIME, NULL, ""),	   SN_FIELD(struct row, procedure, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, chain, SN_FIELD_BOOL, NULL, ""),	   SN_FIELD(struct row, outcome, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, duration_ms, SN_FIELD_F64, "ms", ""), SN_FIELD(struct row, group, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, cause, SN_FIELD_STRING, NULL, ""),	   SN_FIELD(struct row, gnb, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, amf, SN_FIELD_STRING, NULL, ""),	   SN_FIELD(struct row, snssai, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, plmn, SN_FIELD_STRING, NULL, ""),	   SN_FIELD(struct row, tac, SN_FIELD_STRING, NULL, ""),
	SN_FIELD(struct row, ue, SN_FIELD_STRING, NULL, ""),
};
static const struct sn_record_type type = SN_EVENT_TYPE(struct row, "n2.outcome", "", fields);

static char ues[RECORDS][32], gnbs[RECORDS][32];

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* --- a receiver that takes all */

static void take(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	answer->status = 200;
	answer->type = "application/x-protobuf";
}

static pid_t receiver(int fd)
{
	const struct sn_http_options options = { .body_limit = 8u << 20, .methods = (const char *const[]) { "POST", NULL } };
	struct sn_diag diag = { 0 };
	struct sn_http *http;
	uv_loop_t loop;
	pid_t pid = fork();

	if (pid)
		return pid;
	uv_loop_init(&loop);
	if (sn_http_start_with(&loop, fd, &options, take, NULL, &http, &diag))
		_exit(1);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(0);
}

/* --- the rounds */

static void make(struct sn_exporter *exporter)
{
	static const char *const procedures[] = { "InitialContextSetup", "PDUSessionResourceSetup", "HandoverPreparation",
						  "UEContextRelease",	 "PathSwitchRequest",	    "Registration" };

	for (uint32_t i = 0; i < RECORDS; i++) {
		bool failed = i % 10 == 0;
		struct row row = { .procedure = procedures[i % SN_ARRAY_SIZE(procedures)],
				   .outcome = failed ? "failure" : "success",
				   .duration_ms = (double)(i * 7919 % 100000) / 1000,
				   .group = failed ? "radioNetwork" : "nas",
				   .cause = failed ? "radio-connection-with-ue-lost" : "normal-release",
				   .gnb = gnbs[i],
				   .amf = "amf-1.example.org",
				   .snssai = "1-010203",
				   .plmn = "999-70",
				   .tac = "000001",
				   .ue = ues[i] };

		sn_exporter_record(exporter, &type, &row, UINT64_C(1795500000000000000) + i * UINT64_C(1000000));
	}
}

static bool settled(const struct sn_exporter *exporter)
{
	struct sn_exporter_stats stats;

	sn_exporter_stats(exporter, &stats);
	return stats.sent_records + stats.lost_records + stats.refused_records == stats.records;
}

static void print(const char *what, double *us)
{
	qsort(us, ROUNDS, sizeof(*us), by_value);
	printf("%-28s %6.3f us/record  (median %.3f us)\n", what, us[0], us[ROUNDS / 2]);
}

static int measure(uv_loop_t *loop, struct sn_exporter *exporter)
{
	double made[ROUNDS], sent[ROUNDS];
	struct sn_exporter_stats stats;

	for (unsigned round = 0; round < ROUNDS; round++) {
		double begun = cpu_us();

		make(exporter);
		made[round] = (cpu_us() - begun) / RECORDS;
		while (!settled(exporter))
			uv_run(loop, UV_RUN_ONCE);
		sent[round] = (cpu_us() - begun) / RECORDS;
	}
	sn_exporter_stats(exporter, &stats);
	if (stats.sent_records != (uint64_t)ROUNDS * RECORDS) {
		fprintf(stderr, "bench_exporter: %llu records were sent of %u: %s\n", (unsigned long long)stats.sent_records,
			ROUNDS * RECORDS, stats.why);
		return 1;
	}
	print("encode and pack", made);
	print("encode, pack and send", sent);
	return 0;
}

static int run(const char *endpoint, const char *spool)
{
	struct sn_http_client_options client_options = { .timeout_ms = 10000 };
	struct sn_exporter_options options = {
		.endpoint = endpoint, .node = "node-1.example.org", .spool_directory = spool, .spool_octets = 64u << 20
	};
	struct sn_exporter *exporter;
	struct sn_diag diag = { 0 };
	uv_loop_t loop;
	int r;

	for (uint32_t i = 0; i < RECORDS; i++) {
		record_ue(i, ues[i]);
		record_gnb(i % 3, gnbs[i]);
	}
	uv_loop_init(&loop);
	options.client = sn_http_client_new(&loop, &client_options);
	if (sn_exporter_new(&loop, &options, &exporter, &diag)) {
		fprintf(stderr, "bench_exporter: %s\n", diag.text);
		return 1;
	}
	r = measure(&loop, exporter);
	sn_exporter_free(exporter);
	sn_http_client_free(options.client);
	uv_run(&loop, UV_RUN_DEFAULT);
	return r;
}

int main(void)
{
	const char *temporary = getenv("TMPDIR");
	char spool[4000], endpoint[64];
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct sn_diag diag = { 0 };
	int fd = sn_http_listen_tcp("127.0.0.1", 0, &diag), r;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	snprintf(spool, sizeof(spool), "%.3900s/bench_exporter.XXXXXX", temporary ? temporary : "/tmp");
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&name, &len) || !mkdtemp(spool)) {
		fprintf(stderr, "bench_exporter: %s\n", diag.text);
		return 1;
	}
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", ntohs(name.sin_port));
	pid = receiver(fd);
	close(fd);
	r = run(endpoint, spool);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	rmdir(spool);
	return r;
}
