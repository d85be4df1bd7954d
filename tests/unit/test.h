/* SPDX-License-Identifier: Apache-2.0 */
/** @file What every unit test includes: cmocka in the order it wants, and where the test data lies. */
#ifndef SN_TESTS_UNIT_TEST_H
#define SN_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Path of a file under tests/data; the buffer is static, one at a time. */
static inline const char *test_data(const char *name)
{
	static char path[4096];
	const char *top = getenv("SN_TEST_DATA");

	snprintf(path, sizeof(path), "%s/%s", top ? top : "tests/data", name);
	return path;
}

/** Reads a whole file; fails the test when it cannot. The caller frees. */
static inline uint8_t *test_read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!f)
		fail_msg("cannot open %s", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	data = malloc((size_t)size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)size, f), size);
	fclose(f);
	*ret_len = (size_t)size;
	return data;
}

#endif
