/* SPDX-License-Identifier: Apache-2.0 */
/** @file libmicrohttpd on a libuv loop. */
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/server.h"
#include "base/clock.h"
#include "base/log.h"

#define CONNECTIONS_MAX	     64u
#define CONNECTIONS_KEPT     32u	 /* above, the one that has been without an answer longest is ended */
#define CONNECTION_OCTETS    (16u << 10) /* request line and headers */
#define IDLE_SECONDS	     10u
#define REQUEST_DEADLINE_NS  (10 * SN_NSEC_PER_SEC) /* from the connection or its last answer to the next */
#define DEADLINE_INTERVAL_MS 1000

/** One connection, listed so that slow ones are found. */
struct connection {
	struct sn_http *http;
	struct connection *next, **link;
	int fd;
	uint64_t since_ns;
};

struct sn_http {
	struct MHD_Daemon *daemon;
	sn_http_fn fn;
	void *ctx;
	uv_poll_t poll;
	uv_timer_t timer;    /* libmicrohttpd's own time-outs */
	uv_timer_t deadline; /* ours; runs while there are connections */
	unsigned open_handles;
	struct connection *connections;
	unsigned connection_count;
	struct sn_http_count counts[SN_HTTP_MAX_STATUS];
	size_t count_len;
};

static void count(struct sn_http *http, unsigned status)
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
	sn_text_free(&answer->body);
	sn_text_add(&answer->body, body ? body : "{\"error\":\"the request is no text\"}");
	sn_text_add(&answer->body, "\n");
	free(body);
	json_decref(document);
}

/* --- what a request asks */

static const char *parameter(const struct sn_http_request *request, const char *name)
{
	const char *value = NULL;
	size_t len;

	if (MHD_lookup_connection_value_n(request->internal, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value, &len) != MHD_YES)
		return NULL;
	return value ? value : "";
}

struct unknown_search {
	const char *const *names;
	const char *found;
};

static enum MHD_Result find_unknown(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct unknown_search *search = ctx;

	for (size_t i = 0; search->names[i]; i++)
		if (strcmp(search->names[i], name) == 0)
			return MHD_YES;
	search->found = name;
	return MHD_NO;
}

static const char *unknown_parameter(const struct sn_http_request *request, const char *const *names)
{
	struct unknown_search search = { .names = names };

	MHD_get_connection_values(request->internal, MHD_GET_ARGUMENT_KIND, find_unknown, &search);
	return search.found;
}

/* --- answering */

static enum MHD_Result send_answer(struct sn_http *http, struct MHD_Connection *connection, struct sn_http_answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer->body.failed) {
		sn_text_free(&answer->body);
		return MHD_NO;
	}
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		sn_text_free(&answer->body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	count(http, answer->status);
	return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *data, size_t *data_len, void **request_ctx)
{
	struct sn_http *http = ctx;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct sn_http_request request = { .path = url,
						 .parameter = parameter,
						 .unknown_parameter = unknown_parameter,
						 .fd = info ? info->connect_fd : -1,
						 .internal = connection };
	struct sn_http_answer answer = { 0 };

	/*
	 * The first call comes with the headers, the next ones with a body, the last without. A body is taken and thrown away:
	 * whoever is hung up on while he writes does not see the answer. The deadline bounds it.
	 */
	if (!*request_ctx) {
		*request_ctx = http;
		return MHD_YES;
	}
	if (*data_len) {
		*data_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		sn_http_refuse(&answer, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are served");
		return send_answer(http, connection, &answer);
	}
	http->fn(http->ctx, &request, &answer);
	return send_answer(http, connection, &answer);
}

/* --- connections and their deadlines */

static void check_deadlines(uv_timer_t *timer)
{
	struct sn_http *http = timer->data;
	uint64_t now = sn_clock_boottime_ns();

	/* libmicrohttpd's time-out starts anew with every octet: a peer that sends one now and then would stay for ever. */
	for (struct connection *c = http->connections; c; c = c->next)
		if (c->since_ns < now && now - c->since_ns > REQUEST_DEADLINE_NS)
			shutdown(c->fd, SHUT_RDWR);
}

/** So that peers who hold connections open keep nobody else out. */
static void end_oldest(struct sn_http *http)
{
	struct connection *oldest = http->connections;

	for (struct connection *c = http->connections; c; c = c->next)
		if (c->since_ns < oldest->since_ns)
			oldest = c;
	shutdown(oldest->fd, SHUT_RDWR);
	/* It stays listed until libmicrohttpd has noticed; it is not to be found again. */
	oldest->since_ns = UINT64_MAX;
}

static void connection_begin(struct sn_http *http, struct MHD_Connection *connection, void **socket_ctx)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = info ? calloc(1, sizeof(*c)) : NULL;

	*socket_ctx = c;
	if (!c)
		return;
	if (!http->connections)
		uv_timer_start(&http->deadline, check_deadlines, DEADLINE_INTERVAL_MS, DEADLINE_INTERVAL_MS);
	c->http = http;
	c->fd = info->connect_fd;
	c->since_ns = sn_clock_boottime_ns();
	c->next = http->connections;
	c->link = &http->connections;
	if (c->next)
		c->next->link = &c->next;
	http->connections = c;
	if (++http->connection_count > CONNECTIONS_KEPT)
		end_oldest(http);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	struct sn_http *http = ctx;
	struct connection *c = *socket_ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_begin(http, connection, socket_ctx);
		return;
	}
	if (!c)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	free(c);
	http->connection_count--;
	if (!http->connections)
		uv_timer_stop(&http->deadline);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request_ctx, enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info ? info->socket_context : NULL;

	if (c)
		c->since_ns = sn_clock_boottime_ns();
}

/* --- on the loop */

static void on_timer(uv_timer_t *timer);

static void run(struct sn_http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &timeout) == MHD_YES)
		uv_timer_start(&http->timer, on_timer, timeout, /* repeat= */ 0);
	else
		uv_timer_stop(&http->timer);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

static void on_log(void *ctx, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	/* Mostly what peers did wrong: worth a look only to who looks for it. */
	sn_log_debug("http: %s", line);
}

int sn_http_start(uv_loop_t *loop, int listen_fd, sn_http_fn fn, void *ctx, struct sn_http **ret_http, struct sn_diag *reterr)
{
	struct sn_http *http = calloc(1, sizeof(*http));
	const union MHD_DaemonInfo *info;

	if (!http) {
		close(listen_fd);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	http->fn = fn;
	http->ctx = ctx;
	http->daemon =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER,
				 on_log, http, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_OCTETS, MHD_OPTION_CONNECTION_TIMEOUT,
				 IDLE_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
				 on_completed, http, MHD_OPTION_END);
	if (!http->daemon) {
		/* Whether libmicrohttpd has closed the socket by now it does not say: left to the end of the program. */
		free(http);
		return sn_diag_set(reterr, -EIO, "the HTTP server does not start");
	}
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || uv_poll_init(loop, &http->poll, info->epoll_fd) < 0) {
		MHD_stop_daemon(http->daemon);
		free(http);
		return sn_diag_set(reterr, -EIO, "the HTTP server does not start: no descriptor to watch");
	}
	uv_timer_init(loop, &http->timer);
	uv_timer_init(loop, &http->deadline);
	http->open_handles = 3;
	http->poll.data = http->timer.data = http->deadline.data = http;
	uv_poll_start(&http->poll, UV_READABLE, on_poll);
	*ret_http = http;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct sn_http *http = handle->data;

	if (--http->open_handles == 0)
		free(http);
}

struct sn_http *sn_http_stop(struct sn_http *http)
{
	if (!http)
		return NULL;
	uv_poll_stop(&http->poll);
	MHD_stop_daemon(http->daemon);
	uv_close((uv_handle_t *)&http->poll, on_closed);
	uv_close((uv_handle_t *)&http->timer, on_closed);
	uv_close((uv_handle_t *)&http->deadline, on_closed);
	return NULL;
}
