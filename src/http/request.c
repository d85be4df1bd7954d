/* SPDX-License-Identifier: Apache-2.0 */
/** @file What a handler can ask of a request: its parameters, headers, cookies and peer. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "http/internal.h"

static struct MHD_Connection *mhd_of(const struct sn_http_request *request)
{
	return ((const struct exchange *)request->internal)->mhd;
}

static const char *lookup(const struct sn_http_request *request, enum MHD_ValueKind kind, const char *name)
{
	const char *value = NULL;
	size_t len;

	if (MHD_lookup_connection_value_n(mhd_of(request), kind, name, strlen(name), &value, &len) != MHD_YES)
		return NULL;
	return value ? value : "";
}

static const char *parameter(const struct sn_http_request *request, const char *name)
{
	return lookup(request, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header(const struct sn_http_request *request, const char *name)
{
	return lookup(request, MHD_HEADER_KIND, name);
}

static const char *cookie(const struct sn_http_request *request, const char *name)
{
	return lookup(request, MHD_COOKIE_KIND, name);
}

struct search {
	const char *const *names;
	const char *found;
};

static enum MHD_Result find_unknown(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct search *search = ctx;

	for (size_t i = 0; search->names[i]; i++)
		if (strcmp(search->names[i], name) == 0)
			return MHD_YES;
	search->found = name;
	return MHD_NO;
}

static const char *unknown_parameter(const struct sn_http_request *request, const char *const *names)
{
	struct search search = { .names = names };

	MHD_get_connection_values(mhd_of(request), MHD_GET_ARGUMENT_KIND, find_unknown, &search);
	return search.found;
}

struct each {
	const char *name;
	void (*fn)(void *ctx, const char *value);
	void *ctx;
};

static enum MHD_Result give_value(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct each *each = ctx;

	if (strcmp(name, each->name) == 0)
		each->fn(each->ctx, value ? value : "");
	return MHD_YES;
}

static void each_parameter(const struct sn_http_request *request, const char *name, void (*fn)(void *ctx, const char *value),
			   void *ctx)
{
	struct each each = { .name = name, .fn = fn, .ctx = ctx };

	MHD_get_connection_values(mhd_of(request), MHD_GET_ARGUMENT_KIND, give_value, &each);
}

static void write_address(struct MHD_Connection *mhd, char *ret_text, socklen_t size)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *any = info ? info->client_addr : NULL;

	if (any && any->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)any)->sin_addr, ret_text, size);
	} else if (any && any->sa_family == AF_INET6) {
		const struct in6_addr *address = &((const struct sockaddr_in6 *)any)->sin6_addr;

		if (IN6_IS_ADDR_V4MAPPED(address))
			inet_ntop(AF_INET, address->s6_addr + 12, ret_text, size);
		else
			inet_ntop(AF_INET6, address, ret_text, size);
	}
}

void request_init(struct sn_http_request *request, struct exchange *exchange, const char *method, const char *path)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct tls_peer *peer = connection_peer(exchange->connection, exchange->mhd);

	*request = (struct sn_http_request) { .method = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method,
					      .path = path,
					      .body = { .data = (const uint8_t *)exchange->body.data, .len = exchange->body.len },
					      .parameter = parameter,
					      .unknown_parameter = unknown_parameter,
					      .each_parameter = each_parameter,
					      .header = header,
					      .cookie = cookie,
					      .peer_name = peer ? peer->name : NULL,
					      .peer_serial = peer ? peer->serial : NULL,
					      .fd = info ? info->connect_fd : -1,
					      .internal = exchange };
	write_address(exchange->mhd, request->address, sizeof(request->address));
}
