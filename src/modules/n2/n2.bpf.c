/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/** @file The kernel side of n2: SCTP user messages at sockets, SCTP packets on interfaces, to the ring. */
#include "bpf/kernel.h"

#define SN_BPF_MODULE SN_MODULE_N2
#include "bpf/errors.h"
#include "bpf/packet.h"
#include "bpf/ring.h"
#include "modules/n2/n2.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sn_n2_kernel_config);
} n2_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SN_N2_MAX_PORTS);
	__type(key, __u16);
	__type(value, __u8);
} n2_ports SEC(".maps");

static __always_inline bool port_wanted(__u16 port)
{
	return bpf_map_lookup_elem(&n2_ports, &port) != 0;
}

static __always_inline const struct sn_n2_kernel_config *config_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&n2_config, &zero);
}

static __always_inline __u32 capture_limit(void)
{
	const struct sn_n2_kernel_config *config = config_get();
	__u32 limit = config ? config->capture_limit : 0;

	if (!limit)
		limit = SN_N2_CAPTURE_DEFAULT;
	return limit < SN_N2_CAPTURE_MAX ? limit : SN_N2_CAPTURE_MAX;
}

#include "modules/n2/n2_packet.bpf.h"
#include "modules/n2/n2_message.bpf.h"
#include "modules/n2/n2_socket.bpf.h"
#include "modules/n2/n2_syscall.bpf.h"
