/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's life: start, loop, reload, stop. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "agent/agent.h"
#include "agent/begin.h"
#include "base/clock.h"
#include "base/log.h"

#define TICK_MS	   100
#define RING_BATCH 16384 /* records at a time, so that requests and signals get their turn under any load */

/* --- the loop */

static void drain(struct sn_agent *agent)
{
	int got = sn_kernel_ring_consume(agent->kernel, RING_BATCH);

	if (got > 0)
		agent->ring_records += (uint64_t)got;
}

static void on_ring(uv_poll_t *poll, int status, int events)
{
	drain(poll->data);
}

static void on_tick(uv_timer_t *timer)
{
	struct sn_agent *agent = timer->data;

	/* The kernel side need not wake us for every record. */
	drain(agent);
	sn_module_set_tick(&agent->modules, sn_clock_realtime_ns());
}

static void on_watchdog(uv_timer_t *timer)
{
	sd_notify(0, "WATCHDOG=1");
}

/* --- reload */

static void tell_restart(void *ctx, const char *name)
{
	sn_log_warning("the change of %s takes effect when the agent is started anew", name);
}

static int take_config(struct sn_agent *agent, struct sn_diag *reterr)
{
	struct sn_config *config = NULL;
	int err = sn_begin_config(agent->start.config, agent->start.set, /* readable_only= */ false, &config, reterr);

	if (err)
		return err;
	err = sn_desired_overlay(&agent->desired, config, reterr);
	if (!err)
		err = sn_module_set_configure(&agent->modules, agent->config, config, reterr);
	if (err) {
		sn_config_free(config);
		return err;
	}
	sn_config_each_restart(agent->config, config, tell_restart, /* ctx= */ NULL);
	sn_log_set_level(config->agent.log_level);
	sn_config_free(agent->config);
	agent->config = config;
	return 0;
}

static void reload(struct sn_agent *agent)
{
	struct sn_diag diag = { 0 };
	struct timespec now;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)now.tv_sec * 1000000ull + (unsigned long long)now.tv_nsec / 1000ull);
	err = take_config(agent, &diag);
	if (err) {
		agent->reloads_failed++;
		sn_log_error("the configuration stays as it was: %s", diag.text[0] ? diag.text : strerror(-err));
	} else {
		agent->reloads_ok++;
		sn_log_info("configuration taken from %s", agent->config->file ? agent->config->file : "the defaults");
	}
	sd_notify(0, "READY=1");
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct sn_agent *agent = handle->data;

	if (number == SIGHUP && !agent->start.hangup_ends)
		reload(agent);
	else
		sn_agent_stop(agent);
}

void sn_agent_stop(struct sn_agent *agent)
{
	uv_stop(&agent->loop);
}

/* --- start */

static int open_loop(struct sn_agent *agent, struct sn_diag *reterr)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
	int err = uv_loop_init(&agent->loop);

	if (err)
		return sn_diag_set(reterr, err, "no event loop: %s", uv_strerror(err));
	uv_timer_init(&agent->loop, &agent->tick);
	uv_timer_init(&agent->loop, &agent->watchdog);
	agent->tick.data = agent->watchdog.data = agent;
	for (size_t i = 0; i < SN_ARRAY_SIZE(numbers); i++) {
		uv_signal_init(&agent->loop, &agent->signals[i]);
		agent->signals[i].data = agent;
		uv_signal_start(&agent->signals[i], on_signal, numbers[i]);
	}
	/* A peer that hangs up while it is written to is no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static size_t power_of_two(uint64_t octets)
{
	size_t size = 1;

	while (size < octets)
		size *= 2;
	return size;
}

static int open_kernel(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_kernel_options options = {
		.ring_size = power_of_two(agent->config->agent.ring_size),
		.btf_path = agent->config->agent.btf,
		.stats = true,
	};
	struct sn_diag diag = { 0 };
	int err = sn_kernel_open(&options, &agent->kernel, &diag);

	if (err == -EPERM || err == -EACCES)
		return sn_diag_set(
			reterr, err,
			"the kernel lets this user load no BPF programs (%s); run as root, or with CAP_BPF, CAP_PERFMON and "
			"CAP_NET_ADMIN",
			diag.text);
	if (err)
		return sn_diag_set(reterr, err, "%s", diag.text[0] ? diag.text : strerror(-err));
	err = uv_poll_init(&agent->loop, &agent->ring, sn_kernel_ring_fd(agent->kernel));
	if (err)
		return sn_diag_set(reterr, err, "the ring cannot be watched: %s", uv_strerror(err));
	agent->ring.data = agent;
	return 0;
}

static int open_pseudonym(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_agent_config *config = &agent->config->agent;
	SN_AUTO_FREE char *key = sn_config_key_file(agent->config);

	if (!key)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	if (mkdir(config->state_dir, 0700) < 0 && errno != EEXIST)
		return sn_diag_set(reterr, -errno, "%s: cannot be made: %s", config->state_dir, strerror(errno));
	return sn_pseudonym_new(key, config->subscriber_ids == SN_SUBSCRIBER_CLEAR, &agent->pseudonym, reterr);
}

static void tell_plans(const struct sn_agent *agent)
{
	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct sn_open_module *item = &agent->modules.items[i];

		for (size_t j = 0; j < item->plan.count; j++) {
			const struct sn_hook_report *hook = &item->plan.hooks[j];

			if (hook->state == SN_HOOK_CHOSEN)
				sn_log_info("%s: %s by %s", item->module->name, hook->hook->group, hook->hook->name);
			else if (hook->state == SN_HOOK_PASSED_OVER)
				sn_log_debug("%s: not %s by %s: %s", item->module->name, hook->hook->group, hook->hook->name,
					     hook->reason);
		}
		if (!sn_open_module_attached(item))
			sn_log_error("module %s sees nothing: %s ('sauron check' tells more)", item->module->name,
				     item->attach_diag.text[0] ? item->attach_diag.text : "none of its hooks is wanted");
		else if (item->attach_error)
			sn_log_warning("%s: %s", item->module->name, item->attach_diag.text);
	}
}

static int open_identity(struct sn_agent *agent, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *node = sn_agent_node_name(&agent->config->agent);
	int err = node ? sn_agent_identity_new(&agent->loop, &agent->config->agent, node, &agent->identity, reterr) : -ENOMEM;

	agent->modules.identity = agent->identity;
	return err;
}

static int open_modules(struct sn_agent *agent, struct sn_diag *reterr)
{
	int err =
		sn_module_set_open(agent->config, agent->kernel, agent->pseudonym, /* strict= */ false, &agent->modules, reterr);

	if (err)
		return err;
	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct sn_open_module *item = &agent->modules.items[i];

		if (item->module->event)
			sn_kernel_route(agent->kernel, item->module->id, item->module->event, item->self);
	}
	sn_module_set_attach(&agent->modules, /* dry_run= */ false);
	tell_plans(agent);
	return 0;
}

static int open_metrics(struct sn_agent *agent, struct sn_diag *reterr)
{
	const char *listen = agent->config->agent.metrics_listen;
	struct sn_diag diag = { 0 };
	char address[64];
	uint16_t port;
	int fd;

	if (strcmp(listen, "off") == 0)
		return 0;
	if (sn_config_parse_listen(listen, address, &port))
		return sn_diag_set(reterr, -EINVAL, "metrics.listen is no address and port: %s", listen);
	fd = sn_http_listen_tcp(address, port, &diag);
	if (fd == -EADDRINUSE)
		return sn_diag_set(reterr, fd, "%s; metrics.listen sets another", diag.text);
	if (fd < 0)
		return sn_diag_set(reterr, fd, "%s", diag.text);
	return sn_http_start(&agent->loop, fd, sn_agent_serve_metrics, agent, &agent->metrics_server, reterr);
}

static int open_api(struct sn_agent *agent, struct sn_diag *reterr)
{
	const struct sn_agent_config *config = &agent->config->agent;
	const struct group *group;
	int fd;

	agent->api_gid = (gid_t)-1;
	if (config->api_group) {
		group = getgrnam(config->api_group);
		if (!group)
			return sn_diag_set(reterr, -ENOENT, "there is no group '%s'", config->api_group);
		agent->api_gid = group->gr_gid;
	}
	fd = sn_http_listen_unix(config->api_socket, agent->api_gid, reterr);
	if (fd < 0)
		return fd;
	agent->socket_made = true;
	return sn_http_start(&agent->loop, fd, sn_agent_serve_api, agent, &agent->api_server, reterr);
}

/** Gives up what is not needed any more; a module may keep what it needs later. */
static int drop_capabilities(struct sn_agent *agent, struct sn_diag *reterr)
{
	uint64_t keep = 0;
	int err;

	if (agent->start.keep_capabilities || agent->config->agent.capabilities == SN_CAPABILITIES_KEEP)
		return 0;
	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct sn_module *module = agent->modules.items[i].module;

		for (size_t j = 0; module->capabilities && j < agent->config->module_count; j++)
			if (agent->config->modules[j].module == module)
				keep |= module->capabilities(agent->config->modules[j].config);
	}
	err = sn_capabilities_drop(keep, reterr);
	agent->capabilities_dropped = !err;
	return err;
}

static void begin(struct sn_agent *agent)
{
	uint64_t watchdog_us = 0;

	uv_poll_start(&agent->ring, UV_READABLE, on_ring);
	uv_timer_start(&agent->tick, on_tick, TICK_MS, TICK_MS);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		uv_timer_start(&agent->watchdog, on_watchdog, watchdog_us / 2000, watchdog_us / 2000);
	agent->ready_ns = sn_clock_boottime_ns();
	sd_notify(0, "READY=1");
}

/** What the controller wanted last, over the node's own file. A document that does not fit any more must not keep the agent down.
 */
static void take_desired(struct sn_agent *agent)
{
	struct sn_config *config = NULL;
	struct sn_diag diag = { 0 };

	sn_desired_load(&agent->desired, agent->config->agent.state_dir);
	if (!agent->desired.document)
		return;
	if (sn_begin_config(agent->start.config, agent->start.set, /* readable_only= */ false, &config, &diag) ||
	    sn_desired_overlay(&agent->desired, config, &diag)) {
		sn_log_error("the desired state of the last run is left out: %s", diag.text);
		agent->desired.error = strdup(diag.text);
		free(SN_TAKE_PTR(agent->desired.document));
		sn_config_free(config);
		return;
	}
	sn_config_free(agent->config);
	agent->config = config;
}

int sn_agent_open(struct sn_agent *agent, const struct sn_agent_start *start, struct sn_diag *reterr)
{
	int err;

	*agent = (struct sn_agent) { .start = *start, .lock = SN_LOCK_NONE, .begun_ns = sn_clock_boottime_ns() };
	err = sn_begin_config(start->config, start->set, /* readable_only= */ false, &agent->config, reterr);
	if (err)
		return err;
	sn_log_set_level(agent->config->agent.log_level);
	take_desired(agent);
	err = sn_lock_take(agent->config->agent.api_socket, &agent->lock, reterr);
	if (!err)
		err = open_loop(agent, reterr);
	if (err) {
		/* Without a loop there is nothing that sn_agent_close could close. */
		sn_lock_release(&agent->lock);
		sn_desired_fini(&agent->desired);
		agent->config = sn_config_free(agent->config);
		return err;
	}
	if (start->open_beside) {
		err = start->open_beside(start->beside, agent, reterr);
		agent->beside_open = !err;
	}
	if (!err)
		err = open_kernel(agent, reterr);
	if (!err)
		err = open_pseudonym(agent, reterr);
	if (!err)
		err = sn_agent_tell_open(agent, reterr);
	if (!err)
		err = open_identity(agent, reterr);
	if (!err)
		err = open_modules(agent, reterr);
	if (!err)
		err = sn_agent_tell_begin(agent, reterr);
	if (!err)
		err = open_metrics(agent, reterr);
	if (!err)
		err = open_api(agent, reterr);
	if (!err)
		err = drop_capabilities(agent, reterr);
	if (err)
		sn_agent_close(agent);
	else
		begin(agent);
	return err;
}

void sn_agent_run(struct sn_agent *agent)
{
	uv_run(&agent->loop, UV_RUN_DEFAULT);
}

int sn_agent_report(struct sn_agent *agent, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr)
{
	/* What lies in the ring belongs to the answer too. */
	drain(agent);
	return sn_module_set_report(&agent->modules, query, report, reterr);
}

/* --- stop */

static void close_handle(uv_handle_t *handle, void *ctx)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void sn_agent_close(struct sn_agent *agent)
{
	if (!agent->config)
		return;
	sd_notify(0, "STOPPING=1");
	/* What the modules still hold goes out before the line does. */
	sn_module_set_finish(&agent->modules);
	sn_agent_tell_close(agent);
	agent->identity = agent->modules.identity = sn_agent_identity_free(agent->identity);
	if (agent->beside_open)
		agent->start.close_beside(agent->start.beside);
	agent->beside_open = false;
	agent->metrics_server = sn_http_stop(agent->metrics_server);
	agent->api_server = sn_http_stop(agent->api_server);
	if (agent->socket_made)
		unlink(agent->config->agent.api_socket);
	uv_walk(&agent->loop, close_handle, /* arg= */ NULL);
	uv_run(&agent->loop, UV_RUN_DEFAULT);
	uv_loop_close(&agent->loop);
	sn_module_set_close(&agent->modules);
	agent->pseudonym = sn_pseudonym_free(agent->pseudonym);
	agent->kernel = sn_kernel_close(agent->kernel);
	sn_lock_release(&agent->lock);
	sn_desired_fini(&agent->desired);
	agent->config = sn_config_free(agent->config);
}
