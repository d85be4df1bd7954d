/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Tables that describe ASN.1 types, and the reader that follows them (aligned PER).
 *
 * A `struct sn_per_type` says how a type is encoded and how wide its value is in memory; a `struct sn_per_field` says which
 * type a component has and where in the structure around it the value goes. Readers get the address of that structure, or NULL
 * for "read and forget". So a SEQUENCE, a CHOICE and a container of information elements are rows of data, and only types whose
 * meaning is not their encoding have a function of their own.
 *
 * Tables form a tree (no type contains itself), so the depth of the recursion is that of the tables, whatever the input.
 */
#ifndef SN_CODEC_PER_TYPE_H
#define SN_CODEC_PER_TYPE_H

#include "codec/per.h"

/**
 * What is being read. Open types and contained octet strings are read through a cursor of their own: what is wrong within one
 * is noted in `error` and reading goes on behind it.
 */
struct sn_per_reader {
	struct sn_per per;
	void *context;	/* for the types with a function of their own */
	uint32_t flags; /* of the fields that were read */
	int error;	/* the first error of any part, 0 when there was none */
	bool cut;	/* the data may have been cut where it ends: running over the end says nothing about the sender */
};

struct sn_per_type;
/** Reads one value into `ret_value`, which is NULL when it is not wanted. Errors stand in reader->per.error. */
typedef void (*sn_per_read_fn)(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);

/** A component of a SEQUENCE, an alternative of a CHOICE or an information element. */
struct sn_per_field {
	const struct sn_per_type *type; /* NULL (information elements, last alternatives): of no interest, not read */
	uint16_t to;			/* 1 + offset of the value within the structure around it; 0: read and forget */
	uint16_t mark;			/* 1 + offset of a bool that tells it was read; 0: none */
	uint16_t flag;			/* for reader->flags */
	bool optional;
};
#define SN_PER_AT(structure, member) (uint16_t)(1 + offsetof(structure, member))
#define SN_PER_SAME		     1 /* the value goes into the structure around it itself */

/** Information elements of a container, by protocol IE id from `first`. */
struct sn_per_set {
	const struct sn_per_field *fields;
	uint16_t first;
	uint16_t count;
};

/** Types so common and so small that the reader of what is around them knows them itself. */
enum sn_per_leaf {
	SN_PER_LEAF_NONE, /* whatever `read` is */
	SN_PER_LEAF_INTEGER,
	SN_PER_LEAF_ENUM,
	SN_PER_LEAF_BITS,
	SN_PER_LEAF_SEQUENCE,
};

struct sn_per_type {
	sn_per_read_fn read;
	union {
		const struct sn_per_field *fields; /* SEQUENCE, CHOICE */
		const struct sn_per_type *of;	   /* what is contained, or an element of SEQUENCE OF */
		const struct sn_per_set *set;	   /* containers of information elements */
	};
	uint64_t lb, ub;   /* bounds of INTEGER, or of a SIZE */
	uint16_t count;	   /* of fields, of root values or alternatives, of bits */
	uint16_t index_to; /* CHOICE: 1 + offset of a uint8_t for the index of the alternative; 0: none */
	uint8_t optional;  /* SEQUENCE: how many components are OPTIONAL */
	uint8_t width;	   /* octets of the value in memory */
	uint8_t parameter; /* for types with a function of their own */
	bool extensible;
	uint8_t leaf;	   /* enum sn_per_leaf */
	uint8_t form;	   /* of INTEGER and ENUMERATED: enum sn_per_form ... */
	uint8_t form_bits; /* ... and its bits */
};

void sn_per_read_integer(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_enum(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_bits(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_octets(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_string(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_sequence(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_choice(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_list(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_contained(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_container(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);
void sn_per_read_single(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);

/** INTEGER (low..high), extensible or not, stored as `member_type` (the low bits, when a value beyond the root is wider). */
#define SN_PER_INTEGER(member_type, low, high, more)                                                                             \
	{                                                                                                                        \
		.read = sn_per_read_integer, .leaf = SN_PER_LEAF_INTEGER, .lb = (low), .ub = (high),                             \
		.form = SN_PER_FORM_OF((uint64_t)(high) - (low)), .form_bits = SN_PER_FORM_BITS_OF((uint64_t)(high) - (low)),    \
		.width = sizeof(member_type), .extensible = (more)                                                               \
	}
/** ENUMERATED of `root` values; those beyond the root continue its numbers, 255 at most. Stored as uint8_t. */
#define SN_PER_ENUMERATED(root, more)                                                                                            \
	{                                                                                                                        \
		.read = sn_per_read_enum, .leaf = SN_PER_LEAF_ENUM, .count = (root), .extensible = (more),                       \
		.form = SN_PER_FORM_OF((root)-1u), .form_bits = SN_PER_FORM_BITS_OF((root)-1u)                                   \
	}
/** BIT STRING (SIZE (n)), or OCTET STRING of n / 8 octets, of at most 64 bits, as a number. */
#define SN_PER_BITS(member_type, n)                                                                                              \
	{                                                                                                                        \
		.read = sn_per_read_bits, .leaf = SN_PER_LEAF_BITS, .count = (n), .width = sizeof(member_type)                   \
	}
/** OCTET STRING without bounds, as struct sn_view; one that is cut keeps what is there of it. */
#define SN_PER_OCTETS                                                                                                            \
	{                                                                                                                        \
		.read = sn_per_read_octets                                                                                       \
	}
/** PrintableString or VisibleString (SIZE (low..high)) of at least two characters, as struct sn_view. */
#define SN_PER_STRING(low, high, more)                                                                                           \
	{                                                                                                                        \
		.read = sn_per_read_string, .lb = (low), .ub = (high), .extensible = (more)                                      \
	}
/** SEQUENCE with extension marker; `options` of the components are OPTIONAL. */
#define SN_PER_SEQUENCE(table, options)                                                                                          \
	{                                                                                                                        \
		.read = sn_per_read_sequence, .leaf = SN_PER_LEAF_SEQUENCE, .fields = (table), .count = SN_ARRAY_SIZE(table),    \
		.optional = (options), .extensible = true                                                                        \
	}
/** CHOICE without extension marker. An alternative without a type ends the reading of what is around it, as of an open type. */
#define SN_PER_CHOICE(table)                                                                                                     \
	{                                                                                                                        \
		.read = sn_per_read_choice, .fields = (table), .count = SN_ARRAY_SIZE(table)                                     \
	}
/** SEQUENCE (SIZE (low..high)) OF a type that finds its place itself: every element gets the address of the structure around. */
#define SN_PER_LIST(element, low, high)                                                                                          \
	{                                                                                                                        \
		.read = sn_per_read_list, .of = &(element), .lb = (low), .ub = (high)                                            \
	}
/** OCTET STRING (CONTAINING type). */
#define SN_PER_CONTAINED(type)                                                                                                   \
	{                                                                                                                        \
		.read = sn_per_read_contained, .of = &(type)                                                                     \
	}
/** ProtocolIE-Container. */
#define SN_PER_CONTAINER(ies)                                                                                                    \
	{                                                                                                                        \
		.read = sn_per_read_container, .set = &(ies)                                                                     \
	}
/** ProtocolExtensionContainer, the iE-Extensions of a SEQUENCE. */
#define SN_PER_EXTENSIONS(ies)                                                                                                   \
	{                                                                                                                        \
		.read = sn_per_read_container, .set = &(ies), .lb = 1                                                            \
	}
/** ProtocolIE-SingleContainer, the choice-Extensions of a CHOICE. */
#define SN_PER_SINGLE(ies)                                                                                                       \
	{                                                                                                                        \
		.read = sn_per_read_single, .set = &(ies)                                                                        \
	}

/** iE-Extensions and choice-Extensions of which nothing is wanted. */
extern const struct sn_per_type sn_per_no_extensions;
extern const struct sn_per_type sn_per_no_choice;
/** The field that ends nearly every SEQUENCE of these protocols. */
#define SN_PER_NO_EXTENSIONS                                                                                                     \
	{                                                                                                                        \
		.type = &sn_per_no_extensions, .optional = true                                                                  \
	}

#endif
