/* SPDX-License-Identifier: Apache-2.0 */
/** @file Paths of control groups, and how they are found. */
#include "model/cgroup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"

#define ID_DIGITS     64
#define UID_DIGITS    36 /* with four dashes, or underscores where systemd would take a dash for a level */
#define STATIC_DIGITS 32
#define WALK_MAX      8192 /* directories; a node has some ten per container */
#define WALK_DEPTH    16
#define HANDLE_KERNFS 0xfe /* FILEID_KERNFS of <linux/exportfs.h> */
#define LINES_OCTETS  16384

/* --- paths */

static bool are_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static bool is_uuid(const char *text, size_t len)
{
	for (size_t i = 0; i < UID_DIGITS; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (len < UID_DIGITS || (dash ? text[i] != '-' && text[i] != '_' : !isxdigit((unsigned char)text[i])))
			return false;
	}
	return true;
}

static bool ends_uid(const char *text, size_t len, size_t at)
{
	return at == len || text[at] == '.' || text[at] == ':';
}

/** "pod12345678-….", "kubepods-burstable-pod12345678_….slice", "…pod….slice:cri-containerd:ID" */
static void read_pod(const char *part, size_t len, struct sn_cgroup *cgroup)
{
	for (size_t i = 0; i + 3 + STATIC_DIGITS <= len; i++) {
		const char *uid = part + i + 3;
		size_t left = len - i - 3;
		size_t digits = is_uuid(uid, left) && ends_uid(uid, left, UID_DIGITS)		    ? UID_DIGITS
				: are_hex(uid, STATIC_DIGITS) && ends_uid(uid, left, STATIC_DIGITS) ? STATIC_DIGITS
												    : 0;

		if (!digits || strncmp(part + i, "pod", 3) != 0 || (i && part[i - 1] != '-'))
			continue;
		for (size_t n = 0; n < digits; n++)
			cgroup->pod_uid[n] = uid[n] == '_' ? '-' : (char)tolower((unsigned char)uid[n]);
		cgroup->pod_uid[digits] = '\0';
		return;
	}
}

static const char *runtime_of(const char *word, size_t len)
{
	static const struct {
		const char *word, *runtime;
	} known[] = {
		{ "cri-containerd", "containerd" },
		{ "containerd", "containerd" },
		{ "nerdctl", "containerd" },
		{ "crio", "cri-o" },
		{ "docker", "docker" },
		{ "libpod", "podman" },
		{ "libpod_parent", "podman" },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(known); i++)
		if (strlen(known[i].word) == len && strncmp(known[i].word, word, len) == 0)
			return known[i].runtime;
	return "";
}

struct part {
	const char *text;
	size_t len;
};

/**
 * "ID", "cri-containerd-ID.scope", "libpod-ID", "…:cri-containerd:ID". The helper that watches a container ("crio-conmon-ID")
 * is not in it.
 */
static bool read_container(struct part part, struct part before, struct sn_cgroup *cgroup)
{
	size_t len = part.len > 6 && strncmp(part.text + part.len - 6, ".scope", 6) == 0 ? part.len - 6 : part.len;
	const char *id = part.text + len - ID_DIGITS, *word = part.text;
	size_t word_len = len - ID_DIGITS;

	if (len < ID_DIGITS || !are_hex(id, ID_DIGITS) || (word_len && id[-1] != '-' && id[-1] != ':'))
		return false;
	if (!word_len) {
		word = before.text;
		word_len = before.len;
	} else {
		word_len--;
		for (size_t i = word_len; i-- > 0;) {
			if (part.text[i] != ':')
				continue;
			word += i + 1;
			word_len -= i + 1;
			break;
		}
	}
	if (word_len >= 6 && strncmp(word + word_len - 6, "conmon", 6) == 0)
		return false;
	for (size_t i = 0; i < ID_DIGITS; i++)
		cgroup->container[i] = (char)tolower((unsigned char)id[i]);
	cgroup->container[ID_DIGITS] = '\0';
	cgroup->runtime = runtime_of(word, word_len);
	cgroup->unit[0] = '\0';
	return true;
}

static bool ends_with(struct part part, const char *end)
{
	size_t len = strlen(end);

	return part.len > len && strncmp(part.text + part.len - len, end, len) == 0;
}

bool sn_cgroup_read(const char *path, struct sn_cgroup *ret_cgroup)
{
	struct sn_cgroup cgroup = { .runtime = "" };
	struct part part = { path, 0 }, before = { path, 0 };

	while (*part.text) {
		part.len = strcspn(part.text, "/");
		if (part.len) {
			read_pod(part.text, part.len, &cgroup);
			if (!read_container(part, before, &cgroup) && (ends_with(part, ".service") || ends_with(part, ".scope")))
				snprintf(cgroup.unit, sizeof(cgroup.unit), "%.*s", (int)part.len, part.text);
			before = part;
		}
		part.text += part.len + (part.text[part.len] == '/');
	}
	if (!cgroup.container[0] && !cgroup.pod_uid[0] && !cgroup.unit[0])
		return false;
	*ret_cgroup = cgroup;
	return true;
}

/* --- ids */

int sn_cgroup_id_of(const char *path, uint64_t *ret_id)
{
	struct stat stat_;

	if (stat(path, &stat_) < 0)
		return -errno;
	/* On 64 bits the inode number is the whole id. */
	*ret_id = stat_.st_ino;
	return 0;
}

int sn_cgroup_mount(char *ret_path, size_t size)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], root[1024], point[1024];
	int err = -ENOENT;

	while (f && err && fgets(line, sizeof(line), f)) {
		const char *type = strstr(line, " - ");

		if (!type || strncmp(type, " - cgroup2 ", 11) != 0 || sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2)
			continue;
		err = snprintf(ret_path, size, "%s", point) < (int)size ? 0 : -ENAMETOOLONG;
	}
	if (f)
		fclose(f);
	return err;
}

/** Copies what of an absolute path is below the mount. */
static int below(const char *mount, const char *path, char *ret_path, size_t size)
{
	size_t len = strlen(mount);

	if (strncmp(path, mount, len) != 0)
		return -EXDEV;
	return snprintf(ret_path, size, "%s", path[len] ? path + len : "/") < (int)size ? 0 : -ENAMETOOLONG;
}

static int path_by_handle(const char *mount, uint64_t id, char *ret_path, size_t size)
{
	struct {
		struct file_handle head;
		unsigned char octets[sizeof(id)];
	} handle = { .head = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	SN_AUTO_FD int at = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SN_AUTO_FD int fd = -1;
	char link[64], path[SN_CGROUP_PATH];
	ssize_t len;

	if (at < 0)
		return -errno;
	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(at, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	return below(mount, path, ret_path, size);
}

struct walk {
	uint64_t id;
	unsigned left;
	char path[SN_CGROUP_PATH];
};

/** Directories carry their inode number in their entry, so that none is opened but to go on. */
static bool walk_into(struct walk *walk, int fd, size_t len, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && walk->left && (entry = readdir(dir))) {
		int n, child;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		walk->left--;
		n = snprintf(walk->path + len, sizeof(walk->path) - len, "/%s", entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(walk->path) - len)
			continue;
		found = entry->d_ino == walk->id;
		child = !found && depth ? openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (child >= 0)
			found = walk_into(walk, child, len + (size_t)n, depth - 1);
	}
	if (dir)
		closedir(dir);
	else
		close(fd);
	return found;
}

int sn_cgroup_path_of(const char *mount, uint64_t id, char *ret_path, size_t size)
{
	int err = path_by_handle(mount, id, ret_path, size);
	SN_AUTO_FREE struct walk *walk = NULL;
	int fd;

	/* With the right to ask, the kernel's word is the last. */
	if (err != -EPERM && err != -EOPNOTSUPP)
		return err == -ESTALE ? -ENOENT : err;
	walk = calloc(1, sizeof(*walk));
	fd = walk ? open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return walk ? -errno : -ENOMEM;
	walk->id = id;
	walk->left = WALK_MAX;
	if (!walk_into(walk, fd, /* len= */ 0, WALK_DEPTH))
		return -ENOENT;
	return snprintf(ret_path, size, "%s", walk->path) < (int)size ? 0 : -ENAMETOOLONG;
}

/* --- processes */

static unsigned worth(const struct sn_cgroup *cgroup)
{
	return (cgroup->container[0] ? 4u : 0) + (cgroup->pod_uid[0] ? 2u : 0) + (cgroup->unit[0] ? 1u : 0);
}

bool sn_cgroup_read_lines(const char *text, struct sn_cgroup *ret_cgroup)
{
	struct sn_cgroup best = { .runtime = "" }, one;
	char path[SN_CGROUP_PATH];

	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *colon = memchr(text, ':', len);

		/* HIERARCHY:CONTROLLERS:PATH, and the path may hold colons. */
		colon = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) : NULL;
		if (colon) {
			snprintf(path, sizeof(path), "%.*s", (int)(text + len - colon - 1), colon + 1);
			if (sn_cgroup_read(path, &one) && worth(&one) > worth(&best))
				best = one;
		}
		text += len + (text[len] == '\n');
	}
	if (!worth(&best))
		return false;
	*ret_cgroup = best;
	return true;
}

bool sn_cgroup_of_process(const char *root, uint32_t pid, struct sn_cgroup *ret_cgroup)
{
	SN_AUTO_FREE char *text = calloc(1, LINES_OCTETS + 1);
	SN_AUTO_FD int fd = -1;
	char path[256];

	snprintf(path, sizeof(path), "%s/proc/%u/cgroup", root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!text || fd < 0 || read(fd, text, LINES_OCTETS) <= 0)
		return false;
	return sn_cgroup_read_lines(text, ret_cgroup);
}

static bool own_name(const char *root, uint32_t pid, char *ret_name, size_t size)
{
	SN_AUTO_FD int fd = -1;
	char path[256], name[64];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/proc/%u/comm", root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	if (len <= 0)
		return false;
	name[len] = '\0';
	name[strcspn(name, "\n")] = '\0';
	snprintf(ret_name, size, "%s", name);
	return true;
}

bool sn_cgroup_name_process(const char *root, uint32_t pid, char *ret_name, size_t size)
{
	struct sn_cgroup cgroup;

	if (!sn_cgroup_of_process(root, pid, &cgroup) || (!cgroup.container[0] && !cgroup.unit[0]))
		return own_name(root, pid, ret_name, size);
	if (cgroup.container[0])
		snprintf(ret_name, size, "%s/%.12s", cgroup.runtime[0] ? cgroup.runtime : "container", cgroup.container);
	else
		snprintf(ret_name, size, "%s", cgroup.unit);
	return true;
}
