/* SPDX-License-Identifier: Apache-2.0 */
/** @file The way of one user message through the engine, and the passing of time. */
#include "modules/n2/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macro.h"

#define OTHER_CAUSES  4096 /* of all procedures together */
#define NODE_ATTEMPTS 4096 /* that belong to no UE */

int sn_n2_engine_init(struct sn_n2_engine *engine, const struct sn_n2_limits *limits, struct sn_pseudonym *pseudonym)
{
	uint32_t values = limits->max_label_values;

	memset(engine, 0, sizeof(*engine));
	engine->limits = *limits;
	engine->pseudonym = pseudonym;
	sn_pool_init(&engine->associations, sizeof(struct sn_n2_association), limits->max_associations);
	sn_pool_init(&engine->ues, sizeof(struct sn_n2_ue), limits->max_ues);
	sn_pool_init(&engine->connections, sizeof(struct sn_n2_connection), 2 * limits->max_ues);
	sn_pool_init(&engine->attempts, sizeof(struct sn_n2_attempt), 2 * limits->max_ues + NODE_ATTEMPTS);
	/* Beyond max_series there is room for what is counted under "other". */
	sn_pool_init(&engine->procedure_cells, sizeof(struct sn_n2_procedure_cell), limits->max_series + SN_N2_KINDS);
	sn_pool_init(&engine->cause_cells, sizeof(struct sn_n2_cause_cell), limits->max_series + OTHER_CAUSES);
	sn_pool_init(&engine->measure_cells, sizeof(struct sn_n2_measure_cell), limits->max_series + _SN_N2_MEASUREMENT_MAX);
	engine->story = calloc(limits->story_entries, sizeof(*engine->story));
	if (!engine->story)
		return -ENOMEM;
	if (sn_label_dict_init(&engine->gnbs, "gnb", values) < 0 || sn_label_dict_init(&engine->amfs, "amf", values) < 0 ||
	    sn_label_dict_init(&engine->slices, "snssai", values) < 0 || sn_label_dict_init(&engine->plmns, "plmn", values) < 0 ||
	    sn_label_dict_init(&engine->tacs, "tac", values) < 0)
		return -ENOMEM;
	return 0;
}

void sn_n2_engine_fini(struct sn_n2_engine *engine)
{
	struct sn_map *maps[] = { &engine->by_key,	 &engine->by_ran_id,	   &engine->by_amf_id,	 &engine->by_tmsi,
				  &engine->by_suci,	 &engine->procedure_index, &engine->cause_index, &engine->measure_index,
				  &engine->slice_labels, &engine->plmn_labels,	   &engine->tac_labels,	 &engine->gnb_bearers };
	struct sn_pool *pools[] = { &engine->associations,    &engine->connections, &engine->ues,	   &engine->attempts,
				    &engine->procedure_cells, &engine->cause_cells, &engine->measure_cells };
	struct sn_label_dict *dicts[] = { &engine->gnbs, &engine->amfs, &engine->slices, &engine->plmns, &engine->tacs };

	for (uint32_t i = 1; i <= engine->procedure_cells.used; i++)
		free(((struct sn_n2_procedure_cell *)sn_pool_at(&engine->procedure_cells, i))->hist);
	for (size_t i = 0; i < SN_ARRAY_SIZE(maps); i++)
		sn_map_fini(maps[i]);
	for (size_t i = 0; i < SN_ARRAY_SIZE(pools); i++)
		sn_pool_fini(pools[i]);
	for (size_t i = 0; i < SN_ARRAY_SIZE(dicts); i++)
		sn_label_dict_fini(dicts[i]);
	free(engine->story);
	engine->story = NULL;
	sn_n2_emit_free(engine);
}

/* Label numbers are kept by the value on the wire + 1, so that its text is made only the first time. */
static uint16_t label_cached(struct sn_map *cache, struct sn_label_dict *dict, uint64_t value, const char *text)
{
	uint16_t label = sn_label_of(dict, text);

	if (label != SN_LABEL_OTHER)
		sn_map_set(cache, (struct sn_map_key) { .a = value }, label);
	return label;
}

uint16_t sn_n2_label_slice(struct sn_n2_engine *engine, const struct sn_snssai *snssai)
{
	uint64_t value = (uint64_t)snssai->sst << 32 | snssai->sd;
	uint32_t label;
	char text[SN_SNSSAI_TEXT];

	if (!snssai->present)
		return SN_LABEL_NONE;
	label = sn_map_get(&engine->slice_labels, (struct sn_map_key) { .a = value });
	return label ? (uint16_t)label
		     : label_cached(&engine->slice_labels, &engine->slices, value, sn_snssai_text(snssai, text));
}

uint16_t sn_n2_label_plmn(struct sn_n2_engine *engine, sn_plmn_t plmn)
{
	uint32_t label = sn_map_get(&engine->plmn_labels, (struct sn_map_key) { .a = plmn });
	char text[SN_PLMN_TEXT];

	return label ? (uint16_t)label : label_cached(&engine->plmn_labels, &engine->plmns, plmn, sn_plmn_text(plmn, text));
}

uint16_t sn_n2_label_tac(struct sn_n2_engine *engine, uint32_t tac)
{
	uint32_t label = sn_map_get(&engine->tac_labels, (struct sn_map_key) { .a = tac });
	char text[16];

	if (label)
		return (uint16_t)label;
	snprintf(text, sizeof(text), "%" PRIu32, tac);
	return label_cached(&engine->tac_labels, &engine->tacs, tac, text);
}

static void location_note(struct sn_n2_engine *engine, uint32_t connection_index)
{
	struct sn_n2_connection *connection = sn_pool_at(&engine->connections, connection_index);
	const struct sn_tai *tai = &engine->ngap.location.tai;

	if (!tai->present)
		return;
	connection->plmn = sn_n2_label_plmn(engine, tai->plmn);
	connection->tac = sn_n2_label_tac(engine, tai->tac);
}

static void nas_count(struct sn_n2_engine *engine, const struct sn_nas_pdu *pdu)
{
	engine->nas_ciphered += pdu->ciphered;
	for (uint8_t i = 0; i < pdu->count; i++) {
		const struct sn_nas_message *nas = &pdu->messages[i];

		if (!sn_nas_message_name(nas->epd, nas->type))
			engine->losses[SN_N2_LOSS_NAS_UNKNOWN]++;
		else
			engine->nas[nas->epd == SN_NAS_EPD_5GSM][nas->type][nas->security % _SN_NAS_SECURITY_MAX]
				   [nas->in_container]++;
		if (nas->fields & SN_NAS_HAS_CAUSE)
			engine->cause_elements[nas->epd == SN_NAS_EPD_5GSM ? SN_N2_CAUSE_5GSM : SN_N2_CAUSE_5GMM][nas->cause]++;
	}
}

/* A message of a UE: into its story, and out of the node where somebody takes single events. */
static void signal_note(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_n2_story *entry)
{
	sn_n2_story_add(engine, where->ue, entry);
	if (engine->emit)
		sn_n2_emit_signal(engine, where->association, where->ue, entry);
}

static void nas_story(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	const struct sn_nas_pdu *pdu = &engine->nas_pdu;

	if (pdu->ciphered)
		signal_note(
			engine, where,
			&(struct sn_n2_story) {
				.time_ns = time_ns, .kind = SN_N2_STORY_CIPHERED, .detail = pdu->security, .uplink = uplink });
	for (uint8_t i = 0; i < pdu->count; i++) {
		const struct sn_nas_message *nas = &pdu->messages[i];
		unsigned group = nas->epd == SN_NAS_EPD_5GSM ? SN_N2_CAUSE_5GSM : SN_N2_CAUSE_5GMM;

		signal_note(
			engine, where,
			&(struct sn_n2_story) { .time_ns = time_ns,
						.kind = SN_N2_STORY_NAS,
						.what = nas->type,
						.epd = nas->epd,
						.detail = nas->security,
						.uplink = uplink,
						.in_container = nas->in_container,
						.cause = nas->fields & SN_NAS_HAS_CAUSE ? SN_N2_CAUSE(group, nas->cause) : 0 });
	}
}

static void nas_take(struct sn_n2_engine *engine, struct sn_n2_where *where, struct sn_view view, bool uplink, uint64_t time_ns)
{
	const struct sn_n2_ue *ue = where->ue ? sn_pool_at(&engine->ues, where->ue) : NULL;

	if (!view.len)
		return;
	if (sn_nas_decode(view, ue ? ue->cipher : SN_NEA_UNKNOWN, &engine->nas_pdu) < 0)
		engine->losses[SN_N2_LOSS_NAS_MALFORMED]++;
	nas_count(engine, &engine->nas_pdu);
	if (!where->ue)
		return;
	sn_n2_flow_nas(engine, where, uplink, time_ns);
	nas_story(engine, where, uplink, time_ns);
}

static void nas_take_all(struct sn_n2_engine *engine, struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	nas_take(engine, where, engine->ngap.nas, uplink, time_ns);
	for (uint16_t i = 0; i < engine->ngap.session_count; i++)
		nas_take(engine, where, engine->ngap.sessions[i].nas, uplink, time_ns);
}

static uint16_t gnb_of(struct sn_n2_engine *engine, uint32_t association)
{
	return ((const struct sn_n2_association *)sn_pool_at(&engine->associations, association))->gnb;
}

static void ue_message(struct sn_n2_engine *engine, struct sn_n2_where *where, bool uplink, uint64_t time_ns)
{
	const struct sn_ngap_message *ngap = &engine->ngap;

	((struct sn_n2_ue *)sn_pool_at(&engine->ues, where->ue))->last_ns = time_ns;
	location_note(engine, where->connection);
	signal_note(engine, where,
		    &(struct sn_n2_story) { .time_ns = time_ns,
					    .kind = SN_N2_STORY_NGAP,
					    .what = ngap->procedure_code,
					    .detail = ngap->pdu,
					    .uplink = uplink,
					    .cause = sn_n2_cause_of(&ngap->cause),
					    .gnb = gnb_of(engine, where->association) });
	nas_take_all(engine, where, uplink, time_ns);
}

static void cause_count(struct sn_n2_engine *engine, const struct sn_ngap_cause *cause)
{
	if (cause->present)
		engine->cause_elements[cause->group][cause->value]++;
}

static void causes_count(struct sn_n2_engine *engine, const struct sn_ngap_message *ngap)
{
	cause_count(engine, &ngap->cause);
	for (uint16_t i = 0; i < ngap->session_count; i++)
		cause_count(engine, &ngap->sessions[i].cause);
	for (uint16_t i = 0; i < ngap->flow_count; i++)
		cause_count(engine, &ngap->flows[i].cause);
}

static bool decode(struct sn_n2_engine *engine, const struct sn_n2_message *message)
{
	int r = sn_ngap_decode(message->protocol, message->data, &engine->ngap);

	if (r < 0)
		engine->losses[message->truncated && r == -EMSGSIZE ? SN_N2_LOSS_NGAP_TRUNCATED : SN_N2_LOSS_NGAP_MALFORMED]++;
	if (r == -ENOMSG)
		return false;
	engine->losses[SN_N2_LOSS_NGAP_LIST_CUT] += message->protocol == SN_AP_NGAP && engine->ngap.truncated_lists;
	engine->messages[message->protocol][engine->ngap.procedure_code][engine->ngap.pdu]++;
	if (message->protocol == SN_AP_NGAP)
		causes_count(engine, &engine->ngap);
	return true;
}

/*
 * Time does not go back, but for packets that come a little out of order. Where it goes back for good (an earlier recording after
 * a later one, one frame with a time from the future, a clock that is set) it begins anew there; what waits would wait for ever.
 */
static void clock_set(struct sn_n2_engine *engine, uint64_t time_ns)
{
	if (time_ns < engine->now_ns && engine->now_ns - time_ns > 60 * SN_NSEC_PER_SEC) {
		sn_n2_attempts_give_up(engine);
		engine->now_ns = engine->last_sample_ns = time_ns;
	}
	engine->now_ns = SN_MAX(engine->now_ns, time_ns);
}

void sn_n2_engine_message(struct sn_n2_engine *engine, const struct sn_n2_message *message)
{
	struct sn_n2_association *association = sn_pool_at(&engine->associations, message->association);
	struct sn_n2_where where = { .association = message->association };
	bool uplink;

	if (!engine->first_ns)
		engine->first_ns = message->time_ns;
	clock_set(engine, message->time_ns);
	association->messages++;
	association->last_ns = message->time_ns;
	if (sn_n2_association_is_twin(engine, message->association)) {
		engine->losses[SN_N2_LOSS_DUPLICATE_END]++;
		return;
	}
	engine->total_messages++;
	if (!decode(engine, message) || message->protocol != SN_AP_NGAP) {
		sn_n2_association_label(engine, message->association);
		return;
	}
	uplink = sn_n2_association_uplink(engine, message->association, message->from_first);
	sn_n2_association_names(engine, message->association, uplink);
	where.connection = sn_n2_connection_of_message(engine, message->association, uplink, message->time_ns);
	if (where.connection) {
		where.ue = ((struct sn_n2_connection *)sn_pool_at(&engine->connections, where.connection))->ue;
		ue_message(engine, &where, uplink, message->time_ns);
	} else if (engine->ngap.nas.len) {
		engine->losses[SN_N2_LOSS_UNKNOWN_UE]++;
		nas_take_all(engine, &where, uplink, message->time_ns);
	}
	sn_n2_flow_ngap(engine, &where, uplink, message->time_ns);
}

/* The gauges of TS 28.552 are means of samples, one a second: what stood when the second began. */
static void gauges_sample(struct sn_n2_engine *engine, uint64_t now_ns)
{
	uint64_t seconds = now_ns > engine->last_sample_ns ? (now_ns - engine->last_sample_ns) / SN_NSEC_PER_SEC : 0;

	if (!engine->last_sample_ns)
		engine->last_sample_ns = now_ns;
	else if (seconds) {
		engine->last_sample_ns += seconds * SN_NSEC_PER_SEC;
		engine->samples += seconds;
		engine->registered_sum += seconds * engine->registered;
		engine->sessions_sum += seconds * engine->sessions;
	}
}

void sn_n2_engine_tick(struct sn_n2_engine *engine, uint64_t now_ns)
{
	clock_set(engine, now_ns);
	gauges_sample(engine, engine->now_ns);
	sn_n2_attempts_expire(engine, engine->now_ns);
	sn_n2_ue_sweep(engine);
	sn_n2_association_sweep(engine);
	sn_n2_emit_tick(engine, engine->now_ns);
}
