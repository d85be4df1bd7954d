/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A small HTTP server on the program's loop: libmicrohttpd without a thread, its epoll descriptor watched by libuv. Answers
 * are made at once, or held and given later, or streamed. What a peer can use up is bounded: connections, octets, time.
 */
#ifndef SN_HTTP_SERVER_H
#define SN_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/text.h"
#include "sauron/diag.h"

/** What is asked. It and all that it gives is valid until the handler returns. */
struct sn_http_request {
	const char *method; /* HEAD reads GET: it is answered as one, and the body stays away */
	const char *path;
	struct sn_view body; /* whole, at most the limit */
	/** Value of a parameter; NULL when it is not there, "" when it has none. */
	const char *(*parameter)(const struct sn_http_request *request, const char *name);
	/** The first parameter whose name is not among `names` (NULL at the end); NULL when all are. */
	const char *(*unknown_parameter)(const struct sn_http_request *request, const char *const *names);
	/** Calls fn for each value of a parameter that may be repeated, in order. */
	void (*each_parameter)(const struct sn_http_request *request, const char *name, void (*fn)(void *ctx, const char *value),
			       void *ctx);
	/** Value of a header, of whatever case; NULL when it is not there. */
	const char *(*header)(const struct sn_http_request *request, const char *name);
	const char *(*cookie)(const struct sn_http_request *request, const char *name);
	const char *peer_name;	 /* common name of the client certificate, verified against tls.client_ca_pem; NULL: none */
	const char *peer_serial; /* its serial number as sn_pki_read gives it; NULL: none */
	char address[64];	 /* of the peer, without port; "" for Unix sockets */
	int fd;			 /* of the connection, for its peer */
	void *internal;		 /* of the server */
};

#define SN_HTTP_MAX_HEADERS 8
struct sn_http_answer {
	unsigned status;
	const char *type;    /* Content-Type; NULL: none */
	struct sn_text body; /* taken over by the server */
	bool held;	     /* set by sn_http_hold and sn_http_stream */
	struct sn_http_header {
		char name[32];
		char value[512];
	} headers[SN_HTTP_MAX_HEADERS];
	size_t header_count;
	const void *fixed; /* a body of static memory, instead of `body` */
	size_t fixed_len;
};

/** Fills the answer, which is all zero. */
typedef void (*sn_http_fn)(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret_answer);

/** Adds a header, or replaces one that the server adds itself (Cache-Control). One that does not fit is left out, and logged. */
void sn_http_add_header(struct sn_http_answer *answer, const char *name, const char *format, ...) SN_PRINTF(3, 4);
/** A JSON answer {"error": "…"}. Replaces the body; headers stay. */
void sn_http_refuse(struct sn_http_answer *answer, unsigned status, const char *format, ...) SN_PRINTF(3, 4);

/** PEM texts. All NULL: no TLS. */
struct sn_http_tls {
	const char *certificate_pem; /* with its chain */
	const char *key_pem;
	const char *client_ca_pem; /* NULL: client certificates are not asked for; else they are optional, and verified */
};

/** 0 takes the default that stands in brackets. */
struct sn_http_options {
	size_t max_connections;		    /* above, the one that has been without an answer longest is ended (32) */
	size_t max_connections_per_address; /* 0: no limit per address */
	uint64_t body_limit;		    /* octets of a request's body; 0: none may have one */
	uint64_t (*body_limit_of)(void *ctx, const char *method, const char *path); /* instead of body_limit; may be NULL */
	const char *const *methods;						    /* NULL at the end; NULL: GET, HEAD */
	unsigned request_deadline_s; /* from the connection to the request, over its body, over its answer (10 each) */
	unsigned idle_s;	     /* without an octet, also between two requests of a connection (10) */
	size_t connection_octets;    /* request line and headers, of each connection (16 KiB) */
	struct sn_http_tls tls;
};

/** Answered requests by status, for the metrics. */
#define SN_HTTP_MAX_STATUS 16
struct sn_http_count {
	unsigned status;
	uint64_t count;
};

struct sn_http;
/** Serves a listening socket, which it takes over. @return 0, -ENOMEM, -EIO. Nothing happens before the loop runs. */
int sn_http_start(uv_loop_t *loop, int listen_fd, sn_http_fn fn, void *ctx, struct sn_http **ret_http, struct sn_diag *reterr);
/** The same with more to choose; -EINVAL for a certificate, a key or a CA that cannot be used. Options are copied. */
int sn_http_start_with(uv_loop_t *loop, int listen_fd, const struct sn_http_options *options, sn_http_fn fn, void *ctx,
		       struct sn_http **ret_http, struct sn_diag *reterr);
/**
 * Another certificate, key and CA for connections from now on; those that stand keep theirs.
 * @return 0, -ENOMEM, -EINVAL: they cannot be used, or the server is one without TLS; then all stays as it was.
 */
int sn_http_renew_certificate(struct sn_http *http, const struct sn_http_tls *tls);
/** Stops; the handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_http *sn_http_stop(struct sn_http *http);
const struct sn_http_count *sn_http_counts(const struct sn_http *http, size_t *ret_count);
/** Connections that stand now, held ones among them. */
size_t sn_http_connections(const struct sn_http *http);

/**
 * An answer that comes later. The request is not valid after the handler has returned. No deadline runs while it is held.
 * @param gone called once when the peer has gone or the server stops before the answer, not after sn_http_answer_held; the
 *             handle is not to be used from then on
 * @return NULL: out of memory; then the answer is one that says so, and `gone` is not called.
 */
struct sn_http_held *sn_http_hold(const struct sn_http_request *request, struct sn_http_answer *answer, void (*gone)(void *ctx),
				  void *ctx);
/** Gives the answer (its body is taken over) and gives up the handle. */
void sn_http_answer_held(struct sn_http_held *held, struct sn_http_answer *answer);

/**
 * An answer without end, as Server-Sent Events; status (200), type and headers are those of the answer when the handler returns.
 * A peer that takes nothing for idle_s while something waits for it is ended.
 * @param max_backlog octets that may wait for the peer
 * @param gone as of sn_http_hold; not after sn_http_stream_end
 */
struct sn_http_stream *sn_http_stream(const struct sn_http_request *request, struct sn_http_answer *answer, size_t max_backlog,
				      void (*gone)(void *ctx), void *ctx);
/** @return 0; -ENOBUFS: the peer is slow; -ENOMEM. Nothing was taken then. */
int sn_http_stream_send(struct sn_http_stream *stream, const void *data, size_t len);
/** Ends the answer once all is sent, and gives up the handle. */
void sn_http_stream_end(struct sn_http_stream *stream);

/** A listening TCP socket. @return the descriptor or a negative errno with words. */
int sn_http_listen_tcp(const char *address, uint16_t port, struct sn_diag *reterr);
/**
 * A listening Unix socket; a stale one is removed first. Mode 0600, with a group 0660 and that group.
 * @param group (gid_t)-1: none
 */
int sn_http_listen_unix(const char *path, gid_t group, struct sn_diag *reterr);

#endif
