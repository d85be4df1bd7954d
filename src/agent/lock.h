/* SPDX-License-Identifier: Apache-2.0 */
/** @file One agent per API socket: a lock file beside it that names the process. */
#ifndef SN_AGENT_LOCK_H
#define SN_AGENT_LOCK_H

#include <stdbool.h>

#include "sauron/diag.h"

struct sn_lock {
	int fd; /* -1: not held */
	char *path;
	char *made_dir; /* the directory, when it was made for this; NULL else */
};
#define SN_LOCK_NONE                                                                                                             \
	{                                                                                                                        \
		.fd = -1                                                                                                         \
	}

/**
 * Takes the lock "agent.lock" in the directory of `socket`, which is made when it is missing.
 * @return 0; -EEXIST when another process holds it (the words name its pid); -EACCES, -ENOMEM …
 */
int sn_lock_take(const char *socket, struct sn_lock *ret_lock, struct sn_diag *reterr);
/** Removes the file (and the directory, if it was made and is empty) and gives the lock back. */
void sn_lock_release(struct sn_lock *lock);

#endif
