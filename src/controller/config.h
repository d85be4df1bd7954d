/* SPDX-License-Identifier: Apache-2.0 */
/** @file The controller's options: one table, from a YAML file of its own or the command line. */
#ifndef SN_CONTROLLER_CONFIG_H
#define SN_CONTROLLER_CONFIG_H

#include "base/args.h"
#include "sauron/module.h"

#define SN_CONTROLLER_CONFIG_PATH "/etc/sauron/controller.yaml"

enum sn_controller_tls {
	SN_TLS_AUTO, /* unless the address is of loopback */
	SN_TLS_ON,
	SN_TLS_OFF, /* of loopback only */
};

struct sn_controller_config {
	char *listen; /* ADDRESS:PORT */
	char *state_dir;
	char *cluster;
	uint32_t tls; /* enum sn_controller_tls */
	struct sn_string_list names;
	uint64_t agent_certificate_lifetime; /* ns */
	uint64_t store_size;
	uint64_t keep_records, keep_metrics; /* ns */
	uint64_t body_limit;
	uint32_t node_records_per_s; /* of one node; 0: no limit */
	uint64_t session_lifetime;   /* ns */
};

extern const struct sn_option sn_controller_options[];

/**
 * Defaults, then the file (NULL: SN_CONTROLLER_CONFIG_PATH, which need not be there), then assignments (may be NULL).
 * @return 0 or a negative errno with words. Released by sn_controller_config_fini.
 */
int sn_controller_config_load(const char *path, const struct sn_arg_list *set, struct sn_controller_config *ret_config,
			      struct sn_diag *reterr);
/** Defaults with another address and directory. As above. */
int sn_controller_config_defaults(const char *listen, const char *state_dir, struct sn_controller_config *ret_config,
				  struct sn_diag *reterr);
void sn_controller_config_fini(struct sn_controller_config *config);

#endif
