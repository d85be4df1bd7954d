/* SPDX-License-Identifier: Apache-2.0 */
/** @file The desired state: on disk, over the configuration, into the modules. */
#include "agent/desired.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/begin.h"
#include "base/log.h"
#include "base/macro.h"
#include "http/pki.h"
#include "model/document.h"

#define NAME "desired state" /* how messages call the document */

static char *path_of(const char *state_dir)
{
	char *path = NULL;

	return asprintf(&path, "%s/desired.json", state_dir) < 0 ? NULL : path;
}

void sn_desired_load(struct sn_desired *desired, const char *state_dir)
{
	SN_AUTO_FREE char *path = path_of(state_dir);
	FILE *f = path ? fopen(path, "re") : NULL;
	json_error_t error;
	json_t *kept;
	const char *document;

	*desired = (struct sn_desired) { 0 };
	if (!f)
		return;
	kept = json_loadf(f, 0, &error);
	fclose(f);
	document = json_string_value(json_object_get(kept, "document"));
	if (document) {
		desired->revision = (uint64_t)json_integer_value(json_object_get(kept, "revision"));
		desired->document = strdup(document);
	} else {
		sn_log_warning("%s: the desired state cannot be read: the node's own configuration stands alone", path);
	}
	json_decref(kept);
}

void sn_desired_fini(struct sn_desired *desired)
{
	free(desired->document);
	free(desired->error);
	json_decref(desired->restart);
	*desired = (struct sn_desired) { 0 };
}

int sn_desired_overlay(const struct sn_desired *desired, struct sn_config *config, struct sn_diag *reterr)
{
	if (!desired->document)
		return 0;
	return sn_config_overlay(config, NAME, desired->document, strlen(desired->document), reterr);
}

static int save(const struct sn_agent *agent)
{
	SN_AUTO_FREE char *path = path_of(agent->config->agent.state_dir);
	struct sn_text text = { 0 };
	json_t *kept =
		json_pack("{s:I, s:s}", "revision", (json_int_t)agent->desired.revision, "document", agent->desired.document);
	int err = kept && path ? sn_json_text(kept, &text) : -ENOMEM;

	if (!err)
		err = sn_pki_file_write(path, text.data, 0600, /* reterr= */ NULL);
	sn_text_free(&text);
	json_decref(kept);
	return err;
}

static void note_restart(void *ctx, const char *name)
{
	json_array_append_new(ctx, json_string(name));
}

/** The configuration with the document over it, given to the modules: all of them take it, or none. */
static int apply(struct sn_agent *agent, const struct sn_desired *wanted, json_t *restart, struct sn_diag *reterr)
{
	struct sn_config *config = NULL;
	int err = sn_begin_config(agent->start.config, agent->start.set, /* readable_only= */ false, &config, reterr);

	if (!err)
		err = sn_desired_overlay(wanted, config, reterr);
	if (!err)
		err = sn_module_set_configure(&agent->modules, agent->config, config, reterr);
	if (err) {
		sn_config_free(config);
		return err;
	}
	sn_config_each_restart(agent->config, config, note_restart, restart);
	sn_config_free(agent->config);
	agent->config = config;
	return 0;
}

void sn_desired_take(struct sn_agent *agent, uint64_t revision, const char *document)
{
	struct sn_desired *desired = &agent->desired, wanted = { .revision = revision, .document = strdup(document) };
	json_t *restart = json_array();
	struct sn_diag diag = { 0 };
	int err = wanted.document && restart ? apply(agent, &wanted, restart, &diag) : -ENOMEM;

	desired->revision = revision;
	free(SN_TAKE_PTR(desired->error));
	if (err) {
		desired->error = strdup(diag.text[0] ? diag.text : strerror(-err));
		free(wanted.document);
		json_decref(restart);
		sn_log_error("revision %" PRIu64 " of the desired state is refused: %s", revision, diag.text);
		return;
	}
	free(desired->document);
	desired->document = wanted.document;
	json_decref(desired->restart);
	desired->restart = restart;
	err = save(agent);
	if (err)
		sn_log_error("the desired state cannot be kept for the next start: %s", strerror(-err));
	sn_log_info("revision %" PRIu64 " of the desired state is taken", revision);
}

json_t *sn_desired_json(const struct sn_desired *desired)
{
	return json_pack("{s:I, s:s?, s:O?}", "revision", (json_int_t)desired->revision, "error", desired->error, "restart",
			 desired->restart);
}
