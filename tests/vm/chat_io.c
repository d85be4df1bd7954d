/* SPDX-License-Identifier: Apache-2.0 */
/** @file The ways in which SCTP stacks send and receive user messages: sendmsg, lksctp's functions, addresses only, read
 * and write, io_uring. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "chat.h"

#define PIECES 3

/* Cuts a buffer into uneven iovecs, with an empty one between as some stacks leave. */
static size_t cut(struct iovec ret_iov[PIECES + 1], void *data, size_t size, int habits)
{
	size_t first = size / 3;

	if (!(habits & CHAT_PIECES) || !first) {
		ret_iov[0] = (struct iovec) { data, size };
		return 1;
	}
	ret_iov[0] = (struct iovec) { data, first };
	ret_iov[1] = (struct iovec) { data, 0 };
	ret_iov[2] = (struct iovec) { (char *)data + first, 1 };
	ret_iov[3] = (struct iovec) { (char *)data + first + 1, size - first - 1 };
	return 4;
}

struct message {
	struct msghdr header;
	struct iovec iov[PIECES + 1];
	_Alignas(struct cmsghdr) char control[256];
};

/* RFC 6458 §5.3.4: stream and PPID of one message. */
static void prepare_sndinfo(struct message *m, struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	struct sctp_sndinfo info = { .snd_sid = stream, .snd_ppid = htonl(CHAT_PPID), .snd_assoc_id = link->id };

	memset(m, 0, sizeof(*m));
	if (habits & CHAT_BY_ADDRESS) {
		m->header.msg_name = &link->peer;
		m->header.msg_namelen = link->peer_len;
	}
	m->header.msg_iov = m->iov;
	m->header.msg_iovlen = cut(m->iov, (void *)data, size, habits);
	m->header.msg_control = m->control;
	m->header.msg_controllen = CMSG_SPACE(sizeof(info));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->header);
	c->cmsg_level = IPPROTO_SCTP;
	c->cmsg_type = SCTP_SNDINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

/* RFC 6458 §5.3.2: the older structure for the same, which most stacks still use. */
static void prepare_sndrcvinfo(struct message *m, struct chat_link *link, const void *data, size_t size, uint16_t stream,
			       int habits)
{
	struct sctp_sndrcvinfo info = { .sinfo_stream = stream, .sinfo_ppid = htonl(CHAT_PPID), .sinfo_assoc_id = link->id };

	prepare_sndinfo(m, link, data, size, stream, habits);
	m->header.msg_controllen = CMSG_SPACE(sizeof(info));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->header);
	c->cmsg_type = SCTP_SNDRCV;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static void prepare_receive(struct message *m, void *data, size_t size, int habits)
{
	memset(m, 0, sizeof(*m));
	m->header.msg_iov = m->iov;
	m->header.msg_iovlen = cut(m->iov, data, size, habits);
	m->header.msg_control = m->control;
	m->header.msg_controllen = sizeof(m->control);
}

static void take_info(struct message *m, struct chat_info *ret_info)
{
	*ret_info = (struct chat_info) { .flags = m->header.msg_flags };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->header); c; c = CMSG_NXTHDR(&m->header, c)) {
		if (c->cmsg_level != IPPROTO_SCTP || c->cmsg_type != SCTP_RCVINFO)
			continue;
		struct sctp_rcvinfo info;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		*ret_info = (struct chat_info) { .known = true,
						 .stream = info.rcv_sid,
						 .ppid = ntohl(info.rcv_ppid),
						 .id = info.rcv_assoc_id,
						 .flags = m->header.msg_flags };
	}
}

static int want_rcvinfo(int fd)
{
	return setsockopt(fd, IPPROTO_SCTP, SCTP_RECVRCVINFO, &(int) { 1 }, sizeof(int)) ? -errno : 0;
}

/* --- sendmsg, recvmsg --- */
static ssize_t msg_send(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	struct message m;

	prepare_sndinfo(&m, link, data, size, stream, habits);
	ssize_t n = sendmsg(link->fd, &m.header, 0);
	return n < 0 ? -errno : n;
}

static ssize_t msg_receive(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	struct message m;

	prepare_receive(&m, ret_data, size, habits);
	ssize_t n = recvmsg(link->fd, &m.header, habits & CHAT_PEEK ? MSG_PEEK : 0);
	if (n < 0)
		return -errno;
	take_info(&m, ret_info);
	return n;
}

/* --- lksctp: sctp_sendmsg, sctp_send, sctp_recvmsg --- */
static int lksctp_prepare(int fd)
{
	struct sctp_event event = { .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = SCTP_DATA_IO_EVENT, .se_on = 1 };

	return setsockopt(fd, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof(event)) ? -errno : 0;
}

static ssize_t lksctp_send(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	struct sctp_sndrcvinfo info = { .sinfo_stream = stream, .sinfo_ppid = htonl(CHAT_PPID), .sinfo_assoc_id = link->id };
	ssize_t n;

	if (habits & CHAT_BY_ADDRESS)
		n = sctp_sendmsg(link->fd, data, size, &link->peer.any, link->peer_len, htonl(CHAT_PPID), 0, stream, 0, 0);
	else if (link->id)
		n = sctp_send(link->fd, data, size, &info, 0);
	else
		n = sctp_sendmsg(link->fd, data, size, NULL, 0, htonl(CHAT_PPID), 0, stream, 0, 0);
	return n < 0 ? -errno : n;
}

static ssize_t lksctp_receive(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	struct sctp_sndrcvinfo info = { 0 };
	int flags = habits & CHAT_PEEK ? MSG_PEEK : 0;
	ssize_t n = sctp_recvmsg(link->fd, ret_data, size, NULL, NULL, &info, &flags);

	if (n < 0)
		return -errno;
	*ret_info = (struct chat_info) { .known = n && !(flags & MSG_NOTIFICATION),
					 .stream = info.sinfo_stream,
					 .ppid = ntohl(info.sinfo_ppid),
					 .id = info.sinfo_assoc_id,
					 .flags = flags };
	return n;
}

/* --- by the peer's address alone: no id is named, and what is received names the address that it came from --- */
static int plain_prepare(int fd)
{
	return 0;
}

static ssize_t plain_send(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	ssize_t n = sctp_sendmsg(link->fd, data, size, link->peer_len ? &link->peer.any : NULL, link->peer_len, htonl(CHAT_PPID),
				 0, stream, 0, 0);

	return n < 0 ? -errno : n;
}

static ssize_t plain_receive(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	union chat_address from;
	struct message m;

	prepare_receive(&m, ret_data, size, habits);
	m.header.msg_control = NULL;
	m.header.msg_controllen = 0;
	m.header.msg_name = &from;
	m.header.msg_namelen = sizeof(from);
	ssize_t n = recvmsg(link->fd, &m.header, habits & CHAT_PEEK ? MSG_PEEK : 0);
	if (n < 0)
		return -errno;
	*ret_info = (struct chat_info) { .flags = m.header.msg_flags };
	return n;
}

/* --- read, write: stream and PPID are the socket's defaults, the end of a message cannot be seen --- */
static ssize_t rw_send(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	struct sctp_sndinfo info = { .snd_sid = stream, .snd_ppid = htonl(CHAT_PPID), .snd_assoc_id = link->id };
	struct iovec iov[PIECES + 1];

	if (!link->default_set || link->default_stream != stream) {
		if (setsockopt(link->fd, IPPROTO_SCTP, SCTP_DEFAULT_SNDINFO, &info, sizeof(info)))
			return -errno;
		link->default_set = true;
		link->default_stream = stream;
	}
	size_t pieces = cut(iov, (void *)data, size, habits);
	ssize_t n = pieces > 1 ? writev(link->fd, iov, (int)pieces) : write(link->fd, data, size);
	return n < 0 ? -errno : n;
}

static ssize_t rw_receive(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	struct iovec iov[PIECES + 1];
	size_t pieces = cut(iov, ret_data, size, habits);
	ssize_t n;

	if (habits & CHAT_PEEK)
		n = recv(link->fd, ret_data, size, MSG_PEEK);
	else
		n = pieces > 1 ? readv(link->fd, iov, (int)pieces) : read(link->fd, ret_data, size);
	if (n < 0)
		return -errno;
	*ret_info = (struct chat_info) { 0 };
	return n;
}

static int rw_prepare(int fd)
{
	return 0;
}

/* --- io_uring --- */
/* Either end has its own, made after the fork. */
static struct io_uring *ring(void)
{
	static struct io_uring made;
	static bool open;

	if (!open && io_uring_queue_init(8, &made, 0))
		return NULL;
	open = true;
	return &made;
}

static ssize_t ring_do(struct io_uring *r, struct io_uring_sqe *sqe, int habits)
{
	struct io_uring_cqe *cqe;
	int rc;

	if (habits & CHAT_WORKER)
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	rc = io_uring_submit(r);
	while (rc >= 0 && (rc = io_uring_wait_cqe(r, &cqe)) == -EINTR)
		;
	if (rc < 0)
		return rc;
	ssize_t n = cqe->res;
	io_uring_cqe_seen(r, cqe);
	return n;
}

static ssize_t uring_send(struct chat_link *link, const void *data, size_t size, uint16_t stream, int habits)
{
	struct io_uring *r = ring();
	struct message m;

	if (!r)
		return -ENOSYS;
	prepare_sndrcvinfo(&m, link, data, size, stream, habits);
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);
	io_uring_prep_sendmsg(sqe, link->fd, &m.header, 0);
	return ring_do(r, sqe, habits);
}

static ssize_t uring_receive(struct chat_link *link, void *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	struct io_uring *r = ring();
	struct message m;

	if (!r)
		return -ENOSYS;
	prepare_receive(&m, ret_data, size, habits);
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);
	io_uring_prep_recvmsg(sqe, link->fd, &m.header, habits & CHAT_PEEK ? MSG_PEEK : 0);
	ssize_t n = ring_do(r, sqe, habits);
	if (n >= 0)
		take_info(&m, ret_info);
	return n;
}

const struct chat_io *chat_io_find(const char *name)
{
	static const struct chat_io all[] = {
		{ "sendmsg", want_rcvinfo, msg_send, msg_receive },    { "sctp", lksctp_prepare, lksctp_send, lksctp_receive },
		{ "plain", plain_prepare, plain_send, plain_receive }, { "rw", rw_prepare, rw_send, rw_receive },
		{ "uring", want_rcvinfo, uring_send, uring_receive },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}
