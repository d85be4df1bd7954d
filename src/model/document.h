/* SPDX-License-Identifier: Apache-2.0 */
/** @file Printing of a document as the user asked for it. */
#ifndef SN_MODEL_DOCUMENT_H
#define SN_MODEL_DOCUMENT_H

#include <jansson.h>
#include <stdio.h>

#include "base/args.h"

/** What jansson is told wherever a document is written: as many digits as our doubles have. */
#define SN_JSON_FLAGS JSON_REAL_PRECISION(12)

/** Prints to a stream in SN_FORMAT_TABLE or SN_FORMAT_JSON; colours and width by what the stream's descriptor is. */
void sn_document_print(FILE *out, const json_t *document, enum sn_format format);
/**
 * For documents that tell of one thing: first the single values and lists of words at its top, one in a line, then its sections
 * as tables whose cells are folded, not cut.
 */
void sn_document_print_facts(FILE *out, const json_t *document);
/** Appends the document as compact JSON. @return 0 or -ENOMEM. */
int sn_json_text(const json_t *document, struct sn_text *text);
/** Flushes stdout. @return SN_EXIT_OK, or SN_EXIT_FAILED when what was printed did not arrive (which is logged). */
int sn_document_flush(void);

#endif
