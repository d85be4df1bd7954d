/* SPDX-License-Identifier: Apache-2.0 */
/** @file The packet tap: frames of an interface or a file, through IP and SCTP, to whole user messages. */
#include <errno.h>

#include "base/macro.h"
#include "modules/n2/taps.h"
#include "sauron/module.h"

#define IPPROTO_SCTP_NUMBER 132
#define FRAGMENTED_PACKETS  256
#define FRAGMENT_TIMEOUT_NS 30000000000ull /* as the kernel's own (net.ipv4.ipfrag_time) */

/* Well-known ports of the protocols (IANA), for messages without a PPID that is known. */
static const struct {
	uint16_t port;
	uint8_t protocol;
} ports_known[] = {
	{ 38412, SN_AP_NGAP }, { 38422, SN_AP_XNAP }, { 38472, SN_AP_F1AP },
	{ 38462, SN_AP_E1AP }, { 36412, SN_AP_S1AP }, { 36422, SN_AP_X2AP },
};

bool sn_n2_port_is_listed(const struct sn_port_list *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->items[i] == port)
			return true;
	return false;
}

enum sn_ap sn_n2_protocol_of(uint32_t ppid, bool has_ppid, uint16_t port_a, uint16_t port_b)
{
	enum sn_ap protocol = has_ppid ? sn_ap_of_ppid(ppid) : SN_AP_UNKNOWN;

	/* Some stacks forget htonl(): the PPID is not touched by SCTP and goes out in their own order. */
	if (protocol == SN_AP_UNKNOWN && has_ppid)
		protocol = sn_ap_of_ppid(__builtin_bswap32(ppid));
	for (size_t i = 0; protocol == SN_AP_UNKNOWN && i < SN_ARRAY_SIZE(ports_known); i++)
		if (port_a == ports_known[i].port || port_b == ports_known[i].port)
			protocol = ports_known[i].protocol;
	return protocol;
}

/* The first end is the gNB's, unless its port says that it is the AMF's; a message may turn them round later. */
static uint32_t association_begin(struct sn_n2_packet_tap *tap, uint64_t key, const struct sn_sctp_endpoint ends[2],
				  enum sn_ap protocol, uint64_t time_ns)
{
	unsigned gnb = sn_n2_port_is_listed(tap->ports, ends[0].port) && !sn_n2_port_is_listed(tap->ports, ends[1].port);
	struct sn_n2_endpoint gnb_end = { .addr = ends[gnb].addr, .port = ends[gnb].port, .tag = ends[gnb].tag };
	struct sn_n2_endpoint amf_end = { .addr = ends[!gnb].addr, .port = ends[!gnb].port, .tag = ends[!gnb].tag };
	uint32_t index = sn_n2_association_new(tap->engine, key, &gnb_end, &amf_end, protocol, time_ns);

	if (index)
		((struct sn_n2_association *)sn_pool_at(&tap->engine->associations, index))->first_end = (uint8_t)gnb;
	return index;
}

static void on_message(void *ctx, const struct sn_sctp_message *message)
{
	struct sn_n2_packet_tap *tap = ctx;
	uint64_t key = message->association + 1; /* 0 is "none" to the engine */
	uint32_t association = sn_n2_association_of_key(tap->engine, key);
	enum sn_ap protocol = sn_n2_protocol_of(message->ppid, true, message->endpoints[0].port, message->endpoints[1].port);
	struct sn_n2_message taken;

	if (protocol == SN_AP_UNKNOWN) {
		tap->engine->losses[SN_N2_LOSS_PPID_UNKNOWN]++;
		return;
	}
	if (!association)
		association = association_begin(tap, key, message->endpoints, protocol, message->time_ns);
	if (!association)
		return;
	taken = (struct sn_n2_message) {
		.data = message->data,
		.time_ns = message->time_ns,
		.association = association,
		.protocol = protocol,
		.from_first = message->from ==
			      ((struct sn_n2_association *)sn_pool_at(&tap->engine->associations, association))->first_end,
		.truncated = message->truncated,
	};
	sn_n2_engine_message(tap->engine, &taken);
}

static void on_event(void *ctx, uint64_t id, enum sn_sctp_event_kind kind, const struct sn_sctp_endpoint ends[2],
		     uint64_t time_ns)
{
	struct sn_n2_packet_tap *tap = ctx;
	uint32_t association = sn_n2_association_of_key(tap->engine, id + 1);

	if (!association)
		return;
	switch (kind) {
	case SN_SCTP_ASSOCIATION_ABORT:
	case SN_SCTP_ASSOCIATION_SHUTDOWN:
	case SN_SCTP_ASSOCIATION_IDLE:
	case SN_SCTP_ASSOCIATION_RESTART: /* NG Setup follows, and all UE contexts are gone (TS 38.413 8.7.1) */
		sn_n2_association_close(tap->engine, association, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST),
					time_ns);
		break;
	case SN_SCTP_ASSOCIATION_UP:
	case SN_SCTP_ASSOCIATION_ADOPTED:
		break; /* begins with its first message: an association without one tells nothing */
	}
}

int sn_n2_packet_tap_init(struct sn_n2_packet_tap *tap, struct sn_n2_engine *engine, const struct sn_port_list *ports)
{
	struct sn_sctp_limits limits = { .max_associations = engine->limits.max_associations,
					 .idle_timeout_ns = engine->limits.association_idle_ns };
	struct sn_sctp_sink sink = { .message = on_message, .event = on_event, .ctx = tap };
	int r;

	*tap = (struct sn_n2_packet_tap) { .engine = engine, .ports = ports };
	r = sn_sctp_new(&limits, &sink, &tap->sctp);
	if (r < 0)
		return r;
	return sn_reassembly_new(FRAGMENTED_PACKETS, FRAGMENT_TIMEOUT_NS, &tap->reassembly);
}

void sn_n2_packet_tap_fini(struct sn_n2_packet_tap *tap)
{
	tap->sctp = sn_sctp_free(tap->sctp);
	tap->reassembly = sn_reassembly_free(tap->reassembly);
}

void sn_n2_packet_tap_frame(struct sn_n2_packet_tap *tap, uint32_t linktype, struct sn_view frame, uint32_t wire_len,
			    uint64_t time_ns)
{
	struct sn_packet packet;
	int r = sn_packet_decode(linktype, frame, &packet);

	if (r < 0) {
		enum sn_n2_loss loss = r == -EPROTONOSUPPORT ? SN_N2_LOSS_FRAME_NOT_IP
				       : r == -EOPNOTSUPP    ? SN_N2_LOSS_LINKTYPE
				       : r == -EMSGSIZE	     ? SN_N2_LOSS_FRAME_TRUNCATED
							     : SN_N2_LOSS_FRAME_MALFORMED;
		tap->engine->losses[loss]++;
		return;
	}
	if (packet.fragment && sn_reassembly_add(tap->reassembly, &packet, time_ns, &packet) != 1)
		return;
	if (packet.protocol != IPPROTO_SCTP_NUMBER)
		return;
	sn_sctp_input(tap->sctp, &packet, packet.payload, packet.payload_len, time_ns);
}

void sn_n2_packet_tap_tick(struct sn_n2_packet_tap *tap, uint64_t time_ns)
{
	sn_sctp_tick(tap->sctp, time_ns);
}
