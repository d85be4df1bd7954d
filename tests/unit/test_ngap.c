/* SPDX-License-Identifier: Apache-2.0 */
/** @file NGAP: messages of every kind, the recordings in total, and what is cut, unknown, malformed or too much. */
#include "test.h"

#include <errno.h>

#include "../recording.h"

#include "codec/ngap.h"
#include "ngap_text.h"
#include "ngap_vectors.h"

static struct sn_ngap_message message;
static struct ngap_text text;

/** Octets of a hexadecimal text; the caller frees. The allocation ends with them. */
static struct sn_view unhex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *octets = malloc(len ? len : 1);

	assert_non_null(octets);
	for (size_t i = 0; i < len; i++) {
		unsigned octet;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
		octets[i] = (uint8_t)octet;
	}
	return (struct sn_view) { octets, len };
}

/** Decodes into a struct that is not clean: nothing may depend on what was there. */
static int decode(struct sn_view view)
{
	memset(&message, 0xa5, sizeof(message));
	return sn_ngap_decode(SN_AP_NGAP, view, &message);
}

static int decode_hex(const char *hex)
{
	static struct sn_view view; /* kept until the next: the message points into it */

	free((void *)view.data);
	view = unhex(hex);
	return decode(view);
}

static void check_vectors(const struct ngap_vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (decode_hex(vectors[i].hex) != 0)
			fail_msg("%s: not decoded", vectors[i].name);
		if (strcmp(ngap_text(&text, &message), vectors[i].text) != 0)
			fail_msg("%s:\n  is       %s\n  expected %s", vectors[i].name, text.text, vectors[i].text);
	}
}

static void test_made(void **state)
{
	check_vectors(made, SN_ARRAY_SIZE(made));
}

static void test_recorded(void **state)
{
	check_vectors(recorded, SN_ARRAY_SIZE(recorded));
}

/* Whole recordings. The figures are those of tshark 4.0 (procedures, causes) and of pycrate (sums over the contents). */

struct procedure_count {
	uint8_t code, pdu;
	unsigned count;
};
struct cause_count {
	uint8_t group, value;
	unsigned count;
};
/** Sums over all messages of a recording: any value that is read wrong changes one. */
struct sums {
	uint64_t amf, ran, source;
	uint64_t nas, nas_octets;
	uint64_t cells, cell_sum, tac_sum;
	uint64_t nodes, node_sum, names, amf_names, guamis;
	uint64_t tmsis, tmsi_sum, tais, allowed;
	uint64_t session_nas, session_nas_octets, session_ids, slices, types;
	uint64_t tunnels, teid_sum, addr_sum;
	uint64_t qfi_sum, fiveqi_sum;
};
struct totals {
	unsigned messages;
	unsigned procedures[256][_SN_AP_PDU_MAX];
	unsigned causes[_SN_NGAP_CAUSE_GROUP_MAX][256];
	unsigned sessions[_SN_NGAP_SESSION_KIND_MAX];
	unsigned flows[4];
	struct sums sums;
};

static void add_cause(struct totals *t, struct sn_ngap_cause cause)
{
	if (cause.present)
		t->causes[cause.group][cause.value]++;
}

static void add_session(struct totals *t, const struct sn_ngap_message *m, const struct sn_ngap_session *s)
{
	struct sums *sums = &t->sums;

	t->sessions[s->kind]++;
	add_cause(t, s->cause);
	sums->session_nas += s->nas.len > 0;
	sums->session_nas_octets += s->nas.len;
	sums->session_ids += s->pdu_session_id;
	sums->slices += s->snssai.present;
	sums->types += s->pdu_session_type != 0xff;
	sums->tunnels += s->address_len > 0;
	sums->teid_sum += s->address_len ? s->gtp_teid : 0;
	for (unsigned i = 0; i < s->address_len; i++)
		sums->addr_sum += s->address[i];
	for (unsigned i = s->first_flow; i < (unsigned)s->first_flow + s->flows; i++) {
		t->flows[m->flows[i].kind]++;
		add_cause(t, m->flows[i].cause);
		sums->qfi_sum += m->flows[i].qfi;
		sums->fiveqi_sum += m->flows[i].fiveqi;
	}
}

static void add_message(struct totals *t, const struct sn_ngap_message *m)
{
	struct sums *sums = &t->sums;

	t->messages++;
	t->procedures[m->procedure_code][m->pdu]++;
	add_cause(t, m->cause);
	sums->amf += m->fields & SN_NGAP_HAS_AMF_UE_ID ? m->amf_ue_ngap_id : 0;
	sums->ran += m->fields & SN_NGAP_HAS_RAN_UE_ID ? m->ran_ue_ngap_id : 0;
	sums->source += m->fields & SN_NGAP_HAS_SOURCE_AMF_UE_ID ? m->source_amf_ue_ngap_id : 0;
	sums->nas += m->nas.len > 0;
	sums->nas_octets += m->nas.len;
	sums->cells += m->location.cell_present;
	sums->cell_sum += m->location.cell_id;
	sums->tac_sum += m->location.tai.tac;
	sums->nodes += m->ran_node.present;
	sums->node_sum += m->ran_node.id;
	sums->names += m->ran_node_name.len > 0;
	sums->amf_names += m->amf_name.len > 0;
	sums->guamis += m->guami.present;
	sums->tmsis += m->s_tmsi.present;
	sums->tmsi_sum += m->s_tmsi.tmsi;
	sums->tais += m->tai_count;
	sums->allowed += m->allowed_nssai_count;
	for (unsigned i = 0; i < m->session_count; i++)
		add_session(t, m, &m->sessions[i]);
}

static void add_recording(struct totals *t, const char *name)
{
	struct recording recording = { 0 };

	memset(t, 0, sizeof(*t));
	assert_int_equal(recording_read(&recording, test_data(name)), 0);
	for (size_t i = 0; i < recording.count; i++) {
		assert_int_equal(sn_ap_of_ppid(recording.messages[i].ppid), SN_AP_NGAP);
		assert_int_equal(decode(recording.messages[i].data), 0);
		assert_false(message.truncated_lists);
		add_message(t, &message);
	}
	recording_free(&recording);
}

/** Checks the rows given and that there is nothing else. */
static void check_procedures(const struct totals *t, const struct procedure_count *rows, size_t count)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (t->procedures[rows[i].code][rows[i].pdu] != rows[i].count)
			fail_msg("%s %s: %u, not %u", sn_ap_procedure_name(SN_AP_NGAP, rows[i].code), sn_ap_pdu_name(rows[i].pdu),
				 t->procedures[rows[i].code][rows[i].pdu], rows[i].count);
		sum += rows[i].count;
	}
	assert_int_equal(t->messages, sum);
}

static void check_causes(const struct totals *t, const struct cause_count *rows, size_t count)
{
	unsigned sum = 0, all = 0;

	for (size_t i = 0; i < count; i++) {
		if (t->causes[rows[i].group][rows[i].value] != rows[i].count)
			fail_msg("%s: %u, not %u", sn_ngap_cause_name(rows[i].group, rows[i].value),
				 t->causes[rows[i].group][rows[i].value], rows[i].count);
		sum += rows[i].count;
	}
	for (unsigned group = 0; group < _SN_NGAP_CAUSE_GROUP_MAX; group++)
		for (unsigned value = 0; value < 256; value++)
			all += t->causes[group][value];
	assert_int_equal(all, sum);
}

static void test_recording_nea0(void **state)
{
	static const struct procedure_count procedures[] = {
		{ 46, 0, 179 }, { 4, 0, 140 }, { 15, 0, 65 }, { 41, 0, 65 }, { 41, 1, 65 }, { 14, 0, 47 },
		{ 14, 1, 47 },	{ 42, 0, 35 }, { 29, 0, 34 }, { 29, 1, 34 }, { 21, 0, 9 },  { 21, 1, 6 },
		{ 21, 2, 3 },	{ 28, 0, 1 },  { 28, 1, 1 },  { 24, 0, 1 },
	};
	static const struct cause_count causes[] = {
		{ 0, 0, 47 }, { 0, 21, 24 }, { 2, 2, 22 }, { 2, 0, 9 }, { 4, 4, 2 }, { 0, 39, 1 },
	};
	static const unsigned sessions[_SN_NGAP_SESSION_KIND_MAX] = {
		[SN_NGAP_SESSION_SETUP_REQUEST] = 45,	[SN_NGAP_SESSION_SETUP_RESPONSE] = 44,
		[SN_NGAP_SESSION_SETUP_FAILED] = 1,	[SN_NGAP_SESSION_RELEASE_COMMAND] = 1,
		[SN_NGAP_SESSION_RELEASE_RESPONSE] = 1, [SN_NGAP_SESSION_CONTEXT_RELEASE] = 26,
	};
	static const unsigned flows[4] = { [SN_NGAP_FLOW_REQUESTED] = 45, [SN_NGAP_FLOW_ACCEPTED] = 44 };
	static const struct sums sums = {
		.amf = 17769,
		.ran = 16158,
		.nas = 432,
		.nas_octets = 15334,
		.cells = 344,
		.cell_sum = 5664,
		.tac_sum = 354,
		.nodes = 9,
		.node_sum = 20,
		.names = 9,
		.amf_names = 6,
		.guamis = 53,
		.tmsis = 26,
		.tmsi_sum = 83751888403,
		.tais = 10,
		.allowed = 49,
		.session_nas = 34,
		.session_nas_octets = 2683,
		.session_ids = 125,
		.slices = 45,
		.types = 45,
		.tunnels = 89,
		.teid_sum = 1655803,
		.addr_sum = 2182,
		.qfi_sum = 89,
		.fiveqi_sum = 397,
	};
	static struct totals t;

	add_recording(&t, "captures/nea0-n2.pcapng");
	assert_int_equal(t.messages, 732);
	check_procedures(&t, procedures, SN_ARRAY_SIZE(procedures));
	check_causes(&t, causes, SN_ARRAY_SIZE(causes));
	assert_memory_equal(t.sessions, sessions, sizeof(sessions));
	assert_memory_equal(t.flows, flows, sizeof(flows));
	assert_memory_equal(&t.sums, &sums, sizeof(sums));
}

static void test_recording_handover(void **state)
{
	static const struct procedure_count procedures[] = {
		{ 46, 0, 52 }, { 4, 0, 33 },  { 41, 0, 17 }, { 21, 0, 16 }, { 21, 1, 16 }, { 41, 1, 16 },
		{ 29, 0, 13 }, { 29, 1, 13 }, { 12, 0, 10 }, { 13, 0, 10 }, { 15, 0, 8 },  { 14, 0, 8 },
		{ 44, 0, 8 },  { 14, 1, 8 },  { 13, 1, 8 },  { 12, 1, 8 },  { 42, 0, 7 },  { 26, 0, 6 },
		{ 26, 1, 6 },  { 49, 0, 6 },  { 7, 0, 6 },   { 11, 0, 6 },  { 25, 0, 4 },  { 25, 1, 4 },
		{ 13, 2, 2 },  { 12, 2, 2 },  { 48, 0, 2 },  { 6, 0, 2 },   { 10, 0, 2 },  { 10, 1, 2 },
	};
	static const struct cause_count causes[] = {
		{ 0, 16, 20 }, { 0, 20, 14 }, { 0, 2, 6 }, { 0, 0, 4 }, { 0, 7, 2 }, { 0, 1, 2 }, { 0, 5, 2 },
	};
	static const unsigned sessions[_SN_NGAP_SESSION_KIND_MAX] = {
		[SN_NGAP_SESSION_SETUP_REQUEST] = 13,	  [SN_NGAP_SESSION_SETUP_RESPONSE] = 13,
		[SN_NGAP_SESSION_MODIFY_REQUEST] = 6,	  [SN_NGAP_SESSION_MODIFY_RESPONSE] = 6,
		[SN_NGAP_SESSION_HANDOVER_REQUIRED] = 19, [SN_NGAP_SESSION_HANDOVER_REQUEST] = 19,
		[SN_NGAP_SESSION_HANDOVER_ADMITTED] = 15, [SN_NGAP_SESSION_HANDOVER_COMMAND] = 15,
		[SN_NGAP_SESSION_PATH_SWITCH] = 4,	  [SN_NGAP_SESSION_PATH_SWITCHED] = 4,
		[SN_NGAP_SESSION_CONTEXT_RELEASE] = 2,
	};
	static const unsigned flows[4] = { [SN_NGAP_FLOW_REQUESTED] = 47, [SN_NGAP_FLOW_ACCEPTED] = 47 };
	static const struct sums sums = {
		.amf = 2207,
		.ran = 337,
		.source = 6,
		.nas = 101,
		.nas_octets = 3509,
		.cells = 70,
		.cell_sum = 18350216,
		.tac_sum = 70,
		.nodes = 26,
		.node_sum = 393231,
		.names = 16,
		.amf_names = 16,
		.guamis = 34,
		.tais = 16,
		.allowed = 22,
		.session_nas = 19,
		.session_nas_octets = 2151,
		.session_ids = 632,
		.slices = 32,
		.types = 32,
		.tunnels = 73,
		.teid_sum = 1280510,
		.addr_sum = 44066,
		.qfi_sum = 124,
		.fiveqi_sum = 261,
	};
	static struct totals t;

	add_recording(&t, "captures/handover-n2.pcapng");
	assert_int_equal(t.messages, 301);
	check_procedures(&t, procedures, SN_ARRAY_SIZE(procedures));
	check_causes(&t, causes, SN_ARRAY_SIZE(causes));
	assert_memory_equal(t.sessions, sessions, sizeof(sessions));
	assert_memory_equal(t.flows, flows, sizeof(flows));
	assert_memory_equal(&t.sums, &sums, sizeof(sums));
}

/* What is cut */

/** What was read, as figures that only grow with what is there of a message. */
struct progress {
	unsigned fields;
	size_t nas, sessions, flows, tais, pairs, allowed;
};
static struct progress progress_of(const struct sn_ngap_message *m)
{
	return (struct progress) { (unsigned)__builtin_popcount(m->fields),
				   m->nas.len,
				   m->session_count,
				   m->flow_count,
				   m->tai_count,
				   m->ue_pair_count,
				   m->allowed_nssai_count };
}

/** Whether what was read of a part is what was read of the whole. */
static void check_part(const struct sn_ngap_message *part, const struct sn_ngap_message *whole)
{
	const struct sn_ngap_location *location = &part->location;

	assert_int_equal(part->fields & ~whole->fields, 0);
	if (part->fields & SN_NGAP_HAS_AMF_UE_ID)
		assert_true(part->amf_ue_ngap_id == whole->amf_ue_ngap_id);
	if (part->fields & SN_NGAP_HAS_RAN_UE_ID)
		assert_int_equal(part->ran_ue_ngap_id, whole->ran_ue_ngap_id);
	if (part->cause.present)
		assert_memory_equal(&part->cause, &whole->cause, sizeof(part->cause));
	if (location->tai.present)
		assert_int_equal(location->tai.tac, whole->location.tai.tac);
	if (location->cell_present) {
		assert_true(location->cell_id == whole->location.cell_id);
		assert_int_equal(location->nr, whole->location.nr);
	}
	for (unsigned i = 0; i < part->session_count; i++) {
		const struct sn_ngap_session *a = &part->sessions[i], *b = &whole->sessions[i];

		assert_int_equal(a->pdu_session_id, b->pdu_session_id);
		assert_int_equal(a->kind, b->kind);
		assert_true(a->flows <= b->flows);
		if (a->snssai.present)
			assert_memory_equal(&a->snssai, &b->snssai, sizeof(a->snssai));
		if (a->address_len) {
			assert_int_equal(a->gtp_teid, b->gtp_teid);
			assert_memory_equal(a->address, b->address, a->address_len);
		}
	}
	for (unsigned i = 0; i < part->flow_count; i++)
		assert_memory_equal(&part->flows[i], &whole->flows[i], sizeof(part->flows[i]));
}

static void check_prefixes(struct sn_view whole)
{
	static struct sn_ngap_message all;
	struct progress before = { 0 }, now;
	struct ngap_text *expected = &text;
	uint8_t head[3];

	assert_int_equal(decode(whole), 0);
	head[0] = message.pdu;
	head[1] = message.procedure_code;
	head[2] = message.criticality;
	all = message;
	ngap_text(expected, &message);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *octets = malloc(len ? len : 1);
		int r;

		assert_non_null(octets);
		memcpy(octets, whole.data, len);
		r = decode((struct sn_view) { octets, len });
		if (len < 3) {
			assert_int_equal(r, -ENOMSG);
			free(octets);
			continue;
		}
		assert_int_equal(r, -EMSGSIZE);
		assert_memory_equal(head, ((uint8_t[]) { message.pdu, message.procedure_code, message.criticality }), 3);
		now = progress_of(&message);
		assert_true(now.fields >= before.fields && now.nas >= before.nas && now.sessions >= before.sessions &&
			    now.flows >= before.flows && now.tais >= before.tais && now.pairs >= before.pairs &&
			    now.allowed >= before.allowed);
		before = now;
		check_part(&message, &all);
		free(octets);
	}
	assert_int_equal(decode(whole), 0);
	now = progress_of(&message);
	assert_true(now.fields >= before.fields && now.nas >= before.nas && now.sessions >= before.sessions);
	assert_string_equal(expected->text, ngap_text(&(struct ngap_text) { 0 }, &message));
}

static void test_prefixes_of_recordings(void **state)
{
	static const char *const names[] = { "captures/nea0-n2.pcapng", "captures/handover-n2.pcapng",
					     "captures/nea2-registration-n2.pcapng" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(names); i++) {
		struct recording recording = { 0 };

		assert_int_equal(recording_read(&recording, test_data(names[i])), 0);
		assert_true(recording.count > 0);
		for (size_t k = 0; k < recording.count; k++)
			check_prefixes(recording.messages[k].data);
		recording_free(&recording);
	}
}

static void test_prefixes_of_made(void **state)
{
	for (size_t i = 0; i < SN_ARRAY_SIZE(made); i++) {
		struct sn_view view = unhex(made[i].hex);

		check_prefixes(view);
		free((void *)view.data);
	}
}

/** A message cut within its NAS-PDU keeps what stands before it, and the NAS-PDU as far as it is there. */
static void test_cut_in_nas(void **state)
{
	struct sn_view view = unhex("002e4019000003000a0002000100550002000200260006057e004157");

	assert_int_equal(decode(view), -EMSGSIZE); /* one octet fewer than its lengths say */
	ngap_text(&text, &message);
	assert_string_equal(text.text, "0 46/1 amf=1 ran=2 nas=7e004157");
	free((void *)view.data);
}

/** Every octet of a message replaced in turn: any result, but no read beyond the end and no count beyond an array. */
static void test_damaged(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xbf, 0xc1, 0xff };

	for (size_t i = 0; i < SN_ARRAY_SIZE(made); i++) {
		struct sn_view view = unhex(made[i].hex);
		uint8_t *octets = (uint8_t *)view.data;

		for (size_t at = 0; at < view.len; at++) {
			uint8_t kept = octets[at];

			for (size_t v = 0; v < SN_ARRAY_SIZE(values); v++) {
				octets[at] = values[v];
				int r = decode(view);

				assert_true(r == 0 || r == -EMSGSIZE || r == -EBADMSG || r == -ENOMSG);
				if (r == -ENOMSG)
					continue;
				assert_true(message.session_count <= SN_NGAP_MAX_SESSIONS);
				assert_true(message.flow_count <= SN_NGAP_MAX_FLOWS);
				assert_true(message.tai_count <= SN_NGAP_MAX_SUPPORTED_TAIS);
				assert_true(message.allowed_nssai_count <= 8);
				assert_true(message.ue_pair_count <= SN_NGAP_MAX_UE_ASSOCIATIONS);
				ngap_text(&text, &message); /* reads all that is said to be there */
			}
			octets[at] = kept;
		}
		free(octets);
	}
}

/* What is unknown, malformed or too much */

static void test_unknown_elements(void **state)
{
	/* id 113, 500 and 65535 among AMF-UE-NGAP-ID and RAN-UE-NGAP-ID; the last twice */
	assert_int_equal(decode_hex("002e4026000006007140020201000a0002000501f44003aabbccffff4000005500020006005500020007"), 0);
	assert_string_equal(ngap_text(&text, &message), "0 46/1 amf=5 ran=7");
}

static void test_malformed_element(void **state)
{
	/* AMF-UE-NGAP-ID whose value is short of its length; the RAN-UE-NGAP-ID behind it is read */
	assert_int_equal(decode_hex("002e4010000002000a0003800102005500020006"), -EBADMSG);
	assert_string_equal(ngap_text(&text, &message), "0 46/1 ran=6");
	/* a transfer that lies about its length: the session is known all the same, and what is there of the transfer */
	assert_int_equal(decode_hex("001c0019000003000a00020001005500020002004f0006000005081040"), -EBADMSG);
	assert_string_equal(ngap_text(&text, &message), "0 28/0 amf=1 ran=2 session=9:5 cause=2/0");
}

static void test_unknown_procedure(void **state)
{
	assert_int_equal(decode_hex("00c8400c000001000a00056001020304"), 0);
	assert_string_equal(ngap_text(&text, &message), "0 200/1 amf=16909060");
	assert_null(sn_ap_procedure_name(SN_AP_NGAP, 200));
	/* PrivateMessage has ids of another form */
	assert_int_equal(decode_hex("001f400c000001000a00056001020304"), 0);
	assert_string_equal(ngap_text(&text, &message), "0 31/1");
}

static void test_causes_beyond_the_root(void **state)
{
	/* 000 1 0 111111: the 64th value beyond 45, which no release names */
	assert_int_equal(decode_hex("00094009000001000f400217e0"), 0);
	assert_int_equal(message.cause.group, SN_NGAP_CAUSE_RADIO_NETWORK);
	assert_int_equal(message.cause.value, 45 + 63);
	assert_null(sn_ngap_cause_name(message.cause.group, message.cause.value));
	/* 011 1 1, then a length and 300: kept as 255 */
	assert_int_equal(decode_hex("0009400b000001000f40047802012c"), 0);
	assert_int_equal(message.cause.group, SN_NGAP_CAUSE_PROTOCOL);
	assert_int_equal(message.cause.value, 255);
	/* choice-Extensions: no cause, and no error */
	assert_int_equal(decode_hex("0009400d000001000f4006a00001400142"), 0);
	assert_false(message.cause.present);
	/* an alternative that does not exist */
	assert_int_equal(decode_hex("00094008000001000f4001c0"), -EBADMSG);
	assert_false(message.cause.present);
}

/** Lists beyond what the struct takes: the first are kept, the rest is stepped over, and it says so. */
static void test_long_lists(void **state)
{
	assert_int_equal(decode_hex(sessions_70), 0);
	assert_true(message.truncated_lists);
	assert_int_equal(message.session_count, SN_NGAP_MAX_SESSIONS);
	for (unsigned i = 0; i < SN_NGAP_MAX_SESSIONS; i++)
		assert_int_equal(message.sessions[i].pdu_session_id, i);
	assert_int_equal(message.cause.value, 20); /* behind the list */

	assert_int_equal(decode_hex(flows_300), 0);
	assert_true(message.truncated_lists);
	assert_int_equal(message.session_count, 5);
	assert_int_equal(message.flow_count, SN_NGAP_MAX_FLOWS);
	for (unsigned s = 0; s < 5; s++) {
		const struct sn_ngap_session *session = &message.sessions[s];

		assert_int_equal(session->pdu_session_id, s);
		assert_int_equal(session->gtp_teid, 31 + s);
		assert_int_equal(session->first_flow, 60 * s);
		assert_int_equal(session->flows, s < 4 ? 60 : SN_NGAP_MAX_FLOWS - 240);
		for (unsigned i = 0; i < session->flows; i++)
			assert_int_equal(message.flows[session->first_flow + i].qfi, i);
	}

	assert_int_equal(decode_hex(reset_many), 0);
	assert_true(message.truncated_lists);
	assert_int_equal(message.ue_pair_count, SN_NGAP_MAX_UE_ASSOCIATIONS);
	for (unsigned i = 0; i < SN_NGAP_MAX_UE_ASSOCIATIONS; i++)
		assert_true(message.ue_pairs[i].has_amf_id && message.ue_pairs[i].amf_ue_ngap_id == i);
}

/** A message of 16 KiB and more comes in fragments: the first is read, and the return value says that there was more. */
static void test_fragmented(void **state)
{
	size_t len = 4 + 16384 + 1 + 3;
	uint8_t *octets = calloc(1, len);
	struct sn_view start;

	assert_non_null(octets);
	memcpy(octets, (uint8_t[]) { 0x00, 0x2e, 0x40, 0xc1, 0, 0, 2, 0, 10, 0, 2, 0, 9, 0, 117, 0x40, 0xbf, 0xff }, 18);
	octets[4 + 16384] = 3;
	start = (struct sn_view) { octets, len };
	assert_int_equal(decode(start), -EMSGSIZE);
	assert_string_equal(ngap_text(&text, &message), "0 46/1 amf=9");
	free(octets);
}

/** Array elements past their count are not written, whatever the message. */
static void test_untouched(void **state)
{
	const uint8_t *rest;

	for (size_t i = 0; i < SN_ARRAY_SIZE(made); i++) {
		assert_int_equal(decode_hex(made[i].hex), 0);
		rest = (const uint8_t *)&message.sessions[message.session_count];
		for (; rest < (const uint8_t *)&message.sessions[SN_NGAP_MAX_SESSIONS]; rest++)
			assert_int_equal(*rest, 0xa5);
		rest = (const uint8_t *)&message.flows[message.flow_count];
		for (; rest < (const uint8_t *)&message.flows[SN_NGAP_MAX_FLOWS]; rest++)
			assert_int_equal(*rest, 0xa5);
		rest = (const uint8_t *)&message.ue_pairs[message.ue_pair_count];
		for (; rest < (const uint8_t *)&message.ue_pairs[SN_NGAP_MAX_UE_ASSOCIATIONS]; rest++)
			assert_int_equal(*rest, 0xa5);
	}
}

/* Frames of all six protocols */

static void test_frames(void **state)
{
	static const struct {
		enum sn_ap protocol;
		uint8_t first;
		uint8_t pdu;
	} rows[] = {
		{ SN_AP_NGAP, 0x00, SN_AP_INITIATING },
		{ SN_AP_NGAP, 0x20, SN_AP_SUCCESSFUL },
		{ SN_AP_NGAP, 0x40, SN_AP_UNSUCCESSFUL },
		{ SN_AP_XNAP, 0x20, SN_AP_SUCCESSFUL },
		{ SN_AP_E1AP, 0x40, SN_AP_UNSUCCESSFUL },
		{ SN_AP_S1AP, 0x00, SN_AP_INITIATING },
		{ SN_AP_X2AP, 0x20, SN_AP_SUCCESSFUL },
		{ SN_AP_F1AP, 0x00, SN_AP_INITIATING },
		{ SN_AP_F1AP, 0x40, SN_AP_SUCCESSFUL },
		{ SN_AP_F1AP, 0x80, SN_AP_UNSUCCESSFUL }, /* four alternatives and no extension marker */
	};
	uint8_t octets[] = { 0, 17, 0x80, 3, 0, 0, 0 };
	struct sn_view view = { octets, sizeof(octets) };

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		octets[0] = rows[i].first;
		memset(&message, 0xa5, sizeof(message));
		assert_int_equal(sn_ngap_decode(rows[i].protocol, view, &message), 0);
		assert_int_equal(message.protocol, rows[i].protocol);
		assert_int_equal(message.pdu, rows[i].pdu);
		assert_int_equal(message.procedure_code, 17);
		assert_int_equal(message.criticality, 2);
		assert_int_equal(message.session_count, 0);
		assert_int_equal(message.fields, 0);
		assert_int_equal(message.nas.len, 0);
		view.len--;
		assert_int_equal(sn_ngap_decode(rows[i].protocol, view, &message), -EMSGSIZE);
		assert_int_equal(message.procedure_code, 17);
		view.len++;
	}
}

static void test_no_frames(void **state)
{
	static const uint8_t fourth[] = { 0x60, 21, 0x00, 0 }, beyond[] = { 0x80, 21, 0x00, 0 };
	static const uint8_t extension[] = { 0xc0, 1, 0x00, 0 }, criticality[] = { 0x00, 21, 0xc0, 0 };
	struct sn_view view = { fourth, 4 };

	assert_int_equal(sn_ngap_decode(SN_AP_NGAP, view, &message), -ENOMSG);
	view.data = beyond;
	assert_int_equal(sn_ngap_decode(SN_AP_NGAP, view, &message), -ENOMSG);
	view.data = extension;
	assert_int_equal(sn_ngap_decode(SN_AP_F1AP, view, &message), -ENOMSG);
	view.data = criticality;
	assert_int_equal(sn_ngap_decode(SN_AP_NGAP, view, &message), -ENOMSG);
	assert_int_equal(sn_ngap_decode(SN_AP_UNKNOWN, view, &message), -ENOMSG);
	assert_int_equal(sn_ngap_decode(SN_AP_NGAP, (struct sn_view) { NULL, 0 }, &message), -ENOMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_recording_nea0),
		cmocka_unit_test(test_recording_handover),
		cmocka_unit_test(test_prefixes_of_recordings),
		cmocka_unit_test(test_prefixes_of_made),
		cmocka_unit_test(test_cut_in_nas),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_unknown_elements),
		cmocka_unit_test(test_malformed_element),
		cmocka_unit_test(test_unknown_procedure),
		cmocka_unit_test(test_causes_beyond_the_root),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_fragmented),
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_no_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
