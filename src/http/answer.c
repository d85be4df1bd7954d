/* SPDX-License-Identifier: Apache-2.0 */
/** @file Answers: made, decorated, counted, and given to libmicrohttpd. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/internal.h"
#include "base/log.h"

void answer_count(struct sn_http *http, unsigned status)
{
	size_t i = 0;

	while (i < http->count_len && http->counts[i].status != status)
		i++;
	if (i == SN_HTTP_MAX_STATUS)
		return;
	if (i == http->count_len)
		http->counts[http->count_len++].status = status;
	http->counts[i].count++;
}

const struct sn_http_count *sn_http_counts(const struct sn_http *http, size_t *ret_count)
{
	*ret_count = http->count_len;
	return http->counts;
}

void sn_http_add_header(struct sn_http_answer *answer, const char *name, const char *format, ...)
{
	struct sn_http_header *header = &answer->headers[answer->header_count];
	va_list args;
	int len;

	if (answer->header_count == SN_HTTP_MAX_HEADERS || strlen(name) >= sizeof(header->name)) {
		sn_log_error("http: there is no room for the header %s", name);
		return;
	}
	va_start(args, format);
	len = vsnprintf(header->value, sizeof(header->value), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(header->value)) {
		sn_log_error("http: the header %s is too long", name);
		return;
	}
	memcpy(header->name, name, strlen(name) + 1);
	answer->header_count++;
}

void sn_http_refuse(struct sn_http_answer *answer, unsigned status, const char *format, ...)
{
	char words[1024];
	json_t *document;
	va_list args;
	char *body;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	/* What a request says may be no UTF-8; then the words stay away. */
	document = json_pack("{s:s}", "error", words);
	body = document ? json_dumps(document, JSON_COMPACT) : NULL;
	answer->status = status;
	answer->type = "application/json";
	answer->fixed = NULL;
	sn_text_free(&answer->body);
	sn_text_add(&answer->body, body ? body : "{\"error\":\"the request is no text\"}");
	sn_text_add(&answer->body, "\n");
	free(body);
	json_decref(document);
}

void answer_decorate(struct sn_http *http, const struct sn_http_answer *answer, struct MHD_Response *response)
{
	bool cached = false;

	if (answer->type)
		MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", http->allow);
	for (size_t i = 0; i < answer->header_count; i++) {
		if (MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value) != MHD_YES)
			sn_log_error("http: the header %s has a value that none can have", answer->headers[i].name);
		cached |= strcasecmp(answer->headers[i].name, "Cache-Control") == 0;
	}
	if (!cached)
		MHD_add_response_header(response, "Cache-Control", "no-store");
}

/** @return NULL: out of memory. The body is taken over in any case. */
struct MHD_Response *answer_response(struct sn_http *http, struct sn_http_answer *answer)
{
	struct MHD_Response *response = NULL;

	if (answer->fixed) {
		/* libmicrohttpd does not write to what it is told to keep; its prototype does not say so. */
		response = MHD_create_response_from_buffer(answer->fixed_len, (void *)answer->fixed, MHD_RESPMEM_PERSISTENT);
		sn_text_free(&answer->body);
	} else if (!answer->body.failed) {
		response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_FREE);
		if (response)
			answer->body = (struct sn_text) { 0 };
	}
	sn_text_free(&answer->body);
	if (response)
		answer_decorate(http, answer, response);
	return response;
}

/** Takes the response over. */
enum MHD_Result answer_queue(struct exchange *exchange, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(exchange->mhd, status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES)
		answer_count(exchange->http, status);
	return result;
}
