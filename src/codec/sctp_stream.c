/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The order of one direction: which TSNs were seen, which are missed and for how long, and whose turn it is.
 *
 * A sender numbers the messages of a stream in the order of their TSNs, so an ordered message may be delivered when either is
 * true: its sequence number is the next of its stream, or every TSN before its own is passed. The first is only a shortcut past a
 * gap that belongs to other streams; what is remembered of streams may therefore be lossy without doing harm.
 *
 * A receiver waits for a missing TSN until it comes. A tap must not: what it missed may never come again. It gives up when the
 * receiver acknowledges the TSN, when it has waited long enough, or when room is needed.
 */
#include "codec/sctp_internal.h"

/** TSNs so far behind the passed ones are not retransmissions. */
#define FAR_BEHIND 65536
/** Chunks before the first one seen of an adopted direction that are still taken, at most once each. */
#define BEFORE_FIRST 64

static uint32_t mid_mask(bool interleaved)
{
	return interleaved ? UINT32_MAX : UINT16_MAX;
}

void sn_sctp_half_init(struct sn_sctp_half *half, struct sn_sctp_assoc *assoc, uint8_t from)
{
	memset(half, 0, sizeof(*half));
	half->assoc = assoc;
	half->from = from;
	sn_sctp_node_init(&half->runs);
	sn_sctp_node_init(&half->holder);
}

void sn_sctp_streams_reset(struct sn_sctp_half *half)
{
	memset(half->streams, 0, sizeof(half->streams));
	half->streams_lost = true;
}

void sn_sctp_deliver(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	struct sn_sctp_message message = {
		.data = chunk->data,
		.association = half->assoc->id,
		.time_ns = chunk->time_ns,
		.ppid = chunk->ppid,
		.stream = chunk->stream,
		.from = half->from,
		.unordered = chunk->flags & SN_SCTP_UNORDERED,
		.truncated = chunk->cut,
		.endpoints = half->assoc->endpoints,
	};

	if (SN_UNLIKELY(chunk->data.len > sctp->limits.max_message)) {
		sctp->stats.losses[SN_SCTP_MESSAGE_TOO_LARGE]++;
		return;
	}
	sctp->stats.messages++;
	sctp->sink.message(sctp->sink.ctx, &message);
}

/** Whether `chunk` is what its stream waits for, as far as that is known. */
static bool is_turn(const struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	const struct sn_sctp_stream *stream = &half->streams[chunk->stream & (SN_SCTP_STREAMS - 1)];

	if (stream->used && stream->id == chunk->stream)
		return stream->next == chunk->mid;
	/* A stream that was never used begins at 0 (RFC 9260 6.5, RFC 8260 2.2.1). */
	return half->from_start && !half->streams_lost && chunk->mid == 0;
}

/** The message `mid` of a stream is done: delivers those that waited for it. */
static void stream_done(struct sn_sctp *sctp, struct sn_sctp_half *half, uint16_t stream, bool interleaved, uint32_t mid)
{
	for (;;) {
		struct sn_sctp_held *run;

		mid = (mid + 1) & mid_mask(interleaved);
		sn_sctp_stream_advance(half, stream, mid);
		run = half->held ? sn_sctp_held_by_turn(sctp, half, stream, interleaved, mid) : NULL;
		if (!run)
			return;
		sn_sctp_deliver_run(sctp, run);
	}
}

static void chunk_done(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	if (!(chunk->flags & SN_SCTP_UNORDERED))
		stream_done(sctp, half, chunk->stream, chunk->interleaved, chunk->mid);
}

static void run_deliver(struct sn_sctp *sctp, struct sn_sctp_held *run)
{
	struct sn_sctp_half *half = run->half;
	struct sn_sctp_chunk chunk = run->chunk;

	sn_sctp_deliver_run(sctp, run);
	chunk_done(sctp, half, &chunk);
}

/** A run of I-DATA has lost a fragment: gives up the beginning of its message with it. */
static void drop_orphan(struct sn_sctp *sctp, struct sn_sctp_held *run, enum sn_sctp_loss reason)
{
	struct sn_sctp_half *half = run->half;
	struct sn_sctp_chunk chunk = run->chunk;
	struct sn_sctp_held *first;

	sn_sctp_drop_run(sctp, run, reason);
	if (!chunk.interleaved)
		return;
	first = sn_sctp_held_by_place(sctp, half, chunk.stream, chunk.flags & SN_SCTP_UNORDERED, chunk.mid, 0);
	if (first && !first->prev)
		sn_sctp_drop_run(sctp, first, reason);
}

/** What can no longer be continued: an open run of DATA whose next TSN was not its next fragment. */
static void drop_open_before(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, enum sn_sctp_loss reason)
{
	struct sn_sctp_held *last = half->held ? sn_sctp_held_by_tsn(sctp, half, tsn - 1) : NULL;

	if (last && !last->next && !last->chunk.interleaved && !(last->chunk.flags & SN_SCTP_LAST))
		sn_sctp_drop_run(sctp, last->other, reason);
}

/** Every TSN up to `tsn`, which was seen, is passed now. */
static void pass_seen(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, enum sn_sctp_loss reason)
{
	struct sn_sctp_held *held;

	if (!half->held)
		return;
	drop_open_before(sctp, half, tsn, reason);
	held = sn_sctp_held_by_tsn(sctp, half, tsn);
	if (!held)
		return;
	if (!held->prev && !(held->chunk.flags & SN_SCTP_FIRST))
		drop_orphan(sctp, held, reason);
	else if (!held->next && held->other->ready)
		run_deliver(sctp, held->other);
}

static bool gap_seen(const struct sn_sctp_gap *gap, uint32_t tsn)
{
	uint32_t bit = tsn & (SN_SCTP_WINDOW - 1);

	return gap->seen[bit / 64] >> bit % 64 & 1;
}

static void gap_set(struct sn_sctp_gap *gap, uint32_t tsn, bool seen)
{
	uint32_t bit = tsn & (SN_SCTP_WINDOW - 1);

	if (seen)
		gap->seen[bit / 64] |= UINT64_C(1) << bit % 64;
	else
		gap->seen[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

/** The first TSN from `tsn` on that was seen, or `end`, which is within the window. */
static uint32_t gap_next_seen(const struct sn_sctp_gap *gap, uint32_t tsn, uint32_t end)
{
	while (sn_sctp_before(tsn, end)) {
		uint32_t bit = tsn & (SN_SCTP_WINDOW - 1);
		uint64_t rest = gap->seen[bit / 64] >> bit % 64;

		if (rest) {
			tsn += (uint32_t)__builtin_ctzll(rest);
			return sn_sctp_before(tsn, end) ? tsn : end;
		}
		tsn += 64 - bit % 64;
	}
	return end;
}

static void gap_close(struct sn_sctp *sctp, struct sn_sctp_half *half)
{
	free(half->gap);
	half->gap = NULL;
	sn_sctp_account(sctp, half, -(ptrdiff_t)sizeof(struct sn_sctp_gap));
}

/** Passes what was seen in one piece; the gap is closed when nothing is missing any more. */
static void settle(struct sn_sctp *sctp, struct sn_sctp_half *half, enum sn_sctp_loss reason)
{
	struct sn_sctp_gap *gap = half->gap;

	while (gap && !sn_sctp_before(gap->high, half->next_tsn) && gap_seen(gap, half->next_tsn)) {
		uint32_t tsn = half->next_tsn++;

		gap_set(gap, tsn, false);
		pass_seen(sctp, half, tsn, reason);
	}
	if (gap && sn_sctp_before(gap->high, half->next_tsn))
		gap_close(sctp, half);
}

/** Gives up every missing TSN below `end`, which is within the window; `reason` is why. */
static void give_up(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t end, enum sn_sctp_loss reason, uint64_t time_ns)
{
	enum sn_sctp_loss fragments = reason == SN_SCTP_ABANDONED ? SN_SCTP_ABANDONED : SN_SCTP_INCOMPLETE_MESSAGE;

	settle(sctp, half, fragments);
	while (sn_sctp_before(half->next_tsn, end)) {
		uint32_t seen = half->gap ? gap_next_seen(half->gap, half->next_tsn, end) : end;

		sctp->stats.losses[reason] += seen - half->next_tsn;
		drop_open_before(sctp, half, half->next_tsn, fragments);
		half->next_tsn = seen;
		half->loss = true;
		half->lost_tsn = seen - 1;
		half->lost_ns = time_ns;
		settle(sctp, half, fragments);
	}
}

/** Gives up what was missed for too long. */
static void expire_half(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	struct sn_sctp_gap *gap;

	while ((gap = half->gap) && gap->marks &&
	       (int64_t)(time_ns - gap->mark[0].time_ns) >= (int64_t)sctp->limits.gap_timeout_ns) {
		uint32_t end = gap->mark[0].tsn;

		gap->marks--;
		memmove(&gap->mark[0], &gap->mark[1], gap->marks * sizeof(gap->mark[0]));
		give_up(sctp, half, end, SN_SCTP_GAP, time_ns);
	}
}

/**
 * Dates what is missing below `tsn`. The newest mark moves on while it is less than an eighth of the timeout younger than the one
 * before, so the marks always span the timeout.
 */
static void gap_mark(struct sn_sctp_gap *gap, uint32_t tsn, uint64_t time_ns, uint64_t timeout_ns)
{
	uint32_t last = gap->marks - 1;

	if (gap->marks == SN_SCTP_MARKS ||
	    (gap->marks >= 2 && gap->mark[last].time_ns - gap->mark[last - 1].time_ns < timeout_ns / 8))
		gap->marks--;
	gap->mark[gap->marks].tsn = tsn;
	gap->mark[gap->marks++].time_ns = time_ns;
}

/** Makes one step towards holding less. @return false when there is nothing to give up. */
static bool relieve(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	if (half->gap) {
		/* The longest wait first: what stands behind the first gap can go. */
		uint32_t end = gap_next_seen(half->gap, half->next_tsn, half->gap->high);

		give_up(sctp, half, end, SN_SCTP_GAP, time_ns);
		return true;
	}
	if (sn_sctp_node_alone(&half->runs))
		return false;
	sn_sctp_drop_run(sctp, SN_CONTAINER_OF(half->runs.next, struct sn_sctp_held, age), SN_SCTP_BUFFER_FULL);
	return true;
}

/** Makes room for `need` octets within the limits. @return false when it cannot be had. */
static bool make_room(struct sn_sctp *sctp, struct sn_sctp_half *half, size_t need, uint64_t time_ns)
{
	if (need > sctp->limits.max_buffered || need > sctp->limits.max_total)
		return false;
	while (half->buffered + need > sctp->limits.max_buffered)
		if (!relieve(sctp, half, time_ns))
			return false;
	while (sctp->stats.buffered + need > sctp->limits.max_total) {
		struct sn_sctp_node *list = &sctp->holders[sn_sctp_node_alone(&sctp->holders[0])];

		if (sn_sctp_node_alone(list) || !relieve(sctp, SN_CONTAINER_OF(list->next, struct sn_sctp_half, holder), time_ns))
			return false;
	}
	return true;
}

/** Begins to keep account of what is missing. Without room for it nothing is waited for. */
static void gap_open(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, uint64_t time_ns)
{
	struct sn_sctp_gap *gap = NULL;

	if (make_room(sctp, half, sizeof(*gap), time_ns))
		gap = calloc(1, sizeof(*gap));
	if (!gap) {
		sctp->stats.losses[SN_SCTP_BUFFER_FULL]++;
		give_up(sctp, half, tsn, SN_SCTP_GAP, time_ns);
		return;
	}
	gap->high = half->next_tsn - 1;
	half->gap = gap;
	sn_sctp_account(sctp, half, sizeof(*gap));
}

/** Notes a TSN while there is a gap. @return false when it was seen before (counted). */
static bool gap_note(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	struct sn_sctp_gap *gap = half->gap;

	if (gap_seen(gap, chunk->tsn)) {
		sctp->stats.losses[SN_SCTP_DUPLICATE_TSN]++;
		return false;
	}
	gap_set(gap, chunk->tsn, true);
	if (sn_sctp_before(gap->high, chunk->tsn)) {
		gap->high = chunk->tsn;
		gap_mark(gap, chunk->tsn, chunk->time_ns, sctp->limits.gap_timeout_ns);
	}
	return true;
}

/** A complete message in one chunk. `passed`: every TSN before it is. */
static void take_single(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk, bool passed)
{
	struct sn_sctp_held *run;

	if (!passed && !(chunk->flags & SN_SCTP_UNORDERED) && !is_turn(half, chunk)) {
		bool room = make_room(sctp, half, sn_sctp_hold_cost(chunk), chunk->time_ns);

		/* Room may have been made by giving up what this message waited for. */
		if (!sn_sctp_before(chunk->tsn, half->next_tsn)) {
			if (!room) {
				sctp->stats.losses[SN_SCTP_BUFFER_FULL]++;
				return;
			}
			run = sn_sctp_hold(sctp, half, chunk);
			if (run)
				sn_sctp_make_ready(sctp, run);
			return;
		}
	}
	sn_sctp_deliver(sctp, half, chunk);
	chunk_done(sctp, half, chunk);
}

static void take_fragment(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	struct sn_sctp_held *run;

	if (chunk->cut) {
		sctp->stats.losses[SN_SCTP_INCOMPLETE_MESSAGE]++;
		return;
	}
	if (!make_room(sctp, half, sn_sctp_hold_cost(chunk), chunk->time_ns) || sn_sctp_before(chunk->tsn, half->next_tsn)) {
		sctp->stats.losses[SN_SCTP_BUFFER_FULL]++;
		return;
	}
	run = sn_sctp_hold(sctp, half, chunk);
	if (!run)
		return;
	if (run->run_len > sctp->limits.max_message) {
		sctp->stats.losses[SN_SCTP_MESSAGE_TOO_LARGE]++;
		sn_sctp_drop_run(sctp, run, SN_SCTP_INCOMPLETE_MESSAGE);
		return;
	}
	if (!sn_sctp_run_complete(run))
		return;
	if (run->chunk.flags & SN_SCTP_UNORDERED || sn_sctp_before(run->other->chunk.tsn, half->next_tsn) ||
	    is_turn(half, &run->chunk))
		run_deliver(sctp, run);
	else
		sn_sctp_make_ready(sctp, run);
}

/** A TSN that is passed: a retransmission, or older than the first chunk seen of an adopted direction. */
static void take_behind(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	uint32_t back = half->first_tsn - chunk->tsn - 1;
	bool fresh = !half->from_start && back < BEFORE_FIRST && half->next_tsn - half->first_tsn < FAR_BEHIND &&
		     !(half->before >> back & 1);

	if (!fresh) {
		sctp->stats.losses[SN_SCTP_DUPLICATE_TSN]++;
		return;
	}
	half->before |= UINT64_C(1) << back;
	if ((chunk->flags & SN_SCTP_SINGLE) == SN_SCTP_SINGLE)
		sn_sctp_deliver(sctp, half, chunk);
	else
		sctp->stats.losses[SN_SCTP_INCOMPLETE_MESSAGE]++;
}

/**
 * A TSN far outside the window: the tap was away for long, or the chunk is damaged. The second chunk of the new place decides;
 * the first one is delivered at once, since its message is whole.
 * @return true when the half stands at the new place now and `chunk` is to be taken.
 */
static bool take_far(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	uint32_t ahead = chunk->tsn - half->far_tsn, missed;

	if (half->far_valid && ahead == 0) {
		sctp->stats.losses[SN_SCTP_DUPLICATE_TSN]++;
		return false;
	}
	if (!half->far_valid || ahead >= SN_SCTP_WINDOW) {
		half->far_valid = true;
		half->far_tsn = chunk->tsn;
		if ((chunk->flags & SN_SCTP_SINGLE) == SN_SCTP_SINGLE)
			sn_sctp_deliver(sctp, half, chunk);
		else
			sctp->stats.losses[SN_SCTP_INCOMPLETE_MESSAGE]++;
		return false;
	}
	if (half->gap)
		give_up(sctp, half, half->gap->high + 1, SN_SCTP_GAP, chunk->time_ns);
	drop_open_before(sctp, half, half->next_tsn, SN_SCTP_INCOMPLETE_MESSAGE);
	missed = half->far_tsn - half->next_tsn;
	sctp->stats.losses[SN_SCTP_GAP] += missed < FAR_BEHIND ? missed : 1;
	half->next_tsn = half->far_tsn + 1;
	half->loss = true;
	half->lost_tsn = half->far_tsn - 1;
	half->lost_ns = chunk->time_ns;
	half->far_valid = half->acked_valid = false;
	return true;
}

/** Gives up what the receiver has and the tap will not see. */
static void catch_up(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	uint32_t end = half->acked + 1;

	if (!half->gap || !half->acked_valid || half->acked - half->next_tsn >= SN_SCTP_WINDOW)
		return;
	if (sn_sctp_before(half->gap->high, end))
		end = half->gap->high;
	give_up(sctp, half, end, SN_SCTP_GAP, time_ns);
}

/** Brings the window to the chunk, or the chunk to its end. @return false when there is nothing left to do with it. */
static bool place(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	int32_t ahead;

	if (!half->tsn_known) {
		half->tsn_known = true;
		half->next_tsn = half->first_tsn = chunk->tsn;
	}
	ahead = (int32_t)(chunk->tsn - half->next_tsn);
	if (ahead < 0 && ahead > -FAR_BEHIND) {
		take_behind(sctp, half, chunk);
		return false;
	}
	if (ahead < 0 || (uint32_t)ahead >= SN_SCTP_WINDOW) {
		/* What goes on from what is held moves the window, and what is missing at its end is given up. */
		if (half->gap && chunk->tsn - half->gap->high < SN_SCTP_WINDOW)
			give_up(sctp, half, chunk->tsn - SN_SCTP_WINDOW + 1, SN_SCTP_GAP, chunk->time_ns);
		else if (!take_far(sctp, half, chunk))
			return false;
	}
	return true;
}

void sn_sctp_take(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	bool next;

	expire_half(sctp, half, chunk->time_ns);
	if (!place(sctp, half, chunk))
		return;
	if (chunk->tsn != half->next_tsn && !half->gap)
		gap_open(sctp, half, chunk->tsn, chunk->time_ns);
	next = chunk->tsn == half->next_tsn;
	if (half->gap && !gap_note(sctp, half, chunk))
		return;
	if ((chunk->flags & SN_SCTP_SINGLE) == SN_SCTP_SINGLE)
		take_single(sctp, half, chunk, next);
	else
		take_fragment(sctp, half, chunk);
	if (next && chunk->tsn == half->next_tsn && !half->gap) {
		half->next_tsn++;
		pass_seen(sctp, half, chunk->tsn, SN_SCTP_INCOMPLETE_MESSAGE);
	}
	settle(sctp, half, SN_SCTP_INCOMPLETE_MESSAGE);
	catch_up(sctp, half, chunk->time_ns);
}

bool sn_sctp_plausible(const struct sn_sctp_half *half, uint32_t tsn, uint32_t slack)
{
	return half->tsn_known && tsn + 1 - half->next_tsn + slack <= 2 * slack;
}

void sn_sctp_acked(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, uint64_t time_ns)
{
	if (!half->tsn_known || tsn - half->next_tsn >= SN_SCTP_WINDOW)
		return;
	if (half->acked_valid && sn_sctp_before(tsn, half->acked))
		return;
	half->acked = tsn;
	half->acked_valid = true;
	catch_up(sctp, half, time_ns);
}

/** An entry of FORWARD TSN or I-FORWARD TSN: `mid` is the last one skipped in its stream (RFC 3758 3.2, RFC 8260 2.3.1). */
static void skip_stream(struct sn_sctp *sctp, struct sn_sctp_half *half, uint16_t stream, bool interleaved, uint32_t mid)
{
	const struct sn_sctp_stream *known = &half->streams[stream & (SN_SCTP_STREAMS - 1)];
	uint32_t mask = mid_mask(interleaved);

	/* Not backwards: the entry may be old, or of a message that came after all. */
	if (known->used && known->id == stream && ((mid + 1 - known->next) & mask) <= mask / 2)
		stream_done(sctp, half, stream, interleaved, mid);
}

void sn_sctp_forward(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t tsn, bool interleaved, struct sn_view skipped,
		     uint64_t time_ns)
{
	const uint8_t *p = skipped.data;

	if (!half->tsn_known || tsn - half->next_tsn >= SN_SCTP_WINDOW)
		return;
	give_up(sctp, half, tsn + 1, SN_SCTP_ABANDONED, time_ns);
	for (size_t left = skipped.len; !interleaved && left >= 4; left -= 4, p += 4)
		skip_stream(sctp, half, sn_be16(p), false, sn_be16(p + 2));
	for (size_t left = skipped.len; interleaved && left >= 8; left -= 8, p += 8) {
		uint16_t stream = sn_be16(p);
		bool unordered = p[3] & 1;
		struct sn_sctp_held *first = sn_sctp_held_by_place(sctp, half, stream, unordered, sn_be32(p + 4), 0);

		if (first && !first->prev)
			sn_sctp_drop_run(sctp, first, SN_SCTP_ABANDONED);
		if (!unordered)
			skip_stream(sctp, half, stream, true, sn_be32(p + 4));
	}
}

/**
 * I-DATA whose message lost its end: no TSN tells, since those of other messages stand between. It is given up when it has not
 * grown for the gap's time after something was lost.
 */
static void expire_runs(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	int64_t timeout = (int64_t)sctp->limits.gap_timeout_ns;

	if (!half->loss || (int64_t)(time_ns - half->lost_ns) < timeout)
		return;
	for (struct sn_sctp_node *node = half->runs.next, *next; node != &half->runs; node = next) {
		struct sn_sctp_held *run = SN_CONTAINER_OF(node, struct sn_sctp_held, age);

		next = node->next;
		if ((int64_t)(time_ns - run->time_ns) < timeout)
			break;
		if (run->chunk.interleaved && !run->ready && sn_sctp_before(run->other->chunk.tsn, half->lost_tsn))
			sn_sctp_drop_run(sctp, run, SN_SCTP_INCOMPLETE_MESSAGE);
	}
}

void sn_sctp_expire_gaps(struct sn_sctp *sctp, uint64_t time_ns)
{
	for (int trusted = 0; trusted < 2; trusted++) {
		struct sn_sctp_node *list = &sctp->holders[trusted];

		for (struct sn_sctp_node *node = list->next, *next; node != list; node = next) {
			struct sn_sctp_half *half = SN_CONTAINER_OF(node, struct sn_sctp_half, holder);

			next = node->next;
			expire_half(sctp, half, time_ns);
			expire_runs(sctp, half, time_ns);
		}
	}
}

void sn_sctp_half_end(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	if (half->gap)
		give_up(sctp, half, half->gap->high, SN_SCTP_GAP, time_ns);
	sn_sctp_half_discard(sctp, half);
}

void sn_sctp_half_discard(struct sn_sctp *sctp, struct sn_sctp_half *half)
{
	while (!sn_sctp_node_alone(&half->runs))
		sn_sctp_drop_run(sctp, SN_CONTAINER_OF(half->runs.next, struct sn_sctp_held, age), SN_SCTP_INCOMPLETE_MESSAGE);
	if (half->gap)
		gap_close(sctp, half);
}
