/* SPDX-License-Identifier: Apache-2.0 */
/** @file Frames of every link type, tags, options and extension headers; whole, cut at every octet, and lying. */
#include "test.h"

#include <errno.h>

#include "base/macro.h"
#include "codec/packet.h"
#include "codec/pcapng.h"

/* Headers as a capture holds them; the payload is the eight octets 01 … 08. */
#define PAYLOAD "0102030405060708"
#define MACS	"0a0b0c0d0e0f 1a1b1c1d1e1f "
#define V4	"45b8001c 1234 4000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD
#define V6_HEAD "6b800000"
#define V6_ADDR "20010db8000000000000000000000001 fe8000000000000000000000000000ff "
#define V6	V6_HEAD "0008 84 40 " V6_ADDR PAYLOAD

struct row {
	const char *what;
	uint32_t linktype;
	const char *frame; /* hexadecimal, blanks are ignored */
	int result;
	/* when 0: */
	uint8_t family, protocol;
	uint32_t payload_len;
	const char *payload; /* NULL: PAYLOAD */
};

static size_t from_hex(const char *hex, uint8_t *ret_data)
{
	size_t digits = 0;

	for (; *hex; hex++) {
		char text[2] = { *hex, 0 };

		if (*hex == ' ')
			continue;
		if (digits++ % 2)
			ret_data[digits / 2 - 1] |= (uint8_t)strtoul(text, NULL, 16);
		else
			ret_data[digits / 2] = (uint8_t)(strtoul(text, NULL, 16) << 4);
	}
	return digits / 2;
}

static void run_rows(const struct row *rows, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		uint8_t frame[512], payload[512];
		size_t len = from_hex(rows[n].frame, frame);
		size_t payload_len = from_hex(rows[n].payload ? rows[n].payload : PAYLOAD, payload);
		struct sn_packet packet = { .fragment_id = 0xdeadbeef };
		/* Of its own size, so that a sanitizer sees what is read beyond it. */
		uint8_t *exact = malloc(len ? len : 1);
		int r;

		assert_non_null(exact);
		memcpy(exact, frame, len);
		r = sn_packet_decode(rows[n].linktype, (struct sn_view) { exact, len }, &packet);
		if (r != rows[n].result)
			fail_msg("%s: %d, not %d", rows[n].what, r, rows[n].result);
		if (r) {
			assert_int_equal(packet.fragment_id, 0xdeadbeef);
		} else if (packet.src.family != rows[n].family || packet.protocol != rows[n].protocol ||
			   packet.payload_len != rows[n].payload_len || packet.payload.len != payload_len ||
			   (payload_len && memcmp(packet.payload.data, payload, payload_len)) ||
			   packet.truncated != (payload_len < rows[n].payload_len)) {
			fail_msg("%s: family %u, protocol %u, %zu of %u octets", rows[n].what, packet.src.family, packet.protocol,
				 packet.payload.len, packet.payload_len);
		}
		free(exact);
	}
}

static void test_link_types(void **state)
{
	static const struct row rows[] = {
		{ "ethernet, v4", 1, MACS "0800" V4, 0, 4, 132, 8, NULL },
		{ "ethernet, v6", 1, MACS "86dd" V6, 0, 6, 132, 8, NULL },
		{ "ethernet, padded", 1, MACS "0800" V4 "0000000000000000000000000000", 0, 4, 132, 8, NULL },
		{ "802.1Q", 1, MACS "8100 0064 0800" V4, 0, 4, 132, 8, NULL },
		{ "802.1Q, v6", 1, MACS "8100 0064 86dd" V6, 0, 6, 132, 8, NULL },
		{ "802.1ad and 802.1Q", 1, MACS "88a8 0064 8100 00c8 0800" V4, 0, 4, 132, 8, NULL },
		{ "old QinQ, three tags", 1, MACS "9100 0064 8100 00c8 8100 00c9 86dd" V6, 0, 6, 132, 8, NULL },
		{ "ARP", 1, MACS "0806 0001080006040001", -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "ARP in a VLAN", 1, MACS "8100 0064 0806 0001080006040001", -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "LLDP", 1, MACS "88cc 0207040102030405", -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "802.3 with LLC", 1, MACS "0026 4242030000", -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "the type says v4, the header v6", 1, MACS "0800" V6, -EBADMSG, 0, 0, 0, NULL },
		{ "the type says v6, the header v4", 1, MACS "86dd" V4 V4, -EBADMSG, 0, 0, 0, NULL },
		{ "SLL", 113, "0000 0001 0006 0200000000010000 0800" V4, 0, 4, 132, 8, NULL },
		{ "SLL, v6", 113, "0004 0304 0000 0000000000000000 86dd" V6, 0, 6, 132, 8, NULL },
		{ "SLL, VLAN", 113, "0000 0001 0006 0200000000010000 8100 0064 0800" V4, 0, 4, 132, 8, NULL },
		{ "SLL, ARP", 113, "0000 0001 0006 0200000000010000 0806" V4, -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "SLL2", 276, "0800 0000 00000003 0001 00 06 0200000000010000" V4, 0, 4, 132, 8, NULL },
		{ "SLL2, v6", 276, "86dd 0000 00000003 0001 04 06 0200000000010000" V6, 0, 6, 132, 8, NULL },
		{ "raw", 101, V4, 0, 4, 132, 8, NULL },
		{ "raw, v6", 101, V6, 0, 6, 132, 8, NULL },
		{ "raw by its other number", 12, V6, 0, 6, 132, 8, NULL },
		{ "raw, neither", 101, "55b8001c", -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "IPv4", 228, V4, 0, 4, 132, 8, NULL },
		{ "IPv4 that is not", 228, V6, -EBADMSG, 0, 0, 0, NULL },
		{ "IPv6", 229, V6, 0, 6, 132, 8, NULL },
		{ "IPv6 that is not", 229, V4 V4, -EBADMSG, 0, 0, 0, NULL },
		{ "null, little-endian", 0, "02000000" V4, 0, 4, 132, 8, NULL },
		{ "null, big-endian", 0, "00000002" V4, 0, 4, 132, 8, NULL },
		{ "null, v6 of Linux", 0, "0a000000" V6, 0, 6, 132, 8, NULL },
		{ "null, v6 of NetBSD", 0, "18000000" V6, 0, 6, 132, 8, NULL },
		{ "null, v6 of FreeBSD", 0, "1c000000" V6, 0, 6, 132, 8, NULL },
		{ "null, v6 of macOS, big-endian", 0, "0000001e" V6, 0, 6, 132, 8, NULL },
		{ "null, another family", 0, "07000000" V4, -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "loop", 108, "00000002" V4, 0, 4, 132, 8, NULL },
		{ "loop, v6", 108, "00000018" V6, 0, 6, 132, 8, NULL },
		{ "loop is never little-endian", 108, "02000000" V4, -EPROTONOSUPPORT, 0, 0, 0, NULL },
		{ "USB", 220, V4, -EOPNOTSUPP, 0, 0, 0, NULL },
		{ "not described", UINT32_MAX, V4, -EOPNOTSUPP, 0, 0, 0, NULL },
		{ "nothing", 1, "", -EMSGSIZE, 0, 0, 0, NULL },
		{ "nothing", 101, "", -EMSGSIZE, 0, 0, 0, NULL },
		{ "nothing", 0, "", -EMSGSIZE, 0, 0, 0, NULL },
	};
	static const uint32_t known[] = { 0, 1, 12, 101, 108, 113, 228, 229, 276 };

	run_rows(rows, SN_ARRAY_SIZE(rows));
	for (uint32_t linktype = 0, n = 0; linktype < 1000; linktype++) {
		bool expected = n < SN_ARRAY_SIZE(known) && known[n] == linktype;

		assert_int_equal(sn_packet_linktype_known(linktype), expected);
		n += expected;
	}
}

static void test_ipv4(void **state)
{
	static const struct row rows[] = {
		{ "options", 101, "4600 0020 12344000 40 84 0000 0a0a0202 0a0a0201 94040000" PAYLOAD, 0, 4, 132, 8, NULL },
		{ "60 octets of header", 101,
		  "4f00 0044 12344000 40 11 0000 0a0a0202 0a0a0201 "
		  "0101010101010101 0101010101010101 0101010101010101 0101010101010101 0101010101010101" PAYLOAD,
		  0, 4, 17, 8, NULL },
		{ "no payload", 101, "4500 0014 12344000 40 84 0000 0a0a0202 0a0a0201", 0, 4, 132, 0, "" },
		{ "no payload, padded", 101, "4500 0014 12344000 40 84 0000 0a0a0202 0a0a0201 0000", 0, 4, 132, 0, "" },
		{ "cut in the payload", 101, "4500 0078 12344000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 4, 132, 100, NULL },
		{ "cut before the payload", 101, "4500 0078 12344000 40 84 0000 0a0a0202 0a0a0201", -EMSGSIZE, 0, 0, 0, NULL },
		{ "cut in the options", 101, "4f00 0044 12344000 40 11 0000 0a0a0202 0a0a0201 0101", -EMSGSIZE, 0, 0, 0, NULL },
		{ "length left to the card", 101, "4500 0000 12344000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 4, 132, 8, NULL },
		{ "header of 16", 101, "4400 001c 12344000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, -EBADMSG, 0, 0, 0, NULL },
		{ "header beyond the length", 101, "4600 0014 12344000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, -EBADMSG, 0, 0, 0,
		  NULL },
		{ "length below the header", 101, "4500 0013 12344000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, -EBADMSG, 0, 0, 0,
		  NULL },
		{ "AH", 101,
		  "4500 0034 12344000 40 33 0000 0a0a0202 0a0a0201 84 04 0000 00000001 00000002 0011223344556677 8899aabb" PAYLOAD,
		  0, 4, 132, 8, NULL },
		{ "AH beyond the packet", 101,
		  "4500 0028 12344000 40 33 0000 0a0a0202 0a0a0201 84 04 0000 00000001 00000002" PAYLOAD, -EBADMSG, 0, 0, 0,
		  NULL },
		{ "AH beyond the capture", 101,
		  "4500 0128 12344000 40 33 0000 0a0a0202 0a0a0201 84 04 0000 00000001 00000002" PAYLOAD, -EMSGSIZE, 0, 0, 0,
		  NULL },
		{ "ESP is the payload", 101, "4500 001c 12344000 40 32 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 4, 50, 8, NULL },
		{ "43 is no extension header here", 101, "4500 001c 12344000 40 2b 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 4, 43, 8,
		  NULL },
		{ "44 is no fragment header here", 101, "4500 001c 12344000 40 2c 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 4, 44, 8,
		  NULL },
	};

	run_rows(rows, SN_ARRAY_SIZE(rows));
}

static void test_ipv6(void **state)
{
	static const struct row rows[] = {
		{ "hop-by-hop", 101, V6_HEAD "0010 00 40 " V6_ADDR "84 00 010400000000" PAYLOAD, 0, 6, 132, 8, NULL },
		{ "routing", 101, V6_HEAD "0020 2b 40 " V6_ADDR "84 02 0400 00000000 00112233445566778899aabbccddeeff" PAYLOAD, 0,
		  6, 132, 8, NULL },
		{ "destination options", 101, V6_HEAD "0010 3c 40 " V6_ADDR "84 00 010400000000" PAYLOAD, 0, 6, 132, 8, NULL },
		{ "AH", 101, V6_HEAD "0020 33 40 " V6_ADDR "84 04 0000 00000001 00000002 001122334455667788 99aabb" PAYLOAD, 0, 6,
		  132, 8, NULL },
		{ "mobility", 101, V6_HEAD "0008 87 40 " V6_ADDR "3b 00 0500 0000 0000", 0, 6, 59, 0, "" },
		{ "HIP, shim6", 101, V6_HEAD "0018 8b 40 " V6_ADDR "8c 00 000000000000 84 00 000000000000" PAYLOAD, 0, 6, 132, 8,
		  NULL },
		{ "all in a row", 101,
		  V6_HEAD "0030 00 40 " V6_ADDR "3c 00 010400000000 2b 00 010400000000 3c 00 040000000000 84 01 "
			  "0000000000000000000000000000" PAYLOAD,
		  0, 6, 132, 8, NULL },
		{ "atomic fragment, options behind it", 101,
		  V6_HEAD "0018 2c 40 " V6_ADDR "3c 00 0000 00001234 84 00 010400000000" PAYLOAD, 0, 6, 132, 8, NULL },
		{ "no next header", 101, V6_HEAD "0000 3b 40 " V6_ADDR, 0, 6, 59, 0, "" },
		{ "jumbogram", 101, V6_HEAD "0000 00 40 " V6_ADDR "84 00 c20400000010" PAYLOAD, 0, 6, 132, 8, NULL },
		{ "cut in the payload", 101, V6_HEAD "0064 84 40 " V6_ADDR PAYLOAD, 0, 6, 132, 100, NULL },
		{ "cut before the payload", 101, V6_HEAD "0064 84 40 " V6_ADDR, -EMSGSIZE, 0, 0, 0, NULL },
		{ "cut before an extension header", 101, V6_HEAD "0064 00 40 " V6_ADDR "84", -EMSGSIZE, 0, 0, 0, NULL },
		{ "cut within an extension header", 101,
		  V6_HEAD "0064 00 40 " V6_ADDR "84 01 010400000000"
			  "000000",
		  -EMSGSIZE, 0, 0, 0, NULL },
		{ "cut behind an extension header", 101, V6_HEAD "0064 00 40 " V6_ADDR "84 00 010400000000", -EMSGSIZE, 0, 0, 0,
		  NULL },
		{ "extension header beyond the packet", 101, V6_HEAD "0010 00 40 " V6_ADDR "84 02 010400000000" PAYLOAD, -EBADMSG,
		  0, 0, 0, NULL },
		{ "no room for an extension header", 101, V6_HEAD "0004 00 40 " V6_ADDR "84 00 01040000 0000", -EBADMSG, 0, 0, 0,
		  NULL },
		{ "no room for a fragment header", 101, V6_HEAD "0007 2c 40 " V6_ADDR "84 00 0001 00001234", -EBADMSG, 0, 0, 0,
		  NULL },
	};

	run_rows(rows, SN_ARRAY_SIZE(rows));
}

static void test_fields(void **state)
{
	uint8_t frame[256];
	char text[SN_ADDR_TEXT];
	struct sn_packet packet;
	size_t len;

	len = from_hex(MACS "0800" V4, frame);
	assert_int_equal(sn_packet_decode(1, (struct sn_view) { frame, len }, &packet), 0);
	assert_string_equal(sn_addr_text(&packet.src, text), "10.10.2.2");
	assert_string_equal(sn_addr_text(&packet.dst, text), "10.10.2.1");
	assert_int_equal(packet.src.octets[4], 0);
	assert_int_equal(packet.dscp, 46); /* expedited forwarding */
	assert_int_equal(packet.fragment_id, 0x1234);
	assert_false(packet.fragment);
	assert_ptr_equal(packet.payload.data, frame + 34);
	assert_false(sn_addr_equal(&packet.src, &packet.dst));
	assert_true(sn_addr_equal(&packet.src, &packet.src));

	len = from_hex(MACS "86dd" V6, frame);
	assert_int_equal(sn_packet_decode(1, (struct sn_view) { frame, len }, &packet), 0);
	assert_string_equal(sn_addr_text(&packet.src, text), "2001:db8::1");
	assert_string_equal(sn_addr_text(&packet.dst, text), "fe80::ff");
	assert_int_equal(packet.dscp, 46);
	assert_ptr_equal(packet.payload.data, frame + 54);
	assert_string_equal(sn_addr_text(&(struct sn_addr) { 0 }, text), "");
	memset(packet.src.octets, 0xff, 16);
	assert_string_equal(sn_addr_text(&packet.src, text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void test_fragments(void **state)
{
	static const struct {
		const char *frame;
		uint32_t offset, id, payload_len;
		uint8_t protocol;
		bool fragment, more;
	} rows[] = {
		{ "4500001c 1234 2000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 0x1234, 8, 132, true, true },
		{ "4500001c ffff 2001 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 8, 0xffff, 8, 132, true, true },
		{ "4500001c 1234 1fff 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 65528, 0x1234, 8, 132, true, false },
		{ "4500001c 1234 c000 40 84 0000 0a0a0202 0a0a0201" PAYLOAD, 0, 0x1234, 8, 132, false, false },
		/* What looks like a header in a fragment is none. */
		{ "4500001c 1234 2001 40 33 0000 0a0a0202 0a0a0201" PAYLOAD, 8, 0x1234, 8, 51, true, true },
		{ V6_HEAD "0010 2c 40 " V6_ADDR "84 00 0001 89abcdef" PAYLOAD, 0, 0x89abcdef, 8, 132, true, true },
		{ V6_HEAD "0010 2c 40 " V6_ADDR "3c 00 fff9 00000001" PAYLOAD, 65528, 1, 8, 60, true, true },
		{ V6_HEAD "0018 00 40 " V6_ADDR "2c 00 010400000000 84 00 0008 89abcdef" PAYLOAD, 8, 0x89abcdef, 8, 132, true,
		  false },
		{ V6_HEAD "0010 2c 40 " V6_ADDR "84 00 0006 89abcdef" PAYLOAD, 0, 0x89abcdef, 8, 132, false, false },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		uint8_t frame[256];
		size_t len = from_hex(rows[n].frame, frame);
		struct sn_packet packet;

		assert_int_equal(sn_packet_decode(SN_LINK_RAW, (struct sn_view) { frame, len }, &packet), 0);
		assert_int_equal(packet.fragment, rows[n].fragment);
		assert_int_equal(packet.more_fragments, rows[n].more);
		assert_int_equal(packet.fragment_offset, rows[n].offset);
		assert_int_equal(packet.fragment_id, rows[n].id);
		assert_int_equal(packet.protocol, rows[n].protocol);
		assert_int_equal(packet.payload_len, rows[n].payload_len);
		assert_int_equal(packet.payload.len, 8);
		assert_memory_equal(packet.payload.data, "\1\2\3\4\5\6\7\10", 8);
	}
}

/** At every octet: too short a frame is never taken for whole, and nothing beyond its end is read (by the sanitizer's word). */
static void test_cut_everywhere(void **state)
{
	static const struct {
		uint32_t linktype;
		const char *frame;
	} rows[] = {
		{ 1, MACS "88a8 0064 8100 00c8 0800 4f00 0044 12344000 40 11 0000 0a0a0202 0a0a0201 "
			  "0101010101010101 0101010101010101 0101010101010101 0101010101010101 0101010101010101" PAYLOAD },
		{ 276,
		  "86dd 0000 00000003 0001 04 06 0200000000010000" V6_HEAD "0030 00 40 " V6_ADDR
		  "3c 00 010400000000 33 00 010400000000 2c 02 0000 00000000 00000000 00000000 84 00 0000 00000007" PAYLOAD },
		{ 0, "1c000000" V6 },
		{ 113, "0000 0001 0006 0200000000010000 0800" V4 },
	};

	for (size_t n = 0; n < SN_ARRAY_SIZE(rows); n++) {
		uint8_t frame[512];
		size_t len = from_hex(rows[n].frame, frame);

		for (size_t cut = 0; cut <= len; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);
			struct sn_packet packet;
			int r;

			assert_non_null(exact);
			memcpy(exact, frame, cut);
			r = sn_packet_decode(rows[n].linktype, (struct sn_view) { exact, cut }, &packet);
			assert_int_equal(r, cut <= len - 8 ? -EMSGSIZE : 0);
			if (!r) {
				assert_int_equal(packet.truncated, cut < len);
				assert_int_equal(packet.payload_len, 8);
				assert_int_equal(packet.payload.len, 8 - (len - cut));
			}
			free(exact);
		}
	}
}

/* ---- the recordings ---- */

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

/** Octets of SCTP are what tshark's ip.len less ip.hdr_len sums up to, and the addresses those of its ip.src. */
static void test_recording(void **state)
{
	FILE *file;
	struct sn_capture *capture = open_recording("captures/nea2-registration-n2.pcapng", &file);
	uint32_t payload = 0, from_gnb = 0;
	struct sn_frame frame;

	while (sn_capture_next(capture, &frame) == 1) {
		char text[SN_ADDR_TEXT];
		struct sn_packet packet;

		assert_int_equal(sn_packet_decode(frame.linktype, frame.data, &packet), 0);
		assert_int_equal(packet.protocol, 132);
		assert_false(packet.truncated);
		payload += packet.payload_len;
		from_gnb += !strcmp(sn_addr_text(&packet.src, text), "10.10.2.2");
	}
	assert_int_equal(payload, 1996);
	assert_int_equal(from_gnb, 8);
	sn_capture_free(capture);
	fclose(file);
}

/** The same recording in other link layers holds the same SCTP packets. */
static void test_variants(void **state)
{
	static const char *const names[] = { "us.pcap",	  "ns-be.pcap", "modified.pcap",  "null.pcap",
					     "loop.pcap", "raw.pcap",	"ipv4.pcap",	  "sll.pcap",
					     "sll2.pcap", "qinq.pcap",	"sections.pcapng" };

	for (size_t n = 0; n < SN_ARRAY_SIZE(names); n++) {
		FILE *file, *variant_file;
		struct sn_capture *capture = open_recording("captures/nea2-registration-n2.pcapng", &file);
		struct sn_frame frame, variant_frame;
		struct sn_capture *variant;
		char name[128];

		snprintf(name, sizeof(name), "captures/variants/nea2-registration-%s", names[n]);
		variant = open_recording(name, &variant_file);
		while (sn_capture_next(capture, &frame) == 1) {
			struct sn_packet packet, other;

			assert_int_equal(sn_capture_next(variant, &variant_frame), 1);
			assert_int_equal(sn_packet_decode(frame.linktype, frame.data, &packet), 0);
			assert_int_equal(sn_packet_decode(variant_frame.linktype, variant_frame.data, &other), 0);
			assert_true(sn_addr_equal(&packet.src, &other.src));
			assert_true(sn_addr_equal(&packet.dst, &other.dst));
			assert_int_equal(packet.payload.len, other.payload.len);
			assert_memory_equal(packet.payload.data, other.payload.data, packet.payload.len);
		}
		assert_int_equal(sn_capture_next(variant, &variant_frame), 0);
		sn_capture_free(capture);
		sn_capture_free(variant);
		fclose(file);
		fclose(variant_file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_types), cmocka_unit_test(test_ipv4),	     cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_fields),	   cmocka_unit_test(test_fragments), cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_recording),  cmocka_unit_test(test_variants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
