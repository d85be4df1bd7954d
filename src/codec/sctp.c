/* SPDX-License-Identifier: Apache-2.0 */
/** @file SCTP packets and their chunks (RFC 9260 3): the checks, the walk, and the short way of a message in one chunk. */
#include "base/crc32c.h"
#include "codec/sctp_internal.h"

#include <errno.h>
#include <sys/random.h>

#define COMMON_HEADER 12
#define CHUNK_HEADER  4
#define DATA_HEADER   16 /* RFC 9260 3.3.1 */
#define I_DATA_HEADER 20 /* RFC 8260 2.1 */
#define INIT_FIXED    20 /* RFC 9260 3.3.2 */

#define MAX_ASSOCIATIONS (1u << 20)

/** A packet on its way through the engine. */
struct walk {
	struct sn_sctp *sctp;
	struct sn_sctp_half *half; /* NULL once its association ended */
	uint64_t time_ns;
	struct sn_view packet;
	size_t wire_len;
	bool bad; /* something in it was malformed */
	bool cut; /* the capture lacks a chunk or its end */
};

/** One chunk as captured: `body` follows the chunk header and may be cut. */
struct chunk {
	struct sn_view body;
	size_t wire_len; /* of the body */
	uint8_t type;
	uint8_t flags;
};

const char *sn_sctp_loss_name(enum sn_sctp_loss loss)
{
	static const char *const names[] = {
		[SN_SCTP_BAD_PACKET] = "bad_packet",
		[SN_SCTP_BAD_CHECKSUM] = "bad_checksum",
		[SN_SCTP_TRUNCATED] = "truncated",
		[SN_SCTP_UNKNOWN_TAG] = "unknown_tag",
		[SN_SCTP_DUPLICATE_TSN] = "duplicate_tsn",
		[SN_SCTP_GAP] = "gap",
		[SN_SCTP_INCOMPLETE_MESSAGE] = "incomplete_message",
		[SN_SCTP_MESSAGE_TOO_LARGE] = "message_too_large",
		[SN_SCTP_ASSOCIATION_EVICTED] = "association_evicted",
		[SN_SCTP_BUFFER_FULL] = "buffer_full",
		[SN_SCTP_ABANDONED] = "abandoned",
	};
	_Static_assert(SN_ARRAY_SIZE(names) == _SN_SCTP_LOSS_MAX, "name every loss");

	return (unsigned)loss < SN_ARRAY_SIZE(names) ? names[loss] : NULL;
}

static void count(struct sn_sctp *sctp, enum sn_sctp_loss loss)
{
	sctp->stats.losses[loss]++;
}

static void limits_set(struct sn_sctp_limits *ret_limits, const struct sn_sctp_limits *given)
{
	struct sn_sctp_limits limits = given ? *given : (struct sn_sctp_limits) { 0 };

	limits.max_associations = SN_MIN(limits.max_associations ?: 4096, MAX_ASSOCIATIONS);
	limits.max_message = limits.max_message ?: 1 << 20;
	limits.max_buffered = limits.max_buffered ?: 1 << 20;
	limits.max_total = limits.max_total ?: 64 << 20;
	limits.gap_timeout_ns = limits.gap_timeout_ns ?: UINT64_C(3000000000);
	limits.idle_timeout_ns = limits.idle_timeout_ns ?: UINT64_C(3600000000000);
	*ret_limits = limits;
}

int sn_sctp_new(const struct sn_sctp_limits *limits, const struct sn_sctp_sink *sink, struct sn_sctp **ret_sctp)
{
	struct sn_sctp *sctp = calloc(1, sizeof(*sctp));

	if (!sctp)
		return -ENOMEM;
	limits_set(&sctp->limits, limits);
	sctp->sink = *sink;
	/* Early in boot there may be no entropy: then the addresses of this process must do. */
	if (getrandom(sctp->secret, sizeof(sctp->secret), GRND_NONBLOCK) != sizeof(sctp->secret)) {
		sctp->secret[0] = (uint64_t)(uintptr_t)sctp * UINT64_C(0x9e3779b97f4a7c15);
		sctp->secret[1] = (uint64_t)(uintptr_t)&sctp * UINT64_C(0xbf58476d1ce4e5b9);
	}
	sctp->secret[0] |= 1;
	sctp->secret[1] |= 1;
	if (sn_sctp_table_init(sctp) < 0 || sn_sctp_hold_init(sctp) < 0) {
		sn_sctp_free(sctp);
		return -ENOMEM;
	}
	*ret_sctp = sctp;
	return 0;
}

struct sn_sctp *sn_sctp_free(struct sn_sctp *sctp)
{
	if (!sctp)
		return NULL;
	sn_sctp_table_free(sctp);
	sn_sctp_hold_free(sctp);
	free(sctp);
	return NULL;
}

const struct sn_sctp_stats *sn_sctp_stats(const struct sn_sctp *sctp)
{
	return &sctp->stats;
}

void sn_sctp_tick(struct sn_sctp *sctp, uint64_t time_ns)
{
	sn_sctp_expire_gaps(sctp, time_ns);
	sn_sctp_expire_assocs(sctp, time_ns);
}

/** CRC32c over the packet with its checksum field taken as 0; the field has its octets in reverse (RFC 9260 appendix A). */
static bool checksum_matches(struct sn_view packet)
{
	static const uint8_t zero[4];
	const uint8_t *p = packet.data + 8;
	uint32_t stored = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	uint32_t crc = sn_crc32c(0, (struct sn_view) { packet.data, 8 });

	crc = sn_crc32c(crc, (struct sn_view) { zero, sizeof(zero) });
	return sn_crc32c(crc, (struct sn_view) { packet.data + COMMON_HEADER, packet.len - COMMON_HEADER }) == stored;
}

/** Reads the chunk at *pos and moves on. @return false at the end. */
static bool next_chunk(struct walk *walk, size_t *pos, struct chunk *ret_chunk)
{
	size_t left = walk->packet.len - SN_MIN(walk->packet.len, *pos), len;
	const uint8_t *p;

	if (*pos >= walk->wire_len)
		return false;
	if (left < CHUNK_HEADER) {
		bool room = walk->wire_len - *pos >= CHUNK_HEADER;

		walk->cut |= room;
		walk->bad |= !room;
		return false;
	}
	p = walk->packet.data + *pos;
	len = sn_be16(p + 2);
	if (len < CHUNK_HEADER || len > walk->wire_len - *pos) {
		walk->bad = true;
		return false;
	}
	ret_chunk->type = p[0];
	ret_chunk->flags = p[1];
	ret_chunk->wire_len = len - CHUNK_HEADER;
	ret_chunk->body = (struct sn_view) { p + CHUNK_HEADER, SN_MIN(len, left) - CHUNK_HEADER };
	walk->cut |= left < len;
	*pos += (len + 3) & ~(size_t)3;
	return true;
}

/** Reads the header of a DATA or I-DATA chunk. */
static bool data_decode(struct walk *walk, const struct chunk *chunk, struct sn_sctp_chunk *ret_data)
{
	const uint8_t *p = chunk->body.data;
	bool interleaved = chunk->type == SN_SCTP_I_DATA;
	size_t header = (interleaved ? I_DATA_HEADER : DATA_HEADER) - CHUNK_HEADER;

	if (SN_UNLIKELY(chunk->wire_len <= header)) { /* no user data: RFC 9260 6.2 */
		walk->bad = true;
		return false;
	}
	if (SN_UNLIKELY(chunk->body.len < header))
		return false;
	ret_data->time_ns = walk->time_ns;
	ret_data->flags = chunk->flags;
	ret_data->interleaved = interleaved;
	ret_data->cut = chunk->body.len < chunk->wire_len;
	ret_data->data = (struct sn_view) { p + header, chunk->body.len - header };
	ret_data->tsn = sn_be32(p);
	ret_data->stream = sn_be16(p + 4);
	if (!interleaved) {
		ret_data->mid = sn_be16(p + 6);
		ret_data->fsn = 0;
		ret_data->ppid = sn_be32(p + 8);
		return true;
	}
	/* One field is the PPID of the first fragment, the FSN of the others. */
	ret_data->mid = sn_be32(p + 8);
	ret_data->ppid = chunk->flags & SN_SCTP_FIRST ? sn_be32(p + 12) : 0;
	ret_data->fsn = chunk->flags & SN_SCTP_FIRST ? 0 : sn_be32(p + 12);
	return true;
}

static void on_data(struct walk *walk, const struct chunk *chunk)
{
	struct sn_sctp *sctp = walk->sctp;
	struct sn_sctp_half *half = walk->half;
	struct sn_sctp_chunk data;

	if (SN_UNLIKELY(!data_decode(walk, chunk, &data)))
		return;
	sctp->stats.data_chunks++;
	if (SN_UNLIKELY(!half->assoc->announced))
		half = walk->half = sn_sctp_establish(sctp, half, walk->time_ns);
	/* A whole message, next in order, nothing held: delivered where it stands. */
	if (SN_LIKELY(data.tsn == half->next_tsn && half->tsn_known && !half->gap && !half->held &&
		      (data.flags & SN_SCTP_SINGLE) == SN_SCTP_SINGLE)) {
		half->next_tsn++;
		if (!(data.flags & SN_SCTP_UNORDERED))
			sn_sctp_stream_advance(half, data.stream, (data.mid + 1) & (data.interleaved ? UINT32_MAX : UINT16_MAX));
		sn_sctp_deliver(sctp, half, &data);
		return;
	}
	sn_sctp_take(sctp, half, &data);
}

/** SACK and SHUTDOWN begin with the cumulative TSN of the other direction (RFC 9260 3.3.4, 3.3.8). */
static void on_cumulative_tsn(struct walk *walk, const struct chunk *chunk)
{
	struct sn_sctp_assoc *assoc = walk->half->assoc;
	struct sn_sctp_half *other = &assoc->half[!walk->half->from];
	uint32_t tsn;

	if (chunk->body.len < 4)
		return;
	tsn = sn_be32(chunk->body.data);
	if (SN_UNLIKELY(assoc->class == SN_SCTP_CANDIDATE) && other->vtag && sn_sctp_plausible(other, tsn, SN_SCTP_WINDOW))
		sn_sctp_trust(walk->sctp, assoc);
	sn_sctp_acked(walk->sctp, other, tsn, walk->time_ns);
}

static void on_end(struct walk *walk, enum sn_sctp_event_kind kind)
{
	sn_sctp_close(walk->sctp, walk->half->assoc, kind, walk->time_ns);
	walk->half = NULL;
}

static void on_chunk(struct walk *walk, const struct chunk *chunk)
{
	struct sn_sctp_half *half = walk->half;

	switch (chunk->type) {
	case SN_SCTP_DATA:
	case SN_SCTP_I_DATA:
		on_data(walk, chunk);
		break;
	case SN_SCTP_SACK:
	case SN_SCTP_SHUTDOWN:
		on_cumulative_tsn(walk, chunk);
		break;
	case SN_SCTP_FORWARD_TSN:
	case SN_SCTP_I_FORWARD_TSN:
		if (chunk->body.len >= 4)
			sn_sctp_forward(walk->sctp, half, sn_be32(chunk->body.data), chunk->type == SN_SCTP_I_FORWARD_TSN,
					(struct sn_view) { chunk->body.data + 4, chunk->body.len - 4 }, walk->time_ns);
		break;
	case SN_SCTP_COOKIE_ACK:
		if (!half->assoc->announced)
			walk->half = sn_sctp_establish(walk->sctp, half, walk->time_ns);
		break;
	case SN_SCTP_RE_CONFIG:
		/* May reset streams (RFC 6525): forget what comes next in them, TSNs keep the order. */
		sn_sctp_streams_reset(&half->assoc->half[0]);
		sn_sctp_streams_reset(&half->assoc->half[1]);
		break;
	case SN_SCTP_ABORT:
		if (!(chunk->flags & SN_SCTP_REFLECTED))
			on_end(walk, SN_SCTP_ASSOCIATION_ABORT);
		break;
	case SN_SCTP_SHUTDOWN_COMPLETE:
		if (!(chunk->flags & SN_SCTP_REFLECTED))
			on_end(walk, SN_SCTP_ASSOCIATION_SHUTDOWN);
		break;
	default: /* HEARTBEAT, ERROR, ASCONF, ... and what is not known say nothing about messages */
		break;
	}
}

/** Looks at all chunks of a packet without an association. @return false when it is malformed. */
static bool hint_chunks(struct walk *walk, struct sn_sctp_hint *hint)
{
	struct sn_sctp_chunk data;
	struct chunk chunk;
	size_t pos = COMMON_HEADER;

	while (next_chunk(walk, &pos, &chunk)) {
		if (chunk.type == SN_SCTP_DATA || chunk.type == SN_SCTP_I_DATA)
			hint->has_data |= data_decode(walk, &chunk, &data);
		else if (chunk.type == SN_SCTP_COOKIE_ECHO)
			hint->has_cookie_echo = true;
		else if ((chunk.type == SN_SCTP_SACK || chunk.type == SN_SCTP_SHUTDOWN) && chunk.body.len >= 4) {
			hint->has_sack = true;
			hint->cumulative_tsn = sn_be32(chunk.body.data);
		}
	}
	return !walk->bad;
}

/** INIT and INIT ACK: the only chunk of their packet (RFC 9260 3.3.2). @return whether the packet is done with. */
static bool on_handshake(struct walk *walk, const struct chunk *chunk, const struct sn_sctp_hint *hint)
{
	uint32_t tag, tsn;

	if (chunk->type != SN_SCTP_INIT && chunk->type != SN_SCTP_INIT_ACK)
		return false;
	if (chunk->wire_len < INIT_FIXED - CHUNK_HEADER || (chunk->type == SN_SCTP_INIT) != (hint->vtag == 0))
		walk->bad = true;
	if (walk->bad || chunk->body.len < INIT_FIXED - CHUNK_HEADER)
		return true;
	tag = sn_be32(chunk->body.data);
	tsn = sn_be32(chunk->body.data + 12);
	if (!tag)
		walk->bad = true;
	else if (chunk->type == SN_SCTP_INIT)
		sn_sctp_on_init(walk->sctp, hint, tag, tsn);
	else if (!walk->half || walk->half->assoc->class != SN_SCTP_CLOSED)
		sn_sctp_on_init_ack(walk->sctp, walk->half, hint, tag, tsn);
	return true;
}

/** ABORT or SHUTDOWN COMPLETE of one who has no association: it reflects the tag that it got (RFC 9260 8.4, 8.5.1). */
static bool on_reflected(struct walk *walk, const struct chunk *chunk, const struct sn_sctp_hint *hint)
{
	bool abort = chunk->type == SN_SCTP_ABORT;

	if ((!abort && chunk->type != SN_SCTP_SHUTDOWN_COMPLETE) || !(chunk->flags & SN_SCTP_REFLECTED) || !hint->vtag)
		return false;
	walk->half = sn_sctp_lookup(walk->sctp, sn_sctp_tag_key(hint->vtag, hint->dport, hint->sport));
	if (!walk->half)
		return false;
	if (walk->half->assoc->class != SN_SCTP_CLOSED) {
		walk->half->assoc->last_ns = walk->time_ns;
		on_end(walk, abort ? SN_SCTP_ASSOCIATION_ABORT : SN_SCTP_ASSOCIATION_SHUTDOWN);
	}
	return true;
}

/** A packet that the table does not simply lead on: handshakes, and tags that are not known. @return whether to walk on. */
static bool find_half(struct walk *walk, const struct sn_packet *ip)
{
	const uint8_t *p = walk->packet.data;
	struct sn_sctp_hint hint = {
		.ip = ip,
		.time_ns = walk->time_ns,
		.vtag = sn_be32(p + 4),
		.sport = sn_be16(p),
		.dport = sn_be16(p + 2),
	};
	struct walk first = *walk;
	struct chunk chunk;
	size_t pos = COMMON_HEADER;

	if (!next_chunk(&first, &pos, &chunk)) {
		walk->bad = first.bad;
		return false;
	}
	if (on_handshake(walk, &chunk, &hint))
		return false;
	if (walk->half)
		return walk->half->assoc->class != SN_SCTP_CLOSED;
	if (on_reflected(walk, &chunk, &hint))
		return false;
	first = *walk;
	if (!hint_chunks(&first, &hint)) {
		walk->bad = true;
		return false;
	}
	if (hint.vtag && hint.sport && hint.dport)
		walk->half = sn_sctp_learn(walk->sctp, &hint);
	/* Without user data nothing is lost: heartbeats of an association that is silent since the tap began. */
	if (!walk->half && hint.has_data)
		count(walk->sctp, SN_SCTP_UNKNOWN_TAG);
	return walk->half;
}

int sn_sctp_input(struct sn_sctp *sctp, const struct sn_packet *ip, struct sn_view packet, uint32_t wire_len, uint64_t time_ns)
{
	struct walk walk = { .sctp = sctp, .time_ns = time_ns, .packet = packet, .wire_len = SN_MAX(wire_len, packet.len) };
	struct chunk chunk;
	size_t pos = COMMON_HEADER;
	uint8_t first;

	sctp->stats.packets++;
	if (SN_UNLIKELY(packet.len < COMMON_HEADER + CHUNK_HEADER)) {
		bool cut = walk.wire_len >= COMMON_HEADER + CHUNK_HEADER;

		count(sctp, cut ? SN_SCTP_TRUNCATED : SN_SCTP_BAD_PACKET);
		return cut ? 0 : -EBADMSG;
	}
	if (!sctp->limits.skip_checksum && packet.len == walk.wire_len && !checksum_matches(packet))
		count(sctp, SN_SCTP_BAD_CHECKSUM);
	walk.half = sn_sctp_lookup(sctp, (uint64_t)sn_be32(packet.data + 4) << 32 | sn_be32(packet.data));
	first = packet.data[COMMON_HEADER];
	if (SN_UNLIKELY(!walk.half || walk.half->assoc->class == SN_SCTP_CLOSED || first == SN_SCTP_INIT ||
			first == SN_SCTP_INIT_ACK) &&
	    !find_half(&walk, ip))
		goto out;
	walk.half->assoc->last_ns = time_ns;
	if (SN_UNLIKELY((int64_t)(time_ns - walk.half->assoc->queued_ns) >= INT64_C(1000000000)))
		sn_sctp_touch(sctp, walk.half->assoc);
	if (SN_UNLIKELY(walk.half->assoc->class == SN_SCTP_CANDIDATE))
		sn_sctp_weigh(sctp, walk.half);
	while (walk.half && next_chunk(&walk, &pos, &chunk))
		on_chunk(&walk, &chunk);
out:
	if (SN_UNLIKELY(walk.cut))
		count(sctp, SN_SCTP_TRUNCATED);
	if (SN_LIKELY(!walk.bad))
		return 0;
	count(sctp, SN_SCTP_BAD_PACKET);
	return -EBADMSG;
}
