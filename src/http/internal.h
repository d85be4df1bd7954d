/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the server's sources share: its connections, its exchanges, and what is answered later. */
#ifndef SN_HTTP_INTERNAL_H
#define SN_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "http/server.h"
#include "base/macro.h"
#include "http/tls.h"

/** Each connection stands in one list, in the order of `since_ns`. */
enum connection_list {
	LIST_BUSY,  /* a request comes, or its answer goes: request_deadline_s */
	LIST_IDLE,  /* between two requests: idle_s, at least request_deadline_s */
	LIST_HELD,  /* its answer is held or has no end: no deadline */
	LIST_ENDED, /* until libmicrohttpd has noticed */
	LIST_COUNT
};

struct connection {
	struct sn_http *http;
	TAILQ_ENTRY(connection) link;
	enum connection_list list;
	int fd;
	uint64_t since_ns;
	struct tls *tls;       /* NULL: none */
	bool peer_known;       /* it was looked for */
	struct tls_peer *peer; /* NULL: it has shown no certificate */
};
TAILQ_HEAD(connection_queue, connection);
LIST_HEAD(later_list, later);

struct sn_http {
	struct MHD_Daemon *daemon;
	uv_loop_t *loop;
	sn_http_fn fn;
	void *ctx;
	struct sn_http_options options; /* without what it points to, but for `methods` */
	const char **methods;		/* copied; NULL at the end */
	char allow[128];		/* the same, for the header Allow */
	uv_poll_t poll;
	uv_idle_t again;     /* in the next turn of the loop */
	unsigned turns;	     /* in a row, without an event */
	uv_timer_t timer;    /* libmicrohttpd's own time-outs */
	uv_timer_t deadline; /* ours; runs while there are connections */
	unsigned open_handles;
	struct tls *tls; /* for new connections; NULL: none */
	bool stopping;
	bool resumed; /* something was, since libmicrohttpd ran */
	struct connection_queue connections[LIST_COUNT];
	size_t connection_count;
	struct later_list laters;
	struct sn_http_count counts[SN_HTTP_MAX_STATUS];
	size_t count_len;
};

/** One request with its answer, from its headers to the last octet of the answer. */
struct exchange {
	struct sn_http *http;
	struct MHD_Connection *mhd;
	struct connection *connection; /* NULL when it could not be listed */
	struct sn_text body;
	uint64_t limit, seen;	       /* octets of the body */
	unsigned refused;	       /* the status that stands instead of the handler's, once the body is through */
	bool dead;		       /* nobody waits for the answer any more */
	struct later *later;	       /* held, or streamed */
	struct MHD_Response *response; /* of an answer that was held and is given now */
	unsigned status;	       /* its status */
};

/** An answer that comes later: the peer is watched meanwhile, since libmicrohttpd does not look at suspended connections. */
struct later {
	struct exchange *exchange; /* NULL: it has ended */
	LIST_ENTRY(later) link;
	void (*gone)(void *ctx); /* NULL: was called, or is not to be */
	void *ctx;
	bool suspended;
	bool is_stream;
	bool poll_closed, response_freed; /* it is freed once both are */
	uv_poll_t poll;
};

/* server.c */
void http_run_soon(struct sn_http *http);

/* connections.c */
void connection_on_notify(void *ctx, struct MHD_Connection *mhd, void **socket_ctx, enum MHD_ConnectionNotificationCode code);
/** NULL: it has no TLS. */
gnutls_session_t connection_session(struct MHD_Connection *mhd);
/** Who it is by its certificate. NULL: it has shown none. */
const struct tls_peer *connection_peer(struct connection *c, struct MHD_Connection *mhd);
void connection_move(struct connection *c, enum connection_list list);

/* request.c */
void request_init(struct sn_http_request *request, struct exchange *exchange, const char *method, const char *path);

/* answer.c */
struct MHD_Response *answer_response(struct sn_http *http, struct sn_http_answer *answer);
void answer_decorate(struct sn_http *http, const struct sn_http_answer *answer, struct MHD_Response *response);
enum MHD_Result answer_queue(struct exchange *exchange, unsigned status, struct MHD_Response *response);
void answer_count(struct sn_http *http, unsigned status);

/* exchange.c */
enum MHD_Result exchange_on_request(void *ctx, struct MHD_Connection *mhd, const char *path, const char *method,
				    const char *version, const char *data, size_t *data_len, void **request_ctx);
void exchange_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_ctx, enum MHD_RequestTerminationCode code);

/* later.c */
/** The exchange of a held answer or a stream has ended. */
void later_on_completed(struct later *later);
/** After the handler: suspends what is held, or begins the stream. */
enum MHD_Result later_begin(struct exchange *exchange, struct sn_http_answer *answer);
/** The server stops: everybody is told, nothing stays suspended. */
void later_stop(struct sn_http *http);

#endif
