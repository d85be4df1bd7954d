/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file One YAML document from a file that may hold anything: size, depth and number of nodes are bounded before the document
 * is built, and every refusal names file and line.
 */
#ifndef SN_CONFIG_YAML_FILE_H
#define SN_CONFIG_YAML_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "sauron/diag.h"

#define SN_YAML_MAX_OCTETS (1u << 20)
#define SN_YAML_MAX_DEPTH  16
#define SN_YAML_MAX_EVENTS 100000

/** A document and how it is called in messages. */
struct sn_yaml {
	const char *name; /* the path; borrowed */
	yaml_document_t document;
};

/** Reads a file. @return 0 with octets to be freed by the caller; -ENOENT …; -EISDIR; -EFBIG; -ENOMEM; each with words. */
int sn_yaml_read(const char *path, char **ret_data, size_t *ret_len, struct sn_diag *reterr);
/** Parses. @return 0; -EINVAL with "name:line: …"; -ENOMEM. Released by sn_yaml_fini. */
int sn_yaml_parse(const char *name, const char *data, size_t len, struct sn_yaml *ret_yaml, struct sn_diag *reterr);
void sn_yaml_fini(struct sn_yaml *yaml);

/** NULL when the document holds nothing but comments. */
static inline const yaml_node_t *sn_yaml_root(const struct sn_yaml *yaml)
{
	return yaml_document_get_root_node((yaml_document_t *)&yaml->document);
}
static inline const yaml_node_t *sn_yaml_node(const struct sn_yaml *yaml, int index)
{
	return yaml_document_get_node((yaml_document_t *)&yaml->document, index);
}
static inline unsigned sn_yaml_line(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

/** The text of a scalar; NULL when the node is none or holds a NUL. */
const char *sn_yaml_scalar(const yaml_node_t *node);
/** True for a scalar without a value: nothing, "~" or "null", unquoted. */
bool sn_yaml_is_null(const yaml_node_t *node);
/** How a message calls the node: "'text'", "a list", "a mapping", "nothing". */
const char *sn_yaml_describe(const yaml_node_t *node, char ret_text[96]);

#endif
