/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The packet tap's programs, packet by packet, through BPF_PROG_TEST_RUN: a table of a packet and what becomes of it. Needs
 * root (CAP_BPF, CAP_NET_ADMIN).
 */
#include <errno.h>
#include <linux/types.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "frames.h"
#include "modules/n2.skel.h"
#include "modules/n2/n2.h"
#include "unit/test.h"

#define PORT  38412
#define OTHER 36412
#define SCTP  132

struct taps {
	struct bpf_object *bpf;
	struct ring_buffer *ring;
	int records;
	_Alignas(8) uint8_t record[sizeof(struct sn_n2_packet_event) + SN_N2_CAPTURE_MAX];
	size_t record_len;
};

static int keep(void *ctx, void *data, size_t size)
{
	struct taps *t = ctx;
	const struct sn_event *head = data;

	assert_true(head->length <= size && head->length <= sizeof(t->record));
	memcpy(t->record, data, head->length);
	t->record_len = head->length;
	t->records++;
	return 0;
}

static int program_fd(const struct taps *t, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(t->bpf, name));
}

static int map_fd(const struct taps *t, const char *name)
{
	return bpf_map__fd(bpf_object__find_map_by_name(t->bpf, name));
}

static void set_limit(const struct taps *t, uint32_t limit)
{
	struct sn_n2_kernel_config config = { .capture_limit = limit };

	assert_int_equal(bpf_map_update_elem(map_fd(t, "n2_config"), &(uint32_t) { 0 }, &config, BPF_ANY), 0);
}

static uint64_t counter(const struct taps *t, enum sn_kernel_counter which)
{
	uint32_t index = SN_MODULE_N2 * SN_KERNEL_COUNTERS + which;
	uint64_t values[1024] = { 0 }, sum = 0;

	assert_true(libbpf_num_possible_cpus() <= 1024);
	assert_int_equal(bpf_map_lookup_elem(map_fd(t, "sn_counters"), &index, values), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += values[i];
	return sum;
}

static void run(struct taps *t, const char *program, const struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = (uint32_t)f->len, .repeat = 1);

	t->records = 0;
	assert_int_equal(bpf_prog_test_run_opts(program_fd(t, program), &opts), 0);
	assert_int_equal((int)opts.retval, -1); /* TC_ACT_UNSPEC, TCX_NEXT: the packet goes on */
	ring_buffer__consume(t->ring);
}

/* --- The table --- */

static void build_ipv4(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0x4000, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv4_from_port(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, PORT, 40000, 100);
}

static void build_ipv4_other_port(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, 40000, OTHER, 100);
}

static void build_ipv4_options(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0, 15);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv4_first_fragment(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0x2000, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv4_later_fragment(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 128, 0x2010, 5);
	frame_sctp(f, 1, 2, 100); /* the middle of a packet: what looks like ports is none */
}

static void build_ipv4_udp(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, 17, 128, 0, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv4_ends_in_ports(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 3, 0, 5);
	frame_bytes(f, "\x01\x02\x03", 3);
}

static void build_version_lies(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_vlan(struct frame *f)
{
	frame_ethernet(f, 0x8100);
	frame_tag(f, 100, 0x0800);
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_qinq(struct frame *f)
{
	frame_ethernet(f, 0x88a8);
	frame_tag(f, 100, 0x8100);
	frame_tag(f, 200, 0x86dd);
	frame_ipv6(f, SCTP, 128);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_four_tags(struct frame *f)
{
	frame_ethernet(f, 0x8100);
	frame_tag(f, 1, 0x8100);
	frame_tag(f, 2, 0x8100);
	frame_tag(f, 3, 0x8100);
	frame_tag(f, 4, 0x0800);
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_arp(struct frame *f)
{
	frame_ethernet(f, 0x0806);
	for (int i = 0; i < 46; i++)
		frame_u8(f, 0);
}

static void build_ipv6(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, SCTP, 128);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv6_extensions(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 0, 128 + 8 + 24 + 16 + 24);
	frame_ipv6_extension(f, 60, 0);
	frame_ipv6_extension(f, 43, 2);
	frame_ipv6_extension(f, 51, 1);
	frame_ah(f, SCTP);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv6_six_extensions(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 60, 128 + 48);
	for (int i = 0; i < 5; i++)
		frame_ipv6_extension(f, 60, 0);
	frame_ipv6_extension(f, SCTP, 0);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv6_first_fragment(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 44, 128 + 8);
	frame_ipv6_fragment(f, SCTP, 1);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv6_later_fragment(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 44, 128 + 8);
	frame_ipv6_fragment(f, SCTP, 0x0081);
	frame_sctp(f, 1, 2, 100);
}

static void build_ipv6_later_fragment_udp(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 44, 128 + 8);
	frame_ipv6_fragment(f, 17, 0x0081);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_ipv6_udp(struct frame *f)
{
	frame_ethernet(f, 0x86dd);
	frame_ipv6(f, 17, 128);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_l3_ipv4(struct frame *f)
{
	frame_ipv4(f, SCTP, 128, 0, 5);
	frame_sctp(f, 40000, PORT, 100);
}

static void build_l3_ipv6(struct frame *f)
{
	frame_ipv6(f, SCTP, 128);
	frame_sctp(f, PORT, 40000, 100);
}

/* 1500 octets of IP in a frame. */
static void build_full_frame(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, SCTP, 1480, 0, 5);
	frame_sctp(f, 40000, PORT, 1480 - FRAME_SCTP_HEADS);
}

static const struct row {
	const char *what;
	void (*build)(struct frame *f);
	const char *program;
	bool taken;
	bool egress, l3;
} rows[] = {
	{ "IPv4, to a wanted port", build_ipv4, "sn_n2_tc_ingress", .taken = true },
	{ "IPv4, from a wanted port, leaving", build_ipv4_from_port, "sn_n2_tc_egress", .taken = true, .egress = true },
	{ "IPv4, other ports", build_ipv4_other_port, "sn_n2_tc_ingress", .taken = false },
	{ "IPv4 with 40 octets of options", build_ipv4_options, "sn_n2_tc_ingress", .taken = true },
	{ "IPv4, first fragment", build_ipv4_first_fragment, "sn_n2_tc_ingress", .taken = true },
	{ "IPv4, later fragment: any port", build_ipv4_later_fragment, "sn_n2_tc_ingress", .taken = true },
	{ "IPv4, UDP with the port's number", build_ipv4_udp, "sn_n2_tc_ingress", .taken = false },
	{ "IPv4 that ends within the ports", build_ipv4_ends_in_ports, "sn_n2_tc_ingress", .taken = false },
	{ "IPv4 header under the type of IPv6", build_version_lies, "sn_n2_tc_ingress", .taken = false },
	{ "802.1Q", build_vlan, "sn_n2_tc_ingress", .taken = true },
	{ "802.1ad and 802.1Q, IPv6", build_qinq, "sn_n2_tc_egress", .taken = true, .egress = true },
	{ "four VLAN tags: more than are looked through", build_four_tags, "sn_n2_tc_ingress", .taken = false },
	{ "ARP", build_arp, "sn_n2_tc_ingress", .taken = false },
	{ "IPv6", build_ipv6, "sn_n2_tc_ingress", .taken = true },
	{ "IPv6, hop-by-hop, destination options, routing, AH", build_ipv6_extensions, "sn_n2_tc_ingress", .taken = true },
	{ "IPv6, six extension headers", build_ipv6_six_extensions, "sn_n2_tc_ingress", .taken = true },
	{ "IPv6, first fragment", build_ipv6_first_fragment, "sn_n2_tc_ingress", .taken = true },
	{ "IPv6, later fragment", build_ipv6_later_fragment, "sn_n2_tc_ingress", .taken = true },
	{ "IPv6, later fragment of UDP", build_ipv6_later_fragment_udp, "sn_n2_tc_ingress", .taken = false },
	{ "IPv6, UDP", build_ipv6_udp, "sn_n2_tc_ingress", .taken = false },
	{ "no link-layer header, IPv4", build_l3_ipv4, "sn_n2_tc_ingress_l3", .taken = true, .l3 = true },
	{ "no link-layer header, IPv6, leaving", build_l3_ipv6, "sn_n2_tc_egress_l3", .taken = true, .egress = true, .l3 = true },
	{ "no link-layer header, yet a frame", build_ipv4, "sn_n2_tc_ingress_l3", .taken = false },
	{ "a full frame", build_full_frame, "sn_n2_tc_ingress", .taken = true },
};

static void check_record(const struct taps *t, const struct row *row, const struct frame *f)
{
	const struct sn_n2_packet_event *e = (const void *)t->record;

	assert_int_equal(t->record_len, sizeof(*e) + f->len);
	assert_int_equal(e->head.module, SN_MODULE_N2);
	assert_int_equal(e->head.type, SN_N2_EVENT_PACKET);
	assert_int_equal(e->size, f->len);
	assert_int_equal(e->captured, f->len);
	assert_int_equal(e->egress, row->egress);
	assert_int_equal(e->l3, row->l3);
	assert_int_equal(e->netns, 4711);
	assert_memory_equal(e + 1, f->data, f->len);
}

static void test_table(void **state)
{
	struct taps *t = *state;
	static struct frame f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		f.len = 0;
		row->build(&f);
		run(t, row->program, &f);
		print_message("%s: %s\n", row->what, t->records ? "taken" : "let pass");
		assert_int_equal(t->records, row->taken);
		if (row->taken)
			check_record(t, row, &f);
	}
}

static void test_bad_packet_is_counted(void **state)
{
	struct taps *t = *state;
	uint64_t before = counter(t, SN_KERNEL_DROP_PARSE);
	static struct frame f;
	struct sn_error_key key;
	uint64_t count = 0;

	f.len = 0;
	build_ipv4_ends_in_ports(&f);
	run(t, "sn_n2_tc_ingress", &f);
	assert_int_equal(counter(t, SN_KERNEL_DROP_PARSE), before + 1);
	assert_int_equal(bpf_map_get_next_key(map_fd(t, "sn_errors"), NULL, &key), 0);
	assert_int_equal(bpf_map_lookup_elem(map_fd(t, "sn_errors"), &key, &count), 0);
	assert_int_equal(key.module, SN_MODULE_N2);
	assert_int_equal(key.file, SN_BPF_FILE_PACKET);
	assert_int_equal(key.helper, BPF_FUNC_skb_load_bytes);
	assert_int_equal(key.error, -EFAULT);
	assert_true(count > 0);
}

static void test_capture_limit(void **state)
{
	struct taps *t = *state;
	const struct sn_n2_packet_event *e = (const void *)t->record;
	uint64_t before = counter(t, SN_KERNEL_TRUNCATED);
	static struct frame f;

	f.len = 0;
	build_full_frame(&f);
	set_limit(t, 100);
	run(t, "sn_n2_tc_ingress", &f);
	set_limit(t, 0);
	assert_int_equal(t->records, 1);
	assert_int_equal(e->captured, 100);
	assert_int_equal(e->size, f.len);
	assert_int_equal(t->record_len, sizeof(*e) + 100);
	assert_memory_equal(e + 1, f.data, 100);
	assert_int_equal(counter(t, SN_KERNEL_TRUNCATED), before + 1);
}

/* Every size of record, at both sides of each border between two sizes. */
static void test_every_size(void **state)
{
	static const uint16_t rooms[] = { 256, 512, 1024, 2048 };
	struct taps *t = *state;
	static struct frame f;

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		for (int step = -4; step <= 4; step += 4) {
			size_t len = (size_t)(rooms[i] - (int)sizeof(struct sn_n2_packet_event) + step);
			uint16_t sctp = (uint16_t)(len - 34);

			f.len = 0;
			frame_ethernet(&f, 0x0800);
			frame_ipv4(&f, SCTP, sctp, 0, 5);
			frame_sctp(&f, 40000, PORT, (uint16_t)(sctp - FRAME_SCTP_HEADS - 2));
			run(t, "sn_n2_tc_ingress", &f);
			assert_int_equal(t->records, 1);
			assert_int_equal(t->record_len, sizeof(struct sn_n2_packet_event) + f.len);
			assert_memory_equal(t->record + sizeof(struct sn_n2_packet_event), f.data, f.len);
		}
	}
}

/* A ring without a reader: what does not fit is counted. */
static void test_full_ring_is_counted(void **state)
{
	struct taps *t = *state;
	uint64_t passed = counter(t, SN_KERNEL_PASSED), dropped = counter(t, SN_KERNEL_DROP_RING);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .repeat = 10000);
	static struct frame f;

	f.len = 0;
	build_ipv4(&f);
	opts.data_in = f.data;
	opts.data_size_in = (uint32_t)f.len;
	assert_int_equal(bpf_prog_test_run_opts(program_fd(t, "sn_n2_tc_ingress"), &opts), 0);
	passed = counter(t, SN_KERNEL_PASSED) - passed;
	dropped = counter(t, SN_KERNEL_DROP_RING) - dropped;
	assert_true(passed > 0 && dropped > 0);
	assert_int_equal(passed + dropped, 10000);
	t->records = 0;
	ring_buffer__consume(t->ring);
	assert_int_equal(t->records, passed);
}

/* --- Fixture --- */

static void set_netns(struct bpf_object *bpf)
{
	const struct btf *btf = bpf_object__btf(bpf);
	size_t size;
	struct bpf_map *rodata = bpf_object__find_map_by_name(bpf, ".rodata");
	char *data = (char *)bpf_map__initial_value(rodata, &size);
	const struct btf_type *section = btf__type_by_id(btf, (uint32_t)btf__find_by_name(btf, ".rodata"));
	const struct btf_var_secinfo *var = btf_var_secinfos(section);

	for (int i = 0; i < btf_vlen(section); i++)
		if (strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, var[i].type)->name_off), "sn_netns") == 0)
			*(uint32_t *)(data + var[i].offset) = 4711;
}

static int open_taps(struct taps *t)
{
	size_t size;
	const void *elf = n2_bpf__elf_bytes(&size);
	struct bpf_program *program;

	t->bpf = bpf_object__open_mem(elf, size, NULL);
	if (!t->bpf)
		return -errno;
	bpf_object__for_each_program(program, t->bpf)
		bpf_program__set_autoload(program, bpf_program__type(program) == BPF_PROG_TYPE_SCHED_CLS);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(t->bpf, "sn_ring"), 1 << 18);
	set_netns(t->bpf);
	return bpf_object__load(t->bpf);
}

static int setup(void **state)
{
	struct taps *t = calloc(1, sizeof(*t));

	*state = t;
	if (!t || open_taps(t))
		return -1;
	assert_int_equal(bpf_map_update_elem(map_fd(t, "n2_ports"), &(uint16_t) { PORT }, &(uint8_t) { 1 }, BPF_ANY), 0);
	t->ring = ring_buffer__new(map_fd(t, "sn_ring"), keep, t, NULL);
	return t->ring ? 0 : -1;
}

static int teardown(void **state)
{
	struct taps *t = *state;

	if (t) {
		ring_buffer__free(t->ring);
		bpf_object__close(t->bpf);
	}
	free(t);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bad_packet_is_counted),
		cmocka_unit_test(test_capture_limit),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_full_ring_is_counted),
	};

	if (geteuid() != 0) {
		printf("skipped: loading BPF programs needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
