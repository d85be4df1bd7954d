/* SPDX-License-Identifier: Apache-2.0 */
/** @file The server's TLS by GnuTLS, which is what libmicrohttpd speaks. */
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "http/tls.h"

struct tls {
	gnutls_certificate_credentials_t credentials;
	bool asks; /* for client certificates */
	unsigned uses;
};

static gnutls_datum_t datum(const char *pem)
{
	/* GnuTLS does not write to what it reads; its type does not say so. */
	return (gnutls_datum_t) { .data = (unsigned char *)pem, .size = (unsigned)strlen(pem) };
}

static int load(struct tls *tls, const struct sn_http_tls *pem, struct sn_diag *reterr)
{
	gnutls_datum_t certificate = datum(pem->certificate_pem), key = datum(pem->key_pem), ca;
	int got = gnutls_certificate_set_x509_key_mem(tls->credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);

	if (got < 0)
		return sn_diag_set(reterr, -EINVAL, "the certificate and its key cannot be used: %s", gnutls_strerror(got));
	if (!pem->client_ca_pem)
		return 0;
	ca = datum(pem->client_ca_pem);
	got = gnutls_certificate_set_x509_trust_mem(tls->credentials, &ca, GNUTLS_X509_FMT_PEM);
	if (got <= 0)
		return sn_diag_set(reterr, -EINVAL, "the CA of client certificates cannot be used: %s",
				   got ? gnutls_strerror(got) : "there is no certificate in it");
	tls->asks = true;
	return 0;
}

int tls_new(const struct sn_http_tls *pem, struct tls **ret_tls, struct sn_diag *reterr)
{
	struct tls *tls;
	int err;

	if (!pem->certificate_pem || !pem->key_pem)
		return sn_diag_set(reterr, -EINVAL, "TLS needs a certificate and its key");
	tls = calloc(1, sizeof(*tls));
	if (!tls || gnutls_certificate_allocate_credentials(&tls->credentials) < 0) {
		free(tls);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	tls->uses = 1;
	err = load(tls, pem, reterr);
	if (err) {
		tls_release(tls);
		return err;
	}
	*ret_tls = tls;
	return 0;
}

struct tls *tls_use(struct tls *tls)
{
	tls->uses++;
	return tls;
}

struct tls *tls_release(struct tls *tls)
{
	if (!tls || --tls->uses > 0)
		return NULL;
	gnutls_certificate_free_credentials(tls->credentials);
	free(tls);
	return NULL;
}

/** In the handshake: no certificate is fine, one that is not good ends it. */
static int verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	gnutls_datum_t words = { 0 };
	unsigned status = 0, count = 0;
	int err;

	if (!gnutls_certificate_get_peers(session, &count) || !count)
		return 0;
	err = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
	if (!err && !status)
		return 0;
	if (!err)
		gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0);
	sn_log_debug("http: a client certificate is refused: %s", err ? gnutls_strerror(err) : (const char *)words.data);
	gnutls_free(words.data);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

int tls_session_begin(struct tls *tls, gnutls_session_t session)
{
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0)
		return -EIO;
	if (!tls->asks)
		return 0;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(session, verify);
	return 0;
}

static int read_peer(gnutls_x509_crt_t crt, const gnutls_datum_t *der, struct tls_peer *ret_peer)
{
	unsigned char serial[sizeof(ret_peer->serial) / 2];
	size_t name_size = sizeof(ret_peer->name), serial_size = sizeof(serial), at = 0;

	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0 ||
	    gnutls_x509_crt_get_serial(crt, serial, &serial_size) < 0)
		return -EIO;
	/* A name that does not fit, or holds a NUL, is not taken for another one. */
	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret_peer->name, &name_size) < 0 ||
	    strlen(ret_peer->name) != name_size)
		return -EIO;
	while (at + 1 < serial_size && !serial[at])
		at++;
	ret_peer->serial[0] = '\0';
	for (size_t i = at, len = 0; i < serial_size && len + 2 < sizeof(ret_peer->serial); i++)
		len += (size_t)snprintf(ret_peer->serial + len, sizeof(ret_peer->serial) - len, "%02x", serial[i]);
	return 0;
}

int tls_session_peer(gnutls_session_t session, struct tls_peer *ret_peer)
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	struct tls_peer peer = { 0 };
	gnutls_x509_crt_t crt;
	int err;

	if (!chain || !count)
		return -ENOENT;
	if (gnutls_x509_crt_init(&crt) < 0)
		return -ENOMEM;
	err = read_peer(crt, chain, &peer);
	gnutls_x509_crt_deinit(crt);
	if (!err)
		*ret_peer = peer;
	return err;
}
