/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Agents as the controller sees them: a held poll, and batches of records, one at a time, the same one again with the same
 * id until it is taken (src/agent/link.c, src/agent/exporter.c).
 *
 * The k-th record of the agent i of n has the number k n + i: what was acknowledged is known without a list.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/macro.h"
#include "fleet.h"

#define BATCH_RECORDS  512u
#define GATHER_MS      500u
#define RETRY_FIRST_MS 500u
#define POLL_MS	       90000
#define REQUEST_MS     30000
#define GZIP_LEVEL     1
#define GZIP_WINDOW    (15 + 16)

struct agent {
	struct fleet *fleet;
	uint32_t index;
	char *name, *authorization;
	struct sn_http_client *client;
	struct sn_http_transfer *poll, *push;
	uv_timer_t poll_timer, push_timer;
	struct sn_text poll_body;
	json_t *answers;
	bool introduced;
	uint64_t poll_retry_ms, push_retry_ms, poll_ns, push_ns;
	uint64_t made, acknowledged, revision;
	/* The batch under way. */
	uint8_t *data;
	size_t len;
	char id[2 * 16 + 1];
	uint32_t records;
	unsigned tries;
};

const char *agent_name(const struct fleet *fleet, uint32_t index)
{
	return fleet->agents[index].name;
}

bool agents_acknowledged(const struct fleet *fleet, uint64_t number)
{
	return number / fleet->options.agents < fleet->agents[number % fleet->options.agents].acknowledged;
}

static uint64_t jittered(uint64_t wait_ms)
{
	return wait_ms / 2 + (uint64_t)(fleet_random() * (double)wait_ms / 2);
}

/* --- polls */

static void poll(uv_timer_t *timer);

/** As sn_agent_about() has it: with n2 and a few KPIs. */
static void about_write(struct agent *agent)
{
	static const char *const kpis[] = { "registration success", "session establishment success", "handover success",
					    "registration time", "session establishment time" };
	struct sn_text *text = &agent->poll_body;

	text->len = 0;
	sn_text_add(text, "{\"about\":{");
	if (!agent->introduced)
		sn_text_add(text,
			    "\"kernel\":\"6.1.0-28-amd64\",\"version\":\"0.1.0\",\"labels\":{},\"record_types\":{\"n2.outcome\":"
			    "{\"name\":\"n2.outcome\",\"doc\":\"One procedure.\",\"fields\":[]}},");
	sn_text_addf(text, "\"state\":{\"revision\":%llu},", (unsigned long long)agent->revision);
	sn_text_addf(
		text,
		"\"modules\":[{\"module\":\"n2\",\"state\":\"attached\",\"hooks\":[{\"group\":\"socket\",\"hook\":\"fentry\"},"
		"{\"group\":\"packet\",\"hook\":\"tc\"}]}],\"cpu_share\":%.4f,\"rss_octets\":%u,\"records_per_s\":%.1f,\"lost\":0,"
		"\"losses\":[],\"kpis\":[",
		0.002 + fleet_random() / 100, 21000000 + agent->index, 10.0);
	for (size_t i = 0; i < SN_ARRAY_SIZE(kpis); i++)
		sn_text_addf(text, "%s{\"module\":\"n2\",\"kpi\":\"%s\",\"value\":%.4f,\"unit\":\"1\",\"standing\":\"exact\"}",
			     i ? "," : "", kpis[i], 0.9 + fleet_random() / 10);
	sn_text_add(text, "]},\"answers\":");
	if (json_array_size(agent->answers)) {
		SN_AUTO_FREE char *answers = json_dumps(agent->answers, JSON_COMPACT);

		sn_text_add(text, answers ? answers : "[]");
	} else {
		sn_text_add(text, "[]");
	}
	sn_text_add(text, "}");
}

static void take_question(struct agent *agent, const json_t *question)
{
	json_t *row = json_pack("{s:s, s:f, s:s}", "kpi", "registration success", "value", 0.99, "standing", "exact");

	json_array_append_new(agent->answers,
			      json_pack("{s:O, s:i, s:{s:{s:[O, O, O, O, o]}}}", "id", json_object_get(question, "id"), "status",
					200, "body", "n2", "kpis", row, row, row, row, row));
	agent->fleet->poll_answers++;
}

static void take_state(struct agent *agent, const json_t *state)
{
	json_int_t revision = json_integer_value(json_object_get(state, "revision"));

	if (!json_string_value(json_object_get(state, "document")) || revision <= 0)
		return;
	agent->revision = (uint64_t)revision;
	samples_add(&agent->fleet->change, (double)(fleet_now_ns() - agent->fleet->changed_ns) / 1e6);
}

static void on_poll(void *ctx, const struct sn_http_result *result)
{
	struct agent *agent = ctx;
	struct fleet *fleet = agent->fleet;
	json_t *document = NULL, *question;
	size_t i;

	agent->poll = NULL;
	fleet->polls_under_way--;
	json_array_clear(agent->answers);
	if (!result->error && result->status == 200)
		document = json_loadb((const char *)result->body.data, result->body.len, 0, NULL);
	if (!document) {
		fleet->poll_failures++;
		agent->introduced = false;
		uv_timer_start(&agent->poll_timer, poll, jittered(agent->poll_retry_ms), /* repeat= */ 0);
		agent->poll_retry_ms = SN_MIN(2 * agent->poll_retry_ms, fleet->options.retry_max_ms);
		return;
	}
	agent->introduced = true;
	agent->poll_retry_ms = RETRY_FIRST_MS;
	fleet->held += fleet_now_ns() - agent->poll_ns >= 1000 * SN_NSEC_PER_MSEC;
	take_state(agent, json_object_get(document, "state"));
	json_array_foreach(json_object_get(document, "questions"), i, question) take_question(agent, question);
	json_decref(document);
	poll(&agent->poll_timer);
}

static void poll(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	struct fleet *fleet = agent->fleet;
	const char *const headers[] = { "Content-Type: application/json", agent->authorization, NULL };
	char url[512];
	struct sn_http_call call = { .method = "POST",
				     .url = url,
				     .headers = headers,
				     .body_lent = true,
				     .timeout_ms = POLL_MS,
				     .response_limit = 1u << 20 };

	about_write(agent);
	snprintf(url, sizeof(url), "%s/api/v1/agent/poll", fleet->options.url);
	call.body = (struct sn_view) { (const uint8_t *)agent->poll_body.data, agent->poll_body.len };
	agent->poll_ns = fleet_now_ns();
	fleet->polls++;
	if (sn_http_client_send(agent->client, &call, on_poll, agent, &agent->poll))
		fleet->why = "a poll cannot be begun";
	else
		fleet->polls_under_way++;
}

/* --- batches */

static void push(uv_timer_t *timer);

static uint64_t due(const struct agent *agent)
{
	const struct fleet *fleet = agent->fleet;
	double each = (double)fleet->options.rate / fleet->options.agents;
	double count = (double)(fleet_now_ns() - fleet->begun_ns) / 1e9 * each - (double)agent->index / fleet->options.agents;

	if (fleet->options.hurry) /* the times of the records are those that they would have had */
		return fleet->total;
	return count < 0 ? 0 : SN_MIN((uint64_t)count, fleet->total);
}

static struct sn_otlp_attribute text_attribute(const char *key, const char *value)
{
	return (struct sn_otlp_attribute) { { (const uint8_t *)key, strlen(key) },
					    { .kind = SN_OTLP_STRING, .text = { (const uint8_t *)value, strlen(value) } } };
}

static int pack(struct agent *agent, const struct sn_otlp_writer *writer)
{
	static z_stream gzip;
	static bool ready;
	uLong bound;

	if (!ready && deflateInit2(&gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	ready = true;
	deflateReset(&gzip);
	bound = deflateBound(&gzip, (uLong)writer->data.len);
	agent->data = malloc(bound);
	if (!agent->data)
		return -ENOMEM;
	gzip.next_in = (Bytef *)writer->data.data;
	gzip.avail_in = (uInt)writer->data.len;
	gzip.next_out = agent->data;
	gzip.avail_out = (uInt)bound;
	if (deflate(&gzip, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	agent->len = bound - gzip.avail_out;
	return 0;
}

static int batch_make(struct agent *agent, uint32_t records)
{
	static struct sn_otlp_writer writer;
	const struct fleet *fleet = agent->fleet;
	struct sn_otlp_attribute resource[] = { text_attribute("service.name", "sauron-agent"),
						text_attribute("host.name", agent->name) };
	double each_ns = 1e9 * fleet->options.agents / (double)fleet->options.rate;

	sn_otlp_begin(&writer, resource, SN_ARRAY_SIZE(resource), "sauron", SN_VERSION);
	for (uint32_t i = 0; i < records; i++) {
		uint64_t k = agent->made + i;
		double at_ns = ((double)k + (double)agent->index / fleet->options.agents) * each_ns;

		record_write(&writer, agent->index, k * fleet->options.agents + agent->index,
			     fleet->begun_realtime_ns + (uint64_t)at_ns);
	}
	if (sn_otlp_end(&writer) || pack(agent, &writer))
		return -ENOMEM;
	agent->records = records;
	agent->made += records;
	agent->tries = 0;
	for (size_t i = 0; i < 16; i++)
		snprintf(agent->id + 2 * i, 3, "%02x", (unsigned)(fleet_random() * 256) & 0xff);
	return 0;
}

/** As the exporter: a longer time is the mean of what is waited. */
static uint64_t gather_ms(const struct fleet *fleet)
{
	if (fleet->options.interval_ms)
		return fleet->options.interval_ms;
	return fleet->gather_ms <= GATHER_MS ? GATHER_MS : (uint64_t)((0.5 + fleet_random()) * (double)fleet->gather_ms);
}

static void push_done(struct agent *agent, const struct sn_http_result *result)
{
	struct fleet *fleet = agent->fleet;
	const char *gather = result->header(result, "Sauron-Gather-Ms");
	struct sn_view message;
	uint64_t refused = 0;

	if (gather)
		fleet->gather_ms = SN_MAX(strtoull(gather, NULL, 10), GATHER_MS);
	if (result->status < 200 || result->status > 299 || sn_otlp_read_response(result->body, &refused, &message))
		refused = agent->records;
	samples_add(&fleet->push, (double)(fleet_now_ns() - agent->push_ns) / 1e6);
	fleet->refused += refused;
	fleet->acknowledged += agent->records - refused;
	agent->acknowledged += agent->records;
	free(SN_TAKE_PTR(agent->data));
	agent->push_retry_ms = RETRY_FIRST_MS;
	if (refused)
		fprintf(stderr, "fleet: %s: %llu records are refused, status %u\n", agent->name, (unsigned long long)refused,
			result->status);
}

static bool is_retryable(const struct sn_http_result *result)
{
	return result->error || result->status == 408 || result->status == 429 || result->status == 502 ||
	       result->status == 503 || result->status == 504;
}

static void on_push(void *ctx, const struct sn_http_result *result)
{
	struct agent *agent = ctx;
	struct fleet *fleet = agent->fleet;
	uint64_t wait_ms;

	agent->push = NULL;
	if (is_retryable(result)) {
		wait_ms = jittered(agent->push_retry_ms);
		if (result->retry_after_s > 0)
			wait_ms = SN_MAX(wait_ms, (uint64_t)result->retry_after_s * 1000);
		agent->push_retry_ms = SN_MIN(2 * agent->push_retry_ms, fleet->options.retry_max_ms);
		uv_timer_start(&agent->push_timer, push, SN_MIN(wait_ms, fleet->options.retry_max_ms), /* repeat= */ 0);
		return;
	}
	push_done(agent, result);
	if (agent->made < fleet->total)
		uv_timer_start(&agent->push_timer, push, due(agent) - agent->made >= BATCH_RECORDS ? 0 : gather_ms(fleet),
			       /* repeat= */ 0);
}

static void push(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	struct fleet *fleet = agent->fleet;
	char id[64], url[512];
	const char *const headers[] = { "Content-Type: application/x-protobuf", "Content-Encoding: gzip", id,
					agent->authorization, NULL };
	struct sn_http_call call = { .method = "POST",
				     .url = url,
				     .headers = headers,
				     .body_lent = true,
				     .timeout_ms = REQUEST_MS,
				     .response_limit = 64u << 10 };
	uint64_t waiting = due(agent) - agent->made;

	if (!agent->data && !waiting) {
		uv_timer_start(timer, push, gather_ms(fleet), /* repeat= */ 0);
		return;
	}
	if (!agent->data) {
		if (batch_make(agent, (uint32_t)SN_MIN(waiting, BATCH_RECORDS))) {
			fleet->why = "out of memory";
			return;
		}
		agent->push_ns = fleet_now_ns();
		fleet->batches++;
		fleet->sent += agent->records;
	} else {
		fleet->retried++;
	}
	agent->tries++;
	snprintf(url, sizeof(url), "%s/v1/logs", fleet->options.url);
	snprintf(id, sizeof(id), "Sauron-Batch: %s", agent->id);
	call.body = (struct sn_view) { agent->data, agent->len };
	if (sn_http_client_send(agent->client, &call, on_push, agent, &agent->push))
		fleet->why = "a request cannot be begun";
}

/* --- all of them */

static int agent_new(struct fleet *fleet, uint32_t index, const char *name, const char *token)
{
	struct agent *agent = &fleet->agents[index];
	struct sn_http_client_options options = { .timeout_ms = POLL_MS, .ca_pem_file = fleet->options.ca };
	char cert[1024], key[1024];

	agent->fleet = fleet;
	agent->index = index;
	agent->name = strdup(name);
	agent->answers = json_array();
	agent->poll_retry_ms = agent->push_retry_ms = RETRY_FIRST_MS;
	if (fleet->options.certs) {
		snprintf(cert, sizeof(cert), "%s/%s.pem", fleet->options.certs, name);
		snprintf(key, sizeof(key), "%s/key.pem", fleet->options.certs);
		options.cert_file = cert;
		options.key_file = key;
	} else if (asprintf(&agent->authorization, "Authorization: Bearer %s", token) < 0) {
		return -ENOMEM;
	}
	/* Each has connections of its own, as real ones have; polls alone take one each anyway. */
	agent->client = fleet->options.idle && !fleet->options.certs ? fleet->client : sn_http_client_new(&fleet->loop, &options);
	uv_timer_init(&fleet->loop, &agent->poll_timer);
	uv_timer_init(&fleet->loop, &agent->push_timer);
	agent->poll_timer.data = agent->push_timer.data = agent;
	return agent->name && agent->answers && agent->client ? 0 : -ENOMEM;
}

int agents_new(struct fleet *fleet)
{
	char name[256], token[80];
	FILE *file = fopen(fleet->options.tokens, "re");
	int err = file ? 0 : -errno;

	fleet->gather_ms = GATHER_MS;
	fleet->agents = calloc(fleet->options.agents, sizeof(*fleet->agents));
	for (uint32_t i = 0; i < fleet->options.agents && !err; i++)
		err = fscanf(file, "%255s %79s", name, token) == 2 ? agent_new(fleet, i, name, token) : -ENODATA;
	if (file)
		fclose(file);
	return err;
}

bool agents_start(struct fleet *fleet, uint32_t count)
{
	for (; count && fleet->started < fleet->options.agents; count--)
		poll(&fleet->agents[fleet->started++].poll_timer);
	return fleet->started == fleet->options.agents;
}

void agents_load(struct fleet *fleet)
{
	for (uint32_t i = 0; i < fleet->options.agents; i++)
		uv_timer_start(&fleet->agents[i].push_timer, push,
			       (uint64_t)((double)gather_ms(fleet) * (1 + (double)i / fleet->options.agents)), /* repeat= */ 0);
}

void agents_free(struct fleet *fleet)
{
	for (uint32_t i = 0; i < fleet->options.agents && fleet->agents; i++) {
		struct agent *agent = &fleet->agents[i];

		if (!agent->fleet)
			break;
		uv_timer_stop(&agent->poll_timer);
		uv_timer_stop(&agent->push_timer);
		agent->poll = sn_http_transfer_cancel(agent->poll);
		agent->push = sn_http_transfer_cancel(agent->push);
	}
}
