/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the agent serves: /metrics for Prometheus, and the local API under /v1. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"
#include "base/log.h"
#include "model/document.h"

#define TYPE_JSON    "application/json"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

#define GROUPS_MAX 1024

static bool in_groups(int fd, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

/** root, the agent's own user, members of the configured group: as the kernel knew the peer when it connected. */
static bool is_allowed(const struct sn_agent *agent, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	return agent->api_gid != (gid_t)-1 && (peer.gid == agent->api_gid || in_groups(fd, agent->api_gid));
}

static void answer_metrics(struct sn_agent *agent, struct sn_http_answer *answer)
{
	struct sn_metrics *metrics;
	int err = sn_metrics_new(&metrics);

	if (!err) {
		sn_agent_collect(agent, metrics);
		sn_module_set_collect(&agent->modules, metrics);
		err = sn_metrics_write(metrics, &answer->body);
		sn_metrics_free(metrics);
	}
	if (err) {
		sn_http_refuse(answer, 500, "%s", strerror(-err));
		return;
	}
	answer->status = 200;
	answer->type = TYPE_METRICS;
}

static void answer_json(const json_t *document, struct sn_http_answer *answer)
{
	answer->status = 200;
	answer->type = TYPE_JSON;
	if (sn_json_text(document, &answer->body) < 0)
		sn_http_refuse(answer, 500, "the document cannot be written");
	else
		sn_text_add(&answer->body, "\n");
}

static void answer_kpi(struct sn_agent *agent, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	const struct sn_query query = { .by = request->parameter(request, "by"), .ue = request->parameter(request, "ue") };
	struct sn_report report;
	struct sn_diag diag = { 0 };
	int err = sn_report_init(&report);

	if (!err) {
		err = sn_agent_report(agent, &query, &report, &diag);
		if (!err)
			answer_json(report.root, answer);
		sn_report_fini(&report);
	}
	if (err)
		sn_http_refuse(answer,
			       err == -EINVAL	? 400
			       : err == -ENOENT ? 404
						: 500,
			       "%s", diag.text[0] ? diag.text : strerror(-err));
}

static void answer_status(struct sn_agent *agent, struct sn_http_answer *answer)
{
	struct sn_report report;

	if (sn_report_init(&report)) {
		sn_http_refuse(answer, 500, "out of memory");
		return;
	}
	sn_agent_status(agent, &report);
	answer_json(report.root, answer);
	sn_report_fini(&report);
}

/** A parameter that is misspelt must not be taken for one that is left out. */
static bool check_parameters(const struct sn_http_request *request, const char *const *names, struct sn_http_answer *answer)
{
	const char *unknown = request->unknown_parameter(request, names);
	const char *nearest = unknown ? sn_text_nearest(unknown, names) : NULL;

	if (!unknown)
		return true;
	if (nearest)
		sn_http_refuse(answer, 400, "unknown parameter '%.64s'; did you mean '%s'?", unknown, nearest);
	else
		sn_http_refuse(answer, 400, "unknown parameter '%.64s'", unknown);
	return false;
}

static const char *const no_parameters[] = { NULL };

void sn_agent_serve_metrics(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret_answer)
{
	if (strcmp(request->path, "/metrics") != 0)
		sn_http_refuse(ret_answer, 404, "there is nothing at this path; the metrics are at /metrics");
	else
		answer_metrics(ctx, ret_answer);
}

void sn_agent_answer(struct sn_agent *agent, const struct sn_http_request *request, struct sn_http_answer *ret_answer)
{
	static const char *const kpi_parameters[] = { "by", "ue", NULL };

	if (strcmp(request->path, "/v1/kpi") == 0) {
		if (check_parameters(request, kpi_parameters, ret_answer))
			answer_kpi(agent, request, ret_answer);
	} else if (strcmp(request->path, "/v1/metrics") == 0) {
		if (check_parameters(request, no_parameters, ret_answer))
			answer_metrics(agent, ret_answer);
	} else if (strcmp(request->path, "/v1/status") == 0) {
		if (check_parameters(request, no_parameters, ret_answer))
			answer_status(agent, ret_answer);
	} else {
		sn_http_refuse(ret_answer, 404, "there is nothing at this path; there are /v1/kpi, /v1/metrics and /v1/status");
	}
}

void sn_agent_serve_api(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret_answer)
{
	struct sn_agent *agent = ctx;

	if (!is_allowed(agent, request->fd))
		sn_http_refuse(ret_answer, 403, "only root, the agent's user and the members of api.group are answered");
	else
		sn_agent_answer(agent, request, ret_answer);
}
