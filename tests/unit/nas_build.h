/* SPDX-License-Identifier: Apache-2.0 */
/** @file Octets and bits put together, and of them the NAS messages (TS 24.501) that tests put into NGAP. */
#ifndef SN_TESTS_UNIT_NAS_BUILD_H
#define SN_TESTS_UNIT_NAS_BUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/nas.h"

/* ---- octets and bits ---- */

struct octets {
	uint8_t data[2048];
	size_t len;
	unsigned bit; /* bits used of the last octet; 0: it is full */
};

static inline void octet(struct octets *o, unsigned v)
{
	o->bit = 0;
	o->data[o->len++] = (uint8_t)v;
}

static inline void octets_add(struct octets *o, const void *data, size_t len)
{
	o->bit = 0;
	if (len)
		memcpy(o->data + o->len, data, len);
	o->len += len;
}

static inline void number(struct octets *o, uint64_t v, unsigned octet_count)
{
	while (octet_count--)
		octet(o, (unsigned)(v >> 8 * octet_count & 0xff));
}

static inline void bits(struct octets *o, uint64_t v, unsigned count)
{
	while (count--) {
		if (!o->bit)
			o->data[o->len++] = 0;
		o->data[o->len - 1] |= (uint8_t)((v >> count & 1) << (7 - o->bit));
		o->bit = (o->bit + 1) % 8;
	}
}

static inline void align(struct octets *o)
{
	o->bit = 0;
}

/* Length determinant (X.691 11.9). */
static inline void length(struct octets *o, size_t len)
{
	if (len < 128)
		octet(o, (unsigned)len);
	else
		number(o, 0x8000 | len, 2);
}

/* ---- NAS ---- */

static inline struct octets nas_plain(unsigned type)
{
	struct octets o = { 0 };

	number(&o, 0x7e00, 2);
	octet(&o, type);
	return o;
}

static inline struct octets nas_cause(unsigned type, unsigned cause)
{
	struct octets o = nas_plain(type);

	octet(&o, cause);
	return o;
}

/* Inside the security header of `security`; the authentication code is no code. */
static inline struct octets nas_protected(enum sn_nas_security security, struct octets plain)
{
	struct octets o = { 0 };

	octet(&o, 0x7e);
	octet(&o, security);
	number(&o, 0x01020304, 4);
	octet(&o, 0);
	octets_add(&o, plain.data, plain.len);
	return o;
}

/* What NEA1 to NEA3 leave of a message. */
static inline struct octets nas_ciphered(enum sn_nas_security security)
{
	struct octets o = { 0 };

	octet(&o, 0x7e);
	octet(&o, security);
	number(&o, 0x0a0b0c0d0e0f1011, 8);
	number(&o, 0xf3e2d1c0b1a29384, 8);
	return o;
}

/* SUCI under the null scheme: the ten digits of the MSIN in the clear (TS 23.003 2.2B). */
static inline struct octets nas_suci(uint64_t msin)
{
	struct octets o = { 0 };

	number(&o, 0x0199f9070000, 6);
	number(&o, 0x0000, 2);
	for (uint64_t power = 1000000000; power; power /= 100)
		octet(&o, (unsigned)(msin / power % 10 | msin / (power / 10 ? power / 10 : 1) % 10 << 4));
	return o;
}

static inline struct octets nas_guti(uint32_t tmsi)
{
	struct octets o = { 0 };

	number(&o, 0xf299f907, 4);
	number(&o, 0x020040, 3); /* region 2, set 1, pointer 0 */
	number(&o, tmsi, 4);
	return o;
}

static inline struct octets nas_s_tmsi(uint32_t tmsi)
{
	struct octets o = { 0 };

	number(&o, 0xf40040, 3);
	number(&o, tmsi, 4);
	return o;
}

static inline void nas_identity(struct octets *o, struct octets identity)
{
	number(o, identity.len, 2);
	octets_add(o, identity.data, identity.len);
}

static inline struct octets nas_registration_request(enum sn_nas_registration_type type, struct octets identity)
{
	struct octets o = nas_plain(SN_NAS_REGISTRATION_REQUEST);

	octet(&o, 0x70u | type);
	nas_identity(&o, identity);
	return o;
}

static inline struct octets nas_security_mode_command(enum sn_nas_cipher cipher)
{
	struct octets o = nas_plain(SN_NAS_SECURITY_MODE_COMMAND);

	octet(&o, (unsigned)cipher << 4 | 2);
	number(&o, 0x0004f0f0f0f0, 6);
	return nas_protected(SN_NAS_INTEGRITY_NEW_CONTEXT, o);
}

static inline struct octets nas_identity_response(struct octets identity)
{
	struct octets o = nas_plain(SN_NAS_IDENTITY_RESPONSE);

	nas_identity(&o, identity);
	return o;
}

static inline struct octets nas_authentication_request(void)
{
	struct octets o = nas_plain(SN_NAS_AUTHENTICATION_REQUEST);

	number(&o, 0x00020000, 4); /* ngKSI, ABBA */
	return o;
}

/* With a new 5G-GUTI unless `tmsi` is 0, and S-NSSAI `sst`. */
static inline struct octets nas_registration_accept(uint32_t tmsi, unsigned sst)
{
	struct octets o = nas_plain(SN_NAS_REGISTRATION_ACCEPT);

	number(&o, 0x0101, 2);
	if (tmsi) {
		octet(&o, 0x77);
		nas_identity(&o, nas_guti(tmsi));
	}
	number(&o, 0x150201, 3);
	octet(&o, sst);
	return nas_protected(SN_NAS_INTEGRITY_CIPHERED, o);
}

static inline struct octets nas_service_request(uint32_t tmsi)
{
	struct octets o = nas_plain(SN_NAS_SERVICE_REQUEST);

	octet(&o, 0x10);
	nas_identity(&o, nas_s_tmsi(tmsi));
	return nas_protected(SN_NAS_INTEGRITY, o);
}

static inline struct octets nas_deregistration_request(uint32_t tmsi)
{
	struct octets o = nas_plain(SN_NAS_DEREGISTRATION_REQUEST_UE);

	octet(&o, 0x01);
	nas_identity(&o, nas_guti(tmsi));
	return nas_protected(SN_NAS_INTEGRITY_CIPHERED, o);
}

/* A 5GSM message inside UL or DL NAS transport. */
static inline struct octets nas_transport(unsigned carrier, struct octets payload, unsigned session)
{
	struct octets o = nas_plain(carrier);

	octet(&o, 0x01);
	number(&o, payload.len, 2);
	octets_add(&o, payload.data, payload.len);
	number(&o, 0x1200 | session, 2);
	if (carrier == SN_NAS_UL_NAS_TRANSPORT)
		number(&o, 0x81220101, 4); /* initial request, S-NSSAI 1 */
	return nas_protected(SN_NAS_INTEGRITY_CIPHERED, o);
}

static inline struct octets nas_5gsm(unsigned type, unsigned session)
{
	struct octets o = { 0 };

	octet(&o, 0x2e);
	octet(&o, session);
	octet(&o, 1);
	octet(&o, type);
	return o;
}

static inline struct octets nas_session_request(unsigned session)
{
	struct octets o = nas_5gsm(SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST, session);

	number(&o, 0xffff91, 3);
	return nas_transport(SN_NAS_UL_NAS_TRANSPORT, o, session);
}

static inline struct octets nas_session_accept(unsigned session)
{
	struct octets o = nas_5gsm(SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT, session);

	octet(&o, 0x11);
	number(&o, 0x000901, 3); /* one QoS rule */
	number(&o, 0x00063131, 4);
	number(&o, 0x0101ff01, 4);
	number(&o, 0x0603f42403f424, 7); /* session AMBR */
	return nas_transport(SN_NAS_DL_NAS_TRANSPORT, o, session);
}

static inline struct octets nas_session_reject(unsigned session, unsigned cause)
{
	struct octets o = nas_5gsm(SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT, session);

	octet(&o, cause);
	return nas_transport(SN_NAS_DL_NAS_TRANSPORT, o, session);
}

#endif
