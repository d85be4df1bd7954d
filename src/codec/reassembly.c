/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Puts IP fragments together (RFC 791, RFC 8200 4.5). A packet's fragments are copied into one buffer that grows with them;
 * a bitmap says which units of eight octets, in which fragment offsets count, have come. Packets stand in a hash table and in the
 * order of their last fragment, which serves both expiry and eviction.
 */
#include "codec/packet.h"

#include <errno.h>

#include "base/macro.h"

#define NONE UINT32_MAX

enum {
	UNIT = 8,
	SIZE_MAX_OCTETS = 65535,
	UNITS_MAX = 65536 / UNIT,
	WORDS = UNITS_MAX / 64,
	ROOM_MIN = 4096,
};

/** The octets of one packet. */
struct pieces {
	uint64_t come[WORDS];
	uint32_t room; /* of data */
	uint8_t data[];
};

/** What identifies a packet: the protocol counts for IPv4 only (RFC 791 against RFC 8200 4.5). */
struct key {
	struct sn_addr src, dst;
	uint32_t id;
	uint8_t protocol;
};

struct slot {
	struct key key;
	uint64_t first_ns; /* time of the first fragment to arrive */
	struct pieces *pieces;
	bool given_up;		/* stays until its time is over, so that what comes late starts nothing; has no pieces */
	uint32_t bucket_next;	/* also chains the free slots */
	uint32_t older, newer;	/* by last fragment */
	uint32_t end;		/* highest octet that has come */
	uint32_t total;		/* known since the last fragment came; 0 before */
	uint32_t units;		/* that have come */
	struct sn_packet first; /* the fragment at offset 0: its header is the packet's */
};

struct sn_reassembly {
	struct slot *slots;
	uint32_t *buckets;
	uint32_t max, bucket_mask;
	uint32_t free_head, untouched; /* slots from `untouched` on have never been used */
	uint32_t oldest, newest;
	uint64_t timeout_ns;
	struct pieces *lent;  /* holds the packet handed out last */
	struct pieces *spare; /* one kept back: fragments mostly come packet after packet */
	struct sn_reassembly_stats stats;
};

/* ---- pieces ---- */

static void pieces_release(struct sn_reassembly *r, struct pieces *pieces)
{
	if (r->spare)
		free(pieces);
	else
		r->spare = pieces;
}

/** Makes room for `size` octets. @return 0 or -ENOMEM; *pieces may be NULL before and is as it was on failure. */
static int pieces_grow(struct sn_reassembly *r, struct pieces **pieces, uint32_t size)
{
	uint32_t room = *pieces ? (*pieces)->room : ROOM_MIN;
	struct pieces *grown;

	if (!*pieces && r->spare && r->spare->room >= size) {
		*pieces = SN_TAKE_PTR(r->spare);
		memset((*pieces)->come, 0, sizeof((*pieces)->come));
		return 0;
	}
	if (*pieces && size <= room)
		return 0;
	while (room < size)
		room *= 2;
	grown = realloc(*pieces, sizeof(**pieces) + room);
	if (!grown)
		return -ENOMEM;
	if (!*pieces)
		memset(grown->come, 0, sizeof(grown->come));
	grown->room = room;
	*pieces = grown;
	return 0;
}

/** Bits `from` … `to`-1 of word `word`, both counted over the whole bitmap. */
static uint64_t word_mask(uint32_t word, uint32_t from, uint32_t to)
{
	uint32_t base = word * 64;
	uint64_t mask = UINT64_MAX;

	if (from > base)
		mask &= UINT64_MAX << (from - base);
	if (to < base + 64)
		mask &= UINT64_MAX >> (base + 64 - to);
	return mask;
}

static uint32_t pieces_count(const struct pieces *pieces, uint32_t from, uint32_t to)
{
	uint32_t count = 0;

	for (uint32_t word = from / 64; word <= (to - 1) / 64; word++)
		count += (uint32_t)__builtin_popcountll(pieces->come[word] & word_mask(word, from, to));
	return count;
}

static void pieces_mark(struct pieces *pieces, uint32_t from, uint32_t to)
{
	for (uint32_t word = from / 64; word <= (to - 1) / 64; word++)
		pieces->come[word] |= word_mask(word, from, to);
}

/** Whether every unit of `from` … `to`-1 that has come holds what `data` has there; `data` ends within the last unit. */
static bool pieces_agree(const struct pieces *pieces, uint32_t from, uint32_t to, struct sn_view data)
{
	for (uint32_t unit = from; unit < to; unit++) {
		size_t at = (size_t)(unit - from) * UNIT;

		if (pieces->come[unit / 64] >> unit % 64 & 1 &&
		    memcmp(pieces->data + (size_t)unit * UNIT, data.data + at, SN_MIN((size_t)UNIT, data.len - at)))
			return false;
	}
	return true;
}

/* ---- slots ---- */

/** Mixes the object's address in, which another host cannot know: it could otherwise send all its packets to one bucket. */
static uint32_t key_bucket(const struct sn_reassembly *r, const struct key *key)
{
	uint64_t words[4], hash = (uint64_t)(uintptr_t)r ^ key->id ^ (uint64_t)key->protocol << 32;

	memcpy(words, key->src.octets, 16);
	memcpy(words + 2, key->dst.octets, 16);
	for (int n = 0; n < 4; n++) {
		hash = (hash ^ words[n]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash >> 32) & r->bucket_mask;
}

static bool key_equal(const struct key *a, const struct key *b)
{
	return a->id == b->id && a->protocol == b->protocol && sn_addr_equal(&a->src, &b->src) && sn_addr_equal(&a->dst, &b->dst);
}

static void slot_unlink_age(struct sn_reassembly *r, struct slot *slot)
{
	if (slot->older != NONE)
		r->slots[slot->older].newer = slot->newer;
	else
		r->oldest = slot->newer;
	if (slot->newer != NONE)
		r->slots[slot->newer].older = slot->older;
	else
		r->newest = slot->older;
}

static void slot_link_newest(struct sn_reassembly *r, struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - r->slots);

	slot->older = r->newest;
	slot->newer = NONE;
	if (r->newest != NONE)
		r->slots[r->newest].newer = index;
	else
		r->oldest = index;
	r->newest = index;
}

/** Takes a slot out of the table; its octets, if any, are released. */
static void slot_remove(struct sn_reassembly *r, struct slot *slot)
{
	uint32_t *link = &r->buckets[key_bucket(r, &slot->key)];

	while (*link != (uint32_t)(slot - r->slots))
		link = &r->slots[*link].bucket_next;
	*link = slot->bucket_next;
	slot_unlink_age(r, slot);
	slot->bucket_next = r->free_head;
	r->free_head = (uint32_t)(slot - r->slots);
	if (slot->pieces)
		pieces_release(r, SN_TAKE_PTR(slot->pieces));
}

/** Removes a slot whose packet will not be whole, counting it unless that was done when it was given up. */
static void slot_abandon(struct sn_reassembly *r, struct slot *slot, uint64_t *counter)
{
	if (!slot->given_up)
		(*counter)++;
	slot_remove(r, slot);
}

/** Gives a packet up, with all of it that is still to come (RFC 5722). */
static int slot_give_up(struct sn_reassembly *r, struct slot *slot, uint64_t *counter)
{
	(*counter)++;
	slot->given_up = true;
	if (slot->pieces)
		pieces_release(r, SN_TAKE_PTR(slot->pieces));
	return -EBADMSG;
}

/** Recordings are not always in the order of time: what is younger than now has no age. */
static bool slot_is_old(const struct sn_reassembly *r, const struct slot *slot, uint64_t now_ns)
{
	return now_ns > slot->first_ns && now_ns - slot->first_ns > r->timeout_ns;
}

static struct slot *slot_find(struct sn_reassembly *r, const struct key *key)
{
	uint32_t index = r->buckets[key_bucket(r, key)];

	while (index != NONE && !key_equal(&r->slots[index].key, key))
		index = r->slots[index].bucket_next;
	return index == NONE ? NULL : &r->slots[index];
}

static struct slot *slot_new(struct sn_reassembly *r, const struct key *key, uint64_t time_ns)
{
	uint32_t *bucket = &r->buckets[key_bucket(r, key)];
	struct slot *slot;

	if (r->free_head == NONE && r->untouched == r->max)
		slot_abandon(r, &r->slots[r->oldest], &r->stats.evicted);
	if (r->free_head != NONE) {
		slot = &r->slots[r->free_head];
		r->free_head = slot->bucket_next;
	} else {
		slot = &r->slots[r->untouched++];
	}
	*slot = (struct slot) { .key = *key, .first_ns = time_ns, .bucket_next = *bucket };
	*bucket = (uint32_t)(slot - r->slots);
	slot_link_newest(r, slot);
	return slot;
}

/* ---- the object ---- */

int sn_reassembly_new(uint32_t max_packets, uint64_t timeout_ns, struct sn_reassembly **ret_reassembly)
{
	struct sn_reassembly *r = calloc(1, sizeof(*r));
	uint32_t buckets = 1;

	if (!r)
		return -ENOMEM;
	r->max = SN_MIN(SN_MAX(max_packets, 1u), 1u << 24);
	while (buckets < r->max)
		buckets *= 2;
	r->bucket_mask = buckets - 1;
	r->timeout_ns = timeout_ns;
	r->free_head = r->oldest = r->newest = NONE;
	r->slots = calloc(r->max, sizeof(*r->slots));
	r->buckets = malloc(buckets * sizeof(*r->buckets));
	if (!r->slots || !r->buckets) {
		sn_reassembly_free(r);
		return -ENOMEM;
	}
	memset(r->buckets, 0xff, buckets * sizeof(*r->buckets)); /* NONE */
	*ret_reassembly = r;
	return 0;
}

struct sn_reassembly *sn_reassembly_free(struct sn_reassembly *reassembly)
{
	if (!reassembly)
		return NULL;
	for (uint32_t n = 0; n < reassembly->untouched; n++)
		free(reassembly->slots[n].pieces);
	free(reassembly->slots);
	free(reassembly->buckets);
	free(reassembly->lent);
	free(reassembly->spare);
	free(reassembly);
	return NULL;
}

void sn_reassembly_expire(struct sn_reassembly *reassembly, uint64_t now_ns)
{
	bool all = now_ns == UINT64_MAX;

	while (reassembly->oldest != NONE) {
		struct slot *slot = &reassembly->slots[reassembly->oldest];

		if (!all && !slot_is_old(reassembly, slot, now_ns))
			break;
		slot_abandon(reassembly, slot, &reassembly->stats.expired);
	}
}

/** The packet that a fragment belongs to, begun if need be. */
static struct slot *slot_of(struct sn_reassembly *r, const struct sn_packet *fragment, uint64_t time_ns)
{
	struct key key = {
		.src = fragment->src,
		.dst = fragment->dst,
		.id = fragment->fragment_id,
		.protocol = fragment->src.family == 4 ? fragment->protocol : 0,
	};
	struct slot *slot = slot_find(r, &key);

	if (slot && slot_is_old(r, slot, time_ns)) {
		slot_abandon(r, slot, &r->stats.expired);
		slot = NULL;
	}
	return slot ? slot : slot_new(r, &key, time_ns);
}

/** Copies a fragment to its place. @return 0; negative: the packet was given up. */
static int slot_add(struct sn_reassembly *r, struct slot *slot, const struct sn_packet *fragment)
{
	uint32_t from = fragment->fragment_offset / UNIT, end = fragment->fragment_offset + fragment->payload_len;
	uint32_t to = (end + UNIT - 1) / UNIT, come;
	bool last = !fragment->more_fragments;

	/* The fragments do not agree on where the packet ends. */
	if ((slot->total && (end > slot->total || (last && end != slot->total))) || (last && slot->end > end))
		return slot_give_up(r, slot, &r->stats.overlapping);
	if (pieces_grow(r, &slot->pieces, to * UNIT)) {
		slot_abandon(r, slot, &r->stats.evicted);
		return -ENOMEM;
	}
	come = pieces_count(slot->pieces, from, to);
	/*
	 * IPv6 suffers no overlap; one that repeats what has come is a duplicate (RFC 8200, 4.5), which a mirror port makes of
	 * every packet. IPv4 allows it, and what is sent again by another way may be cut elsewhere, but must be the same.
	 */
	if (come && ((fragment->src.family == 6 && come < to - from) || !pieces_agree(slot->pieces, from, to, fragment->payload)))
		return slot_give_up(r, slot, &r->stats.overlapping);
	memcpy(slot->pieces->data + fragment->fragment_offset, fragment->payload.data, fragment->payload.len);
	pieces_mark(slot->pieces, from, to);
	slot->units += to - from - come;
	slot->end = SN_MAX(slot->end, end);
	if (last)
		slot->total = end;
	if (!fragment->fragment_offset)
		slot->first = *fragment;
	return 0;
}

/** Hands the whole packet out and frees its slot. @return 1; -EBADMSG: no sense in what the fragments make up together. */
static int slot_finish(struct sn_reassembly *r, struct slot *slot, struct sn_packet *ret_packet)
{
	struct sn_packet packet = slot->first;

	packet.fragment = packet.more_fragments = false;
	packet.payload_len = slot->total;
	packet.payload = (struct sn_view) { slot->pieces->data, slot->total };
	r->lent = SN_TAKE_PTR(slot->pieces);
	slot_remove(r, slot);
	/* A fragment header within would make it a piece again, which no node sends. */
	if (sn_packet_skip_extensions(&packet) || packet.fragment) {
		r->stats.refused++;
		return -EBADMSG;
	}
	r->stats.reassembled++;
	*ret_packet = packet;
	return 1;
}

/** Cut by the capture it is of no use; and only the last one may end within a unit (RFC 8200, 4.5). */
static bool fragment_is_sound(const struct sn_packet *fragment)
{
	return fragment->payload_len && fragment->payload.len == fragment->payload_len &&
	       !(fragment->more_fragments && fragment->payload_len % UNIT);
}

int sn_reassembly_add(struct sn_reassembly *reassembly, const struct sn_packet *fragment, uint64_t time_ns,
		      struct sn_packet *ret_packet)
{
	struct slot *slot;
	int r;

	if (reassembly->lent)
		pieces_release(reassembly, SN_TAKE_PTR(reassembly->lent));
	time_ns = SN_MIN(time_ns, UINT64_MAX - 1); /* the last value means something else to expire */
	sn_reassembly_expire(reassembly, time_ns);
	reassembly->stats.fragments++;
	if (!fragment_is_sound(fragment)) {
		reassembly->stats.refused++;
		return -EBADMSG;
	}
	slot = slot_of(reassembly, fragment, time_ns);
	if (slot->given_up) {
		reassembly->stats.refused++;
		return -EBADMSG;
	}
	if (fragment->fragment_offset + fragment->payload_len > SIZE_MAX_OCTETS)
		return slot_give_up(reassembly, slot, &reassembly->stats.too_large);
	r = slot_add(reassembly, slot, fragment);
	if (r)
		return r;
	if (!slot->total || slot->units < (slot->total + UNIT - 1) / UNIT) {
		slot_unlink_age(reassembly, slot);
		slot_link_newest(reassembly, slot);
		return 0;
	}
	return slot_finish(reassembly, slot, ret_packet);
}

const struct sn_reassembly_stats *sn_reassembly_stats(const struct sn_reassembly *reassembly)
{
	return &reassembly->stats;
}
