/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Builds the lab's network with iproute2 and takes it down. Nothing outside the lab's own namespaces is touched: the veth
 * pairs are born inside them.
 */
#include "lab/net.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"

static const char *const ns_parts[] = { "gnb", "amf", "upf", "dn" };
_Static_assert(SN_ARRAY_SIZE(ns_parts) == _SN_LAB_NS_MAX, "name every namespace");

static const char *prefix_of(const struct sn_lab_place *place)
{
	return place && place->prefix ? place->prefix : "sn-";
}

static const char *state_dir_of(const struct sn_lab_place *place)
{
	return place && place->state_dir ? place->state_dir : "/run/sauron";
}

const char *sn_lab_ns_name(const struct sn_lab_place *place, enum sn_lab_ns ns, char ret_name[SN_LAB_NS_NAME])
{
	snprintf(ret_name, SN_LAB_NS_NAME, "%s%s", prefix_of(place), ns_parts[ns]);
	return ret_name;
}

int sn_lab_place_check(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	const char *prefix = prefix_of(place);
	size_t len = strlen(prefix);

	if (!len || len > 24 || strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != len)
		return sn_diag_set(reterr, -EINVAL, "the prefix “%s” will not do: 1 to 24 letters, digits, - or _", prefix);
	return 0;
}

/* -- iproute2 ------------------------------------------------------------------------------------------------------------------
 */

/** A file in memory with a text in it, at its beginning. */
static int memory_file(const char *text)
{
	SN_AUTO_FD int fd = memfd_create("lab", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)
		return -errno;
	return SN_TAKE_FD(fd);
}

/** Starts `ip` with its standard input and both outputs given. Standard directories only: root's PATH may be anybody's. */
static int spawn_ip(char *const argv[], int in, int out, pid_t *ret_pid)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LC_ALL=C";
	static const char *const places[] = { "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip" };
	char *env[] = { path, lang, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	for (size_t i = 0; i < SN_ARRAY_SIZE(places); i++) {
		r = posix_spawn(ret_pid, places[i], &actions, NULL, argv, env);
		if (r != ENOENT)
			break;
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/** The first line that `ip` wrote, without its line end; "" for none. */
static void first_line(int fd, char *line, size_t size)
{
	ssize_t n = pread(fd, line, size - 1, 0);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

int sn_lab_ip(const struct sn_lab_place *place, enum sn_lab_ns ns, const char *batch, struct sn_diag *reterr)
{
	char name[SN_LAB_NS_NAME] = "", said[256];
	char *argv[] = { "ip", "-batch", "-", NULL, NULL, NULL };
	SN_AUTO_FD int in = -1;
	SN_AUTO_FD int out = -1;
	int status, r;
	pid_t pid;

	if (ns != _SN_LAB_NS_MAX) {
		argv[1] = "-netns";
		argv[2] = (char *)sn_lab_ns_name(place, ns, name);
		argv[3] = "-batch";
		argv[4] = "-";
	}
	in = memory_file(batch);
	out = memory_file("");
	if (in < 0 || out < 0)
		return sn_diag_set(reterr, in < 0 ? in : out, "cannot hand commands to ip: %s", strerror(in < 0 ? -in : -out));
	r = spawn_ip(argv, in, out, &pid);
	if (r < 0)
		return sn_diag_set(reterr, r, "cannot run ip: %s; install the package iproute2", strerror(-r));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return sn_diag_set(reterr, -errno, "lost sight of ip: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	first_line(out, said, sizeof(said));
	return sn_diag_set(reterr, -EIO, "ip failed%s%s: %s", *name ? " in namespace " : "", name,
			   *said ? said : "no reason given");
}

/* -- namespaces ----------------------------------------------------------------------------------------------------------------
 */

static const char *ns_path(const struct sn_lab_place *place, enum sn_lab_ns ns, char path[128])
{
	char name[SN_LAB_NS_NAME];

	snprintf(path, 128, "/run/netns/%s", sn_lab_ns_name(place, ns, name));
	return path;
}

int sn_lab_ns_enter(const struct sn_lab_place *place, enum sn_lab_ns ns, int *ret_back, struct sn_diag *reterr)
{
	SN_AUTO_FD int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	SN_AUTO_FD int there = -1;
	char path[128];
	int r;

	if (back < 0)
		return sn_diag_set(reterr, -errno, "/proc/self/ns/net: %s", strerror(errno));
	there = open(ns_path(place, ns, path), O_RDONLY | O_CLOEXEC);
	if (there < 0 && errno == ENOENT)
		return sn_diag_set(reterr, -ENOENT, "there is no lab (%s is missing): start one with sauron lab up", path);
	if (there < 0 || setns(there, CLONE_NEWNET) < 0) {
		r = -errno;
		return sn_diag_set(reterr, r, "cannot enter %s: %s%s", path, strerror(-r),
				   r == -EPERM || r == -EACCES ? "; run it as root" : "");
	}
	*ret_back = SN_TAKE_FD(back);
	return 0;
}

void sn_lab_ns_leave(int back)
{
	if (back < 0)
		return;
	/* Cannot fail: the descriptor is a network namespace this thread was in, and its privilege has not changed. */
	(void)!setns(back, CLONE_NEWNET);
	close(back);
}

/** Without IPv6 the interfaces stay silent until the lab speaks: no router solicitations in anybody's capture. */
static int ns_without_ipv6(const struct sn_lab_place *place, enum sn_lab_ns ns, struct sn_diag *reterr)
{
	static const char *const files[] = { "/proc/sys/net/ipv6/conf/all/disable_ipv6",
					     "/proc/sys/net/ipv6/conf/default/disable_ipv6" };
	int back = -1, r;

	r = sn_lab_ns_enter(place, ns, &back, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < SN_ARRAY_SIZE(files); i++) {
		SN_AUTO_FD int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		/* A kernel without IPv6 has no such file, and a container may hold /proc/sys read-only: neither matters. */
		if (fd >= 0)
			(void)!write(fd, "1", 1);
	}
	sn_lab_ns_leave(back);
	return 0;
}

/* -- files ---------------------------------------------------------------------------------------------------------------------
 */

/** Ranges of the state file that are locked: who plays, and who builds or removes. */
enum { LOCK_PLAYER = 0, LOCK_BUILDER = 1 };

static const char *state_path(const struct sn_lab_place *place, char path[512])
{
	snprintf(path, 512, "%s/lab.%sstate", state_dir_of(place), prefix_of(place));
	return path;
}

static int state_open(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	const char *dir = state_dir_of(place);
	char path[512];
	int fd;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return sn_diag_set(reterr, -errno, "cannot make %s: %s%s", dir, strerror(errno),
				   geteuid() ? "; run it as root" : "");
	fd = open(state_path(place, path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return sn_diag_set(reterr, -errno, "cannot open %s: %s%s", path, strerror(errno),
				   geteuid() ? "; run it as root" : "");
	return fd;
}

static struct flock lock_of(short type, int which)
{
	return (struct flock) { .l_type = type, .l_whence = SEEK_SET, .l_start = which, .l_len = 1 };
}

/** Who plays in this lab: a lock cannot outlive its process, so no stale pid is ever believed. 0 for nobody. */
static pid_t player_pid(int state)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_PLAYER);

	if (fcntl(state, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

int sn_lab_claim(const struct sn_lab_place *place, const char *scenario, int *ret_fd, struct sn_diag *reterr)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_PLAYER);
	SN_AUTO_FD int fd = state_open(place, reterr);
	char text[256];
	int len;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &lock) < 0)
		return sn_diag_set(
			reterr, -EBUSY,
			"a scenario is being played in this lab already (process %d): stop it, or use another lab with --prefix",
			(int)player_pid(fd));
	len = snprintf(text, sizeof(text), "%d %s\n", (int)getpid(), scenario);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return sn_diag_set(reterr, -errno, "cannot write %s/lab.%sstate: %s", state_dir_of(place), prefix_of(place),
				   strerror(errno));
	*ret_fd = SN_TAKE_FD(fd);
	return 0;
}

/** Waits until nobody holds the player's lock. @return whether that came true in time. */
static bool player_gone(int state, unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++) {
		if (!player_pid(state))
			return true;
		nanosleep(&(struct timespec) { .tv_nsec = 10000000 }, NULL);
	}
	return !player_pid(state);
}

static void player_end(int state)
{
	static const int signals[] = { SIGTERM, SIGKILL };

	for (size_t i = 0; i < SN_ARRAY_SIZE(signals); i++) {
		pid_t pid = player_pid(state);

		if (pid <= 0 || pid == getpid())
			return;
		kill(pid, signals[i]);
		if (player_gone(state, 2000))
			return;
	}
}

/* -- up and down ---------------------------------------------------------------------------------------------------------------
 */

/** Interfaces by namespace: removing one end of a pair removes the other. */
static const char *const ns_links[_SN_LAB_NS_MAX] = {
	[SN_LAB_NS_GNB] = "link del n2\nlink del n3\n",
	[SN_LAB_NS_AMF] = "link del n4\n",
	[SN_LAB_NS_UPF] = "link del n6\n",
	[SN_LAB_NS_DN] = "",
};
static const char *const ns_setup[_SN_LAB_NS_MAX] = {
	[SN_LAB_NS_GNB] =
		"link set lo up\naddr add 10.10.2.2/24 dev n2\naddr add 10.10.3.2/24 dev n3\nlink set n2 up\nlink set n3 up\n",
	[SN_LAB_NS_AMF] =
		"link set lo up\naddr add 10.10.2.1/24 dev n2\naddr add 10.10.4.1/24 dev n4\nlink set n2 up\nlink set n4 up\n",
	[SN_LAB_NS_UPF] =
		("link set lo up\naddr add 10.10.3.1/24 dev n3\naddr add 10.10.4.2/24 dev n4\naddr add 10.10.6.1/24 dev n6\n"
		 "link set n3 up\nlink set n4 up\nlink set n6 up\n"),
	[SN_LAB_NS_DN] = "link set lo up\naddr add 10.10.6.2/24 dev n6\nlink set n6 up\nroute add 10.45.0.0/16 via 10.10.6.1\n",
};

/** Removes the namespaces that are there, interfaces first: a process of somebody else may keep a namespace alive. */
static int net_remove(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	char path[128], name[SN_LAB_NS_NAME], batch[_SN_LAB_NS_MAX * 80] = "";
	size_t len = 0;

	for (int ns = 0; ns < _SN_LAB_NS_MAX; ns++) {
		if (access(ns_path(place, ns, path), F_OK) < 0)
			continue;
		/* Half-built or half-removed labs lack some: the namespace goes anyway. */
		for (const char *line = ns_links[ns]; *line; line = strchr(line, '\n') + 1) {
			char one[32];

			snprintf(one, sizeof(one), "%.*s", (int)(strchr(line, '\n') - line + 1), line);
			(void)sn_lab_ip(place, ns, one, NULL);
		}
		len += (size_t)snprintf(batch + len, sizeof(batch) - len, "netns del %s\n", sn_lab_ns_name(place, ns, name));
	}
	return len ? sn_lab_ip(place, _SN_LAB_NS_MAX, batch, reterr) : 0;
}

static int net_build(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	char names[_SN_LAB_NS_MAX][SN_LAB_NS_NAME], batch[1024];
	int r;

	for (int ns = 0; ns < _SN_LAB_NS_MAX; ns++)
		sn_lab_ns_name(place, ns, names[ns]);
	snprintf(batch, sizeof(batch), "netns add %s\nnetns add %s\nnetns add %s\nnetns add %s\n", names[0], names[1], names[2],
		 names[3]);
	r = sn_lab_ip(place, _SN_LAB_NS_MAX, batch, reterr);
	for (int ns = 0; !r && ns < _SN_LAB_NS_MAX; ns++)
		r = ns_without_ipv6(place, ns, reterr);
	if (r < 0)
		return r;
	snprintf(batch, sizeof(batch),
		 "link add n2 netns %s type veth peer name n2 netns %s\nlink add n3 netns %s type veth peer name n3 netns %s\n"
		 "link add n4 netns %s type veth peer name n4 netns %s\nlink add n6 netns %s type veth peer name n6 netns %s\n",
		 names[SN_LAB_NS_GNB], names[SN_LAB_NS_AMF], names[SN_LAB_NS_GNB], names[SN_LAB_NS_UPF], names[SN_LAB_NS_AMF],
		 names[SN_LAB_NS_UPF], names[SN_LAB_NS_UPF], names[SN_LAB_NS_DN]);
	r = sn_lab_ip(place, _SN_LAB_NS_MAX, batch, reterr);
	for (int ns = 0; !r && ns < _SN_LAB_NS_MAX; ns++)
		r = sn_lab_ip(place, ns, ns_setup[ns], reterr);
	return r;
}

/** Opens the state file and keeps other builders out for as long as it is open. */
static int builder_begin(const struct sn_lab_place *place, int *ret_state, struct sn_diag *reterr)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_BUILDER);
	SN_AUTO_FD int state = -1;
	int r;

	r = sn_lab_place_check(place, reterr);
	if (r < 0)
		return r;
	if (geteuid() != 0)
		return sn_diag_set(reterr, -EPERM, "the lab makes network namespaces and needs root: run it with sudo");
	state = state_open(place, reterr);
	if (state < 0)
		return state;
	while (fcntl(state, F_SETLKW, &lock) < 0)
		if (errno != EINTR)
			return sn_diag_set(reterr, -errno, "cannot lock the lab's state: %s", strerror(errno));
	*ret_state = SN_TAKE_FD(state);
	return 0;
}

int sn_lab_place_up(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	SN_AUTO_FD int state = -1;
	int r;

	r = builder_begin(place, &state, reterr);
	if (r < 0)
		return r;
	player_end(state);
	r = net_remove(place, reterr);
	if (!r)
		r = net_build(place, reterr);
	if (r < 0)
		(void)net_remove(place, NULL);
	return r;
}

int sn_lab_place_down(const struct sn_lab_place *place, struct sn_diag *reterr)
{
	SN_AUTO_FD int state = -1;
	char path[512];
	int r;

	r = builder_begin(place, &state, reterr);
	if (r < 0)
		return r;
	player_end(state);
	r = net_remove(place, reterr);
	unlink(state_path(place, path));
	rmdir(state_dir_of(place)); /* stays when others use it */
	return r;
}
