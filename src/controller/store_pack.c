/* SPDX-License-Identifier: Apache-2.0 */
/** @file Makes blocks: columns with dictionaries of their own, and the deflated text. */
#include <zlib.h>

#include "base/macro.h"
#include "controller/store_block.h"
#include "controller/store_json.h"

#define ATTRIBUTES	32   /* columns of attributes; the keys beyond stand as "only in the text" as far as there is room */
#define VALUES_MAX	256  /* of an attribute; with more it is no column */
#define VALUE_OCTETS	96   /* a longer value is not worth a dictionary */
#define SLOTS		2048 /* of a dictionary's hash table: twice the values */
#define PIECE_OCTETS	(32u << 10)
#define ALL_COLUMNS	(_SN_STORE_FIELD_MAX + ATTRIBUTES)
#define TEXT_ONLY_NAMES (SN_STORE_BLOCK_COLUMNS - ALL_COLUMNS - 3)

struct dictionary {
	struct sn_view name;
	bool dropped; /* too many values, or too long ones */
	size_t value_count, limit;
	uint16_t last;
	struct sn_view values[SN_STORE_BLOCK_ROWS + 1]; /* the first is the empty one */
	uint16_t codes[SN_STORE_BLOCK_ROWS];
	uint16_t slots[SLOTS];
};

struct sn_store_packer {
	z_stream deflate;
	size_t attribute_count, text_only_count;
	bool more;				     /* than fit into text_only */
	struct dictionary dictionaries[ALL_COLUMNS]; /* the fields, then the attributes */
	struct sn_view text_only[TEXT_ONLY_NAMES];
	struct sn_store_buffer unescaped, piece, body;
};

struct sn_store_packer *sn_store_packer_new(void)
{
	struct sn_store_packer *packer = calloc(1, sizeof(*packer));

	if (packer && deflateInit(&packer->deflate, 1) != Z_OK) {
		free(packer);
		return NULL;
	}
	return packer;
}

struct sn_store_packer *sn_store_packer_free(struct sn_store_packer *packer)
{
	if (!packer)
		return NULL;
	deflateEnd(&packer->deflate);
	sn_store_buffer_fini(&packer->unescaped);
	sn_store_buffer_fini(&packer->piece);
	sn_store_buffer_fini(&packer->body);
	free(packer);
	return NULL;
}

static void dictionary_begin(struct dictionary *d, struct sn_view name, size_t limit, size_t rows)
{
	d->name = name;
	d->dropped = false;
	d->limit = limit;
	d->value_count = 1;
	d->last = 0;
	d->values[0] = (struct sn_view) { 0 };
	memset(d->codes, 0, rows * sizeof(d->codes[0]));
	memset(d->slots, 0, sizeof(d->slots));
}

static void dictionary_set(struct dictionary *d, size_t row, struct sn_view value)
{
	size_t slot;

	if (d->dropped || !value.len)
		return;
	if (sn_store_same(d->values[d->last], value)) {
		d->codes[row] = d->last;
		return;
	}
	for (slot = sn_store_hash(0, value) % SLOTS; d->slots[slot]; slot = (slot + 1) % SLOTS)
		if (sn_store_same(d->values[d->slots[slot]], value))
			break;
	if (!d->slots[slot]) {
		if (d->value_count > d->limit) {
			d->dropped = true;
			return;
		}
		d->slots[slot] = (uint16_t)d->value_count;
		d->values[d->value_count++] = value;
	}
	d->last = d->codes[row] = d->slots[slot];
}

static void note_text_only(struct sn_store_packer *packer, struct sn_view name)
{
	for (size_t i = 0; i < packer->text_only_count; i++)
		if (sn_store_same(packer->text_only[i], name))
			return;
	if (packer->text_only_count < TEXT_ONLY_NAMES)
		packer->text_only[packer->text_only_count++] = name;
	else
		packer->more = true;
}

/** @param guess where it stands if the record has its attributes in the order of the one before. @return NULL: no column for it.
 */
static struct dictionary *attribute_of(struct sn_store_packer *packer, struct sn_view name, size_t rows, size_t *guess)
{
	struct dictionary *all = packer->dictionaries + _SN_STORE_FIELD_MAX;

	for (size_t i = 0; i < packer->attribute_count; i++) {
		size_t at = (*guess + i) % packer->attribute_count;

		if (sn_store_same(all[at].name, name)) {
			*guess = at + 1;
			return &all[at];
		}
	}
	if (packer->attribute_count == ATTRIBUTES) {
		note_text_only(packer, name);
		return NULL;
	}
	*guess = packer->attribute_count + 1;
	dictionary_begin(&all[packer->attribute_count], name, VALUES_MAX - 1, rows);
	return &all[packer->attribute_count++];
}

/** A value's text, unescaped into the packer's own room: which was made large enough before, so that views of it stay. */
static struct sn_view text_of(struct sn_store_packer *packer, const struct sn_store_member *member)
{
	uint8_t *room;
	struct sn_view text;

	if (!member->escaped)
		return member->value;
	room = packer->unescaped.data + packer->unescaped.len;
	text = (struct sn_view) { room, sn_store_json_unescape(member->value, room) };
	packer->unescaped.len += text.len;
	return text;
}

static void take_attributes(struct sn_store_packer *packer, struct sn_view attributes, size_t row, size_t rows)
{
	struct sn_store_json json = sn_store_json_begin(attributes);
	struct sn_store_member member;
	size_t guess = 0;

	while (sn_store_json_next(&json, &member)) {
		struct dictionary *d = attribute_of(packer, member.name, rows, &guess);

		if (!d || d->dropped)
			continue;
		if (member.value.len > VALUE_OCTETS)
			d->dropped = true;
		else
			dictionary_set(d, row, text_of(packer, &member));
	}
}

static unsigned bits_for(size_t values)
{
	unsigned bits = 0;

	while (bits < 16 && (size_t)1 << bits < values)
		bits = bits ? bits * 2 : 1;
	return bits;
}

static void put_codes(struct sn_store_buffer *body, const struct dictionary *d, unsigned bits, uint16_t less, size_t rows)
{
	size_t len = (rows * bits + 7) / 8;
	uint8_t *p = sn_store_buffer_room(body, len);

	if (!p || !bits)
		return;
	memset(p, 0, len);
	for (size_t i = 0; i < rows; i++) {
		uint16_t code = (uint16_t)(d->codes[i] - less);

		if (bits == 16)
			sn_put_be16(p + 2 * i, code);
		else
			p[i * bits / 8] |= (uint8_t)(code << i * bits % 8);
	}
	body->len += len;
}

static void put_column(struct sn_store_buffer *columns, uint8_t kind, struct sn_view name, const struct sn_store_buffer *body)
{
	sn_store_put_u8(columns, kind);
	sn_store_put_view(columns, name);
	sn_store_put_view(columns, (struct sn_view) { body->data, body->len });
	columns->failed |= body->failed;
}

/** The empty value is left out when no record has it. */
static void put_dictionary(struct sn_store_packer *packer, struct sn_store_buffer *columns, uint8_t kind, struct dictionary *d,
			   size_t rows)
{
	uint16_t less = 1;
	unsigned bits;

	for (size_t i = 0; i < rows && less; i++)
		less = d->codes[i] != 0;
	bits = bits_for(d->value_count - less);
	sn_store_buffer_clear(&packer->body);
	sn_store_put_number(&packer->body, d->value_count - less);
	for (size_t i = less; i < d->value_count; i++)
		sn_store_put_view(&packer->body, d->values[i]);
	sn_store_put_u8(&packer->body, (uint8_t)bits);
	put_codes(&packer->body, d, bits, less, rows);
	put_column(columns, kind, d->name, &packer->body);
}

static void put_numbers(struct sn_store_packer *packer, struct sn_store_buffer *columns, const struct sn_store_record *records,
			size_t count)
{
	uint64_t last = 0;

	sn_store_buffer_clear(&packer->body);
	for (size_t i = 0; i < count; last = records[i++].time_ns)
		sn_store_put_signed(&packer->body, (int64_t)(records[i].time_ns - last));
	put_column(columns, SN_STORE_COLUMN_TIMES, (struct sn_view) { 0 }, &packer->body);
	sn_store_buffer_clear(&packer->body);
	last = 0;
	for (size_t i = 0; i < count; last = records[i++].id)
		sn_store_put_signed(&packer->body, (int64_t)(records[i].id - last));
	put_column(columns, SN_STORE_COLUMN_IDS, (struct sn_view) { 0 }, &packer->body);
}

static int put_piece(struct sn_store_packer *packer, struct sn_store_buffer *text, size_t rows)
{
	z_stream *z = &packer->deflate;
	size_t bound = deflateBound(z, packer->piece.len);
	uint8_t *room;

	sn_store_buffer_clear(&packer->body);
	room = sn_store_buffer_room(&packer->body, bound);
	if (!room || packer->piece.failed)
		return -ENOMEM;
	deflateReset(z);
	z->next_in = packer->piece.data;
	z->avail_in = (uInt)packer->piece.len;
	z->next_out = room;
	z->avail_out = (uInt)bound;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return -ENOMEM;
	sn_store_put_number(text, rows);
	sn_store_put_number(text, packer->piece.len);
	sn_store_put_view(text, (struct sn_view) { room, bound - z->avail_out });
	sn_store_buffer_clear(&packer->piece);
	return text->failed ? -ENOMEM : 0;
}

/** Cut at PIECE_OCTETS, so that one record is answered without inflating a thousand. */
static int put_text(struct sn_store_packer *packer, struct sn_store_buffer *text, const struct sn_store_record *records,
		    size_t count)
{
	size_t pieces = 0, rows = 0, octets = 0;
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		octets += records[i].attributes.len;
		if (octets >= PIECE_OCTETS || i + 1 == count) {
			pieces++;
			octets = 0;
		}
	}
	sn_store_put_number(text, pieces);
	sn_store_buffer_clear(&packer->piece);
	for (size_t i = 0; i < count && !err; i++) {
		sn_store_put_view(&packer->piece, records[i].attributes);
		octets += records[i].attributes.len;
		rows++;
		if (octets >= PIECE_OCTETS || i + 1 == count) {
			err = put_piece(packer, text, rows);
			octets = rows = 0;
		}
	}
	return err;
}

static int take_all(struct sn_store_packer *packer, const struct sn_store_record *records, size_t count)
{
	size_t room = 0;

	packer->attribute_count = packer->text_only_count = 0;
	packer->more = false;
	sn_store_buffer_clear(&packer->unescaped);
	for (size_t i = 0; i < count; i++)
		room += records[i].attributes.len;
	if (!sn_store_buffer_room(&packer->unescaped, room + 1))
		return -ENOMEM;
	for (unsigned f = 0; f < _SN_STORE_FIELD_MAX; f++) {
		dictionary_begin(&packer->dictionaries[f], (struct sn_view) { 0 }, SN_STORE_BLOCK_ROWS, count);
		for (size_t i = 0; i < count; i++)
			dictionary_set(&packer->dictionaries[f], i, sn_store_record_field(&records[i], (enum sn_store_field)f));
	}
	for (size_t i = 0; i < count; i++)
		take_attributes(packer, records[i].attributes, i, count);
	return 0;
}

int sn_store_pack(struct sn_store_packer *packer, const struct sn_store_record *records, size_t count,
		  struct sn_store_buffer *ret_columns, struct sn_store_buffer *ret_text)
{
	static const struct sn_store_buffer nothing;
	int err = take_all(packer, records, count);

	sn_store_buffer_clear(ret_columns);
	sn_store_buffer_clear(ret_text);
	if (err)
		return err;
	sn_store_put_number(ret_columns, count);
	put_numbers(packer, ret_columns, records, count);
	for (size_t i = 0; i < _SN_STORE_FIELD_MAX + packer->attribute_count; i++) {
		struct dictionary *d = &packer->dictionaries[i];

		if (d->dropped)
			put_column(ret_columns, SN_STORE_COLUMN_ONLY_TEXT, d->name, &nothing);
		else
			put_dictionary(packer, ret_columns, (uint8_t)SN_MIN(i, (size_t)SN_STORE_ATTRIBUTE), d, count);
	}
	for (size_t i = 0; i < packer->text_only_count; i++)
		put_column(ret_columns, SN_STORE_COLUMN_ONLY_TEXT, packer->text_only[i], &nothing);
	if (packer->more)
		put_column(ret_columns, SN_STORE_COLUMN_MORE, (struct sn_view) { 0 }, &nothing);
	err = put_text(packer, ret_text, records, count);
	return ret_columns->failed || ret_text->failed ? -ENOMEM : err;
}
