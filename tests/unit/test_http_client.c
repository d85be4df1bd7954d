/* SPDX-License-Identifier: Apache-2.0 */
/** @file The HTTP client against the server: plain, over a Unix socket, by TLS with and without client certificates. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "http_rig.h"

#include "http/client.h"
#include "http/pki.h"

static struct http_rig rig;
static struct sn_http_client *client;
static char dir[64], url[128];

struct said {
	unsigned count, status;
	int error;
	int64_t retry_after_s;
	char text[256], body[4096], etag[64], type[64], given[64];
	size_t len, chunk_octets;
	unsigned lines;
	struct sn_http_transfer *transfer;
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "(none)");
}

static void on_done(void *ctx, const struct sn_http_result *result)
{
	struct said *said = ctx;

	said->count++;
	said->transfer = NULL;
	said->status = result->status;
	said->error = result->error;
	said->retry_after_s = result->retry_after_s;
	said->len = result->body.len;
	copy(said->text, sizeof(said->text), result->text);
	copy(said->body, sizeof(said->body), (const char *)result->body.data);
	copy(said->etag, sizeof(said->etag), result->etag);
	copy(said->type, sizeof(said->type), result->type);
	copy(said->given, sizeof(said->given), result->header(result, "x-given"));
}

static void wait_for(const struct said *said)
{
	double end = http_rig_now() + 10;

	while (!said->count && http_rig_now() < end)
		http_rig_turn(&rig);
	assert_int_equal(said->count, 1);
}

static void call(const struct sn_http_call *wanted, struct said *said)
{
	struct sn_http_call with_url = *wanted;

	*said = (struct said) { 0 };
	if (!with_url.url)
		with_url.url = url;
	assert_int_equal(sn_http_client_send(client, &with_url, on_done, said, &said->transfer), 0);
	wait_for(said);
}

static void open_client(const struct sn_http_client_options *options, const char *scheme)
{
	client = sn_http_client_new(&rig.loop, options);
	assert_non_null(client);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u/path?x=1", scheme, rig.port);
}

static void close_all(void)
{
	client = sn_http_client_free(client);
	http_rig_close(&rig);
}

static const char *const methods[] = { "GET", "POST", "PUT", NULL };

static void answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	const char *wanted = request->parameter(request, "want");

	ret->status = 200;
	ret->type = "text/plain";
	sn_text_addf(&ret->body, "%s %s type=%s agent=%s [%.*s] peer=%s/%s", request->method, request->path,
		     request->header(request, "Content-Type") ?: "-", request->header(request, "User-Agent") ?: "-",
		     (int)request->body.len, request->body.len ? (const char *)request->body.data : "", request->peer_name ?: "-",
		     request->peer_serial ?: "-");
	sn_http_add_header(ret, "ETag", "\"abc\"");
	sn_http_add_header(ret, "X-Given", "%s", request->header(request, "X-Sent") ?: "-");
	if (wanted && strcmp(wanted, "busy") == 0) {
		sn_http_refuse(ret, 503, "later");
		sn_http_add_header(ret, "Retry-After", "17");
	} else if (wanted && strcmp(wanted, "date") == 0) {
		char date[64];
		time_t then = time(NULL) + 100;
		struct tm tm;

		gmtime_r(&then, &tm);
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		ret->status = 429;
		sn_http_add_header(ret, "Retry-After", "%s", date);
	} else if (wanted && strcmp(wanted, "away") == 0) {
		ret->status = 302;
		sn_http_add_header(ret, "Location", "/elsewhere");
	}
}

static void test_plain(void **state)
{
	static const char *const headers[] = { "X-Sent: abc", NULL };
	static const char *const split[] = { "X-Sent: abc\r\nX-Other: 1", NULL };
	struct said said;

	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	http_rig_open(&rig, &(struct sn_http_options) { .body_limit = 100, .methods = methods }, answer);
	open_client(&(struct sn_http_client_options) { .user_agent = "me/1" }, "http");
	call(&(struct sn_http_call) { .headers = headers }, &said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 200);
	assert_string_equal(said.body, "GET /path type=- agent=me/1 [] peer=-/-");
	assert_string_equal(said.etag, "\"abc\"");
	assert_string_equal(said.type, "text/plain");
	assert_string_equal(said.given, "abc");
	assert_int_equal(said.retry_after_s, -1);
	call(&(struct sn_http_call) { .method = "PUT", .body = { (const uint8_t *)"hello", 5 } }, &said);
	assert_string_equal(said.body, "PUT /path type=- agent=me/1 [hello] peer=-/-");
	call(&(struct sn_http_call) { .method = "POST" }, &said);
	assert_string_equal(said.body, "POST /path type=- agent=me/1 [] peer=-/-");
	call(&(struct sn_http_call) { .method = "HEAD" }, &said);
	assert_int_equal(said.status, 200);
	assert_int_equal(said.len, 0);
	assert_int_equal(sn_http_connections(rig.http), 1);
	/* No line of a header makes two. */
	assert_int_equal(
		sn_http_client_send(client, &(struct sn_http_call) { .url = url, .headers = split }, on_done, &said, NULL),
		-EINVAL);
	assert_int_equal(
		sn_http_client_send(client, &(struct sn_http_call) { .url = "file:///etc/passwd" }, on_done, &said, NULL),
		-EINVAL);
	close_all();
	unsetenv("http_proxy");
}

static void test_statuses(void **state)
{
	struct said said;
	char to[160];

	http_rig_open(&rig, &(struct sn_http_options) { 0 }, answer);
	open_client(&(struct sn_http_client_options) { 0 }, "http");
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/?want=busy", rig.port);
	call(&(struct sn_http_call) { .url = to }, &said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 503);
	assert_int_equal(said.retry_after_s, 17);
	assert_string_equal(said.body, "{\"error\":\"later\"}\n");
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/?want=date", rig.port);
	call(&(struct sn_http_call) { .url = to }, &said);
	assert_in_range(said.retry_after_s, 95, 100);
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/?want=away", rig.port);
	call(&(struct sn_http_call) { .url = to }, &said);
	assert_int_equal(said.status, 302);
	assert_int_equal(rig.asked, 3);
	call(&(struct sn_http_call) { .method = "POST", .body = { (const uint8_t *)"hello", 5 } }, &said);
	assert_int_equal(said.status, 405);
	close_all();
}

static void test_body_limit(void **state)
{
	static uint8_t large[3u << 20];
	struct said said;

	http_rig_open(&rig, &(struct sn_http_options) { .body_limit = 1u << 20, .methods = methods }, answer);
	open_client(&(struct sn_http_client_options) { 0 }, "http");
	/* libcurl waits for leave to send as much as this. */
	call(&(struct sn_http_call) { .method = "POST", .body = { large, sizeof(large) }, .body_lent = true }, &said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 413);
	call(&(struct sn_http_call) { .method = "POST", .body = { large, 1u << 20 } }, &said);
	assert_int_equal(said.status, 200);
	assert_int_equal(rig.asked, 1);
	close_all();
}

static void never(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	sn_http_hold(request, ret, NULL, NULL);
}

static void test_errors(void **state)
{
	struct said said;
	int fd = sn_http_listen_tcp("127.0.0.1", 0, NULL);
	unsigned port = http_rig_port(fd);
	char to[160];

	close(fd);
	http_rig_open(&rig, &(struct sn_http_options) { 0 }, answer);
	open_client(&(struct sn_http_client_options) { .timeout_ms = 1000 }, "http");
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/", port);
	call(&(struct sn_http_call) { .url = to }, &said);
	assert_int_equal(said.error, -ECONNREFUSED);
	assert_int_equal(said.status, 0);
	assert_true(strlen(said.text) > 5);
	call(&(struct sn_http_call) { .url = "http://name.invalid/" }, &said);
	assert_true(said.error == -EHOSTUNREACH || said.error == -ETIMEDOUT);
	call(&(struct sn_http_call) { .response_limit = 10 }, &said);
	assert_int_equal(said.error, -EMSGSIZE);
	/* TLS spoken to one who does not: he answers once an octet of it, by chance, ends a line. */
	snprintf(to, sizeof(to), "https://127.0.0.1:%u/", rig.port);
	call(&(struct sn_http_call) { .url = to }, &said);
	assert_true(said.error == -EKEYREJECTED || said.error == -ETIMEDOUT);
	rig.fn = never;
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, -ETIMEDOUT);
	/* Cancelled, before and while it is under way; and freed with calls under way. */
	said = (struct said) { 0 };
	assert_int_equal(sn_http_client_send(client, &(struct sn_http_call) { .url = url }, on_done, &said, &said.transfer), 0);
	sn_http_transfer_cancel(said.transfer);
	assert_int_equal(sn_http_client_send(client, &(struct sn_http_call) { .url = url }, on_done, &said, &said.transfer), 0);
	http_rig_turns(&rig, 0.1);
	sn_http_transfer_cancel(said.transfer);
	assert_int_equal(sn_http_client_send(client, &(struct sn_http_call) { .url = url }, on_done, &said, NULL), 0);
	http_rig_turns(&rig, 0.1);
	close_all();
	assert_int_equal(said.count, 0);
}

static void test_unix(void **state)
{
	struct sn_diag diag = { 0 };
	struct said said;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/socket", dir);
	fd = sn_http_listen_unix(path, (gid_t)-1, &diag);
	assert_true(fd >= 0);
	rig = (struct http_rig) { .fn = answer };
	assert_int_equal(uv_loop_init(&rig.loop), 0);
	assert_int_equal(sn_http_start(&rig.loop, fd, http_rig_answer, &rig, &rig.http, &diag), 0);
	open_client(&(struct sn_http_client_options) { .unix_socket = path }, "http");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.status, 200);
	close_all();
	unlink(path);
}

/* --- streams */

static void begin_stream(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	ret->type = "text/plain";
	rig.stream = sn_http_stream(request, ret, 1u << 20, NULL, NULL);
}

static void on_line(void *ctx, const char *line, size_t len)
{
	struct said *said = ctx;

	said->lines++;
	assert_int_equal(strlen(line), len);
	copy(said->body, sizeof(said->body), line);
	if (strcmp(line, "cancel") == 0)
		sn_http_transfer_cancel(said->transfer);
}

static struct said other;

static void on_chunk(void *ctx, const char *data, size_t len)
{
	struct said *said = ctx;

	/* Another call may be begun from here. */
	if (!said->chunk_octets) {
		rig.fn = answer;
		other = (struct said) { 0 };
		assert_int_equal(sn_http_client_send(client, &(struct sn_http_call) { .url = url, .timeout_ms = 10000 }, on_done,
						     &other, NULL),
				 0);
	}
	said->chunk_octets += len;
}

static void say(const char *words)
{
	assert_int_equal(sn_http_stream_send(rig.stream, words, strlen(words)), 0);
}

static void open_stream(struct said *said, const struct sn_http_call *wanted)
{
	*said = (struct said) { 0 };
	rig.fn = begin_stream;
	rig.stream = NULL;
	assert_int_equal(sn_http_client_send(client, wanted, on_done, said, &said->transfer), 0);
	HTTP_RIG_UNTIL(&rig, rig.stream);
}

static void test_stream(void **state)
{
	struct said said;

	http_rig_open(&rig, &(struct sn_http_options) { 0 }, begin_stream);
	open_client(&(struct sn_http_client_options) { .timeout_ms = 100 }, "http");
	open_stream(&said, &(struct sn_http_call) { .url = url, .line = on_line, .response_limit = 50 });
	say("one\ntwo\r\nthr");
	HTTP_RIG_UNTIL(&rig, said.lines == 2);
	assert_string_equal(said.body, "two");
	say("ee\n\n");
	HTTP_RIG_UNTIL(&rig, said.lines == 4);
	say("last");
	sn_http_stream_end(rig.stream);
	wait_for(&said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.lines, 5);
	/* A line that does not end. */
	open_stream(&said, &(struct sn_http_call) { .url = url, .line = on_line, .response_limit = 50 });
	say("012345678901234567890123456789");
	assert_int_equal(sn_http_stream_send(rig.stream, "012345678901234567890123456789", 30), 0);
	wait_for(&said);
	assert_int_equal(said.error, -EMSGSIZE);
	/* Cancelled by its own handler. */
	open_stream(&said, &(struct sn_http_call) { .url = url, .line = on_line });
	say("a\ncancel\nb\n");
	HTTP_RIG_UNTIL(&rig, said.lines == 2 && !sn_http_connections(rig.http));
	assert_int_equal(said.lines, 2);
	assert_int_equal(said.count, 0);
	/* Silence. */
	open_stream(&said, &(struct sn_http_call) { .url = url, .line = on_line, .silence_s = 1 });
	wait_for(&said);
	assert_int_equal(said.error, -ETIMEDOUT);
	open_stream(&said, &(struct sn_http_call) { .url = url, .chunk = on_chunk });
	say("12345");
	HTTP_RIG_UNTIL(&rig, said.chunk_octets == 5 && other.count == 1);
	assert_string_equal(other.type, "text/plain");
	say("67890");
	HTTP_RIG_UNTIL(&rig, said.chunk_octets == 10);
	/* A refusal is no stream. */
	rig.fn = answer;
	said = (struct said) { 0 };
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/?want=busy", rig.port);
	assert_int_equal(
		sn_http_client_send(client, &(struct sn_http_call) { .url = url, .chunk = on_chunk }, on_done, &said, NULL), 0);
	wait_for(&said);
	assert_int_equal(said.status, 503);
	assert_string_equal(said.body, "{\"error\":\"later\"}\n");
	close_all();
}

/* --- TLS */

static struct {
	char *ca, *ca_key, *server, *server_key, *other_ca, *other_key;
	char ca_file[96], other_file[96], cert_file[96], key_file[96], bad_cert_file[96], bad_key_file[96];
	struct sn_pki_ca *signer, *other_signer;
	struct sn_pki_certificate agent;
} pki;

static void write_file(char *ret_path, const char *name, const char *text)
{
	snprintf(ret_path, 96, "%s/%s", dir, name);
	assert_int_equal(sn_pki_file_write(ret_path, text, 0600, NULL), 0);
}

static void make_agent(const struct sn_pki_ca *ca, const char *name, char *cert_file, char *key_file)
{
	char *request, *key, *certificate, file[32];

	assert_int_equal(sn_pki_request_make(NULL, &request, &key, NULL), 0);
	assert_int_equal(sn_pki_request_sign(ca, (struct sn_view) { (const uint8_t *)request, strlen(request) }, name, 10,
					     &certificate, NULL),
			 0);
	assert_int_equal(sn_pki_read((struct sn_view) { (const uint8_t *)certificate, strlen(certificate) }, &pki.agent, NULL),
			 0);
	snprintf(file, sizeof(file), "%s.pem", name);
	write_file(cert_file, file, certificate);
	snprintf(file, sizeof(file), "%s.key", name);
	write_file(key_file, file, key);
	free(request);
	free(certificate);
	sn_pki_forget(key);
}

static void make_pki(void)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };

	assert_int_equal(sn_pki_ca_make("test CA", &pki.ca, &pki.ca_key, NULL), 0);
	assert_int_equal(sn_pki_ca_make("test CA", &pki.other_ca, &pki.other_key, NULL), 0);
	assert_int_equal(sn_pki_ca_open(pki.ca, pki.ca_key, &pki.signer, NULL), 0);
	assert_int_equal(sn_pki_ca_open(pki.other_ca, pki.other_key, &pki.other_signer, NULL), 0);
	assert_int_equal(sn_pki_issue_server(pki.signer, names, 10, &pki.server, &pki.server_key, NULL), 0);
	write_file(pki.ca_file, "ca.pem", pki.ca);
	write_file(pki.other_file, "other.pem", pki.other_ca);
	make_agent(pki.other_signer, "impostor", pki.bad_cert_file, pki.bad_key_file);
	make_agent(pki.signer, "agent-7", pki.cert_file, pki.key_file);
}

static void open_tls(sn_http_fn fn, bool ask)
{
	const struct sn_http_options options = {
		.body_limit = 1000,
		.methods = methods,
		.tls = { .certificate_pem = pki.server, .key_pem = pki.server_key, .client_ca_pem = ask ? pki.ca : NULL }
	};

	http_rig_open(&rig, &options, fn);
}

static void test_tls(void **state)
{
	static const char *const chunked[] = { "Transfer-Encoding: chunked", NULL };
	static const uint8_t large[3000];
	struct said said;
	char expected[256];

	open_tls(answer, /* ask= */ true);
	/* Without a certificate. */
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file }, "https");
	call(&(struct sn_http_call) { .method = "POST", .body = { (const uint8_t *)"hello", 5 } }, &said);
	assert_string_equal(said.text, "");
	assert_int_equal(said.error, 0);
	assert_non_null(strstr(said.body, "[hello] peer=-/-"));
	/* Too long, which comes to light only on the way. */
	call(&(struct sn_http_call) { .method = "POST", .headers = chunked, .body = { large, sizeof(large) } }, &said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 413);
	sn_http_client_free(client);
	/* With one. */
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file,
						       .cert_file = pki.cert_file,
						       .key_file = pki.key_file },
		    "https");
	for (int i = 0; i < 3; i++) {
		call(&(struct sn_http_call) { 0 }, &said);
		assert_int_equal(said.error, 0);
		snprintf(expected, sizeof(expected), "peer=agent-7/%s", pki.agent.serial);
		assert_non_null(strstr(said.body, expected));
	}
	sn_http_client_free(client);
	/* With one of another CA of the same name. */
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file,
						       .cert_file = pki.bad_cert_file,
						       .key_file = pki.bad_key_file },
		    "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_not_equal(said.error, 0);
	sn_http_client_free(client);
	assert_int_equal(rig.asked, 4);
	/* The client believes only its CA. */
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.other_file }, "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, -EKEYREJECTED);
	sn_http_client_free(client);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.other_file, .believe_anybody = true }, "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, 0);
	close_all();
}

static void test_tls_server_certificate_is_no_client(void **state)
{
	char cert_file[96], key_file[96];
	struct said said;

	write_file(cert_file, "server.pem", pki.server);
	write_file(key_file, "server.key", pki.server_key);
	open_tls(answer, /* ask= */ true);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file, .cert_file = cert_file, .key_file = key_file },
		    "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_not_equal(said.error, 0);
	assert_int_equal(rig.asked, 0);
	close_all();
	/* Where nobody asks for one, it does not matter. */
	open_tls(answer, /* ask= */ false);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file, .cert_file = cert_file, .key_file = key_file },
		    "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, 0);
	assert_non_null(strstr(said.body, "peer=-/-"));
	close_all();
}

static void test_tls_renewal(void **state)
{
	static const char *const names[] = { "127.0.0.1", NULL };
	struct sn_http_tls renewed = { .client_ca_pem = pki.ca };
	char *server, *key;
	struct said said;

	open_tls(answer, /* ask= */ true);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file }, "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, 0);
	/* Nonsense changes nothing. */
	renewed.certificate_pem = "nonsense";
	renewed.key_pem = pki.server_key;
	assert_int_equal(sn_http_renew_certificate(rig.http, &renewed), -EINVAL);
	assert_int_equal(sn_pki_issue_server(pki.other_signer, names, 10, &server, &key, NULL), 0);
	renewed.certificate_pem = server;
	assert_int_equal(sn_http_renew_certificate(rig.http, &renewed), -EINVAL);
	renewed.key_pem = key;
	assert_int_equal(sn_http_renew_certificate(rig.http, &renewed), 0);
	free(server);
	sn_pki_forget(key);
	/* The connection that stands goes on; new ones get the new certificate. */
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, 0);
	sn_http_client_free(client);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file }, "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, -EKEYREJECTED);
	sn_http_client_free(client);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.other_file,
						       .cert_file = pki.cert_file,
						       .key_file = pki.key_file },
		    "https");
	call(&(struct sn_http_call) { 0 }, &said);
	assert_int_equal(said.error, 0);
	assert_non_null(strstr(said.body, "peer=agent-7/"));
	close_all();
}

static void hold(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	rig.held[rig.held_count++] = sn_http_hold(request, ret, NULL, NULL);
}

static void test_tls_later(void **state)
{
	struct sn_http_answer given = { .status = 200, .type = "text/plain" };
	static char large[100000];
	struct said said = { 0 };

	open_tls(hold, /* ask= */ true);
	open_client(&(struct sn_http_client_options) { .ca_pem_file = pki.ca_file,
						       .cert_file = pki.cert_file,
						       .key_file = pki.key_file },
		    "https");
	assert_int_equal(sn_http_client_send(client, &(struct sn_http_call) { .url = url }, on_done, &said, NULL), 0);
	HTTP_RIG_UNTIL(&rig, rig.held_count == 1);
	given.fixed = large;
	given.fixed_len = sizeof(large);
	sn_http_answer_held(rig.held[0], &given);
	wait_for(&said);
	assert_int_equal(said.error, 0);
	assert_int_equal(said.len, sizeof(large));
	open_stream(&said, &(struct sn_http_call) { .url = url, .line = on_line });
	say("one\ntwo\n");
	HTTP_RIG_UNTIL(&rig, said.lines == 2);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = i % 100 == 99 ? '\n' : 'x';
	for (int i = 0; i < 10; i++)
		assert_int_equal(sn_http_stream_send(rig.stream, large, sizeof(large)), 0);
	HTTP_RIG_UNTIL(&rig, said.lines == 10002);
	sn_http_stream_end(rig.stream);
	wait_for(&said);
	close_all();
}

/** Peers that do not get through the handshake have the same deadline. */
static void test_tls_slow(void **state)
{
	const struct sn_http_options options = { .request_deadline_s = 1,
						 .tls = { .certificate_pem = pki.server, .key_pem = pki.server_key } };
	static const uint8_t nonsense[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	double end = http_rig_now() + 5;
	int silent, plain;

	http_rig_open(&rig, &options, answer);
	silent = http_rig_connect(&rig);
	plain = http_rig_connect(&rig);
	send(plain, nonsense, sizeof(nonsense) - 1, MSG_NOSIGNAL);
	send(silent, "\x16\x03\x01", 3, MSG_NOSIGNAL);
	http_rig_turns(&rig, 0.2);
	while (sn_http_connections(rig.http) && http_rig_now() < end)
		http_rig_turn(&rig);
	assert_int_equal(sn_http_connections(rig.http), 0);
	assert_int_equal(rig.asked, 0);
	close(silent);
	close(plain);
	http_rig_close(&rig);
}

static void test_tls_refused(void **state)
{
	const struct sn_http_options bad[] = {
		{ .tls = { .certificate_pem = "x", .key_pem = "y" } },
		{ .tls = { .certificate_pem = pki.server } },
		{ .tls = { .certificate_pem = pki.server, .key_pem = pki.ca_key } },
		{ .tls = { .certificate_pem = pki.server, .key_pem = pki.server_key, .client_ca_pem = "none" } }
	};
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < SN_ARRAY_SIZE(bad); i++) {
		struct sn_diag diag = { 0 };
		struct sn_http *http = NULL;

		assert_int_equal(
			sn_http_start_with(&loop, sn_http_listen_tcp("127.0.0.1", 0, NULL), &bad[i], answer, NULL, &http, &diag),
			-EINVAL);
		assert_true(strlen(diag.text) > 10);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
}

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/sn-test-http-%d", (int)getpid());
	assert_int_equal(mkdir(dir, 0700), 0);
	signal(SIGPIPE, SIG_IGN);
	make_pki();
	return 0;
}

static int teardown(void **state)
{
	const char *const files[] = { pki.ca_file,  pki.other_file,    pki.cert_file,
				      pki.key_file, pki.bad_cert_file, pki.bad_key_file };
	char path[128];

	for (size_t i = 0; i < SN_ARRAY_SIZE(files); i++)
		unlink(files[i]);
	snprintf(path, sizeof(path), "%s/server.pem", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/server.key", dir);
	unlink(path);
	free(pki.ca);
	free(pki.other_ca);
	free(pki.server);
	sn_pki_forget(pki.ca_key);
	sn_pki_forget(pki.other_key);
	sn_pki_forget(pki.server_key);
	sn_pki_ca_free(pki.signer);
	sn_pki_ca_free(pki.other_signer);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	    cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_body_limit),  cmocka_unit_test(test_errors),
		cmocka_unit_test(test_unix),	    cmocka_unit_test(test_stream),
		cmocka_unit_test(test_tls),	    cmocka_unit_test(test_tls_server_certificate_is_no_client),
		cmocka_unit_test(test_tls_renewal), cmocka_unit_test(test_tls_later),
		cmocka_unit_test(test_tls_slow),    cmocka_unit_test(test_tls_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
