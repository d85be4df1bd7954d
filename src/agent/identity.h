/* SPDX-License-Identifier: Apache-2.0 */
/** @file The pods of the agent's node: followed at the API server, found by address and by cgroup. */
#ifndef SN_AGENT_IDENTITY_H
#define SN_AGENT_IDENTITY_H

#include <uv.h>

#include "agent/config.h"
#include "model/metrics.h"
#include "model/report.h"

struct sn_agent_identity;

/**
 * Begins to follow the pods, where the configuration or the environment says so; else, and with `auto` where it cannot be
 * done, there is none.
 * @param node of this node, where neither the configuration nor the environment has a name that Kubernetes uses
 */
int sn_agent_identity_new(uv_loop_t *loop, const struct sn_agent_config *config, const char *node,
			  struct sn_agent_identity **ret_identity, struct sn_diag *reterr);
/** Handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_agent_identity *sn_agent_identity_free(struct sn_agent_identity *identity);

/** As of struct sn_host. */
const char *sn_agent_pod_of_address(struct sn_agent_identity *identity, uint8_t family, const uint8_t *octets);
const char *sn_agent_pod_of_cgroup(struct sn_agent_identity *identity, uint64_t cgroup_id, uint32_t pid);

/** What it does, as facts whose names begin with "kubernetes"; "off" for NULL. */
void sn_agent_identity_status(const struct sn_agent_identity *identity, struct sn_report *report);
/** Its metrics; none for NULL. */
void sn_agent_identity_collect(const struct sn_agent_identity *identity, struct sn_metrics *metrics);
/** NULL at the end. */
extern const struct sn_metric *const sn_agent_identity_metrics[];

#endif
