/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Plays both ends of recorded NGAP exchanges over kernel SCTP, in order, in all the manners in which stacks use their
 * sockets, and checks that every message arrives octet for octet. The manners change from message to message: buffers whose pages
 * are not there yet, a look (MSG_PEEK) before the read, buffers smaller than the message, several iovecs, destinations by address
 * and by id, peeled-off associations, peers with two addresses.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "chat.h"
#include "messages.h"

#define PORT	   38412
#define STREAMS	   64
#define PATIENCE_S 60

enum role { GNB, AMF }; /* and the direction of what each sends */

struct record {
	size_t offset; /* of the payload, in the file */
	uint32_t length;
	enum role sender;
	uint16_t stream;
	uint16_t association;
	bool first, last; /* of its association */
};

static struct {
	bool one_to_many, v6, ns_less, multihomed;
	const struct chat_io *io;
} options = { .one_to_many = false };

static struct {
	int fd;
	const uint8_t *data;
	struct record *records;
	size_t count, octets, associations;
} file;

static enum role role;
static size_t current;	  /* record, for what fail says */
static int turn = -1;	  /* to the other end, past the network */
static int listener = -1; /* AMF */
static struct chat_link *links;
static uint8_t buffer[MESSAGE_MAX];

static void __attribute__((format(printf, 1, 2), noreturn)) fail(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "chat: record %zu, %s: ", current, role == GNB ? "gNB" : "AMF");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static void give_up(int unused)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "chat: record %zu, %s: waited too long\n", current, role == GNB ? "gNB" : "AMF");

	if (write(STDERR_FILENO, line, (size_t)n) == n)
		_exit(EXIT_FAILURE);
	_exit(2);
}

/* --- the file --- */
static void note_ends(void)
{
	bool *seen = calloc(UINT16_MAX + 1, sizeof(*seen)), *left = calloc(UINT16_MAX + 1, sizeof(*left));

	if (!seen || !left)
		fail("no memory");
	for (size_t i = 0; i < file.count; i++) {
		struct record *r = &file.records[i], *e = &file.records[file.count - 1 - i];
		r->first = !seen[r->association];
		seen[r->association] = true;
		e->last = !left[e->association];
		left[e->association] = true;
		if (r->association >= file.associations)
			file.associations = r->association + 1U;
	}
	free(seen);
	free(left);
}

static void load(const char *path)
{
	struct message_head head;
	struct stat st;

	file.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file.fd < 0 || fstat(file.fd, &st))
		fail("%s: %s", path, strerror(errno));
	file.data = mmap(NULL, (size_t)st.st_size + 1, PROT_READ, MAP_PRIVATE, file.fd, 0);
	file.records = calloc((size_t)st.st_size / sizeof(head) + 1, sizeof(*file.records));
	if (file.data == MAP_FAILED || !file.records)
		fail("%s: no memory", path);
	for (size_t at = 0; at < (size_t)st.st_size;) {
		struct record *r = &file.records[file.count++];

		if ((size_t)st.st_size - at < sizeof(head))
			fail("%s ends within a record", path);
		memcpy(&head, file.data + at, sizeof(head));
		*r = (struct record) { .offset = at + sizeof(head),
				       .length = ntohl(head.length),
				       .sender = head.direction ? AMF : GNB,
				       .stream = head.stream,
				       .association = ntohs(head.association) };
		if (!r->length || r->length > MESSAGE_MAX || r->length > (size_t)st.st_size - r->offset || r->stream >= STREAMS)
			fail("%s: no such length or stream", path);
		at = r->offset + r->length;
		file.octets += r->length;
	}
	note_ends();
	links = calloc(file.associations + 1, sizeof(*links));
	if (!links || !file.count)
		fail("%s: nothing to play", path);
}

/* --- order --- */
static void give_turn(void)
{
	if (write(turn, "", 1) != 1)
		fail("the other end is gone");
}

static void take_turn(void)
{
	char c;

	if (read(turn, &c, 1) != 1)
		fail("the other end is gone");
}

/*
 * Within one association the exchange orders itself, and messages of one direction may queue up. Before another association
 * goes on, the receiver says that it is done, so that a shared socket delivers in the order of the file.
 */
static bool turn_ends(size_t i)
{
	const struct record *r = &file.records[i];

	return !r->last && i + 1 < file.count && file.records[i + 1].association != r->association;
}

/* --- sockets --- */
static union chat_address address_at(enum role whose, unsigned which, uint16_t port, socklen_t *ret_len)
{
	static const char *const texts[3][2][2] = { { { "10.45.2.2", "10.45.2.1" }, { "fd45:2::2", "fd45:2::1" } },
						    { { "10.45.2.3", "10.45.2.101" }, { "fd45:2::3", "fd45:2::101" } },
						    { { "127.0.0.1", "127.0.0.1" }, { "::1", "::1" } } };
	const char *text = texts[options.ns_less ? 2 : which][options.v6][whose];
	union chat_address a = { .any.sa_family = options.v6 ? AF_INET6 : AF_INET };

	if (options.v6)
		a.v6.sin6_port = htons(port);
	else
		a.v4.sin_port = htons(port);
	inet_pton(a.any.sa_family, text, options.v6 ? (void *)&a.v6.sin6_addr : (void *)&a.v4.sin_addr);
	*ret_len = options.v6 ? sizeof(a.v6) : sizeof(a.v4);
	return a;
}

static union chat_address address(enum role whose, uint16_t port, socklen_t *ret_len)
{
	return address_at(whose, 0, port, ret_len);
}

static void bind_all(int fd, uint16_t port)
{
	struct sockaddr_in6 packed[2]; /* as long as the longest */
	char *end = (char *)packed;
	socklen_t len;

	for (unsigned which = 0; which < 2; which++) {
		union chat_address a = address_at(role, which, port, &len);

		memcpy(end, &a, len);
		end += len;
	}
	if (sctp_bindx(fd, (struct sockaddr *)packed, 2, SCTP_BINDX_ADD_ADDR))
		fail("sctp_bindx: %s", strerror(errno));
}

/* Of the two addresses of the peer now the one, now the other is named, and sent to. */
static void change_path(struct chat_link *link)
{
	struct sctp_setprim primary = { .ssp_assoc_id = link->id };
	in_port_t port = options.v6 ? link->peer.v6.sin6_port : link->peer.v4.sin_port;

	if (!options.multihomed || !link->peer_len)
		return;
	link->peer = address_at(!role, (unsigned)(current / 2 + 1) % 2, ntohs(port), &link->peer_len);
	memcpy(&primary.ssp_addr, &link->peer, link->peer_len);
	if (options.one_to_many && !link->id && link->fd == listener)
		return;
	if (setsockopt(link->fd, IPPROTO_SCTP, SCTP_PRIMARY_ADDR, &primary, sizeof(primary)) && link->id)
		fail("SCTP_PRIMARY_ADDR: %s", strerror(errno));
}

static void want_event(int fd, sctp_assoc_t id, int type, bool on)
{
	struct sctp_event event = { .se_assoc_id = id, .se_type = (uint16_t)type, .se_on = on };

	if (setsockopt(fd, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof(event)))
		fail("SCTP_EVENT: %s", strerror(errno));
}

static int make_socket(void)
{
	struct sctp_initmsg init = { .sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS };
	struct sctp_sack_info at_once = { .sack_freq = 1 }; /* else each end of an association waits 200 ms for the last SACK */
	int fd = socket(options.v6 ? AF_INET6 : AF_INET, (options.one_to_many ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC,
			IPPROTO_SCTP);

	if (fd < 0)
		fail("socket: %s", strerror(errno));
	if (setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) ||
	    setsockopt(fd, IPPROTO_SCTP, SCTP_DELAYED_SACK, &at_once, sizeof(at_once)) ||
	    setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &(int) { 1 }, sizeof(int)))
		fail("setsockopt: %s", strerror(errno));
	int rc = options.io->prepare(fd);
	if (rc)
		fail("%s: %s", options.io->name, strerror(-rc));
	if (options.one_to_many)
		want_event(fd, SCTP_FUTURE_ASSOC, SCTP_ASSOC_CHANGE, true);
	return fd;
}

static void listen_amf(void)
{
	socklen_t len;
	union chat_address a = address(AMF, PORT, &len);

	listener = make_socket();
	if (options.multihomed)
		bind_all(listener, PORT);
	if ((!options.multihomed && bind(listener, &a.any, len)) || listen(listener, 16))
		fail("port %d: %s", PORT, strerror(errno));
}

/* The next event of a one-to-many socket, which must be this one. @return its association. */
static sctp_assoc_t wait_event(int fd, int state)
{
	union sctp_notification event;
	int flags = 0;
	int n = sctp_recvmsg(fd, &event, sizeof(event), NULL, NULL, NULL, &flags);

	if (n < 0)
		fail("waiting for an event: %s", strerror(errno));
	if (!(flags & MSG_NOTIFICATION) || event.sn_header.sn_type != SCTP_ASSOC_CHANGE ||
	    event.sn_assoc_change.sac_state != state)
		fail("%d octets come instead of the event %d", n, state);
	return event.sn_assoc_change.sac_assoc_id;
}

/* read and write cannot name an association, so they need it peeled off; of the others every second one is. */
static bool peels(uint16_t association)
{
	return options.one_to_many && (association % 2 || !strcmp(options.io->name, "rw"));
}

static void peel(struct chat_link *link, int fd, sctp_assoc_t id)
{
	link->fd = sctp_peeloff(fd, id);
	if (link->fd < 0)
		fail("sctp_peeloff: %s", strerror(errno));
	link->id = 0;
	want_event(link->fd, 0, SCTP_ASSOC_CHANGE, false);
}

static void accept_link(struct chat_link *link, uint16_t association)
{
	struct sockaddr *peers;

	if (!options.one_to_many) {
		socklen_t len = sizeof(link->peer);

		link->fd = accept4(listener, &link->peer.any, &len, SOCK_CLOEXEC);
		if (link->fd < 0)
			fail("accept: %s", strerror(errno));
		link->peer_len = options.v6 ? sizeof(link->peer.v6) : sizeof(link->peer.v4);
		return;
	}
	link->fd = listener;
	link->id = wait_event(listener, SCTP_COMM_UP);
	if (sctp_getpaddrs(listener, link->id, &peers) < 1)
		fail("sctp_getpaddrs: %s", strerror(errno));
	link->peer_len = options.v6 ? sizeof(link->peer.v6) : sizeof(link->peer.v4);
	memcpy(&link->peer, peers, link->peer_len);
	sctp_freepaddrs(peers);
	if (peels(association))
		peel(link, listener, link->id);
}

static void connect_link(struct chat_link *link, const struct record *r)
{
	sctp_assoc_t id = 0;

	link->fd = make_socket();
	if (options.multihomed)
		bind_all(link->fd, 0);
	/* The AMF's socket will name the other one, from which the way to the gNB leads. */
	link->peer = address_at(AMF, options.multihomed, PORT, &link->peer_len);
	if (options.one_to_many && !peels(r->association) && r->sender == GNB)
		return; /* its first message sets it up */
	if (sctp_connectx(link->fd, &link->peer.any, 1, &id))
		fail("connect: %s", strerror(errno));
	if (!options.one_to_many)
		return;
	link->id = wait_event(link->fd, SCTP_COMM_UP);
	if (link->id != id)
		fail("the association is %d, not %d", link->id, id);
	if (peels(r->association)) {
		int whole = link->fd;
		peel(link, whole, id);
		close(whole);
	}
}

/* The gNB leaves, the AMF sees it leave: nothing more may come before. */
static void close_link(struct chat_link *link)
{
	if (role == GNB) {
		close(link->fd);
		take_turn();
		return;
	}
	if (link->fd == listener) {
		if (wait_event(listener, SCTP_SHUTDOWN_COMP) != link->id)
			fail("another association ends");
	} else {
		ssize_t n = recv(link->fd, buffer, sizeof(buffer), 0);
		if (n > 0 || (n < 0 && errno != ENOTCONN)) /* which is how a peeled-off association says it */
			fail("%zd octets come instead of the end", n);
		close(link->fd);
	}
	give_turn();
}

/* --- messages --- */
static void send_record(struct chat_link *link, const struct record *r)
{
	int habits = (current % 4 == 1 ? CHAT_PIECES : 0) | (current % 3 == 2 ? CHAT_WORKER : 0);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), head = r->offset % page;
	uint8_t *fresh = MAP_FAILED;
	const uint8_t *data = file.data + r->offset;

	change_path(link);
	if (options.one_to_many && link->peer_len && !peels(r->association) && (!link->id || current % 2))
		habits |= CHAT_BY_ADDRESS;
	if (current % 2) { /* a mapping without a page: the kernel faults them in while it sends */
		fresh = mmap(NULL, head + r->length, PROT_READ, MAP_PRIVATE, file.fd, (off_t)(r->offset - head));
		if (fresh == MAP_FAILED)
			fail("mmap: %s", strerror(errno));
		data = fresh + head;
	}
	ssize_t n = options.io->send(link, data, r->length, r->stream, habits);
	if (n != (ssize_t)r->length)
		fail("sending %u octets: %s", r->length, n < 0 ? strerror((int)-n) : "cut short");
	if (fresh != MAP_FAILED)
		munmap(fresh, head + r->length);
}

/* One read of data; events that come before it are taken away. */
static ssize_t receive_piece(struct chat_link *link, uint8_t *ret_data, size_t size, int habits, struct chat_info *ret_info)
{
	for (;;) {
		ssize_t n = options.io->receive(link, ret_data, size, habits, ret_info);

		if (n <= 0)
			fail("receiving: %s", n ? strerror((int)-n) : "the association ended");
		if (!(ret_info->flags & MSG_NOTIFICATION))
			return n;
		if (habits & CHAT_PEEK)
			options.io->receive(link, ret_data, size, 0, ret_info);
	}
}

static void check_info(struct chat_link *link, const struct record *r, const struct chat_info *info)
{
	if (!info->known)
		return;
	if (info->ppid != CHAT_PPID || info->stream != r->stream)
		fail("stream %u, PPID %u instead of stream %u", info->stream, info->ppid, r->stream);
	if (options.one_to_many && link->fd == listener && info->id != link->id)
		fail("a message of another association");
	if (options.one_to_many && !peels(r->association) && !link->id)
		link->id = info->id;
}

static size_t receive_whole(struct chat_link *link, const struct record *r, uint8_t *ret_data, size_t piece, int habits)
{
	struct chat_info info;
	size_t got = 0;
	bool rw = !strcmp(options.io->name, "rw");

	do {
		size_t room = MESSAGE_MAX - got < piece ? MESSAGE_MAX - got : piece;

		if (!room)
			fail("the message does not end");
		got += (size_t)receive_piece(link, ret_data + got, room, habits, &info);
		check_info(link, r, &info);
	} while (rw ? got < r->length : !(info.flags & MSG_EOR));
	return got;
}

static void receive_record(struct chat_link *link, const struct record *r)
{
	int habits = (current % 4 == 2 ? CHAT_PIECES : 0) | (current % 3 == 1 ? CHAT_WORKER : 0);
	const uint8_t *expected = file.data + r->offset;
	size_t piece = current % 5 == 3 ? r->length / 3 + 64 : MESSAGE_MAX;
	struct chat_info info;
	uint8_t *data = buffer;

	if (current % 5 == 4 || current % 5 == 3) { /* a look first, once with the whole buffer, once with a small one */
		ssize_t n = receive_piece(link, data, piece, habits | CHAT_PEEK, &info);
		if ((size_t)n > r->length || memcmp(data, expected, (size_t)n))
			fail("what MSG_PEEK shows differs");
	}
	if (current % 2) {
		data = mmap(NULL, MESSAGE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (data == MAP_FAILED)
			fail("mmap: %s", strerror(errno));
	}
	size_t got = receive_whole(link, r, data, piece, habits);
	if (got != r->length)
		fail("%zu octets instead of %u", got, r->length);
	if (memcmp(data, expected, got))
		fail("the octets differ");
	if (data != buffer)
		munmap(data, MESSAGE_MAX);
}

static void play(void)
{
	if (role == AMF) {
		listen_amf();
		give_turn();
	} else {
		take_turn();
	}
	for (current = 0; current < file.count; current++) {
		const struct record *r = &file.records[current];
		struct chat_link *link = &links[r->association];

		if (r->first && role == GNB)
			connect_link(link, r);
		else if (r->first)
			accept_link(link, r->association);
		if (r->sender == role)
			send_record(link, r);
		else
			receive_record(link, r);
		if (turn_ends(current) && r->sender == role)
			take_turn();
		else if (turn_ends(current))
			give_turn();
		if (r->last)
			close_link(link);
	}
}

/* --- where --- */
static void run_ip(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip || fputs(commands, ip) < 0 || pclose(ip))
		fail("ip cannot make the interfaces");
}

/* A namespace for each end, joined by a veth pair; both vanish with the two processes. */
static void enter_namespace(pid_t other)
{
	char commands[512];

	if (role == AMF) {
		if (unshare(CLONE_NEWNET))
			fail("a network namespace: %s", strerror(errno));
		give_turn();
		take_turn();
		run_ip("addr add 10.45.2.1/24 dev n2\naddr add fd45:2::1/64 dev n2 nodad\naddr add 10.45.2.101/24 dev n2\n"
		       "addr add fd45:2::101/64 dev n2 nodad\nlink set n2 up\nlink set lo up\n");
		give_turn();
		return;
	}
	if (unshare(CLONE_NEWNET))
		fail("a network namespace: %s", strerror(errno));
	take_turn();
	snprintf(commands, sizeof(commands),
		 "link add n2 type veth peer name n2 netns %d\naddr add 10.45.2.2/24 dev n2\n"
		 "addr add fd45:2::2/64 dev n2 nodad\naddr add 10.45.2.3/24 dev n2\naddr add fd45:2::3/64 dev n2 nodad\n"
		 "link set n2 up\nlink set lo up\n",
		 other);
	run_ip(commands);
	give_turn();
	take_turn();
}

static void usage(void)
{
	fputs("usage: chat --mode one-to-one|one-to-many --family 4|6 --io sendmsg|sctp|plain|rw|uring [--ns-less|--multihomed] FILE\n",
	      stderr);
	exit(2);
}

static const char *read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "mode", required_argument, NULL, 'm' }, { "family", required_argument, NULL, 'f' },
		{ "io", required_argument, NULL, 'i' },	  { "ns-less", no_argument, NULL, 'n' },
		{ "multihomed", no_argument, NULL, 'M' }, { NULL, 0, NULL, 0 }
	};
	bool mode = false, family = false;

	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (c == 'm' && (!strcmp(optarg, "one-to-one") || !strcmp(optarg, "one-to-many"))) {
			mode = true;
			options.one_to_many = !strcmp(optarg, "one-to-many");
		} else if (c == 'f' && (!strcmp(optarg, "4") || !strcmp(optarg, "6"))) {
			family = true;
			options.v6 = !strcmp(optarg, "6");
		} else if (c == 'i' && (options.io = chat_io_find(optarg))) {
			continue;
		} else if (c == 'n') {
			options.ns_less = true;
		} else if (c == 'M') {
			options.multihomed = true;
		} else {
			usage();
		}
	}
	if (!mode || !family || !options.io || optind != argc - 1 || (options.ns_less && options.multihomed))
		usage();
	return argv[optind];
}

int main(int argc, char **argv)
{
	int status, ends[2];

	load(read_options(argc, argv));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		fail("socketpair: %s", strerror(errno));
	pid_t amf = fork();
	if (amf < 0)
		fail("fork: %s", strerror(errno));
	role = amf ? GNB : AMF;
	turn = ends[role];
	close(ends[!role]);
	signal(SIGALRM, give_up);
	alarm(PATIENCE_S);
	if (role == AMF)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!options.ns_less)
		enter_namespace(amf);
	play();
	if (role == AMF)
		return EXIT_SUCCESS;
	if (waitpid(amf, &status, 0) != amf || !WIFEXITED(status) || WEXITSTATUS(status))
		fail("the AMF failed");
	printf("chat: %zu messages, %zu octets, %zu associations\n", file.count, file.octets, file.associations);
	return EXIT_SUCCESS;
}
