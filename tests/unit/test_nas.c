/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file 5GS NAS: messages of the recordings with the values that tshark 4.0 shows for them, the totals of a whole
 * recording, and what no recording has: rare forms, ciphering, damage and malice.
 */
#include "test.h"

#include <errno.h>

#include "base/macro.h"
#include "codec/nas.h"

/* From tests/data/captures: nea0-n2 unless said otherwise. */
#define REGISTRATION_REQUEST   "7e004179000d0199f9070000000000000000102e04f0f0f0f0"
#define AUTHENTICATION_REQUEST "7e00560002000021dec87cbbc44ebc97e742584f0712e8a620109bccee71dce080007c4d02f70a874e82"
#define SECURITY_MODE_COMMAND  "7e03c40d47a2007e005d020004f0f0f0f0e1360102"
#define NEA2_COMMAND	       "7e03844b55bb007e005d220004f0f0f0f0e1360102" /* nea2-registration-n2 */
#define SECURITY_MODE_COMPLETE                                                                                                   \
	"7e0474af1103007e005e7700094573806121856151f17100237e004179000d0199f9070000000000000000101001002e04f0f0f0f02f020101530100"
#define REGISTRATION_ACCEPT                                                                                                      \
	"7e025780ce90017e0042010177000bf299f907020040c0000579540d4199f90700000199f90700000215020101210201005e0174"
#define UL_NAS_TRANSPORT "7e02cde15ab5027e00670100152e0101c1ffff91a12801007b000780000a00000d00120181220101250908696e7465726e6574"
#define DL_NAS_TRANSPORT                                                                                                         \
	"7e02e2fb7cc8037e00680100432e0101c211000901000631310101ff010603f42403f4242905010a2d000722040200000279000601204101010"    \
	"97b000880000d040a3c0001250908696e7465726e65741201"
#define SERVICE_REQUEST	     "7e015fb3866e067e004c100007f40040c00005797100157e004c100007f40040c00005794002020050020200"
#define NEA2_SERVICE_REQUEST "7e014f94c192067e004c100007f40040c000028a710015a43eab1233d3087474eadb7ef19addbac6a7bf7b1f"
#define NEA2_SERVICE_ACCEPT  "7e02bbadc5780630654ac1c50f6570d0994f"
#define NEA2_COMPLETE                                                                                                            \
	"7e044dc5ef7700f39e033859a85c3dc0b9ed649d10203f6eefba759638ecd89f11ff834b414c1e4eb86a8cc1d41e23d0b703e80786509b40e0b97663"

/** Bytes of a hexadecimal text in memory of exactly their size, so that a sanitizer sees every step beyond; kept until the next.
 */
static struct sn_view hex(const char *text)
{
	static uint8_t *bytes;
	size_t len = strlen(text) / 2;

	free(bytes);
	bytes = malloc(len);
	assert_true(bytes || !len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &bytes[i]), 1);
	return (struct sn_view) { bytes, len };
}

static struct sn_nas_pdu decode(const char *text, enum sn_nas_cipher cipher, int expect)
{
	struct sn_nas_pdu pdu;

	memset(&pdu, 0xa5, sizeof(pdu)); /* nothing may rely on a cleared struct */
	assert_int_equal(sn_nas_decode(hex(text), cipher, &pdu), expect);
	return pdu;
}

static void assert_5gmm(struct sn_nas_message m, uint8_t type)
{
	assert_int_equal(m.epd, SN_NAS_EPD_5GMM);
	assert_string_equal(sn_nas_message_name(m.epd, m.type), sn_nas_message_name(SN_NAS_EPD_5GMM, type));
}

static void assert_5gsm(struct sn_nas_message m, uint8_t type)
{
	assert_int_equal(m.epd, SN_NAS_EPD_5GSM);
	assert_string_equal(sn_nas_message_name(m.epd, m.type), sn_nas_message_name(SN_NAS_EPD_5GSM, type));
}

static void assert_snssai(const struct sn_snssai *snssai, const char *expect)
{
	char text[SN_SNSSAI_TEXT];

	assert_string_equal(sn_snssai_text(snssai, text), expect);
}

static void assert_dnn(struct sn_view dnn, const char *expect)
{
	char text[128];

	assert_string_equal(sn_nas_dnn_text(dnn, text, sizeof(text)), expect);
}

static void test_plain(void **state)
{
	struct sn_nas_pdu pdu = decode(REGISTRATION_REQUEST, SN_NEA_UNKNOWN, 0);
	struct sn_nas_message *m = &pdu.messages[0];

	assert_int_equal(pdu.count, 1);
	assert_int_equal(pdu.security, SN_NAS_PLAIN);
	assert_false(pdu.ciphered || pdu.container_ciphered || pdu.left_out);
	assert_5gmm(*m, SN_NAS_REGISTRATION_REQUEST);
	assert_int_equal(m->fields, SN_NAS_HAS_REGISTRATION_TYPE | SN_NAS_HAS_FOLLOW_ON | SN_NAS_HAS_NGKSI);
	assert_int_equal(m->registration_type, SN_NAS_REGISTRATION_INITIAL);
	assert_true(m->follow_on_request);
	assert_int_equal(m->ngksi, 7);
	assert_int_equal(m->identity_kind, SN_NAS_IDENTITY_SUCI);
	assert_int_equal(m->identity.len, 13);
	assert_false(m->in_container || m->ciphered_guess || m->s_tmsi.present || m->snssai.present);
	assert_int_equal(m->nssai_count, 0);

	pdu = decode(AUTHENTICATION_REQUEST, SN_NEA2, 0);
	assert_5gmm(pdu.messages[0], SN_NAS_AUTHENTICATION_REQUEST);
	assert_int_equal(pdu.messages[0].fields, SN_NAS_HAS_NGKSI);
	assert_int_equal(pdu.messages[0].ngksi, 0);

	pdu = decode("7e005915300ebe4a7d6057d441a337a4a234c1d3", SN_NEA_UNKNOWN, 0);
	assert_int_equal(pdu.messages[0].cause, 21);
	pdu = decode("7e00443e69021001", SN_NEA_UNKNOWN, 0);
	assert_string_equal(sn_nas_cause_name(pdu.messages[0].epd, pdu.messages[0].cause), "No network slices available");
	assert_int_equal(pdu.messages[0].nssai_count, 1);
	assert_snssai(&pdu.messages[0].nssai[0], "1");
}

static void test_security_mode(void **state)
{
	struct sn_nas_pdu pdu = decode(SECURITY_MODE_COMMAND, SN_NEA_UNKNOWN, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_5gmm(m[0], SN_NAS_SECURITY_MODE_COMMAND);
	assert_int_equal(m[0].fields, SN_NAS_HAS_ALGORITHMS | SN_NAS_HAS_NGKSI);
	assert_int_equal(m[0].ciphering_algorithm, SN_NEA0);
	assert_int_equal(m[0].integrity_algorithm, 2);
	assert_int_equal(m[0].security, SN_NAS_INTEGRITY_NEW_CONTEXT);
	pdu = decode(NEA2_COMMAND, SN_NEA2, 0); /* header type 3 is not ciphered */
	assert_int_equal(m[0].ciphering_algorithm, SN_NEA2);

	pdu = decode(SECURITY_MODE_COMPLETE, SN_NEA0, 0);
	assert_int_equal(pdu.count, 2);
	assert_int_equal(pdu.security, SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT);
	assert_int_equal(pdu.sequence, 0);
	assert_5gmm(m[0], SN_NAS_SECURITY_MODE_COMPLETE);
	assert_int_equal(m[0].identity_kind, SN_NAS_IDENTITY_IMEISV);
	assert_int_equal(m[0].identity.len, 9);
	assert_false(m[0].in_container);
	assert_5gmm(m[1], SN_NAS_REGISTRATION_REQUEST);
	assert_true(m[1].in_container);
	assert_int_equal(m[1].security, SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT);
	assert_int_equal(m[1].identity_kind, SN_NAS_IDENTITY_SUCI);
	assert_int_equal(m[1].nssai_count, 1);
	assert_snssai(&m[1].nssai[0], "1");
	assert_false(m[1].ciphered_guess);
}

static void test_registration_accept(void **state)
{
	struct sn_nas_pdu pdu = decode(REGISTRATION_ACCEPT, SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_5gmm(m[0], SN_NAS_REGISTRATION_ACCEPT);
	assert_int_equal(pdu.sequence, 1);
	assert_int_equal(m[0].fields, SN_NAS_HAS_REGISTRATION_RESULT | SN_NAS_HAS_ASSIGNED_GUTI);
	assert_int_equal(m[0].registration_result, 1);
	assert_int_equal(m[0].identity_kind, SN_NAS_IDENTITY_5G_GUTI);
	assert_int_equal(m[0].identity.len, 11);
	assert_true(m[0].s_tmsi.present);
	assert_int_equal(m[0].s_tmsi.amf_set_id, 1);
	assert_int_equal(m[0].s_tmsi.amf_pointer, 0);
	assert_int_equal(m[0].s_tmsi.tmsi, 0xc0000579);
	assert_int_equal(m[0].nssai_count, 1);

	/* Configuration update command with acknowledgement and a new 5G-GUTI */
	pdu = decode("7e0298d1f30c087e0054d177000bf299f907020040c00003c7", SN_NEA0, 0);
	assert_int_equal(m[0].fields, SN_NAS_HAS_ACK_REQUESTED | SN_NAS_HAS_ASSIGNED_GUTI);
	assert_int_equal(m[0].s_tmsi.tmsi, 0xc00003c7);
	pdu = decode("7e02931a470b047e004509000bf299f907020040c00007b6", SN_NEA0, 0);
	assert_int_equal(m[0].fields, SN_NAS_HAS_DEREGISTRATION_TYPE | SN_NAS_HAS_NGKSI);
	assert_int_equal(m[0].deregistration_type, 9); /* switch off, 3GPP access */
	assert_int_equal(m[0].s_tmsi.tmsi, 0xc00007b6);
}

static void test_nas_transport(void **state)
{
	struct sn_nas_pdu pdu = decode(UL_NAS_TRANSPORT, SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(pdu.count, 2);
	assert_5gmm(m[0], SN_NAS_UL_NAS_TRANSPORT);
	assert_int_equal(m[0].fields, SN_NAS_HAS_PAYLOAD_TYPE | SN_NAS_HAS_PDU_SESSION_ID | SN_NAS_HAS_REQUEST_TYPE);
	assert_int_equal(m[0].payload_type, 1);
	assert_int_equal(m[0].pdu_session_id, 1);
	assert_int_equal(m[0].request_type, 1);
	assert_dnn(m[0].dnn, "internet");
	assert_snssai(&m[0].snssai, "1");
	assert_5gsm(m[1], SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST);
	assert_int_equal(m[1].fields, SN_NAS_HAS_PDU_SESSION_ID | SN_NAS_HAS_SELECTED_TYPE);
	assert_int_equal(m[1].pti, 1);
	assert_int_equal(m[1].pdu_session_type, 1);
	assert_int_equal(m[1].security, SN_NAS_INTEGRITY_CIPHERED);
	assert_false(m[1].in_container);

	pdu = decode(DL_NAS_TRANSPORT, SN_NEA0, 0);
	assert_int_equal(pdu.count, 2);
	assert_5gmm(m[0], SN_NAS_DL_NAS_TRANSPORT);
	assert_int_equal(m[0].pdu_session_id, 1);
	assert_5gsm(m[1], SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT);
	assert_int_equal(m[1].pdu_session_type, 1);
	assert_dnn(m[1].dnn, "internet");
	assert_snssai(&m[1].snssai, "2-000002");

	pdu = decode("7e02d95aa600037e00680100052e0101c3261201", SN_NEA0, 0);
	assert_5gsm(m[1], SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT);
	assert_string_equal(sn_nas_cause_name(m[1].epd, m[1].cause), "Network failure");
	assert_false(m[0].fields & SN_NAS_HAS_CAUSE);
	/* Payload was not forwarded: the UE's own message comes back with a 5GMM cause */
	pdu = decode("7e00680100072e0101c1ffff911201585b", SN_NEA0, 0);
	assert_int_equal(m[0].cause, 91);
	assert_int_equal(pdu.count, 2);
}

static void test_container_of_initial_message(void **state)
{
	struct sn_nas_pdu pdu = decode(SERVICE_REQUEST, SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(pdu.count, 2);
	assert_5gmm(m[0], SN_NAS_SERVICE_REQUEST);
	assert_int_equal(m[0].fields, SN_NAS_HAS_NGKSI | SN_NAS_HAS_SERVICE_TYPE);
	assert_int_equal(m[0].service_type, 1);
	assert_int_equal(m[0].identity_kind, SN_NAS_IDENTITY_5G_S_TMSI);
	assert_int_equal(m[0].s_tmsi.tmsi, 0xc0000579);
	assert_true(m[1].in_container && !m[1].ciphered_guess);

	pdu = decode(SERVICE_REQUEST, SN_NEA_UNKNOWN, 0); /* plausible as plain */
	assert_int_equal(pdu.count, 2);
	assert_true(m[1].in_container && m[1].ciphered_guess && !m[0].ciphered_guess);
	assert_false(pdu.container_ciphered);

	pdu = decode(SERVICE_REQUEST, SN_NEA1, 0); /* the algorithm forbids to look */
	assert_int_equal(pdu.count, 1);
	assert_true(pdu.container_ciphered && !pdu.ciphered);
	for (int i = 0; i < 2; i++) {
		pdu = decode(NEA2_SERVICE_REQUEST, i ? SN_NEA2 : SN_NEA_UNKNOWN, 0);
		assert_int_equal(pdu.count, 1);
		assert_true(pdu.container_ciphered && !pdu.ciphered);
		assert_int_equal(m[0].s_tmsi.tmsi, 0xc000028a);
	}
	decode(NEA2_SERVICE_REQUEST, SN_NEA0, -EBADMSG);
}

static void test_ciphered(void **state)
{
	static const char *const pdus[] = { NEA2_COMPLETE, NEA2_SERVICE_ACCEPT, "7e0242502c220150c15e",
					    "7e02f6646fff01df9a688e8af8504da8541cf5739e2eb1ac57f0084a272b2f263524b217902df135fd"
					    "c2a52d712e33ae91d34313",
					    "7e0210b13f4303d35c53797d4b1eeb0fdf1a35232b3611cbe8788f41ce47ebc4" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(pdus); i++) {
		struct sn_nas_pdu pdu = decode(pdus[i], SN_NEA2, 0);

		assert_true(pdu.ciphered);
		assert_int_equal(pdu.count, 0);
		assert_int_equal(pdu.security, i ? SN_NAS_INTEGRITY_CIPHERED : SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT);
		pdu = decode(pdus[i], SN_NEA_UNKNOWN, 0);
		assert_true(pdu.ciphered);
		assert_int_equal(pdu.count, 0);
		decode(pdus[i], SN_NEA0, -EBADMSG);
	}
	/* A readable body is not looked at either, when the algorithm is known to cipher. */
	assert_true(decode(REGISTRATION_ACCEPT, SN_NEA3, 0).ciphered);
	assert_true(decode(REGISTRATION_ACCEPT, (enum sn_nas_cipher)6, 0).ciphered);
}

static void test_guess(void **state)
{
	struct sn_nas_pdu pdu = decode(UL_NAS_TRANSPORT, SN_NEA_UNKNOWN, 0);
	/* Each is readable under NEA0, and too odd to be believed when nothing is known. */
	static const char *const odd[] = {
		"7e0200000000007e1043",			  /* spare half octet */
		"7e0200000000007e0043ff",		  /* IEI that the message does not have */
		"7e0200000000007e005d020004f0f0f0f0",	  /* Security mode command needs header type 3 */
		"7e0400000000007e0043",			  /* header type 4 needs Security mode complete */
		"7e0200000000007e005e",			  /* and the other way round */
		"7e0200000000007e00642d",		  /* cause that is not assigned */
		"7e0200000000007e00670100042e1001d41201", /* PDU session 16 */
		"7e0200000000007e004e5002020050020200",	  /* the same part twice */
		"7e0200000000007e004e5003020000",	  /* length that no list of sessions has... */
	};

	assert_int_equal(pdu.count, 2);
	assert_true(pdu.messages[0].ciphered_guess && pdu.messages[1].ciphered_guess);
	for (size_t i = 0; i < SN_ARRAY_SIZE(odd) - 1; i++) {
		assert_int_equal(decode(odd[i], SN_NEA0, 0).count > 0, true);
		pdu = decode(odd[i], SN_NEA_UNKNOWN, 0);
		assert_true(pdu.ciphered);
		assert_int_equal(pdu.count, 0);
	}
	/* ...but within the limits of the table: 4 to 34 octets. */
	assert_int_equal(decode(odd[SN_ARRAY_SIZE(odd) - 1], SN_NEA_UNKNOWN, 0).count, 1);
}

static uint32_t random_state = 2463534242u;

static uint8_t random_octet(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return (uint8_t)(random_state >> 11);
}

static void test_random_bodies_are_ciphered(void **state)
{
	unsigned accepted = 0;
	uint8_t bytes[64] = { 0x7e };
	struct sn_nas_pdu pdu;

	for (unsigned i = 0; i < 300000; i++) {
		size_t len = 10 + i % 50;

		bytes[1] = i & 1 ? 2 : 4;
		for (size_t k = 2; k < len; k++)
			bytes[k] = random_octet();
		assert_int_equal(sn_nas_decode((struct sn_view) { bytes, len }, SN_NEA_UNKNOWN, &pdu), 0);
		accepted += pdu.count > 0;
	}
	assert_int_equal(accepted, 0);
}

/** A line of tests/data/nas/nea0.hex ("u 7e00…", see tests/data/README.md) as bytes; NULL at the end. */
static uint8_t *next_pdu(FILE *f, size_t *ret_len)
{
	static char line[4096];
	uint8_t *bytes;
	size_t len;

	if (!fgets(line, sizeof(line), f))
		return NULL;
	len = (strcspn(line, "\n") - 2) / 2;
	bytes = malloc(len);
	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(line + 2 + 2 * i, "%2hhx", &bytes[i]), 1);
	*ret_len = len;
	return bytes;
}

static FILE *open_recording(void)
{
	FILE *f = fopen(test_data("nas/nea0.hex"), "r");

	if (!f)
		fail_msg("no %s", test_data("nas/nea0.hex"));
	return f;
}

/** What tshark counts in nea0-n2.pcapng, split into messages on their own and messages in a container. */
static const struct {
	uint8_t type;
	unsigned outside, inside;
} totals[] = {
	{ SN_NAS_REGISTRATION_REQUEST, 52, 48 },
	{ SN_NAS_UL_NAS_TRANSPORT, 45, 0 },
	{ SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST, 43, 0 },
	{ SN_NAS_DL_NAS_TRANSPORT, 41, 0 },
	{ SN_NAS_AUTHENTICATION_REQUEST, 39, 0 },
	{ SN_NAS_AUTHENTICATION_RESPONSE, 37, 0 },
	{ SN_NAS_SECURITY_MODE_COMMAND, 37, 0 },
	{ SN_NAS_SECURITY_MODE_COMPLETE, 37, 0 },
	{ SN_NAS_CONFIGURATION_UPDATE_COMMAND, 37, 0 },
	{ SN_NAS_REGISTRATION_ACCEPT, 36, 0 },
	{ SN_NAS_REGISTRATION_COMPLETE, 36, 0 },
	{ SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT, 34, 0 },
	{ SN_NAS_SERVICE_REQUEST, 12, 12 },
	{ SN_NAS_DEREGISTRATION_REQUEST_UE, 22, 0 },
	{ SN_NAS_REGISTRATION_REJECT, 15, 0 },
	{ SN_NAS_SERVICE_ACCEPT, 11, 0 },
	{ SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT, 6, 0 },
	{ SN_NAS_5GMM_STATUS, 3, 0 },
	{ SN_NAS_AUTHENTICATION_FAILURE, 2, 0 },
	{ SN_NAS_PDU_SESSION_RELEASE_REQUEST, 1, 0 },
	{ SN_NAS_PDU_SESSION_RELEASE_COMMAND, 1, 0 },
	{ SN_NAS_PDU_SESSION_RELEASE_COMPLETE, 1, 0 },
	{ SN_NAS_CONFIGURATION_UPDATE_COMPLETE, 1, 0 },
	{ SN_NAS_DEREGISTRATION_ACCEPT_UE, 1, 0 },
	{ SN_NAS_AUTHENTICATION_REJECT, 1, 0 },
	{ SN_NAS_SERVICE_REJECT, 1, 0 },
};

static void check_recording(enum sn_nas_cipher cipher)
{
	static const unsigned security_totals[] = { 136, 24, 232, 37, 37 };
	unsigned types[2][256] = { 0 }, security[_SN_NAS_SECURITY_MAX] = { 0 }, periodic = 0, initial = 0, messages = 0,
		 expected = 0;
	FILE *f = open_recording();
	struct sn_nas_pdu pdu;
	uint8_t *bytes;
	size_t len;

	while ((bytes = next_pdu(f, &len))) {
		assert_int_equal(sn_nas_decode((struct sn_view) { bytes, len }, cipher, &pdu), 0);
		assert_false(pdu.ciphered || pdu.container_ciphered || pdu.left_out);
		security[pdu.security]++;
		for (unsigned i = 0; i < pdu.count; i++) {
			const struct sn_nas_message *m = &pdu.messages[i];

			types[m->in_container][m->type]++;
			messages++;
			initial += m->fields & SN_NAS_HAS_REGISTRATION_TYPE && m->registration_type == 1;
			periodic += m->fields & SN_NAS_HAS_REGISTRATION_TYPE && m->registration_type == 3;
			assert_int_equal(m->security, pdu.security);
		}
		free(bytes);
	}
	fclose(f);
	for (size_t i = 0; i < SN_ARRAY_SIZE(totals); i++) {
		assert_int_equal(types[0][totals[i].type], totals[i].outside);
		assert_int_equal(types[1][totals[i].type], totals[i].inside);
		expected += totals[i].outside + totals[i].inside;
	}
	assert_int_equal(messages, expected);
	assert_int_equal(initial, 78);
	assert_int_equal(periodic, 22);
	for (size_t i = 0; i < SN_ARRAY_SIZE(security_totals); i++)
		assert_int_equal(security[i], security_totals[i]);
}

static void test_recording(void **state)
{
	check_recording(SN_NEA0);
	check_recording(SN_NEA_UNKNOWN); /* all of it is plausible */
}

static void check_views(const struct sn_nas_pdu *pdu, const uint8_t *bytes, size_t len)
{
	char text[64];

	assert_true(pdu->count <= SN_NAS_MAX_MESSAGES);
	for (unsigned i = 0; i < pdu->count; i++) {
		const struct sn_nas_message *m = &pdu->messages[i];

		assert_true(m->nssai_count <= SN_ARRAY_SIZE(m->nssai));
		if (m->identity.len)
			assert_true(m->identity.data >= bytes && m->identity.data + m->identity.len <= bytes + len);
		if (m->dnn.len)
			assert_true(m->dnn.data >= bytes && m->dnn.data + m->dnn.len <= bytes + len);
		sn_nas_dnn_text(m->dnn, text, sizeof(text));
	}
}

static void test_truncation(void **state)
{
	FILE *f = open_recording();
	struct sn_nas_pdu whole, cut;
	uint8_t *bytes, *part;
	size_t len;

	while ((bytes = next_pdu(f, &len))) {
		assert_int_equal(sn_nas_decode((struct sn_view) { bytes, len }, SN_NEA0, &whole), 0);
		for (size_t n = 0; n < len; n++) {
			size_t head = whole.security ? 10 : 3;
			int r;

			part = malloc(n);
			assert_true(part || !n);
			if (n)
				memcpy(part, bytes, n);
			r = sn_nas_decode((struct sn_view) { part, n }, SN_NEA0, &cut);
			assert_true(r == 0 || r == -EMSGSIZE);
			if (n < head)
				assert_int_equal(r, -EMSGSIZE);
			else
				assert_int_equal(cut.messages[0].type, whole.messages[0].type);
			assert_true(cut.count <= whole.count);
			check_views(&cut, part, n);
			sn_nas_decode((struct sn_view) { part, n }, SN_NEA_UNKNOWN, &cut);
			check_views(&cut, part, n);
			free(part);
		}
		free(bytes);
	}
	fclose(f);
	/* What is there of an inner message is read. */
	cut = decode("7e00670100152e0101c1ffff91a1", SN_NEA0, -EMSGSIZE);
	assert_int_equal(cut.count, 2);
	assert_int_equal(cut.messages[1].pdu_session_type, 1);
}

static void test_unknown_parts(void **state)
{
	/* Unknown parts of each form around the known ones: TV of one octet, TLV, TLV-E, "comprehension required" (0x0…). */
	struct sn_nas_pdu pdu = decode("7e00670100042e0101d4"
				       "90"
				       "0503aabbcc"
				       "1201"
				       "7f0003112233"
				       "220401000203"
				       "6f00"
				       "250403696d73",
				       SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(m[0].pdu_session_id, 1);
	assert_snssai(&m[0].snssai, "1-000203");
	assert_dnn(m[0].dnn, "ims");
	/* Of a part that comes twice the first counts. */
	pdu = decode("7e00670100042e0101d4120112022201012201ff", SN_NEA0, 0);
	assert_int_equal(m[0].pdu_session_id, 1);
	assert_snssai(&m[0].snssai, "1");
	/* One of impossible length counts as absent. */
	pdu = decode("7e00670100042e0101d4220025001205", SN_NEA0, 0);
	assert_false(m[0].snssai.present || m[0].dnn.len);
	assert_int_equal(m[0].pdu_session_id, 5);
	/* A message type of the future is told by its number. */
	pdu = decode("7e00a1010203", SN_NEA0, 0);
	assert_int_equal(pdu.count, 1);
	assert_int_equal(m[0].type, 0xa1);
	assert_null(sn_nas_message_name(m[0].epd, m[0].type));
}

static void test_identities(void **state)
{
	static const struct {
		const char *identity;
		enum sn_nas_identity kind;
		const char *name;
	} rows[] = {
		{ "00", SN_NAS_IDENTITY_NONE, "No identity" },
		{ "0199f90700000000000000001f", SN_NAS_IDENTITY_SUCI, "SUCI" },
		{ "11757365724072616e", SN_NAS_IDENTITY_SUCI, "SUCI" }, /* NAI "user@ran" */
		{ "f299f907020045c0000579", SN_NAS_IDENTITY_5G_GUTI, "5G-GUTI" },
		{ "3b54769810325476", SN_NAS_IDENTITY_IMEI, "IMEI" },
		{ "f40045c0000579", SN_NAS_IDENTITY_5G_S_TMSI, "5G-S-TMSI" },
		{ "4573806121856151f1", SN_NAS_IDENTITY_IMEISV, "IMEISV" },
		{ "06020304050607", SN_NAS_IDENTITY_MAC, "MAC address" },
		{ "070203040506070809", SN_NAS_IDENTITY_EUI64, "EUI-64" },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		char text[128];
		struct sn_nas_pdu pdu;

		/* Identity response, ciphered or so it says: the guess accepts every well-formed identity. */
		snprintf(text, sizeof(text), "7e0211223344017e005c%04zx%s", strlen(rows[i].identity) / 2, rows[i].identity);
		pdu = decode(text, SN_NEA_UNKNOWN, 0);
		assert_int_equal(pdu.count, 1);
		assert_int_equal(pdu.messages[0].identity_kind, rows[i].kind);
		assert_int_equal(pdu.messages[0].identity.len, strlen(rows[i].identity) / 2);
		assert_string_equal(sn_nas_identity_name(rows[i].kind), rows[i].name);
		if (rows[i].kind == SN_NAS_IDENTITY_5G_GUTI || rows[i].kind == SN_NAS_IDENTITY_5G_S_TMSI) {
			assert_int_equal(pdu.messages[0].s_tmsi.amf_set_id, 1);
			assert_int_equal(pdu.messages[0].s_tmsi.amf_pointer, 5);
			assert_int_equal(pdu.messages[0].s_tmsi.tmsi, 0xc0000579);
		} else {
			assert_false(pdu.messages[0].s_tmsi.present);
		}
		/* With an octet more than the kind has room for, only NEA0 reads it (a SUCI has no fixed length). */
		if (rows[i].kind == SN_NAS_IDENTITY_SUCI || rows[i].kind == SN_NAS_IDENTITY_NONE)
			continue;
		snprintf(text, sizeof(text), "7e0211223344017e005c%04zx%s01", strlen(rows[i].identity) / 2 + 1, rows[i].identity);
		assert_true(decode(text, SN_NEA_UNKNOWN, 0).ciphered);
	}
	assert_int_equal(decode("7e005b01", SN_NEA0, 0).messages[0].identity_kind, SN_NAS_IDENTITY_SUCI);
}

static void test_nssai_forms(void **state)
{
	/* SST; SST and mapped SST; SST, SD; SST, SD, mapped SST; SST, SD, mapped SST, mapped SD */
	struct sn_nas_pdu pdu = decode("7e0041790004117573652f19"
				       "0101020203"
				       "0404000001"
				       "050500000206"
				       "080600000307000004",
				       SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(m[0].nssai_count, 5);
	assert_snssai(&m[0].nssai[0], "1");
	assert_snssai(&m[0].nssai[1], "2");
	assert_snssai(&m[0].nssai[2], "4-000001");
	assert_snssai(&m[0].nssai[3], "5-000002");
	assert_snssai(&m[0].nssai[4], "6-000003");

	/* Nine of them: eight fit. A length that lies ends the list. */
	pdu = decode("7e00440b6912100110021003100410051006100710081009", SN_NEA0, 0);
	assert_int_equal(m[0].nssai_count, 8);
	assert_snssai(&m[0].nssai[7], "8");
	pdu = decode("7e00440b690510014f0200", SN_NEA0, 0);
	assert_int_equal(m[0].nssai_count, 1);

	/* Extended rejected NSSAI: a list of two without a back-off timer, a list of one with */
	pdu = decode("7e004701680f0111014102000003"
		     "10254204000005",
		     SN_NEA0, 0);
	assert_int_equal(m[0].nssai_count, 3);
	assert_snssai(&m[0].nssai[0], "1");
	assert_snssai(&m[0].nssai[1], "2-000003");
	assert_snssai(&m[0].nssai[2], "4-000005");
	assert_int_equal(m[0].deregistration_type, 1);
}

static void test_multiple_payloads(void **state)
{
	/* A 5GSM message with request type, S-NSSAI and DNN; an SMS; another 5GSM message, with a 5GMM cause. */
	struct sn_nas_pdu pdu = decode("7e00670f003003"
				       "0014318001012201012504"
				       "03696d732e0301c1ffff91"
				       "0003020102"
				       "0012411201048001025801"
				       "5a5901032e0402d624",
				       SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(pdu.count, 3);
	assert_int_equal(m[0].payload_type, 15);
	assert_int_equal(m[0].cause, 90);
	assert_false(m[0].dnn.len || m[0].snssai.present);
	assert_5gsm(m[1], SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST);
	assert_int_equal(m[1].pdu_session_id, 3);
	assert_int_equal(m[1].request_type, 1);
	assert_dnn(m[1].dnn, "ims");
	assert_snssai(&m[1].snssai, "1");
	assert_5gsm(m[2], SN_NAS_5GSM_STATUS);
	assert_int_equal(m[2].pdu_session_id, 4);
	assert_int_equal(m[2].request_type, 2);
	assert_int_equal(m[2].cause, 36);
	assert_false(m[2].dnn.len || m[2].snssai.present);

	/* More than there is room for: counted. */
	pdu = decode("7e00670f004108"
		     "0006012e0102d624"
		     "0006012e0202d624"
		     "0006012e0302d624"
		     "0006012e0402d624"
		     "0006012e0502d624"
		     "0006012e0602d624"
		     "0006012e0702d624"
		     "0006012e0802d624",
		     SN_NEA0, 0);
	assert_int_equal(pdu.count, SN_NAS_MAX_MESSAGES);
	assert_int_equal(pdu.left_out, 3);
	assert_int_equal(m[5].pdu_session_id, 5);
	/* Fewer entries than announced; an entry whose options overrun it */
	decode("7e00670f000902"
	       "0006012e0102d624",
	       SN_NEA0, -EMSGSIZE);
	pdu = decode("7e00670f000901"
		     "0006f1120501d624",
		     SN_NEA0, -EBADMSG);
	assert_int_equal(pdu.count, 1);
}

static void test_control_plane_service_request(void **state)
{
	/* Integrity protected; payload container before the NAS message container: messages in the order of appearance */
	struct sn_nas_pdu pdu = decode("7e0111223344057e004f01"
				       "817b00052e0502d624"
				       "1205"
				       "7100047e004f01",
				       SN_NEA0, 0);
	struct sn_nas_message *m = pdu.messages;

	assert_int_equal(pdu.count, 3);
	assert_5gmm(m[0], SN_NAS_CONTROL_PLANE_SERVICE_REQUEST);
	assert_int_equal(m[0].fields,
			 SN_NAS_HAS_SERVICE_TYPE | SN_NAS_HAS_NGKSI | SN_NAS_HAS_PAYLOAD_TYPE | SN_NAS_HAS_PDU_SESSION_ID);
	assert_int_equal(m[0].service_type, 1);
	assert_5gsm(m[1], SN_NAS_5GSM_STATUS);
	assert_false(m[1].in_container);
	assert_5gmm(m[2], SN_NAS_CONTROL_PLANE_SERVICE_REQUEST);
	assert_true(m[2].in_container);

	/* The same with the payload inside the container: the 5GSM message is in the container too. */
	pdu = decode("7e0111223344057e004f0171000d7e004f01"
		     "817b00052e0502d624",
		     SN_NEA0, 0);
	assert_int_equal(pdu.count, 3);
	assert_5gsm(m[2], SN_NAS_5GSM_STATUS);
	assert_true(m[1].in_container && m[2].in_container);
}

static void test_hostile(void **state)
{
	struct sn_nas_pdu pdu;

	assert_int_equal(sn_nas_decode((struct sn_view) { NULL, 0 }, SN_NEA0, &pdu), -EMSGSIZE);
	decode("7e", SN_NEA0, -EMSGSIZE);
	decode("0741", SN_NEA0, -EBADMSG);				 /* EPS, not 5GS */
	decode("7e0500000000007e0043", SN_NEA0, -EBADMSG);		 /* header type that does not exist */
	decode("7e02000000007e", SN_NEA0, -EMSGSIZE);			 /* header without a message */
	decode("7e0200000000007e0200000000007e0043", SN_NEA0, -EBADMSG); /* protected twice */
	decode("7e0200000000002e0101d624", SN_NEA0, -EBADMSG);
	/* A payload that holds a 5GMM message, a container that holds a 5GSM message: the carrier is read. */
	pdu = decode("7e00670100037e0043", SN_NEA0, -EBADMSG);
	assert_int_equal(pdu.count, 1);
	pdu = decode("7e0400000000007e005e7100052e0101d624", SN_NEA0, -EBADMSG);
	assert_int_equal(pdu.count, 1);
	/* A container in a container is not opened. */
	pdu = decode("7e0400000000007e005e7100177e004c100007f40040c00005797100067e004c100007", SN_NEA0, -EMSGSIZE);
	assert_int_equal(pdu.count, 2);
	pdu = decode("7e0400000000007e005e71000b7e004f017100047e004f01", SN_NEA0, 0);
	assert_int_equal(pdu.count, 2);
	/* A mandatory part of no length */
	pdu = decode("7e0041790000", SN_NEA0, -EBADMSG);
	assert_int_equal(pdu.messages[0].registration_type, SN_NAS_REGISTRATION_INITIAL);
	assert_false(pdu.messages[0].identity.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_security_mode),
		cmocka_unit_test(test_registration_accept),
		cmocka_unit_test(test_nas_transport),
		cmocka_unit_test(test_container_of_initial_message),
		cmocka_unit_test(test_ciphered),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_random_bodies_are_ciphered),
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_unknown_parts),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_nssai_forms),
		cmocka_unit_test(test_multiple_payloads),
		cmocka_unit_test(test_control_plane_service_request),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
