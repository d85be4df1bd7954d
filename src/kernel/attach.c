/* SPDX-License-Identifier: Apache-2.0 */
/** @file Attach strategies: tries a module's hooks in order of preference and writes down why not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/internal.h"

/* A need that the kernel does not meet has a better reason than what its verifier would say. */
static int check_needs(const struct sn_kernel *kernel, const struct sn_hook *hook, struct sn_diag *reterr)
{
	for (size_t i = 0; i < hook->needs_len; i++) {
		const struct sn_feature_report *feature = sn_node_feature(&kernel->node, hook->needs[i]);

		if (feature->state == SN_FEATURE_ABSENT)
			return sn_diag_set(reterr, feature->error ? feature->error : -EOPNOTSUPP, "%s: %s", feature->name,
					   feature->reason[0] ? feature->reason : "not offered by this kernel");
	}
	return 0;
}

/* Packet programs wait for sn_kernel_attach_interface; everything else attaches where its section says. */
static int part_attach(struct part *part, struct sn_diag *reterr)
{
	struct bpf_program *program;
	struct words words;
	char reason[512];
	int err = 0;

	words_begin(&words);
	bpf_object__for_each_program(program, part->bpf)
	{
		struct bpf_link *link;

		if (bpf_program__fd(program) < 0 || bpf_program__type(program) == BPF_PROG_TYPE_SCHED_CLS)
			continue;
		if (part->links_count == PART_MAX_LINKS) {
			err = -E2BIG;
			break;
		}
		link = perf_attach(part, program);
		if (!link) {
			err = -errno;
			break;
		}
		part->links[part->links_count++] = link;
	}
	words_end();
	if (!err)
		return 0;
	words_reason(&words, err, reason, sizeof(reason));
	return sn_diag_set(reterr, err, "%s", reason);
}

static int hook_try_set(struct sn_object *object, const struct sn_hook *hook, bool with_optional, struct part **ret_part,
			struct sn_diag *reterr)
{
	struct part *part = NULL;
	int err = part_load(object, hook, with_optional, own_netns(), &part, reterr);

	if (err)
		return err;
	err = part_attach(part, reterr);
	if (err) {
		part_free(part);
		return err;
	}
	*ret_part = part;
	return 0;
}

static int hook_try(struct sn_object *object, const struct sn_hook *hook, struct sn_diag *reterr)
{
	struct part *part = NULL, **end = &object->parts;
	int err = check_needs(object->kernel, hook, reterr);

	if (err)
		return err;
	err = hook_try_set(object, hook, /* with_optional= */ true, &part, reterr);
	if (err && hook->optional)
		err = hook_try_set(object, hook, /* with_optional= */ false, &part, reterr);
	if (err)
		return err;
	if (hook_is_packet(part))
		object->packet = hook;
	while (*end)
		end = &(*end)->next;
	*end = part;
	return 0;
}

static bool group_chosen(const struct sn_plan *plan, const char *group)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->hooks[i].state == SN_HOOK_CHOSEN && strcmp(plan->hooks[i].hook->group, group) == 0)
			return true;
	return false;
}

static void plan_hook(struct sn_object *object, const struct sn_hook *hook, bool is_wanted, struct sn_plan *plan)
{
	struct sn_hook_report *report = &plan->hooks[plan->count];
	struct sn_diag diag = { 0 };

	*report = (struct sn_hook_report) { .hook = hook };
	if (!is_wanted) {
		report->state = SN_HOOK_NOT_WANTED;
	} else if (group_chosen(plan, hook->group)) {
		report->state = SN_HOOK_NOT_NEEDED;
	} else {
		report->error = hook_try(object, hook, &diag);
		report->state = report->error ? SN_HOOK_PASSED_OVER : SN_HOOK_CHOSEN;
		snprintf(report->reason, sizeof(report->reason), "%.*s", (int)sizeof(report->reason) - 1,
			 report->error ? diag.text : "");
	}
	plan->count++;
}

/* The first wanted group that has no hook, or NULL. */
static const char *group_missing(const struct sn_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->hooks[i].state == SN_HOOK_PASSED_OVER && !group_chosen(plan, plan->hooks[i].hook->group))
			return plan->hooks[i].hook->group;
	return NULL;
}

static int plan_verdict(const struct sn_plan *plan, const char *module, struct sn_diag *reterr)
{
	const char *group = group_missing(plan);
	char why[800] = "";
	size_t len = 0;

	if (!group)
		return 0;
	for (size_t i = 0; i < plan->count && len < sizeof(why); i++) {
		const struct sn_hook_report *report = &plan->hooks[i];

		if (report->state == SN_HOOK_PASSED_OVER && strcmp(report->hook->group, group) == 0)
			len += (size_t)snprintf(why + len, sizeof(why) - len, "%s%s: %s", len ? "; " : "", report->hook->name,
						report->reason);
	}
	return sn_diag_set(reterr, -EOPNOTSUPP, "%s: no hook of the group %s works here (%s)", module, group, why);
}

int sn_kernel_attach(struct sn_kernel *kernel, const struct sn_kernel_spec *spec,
		     bool (*wanted)(void *ctx, const struct sn_hook *hook), bool dry_run, struct sn_plan *ret_plan,
		     struct sn_object **ret_object, struct sn_diag *reterr)
{
	struct sn_object *object = calloc(1, sizeof(*object));
	int err;

	*ret_plan = (struct sn_plan) { 0 };
	if (!object)
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", spec->module);
	object->kernel = kernel;
	object->spec = *spec;
	object->own_btf_fd = -1;
	snprintf(object->module, sizeof(object->module), "%s", spec->module);
	for (const struct sn_hook *hook = spec->hooks; hook->name && ret_plan->count < SN_KERNEL_MAX_HOOKS; hook++)
		plan_hook(object, hook, !wanted || wanted(spec->ctx, hook), ret_plan);
	err = plan_verdict(ret_plan, spec->module, reterr);
	if (dry_run || !object->parts) {
		sn_object_free(object);
		return err;
	}
	object->next = kernel->objects;
	kernel->objects = object;
	*ret_object = object;
	return err;
}
