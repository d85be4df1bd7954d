/* SPDX-License-Identifier: Apache-2.0 */
/** @file Files of keys and certificates: written in one piece, read up to a limit. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "http/pki.h"

static int write_all(int fd, const char *text, mode_t mode)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t written = write(fd, text, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		len -= (size_t)written;
	}
	return fchmod(fd, mode) < 0 || fsync(fd) < 0 ? -errno : 0;
}

int sn_pki_file_hand_over(const char *path, int fd)
{
	SN_AUTO_FREE char *copy = strdup(path);
	struct stat owner;

	if (geteuid() != 0)
		return 0;
	if (!copy)
		return -ENOMEM;
	return stat(dirname(copy), &owner) < 0 || fchown(fd, owner.st_uid, owner.st_gid) < 0 ? -errno : 0;
}

/** The new name is on the disk only once its directory is. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	SN_AUTO_FREE char *directory = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	SN_AUTO_FD int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		fsync(fd);
}

int sn_pki_file_write(const char *path, const char *text, mode_t mode, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *temporary = NULL;
	SN_AUTO_FD int fd = -1;
	int err;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	/* Nobody else can read it before its mode is what it is to be. */
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return sn_diag_set(reterr, -errno, "%s: cannot be written: %s", path, strerror(errno));
	err = write_all(fd, text, mode);
	if (!err)
		err = sn_pki_file_hand_over(path, fd);
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err) {
		unlink(temporary);
		return sn_diag_set(reterr, err, "%s: cannot be written: %s", path, strerror(-err));
	}
	sync_directory(path);
	return 0;
}

int sn_pki_file_read(const char *path, char **ret_text, struct sn_diag *reterr)
{
	SN_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(SN_PKI_INPUT_MAX + 2);
	ssize_t got = 0;
	size_t len = 0;
	int err = 0;

	if (fd < 0 || !text) {
		err = fd < 0 ? -errno : -ENOMEM;
		free(text);
		return sn_diag_set(reterr, err, "%s: cannot be read: %s", path, strerror(-err));
	}
	while (len <= SN_PKI_INPUT_MAX && (got = read(fd, text + len, SN_PKI_INPUT_MAX + 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		err = sn_diag_set(reterr, -errno, "%s: cannot be read: %s", path, strerror(errno));
	else if (len > SN_PKI_INPUT_MAX)
		err = sn_diag_set(reterr, -E2BIG, "%s: has more than %u octets, which no key and no certificate has", path,
				  SN_PKI_INPUT_MAX);
	if (err) {
		explicit_bzero(text, SN_PKI_INPUT_MAX + 2);
		free(text);
		return err;
	}
	text[len] = '\0';
	*ret_text = text;
	return 0;
}

char *sn_pki_forget(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
	return NULL;
}
