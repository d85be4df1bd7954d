/* SPDX-License-Identifier: Apache-2.0 */
/** @file The environment and the files of a service account. */
#include "kube/access.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#define TOKEN_OCTETS 16384

bool sn_kube_in_pod(void)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");

	return host && *host;
}

static char *server_of_environment(void)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	bool bare_ipv6 = strchr(host, ':') && *host != '[';
	char *server;

	if (asprintf(&server, bare_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port && *port ? port : "443") < 0)
		return NULL;
	return server;
}

/** The file that is named; else the account's own, if it is there. */
static int take_file(const char *named, const char *own, char **ret_path, struct sn_diag *reterr)
{
	if (named && access(named, R_OK) < 0)
		return sn_diag_set(reterr, -EINVAL, "%s cannot be read: %s", named, strerror(errno));
	if (!named && access(own, R_OK) < 0)
		return 0;
	*ret_path = strdup(named ? named : own);
	return *ret_path ? 0 : sn_diag_set(reterr, -ENOMEM, "out of memory");
}

int sn_kube_access_init(const char *server, const char *ca_file, const char *token_file, struct sn_kube_access *ret_access,
			struct sn_diag *reterr)
{
	struct sn_kube_access access = { 0 };
	int err;

	if (!server && !sn_kube_in_pod())
		return sn_diag_set(reterr, -ENOENT, "KUBERNETES_SERVICE_HOST is not set: this is no pod");
	if (server && strncmp(server, "https://", 8) != 0 && strncmp(server, "http://", 7) != 0)
		return sn_diag_set(reterr, -EINVAL, "the API server is no URL: %s", server);
	access.server = server ? strdup(server) : server_of_environment();
	if (!access.server)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	for (size_t len = strlen(access.server); len && access.server[len - 1] == '/';)
		access.server[--len] = '\0';
	err = take_file(ca_file, SN_KUBE_ACCOUNT "/ca.crt", &access.ca_file, reterr);
	if (!err)
		err = take_file(token_file, SN_KUBE_ACCOUNT "/token", &access.token_file, reterr);
	if (err) {
		sn_kube_access_fini(&access);
		return err;
	}
	*ret_access = access;
	return 0;
}

void sn_kube_access_fini(struct sn_kube_access *access)
{
	free(access->server);
	free(access->ca_file);
	free(access->token_file);
	*access = (struct sn_kube_access) { 0 };
}

int sn_kube_authorization(const struct sn_kube_access *access, struct sn_text *ret_header, struct sn_diag *reterr)
{
	char token[TOKEN_OCTETS];
	SN_AUTO_FD int fd = -1;
	ssize_t len;

	if (!access->token_file)
		return 0;
	fd = open(access->token_file, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, token, sizeof(token) - 1);
	if (len < 0)
		return sn_diag_set(reterr, -errno, "the token in %s cannot be read: %s", access->token_file, strerror(errno));
	while (len && isspace((unsigned char)token[len - 1]))
		len--;
	token[len] = '\0';
	for (ssize_t i = 0; i < len; i++)
		if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] > '~')
			len = 0;
	if (!len)
		return sn_diag_set(reterr, -EINVAL, "%s holds no token", access->token_file);
	sn_text_addf(ret_header, "Authorization: Bearer %s", token);
	explicit_bzero(token, sizeof(token));
	return ret_header->failed ? -ENOMEM : 0;
}
