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

static bool is_tagged(const struct sn_n2_view *view)
{
	return view->local.tag || view->peer.tag;
}

/*
 * Tags tell for certain, whatever addresses either end names. Without them addresses do, and with one port at both ends the ports
 * tell nothing apart, so the addresses must be known.
 */
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
 * One value per message that only one end has shown: which end, whether by its tags it is known whose, how often (equal messages
 * follow one another), and its place in the ring, so that it is forgotten by the place that remembers it.
 */
#define RECENT_END	    0x80000000u
#define RECENT_TAGGED	    0x40000000u
#define RECENT_MOST	    0x3fffu
#define RECENT_COUNT(value) ((value) >> 16 & RECENT_MOST)
#define RECENT_PLACE(value) ((value)&0xffff)
_Static_assert(RECENT == 0x10000, "the place is the low half of the value");

/* The beginning is enough, and the same at an end where the tap has cut the message. */
static uint64_t message_hash(struct sn_view data)
{
	return sn_map_hash_bytes(sn_map_seed(), data.data, SN_MIN(data.len, HASHED));
}

static struct sn_map_key recent_key(uint32_t association, bool uplink, uint64_t hash)
{
	return (struct sn_map_key) { .a = (uint64_t)association << 1 | uplink, .b = hash };
}

/* The same message of any association between such ports; between any while there are views that do not tell their peer's. */
static struct sn_map_key recent_key_of_ports(const struct sn_n2_socket_tap *tap, const struct sn_n2_view *view, bool uplink,
					     uint64_t hash)
{
	uint16_t gnb = view->is_amf ? view->peer.port : view->local.port, amf = view->is_amf ? view->local.port : view->peer.port;

	if (tap->portless)
		gnb = amf = 0;
	return (struct sn_map_key) { .a = 1ull << 63 | (uint64_t)gnb << 17 | (uint64_t)amf << 1 | uplink, .b = hash };
}

/* How well a view would do as another one of the same association. */
enum likeness {
	UNLIKE,
	OTHER_END_PERHAPS, /* by its addresses, and it has none yet */
	OTHER_END_HEARD,   /* by its addresses, and it has shown this very message */
	SAME_END,	   /* by its addresses */
	OTHER_END,	   /* by its tags */
	SAME_END_TAGGED,
};

static enum likeness likeness_by_tags(const struct sn_n2_view *other, const struct sn_n2_view *view)
{
	if (other->local.port == view->local.port && other->peer.port == view->peer.port &&
	    sn_n2_tags_compare(&other->local, &other->peer, &view->local, &view->peer) > 0)
		return SAME_END_TAGGED;
	return other->local.port == view->peer.port && other->peer.port == view->local.port &&
			       sn_n2_tags_compare(&other->local, &other->peer, &view->peer, &view->local) > 0
		       ? OTHER_END
		       : UNLIKE;
}

static enum likeness likeness(struct sn_n2_socket_tap *tap, const struct sn_n2_view *other, const struct sn_n2_view *view,
			      bool sent, uint64_t hash)
{
	bool is_amf = !other->is_amf;

	if (!other->used || other == view || !association_is_open(tap, other))
		return UNLIKE;
	if (is_tagged(other) && is_tagged(view))
		return likeness_by_tags(other, view);
	if (is_same_end(other, view))
		return SAME_END;
	if (!is_other_end(other, view))
		return UNLIKE;
	/* Where addresses are not known several may fit; the one that has shown this very message is it. */
	if (sn_map_get(&tap->recent, recent_key(other->association, is_amf == !sent, hash)))
		return OTHER_END_HEARD;
	return other->paired ? UNLIKE : OTHER_END_PERHAPS;
}

/* The process at a view's own end, for an association that has been made of its other end's. */
static void association_learn_process(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view)
{
	struct sn_n2_association *association = association_at(tap, view->association);
	struct sn_n2_endpoint *end = view->is_amf != association->turned ? &association->amf_end : &association->gnb_end;

	end->pid = view->local.pid;
	end->cgroup_id = view->local.cgroup_id;
}

static void association_join(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, struct sn_n2_view *other, bool same_end,
			     uint64_t time_ns)
{
	/* What it was before it could be told by its tags. */
	if (association_is_open(tap, view) && view->association != other->association)
		sn_n2_association_close(tap->engine, view->association, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_SUPERSEDED),
					time_ns);
	view->is_amf = same_end ? other->is_amf : !other->is_amf;
	view->association = other->association;
	view->association_serial = other->association_serial;
	view->paired = same_end ? other->paired : true;
	other->paired |= !same_end;
	association_learn_process(tap, view);
}

static void association_find(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, enum sn_ap protocol, bool sent, uint64_t hash,
			     uint64_t time_ns)
{
	const struct sn_n2_endpoint *gnb, *amf;
	enum likeness best_likeness = UNLIKE;
	struct sn_n2_view *best = NULL;

	for (uint32_t i = 1; i <= tap->views.used; i++) {
		enum likeness like = likeness(tap, view_at(tap, i), view, sent, hash);

		if (like > best_likeness) {
			best_likeness = like;
			best = view_at(tap, i);
		}
	}
	view->look = false;
	if (best) {
		association_join(tap, view, best, best_likeness == SAME_END || best_likeness == SAME_END_TAGGED, time_ns);
		return;
	}
	if (association_is_open(tap, view))
		return;
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

/* Keeps count of what leaves open whose the view is. */
static void doubts_add(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view)
{
	tap->untagged += !is_tagged(view);
	tap->portless += !is_tagged(view) && !view->peer.port;
}

static void doubts_remove(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view)
{
	tap->untagged -= !is_tagged(view);
	tap->portless -= !is_tagged(view) && !view->peer.port;
}

static void view_remove(struct sn_n2_socket_tap *tap, uint32_t index)
{
	struct sn_n2_view *view = view_at(tap, index);

	unpair(tap, view);
	doubts_remove(tap, view);
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

/*
 * A one-to-one socket has one association. Those of a one-to-many socket are told apart by their ids; where the kernel told none,
 * the peer does.
 */
static struct sn_map_key view_key(const struct sn_n2_message_event *event, const struct sn_n2_endpoint *peer)
{
	if (event->flags & SN_N2_ONE_TO_ONE)
		return (struct sn_map_key) { .a = event->socket, .b = 1ull << 62 };
	if (event->flags & SN_N2_HAS_ASSOC && event->assoc_id)
		return (struct sn_map_key) { .a = event->socket, .b = event->assoc_id };
	return (struct sn_map_key) {
		.a = event->socket,
		.b = 1ull << 63 | (sn_map_hash_bytes(sn_map_seed(), peer->addr.octets, sizeof(peer->addr.octets)) ^ peer->port),
	};
}

/*
 * The kernel reuses addresses of sockets, and association ids: another port, peer or tag is another association. Under one id the
 * peer may send from any of its addresses, its port is always the same (RFC 9260 1.3).
 */
static bool view_is_of(const struct sn_n2_view *view, const struct sn_n2_message_event *event, const struct sn_n2_endpoint *local,
		       const struct sn_n2_endpoint *peer)
{
	uint32_t id = event->flags & SN_N2_HAS_ASSOC ? event->assoc_id : 0;

	if (view->local.port != local->port || (id && view->assoc_id && id != view->assoc_id) ||
	    sn_n2_tags_compare(&view->local, &view->peer, local, peer) < 0)
		return false;
	if (!(event->flags & SN_N2_HAS_PEER))
		return true;
	if (id || event->flags & SN_N2_ONE_TO_ONE || is_tagged(view))
		return view->peer.port == peer->port || !view->peer.port;
	return end_matches(&view->peer, peer);
}

static void view_learn(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, const struct sn_n2_message_event *event,
		       const struct sn_n2_endpoint *local, const struct sn_n2_endpoint *peer)
{
	bool tagged = is_tagged(view);
	uint32_t peer_tag = peer->tag ? peer->tag : view->peer.tag;

	doubts_remove(tap, view);
	if ((event->flags & SN_N2_HAS_PEER) && !addr_known(&view->peer.addr))
		view->peer = *peer;
	view->peer.tag = peer_tag;
	if (local->tag)
		view->local.tag = local->tag;
	if (event->flags & SN_N2_HAS_ASSOC)
		view->assoc_id = event->assoc_id;
	view->look |= !tagged && is_tagged(view);
	doubts_add(tap, view);
}

static uint32_t view_new(struct sn_n2_socket_tap *tap, struct sn_map_key key, const struct sn_n2_message_event *event,
			 const struct sn_n2_endpoint *local, const struct sn_n2_endpoint *peer)
{
	uint32_t index = sn_pool_take(&tap->views);
	struct sn_n2_view *view;

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
	view->assoc_id = event->flags & SN_N2_HAS_ASSOC ? event->assoc_id : 0;
	view->local = *local;
	view->peer = *peer;
	view->is_amf = sn_n2_port_is_listed(tap->ports, local->port);
	if (sn_map_set(&tap->by_socket, key, index) < 0) {
		view->used = false;
		sn_pool_give(&tap->views, index);
		return 0;
	}
	doubts_add(tap, view);
	return index;
}

static uint32_t view_of(struct sn_n2_socket_tap *tap, const struct sn_n2_message_event *event, uint64_t time_ns)
{
	struct sn_n2_endpoint local = { .addr = addr_of(event->local_family, event->local_addr),
					.port = event->local_port,
					.tag = event->local_tag,
					.pid = event->tgid,
					.cgroup_id = event->cgroup_id };
	struct sn_n2_endpoint peer = { .addr = addr_of(event->peer_family, event->peer_addr),
				       .port = event->peer_port,
				       .tag = event->peer_tag };
	struct sn_map_key key = view_key(event, &peer);
	uint32_t index = sn_map_get(&tap->by_socket, key);
	struct sn_n2_view *view;

	if (index) {
		view = view_at(tap, index);
		if (view_is_of(view, event, &local, &peer)) {
			view_learn(tap, view, event, &local, &peer);
			return index;
		}
		/* RFC 9260 5.2: a peer that starts anew takes the place of its association, under its id, with other tags. */
		if (view->assoc_id && view->assoc_id == event->assoc_id && view->peer.port == peer.port &&
		    sn_n2_tags_compare(&view->local, &view->peer, &local, &peer) < 0 && association_is_open(tap, view))
			sn_n2_association_close(tap->engine, view->association,
						SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), time_ns);
		view_remove(tap, index);
	}
	return view_new(tap, key, event, &local, &peer);
}

/* Whether the other end has shown this message already. @param own flags of this end. @return those of the other, or 0. */
static uint32_t seen_at_other_end(struct sn_n2_socket_tap *tap, struct sn_map_key key, uint32_t own)
{
	uint32_t value = sn_map_get(&tap->recent, key);
	struct sn_map_key *place;

	if (value && (value & RECENT_END) != (own & RECENT_END)) {
		if (RECENT_COUNT(value) > 1)
			sn_map_set(&tap->recent, key, value - 0x10000);
		else
			sn_map_remove(&tap->recent, key);
		return value;
	}
	if (value) {
		if (RECENT_COUNT(value) < RECENT_MOST)
			sn_map_set(&tap->recent, key, value + 0x10000);
		return 0;
	}
	place = &tap->recent_ring[tap->recent_next];
	value = sn_map_get(&tap->recent, *place);
	if (value && RECENT_PLACE(value) == tap->recent_next)
		sn_map_remove(&tap->recent, *place);
	*place = key;
	sn_map_set(&tap->recent, key, own | 1u << 16 | tap->recent_next);
	tap->recent_next = (tap->recent_next + 1) % RECENT;
	return 0;
}

/*
 * Where tags are not known, the two ends of one association with several addresses may not be known for it: what is sent here and
 * received there between the same ports is perhaps counted twice. No proof, as many gNBs get equal messages.
 */
static void perhaps_count(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view, bool uplink, uint64_t hash)
{
	uint32_t own = (view->is_amf ? RECENT_END : 0) | (is_tagged(view) ? RECENT_TAGGED : 0);
	uint32_t other = seen_at_other_end(tap, recent_key_of_ports(tap, view, uplink, hash), own);

	if (other && !view->paired && !(own & other & RECENT_TAGGED))
		tap->engine->losses[SN_N2_LOSS_MAYBE_DUPLICATE]++;
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
	bool has_ppid = event->flags & SN_N2_HAS_PPID, sent = event->flags & SN_N2_SENT, uplink, again;
	uint64_t hash = message_hash(data);
	enum sn_ap protocol = sn_n2_protocol_of(event->ppid, has_ppid, view->local.port, view->peer.port);

	if (protocol == SN_AP_UNKNOWN) {
		/* The configured ports are NGAP's unless the PPID says otherwise. */
		if (has_ppid && event->ppid) {
			tap->engine->losses[SN_N2_LOSS_PPID_UNKNOWN]++;
			return;
		}
		protocol = SN_AP_NGAP;
	}
	if (view->look || !association_is_open(tap, view))
		association_find(tap, view, protocol, sent, hash, time_ns);
	if (!view->association)
		return;
	uplink = view->is_amf == !sent;
	again = seen_at_other_end(tap, recent_key(view->association, uplink, hash), view->is_amf ? RECENT_END : 0);
	if (tap->untagged)
		perhaps_count(tap, view, uplink, hash);
	if (again) {
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
