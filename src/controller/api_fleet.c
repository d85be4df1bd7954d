/* SPDX-License-Identifier: Apache-2.0 */
/** @file Nodes, what they told of themselves, what their agents answer when they are asked, and the overview of all. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "controller/internal.h"

#define PAGE	     500u
#define PAGE_MAX     10000u
#define KPIS_MAX     2000u /* in the overview */
#define LOSSES_MAX   200u
#define USUAL_NS     (86400 * SN_NSEC_PER_SEC)
#define USUAL_STEP   (600 * SN_NSEC_PER_SEC)
#define USUAL_POINTS 12u /* two hours of them: with fewer there is no "usual" */

/* --- agents */

void sn_api_agent_poll(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *name = call->identity.role == SN_ROLE_AGENT ? call->identity.user : "";

	if (*name)
		sn_fleet_poll(call->controller->fleet, name, call->controller->config.cluster, call->request, answer);
	else
		sn_http_refuse(answer, 403, "only the agent of a node may speak for it: its token or certificate names the node");
}

/* --- nodes */

static json_t *time_json(uint64_t time_ns)
{
	char text[SN_TIME_TEXT];

	return json_string(sn_clock_text(time_ns, text));
}

/** What a node told of itself under a name, or nothing. */
static json_t *told(const struct sn_node_info *node, const char *name)
{
	json_t *value = json_object_get(node->about, name);

	return value ? json_incref(value) : json_null();
}

static json_t *node_json(const struct sn_node_info *node)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", node->name, "cluster",
			 node->cluster, "state", sn_node_state_names[node->state], "since", time_json(node->since_ns),
			 "last_seen", time_json(node->last_seen_ns), "labels", told(node, "labels"), "version",
			 told(node, "version"), "kernel", told(node, "kernel"), "modules", told(node, "modules"), "cpu_share",
			 told(node, "cpu_share"), "rss_octets", told(node, "rss_octets"), "records_per_s",
			 told(node, "records_per_s"), "lost", told(node, "lost"), "desired", told(node, "state"));
}

static bool text_in(const char *text, const char *wanted)
{
	return text && strcasestr(text, wanted);
}

static bool node_matches(const struct sn_node_info *node, const char *text, const char *state)
{
	if (state && *state && strcmp(state, sn_node_state_names[node->state]) != 0)
		return false;
	return !text || !*text || text_in(node->name, text) || text_in(node->cluster, text) ||
	       text_in(json_string_value(json_object_get(node->about, "kernel")), text) ||
	       text_in(json_string_value(json_object_get(node->about, "version")), text);
}

void sn_api_nodes(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *text = call->request->parameter(call->request, "text"),
		   *state = call->request->parameter(call->request, "state");
	const char *cursor = call->request->parameter(call->request, "cursor"), *next = NULL;
	json_t *nodes;
	struct sn_node_info node;
	uint64_t limit, total = 0;

	if (sn_api_number(call, "limit", PAGE, PAGE_MAX, &limit, answer))
		return;
	nodes = json_array();
	for (size_t i = 0; sn_fleet_node(call->controller->fleet, i, &node); i++) {
		if (!node_matches(&node, text, state))
			continue;
		total++;
		/* The cursor is the last name of the page before: nodes that come and go between pages move nothing. */
		if (cursor && *cursor && strcmp(node.name, cursor) <= 0)
			continue;
		if (json_array_size(nodes) < limit)
			json_array_append_new(nodes, node_json(&node));
		else if (!next)
			next = json_string_value(json_object_get(json_array_get(nodes, json_array_size(nodes) - 1), "name"));
	}
	sn_api_answer(answer, json_pack("{s:o, s:s?, s:I}", "nodes", nodes, "next", next, "total", (json_int_t)total));
}

static bool find_node(const struct sn_api_call *call, struct sn_node_info *ret_node, struct sn_http_answer *answer)
{
	if (sn_fleet_find(call->controller->fleet, call->word, ret_node))
		return true;
	sn_http_refuse(answer, 404, "there is no node '%.253s'", call->word);
	return false;
}

void sn_api_node(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_node_info node;

	if (find_node(call, &node, answer))
		sn_api_answer(answer, node_json(&node));
}

/** A parameter as it goes into the path of a question: everything but plain characters is escaped. */
static void add_parameter(struct sn_text *path, const char *name, const char *value)
{
	if (!value)
		return;
	sn_text_addf(path, "%c%s=", strchr(path->data, '?') ? '&' : '?', name);
	for (; *value; value++) {
		bool plain = (*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z') ||
			     (*value >= '0' && *value <= '9') || *value == '-' || *value == '_' || *value == '.';

		sn_text_addf(path, plain ? "%c" : "%%%02X", (unsigned char)*value);
	}
}

static void ask(const struct sn_api_call *call, struct sn_text *path, struct sn_http_answer *answer)
{
	struct sn_node_info node;

	if (path->failed)
		sn_http_refuse(answer, 500, "out of memory");
	else if (find_node(call, &node, answer))
		sn_fleet_ask(call->controller->fleet, call->word, path->data, call->request, answer);
	sn_text_free(path);
}

void sn_api_node_kpi(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_text path = { 0 };

	sn_text_add(&path, "/v1/kpi");
	if (!path.failed) {
		add_parameter(&path, "by", call->request->parameter(call->request, "by"));
		add_parameter(&path, "ue", call->request->parameter(call->request, "ue"));
	}
	ask(call, &path, answer);
}

void sn_api_node_status(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_text path = { 0 };

	sn_text_add(&path, "/v1/status");
	ask(call, &path, answer);
}

/* --- the overview */

struct usual {
	double values[USUAL_NS / USUAL_STEP + 2];
	size_t count;
};

static int on_usual(void *ctx, struct sn_view node, struct sn_view name, struct sn_view labels, enum sn_store_series_kind kind,
		    const struct sn_store_point *points, size_t count)
{
	struct usual *usual = ctx;

	for (size_t i = 0; i < count && usual->count < SN_ARRAY_SIZE(usual->values); i++)
		usual->values[usual->count++] = points[i].value;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/** Where nine tenths of the last day's values lay; nothing while too little is known. */
static json_t *usual_json(struct sn_controller *controller, const char *node, const char *kpi)
{
	uint64_t now_ns = sn_clock_realtime_ns();
	struct sn_store_where label = { { (const uint8_t *)"kpi", 3 }, { (const uint8_t *)kpi, strlen(kpi) } };
	struct sn_store_series_query query = {
		.from_ns = now_ns - USUAL_NS,
		.to_ns = now_ns - USUAL_STEP,
		.node = { (const uint8_t *)node, strlen(node) },
		.name = { (const uint8_t *)"sauron_kpi", 10 },
		.labels = &label,
		.label_count = 1,
		.step_ns = USUAL_STEP,
	};
	struct usual usual = { .count = 0 };

	if (sn_store_series(controller->store, &query, on_usual, &usual, /* reterr= */ NULL) < 0 || usual.count < USUAL_POINTS)
		return json_null();
	qsort(usual.values, usual.count, sizeof(usual.values[0]), by_value);
	return json_pack("{s:f, s:f}", "low", usual.values[usual.count / 20], "high",
			 usual.values[usual.count - 1 - usual.count / 20]);
}

static void add_kpis(struct sn_controller *controller, const struct sn_node_info *node, bool usual, json_t *list)
{
	json_t *kpi;
	size_t i;

	json_array_foreach(json_object_get(node->about, "kpis"), i, kpi)
	{
		const char *name = json_string_value(json_object_get(kpi, "kpi"));
		json_t *row = json_copy(kpi);

		if (!name || !row || json_array_size(list) >= KPIS_MAX) {
			json_decref(row);
			return;
		}
		json_object_set_new(row, "node", json_string(node->name));
		json_object_set_new(row, "usual", usual ? usual_json(controller, node->name, name) : json_null());
		json_array_append_new(list, row);
	}
}

static void add_losses(const struct sn_node_info *node, json_t *list)
{
	json_t *loss;
	size_t i;

	json_array_foreach(json_object_get(node->about, "losses"), i, loss)
	{
		json_t *row = json_array_size(list) < LOSSES_MAX ? json_copy(loss) : NULL;

		if (!row)
			return;
		json_object_set_new(row, "node", json_string(node->name));
		json_array_append_new(list, row);
	}
}

static double number_of(const struct sn_node_info *node, const char *name)
{
	return json_number_value(json_object_get(node->about, name));
}

void sn_api_overview(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_controller *controller = call->controller;
	json_t *kpis = json_array(), *losses = json_array();
	bool usual = sn_fleet_count(controller->fleet) <= 16; /* of a large fleet the pages of its nodes tell it */
	uint64_t states[_SN_NODE_STATE_MAX];
	struct sn_store_stats store;
	struct sn_node_info node;
	double cpu = 0, rss = 0;

	for (size_t i = 0; sn_fleet_node(controller->fleet, i, &node); i++) {
		if (node.state != SN_NODE_UP)
			continue;
		add_kpis(controller, &node, usual, kpis);
		add_losses(&node, losses);
		cpu += number_of(&node, "cpu_share");
		rss += number_of(&node, "rss_octets");
	}
	sn_fleet_states(controller->fleet, states);
	sn_store_stats(controller->store, &store);
	sn_api_answer(answer, json_pack("{s:o, s:o, s:{s:I, s:I, s:I, s:I}, s:{s:f, s:f}, s:{s:I, s:I, s:I}}", "kpis", kpis,
					"losses", losses, "nodes", "up", (json_int_t)states[SN_NODE_UP], "silent",
					(json_int_t)states[SN_NODE_SILENT], "gone", (json_int_t)states[SN_NODE_GONE], "total",
					(json_int_t)sn_fleet_count(controller->fleet), "overhead", "cpu_share", cpu, "rss_octets",
					rss, "store", "octets", (json_int_t)store.octets, "records", (json_int_t)store.records,
					"days", (json_int_t)store.days));
}
