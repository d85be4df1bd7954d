/* SPDX-License-Identifier: Apache-2.0 */
/** @file Takes an NGAP message apart into its elements and puts a copy with other identifiers together. */
#include "lab/rewrite.h"

#include <errno.h>

#include "base/macro.h"

/** ProtocolIE-ID (TS 38.413 9.4.7) of the elements that are encoded anew. */
enum {
	IE_AMF_UE_NGAP_ID = 10,
	IE_CAUSE = 15,
	IE_RAN_NODE_NAME = 82,
	IE_RAN_UE_NGAP_ID = 85,
	IE_UE_NGAP_IDS = 114,
};

/** The longest element that is made here: a RAN node name with its length. */
#define MAX_MADE (SN_LAB_MAX_GNB_NAME + 2)

/** Reads a length determinant (X.691 11.9) below 16 K. @return octets it takes, 0 when it is cut or fragmented. */
static size_t length_read(struct sn_view in, size_t *ret_len)
{
	if (in.len >= 1 && in.data[0] < 0x80) {
		*ret_len = in.data[0];
		return 1;
	}
	if (in.len >= 2 && in.data[0] < 0xc0) {
		*ret_len = sn_be16(in.data) & 0x3fff;
		return 2;
	}
	return 0;
}

static size_t length_write(uint8_t *out, size_t len)
{
	if (len < 0x80) {
		out[0] = (uint8_t)len;
		return 1;
	}
	sn_put_be16(out, (uint16_t)(0x8000 | len));
	return 2;
}

static int slots_share(struct sn_lab_template *template, size_t base, struct sn_view value, unsigned ie,
		       const struct sn_lab_slot *slots, size_t slot_count)
{
	template->ies[ie].first_slot = template->slot_count;
	for (size_t i = 0; i < slot_count; i++) {
		if (slots[i].offset < base || slots[i].offset >= base + value.len)
			continue;
		if (template->slot_count == SN_LAB_MAX_SLOTS || slots[i].arg > 2 ||
		    slots[i].offset + slots[i].len > base + value.len)
			return -EBADMSG;
		template->slots[template->slot_count] = slots[i];
		template->slots[template->slot_count++].offset = (uint16_t)(slots[i].offset - base);
	}
	template->ies[ie].end_slot = template->slot_count;
	return 0;
}

int sn_lab_template_read(struct sn_view message, const struct sn_lab_slot *slots, size_t slot_count,
			 struct sn_lab_template *ret_template)
{
	struct sn_lab_template t = { 0 };
	size_t at = 3, len, used;
	int r;

	if (message.len < 8)
		return -EBADMSG;
	memcpy(t.head, message.data, 3);
	used = length_read((struct sn_view) { message.data + at, message.len - at }, &len);
	at += used;
	/* The open type ends the message; it begins with the sequence's octet of extension and options and the count of elements.
	 */
	if (!used || at + len != message.len || len < 3 || message.data[at] || sn_be16(message.data + at + 1) > SN_LAB_MAX_IES)
		return -EBADMSG;
	t.ie_count = message.data[at + 2];
	at += 3;
	for (unsigned i = 0; i < t.ie_count; i++) {
		if (message.len - at < 4)
			return -EBADMSG;
		t.ies[i].id = sn_be16(message.data + at);
		t.ies[i].criticality = message.data[at + 2];
		used = length_read((struct sn_view) { message.data + at + 3, message.len - at - 3 }, &len);
		at += 3 + used;
		if (!used || len > message.len - at)
			return -EBADMSG;
		t.ies[i].value = (struct sn_view) { message.data + at, len };
		r = slots_share(&t, at, t.ies[i].value, i, slots, slot_count);
		if (r < 0)
			return r;
		at += len;
	}
	if (at != message.len || t.slot_count != slot_count)
		return -EBADMSG;
	*ret_template = t;
	return 0;
}

/** The fewest octets that hold `v`. */
static unsigned octets_of(uint64_t v)
{
	unsigned n = 1;

	while (v >>= 8)
		n++;
	return n;
}

/** A constrained whole number of the indefinite-length case (X.691 11.5.7.4): `shift` places its count of octets in the first
 * one. */
static size_t number_write(uint8_t *out, uint64_t v, unsigned shift)
{
	unsigned n = octets_of(v);

	out[0] = (uint8_t)((n - 1) << shift);
	for (unsigned i = 0; i < n; i++)
		out[1 + i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return n + 1;
}

/** Cause (TS 38.413 9.3.1.2): choice of six, then an extensible enumeration whose width is that of its root. */
static size_t cause_write(uint8_t *out, uint8_t group, uint8_t value)
{
	static const uint8_t bits[] = { 6, 1, 2, 3, 3 }; /* radio network 45 values, transport 2, NAS 4, protocol 7, misc 6 */
	unsigned width = group < sizeof(bits) ? bits[group] : 6;
	unsigned all = (unsigned)(group << 13) | (unsigned)(value & ((1u << width) - 1)) << (12 - width);

	sn_put_be16(out, (uint16_t)all);
	return width == 6 ? 2 : 1;
}

static size_t name_write(uint8_t *out, const char *name)
{
	size_t len = SN_MIN(strlen(name), (size_t)SN_LAB_MAX_GNB_NAME);

	sn_put_be16(out, (uint16_t)((len - 1) << 7));
	memcpy(out + 2, name, len);
	return len + 2;
}

/** Encodes the element anew when it is one of those; @return its length, 0 when it stays as recorded. */
static size_t element_make(uint16_t id, const struct sn_lab_values *values, uint8_t out[MAX_MADE])
{
	size_t n;

	switch (id) {
	case IE_AMF_UE_NGAP_ID:
		return number_write(out, values->amf_ue_ngap_id & 0xffffffffffull, 5);
	case IE_RAN_UE_NGAP_ID:
		return number_write(out, values->ran_ue_ngap_id, 6);
	case IE_UE_NGAP_IDS: /* the pair: choice, extension and option bits stand before the first count */
		n = number_write(out, values->amf_ue_ngap_id & 0xffffffffffull, 1);
		return n + number_write(out + n, values->ran_ue_ngap_id, 6);
	case IE_CAUSE:
		return values->set_cause ? cause_write(out, values->cause_group, values->cause_value) : 0;
	case IE_RAN_NODE_NAME:
		return values->gnb_name && *values->gnb_name ? name_write(out, values->gnb_name) : 0;
	default:
		return 0;
	}
}

/** Digits, two to an octet, the first in the low half (TS 24.008 10.5.1.4). */
static void digits_put(uint8_t *out, size_t octets, uint64_t number)
{
	for (size_t i = octets; i-- > 0; number /= 100)
		out[i] = (uint8_t)(number % 10 << 4 | number / 10 % 10);
}

/** Digits 9 to 14 of an IMEISV are its serial number (TS 23.003 6.2.2); digit 1 shares its octet with the kind of identity. */
static void serial_put(uint8_t *imeisv, uint32_t serial)
{
	uint8_t digit[6];

	for (int i = 5; i >= 0; i--, serial /= 10)
		digit[i] = (uint8_t)(serial % 10);
	imeisv[4] = (uint8_t)(digit[0] << 4 | (imeisv[4] & 0x0f));
	imeisv[5] = (uint8_t)(digit[2] << 4 | digit[1]);
	imeisv[6] = (uint8_t)(digit[4] << 4 | digit[3]);
	imeisv[7] = (uint8_t)((imeisv[7] & 0xf0) | digit[5]);
}

static void random_put(uint8_t *out, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0) { /* xorshift64* */
			*state ^= *state >> 12;
			*state ^= *state << 25;
			*state ^= *state >> 27;
		}
		out[i] = (uint8_t)(*state * 0x2545f4914f6cdd1dull >> 8 * (i % 8));
	}
}

static void cell_put(uint8_t *out, uint64_t cell)
{
	sn_put_be32(out, (uint32_t)(cell >> 4));
	out[4] = (uint8_t)((cell & 0xf) << 4 | (out[4] & 0xf));
}

static void slot_fill(const struct sn_lab_slot *slot, struct sn_lab_values *values, uint8_t *out)
{
	switch ((enum sn_lab_slot_kind)slot->kind) {
	case SN_LAB_SLOT_MSIN:
		digits_put(out, slot->len, values->msin);
		break;
	case SN_LAB_SLOT_TMSI:
		sn_put_be32(out, values->tmsi);
		break;
	case SN_LAB_SLOT_NEW_TMSI:
		sn_put_be32(out, values->new_tmsi);
		break;
	case SN_LAB_SLOT_IMEISV:
		serial_put(out, values->serial);
		break;
	case SN_LAB_SLOT_UE_IP:
		sn_put_be32(out, values->ue_ip[slot->arg]);
		break;
	case SN_LAB_SLOT_UPF_TEID:
		sn_put_be32(out, values->upf_teid[slot->arg]);
		break;
	case SN_LAB_SLOT_GNB_TEID:
		sn_put_be32(out, values->gnb_teid[slot->arg]);
		break;
	case SN_LAB_SLOT_GNB_N3:
		sn_put_be32(out, values->gnb_n3);
		break;
	case SN_LAB_SLOT_GNB_ID:
		sn_put_be32(out, values->gnb_id);
		break;
	case SN_LAB_SLOT_CELL:
		cell_put(out, values->cell);
		break;
	case SN_LAB_SLOT_TIMESTAMP:
		sn_put_be32(out, values->timestamp);
		break;
	case SN_LAB_SLOT_RANDOM:
		random_put(out, slot->len, &values->random);
		break;
	case _SN_LAB_SLOT_KIND_MAX:
		break;
	}
}

/** Writes element `i` at `out`. @return its octets, 0 when they do not fit. */
static size_t element_write(const struct sn_lab_template *template, unsigned i, struct sn_lab_values *values, uint8_t *out,
			    size_t size)
{
	struct sn_view value = template->ies[i].value;
	uint8_t made[MAX_MADE];
	size_t n = element_make(template->ies[i].id, values, made), at = 3;

	if (n)
		value = (struct sn_view) { made, n };
	if (size < 5 + value.len)
		return 0;
	sn_put_be16(out, template->ies[i].id);
	out[2] = template->ies[i].criticality;
	at += length_write(out + at, value.len);
	memcpy(out + at, value.data, value.len);
	for (unsigned s = template->ies[i].first_slot; s < template->ies[i].end_slot; s++)
		slot_fill(&template->slots[s], values, out + at + template->slots[s].offset);
	return at + value.len;
}

int sn_lab_template_write(const struct sn_lab_template *template, struct sn_lab_values *values, uint8_t *ret_data, size_t size,
			  size_t *ret_len)
{
	const size_t body = 5; /* the head and the longer form of the length */
	size_t at = body + 3, n, len;

	if (size < at)
		return -ENOBUFS;
	memcpy(ret_data, template->head, 3);
	ret_data[body] = 0;
	sn_put_be16(ret_data + body + 1, template->ie_count);
	for (unsigned i = 0; i < template->ie_count; i++) {
		n = element_write(template, i, values, ret_data + at, size - at);
		if (!n)
			return -ENOBUFS;
		at += n;
	}
	len = at - body;
	if (len >= 0x4000)
		return -ENOBUFS;
	n = length_write(ret_data + 3, len);
	if (n == 1)
		memmove(ret_data + 4, ret_data + body, len);
	*ret_len = 3 + n + len;
	return 0;
}
