/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A passive SCTP receiver (RFC 9260; I-DATA of RFC 8260): watches the packets of both directions and puts the user messages
 * together as the receiver would, without ever answering.
 *
 * Associations are found by verification tag and ports, not by addresses, so multihoming needs nothing special: tags are learned
 * from INIT and INIT ACK, or adopted from the first DATA of an association that was up before the tap.
 */
#ifndef SN_CODEC_SCTP_H
#define SN_CODEC_SCTP_H

#include "base/bytes.h"
#include "codec/packet.h"

/** Why a chunk or a message was not delivered. Append-only. */
enum sn_sctp_loss {
	SN_SCTP_BAD_PACKET,	    /* shorter than its headers, or a chunk length that lies */
	SN_SCTP_BAD_CHECKSUM,	    /* CRC32c does not match: counted, not refused (offload leaves it open) */
	SN_SCTP_TRUNCATED,	    /* the capture cut the chunk */
	SN_SCTP_UNKNOWN_TAG,	    /* user data, or INIT, of an association that there is no room for or that cannot be */
	SN_SCTP_DUPLICATE_TSN,	    /* retransmission of a chunk seen before */
	SN_SCTP_GAP,		    /* a TSN that never came; the messages it belonged to are given up */
	SN_SCTP_INCOMPLETE_MESSAGE, /* fragments given up: gap, limit, end of the association, or begun before the tap */
	SN_SCTP_MESSAGE_TOO_LARGE,
	SN_SCTP_ASSOCIATION_EVICTED, /* table full, the least recently used went */
	SN_SCTP_BUFFER_FULL,	     /* out-of-order data beyond the limit */
	SN_SCTP_ABANDONED,	     /* FORWARD TSN / I-FORWARD TSN */
	_SN_SCTP_LOSS_MAX,
};
const char *sn_sctp_loss_name(enum sn_sctp_loss loss);

struct sn_sctp_limits {
	uint32_t max_associations; /* 0: 4096 */
	uint32_t max_message;	   /* octets; 0: 1 MiB */
	uint32_t max_buffered;	   /* octets held out of order or incomplete per association and direction; 0: 1 MiB */
	uint64_t max_total;	   /* octets held by all associations together; 0: 64 MiB */
	uint64_t gap_timeout_ns;   /* how long a missing TSN is waited for; 0: 3 s */
	uint64_t idle_timeout_ns;  /* an association with no packet for so long is dropped; 0: 1 h */
	bool skip_checksum;	   /* do not compute CRC32c */
};

/** One end of an association as seen so far. */
struct sn_sctp_endpoint {
	struct sn_addr addr; /* primary: the address first seen */
	uint16_t port;
	uint32_t tag; /* that it has chosen, and its peer puts into packets; 0: not known yet */
};

enum sn_sctp_event_kind {
	SN_SCTP_ASSOCIATION_UP,	     /* INIT/INIT ACK seen, first data or COOKIE ACK */
	SN_SCTP_ASSOCIATION_ADOPTED, /* learned in mid-stream */
	SN_SCTP_ASSOCIATION_RESTART, /* RFC 9260 5.2: the same peers with new tags; id and order of endpoints stay */
	SN_SCTP_ASSOCIATION_ABORT,
	SN_SCTP_ASSOCIATION_SHUTDOWN,
	SN_SCTP_ASSOCIATION_IDLE, /* forgotten by idle time or eviction */
};

/** A whole user message. */
struct sn_sctp_message {
	struct sn_view data;  /* valid during the callback only */
	uint64_t association; /* id, never reused by one engine */
	uint64_t time_ns;     /* of the packet that completed it */
	uint32_t ppid;
	uint16_t stream;
	uint8_t from; /* which endpoint sent it: 0 or 1 */
	bool unordered;
	bool truncated;				  /* the capture cut it: `data` is its beginning */
	const struct sn_sctp_endpoint *endpoints; /* two of them; [0] sent the INIT, or the first packet seen */
};

/** The callbacks must not call the engine. */
struct sn_sctp_sink {
	void (*message)(void *ctx, const struct sn_sctp_message *message);
	/** May be NULL. */
	void (*event)(void *ctx, uint64_t association, enum sn_sctp_event_kind kind, const struct sn_sctp_endpoint endpoints[2],
		      uint64_t time_ns);
	void *ctx;
};

struct sn_sctp_stats {
	uint64_t packets;
	uint64_t data_chunks;
	uint64_t messages;
	uint64_t losses[_SN_SCTP_LOSS_MAX];
	uint64_t associations; /* in the table now */
	uint64_t buffered;     /* octets held now, with what it takes to hold them */
};

struct sn_sctp;

/** @return 0 or -ENOMEM. `limits` may be NULL. Released by sn_sctp_free. */
int sn_sctp_new(const struct sn_sctp_limits *limits, const struct sn_sctp_sink *sink, struct sn_sctp **ret_sctp);
struct sn_sctp *sn_sctp_free(struct sn_sctp *sctp);
/**
 * Takes one SCTP packet (common header and chunks; ip->payload is not used) with the addresses of its IP header.
 * Messages are delivered by the sink before it returns, each stream in order as it would be to the user: unordered and
 * gap-free ordered ones at once. @param wire_len length before the capture cut it.
 * @return 0, or -EBADMSG when the packet itself was malformed (counted).
 */
int sn_sctp_input(struct sn_sctp *sctp, const struct sn_packet *ip, struct sn_view packet, uint32_t wire_len, uint64_t time_ns);
/** Gives up what waited too long; call about once a second of packet time. */
void sn_sctp_tick(struct sn_sctp *sctp, uint64_t time_ns);
const struct sn_sctp_stats *sn_sctp_stats(const struct sn_sctp *sctp);

#endif
