/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Protocol Buffers, the encoding (protobuf.dev/programming-guides/encoding): fields of a message one by one, and octets of
 * fields. Knows no schema: whoever reads switches over tags, and what is of another number or type falls to the default, as an
 * unknown field. Groups, deprecated since proto2, are refused.
 */
#ifndef SN_CODEC_PROTOBUF_H
#define SN_CODEC_PROTOBUF_H

#include "base/bytes.h"
#include "base/macro.h"

/** The wire types that are read. */
enum sn_pb_type {
	SN_PB_VARINT = 0,
	SN_PB_FIXED64 = 1,
	SN_PB_BYTES = 2, /* strings, messages, packed numbers */
	SN_PB_FIXED32 = 5,
};
/** What stands before a field: its number and its type. */
#define SN_PB_TAG(number, type) ((uint32_t)(number) << 3 | (type))
#define SN_PB_MAX_VARINT	10

struct sn_pb_field {
	uint32_t tag;
	uint64_t value;	      /* VARINT, FIXED64, FIXED32 */
	struct sn_view bytes; /* BYTES: a view into the message */
};

/**
 * Takes the next field off the front of a message.
 * @return 1: a field; 0: the message is at its end; -EBADMSG: it is cut or malformed.
 */
int sn_pb_next(struct sn_view *message, struct sn_pb_field *ret_field);

/* ---- writing: each puts octets at `p`, where there is room for them, and returns the place behind them */

static inline size_t sn_pb_varint_size(uint64_t value)
{
	/* A septet per octet: ceil(bits / 7), without dividing by 7; right for 1 to 64 bits. */
	return (size_t)((64 - __builtin_clzll(value | 1)) * 9 + 64) / 64;
}

static inline uint8_t *sn_pb_put_varint(uint8_t *p, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*p++ = (uint8_t)(value | 0x80);
	*p++ = (uint8_t)value;
	return p;
}

/** Tags of fields up to number 15 take an octet; others are not written. */
static inline uint8_t *sn_pb_put_number(uint8_t *p, uint32_t number, uint64_t value)
{
	*p++ = (uint8_t)SN_PB_TAG(number, SN_PB_VARINT);
	return sn_pb_put_varint(p, value);
}

static inline uint8_t *sn_pb_put_fixed64(uint8_t *p, uint32_t number, uint64_t value)
{
	*p++ = (uint8_t)SN_PB_TAG(number, SN_PB_FIXED64);
	sn_put_le64(p, value);
	return p + 8;
}

static inline uint8_t *sn_pb_put_double(uint8_t *p, uint32_t number, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return sn_pb_put_fixed64(p, number, bits);
}

/** What stands before `len` octets: of text, of a message. */
static inline uint8_t *sn_pb_put_head(uint8_t *p, uint32_t number, size_t len)
{
	*p++ = (uint8_t)SN_PB_TAG(number, SN_PB_BYTES);
	return sn_pb_put_varint(p, len);
}

/**
 * A length that is filled in when the message behind it is written: a varint padded to four octets, which every reader takes
 * (the encoding does not ask for the shortest form).
 */
#define SN_PB_LENGTH_SIZE 4
#define SN_PB_MAX_LENGTH  ((1u << 7 * SN_PB_LENGTH_SIZE) - 1)

static inline uint8_t *sn_pb_open(uint8_t *p, uint32_t number)
{
	*p++ = (uint8_t)SN_PB_TAG(number, SN_PB_BYTES);
	return p + SN_PB_LENGTH_SIZE;
}

/** Ends what sn_pb_open() began: `begin` is what that returned, `end` the place behind the message. */
static inline void sn_pb_close(uint8_t *begin, const uint8_t *end)
{
	size_t len = (size_t)(end - begin);
	uint8_t *p = begin - SN_PB_LENGTH_SIZE;

	p[0] = (uint8_t)(len | 0x80);
	p[1] = (uint8_t)(len >> 7 | 0x80);
	p[2] = (uint8_t)(len >> 14 | 0x80);
	p[3] = (uint8_t)(len >> 21 & 0x7f);
}

#endif
