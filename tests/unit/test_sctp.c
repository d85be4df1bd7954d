/* SPDX-License-Identifier: Apache-2.0 */
/** @file SCTP: packets and their chunks, what the capture cut, and the recordings. */
#include "sctp_rig.h"

#include "codec/pcapng.h"

#define BE (SCTP_B | SCTP_E)

static struct rig rig;

static int setup(void **state)
{
	rig_open(&rig, NULL);
	return 0;
}

static int teardown(void **state)
{
	rig_close(&rig);
	return 0;
}

static void reopen(const struct sn_sctp_limits *limits)
{
	rig_close(&rig);
	rig_open(&rig, limits);
}

static void test_truncated(void **state)
{
	struct sctp_build *b;

	rig_handshake(&rig);
	/* A message in one chunk: its beginning. */
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN, 0, 0, PPID, "0123456789", 10);
	assert_int_equal(rig_send_cut(&rig, GNB, 12 + 16 + 4), 0);
	assert_string_equal(rig_texts(&rig), "0123");
	assert_true(rig.messages[0].message.truncated);
	assert_int_equal(rig_loss(&rig, SN_SCTP_TRUNCATED), 1);
	/* Only padding is missing: nothing is. */
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN + 1, 0, 1, PPID, "0123456789", 10);
	assert_int_equal(rig_send_cut(&rig, GNB, 12 + 16 + 10), 0);
	assert_message(&rig, 1, "0123456789");
	assert_false(rig.messages[1].message.truncated);
	assert_int_equal(rig_loss(&rig, SN_SCTP_TRUNCATED), 1);
	/* The chunk after it is missing as a whole. */
	b = rig_begin(&rig, GNB);
	sctp_data(b, BE, GNB_TSN + 2, 0, 2, PPID, "here", 4);
	sctp_data(b, BE, GNB_TSN + 3, 0, 3, PPID, "gone", 4);
	assert_int_equal(rig_send_cut(&rig, GNB, 12 + 20), 0);
	assert_message(&rig, 2, "here");
	assert_int_equal(rig_loss(&rig, SN_SCTP_TRUNCATED), 2);
	/* A cut fragment is of no use, nor is the rest of its message. */
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 4, 0, 4, "b");
	sctp_data(rig_begin(&rig, GNB), 0, GNB_TSN + 5, 0, 4, PPID, "0123456789", 10);
	assert_int_equal(rig_send_cut(&rig, GNB, 12 + 16 + 4), 0);
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 6, 0, 4, "e");
	rig_data(&rig, GNB, BE, GNB_TSN + 7, 0, 5, "next");
	rig_sack(&rig, AMF, GNB_TSN + 7);
	assert_message(&rig, 3, "next");
	assert_int_equal(rig.count, 4);
	assert_int_equal(rig_loss(&rig, SN_SCTP_TRUNCATED), 3);
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 3);
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_CHECKSUM), 0); /* cannot be known of a cut packet */
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
	/* Not even the header of the packet. */
	rig_begin(&rig, GNB);
	sctp_sack(&rig.b, 1);
	assert_int_equal(rig_send_cut(&rig, GNB, 9), 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_TRUNCATED), 4);
}

/** A cut message that must wait keeps saying so. */
static void test_truncated_above_gap(void **state)
{
	rig_handshake(&rig);
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN + 1, 0, 1, PPID, "0123456789", 10);
	assert_int_equal(rig_send_cut(&rig, GNB, 12 + 16 + 4), 0);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	assert_string_equal(rig_texts(&rig), "a 0123");
	assert_true(rig.messages[1].message.truncated);
}

static void test_checksum(void **state)
{
	struct sn_packet ip = rig_ip(&rig, GNB);
	struct sctp_build bad;

	rig_handshake(&rig);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_CHECKSUM), 0);
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN, 0, 0, PPID, "a", 1);
	sctp_end(&rig.b);
	bad = rig.b;
	bad.data[9] ^= 1;
	sn_sctp_input(rig.sctp, &ip, (struct sn_view) { bad.data, bad.len }, (uint32_t)bad.len, rig.now);
	assert_string_equal(rig_texts(&rig), "a"); /* offload leaves it open: not refused */
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_CHECKSUM), 1);
	reopen(&(struct sn_sctp_limits) { .skip_checksum = true });
	sn_sctp_input(rig.sctp, &ip, (struct sn_view) { bad.data, bad.len }, (uint32_t)bad.len, rig.now);
	assert_string_equal(rig_texts(&rig), "a");
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_CHECKSUM), 0);
}

static void expect_bad(uint64_t *total)
{
	assert_int_equal(rig_send(&rig, GNB), -EBADMSG);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_PACKET), ++*total);
}

static void test_malformed(void **state)
{
	struct sn_packet ip = rig_ip(&rig, GNB);
	uint64_t bad = 0;

	rig_handshake(&rig);
	/* Shorter than its headers. */
	assert_int_equal(sn_sctp_input(rig.sctp, &ip, (struct sn_view) { rig.b.data, 11 }, 11, rig.now), -EBADMSG);
	bad++;
	rig_begin(&rig, GNB);
	expect_bad(&bad);
	/* A chunk longer than the packet, after one that is good. */
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN, 0, 0, PPID, "a", 1);
	sctp_chunk(&rig.b, 4, 0, "1234", 4);
	sn_put_be16(rig.b.data + rig.b.len - 6, 9);
	expect_bad(&bad);
	assert_string_equal(rig_texts(&rig), "a");
	/* Shorter than a chunk header. */
	sctp_chunk(rig_begin(&rig, GNB), 4, 0, "1234", 4);
	sn_put_be16(rig.b.data + 14, 3);
	expect_bad(&bad);
	/* DATA without data (RFC 9260 6.2). */
	sctp_data(rig_begin(&rig, GNB), BE, GNB_TSN + 1, 0, 1, PPID, NULL, 0);
	expect_bad(&bad);
	/* Octets left over. */
	sctp_chunk(rig_begin(&rig, GNB), 4, 0, "1234", 4);
	rig.b.len += 2;
	expect_bad(&bad);
	/* INIT with a tag in the header, with tag 0 within, and too short. */
	sctp_init(rig_begin(&rig, GNB), 1, 5, 5);
	expect_bad(&bad);
	sctp_begin(&rig.b, GNB_PORT, AMF_PORT, 0);
	sctp_init(&rig.b, 1, 0, 5);
	expect_bad(&bad);
	sctp_begin(&rig.b, GNB_PORT, AMF_PORT, 0);
	sctp_chunk(&rig.b, 1, 0, "12345678", 8);
	expect_bad(&bad);
	/* A malformed packet of an unknown tag adopts nothing. */
	rig_use_peer(&rig, 1, GNB_PORT, 5, 6);
	sctp_data(rig_begin(&rig, GNB), BE, 1, 0, 0, PPID, "a", 1);
	sctp_chunk(&rig.b, 4, 0, NULL, 0);
	sn_put_be16(rig.b.data + rig.b.len - 2, 100);
	expect_bad(&bad);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 1);
	assert_int_equal(rig.count, 1);
}

static void test_loss_names(void **state)
{
	assert_string_equal(sn_sctp_loss_name(SN_SCTP_BAD_PACKET), "bad_packet");
	assert_string_equal(sn_sctp_loss_name(SN_SCTP_ABANDONED), "abandoned");
	assert_null(sn_sctp_loss_name(_SN_SCTP_LOSS_MAX));
	assert_null(sn_sctp_free(NULL));
}

static int64_t read_file(void *ctx, uint8_t *ret_data, size_t size)
{
	return (int64_t)fread(ret_data, 1, size, ctx);
}

/** Runs a recording through the receiver, every frame `copies` times; counts messages of NGAP. */
static void play(const char *name, int copies, size_t expected, bool checksums)
{
	FILE *file = fopen(test_data(name), "rb");
	struct sn_capture *capture;
	struct sn_packet ip;
	struct sn_frame frame;
	size_t ngap = 0;

	assert_non_null(file);
	reopen(NULL);
	assert_int_equal(sn_capture_open(read_file, file, &capture, NULL), 0);
	while (sn_capture_next(capture, &frame) == 1) {
		if (sn_packet_decode(frame.linktype, frame.data, &ip) < 0 || ip.protocol != 132)
			continue;
		for (int i = 0; i < copies; i++)
			assert_int_equal(sn_sctp_input(rig.sctp, &ip, ip.payload, ip.payload_len, frame.time_ns), 0);
	}
	sn_capture_free(capture);
	fclose(file);
	for (size_t i = 0; i < rig.count; i++)
		ngap += rig.messages[i].message.ppid == 60;
	assert_int_equal(ngap, expected);
	assert_int_equal(rig.count, expected);
	assert_int_equal(rig_loss(&rig, SN_SCTP_DUPLICATE_TSN), (copies - 1) * (int)expected);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BAD_CHECKSUM), checksums ? 0 : sn_sctp_stats(rig.sctp)->packets);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX),
			 rig_loss(&rig, SN_SCTP_DUPLICATE_TSN) + rig_loss(&rig, SN_SCTP_BAD_CHECKSUM));
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
}

/** Counts as tshark has them: -T fields -e sctp.data_payload_proto_id. */
static void test_recordings(void **state)
{
	for (int copies = 1; copies <= 2; copies++) {
		play("captures/nea0-n2.pcapng", copies, 732, true);
		assert_int_equal(rig.event_count, 18); /* 9 associations come up and are shut down */
		assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
		play("captures/handover-n2.pcapng", copies, 301, false); /* of a loopback, where none is computed */
		assert_int_equal(rig.event_count, 32);
		play("captures/nea2-registration-n2.pcapng", copies, 12, true);
		assert_event(&rig, 0, SN_SCTP_ASSOCIATION_ADOPTED);
		assert_int_equal(rig.event_count, 1);
		play("captures/nea2-service-request-n2.pcapng", copies, 6, true);
		play("captures/nea2-wrong-key-n2.pcapng", copies, 6, true);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_truncated), TEST(test_truncated_above_gap), TEST(test_checksum),
		TEST(test_malformed), TEST(test_loss_names),	      TEST(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
