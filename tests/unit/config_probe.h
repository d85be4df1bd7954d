/* SPDX-License-Identifier: Apache-2.0 */
/** @file A module with an option of every type, for the tests of the configuration. */
#ifndef SN_TESTS_UNIT_CONFIG_PROBE_H
#define SN_TESTS_UNIT_CONFIG_PROBE_H

#include "sauron/module.h"

struct probe_config {
	bool quick;
	uint32_t limit;
	uint64_t capture;
	uint64_t timeout;
	uint32_t tap;
	char *label;
	struct sn_string_list interfaces;
	struct sn_port_list ports;
	struct sn_duration_map timeouts;
	uint32_t depth;
};
static const char *const taps[] = { "auto", "socket", "packet", NULL };
static const char *const procedures[] = { "NGSetup", "InitialContextSetup", NULL };
#define FIELD(member) .name = #member, .doc = "About " #member ".", .offset = offsetof(struct probe_config, member)
static const struct sn_option probe_options[] = {
	{ FIELD(quick), .type = SN_OPTION_BOOL, .def = "false" },
	{ FIELD(limit), .type = SN_OPTION_U32, .def = "100", .min = 1, .max = 1000 },
	{ FIELD(capture), .type = SN_OPTION_SIZE, .def = "16KiB", .min = 256, .max = 65536, .restart = true },
	{ FIELD(timeout), .type = SN_OPTION_DURATION, .def = "5s", .min = 1000000, .max = 3600000000000 },
	{ FIELD(tap), .type = SN_OPTION_ENUM, .def = "auto", .names = taps },
	{ FIELD(label), .type = SN_OPTION_STRING },
	{ FIELD(interfaces), .type = SN_OPTION_STRING_LIST, .def = "[]", .max = 3 },
	{ FIELD(ports), .type = SN_OPTION_PORT_LIST, .def = "[38412]", .restart = true },
	{ FIELD(timeouts), .type = SN_OPTION_DURATION_MAP, .def = "{NGSetup: 30s}", .names = procedures, .min = 1000000,
	  .max = 3600000000000 },
	{ .name = "inner.depth",
	  .doc = "Deep.",
	  .type = SN_OPTION_U32,
	  .def = "7",
	  .offset = offsetof(struct probe_config, depth) },
	{ 0 },
};
static const struct sn_module probe = {
	.name = "n2", .summary = "A probe", .options = probe_options, .config_size = sizeof(struct probe_config)
};
static const struct sn_module bare = { .name = "flow", .summary = "Without options" };
static const struct sn_module *const modules[] = { &probe, &bare, NULL };

#endif
