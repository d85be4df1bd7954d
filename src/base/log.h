/* SPDX-License-Identifier: Apache-2.0 */
/** @file The log of the program: lines to stderr, with journald priorities under systemd, coloured on a terminal. */
#ifndef SN_BASE_LOG_H
#define SN_BASE_LOG_H

#include <stdbool.h>

#include "base/macro.h"

enum sn_log_level {
	SN_LOG_ERROR,
	SN_LOG_WARNING,
	SN_LOG_INFO,
	SN_LOG_DEBUG,
	_SN_LOG_LEVEL_MAX,
};

void sn_log_set_level(enum sn_log_level level);
/** A line begins with the time of day, where journald does not write one anyway. Off at the start. */
void sn_log_set_clock(bool on);
/**
 * Lines go to `sink` (without the newline) instead of stderr, for as long as something else owns the terminal. NULL: back to
 * stderr.
 */
void sn_log_set_sink(void (*sink)(void *ctx, enum sn_log_level level, const char *line), void *ctx);

/**
 * Writes one line, in one write(2). Control characters and bytes that are no UTF-8 are written as \xNN, since what is told may
 * come from the network or from a file.
 */
void sn_log(enum sn_log_level level, const char *format, ...) SN_PRINTF(2, 3);

#define sn_log_error(...)   sn_log(SN_LOG_ERROR, __VA_ARGS__)
#define sn_log_warning(...) sn_log(SN_LOG_WARNING, __VA_ARGS__)
#define sn_log_info(...)    sn_log(SN_LOG_INFO, __VA_ARGS__)
#define sn_log_debug(...)   sn_log(SN_LOG_DEBUG, __VA_ARGS__)

#endif
