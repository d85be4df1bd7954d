/* SPDX-License-Identifier: Apache-2.0 */
/** @file List, watch, resume, list anew. */
#include "kube/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"

#define PAGE		200u
#define PAGE_OCTETS	(16u << 20)
#define EVENT_OCTETS	(4u << 20)
#define LIST_TIMEOUT_MS 60000u
#define SILENCE_S	150u
#define WATCH_S		300u
#define RETRY_FIRST_MS	500u
#define RETRY_LAST_MS	30000u
#define RETRY_AFTER_S	300
#define WATCH_FAILURES	5u	      /* in a row, of an answer: what we resume from may be what it cannot do */
#define WATCH_SHORT_NS	1000000000ull /* one that ends sooner, and told nothing, has failed */
#define VERSION_OCTETS	64
#define CONTINUE_OCTETS 4096

struct sn_watch {
	struct sn_watch_options options;
	char *path, *selectors; /* the latter as they stand in a URL, each with its "&" */
	uv_timer_t timer;
	struct sn_http_transfer *transfer;
	char version[VERSION_OCTETS]; /* "" : from a new list on */
	char *more;		      /* of a list: where the next page begins */
	char list_version[VERSION_OCTETS];
	unsigned page;
	unsigned retry_ms;
	unsigned watch_failures; /* in a row */
	uint64_t begun_ns;	 /* the watch under way */
	bool told;		 /* it has told something */
	bool broken;		 /* it has told what cannot be; the reason is known */
	bool fresh;		 /* a list from the server's cache will not do */
	bool has_expired;	 /* is the reason of the next failure */
	bool warned;
	struct sn_watch_stats stats;
};

static void begin_list(struct sn_watch *watch);
static void next(struct sn_watch *watch);

/* --- small things */

static uint32_t chance(uint32_t below)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = (uint32_t)sn_clock_boottime_ns();
	return below ? value % below : 0;
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static void add_escaped(struct sn_text *text, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
			sn_text_addf(text, "%c", c);
		else
			sn_text_addf(text, "%%%02X", c);
	}
}

static void add_parameter(struct sn_text *text, const char *name, const char *value)
{
	sn_text_addf(text, "&%s=", name);
	add_escaped(text, value);
}

static json_t *read_json(const char *data, size_t len)
{
	/* One who may write an annotation could stop all lists by a NUL in it. */
	return json_loadb(data, len, JSON_ALLOW_NUL, NULL);
}

static const char *member_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *version_of(const json_t *object)
{
	const char *version = member_text(json_object_get(object, "metadata"), "resourceVersion");

	return version && *version && strlen(version) < VERSION_OCTETS ? version : NULL;
}

static void heard(struct sn_watch *watch)
{
	watch->stats.heard_ns = sn_clock_boottime_ns();
}

/* --- what fails */

static void on_timer(uv_timer_t *timer)
{
	next(timer->data);
}

static void say_why(struct sn_watch *watch, const char *why)
{
	watch->stats.failures++;
	snprintf(watch->stats.why, sizeof(watch->stats.why), "%.255s", why);
	/* Once, until it is well again; that something expires is in the nature of a watch. */
	if (!watch->warned && !watch->has_expired)
		sn_log_warning("kubernetes: %s: %s; tried again and again", watch->path, why);
	watch->warned |= !watch->has_expired;
	watch->has_expired = false;
}

static void back_off(struct sn_watch *watch, int64_t retry_after_s)
{
	uint64_t ms = watch->retry_ms / 2 + chance(watch->retry_ms / 2 + 1);

	if (retry_after_s > 0)
		ms = SN_MAX(ms, (uint64_t)SN_MIN(retry_after_s, RETRY_AFTER_S) * 1000u + chance(500));
	watch->retry_ms = SN_MIN(2 * watch->retry_ms, or_default(watch->options.retry_last_ms, RETRY_LAST_MS));
	watch->stats.state = SN_WATCH_WAITING;
	uv_timer_start(&watch->timer, on_timer, ms, /* repeat= */ 0);
}

static void failed(struct sn_watch *watch, const char *why, int64_t retry_after_s)
{
	say_why(watch, why);
	back_off(watch, retry_after_s);
}

static void is_well(struct sn_watch *watch)
{
	watch->retry_ms = or_default(watch->options.retry_first_ms, RETRY_FIRST_MS);
	watch->watch_failures = 0;
	if (watch->warned)
		sn_log_info("kubernetes: %s: well again", watch->path);
	watch->warned = false;
}

/** The next list is one of what is there now, not of what the server remembers. */
static void forget_version(struct sn_watch *watch)
{
	watch->version[0] = '\0';
	watch->fresh = true;
	free(SN_TAKE_PTR(watch->more));
}

static void expire(struct sn_watch *watch)
{
	watch->stats.expired++;
	watch->has_expired = true;
	forget_version(watch);
}

/** What the server says of an answer that is none, a Status of its API where it is one. */
static void refused(struct sn_watch *watch, const struct sn_http_result *result)
{
	json_t *status = read_json((const char *)result->body.data, result->body.len);
	const char *message = member_text(status, "message");
	char why[200];

	if (result->status == 401)
		watch->stats.unauthorized++;
	snprintf(why, sizeof(why), "status %u%s%.150s", result->status, message ? ": " : "", message ? message : "");
	json_decref(status);
	failed(watch, why, result->retry_after_s);
}

/* --- requests */

static int ask(struct sn_watch *watch, const struct sn_text *query, struct sn_http_call *call, sn_http_done_fn done)
{
	struct sn_text url = { 0 }, authorization = { 0 };
	const char *headers[] = { "Accept: application/json", NULL, NULL };
	struct sn_diag diag = { 0 };
	int err = sn_kube_authorization(watch->options.access, &authorization, &diag);

	headers[1] = authorization.data;
	sn_text_addf(&url, "%s%s?%s%s", watch->options.access->server, watch->path, query->data ? query->data : "",
		     watch->selectors);
	if (query->failed || url.failed)
		err = -ENOMEM;
	call->url = url.data;
	call->headers = headers;
	if (!err)
		err = sn_http_client_send(watch->options.client, call, done, watch, &watch->transfer);
	sn_text_free(&authorization);
	sn_text_free(&url);
	if (err)
		failed(watch, diag.text[0] ? diag.text : strerror(-err), /* retry_after_s= */ 0);
	return err;
}

/* --- the list */

static void list_page(struct sn_watch *watch);

static void list_done(struct sn_watch *watch)
{
	snprintf(watch->version, sizeof(watch->version), "%s", watch->list_version);
	watch->stats.synced = true;
	watch->fresh = false;
	watch->options.fn(watch->options.ctx, SN_WATCH_SYNCED, NULL);
	is_well(watch);
	next(watch);
}

static bool is_list(const json_t *list)
{
	return json_is_array(json_object_get(list, "items")) && version_of(list);
}

static void take_page(struct sn_watch *watch, json_t *list)
{
	const char *more = member_text(json_object_get(list, "metadata"), "continue");
	const json_t *item;
	size_t i;

	if (!is_list(list) || (more && strlen(more) > CONTINUE_OCTETS)) {
		watch->stats.malformed++;
		forget_version(watch);
		failed(watch, "the server's list is none", /* retry_after_s= */ 0);
		return;
	}
	heard(watch);
	watch->stats.pages++;
	/* All pages are of one version. Were they not, what the first one says is the one from which nothing is missed. */
	if (!watch->more)
		snprintf(watch->list_version, sizeof(watch->list_version), "%s", version_of(list));
	json_array_foreach(json_object_get(list, "items"), i, item) watch->options.fn(watch->options.ctx, SN_WATCH_PUT, item);
	free(SN_TAKE_PTR(watch->more));
	if (!more || !*more) {
		list_done(watch);
		return;
	}
	watch->more = strdup(more);
	if (watch->more)
		list_page(watch);
	else
		failed(watch, strerror(ENOMEM), /* retry_after_s= */ 0);
}

static void on_page(void *ctx, const struct sn_http_result *result)
{
	struct sn_watch *watch = ctx;
	json_t *list;

	watch->transfer = NULL;
	if (result->error == -EMSGSIZE && watch->page > 1) {
		watch->page /= 2;
		list_page(watch);
	} else if (result->error) {
		failed(watch, result->text, /* retry_after_s= */ 0);
	} else if (result->status == 410) {
		/* The list has taken longer than the server remembers. */
		expire(watch);
		failed(watch, "the list has expired before it was complete", /* retry_after_s= */ 0);
	} else if (result->status != 200) {
		if (result->status == 400 || result->status == 404)
			forget_version(watch);
		refused(watch, result);
	} else {
		list = read_json((const char *)result->body.data, result->body.len);
		take_page(watch, list);
		json_decref(list);
	}
}

static void list_page(struct sn_watch *watch)
{
	struct sn_http_call call = { .timeout_ms = LIST_TIMEOUT_MS,
				     .response_limit = or_default(watch->options.page_octets, PAGE_OCTETS) };
	struct sn_text query = { 0 };

	watch->stats.state = SN_WATCH_LISTING;
	if (!watch->more && watch->options.cached && !watch->fresh && watch->page == or_default(watch->options.page, PAGE))
		sn_text_add(&query, "resourceVersion=0");
	else
		sn_text_addf(&query, "limit=%u", watch->page);
	if (watch->more)
		add_parameter(&query, "continue", watch->more);
	ask(watch, &query, &call, on_page);
	sn_text_free(&query);
}

static void begin_list(struct sn_watch *watch)
{
	watch->stats.relists += watch->stats.lists > 0;
	watch->stats.lists++;
	watch->options.fn(watch->options.ctx, SN_WATCH_LIST, NULL);
	list_page(watch);
}

/* --- the watch */

static void take_error(struct sn_watch *watch, const json_t *status)
{
	const char *message = member_text(status, "message");

	watch->broken = true;
	if (json_integer_value(json_object_get(status, "code")) == 410)
		expire(watch);
	say_why(watch, message ? message : "the server ended the watch with an error");
}

static bool take_event(struct sn_watch *watch, const json_t *event)
{
	const char *type = member_text(event, "type"), *version;
	const json_t *object = json_object_get(event, "object");

	if (!type || !json_is_object(object))
		return false;
	if (strcmp(type, "ERROR") == 0) {
		take_error(watch, object);
		return true;
	}
	version = version_of(object);
	if (!version)
		return false;
	if (strcmp(type, "BOOKMARK") == 0) {
		watch->stats.bookmarks++;
	} else if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0) {
		watch->stats.events++;
		watch->options.fn(watch->options.ctx, SN_WATCH_PUT, object);
	} else if (strcmp(type, "DELETED") == 0) {
		watch->stats.events++;
		watch->options.fn(watch->options.ctx, SN_WATCH_DELETE, object);
	} else {
		return false;
	}
	snprintf(watch->version, sizeof(watch->version), "%s", version);
	watch->told = true;
	is_well(watch);
	return true;
}

static void on_line(void *ctx, const char *line, size_t len)
{
	struct sn_watch *watch = ctx;
	json_t *event;

	if (!len || watch->broken)
		return;
	event = read_json(line, len);
	heard(watch);
	if (!event || !take_event(watch, event)) {
		/* What it was is not known, so what follows is not taken either: the next watch begins before it. */
		watch->broken = true;
		watch->stats.malformed++;
		say_why(watch, "an event cannot be read");
	}
	json_decref(event);
	if (watch->broken) {
		watch->transfer = sn_http_transfer_cancel(watch->transfer);
		back_off(watch, /* retry_after_s= */ 0);
		watch->watch_failures++;
	}
}

static void watch_failed(struct sn_watch *watch, const char *why)
{
	watch->watch_failures++;
	failed(watch, why, /* retry_after_s= */ 0);
}

static void on_watch_end(void *ctx, const struct sn_http_result *result)
{
	struct sn_watch *watch = ctx;
	bool was_short = sn_clock_boottime_ns() - watch->begun_ns < WATCH_SHORT_NS && !watch->told;

	watch->transfer = NULL;
	if (result->status == 410) {
		expire(watch);
		failed(watch, "what was known has expired", /* retry_after_s= */ 0);
	} else if (result->status && result->status != 200) {
		/* A version that it cannot resume from may be told so; 502 and 503 are of who stands in front of it. */
		watch->watch_failures += result->status == 500 || result->status == 504 || result->status == 400;
		refused(watch, result);
	} else if (result->error == -EMSGSIZE) {
		watch_failed(watch, result->text);
	} else if (result->error == -ETIMEDOUT && result->status == 200) {
		watch->stats.silent++;
		failed(watch, "silence: not even a bookmark has come", /* retry_after_s= */ 0);
	} else if (result->error) {
		/* However long nobody is there: what is known stays good to resume from. */
		failed(watch, result->text, /* retry_after_s= */ 0);
	} else if (was_short) {
		watch_failed(watch, "the server ends a watch as soon as it has begun");
	} else {
		is_well(watch);
		next(watch);
	}
}

static void begin_watch(struct sn_watch *watch)
{
	struct sn_http_call call = { .line = on_line,
				     .silence_s = or_default(watch->options.silence_s, SILENCE_S),
				     .response_limit = or_default(watch->options.event_octets, EVENT_OCTETS) };
	unsigned watch_s = or_default(watch->options.watch_s, WATCH_S);
	struct sn_text query = { 0 };

	watch->stats.state = SN_WATCH_WATCHING;
	watch->stats.watches++;
	watch->told = watch->broken = false;
	watch->begun_ns = sn_clock_boottime_ns();
	sn_text_addf(&query, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%u", watch_s + chance(watch_s));
	add_parameter(&query, "resourceVersion", watch->version);
	ask(watch, &query, &call, on_watch_end);
	sn_text_free(&query);
}

/** What is to be done now. */
static void next(struct sn_watch *watch)
{
	if (watch->watch_failures >= WATCH_FAILURES) {
		watch->watch_failures = 0;
		forget_version(watch);
	}
	if (watch->more)
		list_page(watch);
	else if (watch->version[0])
		begin_watch(watch);
	else
		begin_list(watch);
}

/* --- new and free */

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int sn_watch_new(uv_loop_t *loop, const struct sn_watch_options *options, struct sn_watch **ret_watch)
{
	struct sn_watch *watch = calloc(1, sizeof(*watch));
	struct sn_text selectors = { 0 };

	if (!watch)
		return -ENOMEM;
	if (options->field_selector)
		add_parameter(&selectors, "fieldSelector", options->field_selector);
	if (options->label_selector)
		add_parameter(&selectors, "labelSelector", options->label_selector);
	sn_text_add(&selectors, "");
	watch->options = *options;
	watch->options.path = watch->options.field_selector = watch->options.label_selector = NULL; /* copied */
	watch->path = strdup(options->path);
	watch->selectors = selectors.failed ? NULL : selectors.data ? SN_TAKE_PTR(selectors.data) : strdup("");
	watch->page = or_default(options->page, PAGE);
	watch->retry_ms = or_default(options->retry_first_ms, RETRY_FIRST_MS);
	uv_timer_init(loop, &watch->timer);
	watch->timer.data = watch;
	if (!watch->path || !watch->selectors) {
		sn_text_free(&selectors);
		sn_watch_free(watch);
		return -ENOMEM;
	}
	uv_timer_start(&watch->timer, on_timer, 0, /* repeat= */ 0);
	*ret_watch = watch;
	return 0;
}

struct sn_watch *sn_watch_free(struct sn_watch *watch)
{
	if (!watch)
		return NULL;
	watch->transfer = sn_http_transfer_cancel(watch->transfer);
	free(watch->path);
	free(watch->selectors);
	free(watch->more);
	uv_close((uv_handle_t *)&watch->timer, on_closed);
	return NULL;
}

void sn_watch_stats(const struct sn_watch *watch, struct sn_watch_stats *ret_stats)
{
	*ret_stats = watch->stats;
}

const char *sn_watch_state_name(enum sn_watch_state state)
{
	static const char *const names[] = {
		[SN_WATCH_LISTING] = "listing",
		[SN_WATCH_WATCHING] = "watching",
		[SN_WATCH_WAITING] = "waiting",
	};
	_Static_assert(SN_ARRAY_SIZE(names) == _SN_WATCH_STATE_MAX, "name every state");

	return (size_t)state < SN_ARRAY_SIZE(names) ? names[state] : "unknown";
}
