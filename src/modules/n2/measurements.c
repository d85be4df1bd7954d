/* SPDX-License-Identifier: Apache-2.0 */
/** @file The table of measurements, and the counting of them by label. */
#include "modules/n2/measurements.h"

#include "base/macro.h"
#include "modules/n2/engine.h"

const struct sn_n2_measurement_info sn_n2_measurements[] = {
	[SN_N2_RM_REG_INIT_REQ] = { "RM.RegInitReq", "Registration request of type initial", SN_N2_CLEAR, false },
	[SN_N2_RM_REG_MOB_REQ] = { "RM.RegMobReq", "Registration request of type mobility registration updating", SN_N2_CLEAR,
				   false },
	[SN_N2_RM_REG_PERIOD_REQ] = { "RM.RegPeriodReq", "Registration request of type periodic registration updating",
				      SN_N2_CLEAR, false },
	[SN_N2_RM_REG_EMERG_REQ] = { "RM.RegEmergReq", "Registration request of type emergency", SN_N2_CLEAR, false },
	[SN_N2_RM_REG_INIT_SUCC] = { "RM.RegInitSucc", "Registration accept after an initial request", SN_N2_NAS_INFER, false },
	[SN_N2_RM_REG_MOB_SUCC] = { "RM.RegMobSucc", "Registration accept after a mobility request", SN_N2_NAS_INFER, false },
	[SN_N2_RM_REG_PERIOD_SUCC] = { "RM.RegPeriodSucc", "Registration accept after a periodic request", SN_N2_NAS_INFER,
				       false },
	[SN_N2_RM_REG_EMERG_SUCC] = { "RM.RegEmergSucc", "Registration accept after an emergency request", SN_N2_NAS_INFER,
				      false },
	[SN_N2_RM_REG_TIME_MEAN] = { "RM.RegTimeMean", "ms from Registration request to Registration accept, mean",
				     SN_N2_NAS_INFER, true },
	[SN_N2_RM_REG_TIME_MAX] = { "RM.RegTimeMax", "ms from Registration request to Registration accept, maximum",
				    SN_N2_NAS_INFER, true },
	[SN_N2_RM_REGISTERED_SUB_NBR_MEAN] = { "RM.RegisteredSubNbrMean", "registered subscribers, sampled, mean", SN_N2_STATE,
					       true },
	[SN_N2_RM_REGISTERED_SUB_NBR_MAX] = { "RM.RegisteredSubNbrMax", "registered subscribers, sampled, maximum", SN_N2_STATE,
					      true },
	[SN_N2_MM_SERVICE_REQ_TOTAL_ATT] = { "MM.ServiceReqTotalAtt", "Service request", SN_N2_CLEAR, false },
	[SN_N2_MM_SERVICE_REQ_TOTAL_SUCC] = { "MM.ServiceReqTotalSucc", "Service accept", SN_N2_NAS_INFER, false },
	[SN_N2_MM_PAGING_5G_REQ] = { "MM.Paging5GReq", "first Paging of a UE", SN_N2_CLEAR, false },
	[SN_N2_MM_PAGING_5G_SUCC] = { "MM.Paging5GSucc", "Service request or Registration request of a paged UE", SN_N2_CLEAR,
				      false },
	[SN_N2_MM_CONF_UPDATE] = { "MM.ConfUpdate", "Configuration update command", SN_N2_NAS_ONLY, false },
	[SN_N2_MM_CONF_UPDATE_SUCC] = { "MM.ConfUpdateSucc", "Configuration update complete", SN_N2_NAS_ONLY, false },
	[SN_N2_AMF_AUTH_REQ] = { "AMF.AuthReq", "Authentication request", SN_N2_CLEAR, false },
	[SN_N2_AMF_AUTH_FAIL] = { "AMF.AuthFail", "Authentication failure, by 5GMM cause", SN_N2_CLEAR, false },
	[SN_N2_AMF_AUTH_REJECT] = { "AMF.AuthReject", "Authentication reject", SN_N2_CLEAR, false },
	[SN_N2_UECNTX_CONN_ESTAB_ATT] = { "UECNTX.ConnEstabAtt", "Initial UE Message, by RRC establishment cause", SN_N2_CLEAR,
					  false },
	[SN_N2_UECNTX_CONN_ESTAB_SUCC] = { "UECNTX.ConnEstabSucc",
					   "first message of the AMF to a connection, by RRC establishment cause", SN_N2_CLEAR,
					   false },
	[SN_N2_SM_PDU_SESSION_SETUP_REQ] = { "SM.PDUSessionSetupReq",
					     "PDU session asked for in PDU Session Resource Setup or Initial Context Setup",
					     SN_N2_CLEAR, false },
	[SN_N2_SM_PDU_SESSION_SETUP_SUCC] = { "SM.PDUSessionSetupSucc", "PDU session set up by the NG-RAN node", SN_N2_CLEAR,
					      false },
	[SN_N2_SM_PDU_SESSION_SETUP_FAIL] = { "SM.PDUSessionSetupFail", "PDU session the NG-RAN node could not set up, by cause",
					      SN_N2_CLEAR, false },
	[SN_N2_QF_ESTAB_ATT_NBR] = { "QF.EstabAttNbr", "QoS flow asked for in PDU Session Resource Setup", SN_N2_CLEAR, false },
	[SN_N2_QF_ESTAB_SUCC_NBR] = { "QF.EstabSuccNbr", "QoS flow set up in PDU Session Resource Setup", SN_N2_CLEAR, false },
	[SN_N2_QF_ESTAB_FAIL_NBR] = { "QF.EstabFailNbr", "QoS flow not set up in PDU Session Resource Setup, by cause",
				      SN_N2_CLEAR, false },
	[SN_N2_QF_INITIAL_ESTAB_ATT_NBR] = { "QF.InitialEstabAttNbr", "QoS flow asked for in Initial Context Setup", SN_N2_CLEAR,
					     false },
	[SN_N2_QF_INITIAL_ESTAB_SUCC_NBR] = { "QF.InitialEstabSuccNbr", "QoS flow set up in Initial Context Setup", SN_N2_CLEAR,
					      false },
	[SN_N2_QF_INITIAL_ESTAB_FAIL_NBR] = { "QF.InitialEstabFailNbr", "QoS flow not set up in Initial Context Setup, by cause",
					      SN_N2_CLEAR, false },
	[SN_N2_QF_MOD_NBR_ATT] = { "QF.ModNbrAtt", "QoS flow to be added or modified", SN_N2_CLEAR, false },
	[SN_N2_QF_MOD_NBR_SUCC] = { "QF.ModNbrSucc", "QoS flow added or modified", SN_N2_CLEAR, false },
	[SN_N2_QF_MOD_NBR_FAIL] = { "QF.ModNbrFail", "QoS flow not added or modified, by cause", SN_N2_CLEAR, false },
	[SN_N2_QF_RELEASE_ATT_NBR] = { "QF.ReleaseAttNbr", "QoS flow to be released", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_PREP_INTER_REQ] = { "MM.HoPrepInterReq", "Handover Required", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_PREP_INTER_SUCC] = { "MM.HoPrepInterSucc", "Handover Command", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_PREP_INTER_FAIL] = { "MM.HoPrepInterFail", "Handover Preparation Failure, by cause", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_RES_ALLO_INTER_REQ] = { "MM.HoResAlloInterReq", "Handover Request", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_RES_ALLO_INTER_SUCC] = { "MM.HoResAlloInterSucc", "Handover Request Acknowledge", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_RES_ALLO_INTER_FAIL] = { "MM.HoResAlloInterFail", "Handover Failure, by cause", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_REQ] = { "MM.HoOut5gsToEpsPrepReq", "Handover Required towards EPS", SN_N2_CLEAR,
						  false },
	[SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_SUCC] = { "MM.HoOut5gsToEpsPrepSucc", "Handover Command towards EPS", SN_N2_CLEAR,
						   false },
	[SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_FAIL] = { "MM.HoOut5gsToEpsPrepFail",
						   "Handover Preparation Failure towards EPS, by cause", SN_N2_CLEAR, false },
	[SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_REQ] = { "MM.HoIncEpsTo5gsResAlloReq", "Handover Request from EPS", SN_N2_CLEAR,
						      false },
	[SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_SUCC] = { "MM.HoIncEpsTo5gsResAlloSucc", "Handover Request Acknowledge from EPS",
						       SN_N2_CLEAR, false },
	[SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_FAIL] = { "MM.HoIncEpsTo5gsResAlloFail", "Handover Failure from EPS, by cause",
						       SN_N2_CLEAR, false },
};
_Static_assert(SN_ARRAY_SIZE(sn_n2_measurements) == _SN_N2_MEASUREMENT_MAX, "describe every measurement");

static struct sn_n2_measure_cell *cell_of(struct sn_n2_engine *engine, const struct sn_n2_measure_cell *like)
{
	struct sn_map_key key = {
		.a = (uint64_t)like->measurement << 48 | (uint64_t)like->gnb << 32 | (uint64_t)like->amf << 16 | like->slice,
		.b = (uint64_t)like->plmn << 48 | (uint64_t)like->tac << 32 | (uint64_t)like->fiveqi << 16 | like->cause,
	};
	uint32_t index = sn_map_get(&engine->measure_index, key);
	struct sn_n2_measure_cell *cell;
	bool other = like->gnb == SN_LABEL_OTHER && like->amf == SN_LABEL_OTHER && !like->slice && !key.b;

	if (index)
		return sn_pool_at(&engine->measure_cells, index);
	if (!other && engine->measure_cells.live >= engine->limits.max_series)
		return NULL;
	index = sn_pool_take(&engine->measure_cells);
	if (!index)
		return NULL;
	if (sn_map_set(&engine->measure_index, key, index) < 0) {
		sn_pool_give(&engine->measure_cells, index);
		return NULL;
	}
	cell = sn_pool_at(&engine->measure_cells, index);
	*cell = *like;
	return cell;
}

static void count(struct sn_n2_engine *engine, struct sn_n2_measure_cell *like, bool inferred)
{
	struct sn_n2_measure_cell *cell = cell_of(engine, like);

	if (!cell) {
		/* Past the limit of series the value is kept, its labels are not. */
		engine->losses[SN_N2_LOSS_SERIES_LIMIT]++;
		cell = cell_of(engine, &(struct sn_n2_measure_cell) {
					       .measurement = like->measurement, .gnb = SN_LABEL_OTHER, .amf = SN_LABEL_OTHER });
		if (!cell)
			return;
	}
	cell->value++;
	cell->inferred += inferred;
}

void sn_n2_measure(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_n2_measure *measure)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, where->association);
	const struct sn_n2_connection *connection =
		where->connection ? sn_pool_at(&engine->connections, where->connection) : NULL;
	struct sn_n2_measure_cell like = {
		.measurement = (uint16_t)measure->measurement,
		.gnb = association->gnb,
		.amf = association->amf,
		.slice = measure->slice,
		.plmn = connection ? connection->plmn : SN_LABEL_NONE,
		.tac = connection ? connection->tac : SN_LABEL_NONE,
		.fiveqi = measure->fiveqi,
		.cause = measure->cause,
	};

	count(engine, &like, measure->inferred);
}

void sn_n2_measure_attempt(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, const struct sn_n2_measure *measure)
{
	struct sn_n2_measure_cell like = {
		.measurement = (uint16_t)measure->measurement,
		.gnb = attempt->gnb,
		.amf = attempt->amf,
		.slice = measure->slice,
		.plmn = attempt->plmn,
		.tac = attempt->tac,
		.fiveqi = measure->fiveqi,
		.cause = measure->cause,
	};

	count(engine, &like, measure->inferred);
}
