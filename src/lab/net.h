/* SPDX-License-Identifier: Apache-2.0 */
/** @file The lab's network: its namespaces, interfaces, addresses, and the file that says who plays in it. */
#ifndef SN_LAB_NET_H
#define SN_LAB_NET_H

#include <sys/types.h>

#include "lab/lab.h"

/** The namespaces, by the network function that lives there. */
enum sn_lab_ns {
	SN_LAB_NS_GNB,
	SN_LAB_NS_AMF, /* with the SMF */
	SN_LAB_NS_UPF,
	SN_LAB_NS_DN,
	_SN_LAB_NS_MAX,
};

/** Addresses as in the recordings, host order. */
#define SN_LAB_N2_AMF	 0x0a0a0201u /* 10.10.2.1 */
#define SN_LAB_N2_GNB	 0x0a0a0202u /* of the first gNB; the others follow */
#define SN_LAB_N3_GNB	 0x0a0a0302u
#define SN_LAB_UE_POOL	 0x0a2d0000u /* 10.45.0.0/16 */
#define SN_LAB_NGAP_PORT 38412

/** "sn-amf"; the buffer takes SN_LAB_NS_NAME octets. */
#define SN_LAB_NS_NAME 48
const char *sn_lab_ns_name(const struct sn_lab_place *place, enum sn_lab_ns ns, char ret_name[SN_LAB_NS_NAME]);
/** Refuses a prefix that would not do as a part of a file name. */
int sn_lab_place_check(const struct sn_lab_place *place, struct sn_diag *reterr);

/**
 * Moves the calling thread into a namespace of the lab. @param ret_back descriptor of the namespace it came from, for
 * sn_lab_ns_leave. @return 0; -ENOENT: there is no lab; -EPERM; with words.
 */
int sn_lab_ns_enter(const struct sn_lab_place *place, enum sn_lab_ns ns, int *ret_back, struct sn_diag *reterr);
void sn_lab_ns_leave(int back);

/** Runs iproute2 with a batch of its commands, inside a namespace of the lab or (ns = _SN_LAB_NS_MAX) outside. */
int sn_lab_ip(const struct sn_lab_place *place, enum sn_lab_ns ns, const char *batch, struct sn_diag *reterr);

/**
 * Claims the lab for this process to play in. @param ret_fd holds the claim until it is closed or the process ends; no other
 * descriptor of the file may be closed meanwhile. @return 0; -EBUSY with words; negative errno.
 */
int sn_lab_claim(const struct sn_lab_place *place, const char *scenario, int *ret_fd, struct sn_diag *reterr);

#endif
