/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Reads pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng) from a stream of bytes. Frames are handed out
 * in place: one buffer is filled by the caller's `read`, a record that straddles its end is moved to the front before the rest is
 * read.
 */
#include "codec/pcapng.h"

#include <byteswap.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/macro.h"

#define BUFFER_SIZE    (1u << 20)
#define RECORD_MAX     (16u << 20) /* above it, a length is damage: the largest snap length in use is 256 KiB (USB: 128 MiB) */
#define INTERFACES_MAX 65536u	   /* per section: a hostile file may hold a million descriptions of 20 octets */
#define SECOND_NS      1000000000u

enum {
	PCAP_HEADER = 24,
	PCAP_RECORD = 16,
	PCAP_RECORD_MODIFIED = 24, /* and interface index, protocol, packet type (A. Kuznetsov's patch of 1999) */
	BLOCK_FRAME = 12,	   /* type and length in front, length behind */
};

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET_ENHANCED = 6,
	BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in either byte order */
};

enum scale {
	SCALE_MULTIPLY, /* ticks of 1 ns or longer, a power of ten */
	SCALE_DIVIDE,	/* shorter than 1 ns */
	SCALE_SHIFT,	/* a power of two */
};

struct interface {
	uint64_t factor; /* SCALE_MULTIPLY: ns per tick; SCALE_DIVIDE: ticks per ns; SCALE_SHIFT: log2 of the ticks per second */
	int64_t offset_s;
	uint32_t linktype;
	uint32_t snaplen; /* 0: no limit */
	uint8_t scale;
	bool usable; /* false: its description was malformed, it is here to keep the numbering */
};

struct sn_capture {
	uint8_t *buffer;
	size_t begin, end, capacity;
	sn_read_fn read;
	void *ctx;
	int (*next)(struct sn_capture *c, struct sn_frame *ret_frame);
	bool swapped; /* the file's (or section's) byte order is not this machine's */
	bool ended;
	int final; /* once ended: what every further call returns */
	struct sn_capture_stats stats;

	/* pcap */
	uint32_t linktype;
	uint32_t fraction_ns;
	uint32_t record_header;

	/* pcapng */
	struct interface *interfaces; /* of this section */
	uint32_t interface_count, interface_room;
	uint32_t interface_base; /* how many the sections before held */
	uint64_t last_time_ns;
};

/** A pcapng block without its frame of type and lengths. */
struct block {
	uint32_t type;
	struct sn_view body;
};

static inline uint16_t load16(const struct sn_capture *c, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return c->swapped ? bswap_16(v) : v;
}

static inline uint32_t load32(const struct sn_capture *c, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return c->swapped ? bswap_32(v) : v;
}

static inline uint64_t load64(const struct sn_capture *c, const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return c->swapped ? bswap_64(v) : v;
}

/** Room for `size` bytes from `begin` on. The capacity doubles, so a file of rising record sizes is not copied at each. */
static int buffer_make_room(struct sn_capture *c, size_t size)
{
	size_t held = c->end - c->begin;
	size_t capacity = c->capacity;
	uint8_t *grown;

	if (c->begin + size <= c->capacity)
		return 0;
	if (size <= c->capacity) {
		memmove(c->buffer, c->buffer + c->begin, held);
	} else {
		while (capacity < size)
			capacity *= 2;
		grown = malloc(capacity);
		if (!grown)
			return -ENOMEM;
		memcpy(grown, c->buffer + c->begin, held);
		free(c->buffer);
		c->buffer = grown;
		c->capacity = capacity;
	}
	c->begin = 0;
	c->end = held;
	return 0;
}

/** @return 1: `size` bytes stand at `begin`; 0: the stream ends before; negative: what `read` returned, nothing is lost by it. */
static int buffer_fill(struct sn_capture *c, size_t size)
{
	int r = buffer_make_room(c, size);

	if (r)
		return r;
	while (c->end - c->begin < size) {
		int64_t n;

		if (c->begin == c->end)
			c->begin = c->end = 0;
		n = c->read(c->ctx, c->buffer + c->end, c->capacity - c->end);
		if (n < 0)
			return (int)n;
		if (!n)
			return 0;
		c->end += (size_t)n;
	}
	return 1;
}

static inline int buffer_need(struct sn_capture *c, size_t size)
{
	return SN_LIKELY(c->end - c->begin >= size) ? 1 : buffer_fill(c, size);
}

static inline void buffer_consume(struct sn_capture *c, size_t size)
{
	c->begin += size;
	c->stats.bytes += size;
}

static int capture_end(struct sn_capture *c, int final)
{
	c->ended = true;
	c->final = final;
	return final;
}

/** The stream ended; what is left over is the beginning of a record. */
static int capture_end_of_stream(struct sn_capture *c)
{
	c->stats.truncated = c->end > c->begin;
	buffer_consume(c, c->end - c->begin);
	return capture_end(c, 0);
}

/* ---- pcap ---- */

static int pcap_next(struct sn_capture *c, struct sn_frame *ret_frame)
{
	uint32_t captured;
	const uint8_t *p;
	int r;

	r = buffer_need(c, c->record_header);
	if (SN_UNLIKELY(r <= 0))
		return r ? r : capture_end_of_stream(c);
	captured = load32(c, c->buffer + c->begin + 8);
	if (SN_UNLIKELY(captured > RECORD_MAX - PCAP_RECORD_MODIFIED))
		return capture_end(c, -EBADMSG);
	r = buffer_need(c, c->record_header + captured);
	if (SN_UNLIKELY(r <= 0))
		return r ? r : capture_end_of_stream(c);

	p = c->buffer + c->begin;
	*ret_frame = (struct sn_frame) {
		.data = { p + c->record_header, captured },
		.time_ns = (uint64_t)load32(c, p) * SECOND_NS + (uint64_t)load32(c, p + 4) * c->fraction_ns,
		.linktype = c->linktype,
		.wire_len = load32(c, p + 12),
	};
	buffer_consume(c, c->record_header + captured);
	c->stats.frames++;
	return 1;
}

/** @return 1: the magic number is one of pcap's, and the fields it decides are set; 0: it is not. */
static int pcap_magic(struct sn_capture *c)
{
	static const struct {
		uint32_t magic, fraction_ns, record_header;
	} kinds[] = {
		{ 0xa1b2c3d4, 1000, PCAP_RECORD },
		{ 0xa1b23c4d, 1, PCAP_RECORD },
		{ 0xa1b2cd34, 1000, PCAP_RECORD_MODIFIED },
	};
	uint32_t magic;

	memcpy(&magic, c->buffer, sizeof(magic));
	for (size_t n = 0; n < SN_ARRAY_SIZE(kinds); n++) {
		if (magic != kinds[n].magic && magic != bswap_32(kinds[n].magic))
			continue;
		c->swapped = magic != kinds[n].magic;
		c->fraction_ns = kinds[n].fraction_ns;
		c->record_header = kinds[n].record_header;
		c->next = pcap_next;
		return 1;
	}
	return 0;
}

static int pcap_open(struct sn_capture *c, struct sn_diag *reterr)
{
	int r = buffer_need(c, PCAP_HEADER);

	if (r < 0)
		return r;
	if (!r)
		return sn_diag_set(reterr, -EBADMSG, "a pcap file that ends within its header, after %zu bytes",
				   c->end - c->begin);
	if (load16(c, c->buffer + 4) != 2)
		return sn_diag_set(reterr, -EBADMSG, "a pcap file of version %u.%u, only 2 is known", load16(c, c->buffer + 4),
				   load16(c, c->buffer + 6));
	c->linktype = load32(c, c->buffer + 20) & 0xffff; /* the upper half tells about frame check sequences */
	buffer_consume(c, PCAP_HEADER);
	return 0;
}

/* ---- pcapng ---- */

/** 128 bits hold any product and sum here; a time before 1970 or after 2554 becomes the nearest one that there is. */
static uint64_t ticks_to_ns(const struct interface *interface, uint64_t ticks)
{
	__int128 ns = 0;
	uint64_t simple;

	if (SN_LIKELY(interface->scale == SCALE_MULTIPLY && !interface->offset_s &&
		      !__builtin_mul_overflow(ticks, interface->factor, &simple)))
		return simple;
	switch (interface->scale) {
	case SCALE_MULTIPLY:
		ns = (__int128)ticks * interface->factor;
		break;
	case SCALE_DIVIDE:
		ns = ticks / interface->factor;
		break;
	case SCALE_SHIFT:
		ns = ((__int128)ticks * SECOND_NS) >> interface->factor;
		break;
	}
	ns += (__int128)interface->offset_s * SECOND_NS;
	if (ns < 0)
		return 0;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/** if_tsresol: the top bit chooses between 2 and 10, the others are the negative exponent. */
static void interface_set_resolution(struct interface *interface, uint8_t tsresol)
{
	unsigned int exponent = tsresol & 0x7f;
	unsigned int nines = exponent > 9 ? exponent - 9 : 9 - exponent;

	if (tsresol & 0x80) {
		interface->scale = SCALE_SHIFT;
		interface->factor = exponent;
		return;
	}
	interface->scale = exponent > 9 ? SCALE_DIVIDE : SCALE_MULTIPLY;
	/* 10^19 is the last power below 2^64; with finer ticks all of 64 bits are less than 2 ns. */
	interface->factor = nines > 19 ? UINT64_MAX : 1;
	for (; nines && nines <= 19; nines--)
		interface->factor *= 10;
}

/** The options that bear on time; one that does not fit its block ends the walk, the interface stays usable. */
static void interface_read_options(const struct sn_capture *c, struct interface *interface, struct sn_view options)
{
	enum { END = 0, TSRESOL = 9, TSOFFSET = 14 };

	while (options.len >= 4) {
		uint16_t code = load16(c, options.data);
		uint16_t len = load16(c, options.data + 2);
		size_t padded = 4 + ((size_t)len + 3) / 4 * 4;

		if (code == END || options.len < 4 + (size_t)len)
			return;
		if (code == TSRESOL && len == 1)
			interface_set_resolution(interface, options.data[4]);
		if (code == TSOFFSET && len == 8)
			interface->offset_s = (int64_t)load64(c, options.data + 4);
		padded = SN_MIN(padded, options.len);
		options.data += padded;
		options.len -= padded;
	}
}

static int interface_add(struct sn_capture *c, struct sn_view body)
{
	struct interface interface = { .usable = body.len >= 8 };

	if (c->interface_count == INTERFACES_MAX) {
		c->stats.bad_blocks++;
		return 0;
	}
	if (c->interface_count == c->interface_room) {
		uint32_t room = c->interface_room ? c->interface_room * 2 : 8;
		struct interface *grown = realloc(c->interfaces, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->interfaces = grown;
		c->interface_room = room;
	}
	interface_set_resolution(&interface, 6);
	if (interface.usable) {
		interface.linktype = load16(c, body.data);
		interface.snaplen = load32(c, body.data + 4);
		interface_read_options(c, &interface, (struct sn_view) { body.data + 8, body.len - 8 });
	} else {
		c->stats.bad_blocks++;
	}
	c->interfaces[c->interface_count++] = interface;
	return 0;
}

/** Begins a section: its byte order was found by block_take. @return 0 or -EBADMSG. */
static int section_begin(struct sn_capture *c, struct sn_view body)
{
	if (body.len < 16)
		return -EBADMSG;
	if (load16(c, body.data + 4) != 1)
		return -EBADMSG;
	c->interface_base += c->interface_count;
	c->interface_count = 0;
	return 0;
}

/** Sets the byte order by a section header that stands at `begin`. */
static int section_byte_order(struct sn_capture *c)
{
	static const uint32_t order = 0x1a2b3c4d;
	uint32_t v;

	memcpy(&v, c->buffer + c->begin + 8, sizeof(v));
	if (v != order && v != bswap_32(order))
		return -EBADMSG;
	c->swapped = v != order;
	return 0;
}

/** Takes the next block off the stream. @return 1: a block; 0: the stream ended; -EBADMSG: no way to find the block after it. */
static inline int block_take(struct sn_capture *c, struct block *ret_block)
{
	uint32_t type, length, padded;
	const uint8_t *p;
	int r;

	r = buffer_need(c, BLOCK_FRAME);
	if (SN_UNLIKELY(r <= 0))
		return r;
	p = c->buffer + c->begin;
	type = load32(c, p);
	if (SN_UNLIKELY(type == BLOCK_SECTION) && section_byte_order(c))
		return -EBADMSG;
	length = load32(c, p + 4);
	if (SN_UNLIKELY(length < BLOCK_FRAME || length > RECORD_MAX))
		return -EBADMSG;
	/* Some writers leave the padding out of the length, though it is there. */
	padded = (length + 3) & ~3u;
	r = buffer_need(c, padded);
	if (SN_UNLIKELY(r <= 0))
		return r;
	p = c->buffer + c->begin;
	if (SN_UNLIKELY(load32(c, p + padded - 4) != length))
		return -EBADMSG;
	*ret_block = (struct block) { type, { p + 8, padded - BLOCK_FRAME } };
	buffer_consume(c, padded);
	return 1;
}

static bool packet_enhanced(struct sn_capture *c, const struct block *block, struct sn_frame *ret_frame)
{
	const struct interface *interface;
	const uint8_t *p = block->body.data;
	uint32_t id, captured;

	if (SN_UNLIKELY(block->body.len < 20))
		return false;
	/* The obsolete block spends 16 of the 32 bits of the interface on a count of drops. */
	id = SN_LIKELY(block->type == BLOCK_PACKET_ENHANCED) ? load32(c, p) : load16(c, p);
	captured = load32(c, p + 12);
	if (SN_UNLIKELY(id >= c->interface_count || captured > block->body.len - 20))
		return false;
	interface = &c->interfaces[id];
	if (SN_UNLIKELY(!interface->usable))
		return false;
	*ret_frame = (struct sn_frame) {
		.data = { p + 20, captured },
		.time_ns = ticks_to_ns(interface, (uint64_t)load32(c, p + 4) << 32 | load32(c, p + 8)),
		.linktype = interface->linktype,
		.interface = c->interface_base + id,
		.wire_len = load32(c, p + 16),
	};
	return true;
}

/** Simple Packet Block: of the section's first interface, and the captured length follows from the snap length. */
static bool packet_simple(struct sn_capture *c, const struct block *block, struct sn_frame *ret_frame)
{
	const struct interface *interface = c->interfaces;
	uint32_t wire_len, captured;

	if (block->body.len < 4 || !c->interface_count || !interface->usable)
		return false;
	wire_len = captured = load32(c, block->body.data);
	if (interface->snaplen)
		captured = SN_MIN(captured, interface->snaplen);
	if (captured > block->body.len - 4)
		return false;
	*ret_frame = (struct sn_frame) {
		.data = { block->body.data + 4, captured },
		.time_ns = c->last_time_ns, /* it has none of its own */
		.linktype = interface->linktype,
		.interface = c->interface_base,
		.wire_len = wire_len,
	};
	return true;
}

/** Reads one block. @return 1: it held a frame; 0: it did not; negative: the capture cannot be read on. */
static int block_read(struct sn_capture *c, const struct block *block, struct sn_frame *ret_frame)
{
	bool good;

	switch (block->type) {
	case BLOCK_PACKET_ENHANCED:
	case BLOCK_PACKET_OBSOLETE:
		good = packet_enhanced(c, block, ret_frame);
		break;
	case BLOCK_PACKET_SIMPLE:
		good = packet_simple(c, block, ret_frame);
		break;
	case BLOCK_INTERFACE:
		return interface_add(c, block->body);
	case BLOCK_SECTION:
		return section_begin(c, block->body);
	default:
		c->stats.skipped_blocks++;
		return 0;
	}
	if (SN_UNLIKELY(!good)) {
		c->stats.bad_blocks++;
		return 0;
	}
	c->last_time_ns = ret_frame->time_ns;
	c->stats.frames++;
	return 1;
}

static int pcapng_next(struct sn_capture *c, struct sn_frame *ret_frame)
{
	struct block block;
	int r;

	do {
		r = block_take(c, &block);
		if (SN_UNLIKELY(!r))
			return capture_end_of_stream(c);
		if (SN_LIKELY(r > 0))
			r = block_read(c, &block, ret_frame);
	} while (!r);
	return r == -EBADMSG ? capture_end(c, r) : r;
}

static int pcapng_open(struct sn_capture *c, struct sn_diag *reterr)
{
	struct block block;
	int r = block_take(c, &block);

	if (!r)
		return sn_diag_set(reterr, -EBADMSG, "a pcapng file that ends within its header, after %zu bytes",
				   c->end - c->begin);
	if (r > 0)
		r = section_begin(c, block.body);
	if (r == -EBADMSG)
		return sn_diag_set(reterr, r, "a pcapng file whose section header is damaged or of a version other than 1");
	c->next = pcapng_next;
	return r;
}

/* ---- the object ---- */

/** Says what the file begins with, and what that is where it is something often met. */
static int diag_not_a_capture(struct sn_diag *reterr, struct sn_view head)
{
	static const struct {
		const char *magic, *name;
	} others[] = {
		{ "\x1f\x8b", "gzip" },
		{ "\x28\xb5\x2f\xfd", "zstd" },
		{ "\xfd\x37zXZ", "xz" },
		{ "BZh", "bzip2" },
		{ "\x04\x22\x4d\x18", "lz4" },
		{ "PK\x03\x04", "zip" },
		{ "snoop", "snoop" },
		{ "\x7f\x45LF", "an executable" },
		{ "GMBU", "Network Monitor" },
		{ "RTSS", "Network Monitor" },
		{ "TRSNIFF data", "the Sniffer" },
		{ "SQLite format 3", "an SQLite database" },
	};
	const char *name = NULL;
	size_t len = SN_MIN(head.len, 16u), printable = 0;
	char text[3 * 16 + 1] = "";

	for (size_t n = 0; n < SN_ARRAY_SIZE(others) && !name; n++)
		if (head.len >= strlen(others[n].magic) && !memcmp(head.data, others[n].magic, strlen(others[n].magic)))
			name = others[n].name;
	while (printable < len && head.data[printable] < 0x80 && isprint(head.data[printable]))
		printable++;
	if (printable >= SN_MIN(len, 4u)) {
		len = printable;
		snprintf(text, sizeof(text), "\"%.*s\"", (int)len, (const char *)head.data);
	} else {
		len = SN_MIN(len, 8u);
		for (size_t n = 0; n < len; n++)
			snprintf(text + 3 * n, sizeof(text) - 3 * n, n + 1 < len ? "%02x " : "%02x", head.data[n]);
	}
	return sn_diag_set(reterr, -EBADMSG, "not a pcap or pcapng file: begins with %s%s%s%s", text, name ? " (" : "",
			   name ? name : "", name ? ")" : "");
}

static int capture_read_head(struct sn_capture *c, struct sn_diag *reterr)
{
	static const uint8_t section[4] = { 0x0a, 0x0d, 0x0d, 0x0a };
	int r = buffer_need(c, 4);

	if (r < 0)
		return r;
	if (c->end == c->begin)
		return sn_diag_set(reterr, -EBADMSG, "not a pcap or pcapng file: it is empty");
	if (r && pcap_magic(c))
		return pcap_open(c, reterr);
	if (r && !memcmp(c->buffer, section, sizeof(section)))
		return pcapng_open(c, reterr);
	/* More of the head makes a better sentence, but a failure to get it is not what went wrong. */
	if (r)
		buffer_need(c, 16);
	return diag_not_a_capture(reterr, (struct sn_view) { c->buffer + c->begin, c->end - c->begin });
}

int sn_capture_open(sn_read_fn read, void *ctx, struct sn_capture **ret_capture, struct sn_diag *reterr)
{
	struct sn_capture *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->read = read;
	c->ctx = ctx;
	c->capacity = BUFFER_SIZE;
	c->buffer = malloc(BUFFER_SIZE);
	r = c->buffer ? capture_read_head(c, reterr) : -ENOMEM;
	if (r) {
		sn_capture_free(c);
		return r;
	}
	*ret_capture = c;
	return 0;
}

int sn_capture_next(struct sn_capture *capture, struct sn_frame *ret_frame)
{
	if (SN_UNLIKELY(capture->ended))
		return capture->final;
	return capture->next(capture, ret_frame);
}

const struct sn_capture_stats *sn_capture_stats(const struct sn_capture *capture)
{
	return &capture->stats;
}

struct sn_capture *sn_capture_free(struct sn_capture *capture)
{
	if (!capture)
		return NULL;
	free(capture->buffer);
	free(capture->interfaces);
	free(capture);
	return NULL;
}
