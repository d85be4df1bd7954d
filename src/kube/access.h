/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file How the API server of Kubernetes is reached: where it is, whose certificate is believed, with which token. What a pod
 * finds in its environment and in the files of its service account is the default.
 */
#ifndef SN_KUBE_ACCESS_H
#define SN_KUBE_ACCESS_H

#include <stdbool.h>

#include "base/text.h"
#include "sauron/diag.h"

#define SN_KUBE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

struct sn_kube_access {
	char *server;	  /* "https://10.96.0.1:443", without a slash at the end */
	char *ca_file;	  /* NULL: the system's CAs */
	char *token_file; /* NULL: no token is shown. Read anew for every request: the kubelet replaces it about hourly */
};

/** Whether the environment is that of a pod. */
bool sn_kube_in_pod(void);

/**
 * Fills what is NULL with what a pod finds; the account's files only where they are needed and there.
 * @return 0; -ENOENT: there is no API server to be found; -EINVAL: what is named is no URL, or a file of it cannot be read
 */
int sn_kube_access_init(const char *server, const char *ca_file, const char *token_file, struct sn_kube_access *ret_access,
			struct sn_diag *reterr);
/** Accepts what is all zero. */
void sn_kube_access_fini(struct sn_kube_access *access);

/** Writes "Authorization: Bearer TOKEN"; nothing when there is no token file. @return 0, -ENOENT …, -EINVAL: it holds none. */
int sn_kube_authorization(const struct sn_kube_access *access, struct sn_text *ret_header, struct sn_diag *reterr);

#endif
