/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Attaches what goes through perf events: tracepoints, also where nobody mounted tracefs, and kretprobes with room for many
 * blocked calls.
 *
 * A kretprobe holds an instance for each call that has not returned. The kernel's own number of them, twice that of the CPUs, is
 * soon taken on inet_recvmsg, where every thread waits that receives, and calls beyond it are missed. Only tracefs takes another
 * number, so the probe is defined there, under a name that tells whose it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "kernel/internal.h"

#define KRETPROBE_INSTANCES 4096 /* KRETPROBE_MAXACTIVE_MAX */
#define EVENT_GROUP	    "sauron"

#ifndef SYS_fsopen /* all architectures have these numbers */
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#endif
#define FSOPEN_CLOEXEC_FLAG  1
#define FSMOUNT_CLOEXEC_FLAG 1
#define FSCONFIG_CREATE	     6

/* A mount of tracefs that only the descriptor sees. */
static int tracefs_mount(void)
{
	SN_AUTO_FD int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC_FLAG);
	int dir;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0))
		return -errno;
	dir = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC_FLAG, 0);
	return dir < 0 ? -errno : dir;
}

int tracefs_open(void)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(paths); i++) {
		int dir = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0 && faccessat(dir, "events", R_OK, 0) == 0)
			return dir;
		if (dir >= 0)
			close(dir);
	}
	return tracefs_mount();
}

static int read_id(int tracefs, const char *event)
{
	char path[256], text[32];
	SN_AUTO_FD int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "events/%s/id", event);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n ? -errno : -ENODATA;
	text[n] = '\0';
	return (int)strtol(text, NULL, 10);
}

/* A perf event for "category/name". */
static int event_open(int tracefs, const char *event)
{
	int id = read_id(tracefs, event);
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_TRACEPOINT, .config = (uint64_t)id, .sample_period = 1, .wakeup_events = 1
	};
	int fd;

	if (id < 0)
		return id;
	fd = (int)syscall(SYS_perf_event_open, &attr, /* pid= */ -1, /* cpu= */ 0, /* group= */ -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_definition(int tracefs, const char *line)
{
	SN_AUTO_FD int fd = openat(tracefs, "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, line, strlen(line)) < 0 ? -errno : 0;
}

static void remove_event(int tracefs, const char *event)
{
	char line[160];

	snprintf(line, sizeof(line), "-:%s", event);
	write_definition(tracefs, line);
}

/* "r4096:sauron/sn_n2_kretprobe_recvmsg_1234 inet_recvmsg": of a process that is no more. */
static void sweep_line(int tracefs, char *line)
{
	char *event = strstr(line, ":" EVENT_GROUP "/"), *end, *pid;
	long maker;

	if (!event)
		return;
	event++;
	end = strchr(event, ' ');
	if (!end)
		return;
	*end = '\0';
	pid = strrchr(event, '_');
	maker = pid ? strtol(pid + 1, NULL, 10) : 0;
	if (maker > 0 && kill((pid_t)maker, 0) && errno == ESRCH)
		remove_event(tracefs, event);
}

static void sweep(int tracefs)
{
	int fd = openat(tracefs, "kprobe_events", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		sweep_line(tracefs, line);
	fclose(f);
}

static struct bpf_link *attach_event(const struct bpf_program *program, int tracefs, const char *event)
{
	struct bpf_link *link;
	int fd = event_open(tracefs, event);

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(program, fd); /* takes the descriptor */
	if (!link) {
		int err = errno;

		close(fd);
		errno = err;
	}
	return link;
}

/* @return NULL with errno where tracefs does not take it. */
static struct bpf_link *attach_kretprobe(struct part *part, const struct bpf_program *program, int tracefs, const char *function)
{
	char event[96], line[256];
	struct bpf_link *link;
	int err;

	snprintf(event, sizeof(event), EVENT_GROUP "/%.50s_%d", bpf_program__name(program), (int)getpid());
	snprintf(line, sizeof(line), "r%d:%s %.100s", KRETPROBE_INSTANCES, event, function);
	sweep(tracefs);
	err = write_definition(tracefs, line);
	if (err) {
		errno = -err;
		return NULL;
	}
	link = attach_event(program, tracefs, event);
	if (!link) {
		err = errno;
		remove_event(tracefs, event);
		errno = err;
		return NULL;
	}
	part->events[part->events_count++] = strdup(event);
	return link;
}

struct bpf_link *perf_attach(struct part *part, const struct bpf_program *program)
{
	static const char tracepoint[] = "tracepoint/", kretprobe[] = "kretprobe/";
	const char *section = bpf_program__section_name(program);
	bool is_tracepoint = strncmp(section, tracepoint, strlen(tracepoint)) == 0;
	bool is_kretprobe = strncmp(section, kretprobe, strlen(kretprobe)) == 0;
	SN_AUTO_FD int tracefs = is_tracepoint || is_kretprobe ? tracefs_open() : -1;
	struct bpf_link *link = NULL;

	if (tracefs >= 0 && is_tracepoint)
		return attach_event(program, tracefs, section + strlen(tracepoint));
	if (tracefs >= 0 && is_kretprobe && part->events_count < PART_MAX_EVENTS)
		link = attach_kretprobe(part, program, tracefs, section + strlen(kretprobe));
	return link ? link : bpf_program__attach(program);
}

void perf_events_remove(struct part *part)
{
	SN_AUTO_FD int tracefs = part->events_count ? tracefs_open() : -1;

	for (size_t i = 0; i < part->events_count; i++) {
		if (tracefs >= 0 && part->events[i])
			remove_event(tracefs, part->events[i]);
		free(part->events[i]);
	}
	part->events_count = 0;
}
