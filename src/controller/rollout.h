/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Desired state: what the modules of a group of nodes are to be configured with. A group has a selector and a document (the
 * part of an agent's configuration below "modules:"); every change of the document is a revision. A revision reaches a share of
 * the group first (the canaries); when all of those have taken it and have been well for a while, it reaches the rest. It is
 * halted when a node refuses it, or costs more than the limit; rolling back makes the document of the revision before the newest
 * revision. Everything is kept in STATE/groups.json.
 *
 * A node belongs to the first group, in the order of their names, whose selector fits.
 */
#ifndef SN_CONTROLLER_ROLLOUT_H
#define SN_CONTROLLER_ROLLOUT_H

#include <jansson.h>

#include "controller/fleet.h"
#include "sauron/diag.h"

struct sn_rollouts;

/** Opens STATE/groups.json, where it is there. The fleet must outlive it. @return 0 or a negative errno with words. */
int sn_rollouts_open(const char *state_dir, struct sn_fleet *fleet, struct sn_rollouts **ret_rollouts, struct sn_diag *reterr);
struct sn_rollouts *sn_rollouts_free(struct sn_rollouts *rollouts);

/**
 * Begins a rollout: {"selector": {"node", "cluster", "kernel": patterns with * and ?, "labels": {…}}, "document": "…YAML…",
 * "canary": 0.1, "soak": "30s", "max_cpu_share": 0.05}; what is left out stays as it was, or takes its default.
 * @return 0; -EINVAL with words; -EBUSY: one is under way; or a negative errno with words.
 */
int sn_rollouts_begin(struct sn_rollouts *rollouts, const char *group, const char *user, const json_t *wanted,
		      struct sn_diag *reterr);
/** @return 0; -ENOENT; -EINVAL: there is no revision before; or a negative errno. */
int sn_rollouts_back(struct sn_rollouts *rollouts, const char *group, const char *user, struct sn_diag *reterr);
/** Halts a rollout, or lets a halted one (or one that waits) go on to all. @return 0; -ENOENT; -EINVAL: none is under way. */
int sn_rollouts_halt(struct sn_rollouts *rollouts, const char *group, struct sn_diag *reterr);
int sn_rollouts_proceed(struct sn_rollouts *rollouts, const char *group, struct sn_diag *reterr);
/** The group goes; its nodes keep what they have. @return 0 or -ENOENT. */
int sn_rollouts_remove(struct sn_rollouts *rollouts, const char *group);

/** All groups with how far each is, or one, then with each of its nodes, too. NULL: there is none of that name. Owned by the
 * caller. */
json_t *sn_rollouts_json(const struct sn_rollouts *rollouts, const char *group);
/** Once a second. */
void sn_rollouts_tick(struct sn_rollouts *rollouts);

#endif
