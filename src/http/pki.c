/* SPDX-License-Identifier: Apache-2.0 */
/** @file Identities for TLS, by OpenSSL's libcrypto. */
#include <ctype.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macro.h"
#include "http/pki.h"

#define CURVE	       "P-256"
#define CURVE_NAME     "prime256v1" /* the same, as OpenSSL tells it */
#define SERIAL_BITS    128
#define SKEW_S	       3600L /* clocks of nodes differ */
#define DAYS_MAX       36500u
#define NAMES_MAX      256
#define X509_VERSION   2L /* the number that stands for version 3 */
#define REQUEST_HEADER "CERTIFICATE REQUEST"
#define REQUEST_BEGIN  "-----BEGIN " REQUEST_HEADER "-----"

struct sn_pki_ca {
	X509 *certificate;
	EVP_PKEY *key;
};

/** What OpenSSL says, in words. */
static int tell_openssl(struct sn_diag *reterr, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return sn_diag_set(reterr, -EIO, "%s: %s", what, reason ? reason : "no reason is known");
}

/* --- PEM */

static char *take_text(BIO *bio)
{
	char *data = NULL, *text;
	long len = BIO_get_mem_data(bio, &data);

	text = len > 0 ? strndup(data, (size_t)len) : NULL;
	if (len > 0)
		explicit_bzero(data, (size_t)len);
	BIO_free(bio);
	return text;
}

static char *write_certificate(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		PEM_write_bio_X509(bio, certificate);
	return bio ? take_text(bio) : NULL;
}

static char *write_request(X509_REQ *request)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		PEM_write_bio_X509_REQ(bio, request);
	return bio ? take_text(bio) : NULL;
}

static char *write_key(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	return bio ? take_text(bio) : NULL;
}

/** No key of ours has a passphrase; without this OpenSSL would ask for one at the terminal. */
static int no_passphrase(char *buffer, int size, int for_writing, void *ctx)
{
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = strlen(pem) <= SN_PKI_INPUT_MAX ? BIO_new_mem_buf(pem, -1) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static X509 *read_certificate(struct sn_view pem)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return certificate;
}

static bool is_p256(EVP_PKEY *key)
{
	char group[32];
	size_t len;

	return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, CURVE_NAME) == 0;
}

/* --- certificates */

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)name[i]))
			return false;
	return len > 0 && len <= SN_PKI_NAME_MAX;
}

static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) && !BN_is_zero(number) &&
		  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return ok;
}

static bool set_subject(X509 *certificate, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1;
}

static bool set_validity(X509 *certificate, unsigned days, const X509 *issuer)
{
	time_t now = time(NULL);

	if (!X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -SKEW_S, &now) ||
	    !X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, 0, &now))
		return false;
	/* Beyond its CA nobody would believe it. */
	if (issuer && ASN1_TIME_compare(X509_get0_notAfter(issuer), X509_get0_notAfter(certificate)) < 0)
		return X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) == 1;
	return true;
}

struct extension {
	int id;
	const char *value;
};

static bool add_extensions(X509 *certificate, X509 *issuer, const struct extension *extensions)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	for (; extensions->id; extensions++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, extensions->id, extensions->value);
		bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;

		X509_EXTENSION_free(extension);
		if (!ok)
			return false;
	}
	return true;
}

static const struct extension ca_extensions[] = { { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
						  { NID_key_usage, "critical,keyCertSign,cRLSign" },
						  { NID_subject_key_identifier, "hash" },
						  { 0 } };
static const struct extension server_extensions[] = { { NID_basic_constraints, "critical,CA:FALSE" },
						      { NID_key_usage, "critical,digitalSignature" },
						      { NID_ext_key_usage, "serverAuth" },
						      { NID_subject_key_identifier, "hash" },
						      { NID_authority_key_identifier, "keyid:always" },
						      { 0 } };
static const struct extension client_extensions[] = { { NID_basic_constraints, "critical,CA:FALSE" },
						      { NID_key_usage, "critical,digitalSignature" },
						      { NID_ext_key_usage, "clientAuth" },
						      { NID_subject_key_identifier, "hash" },
						      { NID_authority_key_identifier, "keyid:always" },
						      { 0 } };

struct wanted {
	const char *name;
	EVP_PKEY *key;
	unsigned days;
	const struct extension *extensions;
	GENERAL_NAMES *names; /* NULL: none */
};

/** @param ca NULL: it signs itself. @return NULL: OpenSSL knows why. */
static X509 *make_certificate(const struct sn_pki_ca *ca, const struct wanted *wanted)
{
	X509 *certificate = X509_new();
	X509 *issuer = ca ? ca->certificate : certificate;
	EVP_PKEY *signer = ca ? ca->key : wanted->key;

	if (certificate && X509_set_version(certificate, X509_VERSION) && set_serial(certificate) &&
	    set_subject(certificate, wanted->name) && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
	    set_validity(certificate, wanted->days, ca ? issuer : NULL) && X509_set_pubkey(certificate, wanted->key) &&
	    add_extensions(certificate, issuer, wanted->extensions) &&
	    (!wanted->names || X509_add1_ext_i2d(certificate, NID_subject_alt_name, wanted->names, 0, 0) == 1) &&
	    X509_sign(certificate, signer, EVP_sha256()) > 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

/** The certificate of `wanted` as PEM, and its key where one is asked for. */
static int issue(const struct sn_pki_ca *ca, const struct wanted *wanted, char **ret_certificate, char **ret_key,
		 struct sn_diag *reterr)
{
	X509 *certificate = make_certificate(ca, wanted);
	char *text = certificate ? write_certificate(certificate) : NULL;
	char *key = ret_key && text ? write_key(wanted->key) : NULL;

	X509_free(certificate);
	if (!text || (ret_key && !key)) {
		free(text);
		return tell_openssl(reterr, "the certificate cannot be made");
	}
	*ret_certificate = text;
	if (ret_key)
		*ret_key = key;
	return 0;
}

/* --- the CA */

int sn_pki_ca_make(const char *name, char **ret_certificate, char **ret_key, struct sn_diag *reterr)
{
	struct wanted wanted = { .name = name, .days = SN_PKI_CA_DAYS, .extensions = ca_extensions };
	int err;

	if (!is_name(name))
		return sn_diag_set(reterr, -EINVAL, "the name of a CA has 1 to %d printable characters", SN_PKI_NAME_MAX);
	wanted.key = EVP_EC_gen(CURVE);
	if (!wanted.key)
		return tell_openssl(reterr, "a key cannot be made");
	err = issue(/* ca= */ NULL, &wanted, ret_certificate, ret_key, reterr);
	EVP_PKEY_free(wanted.key);
	return err;
}

static int check_ca(const struct sn_pki_ca *ca, struct sn_diag *reterr)
{
	if (!ca->certificate)
		return sn_diag_set(reterr, -EINVAL, "the certificate of the CA is none");
	if (!ca->key)
		return sn_diag_set(reterr, -EINVAL, "the key of the CA is none, or has a passphrase");
	if (!is_p256(ca->key))
		return sn_diag_set(reterr, -EINVAL, "the key of the CA is not of ECDSA " CURVE);
	if (X509_check_ca(ca->certificate) != 1)
		return sn_diag_set(reterr, -EINVAL, "the certificate is not one of a CA");
	if (X509_check_private_key(ca->certificate, ca->key) != 1) {
		ERR_clear_error();
		return sn_diag_set(reterr, -EINVAL, "the key is not the one of the CA's certificate");
	}
	return 0;
}

int sn_pki_ca_open(const char *certificate, const char *key, struct sn_pki_ca **ret_ca, struct sn_diag *reterr)
{
	struct sn_view pem = { .data = (const uint8_t *)certificate, .len = strlen(certificate) };
	struct sn_pki_ca *ca;
	int err;

	if (pem.len > SN_PKI_INPUT_MAX)
		return sn_diag_set(reterr, -E2BIG, "the certificate of the CA has more than %u octets", SN_PKI_INPUT_MAX);
	ca = calloc(1, sizeof(*ca));
	if (!ca)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	ca->certificate = read_certificate(pem);
	ca->key = read_key(key);
	err = check_ca(ca, reterr);
	if (err) {
		sn_pki_ca_free(ca);
		return err;
	}
	*ret_ca = ca;
	return 0;
}

struct sn_pki_ca *sn_pki_ca_free(struct sn_pki_ca *ca)
{
	if (!ca)
		return NULL;
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
	free(ca);
	return NULL;
}

/* --- servers */

static bool is_host_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 253 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*") == len;
}

/** @return 0, -EINVAL, -ENOMEM */
static int add_name(GENERAL_NAMES *names, const char *name)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
	GENERAL_NAME *item = GENERAL_NAME_new();
	ASN1_IA5STRING *host = NULL;
	int err = item ? 0 : -ENOMEM;

	ERR_clear_error();
	if (item && !address && is_host_name(name)) {
		host = ASN1_IA5STRING_new();
		if (host && !ASN1_STRING_set(host, name, -1)) {
			ASN1_IA5STRING_free(host);
			host = NULL;
		}
		err = host ? 0 : -ENOMEM;
	} else if (!address) {
		err = item ? -EINVAL : -ENOMEM;
	}
	if (!err && address)
		GENERAL_NAME_set0_value(item, GEN_IPADD, SN_TAKE_PTR(address));
	else if (!err)
		GENERAL_NAME_set0_value(item, GEN_DNS, host);
	if (!err && sk_GENERAL_NAME_push(names, item) > 0)
		return 0;
	ASN1_OCTET_STRING_free(address);
	GENERAL_NAME_free(item);
	return err ? err : -ENOMEM;
}

static int add_names(GENERAL_NAMES *list, const char *const *names, struct sn_diag *reterr)
{
	int err = 0;

	for (size_t i = 0; names[i] && !err; i++) {
		err = i < NAMES_MAX ? add_name(list, names[i]) : -E2BIG;
		if (err == -EINVAL)
			return sn_diag_set(reterr, err, "'%.300s' is no host name and no address", names[i]);
	}
	if (err)
		return sn_diag_set(reterr, err, "%s", strerror(-err));
	return 0;
}

static int check_days(unsigned days, struct sn_diag *reterr)
{
	if (days == 0 || days > DAYS_MAX)
		return sn_diag_set(reterr, -EINVAL, "a certificate is valid for 1 to %u days", DAYS_MAX);
	return 0;
}

int sn_pki_issue_server(const struct sn_pki_ca *ca, const char *const *names, unsigned days, char **ret_certificate,
			char **ret_key, struct sn_diag *reterr)
{
	struct wanted wanted = { .days = days, .extensions = server_extensions };
	int err = check_days(days, reterr);

	if (err)
		return err;
	if (!names[0])
		return sn_diag_set(reterr, -EINVAL, "a server's certificate needs a name");
	wanted.name = is_name(names[0]) ? names[0] : "server";
	wanted.names = sk_GENERAL_NAME_new_null();
	if (!wanted.names)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	err = add_names(wanted.names, names, reterr);
	if (!err) {
		wanted.key = EVP_EC_gen(CURVE);
		err = wanted.key ? issue(ca, &wanted, ret_certificate, ret_key, reterr)
				 : tell_openssl(reterr, "a key cannot be made");
	}
	EVP_PKEY_free(wanted.key);
	GENERAL_NAMES_free(wanted.names);
	return err;
}

/* --- requests */

int sn_pki_request_make(const char *key, char **ret_request, char **ret_key, struct sn_diag *reterr)
{
	EVP_PKEY *pkey = key ? read_key(key) : EVP_EC_gen(CURVE);
	X509_REQ *request = X509_REQ_new();
	char *text = NULL, *made = NULL;
	int err = 0;

	if (key && !is_p256(pkey)) {
		err = sn_diag_set(reterr, -EINVAL, "the key is none of ECDSA " CURVE ", or has a passphrase");
	} else {
		/* Without a name: the signer chooses it. */
		if (pkey && request && X509_REQ_set_version(request, 0) && X509_REQ_set_pubkey(request, pkey) &&
		    X509_REQ_sign(request, pkey, EVP_sha256()) > 0)
			text = write_request(request);
		made = text && !key ? write_key(pkey) : NULL;
		if (!text || (!key && !made))
			err = tell_openssl(reterr, "the request cannot be made");
	}
	X509_REQ_free(request);
	EVP_PKEY_free(pkey);
	if (err) {
		free(text);
		return err;
	}
	*ret_request = text;
	if (made)
		*ret_key = made;
	return 0;
}

static bool only_space(BIO *bio)
{
	char c;

	while (BIO_read(bio, &c, 1) == 1)
		if (!isspace((unsigned char)c))
			return false;
	return true;
}

/** One request and nothing else, neither around it nor behind it within. */
static X509_REQ *read_request(struct sn_view pem)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	char *kind = NULL, *header = NULL;
	unsigned char *data = NULL;
	X509_REQ *request = NULL;
	long len = 0;

	if (bio && PEM_read_bio(bio, &kind, &header, &data, &len) == 1 && strcmp(kind, REQUEST_HEADER) == 0 && !header[0] &&
	    only_space(bio)) {
		const unsigned char *at = data;

		request = d2i_X509_REQ(NULL, &at, len);
		if (request && at != data + len) {
			X509_REQ_free(request);
			request = NULL;
		}
	}
	OPENSSL_free(kind);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	ERR_clear_error();
	return request;
}

static int check_request(X509_REQ *request, EVP_PKEY *key, struct sn_diag *reterr)
{
	int verified;

	if (!is_p256(key))
		return sn_diag_set(reterr, -EINVAL, "the key of the signing request is not of ECDSA " CURVE);
	verified = X509_REQ_verify(request, key);
	ERR_clear_error();
	if (verified != 1)
		return sn_diag_set(reterr, -EINVAL, "the signing request is not signed by its own key");
	return 0;
}

int sn_pki_request_sign(const struct sn_pki_ca *ca, struct sn_view request, const char *name, unsigned days,
			char **ret_certificate, struct sn_diag *reterr)
{
	struct wanted wanted = { .name = name, .days = days, .extensions = client_extensions };
	X509_REQ *parsed;
	int err = check_days(days, reterr);

	if (err)
		return err;
	if (!is_name(name))
		return sn_diag_set(reterr, -EINVAL, "a name in a certificate has 1 to %d printable characters", SN_PKI_NAME_MAX);
	if (request.len > SN_PKI_INPUT_MAX)
		return sn_diag_set(reterr, -E2BIG, "the signing request has more than %u octets", SN_PKI_INPUT_MAX);
	if (request.len < strlen(REQUEST_BEGIN) || memcmp(request.data, REQUEST_BEGIN, strlen(REQUEST_BEGIN)) != 0)
		return sn_diag_set(reterr, -EINVAL, "the signing request does not begin with " REQUEST_BEGIN);
	parsed = read_request(request);
	if (!parsed)
		return sn_diag_set(reterr, -EINVAL, "the signing request is damaged, or something stands behind it");
	wanted.key = X509_REQ_get0_pubkey(parsed);
	err = check_request(parsed, wanted.key, reterr);
	if (!err)
		err = issue(ca, &wanted, ret_certificate, /* ret_key= */ NULL, reterr);
	ERR_clear_error();
	X509_REQ_free(parsed);
	return err;
}

/* --- reading */

static void write_hex(const unsigned char *data, size_t len, char *ret_text, size_t size)
{
	ret_text[0] = '\0';
	for (size_t i = 0; i < len && 2 * i + 2 < size; i++)
		snprintf(ret_text + 2 * i, size - 2 * i, "%02x", data[i]);
}

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void read_name(const X509 *certificate, char *ret_name, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

	/* A name that does not fit, or holds a NUL, is not taken for another one. */
	if (len >= 0 && (size_t)len < size && !memchr(text, '\0', (size_t)len)) {
		memcpy(ret_name, text, (size_t)len);
		ret_name[len] = '\0';
	}
	if (len >= 0)
		OPENSSL_free(text);
}

int sn_pki_read(struct sn_view pem, struct sn_pki_certificate *ret_certificate, struct sn_diag *reterr)
{
	struct sn_pki_certificate read = { 0 };
	unsigned char digest[EVP_MAX_MD_SIZE];
	const ASN1_INTEGER *serial;
	unsigned digest_len = 0;
	X509 *certificate;

	if (pem.len > SN_PKI_INPUT_MAX)
		return sn_diag_set(reterr, -E2BIG, "the certificate has more than %u octets", SN_PKI_INPUT_MAX);
	certificate = read_certificate(pem);
	if (!certificate)
		return sn_diag_set(reterr, -EINVAL, "there is no certificate in it");
	read_name(certificate, read.name, sizeof(read.name));
	serial = X509_get0_serialNumber(certificate);
	write_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), read.serial, sizeof(read.serial));
	read.not_before_s = seconds(X509_get0_notBefore(certificate));
	read.not_after_s = seconds(X509_get0_notAfter(certificate));
	if (X509_digest(certificate, EVP_sha256(), digest, &digest_len) == 1)
		write_hex(digest, digest_len, read.fingerprint, sizeof(read.fingerprint));
	X509_free(certificate);
	ERR_clear_error();
	*ret_certificate = read;
	return 0;
}
