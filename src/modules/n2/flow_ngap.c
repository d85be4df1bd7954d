/* SPDX-License-Identifier: Apache-2.0 */
/** @file NGAP elementary procedures: each initiating message begins an attempt, its outcome ends it (TS 38.413 clause 8). */
#include "modules/n2/engine.h"

static enum sn_n2_owner owner_of(const struct sn_n2_where *where)
{
	return where->connection ? SN_N2_OWNER_CONNECTION : SN_N2_OWNER_ASSOCIATION;
}

static uint32_t owner_index(const struct sn_n2_where *where)
{
	return where->connection ? where->connection : where->association;
}

static void procedure_begin(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t index = sn_n2_attempt_begin(engine, engine->ngap.procedure_code, owner_of(where), where, time_ns);

	if (!index)
		return;
	/* A failure that lists no session has failed all that were asked for: they are noted here. */
	for (uint16_t i = 0; i < engine->ngap.session_count; i++) {
		const struct sn_ngap_session *session = &engine->ngap.sessions[i];

		if (session->kind == SN_NGAP_SESSION_SETUP_REQUEST && session->pdu_session_id < SN_N2_UE_SESSIONS)
			((struct sn_n2_attempt *)sn_pool_at(&engine->attempts, index))->sessions |=
				(uint16_t)(1u << session->pdu_session_id);
	}
}

/* An outcome without an attempt: its time was over, or its request was not seen. */
static void outcome_without_attempt(struct sn_n2_engine *engine, const struct sn_n2_where *where)
{
	struct sn_n2_expired *expired =
		where->connection ? &((struct sn_n2_connection *)sn_pool_at(&engine->connections, where->connection))->expired
				  : &((struct sn_n2_association *)sn_pool_at(&engine->associations, where->association))->expired;
	bool late = expired->count && expired->procedure_code == engine->ngap.procedure_code;

	expired->count -= late;
	engine->losses[late ? SN_N2_LOSS_LATE_OUTCOME : SN_N2_LOSS_ORPHAN_OUTCOME]++;
}

static void procedure_end(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t index = sn_n2_attempt_find(engine, engine->ngap.procedure_code, owner_of(where), owner_index(where), -1);

	if (!index)
		outcome_without_attempt(engine, where);
	else if (engine->ngap.pdu == SN_AP_SUCCESSFUL)
		sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
	else
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, sn_n2_cause_of(&engine->ngap.cause), time_ns);
}

/* UECNTX.ConnEstab (TS 28.552 5.2.10): tried by Initial UE Message, made by the AMF's first answer, whichever message that is. */
static void connection_establishment(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink)
{
	struct sn_n2_connection *connection = sn_pool_at(&engine->connections, where->connection);
	struct sn_n2_measure measure = { .measurement = SN_N2_UECNTX_CONN_ESTAB_ATT };

	if (uplink && engine->ngap.procedure_code == SN_NGAP_INITIAL_UE_MESSAGE) {
		if (engine->ngap.fields & SN_NGAP_HAS_ESTABLISHMENT_CAUSE)
			connection->establishment_cause = engine->ngap.rrc_establishment_cause;
		else
			connection->establishment_cause = 0xfe; /* sent without one */
	} else if (!uplink && !connection->answered && connection->establishment_cause != 0xff) {
		connection->answered = true;
		measure.measurement = SN_N2_UECNTX_CONN_ESTAB_SUCC;
	} else {
		return;
	}
	if (connection->establishment_cause < 0xfe)
		measure.cause = SN_N2_CAUSE(SN_N2_CAUSE_RRC, connection->establishment_cause);
	sn_n2_measure(engine, where, &measure);
}

/* UE context release: asked for by the NG-RAN node or ordered by the AMF, done with Complete; the cause of who began it counts
 * (8.3.2, 8.3.3). */
static void context_release(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	struct sn_n2_connection *connection = sn_pool_at(&engine->connections, where->connection);
	uint32_t chain = sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_CONTEXT_RELEASE, SN_N2_OWNER_CONNECTION,
					    where->connection, -1);
	uint16_t cause = sn_n2_cause_of(&engine->ngap.cause);
	bool request = engine->ngap.procedure_code == SN_NGAP_UE_CONTEXT_RELEASE_REQUEST;

	if (engine->ngap.pdu != SN_AP_INITIATING) {
		sn_n2_attempt_step_end(engine, chain, SN_N2_STEP_RELEASE_ORDERED, time_ns);
		if (chain)
			sn_n2_attempt_end(engine, chain, SN_N2_SUCCESS, connection->release_cause, time_ns);
		return;
	}
	if (!chain) {
		chain = sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + SN_N2_CONTEXT_RELEASE, SN_N2_OWNER_CONNECTION, where,
					    time_ns);
		connection->release_cause = cause;
		sn_n2_attempt_step_begin(engine, chain, request ? SN_N2_STEP_RELEASE_REQUESTED : SN_N2_STEP_RELEASE_ORDERED,
					 time_ns);
	} else if (!request) {
		sn_n2_attempt_step_end(engine, chain, SN_N2_STEP_RELEASE_REQUESTED, time_ns);
		sn_n2_attempt_step_begin(engine, chain, SN_N2_STEP_RELEASE_ORDERED, time_ns);
	}
	if (!request)
		sn_n2_infer_release(engine, where, cause, time_ns);
}

/* Paging goes to every gNB of the area and is repeated: one attempt until it is answered or its time is over (TS 28.552 5.2.5).
 */
static void paging(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, where->association);
	struct sn_n2_where paged = { .association = where->association };

	if (!engine->ngap.s_tmsi.present)
		return;
	paged.ue = sn_n2_ue_of_tmsi(engine, &engine->ngap.s_tmsi);
	if (!paged.ue) {
		paged.ue = sn_n2_ue_new(engine, time_ns);
		if (!paged.ue)
			return;
		sn_n2_ue_assign_tmsi(engine, paged.ue, &engine->ngap.s_tmsi);
	}
	((struct sn_n2_ue *)sn_pool_at(&engine->ues, paged.ue))->last_ns = time_ns;
	sn_n2_story_add(engine, paged.ue,
			&(struct sn_n2_story) { .time_ns = time_ns,
						.kind = SN_N2_STORY_NGAP,
						.what = SN_NGAP_PAGING,
						.detail = SN_AP_INITIATING,
						.gnb = association->gnb });
	if (sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_PAGING, SN_N2_OWNER_UE, paged.ue, -1))
		return;
	sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + SN_N2_PAGING, SN_N2_OWNER_UE, &paged, time_ns);
	sn_n2_measure(engine, &paged, &(struct sn_n2_measure) { .measurement = SN_N2_MM_PAGING_5G_REQ });
}

static void initial_context_setup(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);
	uint32_t registration = sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_REGISTRATION, SN_N2_OWNER_UE, where->ue, -1);

	if (engine->ngap.pdu == SN_AP_INITIATING) {
		if (engine->ngap.allowed_nssai_count)
			ue->slice = sn_n2_label_slice(engine, &engine->ngap.allowed_nssai[0]);
		sn_n2_attempt_step_begin(engine, registration, SN_N2_STEP_CONTEXT_SETUP, time_ns);
		return;
	}
	sn_n2_attempt_step_end(engine, registration, SN_N2_STEP_CONTEXT_SETUP, time_ns);
	if (engine->ngap.pdu == SN_AP_SUCCESSFUL)
		sn_n2_infer_context_setup(engine, where, time_ns);
}

static void ue_procedure(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	connection_establishment(engine, where, uplink);
	switch (engine->ngap.procedure_code) {
	case SN_NGAP_INITIAL_CONTEXT_SETUP:
		initial_context_setup(engine, where, time_ns);
		break;
	case SN_NGAP_UE_CONTEXT_RELEASE:
	case SN_NGAP_UE_CONTEXT_RELEASE_REQUEST:
		context_release(engine, where, time_ns);
		break;
	default:
		break;
	}
	if (engine->ngap.fields & SN_NGAP_HAS_NEW_AMF_UE_ID)
		sn_n2_connection_set_ids(engine, where->connection, &engine->ngap.new_amf_ue_ngap_id, NULL);
	sn_n2_flow_sessions(engine, where, time_ns);
	sn_n2_flow_mobility(engine, where, time_ns);
}

static void node_procedure(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	switch (engine->ngap.procedure_code) {
	case SN_NGAP_PAGING:
		paging(engine, where, time_ns);
		break;
	case SN_NGAP_NG_RESET:
		if (engine->ngap.pdu == SN_AP_INITIATING)
			sn_n2_association_reset(engine, where->association, time_ns);
		break;
	default:
		break;
	}
}

/* Released; or the target of a handover that could not have it (8.4.2.3, 8.4.4.3). */
static bool connection_ends(const struct sn_n2_engine *engine)
{
	switch (engine->ngap.procedure_code) {
	case SN_NGAP_UE_CONTEXT_RELEASE:
		return engine->ngap.pdu != SN_AP_INITIATING;
	case SN_NGAP_HANDOVER_RESOURCE_ALLOCATION:
	case SN_NGAP_PATH_SWITCH_REQUEST:
		return engine->ngap.pdu == SN_AP_UNSUCCESSFUL;
	default:
		return false;
	}
}

void sn_n2_flow_ngap(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	uint8_t code = engine->ngap.procedure_code;
	bool first = engine->ngap.pdu == SN_AP_INITIATING;

	if (where->connection)
		ue_procedure(engine, where, uplink, time_ns);
	else
		node_procedure(engine, where, uplink, time_ns);
	if (!sn_n2_procedure_has_outcome(code))
		return;
	if (first)
		procedure_begin(engine, where, time_ns);
	else
		procedure_end(engine, where, time_ns);
	if (where->connection && connection_ends(engine)) {
		sn_n2_connection_close(engine, where->connection, 0, time_ns);
		sn_n2_ue_forget_nobody(engine, where->ue);
	}
	if (code == SN_NGAP_NG_SETUP && engine->ngap.pdu == SN_AP_SUCCESSFUL)
		sn_n2_association_setup(engine, where->association, time_ns);
}
