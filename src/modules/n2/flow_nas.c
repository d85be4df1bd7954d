/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What 5GS NAS messages mean for the UE (TS 24.501 clause 5): registration with its steps, service request, deregistration,
 * PDU session establishment; and what NGAP lets conclude where NAS is ciphered.
 */
#include "base/macro.h"
#include "modules/n2/engine.h"

#define NORMAL_RELEASE	    SN_N2_CAUSE(SN_NGAP_CAUSE_NAS, 0)
#define DEREGISTER	    SN_N2_CAUSE(SN_NGAP_CAUSE_NAS, 2)
#define SUCCESSFUL_HANDOVER SN_N2_CAUSE(SN_NGAP_CAUSE_RADIO_NETWORK, 2)

static struct sn_n2_ue *ue_at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->ues, index);
}

static struct sn_n2_attempt *attempt_at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->attempts, index);
}

static uint32_t chain_of(struct sn_n2_engine *engine, enum sn_n2_chain chain, uint32_t ue, int detail)
{
	return sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + chain, SN_N2_OWNER_UE, ue, detail);
}

static uint32_t chain_begin(struct sn_n2_engine *engine, enum sn_n2_chain chain, const struct sn_n2_where *where, int detail,
			    uint64_t time_ns)
{
	uint32_t earlier = chain_of(engine, chain, where->ue, detail), index;

	/* The UE began anew: its timer had expired, or the first try was not answered (TS 24.501 5.5.1.2.7, 5.6.1.7). */
	if (earlier)
		sn_n2_attempt_end(engine, earlier, SN_N2_NO_RESPONSE, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_SUPERSEDED),
				  time_ns);
	index = sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + chain, SN_N2_OWNER_UE, where, time_ns);
	if (index && detail >= 0)
		attempt_at(engine, index)->detail = (uint8_t)detail;
	return index;
}

static void chain_fail(struct sn_n2_engine *engine, enum sn_n2_chain chain, uint32_t ue, int detail, uint16_t cause,
		       uint64_t time_ns)
{
	uint32_t index = chain_of(engine, chain, ue, detail);

	if (index)
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, cause, time_ns);
}

static void measure(struct sn_n2_engine *engine, const struct sn_n2_where *where, enum sn_n2_measurement measurement,
		    uint16_t cause)
{
	sn_n2_measure(engine, where, &(struct sn_n2_measure) { .measurement = measurement, .cause = cause });
}

static void paging_answered(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_PAGING, where->ue, -1);

	if (!index)
		return;
	sn_n2_measure_attempt(engine, attempt_at(engine, index),
			      &(struct sn_n2_measure) { .measurement = SN_N2_MM_PAGING_5G_SUCC });
	sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
}

/* Measurements of registration, by type (TS 28.552 5.2.2.1 to 5.2.2.8). */
static const enum sn_n2_measurement registration_requests[] = {
	[SN_NAS_REGISTRATION_INITIAL] = SN_N2_RM_REG_INIT_REQ,
	[SN_NAS_REGISTRATION_MOBILITY] = SN_N2_RM_REG_MOB_REQ,
	[SN_NAS_REGISTRATION_PERIODIC] = SN_N2_RM_REG_PERIOD_REQ,
	[SN_NAS_REGISTRATION_EMERGENCY] = SN_N2_RM_REG_EMERG_REQ,
};
static const enum sn_n2_measurement registration_successes[] = {
	[SN_NAS_REGISTRATION_INITIAL] = SN_N2_RM_REG_INIT_SUCC,
	[SN_NAS_REGISTRATION_MOBILITY] = SN_N2_RM_REG_MOB_SUCC,
	[SN_NAS_REGISTRATION_PERIODIC] = SN_N2_RM_REG_PERIOD_SUCC,
	[SN_NAS_REGISTRATION_EMERGENCY] = SN_N2_RM_REG_EMERG_SUCC,
};

static void registration_request(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
				 uint64_t time_ns)
{
	uint8_t type = nas->registration_type;
	uint32_t earlier = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);

	if (!(nas->fields & SN_NAS_HAS_REGISTRATION_TYPE))
		return;
	if (type >= SN_NAS_REGISTRATION_INITIAL && type <= SN_NAS_REGISTRATION_EMERGENCY)
		measure(engine, where, registration_requests[type], 0);
	if (earlier) /* of whatever type: a UE runs one at a time */
		sn_n2_attempt_end(engine, earlier, SN_N2_NO_RESPONSE, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_SUPERSEDED),
				  time_ns);
	chain_begin(engine, SN_N2_REGISTRATION, where, type, time_ns);
	paging_answered(engine, where, time_ns);
}

void sn_n2_registration_succeeded(struct sn_n2_engine *engine, uint32_t index, uint16_t slice, bool inferred, uint64_t time_ns)
{
	struct sn_n2_attempt *attempt = attempt_at(engine, index);
	uint8_t type = attempt->detail;
	uint64_t took_ns = time_ns > attempt->start_ns ? time_ns - attempt->start_ns : 0;

	attempt->inferred = inferred;
	/* What an initial registration finds of sessions is released (TS 23.502 4.2.2.2.2 step 4). */
	for (uint8_t id = 0; type == SN_NAS_REGISTRATION_INITIAL && id < SN_N2_UE_SESSIONS; id++)
		sn_n2_ue_session_set(engine, ue_at(engine, attempt->owner), id, false);
	if (type >= SN_NAS_REGISTRATION_INITIAL && type <= SN_NAS_REGISTRATION_EMERGENCY) {
		sn_n2_measure_attempt(engine, attempt,
				      &(struct sn_n2_measure) { .measurement = registration_successes[type],
								.slice = slice,
								.inferred = inferred });
		sn_hist_add(&engine->registration_time[type], took_ns);
	}
	sn_n2_ue_registered_set(engine, ue_at(engine, attempt->owner), true);
	sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
}

static void registration_accept(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
				uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);
	struct sn_n2_ue *ue = ue_at(engine, where->ue);

	if (nas->nssai_count)
		ue->slice = sn_n2_label_slice(engine, &nas->nssai[0]);
	if ((nas->fields & SN_NAS_HAS_ASSIGNED_GUTI) && nas->s_tmsi.present)
		sn_n2_ue_assign_tmsi(engine, where->ue, &nas->s_tmsi);
	if (index)
		sn_n2_registration_succeeded(engine, index, ue->slice, false, time_ns);
	else
		sn_n2_ue_registered_set(engine, ue, true);
}

static void service_request(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
			    uint64_t time_ns)
{
	chain_begin(engine, SN_N2_SERVICE_REQUEST, where, -1, time_ns);
	measure(engine, where, SN_N2_MM_SERVICE_REQ_TOTAL_ATT, 0);
	paging_answered(engine, where, time_ns);
}

static void service_accepted(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool inferred, uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_SERVICE_REQUEST, where->ue, -1);

	if (!index)
		return;
	attempt_at(engine, index)->inferred = inferred;
	sn_n2_measure_attempt(engine, attempt_at(engine, index),
			      &(struct sn_n2_measure) { .measurement = SN_N2_MM_SERVICE_REQ_TOTAL_SUCC, .inferred = inferred });
	sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
	sn_n2_ue_registered_set(engine, ue_at(engine, where->ue), true);
}

static void deregistration_done(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool inferred, uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_DEREGISTRATION, where->ue, -1);

	if (index) {
		attempt_at(engine, index)->inferred = inferred;
		sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
	}
	sn_n2_ue_registered_set(engine, ue_at(engine, where->ue), false);
}

static void security_mode_command(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
				  uint32_t registration, uint64_t time_ns)
{
	/* From here on the UE's NAS is under this algorithm (TS 24.501 4.4.5). */
	if (nas->fields & SN_NAS_HAS_ALGORITHMS)
		ue_at(engine, where->ue)->cipher = nas->ciphering_algorithm;
	sn_n2_attempt_step_begin(engine, registration, SN_N2_STEP_SECURITY, time_ns);
}

static void authentication_failure(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
				   uint32_t registration, uint64_t time_ns)
{
	measure(engine, where, SN_N2_AMF_AUTH_FAIL, SN_N2_CAUSE(SN_N2_CAUSE_5GMM, nas->cause));
	sn_n2_attempt_step_end(engine, registration, SN_N2_STEP_AUTHENTICATION, time_ns);
}

static void uplink_5gmm(struct sn_n2_engine *engine, struct sn_n2_where *where, const struct sn_nas_message *nas,
			uint64_t time_ns)
{
	uint32_t registration;

	if (nas->type == SN_NAS_REGISTRATION_REQUEST || nas->type == SN_NAS_SERVICE_REQUEST ||
	    nas->type == SN_NAS_IDENTITY_RESPONSE || nas->type == SN_NAS_DEREGISTRATION_REQUEST_UE ||
	    nas->type == SN_NAS_CONTROL_PLANE_SERVICE_REQUEST)
		where->ue = sn_n2_ue_identify(engine, where->ue, nas);
	registration = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);
	switch (nas->type) {
	case SN_NAS_REGISTRATION_REQUEST:
		registration_request(engine, where, nas, time_ns);
		break;
	case SN_NAS_SERVICE_REQUEST:
	case SN_NAS_CONTROL_PLANE_SERVICE_REQUEST:
		service_request(engine, where, nas, time_ns);
		break;
	case SN_NAS_DEREGISTRATION_REQUEST_UE:
		chain_begin(engine, SN_N2_DEREGISTRATION, where, -1, time_ns);
		break;
	case SN_NAS_DEREGISTRATION_ACCEPT_NW:
		deregistration_done(engine, where, false, time_ns);
		break;
	case SN_NAS_IDENTITY_RESPONSE:
		sn_n2_attempt_step_end(engine, registration, SN_N2_STEP_IDENTIFICATION, time_ns);
		break;
	case SN_NAS_AUTHENTICATION_RESPONSE:
		sn_n2_attempt_step_end(engine, registration, SN_N2_STEP_AUTHENTICATION, time_ns);
		break;
	case SN_NAS_AUTHENTICATION_FAILURE:
		authentication_failure(engine, where, nas, registration, time_ns);
		break;
	case SN_NAS_SECURITY_MODE_COMPLETE:
	case SN_NAS_SECURITY_MODE_REJECT:
		sn_n2_attempt_step_end(engine, registration, SN_N2_STEP_SECURITY, time_ns);
		break;
	case SN_NAS_CONFIGURATION_UPDATE_COMPLETE:
		measure(engine, where, SN_N2_MM_CONF_UPDATE_SUCC, 0);
		break;
	default:
		break;
	}
}

/* Whether a reject of a mobility or periodic update leaves the UE registered (TS 24.501 5.5.1.3.5, 5.5.1.3.7): it is barred from
 * this area, is to try later, or one of the two did not understand the other. */
static bool stays_registered(uint8_t registration_type, uint8_t cause)
{
	if (registration_type != SN_NAS_REGISTRATION_MOBILITY && registration_type != SN_NAS_REGISTRATION_PERIODIC)
		return false;
	return cause == 13 || cause == 15 || cause == 22 || cause == 31 || cause >= 95;
}

static void registration_reject(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
				uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);

	if (!index || !stays_registered(attempt_at(engine, index)->detail, nas->cause))
		sn_n2_ue_registered_set(engine, ue_at(engine, where->ue), false);
	if (index)
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, SN_N2_CAUSE(SN_N2_CAUSE_5GMM, nas->cause), time_ns);
}

static void downlink_reject(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
			    uint64_t time_ns)
{
	uint16_t cause = SN_N2_CAUSE(SN_N2_CAUSE_5GMM, nas->cause);

	if (nas->type == SN_NAS_REGISTRATION_REJECT) {
		registration_reject(engine, where, nas, time_ns);
	} else if (nas->type == SN_NAS_SERVICE_REJECT) {
		chain_fail(engine, SN_N2_SERVICE_REQUEST, where->ue, -1, cause, time_ns);
	} else {
		cause = SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_AUTHENTICATION_REJECT);
		measure(engine, where, SN_N2_AMF_AUTH_REJECT, 0);
		chain_fail(engine, SN_N2_REGISTRATION, where->ue, -1, cause, time_ns);
		chain_fail(engine, SN_N2_SERVICE_REQUEST, where->ue, -1, cause, time_ns);
	}
}

static void downlink_5gmm(struct sn_n2_engine *engine, struct sn_n2_where *where, const struct sn_nas_message *nas,
			  uint64_t time_ns)
{
	uint32_t registration = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);

	switch (nas->type) {
	case SN_NAS_REGISTRATION_ACCEPT:
		registration_accept(engine, where, nas, time_ns);
		break;
	case SN_NAS_REGISTRATION_REJECT:
	case SN_NAS_SERVICE_REJECT:
	case SN_NAS_AUTHENTICATION_REJECT:
		downlink_reject(engine, where, nas, time_ns);
		break;
	case SN_NAS_SERVICE_ACCEPT:
		service_accepted(engine, where, false, time_ns);
		break;
	case SN_NAS_5GMM_STATUS:
		/* Some AMFs answer a transport that they cannot forward with a status, which names no PDU session: it is the
		 * oldest that waits. */
		if (nas->fields & SN_NAS_HAS_CAUSE)
			chain_fail(engine, SN_N2_PDU_SESSION_ESTABLISHMENT, where->ue, -1,
				   SN_N2_CAUSE(SN_N2_CAUSE_5GMM, nas->cause), time_ns);
		break;
	case SN_NAS_DEREGISTRATION_ACCEPT_UE:
		deregistration_done(engine, where, false, time_ns);
		break;
	case SN_NAS_DEREGISTRATION_REQUEST_NW:
		chain_begin(engine, SN_N2_DEREGISTRATION, where, -1, time_ns);
		break;
	case SN_NAS_IDENTITY_REQUEST:
		sn_n2_attempt_step_begin(engine, registration, SN_N2_STEP_IDENTIFICATION, time_ns);
		break;
	case SN_NAS_AUTHENTICATION_REQUEST:
		measure(engine, where, SN_N2_AMF_AUTH_REQ, 0);
		sn_n2_attempt_step_begin(engine, registration, SN_N2_STEP_AUTHENTICATION, time_ns);
		break;
	case SN_NAS_SECURITY_MODE_COMMAND:
		security_mode_command(engine, where, nas, registration, time_ns);
		break;
	case SN_NAS_CONFIGURATION_UPDATE_COMMAND:
		measure(engine, where, SN_N2_MM_CONF_UPDATE, 0);
		if ((nas->fields & SN_NAS_HAS_ASSIGNED_GUTI) && nas->s_tmsi.present)
			sn_n2_ue_assign_tmsi(engine, where->ue, &nas->s_tmsi);
		break;
	default:
		break;
	}
}

/* Accepted outside a resource setup: for data over the control plane, no resources of the RAN are needed. */
static void session_without_resources(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint32_t index,
				      uint64_t time_ns)
{
	sn_n2_ue_session_set(engine, ue_at(engine, where->ue), attempt_at(engine, index)->detail, true);
	sn_n2_attempt_end(engine, index, SN_N2_SUCCESS, 0, time_ns);
}

/* PDU session establishment (TS 24.501 6.4.1). `carrier` is the NAS transport message around it, or NULL. */
static void session_management(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_nas_message *nas,
			       const struct sn_nas_message *carrier, bool uplink, uint64_t time_ns)
{
	struct sn_n2_ue *ue = ue_at(engine, where->ue);
	uint8_t id = nas->pdu_session_id;
	uint32_t index = chain_of(engine, SN_N2_PDU_SESSION_ESTABLISHMENT, where->ue, id);

	if (uplink && nas->type == SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST) {
		if (carrier && carrier->snssai.present && id < SN_N2_UE_SESSIONS)
			ue->session_slices[id] = sn_n2_label_slice(engine, &carrier->snssai);
		chain_begin(engine, SN_N2_PDU_SESSION_ESTABLISHMENT, where, id, time_ns);
		return;
	}
	if (uplink && nas->type == SN_NAS_PDU_SESSION_RELEASE_COMPLETE)
		sn_n2_ue_session_set(engine, ue, id, false); /* NGAP shows it only where there were resources */
	if (uplink || !index)
		return;
	if (nas->type == SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST && carrier && (carrier->fields & SN_NAS_HAS_CAUSE))
		/* Sent back: the AMF could not forward it (TS 24.501 5.4.5.3.1 case i). */
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, SN_N2_CAUSE(SN_N2_CAUSE_5GMM, carrier->cause), time_ns);
	else if (nas->type == SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT)
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, SN_N2_CAUSE(SN_N2_CAUSE_5GSM, nas->cause), time_ns);
	else if (nas->type == SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT &&
		 engine->ngap.procedure_code == SN_NGAP_DOWNLINK_NAS_TRANSPORT)
		session_without_resources(engine, where, index, time_ns);
	else if (nas->type == SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT)
		attempt_at(engine, index)->accepted = true; /* done when the RAN has set it up: flow_session.c */
}

void sn_n2_flow_nas(struct sn_n2_engine *engine, struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	const struct sn_nas_message *carrier = NULL;

	/* Only Security mode complete (or reject, in plain) is protected with the new context: this much shows through the cipher
	 * (9.3.1). */
	if (engine->nas_pdu.ciphered && uplink && engine->nas_pdu.security == SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT)
		sn_n2_attempt_step_end(engine, chain_of(engine, SN_N2_REGISTRATION, where->ue, -1), SN_N2_STEP_SECURITY, time_ns);
	for (uint8_t i = 0; i < engine->nas_pdu.count; i++) {
		const struct sn_nas_message *nas = &engine->nas_pdu.messages[i];

		if (nas->in_container && nas->type != SN_NAS_SERVICE_REQUEST) {
			/* It was on the wire once already; only what it says in addition counts. */
			if (nas->nssai_count && !ue_at(engine, where->ue)->slice)
				ue_at(engine, where->ue)->slice = sn_n2_label_slice(engine, &nas->nssai[0]);
			continue;
		}
		if (nas->in_container)
			continue;
		if (nas->type == SN_NAS_UL_NAS_TRANSPORT || nas->type == SN_NAS_DL_NAS_TRANSPORT)
			carrier = nas;
		if (nas->epd == SN_NAS_EPD_5GSM)
			session_management(engine, where, nas, carrier, uplink, time_ns);
		else if (uplink)
			uplink_5gmm(engine, where, nas, time_ns);
		else
			downlink_5gmm(engine, where, nas, time_ns);
	}
}

/*
 * An initial context is set up only for a UE that the AMF has let in (TS 23.502 4.2.2.2.2 step 21, 4.2.3.2 step 12). Where NAS
 * can be read the accept ends the chain, before this or after.
 */
void sn_n2_infer_context_setup(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);

	if (ue_at(engine, where->ue)->cipher == SN_NEA0)
		return;
	if (index)
		sn_n2_registration_succeeded(engine, index, ue_at(engine, where->ue)->slice, true, time_ns);
	service_accepted(engine, where, true, time_ns);
}

/* The release that ends what still waits. normal-release without an accept that could be read: a request that needs no context
 * has been accepted; an initial registration would have got one. */
static void registration_released(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint16_t cause, bool unread,
				  uint64_t time_ns)
{
	uint32_t index = chain_of(engine, SN_N2_REGISTRATION, where->ue, -1);

	if (index && unread && cause == NORMAL_RELEASE && attempt_at(engine, index)->detail != SN_NAS_REGISTRATION_INITIAL)
		sn_n2_registration_succeeded(engine, index, SN_LABEL_NONE, true, time_ns);
	else if (index)
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, cause, time_ns);
	if (unread && cause == NORMAL_RELEASE)
		service_accepted(engine, where, true, time_ns);
	else
		chain_fail(engine, SN_N2_SERVICE_REQUEST, where->ue, -1, cause, time_ns);
}

void sn_n2_infer_release(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint16_t cause, uint64_t time_ns)
{
	struct sn_n2_ue *ue = ue_at(engine, where->ue);
	bool unread = ue->cipher != SN_NEA0;
	uint32_t index;

	if (ue->connection != where->connection)
		return; /* an old context is cleaned up; the UE goes on elsewhere */
	registration_released(engine, where, cause, unread, time_ns);
	while ((index = chain_of(engine, SN_N2_PDU_SESSION_ESTABLISHMENT, where->ue, -1)))
		sn_n2_attempt_end(engine, index, SN_N2_FAILURE, cause, time_ns);
	/* Where the UE arrives is not seen when that is in EPS, or at another AMF. */
	index = chain_of(engine, SN_N2_N2_HANDOVER, where->ue, -1);
	if (index)
		sn_n2_attempt_end(engine, index, cause == SUCCESSFUL_HANDOVER ? SN_N2_SUCCESS : SN_N2_FAILURE,
				  cause == SUCCESSFUL_HANDOVER ? 0 : cause, time_ns);
	if (chain_of(engine, SN_N2_DEREGISTRATION, where->ue, -1))
		deregistration_done(engine, where, unread, time_ns);
	else if (cause == DEREGISTER)
		sn_n2_ue_registered_set(engine, ue, false);
}
