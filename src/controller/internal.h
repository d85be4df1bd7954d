/* SPDX-License-Identifier: Apache-2.0 */
/** @file The controller's parts, for those files that serve requests. */
#ifndef SN_CONTROLLER_INTERNAL_H
#define SN_CONTROLLER_INTERNAL_H

#include "controller/ca.h"
#include "controller/collector.h"
#include "controller/controller.h"
#include "controller/rollout.h"

struct sn_controller {
	struct sn_controller_config config; /* its strings are owned */
	uv_loop_t *loop;
	char *url;
	struct sn_store *store;
	struct sn_auth *auth;
	struct sn_ca *ca; /* NULL: without TLS */
	struct sn_fleet *fleet;
	uint64_t fleet_revision, fleet_ns; /* what is on disk, when it is written again (CLOCK_BOOTTIME) */
	struct sn_rollouts *rollouts;
	struct sn_live *live;
	struct sn_collector *collector;
	uint32_t max_connections;
	struct sn_http *http;
	int audit; /* descriptor of the audit log */
	uv_timer_t tick;
	bool backing_up;
	uint64_t begun_ns;
	uint64_t renew_ns, kpis_ns; /* CLOCK_BOOTTIME: when the certificate is looked at, when KPIs are kept */
};

/** Reads STATE/fleet.json; one that cannot be read is moved aside, and told. */
void sn_controller_load_fleet(struct sn_controller *controller);
/** Writes it where something has changed: once a minute, or now. */
void sn_controller_save_fleet(struct sn_controller *controller, bool now);

/** What a handler is given: who asks, and what stands in the place of the path's '*'. */
struct sn_api_call {
	struct sn_controller *controller;
	struct sn_identity identity;
	const struct sn_http_request *request;
	char word[256];
};
typedef void (*sn_api_fn)(const struct sn_api_call *call, struct sn_http_answer *answer);

/** One way in. A '*' in the path stands for one word. */
struct sn_api_route {
	const char *method, *path;
	enum sn_role role; /* the least */
	sn_api_fn fn;
	const char *doc;
	const char *body, *answer;     /* schemas of the OpenAPI document; NULL: none, or not JSON */
	const char *const *parameters; /* names, NULL at the end; NULL: none are taken */
};
/** All of them, ended by a path of NULL. */
extern const struct sn_api_route sn_api_routes[];
/** What the parameters mean, whatever route takes them. */
struct sn_api_parameter {
	const char *name, *doc;
	const char *type; /* of JSON Schema; NULL: string */
	bool repeated;
};
extern const struct sn_api_parameter sn_api_parameters[];

/** Answers with a document, which is given up. NULL: out of memory. */
void sn_api_answer(struct sn_http_answer *answer, json_t *document);
/**
 * A time as a parameter has it: RFC 3339, or a duration back from now ("-15m"). Left out: `fallback_ns`.
 * @return 0, or -EINVAL with the answer filled.
 */
int sn_api_time(const struct sn_api_call *call, const char *name, uint64_t fallback_ns, uint64_t *ret_ns,
		struct sn_http_answer *answer);
/** A whole number within 1..max. As above. */
int sn_api_number(const struct sn_api_call *call, const char *name, uint64_t fallback, uint64_t max, uint64_t *ret_value,
		  struct sn_http_answer *answer);

/** A line in the audit log: who changed what, to what end, and how it went. `object` may be NULL. */
void sn_api_audit(const struct sn_api_call *call, const char *what, const char *object, unsigned status);

/* kpi_history.c */
#define SN_KPI_SERIES "sauron_kpi"
/** Once a second. */
void sn_kpi_history_tick(struct sn_controller *controller);

/* api.c */
void sn_api_serve(void *controller, const struct sn_http_request *request, struct sn_http_answer *answer);
uint64_t sn_api_body_limit(void *controller, const char *method, const char *path);

/** The body as a JSON object, the caller's; NULL with the answer filled. */
json_t *sn_api_body(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_join.c */
void sn_api_ca(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_join(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_agent_renew(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_node_remove(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_token_make(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_token_revoke(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_backup.c */
void sn_api_backup(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_openapi.c */
void sn_api_openapi(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_session.c */
void sn_api_login(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_logout(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_me(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_live(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_collect(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_records.c */
void sn_api_records(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_counts(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_record_types(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_rollout.c */
void sn_api_groups(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group_put(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group_remove(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group_halt(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group_proceed(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_group_back(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_series.c */
void sn_api_metrics(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_series(const struct sn_api_call *call, struct sn_http_answer *answer);

/* api_fleet.c */
void sn_api_nodes(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_node(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_node_kpi(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_node_status(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_overview(const struct sn_api_call *call, struct sn_http_answer *answer);
void sn_api_agent_poll(const struct sn_api_call *call, struct sn_http_answer *answer);

/* own_metrics.c */
struct sn_metric;
/** All of them, NULL at the end. */
extern const struct sn_metric *const sn_controller_metrics[];
void sn_api_own_metrics(const struct sn_api_call *call, struct sn_http_answer *answer);

#endif
