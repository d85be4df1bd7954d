/* SPDX-License-Identifier: Apache-2.0 */
/** @file The configuration from file and command line; failures told once. */
#include <errno.h>
#include <string.h>

#include "agent/begin.h"
#include "base/log.h"

int sn_begin_config(const char *path, const struct sn_arg_list *set, bool readable_only, struct sn_config **ret_config,
		    struct sn_diag *reterr)
{
	struct sn_config *config = NULL;
	int err = sn_config_load(path, sn_modules, &config, reterr);

	if ((err == -EACCES || err == -EPERM) && !path && readable_only)
		err = sn_config_new(sn_modules, &config, reterr);
	for (size_t i = 0; !err && set && i < set->count; i++)
		err = sn_config_set(config, set->items[i], reterr) ? -EBADRQC : 0;
	if (err) {
		sn_config_free(config);
		return err;
	}
	*ret_config = config;
	return 0;
}

int sn_begin_fail(int err, const struct sn_diag *diag)
{
	sn_log_error("%s", diag->text[0] ? diag->text : strerror(-err));
	return err == -EBADRQC ? SN_EXIT_USAGE : SN_EXIT_FAILED;
}
