/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron agent`: the agent for a service manager. */
#include <stdio.h>

#include "agent/agent.h"
#include "agent/begin.h"
#include "agent/commands.h"
#include "base/log.h"
#include "model/document.h"

struct agent_options {
	const char *config;
	struct sn_arg_list set;
	bool print_config;
	bool check_config;
};

static const struct sn_arg agent_args[] = {
	{ SN_ARG(struct agent_options, config, "config", SN_ARG_STRING), .letter = 'c', .value = "FILE",
	  .doc = "configuration; " SN_CONFIG_PATH " when left out, the defaults when that is not there" },
	{ SN_ARG(struct agent_options, set, "set", SN_ARG_LIST), .letter = 's', .value = "KEY=VALUE",
	  .doc = "set one option over the configuration, for instance n2.ports=[38412,9487]; may be given several times" },
	{ SN_ARG(struct agent_options, check_config, "check-config", SN_ARG_FLAG),
	  .doc = "read the configuration, tell what is wrong with it, and end" },
	{ SN_ARG(struct agent_options, print_config, "print-config", SN_ARG_FLAG),
	  .doc = "print a configuration file with every option explained and its default, and end" },
	{ 0 },
};

static int agent_main(int argc, char **argv);

const struct sn_command sn_command_agent = {
	.name = "agent",
	.summary = "Run the node agent for a service manager",
	.doc = "Attaches the modules, serves /metrics for Prometheus and the local API for the other commands, and gives up its "
	       "capabilities. SIGHUP reads the configuration anew, SIGTERM ends the agent; whatever it attached goes with it.",
	.args = agent_args,
	.main = agent_main,
};

static int print_config(void)
{
	struct sn_text text = { 0 };

	sn_config_print(sn_modules, &text);
	if (text.data && !text.failed)
		fputs(text.data, stdout);
	sn_text_free(&text);
	return sn_document_flush();
}

static int check_config(const struct agent_options *options)
{
	struct sn_config *config = NULL;
	struct sn_diag diag = { 0 };
	int err = sn_begin_config(options->config, &options->set, /* readable_only= */ false, &config, &diag);

	if (err)
		return sn_begin_fail(err, &diag);
	sn_config_free(config);
	return SN_EXIT_OK;
}

static int agent_main(int argc, char **argv)
{
	struct agent_options options = { 0 };
	struct sn_diag diag = { 0 };
	struct sn_agent agent;
	int first, err, code = sn_args_begin(&sn_command_agent, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	if (options.print_config)
		return print_config();
	if (options.check_config)
		return check_config(&options);
	sn_log_set_clock(true);
	err = sn_agent_open(&agent, &(struct sn_agent_start) { .config = options.config, .set = &options.set }, &diag);
	if (err)
		return sn_begin_fail(err, &diag);
	sn_log_info("version " SN_VERSION " is ready; metrics at %s, API at %s", agent.config->agent.metrics_listen,
		    agent.config->agent.api_socket);
	sn_agent_run(&agent);
	sn_log_info("stops");
	sn_agent_close(&agent);
	return SN_EXIT_OK;
}
