/* SPDX-License-Identifier: Apache-2.0 */
/** @file Reading of addresses with a port. */
#include "config/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"

int sn_config_parse_listen(const char *text, char ret_address[64], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	char address[64];
	uint64_t port;
	size_t len;
	struct in6_addr in6;

	if (!colon || sn_text_parse_size(colon + 1, &port) || port < 1 || port > UINT16_MAX)
		return -EINVAL;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return -EINVAL;
	}
	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &in6) != 1 && inet_pton(AF_INET6, address, &in6) != 1)
		return -EINVAL;
	memcpy(ret_address, address, len + 1);
	*ret_port = (uint16_t)port;
	return 0;
}
