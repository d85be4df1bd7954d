/* SPDX-License-Identifier: Apache-2.0 */
/** @file Whether the tables of the n2 engine agree with one another: for its tests and its fuzz target. */
#ifndef SN_TESTS_UNIT_N2_CHECK_H
#define SN_TESTS_UNIT_N2_CHECK_H

#include "modules/n2/engine.h"

#define HOLDS(condition)                                                                                                         \
	do {                                                                                                                     \
		if (!(condition))                                                                                                \
			return #condition;                                                                                       \
	} while (0)

/* What the walks have come by. */
struct engine_sums {
	uint32_t ues, connections, siblings, associations, attempts, queued, by_amf, by_ran, tmsis, sucis;
	uint64_t registered, sessions, pending;
};

static inline const char *attempts_fault(const struct sn_n2_engine *engine, uint32_t index, unsigned owner_kind, uint32_t owner,
					 uint32_t *count)
{
	for (; index; index = ((const struct sn_n2_attempt *)sn_pool_at(&engine->attempts, index))->next) {
		const struct sn_n2_attempt *attempt = sn_pool_at(&engine->attempts, index);

		HOLDS(index <= engine->attempts.used);
		HOLDS(attempt->owner_kind == owner_kind);
		HOLDS(attempt->owner == owner);
		HOLDS(++*count <= engine->attempts.live);
	}
	return NULL;
}

static inline const char *connection_fault(const struct sn_n2_engine *engine, uint32_t index, uint32_t ue,
					   struct engine_sums *sums)
{
	const struct sn_n2_connection *connection = sn_pool_at(&engine->connections, index);
	struct sn_map_key amf = { connection->association, connection->amf_ue_ngap_id };
	struct sn_map_key ran = { connection->association, connection->ran_ue_ngap_id };

	HOLDS(connection->used);
	HOLDS(connection->ue == ue);
	HOLDS(++sums->connections <= engine->connections.live);
	HOLDS(!connection->has_amf_id || sn_map_get(&engine->by_amf_id, amf) == index);
	HOLDS(!connection->has_ran_id || sn_map_get(&engine->by_ran_id, ran) == index);
	sums->by_amf += connection->has_amf_id;
	sums->by_ran += connection->has_ran_id;
	return attempts_fault(engine, connection->attempts, SN_N2_OWNER_CONNECTION, index, &sums->attempts);
}

static inline const char *ue_fault(const struct sn_n2_engine *engine, uint32_t index, struct engine_sums *sums)
{
	const struct sn_n2_ue *ue = sn_pool_at(&engine->ues, index);
	bool in_force_found = !ue->connection;

	sums->ues++;
	sums->registered += ue->registered;
	sums->sessions += (uint64_t)__builtin_popcount(ue->sessions);
	sums->tmsis += ue->tmsi != 0;
	sums->sucis += ue->suci_hash != 0;
	HOLDS(!ue->tmsi || sn_map_get(&engine->by_tmsi, (struct sn_map_key) { .a = ue->tmsi }) == index);
	HOLDS(!ue->suci_hash || sn_map_get(&engine->by_suci, (struct sn_map_key) { .a = ue->suci_hash }) == index);
	for (uint32_t i = ue->connections; i;) {
		const char *fault = connection_fault(engine, i, index, sums);

		if (fault)
			return fault;
		in_force_found |= i == ue->connection;
		i = ((const struct sn_n2_connection *)sn_pool_at(&engine->connections, i))->ue_next;
	}
	HOLDS(in_force_found);
	return attempts_fault(engine, ue->attempts, SN_N2_OWNER_UE, index, &sums->attempts);
}

static inline const char *association_fault(const struct sn_n2_engine *engine, uint32_t index, struct engine_sums *sums)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, index);
	uint32_t own = 0, previous = 0;

	sums->associations++;
	for (uint32_t i = association->first_connection; i; own++) {
		const struct sn_n2_connection *connection = sn_pool_at(&engine->connections, i);

		HOLDS(connection->used);
		HOLDS(connection->association == index);
		HOLDS(connection->sibling_previous == previous);
		HOLDS(++sums->siblings <= engine->connections.live);
		previous = i;
		i = connection->sibling_next;
	}
	HOLDS(own == association->connections);
	HOLDS(!association->closed || !own);
	return attempts_fault(engine, association->attempts, SN_N2_OWNER_ASSOCIATION, index, &sums->attempts);
}

static inline const char *cells_fault(const struct sn_n2_engine *engine, struct engine_sums *sums)
{
	for (uint32_t i = 1; i <= engine->procedure_cells.used; i++) {
		const struct sn_n2_procedure_cell *cell = sn_pool_at(&engine->procedure_cells, i);

		HOLDS(cell->attempts == cell->outcomes[SN_N2_SUCCESS] + cell->outcomes[SN_N2_FAILURE] +
						cell->outcomes[SN_N2_NO_RESPONSE] + cell->pending);
		HOLDS(!cell->hist || cell->hist->count == cell->outcomes[SN_N2_SUCCESS]);
		sums->pending += cell->pending;
	}
	return NULL;
}

/** NULL when every list reaches what the pools hold, every index leads back, and no gauge is off; else what does not hold. */
static inline const char *engine_fault(const struct sn_n2_engine *engine)
{
	struct engine_sums sums = { 0 };
	const char *fault = NULL;

	for (uint32_t i = 1; !fault && i <= engine->ues.used; i++)
		if (((const struct sn_n2_ue *)sn_pool_at(&engine->ues, i))->used)
			fault = ue_fault(engine, i, &sums);
	for (uint32_t i = 1; !fault && i <= engine->associations.used; i++)
		if (((const struct sn_n2_association *)sn_pool_at(&engine->associations, i))->used)
			fault = association_fault(engine, i, &sums);
	if (!fault)
		fault = cells_fault(engine, &sums);
	if (fault)
		return fault;
	for (unsigned kind = 0; kind < SN_N2_KINDS; kind++)
		for (uint32_t i = engine->queues[kind].first; i;
		     i = ((const struct sn_n2_attempt *)sn_pool_at(&engine->attempts, i))->later)
			HOLDS(++sums.queued <= engine->attempts.live);
	HOLDS(sums.ues == engine->ues.live);
	HOLDS(sums.connections == engine->connections.live);
	HOLDS(sums.siblings == engine->connections.live);
	HOLDS(sums.associations == engine->associations.live);
	HOLDS(sums.attempts == engine->attempts.live);
	HOLDS(sums.queued == engine->attempts.live);
	HOLDS(sums.pending == engine->attempts.live);
	HOLDS(sums.by_amf == engine->by_amf_id.count);
	HOLDS(sums.by_ran == engine->by_ran_id.count);
	HOLDS(sums.tmsis == engine->by_tmsi.count);
	HOLDS(sums.sucis == engine->by_suci.count);
	HOLDS(sums.registered == engine->registered);
	HOLDS(sums.sessions == engine->sessions);
	return NULL;
}

#undef HOLDS

#endif
