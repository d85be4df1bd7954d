/* SPDX-License-Identifier: Apache-2.0 */
/** @file Log lines: levels, escaping of what a hostile peer may have written, the sink, journald's priorities. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

#include "base/log.h"

static char last[4096];
static int lines;

static void keep(void *ctx, enum sn_log_level level, const char *line)
{
	snprintf(last, sizeof(last), "%d %s", (int)level, line);
	lines++;
}

static void test_escape(void **state)
{
	sn_log_set_sink(keep, NULL);
	sn_log_warning("gNB '%s'", "a\nb\033[31m\x7f");
	assert_string_equal(last, "1 gNB 'a\\x0ab\\x1b[31m\\x7f'");
	sn_log_warning("%s", "µs \xff\xc3 \xc2\x9b \xed");
	assert_string_equal(last, "1 µs \\xff\\xc3 \\xc2\\x9b \\xed");
	sn_log_set_sink(NULL, NULL);
}

static void test_level(void **state)
{
	lines = 0;
	sn_log_set_sink(keep, NULL);
	sn_log_debug("no");
	assert_int_equal(lines, 0);
	sn_log_set_level(SN_LOG_DEBUG);
	errno = EAGAIN;
	sn_log_debug("yes");
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(lines, 1);
	sn_log_set_level(SN_LOG_ERROR);
	sn_log_warning("no");
	assert_int_equal(lines, 1);
	sn_log_set_level(SN_LOG_INFO);
	sn_log_set_sink(NULL, NULL);
}

static void test_long_line(void **state)
{
	char *raw = test_malloc(100000);

	memset(raw, '\n', 99999);
	raw[99999] = '\0';
	sn_log_set_sink(keep, NULL);
	sn_log_error("%s", raw);
	sn_log_set_sink(NULL, NULL);
	assert_true(strlen(last) < 2300);
	test_free(raw);
}

/** Runs with stderr in a file that JOURNAL_STREAM names, as under systemd. */
static void test_journal(void **state)
{
	char path[] = "/tmp/sn-test-log-XXXXXX", stream[64], text[256] = "";
	int file = mkstemp(path), saved = dup(STDERR_FILENO);
	struct stat st;
	ssize_t len;

	assert_true(file >= 0 && saved >= 0);
	unlink(path);
	assert_int_equal(fstat(file, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(file, STDERR_FILENO);
	sn_log_error("one %d", 1);
	sn_log_info("two");
	dup2(saved, STDERR_FILENO);
	close(saved);
	len = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	assert_true(len > 0);
	assert_string_equal(text, "<3>one 1\n<6>two\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: what stderr is gets looked at once. */
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
