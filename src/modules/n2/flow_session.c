/* SPDX-License-Identifier: Apache-2.0 */
/** @file PDU sessions and QoS flows as NGAP sets them up, modifies and releases them (TS 38.413 8.2, 8.3.1;
 * TS 28.552 5.1.3.6, 5.2). */
#include "base/macro.h"
#include "modules/n2/engine.h"

struct session_measurements {
	enum sn_n2_measurement flow_attempt, flow_success, flow_failure;
};
static const struct session_measurements setup = { SN_N2_QF_ESTAB_ATT_NBR, SN_N2_QF_ESTAB_SUCC_NBR, SN_N2_QF_ESTAB_FAIL_NBR };
static const struct session_measurements initial = { SN_N2_QF_INITIAL_ESTAB_ATT_NBR, SN_N2_QF_INITIAL_ESTAB_SUCC_NBR,
						     SN_N2_QF_INITIAL_ESTAB_FAIL_NBR };
static const struct session_measurements modify = { SN_N2_QF_MOD_NBR_ATT, SN_N2_QF_MOD_NBR_SUCC, SN_N2_QF_MOD_NBR_FAIL };

/* Responses name flows by QFI only: the request's 5QI is remembered per UE. */
static void flow_remember(struct sn_n2_ue *ue, uint8_t session, uint8_t qfi, uint16_t fiveqi)
{
	size_t slot = ue->flow_next % SN_N2_UE_FLOWS;

	for (size_t i = 0; i < SN_N2_UE_FLOWS; i++)
		if (ue->flows[i].fiveqi && ue->flows[i].pdu_session_id == session && ue->flows[i].qfi == qfi)
			slot = i;
	if (slot == ue->flow_next % SN_N2_UE_FLOWS)
		ue->flow_next++;
	ue->flows[slot] = (struct sn_n2_flow) { .pdu_session_id = session, .qfi = qfi, .fiveqi = (uint8_t)SN_MIN(fiveqi, 255) };
}

static uint16_t flow_fiveqi(const struct sn_n2_ue *ue, uint8_t session, const struct sn_ngap_flow *flow)
{
	if (flow->fiveqi)
		return flow->fiveqi;
	for (size_t i = 0; i < SN_N2_UE_FLOWS; i++)
		if (ue->flows[i].fiveqi && ue->flows[i].pdu_session_id == session && ue->flows[i].qfi == flow->qfi)
			return ue->flows[i].fiveqi;
	return 0;
}

static uint16_t session_slice(struct sn_n2_engine *engine, struct sn_n2_ue *ue, const struct sn_ngap_session *session)
{
	uint16_t *known = session->pdu_session_id < SN_N2_UE_SESSIONS ? &ue->session_slices[session->pdu_session_id] : NULL;

	if (!session->snssai.present)
		return known ? *known : SN_LABEL_NONE;
	if (known)
		*known = sn_n2_label_slice(engine, &session->snssai);
	return sn_n2_label_slice(engine, &session->snssai);
}

static void flows_count(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_ngap_session *session,
			uint16_t slice, const struct session_measurements *names)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);

	for (uint32_t i = session->first_flow; i < (uint32_t)session->first_flow + session->flows && i < engine->ngap.flow_count;
	     i++) {
		const struct sn_ngap_flow *flow = &engine->ngap.flows[i];
		struct sn_n2_measure measure = { .slice = slice, .fiveqi = flow_fiveqi(ue, session->pdu_session_id, flow) };

		switch ((enum sn_ngap_flow_kind)flow->kind) {
		case SN_NGAP_FLOW_REQUESTED:
			if (flow->fiveqi)
				flow_remember(ue, session->pdu_session_id, flow->qfi, flow->fiveqi);
			measure.measurement = names->flow_attempt;
			break;
		case SN_NGAP_FLOW_ACCEPTED:
			measure.measurement = names->flow_success;
			break;
		case SN_NGAP_FLOW_FAILED:
			measure.measurement = names->flow_failure;
			measure.cause = sn_n2_cause_of(&flow->cause);
			break;
		case SN_NGAP_FLOW_RELEASE:
			measure.measurement = SN_N2_QF_RELEASE_ATT_NBR;
			measure.cause = sn_n2_cause_of(&flow->cause);
			break;
		}
		sn_n2_measure(engine, where, &measure);
	}
}

static uint32_t establishment_of(struct sn_n2_engine *engine, uint32_t ue, uint8_t session)
{
	return sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT, SN_N2_OWNER_UE, ue, session);
}

/* A setup that carries NAS which could not be read is a new session's (TS 23.502 4.3.2.2.1 step 12): its request went by
 * ciphered. */
static void establishment_infer(struct sn_n2_engine *engine, const struct sn_n2_where *where,
				const struct sn_ngap_session *session, uint64_t time_ns)
{
	const struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);
	struct sn_n2_attempt *attempt;
	uint32_t index;

	if (engine->ngap.procedure_code != SN_NGAP_PDU_SESSION_RESOURCE_SETUP || !session->nas.len || ue->cipher == SN_NEA0 ||
	    establishment_of(engine, where->ue, session->pdu_session_id))
		return;
	index = sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT, SN_N2_OWNER_UE, where, time_ns);
	if (!index)
		return;
	attempt = sn_pool_at(&engine->attempts, index);
	attempt->detail = session->pdu_session_id;
	attempt->inferred = true;
	attempt->accepted = true;
}

static const struct session_measurements *setup_measurements(const struct sn_n2_engine *engine)
{
	return engine->ngap.procedure_code == SN_NGAP_INITIAL_CONTEXT_SETUP ? &initial : &setup;
}

/* Messages that end a session, or fail it, name none of its flows: those that were asked for are counted. */
static void flows_forget(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint8_t session, uint16_t slice,
			 enum sn_n2_measurement measurement, uint16_t cause)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);

	for (size_t i = 0; i < SN_N2_UE_FLOWS; i++) {
		if (!ue->flows[i].fiveqi || ue->flows[i].pdu_session_id != session)
			continue;
		sn_n2_measure(
			engine, where,
			&(struct sn_n2_measure) {
				.measurement = measurement, .slice = slice, .fiveqi = ue->flows[i].fiveqi, .cause = cause });
		ue->flows[i].fiveqi = 0;
	}
}

/* The flows of a session that was not set up have failed with its cause (TS 28.552 5.1.1.13.3.3). */
static void setup_failed(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint8_t session, uint16_t slice,
			 uint16_t cause, uint64_t time_ns)
{
	uint32_t index = establishment_of(engine, where->ue, session);

	sn_n2_measure(engine, where,
		      &(struct sn_n2_measure) { .measurement = SN_N2_SM_PDU_SESSION_SETUP_FAIL, .slice = slice, .cause = cause });
	flows_forget(engine, where, session, slice, setup_measurements(engine)->flow_failure, cause);
	if (index)
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, cause, time_ns);
}

static void setup_done(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_ngap_session *session,
		       uint16_t slice, uint64_t time_ns)
{
	uint32_t index = establishment_of(engine, where->ue, session->pdu_session_id);
	struct sn_n2_attempt *attempt;

	sn_n2_measure(engine, where, &(struct sn_n2_measure) { .measurement = SN_N2_SM_PDU_SESSION_SETUP_SUCC, .slice = slice });
	sn_n2_ue_session_set(engine, sn_pool_at(&engine->ues, where->ue), session->pdu_session_id, true);
	if (!index)
		return;
	attempt = sn_pool_at(&engine->attempts, index);
	attempt->inferred |= !attempt->accepted; /* resources without an accept that could be read */
	sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
}

static void session_take(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_ngap_session *session,
			 uint64_t time_ns)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);
	const struct session_measurements *names = setup_measurements(engine);
	uint16_t slice = session_slice(engine, ue, session);

	switch ((enum sn_ngap_session_kind)session->kind) {
	case SN_NGAP_SESSION_SETUP_REQUEST:
		sn_n2_measure(engine, where,
			      &(struct sn_n2_measure) { .measurement = SN_N2_SM_PDU_SESSION_SETUP_REQ, .slice = slice });
		flows_count(engine, where, session, slice, names);
		establishment_infer(engine, where, session, time_ns);
		break;
	case SN_NGAP_SESSION_SETUP_RESPONSE:
		setup_done(engine, where, session, slice, time_ns);
		flows_count(engine, where, session, slice, names);
		break;
	case SN_NGAP_SESSION_SETUP_FAILED:
		setup_failed(engine, where, session->pdu_session_id, slice, sn_n2_cause_of(&session->cause), time_ns);
		break;
	case SN_NGAP_SESSION_MODIFY_REQUEST:
	case SN_NGAP_SESSION_MODIFY_RESPONSE:
	case SN_NGAP_SESSION_MODIFY_FAILED:
		flows_count(engine, where, session, slice, &modify);
		break;
	case SN_NGAP_SESSION_RELEASE_COMMAND:
		flows_forget(engine, where, session->pdu_session_id, slice, SN_N2_QF_RELEASE_ATT_NBR,
			     sn_n2_cause_of(&session->cause));
		break;
	case SN_NGAP_SESSION_RELEASE_RESPONSE:
	case SN_NGAP_SESSION_NOTIFY_RELEASED:
		sn_n2_ue_session_set(engine, ue, session->pdu_session_id, false);
		break;
	case SN_NGAP_SESSION_HANDOVER_ADMITTED:
	case SN_NGAP_SESSION_PATH_SWITCHED:
		sn_n2_ue_session_set(engine, ue, session->pdu_session_id, true);
		break;
	default:
		break;
	}
}

/* Initial Context Setup Failure need not list the sessions: all that the request asked for have failed with its cause (8.3.1.3).
 */
static void context_setup_failure(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);
	uint32_t index = sn_n2_attempt_find(engine, SN_NGAP_INITIAL_CONTEXT_SETUP, SN_N2_OWNER_CONNECTION, where->connection, -1);
	uint16_t sessions = index ? ((struct sn_n2_attempt *)sn_pool_at(&engine->attempts, index))->sessions : 0;

	for (uint8_t id = 0; id < SN_N2_UE_SESSIONS && !engine->ngap.session_count; id++)
		if (sessions >> id & 1)
			setup_failed(engine, where, id, ue->session_slices[id], sn_n2_cause_of(&engine->ngap.cause), time_ns);
}

void sn_n2_flow_sessions(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	if (engine->ngap.procedure_code == SN_NGAP_INITIAL_CONTEXT_SETUP && engine->ngap.pdu == SN_AP_UNSUCCESSFUL)
		context_setup_failure(engine, where, time_ns);
	for (uint16_t i = 0; i < engine->ngap.session_count; i++)
		session_take(engine, where, &engine->ngap.sessions[i], time_ns);
}
