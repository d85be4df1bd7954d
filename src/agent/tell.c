/* SPDX-License-Identifier: Apache-2.0 */
/** @file Whom the agent tells, under which name, with what credentials. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/join.h"
#include "agent/link.h"
#include "agent/token.h"
#include "base/clock.h"
#include "http/client.h"

#define TOKEN_OCTETS 4096

char *sn_agent_node_name(const struct sn_agent_config *config)
{
	char name[256];

	if (config->node)
		return strdup(config->node);
	if (gethostname(name, sizeof(name)) < 0)
		return strdup("localhost");
	name[sizeof(name) - 1] = '\0';
	return strdup(name);
}

int sn_token_read(const char *path, char **ret_token, struct sn_diag *reterr)
{
	char text[TOKEN_OCTETS];
	SN_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return sn_diag_set(reterr, -errno, "%s: the token cannot be read: %s", path, strerror(errno));
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	if (!*text)
		return sn_diag_set(reterr, -EINVAL, "%s: there is no token in it", path);
	*ret_token = strdup(text);
	return *ret_token ? 0 : sn_diag_set(reterr, -ENOMEM, "out of memory");
}

static bool is_https(const char *url)
{
	return url && strncmp(url, "https://", 8) == 0;
}

static int controller_take(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_agent_config *config = &agent->config->agent;

	if (agent->controller.url || !config->controller_url)
		return 0; /* who started the agent has named one; or there is none */
	agent->controller.url = strdup(config->controller_url);
	if (!agent->controller.url)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	/* Over TLS the agent shows a certificate; the token is for joining alone. */
	if (is_https(config->controller_url))
		return 0;
	return config->controller_token_file ? sn_token_read(config->controller_token_file, &agent->controller.token, reterr) : 0;
}

/** Over TLS the agent has to be a member first; until then what it has to tell waits. */
static int join(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_agent_config *config = &agent->config->agent;
	SN_AUTO_FREE char *directory = NULL;
	struct sn_join_options options = { .endpoint = agent->controller.url,
					   .node = agent->node,
					   .token_file = config->controller_token_file,
					   .fingerprint = config->controller_ca_fingerprint };

	if (!is_https(agent->controller.url))
		return 0;
	if (asprintf(&directory, "%s/identity", config->state_dir) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	options.directory = directory;
	return sn_join_new(&agent->loop, &options, &agent->join, reterr);
}

/** Speaks to the controller: as the member that the agent is. */
static struct sn_http_client *client_new(struct sn_agent *agent)
{
	struct sn_http_client_options options = { 0 };

	if (agent->join) {
		options.ca_pem_file = sn_join_files(agent->join)->ca;
		options.cert_file = sn_join_files(agent->join)->certificate;
		options.key_file = sn_join_files(agent->join)->key;
	}
	return sn_http_client_new(&agent->loop, &options);
}

static void collect(void *ctx, struct sn_metrics *metrics)
{
	struct sn_agent *agent = ctx;

	sn_agent_collect(agent, metrics);
	sn_module_set_collect(&agent->modules, metrics);
}

static bool is_member(void *ctx)
{
	const struct sn_agent *agent = ctx;

	return sn_join_ready(agent->join);
}

static void emit(void *ctx, const struct sn_record_type *type, const void *row, uint64_t time_ns)
{
	sn_exporter_record(ctx, type, row, time_ns);
}

int sn_agent_tell_open(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_agent_config *config = &agent->config->agent;
	SN_AUTO_FREE char *spool = NULL;
	struct sn_exporter_options options = {
		.cluster = config->cluster,
		.spool_octets = config->export_spool,
		.metrics_interval_ms = config->export_interval / SN_NSEC_PER_MSEC,
		.collect = collect,
		.ctx = agent,
	};
	int err = controller_take(agent, reterr);

	if (err)
		return err;
	options.endpoint = config->export_endpoint ? config->export_endpoint : agent->controller.url;
	if (!options.endpoint)
		return 0;
	agent->node = sn_agent_node_name(config);
	if (!agent->node || asprintf(&spool, "%s/spool", config->state_dir) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	err = join(agent, reterr);
	if (err)
		return err;
	agent->client = client_new(agent);
	agent->collector =
		config->export_endpoint ? sn_http_client_new(&agent->loop, &(struct sn_http_client_options) { 0 }) : NULL;
	if (!agent->client || (config->export_endpoint && !agent->collector))
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	options.node = agent->node;
	options.client = agent->collector ? agent->collector : agent->client;
	options.spool_directory = spool;
	options.ready = agent->join && !agent->collector ? is_member : NULL;
	/* The controller's token is not for another's eyes. */
	options.token = config->export_endpoint ? NULL : agent->controller.token;
	err = sn_exporter_new(&agent->loop, &options, &agent->exporter, reterr);
	if (err)
		return err;
	agent->modules.emit = emit;
	agent->modules.emit_ctx = agent->exporter;
	return 0;
}

int sn_agent_tell_begin(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_link_options options = { .endpoint = agent->controller.url,
						 .token = agent->controller.token,
						 .client = agent->client };

	if (!agent->controller.url)
		return 0;
	return sn_link_new(agent, &options, &agent->link) ? sn_diag_set(reterr, -ENOMEM, "out of memory") : 0;
}

void sn_agent_tell_close(struct sn_agent *agent)
{
	agent->link = sn_link_free(agent->link);
	agent->exporter = sn_exporter_free(agent->exporter);
	agent->client = sn_http_client_free(agent->client);
	agent->collector = sn_http_client_free(agent->collector);
	agent->join = sn_join_free(agent->join);
	free(SN_TAKE_PTR(agent->node));
	free(SN_TAKE_PTR(agent->controller.url));
	free(SN_TAKE_PTR(agent->controller.token));
}
