/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tests of kernel/libbpf.c: what libbpf and the verifier say becomes one sentence. */
#include <errno.h>

#include "kernel/internal.h"
#include "test.h"

static void reason_of(const char *log, int err, char *ret_reason, size_t size)
{
	struct words words = { 0 };

	words.len = strlen(log);
	assert_true(words.len < sizeof(words.text));
	memcpy(words.text, log, words.len);
	words_reason(&words, err, ret_reason, size);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *log;
		int err;
		const char *reason;
	} rows[] = {
		{ "libbpf: prog 'sn_n2_tc_ingress': BPF program load failed: Permission denied\n"
		  "libbpf: prog 'sn_n2_tc_ingress': -- BEGIN PROG LOAD LOG --\n"
		  "0: (b7) r1 = 0\n"
		  "invalid access to memory, mem_size=256 off=40 size=0\n"
		  "processed 213 insns (limit 1000000) max_states_per_insn 1 total_states 18 peak_states 18 mark_read 9\n"
		  "-- END PROG LOAD LOG --\n"
		  "libbpf: prog 'sn_n2_tc_ingress': failed to load: -13\n"
		  "libbpf: failed to load object 'n2'\n",
		  -EACCES, "EACCES: invalid access to memory, mem_size=256 off=40 size=0" },
		{ "libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3\nlibbpf: failed to load object 'n2'\n",
		  -ESRCH, "ESRCH: Error loading vmlinux BTF: -3" },
		{ "libbpf: Kernel error message: Exclusivity flag on, cannot modify\n", -EEXIST,
		  "EEXIST: Kernel error message: Exclusivity flag on, cannot modify" },
		{ "", -EPERM, "EPERM: Operation not permitted" },
		{ "\n\n\n", -EINVAL, "EINVAL: Invalid argument" },
		{ "no newline at the end", -EINVAL, "EINVAL: no newline at the end" },
	};
	char reason[512];

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		reason_of(rows[i].log, rows[i].err, reason, sizeof(reason));
		assert_string_equal(reason, rows[i].reason);
	}
}

static void test_reason_fits(void **state)
{
	char reason[16];

	reason_of("libbpf: a sentence that is longer than what was given for it\n", -EINVAL, reason, sizeof(reason));
	assert_string_equal(reason, "EINVAL: a sente");
}

/* What is said while nobody listens goes nowhere; of what is too long the end is kept. */
static void test_the_end_is_kept(void **state)
{
	struct words words;
	char reason[512];

	words_begin(&words);
	for (int i = 0; i < 200; i++)
		assert_null(bpf_object__open_file("/nonexistent/path/of/some/length/to/fill/the/words", NULL));
	words_end();
	assert_true(words.len < sizeof(words.text) && words.len > sizeof(words.text) / 2);
	assert_int_equal(words.text[words.len], '\0');
	words_reason(&words, -ENOENT, reason, sizeof(reason));
	assert_int_equal(strncmp(reason, "ENOENT: ", 8), 0);
	assert_non_null(strstr(reason, "/nonexistent/path"));
	words.len = 0;
	assert_null(bpf_object__open_file("/nonexistent", NULL));
	assert_int_equal(words.len, 0);
}

static void test_error_names(void **state)
{
	assert_string_equal(error_name(-EPERM), "EPERM");
	assert_string_equal(error_name(ENOENT), "ENOENT");
	assert_string_equal(error_name(-524), "ENOTSUPP");
	assert_string_equal(error_name(-4000), "error 4000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_reason_fits),
		cmocka_unit_test(test_the_end_is_kept),
		cmocka_unit_test(test_error_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
