/* SPDX-License-Identifier: Apache-2.0 */
/** @file Who watches live: Server-Sent Events of records as they come in, and of the fleet's state. */
#ifndef SN_CONTROLLER_LIVE_H
#define SN_CONTROLLER_LIVE_H

#include "controller/fleet.h"
#include "controller/store.h"

struct sn_live;

/** @return 0 or -ENOMEM. */
int sn_live_new(struct sn_live **ret_live);
/** The server has stopped by then. */
struct sn_live *sn_live_free(struct sn_live *live);
/**
 * Begins a stream: parameters type (words between commas; none: no records), node, ue, gnb choose the records. A watcher that is
 * too slow loses records, and is told how many ("lost").
 */
void sn_live_watch(struct sn_live *live, const struct sn_http_request *request, struct sn_http_answer *answer);
/** Shows a record to those who watch for it. */
void sn_live_record(struct sn_live *live, const struct sn_store_record *record);
/** Once a second. */
void sn_live_tick(struct sn_live *live, const struct sn_fleet *fleet);
size_t sn_live_watchers(const struct sn_live *live);

#endif
