/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Which association a packet belongs to.
 *
 * The table is keyed by verification tag and ports; addresses are looked at only where no tag helps: to match the two directions
 * of an association that was adopted, and to see that an INIT is a restart. The table is a resource that strangers can fill,
 * since who sends packets with random tags gets them adopted. So an association is a *candidate* until it is *trusted*, which
 * takes knowledge of what only the two peers can know: the tag that the responder chose, or the TSNs of the other direction.
 * Candidates make room for one another and never displace a trusted association that is alive.
 */
#include "codec/sctp_internal.h"

#include <errno.h>

/** A trusted association silent for so long may make room for a stranger: RFC 9260 15 has heartbeats every 30 s and a jitter. */
#define QUIET_NS UINT64_C(75000000000)
/** Associations between the same pair of addresses and ports; there should be one, and those it restarted unseen. */
#define MAX_PER_PAIR 8
/** Packets of one tag after which a direction without an answer (a tap that sees only one) is trusted. */
#define TRUSTED_PACKETS 16
/** Candidates tried when an acknowledgement came by addresses that no candidate has, and how near its TSN must be. */
#define STRAYS	    32
#define STRAY_SLACK 64

int sn_sctp_table_init(struct sn_sctp *sctp)
{
	uint32_t size = 16;

	while (size < sctp->limits.max_associations * 4)
		size *= 2;
	for (int i = 0; i < _SN_SCTP_CLASS_MAX; i++)
		sn_sctp_node_init(&sctp->lru[i]);
	sctp->slot_mask = size - 1;
	sctp->slot_shift = 64 - (unsigned)__builtin_ctz(size);
	sctp->pair_mask = size / 4 - 1;
	sctp->slots = calloc(size, sizeof(*sctp->slots));
	sctp->pairs = calloc(size / 4, sizeof(struct sn_sctp_assoc *));
	return sctp->slots && sctp->pairs ? 0 : -ENOMEM;
}

static uint64_t half_key(const struct sn_sctp_half *half)
{
	const struct sn_sctp_endpoint *endpoints = half->assoc->endpoints;

	return sn_sctp_tag_key(half->vtag, endpoints[half->from].port, endpoints[!half->from].port);
}

static uint32_t slot_of(const struct sn_sctp *sctp, uint64_t key)
{
	return (uint32_t)((key * sctp->secret[0]) >> sctp->slot_shift);
}

/** Gives a half its tag. The key is not in the table. */
static void tag_set(struct sn_sctp *sctp, struct sn_sctp_half *half, uint32_t vtag)
{
	uint64_t key;
	uint32_t i;

	half->vtag = half->assoc->endpoints[!half->from].tag = vtag;
	key = half_key(half);
	for (i = slot_of(sctp, key); sctp->slots[i].key; i = (i + 1) & sctp->slot_mask)
		;
	sctp->slots[i] = (struct sn_sctp_slot) { key, half };
}

static void tag_clear(struct sn_sctp *sctp, struct sn_sctp_half *half)
{
	uint32_t mask = sctp->slot_mask, hole;
	uint64_t key = half_key(half);

	if (!half->vtag)
		return;
	half->vtag = half->assoc->endpoints[!half->from].tag = 0;
	for (hole = slot_of(sctp, key); sctp->slots[hole].key != key; hole = (hole + 1) & mask)
		;
	/* Moves up what would not be found any more: no tombstones, so a flood leaves nothing behind. */
	for (uint32_t i = (hole + 1) & mask; sctp->slots[i].key; i = (i + 1) & mask) {
		uint32_t home = slot_of(sctp, sctp->slots[i].key);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		sctp->slots[hole] = sctp->slots[i];
		hole = i;
	}
	sctp->slots[hole] = (struct sn_sctp_slot) { 0 };
}

static bool endpoint_is(const struct sn_sctp_endpoint *endpoint, const struct sn_addr *addr, uint16_t port)
{
	return endpoint->port == port && endpoint->addr.family == addr->family &&
	       memcmp(endpoint->addr.octets, addr->octets, sizeof(addr->octets)) == 0;
}

static uint64_t endpoint_hash(const struct sn_sctp *sctp, const struct sn_addr *addr, uint16_t port)
{
	uint64_t words[2], h;

	memcpy(words, addr->octets, sizeof(words));
	h = (words[0] ^ port) * sctp->secret[0];
	h = (h ^ h >> 32 ^ words[1]) * sctp->secret[1];
	return h ^ h >> 32;
}

/** The same for both directions. */
static uint32_t pair_hash(const struct sn_sctp *sctp, const struct sn_sctp_hint *hint)
{
	uint64_t h = endpoint_hash(sctp, &hint->ip->src, hint->sport) + endpoint_hash(sctp, &hint->ip->dst, hint->dport);

	return (uint32_t)((h * sctp->secret[1]) >> 32);
}

/** Whether a packet is between the peers of an association, from endpoint *ret_from. */
static bool same_peers(const struct sn_sctp_assoc *assoc, const struct sn_sctp_hint *hint, uint8_t *ret_from)
{
	for (uint8_t from = 0; from < 2; from++) {
		if (!endpoint_is(&assoc->endpoints[from], &hint->ip->src, hint->sport) ||
		    !endpoint_is(&assoc->endpoints[!from], &hint->ip->dst, hint->dport))
			continue;
		*ret_from = from;
		return true;
	}
	return false;
}

static void announce(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc, enum sn_sctp_event_kind kind, uint64_t time_ns)
{
	if (sctp->sink.event)
		sctp->sink.event(sctp->sink.ctx, assoc->id, kind, assoc->endpoints, time_ns);
}

static void set_class(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc, enum sn_sctp_class to)
{
	assoc->class = (uint8_t)to;
	sn_sctp_touch(sctp, assoc);
}

/** Removes an association from every index. */
static void assoc_free(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc)
{
	struct sn_sctp_assoc **at = &sctp->pairs[assoc->pair_hash & sctp->pair_mask];

	for (int i = 0; i < 2; i++) {
		sn_sctp_half_discard(sctp, &assoc->half[i]);
		tag_clear(sctp, &assoc->half[i]);
	}
	while (*at != assoc)
		at = &(*at)->pair_next;
	*at = assoc->pair_next;
	sn_sctp_node_remove(&assoc->lru);
	if (assoc->class != SN_SCTP_CLOSED)
		sctp->stats.associations--;
	sctp->entries--;
	free(assoc);
}

void sn_sctp_table_free(struct sn_sctp *sctp)
{
	for (int i = 0; i < _SN_SCTP_CLASS_MAX && sctp->pairs && sctp->slots; i++)
		while (!sn_sctp_node_alone(&sctp->lru[i]))
			assoc_free(sctp, SN_CONTAINER_OF(sctp->lru[i].next, struct sn_sctp_assoc, lru));
	free(sctp->slots);
	free(sctp->pairs);
}

void sn_sctp_close(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc, enum sn_sctp_event_kind kind, uint64_t time_ns)
{
	sn_sctp_half_end(sctp, &assoc->half[0], time_ns);
	sn_sctp_half_end(sctp, &assoc->half[1], time_ns);
	if (assoc->announced)
		announce(sctp, assoc, kind, time_ns);
	set_class(sctp, assoc, SN_SCTP_CLOSED);
	sctp->stats.associations--;
}

static void forget(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc, uint64_t time_ns)
{
	if (assoc->class != SN_SCTP_CLOSED)
		sn_sctp_close(sctp, assoc, SN_SCTP_ASSOCIATION_IDLE, time_ns);
	assoc_free(sctp, assoc);
}

/** Makes room by an association that matters least. @return false when it matters more than the newcomer. */
static bool evict(struct sn_sctp *sctp, struct sn_sctp_assoc *victim, bool adopting, uint64_t time_ns)
{
	if (adopting && victim->class == SN_SCTP_TRUSTED && (int64_t)(time_ns - victim->last_ns) < (int64_t)QUIET_NS)
		return false;
	if (victim->class != SN_SCTP_CLOSED)
		sctp->stats.losses[SN_SCTP_ASSOCIATION_EVICTED]++;
	forget(sctp, victim, time_ns);
	return true;
}

/** Keeps the number of associations between one pair small, so that looking through them is cheap. */
static bool pair_make_room(struct sn_sctp *sctp, const struct sn_sctp_hint *hint, uint32_t hash, bool adopting)
{
	struct sn_sctp_assoc *victim = NULL;
	unsigned count = 0;
	uint8_t from;

	for (struct sn_sctp_assoc *assoc = sctp->pairs[hash & sctp->pair_mask]; assoc; assoc = assoc->pair_next) {
		if (!same_peers(assoc, hint, &from))
			continue;
		count++;
		if (!victim || assoc->class < victim->class ||
		    (assoc->class == victim->class && assoc->last_ns < victim->last_ns))
			victim = assoc;
	}
	return count < MAX_PER_PAIR || evict(sctp, victim, adopting, hint->time_ns);
}

static bool table_make_room(struct sn_sctp *sctp, bool adopting, uint64_t time_ns)
{
	if (sctp->entries < sctp->limits.max_associations)
		return true;
	for (int i = 0; i < _SN_SCTP_CLASS_MAX; i++)
		if (!sn_sctp_node_alone(&sctp->lru[i]))
			return evict(sctp, SN_CONTAINER_OF(sctp->lru[i].next, struct sn_sctp_assoc, lru), adopting, time_ns);
	return false;
}

/** A new candidate; the sender of the packet is its endpoint `sender`. */
static struct sn_sctp_assoc *assoc_new(struct sn_sctp *sctp, const struct sn_sctp_hint *hint, int sender, bool adopting)
{
	uint32_t hash = pair_hash(sctp, hint);
	struct sn_sctp_assoc **chain = &sctp->pairs[hash & sctp->pair_mask];
	struct sn_sctp_assoc *assoc;

	if (!pair_make_room(sctp, hint, hash, adopting) || !table_make_room(sctp, adopting, hint->time_ns))
		return NULL;
	assoc = calloc(1, sizeof(*assoc));
	if (!assoc)
		return NULL;
	assoc->id = ++sctp->next_id;
	assoc->last_ns = hint->time_ns;
	assoc->endpoints[sender] = (struct sn_sctp_endpoint) { .addr = hint->ip->src, .port = hint->sport };
	assoc->endpoints[!sender] = (struct sn_sctp_endpoint) { .addr = hint->ip->dst, .port = hint->dport };
	assoc->pair_hash = hash;
	assoc->pair_next = *chain;
	*chain = assoc;
	sn_sctp_half_init(&assoc->half[0], assoc, 0);
	sn_sctp_half_init(&assoc->half[1], assoc, 1);
	sn_sctp_node_init(&assoc->lru);
	set_class(sctp, assoc, SN_SCTP_CANDIDATE);
	sctp->entries++;
	sctp->stats.associations++;
	return assoc;
}

void sn_sctp_touch(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc)
{
	assoc->queued_ns = assoc->last_ns;
	sn_sctp_node_remove(&assoc->lru);
	sn_sctp_node_append(&sctp->lru[assoc->class], &assoc->lru);
}

void sn_sctp_trust(struct sn_sctp *sctp, struct sn_sctp_assoc *assoc)
{
	set_class(sctp, assoc, SN_SCTP_TRUSTED);
	for (int i = 0; i < 2; i++) {
		struct sn_sctp_half *half = &assoc->half[i];

		sn_sctp_node_remove(&half->holder);
		if (half->buffered)
			sn_sctp_node_append(&sctp->holders[1], &half->holder);
	}
}

void sn_sctp_weigh(struct sn_sctp *sctp, struct sn_sctp_half *half)
{
	if (half->tag_of_ack || ++half->assoc->packets >= TRUSTED_PACKETS)
		sn_sctp_trust(sctp, half->assoc);
}

static void begin_at(struct sn_sctp_half *half, uint32_t tsn)
{
	half->next_tsn = tsn;
	half->tsn_known = half->from_start = true;
}

/** Frees a tag for the handshake of `claimant` (or a new one). @return false when an association that is up has it. */
static bool claim_tag(struct sn_sctp *sctp, const struct sn_sctp_assoc *claimant, uint64_t key, uint64_t time_ns)
{
	struct sn_sctp_half *holder = sn_sctp_lookup(sctp, key);

	if (!holder)
		return true;
	if (holder->assoc == claimant || (holder->assoc->class != SN_SCTP_CLOSED && holder->assoc->announced))
		return false;
	forget(sctp, holder->assoc, time_ns);
	return true;
}

void sn_sctp_on_init(struct sn_sctp *sctp, const struct sn_sctp_hint *hint, uint32_t tag, uint32_t tsn)
{
	uint64_t key = sn_sctp_tag_key(tag, hint->dport, hint->sport);
	struct sn_sctp_half *back = sn_sctp_lookup(sctp, key);
	struct sn_sctp_assoc *assoc = back ? back->assoc : NULL;
	uint8_t from;

	if (assoc && assoc->class != SN_SCTP_CLOSED && same_peers(assoc, hint, &from)) {
		/* Sent again, or seen again. */
		if (!assoc->announced)
			begin_at(&assoc->half[!back->from], tsn);
		return;
	}
	assoc = claim_tag(sctp, /* claimant= */ NULL, key, hint->time_ns) ? assoc_new(sctp, hint, 0, /* adopting= */ false)
									  : NULL;
	if (!assoc) {
		sctp->stats.losses[SN_SCTP_UNKNOWN_TAG]++;
		return;
	}
	tag_set(sctp, &assoc->half[1], tag);
	begin_at(&assoc->half[0], tsn);
}

void sn_sctp_on_init_ack(struct sn_sctp *sctp, struct sn_sctp_half *half, const struct sn_sctp_hint *hint, uint32_t tag,
			 uint32_t tsn)
{
	struct sn_sctp_half *other;

	if (!half) {
		struct sn_sctp_assoc *assoc = assoc_new(sctp, hint, 1, /* adopting= */ false);

		if (!assoc) {
			sctp->stats.losses[SN_SCTP_UNKNOWN_TAG]++;
			return;
		}
		half = &assoc->half[1];
		tag_set(sctp, half, hint->vtag);
	}
	other = &half->assoc->half[!half->from];
	/* The initiator answers the first INIT ACK and drops those after it (RFC 9260 5.2.3). */
	if (half->assoc->announced || (other->vtag && other->vtag != tag))
		return;
	begin_at(half, tsn);
	if (other->vtag)
		return;
	/* When both sent INIT, the tag is that of the other one's, not answered yet (RFC 9260 5.2.1): they are one association.
	 */
	if (!claim_tag(sctp, half->assoc, sn_sctp_tag_key(tag, hint->dport, hint->sport), hint->time_ns))
		return;
	tag_set(sctp, other, tag);
	other->tag_of_ack = true;
}

/**
 * Puts the tags and TSNs of a new association in the place of the old one between the same peers. The old tags go with what was
 * allocated for the new one, closed: what was still on its way must not look like a third.
 */
static struct sn_sctp_half *restart(struct sn_sctp *sctp, struct sn_sctp_assoc *old, struct sn_sctp_half *half, uint64_t time_ns)
{
	struct sn_sctp_assoc *fresh = half->assoc;
	/* Whichever side sent the new INIT, the endpoints keep their order. */
	bool flip = !endpoint_is(&old->endpoints[0], &fresh->endpoints[0].addr, fresh->endpoints[0].port);
	uint8_t from = half->from ^ flip;

	for (uint8_t i = 0; i < 2; i++) {
		struct sn_sctp_half *to = &old->half[i ^ flip];
		struct sn_sctp_half is = fresh->half[i];
		uint32_t was = to->vtag;

		sn_sctp_half_end(sctp, to, time_ns);
		tag_clear(sctp, to);
		tag_clear(sctp, &fresh->half[i]);
		sn_sctp_half_init(to, old, i ^ flip);
		sn_sctp_half_init(&fresh->half[i], fresh, i);
		if (is.vtag)
			tag_set(sctp, to, is.vtag);
		if (was)
			tag_set(sctp, &fresh->half[i], was);
		to->tsn_known = is.tsn_known;
		to->from_start = is.from_start;
		to->next_tsn = is.next_tsn;
	}
	sn_sctp_close(sctp, fresh, SN_SCTP_ASSOCIATION_IDLE, time_ns); /* never announced: nobody hears of it */
	old->last_ns = time_ns;
	sn_sctp_trust(sctp, old);
	announce(sctp, old, SN_SCTP_ASSOCIATION_RESTART, time_ns);
	return &old->half[from];
}

struct sn_sctp_half *sn_sctp_establish(struct sn_sctp *sctp, struct sn_sctp_half *half, uint64_t time_ns)
{
	struct sn_sctp_assoc *assoc = half->assoc, *old = NULL;
	struct sn_packet ip = { .src = assoc->endpoints[0].addr, .dst = assoc->endpoints[1].addr };
	struct sn_sctp_hint peers = { .ip = &ip, .sport = assoc->endpoints[0].port, .dport = assoc->endpoints[1].port };
	uint8_t from;

	/* A handshake that a stranger could have made up does not end the association of others. */
	if (assoc->class == SN_SCTP_TRUSTED)
		for (struct sn_sctp_assoc *a = sctp->pairs[assoc->pair_hash & sctp->pair_mask]; a; a = a->pair_next)
			if (a != assoc && a->announced && a->class != SN_SCTP_CLOSED && same_peers(a, &peers, &from) &&
			    (!old || a->last_ns > old->last_ns))
				old = a;
	if (old)
		return restart(sctp, old, half, time_ns);
	assoc->announced = true;
	announce(sctp, assoc, SN_SCTP_ASSOCIATION_UP, time_ns);
	return half;
}

/** Whether the packet may be the first one seen of this half. */
static bool fits(const struct sn_sctp_half *half, const struct sn_sctp_hint *hint, uint32_t slack)
{
	const struct sn_sctp_assoc *assoc = half->assoc;
	const struct sn_sctp_half *other = &assoc->half[!half->from];

	if (assoc->class == SN_SCTP_CLOSED)
		return false;
	/* The initiator may have taken another INIT ACK than the first one seen. */
	if (half->vtag && (!hint->has_cookie_echo || assoc->announced || assoc->class == SN_SCTP_TRUSTED))
		return false;
	return !hint->has_sack || !other->tsn_known || sn_sctp_plausible(other, hint->cumulative_tsn, slack);
}

/** The half-known association that a packet with a new tag completes. */
static struct sn_sctp_half *find_half_known(struct sn_sctp *sctp, const struct sn_sctp_hint *hint)
{
	struct sn_sctp_node *list = &sctp->lru[SN_SCTP_CANDIDATE];
	uint32_t hash = pair_hash(sctp, hint);
	unsigned strays = 0;
	uint8_t from;

	for (struct sn_sctp_assoc *assoc = sctp->pairs[hash & sctp->pair_mask]; assoc; assoc = assoc->pair_next)
		if (same_peers(assoc, hint, &from) && fits(&assoc->half[from], hint, SN_SCTP_WINDOW))
			return &assoc->half[from];
	if (!hint->has_sack)
		return NULL;
	/* Multihomed, and answered by another path: the ports and the acknowledged TSN must do. */
	for (struct sn_sctp_node *node = list->prev; node != list && strays < STRAYS; node = node->prev, strays++) {
		struct sn_sctp_assoc *assoc = SN_CONTAINER_OF(node, struct sn_sctp_assoc, lru);

		for (from = 0; from < 2; from++)
			if (assoc->endpoints[from].port == hint->sport && assoc->endpoints[!from].port == hint->dport &&
			    assoc->half[!from].tsn_known && fits(&assoc->half[from], hint, STRAY_SLACK))
				return &assoc->half[from];
	}
	return NULL;
}

struct sn_sctp_half *sn_sctp_learn(struct sn_sctp *sctp, const struct sn_sctp_hint *hint)
{
	struct sn_sctp_half *half =
		hint->has_data || hint->has_sack || hint->has_cookie_echo ? find_half_known(sctp, hint) : NULL;
	struct sn_sctp_assoc *assoc;

	if (half) {
		if (half->vtag) {
			/* The TSN of the INIT ACK that was not taken means nothing either. */
			struct sn_sctp_half *other = &half->assoc->half[!half->from];

			tag_clear(sctp, half);
			half->tag_of_ack = other->tsn_known = other->from_start = false;
		}
		tag_set(sctp, half, hint->vtag);
		return half;
	}
	assoc = hint->has_data ? assoc_new(sctp, hint, 0, /* adopting= */ true) : NULL;
	if (!assoc)
		return NULL;
	tag_set(sctp, &assoc->half[0], hint->vtag);
	assoc->announced = true;
	announce(sctp, assoc, SN_SCTP_ASSOCIATION_ADOPTED, hint->time_ns);
	return &assoc->half[0];
}

void sn_sctp_expire_assocs(struct sn_sctp *sctp, uint64_t time_ns)
{
	for (int i = 0; i < _SN_SCTP_CLASS_MAX; i++) {
		struct sn_sctp_node *list = &sctp->lru[i];
		/* What was still on its way when an association ended comes as late as a missing TSN may. */
		uint64_t timeout = i == SN_SCTP_CLOSED ? sctp->limits.gap_timeout_ns : sctp->limits.idle_timeout_ns;

		while (!sn_sctp_node_alone(list)) {
			struct sn_sctp_assoc *assoc = SN_CONTAINER_OF(list->next, struct sn_sctp_assoc, lru);

			if ((int64_t)(time_ns - assoc->last_ns) < (int64_t)timeout)
				break;
			forget(sctp, assoc, time_ns);
		}
	}
}
