/* SPDX-License-Identifier: Apache-2.0 */
/** @file Joining: the CA's certificate, agents' first and further certificates, tokens, and the end of a node's membership. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "controller/internal.h"

#define HOUR_NS	    (3600 * SN_NSEC_PER_SEC)
#define LIFETIME_NS (366ull * 24 * HOUR_NS) /* of a token, at most */

static bool has_ca(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	if (call->controller->ca)
		return true;
	sn_http_refuse(answer, 404, "this controller speaks without TLS: agents need a token, not a certificate");
	return false;
}

void sn_api_ca(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	if (!has_ca(call, answer))
		return;
	answer->status = 200;
	answer->type = "application/x-pem-file";
	sn_text_add(&answer->body, sn_ca_certificate(call->controller->ca));
}

static void sign(const struct sn_api_call *call, const char *node, const char *request, bool renew, struct sn_http_answer *answer)
{
	struct sn_ca *ca = call->controller->ca;
	struct sn_diag diag = { 0 };
	char *certificate = NULL;
	int err = sn_ca_sign_agent(ca, node, (struct sn_view) { (const uint8_t *)request, strlen(request) }, renew, &certificate,
				   &diag);

	if (err) {
		sn_http_refuse(answer,
			       err == -EEXIST			 ? 409
			       : err == -EINVAL || err == -E2BIG ? 400
								 : 503,
			       "%s", diag.text[0] ? diag.text : strerror(-err));
		return;
	}
	sn_log_info("node %s has %s certificate", node, renew ? "another" : "joined and has its");
	sn_api_answer(answer, json_pack("{s:s, s:s}", "certificate", certificate, "ca", sn_ca_certificate(ca)));
	free(certificate);
}

void sn_api_join(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *node, *request;
	json_t *body;

	if (!has_ca(call, answer) || !(body = sn_api_body(call, answer)))
		return;
	node = json_string_value(json_object_get(body, "node"));
	request = json_string_value(json_object_get(body, "csr"));
	if (!node || !request)
		sn_http_refuse(answer, 400, "the body must be {\"node\": \"…\", \"csr\": \"…\"}");
	else if (call->identity.user[0] && strcmp(call->identity.user, node) != 0)
		sn_http_refuse(answer, 403, "this token lets node %s join, no other", call->identity.user);
	else
		sign(call, node, request, /* renew= */ false, answer);
	/* A token for one node is spent by the node that has joined, not by one that was refused. */
	if (answer->status == 200)
		sn_auth_spend(call->controller->auth, call->request);
	sn_api_audit(call, "join", node, answer->status);
	json_decref(body);
}

void sn_api_agent_renew(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *request;
	json_t *body;

	if (!has_ca(call, answer) || !(body = sn_api_body(call, answer)))
		return;
	request = json_string_value(json_object_get(body, "csr"));
	if (!call->request->peer_name)
		sn_http_refuse(answer, 403, "a certificate is renewed by who shows the one before");
	else if (!request)
		sn_http_refuse(answer, 400, "the body must be {\"csr\": \"…\"}");
	else
		sign(call, call->identity.user, request, /* renew= */ true, answer);
	sn_api_audit(call, "renew", call->identity.user, answer->status);
	json_decref(body);
}

void sn_api_node_remove(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_diag diag = { 0 };
	int err = call->controller->ca ? sn_ca_revoke(call->controller->ca, call->word, &diag) : -ENOENT;
	bool known = sn_fleet_remove(call->controller->fleet, call->word);

	/* Tokens that speak for the node end, too. */
	known |= sn_auth_revoke(call->controller->auth, SN_ROLE_AGENT, call->word) > 0;
	if (err == -ENOENT && !known)
		sn_http_refuse(answer, 404, "there is no node '%.253s'", call->word);
	else if (err && err != -ENOENT)
		sn_http_refuse(answer, 503, "%s", diag.text[0] ? diag.text : strerror(-err));
	else
		answer->status = 204;
	sn_api_audit(call, "remove node", call->word, answer->status);
}

/* --- tokens */

static enum sn_role role_of(const char *name)
{
	for (enum sn_role role = SN_ROLE_JOIN; name && role < _SN_ROLE_MAX; role++)
		if (strcmp(sn_role_names[role], name) == 0)
			return role;
	return SN_ROLE_NONE;
}

void sn_api_token_make(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_t *body = sn_api_body(call, answer);
	const char *user = json_string_value(json_object_get(body, "user")),
		   *role = json_string_value(json_object_get(body, "role"));
	const char *lifetime = json_string_value(json_object_get(body, "lifetime"));
	struct sn_token_grant grant = { .user = user ? user : "",
					.role = role_of(role),
					.once = json_is_true(json_object_get(body, "once")),
					.lifetime_ns = HOUR_NS,
					.kept = true };
	char token[SN_TOKEN_TEXT];
	int err;

	if (!body)
		return;
	if (grant.role == SN_ROLE_NONE) {
		sn_http_refuse(answer, 400, "role must be join, agent, viewer, operator or admin");
	} else if (lifetime && (sn_text_parse_duration(lifetime, &grant.lifetime_ns) || !grant.lifetime_ns ||
				grant.lifetime_ns > LIFETIME_NS)) {
		sn_http_refuse(answer, 400, "lifetime must be a duration of at most 366d like 24h");
	} else if (strlen(grant.user) >= sizeof(call->identity.user) || (!*grant.user && grant.role != SN_ROLE_JOIN)) {
		sn_http_refuse(answer, 400, "user must be a name of 1 to 63 octets: of an agent its node");
	} else {
		err = sn_auth_grant(call->controller->auth, &grant, token);
		if (err)
			sn_http_refuse(answer, 503, "no token can be made: %s", strerror(-err));
		else
			sn_api_answer(answer, json_pack("{s:s, s:s?}", "token", token, "ca_fingerprint",
							call->controller->ca ? sn_ca_fingerprint(call->controller->ca) : NULL));
	}
	sn_api_audit(call, "make token", role, answer->status);
	json_decref(body);
}

void sn_api_token_revoke(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	const char *role = call->request->parameter(call->request, "role");

	if (role && role_of(role) == SN_ROLE_NONE) {
		sn_http_refuse(answer, 400, "role must be join, agent, viewer, operator or admin");
	} else if (!sn_auth_revoke(call->controller->auth, role_of(role), call->word)) {
		sn_http_refuse(answer, 404, "there is no token of '%.64s'", call->word);
	} else {
		answer->status = 204;
	}
	sn_api_audit(call, "revoke tokens", call->word, answer->status);
}
