/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/** @file The ABI between n2.bpf.c and n2.c: records of the ring, configuration maps. */
#ifndef SN_N2_H
#define SN_N2_H

#include "bpf/abi.h"

/** Record types; append-only. */
enum sn_n2_event {
	SN_N2_EVENT_NONE = 0,
	SN_N2_EVENT_MESSAGE = 1, /* struct sn_n2_message_event: a user message at a socket */
	SN_N2_EVENT_PACKET = 2,	 /* struct sn_n2_packet_event: a packet on an interface */
};

/** Hard limit of one capture, whatever is configured (the per-CPU scratch is this large). */
#define SN_N2_CAPTURE_MAX     65536
#define SN_N2_CAPTURE_DEFAULT 16384

enum sn_n2_message_flag {
	SN_N2_HAS_ASSOC = 1 << 0,
	SN_N2_HAS_STREAM = 1 << 1,
	SN_N2_HAS_PPID = 1 << 2,
	SN_N2_HAS_PEER = 1 << 3,
	SN_N2_PARTIAL = 1 << 4,	   /* received without MSG_EOR: more of the message follows with the next one of this socket */
	SN_N2_TRUNCATED = 1 << 5,  /* size > captured */
	SN_N2_SENT = 1 << 6,	   /* else received */
	SN_N2_ONE_TO_ONE = 1 << 7, /* the socket has one association, whatever names it */
};

struct sn_n2_message_event {
	struct sn_event head;
	__u64 socket;	 /* kernel address of the sock: an identity, nothing else */
	__u64 cgroup_id; /* of the task, cgroup v2 */
	__u32 tgid;	 /* user space's "pid" */
	__u32 netns;	 /* inode number of the socket's network namespace */
	__u32 assoc_id;	 /* sctp_assoc_t */
	__u32 ppid;	 /* host order */
	__u16 stream;
	__u16 flags;	  /* enum sn_n2_message_flag */
	__u16 local_port; /* host order */
	__u16 peer_port;
	__u8 local_addr[16]; /* IPv4 in the first four octets */
	__u8 peer_addr[16];
	__u8 local_family; /* 4, 6 or 0 */
	__u8 peer_family;
	__u8 _pad[2];
	__u32 size;	/* octets the NF sent or received in this call */
	__u32 captured; /* of them, those that follow this struct */
	/* Verification tags (RFC 9260 3.3.2), the one that this end has chosen and its peer's; 0 where the kernel does not tell,
	 * or there is none yet. The two are of one association only, and the same, mirrored, at its other end, whatever the
	 * addresses. */
	__u32 local_tag;
	__u32 peer_tag;
	__u32 _pad2;
};
_Static_assert(sizeof(struct sn_n2_message_event) == 112, "n2 message record");

struct sn_n2_packet_event {
	struct sn_event head;
	__u32 ifindex;
	__u32 netns;	/* inode number of the interface's network namespace */
	__u32 size;	/* octets of the packet */
	__u32 captured; /* of them, those that follow this struct */
	__u8 egress;	/* 1: leaving by the interface */
	__u8 l3;	/* 1: no link-layer header (the bytes begin with the IP header) */
	__u8 _pad[6];
};
_Static_assert(sizeof(struct sn_n2_packet_event) == 40, "n2 packet record");

/** Value of the one entry of the map n2_config. */
struct sn_n2_kernel_config {
	__u32 capture_limit;
	__u32 own_tgid; /* the agent itself is not observed */
};
/** Map n2_ports: key __u16 port (host order), value __u8 1. At most this many. */
#define SN_N2_MAX_PORTS 64

#endif
