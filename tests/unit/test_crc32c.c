/* SPDX-License-Identifier: Apache-2.0 */
/** @file CRC32c against the check value of the polynomial and the examples of RFC 3720 B.4. */
#include "test.h"

#include "base/crc32c.h"

static void test_known_values(void **state)
{
	static const uint8_t check[] = "123456789";
	uint8_t zeros[32] = { 0 }, ones[32];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(sn_crc32c(0, (struct sn_view) { check, 9 }), 0xe3069283);
	assert_int_equal(sn_crc32c(0, (struct sn_view) { zeros, 32 }), 0x8a9136aa);
	assert_int_equal(sn_crc32c(0, (struct sn_view) { ones, 32 }), 0x62a8ab43);
}

static void test_continues(void **state)
{
	static const uint8_t check[] = "123456789";
	uint32_t crc = sn_crc32c(0, (struct sn_view) { check, 4 });

	assert_int_equal(sn_crc32c(crc, (struct sn_view) { check + 4, 5 }), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_continues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
