/* SPDX-License-Identifier: Apache-2.0 */
/** @file The log of the program: lines to stderr, with journald priorities under systemd, coloured on a terminal. */
#ifndef SN_BASE_LOG_H
#define SN_BASE_LOG_H

#include "base/macro.h"

enum sn_log_level {
	SN_LOG_ERROR,
	SN_LOG_WARNING,
	SN_LOG_INFO,
	SN_LOG_DEBUG,
	_SN_LOG_LEVEL_MAX,
};

void sn_log_set_level(enum sn_log_level level);
void sn_log(enum sn_log_level level, const char *format, ...) SN_PRINTF(2, 3);

#define sn_log_error(...)   sn_log(SN_LOG_ERROR, __VA_ARGS__)
#define sn_log_warning(...) sn_log(SN_LOG_WARNING, __VA_ARGS__)
#define sn_log_info(...)    sn_log(SN_LOG_INFO, __VA_ARGS__)
#define sn_log_debug(...)   sn_log(SN_LOG_DEBUG, __VA_ARGS__)

#endif
