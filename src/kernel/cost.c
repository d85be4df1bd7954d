/* SPDX-License-Identifier: Apache-2.0 */
/** @file Own cost, as the kernel counts it: programs, maps, the error map. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/internal.h"

/* Keys looked through to find the fill of a hash map. */
#define FILL_SCAN_MAX 65536

typedef void (*program_fn)(void *ctx, const struct sn_program_cost *cost);
typedef void (*map_fn)(void *ctx, const struct sn_map_fill *fill);

static int part_programs(const struct sn_object *object, struct part *part, program_fn fn, void *ctx)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, part->bpf)
	{
		struct sn_program_cost cost = { .module = object->module };
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len))
			return -errno;
		snprintf(cost.name, sizeof(cost.name), "%s", bpf_program__name(program));
		cost.runs = info.run_cnt;
		cost.run_ns = info.run_time_ns;
		cost.verified_instructions = info.verified_insns;
		cost.misses = info.recursion_misses;
		fn(ctx, &cost);
	}
	return 0;
}

int sn_kernel_each_program(struct sn_kernel *kernel, program_fn fn, void *ctx)
{
	for (struct sn_object *object = kernel->objects; object; object = object->next) {
		for (struct part *part = object->parts; part; part = part->next) {
			int err = part_programs(object, part, fn, ctx);

			if (err)
				return err;
		}
	}
	return 0;
}

/* "memlock:\t4096" in the descriptor's fdinfo. */
static uint64_t memory_of(int fd)
{
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %" SCNu64, &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

static uint64_t hash_entries(int fd, const struct bpf_map_info *info)
{
	SN_AUTO_FREE uint8_t *keys = calloc(2, info->key_size);
	void *last = NULL, *next = keys;
	uint64_t count = 0;

	if (!keys)
		return UINT64_MAX;
	while (count < FILL_SCAN_MAX && bpf_map_get_next_key(fd, last, next) == 0) {
		last = next;
		next = next == keys ? keys + info->key_size : keys;
		count++;
	}
	return count;
}

static uint64_t entries_of(struct sn_kernel *kernel, int fd, const struct bpf_map_info *info)
{
	uint64_t waiting, size;

	switch (info->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
		return hash_entries(fd, info);
	case BPF_MAP_TYPE_RINGBUF:
		sn_kernel_ring_fill(kernel, &waiting, &size);
		return waiting;
	default: /* an array has all its entries always: that it is full says nothing */
		return UINT64_MAX;
	}
}

static int map_tell(struct sn_kernel *kernel, const char *module, const char *name, int fd, map_fn fn, void *ctx)
{
	struct sn_map_fill fill = { .module = module };
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	snprintf(fill.name, sizeof(fill.name), "%s", name);
	fill.entries = entries_of(kernel, fd, &info);
	fill.max_entries = info.max_entries;
	fill.bytes = memory_of(fd);
	fn(ctx, &fill);
	return 0;
}

static bool is_shared(const char *name)
{
	for (int i = 0; i < _SHARED_MAX; i++)
		if (strcmp(name, shared_map_names[i]) == 0)
			return true;
	return false;
}

/* All parts of an object have the maps of the first; their constants (internal maps) are no matter of fill. */
int sn_kernel_each_map(struct sn_kernel *kernel, map_fn fn, void *ctx)
{
	int err;

	for (int i = 0; i < _SHARED_MAX; i++) {
		err = map_tell(kernel, "kernel", shared_map_names[i], kernel->maps[i], fn, ctx);
		if (err)
			return err;
	}
	for (struct sn_object *object = kernel->objects; object; object = object->next) {
		struct bpf_map *map;

		bpf_object__for_each_map(map, object->parts->bpf)
		{
			if (bpf_map__is_internal(map) || is_shared(bpf_map__name(map)) || bpf_map__fd(map) < 0)
				continue;
			err = map_tell(kernel, object->module, bpf_map__name(map), bpf_map__fd(map), fn, ctx);
			if (err)
				return err;
		}
	}
	return 0;
}

static const char *module_name(const struct sn_kernel *kernel, uint16_t module)
{
	static const char *const names[] = { [SN_MODULE_NONE] = "none", [SN_MODULE_N2] = "n2" };

	return module < SN_ARRAY_SIZE(names) ? names[module] : "unknown";
}

static const char *file_name(uint16_t file)
{
	static const char *const names[] = {
		[SN_BPF_FILE_MODULE] = "module",
		[SN_BPF_FILE_RING] = "bpf/ring.h",
		[SN_BPF_FILE_PACKET] = "bpf/packet.h",
		[SN_BPF_FILE_N2_PACKET] = "modules/n2/n2_packet.bpf.h",
		[SN_BPF_FILE_N2_MESSAGE] = "modules/n2/n2_message.bpf.h",
		[SN_BPF_FILE_N2_SOCKET] = "modules/n2/n2_socket.bpf.h",
		[SN_BPF_FILE_N2_SYSCALL] = "modules/n2/n2_syscall.bpf.h",
	};

	return file < SN_ARRAY_SIZE(names) ? names[file] : "unknown";
}

/* The helpers our programs use. */
static const char *helper_name(uint16_t helper)
{
	switch (helper) {
	case BPF_FUNC_unspec:
		return "none";
	case BPF_FUNC_map_update_elem:
		return "bpf_map_update_elem";
	case BPF_FUNC_skb_load_bytes:
		return "bpf_skb_load_bytes";
	case BPF_FUNC_probe_read_user:
		return "bpf_probe_read_user";
	case BPF_FUNC_probe_read_kernel:
		return "bpf_probe_read_kernel";
	case BPF_FUNC_ringbuf_reserve:
		return "bpf_ringbuf_reserve";
	default:
		return "other";
	}
}

int sn_kernel_each_error(struct sn_kernel *kernel, void (*fn)(void *ctx, const struct sn_kernel_error *error), void *ctx)
{
	struct sn_error_key key, *last = NULL, next;
	int fd = kernel->maps[SHARED_ERRORS];

	while (bpf_map_get_next_key(fd, last, &next) == 0) {
		struct sn_kernel_error error = { .module = module_name(kernel, next.module),
						 .file = file_name(next.file),
						 .line = next.line,
						 .helper = helper_name(next.helper),
						 .error = next.error };

		if (bpf_map_lookup_elem(fd, &next, &error.count) == 0)
			fn(ctx, &error);
		key = next;
		last = &key;
	}
	return errno == ENOENT ? 0 : -errno;
}
