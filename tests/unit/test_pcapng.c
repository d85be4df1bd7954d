/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The capture reader against files made by hand (every magic number, byte order, block type and clock; cut and lying), and
 * against the recordings, of which tshark says how many frames they hold and when the first and the last were seen.
 */
#include "capture_file.h"

#include "codec/pcapng.h"

static struct sn_capture *open_good(struct file *f)
{
	struct sn_capture *capture = NULL;
	struct sn_diag diag = { 0 };

	f->at = 0;
	assert_int_equal(sn_capture_open(file_read, f, &capture, &diag), 0);
	assert_non_null(capture);
	assert_string_equal(diag.text, "");
	return capture;
}

static void assert_pattern(struct sn_view data, size_t len, uint8_t seed)
{
	assert_int_equal(data.len, len);
	for (size_t n = 0; n < len; n++)
		if (data.data[n] != (uint8_t)(seed + n))
			fail_msg("octet %zu of %zu is wrong", n, len);
}

static void assert_end(struct sn_capture *capture, const struct file *f, uint64_t frames)
{
	struct sn_frame frame;

	assert_int_equal(sn_capture_next(capture, &frame), 0);
	assert_int_equal(sn_capture_next(capture, &frame), 0);
	assert_int_equal(sn_capture_stats(capture)->frames, frames);
	assert_int_equal(sn_capture_stats(capture)->bytes, f->len);
	assert_false(sn_capture_stats(capture)->truncated);
}

/* ---- pcap ---- */

static void test_pcap_magics(void **state)
{
	static const struct {
		uint32_t magic;
		bool big_endian;
		uint64_t fraction_ns;
	} rows[] = {
		{ 0xa1b2c3d4, false, 1000 }, { 0xa1b2c3d4, true, 1000 },  { 0xa1b23c4d, false, 1 },
		{ 0xa1b23c4d, true, 1 },     { 0xa1b2cd34, false, 1000 }, { 0xa1b2cd34, true, 1000 },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		struct file f = { .big_endian = rows[n].big_endian };
		struct sn_capture *capture;
		struct sn_frame frame;

		put_pcap_header(&f, rows[n].magic, 0xf4000000 | 113); /* with a frame check sequence's length */
		for (uint32_t record = 0; record < 3; record++) {
			size_t head = f.len;

			put_pcap_record(&f, 4000000000u + record, 999999, 60 + record, (uint8_t)record);
			if (rows[n].magic == 0xa1b2cd34) { /* eight more octets between head and data */
				f.len = head + 16;
				put64(&f, 7);
				put_pattern(&f, 60 + record, (uint8_t)record);
			}
		}
		capture = open_good(&f);
		for (uint32_t record = 0; record < 3; record++) {
			assert_int_equal(sn_capture_next(capture, &frame), 1);
			assert_true(frame.time_ns == (4000000000u + record) * 1000000000ull + 999999 * rows[n].fraction_ns);
			assert_int_equal(frame.linktype, 113);
			assert_int_equal(frame.interface, 0);
			assert_int_equal(frame.wire_len, 160 + record);
			assert_pattern(frame.data, 60 + record, (uint8_t)record);
		}
		assert_end(capture, &f, 3);
		sn_capture_free(capture);
		file_done(&f);
	}
}

static void test_pcap_lies(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;

	put_pcap_header(&f, 0xa1b2c3d4, 1);
	put_pcap_record(&f, 1, 2, 60, 0);
	put_pcap_record(&f, 1, 2, 60, 0);
	set32(&f, 24 + 76 + 8, 17u << 20);
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
	assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
	capture = sn_capture_free(capture);

	/* A length that could be true is not told from a file that was cut. */
	set32(&f, 24 + 76 + 8, 8u << 20);
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(sn_capture_next(capture, &frame), 0);
	assert_true(sn_capture_stats(capture)->truncated);
	assert_int_equal(sn_capture_stats(capture)->bytes, f.len);
	sn_capture_free(capture);
	file_done(&f);
}

/* ---- pcapng ---- */

/** Each block type in one file, both byte orders. */
static void test_block_types(void **state)
{
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct file f = { .big_endian = big_endian };
		struct sn_capture *capture;
		struct sn_frame frame;

		put_section(&f);
		put_interface(&f, 276, 50);
		put_enhanced(&f, 0, 0x0005f5e100123456ull, 33, 1);
		block_begin(&f, 4); /* names: no packet */
		put32(&f, 0);
		block_end(&f);
		block_begin(&f, 3); /* simple, cut by the snap length */
		put32(&f, 70);
		put_pattern(&f, 50, 2);
		block_end(&f);
		block_begin(&f, 3); /* simple, whole */
		put32(&f, 41);
		put_pattern(&f, 41, 3);
		block_end(&f);
		block_begin(&f, 2); /* obsolete */
		put16(&f, 0);
		put16(&f, 999); /* drops */
		put32(&f, 0);
		put32(&f, 77);
		put32(&f, 20);
		put32(&f, 21);
		put_pattern(&f, 20, 4);
		block_end(&f);
		block_begin(&f, 0x0bad); /* custom */
		put32(&f, 32473);
		block_end(&f);

		capture = open_good(&f);
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_true(frame.time_ns == 0x0005f5e100123456ull * 1000);
		assert_int_equal(frame.linktype, 276);
		assert_int_equal(frame.wire_len, 133);
		assert_pattern(frame.data, 33, 1);
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_true(frame.time_ns == 0x0005f5e100123456ull * 1000); /* that of the frame before */
		assert_int_equal(frame.wire_len, 70);
		assert_pattern(frame.data, 50, 2);
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_int_equal(frame.wire_len, 41);
		assert_pattern(frame.data, 41, 3);
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_int_equal(frame.time_ns, 77000);
		assert_int_equal(frame.wire_len, 21);
		assert_pattern(frame.data, 20, 4);
		assert_end(capture, &f, 4);
		assert_int_equal(sn_capture_stats(capture)->skipped_blocks, 2);
		assert_int_equal(sn_capture_stats(capture)->bad_blocks, 0);
		sn_capture_free(capture);
		file_done(&f);
	}
}

static void test_clocks(void **state)
{
	static const struct {
		uint8_t tsresol;
		uint64_t ticks;
		int64_t offset_s;
		uint64_t time_ns;
	} rows[] = {
		{ 0, 1795177956, 0, 1795177956000000000ull },
		{ 3, 1795177956901, 0, 1795177956901000000ull },
		{ 6, 1795177956901946, 0, 1795177956901946000ull },
		{ 9, 1795177956901946110, 0, 1795177956901946110ull },
		{ 12, 17951779569019461109u, 0, 17951779569019461ull },
		{ 19, UINT64_MAX, 0, 1844674407 },
		{ 28, UINT64_MAX, 0, 1 },
		{ 29, UINT64_MAX - 1, 0, 0 },
		{ 127, UINT64_MAX - 1, 0, 0 },
		{ 0x80, 5, 0, 5000000000ull },
		{ 0x80 | 10, 1536, 0, 1500000000ull },
		{ 0x80 | 30, 3ull << 29, 1795177956, 1795177957500000000ull },
		{ 0x80 | 32, 0x6b006b5480000000ull, 0, 0x6b006b54 * 1000000000ull + 500000000 },
		{ 0x80 | 63, UINT64_MAX, 0, 1999999999 },
		{ 0x80 | 127, UINT64_MAX, 0, 0 },
		{ 6, 5, 1000, 1000000005000ull },
		{ 6, 2000000, -1, 1000000000 },
		/* out of what 64 bits of nanoseconds can say */
		{ 6, 2000000, -3, 0 },
		{ 6, 0, INT64_MIN, 0 },
		{ 0, UINT64_MAX, 0, UINT64_MAX },
		{ 0, UINT64_MAX, INT64_MAX, UINT64_MAX },
		{ 6, UINT64_MAX, 0, UINT64_MAX },
		{ 0x80, UINT64_MAX, 0, UINT64_MAX },
	};

	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct file f = { .big_endian = big_endian };
		struct sn_capture *capture;
		struct sn_frame frame;

		put_section(&f);
		for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
			put_interface_clock(&f, (uint16_t)(100 + n), rows[n].tsresol, rows[n].offset_s);
			put_enhanced(&f, (uint32_t)n, rows[n].ticks, 4, 0);
		}
		capture = open_good(&f);
		for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
			assert_int_equal(sn_capture_next(capture, &frame), 1);
			assert_int_equal(frame.interface, n);
			assert_int_equal(frame.linktype, 100 + n);
			if (frame.time_ns != rows[n].time_ns)
				fail_msg("row %zu: %llu ns, not %llu", n, (unsigned long long)frame.time_ns,
					 (unsigned long long)rows[n].time_ns);
		}
		assert_end(capture, &f, SN_ARRAY_SIZE(rows));
		sn_capture_free(capture);
		file_done(&f);
	}
}

static void test_sections(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;

	put_section(&f);
	put_interface(&f, 1, 0);
	put_interface(&f, 101, 0);
	put_enhanced(&f, 1, 1, 10, 0);
	f.big_endian = true;
	put_section(&f);
	put_enhanced(&f, 0, 2, 10, 0); /* this section has described no interface yet */
	put_interface(&f, 113, 0);
	put_enhanced(&f, 0, 3, 10, 1);
	put_enhanced(&f, 1, 4, 10, 0); /* the second one was the first section's */
	f.big_endian = false;
	put_section(&f);
	put_interface(&f, 276, 0);
	put_enhanced(&f, 0, 5, 10, 2);

	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(frame.linktype, 101);
	assert_int_equal(frame.interface, 1);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(frame.linktype, 113);
	assert_int_equal(frame.interface, 2);
	assert_int_equal(frame.time_ns, 3000);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(frame.linktype, 276);
	assert_int_equal(frame.interface, 3);
	assert_end(capture, &f, 3);
	assert_int_equal(sn_capture_stats(capture)->bad_blocks, 2);
	sn_capture_free(capture);
	file_done(&f);
}

/** Blocks that are wrong inside are skipped, and the good one behind each is still read. */
static void test_bad_blocks(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;
	uint64_t bad = 0, good = 0;

	put_section(&f);
	block_begin(&f, 3); /* simple without an interface */
	put32(&f, 0);
	block_end(&f);
	bad++;
	block_begin(&f, 1); /* interface without a snap length; it keeps its number */
	put32(&f, 1);
	block_end(&f);
	bad++;
	put_interface(&f, 1, 0);
	put_enhanced(&f, 0, 0, 8, 0); /* of the interface that could not be read */
	bad++;
	put_enhanced(&f, 1, 1, 8, 1);
	good++;
	put_enhanced(&f, 1, 0, 8, 0);
	set32(&f, f.block + 20, 9); /* captured length beyond the block */
	bad++;
	put_enhanced(&f, 1, 2, 8, 2);
	good++;
	put_enhanced(&f, 1, 0, 8, 0);
	set32(&f, f.block + 20, UINT32_MAX);
	bad++;
	block_begin(&f, 6); /* too short for its fields */
	put64(&f, 0);
	put64(&f, 0);
	block_end(&f);
	bad++;
	block_begin(&f, 3); /* of the section's first interface, which could not be read */
	put32(&f, 100);
	put32(&f, 0);
	block_end(&f);
	bad++;
	block_begin(&f, 6);
	block_end(&f);
	bad++;
	put_enhanced(&f, 1, 3, 8, 3);
	good++;
	/* An option that runs out of its block: the interface keeps the clock it has. */
	block_begin(&f, 1);
	put32(&f, 101);
	put32(&f, 0);
	put16(&f, 9);
	put16(&f, 200);
	put32(&f, 9);
	block_end(&f);
	put_enhanced(&f, 2, 4, 8, 4);
	good++;

	/* The same of an interface that is good. */
	put_section(&f);
	put_interface(&f, 1, 50);
	block_begin(&f, 3);
	put32(&f, 100);
	put_pattern(&f, 48, 0);
	block_end(&f);
	bad++;
	put_enhanced(&f, 0, 5, 8, 5);
	good++;

	capture = open_good(&f);
	for (uint64_t n = 1; n <= good; n++) {
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_int_equal(frame.time_ns, n * 1000);
		assert_pattern(frame.data, 8, (uint8_t)n);
	}
	assert_int_equal(frame.interface, 3);
	assert_end(capture, &f, good);
	assert_int_equal(sn_capture_stats(capture)->bad_blocks, bad);
	sn_capture_free(capture);
	file_done(&f);
}

static void test_damaged_lengths(void **state)
{
	static const struct {
		size_t at; /* within the second packet's block of 40 octets */
		uint32_t value;
	} rows[] = {
		{ 4, 0 }, { 4, 11 }, { 4, (16u << 20) + 4 }, { 4, UINT32_MAX }, { 4, 36 }, { 36, 36 }, { 36, 0 }, { 4, 44 },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		struct file f = { 0 };
		struct sn_capture *capture;
		struct sn_frame frame;

		put_section(&f);
		put_interface(&f, 1, 0);
		put_enhanced(&f, 0, 1, 8, 0);
		put_enhanced(&f, 0, 2, 8, 0);
		set32(&f, f.block + rows[n].at, rows[n].value);
		put_enhanced(&f, 0, 3, 8, 0);
		capture = open_good(&f);
		assert_int_equal(sn_capture_next(capture, &frame), 1);
		assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
		assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
		assert_int_equal(sn_capture_stats(capture)->frames, 1);
		sn_capture_free(capture);
		file_done(&f);
	}
}

/** A section header in the middle that makes no sense ends the reading; a length without the padding does not. */
static void test_section_damage_and_padding(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;
	size_t second;

	put_section(&f);
	put_interface(&f, 1, 0);
	put_enhanced(&f, 0, 1, 9, 5);
	set32(&f, f.block + 4, 41);
	set32(&f, f.len - 4, 41);
	second = f.len;
	put_section(&f);
	put_interface(&f, 1, 0);
	put_enhanced(&f, 0, 2, 9, 6);

	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_pattern(frame.data, 9, 5);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_pattern(frame.data, 9, 6);
	assert_end(capture, &f, 2);
	sn_capture_free(capture);

	set32(&f, second + 8, 0x1a2b3c4e);
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
	sn_capture_free(capture);

	set32(&f, second + 8, 0x1a2b3c4d);
	set32(&f, second + 12, 2); /* version */
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(sn_capture_next(capture, &frame), -EBADMSG);
	sn_capture_free(capture);
	file_done(&f);
}

static void test_interface_limit(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;

	put_section(&f);
	for (int n = 0; n < 65537; n++)
		put_interface(&f, 1, 0);
	put_enhanced(&f, 65535, 1, 8, 0);
	put_enhanced(&f, 65536, 1, 8, 0);
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(frame.interface, 65535);
	assert_end(capture, &f, 1);
	assert_int_equal(sn_capture_stats(capture)->bad_blocks, 2);
	sn_capture_free(capture);
	file_done(&f);
}

/* ---- the stream ---- */

static void fill_mixed(struct file *f)
{
	put_section(f);
	put_interface(f, 1, 0);
	put_interface_clock(f, 101, 9, 0);
	put_enhanced(f, 0, 1, 13, 1);
	block_begin(f, 5);
	put64(f, 0);
	put32(f, 0);
	block_end(f);
	put_enhanced(f, 1, 2, 40, 2);
	f->big_endian = !f->big_endian;
	put_section(f);
	put_interface(f, 1, 0);
	put_enhanced(f, 0, 3, 0, 3);
	f->big_endian = !f->big_endian;
}

/** Cuts the file at every octet. `ends` holds where each record ends; `frame_ends` marks those that hold a frame. */
static void cut_everywhere(struct file *f, size_t head, const size_t *ends, const bool *frame_ends, size_t count)
{
	size_t whole = f->len;

	for (size_t cut = 0; cut <= whole; cut++) {
		struct sn_capture *capture = NULL;
		struct sn_diag diag = { 0 };
		uint64_t frames = 0, expected = 0;
		bool clean = cut == head;
		struct sn_frame frame;
		int r;

		f->len = cut;
		f->at = 0;
		f->chunk = cut % 3 ? cut % 17 : 0;
		for (size_t n = 0; n < count && ends[n] <= cut; n++) {
			expected += frame_ends[n];
			clean = ends[n] == cut;
		}
		r = sn_capture_open(file_read, f, &capture, &diag);
		assert_int_equal(r, cut < head ? -EBADMSG : 0);
		if (r) {
			assert_null(capture);
			assert_true(strlen(diag.text) > 0);
			continue;
		}
		while ((r = sn_capture_next(capture, &frame)) == 1)
			frames++;
		assert_int_equal(r, 0);
		assert_int_equal(frames, expected);
		assert_int_equal(sn_capture_stats(capture)->truncated, !clean);
		assert_int_equal(sn_capture_stats(capture)->bytes, cut);
		sn_capture_free(capture);
	}
	f->len = whole;
	f->chunk = 0;
}

static void test_cut_everywhere(void **state)
{
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct file f = { .big_endian = big_endian };
		size_t ends[16], count = 0;
		bool frame_ends[16];

		/* section, two interfaces, packet, statistics, packet; section, interface, packet without octets */
		static const size_t sizes[] = { 28, 20, 52, 48, 24, 72, 28, 20, 32 };

		fill_mixed(&f);
		for (size_t at = 0; count < SN_ARRAY_SIZE(sizes); count++) {
			at += sizes[count];
			ends[count] = at;
			frame_ends[count] = count == 3 || count == 5 || count == 8;
		}
		assert_int_equal(ends[count - 1], f.len);
		cut_everywhere(&f, 28, ends, frame_ends, count);
		file_done(&f);

		f.big_endian = big_endian;
		put_pcap_header(&f, 0xa1b23c4d, 1);
		for (count = 0; count < 4; count++) {
			put_pcap_record(&f, 1, 2, (uint32_t)count * 7, 0);
			ends[count] = f.len;
			frame_ends[count] = true;
		}
		cut_everywhere(&f, 24, ends, frame_ends, count);
		file_done(&f);
	}
}

/** Frames from nothing to 3 MiB, across the buffer's end and beyond its size, by reads of odd sizes. */
static void test_frames_across_the_buffer(void **state)
{
	static const size_t chunks[] = { 0, 1000003, 65536, 4099 };
	struct file f = { 0 };
	uint32_t sizes[400];

	put_section(&f);
	put_interface(&f, 1, 0);
	for (uint32_t n = 0; n < SN_ARRAY_SIZE(sizes); n++) {
		sizes[n] = n == 200 ? 3u << 20 : n == 300 ? (1u << 20) + 5 : n * 7919 % 9001;
		put_enhanced(&f, 0, n, sizes[n], (uint8_t)n);
	}
	for (size_t c = 0; c < SN_ARRAY_SIZE(chunks); c++) {
		struct sn_capture *capture;
		struct sn_frame frame;

		f.chunk = chunks[c];
		capture = open_good(&f);
		for (uint32_t n = 0; n < SN_ARRAY_SIZE(sizes); n++) {
			assert_int_equal(sn_capture_next(capture, &frame), 1);
			assert_int_equal(frame.time_ns, n * 1000);
			assert_pattern(frame.data, sizes[n], (uint8_t)n);
		}
		assert_end(capture, &f, SN_ARRAY_SIZE(sizes));
		sn_capture_free(capture);
	}
	file_done(&f);
}

static void test_largest_block(void **state)
{
	struct file f = { 0 };
	struct sn_capture *capture;
	struct sn_frame frame;

	put_section(&f);
	put_interface(&f, 1, 0);
	put_enhanced(&f, 0, 1, (16u << 20) - 32, 9);
	assert_int_equal(f.len - f.block, 16u << 20);
	capture = open_good(&f);
	assert_int_equal(sn_capture_next(capture, &frame), 1);
	assert_int_equal(frame.data.len, (16u << 20) - 32);
	assert_end(capture, &f, 1);
	sn_capture_free(capture);
	file_done(&f);
}

/** What `read` returns comes through, and nothing is lost by it. */
static void test_read_failures(void **state)
{
	struct file f = { .chunk = 5, .fail_every = 3 };
	struct sn_capture *capture = NULL;
	struct sn_frame frame;
	int frames = 0, failures = 0, r;

	fill_mixed(&f);
	assert_int_equal(sn_capture_open(file_read, &f, &capture, NULL), -EAGAIN);
	assert_null(capture);
	f.at = 0;
	f.fail_every = 0;
	assert_int_equal(sn_capture_open(file_read, &f, &capture, NULL), 0);
	f.fail_every = 3;
	while ((r = sn_capture_next(capture, &frame)) != 0) {
		if (r == 1)
			frames++;
		else if (r == -EAGAIN)
			failures++;
		else
			fail_msg("%d", r);
	}
	assert_int_equal(frames, 3);
	assert_true(failures > 5);
	assert_false(sn_capture_stats(capture)->truncated);
	sn_capture_free(capture);
	file_done(&f);
}

static void test_not_a_capture(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *text;
	} rows[] = {
		{ "", 0, "not a pcap or pcapng file: it is empty" },
		{ "#!/bin/sh\necho hello", 20, "not a pcap or pcapng file: begins with \"#!/bin/sh\"" },
		{ "hello, this is a text", 21, "not a pcap or pcapng file: begins with \"hello, this is a\"" },
		{ "hi", 2, "not a pcap or pcapng file: begins with \"hi\"" },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\3", 10, "not a pcap or pcapng file: begins with 1f 8b 08 00 00 00 00 00 (gzip)" },
		{ "\x28\xb5\x2f\xfd", 4, "not a pcap or pcapng file: begins with 28 b5 2f fd (zstd)" },
		{ "\xd4\xc3", 2, "not a pcap or pcapng file: begins with d4 c3" },
		{ "\xd4\xc3\xb2\xa1\2\0\4\0", 8, "a pcap file that ends within its header, after 8 bytes" },
		{ "\xd4\xc3\xb2\xa1\3\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24, "a pcap file of version 3.7, only 2 is known" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0", 8, "a pcapng file that ends within its header, after 8 bytes" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1b\1\0\0\0\0\0\0\0\0\0\0\0\x1c\0\0\0", 28,
		  "a pcapng file whose section header is damaged or of a version other than 1" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\2\0\0\0\0\0\0\0\0\0\0\0\x1c\0\0\0", 28,
		  "a pcapng file whose section header is damaged or of a version other than 1" },
		{ "\x0a\x0d\x0d\x0a\x18\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\0\0\0\0\x18\0\0\0", 24,
		  "a pcapng file whose section header is damaged or of a version other than 1" },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		struct file f = { 0 };
		struct sn_capture *capture = NULL;
		struct sn_diag diag = { 0 };

		put(&f, rows[n].data, rows[n].len);
		assert_int_equal(sn_capture_open(file_read, &f, &capture, &diag), -EBADMSG);
		assert_null(capture);
		assert_string_equal(diag.text, rows[n].text);
		assert_int_equal(sn_capture_open(file_read, &f, &capture, NULL), -EBADMSG);
		file_done(&f);
	}
	assert_null(sn_capture_free(NULL));
}

/* ---- the recordings ---- */

/** Frames, octets and times as `tshark -T fields -e frame.cap_len -e frame.time_epoch` gives them. */
static void test_recordings(void **state)
{
	static const struct {
		const char *name;
		uint32_t frames, bytes, linktype, interfaces;
		uint64_t first_ns, last_ns;
	} rows[] = {
		{ "handover-n2.pcapng", 544, 72580, 1, 1, 1795179393295307510, 1795179412291431060 },
		{ "nea0-n2.pcapng", 1260, 157504, 1, 1, 1795177170094988960, 1795177880948603650 },
		{ "nea2-registration-n2.pcapng", 21, 2710, 1, 1, 1795177956901946110, 1795177965618904050 },
		{ "nea2-service-request-n2.pcapng", 20, 2272, 1, 1, 1795178000137741450, 1795178014770945460 },
		{ "nea2-wrong-key-n2.pcapng", 16, 1680, 1, 1, 1795178069863566690, 1795178081334011780 },
		{ "variants/nea2-registration-us.pcap", 21, 2710, 1, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-ns-be.pcap", 21, 2710, 1, 1, 1795177956901946110, 1795177965618904050 },
		{ "variants/nea2-registration-modified.pcap", 21, 2710, 1, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-null.pcap", 21, 2500, 0, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-loop.pcap", 21, 2500, 108, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-raw.pcap", 21, 2416, 101, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-ipv4.pcap", 21, 2416, 228, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-sll.pcap", 21, 2752, 113, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-sll2.pcap", 21, 2836, 276, 1, 1795177956901946000, 1795177965618904000 },
		{ "variants/nea2-registration-sections.pcapng", 21, 2612, 1, 3, 1795177956901946000, 1795177965618904050 },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		struct file f = { 0 };
		struct sn_capture *capture;
		struct sn_frame frame = { 0 };
		uint32_t bytes = 0, interfaces = 0;
		char name[128];

		snprintf(name, sizeof(name), "captures/%s", rows[n].name);
		f.data = test_read_file(test_data(name), &f.len);
		capture = open_good(&f);
		for (uint32_t k = 0; k < rows[n].frames; k++) {
			assert_int_equal(sn_capture_next(capture, &frame), 1);
			if (!k) {
				assert_true(frame.time_ns == rows[n].first_ns);
				assert_int_equal(frame.linktype, rows[n].linktype);
			}
			assert_int_equal(frame.wire_len, frame.data.len);
			bytes += (uint32_t)frame.data.len;
			interfaces = SN_MAX(interfaces, frame.interface + 1);
		}
		if (frame.time_ns != rows[n].last_ns)
			fail_msg("%s: ends at %llu", name, (unsigned long long)frame.time_ns);
		assert_int_equal(bytes, rows[n].bytes);
		assert_int_equal(interfaces, rows[n].interfaces);
		assert_end(capture, &f, rows[n].frames);
		assert_int_equal(sn_capture_stats(capture)->bad_blocks, 0);
		sn_capture_free(capture);
		file_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap_magics),
		cmocka_unit_test(test_pcap_lies),
		cmocka_unit_test(test_block_types),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_bad_blocks),
		cmocka_unit_test(test_damaged_lengths),
		cmocka_unit_test(test_section_damage_and_padding),
		cmocka_unit_test(test_interface_limit),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_frames_across_the_buffer),
		cmocka_unit_test(test_largest_block),
		cmocka_unit_test(test_read_failures),
		cmocka_unit_test(test_not_a_capture),
		cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
