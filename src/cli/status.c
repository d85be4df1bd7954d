/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron status`: how the running agent is, what it has attached, what it costs. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "model/document.h"

struct status_options {
	uint32_t format;
	struct sn_client_target target;
};

static const struct sn_arg status_args[] = {
	{ SN_ARG(struct status_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names_basic,
	  .doc = "how to print" },
	SN_CLIENT_ARGS(struct status_options),
	{ 0 },
};

static int status_main(int argc, char **argv);

const struct sn_command sn_command_status = {
	.name = "status",
	.summary = "Show how the running agent is, what it has attached and what it costs",
	.args = status_args,
	.main = status_main,
};

static int status_main(int argc, char **argv)
{
	struct status_options options = { .target.socket = SN_CLIENT_SOCKET };
	struct sn_client *client = NULL;
	struct sn_diag diag = { 0 };
	json_t *document = NULL;
	int first, err, code = sn_args_begin(&sn_command_status, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	err = sn_client_new(&options.target, &client, &diag);
	if (!err)
		err = sn_client_get_local(client, "/v1/status", /* query= */ NULL, &document, &diag);
	sn_client_free(client);
	if (err) {
		sn_log_error("%s", diag.text);
		return sn_client_exit(err);
	}
	if (options.format == SN_FORMAT_JSON)
		sn_document_print(stdout, document, SN_FORMAT_JSON);
	else
		sn_document_print_facts(stdout, document);
	json_decref(document);
	return sn_document_flush();
}
