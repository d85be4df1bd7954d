/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Attempts that wait for their outcome. All of one kind have the same time-out, so a queue per kind, in order of start, is
 * its own timer: the oldest is first to expire.
 */
#include <stdlib.h>

#include "base/macro.h"
#include "modules/n2/engine.h"

static struct sn_n2_attempt *at(struct sn_n2_engine *engine, uint32_t index)
{
	return sn_pool_at(&engine->attempts, index);
}

static uint32_t *list_of(struct sn_n2_engine *engine, enum sn_n2_owner owner, uint32_t index)
{
	switch (owner) {
	case SN_N2_OWNER_CONNECTION:
		return &((struct sn_n2_connection *)sn_pool_at(&engine->connections, index))->attempts;
	case SN_N2_OWNER_ASSOCIATION:
		return &((struct sn_n2_association *)sn_pool_at(&engine->associations, index))->attempts;
	case SN_N2_OWNER_UE:
		return &((struct sn_n2_ue *)sn_pool_at(&engine->ues, index))->attempts;
	}
	return NULL;
}

struct sn_n2_procedure_cell *sn_n2_procedure_cell(struct sn_n2_engine *engine, unsigned kind, uint16_t gnb, uint16_t amf,
						  uint16_t slice)
{
	struct sn_map_key key = { .a = (uint64_t)kind << 48 | (uint64_t)gnb << 32 | (uint64_t)amf << 16 | slice };
	uint32_t index = sn_map_get(&engine->procedure_index, key);
	struct sn_n2_procedure_cell *cell;
	bool other;

	if (index)
		return sn_pool_at(&engine->procedure_cells, index);
	other = gnb == SN_LABEL_OTHER && amf == SN_LABEL_OTHER && slice == SN_LABEL_NONE;
	if (!other && engine->procedure_cells.live >= engine->limits.max_series) {
		engine->losses[SN_N2_LOSS_SERIES_LIMIT]++;
		return sn_n2_procedure_cell(engine, kind, SN_LABEL_OTHER, SN_LABEL_OTHER, SN_LABEL_NONE);
	}
	index = sn_pool_take(&engine->procedure_cells);
	if (!index)
		return NULL;
	if (sn_map_set(&engine->procedure_index, key, index) < 0) {
		sn_pool_give(&engine->procedure_cells, index);
		return NULL;
	}
	cell = sn_pool_at(&engine->procedure_cells, index);
	*cell = (struct sn_n2_procedure_cell) { .kind = (uint16_t)kind, .gnb = gnb, .amf = amf, .slice = slice };
	return cell;
}

static struct sn_n2_cause_cell *cause_cell(struct sn_n2_engine *engine, const struct sn_n2_cause_cell *like)
{
	struct sn_map_key key = {
		.a = (uint64_t)like->kind << 48 | (uint64_t)like->gnb << 32 | (uint64_t)like->amf << 16 | like->slice,
		.b = like->cause,
	};
	uint32_t index = sn_map_get(&engine->cause_index, key);
	bool other = like->gnb == SN_LABEL_OTHER && like->amf == SN_LABEL_OTHER && like->slice == SN_LABEL_NONE;

	if (index)
		return sn_pool_at(&engine->cause_cells, index);
	if (!other && engine->cause_cells.live >= engine->limits.max_series)
		return NULL;
	index = sn_pool_take(&engine->cause_cells);
	if (!index)
		return NULL;
	if (sn_map_set(&engine->cause_index, key, index) < 0) {
		sn_pool_give(&engine->cause_cells, index);
		return NULL;
	}
	*(struct sn_n2_cause_cell *)sn_pool_at(&engine->cause_cells, index) = *like;
	return sn_pool_at(&engine->cause_cells, index);
}

static void cause_count(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, uint16_t cause)
{
	struct sn_n2_cause_cell like = {
		.kind = attempt->kind, .gnb = attempt->gnb, .amf = attempt->amf, .slice = attempt->slice, .cause = cause
	};
	struct sn_n2_cause_cell *cell = cause_cell(engine, &like);

	if (!cell) {
		engine->losses[SN_N2_LOSS_SERIES_LIMIT]++;
		like.gnb = like.amf = SN_LABEL_OTHER;
		like.slice = SN_LABEL_NONE;
		cell = cause_cell(engine, &like);
	}
	if (cell)
		cell->count++;
}

static void queue_append(struct sn_n2_engine *engine, uint32_t index)
{
	struct sn_n2_attempt *attempt = at(engine, index);
	unsigned kind = attempt->kind;

	attempt->earlier = engine->queues[kind].last;
	attempt->later = 0;
	if (attempt->earlier)
		at(engine, attempt->earlier)->later = index;
	else
		engine->queues[kind].first = index;
	engine->queues[kind].last = index;
}

static void queue_remove(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt)
{
	if (attempt->earlier)
		at(engine, attempt->earlier)->later = attempt->later;
	else
		engine->queues[attempt->kind].first = attempt->later;
	if (attempt->later)
		at(engine, attempt->later)->earlier = attempt->earlier;
	else
		engine->queues[attempt->kind].last = attempt->earlier;
}

/* Newest last, so that an outcome finds the oldest. @return where to put it, NULL when the owner has too many. */
static uint32_t *list_end(struct sn_n2_engine *engine, enum sn_n2_owner owner, uint32_t index)
{
	uint32_t *link = list_of(engine, owner, index);
	unsigned count = 0;

	for (; *link && count < SN_N2_OWNER_ATTEMPTS; link = &at(engine, *link)->next)
		count++;
	return count < SN_N2_OWNER_ATTEMPTS ? link : NULL;
}

static void cell_begin(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt)
{
	struct sn_n2_procedure_cell *cell =
		sn_n2_procedure_cell(engine, attempt->kind, attempt->gnb, attempt->amf, attempt->slice);

	if (!cell)
		return;
	cell->attempts++;
	cell->pending++;
}

uint32_t sn_n2_attempt_begin(struct sn_n2_engine *engine, unsigned kind, enum sn_n2_owner owner, const struct sn_n2_where *where,
			     uint64_t time_ns)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, where->association);
	const struct sn_n2_connection *connection =
		where->connection ? sn_pool_at(&engine->connections, where->connection) : NULL;
	const struct sn_n2_ue *ue = where->ue ? sn_pool_at(&engine->ues, where->ue) : NULL;
	uint32_t owner_index = owner == SN_N2_OWNER_UE		 ? where->ue
			       : owner == SN_N2_OWNER_CONNECTION ? where->connection
								 : where->association;
	uint32_t *link = list_end(engine, owner, owner_index), index = link ? sn_pool_take(&engine->attempts) : 0;
	struct sn_n2_attempt *attempt;

	if (!index) {
		engine->losses[SN_N2_LOSS_ATTEMPT_TABLE]++;
		return 0;
	}
	attempt = at(engine, index);
	attempt->kind = (uint16_t)kind;
	attempt->owner_kind = (uint8_t)owner;
	attempt->owner = owner_index;
	attempt->start_ns = time_ns;
	attempt->step = SN_N2_STEP_NONE;
	attempt->gnb = association->gnb;
	attempt->amf = association->amf;
	attempt->slice = ue ? ue->slice : SN_LABEL_NONE;
	attempt->plmn = connection ? connection->plmn : SN_LABEL_NONE;
	attempt->tac = connection ? connection->tac : SN_LABEL_NONE;
	*link = index;
	queue_append(engine, index);
	cell_begin(engine, attempt);
	return index;
}

void sn_n2_attempts_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue)
{
	uint32_t *from = list_of(engine, SN_N2_OWNER_UE, from_ue), *into;

	while (*from && (into = list_end(engine, SN_N2_OWNER_UE, into_ue))) {
		uint32_t index = *from;

		*from = at(engine, index)->next;
		at(engine, index)->next = 0;
		at(engine, index)->owner = into_ue;
		*into = index;
	}
}

void sn_n2_attempts_relabel(struct sn_n2_engine *engine, uint32_t association_index)
{
	const struct sn_n2_association *association = sn_pool_at(&engine->associations, association_index);

	for (uint32_t i = association->attempts; i; i = at(engine, i)->next) {
		struct sn_n2_attempt *attempt = at(engine, i);
		struct sn_n2_procedure_cell *cell =
			sn_n2_procedure_cell(engine, attempt->kind, attempt->gnb, attempt->amf, attempt->slice);

		if (cell) {
			cell->attempts--;
			cell->pending--;
		}
		attempt->gnb = association->gnb;
		attempt->amf = association->amf;
		cell_begin(engine, attempt);
	}
}

uint32_t sn_n2_attempt_find(struct sn_n2_engine *engine, unsigned kind, enum sn_n2_owner owner, uint32_t index, int detail)
{
	if (!index)
		return 0;
	for (uint32_t i = *list_of(engine, owner, index); i; i = at(engine, i)->next)
		if (at(engine, i)->kind == kind && (detail < 0 || at(engine, i)->detail == detail))
			return i;
	return 0;
}

static uint32_t ue_of(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt)
{
	if (attempt->owner_kind == SN_N2_OWNER_UE)
		return attempt->owner;
	if (attempt->owner_kind == SN_N2_OWNER_CONNECTION)
		return ((struct sn_n2_connection *)sn_pool_at(&engine->connections, attempt->owner))->ue;
	return 0;
}

static void failure_note(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, enum sn_n2_outcome outcome,
			 uint16_t cause, uint64_t time_ns)
{
	struct sn_n2_failure *failure = &engine->failures[engine->failure_count++ % SN_N2_FAILURES];
	uint32_t ue = ue_of(engine, attempt);

	*failure = (struct sn_n2_failure) {
		.time_ns = time_ns,
		.duration_ns = time_ns - attempt->start_ns,
		.ue = ue,
		.serial = ue ? ((struct sn_n2_ue *)sn_pool_at(&engine->ues, ue))->serial : 0,
		.kind = attempt->kind,
		.gnb = attempt->gnb,
		.amf = attempt->amf,
		.slice = attempt->slice,
		.cause = cause,
		.outcome = (uint8_t)outcome,
	};
}

static void account(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, enum sn_n2_outcome outcome, uint16_t cause,
		    uint64_t time_ns)
{
	struct sn_n2_procedure_cell *cell =
		sn_n2_procedure_cell(engine, attempt->kind, attempt->gnb, attempt->amf, attempt->slice);

	/* A release has a cause also when it went well. */
	if (cause && (outcome != SN_N2_SUCCESS || attempt->kind == SN_N2_KIND_CHAIN + SN_N2_CONTEXT_RELEASE))
		cause_count(engine, attempt, cause);
	if (outcome != SN_N2_SUCCESS)
		failure_note(engine, attempt, outcome, cause, time_ns);
	if (!cell)
		return;
	cell->outcomes[outcome]++;
	cell->pending -= cell->pending > 0;
	cell->inferred += attempt->inferred;
	if (outcome != SN_N2_SUCCESS)
		return;
	if (!cell->hist)
		cell->hist = calloc(1, sizeof(*cell->hist));
	if (cell->hist)
		sn_hist_add(cell->hist, time_ns - attempt->start_ns);
	for (int step = 0; step < _SN_N2_STEP_MAX; step++) {
		cell->steps[step].count += attempt->steps_done >> step & 1;
		cell->steps[step].sum_ns += attempt->step_ns[step];
	}
}

void sn_n2_attempt_end(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_outcome outcome, uint16_t cause, uint64_t time_ns)
{
	struct sn_n2_attempt *attempt = at(engine, index);
	uint64_t limit = engine->limits.timeouts_ns[attempt->kind];
	uint32_t *link, ue = ue_of(engine, attempt);

	if (time_ns < attempt->start_ns)
		time_ns = attempt->start_ns; /* clocks of several captures need not agree */
	if (outcome != SN_N2_NO_RESPONSE && time_ns - attempt->start_ns > limit) {
		engine->losses[SN_N2_LOSS_LATE_OUTCOME]++;
		outcome = SN_N2_NO_RESPONSE;
		cause = 0;
	}
	account(engine, attempt, outcome, cause, time_ns);
	sn_n2_emit_outcome(engine, attempt, ue, outcome, cause, time_ns);
	if (ue)
		sn_n2_story_add(engine, ue,
				&(struct sn_n2_story) {
					.time_ns = time_ns,
					.kind = SN_N2_STORY_OUTCOME,
					.what = attempt->kind,
					.detail = (uint8_t)outcome,
					.cause = cause,
					.inferred = attempt->inferred,
					.duration_us = (uint32_t)SN_MIN((time_ns - attempt->start_ns) / 1000, UINT32_MAX) });
	queue_remove(engine, attempt);
	for (link = list_of(engine, attempt->owner_kind, attempt->owner); *link != index; link = &at(engine, *link)->next)
		;
	*link = attempt->next;
	sn_pool_give(&engine->attempts, index);
}

void sn_n2_attempt_step_begin(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_step step, uint64_t time_ns)
{
	struct sn_n2_attempt *attempt;

	if (!index)
		return;
	attempt = at(engine, index);
	attempt->step = (uint8_t)step;
	attempt->step_begin_ns = time_ns;
}

void sn_n2_attempt_step_end(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_step step, uint64_t time_ns)
{
	struct sn_n2_attempt *attempt;

	if (!index)
		return;
	attempt = at(engine, index);
	if (attempt->step != step || time_ns < attempt->step_begin_ns)
		return;
	attempt->step_ns[step] += time_ns - attempt->step_begin_ns;
	attempt->steps_done |= (uint8_t)(1u << step);
	attempt->step = SN_N2_STEP_NONE;
}

void sn_n2_attempts_end_all(struct sn_n2_engine *engine, enum sn_n2_owner owner, uint32_t index, enum sn_n2_outcome outcome,
			    uint16_t cause, uint64_t time_ns)
{
	while (*list_of(engine, owner, index))
		sn_n2_attempt_end(engine, *list_of(engine, owner, index), outcome, cause, time_ns);
}

/* So that an outcome that comes yet is not taken for one whose request was not seen. */
static void expired_note(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt)
{
	struct sn_n2_expired *expired;

	if (attempt->kind >= SN_N2_KIND_CHAIN || attempt->owner_kind == SN_N2_OWNER_UE)
		return;
	expired = attempt->owner_kind == SN_N2_OWNER_CONNECTION
			  ? &((struct sn_n2_connection *)sn_pool_at(&engine->connections, attempt->owner))->expired
			  : &((struct sn_n2_association *)sn_pool_at(&engine->associations, attempt->owner))->expired;
	if (expired->procedure_code != attempt->kind)
		*expired = (struct sn_n2_expired) { .procedure_code = (uint8_t)attempt->kind };
	expired->count += expired->count < UINT8_MAX;
}

void sn_n2_attempts_expire(struct sn_n2_engine *engine, uint64_t now_ns)
{
	for (unsigned kind = 0; kind < SN_N2_KINDS; kind++) {
		uint32_t index;

		while ((index = engine->queues[kind].first)) {
			const struct sn_n2_attempt *attempt = at(engine, index);

			if (now_ns < attempt->start_ns || now_ns - attempt->start_ns <= engine->limits.timeouts_ns[kind])
				break;
			expired_note(engine, attempt);
			sn_n2_attempt_end(engine, index, SN_N2_NO_RESPONSE, 0, now_ns);
		}
	}
}

void sn_n2_attempts_give_up(struct sn_n2_engine *engine)
{
	for (unsigned kind = 0; kind < SN_N2_KINDS; kind++)
		while (engine->queues[kind].first)
			sn_n2_attempt_end(engine, engine->queues[kind].first, SN_N2_NO_RESPONSE, 0, engine->now_ns);
}
