/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file NGAP (TS 38.413, Release 17) in full, and the procedure level of the other application protocols of the
 * RAN that share its frame: XnAP (TS 38.423), F1AP (TS 38.473), E1AP (TS 37.483), S1AP (TS 36.413), X2AP (TS 36.423).
 *
 * Pure: bytes in, struct out, no allocation. Everything of type sn_view points into the caller's message.
 */
#ifndef SN_CODEC_NGAP_H
#define SN_CODEC_NGAP_H

#include "base/bytes.h"
#include "codec/ts23003.h"

/** Application protocols by their SCTP payload protocol identifier (IANA). */
enum sn_ap {
	SN_AP_NGAP, /* PPID 60 (66 over DTLS) */
	SN_AP_XNAP, /* 61 (67) */
	SN_AP_F1AP, /* 62 (68) */
	SN_AP_E1AP, /* 64 (69) */
	SN_AP_S1AP, /* 18 */
	SN_AP_X2AP, /* 27 */
	_SN_AP_MAX,
	SN_AP_UNKNOWN = _SN_AP_MAX,
};

/** The top-level choice, the same in all six protocols. */
enum sn_ap_pdu {
	SN_AP_INITIATING,
	SN_AP_SUCCESSFUL,
	SN_AP_UNSUCCESSFUL,
	_SN_AP_PDU_MAX,
};

/** Procedure codes of TS 38.413 clause 9.4.7; the .c names them all, these are the ones that code refers to. */
enum sn_ngap_procedure {
	SN_NGAP_AMF_CONFIGURATION_UPDATE = 0,
	SN_NGAP_AMF_STATUS_INDICATION = 1,
	SN_NGAP_DOWNLINK_NAS_TRANSPORT = 4,
	SN_NGAP_ERROR_INDICATION = 9,
	SN_NGAP_HANDOVER_CANCEL = 10,
	SN_NGAP_HANDOVER_NOTIFICATION = 11,
	SN_NGAP_HANDOVER_PREPARATION = 12,
	SN_NGAP_HANDOVER_RESOURCE_ALLOCATION = 13,
	SN_NGAP_INITIAL_CONTEXT_SETUP = 14,
	SN_NGAP_INITIAL_UE_MESSAGE = 15,
	SN_NGAP_NG_RESET = 20,
	SN_NGAP_NG_SETUP = 21,
	SN_NGAP_PAGING = 24,
	SN_NGAP_PATH_SWITCH_REQUEST = 25,
	SN_NGAP_PDU_SESSION_RESOURCE_MODIFY = 26,
	SN_NGAP_PDU_SESSION_RESOURCE_MODIFY_INDICATION = 27,
	SN_NGAP_PDU_SESSION_RESOURCE_RELEASE = 28,
	SN_NGAP_PDU_SESSION_RESOURCE_SETUP = 29,
	SN_NGAP_PDU_SESSION_RESOURCE_NOTIFY = 30,
	SN_NGAP_RAN_CONFIGURATION_UPDATE = 35,
	SN_NGAP_REROUTE_NAS_REQUEST = 36,
	SN_NGAP_UE_CONTEXT_MODIFICATION = 40,
	SN_NGAP_UE_CONTEXT_RELEASE = 41,
	SN_NGAP_UE_CONTEXT_RELEASE_REQUEST = 42,
	SN_NGAP_UPLINK_NAS_TRANSPORT = 46,
	SN_NGAP_UE_CONTEXT_RESUME = 58,
	SN_NGAP_UE_CONTEXT_SUSPEND = 59,
};

/** Cause (TS 38.413 9.3.1.2): the choice and the enumeration value within it (values past the root keep their numbers). */
enum sn_ngap_cause_group {
	SN_NGAP_CAUSE_RADIO_NETWORK,
	SN_NGAP_CAUSE_TRANSPORT,
	SN_NGAP_CAUSE_NAS,
	SN_NGAP_CAUSE_PROTOCOL,
	SN_NGAP_CAUSE_MISC,
	_SN_NGAP_CAUSE_GROUP_MAX,
};
struct sn_ngap_cause {
	uint8_t group;
	uint8_t value;
	bool present;
};

/** What a PDU session item in a message says. */
enum sn_ngap_session_kind {
	SN_NGAP_SESSION_SETUP_REQUEST,	    /* PDUSessionResourceSetupListSUReq, …CxtReq */
	SN_NGAP_SESSION_SETUP_RESPONSE,	    /* …SetupListSURes, …CxtRes */
	SN_NGAP_SESSION_SETUP_FAILED,	    /* …FailedToSetupListSURes, …CxtRes, …CxtFail */
	SN_NGAP_SESSION_MODIFY_REQUEST,	    /* …ModifyListModReq */
	SN_NGAP_SESSION_MODIFY_RESPONSE,    /* …ModifyListModRes */
	SN_NGAP_SESSION_MODIFY_FAILED,	    /* …FailedToModifyListModRes */
	SN_NGAP_SESSION_MODIFY_INDICATION,  /* …ModifyListModInd */
	SN_NGAP_SESSION_MODIFY_CONFIRM,	    /* …ModifyListModCfm */
	SN_NGAP_SESSION_MODIFY_IND_FAILED,  /* …FailedToModifyListModCfm */
	SN_NGAP_SESSION_RELEASE_COMMAND,    /* …ToReleaseListRelCmd */
	SN_NGAP_SESSION_RELEASE_RESPONSE,   /* …ReleasedListRelRes */
	SN_NGAP_SESSION_NOTIFY,		    /* …NotifyList */
	SN_NGAP_SESSION_NOTIFY_RELEASED,    /* …ReleasedListNot */
	SN_NGAP_SESSION_HANDOVER_REQUIRED,  /* …ListHORqd */
	SN_NGAP_SESSION_HANDOVER_REQUEST,   /* …SetupListHOReq */
	SN_NGAP_SESSION_HANDOVER_ADMITTED,  /* …AdmittedList */
	SN_NGAP_SESSION_HANDOVER_FAILED,    /* …FailedToSetupListHOAck */
	SN_NGAP_SESSION_HANDOVER_COMMAND,   /* …HandoverList */
	SN_NGAP_SESSION_HANDOVER_RELEASE,   /* …ToReleaseListHOCmd */
	SN_NGAP_SESSION_PATH_SWITCH,	    /* …ToBeSwitchedDLList */
	SN_NGAP_SESSION_PATH_SWITCH_FAILED, /* …FailedToSetupListPSReq */
	SN_NGAP_SESSION_PATH_SWITCHED,	    /* …SwitchedList */
	SN_NGAP_SESSION_PATH_RELEASED,	    /* …ReleasedListPSAck, …PSFail */
	SN_NGAP_SESSION_CONTEXT_RELEASE,    /* …ListCxtRelReq, …ListCxtRelCpl */
	_SN_NGAP_SESSION_KIND_MAX,
};

struct sn_ngap_session {
	struct sn_view nas;	    /* the item's own NAS-PDU, or empty */
	struct sn_snssai snssai;    /* not present where the item has none */
	struct sn_ngap_cause cause; /* of the unsuccessful transfer, release command transfer, … */
	uint32_t gtp_teid;	    /* of the first tunnel of the transfer; valid when address_len is not 0 */
	uint16_t first_flow;	    /* index into sn_ngap_message.flows */
	uint16_t flows;		    /* how many of them belong to this session */
	uint8_t kind;		    /* enum sn_ngap_session_kind */
	uint8_t pdu_session_id;
	uint8_t pdu_session_type; /* 0 ipv4, 1 ipv6, 2 ipv4v6, 3 ethernet, 4 unstructured; 0xff unknown */
	uint8_t address_len;	  /* 0, 4, 16 or 20 (IPv4 then IPv6) octets */
	uint8_t address[20];
};

enum sn_ngap_flow_kind {
	SN_NGAP_FLOW_REQUESTED, /* to be set up, added or modified */
	SN_NGAP_FLOW_ACCEPTED,
	SN_NGAP_FLOW_FAILED,
	SN_NGAP_FLOW_RELEASE,
};
struct sn_ngap_flow {
	struct sn_ngap_cause cause;
	uint16_t fiveqi; /* 0: not said in this message */
	uint8_t kind;	 /* enum sn_ngap_flow_kind */
	uint8_t qfi;
};

/** User location (9.3.1.16), NR, E-UTRA or N3IWF. */
struct sn_ngap_location {
	struct sn_tai tai;
	sn_plmn_t cell_plmn;
	uint64_t cell_id; /* NR cell identity (36 bits) or E-UTRA cell identity (28) */
	bool cell_present;
	bool nr;
};

#define SN_NGAP_MAX_SESSIONS	    64
#define SN_NGAP_MAX_FLOWS	    256
#define SN_NGAP_MAX_SUPPORTED_TAIS  16
#define SN_NGAP_MAX_UE_ASSOCIATIONS 256 /* NG Reset, UE associated connection list */

struct sn_ngap_ue_pair {
	uint64_t amf_ue_ngap_id;
	uint32_t ran_ue_ngap_id;
	bool has_amf_id;
	bool has_ran_id;
};

/** Which scalar fields of sn_ngap_message are set. */
enum sn_ngap_field {
	SN_NGAP_HAS_AMF_UE_ID = 1u << 0,
	SN_NGAP_HAS_RAN_UE_ID = 1u << 1,
	SN_NGAP_HAS_ESTABLISHMENT_CAUSE = 1u << 2,
	SN_NGAP_HAS_UE_CONTEXT_REQUEST = 1u << 3,
	SN_NGAP_HAS_HANDOVER_TYPE = 1u << 4,
	SN_NGAP_HAS_RESET_ALL = 1u << 5,
	SN_NGAP_HAS_SOURCE_AMF_UE_ID = 1u << 6, /* Path Switch Request */
	SN_NGAP_HAS_CRITICALITY_DIAGNOSTICS = 1u << 7,
	SN_NGAP_IN_5G_TARGET = 1u << 8,	     /* Handover Required: target is an NG-RAN node (else E-UTRAN) */
	SN_NGAP_HAS_NEW_AMF_UE_ID = 1u << 9, /* UE Context Modification Request */
};

/**
 * One message. Decoding sets every scalar and every count; array elements past their count are not
 * written, so the struct need not be cleared and a decode touches only what the message holds.
 */
struct sn_ngap_message {
	uint8_t protocol; /* enum sn_ap */
	uint8_t pdu;	  /* enum sn_ap_pdu */
	uint8_t procedure_code;
	uint8_t criticality; /* 0 reject, 1 ignore, 2 notify */
	uint32_t fields;     /* enum sn_ngap_field */
	uint64_t amf_ue_ngap_id;
	uint64_t source_amf_ue_ngap_id;
	uint64_t new_amf_ue_ngap_id;
	uint32_t ran_ue_ngap_id;
	uint8_t rrc_establishment_cause;
	uint8_t handover_type; /* 0 intra5gs, 1 fivegs-to-eps, 2 eps-to-5gs, 3 fivegs-to-utran */
	bool truncated_lists;  /* a list held more items than this struct takes; the rest was skipped */
	struct sn_ngap_cause cause;
	struct sn_view nas; /* the message's NAS-PDU, or empty */
	struct sn_ngap_location location;
	struct sn_ran_node_id ran_node; /* Global RAN Node ID; in Handover Required the target's */
	struct sn_view ran_node_name;	/* printable string, as sent */
	struct sn_view amf_name;
	struct sn_guami guami;	 /* GUAMI, or the first of the served GUAMI list */
	struct sn_s_tmsi s_tmsi; /* 5G-S-TMSI, or the UE paging identity */
	uint16_t session_count;
	uint16_t flow_count;
	uint16_t tai_count;
	uint16_t allowed_nssai_count;
	uint16_t ue_pair_count;
	struct sn_ngap_session sessions[SN_NGAP_MAX_SESSIONS];
	struct sn_ngap_flow flows[SN_NGAP_MAX_FLOWS];
	struct sn_tai tais[SN_NGAP_MAX_SUPPORTED_TAIS]; /* supported TA list (NG Setup) or TAI list for paging */
	struct sn_snssai allowed_nssai[8];
	struct sn_ngap_ue_pair ue_pairs[SN_NGAP_MAX_UE_ASSOCIATIONS]; /* NG Reset and its acknowledge */
};

/** The protocol of an SCTP payload protocol identifier; SN_AP_UNKNOWN when it is none of these. */
enum sn_ap sn_ap_of_ppid(uint32_t ppid);
const char *sn_ap_name(enum sn_ap protocol);
/** "initiatingMessage", "successfulOutcome", "unsuccessfulOutcome" (TS 38.413 9.4.3). */
const char *sn_ap_pdu_name(enum sn_ap_pdu pdu);
/** The elementary procedure by its ASN.1 name without the prefix "id-" ("InitialContextSetup"); NULL when the code is not known.
 */
const char *sn_ap_procedure_name(enum sn_ap protocol, uint8_t procedure_code);
/** "radioNetwork", "transport", "nas", "protocol", "misc". */
const char *sn_ngap_cause_group_name(uint8_t group);
/** The cause by its ASN.1 name ("radio-connection-with-ue-lost"); NULL when the value is not known. */
const char *sn_ngap_cause_name(uint8_t group, uint8_t value);
/** "mo-Signalling", …; NULL when not known. */
const char *sn_ngap_establishment_cause_name(uint8_t value);

/**
 * Decodes one message of `protocol`. For NGAP all information elements above are read; for the others the
 * frame only (pdu, procedure code, criticality).
 *
 * A message cut short by the capture (`message.len` less than what was sent) is decoded as far as it goes:
 * what was read stands in `ret_message` (a NAS-PDU as far as it is there), the return value is -EMSGSIZE. So is one of 16 KiB and
 * more, which comes in fragments (X.691 11.9.4): the first is read. Unknown information elements are skipped; one that is
 * malformed does not hide those behind it.
 *
 * @return 0; -EMSGSIZE: ends before its end; -EBADMSG: violates the encoding (what was read before is kept);
 *         -ENOMSG: not even a frame, ret_message is not to be used.
 */
int sn_ngap_decode(enum sn_ap protocol, struct sn_view message, struct sn_ngap_message *ret_message);

#endif
