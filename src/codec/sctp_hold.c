/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Chunks that must wait: fragments of messages that are not complete, and messages whose turn has not come.
 *
 * Neighbours are found by an index, never by a walk, so that what a chunk costs does not depend on how many are held. DATA has
 * its neighbours at TSN - 1 and TSN + 1 (RFC 9260 6.9), I-DATA at FSN - 1 and FSN + 1 of the same message (RFC 8260 2.2.3).
 */
#include "codec/sctp_internal.h"

#include <errno.h>

#define FIRST_BUCKETS 64u
#define MAX_BUCKETS   65536u

/** Kinds of keys, above stream and U flag in sn_sctp_key.place. */
enum place {
	BY_TSN = 0u << 17,
	BY_FSN = 1u << 17,
	BY_TURN = 2u << 17,
	BY_TURN_INTERLEAVED = 3u << 17,
	PLACE_UNORDERED = 1u << 16,
};

int sn_sctp_hold_init(struct sn_sctp *sctp)
{
	sn_sctp_node_init(&sctp->holders[0]);
	sn_sctp_node_init(&sctp->holders[1]);
	sctp->buckets = calloc(FIRST_BUCKETS, sizeof(struct sn_sctp_link *));
	sctp->bucket_mask = FIRST_BUCKETS - 1;
	return sctp->buckets ? 0 : -ENOMEM;
}

void sn_sctp_hold_free(struct sn_sctp *sctp)
{
	free(sctp->buckets);
	sctp->buckets = NULL;
}

static uint32_t bucket_of(const struct sn_sctp *sctp, const struct sn_sctp_key *key)
{
	uint64_t h = ((uint64_t)(uintptr_t)key->half ^ (uint64_t)key->place << 40) * sctp->secret[0];

	h = (h ^ h >> 29 ^ ((uint64_t)key->mid << 32 | key->number)) * sctp->secret[1];
	return (uint32_t)(h >> 32) & sctp->bucket_mask;
}

static bool key_equal(const struct sn_sctp_key *a, const struct sn_sctp_key *b)
{
	return a->half == b->half && a->place == b->place && a->mid == b->mid && a->number == b->number;
}

/** Doubles the index; without memory it stays as it is, only slower. */
static void index_grow(struct sn_sctp *sctp)
{
	uint32_t old = sctp->bucket_mask + 1;
	struct sn_sctp_link **before = sctp->buckets;
	struct sn_sctp_link **buckets = calloc((size_t)old * 2, sizeof(struct sn_sctp_link *));

	if (!buckets)
		return;
	sctp->buckets = buckets;
	sctp->bucket_mask = old * 2 - 1;
	for (uint32_t i = 0; i < old; i++) {
		while (before[i]) {
			struct sn_sctp_link *link = before[i];
			struct sn_sctp_link **bucket = &buckets[bucket_of(sctp, &link->key)];

			before[i] = link->next;
			link->next = *bucket;
			*bucket = link;
		}
	}
	free(before);
}

static void index_add(struct sn_sctp *sctp, struct sn_sctp_link *link, struct sn_sctp_key key)
{
	struct sn_sctp_link **bucket;

	if (sctp->links > sctp->bucket_mask && sctp->bucket_mask < MAX_BUCKETS - 1)
		index_grow(sctp);
	link->key = key;
	bucket = &sctp->buckets[bucket_of(sctp, &key)];
	link->next = *bucket;
	*bucket = link;
	sctp->links++;
}

/** Takes no offence at a link that was never added. */
static void index_remove(struct sn_sctp *sctp, struct sn_sctp_link *link)
{
	struct sn_sctp_link **at = &sctp->buckets[bucket_of(sctp, &link->key)];

	if (!link->key.half)
		return;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	link->key.half = NULL;
	sctp->links--;
}

static struct sn_sctp_link *index_find(const struct sn_sctp *sctp, struct sn_sctp_key key)
{
	struct sn_sctp_link *link = sctp->buckets[bucket_of(sctp, &key)];

	while (link && !key_equal(&link->key, &key))
		link = link->next;
	return link;
}

static struct sn_sctp_key key_of_tsn(const struct sn_sctp_half *half, uint32_t tsn)
{
	return (struct sn_sctp_key) { .half = half, .place = BY_TSN, .number = tsn };
}

static struct sn_sctp_key key_of_fsn(const struct sn_sctp_half *half, uint16_t stream, bool unordered, uint32_t mid, uint32_t fsn)
{
	return (struct sn_sctp_key) {
		.half = half, .place = BY_FSN | (unordered ? PLACE_UNORDERED : 0) | stream, .mid = mid, .number = fsn
	};
}

static struct sn_sctp_key key_of_turn(const struct sn_sctp_half *half, uint16_t stream, bool interleaved, uint32_t mid)
{
	return (struct sn_sctp_key) { .half = half, .place = (interleaved ? BY_TURN_INTERLEAVED : BY_TURN) | stream, .mid = mid };
}

struct sn_sctp_held *sn_sctp_held_by_tsn(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint32_t tsn)
{
	struct sn_sctp_link *link = index_find(sctp, key_of_tsn(half, tsn));

	return link ? SN_CONTAINER_OF(link, struct sn_sctp_held, by_tsn) : NULL;
}

struct sn_sctp_held *sn_sctp_held_by_place(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint16_t stream,
					   bool unordered, uint32_t mid, uint32_t fsn)
{
	struct sn_sctp_link *link = index_find(sctp, key_of_fsn(half, stream, unordered, mid, fsn));

	return link ? SN_CONTAINER_OF(link, struct sn_sctp_held, by_place) : NULL;
}

struct sn_sctp_held *sn_sctp_held_by_turn(const struct sn_sctp *sctp, const struct sn_sctp_half *half, uint16_t stream,
					  bool interleaved, uint32_t mid)
{
	struct sn_sctp_link *link = index_find(sctp, key_of_turn(half, stream, interleaved, mid));

	return link ? SN_CONTAINER_OF(link, struct sn_sctp_held, by_place) : NULL;
}

void sn_sctp_account(struct sn_sctp *sctp, struct sn_sctp_half *half, ptrdiff_t octets)
{
	bool held = half->buffered != 0;

	half->buffered += (size_t)octets;
	sctp->stats.buffered += (uint64_t)octets;
	if (held == (half->buffered != 0))
		return;
	if (held)
		sn_sctp_node_remove(&half->holder);
	else
		sn_sctp_node_append(&sctp->holders[half->assoc->class == SN_SCTP_TRUSTED], &half->holder);
}

size_t sn_sctp_hold_cost(const struct sn_sctp_chunk *chunk)
{
	return sizeof(struct sn_sctp_held) + chunk->data.len;
}

static void held_free(struct sn_sctp *sctp, struct sn_sctp_held *held)
{
	index_remove(sctp, &held->by_tsn);
	index_remove(sctp, &held->by_place);
	held->half->held--;
	sn_sctp_account(sctp, held->half, -(ptrdiff_t)sn_sctp_hold_cost(&held->chunk));
	free(held);
}

static void run_free(struct sn_sctp *sctp, struct sn_sctp_held *run)
{
	sn_sctp_node_remove(&run->age);
	while (run) {
		struct sn_sctp_held *next = run->next;

		held_free(sctp, run);
		run = next;
	}
}

/** Whether `b` may follow `a` in one message: their numbers are known to be neighbours. */
static bool joins(const struct sn_sctp_chunk *a, const struct sn_sctp_chunk *b)
{
	if (a->flags & SN_SCTP_LAST || b->flags & SN_SCTP_FIRST || a->interleaved != b->interleaved)
		return false;
	if (a->interleaved)
		return true; /* stream, U and MID are part of the key */
	/* The SSN of an unordered message means nothing (RFC 9260 3.3.1). */
	return a->stream == b->stream && (a->flags & SN_SCTP_UNORDERED) == (b->flags & SN_SCTP_UNORDERED) &&
	       (a->flags & SN_SCTP_UNORDERED || a->mid == b->mid);
}

static struct sn_sctp_held *neighbour(const struct sn_sctp *sctp, const struct sn_sctp_held *held, uint32_t step)
{
	const struct sn_sctp_chunk *chunk = &held->chunk;

	if (!chunk->interleaved)
		return sn_sctp_held_by_tsn(sctp, held->half, chunk->tsn + step);
	return sn_sctp_held_by_place(sctp, held->half, chunk->stream, chunk->flags & SN_SCTP_UNORDERED, chunk->mid,
				     chunk->fsn + step);
}

/** Appends run `b` to run `a`. */
static struct sn_sctp_held *run_join(struct sn_sctp_held *a, struct sn_sctp_held *b)
{
	struct sn_sctp_held *last = b->other;

	a->other->next = b;
	b->prev = a->other;
	a->other = last;
	last->other = a;
	a->run_len += b->run_len;
	a->time_ns = SN_MAX(a->time_ns, b->time_ns);
	sn_sctp_node_remove(&b->age);
	sn_sctp_node_remove(&a->age);
	sn_sctp_node_append(&a->half->runs, &a->age);
	return a;
}

static struct sn_sctp_held *held_new(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	struct sn_sctp_held *held = malloc(sn_sctp_hold_cost(chunk));

	if (!held)
		return NULL;
	*held = (struct sn_sctp_held) {
		.half = half,
		.other = held,
		.time_ns = chunk->time_ns,
		.run_len = chunk->data.len,
		.chunk = *chunk,
	};
	held->chunk.data.data = (const uint8_t *)(held + 1);
	memcpy(held + 1, chunk->data.data, chunk->data.len);
	index_add(sctp, &held->by_tsn, key_of_tsn(half, chunk->tsn));
	if (chunk->interleaved)
		index_add(sctp, &held->by_place,
			  key_of_fsn(half, chunk->stream, chunk->flags & SN_SCTP_UNORDERED, chunk->mid, chunk->fsn));
	sn_sctp_node_append(&half->runs, &held->age);
	half->held++;
	sn_sctp_account(sctp, half, (ptrdiff_t)sn_sctp_hold_cost(chunk));
	return held;
}

struct sn_sctp_held *sn_sctp_hold(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_chunk *chunk)
{
	bool contradicts = chunk->interleaved && sn_sctp_held_by_place(sctp, half, chunk->stream,
								       chunk->flags & SN_SCTP_UNORDERED, chunk->mid, chunk->fsn);
	struct sn_sctp_held *held = contradicts ? NULL : held_new(sctp, half, chunk);
	struct sn_sctp_held *side, *run = held;

	if (!held) {
		sctp->stats.losses[contradicts ? SN_SCTP_INCOMPLETE_MESSAGE : SN_SCTP_BUFFER_FULL]++;
		return NULL;
	}
	side = neighbour(sctp, held, (uint32_t)-1);
	if (side && !side->next && joins(&side->chunk, chunk))
		run = run_join(side->other, held);
	side = neighbour(sctp, held, 1);
	if (side && !side->prev && joins(chunk, &side->chunk))
		run = run_join(run, side);
	return run;
}

void sn_sctp_make_ready(struct sn_sctp *sctp, struct sn_sctp_held *run)
{
	run->ready = true;
	index_remove(sctp, &run->by_place);
	index_add(sctp, &run->by_place, key_of_turn(run->half, run->chunk.stream, run->chunk.interleaved, run->chunk.mid));
}

void sn_sctp_drop_run(struct sn_sctp *sctp, struct sn_sctp_held *run, enum sn_sctp_loss reason)
{
	for (const struct sn_sctp_held *held = run; held; held = held->next)
		sctp->stats.losses[reason]++;
	run_free(sctp, run);
}

void sn_sctp_deliver_run(struct sn_sctp *sctp, struct sn_sctp_held *run)
{
	struct sn_sctp_half *half = run->half;
	struct sn_sctp_chunk message = run->chunk;
	SN_AUTO_FREE uint8_t *whole = NULL;
	size_t len = 0;

	if (run->next) {
		whole = malloc(run->run_len);
		if (!whole) {
			sn_sctp_drop_run(sctp, run, SN_SCTP_INCOMPLETE_MESSAGE);
			return;
		}
		for (const struct sn_sctp_held *held = run; held; held = held->next) {
			memcpy(whole + len, held->chunk.data.data, held->chunk.data.len);
			len += held->chunk.data.len;
		}
		message.data = (struct sn_view) { whole, len };
	}
	message.time_ns = run->time_ns;
	sn_sctp_deliver(sctp, half, &message);
	run_free(sctp, run);
}
