/* SPDX-License-Identifier: Apache-2.0 */
/** @file What an agent tells its controller of itself. */
#ifndef SN_AGENT_ABOUT_H
#define SN_AGENT_ABOUT_H

#include <jansson.h>
#include <stdbool.h>

struct sn_agent;

/**
 * {"version", "kernel", "cluster", "modules", "cpu_share", "rss_octets", "records_per_s", "lost", "kpis", "losses"}: shares and
 * rates since the last call. @param introduce also the types of records. @return NULL without memory.
 */
json_t *sn_agent_about(struct sn_agent *agent, bool introduce);

#endif
