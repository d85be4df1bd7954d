/* SPDX-License-Identifier: Apache-2.0 */
/** @file Polls, questions, answers. */
#include "agent/link.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/about.h"
#include "agent/join.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "http/client.h"
#include "model/document.h"

#define POLL_MS		90000 /* the controller answers within 30 s */
#define RESPONSE_OCTETS (1u << 20)
#define RETRY_FIRST_MS	500u
#define RETRY_LAST_MS	30000u
#define PARAMETERS_MAX	16u
#define JOIN_MS		200u

struct sn_link {
	struct sn_agent *agent;
	char *url, *endpoint, *authorization;
	struct sn_http_client *client;
	struct sn_http_transfer *transfer;
	struct sn_text body; /* of the poll under way */
	json_t *answers;     /* for the next poll */
	bool introduced;     /* the controller knows what does not change */
	uv_timer_t retry;
	unsigned retry_ms;
	struct sn_link_stats stats;
};

static void poll(struct sn_link *link);

/* --- a question as a request of the local API */

struct asked {
	struct sn_http_request request;
	char *names[PARAMETERS_MAX], *values[PARAMETERS_MAX];
	size_t count;
};

static const char *asked_parameter(const struct sn_http_request *request, const char *name)
{
	const struct asked *asked = request->internal;

	for (size_t i = 0; i < asked->count; i++)
		if (strcmp(asked->names[i], name) == 0)
			return asked->values[i];
	return NULL;
}

static const char *asked_unknown(const struct sn_http_request *request, const char *const *names)
{
	const struct asked *asked = request->internal;

	for (size_t i = 0; i < asked->count; i++) {
		size_t j = 0;

		while (names[j] && strcmp(names[j], asked->names[i]) != 0)
			j++;
		if (!names[j])
			return asked->names[i];
	}
	return NULL;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Takes %XX back, in place. An escaped NUL would end the value: it stays as it is. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int high = from[0] == '%' ? digit(from[1]) : -1, low = high >= 0 ? digit(from[2]) : -1;

		if (low >= 0 && (high || low)) {
			*to++ = (char)(high << 4 | low);
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/** Splits "/v1/kpi?by=gnb&ue=…" in place. */
static void asked_read(char *path, struct asked *asked)
{
	char *query = strchr(path, '?'), *word;

	*asked = (struct asked) { .request = { .method = "GET",
					       .path = path,
					       .parameter = asked_parameter,
					       .unknown_parameter = asked_unknown,
					       .fd = -1 } };
	asked->request.internal = asked;
	if (query)
		*query++ = '\0';
	while (query && (word = strsep(&query, "&")) && asked->count < PARAMETERS_MAX) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		unescape(word);
		if (value)
			unescape(value);
		asked->names[asked->count] = word;
		asked->values[asked->count++] = value ? value : word + strlen(word);
	}
}

static void take_question(struct sn_link *link, const json_t *question)
{
	const char *path = json_string_value(json_object_get(question, "path"));
	json_t *id = json_object_get(question, "id"), *body;
	SN_AUTO_FREE char *copy = path ? strdup(path) : NULL;
	struct sn_http_answer answer = { 0 };
	struct asked asked;

	if (!copy || !json_is_integer(id))
		return;
	link->stats.questions++;
	asked_read(copy, &asked);
	sn_agent_answer(link->agent, &asked.request, &answer);
	body = json_loadb(answer.body.data ? answer.body.data : "", answer.body.len, JSON_DECODE_ANY, NULL);
	json_array_append_new(link->answers, json_pack("{s:O, s:i, s:o}", "id", id, "status", (int)answer.status, "body",
						       body ? body : json_null()));
	sn_text_free(&answer.body);
}

/* --- polls */

/** Who is no member yet has no business there. */
static void on_retry(uv_timer_t *timer)
{
	struct sn_link *link = timer->data;

	if (link->agent->join && !sn_join_ready(link->agent->join))
		uv_timer_start(timer, on_retry, JOIN_MS, /* repeat= */ 0);
	else
		poll(link);
}

static void poll_failed(struct sn_link *link, const char *why, uint64_t retry_after_s)
{
	uint64_t wait_ms = link->retry_ms;
	uint32_t chance = 0;

	if (link->stats.connected || !link->stats.failures)
		sn_log_warning("the controller at %s does not answer: %s; tried again and again", link->endpoint, why);
	link->stats.connected = false;
	link->stats.failures++;
	snprintf(link->stats.why, sizeof(link->stats.why), "%s", why);
	link->introduced = false; /* it may be another one by then */
	json_array_clear(link->answers);
	if (getrandom(&chance, sizeof(chance), 0) == sizeof(chance))
		wait_ms = wait_ms / 2 + chance % (wait_ms / 2 + 1);
	wait_ms = SN_MAX(wait_ms, SN_MIN(retry_after_s, 600) * 1000);
	link->retry_ms = SN_MIN(2 * link->retry_ms, RETRY_LAST_MS);
	uv_timer_start(&link->retry, on_retry, wait_ms, /* repeat= */ 0);
}

static void take_state(struct sn_link *link, const json_t *state)
{
	const char *document = json_string_value(json_object_get(state, "document"));
	json_int_t revision = json_integer_value(json_object_get(state, "revision"));

	if (document && revision > 0)
		sn_desired_take(link->agent, (uint64_t)revision, document);
}

static void on_answer(void *ctx, const struct sn_http_result *result)
{
	struct sn_link *link = ctx;
	json_t *document, *question;
	char why[160];
	size_t i;

	link->transfer = NULL;
	document = !result->error && result->status == 200
			   ? json_loadb((const char *)result->body.data, result->body.len, 0, NULL)
			   : NULL;
	if (!json_is_object(document)) {
		if (result->error)
			snprintf(why, sizeof(why), "%s", result->text);
		else
			snprintf(why, sizeof(why), result->status == 200 ? "it sent no JSON" : "status %u", result->status);
		json_decref(document);
		poll_failed(link, why, result->retry_after_s > 0 ? (uint64_t)result->retry_after_s : 0);
		return;
	}
	if (!link->stats.connected)
		sn_log_info("connected to the controller at %s", link->endpoint);
	link->stats.connected = true;
	link->introduced = true;
	link->retry_ms = RETRY_FIRST_MS;
	json_array_clear(link->answers);
	take_state(link, json_object_get(document, "state"));
	json_array_foreach(json_object_get(document, "questions"), i, question)
	{
		take_question(link, question);
	}
	json_decref(document);
	poll(link);
}

static void poll(struct sn_link *link)
{
	const char *const headers[] = { "Content-Type: application/json", link->authorization, NULL };
	struct sn_http_call call = {
		.method = "POST", .url = link->url, .headers = headers, .timeout_ms = POLL_MS, .response_limit = RESPONSE_OCTETS
	};
	json_t *document =
		json_pack("{s:o, s:O}", "about", sn_agent_about(link->agent, !link->introduced), "answers", link->answers);
	int err;

	link->body.len = 0;
	err = document ? sn_json_text(document, &link->body) : -ENOMEM;
	json_decref(document);
	call.body = (struct sn_view) { (const uint8_t *)link->body.data, link->body.len };
	call.body_lent = true; /* until the next poll */
	link->stats.polls++;
	if (!err)
		err = sn_http_client_send(link->client, &call, on_answer, link, &link->transfer);
	if (err)
		poll_failed(link, strerror(-err), /* retry_after_s= */ 0);
}

int sn_link_new(struct sn_agent *agent, const struct sn_link_options *options, struct sn_link **ret_link)
{
	struct sn_link *link = calloc(1, sizeof(*link));
	size_t len = strlen(options->endpoint);

	if (!link)
		return -ENOMEM;
	while (len && options->endpoint[len - 1] == '/')
		len--;
	link->agent = agent;
	link->client = options->client;
	link->retry_ms = RETRY_FIRST_MS;
	link->answers = json_array();
	link->endpoint = strndup(options->endpoint, len);
	if (asprintf(&link->url, "%.*s/api/v1/agent/poll", (int)len, options->endpoint) < 0)
		link->url = NULL;
	if (options->token && asprintf(&link->authorization, "Authorization: Bearer %s", options->token) < 0)
		link->authorization = NULL;
	uv_timer_init(&agent->loop, &link->retry);
	link->retry.data = link;
	if (!link->answers || !link->endpoint || !link->url || (options->token && !link->authorization)) {
		sn_link_free(link);
		return -ENOMEM;
	}
	uv_timer_start(&link->retry, on_retry, 0, /* repeat= */ 0);
	*ret_link = link;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct sn_link *sn_link_free(struct sn_link *link)
{
	if (!link)
		return NULL;
	link->transfer = sn_http_transfer_cancel(link->transfer);
	json_decref(link->answers);
	sn_text_free(&link->body);
	free(link->url);
	free(link->endpoint);
	free(link->authorization);
	uv_close((uv_handle_t *)&link->retry, on_closed);
	return NULL;
}

void sn_link_stats(const struct sn_link *link, struct sn_link_stats *ret_stats)
{
	*ret_stats = link->stats;
}
