/* SPDX-License-Identifier: Apache-2.0 */
/** @file How the commands that run modules come to their configuration. */
#ifndef SN_AGENT_BEGIN_H
#define SN_AGENT_BEGIN_H

#include "agent/config.h"
#include "base/args.h"

/**
 * Reads the file (as sn_config_load), then takes the command line's --set over it.
 * @param set may be NULL.
 * @param readable_only without a path, a default file that this user may not read is as good as none.
 * @return as sn_config_load; -EBADRQC when a --set is wrong.
 */
int sn_begin_config(const char *path, const struct sn_arg_list *set, bool readable_only, struct sn_config **ret_config,
		    struct sn_diag *reterr);
/** Tells a failure, in the diag's words or those of the errno. @return the exit code that belongs to it. */
int sn_begin_fail(int err, const struct sn_diag *diag);

#endif
