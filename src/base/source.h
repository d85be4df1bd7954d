/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A file, a pipe or standard input as a stream of bytes; gzip is recognised by its first bytes and unpacked on the way.
 * Knows how far it has come, for a progress bar.
 */
#ifndef SN_BASE_SOURCE_H
#define SN_BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sauron/diag.h"

struct sn_source;

/**
 * Opens `path`, or standard input for "-". @return 0 with an object to be released by sn_source_free; -ENOMEM, -EISDIR, -ENOTTY
 * (standard input is a terminal) or what open() said, with the sentence in reterr.
 */
int sn_source_open(const char *path, struct sn_source **ret_source, struct sn_diag *reterr);
struct sn_source *sn_source_free(struct sn_source *source);

/**
 * Reads up to `size` bytes as they are after unpacking; has the shape of sn_read_fn with the source as its context. Waits for
 * the first byte only.
 * @return how many; 0 at the end; -EBADMSG: the gzip data are damaged or end early; or what read() said. After a failure
 *         sn_source_diag tells it in words and every further call fails alike.
 */
int64_t sn_source_read(void *source, uint8_t *ret_data, size_t size);

/** The failure of sn_source_read; its text is "" while there was none. */
const struct sn_diag *sn_source_diag(const struct sn_source *source);
/** For messages: the path, or "standard input". */
const char *sn_source_name(const struct sn_source *source);
bool sn_source_is_gzip(const struct sn_source *source);
/** True when the failure of sn_source_read is that the file ends early: what came before is good. */
bool sn_source_is_cut(const struct sn_source *source);
/** Bytes of the file as it lies on the disk; 0 for a pipe. */
uint64_t sn_source_size(const struct sn_source *source);
/** Of those, the bytes taken so far; a pipe counts them too. */
uint64_t sn_source_consumed(const struct sn_source *source);

#endif
