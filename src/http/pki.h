/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Identities for TLS: a CA of one's own, certificates of servers, and of clients by their signing requests. Keys are of
 * ECDSA P-256. Everything goes in and out as PEM; texts that are returned are the caller's to free, keys by sn_pki_forget.
 */
#ifndef SN_HTTP_PKI_H
#define SN_HTTP_PKI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "sauron/diag.h"

#define SN_PKI_NAME_MAX	 64	     /* characters of a common name, as X.520 has it */
#define SN_PKI_INPUT_MAX (64u << 10) /* octets that are looked at; a request or a certificate has less than 2 KiB */
#define SN_PKI_CA_DAYS	 3652u	     /* ten years */

struct sn_pki_ca;

/** Makes a CA that signs itself, valid for SN_PKI_CA_DAYS. @return 0, -EINVAL: no name for it, -ENOMEM, -EIO. */
int sn_pki_ca_make(const char *name, char **ret_certificate, char **ret_key, struct sn_diag *reterr);
/** Reads a CA. @return 0; -EINVAL: it is none, or the key is not its own; -ENOMEM. */
int sn_pki_ca_open(const char *certificate, const char *key, struct sn_pki_ca **ret_ca, struct sn_diag *reterr);
/** NULL is fine. @return NULL. */
struct sn_pki_ca *sn_pki_ca_free(struct sn_pki_ca *ca);

/**
 * Issues a server's certificate with a key of its own. It ends with the CA at the latest.
 * @param names host names ("*.example.org" too) and IP addresses, NULL at the end; the first is the common name, if it fits
 */
int sn_pki_issue_server(const struct sn_pki_ca *ca, const char *const *names, unsigned days, char **ret_certificate,
			char **ret_key, struct sn_diag *reterr);

/** Makes a request to be signed. @param key NULL: one is made; else the PEM of one to keep. @param ret_key NULL where kept. */
int sn_pki_request_make(const char *key, char **ret_request, char **ret_key, struct sn_diag *reterr);
/**
 * Signs a request for a client. Only its public key is taken; the name is the signer's choice, the rest is fixed.
 * @param name 1 to SN_PKI_NAME_MAX printable characters
 * @return 0; -EINVAL with words: it is no request, is not signed by its key, or its key is not P-256; -E2BIG; -ENOMEM, -EIO
 */
int sn_pki_request_sign(const struct sn_pki_ca *ca, struct sn_view request, const char *name, unsigned days,
			char **ret_certificate, struct sn_diag *reterr);

struct sn_pki_certificate {
	char name[SN_PKI_NAME_MAX + 1]; /* "" when it has none that fits */
	char serial[48];		/* lower-case hex, whole octets, without leading zero octets */
	int64_t not_before_s, not_after_s;
	char fingerprint[65]; /* SHA-256 of the certificate, lower-case hex, for pinning */
};

/** Reads the first certificate of a PEM text. @return 0, -EINVAL, -E2BIG. */
int sn_pki_read(struct sn_view pem, struct sn_pki_certificate *ret_certificate, struct sn_diag *reterr);

/** What root writes for one who runs as another user becomes that user's: his to whom the directory belongs. @return 0 or a
 * negative errno */
int sn_pki_file_hand_over(const char *path, int fd);
/** Writes a file in one piece: its name leads to the old one or to the new one, also after a crash. @param mode e.g. 0600 */
int sn_pki_file_write(const char *path, const char *text, mode_t mode, struct sn_diag *reterr);
/** Reads a file of at most SN_PKI_INPUT_MAX octets. @return 0, -ENOENT, -E2BIG, another negative errno. */
int sn_pki_file_read(const char *path, char **ret_text, struct sn_diag *reterr);

/** Wipes a key and frees it. NULL is fine. @return NULL. */
char *sn_pki_forget(char *key);

#endif
