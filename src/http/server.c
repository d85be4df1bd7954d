/* SPDX-License-Identifier: Apache-2.0 */
/** @file libmicrohttpd on a libuv loop: start, turns, stop. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "http/internal.h"
#include "base/log.h"

/* What stands for 0 in the options. */
#define CONNECTIONS_MAX	  32u
#define CONNECTION_OCTETS (16u << 10)
#define IDLE_SECONDS	  10u
#define DEADLINE_SECONDS  10u
#define GET_BODY_LIMIT	  (64u << 10) /* of sn_http_start: nobody reads it */
/* libmicrohttpd stops to accept at its own limit; below it there is room for those who are being ended. */
#define CONNECTIONS_ENDING 32u
#define DAEMON_OPTIONS_MAX 16
/* How often libmicrohttpd runs at once without an event, how often soon, before it runs now and then. */
#define TURNS_AT_ONCE 64u
#define TURNS_SOON    1024u
#define SOON_MS	      1
#define LATER_MS      20

/* --- on the loop */

static void on_timer(uv_timer_t *timer);
static void on_again(uv_idle_t *again);

/*
 * "At once" is the next turn of the loop: a timer of 0 ms that starts itself anew would keep libuv from ever turning. And
 * libmicrohttpd (0.9.75) says "at once" all the time while a TLS handshake waits for its peer, where only an event helps.
 */
static void run_again(struct sn_http *http)
{
	if (++http->turns <= TURNS_AT_ONCE)
		uv_idle_start(&http->again, on_again);
	else
		uv_timer_start(&http->timer, on_timer, http->turns <= TURNS_SOON ? SOON_MS : LATER_MS, /* repeat= */ 0);
}

static void run(struct sn_http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	uv_idle_stop(&http->again);
	uv_timer_stop(&http->timer);
	http->resumed = false;
	MHD_run(http->daemon);
	if (http->resumed)
		uv_idle_start(&http->again, on_again);
	else if (MHD_get_timeout(http->daemon, &timeout) != MHD_YES)
		http->turns = 0;
	else if (timeout == 0)
		run_again(http);
	else
		uv_timer_start(&http->timer, on_timer, timeout, /* repeat= */ 0);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_again(uv_idle_t *again)
{
	run(again->data);
}

/* Of what is resumed its epoll descriptor does not tell. */
void http_run_soon(struct sn_http *http)
{
	http->resumed = true;
	http->turns = 0;
	if (!http->stopping)
		uv_idle_start(&http->again, on_again);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct sn_http *http = poll->data;

	http->turns = 0;
	run(http);
}

static void on_log(void *ctx, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	/* Mostly what peers did wrong: worth a look only to who looks for it. */
	sn_log_debug("http: %s", line);
}

/* --- start and stop */

static void http_free(struct sn_http *http)
{
	tls_release(http->tls);
	free(http->methods);
	free(http);
}

/** HEAD comes with GET. */
static int copy_methods(struct sn_http *http, const char *const *methods)
{
	static const char *const reading[] = { MHD_HTTP_METHOD_GET, NULL };
	size_t count = 0, len = 0;

	if (!methods)
		methods = reading;
	while (methods[count])
		count++;
	http->methods = calloc(count + 2, sizeof(*http->methods));
	if (!http->methods)
		return -ENOMEM;
	memcpy(http->methods, methods, count * sizeof(*methods));
	for (size_t i = 0; i < count; i++)
		if (strcmp(methods[i], MHD_HTTP_METHOD_GET) == 0)
			http->methods[count] = MHD_HTTP_METHOD_HEAD;
	for (size_t i = 0; http->methods[i] && len < sizeof(http->allow); i++)
		len += (size_t)snprintf(http->allow + len, sizeof(http->allow) - len, "%s%s", i ? ", " : "", http->methods[i]);
	return 0;
}

static struct sn_http *http_new(uv_loop_t *loop, const struct sn_http_options *options, sn_http_fn fn, void *ctx)
{
	struct sn_http *http = calloc(1, sizeof(*http));

	if (!http || copy_methods(http, options->methods) < 0) {
		free(http);
		return NULL;
	}
	http->loop = loop;
	http->fn = fn;
	http->ctx = ctx;
	http->options = *options;
	http->options.methods = NULL;
	http->options.tls = (struct sn_http_tls) { 0 };
	if (!http->options.max_connections)
		http->options.max_connections = CONNECTIONS_MAX;
	if (!http->options.connection_octets)
		http->options.connection_octets = CONNECTION_OCTETS;
	if (!http->options.idle_s)
		http->options.idle_s = IDLE_SECONDS;
	if (!http->options.request_deadline_s)
		http->options.request_deadline_s = DEADLINE_SECONDS;
	for (size_t i = 0; i < LIST_COUNT; i++)
		TAILQ_INIT(&http->connections[i]);
	return http;
}

static void start_daemon(struct sn_http *http, int listen_fd, const struct sn_http_tls *tls)
{
	const struct sn_http_options *options = &http->options;
	unsigned limit = (unsigned)(options->max_connections + SN_MAX(options->max_connections / 16, CONNECTIONS_ENDING));
	struct MHD_OptionItem items[DAEMON_OPTIONS_MAX] = {
		{ MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit, NULL },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)options->max_connections_per_address, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_octets, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->idle_s, NULL },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_on_notify, http },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_on_completed, http },
		{ MHD_OPTION_END, 0, NULL },
	};
	/* libmicrohttpd wants a certificate of its own; each session gets ours in its place. It only reads. */
	const struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls->certificate_pem },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls->key_pem },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	size_t count = 0;

	while (items[count].option != MHD_OPTION_END)
		count++;
	if (http->tls) {
		flags |= MHD_USE_TLS;
		memcpy(&items[count], secure, sizeof(secure));
	}
	http->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, http,
					MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

int sn_http_start_with(uv_loop_t *loop, int listen_fd, const struct sn_http_options *options, sn_http_fn fn, void *ctx,
		       struct sn_http **ret_http, struct sn_diag *reterr)
{
	struct sn_http *http = http_new(loop, options, fn, ctx);
	const union MHD_DaemonInfo *info;

	if (!http) {
		close(listen_fd);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	if (options->tls.certificate_pem) {
		int err = tls_new(&options->tls, &http->tls, reterr);

		if (err) {
			close(listen_fd);
			http_free(http);
			return err;
		}
	}
	start_daemon(http, listen_fd, &options->tls);
	if (!http->daemon) {
		/* Whether libmicrohttpd has closed the socket by now it does not say: left to the end of the program. */
		http_free(http);
		return sn_diag_set(reterr, -EIO, "the HTTP server does not start");
	}
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || uv_poll_init(loop, &http->poll, info->epoll_fd) < 0) {
		MHD_stop_daemon(http->daemon);
		http_free(http);
		return sn_diag_set(reterr, -EIO, "the HTTP server does not start: no descriptor to watch");
	}
	uv_idle_init(loop, &http->again);
	uv_timer_init(loop, &http->timer);
	uv_timer_init(loop, &http->deadline);
	http->open_handles = 4;
	http->poll.data = http->again.data = http->timer.data = http->deadline.data = http;
	uv_poll_start(&http->poll, UV_READABLE, on_poll);
	*ret_http = http;
	return 0;
}

int sn_http_start(uv_loop_t *loop, int listen_fd, sn_http_fn fn, void *ctx, struct sn_http **ret_http, struct sn_diag *reterr)
{
	const struct sn_http_options options = { .body_limit = GET_BODY_LIMIT };

	return sn_http_start_with(loop, listen_fd, &options, fn, ctx, ret_http, reterr);
}

int sn_http_renew_certificate(struct sn_http *http, const struct sn_http_tls *tls)
{
	struct tls *renewed;
	int err;

	if (!http->tls)
		return -EINVAL;
	err = tls_new(tls, &renewed, /* reterr= */ NULL);
	if (err)
		return err;
	tls_release(http->tls);
	http->tls = renewed;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct sn_http *http = handle->data;

	if (--http->open_handles == 0)
		http_free(http);
}

struct sn_http *sn_http_stop(struct sn_http *http)
{
	if (!http)
		return NULL;
	http->stopping = true;
	/* libmicrohttpd must not find anything suspended. */
	later_stop(http);
	uv_poll_stop(&http->poll);
	MHD_stop_daemon(http->daemon);
	uv_close((uv_handle_t *)&http->poll, on_closed);
	uv_close((uv_handle_t *)&http->again, on_closed);
	uv_close((uv_handle_t *)&http->timer, on_closed);
	uv_close((uv_handle_t *)&http->deadline, on_closed);
	return NULL;
}
