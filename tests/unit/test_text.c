/* SPDX-License-Identifier: Apache-2.0 */
/** @file The growing text, nearest names, sizes, durations and times in words. */
#include <errno.h>

#include "test.h"

#include "base/clock.h"
#include "base/text.h"

static void test_growing(void **state)
{
	struct sn_text text = { 0 };

	for (int i = 0; i < 1000; i++)
		sn_text_addf(&text, "%d,", i);
	assert_false(text.failed);
	assert_int_equal(text.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_int_equal(strlen(text.data), text.len);
	assert_string_equal(text.data + text.len - 8, "998,999,");
	sn_text_free(&text);
	assert_null(text.data);
}

static void test_long_format(void **state)
{
	struct sn_text text = { 0 };
	char *word = test_malloc(100001);

	memset(word, 'x', 100000);
	word[100000] = '\0';
	sn_text_add(&text, "a");
	sn_text_addf(&text, "%s!", word);
	assert_int_equal(text.len, 100002);
	assert_int_equal(text.data[100001], '!');
	sn_text_add_bytes(&text, NULL, 0);
	sn_text_add_bytes(&text, "z\0z", 3);
	assert_int_equal(text.len, 100005);
	sn_text_free(&text);
	test_free(word);
}

static void test_failure_sticks(void **state)
{
	struct sn_text text = { 0 };

	sn_text_add(&text, "kept");
	sn_text_add_bytes(&text, "x", SIZE_MAX - 2);
	assert_true(text.failed);
	sn_text_add(&text, "lost");
	assert_string_equal(text.data, "kept");
	sn_text_free(&text);
}

static void test_columns(void **state)
{
	assert_int_equal(sn_text_columns(""), 0);
	assert_int_equal(sn_text_columns("abc"), 3);
	assert_int_equal(sn_text_columns("µs ⩽ 1"), 6);
}

static void test_escape(void **state)
{
	char text[32];

	assert_int_equal(sn_text_escape("a\nb\033[31m\x7f", text, sizeof(text)), 18);
	assert_string_equal(text, "a\\x0ab\\x1b[31m\\x7f");
	sn_text_escape("µ \xff\xc3 \xc2\x9b \xed", text, sizeof(text));
	assert_string_equal(text, "µ \\xff\\xc3 \\xc2\\x9b \\xed");
	/* Cut between characters. */
	sn_text_escape("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", text, sizeof(text));
	assert_true(strlen(text) >= 24 && strlen(text) < sizeof(text));
	sn_text_escape("µµµµµµµµµµµµµµµµµµµµ", text, sizeof(text));
	assert_int_equal(strlen(text) % 2, 0);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "ports", "interfaces", "enabled", "capture_limit", "by", NULL };

	assert_string_equal(sn_text_nearest("portz", names), "ports");
	assert_string_equal(sn_text_nearest("prots", names), "ports");
	assert_string_equal(sn_text_nearest("interface", names), "interfaces");
	assert_string_equal(sn_text_nearest("capturelimit", names), "capture_limit");
	assert_string_equal(sn_text_nearest("bu", names), "by");
	assert_null(sn_text_nearest("zzzzz", names));
	assert_null(sn_text_nearest("", names));
	assert_null(sn_text_nearest("xy", (const char *const[]) { "ab", NULL }));
	/* Far longer than any name: refused without comparing. */
	assert_null(sn_text_nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", names));
}

static void test_size(void **state)
{
	uint64_t value = 7;

	assert_int_equal(sn_text_parse_size("1000", &value), 0);
	assert_int_equal(value, 1000);
	assert_int_equal(sn_text_parse_size("16KiB", &value), 0);
	assert_int_equal(value, 16384);
	assert_int_equal(sn_text_parse_size("8 MiB", &value), 0);
	assert_int_equal(value, 8 << 20);
	assert_int_equal(sn_text_parse_size("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(sn_text_parse_size("18446744073709551616", &value), -ERANGE);
	assert_int_equal(sn_text_parse_size("17179869184GiB", &value), -ERANGE);
	assert_true(value == UINT64_MAX);
	assert_int_equal(sn_text_parse_size("", &value), -EINVAL);
	assert_int_equal(sn_text_parse_size("KiB", &value), -EINVAL);
	assert_int_equal(sn_text_parse_size("16KB", &value), -EINVAL);
	assert_int_equal(sn_text_parse_size("-1", &value), -EINVAL);
	assert_int_equal(sn_text_parse_size("1 ", &value), -EINVAL);
}

static void test_duration(void **state)
{
	uint64_t value = 7;
	char text[24];

	assert_int_equal(sn_text_parse_duration("250us", &value), 0);
	assert_int_equal(value, 250000);
	assert_int_equal(sn_text_parse_duration("100ms", &value), 0);
	assert_int_equal(value, 100000000);
	assert_int_equal(sn_text_parse_duration("5s", &value), 0);
	assert_int_equal(value, 5000000000);
	assert_int_equal(sn_text_parse_duration("2m", &value), 0);
	assert_int_equal(value, 120000000000);
	assert_int_equal(sn_text_parse_duration("1h", &value), 0);
	assert_int_equal(value, 3600000000000);
	assert_int_equal(sn_text_parse_duration("1d", &value), 0);
	assert_int_equal(value, 86400000000000);
	assert_int_equal(sn_text_parse_duration("300000d", &value), -ERANGE);
	/* A bare number says no unit: refused rather than guessed. */
	assert_int_equal(sn_text_parse_duration("5", &value), -EINVAL);
	assert_int_equal(sn_text_parse_duration("5 years", &value), -EINVAL);
	assert_int_equal(value, 86400000000000);

	assert_string_equal(sn_text_duration(0, text), "0 ns");
	assert_string_equal(sn_text_duration(999, text), "999 ns");
	assert_string_equal(sn_text_duration(1250000, text), "1.25 ms");
	assert_string_equal(sn_text_duration(12500, text), "12.5 µs");
	assert_string_equal(sn_text_duration(340000000, text), "340 ms");
	assert_string_equal(sn_text_duration(60000000000, text), "1.00 min");
	assert_string_equal(sn_text_duration(UINT64_MAX, text), "213504 d");
}

static void test_clock(void **state)
{
	char text[SN_TIME_TEXT];
	uint64_t offset = sn_clock_wall_offset_ns();
	uint64_t wall = sn_clock_boottime_ns() + offset, now = sn_clock_realtime_ns();

	assert_string_equal(sn_clock_text(0, text), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(sn_clock_text(1795183200123456789ull, text), "2026-11-20T14:00:00.123456Z");
	assert_string_equal(sn_clock_text(UINT64_MAX, text), "2554-07-21T23:34:33.709551Z");
	/* Both clocks tell the same time, to what a busy machine can put between two calls. */
	assert_true(wall < now + SN_NSEC_PER_SEC && now < wall + SN_NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growing), cmocka_unit_test(test_long_format), cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_columns), cmocka_unit_test(test_nearest),	    cmocka_unit_test(test_escape),
		cmocka_unit_test(test_size),	cmocka_unit_test(test_duration),    cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
