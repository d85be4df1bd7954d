/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron nodes` and `sauron events`: what a controller knows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "model/document.h"

#define LIMIT_TEXT 24

struct nodes_options {
	struct sn_client_target target;
	const char *text, *state;
	uint32_t format;
};
struct events_options {
	struct sn_client_target target;
	const char *type, *node, *ue, *gnb, *since, *limit;
	struct sn_arg_list where;
	uint32_t format;
};

static const char *const state_names[] = { "up", "silent", "gone", NULL };

static const struct sn_arg nodes_args[] = {
	{ SN_ARG(struct nodes_options, text, "text", SN_ARG_STRING), .letter = 't', .value = "TEXT",
	  .doc = "only nodes with this in their name, cluster, kernel or version" },
	{ SN_ARG(struct nodes_options, state, "state", SN_ARG_STRING), .choices = state_names,
	  .doc = "only nodes in this state" },
	{ SN_ARG(struct nodes_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names_basic,
	  .doc = "how to print" },
	SN_CLIENT_CONTROLLER_ARGS(struct nodes_options),
	{ 0 },
};
static const struct sn_arg events_args[] = {
	{ SN_ARG(struct events_options, type, "type", SN_ARG_STRING), .letter = 't', .value = "TYPE",
	  .doc = "only records of this type, for instance n2.outcome" },
	{ SN_ARG(struct events_options, node, "node", SN_ARG_STRING), .value = "NAME", .doc = "only records of this node" },
	{ SN_ARG(struct events_options, ue, "ue", SN_ARG_STRING), .letter = 'u', .value = "PSEUDONYM",
	  .doc = "only records of this UE" },
	{ SN_ARG(struct events_options, gnb, "gnb", SN_ARG_STRING), .value = "NAME", .doc = "only records of this gNB" },
	{ SN_ARG(struct events_options, where, "where", SN_ARG_LIST), .letter = 'w', .value = "FIELD:VALUE",
	  .doc = "only records with this value; may be given several times" },
	{ SN_ARG(struct events_options, since, "since", SN_ARG_STRING), .value = "TIME",
	  .doc = "from then on: 2026-11-24T07:00:00Z, or 15m for the last quarter of an hour" },
	{ SN_ARG(struct events_options, limit, "limit", SN_ARG_STRING), .letter = 'n', .value = "NUMBER",
	  .doc = "at most so many, the newest; 50 when left out" },
	{ SN_ARG(struct events_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names_basic,
	  .doc = "how to print; as JSON one record per line" },
	SN_CLIENT_CONTROLLER_ARGS(struct events_options),
	{ 0 },
};

static int nodes_main(int argc, char **argv);
static int events_main(int argc, char **argv);

const struct sn_command sn_command_nodes = {
	.name = "nodes",
	.summary = "List the nodes that a controller knows",
	.args = nodes_args,
	.main = nodes_main,
};
const struct sn_command sn_command_events = {
	.name = "events",
	.summary = "Show records that a controller keeps",
	.args = events_args,
	.main = events_main,
};

/** Asks a controller; told when it fails. @return -1 with the document, else the exit code. */
static int ask(const struct sn_client_target *target, const char *path, const char *const *query, json_t **ret_document)
{
	struct sn_client *client = NULL;
	struct sn_diag diag = { 0 };
	int err;

	if (!target->controller) {
		sn_log_error("name the controller with --controller URL; 'sauron up' prints its own");
		return SN_EXIT_USAGE;
	}
	err = sn_client_new(target, &client, &diag);
	if (!err)
		err = sn_client_get_json(client, path, query, ret_document, &diag);
	sn_client_free(client);
	if (!err)
		return -1;
	sn_log_error("%s", diag.text);
	return sn_client_exit(err);
}

/** A node in one line: what a person looks for first. */
static json_t *node_row(const json_t *node)
{
	json_t *row = json_object(), *module;
	struct sn_text modules = { 0 };
	size_t i;
	static const char *const shown[] = { "name",	  "cluster",   "state",	     "version", "kernel",
					     "last_seen", "cpu_share", "rss_octets", "lost" };

	for (i = 0; i < SN_ARRAY_SIZE(shown); i++) {
		json_t *value = json_object_get(node, shown[i]);

		json_object_set(row, shown[i], value ? value : json_null());
	}
	json_array_foreach(json_object_get(node, "modules"), i, module)
	{
		const char *name = json_string_value(json_object_get(module, "module"));
		const char *state = json_string_value(json_object_get(module, "state"));

		sn_text_addf(&modules, "%s%s%s%s", i ? ", " : "", name ? name : "?",
			     state && strcmp(state, "attached") ? ": " : "", state && strcmp(state, "attached") ? state : "");
	}
	json_object_set_new(row, "modules", json_string(modules.data ? modules.data : ""));
	sn_text_free(&modules);
	return row;
}

static void print_nodes(const json_t *document)
{
	json_t *rows = json_array(), *table = json_pack("{s:o}", "nodes", rows), *node;
	size_t i;

	json_array_foreach(json_object_get(document, "nodes"), i, node)
	{
		json_array_append_new(rows, node_row(node));
	}
	sn_document_print(stdout, table, SN_FORMAT_TABLE);
	json_decref(table);
}

static int nodes_main(int argc, char **argv)
{
	struct nodes_options options = { 0 };
	json_t *document = NULL;
	int first, code = sn_args_begin(&sn_command_nodes, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	code = ask(&options.target, "/api/v1/nodes",
		   (const char *const[]) { "limit", "10000", "text", options.text, "state", options.state, NULL }, &document);
	if (code >= 0)
		return code;
	if (options.format == SN_FORMAT_JSON)
		sn_document_print(stdout, document, SN_FORMAT_JSON);
	else
		print_nodes(document);
	json_decref(document);
	return sn_document_flush();
}

/** The newest last, as a log is read. */
static void print_events(const json_t *records, enum sn_format format)
{
	json_t *rows = json_array(), *table = json_pack("{s:o}", "records", rows);

	for (size_t i = json_array_size(records); i-- > 0;) {
		json_t *record = json_array_get(records, i);

		if (format == SN_FORMAT_JSON) {
			json_dumpf(record, stdout, SN_JSON_FLAGS | JSON_COMPACT);
			fputc('\n', stdout);
		} else {
			json_object_del(record, "id");
			json_array_append(rows, record);
		}
	}
	if (format == SN_FORMAT_TABLE)
		sn_document_print(stdout, table, SN_FORMAT_TABLE);
	json_decref(table);
}

/** The parameters of a question for records, in pairs. */
static void events_query(const struct events_options *options, char since[LIMIT_TEXT], const char **ret_query)
{
	bool absolute = options->since && strchr(options->since, 'T');
	size_t count = 0;

	/* "15m" back from now is "-15m" to the API. */
	snprintf(since, LIMIT_TEXT, "-%.20s", options->since ? options->since : "");
	for (const char *const *p = (const char *const[]) { "type", options->type, "node", options->node, "ue", options->ue,
							    "gnb", options->gnb, "limit", options->limit, "from",
							    absolute || !options->since ? options->since : since, NULL };
	     *p; p += 2) {
		ret_query[count++] = p[0];
		ret_query[count++] = p[1];
	}
	for (size_t i = 0; i < options->where.count; i++) {
		ret_query[count++] = "where";
		ret_query[count++] = options->where.items[i];
	}
	ret_query[count] = NULL;
}

static int events_main(int argc, char **argv)
{
	struct events_options options = { .limit = "50" };
	const char *query[16 + 2 * SN_ARG_LIST_MAX];
	char since[LIMIT_TEXT];
	json_t *document = NULL;
	int first, code = sn_args_begin(&sn_command_events, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	events_query(&options, since, query);
	code = ask(&options.target, "/api/v1/records", query, &document);
	if (code >= 0)
		return code;
	print_events(json_object_get(document, "records"), options.format);
	json_decref(document);
	return sn_document_flush();
}
