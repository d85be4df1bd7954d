/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The lab: a small 5G network in network namespaces of this machine (gnb, amf with the SMF, upf, dn, joined by veth pairs
 * named after the reference points n2, n3, n4, n6), and traffic of many UEs on it, made of recorded exchanges of a real core.
 */
#ifndef SN_LAB_LAB_H
#define SN_LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/args.h"
#include "sauron/diag.h"

/** Which lab is meant: several can stand beside one another. NULL members are the defaults. */
struct sn_lab_place {
	const char *prefix;    /* of the namespaces' names; "sn-" */
	const char *state_dir; /* where the lab's files lie; "/run/sauron" */
};

/** How N2 is carried. */
enum sn_lab_transport_kind {
	SN_LAB_TRANSPORT_AUTO,	  /* SCTP sockets where the kernel has SCTP, else packets */
	SN_LAB_TRANSPORT_SCTP,	  /* kernel SCTP, one process at each end */
	SN_LAB_TRANSPORT_PACKETS, /* whole SCTP associations made by hand, as packets on both ends of N2 */
	_SN_LAB_TRANSPORT_MAX,
};

/** Zero is the scenario's own value. */
struct sn_lab_options {
	struct sn_lab_place place;
	const char *scenario;
	double rate;	      /* UEs that arrive per second; INFINITY: as fast as it goes, without any waiting in the exchanges */
	uint64_t ues;	      /* stop after so many UEs are through; UINT64_MAX: none */
	uint64_t duration_ns; /* stop after this time */
	uint64_t seed;	      /* of the random numbers; 0: another each time */
	unsigned gnbs;
	enum sn_lab_transport_kind transport;
};

#define SN_LAB_MAX_GNBS 64

/** `sauron lab …`. */
extern const struct sn_command sn_command_lab;
/** @return the exit code. */
int sn_lab_main(int argc, char **argv);

/** Builds the lab anew; what an earlier one left behind is removed first. Needs root. @return 0 or negative errno. */
int sn_lab_place_up(const struct sn_lab_place *place, struct sn_diag *reterr);
/** Ends what plays in the lab and removes it: namespaces, interfaces, files. Does nothing where there is none. */
int sn_lab_place_down(const struct sn_lab_place *place, struct sn_diag *reterr);

struct sn_lab;
/**
 * Starts a child process that plays a scenario in the lab, silently, until it is stopped; it is killed when the thread that
 * called this ends. Returns when the child has the gNBs' associations under way. Released by sn_lab_stop.
 * @return 0; -EINVAL, -ENOENT (no such lab), -EBUSY (something plays there already), -EPERM, … with words.
 */
int sn_lab_start(const struct sn_lab_options *options, struct sn_lab **ret_lab, struct sn_diag *reterr);
/** Stops the child, waits for it, frees. NULL is fine. @return NULL. */
struct sn_lab *sn_lab_stop(struct sn_lab *lab);
/** Whether the child still plays; the pid is its process. */
bool sn_lab_running(const struct sn_lab *lab);

#endif
