/* SPDX-License-Identifier: Apache-2.0 */
/** @file Texts of PLMN identities and S-NSSAIs. */
#include "test.h"

#include "codec/ts23003.h"

static void test_plmn(void **state)
{
	char text[SN_PLMN_TEXT];

	assert_string_equal(sn_plmn_text(0x99f907, text), "999-70");
	assert_string_equal(sn_plmn_text(0x00f110, text), "001-01");
	assert_string_equal(sn_plmn_text(0x130014, text), "310-410");
	assert_string_equal(sn_plmn_text(0xfafafa, text), "?\?\?-?\?");
}

static void test_snssai(void **state)
{
	char text[SN_SNSSAI_TEXT];

	assert_string_equal(sn_snssai_text(&(struct sn_snssai) { .present = true, .sst = 1, .sd = SN_SD_NONE }, text), "1");
	assert_string_equal(sn_snssai_text(&(struct sn_snssai) { .present = true, .sst = 255, .sd = 0x00010a }, text),
			    "255-00010a");
	assert_string_equal(sn_snssai_text(&(struct sn_snssai) { 0 }, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plmn),
		cmocka_unit_test(test_snssai),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
