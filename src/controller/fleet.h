/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The nodes: what each told of itself last, and questions on their way to their agents.
 *
 * An agent asks all the time: it posts what it knows of itself, and the controller holds the answer until it has something to ask
 * or some time has passed. So no agent has to listen, and what an agent serves locally (its KPIs by gNB, one UE's story) can be
 * had from the controller.
 */
#ifndef SN_CONTROLLER_FLEET_H
#define SN_CONTROLLER_FLEET_H

#include <jansson.h>

#include "http/server.h"

struct sn_fleet;

enum sn_node_state {
	SN_NODE_UP,
	SN_NODE_SILENT, /* for more than a minute */
	SN_NODE_GONE,	/* for more than an hour */
	_SN_NODE_STATE_MAX,
};
extern const char *const sn_node_state_names[_SN_NODE_STATE_MAX + 1];

struct sn_node_info {
	const char *name, *cluster;
	enum sn_node_state state;
	uint64_t since_ns, last_seen_ns;
	const json_t *about; /* what it told last: {"version", "kernel", "labels", "status", "kpis", …} */
};

/** What a node is to have; borrowed until the next change. */
struct sn_node_desired {
	uint64_t revision;
	const char *document;
};
/** @return false: nothing is asked of the node. */
typedef bool (*sn_fleet_desired_fn)(void *ctx, const struct sn_node_info *node, struct sn_node_desired *ret_desired);

struct sn_fleet_stats {
	uint64_t nodes, polls, questions, unanswered;
};

/** @return 0 or -ENOMEM. */
int sn_fleet_new(uint32_t max_nodes, struct sn_fleet **ret_fleet);
struct sn_fleet *sn_fleet_free(struct sn_fleet *fleet);

/**
 * An agent's poll: {"about": {…}, "answers": [{"id", "status", "body"}]}. Answered with {"questions": [{"id", "path"}], "state":
 * {"revision", "document"}}, now or later. `name` is proven. @param cluster of agents that name none
 */
void sn_fleet_poll(struct sn_fleet *fleet, const char *name, const char *cluster, const struct sn_http_request *request,
		   struct sn_http_answer *answer);
/** Who knows what nodes are to have. A poll is answered with it when the node tells another revision: {"state": {…}}. */
void sn_fleet_set_desired(struct sn_fleet *fleet, sn_fleet_desired_fn fn, void *ctx);
/** What nodes are to have has changed: the polls of those that have something else are answered now. */
void sn_fleet_wake(struct sn_fleet *fleet);
/** Puts a question to an agent and holds the answer to whoever asks until it comes; 404, 503 or 504 when it does not. */
void sn_fleet_ask(struct sn_fleet *fleet, const char *name, const char *path, const struct sn_http_request *request,
		  struct sn_http_answer *answer);
/** Forgets a node: its poll and the questions to it end. @return whether it was known. */
bool sn_fleet_remove(struct sn_fleet *fleet, const char *name);
/** Once a second: polls and questions that have waited long enough. */
void sn_fleet_tick(struct sn_fleet *fleet);

/**
 * What outlives the process: {NODE: {"cluster", "since", "last_seen": ns, "kernel", "version", "labels"}}. Owned by the caller;
 * NULL: out of memory.
 */
json_t *sn_fleet_keep(const struct sn_fleet *fleet);
/** Takes the nodes of such an object, as not heard of since. @return 0; -EINVAL: some part of it is something else; or -ENOMEM.
 */
int sn_fleet_restore(struct sn_fleet *fleet, const json_t *nodes);

size_t sn_fleet_count(const struct sn_fleet *fleet);
/** By name order. @return false past the end. */
bool sn_fleet_node(const struct sn_fleet *fleet, size_t index, struct sn_node_info *ret_info);
bool sn_fleet_find(const struct sn_fleet *fleet, const char *name, struct sn_node_info *ret_info);
void sn_fleet_states(const struct sn_fleet *fleet, uint64_t ret_counts[_SN_NODE_STATE_MAX]);
/** Counts up whenever a poll has changed something. */
uint64_t sn_fleet_revision(const struct sn_fleet *fleet);
void sn_fleet_stats(const struct sn_fleet *fleet, struct sn_fleet_stats *ret_stats);

/** The types of records that agents have told of, by name: {"n2.outcome": {…}}. Borrowed. */
const json_t *sn_fleet_record_types(const struct sn_fleet *fleet);

#endif
