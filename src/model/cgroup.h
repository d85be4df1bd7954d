/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What a control group tells of the processes in it: which container of which pod, or which unit of systemd. Container
 * runtimes and the kubelet agree on no form of its path; all that are known are read.
 */
#ifndef SN_MODEL_CGROUP_H
#define SN_MODEL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SN_CGROUP_PATH 4096

struct sn_cgroup {
	char container[65];  /* the innermost container's id, 64 digits; "": in none */
	const char *runtime; /* "containerd", "cri-o", "docker", "podman"; "": the path does not tell; static */
	char pod_uid[37]; /* as the API writes it; "": of no pod. Of a static pod it is the kubelet's, 32 digits, not the API's */
	char unit[128];	  /* the innermost unit of systemd within the container, or where there is none; "": none */
};

/** Reads a path. @return false: it tells nothing. */
bool sn_cgroup_read(const char *path, struct sn_cgroup *ret_cgroup);

/** The id of the cgroup at an absolute path, as BPF programs give it (v2). @return 0 or a negative errno. */
int sn_cgroup_id_of(const char *path, uint64_t *ret_id);
/** Where the hierarchy of cgroup v2 is mounted. @return 0; -ENOENT: nowhere that we see. */
int sn_cgroup_mount(char *ret_path, size_t size);
/**
 * The path below `mount` of the cgroup with this id: by its handle (CAP_DAC_READ_SEARCH), or by looking through the hierarchy,
 * some thousands of directories at most. @return 0, -ENOENT, …
 */
int sn_cgroup_path_of(const char *mount, uint64_t id, char *ret_path, size_t size);
/**
 * The text of /proc/PID/cgroup: of all hierarchies the one that tells most. @return false: none tells anything.
 */
bool sn_cgroup_read_lines(const char *text, struct sn_cgroup *ret_cgroup);
/** The same of a process that runs. @param root "" or where another /proc stands below, as "/host" */
bool sn_cgroup_of_process(const char *root, uint32_t pid, struct sn_cgroup *ret_cgroup);

/**
 * What a process belongs to where there is no Kubernetes: its container as "podman/9c1f6b2d0e3a", else its unit as
 * "amf.service", else its own name. @return whether there is anything to be told
 */
bool sn_cgroup_name_process(const char *root, uint32_t pid, char *ret_name, size_t size);

#endif
