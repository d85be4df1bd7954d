/* SPDX-License-Identifier: Apache-2.0 */
/** @file The exporter against a receiver in the same loop: batches, order, what is tried again, what is dropped, what goes to
 * disk. */
#include "http_rig.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "agent/exporter.h"
#include "codec/otlp.h"
#include "http/client.h"

#define RECEIVED_MAX 20000u
#define ID_TEXT	     (2 * SN_BATCH_ID)

struct row {
	uint64_t time, number;
	const char *text;
};
static const struct sn_field fields[] = {
	SN_FIELD(struct row, time, SN_FIELD_TIME, NULL, ""),
	SN_FIELD(struct row, number, SN_FIELD_U64, NULL, ""),
	SN_FIELD(struct row, text, SN_FIELD_STRING, NULL, ""),
};
static const struct sn_record_type type = SN_EVENT_TYPE(struct row, "test.row", "", fields);

static struct {
	struct http_rig rig;
	char directory[256], endpoint[64];
	struct sn_http_client *client;
	struct sn_exporter *exporter;
	uint64_t made;
	/* What the receiver says: so many times `status`, then 200. */
	unsigned refusals, status, retry_after_s, gather_ms;
	uint64_t reject; /* partial success */
	bool mute;	 /* hangs up on every request, once it has taken it */
	/* What it has seen. */
	unsigned requests, metrics;
	uint64_t numbers[RECEIVED_MAX];
	size_t count, points;
	char ids[512][ID_TEXT + 1];
	size_t id_count;
	char authorization[128], node[64];
	double last_at, last_gap;
} t;

/* --- the receiver */

static int on_log(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log)
{
	for (size_t i = 0; i < source->resource_count; i++)
		if (source->resource[i].key.len == 9 && memcmp(source->resource[i].key.data, "host.name", 9) == 0)
			snprintf(t.node, sizeof(t.node), "%.*s", (int)source->resource[i].value.text.len,
				 (const char *)source->resource[i].value.text.data);
	assert_int_equal(log->event_name.len, strlen(type.name));
	assert_int_equal(log->attribute_count, 2);
	assert_int_equal(log->attributes[0].value.kind, SN_OTLP_INT);
	assert_true(t.count < RECEIVED_MAX);
	t.numbers[t.count++] = (uint64_t)log->attributes[0].value.integer;
	assert_int_equal(log->time_ns, 1000 + t.numbers[t.count - 1]);
	return 0;
}

static int on_point(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point)
{
	t.points++;
	return 0;
}

static void unpack(struct sn_view packed, struct sn_text *text)
{
	z_stream gzip = { .next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.len };

	assert_true(sn_text_reserve(text, 4u << 20));
	assert_int_equal(inflateInit2(&gzip, 15 + 16), Z_OK);
	gzip.next_out = (Bytef *)text->data;
	gzip.avail_out = 4u << 20;
	assert_int_equal(inflate(&gzip, Z_FINISH), Z_STREAM_END);
	text->len = gzip.total_out;
	inflateEnd(&gzip);
}

/** Stores a batch once, whatever it answers, as the controller does when its answer is lost. */
static void take(const struct sn_http_request *request)
{
	const char *id = request->header(request, "Sauron-Batch");
	bool logs = strcmp(request->path, "/v1/logs") == 0;
	struct sn_otlp_sink sink = { .log = on_log, .point = on_point };
	struct sn_text text = { 0 };

	assert_non_null(id);
	assert_int_equal(strlen(id), ID_TEXT);
	for (size_t i = 0; i < t.id_count; i++)
		if (strcmp(t.ids[i], id) == 0)
			return;
	assert_true(t.id_count < SN_ARRAY_SIZE(t.ids));
	memcpy(t.ids[t.id_count++], id, ID_TEXT + 1);
	unpack(request->body, &text);
	assert_int_equal((logs ? sn_otlp_read_logs
			       : sn_otlp_read_metrics)((struct sn_view) { (const uint8_t *)text.data, text.len }, &sink, NULL),
			 0);
	sn_text_free(&text);
}

static void answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	const char *authorization = request->header(request, "Authorization");
	double now = http_rig_now();

	t.requests++;
	t.last_gap = now - t.last_at;
	t.last_at = now;
	t.metrics += strcmp(request->path, "/v1/metrics") == 0;
	snprintf(t.authorization, sizeof(t.authorization), "%s", authorization ? authorization : "");
	assert_string_equal(request->method, "POST");
	assert_string_equal(request->header(request, "Content-Type"), "application/x-protobuf");
	assert_string_equal(request->header(request, "Content-Encoding"), "gzip");
	if (t.mute) {
		take(request);
		shutdown(request->fd, SHUT_RDWR);
		answer->status = 200;
		return;
	}
	if (t.refusals) {
		t.refusals--;
		answer->status = t.status;
		if (t.retry_after_s)
			sn_http_add_header(answer, "Retry-After", "%u", t.retry_after_s);
		return;
	}
	take(request);
	answer->status = 200;
	answer->type = "application/x-protobuf";
	if (t.gather_ms)
		sn_http_add_header(answer, "Sauron-Gather-Ms", "%u", t.gather_ms);
	sn_otlp_write_response(&answer->body, t.reject, t.reject ? "not these" : NULL);
}

/* --- the rig */

static void collect(void *ctx, struct sn_metrics *metrics)
{
	static const struct sn_metric metric = { "test_gauge", "A gauge.", { NULL }, SN_METRIC_GAUGE };

	sn_metrics_add(metrics, &metric, 1, NULL);
}

static void open_exporter(uint64_t spool_octets, const char *token, uint64_t metrics_interval_ms)
{
	struct sn_exporter_options options = { .endpoint = t.endpoint,
					       .node = "node-1",
					       .cluster = "lab",
					       .token = token,
					       .spool_directory = t.directory,
					       .spool_octets = spool_octets,
					       .metrics_interval_ms = metrics_interval_ms,
					       .client = t.client,
					       .collect = collect };
	struct sn_diag diag = { 0 };

	if (sn_exporter_new(&t.rig.loop, &options, &t.exporter, &diag))
		fail_msg("%s", diag.text);
}

static int setup(void **state)
{
	const struct sn_http_options options = { .body_limit = 8u << 20,
						 .methods = (const char *const[]) { "GET", "POST", NULL } };
	const struct sn_http_client_options client = { .timeout_ms = 5000 };
	const char *tmp = getenv("TMPDIR");

	memset(&t, 0, sizeof(t));
	snprintf(t.directory, sizeof(t.directory), "%s/exporter.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t.directory));
	http_rig_open(&t.rig, &options, answer);
	snprintf(t.endpoint, sizeof(t.endpoint), "http://127.0.0.1:%u/", t.rig.port);
	t.client = sn_http_client_new(&t.rig.loop, &client);
	assert_non_null(t.client);
	return 0;
}

static size_t spooled(bool remove)
{
	DIR *d = opendir(t.directory);
	const struct dirent *entry;
	char path[600];
	size_t count = 0;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		snprintf(path, sizeof(path), "%s/%s", t.directory, entry->d_name);
		if (remove)
			unlink(path);
	}
	if (d)
		closedir(d);
	return count;
}

static int teardown(void **state)
{
	t.exporter = sn_exporter_free(t.exporter);
	t.client = sn_http_client_free(t.client);
	http_rig_close(&t.rig);
	spooled(/* remove= */ true);
	return rmdir(t.directory);
}

static void make(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct row row = { .number = t.made, .text = "InitialContextSetup" };

		sn_exporter_record(t.exporter, &type, &row, 1000 + t.made++);
	}
}

static bool all_there(void)
{
	return t.count >= t.made;
}

static bool is_away(void)
{
	struct sn_exporter_stats stats;

	sn_exporter_stats(t.exporter, &stats);
	return stats.away;
}

static void wait_for(bool (*done)(void), double seconds)
{
	double end = http_rig_now() + seconds;

	while (!done() && http_rig_now() < end)
		http_rig_turn(&t.rig);
	if (!done())
		fail_msg("%zu of %llu records after %.0f s, %u requests", t.count, (unsigned long long)t.made, seconds,
			 t.requests);
}

/** All that was made is there, once, in order. */
static void check_all(void)
{
	assert_int_equal(t.count, t.made);
	for (size_t i = 0; i < t.count; i++)
		assert_int_equal(t.numbers[i], i);
}

static struct sn_exporter_stats stats_now(void)
{
	struct sn_exporter_stats stats;

	http_rig_turns(&t.rig, 0.05);
	sn_exporter_stats(t.exporter, &stats);
	return stats;
}

/* --- tests */

static void test_batches(void **state)
{
	struct sn_exporter_stats stats;

	open_exporter(1 << 20, "secret", 0);
	make(512 * 3 + 10);
	wait_for(all_there, 10);
	check_all();
	/* Three are full, the fourth is old. */
	assert_int_equal(t.requests, 4);
	assert_string_equal(t.authorization, "Bearer secret");
	assert_string_equal(t.node, "node-1");
	stats = stats_now();
	assert_int_equal(stats.records, t.made);
	assert_int_equal(stats.sent_records, t.made);
	assert_int_equal(stats.lost_records + stats.refused_records + stats.failures, 0);
	assert_true(stats.encode_ns > 0);
	assert_int_equal(spooled(false), 0);
}

static void test_no_token(void **state)
{
	open_exporter(1 << 20, NULL, 0);
	make(1);
	wait_for(all_there, 10);
	assert_string_equal(t.authorization, "");
}

static bool metrics_there(void)
{
	return t.points >= 2;
}

static void test_metrics(void **state)
{
	open_exporter(1 << 20, NULL, 200);
	make(1);
	wait_for(metrics_there, 10);
	assert_true(t.metrics >= 2);
	wait_for(all_there, 10);
}

/* What is tried again comes first, with the same id, and nothing is lost or comes twice. */
static void retry(unsigned status, unsigned times)
{
	struct sn_exporter_stats stats;

	t.refusals = times;
	t.status = status;
	open_exporter(1 << 20, NULL, 0);
	make(1200);
	wait_for(all_there, 20);
	check_all();
	stats = stats_now();
	assert_int_equal(stats.failures, times);
	assert_int_equal(stats.sent_records, t.made);
	assert_false(stats.away);
	assert_int_equal(stats.spool.batches, 0);
	assert_int_equal(t.id_count, 3);
}

static void test_retry_429(void **state)
{
	retry(429, 1);
}

static void test_retry_503(void **state)
{
	retry(503, 2);
}

static void test_retry_after(void **state)
{
	t.refusals = 1;
	t.status = 503;
	t.retry_after_s = 2;
	open_exporter(1 << 20, NULL, 0);
	make(512);
	wait_for(is_away, 5);
	assert_int_equal(t.requests, 1);
	wait_for(all_there, 10);
	assert_int_equal(t.requests, 2);
	assert_true(t.last_gap >= 1.9);
}

/* The receiver has it, but its answer was lost: the same id comes again. */
static void test_lost_answer(void **state)
{
	t.mute = true;
	open_exporter(1 << 20, NULL, 0);
	make(512);
	wait_for(is_away, 5);
	assert_int_equal(t.count, 512);
	t.mute = false;
	make(100);
	wait_for(all_there, 10);
	check_all();
	assert_int_equal(t.id_count, 2);
	assert_int_equal(stats_now().sent_records, t.made);
}

static void test_partial_success(void **state)
{
	struct sn_exporter_stats stats;

	t.reject = 3;
	open_exporter(1 << 20, NULL, 0);
	make(512);
	wait_for(all_there, 10);
	stats = stats_now();
	assert_int_equal(stats.refused_records, 3);
	assert_int_equal(stats.sent_records, 509);
	assert_string_equal(stats.why, "not these");
	assert_int_equal(stats.failures, 0);
}

static bool second_request(void)
{
	return t.requests >= 2;
}

/* It is no use to repeat what is refused: it goes, and is counted. */
static void test_refused(void **state)
{
	struct sn_exporter_stats stats;

	t.refusals = 1;
	t.status = 400;
	open_exporter(1 << 20, NULL, 0);
	make(512);
	make(10);
	wait_for(second_request, 10);
	stats = stats_now();
	assert_int_equal(stats.refused_records, 512);
	assert_int_equal(stats.sent_records, 10);
	assert_int_equal(t.count, 10);
	assert_int_equal(t.numbers[0], 512);
	assert_false(stats.away);
	assert_int_equal(spooled(false), 0);
}

/* What was on disk when the agent ended comes first when it begins anew. */
static void test_spool(void **state)
{
	struct sn_exporter_stats stats;

	t.refusals = 1000;
	t.status = 503;
	open_exporter(1 << 20, NULL, 0);
	make(512);
	wait_for(is_away, 5);
	make(512 * 4 + 7);
	stats = stats_now();
	assert_int_equal(stats.spool.batches, 5);
	assert_int_equal(stats.lost_records, 0);
	t.exporter = sn_exporter_free(t.exporter);
	http_rig_turns(&t.rig, 0.05);
	assert_int_equal(spooled(false), 6);
	assert_int_equal(t.count, 0);
	t.refusals = 0;
	open_exporter(1 << 20, NULL, 0);
	make(20);
	wait_for(all_there, 10);
	check_all();
	assert_int_equal(spooled(false), 0);
}

/* Whatever is under way, queued or filling when the agent ends. */
static void test_end(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		open_exporter(1 << 20, NULL, 0);
		make(512 * i + 100);
		for (unsigned turn = 0; turn < i; turn++)
			uv_run(&t.rig.loop, UV_RUN_NOWAIT);
		t.exporter = sn_exporter_free(t.exporter);
		http_rig_turns(&t.rig, 0.02);
	}
	open_exporter(1 << 20, NULL, 0);
	wait_for(all_there, 10);
	check_all();
}

/* A full spool loses the oldest, and says how much. */
static void test_bounded(void **state)
{
	struct sn_exporter_stats stats;

	t.refusals = 1000;
	t.status = 503;
	open_exporter(20000, NULL, 0);
	make(512 * 40);
	wait_for(is_away, 5);
	make(512 * 40);
	stats = stats_now();
	assert_true(stats.spool.dropped_records > 0);
	assert_true(stats.spool.octets <= 20000);
	t.refusals = 0;
	http_rig_turns(&t.rig, 3);
	stats = stats_now();
	assert_int_equal(stats.spool.batches, 0);
	assert_int_equal(stats.sent_records + stats.spool.dropped_records + stats.lost_records, t.made);
	assert_int_equal(t.count, stats.sent_records);
	for (size_t i = 1; i < t.count; i++)
		assert_true(t.numbers[i] > t.numbers[i - 1]);
	assert_int_equal(t.numbers[t.count - 1], t.made - 1);
}

/* A receiver of many may have each of them gather for longer. */
static void test_gather(void **state)
{
	double begun;

	t.gather_ms = 2000;
	open_exporter(1 << 20, NULL, 0);
	make(1);
	wait_for(all_there, 5);
	begun = http_rig_now();
	make(1);
	wait_for(all_there, 5);
	assert_true(http_rig_now() - begun >= 1.8);
	t.gather_ms = 0; /* as before */
	make(1);
	wait_for(all_there, 5);
	begun = http_rig_now();
	make(1);
	wait_for(all_there, 5);
	assert_true(http_rig_now() - begun < 1.8);
}

static void test_nobody(void **state)
{
	struct sn_exporter_stats stats;

	snprintf(t.endpoint, sizeof(t.endpoint), "http://127.0.0.1:1");
	open_exporter(1 << 20, NULL, 0);
	make(512);
	wait_for(is_away, 10);
	stats = stats_now();
	assert_int_equal(stats.spool.batches, 1);
	assert_true(stats.why[0]);
	assert_int_equal(stats.lost_records, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_batches),   TEST(test_no_token),    TEST(test_metrics),     TEST(test_retry_429),
		TEST(test_retry_503), TEST(test_retry_after), TEST(test_lost_answer), TEST(test_partial_success),
		TEST(test_refused),   TEST(test_spool),	      TEST(test_end),	      TEST(test_bounded),
		TEST(test_gather),    TEST(test_nobody),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
