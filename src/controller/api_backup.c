/* SPDX-License-Identifier: Apache-2.0 */
/** @file A copy of the store on request, made on a thread of its own while the store goes on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "controller/internal.h"

struct backup {
	uv_work_t work;
	struct sn_controller *controller;
	struct sn_http_held *asker; /* NULL: has gone */
	char *directory;
	int err;
	struct sn_diag diag;
};

static void copy(uv_work_t *work)
{
	struct backup *backup = work->data;

	backup->err = sn_store_backup(backup->controller->store, backup->directory, &backup->diag);
}

static void done(uv_work_t *work, int status)
{
	struct backup *backup = work->data;
	struct sn_http_answer answer = { 0 };

	if (backup->err)
		sn_log_error("the backup is not made: %s", backup->diag.text);
	else
		sn_log_info("a copy of the store is in %s", backup->directory);
	if (backup->err)
		sn_http_refuse(&answer, 503, "%s", backup->diag.text[0] ? backup->diag.text : strerror(-backup->err));
	else
		sn_api_answer(&answer, json_pack("{s:s}", "directory", backup->directory));
	if (backup->asker)
		sn_http_answer_held(backup->asker, &answer);
	else
		sn_text_free(&answer.body);
	backup->controller->backing_up = false;
	free(backup->directory);
	free(backup);
}

static void asker_gone(void *ctx)
{
	((struct backup *)ctx)->asker = NULL;
}

/** STATE/backups/2026-11-24T083000Z. */
static char *directory_make(const struct sn_controller *controller)
{
	char time[SN_TIME_TEXT], *parent = NULL, *directory = NULL;

	sn_clock_text(sn_clock_realtime_ns(), time);
	if (asprintf(&parent, "%s/backups", controller->config.state_dir) < 0)
		return NULL;
	if ((mkdir(parent, 0700) < 0 && errno != EEXIST) ||
	    asprintf(&directory, "%s/%.13s%.2s%.2sZ", parent, time, time + 14, time + 17) < 0)
		directory = NULL;
	free(parent);
	return directory;
}

void sn_api_backup(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	struct sn_controller *controller = call->controller;
	struct backup *backup;

	if (controller->backing_up) {
		sn_http_refuse(answer, 409, "a backup is being made already");
		return;
	}
	backup = calloc(1, sizeof(*backup));
	if (backup)
		backup->directory = directory_make(controller);
	if (!backup || !backup->directory) {
		free(backup);
		sn_http_refuse(answer, 503, "%s/backups cannot be made: %s", controller->config.state_dir, strerror(errno));
		return;
	}
	backup->controller = controller;
	backup->work.data = backup;
	backup->asker = sn_http_hold(call->request, answer, asker_gone, backup);
	if (!backup->asker || uv_queue_work(controller->loop, &backup->work, copy, done) < 0) {
		free(backup->directory);
		free(backup);
		return;
	}
	controller->backing_up = true;
	sn_api_audit(call, "backup", backup->directory, 202);
}
