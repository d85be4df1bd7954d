/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Fuzzes the readers of OTLP, in protobuf and in JSON: what is read and written again is read as the same. The first octet
 * tells what the rest is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../otlp_dump.h"
#include "base/macro.h"
#include "base/utf8.h"
#include "model/otlp_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int read_fn(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void fuzz_request(struct sn_view request, read_fn *read, read_fn *read_again)
{
	struct dump first = { .rewrite = true }, second = { .rewrite = true };
	struct sn_otlp_sink sink = dump_sink(&first), again = dump_sink(&second);
	struct sn_otlp_stats stats, stats_again;
	int r = read(request, &sink, &stats);

	check(r == 0 || r == -EBADMSG);
	check(dump_end(&first) == 0);
	r = read_again((struct sn_view) { (const uint8_t *)first.rewritten.data, first.rewritten.len }, &again, &stats_again);
	check(r == 0);
	check(stats_again.records == stats.records && !stats_again.skipped_points && !stats_again.dropped_attributes);
	check(!strcmp(first.text.data ? first.text.data : "", second.text.data ? second.text.data : ""));
	dump_free(&first);
	dump_free(&second);
}

static void fuzz_response(struct sn_view response)
{
	struct sn_view message = { NULL, 0 }, again;
	uint64_t rejected, rejected_again;
	struct sn_text text = { .len = 0 };
	int r = sn_otlp_read_response(response, &rejected, &message);
	char *words;

	check(r == 0 || r == -EBADMSG);
	if (r)
		return;
	check(sn_utf8_valid(message));
	words = strndup(message.len ? (const char *)message.data : "", message.len);
	check(words);
	sn_otlp_write_response(&text, rejected, words);
	check(sn_otlp_read_response((struct sn_view) { (const uint8_t *)text.data, text.len }, &rejected_again, &again) == 0);
	check(rejected == rejected_again && again.len == strlen(words) &&
	      (!again.len || memcmp(again.data, words, again.len) == 0));
	free(words);
	sn_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sn_view rest = { data + 1, size - 1 };

	if (!size)
		return 0;
	switch (data[0]) {
	case 'l':
		fuzz_request(rest, sn_otlp_read_logs, sn_otlp_read_logs);
		break;
	case 'm':
		fuzz_request(rest, sn_otlp_read_metrics, sn_otlp_read_metrics);
		break;
	case 'r':
		fuzz_response(rest);
		break;
	case 'L':
		fuzz_request(rest, sn_otlp_read_logs_json, sn_otlp_read_logs);
		break;
	case 'M':
		fuzz_request(rest, sn_otlp_read_metrics_json, sn_otlp_read_metrics);
		break;
	default:
		break;
	}
	return 0;
}
