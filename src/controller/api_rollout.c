/* SPDX-License-Identifier: Apache-2.0 */
/** @file Groups and rollouts over the API. */
#include <errno.h>
#include <string.h>

#include "controller/internal.h"

static void finish(const struct sn_api_call *call, const char *what, int err, const struct sn_diag *diag,
		   struct sn_http_answer *answer)
{
	if (err)
		sn_http_refuse(answer,
			       err == -ENOENT	? 404
			       : err == -EINVAL ? 400
			       : err == -EBUSY	? 409
						: 503,
			       "%s", diag->text[0] ? diag->text : strerror(-err));
	else
		sn_api_answer(answer, sn_rollouts_json(call->controller->rollouts, call->word));
	sn_api_audit(call, what, call->word, answer->status);
}

void sn_api_groups(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	sn_api_answer(answer, sn_rollouts_json(call->controller->rollouts, /* group= */ NULL));
}

void sn_api_group(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_t *group = sn_rollouts_json(call->controller->rollouts, call->word);

	if (group)
		sn_api_answer(answer, group);
	else
		sn_http_refuse(answer, 404, "there is no group '%.63s'", call->word);
}

void sn_api_group_put(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_t *body = sn_api_body(call, answer);
	struct sn_diag diag = { 0 };
	int err;

	if (!body)
		return;
	err = sn_rollouts_begin(call->controller->rollouts, call->word, call->identity.user, body, &diag);
	json_decref(body);
	finish(call, "begin rollout", err, &diag, answer);
}

void sn_api_group_remove(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	if (sn_rollouts_remove(call->controller->rollouts, call->word))
		sn_http_refuse(answer, 404, "there is no group '%.63s'", call->word);
	else
		answer->status = 204;
	sn_api_audit(call, "remove group", call->word, answer->status);
}

void sn_api_group_halt(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_diag diag = { 0 };

	finish(call, "halt rollout", sn_rollouts_halt(call->controller->rollouts, call->word, &diag), &diag, answer);
}

void sn_api_group_proceed(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_diag diag = { 0 };

	finish(call, "proceed with rollout", sn_rollouts_proceed(call->controller->rollouts, call->word, &diag), &diag, answer);
}

void sn_api_group_back(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_diag diag = { 0 };

	finish(call, "roll back", sn_rollouts_back(call->controller->rollouts, call->word, call->identity.user, &diag), &diag,
	       answer);
}
