/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Octets as the store writes them into its blobs: a growing buffer, numbers of variable length (LEB128), texts with their
 * length in front, and a reader that never passes the end. Nothing here depends on the order of octets of the machine.
 */
#ifndef SN_CONTROLLER_STORE_BITS_H
#define SN_CONTROLLER_STORE_BITS_H

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"

/** Grows as needed; zero-initialise, free with sn_store_buffer_fini. `failed` sticks after an allocation failed. */
struct sn_store_buffer {
	uint8_t *data;
	size_t len, size;
	bool failed;
};

static inline void sn_store_buffer_fini(struct sn_store_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct sn_store_buffer) { 0 };
}

/** Empties it and keeps its room. */
static inline void sn_store_buffer_clear(struct sn_store_buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
}

/** Room for `len` more octets. @return where they go, NULL without memory. */
static inline uint8_t *sn_store_buffer_room(struct sn_store_buffer *buffer, size_t len)
{
	if (buffer->size - buffer->len < len) {
		size_t size = (buffer->len + len) * 2 + 256;
		uint8_t *data = buffer->failed ? NULL : realloc(buffer->data, size);

		if (!data) {
			buffer->failed = true;
			return NULL;
		}
		buffer->data = data;
		buffer->size = size;
	}
	return buffer->data + buffer->len;
}

static inline void sn_store_put(struct sn_store_buffer *buffer, const void *data, size_t len)
{
	uint8_t *room = sn_store_buffer_room(buffer, len);

	if (!room)
		return;
	if (len)
		memcpy(room, data, len);
	buffer->len += len;
}

static inline void sn_store_put_u8(struct sn_store_buffer *buffer, uint8_t value)
{
	sn_store_put(buffer, &value, 1);
}

#define SN_STORE_NUMBER_MAX 10 /* octets of the longest number */

static inline void sn_store_put_number(struct sn_store_buffer *buffer, uint64_t value)
{
	uint8_t *room = sn_store_buffer_room(buffer, SN_STORE_NUMBER_MAX);
	size_t len = 0;

	if (!room)
		return;
	for (; value >= 0x80; value >>= 7)
		room[len++] = (uint8_t)(value | 0x80);
	room[len++] = (uint8_t)value;
	buffer->len += len;
}

/** A number that may be negative, small either way (zigzag). */
static inline void sn_store_put_signed(struct sn_store_buffer *buffer, int64_t value)
{
	sn_store_put_number(buffer, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static inline void sn_store_put_view(struct sn_store_buffer *buffer, struct sn_view view)
{
	sn_store_put_number(buffer, view.len);
	sn_store_put(buffer, view.data, view.len);
}

/** Reads on; `bad` sticks once something passed the end, and everything read from then on is 0. */
struct sn_store_reader {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct sn_store_reader sn_store_reader_of(struct sn_view view)
{
	static const uint8_t nothing;
	const uint8_t *data = view.data ? view.data : &nothing;

	return (struct sn_store_reader) { data, data + view.len, false };
}

static inline uint8_t sn_store_get_u8(struct sn_store_reader *reader)
{
	if (reader->at >= reader->end) {
		reader->bad = true;
		return 0;
	}
	return *reader->at++;
}

static inline uint64_t sn_store_get_number(struct sn_store_reader *reader)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t octet = sn_store_get_u8(reader);

		value |= shift < 64 ? (uint64_t)(octet & 0x7f) << shift : 0;
		if (!(octet & 0x80))
			return value;
	}
	reader->bad = true;
	return 0;
}

static inline int64_t sn_store_get_signed(struct sn_store_reader *reader)
{
	uint64_t value = sn_store_get_number(reader);

	return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static inline struct sn_view sn_store_get(struct sn_store_reader *reader, uint64_t len)
{
	struct sn_view view = { reader->at, (size_t)len };

	if (reader->bad || len > (uint64_t)(reader->end - reader->at)) {
		reader->bad = true;
		return (struct sn_view) { reader->at, 0 };
	}
	reader->at += len;
	return view;
}

static inline struct sn_view sn_store_get_view(struct sn_store_reader *reader)
{
	return sn_store_get(reader, sn_store_get_number(reader));
}

static inline bool sn_store_same(struct sn_view a, struct sn_view b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static inline struct sn_view sn_store_text(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, text ? strlen(text) : 0 };
}

/**
 * A hash that is the same on every machine and in every version: it stands in files. An outsider can make two texts meet in it;
 * that costs time, never a wrong answer.
 */
static inline uint64_t sn_store_hash(uint64_t seed, struct sn_view view)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ seed * 0x9e3779b97f4a7c15ull;
	const uint8_t *p = view.data;
	size_t len = view.len;

	for (; len >= 4; len -= 4, p += 4) {
		hash = (hash ^ sn_be32(p)) * 0x9fb21c651e98df25ull;
		hash ^= hash >> 29;
	}
	for (; len; len--)
		hash = (hash ^ *p++) * 0x9fb21c651e98df25ull;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

#endif
