/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file The socket message tap at system calls, where neither fexit nor kprobes are to be had. io_uring and 32-bit callers are
 * not seen here; read and recvfrom do not tell whether a message ended or was a notification.
 */
#ifndef SN_N2_SYSCALL_BPF_H
#define SN_N2_SYSCALL_BPF_H

#define MODE_TYPE   0170000 /* S_IFMT */
#define MODE_SOCKET 0140000 /* S_IFSOCK */
/* Messages of one sendmmsg or recvmmsg that are read. */
#define SYSCALL_BATCH 64

/* The records of the tracepoints syscalls:sys_enter_… and sys_exit_… */
struct enter_record {
	__u64 common;
	__s64 number;
	__u64 args[6];
};

struct exit_record {
	__u64 common;
	__s64 number;
	__s64 result;
};

/* struct msghdr, struct mmsghdr of user space on 64-bit machines. */
struct user_msghdr {
	__u64 name;
	__u32 name_len;
	__u32 _pad;
	__u64 vector;
	__u64 segments;
	__u64 control;
	__u64 control_len;
	__u32 flags;
	__u32 _pad2;
};

struct user_mmsghdr {
	struct user_msghdr head;
	__u32 length;
	__u32 _pad;
};

/* The SCTP socket behind a descriptor of the current task, or NULL. */
static __always_inline const struct sock *descriptor_sctp(__u32 fd)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	const struct socket *sock;
	struct file **slots;
	const struct file *file = 0;
	const struct sock *sk;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	slots = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), slots + fd) || !file ||
	    (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(sock, sk);
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_SCTP ? sk : 0;
}

/*
 * What an entry keeps. A call with one buffer: data and count, name and its length; a vector: CALL_VECTOR, the array, its length.
 *
 * @param flags_at the argument that holds the flags of the call, 0 without.
 */
static __always_inline int syscall_enter(const struct enter_record *record, int flags_at, __u32 mark, struct n2_call *call)
{
	__u64 task = bpf_get_current_pid_tgid();
	const struct sock *sk;

	if (call_is_kept(task, mark) || (flags_at && record->args[flags_at] & FLAGS_IGNORED) || task_is_own(task))
		return 0;
	sk = descriptor_sctp(record->args[0]);
	if (!sk)
		return 0;
	call->sock = (__u64)sk;
	call->number = record->number;
	call->flags |= mark | CALL_VECTOR_USER | CALL_HEADER_USER | CALL_CONTROL_USER;
	call_keep(task, call);
	return 0;
}

static __always_inline int enter_message(const struct enter_record *record, __u32 flags, int flags_at, __u32 mark)
{
	struct n2_call call = { .msg = record->args[1], .flags = flags | CALL_VECTOR };

	return syscall_enter(record, flags_at, mark, &call);
}

static __always_inline int enter_buffer(const struct enter_record *record, __u32 flags, int flags_at, __u32 mark)
{
	struct n2_call call = { .data = record->args[1], .count = record->args[2], .flags = flags | CALL_NO_FLAGS };

	return syscall_enter(record, flags_at, mark, &call);
}

static __always_inline int enter_named(const struct enter_record *record, __u32 flags, int flags_at, __u32 mark)
{
	struct n2_call call = {
		.data = record->args[1],
		.count = record->args[2],
		.name = record->args[4],
		/* On receive args[5] points to the length: an SCTP peer's name is at least a sockaddr_in. */
		.name_len = flags & CALL_SENT ? record->args[5] : 28,
		.flags = flags | CALL_NO_FLAGS,
	};

	return syscall_enter(record, flags_at, mark, &call);
}

static __always_inline int enter_vector(const struct enter_record *record, __u32 flags, int flags_at, __u32 mark)
{
	struct n2_call call = { .data = record->args[1],
				.segments = record->args[2],
				.flags = flags | CALL_NO_FLAGS | CALL_VECTOR };

	return syscall_enter(record, flags_at, mark, &call);
}

/* What was kept at the entry of this call, or NULL. What lies there of another call is lost: its exit has been missed. */
static __always_inline struct n2_call *syscall_exit(const struct exit_record *record, __u64 task)
{
	struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);

	if (!call || call->number == record->number)
		return call;
	call_lose(task);
	return 0;
}

/* One message of the caller's struct msghdr, read now: the kernel has read and written it. */
static __always_inline int message_leave(struct n2_call *call, const struct user_msghdr *head, long size)
{
	if (!(call->flags & CALL_SENT) && head->flags & FLAG_NOTICE)
		return 0;
	call->data = head->vector;
	call->segments = head->segments;
	call->name = head->name;
	call->name_len = head->name_len;
	call->control = head->control;
	call->control_len = head->control_len;
	call->msg_flags = head->flags;
	return message_pass(call, size);
}

static __always_inline void header_unreadable(long err)
{
	sn_count(SN_KERNEL_DROP_READ);
	SN_ERROR(SN_BPF_FILE_N2_SYSCALL, BPF_FUNC_probe_read_user, err);
}

static __always_inline int exit_message(const struct exit_record *record)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct n2_call *call = syscall_exit(record, task);
	struct user_msghdr head;

	if (!call)
		return 0;
	if (record->result > 0) {
		long err = bpf_probe_read_user(&head, sizeof(head), (void *)call->msg);

		if (err)
			header_unreadable(err);
		else
			message_leave(call, &head, record->result);
	}
	bpf_map_delete_elem(&n2_calls, &task);
	return 0;
}

static __always_inline int exit_batch(const struct exit_record *record)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct n2_call *call = syscall_exit(record, task);

	if (!call)
		return 0;
	for (int i = 0; i < SYSCALL_BATCH && i < record->result; i++) {
		struct user_mmsghdr entry;
		long err = bpf_probe_read_user(&entry, sizeof(entry), (void *)(call->msg + i * sizeof(entry)));

		if (err)
			header_unreadable(err);
		else if (entry.length)
			message_leave(call, &entry.head, entry.length);
	}
	if (record->result > SYSCALL_BATCH) {
		sn_count(SN_KERNEL_DROP_STATE);
		SN_ERROR(SN_BPF_FILE_N2_SYSCALL, BPF_FUNC_unspec, -ERROR_2BIG);
	}
	bpf_map_delete_elem(&n2_calls, &task);
	return 0;
}

static __always_inline int exit_buffer(const struct exit_record *record)
{
	__u64 task = bpf_get_current_pid_tgid();
	const struct n2_call *call = syscall_exit(record, task);

	if (!call)
		return 0;
	if (record->result > 0)
		message_pass(call, record->result);
	bpf_map_delete_elem(&n2_calls, &task);
	return 0;
}

#define PROGRAMS(call, sent, flags_at, enter, leave, twin, mark)                                                                 \
	SEC("tracepoint/syscalls/sys_enter_" #call)                                                                              \
	int sn_n2_enter_##call##twin(struct enter_record *record)                                                                \
	{                                                                                                                        \
		return enter(record, sent, flags_at, mark);                                                                      \
	}                                                                                                                        \
	SEC("tracepoint/syscalls/sys_exit_" #call)                                                                               \
	int sn_n2_exit_##call##twin(struct exit_record *record)                                                                  \
	{                                                                                                                        \
		return leave(record);                                                                                            \
	}
/* Each is there twice: see call_is_kept. */
#define SYSCALL(call, sent, flags_at, enter, leave)                                                                              \
	PROGRAMS(call, sent, flags_at, enter, leave, , CALL_SEEN)                                                                \
	PROGRAMS(call, sent, flags_at, enter, leave, _twin, CALL_SEEN_TWIN)

SYSCALL(sendmsg, CALL_SENT, 0, enter_message, exit_message)
SYSCALL(recvmsg, 0, 2, enter_message, exit_message)
SYSCALL(sendmmsg, CALL_SENT, 0, enter_message, exit_batch)
SYSCALL(recvmmsg, 0, 3, enter_message, exit_batch)
SYSCALL(sendto, CALL_SENT, 0, enter_named, exit_buffer)
SYSCALL(recvfrom, 0, 3, enter_named, exit_buffer)
SYSCALL(write, CALL_SENT, 0, enter_buffer, exit_buffer)
SYSCALL(read, 0, 0, enter_buffer, exit_buffer)
SYSCALL(writev, CALL_SENT, 0, enter_vector, exit_buffer)
SYSCALL(readv, 0, 0, enter_vector, exit_buffer)

#endif
