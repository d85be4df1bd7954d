/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the files of this room share: the kernel handle, a module's loaded objects, libbpf's words. */
#ifndef SN_KERNEL_INTERNAL_H
#define SN_KERNEL_INTERNAL_H

#include <net/if.h>
#include <stdarg.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/macro.h"
#include "bpf/abi.h"
#include "kernel/kernel.h"
#include "kernel/reader.h"

/* Maps that every module shares: made once by sn_kernel_open, handed to each object by name. */
enum shared_map {
	SHARED_RING,
	SHARED_ERRORS,
	SHARED_COUNTERS,
	_SHARED_MAX,
};
extern const char *const shared_map_names[_SHARED_MAX];

struct route {
	sn_ring_fn fn;
	void *ctx;
};

struct sn_kernel {
	struct sn_node node;
	char *btf_path; /* NULL: the kernel's own */
	size_t ring_size;
	int maps[_SHARED_MAX];
	int stats_fd;
	struct reader ring;
	struct route routes[_SN_MODULE_MAX];
	struct sn_object *objects; /* those attached, for the cost figures */
};

#define PART_MAX_LINKS	64
#define PART_MAX_EVENTS 8

/* One hook's programs, loaded. The maps of all parts are those of the first. */
struct part {
	const struct sn_hook *hook;
	struct bpf_object *bpf;
	struct bpf_link *links[PART_MAX_LINKS];
	size_t links_count;
	char *events[PART_MAX_EVENTS]; /* kretprobes defined in tracefs; gone when their links are */
	size_t events_count;
	uint32_t netns; /* packet hooks: the network namespace the programs were loaded for */
	struct part *next;
};

struct interface;

struct sn_object {
	struct sn_kernel *kernel;
	char module[32];
	struct sn_kernel_spec spec;
	struct part *parts;
	struct bpf_object *opening; /* between open and load: what sn_object_resize works on */
	const struct sn_hook *packet;
	struct interface *interfaces;
	int own_btf_fd; /* memfd of the ELF, where the kernel has no BTF */
	struct sn_object *next;
};

/* --- libbpf.c: libbpf's words and what it lacks */

/** What libbpf said in this thread between begin and end; the end of it, when it said more. */
struct words {
	char text[8192];
	size_t len;
};
void words_begin(struct words *words);
void words_end(void);
/** The sentence for a person: "EPERM: …" with the verifier's or the kernel's last line. */
void words_reason(const struct words *words, int err, char *ret_reason, size_t size);
/** "EPERM", "ENOTSUPP", "error 999" (static buffer per thread). */
const char *error_name(int err);
/** Where the object's .rodata holds the variable, before load; NULL when it has none of this name and size. */
void *rodata_variable(struct bpf_object *bpf, const char *name, size_t size);

/* --- object.c */
/** Opens, prepares, loads a hook's programs for one network namespace. Nothing is attached. */
int part_load(struct sn_object *object, const struct sn_hook *hook, bool with_optional, uint32_t netns, struct part **ret_part,
	      struct sn_diag *reterr);
struct part *part_free(struct part *part);
bool hook_is_packet(const struct part *part);
struct part *object_first_part(struct sn_object *object);

/* --- perf.c */
/** A descriptor of the root of tracefs, mounted or not; or a negative errno. */
int tracefs_open(void);
/** bpf_program__attach, better for tracepoints and kretprobes. @return NULL with errno. */
struct bpf_link *perf_attach(struct part *part, const struct bpf_program *program);
void perf_events_remove(struct part *part);

/* --- probe.c */
uint32_t own_netns(void);

/* --- tc.c */
/* enum bpf_attach_type; younger than the headers of Debian 12. */
#define TCX_INGRESS 46
#define TCX_EGRESS  47

void interfaces_free(struct sn_object *object);
/** Calls fn(arg) in a network namespace (a descriptor; -1: the own one), on a thread of its own. @return fn's, or why not. */
int in_netns(int netns_fd, int (*fn)(void *arg), void *arg);
/** Tries clsact on the loopback of a new network namespace. */
int clsact_probe(void);

#endif
