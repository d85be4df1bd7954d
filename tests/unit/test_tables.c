/* SPDX-License-Identifier: Apache-2.0 */
/** @file The tables of the agent and of every module keep the rules of the house: names, units, words, defaults, numbers. */
#include "test.h"

#include <ctype.h>
#include <linux/types.h>

#include "agent/agent.h"
#include "config/options.h"
#include "agent/own_records.h"
#include "bpf/abi.h"
#include "kernel/kernel.h"
#include "model/metrics.h"
#include "sauron/module.h"

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* snake_case, from its first letter on. */
static bool is_name(const char *text)
{
	if (!islower((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) &&
		    (*text != '_' || text[1] == '_' || !text[1]))
			return false;
	return true;
}

#define must(condition, ...)                                                                                                     \
	do {                                                                                                                     \
		if (!(condition))                                                                                                \
			fail_msg(__VA_ARGS__);                                                                                   \
	} while (0)

static void check_metric(const struct sn_metric *metric, const char *owner)
{
	/* Prometheus: base units, at the end of the name, in front of _total only. */
	static const char *const wrong_units[] = { "_ms",	   "_us",      "_ns",  "_milliseconds", "_microseconds",
						   "_nanoseconds", "_minutes", "_kib", "_mib",		"_percent" };
	const char *name = metric->name;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "sauron_%s_", owner);
	must(strncmp(name, prefix, strlen(prefix)) == 0, "%s does not begin with %s", name, prefix);
	must(is_name(name), "%s is no name", name);
	must((metric->kind == SN_METRIC_COUNTER) == ends_with(name, "_total"), "%s: _total is for counters", name);
	must(metric->kind != SN_METRIC_HISTOGRAM || ends_with(name, "_seconds"), "%s: a histogram is of seconds", name);
	for (size_t i = 0; i < sizeof(wrong_units) / sizeof(*wrong_units); i++)
		must(!strstr(name, wrong_units[i]) || !ends_with(strstr(name, wrong_units[i]), wrong_units[i]), "%s: base units",
		     name);
	must(metric->help && ends_with(metric->help, "."), "%s: help is a sentence", name);
	for (size_t i = 0; i < SN_METRIC_MAX_LABELS && metric->labels[i]; i++)
		must(is_name(metric->labels[i]) && strcmp(metric->labels[i], "le") != 0, "%s: label %s", name, metric->labels[i]);
}

static void check_metrics(const struct sn_metric *const *metrics, const char *owner)
{
	for (size_t i = 0; metrics && metrics[i]; i++) {
		check_metric(metrics[i], owner);
		for (size_t k = 0; k < i; k++)
			must(strcmp(metrics[i]->name, metrics[k]->name) != 0, "%s is there twice", metrics[i]->name);
	}
}

static void metrics_follow_prometheus(void **state)
{
	check_metrics(sn_agent_metrics, "agent");
	check_metrics(sn_agent_identity_metrics, "agent");
	for (size_t i = 0; sn_modules[i]; i++) {
		must(sn_modules[i]->metrics && sn_modules[i]->metrics[0], "%s has no metric", sn_modules[i]->name);
		check_metrics(sn_modules[i]->metrics, sn_modules[i]->name);
	}
}

static void check_record(const struct sn_record_type *type, const char *owner)
{
	size_t len = strlen(owner);

	must(strncmp(type->name, owner, len) == 0 && type->name[len] == '.' && is_name(type->name + len + 1), "%s: %s.WHAT",
	     type->name, owner);
	must(type->doc && ends_with(type->doc, ".") && type->field_count, "%s: a sentence and fields", type->name);
	for (size_t i = 0; i < type->field_count; i++) {
		const struct sn_field *field = &type->fields[i];

		must(is_name(field->name), "%s.%s is no name", type->name, field->name);
		must(field->doc && field->doc[0], "%s.%s has no words", type->name, field->name);
		must(field->type < _SN_FIELD_TYPE_MAX && field->offset < type->size, "%s.%s: type, offset", type->name,
		     field->name);
		must((field->type == SN_FIELD_LIST) == !!field->element, "%s.%s: a list has an element", type->name, field->name);
		for (size_t k = 0; k < i; k++)
			must(strcmp(field->name, type->fields[k].name) != 0, "%s.%s is there twice", type->name, field->name);
	}
}

static void records_have_words(void **state)
{
	for (size_t i = 0; sn_own_record_types[i]; i++)
		check_record(sn_own_record_types[i], "agent");
	for (size_t i = 0; sn_modules[i]; i++)
		for (size_t k = 0; sn_modules[i]->records && sn_modules[i]->records[k]; k++)
			check_record(sn_modules[i]->records[k], sn_modules[i]->name);
}

static void check_options(const struct sn_option *options, size_t size, const char *owner)
{
	struct sn_diag diag = { 0 };
	void *config = calloc(1, size ? size : 1);

	assert_non_null(config);
	for (const struct sn_option *option = options; option && option->name; option++) {
		must(option->doc && option->doc[0], "%s.%s has no words", owner, option->name);
		must(option->type < _SN_OPTION_TYPE_MAX && option->offset < size, "%s.%s: type, offset", owner, option->name);
		must(option->type != SN_OPTION_ENUM || option->names, "%s.%s: an enum has names", owner, option->name);
		must(option->def || option->type == SN_OPTION_STRING, "%s.%s has no default", owner, option->name);
	}
	must(sn_options_defaults(options, config, &diag) == 0, "%s: a default is refused: %s", owner, diag.text);
	sn_options_release(options, config);
	free(config);
}

static void options_take_their_defaults(void **state)
{
	check_options(sn_agent_options, sizeof(struct sn_agent_config), "agent");
	for (size_t i = 0; sn_modules[i]; i++)
		check_options(sn_modules[i]->options, sn_modules[i]->config_size, sn_modules[i]->name);
}

static void check_programs(const char *const *programs, const char *module)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "sn_%s_", module);
	for (size_t i = 0; programs && programs[i]; i++)
		must(strncmp(programs[i], prefix, strlen(prefix)) == 0, "program %s does not begin with %s", programs[i], prefix);
}

static void hooks_say_what_is_lost(void **state)
{
	for (size_t i = 0; sn_modules[i]; i++) {
		size_t count = 0;

		for (const struct sn_hook *hook = sn_modules[i]->hooks; hook && hook->name; hook++, count++) {
			must(hook->group && hook->cost && hook->cost[0], "hook %s of %s: group, cost", hook->name,
			     sn_modules[i]->name);
			must(hook->programs && hook->programs[0], "hook %s of %s has no program", hook->name,
			     sn_modules[i]->name);
			check_programs(hook->programs, sn_modules[i]->name);
			check_programs(hook->optional, sn_modules[i]->name);
			for (size_t k = 0; k < hook->needs_len; k++)
				must(hook->needs[k] < _SN_FEATURE_MAX, "hook %s of %s: needs", hook->name, sn_modules[i]->name);
		}
		must(count <= SN_KERNEL_MAX_HOOKS, "%s has more than %d hooks", sn_modules[i]->name, SN_KERNEL_MAX_HOOKS);
	}
}

static void modules_have_numbers_of_their_own(void **state)
{
	for (size_t i = 0; sn_modules[i]; i++) {
		const struct sn_module *module = sn_modules[i];

		must(is_name(module->name) && module->summary && module->summary[0], "module %zu: name, summary", i);
		must(module->id > SN_MODULE_NONE && module->id < _SN_MODULE_MAX, "%s: id %u", module->name, module->id);
		must(module->open && module->close && module->report && module->collect, "%s lacks a callback", module->name);
		must(!module->hooks || (module->attach && module->detach && module->event), "%s has hooks and no attach",
		     module->name);
		for (size_t k = 0; k < i; k++)
			must(module->id != sn_modules[k]->id && strcmp(module->name, sn_modules[k]->name) != 0,
			     "%s and %s have one id or name", module->name, sn_modules[k]->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_follow_prometheus),	     cmocka_unit_test(records_have_words),
		cmocka_unit_test(options_take_their_defaults),	     cmocka_unit_test(hooks_say_what_is_lost),
		cmocka_unit_test(modules_have_numbers_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
