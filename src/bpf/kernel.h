/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file The kernel types and fields that Sauron's BPF programs use, written by hand: the whole list of what we depend on.
 *
 * Only names matter. Each access is relocated by libbpf against the BTF of the running kernel (CO-RE), so the order, the offsets
 * and the anonymous unions of the kernel are left out. A type whose name ends in ___<suffix> is a flavour: its fields exist in
 * some kernels only and are guarded by bpf_core_field_exists() where they are used; libbpf ignores the suffix.
 */
#ifndef SN_BPF_KERNEL_H
#define SN_BPF_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "bpf/abi.h"

typedef _Bool bool;
#define true 1
#define false 0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Namespaces, sockets */
struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct file;

struct socket {
	struct file *file;
	struct sock *sk;
};

/* Messages. The iterator differs by kernel: see iov_iter___…  */
struct iovec {
	void *iov_base;
	__u64 iov_len;
};

struct iov_iter {
	unsigned long iov_offset;
	unsigned long count;
	unsigned long nr_segs;
};

/* Up to 5.13: the kind of iterator and the direction in one word. */
struct iov_iter___type {
	unsigned int type;
};

/* From 5.14. */
struct iov_iter___iter_type {
	__u8 iter_type;
};

/* Up to 6.3; renamed __iov. */
struct iov_iter___iov {
	const struct iovec *iov;
};

/* From 6.4. */
struct iov_iter___underscore {
	const struct iovec *__iov;
};

/* From 6.0: one user buffer without an iovec. */
struct iov_iter___ubuf {
	void *ubuf;
};

/* The values moved in 5.14 and in 6.4; ITER_UBUF came with 6.0. */
enum iter_type___sn {
	ITER_IOVEC___sn,
	ITER_KVEC___sn,
	ITER_UBUF___sn,
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
	void *msg_control;
	bool msg_control_is_user : 1;
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

/* From a file descriptor to its socket */
struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	struct files_struct *files;
};

struct list_head {
	struct list_head *next, *prev;
};

/*
 * SCTP. The kernel's own BTF has these where its security hooks name them (Debian's from 5.10 on), else that of the module, while
 * it is loaded: every use is guarded.
 */
enum sctp_socket_type___sn {
	SCTP_SOCKET_UDP___sn = 0, /* one-to-many; the others have one association */
};

struct sctp_endpoint___sn {
	struct list_head asocs;
};

struct sctp_sock___sn {
	enum sctp_socket_type___sn type;
	struct sctp_endpoint___sn *ep;
};

struct sockaddr_in6 {
	unsigned short sin6_family;
};

union sctp_addr___sn {
	struct sockaddr_in6 v6;
};

struct sctp_cookie___sn {
	__u32 my_vtag;
	__u32 peer_vtag;
};

struct sctp_ep_common___sn {
	struct sock *sk;
};

struct sctp_association___sn {
	struct sctp_ep_common___sn base;
	struct list_head asocs;
	__s32 assoc_id;
	struct sctp_cookie___sn c;
	struct {
		struct list_head transport_addr_list;
		union sctp_addr___sn primary_addr;
		__u16 port;
	} peer;
	__u16 default_stream;
	__u32 default_ppid;
};

struct sctp_transport___sn {
	struct list_head transports;
	union sctp_addr___sn ipaddr;
};

#pragma clang attribute pop

#endif
