/* SPDX-License-Identifier: Apache-2.0 */
/** @file The frame that the application protocols of the RAN share, and the way into an NGAP message. */
#include "codec/ngap_internal.h"

/** NGAP's PrivateMessage is a container of another form: its ids may be object identifiers. */
#define PRIVATE_MESSAGE 31

#define FRAME_LEN 3 /* choice, procedure code, criticality */

/**
 * The choice at the top: F1AP-PDU has four alternatives (the last is choice-extension) and no extension marker, the others three
 * and a marker; so the same index stands one bit further left there.
 */
static int read_frame(enum sn_ap protocol, struct sn_per *per, struct sn_ngap_message *ret_message)
{
	bool marker = protocol != SN_AP_F1AP;
	uint32_t pdu = sn_per_enum(per, marker ? 3 : 4, marker);

	if (per->error || pdu >= _SN_AP_PDU_MAX)
		return -ENOMSG;
	ret_message->protocol = (uint8_t)protocol;
	ret_message->pdu = (uint8_t)pdu;
	ret_message->procedure_code = (uint8_t)sn_per_constrained(per, 0, 255);
	ret_message->criticality = (uint8_t)sn_per_bits(per, 2);
	return per->error || ret_message->criticality > 2 ? -ENOMSG : 0;
}

static void read_nothing(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
}
static const struct sn_per_type nothing = { .read = read_nothing };
static const struct sn_per_type ngap_value = SN_PER_CONTAINED(ngap_message);
static const struct sn_per_type other_value = SN_PER_CONTAINED(nothing);

int sn_ngap_decode(enum sn_ap protocol, struct sn_view message, struct sn_ngap_message *ret_message)
{
	struct sn_per_reader reader = { .context = ret_message, .cut = true };
	const struct sn_per_type *value = &other_value;

	if (protocol >= _SN_AP_MAX || message.len < FRAME_LEN)
		return -ENOMSG;
	/* What stands in front of the arrays; they are written as far as they are counted. */
	memset(ret_message, 0, offsetof(struct sn_ngap_message, sessions));
	sn_per_init(&reader.per, message);
	if (read_frame(protocol, &reader.per, ret_message) < 0)
		return -ENOMSG;
	if (protocol == SN_AP_NGAP && ret_message->procedure_code != PRIVATE_MESSAGE)
		value = &ngap_value;
	value->read(&reader, value, ret_message);
	ret_message->fields = reader.flags;
	return reader.error ? reader.error : reader.per.error;
}
