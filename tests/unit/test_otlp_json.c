/* SPDX-License-Identifier: Apache-2.0 */
/** @file OTLP in JSON: the example of the specification's form, each way to write a value, what is refused, limits. */
#include "test.h"

#include <errno.h>

#include "../otlp_dump.h"
#include "base/macro.h"
#include "model/otlp_json.h"

typedef int read_fn(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);

static struct sn_otlp_stats check_read(read_fn *read, const char *json, int result, const char *lines)
{
	struct dump dump = { .rewrite = false };
	struct sn_otlp_sink sink = dump_sink(&dump);
	struct sn_otlp_stats stats;
	int r = read((struct sn_view) { (const uint8_t *)json, strlen(json) }, &sink, &stats);

	if (r != result)
		fail_msg("%d of %s", r, json);
	assert_string_equal(dump.text.len ? dump.text.data : "", lines);
	dump_free(&dump);
	return stats;
}

/** A request with one record of these members. */
#define LOG(members)	   "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" members "}]}]}]}"
#define METRIC(members)	   "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{" members "}]}]}]}"
#define GAUGE(members)	   METRIC("\"name\":\"g\",\"gauge\":{\"dataPoints\":[{" members "}]}")
#define SUM(more)	   METRIC("\"name\":\"s\",\"sum\":{\"dataPoints\":[{\"asInt\":\"7\"}]" more "}")
#define HISTOGRAM(members) METRIC("\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{" members "}]}")
#define VALUE(value)	   LOG("\"body\":{" value "}")

static void test_logs(void **state)
{
	static const char json[] =
		"{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"my.service\"}}]},"
		"\"scopeLogs\":[{\"scope\":{\"name\":\"my.library\",\"version\":\"1.0.0\",\"attributes\":[]},\"logRecords\":[{"
		"\"timeUnixNano\":\"1544712660300000000\",\"observedTimeUnixNano\":\"18446744073709551615\",\"severityNumber\":10,"
		"\"severityText\":\"Information\",\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"EEE19B7EC3C1B174\","
		"\"eventName\":\"an.event\",\"body\":{\"stringValue\":\"Example log record\"},\"attributes\":["
		"{\"key\":\"string\",\"value\":{\"stringValue\":\"a\\u0000\\u00fc\"}},"
		"{\"key\":\"boolean\",\"value\":{\"boolValue\":true}},{\"key\":\"no\",\"value\":{\"boolValue\":false}},"
		"{\"key\":\"int\",\"value\":{\"intValue\":\"10\"}},{\"key\":\"negative\",\"value\":{\"intValue\":-3}},"
		"{\"key\":\"double\",\"value\":{\"doubleValue\":637.704}},{\"key\":\"octets\",\"value\":{\"bytesValue\":\"AP8=\"}},"
		"{\"key\":\"array\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"many\"}]}}},"
		"{\"key\":\"map\",\"value\":{\"kvlistValue\":{}}},{\"key\":\"none\"},{\"key\":\"null\",\"value\":null}]},"
		"{}]},{\"logRecords\":null}]},{\"resource\":null,\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":1}]}]}],\"other\":[1]}";
	struct sn_otlp_stats stats = check_read(
		sn_otlp_read_logs_json, json, 0,
		"scope my.library 1.0.0 service.name=s:my.service\n"
		"log 1544712660300000000 18446744073709551615 10 an.event s:Example%20log%20record string=s:a%00%c3%bc boolean=b:1 no=b:0 "
		"int=i:10 negative=i:-3 double=d:637.70399999999995 octets=x:%00%ff array=other map=other none=empty null=empty\n"
		"scope my.library 1.0.0 service.name=s:my.service\n"
		"log 0 0 0  empty\n"
		"scope  \n"
		"log 0 0 1  empty\n");

	assert_int_equal(stats.records, 3);
}

static void test_metrics(void **state)
{
	struct sn_otlp_stats stats;

	check_read(
		sn_otlp_read_metrics_json,
		METRIC("\"name\":\"my.counter\",\"unit\":\"1\",\"description\":\"A Counter\",\"sum\":{\"aggregationTemporality\":2,"
		       "\"isMonotonic\":true,\"dataPoints\":[{\"asDouble\":5,\"startTimeUnixNano\":\"1544712660300000000\","
		       "\"timeUnixNano\":1544712660300000001,\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}]},"
		       "{\"asInt\":\"-5\"}]}"),
		0,
		"scope  \nsum my.counter 1 A%20Counter 1544712660300000000 1544712660300000001 5 k=s:v\n"
		"scope  \nsum my.counter 1 A%20Counter 0 0 -5\n");
	check_read(sn_otlp_read_metrics_json, GAUGE("\"asDouble\":\"NaN\""), 0, "scope  \ngauge g   0 0 nan\n");
	check_read(sn_otlp_read_metrics_json, GAUGE("\"asDouble\":\"-Infinity\""), 0, "scope  \ngauge g   0 0 -inf\n");
	check_read(sn_otlp_read_metrics_json, GAUGE("\"asDouble\":\"Infinity\""), 0, "scope  \ngauge g   0 0 inf\n");
	check_read(sn_otlp_read_metrics_json, GAUGE("\"asDouble\":\"-1.5e3\""), 0, "scope  \ngauge g   0 0 -1500\n");
	check_read(sn_otlp_read_metrics_json, SUM(",\"aggregationTemporality\":2"), 0, "scope  \ngauge s   0 0 7\n");
	check_read(
		sn_otlp_read_metrics_json,
		HISTOGRAM("\"count\":\"3\",\"sum\":2.5,\"bucketCounts\":[\"1\",2],\"explicitBounds\":[0.5],\"attributes\":null"),
		0, "scope  \nhistogram h   0 0 2.5 3: 1 2 <0.5\n");
	check_read(sn_otlp_read_metrics_json, HISTOGRAM("\"count\":3"), 0, "scope  \nhistogram h   0 0 nan 3: 3\n");
	stats = check_read(sn_otlp_read_metrics_json, METRIC("\"name\":\"m\""), 0, "");
	assert_int_equal(stats.records + stats.skipped_points, 0);
}

static void test_points_skipped(void **state)
{
	static const char *const requests[] = {
		GAUGE(""),
		GAUGE("\"asDouble\":1,\"flags\":1"),
		GAUGE("\"asDouble\":null"),
		SUM(""),
		SUM(",\"aggregationTemporality\":1"),
		METRIC("\"histogram\":{\"dataPoints\":[{}]}"),
		METRIC("\"exponentialHistogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{}]}"),
		METRIC("\"summary\":{\"dataPoints\":[{}]}"),
		HISTOGRAM("\"bucketCounts\":[1]," /* fits: a bucket, no bound; but it has ended */ "\"flags\":1"),
		HISTOGRAM("\"bucketCounts\":[1,2]"),
		HISTOGRAM("\"explicitBounds\":[1]"),
		HISTOGRAM("\"bucketCounts\":[1,2,3],\"explicitBounds\":[2,1]"),
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(requests); i++) {
		struct sn_otlp_stats stats = check_read(sn_otlp_read_metrics_json, requests[i], 0, "");

		if (stats.skipped_points != 1 || stats.records)
			fail_msg("%s: %d skipped", requests[i], (int)stats.skipped_points);
	}
}

static void test_values(void **state)
{
	static const struct {
		const char *json, *text;
	} good[] = {
		{ VALUE("\"intValue\":\"-9223372036854775808\""), "i:-9223372036854775808" },
		{ VALUE("\"intValue\":\"9223372036854775807\""), "i:9223372036854775807" },
		{ VALUE("\"intValue\":1e3"), "i:1000" },
		{ VALUE("\"intValue\":-2.0"), "i:-2" },
		{ VALUE("\"intValue\":\"-0\""), "i:0" },
		{ VALUE("\"doubleValue\":\"3\""), "d:3" },
		{ VALUE("\"doubleValue\":3"), "d:3" },
		{ VALUE("\"bytesValue\":\"\""), "x:" },
		{ VALUE("\"bytesValue\":\"YQ\""), "x:a" },
		{ VALUE("\"bytesValue\":\"YQ==\""), "x:a" },
		{ VALUE("\"bytesValue\":\"YWI=\""), "x:ab" },
		{ VALUE("\"bytesValue\":\"YWJj\""), "x:abc" },
		{ VALUE("\"bytesValue\":\"-_-_+/+/\""), "x:%fb%ff%bf%fb%ff%bf" },
		{ VALUE("\"stringValue\":\"\""), "s:" },
		{ VALUE("\"stringValue\":null"), "empty" },
		{ VALUE("\"unknown\":1"), "empty" },
	};
	char lines[128];

	for (size_t i = 0; i < SN_ARRAY_SIZE(good); i++) {
		snprintf(lines, sizeof(lines), "scope  \nlog 0 0 0  %s\n", good[i].text);
		check_read(sn_otlp_read_logs_json, good[i].json, 0, lines);
	}
}

static void test_refused(void **state)
{
	static const char *const logs[] = {
		"",
		"x",
		"[]",
		"null",
		"{",
		"{} x",
		"{\"resourceLogs\":{}}",
		"{\"resourceLogs\":[1]}",
		"{\"resourceLogs\":[{\"resource\":[]}]}",
		"{\"resourceLogs\":[{\"resource\":{\"attributes\":{}}}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":{}}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[1]}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":1}]}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":1}}]}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"version\":{}}}]}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":{}}]}]}",
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[1]}]}]}",
		LOG("\"timeUnixNano\":{}"),
		LOG("\"timeUnixNano\":\"\""),
		LOG("\"timeUnixNano\":\"x\""),
		LOG("\"timeUnixNano\":\"1 \""),
		LOG("\"timeUnixNano\":\"1\\u0000\""),
		LOG("\"timeUnixNano\":\"-1\""),
		LOG("\"timeUnixNano\":-1"),
		LOG("\"timeUnixNano\":1.5"),
		LOG("\"timeUnixNano\":1e300"),
		LOG("\"timeUnixNano\":\"18446744073709551616\""),
		LOG("\"timeUnixNano\":true"),
		LOG("\"severityNumber\":4294967296"),
		LOG("\"severityNumber\":\"SEVERITY_NUMBER_INFO\""),
		LOG("\"eventName\":1"),
		LOG("\"eventName\":\"\xff\""),
		LOG("\"body\":\"text\""),
		LOG("\"attributes\":{}"),
		LOG("\"attributes\":[1]"),
		LOG("\"attributes\":[{\"key\":1}]"),
		LOG("\"attributes\":[{\"value\":1}]"),
		VALUE("\"stringValue\":1"),
		VALUE("\"boolValue\":1"),
		VALUE("\"intValue\":[]"),
		VALUE("\"intValue\":\"9223372036854775808\""),
		VALUE("\"intValue\":\"-9223372036854775809\""),
		VALUE("\"intValue\":\"--1\""),
		VALUE("\"intValue\":\"-\""),
		VALUE("\"doubleValue\":{}"),
		VALUE("\"doubleValue\":\"\""),
		VALUE("\"doubleValue\":\"nan\""),
		VALUE("\"doubleValue\":\"0x1\""),
		VALUE("\"doubleValue\":\"1e\""),
		VALUE("\"doubleValue\":\"1e999\""),
		VALUE("\"bytesValue\":1"),
		VALUE("\"bytesValue\":\"Y\""),
		VALUE("\"bytesValue\":\"Y===\""),
		VALUE("\"bytesValue\":\"YQ=\""),
		VALUE("\"bytesValue\":\"Y Q=\""),
		VALUE("\"arrayValue\":[]"),
		VALUE("\"kvlistValue\":1"),
	};
	static const char *const metrics[] = {
		"{\"resourceMetrics\":1}",
		METRIC("\"name\":1"),
		METRIC("\"name\":1,\"gauge\":{}"),
		METRIC("\"gauge\":[]"),
		METRIC("\"gauge\":{\"dataPoints\":{}}"),
		METRIC("\"gauge\":{\"dataPoints\":[1]}"),
		METRIC("\"sum\":{\"isMonotonic\":1}"),
		METRIC("\"sum\":{\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_CUMULATIVE\"}"),
		GAUGE("\"asInt\":\"1.5\""),
		GAUGE("\"asDouble\":\"one\""),
		GAUGE("\"asDouble\":1,\"flags\":\"x\""),
		GAUGE("\"asDouble\":1,\"timeUnixNano\":[]"),
		HISTOGRAM("\"count\":-1"),
		HISTOGRAM("\"sum\":[]"),
		HISTOGRAM("\"bucketCounts\":1"),
		HISTOGRAM("\"bucketCounts\":[1.5]"),
		HISTOGRAM("\"bucketCounts\":[null]"),
		HISTOGRAM("\"bucketCounts\":[1,2],\"explicitBounds\":[null]"),
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(logs); i++)
		check_read(sn_otlp_read_logs_json, logs[i], -EBADMSG, "");
	for (size_t i = 0; i < SN_ARRAY_SIZE(metrics); i++)
		check_read(sn_otlp_read_metrics_json, metrics[i], -EBADMSG, "");
	/* What stood before is given. */
	check_read(sn_otlp_read_logs_json, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{},1]}]}]}", -EBADMSG,
		   "scope  \nlog 0 0 0  empty\n");
}

/** `count` times `item`, parted by commas, between two other texts. */
static char *many(const char *before, const char *item, size_t count, const char *behind)
{
	struct sn_text text = { .len = 0 };

	sn_text_add(&text, before);
	for (size_t i = 0; i < count; i++)
		sn_text_addf(&text, "%s%s", i ? "," : "", item);
	sn_text_add(&text, behind);
	return text.data;
}

static void test_limits(void **state)
{
	struct sn_otlp_sink none = { NULL, NULL, NULL };
	struct sn_otlp_stats stats;
	char *json = many("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[", "{}",
			  SN_OTLP_MAX_ATTRIBUTES + 3, "]}]}]}]}");

	assert_int_equal(sn_otlp_read_logs_json((struct sn_view) { (uint8_t *)json, strlen(json) }, &none, &stats), 0);
	assert_int_equal(stats.records, 1);
	assert_int_equal(stats.dropped_attributes, 3);
	free(json);
	for (size_t extra = 0; extra < 2; extra++) {
		json = many("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"histogram\":{\"aggregationTemporality\":2,"
			    "\"dataPoints\":[{\"bucketCounts\":[",
			    "1", SN_OTLP_MAX_BUCKETS + extra, "],\"explicitBounds\":[");
		for (size_t i = 0; i < SN_OTLP_MAX_BUCKETS + extra - 1; i++) {
			struct sn_text text = { .data = json, .len = strlen(json), .size = strlen(json) + 1 };

			sn_text_addf(&text, "%s%zu", i ? "," : "", i);
			json = text.data;
		}
		struct sn_text text = { .data = json, .len = strlen(json), .size = strlen(json) + 1 };

		sn_text_add(&text, "]}]}}]}]}]}");
		assert_int_equal(sn_otlp_read_metrics_json((struct sn_view) { (uint8_t *)text.data, text.len }, &none, &stats),
				 0);
		assert_int_equal(stats.records, !extra);
		assert_int_equal(stats.skipped_points, extra);
		sn_text_free(&text);
	}
	/* Nested deeper than the parser goes. */
	json = malloc(10001);
	assert_non_null(json);
	memset(json, '[', 10000);
	json[10000] = '\0';
	check_read(sn_otlp_read_logs_json, json, -EBADMSG, "");
	free(json);
}

static void test_stop(void **state)
{
	static const char json[] = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{},{},{}]}]}]}";
	struct dump dump = { .stop_after = 2, .stop_with = 9 };
	struct sn_otlp_sink sink = dump_sink(&dump);
	struct sn_otlp_stats stats;

	assert_int_equal(sn_otlp_read_logs_json((struct sn_view) { (const uint8_t *)json, sizeof(json) - 1 }, &sink, &stats), 9);
	assert_int_equal(stats.records, 2);
	dump_free(&dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logs),   cmocka_unit_test(test_metrics), cmocka_unit_test(test_points_skipped),
		cmocka_unit_test(test_values), cmocka_unit_test(test_refused), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("otlp_json", tests, NULL, NULL);
}
