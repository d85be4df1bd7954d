/* SPDX-License-Identifier: Apache-2.0 */
/** @file Plays a scenario: the UEs, their exchanges in time, and the account of what was sent. */
#ifndef SN_LAB_PLAYER_H
#define SN_LAB_PLAYER_H

#include <stdio.h>

#include "lab/scenario.h"
#include "lab/transport.h"

#define SN_LAB_MAX_MESSAGES 16 /* of an exchange */

struct sn_lab_summary {
	const char *scenario;
	const char *transport;
	uint64_t duration_ns;
	unsigned gnbs;
	uint64_t arrived, finished; /* UEs */
	uint64_t messages;
	uint64_t begun[_SN_LAB_EXCHANGE_MAX], completed[_SN_LAB_EXCHANGE_MAX];
	uint64_t sent[_SN_LAB_EXCHANGE_MAX][SN_LAB_MAX_MESSAGES];
	uint64_t causes[SN_LAB_CAUSES]; /* of InitialContextSetup's unsuccessful outcomes */
	struct sn_lab_traffic traffic;
};

/** Called about once a second while it plays, and once when the associations are up. May be NULL. */
typedef void sn_lab_progress_fn(void *ctx, const struct sn_lab_summary *summary, uint64_t active);

/**
 * Plays until the scenario ends, its limits are reached, or SIGINT, SIGTERM or SIGHUP comes. The lab has to be up.
 * @return 0 (also when stopped by a signal); negative errno with words: the summary then says how far it came.
 */
int sn_lab_play(const struct sn_lab_options *options, sn_lab_progress_fn *progress, void *ctx, struct sn_lab_summary *ret_summary,
		struct sn_diag *reterr);

/** Checks options that a person gave. @return 0 or -EINVAL with words. */
int sn_lab_options_check(const struct sn_lab_options *options, struct sn_diag *reterr);

/** Writes the account as JSON, or for people. */
void sn_lab_summary_json(const struct sn_lab_summary *summary, FILE *out);
void sn_lab_summary_table(const struct sn_lab_summary *summary, FILE *out);

#endif
