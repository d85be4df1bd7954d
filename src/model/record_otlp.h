/* SPDX-License-Identifier: Apache-2.0 */
/** @file A record as an OTLP LogRecord, by its field table: the type is the event's name, "time" its time, the rest attributes.
 */
#ifndef SN_MODEL_RECORD_OTLP_H
#define SN_MODEL_RECORD_OTLP_H

#include "codec/otlp.h"
#include "sauron/record.h"

/**
 * Appends one record. Fields that are optional and empty, and numbers that are none, are left out; distributions, labels and
 * lists have no place in a single event and are not sent.
 */
void sn_record_to_otlp(const struct sn_record_type *type, const void *row, uint64_t time_ns, struct sn_otlp_writer *writer);

#endif
