/* SPDX-License-Identifier: Apache-2.0 */
/** @file The document of n2: cells summed by what was asked for, and put into records. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "model/pseudonym.h"
#include "model/report.h"
#include "modules/n2/module.h"
#include "modules/n2/records.h"

#define MAX_CAUSES	64
#define MAX_UES		100
#define NEWEST_FAILURES 50

/** What rows are told apart by. */
enum { BY_GNB = 1, BY_AMF = 2, BY_SLICE = 4, BY_CAUSE = 8, BY_PLMN = 16, BY_TAC = 32, BY_FIVEQI = 64, BY_ALL = 127, BY_UE = 128 };

static int by_parse(const char *by, unsigned *ret_cells, unsigned *ret_measurements)
{
	static const struct {
		const char *name;
		unsigned cells, measurements;
	} table[] = {
		{ "gnb", BY_GNB, BY_GNB | BY_CAUSE },
		{ "amf", BY_AMF, BY_AMF | BY_CAUSE },
		{ "slice", BY_SLICE, BY_SLICE | BY_CAUSE },
		{ "cause", BY_CAUSE, BY_CAUSE },
		{ "ue", BY_UE, BY_CAUSE },
		{ "none", 0, BY_CAUSE | BY_FIVEQI },
	};

	*ret_cells = 0;
	*ret_measurements = BY_ALL;
	for (size_t i = 0; by && i < SN_ARRAY_SIZE(table); i++) {
		if (strcmp(by, table[i].name))
			continue;
		*ret_cells = table[i].cells;
		*ret_measurements = table[i].measurements;
		return 0;
	}
	return by ? -EINVAL : 0;
}

/* ---- messages ---- */

static void messages_report(const struct sn_n2_engine *engine, struct sn_report *report)
{
	char number[16];

	sn_report_section(report, "messages");
	for (unsigned protocol = 0; protocol < _SN_AP_MAX; protocol++) {
		for (unsigned code = 0; code < 256; code++) {
			for (unsigned pdu = 0; pdu < _SN_AP_PDU_MAX; pdu++) {
				const char *name = sn_ap_procedure_name(protocol, (uint8_t)code);
				struct sn_n2_message_record row = { sn_ap_name(protocol), name, sn_ap_pdu_name(pdu),
								    engine->messages[protocol][code][pdu] };

				if (!row.count)
					continue;
				if (!name) {
					snprintf(number, sizeof(number), "%u", code);
					row.procedure = number;
				}
				sn_report_row(report, "messages", &sn_n2_message_type, &row);
			}
		}
	}
}

static void nas_report(const struct sn_n2_engine *engine, struct sn_report *report)
{
	static const uint8_t epds[] = { SN_NAS_EPD_5GMM, SN_NAS_EPD_5GSM };

	sn_report_section(report, "nas");
	for (unsigned epd = 0; epd < 2; epd++)
		for (unsigned type = 0; type < 256; type++)
			for (unsigned security = 0; security < _SN_NAS_SECURITY_MAX; security++)
				for (unsigned inside = 0; inside < 2; inside++) {
					struct sn_n2_nas_record row = { sn_nas_message_name(epds[epd], (uint8_t)type),
									sn_nas_security_name(security), inside,
									engine->nas[epd][type][security][inside] };

					if (row.count)
						sn_report_row(report, "nas", &sn_n2_nas_type, &row);
				}
	sn_report_number(report, "nas_ciphered", engine->nas_ciphered);
}

static void cause_elements_report(const struct sn_n2_engine *engine, struct sn_report *report)
{
	char number[16];

	sn_report_section(report, "cause_elements");
	for (unsigned group = 0; group < _SN_N2_CAUSE_GROUP_MAX; group++)
		for (unsigned value = 0; value < 256; value++) {
			uint16_t cause = SN_N2_CAUSE(group, value);
			struct sn_n2_cause_record row = { sn_n2_cause_group_text(cause), sn_n2_cause_text(cause, number),
							  engine->cause_elements[group][value] };

			if (row.count)
				sn_report_row(report, "cause_elements", &sn_n2_cause_type, &row);
		}
}

/* ---- procedures and chains ---- */

/** Cells of one row. */
struct group {
	struct sn_n2_procedure_cell sum; /* its labels are those of the row */
	struct sn_hist hist;
};

static int group_order(const void *a, const void *b)
{
	const struct sn_n2_procedure_cell *x = &(*(struct group *const *)a)->sum, *y = &(*(struct group *const *)b)->sum;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->attempts > y->attempts ? -1 : x->attempts < y->attempts;
}

static void group_add(struct group *group, const struct sn_n2_procedure_cell *cell)
{
	group->sum.attempts += cell->attempts;
	group->sum.pending += cell->pending;
	group->sum.inferred += cell->inferred;
	for (unsigned i = 0; i < _SN_N2_OUTCOME_MAX; i++)
		group->sum.outcomes[i] += cell->outcomes[i];
	for (unsigned i = 0; i < _SN_N2_STEP_MAX; i++) {
		group->sum.steps[i].count += cell->steps[i].count;
		group->sum.steps[i].sum_ns += cell->steps[i].sum_ns;
	}
	if (cell->hist)
		sn_hist_merge(&group->hist, cell->hist);
}

/* Sums the cells by kind and by the labels asked for. The caller frees the array and what it points to. */
static struct group **groups_make(struct sn_n2_engine *engine, unsigned by, size_t *ret_count)
{
	struct group **groups = NULL;
	struct sn_map index = { 0 };
	size_t count = 0, size = 0;

	for (uint32_t i = 1; i <= engine->procedure_cells.used; i++) {
		const struct sn_n2_procedure_cell *cell = sn_pool_at(&engine->procedure_cells, i);
		uint16_t gnb = by & BY_GNB ? cell->gnb : 0, amf = by & BY_AMF ? cell->amf : 0,
			 slice = by & BY_SLICE ? cell->slice : 0;
		struct sn_map_key key = { .a = (uint64_t)cell->kind << 48 | (uint64_t)gnb << 32 | (uint64_t)amf << 16 | slice };
		uint32_t at = sn_map_get(&index, key);

		if (!at) {
			if (count == size) {
				struct group **grown = realloc(groups, (size = size ? 2 * size : 64) * sizeof(*groups));

				if (!grown)
					break;
				groups = grown;
			}
			groups[count] = calloc(1, sizeof(**groups));
			if (!groups[count] || sn_map_set(&index, key, (uint32_t)count + 1) < 0) {
				free(groups[count]);
				break;
			}
			groups[count]->sum =
				(struct sn_n2_procedure_cell) { .kind = cell->kind, .gnb = gnb, .amf = amf, .slice = slice };
			at = (uint32_t)++count;
		}
		group_add(groups[at - 1], cell);
	}
	sn_map_fini(&index);
	if (count)
		qsort(groups, count, sizeof(*groups), group_order);
	*ret_count = count;
	return groups;
}

static int cause_order(const void *a, const void *b)
{
	const struct sn_n2_cause_record *x = a, *y = b;

	return x->count > y->count ? -1 : x->count < y->count;
}

/* The causes of a group; numbers without a name are written into `numbers`. @return how many. */
static size_t causes_of(struct sn_n2_engine *engine, const struct sn_n2_procedure_cell *group, struct sn_n2_cause_record *rows,
			char (*numbers)[16])
{
	uint16_t causes[MAX_CAUSES];
	size_t count = 0;

	for (uint32_t i = 1; i <= engine->cause_cells.used; i++) {
		const struct sn_n2_cause_cell *cell = sn_pool_at(&engine->cause_cells, i);
		size_t at = 0;

		if (cell->kind != group->kind || (group->gnb && group->gnb != cell->gnb) ||
		    (group->amf && group->amf != cell->amf) || (group->slice && group->slice != cell->slice))
			continue;
		while (at < count && causes[at] != cell->cause)
			at++;
		if (at == MAX_CAUSES)
			continue;
		if (at == count) {
			causes[count++] = cell->cause;
			rows[at] = (struct sn_n2_cause_record) { sn_n2_cause_group_text(cell->cause),
								 sn_n2_cause_text(cell->cause, numbers[at]), 0 };
		}
		rows[at].count += cell->count;
	}
	qsort(rows, count, sizeof(*rows), cause_order);
	return count;
}

static size_t steps_of(const struct group *group, struct sn_n2_step_record *rows)
{
	size_t count = 0;

	for (unsigned step = 0; step < _SN_N2_STEP_MAX; step++) {
		const struct sn_n2_step_sum *sum = &group->sum.steps[step];

		if (sum->count)
			rows[count++] = (struct sn_n2_step_record) {
				sn_n2_step_name(step), sum->count, (double)sum->sum_ns / (double)sum->count / 1e6,
				group->hist.sum_ns ? (double)sum->sum_ns / (double)group->hist.sum_ns : NAN
			};
	}
	return count;
}

static struct sn_n2_standing chain_standing(struct sn_n2 *n2, const struct sn_n2_procedure_cell *sum)
{
	if (sum->inferred)
		return (struct sn_n2_standing) { "inferred", "NAS is ciphered: begin or end was concluded from NGAP" };
	if (sn_n2_lost(n2))
		return (struct sn_n2_standing) { "inferred", "messages were lost meanwhile: see losses" };
	return (struct sn_n2_standing) { "exact", NULL };
}

static void group_report(struct sn_n2 *n2, const struct group *group, struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	const struct sn_n2_procedure_cell *sum = &group->sum;
	bool chain = sum->kind >= SN_N2_KIND_CHAIN;
	struct sn_n2_cause_record causes[MAX_CAUSES];
	struct sn_n2_step_record steps[_SN_N2_STEP_MAX];
	char numbers[MAX_CAUSES][16];
	uint64_t ended = sum->outcomes[SN_N2_SUCCESS] + sum->outcomes[SN_N2_FAILURE] + sum->outcomes[SN_N2_NO_RESPONSE];
	struct sn_n2_standing standing = chain_standing(n2, sum);
	struct sn_n2_procedure_record row = {
		.procedure = sn_n2_kind_name(sum->kind),
		.gnb = sn_label_text(&engine->gnbs, sum->gnb),
		.amf = sn_label_text(&engine->amfs, sum->amf),
		.snssai = sn_label_text(&engine->slices, sum->slice),
		.attempts = sum->attempts,
		.successes = sum->outcomes[SN_N2_SUCCESS],
		.failures = sum->outcomes[SN_N2_FAILURE],
		.no_response = sum->outcomes[SN_N2_NO_RESPONSE],
		.pending = sum->pending,
		.success_ratio = ended ? (double)sum->outcomes[SN_N2_SUCCESS] / (double)ended : NAN,
		.causes = { causes, causes_of(engine, sum, causes, numbers) },
		.duration_ms = &group->hist,
		.steps = { steps, steps_of(group, steps) },
		.standing = standing.standing,
		.why = standing.why,
	};

	sn_report_row(report, chain ? "chains" : "procedures", chain ? &sn_n2_chain_type : &sn_n2_procedure_type, &row);
}

/* One row per procedure and cause, the most frequent first. */
static void causes_report(struct sn_n2 *n2, struct group *const *groups, size_t count, struct sn_report *report)
{
	sn_report_section(report, "causes");
	for (size_t i = 0; i < count; i++) {
		struct sn_n2_cause_record rows[MAX_CAUSES];
		char numbers[MAX_CAUSES][16];
		size_t n = causes_of(&n2->engine, &groups[i]->sum, rows, numbers);

		for (size_t k = 0; k < n; k++) {
			struct sn_n2_failure_cause_record row = { sn_n2_kind_name(groups[i]->sum.kind), rows[k].group,
								  rows[k].cause, rows[k].count };

			sn_report_row(report, "causes", &sn_n2_failure_cause_type, &row);
		}
	}
}

/* ---- measurements and KPIs ---- */

static void label_add(struct sn_label *labels, size_t *count, const char *name, const char *value)
{
	if (value && value[0])
		labels[(*count)++] = (struct sn_label) { name, value };
}

static void measurement_row(struct sn_n2 *n2, const struct sn_n2_measure_cell *cell, double value, const char *unit,
			    struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	struct sn_n2_standing standing = sn_n2_measurement_standing(n2, cell->measurement, cell->inferred);
	struct sn_label labels[8];
	char number[16], fiveqi[16];
	size_t count = 0;
	struct sn_n2_measurement_record row;

	snprintf(fiveqi, sizeof(fiveqi), "%u", cell->fiveqi);
	label_add(labels, &count, "amf", sn_label_text(&engine->amfs, cell->amf));
	label_add(labels, &count, "gnb", sn_label_text(&engine->gnbs, cell->gnb));
	label_add(labels, &count, "plmn", sn_label_text(&engine->plmns, cell->plmn));
	label_add(labels, &count, "tac", sn_label_text(&engine->tacs, cell->tac));
	label_add(labels, &count, "snssai", sn_label_text(&engine->slices, cell->slice));
	label_add(labels, &count, "fiveqi", cell->fiveqi ? fiveqi : NULL);
	label_add(labels, &count, "cause_group", sn_n2_cause_group_text(cell->cause));
	label_add(labels, &count, "cause", sn_n2_cause_text(cell->cause, number));
	row = (struct sn_n2_measurement_record) {
		sn_n2_measurements[cell->measurement].name, { labels, count }, value, unit, standing.standing, standing.why
	};
	sn_report_row(report, "measurements", &sn_n2_measurement_type, &row);
}

static int measure_order(const void *a, const void *b)
{
	const struct sn_n2_measure_cell *x = a, *y = b;

	if (x->measurement != y->measurement)
		return x->measurement < y->measurement ? -1 : 1;
	return x->value > y->value ? -1 : x->value < y->value;
}

static struct sn_n2_measure_cell *measure_sums(struct sn_n2_engine *engine, unsigned by, size_t *ret_count)
{
	struct sn_n2_measure_cell *sums = calloc(engine->measure_cells.used + 1, sizeof(*sums));
	struct sn_map index = { 0 };
	size_t count = 0;

	for (uint32_t i = 1; sums && i <= engine->measure_cells.used; i++) {
		const struct sn_n2_measure_cell *cell = sn_pool_at(&engine->measure_cells, i);
		struct sn_n2_measure_cell like = {
			.measurement = cell->measurement,
			.gnb = by & BY_GNB ? cell->gnb : 0,
			.amf = by & BY_AMF ? cell->amf : 0,
			.slice = by & BY_SLICE ? cell->slice : 0,
			.plmn = by & BY_PLMN ? cell->plmn : 0,
			.tac = by & BY_TAC ? cell->tac : 0,
			.fiveqi = by & BY_FIVEQI ? cell->fiveqi : 0,
			.cause = by & BY_CAUSE ? cell->cause : 0,
		};
		struct sn_map_key key = {
			.a = (uint64_t)like.measurement << 48 | (uint64_t)like.gnb << 32 | (uint64_t)like.amf << 16 | like.slice,
			.b = (uint64_t)like.plmn << 48 | (uint64_t)like.tac << 32 | (uint64_t)like.fiveqi << 16 | like.cause,
		};
		uint32_t at = sn_map_get(&index, key);

		if (!at) {
			sums[count] = like;
			if (sn_map_set(&index, key, (uint32_t)count + 1) < 0)
				break;
			at = (uint32_t)++count;
		}
		sums[at - 1].value += cell->value;
		sums[at - 1].inferred += cell->inferred;
	}
	sn_map_fini(&index);
	if (count)
		qsort(sums, count, sizeof(*sums), measure_order);
	*ret_count = count;
	return sums;
}

static void gauge_rows(struct sn_n2 *n2, struct sn_report *report)
{
	uint64_t inferred = 0;

	for (uint32_t i = 1; i <= n2->engine.measure_cells.used; i++) {
		const struct sn_n2_measure_cell *cell = sn_pool_at(&n2->engine.measure_cells, i);

		if (cell->measurement >= SN_N2_RM_REG_INIT_SUCC && cell->measurement <= SN_N2_RM_REG_EMERG_SUCC)
			inferred += cell->inferred;
	}
	for (unsigned i = 0; i < _SN_N2_MEASUREMENT_MAX; i++) {
		const char *unit = i == SN_N2_RM_REG_TIME_MEAN || i == SN_N2_RM_REG_TIME_MAX ? "ms" : NULL;

		if (sn_n2_measurements[i].gauge)
			measurement_row(n2, &(struct sn_n2_measure_cell) { .measurement = (uint16_t)i, .inferred = inferred },
					sn_n2_gauge(n2, i), unit, report);
	}
}

static void measurements_report(struct sn_n2 *n2, unsigned by, struct sn_report *report)
{
	bool there[_SN_N2_MEASUREMENT_MAX] = { false };
	struct sn_n2_measure_cell *sums;
	size_t count;

	sn_report_section(report, "measurements");
	sums = measure_sums(&n2->engine, by, &count);
	for (size_t i = 0; i < count; i++) {
		measurement_row(n2, &sums[i], (double)sums[i].value, NULL, report);
		there[sums[i].measurement] = true;
	}
	free(sums);
	/* What has not happened is a fact, too. */
	for (unsigned i = 0; i < _SN_N2_MEASUREMENT_MAX; i++)
		if (!there[i] && !sn_n2_measurements[i].gauge)
			measurement_row(n2, &(struct sn_n2_measure_cell) { .measurement = (uint16_t)i }, 0, NULL, report);
	gauge_rows(n2, report);
}

static uint64_t measured(struct sn_n2_engine *engine, enum sn_n2_measurement measurement, uint64_t *inferred)
{
	uint64_t value = 0;

	for (uint32_t i = 1; i <= engine->measure_cells.used; i++) {
		const struct sn_n2_measure_cell *cell = sn_pool_at(&engine->measure_cells, i);

		if (cell->measurement == measurement) {
			value += cell->value;
			*inferred += cell->inferred;
		}
	}
	return value;
}

/** Why a KPI is not exact. */
enum doubt { NO_DOUBT, CIPHERED, SAMPLED };

static void kpi_row(struct sn_n2 *n2, const char *kpi, const char *source, double value, const char *unit, enum doubt doubt,
		    struct sn_report *report)
{
	struct sn_n2_kpi_record row = { .kpi = kpi, .source = source, .value = value, .unit = unit, .standing = "exact" };

	if (doubt != NO_DOUBT) {
		row.standing = "inferred";
		row.why = doubt == CIPHERED ? "NAS is ciphered: concluded from NGAP"
					    : "the state of the UEs as far as it was seen, sampled every second";
	} else if (sn_n2_lost(n2)) {
		row.standing = "inferred";
		row.why = "messages were lost meanwhile: see losses";
	}
	sn_report_row(report, "kpis", &sn_n2_kpi_type, &row);
}

static double ratio(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : NAN;
}

static const struct group *group_of(struct group *const *groups, size_t count, unsigned kind)
{
	static const struct group none;

	for (size_t i = 0; i < count; i++)
		if (groups[i]->sum.kind == kind)
			return groups[i];
	return &none;
}

static double mean_ms(const struct sn_hist *hist)
{
	return hist->count ? (double)sn_hist_mean_ns(hist) / 1e6 : NAN;
}

/* TS 28.554 clauses 6.2.1, 6.2.2, 6.2.5, 6.3.3 and their like, as far as N2 tells. */
static void kpis_28554(struct sn_n2 *n2, struct group *const *groups, size_t count, struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	const struct group *session = group_of(groups, count, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT);
	uint64_t inferred = 0, mobility_inferred = 0;
	double registration =
		ratio(measured(engine, SN_N2_RM_REG_INIT_SUCC, &inferred), measured(engine, SN_N2_RM_REG_INIT_REQ, &inferred));
	double mobility = ratio(measured(engine, SN_N2_RM_REG_MOB_SUCC, &mobility_inferred),
				measured(engine, SN_N2_RM_REG_MOB_REQ, &mobility_inferred));

	kpi_row(n2, "Registration success rate", "TS 28.554", registration, "ratio", inferred ? CIPHERED : NO_DOUBT, report);
	kpi_row(n2, "Mobility registration success rate", "TS 28.554", mobility, "ratio", mobility_inferred ? CIPHERED : NO_DOUBT,
		report);
	kpi_row(n2, "Mean number of registered subscribers", "TS 28.554",
		engine->samples ? (double)engine->registered_sum / (double)engine->samples : NAN, "1", SAMPLED, report);
	kpi_row(n2, "PDU session establishment success rate", "TS 28.554",
		ratio(session->sum.outcomes[SN_N2_SUCCESS], session->sum.attempts), "ratio",
		session->sum.inferred ? CIPHERED : NO_DOUBT, report);
	kpi_row(n2, "PDU session establishment time", "TS 28.554", mean_ms(&session->hist), "ms",
		session->sum.inferred ? CIPHERED : NO_DOUBT, report);
	kpi_row(n2, "Mean number of PDU sessions", "TS 28.554",
		engine->samples ? (double)engine->sessions_sum / (double)engine->samples : NAN, "1", SAMPLED, report);
}

/* The six families of the published platform. */
static void kpis_platform(struct sn_n2 *n2, struct group *const *groups, size_t count, struct sn_report *report)
{
	const struct group *context = group_of(groups, count, SN_NGAP_INITIAL_CONTEXT_SETUP);
	const struct group *session = group_of(groups, count, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT);
	const uint64_t *outcomes = context->sum.outcomes;
	struct sn_hist all = { 0 };
	uint64_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		if (groups[i]->sum.kind >= SN_N2_KIND_CHAIN)
			continue;
		sn_hist_merge(&all, &groups[i]->hist);
		failed += groups[i]->sum.outcomes[SN_N2_FAILURE] + groups[i]->sum.outcomes[SN_N2_NO_RESPONSE];
	}
	kpi_row(n2, "Initial context setup attempts", "platform", (double)context->sum.attempts, "1", NO_DOUBT, report);
	kpi_row(n2, "Initial context setup successes", "platform", (double)outcomes[SN_N2_SUCCESS], "1", NO_DOUBT, report);
	kpi_row(n2, "Initial context setup failures", "platform", (double)(outcomes[SN_N2_FAILURE] + outcomes[SN_N2_NO_RESPONSE]),
		"1", NO_DOUBT, report);
	kpi_row(n2, "Initial context setup success ratio", "platform",
		ratio(outcomes[SN_N2_SUCCESS], outcomes[SN_N2_SUCCESS] + outcomes[SN_N2_FAILURE] + outcomes[SN_N2_NO_RESPONSE]),
		"ratio", NO_DOUBT, report);
	kpi_row(n2, "Initial context setup time", "platform", mean_ms(&context->hist), "ms", NO_DOUBT, report);
	kpi_row(n2, "Procedure duration", "platform", mean_ms(&all), "ms", NO_DOUBT, report);
	kpi_row(n2, "Failed procedures", "platform", (double)failed, "1", NO_DOUBT, report);
	kpi_row(n2, "PDU session establishment attempts", "platform", (double)session->sum.attempts, "1",
		session->sum.inferred ? CIPHERED : NO_DOUBT, report);
}

/* ---- associations, failures, UEs ---- */

static void associations_report(struct sn_n2_engine *engine, struct sn_report *report)
{
	char gnb[64], amf[64], id[64];

	sn_report_section(report, "associations");
	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *association = sn_pool_at(&engine->associations, i);
		struct sn_n2_association_record row = {
			.gnb = sn_label_text(&engine->gnbs, association->gnb),
			.gnb_address = gnb,
			.amf = sn_label_text(&engine->amfs, association->amf),
			.amf_address = amf,
			.protocol = sn_ap_name(association->protocol),
			.state = association->closed ? "closed" : "up",
			.since = association->begin_ns,
			.last_message = association->last_ns,
			.messages = association->messages,
			.connections = association->connections,
		};

		if (!association->used)
			continue;
		sn_n2_endpoint_text(&association->gnb_end, gnb, sizeof(gnb));
		sn_n2_endpoint_text(&association->amf_end, amf, sizeof(amf));
		sn_n2_ran_node_text(&association->ran_node, id, sizeof(id));
		row.gnb_id = id;
		sn_report_row(report, "associations", &sn_n2_association_type, &row);
	}
}

static void failures_report(struct sn_n2_engine *engine, struct sn_report *report)
{
	uint64_t n = SN_MIN(engine->failure_count, NEWEST_FAILURES);

	sn_report_section(report, "failures");
	for (uint64_t i = 0; i < n; i++) {
		const struct sn_n2_failure *failure = &engine->failures[(engine->failure_count - 1 - i) % SN_N2_FAILURES];
		struct sn_n2_ue *ue = failure->ue ? sn_pool_at(&engine->ues, failure->ue) : NULL;
		char number[16], name[96] = "";
		struct sn_n2_failure_record row = {
			.time = failure->time_ns,
			.procedure = sn_n2_kind_name(failure->kind),
			.outcome = sn_n2_outcome_name(failure->outcome),
			.group = sn_n2_cause_group_text(failure->cause),
			.cause = sn_n2_cause_text(failure->cause, number),
			.gnb = sn_label_text(&engine->gnbs, failure->gnb),
			.amf = sn_label_text(&engine->amfs, failure->amf),
			.snssai = sn_label_text(&engine->slices, failure->slice),
			.ue = name,
			.after_ms = (double)failure->duration_ns / 1e6,
		};

		if (ue && ue->used && ue->serial == failure->serial)
			sn_n2_ue_text(engine, ue, name, sizeof(name));
		sn_report_row(report, "failures", &sn_n2_failure_type, &row);
	}
}

static void ue_row(struct sn_n2_engine *engine, struct sn_n2_ue *ue, struct sn_report *report)
{
	const struct sn_n2_connection *connection = ue->connection ? sn_pool_at(&engine->connections, ue->connection) : NULL;
	const struct sn_n2_association *association =
		connection ? sn_pool_at(&engine->associations, connection->association) : NULL;
	char name[96];
	struct sn_n2_ue_record row = {
		.ue = name,
		.registered = ue->registered,
		.connected = connection,
		.gnb = association ? sn_label_text(&engine->gnbs, association->gnb) : NULL,
		.snssai = sn_label_text(&engine->slices, ue->slice),
		.cipher = sn_nas_cipher_name(ue->cipher),
		.sessions = (uint64_t)__builtin_popcount(ue->sessions),
		.last_seen = ue->last_ns,
	};

	sn_n2_ue_text(engine, ue, name, sizeof(name));
	sn_report_row(report, "ues", &sn_n2_ue_type, &row);
}

static void ues_report(struct sn_n2_engine *engine, struct sn_report *report)
{
	struct sn_n2_ue *newest[MAX_UES];
	size_t count = 0;

	for (uint32_t i = 1; i <= engine->ues.used; i++) {
		struct sn_n2_ue *ue = sn_pool_at(&engine->ues, i);
		size_t at = count;

		if (!ue->used || (count == MAX_UES && newest[MAX_UES - 1]->last_ns >= ue->last_ns))
			continue;
		if (count < MAX_UES)
			count++;
		else
			at--;
		for (; at && newest[at - 1]->last_ns < ue->last_ns; at--)
			newest[at] = newest[at - 1];
		newest[at] = ue;
	}
	sn_report_section(report, "ues");
	for (size_t i = 0; i < count; i++)
		ue_row(engine, newest[i], report);
}

/* ---- the story of one UE ---- */

static struct sn_n2_ue *ue_find(struct sn_n2_engine *engine, const char *wanted)
{
	char text[96], pseudonym[SN_PSEUDONYM_TEXT];

	for (uint32_t i = 1; i <= engine->ues.used; i++) {
		struct sn_n2_ue *ue = sn_pool_at(&engine->ues, i);

		if (!ue->used)
			continue;
		sn_n2_ue_text(engine, ue, text, sizeof(text));
		if (!strcmp(text, wanted) || !strcmp(sn_pseudonym_text(sn_n2_ue_pseudonym(engine, ue), pseudonym), wanted))
			return ue;
	}
	return NULL;
}

static void story_what(const struct sn_n2_story *entry, struct sn_n2_story_record *row)
{
	const char *name;

	switch ((enum sn_n2_story_kind)entry->kind) {
	case SN_N2_STORY_NGAP:
		name = sn_ap_procedure_name(SN_AP_NGAP, (uint8_t)entry->what);
		row->protocol = "NGAP";
		row->what = name ? name : "unknown procedure";
		row->detail = sn_ap_pdu_name(entry->detail);
		break;
	case SN_N2_STORY_NAS:
		name = sn_nas_message_name(entry->epd, (uint8_t)entry->what);
		row->protocol = entry->epd == SN_NAS_EPD_5GSM ? "5GSM" : "5GMM";
		row->what = name ? name : "unknown message";
		break;
	case SN_N2_STORY_CIPHERED:
		row->protocol = "NAS";
		row->what = "ciphered";
		break;
	case SN_N2_STORY_OUTCOME:
		row->protocol = "outcome";
		row->what = sn_n2_kind_name(entry->what);
		row->detail = sn_n2_outcome_name(entry->detail);
		row->duration_ms = (double)entry->duration_us / 1e3;
		break;
	case SN_N2_STORY_CONNECTION_LOST:
		row->protocol = "outcome";
		row->what = "connection lost";
		break;
	}
}

static void story_row(struct sn_n2_engine *engine, const struct sn_n2_story *entry, uint64_t before_ns, struct sn_report *report)
{
	char number[16];
	struct sn_n2_story_record row = {
		.time = entry->time_ns,
		.after_ms = before_ns && entry->time_ns > before_ns ? (double)(entry->time_ns - before_ns) / 1e6 : 0,
		.group = sn_n2_cause_group_text(entry->cause),
		.cause = sn_n2_cause_text(entry->cause, number),
		.duration_ms = NAN,
		.in_container = entry->in_container,
		.inferred = entry->inferred,
	};

	story_what(entry, &row);
	if (entry->kind <= SN_N2_STORY_CIPHERED)
		row.direction = entry->uplink ? "up" : "down";
	if (entry->association && entry->association <= engine->associations.used) {
		const struct sn_n2_association *association = sn_pool_at(&engine->associations, entry->association);

		row.gnb = association->used ? sn_label_text(&engine->gnbs, association->gnb) : NULL;
	}
	sn_report_row(report, "story", &sn_n2_story_type, &row);
}

static int story_report(struct sn_n2_engine *engine, const char *wanted, struct sn_report *report, struct sn_diag *reterr)
{
	struct sn_n2_ue *ue = ue_find(engine, wanted);
	const struct sn_n2_story *entry, **entries = NULL;
	size_t count = 0, size = 0;
	uint64_t cursor, before_ns = 0;

	if (!ue)
		return sn_diag_set(reterr, -ENOENT, "no UE '%s' is known: `--by ue` lists those seen last, failures name theirs",
				   wanted);
	ue_row(engine, ue, report);
	sn_report_section(report, "story");
	for (cursor = ue->story; sn_n2_story_back(engine, &cursor, &entry); count++) {
		if (count == size) {
			const struct sn_n2_story **grown = realloc(entries, (size = size ? 2 * size : 64) * sizeof(*entries));

			if (!grown)
				break;
			entries = grown;
		}
		entries[count] = entry;
	}
	while (count--) {
		story_row(engine, entries[count], before_ns, report);
		before_ns = entries[count]->time_ns;
	}
	free(entries);
	return 0;
}

/* ---- all of it ---- */

static void loss_row(void *ctx, const char *stage, const char *reason, uint64_t count)
{
	struct sn_n2_loss_record row = { stage, reason, count };

	sn_report_row(ctx, "losses", &sn_n2_loss_type, &row);
}

int sn_n2_report(struct sn_n2 *n2, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr)
{
	unsigned by, measurements_by;
	struct group **groups;
	size_t count;

	if (query->ue)
		return story_report(&n2->engine, query->ue, report, reterr);
	if (by_parse(query->by, &by, &measurements_by) < 0)
		return sn_diag_set(reterr, -EINVAL, "n2 cannot group by '%s'", query->by);
	groups = groups_make(&n2->engine, by & ~(unsigned)BY_CAUSE, &count);
	sn_report_section(report, "procedures");
	sn_report_section(report, "chains");
	messages_report(&n2->engine, report);
	nas_report(&n2->engine, report);
	cause_elements_report(&n2->engine, report);
	for (size_t i = 0; i < count; i++)
		group_report(n2, groups[i], report);
	if (by & BY_CAUSE)
		causes_report(n2, groups, count, report);
	for (size_t i = 0; i < count; i++)
		free(groups[i]);
	free(groups);
	groups = groups_make(&n2->engine, 0, &count);
	sn_report_section(report, "kpis");
	kpis_28554(n2, groups, count, report);
	kpis_platform(n2, groups, count, report);
	for (size_t i = 0; i < count; i++)
		free(groups[i]);
	free(groups);
	measurements_report(n2, measurements_by, report);
	associations_report(&n2->engine, report);
	failures_report(&n2->engine, report);
	if (by & BY_UE)
		ues_report(&n2->engine, report);
	sn_report_section(report, "losses");
	sn_n2_each_loss(n2, loss_row, report);
	return 0;
}
