/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file An HTTP client on the program's loop: libcurl, asynchronous. http and https only, HTTP/1.1, no redirects, no proxy of the
 * environment unless it is asked for. Connections are kept and used again. A host name is looked up by a thread of libcurl's that
 * lives as long as that takes.
 */
#ifndef SN_HTTP_CLIENT_H
#define SN_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/bytes.h"

/** 0 takes the default that stands in brackets. Texts are copied. Files are read anew for new connections. */
struct sn_http_client_options {
	const char *unix_socket; /* instead of the URL's host; NULL: none */
	const char *ca_pem_file; /* whom to believe; NULL: the system's CAs */
	const char *cert_file;	 /* PEM, with key_file; NULL: none is shown */
	const char *key_file;
	unsigned timeout_ms;	     /* of a whole call; not of a streamed one (10,000) */
	unsigned connect_timeout_ms; /* TLS included (5,000) */
	unsigned connections_max;    /* at once, in all; further calls wait (libcurl's: no limit) */
	const char *user_agent;	     /* NULL: "sauron/VERSION" */
	bool proxy_from_environment;
	bool believe_anybody; /* verify nothing: only to fetch what is then checked by its fingerprint */
};

struct sn_http_result {
	int error;	       /* 0: there is an answer, of whatever status; a negative errno: there is none, or not all of it */
	const char *text;      /* the error in words; "" for none */
	unsigned status;       /* 0: it did not come that far */
	int64_t retry_after_s; /* -1: not said */
	const char *etag;      /* NULL: none */
	const char *type;      /* Content-Type; NULL: none */
	struct sn_view body;   /* NUL-terminated behind its length; empty for what was streamed */
	/** A header of the answer, of whatever case; NULL: it is not there. */
	const char *(*header)(const struct sn_http_result *result, const char *name);
	void *internal;
};

/**
 * Called once, from the loop, when a call has ended, unless it was cancelled. The result is valid during the call, the handle
 * from its beginning no more. Errors: -ETIMEDOUT, -ECONNREFUSED (nobody is there), -EHOSTUNREACH (its name, its network),
 * -EKEYREJECTED (TLS: who is there is not believed, or does not believe us), -EMSGSIZE (beyond response_limit), -EIO.
 */
typedef void (*sn_http_done_fn)(void *ctx, const struct sn_http_result *result);

/** Borrowed during sn_http_client_send only, but for a body that is lent. */
struct sn_http_call {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; NULL: none */
	struct sn_view body;
	bool body_lent;		 /* stays where it is until the call has ended; else it is copied */
	unsigned timeout_ms;	 /* 0: the client's */
	uint64_t response_limit; /* octets of the body; of a stream by lines, of one line (16 MiB) */
	/**
	 * An answer without end: given as it comes, if its status is 2xx; the body of another is collected. One of both. Lines
	 * come without their end, and are NUL-terminated. The handler may cancel the call. There is no timeout but these.
	 */
	void (*chunk)(void *ctx, const char *data, size_t len);
	void (*line)(void *ctx, const char *line, size_t len);
	unsigned silence_s; /* of a stream: ended with -ETIMEDOUT when nothing comes for so long; 0: may be silent for ever */
};

struct sn_http_client;
struct sn_http_transfer;

/** @return NULL: out of memory. */
struct sn_http_client *sn_http_client_new(uv_loop_t *loop, const struct sn_http_client_options *options);
/** Cancels what is under way; its handles are closed once the loop has turned again. NULL is fine; not from a callback. @return
 * NULL. */
struct sn_http_client *sn_http_client_free(struct sn_http_client *client);

/**
 * Begins a call; nothing happens before the loop runs.
 * @param ctx of `done`, `chunk` and `line`
 * @param ret_transfer to cancel by; may be NULL
 * @return 0, -ENOMEM, -EINVAL: no URL of http or https
 */
int sn_http_client_send(struct sn_http_client *client, const struct sn_http_call *call, sn_http_done_fn done, void *ctx,
			struct sn_http_transfer **ret_transfer);
/** Ends a call without a word; also from within its own `chunk` or `line`. NULL is fine. @return NULL. */
struct sn_http_transfer *sn_http_transfer_cancel(struct sn_http_transfer *transfer);

#endif
