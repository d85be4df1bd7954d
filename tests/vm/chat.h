/* SPDX-License-Identifier: Apache-2.0 */
/** @file What chat and its ways of sending and receiving share. */
#ifndef SN_TESTS_VM_CHAT_H
#define SN_TESTS_VM_CHAT_H

#include <netinet/in.h>
#include <netinet/sctp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define CHAT_PPID 60 /* NGAP, TS 38.412 §7; in network byte order in the DATA chunk as the stacks in use do */

union chat_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** One end of an association: a socket of its own, or a share of a one-to-many socket. */
struct chat_link {
	int fd;
	sctp_assoc_t id;	 /* 0 where the socket is the association's own, or the association is not there yet */
	union chat_address peer; /* used with CHAT_BY_ADDRESS */
	socklen_t peer_len;
	uint16_t default_stream; /* what write() uses just now */
	bool default_set;
};

struct chat_info {
	bool known; /* whether the way of receiving tells stream and PPID */
	uint16_t stream;
	uint32_t ppid; /* host byte order */
	sctp_assoc_t id;
	int flags; /* MSG_EOR, MSG_NOTIFICATION */
};

#define CHAT_WORKER	1 /* io_uring: have a kernel worker do it */
#define CHAT_PIECES	2 /* several iovecs */
#define CHAT_PEEK	4 /* leave the message in the queue */
#define CHAT_BY_ADDRESS 8 /* name the destination by its address, else by the association's id */

/** One way of sending and receiving. Both return octets or a negative errno; a receive of 0 octets is the end. */
struct chat_io {
	const char *name;
	int (*prepare)(int fd); /* what the socket must be told before it receives */
	ssize_t (*send)(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits);
	ssize_t (*receive)(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info);
};

/** The way of that name, or NULL. */
const struct chat_io *chat_io_find(const char *name);

#endif
