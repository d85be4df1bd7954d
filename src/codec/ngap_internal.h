/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the files of the NGAP decoder share: types of TS 38.413 clause 9.4.5 that occur in several places. */
#ifndef SN_CODEC_NGAP_INTERNAL_H
#define SN_CODEC_NGAP_INTERNAL_H

#include "codec/ngap.h"
#include "codec/per_type.h"

/** Protocol IE ids (TS 38.413 clause 9.4.7) of which the contents are read. */
enum ngap_ie {
	NGAP_IE_ALLOWED_NSSAI = 0,
	NGAP_IE_AMF_NAME = 1,
	NGAP_IE_AMF_UE_NGAP_ID = 10,
	NGAP_IE_CAUSE = 15,
	NGAP_IE_CRITICALITY_DIAGNOSTICS = 19,
	NGAP_IE_FIVEG_S_TMSI = 26,
	NGAP_IE_GLOBAL_RAN_NODE_ID = 27,
	NGAP_IE_GUAMI = 28,
	NGAP_IE_HANDOVER_TYPE = 29,
	NGAP_IE_NAS_PDU = 38,
	NGAP_IE_NEW_AMF_UE_NGAP_ID = 40,
	NGAP_IE_SESSION_ADMITTED_LIST = 53,
	NGAP_IE_SESSION_FAILED_TO_MODIFY_MOD_RES = 54,
	NGAP_IE_SESSION_FAILED_TO_SETUP_CXT_RES = 55,
	NGAP_IE_SESSION_FAILED_TO_SETUP_HO_ACK = 56,
	NGAP_IE_SESSION_FAILED_TO_SETUP_PS_REQ = 57,
	NGAP_IE_SESSION_FAILED_TO_SETUP_SU_RES = 58,
	NGAP_IE_SESSION_HANDOVER_LIST = 59,
	NGAP_IE_SESSION_CXT_REL_CPL = 60,
	NGAP_IE_SESSION_HO_RQD = 61,
	NGAP_IE_SESSION_MODIFY_MOD_CFM = 62,
	NGAP_IE_SESSION_MODIFY_MOD_IND = 63,
	NGAP_IE_SESSION_MODIFY_MOD_REQ = 64,
	NGAP_IE_SESSION_MODIFY_MOD_RES = 65,
	NGAP_IE_SESSION_NOTIFY_LIST = 66,
	NGAP_IE_SESSION_RELEASED_NOT = 67,
	NGAP_IE_SESSION_RELEASED_PS_ACK = 68,
	NGAP_IE_SESSION_RELEASED_PS_FAIL = 69,
	NGAP_IE_SESSION_RELEASED_REL_RES = 70,
	NGAP_IE_SESSION_SETUP_CXT_REQ = 71,
	NGAP_IE_SESSION_SETUP_CXT_RES = 72,
	NGAP_IE_SESSION_SETUP_HO_REQ = 73,
	NGAP_IE_SESSION_SETUP_SU_REQ = 74,
	NGAP_IE_SESSION_SETUP_SU_RES = 75,
	NGAP_IE_SESSION_TO_BE_SWITCHED_DL = 76,
	NGAP_IE_SESSION_SWITCHED = 77,
	NGAP_IE_SESSION_TO_RELEASE_HO_CMD = 78,
	NGAP_IE_SESSION_TO_RELEASE_REL_CMD = 79,
	NGAP_IE_RAN_NODE_NAME = 82,
	NGAP_IE_RAN_UE_NGAP_ID = 85,
	NGAP_IE_RESET_TYPE = 88,
	NGAP_IE_RRC_ESTABLISHMENT_CAUSE = 90,
	NGAP_IE_SERVED_GUAMI_LIST = 96,
	NGAP_IE_SOURCE_AMF_UE_NGAP_ID = 100,
	NGAP_IE_SUPPORTED_TA_LIST = 102,
	NGAP_IE_TAI_LIST_FOR_PAGING = 103,
	NGAP_IE_TARGET_ID = 105,
	NGAP_IE_UE_CONNECTION_LIST = 111,
	NGAP_IE_UE_CONTEXT_REQUEST = 112,
	NGAP_IE_UE_NGAP_IDS = 114,
	NGAP_IE_UE_PAGING_IDENTITY = 115,
	NGAP_IE_USER_LOCATION = 121,
	NGAP_IE_SESSION_FAILED_TO_MODIFY_MOD_CFM = 131,
	NGAP_IE_SESSION_FAILED_TO_SETUP_CXT_FAIL = 132,
	NGAP_IE_SESSION_CXT_REL_REQ = 133,
	NGAP_IE_PDU_SESSION_TYPE = 134,
	NGAP_IE_FLOW_ADD_OR_MODIFY_REQUEST_LIST = 135,
	NGAP_IE_FLOW_SETUP_REQUEST_LIST = 136,
	NGAP_IE_FLOW_TO_RELEASE_LIST = 137,
	NGAP_IE_UL_TUNNEL = 139,
	NGAP_IE_UL_TUNNEL_MODIFY_LIST = 140,
	NGAP_IE_S_NSSAI = 148,
	NGAP_IE_GLOBAL_TNGF_ID = 240,
	NGAP_IE_GLOBAL_TWIF_ID = 241,
	NGAP_IE_GLOBAL_W_AGF_ID = 242,
	NGAP_IE_EXTENDED_RAN_NODE_NAME = 273,
	NGAP_IE_EXTENDED_AMF_NAME = 274,
	NGAP_IE_FLOW_FAILED_TO_SETUP_LIST = 283,
};

/** Cause, into a struct sn_ngap_cause. */
extern const struct sn_per_type ngap_cause;
/** S-NSSAI, into a struct sn_snssai. */
extern const struct sn_per_type ngap_snssai;
/** UPTransportLayerInformation, into a struct sn_ngap_session that has no address yet; else read and forgotten. */
extern const struct sn_per_type ngap_tunnel;
/** The list of QoS flows in all its forms, into the flows of the message; the value is the struct sn_ngap_session. */
extern const struct sn_per_type ngap_flows_setup, ngap_flows_add_or_modify, ngap_flows_associated,
	ngap_flows_associated_requested, ngap_flows_accepted, ngap_flows_forwarding, ngap_flows_notify, ngap_flows_failed,
	ngap_flows_released, ngap_flows_to_be_forwarded, ngap_flows_associated_forgotten;

/** Lists of PDU session items, into the sessions of the message; by the PDU session resource lists of clause 9.4.4. */
extern const struct sn_per_type ngap_sessions_setup_request, ngap_sessions_setup_response, ngap_sessions_setup_failed,
	ngap_sessions_modify_request, ngap_sessions_modify_response, ngap_sessions_modify_failed, ngap_sessions_modify_indication,
	ngap_sessions_modify_confirm, ngap_sessions_modify_ind_failed, ngap_sessions_release_command,
	ngap_sessions_release_response, ngap_sessions_notify, ngap_sessions_notify_released, ngap_sessions_handover_required,
	ngap_sessions_handover_request, ngap_sessions_handover_admitted, ngap_sessions_handover_failed,
	ngap_sessions_handover_command, ngap_sessions_handover_release, ngap_sessions_path_switch,
	ngap_sessions_path_switch_failed, ngap_sessions_path_switched, ngap_sessions_path_released, ngap_sessions_context_release;

/** The contents of every NGAP message: SEQUENCE { protocolIEs, ... }, into a struct sn_ngap_message. */
extern const struct sn_per_type ngap_message;

/** Root values of the enumeration of a cause group (9.3.1.2); what is beyond continues their numbers. */
extern const uint8_t ngap_cause_roots[_SN_NGAP_CAUSE_GROUP_MAX];

#endif
