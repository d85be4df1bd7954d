/* SPDX-License-Identifier: Apache-2.0 */
/** @file Objects of the Kubernetes API. Their fields may be missing, or of another type than they should be: jansson's readers
 * give NULL for both. */
#include "kube/facts.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

#define POD_ADDRESSES	16 /* of one pod: nobody may fill the agent's memory by an annotation */
#define NETWORKS_OCTETS 65536

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void add_address(struct sn_kube_facts *facts, const char *address, size_t limit)
{
	if (address && *address && strcmp(address, "None") != 0 && facts->facts.address_count < limit)
		facts->addresses[facts->facts.address_count++] = address;
}

/** @param member of each item that is an object; items that are texts are addresses themselves. */
static void add_addresses(struct sn_kube_facts *facts, const json_t *list, const char *member, size_t limit)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		add_address(facts, json_is_string(item) ? json_string_value(item) : text_of(item, member), limit);
}

static void read_labels(const json_t *labels, struct sn_pod_facts *facts)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)labels, name, value) if (json_is_string(value) && facts->label_count < SN_POD_LABELS &&
							       sn_identity_wants_label(name))
		facts->labels[facts->label_count++] = (struct sn_pod_label) { .name = name, .value = json_string_value(value) };
}

static int read_names(const json_t *object, struct sn_kube_facts *ret_facts)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *namespace = text_of(metadata, "namespace");

	*ret_facts = (struct sn_kube_facts) { 0 };
	ret_facts->facts = (struct sn_pod_facts) { .namespace = namespace ? namespace : "",
						   .name = text_of(metadata, "name"),
						   .uid = text_of(metadata, "uid"),
						   .addresses = ret_facts->addresses };
	if (!ret_facts->facts.name || !ret_facts->facts.uid)
		return -EINVAL;
	read_labels(json_object_get(metadata, "labels"), &ret_facts->facts);
	return 0;
}

/* --- pods */

/** "containerd://ID" of the container with this name; NULL while it has none. */
static const char *container_id(const json_t *statuses, const char *name)
{
	const json_t *status;
	const char *id, *own;
	size_t i;

	json_array_foreach(statuses, i, status)
	{
		own = text_of(status, "name");
		id = text_of(status, "containerID");
		if (own && name && strcmp(own, name) == 0)
			return id && strstr(id, "://") ? strstr(id, "://") + 3 : NULL;
	}
	return NULL;
}

static void add_containers(struct sn_kube_facts *facts, const json_t *specs, const json_t *statuses, bool sidecars_only)
{
	const json_t *spec;
	size_t i;

	json_array_foreach(specs, i, spec)
	{
		const char *name = text_of(spec, "name"), *policy = text_of(spec, "restartPolicy");

		if (facts->facts.container_count == SN_POD_CONTAINERS)
			return;
		/* KEP-753: an init container that is restarted runs beside the others. */
		if (sidecars_only && (!policy || strcmp(policy, "Always") != 0))
			continue;
		facts->facts.containers[facts->facts.container_count++] = (struct sn_pod_container) {
			.id = container_id(statuses, name), .name = name, .image = text_of(spec, "image")
		};
	}
}

/** Multus writes what it has added, for instance the network of N2, into an annotation (k8snetworkplumbingwg's standard, 4.2). */
static void add_networks(struct sn_kube_facts *facts, const json_t *annotations)
{
	const char *text = text_of(annotations, "k8s.v1.cni.cncf.io/network-status");
	const json_t *network;
	size_t i;

	if (!text || strlen(text) > NETWORKS_OCTETS)
		return;
	facts->networks = json_loads(text, 0, NULL);
	json_array_foreach(facts->networks, i, network)
		add_addresses(facts, json_object_get(network, "ips"), "ip", POD_ADDRESSES);
}

static bool has_ended(const json_t *status)
{
	const char *phase = text_of(status, "phase");

	return phase && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0);
}

int sn_kube_read_pod(const json_t *object, struct sn_kube_facts *ret_facts)
{
	const json_t *spec = json_object_get(object, "spec"), *status = json_object_get(object, "status");
	int err = read_names(object, ret_facts);

	if (err)
		return err;
	ret_facts->facts.node = text_of(spec, "nodeName");
	add_containers(ret_facts, json_object_get(spec, "containers"), json_object_get(status, "containerStatuses"),
		       /* sidecars_only= */ false);
	add_containers(ret_facts, json_object_get(spec, "initContainers"), json_object_get(status, "initContainerStatuses"),
		       /* sidecars_only= */ true);
	/* Its address may be another one's by now. */
	if (has_ended(status) || json_is_true(json_object_get(spec, "hostNetwork")))
		return 0;
	add_addresses(ret_facts, json_object_get(status, "podIPs"), "ip", POD_ADDRESSES);
	if (!ret_facts->facts.address_count)
		add_address(ret_facts, text_of(status, "podIP"), POD_ADDRESSES);
	add_networks(ret_facts, json_object_get(json_object_get(object, "metadata"), "annotations"));
	return 0;
}

/* --- what else has addresses */

int sn_kube_read_service(const json_t *object, struct sn_kube_facts *ret_facts)
{
	const json_t *spec = json_object_get(object, "spec");
	int err = read_names(object, ret_facts);

	if (err)
		return err;
	add_addresses(ret_facts, json_object_get(spec, "clusterIPs"), "ip", SN_KUBE_ADDRESSES);
	add_addresses(ret_facts, json_object_get(spec, "externalIPs"), "ip", SN_KUBE_ADDRESSES);
	add_addresses(ret_facts, json_object_get(json_object_get(json_object_get(object, "status"), "loadBalancer"), "ingress"),
		      "ip", SN_KUBE_ADDRESSES);
	return 0;
}

int sn_kube_read_slice(const json_t *object, struct sn_kube_facts *ret_facts)
{
	const char *service =
		text_of(json_object_get(json_object_get(object, "metadata"), "labels"), "kubernetes.io/service-name");
	const json_t *endpoint;
	size_t i;
	int err = read_names(object, ret_facts);

	if (err)
		return err;
	if (service)
		ret_facts->facts.name = service;
	json_array_foreach(json_object_get(object, "endpoints"), i, endpoint)
		add_addresses(ret_facts, json_object_get(endpoint, "addresses"), "ip", SN_KUBE_ADDRESSES);
	return 0;
}

int sn_kube_read_node(const json_t *object, struct sn_kube_facts *ret_facts)
{
	int err = read_names(object, ret_facts);

	if (err)
		return err;
	/* The host's name is among them: what is no address is passed over. */
	add_addresses(ret_facts, json_object_get(json_object_get(object, "status"), "addresses"), "address", SN_KUBE_ADDRESSES);
	return 0;
}

void sn_kube_facts_fini(struct sn_kube_facts *facts)
{
	json_decref(facts->networks);
	facts->networks = NULL;
}
