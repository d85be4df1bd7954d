/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file The ring that all modules share, and when its reader is woken.
 *
 * A record is reserved in one of a few sizes, because bpf_ringbuf_reserve wants a constant (dynptr is younger than our oldest
 * kernel); sn_event.length says how much of it is used. Against building the record aside and bpf_ringbuf_output this saves one
 * copy and a per-CPU scratch of 64 KiB, and there is nothing that two programs on one CPU could write at the same time.
 *
 * The reader drains by a timer. It is woken only when the fill crosses a multiple of sn_ring_wakeup.
 */
#ifndef SN_BPF_RING_H
#define SN_BPF_RING_H

#include "bpf/errors.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} sn_ring SEC(".maps");

/** A power of two; written by the loader from the size of the ring. */
const volatile __u64 sn_ring_wakeup = 1 << 20;

/** Calls fn(room) with the smallest room that holds `length` octets; each room is a constant for the verifier. */
#define SN_RING_ROOM(length, fn)                                                                                                 \
	((length) <= 256     ? fn(256)                                                                                           \
	 : (length) <= 512   ? fn(512)                                                                                           \
	 : (length) <= 1024  ? fn(1024)                                                                                          \
	 : (length) <= 2048  ? fn(2048)                                                                                          \
	 : (length) <= 4096  ? fn(4096)                                                                                          \
	 : (length) <= 16512 ? fn(16512)                                                                                         \
			     : fn(SN_RING_ROOM_MAX))
/** 64 KiB and a head. */
#define SN_RING_ROOM_MAX (65536 + 128)

/* What is counted as waiting includes the record being submitted. */
static __always_inline __u64 sn_ring_flags(__u64 room)
{
	__u64 waiting = bpf_ringbuf_query(&sn_ring, BPF_RB_AVAIL_DATA);

	return (waiting ^ (waiting - room)) & ~(sn_ring_wakeup - 1) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

#define sn_ring_submit(record, room)                                                                                             \
	do {                                                                                                                     \
		bpf_ringbuf_submit(record, sn_ring_flags(room));                                                                 \
		sn_count(SN_KERNEL_PASSED);                                                                                      \
	} while (0)

#define sn_ring_discard(record) bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP)

#endif
