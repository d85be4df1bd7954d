/* SPDX-License-Identifier: Apache-2.0 */
/** @file Field tables of the agent's own records. */
#include "agent/own_records.h"
#include "base/macro.h"
#include <linux/types.h>

#include "bpf/abi.h"

static const struct sn_field module_fields[] = {
	SN_FIELD(struct sn_module_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_module_record, state, SN_FIELD_STRING, NULL, "attached, no hook, disabled, not probed"),
	SN_FIELD(struct sn_module_record, reason, SN_FIELD_STRING, NULL, "why, in words", .flags = SN_FIELD_OPTIONAL),
};
const struct sn_record_type sn_module_record_type =
	SN_RECORD_TYPE(struct sn_module_record, "agent.module", "A module and whether it sees anything.", module_fields);

static const struct sn_field hook_fields[] = {
	SN_FIELD(struct sn_hook_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_hook_record, group, SN_FIELD_STRING, NULL,
		 "what the hook is one way of doing: of each group one is chosen"),
	SN_FIELD(struct sn_hook_record, hook, SN_FIELD_STRING, NULL, "name of the hook"),
	SN_FIELD(struct sn_hook_record, state, SN_FIELD_STRING, NULL, "chosen, passed over, not needed, not wanted"),
	SN_FIELD(struct sn_hook_record, reason, SN_FIELD_STRING, NULL, "why it is not the one, as the kernel puts it"),
	SN_FIELD(struct sn_hook_record, lost, SN_FIELD_STRING, NULL, "what is lost with it against the one before"),
};
const struct sn_record_type sn_hook_record_type =
	SN_RECORD_TYPE(struct sn_hook_record, "agent.hook", "A way to attach, and what became of it.", hook_fields);

static const struct sn_field feature_fields[] = {
	SN_FIELD(struct sn_feature_record, feature, SN_FIELD_STRING, NULL, "what a kernel may offer"),
	SN_FIELD(struct sn_feature_record, state, SN_FIELD_STRING, NULL, "present, absent, loadable"),
	SN_FIELD(struct sn_feature_record, reason, SN_FIELD_STRING, NULL, "why it is absent, as the kernel puts it"),
};
const struct sn_record_type sn_feature_record_type =
	SN_RECORD_TYPE(struct sn_feature_record, "agent.feature", "A feature of the kernel, found by trying it.", feature_fields);

static const struct sn_field program_fields[] = {
	SN_FIELD(struct sn_program_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_program_record, program, SN_FIELD_STRING, NULL, "name of the BPF program"),
	SN_FIELD(struct sn_program_record, runs, SN_FIELD_U64, "1", "how often it ran"),
	SN_FIELD(struct sn_program_record, run_ns, SN_FIELD_U64, "ns", "how long altogether"),
	SN_FIELD(struct sn_program_record, mean_ns, SN_FIELD_F64, "ns", "how long one run takes"),
	SN_FIELD(struct sn_program_record, misses, SN_FIELD_U64, "1",
		 "how often the kernel skipped it, as it ran already on that CPU"),
	SN_FIELD(struct sn_program_record, verified_instructions, SN_FIELD_U64, "1", "instructions the verifier looked at"),
};
const struct sn_record_type sn_program_record_type =
	SN_RECORD_TYPE(struct sn_program_record, "agent.program", "What a BPF program costs.", program_fields);

static const struct sn_field map_fields[] = {
	SN_FIELD(struct sn_map_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_map_record, map, SN_FIELD_STRING, NULL, "name of the BPF map"),
	SN_FIELD(struct sn_map_record, entries, SN_FIELD_F64, "1", "entries in use, where the kind of map can tell"),
	SN_FIELD(struct sn_map_record, max_entries, SN_FIELD_U64, "1", "entries it can hold"),
	SN_FIELD(struct sn_map_record, bytes, SN_FIELD_U64, "B", "memory it takes, where the kernel tells"),
};
const struct sn_record_type sn_map_record_type =
	SN_RECORD_TYPE(struct sn_map_record, "agent.map", "How full a BPF map is.", map_fields);

static const struct sn_field loss_fields[] = {
	SN_FIELD(struct sn_own_loss_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_own_loss_record, stage, SN_FIELD_STRING, NULL, "where it was lost"),
	SN_FIELD(struct sn_own_loss_record, reason, SN_FIELD_STRING, NULL, "why"),
	SN_FIELD(struct sn_own_loss_record, count, SN_FIELD_U64, "1", "how often"),
};
const struct sn_record_type sn_own_loss_record_type =
	SN_RECORD_TYPE(struct sn_own_loss_record, "agent.loss", "Events lost before a module got them.", loss_fields);

static const struct sn_field error_fields[] = {
	SN_FIELD(struct sn_kernel_error_record, module, SN_FIELD_STRING, NULL, "name of the module"),
	SN_FIELD(struct sn_kernel_error_record, file, SN_FIELD_STRING, NULL, "source file of the BPF program"),
	SN_FIELD(struct sn_kernel_error_record, line, SN_FIELD_U64, "1", "line in it"),
	SN_FIELD(struct sn_kernel_error_record, helper, SN_FIELD_STRING, NULL, "BPF helper that failed"),
	SN_FIELD(struct sn_kernel_error_record, error, SN_FIELD_STRING, NULL, "what it returned"),
	SN_FIELD(struct sn_kernel_error_record, count, SN_FIELD_U64, "1", "how often"),
};
const struct sn_record_type sn_kernel_error_record_type =
	SN_RECORD_TYPE(struct sn_kernel_error_record, "agent.error", "A failure inside a BPF program.", error_fields);

const struct sn_record_type *const sn_own_record_types[] = {
	&sn_module_record_type, &sn_hook_record_type,	  &sn_feature_record_type,	&sn_program_record_type,
	&sn_map_record_type,	&sn_own_loss_record_type, &sn_kernel_error_record_type, NULL,
};

const char *sn_hook_state_name(enum sn_hook_state state)
{
	static const char *const names[] = {
		[SN_HOOK_CHOSEN] = "chosen",
		[SN_HOOK_PASSED_OVER] = "passed over",
		[SN_HOOK_NOT_NEEDED] = "not needed",
		[SN_HOOK_NOT_WANTED] = "not wanted",
	};

	return (size_t)state < SN_ARRAY_SIZE(names) ? names[state] : "unknown";
}

void sn_plan_report(const char *module, const struct sn_plan *plan, struct sn_report *report)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct sn_hook_report *hook = &plan->hooks[i];

		sn_report_row(report, "hooks", &sn_hook_record_type,
			      &(struct sn_hook_record) { .module = module,
							 .group = hook->hook->group,
							 .hook = hook->hook->name,
							 .state = sn_hook_state_name(hook->state),
							 .reason = hook->reason,
							 .lost = hook->hook->cost });
	}
}

const char *sn_kernel_counter_loss(unsigned counter)
{
	static const char *const reasons[SN_KERNEL_COUNTERS] = {
		[SN_KERNEL_DROP_RING] = "ring full",
		[SN_KERNEL_DROP_READ] = "bytes unreadable",
		[SN_KERNEL_DROP_PARSE] = "headers not understood",
		[SN_KERNEL_DROP_STATE] = "state between entry and exit lost",
	};

	return counter < SN_KERNEL_COUNTERS ? reasons[counter] : NULL;
}
