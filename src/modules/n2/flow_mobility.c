/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Handover by N2 (TS 38.413 8.4.1 to 8.4.3, 8.4.5) and by Xn (8.4.4): one UE, two connections. Who is handed over to where
 * is found by the target that Handover Required names, else by order of arrival at the same AMF.
 */
#include "modules/n2/engine.h"

static uint32_t handover_of(struct sn_n2_engine *engine, uint32_t ue)
{
	return sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_N2_HANDOVER, SN_N2_OWNER_UE, ue, -1);
}

#define MAX_SEARCH 1024 /* of handovers that wait at once */

/* An attempt of the handover chain keeps the target in `step_begin_ns`, which this chain has no other use for: id + 1, or 0 when
 * not named. */
static void target_set(struct sn_n2_attempt *attempt, const struct sn_ran_node_id *target)
{
	attempt->step_begin_ns = target->present ? target->id + 1 : 0;
}

uint32_t sn_n2_mobility_target_ue(struct sn_n2_engine *engine, uint32_t association_index)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, association_index);
	uint32_t i = engine->queues[SN_N2_KIND_CHAIN + SN_N2_N2_HANDOVER].first;

	for (unsigned n = 0; i && n < MAX_SEARCH; n++) {
		struct sn_n2_attempt *attempt = sn_pool_at(&engine->attempts, i);
		bool named = attempt->step_begin_ns && association->ran_node.present;

		if (!attempt->accepted && attempt->amf == association->amf &&
		    (!named || attempt->step_begin_ns - 1 == association->ran_node.id)) {
			attempt->accepted = true;
			return attempt->owner;
		}
		i = attempt->later;
	}
	return 0;
}

uint32_t sn_n2_mobility_path_switch_ue(struct sn_n2_engine *engine, uint32_t association_index, uint64_t source_amf_ue_ngap_id)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, association_index);

	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *source = sn_pool_at(&engine->associations, i);
		uint32_t index;

		if (!source->used || !source->connections || source->amf != association->amf)
			continue;
		index = sn_map_get(&engine->by_amf_id, (struct sn_map_key) { .a = i, .b = source_amf_ue_ngap_id });
		if (index)
			return ((struct sn_n2_connection *)sn_pool_at(&engine->connections, index))->ue;
	}
	return 0;
}

static void measure(struct sn_n2_engine *engine, const struct sn_n2_where *where, enum sn_n2_measurement measurement,
		    uint16_t cause)
{
	sn_n2_measure(engine, where, &(struct sn_n2_measure) { .measurement = measurement, .cause = cause });
}

/* The handover type stands in the request only, so its outcome is counted as the request was. */
static bool towards_eps(struct sn_n2_engine *engine, uint32_t chain)
{
	return chain && ((struct sn_n2_attempt *)sn_pool_at(&engine->attempts, chain))->detail == 1;
}

static void preparation(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t chain = handover_of(engine, where->ue);
	uint16_t cause = sn_n2_cause_of(&engine->ngap.cause);
	bool eps;

	switch ((enum sn_ap_pdu)engine->ngap.pdu) {
	case SN_AP_INITIATING:
		eps = (engine->ngap.fields & SN_NGAP_HAS_HANDOVER_TYPE) && engine->ngap.handover_type == 1;
		if (chain)
			sn_n2_attempt_end(engine, chain, SN_N2_NO_RESPONSE, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_SUPERSEDED),
					  time_ns);
		chain = sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + SN_N2_N2_HANDOVER, SN_N2_OWNER_UE, where, time_ns);
		if (chain) {
			struct sn_n2_attempt *attempt = sn_pool_at(&engine->attempts, chain);

			attempt->detail = eps;
			target_set(attempt, &engine->ngap.ran_node);
		}
		measure(engine, where, eps ? SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_REQ : SN_N2_MM_HO_PREP_INTER_REQ, 0);
		break;
	case SN_AP_SUCCESSFUL:
		eps = towards_eps(engine, chain);
		measure(engine, where, eps ? SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_SUCC : SN_N2_MM_HO_PREP_INTER_SUCC, 0);
		break;
	case SN_AP_UNSUCCESSFUL:
		eps = towards_eps(engine, chain);
		measure(engine, where, eps ? SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_FAIL : SN_N2_MM_HO_PREP_INTER_FAIL, cause);
		if (chain)
			sn_n2_attempt_end(engine, chain, SN_N2_FAILURE, cause, time_ns);
		break;
	case _SN_AP_PDU_MAX:
		break;
	}
}

static void resource_allocation(struct sn_n2_engine *engine, const struct sn_n2_where *where)
{
	struct sn_n2_connection *connection = sn_pool_at(&engine->connections, where->connection);
	bool eps;

	if (engine->ngap.pdu == SN_AP_INITIATING)
		connection->from_eps = (engine->ngap.fields & SN_NGAP_HAS_HANDOVER_TYPE) && engine->ngap.handover_type == 2;
	eps = connection->from_eps;
	switch ((enum sn_ap_pdu)engine->ngap.pdu) {
	case SN_AP_INITIATING:
		measure(engine, where, eps ? SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_REQ : SN_N2_MM_HO_RES_ALLO_INTER_REQ, 0);
		break;
	case SN_AP_SUCCESSFUL:
		measure(engine, where, eps ? SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_SUCC : SN_N2_MM_HO_RES_ALLO_INTER_SUCC, 0);
		break;
	case SN_AP_UNSUCCESSFUL:
		measure(engine, where, eps ? SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_FAIL : SN_N2_MM_HO_RES_ALLO_INTER_FAIL,
			sn_n2_cause_of(&engine->ngap.cause));
		break;
	case _SN_AP_PDU_MAX:
		break;
	}
}

static void notification(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);
	uint32_t chain = handover_of(engine, where->ue);

	ue->connection = where->connection;
	if (chain)
		sn_n2_attempt_end(engine, chain, SN_N2_SUCCESS, 0, time_ns);
}

/* The UE's other connection that bears the AMF UE NGAP id of the source; 0 when there is none. */
static uint32_t source_find(struct sn_n2_engine *engine, const struct sn_n2_where *where)
{
	const struct sn_n2_ue *ue = sn_pool_at(&engine->ues, where->ue);

	for (uint32_t i = ue->connections; i;) {
		const struct sn_n2_connection *connection = sn_pool_at(&engine->connections, i);

		if (i != where->connection && connection->has_amf_id &&
		    connection->amf_ue_ngap_id == engine->ngap.source_amf_ue_ngap_id)
			return i;
		i = connection->ue_next;
	}
	return 0;
}

static bool is_of_ue(struct sn_n2_engine *engine, uint32_t connection, uint32_t ue)
{
	for (uint32_t i = ((struct sn_n2_ue *)sn_pool_at(&engine->ues, ue))->connections; i;
	     i = ((struct sn_n2_connection *)sn_pool_at(&engine->connections, i))->ue_next)
		if (i == connection)
			return true;
	return false;
}

/* At a handover by Xn the source releases its context without a word to the AMF: its connection ends with the acknowledge. The
 * attempt keeps it in `step_begin_ns`. */
static void path_switch(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t chain = sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + SN_N2_XN_HANDOVER, SN_N2_OWNER_UE, where->ue, -1), source;

	if (engine->ngap.pdu == SN_AP_INITIATING) {
		if (chain)
			sn_n2_attempt_end(engine, chain, SN_N2_NO_RESPONSE, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_SUPERSEDED),
					  time_ns);
		chain = sn_n2_attempt_begin(engine, SN_N2_KIND_CHAIN + SN_N2_XN_HANDOVER, SN_N2_OWNER_UE, where, time_ns);
		if (chain)
			((struct sn_n2_attempt *)sn_pool_at(&engine->attempts, chain))->step_begin_ns =
				source_find(engine, where);
		return;
	}
	if (!chain)
		return;
	source = (uint32_t)((struct sn_n2_attempt *)sn_pool_at(&engine->attempts, chain))->step_begin_ns;
	source = source != where->connection && is_of_ue(engine, source, where->ue) ? source : 0;
	if (engine->ngap.pdu == SN_AP_SUCCESSFUL) {
		sn_n2_attempt_end(engine, chain, SN_N2_SUCCESS, 0, time_ns);
		if (source)
			sn_n2_connection_close(engine, source, 0, time_ns);
		return;
	}
	sn_n2_attempt_end(engine, chain, SN_N2_FAILURE, sn_n2_cause_of(&engine->ngap.cause), time_ns);
	if (source) /* where it stays, if it can */
		((struct sn_n2_ue *)sn_pool_at(&engine->ues, where->ue))->connection = source;
}

static void cancel(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	uint32_t chain = handover_of(engine, where->ue);

	if (engine->ngap.pdu == SN_AP_INITIATING && chain)
		sn_n2_attempt_end(engine, chain, SN_N2_FAILURE, sn_n2_cause_of(&engine->ngap.cause), time_ns);
}

void sn_n2_flow_mobility(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns)
{
	switch (engine->ngap.procedure_code) {
	case SN_NGAP_HANDOVER_PREPARATION:
		preparation(engine, where, time_ns);
		break;
	case SN_NGAP_HANDOVER_RESOURCE_ALLOCATION:
		resource_allocation(engine, where);
		break;
	case SN_NGAP_HANDOVER_NOTIFICATION:
		notification(engine, where, time_ns);
		break;
	case SN_NGAP_PATH_SWITCH_REQUEST:
		path_switch(engine, where, time_ns);
		break;
	case SN_NGAP_HANDOVER_CANCEL:
		cancel(engine, where, time_ns);
		break;
	default:
		break;
	}
}
