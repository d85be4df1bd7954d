/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file A block: up to 1024 records of one day, turned into columns. What is asked for often (time, type, node, ue, gnb and every
 * attribute of few values) stands in columns coded by a dictionary of the block's own, so that a count over a million records
 * reads a few octets of each. The JSON stands beside it, deflated in pieces, and is read only for what is answered.
 *
 * Pure: octets in, octets out. A block needs nothing outside of itself to be read.
 */
#ifndef SN_CONTROLLER_STORE_BLOCK_H
#define SN_CONTROLLER_STORE_BLOCK_H

#include "controller/store.h"
#include "controller/store_bits.h"

#define SN_STORE_BLOCK_ROWS 1024

/** The columns that every record has; SN_STORE_ATTRIBUTE stands for one of its attributes. */
enum sn_store_field {
	SN_STORE_TYPE,
	SN_STORE_NODE,
	SN_STORE_UE,
	SN_STORE_GNB,
	SN_STORE_ATTRIBUTE,
	_SN_STORE_FIELD_MAX = SN_STORE_ATTRIBUTE,
};
/** "type", "node", "ue", "gnb" name columns, everything else an attribute. */
enum sn_store_field sn_store_field_of(struct sn_view name);
struct sn_view sn_store_record_field(const struct sn_store_record *record, enum sn_store_field field);

struct sn_store_packer;
struct sn_store_packer *sn_store_packer_new(void);
struct sn_store_packer *sn_store_packer_free(struct sn_store_packer *packer);
/** Makes one block of at most SN_STORE_BLOCK_ROWS records, whose ids ascend. @return 0 or -ENOMEM. */
int sn_store_pack(struct sn_store_packer *packer, const struct sn_store_record *records, size_t count,
		  struct sn_store_buffer *ret_columns, struct sn_store_buffer *ret_text);

/** One column as it was found: codes are unpacked on demand. */
struct sn_store_column {
	struct sn_view name; /* of an attribute */
	uint8_t kind;	     /* enum sn_store_field, or SN_STORE_COLUMN_… */
	struct sn_view body;
};
#define SN_STORE_BLOCK_COLUMNS	  64
#define SN_STORE_COLUMN_TIMES	  16
#define SN_STORE_COLUMN_IDS	  17
#define SN_STORE_COLUMN_ONLY_TEXT 18 /* an attribute of many values: look into the text */
#define SN_STORE_COLUMN_MORE	  19 /* there are more attributes than names were kept: look into the text */

struct sn_store_block {
	size_t rows, column_count;
	struct sn_store_column columns[SN_STORE_BLOCK_COLUMNS];
};
/** Reads the directory of the columns. `columns` is borrowed. @return 0 or -EBADMSG. */
int sn_store_block_open(struct sn_view columns, struct sn_store_block *ret_block);
/** @return NULL when the block has no such column: of an attribute, then no record has it. */
const struct sn_store_column *sn_store_block_column(const struct sn_store_block *block, enum sn_store_field field,
						    struct sn_view name);
int sn_store_block_times(const struct sn_store_block *block, uint64_t ret_times[SN_STORE_BLOCK_ROWS]);
int sn_store_block_ids(const struct sn_store_block *block, uint64_t ret_ids[SN_STORE_BLOCK_ROWS]);

struct sn_store_codes {
	size_t value_count;
	struct sn_view values[SN_STORE_BLOCK_ROWS + 1];
	uint16_t codes[SN_STORE_BLOCK_ROWS];
};
/** The dictionary of a column only: for asking whether a value is in it. */
int sn_store_column_values(const struct sn_store_block *block, const struct sn_store_column *column,
			   struct sn_store_codes *ret_codes);
/** The dictionary, and which value each record has. @return 0 or -EBADMSG. */
int sn_store_column_codes(const struct sn_store_block *block, const struct sn_store_column *column,
			  struct sn_store_codes *ret_codes);

/** Inflates pieces of the text one after another, and keeps the last one. */
struct sn_store_pieces {
	struct sn_view text;
	struct sn_store_buffer raw;
	size_t piece;		   /* which one `raw` holds, plus one */
	struct sn_store_reader at; /* within raw */
	size_t row;		   /* the one that stands at `at` */
};
/**
 * The attributes of a row; rows that ascend are read fastest. The view lasts until the next call.
 * @return 0, -EBADMSG, -ENOMEM.
 */
int sn_store_pieces_row(struct sn_store_pieces *pieces, size_t row, struct sn_view *ret_attributes);
void sn_store_pieces_fini(struct sn_store_pieces *pieces);

#endif
