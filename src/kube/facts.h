/* SPDX-License-Identifier: Apache-2.0 */
/** @file What Sauron wants to know of an object of the Kubernetes API: its names, labels, containers, addresses. */
#ifndef SN_KUBE_FACTS_H
#define SN_KUBE_FACTS_H

#include <jansson.h>

#include "model/identity.h"

#define SN_KUBE_ADDRESSES 1024 /* an EndpointSlice has at most 1,000 endpoints */

/** Borrows from the object, and lives no longer. */
struct sn_kube_facts {
	struct sn_pod_facts facts;
	const char *addresses[SN_KUBE_ADDRESSES];
	json_t *networks; /* of a pod: further networks, as Multus has noted them */
};

/** Reads an object; released by sn_kube_facts_fini also after a failure. @return 0; -EINVAL: it has no name or no uid. */
typedef int (*sn_kube_read_fn)(const json_t *object, struct sn_kube_facts *ret_facts);

/** A pod. One that has ended, or is in its node's network, has no address of its own. */
int sn_kube_read_pod(const json_t *object, struct sn_kube_facts *ret_facts);
/** A service: the addresses that it has, inside and outside. */
int sn_kube_read_service(const json_t *object, struct sn_kube_facts *ret_facts);
/** An EndpointSlice: named as its service, with the addresses of its endpoints. */
int sn_kube_read_slice(const json_t *object, struct sn_kube_facts *ret_facts);
/** A node; it is of no namespace. */
int sn_kube_read_node(const json_t *object, struct sn_kube_facts *ret_facts);
void sn_kube_facts_fini(struct sn_kube_facts *facts);

#endif
