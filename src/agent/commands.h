/* SPDX-License-Identifier: Apache-2.0 */
/** @file The commands that run modules. */
#ifndef SN_AGENT_COMMANDS_H
#define SN_AGENT_COMMANDS_H

#include "base/args.h"

extern const struct sn_command sn_command_agent;
extern const struct sn_command sn_command_analyze;
extern const struct sn_command sn_command_check;

#endif
