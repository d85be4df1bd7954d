/* SPDX-License-Identifier: Apache-2.0 */
/** @file Opens, ticks, asks and closes the modules. */
#include <errno.h>
#include <string.h>

#include "agent/identity.h"
#include "agent/module_set.h"
#include "base/clock.h"
#include "base/log.h"

static void host_warn(struct sn_host *host, const char *text)
{
	const struct sn_open_module *item = SN_CONTAINER_OF(host, struct sn_open_module, host);

	sn_log_warning("%s: %s", item->module->name, text);
}

static void host_emit(struct sn_host *host, const struct sn_record_type *type, const void *row, uint64_t time_ns)
{
	const struct sn_module_set *set = SN_CONTAINER_OF(host, struct sn_open_module, host)->set;

	set->emit(set->emit_ctx, type, row, time_ns);
}

static uint64_t host_wall_offset_ns(struct sn_host *host)
{
	return *SN_CONTAINER_OF(host, struct sn_open_module, host)->wall_offset_ns;
}

static const char *host_pod_of_address(struct sn_host *host, uint8_t family, const uint8_t *octets)
{
	return sn_agent_pod_of_address(SN_CONTAINER_OF(host, struct sn_open_module, host)->set->identity, family, octets);
}

static const char *host_pod_of_cgroup(struct sn_host *host, uint64_t cgroup_id, uint32_t pid)
{
	return sn_agent_pod_of_cgroup(SN_CONTAINER_OF(host, struct sn_open_module, host)->set->identity, cgroup_id, pid);
}

static const struct sn_module_config *config_of(const struct sn_config *config, const struct sn_module *module)
{
	for (size_t i = 0; i < config->module_count; i++)
		if (config->modules[i].module == module)
			return &config->modules[i];
	return NULL;
}

int sn_module_set_open(const struct sn_config *config, struct sn_kernel *kernel, struct sn_pseudonym *pseudonym, bool strict,
		       struct sn_module_set *ret_set, struct sn_diag *reterr)
{
	ret_set->items = calloc(config->module_count + 1, sizeof(*ret_set->items));
	ret_set->count = 0;
	ret_set->wall_offset_ns = sn_clock_wall_offset_ns();
	if (!ret_set->items)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	for (size_t i = 0; i < config->module_count; i++) {
		const struct sn_module_config *wanted = &config->modules[i];
		struct sn_open_module *item = &ret_set->items[ret_set->count];
		struct sn_diag diag = { 0 };
		int err;

		if (!wanted->enabled)
			continue;
		*item = (struct sn_open_module) {
			.host = { .kernel = kernel,
				  .pseudonym = pseudonym,
				  .warn = host_warn,
				  .emit = ret_set->emit ? host_emit : NULL,
				  .pod_of_address = ret_set->identity ? host_pod_of_address : NULL,
				  .pod_of_cgroup = ret_set->identity ? host_pod_of_cgroup : NULL,
				  .wall_offset_ns = host_wall_offset_ns },
			.set = ret_set,
			.module = wanted->module,
			.wall_offset_ns = &ret_set->wall_offset_ns,
		};
		err = wanted->module->open(&item->host, wanted->config, &item->self, &diag);
		if (!err) {
			ret_set->count++;
			continue;
		}
		if (strict) {
			sn_module_set_close(ret_set);
			return sn_diag_set(reterr, err, "%s: %s", wanted->module->name,
					   diag.text[0] ? diag.text : strerror(-err));
		}
		sn_log_error("module %s does not run: %s", wanted->module->name, diag.text[0] ? diag.text : strerror(-err));
	}
	return 0;
}

int sn_module_set_configure(struct sn_module_set *set, const struct sn_config *old, const struct sn_config *new,
			    struct sn_diag *reterr)
{
	for (size_t i = 0; i < set->count; i++) {
		struct sn_open_module *item = &set->items[i];
		const struct sn_module_config *wanted = config_of(new, item->module);
		struct sn_diag diag = { 0 };
		int err = wanted && item->module->configure ? item->module->configure(item->self, wanted->config, &diag) : 0;

		if (!err)
			continue;
		while (i-- > 0)
			if (set->items[i].module->configure)
				set->items[i].module->configure(set->items[i].self, config_of(old, set->items[i].module)->config,
								/* reterr= */ NULL);
		return sn_diag_set(reterr, err, "%s: %s", item->module->name, diag.text[0] ? diag.text : strerror(-err));
	}
	return 0;
}

void sn_module_set_close(struct sn_module_set *set)
{
	for (size_t i = set->count; i-- > 0;) {
		struct sn_open_module *item = &set->items[i];

		if (item->module->detach)
			item->module->detach(item->self);
		item->module->close(item->self);
	}
	free(set->items);
	*set = (struct sn_module_set) { 0 };
}

bool sn_open_module_attached(const struct sn_open_module *module)
{
	for (size_t i = 0; i < module->plan.count; i++)
		if (module->plan.hooks[i].state == SN_HOOK_CHOSEN)
			return true;
	return false;
}

size_t sn_module_set_attach(struct sn_module_set *set, bool dry_run)
{
	size_t attached = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct sn_open_module *item = &set->items[i];

		item->plan = (struct sn_plan) { 0 };
		item->attach_diag.text[0] = '\0';
		item->attach_error = 0;
		if (item->module->attach)
			item->attach_error = item->module->attach(item->self, dry_run, &item->plan, &item->attach_diag);
		if (item->attach_error && !item->attach_diag.text[0])
			sn_diag_set(&item->attach_diag, item->attach_error, "%s", strerror(-item->attach_error));
		attached += sn_open_module_attached(item);
	}
	return attached;
}

void sn_module_set_tick(struct sn_module_set *set, uint64_t now_ns)
{
	set->wall_offset_ns = sn_clock_wall_offset_ns();
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].module->tick)
			set->items[i].module->tick(set->items[i].self, now_ns);
}

void sn_module_set_finish(struct sn_module_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].module->finish)
			set->items[i].module->finish(set->items[i].self);
}

void sn_module_set_collect(struct sn_module_set *set, struct sn_metrics *metrics)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].module->collect)
			set->items[i].module->collect(set->items[i].self, metrics);
}

static bool groups_by(const struct sn_module *module, const char *by)
{
	for (size_t i = 0; module->groupings && module->groupings[i]; i++)
		if (strcmp(module->groupings[i], by) == 0)
			return true;
	return false;
}

/** Tells by what can be grouped. */
static int check_grouping(const struct sn_module_set *set, const char *by, struct sn_diag *reterr)
{
	struct sn_text names = { 0 };

	for (size_t i = 0; i < set->count; i++) {
		const char *const *groupings = set->items[i].module->groupings;

		if (groups_by(set->items[i].module, by)) {
			sn_text_free(&names);
			return 0;
		}
		for (; groupings && *groupings; groupings++)
			sn_text_addf(&names, "%s%s", names.len ? ", " : "", *groupings);
	}
	sn_diag_set(reterr, -EINVAL, "nothing is grouped by '%.64s'; there is %s", by, names.data ? names.data : "no grouping");
	sn_text_free(&names);
	return -EINVAL;
}

int sn_module_set_report(struct sn_module_set *set, const struct sn_query *query, struct sn_report *report,
			 struct sn_diag *reterr)
{
	int err = query->by ? check_grouping(set, query->by, reterr) : 0;
	size_t known = 0;

	if (err)
		return err;
	for (size_t i = 0; i < set->count; i++) {
		const struct sn_module *module = set->items[i].module;
		struct sn_query own = *query;

		if (!module->report)
			continue;
		if (own.by && !groups_by(module, own.by))
			own.by = NULL;
		sn_report_begin(report, module->name);
		err = module->report(set->items[i].self, &own, report, reterr);
		if (err == -ENOENT && query->ue) {
			json_object_del(report->root, module->name);
			continue;
		}
		if (err)
			return err;
		known++;
	}
	if (query->ue && !known)
		return sn_diag_set(reterr, -ENOENT, "no UE '%.64s' has been seen", query->ue);
	return 0;
}
