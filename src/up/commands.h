/* SPDX-License-Identifier: Apache-2.0 */
/** @file The command that is agent and controller in one. */
#ifndef SN_UP_COMMANDS_H
#define SN_UP_COMMANDS_H

#include "base/args.h"

extern const struct sn_command sn_command_up;

#endif
