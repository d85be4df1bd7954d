/* SPDX-License-Identifier: Apache-2.0 */
/** @file The maps by which a module configures and asks its kernel side. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/kernel.h"

#define MAX_SET_KEY 16

int sn_object_map_set(struct sn_object *object, const char *map, const void *key, const void *value)
{
	int fd = sn_object_map(object, map);

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, key, value, BPF_ANY) < 0 ? -errno : 0;
}

int sn_object_map_get(struct sn_object *object, const char *map, const void *key, void *ret_value)
{
	int fd = sn_object_map(object, map);

	if (fd < 0)
		return fd;
	return bpf_map_lookup_elem(fd, key, ret_value) < 0 ? -errno : 0;
}

static bool in_set(const void *key, const void *keys, size_t size, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!memcmp(key, (const char *)keys + i * size, size))
			return true;
	return false;
}

int sn_object_map_keys(struct sn_object *object, const char *map, const void *keys, size_t size, size_t count)
{
	unsigned char key[MAX_SET_KEY], next[MAX_SET_KEY], ones[MAX_SET_KEY];
	int fd = sn_object_map(object, map);
	bool more;

	if (fd < 0)
		return fd;
	if (size > sizeof(key))
		return -EINVAL;
	memset(ones, 1, sizeof(ones));
	/* What is new goes in before what is old goes out: nothing that stays wanted is unwanted for a moment. */
	for (size_t i = 0; i < count; i++)
		if (bpf_map_update_elem(fd, (const char *)keys + i * size, ones, BPF_ANY) < 0)
			return -errno;
	for (more = bpf_map_get_next_key(fd, NULL, next) == 0; more;) {
		memcpy(key, next, size);
		more = bpf_map_get_next_key(fd, key, next) == 0;
		if (!in_set(key, keys, size, count))
			bpf_map_delete_elem(fd, key);
	}
	return 0;
}
