/* SPDX-License-Identifier: Apache-2.0 */
/** @file Whose an address is in a whole cluster: for the controller, which sees both ends of what no single node does. */
#ifndef SN_KUBE_CLUSTER_H
#define SN_KUBE_CLUSTER_H

#include "kube/table.h"

struct sn_kube_cluster;
/** Follows pods, services, EndpointSlices and nodes. `options->node` is not looked at. @return 0 or -ENOMEM. */
int sn_kube_cluster_new(uv_loop_t *loop, const struct sn_kube_table_options *options, struct sn_kube_cluster **ret_cluster);
/** As sn_watch_free. @return NULL. */
struct sn_kube_cluster *sn_kube_cluster_free(struct sn_kube_cluster *cluster);

/** Texts are borrowed until the loop turns. */
struct sn_kube_owner {
	enum sn_kube_kind kind; /* SN_KUBE_PODS, SN_KUBE_SERVICES or SN_KUBE_NODES */
	struct sn_pod owner;
	const char *service; /* of a pod: a service that it serves, "namespace/name"; NULL: none is known */
};
/** @param family 4 or 6 @return false: nobody's that is known. */
bool sn_kube_cluster_owner(const struct sn_kube_cluster *cluster, uint8_t family, const uint8_t *octets,
			   struct sn_kube_owner *ret_owner);
struct sn_kube_table *sn_kube_cluster_table(struct sn_kube_cluster *cluster, enum sn_kube_kind kind);

#endif
