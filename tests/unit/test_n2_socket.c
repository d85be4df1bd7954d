/* SPDX-License-Identifier: Apache-2.0 */
/** @file The socket tap: whole messages from one-to-one and one-to-many sockets, at one end or at both, in pieces, cut. */
#include "n2_rig.h"

#include "base/macro.h"

/* Most ends tell no tags. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct octets nothing;

/* One socket's view of its peer. */
struct end {
	uint64_t socket;
	uint32_t assoc_id; /* 0: the kernel could not tell */
	uint16_t port, peer_port;
	uint8_t addr[4], peer_addr[4]; /* 0.0.0.0: not known */
	uint32_t tag, peer_tag;	       /* 0: the kernel could not tell, or not yet */
	bool one_to_one;
	uint32_t pid; /* of whose socket it is; its cgroup is 1000 and this */
};

#define GNB(n)                                                                                                                   \
	{                                                                                                                        \
		10, 10, 2, (uint8_t)(1 + (n))                                                                                    \
	}
#define AMF                                                                                                                      \
	{                                                                                                                        \
		10, 10, 2, 1                                                                                                     \
	}
#define ANY                                                                                                                      \
	{                                                                                                                        \
		0                                                                                                                \
	}

static const uint8_t zero[4];

static struct sn_n2_message_event event_of(const struct end *end, bool sent)
{
	struct sn_n2_message_event event = {
		.socket = end->socket,
		.cgroup_id = end->pid + 1000u,
		.tgid = end->pid,
		.assoc_id = end->assoc_id,
		.ppid = 60,
		.flags = (uint16_t)(SN_N2_HAS_PPID | (sent ? SN_N2_SENT : 0) | (end->assoc_id ? SN_N2_HAS_ASSOC : 0)),
		.local_port = end->port,
		.peer_port = end->peer_port,
		.local_family = memcmp(end->addr, zero, 4) ? 4 : 0,
		.peer_family = memcmp(end->peer_addr, zero, 4) ? 4 : 0,
		.local_tag = end->tag,
		.peer_tag = end->peer_tag,
	};

	memcpy(event.local_addr, end->addr, 4);
	memcpy(event.peer_addr, end->peer_addr, 4);
	if (event.peer_family)
		event.flags |= SN_N2_HAS_PEER;
	if (end->one_to_one)
		event.flags |= SN_N2_ONE_TO_ONE;
	return event;
}

static void show(struct rig *rig, const struct sn_n2_message_event *event, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	rig->now_ns += MS;
	sn_n2_socket_tap_message(&rig->n2->socket_tap, event, (struct sn_view) { copy, len }, rig->now_ns);
	free(copy);
}

static void sends(struct rig *rig, const struct end *end, struct octets message)
{
	struct sn_n2_message_event event = event_of(end, true);

	show(rig, &event, message.data, message.len);
}

static void receives(struct rig *rig, const struct end *end, struct octets message)
{
	struct sn_n2_message_event event = event_of(end, false);

	show(rig, &event, message.data, message.len);
}

static struct octets hello(uint32_t ran, uint64_t msin)
{
	return initial_ue(ran, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(msin)));
}

static struct octets context_setup_response(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran);
}

static int64_t message_count(struct rig *rig)
{
	json_t *row, *rows = json_object_get(rig_report(rig), "messages");
	int64_t sum = 0;
	size_t i;

	json_array_foreach(rows, i, row) sum += integer(row, "count");
	return sum;
}

/* NG Setup, and a UE whose context is set up: five messages, as one end or both see them. */
#define MESSAGES 5
static void exchange(struct rig *rig, const struct end *gnb, const struct end *amf, uint32_t id, const char *name)
{
	struct octets messages[] = { ng_setup_request(id, name), ng_setup_response("amf"), hello(id, id),
				     context_setup_request(id, id, nothing), context_setup_response(id, id) };
	static const bool from_gnb[MESSAGES] = { true, false, true, false, true };

	for (unsigned i = 0; i < MESSAGES; i++) {
		const struct end *from = from_gnb[i] ? gnb : amf, *to = from_gnb[i] ? amf : gnb;

		if (from)
			sends(rig, from, messages[i]);
		if (to)
			receives(rig, to, messages[i]);
	}
}

static void check_exchanges(struct rig *rig, unsigned count, bool both_ends)
{
	assert_int_equal(message_count(rig), count * MESSAGES);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), both_ends ? count * MESSAGES : 0);
	check_procedure(rig, "NGSetup", count, count, 0, 0);
	check_procedure(rig, "InitialContextSetup", count, count, 0, 0);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), count);
	assert_int_equal(lost(rig, SN_N2_LOSS_ORPHAN_OUTCOME), 0);
	check_engine(rig);
}

static void test_amf_end(void **state)
{
	static const struct end amf = { 0xa1, 0, 38412, 40001, AMF, GNB(1) };

	exchange(*state, NULL, &amf, 1, "gnb-1");
	check_exchanges(*state, 1, false);
	json_t *row = json_array_get(json_object_get(rig_report(*state), "associations"), 0);
	assert_true(text_is(row, "gnb", "gnb-1"));
	assert_true(text_is(row, "gnb_address", "10.10.2.2:40001"));
	assert_true(text_is(row, "amf_address", "10.10.2.1:38412"));
}

static void test_gnb_end(void **state)
{
	static const struct end gnb = { 0xb1, 7, 40001, 38412, ANY, AMF };

	exchange(*state, &gnb, NULL, 1, "gnb-1");
	check_exchanges(*state, 1, false);
	json_t *row = json_array_get(json_object_get(rig_report(*state), "associations"), 0);
	assert_true(text_is(row, "gnb", "gnb-1"));
	assert_true(text_is(row, "amf_address", "10.10.2.1:38412"));
}

static void test_both_ends(void **state)
{
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF }, amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };

	exchange(*state, &gnb, &amf, 1, "gnb-1");
	check_exchanges(*state, 1, true);
}

/* Sockets that are bound to no address know that of their peer only. */
static void test_both_ends_wildcard(void **state)
{
	static const struct end gnb = { 0xb1, 3, 40001, 38412, ANY, AMF }, amf = { 0xa1, 9, 38412, 40001, ANY, GNB(1) };

	exchange(*state, &gnb, &amf, 1, "gnb-1");
	check_exchanges(*state, 1, true);
}

/* The one association that neither end has a port of its own for. */
static void test_both_ends_one_port(void **state)
{
	static const struct end gnb = { 0xb1, 3, 38412, 38412, GNB(1), AMF }, amf = { 0xa1, 9, 38412, 38412, AMF, GNB(1) };

	exchange(*state, &gnb, &amf, 1, "gnb-1");
	check_exchanges(*state, 1, true);
	json_t *row = json_array_get(json_object_get(rig_report(*state), "associations"), 0);
	assert_true(text_is(row, "gnb", "gnb-1"));
	assert_true(text_is(row, "gnb_address", "10.10.2.2:38412"));
}

static const char *pod_of_address(struct sn_host *host, uint8_t family, const uint8_t *octets)
{
	static const uint8_t gnb[4] = GNB(1);

	return family == 4 && memcmp(octets, gnb, 4) == 0 ? "ran/gnb-by-address" : NULL;
}

static const char *pod_of_cgroup(struct sn_host *host, uint64_t cgroup_id, uint32_t pid)
{
	assert_int_equal(cgroup_id, pid + 1000);
	return pid == 7 ? "core/amf-0" : pid == 8 ? "ran/gnb-by-process" : NULL;
}

/* Pods at both ends, by address, else by the process of the socket that was seen, whichever end shows itself first. */
static void test_pods(void **state)
{
	static const struct {
		struct end gnb, amf;
		bool gnb_seen, amf_seen;
		const char *gnb_pod, *amf_pod;
	} cases[] = {
		{ { 1, 3, 40001, 38412, GNB(1), AMF, .pid = 8 },
		  { 2, 9, 38412, 40001, AMF, GNB(1), .pid = 7 },
		  true,
		  true,
		  "ran/gnb-by-address",
		  "core/amf-0" },
		{ { 1, 3, 40001, 38412, GNB(2), AMF, .pid = 8 },
		  { 2, 9, 38412, 40001, AMF, GNB(2), .pid = 7 },
		  true,
		  true,
		  "ran/gnb-by-process",
		  "core/amf-0" },
		{ { 1, 3, 40001, 38412, GNB(2), AMF, .pid = 8 }, { 0 }, true, false, "ran/gnb-by-process", "" },
		{ { 0 }, { 2, 9, 38412, 40001, ANY, GNB(1), .pid = 7 }, false, true, "ran/gnb-by-address", "core/amf-0" },
		{ { 0 }, { 2, 9, 38412, 40001, AMF, GNB(2), .pid = 5 }, false, true, "", "" },
		/* Which end is which shows in the first message: the ends are turned, with their processes. */
		{ { 1, 3, 38412, 38412, GNB(2), AMF, .pid = 8 },
		  { 2, 9, 38412, 38412, AMF, GNB(2), .pid = 7 },
		  true,
		  true,
		  "ran/gnb-by-process",
		  "core/amf-0" },
		{ { 1, 3, 38412, 40001, GNB(2), AMF, .pid = 8 },
		  { 2, 9, 40001, 38412, AMF, GNB(2), .pid = 7 },
		  true,
		  true,
		  "ran/gnb-by-process",
		  "core/amf-0" },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		struct rig rig;
		json_t *row;

		rig_defaults(&rig);
		rig.host.pod_of_address = pod_of_address;
		rig.host.pod_of_cgroup = pod_of_cgroup;
		rig_open(&rig);
		exchange(&rig, cases[i].gnb_seen ? &cases[i].gnb : NULL, cases[i].amf_seen ? &cases[i].amf : NULL, 1, "gnb-1");
		row = json_array_get(json_object_get(rig_report(&rig), "associations"), 0);
		if (!text_is(row, "gnb_pod", cases[i].gnb_pod) || !text_is(row, "amf_pod", cases[i].amf_pod))
			fail_msg("case %zu: %s", i, json_dumps(row, 0));
		assert_int_equal(json_array_size(json_object_get(rig.document, "associations")), 1);
		rig_close(&rig);
	}
}

/* A one-to-many socket has many associations, told apart by their ids. */
static void test_one_to_many_with_ids(void **state)
{
	struct rig *rig = *state;

	for (uint32_t i = 1; i <= 5; i++) {
		struct end gnb = { 0xb0 + i, 100 + i, (uint16_t)(40000 + i), 38412, GNB(i), AMF };
		struct end amf = { 0xa1, i, 38412, (uint16_t)(40000 + i), ANY, GNB(i) };
		char name[16];

		snprintf(name, sizeof(name), "gnb-%u", i);
		exchange(rig, &gnb, &amf, i, name);
	}
	check_exchanges(rig, 5, true);
}

static void test_one_to_many_without_ids(void **state)
{
	struct rig *rig = *state;

	for (uint32_t i = 1; i <= 5; i++) {
		struct end amf = { 0xa1, 0, 38412, (uint16_t)(40000 + i), ANY, GNB(i) };
		char name[16];

		snprintf(name, sizeof(name), "gnb-%u", i);
		exchange(rig, NULL, &amf, i, name);
	}
	check_exchanges(rig, 5, false);
}

/* The id is known of what is received, of what is sent the peer only: one end, one association. */
static void test_id_in_one_direction_only(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, ANY, AMF };
	static const struct end amf_receiving = { 0xa1, 9, 38412, 40001, ANY, GNB(1) };
	static const struct end amf_sending = { 0xa1, 0, 38412, 40001, ANY, GNB(1) };
	struct octets setup = ng_setup_request(1, "gnb-1"), response = ng_setup_response("amf");

	sends(rig, &gnb, setup);
	receives(rig, &amf_receiving, setup);
	sends(rig, &amf_sending, response);
	receives(rig, &gnb, response);
	assert_int_equal(message_count(rig), 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 2);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 1);
	check_procedure(rig, "NGSetup", 1, 1, 0, 0);
}

/* Two gNBs in pods of their own, bound to the same port and to no address: who is whose other end is told by what they say. */
static void test_two_gnbs_that_look_alike(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb[] = { { 0xb1, 1, 9487, 38412, ANY, AMF }, { 0xb2, 1, 9487, 38412, ANY, AMF } };
	static const struct end amf[] = { { 0xa1, 11, 38412, 9487, ANY, GNB(1) }, { 0xa1, 12, 38412, 9487, ANY, GNB(2) } };
	struct octets setup[] = { ng_setup_request(1, "gnb-1"), ng_setup_request(2, "gnb-2") };
	struct octets response[] = { ng_setup_response("amf"), ng_setup_response("amf") };

	sends(rig, &gnb[0], setup[0]);
	sends(rig, &gnb[1], setup[1]);
	receives(rig, &amf[1], setup[1]);
	receives(rig, &amf[0], setup[0]);
	sends(rig, &amf[0], response[0]);
	sends(rig, &amf[1], response[1]);
	receives(rig, &gnb[1], response[1]);
	receives(rig, &gnb[0], response[0]);
	for (uint32_t i = 0; i < 2; i++) {
		struct octets first = hello(5, i + 1); /* the same RAN UE NGAP id at both */

		sends(rig, &gnb[i], first);
		receives(rig, &amf[i], first);
	}
	assert_int_equal(message_count(rig), 6);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 6);
	assert_int_equal(rig->engine->ues.live, 2);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-1"), 1);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-2"), 1);
	check_procedure(rig, "NGSetup", 2, 2, 0, 0);
	check_engine(rig);
}

/* What has its other end already is nobody else's; when it loses it, it is free for it again. */
static void test_look_alike_in_mid_session(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb[] = { { 0xb1, 1, 9487, 38412, ANY, AMF }, { 0xb2, 1, 9487, 38412, ANY, AMF } };
	static const struct end amf[] = { { 0xa1, 11, 38412, 9487, ANY, GNB(1) }, { 0xa1, 12, 38412, 9487, ANY, GNB(2) } };
	static const struct end another = { 0xb1, 1, 9487, 38413, ANY, AMF };
	struct octets setup = ng_setup_request(1, "gnb-1"), page = paging(1), first = hello(1, 1);

	sends(rig, &gnb[0], setup);
	receives(rig, &amf[0], setup);
	sends(rig, &amf[1], page); /* of the second gNB's association, seen at the AMF only so far */
	assert_int_equal(json_array_size(json_object_get(rig_report(rig), "associations")), 2);
	sends(rig, &gnb[1], first); /* its first word; the AMF has not received it yet */
	assert_int_equal(json_array_size(json_object_get(rig_report(rig), "associations")), 2);
	receives(rig, &amf[1], first);
	receives(rig, &gnb[1], page);
	assert_int_equal(message_count(rig), 3);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 3);
	/* The first gNB's socket is used for something else, and is back. */
	sends(rig, &another, ng_reset_all());
	sends(rig, &gnb[0], ng_reset_all());
	receives(rig, &amf[0], ng_reset_all());
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 4);
	assert_int_equal(json_array_size(json_object_get(rig_report(rig), "associations")), 3);
	check_engine(rig);
}

/* Equal messages one after the other are as many as either end shows, in whichever order the two ends are heard. */
static void test_equal_messages(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF }, amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct octets same = paging(0xc0000001);

	for (unsigned i = 0; i < 3; i++)
		sends(rig, &amf, same);
	for (unsigned i = 0; i < 3; i++)
		receives(rig, &gnb, same);
	receives(rig, &gnb, same); /* its sending has not been told of yet */
	sends(rig, &amf, same);
	assert_int_equal(message_count(rig), 4);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 4);
	/* What one end has shown is no duplicate of what it shows itself, however much of it there is. */
	for (unsigned i = 0; i < 70000; i++)
		sends(rig, &amf, downlink_nas(1 + i, 1, nothing));
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 4);
	assert_true(rig->n2->socket_tap.recent.count <= 65536);
}

static void test_pieces(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct octets message = hello(1, 1), answer = downlink_nas(10, 1, nas_authentication_request());
	struct sn_n2_message_event piece = event_of(&amf, false), last = piece;

	receives(rig, &amf, ng_setup_request(1, "gnb-1"));
	piece.flags |= SN_N2_PARTIAL;
	show(rig, &piece, message.data, 10);
	show(rig, &piece, message.data + 10, 20);
	assert_int_equal(rig->engine->ues.live, 0);
	show(rig, &last, message.data + 30, message.len - 30);
	assert_int_equal(rig->engine->ues.live, 1);
	assert_int_equal(message_count(rig), 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_NGAP_MALFORMED), 0);
	/* What is sent between two pieces is none of them. */
	show(rig, &piece, message.data, 10);
	sends(rig, &amf, answer);
	show(rig, &last, message.data + 10, message.len - 10);
	assert_int_equal(message_count(rig), 4);
	assert_int_equal(lost(rig, SN_N2_LOSS_NGAP_MALFORMED), 0);
	assert_int_equal(rig->n2->socket_tap.partial_total, 0);
	check_engine(rig);
}

/* Both ends, one of which receives in pieces. */
static void test_pieces_at_one_of_both_ends(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF }, amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct octets message = hello(1, 1);
	struct sn_n2_message_event last = event_of(&amf, false), piece = last;

	piece.flags |= SN_N2_PARTIAL;
	sends(rig, &gnb, message);
	show(rig, &piece, message.data, 30);
	show(rig, &last, message.data + 30, message.len - 30);
	assert_int_equal(message_count(rig), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 1);
}

/* Pieces without end do not grow without end; what comes of them is cut, and counted. */
static void test_pieces_without_end(void **state)
{
	struct rig *rig = *state;
	static uint8_t much[16384];
	struct end amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct sn_n2_message_event piece, last;
	struct octets message = hello(1, 1);

	memcpy(much, message.data, message.len);
	for (unsigned k = 0; k < 200; k++) {
		amf.socket++;
		amf.peer_port++;
		piece = event_of(&amf, false);
		piece.flags |= SN_N2_PARTIAL;
		for (unsigned i = 0; i < 40; i++)
			show(rig, &piece, much, sizeof(much));
	}
	assert_true(rig->n2->socket_tap.partial_total <= 16u << 20);
	last = event_of(&amf, false);
	show(rig, &last, much, 100);
	assert_int_equal(message_count(rig), 0);
	rig_wait(rig, 3700 * SECOND); /* sockets that are silent for an hour are forgotten, with what they hold */
	assert_int_equal(lost(rig, SN_N2_LOSS_PARTIAL_MESSAGE), 199);
	assert_int_equal(rig->n2->socket_tap.partial_total, 0);
	assert_int_equal(rig->n2->socket_tap.views.live, 0);
}

/* Longer than the tap takes: counted, and decoded as far as it goes. */
static void test_cut(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct octets message = hello(1, 1);
	struct sn_n2_message_event event = event_of(&amf, false);

	event.flags |= SN_N2_TRUNCATED;
	event.size = (uint32_t)message.len;
	show(rig, &event, message.data, message.len - 20);
	assert_int_equal(message_count(rig), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_NGAP_TRUNCATED), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_NGAP_MALFORMED), 0);
	assert_int_equal(measured(rig, "RM.RegInitReq"), 1); /* its NAS was there */
}

/* The kernel gives the address of a socket anew: another peer is another association. */
static void test_socket_reused(void **state)
{
	struct rig *rig = *state;
	static const struct end before = { 0xa1, 9, 38412, 40001, AMF, GNB(1) }, after = { 0xa1, 9, 38412, 40002, AMF, GNB(2) };

	receives(rig, &before, ng_setup_request(1, "gnb-1"));
	receives(rig, &before, hello(1, 1));
	receives(rig, &after, ng_setup_request(2, "gnb-2"));
	receives(rig, &after, hello(1, 2));
	assert_int_equal(json_array_size(json_object_get(rig_report(rig), "associations")), 2);
	assert_int_equal(rig->engine->connections.live, 2);
	check_engine(rig);
}

/* A peer with several addresses sends from whichever it likes: the id of the association tells that it is one. */
static void test_multihoming(void **state)
{
	struct rig *rig = *state;
	static const struct end first = { 0xa1, 9, 38412, 40001, AMF, GNB(1) }, second = { 0xa1, 9, 38412, 40001, AMF, GNB(7) };

	receives(rig, &first, ng_setup_request(1, "gnb-1"));
	receives(rig, &second, hello(1, 1));
	sends(rig, &first, context_setup_request(1, 1, nothing));
	receives(rig, &second, context_setup_response(1, 1));
	check_procedure(rig, "InitialContextSetup", 1, 1, 0, 0);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 1);
	check_engine(rig);
}

/* Both ends have two addresses, and each names those of the other that it does not name itself: their tags are the same. */
static void test_both_ends_multihomed(void **state)
{
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF, 0x1111, 0x2222 };
	static const struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x2222, 0x1111 };

	exchange(*state, &gnb, &amf, 1, "gnb-1");
	check_exchanges(*state, 1, true);
}

/* The same without an id: a one-to-many socket of either, that names another address of its peer each time. */
static void test_both_ends_multihomed_without_ids(void **state)
{
	struct rig *rig = *state;
	struct end gnb = { 0xb1, 0, 40001, 38412, ANY, AMF, 0x1111, 0x2222 };
	struct end amf = { 0xa1, 0, 38412, 40001, ANY, GNB(1), 0x2222, 0x1111 };
	struct octets setup = ng_setup_request(1, "gnb-1"), response = ng_setup_response("amf");

	sends(rig, &gnb, setup);
	receives(rig, &amf, setup);
	amf.peer_addr[3] = 107;
	sends(rig, &amf, response);
	gnb.peer_addr[3] = 108;
	receives(rig, &gnb, response);
	for (uint32_t i = 1; i <= 10; i++) {
		gnb.peer_addr[3] = i % 2 ? 108 : 1;
		amf.peer_addr[3] = i % 3 ? 107 : 2;
		sends(rig, &gnb, hello(i, i));
		receives(rig, &amf, hello(i, i));
	}
	assert_int_equal(message_count(rig), 12);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 12);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 1);
	check_procedure(rig, "NGSetup", 1, 1, 0, 0);
	check_engine(rig);
}

/* A one-to-one socket has one association, whichever address of its peer a message names; no id, no tag. */
static void test_one_to_one_multihomed(void **state)
{
	struct rig *rig = *state;
	struct end amf = { 0xa1, 0, 38412, 40001, AMF, GNB(1), .one_to_one = true };
	struct octets message = context_setup_request(1, 1, nothing);

	receives(rig, &amf, ng_setup_request(1, "gnb-1"));
	receives(rig, &amf, hello(1, 1));
	amf.peer_addr[3] = 107;
	sends(rig, &amf, message);
	amf.assoc_id = 9; /* told by some of its messages only */
	receives(rig, &amf, context_setup_response(1, 1));
	check_procedure(rig, "InitialContextSetup", 1, 1, 0, 0);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 1);
	/* Another socket at the same address. */
	amf.assoc_id = 11;
	receives(rig, &amf, ng_setup_request(2, "gnb-2"));
	amf.peer_port = 40002;
	amf.assoc_id = 0;
	receives(rig, &amf, ng_setup_request(3, "gnb-3"));
	assert_int_equal(json_array_size(json_object_get(rig_report(rig), "associations")), 3);
	assert_int_equal(rig->n2->socket_tap.views.live, 1);
	check_engine(rig);
}

/* What looks like the other end is not, when its tags are others: gNBs of one port that say the same, one of them elsewhere. */
static void test_tags_tell_apart(void **state)
{
	struct rig *rig = *state;
	static const struct end local = { 0xb1, 1, 9487, 38412, ANY, AMF, 0x1111, 0x2222 };
	static const struct end amf = { 0xa1, 11, 38412, 9487, ANY, GNB(1), 0x2222, 0x1111 };
	static const struct end remote = { 0xa1, 12, 38412, 9487, ANY, GNB(1), 0x4444, 0x3333 };
	struct octets page = paging(1), setup = ng_setup_request(1, "gnb");

	receives(rig, &remote, setup);
	sends(rig, &local, setup);
	receives(rig, &amf, setup);
	for (unsigned i = 0; i < 20; i++) {
		sends(rig, &remote, page);
		sends(rig, &amf, page);
		receives(rig, &local, page);
	}
	assert_int_equal(message_count(rig), 42);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 21);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), 0);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 2);
	check_engine(rig);
}

/* A message is sent before its association is up: there is one tag yet. */
static void test_tags_not_there_yet(void **state)
{
	struct rig *rig = *state;
	struct end gnb = { 0xb1, 0, 40001, 38412, ANY, AMF, 0x1111, 0 };
	static const struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x2222, 0x1111 };
	struct octets setup = ng_setup_request(1, "gnb-1"), response = ng_setup_response("amf");

	sends(rig, &gnb, setup);
	receives(rig, &amf, setup);
	sends(rig, &amf, response);
	gnb.peer_tag = 0x2222;
	receives(rig, &gnb, response);
	gnb.tag = gnb.peer_tag = 0; /* the association is gone, what it has brought is read yet */
	receives(rig, &gnb, paging(1));
	sends(rig, &amf, paging(1));
	assert_int_equal(message_count(rig), 3);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 3);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), 0);
	check_engine(rig);
}

/* No tag at first, so each end is an association of its own; when they are told, the two become one. */
static void test_tags_come_late(void **state)
{
	struct rig *rig = *state;
	struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF }, amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7) };

	exchange(rig, &gnb, &amf, 1, "gnb-1");
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 0);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), MESSAGES);
	gnb.tag = amf.peer_tag = 0x1111;
	gnb.peer_tag = amf.tag = 0x2222;
	for (uint32_t i = 2; i <= 4; i++) {
		sends(rig, &gnb, hello(i, i));
		receives(rig, &amf, hello(i, i));
	}
	assert_int_equal(message_count(rig), 2 * MESSAGES + 3);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 3);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), MESSAGES);
	check_engine(rig);
}

/* RFC 9260 5.2: a gNB that starts anew takes the place of its association, with other tags; its first socket is gone. */
static void test_restart(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb[] = { { 0xb1, 3, 40001, 38412, GNB(1), AMF, 0x1111, 0x2222 },
					  { 0xb2, 5, 40001, 38412, GNB(1), AMF, 0x3333, 0x4444 } };
	static const struct end amf[] = { { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x2222, 0x1111 },
					  { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x4444, 0x3333 } };

	exchange(rig, &gnb[0], &amf[0], 1, "gnb-1");
	assert_int_equal(rig->engine->connections.live, 1);
	exchange(rig, &gnb[1], &amf[1], 1, "gnb-1");
	assert_int_equal(message_count(rig), 2 * MESSAGES);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 2 * MESSAGES);
	assert_int_equal(rig->engine->connections.live, 1);
	check_procedure(rig, "NGSetup", 2, 2, 0, 0);
	check_engine(rig);
}

/* sctp_peeloff: the association goes on at a socket of its own. */
static void test_peeled_off(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF, 0x1111, 0x2222 };
	struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x2222, 0x1111 };

	exchange(rig, &gnb, &amf, 1, "gnb-1");
	amf.socket = 0xa2;
	amf.one_to_one = true;
	sends(rig, &gnb, hello(2, 2));
	receives(rig, &amf, hello(2, 2));
	sends(rig, &amf, context_setup_request(2, 2, nothing));
	receives(rig, &gnb, context_setup_request(2, 2, nothing));
	assert_int_equal(message_count(rig), MESSAGES + 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), MESSAGES + 2);
	check_engine(rig);
}

/* Without tags nothing proves that two sockets with other addresses are two ends: both are counted, and it is told. */
static void test_perhaps_both_ends(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF };
	static const struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7) };
	static const struct end remote = { 0xa1, 10, 38412, 40002, AMF, GNB(2) };

	exchange(rig, NULL, &remote, 2, "gnb-2");
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), 0);
	exchange(rig, &gnb, &amf, 1, "gnb-1");
	assert_int_equal(message_count(rig), 3 * MESSAGES);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 0);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), MESSAGES);
	assert_true(text_is(row_of(rig_report(rig), "procedures", "procedure", "NGSetup"), "standing", "inferred"));
	check_engine(rig);
}

/* One end tells its tags, the other cannot. */
static void test_perhaps_the_other_end(void **state)
{
	struct rig *rig = *state;
	static const struct end gnb = { 0xb1, 3, 40001, 38412, GNB(1), AMF, 0x1111, 0x2222 };
	static const struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7) };
	static const struct end same = { 0xa2, 9, 38412, 40001, AMF, GNB(1) };

	exchange(rig, &gnb, &amf, 1, "gnb-1"); /* the first is sent while nothing is in doubt yet */
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 0);
	assert_int_equal(lost(rig, SN_N2_LOSS_MAYBE_DUPLICATE), MESSAGES - 1);
	/* By its addresses this one is. */
	sends(rig, &gnb, hello(2, 2));
	receives(rig, &same, hello(2, 2));
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 1);
	check_engine(rig);
}

/* An association that was forgotten while its socket lives: the next message begins another, not one that took its place. */
static void test_association_forgotten(void **state)
{
	struct rig *rig = *state;
	static const struct end first = { 0xa1, 9, 38412, 40001, AMF, GNB(1) }, second = { 0xa2, 8, 38412, 40002, AMF, GNB(2) };
	const struct sn_n2_view *view;

	receives(rig, &first, ng_setup_request(1, "gnb-1"));
	view = sn_pool_at(&rig->n2->socket_tap.views, 1);
	sn_n2_association_forget(rig->engine, view->association);
	receives(rig, &second, ng_setup_request(2, "gnb-2")); /* takes the same index */
	receives(rig, &first, hello(1, 1));
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "gnb-2"), 0);
	assert_int_equal(measured_by(rig, "RM.RegInitReq", "gnb", "10.10.2.2"), 1);
	check_engine(rig);
}

static void test_protocol(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) }, odd = { 0xa2, 9, 5000, 40001, AMF, GNB(1) };
	struct octets message = ng_setup_request(1, "gnb-1");
	struct sn_n2_message_event event = event_of(&amf, false);

	event.ppid = __builtin_bswap32(60); /* a stack that forgot htonl() */
	show(rig, &event, message.data, message.len);
	event.flags &= (uint16_t)~SN_N2_HAS_PPID;
	show(rig, &event, message.data, message.len);
	assert_int_equal(message_count(rig), 2);
	event.flags |= SN_N2_HAS_PPID;
	event.ppid = 4711;
	event = event_of(&odd, false);
	event.ppid = 4711;
	show(rig, &event, message.data, message.len);
	assert_int_equal(message_count(rig), 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_PPID_UNKNOWN), 1);
	event.ppid = 61;
	show(rig, &event, message.data, message.len);
	assert_non_null(row_of(rig_report(rig), "messages", "protocol", "XnAP"));
}

static void test_ipv6(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, ANY, ANY }, gnb = { 0xb1, 2, 40001, 38412, ANY, ANY };
	static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, mapped[16] = { [10] = 0xff, 0xff, 10, 10, 2, 2 };
	struct octets message = ng_setup_request(1, "gnb-1"), other = ng_setup_request(2, "gnb-2");
	struct sn_n2_message_event event = event_of(&amf, false), from = event_of(&gnb, true);

	/* An IPv6 socket that speaks IPv4, the other end is an IPv4 socket: one association. */
	event.peer_family = 6;
	memcpy(event.peer_addr, mapped, 16);
	event.flags |= SN_N2_HAS_PEER;
	from.local_family = 4;
	memcpy(from.local_addr, mapped + 12, 4);
	show(rig, &from, message.data, message.len);
	show(rig, &event, message.data, message.len);
	assert_int_equal(message_count(rig), 1);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 1);
	event.socket = 0xa2;
	memcpy(event.peer_addr, six, 16);
	show(rig, &event, other.data, other.len);
	json_t *row = row_of(rig_report(rig), "associations", "gnb", "gnb-2");
	assert_true(text_is(row, "gnb_address", "[2001:db8::1]:40001"));
}

/* More sockets than the table holds: the longest silent makes room. */
static void test_many_sockets(void **state)
{
	struct rig *rig = *state;
	struct end amf = { 0, 1, 38412, 0, AMF, GNB(1) };

	for (uint32_t i = 1; i <= 20000; i++) {
		amf.socket = i;
		amf.peer_port = (uint16_t)(i % 60000 + 1);
		receives(rig, &amf, paging(i));
	}
	assert_int_equal(rig->n2->socket_tap.views.live, 16384);
	assert_int_equal(lost(rig, SN_N2_LOSS_VIEW_TABLE), 20000 - 16384);
	assert_int_equal(message_count(rig), 20000);
	check_engine(rig);
}

/* Packets and sockets of the same association: whoever is first counts, the other is known for what it is. */
static void test_packets_and_sockets(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, AMF, GNB(1) };
	struct sn_n2_endpoint gnb_end = { .addr = { .family = 4, .octets = GNB(1) }, .port = 40001 };
	struct sn_n2_endpoint amf_end = { .addr = { .family = 4, .octets = AMF }, .port = 38412 };
	uint32_t packets = sn_n2_association_new(rig->engine, /* key= */ 5, &gnb_end, &amf_end, SN_AP_NGAP, rig->now_ns);
	struct octets setup = ng_setup_request(1, "gnb-1"), response = ng_setup_response("amf");

	up(rig, packets, setup);
	receives(rig, &amf, setup);
	sends(rig, &amf, response);
	down(rig, packets, response);
	assert_int_equal(message_count(rig), 2);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 2);
	assert_int_equal(json_array_size(json_object_get(rig->document, "associations")), 1);
	/* The packets end: the sockets go on. */
	sn_n2_association_close(rig->engine, packets, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), rig->now_ns);
	receives(rig, &amf, hello(1, 1));
	assert_int_equal(message_count(rig), 3);
	assert_int_equal(measured(rig, "RM.RegInitReq"), 1);
	check_engine(rig);
}

/* The same of a multihomed association, of which packets and sockets name other addresses. */
static void test_packets_and_sockets_multihomed(void **state)
{
	struct rig *rig = *state;
	static const struct end amf = { 0xa1, 9, 38412, 40001, GNB(8), GNB(7), 0x2222, 0x1111 };
	static const struct end other = { 0xa1, 10, 38412, 40001, AMF, GNB(1), 0x4444, 0x3333 };
	struct sn_n2_endpoint gnb_end = { .addr = { .family = 4, .octets = GNB(1) }, .port = 40001, .tag = 0x1111 };
	struct sn_n2_endpoint amf_end = { .addr = { .family = 4, .octets = AMF }, .port = 38412, .tag = 0x2222 };
	uint32_t packets = sn_n2_association_new(rig->engine, /* key= */ 5, &gnb_end, &amf_end, SN_AP_NGAP, rig->now_ns);
	struct octets setup = ng_setup_request(1, "gnb-1");

	receives(rig, &other, setup);
	up(rig, packets, setup);
	receives(rig, &amf, setup);
	receives(rig, &other, hello(1, 1));
	up(rig, packets, hello(2, 2));
	receives(rig, &amf, hello(2, 2));
	assert_int_equal(message_count(rig), 4);
	assert_int_equal(lost(rig, SN_N2_LOSS_DUPLICATE_END), 2);
	check_engine(rig);
}

/* Ring records that lie about their lengths. */
static void test_lying_records(void **state)
{
	struct rig *rig = *state;
	struct {
		struct sn_n2_message_event event;
		uint8_t data[64];
	} record = { .event = { .head = { .type = SN_N2_EVENT_MESSAGE }, .captured = 65, .local_port = 38412 } };

	sn_n2_module.event(rig->n2, &record, sizeof(record));
	assert_int_equal(lost(rig, SN_N2_LOSS_EVENT_MALFORMED), 1);
	record.event.captured = 0xffffffff;
	sn_n2_module.event(rig->n2, &record, sizeof(record));
	sn_n2_module.event(rig->n2, &record, sizeof(record.event) - 1);
	record.event.head.type = SN_N2_EVENT_PACKET;
	sn_n2_module.event(rig->n2, &record, sizeof(struct sn_event));
	record.event.head.type = 77;
	sn_n2_module.event(rig->n2, &record, sizeof(record));
	assert_int_equal(lost(rig, SN_N2_LOSS_EVENT_MALFORMED), 5);
	record.event.head.type = SN_N2_EVENT_MESSAGE;
	record.event.captured = 64;
	sn_n2_module.event(rig->n2, &record, sizeof(record));
	assert_int_equal(lost(rig, SN_N2_LOSS_EVENT_MALFORMED), 5);
	check_engine(rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_amf_end),
		TEST(test_gnb_end),
		TEST(test_both_ends),
		TEST(test_both_ends_wildcard),
		TEST(test_both_ends_one_port),
		cmocka_unit_test(test_pods),
		TEST(test_one_to_many_with_ids),
		TEST(test_one_to_many_without_ids),
		TEST(test_id_in_one_direction_only),
		TEST(test_two_gnbs_that_look_alike),
		TEST(test_look_alike_in_mid_session),
		TEST(test_equal_messages),
		TEST(test_pieces),
		TEST(test_pieces_at_one_of_both_ends),
		TEST(test_pieces_without_end),
		TEST(test_cut),
		TEST(test_socket_reused),
		TEST(test_multihoming),
		TEST(test_both_ends_multihomed),
		TEST(test_both_ends_multihomed_without_ids),
		TEST(test_one_to_one_multihomed),
		TEST(test_tags_tell_apart),
		TEST(test_tags_not_there_yet),
		TEST(test_tags_come_late),
		TEST(test_restart),
		TEST(test_peeled_off),
		TEST(test_perhaps_both_ends),
		TEST(test_perhaps_the_other_end),
		TEST(test_association_forgotten),
		TEST(test_protocol),
		TEST(test_ipv6),
		TEST(test_many_sockets),
		TEST(test_packets_and_sockets),
		TEST(test_packets_and_sockets_multihomed),
		TEST(test_lying_records),
	};

	return cmocka_run_group_tests_name("n2_socket", tests, NULL, NULL);
}
