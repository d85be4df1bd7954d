/* SPDX-License-Identifier: Apache-2.0 */
/** @file Reads the clocks and writes RFC 3339. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * SN_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t sn_clock_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t sn_clock_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t sn_clock_wall_offset_ns(void)
{
	uint64_t before = sn_clock_boottime_ns();
	uint64_t wall = sn_clock_realtime_ns();
	uint64_t after = sn_clock_boottime_ns();

	/* The middle of the two readings: off by half the time between them at most, a preemption apart. */
	return wall - (before + (after - before) / 2);
}

const char *sn_clock_text(uint64_t realtime_ns, char ret_text[SN_TIME_TEXT])
{
	time_t seconds = (time_t)(realtime_ns / SN_NSEC_PER_SEC);
	struct tm tm;

	/* 64 bits of nanoseconds end in the year 2554, so gmtime_r never fails here and the year has four digits. */
	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	snprintf(ret_text, SN_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
		 (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
		 (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u,
		 (unsigned)(realtime_ns % SN_NSEC_PER_SEC / SN_NSEC_PER_USEC));
	return ret_text;
}
