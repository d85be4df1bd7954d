/* SPDX-License-Identifier: Apache-2.0 */
/** @file Builds frames layer by layer, for tests that put packets on interfaces or through programs. */
#ifndef SN_TESTS_NET_FRAMES_H
#define SN_TESTS_NET_FRAMES_H

#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

struct frame {
	uint8_t data[66000];
	size_t len;
};

static inline void frame_bytes(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->data + f->len, bytes, len);
	f->len += len;
}

static inline void frame_be16(struct frame *f, uint16_t v)
{
	sn_put_be16(f->data + f->len, v);
	f->len += 2;
}

static inline void frame_be32(struct frame *f, uint32_t v)
{
	sn_put_be32(f->data + f->len, v);
	f->len += 4;
}

static inline void frame_u8(struct frame *f, uint8_t v)
{
	f->data[f->len++] = v;
}

static inline void frame_ethernet(struct frame *f, uint16_t type)
{
	frame_bytes(f, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
	frame_be16(f, type);
}

/** A VLAN tag after the type that announced it. */
static inline void frame_tag(struct frame *f, uint16_t vlan, uint16_t type)
{
	frame_be16(f, vlan);
	frame_be16(f, type);
}

/** `fragment` is the flags and the offset as on the wire; `words` of the header, 5 without options. */
static inline void frame_ipv4(struct frame *f, uint8_t protocol, uint16_t payload, uint16_t fragment, uint8_t words)
{
	frame_u8(f, (uint8_t)(0x40 | words));
	frame_u8(f, 0);
	frame_be16(f, (uint16_t)(words * 4 + payload));
	frame_be16(f, 0x1234);
	frame_be16(f, fragment);
	frame_u8(f, 64);
	frame_u8(f, protocol);
	frame_be16(f, 0);
	frame_be32(f, 0x0a000001);
	frame_be32(f, 0x0a000002);
	for (int i = 5; i < words; i++)
		frame_be32(f, 0x01010101); /* no operation */
}

static inline void frame_ipv6(struct frame *f, uint8_t next, uint16_t payload)
{
	frame_be32(f, 0x60000000);
	frame_be16(f, payload);
	frame_u8(f, next);
	frame_u8(f, 64);
	frame_bytes(f, "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16);
	frame_bytes(f, "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02", 16);
}

/** Hop-by-hop options, routing, destination options: `units` of 8 octets beyond the first. */
static inline void frame_ipv6_extension(struct frame *f, uint8_t next, uint8_t units)
{
	frame_u8(f, next);
	frame_u8(f, units);
	for (int i = 2; i < 8 + 8 * units; i++)
		frame_u8(f, 0);
}

static inline void frame_ipv6_fragment(struct frame *f, uint8_t next, uint16_t offset_and_more)
{
	frame_u8(f, next);
	frame_u8(f, 0);
	frame_be16(f, offset_and_more);
	frame_be32(f, 0x11223344);
}

/** Authentication header (RFC 4302) with a 12-octet check value. */
static inline void frame_ah(struct frame *f, uint8_t next)
{
	frame_u8(f, next);
	frame_u8(f, 4);
	for (int i = 2; i < 24; i++)
		frame_u8(f, 0);
}

/** Common header and a DATA chunk of `size` octets of user data. */
static inline void frame_sctp(struct frame *f, uint16_t source, uint16_t dest, uint16_t size)
{
	frame_be16(f, source);
	frame_be16(f, dest);
	frame_be32(f, 0xcafe0001);
	frame_be32(f, 0);
	frame_u8(f, 0);
	frame_u8(f, 3);
	frame_be16(f, (uint16_t)(16 + size));
	frame_be32(f, 1);
	frame_be16(f, 0);
	frame_be16(f, 0);
	frame_be32(f, 60);
	for (int i = 0; i < size; i++)
		frame_u8(f, (uint8_t)(i * 7));
	while (f->len & 3)
		frame_u8(f, 0);
}
#define FRAME_SCTP_HEADS 28

#endif
