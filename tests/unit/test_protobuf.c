/* SPDX-License-Identifier: Apache-2.0 */
/** @file Protobuf: each wire type, varints of every length, what is refused, and that numbers written are read again. */
#include "test.h"

#include <errno.h>

#include "codec/protobuf.h"

struct row {
	const char *bytes; /* hexadecimal */
	int result;
	uint32_t tag;
	uint64_t value;
	size_t rest; /* octets behind the field */
};

static const struct row rows[] = {
	{ "", 0, 0, 0, 0 },
	{ "0800", 1, SN_PB_TAG(1, SN_PB_VARINT), 0, 0 },
	{ "089601ff", 1, SN_PB_TAG(1, SN_PB_VARINT), 150, 1 },
	{ "0880808000", 1, SN_PB_TAG(1, SN_PB_VARINT), 0, 0 }, /* padded */
	{ "08ffffffffffffffffff01", 1, SN_PB_TAG(1, SN_PB_VARINT), UINT64_MAX, 0 },
	{ "08ffffffffffffffffff02", -EBADMSG, 0, 0, 0 },   /* 65 bits */
	{ "08ffffffffffffffffffff01", -EBADMSG, 0, 0, 0 }, /* 11 octets */
	{ "08ff", -EBADMSG, 0, 0, 0 },
	{ "08", -EBADMSG, 0, 0, 0 },
	{ "80", -EBADMSG, 0, 0, 0 },
	{ "190102030405060708", 1, SN_PB_TAG(3, SN_PB_FIXED64), UINT64_C(0x0807060504030201), 0 },
	{ "1901020304050607", -EBADMSG, 0, 0, 0 },
	{ "1d01020304aabb", 1, SN_PB_TAG(3, SN_PB_FIXED32), 0x04030201, 2 },
	{ "1d010203", -EBADMSG, 0, 0, 0 },
	{ "1200", 1, SN_PB_TAG(2, SN_PB_BYTES), 0, 0 },
	{ "12026869", 1, SN_PB_TAG(2, SN_PB_BYTES), 2, 0 },
	{ "12828080006869", 1, SN_PB_TAG(2, SN_PB_BYTES), 2, 0 },
	{ "120368ff", -EBADMSG, 0, 0, 0 },
	{ "12", -EBADMSG, 0, 0, 0 },
	{ "12ffffffffffffffffff01", -EBADMSG, 0, 0, 0 },		/* a length that would wrap */
	{ "faffffff0f00", 1, SN_PB_TAG(536870911, SN_PB_BYTES), 0, 0 }, /* the greatest number */
	{ "faffffff1f00", -EBADMSG, 0, 0, 0 },
	{ "0000", -EBADMSG, 0, 0, 0 }, /* number 0 */
	{ "0200", -EBADMSG, 0, 0, 0 },
	{ "0b0c", -EBADMSG, 0, 0, 0 }, /* a group */
	{ "0c", -EBADMSG, 0, 0, 0 },
	{ "0e00", -EBADMSG, 0, 0, 0 }, /* types 6 and 7 */
	{ "0f00", -EBADMSG, 0, 0, 0 },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].bytes) / 2;
		uint8_t *bytes = malloc(len + !len); /* of its size, for the sanitizer */
		struct sn_view in = { bytes, len };
		struct sn_pb_field field = { .tag = 0xa5 };

		assert_non_null(bytes);
		for (size_t j = 0; j < len; j++)
			sscanf(rows[i].bytes + 2 * j, "%2hhx", &bytes[j]);
		if (sn_pb_next(&in, &field) != rows[i].result)
			fail_msg("%s", rows[i].bytes);
		if (rows[i].result == 1) {
			assert_int_equal(field.tag, rows[i].tag);
			assert_true(field.value == rows[i].value);
			assert_int_equal(in.len, rows[i].rest);
			if ((field.tag & 7) == SN_PB_BYTES)
				assert_int_equal(field.bytes.len, rows[i].value);
		} else { /* nothing moved */
			assert_int_equal(field.tag, 0xa5);
			assert_ptr_equal(in.data, bytes);
			assert_int_equal(in.len, len);
		}
		free(bytes);
	}
}

static void check_number(uint64_t value)
{
	uint8_t bytes[32];
	uint8_t *end = sn_pb_put_number(bytes, 15, value);
	struct sn_view in = { bytes, (size_t)(end - bytes) };
	struct sn_pb_field field;

	assert_int_equal(in.len, 1 + sn_pb_varint_size(value));
	assert_int_equal(sn_pb_next(&in, &field), 1);
	assert_true(field.value == value);
	end = sn_pb_put_fixed64(bytes, 1, value);
	in = (struct sn_view) { bytes, (size_t)(end - bytes) };
	assert_int_equal(sn_pb_next(&in, &field), 1);
	assert_true(field.value == value);
	assert_int_equal(in.len, 0);
}

static void test_numbers(void **state)
{
	check_number(0);
	check_number(UINT64_MAX);
	for (unsigned bit = 0; bit < 64; bit++) {
		check_number(UINT64_C(1) << bit);
		check_number((UINT64_C(1) << bit) - 1);
	}
}

static void test_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 16383, 16384, 2097152 };

	for (size_t i = 0; i < SN_ARRAY_SIZE(lengths); i++) {
		uint8_t *bytes = calloc(1, lengths[i] + 5), *begin;
		struct sn_view in = { bytes, lengths[i] + 5 };
		struct sn_pb_field field;

		assert_non_null(bytes);
		begin = sn_pb_open(bytes, 2);
		sn_pb_close(begin, begin + lengths[i]);
		assert_int_equal(sn_pb_next(&in, &field), 1);
		assert_int_equal(field.bytes.len, lengths[i]);
		assert_int_equal(sn_pb_next(&in, &field), 0);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
