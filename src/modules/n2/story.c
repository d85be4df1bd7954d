/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The stories of all UEs in one ring of fixed size: the newest entries overwrite the oldest, whoever's they are, so a
 * million UEs cost no more than ten. Each entry knows how far back its UE's last one lies.
 */
#include "base/macro.h"
#include "modules/n2/engine.h"

void sn_n2_story_add(struct sn_n2_engine *engine, uint32_t ue_index, const struct sn_n2_story *entry)
{
	struct sn_n2_ue *ue = sn_pool_at(&engine->ues, ue_index);
	struct sn_n2_story *slot = &engine->story[engine->story_next & (engine->limits.story_entries - 1)];
	uint64_t distance = ue->story ? engine->story_next - (ue->story - 1) : 0;

	*slot = *entry;
	slot->serial = ue->serial;
	slot->back = distance < engine->limits.story_entries ? (uint32_t)distance : 0;
	ue->story = ++engine->story_next;
}

void sn_n2_story_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue)
{
	struct sn_n2_ue *source = sn_pool_at(&engine->ues, from_ue);
	struct sn_n2_story entries[16]; /* who turns out to be another does so within its first messages */
	const struct sn_n2_story *entry;
	uint64_t cursor = source->story;
	size_t count = 0;

	while (count < SN_ARRAY_SIZE(entries) && sn_n2_story_back(engine, &cursor, &entry))
		entries[count++] = *entry;
	while (count--)
		sn_n2_story_add(engine, into_ue, &entries[count]);
	source->story = 0;
}

bool sn_n2_story_back(const struct sn_n2_engine *engine, uint64_t *cursor, const struct sn_n2_story **ret_entry)
{
	const struct sn_n2_story *entry;
	uint64_t number;

	if (!*cursor)
		return false;
	number = *cursor - 1;
	if (engine->story_next - number > engine->limits.story_entries)
		return false; /* overwritten */
	entry = &engine->story[number & (engine->limits.story_entries - 1)];
	*ret_entry = entry;
	*cursor = entry->back ? *cursor - entry->back : 0;
	return true;
}
