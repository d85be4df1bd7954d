/* SPDX-License-Identifier: Apache-2.0 */
/** @file From a captured frame to its IP payload: link layer, tags, IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200). */
#include "codec/packet.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/macro.h"

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_CTAG = 0x8100,    /* IEEE 802.1Q */
	ETHERTYPE_STAG = 0x88a8,    /* IEEE 802.1ad */
	ETHERTYPE_STAG_OLD = 0x9100 /* QinQ before 802.1ad; still what some switches send */
};

/** https://www.iana.org/assignments/protocol-numbers */
enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_DESTINATION_OPTIONS = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	FRAGMENT_HEADER = 8,
};

/** Moves past a header of `size` octets. */
static int payload_skip(struct sn_packet *packet, uint32_t size)
{
	if (packet->payload_len < size)
		return -EBADMSG;
	if (packet->payload.len < size)
		return -EMSGSIZE;
	packet->payload_len -= size;
	packet->payload.data += size;
	packet->payload.len -= size;
	return 0;
}

/** Whether the first `size` octets of the payload can be looked at. */
static int payload_need(const struct sn_packet *packet, uint32_t size)
{
	if (packet->payload_len < size)
		return -EBADMSG;
	return packet->payload.len < size ? -EMSGSIZE : 0;
}

/** RFC 8200, 4.5. @return as payload_skip. `ret_last`: what follows is a piece, there is no header to be read in it. */
static int fragment_header(struct sn_packet *packet, bool *ret_last)
{
	const uint8_t *p = packet->payload.data;
	int r = payload_need(packet, FRAGMENT_HEADER);

	if (r)
		return r;
	packet->protocol = p[0];
	packet->fragment_offset = sn_be16(p + 2) & 0xfff8;
	packet->more_fragments = p[3] & 1;
	packet->fragment_id = sn_be32(p + 4);
	/* One without the other half is a whole packet ("atomic fragment", RFC 6946). */
	packet->fragment = packet->fragment_offset || packet->more_fragments;
	*ret_last = packet->fragment;
	return payload_skip(packet, FRAGMENT_HEADER);
}

int sn_packet_skip_extensions(struct sn_packet *packet)
{
	bool last = false;
	uint32_t size;
	int r;

	while (!last) {
		bool v6 = packet->src.family == 6;

		switch (packet->protocol) {
		case PROTOCOL_HOP_BY_HOP:
		case PROTOCOL_ROUTING:
		case PROTOCOL_DESTINATION_OPTIONS:
		case PROTOCOL_MOBILITY:
		case PROTOCOL_HIP:
		case PROTOCOL_SHIM6:
			if (!v6)
				return 0;
			r = payload_need(packet, 8);
			size = r ? 0 : (packet->payload.data[1] + 1u) * 8;
			break;
		case PROTOCOL_AUTHENTICATION: /* RFC 4302, 2.2: in units of four octets, less two; of IPv4 as well */
			r = payload_need(packet, 12);
			size = r ? 0 : (packet->payload.data[1] + 2u) * 4;
			break;
		case PROTOCOL_FRAGMENT:
			if (!v6)
				return 0;
			r = fragment_header(packet, &last);
			if (r)
				return r;
			continue;
		default:
			return 0;
		}
		if (r)
			return r;
		packet->protocol = packet->payload.data[0];
		r = payload_skip(packet, size);
		if (r)
			return r;
	}
	return 0;
}

/**
 * Sets the payload of an IP packet whose header of `header` octets has been seen; `claimed` is what the header says of the
 * octets behind it. A link layer's padding falls away here.
 */
static int payload_set(struct sn_packet *packet, struct sn_view ip, uint32_t header, uint32_t claimed)
{
	int r;

	packet->payload_len = claimed;
	packet->payload = (struct sn_view) { ip.data + header, SN_MIN(ip.len - header, (size_t)claimed) };
	packet->truncated = packet->payload.len < claimed;
	if (!packet->fragment) {
		r = sn_packet_skip_extensions(packet);
		if (r)
			return r;
	}
	return packet->payload_len && !packet->payload.len ? -EMSGSIZE : 0;
}

static int decode_ipv4(struct sn_view ip, struct sn_packet *packet)
{
	uint32_t header, total, fragment;

	if (ip.len < IPV4_HEADER)
		return -EMSGSIZE;
	header = (ip.data[0] & 0xfu) * 4;
	total = sn_be16(ip.data + 2);
	/* 0: left to the network card or too large for the field (segmentation offload); the frame's end is the packet's. */
	if (!total)
		total = (uint32_t)SN_MIN(ip.len, (size_t)UINT32_MAX);
	if (ip.data[0] >> 4 != 4 || header < IPV4_HEADER || total < header)
		return -EBADMSG;
	if (ip.len < header)
		return -EMSGSIZE;
	fragment = sn_be16(ip.data + 6);
	*packet = (struct sn_packet) {
		.src = { .family = 4 },
		.dst = { .family = 4 },
		.protocol = ip.data[9],
		.dscp = ip.data[1] >> 2,
		.fragment_offset = (fragment & 0x1fff) * 8,
		.more_fragments = fragment & 0x2000,
		.fragment = fragment & 0x3fff,
		.fragment_id = sn_be16(ip.data + 4),
	};
	memcpy(packet->src.octets, ip.data + 12, 4);
	memcpy(packet->dst.octets, ip.data + 16, 4);
	return payload_set(packet, ip, header, total - header);
}

static int decode_ipv6(struct sn_view ip, struct sn_packet *packet)
{
	uint32_t claimed;

	if (ip.len < IPV6_HEADER)
		return -EMSGSIZE;
	if (ip.data[0] >> 4 != 6)
		return -EBADMSG;
	claimed = sn_be16(ip.data + 4);
	/* 0: a jumbogram (RFC 2675) or segmentation offload; the frame's end is the packet's. */
	if (!claimed)
		claimed = (uint32_t)SN_MIN(ip.len - IPV6_HEADER, (size_t)UINT32_MAX);
	*packet = (struct sn_packet) {
		.src = { .family = 6 },
		.dst = { .family = 6 },
		.protocol = ip.data[6],
		.dscp = (uint8_t)(sn_be16(ip.data) >> 6 & 0x3f),
	};
	memcpy(packet->src.octets, ip.data + 8, 16);
	memcpy(packet->dst.octets, ip.data + 24, 16);
	return payload_set(packet, ip, IPV6_HEADER, claimed);
}

/** `rest` begins behind the type; tags in any number. */
static int decode_ethertype(uint16_t type, struct sn_view rest, struct sn_packet *packet)
{
	while (type == ETHERTYPE_CTAG || type == ETHERTYPE_STAG || type == ETHERTYPE_STAG_OLD) {
		if (rest.len < 4)
			return -EMSGSIZE;
		type = sn_be16(rest.data + 2);
		rest = (struct sn_view) { rest.data + 4, rest.len - 4 };
	}
	if (SN_LIKELY(type == ETHERTYPE_IPV4))
		return decode_ipv4(rest, packet);
	if (type == ETHERTYPE_IPV6)
		return decode_ipv6(rest, packet);
	return -EPROTONOSUPPORT;
}

/** A link header of `size` octets that holds an Ethernet type at `at`. */
static int decode_link(struct sn_view frame, size_t at, size_t size, struct sn_packet *packet)
{
	if (frame.len < size)
		return -EMSGSIZE;
	return decode_ethertype(sn_be16(frame.data + at), (struct sn_view) { frame.data + size, frame.len - size }, packet);
}

static int decode_raw(struct sn_view frame, struct sn_packet *packet)
{
	if (!frame.len)
		return -EMSGSIZE;
	switch (frame.data[0] >> 4) {
	case 4:
		return decode_ipv4(frame, packet);
	case 6:
		return decode_ipv6(frame, packet);
	default:
		return -EPROTONOSUPPORT;
	}
}

/** The address family of the system that captured: in its byte order, and IPv6's number differs from system to system. */
static int decode_loopback(struct sn_view frame, bool big_endian, struct sn_packet *packet)
{
	uint32_t family;

	if (frame.len < 4)
		return -EMSGSIZE;
	family = sn_be32(frame.data);
	if (!big_endian && family > 0xffff)
		family = __builtin_bswap32(family);
	frame = (struct sn_view) { frame.data + 4, frame.len - 4 };
	switch (family) {
	case 2:
		return decode_ipv4(frame, packet);
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return decode_ipv6(frame, packet);
	default:
		return -EPROTONOSUPPORT;
	}
}

int sn_packet_decode(uint32_t linktype, struct sn_view frame, struct sn_packet *ret_packet)
{
	struct sn_packet packet;
	int r;

	switch (linktype) {
	case SN_LINK_ETHERNET:
		r = decode_link(frame, 12, 14, &packet);
		break;
	case SN_LINK_SLL:
		r = decode_link(frame, 14, 16, &packet);
		break;
	case SN_LINK_SLL2:
		r = decode_link(frame, 0, 20, &packet);
		break;
	case SN_LINK_RAW_DLT12:
	case SN_LINK_RAW:
		r = decode_raw(frame, &packet);
		break;
	case SN_LINK_IPV4:
		r = decode_ipv4(frame, &packet);
		break;
	case SN_LINK_IPV6:
		r = decode_ipv6(frame, &packet);
		break;
	case SN_LINK_NULL:
	case SN_LINK_LOOP:
		r = decode_loopback(frame, linktype == SN_LINK_LOOP, &packet);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (r)
		return r;
	*ret_packet = packet;
	return 0;
}

bool sn_packet_linktype_known(uint32_t linktype)
{
	switch (linktype) {
	case SN_LINK_NULL:
	case SN_LINK_ETHERNET:
	case SN_LINK_RAW_DLT12:
	case SN_LINK_RAW:
	case SN_LINK_LOOP:
	case SN_LINK_SLL:
	case SN_LINK_IPV4:
	case SN_LINK_IPV6:
	case SN_LINK_SLL2:
		return true;
	default:
		return false;
	}
}

const char *sn_addr_text(const struct sn_addr *addr, char ret_text[SN_ADDR_TEXT])
{
	ret_text[0] = '\0';
	if (addr->family == 4)
		inet_ntop(AF_INET, addr->octets, ret_text, SN_ADDR_TEXT);
	else if (addr->family == 6)
		inet_ntop(AF_INET6, addr->octets, ret_text, SN_ADDR_TEXT);
	return ret_text;
}

bool sn_addr_equal(const struct sn_addr *a, const struct sn_addr *b)
{
	return a->family == b->family && !memcmp(a->octets, b->octets, sizeof(a->octets));
}
