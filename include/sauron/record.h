/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file One schema: a record type is declared once, as a table of fields over a C struct. JSON, tables on a terminal and
 * docs/records.md are derived from that table (OTLP attributes and SQL columns will be).
 */
#ifndef SAURON_RECORD_H
#define SAURON_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sn_hist;

/** How a field lies in the struct. */
enum sn_field_type {
	SN_FIELD_U64,	       /* uint64_t */
	SN_FIELD_F64,	       /* double; NaN is written as null */
	SN_FIELD_BOOL,	       /* bool */
	SN_FIELD_STRING,       /* const char *, borrowed; NULL is written as null */
	SN_FIELD_TIME,	       /* uint64_t, ns since 1970; RFC 3339 in UTC */
	SN_FIELD_DISTRIBUTION, /* const struct sn_hist *, of ns; written in ms as count, mean, p50, p95, p99, max */
	SN_FIELD_LABELS,       /* struct sn_label_set: an object */
	SN_FIELD_LIST,	       /* struct sn_row_list of `element` */
	_SN_FIELD_TYPE_MAX,
};

struct sn_label {
	const char *name;
	const char *value;
};
struct sn_label_set {
	const struct sn_label *labels;
	size_t count;
};
struct sn_row_list {
	const void *rows;
	size_t count;
};

enum sn_field_flag {
	SN_FIELD_OPTIONAL = 1u << 0,   /* left out when NULL, empty or 0 */
	SN_FIELD_SUBSCRIBER = 1u << 1, /* identifies a subscriber: a pseudonym unless configured otherwise */
};

struct sn_record_type;
struct sn_field {
	const char *name;
	const char *unit; /* "s", "ms", "1" …; NULL for text */
	const char *doc;
	const struct sn_record_type *element; /* of SN_FIELD_LIST */
	size_t offset;
	uint8_t type;  /* enum sn_field_type */
	uint8_t flags; /* enum sn_field_flag */
};

/** `name` is "<module>.<what>" ("n2.procedure"). */
struct sn_record_type {
	const char *name;
	const char *doc;
	const struct sn_field *fields;
	size_t field_count;
	size_t size; /* of the struct */
	bool event;  /* a single event, which leaves the node as it happens: its first field is its "time" */
};

/** Declares a field of `struct_type`. */
#define SN_FIELD(struct_type, member, field_type, field_unit, field_doc, ...)                                                    \
	{                                                                                                                        \
		.name = #member, .unit = (field_unit), .doc = (field_doc), .offset = offsetof(struct_type, member),              \
		.type = (field_type), ##__VA_ARGS__                                                                              \
	}
/** Declares a record type over its field table. */
#define SN_RECORD_TYPE(struct_type, record_name, record_doc, field_table)                                                        \
	{                                                                                                                        \
		.name = (record_name), .doc = (record_doc), .fields = (field_table),                                             \
		.field_count = sizeof(field_table) / sizeof((field_table)[0]), .size = sizeof(struct_type)                       \
	}

/** The same of single events. */
#define SN_EVENT_TYPE(struct_type, record_name, record_doc, field_table)                                                         \
	{                                                                                                                        \
		.name = (record_name), .doc = (record_doc), .fields = (field_table),                                             \
		.field_count = sizeof(field_table) / sizeof((field_table)[0]), .size = sizeof(struct_type), .event = true        \
	}

#endif
