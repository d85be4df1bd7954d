/* SPDX-License-Identifier: Apache-2.0 */
/** @file UTF-8: the borders of each form, and every place of a bad octet in short and long texts. */
#include "test.h"

#include "base/macro.h"
#include "base/utf8.h"

static struct sn_view view(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

static void test_characters(void **state)
{
	static const char *const good[] = { "",
					    "a",
					    "\x7f",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xef\xbf\xbf",
					    "\xf0\x90\x80\x80",
					    "Zürich",
					    "\xf4\x8f\xbf\xbf",
					    "aaaaaaaaaaaaaü",
					    "üaaaaaaaaaaaaaa" };
	static const char *const bad[] = { "\x80",	   "\xbf",	    "\xc0\x80",		"\xc1\xbf",
					   "\xc2",	   "\xc2 ",	    "\xe0\x9f\xbf",	"\xe1\x80",
					   "\xe1\x80 ",	   "\xed\xa0\x80",  "\xed\xbf\xbf",	"\xf0\x8f\xbf\xbf",
					   "\xf1\x80\x80", "\xf1\x80\x80 ", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
					   "\xff" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(good); i++)
		assert_true(sn_utf8_valid(view(good[i])));
	for (size_t i = 0; i < SN_ARRAY_SIZE(bad); i++)
		assert_false(sn_utf8_valid(view(bad[i])));
	assert_true(sn_utf8_valid((struct sn_view) { NULL, 0 }));
	assert_true(sn_utf8_valid((struct sn_view) { (const uint8_t *)"a\0b", 3 }));
	assert_int_equal(sn_utf8_character((const uint8_t *)"\xe2\x82\xac", 3), 3);
	assert_int_equal(sn_utf8_character((const uint8_t *)"\xe2\x82\xac", 2), 0);
	assert_int_equal(sn_utf8_character((const uint8_t *)"", 0), 0);
}

static void test_every_place(void **state)
{
	for (size_t len = 1; len < 40; len++) {
		uint8_t *text = malloc(len);

		assert_non_null(text);
		memset(text, 'a', len);
		assert_true(sn_ascii_valid((struct sn_view) { text, len }));
		for (size_t i = 0; i < len; i++) {
			text[i] = 0xff;
			assert_false(sn_ascii_valid((struct sn_view) { text, len }));
			assert_false(sn_utf8_valid((struct sn_view) { text, len }));
			text[i] = 'a';
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_every_place),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
