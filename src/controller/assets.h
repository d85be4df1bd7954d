/* SPDX-License-Identifier: Apache-2.0 */
/** @file The files of the console, made from web/ at build time; none when it was built without. */
#ifndef SN_CONTROLLER_ASSETS_H
#define SN_CONTROLLER_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sn_asset {
	const char *path; /* "/index.html" */
	const char *type; /* Content-Type */
	const char *etag; /* without quotes */
	const uint8_t *data;
	size_t len;
	bool gzip; /* `data` is packed */
};

/** Ended by a path of NULL. */
extern const struct sn_asset sn_assets[];

#endif
