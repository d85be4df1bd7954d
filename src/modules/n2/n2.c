/* SPDX-License-Identifier: Apache-2.0 */
/** @file The n2 module: its options and hooks, and the way from the agent's callbacks to taps, engine and report. */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "codec/pcapng.h"
#include "kernel/kernel.h"
#include "modules/n2/module.h"
#include "modules/n2/n2_hooks.h"
#include "modules/n2/records.h"
#include "n2.skel.h"
#include "sauron/module.h"

#define SECOND 1000000000ull

/* ---- options ---- */

enum tap_choice { TAP_AUTO, TAP_SOCKET, TAP_PACKET };
static const char *const tap_names[] = { "auto", "socket", "packet", NULL };
enum events_choice { EVENTS_ALL, EVENTS_OUTCOMES, EVENTS_NONE };
static const char *const events_names[] = { "all", "outcomes", "none", NULL };

/** Time-outs by name, with their defaults; whatever is not here has 10 s. */
static const struct {
	const char *name;
	uint32_t seconds;
} timeout_defaults[] = {
	/* UE timers of TS 24.501 table 10.2.1, with the procedures that they may enclose */
	{ "Registration", 30 },		     /* T3510 is 15 s; authentication and security mode control may restart theirs */
	{ "Service request", 15 },	     /* T3517 */
	{ "PDU session establishment", 20 }, /* T3580 is 16 s */
	{ "Deregistration", 15 },	     /* T3521 */
	{ "N2 handover", 30 },
	{ "Paging", 20 },
	{ "UE context release", 20 },
	{ "NGSetup", 60 },
};

static const char *const timeout_names[] = {
	"Registration",
	"Service request",
	"PDU session establishment",
	"Deregistration",
	"N2 handover",
	"Xn handover",
	"UE context release",
	"Paging",
	"AMFConfigurationUpdate",
	"HandoverCancel",
	"HandoverPreparation",
	"HandoverResourceAllocation",
	"InitialContextSetup",
	"NGReset",
	"NGSetup",
	"PathSwitchRequest",
	"PDUSessionResourceModify",
	"PDUSessionResourceModifyIndication",
	"PDUSessionResourceRelease",
	"PDUSessionResourceSetup",
	"PWSCancel",
	"RANConfigurationUpdate",
	"UEContextModification",
	"UEContextRelease",
	"UEContextResume",
	"UEContextSuspend",
	"UERadioCapabilityCheck",
	"UERadioCapabilityIDMapping",
	"WriteReplaceWarning",
	NULL,
};

#define OPTION(member, option_type, ...)                                                                                         \
	{                                                                                                                        \
		.name = #member, .offset = offsetof(struct sn_n2_config, member), .type = option_type, __VA_ARGS__               \
	}
static const struct sn_option options[] = {
	OPTION(ports, SN_OPTION_PORT_LIST, .def = "[38412]",
	       .doc = "SCTP ports of the AMFs: what does not use one of them is not looked at"),
	OPTION(interfaces, SN_OPTION_STRING_LIST, .def = "[]",
	       .doc = "interfaces for the packet tap: NAME, or NAME@NETNS with the path of a network namespace (n2@/run/netns/amf)"),
	OPTION(tap, SN_OPTION_ENUM, .def = "auto", .names = tap_names,
	       .doc = "auto: sockets where the kernel has SCTP, and packets on the interfaces that are named; socket or packet: only that one",
	       .restart = true),
	OPTION(events, SN_OPTION_ENUM, .def = "all", .names = events_names,
	       .doc = "single events for the controller, where there is one: outcomes of procedures and chains, and with all each message of a UE"),
	OPTION(capture_limit, SN_OPTION_SIZE, .def = "16KiB", .min = 256, .max = SN_N2_CAPTURE_MAX,
	       .doc = "octets taken of one message; longer ones are counted and decoded as far as they go"),
	OPTION(timeouts, SN_OPTION_DURATION_MAP, .def = "{}", .names = timeout_names, .min = 1000000ull, .max = 86400 * SECOND,
	       .doc = "after how long an attempt without outcome is 'no response', by procedure or chain"),
	OPTION(timeout, SN_OPTION_DURATION, .def = "10s", .min = 1000000ull, .max = 86400 * SECOND,
	       .doc = "the same for those that have none of their own"),
	OPTION(max_ues, SN_OPTION_U32, .def = "1000000", .min = 16, .max = 16000000,
	       .doc = "UEs followed at once; beyond, the longest idle is forgotten", .restart = true),
	OPTION(ue_idle, SN_OPTION_DURATION, .def = "2h", .min = SECOND, .max = 30ull * 86400 * SECOND,
	       .doc = "a UE without a message for so long is forgotten (above the periodic registration timer, T3512, of the network)"),
	OPTION(max_associations, SN_OPTION_U32, .def = "4096", .min = 1, .max = 1000000,
	       .doc = "SCTP associations followed at once", .restart = true),
	OPTION(association_idle, SN_OPTION_DURATION, .def = "6h", .min = SECOND, .max = 30ull * 86400 * SECOND,
	       .doc = "an association without a message for so long is forgotten"),
	OPTION(max_label_values, SN_OPTION_U32, .def = "1000", .min = 1, .max = 65000,
	       .doc = "values of one label (gNBs, TACs …); further ones are 'other'", .restart = true),
	OPTION(max_series, SN_OPTION_U32, .def = "50000", .min = 100, .max = 10000000,
	       .doc = "combinations of labels, of each kind of figure", .restart = true),
	OPTION(story_entries, SN_OPTION_U32, .def = "131072", .min = 1024, .max = 1u << 28,
	       .doc = "messages kept for the stories of UEs, 32 octets each; rounded up to a power of two", .restart = true),
	{ 0 },
};

static void timeouts_fill(const struct sn_n2_config *config, uint64_t *ret_ns)
{
	for (unsigned kind = 0; kind < SN_N2_KINDS; kind++) {
		const char *name = sn_n2_kind_name(kind);

		ret_ns[kind] = config->timeout;
		for (size_t i = 0; i < SN_ARRAY_SIZE(timeout_defaults); i++)
			if (!strcmp(timeout_defaults[i].name, name))
				ret_ns[kind] = timeout_defaults[i].seconds * SECOND;
		for (size_t i = 0; i < config->timeouts.count; i++)
			if (!strcmp(config->timeouts.items[i].name, name))
				ret_ns[kind] = config->timeouts.items[i].ns;
	}
}

static void limits_fill(const struct sn_n2_config *config, struct sn_n2_limits *ret_limits)
{
	*ret_limits = (struct sn_n2_limits) {
		.max_ues = config->max_ues,
		.max_associations = config->max_associations,
		.max_series = config->max_series,
		.max_label_values = config->max_label_values,
		.story_entries = 1024,
		.ue_idle_ns = config->ue_idle,
		.association_idle_ns = config->association_idle,
	};
	while (ret_limits->story_entries < config->story_entries)
		ret_limits->story_entries *= 2;
	timeouts_fill(config, ret_limits->timeouts_ns);
}

static void n2_close(void *self);

/* ---- opening and closing ---- */

static int n2_open(struct sn_host *host, const void *config, void **ret_self, struct sn_diag *reterr)
{
	struct sn_n2 *n2 = calloc(1, sizeof(*n2));
	struct sn_n2_limits limits;
	int r;

	if (!n2)
		return sn_diag_set(reterr, -ENOMEM, "not enough memory for module n2");
	n2->host = host;
	n2->config = config;
	limits_fill(n2->config, &limits);
	r = sn_n2_engine_init(&n2->engine, &limits, host->pseudonym);
	if (!r)
		r = sn_n2_packet_tap_init(&n2->packet_tap, &n2->engine, &n2->config->ports);
	if (!r)
		r = sn_n2_socket_tap_init(&n2->socket_tap, &n2->engine, &n2->config->ports);
	if (!r && host->emit && n2->config->events != EVENTS_NONE)
		r = sn_n2_emit_new(&n2->engine, host, n2->config->events == EVENTS_ALL);
	if (r < 0) {
		n2_close(n2);
		return sn_diag_set(reterr, r, "not enough memory for module n2: lower story_entries or max_label_values");
	}
	*ret_self = n2;
	return 0;
}

/* ---- the kernel side ---- */

static bool wanted(void *ctx, const struct sn_hook *hook)
{
	const struct sn_n2 *n2 = ctx;
	bool packet = !strcmp(hook->group, "packet");

	if (n2->config->tap == TAP_SOCKET)
		return !packet;
	if (n2->config->tap == TAP_PACKET)
		return packet;
	/* auto: packets where interfaces are named, and where there can be no SCTP socket, so that `check` tells of the way that
	 * is left */
	return !packet || n2->config->interfaces.count ||
	       sn_node_feature(sn_kernel_node(n2->host->kernel), SN_FEATURE_SCTP)->state == SN_FEATURE_ABSENT;
}

static int kernel_configure(struct sn_n2 *n2, const struct sn_n2_config *config, struct sn_diag *reterr)
{
	struct sn_n2_kernel_config value = { .capture_limit = (uint32_t)config->capture_limit, .own_tgid = (uint32_t)getpid() };

	uint32_t zero = 0;
	int r = sn_object_map_set(n2->object, "n2_config", &zero, &value);

	if (!r)
		r = sn_object_map_keys(n2->object, "n2_ports", config->ports.items, sizeof(uint16_t), config->ports.count);
	return r < 0 ? sn_diag_set(reterr, r, "cannot configure the kernel side of n2: %s%s", strerror(-r),
				   r == -E2BIG ? " (at most 64 ports)" : "")
		     : 0;
}

/* "n2@/run/netns/amf" is interface n2 of that namespace. */
static int interface_attach(struct sn_n2 *n2, size_t i, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *name = strdup(n2->config->interfaces.items[i]);
	char *netns;
	int r;

	if (!name)
		return -ENOMEM;
	netns = strchr(name, '@');
	if (netns)
		*netns++ = '\0';
	r = sn_kernel_attach_interface(n2->object, netns, name, reterr);
	if (r < 0 && r != -EEXIST)
		return r;
	n2->attached[i] = netns ? UINT_MAX : if_nametoindex(name);
	return 0;
}

/* Interfaces of pods come and go: what is not there yet, or is there anew, is tried again. */
static void interfaces_attach(struct sn_n2 *n2, bool first)
{
	for (size_t i = 0; i < n2->config->interfaces.count; i++) {
		struct sn_diag diag = { 0 };
		bool own = !strchr(n2->config->interfaces.items[i], '@');

		if (n2->attached[i] && (!own || if_nametoindex(n2->config->interfaces.items[i]) == n2->attached[i]))
			continue;
		n2->attached[i] = 0;
		if (interface_attach(n2, i, &diag) < 0 && first)
			n2->host->warn(n2->host, diag.text);
	}
}

static int interfaces_begin(struct sn_n2 *n2)
{
	free(n2->attached);
	n2->attached = calloc(n2->config->interfaces.count + 1, sizeof(*n2->attached));
	if (!n2->attached)
		return -ENOMEM;
	interfaces_attach(n2, /* first= */ true);
	return 0;
}

static int n2_attach(void *self, bool dry_run, struct sn_plan *ret_plan, struct sn_diag *reterr)
{
	struct sn_n2 *n2 = self;
	struct sn_kernel_spec spec = { .module = "n2", .hooks = sn_n2_hooks, .ctx = n2 };
	int r;

	spec.elf = n2_bpf__elf_bytes(&spec.elf_size);
	r = sn_kernel_attach(n2->host->kernel, &spec, wanted, dry_run, ret_plan, &n2->object, reterr);
	if (dry_run || !n2->object)
		return r;
	/* In auto one group may have no hook: the other does its work, the plan says what is lost. */
	r = kernel_configure(n2, n2->config, reterr);
	return r < 0 ? r : interfaces_begin(n2);
}

static void n2_detach(void *self)
{
	struct sn_n2 *n2 = self;

	n2->object = sn_object_free(n2->object);
	free(n2->attached);
	n2->attached = NULL;
}

static void n2_close(void *self)
{
	struct sn_n2 *n2 = self;

	n2_detach(n2);
	sn_n2_socket_tap_fini(&n2->socket_tap);
	sn_n2_packet_tap_fini(&n2->packet_tap);
	sn_n2_engine_fini(&n2->engine);
	free(n2);
}

static bool listed(const struct sn_string_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], item))
			return true;
	return false;
}

static void interfaces_drop(struct sn_n2 *n2, const struct sn_n2_config *old)
{
	for (size_t i = 0; i < old->interfaces.count; i++) {
		SN_AUTO_FREE char *name = strdup(old->interfaces.items[i]);
		char *netns;

		if (!name || listed(&n2->config->interfaces, name))
			continue;
		netns = strchr(name, '@');
		if (netns)
			*netns++ = '\0';
		sn_kernel_detach_interface(n2->object, netns, name);
	}
}

static int events_configure(struct sn_n2 *n2, const struct sn_n2_config *config)
{
	if (!n2->host->emit)
		return 0;
	if (config->events == EVENTS_NONE) {
		sn_n2_emit_tick(&n2->engine, UINT64_MAX);
		sn_n2_emit_free(&n2->engine);
		return 0;
	}
	if (!n2->engine.emit)
		return sn_n2_emit_new(&n2->engine, n2->host, config->events == EVENTS_ALL);
	sn_n2_emit_signals(&n2->engine, config->events == EVENTS_ALL);
	return 0;
}

static int n2_configure(void *self, const void *new_config, struct sn_diag *reterr)
{
	struct sn_n2 *n2 = self;
	const struct sn_n2_config *old = n2->config, *config = new_config;
	int r = n2->object ? kernel_configure(n2, config, reterr) : 0;

	if (r < 0)
		return r;
	n2->config = config;
	n2->packet_tap.ports = n2->socket_tap.ports = &config->ports;
	/* The sizes of tables stay as they are; their options say that they need a restart. */
	n2->engine.limits.ue_idle_ns = config->ue_idle;
	n2->engine.limits.association_idle_ns = config->association_idle;
	r = events_configure(n2, config);
	if (r < 0)
		return sn_diag_set(reterr, r, "not enough memory for single events");
	timeouts_fill(config, n2->engine.limits.timeouts_ns);
	if (!n2->object)
		return 0;
	interfaces_drop(n2, old);
	return interfaces_begin(n2);
}

static uint64_t n2_capabilities(const void *config)
{
	const struct sn_n2_config *n2 = config;

	uint64_t keep = n2->interfaces.count ? 1ull << CAP_NET_ADMIN : 0;

	/* To attach to interfaces that appear later, in other network namespaces too. */
	for (size_t i = 0; i < n2->interfaces.count; i++)
		if (strchr(n2->interfaces.items[i], '@'))
			keep |= 1ull << CAP_SYS_ADMIN;
	return keep;
}

/* ---- input ---- */

static void packet_event(struct sn_n2 *n2, const struct sn_n2_packet_event *event, size_t length, uint64_t time_ns)
{
	struct sn_view frame = { (const uint8_t *)(event + 1), event->captured };

	if (event->captured > length - sizeof(*event)) {
		n2->engine.losses[SN_N2_LOSS_EVENT_MALFORMED]++;
		return;
	}
	sn_n2_packet_tap_frame(&n2->packet_tap, event->l3 ? SN_LINK_RAW : SN_LINK_ETHERNET, frame, event->size, time_ns);
}

static void message_event(struct sn_n2 *n2, const struct sn_n2_message_event *event, size_t length, uint64_t time_ns)
{
	struct sn_view data = { (const uint8_t *)(event + 1), event->captured };

	if (event->captured > length - sizeof(*event)) {
		n2->engine.losses[SN_N2_LOSS_EVENT_MALFORMED]++;
		return;
	}
	sn_n2_socket_tap_message(&n2->socket_tap, event, data, time_ns);
}

static void n2_event(void *self, const void *record, size_t length)
{
	struct sn_n2 *n2 = self;
	const struct sn_event *head = record;
	uint64_t time_ns = head->time_ns + n2->host->wall_offset_ns(n2->host);

	if (head->type == SN_N2_EVENT_PACKET && length >= sizeof(struct sn_n2_packet_event))
		packet_event(n2, record, length, time_ns);
	else if (head->type == SN_N2_EVENT_MESSAGE && length >= sizeof(struct sn_n2_message_event))
		message_event(n2, record, length, time_ns);
	else
		n2->engine.losses[SN_N2_LOSS_EVENT_MALFORMED]++;
}

static void n2_frame(void *self, const struct sn_frame *frame)
{
	struct sn_n2 *n2 = self;

	sn_n2_packet_tap_frame(&n2->packet_tap, frame->linktype, frame->data, frame->wire_len, frame->time_ns);
}

static void n2_tick(void *self, uint64_t now_ns)
{
	struct sn_n2 *n2 = self;

	sn_n2_packet_tap_tick(&n2->packet_tap, now_ns);
	sn_n2_socket_tap_tick(&n2->socket_tap, now_ns);
	sn_n2_engine_tick(&n2->engine, now_ns);
	if (n2->object && n2->attached && now_ns >= n2->next_attach_ns) {
		n2->next_attach_ns = now_ns + 2 * SECOND;
		interfaces_attach(n2, /* first= */ false);
	}
}

static void n2_finish(void *self)
{
	struct sn_n2 *n2 = self;

	sn_reassembly_expire(n2->packet_tap.reassembly, UINT64_MAX);
	/* What waits for a missing packet is given up; what waits for its outcome stays pending: the file ended, not its time. */
	sn_sctp_tick(n2->packet_tap.sctp, n2->engine.now_ns + 60 * SECOND);
	sn_n2_engine_tick(&n2->engine, n2->engine.now_ns);
	sn_n2_emit_tick(&n2->engine, UINT64_MAX);
}

static int n2_report(void *self, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr)
{
	return sn_n2_report(self, query, report, reterr);
}

static void n2_collect(void *self, struct sn_metrics *metrics)
{
	sn_n2_collect(self, metrics);
}

static const char *const groupings[] = { "gnb", "amf", "slice", "cause", "ue", "none", NULL };

const struct sn_module sn_n2_module = {
	.name = "n2",
	.summary = "NGAP and 5GS NAS procedures between NG-RAN and AMF: KPIs by their 3GPP names",
	.id = SN_MODULE_N2,
	.options = options,
	.config_size = sizeof(struct sn_n2_config),
	.groupings = groupings,
	.records = sn_n2_record_types,
	.metrics = sn_n2_metric_table,
	.hooks = sn_n2_hooks,
	.capabilities = n2_capabilities,
	.open = n2_open,
	.configure = n2_configure,
	.attach = n2_attach,
	.event = n2_event,
	.frame = n2_frame,
	.tick = n2_tick,
	.finish = n2_finish,
	.report = n2_report,
	.collect = n2_collect,
	.detach = n2_detach,
	.close = n2_close,
};
