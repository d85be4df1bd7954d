/* SPDX-License-Identifier: Apache-2.0 */
/** @file The server's TLS: its credentials, which outlive their renewal in the connections that use them, and its peers' names.
 */
#ifndef SN_HTTP_TLS_H
#define SN_HTTP_TLS_H

#include <gnutls/gnutls.h>

#include "http/server.h"

/** What is offered: nothing older than TLS 1.2, nothing weaker than 128 bit. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls;
/** Reads PEM texts. One use is the caller's. @return 0, -ENOMEM, -EINVAL with words. */
int tls_new(const struct sn_http_tls *pem, struct tls **ret_tls, struct sn_diag *reterr);
struct tls *tls_use(struct tls *tls);
/** Gives up one use. NULL is fine. @return NULL. */
struct tls *tls_release(struct tls *tls);

/** A connection's session, before its handshake, gets the credentials. @return 0, -EIO. */
int tls_session_begin(struct tls *tls, gnutls_session_t session);

struct tls_peer {
	char name[65]; /* X.520: a common name has at most 64 characters; a longer one is none */
	char serial[48];
};
/** Of a session whose handshake is done. @return 0; -ENOENT: the peer has shown no certificate. */
int tls_session_peer(gnutls_session_t session, struct tls_peer *ret_peer);

#endif
