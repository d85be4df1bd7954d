/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron up`: agent and controller in one process, KPIs on the terminal, the console in the browser, on request a lab. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/begin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/terminal.h"
#include "controller/controller.h"
#include "lab/lab.h"
#include "model/document.h"
#include "up/commands.h"

struct up_options {
	const char *lab; /* NULL: none; "": the default scenario */
	const char *lab_prefix;
	const char *config;
	struct sn_arg_list set;
	const char *console;
	bool plain;
};

#define CONSOLE_LISTEN "127.0.0.1:7080"
#define LAB_SCENARIO   "normal-day"
#define LAB_PREFIX     "sn-"
#define LAB_INTERFACES "n2.interfaces=[n2@/run/netns/%samf]"

static const struct sn_arg up_args[] = {
	{ SN_ARG(struct up_options, lab, "lab", SN_ARG_STRING), .letter = 'l', .value = "SCENARIO", .optional = true,
	  .doc = "build a small 5G network in network namespaces, play a scenario in it (" LAB_SCENARIO
		 " when left out; 'sauron lab "
		 "--help' lists them) and watch that; all of it goes away at the end" },
	{ SN_ARG(struct up_options, lab_prefix, "lab-prefix", SN_ARG_STRING), .value = "TEXT",
	  .doc = "the beginning of the names of the lab's namespaces, so that several can stand side by side; " LAB_PREFIX
		 " when left out" },
	{ SN_ARG(struct up_options, config, "config", SN_ARG_STRING), .letter = 'c', .value = "FILE",
	  .doc = "configuration; " SN_CONFIG_PATH " when left out, the defaults when that is not there" },
	{ SN_ARG(struct up_options, set, "set", SN_ARG_LIST), .letter = 's', .value = "KEY=VALUE",
	  .doc = "set one option over the configuration, for instance n2.interfaces=[eth1]; may be given several times" },
	{ SN_ARG(struct up_options, console, "console", SN_ARG_STRING), .value = "ADDRESS:PORT|off",
	  .doc = "where the console in the browser and the API are; " CONSOLE_LISTEN " when left out" },
	{ SN_ARG(struct up_options, plain, "plain", SN_ARG_FLAG),
	  .doc = "print tables one after the other, as if the output were no terminal" },
	{ 0 },
};

static int up_main(int argc, char **argv);

const struct sn_command sn_command_up = {
	.name = "up",
	.summary = "Run agent and controller in the foreground and show KPIs",
	.doc = "Prints a link to the console in the browser, which signs in once; without it nothing answers there. On a terminal the KPIs are shown in place; else a table is printed after a few seconds, then at growing intervals, in "
	       "the end every minute. Ctrl-C takes everything down. Needs root.",
	.args = up_args,
	.main = up_main,
};

#define DRAW_MS	       1000
#define FIRST_PRINT_MS 4000
#define LAST_PRINT_MS  60000
#define LOG_LINES      4

struct up {
	struct sn_agent agent;
	const char *console; /* "off": none */
	struct sn_controller *controller;
	char link[128 + SN_TOKEN_TEXT];
	struct sn_lab *lab;
	const char *scenario;
	struct sn_lab_place place;
	char interfaces[sizeof(LAB_INTERFACES) + 64]; /* that of the lab, as an option */
	struct sn_screen screen;
	bool lab_ended;
	uv_timer_t timer;
	uv_signal_t resized;
	uint64_t print_ms;	    /* interval of the next table, where there is no screen */
	char lines[LOG_LINES][256]; /* the last of the log while the screen is ours, the oldest first */
};

/* --- the log while the screen is ours */

static void keep_line(void *ctx, enum sn_log_level level, const char *line)
{
	static const char *const words[] = { "error: ", "warning: ", "", "" };
	struct up *up = ctx;
	char time[SN_TIME_TEXT];

	memmove(up->lines[0], up->lines[1], sizeof(up->lines) - sizeof(up->lines[0]));
	sn_clock_text(sn_clock_realtime_ns(), time);
	snprintf(up->lines[LOG_LINES - 1], sizeof(up->lines[0]), "%.8s %s%.230s", time + 11, words[level], line);
}

/* --- what is shown */

static void print_head(struct up *up, FILE *out, bool color)
{
	const struct sn_agent_config *config = &up->agent.config->agent;
	char uptime[24];

	fprintf(out, "%sSauron " SN_VERSION "%s  up %s  metrics ", color ? "\033[1m" : "", color ? "\033[0m" : "",
		sn_text_duration(sn_clock_boottime_ns() - up->agent.begun_ns, uptime));
	if (strcmp(config->metrics_listen, "off") == 0)
		fputs("off", out);
	else
		fprintf(out, "http://%s/metrics", config->metrics_listen);
	if (up->scenario)
		fprintf(out, "  lab %s%s", up->scenario, up->lab_ended ? " (ended)" : "");
	fputs("  Ctrl-C ends\n", out);
	if (up->controller)
		fprintf(out, "console %s\n", up->link);
	for (size_t i = 0; i < up->agent.modules.count; i++) {
		const struct sn_open_module *item = &up->agent.modules.items[i];

		for (size_t j = 0; j < item->plan.count; j++)
			if (item->plan.hooks[j].state == SN_HOOK_CHOSEN)
				fprintf(out, "%s: %s by %s  ", item->module->name, item->plan.hooks[j].hook->group,
					item->plan.hooks[j].hook->name);
		if (!sn_open_module_attached(item))
			fprintf(out, "%s: sees nothing  ", item->module->name);
	}
	fputs("\n\n", out);
}

static void print_kpis(struct up *up, FILE *out, bool color, unsigned columns)
{
	struct sn_report report;
	struct sn_diag diag = { 0 };

	print_head(up, out, color);
	if (sn_report_init(&report))
		return;
	if (sn_agent_report(&up->agent, &(struct sn_query) { .by = "none" }, &report, &diag))
		fprintf(out, "%s\n", diag.text);
	else
		sn_table_print(out, report.root, &(struct sn_table_style) { .color = color, .columns = columns });
	sn_report_fini(&report);
}

/** The page with the log's last lines under its head, where they are seen however long the tables are. */
static void draw(struct up *up)
{
	bool color = sn_terminal_color(STDOUT_FILENO);
	char *page = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&page, &len);

	if (!out)
		return;
	for (size_t i = 0; i < LOG_LINES; i++)
		if (up->lines[i][0])
			fprintf(out, "%s%s%s\n", color ? "\033[2m" : "", up->lines[i], color ? "\033[0m" : "");
	print_kpis(up, out, color, sn_terminal_columns(STDOUT_FILENO));
	if (fclose(out) == 0)
		sn_screen_draw(&up->screen, page, len);
	free(page);
}

static void watch_lab(struct up *up)
{
	if (!up->lab || up->lab_ended || sn_lab_running(up->lab))
		return;
	up->lab_ended = true;
	sn_log_warning("the lab's scenario has ended; what was seen stays");
}

static void on_draw(uv_timer_t *timer)
{
	struct up *up = timer->data;

	watch_lab(up);
	draw(up);
}

static void on_print(uv_timer_t *timer)
{
	struct up *up = timer->data;

	watch_lab(up);
	print_kpis(up, stdout, sn_terminal_color(STDOUT_FILENO), sn_terminal_columns(STDOUT_FILENO));
	/* Nobody reads any more: no reason to go on printing, nor to end. */
	if (fflush(stdout) == 0)
		uv_timer_start(timer, on_print, up->print_ms, /* repeat= */ 0);
	up->print_ms = SN_MIN(2 * up->print_ms, LAST_PRINT_MS);
}

static void on_resized(uv_signal_t *signal, int number)
{
	draw(signal->data);
}

static void begin_output(struct up *up, bool plain)
{
	uv_timer_init(&up->agent.loop, &up->timer);
	uv_signal_init(&up->agent.loop, &up->resized);
	up->timer.data = up->resized.data = up;
	if (!plain && sn_screen_enter(&up->screen, STDOUT_FILENO)) {
		sn_log_set_sink(keep_line, up);
		uv_timer_start(&up->timer, on_draw, 0, DRAW_MS);
		uv_signal_start(&up->resized, on_resized, SIGWINCH);
		return;
	}
	up->print_ms = FIRST_PRINT_MS;
	uv_timer_start(&up->timer, on_print, FIRST_PRINT_MS, /* repeat= */ 0);
	print_head(up, stdout, sn_terminal_color(STDOUT_FILENO));
	fflush(stdout);
}

static void end_output(struct up *up)
{
	if (!up->screen.active)
		return;
	sn_screen_leave(&up->screen);
	sn_log_set_sink(NULL, NULL);
	for (size_t i = 0; i < LOG_LINES; i++)
		if (up->lines[i][0])
			sn_log_info("%s", up->lines[i]);
}

/* --- life */

/** Ctrl-C waits while things are put up or taken down, so that nothing is left half way. */
static void hold_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/** The lab's interface is watched unless the user names others. */
static void watch_lab_interface(struct up *up, struct sn_arg_list *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (strncmp(set->items[i], "n2.interfaces=", 14) == 0 ||
		    strncmp(set->items[i], "modules.n2.interfaces=", 22) == 0)
			return;
	snprintf(up->interfaces, sizeof(up->interfaces), LAB_INTERFACES, up->place.prefix);
	if (set->count < SN_ARG_LIST_MAX)
		set->items[set->count++] = up->interfaces;
}

/** The controller on the agent's loop. One whose port is taken is told and done without: the KPIs need it not. */
static int open_controller(void *ctx, struct sn_agent *agent, struct sn_diag *reterr)
{
	struct up *up = ctx;
	struct sn_controller_config config;
	struct sn_diag diag = { 0 };
	char token[SN_TOKEN_TEXT], host[256] = "localhost", state[4096];
	int err;

	if (strcmp(up->console, "off") == 0 || agent->config->agent.controller_url)
		return 0;
	snprintf(state, sizeof(state), "%s/controller", agent->config->agent.state_dir);
	err = sn_controller_config_defaults(up->console, state, &config, reterr);
	if (err)
		return err;
	gethostname(host, sizeof(host) - 1);
	err = sn_controller_open(&agent->loop, &config, &up->controller, &diag);
	sn_controller_config_fini(&config);
	if (err) {
		sn_log_warning("there is no console: %s", diag.text[0] ? diag.text : strerror(-err));
		return 0;
	}
	err = sn_controller_agent_token(up->controller, agent->config->agent.node ? agent->config->agent.node : host, token);
	if (!err) {
		agent->controller.url = strdup(sn_controller_url(up->controller));
		agent->controller.token = strdup(token);
		err = agent->controller.url && agent->controller.token ? sn_controller_console_token(up->controller, token)
								       : -ENOMEM;
	}
	if (err)
		return sn_diag_set(reterr, err, "no token can be made for the console: %s", strerror(-err));
	snprintf(up->link, sizeof(up->link), "%s/#token=%s", sn_controller_url(up->controller), token);
	return 0;
}

static void close_controller(void *ctx)
{
	struct up *up = ctx;

	up->controller = sn_controller_close(up->controller);
}

/** The agent, then the traffic: the gNBs' NG Setup is to be seen. */
static int run(struct up *up, const struct up_options *options, struct sn_diag *reterr)
{
	const struct sn_agent_start start = {
		.config = options->config,
		.set = &options->set,
		/* Taking the lab down again needs what building it needed. */
		.keep_capabilities = options->lab,
		.open_beside = open_controller,
		.close_beside = close_controller,
		.beside = up,
		.hangup_ends = isatty(STDIN_FILENO),
	};
	int err = sn_agent_open(&up->agent, &start, reterr);

	if (err)
		return err;
	/* The agent's loop has its handlers by now; what came meanwhile ends it at once. */
	hold_signals(false);
	if (options->lab)
		err = sn_lab_start(&(struct sn_lab_options) { .scenario = up->scenario, .place = up->place }, &up->lab, reterr);
	if (!err) {
		begin_output(up, options->plain);
		sn_agent_run(&up->agent);
		end_output(up);
	}
	hold_signals(true);
	up->lab = sn_lab_stop(up->lab);
	sn_agent_close(&up->agent);
	return err;
}

static int up_main(int argc, char **argv)
{
	struct up_options options = { 0 };
	struct sn_diag diag = { 0 };
	struct up up = { .screen.fd = -1 };
	int first, err = 0, code = sn_args_begin(&sn_command_up, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	up.place.prefix = options.lab_prefix ? options.lab_prefix : LAB_PREFIX;
	up.console = options.console ? options.console : CONSOLE_LISTEN;
	hold_signals(true);
	if (options.lab) {
		up.scenario = *options.lab ? options.lab : LAB_SCENARIO;
		sn_log_info("builds the lab");
		watch_lab_interface(&up, &options.set);
		err = sn_lab_place_up(&up.place, &diag);
	}
	if (!err)
		err = run(&up, &options, &diag);
	code = err ? sn_begin_fail(err, &diag) : SN_EXIT_OK;
	diag.text[0] = '\0';
	if (options.lab && (err = sn_lab_place_down(&up.place, &diag)))
		code = sn_begin_fail(err, &diag);
	if (!code)
		sn_log_info("everything is taken down");
	return code;
}
