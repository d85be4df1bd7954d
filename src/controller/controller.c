/* SPDX-License-Identifier: Apache-2.0 */
/** @file The controller's life: its parts in order, its tick, its end. */
#include "controller/controller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "config/listen.h"
#include "controller/internal.h"

#define MAX_CONNECTIONS 12000u	   /* five of six for polls that are held, the others for those who look */
#define FILES		14000u	   /* for those; an eighth is the store's, and of connections that are ending */
#define CONNECTION_SIZE (6u << 10) /* a question is small; a longer body has memory of its own */
#define IDLE_S		60u
#define DEADLINE_S	20u
#define DAY_NS		(86400 * SN_NSEC_PER_SEC)

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", NULL };
#define NAMES_MAX 64u

/** Looks once a day whether the server's certificate nears its end. */
static void renew_certificate(struct sn_controller *controller)
{
	struct sn_diag diag = { 0 };
	int r;

	if (!controller->ca || sn_clock_boottime_ns() < controller->renew_ns)
		return;
	controller->renew_ns = sn_clock_boottime_ns() + DAY_NS;
	r = sn_ca_renew_server(controller->ca, &diag);
	if (r == 1)
		r = sn_http_renew_certificate(controller->http, &(struct sn_http_tls) { sn_ca_server_certificate(controller->ca),
											sn_ca_server_key(controller->ca),
											sn_ca_certificate(controller->ca) });
	if (r < 0)
		sn_log_error("the server's certificate is not renewed: %s", diag.text[0] ? diag.text : strerror(-r));
}

static void on_tick(uv_timer_t *timer)
{
	struct sn_controller *controller = timer->data;
	struct sn_diag trouble;

	sn_fleet_tick(controller->fleet);
	sn_controller_save_fleet(controller, /* now= */ false);
	sn_rollouts_tick(controller->rollouts);
	sn_kpi_history_tick(controller);
	sn_live_tick(controller->live, controller->fleet);
	renew_certificate(controller);
	sn_store_tick(controller->store, sn_clock_realtime_ns());
	while (sn_store_trouble(controller->store, &trouble))
		sn_log_error("store: %s", trouble.text);
}

/** mkdir -p, all of it for us alone. */
static int make_directory(const char *path, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *part = strdup(path);

	if (!part)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, slash ? 0755 : 0700) < 0 && errno != EEXIST)
			return sn_diag_set(reterr, -errno, "%s: cannot be made: %s", part, strerror(errno));
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int sn_controller_make_state(const struct sn_controller_config *config, struct sn_diag *reterr)
{
	return make_directory(config->state_dir, reterr);
}

static int open_store(struct sn_controller *controller, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *directory = NULL;
	struct sn_store_options options = {
		.max_octets = controller->config.store_size,
		.keep_records_ns = controller->config.keep_records,
		.keep_samples_ns = controller->config.keep_metrics,
	};
	int r;

	if (asprintf(&directory, "%s/store", controller->config.state_dir) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	options.directory = directory;
	r = sn_store_open(&options, &controller->store, reterr);
	if (r == 1 && reterr)
		sn_log_error("%s", reterr->text);
	return r < 0 ? r : 0;
}

static int open_audit(struct sn_controller *controller, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *path = NULL;

	if (asprintf(&path, "%s/audit.jsonl", controller->config.state_dir) < 0)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	controller->audit = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (controller->audit < 0)
		return sn_diag_set(reterr, -errno, "%s: cannot be written: %s", path, strerror(errno));
	return 0;
}

/** The limit of a shell, 1024, would be the end of the thousandth agent. @return how many connections there may be. */
static uint32_t raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return MAX_CONNECTIONS;
	if (files.rlim_cur < FILES) {
		files.rlim_cur = SN_MIN((rlim_t)FILES, files.rlim_max);
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= FILES)
		return MAX_CONNECTIONS;
	files.rlim_cur = files.rlim_cur / 8 * 7;
	sn_log_warning("%llu connections at once and %llu agents are all that the limit of open files allows (ulimit -n)",
		       (unsigned long long)files.rlim_cur, (unsigned long long)files.rlim_cur / 6 * 5);
	return (uint32_t)files.rlim_cur;
}

static int open_parts(struct sn_controller *controller, struct sn_diag *reterr)
{
	struct sn_collector_options options = { .body_limit = controller->config.body_limit,
						.node_records_per_s = controller->config.node_records_per_s };
	int err = sn_auth_new(controller->config.state_dir, controller->config.session_lifetime, &controller->auth, reterr);

	if (err)
		return err;
	if (sn_fleet_new(controller->max_connections / 6 * 5, &controller->fleet) || sn_live_new(&controller->live))
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	sn_controller_load_fleet(controller);
	err = sn_rollouts_open(controller->config.state_dir, controller->fleet, &controller->rollouts, reterr);
	if (err)
		return err;
	options.store = controller->store;
	options.live = controller->live;
	if (sn_collector_new(&options, &controller->collector))
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	return 0;
}

static bool is_loopback(const char *address)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, address, &in) == 1)
		return ntohl(in.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address, &in6) == 1 && IN6_IS_ADDR_LOOPBACK(&in6);
}

/** The CA, where TLS is spoken; the names of the certificate are those of the configuration, else what can be known. */
static int open_ca(struct sn_controller *controller, const char *address, struct sn_diag *reterr)
{
	const struct sn_controller_config *config = &controller->config;
	const char *names[NAMES_MAX + 1] = { NULL };
	char host[256] = "";
	size_t count = 0;

	if (config->tls == SN_TLS_OFF && !is_loopback(address))
		return sn_diag_set(reterr, -EINVAL,
				   "tls is off, and %s is no address of loopback: tokens and records would cross the "
				   "network for all to read",
				   address);
	if (config->tls == SN_TLS_OFF || (config->tls == SN_TLS_AUTO && is_loopback(address)))
		return 0;
	for (size_t i = 0; i < config->names.count && count < NAMES_MAX; i++)
		names[count++] = config->names.items[i];
	if (!count) {
		if (gethostname(host, sizeof(host) - 1) == 0 && *host)
			names[count++] = host;
		names[count++] = "localhost";
		names[count++] = is_loopback(address) ? address : "127.0.0.1";
		if (!is_loopback(address) && strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0)
			names[count++] = address;
	}
	return sn_ca_open(config->state_dir, names, config->agent_certificate_lifetime, &controller->ca, reterr);
}

static int open_server(struct sn_controller *controller, struct sn_diag *reterr)
{
	struct sn_http_options options = {
		.max_connections = controller->max_connections,
		.body_limit_of = sn_api_body_limit,
		.methods = methods,
		.request_deadline_s = DEADLINE_S,
		.idle_s = IDLE_S,
		.connection_octets = CONNECTION_SIZE,
	};
	char address[64];
	uint16_t port;
	int fd, err;

	if (sn_config_parse_listen(controller->config.listen, address, &port))
		return sn_diag_set(reterr, -EINVAL, "listen must be ADDRESS:PORT like 127.0.0.1:7080, not '%.64s'",
				   controller->config.listen);
	err = open_ca(controller, address, reterr);
	if (err)
		return err;
	if (controller->ca)
		options.tls = (struct sn_http_tls) { sn_ca_server_certificate(controller->ca), sn_ca_server_key(controller->ca),
						     sn_ca_certificate(controller->ca) };
	if (asprintf(&controller->url, "%s://%s", controller->ca ? "https" : "http", controller->config.listen) < 0) {
		controller->url = NULL;
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	}
	fd = sn_http_listen_tcp(address, port, reterr);
	if (fd < 0)
		return fd;
	return sn_http_start_with(controller->loop, fd, &options, sn_api_serve, controller, &controller->http, reterr);
}

/** The configuration's own strings, so that the caller's may go. */
static int take_config(struct sn_controller *controller, const struct sn_controller_config *config)
{
	controller->config = *config;
	controller->config.listen = strdup(config->listen);
	controller->config.state_dir = strdup(config->state_dir);
	controller->config.cluster = strdup(config->cluster);
	controller->config.names = (struct sn_string_list) { 0 };
	controller->config.names.items = calloc(config->names.count + 1, sizeof(char *));
	for (size_t i = 0; controller->config.names.items && i < config->names.count; i++)
		if ((controller->config.names.items[i] = strdup(config->names.items[i])))
			controller->config.names.count++;
	return controller->config.listen && controller->config.state_dir && controller->config.cluster &&
			       controller->config.names.count == config->names.count
		       ? 0
		       : -ENOMEM;
}

int sn_controller_open(uv_loop_t *loop, const struct sn_controller_config *config, struct sn_controller **ret_controller,
		       struct sn_diag *reterr)
{
	struct sn_controller *controller = calloc(1, sizeof(*controller));
	int err;

	if (!controller)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	controller->loop = loop;
	controller->audit = -1;
	controller->begun_ns = sn_clock_realtime_ns();
	uv_timer_init(loop, &controller->tick);
	controller->tick.data = controller;
	controller->max_connections = raise_files();
	err = take_config(controller, config);
	if (err)
		sn_diag_set(reterr, err, "out of memory");
	if (!err)
		err = sn_controller_make_state(&controller->config, reterr);
	if (!err)
		err = open_store(controller, reterr);
	if (!err)
		err = open_audit(controller, reterr);
	if (!err)
		err = open_parts(controller, reterr);
	if (!err)
		err = open_server(controller, reterr);
	if (err) {
		sn_controller_close(controller);
		return err;
	}
	uv_timer_start(&controller->tick, on_tick, 1000, 1000);
	*ret_controller = controller;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct sn_controller *sn_controller_close(struct sn_controller *controller)
{
	if (!controller)
		return NULL;
	controller->http = sn_http_stop(controller->http); /* whoever waits is told first */
	controller->collector = sn_collector_free(controller->collector);
	controller->live = sn_live_free(controller->live);
	controller->rollouts = sn_rollouts_free(controller->rollouts);
	if (controller->fleet)
		sn_controller_save_fleet(controller, /* now= */ true);
	controller->fleet = sn_fleet_free(controller->fleet);
	controller->auth = sn_auth_free(controller->auth);
	controller->store = sn_store_close(controller->store);
	if (controller->audit >= 0)
		close(controller->audit);
	sn_ca_free(controller->ca);
	for (size_t i = 0; i < controller->config.names.count; i++)
		free(controller->config.names.items[i]);
	free(controller->config.names.items);
	free(controller->config.listen);
	free(controller->config.state_dir);
	free(controller->config.cluster);
	free(controller->url);
	uv_close((uv_handle_t *)&controller->tick, on_closed);
	return NULL;
}

const char *sn_controller_url(const struct sn_controller *controller)
{
	return controller->url;
}

const char *sn_controller_fingerprint(const struct sn_controller *controller)
{
	return controller->ca ? sn_ca_fingerprint(controller->ca) : NULL;
}

int sn_controller_console_token(struct sn_controller *controller, char ret_token[SN_TOKEN_TEXT])
{
	return sn_auth_grant(
		controller->auth,
		&(struct sn_token_grant) { .user = "console", .role = SN_ROLE_ADMIN, .lifetime_ns = DAY_NS, .once = true },
		ret_token);
}

int sn_controller_agent_token(struct sn_controller *controller, const char *node, char ret_token[SN_TOKEN_TEXT])
{
	return sn_auth_grant(controller->auth, &(struct sn_token_grant) { .user = node, .role = SN_ROLE_AGENT }, ret_token);
}
