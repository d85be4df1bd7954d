/* SPDX-License-Identifier: Apache-2.0 */
/** @file The commands of the controller. */
#ifndef SN_CONTROLLER_COMMANDS_H
#define SN_CONTROLLER_COMMANDS_H

#include "base/args.h"

extern const struct sn_command sn_command_controller;

#endif
