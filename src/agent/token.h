/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tokens in files. */
#ifndef SN_AGENT_TOKEN_H
#define SN_AGENT_TOKEN_H

#include "sauron/diag.h"

/** The first word of a file. @return 0 or a negative errno with words. Wiped and freed by sn_pki_forget, or free. */
int sn_token_read(const char *path, char **ret_token, struct sn_diag *reterr);

#endif
