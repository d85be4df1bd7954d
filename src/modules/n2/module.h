/* SPDX-License-Identifier: Apache-2.0 */
/** @file The module's state and configuration, shared by n2.c, its report and its metrics. */
#ifndef SN_N2_MODULE_H
#define SN_N2_MODULE_H

#include "modules/n2/engine.h"
#include "modules/n2/taps.h"
#include "sauron/module.h"

struct sn_n2_config {
	struct sn_port_list ports;
	struct sn_string_list interfaces;
	struct sn_duration_map timeouts;
	uint64_t timeout;
	uint64_t capture_limit;
	uint64_t ue_idle;
	uint64_t association_idle;
	uint32_t tap;
	uint32_t events;
	uint32_t max_ues;
	uint32_t max_associations;
	uint32_t max_label_values;
	uint32_t max_series;
	uint32_t story_entries;
};

struct sn_n2 {
	struct sn_host *host;
	const struct sn_n2_config *config;
	struct sn_n2_engine engine;
	struct sn_n2_packet_tap packet_tap;
	struct sn_n2_socket_tap socket_tap;
	struct sn_object *object;
	unsigned *attached; /* ifindex per configured interface: 0 not attached, UINT_MAX attached in another namespace */
	bool attach_told;   /* that an interface is missing has been said */
	uint64_t next_attach_ns;
	uint64_t lost; /* messages; while there are any, no figure is complete */
};

extern const struct sn_metric *const sn_n2_metric_table[];

/** One loss of any stage: of the engine, of SCTP and IP reassembly, of the kernel side. */
typedef void (*sn_n2_loss_fn)(void *ctx, const char *stage, const char *reason, uint64_t count);
void sn_n2_each_loss(struct sn_n2 *n2, sn_n2_loss_fn fn, void *ctx);
/** Counts anew, for this report or scrape, the messages that never reached the engine, whatever the stage: sn_n2.lost. */
void sn_n2_lost_count(struct sn_n2 *n2);

/** How a figure stands and why: "exact", "inferred", "unavailable". */
struct sn_n2_standing {
	const char *standing;
	const char *why; /* NULL when exact */
};
/** Of a measurement with so much of its value inferred. */
struct sn_n2_standing sn_n2_measurement_standing(struct sn_n2 *n2, enum sn_n2_measurement measurement, uint64_t inferred);

/** The value of a gauge in the unit of TS 28.552; NaN while there is none. */
double sn_n2_gauge(struct sn_n2 *n2, enum sn_n2_measurement measurement);

/** The pod of one end, "namespace/name", by its address or its process; NULL: none is known. */
const char *sn_n2_end_pod(struct sn_n2 *n2, const struct sn_n2_endpoint *end);

int sn_n2_report(struct sn_n2 *n2, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr);
void sn_n2_collect(struct sn_n2 *n2, struct sn_metrics *metrics);

#endif
