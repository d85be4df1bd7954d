/* SPDX-License-Identifier: Apache-2.0 */
/** @file A stored record as the API shows it, whether asked for or live. */
#ifndef SN_CONTROLLER_RECORD_TEXT_H
#define SN_CONTROLLER_RECORD_TEXT_H

#include "base/text.h"
#include "controller/store.h"

/** RFC 3339 in UTC with nanoseconds; the buffer takes 31 octets. */
const char *sn_record_time_text(uint64_t time_ns, char ret_text[31]);
/** A JSON string with its quotes. Octets that are no UTF-8 are shown as '?'. */
void sn_text_add_json_string(struct sn_text *text, struct sn_view value);
/** {"id", "time", "node", "type", …attributes}. An id of 0 is left out: the store has not given one yet. */
void sn_record_add_json(struct sn_text *text, const struct sn_store_record *record);

#endif
