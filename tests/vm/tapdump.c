/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Shows what the taps of n2 see while a command runs: one line per record on stdout, the loss counters and the errors on
 * stderr. A means to verify the kernel side against a program that knows what it sent. With --count the messages go to the n2
 * engine instead, and one line tells what it has counted of them.
 *
 *   tapdump [--hook NAME] [--port N]... [--limit OCTETS] [--interface [NETNS:]NAME]... [--costs] [--count] -- COMMAND [ARG...]
 *
 * Exit status: the command's; 77 when the hook does not work here (and why, on stderr).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/types.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "base/crc32c.h"
#include "base/macro.h"
#include "kernel/kernel.h"
#include "modules/n2.skel.h"
#include "modules/n2/n2.h"
#include "modules/n2/n2_hooks.h"
#include "modules/n2/taps.h"
#include "sauron/module.h"

#define EXIT_SKIPPED   77
#define MAX_INTERFACES 8

struct tapdump {
	const char *hook;
	bool group_packet;
	bool costs;
	bool count;
	struct sn_n2_engine engine;
	struct sn_n2_socket_tap socket_tap;
	struct sn_port_list port_list;
	uint16_t ports[SN_N2_MAX_PORTS];
	size_t ports_count;
	uint32_t limit;
	char *interfaces[MAX_INTERFACES];
	size_t interfaces_count;
	struct sn_kernel *kernel;
	struct sn_object *object;
};

static const char *address_text(uint8_t family, const uint8_t *address, char ret_text[INET6_ADDRSTRLEN])
{
	if (!family || !inet_ntop(family == 4 ? AF_INET : AF_INET6, address, ret_text, INET6_ADDRSTRLEN))
		snprintf(ret_text, INET6_ADDRSTRLEN, "-");
	return ret_text;
}

static void show_message(const struct sn_n2_message_event *e, size_t length)
{
	char local[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];

	if (length != sizeof(*e) + e->captured) {
		printf("bad length %zu, captured %u\n", length, e->captured);
		return;
	}
	printf("message %s pid=%u sock=%llx local=%s:%u peer=%s:%u", e->flags & SN_N2_SENT ? "sent" : "received", e->tgid,
	       (unsigned long long)e->socket, address_text(e->local_family, e->local_addr, local), e->local_port,
	       address_text(e->peer_family, e->peer_addr, peer), e->peer_port);
	if (e->flags & SN_N2_HAS_ASSOC)
		printf(" assoc=%d", (int)e->assoc_id);
	if (e->local_tag || e->peer_tag)
		printf(" tags=%08x:%08x", e->local_tag, e->peer_tag);
	if (e->flags & SN_N2_HAS_STREAM)
		printf(" stream=%u", e->stream);
	if (e->flags & SN_N2_HAS_PPID)
		printf(" ppid=%u", e->ppid);
	printf(" size=%u captured=%u crc=%08x%s%s\n", e->size, e->captured,
	       sn_crc32c(0, (struct sn_view) { (const uint8_t *)(e + 1), e->captured }),
	       e->flags & SN_N2_PARTIAL ? " partial" : "", e->flags & SN_N2_TRUNCATED ? " truncated" : "");
}

static void show_packet(const struct sn_n2_packet_event *e, size_t length)
{
	if (length != sizeof(*e) + e->captured) {
		printf("bad length %zu, captured %u\n", length, e->captured);
		return;
	}
	printf("packet %s ifindex=%u netns=%u l3=%u size=%u captured=%u crc=%08x\n", e->egress ? "egress" : "ingress", e->ifindex,
	       e->netns, e->l3, e->size, e->captured, sn_crc32c(0, (struct sn_view) { (const uint8_t *)(e + 1), e->captured }));
}

static void show(void *ctx, const void *record, size_t length)
{
	const struct sn_event *head = record;
	struct tapdump *t = ctx;

	if (t->count && head->type == SN_N2_EVENT_MESSAGE && length >= sizeof(struct sn_n2_message_event))
		sn_n2_socket_tap_message(&t->socket_tap, record,
					 (struct sn_view) { (const uint8_t *)record + sizeof(struct sn_n2_message_event),
							    length - sizeof(struct sn_n2_message_event) },
					 head->time_ns);
	else if (head->type == SN_N2_EVENT_MESSAGE && length >= sizeof(struct sn_n2_message_event))
		show_message(record, length);
	else if (head->type == SN_N2_EVENT_PACKET && length >= sizeof(struct sn_n2_packet_event))
		show_packet(record, length);
	else
		printf("unknown record type %u, %zu octets\n", head->type, length);
}

static bool hook_wanted(void *ctx, const struct sn_hook *hook)
{
	const struct tapdump *t = ctx;

	if (t->hook)
		return strcmp(hook->name, t->hook) == 0;
	return strcmp(hook->group, "packet") != 0 || t->interfaces_count;
}

static int open_taps(struct tapdump *t, struct sn_diag *diag)
{
	struct sn_kernel_options options = { .stats = t->costs };
	struct sn_kernel_spec spec = { .module = "n2", .hooks = sn_n2_hooks, .ctx = t };
	struct sn_n2_kernel_config config = { .capture_limit = t->limit, .own_tgid = (uint32_t)getpid() };
	uint32_t zero = 0;
	struct sn_plan plan;
	int err = sn_kernel_open(&options, &t->kernel, diag);

	if (err)
		return err;
	spec.elf = n2_bpf__elf_bytes(&spec.elf_size);
	err = sn_kernel_attach(t->kernel, &spec, hook_wanted, /* dry_run= */ false, &plan, &t->object, diag);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.hooks[i].state == SN_HOOK_CHOSEN || plan.hooks[i].state == SN_HOOK_PASSED_OVER)
			fprintf(stderr, "%s: %s %s\n", plan.hooks[i].hook->name,
				plan.hooks[i].state == SN_HOOK_CHOSEN ? "chosen" : "passed over:", plan.hooks[i].reason);
	if (err)
		return err;
	for (size_t i = 0; i < t->ports_count; i++)
		bpf_map_update_elem(sn_object_map(t->object, "n2_ports"), &t->ports[i], &(uint8_t) { 1 }, BPF_ANY);
	bpf_map_update_elem(sn_object_map(t->object, "n2_config"), &zero, &config, BPF_ANY);
	for (size_t i = 0; i < t->interfaces_count; i++) {
		char *colon = strrchr(t->interfaces[i], ':');

		if (colon)
			*colon = '\0';
		err = sn_kernel_attach_interface(t->object, colon ? t->interfaces[i] : NULL, colon ? colon + 1 : t->interfaces[i],
						 diag);
		if (err)
			return err;
	}
	sn_kernel_route(t->kernel, SN_MODULE_N2, show, t);
	return 0;
}

static int run(struct tapdump *t, char **argv)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		/* The command's output does not mix with the lines. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	for (;;) {
		struct pollfd wait = { .fd = sn_kernel_ring_fd(t->kernel), .events = POLLIN };
		pid_t done = waitpid(child, &status, WNOHANG);

		sn_kernel_ring_consume(t->kernel, 0);
		if (done == child)
			break;
		poll(&wait, 1, 20);
	}
	fflush(stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void show_error(void *ctx, const struct sn_kernel_error *e)
{
	fprintf(stderr, "error %s:%u %s %d: %llu\n", e->file, e->line, e->helper, e->error, (unsigned long long)e->count);
}

static void show_program(void *ctx, const struct sn_program_cost *c)
{
	fprintf(stderr, "program %s runs=%llu ns=%.0f verified=%u\n", c->name, (unsigned long long)c->runs,
		c->runs ? (double)c->run_ns / (double)c->runs : 0.0, c->verified_instructions);
}

static void add_misses(void *ctx, const struct sn_program_cost *c)
{
	*(uint64_t *)ctx += c->misses;
}

static void show_map(void *ctx, const struct sn_map_fill *m)
{
	fprintf(stderr, "map %s %s %llu of %llu, %llu octets\n", m->module, m->name, (unsigned long long)m->entries,
		(unsigned long long)m->max_entries, (unsigned long long)m->bytes);
}

static void show_totals(struct tapdump *t)
{
	uint64_t c[SN_KERNEL_COUNTERS], misses = 0;

	if (sn_kernel_counters(t->kernel, SN_MODULE_N2, c) == 0)
		fprintf(stderr, "seen=%llu passed=%llu ring=%llu read=%llu parse=%llu state=%llu truncated=%llu\n",
			(unsigned long long)c[SN_KERNEL_SEEN], (unsigned long long)c[SN_KERNEL_PASSED],
			(unsigned long long)c[SN_KERNEL_DROP_RING], (unsigned long long)c[SN_KERNEL_DROP_READ],
			(unsigned long long)c[SN_KERNEL_DROP_PARSE], (unsigned long long)c[SN_KERNEL_DROP_STATE],
			(unsigned long long)c[SN_KERNEL_TRUNCATED]);
	sn_kernel_each_program(t->kernel, add_misses, &misses);
	fprintf(stderr, "misses=%llu\n", (unsigned long long)misses);
	sn_kernel_each_error(t->kernel, show_error, NULL);
	if (t->costs) {
		sn_kernel_each_program(t->kernel, show_program, NULL);
		sn_kernel_each_map(t->kernel, show_map, NULL);
	}
}

static int counting_begin(struct tapdump *t)
{
	struct sn_n2_limits limits = { .max_ues = 10000,
				       .max_associations = 4096,
				       .max_series = 5000,
				       .max_label_values = 1000,
				       .story_entries = 1024,
				       .ue_idle_ns = UINT64_MAX,
				       .association_idle_ns = UINT64_MAX };
	int err = sn_n2_engine_init(&t->engine, &limits, /* pseudonym= */ NULL);

	for (unsigned kind = 0; kind < SN_N2_KINDS; kind++)
		limits.timeouts_ns[kind] = UINT64_MAX;
	t->port_list = (struct sn_port_list) { t->ports, t->ports_count };
	return err ? err : sn_n2_socket_tap_init(&t->socket_tap, &t->engine, &t->port_list);
}

static void counting_end(struct tapdump *t)
{
	printf("messages=%llu again=%llu perhaps=%llu associations=%u\n", (unsigned long long)t->engine.total_messages,
	       (unsigned long long)t->engine.losses[SN_N2_LOSS_DUPLICATE_END],
	       (unsigned long long)t->engine.losses[SN_N2_LOSS_MAYBE_DUPLICATE], t->engine.association_serial);
	sn_n2_socket_tap_fini(&t->socket_tap);
	sn_n2_engine_fini(&t->engine);
}

static int parse(struct tapdump *t, int argc, char **argv)
{
	static const struct option options[] = {
		{ "hook", required_argument, NULL, 'h' },
		{ "port", required_argument, NULL, 'p' },
		{ "limit", required_argument, NULL, 'l' },
		{ "costs", no_argument, NULL, 'c' },
		{ "interface", required_argument, NULL, 'i' },
		{ "count", no_argument, NULL, 'n' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'h')
			t->hook = optarg;
		else if (c == 'p' && t->ports_count < SN_N2_MAX_PORTS)
			t->ports[t->ports_count++] = (uint16_t)atoi(optarg);
		else if (c == 'l')
			t->limit = (uint32_t)atoi(optarg);
		else if (c == 'c')
			t->costs = true;
		else if (c == 'n')
			t->count = true;
		else if (c == 'i' && t->interfaces_count < MAX_INTERFACES)
			t->interfaces[t->interfaces_count++] = optarg;
		else
			return -EINVAL;
	}
	if (!t->ports_count)
		t->ports[t->ports_count++] = 38412;
	return optind < argc ? optind : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct tapdump t;
	struct sn_diag diag = { 0 };
	int status, first = parse(&t, argc, argv);

	if (first < 0) {
		fprintf(stderr, "usage: tapdump [--hook NAME] [--port N] [--limit OCTETS] [--interface [NETNS:]NAME] [--costs] "
				"COMMAND\n");
		return 2;
	}
	if (t.count && counting_begin(&t)) {
		fputs("tapdump: no memory\n", stderr);
		return EXIT_FAILURE;
	}
	if (open_taps(&t, &diag)) {
		fprintf(stderr, "skipped: %s\n", diag.text);
		sn_kernel_close(t.kernel);
		return EXIT_SKIPPED;
	}
	status = run(&t, argv + first);
	if (t.count)
		counting_end(&t);
	show_totals(&t);
	sn_kernel_close(t.kernel);
	return status;
}
