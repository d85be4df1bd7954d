/* SPDX-License-Identifier: Apache-2.0 */
/** @file Associations: one per gNB and AMF, which end is which, and their names. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/macro.h"
#include "modules/n2/engine.h"

static struct sn_n2_association *at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->associations, index);
}

static void name_copy(struct sn_view view, char *ret_text, size_t size)
{
	size_t n = SN_MIN(view.len, size - 1);

	/* PrintableString: whatever else a peer sends must not reach a terminal. */
	for (size_t i = 0; i < n; i++)
		ret_text[i] = view.data[i] >= 0x20 && view.data[i] < 0x7f ? (char)view.data[i] : '?';
	ret_text[n] = '\0';
}

/* Two gNBs of one name (factory settings) stay two: the name is the first's, whoever else bears it is told apart by its id. */
static bool name_taken(struct sn_n2_engine *engine, const struct sn_n2_association *own)
{
	const struct sn_ran_node_id *node = &own->ran_node;
	uint64_t identity[] = { node->plmn, node->id, node->id_bits, node->kind };
	struct sn_map_key key = { .a = sn_map_hash_bytes(sn_map_seed(), own->gnb_name, strlen(own->gnb_name)) };
	uint32_t bearer = (uint32_t)sn_map_hash_bytes(sn_map_seed(), identity, sizeof(identity)) | 1,
		 first = sn_map_get(&engine->gnb_bearers, key);

	if (!node->present)
		return false;
	if (!first && engine->gnb_bearers.count < engine->limits.max_label_values)
		sn_map_set(&engine->gnb_bearers, key, bearer);
	return first && first != bearer;
}

/* An AMF that has told its name on one association has it on all. */
static const char *amf_name_of(struct sn_n2_engine *engine, const struct sn_n2_association *own)
{
	if (own->amf_name[0])
		return own->amf_name;
	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *other = at(engine, i);

		if (other->used && other->amf_name[0] && other->amf_end.port == own->amf_end.port &&
		    sn_addr_equal(&other->amf_end.addr, &own->amf_end.addr))
			return other->amf_name;
	}
	return "";
}

static void relabel(struct sn_n2_engine *engine, struct sn_n2_association *association)
{
	char text[224], plmn[SN_PLMN_TEXT], addr[SN_ADDR_TEXT];
	const char *amf_name = amf_name_of(engine, association);

	if (association->gnb_name[0] && !name_taken(engine, association))
		snprintf(text, sizeof(text), "%s", association->gnb_name);
	else if (association->ran_node.present)
		snprintf(text, sizeof(text), "%s%s%s-%" PRIx64, association->gnb_name, association->gnb_name[0] ? " " : "",
			 sn_plmn_text(association->ran_node.plmn, plmn), association->ran_node.id);
	else
		snprintf(text, sizeof(text), "%s", sn_addr_text(&association->gnb_end.addr, addr));
	association->gnb = sn_label_of(&engine->gnbs, text);
	snprintf(text, sizeof(text), "%s", amf_name[0] ? amf_name : sn_addr_text(&association->amf_end.addr, addr));
	association->amf = sn_label_of(&engine->amfs, text);
	association->labelled = true;
}

uint32_t sn_n2_association_of_key(struct sn_n2_engine *engine, uint64_t key)
{
	return sn_map_get(&engine->by_key, (struct sn_map_key) { .a = key });
}

static bool end_equal(const struct sn_n2_endpoint *a, const struct sn_n2_endpoint *b)
{
	return a->addr.family && a->port == b->port && sn_addr_equal(&a->addr, &b->addr);
}

int sn_n2_tags_compare(const struct sn_n2_endpoint *first, const struct sn_n2_endpoint *second,
		       const struct sn_n2_endpoint *other_first, const struct sn_n2_endpoint *other_second)
{
	bool first_known = first->tag && other_first->tag, second_known = second->tag && other_second->tag;

	if ((first_known && first->tag != other_first->tag) || (second_known && second->tag != other_second->tag))
		return -1;
	return first_known || second_known;
}

static bool ends_equal(const struct sn_n2_endpoint *first, const struct sn_n2_endpoint *second,
		       const struct sn_n2_endpoint *other_first, const struct sn_n2_endpoint *other_second, bool *ret_doubtful)
{
	int tags = sn_n2_tags_compare(first, second, other_first, other_second);

	if (first->port != other_first->port || second->port != other_second->port)
		return false;
	if (!tags && end_equal(first, other_first) && end_equal(second, other_second))
		return true;
	*ret_doubtful |= !tags;
	return tags > 0;
}

static bool has_twin(struct sn_n2_engine *engine, uint32_t index)
{
	for (uint32_t i = 1; i <= engine->associations.used; i++)
		if (at(engine, i)->used && at(engine, i)->twin == index &&
		    at(engine, i)->twin_serial == at(engine, index)->serial)
			return true;
	return false;
}

/*
 * Packets and sockets may show the same association; whoever delivers its first message goes on to. Where tags are not known, one
 * with several addresses may be named by others here than there: that it is perhaps counted twice is told.
 */
static void twin_find(struct sn_n2_engine *engine, struct sn_n2_association *own)
{
	bool perhaps = false;

	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *other = at(engine, i);
		bool doubtful = false;

		if (!other->used || other->closed || other == own || other->twin || !other->key == !own->key)
			continue;
		if (ends_equal(&other->gnb_end, &other->amf_end, &own->gnb_end, &own->amf_end, &doubtful) ||
		    ends_equal(&other->gnb_end, &other->amf_end, &own->amf_end, &own->gnb_end, &doubtful)) {
			own->twin = i;
			own->twin_serial = other->serial;
			return;
		}
		perhaps |= doubtful && !has_twin(engine, i);
	}
	engine->losses[SN_N2_LOSS_MAYBE_DUPLICATE] += perhaps;
}

bool sn_n2_association_is_twin(struct sn_n2_engine *engine, uint32_t index)
{
	struct sn_n2_association *association = at(engine, index);
	const struct sn_n2_association *other;

	if (!association->twin)
		return false;
	other = at(engine, association->twin);
	if (!other->used || other->closed || other->serial != association->twin_serial)
		association->twin = 0; /* the other tap has lost it */
	return association->twin;
}

/* When the table is full: the one that was closed first goes, if none is closed the one that has been silent for longest. */
static void make_room(struct sn_n2_engine *engine)
{
	uint32_t victim = 0;

	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *association = at(engine, i), *worst = victim ? at(engine, victim) : NULL;

		if (!association->used)
			continue;
		if (!worst || association->closed > worst->closed ||
		    (association->closed == worst->closed && association->last_ns < worst->last_ns))
			victim = i;
	}
	if (!victim)
		return;
	engine->losses[SN_N2_LOSS_ASSOCIATION_TABLE] += !at(engine, victim)->closed;
	sn_n2_association_forget(engine, victim);
}

uint32_t sn_n2_association_new(struct sn_n2_engine *engine, uint64_t key, const struct sn_n2_endpoint *gnb_end,
			       const struct sn_n2_endpoint *amf_end, enum sn_ap protocol, uint64_t time_ns)
{
	uint32_t index = sn_pool_take(&engine->associations);
	struct sn_n2_association *association;

	if (!index) {
		make_room(engine);
		index = sn_pool_take(&engine->associations);
	}
	if (!index) {
		engine->losses[SN_N2_LOSS_ASSOCIATION_TABLE]++;
		return 0;
	}
	association = at(engine, index);
	if (key && sn_map_set(&engine->by_key, (struct sn_map_key) { .a = key }, index) < 0) {
		engine->losses[SN_N2_LOSS_ASSOCIATION_TABLE]++;
		sn_pool_give(&engine->associations, index);
		return 0;
	}
	association->used = true;
	association->serial = ++engine->association_serial;
	association->key = key;
	association->gnb_end = *gnb_end;
	association->amf_end = *amf_end;
	association->protocol = (uint8_t)protocol;
	association->begin_ns = association->last_ns = time_ns;
	twin_find(engine, association);
	return index;
}

bool sn_n2_association_uplink(struct sn_n2_engine *engine, uint32_t index, bool from_first)
{
	struct sn_n2_association *association = at(engine, index);
	unsigned initiator = sn_n2_procedure_initiator(engine->ngap.procedure_code);
	bool uplink = from_first != association->turned;

	if (!association->oriented && (initiator == 1 || initiator == 2)) {
		bool from_ran = (engine->ngap.pdu == SN_AP_INITIATING) == (initiator == 1);

		association->oriented = true;
		if (from_ran != uplink) {
			struct sn_n2_endpoint end = association->gnb_end;

			association->gnb_end = association->amf_end;
			association->amf_end = end;
			association->turned = !association->turned;
			association->labelled = false;
			uplink = from_ran;
		}
	}
	return uplink;
}

static bool names_itself(uint8_t procedure_code)
{
	return procedure_code == SN_NGAP_NG_SETUP || procedure_code == SN_NGAP_RAN_CONFIGURATION_UPDATE ||
	       procedure_code == SN_NGAP_AMF_CONFIGURATION_UPDATE;
}

void sn_n2_association_names(struct sn_n2_engine *engine, uint32_t index, bool uplink)
{
	struct sn_n2_association *association = at(engine, index);
	const struct sn_ngap_message *ngap = &engine->ngap;
	uint16_t gnb = association->gnb, amf = association->amf;
	bool tells = names_itself(ngap->procedure_code);

	if (!tells && association->labelled)
		return;
	if (tells && uplink && ngap->ran_node.present)
		association->ran_node = ngap->ran_node;
	if (tells && uplink && ngap->ran_node_name.len)
		name_copy(ngap->ran_node_name, association->gnb_name, sizeof(association->gnb_name));
	if (tells && !uplink && ngap->amf_name.len)
		name_copy(ngap->amf_name, association->amf_name, sizeof(association->amf_name));
	relabel(engine, association);
	if (association->gnb != gnb || association->amf != amf)
		sn_n2_attempts_relabel(engine, index);
}

void sn_n2_association_label(struct sn_n2_engine *engine, uint32_t index)
{
	if (!at(engine, index)->labelled)
		relabel(engine, at(engine, index));
}

static void connection_close(struct sn_n2_engine *engine, uint32_t index, uint16_t cause, uint64_t time_ns)
{
	uint32_t ue = ((struct sn_n2_connection *)sn_pool_at(&engine->connections, index))->ue;

	sn_n2_connection_close(engine, index, cause, time_ns);
	sn_n2_ue_forget_nobody(engine, ue);
}

static void connections_close(struct sn_n2_engine *engine, const struct sn_n2_association *association, uint16_t cause,
			      uint64_t time_ns)
{
	while (association->first_connection)
		connection_close(engine, association->first_connection, cause, time_ns);
}

void sn_n2_association_setup(struct sn_n2_engine *engine, uint32_t index, uint64_t time_ns)
{
	const struct sn_n2_association *association = at(engine, index);

	connections_close(engine, association, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_NG_RESET), time_ns);
	if (!association->ran_node.present || !association->gnb_end.addr.family)
		return;
	/* A node that died without a word comes back from the same address, with another association. */
	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *other = at(engine, i);

		if (other->used && !other->closed && i != index && other->ran_node.present &&
		    other->ran_node.id == association->ran_node.id && other->ran_node.plmn == association->ran_node.plmn &&
		    sn_addr_equal(&other->gnb_end.addr, &association->gnb_end.addr) &&
		    end_equal(&other->amf_end, &association->amf_end))
			sn_n2_association_close(engine, i, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), time_ns);
	}
}

void sn_n2_association_close(struct sn_n2_engine *engine, uint32_t index, uint16_t cause, uint64_t time_ns)
{
	struct sn_n2_association *association = at(engine, index);

	if (association->closed)
		return;
	association->closed = true;
	association->last_ns = time_ns;
	connections_close(engine, association, cause, time_ns);
	sn_n2_attempts_end_all(engine, SN_N2_OWNER_ASSOCIATION, index, SN_N2_NO_RESPONSE, cause, time_ns);
	if (association->key)
		sn_map_remove(&engine->by_key, (struct sn_map_key) { .a = association->key });
	association->key = 0;
}

void sn_n2_association_forget(struct sn_n2_engine *engine, uint32_t index)
{
	sn_n2_association_close(engine, index, SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_ASSOCIATION_LOST), engine->now_ns);
	at(engine, index)->used = false;
	sn_pool_give(&engine->associations, index);
}

void sn_n2_association_reset(struct sn_n2_engine *engine, uint32_t index, uint64_t time_ns)
{
	const struct sn_ngap_message *ngap = &engine->ngap;
	uint16_t cause = SN_N2_CAUSE(SN_N2_CAUSE_SAURON, SN_N2_OWN_NG_RESET);

	if (ngap->fields & SN_NGAP_HAS_RESET_ALL)
		connections_close(engine, at(engine, index), cause, time_ns);
	for (uint16_t i = 0; i < ngap->ue_pair_count; i++) {
		const struct sn_ngap_ue_pair *pair = &ngap->ue_pairs[i];
		uint32_t connection = 0;

		if (pair->has_ran_id)
			connection =
				sn_map_get(&engine->by_ran_id, (struct sn_map_key) { .a = index, .b = pair->ran_ue_ngap_id });
		if (!connection && pair->has_amf_id)
			connection =
				sn_map_get(&engine->by_amf_id, (struct sn_map_key) { .a = index, .b = pair->amf_ue_ngap_id });
		if (connection)
			connection_close(engine, connection, cause, time_ns);
	}
}

void sn_n2_association_sweep(struct sn_n2_engine *engine)
{
	/* A few per tick: an association's end is no event that anybody waits for. */
	for (int n = 0; n < 8 && engine->associations.used; n++) {
		uint32_t index = engine->sweep_association = engine->sweep_association % engine->associations.used + 1;
		const struct sn_n2_association *association = at(engine, index);

		/* The SCTP receiver knows of heartbeats and tells when its associations are idle; sockets tell nothing. */
		if (association->used && (association->closed || !association->key) && engine->now_ns > association->last_ns &&
		    engine->now_ns - association->last_ns > engine->limits.association_idle_ns)
			sn_n2_association_forget(engine, index);
	}
}
