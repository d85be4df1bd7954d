/* SPDX-License-Identifier: Apache-2.0 */
/** @file One request from its headers to its answer: what is refused before the handler sees it, and its body. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/internal.h"

/* Of the body of a request that is refused: whoever is hung up on while he writes may not see the answer. */
#define DISCARD_MAX (64u << 10)

struct framing {
	unsigned lengths, encodings;
	uint64_t length;
	bool expects; /* the peer waits for leave to send the body */
};

static enum MHD_Result look_at_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *framing = ctx;

	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		framing->lengths++;
		/* libmicrohttpd has refused what is no number and what is too large. */
		framing->length = strtoull(value ? value : "", NULL, 10);
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		framing->encodings++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_EXPECT) == 0) {
		framing->expects = true;
	}
	return MHD_YES;
}

static bool is_served(const struct sn_http *http, const char *method)
{
	for (size_t i = 0; http->methods[i]; i++)
		if (strcmp(http->methods[i], method) == 0)
			return true;
	return false;
}

static void refuse(const struct exchange *exchange, struct sn_http_answer *answer)
{
	if (exchange->refused == MHD_HTTP_METHOD_NOT_ALLOWED)
		sn_http_refuse(answer, exchange->refused, "only these methods are served: %s", exchange->http->allow);
	else if (exchange->refused == MHD_HTTP_CONTENT_TOO_LARGE)
		sn_http_refuse(answer, exchange->refused, "the body is longer than %llu octets, the most that is taken",
			       (unsigned long long)exchange->limit);
	else
		sn_http_refuse(answer, exchange->refused, "the request does not say clearly how long its body is");
}

static enum MHD_Result answer_refused(struct exchange *exchange, bool close)
{
	struct sn_http_answer answer = { 0 };

	refuse(exchange, &answer);
	if (close)
		sn_http_add_header(&answer, MHD_HTTP_HEADER_CONNECTION, "close");
	return answer_queue(exchange, answer.status, answer_response(exchange->http, &answer));
}

/** In the midst of a body libmicrohttpd takes no answer, so this one goes past it; then the connection is closed. */
static enum MHD_Result cut_short(struct exchange *exchange)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sn_http_answer answer = { 0 };
	struct sn_text text = { 0 };

	refuse(exchange, &answer);
	sn_text_addf(&text,
		     "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		     answer.status, MHD_get_reason_phrase_for(answer.status), answer.body.len);
	sn_text_add(&text, answer.body.data ? answer.body.data : "");
	if (!text.failed && exchange->connection && exchange->connection->tls)
		gnutls_record_send(connection_session(exchange->mhd), text.data, text.len);
	else if (!text.failed && info)
		send(info->connect_fd, text.data, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	answer_count(exchange->http, answer.status);
	sn_text_free(&text);
	sn_text_free(&answer.body);
	return MHD_NO;
}

static enum MHD_Result begin(struct exchange *exchange, const char *method, const char *path)
{
	struct sn_http *http = exchange->http;
	const struct sn_http_options *options = &http->options;
	struct framing framing = { 0 };

	MHD_get_connection_values(exchange->mhd, MHD_HEADER_KIND, look_at_header, &framing);
	if (framing.lengths || framing.encodings)
		connection_move(exchange->connection, LIST_BUSY);
	exchange->limit = options->body_limit_of ? options->body_limit_of(http->ctx, method, path) : options->body_limit;
	/* Two ways to tell the length are two ways to understand it: one of them is a proxy's. */
	if (framing.lengths + framing.encodings > 1)
		exchange->refused = MHD_HTTP_BAD_REQUEST;
	else if (!is_served(http, method))
		exchange->refused = MHD_HTTP_METHOD_NOT_ALLOWED;
	else if (framing.length > exchange->limit)
		exchange->refused = MHD_HTTP_CONTENT_TOO_LARGE;
	if (exchange->refused && (framing.expects || framing.length > DISCARD_MAX || exchange->refused == MHD_HTTP_BAD_REQUEST))
		return answer_refused(exchange, /* close= */ true);
	return MHD_YES;
}

static enum MHD_Result take(struct exchange *exchange, const char *data, size_t *data_len)
{
	size_t len = *data_len;

	*data_len = 0;
	exchange->seen += len;
	if (exchange->refused)
		return exchange->seen > DISCARD_MAX ? cut_short(exchange) : MHD_YES;
	if (exchange->seen > exchange->limit) {
		exchange->refused = MHD_HTTP_CONTENT_TOO_LARGE;
		return cut_short(exchange);
	}
	sn_text_add_bytes(&exchange->body, data, len);
	return exchange->body.failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result ask(struct exchange *exchange, const char *method, const char *path)
{
	struct sn_http *http = exchange->http;
	struct sn_http_answer answer = { 0 };
	struct sn_http_request request;

	request_init(&request, exchange, method, path);
	http->fn(http->ctx, &request, &answer);
	sn_text_free(&exchange->body);
	if (answer.held)
		return later_begin(exchange, &answer);
	connection_move(exchange->connection, LIST_BUSY);
	return answer_queue(exchange, answer.status, answer_response(http, &answer));
}

static struct exchange *exchange_new(struct sn_http *http, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->http = http;
	exchange->mhd = mhd;
	exchange->connection = info ? info->socket_context : NULL;
	return exchange;
}

/* The first call comes with the headers, the next ones with a body, the last without; one more when what was held is resumed. */
enum MHD_Result exchange_on_request(void *ctx, struct MHD_Connection *mhd, const char *path, const char *method,
				    const char *version, const char *data, size_t *data_len, void **request_ctx)
{
	struct exchange *exchange = *request_ctx;
	struct MHD_Response *response;
	struct sn_http *http = ctx;

	if (http->stopping)
		return MHD_NO;
	if (!exchange) {
		*request_ctx = exchange = exchange_new(http, mhd);
		return exchange ? begin(exchange, method, path) : MHD_NO;
	}
	if (*data_len)
		return take(exchange, data, data_len);
	if (exchange->dead)
		return MHD_NO;
	if (exchange->refused)
		return answer_refused(exchange, /* close= */ false);
	if (exchange->response) {
		response = SN_TAKE_PTR(exchange->response);
		return answer_queue(exchange, exchange->status, response);
	}
	return ask(exchange, method, path);
}

void exchange_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_ctx, enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *request_ctx;

	*request_ctx = NULL;
	if (!exchange)
		return;
	if (exchange->later)
		later_on_completed(exchange->later);
	connection_move(exchange->connection, LIST_IDLE);
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	sn_text_free(&exchange->body);
	free(exchange);
}
