/* SPDX-License-Identifier: Apache-2.0 */
/** @file The table-driven reader, over tables of its own: the personnel record of X.691 Annex A.1 and the edges of each kind. */
#include "test.h"

#include "codec/per_type.h"

static struct sn_per_reader over(const void *octets, size_t len)
{
	struct sn_per_reader reader = { .cut = true };

	sn_per_init(&reader.per, (struct sn_view) { octets, len });
	return reader;
}

/* Annex A.1: a SET without extension markers, its components in the order of their tags. */

struct name {
	struct sn_view given, initial, family;
};
struct record {
	struct name name, spouse;
	struct name children[2];
	struct sn_view births[2];
	struct sn_view title, hired;
	int64_t number;
	unsigned count;
	bool has_children;
};

static void read_number(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	*(int64_t *)ret_value = sn_per_integer(&reader->per);
}
static const struct sn_per_type number = { .read = read_number };
static const struct sn_per_type text = SN_PER_OCTETS; /* a VisibleString without bounds */

#define CLOSED_SEQUENCE(table, options)                                                                                          \
	{                                                                                                                        \
		.read = sn_per_read_sequence, .fields = (table), .count = SN_ARRAY_SIZE(table), .optional = (options)            \
	}
static const struct sn_per_field name_fields[] = {
	{ .type = &text, .to = SN_PER_AT(struct name, given) },
	{ .type = &text, .to = SN_PER_AT(struct name, initial) },
	{ .type = &text, .to = SN_PER_AT(struct name, family) },
};
static const struct sn_per_type name = CLOSED_SEQUENCE(name_fields, 0);

struct child {
	struct name name;
	struct sn_view birth;
};
static const struct sn_per_field child_fields[] = {
	{ .type = &name, .to = SN_PER_AT(struct child, name) },
	{ .type = &text, .to = SN_PER_AT(struct child, birth) },
};
static const struct sn_per_type child_sequence = CLOSED_SEQUENCE(child_fields, 0);
static void read_child(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	struct record *record = ret_value;
	struct child child;

	child_sequence.read(reader, &child_sequence, &child);
	if (reader->per.error)
		return;
	assert_true(record->count < SN_ARRAY_SIZE(record->children));
	record->children[record->count] = child.name;
	record->births[record->count++] = child.birth;
}
static const struct sn_per_type child = { .read = read_child };
static const struct sn_per_type children = SN_PER_LIST(child, 0, SN_PER_UNBOUNDED);

static const struct sn_per_field record_fields[] = {
	{ .type = &name, .to = SN_PER_AT(struct record, name) },
	{ .type = &number, .to = SN_PER_AT(struct record, number) },
	{ .type = &text, .to = SN_PER_AT(struct record, title) },
	{ .type = &text, .to = SN_PER_AT(struct record, hired) },
	{ .type = &name, .to = SN_PER_AT(struct record, spouse) },
	{ .type = &children, .to = SN_PER_SAME, .mark = SN_PER_AT(struct record, has_children), .flag = 4, .optional = true },
};
static const struct sn_per_type record_type = CLOSED_SEQUENCE(record_fields, 1);

static const char personnel_record[] = "\x80\x04John\x01P\x05Smith\x01\x33\x08"
				       "Director\x08"
				       "19710917\x04Mary\x01T\x05Smith\x02"
				       "\x05Ralph\x01T\x05Smith\x08"
				       "19571111"
				       "\x05Susan\x01"
				       "B\x05Jones\x08"
				       "19590717";

static void assert_view(struct sn_view view, const char *expected)
{
	assert_int_equal(view.len, strlen(expected));
	assert_memory_equal(view.data, expected, view.len);
}

static void test_personnel_record(void **state)
{
	struct sn_per_reader reader = over(personnel_record, sizeof(personnel_record) - 1);
	struct record record = { 0 };

	record_type.read(&reader, &record_type, &record);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(reader.error, 0);
	assert_int_equal(reader.per.pos, reader.per.bits);
	assert_view(record.name.given, "John");
	assert_view(record.name.family, "Smith");
	assert_int_equal(record.number, 51);
	assert_view(record.title, "Director");
	assert_view(record.hired, "19710917");
	assert_view(record.spouse.initial, "T");
	assert_true(record.has_children);
	assert_int_equal(reader.flags, 4);
	assert_int_equal(record.count, 2);
	assert_view(record.children[0].given, "Ralph");
	assert_view(record.births[1], "19590717");
}

/** Read and forgotten it ends at the same place, and cut anywhere it fails, with what was before the cut. */
static void test_personnel_record_partly(void **state)
{
	struct sn_per_reader reader = over(personnel_record, sizeof(personnel_record) - 1);

	name.read(&reader, &name, NULL);
	assert_int_equal(reader.per.error, 0);
	for (size_t len = 0; len < sizeof(personnel_record) - 1; len++) {
		struct record record = { 0 };

		reader = over(personnel_record, len);
		record_type.read(&reader, &record_type, &record);
		assert_int_equal(reader.error ? reader.error : reader.per.error, -EMSGSIZE);
		if (len >= 6)
			assert_view(record.name.given, "John");
	}
}

/* Each kind */

struct values {
	uint8_t small, index, kind;
	uint16_t medium;
	uint32_t large;
	uint64_t huge;
	struct sn_view string;
	bool seen;
};
#define VALUES(member) SN_PER_AT(struct values, member)

static void test_widths(void **state)
{
	static const struct sn_per_type small = SN_PER_INTEGER(uint8_t, 0, 63, true);
	static const struct sn_per_type bits_10 = SN_PER_BITS(uint16_t, 10);
	static const struct sn_per_type bits_24 = SN_PER_BITS(uint32_t, 24);
	static const struct sn_per_type bits_36 = SN_PER_BITS(uint64_t, 36);
	static const struct sn_per_type kind = SN_PER_ENUMERATED(3, true);
	static const struct sn_per_type string = SN_PER_STRING(1, 150, true);
	static const struct sn_per_field fields[] = {
		{ .type = &small, .to = VALUES(small) },   { .type = &bits_10, .to = VALUES(medium) },
		{ .type = &bits_24, .to = VALUES(large) }, { .type = &bits_36, .to = VALUES(huge) },
		{ .type = &kind, .to = VALUES(kind) },	   { .type = &string, .to = VALUES(string) },
	};
	static const struct sn_per_type all = SN_PER_SEQUENCE(fields, 0);
	/* 0, 0 101010, 10 1 bits…: extension bit, QFI 42, ten bits unaligned, 24 and 36 aligned, enumeration, string */
	static const uint8_t octets[] = { 0x2a, 0xaa, 0x80, 1, 2, 3, 0xff, 0xff, 0xff, 0xff, 0xf4, 0x02, 'a', 'b', 'c' };
	struct sn_per_reader reader = over(octets, sizeof(octets));
	struct values values = { 0 };

	all.read(&reader, &all, &values);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(values.small, 42);
	assert_int_equal(values.medium, 0x2aa);
	assert_int_equal(values.large, 0x010203);
	assert_true(values.huge == 0xfffffffff);
	assert_int_equal(values.kind, 2);
	assert_view(values.string, "abc");
}

static void test_beyond_the_root(void **state)
{
	static const struct sn_per_type small = SN_PER_INTEGER(uint8_t, 0, 63, true);
	static const struct sn_per_type medium = SN_PER_INTEGER(uint16_t, 0, 255, true);
	static const struct sn_per_type kind = SN_PER_ENUMERATED(10, true);
	static const struct sn_per_type string = SN_PER_STRING(1, 3, true);
	static const uint8_t wide[] = { 0x80, 0x02, 0x01, 0x2c };
	static const uint8_t second[] = { 0x81 };
	static const uint8_t far[] = { 0xc0, 0x02, 0x10, 0x00 };
	static const uint8_t longer[] = { 0x80, 0x04, 'l', 'o', 'n', 'g' };
	struct sn_per_reader reader = over(wide, sizeof(wide));
	struct values values = { 0 };

	medium.read(&reader, &medium, &values.medium);
	assert_int_equal(values.medium, 300);
	reader = over(wide, sizeof(wide));
	small.read(&reader, &small, &values.small);
	assert_int_equal(values.small, 300 & 0xff);
	assert_int_equal(reader.per.error, 0);
	reader = over(second, sizeof(second));
	kind.read(&reader, &kind, &values.kind);
	assert_int_equal(values.kind, 11);
	reader = over(far, sizeof(far));
	kind.read(&reader, &kind, &values.kind);
	assert_int_equal(values.kind, 255);
	reader = over(longer, sizeof(longer));
	string.read(&reader, &string, &values.string);
	assert_view(values.string, "long");
}

static const struct sn_per_type octet = SN_PER_BITS(uint8_t, 8);
static const struct sn_per_type octet_3 = SN_PER_BITS(uint32_t, 24);

static void test_sequence_options(void **state)
{
	static const struct sn_per_field fields[] = {
		{ .type = &octet_3, .to = VALUES(large), .optional = true, .flag = 1 },
		{ .type = &octet, .to = VALUES(small), .flag = 2 },
		{ .type = &octet, .to = VALUES(kind), .mark = VALUES(seen), .optional = true, .flag = 8 },
		SN_PER_NO_EXTENSIONS,
	};
	static const struct sn_per_type type = SN_PER_SEQUENCE(fields, 3);
	/* 1 011: additions; second option and iE-Extensions of one; two additions of which the second is there */
	static const uint8_t octets[] = { 0xb4, 0x25, 0x50, 0x00, 0x00, 0x00, 0x99, 0x40,
					  0x02, 0xaa, 0xbb, 0x02, 0x80, 0x01, 0xcc, 0x77 };
	struct sn_per_reader reader = over(octets, sizeof(octets));
	struct values values = { .large = 5 };

	type.read(&reader, &type, &values);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(values.large, 5);
	assert_int_equal(values.small, 0x42);
	assert_int_equal(values.kind, 0x55);
	assert_true(values.seen);
	assert_int_equal(reader.flags, 10);
	assert_int_equal(sn_per_bits(&reader.per, 8), 0x77);
}

static void test_choice(void **state)
{
	static const struct sn_per_field alternatives[] = {
		{ .type = &octet, .to = VALUES(small) },
		{ .type = &octet, .to = VALUES(kind), .mark = VALUES(seen) },
		{ 0 },
	};
	static const struct sn_per_type closed = {
		.read = sn_per_read_choice, .fields = alternatives, .count = 3, .index_to = VALUES(index)
	};
	static const struct sn_per_type open = {
		.read = sn_per_read_choice, .fields = alternatives, .count = 3, .index_to = VALUES(index), .extensible = true
	};
	static const uint8_t second[] = { 0x50, 0x80 }, third[] = { 0x80, 0x01, 0x02 }, none[] = { 0xc0, 0x00 };
	static const uint8_t addition[] = { 0x80, 0x02, 0x01, 0x02, 0x42 };
	struct sn_per_reader reader = over(second, 2);
	struct values values = { 0 };

	closed.read(&reader, &closed, &values);
	assert_int_equal(values.index, 1);
	assert_int_equal(values.kind, 0x42);
	assert_true(values.seen);
	reader = over(third, 3); /* of no interest: the rest belongs to it */
	closed.read(&reader, &closed, &values);
	assert_int_equal(values.index, 2);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(reader.per.pos, reader.per.bits);
	reader = over(none, 2);
	closed.read(&reader, &closed, &values);
	assert_int_equal(reader.per.error, -EBADMSG);
	assert_int_equal(values.index, 2);
	reader = over(addition, 5); /* beyond the root: stepped over */
	open.read(&reader, &open, &values);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(values.index, 2);
	assert_int_equal(sn_per_bits(&reader.per, 8), 0x42);
}

static const struct sn_per_field ies[] = {
	[0] = { .type = &octet, .to = VALUES(small), .flag = 1 },
	[2] = { .type = &octet_3, .to = VALUES(large), .mark = VALUES(seen), .flag = 2 },
};
static const struct sn_per_set set = { ies, 100, SN_ARRAY_SIZE(ies) };
static const struct sn_per_type container = SN_PER_CONTAINER(set);

/** Ids below, within and above the table; a malformed value hides neither those before nor those behind. */
static void test_container(void **state)
{
	static const uint8_t octets[] = {
		0, 6,				  /* elements */
		0, 99,	0x40, 1, 0xee,		  /* below the table */
		0, 102, 0x00, 2, 1,    2,	  /* too short for its type */
		0, 101, 0x00, 1, 0xee,		  /* a gap in the table */
		0, 100, 0x80, 3, 0x42, 0, 0,	  /* longer than its type */
		1, 0,	0x00, 0,		  /* above the table, empty */
		0, 102, 0x00, 3, 1,    2, 3, 0x77 /* and what is behind */
	};
	struct sn_per_reader reader = over(octets, sizeof(octets));
	struct values values = { 0 };

	container.read(&reader, &container, &values);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(reader.error, -EBADMSG);
	assert_int_equal(values.small, 0x42);
	assert_int_equal(values.large, 0x010203);
	assert_true(values.seen);
	assert_int_equal(reader.flags, 3);
	assert_int_equal(sn_per_bits(&reader.per, 8), 0x77);
}

/** The end of the data tells on the sender only when the data are known to be whole. */
static void test_cut(void **state)
{
	static const uint8_t octets[] = { 0, 1, 0, 102, 0x00, 3, 1, 2 };
	static const struct sn_per_type contained = SN_PER_CONTAINED(container);
	uint8_t whole[sizeof(octets) + 1];
	struct sn_per_reader reader = over(octets, sizeof(octets));
	struct values values = { 0 };

	container.read(&reader, &container, &values);
	assert_int_equal(reader.error, -EMSGSIZE);
	assert_false(values.seen);

	whole[0] = sizeof(octets); /* within octets that are all there, the element lies */
	memcpy(whole + 1, octets, sizeof(octets));
	reader = over(whole, sizeof(whole));
	contained.read(&reader, &contained, &values);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(reader.error, -EBADMSG);
	assert_true(reader.cut);

	whole[0]++; /* within octets that are cut too, it may be the cut */
	reader = over(whole, sizeof(whole));
	contained.read(&reader, &contained, &values);
	assert_int_equal(reader.error, -EMSGSIZE);
}

/** A value in fragments: the first is read, the others are stepped over. */
static void test_fragments(void **state)
{
	static const struct sn_per_type bytes = SN_PER_OCTETS;
	size_t len = 1 + 16384 + 1 + 5 + 1;
	uint8_t *octets = calloc(1, len);
	struct sn_per_reader reader;
	struct sn_view view = { 0 };

	assert_non_null(octets);
	octets[0] = 0xc1;
	octets[1] = 0xab;
	octets[1 + 16384] = 5;
	octets[len - 1] = 0x42;
	reader = over(octets, len);
	bytes.read(&reader, &bytes, &view);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(reader.error, -EMSGSIZE);
	assert_int_equal(view.len, 16384);
	assert_int_equal(view.data[0], 0xab);
	assert_int_equal(sn_per_bits(&reader.per, 8), 0x42);
	free(octets);
}

/** A list that may have 64K elements comes in fragments of 16K. */
static void read_count(struct sn_per_reader *reader, const struct sn_per_type *type, void *ret_value)
{
	*(unsigned *)ret_value += sn_per_bits(&reader->per, 1);
}
static void test_list_in_fragments(void **state)
{
	static const struct sn_per_type element = { .read = read_count };
	static const struct sn_per_type list = SN_PER_LIST(element, 1, 65536);
	static uint8_t octets[1 + 2048 + 1 + 1];
	struct sn_per_reader reader;
	unsigned sum = 0;

	memset(octets, 0xff, sizeof(octets));
	octets[0] = 0xc1;
	octets[1 + 2048] = 3;
	reader = over(octets, sizeof(octets));
	list.read(&reader, &list, &sum);
	assert_int_equal(reader.per.error, 0);
	assert_int_equal(sum, 16384 + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_personnel_record), cmocka_unit_test(test_personnel_record_partly),
		cmocka_unit_test(test_widths),		 cmocka_unit_test(test_beyond_the_root),
		cmocka_unit_test(test_sequence_options), cmocka_unit_test(test_choice),
		cmocka_unit_test(test_container),	 cmocka_unit_test(test_cut),
		cmocka_unit_test(test_fragments),	 cmocka_unit_test(test_list_in_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
