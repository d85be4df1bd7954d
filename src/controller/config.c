/* SPDX-License-Identifier: Apache-2.0 */
/** @file The controller's option table and its file. */
#include "controller/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/options.h"

#define DAY_NS (86400 * SN_NSEC_PER_SEC)

#define OPTION(member, option_type, option_def, option_doc, ...)                                                                 \
	{                                                                                                                        \
		.name = #member, .doc = option_doc, .def = option_def, .type = option_type,                                      \
		.offset = offsetof(struct sn_controller_config, member), .restart = true, ##__VA_ARGS__                          \
	}

static const char *const tls_names[] = { "auto", "on", "off", NULL };

const struct sn_option sn_controller_options[] = {
	OPTION(listen, SN_OPTION_STRING, "127.0.0.1:7080", "Address and port of the console, the API and the collector."),
	OPTION(state_dir, SN_OPTION_STRING, "/var/lib/sauron/controller", "Where records, metrics and tokens are kept."),
	OPTION(tls, SN_OPTION_ENUM, "auto",
	       "TLS with certificates of a CA of our own: auto, unless the address is of loopback. Off only for those.",
	       .names = tls_names),
	OPTION(names, SN_OPTION_STRING_LIST, "[]",
	       "Names and addresses by which agents and browsers know the controller, for its certificate. Left out: the host's name, "
	       "localhost, and the address that it listens on."),
	OPTION(agent_certificate_lifetime, SN_OPTION_DURATION, "30d",
	       "How long an agent's certificate lasts; agents renew theirs in the last third.", .min = DAY_NS,
	       .max = 3650ull * DAY_NS),
	OPTION(cluster, SN_OPTION_STRING, "default", "The cluster that agents belong to who name none."),
	OPTION(store_size, SN_OPTION_SIZE, "10GiB", "Octets on disk; beyond, the oldest day goes.", .min = 64ull << 20,
	       .max = 1ull << 50),
	OPTION(keep_records, SN_OPTION_DURATION, "7d", "How long records are kept.", .min = 60 * SN_NSEC_PER_SEC,
	       .max = 3650ull * DAY_NS),
	OPTION(keep_metrics, SN_OPTION_DURATION, "30d", "How long samples of metrics are kept.", .min = 60 * SN_NSEC_PER_SEC,
	       .max = 3650ull * DAY_NS),
	OPTION(body_limit, SN_OPTION_SIZE, "8MiB", "Octets of one request of an agent, packed or unpacked.", .min = 64ull << 10,
	       .max = 256ull << 20),
	OPTION(node_records_per_s, SN_OPTION_U32, "20000", "Records taken of one node in a second; 0: no limit.",
	       .max = 10000000),
	OPTION(session_lifetime, SN_OPTION_DURATION, "12h", "How long a sign-in to the console lasts.",
	       .min = 60 * SN_NSEC_PER_SEC, .max = 30 * DAY_NS),
	{ 0 },
};

static struct sn_option_scope scope_of(struct sn_controller_config *config)
{
	return (struct sn_option_scope) { .tables = { sn_controller_options }, .configs = { config } };
}

static int take(struct sn_controller_config *config, const char *name, const char *data, size_t len, struct sn_diag *reterr)
{
	struct sn_option_scope scope = scope_of(config);
	struct sn_yaml yaml;
	int err = sn_yaml_parse(name, data, len, &yaml, reterr);

	if (err)
		return err;
	if (sn_yaml_root(&yaml) && !sn_yaml_is_null(sn_yaml_root(&yaml)))
		err = sn_options_fill(&scope, &yaml, sn_yaml_root(&yaml), "", reterr);
	sn_yaml_fini(&yaml);
	return err;
}

/* KEY=VALUE as the line "KEY: VALUE" of a file, so that both are read by the same rules. */
static int take_assignment(struct sn_controller_config *config, const char *assignment, struct sn_diag *reterr)
{
	const char *equals = strchr(assignment, '=');
	struct sn_text line = { 0 };
	int err;

	if (!equals)
		return sn_diag_set(reterr, -EBADRQC, "--set takes KEY=VALUE, not '%.64s'", assignment);
	sn_text_addf(&line, "%.*s: %s\n", (int)(equals - assignment), assignment, equals + 1);
	err = line.failed ? -ENOMEM : take(config, "--set", line.data, line.len, reterr);
	sn_text_free(&line);
	return err ? -EBADRQC : 0;
}

int sn_controller_config_load(const char *path, const struct sn_arg_list *set, struct sn_controller_config *ret_config,
			      struct sn_diag *reterr)
{
	const char *file = path ? path : SN_CONTROLLER_CONFIG_PATH;
	SN_AUTO_FREE char *data = NULL;
	size_t len = 0;
	int err = sn_options_defaults(sn_controller_options, ret_config, reterr);

	if (err)
		return err;
	err = sn_yaml_read(file, &data, &len, reterr);
	if (err == -ENOENT && !path)
		err = 0;
	else if (!err)
		err = take(ret_config, file, data, len, reterr);
	for (size_t i = 0; !err && set && i < set->count; i++)
		err = take_assignment(ret_config, set->items[i], reterr);
	if (err)
		sn_controller_config_fini(ret_config);
	return err;
}

int sn_controller_config_defaults(const char *listen, const char *state_dir, struct sn_controller_config *ret_config,
				  struct sn_diag *reterr)
{
	int err = sn_options_defaults(sn_controller_options, ret_config, reterr);

	if (err)
		return err;
	free(ret_config->listen);
	free(ret_config->state_dir);
	ret_config->listen = strdup(listen);
	ret_config->state_dir = strdup(state_dir);
	if (ret_config->listen && ret_config->state_dir)
		return 0;
	sn_controller_config_fini(ret_config);
	return sn_diag_set(reterr, -ENOMEM, "out of memory");
}

void sn_controller_config_fini(struct sn_controller_config *config)
{
	sn_options_release(sn_controller_options, config);
}
