/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Counts records by the values of one or two fields: per block in a small table of its codes, and only these sums are
 * looked up by their texts.
 */
#include "controller/store_json.h"
#include "controller/store_scan.h"

#define CELLS_MAX  100000 /* different pairs of values; with more the question is refused */
#define SMALL_SIDE 4096	  /* cells of a block that are counted in a table */

struct side {
	enum sn_store_field field;
	struct sn_view name;
	bool used;
	struct sn_store_codes codes;
	uint32_t ids[SN_STORE_BLOCK_ROWS + 1]; /* of its values, in the whole count; 0: not looked up yet */
};

struct cell {
	uint32_t values[2];
	uint64_t count;
};

struct counting {
	struct sn_store_scan scan;
	struct side sides[2];
	struct sn_map values; /* a text's hash → its number */
	struct sn_view *texts;
	size_t text_count, text_size;
	struct sn_map cell_of;
	struct cell *cells;
	size_t cell_count, cell_size;
	uint32_t small[SMALL_SIDE];
	uint64_t seed;
	struct sn_store_buffer unescaped;
};

static int value_number(struct counting *counting, struct sn_view text, uint32_t *ret_number)
{
	struct sn_map_key key = { sn_map_hash_bytes(counting->seed, text.data, text.len),
				  sn_map_hash_bytes(~counting->seed, text.data, text.len) };
	uint32_t number = sn_map_get(&counting->values, key);
	uint8_t *copy;

	*ret_number = number;
	if (number)
		return 0;
	if (counting->text_count == CELLS_MAX)
		return -E2BIG;
	if (counting->text_count == counting->text_size) {
		size_t size = counting->text_size * 2 + 64;
		struct sn_view *texts = realloc(counting->texts, size * sizeof(*texts));

		if (!texts)
			return -ENOMEM;
		counting->texts = texts;
		counting->text_size = size;
	}
	copy = malloc(text.len + 1);
	if (!copy)
		return -ENOMEM;
	if (text.len)
		memcpy(copy, text.data, text.len);
	counting->texts[counting->text_count++] = (struct sn_view) { copy, text.len };
	*ret_number = (uint32_t)counting->text_count;
	return sn_map_set(&counting->values, key, *ret_number);
}

static int add_cell(struct counting *counting, uint32_t value, uint32_t by, uint64_t count)
{
	struct sn_map_key key = { value, by };
	uint32_t at = sn_map_get(&counting->cell_of, key);

	if (!at) {
		if (counting->cell_count == CELLS_MAX)
			return -E2BIG;
		if (counting->cell_count == counting->cell_size) {
			size_t size = counting->cell_size * 2 + 64;
			struct cell *cells = realloc(counting->cells, size * sizeof(*cells));

			if (!cells)
				return -ENOMEM;
			counting->cells = cells;
			counting->cell_size = size;
		}
		counting->cells[counting->cell_count++] = (struct cell) { { value, by }, 0 };
		at = (uint32_t)counting->cell_count;
		if (sn_map_set(&counting->cell_of, key, at) < 0)
			return -ENOMEM;
	}
	counting->cells[at - 1].count += count;
	return 0;
}

/** The number of an attribute's value in one record. */
static int number_in(struct counting *counting, struct sn_view attributes, struct sn_view name, uint32_t *ret_number)
{
	struct sn_store_json json = sn_store_json_begin(attributes);
	struct sn_store_member member;
	struct sn_view text = { 0 };

	while (sn_store_json_next(&json, &member)) {
		if (!sn_store_same(member.name, name))
			continue;
		text = member.value;
		if (member.escaped) {
			uint8_t *room;

			sn_store_buffer_clear(&counting->unescaped);
			room = sn_store_buffer_room(&counting->unescaped, text.len);
			if (!room)
				return -ENOMEM;
			text = (struct sn_view) { room, sn_store_json_unescape(member.value, room) };
		}
		break;
	}
	return value_number(counting, text, ret_number);
}

static int count_waiting(struct counting *counting, struct sn_store_scan *scan)
{
	int err = 0;

	for (size_t i = 0; i < scan->row_count && !err; i++) {
		const struct sn_store_record *record = &scan->waiting[scan->inbox_rows[i]].record;
		uint32_t numbers[2] = { 0, 0 };

		for (unsigned s = 0; s < 2 && !err; s++) {
			const struct side *side = &counting->sides[s];

			if (side->used && side->field == SN_STORE_ATTRIBUTE)
				err = number_in(counting, record->attributes, side->name, &numbers[s]);
			else if (side->used)
				err = value_number(counting, sn_store_record_field(record, side->field), &numbers[s]);
		}
		if (!err)
			err = add_cell(counting, numbers[0], numbers[1], 1);
	}
	return err;
}

/** Makes codes of an attribute that has no column: the numbers of the whole count stand for them. @return 1: done so. */
static int codes_of(struct counting *counting, struct side *side, const struct sn_store_block *block)
{
	const struct sn_store_column *column = side->used ? sn_store_block_column(block, side->field, side->name) : NULL;

	memset(side->ids, 0, sizeof(side->ids));
	if (!column) {
		side->codes.value_count = 1;
		side->codes.values[0] = (struct sn_view) { 0 };
		memset(side->codes.codes, 0, block->rows * sizeof(side->codes.codes[0]));
		return 0;
	}
	if (column->kind == SN_STORE_COLUMN_ONLY_TEXT || column->kind == SN_STORE_COLUMN_MORE)
		return 1;
	return sn_store_column_codes(block, column, &side->codes);
}

static int side_number(struct counting *counting, struct side *side, uint16_t code, uint32_t *ret_number)
{
	int err = 0;

	*ret_number = 0;
	if (!side->used)
		return 0;
	if (!side->ids[code])
		err = value_number(counting, side->codes.values[code], &side->ids[code]);
	*ret_number = side->ids[code];
	return err;
}

/** Row by row, for sides whose values stand in the text. */
static int count_rows(struct counting *counting, struct sn_store_scan *scan, const bool by_text[2])
{
	int err = 0;

	if (!scan->pieces.text.data)
		err = sn_store_scan_text(scan->store, &scan->place, &scan->pieces.text, NULL);
	for (size_t i = 0; i < scan->row_count && !err; i++) {
		uint32_t numbers[2] = { 0, 0 };
		struct sn_view attributes;

		err = sn_store_pieces_row(&scan->pieces, scan->rows[i], &attributes);
		for (unsigned s = 0; s < 2 && !err; s++) {
			struct side *side = &counting->sides[s];

			err = by_text[s] ? number_in(counting, attributes, side->name, &numbers[s])
					 : side_number(counting, side, side->codes.codes[scan->rows[i]], &numbers[s]);
		}
		if (!err)
			err = add_cell(counting, numbers[0], numbers[1], 1);
	}
	return err;
}

static int count_codes(struct counting *counting, struct sn_store_scan *scan)
{
	struct side *a = &counting->sides[0], *b = &counting->sides[1];
	size_t width = b->codes.value_count, cells = a->codes.value_count * width;
	uint32_t numbers[2];
	int err = 0;

	if (cells > SMALL_SIDE)
		return -ERANGE;
	memset(counting->small, 0, cells * sizeof(counting->small[0]));
	for (size_t i = 0; i < scan->row_count; i++)
		counting->small[a->codes.codes[scan->rows[i]] * width + b->codes.codes[scan->rows[i]]]++;
	for (size_t i = 0; i < cells && !err; i++) {
		if (!counting->small[i])
			continue;
		err = side_number(counting, a, (uint16_t)(i / width), &numbers[0]);
		if (!err)
			err = side_number(counting, b, (uint16_t)(i % width), &numbers[1]);
		if (!err)
			err = add_cell(counting, numbers[0], numbers[1], counting->small[i]);
	}
	return err;
}

/** As count_codes, without the table. */
static int count_pairs(struct counting *counting, struct sn_store_scan *scan)
{
	uint32_t numbers[2];
	int err = 0;

	for (size_t i = 0; i < scan->row_count && !err; i++) {
		for (unsigned s = 0; s < 2 && !err; s++)
			err = side_number(counting, &counting->sides[s], counting->sides[s].codes.codes[scan->rows[i]],
					  &numbers[s]);
		if (!err)
			err = add_cell(counting, numbers[0], numbers[1], 1);
	}
	return err;
}

static int take(void *ctx, struct sn_store_scan *scan)
{
	struct counting *counting = ctx;
	bool by_text[2];
	int err;

	if (scan->place.day == SN_STORE_IN_INBOX)
		return count_waiting(counting, scan);
	for (unsigned s = 0; s < 2; s++) {
		err = codes_of(counting, &counting->sides[s], &scan->block);
		if (err < 0)
			return err;
		by_text[s] = err == 1;
	}
	if (by_text[0] || by_text[1])
		return count_rows(counting, scan, by_text);
	err = count_codes(counting, scan);
	return err == -ERANGE ? count_pairs(counting, scan) : err;
}

static int most_first(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->values[0] != y->values[0])
		return x->values[0] < y->values[0] ? -1 : 1;
	return x->values[1] < y->values[1] ? -1 : x->values[1] > y->values[1];
}

static void give(struct counting *counting, uint32_t limit, sn_store_count_fn fn, void *ctx)
{
	if (counting->cell_count > 1)
		qsort(counting->cells, counting->cell_count, sizeof(*counting->cells), most_first);
	for (size_t i = 0; i < counting->cell_count && (!limit || i < limit); i++) {
		const struct cell *cell = &counting->cells[i];
		struct sn_view value = cell->values[0] ? counting->texts[cell->values[0] - 1] : (struct sn_view) { 0 };
		struct sn_view by = cell->values[1] ? counting->texts[cell->values[1] - 1] : (struct sn_view) { 0 };

		if (fn(ctx, value, by, cell->count))
			break;
	}
}

static void fini(struct counting *counting)
{
	for (size_t i = 0; i < counting->text_count; i++)
		free((void *)counting->texts[i].data);
	free(counting->texts);
	free(counting->cells);
	sn_map_fini(&counting->values);
	sn_map_fini(&counting->cell_of);
	sn_store_buffer_fini(&counting->unescaped);
	sn_store_scan_fini(&counting->scan);
	free(counting);
}

int sn_store_counts(struct sn_store *store, const struct sn_store_query *query, const char *field, const char *by,
		    sn_store_count_fn fn, void *ctx, struct sn_diag *reterr)
{
	struct counting *counting = calloc(1, sizeof(*counting));
	const char *const names[2] = { field, by };
	int err;

	if (!counting)
		return sn_diag_set(reterr, -ENOMEM, "out of memory for a count");
	counting->seed = sn_map_seed();
	for (unsigned s = 0; s < 2; s++) {
		counting->sides[s].used = names[s] != NULL;
		counting->sides[s].name = sn_store_text(names[s]);
		counting->sides[s].field = sn_store_field_of(counting->sides[s].name);
	}
	err = sn_store_scan_begin(store, query, &counting->scan, reterr);
	counting->scan.take = take;
	counting->scan.ctx = counting;
	if (!err)
		err = sn_store_scan_run(&counting->scan, reterr);
	if (!err)
		give(counting, query->limit, fn, ctx);
	fini(counting);
	return err;
}
