/* SPDX-License-Identifier: Apache-2.0 */
/** @file UEs and their connections: which UE a message speaks of, and when it is forgotten. */
#include "modules/n2/engine.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macro.h"
#include "model/pseudonym.h"

static struct sn_n2_connection *connection_at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->connections, index);
}

static struct sn_n2_ue *ue_at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->ues, index);
}

static struct sn_map_key ran_key(uint32_t association, uint32_t id)
{
	return (struct sn_map_key) { .a = association, .b = id };
}

static struct sn_map_key amf_key(uint32_t association, uint64_t id)
{
	return (struct sn_map_key) { .a = association, .b = id };
}

static uint64_t tmsi_pack(const struct sn_s_tmsi *tmsi)
{
	return 1ull << 63 | (uint64_t)tmsi->amf_set_id << 38 | (uint64_t)tmsi->amf_pointer << 32 | tmsi->tmsi;
}

/* When the table is full, the longest idle of a few that stand next in the sweep makes room. */
static void ue_evict(struct sn_n2_engine *engine)
{
	uint32_t victim = 0;

	for (int n = 0; n < 64; n++) {
		uint32_t index = engine->sweep_ue = engine->sweep_ue % engine->ues.used + 1;

		if (ue_at(engine, index)->used && (!victim || ue_at(engine, index)->last_ns < ue_at(engine, victim)->last_ns))
			victim = index;
	}
	if (!victim)
		return;
	engine->losses[SN_N2_LOSS_UE_EVICTED]++;
	sn_n2_ue_remove(engine, victim);
}

uint32_t sn_n2_ue_new(struct sn_n2_engine *engine, uint64_t time_ns)
{
	uint32_t index = sn_pool_take(&engine->ues);
	struct sn_n2_ue *ue;

	if (!index && engine->ues.used) {
		ue_evict(engine);
		index = sn_pool_take(&engine->ues);
	}
	if (!index)
		return 0;
	ue = ue_at(engine, index);
	ue->used = true;
	ue->last_ns = time_ns;
	ue->cipher = SN_NEA_UNKNOWN;
	ue->serial = ++engine->serial;
	return index;
}

void sn_n2_ue_session_set(struct sn_n2_engine *engine, struct sn_n2_ue *ue, uint8_t pdu_session_id, bool active)
{
	uint16_t bit;

	if (pdu_session_id >= SN_N2_UE_SESSIONS)
		return; /* 16 to 255 are reserved (TS 24.007 11.2.3.1b) */
	bit = (uint16_t)(1u << pdu_session_id);
	if (!!(ue->sessions & bit) == active)
		return;
	ue->sessions ^= bit;
	engine->sessions += active ? 1 : -1ull;
	engine->sessions_max = SN_MAX(engine->sessions_max, engine->sessions);
}

void sn_n2_ue_registered_set(struct sn_n2_engine *engine, struct sn_n2_ue *ue, bool registered)
{
	/* Without a registration there are no sessions (TS 23.502 4.2.2.3). */
	for (uint8_t id = 0; !registered && ue->sessions && id < SN_N2_UE_SESSIONS; id++)
		sn_n2_ue_session_set(engine, ue, id, false);
	if (ue->registered == registered)
		return;
	ue->registered = registered;
	engine->registered += registered ? 1 : -1ull;
	engine->registered_max = SN_MAX(engine->registered_max, engine->registered);
}

void sn_n2_ue_remove(struct sn_n2_engine *engine, uint32_t index)
{
	struct sn_n2_ue *ue = ue_at(engine, index);

	while (ue->connections)
		sn_n2_connection_close(engine, ue->connections, 0, engine->now_ns);
	sn_n2_attempts_end_all(engine, SN_N2_OWNER_UE, index, SN_N2_NO_RESPONSE, 0, engine->now_ns);
	if (ue->tmsi && sn_map_get(&engine->by_tmsi, (struct sn_map_key) { .a = ue->tmsi }) == index)
		sn_map_remove(&engine->by_tmsi, (struct sn_map_key) { .a = ue->tmsi });
	if (ue->suci_hash && sn_map_get(&engine->by_suci, (struct sn_map_key) { .a = ue->suci_hash }) == index)
		sn_map_remove(&engine->by_suci, (struct sn_map_key) { .a = ue->suci_hash });
	sn_n2_ue_registered_set(engine, ue, false);
	ue->used = false;
	sn_pool_give(&engine->ues, index);
}

void sn_n2_ue_forget_nobody(struct sn_n2_engine *engine, uint32_t index)
{
	const struct sn_n2_ue *ue = ue_at(engine, index);

	if (!ue->connections && !ue->suci_hash && !ue->tmsi && !ue->registered)
		sn_n2_ue_remove(engine, index);
}

uint32_t sn_n2_ue_of_tmsi(struct sn_n2_engine *engine, const struct sn_s_tmsi *tmsi)
{
	return sn_map_get(&engine->by_tmsi, (struct sn_map_key) { .a = tmsi_pack(tmsi) });
}

static void identity_keep(struct sn_n2_ue *ue, uint8_t kind, struct sn_view identity)
{
	ue->identity_kind = kind;
	ue->identity_len = (uint8_t)SN_MIN(identity.len, sizeof(ue->identity));
	memcpy(ue->identity, identity.data, ue->identity_len);
	ue->pseudonym = 0;
}

void sn_n2_ue_assign_tmsi(struct sn_n2_engine *engine, uint32_t index, const struct sn_s_tmsi *tmsi)
{
	struct sn_n2_ue *ue = ue_at(engine, index);
	struct sn_map_key key = { .a = tmsi_pack(tmsi) };
	uint32_t other;

	if (ue->tmsi == key.a)
		return;
	other = sn_map_remove(&engine->by_tmsi, key);
	if (other)
		ue_at(engine, other)->tmsi = 0; /* the AMF gave it to somebody else meanwhile */
	if (ue->tmsi)
		sn_map_remove(&engine->by_tmsi, (struct sn_map_key) { .a = ue->tmsi });
	ue->tmsi = sn_map_set(&engine->by_tmsi, key, index) < 0 ? 0 : key.a;
	if (!ue->identity_len) {
		/* As TS 24.501 9.11.3.4 writes it, until the UE shows something better. */
		uint8_t identity[7] = { 0xf4, (uint8_t)(tmsi->amf_set_id >> 2),
					(uint8_t)(tmsi->amf_set_id << 6 | (tmsi->amf_pointer & 0x3f)) };

		sn_put_be32(identity + 3, tmsi->tmsi);
		identity_keep(ue, SN_NAS_IDENTITY_5G_S_TMSI, (struct sn_view) { identity, sizeof(identity) });
	}
}

static void suci_assign(struct sn_n2_engine *engine, uint32_t index, uint64_t hash, struct sn_view suci)
{
	struct sn_n2_ue *ue = ue_at(engine, index);
	uint32_t other;

	if (ue->suci_hash == hash)
		return;
	other = sn_map_remove(&engine->by_suci, (struct sn_map_key) { .a = hash });
	if (other)
		ue_at(engine, other)->suci_hash = 0;
	if (ue->suci_hash)
		sn_map_remove(&engine->by_suci, (struct sn_map_key) { .a = ue->suci_hash });
	identity_keep(ue, SN_NAS_IDENTITY_SUCI, suci);
	ue->suci_hash = sn_map_set(&engine->by_suci, (struct sn_map_key) { .a = hash }, index) < 0 ? 0 : hash;
}

static void connections_move(struct sn_n2_engine *engine, uint32_t from, uint32_t into)
{
	struct sn_n2_ue *source = ue_at(engine, from), *target = ue_at(engine, into);

	if (source->connection)
		target->connection = source->connection;
	source->connection = 0;
	while (source->connections) {
		uint32_t index = source->connections;
		struct sn_n2_connection *connection = connection_at(engine, index);

		source->connections = connection->ue_next;
		connection->ue = into;
		connection->ue_next = target->connections;
		target->connections = index;
	}
}

/* A UE turns out to be one that is known: its connections, what waits, its story and its state go over to that one. */
static uint32_t ue_merge(struct sn_n2_engine *engine, uint32_t from, uint32_t into)
{
	struct sn_n2_ue *source = ue_at(engine, from), *target = ue_at(engine, into);
	uint64_t tmsi = source->tmsi;

	connections_move(engine, from, into);
	sn_n2_story_move(engine, from, into);
	sn_n2_emit_move(engine, from, into);
	sn_n2_attempts_move(engine, from, into);
	target->last_ns = SN_MAX(target->last_ns, source->last_ns);
	if (source->cipher != SN_NEA_UNKNOWN)
		target->cipher = source->cipher;
	if (source->slice)
		target->slice = source->slice;
	for (uint8_t id = 0; id < SN_N2_UE_SESSIONS; id++) {
		if (source->sessions >> id & 1) {
			sn_n2_ue_session_set(engine, source, id, false);
			sn_n2_ue_session_set(engine, target, id, true);
		}
		if (source->session_slices[id])
			target->session_slices[id] = source->session_slices[id];
	}
	if (source->registered) {
		sn_n2_ue_registered_set(engine, source, false);
		sn_n2_ue_registered_set(engine, target, true);
	}
	sn_n2_ue_remove(engine, from);
	if (tmsi) {
		if (target->tmsi)
			sn_map_remove(&engine->by_tmsi, (struct sn_map_key) { .a = target->tmsi });
		target->tmsi = sn_map_set(&engine->by_tmsi, (struct sn_map_key) { .a = tmsi }, into) < 0 ? 0 : tmsi;
	}
	return into;
}

uint32_t sn_n2_ue_identify(struct sn_n2_engine *engine, uint32_t index, const struct sn_nas_message *nas)
{
	struct sn_n2_ue *ue = ue_at(engine, index);
	uint32_t known;

	if (nas->identity_kind == SN_NAS_IDENTITY_SUCI && nas->identity.len) {
		uint64_t hash = sn_map_hash_bytes(sn_map_seed(), nas->identity.data, nas->identity.len) | 1;

		known = sn_map_get(&engine->by_suci, (struct sn_map_key) { .a = hash });
		/* A SUCI that comes again names its subscriber; whoever has shown none yet is that one. One that has shown
		 * another is somebody else, and takes this one over. */
		if (known && known != index && !ue->suci_hash)
			return ue_merge(engine, index, known);
		suci_assign(engine, index, hash, nas->identity);
		return index;
	}
	if (nas->s_tmsi.present &&
	    (nas->identity_kind == SN_NAS_IDENTITY_5G_GUTI || nas->identity_kind == SN_NAS_IDENTITY_5G_S_TMSI)) {
		known = sn_n2_ue_of_tmsi(engine, &nas->s_tmsi);
		if (known && known != index && !ue->suci_hash && !ue->tmsi)
			return ue_merge(engine, index, known);
		if (!known && !ue->identity_len)
			identity_keep(ue, nas->identity_kind, nas->identity);
		if (!known)
			sn_n2_ue_assign_tmsi(engine, index, &nas->s_tmsi);
	}
	return index;
}

/* SUCI of type "SUPI format IMSI" under the null scheme is the SUPI itself (TS 23.003 2.2B): PLMN and MSIN name the subscriber
 * for good. */
static bool identity_is_supi(const struct sn_n2_ue *ue)
{
	return ue->identity_kind == SN_NAS_IDENTITY_SUCI && ue->identity_len > 8 && (ue->identity[0] & 0x70) == 0 &&
	       (ue->identity[6] & 0xf) == 0;
}

uint64_t sn_n2_ue_pseudonym(struct sn_n2_engine *engine, struct sn_n2_ue *ue)
{
	uint8_t supi[SN_N2_UE_IDENTITY];
	struct sn_view view = { ue->identity, ue->identity_len };
	const char *kind = "nas";

	if (ue->pseudonym)
		return ue->pseudonym;
	if (identity_is_supi(ue)) {
		memcpy(supi, ue->identity + 1, 3);
		memcpy(supi + 3, ue->identity + 8, ue->identity_len - 8u);
		view = (struct sn_view) { supi, ue->identity_len - 5u };
		kind = "supi";
	} else if ((ue->identity_kind == SN_NAS_IDENTITY_5G_GUTI || ue->identity_kind == SN_NAS_IDENTITY_5G_S_TMSI) &&
		   view.len >= 6) {
		/* One name, whether the UE showed it whole or its end. */
		view = (struct sn_view) { ue->identity + ue->identity_len - 6, 6 };
		kind = "s-tmsi";
	} else if (!view.len) {
		view = (struct sn_view) { (const uint8_t *)&ue->serial, sizeof(ue->serial) };
		kind = "unknown";
	}
	ue->pseudonym = sn_pseudonym_of(engine->pseudonym, kind, view);
	return ue->pseudonym;
}

void sn_n2_ue_text(struct sn_n2_engine *engine, struct sn_n2_ue *ue, char *ret_text, size_t size)
{
	char text[SN_PSEUDONYM_TEXT], plmn[SN_PLMN_TEXT];
	size_t n;

	if (!sn_pseudonym_is_clear(engine->pseudonym) || !ue->identity_len) {
		snprintf(ret_text, size, "%s", sn_pseudonym_text(sn_n2_ue_pseudonym(engine, ue), text));
		return;
	}
	if (!identity_is_supi(ue)) {
		n = (size_t)snprintf(ret_text, size, "%s-", sn_nas_identity_name(ue->identity_kind));
		for (uint8_t i = 0; i < ue->identity_len && n + 3 < size; i++)
			n += (size_t)snprintf(ret_text + n, size - n, "%02x", ue->identity[i]);
		return;
	}
	sn_plmn_text((sn_plmn_t)ue->identity[1] << 16 | (sn_plmn_t)ue->identity[2] << 8 | ue->identity[3], plmn);
	n = (size_t)snprintf(ret_text, size, "imsi-%.3s%s", plmn, plmn + 4);
	for (uint8_t i = 8; i < ue->identity_len && n + 3 < size; i++) {
		ret_text[n++] = (char)('0' + (ue->identity[i] & 0xf) % 10);
		if (ue->identity[i] >> 4 != 0xf)
			ret_text[n++] = (char)('0' + (ue->identity[i] >> 4) % 10);
	}
	ret_text[n] = '\0';
}

/* Left behind, its release not seen: whatever is neither in force nor among the newest few. */
static void connections_bound(struct sn_n2_engine *engine, const struct sn_n2_ue *ue, uint64_t time_ns)
{
	uint32_t oldest = 0;
	unsigned count = 0;

	for (uint32_t i = ue->connections; i; i = connection_at(engine, i)->ue_next, count++)
		if (i != ue->connection)
			oldest = i;
	if (count >= SN_N2_UE_CONNECTIONS)
		sn_n2_connection_close(engine, oldest, 0, time_ns);
}

uint32_t sn_n2_connection_new(struct sn_n2_engine *engine, uint32_t association_index, uint32_t ue, uint64_t time_ns)
{
	struct sn_n2_association *association = sn_pool_at(&engine->associations, association_index);
	struct sn_n2_connection *connection;
	uint32_t index;

	if (!ue)
		ue = sn_n2_ue_new(engine, time_ns);
	if (!ue)
		return 0;
	connections_bound(engine, ue_at(engine, ue), time_ns);
	index = sn_pool_take(&engine->connections);
	if (!index) {
		engine->losses[SN_N2_LOSS_CONNECTION_TABLE]++;
		return 0;
	}
	connection = connection_at(engine, index);
	connection->used = true;
	connection->association = association_index;
	connection->ue = ue;
	connection->establishment_cause = 0xff;
	connection->last_ns = time_ns;
	connection->ue_next = ue_at(engine, ue)->connections;
	ue_at(engine, ue)->connections = index;
	connection->sibling_next = association->first_connection;
	if (association->first_connection)
		connection_at(engine, association->first_connection)->sibling_previous = index;
	association->first_connection = index;
	association->connections++;
	return index;
}

static void amf_id_drop(struct sn_n2_engine *engine, struct sn_n2_connection *connection)
{
	if (connection->has_amf_id)
		sn_map_remove(&engine->by_amf_id, amf_key(connection->association, connection->amf_ue_ngap_id));
	connection->has_amf_id = false;
}

static void ran_id_drop(struct sn_n2_engine *engine, struct sn_n2_connection *connection)
{
	if (connection->has_ran_id)
		sn_map_remove(&engine->by_ran_id, ran_key(connection->association, connection->ran_ue_ngap_id));
	connection->has_ran_id = false;
}

/* An id belongs to one connection of its association: whoever had it before has lost it. */
void sn_n2_connection_set_ids(struct sn_n2_engine *engine, uint32_t index, const uint64_t *amf_id, const uint32_t *ran_id)
{
	struct sn_n2_connection *connection = connection_at(engine, index);
	uint32_t other;

	if (amf_id && !(connection->has_amf_id && connection->amf_ue_ngap_id == *amf_id)) {
		amf_id_drop(engine, connection);
		other = sn_map_get(&engine->by_amf_id, amf_key(connection->association, *amf_id));
		if (other)
			amf_id_drop(engine, connection_at(engine, other));
		connection->has_amf_id = sn_map_set(&engine->by_amf_id, amf_key(connection->association, *amf_id), index) == 0;
		connection->amf_ue_ngap_id = *amf_id;
	}
	if (ran_id && !(connection->has_ran_id && connection->ran_ue_ngap_id == *ran_id)) {
		ran_id_drop(engine, connection);
		other = sn_map_get(&engine->by_ran_id, ran_key(connection->association, *ran_id));
		if (other)
			ran_id_drop(engine, connection_at(engine, other));
		connection->has_ran_id = sn_map_set(&engine->by_ran_id, ran_key(connection->association, *ran_id), index) == 0;
		connection->ran_ue_ngap_id = *ran_id;
	}
}

/* Without a connection no chain of the UE can go on, but for a paging that waits for one. */
static void chains_end(struct sn_n2_engine *engine, uint32_t ue, uint16_t cause, uint64_t time_ns)
{
	for (unsigned chain = 0; chain < _SN_N2_CHAIN_MAX; chain++) {
		uint32_t attempt;

		while (chain != SN_N2_PAGING &&
		       (attempt = sn_n2_attempt_find(engine, SN_N2_KIND_CHAIN + chain, SN_N2_OWNER_UE, ue, -1)))
			sn_n2_attempt_end(engine, attempt, cause ? SN_N2_FAILURE : SN_N2_NO_RESPONSE, cause, time_ns);
	}
}

static void sibling_unlink(struct sn_n2_engine *engine, const struct sn_n2_connection *connection)
{
	struct sn_n2_association *association = sn_pool_at(&engine->associations, connection->association);

	if (connection->sibling_previous)
		connection_at(engine, connection->sibling_previous)->sibling_next = connection->sibling_next;
	else
		association->first_connection = connection->sibling_next;
	if (connection->sibling_next)
		connection_at(engine, connection->sibling_next)->sibling_previous = connection->sibling_previous;
	association->connections--;
}

void sn_n2_connection_close(struct sn_n2_engine *engine, uint32_t index, uint16_t cause, uint64_t time_ns)
{
	struct sn_n2_connection *connection = connection_at(engine, index);
	struct sn_n2_ue *ue = ue_at(engine, connection->ue);
	uint32_t *link;

	sn_n2_attempts_end_all(engine, SN_N2_OWNER_CONNECTION, index, SN_N2_NO_RESPONSE, cause, time_ns);
	if (cause)
		sn_n2_story_add(
			engine, connection->ue,
			&(struct sn_n2_story) { .time_ns = time_ns, .kind = SN_N2_STORY_CONNECTION_LOST, .cause = cause });
	amf_id_drop(engine, connection);
	ran_id_drop(engine, connection);
	for (link = &ue->connections; *link != index; link = &connection_at(engine, *link)->ue_next)
		;
	*link = connection->ue_next;
	if (ue->connection == index) {
		ue->connection = 0;
		chains_end(engine, connection->ue, cause, time_ns);
	}
	sibling_unlink(engine, connection);
	connection->used = false;
	sn_pool_give(&engine->connections, index);
}

static uint32_t connection_begin(struct sn_n2_engine *engine, uint32_t association, uint64_t time_ns)
{
	const struct sn_ngap_message *ngap = &engine->ngap;
	uint32_t ue = 0, index;

	if (ngap->procedure_code == SN_NGAP_INITIAL_UE_MESSAGE && ngap->s_tmsi.present)
		ue = sn_n2_ue_of_tmsi(engine, &ngap->s_tmsi);
	else if (ngap->procedure_code == SN_NGAP_HANDOVER_RESOURCE_ALLOCATION)
		ue = sn_n2_mobility_target_ue(engine, association);
	else if (ngap->procedure_code == SN_NGAP_PATH_SWITCH_REQUEST)
		ue = sn_n2_mobility_path_switch_ue(engine, association, ngap->source_amf_ue_ngap_id);
	index = sn_n2_connection_new(engine, association, ue, time_ns);
	if (!index)
		return 0;
	ue = connection_at(engine, index)->ue;
	if (ngap->procedure_code == SN_NGAP_INITIAL_UE_MESSAGE && ngap->s_tmsi.present)
		sn_n2_ue_assign_tmsi(engine, ue, &ngap->s_tmsi);
	/* At a handover the source stays in force until the UE has arrived. */
	if (ngap->procedure_code != SN_NGAP_HANDOVER_RESOURCE_ALLOCATION || !ue_at(engine, ue)->connection)
		ue_at(engine, ue)->connection = index;
	return index;
}

uint32_t sn_n2_connection_of_message(struct sn_n2_engine *engine, uint32_t association, bool uplink, uint64_t time_ns)
{
	const struct sn_ngap_message *ngap = &engine->ngap;
	const uint64_t *amf_id = ngap->fields & SN_NGAP_HAS_AMF_UE_ID ? &ngap->amf_ue_ngap_id : NULL;
	const uint32_t *ran_id = ngap->fields & SN_NGAP_HAS_RAN_UE_ID ? &ngap->ran_ue_ngap_id : NULL;
	bool begins = ngap->pdu == SN_AP_INITIATING && (ngap->procedure_code == SN_NGAP_INITIAL_UE_MESSAGE ||
							ngap->procedure_code == SN_NGAP_HANDOVER_RESOURCE_ALLOCATION ||
							ngap->procedure_code == SN_NGAP_PATH_SWITCH_REQUEST);
	/* An outcome, or word of an error, of a UE that is not known tells of nothing that could be followed. */
	bool may_begin = ngap->pdu == SN_AP_INITIATING && ngap->procedure_code != SN_NGAP_ERROR_INDICATION;
	uint32_t index = 0;

	if (!amf_id && !ran_id)
		return 0;
	if (ran_id)
		index = sn_map_get(&engine->by_ran_id, ran_key(association, *ran_id));
	if (!index && amf_id)
		index = sn_map_get(&engine->by_amf_id, amf_key(association, *amf_id));
	if (index) {
		const struct sn_n2_connection *connection = connection_at(engine, index);
		bool other = (amf_id && connection->has_amf_id && connection->amf_ue_ngap_id != *amf_id) ||
			     (ran_id && connection->has_ran_id && connection->ran_ue_ngap_id != *ran_id);

		/* Ids are reused: a first message, or ids that do not belong together, begin a new connection. */
		if (other && !may_begin)
			return index; /* an outcome in the middle of a change of ids (8.3.4.2): its RAN side's id tells */
		if (begins || other) {
			sn_n2_connection_close(engine, index, 0, time_ns);
			index = 0;
		}
	}
	if (!index && may_begin)
		index = connection_begin(engine, association, time_ns);
	if (!index)
		return 0;
	sn_n2_connection_set_ids(engine, index, amf_id, ran_id);
	connection_at(engine, index)->last_ns = time_ns;
	return index;
}

void sn_n2_ue_sweep(struct sn_n2_engine *engine)
{
	/* The whole table once in about 600 ticks, a minute of live time. */
	uint32_t n = engine->ues.used / 600 + 1;

	while (n-- && engine->ues.used) {
		uint32_t index = engine->sweep_ue = engine->sweep_ue % engine->ues.used + 1;
		const struct sn_n2_ue *ue = ue_at(engine, index);

		if (ue->used && engine->now_ns > ue->last_ns && engine->now_ns - ue->last_ns > engine->limits.ue_idle_ns)
			sn_n2_ue_remove(engine, index);
	}
}
