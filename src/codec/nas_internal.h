/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What the files of the NAS decoder share: the shape of a message (its mandatory parts in order, its optional
 * parts by IEI) and the reading of one part's value. Nobody else includes it.
 */
#ifndef SN_CODEC_NAS_INTERNAL_H
#define SN_CODEC_NAS_INTERNAL_H

#include <errno.h>

#include "codec/nas.h"

/** Formats of TS 24.007 11.2.1.1. */
enum sn_nas_format {
	SN_NAS_ABSENT, /* an IEI that the message does not define */
	SN_NAS_V,
	SN_NAS_LV,
	SN_NAS_LVE,
	SN_NAS_TV1, /* type 1: IEI in the upper half octet, value in the lower */
	SN_NAS_TV,
	SN_NAS_TLV,
	SN_NAS_TLVE,
};

/** What a part means to us. Two halves of an octet are one part, named lower half first, as the tables of clause 8 list them. */
enum sn_nas_part_kind {
	SN_NAS_PART_SKIP,
	SN_NAS_PART_REGISTRATION_TYPE_NGKSI,
	SN_NAS_PART_DEREGISTRATION_TYPE_NGKSI,
	SN_NAS_PART_DEREGISTRATION_TYPE,
	SN_NAS_PART_NGKSI,
	SN_NAS_PART_NGKSI_SERVICE_TYPE,
	SN_NAS_PART_CP_SERVICE_TYPE_NGKSI,
	SN_NAS_PART_HALF_SPARE,
	SN_NAS_PART_IDENTITY_TYPE,
	SN_NAS_PART_IDENTITY,
	SN_NAS_PART_S_TMSI,
	SN_NAS_PART_ASSIGNED_GUTI,
	SN_NAS_PART_CAUSE,
	SN_NAS_PART_ALGORITHMS,
	SN_NAS_PART_REGISTRATION_RESULT,
	SN_NAS_PART_UPDATE_INDICATION,
	SN_NAS_PART_NSSAI,
	SN_NAS_PART_REJECTED_NSSAI,
	SN_NAS_PART_EXTENDED_REJECTED_NSSAI,
	SN_NAS_PART_S_NSSAI,
	SN_NAS_PART_DNN,
	SN_NAS_PART_PDU_SESSION_ID,
	SN_NAS_PART_REQUEST_TYPE,
	SN_NAS_PART_SESSION_TYPE,
	SN_NAS_PART_SESSION_TYPE_SSC_MODE,
	SN_NAS_PART_PAYLOAD_TYPE,
	SN_NAS_PART_PAYLOAD_TYPE_SPARE,
	SN_NAS_PART_PAYLOAD,
	SN_NAS_PART_CONTAINER,
};

/** One part of a message. Lengths are those of the tables of clause 8: the whole part with IEI and length octets. */
struct sn_nas_part {
	uint8_t format; /* enum sn_nas_format */
	uint8_t kind;	/* enum sn_nas_part_kind */
	uint16_t min;
	uint16_t max; /* 0: no limit but that of the length octets */
};

/** Rows of the optional table: an IEI below 0x80 is its own row, above it only the upper half octet counts (type 1). */
#define SN_NAS_IEI_ROW(iei) ((iei) < 0x80 ? (iei) : 0x80 + ((iei) >> 4) - 8)
#define SN_NAS_IEI_ROWS	    0x88

struct sn_nas_layout {
	const struct sn_nas_part *mandatory;
	const struct sn_nas_part *optional; /* optional_rows of them, indexed by SN_NAS_IEI_ROW */
	uint8_t mandatory_count;
	uint8_t optional_rows;
};

/** The layout of a message behind its message type; NULL when the type is not known. */
const struct sn_nas_layout *sn_nas_layout_find(uint8_t epd, uint8_t type);

/** A message while its parts are read. */
struct sn_nas_reading {
	struct sn_nas_message *message;
	struct sn_view payload;	  /* payload container, when there was one */
	struct sn_view container; /* NAS message container, when there was one */
	int error;		  /* first error, 0 for none */
	bool strict;		  /* what is merely odd is an error too: the bytes may be ciphered ones */
};

/** Takes over the value of one part; `value` holds at least one octet for V, TV1 and TV parts, any number for the others. */
void sn_nas_part_read(struct sn_nas_reading *reading, uint8_t kind, struct sn_view value);

static inline void sn_nas_fail(struct sn_nas_reading *reading, int error)
{
	if (!reading->error)
		reading->error = error;
}

/** Something that the specification does not allow but that does not stop a reader who knows that the bytes are plain. */
static inline void sn_nas_doubt(struct sn_nas_reading *reading)
{
	if (reading->strict)
		sn_nas_fail(reading, -EBADMSG);
}

#endif
