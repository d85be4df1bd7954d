/* SPDX-License-Identifier: Apache-2.0 */
/** @file A module's loaded programs and maps: one bpf_object per hook, all with the maps of the first. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/internal.h"

/* Fill of the ring at which its reader is woken: an eighth, as a power of two. */
static uint64_t wakeup_fill(size_t ring_size)
{
	return ring_size / 8;
}

static bool hook_names(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static bool hook_needs(const struct sn_hook *hook, enum sn_feature feature)
{
	for (size_t i = 0; i < hook->needs_len; i++)
		if (hook->needs[i] == feature)
			return true;
	return false;
}

/*
 * libbpf wants a BTF as soon as any program of the ELF has a relocation, even one that is not loaded. On a kernel without BTF a
 * hook that needs none is given the ELF's own, in which nothing is looked up.
 */
static int own_btf_path(struct sn_object *object, char *ret_path, size_t size)
{
	if (object->own_btf_fd < 0) {
		SN_AUTO_FD int fd = memfd_create("sauron-btf", MFD_CLOEXEC);
		size_t done = 0;

		if (fd < 0)
			return -errno;
		while (done < object->spec.elf_size) {
			ssize_t n = write(fd, (const char *)object->spec.elf + done, object->spec.elf_size - done);

			if (n < 0)
				return -errno;
			done += (size_t)n;
		}
		object->own_btf_fd = SN_TAKE_FD(fd);
	}
	snprintf(ret_path, size, "/proc/self/fd/%d", object->own_btf_fd);
	return 0;
}

static int part_open(struct sn_object *object, const struct sn_hook *hook, struct bpf_object **ret_bpf)
{
	char path[64];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = object->module, .btf_custom_path = object->kernel->btf_path);
	struct bpf_object *bpf;

	if (!hook_needs(hook, SN_FEATURE_BTF) && object->kernel->node.features[SN_FEATURE_BTF].state == SN_FEATURE_ABSENT) {
		int err = own_btf_path(object, path, sizeof(path));

		if (err)
			return err;
		opts.btf_custom_path = path;
	}
	bpf = bpf_object__open_mem(object->spec.elf, object->spec.elf_size, &opts);
	if (!bpf)
		return -errno;
	*ret_bpf = bpf;
	return 0;
}

/* Only the programs of the hook are loaded. */
static int part_choose(struct bpf_object *bpf, const struct sn_hook *hook, bool with_optional, struct sn_diag *reterr)
{
	struct bpf_program *program;

	for (const char *const *name = hook->programs; *name; name++)
		if (!bpf_object__find_program_by_name(bpf, *name))
			return sn_diag_set(reterr, -ENOENT, "the object has no program %s", *name);
	bpf_object__for_each_program(program, bpf)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, hook_names(hook->programs, name) ||
							   (with_optional && hook_names(hook->optional, name)));
	}
	return 0;
}

/* The descriptor that a map of this name already has: one of the shared maps, or one of the module's first part. */
static int map_of(struct sn_object *object, const char *name)
{
	for (int i = 0; i < _SHARED_MAX; i++)
		if (strcmp(name, shared_map_names[i]) == 0)
			return object->kernel->maps[i];
	return object->parts ? sn_object_map(object, name) : -ENOENT;
}

static int part_share_maps(struct sn_object *object, struct bpf_object *bpf)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf)
	{
		int fd, err;

		if (bpf_map__is_internal(map))
			continue;
		fd = map_of(object, bpf_map__name(map));
		if (fd < 0)
			continue;
		err = bpf_map__reuse_fd(map, fd);
		if (err)
			return err;
	}
	return 0;
}

static void part_set_constants(struct sn_object *object, struct bpf_object *bpf, uint32_t netns)
{
	uint64_t *wakeup = rodata_variable(bpf, "sn_ring_wakeup", sizeof(*wakeup));
	uint32_t *inum = rodata_variable(bpf, "sn_netns", sizeof(*inum));

	if (wakeup)
		*wakeup = wakeup_fill(object->kernel->ring_size);
	if (inum)
		*inum = netns;
}

static int part_fill(struct sn_object *object, struct part *part, bool with_optional, struct sn_diag *reterr)
{
	int err = part_open(object, part->hook, &part->bpf);

	if (err)
		return err;
	err = part_choose(part->bpf, part->hook, with_optional, reterr);
	if (err)
		return err;
	object->opening = part->bpf;
	err = object->spec.prepare ? object->spec.prepare(object->spec.ctx, object, reterr) : 0;
	object->opening = NULL;
	if (err)
		return err;
	err = part_share_maps(object, part->bpf);
	if (err)
		return err;
	part_set_constants(object, part->bpf, part->netns);
	return bpf_object__load(part->bpf);
}

int part_load(struct sn_object *object, const struct sn_hook *hook, bool with_optional, uint32_t netns, struct part **ret_part,
	      struct sn_diag *reterr)
{
	struct part *part = calloc(1, sizeof(*part));
	struct sn_diag diag = { 0 };
	struct words words;
	int err;

	if (!part)
		return -ENOMEM;
	part->hook = hook;
	part->netns = netns;
	words_begin(&words);
	err = part_fill(object, part, with_optional, &diag);
	words_end();
	if (err) {
		char reason[512];

		part_free(part);
		if (diag.text[0])
			return sn_diag_set(reterr, err, "%s", diag.text);
		words_reason(&words, err, reason, sizeof(reason));
		return sn_diag_set(reterr, err, "%s", reason);
	}
	*ret_part = part;
	return 0;
}

struct part *part_free(struct part *part)
{
	if (!part)
		return NULL;
	for (size_t i = 0; i < part->links_count; i++)
		bpf_link__destroy(part->links[i]);
	perf_events_remove(part);
	bpf_object__close(part->bpf);
	free(part);
	return NULL;
}

bool hook_is_packet(const struct part *part)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(part->bpf, part->hook->programs[0]);

	return bpf_program__type(program) == BPF_PROG_TYPE_SCHED_CLS;
}

struct sn_object *sn_object_free(struct sn_object *object)
{
	if (!object)
		return NULL;
	interfaces_free(object);
	for (struct sn_object **p = &object->kernel->objects; *p; p = &(*p)->next) {
		if (*p == object) {
			*p = object->next;
			break;
		}
	}
	while (object->parts) {
		struct part *part = object->parts;

		object->parts = part->next;
		part_free(part);
	}
	if (object->own_btf_fd >= 0)
		close(object->own_btf_fd);
	free(object);
	return NULL;
}

int sn_object_map(struct sn_object *object, const char *name)
{
	struct bpf_map *map = object->parts ? bpf_object__find_map_by_name(object->parts->bpf, name) : NULL;

	return map ? bpf_map__fd(map) : -ENOENT;
}

int sn_object_resize(struct sn_object *object, const char *name, uint32_t entries)
{
	struct bpf_map *map = object->opening ? bpf_object__find_map_by_name(object->opening, name) : NULL;

	if (!map)
		return -ENOENT;
	return bpf_map__set_max_entries(map, entries);
}
