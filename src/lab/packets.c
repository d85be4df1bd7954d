/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file SCTP associations made by hand (RFC 9260), as packets on the N2 pair of interfaces: one process is both ends. Each end's
 * packets leave through its own interface, so a tap sees every packet once as egress there and once as ingress at the other end.
 *
 * The packets carry the destination address of no interface (as those of a mirror port do): taps, TC and XDP see them, the IP
 * stack of the receiving end leaves them alone, so neither an ICMP error nor, from a kernel that has SCTP, an ABORT mixes in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/macro.h"
#include "lab/net.h"
#include "lab/transport.h"

enum { GNB, AMF }; /* the ends, and the direction by its sender */

#define BATCH	   64
#define FRAME_SIZE 2048
#define MTU	   1500
#define ETH_LEN	   14
#define IP_LEN	   20
#define COMMON_LEN 12 /* SCTP common header */
#define SACK_DELAY (200 * SN_NSEC_PER_MSEC)
#define RWND	   106496

/** SCTP chunk types (RFC 9260 3.2). */
enum {
	CHUNK_DATA = 0,
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_SACK = 3,
	CHUNK_SHUTDOWN = 7,
	CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_COOKIE_ECHO = 10,
	CHUNK_COOKIE_ACK = 11,
	CHUNK_SHUTDOWN_COMPLETE = 14,
};

struct frame {
	uint16_t len;
	uint16_t chunks; /* of user data */
	uint8_t gnb;
	uint8_t data[FRAME_SIZE];
};

/** One direction of an association, by its sender. */
struct half {
	uint32_t tag;	  /* that this sender has to put into its packets */
	uint32_t tsn;	  /* of the next chunk */
	uint32_t on_wire; /* last TSN that was flushed */
	uint32_t acked;	  /* last TSN that the other end acknowledged */
	uint16_t unacked; /* packets on the wire since then */
	uint16_t ssn[SN_LAB_STREAMS];
	uint64_t sack_due_ns;
};

struct association {
	struct half halves[2];
	uint16_t port;
	bool up;
};

struct side {
	int fd;
	uint8_t mac[6];
	unsigned count;
	struct frame frames[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr headers[BATCH];
};

struct sn_lab_transport {
	struct side sides[2];
	struct sn_lab_traffic traffic;
	uint64_t random;
	uint16_t ip_id;
	unsigned gnbs;
	struct association associations[SN_LAB_MAX_GNBS];
};

static uint32_t random_next(struct sn_lab_transport *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return (uint32_t)(t->random * 0x2545f4914f6cdd1dull >> 32);
}

/* -- frames --------------------------------------------------------------------------------------------------------------------
 */

static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < IP_LEN; i += 2)
		sum += sn_be16(header + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/** Lengths and checksums, which are known only when the last chunk is in. The CRC goes out least significant octet first. */
static void frame_finish(struct frame *f)
{
	uint8_t *ip = f->data + ETH_LEN, *sctp = ip + IP_LEN;
	uint32_t crc;

	sn_put_be16(ip + 2, (uint16_t)(f->len - ETH_LEN));
	sn_put_be16(ip + 10, 0);
	sn_put_be16(ip + 10, ip_checksum(ip));
	sn_put_be32(sctp + 8, 0);
	crc = sn_crc32c(0, (struct sn_view) { sctp, (size_t)f->len - ETH_LEN - IP_LEN });
	sn_put_be32(sctp + 8, __builtin_bswap32(crc));
}

static int side_flush(struct sn_lab_transport *t, struct side *side)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < side->count; i++) {
		frame_finish(&side->frames[i]);
		side->iov[i] = (struct iovec) { side->frames[i].data, side->frames[i].len };
		side->headers[i] = (struct mmsghdr) { .msg_hdr = { .msg_iov = &side->iov[i], .msg_iovlen = 1 } };
	}
	while (sent < side->count) {
		int n = sendmmsg(side->fd, side->headers + sent, side->count - sent, 0);

		if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOBUFS))
			continue;
		if (n < 0)
			return -errno;
		sent += (unsigned)n;
	}
	t->traffic.packets += sent;
	side->count = 0;
	return 0;
}

static int wire_flush(struct sn_lab_transport *t)
{
	int r = side_flush(t, &t->sides[GNB]), r2 = side_flush(t, &t->sides[AMF]);

	for (unsigned gnb = 0; gnb < t->gnbs; gnb++)
		for (int from = 0; from < 2; from++) {
			struct half *half = &t->associations[gnb].halves[from];

			half->on_wire = half->tsn - 1;
		}
	return r < 0 ? r : r2;
}

/** Begins a packet of an association in the sender's queue; flushes a full queue first. */
static int frame_begin(struct sn_lab_transport *t, unsigned gnb, int from, uint32_t tag, struct frame **ret_frame)
{
	const struct association *a = &t->associations[gnb];
	struct side *side = &t->sides[from];
	struct frame *f;
	uint8_t *p;
	int r;

	if (side->count == BATCH) {
		r = wire_flush(t);
		if (r < 0)
			return r;
	}
	f = &side->frames[side->count++];
	f->gnb = (uint8_t)gnb;
	f->chunks = 0;
	p = f->data;
	memcpy(p, t->sides[!from].mac, 6);
	p[0] |= 0x02; /* see the head of this file: not quite the neighbour's address */
	p[5] ^= 0xff;
	memcpy(p + 6, side->mac, 6);
	sn_put_be16(p + 12, ETHERTYPE_IP);
	p += ETH_LEN;
	memcpy(p, "\x45\x02\0\0\0\0\x40\0\x40\x84\0\0", 12); /* ECT(0), don't fragment, 64 hops, SCTP */
	sn_put_be16(p + 4, t->ip_id++);
	sn_put_be32(p + 12, from == GNB ? SN_LAB_N2_GNB + gnb : SN_LAB_N2_AMF);
	sn_put_be32(p + 16, from == GNB ? SN_LAB_N2_AMF : SN_LAB_N2_GNB + gnb);
	p += IP_LEN;
	sn_put_be16(p, from == GNB ? a->port : SN_LAB_NGAP_PORT);
	sn_put_be16(p + 2, from == GNB ? SN_LAB_NGAP_PORT : a->port);
	sn_put_be32(p + 4, tag);
	f->len = ETH_LEN + IP_LEN + COMMON_LEN;
	*ret_frame = f;
	return 0;
}

/** Room for a chunk with its header written; the caller fills the rest. Padding to four octets is zeroed. */
static uint8_t *chunk_add(struct frame *f, uint8_t type, uint8_t flags, size_t len)
{
	uint8_t *p = f->data + f->len;
	size_t padded = (len + 3) & ~(size_t)3;

	memset(p + len, 0, padded - len);
	p[0] = type;
	p[1] = flags;
	sn_put_be16(p + 2, (uint16_t)len);
	f->len = (uint16_t)(f->len + padded);
	return p + 4;
}

/** Acknowledges what the other end has put on the wire; @return whether there was anything new. */
static bool sack_add(struct frame *f, struct half *acknowledged)
{
	uint8_t *p;

	if (acknowledged->acked == acknowledged->on_wire)
		return false;
	p = chunk_add(f, CHUNK_SACK, 0, 16);
	sn_put_be32(p, acknowledged->on_wire);
	sn_put_be32(p + 4, RWND);
	sn_put_be32(p + 8, 0); /* no gaps, no duplicates */
	acknowledged->acked = acknowledged->on_wire;
	acknowledged->unacked = 0;
	acknowledged->sack_due_ns = 0;
	return true;
}

static void data_add(struct frame *f, struct half *half, uint16_t stream, struct sn_view message)
{
	uint8_t *p = chunk_add(f, CHUNK_DATA, 0x03, 16 + message.len); /* first and last fragment at once */

	sn_put_be32(p, half->tsn++);
	sn_put_be16(p + 4, stream);
	sn_put_be16(p + 6, half->ssn[stream]++);
	sn_put_be32(p + 8, SN_LAB_NGAP_PPID);
	memcpy(p + 12, message.data, message.len);
	f->chunks++;
}

/* -- associations --------------------------------------------------------------------------------------------------------------
 */

/** INIT and INIT ACK begin alike (RFC 9260 3.3.2, 3.3.3); `tag` is what the other end shall put into its packets. */
static void init_fill(uint8_t *p, uint32_t tag, uint32_t tsn)
{
	sn_put_be32(p, tag);
	sn_put_be32(p + 4, RWND);
	sn_put_be16(p + 8, SN_LAB_STREAMS);
	sn_put_be16(p + 10, SN_LAB_STREAMS);
	sn_put_be32(p + 12, tsn);
}

#define COOKIE_LEN 36

static int packets_associate(struct sn_lab_transport *t, unsigned gnb, struct sn_diag *reterr)
{
	struct association *a = &t->associations[gnb];
	uint8_t cookie[COOKIE_LEN];
	struct frame *f;
	uint8_t *p;
	int r;

	*a = (struct association) { .port = (uint16_t)(32768 + random_next(t) % 28000), .up = true };
	for (int from = 0; from < 2; from++) {
		a->halves[from].tag = random_next(t) | 1;
		a->halves[from].tsn = random_next(t);
		a->halves[from].on_wire = a->halves[from].acked = a->halves[from].tsn - 1;
	}
	for (size_t i = 0; i < COOKIE_LEN; i++)
		cookie[i] = (uint8_t)random_next(t);

	r = frame_begin(t, gnb, GNB, 0, &f);
	if (!r) {
		init_fill(chunk_add(f, CHUNK_INIT, 0, 20), a->halves[AMF].tag, a->halves[GNB].tsn);
		r = wire_flush(t);
	}
	if (!r)
		r = frame_begin(t, gnb, AMF, a->halves[AMF].tag, &f);
	if (!r) {
		p = chunk_add(f, CHUNK_INIT_ACK, 0, 20 + 4 + COOKIE_LEN);
		init_fill(p, a->halves[GNB].tag, a->halves[AMF].tsn);
		sn_put_be16(p + 16, 7); /* state cookie */
		sn_put_be16(p + 18, 4 + COOKIE_LEN);
		memcpy(p + 20, cookie, COOKIE_LEN);
		r = wire_flush(t);
	}
	if (!r)
		r = frame_begin(t, gnb, GNB, a->halves[GNB].tag, &f);
	if (!r) {
		memcpy(chunk_add(f, CHUNK_COOKIE_ECHO, 0, 4 + COOKIE_LEN), cookie, COOKIE_LEN);
		r = wire_flush(t);
	}
	if (!r)
		r = frame_begin(t, gnb, AMF, a->halves[AMF].tag, &f);
	if (!r) {
		chunk_add(f, CHUNK_COOKIE_ACK, 0, 4);
		r = wire_flush(t);
	}
	return r < 0 ? sn_diag_set(reterr, r, "cannot send on n2: %s", strerror(-r)) : 0;
}

/** SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE (RFC 9260 9.2), by the gNB. */
static int packets_shutdown(struct sn_lab_transport *t, unsigned gnb)
{
	struct association *a = &t->associations[gnb];
	static const struct {
		int from;
		uint8_t type, len;
	} steps[] = { { GNB, CHUNK_SHUTDOWN, 8 }, { AMF, CHUNK_SHUTDOWN_ACK, 4 }, { GNB, CHUNK_SHUTDOWN_COMPLETE, 4 } };
	struct frame *f;
	uint8_t *p;
	int r;

	if (!a->up)
		return 0;
	a->up = false;
	r = wire_flush(t);
	for (size_t i = 0; !r && i < SN_ARRAY_SIZE(steps); i++) {
		r = frame_begin(t, gnb, steps[i].from, a->halves[steps[i].from].tag, &f);
		if (r < 0)
			break;
		p = chunk_add(f, steps[i].type, 0, steps[i].len);
		if (steps[i].type == CHUNK_SHUTDOWN)
			sn_put_be32(p, a->halves[AMF].on_wire);
		r = wire_flush(t);
	}
	return r;
}

/* -- messages ------------------------------------------------------------------------------------------------------------------
 */

static int packets_send(struct sn_lab_transport *t, unsigned gnb, bool from_amf, uint16_t stream, struct sn_view message,
			bool join)
{
	int from = from_amf ? AMF : GNB, r;
	struct association *a = &t->associations[gnb];
	struct side *side = &t->sides[from];
	struct frame *last = side->count ? &side->frames[side->count - 1] : NULL;
	struct frame *f;

	if (message.len > MTU - IP_LEN - COMMON_LEN - 16 - 16)
		return -EMSGSIZE;
	stream %= SN_LAB_STREAMS;
	t->traffic.octets += message.len;
	/* A real sender bundles what waits for the same peer: always what was recorded so, now and then what falls together. */
	if (last && last->gnb == gnb && last->chunks && last->chunks < 8 && (join || random_next(t) % 16 == 0) &&
	    last->len + 16 + message.len + 3 <= ETH_LEN + MTU) {
		data_add(last, &a->halves[from], stream, message);
		return 0;
	}
	r = frame_begin(t, gnb, from, a->halves[from].tag, &f);
	if (r < 0)
		return r;
	sack_add(f, &a->halves[!from]);
	data_add(f, &a->halves[from], stream, message);
	a->halves[from].unacked++;
	return 0;
}

/** Acknowledges by itself what no data packet took along: every second packet at once, a single one after the delay. */
static int sacks_send(struct sn_lab_transport *t, uint64_t now_ns, uint64_t *ret_due_ns)
{
	struct frame *f;

	for (unsigned gnb = 0; gnb < t->gnbs; gnb++) {
		struct association *a = &t->associations[gnb];

		for (int from = 0; from < 2 && a->up; from++) {
			struct half *half = &a->halves[from];
			int r;

			if (!half->unacked || half->acked == half->on_wire)
				continue;
			if (!half->sack_due_ns)
				half->sack_due_ns = now_ns + SACK_DELAY;
			if (half->unacked < 2 && half->sack_due_ns > now_ns) {
				*ret_due_ns = SN_MIN(*ret_due_ns, half->sack_due_ns);
				continue;
			}
			r = frame_begin(t, gnb, !from, a->halves[!from].tag, &f);
			if (r < 0)
				return r;
			sack_add(f, half);
		}
	}
	return 0;
}

static int packets_tick(struct sn_lab_transport *t, uint64_t now_ns, uint64_t *ret_due_ns)
{
	int r;

	*ret_due_ns = UINT64_MAX;
	r = sacks_send(t, now_ns, ret_due_ns);
	return r < 0 ? r : wire_flush(t);
}

static int packets_descriptor(const struct sn_lab_transport *t)
{
	return -1;
}

static void packets_traffic(const struct sn_lab_transport *t, struct sn_lab_traffic *ret_traffic)
{
	*ret_traffic = t->traffic;
}

/* -- the two ends --------------------------------------------------------------------------------------------------------------
 */

static struct sn_lab_transport *packets_close(struct sn_lab_transport *t)
{
	if (!t)
		return NULL;
	for (int i = 0; i < 2; i++)
		sn_close_fd(&t->sides[i].fd);
	free(t);
	return NULL;
}

/** A packet socket that only sends (protocol 0 receives nothing) on the namespace's n2. */
static int side_open(struct side *side, const struct sn_lab_place *place, enum sn_lab_ns ns, struct sn_diag *reterr)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	struct ifreq req = { .ifr_name = "n2" };
	int back = -1, size = 4 << 20, r;

	r = sn_lab_ns_enter(place, ns, &back, reterr);
	if (r < 0)
		return r;
	side->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex("n2");
	if (side->fd < 0)
		r = sn_diag_set(reterr, -errno, "cannot open a packet socket: %s", strerror(errno));
	else if (!to.sll_ifindex || ioctl(side->fd, SIOCGIFHWADDR, &req) < 0 ||
		 bind(side->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		r = sn_diag_set(reterr, -errno, "the lab has no interface n2 (%s): build it anew with sauron lab up",
				strerror(errno));
	sn_lab_ns_leave(back);
	if (r < 0)
		return r;
	setsockopt(side->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	memcpy(side->mac, req.ifr_hwaddr.sa_data, 6);
	return 0;
}

static int packets_open(const struct sn_lab_place *place, unsigned gnbs, uint64_t seed, struct sn_lab_transport **ret_transport,
			struct sn_diag *reterr)
{
	struct sn_lab_transport *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	t->sides[GNB].fd = t->sides[AMF].fd = -1;
	t->gnbs = gnbs;
	t->random = seed;
	t->ip_id = (uint16_t)random_next(t);
	r = side_open(&t->sides[GNB], place, SN_LAB_NS_GNB, reterr);
	if (!r)
		r = side_open(&t->sides[AMF], place, SN_LAB_NS_AMF, reterr);
	if (r < 0) {
		packets_close(t);
		return r;
	}
	*ret_transport = t;
	return 0;
}

const struct sn_lab_transport_ops sn_lab_packets = {
	.name = "packets",
	.open = packets_open,
	.close = packets_close,
	.associate = packets_associate,
	.shutdown = packets_shutdown,
	.send = packets_send,
	.flush = wire_flush,
	.tick = packets_tick,
	.descriptor = packets_descriptor,
	.traffic = packets_traffic,
};
