/* SPDX-License-Identifier: Apache-2.0 */
/** @file Series of metrics: which there are, and their points. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "controller/internal.h"
#include "controller/record_text.h"

#define LABELS_MAX  16u
#define HOUR_NS	    (3600 * SN_NSEC_PER_SEC)
#define SERIES_MAX  2000u
#define ANSWER_SIZE (64u << 20)

struct listing {
	struct sn_text *text;
	uint64_t rows;
};

static int on_name(void *ctx, struct sn_view name, uint64_t series)
{
	struct listing *listing = ctx;

	sn_text_add(listing->text, listing->rows++ ? ",{\"name\":" : "{\"name\":");
	sn_text_add_json_string(listing->text, name);
	sn_text_addf(listing->text, ",\"series\":%" PRIu64 "}", series);
	return listing->text->failed ? -ENOMEM : 0;
}

void sn_api_metrics(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct listing listing = { .text = &answer->body };
	struct sn_diag diag = { 0 };
	int err;

	sn_text_add(listing.text, "{\"metrics\":[");
	err = sn_store_names(call->controller->store, on_name, &listing, &diag);
	if (err < 0) {
		sn_http_refuse(answer, 500, "%s", diag.text[0] ? diag.text : strerror(-err));
		return;
	}
	sn_text_add(listing.text, "]}");
	answer->status = 200;
	answer->type = "application/json";
}

struct labels {
	struct sn_store_where items[LABELS_MAX];
	size_t count;
	bool bad;
};

static void take_label(void *ctx, const char *value)
{
	struct labels *labels = ctx;
	const char *colon = strchr(value, ':');

	if (!colon || colon == value || labels->count == LABELS_MAX) {
		labels->bad = true;
		return;
	}
	labels->items[labels->count++] = (struct sn_store_where) {
		.field = { (const uint8_t *)value, (size_t)(colon - value) },
		.value = { (const uint8_t *)colon + 1, strlen(colon + 1) },
	};
}

static int on_series(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels, enum sn_store_series_kind kind,
		     const struct sn_store_point *points, size_t count)
{
	struct listing *listing = ctx;
	struct sn_text *text = listing->text;

	if (!count)
		return 0;
	sn_text_add(text, listing->rows++ ? ",{\"node\":" : "{\"node\":");
	sn_text_add_json_string(text, node);
	sn_text_add(text, ",\"name\":");
	sn_text_add_json_string(text, name);
	sn_text_add(text, ",\"labels\":");
	sn_text_add_bytes(text, (const char *)labels.data, labels.len);
	sn_text_addf(text, ",\"kind\":\"%s\",\"points\":[", kind == SN_STORE_COUNTER ? "counter" : "gauge");
	for (size_t i = 0; i < count; i++)
		sn_text_addf(text, "%s[%" PRIu64 ",%.12g,%.12g,%.12g]", i ? "," : "",
			     (uint64_t)(points[i].time_ns / SN_NSEC_PER_MSEC), points[i].value, points[i].minimum,
			     points[i].maximum);
	sn_text_add(text, "]}");
	return text->failed || text->len > ANSWER_SIZE ? -ENOMEM : listing->rows >= SERIES_MAX ? 1 : 0;
}

static int take_step(const struct sn_api_call *call, uint64_t *ret_ns, struct sn_http_answer *answer)
{
	const char *step = call->request->parameter(call->request, "step");

	*ret_ns = 0;
	if (!step || !*step || !sn_text_parse_duration(step, ret_ns))
		return 0;
	sn_http_refuse(answer, 400, "step must be a duration like 10s, not '%.64s'", step);
	return -EINVAL;
}

void sn_api_series(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const struct sn_http_request *request = call->request;
	const char *name = request->parameter(request, "name"), *node = request->parameter(request, "node");
	uint64_t now_ns = sn_clock_realtime_ns();
	struct sn_store_series_query query = { 0 };
	struct listing listing = { .text = &answer->body };
	struct labels labels = { 0 };
	struct sn_diag diag = { 0 };
	int err;

	if (!name || !*name) {
		sn_http_refuse(answer, 400, "name is missing: which metric");
		return;
	}
	request->each_parameter(request, "label", take_label, &labels);
	if (labels.bad) {
		sn_http_refuse(answer, 400, "label must be NAME:VALUE, at most %u of them", LABELS_MAX);
		return;
	}
	if (sn_api_time(call, "from", now_ns - HOUR_NS, &query.from_ns, answer) ||
	    sn_api_time(call, "to", now_ns, &query.to_ns, answer) || take_step(call, &query.step_ns, answer))
		return;
	query.name = (struct sn_view) { (const uint8_t *)name, strlen(name) };
	query.node = (struct sn_view) { (const uint8_t *)node, node ? strlen(node) : 0 };
	query.labels = labels.items;
	query.label_count = labels.count;
	sn_text_add(listing.text, "{\"series\":[");
	err = sn_store_series(call->controller->store, &query, on_series, &listing, &diag);
	if (err < 0) {
		sn_http_refuse(answer, err == -ENOMEM ? 413 : 500, "%s",
			       diag.text[0] ? diag.text : "so many points do not fit: ask for a shorter time or a longer step");
		return;
	}
	sn_text_addf(listing.text, "],\"complete\":%s}", listing.rows < SERIES_MAX ? "true" : "false");
	answer->status = 200;
	answer->type = "application/json";
}
