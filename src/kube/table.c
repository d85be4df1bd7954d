/* SPDX-License-Identifier: Apache-2.0 */
/** @file A watch and the table that it fills. */
#include "kube/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "kube/facts.h"

#define LIMIT 200000u

static const struct {
	const char *name, *path;
	sn_kube_read_fn read;
} kinds[] = {
	[SN_KUBE_PODS] = { "pods", "/api/v1/pods", sn_kube_read_pod },
	[SN_KUBE_SERVICES] = { "services", "/api/v1/services", sn_kube_read_service },
	[SN_KUBE_SLICES] = { "endpointslices", "/apis/discovery.k8s.io/v1/endpointslices", sn_kube_read_slice },
	[SN_KUBE_NODES] = { "nodes", "/api/v1/nodes", sn_kube_read_node },
};
_Static_assert(SN_ARRAY_SIZE(kinds) == _SN_KUBE_KIND_MAX, "describe every kind");

struct sn_kube_table {
	enum sn_kube_kind kind;
	struct sn_identity *identity;
	struct sn_watch *watch;
	struct sn_kube_facts facts; /* of the object being read: too large for a stack */
};

const char *sn_kube_kind_name(enum sn_kube_kind kind)
{
	return kinds[kind].name;
}

static void on_event(void *ctx, enum sn_watch_event event, const json_t *object)
{
	struct sn_kube_table *table = ctx;

	switch (event) {
	case SN_WATCH_LIST:
		sn_identity_list_begin(table->identity);
		break;
	case SN_WATCH_SYNCED:
		sn_identity_list_end(table->identity);
		break;
	case SN_WATCH_PUT:
		if (kinds[table->kind].read(object, &table->facts) == 0)
			sn_identity_put(table->identity, &table->facts.facts);
		sn_kube_facts_fini(&table->facts);
		break;
	case SN_WATCH_DELETE:
		if (kinds[table->kind].read(object, &table->facts) == 0)
			sn_identity_remove(table->identity, table->facts.facts.uid);
		sn_kube_facts_fini(&table->facts);
		break;
	}
}

int sn_kube_table_new(uv_loop_t *loop, enum sn_kube_kind kind, const struct sn_kube_table_options *options,
		      struct sn_kube_table **ret_table)
{
	struct sn_kube_table *table = calloc(1, sizeof(*table));
	struct sn_watch_options watch = options->watch;
	SN_AUTO_FREE char *selector = NULL;
	int err = table ? sn_identity_new(options->limit ? options->limit : LIMIT, &table->identity) : -ENOMEM;

	if (!err && options->node && asprintf(&selector, "spec.nodeName=%s", options->node) < 0)
		err = -ENOMEM;
	watch.client = options->client;
	watch.access = options->access;
	watch.path = kinds[kind].path;
	watch.field_selector = selector;
	watch.cached = options->node;
	watch.fn = on_event;
	watch.ctx = table;
	if (!err) {
		table->kind = kind;
		err = sn_watch_new(loop, &watch, &table->watch);
	}
	if (err) {
		sn_kube_table_free(table);
		return err;
	}
	*ret_table = table;
	return 0;
}

struct sn_kube_table *sn_kube_table_free(struct sn_kube_table *table)
{
	if (!table)
		return NULL;
	sn_watch_free(table->watch);
	sn_identity_free(table->identity);
	free(table);
	return NULL;
}

struct sn_identity *sn_kube_table_identity(struct sn_kube_table *table)
{
	return table->identity;
}

void sn_kube_table_stats(const struct sn_kube_table *table, struct sn_watch_stats *ret_stats)
{
	sn_watch_stats(table->watch, ret_stats);
}
