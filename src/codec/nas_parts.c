/* SPDX-License-Identifier: Apache-2.0 */
/** @file Values of the parts of 5GS NAS messages (TS 24.501 clause 9.11) into the fields of sn_nas_message. */
#include "codec/nas_internal.h"

#include "base/macro.h"

#define NSSAI_MAX SN_ARRAY_SIZE(((struct sn_nas_message *)NULL)->nssai)

static sn_plmn_t read_plmn(const uint8_t *p)
{
	return sn_be24(p);
}

/** 9.11.2.8: the length tells whether SD and the mapped values of the home PLMN are there. */
static bool read_snssai(struct sn_view value, struct sn_snssai *ret_snssai)
{
	bool has_sd = value.len == 4 || value.len == 5 || value.len == 8;

	if (!has_sd && value.len != 1 && value.len != 2)
		return false;
	ret_snssai->sst = value.data[0];
	ret_snssai->sd = has_sd ? sn_be24(value.data + 1) : SN_SD_NONE;
	ret_snssai->present = true;
	return true;
}

/**
 * One S-NSSAI behind the octet that holds its length.
 * @return octets read of `value`, 0 when it is malformed.
 */
static size_t add_nssai(struct sn_nas_message *m, struct sn_view value, size_t len)
{
	struct sn_snssai snssai;

	if (1 + len > value.len || !read_snssai((struct sn_view) { value.data + 1, len }, &snssai))
		return 0;
	if (m->nssai_count < NSSAI_MAX)
		m->nssai[m->nssai_count++] = snssai;
	return 1 + len;
}

/** NSSAI (9.11.3.37): length and S-NSSAI. Rejected NSSAI (9.11.3.46): length in the upper half octet, cause in the lower. */
static void read_nssai(struct sn_nas_reading *r, struct sn_view value, bool rejected)
{
	while (value.len) {
		size_t n = add_nssai(r->message, value, rejected ? value.data[0] >> 4 : value.data[0]);

		if (!n) {
			sn_nas_doubt(r);
			return;
		}
		value.data += n;
		value.len -= n;
	}
}

/** Extended rejected NSSAI (9.11.3.75): lists, each with its own number of S-NSSAIs and perhaps a back-off timer. */
static void read_extended_rejected_nssai(struct sn_nas_reading *r, struct sn_view value)
{
	while (value.len) {
		unsigned list = value.data[0] >> 4 & 7, count = (value.data[0] & 0xf) + 1u;
		size_t head = list == 1 ? 2 : 1;

		if (list > 1 || head > value.len)
			break;
		value.data += head;
		value.len -= head;
		for (; count; count--) {
			size_t n = value.len ? add_nssai(r->message, value, value.data[0] >> 4) : 0;

			if (!n) {
				sn_nas_doubt(r);
				return;
			}
			value.data += n;
			value.len -= n;
		}
	}
	if (value.len)
		sn_nas_doubt(r);
}

/** 5G-S-TMSI: AMF set id (10 bits), AMF pointer (6 bits), 5G-TMSI. */
static void read_s_tmsi(const uint8_t *p, struct sn_s_tmsi *ret_s_tmsi)
{
	uint16_t set_pointer = sn_be16(p);

	ret_s_tmsi->amf_set_id = set_pointer >> 6;
	ret_s_tmsi->amf_pointer = set_pointer & 0x3f;
	ret_s_tmsi->tmsi = sn_be32(p + 2);
	ret_s_tmsi->present = true;
}

/** Octets of decimal digits, the lower half first; the upper half of the last may be the filler 1111. */
static bool is_bcd(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((p[i] & 0xf) > 9 || (p[i] >> 4 > 9 && !(i + 1 == len && p[i] >> 4 == 0xf)))
			return false;
	return true;
}

/** MCC and MNC as 9.11.3.4 has them: three digits, filler or digit, two digits. */
static bool is_plmn(const uint8_t *p)
{
	sn_plmn_t plmn = read_plmn(p);

	return (plmn >> 16 & 0xf) <= 9 && (plmn >> 20 & 0xf) <= 9 && (plmn >> 8 & 0xf) <= 9 &&
	       ((plmn >> 12 & 0xf) <= 9 || (plmn >> 12 & 0xf) == 0xf) && (plmn & 0xf) <= 9 && (plmn >> 4 & 0xf) <= 9;
}

/** SUCI (9.11.3.4): of the IMSI format PLMN, routing indicator, protection scheme, key id and output; else a NAI. */
static bool is_suci(struct sn_view id)
{
	unsigned format = id.data[0] >> 4;

	if (id.data[0] & 0x88 || format > 3)
		return false;
	if (format)
		return id.len > 1;
	return id.len >= 9 && is_plmn(id.data + 1) && id.data[6] >> 4 == 0;
}

/** Whether a mobile identity has exactly the form of its kind. */
static bool is_identity(struct sn_view id)
{
	switch (id.data[0] & 7) {
	case SN_NAS_IDENTITY_SUCI:
		return is_suci(id);
	case SN_NAS_IDENTITY_5G_GUTI:
		return id.data[0] == 0xf2 && id.len == 11 && is_plmn(id.data + 1);
	case SN_NAS_IDENTITY_IMEI:
		return id.len == 8 && is_bcd(id.data + 1, 7);
	case SN_NAS_IDENTITY_5G_S_TMSI:
		return id.data[0] == 0xf4 && id.len == 7;
	case SN_NAS_IDENTITY_IMEISV:
		return id.len == 9 && is_bcd(id.data + 1, 8);
	case SN_NAS_IDENTITY_MAC:
		return id.len == 7 && !(id.data[0] & 0xf0);
	case SN_NAS_IDENTITY_EUI64:
		return id.len == 9 && !(id.data[0] & 0xf8);
	default:
		return id.data[0] == 0;
	}
}

/** 5GS mobile identity (9.11.3.4). */
static void read_identity(struct sn_nas_reading *r, struct sn_view id)
{
	struct sn_nas_message *m = r->message;

	if (!id.len)
		return;
	if (r->strict && !is_identity(id))
		sn_nas_fail(r, -EBADMSG);
	m->identity = id;
	m->identity_kind = id.data[0] & 7;
	if (m->identity_kind == SN_NAS_IDENTITY_5G_GUTI && id.len >= 11)
		read_s_tmsi(id.data + 5, &m->s_tmsi);
	else if (m->identity_kind == SN_NAS_IDENTITY_5G_S_TMSI && id.len >= 7)
		read_s_tmsi(id.data + 1, &m->s_tmsi);
}

/** An identity of one kind only: the 5G-GUTI of the network's messages, the 5G-S-TMSI of a service request. */
static void read_identity_of(struct sn_nas_reading *r, struct sn_view id, enum sn_nas_identity kind)
{
	if (!id.len || (id.data[0] & 7) != kind) {
		sn_nas_doubt(r);
		return;
	}
	read_identity(r, id);
	if (kind == SN_NAS_IDENTITY_5G_GUTI)
		r->message->fields |= SN_NAS_HAS_ASSIGNED_GUTI;
}

static void read_dnn(struct sn_nas_reading *r, struct sn_view dnn)
{
	r->message->dnn = dnn;
	if (!r->strict)
		return;
	for (size_t i = 0; i < dnn.len; i += 1u + dnn.data[i])
		if (!dnn.data[i] || dnn.data[i] > 63 || dnn.data[i] >= dnn.len - i)
			sn_nas_fail(r, -EBADMSG);
}

static void read_cause(struct sn_nas_reading *r, uint8_t cause)
{
	r->message->cause = cause;
	r->message->fields |= SN_NAS_HAS_CAUSE;
	if (r->strict && !sn_nas_cause_name(r->message->epd, cause))
		sn_nas_fail(r, -EBADMSG);
}

static void read_registration_type(struct sn_nas_reading *r, uint8_t half)
{
	struct sn_nas_message *m = r->message;

	m->registration_type = half & 7;
	m->follow_on_request = half >> 3 & 1;
	m->fields |= SN_NAS_HAS_REGISTRATION_TYPE | SN_NAS_HAS_FOLLOW_ON;
	if (!m->registration_type)
		sn_nas_doubt(r);
}

static void read_ngksi(struct sn_nas_reading *r, uint8_t half)
{
	r->message->ngksi = half;
	r->message->fields |= SN_NAS_HAS_NGKSI;
}

static void read_deregistration_type(struct sn_nas_reading *r, uint8_t half)
{
	r->message->deregistration_type = half;
	r->message->fields |= SN_NAS_HAS_DEREGISTRATION_TYPE;
	if (!(half & 3)) /* no access type */
		sn_nas_doubt(r);
}

static void read_service_type(struct sn_nas_reading *r, uint8_t half)
{
	r->message->service_type = half;
	r->message->fields |= SN_NAS_HAS_SERVICE_TYPE;
}

static void read_algorithms(struct sn_nas_reading *r, uint8_t octet)
{
	struct sn_nas_message *m = r->message;

	m->ciphering_algorithm = octet >> 4;
	m->integrity_algorithm = octet & 0xf;
	m->fields |= SN_NAS_HAS_ALGORITHMS;
	if (octet & 0x88)
		sn_nas_doubt(r);
}

static void read_payload_type(struct sn_nas_reading *r, uint8_t half)
{
	r->message->payload_type = half;
	r->message->fields |= SN_NAS_HAS_PAYLOAD_TYPE;
	if (half == 0 || (half > 10 && half < 15)) /* table 9.11.3.40.1 */
		sn_nas_doubt(r);
}

static void read_pdu_session_id(struct sn_nas_reading *r, uint8_t id)
{
	r->message->pdu_session_id = id;
	r->message->fields |= SN_NAS_HAS_PDU_SESSION_ID;
	if (id == 0 || id > 15)
		sn_nas_doubt(r);
}

static void read_session_type(struct sn_nas_reading *r, uint8_t half)
{
	r->message->pdu_session_type = half & 7;
	r->message->fields |= SN_NAS_HAS_SELECTED_TYPE;
	if (half == 0 || half > 5)
		sn_nas_doubt(r);
}

static void read_request_type(struct sn_nas_reading *r, uint8_t half)
{
	r->message->request_type = half & 7;
	r->message->fields |= SN_NAS_HAS_REQUEST_TYPE;
	if (half == 0 || half > 7)
		sn_nas_doubt(r);
}

static void read_registration_result(struct sn_nas_reading *r, struct sn_view value)
{
	if (!value.len)
		return;
	r->message->registration_result = value.data[0] & 7;
	r->message->fields |= SN_NAS_HAS_REGISTRATION_RESULT;
	if (!r->message->registration_result)
		sn_nas_doubt(r);
}

void sn_nas_part_read(struct sn_nas_reading *r, uint8_t kind, struct sn_view value)
{
	const uint8_t *v = value.data;

	switch ((enum sn_nas_part_kind)kind) {
	case SN_NAS_PART_SKIP:
		break;
	case SN_NAS_PART_REGISTRATION_TYPE_NGKSI:
		read_registration_type(r, v[0] & 0xf);
		read_ngksi(r, v[0] >> 4);
		break;
	case SN_NAS_PART_DEREGISTRATION_TYPE_NGKSI:
		read_deregistration_type(r, v[0] & 0xf);
		read_ngksi(r, v[0] >> 4);
		break;
	case SN_NAS_PART_DEREGISTRATION_TYPE:
		read_deregistration_type(r, v[0] & 0xf);
		if (v[0] >> 4)
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_NGKSI:
		read_ngksi(r, v[0] & 0xf);
		if (v[0] >> 4)
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_NGKSI_SERVICE_TYPE:
		read_ngksi(r, v[0] & 0xf);
		read_service_type(r, v[0] >> 4);
		break;
	case SN_NAS_PART_CP_SERVICE_TYPE_NGKSI:
		read_service_type(r, v[0] & 7);
		read_ngksi(r, v[0] >> 4);
		break;
	case SN_NAS_PART_HALF_SPARE:
		if (v[0] >> 4)
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_IDENTITY_TYPE:
		r->message->identity_kind = v[0] & 7;
		if (v[0] & 0xf8 || !v[0])
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_IDENTITY:
		read_identity(r, value);
		break;
	case SN_NAS_PART_S_TMSI:
		read_identity_of(r, value, SN_NAS_IDENTITY_5G_S_TMSI);
		break;
	case SN_NAS_PART_ASSIGNED_GUTI:
		read_identity_of(r, value, SN_NAS_IDENTITY_5G_GUTI);
		break;
	case SN_NAS_PART_CAUSE:
		read_cause(r, v[0]);
		break;
	case SN_NAS_PART_ALGORITHMS:
		read_algorithms(r, v[0]);
		break;
	case SN_NAS_PART_REGISTRATION_RESULT:
		read_registration_result(r, value);
		break;
	case SN_NAS_PART_UPDATE_INDICATION:
		if (v[0] & 1)
			r->message->fields |= SN_NAS_HAS_ACK_REQUESTED;
		break;
	case SN_NAS_PART_NSSAI:
		read_nssai(r, value, /* rejected= */ false);
		break;
	case SN_NAS_PART_REJECTED_NSSAI:
		read_nssai(r, value, /* rejected= */ true);
		break;
	case SN_NAS_PART_EXTENDED_REJECTED_NSSAI:
		read_extended_rejected_nssai(r, value);
		break;
	case SN_NAS_PART_S_NSSAI:
		if (!read_snssai(value, &r->message->snssai))
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_DNN:
		read_dnn(r, value);
		break;
	case SN_NAS_PART_PDU_SESSION_ID:
		read_pdu_session_id(r, v[0]);
		break;
	case SN_NAS_PART_REQUEST_TYPE:
		read_request_type(r, v[0] & 0xf);
		break;
	case SN_NAS_PART_SESSION_TYPE:
	case SN_NAS_PART_SESSION_TYPE_SSC_MODE:
		read_session_type(r, v[0] & 0xf);
		break;
	case SN_NAS_PART_PAYLOAD_TYPE:
		read_payload_type(r, v[0] & 0xf);
		break;
	case SN_NAS_PART_PAYLOAD_TYPE_SPARE:
		read_payload_type(r, v[0] & 0xf);
		if (v[0] >> 4)
			sn_nas_doubt(r);
		break;
	case SN_NAS_PART_PAYLOAD:
		r->payload = value;
		break;
	case SN_NAS_PART_CONTAINER:
		r->container = value;
		break;
	}
}
