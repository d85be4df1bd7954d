/* SPDX-License-Identifier: Apache-2.0 */
/** @file Writes SCTP packets (RFC 9260 3): begin, chunks one after the other, end (which sets the checksum). */
#ifndef SN_TESTS_UNIT_SCTP_BUILD_H
#define SN_TESTS_UNIT_SCTP_BUILD_H

#include "base/crc32c.h"

#define SCTP_B 0x02
#define SCTP_E 0x01
#define SCTP_U 0x04

struct sctp_build {
	size_t len;
	uint8_t data[65536];
};

static inline void sctp_begin(struct sctp_build *b, uint16_t sport, uint16_t dport, uint32_t vtag)
{
	sn_put_be16(b->data, sport);
	sn_put_be16(b->data + 2, dport);
	sn_put_be32(b->data + 4, vtag);
	sn_put_be32(b->data + 8, 0);
	b->len = 12;
}

/** Appends a chunk whose body has a fixed part and a variable one; pads it. */
static inline void sctp_chunk2(struct sctp_build *b, uint8_t type, uint8_t flags, const void *fixed, size_t fixed_len,
			       const void *rest, size_t rest_len)
{
	uint8_t *p = b->data + b->len;

	p[0] = type;
	p[1] = flags;
	sn_put_be16(p + 2, (uint16_t)(4 + fixed_len + rest_len));
	if (fixed_len)
		memcpy(p + 4, fixed, fixed_len);
	if (rest_len)
		memcpy(p + 4 + fixed_len, rest, rest_len);
	b->len += 4 + fixed_len + rest_len;
	while (b->len % 4)
		b->data[b->len++] = 0;
}

static inline void sctp_chunk(struct sctp_build *b, uint8_t type, uint8_t flags, const void *body, size_t len)
{
	sctp_chunk2(b, type, flags, body, len, NULL, 0);
}

static inline void sctp_data(struct sctp_build *b, uint8_t flags, uint32_t tsn, uint16_t stream, uint16_t ssn, uint32_t ppid,
			     const void *data, size_t len)
{
	uint8_t head[12];

	sn_put_be32(head, tsn);
	sn_put_be16(head + 4, stream);
	sn_put_be16(head + 6, ssn);
	sn_put_be32(head + 8, ppid);
	sctp_chunk2(b, 0, flags, head, sizeof(head), data, len);
}

/** `number` is the PPID of the first fragment and the FSN of the others (RFC 8260 2.1). */
static inline void sctp_idata(struct sctp_build *b, uint8_t flags, uint32_t tsn, uint16_t stream, uint32_t mid, uint32_t number,
			      const void *data, size_t len)
{
	uint8_t head[16] = { 0 };

	sn_put_be32(head, tsn);
	sn_put_be16(head + 4, stream);
	sn_put_be32(head + 8, mid);
	sn_put_be32(head + 12, number);
	sctp_chunk2(b, 64, flags, head, sizeof(head), data, len);
}

/** INIT (type 1) or INIT ACK (type 2). */
static inline void sctp_init(struct sctp_build *b, uint8_t type, uint32_t tag, uint32_t tsn)
{
	uint8_t body[16];

	sn_put_be32(body, tag);
	sn_put_be32(body + 4, 106496);
	sn_put_be16(body + 8, 10);
	sn_put_be16(body + 10, 10);
	sn_put_be32(body + 12, tsn);
	sctp_chunk(b, type, 0, body, sizeof(body));
}

static inline void sctp_sack(struct sctp_build *b, uint32_t tsn)
{
	uint8_t body[12] = { 0 };

	sn_put_be32(body, tsn);
	sn_put_be32(body + 4, 106496);
	sctp_chunk(b, 3, 0, body, sizeof(body));
}

/** FORWARD TSN with one entry (RFC 3758 3.2). */
static inline void sctp_forward_tsn(struct sctp_build *b, uint32_t tsn, uint16_t stream, uint16_t ssn)
{
	uint8_t body[8];

	sn_put_be32(body, tsn);
	sn_put_be16(body + 4, stream);
	sn_put_be16(body + 6, ssn);
	sctp_chunk(b, 192, 0, body, sizeof(body));
}

/** I-FORWARD TSN with one entry (RFC 8260 2.3.1). */
static inline void sctp_i_forward_tsn(struct sctp_build *b, uint32_t tsn, uint16_t stream, bool unordered, uint32_t mid)
{
	uint8_t body[12] = { 0 };

	sn_put_be32(body, tsn);
	sn_put_be16(body + 4, stream);
	body[7] = unordered;
	sn_put_be32(body + 8, mid);
	sctp_chunk(b, 194, 0, body, sizeof(body));
}

static inline void sctp_end(struct sctp_build *b)
{
	uint32_t crc;

	sn_put_be32(b->data + 8, 0);
	crc = sn_crc32c(0, (struct sn_view) { b->data, b->len });
	for (int i = 0; i < 4; i++)
		b->data[8 + i] = (uint8_t)(crc >> 8 * i);
}

#endif
