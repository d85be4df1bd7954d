/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Who is who on a node or in a cluster: pods by their uid, by their addresses and by their containers, and the network
 * function that each is, with what tells so and how surely. Texts that repeat are kept once; a pod takes less than 1 KiB. What
 * else has a name and addresses (services, nodes) is kept in the same way, in a table of its own.
 */
#ifndef SN_MODEL_IDENTITY_H
#define SN_MODEL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/** Network functions of TS 23.501 and TS 38.401, and what else a core consists of. Append-only. */
enum sn_role {
	SN_ROLE_UNKNOWN,
	SN_ROLE_AMF,
	SN_ROLE_SMF,
	SN_ROLE_UPF,
	SN_ROLE_AUSF,
	SN_ROLE_UDM,
	SN_ROLE_UDR,
	SN_ROLE_PCF,
	SN_ROLE_NRF,
	SN_ROLE_NSSF,
	SN_ROLE_NEF,
	SN_ROLE_BSF,
	SN_ROLE_SCP,
	SN_ROLE_SEPP,
	SN_ROLE_SMSF,
	SN_ROLE_CHF,
	SN_ROLE_NWDAF,
	SN_ROLE_N3IWF,
	SN_ROLE_GNB,
	SN_ROLE_GNB_CU,
	SN_ROLE_GNB_DU,
	SN_ROLE_UE,
	_SN_ROLE_MAX,
};
/** "AMF", "gNB-CU"; "" for unknown. */
const char *sn_role_name(enum sn_role role);
/** The role that a word of a name tells: "open5gs-amf", "amf-0", "oai-gnb-cu". @param ret_exact the whole name is the role's. */
enum sn_role sn_role_of_name(const char *name, size_t len, bool *ret_exact);

/** How surely a role is known. */
#define SN_CONFIDENCE_NAME	  40 /* by the name of a container or pod */
#define SN_CONFIDENCE_IMAGE	  50
#define SN_CONFIDENCE_LABEL	  70 /* a word of a label */
#define SN_CONFIDENCE_LABEL_EXACT 90 /* a label that is the role and nothing else */
#define SN_CONFIDENCE_WIRE	  95 /* it speaks as one */

struct sn_pod_label {
	const char *name, *value;
};
struct sn_pod_container {
	const char *id; /* without "containerd://"; NULL or "": it does not run yet */
	const char *name, *image;
};
/** What is known of a pod; all borrowed. Texts may be NULL but for namespace, name and uid. */
#define SN_POD_LABELS	  16
#define SN_POD_CONTAINERS 32
struct sn_pod_facts {
	const char *namespace, *name, *uid, *node;
	struct sn_pod_label labels[SN_POD_LABELS]; /* those that are wanted */
	struct sn_pod_container containers[SN_POD_CONTAINERS];
	const char *const *addresses; /* as text; none for a pod in its node's network */
	size_t label_count, container_count, address_count;
};
/** Whether a label is worth keeping. */
bool sn_identity_wants_label(const char *name);

struct sn_identity;
/** @param limit pods, at most; further ones are counted as refused. @return 0 or -ENOMEM */
int sn_identity_new(uint32_t limit, struct sn_identity **ret_identity);
struct sn_identity *sn_identity_free(struct sn_identity *identity);

/** Adds a pod, or replaces what was known of one with the same uid. @return 0, -ENOMEM, -ENOSPC: the table is full. */
int sn_identity_put(struct sn_identity *identity, const struct sn_pod_facts *facts);
void sn_identity_remove(struct sn_identity *identity, const char *uid);
/** From now on a whole list is put; at its end those that were not among it go. It may begin anew. */
void sn_identity_list_begin(struct sn_identity *identity);
void sn_identity_list_end(struct sn_identity *identity);

/** A pod's number, 0: none. Valid until the next put, remove or list_end. */
uint32_t sn_identity_of_uid(const struct sn_identity *identity, const char *uid);
/** @param family 4 or 6 @param octets of the address, in network order */
uint32_t sn_identity_of_address(const struct sn_identity *identity, uint8_t family, const uint8_t *octets);
uint32_t sn_identity_of_container(const struct sn_identity *identity, const char *container_id);

/** What is known of a pod; borrowed as long as the number is valid. */
struct sn_pod {
	const char *full; /* "namespace/name" */
	size_t namespace_len;
	const char *name, *uid;
	const char *node, *labels; /* "name=value,…"; "" for none */
	enum sn_role role;
	unsigned confidence;  /* 0 … 100 */
	const char *evidence; /* "label app=amf", "image …"; "" for none */
};
/** @return false: there is none of this number. */
bool sn_identity_pod(const struct sn_identity *identity, uint32_t pod, struct sn_pod *ret_pod);
/** The containers of a pod: id (its first 32 digits), name, image. The texts are borrowed, `id` for the call only. */
void sn_identity_each_container(const struct sn_identity *identity, uint32_t pod,
				void (*fn)(void *ctx, const struct sn_pod_container *container), void *ctx);
void sn_identity_each_address(const struct sn_identity *identity, uint32_t pod,
			      void (*fn)(void *ctx, uint8_t family, const uint8_t *octets), void *ctx);
/** Calls fn with every pod's number. */
void sn_identity_each(const struct sn_identity *identity, void (*fn)(void *ctx, uint32_t pod), void *ctx);

/** A module has seen a pod act as `role`: kept as long as the pod is, and used where nothing surer is known. */
void sn_identity_note_role(struct sn_identity *identity, uint32_t pod, enum sn_role role, unsigned confidence,
			   const char *evidence);

struct sn_identity_stats {
	uint32_t pods, containers, addresses;
	uint64_t refused; /* pods that were not taken: the table was full, or they made no sense */
	uint64_t octets;  /* of memory, but for the allocator's own */
};
void sn_identity_stats(const struct sn_identity *identity, struct sn_identity_stats *ret_stats);

#endif
