/* SPDX-License-Identifier: Apache-2.0 */
/** @file Documents as facts and folded tables; nothing that a peer names reaches the terminal as a control sequence. */
#include "test.h"

#include <jansson.h>

#include "model/document.h"
#include "model/wrap.h"

static char *page;
static size_t page_len;

static FILE *begin(void)
{
	FILE *out = open_memstream(&page, &page_len);

	assert_non_null(out);
	return out;
}

static void check_page(FILE *out, const char *expected)
{
	fclose(out);
	assert_string_equal(page, expected);
	free(page);
}

static json_t *parse(const char *text)
{
	json_t *document = json_loads(text, 0, NULL);

	assert_non_null(document);
	return document;
}

static void test_words(void **state)
{
	FILE *out = begin();

	sn_wrap_words(out, "", 4, 40);
	sn_wrap_words(out, "short", 4, 40);
	sn_wrap_words(out, "one two three four five six seven eight nine ten", 4, 34);
	/* A word wider than the line is broken. */
	sn_wrap_words(out, "abcdefghijklmnopqrstuvwxyz0123456789", 4, 34);
	check_page(out, "\nshort\none two three four five six\n    seven eight nine ten\n"
			"abcdefghijklmnopqrstuvwxyz0123\n    456789\n");
}

static void test_table(void **state)
{
	json_t *rows = parse("[{\"name\":\"a\",\"count\":7,\"why\":\"because there is a reason, and another one\"},"
			     "{\"name\":\"longer\",\"count\":12345,\"why\":\"\"},{\"name\":\"µ\",\"count\":null,\"why\":\"x\"}]");
	FILE *out = begin();

	sn_wrap_table(out, "things", rows, 41, false);
	check_page(out, "things\n"
			"name    count  why\n"
			"a           7  because there is a reason,\n"
			"               and another one\n"
			"longer  12345\n"
			"µ              x\n\n");
	json_decref(rows);
	out = begin();
	rows = parse("[]");
	sn_wrap_table(out, "things", rows, 41, false);
	check_page(out, "");
	json_decref(rows);
}

static void test_facts(void **state)
{
	json_t *document = parse("{\"a_name\":\"value\",\"list\":[\"x\",\"y\"],\"n\":3,\"r\":1.5,\"b\":true,\"rows\":[{\"k\":1}],"
				 "\"empty\":[],\"nothing\":null}");
	FILE *out = begin();

	sn_document_print_facts(out, document);
	check_page(out, "a name  value\nlist    x, y\nn       3\nr       1.5\nb       yes\n\nrows\nk\n1\n\n");
	json_decref(document);
}

static void test_hostile(void **state)
{
	json_t *document = parse("{\"name\":\"\\u001b]0;evil\\u0007\",\"words\":[\"\\u001b[2J\"],"
				 "\"rows\":[{\"gnb\":\"\\u001b[31m\\n\\u009b\"}]}");
	FILE *out = begin();

	sn_document_print_facts(out, document);
	sn_document_print(out, document, SN_FORMAT_TABLE);
	fclose(out);
	assert_null(strchr(page, '\033'));
	assert_null(strchr(page, '\007'));
	assert_null(strstr(page, "\xc2\x9b"));
	assert_non_null(strstr(page, "\\x1b]0;evil\\x07"));
	assert_non_null(strstr(page, "\\x1b[31m\\x0a\\xc2\\x9b"));
	free(page);
	json_decref(document);
}

static void test_json(void **state)
{
	json_t *document = parse("{\"a\":0.1,\"b\":[]}");
	FILE *out = begin();

	sn_document_print(out, document, SN_FORMAT_JSON);
	check_page(out, "{\n  \"a\": 0.1,\n  \"b\": []\n}\n");
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	cmocka_unit_test(test_table), cmocka_unit_test(test_facts),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
