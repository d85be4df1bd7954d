/* SPDX-License-Identifier: Apache-2.0 */
/** @file The commands that talk to a running agent. They know its API and nothing of its inside. */
#ifndef SN_CLI_COMMANDS_H
#define SN_CLI_COMMANDS_H

#include "base/args.h"

extern const struct sn_command sn_command_events;
extern const struct sn_command sn_command_kpi;
extern const struct sn_command sn_command_nodes;
extern const struct sn_command sn_command_rollout;
extern const struct sn_command sn_command_status;

#endif
