/* SPDX-License-Identifier: Apache-2.0 */
/** @file Texts that repeat, kept once, for as long as somebody uses them. */
#ifndef SN_MODEL_INTERN_H
#define SN_MODEL_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct sn_intern_text;
/** Zero-initialise; free with sn_intern_fini once nothing is used any more. */
struct sn_intern {
	struct sn_intern_text **buckets;
	size_t bucket_count, count;
	size_t octets; /* of memory */
};

/** @return the text, one use of which is the caller's; NULL: out of memory. */
const char *sn_intern_use(struct sn_intern *intern, const char *text);
/** Gives up one use of what sn_intern_use has returned. NULL is fine. */
void sn_intern_drop(struct sn_intern *intern, const char *text);
void sn_intern_fini(struct sn_intern *intern);

#endif
