/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What the controller wants the modules to be configured with: taken whole or not at all, over the file of the node, and
 * kept on disk, so that the node goes on with it while the controller is away.
 */
#ifndef SN_AGENT_DESIRED_H
#define SN_AGENT_DESIRED_H

#include <jansson.h>

#include "agent/config.h"

struct sn_agent;

struct sn_desired {
	uint64_t revision; /* the last that was told, taken or refused; 0: none */
	char *document;	   /* in force: what stands below "modules:"; NULL: none */
	char *error;	   /* why the last was refused; NULL: it was not */
	json_t *restart;   /* names of options that take effect at the next start */
};

/** Reads what an earlier agent kept in STATE/desired.json; what is damaged there is told and left alone. */
void sn_desired_load(struct sn_desired *desired, const char *state_dir);
void sn_desired_fini(struct sn_desired *desired);
/** Puts the document in force over a configuration. @return 0 or -EINVAL with words ("desired state:3: …"). */
int sn_desired_overlay(const struct sn_desired *desired, struct sn_config *config, struct sn_diag *reterr);
/** Takes a revision, or keeps what is in force and remembers why. */
void sn_desired_take(struct sn_agent *agent, uint64_t revision, const char *document);
/** {"revision", "error", "restart"}, for the controller. */
json_t *sn_desired_json(const struct sn_desired *desired);

#endif
