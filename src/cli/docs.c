/* SPDX-License-Identifier: Apache-2.0 */
/** @file The overview and the man page (man(7)), from the tables of the commands. */
#include <string.h>

#include "cli/docs.h"

static const char intro[] =
	"Sauron makes a Linux node of a 5G network observable from inside the kernel: it sees the signalling of "
	"the network functions as they send and receive it, and turns it into KPIs, without touching them.";

void sn_docs_overview(const struct sn_command *const *commands, struct sn_text *text)
{
	sn_text_addf(text, "Usage: sauron COMMAND [OPTION]…\n\n%s\n\nCommands:\n",
		     "Observes the interfaces of a 5G core from inside the Linux kernel.");
	for (; *commands; commands++)
		sn_text_addf(text, "  %-12s%s\n", (*commands)->name, (*commands)->summary);
	sn_text_add(text, "\n'sauron COMMAND --help' tells more of a command, 'sauron --version' the version.\n");
}

/** Adds text so that roff takes it as it is: backslashes, dashes, dots and quotes at the beginning of a line. */
static void roff(struct sn_text *text, const char *words)
{
	bool line_start = true;

	for (; *words; words++) {
		if (line_start && (*words == '.' || *words == '\''))
			sn_text_add(text, "\\&");
		line_start = *words == '\n';
		if (*words == '\\')
			sn_text_add(text, "\\e");
		else if (*words == '-')
			sn_text_add(text, "\\-");
		else if (*words == '\n')
			sn_text_add(text, "\n.PP\n");
		else
			sn_text_add_bytes(text, words, 1);
	}
}

static void man_arg(const struct sn_arg *arg, struct sn_text *text)
{
	struct sn_text usage = { 0 };

	sn_arg_usage(arg, &usage);
	sn_text_add(text, ".TP\n\\fB");
	roff(text, usage.data ? usage.data : "");
	sn_text_add(text, "\\fR\n");
	roff(text, arg->doc);
	sn_text_add(text, ".\n");
	sn_text_free(&usage);
}

static void man_command(const struct sn_command *command, struct sn_text *text)
{
	sn_text_addf(text, ".SS sauron %s [OPTION]\\[u2026] %s\n", command->name, command->operands ? command->operands : "");
	roff(text, command->summary);
	sn_text_add(text, ".\n");
	if (command->doc) {
		sn_text_add(text, ".PP\n");
		roff(text, command->doc);
		sn_text_add(text, "\n");
	}
	for (const struct sn_arg *arg = command->args; arg && arg->name; arg++)
		man_arg(arg, text);
}

void sn_docs_man(const struct sn_command *const *commands, struct sn_text *text)
{
	sn_text_add(text, ".\\\" Made by `sauron man` from the tables of the commands.\n"
			  ".TH SAURON 1 \"\" \"sauron " SN_VERSION "\" \"User Commands\"\n"
			  ".SH NAME\nsauron \\- observe the interfaces of a 5G core from inside the Linux kernel\n"
			  ".SH SYNOPSIS\n.B sauron\n.I COMMAND\n[OPTION]\\[u2026]\n"
			  ".SH DESCRIPTION\n");
	roff(text, intro);
	sn_text_add(text, "\n.SH COMMANDS\n");
	for (const struct sn_command *const *command = commands; *command; command++)
		man_command(*command, text);
	sn_text_add(
		text,
		".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nFailed; a sentence on the standard error tells why.\n"
		".TP\n2\nWrong usage.\n.TP\n130\nEnded by Ctrl\\-C.\n"
		".SH ENVIRONMENT\n.TP\nNO_COLOR\nWhen set to anything, nothing is coloured.\n"
		".SH FILES\n.TP\n/etc/sauron/sauron.yaml\nThe agent's configuration; \\fBsauron agent \\-\\-print\\-config\\fR "
		"prints one that explains every option.\n"
		".TP\n/run/sauron/agent.sock\nThe agent's local API.\n"
		".TP\n/var/lib/sauron/pseudonym.key\nThe key under which subscriber identifiers are hashed.\n");
}
