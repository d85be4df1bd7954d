/* SPDX-License-Identifier: Apache-2.0 */
/** @file A borrowed view of bytes and access to it, big-endian and little-endian. Nothing here allocates. */
#ifndef SN_BASE_BYTES_H
#define SN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Bytes that somebody else owns. `data` may be NULL only when `len` is 0. */
struct sn_view {
	const uint8_t *data;
	size_t len;
};

static inline uint16_t sn_be16(const uint8_t *p)
{
	return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

static inline uint32_t sn_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t sn_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t sn_be64(const uint8_t *p)
{
	return (uint64_t)sn_be32(p) << 32 | sn_be32(p + 4);
}

static inline uint32_t sn_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t sn_le64(const uint8_t *p)
{
	return (uint64_t)sn_le32(p + 4) << 32 | sn_le32(p);
}

static inline void sn_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void sn_put_be32(uint8_t *p, uint32_t v)
{
	sn_put_be16(p, (uint16_t)(v >> 16));
	sn_put_be16(p + 2, (uint16_t)v);
}

static inline void sn_put_le64(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

#endif
