/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the client's sources share: the client with its loop, and a call. */
#ifndef SN_HTTP_CLIENT_INTERNAL_H
#define SN_HTTP_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "base/macro.h"
#include "base/text.h"
#include "http/client.h"

LIST_HEAD(transfer_list, sn_http_transfer);

struct sn_http_client {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer;
	struct sn_http_client_options options;
	char *unix_socket, *ca_pem_file, *cert_file, *key_file, *user_agent;
	struct transfer_list transfers;
	bool inside;	/* libcurl calls us with data: it takes no orders then */
	bool unsettled; /* some were given meanwhile */
};

struct sn_http_transfer {
	struct sn_http_client *client;
	LIST_ENTRY(sn_http_transfer) link;
	CURL *easy;
	struct curl_slist *headers;
	sn_http_done_fn done;
	void *ctx;
	void (*chunk)(void *ctx, const char *data, size_t len);
	void (*line)(void *ctx, const char *line, size_t len);
	uint64_t limit;
	struct sn_text body; /* of a stream by lines: of the line that is not complete yet */
	bool too_long;
	bool begun;	/* libcurl has it */
	bool ending;	/* it is being told */
	bool cancelled; /* and libcurl is to be told */
	char words[CURL_ERROR_SIZE];
};

/* client_call.c */
/** @return 0, -ENOMEM, -EINVAL */
int transfer_setup(struct sn_http_transfer *transfer, const struct sn_http_call *call);
/** Tells the result, or nothing when it was cancelled. */
void transfer_tell(struct sn_http_transfer *transfer, CURLcode code);
void transfer_free(struct sn_http_transfer *transfer);

#endif
