/* SPDX-License-Identifier: Apache-2.0 */
/** @file One call of the client: what libcurl is told, what comes back, and how that is told. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/client_internal.h"

#define TIMEOUT_MS	   10000u
#define CONNECT_TIMEOUT_MS 5000u
#define RESPONSE_LIMIT	   (16u << 20)
#define CA_CACHE_S	   60L /* the files of CAs are small, and may be renewed under us */
#define RETRY_AFTER_MAX_S  (7 * 86400)

/* --- what comes */

static bool is_stream(const struct sn_http_transfer *transfer)
{
	long status = 0;

	if (!transfer->chunk && !transfer->line)
		return false;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static bool collect(struct sn_http_transfer *transfer, const char *data, size_t len)
{
	if (transfer->body.len + len > transfer->limit) {
		transfer->too_long = true;
		return false;
	}
	sn_text_add_bytes(&transfer->body, data, len);
	return !transfer->body.failed;
}

static void give_line(struct sn_http_transfer *transfer)
{
	struct sn_text line = transfer->body;

	transfer->body = (struct sn_text) { 0 };
	if (line.len && line.data[line.len - 1] == '\r')
		line.data[--line.len] = '\0';
	transfer->line(transfer->ctx, line.data ? line.data : "", line.len);
	sn_text_free(&line);
}

static bool give_lines(struct sn_http_transfer *transfer, const char *data, size_t len)
{
	const char *end;

	while (!transfer->cancelled && (end = memchr(data, '\n', len))) {
		size_t part = (size_t)(end - data);

		if (!collect(transfer, data, part))
			return false;
		data = end + 1;
		len -= part + 1;
		give_line(transfer);
	}
	return transfer->cancelled || collect(transfer, data, len);
}

static size_t receive(char *data, size_t size, size_t count, void *ctx)
{
	struct sn_http_transfer *transfer = ctx;
	size_t len = size * count;
	bool ok = true;

	if (transfer->cancelled)
		return 0;
	if (!is_stream(transfer))
		return collect(transfer, data, len) ? len : 0;
	transfer->client->inside = true;
	if (transfer->line)
		ok = give_lines(transfer, data, len);
	else
		transfer->chunk(transfer->ctx, data, len);
	transfer->client->inside = false;
	return ok && !transfer->cancelled ? len : 0;
}

/* --- what libcurl is told */

static int add_header(struct sn_http_transfer *transfer, const char *line)
{
	struct curl_slist *list = curl_slist_append(transfer->headers, line);

	if (!list)
		return -ENOMEM;
	transfer->headers = list;
	return 0;
}

/** A line break within would be a header, or a request, of somebody else's making. */
static bool is_line(const char *text)
{
	return !strpbrk(text, "\r\n");
}

static int setup_headers(struct sn_http_transfer *transfer, const struct sn_http_call *call)
{
	bool typed = false;
	int err = 0;

	for (size_t i = 0; call->headers && call->headers[i] && !err; i++) {
		typed |= strncasecmp(call->headers[i], "Content-Type:", 13) == 0;
		err = is_line(call->headers[i]) ? add_header(transfer, call->headers[i]) : -EINVAL;
	}
	/* libcurl would call it a form. */
	if (!err && !typed)
		err = add_header(transfer, "Content-Type:");
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
	return err;
}

static int setup_body(struct sn_http_transfer *transfer, const struct sn_http_call *call)
{
	const char *method = call->method ? call->method : "GET";
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;

	if (!is_line(method) || strchr(method, ' '))
		return -EINVAL;
	if (call->body.len || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0) {
		const char *data = call->body.len ? (const char *)call->body.data : "";

		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
		code = curl_easy_setopt(easy, call->body_lent ? CURLOPT_POSTFIELDS : CURLOPT_COPYPOSTFIELDS, data);
	} else if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
	if (code == CURLE_OK && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	return code == CURLE_OK ? 0 : -ENOMEM;
}

static void setup_times(struct sn_http_transfer *transfer, const struct sn_http_call *call)
{
	const struct sn_http_client_options *options = &transfer->client->options;
	bool stream = call->chunk || call->line;
	unsigned timeout = call->timeout_ms ? call->timeout_ms : options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
	unsigned connect = options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;

	curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	if (!stream || call->timeout_ms)
		curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)timeout);
	if (stream && call->silence_s) {
		curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_TIME, (long)call->silence_s);
	}
}

static void setup_connection(struct sn_http_transfer *transfer)
{
	const struct sn_http_client *client = transfer->client;
	CURL *easy = transfer->easy;

	/* The program ignores SIGPIPE; its signals are its own. */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	if (!client->options.proxy_from_environment)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (client->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->unix_socket);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
#endif
	if (client->ca_pem_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_pem_file);
		/* Nobody else is believed. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (client->cert_file) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, client->cert_file);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, client->key_file);
	}
	if (client->options.believe_anybody) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

int transfer_setup(struct sn_http_transfer *transfer, const struct sn_http_call *call)
{
	CURL *easy = transfer->easy = curl_easy_init();
	int err;

	if (!easy)
		return -ENOMEM;
	if (strncasecmp(call->url, "http://", 7) != 0 && strncasecmp(call->url, "https://", 8) != 0)
		return -EINVAL;
	transfer->chunk = call->chunk;
	transfer->line = call->line;
	transfer->limit = call->response_limit ? call->response_limit : RESPONSE_LIMIT;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->words);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	setup_connection(transfer);
	setup_times(transfer, call);
	if (curl_easy_setopt(easy, CURLOPT_URL, call->url) != CURLE_OK)
		return -ENOMEM;
	err = setup_body(transfer, call);
	return err ? err : setup_headers(transfer, call);
}

/* --- what is told */

static int error_of(const struct sn_http_transfer *transfer, CURLcode code)
{
	if (transfer->too_long)
		return -EMSGSIZE;
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
		return -EKEYREJECTED;
	case CURLE_URL_MALFORMAT:
		return -EINVAL;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static const char *header(const struct sn_http_result *result, const char *name)
{
	struct curl_header *found;

	if (curl_easy_header(((struct sn_http_transfer *)result->internal)->easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return NULL;
	return found->value;
}

static int64_t retry_after(const struct sn_http_result *result)
{
	struct sn_http_transfer *transfer = result->internal;
	curl_off_t seconds = 0;

	if (!header(result, "Retry-After"))
		return -1;
	/* A date is made into seconds from now. */
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds < 0 ? 0 : SN_MIN(seconds, RETRY_AFTER_MAX_S);
}

void transfer_tell(struct sn_http_transfer *transfer, CURLcode code)
{
	struct sn_http_result result = { .header = header, .internal = transfer, .text = "", .retry_after_s = -1 };
	long status = 0;

	if (!transfer->done)
		return;
	/* The last line may have no end. */
	if (code == CURLE_OK && transfer->line && transfer->body.len && is_stream(transfer))
		give_line(transfer);
	if (!transfer->done)
		return;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	result.status = (unsigned)status;
	result.error = transfer->body.failed ? -ENOMEM : error_of(transfer, code);
	if (transfer->too_long)
		result.text = "the answer is longer than it may be";
	else if (result.error)
		result.text = transfer->words[0] ? transfer->words : curl_easy_strerror(code);
	result.retry_after_s = retry_after(&result);
	result.etag = header(&result, "ETag");
	result.type = header(&result, "Content-Type");
	if (!is_stream(transfer)) {
		/* So that there is a NUL behind it. */
		sn_text_add(&transfer->body, "");
		result.body = (struct sn_view) { .data = (const uint8_t *)transfer->body.data, .len = transfer->body.len };
	}
	transfer->done(transfer->ctx, &result);
}

void transfer_free(struct sn_http_transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	sn_text_free(&transfer->body);
	free(transfer);
}
