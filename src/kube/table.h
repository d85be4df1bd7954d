/* SPDX-License-Identifier: Apache-2.0 */
/** @file A table that follows one kind of objects of the Kubernetes API: the pods of a node, or of a cluster; services; … */
#ifndef SN_KUBE_TABLE_H
#define SN_KUBE_TABLE_H

#include "kube/watch.h"
#include "model/identity.h"

enum sn_kube_kind {
	SN_KUBE_PODS,
	SN_KUBE_SERVICES,
	SN_KUBE_SLICES,
	SN_KUBE_NODES,
	_SN_KUBE_KIND_MAX,
};
/** "pods", "endpointslices". */
const char *sn_kube_kind_name(enum sn_kube_kind kind);

/** Borrowed, and to outlive the table; as of struct sn_watch_options. */
struct sn_kube_table_options {
	struct sn_http_client *client;
	const struct sn_kube_access *access;
	const char *node;	       /* of pods: those of this node only; NULL: all. Copied */
	uint32_t limit;		       /* objects at most (200,000) */
	struct sn_watch_options watch; /* but for what is above; 0: as of struct sn_watch_options */
};

struct sn_kube_table;
/** Begins with the loop. @return 0 or -ENOMEM. */
int sn_kube_table_new(uv_loop_t *loop, enum sn_kube_kind kind, const struct sn_kube_table_options *options,
		      struct sn_kube_table **ret_table);
/** As sn_watch_free. @return NULL. */
struct sn_kube_table *sn_kube_table_free(struct sn_kube_table *table);
/** What is there. Empty until the first list is complete, but for what of it has come. */
struct sn_identity *sn_kube_table_identity(struct sn_kube_table *table);
void sn_kube_table_stats(const struct sn_kube_table *table, struct sn_watch_stats *ret_stats);

#endif
