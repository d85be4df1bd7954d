/* SPDX-License-Identifier: Apache-2.0 */
/** @file QoS flow lists and user plane tunnels, the parts of which the PDU session transfers of NGAP are made. */
#include "codec/ngap_internal.h"

#define FLOW(member)	SN_PER_AT(struct sn_ngap_flow, member)
#define SESSION(member) SN_PER_AT(struct sn_ngap_session, member)

/** `parameter` of a list of flows that are read to get behind them. */
#define FORGET 0xff

static const struct sn_per_type bit_rate = SN_PER_INTEGER(uint64_t, 0, 4000000000000, true);
static const struct sn_per_type flow_identifier = SN_PER_INTEGER(uint8_t, 0, 63, true);
static const struct sn_per_type fiveqi = SN_PER_INTEGER(uint16_t, 0, 255, true);
static const struct sn_per_type priority_level = SN_PER_INTEGER(uint8_t, 1, 127, true);
static const struct sn_per_type averaging_window = SN_PER_INTEGER(uint16_t, 0, 4095, true);
static const struct sn_per_type burst_volume = SN_PER_INTEGER(uint32_t, 0, 4095, true);
static const struct sn_per_type delay_budget = SN_PER_INTEGER(uint16_t, 0, 1023, true);
static const struct sn_per_type loss_rate = SN_PER_INTEGER(uint16_t, 0, 1000, true);
static const struct sn_per_type error_rate_part = SN_PER_INTEGER(uint8_t, 0, 9, true);
static const struct sn_per_type erab_id = SN_PER_INTEGER(uint8_t, 0, 15, true);
static const struct sn_per_type priority_arp = SN_PER_INTEGER(uint8_t, 1, 15, false);
/** Enumerations of one or two values that are read to get behind them. */
static const struct sn_per_type one_of_one = SN_PER_ENUMERATED(1, true);
static const struct sn_per_type one_of_two = SN_PER_ENUMERATED(2, true);

static const struct sn_per_field error_rate_fields[] = {
	{ .type = &error_rate_part }, /* pERScalar */
	{ .type = &error_rate_part }, /* pERExponent */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type error_rate = SN_PER_SEQUENCE(error_rate_fields, 1);

static const struct sn_per_field non_dynamic_fields[] = {
	{ .type = &fiveqi, .to = FLOW(fiveqi) },
	{ .type = &priority_level, .optional = true },
	{ .type = &averaging_window, .optional = true },
	{ .type = &burst_volume, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type non_dynamic = SN_PER_SEQUENCE(non_dynamic_fields, 4);

static const struct sn_per_field dynamic_fields[] = {
	{ .type = &priority_level },
	{ .type = &delay_budget },
	{ .type = &error_rate },
	{ .type = &fiveqi, .to = FLOW(fiveqi), .optional = true },
	{ .type = &one_of_two, .optional = true }, /* delayCritical */
	{ .type = &averaging_window, .optional = true },
	{ .type = &burst_volume, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type dynamic = SN_PER_SEQUENCE(dynamic_fields, 5);

static const struct sn_per_field characteristics_alternatives[] = {
	{ .type = &non_dynamic, .to = SN_PER_SAME },
	{ .type = &dynamic, .to = SN_PER_SAME },
	{ .type = &sn_per_no_choice },
};
static const struct sn_per_type characteristics = SN_PER_CHOICE(characteristics_alternatives);

static const struct sn_per_field arp_fields[] = {
	{ .type = &priority_arp },
	{ .type = &one_of_two }, /* pre-emptionCapability */
	{ .type = &one_of_two }, /* pre-emptionVulnerability */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type arp = SN_PER_SEQUENCE(arp_fields, 1);

static const struct sn_per_field gbr_fields[] = {
	{ .type = &bit_rate },
	{ .type = &bit_rate },
	{ .type = &bit_rate },
	{ .type = &bit_rate },
	{ .type = &one_of_one, .optional = true }, /* notificationControl */
	{ .type = &loss_rate, .optional = true },
	{ .type = &loss_rate, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type gbr = SN_PER_SEQUENCE(gbr_fields, 4);

static const struct sn_per_field parameters_fields[] = {
	{ .type = &characteristics, .to = SN_PER_SAME },
	{ .type = &arp },
	{ .type = &gbr, .optional = true },
	{ .type = &one_of_one, .optional = true }, /* reflectiveQosAttribute */
	{ .type = &one_of_one, .optional = true }, /* additionalQosFlowInformation */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type parameters = SN_PER_SEQUENCE(parameters_fields, 4);

static const struct sn_per_field setup_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &parameters, .to = SN_PER_SAME },
	{ .type = &erab_id, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type setup_item = SN_PER_SEQUENCE(setup_fields, 2);

static const struct sn_per_field add_or_modify_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &parameters, .to = SN_PER_SAME, .optional = true },
	{ .type = &erab_id, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type add_or_modify_item = SN_PER_SEQUENCE(add_or_modify_fields, 3);

/** AssociatedQosFlowItem with qosFlowMappingIndication. */
static const struct sn_per_field associated_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &one_of_two, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type associated_item = SN_PER_SEQUENCE(associated_fields, 2);

/** QosFlowItemWithDataForwarding with dataForwardingAccepted. */
static const struct sn_per_field forwarding_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &one_of_one, .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type forwarding_item = SN_PER_SEQUENCE(forwarding_fields, 2);

/** The items that are an identifier only: accepted, modified, confirmed, to be forwarded. */
static const struct sn_per_field plain_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type plain_item = SN_PER_SEQUENCE(plain_fields, 1);

static const struct sn_per_field with_cause_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &ngap_cause, .to = FLOW(cause) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type with_cause_item = SN_PER_SEQUENCE(with_cause_fields, 1);

/** NotificationCause (9.3.1.39): whether the guaranteed bit rate is fulfilled again or no longer. */
static void read_notification(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	uint32_t cause = sn_per_enum(&reader->per, 2, true);

	if (!reader->per.error && ret_value)
		*(uint8_t *)ret_value = cause == 0 ? SN_NGAP_FLOW_ACCEPTED : SN_NGAP_FLOW_FAILED;
}
static const struct sn_per_type notification = { .read = read_notification };

static const struct sn_per_field notify_fields[] = {
	{ .type = &flow_identifier, .to = FLOW(qfi) },
	{ .type = &notification, .to = FLOW(kind) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type notify_item = SN_PER_SEQUENCE(notify_fields, 1);

/** SEQUENCE (SIZE (1..maxnoofQosFlows)) OF an item above; a flow counts when all of its item was read. */
static void read_flows(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_session *session = type->parameter == FORGET ? NULL : ret_value;
	struct sn_ngap_message *message = reader->context;
	size_t count = sn_per_length(&reader->per, 1, 64);

	for (; count > 0 && !reader->per.error; count--) {
		struct sn_ngap_flow *flow = NULL;

		if (session && message->flow_count < SN_NGAP_MAX_FLOWS) {
			flow = &message->flows[message->flow_count];
			*flow = (struct sn_ngap_flow) { .kind = type->parameter };
		} else if (session) {
			message->truncated_lists = true;
		}
		type->of->read(reader, type->of, flow);
		if (flow && !reader->per.error) {
			message->flow_count++;
			session->flows++;
		}
	}
}

#define FLOWS(item, flow_kind)                                                                                                   \
	{                                                                                                                        \
		.read = read_flows, .of = &(item), .parameter = (flow_kind)                                                      \
	}
const struct sn_per_type ngap_flows_setup = FLOWS(setup_item, SN_NGAP_FLOW_REQUESTED);
const struct sn_per_type ngap_flows_add_or_modify = FLOWS(add_or_modify_item, SN_NGAP_FLOW_REQUESTED);
const struct sn_per_type ngap_flows_associated = FLOWS(associated_item, SN_NGAP_FLOW_ACCEPTED);
const struct sn_per_type ngap_flows_associated_requested = FLOWS(associated_item, SN_NGAP_FLOW_REQUESTED);
const struct sn_per_type ngap_flows_accepted = FLOWS(plain_item, SN_NGAP_FLOW_ACCEPTED);
const struct sn_per_type ngap_flows_forwarding = FLOWS(forwarding_item, SN_NGAP_FLOW_ACCEPTED);
const struct sn_per_type ngap_flows_notify = FLOWS(notify_item, SN_NGAP_FLOW_ACCEPTED);
const struct sn_per_type ngap_flows_failed = FLOWS(with_cause_item, SN_NGAP_FLOW_FAILED);
const struct sn_per_type ngap_flows_released = FLOWS(with_cause_item, SN_NGAP_FLOW_RELEASE);
const struct sn_per_type ngap_flows_to_be_forwarded = FLOWS(plain_item, FORGET);
const struct sn_per_type ngap_flows_associated_forgotten = FLOWS(associated_item, FORGET);

/** TransportLayerAddress, BIT STRING (SIZE (1..160, ...)): IPv4, IPv6, or both one behind the other (9.3.2.4). */
static void read_address(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_session *session = ret_value;
	struct sn_per *per = &reader->per;
	size_t bits = sn_per_bool(per) ? sn_per_length(per, 1, SN_PER_UNBOUNDED) : sn_per_length(per, 1, 160);

	sn_per_align(per);
	if (bits > per->bits - per->pos) {
		sn_per_fail(per, -EMSGSIZE);
		return;
	}
	if (session && (bits == 32 || bits == 128 || bits == 160)) {
		session->address_len = (uint8_t)(bits / 8);
		memcpy(session->address, per->data + per->pos / 8, bits / 8);
	}
	per->pos += bits;
}
static const struct sn_per_type address = { .read = read_address };
static const struct sn_per_type teid = SN_PER_BITS(uint32_t, 32);

static const struct sn_per_field tunnel_fields[] = {
	{ .type = &address, .to = SN_PER_SAME },
	{ .type = &teid, .to = SESSION(gtp_teid) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type tunnel = SN_PER_SEQUENCE(tunnel_fields, 1);

static const struct sn_per_field transport_alternatives[] = {
	{ .type = &tunnel, .to = SN_PER_SAME },
	{ .type = &sn_per_no_choice },
};
static const struct sn_per_type transport = SN_PER_CHOICE(transport_alternatives);

/** The first tunnel of a session is kept, and only with its TEID. */
static void read_tunnel(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_session *session = ret_value;

	if (session && session->address_len)
		session = NULL;
	transport.read(reader, &transport, session);
	if (session && reader->per.error)
		session->address_len = 0;
}
const struct sn_per_type ngap_tunnel = { .read = read_tunnel };
