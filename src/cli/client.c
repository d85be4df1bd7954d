/* SPDX-License-Identifier: Apache-2.0 */
/** @file Asks the agent through libcurl. */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "base/args.h"
#include "cli/client.h"

/* What an agent that has gone astray may send before the client hangs up. */
#define ANSWER_MAX (256u << 20)
#define TIMEOUT_MS 10000L

struct sn_client {
	CURL *curl;
	char *socket;
};

int sn_client_new(const char *socket, struct sn_client **ret_client, struct sn_diag *reterr)
{
	struct sn_client *client = calloc(1, sizeof(*client));

	if (client) {
		client->curl = curl_easy_init();
		client->socket = strdup(socket);
	}
	if (!client || !client->curl || !client->socket) {
		sn_client_free(client);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	*ret_client = client;
	return 0;
}

struct sn_client *sn_client_free(struct sn_client *client)
{
	if (!client)
		return NULL;
	curl_easy_cleanup(client->curl);
	free(client->socket);
	free(client);
	return NULL;
}

static size_t receive(char *data, size_t size, size_t count, void *ctx)
{
	struct sn_text *text = ctx;
	size_t len = size * count;

	if (text->len + len > ANSWER_MAX)
		return 0;
	sn_text_add_bytes(text, data, len);
	return text->failed ? 0 : len;
}

/** "http://sauron/v1/kpi?by=gnb"; the host is a name only, the socket decides. */
static int make_url(CURL *curl, const char *path, const char *const *query, struct sn_text *url)
{
	const char *separator = "?";

	sn_text_addf(url, "http://sauron%s", path);
	for (; query && query[0]; query += 2) {
		char *value;

		if (!query[1])
			continue;
		value = curl_easy_escape(curl, query[1], (int)strlen(query[1]));
		if (!value)
			return -ENOMEM;
		sn_text_addf(url, "%s%s=%s", separator, query[0], value);
		curl_free(value);
		separator = "&";
	}
	return url->failed ? -ENOMEM : 0;
}

static int tell_not_allowed(const struct sn_client *client, struct sn_diag *reterr)
{
	return sn_diag_set(
		reterr, -EACCES,
		"the agent at %s does not answer this user; run as root, or as a member of the group that api.group names",
		client->socket);
}

static int tell_transport(const struct sn_client *client, CURLcode code, struct sn_diag *reterr)
{
	long error = 0;

	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_COULDNT_CONNECT && (error == EACCES || error == EPERM))
		return tell_not_allowed(client, reterr);
	if (code == CURLE_COULDNT_CONNECT && error != ENOENT && error != ECONNREFUSED && error)
		return sn_diag_set(reterr, -(int)error, "%s: %s", client->socket, strerror((int)error));
	if (code == CURLE_COULDNT_CONNECT)
		return sn_diag_set(reterr, -ECONNREFUSED,
				   "no agent is running: nobody answers at %s; start one with 'sauron up', or with "
				   "'systemctl start sauron-agent'",
				   client->socket);
	return sn_diag_set(reterr, -EIO, "the agent at %s did not answer: %s", client->socket, curl_easy_strerror(code));
}

/** The answer says no: {"error": "…"}. */
static int tell_status(const struct sn_client *client, long status, const struct sn_text *text, struct sn_diag *reterr)
{
	json_t *document = text->data ? json_loadb(text->data, text->len, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(document, "error"));
	int err = status == 400 ? -EINVAL : status == 404 ? -ENOENT : -EIO;

	if (status == 403)
		err = tell_not_allowed(client, reterr);
	else if (error)
		sn_diag_set(reterr, err, "%s", error);
	else
		sn_diag_set(reterr, err, "the agent at %s answered with status %ld", client->socket, status);
	json_decref(document);
	return err;
}

int sn_client_get(struct sn_client *client, const char *path, const char *const *query, struct sn_text *text,
		  struct sn_diag *reterr)
{
	struct sn_text url = { 0 };
	long status = 0;
	CURLcode code;
	int err = make_url(client->curl, path, query, &url);

	if (err) {
		sn_text_free(&url);
		return sn_diag_set(reterr, err, "out of memory");
	}
	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_URL, url.data);
	curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http");
	/* http_proxy in the environment must not send a local question out of the house. */
	curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, text);
	code = curl_easy_perform(client->curl);
	sn_text_free(&url);
	if (code != CURLE_OK)
		return tell_transport(client, code, reterr);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : tell_status(client, status, text, reterr);
}

int sn_client_get_json(struct sn_client *client, const char *path, const char *const *query, json_t **ret_document,
		       struct sn_diag *reterr)
{
	struct sn_text text = { 0 };
	json_error_t error;
	json_t *document;
	int err = sn_client_get(client, path, query, &text, reterr);

	if (err) {
		sn_text_free(&text);
		return err;
	}
	document = json_loadb(text.data ? text.data : "", text.len, 0, &error);
	sn_text_free(&text);
	if (!document)
		return sn_diag_set(reterr, -EIO, "the agent at %s sent something that is no JSON: %s", client->socket,
				   error.text);
	*ret_document = document;
	return 0;
}

int sn_client_exit(int err)
{
	return err == -EINVAL ? SN_EXIT_USAGE : SN_EXIT_FAILED;
}
