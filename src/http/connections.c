/* SPDX-License-Identifier: Apache-2.0 */
/** @file The server's connections, listed so that slow ones are found and ended. */
#include <sys/socket.h>

#include "http/internal.h"
#include "base/clock.h"

#define DEADLINE_INTERVAL_MS 1000

static void end(struct connection *c)
{
	shutdown(c->fd, SHUT_RDWR);
	/* It stays until libmicrohttpd has noticed; it is not to be found again. */
	connection_move(c, LIST_ENDED);
}

static uint64_t deadline_ns(const struct sn_http *http, enum connection_list list)
{
	unsigned seconds = http->options.request_deadline_s;

	if (list == LIST_IDLE)
		seconds = SN_MAX(seconds, http->options.idle_s);
	return seconds * SN_NSEC_PER_SEC;
}

static void check_deadlines(uv_timer_t *timer)
{
	static const enum connection_list lists[] = { LIST_BUSY, LIST_IDLE };
	struct sn_http *http = timer->data;
	uint64_t now = sn_clock_boottime_ns();

	/* libmicrohttpd's time-out starts anew with every octet: a peer that sends one now and then would stay for ever. */
	for (size_t i = 0; i < SN_ARRAY_SIZE(lists); i++) {
		struct connection *c;

		while ((c = TAILQ_FIRST(&http->connections[lists[i]])) && now - c->since_ns > deadline_ns(http, lists[i]))
			end(c);
	}
}

/** So that peers who hold connections open keep nobody else out. */
static void end_oldest(struct sn_http *http)
{
	struct connection *busy = TAILQ_FIRST(&http->connections[LIST_BUSY]);
	struct connection *idle = TAILQ_FIRST(&http->connections[LIST_IDLE]);
	struct connection *oldest = busy && (!idle || busy->since_ns < idle->since_ns) ? busy : idle;

	if (oldest)
		end(oldest);
}

void connection_move(struct connection *c, enum connection_list list)
{
	/* One that was ended is not brought back by what it still says. */
	if (!c || c->list == LIST_ENDED)
		return;
	TAILQ_REMOVE(&c->http->connections[c->list], c, link);
	c->list = list;
	c->since_ns = sn_clock_boottime_ns();
	TAILQ_INSERT_TAIL(&c->http->connections[list], c, link);
}

gnutls_session_t connection_session(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? info->tls_session : NULL;
}

const struct tls_peer *connection_peer(struct connection *c, struct MHD_Connection *mhd)
{
	struct tls_peer peer;

	if (!c || !c->tls || c->peer_known)
		return c ? c->peer : NULL;
	c->peer_known = true;
	if (tls_session_peer(connection_session(mhd), &peer) < 0)
		return NULL;
	c->peer = malloc(sizeof(*c->peer));
	if (c->peer)
		*c->peer = peer;
	return c->peer;
}

static void begin_tls(struct sn_http *http, struct connection *c, gnutls_session_t session)
{
	if (session && tls_session_begin(http->tls, session) == 0)
		c->tls = tls_use(http->tls);
	else
		shutdown(c->fd, SHUT_RDWR);
}

static void begin(struct sn_http *http, struct MHD_Connection *mhd, void **socket_ctx)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = info ? calloc(1, sizeof(*c)) : NULL;

	*socket_ctx = c;
	if (!c) {
		/* Unlisted it would have no deadline. */
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	if (!http->connection_count)
		uv_timer_start(&http->deadline, check_deadlines, DEADLINE_INTERVAL_MS, DEADLINE_INTERVAL_MS);
	c->http = http;
	c->fd = info->connect_fd;
	if (http->tls)
		begin_tls(http, c, connection_session(mhd));
	c->list = LIST_BUSY;
	c->since_ns = sn_clock_boottime_ns();
	TAILQ_INSERT_TAIL(&http->connections[LIST_BUSY], c, link);
	if (++http->connection_count > http->options.max_connections)
		end_oldest(http);
}

void connection_on_notify(void *ctx, struct MHD_Connection *mhd, void **socket_ctx, enum MHD_ConnectionNotificationCode code)
{
	struct sn_http *http = ctx;
	struct connection *c = *socket_ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin(http, mhd, socket_ctx);
		return;
	}
	if (!c)
		return;
	TAILQ_REMOVE(&http->connections[c->list], c, link);
	free(c->peer);
	tls_release(c->tls);
	free(c);
	if (--http->connection_count == 0)
		uv_timer_stop(&http->deadline);
}

size_t sn_http_connections(const struct sn_http *http)
{
	return http->connection_count;
}
