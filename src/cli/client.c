/* SPDX-License-Identifier: Apache-2.0 */
/** @file Asks the agent or a controller through libcurl. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "cli/client.h"

/* What an agent that has gone astray may send before the client hangs up. */
#define ANSWER_MAX (256u << 20)
#define TIMEOUT_MS 10000L

struct sn_client {
	CURL *curl;
	char *socket;	  /* NULL: a controller is asked */
	char *controller; /* without a slash at its end */
	char *ca_file;	  /* NULL: the system's CAs */
	char *node;	  /* NULL: not known yet */
	struct curl_slist *headers;
};

/** The first word of the file, or what the environment holds. */
static int token_find(const char *path, char ret_token[4096], struct sn_diag *reterr)
{
	const char *token = getenv(SN_CLIENT_TOKEN);
	FILE *f;

	*ret_token = '\0';
	if (!path) {
		snprintf(ret_token, 4096, "%s", token ? token : "");
		return *ret_token ? 0
				  : sn_diag_set(reterr, -EACCES,
						"a controller wants a token: name its file with --token-file, or "
						"put it into " SN_CLIENT_TOKEN);
	}
	f = fopen(path, "re");
	if (!f)
		return sn_diag_set(reterr, -errno, "%s: the token cannot be read: %s", path, strerror(errno));
	if (fscanf(f, "%4095s", ret_token) != 1)
		*ret_token = '\0';
	fclose(f);
	return *ret_token ? 0 : sn_diag_set(reterr, -EINVAL, "%s: there is no token in it", path);
}

static int controller_take(struct sn_client *client, const struct sn_client_target *target, struct sn_diag *reterr)
{
	char token[4096], header[4096 + 32];
	size_t len = strlen(target->controller);
	int err = token_find(target->token_file, token, reterr);

	if (err)
		return err;
	while (len && target->controller[len - 1] == '/')
		len--;
	snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
	client->headers = curl_slist_append(NULL, header);
	client->controller = strndup(target->controller, len);
	client->node = target->node ? strdup(target->node) : NULL;
	client->ca_file = target->ca_file ? strdup(target->ca_file) : NULL;
	if (!client->headers || !client->controller || (target->node && !client->node) || (target->ca_file && !client->ca_file))
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	return 0;
}

int sn_client_new(const struct sn_client_target *target, struct sn_client **ret_client, struct sn_diag *reterr)
{
	struct sn_client *client = calloc(1, sizeof(*client));
	int err = 0;

	if (client) {
		client->curl = curl_easy_init();
		client->socket = target->controller ? NULL : strdup(target->socket);
	}
	if (!client || !client->curl || (!target->controller && !client->socket))
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	else if (target->controller)
		err = controller_take(client, target, reterr);
	if (err) {
		sn_client_free(client);
		return err;
	}
	*ret_client = client;
	return 0;
}

struct sn_client *sn_client_free(struct sn_client *client)
{
	if (!client)
		return NULL;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->socket);
	free(client->controller);
	free(client->ca_file);
	free(client->node);
	free(client);
	return NULL;
}

/** Whom messages name. */
static const char *name_of(const struct sn_client *client)
{
	return client->socket ? client->socket : client->controller;
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

/** "http://sauron/v1/kpi?by=gnb"; of the agent the host is a name only, the socket decides. */
static int make_url(const struct sn_client *client, const char *path, const char *const *query, struct sn_text *url)
{
	const char *separator = "?";
	CURL *curl = client->curl;

	sn_text_addf(url, "%s%s", client->controller ? client->controller : "http://sauron", path);
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

	if (client->controller)
		return sn_diag_set(reterr, code == CURLE_COULDNT_CONNECT ? -ECONNREFUSED : -EIO,
				   "the controller at %s did not answer: %s", client->controller, curl_easy_strerror(code));
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

	if (status == 403 && client->socket)
		err = tell_not_allowed(client, reterr);
	else if (error)
		sn_diag_set(reterr, err, "%s", error);
	else
		sn_diag_set(reterr, err, "%s answered with status %ld", name_of(client), status);
	json_decref(document);
	return err;
}

/** One request. @param body NULL: none */
static int perform(struct sn_client *client, const char *method, const char *url, const char *body, struct sn_text *text,
		   struct sn_diag *reterr)
{
	long status = 0;
	CURLcode code;

	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
	if (body) {
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	}
	curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, client->socket ? "http" : "http,https");
	if (client->socket) {
		curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		/* http_proxy in the environment must not send a local question out of the house. */
		curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
	}
	if (client->ca_file)
		curl_easy_setopt(client->curl, CURLOPT_CAINFO, client->ca_file);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, text);
	code = curl_easy_perform(client->curl);
	if (code != CURLE_OK)
		return tell_transport(client, code, reterr);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300 ? 0 : tell_status(client, status, text, reterr);
}

int sn_client_get(struct sn_client *client, const char *path, const char *const *query, struct sn_text *text,
		  struct sn_diag *reterr)
{
	struct sn_text url = { 0 };
	int err = make_url(client, path, query, &url);

	err = err ? sn_diag_set(reterr, err, "out of memory") : perform(client, "GET", url.data, /* body= */ NULL, text, reterr);
	sn_text_free(&url);
	return err;
}

/** The document in what was received, which is given up. */
static int parse(const struct sn_client *client, struct sn_text *text, json_t **ret_document, struct sn_diag *reterr)
{
	json_error_t error;
	json_t *document = json_loadb(text->data ? text->data : "", text->len, 0, &error);

	sn_text_free(text);
	if (!document)
		return sn_diag_set(reterr, -EIO, "%s sent something that is no JSON: %s", name_of(client), error.text);
	*ret_document = document;
	return 0;
}

int sn_client_change(struct sn_client *client, const char *method, const char *path, const json_t *body, json_t **ret_document,
		     struct sn_diag *reterr)
{
	struct sn_text url = { 0 }, text = { 0 };
	char *words = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int err = make_url(client, path, /* query= */ NULL, &url);

	if (err || (body && !words))
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	else
		err = perform(client, method, url.data, words ? words : "", &text, reterr);
	sn_text_free(&url);
	free(words);
	if (!err && text.len)
		return parse(client, &text, ret_document, reterr);
	sn_text_free(&text);
	return err;
}

int sn_client_get_json(struct sn_client *client, const char *path, const char *const *query, json_t **ret_document,
		       struct sn_diag *reterr)
{
	struct sn_text text = { 0 };
	int err = sn_client_get(client, path, query, &text, reterr);

	if (!err)
		return parse(client, &text, ret_document, reterr);
	sn_text_free(&text);
	return err;
}

/** Which node, where none is named: the only one. */
static int node_find(struct sn_client *client, struct sn_diag *reterr)
{
	static const char *const query[] = { "limit", "2", NULL };
	json_t *document = NULL;
	const char *name;
	size_t count;
	int err = client->node ? 0 : sn_client_get_json(client, "/api/v1/nodes", query, &document, reterr);

	if (err || client->node)
		return err;
	count = json_array_size(json_object_get(document, "nodes"));
	name = json_string_value(json_object_get(json_array_get(json_object_get(document, "nodes"), 0), "name"));
	if (count == 1 && name)
		client->node = strdup(name);
	json_decref(document);
	if (client->node)
		return 0;
	return sn_diag_set(reterr, -EINVAL,
			   count ? "there are several nodes: name one with --node ('sauron nodes' lists them)"
				 : "the controller knows no node yet");
}

int sn_client_get_local(struct sn_client *client, const char *path, const char *const *query, json_t **ret_document,
			struct sn_diag *reterr)
{
	struct sn_text whole = { 0 };
	char *node;
	int err;

	if (client->socket)
		return sn_client_get_json(client, path, query, ret_document, reterr);
	err = node_find(client, reterr);
	if (err)
		return err;
	node = curl_easy_escape(client->curl, client->node, 0);
	/* "/v1/kpi" of the agent is "/api/v1/nodes/NODE/kpi" of the controller. */
	sn_text_addf(&whole, "/api/v1/nodes/%s%s", node ? node : "", path + strlen("/v1"));
	err = node && !whole.failed ? sn_client_get_json(client, whole.data, query, ret_document, reterr)
				    : sn_diag_set(reterr, -ENOMEM, "out of memory");
	curl_free(node);
	sn_text_free(&whole);
	return err;
}

int sn_client_exit(int err)
{
	return err == -EINVAL ? SN_EXIT_USAGE : SN_EXIT_FAILED;
}
