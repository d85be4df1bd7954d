/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's own record types: what it has attached, what that costs, what the node offers. */
#ifndef SN_AGENT_OWN_RECORDS_H
#define SN_AGENT_OWN_RECORDS_H

#include "kernel/kernel.h"
#include "model/report.h"
#include "sauron/record.h"

struct sn_module_record {
	const char *module, *state, *reason;
};
struct sn_hook_record {
	const char *module, *group, *hook, *state, *reason, *lost;
};
struct sn_feature_record {
	const char *feature, *state, *reason;
};
struct sn_program_record {
	const char *module, *program;
	uint64_t runs, run_ns;
	double mean_ns;
	uint64_t misses;
	uint64_t verified_instructions;
};
struct sn_map_record {
	const char *module, *map;
	double entries; /* NaN: the kind of map cannot tell */
	uint64_t max_entries, bytes;
};
struct sn_own_loss_record {
	const char *module, *stage, *reason;
	uint64_t count;
};
struct sn_kernel_error_record {
	const char *module, *file;
	uint64_t line;
	const char *helper, *error;
	uint64_t count;
};

extern const struct sn_record_type sn_module_record_type;
extern const struct sn_record_type sn_hook_record_type;
extern const struct sn_record_type sn_feature_record_type;
extern const struct sn_record_type sn_program_record_type;
extern const struct sn_record_type sn_map_record_type;
extern const struct sn_record_type sn_own_loss_record_type;
extern const struct sn_record_type sn_kernel_error_record_type;
/** All of them, NULL at the end. */
extern const struct sn_record_type *const sn_own_record_types[];

/** "chosen", "passed over", "not needed", "not wanted". */
const char *sn_hook_state_name(enum sn_hook_state state);
/** Adds a plan's hooks to the section "hooks". */
void sn_plan_report(const char *module, const struct sn_plan *plan, struct sn_report *report);

/** Counters of the kernel side that are losses: their reason; NULL for those that are none. */
const char *sn_kernel_counter_loss(unsigned counter);

#endif
