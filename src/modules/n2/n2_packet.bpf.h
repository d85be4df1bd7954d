/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file The packet tap: TC programs that copy SCTP packets of the configured ports to the ring and let every packet pass.
 *
 * They use no kernel type and no kernel memory, so they load without BTF and on a locked-down kernel.
 */
#ifndef SN_N2_PACKET_BPF_H
#define SN_N2_PACKET_BPF_H

/* Continue with the next classifier (clsact), with the next program (tcx): the same number. */
#define PACKET_NEXT -1

static __always_inline int packet_copy(struct __sk_buff *skb, const __u64 room, __u64 captured, bool egress, bool l3)
{
	struct sn_n2_packet_event *event = bpf_ringbuf_reserve(&sn_ring, room, 0);
	long err;

	if (!event) {
		sn_count(SN_KERNEL_DROP_RING);
		return 0;
	}
	/* 1 ≤ captured ≤ room: the compiler knows and would drop the check; the verifier of 5.10 learns both bounds only so. */
	captured--;
	asm volatile("" : "+r"(captured));
	if (captured >= room - sizeof(*event)) {
		sn_ring_discard(event);
		return 0;
	}
	captured++;
	*event = (struct sn_n2_packet_event) {
		.head = { .module = SN_MODULE_N2,
			  .type = SN_N2_EVENT_PACKET,
			  .length = sizeof(*event) + captured,
			  .time_ns = bpf_ktime_get_boot_ns() },
		.ifindex = skb->ifindex,
		.netns = sn_netns,
		.size = skb->len,
		.captured = captured,
		.egress = egress,
		.l3 = l3,
	};
	err = bpf_skb_load_bytes(skb, 0, event + 1, captured);
	if (err) {
		sn_ring_discard(event);
		sn_count(SN_KERNEL_DROP_READ);
		SN_ERROR(SN_BPF_FILE_N2_PACKET, BPF_FUNC_skb_load_bytes, err);
		return 0;
	}
	if (captured < skb->len)
		sn_count(SN_KERNEL_TRUNCATED);
	sn_ring_submit(event, room);
	return 0;
}

static __always_inline int packet_tap(struct __sk_buff *skb, bool egress, bool l3)
{
	struct sn_packet_ports ports = { 0 };
	__u64 captured = skb->len, limit;

	switch (sn_packet_find_sctp(skb, l3, &ports)) {
	case SN_PACKET_OTHER:
		return PACKET_NEXT;
	case SN_PACKET_BAD:
		sn_count(SN_KERNEL_DROP_PARSE);
		return PACKET_NEXT;
	case SN_PACKET_SCTP:
		if (!port_wanted(ports.source) && !port_wanted(ports.dest))
			return PACKET_NEXT;
	}
	sn_count(SN_KERNEL_SEEN);
	limit = capture_limit();
	if (captured > limit)
		captured = limit;
#define COPY(room) packet_copy(skb, room, captured, egress, l3)
	SN_RING_ROOM(captured + sizeof(struct sn_n2_packet_event), COPY);
#undef COPY
	return PACKET_NEXT;
}

SEC("tc")
int sn_n2_tc_ingress(struct __sk_buff *skb)
{
	return packet_tap(skb, /* egress= */ false, /* l3= */ false);
}

SEC("tc")
int sn_n2_tc_egress(struct __sk_buff *skb)
{
	return packet_tap(skb, /* egress= */ true, /* l3= */ false);
}

SEC("tc")
int sn_n2_tc_ingress_l3(struct __sk_buff *skb)
{
	return packet_tap(skb, /* egress= */ false, /* l3= */ true);
}

SEC("tc")
int sn_n2_tc_egress_l3(struct __sk_buff *skb)
{
	return packet_tap(skb, /* egress= */ true, /* l3= */ true);
}

#endif
