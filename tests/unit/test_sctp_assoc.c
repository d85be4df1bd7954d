/* SPDX-License-Identifier: Apache-2.0 */
/** @file SCTP: which association a packet belongs to: handshakes, restarts, adoption, ends, and the table under pressure. */
#include "sctp_rig.h"

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

static void test_handshake(void **state)
{
	const struct sn_sctp_endpoint *endpoints;

	rig_init(&rig, GNB, GNB_TSN);
	rig_init_ack(&rig, AMF, AMF_TSN);
	rig_control(&rig, GNB, 10, 0);
	assert_int_equal(rig.event_count, 0);
	rig_control(&rig, AMF, 11, 0);
	assert_int_equal(rig.event_count, 1);
	assert_event(&rig, 0, SN_SCTP_ASSOCIATION_UP);
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "b");
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	endpoints = rig.messages[0].message.endpoints;
	assert_int_equal(endpoints[0].port, GNB_PORT);
	assert_int_equal(endpoints[0].addr.octets[3], 1);
	assert_int_equal(endpoints[1].port, AMF_PORT);
	assert_int_equal(endpoints[1].addr.octets[3], 2);
	assert_int_equal(endpoints[0].tag, GNB_TAG);
	assert_int_equal(endpoints[1].tag, AMF_TAG);
	assert_int_equal(rig.messages[0].message.from, AMF);
	assert_int_equal(rig.messages[1].message.from, GNB);
	assert_int_equal(rig.messages[0].message.association, rig.events[0].association);
	assert_int_equal(rig.event_count, 1);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 1);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** Every packet of the handshake may be the one that the tap missed. */
static void test_handshake_with_one_packet_missed(void **state)
{
	for (int missed = 0; missed < 4; missed++) {
		reopen(NULL);
		if (missed != 0)
			rig_init(&rig, GNB, GNB_TSN);
		if (missed != 1)
			rig_init_ack(&rig, AMF, AMF_TSN);
		if (missed != 2)
			rig_control(&rig, GNB, 10, 0);
		if (missed != 3)
			rig_control(&rig, AMF, 11, 0);
		rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
		rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "b");
		assert_string_equal(rig_texts(&rig), "a b");
		assert_int_equal(rig.event_count, 1);
		assert_event(&rig, 0, SN_SCTP_ASSOCIATION_UP);
		assert_int_equal(rig.messages[0].message.association, rig.messages[1].message.association);
		assert_int_equal(rig.messages[0].message.endpoints[0].port, GNB_PORT);
		assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
	}
}

/** INIT and INIT ACK came twice, the second INIT ACK with another tag; whichever the initiator takes is right. */
static void test_handshake_repeated(void **state)
{
	for (int taken = 0; taken < 2; taken++) {
		reopen(NULL);
		rig_init(&rig, GNB, GNB_TSN);
		rig_init_ack(&rig, AMF, AMF_TSN);
		rig_init(&rig, GNB, GNB_TSN);
		rig.tag[AMF] = AMF_TAG + 1;
		rig_init_ack(&rig, AMF, AMF_TSN + 500);
		rig.tag[AMF] = AMF_TAG + (uint32_t)taken;
		rig_control(&rig, GNB, 10, 0);
		rig_control(&rig, AMF, 11, 0);
		rig_data(&rig, AMF, BE, AMF_TSN + (taken ? 500 : 0), 0, 0, "b");
		rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
		assert_string_equal(rig_texts(&rig), "b a");
		assert_int_equal(rig.event_count, 1);
		assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 1);
		assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
	}
}

/** Both sent INIT at once (RFC 9260 5.2.1). */
static void test_handshake_crossed(void **state)
{
	rig_init(&rig, GNB, GNB_TSN);
	rig_init(&rig, AMF, AMF_TSN);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 2);
	rig_init_ack(&rig, AMF, AMF_TSN);
	rig_init_ack(&rig, GNB, GNB_TSN);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 1);
	rig_control(&rig, GNB, 10, 0);
	rig_control(&rig, AMF, 10, 0);
	rig_control(&rig, GNB, 11, 0);
	rig_control(&rig, AMF, 11, 0);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "b");
	assert_string_equal(rig_texts(&rig), "a b");
	assert_int_equal(rig.event_count, 1);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** Data may ride on the COOKIE ECHO. */
static void test_data_with_cookie_echo(void **state)
{
	struct sctp_build *b;

	rig_init(&rig, GNB, GNB_TSN);
	rig_init_ack(&rig, AMF, AMF_TSN);
	b = rig_begin(&rig, GNB);
	sctp_chunk(b, 10, 0, "cookie", 6);
	sctp_data(b, BE, GNB_TSN, 0, 0, PPID, "a", 1);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_string_equal(rig_texts(&rig), "a");
	assert_event(&rig, 0, SN_SCTP_ASSOCIATION_UP);
	rig_control(&rig, AMF, 11, 0);
	assert_int_equal(rig.event_count, 1);
}

static void test_restart(void **state)
{
	rig_handshake(&rig);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_data(&rig, GNB, SCTP_B, GNB_TSN + 1, 0, 1, "lost");
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG + 1, AMF_TAG + 1);
	rig_init(&rig, GNB, 7);
	rig_init_ack(&rig, AMF, 8);
	rig_control(&rig, GNB, 10, 0);
	assert_int_equal(rig.event_count, 1); /* the old one goes on until the cookie is taken (RFC 9260 5.2.2) */
	rig_control(&rig, AMF, 11, 0);
	assert_int_equal(rig.event_count, 2);
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_RESTART);
	assert_int_equal(rig.events[1].association, rig.events[0].association);
	rig_data(&rig, GNB, BE, 7, 0, 0, "b");
	rig_data(&rig, AMF, BE, 8, 0, 0, "c");
	assert_string_equal(rig_texts(&rig), "a b c");
	assert_int_equal(rig.messages[2].message.association, rig.events[0].association);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 1);
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 1);
	/* The tags before are swallowed for a moment, then forgotten. */
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "on its way");
	assert_int_equal(rig.count, 3);
	assert_int_equal(rig.event_count, 2);
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 2, "stray");
	assert_event(&rig, 2, SN_SCTP_ASSOCIATION_ADOPTED);
}

/** The other end begins the new association: the endpoints keep their places. */
static void test_restart_from_the_other_end(void **state)
{
	rig_handshake(&rig);
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG + 1, AMF_TAG + 1);
	rig_init(&rig, AMF, 8);
	rig_init_ack(&rig, GNB, 7);
	rig_control(&rig, AMF, 10, 0);
	rig_data(&rig, GNB, BE, 7, 0, 0, "a");
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_RESTART);
	rig_data(&rig, AMF, BE, 8, 0, 0, "b");
	assert_int_equal(rig.messages[0].message.from, GNB);
	assert_int_equal(rig.messages[1].message.from, AMF);
	assert_int_equal(rig.messages[0].message.endpoints[0].port, GNB_PORT);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** An INIT alone, or with an answer made up by a stranger who does not know the responder's tag, ends nothing. */
static void test_forged_restart(void **state)
{
	rig_handshake(&rig);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig_use_peer(&rig, 1, GNB_PORT, 0xbad, 0xbad2);
	rig_init(&rig, GNB, 7);
	rig_data(&rig, AMF, BE, 99, 0, 0, "forged");
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "c");
	assert_int_equal(rig.messages[2].message.association, rig.messages[0].message.association);
	assert_int_equal(rig.messages[3].message.association, rig.messages[0].message.association);
	assert_int_not_equal(rig.messages[1].message.association, rig.messages[0].message.association);
	for (size_t i = 0; i < rig.event_count; i++)
		assert_int_not_equal(rig.events[i].kind, SN_SCTP_ASSOCIATION_RESTART);
}

static void test_abort(void **state)
{
	rig_handshake(&rig);
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "incomplete");
	rig_data(&rig, GNB, BE, GNB_TSN + 2, 0, 1, "waits");
	rig_control(&rig, AMF, 6, 0);
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_ABORT);
	assert_string_equal(rig_texts(&rig), "waits"); /* whole, so it is not kept back */
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
	/* What was on its way is no new association ... */
	rig_data(&rig, GNB, BE, GNB_TSN + 3, 0, 2, "late");
	assert_int_equal(rig.event_count, 2);
	assert_int_equal(rig.count, 1);
	/* ... and after a while the tags are free. */
	sn_sctp_tick(rig.sctp, rig.now + 3 * SECOND);
	rig_data(&rig, GNB, BE, GNB_TSN + 4, 0, 3, "new");
	assert_event(&rig, 2, SN_SCTP_ASSOCIATION_ADOPTED);
	assert_message(&rig, 1, "new");
}

/** An INIT whose tag an association between others has: not theirs to end. */
static void test_init_with_the_tag_of_others(void **state)
{
	rig_handshake(&rig);
	rig.host[GNB] = 66;
	rig_init(&rig, GNB, 5);
	assert_int_equal(rig_loss(&rig, SN_SCTP_UNKNOWN_TAG), 1);
	rig.host[GNB] = 1;
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "alive");
	assert_int_equal(rig.event_count, 1);
	assert_int_equal(rig.count, 1);
}

/** One that lost its state answers with the tag that it received, and the T bit (RFC 9260 8.4). */
static void test_abort_reflected(void **state)
{
	rig_handshake(&rig);
	sctp_begin(&rig.b, AMF_PORT, GNB_PORT, AMF_TAG);
	sctp_chunk(&rig.b, 6, 0, NULL, 0); /* without T the tag is just wrong */
	assert_int_equal(rig_send(&rig, AMF), 0);
	assert_int_equal(rig.event_count, 1);
	sctp_chunk(rig_begin(&rig, AMF), 6, 1, NULL, 0); /* T and a tag that is not reflected */
	assert_int_equal(rig_send(&rig, AMF), 0);
	assert_int_equal(rig.event_count, 1);
	sctp_begin(&rig.b, AMF_PORT, GNB_PORT, AMF_TAG);
	sctp_chunk(&rig.b, 6, 1, NULL, 0);
	assert_int_equal(rig_send(&rig, AMF), 0);
	assert_int_equal(rig.event_count, 2);
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_ABORT);
	assert_int_equal(rig_send(&rig, AMF), 0); /* seen twice */
	assert_int_equal(rig.event_count, 2);
}

/** INIT refused: there never was an association to speak of. */
static void test_init_refused(void **state)
{
	rig_init(&rig, GNB, GNB_TSN);
	rig_control(&rig, AMF, 6, 0);
	assert_int_equal(rig.event_count, 0);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
}

static void test_shutdown(void **state)
{
	rig_handshake(&rig);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	sctp_chunk(rig_begin(&rig, AMF), 7, 0, "\0\0\3\350", 4);
	rig_send(&rig, AMF);
	rig_control(&rig, GNB, 8, 0);
	assert_int_equal(rig.event_count, 1);
	rig_control(&rig, AMF, 14, 0);
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_SHUTDOWN);
	rig_control(&rig, AMF, 14, 0); /* seen twice */
	assert_int_equal(rig.event_count, 2);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
	/* The same peers at once again, by the same ports. */
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG + 1, AMF_TAG + 1);
	rig_handshake(&rig);
	assert_event(&rig, 2, SN_SCTP_ASSOCIATION_UP);
	assert_int_not_equal(rig.events[2].association, rig.events[0].association);
}

/** Tags and ports make the association, whichever addresses the packets take. */
static void test_multihoming(void **state)
{
	rig_handshake(&rig);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	rig.host[GNB] = 101;
	rig.host[AMF] = 102;
	rig_data(&rig, GNB, BE, GNB_TSN + 1, 0, 1, "b");
	rig_data(&rig, AMF, BE, AMF_TSN, 0, 0, "c");
	assert_string_equal(rig_texts(&rig), "a b c");
	assert_int_equal(rig.messages[2].message.association, rig.messages[0].message.association);
	assert_int_equal(rig.messages[2].message.endpoints[0].addr.octets[3], 1); /* the primary one */
	assert_int_equal(rig.event_count, 1);
}

static void test_adoption_of_both_directions(void **state)
{
	struct sctp_build *b;

	rig_data(&rig, GNB, BE, 555, 3, 17, "a");
	assert_int_equal(rig.event_count, 1);
	assert_event(&rig, 0, SN_SCTP_ASSOCIATION_ADOPTED);
	b = rig_begin(&rig, AMF);
	sctp_sack(b, 555);
	sctp_data(b, BE, 888, 3, 21, PPID, "b", 1);
	assert_int_equal(rig_send(&rig, AMF), 0);
	rig_data(&rig, GNB, BE, 556, 3, 18, "c");
	assert_string_equal(rig_texts(&rig), "a b c");
	assert_int_equal(rig.event_count, 1);
	assert_int_equal(rig.messages[1].message.association, rig.messages[0].message.association);
	assert_int_equal(rig.messages[0].message.from, 0);
	assert_int_equal(rig.messages[1].message.from, 1);
	assert_int_equal(rig.messages[1].message.endpoints[0].port, GNB_PORT);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** The first packets seen were out of order: each chunk that the tap has not seen counts, once. */
static void test_adoption_out_of_order(void **state)
{
	rig_data(&rig, GNB, BE, 557, 3, 19, "c");
	rig_data(&rig, GNB, BE, 555, 3, 17, "a");
	rig_data(&rig, GNB, BE, 555, 3, 17, "a");
	rig_data(&rig, GNB, BE, 558, 3, 20, "d");
	rig_data(&rig, GNB, BE, 556, 3, 18, "b");
	assert_string_equal(rig_texts(&rig), "c a d b");
	assert_int_equal(rig_loss(&rig, SN_SCTP_DUPLICATE_TSN), 1);
}

/** Adopted in the middle of a message: its rest is given up. */
static void test_adoption_within_message(void **state)
{
	rig_data(&rig, GNB, 0, 555, 3, 17, "rest");
	rig_data(&rig, GNB, SCTP_E, 556, 3, 17, "end");
	rig_data(&rig, GNB, SCTP_B, 557, 3, 18, "who");
	rig_data(&rig, GNB, SCTP_E, 558, 3, 18, "le");
	assert_string_equal(rig_texts(&rig), "whole");
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 2);
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
}

/** Many gNBs with port 38412 at both ends: addresses and acknowledged TSNs tell the answers apart. */
static void test_adoption_same_ports(void **state)
{
	for (uint8_t i = 0; i < 20; i++) {
		rig_use_peer(&rig, (uint8_t)(10 + i), AMF_PORT, GNB_TAG + i, AMF_TAG + i);
		rig_data(&rig, GNB, BE, 1000u * i, 1, 0, "up");
	}
	assert_int_equal(rig.event_count, 20);
	for (uint8_t i = 0; i < 20; i++) {
		struct sctp_build *b;

		rig_use_peer(&rig, (uint8_t)(10 + i), AMF_PORT, GNB_TAG + i, AMF_TAG + i);
		b = rig_begin(&rig, AMF);
		if (i % 2) /* without it the addresses must do */
			sctp_sack(b, 1000u * i);
		sctp_data(b, BE, 7000u + i, 1, 0, PPID, "down", 4);
		assert_int_equal(rig_send(&rig, AMF), 0);
	}
	assert_int_equal(rig.event_count, 20);
	assert_int_equal(rig.count, 40);
	for (uint8_t i = 0; i < 20; i++) {
		assert_int_equal(rig.messages[20 + i].message.association, rig.messages[i].message.association);
		assert_int_equal(rig.messages[20 + i].message.from, 1);
		assert_int_equal(rig.messages[20 + i].message.endpoints[0].addr.octets[3], 10 + i);
	}
}

/** The same peers have two associations in the table, the older one half-known: the acknowledged TSN decides. */
static void test_adoption_by_acknowledged_tsn(void **state)
{
	rig_data(&rig, GNB, BE, 100000, 1, 0, "old");
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG + 1, AMF_TAG + 1);
	rig_data(&rig, GNB, BE, 500, 1, 0, "new");
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_sack(&rig, AMF, 100000);
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG + 1, AMF_TAG + 1);
	rig_sack(&rig, AMF, 500);
	rig_data(&rig, AMF, BE, 1, 0, 0, "of new");
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, AMF, BE, 1, 0, 0, "of old");
	assert_int_equal(rig.messages[2].message.association, rig.messages[1].message.association);
	assert_int_equal(rig.messages[3].message.association, rig.messages[0].message.association);
	assert_int_equal(rig.event_count, 2);
	assert_int_equal(rig_losses_except(&rig, _SN_SCTP_LOSS_MAX), 0);
}

/** Multihomed and adopted, and the answer comes by the other path. */
static void test_adoption_over_two_paths(void **state)
{
	rig_data(&rig, GNB, BE, 4242, 1, 0, "a");
	rig.host[GNB] = 101;
	rig.host[AMF] = 102;
	rig_sack(&rig, AMF, 4242);
	rig_data(&rig, AMF, BE, 1, 0, 0, "b");
	assert_int_equal(rig.event_count, 1);
	assert_int_equal(rig.messages[1].message.association, rig.messages[0].message.association);
}

/** An answer by other addresses must fit by its TSN: it does not take the place of the one that is due. */
static void test_stray_answer(void **state)
{
	rig_init(&rig, GNB, GNB_TSN);
	rig_use_peer(&rig, 77, GNB_PORT, GNB_TAG, 0xbad);
	rig_sack(&rig, GNB, AMF_TSN);
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "a");
	assert_int_equal(rig.event_count, 1);
	assert_event(&rig, 0, SN_SCTP_ASSOCIATION_UP);
}

/** Nothing but DATA makes an association. */
static void test_no_adoption(void **state)
{
	rig_sack(&rig, AMF, 1);
	rig_control(&rig, GNB, 4, 0);
	rig_control(&rig, GNB, 6, 0);
	rig_control(&rig, GNB, 11, 0);
	sctp_begin(&rig.b, GNB_PORT, AMF_PORT, 0);
	sctp_data(&rig.b, BE, 1, 0, 0, PPID, "tag 0", 5);
	assert_int_equal(rig_send(&rig, GNB), 0);
	sctp_begin(&rig.b, 0, AMF_PORT, 1);
	sctp_data(&rig.b, BE, 1, 0, 0, PPID, "port 0", 6);
	assert_int_equal(rig_send(&rig, GNB), 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_UNKNOWN_TAG), 2);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
	assert_int_equal(rig.count, 0);
}

/** Tag and ports 0 find nothing, also where something was once. */
static void test_all_zero_key(void **state)
{
	struct sn_packet ip = rig_ip(&rig, GNB);

	reopen(&(struct sn_sctp_limits) { .max_associations = 4 }); /* few slots, so that each is used */
	for (uint8_t i = 0; i < 200; i++) {
		rig_use_peer(&rig, 10 + i % 7, (uint16_t)(GNB_PORT + i), GNB_TAG + i, AMF_TAG + i);
		rig_handshake(&rig);
		sn_sctp_tick(rig.sctp, rig.now += 3600 * SECOND);
		sctp_begin(&rig.b, 0, 0, 0);
		sctp_data(&rig.b, BE, 1, 0, 0, PPID, "a", 1);
		assert_int_equal(sn_sctp_input(rig.sctp, &ip, (struct sn_view) { rig.b.data, rig.b.len }, 0, rig.now), 0);
	}
	assert_int_equal(rig.count, 0);
}

static void test_eviction_of_the_least_recently_used(void **state)
{
	reopen(&(struct sn_sctp_limits) { .max_associations = 3 });
	for (uint8_t i = 0; i < 3; i++, rig.now += 2 * SECOND) {
		rig_use_peer(&rig, 10 + i, GNB_PORT, GNB_TAG + i, AMF_TAG + i);
		rig_handshake(&rig);
	}
	rig_use_peer(&rig, 10, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "used");
	rig.now += 2 * SECOND;
	rig_use_peer(&rig, 20, GNB_PORT, GNB_TAG + 3, AMF_TAG + 3);
	rig_handshake(&rig);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 3);
	assert_int_equal(rig_loss(&rig, SN_SCTP_ASSOCIATION_EVICTED), 1);
	assert_event(&rig, 3, SN_SCTP_ASSOCIATION_IDLE);
	assert_int_equal(rig.events[3].association, rig.events[1].association);
	assert_event(&rig, 4, SN_SCTP_ASSOCIATION_UP);
}

static void test_idle(void **state)
{
	reopen(&(struct sn_sctp_limits) { .idle_timeout_ns = 10 * SECOND });
	rig_handshake(&rig);
	rig_data(&rig, GNB, SCTP_B, GNB_TSN, 0, 0, "begun");
	sn_sctp_tick(rig.sctp, rig.now + 10 * SECOND - 1);
	assert_int_equal(rig.event_count, 1);
	rig.now += 9 * SECOND;
	rig_control(&rig, AMF, 4, 0);
	sn_sctp_tick(rig.sctp, rig.now + 10 * SECOND - 1);
	assert_int_equal(rig.event_count, 1);
	sn_sctp_tick(rig.sctp, rig.now + 10 * SECOND);
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_IDLE);
	assert_int_equal(sn_sctp_stats(rig.sctp)->associations, 0);
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
	assert_int_equal(rig_loss(&rig, SN_SCTP_INCOMPLETE_MESSAGE), 1);
	assert_int_equal(rig_loss(&rig, SN_SCTP_ASSOCIATION_EVICTED), 0);
}

/** Random tags, random INITs: those who have an association keep it, new ones still come up. */
static void test_flood(void **state)
{
	const struct sn_sctp_stats *stats;
	uint32_t tag = 12345;

	reopen(&(struct sn_sctp_limits) { .max_associations = 64 });
	stats = sn_sctp_stats(rig.sctp);
	for (uint8_t i = 0; i < 40; i++) {
		rig_use_peer(&rig, 10 + i, GNB_PORT, GNB_TAG + i, AMF_TAG + i);
		rig_handshake(&rig);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		tag = tag * 1664525 + 1013904223;
		rig.now += SECOND / 1000;
		rig_use_peer(&rig, (uint8_t)(200 + tag % 50), (uint16_t)(tag >> 16), tag, tag | 1);
		if (i % 3 == 0)
			rig_init(&rig, GNB, tag);
		else
			rig_data(&rig, GNB, i % 5 ? BE : SCTP_B, tag, 0, 0, "flood");
		assert_true(stats->associations <= 64);
		if (i % 100)
			continue;
		/* All others are silent meanwhile: in the end for 20 s, as between two heartbeats. */
		rig_use_peer(&rig, 10, GNB_PORT, GNB_TAG, AMF_TAG);
		rig_data(&rig, GNB, BE, GNB_TSN + i / 100, 0, (uint16_t)(i / 100), "alive");
	}
	rig_clear(&rig);
	for (uint8_t i = 1; i < 40; i++) {
		rig_use_peer(&rig, 10 + i, GNB_PORT, GNB_TAG + i, AMF_TAG + i);
		rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "alive");
	}
	assert_int_equal(rig.event_count, 0); /* none of them had to be adopted again */
	rig_use_peer(&rig, 100, GNB_PORT, GNB_TAG + 100, AMF_TAG + 100);
	rig_handshake(&rig);
	assert_event(&rig, 0, SN_SCTP_ASSOCIATION_IDLE); /* one of the flood */
	assert_event(&rig, 1, SN_SCTP_ASSOCIATION_UP);
}

/** The table full of trusted associations: a stranger gets in only when one of them is dead. */
static void test_flood_on_full_table(void **state)
{
	reopen(&(struct sn_sctp_limits) { .max_associations = 8 });
	for (uint8_t i = 0; i < 8; i++) {
		rig_use_peer(&rig, 10 + i, GNB_PORT, GNB_TAG + i, AMF_TAG + i);
		rig_handshake(&rig);
	}
	rig.now += 60 * SECOND;
	rig_use_peer(&rig, 99, GNB_PORT, 7, 8);
	rig_data(&rig, GNB, BE, 1, 0, 0, "refused");
	assert_int_equal(rig_loss(&rig, SN_SCTP_UNKNOWN_TAG), 1);
	assert_int_equal(rig.count, 0);
	rig.now += 30 * SECOND;
	rig_data(&rig, GNB, BE, 1, 0, 0, "taken");
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig_loss(&rig, SN_SCTP_ASSOCIATION_EVICTED), 1);
}

/** Random tags between two addresses that have an association: few are kept, the right one stays. */
static void test_flood_between_peers(void **state)
{
	rig_handshake(&rig);
	for (uint32_t i = 0; i < 1000; i++) {
		rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, 0x80000000 + i * 7919);
		rig_data(&rig, GNB, BE, i, 0, 0, "flood");
	}
	assert_true(sn_sctp_stats(rig.sctp)->associations <= 8);
	rig_clear(&rig);
	rig_use_peer(&rig, 1, GNB_PORT, GNB_TAG, AMF_TAG);
	rig_data(&rig, GNB, BE, GNB_TSN, 0, 0, "alive");
	assert_int_equal(rig.event_count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_handshake_with_one_packet_missed),
		TEST(test_handshake_repeated),
		TEST(test_handshake_crossed),
		TEST(test_data_with_cookie_echo),
		TEST(test_restart),
		TEST(test_restart_from_the_other_end),
		TEST(test_forged_restart),
		TEST(test_abort),
		TEST(test_init_with_the_tag_of_others),
		TEST(test_abort_reflected),
		TEST(test_init_refused),
		TEST(test_shutdown),
		TEST(test_multihoming),
		TEST(test_adoption_of_both_directions),
		TEST(test_adoption_out_of_order),
		TEST(test_adoption_within_message),
		TEST(test_adoption_same_ports),
		TEST(test_adoption_by_acknowledged_tsn),
		TEST(test_adoption_over_two_paths),
		TEST(test_stray_answer),
		TEST(test_no_adoption),
		TEST(test_all_zero_key),
		TEST(test_eviction_of_the_least_recently_used),
		TEST(test_idle),
		TEST(test_flood),
		TEST(test_flood_on_full_table),
		TEST(test_flood_between_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
