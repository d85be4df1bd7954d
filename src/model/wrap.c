/* SPDX-License-Identifier: Apache-2.0 */
/** @file Folds sentences into columns. */
#include <string.h>

#include "base/text.h"
#include "model/wrap.h"

#define MAX_COLUMNS 16
#define MIN_FOLDED  24 /* no column is folded to less */
#define GAP	    2

struct column {
	const char *key;
	size_t width;
	bool number;
};

/** How much of `text` (octets) goes on a line of `width` columns: whole words, or as much of one as there is room for. */
static size_t fold(const char *text, size_t width)
{
	size_t columns = 0, at = 0, word_end = 0;

	while (text[at]) {
		if (((unsigned char)text[at] & 0xc0) != 0x80) {
			if (text[at] == ' ')
				word_end = at;
			if (columns == width)
				return word_end ? word_end : at;
			columns++;
		}
		at++;
	}
	return at;
}

void sn_wrap_words(FILE *out, const char *words, unsigned indent, unsigned columns)
{
	size_t width = columns > indent + MIN_FOLDED ? columns - indent : MIN_FOLDED;

	for (bool first = true; *words; first = false) {
		size_t len = fold(words, width);

		fprintf(out, "%s%*s%.*s", first ? "" : "\n", first ? 0 : (int)indent, "", (int)len, words);
		words += len;
		words += strspn(words, " ");
	}
	fputc('\n', out);
}

static char *cell_text(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);
	char *text = NULL;
	int len = 0;

	if (json_is_string(value)) {
		char words[2048];

		sn_text_escape(json_string_value(value), words, sizeof(words));
		return strdup(words);
	}
	if (json_is_integer(value))
		len = asprintf(&text, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		len = asprintf(&text, "%.6g", json_real_value(value));
	else if (json_is_boolean(value))
		len = asprintf(&text, "%s", json_is_true(value) ? "yes" : "no");
	else
		return strdup("");
	return len < 0 ? NULL : text;
}

/** Natural widths, then the widest narrowed until all fit. @return the number of columns. */
static size_t measure(const json_t *rows, unsigned limit, struct column *ret_columns)
{
	size_t count = 0, total = 0, i;
	const json_t *row;
	const char *key;
	json_t *value;

	json_object_foreach(json_array_get(rows, 0), key, value)
	{
		if (count < MAX_COLUMNS)
			ret_columns[count++] = (struct column) { key, sn_text_columns(key), json_is_number(value) };
	}
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < count; c++) {
			char *text = cell_text(row, ret_columns[c].key);

			if (text)
				ret_columns[c].width = SN_MAX(ret_columns[c].width, sn_text_columns(text));
			free(text);
		}
	}
	for (size_t c = 0; c < count; c++)
		total += ret_columns[c].width + (c ? GAP : 0);
	while (total > limit) {
		struct column *widest = &ret_columns[0];

		for (size_t c = 1; c < count; c++)
			if (ret_columns[c].width > widest->width)
				widest = &ret_columns[c];
		if (widest->width <= MIN_FOLDED)
			break;
		widest->width--;
		total--;
	}
	return count;
}

static void pad(FILE *out, size_t columns)
{
	fprintf(out, "%*s", (int)columns, "");
}

/** One row, over as many lines as its longest cell needs. Takes the texts over. */
static void print_row(FILE *out, const struct column *columns, size_t count, char **texts)
{
	const char *rest[MAX_COLUMNS];
	bool more = true;

	for (size_t c = 0; c < count; c++)
		rest[c] = texts[c] ? texts[c] : "";
	while (more) {
		size_t owed = 0; /* blanks, written only when something follows */

		more = false;
		for (size_t c = 0; c < count; c++) {
			size_t len = fold(rest[c], columns[c].width), used = 0;
			char part[1024];

			snprintf(part, sizeof(part), "%.*s", (int)len, rest[c]);
			used = sn_text_columns(part);
			if (columns[c].number)
				owed += columns[c].width - SN_MIN(used, columns[c].width);
			if (used) {
				pad(out, owed);
				fputs(part, out);
				owed = 0;
			}
			if (!columns[c].number)
				owed += columns[c].width - SN_MIN(used, columns[c].width);
			owed += GAP;
			rest[c] += len;
			rest[c] += strspn(rest[c], " ");
			more = more || *rest[c];
		}
		fputc('\n', out);
	}
	for (size_t c = 0; c < count; c++)
		free(texts[c]);
}

void sn_wrap_table(FILE *out, const char *name, const json_t *rows, unsigned limit, bool color)
{
	struct column columns[MAX_COLUMNS];
	char *texts[MAX_COLUMNS];
	size_t count, i;
	const json_t *row;

	if (!json_array_size(rows))
		return;
	count = measure(rows, limit, columns);
	fprintf(out, "%s%s%s\n%s", color ? "\033[1m" : "", name, color ? "\033[0m" : "", color ? "\033[2m" : "");
	for (size_t c = 0; c < count; c++) {
		texts[c] = strdup(columns[c].key);
		for (char *p = texts[c]; p && *p; p++)
			if (*p == '_')
				*p = ' ';
	}
	print_row(out, columns, count, texts);
	fputs(color ? "\033[0m" : "", out);
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < count; c++)
			texts[c] = cell_text(row, columns[c].key);
		print_row(out, columns, count, texts);
	}
	fputc('\n', out);
}
