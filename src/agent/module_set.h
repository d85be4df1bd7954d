/* SPDX-License-Identifier: Apache-2.0 */
/** @file The open modules, and what is done with all of them: the live agent, `analyze` and `check` stand on it. */
#ifndef SN_AGENT_MODULE_SET_H
#define SN_AGENT_MODULE_SET_H

#include "agent/config.h"
#include "kernel/kernel.h"
#include "model/metrics.h"
#include "model/pseudonym.h"
#include "model/report.h"
#include "sauron/module.h"

struct sn_agent_identity;

struct sn_open_module {
	struct sn_host host;
	const struct sn_module *module;
	void *self;
	struct sn_plan plan;
	struct sn_diag attach_diag; /* words of an attach that failed; "" when it did not */
	int attach_error;
	uint64_t *wall_offset_ns; /* the set's */
	struct sn_module_set *set;
};

struct sn_module_set {
	struct sn_open_module *items;
	size_t count;
	uint64_t wall_offset_ns;
	/** Takes single events; set before the modules are opened, NULL: nobody does. */
	void (*emit)(void *ctx, const struct sn_record_type *type, const void *row, uint64_t time_ns);
	void *emit_ctx;
	struct sn_agent_identity *identity; /* likewise; NULL: nobody knows of pods */
};

/**
 * Opens the enabled modules. One that cannot be opened is told in the log and left out; with `strict` it is the failure of all.
 * @param kernel may be NULL. `config` must outlive the set or be replaced by sn_module_set_configure.
 */
int sn_module_set_open(const struct sn_config *config, struct sn_kernel *kernel, struct sn_pseudonym *pseudonym, bool strict,
		       struct sn_module_set *ret_set, struct sn_diag *reterr);
/** Gives the modules a new configuration, all or none: after a refusal those before are given the old one back. */
int sn_module_set_configure(struct sn_module_set *set, const struct sn_config *old, const struct sn_config *new,
			    struct sn_diag *reterr);
/** Detaches and closes. */
void sn_module_set_close(struct sn_module_set *set);

/** Attaches each; plans and failures stay in the items. @return how many have at least one hook. */
size_t sn_module_set_attach(struct sn_module_set *set, bool dry_run);
/** True when the module's plan has a chosen hook. */
bool sn_open_module_attached(const struct sn_open_module *module);

void sn_module_set_tick(struct sn_module_set *set, uint64_t now_ns);
void sn_module_set_finish(struct sn_module_set *set);
void sn_module_set_collect(struct sn_module_set *set, struct sn_metrics *metrics);
/**
 * Makes the document of all modules.
 * @return 0; -EINVAL: no module groups by query->by (the words name those that are); -ENOENT: nobody knows query->ue; -ENOMEM.
 */
int sn_module_set_report(struct sn_module_set *set, const struct sn_query *query, struct sn_report *report,
			 struct sn_diag *reterr);

#endif
