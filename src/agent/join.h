/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file How an agent becomes a member of a controller's fleet over TLS: it fetches the CA's certificate and believes it by its
 * fingerprint, makes a key, and has its request signed, once by a token, later by the certificate that it has.
 */
#ifndef SN_AGENT_JOIN_H
#define SN_AGENT_JOIN_H

#include <stdbool.h>
#include <uv.h>

#include "sauron/diag.h"

struct sn_join;

struct sn_join_options {
	const char *endpoint; /* "https://controller:7443" */
	const char *node;
	const char *token_file;	 /* NULL: none, for who has joined already */
	const char *fingerprint; /* SHA-256 of the CA's certificate in hexadecimal; NULL: the CA is known already */
	const char *directory;	 /* ca.pem, agent.pem, agent.key */
};

/** Where the three files are or will be; borrowed. */
struct sn_join_files {
	const char *ca, *certificate, *key;
};

/**
 * Begins with the loop: joins where there is no certificate, renews one in its last third, tries again until it has succeeded.
 * @return 0 or a negative errno with words.
 */
int sn_join_new(uv_loop_t *loop, const struct sn_join_options *options, struct sn_join **ret_join, struct sn_diag *reterr);
/** Handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_join *sn_join_free(struct sn_join *join);
const struct sn_join_files *sn_join_files(const struct sn_join *join);
/** Whether there is a certificate to show. */
bool sn_join_ready(const struct sn_join *join);
/** In words, for the status: "joined, until …", "waits: …". */
const char *sn_join_state(const struct sn_join *join);

#endif
