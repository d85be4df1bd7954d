/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Label values as small numbers, bounded: past its limit a label's new values all become "other", and that is counted, so
 * that no peer can make the metrics grow without end.
 */
#ifndef SN_MODEL_LABELS_H
#define SN_MODEL_LABELS_H

#include "base/map.h"

#define SN_LABEL_NONE  0 /* "" */
#define SN_LABEL_OTHER 1 /* "other" */

struct sn_label_dict {
	const char *name;
	char **values;
	struct sn_map index;
	uint32_t count; /* with the two above */
	uint32_t limit;
	uint64_t overflows; /* values asked for beyond the limit */
};

/** @param limit distinct values, at most 65,000. @return 0 or -ENOMEM; released by sn_label_dict_fini. */
int sn_label_dict_init(struct sn_label_dict *dict, const char *name, uint32_t limit);
void sn_label_dict_fini(struct sn_label_dict *dict);
/** The number of a value; SN_LABEL_OTHER past the limit. */
uint16_t sn_label_of(struct sn_label_dict *dict, const char *value);
/** The value of a number; borrowed. */
const char *sn_label_text(const struct sn_label_dict *dict, uint16_t number);

#endif
