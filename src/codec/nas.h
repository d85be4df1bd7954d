/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file 5GS NAS (TS 24.501, Release 17): 5GMM and 5GSM messages, plain and security-protected, and the messages inside
 * them (5GSM in UL/DL NAS transport, a whole message in a NAS message container).
 *
 * Pure: bytes in, struct out, no allocation. Everything of type sn_view points into the caller's bytes.
 */
#ifndef SN_CODEC_NAS_H
#define SN_CODEC_NAS_H

#include "base/bytes.h"
#include "codec/ts23003.h"

/** Extended protocol discriminators (TS 24.007 11.2.3.1.1A). */
#define SN_NAS_EPD_5GMM 0x7e
#define SN_NAS_EPD_5GSM 0x2e

/** Message types of TS 24.501 tables 9.7.1 (5GMM) and 9.7.2 (5GSM). */
enum sn_nas_type {
	SN_NAS_REGISTRATION_REQUEST = 0x41,
	SN_NAS_REGISTRATION_ACCEPT = 0x42,
	SN_NAS_REGISTRATION_COMPLETE = 0x43,
	SN_NAS_REGISTRATION_REJECT = 0x44,
	SN_NAS_DEREGISTRATION_REQUEST_UE = 0x45, /* UE originating */
	SN_NAS_DEREGISTRATION_ACCEPT_UE = 0x46,
	SN_NAS_DEREGISTRATION_REQUEST_NW = 0x47, /* UE terminated */
	SN_NAS_DEREGISTRATION_ACCEPT_NW = 0x48,
	SN_NAS_SERVICE_REQUEST = 0x4c,
	SN_NAS_SERVICE_REJECT = 0x4d,
	SN_NAS_SERVICE_ACCEPT = 0x4e,
	SN_NAS_CONTROL_PLANE_SERVICE_REQUEST = 0x4f,
	SN_NAS_SLICE_AUTHENTICATION_COMMAND = 0x50,
	SN_NAS_SLICE_AUTHENTICATION_COMPLETE = 0x51,
	SN_NAS_SLICE_AUTHENTICATION_RESULT = 0x52,
	SN_NAS_CONFIGURATION_UPDATE_COMMAND = 0x54,
	SN_NAS_CONFIGURATION_UPDATE_COMPLETE = 0x55,
	SN_NAS_AUTHENTICATION_REQUEST = 0x56,
	SN_NAS_AUTHENTICATION_RESPONSE = 0x57,
	SN_NAS_AUTHENTICATION_REJECT = 0x58,
	SN_NAS_AUTHENTICATION_FAILURE = 0x59,
	SN_NAS_AUTHENTICATION_RESULT = 0x5a,
	SN_NAS_IDENTITY_REQUEST = 0x5b,
	SN_NAS_IDENTITY_RESPONSE = 0x5c,
	SN_NAS_SECURITY_MODE_COMMAND = 0x5d,
	SN_NAS_SECURITY_MODE_COMPLETE = 0x5e,
	SN_NAS_SECURITY_MODE_REJECT = 0x5f,
	SN_NAS_5GMM_STATUS = 0x64,
	SN_NAS_NOTIFICATION = 0x65,
	SN_NAS_NOTIFICATION_RESPONSE = 0x66,
	SN_NAS_UL_NAS_TRANSPORT = 0x67,
	SN_NAS_DL_NAS_TRANSPORT = 0x68,
	SN_NAS_RELAY_KEY_REQUEST = 0x69,
	SN_NAS_RELAY_KEY_ACCEPT = 0x6a,
	SN_NAS_RELAY_KEY_REJECT = 0x6b,
	SN_NAS_RELAY_AUTHENTICATION_REQUEST = 0x6c,
	SN_NAS_RELAY_AUTHENTICATION_RESPONSE = 0x6d,
	SN_NAS_PDU_SESSION_ESTABLISHMENT_REQUEST = 0xc1,
	SN_NAS_PDU_SESSION_ESTABLISHMENT_ACCEPT = 0xc2,
	SN_NAS_PDU_SESSION_ESTABLISHMENT_REJECT = 0xc3,
	SN_NAS_PDU_SESSION_AUTHENTICATION_COMMAND = 0xc5,
	SN_NAS_PDU_SESSION_AUTHENTICATION_COMPLETE = 0xc6,
	SN_NAS_PDU_SESSION_AUTHENTICATION_RESULT = 0xc7,
	SN_NAS_PDU_SESSION_MODIFICATION_REQUEST = 0xc9,
	SN_NAS_PDU_SESSION_MODIFICATION_REJECT = 0xca,
	SN_NAS_PDU_SESSION_MODIFICATION_COMMAND = 0xcb,
	SN_NAS_PDU_SESSION_MODIFICATION_COMPLETE = 0xcc,
	SN_NAS_PDU_SESSION_MODIFICATION_COMMAND_REJECT = 0xcd,
	SN_NAS_PDU_SESSION_RELEASE_REQUEST = 0xd1,
	SN_NAS_PDU_SESSION_RELEASE_REJECT = 0xd2,
	SN_NAS_PDU_SESSION_RELEASE_COMMAND = 0xd3,
	SN_NAS_PDU_SESSION_RELEASE_COMPLETE = 0xd4,
	SN_NAS_5GSM_STATUS = 0xd6,
	SN_NAS_SERVICE_LEVEL_AUTHENTICATION_COMMAND = 0xd8,
	SN_NAS_SERVICE_LEVEL_AUTHENTICATION_COMPLETE = 0xd9,
	SN_NAS_REMOTE_UE_REPORT = 0xda,
	SN_NAS_REMOTE_UE_REPORT_RESPONSE = 0xdb,
};

/** Security header types (9.3.1). */
enum sn_nas_security {
	SN_NAS_PLAIN,
	SN_NAS_INTEGRITY,
	SN_NAS_INTEGRITY_CIPHERED,
	SN_NAS_INTEGRITY_NEW_CONTEXT,	       /* Security mode command */
	SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT, /* Security mode complete */
	_SN_NAS_SECURITY_MAX,
};

/** Ciphering algorithm in force for the UE (9.11.3.34), as the caller knows it. */
enum sn_nas_cipher {
	SN_NEA0,
	SN_NEA1,
	SN_NEA2,
	SN_NEA3,
	SN_NEA_UNKNOWN = 0xff,
};

/** Mobile identity kinds (9.11.3.4). */
enum sn_nas_identity {
	SN_NAS_IDENTITY_NONE,
	SN_NAS_IDENTITY_SUCI,
	SN_NAS_IDENTITY_5G_GUTI,
	SN_NAS_IDENTITY_IMEI,
	SN_NAS_IDENTITY_5G_S_TMSI,
	SN_NAS_IDENTITY_IMEISV,
	SN_NAS_IDENTITY_MAC,
	SN_NAS_IDENTITY_EUI64,
	_SN_NAS_IDENTITY_MAX,
};

/** Registration types (9.11.3.7). */
enum sn_nas_registration_type {
	SN_NAS_REGISTRATION_INITIAL = 1,
	SN_NAS_REGISTRATION_MOBILITY = 2,
	SN_NAS_REGISTRATION_PERIODIC = 3,
	SN_NAS_REGISTRATION_EMERGENCY = 4,
	SN_NAS_REGISTRATION_SNPN_ONBOARDING = 5,
	SN_NAS_REGISTRATION_DISASTER_MOBILITY = 6, /* disaster roaming mobility registration updating */
	SN_NAS_REGISTRATION_DISASTER_INITIAL = 7,  /* disaster roaming initial registration */
};

/** Which fields of sn_nas_message are set. */
enum sn_nas_field {
	SN_NAS_HAS_CAUSE = 1u << 0,
	SN_NAS_HAS_REGISTRATION_TYPE = 1u << 1,
	SN_NAS_HAS_REGISTRATION_RESULT = 1u << 2,
	SN_NAS_HAS_PDU_SESSION_ID = 1u << 3,
	SN_NAS_HAS_NGKSI = 1u << 4,
	SN_NAS_HAS_ALGORITHMS = 1u << 5,
	SN_NAS_HAS_SERVICE_TYPE = 1u << 6,
	SN_NAS_HAS_REQUEST_TYPE = 1u << 7,
	SN_NAS_HAS_PAYLOAD_TYPE = 1u << 8,
	SN_NAS_HAS_DEREGISTRATION_TYPE = 1u << 9,
	SN_NAS_HAS_ASSIGNED_GUTI =
		1u << 10, /* Registration accept, Configuration update command: `identity` is the new 5G-GUTI */
	SN_NAS_HAS_FOLLOW_ON = 1u << 11,
	SN_NAS_HAS_SELECTED_TYPE = 1u << 12, /* PDU session type selected or asked for, in pdu_session_type */
	SN_NAS_HAS_ACK_REQUESTED = 1u << 13, /* Configuration update command: acknowledgement requested */
};

/** One NAS message. Which fields hold a value: `fields`, or `present`, or a view that is not empty. */
struct sn_nas_message {
	uint32_t fields;     /* enum sn_nas_field */
	uint8_t epd;	     /* SN_NAS_EPD_… */
	uint8_t type;	     /* enum sn_nas_type */
	uint8_t security;    /* enum sn_nas_security: of the header around it; inner messages inherit their carrier's */
	bool in_container;   /* came inside a NAS message container (9.11.3.33), not as itself */
	bool ciphered_guess; /* read as plain though the algorithm was not known (see sn_nas_decode) */
	uint8_t cause;	     /* 5GMM cause (9.11.3.2) or 5GSM cause (9.11.4.2), by epd */
	uint8_t registration_type;
	uint8_t registration_result;
	uint8_t pdu_session_id;
	uint8_t pti;
	uint8_t ngksi; /* TSC and KSI, 4 bits; 7 is "no key is available" */
	uint8_t ciphering_algorithm;
	uint8_t integrity_algorithm;
	uint8_t service_type; /* 9.11.3.50; of a Control plane service request 9.11.3.18D */
	uint8_t request_type;
	uint8_t payload_type;	     /* payload container type (9.11.3.40) */
	uint8_t deregistration_type; /* the half octet of 9.11.3.20: switch off, re-registration required, access type */
	uint8_t pdu_session_type;
	uint8_t identity_kind; /* enum sn_nas_identity; of an Identity request the kind asked for, with `identity` empty */
	bool follow_on_request;
	uint8_t nssai_count;
	struct sn_view identity; /* contents of the mobile identity, from its first octet */
	struct sn_view dnn;	 /* in label form (TS 23.003 9.1); sn_nas_dnn_text makes "internet.mnc…" of it */
	struct sn_snssai snssai; /* of UL NAS transport or the 5GSM message */
	struct sn_s_tmsi s_tmsi; /* when the identity is a 5G-GUTI or 5G-S-TMSI, or of Service request */
	/* Requested (Registration request), allowed (accept) or rejected (reject) NSSAI. Last, because it is not cleared. */
	struct sn_snssai nssai[8];
};

#define SN_NAS_MAX_MESSAGES 6

/**
 * A NAS PDU: the message itself first, then those inside it in order of appearance. Request type, DNN and S-NSSAI of an
 * entry of "multiple payloads" (9.11.3.39) stand in the 5GSM message of that entry.
 */
struct sn_nas_pdu {
	uint8_t count;
	uint8_t left_out;	 /* messages inside that found no room in `messages` */
	bool ciphered;		 /* the body could not be read (NEA1 to NEA3, or not known and not plausible as plain) */
	bool container_ciphered; /* the message was read, its NAS message container (4.4.6) could not be */
	uint8_t security;	 /* enum sn_nas_security, valid also when ciphered */
	uint8_t sequence;	 /* NAS sequence number, valid when security is not SN_NAS_PLAIN */
	struct sn_nas_message messages[SN_NAS_MAX_MESSAGES];
};

/**
 * Decodes one NAS PDU.
 *
 * @param cipher the algorithm in force. Header types 2 and 4 say "ciphered" also under NEA0, so it must be known:
 *        SN_NEA0 reads the body; SN_NEA1..3 do not look at it; SN_NEA_UNKNOWN (tap started in mid-session) reads it only when it
 *        parses completely as a known message, and then sets ciphered_guess.
 * @return 0; -EMSGSIZE: ends too early; -EBADMSG: malformed. What was read before the error stands in ret_pdu
 *         (count may be 0). A ciphered PDU returns 0 with `ciphered` set.
 *
 * An initial message with security header 1 is readable, but its NAS message container is ciphered on its own (4.4.6): it
 * follows `cipher` in the same way, with container_ciphered set when it was not read.
 */
int sn_nas_decode(struct sn_view pdu, enum sn_nas_cipher cipher, struct sn_nas_pdu *ret_pdu);

/**
 * The message by its name in TS 24.501 clause 8 as Wireshark prints it ("Registration request", "Deregistration request
 * (UE originating)" …); NULL when the type is not known.
 */
const char *sn_nas_message_name(uint8_t epd, uint8_t type);
/** 5GMM or 5GSM cause in the words of the specification ("PLMN not allowed"); NULL when not known. */
const char *sn_nas_cause_name(uint8_t epd, uint8_t cause);
const char *sn_nas_security_name(enum sn_nas_security security);
const char *sn_nas_registration_type_name(uint8_t type);
const char *sn_nas_identity_name(enum sn_nas_identity kind);
/** "NEA0", "NEA2" …; "unknown" otherwise. */
const char *sn_nas_cipher_name(enum sn_nas_cipher cipher);
/** Writes a DNN in dotted form, non-printable octets as '?', cut to fit; returns ret_text. */
const char *sn_nas_dnn_text(struct sn_view dnn, char *ret_text, size_t size);

#endif
