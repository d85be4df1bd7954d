/* SPDX-License-Identifier: Apache-2.0 */
/** @file SCTP: the order of TSNs and streams, fragments, gaps, limits; and that no schedule of packets loses or doubles a
 * message. */
#include "sctp_rig.h"

#define BE (SCTP_B | SCTP_E)

static struct rig rig;

static int setup(void **state)
{
	rig_open(&rig, NULL);
	rig_handshake(&rig);
	return 0;
}

static int teardown(void **state)
{
	rig_close(&rig);
	return 0;
}

/** Opens another receiver, with limits. */
static void reopen(const struct sn_sctp_limits *limits)
{
	rig_close(&rig);
	rig_open(&rig, limits);
	rig_handshake(&rig);
}

static void assert_nothing_held(void)
{
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
}

static void test_in_order(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, AMF, BE, AMF_TSN, 7, 0, "b");
	rig_data(&rig, GNB, BE | SCTP_U, GNB_TSN + 1, 3, 99, "c");
	assert_string_equal(rig_texts(&rig), "a b c");
	assert_int_equal(rig.messages[0].message.from, GNB);
	assert_int_equal(rig.messages[1].message.from, AMF);
	assert_int_equal(rig.messages[1].message.stream, 7);
	assert_int_equal(rig.messages[1].message.ppid, PPID);
	assert_int_equal(rig.messages[1].message.time_ns, rig.now);
	assert_false(rig.messages[1].message.unordered);
	assert_true(rig.messages[2].message.unordered);
	assert_int_equal(rig.messages[0].message.association, rig.messages[1].message.association);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
	assert_int_equal(sn_sctp_stats(rig.sctp)->messages, 3);
	assert_int_equal(sn_sctp_stats(rig.sctp)->data_chunks, 3);
}

static void test_bundled(void **state)
{
	struct sctp_build *b = rig_begin(&rig, GNB);

	sctp_sack(b, AMF_TSN - 1);
	sctp_data(b, BE, GNB_TSN, 0, 0, PPID, "a", 1);
	sctp_chunk(b, 4, 0, "heartbeat", 9);
	sctp_data(b, BE, GNB_TSN + 1, 1, 0, PPID, "bcd", 3); /* padded by one */
	sctp_chunk(b, 0x3f, 0, "unknown", 7);
	sctp_data(b, BE, GNB_TSN + 2, 0, 1, PPID, "e", 1);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_string_equal(rig_texts(&rig), "a bcd e");
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

static void test_fragments_in_order(void **state)
{
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "one");
	rig_data(&rig, GNB, 0, GNB_TSN + 1, 0, 0, "-two");
	assert_true(sn_sctp_stats(rig.sctp)->buffered > 0);
	rig.now += 5;
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 2, 0, 0, "-three");
	assert_string_equal(rig_texts(&rig), "one-two-three");
	assert_int_equal(rig.messages[0].message.time_ns, rig.now);
	assert_nothing_held();
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 0, 1, "next");
	assert_message(&rig, 1, "next");
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

static void test_fragments_reversed(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 0, 1, "later");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 3, 0, 0, "4");
	rig_data(&rig, GNB, 0, GNB_TSN + 2, 0, 0, "3");
	rig_data(&rig, GNB, 0, GNB_TSN + 1, 0, 0, "2");
	assert_int_equal(rig.count, 0);
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "1");
	assert_string_equal(rig_texts(&rig), "1234 later");
	assert_nothing_held();
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

static void test_fragment_in_the_middle_last(void **state)
{
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "1");
	rig_data(&rig, GNB, 0, GNB_TSN + 1, 0, 0, "2");
	rig_data(&rig, GNB, 0, GNB_TSN + 3, 0, 0, "4");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 4, 0, 0, "5");
	rig_data(&rig, GNB, 0, GNB_TSN + 2, 0, 0, "3");
	assert_string_equal(rig_texts(&rig), "12345");
	assert_nothing_held();
}

/** Unordered messages do not wait for the gap before them, whole or in fragments. */
static void test_unordered_fragments_above_gap(void **state)
{
	rig_data(&rig, GNB, BE | SCTP_U, GNB_TSN + 5, 0, 0, "single");
	rig_data(&rig, GNB, SCTP_U | SCTP_E, GNB_TSN + 4, 0, 0, "D");
	rig_data(&rig, GNB, SCTP_U | SCTP_B, GNB_TSN + 3, 0, 0, "C");
	rig_data(&rig, GNB, SCTP_U | SCTP_B, GNB_TSN + 1, 0, 0, "A");
	rig_data(&rig, GNB, SCTP_U | SCTP_E, GNB_TSN + 2, 0, 0, "B");
	assert_string_equal(rig_texts(&rig), "single CD AB");
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "first");
	assert_message(&rig, 3, "first");
	assert_nothing_held();
}

/** The SSN of unordered fragments means nothing and need not be the same. */
static void test_unordered_fragments_of_any_ssn(void **state)
{
	rig_data(&rig, GNB, SCTP_U | SCTP_B, GNB_TSN, 0, 1, "A");
	rig_data(&rig, GNB, SCTP_U | SCTP_E, GNB_TSN + 1, 0, 2, "B");
	assert_string_equal(rig_texts(&rig), "AB");
}

/** A gap holds up the streams that it belongs to and no other. */
static void test_other_streams_pass_a_gap(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 1, 0, "a0");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 2, 0, "b0");
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 2, 1, "b1");
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 1, 2, "a2");
	rig_data(&rig, GNB, BE, GNB_TSN + 5, 9, 0, "c0"); /* never used before, so 0 is its turn */
	assert_string_equal(rig_texts(&rig), "a0 b0 b1 c0");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 1, 1, "a1");
	assert_string_equal(rig_texts(&rig), "a0 b0 b1 c0 a1 a2");
	assert_nothing_held();
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** Streams that share a slot of memory: what is forgotten may cost time, never order. */
static void test_streams_that_collide(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 5, 0, "a0");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 5 + 64, 0, "b0");
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 5, 2, "a2");
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 5 + 128, 0, "c0");
	assert_string_equal(rig_texts(&rig), "a0 b0");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 5, 1, "a1");
	assert_string_equal(rig_texts(&rig), "a0 b0 a1 a2 c0");
	assert_nothing_held();
}

static void test_retransmission(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE | SCTP_U, GNB_TSN + 2, 0, 0, "u"); /* delivered above a gap ... */
	rig_data(&rig, GNB, BE | SCTP_U, GNB_TSN + 2, 0, 0, "u"); /* ... and not again */
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 3, 0, 2, "f");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 3, 0, 2, "f");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 3, 0, 2, "f");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 4, 0, 2, "g");
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "x");
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "x");
	assert_string_equal(rig_texts(&rig), "a u b fg x");
	assert_int_equal(rig_loss(&rig, SN_SCTP_DUPLICATE_TSN), 5);
	assert_int_equal(rig_losses_except(&rig, SN_SCTP_DUPLICATE_TSN), 0);
}

static void test_gap_times_out(void **state)
{
	uint64_t start = rig.now;

	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 0, 3, "d");
	rig.now = start + 1 * SECOND;
	rig_data(&rig, GNB, BE, GNB_TSN + 5, 0, 5, "f");
	sn_sctp_tick(rig.sctp, start + 3 * SECOND - 1);
	assert_string_equal(rig_texts(&rig), "a");
	sn_sctp_tick(rig.sctp, start + 3 * SECOND);
	assert_string_equal(rig_texts(&rig), "a d");
	assert_int_equal(rig.messages[1].message.time_ns, start);
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 2);
	/* The younger gap has its own time. */
	sn_sctp_tick(rig.sctp, start + 4 * SECOND - 1);
	assert_string_equal(rig_texts(&rig), "a d");
	sn_sctp_tick(rig.sctp, start + 4 * SECOND);
	assert_string_equal(rig_texts(&rig), "a d f");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 3);
	assert_nothing_held();
	assert_int_equal(rig_losses_except(&rig, SN_SCTP_GAP), 0);
}

/** Also without a tick, by the packets themselves. */
static void test_gap_times_out_by_packets(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig.now += 4 * SECOND;
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	assert_string_equal(rig_texts(&rig), "b c");
	assert_nothing_held();
}

static void test_gap_acknowledged(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 0, 4, "e");
	rig_sack(&rig, AMF, GNB_TSN); /* the receiver misses it too: wait */
	assert_string_equal(rig_texts(&rig), "a");
	rig_sack(&rig, AMF, GNB_TSN + 2); /* the receiver has it: it will not come again */
	assert_string_equal(rig_texts(&rig), "a c");
	rig_sack(&rig, AMF, GNB_TSN + 4);
	assert_string_equal(rig_texts(&rig), "a c e");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 2);
	assert_nothing_held();
}

/** What was acknowledged before its gap was noticed is not waited for either. */
static void test_gap_acknowledged_before(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_sack(&rig, AMF, GNB_TSN + 1);
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	assert_string_equal(rig_texts(&rig), "a c");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
	assert_nothing_held();
}

static void test_shutdown_acknowledges(void **state)
{
	uint8_t tsn[4];

	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	sn_put_be32(tsn, GNB_TSN + 1);
	sctp_chunk(rig_begin(&rig, AMF), 7, 0, tsn, 4);
	assert_int_equal(rig_send(&rig, AMF), 0);
	assert_string_equal(rig_texts(&rig), "b");
}

/** A lost fragment takes its message with it and no other. */
static void test_fragment_lost(void **state)
{
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "1");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 2, 0, 0, "3");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 3, 0, 1, "x");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 4, 0, 1, "y");
	assert_int_equal(rig.count, 0);
	rig_sack(&rig, AMF, GNB_TSN + 4);
	assert_string_equal(rig_texts(&rig), "xy");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 2);
	assert_nothing_held();
}

/** The end of one message and the beginning of the next are lost together. */
static void test_fragments_lost_across_messages(void **state)
{
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "1");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 3, 0, 1, "4");
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 0, 2, "whole");
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	assert_string_equal(rig_texts(&rig), "whole");
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 2);
	assert_nothing_held();
}

/** A first fragment where a further one was due: the sender breaks the rules, the message before is given up. */
static void test_message_never_ended(void **state)
{
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "1");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "whole");
	assert_string_equal(rig_texts(&rig), "whole");
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 1);
	assert_nothing_held();
}

static void test_tsn_and_ssn_wrap(void **state)
{
	rig_close(&rig);
	rig_open(&rig, NULL);
	rig_init(&rig, GNB, 0xfffffffd);
	rig_init_ack(&rig, AMF, AMF_TSN);
	rig_control(&rig, GNB, 10, 0);
	rig_control(&rig, AMF, 11, 0);
	rig_data(&rig, GNB, BE, 0xfffffffd, 0, 0xfffe, "a");
	rig_data(&rig, GNB, BE, 1, 0, 2, "e"); /* waits for d */
	rig_data(&rig, GNB, BE, 0xffffffff, 0, 0, "c");
	rig_data(&rig, GNB, BE, 0xfffffffe, 0, 0xffff, "b");
	rig_data(&rig, GNB, BE, 0, 0, 1, "d");
	rig_data(&rig, GNB, BE, 0xffffffff, 0, 0, "c");
	assert_string_equal(rig_texts(&rig), "a b c d e");
	assert_int_equal(rig_loss(&rig, SN_SCTP_DUPLICATE_TSN), 1);
	rig_data(&rig, GNB, SCTP_E, 3, 0, 3, "g");
	rig_sack(&rig, AMF, 3);
	rig_data(&rig, GNB, BE, 4, 0, 4, "h");
	assert_message(&rig, 5, "h");
	assert_nothing_held();
}

static void test_idata_interleaved(void **state)
{
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN, 1, 0, 0, "a0");
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN + 1, 2, 0, 0, "b0");
	rig_idata(&rig, GNB, 0, GNB_TSN + 2, 1, 0, 1, "a1");
	rig_idata(&rig, GNB, SCTP_U | SCTP_B, GNB_TSN + 3, 1, 0, 0, "u0"); /* its own MIDs */
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 4, 2, 0, 1, "b1");
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 5, 1, 0, 2, "a2");
	rig_idata(&rig, GNB, BE, GNB_TSN + 6, 1, 1, 0, "c");
	rig_idata(&rig, GNB, SCTP_U | SCTP_E, GNB_TSN + 7, 1, 0, 1, "u1");
	assert_string_equal(rig_texts(&rig), "b0b1 a0a1a2 c u0u1");
	assert_int_equal(rig.messages[0].message.ppid, PPID);
	assert_true(rig.messages[3].message.unordered);
	assert_nothing_held();
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

static void test_idata_out_of_order(void **state)
{
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 4, 1, 0, 2, "a2");
	rig_idata(&rig, GNB, BE, GNB_TSN + 5, 1, 1, 0, "next");
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 3, 2, 0, 1, "b1");
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN, 1, 0, 0, "a0");
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN + 1, 2, 0, 0, "b0");
	assert_string_equal(rig_texts(&rig), "b0b1");
	rig_idata(&rig, GNB, 0, GNB_TSN + 2, 1, 0, 1, "a1");
	assert_string_equal(rig_texts(&rig), "b0b1 a0a1a2 next");
	assert_nothing_held();
}

/** The middle, then the end of an I-DATA message is lost: other messages go on, what was held is let go. */
static void test_idata_lost(void **state)
{
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN, 1, 0, 0, "a0");
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN + 2, 2, 0, 0, "b0");
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 3, 1, 0, 2, "a2");
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 4, 2, 0, 1, "b1");
	rig_sack(&rig, AMF, GNB_TSN + 4);
	assert_string_equal(rig_texts(&rig), "b0b1");
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 2);
	assert_nothing_held();

	rig_idata(&rig, GNB, SCTP_B, GNB_TSN + 5, 1, 1, 0, "c0");
	rig_idata(&rig, GNB, BE, GNB_TSN + 7, 1, 2, 0, "d");
	rig_sack(&rig, AMF, GNB_TSN + 7);
	assert_message(&rig, 1, "d");
	assert_true(sn_sctp_stats(rig.sctp)->buffered > 0); /* c could go on: nothing says that its end was lost */
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	assert_nothing_held();
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 3);
}

static void test_forward_tsn(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 4, 0, "a");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 1, 4, 1, "gone");
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 4, 2, "c");
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 4, 3, "d");
	assert_string_equal(rig_texts(&rig), "a");
	sctp_forward_tsn(rig_begin(&rig, GNB), GNB_TSN + 2, 4, 1);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_string_equal(rig_texts(&rig), "a c d");
	assert_int_equal(rig_loss(&rig, SN_SCTP_ABANDONED), 2); /* a fragment and a TSN never sent */
	assert_int_equal(rig_losses_except(&rig, SN_SCTP_ABANDONED), 0);
	rig_data(&rig, GNB, BE, GNB_TSN + 5, 4, 4, "e");
	assert_message(&rig, 3, "e");
	assert_nothing_held();
}

/** Nothing is held, and the skipped stream goes on beyond another gap. */
static void test_forward_tsn_moves_the_stream(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 4, 0, "a");
	sctp_forward_tsn(rig_begin(&rig, GNB), GNB_TSN + 2, 4, 2);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_ABANDONED), 2);
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 4, 3, "d");
	assert_string_equal(rig_texts(&rig), "a d");
}

static void test_i_forward_tsn(void **state)
{
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN, 4, 0, 0, "gone");
	rig_idata(&rig, GNB, SCTP_B | SCTP_U, GNB_TSN + 1, 4, 0, 0, "gone too");
	sctp_i_forward_tsn(rig_begin(&rig, GNB), GNB_TSN + 2, 4, false, 0);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_true(sn_sctp_stats(rig.sctp)->buffered > 0);
	sctp_i_forward_tsn(rig_begin(&rig, GNB), GNB_TSN + 2, 4, true, 0);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_true(sn_sctp_stats(rig.sctp)->buffered > 0); /* that one was old (RFC 3758 3.6): not looked at */
	sctp_i_forward_tsn(rig_begin(&rig, GNB), GNB_TSN + 3, 4, true, 0);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_nothing_held();
	assert_int_equal(rig_loss(&rig, SN_SCTP_ABANDONED), 4);
	rig_idata(&rig, GNB, BE, GNB_TSN + 4, 4, 1, 0, "on");
	assert_string_equal(rig_texts(&rig), "on");
}

/** Numbers of streams begin anew (RFC 6525); TSNs do not. */
static void test_stream_reset(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 1, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 1, 1, "b");
	rig_control(&rig, GNB, 130, 0);
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 1, 2, "e"); /* 2 is not the turn any more */
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 1, 1, "d");
	assert_string_equal(rig_texts(&rig), "a b");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 1, 0, "c");
	assert_string_equal(rig_texts(&rig), "a b c d e");
}

/** The tap was away for longer than a window: it goes on where the traffic is. */
static void test_jump(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	rig_data(&rig, GNB, BE, GNB_TSN + 50000, 0, 50000, "x");
	rig_data(&rig, GNB, BE, GNB_TSN + 50000, 0, 50000, "x");
	rig_data(&rig, GNB, BE, GNB_TSN + 50001, 0, 50001, "y");
	rig_data(&rig, GNB, BE, GNB_TSN + 50002, 0, 50002, "z");
	assert_string_equal(rig_texts(&rig), "a x c y z");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1 + 49997);
	assert_int_equal(rig_loss(&rig, SN_SCTP_DUPLICATE_TSN), 1);
	assert_nothing_held();
}

/** Backwards too: the jump before was one of damaged TSNs. */
static void test_jump_back(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 0x40000000, 0, 1, "?");
	rig_data(&rig, GNB, BE, GNB_TSN + 0x40000001, 0, 2, "?");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 3, 0, 3, "d");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 4, 0, 3, "e");
	assert_string_equal(rig_texts(&rig), "a ? ? b c de");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 2); /* how many cannot be told: one for each jump */
}

/** One damaged TSN moves nothing. */
static void test_no_jump_for_one_chunk(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN ^ 0x40000000, 0, 1, "?");
	rig_data(&rig, GNB, BE, GNB_TSN ^ 0x80000000, 0, 1, "?");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	assert_string_equal(rig_texts(&rig), "a ? ? b c");
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** More than a window behind a gap that nobody acknowledges: the window moves on with the traffic. */
static void test_window_moves(void **state)
{
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	for (uint32_t i = 2; i < 6000; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%u", i);
		rig_data(&rig, GNB, BE, GNB_TSN + i, 0, (uint16_t)i, text);
	}
	assert_int_equal(rig.count, 5999);
	for (unsigned i = 2; i < 6000; i++)
		assert_int_equal(atoi((char *)rig.messages[i - 1].copy), i);
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
	assert_int_equal(rig_losses_except(&rig, SN_SCTP_GAP), 0);
	assert_nothing_held();
}

static void test_message_too_large(void **state)
{
	reopen(&(struct sn_sctp_limits) { .max_message = 10 });
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "0123456789");
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "0123456789a");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 2, 0, 2, "0123456");
	rig_data(&rig, GNB, 0, GNB_TSN + 3, 0, 2, "789a");
	rig_data(&rig, GNB, 0, GNB_TSN + 4, 0, 2, "b");
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 5, 0, 2, "c");
	rig_data(&rig, GNB, BE, GNB_TSN + 6, 0, 3, "next");
	assert_string_equal(rig_texts(&rig), "0123456789 next");
	assert_int_equal(rig_loss(&rig, SN_SCTP_MESSAGE_TOO_LARGE), 2);
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 4);
	assert_nothing_held();
}

/** Fragments without end stay within the limit. */
static void test_buffer_full_by_fragments(void **state)
{
	const struct sn_sctp_stats *stats;

	reopen(&(struct sn_sctp_limits) { .max_buffered = 8192 });
	stats = sn_sctp_stats(rig.sctp);
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "b");
	for (uint32_t i = 1; i < 1000; i++) {
		rig_data(&rig, GNB, 0, GNB_TSN + i, 0, 0, "f");
		assert_true(stats->buffered <= 8192);
	}
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 1000, 0, 0, "e");
	rig_data(&rig, GNB, BE, GNB_TSN + 1001, 0, 1, "next");
	assert_string_equal(rig_texts(&rig), "next");
	assert_true(rig_loss(&rig, SN_SCTP_BUFFER_FULL) > 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BUFFER_FULL) + rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 1001);
	assert_nothing_held();
}

/** Messages behind a gap stay within the limit, and none of them is lost: the gap is given up instead. */
static void test_buffer_full_by_gap(void **state)
{
	const struct sn_sctp_stats *stats;

	reopen(&(struct sn_sctp_limits) { .max_buffered = 8192 });
	stats = sn_sctp_stats(rig.sctp);
	for (uint32_t i = 0; i < 500; i++) {
		if (i % 50 != 10)
			rig_data(&rig, GNB, BE, GNB_TSN + i, 0, (uint16_t)i, "m");
		assert_true(stats->buffered <= 8192);
	}
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	assert_int_equal(rig.count, 490);
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 10);
	assert_nothing_held();
}

/** Room is made by the first gap alone: the second may yet be filled. */
static void test_buffer_full_gives_up_one_gap(void **state)
{
	char text[1001];

	memset(text, 'x', 1000);
	text[1000] = 0;
	reopen(&(struct sn_sctp_limits) { .max_buffered = 4096 });
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, text);
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 0, 3, text);
	assert_int_equal(rig.count, 0);
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 0, 4, text);
	assert_int_equal(rig.count, 1);
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "second");
	assert_int_equal(rig.count, 4);
	assert_message(&rig, 1, "second");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
}

/** No room even to keep account of a gap: nothing is waited for. */
static void test_no_room_for_a_gap(void **state)
{
	reopen(&(struct sn_sctp_limits) { .max_buffered = 300 });
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "c");
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 0, 3, "d");
	assert_string_equal(rig_texts(&rig), "a c d");
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 1);
	assert_int_equal(rig_loss(&rig, SN_SCTP_BUFFER_FULL), 1);
	/* Nor to hold one fragment. */
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 4, 0, 4, (char[]) { [0 ... 299] = 'x', [300] = 0 });
	rig_data(&rig, GNB, BE, GNB_TSN + 5, 0, 5, "f");
	assert_string_equal(rig_texts(&rig), "a c d f");
	assert_int_equal(rig_loss(&rig, SN_SCTP_BUFFER_FULL), 2);
	assert_nothing_held();
}

/** Two chunks claim the same place in a message: the first one has it. */
static void test_idata_contradiction(void **state)
{
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN, 1, 0, 0, "a0");
	rig_idata(&rig, GNB, SCTP_B, GNB_TSN + 1, 1, 0, 0, "??");
	rig_idata(&rig, GNB, SCTP_E, GNB_TSN + 2, 1, 0, 1, "a1");
	assert_string_equal(rig_texts(&rig), "a0a1");
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 1);
	assert_nothing_held();
}

/** Every other TSN missing, for ever: bounded, and what came is delivered. */
static void test_many_gaps(void **state)
{
	for (uint32_t i = 0; i < 20000; i += 2) {
		rig.now += SECOND / 1000;
		rig_data(&rig, GNB, BE, GNB_TSN + i, 0, (uint16_t)i, "m");
	}
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	assert_int_equal(rig.count, 10000);
	assert_int_equal(rig_loss(&rig, SN_SCTP_GAP), 9999);
	assert_nothing_held();
}

/** The limit over all associations: what was held the longest goes. */
static void test_total_limit(void **state)
{
	const struct sn_sctp_stats *stats;

	reopen(&(struct sn_sctp_limits) { .max_total = 16384 });
	stats = sn_sctp_stats(rig.sctp);
	for (uint32_t i = 0; i < 200; i++) {
		rig.port[GNB] = (uint16_t)(GNB_PORT + i);
		rig_handshake(&rig);
		rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "b");
		rig_data(&rig, GNB, SCTP_B, GNB_TSN + 2, 0, 1, "d");
		assert_true(stats->buffered <= 16384);
	}
	rig_data(&rig, GNB, SCTP_E, GNB_TSN + 1, 0, 0, "-e"); /* the latest is whole */
	assert_string_equal(rig_texts(&rig), "b-e");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_bundled),
		TEST(test_fragments_in_order),
		TEST(test_fragments_reversed),
		TEST(test_fragment_in_the_middle_last),
		TEST(test_unordered_fragments_above_gap),
		TEST(test_unordered_fragments_of_any_ssn),
		TEST(test_other_streams_pass_a_gap),
		TEST(test_streams_that_collide),
		TEST(test_retransmission),
		TEST(test_gap_times_out),
		TEST(test_gap_times_out_by_packets),
		TEST(test_gap_acknowledged),
		TEST(test_gap_acknowledged_before),
		TEST(test_shutdown_acknowledges),
		TEST(test_fragment_lost),
		TEST(test_fragments_lost_across_messages),
		TEST(test_message_never_ended),
		TEST(test_tsn_and_ssn_wrap),
		TEST(test_idata_interleaved),
		TEST(test_idata_out_of_order),
		TEST(test_idata_lost),
		TEST(test_forward_tsn),
		TEST(test_forward_tsn_moves_the_stream),
		TEST(test_i_forward_tsn),
		TEST(test_stream_reset),
		TEST(test_jump),
		TEST(test_jump_back),
		TEST(test_no_jump_for_one_chunk),
		TEST(test_window_moves),
		TEST(test_message_too_large),
		TEST(test_buffer_full_by_fragments),
		TEST(test_buffer_full_by_gap),
		TEST(test_buffer_full_gives_up_one_gap),
		TEST(test_no_room_for_a_gap),
		TEST(test_idata_contradiction),
		TEST(test_many_gaps),
		TEST(test_total_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
