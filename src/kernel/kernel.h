/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Loading: feature probes, attach strategies, the shared ring, the error and loss maps, own cost. The only room that knows
 * libbpf.
 *
 * A module describes its kernel side as one ELF (from its skeleton) and a list of hooks in order of preference. Each hook is a
 * set of programs of that ELF which go together. sn_kernel_attach tries the hooks of each group in order, takes the first that
 * loads and attaches, and writes down for every other why not, in the kernel's own words.
 */
#ifndef SN_KERNEL_KERNEL_H
#define SN_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sauron/diag.h"

/** What a kernel may offer. Probed by trying it, never by version. */
enum sn_feature {
	SN_FEATURE_BTF, /* /sys/kernel/btf/vmlinux or the configured file */
	SN_FEATURE_MODULE_BTF,
	SN_FEATURE_RINGBUF,
	SN_FEATURE_FENTRY, /* fentry/fexit attach */
	SN_FEATURE_KPROBE,
	SN_FEATURE_TRACEPOINT, /* system-call tracepoints */
	SN_FEATURE_CLSACT,
	SN_FEATURE_TCX,
	SN_FEATURE_LSM,
	SN_FEATURE_SCTP,  /* kernel SCTP: loaded, built in, or a module that can be loaded */
	SN_FEATURE_STATS, /* BPF_ENABLE_STATS */
	_SN_FEATURE_MAX,
};
enum sn_feature_state {
	SN_FEATURE_ABSENT,
	SN_FEATURE_PRESENT,
	SN_FEATURE_LOADABLE, /* not now, but the kernel can (a module on disk) */
};
struct sn_feature_report {
	const char *name; /* "fentry" … */
	enum sn_feature_state state;
	int error;	  /* negative errno when absent; 0 when there is nothing to say */
	char reason[256]; /* the kernel's own reason: "EPERM: lockdown", "no CONFIG_KPROBES", "/sys/kernel/btf/vmlinux: ENOENT" */
};

/** The node, for `sauron check`. Strings are owned by the struct. */
struct sn_node {
	char release[128];
	char machine[32];
	char lockdown[32];     /* "none", "integrity", "confidentiality", "unknown: …" */
	char btf[256];	       /* path in use, or why there is none */
	uint64_t capabilities; /* effective, by number */
	int unprivileged_bpf;  /* sysctl kernel.unprivileged_bpf_disabled, -1 unknown */
	struct sn_feature_report features[_SN_FEATURE_MAX];
};

/** One way to attach; a group ("socket", "packet") takes the first of its hooks that works. */
struct sn_hook {
	const char *name; /* "fexit", "kprobe", "tracepoint", "packet" */
	const char *group;
	const char *const
		*programs; /* names in the ELF, NULL at the end; all must load and attach, those in `optional` need not */
	const char *const *optional;
	const enum sn_feature *needs; /* checked first, for a reason better than a verifier's; needs_len of them */
	size_t needs_len;
	const char *cost; /* what is lost with this hook against the one before: "io_uring is not seen" */
};

/** A module's kernel side. */
struct sn_object;

struct sn_kernel_spec {
	const char *module;
	const void *elf; /* from the skeleton's elf_bytes */
	size_t elf_size;
	const struct sn_hook *hooks; /* ended by one without a name */
	/** Called between open and load of each attempt: sizes maps by sn_object_resize. May be NULL. */
	int (*prepare)(void *ctx, struct sn_object *object, struct sn_diag *reterr);
	void *ctx;
};

enum sn_hook_state {
	SN_HOOK_CHOSEN,
	SN_HOOK_PASSED_OVER, /* tried or probed, did not work: see reason */
	SN_HOOK_NOT_NEEDED,  /* one before it in its group works */
	SN_HOOK_NOT_WANTED,  /* the configuration excludes it */
};
struct sn_hook_report {
	const struct sn_hook *hook;
	enum sn_hook_state state;
	int error;
	char reason[512];
};
#define SN_KERNEL_MAX_HOOKS 16
struct sn_plan {
	size_t count;
	struct sn_hook_report hooks[SN_KERNEL_MAX_HOOKS];
};

struct sn_kernel_options {
	size_t ring_size;     /* octets, a power of two; 0: 8 MiB */
	const char *btf_path; /* NULL: the kernel's own */
	bool stats;	      /* enable run time statistics (BPF_ENABLE_STATS) */
};

struct sn_kernel;
struct sn_object;

/** Fills the node report. Needs no privilege (what cannot be probed without says so). */
void sn_node_probe(struct sn_node *ret_node, const char *btf_path);
/** The first line of the node that tells why a feature is absent. */
const struct sn_feature_report *sn_node_feature(const struct sn_node *node, enum sn_feature feature);

/** Makes the shared ring, the error map and the loss counters. @return 0, -EPERM … with words. Released by sn_kernel_close. */
int sn_kernel_open(const struct sn_kernel_options *options, struct sn_kernel **ret_kernel, struct sn_diag *reterr);
struct sn_kernel *sn_kernel_close(struct sn_kernel *kernel);
const struct sn_node *sn_kernel_node(const struct sn_kernel *kernel);

/**
 * Tries the hooks. `wanted` filters: a hook whose group is not wanted, or whose name is excluded, is reported SN_HOOK_NOT_WANTED
 * (NULL: all wanted). With `dry_run`, everything is loaded and attached as far as it touches no interface, then taken down again.
 * @return 0 when every wanted group has a hook; -EOPNOTSUPP when one has none (ret_object is still valid if another group has);
 * the plan is always filled.
 */
int sn_kernel_attach(struct sn_kernel *kernel, const struct sn_kernel_spec *spec,
		     bool (*wanted)(void *ctx, const struct sn_hook *hook), bool dry_run, struct sn_plan *ret_plan,
		     struct sn_object **ret_object, struct sn_diag *reterr);
/** Detaches and unloads. Accepts NULL. */
struct sn_object *sn_object_free(struct sn_object *object);
/** Descriptor of a map by its name in the ELF; -ENOENT. Stays the object's. */
int sn_object_map(struct sn_object *object, const char *name);
int sn_object_resize(struct sn_object *object, const char *map, uint32_t entries);
/** Sets one entry of a map by the map's name. @return 0 or a negative errno. */
int sn_object_map_set(struct sn_object *object, const char *map, const void *key, const void *value);
/** Reads one entry; not of a per-CPU map. @return 0, -ENOENT or another negative errno. */
int sn_object_map_get(struct sn_object *object, const char *map, const void *key, void *ret_value);
/** Makes a hash map hold just these keys (each of `size` octets, at most 16), with values whose every octet is 1: a set, such as
 * of ports. */
int sn_object_map_keys(struct sn_object *object, const char *map, const void *keys, size_t size, size_t count);

/** Attaches the TC programs (`ingress`, `egress` by name in the ELF; l3 variants when the device has no link-layer header) of a
 * packet hook to one interface. tcx where there is one, else clsact with a priority of our own; never displaces a foreign filter
 * or qdisc. `netns` is a path
 * (/run/netns/amf, /proc/N/ns/net) or NULL for the agent's own.
 * @return 0; -ENODEV; -EEXIST when already attached by us; the kernel's error. Detached by sn_object_free or
 * sn_kernel_detach_interface. */
int sn_kernel_attach_interface(struct sn_object *object, const char *netns, const char *interface, struct sn_diag *reterr);
int sn_kernel_detach_interface(struct sn_object *object, const char *netns, const char *interface);

/** Who receives the ring's records of a module. `record` is valid during the call. */
typedef void (*sn_ring_fn)(void *ctx, const void *record, size_t length);
void sn_kernel_route(struct sn_kernel *kernel, uint16_t module, sn_ring_fn fn, void *ctx);
/** Descriptor to poll for input. */
int sn_kernel_ring_fd(const struct sn_kernel *kernel);
/** Delivers what lies in the ring, at most `max` records (0: all). @return how many, or a negative errno. */
int sn_kernel_ring_consume(struct sn_kernel *kernel, size_t max);
/** Octets waiting in the ring and its size. */
void sn_kernel_ring_fill(struct sn_kernel *kernel, uint64_t *ret_waiting, uint64_t *ret_size);

/** Counters of enum sn_kernel_counter of one module, summed over the CPUs. */
int sn_kernel_counters(struct sn_kernel *kernel, uint16_t module, uint64_t ret_counters[8]);

/** One BPF program's cost, one map's fill, one error: for own-cost metrics. */
struct sn_program_cost {
	const char *module;
	char name[64];
	uint64_t runs;
	uint64_t run_ns;
	uint32_t verified_instructions;
	uint64_t misses; /* times the kernel skipped it, because it ran already on that CPU (recursion_misses) */
};
struct sn_map_fill {
	const char *module;
	char name[32];
	uint64_t entries; /* in use; UINT64_MAX where the kind of map cannot tell */
	uint64_t max_entries;
	uint64_t bytes; /* memory locked, where the kernel says (fdinfo memlock) */
};
struct sn_kernel_error {
	const char *module;
	const char *file;
	uint16_t line;
	const char *helper; /* "bpf_probe_read_user" */
	int error;
	uint64_t count;
};
/** Each calls `fn` per item. @return 0 or a negative errno. */
int sn_kernel_each_program(struct sn_kernel *kernel, void (*fn)(void *ctx, const struct sn_program_cost *cost), void *ctx);
int sn_kernel_each_map(struct sn_kernel *kernel, void (*fn)(void *ctx, const struct sn_map_fill *fill), void *ctx);
int sn_kernel_each_error(struct sn_kernel *kernel, void (*fn)(void *ctx, const struct sn_kernel_error *error), void *ctx);

/**
 * Drops what is not needed any more once everything is attached: the permitted, inheritable, ambient and bounding sets keep
 * CAP_BPF (only where kernel.unprivileged_bpf_disabled asks for it) and those of `keep` (a mask by number); no_new_privs is set.
 */
int sn_capabilities_drop(uint64_t keep, struct sn_diag *reterr);

#endif
