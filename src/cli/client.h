/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Questions to the agent's local API (HTTP over its Unix socket), or to a controller. Of a controller a node's agent can be
 * asked what it answers locally.
 */
#ifndef SN_CLI_CLIENT_H
#define SN_CLI_CLIENT_H

#include <jansson.h>

#include "base/args.h"
#include "base/text.h"
#include "sauron/diag.h"

#define SN_CLIENT_SOCKET "/run/sauron/agent.sock"

#define SN_CLIENT_TOKEN "SAURON_TOKEN" /* in the environment: where no token file is named */

/** Who is asked. */
struct sn_client_target {
	const char *socket;	/* of the agent on this node */
	const char *controller; /* its URL; NULL: the agent is asked */
	const char *token_file;
	const char *ca_file; /* NULL: the system's CAs */
	const char *node;    /* whose agent; NULL: the only one that there is */
};
/** The options of a command whose values struct has a member `target`. */
#define SN_CLIENT_ARGS(struct_type)                                                                                              \
	{ SN_ARG(struct_type, target.socket, "socket", SN_ARG_STRING), .value = "PATH",                                          \
	  .doc = "socket of the agent's API; " SN_CLIENT_SOCKET " when left out" },                                              \
		{ SN_ARG(struct_type, target.node, "node", SN_ARG_STRING), .value = "NAME",                                      \
		  .doc = "with --controller: which node's agent is asked; the only one when left out" },                         \
		SN_CLIENT_CONTROLLER_ARGS(struct_type)
#define SN_CLIENT_CONTROLLER_ARGS(struct_type)                                                                                   \
	{ SN_ARG(struct_type, target.controller, "controller", SN_ARG_STRING), .letter = 'C', .value = "URL",                    \
	  .doc = "ask a controller, like http://127.0.0.1:7080" },                                                               \
		{ SN_ARG(struct_type, target.ca_file, "ca-file", SN_ARG_STRING), .value = "FILE",                                \
		  .doc = "with --controller over TLS: the CA to believe, ca.pem of its state; the system's when left out" },     \
	{                                                                                                                        \
		SN_ARG(struct_type, target.token_file, "token-file", SN_ARG_STRING),                                             \
			.value = "FILE",                                                                                         \
			.doc = "with --controller: a file with a token; " SN_CLIENT_TOKEN " in the environment when left out"    \
	}

struct sn_client;
/** @return 0, -ENOMEM, or what reading the token gave. Nothing is connected yet. */
int sn_client_new(const struct sn_client_target *target, struct sn_client **ret_client, struct sn_diag *reterr);
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
/** Asks a controller to change something; `body` may be NULL. As sn_client_get_json. */
int sn_client_change(struct sn_client *client, const char *method, const char *path, const json_t *body, json_t **ret_document,
		     struct sn_diag *reterr);
/** What the agent answers at `path` of its local API ("/v1/kpi"), asked here or by way of the controller. As sn_client_get_json.
 */
int sn_client_get_local(struct sn_client *client, const char *path, const char *const *query, json_t **ret_document,
			struct sn_diag *reterr);
/** The exit code that belongs to a failure of the two. */
int sn_client_exit(int err);

#endif
