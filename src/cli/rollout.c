/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron rollout`: what groups of nodes are to be configured with, and how far that is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "model/document.h"

#define DOCUMENT_MAX (256u << 10)

struct rollout_options {
	struct sn_client_target target;
	const char *document, *node, *cluster, *kernel, *canary, *soak, *max_cpu_share;
	struct sn_arg_list labels;
	bool rollback, halt, proceed, remove;
	uint32_t format;
};

static const struct sn_arg rollout_args[] = {
	{ SN_ARG(struct rollout_options, document, "document", SN_ARG_STRING), .letter = 'd', .value = "FILE",
	  .doc = "begin a rollout of this: what stands below 'modules:' in an agent's configuration" },
	{ SN_ARG(struct rollout_options, node, "nodes", SN_ARG_STRING), .value = "PATTERN",
	  .doc = "the group is of nodes with such names; * and ? stand for others" },
	{ SN_ARG(struct rollout_options, cluster, "cluster", SN_ARG_STRING), .value = "PATTERN",
	  .doc = "the group is of nodes of such clusters" },
	{ SN_ARG(struct rollout_options, kernel, "kernel", SN_ARG_STRING), .value = "PATTERN",
	  .doc = "the group is of nodes with such kernels" },
	{ SN_ARG(struct rollout_options, labels, "label", SN_ARG_LIST), .letter = 'l', .value = "NAME=VALUE",
	  .doc = "the group is of nodes with this label; may be given several times" },
	{ SN_ARG(struct rollout_options, canary, "canary", SN_ARG_STRING), .value = "SHARE",
	  .doc = "the share of the group that it reaches first; 0.1 when left out, 1 for all at once" },
	{ SN_ARG(struct rollout_options, soak, "soak", SN_ARG_STRING), .value = "DURATION",
	  .doc = "how long the canaries must have been well; 30s when left out" },
	{ SN_ARG(struct rollout_options, max_cpu_share, "max-cpu-share", SN_ARG_STRING), .value = "SHARE",
	  .doc = "halt when an agent takes more of a core than this" },
	{ SN_ARG(struct rollout_options, rollback, "rollback", SN_ARG_FLAG), .doc = "go back to the document before, at once" },
	{ SN_ARG(struct rollout_options, halt, "halt", SN_ARG_FLAG), .doc = "halt the rollout that is under way" },
	{ SN_ARG(struct rollout_options, proceed, "proceed", SN_ARG_FLAG), .doc = "go on to all, whatever halted it" },
	{ SN_ARG(struct rollout_options, remove, "remove", SN_ARG_FLAG),
	  .doc = "remove the group; its nodes keep what they have" },
	{ SN_ARG(struct rollout_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names_basic,
	  .doc = "how to print" },
	SN_CLIENT_CONTROLLER_ARGS(struct rollout_options),
	{ 0 },
};

static int rollout_main(int argc, char **argv);

const struct sn_command sn_command_rollout = {
	.name = "rollout",
	.summary = "Configure groups of nodes by way of a controller, and see how far that is",
	.doc = "Without an option it lists the groups, or one. A revision reaches canaries first; when they have taken it and have been "
	       "well for a while, it reaches all. It is halted when a node refuses it or costs too much.",
	.operands = "[GROUP]",
	.max_operands = 1,
	.args = rollout_args,
	.main = rollout_main,
};

static int read_document(const char *path, char **ret_text, struct sn_diag *reterr)
{
	char *text = malloc(DOCUMENT_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t n;

	if (!text || !f) {
		int err = f ? -ENOMEM : -errno;

		free(text);
		if (f)
			fclose(f);
		return sn_diag_set(reterr, err, "%s: cannot be read: %s", path, strerror(-err));
	}
	n = fread(text, 1, DOCUMENT_MAX + 1, f);
	fclose(f);
	if (n > DOCUMENT_MAX) {
		free(text);
		return sn_diag_set(reterr, -EFBIG, "%s: is larger than 256 KiB", path);
	}
	text[n] = '\0';
	*ret_text = text;
	return 0;
}

static void set_pattern(json_t *selector, const char *name, const char *pattern)
{
	if (pattern)
		json_object_set_new(selector, name, json_string(pattern));
}

static json_t *selector_json(const struct rollout_options *options)
{
	json_t *selector = json_object(), *labels = json_object();

	set_pattern(selector, "node", options->node);
	set_pattern(selector, "cluster", options->cluster);
	set_pattern(selector, "kernel", options->kernel);
	for (size_t i = 0; i < options->labels.count; i++) {
		const char *label = options->labels.items[i], *equals = strchr(label, '=');

		if (equals)
			json_object_setn_new(labels, label, (size_t)(equals - label), json_string(equals + 1));
	}
	if (json_object_size(labels))
		json_object_set(selector, "labels", labels);
	json_decref(labels);
	return selector;
}

/** What the API is asked for; what is left out there stays as it was. */
static int wanted_json(const struct rollout_options *options, json_t **ret_wanted, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *document = NULL;
	json_t *selector;
	int err = read_document(options->document, &document, reterr);

	if (err)
		return err;
	*ret_wanted = json_pack("{s:s}", "document", document);
	if (!*ret_wanted)
		return sn_diag_set(reterr, -EINVAL, "%s: is no UTF-8", options->document);
	selector = selector_json(options);
	if (json_object_size(selector))
		json_object_set(*ret_wanted, "selector", selector);
	json_decref(selector);
	if (options->canary)
		json_object_set_new(*ret_wanted, "canary", json_real(strtod(options->canary, NULL)));
	if (options->max_cpu_share)
		json_object_set_new(*ret_wanted, "max_cpu_share", json_real(strtod(options->max_cpu_share, NULL)));
	set_pattern(*ret_wanted, "soak", options->soak);
	return 0;
}

static int act(struct sn_client *client, const struct rollout_options *options, const char *group, json_t **ret_document,
	       struct sn_diag *reterr)
{
	const char *verb = options->rollback ? "/rollback" : options->halt ? "/halt" : options->proceed ? "/proceed" : "";
	const char *method = *verb ? "POST" : options->remove ? "DELETE" : options->document ? "PUT" : "GET";
	struct sn_text path = { 0 };
	json_t *wanted = NULL;
	int err = options->document ? wanted_json(options, &wanted, reterr) : 0;

	sn_text_addf(&path, "/api/v1/groups%s%s%s", group ? "/" : "", group ? group : "", verb);
	if (!err && path.failed)
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	if (!err && strcmp(method, "GET") == 0)
		err = sn_client_get_json(client, path.data, /* query= */ NULL, ret_document, reterr);
	else if (!err)
		err = sn_client_change(client, method, path.data, wanted, ret_document, reterr);
	json_decref(wanted);
	sn_text_free(&path);
	return err;
}

/** A group in one line. */
static json_t *group_row(const json_t *group)
{
	const json_t *nodes = json_object_get(group, "nodes");

	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O}", "group", json_object_get(group, "name"), "revision",
			 json_object_get(group, "revision"), "phase", json_object_get(group, "phase"), "nodes",
			 json_object_get(nodes, "total"), "reached", json_object_get(nodes, "reached"), "applied",
			 json_object_get(nodes, "applied"), "refused", json_object_get(nodes, "refused"), "by",
			 json_object_get(group, "user"), "why", json_object_get(group, "why"));
}

static void print(json_t *document, enum sn_format format)
{
	json_t *groups = json_object_get(document, "groups"), *rows = json_array(), *table = json_pack("{s:o}", "groups", rows),
	       *group;
	size_t i;

	if (format == SN_FORMAT_JSON) {
		sn_document_print(stdout, document, SN_FORMAT_JSON);
	} else {
		json_array_foreach(groups, i, group)
		{
			json_array_append_new(rows, group_row(group));
		}
		if (!groups)
			json_array_append_new(rows, group_row(document));
		sn_document_print(stdout, table, SN_FORMAT_TABLE);
	}
	json_decref(table);
}

static int rollout_main(int argc, char **argv)
{
	struct rollout_options options = { 0 };
	struct sn_client *client = NULL;
	struct sn_diag diag = { 0 };
	json_t *document = NULL;
	int first, err, code = sn_args_begin(&sn_command_rollout, argc, argv, &options, &first);
	int actions = options.rollback + options.halt + options.proceed + options.remove + (options.document != NULL);

	if (code >= 0)
		return code;
	if (actions > 1 || (actions && first == argc)) {
		sn_log_error(actions > 1 ? "rollout: one of --document, --rollback, --halt, --proceed and --remove at a time"
					 : "rollout: name the group");
		return SN_EXIT_USAGE;
	}
	if (!options.target.controller) {
		sn_log_error("name the controller with --controller URL");
		return SN_EXIT_USAGE;
	}
	err = sn_client_new(&options.target, &client, &diag);
	if (!err)
		err = act(client, &options, first < argc ? argv[first] : NULL, &document, &diag);
	sn_client_free(client);
	if (err) {
		sn_log_error("%s", diag.text);
		return sn_client_exit(err);
	}
	if (document)
		print(document, options.format);
	json_decref(document);
	return sn_document_flush();
}
