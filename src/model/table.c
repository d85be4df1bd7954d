/* SPDX-License-Identifier: Apache-2.0 */
/** @file A document as tables on a terminal: a heading per section, columns by the keys of its rows. */
#include "model/report.h"

#include <string.h>

#include "base/text.h"

#define MAX_COLUMNS 32
#define MAX_CELL    160

struct column {
	char name[MAX_CELL];
	size_t width;
	bool number;
};

struct table {
	struct column columns[MAX_COLUMNS];
	size_t count;
	char (*cells)[MAX_CELL]; /* rows × MAX_COLUMNS */
	size_t rows;
};

static struct column *column_of(struct table *table, const char *prefix, const char *name)
{
	char full[MAX_CELL];

	snprintf(full, sizeof(full), "%s%s%s", prefix, *prefix ? " " : "", name);
	for (char *p = full; *p; p++)
		if (*p == '_')
			*p = ' ';
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->columns[i].name, full))
			return &table->columns[i];
	if (table->count == MAX_COLUMNS)
		return NULL;
	table->columns[table->count] = (struct column) { .width = sn_text_columns(full), .number = true };
	snprintf(table->columns[table->count].name, MAX_CELL, "%s", full);
	return &table->columns[table->count++];
}

static void scalar_text(const json_t *value, char *ret_text, size_t size)
{
	if (json_is_string(value))
		sn_text_escape(json_string_value(value), ret_text, size);
	else if (json_is_integer(value))
		snprintf(ret_text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(ret_text, size, json_real_value(value) < 1000 ? "%.3g" : "%.0f", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(ret_text, size, "%s", json_is_true(value) ? "yes" : "");
	else
		snprintf(ret_text, size, "%s", "");
}

/* One value of a list's object: how often, so many ms, a share, or the value as it is. */
static void list_value(struct sn_text *text, const char *key, const json_t *value)
{
	char one[MAX_CELL];
	size_t len = strlen(key);

	scalar_text(value, one, sizeof(one));
	if (!one[0])
		return;
	if (text->len && text->data[text->len - 1] != ' ')
		sn_text_add(text, " ");
	if (!strcmp(key, "count"))
		sn_text_addf(text, "×%s", one);
	else if (json_is_number(value) && len > 3 && !strcmp(key + len - 3, "_ms"))
		sn_text_addf(text, "%.*s %s ms", (int)len - 3, key, one);
	else if (json_is_number(value) && !strcmp(key, "share"))
		sn_text_addf(text, "(%.1f %%)", 100 * json_number_value(value));
	else
		sn_text_add(text, one);
}

/* A list of small objects in words. */
static void list_text(const json_t *list, struct sn_text *text)
{
	const json_t *item, *value;
	const char *key;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (i)
			sn_text_add(text, ", ");
		if (!json_is_object(item)) {
			list_value(text, "", item);
			continue;
		}
		json_object_foreach((json_t *)item, key, value) list_value(text, key, value);
	}
}

static void cell_set(struct table *table, const char *prefix, const char *name, const json_t *value)
{
	struct column *column = column_of(table, prefix, name);
	char *cell;

	if (!column)
		return;
	cell = table->cells[table->rows * MAX_COLUMNS + (size_t)(column - table->columns)];
	scalar_text(value, cell, MAX_CELL);
	column->width = SN_MAX(column->width, sn_text_columns(cell));
	if (!json_is_number(value) && cell[0])
		column->number = false;
}

static void row_fill(struct table *table, const char *prefix, const json_t *row)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)row, key, value)
	{
		if (json_is_object(value))
			row_fill(table, strstr(key, "_ms") ? "ms" : "", value);
		else if (*prefix && !strcmp(key, "count"))
			continue; /* how many a distribution is made of stands in its row already */
		else if (!json_is_array(value))
			cell_set(table, prefix, key, value);
	}
}

static void pad(FILE *out, const char *text, size_t width, bool right)
{
	size_t have = sn_text_columns(text);

	if (right && have < width)
		fprintf(out, "%*s", (int)(width - have), "");
	fputs(text, out);
	if (!right && have < width)
		fprintf(out, "%*s", (int)(width - have), "");
}

/* What a terminal has no room for is cut, with a mark; the JSON has it all. */
static void cut(const char *text, size_t columns, char *ret_text)
{
	size_t n = 0, used = 0;

	while (text[n] && (used < columns - 1 || ((unsigned char)text[n] & 0xc0) == 0x80)) {
		used += ((unsigned char)text[n] & 0xc0) != 0x80;
		ret_text[n] = text[n];
		n++;
	}
	snprintf(ret_text + n, 4, "%s", text[n] ? "…" : "");
}

static void line_print(FILE *out, const struct table *table, size_t row, bool head, size_t columns)
{
	char text[MAX_CELL + 4];
	size_t used = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];
		const char *cell = head ? column->name : table->cells[row * MAX_COLUMNS + i];
		size_t left = columns ? (columns > used + 2 ? columns - used - 2 : 0) : SIZE_MAX;

		if (left < SN_MIN(column->width, 8u))
			break;
		fputs(i ? "  " : "", out);
		if (left < column->width) {
			cut(cell, left, text);
			fputs(text, out);
			break;
		}
		/* No blanks at the end of a line. */
		pad(out, cell, i + 1 == table->count && !column->number ? 0 : column->width, column->number);
		used += column->width + 2;
	}
	fputc('\n', out);
}

/* Lists are the widest and the least regular, and they say why: below their row, a line each. */
static void lists_print(FILE *out, const json_t *row, const struct sn_table_style *style)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)row, key, value)
	{
		struct sn_text text = { 0 };

		if (!json_is_array(value) || !json_array_size(value))
			continue;
		sn_text_addf(&text, "    %s: ", key);
		list_text(value, &text);
		if (text.data && style->columns && sn_text_columns(text.data) > style->columns) {
			char *shorter = malloc(text.len + 4);

			if (shorter)
				cut(text.data, style->columns, shorter);
			fprintf(out, "%s\n", shorter ? shorter : "");
			free(shorter);
		} else if (text.data) {
			fprintf(out, "%s\n", text.data);
		}
		sn_text_free(&text);
	}
}

static void section_print(FILE *out, const char *name, const json_t *rows, const struct sn_table_style *style)
{
	struct table table = { 0 };
	const json_t *row;
	size_t i, n = json_array_size(rows);

	if (!n)
		return;
	table.cells = calloc(n * MAX_COLUMNS, MAX_CELL);
	if (!table.cells)
		return;
	json_array_foreach(rows, i, row)
	{
		row_fill(&table, "", row);
		table.rows++;
	}
	fprintf(out, "%s%s%s\n", style->color ? "\033[1m" : "", name, style->color ? "\033[0m" : "");
	if (style->color)
		fputs("\033[2m", out);
	line_print(out, &table, 0, true, style->columns);
	if (style->color)
		fputs("\033[0m", out);
	json_array_foreach(rows, i, row)
	{
		line_print(out, &table, i, false, style->columns);
		lists_print(out, row, style);
	}
	fputc('\n', out);
	free(table.cells);
}

void sn_table_print(FILE *out, const json_t *document, const struct sn_table_style *style)
{
	const char *key;
	json_t *value;
	char text[MAX_CELL];

	json_object_foreach((json_t *)document, key, value)
	{
		if (json_is_array(value)) {
			section_print(out, key, value, style);
		} else if (json_is_object(value)) {
			sn_table_print(out, value, style);
		} else if (!json_is_null(value)) {
			scalar_text(value, text, sizeof(text));
			fprintf(out, "%s: %s\n\n", key, text);
		}
	}
}
