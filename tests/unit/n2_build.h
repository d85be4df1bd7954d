/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A small encoder of NGAP messages (TS 38.413 9.4, aligned PER) and of the NAS messages in them (TS 24.501), so that tests
 * can stage what no recording holds: reused ids, resets, lost releases, late outcomes.
 */
#ifndef SN_TESTS_UNIT_N2_BUILD_H
#define SN_TESTS_UNIT_N2_BUILD_H

#include "codec/ngap.h"
#include "nas_build.h"

struct pdu {
	struct octets ies;
	unsigned count;
	uint8_t choice, code;
};

static inline struct pdu pdu_begin(enum sn_ap_pdu choice, unsigned code)
{
	return (struct pdu) { .choice = (uint8_t)choice, .code = (uint8_t)code };
}

static inline void ie(struct pdu *pdu, unsigned id, const struct octets *value)
{
	number(&pdu->ies, id, 2);
	octet(&pdu->ies, 0);
	length(&pdu->ies, value->len);
	octets_add(&pdu->ies, value->data, value->len);
	pdu->count++;
}

static inline struct octets pdu_end(const struct pdu *pdu)
{
	struct octets o = { 0 };

	octet(&o, (unsigned)pdu->choice << 5);
	octet(&o, pdu->code);
	octet(&o, 0);
	length(&o, 3 + pdu->ies.len);
	octet(&o, 0);
	number(&o, pdu->count, 2);
	octets_add(&o, pdu->ies.data, pdu->ies.len);
	return o;
}

static inline unsigned octets_of(uint64_t v)
{
	unsigned n = 1;

	while (v >>= 8)
		n++;
	return n;
}

static inline void put_amf_id(struct octets *o, uint64_t id)
{
	bits(o, octets_of(id) - 1, 3);
	number(o, id, octets_of(id));
}

static inline void ie_amf_id_as(struct pdu *pdu, unsigned ie_id, uint64_t id)
{
	struct octets o = { 0 };

	put_amf_id(&o, id);
	ie(pdu, ie_id, &o);
}

static inline void ie_ran_id(struct pdu *pdu, uint32_t id)
{
	struct octets o = { 0 };

	bits(&o, octets_of(id) - 1, 2);
	number(&o, id, octets_of(id));
	ie(pdu, 85, &o);
}

/* 0 leaves an id out. */
static inline void ie_ids(struct pdu *pdu, uint64_t amf, uint32_t ran)
{
	if (amf)
		ie_amf_id_as(pdu, 10, amf);
	if (ran)
		ie_ran_id(pdu, ran);
}

static inline void put_cause(struct octets *o, unsigned group, unsigned value)
{
	static const uint8_t width[] = { 6, 1, 2, 3, 3 };

	bits(o, group, 3);
	bits(o, 0, 1);
	bits(o, value, width[group]);
}

static inline void ie_cause(struct pdu *pdu, unsigned group, unsigned value)
{
	struct octets o = { 0 };

	put_cause(&o, group, value);
	ie(pdu, 15, &o);
}

static inline void ie_nas(struct pdu *pdu, struct octets nas)
{
	struct octets o = { 0 };

	if (!nas.len)
		return;
	length(&o, nas.len);
	octets_add(&o, nas.data, nas.len);
	ie(pdu, 38, &o);
}

/* NR cell 1 in TAC `tac` of PLMN 999-70. */
static inline void ie_location(struct pdu *pdu, uint32_t tac)
{
	struct octets o = { 0 };

	octet(&o, 0x40);
	number(&o, 0x99f907, 3);
	number(&o, 0x0000000010, 5);
	number(&o, 0x99f907, 3);
	number(&o, tac, 3);
	ie(pdu, 121, &o);
}

static inline void put_s_tmsi(struct octets *o, uint32_t tmsi)
{
	bits(o, 0, 2);
	bits(o, 1, 10);
	bits(o, 0, 6);
	align(o);
	number(o, tmsi, 4);
}

static inline void ie_s_tmsi(struct pdu *pdu, uint32_t tmsi)
{
	struct octets o = { 0 };

	put_s_tmsi(&o, tmsi);
	ie(pdu, 26, &o);
}

static inline void put_node(struct octets *o, uint32_t id)
{
	bits(o, 0, 4);
	align(o);
	number(o, 0x99f907, 3);
	bits(o, 0, 1);
	bits(o, 10, 4); /* 32 bits */
	align(o);
	number(o, id, 4);
}

static inline void ie_name(struct pdu *pdu, unsigned id, const char *name)
{
	struct octets o = { 0 };

	bits(&o, 0, 1);
	bits(&o, strlen(name) - 1, 8);
	align(&o);
	octets_add(&o, name, strlen(name));
	ie(pdu, id, &o);
}

static inline struct octets ng_setup_request(uint32_t node, const char *name)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_NG_SETUP);
	struct octets o = { 0 };

	put_node(&o, node);
	ie(&pdu, 27, &o);
	if (name)
		ie_name(&pdu, 82, name);
	return pdu_end(&pdu);
}

static inline struct octets ng_setup_response(const char *amf)
{
	struct pdu pdu = pdu_begin(SN_AP_SUCCESSFUL, SN_NGAP_NG_SETUP);

	ie_name(&pdu, 1, amf);
	return pdu_end(&pdu);
}

static inline struct octets ng_setup_failure(unsigned group, unsigned value)
{
	struct pdu pdu = pdu_begin(SN_AP_UNSUCCESSFUL, SN_NGAP_NG_SETUP);

	ie_cause(&pdu, group, value);
	return pdu_end(&pdu);
}

/* `tmsi` 0: without 5G-S-TMSI. RRC establishment cause mo-Signalling. */
static inline struct octets initial_ue(uint32_t ran, uint32_t tmsi, struct octets nas)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_INITIAL_UE_MESSAGE);
	struct octets cause = { 0 };

	ie_ran_id(&pdu, ran);
	ie_nas(&pdu, nas);
	ie_location(&pdu, 1);
	bits(&cause, 3, 5);
	ie(&pdu, 90, &cause);
	if (tmsi)
		ie_s_tmsi(&pdu, tmsi);
	return pdu_end(&pdu);
}

static inline struct octets uplink_nas(uint64_t amf, uint32_t ran, struct octets nas)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_UPLINK_NAS_TRANSPORT);

	ie_ids(&pdu, amf, ran);
	ie_nas(&pdu, nas);
	ie_location(&pdu, 1);
	return pdu_end(&pdu);
}

static inline struct octets downlink_nas(uint64_t amf, uint32_t ran, struct octets nas)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_DOWNLINK_NAS_TRANSPORT);

	ie_ids(&pdu, amf, ran);
	ie_nas(&pdu, nas);
	return pdu_end(&pdu);
}

/* A message with nothing but the ids. */
static inline struct octets ue_message(enum sn_ap_pdu choice, unsigned code, uint64_t amf, uint32_t ran)
{
	struct pdu pdu = pdu_begin(choice, code);

	ie_ids(&pdu, amf, ran);
	return pdu_end(&pdu);
}

static inline struct octets ue_message_cause(enum sn_ap_pdu choice, unsigned code, uint64_t amf, uint32_t ran, unsigned group,
					     unsigned value)
{
	struct pdu pdu = pdu_begin(choice, code);

	ie_ids(&pdu, amf, ran);
	ie_cause(&pdu, group, value);
	return pdu_end(&pdu);
}

static inline struct octets context_setup_request(uint64_t amf, uint32_t ran, struct octets nas)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_INITIAL_CONTEXT_SETUP);

	ie_ids(&pdu, amf, ran);
	ie_nas(&pdu, nas);
	return pdu_end(&pdu);
}

/* UE Context Release Command: the pair of ids in one element (9.3.3.2). */
static inline struct octets release_command(uint64_t amf, uint32_t ran, unsigned group, unsigned value)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_RELEASE);
	struct octets o = { 0 };

	bits(&o, 0, 4); /* the pair; no extensions */
	put_amf_id(&o, amf);
	bits(&o, octets_of(ran) - 1, 2);
	number(&o, ran, octets_of(ran));
	ie(&pdu, 114, &o);
	ie_cause(&pdu, group, value);
	return pdu_end(&pdu);
}

static inline struct octets release_complete(uint64_t amf, uint32_t ran)
{
	return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_UE_CONTEXT_RELEASE, amf, ran);
}

/* PDU Session Resource Setup Request Transfer: one flow, QFI 1. */
static inline void put_setup_transfer(struct octets *o, unsigned fiveqi)
{
	static const uint8_t before[] = { 0x00, 0x00, 0x03, 0x00, 0x8b, 0x00, 0x0a, 0x01, 0xf0, 0x0a,
					  0x0a, 0x03, 0x01, 0x00, 0x00, 0x03, 0xee, 0x00, 0x86, 0x00,
					  0x01, 0x00, 0x00, 0x88, 0x00, 0x07, 0x00, 0x01, 0x00, 0x00 };

	length(o, sizeof(before) + 3);
	octets_add(o, before, sizeof(before));
	octet(o, fiveqi);
	number(o, 0x1c00, 2);
}

/* Of a session to be set up, in slice 1; `nas` may be empty. */
static inline void put_setup_item(struct octets *o, unsigned session, struct octets nas, unsigned fiveqi)
{
	octet(o, nas.len ? 0x40 : 0);
	octet(o, session);
	if (nas.len) {
		length(o, nas.len);
		octets_add(o, nas.data, nas.len);
	}
	number(o, 0x0020, 2);
	put_setup_transfer(o, fiveqi);
}

static inline struct octets session_setup_request(uint64_t amf, uint32_t ran, unsigned session, struct octets nas,
						  unsigned fiveqi)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_PDU_SESSION_RESOURCE_SETUP);
	struct octets o = { 0 };

	ie_ids(&pdu, amf, ran);
	octet(&o, 0);
	put_setup_item(&o, session, nas, fiveqi);
	ie(&pdu, 74, &o);
	return pdu_end(&pdu);
}

/* Initial Context Setup Request for a UE whose session comes back. */
static inline struct octets context_setup_request_session(uint64_t amf, uint32_t ran, struct octets nas, unsigned session)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_INITIAL_CONTEXT_SETUP);
	struct octets o = { 0 };

	ie_ids(&pdu, amf, ran);
	octet(&o, 0);
	put_setup_item(&o, session, (struct octets) { 0 }, 9);
	ie(&pdu, 71, &o);
	ie_nas(&pdu, nas);
	return pdu_end(&pdu);
}

static inline void put_setup_done(struct octets *o, unsigned session)
{
	static const uint8_t transfer[] = { 0x00, 0x03, 0xe0, 0x0a, 0x0a, 0x03, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01 };

	number(o, session, 2);
	length(o, sizeof(transfer));
	octets_add(o, transfer, sizeof(transfer));
}

static inline struct octets session_setup_response(uint64_t amf, uint32_t ran, unsigned session)
{
	struct pdu pdu = pdu_begin(SN_AP_SUCCESSFUL, SN_NGAP_PDU_SESSION_RESOURCE_SETUP);
	struct octets o = { 0 };

	ie_ids(&pdu, amf, ran);
	octet(&o, 0);
	put_setup_done(&o, session);
	ie(&pdu, 75, &o);
	return pdu_end(&pdu);
}

static inline struct octets session_setup_failed(uint64_t amf, uint32_t ran, unsigned session, unsigned group, unsigned value)
{
	struct pdu pdu = pdu_begin(SN_AP_SUCCESSFUL, SN_NGAP_PDU_SESSION_RESOURCE_SETUP);
	struct octets o = { 0 }, transfer = { 0 };

	ie_ids(&pdu, amf, ran);
	bits(&transfer, 0, 3);
	put_cause(&transfer, group, value);
	octet(&o, 0);
	number(&o, session, 2);
	length(&o, transfer.len);
	octets_add(&o, transfer.data, transfer.len);
	ie(&pdu, 58, &o);
	return pdu_end(&pdu);
}

static inline struct octets paging(uint32_t tmsi)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_PAGING);
	struct octets o = { 0 };

	bits(&o, 0, 1);
	put_s_tmsi(&o, tmsi);
	ie(&pdu, 115, &o);
	return pdu_end(&pdu);
}

static inline struct octets ng_reset_all(void)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_NG_RESET);
	struct octets o = { 0 };

	ie_cause(&pdu, SN_NGAP_CAUSE_MISC, 3);
	octet(&o, 0);
	ie(&pdu, 88, &o);
	return pdu_end(&pdu);
}

/* Of two connections: one named by its id at the AMF, one by that at the RAN. */
static inline struct octets ng_reset_two(uint64_t amf, uint32_t ran)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_NG_RESET);
	struct octets o = { 0 };

	ie_cause(&pdu, SN_NGAP_CAUSE_MISC, 3);
	bits(&o, 1, 2);
	align(&o);
	length(&o, 2);
	bits(&o, 4, 4); /* no extension, AMF's id only */
	put_amf_id(&o, amf);
	bits(&o, 2, 4);
	bits(&o, octets_of(ran) - 1, 2);
	number(&o, ran, octets_of(ran));
	ie(&pdu, 88, &o);
	return pdu_end(&pdu);
}

static inline struct octets ng_reset_acknowledge(void)
{
	struct pdu pdu = pdu_begin(SN_AP_SUCCESSFUL, SN_NGAP_NG_RESET);

	return pdu_end(&pdu);
}

static inline void ie_handover_type(struct pdu *pdu, unsigned type)
{
	struct octets o = { 0 };

	bits(&o, type, 3);
	ie(pdu, 29, &o);
}

/* Handover Required; `target` is the gNB's id, 0 leaves the target out. */
static inline struct octets handover_required(uint64_t amf, uint32_t ran, unsigned type, uint32_t target)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_HANDOVER_PREPARATION);
	struct octets o = { 0 };

	ie_ids(&pdu, amf, ran);
	ie_handover_type(&pdu, type);
	ie_cause(&pdu, SN_NGAP_CAUSE_RADIO_NETWORK, 16);
	if (!target)
		return pdu_end(&pdu);
	bits(&o, 0, 2); /* an NG-RAN node */
	bits(&o, 0, 2);
	put_node(&o, target);
	bits(&o, 0, 2);
	align(&o);
	number(&o, 0x99f907, 3);
	number(&o, 1, 3);
	ie(&pdu, 105, &o);
	return pdu_end(&pdu);
}

static inline struct octets handover_request(uint64_t amf, unsigned type)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION);

	ie_ids(&pdu, amf, 0);
	ie_handover_type(&pdu, type);
	return pdu_end(&pdu);
}

static inline struct octets path_switch_request(uint64_t source_amf, uint32_t ran)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_PATH_SWITCH_REQUEST);

	ie_ran_id(&pdu, ran);
	ie_amf_id_as(&pdu, 100, source_amf);
	return pdu_end(&pdu);
}

static inline struct octets context_modification_request(uint64_t amf, uint32_t ran, uint64_t new_amf)
{
	struct pdu pdu = pdu_begin(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_MODIFICATION);

	ie_ids(&pdu, amf, ran);
	ie_amf_id_as(&pdu, 40, new_amf);
	return pdu_end(&pdu);
}

#endif
