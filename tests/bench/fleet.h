/* SPDX-License-Identifier: Apache-2.0 */
/** @file What the parts of the load generator share. */
#ifndef SN_TESTS_FLEET_H
#define SN_TESTS_FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "codec/otlp.h"
#include "http/client.h"

/** Milliseconds that something took, each. */
struct samples {
	float *ms;
	size_t count, size;
};
void samples_add(struct samples *samples, double ms);
/** "NAME": {"count": …, "p50": …} */
void samples_print(struct samples *samples, const char *name);
void samples_clear(struct samples *samples);

struct options {
	const char *url, *tokens, *viewer, *ca, *certs, *operator;
	uint32_t agents;
	uint64_t rate;
	double seconds, warm, queries, questions, drain;
	uint64_t interval_ms, retry_max_ms;
	bool idle, check, hurry;
	int pid; /* of the controller; 0: not measured */
};

struct agent;
struct fleet {
	struct options options;
	uv_loop_t loop;
	struct agent *agents;
	struct sn_http_client *client; /* of the viewers; of agents that only poll, too */
	uint32_t started;
	uint64_t begun_ns, begun_realtime_ns, ended_ns; /* of the load */
	uint64_t total;					/* records of one agent */
	uint64_t sent, acknowledged, refused, batches, retried, gather_ms;
	uint64_t polls, poll_failures, poll_answers, held;
	unsigned polls_under_way;
	struct samples push, change; /* change: until an agent has what the operator wants */
	uint64_t changed_ns;
	const char *why; /* of a failure that ends it all */
};

/* fleet_agent.c */
int agents_new(struct fleet *fleet);
void agents_free(struct fleet *fleet);
/** Begins the polls of the next agents, a few at a time. @return whether all have begun. */
bool agents_start(struct fleet *fleet, uint32_t count);
/** Begins to make records. */
void agents_load(struct fleet *fleet);
/** @return whether the receiver has acknowledged the record of this number. */
bool agents_acknowledged(const struct fleet *fleet, uint64_t number);
const char *agent_name(const struct fleet *fleet, uint32_t index);

/* fleet_record.c */
/** Writes the record; the same for the same number. */
void record_write(struct sn_otlp_writer *writer, uint32_t agent, uint64_t number, uint64_t time_ns);
void record_ue(uint64_t number, char ret_text[32]);
void record_gnb(uint32_t agent, char ret_text[32]);

/* fleet_ask.c */
/** Begins to ask as viewers do; again: what was measured before is forgotten. */
int asking_begin(struct fleet *fleet);
void asking_end(struct fleet *fleet);
void asking_print(struct fleet *fleet);
/** Puts a document that all agents are to have at once, as an operator. */
void change_begin(struct fleet *fleet);
/** Reads all records back and compares; `done` is called from the loop, then checking_print. */
int checking_begin(struct fleet *fleet, void (*done)(struct fleet *fleet));
void checking_print(struct fleet *fleet);

uint64_t fleet_now_ns(void);
double fleet_random(void); /* 0..1 */

#endif
