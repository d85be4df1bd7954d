/* SPDX-License-Identifier: Apache-2.0 */
/** @file Prints documents as tables or JSON. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"
#include "model/document.h"
#include "model/report.h"
#include "model/wrap.h"

void sn_document_print(FILE *out, const json_t *document, enum sn_format format)
{
	int fd = fileno(out);

	if (format == SN_FORMAT_JSON) {
		json_dumpf(document, out, SN_JSON_FLAGS | JSON_INDENT(2));
		fputc('\n', out);
		return;
	}
	sn_table_print(out, document,
		       &(struct sn_table_style) { .color = fd >= 0 && sn_terminal_color(fd),
						  .columns = fd >= 0 ? sn_terminal_columns(fd) : 0 });
}

/* Without a terminal lines end where people still read them with ease. */
#define DEFAULT_COLUMNS 120

static bool is_fact(const json_t *value)
{
	return !json_is_object(value) && !json_is_null(value) &&
	       (!json_is_array(value) || json_is_string(json_array_get(value, 0)));
}

static void add_words(struct sn_text *text, const json_t *string)
{
	char words[2048];

	sn_text_escape(json_string_value(string) ? json_string_value(string) : "", words, sizeof(words));
	sn_text_add(text, words);
}

/** The value in words; those of a list parted by commas. */
static void add_fact(struct sn_text *text, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value))
		add_words(text, value);
	else if (json_is_integer(value))
		sn_text_addf(text, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		sn_text_addf(text, "%.6g", json_real_value(value));
	else if (json_is_boolean(value))
		sn_text_add(text, json_is_true(value) ? "yes" : "no");
	json_array_foreach(value, i, item)
	{
		sn_text_add(text, i ? ", " : "");
		add_words(text, item);
	}
}

/** "a name      and what it holds" */
static void print_fact(FILE *out, const char *key, const json_t *value, size_t width, unsigned columns)
{
	struct sn_text text = { 0 };

	add_fact(&text, value);
	for (const char *p = key; *p; p++)
		fputc(*p == '_' ? ' ' : *p, out);
	fprintf(out, "%*s", (int)(width + 2 - strlen(key)), "");
	sn_wrap_words(out, text.data ? text.data : "", (unsigned)width + 2, columns);
	sn_text_free(&text);
}

void sn_document_print_facts(FILE *out, const json_t *document)
{
	int fd = fileno(out);
	bool color = fd >= 0 && sn_terminal_color(fd);
	unsigned columns = fd >= 0 ? sn_terminal_columns(fd) : 0;
	size_t width = 0;
	const char *key;
	json_t *value;

	if (!columns)
		columns = DEFAULT_COLUMNS;
	json_object_foreach((json_t *)document, key, value)
	{
		if (is_fact(value))
			width = SN_MAX(width, strlen(key));
	}
	json_object_foreach((json_t *)document, key, value)
	{
		if (is_fact(value))
			print_fact(out, key, value, width, columns);
	}
	fputc('\n', out);
	json_object_foreach((json_t *)document, key, value)
	{
		if (!is_fact(value) && json_is_array(value))
			sn_wrap_table(out, key, value, columns, color);
	}
}

int sn_document_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return SN_EXIT_OK;
	sn_log_error("the output cannot be written: %s", strerror(errno));
	return SN_EXIT_FAILED;
}

static int add_json(const char *data, size_t len, void *text)
{
	sn_text_add_bytes(text, data, len);
	return ((struct sn_text *)text)->failed ? -1 : 0;
}

int sn_json_text(const json_t *document, struct sn_text *text)
{
	return json_dump_callback(document, add_json, text, SN_JSON_FLAGS | JSON_COMPACT) < 0 ? -ENOMEM : 0;
}
