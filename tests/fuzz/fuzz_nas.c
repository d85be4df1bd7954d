/* SPDX-License-Identifier: Apache-2.0 */
/** @file Fuzzes the 5GS NAS decoder. The first octet is the ciphering algorithm in force, the rest the PDU. */
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "codec/nas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/** A view that is not empty lies inside the PDU. */
static void check_view(struct sn_view view, struct sn_view pdu)
{
	check(!view.len || (view.data >= pdu.data && view.data + view.len <= pdu.data + pdu.len));
}

static void check_message(const struct sn_nas_message *m, struct sn_view pdu)
{
	char text[32];

	check(m->nssai_count <= SN_ARRAY_SIZE(m->nssai));
	check_view(m->identity, pdu);
	check_view(m->dnn, pdu);
	sn_nas_dnn_text(m->dnn, text, sizeof(text));
	sn_nas_message_name(m->epd, m->type);
	sn_nas_cause_name(m->epd, m->cause);
	sn_nas_identity_name(m->identity_kind);
	sn_nas_registration_type_name(m->registration_type);
	for (unsigned i = 0; i < m->nssai_count; i++)
		check(m->nssai[i].present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sn_nas_pdu pdu;
	struct sn_view bytes;
	int r;

	if (!size)
		return 0;
	bytes = (struct sn_view) { data + 1, size - 1 };
	memset(&pdu, 0xa5, sizeof(pdu));
	r = sn_nas_decode(bytes, data[0] <= SN_NEA3 ? data[0] : SN_NEA_UNKNOWN, &pdu);
	check(r == 0 || r == -EMSGSIZE || r == -EBADMSG);
	check(pdu.count <= SN_NAS_MAX_MESSAGES);
	check(!pdu.ciphered || !pdu.count);
	check(!pdu.left_out || pdu.count == SN_NAS_MAX_MESSAGES);
	for (unsigned i = 0; i < pdu.count; i++)
		check_message(&pdu.messages[i], bytes);
	return 0;
}
