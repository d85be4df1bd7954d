/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Commands and their options, declared in one table each: getopt parsing, --help, shell completion and the man page are
 * all made from it.
 */
#ifndef SN_BASE_ARGS_H
#define SN_BASE_ARGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sauron/diag.h"

/** Exit codes of every command. */
enum sn_exit {
	SN_EXIT_OK = 0,
	SN_EXIT_FAILED = 1,
	SN_EXIT_USAGE = 2,
	SN_EXIT_INTERRUPTED = 130, /* 128 + SIGINT, as shells count */
};

/** What an option holds. */
enum sn_arg_type {
	SN_ARG_FLAG,	/* bool */
	SN_ARG_STRING,	/* const char *, into argv; "" when the value is optional and was left out */
	SN_ARG_CHOICE,	/* uint32_t: index into `choices` */
	SN_ARG_SECONDS, /* uint64_t, ns: "2" (seconds) or "500ms"; 1 s when the value is optional and was left out */
	SN_ARG_LIST,	/* struct sn_arg_list: the option may be given several times */
	_SN_ARG_TYPE_MAX,
};

#define SN_ARG_LIST_MAX 64
struct sn_arg_list {
	const char *items[SN_ARG_LIST_MAX]; /* into argv */
	size_t count;
};

/** One option. The table ends with a name of NULL; --help is there without being declared. */
struct sn_arg {
	const char *name;	    /* without the dashes */
	const char *value;	    /* how the value is called in the help: "FILE"; NULL: made of the choices */
	const char *doc;	    /* one sentence without a full stop */
	const char *const *choices; /* of SN_ARG_CHOICE; of SN_ARG_STRING: suggestions for the help and completion */
	size_t offset;		    /* in the struct that sn_args_parse fills */
	char letter;		    /* or 0 */
	uint8_t type;		    /* enum sn_arg_type */
	bool optional;		    /* the value may be left out */
};

/** The first members of an option that fills `member` of a struct; the option is called `arg_name`. */
#define SN_ARG(struct_type, member, arg_name, arg_type)                                                                          \
	.name = (arg_name), .offset = offsetof(struct_type, member), .type = (arg_type)

struct sn_command {
	const char *name;
	const char *summary;	  /* one line without a full stop */
	const char *doc;	  /* more of it, paragraphs parted by an empty line; may be NULL */
	const char *operands;	  /* as the usage line shows them: "FILE…"; NULL: takes none */
	const char *const *words; /* what an operand may be, for completion; NULL: files */
	unsigned min_operands, max_operands;
	const struct sn_arg *args;
	int (*main)(int argc, char **argv); /* argv[0] is the command's name; returns an exit code */
};

/**
 * Fills `ret_values` (which the caller has filled with the defaults) from the command line.
 * @param ret_first index in argv of the first operand; operands are moved behind the options.
 * @return 0; 1: the help is asked for; -EINVAL with words.
 */
int sn_args_parse(const struct sn_command *command, int argc, char **argv, void *ret_values, int *ret_first,
		  struct sn_diag *reterr);

/** Writes the command's --help. */
void sn_args_help(const struct sn_command *command, struct sn_text *text);
/** Writes an option as the help and the man page show it: "-f, --format table|json"; without the letter when it has none. */
void sn_arg_usage(const struct sn_arg *arg, struct sn_text *text);

/**
 * How the main function of a command begins: parses, prints the help on stdout or the refusal on stderr.
 * @return -1 to go on, else the exit code.
 */
int sn_args_begin(const struct sn_command *command, int argc, char **argv, void *ret_values, int *ret_first);

/** What every command with an output has. */
enum sn_format {
	SN_FORMAT_TABLE,
	SN_FORMAT_JSON,
	SN_FORMAT_PROMETHEUS,
	_SN_FORMAT_MAX,
};
extern const char *const sn_format_names[];	  /* all of them, NULL at the end */
extern const char *const sn_format_names_basic[]; /* table and json only */

#endif
