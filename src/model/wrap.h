/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tables for sentences: cells are folded at words instead of cut. For few rows. */
#ifndef SN_MODEL_WRAP_H
#define SN_MODEL_WRAP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Prints words, folded so that no line is longer than `columns`; all but the first line begin `indent` columns in. */
void sn_wrap_words(FILE *out, const char *words, unsigned indent, unsigned columns);
/** Prints an array of flat objects; the columns are the keys of the first. Nothing when it is empty. */
void sn_wrap_table(FILE *out, const char *name, const json_t *rows, unsigned columns, bool color);

#endif
