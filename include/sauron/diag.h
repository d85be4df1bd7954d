/* SPDX-License-Identifier: Apache-2.0 */
/** @file The sentence a person reads when something failed. Library code fills it; the caller prints it once. */
#ifndef SAURON_DIAG_H
#define SAURON_DIAG_H

#include <stddef.h>

/**
 * What failed, in words: names the file and line, the object or the option, and the remedy where there is one.
 * Zero-initialise before use. Every function that takes one accepts NULL ("the caller does not want words").
 */
struct sn_diag {
	char text[1024];
};

/**
 * Writes the sentence (a later call replaces an earlier one) and returns `err`, so that a failing
 * function can end with `return sn_diag_set(reterr, -EINVAL, "…")`.
 */
int sn_diag_set(struct sn_diag *diag, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
