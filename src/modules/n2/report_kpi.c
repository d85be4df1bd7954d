/* SPDX-License-Identifier: Apache-2.0 */
/** @file Measurements and KPIs in n2's document. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "modules/n2/records.h"
#include "modules/n2/report.h"

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
			.gnb = by & SN_N2_BY_GNB ? cell->gnb : 0,
			.amf = by & SN_N2_BY_AMF ? cell->amf : 0,
			.slice = by & SN_N2_BY_SLICE ? cell->slice : 0,
			.plmn = by & SN_N2_BY_PLMN ? cell->plmn : 0,
			.tac = by & SN_N2_BY_TAC ? cell->tac : 0,
			.fiveqi = by & SN_N2_BY_FIVEQI ? cell->fiveqi : 0,
			.cause = by & SN_N2_BY_CAUSE ? cell->cause : 0,
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

void sn_n2_report_measurements(struct sn_n2 *n2, unsigned by, struct sn_report *report)
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
	} else if (n2->lost) {
		row.standing = "inferred";
		row.why = "messages were lost meanwhile: see losses";
	}
	sn_report_row(report, "kpis", &sn_n2_kpi_type, &row);
}

static double ratio(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : NAN;
}

static const struct sn_n2_group *group_of(struct sn_n2_group *const *groups, size_t count, unsigned kind)
{
	static const struct sn_n2_group none;

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
static void kpis_28554(struct sn_n2 *n2, struct sn_n2_group *const *groups, size_t count, struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	const struct sn_n2_group *session = group_of(groups, count, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT);
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
static void kpis_platform(struct sn_n2 *n2, struct sn_n2_group *const *groups, size_t count, struct sn_report *report)
{
	const struct sn_n2_group *context = group_of(groups, count, SN_NGAP_INITIAL_CONTEXT_SETUP);
	const struct sn_n2_group *session = group_of(groups, count, SN_N2_KIND_CHAIN + SN_N2_PDU_SESSION_ESTABLISHMENT);
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

void sn_n2_report_kpis(struct sn_n2 *n2, struct sn_n2_group *const *groups, size_t count, struct sn_report *report)
{
	sn_report_section(report, "kpis");
	kpis_28554(n2, groups, count, report);
	kpis_platform(n2, groups, count, report);
}
