/* SPDX-License-Identifier: Apache-2.0 */
/** @file Addresses with a port, as options hold them. */
#ifndef SN_CONFIG_LISTEN_H
#define SN_CONFIG_LISTEN_H

#include <stdint.h>

/** Parts of "127.0.0.1:9465" or "[::1]:9465". @return 0 or -EINVAL. */
int sn_config_parse_listen(const char *text, char ret_address[64], uint16_t *ret_port);

#endif
