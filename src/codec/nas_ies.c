/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The message tables of TS 24.501 (Release 17) clauses 8.2 and 8.3: mandatory parts in order, optional parts by IEI, with
 * format and length. Lengths count the whole part; 0 as the maximum stands for "n" or for all that two length octets can say.
 */
#include "codec/nas_internal.h"

#include "base/macro.h"

/* One part per line, one macro per line. */
/* clang-format off */
#define V(kind, length)	     { SN_NAS_V, SN_NAS_PART_##kind, length, length }
#define LV(kind, min, max)   { SN_NAS_LV, SN_NAS_PART_##kind, min, max }
#define LVE(kind, min, max)  { SN_NAS_LVE, SN_NAS_PART_##kind, min, max }
#define TV1(kind)	     { SN_NAS_TV1, SN_NAS_PART_##kind, 1, 1 }
#define TV(kind, length)     { SN_NAS_TV, SN_NAS_PART_##kind, length, length }
#define TLV(kind, min, max)  { SN_NAS_TLV, SN_NAS_PART_##kind, min, max }
#define TLVE(kind, min, max) { SN_NAS_TLVE, SN_NAS_PART_##kind, min, max }
#define IEI(iei)	     [SN_NAS_IEI_ROW(iei)]

/* 8.2.6 */
static const struct sn_nas_part registration_request_mandatory[] = {
	V(REGISTRATION_TYPE_NGKSI, 1), /* 5GS registration type, ngKSI */
	LVE(IDENTITY, 6, 0), /* 5GS mobile identity */
};
static const struct sn_nas_part registration_request_optional[] = {
	IEI(0xc0) = TV1(SKIP), /* non-current native NAS key set identifier */
	IEI(0x10) = TLV(SKIP, 3, 15), /* 5GMM capability */
	IEI(0x2e) = TLV(SKIP, 4, 10), /* UE security capability */
	IEI(0x2f) = TLV(NSSAI, 4, 74), /* requested NSSAI */
	IEI(0x52) = TV(SKIP, 7), /* last visited registered TAI */
	IEI(0x17) = TLV(SKIP, 4, 15), /* S1 UE network capability */
	IEI(0x40) = TLV(SKIP, 4, 34), /* uplink data status */
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0xb0) = TV1(SKIP), /* MICO indication */
	IEI(0x2b) = TLV(SKIP, 3, 3), /* UE status */
	IEI(0x77) = TLVE(SKIP, 14, 14), /* additional GUTI */
	IEI(0x25) = TLV(SKIP, 4, 34), /* allowed PDU session status */
	IEI(0x18) = TLV(SKIP, 3, 3), /* UE's usage setting */
	IEI(0x51) = TLV(SKIP, 3, 3), /* requested DRX parameters */
	IEI(0x70) = TLVE(SKIP, 4, 0), /* EPS NAS message container */
	IEI(0x74) = TLVE(SKIP, 3, 811), /* LADN indication */
	IEI(0x80) = TV1(PAYLOAD_TYPE), /* payload container type */
	IEI(0x7b) = TLVE(PAYLOAD, 4, 0), /* payload container */
	IEI(0x90) = TV1(SKIP), /* network slicing indication */
	IEI(0x53) = TLV(SKIP, 3, 3), /* 5GS update type */
	IEI(0x41) = TLV(SKIP, 5, 5), /* mobile station classmark 2 */
	IEI(0x42) = TLV(SKIP, 5, 0), /* supported codecs */
	IEI(0x71) = TLVE(CONTAINER, 4, 0), /* NAS message container */
	IEI(0x60) = TLV(SKIP, 4, 4), /* EPS bearer context status */
	IEI(0x6e) = TLV(SKIP, 3, 4), /* requested extended DRX parameters */
	IEI(0x6a) = TLV(SKIP, 3, 3), /* T3324 value */
	IEI(0x67) = TLV(SKIP, 3, 0), /* UE radio capability ID */
	IEI(0x35) = TLV(SKIP, 3, 42), /* requested mapped NSSAI */
	IEI(0x48) = TLV(SKIP, 3, 3), /* additional information requested */
	IEI(0x1a) = TLV(SKIP, 3, 0), /* requested WUS assistance information */
	IEI(0xa0) = TV1(SKIP), /* N5GC indication */
	IEI(0x30) = TLV(SKIP, 3, 3), /* requested NB-N1 mode DRX parameters */
	IEI(0x29) = TLV(SKIP, 3, 3), /* UE request type */
	IEI(0x28) = TLV(SKIP, 3, 5), /* paging restriction */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
	IEI(0x32) = TLV(SKIP, 8, 8), /* NID */
	IEI(0x16) = TLV(SKIP, 5, 5), /* MS determined PLMN with disaster condition */
	IEI(0x2a) = TLV(SKIP, 3, 0), /* requested PEIPS assistance information */
	IEI(0x3b) = TLV(SKIP, 3, 3), /* requested T3512 value */
};

/* 8.2.7 */
static const struct sn_nas_part registration_accept_mandatory[] = {
	LV(REGISTRATION_RESULT, 2, 2), /* 5GS registration result */
};
static const struct sn_nas_part registration_accept_optional[] = {
	IEI(0x77) = TLVE(ASSIGNED_GUTI, 14, 14), /* 5G-GUTI */
	IEI(0x4a) = TLV(SKIP, 5, 47), /* equivalent PLMNs */
	IEI(0x54) = TLV(SKIP, 9, 114), /* TAI list */
	IEI(0x15) = TLV(NSSAI, 4, 74), /* allowed NSSAI */
	IEI(0x11) = TLV(SKIP, 4, 42), /* rejected NSSAI */
	IEI(0x31) = TLV(SKIP, 4, 146), /* configured NSSAI */
	IEI(0x21) = TLV(SKIP, 3, 5), /* 5GS network feature support */
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0x26) = TLV(SKIP, 4, 34), /* PDU session reactivation result */
	IEI(0x72) = TLVE(SKIP, 5, 515), /* PDU session reactivation result error cause */
	IEI(0x79) = TLVE(SKIP, 12, 1715), /* LADN information */
	IEI(0xb0) = TV1(SKIP), /* MICO indication */
	IEI(0x90) = TV1(SKIP), /* network slicing indication */
	IEI(0x27) = TLV(SKIP, 6, 114), /* service area list */
	IEI(0x5e) = TLV(SKIP, 3, 3), /* T3512 value */
	IEI(0x5d) = TLV(SKIP, 3, 3), /* non-3GPP de-registration timer value */
	IEI(0x16) = TLV(SKIP, 3, 3), /* T3502 value */
	IEI(0x34) = TLV(SKIP, 5, 50), /* emergency number list */
	IEI(0x7a) = TLVE(SKIP, 7, 0), /* extended emergency number list */
	IEI(0x73) = TLVE(SKIP, 20, 0), /* SOR transparent container */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0xa0) = TV1(SKIP), /* NSSAI inclusion mode */
	IEI(0x76) = TLVE(SKIP, 3, 8323), /* operator-defined access category definitions */
	IEI(0x51) = TLV(SKIP, 3, 3), /* negotiated DRX parameters */
	IEI(0xd0) = TV1(SKIP), /* non-3GPP NW policies */
	IEI(0x60) = TLV(SKIP, 4, 4), /* EPS bearer context status */
	IEI(0x6e) = TLV(SKIP, 3, 4), /* negotiated extended DRX parameters */
	IEI(0x6c) = TLV(SKIP, 3, 3), /* T3447 value */
	IEI(0x6b) = TLV(SKIP, 3, 3), /* T3448 value */
	IEI(0x6a) = TLV(SKIP, 3, 3), /* T3324 value */
	IEI(0x67) = TLV(SKIP, 3, 0), /* UE radio capability ID */
	IEI(0xe0) = TV1(SKIP), /* UE radio capability ID deletion indication */
	IEI(0x39) = TLV(SKIP, 4, 146), /* pending NSSAI */
	IEI(0x74) = TLVE(SKIP, 34, 0), /* ciphering key data */
	IEI(0x75) = TLVE(SKIP, 3, 0), /* CAG information list */
	IEI(0x1b) = TLV(SKIP, 3, 3), /* truncated 5G-S-TMSI configuration */
	IEI(0x1c) = TLV(SKIP, 3, 0), /* negotiated WUS assistance information */
	IEI(0x29) = TLV(SKIP, 3, 3), /* negotiated NB-N1 mode DRX parameters */
	IEI(0x68) = TLV(SKIP, 5, 90), /* extended rejected NSSAI */
	IEI(0x7b) = TLVE(SKIP, 6, 0), /* service-level-AA container */
	IEI(0x33) = TLV(SKIP, 3, 0), /* negotiated PEIPS assistance information */
	IEI(0x35) = TLV(SKIP, 3, 3), /* 5GS additional request result */
	IEI(0x70) = TLVE(SKIP, 7, 0), /* NSSRG information */
	IEI(0x14) = TLV(SKIP, 4, 4), /* disaster roaming wait range */
	IEI(0x2c) = TLV(SKIP, 4, 4), /* disaster return wait range */
	IEI(0x13) = TLV(SKIP, 2, 0), /* list of PLMNs to be used in disaster condition */
	IEI(0x1d) = TLV(SKIP, 9, 114), /* forbidden TAIs, roaming */
	IEI(0x1e) = TLV(SKIP, 9, 114), /* forbidden TAIs, regional provision of service */
	IEI(0x71) = TLVE(SKIP, 3, 0), /* extended CAG information list */
	IEI(0x7c) = TLVE(SKIP, 9, 3143), /* NSAG information */
};

/* 8.2.8 */
static const struct sn_nas_part registration_complete_optional[] = {
	IEI(0x73) = TLVE(SKIP, 20, 0), /* SOR transparent container */
};

/* 8.2.9 */
static const struct sn_nas_part registration_reject_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part registration_reject_optional[] = {
	IEI(0x5f) = TLV(SKIP, 3, 3), /* T3346 value */
	IEI(0x16) = TLV(SKIP, 3, 3), /* T3502 value */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x69) = TLV(REJECTED_NSSAI, 4, 42), /* rejected NSSAI */
	IEI(0x75) = TLVE(SKIP, 3, 0), /* CAG information list */
	IEI(0x68) = TLV(EXTENDED_REJECTED_NSSAI, 5, 90), /* extended rejected NSSAI */
	IEI(0x2c) = TLV(SKIP, 4, 4), /* disaster return wait range */
	IEI(0x71) = TLVE(SKIP, 3, 0), /* extended CAG information list */
	IEI(0x3a) = TLV(SKIP, 3, 3), /* lower bound timer value */
	IEI(0x1d) = TLV(SKIP, 9, 114), /* forbidden TAIs, roaming */
	IEI(0x1e) = TLV(SKIP, 9, 114), /* forbidden TAIs, regional provision of service */
};

/* 8.2.12 */
static const struct sn_nas_part deregistration_request_ue_mandatory[] = {
	V(DEREGISTRATION_TYPE_NGKSI, 1), /* de-registration type, ngKSI */
	LVE(IDENTITY, 6, 0), /* 5GS mobile identity */
};

/* 8.2.14 */
static const struct sn_nas_part deregistration_request_nw_mandatory[] = {
	V(DEREGISTRATION_TYPE, 1), /* de-registration type */
};
static const struct sn_nas_part deregistration_request_nw_optional[] = {
	IEI(0x58) = TV(CAUSE, 2), /* 5GMM cause */
	IEI(0x5f) = TLV(SKIP, 3, 3), /* T3346 value */
	IEI(0x6d) = TLV(REJECTED_NSSAI, 4, 42), /* rejected NSSAI */
	IEI(0x75) = TLVE(SKIP, 3, 0), /* CAG information list */
	IEI(0x68) = TLV(EXTENDED_REJECTED_NSSAI, 5, 90), /* extended rejected NSSAI */
	IEI(0x2c) = TLV(SKIP, 4, 4), /* disaster return wait range */
	IEI(0x71) = TLVE(SKIP, 3, 0), /* extended CAG information list */
	IEI(0x3a) = TLV(SKIP, 3, 3), /* lower bound timer value */
	IEI(0x1d) = TLV(SKIP, 9, 114), /* forbidden TAIs, roaming */
	IEI(0x1e) = TLV(SKIP, 9, 114), /* forbidden TAIs, regional provision of service */
};

/* 8.2.16 */
static const struct sn_nas_part service_request_mandatory[] = {
	V(NGKSI_SERVICE_TYPE, 1), /* ngKSI, service type */
	LVE(S_TMSI, 9, 9), /* 5G-S-TMSI */
};
static const struct sn_nas_part service_request_optional[] = {
	IEI(0x40) = TLV(SKIP, 4, 34), /* uplink data status */
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0x25) = TLV(SKIP, 4, 34), /* allowed PDU session status */
	IEI(0x71) = TLVE(CONTAINER, 4, 0), /* NAS message container */
	IEI(0x29) = TLV(SKIP, 3, 3), /* UE request type */
	IEI(0x28) = TLV(SKIP, 3, 5), /* paging restriction */
};

/* 8.2.17 */
static const struct sn_nas_part service_accept_optional[] = {
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0x26) = TLV(SKIP, 4, 34), /* PDU session reactivation result */
	IEI(0x72) = TLVE(SKIP, 5, 515), /* PDU session reactivation result error cause */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x6b) = TLV(SKIP, 3, 3), /* T3448 value */
	IEI(0x34) = TLV(SKIP, 3, 3), /* 5GS additional request result */
	IEI(0x1d) = TLV(SKIP, 9, 114), /* forbidden TAIs, roaming */
	IEI(0x1e) = TLV(SKIP, 9, 114), /* forbidden TAIs, regional provision of service */
};

/* 8.2.18 */
static const struct sn_nas_part service_reject_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part service_reject_optional[] = {
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0x5f) = TLV(SKIP, 3, 3), /* T3346 value */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x6b) = TLV(SKIP, 3, 3), /* T3448 value */
	IEI(0x75) = TLVE(SKIP, 3, 0), /* CAG information list */
	IEI(0x2c) = TLV(SKIP, 4, 4), /* disaster return wait range */
	IEI(0x71) = TLVE(SKIP, 3, 0), /* extended CAG information list */
	IEI(0x3a) = TLV(SKIP, 3, 3), /* lower bound timer value */
	IEI(0x1d) = TLV(SKIP, 9, 114), /* forbidden TAIs, roaming */
	IEI(0x1e) = TLV(SKIP, 9, 114), /* forbidden TAIs, regional provision of service */
};

/* 8.2.30 */
static const struct sn_nas_part control_plane_service_request_mandatory[] = {
	V(CP_SERVICE_TYPE_NGKSI, 1), /* control plane service type, ngKSI */
};
static const struct sn_nas_part control_plane_service_request_optional[] = {
	IEI(0x6f) = TLV(SKIP, 4, 257), /* CIoT small data container */
	IEI(0x80) = TV1(PAYLOAD_TYPE), /* payload container type */
	IEI(0x7b) = TLVE(PAYLOAD, 4, 0), /* payload container */
	IEI(0x12) = TV(PDU_SESSION_ID, 2), /* PDU session ID */
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
	IEI(0xf0) = TV1(SKIP), /* release assistance indication */
	IEI(0x40) = TLV(SKIP, 4, 34), /* uplink data status */
	IEI(0x71) = TLVE(CONTAINER, 4, 0), /* NAS message container */
	IEI(0x24) = TLV(SKIP, 3, 0), /* additional information */
	IEI(0x25) = TLV(SKIP, 4, 34), /* allowed PDU session status */
	IEI(0x29) = TLV(SKIP, 3, 3), /* UE request type */
	IEI(0x28) = TLV(SKIP, 3, 5), /* paging restriction */
};

/* 8.2.31 to 8.2.33 */
static const struct sn_nas_part slice_authentication_mandatory[] = {
	LV(S_NSSAI, 2, 5), /* S-NSSAI */
	LVE(SKIP, 6, 1502), /* EAP message */
};

/* 8.2.19 */
static const struct sn_nas_part configuration_update_command_optional[] = {
	IEI(0xd0) = TV1(UPDATE_INDICATION), /* configuration update indication */
	IEI(0x77) = TLVE(ASSIGNED_GUTI, 14, 14), /* 5G-GUTI */
	IEI(0x54) = TLV(SKIP, 9, 114), /* TAI list */
	IEI(0x15) = TLV(NSSAI, 4, 74), /* allowed NSSAI */
	IEI(0x27) = TLV(SKIP, 6, 114), /* service area list */
	IEI(0x43) = TLV(SKIP, 3, 0), /* full name for network */
	IEI(0x45) = TLV(SKIP, 3, 0), /* short name for network */
	IEI(0x46) = TV(SKIP, 2), /* local time zone */
	IEI(0x47) = TV(SKIP, 8), /* universal time and local time zone */
	IEI(0x49) = TLV(SKIP, 3, 3), /* network daylight saving time */
	IEI(0x79) = TLVE(SKIP, 3, 1715), /* LADN information */
	IEI(0xb0) = TV1(SKIP), /* MICO indication */
	IEI(0x90) = TV1(SKIP), /* network slicing indication */
	IEI(0x31) = TLV(SKIP, 4, 146), /* configured NSSAI */
	IEI(0x11) = TLV(SKIP, 4, 42), /* rejected NSSAI */
	IEI(0x76) = TLVE(SKIP, 3, 8323), /* operator-defined access category definitions */
	IEI(0xf0) = TV1(SKIP), /* SMS indication */
	IEI(0x6c) = TLV(SKIP, 3, 3), /* T3447 value */
	IEI(0x75) = TLVE(SKIP, 3, 0), /* CAG information list */
	IEI(0x67) = TLV(SKIP, 3, 0), /* UE radio capability ID */
	IEI(0xa0) = TV1(SKIP), /* UE radio capability ID deletion indication */
	IEI(0x44) = TLV(REGISTRATION_RESULT, 3, 3), /* 5GS registration result */
	IEI(0x1b) = TLV(SKIP, 3, 3), /* truncated 5G-S-TMSI configuration */
	IEI(0xc0) = TV1(SKIP), /* additional configuration indication */
	IEI(0x68) = TLV(SKIP, 5, 90), /* extended rejected NSSAI */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
	IEI(0x70) = TLVE(SKIP, 7, 0), /* NSSRG information */
	IEI(0x14) = TLV(SKIP, 4, 4), /* disaster roaming wait range */
	IEI(0x2c) = TLV(SKIP, 4, 4), /* disaster return wait range */
	IEI(0x13) = TLV(SKIP, 2, 0), /* list of PLMNs to be used in disaster condition */
	IEI(0x71) = TLVE(SKIP, 3, 0), /* extended CAG information list */
	IEI(0x1f) = TLV(SKIP, 3, 0), /* updated PEIPS assistance information */
	IEI(0x73) = TLVE(SKIP, 9, 3143), /* NSAG information */
	IEI(0xe0) = TV1(SKIP), /* priority indicator */
};

/* 8.2.1 */
static const struct sn_nas_part authentication_request_mandatory[] = {
	V(NGKSI, 1), /* ngKSI */
	LV(SKIP, 3, 0), /* ABBA */
};
static const struct sn_nas_part authentication_request_optional[] = {
	IEI(0x21) = TV(SKIP, 17), /* authentication parameter RAND */
	IEI(0x20) = TLV(SKIP, 18, 18), /* authentication parameter AUTN */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
};

/* 8.2.2 */
static const struct sn_nas_part authentication_response_optional[] = {
	IEI(0x2d) = TLV(SKIP, 18, 18), /* authentication response parameter */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
};

/* 8.2.5 */
static const struct sn_nas_part authentication_reject_optional[] = {
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
};

/* 8.2.4 */
static const struct sn_nas_part authentication_failure_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part authentication_failure_optional[] = {
	IEI(0x30) = TLV(SKIP, 16, 16), /* authentication failure parameter */
};

/* 8.2.3 */
static const struct sn_nas_part authentication_result_mandatory[] = {
	V(NGKSI, 1), /* ngKSI */
	LVE(SKIP, 6, 1502), /* EAP message */
};
static const struct sn_nas_part authentication_result_optional[] = {
	IEI(0x38) = TLV(SKIP, 4, 0), /* ABBA */
};

/* 8.2.21 */
static const struct sn_nas_part identity_request_mandatory[] = {
	V(IDENTITY_TYPE, 1), /* identity type */
};

/* 8.2.22 */
static const struct sn_nas_part identity_response_mandatory[] = {
	LVE(IDENTITY, 3, 0), /* mobile identity */
};

/* 8.2.25 */
static const struct sn_nas_part security_mode_command_mandatory[] = {
	V(ALGORITHMS, 1), /* selected NAS security algorithms */
	V(NGKSI, 1), /* ngKSI */
	LV(SKIP, 3, 9), /* replayed UE security capabilities */
};
static const struct sn_nas_part security_mode_command_optional[] = {
	IEI(0xe0) = TV1(SKIP), /* IMEISV request */
	IEI(0x57) = TV(SKIP, 2), /* selected EPS NAS security algorithms */
	IEI(0x36) = TLV(SKIP, 3, 3), /* additional 5G security information */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x38) = TLV(SKIP, 4, 0), /* ABBA */
	IEI(0x19) = TLV(SKIP, 4, 7), /* replayed S1 UE security capabilities */
};

/* 8.2.26 */
static const struct sn_nas_part security_mode_complete_optional[] = {
	IEI(0x77) = TLVE(IDENTITY, 12, 12), /* IMEISV */
	IEI(0x71) = TLVE(CONTAINER, 4, 0), /* NAS message container */
	IEI(0x78) = TLVE(IDENTITY, 7, 0), /* non-IMEISV PEI */
};

/* 8.2.23 */
static const struct sn_nas_part notification_mandatory[] = {
	V(HALF_SPARE, 1), /* access type */
};

/* 8.2.24 */
static const struct sn_nas_part notification_response_optional[] = {
	IEI(0x50) = TLV(SKIP, 4, 34), /* PDU session status */
};

/* 8.2.10 */
static const struct sn_nas_part ul_nas_transport_mandatory[] = {
	V(PAYLOAD_TYPE_SPARE, 1), /* payload container type */
	LVE(PAYLOAD, 3, 0), /* payload container */
};
static const struct sn_nas_part ul_nas_transport_optional[] = {
	IEI(0x12) = TV(PDU_SESSION_ID, 2), /* PDU session ID */
	IEI(0x59) = TV(SKIP, 2), /* old PDU session ID */
	IEI(0x80) = TV1(REQUEST_TYPE), /* request type */
	IEI(0x22) = TLV(S_NSSAI, 3, 10), /* S-NSSAI */
	IEI(0x25) = TLV(DNN, 3, 102), /* DNN */
	IEI(0x24) = TLV(SKIP, 3, 0), /* additional information */
	IEI(0xa0) = TV1(SKIP), /* MA PDU session information */
	IEI(0xf0) = TV1(SKIP), /* release assistance indication */
};

/* 8.2.11 */
static const struct sn_nas_part dl_nas_transport_mandatory[] = {
	V(PAYLOAD_TYPE_SPARE, 1), /* payload container type */
	LVE(PAYLOAD, 3, 0), /* payload container */
};
static const struct sn_nas_part dl_nas_transport_optional[] = {
	IEI(0x12) = TV(PDU_SESSION_ID, 2), /* PDU session ID */
	IEI(0x24) = TLV(SKIP, 3, 0), /* additional information */
	IEI(0x58) = TV(CAUSE, 2), /* 5GMM cause */
	IEI(0x37) = TLV(SKIP, 3, 3), /* back-off timer value */
	IEI(0x3a) = TLV(SKIP, 3, 3), /* lower bound timer value */
};

/* 8.2.34, 8.2.35 */
static const struct sn_nas_part relay_key_request_mandatory[] = {
	V(SKIP, 1), /* PRTI */
	LVE(SKIP, 3, 0), /* relay key parameters */
};
static const struct sn_nas_part relay_key_request_optional[] = {
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
};

/* 8.2.36 */
static const struct sn_nas_part relay_key_reject_mandatory[] = {
	V(SKIP, 1), /* PRTI */
};
static const struct sn_nas_part relay_key_reject_optional[] = {
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
};

/* 8.2.37, 8.2.38 */
static const struct sn_nas_part relay_authentication_mandatory[] = {
	V(SKIP, 1), /* PRTI */
	LVE(SKIP, 6, 1502), /* EAP message */
};

/* 8.2.27, 8.2.29, 8.3.16 */
static const struct sn_nas_part cause_only_mandatory[] = {
	V(CAUSE, 1), /* cause */
};

/* 8.3.1 */
static const struct sn_nas_part session_establishment_request_mandatory[] = {
	V(SKIP, 2), /* integrity protection maximum data rate */
};
static const struct sn_nas_part session_establishment_request_optional[] = {
	IEI(0x90) = TV1(SESSION_TYPE), /* PDU session type */
	IEI(0xa0) = TV1(SKIP), /* SSC mode */
	IEI(0x28) = TLV(SKIP, 3, 15), /* 5GSM capability */
	IEI(0x55) = TV(SKIP, 3), /* maximum number of supported packet filters */
	IEI(0xb0) = TV1(SKIP), /* always-on PDU session requested */
	IEI(0x39) = TLV(SKIP, 3, 255), /* SM PDU DN request container */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x66) = TLV(SKIP, 5, 257), /* IP header compression configuration */
	IEI(0x6e) = TLV(SKIP, 8, 8), /* DS-TT Ethernet port MAC address */
	IEI(0x6f) = TLV(SKIP, 10, 10), /* UE-DS-TT residence time */
	IEI(0x74) = TLVE(SKIP, 8, 0), /* port management information container */
	IEI(0x1f) = TLV(SKIP, 3, 3), /* Ethernet header compression configuration */
	IEI(0x29) = TLV(SKIP, 11, 11), /* suggested interface identifier */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
	IEI(0x70) = TLVE(SKIP, 8, 0), /* requested MBS container */
	IEI(0x34) = TLV(SKIP, 3, 3), /* PDU session pair ID */
	IEI(0x35) = TLV(SKIP, 3, 3), /* RSN */
};

/* 8.3.2 */
static const struct sn_nas_part session_establishment_accept_mandatory[] = {
	V(SESSION_TYPE_SSC_MODE, 1), /* selected PDU session type, SSC mode */
	LVE(SKIP, 6, 0), /* authorized QoS rules */
	LV(SKIP, 7, 7), /* session AMBR */
};
static const struct sn_nas_part session_establishment_accept_optional[] = {
	IEI(0x59) = TV(CAUSE, 2), /* 5GSM cause */
	IEI(0x29) = TLV(SKIP, 7, 31), /* PDU address */
	IEI(0x56) = TV(SKIP, 2), /* RQ timer value */
	IEI(0x22) = TLV(S_NSSAI, 3, 10), /* S-NSSAI */
	IEI(0x80) = TV1(SKIP), /* always-on PDU session indication */
	IEI(0x75) = TLVE(SKIP, 7, 0), /* mapped EPS bearer contexts */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x79) = TLVE(SKIP, 6, 0), /* authorized QoS flow descriptions */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x25) = TLV(DNN, 3, 102), /* DNN */
	IEI(0x17) = TLV(SKIP, 3, 15), /* 5GSM network feature support */
	IEI(0x18) = TLV(SKIP, 4, 4), /* serving PLMN rate control */
	IEI(0x77) = TLVE(SKIP, 3, 0), /* ATSSS container */
	IEI(0xc0) = TV1(SKIP), /* control plane only indication */
	IEI(0x66) = TLV(SKIP, 5, 257), /* IP header compression configuration */
	IEI(0x1f) = TLV(SKIP, 3, 3), /* Ethernet header compression configuration */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
	IEI(0x71) = TLVE(SKIP, 9, 0), /* received MBS container */
};

/* 8.3.3 */
static const struct sn_nas_part session_establishment_reject_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part session_establishment_reject_optional[] = {
	IEI(0x37) = TLV(SKIP, 3, 3), /* back-off timer value */
	IEI(0xf0) = TV1(SKIP), /* allowed SSC mode */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x61) = TLV(SKIP, 3, 3), /* 5GSM congestion re-attempt indicator */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x1d) = TLV(SKIP, 3, 3), /* re-attempt indicator */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
};

/* 8.3.4, 8.3.5 */
static const struct sn_nas_part session_authentication_mandatory[] = {
	LVE(SKIP, 6, 1502), /* EAP message */
};
static const struct sn_nas_part session_authentication_optional[] = {
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
};

/* 8.3.6 */
static const struct sn_nas_part session_authentication_result_optional[] = {
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
};

/* 8.3.7 */
static const struct sn_nas_part session_modification_request_optional[] = {
	IEI(0x28) = TLV(SKIP, 3, 15), /* 5GSM capability */
	IEI(0x59) = TV(CAUSE, 2), /* 5GSM cause */
	IEI(0x55) = TV(SKIP, 3), /* maximum number of supported packet filters */
	IEI(0xb0) = TV1(SKIP), /* always-on PDU session requested */
	IEI(0x13) = TV(SKIP, 3), /* integrity protection maximum data rate */
	IEI(0x7a) = TLVE(SKIP, 7, 0), /* requested QoS rules */
	IEI(0x79) = TLVE(SKIP, 6, 0), /* requested QoS flow descriptions */
	IEI(0x75) = TLVE(SKIP, 7, 0), /* mapped EPS bearer contexts */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x74) = TLVE(SKIP, 8, 0), /* port management information container */
	IEI(0x66) = TLV(SKIP, 5, 257), /* IP header compression configuration */
	IEI(0x1f) = TLV(SKIP, 3, 3), /* Ethernet header compression configuration */
	IEI(0x70) = TLVE(SKIP, 8, 0), /* requested MBS container */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
};

/* 8.3.8 */
static const struct sn_nas_part session_modification_reject_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part session_modification_reject_optional[] = {
	IEI(0x37) = TLV(SKIP, 3, 3), /* back-off timer value */
	IEI(0x61) = TLV(SKIP, 3, 3), /* 5GSM congestion re-attempt indicator */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x1d) = TLV(SKIP, 3, 3), /* re-attempt indicator */
};

/* 8.3.9 */
static const struct sn_nas_part session_modification_command_optional[] = {
	IEI(0x59) = TV(CAUSE, 2), /* 5GSM cause */
	IEI(0x2a) = TLV(SKIP, 8, 8), /* session AMBR */
	IEI(0x56) = TV(SKIP, 2), /* RQ timer value */
	IEI(0x80) = TV1(SKIP), /* always-on PDU session indication */
	IEI(0x7a) = TLVE(SKIP, 7, 0), /* authorized QoS rules */
	IEI(0x75) = TLVE(SKIP, 7, 0), /* mapped EPS bearer contexts */
	IEI(0x79) = TLVE(SKIP, 6, 0), /* authorized QoS flow descriptions */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x77) = TLVE(SKIP, 3, 0), /* ATSSS container */
	IEI(0x66) = TLV(SKIP, 5, 257), /* IP header compression configuration */
	IEI(0x74) = TLVE(SKIP, 8, 0), /* port management information container */
	IEI(0x1e) = TLV(SKIP, 4, 4), /* serving PLMN rate control */
	IEI(0x1f) = TLV(SKIP, 3, 3), /* Ethernet header compression configuration */
	IEI(0x71) = TLVE(SKIP, 9, 0), /* received MBS container */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
};

/* 8.3.10 */
static const struct sn_nas_part session_modification_complete_optional[] = {
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0x74) = TLVE(SKIP, 8, 0), /* port management information container */
};

/* 8.3.11, 8.3.13 */
static const struct sn_nas_part session_cause_epco_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part session_cause_epco_optional[] = {
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
};

/* 8.3.12, 8.3.15 */
static const struct sn_nas_part session_optional_cause_optional[] = {
	IEI(0x59) = TV(CAUSE, 2), /* 5GSM cause */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
};

/* 8.3.14 */
static const struct sn_nas_part session_release_command_mandatory[] = {
	V(CAUSE, 1), /* cause */
};
static const struct sn_nas_part session_release_command_optional[] = {
	IEI(0x37) = TLV(SKIP, 3, 3), /* back-off timer value */
	IEI(0x78) = TLVE(SKIP, 7, 1503), /* EAP message */
	IEI(0x61) = TLV(SKIP, 3, 3), /* 5GSM congestion re-attempt indicator */
	IEI(0x7b) = TLVE(SKIP, 4, 0), /* extended protocol configuration options */
	IEI(0xd0) = TV1(SKIP), /* access type */
	IEI(0x72) = TLVE(SKIP, 6, 0), /* service-level-AA container */
};

/* 8.3.17, 8.3.18 */
static const struct sn_nas_part service_level_authentication_mandatory[] = {
	LVE(SKIP, 5, 0), /* service-level-AA container */
};

/* 8.3.19 */
static const struct sn_nas_part remote_ue_report_optional[] = {
	IEI(0x76) = TLVE(SKIP, 16, 0), /* remote UE context connected */
	IEI(0x70) = TLVE(SKIP, 16, 0), /* remote UE context disconnected */
};

#define LAYOUT(mandatory, mandatory_count, optional, optional_rows) { mandatory, optional, mandatory_count, optional_rows }
#define FULL(name)	LAYOUT(name##_mandatory, SN_ARRAY_SIZE(name##_mandatory), name##_optional, SN_ARRAY_SIZE(name##_optional))
#define MANDATORY(name) LAYOUT(name##_mandatory, SN_ARRAY_SIZE(name##_mandatory), NULL, 0)
#define OPTIONAL(name)	LAYOUT(NULL, 0, name##_optional, SN_ARRAY_SIZE(name##_optional))

#define MM(type) [SN_NAS_##type - SN_NAS_REGISTRATION_REQUEST]
#define SM(type) [SN_NAS_##type - SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST]

/* A type in a gap of the tables has no layout: its pointers are NULL, where a message without parts points to `none`. */
static const struct sn_nas_part none[1];
#define EMPTY LAYOUT(none, 0, NULL, 0)

static const struct sn_nas_layout layouts_5gmm[] = {
	MM(REGISTRATION_REQUEST) = FULL(registration_request),
	MM(REGISTRATION_ACCEPT) = FULL(registration_accept),
	MM(REGISTRATION_COMPLETE) = OPTIONAL(registration_complete),
	MM(REGISTRATION_REJECT) = FULL(registration_reject),
	MM(DEREGISTRATION_REQUEST_UE) = MANDATORY(deregistration_request_ue),
	MM(DEREGISTRATION_ACCEPT_UE) = EMPTY,
	MM(DEREGISTRATION_REQUEST_NW) = FULL(deregistration_request_nw),
	MM(DEREGISTRATION_ACCEPT_NW) = EMPTY,
	MM(SERVICE_REQUEST) = FULL(service_request),
	MM(SERVICE_REJECT) = FULL(service_reject),
	MM(SERVICE_ACCEPT) = OPTIONAL(service_accept),
	MM(CONTROL_PLANE_SERVICE_REQUEST) = FULL(control_plane_service_request),
	MM(SLICE_AUTHENTICATION_COMMAND) = MANDATORY(slice_authentication),
	MM(SLICE_AUTHENTICATION_COMPLETE) = MANDATORY(slice_authentication),
	MM(SLICE_AUTHENTICATION_RESULT) = MANDATORY(slice_authentication),
	MM(CONFIGURATION_UPDATE_COMMAND) = OPTIONAL(configuration_update_command),
	MM(CONFIGURATION_UPDATE_COMPLETE) = EMPTY,
	MM(AUTHENTICATION_REQUEST) = FULL(authentication_request),
	MM(AUTHENTICATION_RESPONSE) = OPTIONAL(authentication_response),
	MM(AUTHENTICATION_REJECT) = OPTIONAL(authentication_reject),
	MM(AUTHENTICATION_FAILURE) = FULL(authentication_failure),
	MM(AUTHENTICATION_RESULT) = FULL(authentication_result),
	MM(IDENTITY_REQUEST) = MANDATORY(identity_request),
	MM(IDENTITY_RESPONSE) = MANDATORY(identity_response),
	MM(SECURITY_MODE_COMMAND) = FULL(security_mode_command),
	MM(SECURITY_MODE_COMPLETE) = OPTIONAL(security_mode_complete),
	MM(SECURITY_MODE_REJECT) = MANDATORY(cause_only),
	MM(5GMM_STATUS) = MANDATORY(cause_only),
	MM(NOTIFICATION) = MANDATORY(notification),
	MM(NOTIFICATION_RESPONSE) = OPTIONAL(notification_response),
	MM(UL_NAS_TRANSPORT) = FULL(ul_nas_transport),
	MM(DL_NAS_TRANSPORT) = FULL(dl_nas_transport),
	MM(RELAY_KEY_REQUEST) = FULL(relay_key_request),
	MM(RELAY_KEY_ACCEPT) = FULL(relay_key_request),
	MM(RELAY_KEY_REJECT) = FULL(relay_key_reject),
	MM(RELAY_AUTHENTICATION_REQUEST) = MANDATORY(relay_authentication),
	MM(RELAY_AUTHENTICATION_RESPONSE) = MANDATORY(relay_authentication),
};

static const struct sn_nas_layout layouts_5gsm[] = {
	SM(PDU_SESSION_ESTABLISHMENT_REQUEST) = FULL(session_establishment_request),
	SM(PDU_SESSION_ESTABLISHMENT_ACCEPT) = FULL(session_establishment_accept),
	SM(PDU_SESSION_ESTABLISHMENT_REJECT) = FULL(session_establishment_reject),
	SM(PDU_SESSION_AUTHENTICATION_COMMAND) = FULL(session_authentication),
	SM(PDU_SESSION_AUTHENTICATION_COMPLETE) = FULL(session_authentication),
	SM(PDU_SESSION_AUTHENTICATION_RESULT) = OPTIONAL(session_authentication_result),
	SM(PDU_SESSION_MODIFICATION_REQUEST) = OPTIONAL(session_modification_request),
	SM(PDU_SESSION_MODIFICATION_REJECT) = FULL(session_modification_reject),
	SM(PDU_SESSION_MODIFICATION_COMMAND) = OPTIONAL(session_modification_command),
	SM(PDU_SESSION_MODIFICATION_COMPLETE) = OPTIONAL(session_modification_complete),
	SM(PDU_SESSION_MODIFICATION_COMMAND_REJECT) = FULL(session_cause_epco),
	SM(PDU_SESSION_RELEASE_REQUEST) = OPTIONAL(session_optional_cause),
	SM(PDU_SESSION_RELEASE_REJECT) = FULL(session_cause_epco),
	SM(PDU_SESSION_RELEASE_COMMAND) = FULL(session_release_command),
	SM(PDU_SESSION_RELEASE_COMPLETE) = OPTIONAL(session_optional_cause),
	SM(5GSM_STATUS) = MANDATORY(cause_only),
	SM(SERVICE_LEVEL_AUTHENTICATION_COMMAND) = MANDATORY(service_level_authentication),
	SM(SERVICE_LEVEL_AUTHENTICATION_COMPLETE) = MANDATORY(service_level_authentication),
	SM(REMOTE_UE_REPORT) = OPTIONAL(remote_ue_report),
	SM(REMOTE_UE_REPORT_RESPONSE) = EMPTY,
};

/* clang-format on */

const struct sn_nas_layout *sn_nas_layout_find(uint8_t epd, uint8_t type)
{
	const struct sn_nas_layout *layout;

	if (epd == SN_NAS_EPD_5GMM) {
		unsigned i = (unsigned)type - SN_NAS_REGISTRATION_REQUEST;

		layout = i < SN_ARRAY_SIZE(layouts_5gmm) ? &layouts_5gmm[i] : NULL;
	} else {
		unsigned i = (unsigned)type - SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST;

		layout = i < SN_ARRAY_SIZE(layouts_5gsm) ? &layouts_5gsm[i] : NULL;
	}
	return layout && (layout->mandatory || layout->optional) ? layout : NULL;
}
