/* SPDX-License-Identifier: Apache-2.0 */
/** @file Fuzzes the configuration: a file against tables with an option of every type. */
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "../unit/config_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sn_config *config = NULL;
	struct sn_diag diag = { 0 };
	int err = sn_config_parse("fuzz", (const char *)data, size, modules, &config, &diag);

	/* Either a configuration, or words that name the file. */
	if ((err == 0) != (config != NULL) || (err && strncmp(diag.text, "fuzz:", 5) != 0))
		abort();
	sn_config_free(config);
	return 0;
}
