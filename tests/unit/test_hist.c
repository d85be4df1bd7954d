/* SPDX-License-Identifier: Apache-2.0 */
/** @file Quantiles against the exact ones of sorted samples, and the edges of the range. */
#include "test.h"

#include "base/hist.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_quantiles(void **state)
{
	static const double qs[] = { 0.01, 0.5, 0.9, 0.95, 0.99 };
	enum { N = 100000 };
	struct sn_hist *hist = calloc(1, sizeof(*hist));
	uint64_t *samples = malloc(N * sizeof(*samples));
	uint64_t x = 88172645463325252ull;

	for (size_t i = 0; i < N; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* log-uniform over the range, so that every octave is tried */
		samples[i] = (SN_HIST_MIN_NS << (x >> 8) % 19) + x % SN_HIST_MIN_NS;
		sn_hist_add(hist, samples[i]);
	}
	qsort(samples, N, sizeof(*samples), by_value);
	for (size_t i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
		uint64_t exact = samples[(size_t)(qs[i] * N)], got = sn_hist_quantile_ns(hist, qs[i]);

		assert_in_range(got, exact * 93 / 100, exact * 107 / 100);
	}
	assert_int_equal(sn_hist_quantile_ns(hist, 1), samples[N - 1]);
	free(samples);
	free(hist);
}

static void test_edges(void **state)
{
	struct sn_hist hist = { 0 }, other = { 0 };

	assert_int_equal(sn_hist_quantile_ns(&hist, 0.5), 0);
	assert_int_equal(sn_hist_mean_ns(&hist), 0);
	sn_hist_add(&hist, 0);
	assert_int_equal(sn_hist_quantile_ns(&hist, 0.99), 0);
	sn_hist_add(&hist, 120ull * 1000000000);
	assert_int_equal(hist.buckets[SN_HIST_BUCKETS - 1], 1);
	assert_int_equal(sn_hist_quantile_ns(&hist, 0.99), 120ull * 1000000000);
	sn_hist_add(&other, SN_HIST_MAX_NS);
	sn_hist_merge(&hist, &other);
	assert_int_equal(hist.count, 3);
	assert_int_equal(hist.buckets[SN_HIST_BUCKETS - 1], 1); /* 60 s is still inside */
	assert_int_equal(sn_hist_count_below(&hist, 1000000), 1);
	assert_int_equal(sn_hist_count_below(&hist, 200ull * 1000000000), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
