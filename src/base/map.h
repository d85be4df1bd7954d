/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A hash map from a 128-bit key to a 32-bit number (an index into a pool): open addressing, linear probing, no tombstones.
 * Keys are hashed under a random seed, so nobody outside can aim at one bucket.
 */
#ifndef SN_BASE_MAP_H
#define SN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sn_map_key {
	uint64_t a, b;
};

struct sn_map_slot {
	struct sn_map_key key;
	uint32_t value; /* 0: empty */
	uint32_t hash;
};

/** Zero-initialise; free with sn_map_fini. */
struct sn_map {
	struct sn_map_slot *slots;
	size_t mask; /* slots - 1 */
	size_t count;
	uint64_t seed;
};

void sn_map_fini(struct sn_map *map);
/** @return the value, or 0 when the key is not there. */
uint32_t sn_map_get(const struct sn_map *map, struct sn_map_key key);
/** Sets (value is not 0). @return 0 or -ENOMEM. */
int sn_map_set(struct sn_map *map, struct sn_map_key key, uint32_t value);
/** Removes and returns the value, 0 when the key is not there. */
uint32_t sn_map_remove(struct sn_map *map, struct sn_map_key key);
/** A seed-keyed 64-bit hash of bytes, for keys that are longer than 128 bits. */
uint64_t sn_map_hash_bytes(uint64_t seed, const void *data, size_t len);
/** A random seed, once per process. */
uint64_t sn_map_seed(void);

#endif
