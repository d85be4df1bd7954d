/* SPDX-License-Identifier: Apache-2.0 */
/** @file libcurl's sockets and time-outs on a libuv loop. */
#include <errno.h>
#include <string.h>

#include "http/client_internal.h"

/** A socket that libcurl wants to have watched. */
struct watch {
	uv_poll_t poll;
	struct sn_http_client *client;
	curl_socket_t fd;
};

static void end_transfer(struct sn_http_transfer *transfer, CURLcode code)
{
	if (transfer->begun)
		curl_multi_remove_handle(transfer->client->multi, transfer->easy);
	LIST_REMOVE(transfer, link);
	transfer->ending = true;
	transfer_tell(transfer, code);
	transfer_free(transfer);
}

static int begin_transfer(struct sn_http_transfer *transfer)
{
	transfer->begun = curl_multi_add_handle(transfer->client->multi, transfer->easy) == CURLM_OK;
	return transfer->begun ? 0 : -ENOMEM;
}

static void tell_done(struct sn_http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		struct sn_http_transfer *transfer = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		end_transfer(transfer, code);
	}
}

/** Gives libcurl the orders that came while it took none. */
static void settle(struct sn_http_client *client)
{
	struct sn_http_transfer *transfer, *next;

	while (client->unsettled) {
		client->unsettled = false;
		for (transfer = LIST_FIRST(&client->transfers); transfer; transfer = next) {
			next = LIST_NEXT(transfer, link);
			if (transfer->cancelled)
				end_transfer(transfer, CURLE_OK);
			else if (!transfer->begun && begin_transfer(transfer) < 0)
				end_transfer(transfer, CURLE_OUT_OF_MEMORY);
		}
	}
}

static void run(struct sn_http_client *client, curl_socket_t fd, int flags)
{
	int running;

	curl_multi_socket_action(client->multi, fd, flags, &running);
	settle(client);
	tell_done(client);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct sn_http_client *client = watch->client;
	curl_socket_t fd = watch->fd;
	int flags = 0;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	run(client, fd, flags);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct sn_http_client *client = ctx;

	if (timeout_ms < 0)
		uv_timer_stop(&client->timer);
	else
		uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, /* repeat= */ 0);
	return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watch *watch_new(struct sn_http_client *client, curl_socket_t fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch || uv_poll_init(client->loop, &watch->poll, fd) < 0) {
		free(watch);
		return NULL;
	}
	watch->client = client;
	watch->fd = fd;
	watch->poll.data = watch;
	curl_multi_assign(client->multi, fd, watch);
	return watch;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct sn_http_client *client = ctx;
	struct watch *watch = socket_ctx;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (watch)
			uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (!watch)
		watch = watch_new(client, fd);
	if (!watch)
		return -1;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	uv_poll_start(&watch->poll, events, on_socket);
	return 0;
}

/* --- new and free */

static bool copy_text(char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return !text || *ret_copy;
}

static void release(struct sn_http_client *client)
{
	free(client->unix_socket);
	free(client->ca_pem_file);
	free(client->cert_file);
	free(client->key_file);
	free(client->user_agent);
	free(client);
}

static bool copy_options(struct sn_http_client *client, const struct sn_http_client_options *options)
{
	client->options = *options;
	return copy_text(&client->unix_socket, options->unix_socket) & copy_text(&client->ca_pem_file, options->ca_pem_file) &
	       copy_text(&client->cert_file, options->cert_file) & copy_text(&client->key_file, options->key_file) &
	       copy_text(&client->user_agent, options->user_agent ? options->user_agent : "sauron/" SN_VERSION);
}

struct sn_http_client *sn_http_client_new(uv_loop_t *loop, const struct sn_http_client_options *options)
{
	struct sn_http_client *client = calloc(1, sizeof(*client));

	if (client)
		client->multi = curl_multi_init();
	if (!client || !client->multi || !copy_options(client, options)) {
		if (client)
			curl_multi_cleanup(client->multi);
		if (client)
			release(client);
		return NULL;
	}
	client->loop = loop;
	LIST_INIT(&client->transfers);
	uv_timer_init(loop, &client->timer);
	client->timer.data = client;
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->connections_max);
	return client;
}

static void on_client_closed(uv_handle_t *handle)
{
	release(handle->data);
}

struct sn_http_client *sn_http_client_free(struct sn_http_client *client)
{
	struct sn_http_transfer *transfer;

	if (!client)
		return NULL;
	while ((transfer = LIST_FIRST(&client->transfers)))
		sn_http_transfer_cancel(transfer);
	/* It has the last of its sockets unwatched. */
	curl_multi_cleanup(client->multi);
	uv_close((uv_handle_t *)&client->timer, on_client_closed);
	return NULL;
}

/* --- calls */

int sn_http_client_send(struct sn_http_client *client, const struct sn_http_call *call, sn_http_done_fn done, void *ctx,
			struct sn_http_transfer **ret_transfer)
{
	struct sn_http_transfer *transfer = calloc(1, sizeof(*transfer));
	int err;

	if (!transfer)
		return -ENOMEM;
	transfer->client = client;
	transfer->done = done;
	transfer->ctx = ctx;
	err = transfer_setup(transfer, call);
	if (!err && client->inside)
		client->unsettled = true;
	else if (!err)
		err = begin_transfer(transfer);
	if (err) {
		transfer_free(transfer);
		return err;
	}
	LIST_INSERT_HEAD(&client->transfers, transfer, link);
	if (ret_transfer)
		*ret_transfer = transfer;
	return 0;
}

struct sn_http_transfer *sn_http_transfer_cancel(struct sn_http_transfer *transfer)
{
	if (!transfer)
		return NULL;
	transfer->done = NULL;
	transfer->cancelled = true;
	if (transfer->client->inside)
		transfer->client->unsettled = true;
	else if (!transfer->ending)
		end_transfer(transfer, CURLE_OK);
	return NULL;
}
