/* SPDX-License-Identifier: Apache-2.0 */
/** @file How NGAP messages get from one end of N2 to the other: by sockets or as packets. */
#ifndef SN_LAB_TRANSPORT_H
#define SN_LAB_TRANSPORT_H

#include "base/bytes.h"
#include "lab/lab.h"

#define SN_LAB_NGAP_PPID 60
/** Streams of each association; 0 is for what belongs to no UE. */
#define SN_LAB_STREAMS 16

struct sn_lab_traffic {
	uint64_t packets;  /* sent by either end; 0 where the kernel makes them */
	uint64_t received; /* user messages that came out at the other end; packets: none are taken in */
	uint64_t octets;   /* of user messages */
};

struct sn_lab_transport;

/** What a way of transport does. `now_ns` is CLOCK_MONOTONIC. All return 0 or negative errno. */
struct sn_lab_transport_ops {
	const char *name;
	int (*open)(const struct sn_lab_place *place, unsigned gnbs, uint64_t seed, struct sn_lab_transport **ret_transport,
		    struct sn_diag *reterr);
	struct sn_lab_transport *(*close)(struct sn_lab_transport *transport);
	/** Sets the association of a gNB up, from INIT to COOKIE ACK. */
	int (*associate)(struct sn_lab_transport *transport, unsigned gnb, struct sn_diag *reterr);
	/** Ends it in order. */
	int (*shutdown)(struct sn_lab_transport *transport, unsigned gnb);
	/** Queues a message; `join`: into the packet of the one before it, when that went the same way and there is room. */
	int (*send)(struct sn_lab_transport *transport, unsigned gnb, bool from_amf, uint16_t stream, struct sn_view message,
		    bool join);
	/** Sends what is queued: afterwards the messages are on the wire in the order of their sending. */
	int (*flush)(struct sn_lab_transport *transport);
	/** Does what time demands. @param ret_due_ns when it wants to be called again; UINT64_MAX: not by itself. */
	int (*tick)(struct sn_lab_transport *transport, uint64_t now_ns, uint64_t *ret_due_ns);
	/** A descriptor that says by POLLIN that tick has something to do, or -1. */
	int (*descriptor)(const struct sn_lab_transport *transport);
	void (*traffic)(const struct sn_lab_transport *transport, struct sn_lab_traffic *ret_traffic);
};

extern const struct sn_lab_transport_ops sn_lab_packets;
extern const struct sn_lab_transport_ops sn_lab_sockets;

/** Whether this kernel has SCTP sockets (loads its module where that is allowed). */
bool sn_lab_kernel_has_sctp(void);

#endif
