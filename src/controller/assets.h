/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The console's files, as they are in the program: made of web/ by web/embed.py when the program is built. The table is
 * empty where the console was left out (-Dconsole=disabled, or auto without Node.js).
 */
#ifndef SN_CONTROLLER_ASSETS_H
#define SN_CONTROLLER_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sn_asset {
	const char
		*path; /* "/index.html", "/assets/index-Dx4kXJAl.js": what is below /assets/ bears its hash and never changes */
	const char *type; /* Content-Type */
	const char *etag; /* with its quotes */
	const uint8_t *data;
	size_t len;
	bool gzip; /* `data` is packed: Content-Encoding: gzip, and unpack it for the rare peer that does not take that */
};

/** By path; "/" is not among them, it is "/index.html". Ended by a path of NULL. */
extern const struct sn_asset sn_assets[];

#endif
