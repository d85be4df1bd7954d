/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The nodes that are known, in STATE/fleet.json: one that fell silent is missed after a restart of the controller, too. All
 * that a node tells again with its first poll is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "controller/internal.h"
#include "http/pki.h"
#include "model/document.h"

#define EVERY_NS (60 * SN_NSEC_PER_SEC)

static char *path_of(const struct sn_controller *controller)
{
	char *path;

	return asprintf(&path, "%s/fleet.json", controller->config.state_dir) < 0 ? NULL : path;
}

/** What cannot be read is laid aside: the agents that are alive tell of themselves anyway. */
static void lay_aside(const char *path, int line, const char *why)
{
	char aside[4096];

	snprintf(aside, sizeof(aside), "%s.damaged", path);
	sn_log_error("%s:%d: the nodes known before cannot be read: %s; it is moved to %s", path, line, why, aside);
	if (rename(path, aside))
		sn_log_error("%s: cannot be moved: %m", path);
}

void sn_controller_load_fleet(struct sn_controller *controller)
{
	SN_AUTO_FREE char *path = path_of(controller);
	FILE *file = path ? fopen(path, "re") : NULL;
	json_error_t error = { 0 };
	json_t *nodes;

	if (!file) {
		if (path && errno != ENOENT)
			sn_log_error("%s: cannot be opened: %m", path);
		return;
	}
	nodes = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (!nodes || sn_fleet_restore(controller->fleet, nodes))
		lay_aside(path, error.line, nodes ? "it holds something else" : error.text);
	json_decref(nodes);
	controller->fleet_revision = sn_fleet_revision(controller->fleet);
}

void sn_controller_save_fleet(struct sn_controller *controller, bool now)
{
	uint64_t time_ns = sn_clock_boottime_ns(), revision = sn_fleet_revision(controller->fleet);
	SN_AUTO_FREE char *path = NULL;
	struct sn_text text = { 0 };
	struct sn_diag diag = { 0 };
	json_t *nodes;
	int err;

	if (revision == controller->fleet_revision || (!now && time_ns < controller->fleet_ns))
		return;
	controller->fleet_ns = time_ns + EVERY_NS;
	path = path_of(controller);
	nodes = sn_fleet_keep(controller->fleet);
	err = path && nodes ? sn_json_text(nodes, &text) : -ENOMEM;
	if (!err)
		err = sn_pki_file_write(path, text.data, 0600, &diag);
	if (err)
		sn_log_error("the nodes that are known are not kept: %s", diag.text[0] ? diag.text : strerror(-err));
	else
		controller->fleet_revision = revision;
	sn_text_free(&text);
	json_decref(nodes);
}
