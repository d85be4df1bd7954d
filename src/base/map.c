/* SPDX-License-Identifier: Apache-2.0 */
/** @file Open addressing with backward-shift deletion; grows at three quarters. */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define INITIAL_SLOTS 64

uint64_t sn_map_seed(void)
{
	static uint64_t seed;

	while (!seed)
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = (uint64_t)(uintptr_t)&seed * 0x9e3779b97f4a7c15ull;
	return seed;
}

/* 64 × 64 → 128 bits, folded: every input bit reaches every output bit. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t sn_map_hash_bytes(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t hash = seed ^ mix(len + 1, 0xa0761d6478bd642full);
	uint64_t word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		hash = mix(hash ^ word, 0xe7037ed1a0b428dbull);
	}
	word = 0;
	if (len) /* an empty view has no data */
		memcpy(&word, p, len);
	return mix(hash ^ word ^ (uint64_t)len << 56, 0x8ebc6af09c88c6e3ull);
}

static uint32_t hash_of(const struct sn_map *map, struct sn_map_key key)
{
	uint64_t hash = mix(key.a ^ map->seed ^ 0xa0761d6478bd642full, key.b ^ 0xe7037ed1a0b428dbull);

	return (uint32_t)(hash ^ hash >> 32);
}

static bool same(struct sn_map_key x, struct sn_map_key y)
{
	return x.a == y.a && x.b == y.b;
}

void sn_map_fini(struct sn_map *map)
{
	free(map->slots);
	*map = (struct sn_map) { 0 };
}

uint32_t sn_map_get(const struct sn_map *map, struct sn_map_key key)
{
	uint32_t hash;

	if (!map->slots)
		return 0;
	hash = hash_of(map, key);
	for (size_t i = hash & map->mask; map->slots[i].value; i = (i + 1) & map->mask)
		if (map->slots[i].hash == hash && same(map->slots[i].key, key))
			return map->slots[i].value;
	return 0;
}

static void put(struct sn_map *map, struct sn_map_slot slot)
{
	size_t i = slot.hash & map->mask;

	while (map->slots[i].value)
		i = (i + 1) & map->mask;
	map->slots[i] = slot;
}

static int grow(struct sn_map *map)
{
	size_t size = map->slots ? 2 * (map->mask + 1) : INITIAL_SLOTS;
	struct sn_map old = *map;

	map->slots = calloc(size, sizeof(*map->slots));
	if (!map->slots) {
		map->slots = old.slots;
		return -ENOMEM;
	}
	map->mask = size - 1;
	if (!old.slots)
		map->seed = sn_map_seed();
	for (size_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].value)
			put(map, old.slots[i]);
	free(old.slots);
	return 0;
}

int sn_map_set(struct sn_map *map, struct sn_map_key key, uint32_t value)
{
	uint32_t hash;
	size_t i;

	if (!map->slots || 4 * (map->count + 1) > 3 * (map->mask + 1)) {
		int r = grow(map);

		if (r < 0)
			return r;
	}
	hash = hash_of(map, key);
	for (i = hash & map->mask; map->slots[i].value; i = (i + 1) & map->mask) {
		if (map->slots[i].hash == hash && same(map->slots[i].key, key)) {
			map->slots[i].value = value;
			return 0;
		}
	}
	map->slots[i] = (struct sn_map_slot) { .key = key, .value = value, .hash = hash };
	map->count++;
	return 0;
}

uint32_t sn_map_remove(struct sn_map *map, struct sn_map_key key)
{
	uint32_t hash, value;
	size_t i, j;

	if (!map->slots)
		return 0;
	hash = hash_of(map, key);
	for (i = hash & map->mask; map->slots[i].value; i = (i + 1) & map->mask)
		if (map->slots[i].hash == hash && same(map->slots[i].key, key))
			break;
	value = map->slots[i].value;
	if (!value)
		return 0;
	/* Close the hole: move back every follower whose own place does not lie between the hole and it. */
	for (j = (i + 1) & map->mask; map->slots[j].value; j = (j + 1) & map->mask) {
		size_t home = map->slots[j].hash & map->mask;

		if (((j - home) & map->mask) >= ((j - i) & map->mask)) {
			map->slots[i] = map->slots[j];
			i = j;
		}
	}
	map->slots[i].value = 0;
	map->count--;
	return value;
}
