/* SPDX-License-Identifier: Apache-2.0 */
/** @file `sauron lab`: up, down, run. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/args.h"
#include "base/macro.h"
#include "lab/net.h"
#include "lab/player.h"

struct lab_args {
	const char *rate, *ues, *gnbs, *seed, *prefix, *state_dir;
	uint64_t duration_ns;
	uint32_t transport, format;
	bool list, quiet;
};

static const char *const transport_names[] = { "auto", "sctp", "packets", NULL };
_Static_assert(SN_ARRAY_SIZE(transport_names) == _SN_LAB_TRANSPORT_MAX + 1, "name every transport");

static const struct sn_arg lab_options[] = {
	{ .name = "rate",
	  .value = "UES|max",
	  .doc = "run: so many UEs arrive per second; max: no waiting anywhere, as fast as one core goes",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, rate),
	  .letter = 'r' },
	{ .name = "ues",
	  .value = "N|none",
	  .doc = "run: end when so many UEs are through; none: go on until stopped",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, ues),
	  .letter = 'u' },
	{ .name = "duration",
	  .value = "TIME",
	  .doc = "run: end after this time (30, 500ms, 5m)",
	  .type = SN_ARG_SECONDS,
	  .offset = offsetof(struct lab_args, duration_ns),
	  .letter = 'd' },
	{ .name = "gnbs",
	  .value = "N",
	  .doc = "run: so many gNBs, each with its own association (3)",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, gnbs) },
	{ .name = "transport",
	  .doc = "run: kernel SCTP, or packets made by hand; auto takes SCTP where the kernel has it",
	  .choices = transport_names,
	  .type = SN_ARG_CHOICE,
	  .offset = offsetof(struct lab_args, transport),
	  .letter = 't' },
	{ .name = "seed",
	  .value = "N",
	  .doc = "run: play the same chances again",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, seed) },
	{ .name = "format",
	  .doc = "run: how the account of what was sent is printed at the end",
	  .choices = sn_format_names_basic,
	  .type = SN_ARG_CHOICE,
	  .offset = offsetof(struct lab_args, format),
	  .letter = 'f' },
	{ .name = "list",
	  .doc = "run: tell what the scenarios are",
	  .type = SN_ARG_FLAG,
	  .offset = offsetof(struct lab_args, list),
	  .letter = 'l' },
	{ .name = "quiet",
	  .doc = "No progress on stderr",
	  .type = SN_ARG_FLAG,
	  .offset = offsetof(struct lab_args, quiet),
	  .letter = 'q' },
	{ .name = "prefix",
	  .value = "TEXT",
	  .doc = "Which lab: the beginning of its namespaces' names (sn-)",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, prefix) },
	{ .name = "state-dir",
	  .value = "DIR",
	  .doc = "Where the lab's state lies (/run/sauron)",
	  .type = SN_ARG_STRING,
	  .offset = offsetof(struct lab_args, state_dir) },
	{ .name = NULL },
};

static const char *const lab_words[] = {
	"up", "down", "run", "normal-day", "auth-failures", "slice-rejection", "context-setup-failures", "signalling-storm", NULL
};

const struct sn_command sn_command_lab = {
	.name = "lab",
	.summary = "A small 5G network in network namespaces, to see everything move",
	.doc = "lab up makes the namespaces sn-gnb, sn-amf (with the SMF), sn-upf and sn-dn, joined by veth pairs named after the "
	       "reference points: n2, n3, n4, n6. An earlier lab is removed first. lab down removes it all.\n\n"
	       "lab run SCENARIO plays 5G signalling on N2 until it is stopped with Ctrl-C: exchanges recorded from a real core, with "
	       "fresh identifiers for each UE. At the end it tells what it has sent.\n\n"
	       "Watch it with: ip netns exec sn-amf tcpdump -ni n2\n"
	       "The machine's own interfaces are not touched. All this needs root.",
	.operands = "up|down|run [SCENARIO]",
	.words = lab_words,
	.min_operands = 0,
	.max_operands = 2,
	.args = lab_options,
	.main = sn_lab_main,
};

static int fail(int err, const struct sn_diag *diag)
{
	fprintf(stderr, "sauron lab: %s\n", diag->text);
	return err == -EINVAL ? SN_EXIT_USAGE : SN_EXIT_FAILED;
}

static int scenarios_print(void)
{
	for (const struct sn_lab_scenario *s = sn_lab_scenarios; s->name; s++) {
		char ues[32] = "until stopped";

		if (s->ues)
			snprintf(ues, sizeof(ues), "%llu UEs", (unsigned long long)s->ues);
		printf("%-24s%s\n%-24s%.4g UEs/s, %s\n", s->name, s->about, "", s->rate, ues);
	}
	return SN_EXIT_OK;
}

/** A whole number that a person typed. @return 0 or -EINVAL with words. */
static int number_parse(const char *option, const char *text, uint64_t max, uint64_t *ret_number, struct sn_diag *reterr)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (!*text || *end || errno || strchr(text, '-') || n < 1 || n > max)
		return sn_diag_set(reterr, -EINVAL, "--%s cannot be “%s”: it takes a whole number from 1 to %llu", option, text,
				   (unsigned long long)max);
	*ret_number = n;
	return 0;
}

static int rate_parse(const char *text, double *ret_rate, struct sn_diag *reterr)
{
	char *end;

	if (!strcmp(text, "max")) {
		*ret_rate = INFINITY;
		return 0;
	}
	*ret_rate = strtod(text, &end);
	if (!*text || *end || !(*ret_rate > 0) || isinf(*ret_rate))
		return sn_diag_set(reterr, -EINVAL, "--rate cannot be “%s”: it takes UEs per second, or max", text);
	return 0;
}

static int options_make(const struct lab_args *args, const char *scenario, struct sn_lab_options *ret_options,
			struct sn_diag *reterr)
{
	struct sn_lab_options o = { .scenario = scenario,
				    .place = { args->prefix, args->state_dir },
				    .duration_ns = args->duration_ns,
				    .transport = args->transport };
	uint64_t gnbs = 0;
	int r = 0;

	if (args->rate)
		r = rate_parse(args->rate, &o.rate, reterr);
	if (!r && args->ues && !strcmp(args->ues, "none"))
		o.ues = UINT64_MAX;
	else if (!r && args->ues)
		r = number_parse("ues", args->ues, 1000000000, &o.ues, reterr);
	if (!r && args->gnbs)
		r = number_parse("gnbs", args->gnbs, SN_LAB_MAX_GNBS - 1, &gnbs, reterr);
	if (!r && args->seed)
		r = number_parse("seed", args->seed, UINT64_MAX - 1, &o.seed, reterr);
	o.gnbs = (unsigned)gnbs;
	if (!r)
		r = sn_lab_options_check(&o, reterr);
	if (!r)
		*ret_options = o;
	return r;
}

struct progress {
	uint64_t messages, duration_ns;
};

static void progress_show(void *ctx, const struct sn_lab_summary *s, uint64_t active)
{
	struct progress *before = ctx;
	double seconds = (double)(s->duration_ns - before->duration_ns) / 1e9;

	fprintf(stderr, "\r%4.0f s  %llu UEs arrived, %llu here  %llu messages  %.0f/s \033[K", (double)s->duration_ns / 1e9,
		(unsigned long long)s->arrived, (unsigned long long)active, (unsigned long long)s->messages,
		seconds > 0 ? (double)(s->messages - before->messages) / seconds : 0);
	*before = (struct progress) { s->messages, s->duration_ns };
}

static int run(const struct lab_args *args, const char *scenario)
{
	bool progress = !args->quiet && isatty(STDERR_FILENO);
	struct sn_lab_options options;
	struct sn_lab_summary summary;
	struct progress before = { 0 };
	struct sn_diag diag = { 0 };
	int r;

	r = options_make(args, scenario, &options, &diag);
	if (r < 0)
		return fail(r, &diag);
	if (geteuid() != 0) {
		fprintf(stderr, "sauron lab: playing in the lab's namespaces needs root: run it with sudo\n");
		return SN_EXIT_FAILED;
	}
	r = sn_lab_play(&options, progress ? progress_show : NULL, &before, &summary, &diag);
	if (progress)
		fputs("\r\033[K", stderr);
	if (summary.transport && args->format == SN_FORMAT_JSON)
		sn_lab_summary_json(&summary, stdout);
	else if (summary.transport)
		sn_lab_summary_table(&summary, stdout);
	if (fflush(stdout) != 0 && !r)
		r = sn_diag_set(&diag, -errno, "cannot write to standard output: %s", strerror(errno));
	return r < 0 ? fail(r, &diag) : SN_EXIT_OK;
}

static int up(const struct sn_lab_place *place)
{
	struct sn_diag diag = { 0 };
	char gnb[SN_LAB_NS_NAME], amf[SN_LAB_NS_NAME], upf[SN_LAB_NS_NAME], dn[SN_LAB_NS_NAME];
	int r = sn_lab_place_up(place, &diag);

	if (r < 0)
		return fail(r, &diag);
	sn_lab_ns_name(place, SN_LAB_NS_GNB, gnb);
	sn_lab_ns_name(place, SN_LAB_NS_AMF, amf);
	sn_lab_ns_name(place, SN_LAB_NS_UPF, upf);
	sn_lab_ns_name(place, SN_LAB_NS_DN, dn);
	printf("%-4s%s 10.10.2.2 … %s 10.10.2.1\n", "n2", gnb, amf);
	printf("%-4s%s 10.10.3.2 … %s 10.10.3.1\n", "n3", gnb, upf);
	printf("%-4s%s 10.10.4.1 … %s 10.10.4.2\n", "n4", amf, upf);
	printf("%-4s%s 10.10.6.1 … %s 10.10.6.2\n", "n6", upf, dn);
	return SN_EXIT_OK;
}

static int down(const struct sn_lab_place *place)
{
	struct sn_diag diag = { 0 };
	int r = sn_lab_place_down(place, &diag);

	return r < 0 ? fail(r, &diag) : SN_EXIT_OK;
}

static int misuse(const char *what, const char *word)
{
	fprintf(stderr, "sauron lab: %s%s%s\nTry: sauron lab up; sauron lab run normal-day; sauron lab --help\n", what,
		*word ? " " : "", word);
	return SN_EXIT_USAGE;
}

int sn_lab_main(int argc, char **argv)
{
	struct lab_args args = { 0 };
	const char *verb, *scenario;
	struct sn_lab_place place;
	int first = 0, r;

	r = sn_args_begin(&sn_command_lab, argc, argv, &args, &first);
	if (r >= 0)
		return r;
	verb = first < argc ? argv[first] : "";
	scenario = *verb && first + 1 < argc ? argv[first + 1] : NULL;
	place = (struct sn_lab_place) { args.prefix, args.state_dir };
	if (!strcmp(verb, "run") && args.list)
		return scenarios_print();
	if (!strcmp(verb, "run"))
		return scenario ? run(&args, scenario) : misuse("run: which scenario? sauron lab run --list names them", "");
	if (scenario)
		return misuse("this is one word too many:", scenario);
	if (!strcmp(verb, "up"))
		return up(&place);
	if (!strcmp(verb, "down"))
		return down(&place);
	if (args.list)
		return scenarios_print();
	return *verb ? misuse("there is no such command:", verb) : misuse("up, down or run?", "");
}
