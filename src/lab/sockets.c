/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file N2 over the kernel's SCTP: the player is the gNBs, one socket each in their namespace; a child process is the AMF in its
 * own. The player tells the child what to send over a pair of local sockets, and both read what arrives.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sctp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/macro.h"
#include "lab/net.h"
#include "lab/transport.h"

#define MAX_MESSAGE 4096
#define WAIT_MS	    2000 /* for the other end: it is on this machine */

/** What the player asks of the AMF's process; a message's octets follow it in the same packet. */
struct order {
	uint8_t kind; /* enum order_kind */
	uint8_t gnb;
	uint16_t stream;
};
enum order_kind {
	ORDER_SEND,
	ORDER_REPORT, /* answered with a struct report */
};
struct report {
	int32_t error;
	uint32_t unused;
	uint64_t received;
};

struct sn_lab_transport {
	int orders;
	int epoll;
	pid_t amf;
	unsigned gnbs;
	int fds[SN_LAB_MAX_GNBS];
	uint64_t ordered, arrived; /* messages of the AMF: asked for, and come to the gNBs */
	uint64_t octets;
	const struct sn_lab_place *place;
};

bool sn_lab_kernel_has_sctp(void)
{
	SN_AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);

	return fd >= 0;
}

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip) };
}

/** A bound SCTP socket in the calling thread's namespace, with enough streams and no waiting for more to bundle. */
static int socket_open(uint32_t ip, uint16_t port)
{
	SN_AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
	struct sctp_initmsg init = { .sinit_num_ostreams = SN_LAB_STREAMS, .sinit_max_instreams = SN_LAB_STREAMS };
	struct sockaddr_in at = address(ip, port);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) < 0 ||
	    setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on)) < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return SN_TAKE_FD(fd);
}

static int message_send(int fd, uint16_t stream, struct sn_view message, int flags)
{
	char control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))] = { 0 };
	struct iovec iov = { (void *)message.data, message.len };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
	struct sctp_sndrcvinfo info = { .sinfo_stream = stream, .sinfo_ppid = htonl(SN_LAB_NGAP_PPID) };

	cmsg->cmsg_level = IPPROTO_SCTP;
	cmsg->cmsg_type = SCTP_SNDRCV;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	while (sendmsg(fd, &header, flags | MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/** Takes in what is there. @return whole messages; -ENOTCONN when the other end has gone. */
static int64_t messages_take(int fd)
{
	uint8_t data[MAX_MESSAGE];
	int64_t count = 0;

	for (;;) {
		struct iovec iov = { data, sizeof(data) };
		struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);

		if (n > 0)
			count += !!(header.msg_flags & MSG_EOR);
		else if (n == 0)
			return count ? count : -ENOTCONN;
		else if (errno == EAGAIN)
			return count;
		else if (errno != EINTR)
			return count ? count : -ENOTCONN;
	}
}

/* -- the AMF's process ---------------------------------------------------------------------------------------------------------
 */

struct amf {
	int orders;
	int listener;
	int fds[SN_LAB_MAX_GNBS]; /* -1: not there */
	uint64_t received;
};

static void amf_accept(struct amf *amf)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd = accept4(amf->listener, (struct sockaddr *)&from, &len, SOCK_CLOEXEC), on = 1;
	uint32_t gnb = fd < 0 ? 0 : ntohl(from.sin_addr.s_addr) - SN_LAB_N2_GNB;

	if (fd < 0)
		return;
	if (gnb >= SN_LAB_MAX_GNBS) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on));
	sn_close_fd(&amf->fds[gnb]);
	amf->fds[gnb] = fd;
}

static void amf_take(struct amf *amf, unsigned gnb)
{
	int64_t n = messages_take(amf->fds[gnb]);

	if (n > 0)
		amf->received += (uint64_t)n;
	if (n < 0) {
		sn_close_fd(&amf->fds[gnb]);
		amf->fds[gnb] = -1;
	}
}

/** Carries out one order. @return false when the player has gone. */
static bool amf_obey(struct amf *amf)
{
	uint8_t packet[sizeof(struct order) + MAX_MESSAGE];
	ssize_t n = recv(amf->orders, packet, sizeof(packet), 0);
	struct report report;
	struct order order;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	memcpy(&order, packet, sizeof(order));
	if (order.kind == ORDER_REPORT) {
		report = (struct report) { .received = amf->received };
		return send(amf->orders, &report, sizeof(report), MSG_NOSIGNAL) == sizeof(report);
	}
	if (amf->fds[order.gnb] < 0) {
		struct pollfd wait = { .fd = amf->listener, .events = POLLIN };

		if (poll(&wait, 1, WAIT_MS) == 1)
			amf_accept(amf);
	}
	/* What the UE said before is heard before it is answered. */
	if (amf->fds[order.gnb] >= 0)
		amf_take(amf, order.gnb);
	if (amf->fds[order.gnb] >= 0)
		(void)message_send(amf->fds[order.gnb], order.stream,
				   (struct sn_view) { packet + sizeof(order), (size_t)n - sizeof(order) }, 0);
	return true;
}

static void amf_serve(struct amf *amf)
{
	struct pollfd fds[2 + SN_LAB_MAX_GNBS];

	for (;;) {
		fds[0] = (struct pollfd) { .fd = amf->orders, .events = POLLIN };
		fds[1] = (struct pollfd) { .fd = amf->listener, .events = POLLIN };
		for (unsigned i = 0; i < SN_LAB_MAX_GNBS; i++)
			fds[2 + i] = (struct pollfd) { .fd = amf->fds[i], .events = POLLIN };
		if (poll(fds, SN_ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			amf_accept(amf);
		for (unsigned i = 0; i < SN_LAB_MAX_GNBS; i++)
			if (fds[2 + i].revents && amf->fds[i] >= 0)
				amf_take(amf, i);
		if (fds[0].revents && !amf_obey(amf))
			return;
	}
}

/** The child: reports once whether it listens, then serves until the player goes. Ctrl-C is the player's affair. */
static _Noreturn void amf_main(const struct sn_lab_place *place, int orders, pid_t parent)
{
	struct amf amf = { .orders = orders, .listener = -1 };
	struct report report = { 0 };
	int back = -1, r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "sauron-lab-amf");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (getppid() != parent)
		_exit(1);
	for (unsigned i = 0; i < SN_LAB_MAX_GNBS; i++)
		amf.fds[i] = -1;
	r = sn_lab_ns_enter(place, SN_LAB_NS_AMF, &back, NULL);
	if (!r) {
		amf.listener = socket_open(SN_LAB_N2_AMF, SN_LAB_NGAP_PORT);
		r = amf.listener < 0 ? amf.listener : listen(amf.listener, SN_LAB_MAX_GNBS) < 0 ? -errno : 0;
	}
	report.error = r;
	if (send(orders, &report, sizeof(report), MSG_NOSIGNAL) == sizeof(report) && !r)
		amf_serve(&amf);
	_exit(r ? 1 : 0);
}

static int amf_start(struct sn_lab_transport *t, struct sn_diag *reterr)
{
	struct report report;
	int pair[2], r;
	pid_t self = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return sn_diag_set(reterr, -errno, "socketpair: %s", strerror(errno));
	t->amf = fork();
	if (t->amf == 0) {
		close(pair[0]);
		amf_main(t->place, pair[1], self);
	}
	close(pair[1]);
	t->orders = pair[0];
	if (t->amf < 0)
		return sn_diag_set(reterr, -errno, "fork: %s", strerror(errno));
	if (recv(t->orders, &report, sizeof(report), 0) != sizeof(report))
		return sn_diag_set(reterr, -EPIPE, "the AMF's process ended at once");
	r = report.error;
	return r ? sn_diag_set(reterr, r, "the AMF cannot listen on SCTP 10.10.2.1:38412: %s", strerror(-r)) : 0;
}

/* -- the gNBs: the player ------------------------------------------------------------------------------------------------------
 */

/** Takes in what has come to the gNBs. */
static void gnbs_take(struct sn_lab_transport *t)
{
	for (unsigned i = 0; i < t->gnbs; i++) {
		int64_t n = t->fds[i] >= 0 ? messages_take(t->fds[i]) : 0;

		if (n > 0)
			t->arrived += (uint64_t)n;
	}
}

/** Waits until `fd` takes more, reading meanwhile so that the two processes never wait for one another. */
static int writable_wait(struct sn_lab_transport *t, int fd)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLOUT }, { .fd = t->epoll, .events = POLLIN } };
	int r = poll(fds, 2, WAIT_MS);

	if (r == 0)
		return -ETIMEDOUT;
	gnbs_take(t);
	return 0;
}

static int order_send(struct sn_lab_transport *t, struct order order, struct sn_view message)
{
	struct iovec iov[2] = { { &order, sizeof(order) }, { (void *)message.data, message.len } };
	struct msghdr header = { .msg_iov = iov, .msg_iovlen = 2 };
	int r;

	while (sendmsg(t->orders, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = writable_wait(t, t->orders);
		if (r < 0)
			return r;
	}
	return 0;
}

static int sockets_send(struct sn_lab_transport *t, unsigned gnb, bool from_amf, uint16_t stream, struct sn_view message,
			bool join)
{
	int r;

	(void)join; /* what is bundled is the kernel's choice */
	if (message.len > MAX_MESSAGE)
		return -EMSGSIZE;
	stream %= SN_LAB_STREAMS;
	t->octets += message.len;
	if (from_amf) {
		t->ordered++;
		return order_send(t, (struct order) { ORDER_SEND, (uint8_t)gnb, stream }, message);
	}
	for (;;) {
		r = message_send(t->fds[gnb], stream, message, MSG_DONTWAIT);
		if (r != -EAGAIN)
			return r;
		r = writable_wait(t, t->fds[gnb]);
		if (r < 0)
			return r;
	}
}

/** Until everything the AMF was told to send is here: what the UEs say next is an answer to it. */
static int sockets_flush(struct sn_lab_transport *t)
{
	struct pollfd wait = { .fd = t->epoll, .events = POLLIN };

	gnbs_take(t);
	while (t->arrived < t->ordered) {
		int r = poll(&wait, 1, WAIT_MS);

		if (r == 0)
			return -ETIMEDOUT;
		gnbs_take(t);
	}
	return 0;
}

static int sockets_tick(struct sn_lab_transport *t, uint64_t now_ns, uint64_t *ret_due_ns)
{
	*ret_due_ns = UINT64_MAX;
	gnbs_take(t);
	return 0;
}

static int sockets_associate(struct sn_lab_transport *t, unsigned gnb, struct sn_diag *reterr)
{
	struct sockaddr_in to = address(SN_LAB_N2_AMF, SN_LAB_NGAP_PORT);
	struct epoll_event event = { .events = EPOLLIN };
	int r;

	while (connect(t->fds[gnb], (struct sockaddr *)&to, sizeof(to)) < 0)
		if (errno != EINTR) {
			r = -errno;
			return sn_diag_set(reterr, r, "gNB %u cannot reach the AMF by SCTP: %s", gnb + 1, strerror(-r));
		}
	if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->fds[gnb], &event) < 0)
		return sn_diag_set(reterr, -errno, "epoll_ctl: %s", strerror(errno));
	return 0;
}

static int sockets_shutdown(struct sn_lab_transport *t, unsigned gnb)
{
	sn_close_fd(&t->fds[gnb]);
	t->fds[gnb] = -1;
	return 0;
}

static int sockets_descriptor(const struct sn_lab_transport *t)
{
	return t->epoll;
}

static void sockets_traffic(const struct sn_lab_transport *t, struct sn_lab_traffic *ret_traffic)
{
	struct order order = { .kind = ORDER_REPORT };
	struct report report = { 0 };

	*ret_traffic = (struct sn_lab_traffic) { .received = t->arrived, .octets = t->octets };
	if (send(t->orders, &order, sizeof(order), MSG_NOSIGNAL) == sizeof(order) &&
	    recv(t->orders, &report, sizeof(report), 0) == sizeof(report))
		ret_traffic->received += report.received;
}

static struct sn_lab_transport *sockets_close(struct sn_lab_transport *t)
{
	if (!t)
		return NULL;
	for (unsigned i = 0; i < t->gnbs; i++)
		sn_close_fd(&t->fds[i]);
	sn_close_fd(&t->orders); /* the AMF's process ends by that */
	sn_close_fd(&t->epoll);
	if (t->amf > 0)
		while (waitpid(t->amf, NULL, 0) < 0 && errno == EINTR)
			;
	free(t);
	return NULL;
}

/** The gNBs' sockets, each with its own address on the one interface. */
static int gnbs_open(struct sn_lab_transport *t, struct sn_diag *reterr)
{
	char batch[SN_LAB_MAX_GNBS * 48] = "";
	size_t len = 0;
	int back = -1, r;

	for (unsigned i = 0; i < t->gnbs; i++)
		len += (size_t)snprintf(batch + len, sizeof(batch) - len, "addr replace 10.10.2.%u/24 dev n2\n", 2 + i);
	r = sn_lab_ip(t->place, SN_LAB_NS_GNB, batch, reterr);
	if (!r)
		r = sn_lab_ns_enter(t->place, SN_LAB_NS_GNB, &back, reterr);
	for (unsigned i = 0; !r && i < t->gnbs; i++) {
		t->fds[i] = socket_open(SN_LAB_N2_GNB + i, 0);
		if (t->fds[i] < 0)
			r = sn_diag_set(reterr, t->fds[i], "cannot open an SCTP socket: %s", strerror(-t->fds[i]));
	}
	sn_lab_ns_leave(back);
	return r;
}

static int sockets_open(const struct sn_lab_place *place, unsigned gnbs, uint64_t seed, struct sn_lab_transport **ret_transport,
			struct sn_diag *reterr)
{
	struct sn_lab_transport *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	t->orders = -1;
	t->gnbs = gnbs;
	t->place = place;
	for (unsigned i = 0; i < SN_LAB_MAX_GNBS; i++)
		t->fds[i] = -1;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = t->epoll < 0 ? sn_diag_set(reterr, -errno, "epoll: %s", strerror(errno)) : amf_start(t, reterr);
	if (!r)
		r = gnbs_open(t, reterr);
	if (r < 0) {
		sockets_close(t);
		return r;
	}
	*ret_transport = t;
	return 0;
}

const struct sn_lab_transport_ops sn_lab_sockets = {
	.name = "sctp",
	.open = sockets_open,
	.close = sockets_close,
	.associate = sockets_associate,
	.shutdown = sockets_shutdown,
	.send = sockets_send,
	.flush = sockets_flush,
	.tick = sockets_tick,
	.descriptor = sockets_descriptor,
	.traffic = sockets_traffic,
};
