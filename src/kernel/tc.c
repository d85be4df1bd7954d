/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Packet programs on interfaces: tcx where the kernel has it, else a filter of our own in a clsact qdisc; in any network
 * namespace. Nothing that others attached is displaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kernel/internal.h"
#include "kernel/netlink.h"

#define TCX_BEFORE    (1u << 3) /* BPF_F_BEFORE without a neighbour: first, so that no one's verdict hides a packet from us */
#define TC_PRIORITY   10
#define TC_HANDLE     0x534e
#define PROGRAM_MARK  "sn_"
#define DIRECTIONS    2
#define PROGRAM_NAMES 4 /* ingress, egress, the same without a link-layer header */

struct interface {
	char *netns_path; /* NULL: the agent's own. A descriptor would keep a dead pod's namespace alive. */
	uint32_t netns;
	char name[IF_NAMESIZE];
	int ifindex;
	int links[DIRECTIONS]; /* tcx; -1 with clsact */
	bool clsact;
	bool made_qdisc;
	struct interface *next;
};

/* What a call in another network namespace needs and gives back. */
struct work {
	struct interface *interface;
	int programs[PROGRAM_NAMES];
	bool tcx;
	struct words words;
};

/* --- Calls in a network namespace --- */

struct call {
	int netns_fd;
	int (*fn)(void *arg);
	void *arg;
	int result;
};

static void *call_there(void *arg)
{
	struct call *call = arg;

	call->result = setns(call->netns_fd, CLONE_NEWNET) ? -errno : call->fn(call->arg);
	return NULL;
}

int in_netns(int netns_fd, int (*fn)(void *arg), void *arg)
{
	struct call call = { netns_fd, fn, arg, 0 };
	pthread_t thread;
	int err;

	if (netns_fd < 0)
		return fn(arg);
	/* A thread that ends there: there is no way back that could fail. */
	err = pthread_create(&thread, NULL, call_there, &call);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return call.result;
}

/* --- clsact --- */

static struct bpf_tc_hook tc_hook(int ifindex, enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook) { .sz = sizeof(struct bpf_tc_hook), .ifindex = ifindex, .attach_point = point };
}

static const enum bpf_tc_attach_point points[DIRECTIONS] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

/* A filter at our place that carries one of our programs was left by an agent that was killed. */
static bool filter_is_ours(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, query, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	SN_AUTO_FD int fd = -1;

	if (bpf_tc_query(hook, &query))
		return false;
	fd = bpf_prog_get_fd_by_id(query.prog_id);
	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
	       strncmp(info.name, PROGRAM_MARK, strlen(PROGRAM_MARK)) == 0;
}

static int filter_attach(struct interface *interface, int direction, int program)
{
	struct bpf_tc_hook hook = tc_hook(interface->ifindex, points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY, .prog_fd = program);
	int err;

	if (filter_is_ours(&hook)) {
		opts.flags = BPF_TC_F_REPLACE;
		interface->made_qdisc = true;
	}
	err = bpf_tc_attach(&hook, &opts);
	return err;
}

static void filter_detach(const struct interface *interface, int direction)
{
	struct bpf_tc_hook hook = tc_hook(interface->ifindex, points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);

	if (filter_is_ours(&hook))
		bpf_tc_detach(&hook, &opts);
}

static void clsact_detach(const struct interface *interface)
{
	struct bpf_tc_hook both = tc_hook(interface->ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);

	for (int i = 0; i < DIRECTIONS; i++)
		filter_detach(interface, i);
	/* What somebody else has put into the qdisc meanwhile stays. */
	if (interface->made_qdisc && netlink_count_filters(interface->ifindex) == 0)
		bpf_tc_hook_destroy(&both);
}

static int clsact_attach(struct interface *interface, const int programs[DIRECTIONS])
{
	struct bpf_tc_hook both = tc_hook(interface->ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = bpf_tc_hook_create(&both);

	if (err && err != -EEXIST)
		return err;
	interface->clsact = true;
	interface->made_qdisc = !err;
	for (int i = 0; i < DIRECTIONS; i++) {
		err = filter_attach(interface, i, programs[i]);
		if (err) {
			clsact_detach(interface);
			return err;
		}
	}
	return 0;
}

/* --- tcx --- */

static void tcx_detach(struct interface *interface)
{
	for (int i = 0; i < DIRECTIONS; i++) {
		if (interface->links[i] >= 0)
			close(interface->links[i]);
		interface->links[i] = -1;
	}
}

static int tcx_attach(struct interface *interface, const int programs[DIRECTIONS])
{
	static const int types[DIRECTIONS] = { TCX_INGRESS, TCX_EGRESS };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = TCX_BEFORE);

	for (int i = 0; i < DIRECTIONS; i++) {
		int fd = bpf_link_create(programs[i], interface->ifindex, (enum bpf_attach_type)types[i], &opts);

		if (fd < 0) {
			tcx_detach(interface);
			return fd;
		}
		interface->links[i] = fd;
	}
	return 0;
}

/* --- Interfaces --- */

/* Whether frames on the device begin with an Ethernet header. @return 1, 0, or a negative errno. */
static int device_is_ethernet(const char *name)
{
	SN_AUTO_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		return -errno;
	return request.ifr_hwaddr.sa_family == ARPHRD_ETHER || request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

static int attach_there(void *arg)
{
	struct work *work = arg;
	struct interface *interface = work->interface;
	int ethernet, err = -EOPNOTSUPP;
	const int *programs;

	interface->ifindex = (int)if_nametoindex(interface->name);
	if (!interface->ifindex)
		return -errno;
	ethernet = device_is_ethernet(interface->name);
	if (ethernet < 0)
		return ethernet;
	programs = ethernet ? &work->programs[0] : &work->programs[DIRECTIONS];
	words_begin(&work->words);
	if (work->tcx)
		err = tcx_attach(interface, programs);
	if (err)
		err = clsact_attach(interface, programs);
	words_end();
	return err;
}

static int detach_there(void *arg)
{
	const struct interface *interface = arg;
	struct words words;

	/* The name may be another device's by now. */
	if ((int)if_nametoindex(interface->name) != interface->ifindex)
		return 0;
	words_begin(&words);
	clsact_detach(interface);
	words_end();
	return 0;
}

static int netns_open(const char *path, uint32_t *ret_inum)
{
	int fd = open(path ? path : "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		int err = -errno;

		close(fd);
		return err;
	}
	*ret_inum = (uint32_t)st.st_ino;
	return fd;
}

static void interface_detach(struct interface *interface)
{
	SN_AUTO_FD int netns_fd = -1;
	uint32_t netns = 0;

	tcx_detach(interface);
	if (!interface->clsact)
		return;
	netns_fd = netns_open(interface->netns_path, &netns);
	if (netns_fd >= 0 && netns == interface->netns)
		in_netns(interface->netns_path ? netns_fd : -1, detach_there, interface);
}

static struct interface *interface_free(struct interface *interface)
{
	if (!interface)
		return NULL;
	free(interface->netns_path);
	free(interface);
	return NULL;
}

void interfaces_free(struct sn_object *object)
{
	while (object->interfaces) {
		struct interface *interface = object->interfaces;

		object->interfaces = interface->next;
		interface_detach(interface);
		interface_free(interface);
	}
}

/* The packet programs that tell this network namespace in their records; loaded when it is the first interface there. */
static int instance_for(struct sn_object *object, uint32_t netns, struct part **ret_part, struct sn_diag *reterr)
{
	struct part *part, **end = &object->parts;
	int err;

	for (part = object->parts; part; part = part->next) {
		if (part->hook == object->packet && part->netns == netns) {
			*ret_part = part;
			return 0;
		}
	}
	err = part_load(object, object->packet, /* with_optional= */ true, netns, &part, reterr);
	if (err)
		return err;
	while (*end)
		end = &(*end)->next;
	*end = part;
	*ret_part = part;
	return 0;
}

static bool instance_used(const struct sn_object *object, const struct part *part)
{
	for (const struct interface *i = object->interfaces; i; i = i->next)
		if (i->netns == part->netns)
			return true;
	return false;
}

/* Programs of a namespace without interfaces go; the first part stays, its maps are everyone's. */
static void instances_sweep(struct sn_object *object)
{
	struct part **p = &object->parts->next;

	while (*p) {
		struct part *part = *p;

		if (part->hook == object->packet && part->netns != own_netns() && !instance_used(object, part)) {
			*p = part->next;
			part_free(part);
		} else {
			p = &part->next;
		}
	}
}

/* By the end of their names: …_ingress, …_egress, …_ingress_l3, …_egress_l3. */
static int find_programs(const struct part *part, int ret_programs[PROGRAM_NAMES])
{
	static const char *const ends[PROGRAM_NAMES] = { "_ingress", "_egress", "_ingress_l3", "_egress_l3" };
	struct bpf_program *program;

	for (int i = 0; i < PROGRAM_NAMES; i++)
		ret_programs[i] = -1;
	bpf_object__for_each_program(program, part->bpf)
	{
		const char *name = bpf_program__name(program);
		size_t len = strlen(name);

		for (int i = 0; i < PROGRAM_NAMES; i++) {
			size_t n = strlen(ends[i]);

			if (bpf_program__fd(program) >= 0 && len > n && strcmp(name + len - n, ends[i]) == 0)
				ret_programs[i] = bpf_program__fd(program);
		}
	}
	for (int i = 0; i < PROGRAM_NAMES; i++)
		if (ret_programs[i] < 0)
			return -ENOENT;
	return 0;
}

static int interface_attach(struct sn_object *object, struct interface *interface, int netns_fd, struct sn_diag *reterr)
{
	struct work work = { .interface = interface };
	const char *where = interface->netns_path ? interface->netns_path : "this network namespace";
	struct part *part;
	char reason[512];
	int err = instance_for(object, interface->netns, &part, reterr);

	if (err)
		return err;
	err = find_programs(part, work.programs);
	if (err)
		return sn_diag_set(reterr, err, "the hook %s has no ingress and egress programs", part->hook->name);
	work.tcx = object->kernel->node.features[SN_FEATURE_TCX].state == SN_FEATURE_PRESENT;
	err = in_netns(interface->netns_path ? netns_fd : -1, attach_there, &work);
	if (!err)
		return 0;
	if (err == -ENODEV || err == -ENXIO)
		return sn_diag_set(reterr, -ENODEV, "no interface %s in %s", interface->name, where);
	words_reason(&work.words, err, reason, sizeof(reason));
	return sn_diag_set(reterr, err, "cannot attach to %s in %s: %s", interface->name, where, reason);
}

static int index_there(void *arg)
{
	return (int)if_nametoindex(arg);
}

/* One that we hold under this name counts only while it is still the same device. */
static bool interface_is_attached(struct sn_object *object, uint32_t netns, int netns_fd, const char *name)
{
	for (struct interface **p = &object->interfaces; *p; p = &(*p)->next) {
		struct interface *interface = *p;
		int index;

		if (interface->netns != netns || strcmp(interface->name, name) != 0)
			continue;
		index = in_netns(netns_fd, index_there, interface->name);
		/* Without the right to look, what we hold stays: letting go of it could not be made good. */
		if (index == interface->ifindex || index == -EPERM)
			return true;
		*p = interface->next;
		interface_detach(interface);
		interface_free(interface);
		return false;
	}
	return false;
}

int sn_kernel_attach_interface(struct sn_object *object, const char *netns, const char *name, struct sn_diag *reterr)
{
	SN_AUTO_FD int netns_fd = -1;
	struct interface *interface;
	uint32_t inum = 0;
	int err;

	if (!object->packet)
		return sn_diag_set(reterr, -EOPNOTSUPP, "%s has no packet programs loaded", object->module);
	if (strlen(name) >= IF_NAMESIZE)
		return sn_diag_set(reterr, -ENODEV, "no interface has a name as long as %s", name);
	netns_fd = netns_open(netns, &inum);
	if (netns_fd < 0)
		return sn_diag_set(reterr, netns_fd, "cannot open the network namespace %s: %s", netns, error_name(netns_fd));
	if (interface_is_attached(object, inum, netns ? netns_fd : -1, name))
		return sn_diag_set(reterr, -EEXIST, "%s is attached already", name);
	interface = calloc(1, sizeof(*interface));
	if (!interface || (netns && !(interface->netns_path = strdup(netns)))) {
		interface_free(interface);
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	interface->netns = inum;
	interface->links[0] = interface->links[1] = -1;
	snprintf(interface->name, sizeof(interface->name), "%s", name);
	err = interface_attach(object, interface, netns_fd, reterr);
	if (err) {
		interface_free(interface);
		instances_sweep(object);
		return err;
	}
	interface->next = object->interfaces;
	object->interfaces = interface;
	return 0;
}

int sn_kernel_detach_interface(struct sn_object *object, const char *netns, const char *name)
{
	for (struct interface **p = &object->interfaces; *p; p = &(*p)->next) {
		struct interface *interface = *p;
		bool same_netns =
			netns ? interface->netns_path && strcmp(interface->netns_path, netns) == 0 : !interface->netns_path;

		if (!same_netns || strcmp(interface->name, name) != 0)
			continue;
		*p = interface->next;
		interface_detach(interface);
		interface_free(interface);
		instances_sweep(object);
		return 0;
	}
	return -ENOENT;
}

/* --- Probe --- */

static int probe_there(void *arg)
{
	struct interface loopback = { .ifindex = 1, .links = { -1, -1 } };
	const int programs[DIRECTIONS] = { *(int *)arg, *(int *)arg };

	return clsact_attach(&loopback, programs);
}

static void *probe_thread(void *arg)
{
	struct call *call = arg;

	/* The namespace, and with it all that was attached, ends with this thread. */
	call->result = unshare(CLONE_NEWNET) ? -errno : call->fn(call->arg);
	return NULL;
}

int clsact_probe(void)
{
	const struct bpf_insn pass[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
					 { .code = BPF_JMP | BPF_EXIT } };
	SN_AUTO_FD int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "sn_probe", "GPL", pass, SN_ARRAY_SIZE(pass), NULL);
	struct call call = { -1, probe_there, &program, 0 };
	pthread_t thread;
	int err;

	if (program < 0)
		return program;
	err = pthread_create(&thread, NULL, probe_thread, &call);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return call.result;
}
