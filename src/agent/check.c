/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron check`: what this kernel offers, which hook each module will use, and what is lost with it. */
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "agent/begin.h"
#include "agent/commands.h"
#include "agent/module_set.h"
#include "agent/own_records.h"
#include "base/log.h"
#include "model/document.h"

struct check_options {
	uint32_t format;
	const char *config;
	struct sn_arg_list set;
};

static const struct sn_arg check_args[] = {
	{ SN_ARG(struct check_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names_basic,
	  .doc = "how to print" },
	{ SN_ARG(struct check_options, config, "config", SN_ARG_STRING), .letter = 'c', .value = "FILE",
	  .doc = "configuration; " SN_CONFIG_PATH " when left out, the defaults when that is not there" },
	{ SN_ARG(struct check_options, set, "set", SN_ARG_LIST), .letter = 's', .value = "KEY=VALUE",
	  .doc = "set one option over the configuration, for instance n2.tap=packet; may be given several times" },
	{ 0 },
};

static int check_main(int argc, char **argv);

const struct sn_command sn_command_check = {
	.name = "check",
	.summary = "Tell what this kernel offers and what each module will use",
	.doc = "Everything is tried, loaded and attached as far as it touches no interface, and taken down again. Without privilege it "
	       "tells what could not be tried. Exits with 0 when every enabled module has a hook, else with 1.",
	.args = check_args,
	.main = check_main,
};

static bool has_all_capabilities(uint64_t mask)
{
	for (cap_value_t cap = 0; cap < 64 && CAP_IS_SUPPORTED(cap); cap++)
		if (!(mask >> cap & 1))
			return false;
	return true;
}

/** "cap_bpf", …; as a table, those of root are one word. */
static json_t *capability_names(uint64_t mask, enum sn_format format)
{
	json_t *names = json_array();

	if (format == SN_FORMAT_TABLE && has_all_capabilities(mask)) {
		json_array_append_new(names, json_string("all"));
		return names;
	}
	for (cap_value_t cap = 0; cap < 64; cap++) {
		char *name = mask >> cap & 1 ? cap_to_name(cap) : NULL;

		if (name)
			json_array_append_new(names, json_string(name));
		cap_free(name);
	}
	if (format == SN_FORMAT_TABLE && !json_array_size(names))
		json_array_append_new(names, json_string("none"));
	return names;
}

static void report_node(const struct sn_node *node, enum sn_format format, struct sn_report *report)
{
	static const char *const states[] = {
		[SN_FEATURE_ABSENT] = "absent", [SN_FEATURE_PRESENT] = "present", [SN_FEATURE_LOADABLE] = "loadable"
	};

	sn_report_string(report, "release", node->release);
	sn_report_string(report, "machine", node->machine);
	sn_report_string(report, "lockdown", node->lockdown);
	sn_report_string(report, "btf", node->btf);
	if (node->unprivileged_bpf >= 0)
		sn_report_number(report, "unprivileged_bpf_disabled", (uint64_t)node->unprivileged_bpf);
	json_object_set_new(report->module, "capabilities", capability_names(node->capabilities, format));
	for (size_t i = 0; i < _SN_FEATURE_MAX; i++)
		sn_report_row(report, "features", &sn_feature_record_type,
			      &(struct sn_feature_record) { .feature = node->features[i].name,
							    .state = states[node->features[i].state],
							    .reason = node->features[i].reason });
}

static void report_module(struct sn_report *report, const char *name, const char *state, const char *reason)
{
	sn_report_row(report, "modules", &sn_module_record_type,
		      &(struct sn_module_record) { .module = name, .state = state, .reason = reason });
}

/** Tries every enabled module. @return whether each has a hook. */
static bool probe_modules(const struct sn_config *config, struct sn_kernel *kernel, struct sn_report *report)
{
	struct sn_pseudonym *pseudonym = NULL;
	struct sn_module_set set = { 0 };
	struct sn_diag diag = { 0 };
	size_t enabled = 0, attached = 0;
	int err = sn_pseudonym_new(/* key_file= */ NULL, /* clear= */ false, &pseudonym, &diag);

	if (!err)
		err = sn_module_set_open(config, kernel, pseudonym, /* strict= */ false, &set, &diag);
	if (err)
		sn_log_error("%s", diag.text[0] ? diag.text : strerror(-err));
	else
		attached = sn_module_set_attach(&set, /* dry_run= */ true);
	for (size_t i = 0; i < config->module_count; i++)
		enabled += config->modules[i].enabled;
	for (size_t i = 0; i < set.count; i++) {
		const struct sn_open_module *item = &set.items[i];

		report_module(report, item->module->name, sn_open_module_attached(item) ? "has a hook" : "has no hook",
			      item->attach_diag.text);
		sn_plan_report(item->module->name, &item->plan, report);
	}
	sn_module_set_close(&set);
	sn_pseudonym_free(pseudonym);
	return !err && attached == enabled;
}

/** A module that could not be tried: the hooks it has, and why nothing is known of them. */
static void report_untried(struct sn_report *report, const struct sn_module *module, const char *reason)
{
	report_module(report, module->name, "could not be tried", reason);
	for (const struct sn_hook *hook = module->hooks; hook && hook->name; hook++)
		sn_report_row(report, "hooks", &sn_hook_record_type,
			      &(struct sn_hook_record) { .module = module->name,
							 .group = hook->group,
							 .hook = hook->name,
							 .state = "could not be tried",
							 .reason = "",
							 .lost = hook->cost });
}

/** @return whether every enabled module has a hook. */
static bool check(const struct sn_config *config, enum sn_format format, struct sn_report *report)
{
	const struct sn_kernel_options options = { .btf_path = config->agent.btf };
	struct sn_kernel *kernel = NULL;
	struct sn_diag diag = { 0 };
	struct sn_node node;
	bool all = true;
	int err;

	sn_node_probe(&node, config->agent.btf);
	report_node(&node, format, report);
	sn_report_section(report, "modules");
	sn_report_section(report, "hooks");
	for (size_t i = 0; i < config->module_count; i++)
		if (!config->modules[i].enabled)
			report_module(report, config->modules[i].module->name, "disabled", "the configuration says so");
	err = sn_kernel_open(&options, &kernel, &diag);
	if (!err) {
		all = probe_modules(config, kernel, report);
		sn_kernel_close(kernel);
		return all;
	}
	for (size_t i = 0; i < config->module_count; i++) {
		if (!config->modules[i].enabled)
			continue;
		report_untried(report, config->modules[i].module, diag.text[0] ? diag.text : strerror(-err));
		all = false;
	}
	return all;
}

static int check_main(int argc, char **argv)
{
	struct check_options options = { 0 };
	struct sn_config *config = NULL;
	struct sn_report report;
	struct sn_diag diag = { 0 };
	bool all = false;
	int first, err, code = sn_args_begin(&sn_command_check, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	err = sn_begin_config(options.config, &options.set, /* readable_only= */ false, &config, &diag);
	if (!err)
		err = sn_report_init(&report);
	if (err) {
		sn_config_free(config);
		return sn_begin_fail(err, &diag);
	}
	all = check(config, options.format, &report);
	if (options.format == SN_FORMAT_JSON)
		sn_document_print(stdout, report.root, SN_FORMAT_JSON);
	else
		sn_document_print_facts(stdout, report.root);
	sn_report_fini(&report);
	sn_config_free(config);
	code = sn_document_flush();
	return code ? code : all ? SN_EXIT_OK : SN_EXIT_FAILED;
}
