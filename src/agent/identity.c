/* SPDX-License-Identifier: Apache-2.0 */
/** @file A table of pods, and a memory of what cgroups are. */
#include "agent/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/pool.h"
#include "http/client.h"
#include "kube/table.h"
#include "model/cgroup.h"

#define POD_LIMIT      16384 /* of one node; the kubelet's own limit is 110 unless it is set */
#define CGROUPS_MAX    4096  /* remembered; then all are forgotten */
#define REMEMBERED_NS  600000000000ull
#define TRIED_AGAIN_NS 10000000000ull
#define INIT_PID_NS    4026531836ull /* PROC_PID_INIT_INO of the kernel: pids are those that BPF programs see */
#define ROOT_CGROUP    1

/** What a cgroup is; what is not known is remembered, too, for a while. */
struct known {
	struct sn_map_key key;
	struct sn_cgroup cgroup;
	uint64_t until_ns;
};

struct sn_agent_identity {
	struct sn_kube_access access;
	struct sn_http_client *client;
	struct sn_kube_table *pods;
	struct sn_pool known;
	struct sn_map by_cgroup;
	char mount[1024]; /* of cgroup v2; "": none */
	bool pids_are_ours;
	char *node;
};

static const struct sn_metric state = { .name = "sauron_agent_kubernetes_state",
					.help = "1 for what the watch of the node's pods does now, 0 for the rest.",
					.labels = { "state" },
					.kind = SN_METRIC_GAUGE };
static const struct sn_metric pods = { .name = "sauron_agent_kubernetes_pods",
				       .help = "Pods of this node that are known.",
				       .kind = SN_METRIC_GAUGE };
static const struct sn_metric table_bytes = { .name = "sauron_agent_kubernetes_table_bytes",
					      .help = "Memory of the table of pods.",
					      .kind = SN_METRIC_GAUGE };
static const struct sn_metric lists = {
	.name = "sauron_agent_kubernetes_lists_total",
	.help = "How often all pods of the node were listed: once, and each time a watch could not go on.",
	.kind = SN_METRIC_COUNTER
};
static const struct sn_metric events = { .name = "sauron_agent_kubernetes_events_total",
					 .help = "Changes of pods that the watch has told.",
					 .kind = SN_METRIC_COUNTER };
static const struct sn_metric errors = { .name = "sauron_agent_kubernetes_errors_total",
					 .help = "Requests and watches that failed, by reason.",
					 .labels = { "reason" },
					 .kind = SN_METRIC_COUNTER };
const struct sn_metric *const sn_agent_identity_metrics[] = { &state, &pods, &table_bytes, &lists, &events, &errors, NULL };

/* --- new and free */

static bool is_wanted(const struct sn_agent_config *config)
{
	return config->kubernetes == SN_KUBERNETES_ON ||
	       (config->kubernetes == SN_KUBERNETES_AUTO && (config->kubernetes_api_server || sn_kube_in_pod()));
}

static bool are_pids_ours(void)
{
	struct stat own;

	return stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == INIT_PID_NS;
}

static const char *kube_node(const struct sn_agent_config *config, const char *node)
{
	const char *name = getenv("NODE_NAME");

	return config->kubernetes_node ? config->kubernetes_node : name && *name ? name : node;
}

static int begin(struct sn_agent_identity *identity, uv_loop_t *loop, const struct sn_agent_config *config, const char *node,
		 struct sn_diag *reterr)
{
	struct sn_kube_table_options options = { .access = &identity->access, .limit = POD_LIMIT };
	int err = sn_kube_access_init(config->kubernetes_api_server, config->kubernetes_ca_file, config->kubernetes_token_file,
				      &identity->access, reterr);

	if (err)
		return err;
	if (strncmp(identity->access.server, "https://", 8) == 0 && !identity->access.token_file)
		return sn_diag_set(reterr, -ENOENT, "there is no token; kubernetes.token_file names one");
	identity->node = strdup(kube_node(config, node));
	identity->client = sn_http_client_new(loop, &(struct sn_http_client_options) { .ca_pem_file = identity->access.ca_file });
	options.client = identity->client;
	options.node = identity->node;
	if (!identity->node || !identity->client || sn_kube_table_new(loop, SN_KUBE_PODS, &options, &identity->pods))
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	return 0;
}

int sn_agent_identity_new(uv_loop_t *loop, const struct sn_agent_config *config, const char *node,
			  struct sn_agent_identity **ret_identity, struct sn_diag *reterr)
{
	struct sn_agent_identity *identity;
	struct sn_diag diag = { 0 };
	int err;

	if (!is_wanted(config))
		return 0;
	identity = calloc(1, sizeof(*identity));
	if (!identity)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	sn_pool_init(&identity->known, sizeof(struct known), CGROUPS_MAX);
	identity->pids_are_ours = are_pids_ours();
	if (sn_cgroup_mount(identity->mount, sizeof(identity->mount)))
		identity->mount[0] = '\0';
	err = begin(identity, loop, config, node, &diag);
	if (!err) {
		sn_log_info("kubernetes: the pods of node %s are followed at %s", identity->node, identity->access.server);
		*ret_identity = identity;
		return 0;
	}
	sn_agent_identity_free(identity);
	if (config->kubernetes == SN_KUBERNETES_ON)
		return sn_diag_set(reterr, err, "kubernetes: %s", diag.text);
	sn_log_warning("kubernetes: pods have no names: %s", diag.text);
	return 0;
}

struct sn_agent_identity *sn_agent_identity_free(struct sn_agent_identity *identity)
{
	if (!identity)
		return NULL;
	sn_kube_table_free(identity->pods);
	sn_http_client_free(identity->client);
	sn_kube_access_fini(&identity->access);
	sn_pool_fini(&identity->known);
	sn_map_fini(&identity->by_cgroup);
	free(identity->node);
	free(identity);
	return NULL;
}

/* --- who asks */

static const char *name_of(const struct sn_agent_identity *identity, uint32_t number)
{
	struct sn_pod pod;

	return sn_identity_pod(sn_kube_table_identity(identity->pods), number, &pod) ? pod.full : NULL;
}

const char *sn_agent_pod_of_address(struct sn_agent_identity *identity, uint8_t family, const uint8_t *octets)
{
	const struct sn_identity *table = identity ? sn_kube_table_identity(identity->pods) : NULL;

	return table ? name_of(identity, sn_identity_of_address(table, family, octets)) : NULL;
}

static bool tells_pod(const struct sn_cgroup *cgroup)
{
	return cgroup->container[0] || cgroup->pod_uid[0];
}

/** By the cgroup, which is never another's; with cgroup v1 all are in one of v2, and the process tells. */
static bool find_cgroup(const struct sn_agent_identity *identity, uint64_t cgroup_id, uint32_t pid, struct sn_cgroup *ret_cgroup)
{
	char path[SN_CGROUP_PATH];

	if (identity->mount[0] && cgroup_id > ROOT_CGROUP && !sn_cgroup_path_of(identity->mount, cgroup_id, path, sizeof(path)) &&
	    sn_cgroup_read(path, ret_cgroup) && tells_pod(ret_cgroup))
		return true;
	return identity->pids_are_ours && sn_cgroup_of_process("", pid, ret_cgroup) && tells_pod(ret_cgroup);
}

static void forget_all(struct sn_agent_identity *identity)
{
	sn_pool_fini(&identity->known);
	sn_pool_init(&identity->known, sizeof(struct known), CGROUPS_MAX);
	sn_map_fini(&identity->by_cgroup);
}

static struct known *known_of(struct sn_agent_identity *identity, uint64_t cgroup_id, uint32_t pid)
{
	struct sn_map_key key = { .a = cgroup_id, .b = pid };
	uint32_t index = sn_map_get(&identity->by_cgroup, key);
	uint64_t now = sn_clock_boottime_ns();
	struct known *known;

	if (!index && identity->known.live == CGROUPS_MAX)
		forget_all(identity);
	if (!index) {
		index = sn_pool_take(&identity->known);
		if (!index)
			return NULL;
		if (sn_map_set(&identity->by_cgroup, key, index)) {
			sn_pool_give(&identity->known, index);
			return NULL;
		}
	}
	known = sn_pool_at(&identity->known, index);
	if (known->until_ns > now)
		return known;
	*known = (struct known) { .key = key };
	known->until_ns = now + (find_cgroup(identity, cgroup_id, pid, &known->cgroup) ? REMEMBERED_NS : TRIED_AGAIN_NS);
	return known;
}

const char *sn_agent_pod_of_cgroup(struct sn_agent_identity *identity, uint64_t cgroup_id, uint32_t pid)
{
	const struct known *known = identity ? known_of(identity, cgroup_id, pid) : NULL;
	const struct sn_identity *table;
	uint32_t pod;

	if (!known)
		return NULL;
	table = sn_kube_table_identity(identity->pods);
	pod = sn_identity_of_container(table, known->cgroup.container);
	/* A container that the API does not tell of yet, or one within a container. */
	if (!pod && known->cgroup.pod_uid[0])
		pod = sn_identity_of_uid(table, known->cgroup.pod_uid);
	return name_of(identity, pod);
}

/* --- what it does */

void sn_agent_identity_status(const struct sn_agent_identity *identity, struct sn_report *report)
{
	struct sn_identity_stats table;
	struct sn_watch_stats stats;

	sn_report_string(report, "kubernetes", "off");
	if (!identity)
		return;
	sn_kube_table_stats(identity->pods, &stats);
	sn_identity_stats(sn_kube_table_identity(identity->pods), &table);
	sn_report_string(report, "kubernetes", sn_watch_state_name(stats.state));
	sn_report_string(report, "kubernetes_api_server", identity->access.server);
	sn_report_string(report, "kubernetes_node", identity->node);
	sn_report_number(report, "kubernetes_pods", table.pods);
	sn_report_number(report, "kubernetes_lists", stats.lists);
	sn_report_number(report, "kubernetes_failures", stats.failures);
	if (stats.why[0])
		sn_report_string(report, "kubernetes_last_failure", stats.why);
}

void sn_agent_identity_collect(const struct sn_agent_identity *identity, struct sn_metrics *metrics)
{
	struct sn_identity_stats table;
	struct sn_watch_stats stats;

	if (!identity)
		return;
	sn_kube_table_stats(identity->pods, &stats);
	sn_identity_stats(sn_kube_table_identity(identity->pods), &table);
	for (unsigned s = 0; s < _SN_WATCH_STATE_MAX; s++)
		sn_metrics_add(metrics, &state, stats.state == s, (const char *[]) { sn_watch_state_name(s) });
	sn_metrics_add(metrics, &pods, table.pods, NULL);
	sn_metrics_add(metrics, &table_bytes, (double)table.octets, NULL);
	sn_metrics_add(metrics, &lists, (double)stats.lists, NULL);
	sn_metrics_add(metrics, &events, (double)stats.events, NULL);
	sn_metrics_add(metrics, &errors, (double)stats.expired, (const char *[]) { "expired" });
	sn_metrics_add(metrics, &errors, (double)stats.unauthorized, (const char *[]) { "unauthorized" });
	sn_metrics_add(metrics, &errors, (double)stats.malformed, (const char *[]) { "malformed" });
	sn_metrics_add(metrics, &errors, (double)stats.silent, (const char *[]) { "silent" });
	sn_metrics_add(metrics, &errors, (double)table.refused, (const char *[]) { "table full" });
	sn_metrics_add(metrics, &errors,
		       (double)(stats.failures -
				SN_MIN(stats.failures, stats.expired + stats.unauthorized + stats.malformed + stats.silent)),
		       (const char *[]) { "other" });
}
