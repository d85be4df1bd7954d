/* SPDX-License-Identifier: Apache-2.0 */
/** @file Those who look: questions as the console has them, with their latencies; and the count of what was stored, by number. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "fleet.h"

#define SLICE_RECORDS 10000u /* of the records that are read back at once */
#define SLICE_LIMIT   100000u
#define AHEAD	      16u /* questions under way; more are not asked, and counted */

enum question {
	BY_UE,
	BY_GNB,
	COUNTS,
	OVERVIEW,
	NODES,
	NODE_KPI, /* an agent answers */
	_QUESTION_MAX,
};
static const char *const names[] = { [BY_UE] = "records_by_ue", [BY_GNB] = "records_by_gnb", [COUNTS] = "counts",
				     [OVERVIEW] = "overview",	[NODES] = "nodes",	     [NODE_KPI] = "node_kpi" };
_Static_assert(SN_ARRAY_SIZE(names) == _QUESTION_MAX, "name every question");

struct asked {
	struct fleet *fleet;
	enum question question;
	uint64_t since_ns;
};

static struct {
	struct samples took[_QUESTION_MAX], all;
	uint64_t asked, failed, left_out;
	unsigned under_way;
	uv_timer_t timer, kpi_timer;
	bool begun, begun_kpi;
	char authorization[128];
} asking;

static struct {
	void (*done)(struct fleet *fleet);
	uint64_t slice, slices, slice_ns;
	uint8_t *seen;
	uint64_t total, stored, doubled, strange, failed;
} checking;

static void write_url(struct fleet *fleet, enum question question, char *url, size_t size)
{
	uint64_t number = (uint64_t)(fleet_random() * (double)(fleet->sent + 1));
	uint32_t agent = (uint32_t)(fleet_random() * fleet->options.agents);
	char ue[32], gnb[32];

	record_ue(number, ue);
	record_gnb(agent, gnb);
	agent %= fleet->options.agents;
	switch (question) {
	case BY_UE:
		snprintf(url, size, "%s/api/v1/records?ue=%s&from=-1h&limit=100", fleet->options.url, ue);
		break;
	case BY_GNB:
		snprintf(url, size, "%s/api/v1/records?gnb=%s&from=-1m&limit=100", fleet->options.url, gnb);
		break;
	case COUNTS:
		snprintf(url, size, "%s/api/v1/records/counts?field=gnb&by=cause&from=-10s", fleet->options.url);
		break;
	case OVERVIEW:
		snprintf(url, size, "%s/api/v1/overview", fleet->options.url);
		break;
	case NODES:
		snprintf(url, size, "%s/api/v1/nodes?limit=100", fleet->options.url);
		break;
	case NODE_KPI:
	case _QUESTION_MAX:
		snprintf(url, size, "%s/api/v1/nodes/%s/kpi", fleet->options.url, agent_name(fleet, agent));
		break;
	}
}

static void on_answer(void *ctx, const struct sn_http_result *result)
{
	struct asked *asked = ctx;
	double ms = (double)(fleet_now_ns() - asked->since_ns) / 1e6;

	asking.under_way--;
	if (result->error || result->status != 200) {
		asking.failed++;
		fprintf(stderr, "fleet: %s: status %u %s\n", names[asked->question], result->status, result->text);
	} else {
		samples_add(&asking.took[asked->question], ms);
		if (asked->question != NODE_KPI)
			samples_add(&asking.all, ms);
	}
	free(asked);
}

static void ask(struct fleet *fleet, enum question question)
{
	const char *const headers[] = { asking.authorization, NULL };
	char url[512];
	const struct sn_http_call call = { .url = url, .headers = headers, .timeout_ms = 30000, .response_limit = 64u << 20 };
	struct asked *asked = asking.under_way < AHEAD ? calloc(1, sizeof(*asked)) : NULL;

	if (!asked) {
		asking.left_out++;
		return;
	}
	*asked = (struct asked) { fleet, question, fleet_now_ns() };
	write_url(fleet, question, url, sizeof(url));
	asking.asked++;
	asking.under_way++;
	if (sn_http_client_send(fleet->client, &call, on_answer, asked, NULL))
		fleet->why = "a question cannot be begun";
}

static void on_ask(uv_timer_t *timer)
{
	static unsigned turn;

	ask(timer->data, turn++ % NODE_KPI);
}

static void on_ask_kpi(uv_timer_t *timer)
{
	ask(timer->data, NODE_KPI);
}

static void begin(struct fleet *fleet, uv_timer_t *timer, uv_timer_cb fn, double each_second)
{
	uint64_t every_ms = SN_MAX((uint64_t)(1000 / each_second), 1u);

	uv_timer_init(&fleet->loop, timer);
	timer->data = fleet;
	uv_timer_start(timer, fn, every_ms, every_ms);
}

int asking_begin(struct fleet *fleet)
{
	snprintf(asking.authorization, sizeof(asking.authorization), "Authorization: Bearer %s", fleet->options.viewer);
	for (size_t i = 0; i < _QUESTION_MAX; i++)
		samples_clear(&asking.took[i]);
	samples_clear(&asking.all);
	if (asking.begun || asking.begun_kpi)
		return 0;
	asking.begun = fleet->options.queries > 0;
	asking.begun_kpi = fleet->options.questions > 0;
	if (asking.begun)
		begin(fleet, &asking.timer, on_ask, fleet->options.queries);
	if (asking.begun_kpi)
		begin(fleet, &asking.kpi_timer, on_ask_kpi, fleet->options.questions);
	return 0;
}

void asking_end(struct fleet *fleet)
{
	if (asking.begun)
		uv_timer_stop(&asking.timer);
	if (asking.begun_kpi)
		uv_timer_stop(&asking.kpi_timer);
}

void asking_print(struct fleet *fleet)
{
	printf(" \"queries_asked\": %llu, \"queries_failed\": %llu, \"queries_left_out\": %llu,\n",
	       (unsigned long long)asking.asked, (unsigned long long)asking.failed, (unsigned long long)asking.left_out);
	samples_print(&asking.all, "queries");
	for (size_t i = 0; i < _QUESTION_MAX; i++)
		samples_print(&asking.took[i], names[i]);
}

/* --- a change of the configuration */

static void on_change(void *ctx, const struct sn_http_result *result)
{
	struct fleet *fleet = ctx;

	if (result->error || result->status / 100 != 2) {
		fprintf(stderr, "fleet: the change: status %u %s %.*s\n", result->status, result->text, (int)result->body.len,
			(const char *)result->body.data);
		fleet->why = "the configuration cannot be changed";
	}
}

void change_begin(struct fleet *fleet)
{
	static const char body[] = "{\"selector\":{\"node\":\"*\"},\"document\":\"n2:\\n  timeout: 5s\\n\",\"canary\":1}";
	char url[512], authorization[128];
	const char *const headers[] = { "Content-Type: application/json", authorization, NULL };
	const struct sn_http_call call = { .method = "PUT",
					   .url = url,
					   .headers = headers,
					   .body = { (const uint8_t *)body, sizeof(body) - 1 },
					   .timeout_ms = 30000,
					   .response_limit = 1u << 20 };

	snprintf(url, sizeof(url), "%s/api/v1/groups/all", fleet->options.url);
	snprintf(authorization, sizeof(authorization), "Authorization: Bearer %s", fleet->options.operator);
	fleet->changed_ns = fleet_now_ns();
	if (sn_http_client_send(fleet->client, &call, on_change, fleet, NULL))
		fleet->why = "a question cannot be begun";
}

/* --- reading back */

static void check_next(struct fleet *fleet);

static void take_number(const struct fleet *fleet, uint64_t number)
{
	uint8_t bit = (uint8_t)(1u << number % 8);

	if (number >= checking.total || !agents_acknowledged(fleet, number)) {
		checking.strange++;
		return;
	}
	checking.stored++;
	if (checking.seen[number / 8] & bit)
		checking.doubled++;
	checking.seen[number / 8] |= bit;
}

static void on_slice(void *ctx, const struct sn_http_result *result)
{
	static const char word[] = "\"number\":";
	struct fleet *fleet = ctx;
	const char *at = (const char *)result->body.data;
	uint64_t count = 0;

	if (result->error || result->status != 200) {
		fprintf(stderr, "fleet: records cannot be read back: status %u %s\n", result->status, result->text);
		checking.failed++;
	}
	for (; !result->error && result->status == 200 && (at = strstr(at, word)); count++) {
		at += strlen(word);
		take_number(fleet, strtoull(at, NULL, 10));
	}
	checking.failed += count >= SLICE_LIMIT;
	check_next(fleet);
}

static const char *time_text(uint64_t time_ns, char ret_text[64])
{
	char whole[SN_TIME_TEXT];

	sn_clock_text(time_ns, whole);
	snprintf(ret_text, 64, "%.19s.%09lluZ", whole, (unsigned long long)(time_ns % SN_NSEC_PER_SEC));
	return ret_text;
}

static void check_next(struct fleet *fleet)
{
	const char *const headers[] = { asking.authorization, NULL };
	uint64_t from_ns = fleet->begun_realtime_ns + checking.slice * checking.slice_ns;
	char url[512], from[64], to[64];
	const struct sn_http_call call = { .url = url, .headers = headers, .timeout_ms = 60000, .response_limit = 256u << 20 };

	if (checking.slice++ == checking.slices) {
		checking.done(fleet);
		return;
	}
	snprintf(url, sizeof(url), "%s/api/v1/records?format=jsonl&limit=%u&from=%s&to=%s", fleet->options.url, SLICE_LIMIT,
		 time_text(from_ns, from), time_text(from_ns + checking.slice_ns, to));
	if (sn_http_client_send(fleet->client, &call, on_slice, fleet, NULL))
		fleet->why = "a question cannot be begun";
}

int checking_begin(struct fleet *fleet, void (*done)(struct fleet *fleet))
{
	double slice_s = SN_MAX((double)SLICE_RECORDS / (double)fleet->options.rate, 0.001);

	snprintf(asking.authorization, sizeof(asking.authorization), "Authorization: Bearer %s", fleet->options.viewer);
	checking.done = done;
	checking.total = fleet->total * fleet->options.agents;
	checking.seen = calloc(checking.total / 8 + 1, 1);
	checking.slice_ns = (uint64_t)(slice_s * 1e9);
	checking.slices = (uint64_t)(fleet->options.seconds / slice_s) + 2;
	if (!checking.seen)
		return -ENOMEM;
	check_next(fleet);
	return 0;
}

void checking_print(struct fleet *fleet)
{
	uint64_t missing = 0;

	for (uint64_t i = 0; checking.seen && i < checking.total; i++)
		missing += agents_acknowledged(fleet, i) && !(checking.seen[i / 8] & 1u << i % 8);
	printf(" \"stored\": %llu, \"missing\": %llu, \"doubled\": %llu, \"strange\": %llu, \"check_failed\": %llu,\n",
	       (unsigned long long)checking.stored, (unsigned long long)missing, (unsigned long long)checking.doubled,
	       (unsigned long long)checking.strange, (unsigned long long)checking.failed);
	free(checking.seen);
	checking.seen = NULL;
}
