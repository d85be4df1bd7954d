/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The socket tap: whole user messages as an NF sends and receives them. When both NFs are on this node every message is
 * seen twice, once at each end: it counts at its first sight and is dropped at its second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "modules/n2/taps.h"
#include "sauron/module.h"

#define MAX_VIEWS    16384
#define MAX_PARTIAL  (256u << 10)
#define ALL_PARTIAL  (16u << 20)
#define RECENT	     65536u /* messages between their sight at one end and at the other */
#define HASHED	     512u   /* octets of a message that tell it from others */
#define VIEW_IDLE_NS (3600ull * 1000000000ull)

static struct sn_n2_view *view_at(struct sn_n2_socket_tap *tap, uint32_t index)
{
	return sn_pool_at(&tap->views, index);
}

static struct sn_n2_association *association_at(struct sn_n2_socket_tap *tap, uint32_t index)
{
	return sn_pool_at(&tap->engine->associations, index);
}

static struct sn_addr addr_of(uint8_t family, const uint8_t octets[16])
{
	struct sn_addr addr = { .family = family };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (family == 6 && !memcmp(octets, mapped, sizeof(mapped))) { /* IPv4-mapped, of an IPv6 socket that speaks IPv4 */
		addr.family = 4;
		memcpy(addr.octets, octets + 12, 4);
	} else if (family) {
		memcpy(addr.octets, octets, family == 4 ? 4 : 16);
	}
	return addr;
}

static bool addr_known(const struct sn_addr *addr)
{
	static const uint8_t zero[16];

	return addr->family && memcmp(addr->octets, zero, sizeof(zero));
}

static bool association_is_open(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view)
{
	const struct sn_n2_association *association = view->association ? association_at(tap, view->association) : NULL;

	return association && association->used && !association->closed && association->serial == view->association_serial;
}

/* An unbound end does not know its own address; what is not known contradicts nothing. */
static bool end_matches(const struct sn_n2_endpoint *a, const struct sn_n2_endpoint *b)
{
	return a->port == b->port && (!addr_known(&a->addr) || !addr_known(&b->addr) || sn_addr_equal(&a->addr, &b->addr));
}

/* With one port at both ends the ports tell nothing apart, so the addresses must be known. */
static bool is_other_end(const struct sn_n2_view *a, const struct sn_n2_view *b)
{
	if (a->local.port == a->peer.port &&
	    !(addr_known(&a->local.addr) && addr_known(&a->peer.addr) && addr_known(&b->local.addr) && addr_known(&b->peer.addr)))
		return false;
	return end_matches(&a->local, &b->peer) && end_matches(&a->peer, &b->local);
}

/* A one-to-many socket shows one association by its id when it receives, and by the peer's address when it sends. */
static bool is_same_end(const struct sn_n2_view *a, const struct sn_n2_view *b)
{
	return a->key.a == b->key.a && a->local.port == b->local.port && addr_known(&a->peer.addr) && addr_known(&b->peer.addr) &&
	       end_matches(&a->peer, &b->peer);
}

/*
 * One value per message that only one end has shown: which end, how often (equal messages follow one another), and its place in
 * the ring, so that it is forgotten by the place that remembers it.
 */
#define RECENT_END	    0x80000000u
#define RECENT_COUNT(value) ((value) >> 16 & 0x7fff)
#define RECENT_PLACE(value) ((value)&0xffff)
_Static_assert(RECENT == 0x10000, "the place is the low half of the value");

/* The beginning is enough, and the same at an end where the tap has cut the message. */
static struct sn_map_key recent_key(uint32_t association, bool uplink, struct sn_view data)
{
	return (struct sn_map_key) { .a = (uint64_t)association << 1 | uplink,
				     .b = sn_map_hash_bytes(sn_map_seed(), data.data, SN_MIN(data.len, HASHED)) };
}

#define SAME_END 3

/* How well `other` would do as another view of the association that `view` shows: 0 not at all. */
static int likeness(struct sn_n2_socket_tap *tap, const struct sn_n2_view *other, const struct sn_n2_view *view, bool sent,
		    struct sn_view data)
{
	bool is_amf = !other->is_amf;

	if (!other->used || other == view || !association_is_open(tap, other))
		return 0;
	if (is_same_end(other, view))
		return SAME_END;
	if (!is_other_end(other, view))
		return 0;
	/* Where addresses are not known several may fit; the one that has shown this very message is it. */
	if (sn_map_get(&tap->recent, recent_key(other->association, is_amf == !sent, data)))
		return 2;
	return !other->paired;
}

static void association_find(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, enum sn_ap protocol, bool sent,
			     struct sn_view data, uint64_t time_ns)
{
	const struct sn_n2_endpoint *gnb, *amf;
	struct sn_n2_view *best = NULL;
	int best_likeness = 0;

	for (uint32_t i = 1; i <= tap->views.used; i++) {
		int like = likeness(tap, view_at(tap, i), view, sent, data);

		if (like > best_likeness) {
			best_likeness = like;
			best = view_at(tap, i);
		}
	}
	if (best) {
		bool same_end = best_likeness == SAME_END;

		view->is_amf = same_end ? best->is_amf : !best->is_amf;
		view->association = best->association;
		view->association_serial = best->association_serial;
		view->paired = same_end ? best->paired : true;
		best->paired |= !same_end;
		return;
	}
	gnb = view->is_amf ? &view->peer : &view->local;
	amf = view->is_amf ? &view->local : &view->peer;
	view->association = sn_n2_association_new(tap->engine, 0, gnb, amf, protocol, time_ns);
	view->association_serial = view->association ? association_at(tap, view->association)->serial : 0;
	view->paired = false;
}

static void partial_free(struct sn_n2_socket_tap *tap, struct sn_n2_view *view)
{
	tap->partial_total -= view->partial_len;
	free(view->partial);
	view->partial = NULL;
	view->partial_len = 0;
	view->partial_cut = false;
}

static bool is_of_association(const struct sn_n2_view *view, const struct sn_n2_view *other)
{
	return other->used && other != view && other->association == view->association &&
	       other->association_serial == view->association_serial;
}

/* The other end has lost this one, unless it is seen in another way still. */
static void unpair(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view)
{
	bool seen = false;

	for (uint32_t i = 1; view->paired && i <= tap->views.used; i++)
		seen |= is_of_association(view, view_at(tap, i)) && view_at(tap, i)->is_amf == view->is_amf;
	for (uint32_t i = 1; view->paired && !seen && i <= tap->views.used; i++)
		if (is_of_association(view, view_at(tap, i)))
			view_at(tap, i)->paired = false;
}

static void view_remove(struct sn_n2_socket_tap *tap, uint32_t index)
{
	struct sn_n2_view *view = view_at(tap, index);

	unpair(tap, view);
	sn_map_remove(&tap->by_socket, view->key);
	if (view->partial || view->partial_cut)
		tap->engine->losses[SN_N2_LOSS_PARTIAL_MESSAGE]++;
	partial_free(tap, view);
	view->used = false;
	sn_pool_give(&tap->views, index);
}

/* When the table is full, the longest idle of a few that stand next in the sweep makes room. */
static void view_evict(struct sn_n2_socket_tap *tap)
{
	uint32_t victim = 0;

	for (int n = 0; n < 64; n++) {
		uint32_t index = tap->sweep = tap->sweep % tap->views.used + 1;

		if (view_at(tap, index)->used && (!victim || view_at(tap, index)->last_ns < view_at(tap, victim)->last_ns))
			victim = index;
	}
	if (!victim)
		return;
	tap->engine->losses[SN_N2_LOSS_VIEW_TABLE]++;
	view_remove(tap, victim);
}

static uint32_t view_of(struct sn_n2_socket_tap *tap, const struct sn_n2_message_event *event, uint64_t time_ns)
{
	/* A one-to-many socket has many associations: their ids tell them apart; where the kernel told none, the peer does. */
	struct sn_n2_endpoint local = { addr_of(event->local_family, event->local_addr), event->local_port };
	struct sn_n2_endpoint peer = { addr_of(event->peer_family, event->peer_addr), event->peer_port };
	uint64_t peer_hash = sn_map_hash_bytes(sn_map_seed(), peer.addr.octets, sizeof(peer.addr.octets)) ^ peer.port;
	bool has_id = (event->flags & SN_N2_HAS_ASSOC) && event->assoc_id;
	struct sn_map_key key = { .a = event->socket, .b = has_id ? event->assoc_id : 1ull << 63 | peer_hash };
	uint32_t index = sn_map_get(&tap->by_socket, key);
	struct sn_n2_view *view;

	if (index) {
		view = view_at(tap, index);
		/* The kernel reuses addresses of sockets and association ids: another port or peer is another association. Under
		 * one id the peer may send from any of its addresses, its port is always the same (RFC 9260 1.3). */
		if (view->local.port == local.port &&
		    (!(event->flags & SN_N2_HAS_PEER) ||
		     (has_id ? view->peer.port == peer.port : end_matches(&view->peer, &peer)))) {
			if ((event->flags & SN_N2_HAS_PEER) && !addr_known(&view->peer.addr))
				view->peer = peer;
			return index;
		}
		view_remove(tap, index);
	}
	index = sn_pool_take(&tap->views);
	if (!index && tap->views.used) {
		view_evict(tap);
		index = sn_pool_take(&tap->views);
	}
	if (!index)
		return 0;
	view = view_at(tap, index);
	view->used = true;
	view->key = key;
	view->netns = event->netns;
	view->local = local;
	view->peer = peer;
	view->last_ns = time_ns;
	view->is_amf = sn_n2_port_is_listed(tap->ports, local.port);
	if (sn_map_set(&tap->by_socket, key, index) < 0) {
		view->used = false;
		sn_pool_give(&tap->views, index);
		return 0;
	}
	return index;
}

/* Whether the other end has shown this message already. */
static bool seen_at_other_end(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view, struct sn_view data, bool uplink)
{
	struct sn_map_key key = recent_key(view->association, uplink, data), *place;
	uint32_t value = sn_map_get(&tap->recent, key), end = view->is_amf ? RECENT_END : 0;

	if (value && (value & RECENT_END) != end) {
		if (RECENT_COUNT(value) > 1)
			sn_map_set(&tap->recent, key, value - 0x10000);
		else
			sn_map_remove(&tap->recent, key);
		return true;
	}
	if (value) {
		if (RECENT_COUNT(value) < 0x7fff)
			sn_map_set(&tap->recent, key, value + 0x10000);
		return false;
	}
	place = &tap->recent_ring[tap->recent_next];
	value = sn_map_get(&tap->recent, *place);
	if (value && RECENT_PLACE(value) == tap->recent_next)
		sn_map_remove(&tap->recent, *place);
	*place = key;
	sn_map_set(&tap->recent, key, end | 1u << 16 | tap->recent_next);
	tap->recent_next = (tap->recent_next + 1) % RECENT;
	return false;
}

/* A receive buffer smaller than the message: its pieces follow one another on the socket until the last bears MSG_EOR (RFC
 * 6458 3.1.4). */
static bool partial_add(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, const struct sn_n2_message_event *event,
			struct sn_view *data)
{
	uint8_t *grown = NULL;

	/* After a hole what follows is not the message's any more. */
	if (!view->partial_cut && view->partial_len + data->len <= MAX_PARTIAL && tap->partial_total + data->len <= ALL_PARTIAL)
		grown = realloc(view->partial, view->partial_len + data->len + 1);
	if (grown) {
		view->partial = grown;
		memcpy(view->partial + view->partial_len, data->data, data->len);
		view->partial_len += (uint32_t)data->len;
		tap->partial_total += data->len;
	}
	view->partial_cut |= !grown || (event->flags & SN_N2_TRUNCATED);
	*data = (struct sn_view) { view->partial, view->partial_len };
	return !(event->flags & SN_N2_PARTIAL);
}

static void deliver(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, const struct sn_n2_message_event *event,
		    struct sn_view data, bool truncated, uint64_t time_ns)
{
	bool has_ppid = event->flags & SN_N2_HAS_PPID, sent = event->flags & SN_N2_SENT, uplink;
	enum sn_ap protocol = sn_n2_protocol_of(event->ppid, has_ppid, view->local.port, view->peer.port);

	if (protocol == SN_AP_UNKNOWN) {
		/* The configured ports are NGAP's unless the PPID says otherwise. */
		if (has_ppid && event->ppid) {
			tap->engine->losses[SN_N2_LOSS_PPID_UNKNOWN]++;
			return;
		}
		protocol = SN_AP_NGAP;
	}
	if (!association_is_open(tap, view))
		association_find(tap, view, protocol, sent, data, time_ns);
	if (!view->association)
		return;
	uplink = view->is_amf == !sent;
	if (seen_at_other_end(tap, view, data, uplink)) {
		tap->engine->losses[SN_N2_LOSS_DUPLICATE_END]++;
		return;
	}
	sn_n2_engine_message(tap->engine, &(struct sn_n2_message) { .data = data,
								    .time_ns = time_ns,
								    .association = view->association,
								    .protocol = protocol,
								    .from_first = uplink,
								    .truncated = truncated });
}

void sn_n2_socket_tap_message(struct sn_n2_socket_tap *tap, const struct sn_n2_message_event *event, struct sn_view data,
			      uint64_t time_ns)
{
	uint32_t index = view_of(tap, event, time_ns);
	bool truncated = event->flags & SN_N2_TRUNCATED, partial;
	struct sn_n2_view *view;

	if (!index) {
		tap->engine->losses[SN_N2_LOSS_VIEW_TABLE]++;
		return;
	}
	view = view_at(tap, index);
	view->last_ns = time_ns;
	/* What is sent between two pieces that are received is none of them. */
	partial = !(event->flags & SN_N2_SENT) && ((event->flags & SN_N2_PARTIAL) || view->partial || view->partial_cut);
	if (partial) {
		if (!partial_add(tap, view, event, &data))
			return;
		truncated = view->partial_cut;
	}
	deliver(tap, view, event, data, truncated, time_ns);
	if (partial)
		partial_free(tap, view);
}

int sn_n2_socket_tap_init(struct sn_n2_socket_tap *tap, struct sn_n2_engine *engine, const struct sn_port_list *ports)
{
	*tap = (struct sn_n2_socket_tap) { .engine = engine, .ports = ports };
	sn_pool_init(&tap->views, sizeof(struct sn_n2_view), MAX_VIEWS);
	tap->recent_ring = calloc(RECENT, sizeof(*tap->recent_ring));
	return tap->recent_ring ? 0 : -ENOMEM;
}

void sn_n2_socket_tap_fini(struct sn_n2_socket_tap *tap)
{
	for (uint32_t i = 1; i <= tap->views.used; i++)
		if (view_at(tap, i)->used)
			free(view_at(tap, i)->partial);
	sn_pool_fini(&tap->views);
	sn_map_fini(&tap->by_socket);
	sn_map_fini(&tap->recent);
	free(tap->recent_ring);
	tap->recent_ring = NULL;
}

void sn_n2_socket_tap_tick(struct sn_n2_socket_tap *tap, uint64_t now_ns)
{
	for (int n = 0; n < 8 && tap->views.used; n++) {
		uint32_t index = tap->sweep = tap->sweep % tap->views.used + 1;
		const struct sn_n2_view *view = view_at(tap, index);

		if (view->used && now_ns > view->last_ns && now_ns - view->last_ns > VIEW_IDLE_NS)
			view_remove(tap, index);
	}
}
