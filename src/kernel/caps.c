/* SPDX-License-Identifier: Apache-2.0 */
/** @file Gives up the privileges that are not needed once everything is attached. */
#include <errno.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "kernel/internal.h"

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/*
 * Reading a map through a descriptor one holds needs CAP_BPF as long as unprivileged BPF is disabled and the kernel is older than
 * 5.19; tried on a map of our own would need the capability itself, so the sysctl decides.
 */
static bool bpf_is_restricted(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int value = 1;

	if (!f)
		return true;
	if (fscanf(f, "%d", &value) != 1)
		value = 1;
	fclose(f);
	return value != 0;
}

static int set_sets(uint64_t keep)
{
	cap_t caps = cap_get_proc();
	int err = 0;

	if (!caps)
		return -errno;
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP && cap < 64 && !err; cap++) {
		cap_flag_value_t now = CAP_CLEAR;
		cap_flag_value_t value;

		cap_get_flag(caps, cap, CAP_PERMITTED, &now);
		value = now == CAP_SET && (keep >> cap & 1) ? CAP_SET : CAP_CLEAR;
		if (cap_set_flag(caps, CAP_PERMITTED, 1, &cap, value) || cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, value) ||
		    cap_set_flag(caps, CAP_INHERITABLE, 1, &cap, CAP_CLEAR))
			err = -errno;
	}
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	return err;
}

int sn_capabilities_drop(uint64_t keep, struct sn_diag *reterr)
{
	int err;

	if (bpf_is_restricted())
		keep |= UINT64_C(1) << CAP_BPF;
	/* Dropping from the bounding set needs CAP_SETPCAP: without it there is nothing that could be gained by exec either. */
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP && cap < 64; cap++)
		if (!(keep >> cap & 1) && cap_get_bound(cap) == 1 && cap_drop_bound(cap) && errno != EPERM)
			return sn_diag_set(reterr, -errno, "cannot drop capability %d from the bounding set: %s", cap,
					   error_name(errno));
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) && errno != EINVAL)
		return sn_diag_set(reterr, -errno, "cannot clear the ambient capabilities: %s", error_name(errno));
	err = set_sets(keep);
	if (err)
		return sn_diag_set(reterr, err, "cannot drop capabilities: %s", error_name(err));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L))
		return sn_diag_set(reterr, -errno, "cannot set no_new_privs: %s", error_name(errno));
	return 0;
}
