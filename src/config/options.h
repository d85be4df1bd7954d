/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Option tables at work: defaults, values from YAML, comparison, release, and the text of an example file. A dot in an
 * option's name stands for a mapping in the file ("metrics.listen").
 */
#ifndef SN_CONFIG_OPTIONS_H
#define SN_CONFIG_OPTIONS_H

#include "config/yaml_file.h"
#include "base/text.h"
#include "sauron/module.h"

/** Entries of one list or map, at most. */
#define SN_OPTION_MAX_ITEMS 1024

/** Fills `config` with the defaults of the table (`def` is parsed as the file would be). On failure nothing is left to release.
 */
int sn_options_defaults(const struct sn_option *options, void *config, struct sn_diag *reterr);
/** Releases what the options own and clears it. */
void sn_options_release(const struct sn_option *options, void *config);

/** Puts one value in its place; the old one stays when it is refused ("name:line: path must be …"). */
int sn_option_set(const struct sn_option *option, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
		  void *config, struct sn_diag *reterr);
bool sn_option_equal(const struct sn_option *option, const void *a, const void *b);

/** What a mapping of the file may hold: up to two tables over their structs, and one name more that the caller takes care of. */
struct sn_option_scope {
	const struct sn_option *tables[2];
	void *configs[2];
	const char *extra;
	int (*set_extra)(void *ctx, const struct sn_yaml *yaml, const yaml_node_t *value, struct sn_diag *reterr);
	/** May object to a value that has just been set: what it must be, or NULL. */
	const char *(*object)(const struct sn_option *option, const void *config);
	void *ctx;
};

/** Fills the scope from a mapping; `path` is what messages call it ("modules.n2", "" at the top). */
int sn_options_fill(const struct sn_option_scope *scope, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
		    struct sn_diag *reterr);
/** Finds an option by its whole name in the scope. */
const struct sn_option *sn_options_find(const struct sn_option_scope *scope, const char *name, void **ret_config);

/** Checks that a node is a mapping. @return 0 or -EINVAL with words. */
int sn_option_need_mapping(const struct sn_yaml *yaml, const yaml_node_t *node, const char *path, struct sn_diag *reterr);
/** Refuses a name: with the nearest of `names` when there is one. `path` "" at the top. @return -EINVAL */
int sn_option_refuse_name(const struct sn_yaml *yaml, const yaml_node_t *node, const char *what, const char *name,
			  const char *path, const char *const *names, struct sn_diag *reterr);
/** The key of a pair as text, checked not to be there twice. @return 0 or -EINVAL with words. */
int sn_option_key(const struct sn_yaml *yaml, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *path,
		  const char **ret_key, struct sn_diag *reterr);

/** Writes the table as a part of a commented file, `indent` spaces in. */
void sn_options_print(const struct sn_option *options, unsigned indent, struct sn_text *text);

#endif
