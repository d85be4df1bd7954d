/* SPDX-License-Identifier: Apache-2.0 */
/** @file Four tables, asked in turn. */
#include "kube/cluster.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"

struct sn_kube_cluster {
	struct sn_kube_table *tables[_SN_KUBE_KIND_MAX];
};

int sn_kube_cluster_new(uv_loop_t *loop, const struct sn_kube_table_options *options, struct sn_kube_cluster **ret_cluster)
{
	struct sn_kube_cluster *cluster = calloc(1, sizeof(*cluster));
	struct sn_kube_table_options own = *options;
	int err = cluster ? 0 : -ENOMEM;

	own.node = NULL;
	for (unsigned kind = 0; !err && kind < _SN_KUBE_KIND_MAX; kind++)
		err = sn_kube_table_new(loop, kind, &own, &cluster->tables[kind]);
	if (err) {
		sn_kube_cluster_free(cluster);
		return err;
	}
	*ret_cluster = cluster;
	return 0;
}

struct sn_kube_cluster *sn_kube_cluster_free(struct sn_kube_cluster *cluster)
{
	if (!cluster)
		return NULL;
	for (unsigned kind = 0; kind < _SN_KUBE_KIND_MAX; kind++)
		sn_kube_table_free(cluster->tables[kind]);
	free(cluster);
	return NULL;
}

static bool look_up(const struct sn_kube_cluster *cluster, enum sn_kube_kind kind, uint8_t family, const uint8_t *octets,
		    struct sn_pod *ret_owner)
{
	const struct sn_identity *identity = sn_kube_table_identity(cluster->tables[kind]);

	return sn_identity_pod(identity, sn_identity_of_address(identity, family, octets), ret_owner);
}

bool sn_kube_cluster_owner(const struct sn_kube_cluster *cluster, uint8_t family, const uint8_t *octets,
			   struct sn_kube_owner *ret_owner)
{
	static const enum sn_kube_kind order[] = { SN_KUBE_PODS, SN_KUBE_SERVICES, SN_KUBE_NODES };
	struct sn_kube_owner found = { 0 };
	struct sn_pod slice;

	for (size_t i = 0; i < SN_ARRAY_SIZE(order); i++) {
		if (!look_up(cluster, order[i], family, octets, &found.owner))
			continue;
		found.kind = order[i];
		if (found.kind == SN_KUBE_PODS && look_up(cluster, SN_KUBE_SLICES, family, octets, &slice))
			found.service = slice.full;
		*ret_owner = found;
		return true;
	}
	return false;
}

struct sn_kube_table *sn_kube_cluster_table(struct sn_kube_cluster *cluster, enum sn_kube_kind kind)
{
	return cluster->tables[kind];
}
