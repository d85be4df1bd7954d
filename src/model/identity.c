/* SPDX-License-Identifier: Apache-2.0 */
/** @file The table of pods: pools named by index, maps from uid, address and container, texts kept once. */
#include "model/identity.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/pool.h"
#include "base/text.h"
#include "model/intern.h"

#define NAME_OCTETS  512 /* namespace 63, name 253 */
#define TEXT_OCTETS  512
#define LABEL_OCTETS 1024

struct pod {
	char *full;		   /* "namespace/name", NUL, uid, NUL: one piece of memory */
	const char *node, *labels; /* interned, as the next */
	const char *evidence, *wire_evidence;
	uint32_t first_container, first_address;
	uint32_t generation; /* of the list that had it last */
	uint16_t namespace_len, full_len;
	uint8_t role, confidence;
	uint8_t wire_role, wire_confidence;
	bool used;
};
struct container {
	const char *name, *image; /* interned */
	struct sn_map_key key;	  /* the first 128 bits of its id; all zero: it has none yet */
	uint32_t pod, next;
};
struct address {
	uint8_t octets[16];
	uint8_t family;
	uint32_t pod, next;
};

struct sn_identity {
	struct sn_pool pods, containers, addresses;
	struct sn_map by_uid, by_container, by_address;
	struct sn_intern texts;
	uint64_t name_octets;
	uint64_t refused;
	uint32_t generation;
};

/* --- keys */

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static uint64_t hex64(const char *text)
{
	char part[17];

	memcpy(part, text, 16);
	part[16] = '\0';
	return strtoull(part, NULL, 16);
}

/** Ids are SHA-256 or random: 128 bits of them tell them apart. What is not hexadecimal is hashed. */
static struct sn_map_key key_of_container(const char *id)
{
	size_t len = strlen(id);

	if (len >= 32 && is_hex(id, 32))
		return (struct sn_map_key) { .a = hex64(id), .b = hex64(id + 16) };
	return (struct sn_map_key) { .a = sn_map_hash_bytes(sn_map_seed(), id, len),
				     .b = sn_map_hash_bytes(~sn_map_seed(), id, len) };
}

static struct sn_map_key key_of_uid(const char *uid)
{
	size_t len = strlen(uid);

	return (struct sn_map_key) { .a = sn_map_hash_bytes(sn_map_seed(), uid, len),
				     .b = sn_map_hash_bytes(~sn_map_seed(), uid, len) };
}

static struct sn_map_key key_of_address(uint8_t family, const uint8_t *octets)
{
	struct sn_map_key key = { 0 };

	if (family == 6)
		memcpy(&key, octets, 16);
	else
		memcpy(&key.b, octets, 4);
	/* ::/32 is nobody's. */
	key.a = family == 6 ? key.a : UINT64_MAX;
	return key;
}

static struct pod *pod_at(const struct sn_identity *identity, uint32_t index)
{
	return sn_pool_at(&identity->pods, index);
}

static struct container *container_at(const struct sn_identity *identity, uint32_t index)
{
	return sn_pool_at(&identity->containers, index);
}

static struct address *address_at(const struct sn_identity *identity, uint32_t index)
{
	return sn_pool_at(&identity->addresses, index);
}

/* --- what goes */

static void forget_containers(struct sn_identity *identity, struct pod *pod)
{
	while (pod->first_container) {
		uint32_t index = pod->first_container;
		struct container *container = container_at(identity, index);

		pod->first_container = container->next;
		/* It may be another pod's by now; what is not this one's stays. */
		if (sn_map_get(&identity->by_container, container->key) == index)
			sn_map_remove(&identity->by_container, container->key);
		sn_intern_drop(&identity->texts, container->name);
		sn_intern_drop(&identity->texts, container->image);
		sn_pool_give(&identity->containers, index);
	}
}

static void forget_addresses(struct sn_identity *identity, struct pod *pod)
{
	while (pod->first_address) {
		uint32_t index = pod->first_address;
		struct address *address = address_at(identity, index);
		struct sn_map_key key = key_of_address(address->family, address->octets);

		pod->first_address = address->next;
		if (sn_map_get(&identity->by_address, key) == index)
			sn_map_remove(&identity->by_address, key);
		sn_pool_give(&identity->addresses, index);
	}
}

/** All but its names and what was seen on the wire. */
static void forget_facts(struct sn_identity *identity, struct pod *pod)
{
	forget_containers(identity, pod);
	forget_addresses(identity, pod);
	sn_intern_drop(&identity->texts, SN_TAKE_PTR(pod->node));
	sn_intern_drop(&identity->texts, SN_TAKE_PTR(pod->labels));
	sn_intern_drop(&identity->texts, SN_TAKE_PTR(pod->evidence));
	pod->role = SN_ROLE_UNKNOWN;
	pod->confidence = 0;
}

static const char *uid_of(const struct pod *pod)
{
	return pod->full + pod->full_len + 1;
}

static size_t names_size(const struct pod *pod)
{
	return (size_t)pod->full_len + 1 + strlen(uid_of(pod)) + 1;
}

static void remove_pod(struct sn_identity *identity, uint32_t index)
{
	struct pod *pod = pod_at(identity, index);

	forget_facts(identity, pod);
	sn_intern_drop(&identity->texts, pod->wire_evidence);
	sn_map_remove(&identity->by_uid, key_of_uid(uid_of(pod)));
	identity->name_octets -= names_size(pod);
	free(pod->full);
	pod->used = false;
	sn_pool_give(&identity->pods, index);
}

/* --- roles */

struct guess {
	enum sn_role role;
	unsigned confidence;
	char evidence[TEXT_OCTETS];
};

static void guess_by(struct guess *guess, const char *what, const char *name, const char *value, unsigned confidence,
		     unsigned exact_confidence)
{
	size_t len = value ? strcspn(value, "@") : 0; /* the digest of an image tells nothing */
	enum sn_role role;
	bool exact;

	if (!len)
		return;
	role = sn_role_of_name(value, len, &exact);
	confidence = exact ? exact_confidence : confidence;
	if (role == SN_ROLE_UNKNOWN || confidence <= guess->confidence)
		return;
	guess->role = role;
	guess->confidence = confidence;
	snprintf(guess->evidence, sizeof(guess->evidence), "%s %s%s%.200s", what, name, *name ? "=" : "", value);
}

/** Of an image only its last part tells: the registry and the folders are somebody's names. */
static const char *image_name(const char *image)
{
	const char *slash = image ? strrchr(image, '/') : NULL;

	return slash ? slash + 1 : image;
}

static void guess_role(const struct sn_pod_facts *facts, struct guess *guess)
{
	for (size_t i = 0; i < facts->label_count; i++)
		guess_by(guess, "label", facts->labels[i].name, facts->labels[i].value, SN_CONFIDENCE_LABEL,
			 SN_CONFIDENCE_LABEL_EXACT);
	for (size_t i = 0; i < facts->container_count; i++) {
		guess_by(guess, "image", "", image_name(facts->containers[i].image), SN_CONFIDENCE_IMAGE, SN_CONFIDENCE_IMAGE);
		guess_by(guess, "container", "", facts->containers[i].name, SN_CONFIDENCE_NAME, SN_CONFIDENCE_NAME);
	}
	guess_by(guess, "pod", "", facts->name, SN_CONFIDENCE_NAME, SN_CONFIDENCE_NAME);
}

/* --- what comes */

static int add_container(struct sn_identity *identity, uint32_t pod, const struct sn_pod_container *wanted)
{
	uint32_t index = sn_pool_take(&identity->containers);
	struct container *container;

	if (!index)
		return -ENOMEM;
	container = container_at(identity, index);
	container->name = sn_intern_use(&identity->texts, wanted->name ? wanted->name : "");
	container->image = sn_intern_use(&identity->texts, wanted->image ? wanted->image : "");
	container->pod = pod;
	container->next = pod_at(identity, pod)->first_container;
	pod_at(identity, pod)->first_container = index;
	if (!container->name || !container->image)
		return -ENOMEM;
	if (!wanted->id || !*wanted->id)
		return 0;
	container->key = key_of_container(wanted->id);
	return sn_map_set(&identity->by_container, container->key, index);
}

static int add_address(struct sn_identity *identity, uint32_t pod, const char *text)
{
	struct address address = { .pod = pod };
	uint32_t index;

	if (inet_pton(AF_INET, text, address.octets) == 1)
		address.family = 4;
	else if (inet_pton(AF_INET6, text, address.octets) == 1)
		address.family = 6;
	else
		return 0; /* what is no address is nobody's */
	index = sn_pool_take(&identity->addresses);
	if (!index)
		return -ENOMEM;
	address.next = pod_at(identity, pod)->first_address;
	*address_at(identity, index) = address;
	pod_at(identity, pod)->first_address = index;
	return sn_map_set(&identity->by_address, key_of_address(address.family, address.octets), index);
}

static const char *labels_text(struct sn_identity *identity, const struct sn_pod_facts *facts)
{
	char text[LABEL_OCTETS];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < facts->label_count; i++) {
		int n = snprintf(text + len, sizeof(text) - len, "%s%s=%s", len ? "," : "", facts->labels[i].name,
				 facts->labels[i].value);

		if (n < 0 || (size_t)n >= sizeof(text) - len) {
			text[len] = '\0';
			break;
		}
		len += (size_t)n;
	}
	return sn_intern_use(&identity->texts, text);
}

static int take_facts(struct sn_identity *identity, uint32_t index, const struct sn_pod_facts *facts)
{
	struct pod *pod = pod_at(identity, index);
	struct guess guess = { 0 };
	int err = 0;

	guess_role(facts, &guess);
	pod->role = (uint8_t)guess.role;
	pod->confidence = (uint8_t)guess.confidence;
	pod->evidence = sn_intern_use(&identity->texts, guess.evidence);
	pod->node = sn_intern_use(&identity->texts, facts->node ? facts->node : "");
	pod->labels = labels_text(identity, facts);
	if (!pod->evidence || !pod->node || !pod->labels)
		return -ENOMEM;
	/* Lists are put in front: so that they stand as they came. */
	for (size_t i = facts->container_count; !err && i-- > 0;)
		err = add_container(identity, index, &facts->containers[i]);
	for (size_t i = facts->address_count; !err && i-- > 0;)
		err = add_address(identity, index, facts->addresses[i]);
	return err;
}

static int new_pod(struct sn_identity *identity, const struct sn_pod_facts *facts, uint32_t *ret_index)
{
	size_t uid_size = strlen(facts->uid) + 1, namespace_len = strlen(facts->namespace);
	size_t full_len = namespace_len + 1 + strlen(facts->name);
	uint32_t index = full_len < NAME_OCTETS && uid_size < NAME_OCTETS ? sn_pool_take(&identity->pods) : 0;
	struct pod *pod;

	if (!index) {
		identity->refused++;
		return -ENOSPC;
	}
	pod = pod_at(identity, index);
	pod->full = malloc(full_len + 1 + uid_size);
	if (!pod->full || sn_map_set(&identity->by_uid, key_of_uid(facts->uid), index)) {
		free(SN_TAKE_PTR(pod->full));
		sn_pool_give(&identity->pods, index);
		return -ENOMEM;
	}
	snprintf(pod->full, full_len + 1, "%s/%s", facts->namespace, facts->name);
	memcpy(pod->full + full_len + 1, facts->uid, uid_size);
	pod->namespace_len = (uint16_t)namespace_len;
	pod->full_len = (uint16_t)full_len;
	pod->used = true;
	identity->name_octets += names_size(pod);
	*ret_index = index;
	return 0;
}

int sn_identity_put(struct sn_identity *identity, const struct sn_pod_facts *facts)
{
	uint32_t index = sn_identity_of_uid(identity, facts->uid);
	int err = 0;

	if (index)
		forget_facts(identity, pod_at(identity, index));
	else
		err = new_pod(identity, facts, &index);
	if (err)
		return err;
	pod_at(identity, index)->generation = identity->generation;
	err = take_facts(identity, index, facts);
	if (err)
		remove_pod(identity, index);
	return err;
}

void sn_identity_remove(struct sn_identity *identity, const char *uid)
{
	uint32_t index = sn_identity_of_uid(identity, uid);

	if (index)
		remove_pod(identity, index);
}

void sn_identity_list_begin(struct sn_identity *identity)
{
	identity->generation++;
}

void sn_identity_list_end(struct sn_identity *identity)
{
	for (uint32_t i = 1; i <= identity->pods.used; i++)
		if (pod_at(identity, i)->used && pod_at(identity, i)->generation != identity->generation)
			remove_pod(identity, i);
}

/* --- who asks */

uint32_t sn_identity_of_uid(const struct sn_identity *identity, const char *uid)
{
	return sn_map_get(&identity->by_uid, key_of_uid(uid));
}

uint32_t sn_identity_of_address(const struct sn_identity *identity, uint8_t family, const uint8_t *octets)
{
	uint32_t index = sn_map_get(&identity->by_address, key_of_address(family, octets));

	return index ? address_at(identity, index)->pod : 0;
}

uint32_t sn_identity_of_container(const struct sn_identity *identity, const char *container_id)
{
	uint32_t index = *container_id ? sn_map_get(&identity->by_container, key_of_container(container_id)) : 0;

	return index ? container_at(identity, index)->pod : 0;
}

bool sn_identity_pod(const struct sn_identity *identity, uint32_t index, struct sn_pod *ret_pod)
{
	const struct pod *pod;
	bool wire;

	if (!index || index > identity->pods.used || !pod_at(identity, index)->used)
		return false;
	pod = pod_at(identity, index);
	wire = pod->wire_confidence > pod->confidence;
	*ret_pod = (struct sn_pod) { .full = pod->full,
				     .namespace_len = pod->namespace_len,
				     .name = pod->full + pod->namespace_len + 1,
				     .uid = uid_of(pod),
				     .node = pod->node,
				     .labels = pod->labels,
				     .role = wire ? pod->wire_role : pod->role,
				     .confidence = wire ? pod->wire_confidence : pod->confidence,
				     .evidence = wire ? pod->wire_evidence : pod->evidence };
	return true;
}

void sn_identity_each_container(const struct sn_identity *identity, uint32_t pod,
				void (*fn)(void *ctx, const struct sn_pod_container *container), void *ctx)
{
	for (uint32_t i = pod_at(identity, pod)->first_container; i; i = container_at(identity, i)->next) {
		const struct container *container = container_at(identity, i);
		char id[33] = "";

		if (container->key.a || container->key.b)
			snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)container->key.a,
				 (unsigned long long)container->key.b);
		fn(ctx, &(struct sn_pod_container) { .id = id, .name = container->name, .image = container->image });
	}
}

void sn_identity_each_address(const struct sn_identity *identity, uint32_t pod,
			      void (*fn)(void *ctx, uint8_t family, const uint8_t *octets), void *ctx)
{
	for (uint32_t i = pod_at(identity, pod)->first_address; i; i = address_at(identity, i)->next)
		fn(ctx, address_at(identity, i)->family, address_at(identity, i)->octets);
}

void sn_identity_each(const struct sn_identity *identity, void (*fn)(void *ctx, uint32_t pod), void *ctx)
{
	for (uint32_t i = 1; i <= identity->pods.used; i++)
		if (pod_at(identity, i)->used)
			fn(ctx, i);
}

void sn_identity_note_role(struct sn_identity *identity, uint32_t index, enum sn_role role, unsigned confidence,
			   const char *evidence)
{
	struct pod *pod;
	const char *text;

	if (!index || index > identity->pods.used || !pod_at(identity, index)->used)
		return;
	pod = pod_at(identity, index);
	if (confidence < pod->wire_confidence || (confidence == pod->wire_confidence && role == (enum sn_role)pod->wire_role))
		return;
	text = sn_intern_use(&identity->texts, evidence);
	if (!text)
		return;
	sn_intern_drop(&identity->texts, pod->wire_evidence);
	pod->wire_evidence = text;
	pod->wire_role = (uint8_t)role;
	pod->wire_confidence = (uint8_t)SN_MIN(confidence, 100u);
}

bool sn_identity_wants_label(const char *name)
{
	static const char *const wanted[] = { "app.kubernetes.io/name",
					      "app.kubernetes.io/component",
					      "app.kubernetes.io/instance",
					      "app",
					      "nf",
					      "nf-type",
					      "nf.5gc.3gpp.org/type",
					      "component",
					      "role",
					      "k8s-app",
					      "name" };

	for (size_t i = 0; i < SN_ARRAY_SIZE(wanted); i++)
		if (strcmp(name, wanted[i]) == 0)
			return true;
	return false;
}

/* --- new and free */

int sn_identity_new(uint32_t limit, struct sn_identity **ret_identity)
{
	struct sn_identity *identity = calloc(1, sizeof(*identity));

	if (!identity)
		return -ENOMEM;
	sn_pool_init(&identity->pods, sizeof(struct pod), limit);
	sn_pool_init(&identity->containers, sizeof(struct container), /* limit= */ 0);
	sn_pool_init(&identity->addresses, sizeof(struct address), /* limit= */ 0);
	*ret_identity = identity;
	return 0;
}

struct sn_identity *sn_identity_free(struct sn_identity *identity)
{
	if (!identity)
		return NULL;
	for (uint32_t i = 1; i <= identity->pods.used; i++)
		if (pod_at(identity, i)->used)
			free(pod_at(identity, i)->full);
	sn_pool_fini(&identity->pods);
	sn_pool_fini(&identity->containers);
	sn_pool_fini(&identity->addresses);
	sn_map_fini(&identity->by_uid);
	sn_map_fini(&identity->by_container);
	sn_map_fini(&identity->by_address);
	sn_intern_fini(&identity->texts);
	free(identity);
	return NULL;
}

static uint64_t pool_octets(const struct sn_pool *pool)
{
	return (uint64_t)pool->chunk_count * SN_POOL_CHUNK * pool->object_size;
}

static uint64_t map_octets(const struct sn_map *map)
{
	return map->slots ? (map->mask + 1) * sizeof(*map->slots) : 0;
}

void sn_identity_stats(const struct sn_identity *identity, struct sn_identity_stats *ret_stats)
{
	*ret_stats = (struct sn_identity_stats) {
		.pods = identity->pods.live,
		.containers = identity->containers.live,
		.addresses = identity->addresses.live,
		.refused = identity->refused,
		.octets = pool_octets(&identity->pods) + pool_octets(&identity->containers) + pool_octets(&identity->addresses) +
			  map_octets(&identity->by_uid) + map_octets(&identity->by_container) +
			  map_octets(&identity->by_address) + identity->texts.octets + identity->name_octets,
	};
}
