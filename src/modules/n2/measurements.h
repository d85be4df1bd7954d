/* SPDX-License-Identifier: Apache-2.0 */
/** @file The measurements of TS 28.552 that N2 shows, by name; the table in measurements.c says what triggers each. */
#ifndef SN_N2_MEASUREMENTS_H
#define SN_N2_MEASUREMENTS_H

#include <stdbool.h>
#include <stdint.h>

/** Append-only. */
enum sn_n2_measurement {
	SN_N2_RM_REG_INIT_REQ,
	SN_N2_RM_REG_MOB_REQ,
	SN_N2_RM_REG_PERIOD_REQ,
	SN_N2_RM_REG_EMERG_REQ,
	SN_N2_RM_REG_INIT_SUCC,
	SN_N2_RM_REG_MOB_SUCC,
	SN_N2_RM_REG_PERIOD_SUCC,
	SN_N2_RM_REG_EMERG_SUCC,
	SN_N2_RM_REG_TIME_MEAN,
	SN_N2_RM_REG_TIME_MAX,
	SN_N2_RM_REGISTERED_SUB_NBR_MEAN,
	SN_N2_RM_REGISTERED_SUB_NBR_MAX,
	SN_N2_MM_SERVICE_REQ_TOTAL_ATT,
	SN_N2_MM_SERVICE_REQ_TOTAL_SUCC,
	SN_N2_MM_PAGING_5G_REQ,
	SN_N2_MM_PAGING_5G_SUCC,
	SN_N2_MM_CONF_UPDATE,
	SN_N2_MM_CONF_UPDATE_SUCC,
	SN_N2_AMF_AUTH_REQ,
	SN_N2_AMF_AUTH_FAIL,
	SN_N2_AMF_AUTH_REJECT,
	SN_N2_UECNTX_CONN_ESTAB_ATT,
	SN_N2_UECNTX_CONN_ESTAB_SUCC,
	SN_N2_SM_PDU_SESSION_SETUP_REQ,
	SN_N2_SM_PDU_SESSION_SETUP_SUCC,
	SN_N2_SM_PDU_SESSION_SETUP_FAIL,
	SN_N2_QF_ESTAB_ATT_NBR,
	SN_N2_QF_ESTAB_SUCC_NBR,
	SN_N2_QF_ESTAB_FAIL_NBR,
	SN_N2_QF_INITIAL_ESTAB_ATT_NBR,
	SN_N2_QF_INITIAL_ESTAB_SUCC_NBR,
	SN_N2_QF_INITIAL_ESTAB_FAIL_NBR,
	SN_N2_QF_MOD_NBR_ATT,
	SN_N2_QF_MOD_NBR_SUCC,
	SN_N2_QF_MOD_NBR_FAIL,
	SN_N2_QF_RELEASE_ATT_NBR,
	SN_N2_MM_HO_PREP_INTER_REQ,
	SN_N2_MM_HO_PREP_INTER_SUCC,
	SN_N2_MM_HO_PREP_INTER_FAIL,
	SN_N2_MM_HO_RES_ALLO_INTER_REQ,
	SN_N2_MM_HO_RES_ALLO_INTER_SUCC,
	SN_N2_MM_HO_RES_ALLO_INTER_FAIL,
	SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_REQ,
	SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_SUCC,
	SN_N2_MM_HO_OUT_5GS_TO_EPS_PREP_FAIL,
	SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_REQ,
	SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_SUCC,
	SN_N2_MM_HO_INC_EPS_TO_5GS_RES_ALLO_FAIL,
	_SN_N2_MEASUREMENT_MAX,
};

/** How a measurement stands when NAS is ciphered. */
enum sn_n2_source {
	SN_N2_CLEAR,	 /* always on the wire in clear */
	SN_N2_NAS_INFER, /* in NAS after Security Mode Command; concluded from NGAP when ciphered */
	SN_N2_NAS_ONLY,	 /* in NAS after Security Mode Command; not to be had when ciphered */
	SN_N2_STATE,	 /* from the state machine, sampled: always inferred */
};

struct sn_n2_measurement_info {
	const char *name;    /* TS 28.552 */
	const char *trigger; /* what is counted */
	uint8_t source;	     /* enum sn_n2_source */
	bool gauge;	     /* else a counter */
};
extern const struct sn_n2_measurement_info sn_n2_measurements[_SN_N2_MEASUREMENT_MAX];

#endif
