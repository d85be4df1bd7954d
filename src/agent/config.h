/* SPDX-License-Identifier: Apache-2.0 */
/** @file The configuration: one YAML file read against the agent's option table and those of the modules. */
#ifndef SN_AGENT_CONFIG_H
#define SN_AGENT_CONFIG_H

#include "base/text.h"
#include "config/listen.h"
#include "sauron/module.h"

#define SN_CONFIG_PATH "/etc/sauron/sauron.yaml"

enum sn_subscriber_ids {
	SN_SUBSCRIBER_PSEUDONYM,
	SN_SUBSCRIBER_CLEAR,
};
enum sn_capability_policy {
	SN_CAPABILITIES_DROP,
	SN_CAPABILITIES_KEEP,
};

enum sn_kubernetes {
	SN_KUBERNETES_AUTO,
	SN_KUBERNETES_ON,
	SN_KUBERNETES_OFF,
};

/** The agent's own options. */
struct sn_agent_config {
	uint32_t log_level;	  /* enum sn_log_level */
	uint32_t subscriber_ids;  /* enum sn_subscriber_ids */
	char *pseudonym_key_file; /* NULL: in the state directory */
	char *state_dir;
	char *btf; /* NULL: the kernel's own */
	uint64_t ring_size;
	char *metrics_listen; /* ADDRESS:PORT or "off" */
	char *api_socket;
	char *api_group;       /* NULL: root only */
	uint32_t capabilities; /* enum sn_capability_policy */
	char *node;	       /* NULL: the host's name */
	char *cluster;	       /* NULL: the controller's default */
	char *controller_url;  /* NULL: none */
	char *controller_token_file;
	char *export_endpoint;	  /* NULL: the controller */
	uint64_t export_interval; /* ns */
	uint64_t export_spool;
	uint32_t kubernetes;	     /* enum sn_kubernetes */
	char *kubernetes_api_server; /* NULL, as the next three: as a pod finds it */
	char *kubernetes_ca_file;
	char *kubernetes_token_file;
	char *kubernetes_node;
};

/** Its options: what stands at the top of the file. */
extern const struct sn_option sn_agent_options[];

struct sn_module_config {
	const struct sn_module *module;
	bool enabled;
	void *config; /* of the module's config_size, after its option table */
};

struct sn_config {
	char *file; /* NULL: the defaults */
	struct sn_agent_config agent;
	struct sn_module_config *modules;
	size_t module_count;
};

/** Defaults only. `modules` ends with NULL. Released by sn_config_free. */
int sn_config_new(const struct sn_module *const *modules, struct sn_config **ret_config, struct sn_diag *reterr);
/**
 * Reads a file over the defaults. @param path NULL: SN_CONFIG_PATH, which need not be there.
 * @return 0; -ENOENT …, -EISDIR, -EINVAL ("FILE:LINE: …"), -ENOMEM.
 */
int sn_config_load(const char *path, const struct sn_module *const *modules, struct sn_config **ret_config,
		   struct sn_diag *reterr);
/** The same with the file's octets in memory; `name` is how messages call it. */
int sn_config_parse(const char *name, const char *data, size_t len, const struct sn_module *const *modules,
		    struct sn_config **ret_config, struct sn_diag *reterr);
/** Sets one option from the command line: "n2.ports=[38412]", "modules.n2.ports=…", "log_level=debug". */
int sn_config_set(struct sn_config *config, const char *assignment, struct sn_diag *reterr);
struct sn_config *sn_config_free(struct sn_config *config);

/** Calls `fn` with the name of every option that differs and takes effect only at a new start. */
void sn_config_each_restart(const struct sn_config *old, const struct sn_config *new, void (*fn)(void *ctx, const char *name),
			    void *ctx);

/** Where the key of the pseudonyms lies: a path to be freed, or NULL without memory. */
char *sn_config_key_file(const struct sn_config *config);

/** Writes a configuration file with every option, its explanation and its default, the latter commented out. */
void sn_config_print(const struct sn_module *const *modules, struct sn_text *text);
/** The part of it for one module. */
void sn_config_print_module(const struct sn_module *module, struct sn_text *text);

#endif
