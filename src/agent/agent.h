/* SPDX-License-Identifier: Apache-2.0 */
/** @file The node agent: kernel, modules, metrics and API on one loop. */
#ifndef SN_AGENT_AGENT_H
#define SN_AGENT_AGENT_H

#include <uv.h>

#include "http/server.h"
#include "agent/exporter.h"
#include "agent/identity.h"
#include "agent/lock.h"
#include "agent/module_set.h"
#include "base/args.h"

struct sn_agent;

/** How it is to start. */
struct sn_agent_start {
	const char *config;	       /* path; NULL: the default, which need not be there */
	const struct sn_arg_list *set; /* options over it; may be NULL */
	bool keep_capabilities;	       /* whatever the configuration says */
	/**
	 * What runs on the same loop: opened once there is a loop and a configuration, before anything that could use it; closed
	 * before the loop is. May be NULL. `open` may fill agent->controller.
	 */
	int (*open_beside)(void *ctx, struct sn_agent *agent, struct sn_diag *reterr);
	void (*close_beside)(void *ctx);
	void *beside;
	bool hangup_ends; /* SIGHUP says that the terminal is gone, not that the configuration is to be read */
};

/** Whom the agent tells. */
struct sn_agent_controller {
	char *url;   /* NULL: nobody */
	char *token; /* NULL: none is needed */
};

struct sn_agent {
	struct sn_agent_start start;
	struct sn_config *config;
	struct sn_lock lock;
	struct sn_kernel *kernel;
	struct sn_pseudonym *pseudonym;
	struct sn_module_set modules;
	gid_t api_gid; /* (gid_t)-1: none */
	bool socket_made;

	uv_loop_t loop;
	uv_poll_t ring;
	uv_timer_t tick;
	uv_timer_t watchdog;
	uv_signal_t signals[3];
	struct sn_http *metrics_server;
	struct sn_http *api_server;

	struct sn_agent_controller controller;
	char *node;
	struct sn_agent_identity *identity; /* NULL: there is no Kubernetes, or none is to be asked */
	struct sn_http_client *client;	    /* NULL: nobody is told */
	struct sn_exporter *exporter;
	struct sn_link *link;
	/** What about.c told last, for shares and rates. */
	struct {
		uint64_t at_ns, records;
		double cpu_seconds, cpu_share, records_per_s;
	} told;

	uint64_t begun_ns; /* CLOCK_BOOTTIME, as the others */
	uint64_t ready_ns;
	uint64_t reloads_ok, reloads_failed;
	uint64_t ring_records;
	bool capabilities_dropped;
	bool beside_open;
};

/**
 * Starts everything and says READY to the service manager. On failure all is undone and nothing is left behind.
 * The object must not move afterwards.
 */
int sn_agent_open(struct sn_agent *agent, const struct sn_agent_start *start, struct sn_diag *reterr);
/** Runs until SIGINT, SIGTERM or sn_agent_stop. */
void sn_agent_run(struct sn_agent *agent);
void sn_agent_stop(struct sn_agent *agent);
/** Takes everything down. Accepts what sn_agent_open left when it failed. */
void sn_agent_close(struct sn_agent *agent);

/** Fills a report with the modules' document. As sn_module_set_report. */
int sn_agent_report(struct sn_agent *agent, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr);

/* --- tell.c: events and metrics to whoever takes them */

/** Begins to tell, where the configuration (or who started the agent) names somebody. */
int sn_agent_tell_open(struct sn_agent *agent, struct sn_diag *reterr);
/** Once the modules run: answers the controller's questions. */
int sn_agent_tell_begin(struct sn_agent *agent, struct sn_diag *reterr);
void sn_agent_tell_close(struct sn_agent *agent);
/** How this node is called, to be freed; NULL: out of memory. */
char *sn_agent_node_name(const struct sn_agent_config *config);

/* --- own_cost.c: the agent's own figures */

/** Of the process; resident memory in octets, NaN when it cannot be read. */
struct sn_process_cost {
	double cpu_seconds, resident, resident_peak;
};
struct sn_process_cost sn_process_cost(void);
/** What the kernel side of all modules has dropped, whatever the reason. */
uint64_t sn_agent_dropped(struct sn_agent *agent);

/** Adds the families sauron_agent_*. */
void sn_agent_collect(struct sn_agent *agent, struct sn_metrics *metrics);
/** Fills the document of `sauron status`. */
void sn_agent_status(struct sn_agent *agent, struct sn_report *report);
extern const struct sn_metric *const sn_agent_metrics[];

/* --- api.c: what is served */

void sn_agent_serve_metrics(void *agent, const struct sn_http_request *request, struct sn_http_answer *ret_answer);
/** A question of the local API, from whoever may ask: the peer is not looked at. */
void sn_agent_answer(struct sn_agent *agent, const struct sn_http_request *request, struct sn_http_answer *ret_answer);
void sn_agent_serve_api(void *agent, const struct sn_http_request *request, struct sn_http_answer *ret_answer);

#endif
