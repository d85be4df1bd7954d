/* SPDX-License-Identifier: Apache-2.0 */
/** @file Groups, their revisions, and how a revision goes from canaries to all. */
#include "controller/rollout.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/map.h"
#include "base/text.h"
#include "http/pki.h"
#include "model/document.h"

#define GROUPS_MAX     256u
#define DOCUMENT_MAX   (256u << 10)
#define CANARY_DEFAULT 0.1
#define SOAK_DEFAULT   "30s"
#define NAME_LEN       63u

/*
 * A group is a JSON object as it lies on disk: {"selector", "document", "revision", "canary", "soak", "max_cpu_share", "user",
 * "time", "before": the document of the revision before, "phase": one of phases[], "why", "since"}. `since`: when all canaries
 * were well.
 */
enum phase { PHASE_CANARY, PHASE_ALL, PHASE_HALTED };
static const char *const phases[] = { "canary", "all", "halted" };

struct sn_rollouts {
	char *path;
	struct sn_fleet *fleet;
	json_t *groups;	   /* by name */
	uint64_t revision; /* the highest ever given */
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static uint64_t revision_of(const json_t *group)
{
	return (uint64_t)json_integer_value(json_object_get(group, "revision"));
}

static bool phase_is(const json_t *group, enum phase phase)
{
	return strcmp(text_of(group, "phase"), phases[phase]) == 0;
}

static void phase_set(json_t *group, enum phase phase, const char *why)
{
	json_object_set_new(group, "phase", json_string(phases[phase]));
	json_object_set_new(group, "why", json_string(why));
	json_object_set_new(group, "since", json_integer(0));
}

static int save(struct sn_rollouts *rollouts, struct sn_diag *reterr)
{
	struct sn_text text = { 0 };
	json_t *whole = json_pack("{s:I, s:O}", "revision", (json_int_t)rollouts->revision, "groups", rollouts->groups);
	int err = whole ? sn_json_text(whole, &text) : -ENOMEM;

	err = err ? sn_diag_set(reterr, err, "out of memory") : sn_pki_file_write(rollouts->path, text.data, 0600, reterr);
	sn_text_free(&text);
	json_decref(whole);
	return err;
}

/* --- which nodes */

static bool pattern_fits(const json_t *selector, const char *name, const char *value)
{
	const char *pattern = json_string_value(json_object_get(selector, name));

	return !pattern || fnmatch(pattern, value ? value : "", 0) == 0;
}

static bool selector_fits(const json_t *selector, const struct sn_node_info *node)
{
	const json_t *labels = json_object_get(node->about, "labels");
	const char *name;
	json_t *value;

	if (!pattern_fits(selector, "node", node->name) || !pattern_fits(selector, "cluster", node->cluster) ||
	    !pattern_fits(selector, "kernel", text_of(node->about, "kernel")))
		return false;
	json_object_foreach(json_object_get(selector, "labels"), name, value)
	{
		if (strcmp(text_of(labels, name), json_string_value(value) ? json_string_value(value) : "") != 0)
			return false;
	}
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/** The names of all groups in order. @return how many. */
static size_t names_sorted(const struct sn_rollouts *rollouts, const char *ret_names[GROUPS_MAX])
{
	const char *name;
	json_t *group;
	size_t count = 0;

	json_object_foreach(rollouts->groups, name, group)
	{
		if (count < GROUPS_MAX)
			ret_names[count++] = name;
	}
	qsort(ret_names, count, sizeof(*ret_names), by_text);
	return count;
}

static json_t *group_of(const struct sn_rollouts *rollouts, const struct sn_node_info *node)
{
	const char *names[GROUPS_MAX];
	size_t count = names_sorted(rollouts, names);

	for (size_t i = 0; i < count; i++) {
		json_t *group = json_object_get(rollouts->groups, names[i]);

		if (selector_fits(json_object_get(group, "selector"), node))
			return group;
	}
	return NULL;
}

/** Whether a node is among the first `share` to get a revision: others for each revision, the same all through one. */
static bool is_canary(const json_t *group, const char *node)
{
	uint64_t hash = sn_map_hash_bytes(revision_of(group), node, strlen(node));

	return (double)(hash >> 11) / (double)(1ull << 53) < json_number_value(json_object_get(group, "canary"));
}

/* --- what a node is to have: asked by the fleet with each poll */

static bool is_reached(const json_t *group, const struct sn_node_info *node)
{
	return phase_is(group, PHASE_ALL) || json_is_true(json_object_get(json_object_get(group, "reached"), node->name));
}

static bool desired(void *ctx, const struct sn_node_info *node, struct sn_node_desired *ret_desired)
{
	const struct sn_rollouts *rollouts = ctx;
	const json_t *group = group_of(rollouts, node);

	if (!group || !is_reached(group, node))
		return false;
	ret_desired->revision = revision_of(group);
	ret_desired->document = text_of(group, "document");
	return true;
}

/* --- how far a revision is */

struct progress {
	size_t nodes, up, reached, applied, refused, costly;
	char why[256];
};

static const json_t *node_state(const struct sn_node_info *node)
{
	return json_object_get(node->about, "state");
}

static void progress_add(const json_t *group, const struct sn_node_info *node, struct progress *progress)
{
	const json_t *state = node_state(node);
	double limit = json_number_value(json_object_get(group, "max_cpu_share")),
	       share = json_number_value(json_object_get(node->about, "cpu_share"));

	progress->nodes++;
	progress->up += node->state == SN_NODE_UP;
	if (!is_reached(group, node))
		return;
	progress->reached++;
	if ((uint64_t)json_integer_value(json_object_get(state, "revision")) != revision_of(group))
		return;
	if (*text_of(state, "error")) {
		progress->refused++;
		snprintf(progress->why, sizeof(progress->why), "%.63s refuses it: %.160s", node->name, text_of(state, "error"));
		return;
	}
	progress->applied++;
	if (limit > 0 && share > limit) {
		progress->costly++;
		snprintf(progress->why, sizeof(progress->why), "%.63s takes %.3f of a core, the limit is %.3f", node->name, share,
			 limit);
	}
}

static void progress_of(const struct sn_rollouts *rollouts, const json_t *group, struct progress *ret_progress)
{
	struct sn_node_info node;

	*ret_progress = (struct progress) { 0 };
	for (size_t i = 0; sn_fleet_node(rollouts->fleet, i, &node); i++)
		if (group_of(rollouts, &node) == group)
			progress_add(group, &node, ret_progress);
}

/** The canaries among the nodes that are up: the chosen share, one at least. */
static void choose_canaries(struct sn_rollouts *rollouts, json_t *group)
{
	json_t *reached = json_object_get(group, "reached");
	struct sn_node_info node, first = { 0 };

	for (size_t i = 0; sn_fleet_node(rollouts->fleet, i, &node); i++) {
		if (node.state != SN_NODE_UP || group_of(rollouts, &node) != group)
			continue;
		if (!first.name)
			first = node;
		if (is_canary(group, node.name))
			json_object_set_new(reached, node.name, json_true());
	}
	if (first.name && !json_object_size(reached))
		json_object_set_new(reached, first.name, json_true());
}

static void group_tick(struct sn_rollouts *rollouts, const char *name, json_t *group)
{
	struct progress progress;
	uint64_t soak_ns = 0, now_s = sn_clock_boottime_ns() / SN_NSEC_PER_SEC, since;

	if (phase_is(group, PHASE_HALTED))
		return;
	progress_of(rollouts, group, &progress);
	if (progress.refused || progress.costly) {
		/* Of a revision that has reached all there is nothing left to halt; it is told. */
		if (phase_is(group, PHASE_CANARY)) {
			phase_set(group, PHASE_HALTED, progress.why);
			sn_log_warning("rollout of group %s, revision %llu, is halted: %s", name,
				       (unsigned long long)revision_of(group), progress.why);
			save(rollouts, /* reterr= */ NULL);
		} else {
			json_object_set_new(group, "why", json_string(progress.why));
		}
		return;
	}
	if (!phase_is(group, PHASE_CANARY))
		return;
	if (!json_object_size(json_object_get(group, "reached"))) {
		choose_canaries(rollouts, group);
		sn_fleet_wake(rollouts->fleet);
		return;
	}
	if (progress.applied < progress.reached) {
		json_object_set_new(group, "since", json_integer(0));
		return;
	}
	since = (uint64_t)json_integer_value(json_object_get(group, "since"));
	sn_text_parse_duration(text_of(group, "soak"), &soak_ns);
	if (!since)
		json_object_set_new(group, "since", json_integer((json_int_t)now_s));
	else if (now_s - since >= soak_ns / SN_NSEC_PER_SEC) {
		phase_set(group, PHASE_ALL, "");
		sn_log_info("rollout of group %s, revision %llu, goes to all", name, (unsigned long long)revision_of(group));
		save(rollouts, /* reterr= */ NULL);
		sn_fleet_wake(rollouts->fleet);
	}
}

void sn_rollouts_tick(struct sn_rollouts *rollouts)
{
	const char *name;
	json_t *group;

	json_object_foreach(rollouts->groups, name, group)
	{
		group_tick(rollouts, name, group);
	}
}

/* --- changes */

static int check_wanted(const json_t *wanted, struct sn_diag *reterr)
{
	const json_t *selector = json_object_get(wanted, "selector"), *document = json_object_get(wanted, "document"),
		     *canary = json_object_get(wanted, "canary"), *soak = json_object_get(wanted, "soak"),
		     *limit = json_object_get(wanted, "max_cpu_share");
	uint64_t ns;

	if (selector && !json_is_object(selector))
		return sn_diag_set(reterr, -EINVAL, "selector must be an object of node, cluster, kernel, labels");
	if (!json_is_string(document) || json_string_length(document) > DOCUMENT_MAX)
		return sn_diag_set(reterr, -EINVAL, "document must be a text of at most 256 KiB: what stands below 'modules:'");
	if (canary && !(json_number_value(canary) > 0 && json_number_value(canary) <= 1))
		return sn_diag_set(reterr, -EINVAL, "canary must be a share above 0, at most 1");
	if (soak && (!json_is_string(soak) || sn_text_parse_duration(json_string_value(soak), &ns)))
		return sn_diag_set(reterr, -EINVAL, "soak must be a duration like 30s");
	if (limit && !(json_number_value(limit) > 0))
		return sn_diag_set(reterr, -EINVAL, "max_cpu_share must be a number above 0: of one core");
	return 0;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len <= NAME_LEN && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == len;
}

static void set_or(json_t *group, const char *name, const json_t *wanted, json_t *fallback)
{
	json_t *value = json_object_get(wanted, name);

	if (value)
		json_object_set(group, name, value);
	else if (!json_object_get(group, name))
		json_object_set(group, name, fallback);
	json_decref(fallback);
}

/** The group's next revision, from now on. */
static int revise(struct sn_rollouts *rollouts, json_t *group, const char *user, const char *before, struct sn_diag *reterr)
{
	char time[SN_TIME_TEXT];

	json_object_set_new(group, "before", json_string(before));
	json_object_set_new(group, "revision", json_integer((json_int_t)++rollouts->revision));
	json_object_set_new(group, "user", json_string(user));
	json_object_set_new(group, "time", json_string(sn_clock_text(sn_clock_realtime_ns(), time)));
	json_object_set_new(group, "reached", json_object());
	phase_set(group, json_number_value(json_object_get(group, "canary")) >= 1 ? PHASE_ALL : PHASE_CANARY, "");
	return save(rollouts, reterr);
}

int sn_rollouts_begin(struct sn_rollouts *rollouts, const char *name, const char *user, const json_t *wanted,
		      struct sn_diag *reterr)
{
	json_t *group = json_object_get(rollouts->groups, name);
	SN_AUTO_FREE char *before = NULL;
	int err = check_wanted(wanted, reterr);

	if (err)
		return err;
	if (!is_name(name))
		return sn_diag_set(reterr, -EINVAL, "a group's name has 1 to %u characters of a-z, 0-9, '-', '.', '_'", NAME_LEN);
	if (group && phase_is(group, PHASE_CANARY))
		return sn_diag_set(reterr, -EBUSY, "revision %llu is under way: let it proceed, halt it or roll it back first",
				   (unsigned long long)revision_of(group));
	if (!group && json_object_size(rollouts->groups) >= GROUPS_MAX)
		return sn_diag_set(reterr, -ENOSPC, "there are %u groups: no more can be made", GROUPS_MAX);
	if (!group) {
		json_object_set_new(rollouts->groups, name, json_object());
		group = json_object_get(rollouts->groups, name);
	}
	before = strdup(text_of(group, "document"));
	if (!group || !before)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	set_or(group, "selector", wanted, json_object());
	set_or(group, "document", wanted, json_string(""));
	set_or(group, "canary", wanted, json_real(CANARY_DEFAULT));
	set_or(group, "soak", wanted, json_string(SOAK_DEFAULT));
	set_or(group, "max_cpu_share", wanted, json_real(0));
	err = revise(rollouts, group, user, before, reterr);
	sn_rollouts_tick(rollouts);
	sn_fleet_wake(rollouts->fleet);
	return err;
}

static json_t *find(struct sn_rollouts *rollouts, const char *name, struct sn_diag *reterr)
{
	json_t *group = json_object_get(rollouts->groups, name);

	if (!group)
		sn_diag_set(reterr, -ENOENT, "there is no group '%.63s'", name);
	return group;
}

int sn_rollouts_back(struct sn_rollouts *rollouts, const char *name, const char *user, struct sn_diag *reterr)
{
	json_t *group = find(rollouts, name, reterr);
	SN_AUTO_FREE char *current = NULL;
	int err;

	if (!group)
		return -ENOENT;
	current = strdup(text_of(group, "document"));
	if (!current)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	json_object_set(group, "document", json_object_get(group, "before"));
	err = revise(rollouts, group, user, current, reterr);
	/* What was good before needs no canaries: it goes to all who have anything else, at once. */
	phase_set(group, PHASE_ALL, "rolled back");
	if (!err)
		err = save(rollouts, reterr);
	sn_fleet_wake(rollouts->fleet);
	return err;
}

int sn_rollouts_halt(struct sn_rollouts *rollouts, const char *name, struct sn_diag *reterr)
{
	json_t *group = find(rollouts, name, reterr);

	if (!group)
		return -ENOENT;
	if (!phase_is(group, PHASE_CANARY))
		return sn_diag_set(reterr, -EINVAL, "no rollout of %s is under way", name);
	phase_set(group, PHASE_HALTED, "halted by hand");
	return save(rollouts, reterr);
}

int sn_rollouts_proceed(struct sn_rollouts *rollouts, const char *name, struct sn_diag *reterr)
{
	json_t *group = find(rollouts, name, reterr);
	int err;

	if (!group)
		return -ENOENT;
	if (phase_is(group, PHASE_ALL))
		return sn_diag_set(reterr, -EINVAL, "revision %llu has gone to all", (unsigned long long)revision_of(group));
	phase_set(group, PHASE_ALL, "");
	err = save(rollouts, reterr);
	sn_fleet_wake(rollouts->fleet);
	return err;
}

int sn_rollouts_remove(struct sn_rollouts *rollouts, const char *name)
{
	if (json_object_del(rollouts->groups, name) < 0)
		return -ENOENT;
	return save(rollouts, /* reterr= */ NULL);
}

/* --- as documents */

/** The group's nodes, each with the state that it told last. */
static json_t *members_json(const struct sn_rollouts *rollouts, const json_t *group)
{
	json_t *list = json_array();
	struct sn_node_info node;

	for (size_t i = 0; sn_fleet_node(rollouts->fleet, i, &node); i++) {
		const json_t *state = node_state(&node);

		if (group_of(rollouts, &node) == group)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:b, s:O?, s:O?, s:O?}", "node", node.name, "state",
						sn_node_state_names[node.state], "reached", is_reached(group, &node), "revision",
						json_object_get(state, "revision"), "error", json_object_get(state, "error"),
						"restart", json_object_get(state, "restart")));
	}
	return list;
}

static json_t *group_json(const struct sn_rollouts *rollouts, const char *name, const json_t *group)
{
	static const char *const shown[] = { "revision", "phase", "why",	   "selector", "document", "before",
					     "canary",	 "soak",  "max_cpu_share", "user",     "time" };
	struct progress progress;
	json_t *object = json_pack("{s:s}", "name", name);

	for (size_t i = 0; object && i < SN_ARRAY_SIZE(shown); i++) {
		json_t *value = json_object_get(group, shown[i]);

		json_object_set(object, shown[i], value ? value : json_null());
	}
	progress_of(rollouts, group, &progress);
	json_object_set_new(object, "nodes",
			    json_pack("{s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)progress.nodes, "up",
				      (json_int_t)progress.up, "reached", (json_int_t)progress.reached, "applied",
				      (json_int_t)progress.applied, "refused", (json_int_t)progress.refused));
	return object;
}

json_t *sn_rollouts_json(const struct sn_rollouts *rollouts, const char *wanted)
{
	const char *names[GROUPS_MAX];
	size_t count = names_sorted(rollouts, names);
	json_t *list;

	if (wanted) {
		const json_t *group = json_object_get(rollouts->groups, wanted);
		json_t *object = group ? group_json(rollouts, wanted, group) : NULL;

		if (object)
			json_object_set_new(object, "members", members_json(rollouts, group));
		return object;
	}
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, group_json(rollouts, names[i], json_object_get(rollouts->groups, names[i])));
	return json_pack("{s:o}", "groups", list);
}

/* --- life */

int sn_rollouts_open(const char *state_dir, struct sn_fleet *fleet, struct sn_rollouts **ret_rollouts, struct sn_diag *reterr)
{
	struct sn_rollouts *rollouts = calloc(1, sizeof(*rollouts));
	json_error_t error = { 0 };
	json_t *whole = NULL;
	FILE *f;

	if (!rollouts || asprintf(&rollouts->path, "%s/groups.json", state_dir) < 0) {
		free(rollouts);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	rollouts->fleet = fleet;
	f = fopen(rollouts->path, "re");
	if (f) {
		whole = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
		fclose(f);
		rollouts->groups = json_incref(json_object_get(whole, "groups"));
		rollouts->revision = (uint64_t)json_integer_value(json_object_get(whole, "revision"));
		json_decref(whole);
	} else {
		rollouts->groups = json_object();
	}
	if (!json_is_object(rollouts->groups)) {
		sn_diag_set(reterr, -EINVAL, "%s:%d: the groups cannot be read: %s", rollouts->path, error.line, error.text);
		sn_rollouts_free(rollouts);
		return -EINVAL;
	}
	sn_fleet_set_desired(fleet, desired, rollouts);
	*ret_rollouts = rollouts;
	return 0;
}

struct sn_rollouts *sn_rollouts_free(struct sn_rollouts *rollouts)
{
	if (!rollouts)
		return NULL;
	json_decref(rollouts->groups);
	free(rollouts->path);
	free(rollouts);
	return NULL;
}
