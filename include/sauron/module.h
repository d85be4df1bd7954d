/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A module: a const struct of callbacks, its option table, its record types and metrics, its hooks. One folder under
 * src/modules and one word in src/modules/meson.build add one.
 *
 * All callbacks run on the agent's one thread. None may block.
 */
#ifndef SAURON_MODULE_H
#define SAURON_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sauron/diag.h"
#include "sauron/record.h"

struct sn_kernel;
struct sn_hook;
struct sn_object;
struct sn_plan;
struct sn_report;
struct sn_metric;
struct sn_metrics;
struct sn_pseudonym;
struct sn_frame;

/** What an option holds and how its text is read. */
enum sn_option_type {
	SN_OPTION_BOOL,		/* bool: true/false/yes/no/on/off */
	SN_OPTION_U32,		/* uint32_t within min..max */
	SN_OPTION_SIZE,		/* uint64_t, octets: 16KiB, 8MiB, 1GiB, or a number */
	SN_OPTION_DURATION,	/* uint64_t, ns: 500ms, 5s, 2m, 1h */
	SN_OPTION_ENUM,		/* uint32_t: index into `names` */
	SN_OPTION_STRING,	/* char *, owned by the configuration */
	SN_OPTION_STRING_LIST,	/* struct sn_string_list */
	SN_OPTION_PORT_LIST,	/* struct sn_port_list */
	SN_OPTION_DURATION_MAP, /* struct sn_duration_map: name → duration */
	_SN_OPTION_TYPE_MAX,
};

struct sn_string_list {
	char **items;
	size_t count;
};
struct sn_port_list {
	uint16_t *items;
	size_t count;
};
struct sn_duration_map {
	struct sn_duration_entry {
		char *name;
		uint64_t ns;
	} * items;
	size_t count;
};

/** One declaration gives parsing with line numbers, `--help`, and the docs page. The table ends with a name of NULL. */
struct sn_option {
	const char *name;
	const char *doc;
	const char *def; /* the default, as it would be written in the file */
	const char *const
		*names;	   /* of SN_OPTION_ENUM, NULL at the end; of the keys of SN_OPTION_DURATION_MAP when those are fixed */
	uint64_t min, max; /* of numbers, sizes and durations; 0, 0: no limit */
	size_t offset;
	uint8_t type; /* enum sn_option_type */
	bool restart; /* a change takes effect only when the agent is started anew */
};

/** What the agent offers to a module. Lives as long as the module is open. */
struct sn_host {
	/** NULL when there is no kernel side (analyze). */
	struct sn_kernel *kernel;
	/** Subscriber identifiers go through it. Never NULL. */
	struct sn_pseudonym *pseudonym;
	/** Tells the agent of something worth a log line; the text needs no module name. */
	void (*warn)(struct sn_host *host, const char *text);
	/** Takes one single event (a record whose type has "time"), which is copied. NULL when nobody does. */
	void (*emit)(struct sn_host *host, const struct sn_record_type *type, const void *row, uint64_t time_ns);
	/** Add to CLOCK_BOOTTIME to get ns since 1970. */
	uint64_t (*wall_offset_ns)(struct sn_host *host);
	/**
	 * The pod of this node, as "namespace/name", that has an address (of family 4 or 6, in network order), or whose container
	 * a process is in, by its cgroup (v2) or, where that tells nothing, by its pid. NULL: none that is known. The text is
	 * valid until the callback returns. Both are NULL where nobody knows of pods (analyze).
	 */
	const char *(*pod_of_address)(struct sn_host *host, uint8_t family, const uint8_t *octets);
	const char *(*pod_of_cgroup)(struct sn_host *host, uint64_t cgroup_id, uint32_t pid);
};

/** What a reader of the report asks for. */
struct sn_query {
	const char *by; /* NULL, or one of the module's `groupings` */
	const char *ue; /* NULL, or the pseudonym of one UE: its story */
};

/** One entry of a report's or a metric's loss accounting is up to the module; see sn_loss. */
struct sn_module {
	const char *name;
	const char *summary; /* one line */
	uint16_t id;	     /* enum sn_module_id */
	const struct sn_option *options;
	size_t config_size;
	const char *const *groupings; /* values of --by, NULL at the end; "none" gives sums and is what tables show when nothing
					 is asked for */
	const struct sn_record_type *const *records; /* NULL at the end */
	const struct sn_metric *const *metrics;	     /* NULL at the end */
	const struct sn_hook *hooks; /* in order of preference, ended by one without a name; NULL: no kernel side */
	/** Capabilities that stay after attach, by number as a mask, with this configuration (for instance CAP_NET_ADMIN to
	 * follow new interfaces). */
	uint64_t (*capabilities)(const void *config);

	/** `config` belongs to the caller and stays valid until configure replaces it or close returns. */
	int (*open)(struct sn_host *host, const void *config, void **ret_self, struct sn_diag *reterr);
	/** A reload: takes the new configuration without losing counters; on failure the old one stays in force. */
	int (*configure)(void *self, const void *config, struct sn_diag *reterr);
	/** Attaches the kernel side; fills the plan also when it fails. `dry_run`: for `sauron check`, touches no interface. */
	int (*attach)(void *self, bool dry_run, struct sn_plan *ret_plan, struct sn_diag *reterr);
	/** One record of the shared ring; begins with struct sn_event. */
	void (*event)(void *self, const void *record, size_t length);
	/** One frame of a capture file. NULL for modules that have no use for it. */
	void (*frame)(void *self, const struct sn_frame *frame);
	/** About every 100 ms live; with the file's own time in analyze. ns since 1970. */
	void (*tick)(void *self, uint64_t now_ns);
	/** Ends a file: everything that still waits has its outcome. */
	void (*finish)(void *self);
	/** Adds the module's object to the document. @return -ENOENT when the query names something unknown. */
	int (*report)(void *self, const struct sn_query *query, struct sn_report *report, struct sn_diag *reterr);
	/** Writes the module's metrics. */
	void (*collect)(void *self, struct sn_metrics *metrics);
	void (*detach)(void *self);
	void (*close)(void *self);
};

/** All modules, NULL at the end: generated from src/modules/meson.build. */
extern const struct sn_module *const sn_modules[];

#endif
