/* SPDX-License-Identifier: Apache-2.0 */
/** @file A growing text, and small things done with names and numbers in text. */
#ifndef SN_BASE_TEXT_H
#define SN_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/** Grows as needed; zero-initialise, free with sn_text_free. `failed` sticks after an allocation failed. */
struct sn_text {
	char *data; /* NUL-terminated, NULL while empty */
	size_t len;
	size_t size;
	bool failed;
};

/** Makes room for `more` octets and the NUL, for who writes there and adds to `len`. @return false: no memory, `failed` is set.
 */
bool sn_text_reserve(struct sn_text *text, size_t more);
void sn_text_add(struct sn_text *text, const char *string);
void sn_text_add_bytes(struct sn_text *text, const char *data, size_t len);
void sn_text_addf(struct sn_text *text, const char *format, ...) SN_PRINTF(2, 3);
void sn_text_free(struct sn_text *text);

/** Columns a UTF-8 string takes on a terminal (each code point one). */
size_t sn_text_columns(const char *string);

/**
 * Copies text for a terminal or a log: control characters and octets that are no UTF-8 become \xNN, since the text may come from
 * the network. Whole characters, as far as they fit. @return octets written, without the NUL.
 */
size_t sn_text_escape(const char *raw, char *ret_text, size_t size);

/**
 * The candidate nearest to `word` by edit distance (insertion, deletion, substitution, transposition), for "did you mean".
 * @param names NULL at the end. @return NULL when none is near (more than a third of the word differs).
 */
const char *sn_text_nearest(const char *word, const char *const *names);

/** Reads "16KiB", "8MiB", "1000". @return 0, -EINVAL, -ERANGE. */
int sn_text_parse_size(const char *text, uint64_t *ret_octets);
/** Reads "250us", "100ms", "5s", "2m", "1h", "1d". @return 0, -EINVAL, -ERANGE. */
int sn_text_parse_duration(const char *text, uint64_t *ret_ns);
/** Writes a duration with its best unit ("1.25 ms"); the buffer takes 24 bytes. */
const char *sn_text_duration(uint64_t ns, char ret_text[24]);

#endif
