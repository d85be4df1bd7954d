/* SPDX-License-Identifier: Apache-2.0 */
/** @file CRC32c (Castagnoli) as SCTP uses it (RFC 9260 appendix A), by SSE4.2 or ARMv8 CRC where the CPU has it. */
#ifndef SN_BASE_CRC32C_H
#define SN_BASE_CRC32C_H

#include "base/bytes.h"

/** Continues `crc` (start with 0) over `view`; the result is the finished CRC in host order. */
uint32_t sn_crc32c(uint32_t crc, struct sn_view view);

#endif
