/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A small HTTP server on the agent's loop: libmicrohttpd without a thread, its epoll descriptor watched by libuv. Answers
 * are made at once, in memory. What a peer can use up is bounded: connections, header octets, time.
 */
#ifndef SN_HTTP_SERVER_H
#define SN_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/text.h"
#include "sauron/diag.h"

/** A GET or HEAD with its path and what stands behind '?'. Valid during the call. */
struct sn_http_request {
	const char *path;
	/** Value of a parameter; NULL when it is not there, "" when it has none. */
	const char *(*parameter)(const struct sn_http_request *request, const char *name);
	/** The first parameter whose name is not among `names` (NULL at the end); NULL when all are. */
	const char *(*unknown_parameter)(const struct sn_http_request *request, const char *const *names);
	int fd;		/* of the connection, for its peer */
	void *internal; /* of the server */
};

struct sn_http_answer {
	unsigned status;
	const char *type;    /* Content-Type */
	struct sn_text body; /* taken over by the server */
};

/** Fills the answer, which is all zero. */
typedef void (*sn_http_fn)(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret_answer);

/** Answered requests by status, for the metrics. */
#define SN_HTTP_MAX_STATUS 16
struct sn_http_count {
	unsigned status;
	uint64_t count;
};

struct sn_http;
/** Serves a listening socket, which it takes over. @return 0, -ENOMEM, -EIO. Nothing happens before the loop runs. */
int sn_http_start(uv_loop_t *loop, int listen_fd, sn_http_fn fn, void *ctx, struct sn_http **ret_http, struct sn_diag *reterr);
/** Stops; the handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_http *sn_http_stop(struct sn_http *http);
const struct sn_http_count *sn_http_counts(const struct sn_http *http, size_t *ret_count);

/** A JSON answer {"error": "…"}. */
void sn_http_refuse(struct sn_http_answer *answer, unsigned status, const char *format, ...) SN_PRINTF(3, 4);

/** A listening TCP socket. @return the descriptor or a negative errno with words. */
int sn_http_listen_tcp(const char *address, uint16_t port, struct sn_diag *reterr);
/**
 * A listening Unix socket; a stale one is removed first. Mode 0600, with a group 0660 and that group.
 * @param group (gid_t)-1: none
 */
int sn_http_listen_unix(const char *path, gid_t group, struct sn_diag *reterr);

#endif
