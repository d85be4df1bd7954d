/* SPDX-License-Identifier: Apache-2.0 */
/** @file Fragments in every order, repeated, overlapping, late, too many and too large; and the recording cut into fragments. */
#include "test.h"

#include <errno.h>

#include "base/macro.h"
#include "codec/packet.h"
#include "codec/pcapng.h"

#define SECOND	1000000000ull
#define TIMEOUT (30 * SECOND)

static uint8_t pattern[65536 + 64];

static int setup(void **state)
{
	struct sn_reassembly *r = NULL;

	for (size_t n = 0; n < sizeof(pattern); n++)
		pattern[n] = (uint8_t)(n * 131 + n / 251);
	assert_int_equal(sn_reassembly_new(64, TIMEOUT, &r), 0);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	assert_null(sn_reassembly_free(*state));
	return 0;
}

/** A fragment of the pattern. */
static struct sn_packet piece(uint8_t family, uint32_t id, uint32_t offset, uint32_t len, bool more)
{
	return (struct sn_packet) {
		.src = { .family = family, .octets = { 10, 10, 2, 2 } },
		.dst = { .family = family, .octets = { 10, 10, 2, 1 } },
		.protocol = 132,
		.fragment = true,
		.more_fragments = more,
		.fragment_offset = offset,
		.fragment_id = id,
		.payload_len = len,
		.payload = { pattern + offset, len },
	};
}

static int add(struct sn_reassembly *r, struct sn_packet fragment, uint64_t time_ns, struct sn_packet *ret_packet)
{
	/* Copied, so that nothing can point into the frame after the call. */
	uint8_t *copy = malloc(fragment.payload.len + 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, fragment.payload.data, fragment.payload.len);
	fragment.payload.data = copy;
	result = sn_reassembly_add(r, &fragment, time_ns, ret_packet);
	free(copy);
	return result;
}

static void assert_whole(const struct sn_packet *packet, uint32_t len)
{
	assert_false(packet->fragment);
	assert_false(packet->more_fragments);
	assert_false(packet->truncated);
	assert_int_equal(packet->protocol, 132);
	assert_int_equal(packet->payload_len, len);
	assert_int_equal(packet->payload.len, len);
	assert_memory_equal(packet->payload.data, pattern, len);
}

static void test_every_order(void **state)
{
	struct sn_reassembly *r = *state;
	uint64_t whole = 0;

	for (int order = 0; order < 4 * 4 * 4 * 4; order++) {
		int index[4] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 };

		if ((1 << index[0] | 1 << index[1] | 1 << index[2] | 1 << index[3]) != 15)
			continue;
		for (uint8_t family = 4; family <= 6; family += 2) {
			struct sn_packet packet;

			for (int n = 0; n < 4; n++) {
				struct sn_packet p =
					piece(family, 7, (uint32_t)index[n] * 1480, index[n] == 3 ? 13 : 1480, index[n] != 3);

				assert_int_equal(add(r, p, 0, &packet), n == 3);
			}
			assert_whole(&packet, 3 * 1480 + 13);
			assert_int_equal(packet.src.family, family);
			whole++;
		}
	}
	assert_int_equal(whole, 48);
	assert_int_equal(sn_reassembly_stats(r)->reassembled, whole);
	assert_int_equal(sn_reassembly_stats(r)->fragments, whole * 4);
	sn_reassembly_expire(r, UINT64_MAX);
	assert_int_equal(sn_reassembly_stats(r)->expired, 0);
}

/** 65,535 octets in pieces of eight, first those that make the buffer grow. */
static void test_smallest_pieces(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet packet;
	uint32_t count = 0;

	for (uint32_t n = 0, unit = 0; n < 8192; n++, unit = (unit + 5003) % 8192) {
		bool last = unit == 8191;

		count++;
		assert_int_equal(add(r, piece(4, 1, unit * 8, last ? 7 : 8, !last), 0, &packet), count == 8192);
	}
	assert_whole(&packet, 65535);
}

static void test_duplicates(void **state)
{
	struct sn_reassembly *r = *state;

	for (uint8_t family = 4; family <= 6; family += 2) {
		struct sn_packet packet;

		assert_int_equal(add(r, piece(family, 1, 0, 800, true), 0, &packet), 0);
		assert_int_equal(add(r, piece(family, 1, 0, 800, true), 0, &packet), 0);
		assert_int_equal(add(r, piece(family, 1, 1600, 5, false), 0, &packet), 0);
		assert_int_equal(add(r, piece(family, 1, 1600, 5, false), 0, &packet), 0);
		assert_int_equal(add(r, piece(family, 1, 0, 800, true), 0, &packet), 0);
		assert_int_equal(add(r, piece(family, 1, 800, 800, true), 0, &packet), 1);
		assert_whole(&packet, 1605);
	}
	assert_int_equal(sn_reassembly_stats(r)->overlapping, 0);
	assert_int_equal(sn_reassembly_stats(r)->reassembled, 2);
}

/** What tells one packet from another: addresses, id, for IPv4 the protocol (RFC 791), for IPv6 not (RFC 8200, 4.5). */
static void test_keys(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet p, packet;

	assert_int_equal(add(r, piece(4, 1, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 8, 8, false), 0, &packet), 0);
	p = piece(4, 1, 8, 8, false);
	p.src.octets[3]++;
	assert_int_equal(add(r, p, 0, &packet), 0);
	p = piece(4, 1, 8, 8, false);
	p.dst.octets[0]++;
	assert_int_equal(add(r, p, 0, &packet), 0);
	p = piece(4, 1, 8, 8, false);
	p.protocol = 17;
	assert_int_equal(add(r, p, 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 1, 8, 8, false), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 8, 8, false), 0, &packet), 1);
	assert_whole(&packet, 16);

	/* The first fragment's protocol holds, whichever comes last. */
	p = piece(6, 9, 0, 8, true);
	assert_int_equal(add(r, p, 0, &packet), 0);
	p = piece(6, 9, 8, 8, false);
	p.protocol = 17;
	assert_int_equal(add(r, p, 0, &packet), 1);
	assert_whole(&packet, 16);
	sn_reassembly_expire(r, UINT64_MAX);
	assert_int_equal(sn_reassembly_stats(r)->expired, 5);
}

/** IPv4 may overlap as long as the contents agree; for IPv6 only a repetition of what has come is let pass. */
static void test_overlap(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet packet, p;

	assert_int_equal(add(r, piece(4, 1, 0, 800, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 400, 800, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 8, 16, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 792, 803, false), 0, &packet), 1);
	assert_whole(&packet, 1595);

	assert_int_equal(add(r, piece(4, 2, 0, 800, true), 0, &packet), 0);
	p = piece(4, 2, 792, 800, false);
	p.payload.data = pattern + 793;
	assert_int_equal(add(r, p, 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->overlapping, 1);
	/* What is still to come of it goes the same way, whatever it is. */
	assert_int_equal(add(r, piece(4, 2, 800, 800, false), 0, &packet), -EBADMSG);
	assert_int_equal(add(r, piece(4, 2, 0, 800, true), TIMEOUT, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->refused, 2);
	/* Until its time is over: the id is free for a new packet. */
	assert_int_equal(add(r, piece(4, 2, 0, 800, true), TIMEOUT + 1, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 800, 800, false), TIMEOUT + 1, &packet), 1);
	assert_whole(&packet, 1600);
	assert_int_equal(sn_reassembly_stats(r)->expired, 0);

	assert_int_equal(add(r, piece(6, 3, 0, 800, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 3, 8, 16, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 3, 792, 800, false), 0, &packet), -EBADMSG);
	assert_int_equal(add(r, piece(6, 4, 0, 800, true), 0, &packet), 0);
	p = piece(6, 4, 0, 800, true);
	p.payload.data = pattern + 1;
	assert_int_equal(add(r, p, 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->overlapping, 3);
}

/** Only the last octet differs: every octet is looked at, the last ones of a packet that ends within a unit too. */
static void test_overlap_to_the_octet(void **state)
{
	struct sn_reassembly *r = *state;

	for (uint32_t wrong = 0; wrong < 21; wrong++) {
		uint8_t copy[21];
		struct sn_packet packet, p = piece(4, wrong, 8, 21, false);

		memcpy(copy, pattern + 8, sizeof(copy));
		copy[wrong] ^= 1;
		p.payload.data = copy;
		assert_int_equal(add(r, piece(4, wrong, 8, 21, false), 0, &packet), 0);
		assert_int_equal(add(r, p, 0, &packet), -EBADMSG);
		assert_int_equal(sn_reassembly_stats(r)->overlapping, wrong + 1);
	}
}

static void test_ends_that_disagree(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet packet;

	/* two ends */
	assert_int_equal(add(r, piece(4, 1, 80, 20, false), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 80, 16, false), 0, &packet), -EBADMSG);
	/* an end before what has come */
	assert_int_equal(add(r, piece(4, 2, 80, 16, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 40, 8, false), 0, &packet), -EBADMSG);
	/* a piece beyond the end */
	assert_int_equal(add(r, piece(6, 3, 80, 20, false), 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 3, 96, 8, true), 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->overlapping, 3);
}

static void test_too_large(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet packet;

	assert_int_equal(add(r, piece(4, 1, 65528, 8, false), 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->too_large, 1);
	assert_int_equal(add(r, piece(4, 1, 0, 8, true), 0, &packet), -EBADMSG);
	assert_int_equal(add(r, piece(6, 2, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 2, 65520, 24, false), 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->too_large, 2);
	assert_int_equal(sn_reassembly_stats(r)->refused, 1);
	sn_reassembly_expire(r, UINT64_MAX);
	assert_int_equal(sn_reassembly_stats(r)->expired, 0);
}

static void test_refused(void **state)
{
	struct sn_reassembly *r = *state;
	struct sn_packet packet, p;

	assert_int_equal(add(r, piece(4, 1, 0, 0, true), 0, &packet), -EBADMSG);
	assert_int_equal(add(r, piece(4, 1, 0, 12, true), 0, &packet), -EBADMSG);
	p = piece(4, 1, 0, 16, true);
	p.payload.len = 8;
	p.truncated = true;
	assert_int_equal(add(r, p, 0, &packet), -EBADMSG);
	assert_int_equal(sn_reassembly_stats(r)->refused, 3);
	assert_int_equal(sn_reassembly_stats(r)->fragments, 3);
	/* None of them began a packet. */
	sn_reassembly_expire(r, UINT64_MAX);
	assert_int_equal(sn_reassembly_stats(r)->expired, 0);
}

static void test_timeout(void **state)
{
	struct sn_reassembly *r = *state;
	const struct sn_reassembly_stats *stats = sn_reassembly_stats(r);
	struct sn_packet packet;

	assert_int_equal(add(r, piece(4, 1, 0, 8, true), 100 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 8, 8, false), 100 * SECOND + TIMEOUT, &packet), 1);

	/* The age counts from the first fragment, not from the last. */
	assert_int_equal(add(r, piece(4, 2, 0, 8, true), 200 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 8, 8, true), 220 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 16, 8, false), 200 * SECOND + TIMEOUT + 1, &packet), 0);
	assert_int_equal(stats->expired, 1);

	/* Others make it expire too, and a clock that goes back makes nothing old. */
	assert_int_equal(add(r, piece(4, 3, 0, 8, true), 10 * SECOND, &packet), 0);
	assert_int_equal(stats->expired, 1);
	assert_int_equal(add(r, piece(4, 4, 0, 8, true), 300 * SECOND, &packet), 0);
	assert_int_equal(stats->expired, 3);
	sn_reassembly_expire(r, 300 * SECOND + TIMEOUT);
	assert_int_equal(stats->expired, 3);
	sn_reassembly_expire(r, 300 * SECOND + TIMEOUT + 1);
	assert_int_equal(stats->expired, 4);

	/* One that is still being added to grows old behind a younger one that is not. */
	assert_int_equal(add(r, piece(4, 6, 0, 8, true), 1000 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 7, 0, 8, true), 1010 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 6, 8, 8, true), 1020 * SECOND, &packet), 0);
	assert_int_equal(add(r, piece(4, 6, 16, 8, false), 1031 * SECOND, &packet), 0);
	assert_int_equal(stats->expired, 5);
	assert_int_equal(add(r, piece(4, 7, 8, 8, false), 1031 * SECOND, &packet), 1);
	assert_whole(&packet, 16);
	sn_reassembly_expire(r, UINT64_MAX);
	assert_int_equal(stats->expired, 6);

	/* The largest time there is means no more than itself here. */
	assert_int_equal(add(r, piece(4, 5, 0, 8, true), UINT64_MAX, &packet), 0);
	assert_int_equal(add(r, piece(4, 5, 8, 8, false), UINT64_MAX, &packet), 1);
	assert_int_equal(stats->expired, 6);
}

static void test_eviction(void **state)
{
	struct sn_reassembly *r = NULL;
	struct sn_packet packet;

	assert_int_equal(sn_reassembly_new(2, TIMEOUT, &r), 0);
	assert_int_equal(add(r, piece(4, 1, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 2, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 1, 8, 8, true), 0, &packet), 0);
	/* 2 is the one that has had nothing for longest. */
	assert_int_equal(add(r, piece(4, 3, 0, 8, true), 0, &packet), 0);
	assert_int_equal(sn_reassembly_stats(r)->evicted, 1);
	assert_int_equal(add(r, piece(4, 1, 16, 8, false), 0, &packet), 1);
	assert_whole(&packet, 24);
	assert_int_equal(add(r, piece(4, 3, 8, 8, false), 0, &packet), 1);
	assert_whole(&packet, 16);
	assert_int_equal(sn_reassembly_stats(r)->evicted, 1);

	/* One that was given up before was counted then. */
	assert_int_equal(add(r, piece(4, 4, 65528, 8, false), 0, &packet), -EBADMSG);
	assert_int_equal(add(r, piece(4, 5, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(4, 6, 0, 8, true), 0, &packet), 0);
	assert_int_equal(sn_reassembly_stats(r)->evicted, 1);
	assert_int_equal(sn_reassembly_stats(r)->too_large, 1);
	sn_reassembly_free(r);

	/* None is taken for one. */
	assert_int_equal(sn_reassembly_new(0, TIMEOUT, &r), 0);
	assert_int_equal(add(r, piece(6, 1, 0, 8, true), 0, &packet), 0);
	assert_int_equal(add(r, piece(6, 1, 8, 8, false), 0, &packet), 1);
	sn_reassembly_free(r);
}

/** 5,000 packets at once, their fragments far apart. */
static void test_many(void **state)
{
	struct sn_reassembly *r = NULL;
	struct sn_packet packet;

	assert_int_equal(sn_reassembly_new(5000, TIMEOUT, &r), 0);
	for (uint32_t at = 0; at < 32; at += 8)
		for (uint32_t n = 0; n < 5000; n++) {
			struct sn_packet p = piece(4, n % 50, at, 8, at < 24);

			p.src.octets[2] = (uint8_t)(n / 50);
			assert_int_equal(add(r, p, at, &packet), at == 24);
			if (at == 24)
				assert_whole(&packet, 32);
		}
	assert_int_equal(sn_reassembly_stats(r)->reassembled, 5000);
	assert_int_equal(sn_reassembly_stats(r)->evicted, 0);
	sn_reassembly_free(r);
}

/** Extension headers that lay behind the fragment header come to light when the packet is whole. */
static void test_extensions(void **state)
{
	static const struct {
		uint8_t octets[24];
		uint8_t protocol;
		int result;
		uint8_t whole_protocol;
		uint32_t whole_len;
	} rows[] = {
		{ { 132, 0, 1, 4, 0, 0, 0, 0, 0xaa, 0xbb }, 60, 1, 132, 16 },
		{ { 43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0xaa }, 60, 1, 17, 8 },
		{ { 132, 9, 1, 4, 0, 0, 0, 0 }, 60, -EBADMSG, 0, 0 },
		{ { 132, 0, 0, 1, 0, 0, 0, 0 }, 44, -EBADMSG, 0, 0 }, /* a fragment again */
	};
	struct sn_reassembly *r = *state;

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		struct sn_packet packet, p = piece(6, (uint32_t)n, 0, 8, true);

		p.protocol = rows[n].protocol;
		p.payload.data = rows[n].octets;
		assert_int_equal(add(r, p, 0, &packet), 0);
		p = piece(6, (uint32_t)n, 8, 16, false);
		p.protocol = rows[n].protocol;
		p.payload.data = rows[n].octets + 8;
		assert_int_equal(add(r, p, 0, &packet), rows[n].result);
		if (rows[n].result < 0)
			continue;
		assert_int_equal(packet.protocol, rows[n].whole_protocol);
		assert_int_equal(packet.payload_len, rows[n].whole_len);
		assert_memory_equal(packet.payload.data, rows[n].octets + 24 - rows[n].whole_len, rows[n].whole_len);
	}
	assert_int_equal(sn_reassembly_stats(r)->reassembled, 2);
	assert_int_equal(sn_reassembly_stats(r)->refused, 2);
}

/* ---- the recording, cut into fragments ---- */

static int64_t read_file(void *ctx, uint8_t *ret_data, size_t size)
{
	return (int64_t)fread(ret_data, 1, size, ctx);
}

static struct sn_capture *open_recording(const char *name, FILE **ret_file)
{
	struct sn_capture *capture = NULL;

	*ret_file = fopen(test_data(name), "rb");
	assert_non_null(*ret_file);
	assert_int_equal(sn_capture_open(read_file, *ret_file, &capture, NULL), 0);
	return capture;
}

/** The next whole packet of a recording. @return whether there is one. */
static bool next_packet(struct sn_capture *capture, struct sn_reassembly *r, struct sn_packet *ret_packet)
{
	struct sn_frame frame;

	while (sn_capture_next(capture, &frame) == 1) {
		assert_int_equal(sn_packet_decode(frame.linktype, frame.data, ret_packet), 0);
		if (!ret_packet->fragment || sn_reassembly_add(r, ret_packet, frame.time_ns, ret_packet) == 1)
			return true;
	}
	return false;
}

static void test_recording(void **state)
{
	static const struct {
		const char *name;
		uint64_t fragments, reassembled;
	} rows[] = {
		{ "captures/variants/nea2-registration-fragments.pcap", 53, 17 },
		{ "captures/variants/nea2-registration-ipv6.pcap", 14, 7 },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		FILE *whole_file, *file;
		struct sn_capture *whole = open_recording("captures/nea2-registration-n2.pcapng", &whole_file);
		struct sn_capture *capture = open_recording(rows[n].name, &file);
		struct sn_reassembly *r = NULL;
		struct sn_packet packet, expected;

		assert_int_equal(sn_reassembly_new(4, TIMEOUT, &r), 0);
		while (next_packet(whole, r, &expected)) {
			assert_true(next_packet(capture, r, &packet));
			assert_int_equal(packet.protocol, 132);
			assert_int_equal(packet.payload.len, expected.payload.len);
			assert_memory_equal(packet.payload.data, expected.payload.data, expected.payload.len);
		}
		assert_false(next_packet(capture, r, &packet));
		assert_int_equal(sn_reassembly_stats(r)->fragments, rows[n].fragments);
		assert_int_equal(sn_reassembly_stats(r)->reassembled, rows[n].reassembled);
		sn_reassembly_expire(r, UINT64_MAX);
		assert_int_equal(sn_reassembly_stats(r)->expired, 0);
		sn_reassembly_free(r);
		sn_capture_free(whole);
		sn_capture_free(capture);
		fclose(whole_file);
		fclose(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_smallest_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_duplicates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlap_to_the_octet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends_that_disagree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_eviction, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_extensions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
