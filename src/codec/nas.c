/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Walks a 5GS NAS PDU: security header (TS 24.501 9.1.1), message, parts, and the messages inside it.
 *
 * Nesting is bounded by construction: a NAS message container is not opened inside another one, a payload container
 * holds 5GSM messages, and those hold no message. So read_message() is entered three deep at most.
 */
#include "codec/nas_internal.h"

#include "base/macro.h"

/** Security header before the message: EPD, type, MAC (4), sequence number. */
#define SECURITY_HEADER_LEN 7

/** What a message inherits from what it came in. */
struct scope {
	struct sn_nas_pdu *pdu;
	enum sn_nas_cipher cipher;
	uint8_t security;
	bool in_container;
	bool guess; /* the bytes may be ciphered: only what is certainly a message counts */
};

static int read_message(const struct scope *scope, struct sn_view bytes, uint8_t epd);

/** A part of which the end is missing: what is there of an inner message is worth reading. */
static void read_cut(struct sn_nas_reading *r, uint8_t kind, struct sn_view value)
{
	sn_nas_fail(r, -EMSGSIZE);
	if (kind == SN_NAS_PART_PAYLOAD || kind == SN_NAS_PART_CONTAINER)
		sn_nas_part_read(r, kind, value);
}

static struct sn_view read_mandatory(struct sn_nas_reading *r, const struct sn_nas_layout *layout, struct sn_view in)
{
	for (unsigned i = 0; i < layout->mandatory_count; i++) {
		const struct sn_nas_part *part = &layout->mandatory[i];
		size_t head = part->format == SN_NAS_LVE ? 2 : part->format == SN_NAS_LV ? 1 : 0, len = part->min;

		if (in.len < head)
			goto cut;
		if (head)
			len = head == 2 ? sn_be16(in.data) : in.data[0];
		in.data += head;
		in.len -= head;
		if (len > in.len) {
			read_cut(r, part->kind, in);
			goto cut;
		}
		if (head + len < part->min || (part->max && head + len > part->max))
			sn_nas_fail(r, -EBADMSG);
		sn_nas_part_read(r, part->kind, (struct sn_view) { in.data, len });
		in.data += len;
		in.len -= len;
	}
	return in;
cut:
	sn_nas_fail(r, -EMSGSIZE);
	return (struct sn_view) { in.data, 0 };
}

/** How to step over an IEI that the message does not define (TS 24.007 11.2.4; 0x70 to 0x7f are TLV-E in 5GS). */
static const struct sn_nas_part *unknown_part(uint8_t iei)
{
	static const struct sn_nas_part tv1 = { SN_NAS_TV1, SN_NAS_PART_SKIP, 1, 1 };
	static const struct sn_nas_part tlve = { SN_NAS_TLVE, SN_NAS_PART_SKIP, 3, 0 };
	static const struct sn_nas_part tlv = { SN_NAS_TLV, SN_NAS_PART_SKIP, 2, 0 };

	return iei & 0x80 ? &tv1 : iei >= 0x70 ? &tlve : &tlv;
}

/** Length of a part and of what precedes its value; 0 when not even that is there. */
static size_t part_length(const struct sn_nas_part *part, struct sn_view in, size_t *ret_head)
{
	switch (part->format) {
	case SN_NAS_TV1:
		*ret_head = 0; /* the value shares its octet with the IEI */
		return 1;
	case SN_NAS_TV:
		*ret_head = 1;
		return part->min;
	case SN_NAS_TLV:
		*ret_head = 2;
		return in.len >= 2 ? 2 + (size_t)in.data[1] : 0;
	default:
		*ret_head = 3;
		return in.len >= 3 ? 3 + (size_t)sn_be16(in.data + 1) : 0;
	}
}

/** Of a part that comes twice the first counts (7.6.3); one of wrong length counts as absent (7.7.1). */
static void read_optional(struct sn_nas_reading *r, const struct sn_nas_layout *layout, struct sn_view in)
{
	uint64_t seen[(SN_NAS_IEI_ROWS + 63) / 64] = { 0 };

	while (in.len) {
		unsigned row = SN_NAS_IEI_ROW(in.data[0]);
		const struct sn_nas_part *part = row < layout->optional_rows ? &layout->optional[row] : NULL;
		bool again = seen[row / 64] >> row % 64 & 1;
		size_t head, len;

		if (!part || part->format == SN_NAS_ABSENT) {
			part = unknown_part(in.data[0]);
			sn_nas_doubt(r);
		}
		len = part_length(part, in, &head);
		if (!len || len > in.len) {
			if (len && !again)
				read_cut(r, part->kind, (struct sn_view) { in.data + head, in.len - head });
			sn_nas_fail(r, -EMSGSIZE);
			return;
		}
		if (again || len < part->min || (part->max && len > part->max))
			sn_nas_doubt(r);
		else if (part->kind != SN_NAS_PART_SKIP)
			sn_nas_part_read(r, part->kind, (struct sn_view) { in.data + head, len - head });
		if (r->strict && r->error)
			return;
		seen[row / 64] |= (uint64_t)1 << row % 64;
		in.data += len;
		in.len -= len;
	}
}

/** Reads a message only if it is certainly one; else leaves no trace of it and returns false. */
static bool guess_message(const struct scope *scope, struct sn_view bytes)
{
	struct scope strict = *scope;
	uint8_t count = scope->pdu->count, left_out = scope->pdu->left_out;

	strict.guess = true;
	if (!read_message(&strict, bytes, SN_NAS_EPD_5GMM))
		return true;
	scope->pdu->count = count;
	scope->pdu->left_out = left_out;
	return false;
}

/** A container holds the initial message itself (4.4.6); after Security mode command it may be any of the initial ones. */
static bool may_contain(uint8_t carrier, struct sn_view container)
{
	uint8_t type = container.len > 2 ? container.data[2] : 0;

	if (carrier != SN_NAS_SECURITY_MODE_COMPLETE)
		return type == carrier;
	return type == SN_NAS_REGISTRATION_REQUEST || type == SN_NAS_SERVICE_REQUEST ||
	       type == SN_NAS_CONTROL_PLANE_SERVICE_REQUEST || type == SN_NAS_DEREGISTRATION_REQUEST_UE;
}

/** NAS message container (9.11.3.33). Ciphered on its own when the message around it is not (4.4.6). */
static int read_container(const struct scope *scope, uint8_t carrier, struct sn_view container)
{
	struct scope inner = *scope;
	enum sn_nas_cipher cipher = SN_NEA0;

	if (scope->in_container)
		return scope->guess ? -EBADMSG : 0;
	inner.in_container = true;
	if (scope->security == SN_NAS_INTEGRITY)
		cipher = scope->cipher;
	else if (scope->security == SN_NAS_PLAIN) /* there should be no key yet, so nothing tells how it was written */
		cipher = SN_NEA_UNKNOWN;

	if (cipher == SN_NEA0) {
		if (scope->guess && !may_contain(carrier, container))
			return -EBADMSG;
		return read_message(&inner, container, SN_NAS_EPD_5GMM);
	}
	if (cipher != SN_NEA_UNKNOWN || !may_contain(carrier, container) || !guess_message(&inner, container))
		scope->pdu->container_ciphered = true;
	return 0;
}

/**
 * One entry of "multiple payloads" (figure 9.11.3.39.3): number of optional parts and payload type in one octet, the
 * optional parts as type, length, value, then the payload. The parts belong to the payload, a 5GMM cause to the carrier.
 */
static int read_entry(const struct scope *scope, struct sn_nas_message *carrier, struct sn_view entry)
{
	struct sn_nas_reading outer = { .message = carrier, .strict = scope->guess };
	struct sn_nas_reading inner = { .strict = scope->guess };
	struct sn_nas_pdu *pdu = scope->pdu;
	struct sn_view parts, rest;
	unsigned count, type;
	int r = 0;

	if (!entry.len)
		return -EBADMSG;
	count = entry.data[0] >> 4;
	type = entry.data[0] & 0xf;
	parts = rest = (struct sn_view) { entry.data + 1, entry.len - 1 };
	for (unsigned i = 0; i < count; i++) {
		if (rest.len < 2 || rest.len < 2u + rest.data[1])
			return -EBADMSG;
		rest.len -= 2u + rest.data[1];
		rest.data += 2u + rest.data[1];
	}
	if (type == 1) {
		inner.message = pdu->count < SN_NAS_MAX_MESSAGES ? &pdu->messages[pdu->count] : NULL;
		r = read_message(scope, rest, SN_NAS_EPD_5GSM);
		if (inner.message >= &pdu->messages[pdu->count])
			inner.message = NULL;
	}
	for (; parts.data < rest.data; parts.data += 2u + parts.data[1]) {
		struct sn_view value = { parts.data + 2, parts.data[1] };

		if (!value.len)
			continue;
		if (parts.data[0] == 0x58)
			sn_nas_part_read(&outer, SN_NAS_PART_CAUSE, value);
		else if (!inner.message)
			continue;
		else if (parts.data[0] == 0x22)
			sn_nas_part_read(&inner, SN_NAS_PART_S_NSSAI, value);
		else if (parts.data[0] == 0x25)
			sn_nas_part_read(&inner, SN_NAS_PART_DNN, value);
		else if (parts.data[0] >> 4 == 8)
			sn_nas_part_read(&inner, SN_NAS_PART_REQUEST_TYPE, value);
	}
	return r ? r : outer.error ? outer.error : inner.error;
}

/** Payload container of type "multiple payloads" (9.11.3.39): number of entries, then length and entry. */
static int read_multiple(const struct scope *scope, struct sn_nas_message *carrier, struct sn_view in)
{
	unsigned count;
	int r = 0;

	if (!in.len)
		return -EMSGSIZE;
	count = in.data[0];
	in.data++;
	in.len--;
	for (; count; count--) {
		size_t len;
		int e;

		if (in.len < 2)
			return -EMSGSIZE;
		len = sn_be16(in.data);
		if (len > in.len - 2)
			return -EMSGSIZE;
		e = read_entry(scope, carrier, (struct sn_view) { in.data + 2, len });
		r = r ? r : e;
		in.data += 2 + len;
		in.len -= 2 + len;
	}
	return !r && scope->guess && in.len ? -EBADMSG : r;
}

static int read_payload(const struct scope *scope, struct sn_nas_message *carrier, struct sn_view payload)
{
	switch (carrier->payload_type) {
	case 1: /* N1 SM information */
		return read_message(scope, payload, SN_NAS_EPD_5GSM);
	case 15:
		return read_multiple(scope, carrier, payload);
	default:
		return 0;
	}
}

static int read_inside(const struct scope *scope, struct sn_nas_reading *r)
{
	bool payload_first = r->payload.data < r->container.data;
	int first = 0, second = 0;

	if (r->payload.len && payload_first)
		first = read_payload(scope, r->message, r->payload);
	if (r->container.len)
		second = read_container(scope, r->message->type, r->container);
	if (r->payload.len && !payload_first)
		first = read_payload(scope, r->message, r->payload);
	return first ? first : second;
}

/** Table 9.3.1 and 4.4: header type 4 is for Security mode complete alone, and that needs it; Security mode command needs 3. */
static bool may_be_ciphered(uint8_t type, uint8_t security)
{
	if (type == SN_NAS_SECURITY_MODE_COMPLETE)
		return security == SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT;
	return type != SN_NAS_SECURITY_MODE_COMMAND && security != SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT;
}

/**
 * Reads the header of a plain message (9.1.1) into the next free place.
 * @return octets read; -EMSGSIZE, -EBADMSG; 0 when no place is left.
 */
static int read_header(const struct scope *scope, struct sn_view bytes, uint8_t epd, struct sn_nas_message **ret_message)
{
	struct sn_nas_pdu *pdu = scope->pdu;
	struct sn_nas_message *m = &pdu->messages[pdu->count];
	int head = epd == SN_NAS_EPD_5GSM ? 4 : 3;

	if (!bytes.len)
		return -EMSGSIZE;
	if (bytes.data[0] != epd)
		return -EBADMSG;
	if (bytes.len < (size_t)head)
		return -EMSGSIZE;
	if (epd == SN_NAS_EPD_5GMM && bytes.data[1] & (scope->guess ? 0xff : 0x0f)) /* protected twice: there is no such thing */
		return -EBADMSG;
	if (pdu->count == SN_NAS_MAX_MESSAGES) {
		if (pdu->left_out < UINT8_MAX)
			pdu->left_out++;
		return 0;
	}
	memset(m, 0, offsetof(struct sn_nas_message, nssai));
	m->epd = epd;
	m->type = bytes.data[head - 1];
	m->security = scope->security;
	m->in_container = scope->in_container;
	m->ciphered_guess = scope->guess;
	if (epd == SN_NAS_EPD_5GSM) {
		m->pdu_session_id = bytes.data[1];
		m->pti = bytes.data[2];
		m->fields = SN_NAS_HAS_PDU_SESSION_ID;
	}
	pdu->count++;
	*ret_message = m;
	return head;
}

/** Reads a plain message and those inside it. */
static int read_message(const struct scope *scope, struct sn_view bytes, uint8_t epd)
{
	struct sn_nas_reading r = { .strict = scope->guess };
	const struct sn_nas_layout *layout;
	int head = read_header(scope, bytes, epd, &r.message), inside = 0;

	if (head <= 0)
		return head;
	layout = sn_nas_layout_find(epd, r.message->type);
	if (!layout)
		return scope->guess ? -EBADMSG : 0; /* a newer release's: its type is all that can be said */
	if (scope->guess && epd == SN_NAS_EPD_5GSM && (r.message->pdu_session_id == 0 || r.message->pdu_session_id > 15))
		return -EBADMSG;
	bytes = read_mandatory(&r, layout, (struct sn_view) { bytes.data + head, bytes.len - (size_t)head });
	read_optional(&r, layout, bytes);
	if (r.strict && r.error)
		return r.error;
	if (r.payload.len || r.container.len)
		inside = read_inside(scope, &r);
	return r.error ? r.error : inside;
}

/** The message behind a security header, by what the header and the algorithm say of its ciphering. */
static int read_protected(const struct scope *scope, struct sn_view body)
{
	struct sn_nas_pdu *pdu = scope->pdu;

	if (!body.len)
		return -EMSGSIZE;
	if (scope->security == SN_NAS_INTEGRITY || scope->security == SN_NAS_INTEGRITY_NEW_CONTEXT || scope->cipher == SN_NEA0)
		return read_message(scope, body, SN_NAS_EPD_5GMM);
	if (scope->cipher != SN_NEA_UNKNOWN || body.len < 3 || !may_be_ciphered(body.data[2], scope->security) ||
	    !guess_message(scope, body))
		pdu->ciphered = true;
	return 0;
}

int sn_nas_decode(struct sn_view pdu, enum sn_nas_cipher cipher, struct sn_nas_pdu *ret_pdu)
{
	struct scope scope = { .pdu = ret_pdu, .cipher = cipher };

	memset(ret_pdu, 0, offsetof(struct sn_nas_pdu, messages));
	if (pdu.len < 2)
		return -EMSGSIZE;
	if (pdu.data[0] == SN_NAS_EPD_5GSM)
		return read_message(&scope, pdu, SN_NAS_EPD_5GSM);
	if (pdu.data[0] != SN_NAS_EPD_5GMM)
		return -EBADMSG;
	scope.security = pdu.data[1] & 0xf;
	if (scope.security >= _SN_NAS_SECURITY_MAX)
		return -EBADMSG;
	ret_pdu->security = scope.security;
	if (scope.security == SN_NAS_PLAIN)
		return read_message(&scope, pdu, SN_NAS_EPD_5GMM);
	if (pdu.len < SECURITY_HEADER_LEN)
		return -EMSGSIZE;
	ret_pdu->sequence = pdu.data[SECURITY_HEADER_LEN - 1];
	return read_protected(&scope, (struct sn_view) { pdu.data + SECURITY_HEADER_LEN, pdu.len - SECURITY_HEADER_LEN });
}
