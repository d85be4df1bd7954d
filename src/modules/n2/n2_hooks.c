/* SPDX-License-Identifier: Apache-2.0 */
/** @file The table of n2's hooks: programs of n2.bpf.c, what they need, what is lost against the one before. */
#include "modules/n2/n2_hooks.h"

#include "base/macro.h"

#define NAMES(...)                                                                                                               \
	(const char *const[])                                                                                                    \
	{                                                                                                                        \
		__VA_ARGS__, NULL                                                                                                \
	}

#define SYSCALL(name) "sn_n2_enter_" name, "sn_n2_enter_" name "_twin", "sn_n2_exit_" name, "sn_n2_exit_" name "_twin"

/* In the order in which a reason is worth hearing. */
static const enum sn_feature fexit_needs[] = { SN_FEATURE_BTF, SN_FEATURE_RINGBUF, SN_FEATURE_FENTRY, SN_FEATURE_SCTP };
static const enum sn_feature kprobe_needs[] = { SN_FEATURE_BTF, SN_FEATURE_RINGBUF, SN_FEATURE_KPROBE, SN_FEATURE_SCTP };
static const enum sn_feature tracepoint_needs[] = { SN_FEATURE_BTF, SN_FEATURE_RINGBUF, SN_FEATURE_TRACEPOINT, SN_FEATURE_SCTP };
static const enum sn_feature packet_needs[] = { SN_FEATURE_RINGBUF, SN_FEATURE_CLSACT };

const struct sn_hook sn_n2_hooks[] = {
	{
		.name = "fexit",
		.group = "socket",
		.programs = NAMES("sn_n2_fentry_sendmsg", "sn_n2_fentry_sendmsg_twin", "sn_n2_fexit_sendmsg",
				  "sn_n2_fexit_sendmsg_twin", "sn_n2_fentry_recvmsg", "sn_n2_fentry_recvmsg_twin",
				  "sn_n2_fexit_recvmsg", "sn_n2_fexit_recvmsg_twin"),
		.needs = fexit_needs,
		.needs_len = SN_ARRAY_SIZE(fexit_needs),
		.cost = "the message that a thread waits for while the tap is attached is not seen; what the kernel sends from pages "
			"(sendfile from Linux 6.5 on) is counted, not read",
	},
	{
		.name = "kprobe",
		.group = "socket",
		.programs = NAMES("sn_n2_kprobe_sendmsg", "sn_n2_kretprobe_sendmsg", "sn_n2_kprobe_recvmsg",
				  "sn_n2_kretprobe_recvmsg"),
		.needs = kprobe_needs,
		.needs_len = SN_ARRAY_SIZE(kprobe_needs),
		.cost = "a probe costs about five times as much",
	},
	{
		.name = "tracepoint",
		.group = "socket",
		.programs =
			NAMES(SYSCALL("sendmsg"), SYSCALL("recvmsg"), SYSCALL("sendto"), SYSCALL("recvfrom"), SYSCALL("sendmmsg"),
			      SYSCALL("recvmmsg"), SYSCALL("write"), SYSCALL("read"), SYSCALL("writev"), SYSCALL("readv")),
		.needs = tracepoint_needs,
		.needs_len = SN_ARRAY_SIZE(tracepoint_needs),
		.cost = "io_uring and 32-bit programs are not seen; read and recvfrom do not tell where a message ends; every read and "
			"write of the node pays for two looks at its descriptor",
	},
	{
		.name = "packet",
		.group = "packet",
		.programs = NAMES("sn_n2_tc_ingress", "sn_n2_tc_egress", "sn_n2_tc_ingress_l3", "sn_n2_tc_egress_l3"),
		.needs = packet_needs,
		.needs_len = SN_ARRAY_SIZE(packet_needs),
		.cost = "no process and no cgroup; messages are put together from packets",
	},
	{ 0 },
};
