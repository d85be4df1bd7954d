/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Makes a recorded NGAP message another UE's: the information elements that hold identifiers are encoded anew (aligned PER,
 * ITU-T X.691, lengths of the message follow), what lies deeper is replaced in place. Pure: no allocation, no I/O.
 */
#ifndef SN_LAB_REWRITE_H
#define SN_LAB_REWRITE_H

#include "lab/exchange.h"

#define SN_LAB_MAX_IES	    16
#define SN_LAB_MAX_SLOTS    16
#define SN_LAB_MAX_GNB_NAME 150 /* TS 38.413 9.3.1.4 */

/** A message taken apart. Views point into the recorded message. */
struct sn_lab_template {
	uint8_t head[3]; /* choice, procedure code, criticality */
	uint8_t ie_count;
	uint8_t slot_count;
	struct {
		uint16_t id;
		uint8_t criticality; /* as encoded */
		uint8_t first_slot, end_slot;
		struct sn_view value;
	} ies[SN_LAB_MAX_IES];
	struct sn_lab_slot slots[SN_LAB_MAX_SLOTS]; /* offsets are within their element's value */
};

/** What the copy is to say. Sessions are numbered by their PDU session id, 1 and 2. */
struct sn_lab_values {
	uint64_t amf_ue_ngap_id; /* up to 40 bits */
	uint32_t ran_ue_ngap_id;
	uint32_t tmsi, new_tmsi;
	uint64_t msin;	 /* ten digits */
	uint32_t serial; /* of the IMEISV, six digits */
	uint32_t ue_ip[3], upf_teid[3], gnb_teid[3];
	uint32_t gnb_n3;
	uint32_t gnb_id;
	uint64_t cell; /* 36 bits */
	uint32_t timestamp;
	uint64_t random; /* not 0; moves on with each use */
	bool set_cause;
	uint8_t cause_group, cause_value; /* for an element Cause when set_cause */
	const char *gnb_name;
};

/** @return 0; -EBADMSG when `message` is no NGAP PDU with its slots inside its elements, or larger than a template takes. */
int sn_lab_template_read(struct sn_view message, const struct sn_lab_slot *slots, size_t slot_count,
			 struct sn_lab_template *ret_template);

/** Writes the copy. @return 0 or -ENOBUFS; `values->random` has moved on. */
int sn_lab_template_write(const struct sn_lab_template *template, struct sn_lab_values *values, uint8_t *ret_data, size_t size,
			  size_t *ret_len);

#endif
