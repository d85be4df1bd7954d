/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the UEs of a scenario do: for each state a UE can be in, the exchanges that may come next, how likely, and how
 * soon. */
#ifndef SN_LAB_SCENARIO_H
#define SN_LAB_SCENARIO_H

#include "lab/exchange.h"

enum sn_lab_state {
	SN_LAB_STATE_OFF,	 /* not known to the core */
	SN_LAB_STATE_KNOWN,	 /* deregistered, with a 5G-GUTI from before */
	SN_LAB_STATE_CONNECTED,	 /* registered, one PDU session */
	SN_LAB_STATE_TWO,	 /* registered, two PDU sessions */
	SN_LAB_STATE_SLICE2,	 /* registered in another slice, one PDU session there */
	SN_LAB_STATE_NO_SESSION, /* registered, no PDU session */
	SN_LAB_STATE_IDLE,	 /* registered, no UE context at the gNB */
	SN_LAB_STATE_GONE,	 /* will not come back */
	_SN_LAB_STATE_MAX,
};

/** Nothing is sent: the UE goes its way. */
#define SN_LAB_NOTHING _SN_LAB_EXCHANGE_MAX

struct sn_lab_step {
	uint8_t from; /* enum sn_lab_state */
	uint8_t to;
	uint8_t exchange; /* enum sn_lab_exchange_id, SN_LAB_NOTHING */
	uint16_t weight;  /* among the steps from the same state */
	uint32_t wait_ms; /* mean of the time that the UE stays in `from` before; exponentially distributed */
};

struct sn_lab_scenario {
	const char *name;
	const char *about; /* one sentence */
	const struct sn_lab_step *steps;
	uint16_t step_count;
	double rate;	  /* UEs per second that arrive */
	uint64_t ues;	  /* how many in all; 0: it goes on until it is stopped */
	bool refused_gnb; /* one more gNB asks for a slice that the AMF does not have, and is refused */
};

/** All of them; a name of NULL ends the table. */
extern const struct sn_lab_scenario sn_lab_scenarios[];
/** @return NULL when there is none of that name. */
const struct sn_lab_scenario *sn_lab_scenario_find(const char *name);

/** Why a gNB could not set a context up, with its share: TS 38.413 9.3.1.2. */
struct sn_lab_cause {
	uint8_t group, value;
	uint16_t weight;
	const char *group_name, *name;
};
#define SN_LAB_CAUSES 5
extern const struct sn_lab_cause sn_lab_setup_causes[SN_LAB_CAUSES];

#endif
