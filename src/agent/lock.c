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

/* Second line of the file: the directory was made for it, by this process or one before that was killed. */
#define MADE "made-directory\n"

/** What stands in the file: the pid, 0 when none does; whether the directory was made for it. */
static long read_holder(int fd, bool *ret_made)
{
	char text[64] = "";

	*ret_made = false;
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	*ret_made = strstr(text, "\n" MADE) != NULL;
	return strtol(text, NULL, 10);
}

/** True when the file that is open is still the one at the path: its last holder removes it. */
static bool is_current(int fd, const char *path)
{
	struct stat open_file, at_path;

	return fstat(fd, &open_file) == 0 && stat(path, &at_path) == 0 && open_file.st_ino == at_path.st_ino &&
	       open_file.st_dev == at_path.st_dev;
}

/** @return the descriptor with the lock, or a negative errno with words. `ret_made` as in read_holder, of the one before. */
static int open_locked(const char *path, bool *ret_made, struct sn_diag *reterr)
{
	for (int tries = 0; tries < 100; tries++) {
		SN_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0)
			return sn_diag_set(reterr, -errno, "%s: cannot be opened: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return sn_diag_set(reterr, -EEXIST, "an agent is running already, process %ld (it holds %s)",
						   read_holder(fd, ret_made), path);
			return sn_diag_set(reterr, -errno, "%s: cannot be locked: %s", path, strerror(errno));
		}
		if (is_current(fd, path)) {
			read_holder(fd, ret_made);
			return SN_TAKE_FD(fd);
		}
	}
	return sn_diag_set(reterr, -EAGAIN, "%s: comes and goes; something else uses it", path);
}

/** Writes who holds the lock now. */
static int write_holder(const struct sn_lock *lock)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%ld\n%s", (long)getpid(), lock->made_dir ? MADE : "");

	if (ftruncate(lock->fd, 0) < 0)
		return -errno;
	return pwrite(lock->fd, text, (size_t)len, 0) == len ? 0 : -EIO;
}

/** Takes the lock in a directory that is there. */
static int take_in(const char *dir, bool made, struct sn_lock *lock, struct sn_diag *reterr)
{
	bool made_before = false;
	int err;

	if (asprintf(&lock->path, "%s/agent.lock", dir) < 0) {
		lock->path = NULL;
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	lock->fd = open_locked(lock->path, &made_before, reterr);
	if (lock->fd < 0)
		return lock->fd;
	if (made || made_before)
		lock->made_dir = strdup(dir);
	err = write_holder(lock);
	return err ? sn_diag_set(reterr, err, "%s: cannot be written: %s", lock->path, strerror(-err)) : 0;
}

int sn_lock_take(const char *socket, struct sn_lock *ret_lock, struct sn_diag *reterr)
{
	struct sn_lock lock = SN_LOCK_NONE;
	SN_AUTO_FREE char *copy = strdup(socket);
	const char *dir;
	bool made;
	int err;

	if (!copy)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	dir = dirname(copy);
	made = mkdir(dir, 0755) == 0;
	if (!made && errno != EEXIST)
		return sn_diag_set(reterr, -errno, "%s: cannot be made: %s%s", dir, strerror(errno),
				   errno == EACCES ? " (the agent needs root, or a service manager that makes it)" : "");
	err = take_in(dir, made, &lock, reterr);
	if (!err) {
		*ret_lock = lock;
		return 0;
	}
	sn_lock_release(&lock);
	if (made)
		rmdir(dir);
	return err;
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
