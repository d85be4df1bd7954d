/* SPDX-License-Identifier: Apache-2.0 */
/** @file All six application protocols: the first octet chooses one, the rest is the message. */
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "codec/ngap.h"

static volatile uint64_t seen;

/** Reads every octet of a view. */
static void look(struct sn_view view)
{
	for (size_t i = 0; i < view.len; i++)
		seen += view.data[i];
}

static void look_cause(struct sn_ngap_cause cause)
{
	const char *name = cause.present ? sn_ngap_cause_name(cause.group, cause.value) : NULL;

	if (cause.present && !sn_ngap_cause_group_name(cause.group))
		abort();
	seen += name ? (uint64_t)name[0] : 0;
}

static void look_all(const struct sn_ngap_message *m)
{
	if (m->session_count > SN_NGAP_MAX_SESSIONS || m->flow_count > SN_NGAP_MAX_FLOWS ||
	    m->tai_count > SN_NGAP_MAX_SUPPORTED_TAIS || m->ue_pair_count > SN_NGAP_MAX_UE_ASSOCIATIONS ||
	    m->allowed_nssai_count > SN_ARRAY_SIZE(m->allowed_nssai))
		abort();
	look(m->nas);
	look(m->ran_node_name);
	look(m->amf_name);
	look_cause(m->cause);
	for (unsigned i = 0; i < m->session_count; i++) {
		const struct sn_ngap_session *s = &m->sessions[i];

		if (s->kind >= _SN_NGAP_SESSION_KIND_MAX || s->address_len > sizeof(s->address) ||
		    (unsigned)s->first_flow + s->flows > m->flow_count)
			abort();
		look(s->nas);
		look((struct sn_view) { s->address, s->address_len });
		look_cause(s->cause);
	}
	for (unsigned i = 0; i < m->flow_count; i++)
		look_cause(m->flows[i].cause);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sn_ngap_message message;
	enum sn_ap protocol;
	int r;

	if (size < 1)
		return 0;
	protocol = data[0] % _SN_AP_MAX;
	r = sn_ngap_decode(protocol, (struct sn_view) { data + 1, size - 1 }, &message);
	if (r == -ENOMSG)
		return 0;
	if (r != 0 && r != -EMSGSIZE && r != -EBADMSG)
		abort();
	if (message.protocol != protocol || message.pdu >= _SN_AP_PDU_MAX)
		abort();
	sn_ap_procedure_name(protocol, message.procedure_code);
	look_all(&message);
	return 0;
}
