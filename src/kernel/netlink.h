/* SPDX-License-Identifier: Apache-2.0 */
/** @file What libbpf's TC calls do not tell. */
#ifndef SN_KERNEL_NETLINK_H
#define SN_KERNEL_NETLINK_H

/** Filters in both directions of the interface's clsact qdisc, in the calling thread's network namespace; or a negative errno. */
int netlink_count_filters(int ifindex);

#endif
