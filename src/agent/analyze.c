/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron analyze`: capture files through the same engines as live traffic, no privilege needed. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/begin.h"
#include "agent/commands.h"
#include "agent/module_set.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/source.h"
#include "base/terminal.h"
#include "codec/pcapng.h"
#include "model/document.h"

struct analyze_options {
	uint32_t format;
	const char *by;
	const char *ue;
	const char *config;
	struct sn_arg_list set;
};

static const char *const by_names[] = { "gnb", "amf", "slice", "cause", "ue", NULL };

static const struct sn_arg analyze_args[] = {
	{ SN_ARG(struct analyze_options, format, "format", SN_ARG_CHOICE), .letter = 'f', .choices = sn_format_names,
	  .doc = "how to print the result" },
	{ SN_ARG(struct analyze_options, by, "by", SN_ARG_STRING), .letter = 'b', .choices = by_names,
	  .doc = "split the result" },
	{ SN_ARG(struct analyze_options, ue, "ue", SN_ARG_STRING), .letter = 'u', .value = "PSEUDONYM",
	  .doc = "tell the story of one UE: its messages and procedures in order" },
	{ SN_ARG(struct analyze_options, config, "config", SN_ARG_STRING), .letter = 'c', .value = "FILE",
	  .doc = "configuration; without it " SN_CONFIG_PATH " where it can be read" },
	{ SN_ARG(struct analyze_options, set, "set", SN_ARG_LIST), .letter = 's', .value = "KEY=VALUE",
	  .doc = "set one option over the configuration, for instance n2.ports=[38412,9487]; may be given several times" },
	{ 0 },
};

static int analyze_main(int argc, char **argv);

const struct sn_command sn_command_analyze = {
	.name = "analyze",
	.summary = "Make the KPIs of capture files",
	.doc = "Reads pcap and pcapng, also packed with gzip; - is the standard input. Several files are taken as one recording, in "
	       "the order given. Needs no privilege.\n"
	       "A file that ends in the middle of a packet is analysed as far as it goes, with a warning. Ctrl-C prints what has been "
	       "analysed so far and exits with 130.",
	.operands = "FILE…",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.args = analyze_args,
	.main = analyze_main,
};

/** How often, in capture time, the engines are told the time; and in frames, how often the bar and Ctrl-C are looked after. */
#define TICK_NS	     (100 * SN_NSEC_PER_MSEC)
#define FRAMES_ASIDE 4096

struct analysis {
	struct sn_module_set set;
	uint64_t tick_at_ns; /* time of the last tick */
	uint64_t frames;
	struct sn_progress progress;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = 1;
}

/** The first Ctrl-C asks for the result so far, the second ends the program at once. */
static void catch_interrupt(void)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/** A pipe may stay silent for hours: waits for it here, where Ctrl-C is seen. */
static int64_t read_stdin(void *source, uint8_t *ret_data, size_t size)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!interrupted && poll(&fd, 1, /* timeout= */ 200) == 0)
		;
	return interrupted ? -EINTR : sn_source_read(source, ret_data, size);
}

/** The frames of one file. @return what ended them: 0 or a negative errno. */
static int analyze_frames(struct analysis *analysis, struct sn_capture *capture, const struct sn_source *source)
{
	struct sn_module_set *set = &analysis->set;
	struct sn_frame frame;
	int more;

	while ((more = sn_capture_next(capture, &frame)) > 0) {
		/* Small disorder between interfaces is no step back; another file that begins earlier is. */
		int64_t passed = (int64_t)(frame.time_ns - analysis->tick_at_ns);

		if (SN_UNLIKELY(passed >= (int64_t)TICK_NS || passed < -(int64_t)(60 * SN_NSEC_PER_SEC))) {
			analysis->tick_at_ns = frame.time_ns;
			sn_module_set_tick(set, frame.time_ns);
		}
		for (size_t i = 0; i < set->count; i++)
			if (set->items[i].module->frame)
				set->items[i].module->frame(set->items[i].self, &frame);
		if (SN_UNLIKELY(++analysis->frames % FRAMES_ASIDE == 0)) {
			if (interrupted)
				return -EINTR;
			sn_progress_show(&analysis->progress, sn_source_consumed(source), sn_source_size(source),
					 analysis->frames, " frames");
		}
	}
	return more;
}

/** Opens the file as a capture; tells what is wrong with it in one sentence. */
static int open_capture(const char *path, struct sn_source **ret_source, struct sn_capture **ret_capture)
{
	struct sn_diag diag = { 0 };
	bool waits;
	int err = sn_source_open(path, ret_source, &diag);

	if (err) {
		sn_log_error("%s", diag.text);
		return err;
	}
	waits = strcmp(path, "-") == 0 && !sn_source_is_gzip(*ret_source);
	err = sn_capture_open(waits ? read_stdin : sn_source_read, *ret_source, ret_capture, &diag);
	if (!err || err == -EINTR)
		return err;
	if (sn_source_diag(*ret_source)->text[0])
		sn_log_error("%s", sn_source_diag(*ret_source)->text);
	else
		sn_log_error("%s: %s", sn_source_name(*ret_source), diag.text[0] ? diag.text : strerror(-err));
	return err;
}

/** Tells how a file ended that was begun well. @return 0 when all that could be had of it was had, else `end`. */
static int judge_end(int end, const struct sn_source *source, const struct sn_capture *capture)
{
	const struct sn_capture_stats *stats = sn_capture_stats(capture);
	const char *name = sn_source_name(source);

	if (end == -EINTR)
		return end;
	if (stats->bad_blocks)
		sn_log_warning("%s: %llu damaged blocks were skipped", name, (unsigned long long)stats->bad_blocks);
	if (stats->truncated)
		sn_log_warning("%s: ends in the middle of a packet, after %llu frames", name, (unsigned long long)stats->frames);
	if (end && sn_source_is_cut(source)) {
		sn_log_warning("%s; what came before it was analysed", sn_source_diag(source)->text);
		return 0;
	}
	if (end && sn_source_diag(source)->text[0])
		sn_log_error("%s; what came before it was analysed", sn_source_diag(source)->text);
	else if (end == -EBADMSG)
		sn_log_error("%s: damaged after %llu frames; what came before was analysed", name,
			     (unsigned long long)stats->frames);
	else if (end)
		sn_log_error("%s: %s", name, strerror(-end));
	return end;
}

/** One file. @return 0; -EINTR; or a failure, which has been told. `ret_usable`: it was a capture, so there is something to
 * print. */
static int analyze_file(struct analysis *analysis, const char *path, bool *ret_usable)
{
	struct sn_capture *capture = NULL;
	struct sn_source *source = NULL;
	int err = open_capture(path, &source, &capture);

	*ret_usable = !err || err == -EINTR;
	if (!err) {
		err = analyze_frames(analysis, capture, source);
		sn_progress_end(&analysis->progress);
		err = judge_end(err, source, capture);
	}
	sn_capture_free(capture);
	sn_source_free(source);
	return err;
}

/**
 * The node's own key where this user may read it, so that a UE has the same name as live; else one for this run. The key is
 * never made here.
 */
static int open_pseudonym(const struct sn_config *config, struct sn_pseudonym **ret_pseudonym, struct sn_diag *reterr)
{
	SN_AUTO_FREE char *key = sn_config_key_file(config);
	bool clear = config->agent.subscriber_ids == SN_SUBSCRIBER_CLEAR;

	if (!key)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	if (!config->agent.pseudonym_key_file && access(key, R_OK) < 0)
		return sn_pseudonym_new(/* key_file= */ NULL, clear, ret_pseudonym, reterr);
	return sn_pseudonym_new(key, clear, ret_pseudonym, reterr);
}

static int print_metrics(struct sn_module_set *set)
{
	struct sn_metrics *metrics;
	struct sn_text text = { 0 };
	int err = sn_metrics_new(&metrics);

	if (!err) {
		sn_module_set_collect(set, metrics);
		err = sn_metrics_write(metrics, &text);
		if (!err && text.data)
			fwrite(text.data, 1, text.len, stdout);
		sn_text_free(&text);
		sn_metrics_free(metrics);
	}
	if (err)
		sn_log_error("the result cannot be written: %s", strerror(-err));
	return err ? SN_EXIT_FAILED : sn_document_flush();
}

static int print_result(struct sn_module_set *set, const struct analyze_options *options)
{
	/* A table that is not split shows sums; the JSON has every combination of labels. */
	bool sums = options->format == SN_FORMAT_TABLE && !options->by && !options->ue;
	const struct sn_query query = { .by = sums ? "none" : options->by, .ue = options->ue };
	struct sn_report report;
	struct sn_diag diag = { 0 };
	int err;

	if (options->format == SN_FORMAT_PROMETHEUS)
		return print_metrics(set);
	err = sn_report_init(&report);
	if (!err) {
		err = sn_module_set_report(set, &query, &report, &diag);
		if (!err)
			sn_document_print(stdout, report.root, options->format);
		sn_report_fini(&report);
	}
	if (!err)
		return sn_document_flush();
	return sn_begin_fail(err, &diag);
}

/** All files, then the result. @return an exit code. */
static int analyze_files(struct analysis *analysis, const struct analyze_options *options, char *const *paths)
{
	int err = 0, code;
	bool usable = true;

	catch_interrupt();
	sn_progress_begin(&analysis->progress);
	for (; *paths && !err; paths++)
		err = analyze_file(analysis, *paths, &usable);
	if (!usable)
		return SN_EXIT_FAILED;
	/* After Ctrl-C what waits for an answer may still get one in the rest of the file: it stays without outcome. */
	if (err != -EINTR)
		sn_module_set_finish(&analysis->set);
	code = print_result(&analysis->set, options);
	return code ? code : err == -EINTR ? SN_EXIT_INTERRUPTED : err ? SN_EXIT_FAILED : SN_EXIT_OK;
}

/** A wrong --by is refused before gigabytes are read. */
static int check_query(struct sn_module_set *set, const struct analyze_options *options, struct sn_diag *reterr)
{
	struct sn_report report;
	int err;

	if (!options->by)
		return 0;
	err = sn_report_init(&report);
	if (err)
		return sn_diag_set(reterr, err, "out of memory");
	err = sn_module_set_report(set, &(struct sn_query) { .by = options->by }, &report, reterr);
	sn_report_fini(&report);
	return err == -EINVAL ? -EBADRQC : err;
}

static int analyze_main(int argc, char **argv)
{
	struct analyze_options options = { 0 };
	struct sn_pseudonym *pseudonym = NULL;
	struct sn_config *config = NULL;
	struct analysis analysis = { 0 };
	struct sn_diag diag = { 0 };
	int first, err, code = sn_args_begin(&sn_command_analyze, argc, argv, &options, &first);

	if (code >= 0)
		return code;
	err = sn_begin_config(options.config, &options.set, /* readable_only= */ true, &config, &diag);
	if (!err)
		err = open_pseudonym(config, &pseudonym, &diag);
	if (!err)
		err = sn_module_set_open(config, /* kernel= */ NULL, pseudonym, /* strict= */ true, &analysis.set, &diag);
	if (!err)
		err = check_query(&analysis.set, &options, &diag);
	code = err ? sn_begin_fail(err, &diag) : analyze_files(&analysis, &options, argv + first);
	sn_module_set_close(&analysis.set);
	sn_pseudonym_free(pseudonym);
	sn_config_free(config);
	return code;
}
