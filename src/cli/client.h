/* SPDX-License-Identifier: Apache-2.0 */
/** @file Questions to the agent's local API: HTTP over its Unix socket. */
#ifndef SN_CLI_CLIENT_H
#define SN_CLI_CLIENT_H

#include <jansson.h>

#include "base/text.h"
#include "sauron/diag.h"

#define SN_CLIENT_SOCKET "/run/sauron/agent.sock"

struct sn_client;
/** @return 0 or -ENOMEM. Nothing is connected yet. */
int sn_client_new(const char *socket, struct sn_client **ret_client, struct sn_diag *reterr);
struct sn_client *sn_client_free(struct sn_client *client);

/**
 * Asks. @param query NULL-ended pairs of name and value; a value of NULL leaves the pair out.
 * @return 0; -ENOENT, -ECONNREFUSED (no agent), -EACCES (not allowed), -EINVAL (the agent refuses the question), -EIO; with one
 * sentence that tells the remedy.
 */
int sn_client_get(struct sn_client *client, const char *path, const char *const *query, struct sn_text *text,
		  struct sn_diag *reterr);
/** The same, parsed. The document is the caller's. */
int sn_client_get_json(struct sn_client *client, const char *path, const char *const *query, json_t **ret_document,
		       struct sn_diag *reterr);
/** The exit code that belongs to a failure of the two. */
int sn_client_exit(int err);

#endif
