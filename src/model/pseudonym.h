/* SPDX-License-Identifier: Apache-2.0 */
/** @file Pseudonyms of subscriber identifiers: HMAC-SHA-256 under a key that never leaves the node, cut to 64 bits. */
#ifndef SN_MODEL_PSEUDONYM_H
#define SN_MODEL_PSEUDONYM_H

#include "base/bytes.h"
#include "sauron/diag.h"

#define SN_PSEUDONYM_TEXT 40

struct sn_pseudonym;

/**
 * @param key_file holds 32 octets; made with mode 0600 when it is not there. NULL: a random key for this run.
 * @param clear   identifiers are written as they are (`subscriber_ids: clear`).
 */
int sn_pseudonym_new(const char *key_file, bool clear, struct sn_pseudonym **ret_pseudonym, struct sn_diag *reterr);
struct sn_pseudonym *sn_pseudonym_free(struct sn_pseudonym *pseudonym);
bool sn_pseudonym_is_clear(const struct sn_pseudonym *pseudonym);
/** Keyed hash of an identifier of a kind ("supi", "guti", …): the same identifier gives the same value on this node, always. */
uint64_t sn_pseudonym_of(struct sn_pseudonym *pseudonym, const char *kind, struct sn_view identifier);
/** "ue-0123456789abcdef". */
const char *sn_pseudonym_text(uint64_t value, char ret_text[SN_PSEUDONYM_TEXT]);

#endif
