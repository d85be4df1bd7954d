/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A decoded NGAP message as one line, so that a test compares all of it at once.
 *
 * PDU, procedure/criticality, then what is there: identities of the message, its lists, and for each session
 * session=kind:id with nas, slice, cause=group/value, type, tunnel=address:teid and flow=kind:qfi/5qi!cause.
 */
#ifndef SN_TESTS_UNIT_NGAP_TEXT_H
#define SN_TESTS_UNIT_NGAP_TEXT_H

#include <stdarg.h>
#include <stdio.h>

#include "base/macro.h"
#include "codec/ngap.h"

struct ngap_text {
	char text[65536];
	size_t len;
};

SN_PRINTF(2, 3) static inline void say(struct ngap_text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->len += (size_t)vsnprintf(t->text + t->len, sizeof(t->text) - t->len, format, args);
	va_end(args);
	if (t->len >= sizeof(t->text))
		t->len = sizeof(t->text) - 1;
}

static inline void say_octets(struct ngap_text *t, const char *what, const uint8_t *octets, size_t len)
{
	if (len)
		say(t, " %s=", what);
	for (size_t i = 0; i < len; i++)
		say(t, "%02x", octets[i]);
}

static inline void say_slice(struct ngap_text *t, const char *what, const struct sn_snssai *slice)
{
	if (slice->present && slice->sd == SN_SD_NONE)
		say(t, " %s=%u", what, slice->sst);
	else if (slice->present)
		say(t, " %s=%u-%06x", what, slice->sst, slice->sd);
}

static inline void say_session(struct ngap_text *t, const struct sn_ngap_message *m, const struct sn_ngap_session *s)
{
	say(t, " session=%u:%u", s->kind, s->pdu_session_id);
	say_octets(t, "nas", s->nas.data, s->nas.len);
	say_slice(t, "slice", &s->snssai);
	if (s->cause.present)
		say(t, " cause=%u/%u", s->cause.group, s->cause.value);
	if (s->pdu_session_type != 0xff)
		say(t, " type=%u", s->pdu_session_type);
	say_octets(t, "tunnel", s->address, s->address_len);
	if (s->address_len)
		say(t, ":%x", s->gtp_teid);
	for (unsigned i = s->first_flow; i < (unsigned)s->first_flow + s->flows; i++) {
		const struct sn_ngap_flow *flow = &m->flows[i];

		say(t, " flow=%u:%u", flow->kind, flow->qfi);
		if (flow->fiveqi)
			say(t, "/%u", flow->fiveqi);
		if (flow->cause.present)
			say(t, "!%u/%u", flow->cause.group, flow->cause.value);
	}
}

static inline void say_identities(struct ngap_text *t, const struct sn_ngap_message *m)
{
	if (m->cause.present)
		say(t, " cause=%u/%u", m->cause.group, m->cause.value);
	say_octets(t, "nas", m->nas.data, m->nas.len);
	if (m->location.tai.present)
		say(t, " tai=%06x-%06x", m->location.tai.plmn, m->location.tai.tac);
	if (m->location.cell_present)
		say(t, " cell=%s:%06x-%llx", m->location.nr ? "nr" : "eutra", m->location.cell_plmn,
		    (unsigned long long)m->location.cell_id);
	if (m->ran_node.present)
		say(t, " node=%u:%06x-%llx/%u", m->ran_node.kind, m->ran_node.plmn, (unsigned long long)m->ran_node.id,
		    m->ran_node.id_bits);
	say_octets(t, "name", m->ran_node_name.data, m->ran_node_name.len);
	say_octets(t, "amf-name", m->amf_name.data, m->amf_name.len);
	if (m->guami.present)
		say(t, " guami=%06x-%u-%u-%u", m->guami.plmn, m->guami.amf_region_id, m->guami.amf_set_id, m->guami.amf_pointer);
	if (m->s_tmsi.present)
		say(t, " tmsi=%u-%u-%08x", m->s_tmsi.amf_set_id, m->s_tmsi.amf_pointer, m->s_tmsi.tmsi);
}

static inline void say_fields(struct ngap_text *t, const struct sn_ngap_message *m)
{
	if (m->fields & SN_NGAP_HAS_AMF_UE_ID)
		say(t, " amf=%llu", (unsigned long long)m->amf_ue_ngap_id);
	if (m->fields & SN_NGAP_HAS_RAN_UE_ID)
		say(t, " ran=%u", m->ran_ue_ngap_id);
	if (m->fields & SN_NGAP_HAS_SOURCE_AMF_UE_ID)
		say(t, " source=%llu", (unsigned long long)m->source_amf_ue_ngap_id);
	if (m->fields & SN_NGAP_HAS_ESTABLISHMENT_CAUSE)
		say(t, " establishment=%u", m->rrc_establishment_cause);
	if (m->fields & SN_NGAP_HAS_UE_CONTEXT_REQUEST)
		say(t, " context-request");
	if (m->fields & SN_NGAP_HAS_HANDOVER_TYPE)
		say(t, " handover=%u", m->handover_type);
	if (m->fields & SN_NGAP_HAS_RESET_ALL)
		say(t, " reset-all");
	if (m->fields & SN_NGAP_HAS_CRITICALITY_DIAGNOSTICS)
		say(t, " diagnostics");
	if (m->fields & SN_NGAP_IN_5G_TARGET)
		say(t, " 5g-target");
	if (m->truncated_lists)
		say(t, " truncated");
}

static inline const char *ngap_text(struct ngap_text *t, const struct sn_ngap_message *m)
{
	t->len = 0;
	say(t, "%u %u/%u", m->pdu, m->procedure_code, m->criticality);
	say_fields(t, m);
	say_identities(t, m);
	for (unsigned i = 0; i < m->tai_count; i++)
		say(t, " ta=%06x-%06x%s", m->tais[i].plmn, m->tais[i].tac, m->tais[i].present ? "" : "?");
	for (unsigned i = 0; i < m->allowed_nssai_count; i++)
		say_slice(t, "allowed", &m->allowed_nssai[i]);
	for (unsigned i = 0; i < m->ue_pair_count; i++) {
		const struct sn_ngap_ue_pair *pair = &m->ue_pairs[i];
		char amf[24] = "-", ran[24] = "-";

		if (pair->has_amf_id)
			snprintf(amf, sizeof(amf), "%llu", (unsigned long long)pair->amf_ue_ngap_id);
		if (pair->has_ran_id)
			snprintf(ran, sizeof(ran), "%u", pair->ran_ue_ngap_id);
		say(t, " pair=%s/%s", amf, ran);
	}
	for (unsigned i = 0; i < m->session_count; i++)
		say_session(t, m, &m->sessions[i]);
	return t->text;
}

#endif
