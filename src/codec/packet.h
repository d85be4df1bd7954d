/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file From a link-layer frame to an IP payload: Ethernet with VLAN and QinQ, Linux cooked (SLL, SLL2), raw IP, null/loopback;
 * IPv4 and IPv6 with their extension headers; reassembly of fragments (RFC 791, RFC 8200, overlaps as RFC 5722).
 */
#ifndef SN_CODEC_PACKET_H
#define SN_CODEC_PACKET_H

#include "base/bytes.h"

/** Link types by their pcap number (https://www.tcpdump.org/linktypes.html). */
enum sn_linktype {
	SN_LINK_NULL = 0,
	SN_LINK_ETHERNET = 1,
	SN_LINK_RAW_DLT12 = 12, /* raw IP as some systems number it */
	SN_LINK_RAW = 101,
	SN_LINK_LOOP = 108,
	SN_LINK_SLL = 113,
	SN_LINK_IPV4 = 228,
	SN_LINK_IPV6 = 229,
	SN_LINK_SLL2 = 276,
};

/** An IP address: IPv4 in the first four octets, the rest 0. */
struct sn_addr {
	uint8_t octets[16];
	uint8_t family; /* 4, 6, or 0 for none */
};

/** One IP packet. The views point into the frame. */
struct sn_packet {
	struct sn_addr src, dst;
	uint8_t protocol; /* of the payload: 132 SCTP, 17 UDP … */
	bool fragment;	  /* payload is one fragment: hand it to sn_reassembly_add */
	bool more_fragments;
	bool truncated; /* the capture holds less than the IP header says */
	uint8_t dscp;
	uint32_t fragment_offset; /* octets */
	uint32_t fragment_id;
	uint32_t payload_len; /* as the IP header says; payload.len may be less when truncated */
	struct sn_view payload;
};

/**
 * Finds the IP packet in a captured frame.
 * @return 0; -EPROTONOSUPPORT: the frame holds no IP (ARP, LLDP …); -EMSGSIZE: cut before the transport header;
 *         -EBADMSG: header lies about its length; -EOPNOTSUPP: link type not known.
 */
int sn_packet_decode(uint32_t linktype, struct sn_view frame, struct sn_packet *ret_packet);
/**
 * Skips the extension headers that `packet`'s payload begins with: sn_packet_decode and sn_reassembly_add have done it already
 * for what they return. @return as sn_packet_decode; the packet is of no use after a failure.
 */
int sn_packet_skip_extensions(struct sn_packet *packet);
/** Whether sn_packet_decode knows the link type. */
bool sn_packet_linktype_known(uint32_t linktype);

/** Writes "10.0.0.1" or "2001:db8::1"; the buffer takes SN_ADDR_TEXT bytes. "" for none. */
#define SN_ADDR_TEXT 46
const char *sn_addr_text(const struct sn_addr *addr, char ret_text[SN_ADDR_TEXT]);
bool sn_addr_equal(const struct sn_addr *a, const struct sn_addr *b);

/** What became of fragments. Monotonic counters. */
struct sn_reassembly_stats {
	uint64_t fragments;
	uint64_t reassembled; /* packets put together */
	uint64_t expired;     /* packets given up: their fragments did not all come in time */
	uint64_t overlapping; /* packets given up: fragments overlap with other contents */
	uint64_t evicted;     /* packets given up: too many at once */
	uint64_t too_large;   /* packets given up: beyond 65,535 octets */
	uint64_t refused;     /* single fragments: cut by the capture, of a forbidden length, or of a packet given up before; or
				 senseless once whole */
};
struct sn_reassembly;

/**
 * @param max_packets  packets under reassembly at once (memory is about max_packets × 64 KiB in the worst case, taken as needed)
 * @param timeout_ns   age at which an incomplete packet is given up
 * @return -ENOMEM, or 0 with an object to be released by sn_reassembly_free.
 */
int sn_reassembly_new(uint32_t max_packets, uint64_t timeout_ns, struct sn_reassembly **ret_reassembly);
struct sn_reassembly *sn_reassembly_free(struct sn_reassembly *reassembly);
/**
 * Adds a fragment. @return 1: the packet is whole and ret_packet is it, with the protocol of its first fragment (RFC 8200, 4.5)
 * and without extension headers; its payload points into the object until its next call.
 * 0: more is to come (or a duplicate); -EBADMSG, -ENOMEM: dropped and counted.
 */
int sn_reassembly_add(struct sn_reassembly *reassembly, const struct sn_packet *fragment, uint64_t time_ns,
		      struct sn_packet *ret_packet);
/** Gives up what is older than the timeout and frees its memory; UINT64_MAX: everything (the end of a file). */
void sn_reassembly_expire(struct sn_reassembly *reassembly, uint64_t now_ns);
const struct sn_reassembly_stats *sn_reassembly_stats(const struct sn_reassembly *reassembly);

#endif
