/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Who may do what: tokens and sessions with their roles, and a brake on guessing. Of a secret only its SHA-256 is kept.
 */
#ifndef SN_CONTROLLER_AUTH_H
#define SN_CONTROLLER_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "sauron/diag.h"

struct sn_http_request;

enum sn_role {
	SN_ROLE_NONE,
	SN_ROLE_JOIN,	  /* gets a certificate for a node; no more */
	SN_ROLE_AGENT,	  /* tells of its node, asks for its state; no more */
	SN_ROLE_VIEWER,	  /* sees */
	SN_ROLE_OPERATOR, /* changes */
	SN_ROLE_ADMIN,	  /* gives tokens */
	_SN_ROLE_MAX,
};
extern const char *const sn_role_names[_SN_ROLE_MAX + 1];

#define SN_TOKEN_TEXT 65 /* 256 bits in hexadecimal */

/** Who a request comes from. */
struct sn_identity {
	enum sn_role role;
	char user[64]; /* of an agent: the name of its node, "" when the token is bound to none */
	bool by_cookie;
};

struct sn_auth;

/** Reads DIRECTORY/tokens.json, where it is there. @return 0 or a negative errno with words. */
int sn_auth_new(const char *directory, uint64_t session_lifetime_ns, struct sn_auth **ret_auth, struct sn_diag *reterr);
struct sn_auth *sn_auth_free(struct sn_auth *auth);

struct sn_token_grant {
	const char *user;
	enum sn_role role;
	uint64_t lifetime_ns; /* 0: for ever */
	bool once;	      /* gone with its first use */
	bool kept;	      /* written to disk */
};
/** Makes a token. @return 0, -ENOSPC (too many), or a negative errno. The text is the only copy. */
int sn_auth_grant(struct sn_auth *auth, const struct sn_token_grant *grant, char ret_token[SN_TOKEN_TEXT]);

/**
 * Turns a token into a session, whose secret goes into a cookie.
 * @return 0; -EACCES: no such token; -EAGAIN: this address has guessed too often and has to wait.
 */
int sn_auth_login(struct sn_auth *auth, const char *address, const char *token, char ret_secret[SN_TOKEN_TEXT],
		  struct sn_identity *ret_identity);
void sn_auth_logout(struct sn_auth *auth, const struct sn_http_request *request);
/**
 * By "Authorization: Bearer TOKEN" or the cookie.
 * @return 0; -EACCES: nobody, or one whose time is over; -EAGAIN as above.
 */
int sn_auth_identify(struct sn_auth *auth, const struct sn_http_request *request, struct sn_identity *ret_identity);

/**
 * Whether a person (or what works for one) may ask once more now: so many in a second over a while, more in a burst. Agents have
 * limits of their own.
 */
bool sn_auth_may_ask(struct sn_auth *auth, const char *user);
/** A token of the role join that was good for one use has been used. */
void sn_auth_spend(struct sn_auth *auth, const struct sn_http_request *request);
/** Ends the tokens and sessions of a user. @param role SN_ROLE_NONE: of any. @return how many. */
size_t sn_auth_revoke(struct sn_auth *auth, enum sn_role role, const char *user);

#define SN_AUTH_COOKIE "sauron_session"

#endif
