/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The guest's first process: loads the modules of the boot, lays an overlay over the host's /, runs the command, carries
 * its output and exit status out by virtio-serial ports. Linked statically into the initramfs by vmrun, which also tells it by
 * the kernel's command line: vmrun= the run's directory (cmd, shares), vmrun_kernel= the kernel's, vmrun_fs= 9p or virtiofs.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_TRIES    2000
#define PORT_PAUSE_US 5000
#define GRACE_MS      500 /* how long a process left behind may hold the command's output open */

static int kmsg = -1;
static char cmdline[4096];

/* One write() makes one line of the kernel's log, which vmrun shows when the guest dies. */
static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	char line[512] = "<1>vmrun: ";
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + strlen(line), sizeof(line) - strlen(line), format, ap);
	va_end(ap);
	if (write(kmsg, line, strlen(line)) < 0)
		return; /* nobody left to tell */
}

static void die(const char *what)
{
	say("%s: %s", what, strerror(errno));
	sync();
	reboot(RB_AUTOBOOT);
	_exit(1);
}

static void mount_on(const char *type, const char *dir, const char *options)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, options))
		say("mount %s on %s: %s", type, dir, strerror(errno));
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		say("%s: %s", path, strerror(errno));
	close(fd);
}

static void read_file(const char *path, char *ret_text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n;

	while (fd >= 0 && got < size - 1 && (n = read(fd, ret_text + got, size - 1 - got)) > 0)
		got += (size_t)n;
	close(fd);
	ret_text[got] = 0;
}

/* The value of NAME=value on the kernel's command line; %20 and the like stand for what cannot lie there. */
static void parameter(const char *name, char *ret_value, size_t size)
{
	const char *at = cmdline;
	size_t n = 0;

	while ((at = strstr(at, name)) && (at[strlen(name)] != '=' || (at > cmdline && at[-1] != ' ')))
		at++;
	for (at = at ? at + strlen(name) + 1 : ""; *at && *at != ' ' && *at != '\n' && n < size - 1; at++) {
		unsigned octet = (unsigned char)*at;

		if (*at == '%' && sscanf(at + 1, "%2x", &octet) == 1)
			at += 2;
		ret_value[n++] = (char)octet;
	}
	ret_value[n] = 0;
}

/* virtio_mmio learns of the devices by parameters, which the kernel's command line holds for a module that is not loaded yet. */
static void mmio_arguments(char *ret_arguments, size_t size)
{
	static char copy[sizeof(cmdline)];
	char *save, *word;
	size_t n = 0;

	memcpy(copy, cmdline, sizeof(copy));
	for (word = strtok_r(copy, " \n", &save); word && n < size; word = strtok_r(NULL, " \n", &save))
		if (!strncmp(word, "virtio_mmio.", 12))
			n += (size_t)snprintf(ret_arguments + n, size - n, "%s ", word + 12);
}

static void load_modules(void)
{
	static char list[65536];
	char *save, *name, path[256], arguments[4096];

	read_file("/m/list", list, sizeof(list));
	for (name = strtok_r(list, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
		arguments[0] = 0;
		if (!strcmp(name, "virtio_mmio.ko"))
			mmio_arguments(arguments, sizeof(arguments));
		snprintf(path, sizeof(path), "/m/%s", name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, arguments, 0))
			say("%s: %s", name, strerror(errno));
		close(fd);
	}
}

static int mount_host(const char *fs, const char *tag, const char *dir, bool read_only)
{
	unsigned long flags = read_only ? MS_RDONLY : 0;
	char options[128];

	mkdir(dir, 0755);
	if (!strcmp(fs, "virtiofs"))
		return mount(tag, dir, fs, flags, NULL);
	snprintf(options, sizeof(options), "trans=virtio,version=9p2000.L,msize=262144,cache=%s", read_only ? "loose" : "mmap");
	return mount(tag, dir, fs, flags, options);
}

/* The host's / below, memory above; what the command writes is gone with the guest. */
static void switch_root(const char *fs)
{
	static const char *const moved[] = { "dev", "proc", "sys" };
	char from[8], to[16];

	if (mount_host(fs, "host", "/lower", true))
		die("mount the host's /");
	mount_on("tmpfs", "/rw", "size=75%");
	mkdir("/rw/up", 0755);
	mkdir("/rw/aside", 0755);
	mkdir("/new", 0755);
	if (mount("overlay", "/new", "overlay", 0, "lowerdir=/lower,upperdir=/rw/up,workdir=/rw/aside"))
		die("overlay");
	for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++) {
		snprintf(from, sizeof(from), "/%s", moved[i]);
		snprintf(to, sizeof(to), "/new/%s", moved[i]);
		if (mount(from, to, NULL, MS_MOVE, NULL))
			die(to);
	}
	if (chdir("/new") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("switch root");
}

static void mount_kernel_filesystems(void)
{
	mount_on("tmpfs", "/run", NULL);
	mount_on("tmpfs", "/dev/shm", NULL);
	mount_on("devpts", "/dev/pts", "ptmxmode=666");
	write_file("/proc/sys/kernel/modprobe", "\n"); /* else bpffs runs modprobe bpf_preload */
	mount_on("bpf", "/sys/fs/bpf", NULL);
	write_file("/proc/sys/kernel/modprobe", "/sbin/modprobe\n");
	mount_on("debugfs", "/sys/kernel/debug", NULL);
	mount_on("tracefs", "/sys/kernel/tracing", NULL);
	mount_on("securityfs", "/sys/kernel/security", NULL);
	mount_on("cgroup2", "/sys/fs/cgroup", NULL);
}

/* The directories of the list `shares`, one a line, are writable at their own paths: rw0, rw1 … */
static void mount_shares(const char *run, const char *fs)
{
	static char list[65536];
	char *save, *dir, tag[16], path[4200];
	int i = 0;

	snprintf(path, sizeof(path), "%s/shares", run);
	read_file(path, list, sizeof(list));
	for (dir = strtok_r(list, "\n", &save); dir; dir = strtok_r(NULL, "\n", &save)) {
		snprintf(tag, sizeof(tag), "rw%d", i++);
		if (mount_host(fs, tag, dir, false))
			say("share %s: %s", dir, strerror(errno));
	}
}

static void link_to(const char *target, const char *path)
{
	if (symlink(target, path) && errno != EEXIST)
		say("%s: %s", path, strerror(errno));
}

static void link_kernel(const char *kernel)
{
	char target[4300], path[256];
	struct utsname u;

	uname(&u);
	mkdir("/lib/modules", 0755);
	mkdir("/boot", 0755);
	snprintf(target, sizeof(target), "%s/lib/modules/%s", kernel, u.release);
	snprintf(path, sizeof(path), "/lib/modules/%s", u.release);
	link_to(target, path);
	snprintf(target, sizeof(target), "%s/config", kernel);
	snprintf(path, sizeof(path), "/boot/config-%s", u.release);
	link_to(target, path);
	link_to("/proc/self/fd", "/dev/fd");
	link_to("fd/0", "/dev/stdin");
	link_to("fd/1", "/dev/stdout");
	link_to("fd/2", "/dev/stderr");
}

static void set_limits(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sethostname("vm", 2) || ioctl(s, SIOCSIFFLAGS, &lo))
		say("lo: %s", strerror(errno));
	close(s);
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit) { RLIM_INFINITY, RLIM_INFINITY });
	setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 65536, 65536 });
}

static pid_t start(const char *run, int out, int err)
{
	char path[4200];
	pid_t child = fork();

	if (child)
		return child;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	snprintf(path, sizeof(path), "%s/cmd", run);
	execl("/bin/sh", "sh", path, (char *)NULL);
	dprintf(2, "vmrun: /bin/sh: %s\n", strerror(errno));
	_exit(127);
}

static bool carry(int from, int to)
{
	static char data[65536];
	ssize_t n = read(from, data, sizeof(data)), w;

	for (ssize_t done = 0; done < n; done += w)
		if ((w = write(to, data + done, (size_t)(n - done))) <= 0)
			return false;
	return n > 0;
}

/* Reaps every orphan, and returns the exit status of `child` once its output has been carried out. */
static int wait_for(pid_t child, int signals, int out, int err, const int ports[3])
{
	struct pollfd p[3] = { { out, POLLIN, 0 }, { err, POLLIN, 0 }, { signals, POLLIN, 0 } };
	int status, code = -1;

	while ((code < 0 || p[0].fd >= 0 || p[1].fd >= 0) && poll(p, 3, code < 0 ? -1 : GRACE_MS) > 0) {
		struct signalfd_siginfo info;

		if (p[2].revents && read(signals, &info, sizeof(info)) > 0)
			for (pid_t w; (w = waitpid(-1, &status, WNOHANG)) > 0;)
				if (w == child)
					code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents && !carry(p[i].fd, ports[i]))
				p[i].fd = -1;
	}
	return code;
}

/* The driver adds the ports in the background: on a busy machine they are not there yet when the command could start. */
static int open_port(int number)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/vport0p%d", number);
	for (int i = 0; (fd = open(path, O_WRONLY | O_CLOEXEC)) < 0; i++) {
		if (i == PORT_TRIES)
			die(path);
		usleep(PORT_PAUSE_US);
	}
	return fd;
}

static int run_command(const char *run)
{
	int out[2], err[2], ports[3];
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe");
	for (int i = 0; i < 3; i++)
		ports[i] = open_port(i + 1);
	int signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	pid_t child = start(run, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	int code = wait_for(child, signals, out[0], err[0], ports);
	sync();
	return dprintf(ports[2], "%d\n", code);
}

int main(void)
{
	char run[4096], kernel[4096], fs[16];

	mount_on("devtmpfs", "/dev", NULL);
	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	mount_on("proc", "/proc", NULL);
	mount_on("sysfs", "/sys", NULL);
	read_file("/proc/cmdline", cmdline, sizeof(cmdline));
	parameter("vmrun", run, sizeof(run));
	parameter("vmrun_kernel", kernel, sizeof(kernel));
	parameter("vmrun_fs", fs, sizeof(fs));
	load_modules();
	switch_root(fs);
	mount_kernel_filesystems();
	mount_shares(run, fs);
	link_kernel(kernel);
	set_limits();
	run_command(run);
	for (;;)
		pause(); /* vmrun ends the machine */
}
