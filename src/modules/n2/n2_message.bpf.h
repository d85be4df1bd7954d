/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file A user message at a socket, whatever hook saw it: what is kept from entry to exit, and how it becomes a record.
 *
 * Everything is read at the exit of the call: a send buffer whose pages are not there yet cannot be read at its entry, and the
 * kernel's own copy has faulted them in by then. What the call consumes (the iterator, on receive the place for control messages)
 * is kept at entry.
 */
#ifndef SN_N2_MESSAGE_BPF_H
#define SN_N2_MESSAGE_BPF_H

#define IPPROTO_SCTP  132
#define FAMILY_INET   2
#define FAMILY_INET6  10
#define TYPE_STREAM   1	     /* SOCK_STREAM: a one-to-one socket */
#define FLAG_PEEK     0x2    /* MSG_PEEK: will be received once more */
#define FLAG_EOR      0x80   /* MSG_EOR */
#define FLAG_ERRQUEUE 0x2000 /* MSG_ERRQUEUE */
#define FLAG_NOTICE   0x8000 /* MSG_NOTIFICATION: from the kernel's SCTP, not from the peer */
/* Peeking, and what waits in the error queue, is no message received. */
#define FLAGS_IGNORED (FLAG_PEEK | FLAG_ERRQUEUE)

#define ERROR_2BIG	7
#define ERROR_OPNOTSUPP 95

/* Segments of one scattered message that are read; the rest counts as truncated. */
#define MESSAGE_SEGMENTS 16
/* Control messages that are looked through. */
#define MESSAGE_CONTROLS 4
/* Associations, and addresses of peers, of a one-to-many socket that are looked through. */
#define ASSOCIATION_STEPS 256

enum call_flag {
	CALL_SENT = 1 << 0,
	CALL_VECTOR = 1 << 1,	   /* data points to an array of iovec, else to the bytes */
	CALL_VECTOR_USER = 1 << 2, /* … which lies in user memory */
	CALL_BYTES_KERNEL = 1 << 3,
	CALL_HEADER_USER = 1 << 4,  /* name points to user memory */
	CALL_CONTROL_USER = 1 << 5, /* control points to user memory */
	CALL_NO_FLAGS = 1 << 6,	    /* the hook does not learn msg_flags */
	CALL_UNREADABLE = 1 << 7,   /* the bytes lie where we cannot read them */
	CALL_SEEN = 1 << 8,	    /* by the first of the two programs at the entry */
	CALL_SEEN_TWIN = 1 << 9,    /* by the second */
};

/* One call of a task, kept from entry to exit. */
struct n2_call {
	__u64 sock;
	__u64 msg;     /* struct msghdr of the kernel; at a system call the caller's */
	__s64 number;  /* of the system call, where it is kept at one */
	__u64 data;    /* array of iovec, or the bytes */
	__u64 offset;  /* into the first segment */
	__u64 count;   /* octets of the bytes, when there is no array */
	__u64 name;    /* sockaddr, 0 without */
	__u64 control; /* control messages, 0 without */
	__u64 control_len;
	__u32 segments;
	__u32 name_len;
	__u32 flags;	 /* enum call_flag */
	__u32 msg_flags; /* as the call returned them */
	struct sn_n2_message_event event;
};

/* Threads that can be in a call at once: a blocked receiver holds its entry. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64); /* bpf_get_current_pid_tgid */
	__type(value, struct n2_call);
} n2_calls SEC(".maps");

/*
 * One-to-many sockets that talked to a wanted port of a peer: later messages may name only the association. The value is the
 * local port, so that another socket at the same address is not taken for it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u16);
} n2_sockets SEC(".maps");

/* The association of a one-to-many socket that a message named by its id, or by an address of its peer. */
struct n2_association_key {
	__u64 sock;
	__u32 id; /* 0: by address */
	__u16 peer_port;
	__u8 peer_family;
	__u8 _pad;
	__u8 peer_addr[16];
};

struct n2_association {
	__u64 address; /* 0: it stands too far behind in the socket's list */
	__u32 id;      /* which no other association has had or will have soon: a kernel address may be another's by now */
	__u32 local_tag;
	__u32 peer_tag;
	__u16 local_port; /* as in n2_sockets */
	__u16 _pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct n2_association_key);
	__type(value, struct n2_association);
} n2_associations SEC(".maps");

static __always_inline bool task_is_own(__u64 task)
{
	const struct sn_n2_kernel_config *config = config_get();

	return config && config->own_tgid == task >> 32;
}

static __always_inline void call_lose(__u64 task)
{
	sn_count(SN_KERNEL_DROP_STATE);
	bpf_map_delete_elem(&n2_calls, &task);
}

/*
 * Each program that can be preempted is there twice. While one waits to go on, the kernel skips it for other tasks on that CPU
 * (recursion_misses); then its twin does the work. Of two that run, whichever comes first does it: at the exit the other finds
 * nothing left; at the entry both ask here, and leave their mark, CALL_SEEN or CALL_SEEN_TWIN. A call that bears one's own mark
 * is an earlier one, whose exit was missed by both: it is lost, and no later exit may take it for its own.
 *
 * @return whether the other of the two has kept this call.
 */
static __always_inline bool call_is_kept(__u64 task, __u32 mark)
{
	struct n2_call *call = bpf_map_lookup_elem(&n2_calls, &task);

	if (!call)
		return false;
	if (call->flags & mark) {
		call_lose(task);
		return false;
	}
	call->flags |= mark;
	return true;
}

static __always_inline void call_keep(__u64 task, const struct n2_call *call)
{
	long err = bpf_map_update_elem(&n2_calls, &task, call, BPF_ANY);

	if (err) {
		sn_count(SN_KERNEL_DROP_STATE);
		SN_ERROR(SN_BPF_FILE_N2_MESSAGE, BPF_FUNC_map_update_elem, err);
	}
}

static __always_inline long read_any(bool user, void *to, __u32 size, __u64 from)
{
	return user ? bpf_probe_read_user(to, size, (void *)from) : bpf_probe_read_kernel(to, size, (void *)from);
}

/* --- Addresses --- */

/* ::ffff:a.b.c.d is the IPv4 address that it stands for (RFC 4291 2.5.5.2). @return 4, 6, or 0 for "any". */
static __always_inline __u8 address_normalize(__u8 address[16])
{
	__u32 *words = (__u32 *)address;

	if (words[0] || words[1])
		return 6;
	if (words[2] == bpf_htonl(0xffff)) {
		words[0] = words[3];
		words[2] = words[3] = 0;
		return words[0] ? 4 : 0;
	}
	return words[2] || words[3] ? 6 : 0;
}

static __always_inline void event_set_sock(struct sn_n2_message_event *event, const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (BPF_CORE_READ(sk, sk_type) == TYPE_STREAM)
		event->flags |= SN_N2_ONE_TO_ONE;
	event->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	event->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == FAMILY_INET) {
		BPF_CORE_READ_INTO((__be32 *)event->local_addr, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)event->peer_addr, sk, __sk_common.skc_daddr);
		event->local_family = *(__u32 *)event->local_addr ? 4 : 0;
		event->peer_family = *(__u32 *)event->peer_addr ? 4 : 0;
	} else if (family == FAMILY_INET6) {
		BPF_CORE_READ_INTO((struct in6_addr *)event->local_addr, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)event->peer_addr, sk, __sk_common.skc_v6_daddr);
		event->local_family = address_normalize(event->local_addr);
		event->peer_family = address_normalize(event->peer_addr);
	}
}

struct name {
	__u16 family;
	__be16 port;
	__u8 bytes[20]; /* sockaddr_in: address; sockaddr_in6: flow label, address */
};

/* What the message itself says of its peer is better than what the socket says. */
static __always_inline void event_set_name(struct sn_n2_message_event *event, const struct n2_call *call)
{
	bool user = call->flags & CALL_HEADER_USER;
	struct name name = { 0 };

	if (!call->name || call->name_len < 8 || read_any(user, &name, 8, call->name))
		return;
	if (name.family == FAMILY_INET) {
		__builtin_memset(event->peer_addr, 0, sizeof(event->peer_addr));
		__builtin_memcpy(event->peer_addr, name.bytes, 4);
		event->peer_family = 4;
	} else if (name.family == FAMILY_INET6 && call->name_len >= 24 && !read_any(user, name.bytes, 20, call->name + 4)) {
		__builtin_memcpy(event->peer_addr, name.bytes + 4, 16);
		event->peer_family = address_normalize(event->peer_addr);
	} else {
		return;
	}
	event->peer_port = bpf_ntohs(name.port);
}

/* --- Association, stream, PPID --- */

/* RFC 6458 5.3; the layouts of <linux/sctp.h>. */
#define CONTROL_SNDRCV	1
#define CONTROL_SNDINFO 2
#define CONTROL_RCVINFO 3

struct control_head {
	__u64 len;
	__s32 level;
	__s32 type;
};

struct control_info {
	struct control_head head;
	__u16 stream;
	__u16 word2;
	__u32 word4; /* sndinfo: PPID */
	__u32 word8; /* rcvinfo, sndrcvinfo: PPID */
	__u32 assoc_sndinfo;
	__u32 words16[2];
	__u32 assoc_rcvinfo;
	__u32 assoc_sndrcv;
};

static __always_inline void event_set_info(struct sn_n2_message_event *event, __u16 stream, __be32 ppid, __u32 assoc_id)
{
	event->stream = stream;
	event->ppid = bpf_ntohl(ppid);
	event->flags |= SN_N2_HAS_STREAM | SN_N2_HAS_PPID;
	if (assoc_id) {
		event->assoc_id = assoc_id;
		event->flags |= SN_N2_HAS_ASSOC;
	}
}

static __always_inline void event_set_control(struct sn_n2_message_event *event, const struct n2_call *call)
{
	bool user = call->flags & CALL_CONTROL_USER;
	__u64 at = call->control, end = at + call->control_len;

	if (!at)
		return;
	for (int i = 0; i < MESSAGE_CONTROLS && at + sizeof(struct control_head) <= end; i++) {
		struct control_info info = { 0 };
		__u64 left;

		if (read_any(user, &info.head, sizeof(info.head), at) || info.head.len < sizeof(info.head))
			return;
		left = end - at;
		if (info.head.level == IPPROTO_SCTP && info.head.len <= left) {
			void *body = &info.stream;
			__u64 body_at = at + sizeof(info.head);

			if (info.head.type == CONTROL_SNDRCV && info.head.len >= 48 && !read_any(user, body, 32, body_at)) {
				event_set_info(event, info.stream, info.word8, info.assoc_sndrcv);
				return;
			}
			if (info.head.type == CONTROL_RCVINFO && info.head.len >= 44 && !read_any(user, body, 28, body_at)) {
				event_set_info(event, info.stream, info.word8, info.assoc_rcvinfo);
				return;
			}
			if (info.head.type == CONTROL_SNDINFO && info.head.len >= 32 && !read_any(user, body, 16, body_at)) {
				event_set_info(event, info.stream, info.word4, info.assoc_sndinfo);
				return;
			}
		}
		at += (info.head.len + 7) & ~7ULL;
	}
}

/* Only where the BTF of the kernel or its module says where to look. */
static __always_inline bool associations_can_be_read(void)
{
	return bpf_core_field_exists(struct sctp_sock___sn, ep) &&
	       bpf_core_field_exists(struct sctp_association___sn, assoc_id) &&
	       bpf_core_field_exists(struct sctp_cookie___sn, my_vtag) &&
	       bpf_core_field_exists(struct sctp_transport___sn, ipaddr);
}

static __always_inline bool transport_is_peer(const struct list_head *at, const struct sn_n2_message_event *event)
{
	const void *transport = (const void *)at - bpf_core_field_offset(struct sctp_transport___sn, transports);
	const __u64 *wanted = (const __u64 *)event->peer_addr;
	struct name name = { 0 };
	__u64 v6[2];

	if (bpf_probe_read_kernel(&name, sizeof(name), transport + bpf_core_field_offset(struct sctp_transport___sn, ipaddr)))
		return false;
	if (name.family == FAMILY_INET)
		return event->peer_family == 4 && *(__u32 *)name.bytes == *(const __u32 *)event->peer_addr;
	__builtin_memcpy(v6, name.bytes + 4, sizeof(v6));
	return event->peer_family == 6 && v6[0] == wanted[0] && v6[1] == wanted[1];
}

/*
 * Looks through a socket's associations, the newest first, and through the addresses of those whose peer has the wanted port; in
 * one loop, as loops in loops are followed step by step. Nothing is locked: a list that changes meanwhile ends the search, what
 * is found is checked.
 * @return its address, 0: it is not there, or *ret_too_far is set.
 */
static __always_inline const void *association_search(const struct list_head *head, const struct sn_n2_message_event *event,
						      bool *ret_too_far)
{
	const struct list_head *at = BPF_CORE_READ(head, prev), *paths = 0, *path = 0;
	__u32 id = event->flags & SN_N2_HAS_ASSOC ? event->assoc_id : 0;

	for (int i = 0; i < ASSOCIATION_STEPS; i++) {
		const void *association = (const void *)at - bpf_core_field_offset(struct sctp_association___sn, asocs);
		const struct sctp_association___sn *fields = association;

		if (!at || at == head)
			return 0;
		if (path && path != paths) {
			if (transport_is_peer(path, event))
				return association;
			path = BPF_CORE_READ(path, next);
			continue;
		}
		if (id && (__u32)BPF_CORE_READ(fields, assoc_id) == id)
			return association;
		if (!id && !path && BPF_CORE_READ(fields, peer.port) == event->peer_port) {
			paths = association + bpf_core_field_offset(struct sctp_association___sn, peer.transport_addr_list);
			path = BPF_CORE_READ(paths, next);
			continue;
		}
		path = 0;
		at = BPF_CORE_READ(at, prev);
	}
	*ret_too_far = true;
	return 0;
}

/*
 * What is remembered may be gone, and its memory another's, or not another's yet. The id alone does not tell: what is written
 * there anew may leave it as it was. What still stands in a list has a neighbour that points to it; what has been taken out
 * points nowhere. Its memory is not given away while we run (RCU).
 */
static __always_inline bool association_is_still(const struct sctp_association___sn *association, __u64 sock, __u32 id)
{
	const struct list_head *at = (const void *)association + bpf_core_field_offset(struct sctp_association___sn, asocs);
	const struct list_head *next = BPF_CORE_READ(at, next);

	return (__u32)BPF_CORE_READ(association, assoc_id) == id && (__u64)BPF_CORE_READ(association, base.sk) == sock && next &&
	       BPF_CORE_READ(next, prev) == at;
}

static __always_inline void event_set_remembered(struct sn_n2_message_event *event, const struct n2_association *association)
{
	event->assoc_id = association->id;
	event->flags |= SN_N2_HAS_ASSOC;
	event->local_tag = association->local_tag;
	event->peer_tag = association->peer_tag;
}

/*
 * The same, remembered: a search takes as long as the socket has associations, and an association may have gone before its last
 * message is read here.
 */
static __always_inline const void *association_of_many(const struct list_head *head, struct sn_n2_message_event *event)
{
	struct n2_association_key key = { .sock = event->socket };
	struct n2_association found = { .local_port = event->local_port }, *known;
	const struct sctp_association___sn *association;
	bool too_far = false;

	if (event->flags & SN_N2_HAS_ASSOC) {
		key.id = event->assoc_id;
	} else if (event->flags & SN_N2_HAS_PEER) {
		key.peer_port = event->peer_port;
		key.peer_family = event->peer_family;
		__builtin_memcpy(key.peer_addr, event->peer_addr, sizeof(key.peer_addr));
	} else {
		return 0;
	}
	known = bpf_map_lookup_elem(&n2_associations, &key);
	if (known && known->local_port != event->local_port)
		known = 0;
	association = known ? (const void *)known->address : 0;
	if (known && !association)
		return 0;
	if (!known || !association_is_still(association, key.sock, known->id)) {
		association = association_search(head, event, &too_far);
		if (!association && !too_far) {
			if (known)
				event_set_remembered(event, known);
			return 0;
		}
	}
	if (association) {
		found.address = (__u64)association;
		found.id = BPF_CORE_READ(association, assoc_id);
		found.local_tag = BPF_CORE_READ(association, c.my_vtag);
		found.peer_tag = BPF_CORE_READ(association, c.peer_vtag);
	}
	/* Its peer's tag may not have been there at first (RFC 9260 5.1). */
	if (!known || known->id != found.id || known->peer_tag != found.peer_tag)
		bpf_map_update_elem(&n2_associations, &key, &found, BPF_ANY);
	return association;
}

static __always_inline const struct sctp_association___sn *association_of(struct sn_n2_message_event *event)
{
	const struct sctp_sock___sn *sctp = (const void *)event->socket;
	const struct list_head *head, *first;

	head = (const void *)BPF_CORE_READ(sctp, ep) + bpf_core_field_offset(struct sctp_endpoint___sn, asocs);
	if (BPF_CORE_READ(sctp, type) == bpf_core_enum_value(enum sctp_socket_type___sn, SCTP_SOCKET_UDP___sn))
		return association_of_many(head, event);
	event->flags |= SN_N2_ONE_TO_ONE; /* also one that was peeled off */
	first = BPF_CORE_READ(head, next);
	if (!first || first == head)
		return 0;
	return (const void *)first - bpf_core_field_offset(struct sctp_association___sn, asocs);
}

/* Neither the message nor its socket names a peer. */
static __always_inline void event_set_primary(struct sn_n2_message_event *event, const void *association)
{
	const __u32 offset = bpf_core_field_offset(struct sctp_association___sn, peer.primary_addr);
	struct name name = { 0 };

	if (bpf_probe_read_kernel(&name, sizeof(name), association + offset))
		return;
	if (name.family == FAMILY_INET) {
		__builtin_memcpy(event->peer_addr, name.bytes, 4);
		event->peer_family = 4;
	} else {
		__builtin_memcpy(event->peer_addr, name.bytes + 4, 16);
		event->peer_family = address_normalize(event->peer_addr);
	}
	event->peer_port = bpf_ntohs(name.port);
	event->flags |= SN_N2_HAS_PEER;
}

/* What the message itself does not tell, its association does: its tags, and on send the stream and the PPID that are taken then.
 */
static __always_inline void event_set_association(struct sn_n2_message_event *event)
{
	const struct sctp_association___sn *association;

	if (!associations_can_be_read())
		return;
	association = association_of(event);
	if (!association)
		return;
	event->assoc_id = BPF_CORE_READ(association, assoc_id);
	event->flags |= SN_N2_HAS_ASSOC;
	if (!event->peer_port)
		event_set_primary(event, association);
	event->local_tag = BPF_CORE_READ(association, c.my_vtag);
	event->peer_tag = BPF_CORE_READ(association, c.peer_vtag);
	if (!(event->flags & SN_N2_SENT) || (event->flags & SN_N2_HAS_PPID))
		return;
	event_set_info(event, BPF_CORE_READ(association, default_stream), BPF_CORE_READ(association, default_ppid), 0);
}

/* --- Into the ring --- */

static __always_inline int message_error(struct sn_n2_message_event *record, bool user, long err)
{
	sn_ring_discard(record);
	sn_count(SN_KERNEL_DROP_READ);
	SN_ERROR(SN_BPF_FILE_N2_MESSAGE, user ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel, err);
	return 0;
}

static __always_inline void message_submit(struct sn_n2_message_event *record, const struct n2_call *call, __u32 captured,
					   __u64 room)
{
	__builtin_memcpy(record, &call->event, sizeof(*record));
	record->head.length = sizeof(*record) + captured;
	record->captured = captured;
	if (captured < record->size) {
		record->flags |= SN_N2_TRUNCATED;
		sn_count(SN_KERNEL_TRUNCATED);
	}
	sn_ring_submit(record, room);
}

/* The bytes lie in one piece. */
static __always_inline int message_copy(const struct n2_call *call, __u64 from, __u64 want, const __u64 room)
{
	struct sn_n2_message_event *record = bpf_ringbuf_reserve(&sn_ring, room, 0);
	bool user = !(call->flags & CALL_BYTES_KERNEL);
	long err;

	if (!record) {
		sn_count(SN_KERNEL_DROP_RING);
		return 0;
	}
	/* 1 ≤ want ≤ room: the compiler knows and would drop the check; the verifier of 5.10 learns both bounds only so. */
	want--;
	asm volatile("" : "+r"(want));
	if (want >= room - sizeof(*record)) {
		sn_ring_discard(record);
		return 0;
	}
	want++;
	err = read_any(user, record + 1, want, from);
	if (err)
		return message_error(record, user, err);
	message_submit(record, call, want, room);
	return 0;
}

static __always_inline long segment_read(const struct n2_call *call, __u32 i, struct iovec *ret_segment)
{
	return read_any(call->flags & CALL_VECTOR_USER, ret_segment, sizeof(*ret_segment), call->data + i * sizeof(struct iovec));
}

/*
 * The bytes lie in several pieces, want ≤ most, which is a power of two. The verifier knows the range of what was copied and the
 * range of the next piece, not the range of their sum: the room is twice what can be copied.
 */
static __always_inline int message_gather(const struct n2_call *call, __u64 want, const __u64 most)
{
	const __u64 room = 2 * most + sizeof(struct sn_n2_message_event);
	struct sn_n2_message_event *record = bpf_ringbuf_reserve(&sn_ring, room, 0);
	bool user = !(call->flags & CALL_BYTES_KERNEL);
	__u64 done = 0;

	if (!record) {
		sn_count(SN_KERNEL_DROP_RING);
		return 0;
	}
	for (__u32 i = 0; i < MESSAGE_SEGMENTS && i < call->segments && done < want; i++) {
		__u64 skip = i ? 0 : call->offset, length;
		struct iovec segment;
		long err = segment_read(call, i, &segment);

		if (err)
			return message_error(record, call->flags & CALL_VECTOR_USER, err);
		if (segment.iov_len <= skip)
			continue;
		length = segment.iov_len - skip;
		if (length > want - done)
			length = want - done;
		/* Changes nothing; gives all ways through the loop one state, so that the verifier follows one of them. */
		asm volatile("" : "+r"(length), "+r"(done));
		done &= most - 1;
		length--;
		length &= most - 1;
		length++;
		err = read_any(user, (void *)(record + 1) + done, length, (__u64)segment.iov_base + skip);
		if (err)
			return message_error(record, user, err);
		done += length;
	}
	message_submit(record, call, done, room);
	return 0;
}

/* Where the bytes begin, when they lie in one piece. @return 0, or a negative errno; 1 when they do not. */
static __always_inline long message_one_piece(const struct n2_call *call, __u64 size, __u64 *ret_from)
{
	struct iovec segment;
	long err;

	if (!(call->flags & CALL_VECTOR)) {
		*ret_from = call->data + call->offset;
		return 0;
	}
	err = segment_read(call, 0, &segment);
	if (err)
		return err;
	*ret_from = (__u64)segment.iov_base + call->offset;
	return segment.iov_len < call->offset || segment.iov_len - call->offset < size;
}

static __always_inline bool message_wanted(const struct sn_n2_message_event *event, bool connected)
{
	__u64 sock = event->socket;
	__u16 *known, local_port = event->local_port;

	if (port_wanted(local_port))
		return true;
	if (event->peer_port && port_wanted(event->peer_port)) {
		if (!connected)
			bpf_map_update_elem(&n2_sockets, &sock, &local_port, BPF_ANY);
		return true;
	}
	known = event->peer_port ? 0 : bpf_map_lookup_elem(&n2_sockets, &sock);
	return known && *known == local_port;
}

/* @return whether the socket itself has a peer. */
static __always_inline bool event_fill(struct n2_call *call, __u32 size)
{
	struct sn_n2_message_event *event = &call->event;
	const struct sock *sk = (const struct sock *)call->sock;
	bool connected;

	*event = (struct sn_n2_message_event) {
		.head = { .module = SN_MODULE_N2, .type = SN_N2_EVENT_MESSAGE, .time_ns = bpf_ktime_get_boot_ns() },
		.socket = call->sock,
		.cgroup_id = bpf_get_current_cgroup_id(),
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.flags = call->flags & CALL_SENT ? SN_N2_SENT : 0,
		.size = size,
	};
	if (!(call->flags & (CALL_SENT | CALL_NO_FLAGS)) && !(call->msg_flags & FLAG_EOR))
		event->flags |= SN_N2_PARTIAL;
	event_set_sock(event, sk);
	connected = event->peer_port;
	event_set_name(event, call);
	if (event->peer_family && event->peer_port)
		event->flags |= SN_N2_HAS_PEER;
	return connected;
}

/*
 * The steps below are global functions: the verifier looks at each once per program, on its own, and not once for every way that
 * leads to it. They take numbers only, and find the call by the task.
 */
static __always_inline struct n2_call *call_get(void)
{
	__u64 task = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&n2_calls, &task);
}

/* @return 1 when the message is one of those wanted, and who, where and when stand in its event. */
__noinline int n2_message_begin(__u64 size)
{
	struct n2_call *call = call_get();

	if (!call)
		return 0;
	return message_wanted(&call->event, event_fill(call, size));
}

/* Stream, PPID, and the association's id, where control messages tell them. */
__noinline int n2_message_tell(void)
{
	struct n2_call *call = call_get();

	if (call)
		event_set_control(&call->event, call);
	return 0;
}

__noinline int n2_message_associate(void)
{
	struct n2_call *call = call_get();

	if (call)
		event_set_association(&call->event);
	return 0;
}

__noinline int n2_message_copy(__u64 from, __u64 want)
{
	struct n2_call *call = call_get();

	if (!call)
		return 0;
#define COPY(room) message_copy(call, from, want, room)
	return SN_RING_ROOM(want + sizeof(struct sn_n2_message_event), COPY);
#undef COPY
}

__noinline int n2_message_gather(__u64 want)
{
	struct n2_call *call = call_get();

	if (!call)
		return 0;
	if (want <= 1024)
		return message_gather(call, want, 1024);
	return want <= 16384 ? message_gather(call, want, 16384) : message_gather(call, want, SN_N2_CAPTURE_MAX);
}

/* Puts one message of the task's call into the ring. @param size what the call sent or received, > 0. */
static __always_inline int message_pass(const struct n2_call *call, __u64 size)
{
	__u64 from = 0, want = size, limit = capture_limit();
	long pieces;

	if (!n2_message_begin(size))
		return 0;
	sn_count(SN_KERNEL_SEEN);
	if (call->flags & CALL_UNREADABLE) {
		sn_count(SN_KERNEL_DROP_READ);
		SN_ERROR(SN_BPF_FILE_N2_MESSAGE, BPF_FUNC_unspec, -ERROR_OPNOTSUPP);
		return 0;
	}
	n2_message_tell();
	n2_message_associate();
	if (want > limit)
		want = limit;
	pieces = message_one_piece(call, want, &from);
	if (pieces == 0)
		return n2_message_copy(from, want);
	if (pieces > 0)
		return n2_message_gather(want);
	sn_count(SN_KERNEL_DROP_READ);
	SN_ERROR(SN_BPF_FILE_N2_MESSAGE, BPF_FUNC_probe_read_kernel, pieces);
	return 0;
}

#endif
