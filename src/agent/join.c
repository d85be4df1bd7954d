/* SPDX-License-Identifier: Apache-2.0 */
/** @file The steps of joining, one request at a time. */
#include "agent/join.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "http/client.h"
#include "http/pki.h"
#include "model/document.h"

#define RETRY_FIRST_MS	1000u
#define RETRY_LAST_MS	60000u
#define LOOK_MS		(3600 * 1000u) /* how often the certificate's end is looked at */
#define RESPONSE_OCTETS (64u << 10)

struct sn_join {
	char *endpoint, *node, *token_file, *fingerprint;
	char *ca_file, *certificate_file, *key_file;
	struct sn_join_files files;
	uv_timer_t timer;
	struct sn_http_client *stranger;  /* believes anybody: for the CA's certificate only */
	struct sn_http_client *applicant; /* has no certificate to show */
	struct sn_http_client *member;
	struct sn_http_transfer *transfer;
	struct sn_text body;
	char *request_key; /* of the request under way */
	unsigned retry_ms;
	char state[192];
};

static void step(struct sn_join *join);

static void on_timer(uv_timer_t *timer)
{
	step(timer->data);
}

static void again(struct sn_join *join, const char *why)
{
	if (join->retry_ms == RETRY_FIRST_MS)
		sn_log_warning("joining %s: %s; tried again and again", join->endpoint, why);
	snprintf(join->state, sizeof(join->state), "waits: %.180s", why);
	join->request_key = sn_pki_forget(join->request_key);
	uv_timer_start(&join->timer, on_timer, join->retry_ms, /* repeat= */ 0);
	join->retry_ms = SN_MIN(2 * join->retry_ms, RETRY_LAST_MS);
}

/** What the answer says, when it is none that helps. */
static void again_for(struct sn_join *join, const struct sn_http_result *result)
{
	json_t *document = result->body.len ? json_loadb((const char *)result->body.data, result->body.len, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(document, "error"));
	char why[160];

	if (result->error)
		snprintf(why, sizeof(why), "%.150s", result->text);
	else
		snprintf(why, sizeof(why), "status %u%s%.120s", result->status, error ? ": " : "", error ? error : "");
	json_decref(document);
	again(join, why);
}

static int request(struct sn_join *join, struct sn_http_client *client, const char *method, const char *path, const char *token,
		   sn_http_done_fn done)
{
	char url[512], authorization[4096 + 32];
	const char *const headers[] = { "Content-Type: application/json", token ? authorization : NULL, NULL };
	const struct sn_http_call call = { .method = method,
					   .url = url,
					   .headers = headers,
					   .body = { (const uint8_t *)join->body.data, join->body.len },
					   .response_limit = RESPONSE_OCTETS };

	if (token)
		snprintf(authorization, sizeof(authorization), "Authorization: Bearer %s", token);
	if ((size_t)snprintf(url, sizeof(url), "%s%s", join->endpoint, path) >= sizeof(url))
		return -EINVAL;
	return sn_http_client_send(client, &call, done, join, &join->transfer);
}

/* --- the CA */

static void on_ca(void *ctx, const struct sn_http_result *result)
{
	struct sn_join *join = ctx;
	struct sn_pki_certificate read;
	struct sn_diag diag = { 0 };

	join->transfer = NULL;
	if (result->error || result->status != 200) {
		again_for(join, result);
		return;
	}
	if (sn_pki_read(result->body, &read, &diag) < 0) {
		again(join, "what it calls its CA is no certificate");
		return;
	}
	if (strcasecmp(read.fingerprint, join->fingerprint) != 0) {
		again(join,
		      "its CA is not the one of controller.ca_fingerprint: somebody else answers there, or the CA was made anew");
		return;
	}
	if (sn_pki_file_write(join->ca_file, (const char *)result->body.data, 0644, &diag) < 0) {
		again(join, diag.text);
		return;
	}
	join->retry_ms = RETRY_FIRST_MS;
	step(join);
}

/* --- the certificate */

static void on_signed(void *ctx, const struct sn_http_result *result)
{
	struct sn_join *join = ctx;
	struct sn_diag diag = { 0 };
	json_t *document;
	const char *certificate;
	int err;

	join->transfer = NULL;
	if (result->error || result->status != 200) {
		again_for(join, result);
		return;
	}
	document = json_loadb((const char *)result->body.data, result->body.len, 0, NULL);
	certificate = json_string_value(json_object_get(document, "certificate"));
	/* The key first: with a certificate and another's key nothing goes; with a key alone it is asked for anew. */
	err = certificate ? sn_pki_file_write(join->key_file, join->request_key, 0600, &diag)
			  : sn_diag_set(&diag, -EBADMSG, "the answer holds no certificate");
	if (!err)
		err = sn_pki_file_write(join->certificate_file, certificate, 0644, &diag);
	json_decref(document);
	if (err) {
		again(join, diag.text);
		return;
	}
	join->request_key = sn_pki_forget(join->request_key);
	join->retry_ms = RETRY_FIRST_MS;
	sn_log_info("a certificate of %s is there for node %s", join->endpoint, join->node);
	step(join);
}

static void ask_signature(struct sn_join *join, bool renew)
{
	char *csr = NULL, *token = NULL;
	struct sn_diag diag = { 0 };
	json_t *document = NULL;
	int err = 0;

	if (!renew)
		err = join->token_file ? sn_token_read(join->token_file, &token, &diag)
				       : sn_diag_set(&diag, -EACCES,
						     "there is no certificate yet, and controller.token_file names no token");
	if (!err)
		err = sn_pki_request_make(/* key= */ NULL, &csr, &join->request_key, &diag);
	if (!err)
		document = json_pack("{s:s, s:s}", "node", join->node, "csr", csr);
	join->body.len = 0;
	if (!err && (!document || sn_json_text(document, &join->body) < 0))
		err = sn_diag_set(&diag, -ENOMEM, "out of memory");
	if (!err)
		err = request(join, renew ? join->member : join->applicant, "POST",
			      renew ? "/api/v1/agent/renew" : "/api/v1/join", token, on_signed);
	json_decref(document);
	free(csr);
	sn_pki_forget(token);
	if (err)
		again(join, diag.text[0] ? diag.text : strerror(-err));
}

/** @return s until the certificate is to be renewed; 0: now; -1: there is none, or its time is over. */
static int64_t certificate_rest(const struct sn_join *join)
{
	SN_AUTO_FREE char *text = NULL;
	struct sn_pki_certificate read;
	int64_t now_s = (int64_t)(sn_clock_realtime_ns() / SN_NSEC_PER_SEC), renew_s;

	if (sn_pki_file_read(join->certificate_file, &text, /* reterr= */ NULL) < 0 || access(join->key_file, R_OK) < 0 ||
	    sn_pki_read((struct sn_view) { (const uint8_t *)text, strlen(text) }, &read, /* reterr= */ NULL) < 0 ||
	    strcmp(read.name, join->node) != 0 || read.not_after_s <= now_s)
		return -1;
	renew_s = read.not_after_s - (read.not_after_s - read.not_before_s) / 3;
	return SN_MAX(renew_s - now_s, 0);
}

static void step(struct sn_join *join)
{
	int64_t rest = certificate_rest(join);
	int err = 0;

	if (join->transfer)
		return;
	join->body.len = 0;
	if (access(join->ca_file, R_OK) < 0 && !join->fingerprint) {
		again(join, "controller.ca_fingerprint is missing: without it nobody knows who answers there");
		return;
	}
	if (access(join->ca_file, R_OK) < 0)
		err = request(join, join->stranger, "GET", "/api/v1/ca", /* token= */ NULL, on_ca);
	else if (rest <= 0)
		ask_signature(join, /* renew= */ rest == 0);
	else {
		snprintf(join->state, sizeof(join->state), "joined; the certificate is renewed in %" PRId64 " h", rest / 3600);
		uv_timer_start(&join->timer, on_timer, SN_MIN((uint64_t)rest * 1000, LOOK_MS), /* repeat= */ 0);
	}
	if (err)
		again(join, strerror(-err));
}

/* --- life */

static char *in_directory(const char *directory, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int take_options(struct sn_join *join, const struct sn_join_options *options)
{
	size_t len = strlen(options->endpoint);

	while (len && options->endpoint[len - 1] == '/')
		len--;
	join->endpoint = strndup(options->endpoint, len);
	join->node = strdup(options->node);
	join->token_file = options->token_file ? strdup(options->token_file) : NULL;
	join->fingerprint = options->fingerprint ? strdup(options->fingerprint) : NULL;
	join->ca_file = in_directory(options->directory, "ca.pem");
	join->certificate_file = in_directory(options->directory, "agent.pem");
	join->key_file = in_directory(options->directory, "agent.key");
	join->files = (struct sn_join_files) { join->ca_file, join->certificate_file, join->key_file };
	return join->endpoint && join->node && (!options->token_file || join->token_file) &&
			       (!options->fingerprint || join->fingerprint) && join->ca_file && join->certificate_file &&
			       join->key_file
		       ? 0
		       : -ENOMEM;
}

int sn_join_new(uv_loop_t *loop, const struct sn_join_options *options, struct sn_join **ret_join, struct sn_diag *reterr)
{
	struct sn_join *join = calloc(1, sizeof(*join));
	int err;

	if (!join)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	join->retry_ms = RETRY_FIRST_MS;
	snprintf(join->state, sizeof(join->state), "joins");
	uv_timer_init(loop, &join->timer);
	join->timer.data = join;
	err = take_options(join, options);
	if (!err && mkdir(options->directory, 0700) < 0 && errno != EEXIST) {
		err = sn_diag_set(reterr, -errno, "%s: cannot be made: %s", options->directory, strerror(errno));
	} else if (!err) {
		join->stranger = sn_http_client_new(loop, &(struct sn_http_client_options) { .believe_anybody = true });
		join->applicant = sn_http_client_new(loop, &(struct sn_http_client_options) { .ca_pem_file = join->ca_file });
		join->member = sn_http_client_new(loop, &(struct sn_http_client_options) { .ca_pem_file = join->ca_file,
											   .cert_file = join->certificate_file,
											   .key_file = join->key_file });
		err = join->stranger && join->applicant && join->member ? 0 : -ENOMEM;
	}
	if (err) {
		sn_join_free(join);
		return reterr && reterr->text[0] ? err : sn_diag_set(reterr, err, "out of memory");
	}
	uv_timer_start(&join->timer, on_timer, 0, /* repeat= */ 0);
	*ret_join = join;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct sn_join *sn_join_free(struct sn_join *join)
{
	if (!join)
		return NULL;
	join->transfer = sn_http_transfer_cancel(join->transfer);
	sn_http_client_free(join->stranger);
	sn_http_client_free(join->applicant);
	sn_http_client_free(join->member);
	sn_pki_forget(join->request_key);
	sn_text_free(&join->body);
	free(join->endpoint);
	free(join->node);
	free(join->token_file);
	free(join->fingerprint);
	free(join->ca_file);
	free(join->certificate_file);
	free(join->key_file);
	uv_close((uv_handle_t *)&join->timer, on_closed);
	return NULL;
}

const struct sn_join_files *sn_join_files(const struct sn_join *join)
{
	return &join->files;
}

bool sn_join_ready(const struct sn_join *join)
{
	return access(join->ca_file, R_OK) == 0 && certificate_rest(join) >= 0;
}

const char *sn_join_state(const struct sn_join *join)
{
	return join->state;
}
