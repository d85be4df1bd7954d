/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tokens on disk and in memory, sessions, and failed attempts by address. */
#include "controller/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "http/pki.h"
#include "http/server.h"

#define TOKENS_MAX   1024u
#define SESSIONS_MAX 1024u
#define HASH_LEN     32
/* Guessing 256 bits is hopeless; the brake keeps it out of the log and the CPU. */
#define GUESSES_MAX 10u
#define GUESS_NS    (60 * SN_NSEC_PER_SEC)
#define ADDRESSES   256u

const char *const sn_role_names[_SN_ROLE_MAX + 1] = { "none", "join", "agent", "viewer", "operator", "admin", NULL };

struct token {
	uint8_t hash[HASH_LEN];
	char user[64];
	enum sn_role role;
	uint64_t expires_ns; /* CLOCK_REALTIME; 0: never */
	bool once, kept;
};

struct guesses {
	char address[64];
	unsigned count;
	uint64_t since_ns; /* CLOCK_BOOTTIME */
};

/* A page of the console asks some fifty questions at once; nobody asks a hundred in a second for long. */
#define ASKS_PER_S 100u
#define ASKS_BURST 1000u
#define ASKERS	   256u

/** What a user may still ask; users share places as addresses do. */
struct asker {
	double left;
	uint64_t at_ns; /* CLOCK_BOOTTIME; 0: has not asked yet */
};

struct sn_auth {
	char *path;
	uint64_t session_lifetime_ns;
	struct token *tokens, *sessions;
	size_t token_count, session_count;
	struct guesses guesses[ADDRESSES];
	struct asker askers[ASKERS];
};

static bool hash_of(const char *secret, uint8_t ret_hash[HASH_LEN])
{
	return strlen(secret) < 256 && EVP_Digest(secret, strlen(secret), ret_hash, NULL, EVP_sha256(), NULL) == 1;
}

static bool expired(const struct token *token)
{
	return token->expires_ns && token->expires_ns <= sn_clock_realtime_ns();
}

static struct token *find(struct token *tokens, size_t count, const uint8_t hash[HASH_LEN])
{
	struct token *found = NULL;

	/* All of them, each in the same time: how long it takes tells nothing. */
	for (size_t i = 0; i < count; i++)
		if (CRYPTO_memcmp(tokens[i].hash, hash, HASH_LEN) == 0)
			found = &tokens[i];
	return found && !expired(found) ? found : NULL;
}

static void hex(const uint8_t *data, size_t len, char *ret_text)
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret_text + 2 * i, 3, "%02x", data[i]);
}

static bool unhex(const char *text, uint8_t ret_hash[HASH_LEN])
{
	for (size_t i = 0; i < HASH_LEN; i++) {
		unsigned octet;

		if (sscanf(text + 2 * i, "%2x", &octet) != 1)
			return false;
		ret_hash[i] = (uint8_t)octet;
	}
	return true;
}

/* --- tokens on disk */

static int save(const struct sn_auth *auth)
{
	json_t *list = json_array();
	SN_AUTO_FREE char *path = NULL;
	int fd, err = 0;

	for (size_t i = 0; i < auth->token_count; i++) {
		const struct token *token = &auth->tokens[i];
		char text[2 * HASH_LEN + 1];

		if (!token->kept)
			continue;
		hex(token->hash, HASH_LEN, text);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:b}", "sha256", text, "user", token->user, "role",
						      sn_role_names[token->role], "expires_ns", (json_int_t)token->expires_ns,
						      "once", token->once));
	}
	if (asprintf(&path, "%s.new", auth->path) < 0)
		path = NULL;
	fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		err = -errno;
	if (!err && (json_dumpfd(list, fd, JSON_INDENT(1)) < 0 || fsync(fd) < 0))
		err = errno ? -errno : -EIO;
	if (!err)
		err = sn_pki_file_hand_over(path, fd);
	if (fd >= 0)
		close(fd);
	if (!err && rename(path, auth->path) < 0)
		err = -errno;
	json_decref(list);
	return err;
}

static void load_one(struct sn_auth *auth, const json_t *entry)
{
	struct token *token = &auth->tokens[auth->token_count];
	const char *hash = json_string_value(json_object_get(entry, "sha256"));
	const char *user = json_string_value(json_object_get(entry, "user"));
	const char *role = json_string_value(json_object_get(entry, "role"));

	*token = (struct token) { .kept = true,
				  .once = json_is_true(json_object_get(entry, "once")),
				  .expires_ns = (uint64_t)json_integer_value(json_object_get(entry, "expires_ns")) };
	if (!hash || strlen(hash) != 2 * HASH_LEN || !unhex(hash, token->hash) || !user || !role)
		return;
	snprintf(token->user, sizeof(token->user), "%s", user);
	for (enum sn_role r = SN_ROLE_JOIN; r < _SN_ROLE_MAX; r++)
		if (strcmp(sn_role_names[r], role) == 0)
			token->role = r;
	if (token->role != SN_ROLE_NONE && !expired(token))
		auth->token_count++;
}

static int load(struct sn_auth *auth, struct sn_diag *reterr)
{
	json_error_t error;
	json_t *list, *entry;
	size_t i;

	if (access(auth->path, F_OK) < 0)
		return 0;
	list = json_load_file(auth->path, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_array(list)) {
		json_decref(list);
		return sn_diag_set(reterr, -EINVAL, "%s:%d: the tokens cannot be read: %s", auth->path, error.line,
				   list ? "no list" : error.text);
	}
	json_array_foreach(list, i, entry)
	{
		if (auth->token_count < TOKENS_MAX)
			load_one(auth, entry);
	}
	json_decref(list);
	return 0;
}

int sn_auth_new(const char *directory, uint64_t session_lifetime_ns, struct sn_auth **ret_auth, struct sn_diag *reterr)
{
	struct sn_auth *auth = calloc(1, sizeof(*auth));
	int err;

	if (!auth)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	auth->session_lifetime_ns = session_lifetime_ns;
	auth->tokens = calloc(TOKENS_MAX, sizeof(*auth->tokens));
	auth->sessions = calloc(SESSIONS_MAX, sizeof(*auth->sessions));
	if (asprintf(&auth->path, "%s/tokens.json", directory) < 0)
		auth->path = NULL;
	if (!auth->tokens || !auth->sessions || !auth->path)
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	else
		err = load(auth, reterr);
	if (err) {
		sn_auth_free(auth);
		return err;
	}
	*ret_auth = auth;
	return 0;
}

struct sn_auth *sn_auth_free(struct sn_auth *auth)
{
	if (!auth)
		return NULL;
	free(auth->tokens);
	free(auth->sessions);
	free(auth->path);
	free(auth);
	return NULL;
}

/* --- granting */

static int secret_make(char ret_secret[SN_TOKEN_TEXT])
{
	uint8_t random[HASH_LEN];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	hex(random, sizeof(random), ret_secret);
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}

/** Forgets what is over, so that the table does not fill with it. */
static void expire(struct token *tokens, size_t *count)
{
	for (size_t i = 0; i < *count;)
		if (expired(&tokens[i]))
			tokens[i] = tokens[--*count];
		else
			i++;
}

int sn_auth_grant(struct sn_auth *auth, const struct sn_token_grant *grant, char ret_token[SN_TOKEN_TEXT])
{
	struct token token = { .role = grant->role, .once = grant->once, .kept = grant->kept };
	int err = secret_make(ret_token);

	expire(auth->tokens, &auth->token_count);
	if (!err && auth->token_count == TOKENS_MAX)
		err = -ENOSPC;
	if (err || !hash_of(ret_token, token.hash))
		return err ? err : -EIO;
	snprintf(token.user, sizeof(token.user), "%s", grant->user);
	if (grant->lifetime_ns)
		token.expires_ns = sn_clock_realtime_ns() + grant->lifetime_ns;
	auth->tokens[auth->token_count++] = token;
	if (grant->kept)
		err = save(auth);
	if (err)
		auth->token_count--;
	return err;
}

/* --- guessing */

static uint32_t place_of(const char *text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *p = text; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	return hash;
}

bool sn_auth_may_ask(struct sn_auth *auth, const char *user)
{
	struct asker *asker = &auth->askers[place_of(user) % ASKERS];
	uint64_t now_ns = sn_clock_boottime_ns();

	asker->left = asker->at_ns ? asker->left + (double)(now_ns - asker->at_ns) / 1e9 * ASKS_PER_S : ASKS_BURST;
	asker->left = SN_MIN(asker->left, (double)ASKS_BURST);
	asker->at_ns = now_ns;
	if (asker->left < 1)
		return false;
	asker->left--;
	return true;
}

/* Addresses share places: one who guesses holds up a few others who come from nowhere known, for a minute. */
static struct guesses *guesses_of(struct sn_auth *auth, const char *address)
{
	struct guesses *guesses = &auth->guesses[place_of(address) % ADDRESSES];

	if (strcmp(guesses->address, address) != 0 || sn_clock_boottime_ns() - guesses->since_ns > GUESS_NS) {
		*guesses = (struct guesses) { .since_ns = sn_clock_boottime_ns() };
		snprintf(guesses->address, sizeof(guesses->address), "%s", address);
	}
	return guesses;
}

static int guess_failed(struct sn_auth *auth, const char *address)
{
	if (++guesses_of(auth, address)->count == GUESSES_MAX)
		sn_log_warning("%s has shown %u wrong tokens in a minute and has to wait", *address ? address : "a local peer",
			       GUESSES_MAX);
	return -EACCES;
}

static bool guess_braked(struct sn_auth *auth, const char *address)
{
	return guesses_of(auth, address)->count >= GUESSES_MAX;
}

/* --- using */

static void identity_of(const struct token *token, bool by_cookie, struct sn_identity *ret_identity)
{
	*ret_identity = (struct sn_identity) { .role = token->role, .by_cookie = by_cookie };
	snprintf(ret_identity->user, sizeof(ret_identity->user), "%s", token->user);
}

static struct token *token_find(struct sn_auth *auth, const char *secret)
{
	uint8_t hash[HASH_LEN];

	return hash_of(secret, hash) ? find(auth->tokens, auth->token_count, hash) : NULL;
}

static void token_used(struct sn_auth *auth, struct token *token)
{
	bool kept = token->kept;

	if (!token->once)
		return;
	*token = auth->tokens[--auth->token_count];
	if (kept && save(auth))
		sn_log_warning("%s cannot be written: a token that was used once may be used again after a restart", auth->path);
}

int sn_auth_login(struct sn_auth *auth, const char *address, const char *secret, char ret_secret[SN_TOKEN_TEXT],
		  struct sn_identity *ret_identity)
{
	struct token *token, session;
	int err;

	if (guess_braked(auth, address))
		return -EAGAIN;
	token = token_find(auth, secret);
	if (!token || token->role < SN_ROLE_VIEWER)
		return guess_failed(auth, address);
	err = secret_make(ret_secret);
	if (err || !hash_of(ret_secret, session.hash))
		return err ? err : -EIO;
	expire(auth->sessions, &auth->session_count);
	if (auth->session_count == SESSIONS_MAX) /* the one that has been there longest */
		memmove(auth->sessions, auth->sessions + 1, --auth->session_count * sizeof(*auth->sessions));
	identity_of(token, /* by_cookie= */ true, ret_identity);
	session.role = token->role;
	snprintf(session.user, sizeof(session.user), "%s", token->user);
	session.expires_ns = sn_clock_realtime_ns() + auth->session_lifetime_ns;
	session.once = session.kept = false;
	auth->sessions[auth->session_count++] = session;
	token_used(auth, token);
	return 0;
}

void sn_auth_spend(struct sn_auth *auth, const struct sn_http_request *request)
{
	const char *header = request->header(request, "Authorization");
	struct token *token = header && strncasecmp(header, "Bearer ", 7) == 0 ? token_find(auth, header + 7) : NULL;

	if (token)
		token_used(auth, token);
}

static size_t tokens_end(struct token *tokens, size_t *count, enum sn_role role, const char *user)
{
	size_t before = *count;

	for (size_t i = 0; i < *count;)
		if (strcmp(tokens[i].user, user) == 0 && (role == SN_ROLE_NONE || tokens[i].role == role))
			tokens[i] = tokens[--*count];
		else
			i++;
	return before - *count;
}

size_t sn_auth_revoke(struct sn_auth *auth, enum sn_role role, const char *user)
{
	size_t count = tokens_end(auth->tokens, &auth->token_count, role, user);

	if (count && save(auth))
		sn_log_error("%s cannot be written: tokens that were revoked are good again after a restart", auth->path);
	return count + tokens_end(auth->sessions, &auth->session_count, role, user);
}

static struct token *session_of(struct sn_auth *auth, const struct sn_http_request *request)
{
	const char *secret = request->cookie(request, SN_AUTH_COOKIE);
	uint8_t hash[HASH_LEN];

	return secret && hash_of(secret, hash) ? find(auth->sessions, auth->session_count, hash) : NULL;
}

void sn_auth_logout(struct sn_auth *auth, const struct sn_http_request *request)
{
	struct token *session = session_of(auth, request);

	if (session)
		*session = auth->sessions[--auth->session_count];
}

int sn_auth_identify(struct sn_auth *auth, const struct sn_http_request *request, struct sn_identity *ret_identity)
{
	const char *header = request->header(request, "Authorization");
	struct token *found;

	if (header) {
		if (guess_braked(auth, request->address))
			return -EAGAIN;
		found = strncasecmp(header, "Bearer ", 7) == 0 ? token_find(auth, header + 7) : NULL;
		/* A token for one use is for signing in: here it would be spent by any question. */
		if (!found || (found->once && found->role != SN_ROLE_JOIN))
			return guess_failed(auth, request->address);
	} else {
		found = session_of(auth, request);
		if (!found)
			return -EACCES;
	}
	identity_of(found, /* by_cookie= */ !header, ret_identity);
	return 0;
}
