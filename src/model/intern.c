/* SPDX-License-Identifier: Apache-2.0 */
/** @file Chained buckets of texts that are counted. */
#include "model/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/map.h"

#define FIRST_BUCKETS 64

struct sn_intern_text {
	struct sn_intern_text *next;
	uint32_t hash, uses;
	char text[];
};

static struct sn_intern_text **bucket_of(const struct sn_intern *intern, uint32_t hash)
{
	return &intern->buckets[hash & (intern->bucket_count - 1)];
}

static void grow(struct sn_intern *intern)
{
	size_t count = intern->bucket_count ? 2 * intern->bucket_count : FIRST_BUCKETS;
	struct sn_intern old = *intern;
	struct sn_intern_text **buckets = calloc(count, sizeof(struct sn_intern_text *));

	if (!buckets)
		return; /* longer chains do, too */
	intern->buckets = buckets;
	intern->bucket_count = count;
	intern->octets += (count - old.bucket_count) * sizeof(struct sn_intern_text *);
	for (size_t i = 0; i < old.bucket_count; i++) {
		struct sn_intern_text *entry = old.buckets[i], *next;

		for (; entry; entry = next) {
			struct sn_intern_text **bucket = bucket_of(intern, entry->hash);

			next = entry->next;
			entry->next = *bucket;
			*bucket = entry;
		}
	}
	free(old.buckets);
}

const char *sn_intern_use(struct sn_intern *intern, const char *text)
{
	size_t size = strlen(text) + 1;
	uint32_t hash = (uint32_t)sn_map_hash_bytes(sn_map_seed(), text, size);
	struct sn_intern_text *entry, **bucket;

	if (intern->count >= intern->bucket_count)
		grow(intern);
	if (!intern->bucket_count)
		return NULL;
	bucket = bucket_of(intern, hash);
	for (entry = *bucket; entry; entry = entry->next) {
		if (entry->hash == hash && strcmp(entry->text, text) == 0) {
			entry->uses++;
			return entry->text;
		}
	}
	entry = malloc(sizeof(*entry) + size);
	if (!entry)
		return NULL;
	*entry = (struct sn_intern_text) { .next = *bucket, .hash = hash, .uses = 1 };
	memcpy(entry->text, text, size);
	*bucket = entry;
	intern->count++;
	intern->octets += sizeof(*entry) + size;
	return entry->text;
}

void sn_intern_drop(struct sn_intern *intern, const char *text)
{
	struct sn_intern_text *entry, **at;

	if (!text)
		return;
	entry = (struct sn_intern_text *)(text - offsetof(struct sn_intern_text, text));
	if (--entry->uses)
		return;
	for (at = bucket_of(intern, entry->hash); *at != entry; at = &(*at)->next)
		;
	*at = entry->next;
	intern->count--;
	intern->octets -= sizeof(*entry) + strlen(entry->text) + 1;
	free(entry);
}

void sn_intern_fini(struct sn_intern *intern)
{
	for (size_t i = 0; i < intern->bucket_count; i++) {
		struct sn_intern_text *entry = intern->buckets[i], *next;

		for (; entry; entry = next) {
			next = entry->next;
			free(entry);
		}
	}
	free(intern->buckets);
	*intern = (struct sn_intern) { 0 };
}
