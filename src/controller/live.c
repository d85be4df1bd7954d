/* SPDX-License-Identifier: Apache-2.0 */
/** @file Streams of Server-Sent Events (WHATWG HTML 9.2). */
#include "controller/live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "controller/record_text.h"

#define BACKLOG	    (256u << 10)
#define WATCHERS    256u
#define NODES_NS    (2 * SN_NSEC_PER_SEC)
#define WORD_OCTETS 512u

struct watcher {
	struct watcher *next, **link;
	struct sn_live *live;
	struct sn_http_stream *stream;
	char *types; /* ",n2.outcome,n2.signal,"; NULL: no records */
	char *node, *ue, *gnb;
	uint64_t lost;
};

struct sn_live {
	struct watcher *watchers;
	size_t count;
	uint64_t nodes_ns;
};

int sn_live_new(struct sn_live **ret_live)
{
	*ret_live = calloc(1, sizeof(**ret_live));
	return *ret_live ? 0 : -ENOMEM;
}

static void watcher_free(struct watcher *watcher)
{
	free(watcher->types);
	free(watcher->node);
	free(watcher->ue);
	free(watcher->gnb);
	free(watcher);
}

struct sn_live *sn_live_free(struct sn_live *live)
{
	free(live);
	return NULL;
}

static void watcher_gone(void *ctx)
{
	struct watcher *watcher = ctx;

	*watcher->link = watcher->next;
	if (watcher->next)
		watcher->next->link = watcher->link;
	watcher->live->count--;
	watcher_free(watcher);
}

static bool take_word(const struct sn_http_request *request, const char *name, char **ret_word)
{
	const char *value = request->parameter(request, name);

	if (!value || !*value)
		return true;
	*ret_word = strlen(value) < WORD_OCTETS ? strdup(value) : NULL;
	return *ret_word;
}

void sn_live_watch(struct sn_live *live, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	struct watcher *watcher = live->count < WATCHERS ? calloc(1, sizeof(*watcher)) : NULL;
	const char *types = request->parameter(request, "type");

	if (!watcher) {
		sn_http_refuse(answer, 503, "too many watch already");
		return;
	}
	if ((types && *types && (strlen(types) >= WORD_OCTETS || asprintf(&watcher->types, ",%s,", types) < 0)) ||
	    !take_word(request, "node", &watcher->node) || !take_word(request, "ue", &watcher->ue) ||
	    !take_word(request, "gnb", &watcher->gnb)) {
		watcher_free(watcher);
		sn_http_refuse(answer, 400, "a parameter is too long");
		return;
	}
	watcher->live = live;
	answer->status = 200;
	answer->type = "text/event-stream";
	watcher->stream = sn_http_stream(request, answer, BACKLOG, watcher_gone, watcher);
	if (!watcher->stream) {
		watcher_free(watcher);
		return;
	}
	watcher->next = live->watchers;
	watcher->link = &live->watchers;
	if (watcher->next)
		watcher->next->link = &watcher->next;
	live->watchers = watcher;
	live->count++;
	live->nodes_ns = 0; /* the fleet's state comes with the next tick */
}

static bool word_is(const char *wanted, struct sn_view value)
{
	return !wanted || (strlen(wanted) == value.len && memcmp(wanted, value.data, value.len) == 0);
}

static bool type_is_wanted(const char *types, struct sn_view type)
{
	const char *p = types;

	while (p && type.len && (p = memmem(p, strlen(p), type.data, type.len))) {
		if (p > types && p[-1] == ',' && p[type.len] == ',') /* the list begins and ends with a comma */
			return true;
		p++;
	}
	return false;
}

static void send_event(struct watcher *watcher, const struct sn_text *text, bool record)
{
	if (text->failed || sn_http_stream_send(watcher->stream, text->data, text->len) < 0)
		watcher->lost += record;
}

void sn_live_record(struct sn_live *live, const struct sn_store_record *record)
{
	struct sn_text text = { 0 };

	for (struct watcher *watcher = live->watchers; watcher; watcher = watcher->next) {
		if (!type_is_wanted(watcher->types, record->type) || !word_is(watcher->node, record->node) ||
		    !word_is(watcher->ue, record->ue) || !word_is(watcher->gnb, record->gnb))
			continue;
		if (!text.len) { /* made for the first who wants it */
			sn_text_add(&text, "event: record\ndata: ");
			sn_record_add_json(&text, record);
			sn_text_add(&text, "\n\n");
		}
		send_event(watcher, &text, /* record= */ true);
	}
	sn_text_free(&text);
}

static void tell_lost(struct watcher *watcher)
{
	struct sn_text text = { 0 };
	uint64_t lost = watcher->lost;

	sn_text_addf(&text, "event: lost\ndata: {\"count\":%" PRIu64 "}\n\n", lost);
	if (!text.failed && sn_http_stream_send(watcher->stream, text.data, text.len) == 0)
		watcher->lost = 0;
	sn_text_free(&text);
}

void sn_live_tick(struct sn_live *live, const struct sn_fleet *fleet)
{
	uint64_t now_ns = sn_clock_boottime_ns(), counts[_SN_NODE_STATE_MAX];
	struct sn_text text = { 0 };

	for (struct watcher *watcher = live->watchers; watcher; watcher = watcher->next)
		if (watcher->lost)
			tell_lost(watcher);
	if (!live->watchers || (live->nodes_ns && now_ns - live->nodes_ns < NODES_NS))
		return;
	live->nodes_ns = now_ns;
	sn_fleet_states(fleet, counts);
	sn_text_addf(&text,
		     "event: nodes\ndata: {\"up\":%" PRIu64 ",\"silent\":%" PRIu64 ",\"gone\":%" PRIu64 ",\"total\":%zu}\n\n",
		     counts[SN_NODE_UP], counts[SN_NODE_SILENT], counts[SN_NODE_GONE], sn_fleet_count(fleet));
	for (struct watcher *watcher = live->watchers; watcher; watcher = watcher->next)
		send_event(watcher, &text, /* record= */ false);
	sn_text_free(&text);
}

size_t sn_live_watchers(const struct sn_live *live)
{
	return live->count;
}
