/* SPDX-License-Identifier: Apache-2.0 */
/** @file The kernel handle: the shared ring and its reader, the loss counters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/internal.h"

#define RING_SIZE_DEFAULT (8u << 20)
#define ERRORS_MAX	  256

const char *const shared_map_names[_SHARED_MAX] = {
	[SHARED_RING] = "sn_ring",
	[SHARED_ERRORS] = "sn_errors",
	[SHARED_COUNTERS] = "sn_counters",
};

static void deliver(void *ctx, const void *data, size_t size)
{
	struct sn_kernel *kernel = ctx;
	const struct sn_event *event = data;

	/* A record is reserved in one of a few sizes: its head says how much of it counts. */
	if (size >= sizeof(*event) && event->length >= sizeof(*event) && event->length <= size &&
	    event->module < _SN_MODULE_MAX && kernel->routes[event->module].fn)
		kernel->routes[event->module].fn(kernel->routes[event->module].ctx, data, event->length);
}

static int make_maps(struct sn_kernel *kernel, struct sn_diag *reterr)
{
	static const struct {
		enum bpf_map_type type;
		uint32_t key, value, entries;
	} kinds[_SHARED_MAX] = {
		[SHARED_RING] = { BPF_MAP_TYPE_RINGBUF, 0, 0, 0 },
		[SHARED_ERRORS] = { BPF_MAP_TYPE_HASH, sizeof(struct sn_error_key), sizeof(__u64), ERRORS_MAX },
		[SHARED_COUNTERS] = { BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(__u64),
				      _SN_MODULE_MAX * SN_KERNEL_COUNTERS },
	};

	for (int i = 0; i < _SHARED_MAX; i++) {
		uint32_t entries = i == SHARED_RING ? (uint32_t)kernel->ring_size : kinds[i].entries;
		int err;

		kernel->maps[i] = bpf_map_create(kinds[i].type, shared_map_names[i], kinds[i].key, kinds[i].value, entries, NULL);
		err = kernel->maps[i] < 0 ? kernel->maps[i] : 0;
		if (err == -EPERM)
			return sn_diag_set(reterr, err,
					   "BPF is refused (EPERM): run as root or with CAP_BPF, CAP_PERFMON and "
					   "CAP_NET_ADMIN");
		if (err)
			return sn_diag_set(reterr, err, "cannot make the map %s of %u entries: %s", shared_map_names[i], entries,
					   error_name(err));
	}
	return 0;
}

static int kernel_fill(struct sn_kernel *kernel, const struct sn_kernel_options *options, struct sn_diag *reterr)
{
	size_t size = options->ring_size ? options->ring_size : RING_SIZE_DEFAULT;
	struct words words;
	int err;

	if (size & (size - 1) || size < (size_t)sysconf(_SC_PAGESIZE) || size > UINT32_MAX)
		return sn_diag_set(reterr, -EINVAL, "the ring's size, %zu octets, is not a power of two of at least a page",
				   size);
	kernel->ring_size = size;
	if (options->btf_path && !(kernel->btf_path = strdup(options->btf_path)))
		return -ENOMEM;
	words_begin(&words);
	err = make_maps(kernel, reterr);
	if (!err) {
		err = reader_open(&kernel->ring, kernel->maps[SHARED_RING], size);
		if (err)
			sn_diag_set(reterr, err, "cannot watch the ring: %s", error_name(err));
	}
	words_end();
	if (err)
		return err;
	sn_node_probe(&kernel->node, kernel->btf_path);
	if (options->stats)
		kernel->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	return 0;
}

int sn_kernel_open(const struct sn_kernel_options *options, struct sn_kernel **ret_kernel, struct sn_diag *reterr)
{
	struct sn_kernel *kernel = calloc(1, sizeof(*kernel));
	int err;

	if (!kernel)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	for (int i = 0; i < _SHARED_MAX; i++)
		kernel->maps[i] = -1;
	kernel->stats_fd = -1;
	err = kernel_fill(kernel, options, reterr);
	if (err) {
		sn_kernel_close(kernel);
		return err;
	}
	*ret_kernel = kernel;
	return 0;
}

struct sn_kernel *sn_kernel_close(struct sn_kernel *kernel)
{
	if (!kernel)
		return NULL;
	while (kernel->objects)
		sn_object_free(kernel->objects);
	reader_close(&kernel->ring);
	for (int i = 0; i < _SHARED_MAX; i++)
		if (kernel->maps[i] >= 0)
			close(kernel->maps[i]);
	if (kernel->stats_fd >= 0)
		close(kernel->stats_fd);
	free(kernel->btf_path);
	free(kernel);
	return NULL;
}

const struct sn_node *sn_kernel_node(const struct sn_kernel *kernel)
{
	return &kernel->node;
}

void sn_kernel_route(struct sn_kernel *kernel, uint16_t module, sn_ring_fn fn, void *ctx)
{
	if (module < _SN_MODULE_MAX)
		kernel->routes[module] = (struct route) { fn, ctx };
}

int sn_kernel_ring_fd(const struct sn_kernel *kernel)
{
	return kernel->ring.epoll_fd;
}

int sn_kernel_ring_consume(struct sn_kernel *kernel, size_t max)
{
	return reader_consume(&kernel->ring, max, deliver, kernel);
}

void sn_kernel_ring_fill(struct sn_kernel *kernel, uint64_t *ret_waiting, uint64_t *ret_size)
{
	*ret_waiting = reader_waiting(&kernel->ring);
	*ret_size = kernel->ring_size;
}

int sn_kernel_counters(struct sn_kernel *kernel, uint16_t module, uint64_t ret_counters[SN_KERNEL_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sums[SN_KERNEL_COUNTERS] = { 0 };
	SN_AUTO_FREE uint64_t *values = NULL;

	if (cpus < 0)
		return cpus;
	if (module >= _SN_MODULE_MAX)
		return -EINVAL;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (uint32_t i = 0; i < SN_KERNEL_COUNTERS; i++) {
		uint32_t index = module * (uint32_t)SN_KERNEL_COUNTERS + i;
		int err = bpf_map_lookup_elem(kernel->maps[SHARED_COUNTERS], &index, values);

		if (err)
			return err;
		for (int cpu = 0; cpu < cpus; cpu++)
			sums[i] += values[cpu];
	}
	memcpy(ret_counters, sums, sizeof(sums));
	return 0;
}
