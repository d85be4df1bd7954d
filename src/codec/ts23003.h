/* SPDX-License-Identifier: Apache-2.0 */
/** @file Identities of TS 23.003 as NGAP (TS 38.413) and NAS (TS 24.501) carry them. Plain values, comparable with ==. */
#ifndef SN_CODEC_TS23003_H
#define SN_CODEC_TS23003_H

#include <stdbool.h>
#include <stdint.h>

/**
 * PLMN identity (TS 23.003 clause 2.2): the three octets of the wire as 0x00aabbcc, digits nibble-swapped
 * as in TS 24.501 9.11.3.4. 0 means "not present" (no valid PLMN encodes to 0: MCC 000 with MNC 000 is unassigned).
 */
typedef uint32_t sn_plmn_t;

/** Longest text of a PLMN identity ("999-700") with its end. */
#define SN_PLMN_TEXT 8

/** S-NSSAI (TS 23.003 clause 28.4.2). `sd` is SN_SD_NONE when absent. */
struct sn_snssai {
	uint32_t sd;
	uint8_t sst;
	bool present;
};
#define SN_SD_NONE 0xffffffu
/** Longest text of an S-NSSAI ("255-ffffff") with its end. */
#define SN_SNSSAI_TEXT 12

/** Tracking area identity (clause 28.6). */
struct sn_tai {
	sn_plmn_t plmn;
	uint32_t tac;
	bool present;
};

/** GUAMI (clause 2.10.1). */
struct sn_guami {
	sn_plmn_t plmn;
	uint16_t amf_set_id;
	uint8_t amf_region_id;
	uint8_t amf_pointer;
	bool present;
};

/** 5G-S-TMSI (clause 2.11): AMF set, AMF pointer, 5G-TMSI. */
struct sn_s_tmsi {
	uint32_t tmsi;
	uint16_t amf_set_id;
	uint8_t amf_pointer;
	bool present;
};

/** Global RAN node ID (TS 38.413 9.3.1.5). `kind` tells gNB, ng-eNB, N3IWF … by enum sn_ran_node_kind. */
enum sn_ran_node_kind {
	SN_RAN_NODE_GNB,
	SN_RAN_NODE_NG_ENB,
	SN_RAN_NODE_N3IWF,
	SN_RAN_NODE_OTHER,
};
struct sn_ran_node_id {
	uint64_t id; /* right-aligned */
	sn_plmn_t plmn;
	uint8_t id_bits; /* length of the id as sent: 22 to 32 for a gNB */
	uint8_t kind;
	bool present;
};

/** Writes "001-01" or "001-001" (MCC-MNC); the buffer takes SN_PLMN_TEXT bytes. Digits that are not decimal print as '?'. */
const char *sn_plmn_text(sn_plmn_t plmn, char ret_text[SN_PLMN_TEXT]);
/** Writes "1" or "1-010203" (SST decimal, SD hexadecimal); "" when not present. */
const char *sn_snssai_text(const struct sn_snssai *snssai, char ret_text[SN_SNSSAI_TEXT]);

#endif
