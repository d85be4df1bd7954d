/* SPDX-License-Identifier: Apache-2.0 */
/** @file Walks over the members of a JSON object without building it: records are looked into by the million. */
#ifndef SN_CONTROLLER_STORE_JSON_H
#define SN_CONTROLLER_STORE_JSON_H

#include "base/bytes.h"

/** One member. A value's text is what a person would compare it with: of a string its characters, of all else the JSON itself. */
struct sn_store_member {
	struct sn_view name;  /* between its quotation marks, as it stands there */
	struct sn_view value; /* of a string between its quotation marks, as it stands there */
	bool escaped;	      /* a string that holds a backslash: its text is sn_store_json_unescape() of it */
};
struct sn_store_json {
	const uint8_t *at, *end;
};

struct sn_store_json sn_store_json_begin(struct sn_view object);
/** @return false at the end, or where it stops being JSON. */
bool sn_store_json_next(struct sn_store_json *json, struct sn_store_member *ret_member);
/** Writes at most value.len octets. @return how many. */
size_t sn_store_json_unescape(struct sn_view value, uint8_t *ret_text);
/** Whether the object's member `name` has the text `value`; one that is not there has an empty text. */
bool sn_store_json_is(struct sn_view object, struct sn_view name, struct sn_view value);
/** Whether a text, with escapes, reads as `value`. */
bool sn_store_json_same(const struct sn_store_member *member, struct sn_view value);

#endif
