/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file OTLP in protobuf: exact octets, round trips, order of fields, merging, limits, damage.
 *
 * With an argument it is the helper of tests/e2e/otlp_independent: "write logs|metrics|response" writes a sample to stdout,
 * "read logs|metrics|response" shows what is read from stdin.
 */
#include "test.h"

#include <errno.h>
#include <math.h>

#include "../otlp_dump.h"
#include "base/macro.h"

#define TEXT(string) ((struct sn_view) { (const uint8_t *)(string), sizeof(string) - 1 })
#define STRING(k, v)                                                                                                             \
	{                                                                                                                        \
		TEXT(k),                                                                                                         \
		{                                                                                                                \
			.kind = SN_OTLP_STRING, .text = TEXT(v)                                                                  \
		}                                                                                                                \
	}
#define NUMBER(k, v)                                                                                                             \
	{                                                                                                                        \
		TEXT(k),                                                                                                         \
		{                                                                                                                \
			.kind = SN_OTLP_INT, .integer = (v)                                                                      \
		}                                                                                                                \
	}

static const struct sn_otlp_attribute resource[] = { STRING("service.name", "sauron"), STRING("host.name", "node-1") };

static const struct sn_otlp_attribute every_kind[] = {
	STRING("string", "n2"),
	STRING("umlaut", "Z\xc3\xbcrich"),
	STRING("no string", ""),
	{ TEXT("true"), { .kind = SN_OTLP_BOOL, .integer = 1 } },
	{ TEXT("false"), { .kind = SN_OTLP_BOOL, .integer = 0 } },
	NUMBER("int", 150),
	NUMBER("negative", -1),
	NUMBER("least", INT64_MIN),
	{ TEXT("double"), { .kind = SN_OTLP_DOUBLE, .number = -0.125 } },
	{ TEXT("bytes"), { .kind = SN_OTLP_BYTES, .text = { (const uint8_t *)"\0\xff", 2 } } },
	{ TEXT("empty"), { .kind = SN_OTLP_EMPTY } },
};

static const struct sn_otlp_log sample_logs[] = {
	{
		.time_ns = UINT64_C(1700000000123456789),
		.observed_time_ns = UINT64_C(1700000000200000000),
		.severity = 17,
		.event_name = TEXT("sauron.n2.procedure"),
		.body = { .kind = SN_OTLP_STRING, .text = TEXT("Registration failed") },
		.attributes = every_kind,
		.attribute_count = SN_ARRAY_SIZE(every_kind),
	},
	{ .time_ns = 1 },
	{ .severity = 9, .body = { .kind = SN_OTLP_INT, .integer = 7 } },
};

static const uint64_t buckets[] = { 1, 0, UINT64_C(5000000000) };
static const double bounds[] = { 0.005, 1.5 };
static const struct sn_otlp_attribute labels[] = { STRING("procedure", "InitialUEMessage") };
static const struct sn_otlp_point sample_points[] = {
	{ .name = TEXT("sauron.messages"),
	  .unit = TEXT("{message}"),
	  .description = TEXT("Messages seen."),
	  .kind = SN_OTLP_SUM,
	  .start_ns = 100,
	  .time_ns = 200,
	  .value = 42,
	  .attributes = labels,
	  .attribute_count = 1 },
	{ .name = TEXT("sauron.messages"),
	  .unit = TEXT("{message}"),
	  .description = TEXT("Messages seen."),
	  .kind = SN_OTLP_SUM,
	  .start_ns = 100,
	  .time_ns = 200,
	  .value = 1e300 },
	{ .name = TEXT("sauron.ues"), .kind = SN_OTLP_GAUGE, .time_ns = 200, .value = -0.5 },
	{ .name = TEXT("sauron.duration"),
	  .unit = TEXT("s"),
	  .kind = SN_OTLP_HISTOGRAM,
	  .start_ns = 100,
	  .time_ns = 200,
	  .value = 7.25,
	  .count = UINT64_C(5000000001),
	  .bucket_counts = buckets,
	  .bounds = bounds,
	  .bound_count = 2,
	  .attributes = labels,
	  .attribute_count = 1 },
	{ .name = TEXT("sauron.duration"),
	  .unit = TEXT("s"),
	  .kind = SN_OTLP_HISTOGRAM,
	  .value = NAN,
	  .count = 1,
	  .bucket_counts = buckets },
};

static void write_logs(struct sn_otlp_writer *writer)
{
	sn_otlp_begin(writer, resource, SN_ARRAY_SIZE(resource), "sauron", "0.1.0");
	for (size_t i = 0; i < SN_ARRAY_SIZE(sample_logs); i++)
		sn_otlp_add_log(writer, &sample_logs[i]);
}

static void write_points(struct sn_otlp_writer *writer)
{
	sn_otlp_begin(writer, resource, SN_ARRAY_SIZE(resource), "sauron", NULL);
	for (size_t i = 0; i < SN_ARRAY_SIZE(sample_points); i++)
		sn_otlp_add_point(writer, &sample_points[i]);
}

static struct sn_view view_of(const struct sn_text *text)
{
	return (struct sn_view) { (const uint8_t *)text->data, text->len };
}

/**
 * Octets of hexadecimal digits, in memory of exactly their size; blanks may stand between them. { and } enclose what has its
 * length (an octet) in front. The caller frees.
 */
static struct sn_view hex(const char *text)
{
	uint8_t *bytes = malloc(strlen(text) + 1);
	size_t len = 0, open[16], depth = 0;

	assert_non_null(bytes);
	for (; *text; text++) {
		if (*text == '{') {
			open[depth++] = len++;
		} else if (*text == '}') {
			size_t at = open[--depth];

			assert_in_range(len - at - 1, 0, 127);
			bytes[at] = (uint8_t)(len - at - 1);
		} else if (*text != ' ') {
			assert_int_equal(sscanf(text++, "%2hhx", &bytes[len++]), 1);
		}
	}
	assert_int_equal(depth, 0);
	bytes = realloc(bytes, len + !len);
	assert_non_null(bytes);
	return (struct sn_view) { bytes, len };
}

typedef int read_fn(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);

/** Reads octets and compares what comes of it. */
static struct sn_otlp_stats check_read(read_fn *read, const char *bytes, int result, const char *lines)
{
	struct sn_view in = hex(bytes);
	struct dump dump = { .rewrite = false };
	struct sn_otlp_sink sink = dump_sink(&dump);
	struct sn_otlp_stats stats;

	assert_int_equal(read(in, &sink, &stats), result);
	assert_string_equal(dump.text.len ? dump.text.data : "", lines);
	dump_free(&dump);
	free((void *)in.data);
	return stats;
}

/** The writer's text is exactly these octets. */
static void check_written(struct sn_otlp_writer *writer, const char *bytes)
{
	struct sn_view expect = hex(bytes);

	assert_int_equal(sn_otlp_end(writer), 0);
	assert_int_equal(writer->data.len, expect.len);
	assert_memory_equal(writer->data.data, expect.data, expect.len);
	assert_int_equal(writer->data.data[writer->data.len], 0);
	free((void *)expect.data);
	sn_text_free(&writer->data);
}

static void test_exact_log(void **state)
{
	static const struct sn_otlp_attribute where[] = { STRING("svc", "node") };
	static const struct sn_otlp_attribute attributes[] = { NUMBER("k", 300), { TEXT("e"), { .kind = SN_OTLP_EMPTY } } };
	struct sn_otlp_writer writer = { .resource_at = 0 };

	sn_otlp_begin(&writer, where, 1, "s", "1");
	sn_otlp_add_log(&writer, &(struct sn_otlp_log) { .time_ns = 1,
							 .observed_time_ns = 2,
							 .severity = 9,
							 .event_name = TEXT("ev"),
							 .body = { .kind = SN_OTLP_STRING, .text = TEXT("hi") },
							 .attributes = attributes,
							 .attribute_count = 2 });
	check_written(&writer,
		      "0ad68080000a8f8080000a0d0a0373766312060a046e6f646512bd8080000a868080000a017312013112ad80800009010000"
		      "000000000010092a040a02686932080a016b120318ac0232030a016559020000000000000062026576");
}

/** Two points of a sum in one Metric; a gauge of the same name; a histogram. */
static void test_exact_points(void **state)
{
	static const struct sn_otlp_attribute yes[] = { { TEXT("k"), { .kind = SN_OTLP_BOOL, .integer = 5 } } };
	static const struct sn_otlp_attribute octet[] = { { TEXT("b"), { .kind = SN_OTLP_BYTES, .text = TEXT("\xff") } } };
	static const uint64_t two_buckets[] = { 1, 2 };
	static const double bound = 4;
	struct sn_otlp_writer writer = { .resource_at = 0 };
	struct sn_otlp_point point = { TEXT("m"), TEXT("1"), TEXT("."), SN_OTLP_SUM, .start_ns = 1, .value = 1 };

	sn_otlp_begin(&writer, NULL, 0, NULL, NULL);
	sn_otlp_add_point(&writer, &point);
	point = (struct sn_otlp_point) { TEXT("m"), TEXT("1"), TEXT("."), SN_OTLP_SUM, .time_ns = 2, .value = 2 };
	sn_otlp_add_point(&writer, &point);
	point = (struct sn_otlp_point) { TEXT("m"),  TEXT("1"),		TEXT("."),	     SN_OTLP_GAUGE,
					 .value = 3, .attributes = yes, .attribute_count = 1 };
	sn_otlp_add_point(&writer, &point);
	point = (struct sn_otlp_point) { .name = TEXT("m"),
					 .kind = SN_OTLP_HISTOGRAM,
					 .value = 0.5,
					 .count = 3,
					 .bucket_counts = two_buckets,
					 .bounds = &bound,
					 .bound_count = 1,
					 .attributes = octet,
					 .attribute_count = 1 };
	sn_otlp_add_point(&writer, &point);
	check_written(&writer,
		      "0aca8180000a8080800012c08180000a8080800012c08080000a016d12012e1a01313ab2808000100218010a928080001101"
		      "0000000000000021000000000000f03f0a9280800019020000000000000021000000000000004012a58080000a016d12012e"
		      "1a01312a978080000a928080002100000000000008403a070a016b1202100112c78080000a016d4abf80800010020ab88080"
		      "0021030000000000000029000000000000e03f3210010000000000000002000000000000003a0800000000000010404a080a"
		      "016212033a01ff");
}

static const char logs_text[] =
	"scope sauron 0.1.0 service.name=s:sauron host.name=s:node-1\n"
	"log 1700000000123456789 1700000000200000000 17 sauron.n2.procedure s:Registration%20failed string=s:n2 umlaut=s:Z%c3%bcrich "
	"no%20string=s: true=b:1 false=b:0 int=i:150 negative=i:-1 least=i:-9223372036854775808 double=d:-0.125 bytes=x:%00%ff empty=empty\n"
	"scope sauron 0.1.0 service.name=s:sauron host.name=s:node-1\n"
	"log 1 0 0  empty\n"
	"scope sauron 0.1.0 service.name=s:sauron host.name=s:node-1\n"
	"log 0 0 9  i:7\n";

#define SOURCE "scope sauron  service.name=s:sauron host.name=s:node-1\n"
static const char points_text[] =
	SOURCE "sum sauron.messages {message} Messages%20seen. 100 200 42 procedure=s:InitialUEMessage\n" SOURCE
	       "sum sauron.messages {message} Messages%20seen. 100 200 1.0000000000000001e+300\n" SOURCE
	       "gauge sauron.ues   0 200 -0.5\n" SOURCE
	       "histogram sauron.duration s  100 200 7.25 5000000001: 1 0 5000000000 <0.0050000000000000001 <1.5 "
	       "procedure=s:InitialUEMessage\n" SOURCE "histogram sauron.duration s  0 0 nan 1: 1\n";

static void check_round_trip(read_fn *read, void (*write)(struct sn_otlp_writer *writer), const char *lines, size_t count)
{
	struct sn_otlp_writer writer = { .resource_at = 0 };
	struct sn_otlp_stats stats;

	for (int again = 0; again < 2; again++) { /* the writer's memory is used again */
		struct dump dump = { .rewrite = true };
		struct sn_otlp_sink sink = dump_sink(&dump);

		write(&writer);
		assert_int_equal(sn_otlp_end(&writer), 0);
		assert_int_equal(read(view_of(&writer.data), &sink, &stats), 0);
		assert_string_equal(dump.text.data, lines);
		assert_int_equal(stats.records, count);
		assert_int_equal(stats.dropped_attributes + stats.skipped_points, 0);
		assert_int_equal(dump_end(&dump), 0);
		assert_int_equal(dump.rewritten.len, writer.data.len);
		assert_memory_equal(dump.rewritten.data, writer.data.data, writer.data.len);
		dump_free(&dump);
	}
	sn_text_free(&writer.data);
}

static void test_round_trips(void **state)
{
	check_round_trip(sn_otlp_read_logs, write_logs, logs_text, SN_ARRAY_SIZE(sample_logs));
	check_round_trip(sn_otlp_read_metrics, write_points, points_text, SN_ARRAY_SIZE(sample_points));
}

/** Every prefix of a request is refused or is whole; nothing is read beyond it. */
static void check_cut(read_fn *read, void (*write)(struct sn_otlp_writer *writer))
{
	struct sn_otlp_writer writer = { .resource_at = 0 };

	write(&writer);
	assert_int_equal(sn_otlp_end(&writer), 0);
	for (size_t len = 0; len < writer.data.len; len++) {
		uint8_t *cut = malloc(len + !len);
		struct dump dump = { .rewrite = false };
		struct sn_otlp_sink sink = dump_sink(&dump);

		assert_non_null(cut);
		memcpy(cut, writer.data.data, len);
		assert_int_equal(read((struct sn_view) { cut, len }, &sink, NULL), len ? -EBADMSG : 0);
		assert_int_equal(dump.text.len, 0); /* all stands in one message, and that is not whole */
		dump_free(&dump);
		free(cut);
	}
	sn_text_free(&writer.data);
}

static void test_cut(void **state)
{
	check_cut(sn_otlp_read_logs, write_logs);
	check_cut(sn_otlp_read_metrics, write_points);
}

/** A request with one record. */
#define RECORD(fields) "0a{ 12{ 12{" fields "}}}"
/** With one point: of a gauge, a sum, a histogram, cumulative. */
#define GAUGE(point)	 RECORD("2a{ 0a{" point "}}")
#define SUM(point)	 RECORD("3a{ 0a{" point "} 1002 1801 }")
#define HISTOGRAM(point) RECORD("4a{ 0a{" point "} 1002 }")
#define ONE		 "310100000000000000" /* as_int, and a bucket of 1 */
#define THREE		 "0000000000000840"   /* as a double */

static void test_malformed(void **state)
{
	static const char *const logs[] = {
		"0b",			  /* a group in the request, */
		"0a{0b}",		  /* the resource logs, */
		"0a{0a{0b}}",		  /* the resource, */
		"0a{0a{0a{0b}}}",	  /* an attribute of it, */
		"0a{12{0b}}",		  /* the scope logs, */
		"0a{12{0a{0b}}}",	  /* the scope, */
		RECORD("0b"),		  /* the record, */
		RECORD("2a{0b}"),	  /* its body, */
		RECORD("32{0b}"),	  /* an attribute, */
		RECORD("32{12{0b}}"),	  /* its value */
		RECORD("62{c328}"),	  /* no UTF-8: event name, */
		RECORD("2a{0a{ff}}"),	  /* a body, */
		RECORD("32{0a{ff}}"),	  /* a key, */
		RECORD("32{12{0a{ff}}}"), /* a value, */
		"0a{0a{0a{0a{ff}}}}",	  /* of a resource, */
		"0a{12{0a{0a{ff}}}}",	  /* the scope's name, */
		"0a{12{0a{12{ff}}}}",	  /* its version */
		RECORD("0901"),		  /* a time that is cut, */
		RECORD("2a{0a02}"),	  /* a body */
	};
	static const char *const metrics[] = {
		RECORD("0b"),
		RECORD("0a{ff}"), /* name, */
		RECORD("12{ff}"), /* description, */
		RECORD("1a{ff}"), /* unit */
		RECORD("2a{0b}"), /* a gauge, a sum, a histogram */
		RECORD("3a{0b}"),
		RECORD("4a{0b}"),
		GAUGE("0b"), /* their points */
		SUM("0b"),
		HISTOGRAM("0b"),
		HISTOGRAM("32{010203}"), /* buckets and bounds of odd lengths */
		HISTOGRAM("3a{010203}"),
		GAUGE("3a{0b}"), /* an attribute */
		HISTOGRAM("4a{0b}"),
		RECORD("52{0b}"), /* what is not read must still be a message */
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(logs); i++)
		assert_int_equal(check_read(sn_otlp_read_logs, logs[i], -EBADMSG, "").records, 0);
	for (size_t i = 0; i < SN_ARRAY_SIZE(metrics); i++)
		assert_int_equal(check_read(sn_otlp_read_metrics, metrics[i], -EBADMSG, "").records, 0);
	/* What stood before is given. */
	check_read(sn_otlp_read_logs, RECORD("1001") "0b", -EBADMSG, "scope  \nlog 0 0 1  empty\n");
	check_read(sn_otlp_read_logs, "0a{12{ 12{1001} 12{0b} }}", -EBADMSG, "scope  \nlog 0 0 1  empty\n");
}

/** What is unknown, or known by another type, is passed over; records before what describes them; messages in parts. */
static void test_order(void **state)
{
#define UNKNOWN "0805 7801 790102030405060708 7a{} 7d01020304 820100 850101020304"
	check_read(sn_otlp_read_logs, "", 0, "");
	check_read(sn_otlp_read_logs, "0a{}", 0, "");
	check_read(sn_otlp_read_logs, "0a{12{}}", 0, "");
	check_read(sn_otlp_read_logs, RECORD(""), 0, "scope  \nlog 0 0 0  empty\n");
	check_read(sn_otlp_read_logs, UNKNOWN "0a{" UNKNOWN "}", 0, "");
	check_read(sn_otlp_read_logs, "0a{ 12{ 12{" UNKNOWN "2a{7a{}} 32{" UNKNOWN "}} 0a{0808} } 0a{7a{}} }", 0,
		   "scope  \nlog 0 0 0  empty =empty\n");
	check_read(sn_otlp_read_metrics, SUM(UNKNOWN ONE), 0, "scope  \nsum    0 0 1\n");
	/* Scope logs, then the resource in two parts; the record, then the scope in two parts. */
	check_read(sn_otlp_read_logs, "0a{ 12{ 12{1001} 0a{0a{73}} 0a{12{76}} } 0a{0a{0a{61}}} 0a{0a{0a{62}}} }", 0,
		   "scope s v a=empty b=empty\nlog 0 0 1  empty\n");
	/* The last of alternatives; a value in two parts. */
	check_read(sn_otlp_read_logs, RECORD("2a{0a{61} 1001 0a{62}} 32{ 12{1805} 12{0a{63}} }"), 0,
		   "scope  \nlog 0 0 0  s:b =s:c\n");
	check_read(sn_otlp_read_logs, RECORD("2a{1801 2a{}}"), 0, "scope  \nlog 0 0 0  other\n");
	check_read(sn_otlp_read_logs, RECORD("2a{1801 32{}}"), 0, "scope  \nlog 0 0 0  other\n");
	/* A resource does not outlive its records, nor does a scope. */
	check_read(sn_otlp_read_logs, "0a{ 0a{0a{0a{61}}} 12{ 0a{0a{73}} 12{1001} } }" RECORD("1002"), 0,
		   "scope s  a=empty\nlog 0 0 1  empty\nscope  \nlog 0 0 2  empty\n");
}

static void test_metrics_read(void **state)
{
	/* The points before the name, before the temporality; as_int. */
	check_read(sn_otlp_read_metrics, RECORD("3a{ 0a{31feffffffffffffff} 1002 1801 } 0a{6d}"), 0, "scope  \nsum m   0 0 -2\n");
	/* One that may fall is a gauge. */
	check_read(sn_otlp_read_metrics, RECORD("3a{ 0a{" ONE "} 1002 } 0a{6d}"), 0, "scope  \ngauge m   0 0 1\n");
	/* Of two values the last counts; of two kinds of data, too; two messages of one kind are one. */
	check_read(sn_otlp_read_metrics, GAUGE(ONE "21" THREE), 0, "scope  \ngauge    0 0 3\n");
	check_read(sn_otlp_read_metrics, RECORD("3a{ 0a{" ONE "} 1002 } 2a{ 0a{21" THREE "} } 2a{ 0a{" ONE "} }"), 0,
		   "scope  \ngauge    0 0 3\nscope  \ngauge    0 0 1\n");
	/* Histogram: numbers packed and not; without buckets the count makes one. */
	check_read(sn_otlp_read_metrics, HISTOGRAM(ONE "32{0200000000000000} 39" THREE "210300000000000000 290000000000000440"),
		   0, "scope  \nhistogram    0 0 2.5 3: 1 2 <3\n");
	check_read(sn_otlp_read_metrics, HISTOGRAM("210300000000000000"), 0, "scope  \nhistogram    0 0 nan 3: 3\n");
}

static void test_points_skipped(void **state)
{
	static const char *const requests[] = {
		GAUGE(""),	   /* no value */
		GAUGE(ONE "4001"), /* it has ended */
		HISTOGRAM("5001"),
		RECORD("3a{ 0a{" ONE "} 1001 1801 }"), /* delta, no temporality */
		RECORD("3a{ 0a{" ONE "} }"),
		RECORD("4a{ 0a{} 1001 }"),
		RECORD("52{ 0a{} 1002 }"), /* exponential, summary */
		RECORD("5a{ 0a{} }"),
		HISTOGRAM("39" THREE), /* a bound without buckets, two buckets without a bound */
		HISTOGRAM(ONE ONE),
		HISTOGRAM(ONE ONE ONE "39" THREE "39" THREE), /* bounds that do not rise */
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(requests); i++) {
		struct sn_otlp_stats stats = check_read(sn_otlp_read_metrics, requests[i], 0, "");

		if (stats.skipped_points != 1 || stats.records)
			fail_msg("%s: %d skipped", requests[i], (int)stats.skipped_points);
	}
}

/** Buckets and attributes to the limit, and beyond it. */
static void test_limits(void **state)
{
	static uint64_t many_buckets[SN_OTLP_MAX_BUCKETS + 1];
	static double many_bounds[SN_OTLP_MAX_BUCKETS];
	static struct sn_otlp_attribute many[SN_OTLP_MAX_ATTRIBUTES + 2];
	struct sn_otlp_writer writer = { .resource_at = 0 };
	struct sn_otlp_point point = {
		.name = TEXT("h"), .kind = SN_OTLP_HISTOGRAM, .bucket_counts = many_buckets, .bounds = many_bounds
	};
	struct sn_otlp_sink none = { NULL, NULL, NULL };
	struct sn_otlp_stats stats;

	for (size_t i = 0; i < SN_OTLP_MAX_BUCKETS; i++)
		many_bounds[i] = (double)i;
	for (size_t i = 0; i < SN_ARRAY_SIZE(many); i++)
		many[i] = (struct sn_otlp_attribute)NUMBER("n", 1);
	sn_otlp_begin(&writer, many, SN_OTLP_MAX_ATTRIBUTES + 1, "s", NULL);
	point.bound_count = SN_OTLP_MAX_BUCKETS - 1;
	sn_otlp_add_point(&writer, &point);
	point.bound_count = SN_OTLP_MAX_BUCKETS;
	sn_otlp_add_point(&writer, &point);
	point.bound_count = 2;
	many_bounds[1] = NAN;
	sn_otlp_add_point(&writer, &point);
	many_bounds[1] = 0;
	sn_otlp_add_point(&writer, &point);
	point = (struct sn_otlp_point) { .name = TEXT("g"), .attributes = many, .attribute_count = SN_ARRAY_SIZE(many) };
	sn_otlp_add_point(&writer, &point);
	point.attribute_count = SN_OTLP_MAX_ATTRIBUTES;
	sn_otlp_add_point(&writer, &point);
	assert_int_equal(sn_otlp_end(&writer), 0);
	assert_int_equal(sn_otlp_read_metrics(view_of(&writer.data), &none, &stats), 0);
	assert_int_equal(stats.records, 3);
	assert_int_equal(stats.skipped_points, 3);
	assert_int_equal(stats.dropped_attributes, 1 + 2);
	sn_text_free(&writer.data);
}

static void test_stop(void **state)
{
	for (int with = -EAGAIN; with <= 7; with += 7 + EAGAIN) {
		struct sn_otlp_writer writer = { .resource_at = 0 };
		struct dump dump = { .stop_after = 2, .stop_with = with };
		struct sn_otlp_sink sink = dump_sink(&dump);
		struct sn_otlp_stats stats;

		write_logs(&writer);
		assert_int_equal(sn_otlp_end(&writer), 0);
		assert_int_equal(sn_otlp_read_logs(view_of(&writer.data), &sink, &stats), with);
		assert_int_equal(stats.records, 2);
		write_points(&writer);
		assert_int_equal(sn_otlp_end(&writer), 0);
		dump.stop_after = 4;
		assert_int_equal(sn_otlp_read_metrics(view_of(&writer.data), &sink, &stats), with);
		assert_int_equal(stats.records, 4);
		sn_text_free(&writer.data);
		dump_free(&dump);
	}
}

/** Octets that are no UTF-8 are written as U+FFFD, wherever text stands. */
static void test_mended(void **state)
{
	static const struct sn_otlp_attribute bad[] = { STRING("k\xff", "\xc3\xbc\xc3"), STRING("good", "\xc3\xbc") };
	struct sn_otlp_writer writer = { .resource_at = 0 };
	struct dump dump = { .rewrite = false };
	struct sn_otlp_sink sink = dump_sink(&dump);

	sn_otlp_begin(&writer, bad, 1, "s\xff", "\xff\xff");
	sn_otlp_add_log(&writer, &(struct sn_otlp_log) { .event_name = TEXT("\xf0\x9f"),
							 .body = { .kind = SN_OTLP_STRING, .text = TEXT("a\x80") },
							 .attributes = bad,
							 .attribute_count = 2 });
	assert_int_equal(sn_otlp_end(&writer), 0);
	assert_int_equal(sn_otlp_read_logs(view_of(&writer.data), &sink, NULL), 0);
	assert_string_equal(dump.text.data,
			    "scope s%ef%bf%bd %ef%bf%bd%ef%bf%bd k%ef%bf%bd=s:%c3%bc%ef%bf%bd\n"
			    "log 0 0 0 %ef%bf%bd%ef%bf%bd s:a%ef%bf%bd k%ef%bf%bd=s:%c3%bc%ef%bf%bd good=s:%c3%bc\n");
	dump_free(&dump);
	sn_text_free(&writer.data);
}

static void test_failures(void **state)
{
	struct sn_otlp_writer writer = { .resource_at = 0 };
	struct sn_text text = { .failed = true };

	sn_otlp_begin(&writer, NULL, 0, "s", "1");
	writer.data.failed = true;
	sn_otlp_add_log(&writer, &sample_logs[0]);
	sn_otlp_add_point(&writer, &sample_points[0]);
	assert_int_equal(sn_otlp_end(&writer), -ENOMEM);
	write_logs(&writer); /* begins anew */
	assert_int_equal(sn_otlp_end(&writer), 0);
	writer.data.len = (size_t)SN_OTLP_MAX_REQUEST + 1; /* as if so much had been written */
	assert_int_equal(sn_otlp_end(&writer), -EMSGSIZE);
	sn_text_free(&writer.data);
	sn_otlp_write_response(&text, 1, "x");
	assert_int_equal(text.len, 0);
}

static void check_response(uint64_t rejected, const char *message, const char *expect)
{
	struct sn_view bytes = hex(expect), words = TEXT("old");
	struct sn_text text = { .len = 0 };
	uint64_t read = 5;

	sn_otlp_write_response(&text, rejected, message);
	assert_int_equal(text.len, bytes.len);
	if (text.len)
		assert_memory_equal(text.data, bytes.data, bytes.len);
	assert_int_equal(sn_otlp_read_response(bytes, &read, &words), 0);
	assert_true(read == SN_MIN(rejected, (uint64_t)INT64_MAX));
	assert_int_equal(words.len, message ? strlen(message) : 0);
	if (words.len)
		assert_memory_equal(words.data, message, words.len);
	free((void *)bytes.data);
	sn_text_free(&text);
}

static void test_response(void **state)
{
	static const char *const malformed[] = { "0b", "0a{0b}", "0a01", "0a{08ffffffffffffffffff01}", "0a{12{ff}}", "0a{08ff}" };

	check_response(0, NULL, "");
	check_response(0, "", "");
	check_response(3, "no", "0a86808000 0803 12{6e6f}");
	check_response(300, NULL, "0a83808000 08ac02");
	check_response(0, "slow", "0a86808000 12{736c6f77}");
	check_response(UINT64_MAX, NULL, "0a8a808000 08ffffffffffffffff7f");
	for (size_t i = 0; i < SN_ARRAY_SIZE(malformed); i++) {
		struct sn_view bytes = hex(malformed[i]), words = TEXT("old");
		uint64_t rejected = 5;

		assert_int_equal(sn_otlp_read_response(bytes, &rejected, &words), -EBADMSG);
		assert_int_equal(rejected, 5);
		assert_int_equal(words.len, 3);
		free((void *)bytes.data);
	}
}

/* ---- the helper of tests/e2e/otlp_independent */

static int write_sample(const char *what)
{
	struct sn_otlp_writer writer = { .resource_at = 0 };
	int r = 0;

	if (strcmp(what, "logs") == 0)
		write_logs(&writer);
	else if (strcmp(what, "metrics") == 0)
		write_points(&writer);
	else
		sn_otlp_write_response(&writer.data, 3, "no room");
	if (strcmp(what, "response") != 0)
		r = sn_otlp_end(&writer);
	fwrite(writer.data.data, 1, writer.data.len, stdout);
	sn_text_free(&writer.data);
	return r ? 1 : 0;
}

static int read_stdin(const char *what)
{
	static uint8_t in[1 << 20];
	struct sn_view bytes = { in, fread(in, 1, sizeof(in), stdin) }, words = { NULL, 0 };
	struct dump dump = { .rewrite = false };
	struct sn_otlp_sink sink = dump_sink(&dump);
	struct sn_otlp_stats stats = { 0 };
	uint64_t rejected = 0;
	int r;

	if (strcmp(what, "logs") == 0)
		r = sn_otlp_read_logs(bytes, &sink, &stats);
	else if (strcmp(what, "metrics") == 0)
		r = sn_otlp_read_metrics(bytes, &sink, &stats);
	else
		r = sn_otlp_read_response(bytes, &rejected, &words);
	if (strcmp(what, "response") == 0)
		printf("%d %" PRIu64 " %.*s\n", r, rejected, (int)words.len, words.len ? (const char *)words.data : "");
	else
		printf("%s%d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", dump.text.len ? dump.text.data : "", r, stats.records,
		       stats.dropped_attributes, stats.skipped_points);
	dump_free(&dump);
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_log),    cmocka_unit_test(test_exact_points),   cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_cut),	     cmocka_unit_test(test_malformed),	    cmocka_unit_test(test_order),
		cmocka_unit_test(test_metrics_read), cmocka_unit_test(test_points_skipped), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_stop),	     cmocka_unit_test(test_mended),	    cmocka_unit_test(test_failures),
		cmocka_unit_test(test_response),
	};

	if (argc == 3)
		return strcmp(argv[1], "write") == 0 ? write_sample(argv[2]) : read_stdin(argv[2]);
	return cmocka_run_group_tests_name("otlp", tests, NULL, NULL);
}
