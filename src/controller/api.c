/* SPDX-License-Identifier: Apache-2.0 */
/** @file Every request: which route, who asks, may he, then the handler. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/macro.h"
#include "controller/assets.h"
#include "controller/internal.h"
#include "model/document.h"

#define LOGIN_OCTETS	4096u
#define DOCUMENT_OCTETS (512u << 10)
#define CHANGE_HEADER	"X-Sauron-Request" /* no page of another origin can send it without being asked first (CORS) */

/** What a browser may do with our pages: nothing that is not ours. */
#define CONTENT_SECURITY                                                                                                         \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "   \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* --- what handlers share */

void sn_api_answer(struct sn_http_answer *answer, json_t *document)
{
	answer->status = 200;
	answer->type = "application/json";
	if (!document || sn_json_text(document, &answer->body) < 0)
		sn_http_refuse(answer, 500, "the document cannot be written");
	json_decref(document);
}

/** "2026-11-24T07:00:00.5Z" or with an offset; -EINVAL for what is none. */
static int parse_time(const char *text, uint64_t *ret_ns)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t ns = 0, unit = 100000000;
	int hours, minutes;
	char sign;
	time_t seconds;

	if (!rest)
		return -EINVAL;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			ns += (uint64_t)(*rest - '0') * unit;
	seconds = timegm(&tm);
	if (sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-'))
		seconds -= (sign == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
	else if (strcmp(rest, "Z") != 0 && strcmp(rest, "z") != 0)
		return -EINVAL;
	if (seconds < 0)
		return -EINVAL;
	*ret_ns = (uint64_t)seconds * SN_NSEC_PER_SEC + ns;
	return 0;
}

int sn_api_time(const struct sn_api_call *call, const char *name, uint64_t fallback_ns, uint64_t *ret_ns,
		struct sn_http_answer *answer)
{
	const char *text = call->request->parameter(call->request, name);
	uint64_t back, now_ns = sn_clock_realtime_ns();

	*ret_ns = fallback_ns;
	if (!text || !*text)
		return 0;
	if (*text == '-' && !sn_text_parse_duration(text + 1, &back))
		*ret_ns = back < now_ns ? now_ns - back : 0;
	else if (parse_time(text, ret_ns)) {
		sn_http_refuse(answer, 400,
			       "%s must be a time like 2026-11-24T07:00:00Z or a duration back like -15m, not '%.64s'", name,
			       text);
		return -EINVAL;
	}
	return 0;
}

int sn_api_number(const struct sn_api_call *call, const char *name, uint64_t fallback, uint64_t max, uint64_t *ret_value,
		  struct sn_http_answer *answer)
{
	const char *text = call->request->parameter(call->request, name);

	*ret_value = fallback;
	if (!text)
		return 0;
	if (sn_text_parse_size(text, ret_value) || !*ret_value || *ret_value > max) {
		sn_http_refuse(answer, 400, "%s must be a number from 1 to %llu, not '%.64s'", name, (unsigned long long)max,
			       text);
		return -EINVAL;
	}
	return 0;
}

void sn_api_audit(const struct sn_api_call *call, const char *what, const char *object, unsigned status)
{
	char time[SN_TIME_TEXT];
	struct sn_text line = { 0 };
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:i}", "time", sn_clock_text(sn_clock_realtime_ns(), time),
				  "user", call->identity.user, "role", sn_role_names[call->identity.role], "address",
				  call->request->address, "what", what, "object", object, "status", (int)status);

	if (entry && !sn_json_text(entry, &line)) {
		sn_text_add(&line, "\n");
		if (write(call->controller->audit, line.data, line.len) != (ssize_t)line.len)
			sn_log_error("the audit log cannot be written: %s", strerror(errno));
	}
	sn_text_free(&line);
	json_decref(entry);
}

json_t *sn_api_body(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_error_t error;
	json_t *body =
		json_loadb((const char *)call->request->body.data, call->request->body.len, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(body))
		return body;
	sn_http_refuse(answer, 400, "the body is no JSON object: %s", body ? "something else" : error.text);
	json_decref(body);
	return NULL;
}

/* --- the console */

static void serve_asset(const struct sn_http_request *request, const struct sn_asset *asset, struct sn_http_answer *answer)
{
	const char *known = request->header(request, "If-None-Match");
	/* What is below /assets/ bears its hash in its name: another content has another name. */
	bool lasting = strncmp(asset->path, "/assets/", 8) == 0;

	sn_http_add_header(answer, "ETag", "%s", asset->etag);
	sn_http_add_header(answer, "Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
	sn_http_add_header(answer, "Content-Security-Policy", "%s", CONTENT_SECURITY);
	sn_http_add_header(answer, "Referrer-Policy", "no-referrer");
	if (known && strstr(known, asset->etag)) {
		answer->status = 304;
		return;
	}
	answer->status = 200;
	answer->type = asset->type;
	answer->fixed = asset->data;
	answer->fixed_len = asset->len;
	if (asset->gzip)
		sn_http_add_header(answer, "Content-Encoding", "gzip");
}

/** A file of the console, or its page for any other path: the page finds out what it stands for. */
static void serve_console(const struct sn_http_request *request, struct sn_http_answer *answer)
{
	const struct sn_asset *page = NULL;

	for (const struct sn_asset *asset = sn_assets; asset->path; asset++) {
		if (strcmp(asset->path, request->path) == 0) {
			serve_asset(request, asset, answer);
			return;
		}
		if (strcmp(asset->path, "/index.html") == 0)
			page = asset;
	}
	if (!page)
		sn_http_refuse(answer, 404, "this build has no console; the API is at /api/v1");
	else if (strncmp(request->path, "/assets/", 8) == 0)
		sn_http_refuse(answer, 404, "there is nothing at this path");
	else
		serve_asset(request, page, answer);
}

/* --- routes */

/** @return whether the path is the route's; `ret_word` is what stands for its '*'. */
static bool path_is(const char *pattern, const char *path, char ret_word[256])
{
	const char *star = strchr(pattern, '*'), *rest;
	size_t before;

	*ret_word = '\0';
	if (!star)
		return strcmp(pattern, path) == 0;
	before = (size_t)(star - pattern);
	if (strncmp(pattern, path, before) != 0 || !path[before])
		return false;
	rest = path + before + strcspn(path + before, "/");
	if (strcmp(star + 1, rest) != 0 || (size_t)(rest - path) - before >= 256)
		return false;
	snprintf(ret_word, 256, "%.*s", (int)(rest - path - (ptrdiff_t)before), path + before);
	return true;
}

static const struct sn_api_route *route_find(const struct sn_http_request *request, char ret_word[256], bool *ret_path_known)
{
	*ret_path_known = false;
	for (const struct sn_api_route *route = sn_api_routes; route->path; route++) {
		if (!path_is(route->path, request->path, ret_word))
			continue;
		*ret_path_known = true;
		if (strcmp(route->method, strcmp(request->method, "HEAD") ? request->method : "GET") == 0)
			return route;
	}
	return NULL;
}

/** @return whether the parameters are those that the route takes. */
static bool parameters_known(const struct sn_api_route *route, const struct sn_http_request *request,
			     struct sn_http_answer *answer)
{
	static const char *const none[] = { NULL };
	const char *const *names = route->parameters ? route->parameters : none;
	const char *unknown = request->unknown_parameter(request, names);
	const char *nearest = unknown ? sn_text_nearest(unknown, names) : NULL;

	if (unknown)
		sn_http_refuse(answer, 400,
			       nearest ? "unknown parameter '%.64s'; did you mean '%s'?" : "unknown parameter '%.64s'", unknown,
			       nearest);
	return !unknown;
}

/** Who asks: by the certificate that was shown, else by token or cookie. As sn_auth_identify. */
static int identify(struct sn_api_call *call)
{
	const struct sn_http_request *request = call->request;

	if (!request->peer_name)
		return sn_auth_identify(call->controller->auth, request, &call->identity);
	if (!call->controller->ca ||
	    !sn_ca_accepts(call->controller->ca, request->peer_name, request->peer_serial ? request->peer_serial : ""))
		return -EACCES;
	call->identity.role = SN_ROLE_AGENT;
	snprintf(call->identity.user, sizeof(call->identity.user), "%s", request->peer_name);
	return 0;
}

/** @return whether whoever asks may. */
static bool permitted(const struct sn_api_route *route, struct sn_api_call *call, struct sn_http_answer *answer)
{
	int err = route->role == SN_ROLE_NONE ? 0 : identify(call);
	/* Joining and telling are all that those may whose secrets lie on many machines. */
	bool confined = call->identity.role == SN_ROLE_JOIN || call->identity.role == SN_ROLE_AGENT;
	bool changes = strcmp(route->method, "GET") != 0;
	/* A viewer sees, and has nothing to tell either, although what an agent may asks for less. */
	bool viewer = call->identity.role == SN_ROLE_VIEWER && changes && route->role != SN_ROLE_VIEWER;

	if (err == -EAGAIN) {
		sn_http_refuse(answer, 429, "too many wrong tokens came from this address; wait a minute");
		sn_http_add_header(answer, "Retry-After", "60");
	} else if (err) {
		sn_http_refuse(answer, 401,
			       "sign in first, or send a token: Authorization: Bearer … (or the certificate was revoked)");
		sn_http_add_header(answer, "WWW-Authenticate", "Bearer");
	} else if (call->identity.role < route->role || (confined && route->role != call->identity.role) || viewer) {
		sn_http_refuse(answer, 403, "this takes the role %s; yours is %s", sn_role_names[route->role],
			       sn_role_names[call->identity.role]);
	} else if (changes && call->identity.by_cookie && !call->request->header(call->request, CHANGE_HEADER)) {
		sn_http_refuse(answer, 403, "a request that changes something must bear the header " CHANGE_HEADER);
	} else if (call->identity.role >= SN_ROLE_VIEWER && !sn_auth_may_ask(call->controller->auth, call->identity.user)) {
		sn_http_refuse(answer, 429, "so many questions in so short a time are not answered; wait a second");
		sn_http_add_header(answer, "Retry-After", "1");
	} else {
		return true;
	}
	return false;
}

/** The same answer again need not cross the network again. */
static void mark(const struct sn_http_request *request, struct sn_http_answer *answer)
{
	const char *known = request->header(request, "If-None-Match");
	char etag[24];

	if (answer->held || answer->status != 200 || !answer->body.len || strcmp(request->method, "GET") != 0)
		return;
	snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"", sn_map_hash_bytes(sn_map_seed(), answer->body.data, answer->body.len));
	sn_http_add_header(answer, "ETag", "%s", etag);
	sn_http_add_header(answer, "Cache-Control", "private, no-cache");
	if (!known || !strstr(known, etag))
		return;
	answer->status = 304;
	answer->type = NULL;
	sn_text_free(&answer->body);
}

void sn_api_serve(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	struct sn_api_call call = { .controller = ctx, .request = request };
	bool path_known, api = strncmp(request->path, "/api/", 5) == 0 || strncmp(request->path, "/v1/", 4) == 0;
	const struct sn_api_route *route = route_find(request, call.word, &path_known);

	if (route) {
		if (permitted(route, &call, answer) && parameters_known(route, request, answer))
			route->fn(&call, answer);
		mark(request, answer);
	} else if (path_known) {
		sn_http_refuse(answer, 405, "this path does not take %.16s", request->method);
	} else if (api) {
		sn_http_refuse(answer, 404, "there is nothing at this path");
	} else if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
		sn_http_refuse(answer, 405, "only GET and HEAD are served here");
	} else {
		serve_console(request, answer);
	}
}

uint64_t sn_api_body_limit(void *ctx, const char *method, const char *path)
{
	const struct sn_controller *controller = ctx;

	if (strcmp(method, "PUT") == 0)
		return DOCUMENT_OCTETS;
	if (strcmp(method, "POST") != 0)
		return 0;
	if (strncmp(path, "/v1/", 4) == 0 || strcmp(path, "/api/v1/agent/poll") == 0)
		return controller->config.body_limit;
	return LOGIN_OCTETS;
}
