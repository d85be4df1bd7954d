/* SPDX-License-Identifier: Apache-2.0 */
/** @file The program: one table of commands. */
#include <stdio.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/config.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/docs.h"
#include "controller/commands.h"
#include "lab/lab.h"
#include "model/document.h"
#include "sauron/module.h"
#include "up/commands.h"

static int help_main(int argc, char **argv);
static int completion_main(int argc, char **argv);
static int man_main(int argc, char **argv);

static const struct sn_arg no_args[] = { { 0 } };

static const struct sn_command command_help = {
	.name = "help",
	.summary = "Tell more of a command, or of the options of a module",
	.operands = "[COMMAND|MODULE]",
	.max_operands = 1,
	.args = no_args,
	.main = help_main,
};
static const struct sn_command command_completion = {
	.name = "completion",
	.summary = "Print the completion for a shell",
	.operands = "bash|zsh|fish",
	.words = sn_docs_shells,
	.min_operands = 1,
	.max_operands = 1,
	.args = no_args,
	.main = completion_main,
};
static const struct sn_command command_man = {
	.name = "man",
	.summary = "Print the man page",
	.args = no_args,
	.main = man_main,
};

static const struct sn_command *const commands[] = {
	&sn_command_up,	 &sn_command_agent,  &sn_command_controller, &sn_command_check,	 &sn_command_analyze,
	&sn_command_kpi, &sn_command_status, &sn_command_nodes,	     &sn_command_events, &sn_command_rollout,
	&sn_command_lab, &command_help,	     &command_completion,    &command_man,	 NULL,
};

static const struct sn_command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int print(struct sn_text *text)
{
	if (text->failed) {
		sn_log_error("out of memory");
		sn_text_free(text);
		return SN_EXIT_FAILED;
	}
	fputs(text->data ? text->data : "", stdout);
	sn_text_free(text);
	return sn_document_flush();
}

static int refuse(const char *what, const char *word)
{
	const char *names[SN_ARRAY_SIZE(commands)], *nearest;

	for (size_t i = 0; i < SN_ARRAY_SIZE(commands); i++)
		names[i] = commands[i] ? commands[i]->name : NULL;
	nearest = sn_text_nearest(word, names);
	if (nearest)
		sn_log_error("unknown %s '%s'; did you mean '%s'?", what, word, nearest);
	else
		sn_log_error("unknown %s '%s'; 'sauron --help' lists the commands", what, word);
	return SN_EXIT_USAGE;
}

static int help_main(int argc, char **argv)
{
	struct sn_text text = { 0 };
	const struct sn_command *command;
	int first, code = sn_args_begin(&command_help, argc, argv, /* ret_values= */ NULL, &first);

	if (code >= 0)
		return code;
	if (first == argc) {
		sn_docs_overview(commands, &text);
		return print(&text);
	}
	command = find_command(argv[first]);
	if (command) {
		sn_args_help(command, &text);
		return print(&text);
	}
	for (size_t i = 0; sn_modules[i]; i++) {
		if (strcmp(sn_modules[i]->name, argv[first]) != 0)
			continue;
		sn_text_addf(&text, "Options of the module %s, as they stand below 'modules:' in the configuration:\n\n",
			     sn_modules[i]->name);
		sn_config_print_module(sn_modules[i], &text);
		return print(&text);
	}
	return refuse("command or module", argv[first]);
}

static int completion_main(int argc, char **argv)
{
	struct sn_text text = { 0 };
	int first, code = sn_args_begin(&command_completion, argc, argv, /* ret_values= */ NULL, &first);

	if (code >= 0)
		return code;
	if (sn_docs_completion(argv[first], commands, &text)) {
		sn_log_error("completion: there is none for '%s'; there is bash, zsh and fish", argv[first]);
		return SN_EXIT_USAGE;
	}
	return print(&text);
}

static int man_main(int argc, char **argv)
{
	struct sn_text text = { 0 };
	int first, code = sn_args_begin(&command_man, argc, argv, /* ret_values= */ NULL, &first);

	if (code >= 0)
		return code;
	sn_docs_man(commands, &text);
	return print(&text);
}

int main(int argc, char **argv)
{
	const struct sn_command *command;
	struct sn_text text = { 0 };

	if (argc < 2) {
		sn_docs_overview(commands, &text);
		fputs(text.data ? text.data : "", stderr);
		sn_text_free(&text);
		return SN_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		sn_docs_overview(commands, &text);
		return print(&text);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		sn_text_add(&text, "sauron " SN_VERSION "\n");
		return print(&text);
	}
	command = find_command(argv[1]);
	if (!command)
		return refuse(argv[1][0] == '-' ? "option" : "command", argv[1]);
	return command->main(argc - 1, argv + 1);
}
