/* SPDX-License-Identifier: Apache-2.0 */
/** @file Counts the TC filters of an interface by a netlink dump. */
#include <errno.h>
#include <stdint.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "kernel/netlink.h"

static int request_filters(int fd, int ifindex, uint32_t parent)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETTFILTER, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = parent },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* A classifier without filters is dumped too, with handle 0: it does not count. */
static int count_answers(int fd)
{
	_Alignas(struct nlmsghdr) char buffer[16384];
	int count = 0;

	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *head = (struct nlmsghdr *)buffer;

		if (n < 0)
			return -errno;
		for (size_t left = (size_t)n; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			if (head->nlmsg_type == NLMSG_DONE)
				return count;
			if (head->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(head))->error;
			if (head->nlmsg_type == RTM_NEWTFILTER && ((struct tcmsg *)NLMSG_DATA(head))->tcm_handle)
				count++;
		}
	}
}

int netlink_count_filters(int ifindex)
{
	static const uint32_t parents[] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };
	SN_AUTO_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int total = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < SN_ARRAY_SIZE(parents); i++) {
		int n = request_filters(fd, ifindex, parents[i]);

		if (!n)
			n = count_answers(fd);
		if (n < 0)
			return n;
		total += n;
	}
	return total;
}
