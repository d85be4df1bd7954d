/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron kpi`: the agent's document once, or again and again in place. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/terminal.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "model/document.h"
#include "model/report.h"

struct kpi_options {
	uint64_t watch_ns;
	const char *by;
	const char *ue;
	uint32_t format;
	struct sn_client_target target;
};

/* Suggestions: what there is to group by, the agent knows. */
static const char *const by_names[] = { "gnb", "amf", "slice", "cause", "ue", NULL };

static const struct sn_arg kpi_args[] = {
	{ SN_ARG(struct kpi_options, watch_ns, "watch", SN_ARG_SECONDS), .letter = 'w', .value = "SECONDS", .optional = true,
	  .doc = "again and again, every second or so often, until Ctrl-C; on a terminal in place, as JSON one document per line" },
	{ SN_ARG(struct kpi_options, by, "by", SN_ARG_STRING), .letter = 'b', .choices = by_names, .doc = "split the figures" },
	{ SN_ARG(struct kpi_options, ue, "ue", SN_ARG_STRING), .letter = 'u', .value = "PSEUDONYM",
	  .doc = "tell the story of one UE: its messages and procedures in order" },
	{ SN_ARG(struct kpi_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names,
	  .doc = "how to print" },
	SN_CLIENT_ARGS(struct kpi_options),
	{ 0 },
};

static int kpi_main(int argc, char **argv);

const struct sn_command sn_command_kpi = {
	.name = "kpi",
	.summary = "Show the KPIs of the running agent",
	.doc = "Asks the agent on this node, which 'sauron up' or 'sauron agent' has started; with --controller a node's agent by way of its controller, with the same output.",
	.args = kpi_args,
	.main = kpi_main,
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	if (number != SIGWINCH)
		stopped = 1;
}

/** Signals come only while we wait, in pselect: none is lost between a check and the wait. */
static void catch_signals(sigset_t *ret_waiting_mask)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < SN_ARRAY_SIZE(numbers); i++) {
		sigaddset(&blocked, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, ret_waiting_mask);
	for (size_t i = 0; i < SN_ARRAY_SIZE(numbers); i++)
		sigdelset(ret_waiting_mask, numbers[i]);
}

static int get_document(struct sn_client *client, const struct kpi_options *options, json_t **ret_document,
			struct sn_diag *reterr)
{
	/* A table that is not split shows sums; the JSON has every combination of labels. */
	bool sums = options->format == SN_FORMAT_TABLE && !options->by && !options->ue;
	const char *const query[] = { "by", sums ? "none" : options->by, "ue", options->ue, NULL };

	return sn_client_get_local(client, "/v1/kpi", query, ret_document, reterr);
}

static int print_once(struct sn_client *client, const struct kpi_options *options)
{
	struct sn_diag diag = { 0 };
	struct sn_text text = { 0 };
	json_t *document = NULL;
	int err;

	if (options->format == SN_FORMAT_PROMETHEUS) {
		err = sn_client_get(client, "/v1/metrics", /* query= */ NULL, &text, &diag);
		if (!err && text.data)
			fwrite(text.data, 1, text.len, stdout);
		sn_text_free(&text);
	} else {
		err = get_document(client, options, &document, &diag);
		if (!err)
			sn_document_print(stdout, document, options->format);
		json_decref(document);
	}
	if (!err)
		return sn_document_flush();
	sn_log_error("%s", diag.text);
	return sn_client_exit(err);
}

/** What stands on the screen: a line about itself, the failure if there is one, the last document. */
static void draw(const struct sn_screen *screen, const struct kpi_options *options, const json_t *document, const char *failure)
{
	bool color = sn_terminal_color(STDOUT_FILENO);
	char interval[24], time[SN_TIME_TEXT];
	char *page = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&page, &len);

	if (!out)
		return;
	sn_clock_text(sn_clock_realtime_ns(), time);
	fprintf(out, "%ssauron kpi  every %s  %.10s %.8s UTC  Ctrl-C ends%s\n", color ? "\033[2m" : "",
		sn_text_duration(options->watch_ns, interval), time, time + 11, color ? "\033[0m" : "");
	if (failure)
		fprintf(out, "%s%s%s\n", color ? "\033[1;31m" : "", failure, color ? "\033[0m" : "");
	fputc('\n', out);
	if (document)
		sn_table_print(out, document,
			       &(struct sn_table_style) { .color = color, .columns = sn_terminal_columns(STDOUT_FILENO) });
	if (fclose(out) == 0)
		sn_screen_draw(screen, page, len);
	free(page);
}

static void print_line(const json_t *document, enum sn_format format)
{
	if (format == SN_FORMAT_JSON) {
		json_dumpf(document, stdout, SN_JSON_FLAGS | JSON_COMPACT);
		fputc('\n', stdout);
	} else {
		sn_document_print(stdout, document, format);
	}
}

/** Until a signal says stop. Once it has worked, an agent that goes away is waited for. */
static int watch(struct sn_client *client, const struct kpi_options *options)
{
	const struct timespec interval = { (time_t)(options->watch_ns / SN_NSEC_PER_SEC),
					   (long)(options->watch_ns % SN_NSEC_PER_SEC) };
	struct sn_screen screen = { .fd = -1 };
	json_t *last = NULL;
	sigset_t waiting;
	int code = SN_EXIT_OK;

	catch_signals(&waiting);
	while (!stopped && !code) {
		struct sn_diag diag = { 0 };
		json_t *document = NULL;
		int err = get_document(client, options, &document, &diag);

		if (err && (!last || err == -EINVAL)) {
			sn_screen_leave(&screen);
			sn_log_error("%s", diag.text);
			code = sn_client_exit(err);
			break;
		}
		if (!err) {
			json_decref(last);
			last = document;
		}
		if (options->format == SN_FORMAT_TABLE && (screen.active || sn_screen_enter(&screen, STDOUT_FILENO)))
			draw(&screen, options, last, err ? diag.text : NULL);
		else if (!err)
			print_line(last, options->format);
		else
			sn_log_warning("%s", diag.text);
		code = screen.active ? SN_EXIT_OK : sn_document_flush();
		if (!code)
			pselect(0, NULL, NULL, NULL, &interval, &waiting);
	}
	sn_screen_leave(&screen);
	json_decref(last);
	return code;
}

static int kpi_main(int argc, char **argv)
{
	struct kpi_options options = { .target.socket = SN_CLIENT_SOCKET };
	struct sn_client *client;
	struct sn_diag diag = { 0 };
	int first, code = sn_args_begin(&sn_command_kpi, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	if (options.watch_ns && options.format == SN_FORMAT_PROMETHEUS) {
		sn_log_error("kpi: --watch prints tables or JSON; Prometheus reads /metrics by itself");
		return SN_EXIT_USAGE;
	}
	if (options.format == SN_FORMAT_PROMETHEUS && (options.by || options.ue)) {
		sn_log_error("kpi: the Prometheus format has its own labels; --by and --ue are for tables and JSON");
		return SN_EXIT_USAGE;
	}
	if (options.format == SN_FORMAT_PROMETHEUS && options.target.controller) {
		sn_log_error(
			"kpi: the metrics of nodes are at the controller's /api/v1/series; in the Prometheus format each agent "
			"gives its own");
		return SN_EXIT_USAGE;
	}
	if (sn_client_new(&options.target, &client, &diag)) {
		sn_log_error("%s", diag.text);
		return SN_EXIT_FAILED;
	}
	code = options.watch_ns ? watch(client, &options) : print_once(client, &options);
	sn_client_free(client);
	return code;
}
