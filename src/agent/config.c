/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's option table, and the file as a whole. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "agent/config.h"
#include "config/options.h"
#include "base/log.h"

static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
_Static_assert(SN_ARRAY_SIZE(log_levels) == _SN_LOG_LEVEL_MAX + 1, "name every level");
static const char *const subscriber_ids[] = { "pseudonym", "clear", NULL };
static const char *const capability_policies[] = { "drop", "keep", NULL };
static const char *const kubernetes_choices[] = { "auto", "on", "off", NULL };

#define OPTION(member, option_name, option_type, option_def, option_doc, ...)                                                    \
	{                                                                                                                        \
		.name = option_name, .doc = option_doc, .def = option_def, .type = option_type,                                  \
		.offset = offsetof(struct sn_agent_config, member), ##__VA_ARGS__                                                \
	}

const struct sn_option sn_agent_options[] = {
	OPTION(log_level, "log_level", SN_OPTION_ENUM, "info", "How much the agent tells on stderr or in the journal.",
	       .names = log_levels),
	OPTION(subscriber_ids, "subscriber_ids", SN_OPTION_ENUM, "pseudonym",
	       "How SUPI, SUCI, GUTI and the like are written in every output: as a keyed hash, or as they are.",
	       .names = subscriber_ids, .restart = true),
	OPTION(pseudonym_key_file, "pseudonym_key_file", SN_OPTION_STRING, NULL,
	       "The key of the pseudonyms, 32 octets, made when it is not there. Left out: pseudonym.key in state_dir.",
	       .restart = true),
	OPTION(state_dir, "state_dir", SN_OPTION_STRING, "/var/lib/sauron", "Where the agent keeps what outlives it.",
	       .restart = true),
	OPTION(btf, "btf", SN_OPTION_STRING, NULL, "Type information for kernels that carry none. Left out: the kernel's own.",
	       .restart = true),
	OPTION(ring_size, "ring_size", SN_OPTION_SIZE, "8MiB",
	       "The ring buffer between kernel and agent, shared by all modules; taken up to the next power of two.",
	       .min = 64ull << 10, .max = 1ull << 30, .restart = true),
	OPTION(metrics_listen, "metrics.listen", SN_OPTION_STRING, "127.0.0.1:9465",
	       "Address and port of /metrics for Prometheus, or off.", .restart = true),
	OPTION(api_socket, "api.socket", SN_OPTION_STRING, "/run/sauron/agent.sock",
	       "Unix socket of the local API. The agent's lock lies beside it.", .restart = true),
	OPTION(api_group, "api.group", SN_OPTION_STRING, NULL,
	       "Members of this group may use the local API. Left out: root and the agent's own user only.", .restart = true),
	OPTION(node, "node", SN_OPTION_STRING, NULL, "How this node is called. Left out: the host's name.", .restart = true),
	OPTION(labels, "labels", SN_OPTION_STRING_LIST, "[]",
	       "Labels of this node, NAME=VALUE, by which the controller's groups select it.", .restart = true),
	OPTION(cluster, "cluster", SN_OPTION_STRING, NULL,
	       "The cluster that this node belongs to. Left out: the controller's default.", .restart = true),
	OPTION(controller_url, "controller.url", SN_OPTION_STRING, NULL,
	       "The controller that this agent tells, like http://127.0.0.1:7080. Left out: none.", .restart = true),
	OPTION(controller_token_file, "controller.token_file", SN_OPTION_STRING, NULL,
	       "A file that holds the token which the controller has given for this node: over TLS for joining, else for every request.",
	       .restart = true),
	OPTION(controller_ca_fingerprint, "controller.ca_fingerprint", SN_OPTION_STRING, NULL,
	       "Of a controller over TLS: the SHA-256 of its CA's certificate, by which the agent knows it when it joins.",
	       .restart = true),
	OPTION(export_endpoint, "export.endpoint", SN_OPTION_STRING, NULL,
	       "A receiver of OTLP/HTTP for single events and metrics, such as an OpenTelemetry Collector, like http://127.0.0.1:4318. "
	       "Left out: the controller.",
	       .restart = true),
	OPTION(export_interval, "export.interval", SN_OPTION_DURATION, "10s", "How often metrics are exported.",
	       .min = 1000000000ull, .max = 3600ull * 1000000000ull, .restart = true),
	OPTION(export_spool, "export.spool", SN_OPTION_SIZE, "256MiB",
	       "Octets on disk, below state_dir, for what the receiver does not take; beyond, the oldest goes.",
	       .min = 1ull << 20, .max = 1ull << 40, .restart = true),
	OPTION(kubernetes, "kubernetes.enabled", SN_OPTION_ENUM, "auto",
	       "Whether the pods of this node are followed at the API server of Kubernetes; auto: in a pod, or when api_server is set.",
	       .names = kubernetes_choices, .restart = true),
	OPTION(kubernetes_api_server, "kubernetes.api_server", SN_OPTION_STRING, NULL,
	       "The API server, like https://10.96.0.1:443. Left out: that of the pod that the agent runs in.", .restart = true),
	OPTION(kubernetes_ca_file, "kubernetes.ca_file", SN_OPTION_STRING, NULL,
	       "Who vouches for the API server. Left out: ca.crt of the pod's service account.", .restart = true),
	OPTION(kubernetes_token_file, "kubernetes.token_file", SN_OPTION_STRING, NULL,
	       "The token to show, read anew for every request. Left out: that of the pod's service account.", .restart = true),
	OPTION(kubernetes_node, "kubernetes.node", SN_OPTION_STRING, NULL,
	       "How Kubernetes calls this node. Left out: NODE_NAME of the environment, else node.", .restart = true),
	OPTION(capabilities, "capabilities", SN_OPTION_ENUM, "drop",
	       "Whether the agent gives up its capabilities once everything is attached.", .names = capability_policies,
	       .restart = true),
	{ 0 },
};

/** What every module has beside its own options. */
static const struct sn_option module_options[] = {
	{ .name = "enabled",
	  .doc = "Whether the module runs.",
	  .def = "true",
	  .type = SN_OPTION_BOOL,
	  .offset = offsetof(struct sn_module_config, enabled),
	  .restart = true },
	{ 0 },
};

static bool is_url(const char *url)
{
	return !url || strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static bool is_absolute(const char *path)
{
	return !path || *path == '/';
}

/** What a table cannot say about the agent's options. */
static const char *object(const struct sn_option *option, const void *config)
{
	const struct sn_agent_config *agent = config;
	char address[64];
	uint16_t port;

	if (option->offset == offsetof(struct sn_agent_config, metrics_listen)) {
		if (strcmp(agent->metrics_listen, "off") != 0 && sn_config_parse_listen(agent->metrics_listen, address, &port))
			return "ADDRESS:PORT like 127.0.0.1:9465 or [::1]:9465, or off";
	} else if (option->offset == offsetof(struct sn_agent_config, api_socket)) {
		if (!is_absolute(agent->api_socket) || strlen(agent->api_socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return "an absolute path of at most 107 octets";
	} else if (option->offset == offsetof(struct sn_agent_config, api_group)) {
		if (!getgrnam(agent->api_group))
			return "a group that exists";
	} else if (option->offset == offsetof(struct sn_agent_config, labels)) {
		for (size_t i = 0; i < agent->labels.count; i++)
			if (!strchr(agent->labels.items[i], '=') || agent->labels.items[i][0] == '=')
				return "a list of NAME=VALUE";
	} else if (option->offset == offsetof(struct sn_agent_config, controller_url)) {
		if (!is_url(agent->controller_url))
			return "a URL that begins with http:// or https://";
	} else if (option->offset == offsetof(struct sn_agent_config, export_endpoint)) {
		if (!is_url(agent->export_endpoint))
			return "a URL that begins with http:// or https://";
	} else if (option->offset == offsetof(struct sn_agent_config, controller_ca_fingerprint)) {
		if (strlen(agent->controller_ca_fingerprint) != 64 ||
		    strspn(agent->controller_ca_fingerprint, "0123456789abcdefABCDEF") != 64)
			return "64 hexadecimal digits";
	} else if (option->offset == offsetof(struct sn_agent_config, controller_token_file)) {
		if (!is_absolute(agent->controller_token_file))
			return "an absolute path";
	} else if (option->offset == offsetof(struct sn_agent_config, kubernetes_api_server)) {
		if (!is_url(agent->kubernetes_api_server))
			return "a URL that begins with http:// or https://";
	} else if (option->offset == offsetof(struct sn_agent_config, kubernetes_ca_file)) {
		if (!is_absolute(agent->kubernetes_ca_file))
			return "an absolute path";
	} else if (option->offset == offsetof(struct sn_agent_config, kubernetes_token_file)) {
		if (!is_absolute(agent->kubernetes_token_file))
			return "an absolute path";
	} else if (option->offset == offsetof(struct sn_agent_config, state_dir)) {
		if (!is_absolute(agent->state_dir))
			return "an absolute path";
	} else if (option->offset == offsetof(struct sn_agent_config, pseudonym_key_file)) {
		if (!is_absolute(agent->pseudonym_key_file))
			return "an absolute path";
	}
	return NULL;
}

struct sn_config *sn_config_free(struct sn_config *config)
{
	if (!config)
		return NULL;
	sn_options_release(sn_agent_options, &config->agent);
	for (size_t i = 0; i < config->module_count; i++) {
		if (config->modules[i].config)
			sn_options_release(config->modules[i].module->options, config->modules[i].config);
		free(config->modules[i].config);
	}
	free(config->modules);
	free(config->file);
	free(config);
	return NULL;
}

static int new_module(const struct sn_module *module, struct sn_module_config *ret_config, struct sn_diag *reterr)
{
	int err = sn_options_defaults(module_options, ret_config, reterr);

	if (err)
		return err;
	ret_config->module = module;
	ret_config->config = calloc(1, SN_MAX(module->config_size, 1u));
	if (!ret_config->config)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	return sn_options_defaults(module->options, ret_config->config, reterr);
}

int sn_config_new(const struct sn_module *const *modules, struct sn_config **ret_config, struct sn_diag *reterr)
{
	struct sn_config *config = calloc(1, sizeof(*config));
	size_t count = 0;
	int err = 0;

	while (modules[count])
		count++;
	if (config)
		config->modules = calloc(count + 1, sizeof(*config->modules));
	if (!config || !config->modules)
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	if (!err)
		err = sn_options_defaults(sn_agent_options, &config->agent, reterr);
	for (size_t i = 0; !err && i < count; i++) {
		config->module_count++;
		err = new_module(modules[i], &config->modules[i], reterr);
	}
	if (err) {
		sn_config_free(config);
		return err;
	}
	*ret_config = config;
	return 0;
}

static struct sn_module_config *find_module(struct sn_config *config, const char *name)
{
	for (size_t i = 0; i < config->module_count; i++)
		if (strcmp(config->modules[i].module->name, name) == 0)
			return &config->modules[i];
	return NULL;
}

/** Refuses a module's name; the nearest is told. */
static int refuse_module(const struct sn_config *config, const struct sn_yaml *yaml, const yaml_node_t *node, const char *name,
			 struct sn_diag *reterr)
{
	const char *names[64];
	size_t count = 0;

	for (; count < config->module_count && count + 1 < SN_ARRAY_SIZE(names); count++)
		names[count] = config->modules[count].module->name;
	names[count] = NULL;
	return sn_option_refuse_name(yaml, node, "module", name, "modules", names, reterr);
}

static struct sn_option_scope module_scope(struct sn_module_config *module)
{
	return (struct sn_option_scope) {
		.tables = { module_options, module->module->options },
		.configs = { module, module->config },
	};
}

/** The mapping below `modules`. */
static int set_modules(void *ctx, const struct sn_yaml *yaml, const yaml_node_t *node, struct sn_diag *reterr)
{
	struct sn_config *config = ctx;
	int err = sn_option_need_mapping(yaml, node, "modules", reterr);

	if (err)
		return err;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *value = sn_yaml_node(yaml, pair->value);
		struct sn_module_config *module;
		struct sn_option_scope scope;
		char path[128];
		const char *key;

		err = sn_option_key(yaml, node, pair, "modules", &key, reterr);
		if (err)
			return err;
		module = find_module(config, key);
		if (!module)
			return refuse_module(config, yaml, sn_yaml_node(yaml, pair->key), key, reterr);
		if (sn_yaml_is_null(value))
			continue;
		snprintf(path, sizeof(path), "modules.%s", module->module->name);
		scope = module_scope(module);
		err = sn_options_fill(&scope, yaml, value, path, reterr);
		if (err)
			return err;
	}
	return 0;
}

static struct sn_option_scope agent_scope(struct sn_config *config)
{
	return (struct sn_option_scope) {
		.tables = { sn_agent_options },
		.configs = { &config->agent },
		.extra = "modules",
		.set_extra = set_modules,
		.object = object,
		.ctx = config,
	};
}

/** Takes a file's octets over the defaults. */
static int apply(struct sn_config *config, const char *name, const char *data, size_t len, struct sn_diag *reterr)
{
	struct sn_option_scope scope = agent_scope(config);
	struct sn_yaml yaml;
	int err = sn_yaml_parse(name, data, len, &yaml, reterr);

	if (err)
		return err;
	if (sn_yaml_root(&yaml) && !sn_yaml_is_null(sn_yaml_root(&yaml)))
		err = sn_options_fill(&scope, &yaml, sn_yaml_root(&yaml), "", reterr);
	sn_yaml_fini(&yaml);
	return err;
}

int sn_config_overlay(struct sn_config *config, const char *name, const char *data, size_t len, struct sn_diag *reterr)
{
	struct sn_yaml yaml;
	int err = sn_yaml_parse(name, data, len, &yaml, reterr);

	if (err)
		return err;
	if (sn_yaml_root(&yaml) && !sn_yaml_is_null(sn_yaml_root(&yaml)))
		err = set_modules(config, &yaml, sn_yaml_root(&yaml), reterr);
	sn_yaml_fini(&yaml);
	return err;
}

int sn_config_parse(const char *name, const char *data, size_t len, const struct sn_module *const *modules,
		    struct sn_config **ret_config, struct sn_diag *reterr)
{
	struct sn_config *config;
	int err = sn_config_new(modules, &config, reterr);

	if (err)
		return err;
	err = apply(config, name, data, len, reterr);
	if (!err) {
		config->file = strdup(name);
		err = config->file ? 0 : sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	if (err) {
		sn_config_free(config);
		return err;
	}
	*ret_config = config;
	return 0;
}

int sn_config_load(const char *path, const struct sn_module *const *modules, struct sn_config **ret_config,
		   struct sn_diag *reterr)
{
	const char *file = path ? path : SN_CONFIG_PATH;
	SN_AUTO_FREE char *data = NULL;
	size_t len = 0;
	int err = sn_yaml_read(file, &data, &len, reterr);

	if (err == -ENOENT && !path)
		return sn_config_new(modules, ret_config, reterr);
	return err ? err : sn_config_parse(file, data, len, modules, ret_config, reterr);
}

/** Finds where a dotted name leads. `ret_name` is the part that is the option's own. */
static int resolve(struct sn_config *config, const char *name, struct sn_option_scope *ret_scope, const char **ret_name,
		   struct sn_diag *reterr)
{
	const char *rest = strncmp(name, "modules.", 8) == 0 ? name + 8 : name;
	const char *dot = strchr(rest, '.');
	struct sn_module_config *module = NULL;
	char word[64];

	if (dot) {
		snprintf(word, sizeof(word), "%.*s", (int)(dot - rest), rest);
		module = find_module(config, word);
	}
	if (rest != name && !module)
		return sn_diag_set(reterr, -EINVAL, "--set: there is no module in '%.64s'", name);
	*ret_scope = module ? module_scope(module) : agent_scope(config);
	*ret_name = module ? dot + 1 : name;
	return 0;
}

/** Refuses the name of an option, with the nearest of the scope's. */
static int refuse_option(const struct sn_option_scope *scope, const char *name, struct sn_diag *reterr)
{
	const char *names[128], *nearest;
	size_t count = 0;

	for (size_t t = 0; t < SN_ARRAY_SIZE(scope->tables); t++)
		for (const struct sn_option *o = scope->tables[t]; o && o->name && count + 1 < SN_ARRAY_SIZE(names); o++)
			names[count++] = o->name;
	names[count] = NULL;
	nearest = sn_text_nearest(name, names);
	return sn_diag_set(reterr, -EINVAL, "--set: unknown option '%.64s'%s%s%s", name, nearest ? "; did you mean '" : "",
			   nearest ? nearest : "", nearest ? "'?" : "");
}

int sn_config_set(struct sn_config *config, const char *assignment, struct sn_diag *reterr)
{
	const char *equals = strchr(assignment, '='), *own_name = NULL, *objection;
	SN_AUTO_FREE char *name = NULL;
	struct sn_option_scope scope;
	const struct sn_option *option;
	struct sn_yaml yaml;
	void *target;
	int err;

	if (!equals || equals == assignment)
		return sn_diag_set(reterr, -EINVAL, "--set: '%.64s' is not KEY=VALUE", assignment);
	name = strndup(assignment, (size_t)(equals - assignment));
	if (!name)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	err = resolve(config, name, &scope, &own_name, reterr);
	if (err)
		return err;
	option = sn_options_find(&scope, own_name, &target);
	if (!option)
		return refuse_option(&scope, own_name, reterr);
	err = sn_yaml_parse("--set", equals + 1, strlen(equals + 1), &yaml, reterr);
	if (err)
		return err;
	if (!sn_yaml_root(&yaml))
		err = sn_diag_set(reterr, -EINVAL, "--set: '%s' has no value", name);
	else
		err = sn_option_set(option, &yaml, sn_yaml_root(&yaml), name, target, reterr);
	sn_yaml_fini(&yaml);
	objection = !err && scope.object ? scope.object(option, target) : NULL;
	return objection ? sn_diag_set(reterr, -EINVAL, "--set: %s must be %s", name, objection) : err;
}

static void each_changed(const struct sn_option *options, const void *old, const void *new, const char *prefix,
			 void (*fn)(void *ctx, const char *name), void *ctx)
{
	char name[160];

	for (const struct sn_option *option = options; option && option->name; option++) {
		if (!option->restart || sn_option_equal(option, old, new))
			continue;
		snprintf(name, sizeof(name), "%s%s", prefix, option->name);
		fn(ctx, name);
	}
}

void sn_config_each_restart(const struct sn_config *old, const struct sn_config *new, void (*fn)(void *ctx, const char *name),
			    void *ctx)
{
	each_changed(sn_agent_options, &old->agent, &new->agent, "", fn, ctx);
	for (size_t i = 0; i < old->module_count && i < new->module_count; i++) {
		const struct sn_module *module = old->modules[i].module;
		char prefix[80];

		snprintf(prefix, sizeof(prefix), "modules.%s.", module->name);
		each_changed(module_options, &old->modules[i], &new->modules[i], prefix, fn, ctx);
		each_changed(module->options, old->modules[i].config, new->modules[i].config, prefix, fn, ctx);
	}
}

char *sn_config_key_file(const struct sn_config *config)
{
	char *path;

	if (config->agent.pseudonym_key_file)
		return strdup(config->agent.pseudonym_key_file);
	return asprintf(&path, "%s/pseudonym.key", config->agent.state_dir) < 0 ? NULL : path;
}

void sn_config_print_module(const struct sn_module *module, struct sn_text *text)
{
	sn_text_addf(text, "  # %s\n  %s:\n", module->summary, module->name);
	sn_options_print(module_options, 4, text);
	sn_options_print(module->options, 4, text);
}

void sn_config_print(const struct sn_module *const *modules, struct sn_text *text)
{
	sn_text_add(text, "# Configuration of Sauron. Every option stands here with its default; take the # away to change one.\n"
			  "# `systemctl reload sauron-agent` takes a change; what needs a restart says so.\n\n");
	sn_options_print(sn_agent_options, 0, text);
	if (!modules[0])
		return;
	sn_text_add(text, "\nmodules:\n");
	for (size_t i = 0; modules[i]; i++)
		sn_config_print_module(modules[i], text);
}
