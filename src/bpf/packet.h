/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file Finds SCTP in a packet at TC: Ethernet, VLAN tags (802.1Q, 802.1ad), IPv4, IPv6 with extension headers.
 *
 * Every header is fetched by bpf_skb_load_bytes, which also reads what does not lie in the linear part.
 */
#ifndef SN_BPF_PACKET_H
#define SN_BPF_PACKET_H

#include "bpf/errors.h"

/** Network namespace of the interface that this instance of the program serves; written by the loader. */
const volatile __u32 sn_netns = 0;

enum sn_packet_result {
	SN_PACKET_OTHER,    /* not SCTP */
	SN_PACKET_SCTP,	    /* an SCTP common header; the ports are set */
	SN_PACKET_FRAGMENT, /* a later fragment of an SCTP packet: has no ports */
	SN_PACKET_BAD,	    /* says it is SCTP, and ends too early */
};

struct sn_packet_ports {
	__u16 source; /* host order */
	__u16 dest;
};

#define SN_ETH_P_IP	0x0800
#define SN_ETH_P_8021Q	0x8100
#define SN_ETH_P_IPV6	0x86dd
#define SN_ETH_P_8021AD 0x88a8
#define SN_ETH_P_QINQ1	0x9100
#define SN_PROTO_TCP	6
#define SN_PROTO_UDP	17
#define SN_PROTO_SCTP	132

/* Extension headers that may stand before SCTP (RFC 8200 4, RFC 4302). */
#define SN_PROTO_HOPOPTS  0
#define SN_PROTO_ROUTING  43
#define SN_PROTO_FRAGMENT 44
#define SN_PROTO_AH	  51
#define SN_PROTO_DSTOPTS  60

#define SN_PACKET_TAGS	     3 /* VLAN tags looked through */
#define SN_PACKET_EXTENSIONS 6 /* IPv6 extension headers looked through */

static __always_inline int sn_packet_load_ports(struct __sk_buff *skb, __u32 offset, struct sn_packet_ports *ret_ports)
{
	__be16 ports[2];
	long err = bpf_skb_load_bytes(skb, offset, ports, sizeof(ports));

	if (err) {
		SN_ERROR(SN_BPF_FILE_PACKET, BPF_FUNC_skb_load_bytes, err);
		return SN_PACKET_BAD;
	}
	ret_ports->source = bpf_ntohs(ports[0]);
	ret_ports->dest = bpf_ntohs(ports[1]);
	return SN_PACKET_SCTP;
}

static __always_inline int sn_packet_ipv4(struct __sk_buff *skb, __u32 offset, struct sn_packet_ports *ret_ports)
{
	__u8 ip[10]; /* up to the protocol */

	if (bpf_skb_load_bytes(skb, offset, ip, sizeof(ip)) || ip[0] >> 4 != 4 || ip[9] != SN_PROTO_SCTP)
		return SN_PACKET_OTHER;
	if ((ip[6] & 0x1f) | ip[7]) /* fragment offset */
		return SN_PACKET_FRAGMENT;
	return sn_packet_load_ports(skb, offset + (ip[0] & 0xf) * 4, ret_ports);
}

static __always_inline int sn_packet_ipv6(struct __sk_buff *skb, __u32 offset, struct sn_packet_ports *ret_ports)
{
	__u8 ext[4];
	__u8 next;

	if (bpf_skb_load_bytes(skb, offset, ext, 1) || ext[0] >> 4 != 6 || bpf_skb_load_bytes(skb, offset + 6, &next, 1))
		return SN_PACKET_OTHER;
	offset += 40;
#pragma unroll
	for (int i = 0; i < SN_PACKET_EXTENSIONS; i++) {
		if (next == SN_PROTO_SCTP)
			return sn_packet_load_ports(skb, offset, ret_ports);
		if (next != SN_PROTO_HOPOPTS && next != SN_PROTO_ROUTING && next != SN_PROTO_FRAGMENT && next != SN_PROTO_AH &&
		    next != SN_PROTO_DSTOPTS)
			return SN_PACKET_OTHER;
		if (bpf_skb_load_bytes(skb, offset, ext, sizeof(ext)))
			return SN_PACKET_OTHER;
		/* A later fragment begins in the middle of what follows: only its next header tells what that is. */
		if (next == SN_PROTO_FRAGMENT && (ext[2] | (ext[3] & 0xf8)))
			return ext[0] == SN_PROTO_SCTP ? SN_PACKET_FRAGMENT : SN_PACKET_OTHER;
		if (next == SN_PROTO_FRAGMENT)
			offset += 8;
		else if (next == SN_PROTO_AH)
			offset += (ext[1] + 2) * 4;
		else
			offset += (ext[1] + 1) * 8;
		next = ext[0];
	}
	return next == SN_PROTO_SCTP ? sn_packet_load_ports(skb, offset, ret_ports) : SN_PACKET_OTHER;
}

/*
 * Most packets of most interfaces are no SCTP: untagged IPv4, or TCP and UDP over IPv6, are told by a look at their linear part,
 * a fifth of the cost of fetching headers.
 */
static __always_inline bool sn_packet_is_other(const struct __sk_buff *skb)
{
	const __u8 *frame = (const void *)(long)skb->data, *end = (const void *)(long)skb->data_end;
	__be16 type;

	if (frame + 34 > end)
		return false;
	type = *(const __be16 *)(frame + 12);
	if (type == bpf_htons(SN_ETH_P_IP))
		return frame[14 + 9] != SN_PROTO_SCTP;
	return type == bpf_htons(SN_ETH_P_IPV6) && (frame[14 + 6] == SN_PROTO_TCP || frame[14 + 6] == SN_PROTO_UDP);
}

/** @return enum sn_packet_result; with `l3`, the packet begins with its IP header. */
static __always_inline int sn_packet_find_sctp(struct __sk_buff *skb, bool l3, struct sn_packet_ports *ret_ports)
{
	__u32 offset = 12;
	__be16 type;
	__u8 version;

	if (l3) {
		if (bpf_skb_load_bytes(skb, 0, &version, 1))
			return SN_PACKET_OTHER;
		return version >> 4 == 4 ? sn_packet_ipv4(skb, 0, ret_ports) : sn_packet_ipv6(skb, 0, ret_ports);
	}
	if (sn_packet_is_other(skb) || bpf_skb_load_bytes(skb, offset, &type, sizeof(type)))
		return SN_PACKET_OTHER;
#pragma unroll
	for (int i = 0; i < SN_PACKET_TAGS; i++) {
		if (type != bpf_htons(SN_ETH_P_8021Q) && type != bpf_htons(SN_ETH_P_8021AD) && type != bpf_htons(SN_ETH_P_QINQ1))
			break;
		offset += 4;
		if (bpf_skb_load_bytes(skb, offset, &type, sizeof(type)))
			return SN_PACKET_OTHER;
	}
	if (type == bpf_htons(SN_ETH_P_IP))
		return sn_packet_ipv4(skb, offset + 2, ret_ports);
	if (type == bpf_htons(SN_ETH_P_IPV6))
		return sn_packet_ipv6(skb, offset + 2, ret_ports);
	return SN_PACKET_OTHER;
}

#endif
