/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Single events on their way out of the node: each procedure and chain that ended, each message of a UE. They wait for a
 * moment, since who a UE is often turns out only some messages after its first: then all of them bear its name.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macro.h"
#include "modules/n2/engine.h"
#include "modules/n2/records.h"
#include "modules/n2/report.h"
#include "sauron/module.h"

#define QUEUE	 8192u /* power of two; when it is full the oldest goes out early */
#define DELAY_NS (500 * SN_NSEC_PER_MSEC)
#define LOOKBACK                                                                                                                 \
	1024u /* entries searched for those of a UE that turned out to be another: it does so within its first messages */

struct waiting {
	uint64_t time_ns;
	uint32_t ue, serial; /* 0: nobody's */
	uint16_t gnb, amf;
	bool is_outcome;
	union {
		struct sn_n2_story signal;
		struct {
			uint64_t duration_ns;
			uint16_t kind, slice, plmn, tac, cause;
			uint8_t outcome;
			bool inferred;
		} outcome;
	};
};

struct sn_n2_emit {
	struct sn_host *host;
	bool signals;
	uint64_t first, next; /* numbers of the oldest that waits, and of the one to come */
	struct waiting queue[QUEUE];
};

int sn_n2_emit_new(struct sn_n2_engine *engine, struct sn_host *host, bool signals)
{
	engine->emit = calloc(1, sizeof(*engine->emit));
	if (!engine->emit)
		return -ENOMEM;
	engine->emit->host = host;
	engine->emit->signals = signals;
	return 0;
}

void sn_n2_emit_signals(struct sn_n2_engine *engine, bool signals)
{
	engine->emit->signals = signals;
}

static const char *ue_name(struct sn_n2_engine *engine, const struct waiting *waiting, char text[96])
{
	struct sn_n2_ue *ue = waiting->ue ? sn_pool_at(&engine->ues, waiting->ue) : NULL;

	if (!ue || !ue->used || ue->serial != waiting->serial)
		return NULL;
	sn_n2_ue_text(engine, ue, text, 96);
	return text;
}

static void outcome_out(struct sn_n2_engine *engine, const struct waiting *waiting)
{
	struct sn_n2_emit *emit = engine->emit;
	char name[96], number[16];
	struct sn_n2_outcome_record row = {
		.time = waiting->time_ns,
		.procedure = sn_n2_kind_name(waiting->outcome.kind),
		.chain = waiting->outcome.kind >= SN_N2_KIND_CHAIN,
		.outcome = sn_n2_outcome_name(waiting->outcome.outcome),
		.duration_ms = waiting->outcome.outcome == SN_N2_NO_RESPONSE ? NAN : (double)waiting->outcome.duration_ns / 1e6,
		.group = sn_n2_cause_group_text(waiting->outcome.cause),
		.cause = sn_n2_cause_text(waiting->outcome.cause, number),
		.gnb = sn_label_text(&engine->gnbs, waiting->gnb),
		.amf = sn_label_text(&engine->amfs, waiting->amf),
		.snssai = sn_label_text(&engine->slices, waiting->outcome.slice),
		.plmn = sn_label_text(&engine->plmns, waiting->outcome.plmn),
		.tac = sn_label_text(&engine->tacs, waiting->outcome.tac),
		.ue = ue_name(engine, waiting, name),
		.inferred = waiting->outcome.inferred,
	};

	emit->host->emit(emit->host, &sn_n2_outcome_type, &row, row.time);
}

static void signal_out(struct sn_n2_engine *engine, const struct waiting *waiting)
{
	struct sn_n2_emit *emit = engine->emit;
	char name[96], number[16];
	struct sn_n2_story_record story = { 0 };
	struct sn_n2_signal_record row;

	sn_n2_story_what(&waiting->signal, &story);
	row = (struct sn_n2_signal_record) {
		.time = waiting->time_ns,
		.direction = waiting->signal.uplink ? "uplink" : "downlink",
		.protocol = story.protocol,
		.what = story.what,
		.detail = story.detail,
		.group = sn_n2_cause_group_text(waiting->signal.cause),
		.cause = sn_n2_cause_text(waiting->signal.cause, number),
		.gnb = sn_label_text(&engine->gnbs, waiting->gnb),
		.amf = sn_label_text(&engine->amfs, waiting->amf),
		.ue = ue_name(engine, waiting, name),
		.in_container = waiting->signal.in_container,
	};
	emit->host->emit(emit->host, &sn_n2_signal_type, &row, row.time);
}

static void oldest_out(struct sn_n2_engine *engine)
{
	const struct waiting *waiting = &engine->emit->queue[engine->emit->first++ & (QUEUE - 1)];

	if (waiting->is_outcome)
		outcome_out(engine, waiting);
	else
		signal_out(engine, waiting);
}

static struct waiting *queue_add(struct sn_n2_engine *engine, uint64_t time_ns, uint32_t ue)
{
	struct sn_n2_emit *emit = engine->emit;
	struct waiting *waiting;

	if (emit->next - emit->first == QUEUE)
		oldest_out(engine);
	waiting = &emit->queue[emit->next++ & (QUEUE - 1)];
	*waiting = (struct waiting) { .time_ns = time_ns, .ue = ue };
	if (ue)
		waiting->serial = ((struct sn_n2_ue *)sn_pool_at(&engine->ues, ue))->serial;
	return waiting;
}

void sn_n2_emit_signal(struct sn_n2_engine *engine, uint32_t association, uint32_t ue, const struct sn_n2_story *entry)
{
	const struct sn_n2_association *where = sn_pool_at(&engine->associations, association);
	struct waiting *waiting;

	if (!engine->emit || !engine->emit->signals)
		return;
	waiting = queue_add(engine, entry->time_ns, ue);
	waiting->signal = *entry;
	waiting->gnb = where->gnb;
	waiting->amf = where->amf;
}

void sn_n2_emit_outcome(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, uint32_t ue, enum sn_n2_outcome outcome,
			uint16_t cause, uint64_t time_ns)
{
	struct waiting *waiting;

	if (!engine->emit)
		return;
	waiting = queue_add(engine, time_ns, ue);
	waiting->is_outcome = true;
	waiting->gnb = attempt->gnb;
	waiting->amf = attempt->amf;
	waiting->outcome.duration_ns = time_ns - attempt->start_ns;
	waiting->outcome.kind = attempt->kind;
	waiting->outcome.slice = attempt->slice;
	waiting->outcome.plmn = attempt->plmn;
	waiting->outcome.tac = attempt->tac;
	waiting->outcome.cause = cause;
	waiting->outcome.outcome = (uint8_t)outcome;
	waiting->outcome.inferred = attempt->inferred;
}

void sn_n2_emit_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue)
{
	struct sn_n2_emit *emit = engine->emit;
	uint32_t from = ((struct sn_n2_ue *)sn_pool_at(&engine->ues, from_ue))->serial;
	uint32_t into = ((struct sn_n2_ue *)sn_pool_at(&engine->ues, into_ue))->serial;

	for (uint64_t i = emit ? emit->next : 0; emit && i > emit->first && emit->next - i < LOOKBACK; i--) {
		struct waiting *waiting = &emit->queue[(i - 1) & (QUEUE - 1)];

		if (waiting->ue == from_ue && waiting->serial == from) {
			waiting->ue = into_ue;
			waiting->serial = into;
		}
	}
}

void sn_n2_emit_tick(struct sn_n2_engine *engine, uint64_t now_ns)
{
	struct sn_n2_emit *emit = engine->emit;

	while (emit && emit->first != emit->next) {
		uint64_t time_ns = emit->queue[emit->first & (QUEUE - 1)].time_ns;

		if (time_ns <= now_ns && now_ns - time_ns < DELAY_NS)
			break;
		oldest_out(engine);
	}
}

void sn_n2_emit_free(struct sn_n2_engine *engine)
{
	free(engine->emit);
	engine->emit = NULL;
}
