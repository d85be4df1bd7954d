/* SPDX-License-Identifier: Apache-2.0 */
/** @file The reader that follows the tables of per_type.h. */
#include "codec/per_type.h"

static const struct sn_per_set no_ies;
const struct sn_per_type sn_per_no_extensions = SN_PER_EXTENSIONS(no_ies);
const struct sn_per_type sn_per_no_choice = SN_PER_SINGLE(no_ies);

static inline void store(void *ret_value, uint8_t width, uint64_t value)
{
	if (!ret_value)
		return;
	switch (width) {
	case 1:
		*(uint8_t *)ret_value = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)ret_value = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)ret_value = (uint32_t)value;
		break;
	case 8:
		*(uint64_t *)ret_value = value;
		break;
	}
}

static inline void read_integer(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	uint64_t value;

	if (type->extensible && sn_per_bool(per)) {
		value = (uint64_t)sn_per_integer(per);
	} else {
		value = sn_per_formed(per, type->form, type->form_bits);
		if (SN_UNLIKELY(value > type->ub - type->lb))
			sn_per_fail(per, -EBADMSG);
		value += type->lb;
	}
	if (SN_LIKELY(!per->error))
		store(ret_value, type->width, value);
}

void sn_per_read_integer(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	read_integer(reader, type, ret_value);
}

static inline void read_enum(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	uint64_t value;

	if (type->extensible && sn_per_bool(per)) {
		value = (uint64_t)sn_per_small_number(per) + type->count;
	} else {
		value = sn_per_formed(per, type->form, type->form_bits);
		if (SN_UNLIKELY(value >= type->count))
			sn_per_fail(per, -EBADMSG);
	}
	if (SN_LIKELY(!per->error))
		store(ret_value, 1, SN_MIN(value, UINT8_MAX));
}

void sn_per_read_enum(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	read_enum(reader, type, ret_value);
}

/** X.691 16.9, 16.10 and 17.6, 17.7: up to 16 bits where they come, more octet-aligned. */
static inline void read_bits(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	unsigned count = type->count;
	uint64_t value = 0;

	if (count > 16)
		sn_per_align(per);
	if (SN_UNLIKELY(count > 56)) {
		value = sn_per_bits(per, 32);
		count -= 32;
	}
	value = value << count | sn_per_number(per, count);
	if (SN_LIKELY(!per->error))
		store(ret_value, type->width, value);
}

void sn_per_read_bits(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	read_bits(reader, type, ret_value);
}

void sn_per_read_string(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	struct sn_view view;

	/* 30.5.7: a length beyond the root is encoded without bounds. */
	if (type->extensible && sn_per_bool(per))
		view = sn_per_open_type(per);
	else
		view = sn_per_octets(per, sn_per_length(per, type->lb, type->ub));
	if (!per->error && ret_value)
		*(struct sn_view *)ret_value = view;
}

static void note(struct sn_per_reader *reader, int error)
{
	if (!reader->error)
		reader->error = error;
}

/**
 * Takes an unconstrained length and its octets, as far as they are there. @param ret_cut set when octets are missing.
 * Of a value in fragments (16K and more) only the first is taken, the others are stepped over: they are not contiguous.
 */
static struct sn_view take_any(struct sn_per_reader *reader, bool *ret_cut)
{
	struct sn_per *per = &reader->per;
	struct sn_view view = { 0 };
	bool more;
	size_t length = sn_per_fragment(per, &more), there;

	*ret_cut = false;
	if (SN_UNLIKELY(per->error))
		return view;
	there = (per->bits - per->pos) >> 3;
	if (SN_UNLIKELY(length > there || more)) {
		length = SN_MIN(length, there);
		*ret_cut = more || reader->cut;
		note(reader, *ret_cut ? -EMSGSIZE : -EBADMSG);
	}
	view = sn_per_octets(per, length);
	while (SN_UNLIKELY(more) && !per->error)
		sn_per_octets(per, sn_per_fragment(per, &more));
	return view;
}

/** The same, with a short way for nearly all: a length of one octet, `skip` octets behind here, and all of the value is there. */
static inline bool take_short(struct sn_per *per, unsigned skip, struct sn_view *ret_view)
{
	size_t begin = (per->pos + 7) & ~(size_t)7, end = begin + ((skip + 1) << 3);
	const uint8_t *length;

	if (SN_UNLIKELY(end > per->bits))
		return false;
	length = per->data + (begin >> 3) + skip;
	if (SN_UNLIKELY(*length >= 0x80))
		return false;
	end += (size_t)*length << 3;
	if (SN_UNLIKELY(end > per->bits))
		return false;
	per->pos = end;
	*ret_view = (struct sn_view) { length + 1, *length };
	return true;
}

static inline struct sn_view take(struct sn_per_reader *reader, bool *ret_cut)
{
	struct sn_view view;

	*ret_cut = false;
	return take_short(&reader->per, 0, &view) ? view : take_any(reader, ret_cut);
}

void sn_per_read_octets(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	bool cut;
	struct sn_view view = take(reader, &cut);

	if (!reader->per.error && ret_value)
		*(struct sn_view *)ret_value = view;
}

static inline void *place(const struct sn_per_field *field, void *around)
{
	return around && field->to ? (uint8_t *)around + field->to - 1 : NULL;
}

/** Tells that a field was read. */
static inline void tell(struct sn_per_reader *reader, const struct sn_per_field *field, void *around)
{
	reader->flags |= field->flag;
	if (field->mark && around)
		*(bool *)((uint8_t *)around + field->mark - 1) = true;
}

static void read_sequence(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value);

static inline void read_value(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	switch ((enum sn_per_leaf)type->leaf) {
	case SN_PER_LEAF_INTEGER:
		read_integer(reader, type, ret_value);
		return;
	case SN_PER_LEAF_ENUM:
		read_enum(reader, type, ret_value);
		return;
	case SN_PER_LEAF_BITS:
		read_bits(reader, type, ret_value);
		return;
	case SN_PER_LEAF_SEQUENCE:
		read_sequence(reader, type, ret_value);
		return;
	case SN_PER_LEAF_NONE:
		break;
	}
	type->read(reader, type, ret_value);
}

/**
 * Reads a type from octets of its own, which lie within what is being read. @return whether it was read to its end.
 * The cursor is saved word by word: a copy of the whole would wait for the word that was written just before.
 */
static bool read_within(struct sn_per_reader *reader, const struct sn_per_type *type, struct sn_view view, bool cut,
			void *ret_value)
{
	struct sn_per *per = &reader->per;
	const uint8_t *data = per->data;
	size_t bits = per->bits, pos = per->pos;
	bool outer_cut = reader->cut;
	int error;

	per->data = view.data;
	per->bits = view.len << 3;
	per->pos = 0;
	reader->cut = cut;
	read_value(reader, type, ret_value);
	error = per->error;
	per->data = data;
	per->bits = bits;
	per->pos = pos;
	reader->cut = outer_cut;
	if (SN_LIKELY(!error))
		return true;
	per->error = 0;
	/* Past the end of what is whole: the end is where the sender put it. */
	note(reader, error == -EMSGSIZE && cut ? -EMSGSIZE : -EBADMSG);
	return false;
}

void sn_per_read_contained(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	bool cut;
	struct sn_view view = take(reader, &cut);

	if (!reader->per.error)
		read_within(reader, type->of, view, cut, ret_value);
}

static inline bool read_field(struct sn_per_reader *reader, const struct sn_per_field *field, void *around)
{
	read_value(reader, field->type, place(field, around));
	if (SN_UNLIKELY(reader->per.error))
		return false;
	tell(reader, field, around);
	return true;
}

static void read_sequence(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	/* 19.1 to 19.6: extension bit, one bit per optional component, the components, the additions. */
	uint32_t preamble = sn_per_bits(&reader->per, type->optional + type->extensible);
	uint32_t bit = 1u << type->optional;
	bool additions = type->extensible && preamble & bit;

	for (const struct sn_per_field *field = type->fields, *end = field + type->count; field < end; field++) {
		if (field->optional) {
			bit >>= 1;
			if (!(preamble & bit))
				continue;
		}
		if (!read_field(reader, field, ret_value))
			return;
	}
	if (SN_UNLIKELY(additions))
		sn_per_skip_extensions(&reader->per);
}

void sn_per_read_sequence(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	read_sequence(reader, type, ret_value);
}

void sn_per_read_choice(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	uint32_t index = sn_per_enum(per, type->count, type->extensible);

	if (per->error)
		return;
	if (index >= type->count) { /* 23.8: an alternative beyond the root is an open type */
		sn_per_open_type(per);
		return;
	}
	if (type->index_to && ret_value)
		*((uint8_t *)ret_value + type->index_to - 1) = (uint8_t)index;
	if (type->fields[index].type)
		read_field(reader, &type->fields[index], ret_value);
	else
		per->pos = per->bits;
}

void sn_per_read_list(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct sn_per *per = &reader->per;
	bool more = false;

	do { /* 11.9.4.1: a list that may have 64K elements has a length without bounds, and may come in fragments */
		size_t count = type->ub < 0x10000 ? sn_per_length(per, type->lb, type->ub) : sn_per_fragment(per, &more);

		for (; count > 0 && !per->error; count--)
			type->of->read(reader, type->of, ret_value);
	} while (SN_UNLIKELY(more) && !per->error);
}

#define IE_HEAD 3 /* octets: id; criticality, in two bits before an open type */

/** Reads id, criticality and value of one information element (TS 38.413 9.4.8). */
static inline void read_ie(struct sn_per_reader *reader, const struct sn_per_set *set, void *around)
{
	struct sn_per *per = &reader->per;
	const struct sn_per_field *field;
	struct sn_view value;
	bool cut = false;
	uint32_t id;

	if (SN_LIKELY(take_short(per, IE_HEAD, &value))) {
		id = sn_be16(value.data - IE_HEAD - 1);
	} else {
		struct sn_view head = sn_per_octets(per, IE_HEAD);

		if (SN_UNLIKELY(per->error))
			return;
		id = sn_be16(head.data);
		value = take(reader, &cut);
		if (SN_UNLIKELY(per->error))
			return;
	}
	id -= set->first;
	if (id >= set->count)
		return;
	field = &set->fields[id];
	if (field->type && read_within(reader, field->type, value, cut, place(field, around)))
		tell(reader, field, around);
}

void sn_per_read_container(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	size_t count = sn_per_length(&reader->per, type->lb, 0xffff);

	for (; count > 0 && !reader->per.error; count--)
		read_ie(reader, type->set, ret_value);
}

void sn_per_read_single(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	read_ie(reader, type->set, ret_value);
}
