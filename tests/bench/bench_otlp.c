/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What an OTLP log record of 12 attributes costs to write and to read on one core, in requests of 1000 records; and a point
 * of a sum with 3 attributes.
 *
 * Best and median of several rounds: the best is what the code can do, the distance of the median says how quiet the machine was.
 */
#include <stdio.h>
#include <time.h>

#include "base/macro.h"
#include "codec/otlp.h"

#define ROUNDS	21
#define PASSES	40
#define RECORDS 1000

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

static const struct sn_otlp_attribute resource[] = { STRING("service.name", "sauron"),
						     STRING("host.name", "node-1.example.org") };
static struct sn_otlp_attribute attributes[12] = {
	STRING("sauron.procedure", "InitialContextSetup"),
	STRING("sauron.outcome", "success"),
	NUMBER("sauron.duration_ns", 12345678),
	NUMBER("sauron.amf_ue_ngap_id", 1234567),
	NUMBER("sauron.ran_ue_ngap_id", 85),
	STRING("sauron.gnb", "999-70-000001"),
	STRING("sauron.amf", "open5gs-amf0"),
	STRING("sauron.snssai", "1-010203"),
	STRING("sauron.cause", "radioNetwork: unspecified"),
	STRING("sauron.subscriber", "8f14e45fceea167a5a36dedd4bea2543"),
	{ TEXT("sauron.inferred"), { .kind = SN_OTLP_BOOL, .integer = 0 } },
	{ TEXT("sauron.ratio"), { .kind = SN_OTLP_DOUBLE, .number = 0.25 } },
};

/** CPU time of this thread, so that neighbours on the machine do not count. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int on_log(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log)
{
	*(uint64_t *)ctx += log->attribute_count;
	return 0;
}

static int on_point(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point)
{
	*(uint64_t *)ctx += point->attribute_count;
	return 0;
}

static int write_logs(struct sn_otlp_writer *writer)
{
	struct sn_otlp_log log = { .severity = 9,
				   .event_name = TEXT("sauron.n2.procedure"),
				   .attributes = attributes,
				   .attribute_count = SN_ARRAY_SIZE(attributes) };

	sn_otlp_begin(writer, resource, SN_ARRAY_SIZE(resource), "sauron", "0.1.0");
	for (uint64_t i = 0; i < RECORDS; i++) {
		log.time_ns = UINT64_C(1700000000000000000) + i;
		log.observed_time_ns = log.time_ns + 1000;
		attributes[3].value.integer = (int64_t)i * 1000;
		sn_otlp_add_log(writer, &log);
	}
	return sn_otlp_end(writer);
}

static int write_points(struct sn_otlp_writer *writer)
{
	struct sn_otlp_point point = { .name = TEXT("sauron.n2.messages"),
				       .unit = TEXT("{message}"),
				       .description = TEXT("Messages seen."),
				       .kind = SN_OTLP_SUM,
				       .start_ns = 1,
				       .attributes = attributes + 5,
				       .attribute_count = 3 };

	sn_otlp_begin(writer, resource, SN_ARRAY_SIZE(resource), "sauron", "0.1.0");
	for (uint64_t i = 0; i < RECORDS; i++) {
		point.time_ns = i;
		point.value = (double)i;
		sn_otlp_add_point(writer, &point);
	}
	return sn_otlp_end(writer);
}

static void print(const char *what, double *ns, size_t octets)
{
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	printf("%-12s %6.1f ns/record  %6.2f million/s   (median %.1f ns)   %zu octets each\n", what, ns[0], 1e3 / ns[0],
	       ns[ROUNDS / 2], octets / RECORDS);
}

static int measure(const char *write_name, int (*write)(struct sn_otlp_writer *writer), const char *read_name,
		   int (*read)(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats))
{
	struct sn_otlp_writer writer = { .resource_at = 0 };
	double write_ns[ROUNDS], read_ns[ROUNDS];
	uint64_t seen = 0;
	struct sn_otlp_sink sink = { on_log, on_point, &seen };
	int r = write(&writer);

	for (int round = 0; round < ROUNDS; round++) {
		struct sn_view request = { (const uint8_t *)writer.data.data, writer.data.len };
		uint64_t begin = cpu_ns(), middle;

		for (int pass = 0; pass < PASSES; pass++)
			r |= write(&writer);
		middle = cpu_ns();
		for (int pass = 0; pass < PASSES; pass++)
			r |= read(request, &sink, NULL);
		write_ns[round] = (double)(middle - begin) / (PASSES * RECORDS);
		read_ns[round] = (double)(cpu_ns() - middle) / (PASSES * RECORDS);
	}
	if (r || !seen)
		fprintf(stderr, "%s: %d\n", write_name, r);
	print(write_name, write_ns, writer.data.len);
	print(read_name, read_ns, writer.data.len);
	sn_text_free(&writer.data);
	return r ? 1 : 0;
}

int main(void)
{
	int r = measure("write log", write_logs, "read log", sn_otlp_read_logs);

	return r | measure("write point", write_points, "read point", sn_otlp_read_metrics);
}
