/* SPDX-License-Identifier: Apache-2.0 */
/** @file The ways in which n2 can look: its hooks in order of preference. */
#ifndef SN_N2_HOOKS_H
#define SN_N2_HOOKS_H

#include "kernel/kernel.h"

/** Groups "socket" (fexit, kprobe, tracepoint) and "packet"; ended by a hook without a name. */
extern const struct sn_hook sn_n2_hooks[];

#endif
