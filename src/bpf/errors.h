/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file What went wrong in the kernel and how often, and what a module took, passed and dropped. Nothing here can fail a program.
 *
 * The file that includes this defines SN_BPF_MODULE (enum sn_module_id). User space makes the maps once and hands them to the
 * programs of every module.
 */
#ifndef SN_BPF_ERRORS_H
#define SN_BPF_ERRORS_H

#include "bpf/kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct sn_error_key);
	__type(value, __u64);
} sn_errors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, _SN_MODULE_MAX *SN_KERNEL_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} sn_counters SEC(".maps");

/* Atomic although per CPU: from 5.12 on, tracing programs can preempt one another, and a lost count is a lie. */
static __always_inline void sn_count(enum sn_kernel_counter counter)
{
	__u32 index = SN_BPF_MODULE * SN_KERNEL_COUNTERS + counter;
	__u64 *value = bpf_map_lookup_elem(&sn_counters, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __noinline int sn_error_count(__u16 file, __u16 line, __u16 helper, __s32 error)
{
	struct sn_error_key key = { .module = SN_BPF_MODULE, .line = line, .file = file, .helper = helper, .error = error };
	__u64 one = 1, *value = bpf_map_lookup_elem(&sn_errors, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&sn_errors, &key, &one, BPF_ANY);
	return 0;
}

/** Counts a failure under this place. `helper` is a name of enum bpf_func_id; BPF_FUNC_unspec when no helper is to blame. */
#define SN_ERROR(file, helper, error) sn_error_count(file, __LINE__, helper, error)

#endif
