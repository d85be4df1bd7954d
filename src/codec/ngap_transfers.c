/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file PDU session resource lists of NGAP: the items, and the transfers in them that the AMF passes between RAN node and SMF
 * unread (TS 38.413 clauses 9.3.4 and 9.4.5).
 */
#include "codec/ngap_internal.h"

#define SESSION(member) SN_PER_AT(struct sn_ngap_session, member)

static const struct sn_per_type one_of_one = SN_PER_ENUMERATED(1, true);
static const struct sn_per_type one_of_two = SN_PER_ENUMERATED(2, true);
static const struct sn_per_type one_of_three = SN_PER_ENUMERATED(3, true);

/* Parts of several transfers */

static const struct sn_per_field security_result_fields[] = {
	{ .type = &one_of_two },
	{ .type = &one_of_two },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type security_result = SN_PER_SEQUENCE(security_result_fields, 1);

static const struct sn_per_field security_indication_fields[] = {
	{ .type = &one_of_three },
	{ .type = &one_of_three },
	{ .type = &one_of_two, .optional = true }, /* maximumIntegrityProtectedDataRate-UL */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type security_indication = SN_PER_SEQUENCE(security_indication_fields, 2);

static const struct sn_per_field user_plane_security_fields[] = {
	{ .type = &security_result },
	{ .type = &security_indication },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type user_plane_security = SN_PER_SEQUENCE(user_plane_security_fields, 1);

/** QosFlowPerTNLInformation and its list, once for flows that were accepted, that are asked for, and that are not wanted. */
#define FLOWS_PER_TUNNEL(name, flows)                                                                                            \
	static const struct sn_per_field name##_fields[] = {                                                                     \
		{ .type = &ngap_tunnel, .to = SN_PER_SAME },                                                                     \
		{ .type = &(flows), .to = SN_PER_SAME },                                                                         \
		SN_PER_NO_EXTENSIONS,                                                                                            \
	};                                                                                                                       \
	static const struct sn_per_type name = SN_PER_SEQUENCE(name##_fields, 1);                                                \
	static const struct sn_per_field name##_item_fields[] = {                                                                \
		{ .type = &(name), .to = SN_PER_SAME },                                                                          \
		SN_PER_NO_EXTENSIONS,                                                                                            \
	};                                                                                                                       \
	static const struct sn_per_type name##_item = SN_PER_SEQUENCE(name##_item_fields, 1);                                    \
	static const struct sn_per_type name##_list = SN_PER_LIST(name##_item, 1, 3)
FLOWS_PER_TUNNEL(accepted_per_tunnel, ngap_flows_associated);
FLOWS_PER_TUNNEL(requested_per_tunnel, ngap_flows_associated_requested);
FLOWS_PER_TUNNEL(forgotten_per_tunnel, ngap_flows_associated_forgotten);

static const struct sn_per_field tunnel_pair_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME }, /* uplink */
	{ .type = &ngap_tunnel },		     /* downlink */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type tunnel_pair = SN_PER_SEQUENCE(tunnel_pair_fields, 1);
static const struct sn_per_type tunnel_modify_list = SN_PER_LIST(tunnel_pair, 1, 4);
static const struct sn_per_type tunnel_pair_list = SN_PER_LIST(tunnel_pair, 1, 3);

static const struct sn_per_type drb_id = SN_PER_INTEGER(uint8_t, 1, 32, true);
static const struct sn_per_field drb_fields[] = {
	{ .type = &drb_id },
	{ .type = &ngap_tunnel, .optional = true },
	{ .type = &ngap_tunnel, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type drb_item = SN_PER_SEQUENCE(drb_fields, 3);
/** DataForwardingResponseDRBList. */
static const struct sn_per_type drb_list = SN_PER_LIST(drb_item, 1, 32);

static const struct sn_per_type procedure_code = SN_PER_INTEGER(uint8_t, 0, 255, false);
static const struct sn_per_type protocol_ie_id = SN_PER_INTEGER(uint16_t, 0, 65535, false);
static const struct sn_per_type one_of_three_closed = SN_PER_ENUMERATED(3, false); /* Criticality, TriggeringMessage */
static const struct sn_per_field diagnostics_ie_fields[] = {
	{ .type = &one_of_three_closed },
	{ .type = &protocol_ie_id },
	{ .type = &one_of_two }, /* typeOfError */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type diagnostics_ie = SN_PER_SEQUENCE(diagnostics_ie_fields, 1);
static const struct sn_per_type diagnostics_ie_list = SN_PER_LIST(diagnostics_ie, 1, 256);
static const struct sn_per_field criticality_diagnostics_fields[] = {
	{ .type = &procedure_code, .optional = true },
	{ .type = &one_of_three_closed, .optional = true },
	{ .type = &one_of_three_closed, .optional = true },
	{ .type = &diagnostics_ie_list, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type criticality_diagnostics = SN_PER_SEQUENCE(criticality_diagnostics_fields, 5);

/** PDUSessionType; a value beyond the root is unknown. */
static void read_session_type(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	uint32_t value = sn_per_enum(&reader->per, 5, true);

	if (!reader->per.error && ret_value)
		*(uint8_t *)ret_value = value < SN_PER_EXTENSION ? (uint8_t)value : 0xff;
}
static const struct sn_per_type session_type = { .read = read_session_type };

/* The transfers */

#define IE(id) [(id)-NGAP_IE_PDU_SESSION_TYPE]
static const struct sn_per_field request_ies[] = {
	IE(NGAP_IE_PDU_SESSION_TYPE) = { .type = &session_type, .to = SESSION(pdu_session_type) },
	IE(NGAP_IE_FLOW_ADD_OR_MODIFY_REQUEST_LIST) = { .type = &ngap_flows_add_or_modify, .to = SN_PER_SAME },
	IE(NGAP_IE_FLOW_SETUP_REQUEST_LIST) = { .type = &ngap_flows_setup, .to = SN_PER_SAME },
	IE(NGAP_IE_FLOW_TO_RELEASE_LIST) = { .type = &ngap_flows_released, .to = SN_PER_SAME },
	IE(NGAP_IE_UL_TUNNEL) = { .type = &ngap_tunnel, .to = SN_PER_SAME },
	IE(NGAP_IE_UL_TUNNEL_MODIFY_LIST) = { .type = &tunnel_modify_list, .to = SN_PER_SAME },
};
#undef IE
static const struct sn_per_set request_set = { request_ies, NGAP_IE_PDU_SESSION_TYPE, SN_ARRAY_SIZE(request_ies) };
static const struct sn_per_type request_container = SN_PER_CONTAINER(request_set);
static const struct sn_per_field request_fields[] = {
	{ .type = &request_container, .to = SN_PER_SAME },
};
/** PDUSessionResourceSetupRequestTransfer and …ModifyRequestTransfer. */
static const struct sn_per_type request_transfer = SN_PER_SEQUENCE(request_fields, 0);

static const struct sn_per_field setup_response_fields[] = {
	{ .type = &accepted_per_tunnel, .to = SN_PER_SAME },
	{ .type = &accepted_per_tunnel_list, .to = SN_PER_SAME, .optional = true },
	{ .type = &security_result, .optional = true },
	{ .type = &ngap_flows_failed, .to = SN_PER_SAME, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type setup_response_transfer = SN_PER_SEQUENCE(setup_response_fields, 4);

static const struct sn_per_field modify_response_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME, .optional = true }, /* downlink */
	{ .type = &ngap_tunnel, .to = SN_PER_SAME, .optional = true }, /* uplink */
	{ .type = &ngap_flows_accepted, .to = SN_PER_SAME, .optional = true },
	{ .type = &forgotten_per_tunnel_list, .to = SN_PER_SAME, .optional = true }, /* its flows stand in the list before it */
	{ .type = &ngap_flows_failed, .to = SN_PER_SAME, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type modify_response_transfer = SN_PER_SEQUENCE(modify_response_fields, 6);

static const struct sn_per_field modify_indication_fields[] = {
	{ .type = &requested_per_tunnel, .to = SN_PER_SAME },
	{ .type = &requested_per_tunnel_list, .to = SN_PER_SAME, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type modify_indication_transfer = SN_PER_SEQUENCE(modify_indication_fields, 2);

static const struct sn_per_field modify_confirm_fields[] = {
	{ .type = &ngap_flows_accepted, .to = SN_PER_SAME },
	{ .type = &ngap_tunnel, .to = SN_PER_SAME },
	{ .type = &tunnel_pair_list, .optional = true },
	{ .type = &ngap_flows_failed, .to = SN_PER_SAME, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type modify_confirm_transfer = SN_PER_SEQUENCE(modify_confirm_fields, 3);

static const struct sn_per_field notify_fields[] = {
	{ .type = &ngap_flows_notify, .to = SN_PER_SAME, .optional = true },
	{ .type = &ngap_flows_released, .to = SN_PER_SAME, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type notify_transfer = SN_PER_SEQUENCE(notify_fields, 3);

static const struct sn_per_field handover_admitted_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME },
	{ .type = &ngap_tunnel, .optional = true }, /* for forwarding */
	{ .type = &security_result, .optional = true },
	{ .type = &ngap_flows_forwarding, .to = SN_PER_SAME },
	{ .type = &ngap_flows_failed, .to = SN_PER_SAME, .optional = true },
	{ .type = &drb_list, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
/** HandoverRequestAcknowledgeTransfer. */
static const struct sn_per_type handover_admitted_transfer = SN_PER_SEQUENCE(handover_admitted_fields, 5);

static const struct sn_per_field handover_command_extensions[] = {
	{ .type = &ngap_flows_failed, .to = SN_PER_SAME },
};
static const struct sn_per_set handover_command_set = { handover_command_extensions, NGAP_IE_FLOW_FAILED_TO_SETUP_LIST, 1 };
static const struct sn_per_type handover_command_extension = SN_PER_EXTENSIONS(handover_command_set);
static const struct sn_per_field handover_command_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME, .optional = true }, /* for forwarding */
	{ .type = &ngap_flows_to_be_forwarded, .optional = true },
	{ .type = &drb_list, .optional = true },
	{ .type = &handover_command_extension, .to = SN_PER_SAME, .optional = true },
};
static const struct sn_per_type handover_command_transfer = SN_PER_SEQUENCE(handover_command_fields, 4);

static const struct sn_per_field path_switch_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME },
	{ .type = &one_of_one, .optional = true }, /* TNL information reused */
	{ .type = &user_plane_security, .optional = true },
	{ .type = &ngap_flows_accepted, .to = SN_PER_SAME },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type path_switch_transfer = SN_PER_SEQUENCE(path_switch_fields, 3);

static const struct sn_per_field path_switched_fields[] = {
	{ .type = &ngap_tunnel, .to = SN_PER_SAME, .optional = true },
	{ .type = &security_indication, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
/** PathSwitchRequestAcknowledgeTransfer. */
static const struct sn_per_type path_switched_transfer = SN_PER_SEQUENCE(path_switched_fields, 3);

static const struct sn_per_field cause_fields[] = {
	{ .type = &ngap_cause, .to = SESSION(cause) },
	SN_PER_NO_EXTENSIONS,
};
/** The transfers that are a cause: release command, notify released, handover preparation, path switch and modify indication. */
static const struct sn_per_type cause_transfer = SN_PER_SEQUENCE(cause_fields, 1);

static const struct sn_per_field unsuccessful_fields[] = {
	{ .type = &ngap_cause, .to = SESSION(cause) },
	{ .type = &criticality_diagnostics, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
/** Those with criticality diagnostics: setup, modify and handover resource allocation unsuccessful. */
static const struct sn_per_type unsuccessful_transfer = SN_PER_SEQUENCE(unsuccessful_fields, 2);

/* The items */

/** PDUSessionID: an item counts from here on, whatever is wrong behind it. */
static void read_session_id(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_message *message = reader->context;
	struct sn_ngap_session *session = ret_value;
	uint64_t value = sn_per_constrained(&reader->per, 0, 255);

	if (reader->per.error || !session)
		return;
	session->pdu_session_id = (uint8_t)value;
	message->session_count++;
}
static const struct sn_per_type session_id = { .read = read_session_id };
static const struct sn_per_type octets = SN_PER_OCTETS;

#define SESSION_ID                                                                                                               \
	{                                                                                                                        \
		.type = &session_id, .to = SN_PER_SAME                                                                           \
	}
#define TRANSFER(name)                                                                                                           \
	{                                                                                                                        \
		.type = &(name), .to = SN_PER_SAME                                                                               \
	}

static const struct sn_per_type request_contained = SN_PER_CONTAINED(request_transfer);

static const struct sn_per_field setup_request_item_fields[] = {
	SESSION_ID,
	{ .type = &octets, .to = SESSION(nas), .optional = true },
	{ .type = &ngap_snssai, .to = SESSION(snssai), .mark = SESSION(snssai.present) },
	TRANSFER(request_contained),
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type setup_request_item = SN_PER_SEQUENCE(setup_request_item_fields, 2);

static const struct sn_per_field handover_request_item_fields[] = {
	SESSION_ID,
	{ .type = &ngap_snssai, .to = SESSION(snssai), .mark = SESSION(snssai.present) },
	TRANSFER(request_contained),
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type handover_request_item = SN_PER_SEQUENCE(handover_request_item_fields, 1);

static const struct sn_per_field modify_request_extensions[] = {
	{ .type = &ngap_snssai, .to = SESSION(snssai), .mark = SESSION(snssai.present) },
};
static const struct sn_per_set modify_request_set = { modify_request_extensions, NGAP_IE_S_NSSAI, 1 };
static const struct sn_per_type modify_request_extension = SN_PER_EXTENSIONS(modify_request_set);
static const struct sn_per_field modify_request_item_fields[] = {
	SESSION_ID,
	{ .type = &octets, .to = SESSION(nas), .optional = true },
	TRANSFER(request_contained),
	{ .type = &modify_request_extension, .to = SN_PER_SAME, .optional = true },
};
static const struct sn_per_type modify_request_item = SN_PER_SEQUENCE(modify_request_item_fields, 2);

static const struct sn_per_field id_item_fields[] = {
	SESSION_ID,
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type id_item = SN_PER_SEQUENCE(id_item_fields, 1);

/** An item of an identifier and a transfer. */
#define ITEM(name)                                                                                                               \
	static const struct sn_per_type name##_contained = SN_PER_CONTAINED(name##_transfer);                                    \
	static const struct sn_per_field name##_item_fields[] = {                                                                \
		SESSION_ID,                                                                                                      \
		TRANSFER(name##_contained),                                                                                      \
		SN_PER_NO_EXTENSIONS,                                                                                            \
	};                                                                                                                       \
	static const struct sn_per_type name##_item = SN_PER_SEQUENCE(name##_item_fields, 1)
ITEM(setup_response);
ITEM(modify_response);
ITEM(modify_indication);
ITEM(modify_confirm);
ITEM(notify);
ITEM(handover_admitted);
ITEM(handover_command);
ITEM(path_switch);
ITEM(path_switched);
ITEM(cause);
ITEM(unsuccessful);

/** Handover required and release response: nothing in their transfers is wanted. */
static const struct sn_per_field unread_item_fields[] = {
	SESSION_ID,
	{ .type = &octets },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type unread_item = SN_PER_SEQUENCE(unread_item_fields, 1);

/* The lists */

/** SEQUENCE (SIZE (1..maxnoofPDUSessions)) OF an item above. */
static void read_sessions(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_message *message = ret_value;
	size_t count = sn_per_length(&reader->per, 1, 256);

	for (; count > 0 && !reader->per.error; count--) {
		struct sn_ngap_session *session = NULL;

		if (message->session_count < SN_NGAP_MAX_SESSIONS) {
			session = &message->sessions[message->session_count];
			*session = (struct sn_ngap_session) {
				.kind = type->parameter,
				.pdu_session_type = 0xff,
				.first_flow = message->flow_count,
			};
		} else {
			message->truncated_lists = true;
		}
		type->of->read(reader, type->of, session);
	}
}

#define SESSIONS(name, item, session_kind)                                                                                       \
	const struct sn_per_type ngap_sessions_##name = { .read = read_sessions,                                                 \
							  .of = &(item),                                                         \
							  .parameter = SN_NGAP_SESSION_##session_kind }
SESSIONS(setup_request, setup_request_item, SETUP_REQUEST);
SESSIONS(setup_response, setup_response_item, SETUP_RESPONSE);
SESSIONS(setup_failed, unsuccessful_item, SETUP_FAILED);
SESSIONS(modify_request, modify_request_item, MODIFY_REQUEST);
SESSIONS(modify_response, modify_response_item, MODIFY_RESPONSE);
SESSIONS(modify_failed, unsuccessful_item, MODIFY_FAILED);
SESSIONS(modify_indication, modify_indication_item, MODIFY_INDICATION);
SESSIONS(modify_confirm, modify_confirm_item, MODIFY_CONFIRM);
SESSIONS(modify_ind_failed, cause_item, MODIFY_IND_FAILED);
SESSIONS(release_command, cause_item, RELEASE_COMMAND);
SESSIONS(release_response, unread_item, RELEASE_RESPONSE);
SESSIONS(notify, notify_item, NOTIFY);
SESSIONS(notify_released, cause_item, NOTIFY_RELEASED);
SESSIONS(handover_required, unread_item, HANDOVER_REQUIRED);
SESSIONS(handover_request, handover_request_item, HANDOVER_REQUEST);
SESSIONS(handover_admitted, handover_admitted_item, HANDOVER_ADMITTED);
SESSIONS(handover_failed, unsuccessful_item, HANDOVER_FAILED);
SESSIONS(handover_command, handover_command_item, HANDOVER_COMMAND);
SESSIONS(handover_release, cause_item, HANDOVER_RELEASE);
SESSIONS(path_switch, path_switch_item, PATH_SWITCH);
SESSIONS(path_switch_failed, cause_item, PATH_SWITCH_FAILED);
SESSIONS(path_switched, path_switched_item, PATH_SWITCHED);
SESSIONS(path_released, cause_item, PATH_RELEASED);
SESSIONS(context_release, id_item, CONTEXT_RELEASE);
