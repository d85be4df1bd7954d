/* SPDX-License-Identifier: Apache-2.0 */
/** @file Completion for bash, zsh and fish, from the tables of the commands. */
#include <errno.h>
#include <string.h>

#include "cli/docs.h"

const char *const sn_docs_shells[] = { "bash", "zsh", "fish", NULL };

/** Adds the words parted by a space. */
static void add_words(struct sn_text *text, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		sn_text_addf(text, "%s%s", i ? " " : "", words[i]);
}

/** Adds words for a shell's single quotes. */
static void add_quoted(struct sn_text *text, const char *words)
{
	for (; *words; words++)
		if (*words == '\'')
			sn_text_add(text, "'\\''");
		else
			sn_text_add_bytes(text, words, 1);
}

static void bash_value(const struct sn_arg *arg, struct sn_text *text)
{
	if (arg->type == SN_ARG_FLAG || (arg->optional && !arg->choices))
		return;
	sn_text_addf(text, "\t\t--%s", arg->name);
	if (arg->letter)
		sn_text_addf(text, "|-%c", arg->letter);
	if (arg->choices) {
		sn_text_add(text, ") COMPREPLY=($(compgen -W '");
		add_words(text, arg->choices);
		sn_text_add(text, "' -- \"$cur\")); return;;\n");
	} else {
		sn_text_add(text, ") COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n");
	}
}

static void bash_command(const struct sn_command *command, struct sn_text *text)
{
	sn_text_addf(text, "\t%s)\n\t\tcase $prev in\n", command->name);
	for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
		bash_value(arg, text);
	sn_text_add(text, "\t\tesac\n\t\tif [[ $cur == -* ]]; then\n\t\t\tCOMPREPLY=($(compgen -W '--help");
	for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
		sn_text_addf(text, " --%s", arg->name);
	sn_text_add(text, "' -- \"$cur\"))\n");
	if (command->words) {
		sn_text_add(text, "\t\telse\n\t\t\tCOMPREPLY=($(compgen -W '");
		add_words(text, command->words);
		sn_text_add(text, "' -- \"$cur\"))\n");
	} else if (command->max_operands) {
		sn_text_add(text, "\t\telse\n\t\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n");
	}
	sn_text_add(text, "\t\tfi;;\n");
}

static void bash(const struct sn_command *const *commands, struct sn_text *text)
{
	sn_text_add(text, "# bash completion for sauron; made by `sauron completion bash`\n"
			  "_sauron() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n\tCOMPREPLY=()\n"
			  "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '--help --version");
	for (const struct sn_command *const *command = commands; *command; command++)
		sn_text_addf(text, " %s", (*command)->name);
	sn_text_add(text, "' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (; *commands; commands++)
		bash_command(*commands, text);
	sn_text_add(text, "\tesac\n}\ncomplete -o filenames -F _sauron sauron\n");
}

static void zsh_arg(const struct sn_arg *arg, struct sn_text *text)
{
	const char *prefix = arg->type == SN_ARG_LIST ? "*" : "";

	sn_text_addf(text, " \\\n\t\t\t'%s--%s%s[", prefix, arg->name,
		     arg->type == SN_ARG_FLAG ? ""
		     : arg->optional	      ? "=-"
					      : "=");
	for (const char *p = arg->doc; *p; p++)
		if (*p == '[' || *p == ']' || *p == ':')
			sn_text_addf(text, "\\%c", *p);
		else if (*p == '\'')
			sn_text_add(text, "'\\''");
		else
			sn_text_add_bytes(text, p, 1);
	sn_text_add(text, "]");
	if (arg->type != SN_ARG_FLAG) {
		sn_text_addf(text, "%s%s:", arg->optional ? "::" : ":", arg->name);
		if (arg->choices) {
			sn_text_add(text, "(");
			add_words(text, arg->choices);
			sn_text_add(text, ")");
		} else {
			sn_text_add(text, "_files");
		}
	}
	sn_text_add(text, "'");
}

static void zsh(const struct sn_command *const *commands, struct sn_text *text)
{
	sn_text_add(text, "#compdef sauron\n# zsh completion for sauron; made by `sauron completion zsh`\n"
			  "_sauron() {\n\tlocal -a commands=(\n");
	for (const struct sn_command *const *command = commands; *command; command++) {
		sn_text_addf(text, "\t\t'%s:", (*command)->name);
		add_quoted(text, (*command)->summary);
		sn_text_add(text, "'\n");
	}
	sn_text_add(text, "\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
			  "\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n");
	for (; *commands; commands++) {
		const struct sn_command *command = *commands;

		sn_text_addf(text, "\t%s)\n\t\t_arguments '--help[show this help]'", command->name);
		for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
			zsh_arg(arg, text);
		if (command->words) {
			sn_text_add(text, " \\\n\t\t\t'*:word:(");
			add_words(text, command->words);
			sn_text_add(text, ")'");
		} else if (command->max_operands) {
			sn_text_add(text, " \\\n\t\t\t'*:file:_files'");
		}
		sn_text_add(text, ";;\n");
	}
	sn_text_add(text, "\tesac\n}\n_sauron \"$@\"\n");
}

static void fish_arg(const struct sn_command *command, const struct sn_arg *arg, struct sn_text *text)
{
	sn_text_addf(text, "complete -c sauron -n '__fish_seen_subcommand_from %s' -l %s", command->name, arg->name);
	if (arg->letter)
		sn_text_addf(text, " -s %c", arg->letter);
	if (arg->choices) {
		sn_text_add(text, " -xa '");
		add_words(text, arg->choices);
		sn_text_add(text, "'");
	} else if (arg->type != SN_ARG_FLAG && !arg->optional) {
		sn_text_add(text, " -rF");
	}
	sn_text_add(text, " -d '");
	for (const char *p = arg->doc; *p; p++)
		sn_text_addf(text, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
	sn_text_add(text, "'\n");
}

static void fish(const struct sn_command *const *commands, struct sn_text *text)
{
	sn_text_add(text, "# fish completion for sauron; made by `sauron completion fish`\n"
			  "complete -c sauron -f\ncomplete -c sauron -l help -d 'show this help'\n");
	for (; *commands; commands++) {
		const struct sn_command *command = *commands;

		sn_text_addf(text, "complete -c sauron -n __fish_use_subcommand -a %s -d '", command->name);
		for (const char *p = command->summary; *p; p++)
			sn_text_addf(text, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
		sn_text_add(text, "'\n");
		for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
			fish_arg(command, arg, text);
		if (command->words) {
			sn_text_addf(text, "complete -c sauron -n '__fish_seen_subcommand_from %s' -a '", command->name);
			add_words(text, command->words);
			sn_text_add(text, "'\n");
		} else if (command->max_operands) {
			sn_text_addf(text, "complete -c sauron -n '__fish_seen_subcommand_from %s' -F\n", command->name);
		}
	}
}

int sn_docs_completion(const char *shell, const struct sn_command *const *commands, struct sn_text *text)
{
	static void (*const makers[])(const struct sn_command *const *commands, struct sn_text *text) = { bash, zsh, fish };

	for (size_t i = 0; sn_docs_shells[i]; i++) {
		if (strcmp(shell, sn_docs_shells[i]) == 0) {
			makers[i](commands, text);
			return 0;
		}
	}
	return -EINVAL;
}
