/* SPDX-License-Identifier: Apache-2.0 */
/** @file Nodes by name, their held polls, and the questions to them. */
#include "controller/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "model/document.h"

#define POLL_NS	      (2 * SN_NSEC_PER_SEC) /* and as much again for every 200 nodes: the work of a large fleet stays the same */
#define POLL_MAX_NS   (30 * SN_NSEC_PER_SEC)
#define QUESTION_NS   (10 * SN_NSEC_PER_SEC)
#define SILENT_NS     (60 * SN_NSEC_PER_SEC)
#define GONE_NS	      (3600 * SN_NSEC_PER_SEC)
#define QUESTIONS_MAX 64u /* to one node at once */
#define TYPES_MAX     1024u
#define NAME_MAX_LEN  253u /* of a DNS name */

const char *const sn_node_state_names[_SN_NODE_STATE_MAX + 1] = { "up", "silent", "gone", NULL };

struct question {
	struct question *next;
	struct sn_fleet *fleet;
	uint64_t id, since_ns;
	char *path;
	struct sn_http_held *asker; /* NULL: has gone */
	bool sent;
};

struct node {
	char *name, *cluster;
	uint64_t since_ns, last_seen_ns; /* CLOCK_REALTIME */
	json_t *about;
	struct sn_http_held *poll;
	uint64_t poll_ns;
	struct question *questions;
	unsigned question_count;
	struct sn_fleet *fleet;
};

struct sn_fleet {
	struct node **nodes; /* sorted by name */
	size_t count, size;
	uint32_t max_nodes;
	uint64_t next_id, revision;
	json_t *types;
	sn_fleet_desired_fn desired;
	void *desired_ctx;
	struct sn_fleet_stats stats;
};

int sn_fleet_new(uint32_t max_nodes, struct sn_fleet **ret_fleet)
{
	struct sn_fleet *fleet = calloc(1, sizeof(*fleet));

	if (!fleet)
		return -ENOMEM;
	fleet->max_nodes = max_nodes;
	fleet->types = json_object();
	fleet->next_id = 1;
	if (!fleet->types) {
		free(fleet);
		return -ENOMEM;
	}
	*ret_fleet = fleet;
	return 0;
}

/* --- nodes */

static size_t place_of(const struct sn_fleet *fleet, const char *name, bool *ret_found)
{
	size_t low = 0, high = fleet->count;

	*ret_found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(fleet->nodes[middle]->name, name);

		if (!order) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct node *node_find(const struct sn_fleet *fleet, const char *name)
{
	bool found;
	size_t i = place_of(fleet, name, &found);

	return found ? fleet->nodes[i] : NULL;
}

static struct node *node_free(struct node *node)
{
	if (!node)
		return NULL;
	free(node->name);
	free(node->cluster);
	json_decref(node->about);
	free(node);
	return NULL;
}

static struct node *node_add(struct sn_fleet *fleet, const char *name)
{
	struct node *node = calloc(1, sizeof(*node));
	bool found;
	size_t at = place_of(fleet, name, &found);

	if (node)
		node->name = strdup(name);
	if (fleet->count == fleet->size && node) {
		size_t size = fleet->size ? 2 * fleet->size : 64;
		struct node **nodes = realloc(fleet->nodes, size * sizeof(*nodes));

		if (!nodes)
			return node_free(node);
		fleet->nodes = nodes;
		fleet->size = size;
	}
	if (!node || !node->name)
		return node_free(node);
	node->fleet = fleet;
	node->since_ns = sn_clock_realtime_ns();
	memmove(&fleet->nodes[at + 1], &fleet->nodes[at], (fleet->count - at) * sizeof(*fleet->nodes));
	fleet->nodes[at] = node;
	fleet->count++;
	return node;
}

static enum sn_node_state state_of(const struct node *node)
{
	uint64_t now = sn_clock_realtime_ns(), silent = now > node->last_seen_ns ? now - node->last_seen_ns : 0;

	return node->poll || silent < SILENT_NS ? SN_NODE_UP : silent < GONE_NS ? SN_NODE_SILENT : SN_NODE_GONE;
}

/* --- questions */

static void question_free(struct question *question)
{
	free(question->path);
	free(question);
}

static struct question *question_take(struct node *node, uint64_t id)
{
	for (struct question **link = &node->questions; *link; link = &(*link)->next) {
		struct question *question = *link;

		if (question->id != id)
			continue;
		*link = question->next;
		node->question_count--;
		return question;
	}
	return NULL;
}

static void question_answer(struct question *question, struct sn_http_answer *answer)
{
	if (question->asker)
		sn_http_answer_held(question->asker, answer);
	else
		sn_text_free(&answer->body);
	question_free(question);
}

static void info_of(const struct node *node, struct sn_node_info *ret_info)
{
	*ret_info = (struct sn_node_info) {
		.name = node->name,
		.cluster = node->cluster ? node->cluster : "",
		.state = state_of(node),
		.since_ns = node->since_ns,
		.last_seen_ns = node->last_seen_ns,
		.about = node->about,
	};
}

/** What the node is to have, when it tells that it has something else. */
static bool wants_state(const struct node *node, struct sn_node_desired *ret_desired)
{
	struct sn_node_info info;

	info_of(node, &info);
	return node->fleet->desired && node->fleet->desired(node->fleet->desired_ctx, &info, ret_desired) &&
	       (uint64_t)json_integer_value(json_object_get(json_object_get(node->about, "state"), "revision")) !=
		       ret_desired->revision;
}

/** The questions that were not sent yet and the state to be, as the answer to the agent's poll. */
static void questions_answer(struct node *node, struct sn_http_answer *answer)
{
	json_t *questions = json_array(), *document = json_pack("{s:o}", "questions", questions);
	struct sn_node_desired state;

	answer->status = 200;
	answer->type = "application/json";
	for (struct question *question = node->questions; question; question = question->next) {
		if (question->sent)
			continue;
		question->sent = true;
		json_array_append_new(questions, json_pack("{s:I, s:s}", "id", (json_int_t)question->id, "path", question->path));
	}
	if (wants_state(node, &state))
		json_object_set_new(document, "state",
				    json_pack("{s:I, s:s}", "revision", (json_int_t)state.revision, "document", state.document));
	if (!document || sn_json_text(document, &answer->body) < 0)
		sn_http_refuse(answer, 500, "out of memory");
	json_decref(document);
}

static void poll_answer(struct node *node)
{
	struct sn_http_answer answer = { 0 };
	struct sn_http_held *poll = node->poll;

	node->poll = NULL;
	questions_answer(node, &answer);
	sn_http_answer_held(poll, &answer);
}

static bool has_unsent(const struct node *node)
{
	for (const struct question *question = node->questions; question; question = question->next)
		if (!question->sent)
			return true;
	return false;
}

static void asker_gone(void *ctx)
{
	((struct question *)ctx)->asker = NULL;
}

void sn_fleet_ask(struct sn_fleet *fleet, const char *name, const char *path, const struct sn_http_request *request,
		  struct sn_http_answer *answer)
{
	struct node *node = node_find(fleet, name);
	struct question *question;

	if (!node) {
		sn_http_refuse(answer, 404, "there is no node '%.253s'", name);
		return;
	}
	if (state_of(node) != SN_NODE_UP || node->question_count >= QUESTIONS_MAX) {
		sn_http_refuse(answer, 503, "node %.253s %s", name,
			       node->question_count >= QUESTIONS_MAX ? "is asked too much at once" : "is silent");
		return;
	}
	question = calloc(1, sizeof(*question));
	if (question)
		question->path = strdup(path);
	if (!question || !question->path) {
		free(question);
		sn_http_refuse(answer, 500, "out of memory");
		return;
	}
	question->fleet = fleet;
	question->id = fleet->next_id++;
	question->since_ns = sn_clock_boottime_ns();
	question->asker = sn_http_hold(request, answer, asker_gone, question);
	if (!question->asker) {
		question_free(question);
		return;
	}
	question->next = node->questions;
	node->questions = question;
	node->question_count++;
	fleet->stats.questions++;
	if (node->poll)
		poll_answer(node);
}

static void take_answer(struct node *node, const json_t *entry)
{
	const json_t *body = json_object_get(entry, "body");
	struct question *question = question_take(node, (uint64_t)json_integer_value(json_object_get(entry, "id")));
	json_int_t status = json_integer_value(json_object_get(entry, "status"));
	struct sn_http_answer answer = { .type = "application/json" };

	if (!question)
		return;
	answer.status = status >= 200 && status < 600 ? (unsigned)status : 502;
	if (!body || sn_json_text(body, &answer.body) < 0)
		sn_http_refuse(&answer, 502, "node %s gave no answer that can be read", node->name);
	question_answer(question, &answer);
}

/* --- polls */

static void poll_gone(void *ctx)
{
	((struct node *)ctx)->poll = NULL;
}

static void take_types(struct sn_fleet *fleet, const json_t *types)
{
	const char *name;
	json_t *type;

	json_object_foreach((json_t *)types, name,
			    type) if (json_is_object(type) &&
				      (json_object_size(fleet->types) < TYPES_MAX || json_object_get(fleet->types, name)))
		json_object_set(fleet->types, name, type);
}

static void take_about(struct node *node, json_t *about, const char *cluster)
{
	const char *own = json_string_value(json_object_get(about, "cluster"));

	if (!json_is_object(about))
		return;
	take_types(node->fleet, json_object_get(about, "record_types"));
	json_object_del(about, "record_types");
	/* What is told once, with the first poll, is kept. */
	if (node->about)
		json_object_update_missing(about, node->about);
	json_decref(node->about);
	node->about = json_incref(about);
	free(node->cluster);
	node->cluster = strdup(own && *own ? own : cluster);
}

void sn_fleet_poll(struct sn_fleet *fleet, const char *name, const char *cluster, const struct sn_http_request *request,
		   struct sn_http_answer *answer)
{
	struct node *node = node_find(fleet, name);
	struct sn_node_desired state;
	json_error_t error;
	json_t *document, *entry;
	size_t i;

	document = json_loadb((const char *)request->body.data, request->body.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(document)) {
		sn_http_refuse(answer, 400, "the poll is no JSON object: %s", document ? "something else" : error.text);
		json_decref(document);
		return;
	}
	if (!node &&
	    (strlen(name) > NAME_MAX_LEN || !*name || fleet->count >= fleet->max_nodes || !(node = node_add(fleet, name)))) {
		sn_http_refuse(answer, 503, "the fleet takes no more nodes");
		json_decref(document);
		return;
	}
	node->last_seen_ns = sn_clock_realtime_ns();
	fleet->stats.polls++;
	fleet->revision++;
	take_about(node, json_object_get(document, "about"), cluster);
	json_array_foreach(json_object_get(document, "answers"), i, entry)
	{
		take_answer(node, entry);
	}
	json_decref(document);
	if (node->poll) /* an agent that has lost its connection asks anew before we know */
		poll_answer(node);
	if (has_unsent(node) || wants_state(node, &state)) {
		questions_answer(node, answer);
		return;
	}
	node->poll = sn_http_hold(request, answer, poll_gone, node);
	node->poll_ns = sn_clock_boottime_ns();
}

void sn_fleet_set_desired(struct sn_fleet *fleet, sn_fleet_desired_fn fn, void *ctx)
{
	fleet->desired = fn;
	fleet->desired_ctx = ctx;
}

void sn_fleet_wake(struct sn_fleet *fleet)
{
	struct sn_node_desired state;

	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->nodes[i]->poll && wants_state(fleet->nodes[i], &state))
			poll_answer(fleet->nodes[i]);
}

static void questions_expire(struct node *node, uint64_t now_ns)
{
	for (struct question **link = &node->questions; *link;) {
		struct question *question = *link;
		struct sn_http_answer answer = { 0 };

		if (now_ns - question->since_ns < QUESTION_NS) {
			link = &question->next;
			continue;
		}
		*link = question->next;
		node->question_count--;
		node->fleet->stats.unanswered++;
		sn_http_refuse(&answer, 504, "node %s did not answer in time", node->name);
		question_answer(question, &answer);
	}
}

void sn_fleet_tick(struct sn_fleet *fleet)
{
	uint64_t now_ns = sn_clock_boottime_ns(), hold_ns = SN_MIN(POLL_NS * (1 + fleet->count / 200), POLL_MAX_NS);

	for (size_t i = 0; i < fleet->count; i++) {
		struct node *node = fleet->nodes[i];

		questions_expire(node, now_ns);
		if (node->poll && now_ns - node->poll_ns >= hold_ns)
			poll_answer(node);
	}
}

bool sn_fleet_remove(struct sn_fleet *fleet, const char *name)
{
	bool found;
	size_t at = place_of(fleet, name, &found);
	struct node *node = found ? fleet->nodes[at] : NULL;

	if (!found)
		return false;
	if (node->poll)
		poll_answer(node);
	while (node->questions) {
		struct question *question = question_take(node, node->questions->id);
		struct sn_http_answer answer = { 0 };

		sn_http_refuse(&answer, 404, "node %s was removed", name);
		question_answer(question, &answer);
	}
	memmove(&fleet->nodes[at], &fleet->nodes[at + 1], (--fleet->count - at) * sizeof(*fleet->nodes));
	node_free(node);
	fleet->revision++;
	return true;
}

/* --- what outlives the process */

static const char *const kept[] = { "kernel", "version", "labels" };

json_t *sn_fleet_keep(const struct sn_fleet *fleet)
{
	json_t *nodes = json_object();

	for (size_t i = 0; i < fleet->count && nodes; i++) {
		const struct node *node = fleet->nodes[i];
		json_t *one = json_pack("{s:s, s:I, s:I}", "cluster", node->cluster ? node->cluster : "", "since",
					(json_int_t)node->since_ns, "last_seen", (json_int_t)node->last_seen_ns);

		for (size_t j = 0; j < SN_ARRAY_SIZE(kept) && one; j++)
			if (json_object_get(node->about, kept[j]))
				json_object_set(one, kept[j], json_object_get(node->about, kept[j]));
		if (json_object_set_new(nodes, node->name, one)) {
			json_decref(nodes);
			return NULL;
		}
	}
	return nodes;
}

static int restore_one(struct sn_fleet *fleet, const char *name, const json_t *one)
{
	const char *cluster = json_string_value(json_object_get(one, "cluster"));
	json_int_t since = json_integer_value(json_object_get(one, "since")),
		   seen = json_integer_value(json_object_get(one, "last_seen"));
	struct node *node;

	if (!cluster || since <= 0 || seen <= 0 || !*name || strlen(name) > NAME_MAX_LEN)
		return -EINVAL;
	if (node_find(fleet, name) || fleet->count >= fleet->max_nodes)
		return 0;
	node = node_add(fleet, name);
	if (!node)
		return -ENOMEM;
	node->since_ns = (uint64_t)since;
	node->last_seen_ns = (uint64_t)seen;
	node->cluster = strdup(cluster);
	node->about = json_object();
	for (size_t i = 0; i < SN_ARRAY_SIZE(kept); i++)
		if (json_object_get(one, kept[i]))
			json_object_set(node->about, kept[i], json_object_get(one, kept[i]));
	return 0;
}

int sn_fleet_restore(struct sn_fleet *fleet, const json_t *nodes)
{
	const char *name;
	json_t *one;
	int err = json_is_object(nodes) ? 0 : -EINVAL;

	json_object_foreach((json_t *)nodes, name, one)
	{
		int r = restore_one(fleet, name, one);

		err = err ? err : r;
	}
	return err;
}

struct sn_fleet *sn_fleet_free(struct sn_fleet *fleet)
{
	if (!fleet)
		return NULL;
	/* The server has stopped: whoever waited has gone. */
	for (size_t i = 0; i < fleet->count; i++) {
		while (fleet->nodes[i]->questions)
			question_free(question_take(fleet->nodes[i], fleet->nodes[i]->questions->id));
		node_free(fleet->nodes[i]);
	}
	free(fleet->nodes);
	json_decref(fleet->types);
	free(fleet);
	return NULL;
}

/* --- what is known */

size_t sn_fleet_count(const struct sn_fleet *fleet)
{
	return fleet->count;
}

bool sn_fleet_node(const struct sn_fleet *fleet, size_t index, struct sn_node_info *ret_info)
{
	if (index >= fleet->count)
		return false;
	info_of(fleet->nodes[index], ret_info);
	return true;
}

bool sn_fleet_find(const struct sn_fleet *fleet, const char *name, struct sn_node_info *ret_info)
{
	const struct node *node = node_find(fleet, name);

	if (node)
		info_of(node, ret_info);
	return node;
}

void sn_fleet_states(const struct sn_fleet *fleet, uint64_t ret_counts[_SN_NODE_STATE_MAX])
{
	memset(ret_counts, 0, _SN_NODE_STATE_MAX * sizeof(*ret_counts));
	for (size_t i = 0; i < fleet->count; i++)
		ret_counts[state_of(fleet->nodes[i])]++;
}

uint64_t sn_fleet_revision(const struct sn_fleet *fleet)
{
	return fleet->revision;
}

void sn_fleet_stats(const struct sn_fleet *fleet, struct sn_fleet_stats *ret_stats)
{
	*ret_stats = fleet->stats;
	ret_stats->nodes = fleet->count;
}

const json_t *sn_fleet_record_types(const struct sn_fleet *fleet)
{
	return fleet->types;
}
