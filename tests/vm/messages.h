/* SPDX-License-Identifier: Apache-2.0 */
/** @file The file of messages that `messages` writes and `chat` plays: heads, each followed by its message. */
#ifndef SN_TESTS_VM_MESSAGES_H
#define SN_TESTS_VM_MESSAGES_H

#include <stdint.h>

#define MESSAGE_MAX 65536

/** Integers in network byte order. */
struct message_head {
	uint32_t length;
	uint8_t direction; /* 0 gNB to AMF, 1 AMF to gNB */
	uint8_t stream;
	uint16_t association; /* counted from 0 in the order of their beginnings */
};

#endif
