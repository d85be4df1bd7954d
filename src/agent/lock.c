/* SPDX-License-Identifier: Apache-2.0 */
/** @file The lock file, by flock(2): the kernel lets go of it whatever way the process ends. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/lock.h"
#include "base/macro.h"

/** Pid that stands in the file; 0 when none does. */
static long read_pid(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

/** True when the file that is open is still the one at the path: its last holder removes it. */
static bool is_current(int fd, const char *path)
{
	struct stat open_file, at_path;

	return fstat(fd, &open_file) == 0 && stat(path, &at_path) == 0 && open_file.st_ino == at_path.st_ino &&
	       open_file.st_dev == at_path.st_dev;
}

/** @return the descriptor with the lock, or a negative errno with words. */
static int open_locked(const char *path, struct sn_diag *reterr)
{
	for (int tries = 0; tries < 100; tries++) {
		SN_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0)
			return sn_diag_set(reterr, -errno, "%s: cannot be opened: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return sn_diag_set(reterr, -EEXIST, "an agent is running already, process %ld (it holds %s)",
						   read_pid(fd), path);
			return sn_diag_set(reterr, -errno, "%s: cannot be locked: %s", path, strerror(errno));
		}
		if (is_current(fd, path))
			return SN_TAKE_FD(fd);
	}
	return sn_diag_set(reterr, -EAGAIN, "%s: comes and goes; something else uses it", path);
}

int sn_lock_take(const char *socket, struct sn_lock *ret_lock, struct sn_diag *reterr)
{
	struct sn_lock lock = SN_LOCK_NONE;
	SN_AUTO_FREE char *copy = strdup(socket);
	char pid[32];
	const char *dir;
	int err = 0, len;

	if (!copy)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	dir = dirname(copy);
	if (mkdir(dir, 0755) == 0)
		lock.made_dir = strdup(dir);
	else if (errno != EEXIST)
		return sn_diag_set(reterr, -errno, "%s: cannot be made: %s%s", dir, strerror(errno),
				   errno == EACCES ? " (the agent needs root, or a service manager that makes it)" : "");
	if (asprintf(&lock.path, "%s/agent.lock", dir) < 0) {
		lock.path = NULL;
		err = sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	if (!err) {
		lock.fd = open_locked(lock.path, reterr);
		err = lock.fd < 0 ? lock.fd : 0;
	}
	len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (!err && (ftruncate(lock.fd, 0) < 0 || pwrite(lock.fd, pid, (size_t)len, 0) != len))
		err = sn_diag_set(reterr, -EIO, "%s: cannot be written: %s", lock.path, strerror(errno));
	if (err) {
		if (lock.fd < 0) {
			/* Somebody else's file, or none: left alone. */
			free(lock.path);
			lock.path = NULL;
		}
		sn_lock_release(&lock);
		return err;
	}
	*ret_lock = lock;
	return 0;
}

void sn_lock_release(struct sn_lock *lock)
{
	/* Removed while it is still held: who opened it meanwhile sees that it is gone and begins anew. */
	if (lock->fd >= 0) {
		unlink(lock->path);
		close(lock->fd);
	}
	if (lock->made_dir)
		rmdir(lock->made_dir);
	free(lock->path);
	free(lock->made_dir);
	*lock = (struct sn_lock)SN_LOCK_NONE;
}
