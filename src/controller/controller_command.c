/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron controller`: the controller for a service manager. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "config/options.h"
#include "controller/ca.h"
#include "controller/commands.h"
#include "controller/controller.h"
#include "model/document.h"

struct controller_options {
	const char *config;
	struct sn_arg_list set;
	bool print_config;
	const char *agent_token, *viewer_token, *join_token;
};

static const struct sn_arg controller_args[] = {
	{ SN_ARG(struct controller_options, config, "config", SN_ARG_STRING), .letter = 'c', .value = "FILE",
	  .doc = "configuration; " SN_CONTROLLER_CONFIG_PATH " when left out, the defaults when that is not there" },
	{ SN_ARG(struct controller_options, set, "set", SN_ARG_LIST), .letter = 's', .value = "KEY=VALUE",
	  .doc = "set one option over the configuration, for instance listen=127.0.0.1:7081; may be given several times" },
	{ SN_ARG(struct controller_options, agent_token, "agent-token", SN_ARG_STRING), .value = "NODE",
	  .doc = "print a token for the agent of a node, for its controller.token_file, and end; a controller that runs takes it "
		 "when it is started again" },
	{ SN_ARG(struct controller_options, join_token, "join-token", SN_ARG_STRING), .value = "NODE", .optional = true,
	  .doc = "print what an agent needs to join over TLS: a token good for a day, of that node once or of any node again and again, "
		 "and the fingerprint of the CA; and end. A controller that runs takes it when it is started again; POST /api/v1/tokens "
		 "makes one that is taken at once" },
	{ SN_ARG(struct controller_options, viewer_token, "viewer-token", SN_ARG_STRING), .value = "NAME",
	  .doc = "print a token that sees and changes nothing, for instance for Prometheus, and end; taken as that of an agent" },
	{ SN_ARG(struct controller_options, print_config, "print-config", SN_ARG_FLAG),
	  .doc = "print a configuration file with every option explained and its default, and end" },
	{ 0 },
};

static int controller_main(int argc, char **argv);

const struct sn_command sn_command_controller = {
	.name = "controller",
	.summary = "Run the controller for a service manager",
	.doc = "Collects what agents tell (OTLP/HTTP), keeps it, and serves the API and the console in the browser. At its start it "
	       "prints a link that signs in once. SIGTERM ends it; agents keep what they have to tell meanwhile.",
	.args = controller_args,
	.main = controller_main,
};

static int fail(int err, const struct sn_diag *diag)
{
	sn_log_error("%s", diag->text[0] ? diag->text : strerror(-err));
	return err == -EBADRQC ? SN_EXIT_USAGE : SN_EXIT_FAILED;
}

static int print_config(void)
{
	struct sn_text text = { 0 };

	sn_options_print(sn_controller_options, 0, &text);
	if (text.data && !text.failed)
		fputs(text.data, stdout);
	sn_text_free(&text);
	return sn_document_flush();
}

static int print_token(const struct sn_controller_config *config, const struct controller_options *options)
{
	const struct sn_token_grant grant = { .user = options->agent_token ? options->agent_token : options->viewer_token,
					      .role = options->agent_token ? SN_ROLE_AGENT : SN_ROLE_VIEWER,
					      .kept = true };
	struct sn_diag diag = { 0 };
	struct sn_auth *auth = NULL;
	char token[SN_TOKEN_TEXT];
	int err = sn_controller_make_state(config, &diag);

	if (!err)
		err = sn_auth_new(config->state_dir, config->session_lifetime, &auth, &diag);
	if (!err)
		err = sn_auth_grant(auth, &grant, token);
	sn_auth_free(auth);
	if (err)
		return fail(err, &diag);
	puts(token);
	return sn_document_flush();
}

/** As lines of an agent's configuration. */
static int print_join(const struct sn_controller_config *config, const char *node)
{
	const struct sn_token_grant grant = {
		.user = node, .role = SN_ROLE_JOIN, .lifetime_ns = 86400 * SN_NSEC_PER_SEC, .once = *node, .kept = true
	};
	struct sn_diag diag = { 0 };
	struct sn_auth *auth = NULL;
	struct sn_ca *ca = NULL;
	char token[SN_TOKEN_TEXT];
	int err = sn_controller_make_state(config, &diag);

	if (!err)
		err = sn_ca_open_only(config->state_dir, &ca, &diag);
	if (!err)
		err = sn_auth_new(config->state_dir, config->session_lifetime, &auth, &diag);
	if (!err)
		err = sn_auth_grant(auth, &grant, token);
	if (!err)
		printf("token: %s\nca_fingerprint: %s\n", token, sn_ca_fingerprint(ca));
	sn_auth_free(auth);
	sn_ca_free(ca);
	return err ? fail(err, &diag) : sn_document_flush();
}

static void on_signal(uv_signal_t *handle, int number)
{
	uv_stop(handle->loop);
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static int run(const struct sn_controller_config *config)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sn_controller *controller = NULL;
	uv_signal_t signals[SN_ARRAY_SIZE(numbers)];
	struct sn_diag diag = { 0 };
	char token[SN_TOKEN_TEXT];
	uv_loop_t loop;
	int err = uv_loop_init(&loop);

	if (err)
		return fail(err, &diag);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SN_ARRAY_SIZE(numbers); i++) {
		uv_signal_init(&loop, &signals[i]);
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	err = sn_controller_open(&loop, config, &controller, &diag);
	if (!err)
		err = sn_controller_console_token(controller, token);
	if (!err) {
		if (sn_controller_fingerprint(controller))
			sn_log_info("agents know the controller by ca_fingerprint %s", sn_controller_fingerprint(controller));
		sn_log_info("version " SN_VERSION " is ready; console at %s/#token=%s (signs in once)",
			    sn_controller_url(controller), token);
		sd_notify(0, "READY=1");
		uv_run(&loop, UV_RUN_DEFAULT);
		sd_notify(0, "STOPPING=1");
		sn_log_info("stops");
	}
	sn_controller_close(controller);
	uv_walk(&loop, close_handle, /* arg= */ NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return err ? fail(err, &diag) : SN_EXIT_OK;
}

static int controller_main(int argc, char **argv)
{
	struct controller_options options = { 0 };
	struct sn_controller_config config;
	struct sn_diag diag = { 0 };
	int first, err, code = sn_args_begin(&sn_command_controller, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	if (options.print_config)
		return print_config();
	err = sn_controller_config_load(options.config, &options.set, &config, &diag);
	if (err)
		return fail(err, &diag);
	sn_log_set_clock(!options.agent_token && !options.viewer_token && !options.join_token);
	code = options.agent_token || options.viewer_token ? print_token(&config, &options)
	       : options.join_token			   ? print_join(&config, options.join_token)
							   : run(&config);
	sn_controller_config_fini(&config);
	return code;
}
