/* SPDX-License-Identifier: Apache-2.0 */
/** @file The document that `sauron kpi`, `sauron analyze` and the API print: rows of records, by section, as JSON; and its table.
 */
#ifndef SN_MODEL_REPORT_H
#define SN_MODEL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sauron/record.h"

struct sn_report {
	json_t *root;	/* the document */
	json_t *module; /* the object that rows go to now */
};

/** @return 0 or -ENOMEM. */
int sn_report_init(struct sn_report *report);
void sn_report_fini(struct sn_report *report);
/** Begins the object of a module ("n2"). */
void sn_report_begin(struct sn_report *report, const char *module);
/** Adds an empty array, so that a section without rows is there. */
void sn_report_section(struct sn_report *report, const char *section);
void sn_report_row(struct sn_report *report, const char *section, const struct sn_record_type *type, const void *row);
void sn_report_number(struct sn_report *report, const char *name, uint64_t value);
void sn_report_string(struct sn_report *report, const char *name, const char *value);
/** The JSON object of one record. Owned by the caller. */
json_t *sn_record_json(const struct sn_record_type *type, const void *row);

struct sn_table_style {
	bool color;	  /* only on a terminal */
	unsigned columns; /* width of the terminal; 0: unlimited */
};
/** Prints a document's sections as tables: arrays of objects by their keys, distributions and lists folded into columns. */
void sn_table_print(FILE *out, const json_t *document, const struct sn_table_style *style);

#endif
