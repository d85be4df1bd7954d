/* SPDX-License-Identifier: Apache-2.0 */
/** @file What is made from the tables of the commands: the overview, shell completion, the man page. */
#ifndef SN_CLI_DOCS_H
#define SN_CLI_DOCS_H

#include "base/args.h"

/** `commands` ends with NULL. */
void sn_docs_overview(const struct sn_command *const *commands, struct sn_text *text);
void sn_docs_man(const struct sn_command *const *commands, struct sn_text *text);

/** By name of the shell. @return 0 or -EINVAL. */
int sn_docs_completion(const char *shell, const struct sn_command *const *commands, struct sn_text *text);
extern const char *const sn_docs_shells[];

#endif
