/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file The socket message tap in the kernel's socket layer: fexit, or kprobes, on inet_sendmsg and inet_recvmsg.
 *
 * SCTP sockets of both families go through these two on every kernel we know (sctp's inet6_seqpacket_ops name them too), whatever
 * system call or io_uring request began it.
 */
#ifndef SN_N2_SOCKET_BPF_H
#define SN_N2_SOCKET_BPF_H

#include <linux/ptrace.h>
#include <bpf/bpf_tracing.h>

static __always_inline __u32 iterator_kind(const struct iov_iter *iter)
{
	const struct iov_iter___iter_type *new = (const void *)iter;
	const struct iov_iter___type *old = (const void *)iter;

	if (bpf_core_field_exists(new->iter_type))
		return BPF_CORE_READ(new, iter_type);
	/* Bit 0 is the direction. */
	return bpf_core_field_exists(old->type) ? BPF_CORE_READ(old, type) & ~1u : ~0u;
}

static __always_inline __u64 iterator_vector(const struct iov_iter *iter)
{
	const struct iov_iter___underscore *new = (const void *)iter;
	const struct iov_iter___iov *old = (const void *)iter;

	if (bpf_core_field_exists(new->__iov))
		return (__u64)BPF_CORE_READ(new, __iov);
	return bpf_core_field_exists(old->iov) ? (__u64)BPF_CORE_READ(old, iov) : 0;
}

#define ITERATOR_IS(kind, name)                                                                                                  \
	(bpf_core_enum_value_exists(enum iter_type___sn, name) && (kind) == bpf_core_enum_value(enum iter_type___sn, name))

/* Keeps where the bytes are. Pages (sendfile from 6.5 on) are not looked into. */
static __always_inline bool call_set_iterator(struct n2_call *call, const struct iov_iter *iter)
{
	const struct iov_iter___ubuf *ubuf = (const void *)iter;
	__u32 kind = iterator_kind(iter);

	call->offset = BPF_CORE_READ(iter, iov_offset);
	call->count = BPF_CORE_READ(iter, count);
	call->segments = BPF_CORE_READ(iter, nr_segs);
	if (bpf_core_field_exists(ubuf->ubuf) && ITERATOR_IS(kind, ITER_UBUF___sn)) {
		call->data = (__u64)BPF_CORE_READ(ubuf, ubuf);
		return true;
	}
	call->data = iterator_vector(iter);
	call->flags |= CALL_VECTOR;
	if (ITERATOR_IS(kind, ITER_IOVEC___sn))
		return true;
	/* struct kvec has the layout of struct iovec and stands in the same union. */
	call->flags |= CALL_BYTES_KERNEL;
	return ITERATOR_IS(kind, ITER_KVEC___sn);
}

static __always_inline int socket_enter(const struct sock *sk, const struct msghdr *msg, bool sent, int flags, __u32 mark)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct n2_call call = { 0 };

	if (call_is_kept(task, mark) || flags & FLAGS_IGNORED || task_is_own(task))
		return 0;
	call.sock = (__u64)sk;
	call.msg = (__u64)msg;
	call.flags = mark | (sent ? CALL_SENT : 0);
	if (!call_set_iterator(&call, __builtin_preserve_access_index(&msg->msg_iter)))
		call.flags |= CALL_UNREADABLE;
	call.name = (__u64)BPF_CORE_READ(msg, msg_name);
	call.control = (__u64)BPF_CORE_READ(msg, msg_control);
	call.control_len = BPF_CORE_READ(msg, msg_controllen);
	call_keep(task, &call);
	return 0;
}

static __always_inline void socket_leave(struct n2_call *call, long size)
{
	const struct msghdr *msg = (const struct msghdr *)call->msg;

	call->msg_flags = BPF_CORE_READ(msg, msg_flags);
	call->name_len = BPF_CORE_READ(msg, msg_namelen);
	if (BPF_CORE_READ_BITFIELD_PROBED(msg, msg_control_is_user))
		call->flags |= CALL_CONTROL_USER;
	if (!(call->flags & CALL_SENT)) {
		if (call->msg_flags & FLAG_NOTICE)
			return;
		/* Of the place for control messages, what is not left is filled. */
		call->control_len -= BPF_CORE_READ(msg, msg_controllen);
	}
	message_pass(call, size);
}

/*
 * A call without its entry: the thread waited for its next message when we attached. What lies in the map is then an earlier
 * call's. `msg` is 0 where the exit does not tell it.
 */
static __always_inline int socket_exit(const struct msghdr *msg, long size)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);

	if (!call)
		return 0;
	if (msg && call->msg != (__u64)msg)
		sn_count(SN_KERNEL_DROP_STATE);
	else if (size > 0)
		socket_leave(call, size);
	bpf_map_delete_elem(&n2_calls, &task);
	return 0;
}

SEC("fentry/inet_sendmsg")
int BPF_PROG(sn_n2_fentry_sendmsg, struct socket *sock, struct msghdr *msg, __u64 size)
{
	struct sock *sk = sock->sk;

	return sk->sk_protocol == IPPROTO_SCTP ? socket_enter(sk, msg, /* sent= */ true, /* flags= */ 0, CALL_SEEN) : 0;
}

SEC("fentry/inet_sendmsg")
int BPF_PROG(sn_n2_fentry_sendmsg_twin, struct socket *sock, struct msghdr *msg, __u64 size)
{
	struct sock *sk = sock->sk;

	return sk->sk_protocol == IPPROTO_SCTP ? socket_enter(sk, msg, /* sent= */ true, /* flags= */ 0, CALL_SEEN_TWIN) : 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(sn_n2_fexit_sendmsg, struct socket *sock, struct msghdr *msg, __u64 size, int ret)
{
	return sock->sk->sk_protocol == IPPROTO_SCTP ? socket_exit(msg, ret) : 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(sn_n2_fexit_sendmsg_twin, struct socket *sock, struct msghdr *msg, __u64 size, int ret)
{
	return sock->sk->sk_protocol == IPPROTO_SCTP ? socket_exit(msg, ret) : 0;
}

SEC("fentry/inet_recvmsg")
int BPF_PROG(sn_n2_fentry_recvmsg, struct socket *sock, struct msghdr *msg, __u64 size, int flags)
{
	struct sock *sk = sock->sk;

	return sk->sk_protocol == IPPROTO_SCTP ? socket_enter(sk, msg, /* sent= */ false, flags, CALL_SEEN) : 0;
}

SEC("fentry/inet_recvmsg")
int BPF_PROG(sn_n2_fentry_recvmsg_twin, struct socket *sock, struct msghdr *msg, __u64 size, int flags)
{
	struct sock *sk = sock->sk;

	return sk->sk_protocol == IPPROTO_SCTP ? socket_enter(sk, msg, /* sent= */ false, flags, CALL_SEEN_TWIN) : 0;
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(sn_n2_fexit_recvmsg, struct socket *sock, struct msghdr *msg, __u64 size, int flags, int ret)
{
	return sock->sk->sk_protocol == IPPROTO_SCTP ? socket_exit(msg, ret) : 0;
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(sn_n2_fexit_recvmsg_twin, struct socket *sock, struct msghdr *msg, __u64 size, int flags, int ret)
{
	return sock->sk->sk_protocol == IPPROTO_SCTP ? socket_exit(msg, ret) : 0;
}

static __always_inline bool socket_is_sctp(const struct socket *sock, const struct sock **ret_sk)
{
	const struct sock *sk = BPF_CORE_READ(sock, sk);

	*ret_sk = sk;
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_SCTP;
}

SEC("kprobe/inet_sendmsg")
int BPF_KPROBE(sn_n2_kprobe_sendmsg, struct socket *sock, struct msghdr *msg)
{
	const struct sock *sk;

	return socket_is_sctp(sock, &sk) ? socket_enter(sk, msg, /* sent= */ true, /* flags= */ 0, CALL_SEEN) : 0;
}

SEC("kretprobe/inet_sendmsg")
int BPF_KRETPROBE(sn_n2_kretprobe_sendmsg, int ret)
{
	return socket_exit(0, ret);
}

SEC("kprobe/inet_recvmsg")
int BPF_KPROBE(sn_n2_kprobe_recvmsg, struct socket *sock, struct msghdr *msg, __u64 size, int flags)
{
	const struct sock *sk;

	return socket_is_sctp(sock, &sk) ? socket_enter(sk, msg, /* sent= */ false, flags, CALL_SEEN) : 0;
}

SEC("kretprobe/inet_recvmsg")
int BPF_KRETPROBE(sn_n2_kretprobe_recvmsg, int ret)
{
	return socket_exit(0, ret);
}

#endif
