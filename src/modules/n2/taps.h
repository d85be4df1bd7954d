/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The ways by which user messages reach the engine: packets (from an interface or a file) through the SCTP receiver, and
 * whole messages from sockets.
 */
#ifndef SN_N2_TAPS_H
#define SN_N2_TAPS_H

#include <linux/types.h>

#include "codec/sctp.h"
#include "modules/n2/engine.h"
#include "modules/n2/n2.h"

struct sn_port_list;

/** Packets: IP, fragments, SCTP. */
struct sn_n2_packet_tap {
	struct sn_n2_engine *engine;
	const struct sn_port_list *ports; /* whose owner is the AMF's end */
	struct sn_sctp *sctp;
	struct sn_reassembly *reassembly;
};
/** @return 0 or -ENOMEM. `tap` must not move afterwards. */
int sn_n2_packet_tap_init(struct sn_n2_packet_tap *tap, struct sn_n2_engine *engine, const struct sn_port_list *ports);
void sn_n2_packet_tap_fini(struct sn_n2_packet_tap *tap);
/** One frame; `time_ns` since 1970. What cannot be read is counted in the engine's losses. */
void sn_n2_packet_tap_frame(struct sn_n2_packet_tap *tap, uint32_t linktype, struct sn_view frame, uint32_t wire_len,
			    uint64_t time_ns);
void sn_n2_packet_tap_tick(struct sn_n2_packet_tap *tap, uint64_t time_ns);

/** A socket's view of one association: the same association may be seen from its other end, too. */
struct sn_n2_view {
	struct sn_map_key key;
	uint64_t last_ns;
	uint32_t association, association_serial;
	uint32_t netns;
	uint32_t assoc_id; /* 0: never told */
	struct sn_n2_endpoint local, peer;
	uint8_t *partial; /* what has been received of a message whose end is to come */
	uint32_t partial_len;
	bool partial_cut; /* the tap has cut a piece of it */
	bool used;
	bool paired; /* the association's other end is on this node, too */
	bool is_amf; /* this view's own end is the AMF's */
	bool look;   /* its tags have become known: the other end may be found by them */
};

/** Whole user messages at sockets. */
struct sn_n2_socket_tap {
	struct sn_n2_engine *engine;
	const struct sn_port_list *ports;
	struct sn_pool views;
	struct sn_map by_socket; /* (socket, association id or peer) → view */
	struct sn_map recent;	 /* (association or ports, hash of the message) → how often one end saw it without the other */
	struct sn_map_key *recent_ring; /* the order in which `recent` forgets */
	uint32_t recent_next;
	uint32_t untagged; /* views whose tags are not known */
	uint32_t portless; /* … nor the port of their peer */
	uint32_t sweep;
	uint64_t partial_total; /* octets held of messages whose end is to come */
};
int sn_n2_socket_tap_init(struct sn_n2_socket_tap *tap, struct sn_n2_engine *engine, const struct sn_port_list *ports);
void sn_n2_socket_tap_fini(struct sn_n2_socket_tap *tap);
/** One record of the ring, with the bytes that follow it (already checked to be there). */
void sn_n2_socket_tap_message(struct sn_n2_socket_tap *tap, const struct sn_n2_message_event *event, struct sn_view data,
			      uint64_t time_ns);
void sn_n2_socket_tap_tick(struct sn_n2_socket_tap *tap, uint64_t now_ns);

/** The protocol of a message: by PPID, also when its octets are turned round, else by port. SN_AP_UNKNOWN when nothing tells. */
enum sn_ap sn_n2_protocol_of(uint32_t ppid, bool has_ppid, uint16_t port_a, uint16_t port_b);
bool sn_n2_port_is_listed(const struct sn_port_list *ports, uint16_t port);

#endif
