/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tests of lab/rewrite.c: that a copy says what it should, to the octet and in tshark's eyes. */
#include "test.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/macro.h"
#include "lab/rewrite.h"

/** The messages of all exchanges, one after the other. */
static const struct sn_lab_message *message_at(size_t n)
{
	for (int e = 0; e < _SN_LAB_EXCHANGE_MAX; e++) {
		if (n < sn_lab_exchanges[e].count)
			return &sn_lab_exchanges[e].messages[n];
		n -= sn_lab_exchanges[e].count;
	}
	return NULL;
}

static uint64_t number_of(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/** The identifiers that the recording has, read as little as it takes: they are all of one octet or two there. */
static void values_recorded(const struct sn_lab_template *t, struct sn_lab_values *v)
{
	*v = (struct sn_lab_values) { .random = 1 };
	for (unsigned i = 0; i < t->ie_count; i++) {
		const uint8_t *p = t->ies[i].value.data;
		size_t len = t->ies[i].value.len, n;

		if (t->ies[i].id == 10)
			v->amf_ue_ngap_id = number_of(p + 1, len - 1);
		if (t->ies[i].id == 85)
			v->ran_ue_ngap_id = (uint32_t)number_of(p + 1, len - 1);
		if (t->ies[i].id == 114) {
			n = (size_t)(p[0] >> 1 & 7) + 1;
			v->amf_ue_ngap_id = number_of(p + 1, n);
			v->ran_ue_ngap_id = (uint32_t)number_of(p + 2 + n, len - 2 - n);
		}
	}
}

static void recorded_values_give_the_recording(void **state)
{
	const struct sn_lab_message *m;
	struct sn_lab_template t;
	struct sn_lab_values v;
	uint8_t out[2048];
	size_t n, len;

	for (n = 0; (m = message_at(n)); n++) {
		assert_int_equal(sn_lab_template_read(m->data, NULL, 0, &t), 0);
		values_recorded(&t, &v);
		assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
		assert_int_equal(len, m->data.len);
		assert_memory_equal(out, m->data.data, len);
	}
	assert_true(n > 100);
}

/** The causes of recorded messages, made anew, give the octets that the core sent. */
static void causes_are_encoded_as_recorded(void **state)
{
	static const struct {
		int exchange, message;
		uint8_t group, value;
	} cases[] = {
		{ SN_LAB_NG_SETUP_REFUSED, 1, 0, 39 }, { SN_LAB_AUTH_MAC_FAILURE, 4, 2, 0 }, { SN_LAB_SWITCH_OFF, 1, 2, 2 },
		{ SN_LAB_CONTEXT_RELEASE, 0, 0, 0 },   { SN_LAB_UE_LOST, 0, 0, 21 },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		const struct sn_lab_message *m = &sn_lab_exchanges[cases[i].exchange].messages[cases[i].message];
		struct sn_lab_template t;
		struct sn_lab_values v;
		uint8_t out[2048];
		size_t len;

		assert_int_equal(sn_lab_template_read(m->data, NULL, 0, &t), 0);
		values_recorded(&t, &v);
		v.set_cause = true;
		v.cause_group = cases[i].group;
		v.cause_value = cases[i].value;
		assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
		assert_int_equal(len, m->data.len);
		assert_memory_equal(out, m->data.data, len);
	}
}

/** By hand from X.691: a message of two identifiers and a cause, where each width of each occurs. */
static void numbers_take_the_octets_they_need(void **state)
{
	static const uint8_t in[] = { 0x40, 0x0e, 0x00, 0x15, 0, 0, 3, 0,  10,	 0x40, 2, 0, 1,
				      0,    85,	  0x40, 2,    0, 1, 0, 15, 0x40, 2,    0, 0 };
	static const uint8_t wide[] = {
		0x40, 0x0e, 0x00, 0x1c, 0, 0,	 3,    0,    10,   0x40, 6, 0x80, 0xfe, 0xdc, 0xba, 0x98,
		0x76, 0,    85,	  0x40, 5, 0xc0, 0xff, 0xff, 0xff, 0xff, 0, 15,	  0x40, 2,    0x05, 0x80
	};
	static const uint8_t middle[] = { 0x40, 0x0e, 0x00, 0x15, 0, 0,	   3,	 0, 10, 0x40, 3, 0x20, 0x01,
					  0x00, 0,    85,   0x40, 2, 0x00, 0xff, 0, 15, 0x40, 1, 0x20 };
	struct sn_lab_values v = {
		.amf_ue_ngap_id = 0xfedcba9876, .ran_ue_ngap_id = UINT32_MAX, .random = 1, .set_cause = true, .cause_value = 22
	};
	struct sn_lab_template t;
	uint8_t out[64];
	size_t len;

	assert_int_equal(sn_lab_template_read((struct sn_view) { in, sizeof(in) }, NULL, 0, &t), 0);
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
	assert_int_equal(len, sizeof(wide));
	assert_memory_equal(out, wide, len);

	v = (struct sn_lab_values) {
		.amf_ue_ngap_id = 0x100, .ran_ue_ngap_id = 0xff, .random = 1, .set_cause = true, .cause_group = 1
	};
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
	assert_int_equal(len, sizeof(middle));
	assert_memory_equal(out, middle, len);
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(middle) - 1, &len), -ENOBUFS);
}

/** A longer name carries the message over 127 octets, where its length takes two. */
static void lengths_grow(void **state)
{
	const struct sn_lab_message *m = &sn_lab_exchanges[SN_LAB_NG_SETUP].messages[0];
	char name[SN_LAB_MAX_GNB_NAME + 20];
	struct sn_lab_values v = { .gnb_id = 0x01020304, .random = 1, .gnb_name = name };
	struct sn_lab_template t;
	uint8_t out[512];
	size_t len;

	memset(name, 'x', sizeof(name));
	name[100] = '\0';
	assert_int_equal(sn_lab_template_read(m->data, m->slots, m->slot_count, &t), 0);
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
	/* 21 octets of name became 100, and the length a second octet. */
	assert_int_equal(len, m->data.len + 79 + 1);
	assert_int_equal(out[3], 0x80);
	assert_int_equal(out[4], len - 5);
	assert_memory_equal(out + m->slots[0].offset + 1, "\1\2\3\4", 4);
	assert_non_null(memmem(out, len, "\x31\x80xxxx", 6)); /* 99 in eight bits after the extension bit */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
	assert_int_equal(len, m->data.len + 129 + 2); /* cut to 150; the element's own length grew too */
}

static void slots_are_filled(void **state)
{
	const struct sn_lab_message *m = &sn_lab_exchanges[SN_LAB_REGISTRATION].messages[0];
	struct sn_lab_values v = {
		.ran_ue_ngap_id = 1, .msin = 1234567890, .cell = 0x987654321, .timestamp = 0xcafe0001, .random = 1
	};
	struct sn_lab_template t;
	uint8_t out[512];
	size_t len;

	assert_int_equal(sn_lab_template_read(m->data, m->slots, m->slot_count, &t), 0);
	assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
	assert_int_equal(len, m->data.len);
	for (unsigned i = 0; i < m->slot_count; i++) {
		const uint8_t *p = out + m->slots[i].offset;

		if (m->slots[i].kind == SN_LAB_SLOT_MSIN)
			assert_memory_equal(p, "\x21\x43\x65\x87\x09", 5);
		else if (m->slots[i].kind == SN_LAB_SLOT_CELL)
			assert_memory_equal(p, "\x98\x76\x54\x32\x10", 5);
		else if (m->slots[i].kind == SN_LAB_SLOT_TIMESTAMP)
			assert_memory_equal(p, "\xca\xfe\x00\x01", 4);
	}
	assert_int_equal(m->slot_count, 3);
}

static void damage_is_refused(void **state)
{
	struct sn_lab_slot outside = { .kind = SN_LAB_SLOT_TMSI, .offset = 2000, .len = 4 };
	struct sn_lab_slot across = { .kind = SN_LAB_SLOT_TMSI, .offset = 0, .len = 4 };
	struct sn_lab_template t;
	uint8_t copy[2048];

	for (size_t n = 0; message_at(n); n++) {
		struct sn_view data = message_at(n)->data;

		for (size_t len = 0; len < data.len; len++)
			assert_int_equal(sn_lab_template_read((struct sn_view) { data.data, len }, NULL, 0, &t), -EBADMSG);
		/* Any octet changed: refused or not, never read past the end (the sanitizers watch). */
		for (size_t i = 0; i < data.len; i++) {
			memcpy(copy, data.data, data.len);
			copy[i] ^= 0xff;
			(void)sn_lab_template_read((struct sn_view) { copy, data.len }, message_at(n)->slots,
						   message_at(n)->slot_count, &t);
		}
		assert_int_equal(sn_lab_template_read(data, &outside, 1, &t), -EBADMSG);
		across.offset = (uint16_t)(data.len - 2);
		assert_int_equal(sn_lab_template_read(data, &across, 1, &t), -EBADMSG);
	}
}

/* -- tshark --------------------------------------------------------------------------------------------------------------------
 */

/** One message as a packet of a capture of link type 101 (raw IP); tshark does not ask for checksums. */
static void packet_write(FILE *f, const uint8_t *data, size_t len)
{
	uint8_t p[2200] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 132, 0, 0, 10, 10, 2, 2, 10, 10, 2, 1, 0x80, 0, 0x96, 0x0c };
	size_t padded = (len + 3) & ~(size_t)3, all = 20 + 12 + 16 + padded;
	uint32_t head[4] = { 1, 0, (uint32_t)all, (uint32_t)all };

	sn_put_be16(p + 2, (uint16_t)all);
	p[33] = 3;
	sn_put_be16(p + 34, (uint16_t)(16 + len));
	sn_put_be32(p + 44, 60);
	memcpy(p + 48, data, len);
	fwrite(head, sizeof(head), 1, f);
	fwrite(p, all, 1, f);
}

static struct sn_lab_values fresh(size_t n)
{
	struct sn_lab_values v = { .amf_ue_ngap_id = 0xff0000000000ull >> (n % 5 * 8) >> 8 | n,
				   .ran_ue_ngap_id = (uint32_t)(0x12345678u >> (n % 4 * 8)),
				   .tmsi = 0xc1000000u + (uint32_t)n,
				   .new_tmsi = 0xc2000000u + (uint32_t)n,
				   .msin = 9000000000ull + n,
				   .serial = 123456,
				   .gnb_n3 = 0x0a0a0363,
				   .gnb_id = 77,
				   .cell = 77 << 4 | 1,
				   .timestamp = 0xf0000000,
				   .random = 1 + n,
				   .gnb_name = "a-gnb" };

	for (uint32_t s = 1; s <= 2; s++) {
		v.ue_ip[s] = 0x0a2d6400u + s;
		v.upf_teid[s] = 0xaabb0000u + s;
		v.gnb_teid[s] = 0x01020300u + s;
	}
	return v;
}

/** What tshark says of every packet has to be in its line: `count` times "name=value" as they occur there. */
static void line_check(char *line, size_t n)
{
	const struct sn_lab_message *m = message_at(n);
	struct sn_lab_values v = fresh(n);
	char *field[12] = { 0 }, text[64];
	size_t fields = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *p = line; p && fields < SN_ARRAY_SIZE(field); fields++)
		field[fields] = strsep(&p, "\t");
	assert_int_equal(fields, 9);
	assert_string_equal(field[0], ""); /* malformed */
	if (*field[1]) {
		snprintf(text, sizeof(text), "%" PRIu64, v.amf_ue_ngap_id);
		assert_string_equal(field[1], text);
	}
	if (*field[2]) {
		snprintf(text, sizeof(text), "%" PRIu32, v.ran_ue_ngap_id);
		assert_string_equal(field[2], text);
	}
	for (unsigned i = 0; i < m->slot_count; i++) {
		static const char *const formats[_SN_LAB_SLOT_KIND_MAX] = { [SN_LAB_SLOT_MSIN] = "%010" PRIu64 };

		switch (m->slots[i].kind) {
		case SN_LAB_SLOT_MSIN:
			snprintf(text, sizeof(text), formats[SN_LAB_SLOT_MSIN], v.msin);
			assert_non_null(strstr(field[3], text));
			break;
		case SN_LAB_SLOT_TMSI:
		case SN_LAB_SLOT_NEW_TMSI:
			snprintf(text, sizeof(text), "%" PRIu32, m->slots[i].kind == SN_LAB_SLOT_TMSI ? v.tmsi : v.new_tmsi);
			assert_true(strstr(field[4], text) || strstr(field[5], text));
			break;
		case SN_LAB_SLOT_UPF_TEID:
		case SN_LAB_SLOT_GNB_TEID:
			snprintf(text, sizeof(text), "%08x",
				 m->slots[i].kind == SN_LAB_SLOT_UPF_TEID ? v.upf_teid[m->slots[i].arg]
									  : v.gnb_teid[m->slots[i].arg]);
			for (char *c = field[6]; *c; c++) /* some versions part the octets by colons */
				while (*c == ':')
					memmove(c, c + 1, strlen(c));
			assert_non_null(strstr(field[6], text));
			break;
		case SN_LAB_SLOT_UE_IP:
			snprintf(text, sizeof(text), "10.45.100.%u", m->slots[i].arg);
			assert_string_equal(field[7], text);
			break;
		case SN_LAB_SLOT_IMEISV:
			assert_non_null(strstr(field[8], "123456"));
			break;
		}
	}
}

static void tshark_reads_the_copies(void **state)
{
	char path[] = "/tmp/sauron-lab-rewrite-XXXXXX", command[512], line[4096];
	static const uint32_t file_head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101 };
	struct sn_lab_template t;
	size_t n, len;
	uint8_t out[2048];
	FILE *f;
	int fd;

	if (system("tshark --version >/dev/null 2>&1") != 0) {
		print_message("skipped: tshark is not there to be asked\n");
		skip();
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "wb");
	fwrite(file_head, sizeof(file_head), 1, f);
	for (n = 0; message_at(n); n++) {
		struct sn_lab_values v = fresh(n);

		assert_int_equal(sn_lab_template_read(message_at(n)->data, message_at(n)->slots, message_at(n)->slot_count, &t),
				 0);
		assert_int_equal(sn_lab_template_write(&t, &v, out, sizeof(out), &len), 0);
		packet_write(f, out, len);
	}
	assert_int_equal(fclose(f), 0);
	snprintf(
		command, sizeof(command),
		"tshark -r %s -o nas-5gs.null_decipher:TRUE -T fields -e _ws.malformed -e ngap.AMF_UE_NGAP_ID -e ngap.RAN_UE_NGAP_ID "
		"-e nas_5gs.mm.suci.msin -e nas_5gs.5g_tmsi -e ngap.fiveG_TMSI -e ngap.gTP_TEID -e nas_5gs.sm.pdu_addr_inf_ipv4 "
		"-e nas_5gs.mm.imeisv 2>/dev/null",
		path);
	f = popen(command, "r");
	assert_non_null(f);
	for (n = 0; fgets(line, sizeof(line), f); n++)
		line_check(line, n);
	assert_int_equal(pclose(f), 0);
	unlink(path);
	assert_null(message_at(n));
	assert_non_null(message_at(n - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_values_give_the_recording),
		cmocka_unit_test(causes_are_encoded_as_recorded),
		cmocka_unit_test(numbers_take_the_octets_they_need),
		cmocka_unit_test(lengths_grow),
		cmocka_unit_test(slots_are_filled),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(tshark_reads_the_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
