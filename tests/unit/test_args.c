/* SPDX-License-Identifier: Apache-2.0 */
/** @file Command lines: every kind of option, every refusal, and the help made from the same table. */
#include <errno.h>

#include "test.h"

#include "base/args.h"

struct values {
	bool quick;
	const char *file;
	const char *lab;
	uint32_t format;
	uint64_t watch;
	struct sn_arg_list set;
};

static const char *const groupings[] = { "gnb", "amf", NULL };
static const struct sn_arg table[] = {
	{ .name = "quick", .letter = 'q', .doc = "be quick", .type = SN_ARG_FLAG, .offset = offsetof(struct values, quick) },
	{ .name = "config", .value = "FILE", .doc = "read it", .type = SN_ARG_STRING, .offset = offsetof(struct values, file) },
	{ .name = "format",
	  .letter = 'f',
	  .doc = "how",
	  .choices = sn_format_names,
	  .type = SN_ARG_CHOICE,
	  .offset = offsetof(struct values, format) },
	{ .name = "watch",
	  .letter = 'w',
	  .value = "SECONDS",
	  .doc = "again",
	  .type = SN_ARG_SECONDS,
	  .optional = true,
	  .offset = offsetof(struct values, watch) },
	{ .name = "by",
	  .doc = "split",
	  .choices = groupings,
	  .type = SN_ARG_STRING,
	  .optional = true,
	  .offset = offsetof(struct values, lab) },
	{ .name = "set", .value = "KEY=VALUE", .doc = "set", .type = SN_ARG_LIST, .offset = offsetof(struct values, set) },
	{ 0 },
};
static const struct sn_command plain = { .name = "plain", .summary = "Does it", .args = table };
static const struct sn_command filed = {
	.name = "filed", .summary = "Does it", .operands = "FILE…", .min_operands = 1, .max_operands = 2, .args = table
};

static struct sn_diag diag;

static int parse(const struct sn_command *command, struct values *ret_values, int *ret_first, const char *const *words)
{
	static char *argv[16];
	int argc = 0;

	for (argv[argc++] = (char *)command->name; *words; words++)
		argv[argc++] = (char *)*words;
	argv[argc] = NULL;
	diag.text[0] = '\0';
	*ret_values = (struct values) { .format = 9 };
	return sn_args_parse(command, argc, argv, ret_values, ret_first, &diag);
}
#define PARSE(command, values, first, ...) parse(command, values, first, (const char *const[]) { __VA_ARGS__, NULL })

static void test_values(void **state)
{
	struct values v;
	int first;

	assert_int_equal(PARSE(&filed, &v, &first, "a.pcap", "-q", "--format=json", "--set", "a=1", "--set=b=2", "--config", "f",
			       "--watch", "b.pcap"),
			 0);
	assert_true(v.quick);
	assert_string_equal(v.file, "f");
	assert_int_equal(v.format, SN_FORMAT_JSON);
	assert_int_equal(v.watch, 1000000000);
	assert_int_equal(v.set.count, 2);
	assert_string_equal(v.set.items[1], "b=2");
	assert_int_equal(first, 9);
	assert_null(v.lab);
}

static void test_optional(void **state)
{
	struct values v;
	int first;

	assert_int_equal(PARSE(&plain, &v, &first, "--watch", "2", "--by", "gnb"), 0);
	assert_int_equal(v.watch, 2000000000);
	assert_string_equal(v.lab, "gnb");
	assert_int_equal(PARSE(&plain, &v, &first, "--watch=500ms", "--by"), 0);
	assert_int_equal(v.watch, 500000000);
	assert_string_equal(v.lab, "");
	assert_int_equal(PARSE(&plain, &v, &first, "-w", "-q"), 0);
	assert_int_equal(v.watch, 1000000000);
	assert_true(v.quick);
}

static void test_refusals(void **state)
{
	static const struct {
		const struct sn_command *command;
		const char *const words[4];
		const char *text;
	} rows[] = {
		{ &plain, { "--fromat=json" }, "plain: unknown option '--fromat'; did you mean '--format'?" },
		{ &plain, { "--elephant" }, "plain: unknown option '--elephant'" },
		{ &plain, { "-q", "-x" }, "plain: unknown option '-x'" },
		{ &plain, { "-qx" }, "plain: unknown option '-x'" },
		{ &plain, { "--format=jsn" }, "plain: --format cannot be 'jsn'; did you mean 'json'?" },
		{ &plain, { "--format", "elephant" }, "plain: --format cannot be 'elephant'; it takes table, json, prometheus" },
		{ &plain,
		  { "--watch=soon" },
		  "plain: --watch cannot be 'soon'; it takes a number of seconds, or a duration like 500ms" },
		{ &plain,
		  { "--watch=0" },
		  "plain: --watch cannot be '0'; it takes a number of seconds, or a duration like 500ms" },
		{ &plain, { "--quick=yes" }, "plain: --quick takes no value" },
		{ &plain, { "-q", "--config" }, "plain: --config needs a value" },
		{ &plain, { "-f" }, "plain: -f needs a value" },
		{ &plain, { "word" }, "plain: 'word' is one word too many" },
		{ &filed, { "-q" }, "filed: FILE… is missing" },
		{ &filed, { "a", "b", "c" }, "filed: 'c' is one word too many" },
	};
	struct values v;
	int first = -7;

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		assert_int_equal(parse(rows[i].command, &v, &first, rows[i].words), -EINVAL);
		assert_string_equal(diag.text, rows[i].text);
		assert_int_equal(first, -7);
	}
}

static void test_help(void **state)
{
	struct sn_text text = { 0 };
	struct values v;
	int first;

	assert_int_equal(PARSE(&filed, &v, &first, "--help"), 1);
	assert_int_equal(PARSE(&filed, &v, &first, "-h"), 1);
	sn_args_help(&filed, &text);
	assert_non_null(strstr(text.data, "Usage: sauron filed [OPTION]… FILE…\n\nDoes it\n"));
	assert_non_null(strstr(text.data, "\n  -f, --format table|json|prometheus\n                                  how\n"));
	assert_non_null(strstr(text.data, "\n  -w, --watch[=SECONDS]           again\n"));
	assert_non_null(strstr(text.data, "\n      --config FILE               read it\n"));
	assert_non_null(strstr(text.data, "\n  -h, --help                      show this help\n"));
	sn_text_free(&text);
}

static void test_list_is_bounded(void **state)
{
	char *argv[SN_ARG_LIST_MAX + 3] = { "plain" };
	struct values v = { 0 };
	int first;

	for (int i = 1; i <= SN_ARG_LIST_MAX + 1; i++)
		argv[i] = "--set=k=v";
	assert_int_equal(sn_args_parse(&plain, SN_ARG_LIST_MAX + 1, argv, &v, &first, &diag), 0);
	assert_int_equal(v.set.count, SN_ARG_LIST_MAX);
	v.set.count = 0;
	assert_int_equal(sn_args_parse(&plain, SN_ARG_LIST_MAX + 2, argv, &v, &first, &diag), -EINVAL);
	assert_string_equal(diag.text, "plain: --set may be given 64 times at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_optional),	       cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_help),   cmocka_unit_test(test_list_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
