/* SPDX-License-Identifier: Apache-2.0 */
/** @file The map and the pool against plain arrays, through many random insertions and removals. */
#include "test.h"

#include "base/map.h"
#include "base/pool.h"

enum { KEYS = 5000 };

static void test_map_random(void **state)
{
	struct sn_map map = { 0 };
	uint32_t *truth = calloc(KEYS, sizeof(*truth));
	uint64_t x = 88172645463325252ull;
	size_t live = 0;

	for (int round = 0; round < 400000; round++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint32_t k = (uint32_t)(x >> 20) % KEYS;
		/* keys that differ in few bits, in either half */
		struct sn_map_key key = { .a = k & 0xff, .b = (uint64_t)(k >> 8) << 40 };

		if (x & 1) {
			live += truth[k] == 0;
			truth[k] = (uint32_t)round + 1;
			assert_int_equal(sn_map_set(&map, key, truth[k]), 0);
		} else {
			assert_int_equal(sn_map_remove(&map, key), truth[k]);
			live -= truth[k] != 0;
			truth[k] = 0;
		}
		assert_int_equal(map.count, live);
	}
	for (uint32_t k = 0; k < KEYS; k++)
		assert_int_equal(sn_map_get(&map, (struct sn_map_key) { .a = k & 0xff, .b = (uint64_t)(k >> 8) << 40 }),
				 truth[k]);
	assert_int_equal(sn_map_get(&map, (struct sn_map_key) { 1ull << 63, 1 }), 0);
	sn_map_fini(&map);
	assert_int_equal(sn_map_get(&map, (struct sn_map_key) { 0, 0 }), 0);
	free(truth);
}

static void test_hash_bytes(void **state)
{
	uint8_t bytes[32] = { 0 };

	/* zeros of different lengths are different things */
	for (size_t i = 0; i < sizeof(bytes); i++)
		for (size_t j = 0; j < i; j++)
			assert_true(sn_map_hash_bytes(1, bytes, i) != sn_map_hash_bytes(1, bytes, j));
	assert_true(sn_map_hash_bytes(1, bytes, 8) != sn_map_hash_bytes(2, bytes, 8));
}

static void test_pool(void **state)
{
	struct sn_pool pool;
	uint32_t a, b;

	sn_pool_init(&pool, 24, 3000);
	a = sn_pool_take(&pool);
	b = sn_pool_take(&pool);
	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	memset(sn_pool_at(&pool, a), 0xff, 24);
	sn_pool_give(&pool, a);
	assert_int_equal(sn_pool_take(&pool), a);
	assert_int_equal(*(uint64_t *)sn_pool_at(&pool, a), 0);
	for (int i = 2; i < 3000; i++)
		assert_int_not_equal(sn_pool_take(&pool), 0);
	assert_int_equal(sn_pool_take(&pool), 0);
	assert_int_equal(pool.live, 3000);
	sn_pool_give(&pool, 1500);
	assert_int_equal(sn_pool_take(&pool), 1500);
	sn_pool_fini(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_random),
		cmocka_unit_test(test_hash_bytes),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
