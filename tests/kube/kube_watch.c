/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Follows an API server, and tells on request what its tables hold: for test_watch.
 *
 *   kube_watch URL CA_FILE TOKEN_FILE NODE     the pods of one node; "-" for NODE: the whole cluster
 *
 * Each line of stdin is a question, each answer one line of JSON: "table pods" (or services, endpointslices, nodes), "owner
 * ADDRESS".
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macro.h"
#include "kube/cluster.h"

static uv_loop_t loop;
static uv_poll_t input;
static struct sn_kube_access reach;
static struct sn_http_client *client;
static struct sn_kube_table *pods;	/* of a node */
static struct sn_kube_cluster *cluster; /* or of all */
static char asked[256];
static size_t asked_len;

static void add_container(void *ctx, const struct sn_pod_container *container)
{
	json_array_append_new(ctx, json_string(container->id));
}

static void add_address(void *ctx, uint8_t family, const uint8_t *octets)
{
	char text[INET6_ADDRSTRLEN];

	json_array_append_new(ctx, json_string(inet_ntop(family == 6 ? AF_INET6 : AF_INET, octets, text, sizeof(text))));
}

struct listing {
	const struct sn_identity *identity;
	json_t *items;
};

static void add_pod(void *ctx, uint32_t number)
{
	struct listing *listing = ctx;
	json_t *containers = json_array(), *addresses = json_array();
	struct sn_pod pod;

	sn_identity_pod(listing->identity, number, &pod);
	sn_identity_each_container(listing->identity, number, add_container, containers);
	sn_identity_each_address(listing->identity, number, add_address, addresses);
	json_object_set_new(listing->items, pod.uid,
			    json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "name", pod.full, "node", pod.node, "labels", pod.labels,
				      "role", sn_role_name(pod.role), "containers", containers, "addresses", addresses));
}

static json_t *table(struct sn_kube_table *of)
{
	struct listing listing = { .identity = sn_kube_table_identity(of), .items = json_object() };
	struct sn_identity_stats memory;
	struct sn_watch_stats stats;

	sn_kube_table_stats(of, &stats);
	sn_identity_stats(listing.identity, &memory);
	sn_identity_each(listing.identity, add_pod, &listing);
	return json_pack("{s:o, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "items", listing.items,
			 "state", sn_watch_state_name(stats.state), "synced", stats.synced, "lists", (json_int_t)stats.lists,
			 "watches", (json_int_t)stats.watches, "events", (json_int_t)stats.events, "bookmarks",
			 (json_int_t)stats.bookmarks, "failures", (json_int_t)stats.failures, "expired",
			 (json_int_t)stats.expired, "unauthorized", (json_int_t)stats.unauthorized, "malformed",
			 (json_int_t)stats.malformed, "silent", (json_int_t)stats.silent, "octets", (json_int_t)memory.octets,
			 "why", stats.why);
}

static json_t *owner(const char *address)
{
	struct sn_kube_owner found;
	uint8_t octets[16];
	bool v6 = strchr(address, ':');

	if (!cluster || inet_pton(v6 ? AF_INET6 : AF_INET, address, octets) != 1 ||
	    !sn_kube_cluster_owner(cluster, v6 ? 6 : 4, octets, &found))
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s?}", "kind", sn_kube_kind_name(found.kind), "name", found.owner.full, "role",
			 sn_role_name(found.owner.role), "service", found.service);
}

static void answer(const char *question)
{
	json_t *reply = NULL;

	for (unsigned kind = 0; strncmp(question, "table ", 6) == 0 && kind < _SN_KUBE_KIND_MAX; kind++)
		if (strcmp(question + 6, sn_kube_kind_name(kind)) == 0)
			reply = cluster ? table(sn_kube_cluster_table(cluster, kind)) : table(pods);
	if (strncmp(question, "owner ", 6) == 0)
		reply = owner(question + 6);
	json_dumpf(reply, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
	putchar('\n');
	fflush(stdout);
	json_decref(reply);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
	ssize_t got = read(STDIN_FILENO, asked + asked_len, sizeof(asked) - 1 - asked_len);
	char *end;

	if (got <= 0) {
		uv_stop(&loop);
		return;
	}
	asked_len += (size_t)got;
	asked[asked_len] = '\0';
	while ((end = strchr(asked, '\n'))) {
		*end = '\0';
		answer(asked);
		asked_len -= (size_t)(end + 1 - asked);
		memmove(asked, end + 1, asked_len + 1);
	}
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

int main(int argc, char **argv)
{
	struct sn_kube_table_options options = { .access = &reach, .watch = { .silence_s = 4, .retry_last_ms = 2000 } };
	struct sn_diag diag = { 0 };
	int err;

	if (argc != 5 || sn_kube_access_init(argv[1], argv[2], argv[3], &reach, &diag)) {
		fprintf(stderr, "kube_watch: %s\n", argc == 5 ? diag.text : "URL CA_FILE TOKEN_FILE NODE");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	options.client = client = sn_http_client_new(&loop, &(struct sn_http_client_options) { .ca_pem_file = reach.ca_file });
	options.node = strcmp(argv[4], "-") == 0 ? NULL : argv[4];
	err = options.node ? sn_kube_table_new(&loop, SN_KUBE_PODS, &options, &pods)
			   : sn_kube_cluster_new(&loop, &options, &cluster);
	uv_poll_init(&loop, &input, STDIN_FILENO);
	uv_poll_start(&input, UV_READABLE, on_input);
	if (!err)
		uv_run(&loop, UV_RUN_DEFAULT);
	sn_kube_table_free(pods);
	sn_kube_cluster_free(cluster);
	sn_http_client_free(client);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	sn_kube_access_fini(&reach);
	return err ? 1 : 0;
}
