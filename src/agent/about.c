/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's modules, cost, losses and KPIs in one small document. */
#include "agent/about.h"

#include <string.h>
#include <sys/utsname.h>

#include "agent/agent.h"
#include "agent/own_records.h"
#include "base/clock.h"
#include "base/macro.h"
#include "model/report.h"

static json_t *hooks_json(const struct sn_open_module *item)
{
	json_t *hooks = json_array();

	for (size_t i = 0; i < item->plan.count; i++)
		if (item->plan.hooks[i].state == SN_HOOK_CHOSEN)
			json_array_append_new(hooks, json_pack("{s:s, s:s}", "group", item->plan.hooks[i].hook->group, "hook",
							       item->plan.hooks[i].hook->name));
	return hooks;
}

static json_t *modules_json(const struct sn_agent *agent)
{
	json_t *modules = json_array();

	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct sn_open_module *item = &agent->modules.items[i];

		json_array_append_new(modules, json_pack("{s:s, s:s, s:o}", "module", item->module->name, "state",
							 sn_open_module_attached(item) ? "attached" : "no hook", "hooks",
							 hooks_json(item)));
	}
	return modules;
}

/* --- types of records, so that whoever shows them knows their fields */

static const char *type_name(enum sn_field_type type)
{
	switch (type) {
	case SN_FIELD_U64:
		return "integer";
	case SN_FIELD_F64:
		return "number";
	case SN_FIELD_BOOL:
		return "boolean";
	case SN_FIELD_TIME:
		return "time";
	case SN_FIELD_STRING:
	case SN_FIELD_DISTRIBUTION:
	case SN_FIELD_LABELS:
	case SN_FIELD_LIST:
	case _SN_FIELD_TYPE_MAX:
		break;
	}
	return "string";
}

static json_t *type_json(const struct sn_record_type *type)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < type->field_count; i++) {
		const struct sn_field *field = &type->fields[i];

		json_array_append_new(fields, json_pack("{s:s, s:s, s:s?, s:s, s:b}", "name", field->name, "type",
							type_name(field->type), "unit", field->unit, "doc", field->doc,
							"subscriber", (field->flags & SN_FIELD_SUBSCRIBER) != 0));
	}
	return json_pack("{s:s, s:s, s:o}", "name", type->name, "doc", type->doc, "fields", fields);
}

static json_t *types_json(const struct sn_agent *agent)
{
	json_t *types = json_object();

	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct sn_record_type *const *type = agent->modules.items[i].module->records;

		for (; type && *type; type++)
			if ((*type)->event)
				json_object_set_new(types, (*type)->name, type_json(*type));
	}
	return types;
}

static json_t *labels_json(const struct sn_agent *agent)
{
	json_t *labels = json_object();

	for (size_t i = 0; i < agent->config->agent.labels.count; i++) {
		const char *label = agent->config->agent.labels.items[i], *equals = strchr(label, '=');

		if (equals)
			json_object_setn_new(labels, label, (size_t)(equals - label), json_string(equals + 1));
	}
	return labels;
}

/* --- what changes */

/** The KPIs and the losses of every module's document, each row with its module. */
static void take_rows(const char *module, json_t *document, const char *section, json_t *list)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, section), i, row)
	{
		json_object_set_new(row, "module", json_string(module));
		json_array_append(list, row);
	}
}

static void add_document(struct sn_agent *agent, json_t *about)
{
	json_t *kpis = json_array(), *losses = json_array(), *document;
	struct sn_report report;
	const char *module;

	if (!sn_report_init(&report)) {
		if (!sn_agent_report(agent, &(struct sn_query) { .by = "none" }, &report, /* reterr= */ NULL))
			json_object_foreach(report.root, module, document)
			{
				take_rows(module, document, "kpis", kpis);
				take_rows(module, document, "losses", losses);
			}
		sn_report_fini(&report);
	}
	json_object_set_new(about, "kpis", kpis);
	json_object_set_new(about, "losses", losses);
}

static void add_cost(struct sn_agent *agent, json_t *about)
{
	struct sn_process_cost cost = sn_process_cost();
	struct sn_exporter_stats export = { 0 };
	uint64_t now_ns = sn_clock_boottime_ns();
	double seconds = (double)(now_ns - agent->told.at_ns) / 1e9;

	if (agent->exporter)
		sn_exporter_stats(agent->exporter, &export);
	if (agent->told.at_ns && seconds > 0) {
		agent->told.cpu_share = (cost.cpu_seconds - agent->told.cpu_seconds) / seconds;
		agent->told.records_per_s = (double)(export.records - agent->told.records) / seconds;
	}
	/* Over less than a second a share says little: the one before goes on. */
	if (!agent->told.at_ns || seconds >= 1) {
		agent->told.at_ns = now_ns;
		agent->told.cpu_seconds = cost.cpu_seconds;
		agent->told.records = export.records;
	}
	json_object_set_new(about, "cpu_share", json_real(agent->told.cpu_share));
	json_object_set_new(about, "rss_octets", json_real(cost.resident));
	json_object_set_new(about, "records_per_s", json_real(agent->told.records_per_s));
	json_object_set_new(about, "lost",
			    json_integer((json_int_t)(export.lost_records + export.refused_records +
						      export.spool.dropped_records + sn_agent_dropped(agent))));
}

json_t *sn_agent_about(struct sn_agent *agent, bool introduce)
{
	json_t *about = json_object();
	struct utsname names;

	if (!about)
		return NULL;
	if (introduce && uname(&names) == 0)
		json_object_set_new(about, "kernel", json_string(names.release));
	if (introduce) {
		json_object_set_new(about, "version", json_string(SN_VERSION));
		if (agent->config->agent.cluster)
			json_object_set_new(about, "cluster", json_string(agent->config->agent.cluster));
		json_object_set_new(about, "labels", labels_json(agent));
		json_object_set_new(about, "record_types", types_json(agent));
	}
	json_object_set_new(about, "state", sn_desired_json(&agent->desired));
	json_object_set_new(about, "modules", modules_json(agent));
	add_cost(agent, about);
	add_document(agent, about);
	return about;
}
