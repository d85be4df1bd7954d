/* SPDX-License-Identifier: Apache-2.0 */
/** @file Aligned PER primitives against the rules of X.691, at their edges. */
#include "test.h"

#include "codec/per.h"

/** A reader over the octets given; they stand at the end of an allocation, so that a read beyond them is seen. */
static struct sn_per over(const void *octets, size_t len)
{
	static uint8_t *heap;
	struct sn_per per;

	free(heap);
	heap = malloc(len ? len : 1);
	assert_non_null(heap);
	memcpy(heap, octets, len);
	sn_per_init(&per, (struct sn_view) { heap, len });
	return per;
}
#define OVER(...) over((const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ }))

static void test_bits(void **state)
{
	struct sn_per per = OVER(0xa5, 0xff, 0x00, 0x12, 0x34, 0x56);

	assert_int_equal(sn_per_bits(&per, 0), 0);
	assert_int_equal(sn_per_bits(&per, 1), 1);
	assert_false(sn_per_bool(&per));
	assert_int_equal(sn_per_bits(&per, 5), 0x12);
	assert_int_equal(sn_per_bits(&per, 32), 0xff80091a); /* five octets, from the last bit of the first */
	assert_int_equal(per.pos, 39);
	assert_int_equal(sn_per_bits(&per, 9), 0x056);
	assert_int_equal(per.error, 0);
	assert_int_equal(sn_per_bits(&per, 0), 0);
	assert_int_equal(per.error, 0);
	assert_int_equal(sn_per_bits(&per, 1), 0);
	assert_int_equal(per.error, -EMSGSIZE);
}

static void test_align(void **state)
{
	struct sn_per per = OVER(0x80, 0x42);

	sn_per_align(&per);
	assert_int_equal(per.pos, 0);
	sn_per_bits(&per, 1);
	sn_per_align(&per);
	assert_int_equal(per.pos, 8);
	sn_per_align(&per);
	assert_int_equal(sn_per_bits(&per, 8), 0x42);
	sn_per_align(&per);
	assert_int_equal(per.pos, 16);
	assert_int_equal(per.error, 0);
}

/** An error sticks: later reads fail, move nothing and keep the first error. */
static void test_error_sticks(void **state)
{
	struct sn_per per = OVER(0x12, 0x34);
	struct sn_view view;

	assert_int_equal(sn_per_bits(&per, 3), 0);
	assert_int_equal(sn_per_bits(&per, 14), 0);
	assert_int_equal(per.error, -EMSGSIZE);
	assert_int_equal(per.pos, 3);
	assert_int_equal(sn_per_bits(&per, 1), 0);
	sn_per_align(&per);
	view = sn_per_octets(&per, 1);
	assert_null(view.data);
	assert_int_equal(sn_per_constrained(&per, 7, 9), 0);
	assert_int_equal(sn_per_length(&per, 1, 64), 0);
	assert_int_equal(sn_per_enum(&per, 3, true), 0);
	assert_int_equal(sn_per_integer(&per), 0);
	view = sn_per_open_type(&per);
	assert_int_equal(view.len, 0);
	sn_per_skip_extensions(&per);
	sn_per_fail(&per, -EBADMSG);
	assert_int_equal(per.error, -EMSGSIZE);
	assert_int_equal(per.pos, 3);
}

/** 11.5.4 to 11.5.6: the range decides between bits where they come and whole octets. */
static void test_constrained_small(void **state)
{
	struct sn_per per = OVER(0x5b, 0xfe, 0x00, 0xff);

	assert_int_equal(sn_per_constrained(&per, 42, 42), 42); /* no bits at all */
	assert_int_equal(per.pos, 0);
	assert_int_equal(sn_per_constrained(&per, 1, 8), 3);
	assert_int_equal(sn_per_constrained(&per, 100, 101), 101);
	assert_int_equal(per.pos, 4);
	assert_int_equal(sn_per_constrained(&per, 0, 254), 0xbf); /* 255 values: eight bits, not aligned */
	assert_int_equal(per.pos, 12);
	assert_int_equal(sn_per_constrained(&per, 0, 255), 0x00); /* 256 values: aligned */
	assert_int_equal(per.pos, 24);
	assert_int_equal(sn_per_constrained(&per, 1000, 1255), 1255);
	assert_int_equal(per.error, 0);

	per = OVER(0x80, 0x01, 0x00, 0xff, 0xff);
	sn_per_bits(&per, 1);
	assert_int_equal(sn_per_constrained(&per, 0, 256), 256); /* 257 values: two octets */
	assert_int_equal(sn_per_constrained(&per, 5, 65540), 65540);
	assert_int_equal(per.pos, 40);

	per = OVER(0xc0); /* 0..5 in three bits: six is none of them */
	assert_int_equal(sn_per_constrained(&per, 0, 5), 0);
	assert_int_equal(per.error, -EBADMSG);
}

/** 11.5.7.4: more than 64K values; the length in as few bits as it needs, then the octets. */
static void test_constrained_large(void **state)
{
	struct sn_per per = OVER(0x00, 0x07);

	assert_int_equal(sn_per_constrained(&per, 0, 0xffffffff), 7);
	assert_int_equal(per.pos, 16);
	per = OVER(0xc0, 0xff, 0xff, 0xff, 0xff); /* two bits of length for 1..4 */
	assert_int_equal(sn_per_constrained(&per, 0, 0xffffffff), 0xffffffff);
	per = OVER(0x80, 0xff, 0xff, 0xff, 0xff, 0xff); /* three bits for 1..5 */
	assert_int_equal(sn_per_constrained(&per, 0, 0xffffffffff), 0xffffffffff);
	per = OVER(0x40, 0x00, 0x11, 0x70); /* two bits for 1..3; a lower bound */
	assert_int_equal(sn_per_constrained(&per, 10, 1000000), 10 + 0x11);
	per = OVER(0x80, 0x01, 0x11, 0x70);
	assert_int_equal(sn_per_constrained(&per, 10, 1000000), 10 + 0x11170);
	per = OVER(0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe);
	assert_true(sn_per_constrained(&per, 0, UINT64_MAX) == UINT64_MAX - 1);

	per = OVER(0x80, 0xff, 0xff, 0xff); /* three octets allowed, but more than the upper bound */
	assert_int_equal(sn_per_constrained(&per, 0, 1000000), 0);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0xe0, 1, 2, 3, 4, 5, 6, 7, 8); /* eight octets of a value that has five */
	sn_per_constrained(&per, 0, 0xffffffffff);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0x80, 0x01, 0x02);
	sn_per_constrained(&per, 0, 0xffffffff);
	assert_int_equal(per.error, -EMSGSIZE);
}

static void test_integer(void **state)
{
	struct sn_per per = OVER(0x01, 0xff, 0x02, 0x00, 0x80, 0x01, 0x00, 0x02, 0x80, 0x00);

	assert_int_equal(sn_per_integer(&per), -1);
	assert_int_equal(sn_per_integer(&per), 128);
	assert_int_equal(sn_per_integer(&per), 0);
	assert_int_equal(sn_per_integer(&per), -32768);
	assert_int_equal(per.error, 0);
	per = OVER(0x08, 0x80, 0, 0, 0, 0, 0, 0, 0);
	assert_true(sn_per_integer(&per) == INT64_MIN);
	per = OVER(0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	sn_per_integer(&per);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0x00, 0x01);
	sn_per_integer(&per);
	assert_int_equal(per.error, -EBADMSG);
}

static void test_length(void **state)
{
	struct sn_per per = OVER(0x80, 0x7f, 0x80, 0x80, 0xbf, 0xff, 0xff);

	sn_per_bits(&per, 1); /* the general form is aligned */
	assert_int_equal(sn_per_length(&per, 0, SN_PER_UNBOUNDED), 127);
	assert_int_equal(sn_per_length(&per, 0, SN_PER_UNBOUNDED), 128);
	assert_int_equal(sn_per_length(&per, 0, SN_PER_UNBOUNDED), 16383);

	per = OVER(0xfc, 0x00, 0x01); /* constrained: like a whole number */
	assert_int_equal(sn_per_length(&per, 1, 64), 64);
	assert_int_equal(sn_per_length(&per, 3, 3), 3);
	assert_int_equal(per.pos, 6);
	assert_int_equal(sn_per_length(&per, 0, 65535), 1);
	per = OVER(0x05);
	assert_int_equal(sn_per_length(&per, 1, 65536), 5); /* 11.9.4.1: a bound of 64K is none */
	per = OVER(0x00);
	sn_per_length(&per, 1, 65536);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0xc1, 0x00);
	assert_int_equal(sn_per_length(&per, 0, SN_PER_UNBOUNDED), 0);
	assert_int_equal(per.error, -ENOTSUP);
	per = OVER(0x81);
	sn_per_length(&per, 0, SN_PER_UNBOUNDED);
	assert_int_equal(per.error, -EMSGSIZE);
}

static void test_fragment(void **state)
{
	static const uint8_t bad[] = { 0xc0, 0xc5, 0xff };
	struct sn_per per = OVER(0xc1, 0xc4, 0x00);
	bool more;

	assert_int_equal(sn_per_fragment(&per, &more), 16384);
	assert_true(more);
	assert_int_equal(sn_per_fragment(&per, &more), 65536);
	assert_true(more);
	assert_int_equal(sn_per_fragment(&per, &more), 0);
	assert_false(more);
	sn_per_fragment(&per, &more);
	assert_int_equal(per.error, -EMSGSIZE);
	assert_false(more);
	for (size_t i = 0; i < sizeof(bad); i++) {
		per = over(&bad[i], 1);
		sn_per_fragment(&per, &more);
		assert_int_equal(per.error, -EBADMSG);
		assert_false(more);
	}
}

static void test_enum(void **state)
{
	struct sn_per per = OVER(0x50);

	assert_int_equal(sn_per_enum(&per, 3, false), 1); /* two bits */
	assert_int_equal(sn_per_enum(&per, 4, true), 2);  /* 0 10 */
	per = OVER(0x40);
	assert_int_equal(sn_per_enum(&per, 1, true), 0); /* the extension bit only */
	assert_int_equal(per.pos, 1);
	per = OVER(0x85); /* 1, then 0 and six bits */
	assert_int_equal(sn_per_enum(&per, 45, true), SN_PER_EXTENSION + 5);
	per = OVER(0xc0, 0x01, 0x40); /* 11: more than 63, as octets with a length */
	assert_int_equal(sn_per_enum(&per, 45, true), SN_PER_EXTENSION + 64);
	per = OVER(0xc0, 0x03, 0x01, 0x00, 0x00); /* capped */
	assert_int_equal(sn_per_enum(&per, 45, true), SN_PER_EXTENSION + 0xffff);
	per = OVER(0xc0, 0x00);
	assert_int_equal(sn_per_enum(&per, 45, true), 0);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0xc0); /* 3 of 3 */
	assert_int_equal(sn_per_enum(&per, 3, false), 0);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0x00);
	assert_int_equal(sn_per_enum(&per, 0, false), 0);
	assert_int_equal(per.pos, 0);
}

static void test_octets(void **state)
{
	struct sn_per per = OVER(0x80, 0x01, 0x02, 0x03);
	struct sn_view view;

	sn_per_bits(&per, 1);
	view = sn_per_octets(&per, 2);
	assert_int_equal(view.len, 2);
	assert_int_equal(view.data[0], 1);
	assert_int_equal(per.pos, 24);
	view = sn_per_octets(&per, SIZE_MAX);
	assert_int_equal(view.len, 0);
	assert_int_equal(per.error, -EMSGSIZE);

	per = OVER(0x02, 0xaa, 0xbb, 0x00, 0x05, 0x01);
	view = sn_per_open_type(&per);
	assert_int_equal(view.len, 2);
	assert_memory_equal(view.data, "\xaa\xbb", 2);
	view = sn_per_open_type(&per);
	assert_int_equal(view.len, 0);
	assert_int_equal(per.error, 0);
	sn_per_open_type(&per);
	assert_int_equal(per.error, -EMSGSIZE);
}

/** 19.8: a bitmap with a normally small length, then an open type for each bit that is set. */
static void test_skip_extensions(void **state)
{
	/* three additions (0 000010), 101, and what comes behind */
	struct sn_per per = OVER(0x05, 0x40, 0x02, 0xaa, 0xbb, 0x01, 0xcc, 0x42);

	sn_per_skip_extensions(&per);
	assert_int_equal(per.error, 0);
	assert_int_equal(sn_per_bits(&per, 8), 0x42);

	/* 65 of them: 1, then the general form; the last is there */
	per = OVER(0x80, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01, 0xdd, 0x42);
	sn_per_skip_extensions(&per);
	assert_int_equal(per.error, 0);
	assert_int_equal(sn_per_bits(&per, 8), 0x42);

	per = OVER(0x80, 0x00);
	sn_per_skip_extensions(&per);
	assert_int_equal(per.error, -EBADMSG);
	per = OVER(0x80, 0xbf, 0xff, 0xff); /* 16383 additions in eight bits */
	sn_per_skip_extensions(&per);
	assert_int_equal(per.error, -EMSGSIZE);
	per = OVER(0x01, 0x80, 0x05, 0xaa);
	sn_per_skip_extensions(&per);
	assert_int_equal(per.error, -EMSGSIZE);
}

static void test_empty(void **state)
{
	struct sn_per per;

	sn_per_init(&per, (struct sn_view) { NULL, 0 });
	assert_int_equal(sn_per_bits(&per, 0), 0);
	sn_per_align(&per);
	assert_int_equal(per.error, 0);
	assert_int_equal(sn_per_bits(&per, 8), 0);
	assert_int_equal(per.error, -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_error_sticks),
		cmocka_unit_test(test_constrained_small),
		cmocka_unit_test(test_constrained_large),
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_enum),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_skip_extensions),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
