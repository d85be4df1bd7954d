/* SPDX-License-Identifier: Apache-2.0 */
/** @file Answers that come later: held ones, and streams. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "http/internal.h"

#define STREAM_BLOCK 1024 /* for peers of HTTP/1.0; others get chunks of libmicrohttpd's own buffer */

struct sn_http_held {
	struct later later;
};

struct sn_http_stream {
	struct later later;
	size_t max_backlog;
	struct sn_text backlog;
	size_t sent; /* of the backlog */
	bool ended;
};

static struct sn_http_stream *stream_of(struct later *later)
{
	return SN_CONTAINER_OF(later, struct sn_http_stream, later);
}

static void free_unused(struct later *later)
{
	if (!later->poll_closed || !later->response_freed || later->exchange)
		return;
	if (later->is_stream)
		sn_text_free(&stream_of(later)->backlog);
	free(later);
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct later *later = handle->data;

	later->poll_closed = true;
	free_unused(later);
}

static void tell_gone(struct later *later)
{
	void (*gone)(void *ctx) = later->gone;

	later->gone = NULL;
	if (gone)
		gone(later->ctx);
}

static void resume(struct later *later)
{
	if (!later->suspended)
		return;
	later->suspended = false;
	MHD_resume_connection(later->exchange->mhd);
	http_run_soon(later->exchange->http);
}

/** Nothing more comes of it, and the descriptor is no longer ours to watch. */
static void detach(struct later *later)
{
	if (!later->exchange)
		return;
	later->exchange->later = NULL;
	later->exchange = NULL;
	LIST_REMOVE(later, link);
	uv_close((uv_handle_t *)&later->poll, on_poll_closed);
}

/** Nobody waits for the answer: libmicrohttpd is to close the connection. */
static void abandon(struct later *later)
{
	struct exchange *exchange = later->exchange;

	exchange->dead = true;
	tell_gone(later);
	if (exchange->connection)
		shutdown(exchange->connection->fd, SHUT_RDWR);
	resume(later);
	detach(later);
}

static void on_peer(uv_poll_t *poll, int status, int events)
{
	abandon(poll->data);
}

void later_on_completed(struct later *later)
{
	tell_gone(later);
	detach(later);
}

void later_stop(struct sn_http *http)
{
	struct later *later;

	while ((later = LIST_FIRST(&http->laters)))
		abandon(later);
}

static int later_init(struct later *later, struct exchange *exchange, void (*gone)(void *ctx), void *ctx)
{
	struct sn_http *http = exchange->http;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (!info || uv_poll_init(http->loop, &later->poll, info->connect_fd) < 0)
		return -ENOMEM;
	later->exchange = exchange;
	later->gone = gone;
	later->ctx = ctx;
	later->response_freed = true;
	later->poll.data = later;
	exchange->later = later;
	LIST_INSERT_HEAD(&http->laters, later, link);
	uv_poll_start(&later->poll, UV_DISCONNECT, on_peer);
	return 0;
}

static void *later_new(size_t size, const struct sn_http_request *request, struct sn_http_answer *answer, void (*gone)(void *ctx),
		       void *ctx)
{
	struct later *later = calloc(1, size);

	/* Both begin with it. */
	if (!later || later_init(later, request->internal, gone, ctx) < 0) {
		free(later);
		sn_http_refuse(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return NULL;
	}
	answer->held = true;
	return later;
}

/* --- held answers */

struct sn_http_held *sn_http_hold(const struct sn_http_request *request, struct sn_http_answer *answer, void (*gone)(void *ctx),
				  void *ctx)
{
	return later_new(sizeof(struct sn_http_held), request, answer, gone, ctx);
}

void sn_http_answer_held(struct sn_http_held *held, struct sn_http_answer *answer)
{
	struct later *later = &held->later;
	struct exchange *exchange = later->exchange;

	exchange->response = answer_response(exchange->http, answer);
	exchange->status = answer->status;
	exchange->dead = !exchange->response;
	connection_move(exchange->connection, LIST_BUSY);
	resume(later);
	detach(later);
}

/* --- streams */

struct sn_http_stream *sn_http_stream(const struct sn_http_request *request, struct sn_http_answer *answer, size_t max_backlog,
				      void (*gone)(void *ctx), void *ctx)
{
	struct sn_http_stream *stream = later_new(sizeof(*stream), request, answer, gone, ctx);

	if (!stream)
		return NULL;
	stream->later.is_stream = true;
	stream->max_backlog = max_backlog;
	return stream;
}

int sn_http_stream_send(struct sn_http_stream *stream, const void *data, size_t len)
{
	struct sn_text *backlog = &stream->backlog;

	if (backlog->len - stream->sent + len > stream->max_backlog)
		return -ENOBUFS;
	/* What was sent makes room before more is asked for. */
	if (stream->sent >= backlog->len / 2 && stream->sent) {
		memmove(backlog->data, backlog->data + stream->sent, backlog->len - stream->sent);
		backlog->len -= stream->sent;
		stream->sent = 0;
	}
	sn_text_add_bytes(backlog, data, len);
	if (backlog->failed) {
		backlog->failed = false;
		return -ENOMEM;
	}
	resume(&stream->later);
	return 0;
}

void sn_http_stream_end(struct sn_http_stream *stream)
{
	stream->ended = true;
	stream->later.gone = NULL;
	connection_move(stream->later.exchange->connection, LIST_BUSY);
	resume(&stream->later);
}

static ssize_t read_backlog(void *ctx, uint64_t at, char *buffer, size_t size)
{
	struct sn_http_stream *stream = ctx;
	size_t len = SN_MIN(size, stream->backlog.len - stream->sent);

	if (!stream->later.exchange)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (len) {
		memcpy(buffer, stream->backlog.data + stream->sent, len);
		stream->sent += len;
		if (stream->sent == stream->backlog.len) {
			sn_text_free(&stream->backlog);
			stream->sent = 0;
		}
		return (ssize_t)len;
	}
	if (stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->later.suspended = true;
	MHD_suspend_connection(stream->later.exchange->mhd);
	return 0;
}

static void on_response_freed(void *ctx)
{
	struct sn_http_stream *stream = ctx;

	stream->later.response_freed = true;
	free_unused(&stream->later);
}

static enum MHD_Result begin_stream(struct exchange *exchange, struct sn_http_answer *answer)
{
	struct sn_http_stream *stream = stream_of(exchange->later);
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_backlog, stream, on_response_freed);

	sn_text_free(&answer->body);
	if (!response)
		return MHD_NO;
	stream->later.response_freed = false;
	if (!answer->status)
		answer->status = MHD_HTTP_OK;
	answer_decorate(exchange->http, answer, response);
	if (!stream->ended)
		connection_move(exchange->connection, LIST_HELD);
	return answer_queue(exchange, answer->status, response);
}

enum MHD_Result later_begin(struct exchange *exchange, struct sn_http_answer *answer)
{
	struct MHD_Response *response;

	if (exchange->later && exchange->later->is_stream)
		return begin_stream(exchange, answer);
	sn_text_free(&answer->body);
	if (exchange->dead)
		return MHD_NO;
	/* It may have been answered within the handler. */
	if (!exchange->later) {
		response = SN_TAKE_PTR(exchange->response);
		return answer_queue(exchange, exchange->status, response);
	}
	exchange->later->suspended = true;
	connection_move(exchange->connection, LIST_HELD);
	MHD_suspend_connection(exchange->mhd);
	return MHD_YES;
}
