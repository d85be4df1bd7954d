/* SPDX-License-Identifier: Apache-2.0 */
/** @file A capture file in memory: written in either byte order, read in pieces of a chosen size with failures in between. */
#ifndef SN_TESTS_UNIT_CAPTURE_FILE_H
#define SN_TESTS_UNIT_CAPTURE_FILE_H

#include "test.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/macro.h"

struct file {
	uint8_t *data;
	size_t len, room;
	bool big_endian;
	size_t block; /* where the open block begins */
	/* reading */
	size_t at, chunk;
	int fail_every; /* every n-th read fails with -EAGAIN */
	int reads;
};

static inline void put(struct file *f, const void *data, size_t len)
{
	if (f->len + len > f->room) {
		f->room = (f->len + len) * 2;
		f->data = realloc(f->data, f->room);
		assert_non_null(f->data);
	}
	if (len)
		memcpy(f->data + f->len, data, len);
	f->len += len;
}

static inline void put_number(struct file *f, uint64_t v, int size)
{
	uint8_t octets[8];

	for (int n = 0; n < size; n++)
		octets[f->big_endian ? size - 1 - n : n] = (uint8_t)(v >> 8 * n);
	put(f, octets, (size_t)size);
}

#define put8(f, v)  put_number(f, v, 1)
#define put16(f, v) put_number(f, v, 2)
#define put32(f, v) put_number(f, v, 4)
#define put64(f, v) put_number(f, v, 8)

static inline void set32(struct file *f, size_t at, uint32_t v)
{
	size_t len = f->len;

	f->len = at;
	put32(f, v);
	f->len = len;
}

static inline void put_pattern(struct file *f, size_t len, uint8_t seed)
{
	for (size_t n = 0; n < len; n++) {
		uint8_t octet = (uint8_t)(seed + n);

		put(f, &octet, 1);
	}
}

static inline void block_begin(struct file *f, uint32_t type)
{
	f->block = f->len;
	put32(f, type);
	put32(f, 0);
}

static inline void block_end(struct file *f)
{
	while (f->len % 4)
		put8(f, 0);
	set32(f, f->block + 4, (uint32_t)(f->len - f->block + 4));
	put32(f, (uint32_t)(f->len - f->block + 4));
}

static inline void put_section(struct file *f)
{
	block_begin(f, 0x0a0d0d0a);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put64(f, UINT64_MAX);
	block_end(f);
}

static inline void put_interface(struct file *f, uint16_t linktype, uint32_t snaplen)
{
	block_begin(f, 1);
	put16(f, linktype);
	put16(f, 0);
	put32(f, snaplen);
	block_end(f);
}

static inline void put_interface_clock(struct file *f, uint16_t linktype, uint8_t tsresol, int64_t tsoffset)
{
	block_begin(f, 1);
	put16(f, linktype);
	put16(f, 0);
	put32(f, 0);
	put16(f, 2); /* if_name, of a length that needs padding */
	put16(f, 3);
	put32(f, 0);
	put16(f, 9);
	put16(f, 1);
	put(f, (uint8_t[4]) { tsresol }, 4);
	put16(f, 14);
	put16(f, 8);
	put64(f, (uint64_t)tsoffset);
	put32(f, 0);
	block_end(f);
}

static inline void put_enhanced(struct file *f, uint32_t interface, uint64_t ticks, uint32_t len, uint8_t seed)
{
	block_begin(f, 6);
	put32(f, interface);
	put32(f, (uint32_t)(ticks >> 32));
	put32(f, (uint32_t)ticks);
	put32(f, len);
	put32(f, len + 100);
	put_pattern(f, len, seed);
	block_end(f);
}

static inline void put_pcap_header(struct file *f, uint32_t magic, uint32_t linktype)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, linktype);
}

static inline void put_pcap_record(struct file *f, uint32_t sec, uint32_t fraction, uint32_t len, uint8_t seed)
{
	put32(f, sec);
	put32(f, fraction);
	put32(f, len);
	put32(f, len + 100);
	put_pattern(f, len, seed);
}

static inline int64_t file_read(void *ctx, uint8_t *ret_data, size_t size)
{
	struct file *f = ctx;
	size_t n = SN_MIN(size, f->len - f->at);

	if (f->fail_every && ++f->reads % f->fail_every == 0)
		return -EAGAIN;
	if (f->chunk)
		n = SN_MIN(n, f->chunk);
	if (n)
		memcpy(ret_data, f->data + f->at, n);
	f->at += n;
	return (int64_t)n;
}

static inline void file_done(struct file *f)
{
	free(f->data);
	*f = (struct file) { 0 };
}

#endif
