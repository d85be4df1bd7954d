/* SPDX-License-Identifier: Apache-2.0 */
/** @file The information elements of NGAP messages (TS 38.413 clauses 9.3.1 and 9.3.3) and where their values go. */
#include "codec/ngap_internal.h"

#define MESSAGE(member) SN_PER_AT(struct sn_ngap_message, member)

/* Cause (9.3.1.2) */

const uint8_t ngap_cause_roots[_SN_NGAP_CAUSE_GROUP_MAX] = {
	[SN_NGAP_CAUSE_RADIO_NETWORK] = 45, [SN_NGAP_CAUSE_TRANSPORT] = 2, [SN_NGAP_CAUSE_NAS] = 4,
	[SN_NGAP_CAUSE_PROTOCOL] = 7,	    [SN_NGAP_CAUSE_MISC] = 6,
};

static void read_cause(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	struct sn_ngap_cause *cause = ret_value;
	uint32_t group = sn_per_enum(per, _SN_NGAP_CAUSE_GROUP_MAX + 1, false), value;

	if (group == _SN_NGAP_CAUSE_GROUP_MAX) { /* choice-Extensions: there is none yet */
		sn_per_no_choice.read(reader, &sn_per_no_choice, NULL);
		return;
	}
	value = sn_per_enum(per, ngap_cause_roots[group], true);
	if (per->error || !cause)
		return;
	if (value & SN_PER_EXTENSION)
		value = value - SN_PER_EXTENSION + ngap_cause_roots[group];
	*cause = (struct sn_ngap_cause) { (uint8_t)group, (uint8_t)SN_MIN(value, UINT8_MAX), true };
}
const struct sn_per_type ngap_cause = { .read = read_cause };

/* Identities */

static const struct sn_per_type amf_ue_ngap_id = SN_PER_INTEGER(uint64_t, 0, 0xffffffffff, false);
static const struct sn_per_type ran_ue_ngap_id = SN_PER_INTEGER(uint32_t, 0, 0xffffffff, false);
static const struct sn_per_type plmn = SN_PER_BITS(uint32_t, 24);
static const struct sn_per_type tac = SN_PER_BITS(uint32_t, 24);
static const struct sn_per_type bits_6 = SN_PER_BITS(uint8_t, 6);
static const struct sn_per_type bits_8 = SN_PER_BITS(uint8_t, 8);
static const struct sn_per_type bits_10 = SN_PER_BITS(uint16_t, 10);
static const struct sn_per_type bits_16 = SN_PER_BITS(uint16_t, 16);
static const struct sn_per_type bits_24 = SN_PER_BITS(uint32_t, 24);
static const struct sn_per_type bits_28 = SN_PER_BITS(uint64_t, 28);
static const struct sn_per_type bits_32 = SN_PER_BITS(uint32_t, 32);
static const struct sn_per_type bits_36 = SN_PER_BITS(uint64_t, 36);

static const struct sn_per_field snssai_fields[] = {
	{ .type = &bits_8, .to = SN_PER_AT(struct sn_snssai, sst) },
	{ .type = &bits_24, .to = SN_PER_AT(struct sn_snssai, sd), .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type snssai_sequence = SN_PER_SEQUENCE(snssai_fields, 2);

static void read_snssai(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	if (ret_value)
		((struct sn_snssai *)ret_value)->sd = SN_SD_NONE;
	snssai_sequence.read(reader, &snssai_sequence, ret_value);
}
const struct sn_per_type ngap_snssai = { .read = read_snssai };

static const struct sn_per_field tai_fields[] = {
	{ .type = &plmn, .to = SN_PER_AT(struct sn_tai, plmn) },
	{ .type = &tac, .to = SN_PER_AT(struct sn_tai, tac) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type tai = SN_PER_SEQUENCE(tai_fields, 1);

static const struct sn_per_field guami_fields[] = {
	{ .type = &plmn, .to = SN_PER_AT(struct sn_guami, plmn) },
	{ .type = &bits_8, .to = SN_PER_AT(struct sn_guami, amf_region_id) },
	{ .type = &bits_10, .to = SN_PER_AT(struct sn_guami, amf_set_id) },
	{ .type = &bits_6, .to = SN_PER_AT(struct sn_guami, amf_pointer) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type guami = SN_PER_SEQUENCE(guami_fields, 1);

static const struct sn_per_field s_tmsi_fields[] = {
	{ .type = &bits_10, .to = SN_PER_AT(struct sn_s_tmsi, amf_set_id) },
	{ .type = &bits_6, .to = SN_PER_AT(struct sn_s_tmsi, amf_pointer) },
	{ .type = &bits_32, .to = SN_PER_AT(struct sn_s_tmsi, tmsi) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type s_tmsi = SN_PER_SEQUENCE(s_tmsi_fields, 1);

static const struct sn_per_field paging_identity_alternatives[] = {
	{ .type = &s_tmsi, .to = MESSAGE(s_tmsi), .mark = MESSAGE(s_tmsi.present) },
	{ 0 },
};
static const struct sn_per_type paging_identity = SN_PER_CHOICE(paging_identity_alternatives);

static const struct sn_per_field id_pair_fields[] = {
	{ .type = &amf_ue_ngap_id, .to = MESSAGE(amf_ue_ngap_id), .flag = SN_NGAP_HAS_AMF_UE_ID },
	{ .type = &ran_ue_ngap_id, .to = MESSAGE(ran_ue_ngap_id), .flag = SN_NGAP_HAS_RAN_UE_ID },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type id_pair = SN_PER_SEQUENCE(id_pair_fields, 1);
static const struct sn_per_field ue_ngap_ids_alternatives[] = {
	{ .type = &id_pair, .to = SN_PER_SAME },
	{ .type = &amf_ue_ngap_id, .to = MESSAGE(amf_ue_ngap_id), .flag = SN_NGAP_HAS_AMF_UE_ID },
	{ 0 },
};
static const struct sn_per_type ue_ngap_ids = SN_PER_CHOICE(ue_ngap_ids_alternatives);

/* User location (9.3.1.16). Non-3GPP access has an address, but no cell. */

#define LOCATION(member) SN_PER_AT(struct sn_ngap_location, member)
static const struct sn_per_field nr_cgi_fields[] = {
	{ .type = &plmn, .to = LOCATION(cell_plmn), .mark = LOCATION(nr) },
	{ .type = &bits_36, .to = LOCATION(cell_id) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type nr_cgi = SN_PER_SEQUENCE(nr_cgi_fields, 1);
static const struct sn_per_field eutra_cgi_fields[] = {
	{ .type = &plmn, .to = LOCATION(cell_plmn) },
	{ .type = &bits_28, .to = LOCATION(cell_id) },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type eutra_cgi = SN_PER_SEQUENCE(eutra_cgi_fields, 1);

static const struct sn_per_field location_eutra_fields[] = {
	{ .type = &eutra_cgi, .to = SN_PER_SAME, .mark = LOCATION(cell_present) },
	{ .type = &tai, .to = LOCATION(tai), .mark = LOCATION(tai.present) },
	{ .type = &bits_32, .optional = true }, /* timeStamp */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type location_eutra = SN_PER_SEQUENCE(location_eutra_fields, 2);
static const struct sn_per_field location_nr_fields[] = {
	{ .type = &nr_cgi, .to = SN_PER_SAME, .mark = LOCATION(cell_present) },
	{ .type = &tai, .to = LOCATION(tai), .mark = LOCATION(tai.present) },
	{ .type = &bits_32, .optional = true }, /* timeStamp */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type location_nr = SN_PER_SEQUENCE(location_nr_fields, 2);
static const struct sn_per_field location_alternatives[] = {
	{ .type = &location_eutra, .to = SN_PER_SAME },
	{ .type = &location_nr, .to = SN_PER_SAME },
	{ 0 }, /* N3IWF */
	{ 0 }, /* choice-Extensions: TNGF, TWIF, W-AGF */
};
static const struct sn_per_type location = SN_PER_CHOICE(location_alternatives);

/* Global RAN node ID (9.3.1.5) */

#define NODE(member) SN_PER_AT(struct sn_ran_node_id, member)

/** BIT STRING (SIZE (lb..ub)) that fits 32 bits, with its length. */
static void read_node_bits(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	struct sn_ran_node_id *node = ret_value;
	unsigned bits;
	uint32_t id;

	if (type->extensible && sn_per_bool(per)) {
		sn_per_fail(per, -ENOTSUP);
		return;
	}
	bits = (unsigned)sn_per_length(per, type->lb, type->ub);
	if (type->ub > 16) /* X.691 16.9 to 16.11 */
		sn_per_align(per);
	id = sn_per_bits(per, bits);
	if (per->error || !node)
		return;
	node->id = id;
	node->id_bits = (uint8_t)bits;
}
#define NODE_BITS(low, high, more)                                                                                               \
	{                                                                                                                        \
		.read = read_node_bits, .lb = (low), .ub = (high), .extensible = (more)                                          \
	}
static const struct sn_per_type node_22_32 = NODE_BITS(22, 32, false);
static const struct sn_per_type node_21 = NODE_BITS(21, 21, false);
static const struct sn_per_type node_20 = NODE_BITS(20, 20, false);
static const struct sn_per_type node_18 = NODE_BITS(18, 18, false);
static const struct sn_per_type node_16 = NODE_BITS(16, 16, false);
static const struct sn_per_type node_16_more = NODE_BITS(16, 16, true);
static const struct sn_per_type node_32_more = NODE_BITS(32, 32, true);

/** A SEQUENCE of PLMN identity and a CHOICE of bit strings. */
#define GLOBAL_NODE(name)                                                                                                        \
	static const struct sn_per_type name##_id = SN_PER_CHOICE(name##_alternatives);                                          \
	static const struct sn_per_field name##_fields[] = {                                                                     \
		{ .type = &plmn, .to = NODE(plmn) },                                                                             \
		{ .type = &name##_id, .to = SN_PER_SAME },                                                                       \
		SN_PER_NO_EXTENSIONS,                                                                                            \
	};                                                                                                                       \
	static const struct sn_per_type name = SN_PER_SEQUENCE(name##_fields, 1)
#define NODE_ID(bits)                                                                                                            \
	{                                                                                                                        \
		.type = &(bits), .to = SN_PER_SAME                                                                               \
	}
#define NO_CHOICE                                                                                                                \
	{                                                                                                                        \
		.type = &sn_per_no_choice                                                                                        \
	}
static const struct sn_per_field gnb_alternatives[] = { NODE_ID(node_22_32), NO_CHOICE };
static const struct sn_per_field ng_enb_alternatives[] = { NODE_ID(node_20), NODE_ID(node_18), NODE_ID(node_21), NO_CHOICE };
static const struct sn_per_field n3iwf_alternatives[] = { NODE_ID(node_16), NO_CHOICE };
static const struct sn_per_field tngf_alternatives[] = { NODE_ID(node_32_more), NO_CHOICE };
static const struct sn_per_field w_agf_alternatives[] = { NODE_ID(node_16_more), NO_CHOICE };
GLOBAL_NODE(gnb);
GLOBAL_NODE(ng_enb);
GLOBAL_NODE(n3iwf);
GLOBAL_NODE(tngf); /* TWIF is the same */
GLOBAL_NODE(w_agf);

static const struct sn_per_field other_node_ies[] = {
	[NGAP_IE_GLOBAL_TNGF_ID - NGAP_IE_GLOBAL_TNGF_ID] = { .type = &tngf, .to = SN_PER_SAME, .mark = NODE(present) },
	[NGAP_IE_GLOBAL_TWIF_ID - NGAP_IE_GLOBAL_TNGF_ID] = { .type = &tngf, .to = SN_PER_SAME, .mark = NODE(present) },
	[NGAP_IE_GLOBAL_W_AGF_ID - NGAP_IE_GLOBAL_TNGF_ID] = { .type = &w_agf, .to = SN_PER_SAME, .mark = NODE(present) },
};
static const struct sn_per_set other_node_set = { other_node_ies, NGAP_IE_GLOBAL_TNGF_ID, SN_ARRAY_SIZE(other_node_ies) };
static const struct sn_per_type other_node = SN_PER_SINGLE(other_node_set);

/** In the order of enum sn_ran_node_kind. */
static const struct sn_per_field node_alternatives[] = {
	{ .type = &gnb, .to = SN_PER_SAME, .mark = NODE(present) },
	{ .type = &ng_enb, .to = SN_PER_SAME, .mark = NODE(present) },
	{ .type = &n3iwf, .to = SN_PER_SAME, .mark = NODE(present) },
	{ .type = &other_node, .to = SN_PER_SAME },
};
static const struct sn_per_type node = {
	.read = sn_per_read_choice,
	.fields = node_alternatives,
	.count = SN_ARRAY_SIZE(node_alternatives),
	.index_to = NODE(kind),
};

/* Target ID (9.3.1.25) */

static const struct sn_per_field target_ran_fields[] = {
	{ .type = &node, .to = MESSAGE(ran_node) },
	{ .type = &tai }, /* selectedTAI */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type target_ran = SN_PER_SEQUENCE(target_ran_fields, 1);

static const struct sn_per_field eps_tai_fields[] = {
	{ .type = &plmn },
	{ .type = &bits_16 },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type eps_tai = SN_PER_SEQUENCE(eps_tai_fields, 1);
static const struct sn_per_field target_enb_fields[] = {
	{ .type = &ng_enb, .to = MESSAGE(ran_node), .mark = MESSAGE(ran_node.present) },
	{ .type = &eps_tai },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type target_enb = SN_PER_SEQUENCE(target_enb_fields, 1);

/** An eNB has the identity of an ng-eNB here (GlobalNgENB-ID); the flag tells them apart. */
static void read_target_enb(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	((struct sn_ngap_message *)ret_value)->ran_node.kind = SN_RAN_NODE_NG_ENB;
	target_enb.read(reader, &target_enb, ret_value);
}
static const struct sn_per_type target_eutran = { .read = read_target_enb };

static const struct sn_per_field target_alternatives[] = {
	{ .type = &target_ran, .to = SN_PER_SAME, .flag = SN_NGAP_IN_5G_TARGET },
	{ .type = &target_eutran, .to = SN_PER_SAME },
	{ 0 }, /* choice-Extensions: TargetRNC-ID */
};
static const struct sn_per_type target = SN_PER_CHOICE(target_alternatives);

/* Lists of the message. Their elements find the next free place themselves. */

static void read_paging_tai(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_message *message = ret_value;
	struct sn_tai *next = NULL;

	if (message->tai_count < SN_NGAP_MAX_SUPPORTED_TAIS)
		next = &message->tais[message->tai_count];
	else
		message->truncated_lists = true;
	type->of->read(reader, type->of, next);
	if (reader->per.error || !next)
		return;
	next->present = true;
	message->tai_count++;
}
static const struct sn_per_field paging_tai_fields[] = {
	{ .type = &tai, .to = SN_PER_SAME },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type paging_tai_item = SN_PER_SEQUENCE(paging_tai_fields, 1);
static const struct sn_per_type paging_tai = { .read = read_paging_tai, .of = &paging_tai_item };
static const struct sn_per_type paging_tais = SN_PER_LIST(paging_tai, 1, 16);

/** Supported TA list (9.2.6.1): a TAC and its broadcast PLMNs, each of which makes a TAI. */
struct supported_ta {
	struct sn_ngap_message *message;
	uint32_t tac;
	sn_plmn_t plmn;
};

static const struct sn_per_field slice_fields[] = {
	{ .type = &ngap_snssai },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type slice = SN_PER_SEQUENCE(slice_fields, 1);
static const struct sn_per_type slices = SN_PER_LIST(slice, 1, 1024);
static const struct sn_per_field broadcast_plmn_fields[] = {
	{ .type = &plmn, .to = SN_PER_AT(struct supported_ta, plmn) },
	{ .type = &slices },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type broadcast_plmn_item = SN_PER_SEQUENCE(broadcast_plmn_fields, 1);

static void read_broadcast_plmn(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct supported_ta *ta = ret_value;
	struct sn_ngap_message *message = ta->message;

	broadcast_plmn_item.read(reader, &broadcast_plmn_item, ta);
	if (reader->per.error)
		return;
	if (message->tai_count < SN_NGAP_MAX_SUPPORTED_TAIS)
		message->tais[message->tai_count++] = (struct sn_tai) { ta->plmn, ta->tac, true };
	else
		message->truncated_lists = true;
}
static const struct sn_per_type broadcast_plmn = { .read = read_broadcast_plmn };
static const struct sn_per_type broadcast_plmns = SN_PER_LIST(broadcast_plmn, 1, 12);
static const struct sn_per_field supported_ta_fields[] = {
	{ .type = &tac, .to = SN_PER_AT(struct supported_ta, tac) },
	{ .type = &broadcast_plmns, .to = SN_PER_SAME },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type supported_ta_item = SN_PER_SEQUENCE(supported_ta_fields, 1);

static void read_supported_ta(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct supported_ta ta = { .message = ret_value };

	supported_ta_item.read(reader, &supported_ta_item, &ta);
}
static const struct sn_per_type supported_ta = { .read = read_supported_ta };
static const struct sn_per_type supported_tas = SN_PER_LIST(supported_ta, 1, 256);

static void read_allowed(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_message *message = ret_value;
	struct sn_snssai *next = NULL;

	if (message->allowed_nssai_count < SN_ARRAY_SIZE(message->allowed_nssai))
		next = &message->allowed_nssai[message->allowed_nssai_count];
	else
		message->truncated_lists = true;
	type->of->read(reader, type->of, next);
	if (reader->per.error || !next)
		return;
	next->present = true;
	message->allowed_nssai_count++;
}
static const struct sn_per_field allowed_fields[] = {
	{ .type = &ngap_snssai, .to = SN_PER_SAME },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type allowed_item = SN_PER_SEQUENCE(allowed_fields, 1);
static const struct sn_per_type allowed = { .read = read_allowed, .of = &allowed_item };
static const struct sn_per_type allowed_nssai = SN_PER_LIST(allowed, 1, 8);

/** Served GUAMI list (9.2.6.2): the first is wanted. */
static const struct sn_per_type amf_name = SN_PER_STRING(1, 150, true);
static const struct sn_per_field served_guami_fields[] = {
	{ .type = &guami, .to = MESSAGE(guami), .mark = MESSAGE(guami.present) },
	{ .type = &amf_name, .optional = true }, /* backupAMFName */
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type served_guami = SN_PER_SEQUENCE(served_guami_fields, 2);
static void read_served_guamis(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	sn_per_length(&reader->per, 1, 256);
	served_guami.read(reader, &served_guami, ret_value);
}
static const struct sn_per_type served_guamis = { .read = read_served_guamis };

#define PAIR(member) SN_PER_AT(struct sn_ngap_ue_pair, member)
static const struct sn_per_field connection_fields[] = {
	{ .type = &amf_ue_ngap_id, .to = PAIR(amf_ue_ngap_id), .mark = PAIR(has_amf_id), .optional = true },
	{ .type = &ran_ue_ngap_id, .to = PAIR(ran_ue_ngap_id), .mark = PAIR(has_ran_id), .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type connection_item = SN_PER_SEQUENCE(connection_fields, 3);

static void read_connection(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_ngap_message *message = ret_value;
	struct sn_ngap_ue_pair *next = NULL;

	if (message->ue_pair_count < SN_NGAP_MAX_UE_ASSOCIATIONS) {
		next = &message->ue_pairs[message->ue_pair_count];
		*next = (struct sn_ngap_ue_pair) { 0 };
	} else {
		message->truncated_lists = true;
	}
	connection_item.read(reader, &connection_item, next);
	if (!reader->per.error && next)
		message->ue_pair_count++;
}
static const struct sn_per_type connection = { .read = read_connection };
static const struct sn_per_type connections = SN_PER_LIST(connection, 1, 65536);

static const struct sn_per_type one_of_one = SN_PER_ENUMERATED(1, true);
static const struct sn_per_field reset_alternatives[] = {
	{ .type = &one_of_one, .flag = SN_NGAP_HAS_RESET_ALL },
	{ .type = &connections, .to = SN_PER_SAME },
	{ 0 },
};
static const struct sn_per_type reset = SN_PER_CHOICE(reset_alternatives);

/* Names. The extended form stands in for a name that is not printable ASCII (9.3.3.51, 9.3.3.52). */

static const struct sn_per_type ran_node_name = SN_PER_STRING(1, 150, true);
static const struct sn_per_type utf8_name = SN_PER_OCTETS; /* the size of a UTF8String is not visible to PER */
struct extended_name {
	struct sn_view visible;
	struct sn_view utf8;
};
static const struct sn_per_field extended_name_fields[] = {
	{ .type = &ran_node_name, .to = SN_PER_AT(struct extended_name, visible), .optional = true },
	{ .type = &utf8_name, .to = SN_PER_AT(struct extended_name, utf8), .optional = true },
	SN_PER_NO_EXTENSIONS,
};
static const struct sn_per_type extended_name = SN_PER_SEQUENCE(extended_name_fields, 3);

static void read_extended_name(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct extended_name name = { 0 };
	struct sn_view *view = ret_value;

	extended_name.read(reader, &extended_name, &name);
	if (view->len == 0)
		*view = name.utf8.len ? name.utf8 : name.visible;
}
static const struct sn_per_type extended = { .read = read_extended_name };

static const struct sn_per_type nas_pdu = SN_PER_OCTETS;
static const struct sn_per_type handover_type = SN_PER_ENUMERATED(3, true);
static const struct sn_per_type establishment_cause = SN_PER_ENUMERATED(10, true);

/** CriticalityDiagnostics of a message: that there are any. */
static void read_presence(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
}
static const struct sn_per_type presence = { .read = read_presence };

/* The message */

static const struct sn_per_field message_ies[] = {
	[NGAP_IE_ALLOWED_NSSAI] = { .type = &allowed_nssai, .to = SN_PER_SAME },
	[NGAP_IE_AMF_NAME] = { .type = &amf_name, .to = MESSAGE(amf_name) },
	[NGAP_IE_AMF_UE_NGAP_ID] = { .type = &amf_ue_ngap_id, .to = MESSAGE(amf_ue_ngap_id), .flag = SN_NGAP_HAS_AMF_UE_ID },
	[NGAP_IE_CAUSE] = { .type = &ngap_cause, .to = MESSAGE(cause) },
	[NGAP_IE_CRITICALITY_DIAGNOSTICS] = { .type = &presence, .flag = SN_NGAP_HAS_CRITICALITY_DIAGNOSTICS },
	[NGAP_IE_FIVEG_S_TMSI] = { .type = &s_tmsi, .to = MESSAGE(s_tmsi), .mark = MESSAGE(s_tmsi.present) },
	[NGAP_IE_GLOBAL_RAN_NODE_ID] = { .type = &node, .to = MESSAGE(ran_node) },
	[NGAP_IE_GUAMI] = { .type = &guami, .to = MESSAGE(guami), .mark = MESSAGE(guami.present) },
	[NGAP_IE_HANDOVER_TYPE] = { .type = &handover_type, .to = MESSAGE(handover_type), .flag = SN_NGAP_HAS_HANDOVER_TYPE },
	[NGAP_IE_NAS_PDU] = { .type = &nas_pdu, .to = MESSAGE(nas) },
	[NGAP_IE_NEW_AMF_UE_NGAP_ID] = { .type = &amf_ue_ngap_id,
					 .to = MESSAGE(new_amf_ue_ngap_id),
					 .flag = SN_NGAP_HAS_NEW_AMF_UE_ID },
	[NGAP_IE_SESSION_ADMITTED_LIST] = { .type = &ngap_sessions_handover_admitted, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_MODIFY_MOD_RES] = { .type = &ngap_sessions_modify_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_SETUP_CXT_RES] = { .type = &ngap_sessions_setup_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_SETUP_HO_ACK] = { .type = &ngap_sessions_handover_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_SETUP_PS_REQ] = { .type = &ngap_sessions_path_switch_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_SETUP_SU_RES] = { .type = &ngap_sessions_setup_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_HANDOVER_LIST] = { .type = &ngap_sessions_handover_command, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_CXT_REL_CPL] = { .type = &ngap_sessions_context_release, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_HO_RQD] = { .type = &ngap_sessions_handover_required, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_MODIFY_MOD_CFM] = { .type = &ngap_sessions_modify_confirm, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_MODIFY_MOD_IND] = { .type = &ngap_sessions_modify_indication, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_MODIFY_MOD_REQ] = { .type = &ngap_sessions_modify_request, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_MODIFY_MOD_RES] = { .type = &ngap_sessions_modify_response, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_NOTIFY_LIST] = { .type = &ngap_sessions_notify, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_RELEASED_NOT] = { .type = &ngap_sessions_notify_released, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_RELEASED_PS_ACK] = { .type = &ngap_sessions_path_released, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_RELEASED_PS_FAIL] = { .type = &ngap_sessions_path_released, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_RELEASED_REL_RES] = { .type = &ngap_sessions_release_response, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SETUP_CXT_REQ] = { .type = &ngap_sessions_setup_request, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SETUP_CXT_RES] = { .type = &ngap_sessions_setup_response, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SETUP_HO_REQ] = { .type = &ngap_sessions_handover_request, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SETUP_SU_REQ] = { .type = &ngap_sessions_setup_request, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SETUP_SU_RES] = { .type = &ngap_sessions_setup_response, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_TO_BE_SWITCHED_DL] = { .type = &ngap_sessions_path_switch, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_SWITCHED] = { .type = &ngap_sessions_path_switched, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_TO_RELEASE_HO_CMD] = { .type = &ngap_sessions_handover_release, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_TO_RELEASE_REL_CMD] = { .type = &ngap_sessions_release_command, .to = SN_PER_SAME },
	[NGAP_IE_RAN_NODE_NAME] = { .type = &ran_node_name, .to = MESSAGE(ran_node_name) },
	[NGAP_IE_RAN_UE_NGAP_ID] = { .type = &ran_ue_ngap_id, .to = MESSAGE(ran_ue_ngap_id), .flag = SN_NGAP_HAS_RAN_UE_ID },
	[NGAP_IE_RESET_TYPE] = { .type = &reset, .to = SN_PER_SAME },
	[NGAP_IE_RRC_ESTABLISHMENT_CAUSE] = { .type = &establishment_cause,
					      .to = MESSAGE(rrc_establishment_cause),
					      .flag = SN_NGAP_HAS_ESTABLISHMENT_CAUSE },
	[NGAP_IE_SERVED_GUAMI_LIST] = { .type = &served_guamis, .to = SN_PER_SAME },
	[NGAP_IE_SOURCE_AMF_UE_NGAP_ID] = { .type = &amf_ue_ngap_id,
					    .to = MESSAGE(source_amf_ue_ngap_id),
					    .flag = SN_NGAP_HAS_SOURCE_AMF_UE_ID },
	[NGAP_IE_SUPPORTED_TA_LIST] = { .type = &supported_tas, .to = SN_PER_SAME },
	[NGAP_IE_TAI_LIST_FOR_PAGING] = { .type = &paging_tais, .to = SN_PER_SAME },
	[NGAP_IE_TARGET_ID] = { .type = &target, .to = SN_PER_SAME },
	[NGAP_IE_UE_CONNECTION_LIST] = { .type = &connections, .to = SN_PER_SAME },
	[NGAP_IE_UE_CONTEXT_REQUEST] = { .type = &one_of_one, .flag = SN_NGAP_HAS_UE_CONTEXT_REQUEST },
	[NGAP_IE_UE_NGAP_IDS] = { .type = &ue_ngap_ids, .to = SN_PER_SAME },
	[NGAP_IE_UE_PAGING_IDENTITY] = { .type = &paging_identity, .to = SN_PER_SAME },
	[NGAP_IE_USER_LOCATION] = { .type = &location, .to = MESSAGE(location) },
	[NGAP_IE_SESSION_FAILED_TO_MODIFY_MOD_CFM] = { .type = &ngap_sessions_modify_ind_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_FAILED_TO_SETUP_CXT_FAIL] = { .type = &ngap_sessions_setup_failed, .to = SN_PER_SAME },
	[NGAP_IE_SESSION_CXT_REL_REQ] = { .type = &ngap_sessions_context_release, .to = SN_PER_SAME },
	[NGAP_IE_EXTENDED_RAN_NODE_NAME] = { .type = &extended, .to = MESSAGE(ran_node_name) },
	[NGAP_IE_EXTENDED_AMF_NAME] = { .type = &extended, .to = MESSAGE(amf_name) },
};
static const struct sn_per_set message_set = { message_ies, 0, SN_ARRAY_SIZE(message_ies) };
static const struct sn_per_type message_container = SN_PER_CONTAINER(message_set);
static const struct sn_per_field message_fields[] = {
	{ .type = &message_container, .to = SN_PER_SAME },
};
const struct sn_per_type ngap_message = SN_PER_SEQUENCE(message_fields, 0);
