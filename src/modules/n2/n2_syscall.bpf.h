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

/* A call with one buffer: data and count, name and its length; a vector: CALL_VECTOR, the array, its length. */
static __always_inline int syscall_keep(__u32 fd, struct n2_call *call)
{
	__u64 task = bpf_get_current_pid_tgid();
	const struct sock *sk;

	if (task_is_own(task))
		return 0;
	sk = descriptor_sctp(fd);
	if (!sk)
		return 0;
	call->sock = (__u64)sk;
	call->flags |= CALL_VECTOR_USER | CALL_HEADER_USER | CALL_CONTROL_USER;
	call_keep(task, call);
	return 0;
}

static __always_inline int enter_message(const struct enter_record *record, __u32 flags)
{
	struct n2_call call = { .msg = record->args[1], .flags = flags | CALL_VECTOR };

	return syscall_keep(record->args[0], &call);
}

static __always_inline int enter_buffer(const struct enter_record *record, __u32 flags)
{
	struct n2_call call = { .data = record->args[1], .count = record->args[2], .flags = flags | CALL_NO_FLAGS };

	return syscall_keep(record->args[0], &call);
}

static __always_inline int enter_vector(const struct enter_record *record, __u32 flags)
{
	struct n2_call call = { .data = record->args[1],
				.segments = record->args[2],
				.flags = flags | CALL_NO_FLAGS | CALL_VECTOR };

	return syscall_keep(record->args[0], &call);
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
	struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);
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
	struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);

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
	const struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);

	if (!call)
		return 0;
	if (record->result > 0)
		message_pass(call, record->result);
	bpf_map_delete_elem(&n2_calls, &task);
	return 0;
}

/* Peeking, and what waits in the error queue, is no message received. */
#define FLAGS_IGNORED (FLAG_PEEK | FLAG_ERRQUEUE)

SEC("tracepoint/syscalls/sys_enter_sendmsg")
int sn_n2_enter_sendmsg(struct enter_record *record)
{
	return enter_message(record, CALL_SENT);
}

SEC("tracepoint/syscalls/sys_enter_sendmmsg")
int sn_n2_enter_sendmmsg(struct enter_record *record)
{
	return enter_message(record, CALL_SENT);
}

SEC("tracepoint/syscalls/sys_enter_recvmsg")
int sn_n2_enter_recvmsg(struct enter_record *record)
{
	return record->args[2] & FLAGS_IGNORED ? 0 : enter_message(record, 0);
}

SEC("tracepoint/syscalls/sys_enter_recvmmsg")
int sn_n2_enter_recvmmsg(struct enter_record *record)
{
	return record->args[3] & FLAGS_IGNORED ? 0 : enter_message(record, 0);
}

SEC("tracepoint/syscalls/sys_enter_sendto")
int sn_n2_enter_sendto(struct enter_record *record)
{
	struct n2_call call = { .data = record->args[1],
				.count = record->args[2],
				.name = record->args[4],
				.name_len = record->args[5],
				.flags = CALL_SENT | CALL_NO_FLAGS };

	return syscall_keep(record->args[0], &call);
}

SEC("tracepoint/syscalls/sys_enter_recvfrom")
int sn_n2_enter_recvfrom(struct enter_record *record)
{
	/* args[5] points to the length of the name: an SCTP peer's is at least a sockaddr_in. */
	struct n2_call call = {
		.data = record->args[1], .count = record->args[2], .name = record->args[4], .name_len = 28, .flags = CALL_NO_FLAGS
	};

	return record->args[3] & FLAGS_IGNORED ? 0 : syscall_keep(record->args[0], &call);
}

SEC("tracepoint/syscalls/sys_enter_write")
int sn_n2_enter_write(struct enter_record *record)
{
	return enter_buffer(record, CALL_SENT);
}

SEC("tracepoint/syscalls/sys_enter_read")
int sn_n2_enter_read(struct enter_record *record)
{
	return enter_buffer(record, 0);
}

SEC("tracepoint/syscalls/sys_enter_writev")
int sn_n2_enter_writev(struct enter_record *record)
{
	return enter_vector(record, CALL_SENT);
}

SEC("tracepoint/syscalls/sys_enter_readv")
int sn_n2_enter_readv(struct enter_record *record)
{
	return enter_vector(record, 0);
}

SEC("tracepoint/syscalls/sys_exit_sendmsg")
int sn_n2_exit_sendmsg(struct exit_record *record)
{
	return exit_message(record);
}

SEC("tracepoint/syscalls/sys_exit_recvmsg")
int sn_n2_exit_recvmsg(struct exit_record *record)
{
	return exit_message(record);
}

SEC("tracepoint/syscalls/sys_exit_sendmmsg")
int sn_n2_exit_sendmmsg(struct exit_record *record)
{
	return exit_batch(record);
}

SEC("tracepoint/syscalls/sys_exit_recvmmsg")
int sn_n2_exit_recvmmsg(struct exit_record *record)
{
	return exit_batch(record);
}

#define EXIT_BUFFER(name)                                                                                                        \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                                               \
	int sn_n2_exit_##name(struct exit_record *record)                                                                        \
	{                                                                                                                        \
		return exit_buffer(record);                                                                                      \
	}
EXIT_BUFFER(sendto)
EXIT_BUFFER(recvfrom)
EXIT_BUFFER(write)
EXIT_BUFFER(read)
EXIT_BUFFER(writev)
EXIT_BUFFER(readv)

#endif
