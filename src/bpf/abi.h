/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file What both sides of the kernel border share: the head of every ring record, the error map, the loss counters.
 * Fixed widths, explicit padding, included by BPF programs (after kernel.h) and by user space (after <linux/types.h>).
 */
#ifndef SN_BPF_ABI_H
#define SN_BPF_ABI_H

/** Modules by number; append-only, a retired one stays as a comment. */
enum sn_module_id {
	SN_MODULE_NONE = 0,
	SN_MODULE_N2 = 1,
	_SN_MODULE_MAX = 32,
};

/** Head of every record of the shared ring. `length` counts the whole record with its head. */
struct sn_event {
	__u16 module; /* enum sn_module_id */
	__u16 type;   /* the module's own numbering */
	__u32 length;
	__u64 time_ns; /* CLOCK_BOOTTIME */
};
_Static_assert(sizeof(struct sn_event) == 16, "ring record head");

/** Error map: one entry per place and errno, counted. `helper` is the enum bpf_func_id of what failed. */
struct sn_error_key {
	__u16 module;
	__u16 line; /* of the module's .bpf.c or a header: see file */
	__u16 file; /* enum sn_bpf_file */
	__u16 helper;
	__s32 error; /* negative errno */
};
_Static_assert(sizeof(struct sn_error_key) == 12, "error map key");

/** Append-only. */
enum sn_bpf_file {
	SN_BPF_FILE_MODULE = 0,	    /* <module>.bpf.c */
	SN_BPF_FILE_RING = 1,	    /* bpf/ring.h */
	SN_BPF_FILE_PACKET = 2,	    /* bpf/packet.h */
	SN_BPF_FILE_N2_PACKET = 3,  /* modules/n2/n2_packet.bpf.h */
	SN_BPF_FILE_N2_MESSAGE = 4, /* modules/n2/n2_message.bpf.h */
	SN_BPF_FILE_N2_SOCKET = 5,  /* modules/n2/n2_socket.bpf.h */
	SN_BPF_FILE_N2_SYSCALL = 6, /* modules/n2/n2_syscall.bpf.h */
};

/**
 * What a module's kernel side took, passed on and dropped, per CPU; index is module * SN_KERNEL_COUNTERS + counter.
 * Append-only.
 */
enum sn_kernel_counter {
	SN_KERNEL_SEEN,	      /* passed the filter */
	SN_KERNEL_PASSED,     /* put in the ring */
	SN_KERNEL_DROP_RING,  /* the ring was full */
	SN_KERNEL_DROP_READ,  /* the bytes could not be read (fault, lying length) */
	SN_KERNEL_DROP_PARSE, /* headers the kernel side does not understand */
	SN_KERNEL_DROP_STATE, /* a map that holds state between entry and exit was full */
	SN_KERNEL_TRUNCATED,  /* passed on, but cut at the capture limit */
	SN_KERNEL_COUNTERS = 8,
};

#endif
