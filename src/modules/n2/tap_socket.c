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
#define MAX_PARTIAL  (1u << 20)
#define RECENT	     65536u /* messages between their sight at one end and at the other */
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

static void association_find(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, enum sn_ap protocol, uint64_t time_ns)
{
	const struct sn_n2_endpoint *gnb, *amf;

	for (uint32_t i = 1; i <= tap->views.used; i++) {
		const struct sn_n2_view *other = view_at(tap, i);

		if (!other->used || other == view || !other->association || association_at(tap, other->association)->closed)
			continue;
		if (is_other_end(other, view))
			view->is_amf = !other->is_amf;
		else if (is_same_end(other, view))
			view->is_amf = other->is_amf;
		else
			continue;
		view->association = other->association;
		return;
	}
	gnb = view->is_amf ? &view->peer : &view->local;
	amf = view->is_amf ? &view->local : &view->peer;
	view->association = sn_n2_association_new(tap->engine, 0, gnb, amf, protocol, time_ns);
}

static void partial_drop(struct sn_n2_socket_tap *tap, struct sn_n2_view *view)
{
	if (view->partial)
		tap->engine->losses[SN_N2_LOSS_PARTIAL_MESSAGE]++;
	free(view->partial);
	view->partial = NULL;
	view->partial_len = 0;
	view->partial_cut = false;
}

static void view_remove(struct sn_n2_socket_tap *tap, uint32_t index)
{
	struct sn_n2_view *view = view_at(tap, index);

	sn_map_remove(&tap->by_socket, view->key);
	partial_drop(tap, view);
	view->used = false;
	sn_pool_give(&tap->views, index);
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
		/* The kernel reuses addresses of sockets and association ids: another peer is another association. */
		if (!(event->flags & SN_N2_HAS_PEER) || end_matches(&view->peer, &peer))
			return index;
		view_remove(tap, index);
	}
	index = sn_pool_take(&tap->views);
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

/* Whether the other end has shown this message already. The counts of both ends are kept, for equal messages follow one another.
 */
static bool seen_at_other_end(struct sn_n2_socket_tap *tap, const struct sn_n2_view *view, struct sn_view data, bool uplink)
{
	struct sn_map_key key = { .a = (uint64_t)view->association << 1 | uplink,
				  .b = sn_map_hash_bytes(sn_map_seed(), data.data, data.len) };
	uint32_t counts = sn_map_get(&tap->recent, key);
	unsigned own = view->is_amf ? 0 : 16, other = view->is_amf ? 16 : 0;

	if (counts >> other & 0xffff) {
		counts -= 1u << other;
		if (counts)
			sn_map_set(&tap->recent, key, counts);
		else
			sn_map_remove(&tap->recent, key);
		return true;
	}
	if ((counts >> own & 0xffff) < 0xffff)
		sn_map_set(&tap->recent, key, counts + (1u << own));
	if (!counts) {
		struct sn_map_key *slot = &tap->recent_ring[tap->recent_next++ % RECENT];

		if (tap->recent_next > RECENT)
			sn_map_remove(&tap->recent, *slot);
		*slot = key;
	}
	return false;
}

/* A receive buffer smaller than the message: its pieces follow one another on the socket until the last bears MSG_EOR (RFC
 * 6458 3.1.4). */
static bool partial_add(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, const struct sn_n2_message_event *event,
			struct sn_view *data)
{
	uint8_t *grown;

	if (view->partial_len + data->len > MAX_PARTIAL) {
		partial_drop(tap, view);
		return false;
	}
	grown = realloc(view->partial, view->partial_len + data->len + 1);
	if (!grown) {
		partial_drop(tap, view);
		return false;
	}
	view->partial = grown;
	/* After a hole what follows is not the message's any more. */
	if (!view->partial_cut) {
		memcpy(view->partial + view->partial_len, data->data, data->len);
		view->partial_len += (uint32_t)data->len;
	}
	view->partial_cut |= (event->flags & SN_N2_TRUNCATED) != 0;
	*data = (struct sn_view) { view->partial, view->partial_len };
	return !(event->flags & SN_N2_PARTIAL);
}

static void deliver(struct sn_n2_socket_tap *tap, struct sn_n2_view *view, const struct sn_n2_message_event *event,
		    struct sn_view data, bool truncated, uint64_t time_ns)
{
	bool uplink = view->is_amf == !(event->flags & SN_N2_SENT);
	enum sn_ap protocol = sn_n2_protocol_of(event->ppid, event->flags & SN_N2_HAS_PPID, view->local.port,
						view->peer.port ? view->peer.port : 0);

	if (protocol == SN_AP_UNKNOWN) {
		/* The configured ports are NGAP's unless the PPID says otherwise. */
		protocol = event->flags & SN_N2_HAS_PPID && event->ppid ? SN_AP_UNKNOWN : SN_AP_NGAP;
		if (protocol == SN_AP_UNKNOWN) {
			tap->engine->losses[SN_N2_LOSS_PPID_UNKNOWN]++;
			return;
		}
	}
	if (!view->association || association_at(tap, view->association)->closed || !association_at(tap, view->association)->used)
		association_find(tap, view, protocol, time_ns);
	if (!view->association)
		return;
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
	struct sn_n2_view *view;
	bool truncated = event->flags & SN_N2_TRUNCATED;

	if (!index) {
		tap->engine->losses[SN_N2_LOSS_ASSOCIATION_TABLE]++;
		return;
	}
	view = view_at(tap, index);
	view->last_ns = time_ns;
	if ((event->flags & SN_N2_PARTIAL) || view->partial) {
		if (!partial_add(tap, view, event, &data))
			return;
		truncated = view->partial_cut;
	}
	deliver(tap, view, event, data, truncated, time_ns);
	if (view->partial) {
		free(view->partial);
		view->partial = NULL;
		view->partial_len = 0;
		view->partial_cut = false;
	}
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
