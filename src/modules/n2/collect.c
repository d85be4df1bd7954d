/* SPDX-License-Identifier: Apache-2.0 */
/** @file The metrics of n2, its losses over all stages, and how each figure stands. */
#include <math.h>
#include <stdio.h>

#include "base/macro.h"
#include "codec/packet.h"
#include "kernel/kernel.h"
#include "model/metrics.h"
#include "modules/n2/module.h"

static const struct sn_metric messages = { "sauron_n2_messages_total",
					   "Messages by protocol, procedure and kind of PDU.",
					   { "protocol", "procedure", "pdu" },
					   SN_METRIC_COUNTER };
static const struct sn_metric nas_messages = { "sauron_n2_nas_messages_total",
					       "NAS messages that could be read.",
					       { "message", "security_header", "in_container" },
					       SN_METRIC_COUNTER };
static const struct sn_metric nas_ciphered = {
	"sauron_n2_nas_ciphered_total", "NAS PDUs that could not be read.", { NULL }, SN_METRIC_COUNTER
};
static const struct sn_metric attempts = { "sauron_n2_procedure_attempts_total",
					   "Procedures and chains begun.",
					   { "procedure", "gnb", "amf", "snssai" },
					   SN_METRIC_COUNTER };
static const struct sn_metric outcomes = { "sauron_n2_procedure_outcomes_total",
					   "Procedures and chains ended, by outcome.",
					   { "procedure", "gnb", "amf", "snssai", "outcome" },
					   SN_METRIC_COUNTER };
static const struct sn_metric causes = { "sauron_n2_procedure_failure_causes_total",
					 "Causes of procedures and chains that did not end well, and of all UE context releases.",
					 { "procedure", "gnb", "amf", "snssai", "cause_group", "cause" },
					 SN_METRIC_COUNTER };
static const struct sn_metric durations = { "sauron_n2_procedure_duration_seconds",
					    "Duration of successful procedures and chains.",
					    { "procedure", "gnb", "amf", "snssai" },
					    SN_METRIC_HISTOGRAM };
static const struct sn_metric counters = { "sauron_n2_measurement_total",
					   "Counters of 3GPP TS 28.552 by their names.",
					   { "measurement", "amf", "gnb", "plmn", "tac", "snssai", "fiveqi", "cause_group",
					     "cause" },
					   SN_METRIC_COUNTER };
static const struct sn_metric gauges = { "sauron_n2_measurement",
					 "Gauges of 3GPP TS 28.552 by their names, in the units given there.",
					 { "measurement" },
					 SN_METRIC_GAUGE };
static const struct sn_metric standings = { "sauron_n2_measurement_standing",
					    "How a measurement stands: exact, inferred or unavailable; the value is always 1.",
					    { "measurement", "standing" },
					    SN_METRIC_GAUGE };
static const struct sn_metric registered = {
	"sauron_n2_registered_subscribers", "Subscribers registered now, as far as seen.", { NULL }, SN_METRIC_GAUGE
};
static const struct sn_metric sessions = { "sauron_n2_pdu_sessions",
					   "PDU sessions established now, as far as seen; those of idle UEs too.",
					   { NULL },
					   SN_METRIC_GAUGE };
static const struct sn_metric ues = { "sauron_n2_ues", "UEs followed now.", { NULL }, SN_METRIC_GAUGE };
static const struct sn_metric connections = {
	"sauron_n2_connections", "UE-associated NG connections now.", { NULL }, SN_METRIC_GAUGE
};
static const struct sn_metric associations = {
	"sauron_n2_associations", "SCTP associations known, by state.", { "state" }, SN_METRIC_GAUGE
};
static const struct sn_metric association_info = { "sauron_n2_association_info",
						   "Who is at the ends of an association that is up; the value is always 1.",
						   { "gnb", "gnb_id", "gnb_address", "amf", "amf_address", "protocol", "gnb_pod",
						     "amf_pod" },
						   SN_METRIC_GAUGE };
static const struct sn_metric losses = { "sauron_n2_losses_total",
					 "What was dropped, cut or passed over, by stage and reason.",
					 { "stage", "reason" },
					 SN_METRIC_COUNTER };
static const struct sn_metric label_values = {
	"sauron_n2_label_values", "Values known of a label.", { "label" }, SN_METRIC_GAUGE
};
static const struct sn_metric label_overflows = {
	"sauron_n2_label_overflows_total", "Times a label's limit made a value 'other'.", { "label" }, SN_METRIC_COUNTER
};

const struct sn_metric *const sn_n2_metric_table[] = {
	&messages,     &nas_messages,	  &nas_ciphered, &attempts,	&outcomes,	  &causes, &durations,
	&counters,     &gauges,		  &standings,	 &registered,	&sessions,	  &ues,	   &connections,
	&associations, &association_info, &losses,	 &label_values, &label_overflows, NULL,
};

/* ---- losses ---- */

static void reassembly_losses(const struct sn_reassembly_stats *stats, sn_n2_loss_fn fn, void *ctx)
{
	const struct {
		const char *reason;
		uint64_t count;
	} rows[] = {
		{ "fragments did not all come", stats->expired },
		{ "fragments overlap", stats->overlapping },
		{ "too many at once", stats->evicted },
		{ "too large", stats->too_large },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++)
		if (rows[i].count)
			fn(ctx, "ip reassembly", rows[i].reason, rows[i].count);
}

static void kernel_losses(struct sn_n2 *n2, sn_n2_loss_fn fn, void *ctx)
{
	static const char *const reasons[SN_KERNEL_COUNTERS] = {
		[SN_KERNEL_DROP_RING] = "ring full",
		[SN_KERNEL_DROP_READ] = "bytes could not be read",
		[SN_KERNEL_DROP_PARSE] = "headers not understood",
		[SN_KERNEL_DROP_STATE] = "state between entry and exit lost",
		[SN_KERNEL_TRUNCATED] = "cut at the capture limit",
	};
	uint64_t counts[SN_KERNEL_COUNTERS];

	if (!n2->host->kernel || sn_kernel_counters(n2->host->kernel, SN_MODULE_N2, counts) < 0)
		return;
	for (unsigned i = 0; i < SN_KERNEL_COUNTERS; i++)
		if (reasons[i] && counts[i])
			fn(ctx, "kernel", reasons[i], counts[i]);
}

void sn_n2_each_loss(struct sn_n2 *n2, sn_n2_loss_fn fn, void *ctx)
{
	const struct sn_sctp_stats *sctp = sn_sctp_stats(n2->packet_tap.sctp);

	kernel_losses(n2, fn, ctx);
	reassembly_losses(sn_reassembly_stats(n2->packet_tap.reassembly), fn, ctx);
	for (unsigned i = 0; i < _SN_SCTP_LOSS_MAX; i++)
		if (sctp->losses[i])
			fn(ctx, "sctp", sn_sctp_loss_name(i), sctp->losses[i]);
	for (unsigned i = 0; i < _SN_N2_LOSS_MAX; i++)
		if (n2->engine.losses[i])
			fn(ctx, sn_n2_loss_names[i].stage, sn_n2_loss_names[i].reason, n2->engine.losses[i]);
}

void sn_n2_lost_count(struct sn_n2 *n2)
{
	const struct sn_sctp_stats *sctp = sn_sctp_stats(n2->packet_tap.sctp);
	const struct sn_reassembly_stats *ip = sn_reassembly_stats(n2->packet_tap.reassembly);
	const uint64_t *engine = n2->engine.losses;
	uint64_t counts[SN_KERNEL_COUNTERS] = { 0 };
	uint64_t lost = sctp->losses[SN_SCTP_GAP] + sctp->losses[SN_SCTP_INCOMPLETE_MESSAGE] +
			sctp->losses[SN_SCTP_MESSAGE_TOO_LARGE] + sctp->losses[SN_SCTP_BUFFER_FULL] +
			sctp->losses[SN_SCTP_BAD_PACKET] + sctp->losses[SN_SCTP_TRUNCATED] + ip->expired + ip->overlapping +
			ip->evicted + ip->too_large;

	if (n2->host->kernel && sn_kernel_counters(n2->host->kernel, SN_MODULE_N2, counts) == 0)
		lost += counts[SN_KERNEL_DROP_RING] + counts[SN_KERNEL_DROP_READ] + counts[SN_KERNEL_DROP_PARSE] +
			counts[SN_KERNEL_DROP_STATE];
	n2->lost = lost + engine[SN_N2_LOSS_NGAP_MALFORMED] + engine[SN_N2_LOSS_NGAP_TRUNCATED] +
		   engine[SN_N2_LOSS_NGAP_LIST_CUT] + engine[SN_N2_LOSS_NAS_MALFORMED] + engine[SN_N2_LOSS_UE_EVICTED] +
		   engine[SN_N2_LOSS_CONNECTION_TABLE] + engine[SN_N2_LOSS_ATTEMPT_TABLE] + engine[SN_N2_LOSS_ASSOCIATION_TABLE] +
		   engine[SN_N2_LOSS_FRAME_TRUNCATED] + engine[SN_N2_LOSS_EVENT_MALFORMED] + engine[SN_N2_LOSS_PARTIAL_MESSAGE] +
		   engine[SN_N2_LOSS_MAYBE_DUPLICATE];
}

struct sn_n2_standing sn_n2_measurement_standing(struct sn_n2 *n2, enum sn_n2_measurement measurement, uint64_t inferred)
{
	bool ciphered = n2->engine.nas_ciphered > 0;

	switch ((enum sn_n2_source)sn_n2_measurements[measurement].source) {
	case SN_N2_CLEAR:
		break;
	case SN_N2_NAS_INFER:
		if (inferred || ciphered)
			return (struct sn_n2_standing) { "inferred", "NAS is ciphered: concluded from NGAP" };
		break;
	case SN_N2_NAS_ONLY:
		if (ciphered)
			return (struct sn_n2_standing) {
				"unavailable", "NAS is ciphered and NGAP does not show it: only what was in clear is counted"
			};
		break;
	case SN_N2_STATE:
		return (struct sn_n2_standing) { "inferred", "the state of the UEs as far as it was seen, sampled every second" };
	}
	if (n2->lost)
		return (struct sn_n2_standing) { "inferred", "messages were lost meanwhile: see losses" };
	return (struct sn_n2_standing) { "exact", NULL };
}

/* ---- metrics ---- */

static void collect_messages(const struct sn_n2_engine *engine, struct sn_metrics *metrics)
{
	static const uint8_t epds[] = { SN_NAS_EPD_5GMM, SN_NAS_EPD_5GSM };
	char number[16];

	for (unsigned protocol = 0; protocol < _SN_AP_MAX; protocol++)
		for (unsigned code = 0; code < 256; code++)
			for (unsigned pdu = 0; pdu < _SN_AP_PDU_MAX; pdu++) {
				const char *name = sn_ap_procedure_name(protocol, (uint8_t)code);

				if (!engine->messages[protocol][code][pdu])
					continue;
				snprintf(number, sizeof(number), "%u", code);
				sn_metrics_add(
					metrics, &messages, (double)engine->messages[protocol][code][pdu],
					(const char *[]) { sn_ap_name(protocol), name ? name : number, sn_ap_pdu_name(pdu) });
			}
	for (unsigned i = 0; i < 2 * 256 * _SN_NAS_SECURITY_MAX * 2; i++) {
		unsigned inside = i % 2, security = i / 2 % _SN_NAS_SECURITY_MAX, type = i / 2 / _SN_NAS_SECURITY_MAX % 256,
			 epd = i / 2 / _SN_NAS_SECURITY_MAX / 256;

		if (engine->nas[epd][type][security][inside])
			sn_metrics_add(metrics, &nas_messages, (double)engine->nas[epd][type][security][inside],
				       (const char *[]) { sn_nas_message_name(epds[epd], (uint8_t)type),
							  sn_nas_security_name(security), inside ? "true" : "false" });
	}
	sn_metrics_add(metrics, &nas_ciphered, (double)engine->nas_ciphered, NULL);
}

static void collect_procedures(struct sn_n2_engine *engine, struct sn_metrics *metrics)
{
	char number[16];

	for (uint32_t i = 1; i <= engine->procedure_cells.used; i++) {
		const struct sn_n2_procedure_cell *cell = sn_pool_at(&engine->procedure_cells, i);
		const char *values[] = { sn_n2_kind_name(cell->kind), sn_label_text(&engine->gnbs, cell->gnb),
					 sn_label_text(&engine->amfs, cell->amf), sn_label_text(&engine->slices, cell->slice),
					 NULL };

		if (!cell->attempts)
			continue; /* all of it has moved to a better label */
		sn_metrics_add(metrics, &attempts, (double)cell->attempts, values);
		for (unsigned outcome = 0; outcome < _SN_N2_OUTCOME_MAX; outcome++) {
			values[4] = sn_n2_outcome_name(outcome);
			sn_metrics_add(metrics, &outcomes, (double)cell->outcomes[outcome], values);
		}
		if (cell->hist)
			sn_metrics_add_hist(metrics, &durations, cell->hist, values);
	}
	for (uint32_t i = 1; i <= engine->cause_cells.used; i++) {
		const struct sn_n2_cause_cell *cell = sn_pool_at(&engine->cause_cells, i);

		sn_metrics_add(metrics, &causes, (double)cell->count,
			       (const char *[]) { sn_n2_kind_name(cell->kind), sn_label_text(&engine->gnbs, cell->gnb),
						  sn_label_text(&engine->amfs, cell->amf),
						  sn_label_text(&engine->slices, cell->slice),
						  sn_n2_cause_group_text(cell->cause), sn_n2_cause_text(cell->cause, number) });
	}
}

double sn_n2_gauge(struct sn_n2 *n2, enum sn_n2_measurement measurement)
{
	const struct sn_n2_engine *engine = &n2->engine;
	struct sn_hist all = { 0 };

	for (unsigned type = 0; type < SN_ARRAY_SIZE(engine->registration_time); type++)
		sn_hist_merge(&all, &engine->registration_time[type]);
	switch (measurement) {
	case SN_N2_RM_REG_TIME_MEAN:
		return all.count ? (double)sn_hist_mean_ns(&all) / 1e6 : NAN;
	case SN_N2_RM_REG_TIME_MAX:
		return all.count ? (double)all.max_ns / 1e6 : NAN;
	case SN_N2_RM_REGISTERED_SUB_NBR_MEAN:
		return engine->samples ? (double)engine->registered_sum / (double)engine->samples : NAN;
	case SN_N2_RM_REGISTERED_SUB_NBR_MAX:
		return (double)engine->registered_max;
	default:
		return NAN;
	}
}

static void collect_measurements(struct sn_n2 *n2, struct sn_metrics *metrics)
{
	struct sn_n2_engine *engine = &n2->engine;
	uint64_t inferred[_SN_N2_MEASUREMENT_MAX] = { 0 };
	char number[16], fiveqi[16];

	for (uint32_t i = 1; i <= engine->measure_cells.used; i++) {
		const struct sn_n2_measure_cell *cell = sn_pool_at(&engine->measure_cells, i);

		inferred[cell->measurement] += cell->inferred;
		snprintf(fiveqi, sizeof(fiveqi), "%u", cell->fiveqi);
		sn_metrics_add(
			metrics, &counters, (double)cell->value,
			(const char *[]) { sn_n2_measurements[cell->measurement].name, sn_label_text(&engine->amfs, cell->amf),
					   sn_label_text(&engine->gnbs, cell->gnb), sn_label_text(&engine->plmns, cell->plmn),
					   sn_label_text(&engine->tacs, cell->tac), sn_label_text(&engine->slices, cell->slice),
					   cell->fiveqi ? fiveqi : "", sn_n2_cause_group_text(cell->cause),
					   sn_n2_cause_text(cell->cause, number) });
	}
	for (unsigned i = 0; i < _SN_N2_MEASUREMENT_MAX; i++) {
		struct sn_n2_standing standing = sn_n2_measurement_standing(n2, i, inferred[i]);
		double value = sn_n2_measurements[i].gauge ? sn_n2_gauge(n2, i) : NAN;

		sn_metrics_add(metrics, &standings, 1, (const char *[]) { sn_n2_measurements[i].name, standing.standing });
		if (!isnan(value))
			sn_metrics_add(metrics, &gauges, value, (const char *[]) { sn_n2_measurements[i].name });
	}
}

static void collect_associations(struct sn_n2 *n2, struct sn_metrics *metrics)
{
	struct sn_n2_engine *engine = &n2->engine;
	char gnb[64], amf[64], id[64];
	uint64_t closed = 0, twins = 0;

	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *association = sn_pool_at(&engine->associations, i);

		if (!association->used || association->closed || association->twin) {
			closed += association->used && association->closed;
			twins += association->used && !association->closed;
			continue;
		}
		sn_n2_endpoint_text(&association->gnb_end, gnb, sizeof(gnb));
		sn_n2_endpoint_text(&association->amf_end, amf, sizeof(amf));
		sn_n2_ran_node_text(&association->ran_node, id, sizeof(id));
		sn_metrics_add(metrics, &association_info, 1,
			       (const char *[]) { sn_label_text(&engine->gnbs, association->gnb), id, gnb,
						  sn_label_text(&engine->amfs, association->amf), amf,
						  sn_ap_name(association->protocol), sn_n2_end_pod(n2, &association->gnb_end),
						  sn_n2_end_pod(n2, &association->amf_end) });
	}
	sn_metrics_add(metrics, &associations, (double)(engine->associations.live - closed - twins), (const char *[]) { "up" });
	sn_metrics_add(metrics, &associations, (double)closed, (const char *[]) { "closed" });
}

static void collect_tables(struct sn_n2_engine *engine, struct sn_metrics *metrics)
{
	const struct sn_label_dict *dicts[] = { &engine->gnbs, &engine->amfs, &engine->slices, &engine->plmns, &engine->tacs };

	sn_metrics_add(metrics, &ues, engine->ues.live, NULL);
	sn_metrics_add(metrics, &connections, engine->connections.live, NULL);
	sn_metrics_add(metrics, &registered, (double)engine->registered, NULL);
	sn_metrics_add(metrics, &sessions, (double)engine->sessions, NULL);
	for (size_t i = 0; i < SN_ARRAY_SIZE(dicts); i++) {
		sn_metrics_add(metrics, &label_values, dicts[i]->count - 2, (const char *[]) { dicts[i]->name });
		sn_metrics_add(metrics, &label_overflows, (double)dicts[i]->overflows, (const char *[]) { dicts[i]->name });
	}
}

static void collect_loss(void *ctx, const char *stage, const char *reason, uint64_t count)
{
	sn_metrics_add(ctx, &losses, (double)count, (const char *[]) { stage, reason });
}

void sn_n2_collect(struct sn_n2 *n2, struct sn_metrics *metrics)
{
	sn_n2_lost_count(n2);
	collect_messages(&n2->engine, metrics);
	collect_procedures(&n2->engine, metrics);
	collect_measurements(n2, metrics);
	collect_associations(n2, metrics);
	collect_tables(&n2->engine, metrics);
	sn_n2_each_loss(n2, collect_loss, metrics);
}
