/* SPDX-License-Identifier: Apache-2.0 */
/** @file The document of n2: cells summed by what was asked for, and put into records. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "modules/n2/records.h"
#include "modules/n2/report.h"

static int by_parse(const char *by, unsigned *ret_cells, unsigned *ret_measurements)
{
	static const struct {
		const char *name;
		unsigned cells, measurements;
	} table[] = {
		{ "gnb", SN_N2_BY_GNB, SN_N2_BY_GNB | SN_N2_BY_CAUSE },
		{ "amf", SN_N2_BY_AMF, SN_N2_BY_AMF | SN_N2_BY_CAUSE },
		{ "slice", SN_N2_BY_SLICE, SN_N2_BY_SLICE | SN_N2_BY_CAUSE },
		{ "cause", SN_N2_BY_CAUSE, SN_N2_BY_CAUSE },
		{ "ue", SN_N2_BY_UE, SN_N2_BY_CAUSE },
		{ "none", 0, SN_N2_BY_CAUSE | SN_N2_BY_FIVEQI },
	};

	*ret_cells = 0;
	*ret_measurements = SN_N2_BY_ALL;
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

static int group_order(const void *a, const void *b)
{
	const struct sn_n2_procedure_cell *x = &(*(struct sn_n2_group *const *)a)->sum,
					  *y = &(*(struct sn_n2_group *const *)b)->sum;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->attempts > y->attempts ? -1 : x->attempts < y->attempts;
}

static void group_add(struct sn_n2_group *group, const struct sn_n2_procedure_cell *cell)
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

static int cause_order(const void *a, const void *b)
{
	const struct sn_n2_group_cause *x = a, *y = b;

	return x->count > y->count ? -1 : x->count < y->count;
}

static void group_add_cause(struct sn_n2_group *group, const struct sn_n2_cause_cell *cell)
{
	size_t at = 0;

	while (at < group->cause_count && group->causes[at].cause != cell->cause)
		at++;
	if (at == SN_N2_MAX_CAUSES)
		return;
	if (at == group->cause_count)
		group->causes[group->cause_count++] = (struct sn_n2_group_cause) { .cause = cell->cause };
	group->causes[at].count += cell->count;
}

/* The key of the row that a cell belongs to. */
static struct sn_map_key row_key(unsigned by, uint16_t kind, uint16_t gnb, uint16_t amf, uint16_t slice)
{
	return (struct sn_map_key) { .a = (uint64_t)kind << 48 | (by & SN_N2_BY_GNB ? (uint64_t)gnb << 32 : 0) |
					  (by & SN_N2_BY_AMF ? (uint64_t)amf << 16 : 0) | (by & SN_N2_BY_SLICE ? slice : 0) };
}

static struct sn_n2_group *group_new(const struct sn_n2_procedure_cell *cell, unsigned by)
{
	struct sn_n2_group *group = calloc(1, sizeof(*group));

	if (group)
		group->sum = (struct sn_n2_procedure_cell) { .kind = cell->kind,
							     .gnb = by & SN_N2_BY_GNB ? cell->gnb : 0,
							     .amf = by & SN_N2_BY_AMF ? cell->amf : 0,
							     .slice = by & SN_N2_BY_SLICE ? cell->slice : 0 };
	return group;
}

/* The group of a cell, made when it is the first; NULL when memory is short. */
static struct sn_n2_group *group_of_cell(struct sn_n2_group ***groups, size_t *count, struct sn_map *index,
					 const struct sn_n2_procedure_cell *cell, unsigned by)
{
	struct sn_map_key key = row_key(by, cell->kind, cell->gnb, cell->amf, cell->slice);
	uint32_t at = sn_map_get(index, key);

	if (at)
		return (*groups)[at - 1];
	if ((*count & (*count - 1)) == 0) {
		struct sn_n2_group **grown = realloc(*groups, (*count ? 2 * *count : 1) * sizeof(**groups));

		if (!grown)
			return NULL;
		*groups = grown;
	}
	(*groups)[*count] = group_new(cell, by);
	if (!(*groups)[*count])
		return NULL;
	if (sn_map_set(index, key, (uint32_t)*count + 1) < 0) {
		free((*groups)[*count]);
		return NULL;
	}
	return (*groups)[(*count)++];
}

/* Sums the cells by kind and by the labels asked for. Freed by groups_free. */
static struct sn_n2_group **groups_make(struct sn_n2_engine *engine, unsigned by, size_t *ret_count)
{
	struct sn_n2_group **groups = NULL;
	struct sn_map index = { 0 };
	size_t count = 0;

	for (uint32_t i = 1; i <= engine->procedure_cells.used; i++) {
		const struct sn_n2_procedure_cell *cell = sn_pool_at(&engine->procedure_cells, i);
		/* A cell without attempts has given them all to a better label. */
		struct sn_n2_group *group = cell->attempts ? group_of_cell(&groups, &count, &index, cell, by) : NULL;

		if (group)
			group_add(group, cell);
	}
	for (uint32_t i = 1; i <= engine->cause_cells.used; i++) {
		const struct sn_n2_cause_cell *cell = sn_pool_at(&engine->cause_cells, i);
		uint32_t at = sn_map_get(&index, row_key(by, cell->kind, cell->gnb, cell->amf, cell->slice));

		if (at)
			group_add_cause(groups[at - 1], cell);
	}
	sn_map_fini(&index);
	for (size_t i = 0; i < count; i++)
		qsort(groups[i]->causes, groups[i]->cause_count, sizeof(*groups[i]->causes), cause_order);
	if (count)
		qsort(groups, count, sizeof(*groups), group_order);
	*ret_count = count;
	return groups;
}

static void groups_free(struct sn_n2_group **groups, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(groups[i]);
	free(groups);
}

/* The causes of a group; numbers without a name are written into `numbers`. @return how many. */
static size_t causes_of(const struct sn_n2_group *group, struct sn_n2_cause_record *rows, char (*numbers)[16])
{
	for (size_t i = 0; i < group->cause_count; i++)
		rows[i] = (struct sn_n2_cause_record) { sn_n2_cause_group_text(group->causes[i].cause),
							sn_n2_cause_text(group->causes[i].cause, numbers[i]),
							group->causes[i].count };
	return group->cause_count;
}

static size_t steps_of(const struct sn_n2_group *group, struct sn_n2_step_record *rows)
{
	size_t count = 0;

	for (unsigned step = 0; step < _SN_N2_STEP_MAX; step++) {
		const struct sn_n2_step_sum *sum = &group->sum.steps[step];

		if (sum->count)
			rows[count++] =
				(struct sn_n2_step_record) { sn_n2_step_name(group->sum.kind, step), sum->count,
							     (double)sum->sum_ns / (double)sum->count / 1e6,
							     group->hist.sum_ns ? (double)sum->sum_ns / (double)group->hist.sum_ns
										: NAN };
	}
	return count;
}

static struct sn_n2_standing chain_standing(struct sn_n2 *n2, const struct sn_n2_procedure_cell *sum)
{
	if (sum->inferred)
		return (struct sn_n2_standing) { "inferred", "NAS is ciphered: begin or end was concluded from NGAP" };
	if (n2->lost)
		return (struct sn_n2_standing) { "inferred", "messages were lost meanwhile: see losses" };
	return (struct sn_n2_standing) { "exact", NULL };
}

static void group_report(struct sn_n2 *n2, const struct sn_n2_group *group, struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	const struct sn_n2_procedure_cell *sum = &group->sum;
	bool chain = sum->kind >= SN_N2_KIND_CHAIN;
	struct sn_n2_cause_record causes[SN_N2_MAX_CAUSES];
	struct sn_n2_step_record steps[_SN_N2_STEP_MAX];
	char numbers[SN_N2_MAX_CAUSES][16];
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
		.causes = { causes, causes_of(group, causes, numbers) },
		.duration_ms = &group->hist,
		.steps = { steps, steps_of(group, steps) },
		.standing = standing.standing,
		.why = standing.why,
	};

	sn_report_row(report, chain ? "chains" : "procedures", chain ? &sn_n2_chain_type : &sn_n2_procedure_type, &row);
}

/* One row per procedure and cause, the most frequent first. */
static void causes_report(struct sn_n2_group *const *groups, size_t count, struct sn_report *report)
{
	sn_report_section(report, "causes");
	for (size_t i = 0; i < count; i++) {
		struct sn_n2_cause_record rows[SN_N2_MAX_CAUSES];
		char numbers[SN_N2_MAX_CAUSES][16];
		size_t n = causes_of(groups[i], rows, numbers);

		for (size_t k = 0; k < n; k++) {
			struct sn_n2_failure_cause_record row = { sn_n2_kind_name(groups[i]->sum.kind), rows[k].group,
								  rows[k].cause, rows[k].count };

			sn_report_row(report, "causes", &sn_n2_failure_cause_type, &row);
		}
	}
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
	struct sn_n2_group **groups;
	size_t count;

	if (query->ue)
		return sn_n2_report_story(&n2->engine, query->ue, report, reterr);
	if (by_parse(query->by, &by, &measurements_by) < 0)
		return sn_diag_set(reterr, -EINVAL, "n2 cannot group by '%s'", query->by);
	sn_n2_lost_count(n2);
	/* In the order in which a person reads: what UEs wanted and got, why not, the rest, the raw counts. */
	groups = groups_make(&n2->engine, by & ~(unsigned)SN_N2_BY_CAUSE, &count);
	sn_report_section(report, "chains");
	sn_report_section(report, "procedures");
	for (size_t i = 0; i < count; i++)
		group_report(n2, groups[i], report);
	if (by & SN_N2_BY_CAUSE)
		causes_report(groups, count, report);
	groups_free(groups, count);
	if (by & SN_N2_BY_UE)
		sn_n2_report_ues(&n2->engine, report);
	groups = groups_make(&n2->engine, 0, &count);
	sn_n2_report_kpis(n2, groups, count, report);
	groups_free(groups, count);
	sn_n2_report_failures(&n2->engine, report);
	sn_report_section(report, "losses");
	sn_n2_each_loss(n2, loss_row, report);
	sn_n2_report_associations(n2, report);
	sn_n2_report_measurements(n2, measurements_by, report);
	nas_report(&n2->engine, report);
	messages_report(&n2->engine, report);
	cause_elements_report(&n2->engine, report);
	return 0;
}
