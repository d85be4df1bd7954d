/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The agent's line to its controller: it tells of itself, again and again, and the controller holds the answer until it has
 * a question. Questions are paths of the local API; what is answered there is answered here.
 */
#ifndef SN_AGENT_LINK_H
#define SN_AGENT_LINK_H

#include "agent/agent.h"

struct sn_link;
struct sn_http_client;

struct sn_link_options {
	const char *endpoint;	       /* "http://127.0.0.1:7080" */
	const char *token;	       /* Authorization: Bearer; may be NULL */
	struct sn_http_client *client; /* borrowed */
};
struct sn_link_stats {
	uint64_t polls, failures, questions;
	bool connected;
	char why[160]; /* of the last failure */
};

/** @return 0 or -ENOMEM. Begins with the loop. */
int sn_link_new(struct sn_agent *agent, const struct sn_link_options *options, struct sn_link **ret_link);
/** Handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_link *sn_link_free(struct sn_link *link);
void sn_link_stats(const struct sn_link *link, struct sn_link_stats *ret_stats);

#endif
