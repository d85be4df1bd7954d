/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/**
 * @file Compiled for the host and for BPF with -Wpadded -Werror: a record shared with the kernel that has hidden padding, which
 * could differ between the targets and would leak kernel memory, does not build. The build includes every module's ABI header in
 * front of it.
 */
#include "bpf/abi.h"
