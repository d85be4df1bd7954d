/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Recorded exchanges between one UE and the core, message by message, and what in them is an identifier that a replay has
 * to make fresh. The tables are written by tools/lab-exchanges from tests/data/captures/nea0-n2.pcapng.
 */
#ifndef SN_LAB_EXCHANGE_H
#define SN_LAB_EXCHANGE_H

#include "base/bytes.h"

/** The exchanges, by what the UE does in them. */
enum sn_lab_exchange_id {
	SN_LAB_NG_SETUP,
	SN_LAB_NG_SETUP_REFUSED,
	SN_LAB_REGISTRATION,
	SN_LAB_REGISTRATION_SLICE2,
	SN_LAB_REGISTRATION_GUTI,
	SN_LAB_REGISTRATION_RESYNC,
	SN_LAB_REGISTRATION_NO_DNN,
	SN_LAB_REGISTRATION_NO_SLICE_SESSION,
	SN_LAB_AUTH_MAC_FAILURE,
	SN_LAB_UNKNOWN_SUBSCRIBER,
	SN_LAB_NO_SLICE,
	SN_LAB_CONTEXT_SETUP_FAILURE,
	SN_LAB_SERVICE_REQUEST,
	SN_LAB_SERVICE_REQUEST_FAILURE,
	SN_LAB_PAGING,
	SN_LAB_SECOND_SESSION,
	SN_LAB_SESSION_REFUSED,
	SN_LAB_SESSION_RELEASE,
	SN_LAB_CONTEXT_RELEASE,
	SN_LAB_UE_LOST,
	SN_LAB_DEREGISTRATION,
	SN_LAB_SWITCH_OFF,
	SN_LAB_SWITCH_OFF_NO_SESSION,
	_SN_LAB_EXCHANGE_MAX,
};

/** What octets of a message are, and so with what they are replaced: as many octets as there were. */
enum sn_lab_slot_kind {
	SN_LAB_SLOT_MSIN,      /* ten digits, two to an octet, of a SUCI in the null scheme (TS 24.501 9.11.3.4) */
	SN_LAB_SLOT_TMSI,      /* 5G-TMSI that the UE has */
	SN_LAB_SLOT_NEW_TMSI,  /* 5G-TMSI that the AMF gives it in this exchange */
	SN_LAB_SLOT_IMEISV,    /* mobile identity from its first octet on; the serial number is replaced */
	SN_LAB_SLOT_UE_IP,     /* IPv4 address of PDU session `arg` */
	SN_LAB_SLOT_UPF_TEID,  /* uplink tunnel of PDU session `arg` */
	SN_LAB_SLOT_GNB_TEID,  /* downlink tunnel of PDU session `arg` */
	SN_LAB_SLOT_GNB_N3,    /* IPv4 address of the gNB on N3 */
	SN_LAB_SLOT_GNB_ID,    /* gNB ID of 32 bits */
	SN_LAB_SLOT_CELL,      /* NR cell identity, 36 bits, left-aligned in five octets */
	SN_LAB_SLOT_TIMESTAMP, /* seconds since 1900 (TS 38.413 9.3.1.75) */
	SN_LAB_SLOT_RANDOM,    /* what a key or a random number made: RAND, AUTN, RES*, message authentication codes, keys */
	_SN_LAB_SLOT_KIND_MAX,
};

struct sn_lab_slot {
	uint8_t kind; /* enum sn_lab_slot_kind */
	uint8_t arg;
	uint16_t offset; /* in the message */
	uint16_t len;
};

/** A NAS message inside, by its name in TS 24.501, for the account of what was sent. */
struct sn_lab_nas {
	const char *message;
	bool in_container; /* of a NAS message container */
};

struct sn_lab_message {
	bool from_amf;
	uint16_t stream;       /* SCTP stream as recorded: 0 for what belongs to no UE */
	uint32_t delay_us;     /* after the message before it, as recorded; 0: in the same packet */
	const char *procedure; /* by its name in TS 38.413 */
	struct sn_view data;   /* the NGAP PDU */
	const struct sn_lab_slot *slots;
	uint16_t slot_count;
	uint16_t nas_count;
	const struct sn_lab_nas *nas;
};

struct sn_lab_exchange {
	const char *name;
	const struct sn_lab_message *messages;
	uint16_t count;
};

extern const struct sn_lab_exchange sn_lab_exchanges[_SN_LAB_EXCHANGE_MAX];

#endif
