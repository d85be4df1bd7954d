/* SPDX-License-Identifier: Apache-2.0 */
/** @file Command lines from tables: getopt_long underneath, with better words when something is wrong. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/log.h"

#define ARGS_MAX 40
/* Values that getopt_long returns for options by number; above every letter. */
#define LONG_BASE 256
#define HELP_CODE 1000

const char *const sn_format_names[] = { "table", "json", "prometheus", NULL };
const char *const sn_format_names_basic[] = { "table", "json", NULL };
_Static_assert(SN_ARRAY_SIZE(sn_format_names) == _SN_FORMAT_MAX + 1, "name every format");

struct getopt_tables {
	struct option longs[ARGS_MAX + 2];
	char shorts[3 * ARGS_MAX + 4];
	const char *names[ARGS_MAX + 2]; /* for "did you mean", with their dashes left out */
};

/** @return the number of options. */
static size_t build_tables(const struct sn_arg *args, struct getopt_tables *ret_tables)
{
	size_t count = 0, shorts = 0;

	/* ':' in front: a missing value is told apart from an unknown option. */
	ret_tables->shorts[shorts++] = ':';
	for (; args && args[count].name && count < ARGS_MAX; count++) {
		const struct sn_arg *arg = &args[count];
		int has = arg->type == SN_ARG_FLAG ? no_argument : arg->optional ? optional_argument : required_argument;

		ret_tables->longs[count] = (struct option) { arg->name, has, NULL, LONG_BASE + (int)count };
		ret_tables->names[count] = arg->name;
		if (!arg->letter)
			continue;
		ret_tables->shorts[shorts++] = arg->letter;
		for (int i = 0; i < has; i++)
			ret_tables->shorts[shorts++] = ':';
	}
	ret_tables->longs[count] = (struct option) { "help", no_argument, NULL, HELP_CODE };
	ret_tables->longs[count + 1] = (struct option) { 0 };
	ret_tables->names[count] = "help";
	ret_tables->names[count + 1] = NULL;
	ret_tables->shorts[shorts++] = 'h';
	ret_tables->shorts[shorts] = '\0';
	return count;
}

static int refuse_value(const struct sn_command *command, const struct sn_arg *arg, const char *value, struct sn_diag *reterr)
{
	const char *nearest = arg->choices ? sn_text_nearest(value, arg->choices) : NULL;
	struct sn_text list = { 0 };

	if (nearest)
		return sn_diag_set(reterr, -EINVAL, "%s: --%s cannot be '%s'; did you mean '%s'?", command->name, arg->name,
				   value, nearest);
	for (size_t i = 0; arg->choices && arg->choices[i]; i++)
		sn_text_addf(&list, "%s%s", i ? ", " : "", arg->choices[i]);
	sn_diag_set(reterr, -EINVAL, "%s: --%s cannot be '%s'; it takes %s", command->name, arg->name, value,
		    list.data ? list.data : "a number of seconds, or a duration like 500ms");
	sn_text_free(&list);
	return -EINVAL;
}

static int store_seconds(const struct sn_command *command, const struct sn_arg *arg, const char *value, uint64_t *ret_ns,
			 struct sn_diag *reterr)
{
	uint64_t ns;

	if (!value)
		ns = SN_NSEC_PER_SEC;
	else if (!sn_text_parse_size(value, &ns) && ns < 1000000)
		ns *= SN_NSEC_PER_SEC;
	else if (sn_text_parse_duration(value, &ns))
		return refuse_value(command, arg, value, reterr);
	if (!ns)
		return refuse_value(command, arg, value, reterr);
	*ret_ns = ns;
	return 0;
}

static int store(const struct sn_command *command, const struct sn_arg *arg, const char *value, void *values,
		 struct sn_diag *reterr)
{
	void *field = (char *)values + arg->offset;
	struct sn_arg_list *list = field;

	switch (arg->type) {
	case SN_ARG_FLAG:
		*(bool *)field = true;
		return 0;
	case SN_ARG_STRING:
		*(const char **)field = value ? value : "";
		return 0;
	case SN_ARG_CHOICE:
		for (uint32_t i = 0; arg->choices[i]; i++) {
			if (value && strcmp(value, arg->choices[i]) == 0) {
				*(uint32_t *)field = i;
				return 0;
			}
		}
		return refuse_value(command, arg, value ? value : "", reterr);
	case SN_ARG_SECONDS:
		return store_seconds(command, arg, value, field, reterr);
	case SN_ARG_LIST:
		if (list->count == SN_ARG_LIST_MAX)
			return sn_diag_set(reterr, -EINVAL, "%s: --%s may be given %d times at most", command->name, arg->name,
					   SN_ARG_LIST_MAX);
		list->items[list->count++] = value;
		return 0;
	}
	return -EINVAL;
}

/** What getopt could not place: `word` is the argument as it was typed. */
static int refuse_unknown(const struct sn_command *command, const struct getopt_tables *tables, const char *word,
			  struct sn_diag *reterr)
{
	char name[128];
	const char *nearest;

	if (strncmp(word, "--", 2) != 0) {
		if (optopt > ' ' && optopt < 0x7f)
			return sn_diag_set(reterr, -EINVAL, "%s: unknown option '-%c'", command->name, optopt);
		return sn_diag_set(reterr, -EINVAL, "%s: unknown option '%s'", command->name, word);
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	/* getopt_long says '?' for an abbreviation that fits several, and for a value given to a flag. */
	for (size_t i = 0; tables->names[i]; i++)
		if (strcmp(name, tables->names[i]) == 0)
			return sn_diag_set(reterr, -EINVAL, "%s: --%s takes no value", command->name, name);
	nearest = sn_text_nearest(name, tables->names);
	if (nearest)
		return sn_diag_set(reterr, -EINVAL, "%s: unknown option '--%s'; did you mean '--%s'?", command->name, name,
				   nearest);
	return sn_diag_set(reterr, -EINVAL, "%s: unknown option '--%s'", command->name, name);
}

static const struct sn_arg *find_arg(const struct sn_arg *args, size_t count, int code)
{
	if (code >= LONG_BASE && (size_t)(code - LONG_BASE) < count)
		return &args[code - LONG_BASE];
	for (size_t i = 0; i < count; i++)
		if (args[i].letter == code)
			return &args[i];
	return NULL;
}

/** getopt takes an optional value only behind '='. Where no operand can be meant, the next word is the value too. */
static const char *optional_value(const struct sn_command *command, int argc, char **argv)
{
	if (optarg || command->max_operands || optind >= argc || argv[optind][0] == '-')
		return optarg;
	return argv[optind++];
}

static int check_operands(const struct sn_command *command, int argc, char **argv, int first, struct sn_diag *reterr)
{
	unsigned count = (unsigned)(argc - first);

	if (count < command->min_operands)
		return sn_diag_set(reterr, -EINVAL, "%s: %s is missing", command->name, command->operands);
	if (count > command->max_operands)
		return sn_diag_set(reterr, -EINVAL, "%s: '%s' is one word too many", command->name,
				   argv[first + (int)command->max_operands]);
	return 0;
}

int sn_args_parse(const struct sn_command *command, int argc, char **argv, void *ret_values, int *ret_first,
		  struct sn_diag *reterr)
{
	struct getopt_tables tables;
	size_t count = build_tables(command->args, &tables);
	int code, err;

	optind = 0; /* glibc: start anew, also with its inner state */
	opterr = 0;
	for (;;) {
		int before = optind ? optind : 1;
		const struct sn_arg *arg;

		code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL);
		if (code == -1)
			break;
		if (code == 'h' || code == HELP_CODE)
			return 1;
		if (code == ':') {
			arg = find_arg(command->args, count, optopt);
			return sn_diag_set(reterr, -EINVAL, "%s: %s needs a value", command->name,
					   arg ? argv[optind - 1] : argv[before]);
		}
		arg = code == '?' ? NULL : find_arg(command->args, count, code);
		if (!arg)
			return refuse_unknown(command, &tables, argv[optind > 1 ? optind - 1 : 1], reterr);
		err = store(command, arg, arg->optional ? optional_value(command, argc, argv) : optarg, ret_values, reterr);
		if (err)
			return err;
	}
	err = check_operands(command, argc, argv, optind, reterr);
	if (err)
		return err;
	*ret_first = optind;
	return 0;
}

void sn_arg_usage(const struct sn_arg *arg, struct sn_text *text)
{
	if (arg->letter)
		sn_text_addf(text, "-%c, ", arg->letter);
	sn_text_addf(text, "--%s", arg->name);
	if (arg->type == SN_ARG_FLAG)
		return;
	sn_text_add(text, arg->optional ? "[=" : " ");
	if (arg->value)
		sn_text_add(text, arg->value);
	for (size_t i = 0; !arg->value && arg->choices && arg->choices[i]; i++)
		sn_text_addf(text, "%s%s", i ? "|" : "", arg->choices[i]);
	if (arg->optional)
		sn_text_add(text, "]");
}

#define HELP_COLUMN 34
#define HELP_WIDTH  100

/** Adds words, broken at HELP_WIDTH, each further line indented. `column`: where the text stands now. */
static void add_wrapped(struct sn_text *text, const char *words, size_t column, size_t indent)
{
	while (*words) {
		size_t len = strcspn(words, " \n");

		if (column > indent && column + 1 + len > HELP_WIDTH) {
			sn_text_addf(text, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			sn_text_add(text, " ");
			column++;
		}
		sn_text_add_bytes(text, words, len);
		column += len;
		words += len;
		while (*words == ' ')
			words++;
		if (*words == '\n') {
			sn_text_addf(text, "\n%*s", (int)indent, "");
			column = indent;
			words++;
		}
	}
	sn_text_add(text, "\n");
}

static void add_arg(const struct sn_arg *arg, struct sn_text *text)
{
	struct sn_text usage = { 0 };
	size_t columns;

	sn_arg_usage(arg, &usage);
	columns = 2 + (arg->letter ? 0 : 4) + sn_text_columns(usage.data ? usage.data : "");
	sn_text_addf(text, "  %s%s", arg->letter ? "" : "    ", usage.data ? usage.data : "");
	if (columns + 2 > HELP_COLUMN) {
		sn_text_addf(text, "\n%*s", HELP_COLUMN, "");
	} else {
		sn_text_addf(text, "%*s", (int)(HELP_COLUMN - columns), "");
	}
	add_wrapped(text, arg->doc, HELP_COLUMN, HELP_COLUMN);
	sn_text_free(&usage);
}

void sn_args_help(const struct sn_command *command, struct sn_text *text)
{
	static const struct sn_arg help = { .name = "help", .letter = 'h', .doc = "show this help" };

	sn_text_addf(text, "Usage: sauron %s [OPTION]…%s%s\n\n", command->name, command->operands ? " " : "",
		     command->operands ? command->operands : "");
	add_wrapped(text, command->summary, 0, 0);
	if (command->doc) {
		sn_text_add(text, "\n");
		add_wrapped(text, command->doc, 0, 0);
	}
	sn_text_add(text, "\nOptions:\n");
	for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
		add_arg(arg, text);
	add_arg(&help, text);
}

int sn_args_begin(const struct sn_command *command, int argc, char **argv, void *ret_values, int *ret_first)
{
	struct sn_diag diag = { 0 };
	struct sn_text help = { 0 };
	int result = sn_args_parse(command, argc, argv, ret_values, ret_first, &diag);

	if (!result)
		return -1;
	if (result > 0) {
		sn_args_help(command, &help);
		if (help.data)
			fputs(help.data, stdout);
		sn_text_free(&help);
		return fflush(stdout) ? SN_EXIT_FAILED : SN_EXIT_OK;
	}
	sn_log_error("%s", diag.text);
	sn_log_info("try 'sauron %s --help'", command->name);
	return SN_EXIT_USAGE;
}
