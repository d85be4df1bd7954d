/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Objects of one size, named by index: index 0 is "none". Grows chunk by chunk, so an object never moves and memory is
 * taken only as it is used; a freed object is reused first.
 */
#ifndef SN_BASE_POOL_H
#define SN_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define SN_POOL_CHUNK 1024u

struct sn_pool {
	uint8_t **chunks;
	size_t object_size; /* at least 4 */
	uint32_t used;	    /* indices handed out so far, with the freed */
	uint32_t limit;	    /* highest index; 0: none */
	uint32_t free_head;
	uint32_t live; /* objects in use */
	uint32_t chunk_count;
};

void sn_pool_init(struct sn_pool *pool, size_t object_size, uint32_t limit);
void sn_pool_fini(struct sn_pool *pool);
/** A zeroed object. @return its index, or 0 when the limit is reached or memory is short. */
uint32_t sn_pool_take(struct sn_pool *pool);
void sn_pool_give(struct sn_pool *pool, uint32_t index);

/** The object; `index` must be one that sn_pool_take returned. */
static inline void *sn_pool_at(const struct sn_pool *pool, uint32_t index)
{
	return pool->chunks[(index - 1) / SN_POOL_CHUNK] + (size_t)((index - 1) % SN_POOL_CHUNK) * pool->object_size;
}

#endif
