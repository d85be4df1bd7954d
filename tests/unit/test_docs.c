/* SPDX-License-Identifier: Apache-2.0 */
/** @file What is made from the tables of the commands: overview, man page, completion; each shell reads its own. */
#include <errno.h>
#include <sys/wait.h>

#include "test.h"

#include "cli/docs.h"

static const struct sn_arg args[] = {
	{ .name = "format", .letter = 'f', .doc = "how to 'print' a: [b]", .choices = sn_format_names, .type = SN_ARG_CHOICE },
	{ .name = "config", .value = "FILE", .doc = ".dots and -dashes \\ backslashes", .type = SN_ARG_STRING },
	{ .name = "watch", .letter = 'w', .value = "SECONDS", .doc = "again", .type = SN_ARG_SECONDS, .optional = true },
	{ .name = "set", .value = "KEY=VALUE", .doc = "one", .type = SN_ARG_LIST },
	{ .name = "quick", .letter = 'q', .doc = "be quick", .type = SN_ARG_FLAG },
	{ 0 },
};
static const char *const words[] = { "up", "down", NULL };
static const struct sn_command first = { .name = "first",
					 .summary = "Does the first",
					 .doc = "It's a doc.\n.second line",
					 .operands = "FILE…",
					 .max_operands = 9,
					 .args = args };
static const struct sn_command second = {
	.name = "second", .summary = "Doesn't do it", .operands = "up|down", .words = words, .max_operands = 1
};
static const struct sn_command *const commands[] = { &first, &second, NULL };

static void test_overview(void **state)
{
	struct sn_text text = { 0 };

	sn_docs_overview(commands, &text);
	assert_non_null(strstr(text.data, "\n  first       Does the first\n  second      Doesn't do it\n"));
	sn_text_free(&text);
}

static void test_man(void **state)
{
	struct sn_text text = { 0 };

	sn_docs_man(commands, &text);
	assert_non_null(strstr(text.data, ".SS sauron first [OPTION]\\[u2026] FILE…\nDoes the first.\n"));
	/* A dot at the beginning of a line is a request, a dash a hyphen, a backslash an escape: unless written otherwise. */
	assert_non_null(strstr(text.data, "\n.PP\n\\&.second line\n"));
	assert_non_null(strstr(text.data, "\\&.dots and \\-dashes \\e backslashes.\n"));
	assert_non_null(strstr(text.data, ".TP\n\\fB\\-f, \\-\\-format table|json|prometheus\\fR\n"));
	sn_text_free(&text);
}

/** Writes the script to a file and runs a shell over it. @return what the shell prints; NULL when there is no such shell. */
static char *run_shell(const char *shell, const char *script, const char *more)
{
	char path[] = "/tmp/sn-test-docs-XXXXXX", command[256];
	static char output[8192];
	int fd = mkstemp(path);
	size_t len;
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	assert_int_equal(write(fd, more, strlen(more)), strlen(more));
	close(fd);
	snprintf(command, sizeof(command), "command -v %s >/dev/null || exit 99; %s %s 2>&1", shell, shell, path);
	f = popen(command, "r");
	assert_non_null(f);
	len = fread(output, 1, sizeof(output) - 1, f);
	output[len] = '\0';
	unlink(path);
	return WEXITSTATUS(pclose(f)) == 99 ? NULL : output;
}

static void test_bash(void **state)
{
	struct sn_text text = { 0 };
	const char *output;

	assert_int_equal(sn_docs_completion("bash", commands, &text), 0);
	output = run_shell("bash", text.data,
			   "try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sauron; echo \"[${COMPREPLY[*]}]\"; }\n"
			   "try sauron se\ntry sauron first --f\ntry sauron first --format j\ntry sauron first -f t\n"
			   "try sauron second d\ntry sauron second --\n");
	assert_non_null(output);
	assert_string_equal(output, "[second]\n[--format]\n[json]\n[table]\n[down]\n[--help]\n");
	sn_text_free(&text);
}

static void test_zsh(void **state)
{
	struct sn_text text = { 0 };
	const char *output;

	assert_int_equal(sn_docs_completion("zsh", commands, &text), 0);
	assert_int_equal(strncmp(text.data, "#compdef sauron\n", 16), 0);
	assert_non_null(strstr(text.data, "'--format=[how to '\\''print'\\'' a\\: \\[b\\]]:format:(table json prometheus)'"));
	assert_non_null(strstr(text.data, "'*--set=[one]:set:_files'"));
	assert_non_null(strstr(text.data, "'second:Doesn'\\''t do it'"));
	output = run_shell("zsh -n", text.data, "");
	if (output)
		assert_string_equal(output, "");
	sn_text_free(&text);
}

static void test_fish(void **state)
{
	struct sn_text text = { 0 };
	const char *output;

	assert_int_equal(sn_docs_completion("fish", commands, &text), 0);
	assert_non_null(strstr(text.data, "-n '__fish_seen_subcommand_from first' -l format -s f -xa 'table json prometheus' "
					  "-d 'how to \\'print\\' a: [b]'\n"));
	assert_non_null(strstr(text.data, "-n '__fish_seen_subcommand_from second' -a 'up down'\n"));
	output = run_shell("fish --no-execute", text.data, "");
	if (output)
		assert_string_equal(output, "");
	sn_text_free(&text);
}

static void test_other_shell(void **state)
{
	struct sn_text text = { 0 };

	assert_int_equal(sn_docs_completion("tcsh", commands, &text), -EINVAL);
	assert_null(text.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overview), cmocka_unit_test(test_man),  cmocka_unit_test(test_bash),
		cmocka_unit_test(test_zsh),	 cmocka_unit_test(test_fish), cmocka_unit_test(test_other_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
