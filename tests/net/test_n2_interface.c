/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The packet tap on interfaces of network namespaces that the test makes: frames that are sent arrive in the ring, in both
 * directions, with and without a link-layer header; foreign filters stay; what was attached goes. Needs root, iproute2.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/types.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/macro.h"
#include "frames.h"
#include "kernel/kernel.h"
#include "modules/n2.skel.h"
#include "modules/n2/n2.h"
#include "modules/n2/n2_hooks.h"
#include "unit/test.h"

#define NETNS	"/run/netns/"
#define PORT	38412
#define SCTP	132
#define MAX_GOT 64

struct got {
	struct sn_n2_packet_event head;
	uint8_t bytes[2048];
};

struct world {
	char near[32], far[32]; /* names of the namespaces: the tap is in the near one */
	struct sn_kernel *kernel;
	struct sn_object *object;
	struct got got[MAX_GOT];
	size_t count;
};

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void keep(void *ctx, const void *record, size_t length)
{
	struct world *w = ctx;
	const struct sn_n2_packet_event *e = record;

	if (w->count == MAX_GOT || e->head.type != SN_N2_EVENT_PACKET || length > sizeof(struct got))
		return;
	memcpy(&w->got[w->count++], record, length);
}

/* Fragments of SCTP pass the filter whatever their ports: nothing else on these interfaces is SCTP. */
static void wait_for(struct world *w, size_t count)
{
	for (int i = 0; i < 100 && w->count < count; i++) {
		sn_kernel_ring_consume(w->kernel, 0);
		if (w->count < count)
			usleep(10000);
	}
	usleep(20000);
	sn_kernel_ring_consume(w->kernel, 0);
}

/* Runs in a child: a process enters a namespace for good. */
static void send_frame(const char *netns, const char *interface, const struct frame *f)
{
	char path[64];
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd;
		struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htobe16(ETH_P_ALL) };

		snprintf(path, sizeof(path), NETNS "%s", netns);
		fd = open(path, O_RDONLY);
		if (fd < 0 || setns(fd, CLONE_NEWNET))
			_exit(1);
		fd = socket(AF_PACKET, SOCK_RAW, 0);
		to.sll_ifindex = (int)if_nametoindex(interface);
		_exit(fd >= 0 && sendto(fd, f->data, f->len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)f->len ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void attach(struct world *w, const char *interface)
{
	struct sn_diag diag = { 0 };
	char path[64];

	snprintf(path, sizeof(path), NETNS "%s", w->near);
	if (sn_kernel_attach_interface(w->object, path, interface, &diag))
		fail_msg("%s", diag.text);
}

static int detach(struct world *w, const char *interface)
{
	char path[64];

	snprintf(path, sizeof(path), NETNS "%s", w->near);
	return sn_kernel_detach_interface(w->object, path, interface);
}

static void build(struct frame *f, uint16_t size)
{
	f->len = 0;
	frame_ethernet(f, ETH_P_IP);
	frame_ipv4(f, SCTP, (uint16_t)(FRAME_SCTP_HEADS + size), 0, 5);
	frame_sctp(f, 40000, PORT, size);
}

static uint32_t netns_of(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), NETNS "%s", name);
	assert_int_equal(stat(path, &st), 0);
	return (uint32_t)st.st_ino;
}

static void test_both_directions(void **state)
{
	struct world *w = *state;
	static struct frame f;

	attach(w, "tap0");
	build(&f, 200);
	send_frame(w->far, "tap1", &f);
	wait_for(w, 1);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->got[0].head.egress, 0);
	assert_int_equal(w->got[0].head.l3, 0);
	assert_int_equal(w->got[0].head.netns, netns_of(w->near));
	assert_int_equal(w->got[0].head.size, f.len);
	assert_memory_equal(w->got[0].bytes, f.data, f.len);
	send_frame(w->near, "tap0", &f);
	wait_for(w, 2);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->got[1].head.egress, 1);
	assert_int_equal(w->got[1].head.ifindex, w->got[0].head.ifindex);
	assert_memory_equal(w->got[1].bytes, f.data, f.len);
}

static void test_twice_is_refused(void **state)
{
	struct world *w = *state;
	struct sn_diag diag = { 0 };
	char path[64];

	snprintf(path, sizeof(path), NETNS "%s", w->near);
	attach(w, "tap0");
	assert_int_equal(sn_kernel_attach_interface(w->object, path, "tap0", &diag), -EEXIST);
	assert_non_null(strstr(diag.text, "tap0"));
	assert_int_equal(sn_kernel_attach_interface(w->object, path, "nothing", &diag), -ENODEV);
	assert_int_equal(sn_kernel_attach_interface(w->object, NETNS "no-such-namespace", "tap0", &diag), -ENOENT);
	assert_int_equal(detach(w, "nothing"), -ENOENT);
}

static void test_detached_sees_nothing(void **state)
{
	struct world *w = *state;
	static struct frame f;

	attach(w, "tap0");
	assert_int_equal(detach(w, "tap0"), 0);
	build(&f, 200);
	send_frame(w->far, "tap1", &f);
	wait_for(w, 1);
	assert_int_equal(w->count, 0);
	assert_int_equal(shell("ip netns exec %s tc qdisc show dev tap0 | grep -q clsact", w->near), 1);
	attach(w, "tap0");
	send_frame(w->far, "tap1", &f);
	wait_for(w, 1);
	assert_int_equal(w->count, 1);
}

/* A device of the same name that came after ours went is another device. */
static void test_device_comes_anew(void **state)
{
	struct world *w = *state;
	static struct frame f;

	attach(w, "tap0");
	assert_int_equal(shell("ip -n %s link del tap0 && ip link add tap0 netns %s type veth peer name tap1 netns %s && "
			       "ip -n %s link set tap0 up && ip -n %s link set tap1 up",
			       w->near, w->near, w->far, w->near, w->far),
			 0);
	attach(w, "tap0");
	build(&f, 64);
	send_frame(w->far, "tap1", &f);
	wait_for(w, 1);
	assert_int_equal(w->count, 1);
}

/* In a child that entered the namespace: a program that drops everything, in a filter that outlives the child. */
static int add_dropper(const char *interface)
{
	const struct bpf_insn drop[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 /* TC_ACT_SHOT */ },
		{ .code = BPF_JMP | BPF_EXIT }
	};
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(interface), .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 20,
		    .prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", drop, SN_ARRAY_SIZE(drop), NULL));

	return bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts);
}

static void in_child(const char *netns, int (*fn)(const char *interface), const char *interface)
{
	char path[64];
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd;

		snprintf(path, sizeof(path), NETNS "%s", netns);
		fd = open(path, O_RDONLY);
		_exit(fd < 0 || setns(fd, CLONE_NEWNET) || fn(interface));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Someone else's filter, which drops everything, is there before us and after us; we see the packets all the same. */
static void test_foreign_filter_stays(void **state)
{
	struct world *w = *state;
	static struct frame f;

	in_child(w->near, add_dropper, "tap0");
	attach(w, "tap0");
	build(&f, 64);
	send_frame(w->far, "tap1", &f);
	wait_for(w, 1);
	assert_int_equal(w->count, 1);
	assert_int_equal(detach(w, "tap0"), 0);
	assert_int_equal(shell("ip netns exec %s tc filter show dev tap0 ingress | grep -q foreign", w->near), 0);
}

static int tun_open(const char *netns, const char *name)
{
	char path[64];
	int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), there, fd;
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	snprintf(path, sizeof(path), NETNS "%s", netns);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	there = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(there, CLONE_NEWNET), 0);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		fd = -1;
	}
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
	close(there);
	return fd;
}

static void test_no_link_layer_header(void **state)
{
	struct world *w = *state;
	int fd = tun_open(w->near, "tun0");
	static struct frame f;

	if (fd < 0) {
		print_message("skipped: no tun device: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(shell("ip -n %s link set tun0 up", w->near), 0);
	attach(w, "tun0");
	f.len = 0;
	frame_ipv6(&f, SCTP, 128);
	frame_sctp(&f, PORT, 40000, 100);
	assert_int_equal(write(fd, f.data, f.len), f.len);
	wait_for(w, 1);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->got[0].head.l3, 1);
	assert_int_equal(w->got[0].head.size, f.len);
	assert_memory_equal(w->got[0].bytes, f.data, f.len);
	close(fd);
}

/* One record at a time, until there is none. */
static void test_consume_in_portions(void **state)
{
	struct world *w = *state;
	uint64_t waiting = 0, size = 0, counters[SN_KERNEL_COUNTERS];
	static struct frame f;

	attach(w, "tap0");
	build(&f, 64);
	for (int i = 0; i < 3; i++)
		send_frame(w->far, "tap1", &f);
	usleep(50000);
	sn_kernel_ring_fill(w->kernel, &waiting, &size);
	assert_int_equal(size, 1 << 20);
	assert_int_equal(waiting, 3 * (8 + 256));
	assert_int_equal(sn_kernel_ring_consume(w->kernel, 2), 2);
	assert_int_equal(w->count, 2);
	assert_int_equal(sn_kernel_ring_consume(w->kernel, 0), 1);
	assert_int_equal(sn_kernel_ring_consume(w->kernel, 0), 0);
	sn_kernel_ring_fill(w->kernel, &waiting, &size);
	assert_int_equal(waiting, 0);
	assert_int_equal(sn_kernel_counters(w->kernel, SN_MODULE_N2, counters), 0);
	assert_int_equal(counters[SN_KERNEL_SEEN], 3);
	assert_int_equal(counters[SN_KERNEL_PASSED], 3);
}

#define BURST 5000

static int send_burst(const char *interface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	static struct frame f;

	for (uint32_t i = 0; i < BURST; i++) {
		build(&f, (uint16_t)(4 + i * 37 % 1400));
		sn_put_be32(f.data + f.len - 4, i);
		/* The peer's queue takes a number of frames at a time. */
		while (sendto(fd, f.data, f.len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			if (errno != ENOBUFS)
				return 1;
		if (i % 64 == 63)
			usleep(1000);
	}
	return 0;
}

struct burst {
	uint32_t next;
	size_t got, lost, bad;
};

static void check_burst(void *ctx, const void *record, size_t length)
{
	const struct sn_n2_packet_event *e = record;
	struct burst *burst = ctx;
	static struct frame f;
	uint32_t number = sn_be32((const uint8_t *)(e + 1) + e->captured - 4);

	build(&f, (uint16_t)(4 + number * 37 % 1400));
	sn_put_be32(f.data + f.len - 4, number);
	burst->lost += number - burst->next;
	burst->bad += length != sizeof(*e) + f.len || memcmp(e + 1, f.data, f.len) != 0;
	burst->next = number + 1;
	burst->got++;
}

/*
 * Several times round the ring, with records that are cut at its end: whole, in order, read as they are woken for, and each that
 * the ring had no room for (should this process not get its turn) is counted.
 */
static void test_round_the_ring(void **state)
{
	struct world *w = *state;
	struct burst burst = { 0 };
	uint64_t counters[SN_KERNEL_COUNTERS];
	int status, turns = 0;
	pid_t child;

	attach(w, "tap0");
	sn_kernel_route(w->kernel, SN_MODULE_N2, check_burst, &burst);
	child = fork();
	if (child == 0) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), NETNS "%s", w->far);
		fd = open(path, O_RDONLY);
		_exit(fd < 0 || setns(fd, CLONE_NEWNET) || send_burst("tap1"));
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct pollfd wait = { .fd = sn_kernel_ring_fd(w->kernel), .events = POLLIN };

		poll(&wait, 1, 100);
		assert_true(sn_kernel_ring_consume(w->kernel, 100) >= 0);
		turns++;
	}
	assert_int_equal(status, 0);
	usleep(50000);
	assert_true(sn_kernel_ring_consume(w->kernel, 0) >= 0);
	assert_int_equal(sn_kernel_counters(w->kernel, SN_MODULE_N2, counters), 0);
	assert_int_equal(burst.bad, 0);
	assert_int_equal(burst.got, counters[SN_KERNEL_PASSED]);
	assert_int_equal(burst.got + counters[SN_KERNEL_DROP_RING], BURST);
	assert_int_equal(burst.lost + BURST - burst.next, counters[SN_KERNEL_DROP_RING]);
	assert_true(burst.got > 2000); /* four times round */
	print_message("%d turns\n", turns);
}

/* --- Fixture: two namespaces, a veth pair between them, the kernel side loaded --- */

static bool packet_only(void *ctx, const struct sn_hook *hook)
{
	return strcmp(hook->group, "packet") == 0;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sn_kernel_options options = { .ring_size = 1 << 20 };
	struct sn_kernel_spec spec = { .module = "n2", .hooks = sn_n2_hooks };
	struct sn_diag diag = { 0 };
	struct sn_plan plan;

	*state = w;
	if (!w)
		return -1;
	snprintf(w->near, sizeof(w->near), "sn-test-near-%d", getpid());
	snprintf(w->far, sizeof(w->far), "sn-test-far-%d", getpid());
	if (shell("ip netns add %s && ip netns add %s && ip link add tap0 netns %s type veth peer name tap1 netns %s && "
		  "ip -n %s link set tap0 up && ip -n %s link set tap1 up",
		  w->near, w->far, w->near, w->far, w->near, w->far))
		return -1;
	spec.elf = n2_bpf__elf_bytes(&spec.elf_size);
	if (sn_kernel_open(&options, &w->kernel, &diag) ||
	    sn_kernel_attach(w->kernel, &spec, packet_only, /* dry_run= */ false, &plan, &w->object, &diag)) {
		print_message("%s\n", diag.text);
		return -1;
	}
	sn_object_map_set(w->object, "n2_ports", &(uint16_t) { PORT }, &(uint8_t) { 1 });
	sn_kernel_route(w->kernel, SN_MODULE_N2, keep, w);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (!w)
		return 0;
	sn_kernel_close(w->kernel);
	shell("ip netns del %s; ip netns del %s", w->near, w->far);
	free(w);
	return 0;
}

#define INTERFACE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INTERFACE_TEST(test_both_directions),	    INTERFACE_TEST(test_twice_is_refused),
		INTERFACE_TEST(test_detached_sees_nothing), INTERFACE_TEST(test_device_comes_anew),
		INTERFACE_TEST(test_foreign_filter_stays),  INTERFACE_TEST(test_no_link_layer_header),
		INTERFACE_TEST(test_consume_in_portions),   INTERFACE_TEST(test_round_the_ring),
	};

	if (geteuid() != 0) {
		printf("skipped: network namespaces and BPF programs need root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
