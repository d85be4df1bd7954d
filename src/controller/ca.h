/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The controller's own CA: its server certificate, and the certificates of agents. Who holds an agent's certificate speaks
 * for its node, and for no other. What was issued and what was revoked is kept in STATE/agents.json.
 */
#ifndef SN_CONTROLLER_CA_H
#define SN_CONTROLLER_CA_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "sauron/diag.h"

struct sn_ca;

/**
 * Opens STATE/ca.pem and ca.key, or makes them (first start), and the server's certificate for these names.
 * @return 0 or a negative errno with words.
 */
int sn_ca_open(const char *state_dir, const char *const *names, uint64_t agent_lifetime_ns, struct sn_ca **ret_ca,
	       struct sn_diag *reterr);
/** The CA alone, without a server's certificate. As above. */
int sn_ca_open_only(const char *state_dir, struct sn_ca **ret_ca, struct sn_diag *reterr);
struct sn_ca *sn_ca_free(struct sn_ca *ca);

/** PEM texts, borrowed; the server's are replaced by sn_ca_renew_server. */
const char *sn_ca_certificate(const struct sn_ca *ca);
const char *sn_ca_server_certificate(const struct sn_ca *ca);
const char *sn_ca_server_key(const struct sn_ca *ca);
/** SHA-256 of the CA's certificate, by which an agent knows it. */
const char *sn_ca_fingerprint(const struct sn_ca *ca);
/** Once a day or more often. @return 1: there is another server certificate now; 0; a negative errno. */
int sn_ca_renew_server(struct sn_ca *ca, struct sn_diag *reterr);

/**
 * Signs an agent's request. @param renew the node has shown its certificate; else the name must be free
 * @return 0; -EEXIST: the node has a certificate in force; -EINVAL: no name of a host, no good request; or another with words
 */
int sn_ca_sign_agent(struct sn_ca *ca, const char *node, struct sn_view request, bool renew, char **ret_certificate,
		     struct sn_diag *reterr);
/** Whether an agent's certificate is still good: issued here for this node, and not revoked. */
bool sn_ca_accepts(const struct sn_ca *ca, const char *node, const char *serial);
/** Revokes all certificates of a node. @return 0, -ENOENT, or a negative errno. */
int sn_ca_revoke(struct sn_ca *ca, const char *node, struct sn_diag *reterr);

#endif
