/* SPDX-License-Identifier: Apache-2.0 */
/** @file Dictionaries of label values. */
#include "model/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

static const char *const fixed[] = { [SN_LABEL_NONE] = "", [SN_LABEL_OTHER] = "other" };

int sn_label_dict_init(struct sn_label_dict *dict, const char *name, uint32_t limit)
{
	*dict = (struct sn_label_dict) { .name = name, .limit = SN_MIN(limit, 65000u), .count = SN_ARRAY_SIZE(fixed) };
	dict->values = calloc(dict->limit + SN_ARRAY_SIZE(fixed), sizeof(*dict->values));
	return dict->values ? 0 : -ENOMEM;
}

void sn_label_dict_fini(struct sn_label_dict *dict)
{
	for (uint32_t i = SN_ARRAY_SIZE(fixed); dict->values && i < dict->count; i++)
		free(dict->values[i]);
	free(dict->values);
	sn_map_fini(&dict->index);
	*dict = (struct sn_label_dict) { 0 };
}

uint16_t sn_label_of(struct sn_label_dict *dict, const char *value)
{
	struct sn_map_key key;
	size_t len = strlen(value);
	uint32_t number;

	if (!len)
		return SN_LABEL_NONE;
	/* Two independent 64-bit hashes under the process's seed: no collision in any practice, and none to be made on purpose.
	 */
	key.a = sn_map_hash_bytes(sn_map_seed(), value, len);
	key.b = sn_map_hash_bytes(~sn_map_seed(), value, len);
	number = sn_map_get(&dict->index, key);
	if (number)
		return (uint16_t)number;
	number = dict->count;
	if (number >= dict->limit + SN_ARRAY_SIZE(fixed)) {
		dict->overflows++;
		return SN_LABEL_OTHER;
	}
	dict->values[number] = strdup(value);
	if (!dict->values[number] || sn_map_set(&dict->index, key, number) < 0) {
		free(dict->values[number]);
		dict->overflows++;
		return SN_LABEL_OTHER;
	}
	dict->count++;
	return (uint16_t)number;
}

const char *sn_label_text(const struct sn_label_dict *dict, uint16_t number)
{
	return number < SN_ARRAY_SIZE(fixed) ? fixed[number] : dict->values[number];
}
