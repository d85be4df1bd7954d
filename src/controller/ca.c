/* SPDX-License-Identifier: Apache-2.0 */
/** @file CA, server certificate and the list of agents' certificates. */
#include "controller/ca.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "http/pki.h"
#include "model/document.h"

#define SERVER_DAYS  90u
#define SERVER_RENEW (30 * 86400) /* s before its end */
#define DAY_NS	     (86400 * SN_NSEC_PER_SEC)
#define NODES_MAX    100000u

struct sn_ca {
	char *directory;
	char **names;
	unsigned agent_days;
	struct sn_pki_ca *ca;
	char *certificate, *server_certificate, *server_key;
	char fingerprint[65];
	json_t *agents; /* node → {"serial", "before", "expires", "revoked"}; "before": of the certificate that is being replaced
			 */
};

static char *path_of(const struct sn_ca *ca, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", ca->directory, name) < 0 ? NULL : path;
}

static int file_read(const struct sn_ca *ca, const char *name, char **ret_text)
{
	SN_AUTO_FREE char *path = path_of(ca, name);

	return path ? sn_pki_file_read(path, ret_text, /* reterr= */ NULL) : -ENOMEM;
}

static int file_write(const struct sn_ca *ca, const char *name, const char *text, mode_t mode, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *path = path_of(ca, name);

	return path ? sn_pki_file_write(path, text, mode, reterr) : sn_diag_set(reterr, -ENOMEM, "out of memory");
}

/* --- the CA itself */

static int ca_make(struct sn_ca *ca, struct sn_diag *reterr)
{
	char *key = NULL;
	int err = sn_pki_ca_make("Sauron controller CA", &ca->certificate, &key, reterr);

	/* The key first: a certificate without its key would be taken for a CA that is damaged. */
	if (!err)
		err = file_write(ca, "ca.key", key, 0600, reterr);
	if (!err)
		err = file_write(ca, "ca.pem", ca->certificate, 0644, reterr);
	if (!err)
		err = sn_pki_ca_open(ca->certificate, key, &ca->ca, reterr);
	sn_pki_forget(key);
	return err;
}

static int ca_load(struct sn_ca *ca, struct sn_diag *reterr)
{
	struct sn_pki_certificate read;
	char *key = NULL;
	int err = file_read(ca, "ca.pem", &ca->certificate);

	if (err == -ENOENT)
		err = ca_make(ca, reterr);
	else if (!err)
		err = file_read(ca, "ca.key", &key);
	if (!err && !ca->ca)
		err = sn_pki_ca_open(ca->certificate, key, &ca->ca, reterr);
	sn_pki_forget(key);
	if (!err)
		err = sn_pki_read((struct sn_view) { (const uint8_t *)ca->certificate, strlen(ca->certificate) }, &read, reterr);
	if (err)
		return reterr && reterr->text[0]
			       ? err
			       : sn_diag_set(reterr, err, "%s: the CA cannot be read: %s", ca->directory, strerror(-err));
	snprintf(ca->fingerprint, sizeof(ca->fingerprint), "%s", read.fingerprint);
	return 0;
}

/* --- the server's certificate */

static bool server_is_good(const struct sn_ca *ca)
{
	struct sn_pki_certificate read;

	if (!ca->server_certificate || !ca->server_key ||
	    sn_pki_read((struct sn_view) { (const uint8_t *)ca->server_certificate, strlen(ca->server_certificate) }, &read,
			/* reterr= */ NULL) < 0)
		return false;
	return strncmp(read.name, ca->names[0], SN_PKI_NAME_MAX) == 0 &&
	       read.not_after_s - (int64_t)(sn_clock_realtime_ns() / SN_NSEC_PER_SEC) > SERVER_RENEW;
}

int sn_ca_renew_server(struct sn_ca *ca, struct sn_diag *reterr)
{
	char *certificate = NULL, *key = NULL;
	int err;

	if (server_is_good(ca))
		return 0;
	err = sn_pki_issue_server(ca->ca, (const char *const *)ca->names, SERVER_DAYS, &certificate, &key, reterr);
	if (err)
		return err;
	free(ca->server_certificate);
	sn_pki_forget(ca->server_key);
	ca->server_certificate = certificate;
	ca->server_key = key;
	err = file_write(ca, "server.key", key, 0600, reterr);
	if (!err)
		err = file_write(ca, "server.pem", certificate, 0644, reterr);
	return err ? err : 1;
}

/** What was issued at the last start, for the same names; else another. */
static int server_load(struct sn_ca *ca, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *names = NULL;
	struct sn_text wanted = { 0 };
	int err;

	for (char **name = ca->names; *name; name++)
		sn_text_addf(&wanted, "%s\n", *name);
	if (wanted.failed) {
		sn_text_free(&wanted);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	if (!file_read(ca, "server.names", &names) && !strcmp(names, wanted.data)) {
		file_read(ca, "server.pem", &ca->server_certificate);
		file_read(ca, "server.key", &ca->server_key);
	}
	err = sn_ca_renew_server(ca, reterr);
	if (err >= 0)
		err = file_write(ca, "server.names", wanted.data, 0644, reterr);
	sn_text_free(&wanted);
	return err;
}

/* --- agents */

static int agents_load(struct sn_ca *ca, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *path = path_of(ca, "agents.json");
	json_error_t error;
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f)
		ca->agents = path && errno == ENOENT ? json_object() : NULL;
	else
		ca->agents = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	if (f)
		fclose(f);
	if (json_is_object(ca->agents))
		return 0;
	return sn_diag_set(reterr, -EINVAL, "%s: the list of agents' certificates cannot be read%s%s",
			   path ? path : "agents.json", f ? ": " : "", f ? error.text : "");
}

static int agents_save(struct sn_ca *ca, struct sn_diag *reterr)
{
	struct sn_text text = { 0 };
	int err = sn_json_text(ca->agents, &text);

	err = err ? sn_diag_set(reterr, err, "out of memory") : file_write(ca, "agents.json", text.data, 0600, reterr);
	sn_text_free(&text);
	return err;
}

/** A name of a host (RFC 1123), lower-case: it stands in paths, in tables, in a certificate. */
static bool is_host_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > SN_PKI_NAME_MAX || name[0] == '-' || name[0] == '.' || name[len - 1] == '-' || name[len - 1] == '.')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == len;
}

static const char *text_of(const json_t *agent, const char *name)
{
	const char *text = json_string_value(json_object_get(agent, name));

	return text ? text : "";
}

static bool in_force(const json_t *agent)
{
	return agent && !json_is_true(json_object_get(agent, "revoked")) &&
	       json_integer_value(json_object_get(agent, "expires")) > (json_int_t)(sn_clock_realtime_ns() / SN_NSEC_PER_SEC);
}

int sn_ca_sign_agent(struct sn_ca *ca, const char *node, struct sn_view request, bool renew, char **ret_certificate,
		     struct sn_diag *reterr)
{
	json_t *agent = json_object_get(ca->agents, node), *entry;
	struct sn_pki_certificate read;
	char *certificate = NULL;
	int err;

	if (!is_host_name(node))
		return sn_diag_set(reterr, -EINVAL, "a node's name is that of a host, of 1 to %d lower-case characters",
				   SN_PKI_NAME_MAX);
	if (in_force(agent) && !renew)
		return sn_diag_set(reterr, -EEXIST, "node %s has joined already; remove it first if its key is lost", node);
	if (!agent && json_object_size(ca->agents) >= NODES_MAX)
		return sn_diag_set(reterr, -ENOSPC, "there are %u nodes: no more can join", NODES_MAX);
	err = sn_pki_request_sign(ca->ca, request, node, ca->agent_days, &certificate, reterr);
	if (!err)
		err = sn_pki_read((struct sn_view) { (const uint8_t *)certificate, strlen(certificate) }, &read, reterr);
	if (err) {
		free(certificate);
		return err;
	}
	entry = json_pack("{s:s, s:s, s:I, s:b}", "serial", read.serial, "before", renew ? text_of(agent, "serial") : "",
			  "expires", (json_int_t)read.not_after_s, "revoked", 0);
	err = json_object_set_new(ca->agents, node, entry) < 0 ? -ENOMEM : agents_save(ca, reterr);
	if (err) {
		free(certificate);
		return err;
	}
	*ret_certificate = certificate;
	return 0;
}

bool sn_ca_accepts(const struct sn_ca *ca, const char *node, const char *serial)
{
	const json_t *agent = json_object_get(ca->agents, node);

	/* The one before counts until the new one has been shown: its answer may have been lost on the way. */
	return in_force(agent) && *serial &&
	       (!strcmp(text_of(agent, "serial"), serial) || !strcmp(text_of(agent, "before"), serial));
}

int sn_ca_revoke(struct sn_ca *ca, const char *node, struct sn_diag *reterr)
{
	json_t *agent = json_object_get(ca->agents, node);

	if (!agent)
		return -ENOENT;
	json_object_set_new(agent, "revoked", json_true());
	return agents_save(ca, reterr);
}

/* --- life */

static int names_copy(struct sn_ca *ca, const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	ca->names = calloc(count + 1, sizeof(*ca->names));
	for (size_t i = 0; ca->names && i < count; i++)
		if (!(ca->names[i] = strdup(names[i])))
			return -ENOMEM;
	return ca->names && count ? 0 : -ENOMEM;
}

int sn_ca_open_only(const char *state_dir, struct sn_ca **ret_ca, struct sn_diag *reterr)
{
	struct sn_ca *ca = calloc(1, sizeof(*ca));
	int err;

	if (ca)
		ca->directory = strdup(state_dir);
	if (!ca || !ca->directory) {
		sn_ca_free(ca);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	err = ca_load(ca, reterr);
	if (!err)
		err = agents_load(ca, reterr);
	if (err) {
		sn_ca_free(ca);
		return err;
	}
	*ret_ca = ca;
	return 0;
}

int sn_ca_open(const char *state_dir, const char *const *names, uint64_t agent_lifetime_ns, struct sn_ca **ret_ca,
	       struct sn_diag *reterr)
{
	struct sn_ca *ca;
	int err = sn_ca_open_only(state_dir, &ca, reterr);

	if (err)
		return err;
	ca->agent_days = (unsigned)SN_MAX(agent_lifetime_ns / DAY_NS, 1);
	err = names_copy(ca, names);
	if (err)
		sn_diag_set(reterr, err, "out of memory");
	if (!err)
		err = server_load(ca, reterr);
	if (err) {
		sn_ca_free(ca);
		return err;
	}
	*ret_ca = ca;
	return 0;
}

struct sn_ca *sn_ca_free(struct sn_ca *ca)
{
	if (!ca)
		return NULL;
	for (char **name = ca->names; name && *name; name++)
		free(*name);
	free(ca->names);
	free(ca->directory);
	free(ca->certificate);
	free(ca->server_certificate);
	sn_pki_forget(ca->server_key);
	sn_pki_ca_free(ca->ca);
	json_decref(ca->agents);
	free(ca);
	return NULL;
}

const char *sn_ca_certificate(const struct sn_ca *ca)
{
	return ca->certificate;
}

const char *sn_ca_server_certificate(const struct sn_ca *ca)
{
	return ca->server_certificate;
}

const char *sn_ca_server_key(const struct sn_ca *ca)
{
	return ca->server_key;
}

const char *sn_ca_fingerprint(const struct sn_ca *ca)
{
	return ca->fingerprint;
}
