/* SPDX-License-Identifier: Apache-2.0 */
/** @file The parts of n2's document, between report.c, report_kpi.c and report_ue.c. */
#ifndef SN_N2_REPORT_H
#define SN_N2_REPORT_H

#include "model/report.h"
#include "modules/n2/module.h"

/** What rows are told apart by. */
enum sn_n2_by {
	SN_N2_BY_GNB = 1,
	SN_N2_BY_AMF = 2,
	SN_N2_BY_SLICE = 4,
	SN_N2_BY_CAUSE = 8,
	SN_N2_BY_PLMN = 16,
	SN_N2_BY_TAC = 32,
	SN_N2_BY_FIVEQI = 64,
	SN_N2_BY_ALL = 127,
	SN_N2_BY_UE = 128
};

#define SN_N2_MAX_CAUSES 64 /* of one row */

/** Cells of one row. */
struct sn_n2_group {
	struct sn_n2_procedure_cell sum; /* its labels are those of the row */
	struct sn_hist hist;
	struct sn_n2_group_cause {
		uint64_t count;
		uint16_t cause;
	} causes[SN_N2_MAX_CAUSES];
	size_t cause_count;
};

/** Measurements of TS 28.552, their cells summed over the labels that are not in `by`. */
void sn_n2_report_measurements(struct sn_n2 *n2, unsigned by, struct sn_report *report);
/** KPIs of TS 28.554 and of the published platform, over `groups` that are not split. */
void sn_n2_report_kpis(struct sn_n2 *n2, struct sn_n2_group *const *groups, size_t count, struct sn_report *report);
void sn_n2_report_associations(struct sn_n2 *n2, struct sn_report *report);
/** The newest failures, the newest first. */
void sn_n2_report_failures(struct sn_n2_engine *engine, struct sn_report *report);
/** The UEs seen last. */
void sn_n2_report_ues(struct sn_n2_engine *engine, struct sn_report *report);
/** Fills protocol, what, detail and duration of an entry of a story. */
struct sn_n2_story_record;
void sn_n2_story_what(const struct sn_n2_story *entry, struct sn_n2_story_record *row);
/** One UE and its story. @return -ENOENT when nobody bears the name. */
int sn_n2_report_story(struct sn_n2_engine *engine, const char *wanted, struct sn_report *report, struct sn_diag *reterr);

#endif
