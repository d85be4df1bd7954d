/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the KPIs of the nodes were, once a minute, as a series of their own: so that "usual" can be said of them. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "controller/internal.h"
#include "controller/record_text.h"

#define EVERY_NS (60 * SN_NSEC_PER_SEC)
#define BATCH	 1024u

static struct sn_view view_of(const char *text)
{
	return (struct sn_view) { (const uint8_t *)text, strlen(text) };
}

/** Samples in the making; the labels stand in the arena, by place. */
struct gathered {
	struct sn_store_sample samples[BATCH];
	struct sn_text arena;
	size_t at[BATCH + 1], count;
};

static void flush(struct sn_controller *controller, struct gathered *gathered)
{
	struct sn_store_batch batch = { .samples = gathered->samples, .sample_count = gathered->count };
	struct sn_diag diag = { 0 };

	for (size_t i = 0; i < gathered->count; i++)
		gathered->samples[i].labels = (struct sn_view) { (const uint8_t *)gathered->arena.data + gathered->at[i],
								 gathered->at[i + 1] - gathered->at[i] };
	if (gathered->count && !gathered->arena.failed && sn_store_add(controller->store, &batch, &diag) < 0)
		sn_log_error("the history of KPIs is not stored: %s", diag.text);
	gathered->count = 0;
	gathered->arena.len = 0;
	gathered->arena.failed = false;
}

static void gather(struct sn_controller *controller, struct gathered *gathered, const char *node, const json_t *kpi)
{
	const char *name = json_string_value(json_object_get(kpi, "kpi")),
		   *module = json_string_value(json_object_get(kpi, "module"));
	const json_t *value = json_object_get(kpi, "value");

	if (!name || !module || !json_is_number(value))
		return;
	if (gathered->count == BATCH)
		flush(controller, gathered);
	gathered->at[gathered->count] = gathered->arena.len;
	sn_text_add(&gathered->arena, "{\"kpi\":");
	sn_text_add_json_string(&gathered->arena, view_of(name));
	sn_text_add(&gathered->arena, ",\"module\":");
	sn_text_add_json_string(&gathered->arena, view_of(module));
	sn_text_add(&gathered->arena, "}");
	gathered->samples[gathered->count] = (struct sn_store_sample) { .time_ns = sn_clock_realtime_ns(),
									.node = view_of(node),
									.name = view_of(SN_KPI_SERIES),
									.kind = SN_STORE_GAUGE,
									.value = json_number_value(value) };
	gathered->at[++gathered->count] = gathered->arena.len;
}

void sn_kpi_history_tick(struct sn_controller *controller)
{
	static struct gathered gathered; /* too large for the stack; one thread */
	uint64_t now_ns = sn_clock_boottime_ns();
	struct sn_node_info node;
	json_t *kpi;
	size_t i;

	if (now_ns < controller->kpis_ns || !sn_fleet_count(controller->fleet))
		return;
	controller->kpis_ns = now_ns + EVERY_NS;
	for (size_t n = 0; sn_fleet_node(controller->fleet, n, &node); n++) {
		if (node.state != SN_NODE_UP)
			continue;
		json_array_foreach(json_object_get(node.about, "kpis"), i, kpi)
		{
			gather(controller, &gathered, node.name, kpi);
		}
	}
	flush(controller, &gathered);
	sn_text_free(&gathered.arena);
}
