/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Shared by the parts of the passive SCTP receiver, in the order in which a packet meets them:
 *
 *   sctp.c         the packet and its chunks
 *   sctp_assoc.c   which association it belongs to
 *   sctp_stream.c  the order of its TSNs, and when a message may be delivered
 *   sctp_hold.c    fragments and messages that must wait, and what they cost
 *
 * Words used throughout: a *half* is one direction of an association; a TSN is *passed* when every TSN up to it was seen or given
 * up; a *run* is a piece of a message without holes.
 */
#ifndef SN_CODEC_SCTP_INTERNAL_H
#define SN_CODEC_SCTP_INTERNAL_H

#include "base/macro.h"
#include "codec/sctp.h"

/** How far ahead of the passed TSNs a chunk may be, in TSNs. Power of two. */
#define SN_SCTP_WINDOW 4096u
/** Streams per half whose next sequence number is remembered. Power of two. */
#define SN_SCTP_STREAMS 64u
/** Points in time kept to date gaps by. */
#define SN_SCTP_MARKS 12u

/** Chunk types that the engine looks at (RFC 9260 3.2, RFC 3758 3.2, RFC 6525 3.1, RFC 8260 2.1 and 2.3). */
enum sn_sctp_chunk_type {
	SN_SCTP_DATA = 0,
	SN_SCTP_INIT = 1,
	SN_SCTP_INIT_ACK = 2,
	SN_SCTP_SACK = 3,
	SN_SCTP_ABORT = 6,
	SN_SCTP_SHUTDOWN = 7,
	SN_SCTP_COOKIE_ECHO = 10,
	SN_SCTP_COOKIE_ACK = 11,
	SN_SCTP_SHUTDOWN_COMPLETE = 14,
	SN_SCTP_I_DATA = 64,
	SN_SCTP_RE_CONFIG = 130,
	SN_SCTP_FORWARD_TSN = 192,
	SN_SCTP_I_FORWARD_TSN = 194,
};

/** Flags of DATA and I-DATA. */
#define SN_SCTP_LAST	  0x01 /* E */
#define SN_SCTP_FIRST	  0x02 /* B */
#define SN_SCTP_UNORDERED 0x04 /* U */
#define SN_SCTP_SINGLE	  (SN_SCTP_FIRST | SN_SCTP_LAST)
/** Flag of ABORT and SHUTDOWN COMPLETE: the tag is the one that the sender itself received (T). */
#define SN_SCTP_REFLECTED 0x01

struct sn_sctp_node {
	struct sn_sctp_node *prev, *next;
};

/** What a half remembers of a stream; a slot is shared by the streams of equal number modulo SN_SCTP_STREAMS. */
struct sn_sctp_stream {
	uint32_t next; /* SSN or MID that comes next */
	uint16_t id;
	bool used;
};

/** Exists while TSNs are missing below one that was seen. */
struct sn_sctp_gap {
	uint64_t seen[SN_SCTP_WINDOW / 64]; /* bit per TSN not yet passed, at TSN modulo SN_SCTP_WINDOW */
	uint32_t high;			    /* highest TSN seen */
	uint32_t marks;
	struct {
		uint32_t tsn; /* what is missing below it was missing at ... */
		uint64_t time_ns;
	} mark[SN_SCTP_MARKS];
};

struct sn_sctp_half {
	struct sn_sctp_assoc *assoc;
	uint32_t vtag;	    /* in the packets of this direction; 0: not known yet */
	uint32_t next_tsn;  /* the first not passed */
	uint32_t held;	    /* chunks held */
	uint8_t from;	    /* index of the sending endpoint */
	bool tsn_known;	    /* next_tsn is valid */
	bool from_start;    /* next_tsn came from INIT or INIT ACK, so every stream begins at 0 */
	bool streams_lost;  /* a slot of `streams` was taken over, or the streams were reset */
	bool tag_of_ack;    /* vtag was chosen by the responder: who uses it has seen the INIT ACK */
	bool acked_valid;   /* acked is valid */
	bool far_valid;	    /* far_tsn is valid */
	bool loss;	    /* lost_tsn is valid */
	uint32_t acked;	    /* highest cumulative TSN that the receiver acknowledged */
	uint32_t far_tsn;   /* a chunk far outside the window, waiting for a second one to confirm it */
	uint32_t lost_tsn;  /* the last one given up */
	uint32_t first_tsn; /* where an adopted direction begins */
	uint64_t before;    /* bit n: the chunk first_tsn - 1 - n was seen */
	uint64_t lost_ns;   /* when lost_tsn was given up */
	size_t buffered;
	struct sn_sctp_gap *gap;
	struct sn_sctp_node runs;   /* of what is held, the least recently grown first */
	struct sn_sctp_node holder; /* in sn_sctp.holders while buffered is not 0 */
	struct sn_sctp_stream streams[SN_SCTP_STREAMS];
};

/** Least recently used lists, in the order in which room is made. */
enum sn_sctp_class {
	SN_SCTP_CLOSED,	   /* swallows what was still on its way */
	SN_SCTP_CANDIDATE, /* could be made up by one who sees no answer */
	SN_SCTP_TRUSTED,
	_SN_SCTP_CLASS_MAX,
};

struct sn_sctp_assoc {
	struct sn_sctp_half half[2]; /* by sending endpoint */
	uint64_t id;
	uint64_t last_ns;   /* of its latest packet */
	uint64_t queued_ns; /* last_ns when it was put in front of its list */
	struct sn_sctp_node lru;
	struct sn_sctp_assoc *pair_next; /* chain of the index by addresses and ports */
	uint32_t pair_hash;
	uint32_t packets; /* while candidate */
	uint8_t class;	  /* enum sn_sctp_class */
	bool announced;	  /* the sink was told of it */
	struct sn_sctp_endpoint endpoints[2];
};

/** A slot of the table by tag and ports; a half's key is never 0, and an empty slot is all 0: so key 0 finds nothing. */
struct sn_sctp_slot {
	uint64_t key;
	struct sn_sctp_half *half;
};

/** Where a held chunk stands: by TSN, or within a message, or at the head of a message ready for its stream. */
struct sn_sctp_key {
	const struct sn_sctp_half *half;
	uint32_t place;	 /* kind of key, U flag and stream */
	uint32_t mid;	 /* SSN or MID */
	uint32_t number; /* TSN or FSN */
};
struct sn_sctp_link {
	struct sn_sctp_link *next;
	struct sn_sctp_key key;
};

struct sn_sctp {
	struct sn_sctp_limits limits; /* none of them 0 */
	struct sn_sctp_sink sink;
	struct sn_sctp_stats stats;
	uint64_t secret[2]; /* odd; keep who chooses tags from choosing slots */
	/* sctp_assoc.c */
	struct sn_sctp_slot *slots;
	unsigned slot_shift;
	uint32_t slot_mask;
	struct sn_sctp_assoc **pairs;
	uint32_t pair_mask;
	uint32_t entries; /* associations in memory, the closed ones too */
	uint64_t next_id;
	struct sn_sctp_node lru[_SN_SCTP_CLASS_MAX];
	/* sctp_hold.c */
	struct sn_sctp_link **buckets;
	uint32_t bucket_mask;
	uint32_t links;
	struct sn_sctp_node holders[2]; /* halves that hold something: candidates, then trusted; the longest first */
};

/** One DATA or I-DATA chunk. */
struct sn_sctp_chunk {
	struct sn_view data;
	uint64_t time_ns;
	uint32_t tsn;
	uint32_t mid; /* SSN of DATA */
	uint32_t fsn; /* of I-DATA */
	uint32_t ppid;
	uint16_t stream;
	uint8_t flags;
	bool interleaved; /* I-DATA */
	bool cut;	  /* by the capture */
};

/** A chunk in waiting. The first of a run stands for the run. */
struct sn_sctp_held {
	struct sn_sctp_link by_tsn;
	struct sn_sctp_link by_place; /* I-DATA: within its message; of the first of a ready run: within its stream */
	struct sn_sctp_half *half;
	struct sn_sctp_held *prev, *next; /* within the run */
	struct sn_sctp_held *other;	  /* of the first: the last; of the last: the first */
	struct sn_sctp_node age;	  /* of the first: in half->runs */
	uint64_t time_ns;		  /* of the first: when the run last grew */
	size_t run_len;			  /* of the first: octets of the run */
	bool ready;			  /* of the first: complete, waits for its turn */
	struct sn_sctp_chunk chunk;	  /* chunk.data points behind this struct */
};

/** Serial number arithmetic (RFC 1982). */
static inline bool sn_sctp_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline void sn_sctp_node_init(struct sn_sctp_node *node)
{
	node->prev = node->next = node;
}

static inline bool sn_sctp_node_alone(const struct sn_sctp_node *node)
{
	return node->next == node;
}

static inline void sn_sctp_node_remove(struct sn_sctp_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	sn_sctp_node_init(node);
}

/** As the last one of the list. */
static inline void sn_sctp_node_append(struct sn_sctp_node *list, struct sn_sctp_node *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline uint64_t sn_sctp_tag_key(uint32_t vtag, uint16_t sport, uint16_t dport)
{
	return (uint64_t)vtag << 32 | (uint32_t)sport << 16 | dport;
}

/* sctp_assoc.c */

int sn_sctp_table_init(struct sn_sctp *sctp);
void sn_sctp_table_free(struct sn_sctp *sctp);
/** The half that packets with this key belong to, or NULL. */
static inline struct sn_sctp_half *sn_sctp_lookup(const struct sn_sctp *sctp, uint64_t key)
{
	uint32_t i = (uint32_t)((key * sctp->secret[0]) >> sctp->slot_shift);

	for (;; i = (i + 1) & sctp->slot_mask) {
		if (sctp->slots[i].key == key)
			return sctp->slots[i].half;
		if (!sctp->slots[i].key)
			return NULL;
	}
}
/** What a packet says about the association that it belongs to. */
struct sn_sctp_hint {
	const struct sn_packet *ip;
	uint64_t time_ns;
	uint32_t vtag;
	uint16_t sport, dport;
	uint32_t cumulative_tsn; /* valid with has_sack */
	bool has_sack;
	bool has_data;
	bool has_cookie_echo;
};
/** Finds the association of a packet whose tag is not known, or adopts it. @return NULL when there is none. */
struct sn_sctp_half *sn_sctp_learn(struct sn_sctp *sctp, const struct sn_sctp_hint *hint);
/** INIT: `tag` and `tsn` are its initiate tag and initial TSN. */
void sn_sctp_on_init(struct sn_sctp *sctp, const struct sn_sctp_hint *hint, uint32_t tag, uint32_t tsn);
/** INIT ACK; `half` is the one of its own tag, NULL when that is not known (its INIT was not seen). */
void sn_sctp_on_init_ack(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_hint *hint, uint32_t tag,
			 uint32_t tsn);
/** The association is up: announces it, or the restart of the one before. @return the half, which a restart replaces. */
struct sn_sctp_half *sn_sctp_establish(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns);
/** A packet of a candidate came: decides whether to trust it. */
void sn_sctp_weigh(struct sn_sctp *sctp, struct sn_sctp_half *half);
void sn_sctp_trust(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc);
/** Moves an association to the recent end of its list. */
void sn_sctp_touch(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc);
/** Ends an association; its tags are kept for a moment, so that what was still on its way does not look like a new one. */
void sn_sctp_close(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc, enum sn_sctp_event_kind kind, uint64_t time_ns);
void sn_sctp_expire_assocs(struct sn_sctp *sctp, uint64_t time_ns);

/* sctp_stream.c */

/** Hands a message to the sink. */
void sn_sctp_deliver(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk);
/** Remembers that the message `mid` of a stream is done. */
static inline void sn_sctp_stream_advance(struct sn_sctp_half *half, uint16_t id, uint32_t next)
{
	struct sn_sctp_stream *stream = &half->streams[id & (SN_SCTP_STREAMS - 1)];

	if (SN_UNLIKELY(stream->id != id && stream->used))
		half->streams_lost = true;
	stream->next = next;
	stream->id = id;
	stream->used = true;
}
/** The general way of a chunk, whatever its order. */
void sn_sctp_take(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk);
/** The receiver of this half has everything up to `tsn`. */
void sn_sctp_acked(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, uint64_t time_ns);
/** Whether a cumulative TSN could be an acknowledgement of what this half carried, give or take `slack` TSNs. */
bool sn_sctp_plausible(const struct sn_sctp_half *half, uint32_t tsn, uint32_t slack);
/** FORWARD TSN or I-FORWARD TSN: nothing up to `tsn` will come again; `skipped` are its entries. */
void sn_sctp_forward(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, bool interleaved, struct sn_view skipped,
		     uint64_t time_ns);
void sn_sctp_streams_reset(struct sn_sctp_half *half);
void sn_sctp_half_init(struct sn_sctp_half *half, struct sn_sctp_assoc *assoc, uint8_t from);
/** Delivers what is complete and gives up the rest. */
void sn_sctp_half_end(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns);
/** Gives up everything, without a word to the sink. */
void sn_sctp_half_discard(struct sn_sctp *sctp, struct sn_sctp_half *half);
void sn_sctp_expire_gaps(struct sn_sctp *sctp, uint64_t time_ns);

/* sctp_hold.c */

int sn_sctp_hold_init(struct sn_sctp *sctp);
void sn_sctp_hold_free(struct sn_sctp *sctp);
/** Adds to what the half holds; `octets` may be negative. */
void sn_sctp_account(struct sn_sctp *sctp, struct sn_sctp_half *half, ptrdiff_t octets);
/** Octets that holding a chunk takes. */
size_t sn_sctp_hold_cost(const struct sn_sctp_chunk *chunk);
/**
 * Copies a chunk and joins it to its neighbours. @return the first of its run; NULL when there is no memory or the chunk
 * contradicts one that is held (counted).
 */
struct sn_sctp_held *sn_sctp_hold(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk);
struct sn_sctp_held *sn_sctp_held_by_tsn(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint32_t tsn);
/** I-DATA fragment by its place in its message. */
struct sn_sctp_held *sn_sctp_held_by_place(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint16_t stream,
					   bool unordered, uint32_t mid, uint32_t fsn);
/** The ready run whose turn is `mid` of its stream. */
struct sn_sctp_held *sn_sctp_held_by_turn(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint16_t stream,
					  bool interleaved, uint32_t mid);
/** Marks a complete ordered run as waiting for its turn. */
void sn_sctp_make_ready(struct sn_sctp *sctp, struct sn_sctp_held *run);
static inline bool sn_sctp_run_complete(const struct sn_sctp_held *run)
{
	return run->chunk.flags & SN_SCTP_FIRST && run->other->chunk.flags & SN_SCTP_LAST;
}
/** Gives up a run; `reason` is counted for each chunk of it. */
void sn_sctp_drop_run(struct sn_sctp *sctp, struct sn_sctp_held *run, enum sn_sctp_loss reason);
/** Delivers a complete run and frees it. */
void sn_sctp_deliver_run(struct sn_sctp *sctp, struct sn_sctp_held *run);

#endif
