/* SPDX-License-Identifier: Apache-2.0 */
/** @file The sockets that a server listens on. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "http/server.h"

#define BACKLOG 1024 /* the kernel takes less where net.core.somaxconn says so */

int sn_http_listen_tcp(const char *address, uint16_t port, struct sn_diag *reterr)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name = { 0 };
	bool is_v4 = inet_pton(AF_INET, address, &name.in.sin_addr) == 1;
	SN_AUTO_FD int fd = -1;
	int one = 1;

	name.any.sa_family = is_v4 ? AF_INET : AF_INET6;
	if (is_v4)
		name.in.sin_port = htons(port);
	else if (inet_pton(AF_INET6, address, &name.in6.sin6_addr) == 1)
		name.in6.sin6_port = htons(port);
	else
		return sn_diag_set(reterr, -EINVAL, "'%s' is no address", address);
	fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A port whose last connections still wind down may be taken at once. */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && !is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (fd < 0 || bind(fd, &name.any, is_v4 ? sizeof(name.in) : sizeof(name.in6)) < 0 || listen(fd, BACKLOG) < 0) {
		if (errno == EADDRINUSE)
			return sn_diag_set(reterr, -errno, "port %u of %s is in use by another program", port, address);
		return sn_diag_set(reterr, -errno, "cannot listen on port %u of %s: %s", port, address, strerror(errno));
	}
	return SN_TAKE_FD(fd);
}

int sn_http_listen_unix(const char *path, gid_t group, struct sn_diag *reterr)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	SN_AUTO_FD int fd = -1;
	struct stat st;
	mode_t mask;
	int bound;

	if (strlen(path) >= sizeof(name.sun_path))
		return sn_diag_set(reterr, -ENAMETOOLONG, "%s: too long for a socket", path);
	memcpy(name.sun_path, path, strlen(path) + 1);
	/* The lock is ours, so a socket that lies here is one that a killed program left. */
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return sn_diag_set(reterr, -EEXIST, "%s: is there already and is no socket", path);
		if (unlink(path) < 0)
			return sn_diag_set(reterr, -errno, "%s: a stale socket cannot be removed: %s", path, strerror(errno));
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sn_diag_set(reterr, -errno, "cannot make a socket: %s", strerror(errno));
	/* Nobody else can connect before the mode is what it is to be. */
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&name, sizeof(name));
	umask(mask);
	if (bound < 0)
		return sn_diag_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (group != (gid_t)-1 && (chown(path, (uid_t)-1, group) < 0 || chmod(path, 0660) < 0)) {
		sn_diag_set(reterr, -errno, "%s: cannot be given to the group: %s", path, strerror(errno));
		unlink(path);
		return -EPERM;
	}
	if (listen(fd, BACKLOG) < 0) {
		unlink(path);
		return sn_diag_set(reterr, -EIO, "%s: cannot listen: %s", path, strerror(errno));
	}
	return SN_TAKE_FD(fd);
}
