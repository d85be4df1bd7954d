/* SPDX-License-Identifier: Apache-2.0 */
/** @file Identities: a CA, certificates of servers and clients, and what is refused when it is to be signed. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#include "base/macro.h"
#include "http/pki.h"

#define DAY_S 86400

static char *ca_pem, *ca_key;
static struct sn_pki_ca *ca;
static struct sn_diag diag;

static struct sn_view view(const char *text)
{
	return (struct sn_view) { .data = (const uint8_t *)text, .len = strlen(text) };
}

static X509 *parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(certificate);
	return certificate;
}

/** As a peer would, at the present time. @return an X509_V_… */
static int verify(const char *pem, const char *by, int purpose, const char *host)
{
	X509 *certificate = parse(pem), *root = parse(by);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int code;

	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(ctx, store, certificate, NULL);
	X509_STORE_CTX_set_purpose(ctx, purpose);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	if (host && !X509_VERIFY_PARAM_set1_ip_asc(X509_STORE_CTX_get0_param(ctx), host))
		X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), host, 0);
	code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(certificate);
	X509_free(root);
	ERR_clear_error();
	return code;
}

static void test_ca(void **state)
{
	struct sn_pki_certificate read;
	char *other_pem, *other_key;
	struct sn_pki_ca *none = NULL;

	assert_int_equal(sn_pki_read(view(ca_pem), &read, &diag), 0);
	assert_string_equal(read.name, "Sauron test CA");
	assert_in_range(read.not_after_s - time(NULL), 3650ll * DAY_S, 3654ll * DAY_S);
	assert_in_range(time(NULL) - read.not_before_s, 3000, 4000);
	assert_int_equal(strlen(read.fingerprint), 64);
	assert_in_range(strlen(read.serial), 20, 32);
	assert_int_equal(verify(ca_pem, ca_pem, X509_PURPOSE_ANY, NULL), X509_V_OK);
	assert_int_equal(sn_pki_ca_make("Sauron test CA", &other_pem, &other_key, &diag), 0);
	assert_int_equal(sn_pki_ca_open(ca_pem, other_key, &none, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "not the one of"));
	assert_int_equal(sn_pki_ca_open(ca_key, ca_pem, &none, &diag), -EINVAL);
	assert_int_equal(sn_pki_ca_open("", "", &none, &diag), -EINVAL);
	assert_int_equal(sn_pki_ca_make("", &other_pem, &other_key, &diag), -EINVAL);
	assert_null(none);
	free(other_pem);
	sn_pki_forget(other_key);
}

static void test_server(void **state)
{
	static const char *const names[] = { "controller.example.org", "*.example.net", "192.0.2.7", "2001:db8::1", NULL };
	static const char *const bad[][2] = { { "a b", NULL }, { "", NULL }, { "x,DNS:y", NULL }, { "1.2.3.4:80", NULL } };
	struct sn_pki_certificate read;
	struct sn_pki_ca *none = NULL;
	char *pem, *key;

	assert_int_equal(sn_pki_issue_server(ca, names, 365, &pem, &key, &diag), 0);
	assert_int_equal(sn_pki_read(view(pem), &read, &diag), 0);
	assert_string_equal(read.name, "controller.example.org");
	assert_in_range(read.not_after_s - time(NULL), 364 * DAY_S, 366 * DAY_S);
	for (size_t i = 0; names[i]; i++)
		assert_int_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_SERVER, i == 1 ? "a.example.net" : names[i]), X509_V_OK);
	assert_int_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_SERVER, "other.example.org"), X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_SERVER, "192.0.2.8"), X509_V_ERR_IP_ADDRESS_MISMATCH);
	assert_int_not_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_CLIENT, NULL), X509_V_OK);
	/* A server is no CA. */
	assert_int_equal(sn_pki_ca_open(pem, key, &none, &diag), -EINVAL);
	free(pem);
	sn_pki_forget(key);
	/* Not beyond its CA. */
	assert_int_equal(sn_pki_issue_server(ca, names, 20000, &pem, &key, &diag), 0);
	assert_int_equal(sn_pki_read(view(pem), &read, &diag), 0);
	assert_in_range(read.not_after_s - time(NULL), 3650ll * DAY_S, 3654ll * DAY_S);
	free(pem);
	sn_pki_forget(key);
	for (size_t i = 0; i < SN_ARRAY_SIZE(bad); i++) {
		diag.text[0] = '\0';
		assert_int_equal(sn_pki_issue_server(ca, bad[i], 365, &pem, &key, &diag), -EINVAL);
		assert_non_null(strstr(diag.text, "no host name"));
	}
	assert_int_equal(sn_pki_issue_server(ca, names, 0, &pem, &key, &diag), -EINVAL);
	assert_int_equal(sn_pki_issue_server(ca, names + 4, 1, &pem, &key, &diag), -EINVAL);
}

static void test_client(void **state)
{
	char *request, *key, *pem, *again, *kept = NULL, *second;
	struct sn_pki_certificate read, other;

	assert_int_equal(sn_pki_request_make(NULL, &request, &key, &diag), 0);
	assert_int_equal(sn_pki_request_sign(ca, view(request), "node-1", 30, &pem, &diag), 0);
	assert_int_equal(sn_pki_read(view(pem), &read, &diag), 0);
	assert_string_equal(read.name, "node-1");
	assert_in_range(read.not_after_s - time(NULL), 29 * DAY_S, 31 * DAY_S);
	assert_int_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_CLIENT, NULL), X509_V_OK);
	assert_int_not_equal(verify(pem, ca_pem, X509_PURPOSE_SSL_SERVER, NULL), X509_V_OK);
	/* With the key that is there; no serial number twice. */
	assert_int_equal(sn_pki_request_make(key, &again, &kept, &diag), 0);
	assert_null(kept);
	assert_int_equal(sn_pki_request_sign(ca, view(again), "node-1", 30, &second, &diag), 0);
	assert_int_equal(sn_pki_read(view(second), &other, &diag), 0);
	assert_string_not_equal(read.serial, other.serial);
	assert_string_not_equal(read.fingerprint, other.fingerprint);
	assert_int_equal(sn_pki_request_make("no key", &again, &kept, &diag), -EINVAL);
	free(request);
	free(again);
	free(pem);
	free(second);
	sn_pki_forget(key);
}

/* --- what is refused */

static char *request_of(EVP_PKEY *key, EVP_PKEY *signer, const char *name)
{
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;

	X509_REQ_set_version(request, 0);
	X509_REQ_set_pubkey(request, key);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
				   0);
	assert_true(X509_REQ_sign(request, signer, EVP_sha256()) > 0);
	PEM_write_bio_X509_REQ(bio, request);
	len = BIO_get_mem_data(bio, &data);
	text = strndup(data, (size_t)len);
	BIO_free(bio);
	X509_REQ_free(request);
	return text;
}

static void refuse(struct sn_view request, int err, const char *words)
{
	char *pem = NULL;

	diag.text[0] = '\0';
	assert_int_equal(sn_pki_request_sign(ca, request, "node-1", 30, &pem, &diag), err);
	assert_null(pem);
	if (!strstr(diag.text, words))
		fail_msg("'%s' is not in: %s", words, diag.text);
}

static void test_keys_refused(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *p384 = EVP_EC_gen("P-384"), *p256 = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	char *text = request_of(rsa, rsa, "x"), *pem;
	struct sn_pki_certificate read;

	refuse(view(text), -EINVAL, "P-256");
	free(text);
	text = request_of(p384, p384, "x");
	refuse(view(text), -EINVAL, "P-256");
	free(text);
	text = request_of(p256, other, "x");
	refuse(view(text), -EINVAL, "not signed by its own key");
	free(text);
	/* The name that it wants is not the one that it gets. */
	text = request_of(p256, p256, "administrator");
	assert_int_equal(sn_pki_request_sign(ca, view(text), "node-9", 30, &pem, &diag), 0);
	assert_int_equal(sn_pki_read(view(pem), &read, &diag), 0);
	assert_string_equal(read.name, "node-9");
	free(pem);
	free(text);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(other);
}

static void test_input_refused(void **state)
{
	char *request, *key, *text, *large = calloc(1, 1u << 20), *pem = NULL;
	size_t len;

	assert_int_equal(sn_pki_request_make(NULL, &request, &key, &diag), 0);
	len = strlen(request);
	refuse(view(""), -EINVAL, "does not begin");
	refuse(view("-----BEGIN CERTIFICATE REQUEST-----\n"), -EINVAL, "damaged");
	refuse(view(ca_pem), -EINVAL, "does not begin");
	refuse((struct sn_view) { (const uint8_t *)large, 1u << 20 }, -E2BIG, "more than");
	memset(large, 'A', (1u << 20) - 1);
	memcpy(large, request, len);
	refuse((struct sn_view) { (const uint8_t *)large, 60000 }, -EINVAL, "damaged");
	assert_true(asprintf(&text, "%sgarbage\n", request) > 0);
	refuse(view(text), -EINVAL, "behind it");
	free(text);
	assert_true(asprintf(&text, "%s%s", request, request) > 0);
	refuse(view(text), -EINVAL, "behind it");
	free(text);
	assert_true(asprintf(&text, "\n\n%s", request) > 0);
	refuse(view(text), -EINVAL, "does not begin");
	free(text);
	refuse((struct sn_view) { (const uint8_t *)request, len + 1 }, -EINVAL, "behind it"); /* a NUL */
	/* Every octet turned once, and cut at every place: refused, or it was only space or the armour's. */
	for (size_t i = 0; i < len; i++) {
		request[i] ^= 1;
		if (sn_pki_request_sign(ca, view(request), "x", 1, &pem, NULL) == 0)
			free(pem);
		request[i] ^= 1;
		if (sn_pki_request_sign(ca, (struct sn_view) { (const uint8_t *)request, i }, "x", 1, &pem, NULL) == 0) {
			assert_true(i >= len - 1);
			free(pem);
		}
	}
	assert_int_equal(sn_pki_request_sign(ca, view(request), "", 1, &pem, &diag), -EINVAL);
	assert_int_equal(sn_pki_request_sign(ca, view(request), "a\nb", 1, &pem, &diag), -EINVAL);
	memset(large, 'n', 65);
	large[65] = '\0';
	assert_int_equal(sn_pki_request_sign(ca, view(request), large, 1, &pem, &diag), -EINVAL);
	large[64] = '\0';
	assert_int_equal(sn_pki_request_sign(ca, view(request), large, 1, &pem, &diag), 0);
	free(pem);
	assert_int_equal(sn_pki_request_sign(ca, view(request), "x", 0, &pem, &diag), -EINVAL);
	free(large);
	free(request);
	sn_pki_forget(key);
}

/** Octets behind the request, within the armour. */
static void test_garbage_within(void **state)
{
	char *request, *key, *data, *text;
	unsigned char *der = NULL, *longer;
	char *name, *header;
	long len;
	BIO *bio;

	assert_int_equal(sn_pki_request_make(NULL, &request, &key, &diag), 0);
	bio = BIO_new_mem_buf(request, -1);
	assert_int_equal(PEM_read_bio(bio, &name, &header, &der, &len), 1);
	BIO_free(bio);
	longer = calloc(1, (size_t)len + 5);
	memcpy(longer, der, (size_t)len);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio(bio, name, "", longer, len + 5);
	len = BIO_get_mem_data(bio, &data);
	text = strndup(data, (size_t)len);
	refuse(view(text), -EINVAL, "damaged");
	BIO_free(bio);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	free(longer);
	free(text);
	free(request);
	sn_pki_forget(key);
}

static void test_read_refused(void **state)
{
	struct sn_pki_certificate read;
	char *large = calloc(1, 1u << 20);

	assert_int_equal(sn_pki_read(view("nothing"), &read, &diag), -EINVAL);
	assert_int_equal(sn_pki_read(view(ca_key), &read, &diag), -EINVAL);
	assert_int_equal(sn_pki_read((struct sn_view) { (const uint8_t *)large, 1u << 20 }, &read, &diag), -E2BIG);
	free(large);
}

static void test_files(void **state)
{
	char dir[64], path[96], *text = NULL;
	struct stat st;
	FILE *f;

	snprintf(dir, sizeof(dir), "/tmp/sn-test-pki-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(sn_pki_file_read(path, &text, &diag), -ENOENT);
	assert_int_equal(sn_pki_file_write(path, ca_key, 0600, &diag), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sn_pki_file_write(path, ca_pem, 0644, &diag), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(sn_pki_file_read(path, &text, &diag), 0);
	assert_string_equal(text, ca_pem);
	free(text);
	f = fopen(path, "w");
	for (int i = 0; i < 70000; i++)
		fputc('x', f);
	fclose(f);
	assert_int_equal(sn_pki_file_read(path, &text, &diag), -E2BIG);
	unlink(path);
	/* What fails leaves nothing behind. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(sn_pki_file_write(path, "x", 0600, &diag) < 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_true(sn_pki_file_write(path, "x", 0600, &diag) < 0);
	assert_non_null(strstr(diag.text, path));
}

static int setup(void **state)
{
	if (sn_pki_ca_make("Sauron test CA", &ca_pem, &ca_key, &diag) || sn_pki_ca_open(ca_pem, ca_key, &ca, &diag))
		fail_msg("%s", diag.text);
	return 0;
}

static int teardown(void **state)
{
	ca = sn_pki_ca_free(ca);
	free(ca_pem);
	sn_pki_forget(ca_key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca),	     cmocka_unit_test(test_server),	   cmocka_unit_test(test_client),
		cmocka_unit_test(test_keys_refused), cmocka_unit_test(test_input_refused), cmocka_unit_test(test_garbage_within),
		cmocka_unit_test(test_read_refused), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
