/* SPDX-License-Identifier: Apache-2.0 */
/** @file Signing in and out, who one is; and the ways to the collector and to live streams. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "controller/internal.h"

void sn_api_login(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const struct sn_http_request *request = call->request;
	json_t *document = json_loadb((const char *)request->body.data, request->body.len, 0, NULL);
	const char *token = json_string_value(json_object_get(document, "token"));
	struct sn_api_call after = *call;
	char secret[SN_TOKEN_TEXT];
	int err = token ? sn_auth_login(call->controller->auth, request->address, token, secret, &after.identity) : -EINVAL;

	json_decref(document);
	if (err == -EINVAL) {
		sn_http_refuse(answer, 400, "the body must be {\"token\": \"…\"}");
	} else if (err == -EAGAIN) {
		sn_http_refuse(answer, 429, "too many wrong tokens came from this address; wait a minute");
		sn_http_add_header(answer, "Retry-After", "60");
	} else if (err) {
		sn_http_refuse(answer, 401, "the token is not known, was used already, or its time is over");
	} else {
		answer->status = 204;
		sn_http_add_header(answer, "Set-Cookie", SN_AUTH_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%llu%s",
				   secret, (unsigned long long)(call->controller->config.session_lifetime / SN_NSEC_PER_SEC),
				   call->controller->ca ? "; Secure" : "");
	}
	sn_api_audit(&after, "sign in", /* object= */ NULL, answer->status);
}

void sn_api_logout(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	sn_auth_logout(call->controller->auth, call->request);
	answer->status = 204;
	sn_http_add_header(answer, "Set-Cookie", SN_AUTH_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
	sn_api_audit(call, "sign out", /* object= */ NULL, answer->status);
}

void sn_api_me(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	sn_api_answer(answer, json_pack("{s:s, s:s, s:s}", "user", call->identity.user, "role",
					sn_role_names[call->identity.role], "version", SN_VERSION));
}

void sn_api_live(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	sn_live_watch(call->controller->live, call->request, answer);
}

void sn_api_collect(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	if (call->identity.by_cookie) /* a browser has nothing to tell */
		sn_http_refuse(answer, 403, "records are taken with a token, not from a browser");
	else
		sn_collector_serve(call->controller->collector, &call->identity, call->request, answer);
}
