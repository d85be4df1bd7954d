/* SPDX-License-Identifier: Apache-2.0 */
/** @file Chunked pool with a free list threaded through the freed objects. */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

void sn_pool_init(struct sn_pool *pool, size_t object_size, uint32_t limit)
{
	*pool = (struct sn_pool) { .object_size = object_size, .limit = limit };
}

void sn_pool_fini(struct sn_pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct sn_pool) { 0 };
}

static int grow(struct sn_pool *pool)
{
	uint8_t **chunks = realloc(pool->chunks, (pool->chunk_count + 1) * sizeof(*chunks));

	if (!chunks)
		return -1;
	pool->chunks = chunks;
	chunks[pool->chunk_count] = malloc(SN_POOL_CHUNK * pool->object_size);
	if (!chunks[pool->chunk_count])
		return -1;
	pool->chunk_count++;
	return 0;
}

uint32_t sn_pool_take(struct sn_pool *pool)
{
	uint32_t index = pool->free_head;

	if (index) {
		memcpy(&pool->free_head, sn_pool_at(pool, index), sizeof(pool->free_head));
	} else {
		if (pool->limit && pool->used >= pool->limit)
			return 0;
		if (pool->used == pool->chunk_count * SN_POOL_CHUNK && grow(pool) < 0)
			return 0;
		index = ++pool->used;
	}
	memset(sn_pool_at(pool, index), 0, pool->object_size);
	pool->live++;
	return index;
}

void sn_pool_give(struct sn_pool *pool, uint32_t index)
{
	memcpy(sn_pool_at(pool, index), &pool->free_head, sizeof(pool->free_head));
	pool->free_head = index;
	pool->live--;
}
