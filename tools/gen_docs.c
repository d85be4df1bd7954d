/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Writes the pages of docs/ that are made from tables: a page per module, one of all records, one of the agent itself.
 *
 *   gen_docs          prints the names of the pages
 *   gen_docs PAGE     prints a page (Markdown)
 */
#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "config/option_values.h"
#include "agent/own_records.h"
#include "base/macro.h"
#include "bpf/abi.h"
#include "controller/internal.h"
#include "kernel/kernel.h"
#include "sauron/module.h"

#define MADE_BY "<!-- Made by `make docs` from the tables of the program: change those. -->\n"

/** A cell of a table: no line breaks, no bars. */
static void cell(const char *words)
{
	for (; words && *words; words++) {
		if (*words == '|')
			putchar('\\');
		putchar(*words == '\n' ? ' ' : *words);
	}
}

/* --- options --- */

static void option_expectation(const struct sn_option *option)
{
	struct sn_text text = { 0 };

	sn_option_add_expectation(option, &text);
	cell(text.data);
	sn_text_free(&text);
	if (option->type != SN_OPTION_DURATION_MAP || !option->names)
		return;
	printf(", of ");
	for (size_t i = 0; option->names[i]; i++)
		printf("%s%s", i ? ", " : "", option->names[i]);
}

static void options_print(const struct sn_option *options)
{
	printf("| option | default | what it is | value | takes effect |\n|---|---|---|---|---|\n");
	for (const struct sn_option *option = options; option && option->name; option++) {
		printf("| `%s` | ", option->name);
		if (option->def)
			printf("`%s`", option->def);
		printf(" | ");
		cell(option->doc);
		printf(" | ");
		option_expectation(option);
		printf(" | %s |\n", option->restart ? "at a new start" : "on reload");
	}
}

/* --- hooks --- */

static void hook_programs(const char *const *programs, const char *more)
{
	for (size_t i = 0; programs && programs[i]; i++)
		printf("%s`%s`%s", i ? ", " : "", programs[i], more);
}

static void hooks_print(const struct sn_hook *hooks)
{
	struct sn_node node;

	/* For the names of the features only: what this machine offers is of no interest here. */
	sn_node_probe(&node, /* btf_path= */ NULL);
	printf("| group | hook | programs | needs | what is lost with it against the one before |\n|---|---|---|---|---|\n");
	for (const struct sn_hook *hook = hooks; hook->name; hook++) {
		printf("| %s | %s | ", hook->group, hook->name);
		hook_programs(hook->programs, "");
		if (hook->optional && hook->optional[0])
			printf(", ");
		hook_programs(hook->optional, " (where it loads)");
		printf(" | ");
		for (size_t i = 0; i < hook->needs_len; i++)
			printf("%s%s", i ? ", " : "", node.features[hook->needs[i]].name);
		printf(" | ");
		cell(hook->cost);
		printf(" |\n");
	}
}

/* --- records --- */

static const char *field_type_name(uint8_t type)
{
	static const char *const names[] = {
		[SN_FIELD_U64] = "whole number",       [SN_FIELD_F64] = "number or null",
		[SN_FIELD_BOOL] = "true or false",     [SN_FIELD_STRING] = "text",
		[SN_FIELD_TIME] = "time, RFC 3339",    [SN_FIELD_DISTRIBUTION] = "object of count, mean, p50, p95, p99, max",
		[SN_FIELD_LABELS] = "object of texts", [SN_FIELD_LIST] = "list",
	};
	_Static_assert(SN_ARRAY_SIZE(names) == _SN_FIELD_TYPE_MAX, "name every type");

	return type < SN_ARRAY_SIZE(names) ? names[type] : "unknown";
}

static void record_print(const struct sn_record_type *type, const char *heading)
{
	printf("\n%s %s\n\n%s\n\n| field | type | unit | what it is |\n|---|---|---|---|\n", heading, type->name, type->doc);
	for (size_t i = 0; i < type->field_count; i++) {
		const struct sn_field *field = &type->fields[i];
		bool subscriber = field->flags & SN_FIELD_SUBSCRIBER;

		printf("| `%s` | %s", field->name, field_type_name(field->type));
		if (field->element)
			printf(" of `%s`", field->element->name);
		printf(" | %s | ", field->unit ? field->unit : "");
		cell(field->doc);
		printf("%s%s |\n", field->flags & SN_FIELD_OPTIONAL ? " (left out when empty)" : "",
		       subscriber ? " (identifies a subscriber: a pseudonym unless `subscriber_ids: clear`)" : "");
	}
}

/* --- metrics --- */

static void metrics_print(const struct sn_metric *const *metrics)
{
	static const char *const kinds[] = {
		[SN_METRIC_COUNTER] = "counter",
		[SN_METRIC_GAUGE] = "gauge",
		[SN_METRIC_HISTOGRAM] = "histogram",
	};

	printf("| metric | kind | labels | what it is |\n|---|---|---|---|\n");
	for (; metrics && *metrics; metrics++) {
		printf("| `%s` | %s | ", (*metrics)->name, kinds[(*metrics)->kind]);
		for (size_t i = 0; i < SN_METRIC_MAX_LABELS && (*metrics)->labels[i]; i++)
			printf("%s`%s`", i ? ", " : "", (*metrics)->labels[i]);
		printf(" | ");
		cell((*metrics)->help);
		printf(" |\n");
	}
}

/* --- pages --- */

static void module_page(const struct sn_module *module)
{
	printf(MADE_BY "# Module %s\n\n%s.\n\nHow it works: [src/modules/%s/README.md](../../src/modules/%s/README.md).\n",
	       module->name, module->summary, module->name, module->name);
	printf("\n## Options\n\nBelow `modules: %s:` in `/etc/sauron/sauron.yaml`, or `--set %s.OPTION=VALUE`. Besides them every module "
	       "has `enabled`.\n\n",
	       module->name, module->name);
	options_print(module->options);
	if (module->hooks) {
		printf("\n## Hooks\n\nOf each group the first that works is taken; `sauron check` tells which, and why not the others."
		       "\n\n");
		hooks_print(module->hooks);
	}
	if (module->groupings && module->groupings[0]) {
		printf("\n## Groupings\n\n`sauron kpi --by` and `sauron analyze --by` take ");
		for (size_t i = 0; module->groupings[i]; i++)
			printf("%s`%s`", i ? ", " : "", module->groupings[i]);
		printf(".\n");
	}
	printf("\n## Metrics\n\n");
	metrics_print(module->metrics);
	printf("\n## Records\n\nWhat the document of `sauron kpi` and `sauron analyze` is made of.\n");
	for (size_t i = 0; module->records && module->records[i]; i++)
		record_print(module->records[i], "###");
}

static void records_page(void)
{
	printf(MADE_BY
	       "# Records\n\nEvery record type is declared once, as a table of fields over a C struct (`include/sauron/record.h`); "
	       "JSON, the tables on a terminal and this page are made from it.\n");
	for (size_t i = 0; sn_modules[i]; i++)
		for (size_t k = 0; sn_modules[i]->records && sn_modules[i]->records[k]; k++)
			record_print(sn_modules[i]->records[k], "##");
	for (size_t i = 0; sn_own_record_types[i]; i++)
		record_print(sn_own_record_types[i], "##");
}

static void agent_page(void)
{
	printf(MADE_BY
	       "# The agent\n\n## Options\n\nAt the top of `/etc/sauron/sauron.yaml`; a dot stands for a mapping. `sauron agent "
	       "--print-config` prints a whole file with every default and its explanation.\n\n");
	options_print(sn_agent_options);
	printf("\n## Metrics\n\nWhat the agent costs and loses. The metrics of the modules stand on their own pages:");
	for (size_t i = 0; sn_modules[i]; i++)
		printf("%s [%s](modules/%s.md)", i ? "," : "", sn_modules[i]->name, sn_modules[i]->name);
	printf(".\n\n");
	metrics_print(sn_agent_metrics);
	printf("\nOf the pods of its node, where there is Kubernetes:\n\n");
	metrics_print(sn_agent_identity_metrics);
}

static void controller_page(void)
{
	printf(MADE_BY
	       "# The controller\n\n## Options\n\nAt the top of `/etc/sauron/controller.yaml`, or `sauron controller --set "
	       "OPTION=VALUE`.\n\n");
	options_print(sn_controller_options);
	printf("\n## API\n\nREST and JSON; `/api/v1/openapi.json` describes it to programs. A request bears a token "
	       "(`Authorization: Bearer …`), the cookie of a sign-in, or an agent's certificate. Errors are `{\"error\": \"a "
	       "sentence\"}`.\n\n| request | least role | what it does | parameters |\n|---|---|---|---|\n");
	for (const struct sn_api_route *route = sn_api_routes; route->path; route++) {
		printf("| %s `%s` | %s | ", route->method, route->path, sn_role_names[route->role]);
		cell(route->doc);
		printf(" | ");
		for (size_t i = 0; route->parameters && route->parameters[i]; i++)
			printf("%s`%s`", i ? ", " : "", route->parameters[i]);
		printf(" |\n");
	}
	printf("\n| parameter | what it is |\n|---|---|\n");
	for (const struct sn_api_parameter *parameter = sn_api_parameters; parameter->name; parameter++) {
		printf("| `%s` | ", parameter->name);
		cell(parameter->doc);
		printf("%s |\n", parameter->repeated ? "; may be given several times" : "");
	}
	printf("\n## Metrics\n\nAt `/metrics`, for whoever may view.\n\n");
	metrics_print(sn_controller_metrics);
}

static int page_print(const char *page)
{
	char name[128];

	if (strcmp(page, "records.md") == 0) {
		records_page();
		return 0;
	}
	if (strcmp(page, "controller.md") == 0) {
		controller_page();
		return 0;
	}
	if (strcmp(page, "agent.md") == 0) {
		agent_page();
		return 0;
	}
	for (size_t i = 0; sn_modules[i]; i++) {
		snprintf(name, sizeof(name), "modules/%s.md", sn_modules[i]->name);
		if (strcmp(page, name) == 0) {
			module_page(sn_modules[i]);
			return 0;
		}
	}
	fprintf(stderr, "gen_docs: there is no page %s\n", page);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return page_print(argv[1]);
	printf("agent.md\ncontroller.md\nrecords.md\n");
	for (size_t i = 0; sn_modules[i]; i++)
		printf("modules/%s.md\n", sn_modules[i]->name);
	return 0;
}
