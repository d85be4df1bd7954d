/* SPDX-License-Identifier: Apache-2.0 */
/** @file Clocks in nanoseconds and their texts. */
#ifndef SN_BASE_CLOCK_H
#define SN_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define SN_NSEC_PER_SEC	 1000000000ull
#define SN_NSEC_PER_MSEC 1000000ull
#define SN_NSEC_PER_USEC 1000ull

uint64_t sn_clock_boottime_ns(void);
uint64_t sn_clock_realtime_ns(void);
/** What to add to CLOCK_BOOTTIME to get ns since 1970, as of now. */
uint64_t sn_clock_wall_offset_ns(void);

/** RFC 3339 in UTC with microseconds; the buffer takes SN_TIME_TEXT bytes. */
#define SN_TIME_TEXT 32
const char *sn_clock_text(uint64_t realtime_ns, char ret_text[SN_TIME_TEXT]);

#endif
