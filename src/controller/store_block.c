/* SPDX-License-Identifier: Apache-2.0 */
/** @file Reads blocks: the directory of columns, their codes, the pieces of the text. Whatever a file holds, nothing passes its
 * end. */
#include <zlib.h>

#include "base/macro.h"
#include "controller/store_block.h"

#define PIECE_OCTETS_MAX (64u << 20) /* what a piece may claim to be, inflated */

static const char *const field_names[] = { "type", "node", "ue", "gnb" };
_Static_assert(SN_ARRAY_SIZE(field_names) == _SN_STORE_FIELD_MAX, "name every field");

enum sn_store_field sn_store_field_of(struct sn_view name)
{
	for (unsigned i = 0; i < _SN_STORE_FIELD_MAX; i++)
		if (sn_store_same(name, sn_store_text(field_names[i])))
			return (enum sn_store_field)i;
	return SN_STORE_ATTRIBUTE;
}

struct sn_view sn_store_record_field(const struct sn_store_record *record, enum sn_store_field field)
{
	switch (field) {
	case SN_STORE_TYPE:
		return record->type;
	case SN_STORE_NODE:
		return record->node;
	case SN_STORE_UE:
		return record->ue;
	case SN_STORE_GNB:
		return record->gnb;
	case SN_STORE_ATTRIBUTE:
		break;
	}
	return (struct sn_view) { 0 };
}

int sn_store_block_open(struct sn_view columns, struct sn_store_block *ret_block)
{
	struct sn_store_reader reader = sn_store_reader_of(columns);

	ret_block->rows = (size_t)sn_store_get_number(&reader);
	ret_block->column_count = 0;
	if (ret_block->rows > SN_STORE_BLOCK_ROWS)
		return -EBADMSG;
	while (reader.at < reader.end && !reader.bad) {
		struct sn_store_column *column = &ret_block->columns[ret_block->column_count];

		if (ret_block->column_count == SN_STORE_BLOCK_COLUMNS)
			return -EBADMSG;
		column->kind = sn_store_get_u8(&reader);
		column->name = sn_store_get_view(&reader);
		column->body = sn_store_get_view(&reader);
		ret_block->column_count++;
	}
	return reader.bad ? -EBADMSG : 0;
}

const struct sn_store_column *sn_store_block_column(const struct sn_store_block *block, enum sn_store_field field,
						    struct sn_view name)
{
	const struct sn_store_column *more = NULL;

	for (size_t i = 0; i < block->column_count; i++) {
		const struct sn_store_column *column = &block->columns[i];

		if (field != SN_STORE_ATTRIBUTE && column->kind == field)
			return column;
		if (field == SN_STORE_ATTRIBUTE && (column->kind == field || column->kind == SN_STORE_COLUMN_ONLY_TEXT) &&
		    sn_store_same(column->name, name))
			return column;
		if (field == SN_STORE_ATTRIBUTE && column->kind == SN_STORE_COLUMN_MORE)
			more = column;
	}
	return more;
}

static int numbers(const struct sn_store_block *block, uint8_t kind, uint64_t *ret_numbers)
{
	struct sn_store_reader reader = sn_store_reader_of((struct sn_view) { 0 });
	uint64_t last = 0;

	for (size_t i = 0; i < block->column_count; i++)
		if (block->columns[i].kind == kind)
			reader = sn_store_reader_of(block->columns[i].body);
	for (size_t i = 0; i < block->rows; i++) {
		last += (uint64_t)sn_store_get_signed(&reader);
		ret_numbers[i] = last;
	}
	return reader.bad ? -EBADMSG : 0;
}

int sn_store_block_times(const struct sn_store_block *block, uint64_t ret_times[SN_STORE_BLOCK_ROWS])
{
	return numbers(block, SN_STORE_COLUMN_TIMES, ret_times);
}

int sn_store_block_ids(const struct sn_store_block *block, uint64_t ret_ids[SN_STORE_BLOCK_ROWS])
{
	return numbers(block, SN_STORE_COLUMN_IDS, ret_ids);
}

static int read_values(const struct sn_store_column *column, struct sn_store_codes *ret_codes, struct sn_store_reader *ret_reader)
{
	*ret_reader = sn_store_reader_of(column->body);
	ret_codes->value_count = (size_t)sn_store_get_number(ret_reader);
	if (!ret_codes->value_count || ret_codes->value_count > SN_ARRAY_SIZE(ret_codes->values))
		return -EBADMSG;
	for (size_t i = 0; i < ret_codes->value_count; i++)
		ret_codes->values[i] = sn_store_get_view(ret_reader);
	return ret_reader->bad ? -EBADMSG : 0;
}

int sn_store_column_values(const struct sn_store_block *block, const struct sn_store_column *column,
			   struct sn_store_codes *ret_codes)
{
	struct sn_store_reader reader;

	return read_values(column, ret_codes, &reader);
}

static void unpack(const uint8_t *p, unsigned bits, size_t rows, uint16_t *codes)
{
	if (!bits) {
		memset(codes, 0, rows * sizeof(*codes));
	} else if (bits == 16) {
		for (size_t i = 0; i < rows; i++)
			codes[i] = sn_be16(p + 2 * i);
	} else if (bits == 8) {
		for (size_t i = 0; i < rows; i++)
			codes[i] = p[i];
	} else {
		unsigned each = 8 / bits, mask = (1u << bits) - 1;

		for (size_t i = 0; i < rows; i++)
			codes[i] = (uint16_t)(p[i / each] >> i % each * bits & mask);
	}
}

int sn_store_column_codes(const struct sn_store_block *block, const struct sn_store_column *column,
			  struct sn_store_codes *ret_codes)
{
	struct sn_store_reader reader;
	struct sn_view packed;
	unsigned bits;
	int err = read_values(column, ret_codes, &reader);

	if (err)
		return err;
	bits = sn_store_get_u8(&reader);
	if (bits > 16 || (bits & (bits - 1)))
		return -EBADMSG;
	packed = sn_store_get(&reader, (block->rows * bits + 7) / 8);
	if (reader.bad)
		return -EBADMSG;
	unpack(packed.data, bits, block->rows, ret_codes->codes);
	for (size_t i = 0; i < block->rows; i++)
		if (ret_codes->codes[i] >= ret_codes->value_count)
			return -EBADMSG;
	return 0;
}

static int inflate_piece(struct sn_store_pieces *pieces, struct sn_view packed, uint64_t len)
{
	uLongf got = (uLongf)len;

	sn_store_buffer_clear(&pieces->raw);
	if (len > PIECE_OCTETS_MAX)
		return -EBADMSG;
	if (!sn_store_buffer_room(&pieces->raw, (size_t)len + 1))
		return -ENOMEM;
	if (uncompress(pieces->raw.data, &got, packed.data, packed.len) != Z_OK || got != len)
		return -EBADMSG;
	pieces->raw.len = (size_t)len;
	pieces->at = sn_store_reader_of((struct sn_view) { pieces->raw.data, pieces->raw.len });
	return 0;
}

/** Brings the piece that holds the row into `raw`. */
static int find_piece(struct sn_store_pieces *pieces, size_t row)
{
	struct sn_store_reader reader = sn_store_reader_of(pieces->text);
	size_t count = (size_t)sn_store_get_number(&reader), first = 0;
	int err = 0;

	for (size_t i = 0; i < count && !reader.bad; i++) {
		uint64_t rows = sn_store_get_number(&reader), len = sn_store_get_number(&reader);
		struct sn_view packed = sn_store_get_view(&reader);

		if (row - first < rows) {
			if (pieces->piece != i + 1 || pieces->row > row) {
				pieces->piece = 0;
				err = reader.bad ? -EBADMSG : inflate_piece(pieces, packed, len);
				pieces->piece = err ? 0 : i + 1;
				pieces->row = first;
			}
			return err;
		}
		first += (size_t)rows;
	}
	return -EBADMSG;
}

int sn_store_pieces_row(struct sn_store_pieces *pieces, size_t row, struct sn_view *ret_attributes)
{
	struct sn_view view = { 0 };
	int err = find_piece(pieces, row);

	if (err)
		return err;
	while (pieces->row <= row && !pieces->at.bad) {
		view = sn_store_get_view(&pieces->at);
		pieces->row++;
	}
	if (pieces->at.bad)
		return -EBADMSG;
	*ret_attributes = view;
	return 0;
}

void sn_store_pieces_fini(struct sn_store_pieces *pieces)
{
	sn_store_buffer_fini(&pieces->raw);
	*pieces = (struct sn_store_pieces) { 0 };
}
