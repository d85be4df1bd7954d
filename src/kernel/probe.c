/* SPDX-License-Identifier: Apache-2.0 */
/** @file Feature probes: each is tried on this kernel, and its refusal kept in words. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <bpf/btf.h>

#include "kernel/internal.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

static const char *const feature_names[] = {
	[SN_FEATURE_BTF] = "btf",	  [SN_FEATURE_MODULE_BTF] = "module-btf",
	[SN_FEATURE_RINGBUF] = "ringbuf", [SN_FEATURE_FENTRY] = "fentry",
	[SN_FEATURE_KPROBE] = "kprobe",	  [SN_FEATURE_TRACEPOINT] = "tracepoint",
	[SN_FEATURE_CLSACT] = "clsact",	  [SN_FEATURE_TCX] = "tcx",
	[SN_FEATURE_LSM] = "lsm",	  [SN_FEATURE_SCTP] = "sctp",
	[SN_FEATURE_STATS] = "stats",
};
_Static_assert(SN_ARRAY_SIZE(feature_names) == _SN_FEATURE_MAX, "name every feature");

static const struct bpf_insn return_0[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
					    { .code = BPF_JMP | BPF_EXIT } };

static void present(struct sn_feature_report *f)
{
	f->state = SN_FEATURE_PRESENT;
}

static void absent(struct sn_feature_report *f, int err, const char *format, ...) SN_PRINTF(3, 4);
static void absent(struct sn_feature_report *f, int err, const char *format, ...)
{
	int n = snprintf(f->reason, sizeof(f->reason), "%s: ", error_name(err));
	va_list args;

	f->state = SN_FEATURE_ABSENT;
	f->error = err;
	va_start(args, format);
	vsnprintf(f->reason + n, sizeof(f->reason) - (size_t)n, format, args);
	va_end(args);
}

/* First line of a small file; false when it cannot be read. */
static bool read_line(const char *path, char *ret_line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(ret_line, (int)size, f) != NULL;
	fclose(f);
	if (ok)
		ret_line[strcspn(ret_line, "\n")] = '\0';
	return ok;
}

uint32_t own_netns(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) ? 0 : (uint32_t)st.st_ino;
}

/* --- The node --- */

/* "none [integrity] confidentiality" → "integrity" */
static void probe_lockdown(struct sn_node *node)
{
	static const char path[] = "/sys/kernel/security/lockdown";
	char line[128], *open, *close;

	if (!read_line(path, line, sizeof(line))) {
		snprintf(node->lockdown, sizeof(node->lockdown), "unknown: %s", error_name(errno));
		return;
	}
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close)
		*close = '\0';
	snprintf(node->lockdown, sizeof(node->lockdown), "%.30s", close ? open + 1 : line);
}

static void probe_capabilities(struct sn_node *node)
{
	FILE *f = fopen("/proc/thread-self/status", "re");
	char line[256];
	unsigned long long caps;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			node->capabilities = caps;
	fclose(f);
}

static void probe_node(struct sn_node *node)
{
	struct utsname name;
	char line[32];

	if (uname(&name) == 0) {
		snprintf(node->release, sizeof(node->release), "%s", name.release);
		snprintf(node->machine, sizeof(node->machine), "%.31s", name.machine);
	}
	probe_lockdown(node);
	probe_capabilities(node);
	node->unprivileged_bpf = -1;
	if (read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line)))
		node->unprivileged_bpf = (int)strtol(line, NULL, 10);
}

/* --- BTF --- */

static void probe_btf(struct sn_node *node, struct sn_feature_report *f, const char *btf_path)
{
	const char *path = btf_path ? btf_path : VMLINUX_BTF;
	struct btf *btf = btf_path ? btf__parse(path, NULL) : NULL;
	int err = 0;

	if (btf_path)
		err = btf ? 0 : -errno;
	else if (access(path, R_OK))
		err = -errno;
	btf__free(btf);
	if (err) {
		absent(f, err, "%s", path);
		snprintf(node->btf, sizeof(node->btf), "none (%.200s)", f->reason);
		return;
	}
	present(f);
	snprintf(node->btf, sizeof(node->btf), "%s", path);
}

static void probe_module_btf(struct sn_feature_report *f)
{
	DIR *dir = opendir("/sys/kernel/btf");
	struct dirent *entry;
	bool found = false;

	if (!dir) {
		absent(f, -errno, "/sys/kernel/btf");
		return;
	}
	while ((entry = readdir(dir)))
		found = found || (entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0);
	closedir(dir);
	if (found)
		present(f);
	else
		absent(f, -ENOENT, "no module in /sys/kernel/btf");
}

/* --- BPF --- */

static void probe_ringbuf(struct sn_feature_report *f)
{
	SN_AUTO_FD int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sn_probe", 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), NULL);

	if (fd >= 0)
		present(f);
	else
		absent(f, fd, "making a ring buffer map");
}

static int load_return_0(enum bpf_prog_type type, enum bpf_attach_type attach_type, int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type, .attach_btf_id = (uint32_t)btf_id);

	return bpf_prog_load(type, "sn_probe", "GPL", return_0, SN_ARRAY_SIZE(return_0), &opts);
}

/* A program that does nothing, attached for a moment to a function or a hook by its id in the kernel's own BTF. */
static void probe_by_btf(struct sn_feature_report *f, const struct btf *btf, enum bpf_prog_type type,
			 enum bpf_attach_type attach_type, const char *function)
{
	int id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -ENOENT;
	SN_AUTO_FD int program = -1;
	SN_AUTO_FD int link = -1;

	if (id < 0) {
		absent(f, id, "%s is not in the kernel's BTF", function);
		return;
	}
	program = load_return_0(type, attach_type, id);
	if (program < 0) {
		absent(f, program, "the kernel refuses to load a program for %s", function);
		return;
	}
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link < 0)
		absent(f, link, "the kernel refuses to attach to %s", function);
	else
		present(f);
}

static void probe_lsm(struct sn_feature_report *f, const struct btf *btf)
{
	char line[256] = "";

	if (read_line("/sys/kernel/security/lsm", line, sizeof(line)) && !strstr(line, "bpf")) {
		absent(f, -EOPNOTSUPP, "the kernel was started without bpf in lsm= (%s)", line);
		return;
	}
	probe_by_btf(f, btf, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_syslog");
}

/* Loads only: to close a perf event again waits for all CPUs, 50 ms. What attaching says stands in the plan. */
static void probe_perf(struct sn_feature_report *f, enum bpf_prog_type type, const char *what)
{
	SN_AUTO_FD int program = load_return_0(type, 0, 0);

	if (program < 0)
		absent(f, program, "the kernel refuses to load a program for %s", what);
	else
		present(f);
}

static void probe_kprobe(struct sn_feature_report *f)
{
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK))
		absent(f, -errno, "no CONFIG_KPROBE_EVENTS (/sys/bus/event_source/devices/kprobe)");
	else
		probe_perf(f, BPF_PROG_TYPE_KPROBE, "kprobes");
}

static void probe_tracepoint(struct sn_feature_report *f)
{
	SN_AUTO_FD int tracefs = tracefs_open();

	if (tracefs < 0)
		absent(f, tracefs, "tracefs is not mounted, and cannot be");
	else if (faccessat(tracefs, "events/syscalls/sys_enter_sendmsg/id", R_OK, 0))
		absent(f, -errno, "the tracepoint syscalls:sys_enter_sendmsg (CONFIG_FTRACE_SYSCALLS)");
	else
		probe_perf(f, BPF_PROG_TYPE_TRACEPOINT, "tracepoints");
}

static void probe_clsact(struct sn_feature_report *f)
{
	struct words words;
	int err;

	words_begin(&words);
	err = clsact_probe();
	words_end();
	if (err)
		absent(f, err, "clsact on the loopback of a network namespace of its own");
	else
		present(f);
}

/* Asked, not attached: each attachment waits for all CPUs, twice. */
static void probe_tcx(struct sn_feature_report *f)
{
	uint32_t attach_flags, ids[1], count = 0;
	int err = bpf_prog_query(/* ifindex= */ 1, (enum bpf_attach_type)TCX_INGRESS, 0, &attach_flags, ids, &count);

	if (err && err != -ENOSPC)
		absent(f, err, "asking for the tcx programs of the loopback");
	else
		present(f);
}

static void probe_stats(struct sn_feature_report *f)
{
	SN_AUTO_FD int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd < 0)
		absent(f, fd, "BPF_ENABLE_STATS");
	else
		present(f);
}

/* --- SCTP --- */

static bool file_has(const char *path, const char *needle)
{
	FILE *f = fopen(path, "re");
	char line[4096];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		/* modules.dep: the file before the colon, not what depends on it. */
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, needle) != NULL;
	}
	fclose(f);
	return found;
}

/* Looks before it tries: a socket() would load the module. */
static void probe_sctp(struct sn_feature_report *f, const char *release)
{
	char path[256];
	int fd;

	if (access("/sys/module/sctp", F_OK) == 0 || access("/proc/net/sctp", F_OK) == 0) {
		present(f);
		return;
	}
	snprintf(path, sizeof(path), "/lib/modules/%.128s/modules.dep", release);
	if (file_has(path, "/net/sctp/sctp.ko")) {
		f->state = SN_FEATURE_LOADABLE;
		snprintf(f->reason, sizeof(f->reason), "the module sctp is on disk, not loaded");
		return;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
	if (fd < 0) {
		absent(f, -errno, "no CONFIG_IP_SCTP, and no module sctp in /lib/modules");
		return;
	}
	close(fd);
	present(f);
}

void sn_node_probe(struct sn_node *ret_node, const char *btf_path)
{
	struct sn_feature_report *f = ret_node->features;
	struct btf *btf;
	struct words words;

	*ret_node = (struct sn_node) { 0 };
	for (int i = 0; i < _SN_FEATURE_MAX; i++)
		f[i].name = feature_names[i];
	words_begin(&words);
	probe_node(ret_node);
	probe_btf(ret_node, &f[SN_FEATURE_BTF], btf_path);
	probe_module_btf(&f[SN_FEATURE_MODULE_BTF]);
	probe_ringbuf(&f[SN_FEATURE_RINGBUF]);
	btf = btf__parse_raw(VMLINUX_BTF);
	probe_by_btf(&f[SN_FEATURE_FENTRY], btf, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "inet_sendmsg");
	probe_kprobe(&f[SN_FEATURE_KPROBE]);
	probe_tracepoint(&f[SN_FEATURE_TRACEPOINT]);
	probe_lsm(&f[SN_FEATURE_LSM], btf);
	btf__free(btf);
	probe_sctp(&f[SN_FEATURE_SCTP], ret_node->release);
	probe_stats(&f[SN_FEATURE_STATS]);
	probe_tcx(&f[SN_FEATURE_TCX]);
	words_end();
	probe_clsact(&f[SN_FEATURE_CLSACT]);
}

const struct sn_feature_report *sn_node_feature(const struct sn_node *node, enum sn_feature feature)
{
	return &node->features[feature];
}
