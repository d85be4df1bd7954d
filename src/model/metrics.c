/* SPDX-License-Identifier: Apache-2.0 */
/** @file Collects the samples of one scrape, family by family, and writes them in the text exposition format. */
#include "model/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct family {
	const struct sn_metric *metric;
	struct sn_text samples;
};

struct sn_metrics {
	struct family *families;
	size_t count;
	size_t size;
	bool failed;
	struct sn_metrics_sink sink; /* its function is NULL: families are made */
};

const uint64_t sn_metrics_le_ns[SN_METRICS_BUCKETS] = {
	100000,	   200000,    500000,	 1000000,    2000000,	 5000000,    10000000,	  20000000,    50000000,
	100000000, 200000000, 500000000, 1000000000, 2000000000, 5000000000, 10000000000, 20000000000, 60000000000,
};

static const char *const kind_names[] = {
	[SN_METRIC_COUNTER] = "counter",
	[SN_METRIC_GAUGE] = "gauge",
	[SN_METRIC_HISTOGRAM] = "histogram",
};

int sn_metrics_new(struct sn_metrics **ret_metrics)
{
	struct sn_metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return -ENOMEM;
	*ret_metrics = metrics;
	return 0;
}

int sn_metrics_new_sink(const struct sn_metrics_sink *sink, struct sn_metrics **ret_metrics)
{
	int err = sn_metrics_new(ret_metrics);

	if (!err)
		(*ret_metrics)->sink = *sink;
	return err;
}

struct sn_metrics *sn_metrics_free(struct sn_metrics *metrics)
{
	if (!metrics)
		return NULL;
	for (size_t i = 0; i < metrics->count; i++)
		sn_text_free(&metrics->families[i].samples);
	free(metrics->families);
	free(metrics);
	return NULL;
}

static struct sn_text *samples_of(struct sn_metrics *metrics, const struct sn_metric *metric)
{
	/* Samples of a family come in runs, so the last one asked for is nearly always the one. */
	for (size_t i = metrics->count; i-- > 0;)
		if (metrics->families[i].metric == metric)
			return &metrics->families[i].samples;
	if (metrics->count == metrics->size) {
		size_t size = metrics->size ? 2 * metrics->size : 32;
		struct family *families = realloc(metrics->families, size * sizeof(*families));

		if (!families) {
			metrics->failed = true;
			return NULL;
		}
		metrics->families = families;
		metrics->size = size;
	}
	metrics->families[metrics->count] = (struct family) { .metric = metric };
	return &metrics->families[metrics->count++].samples;
}

/* Label values may hold anything an NF sends: backslash, quote and line feed are escaped, other control characters replaced. */
static void add_label(struct sn_text *text, const char *name, const char *value, bool *first)
{
	sn_text_add(text, *first ? "{" : ",");
	*first = false;
	sn_text_add(text, name);
	sn_text_add(text, "=\"");
	for (const char *p = value; *p; p++) {
		if (*p == '\\' || *p == '"')
			sn_text_addf(text, "\\%c", *p);
		else if (*p == '\n')
			sn_text_add(text, "\\n");
		else
			sn_text_add_bytes(text, (unsigned char)*p < 0x20 || *p == 0x7f ? "?" : p, 1);
	}
	sn_text_add(text, "\"");
}

static void add_sample(struct sn_text *text, const struct sn_metric *metric, const char *suffix, const char *const *values,
		       const char *le, double value)
{
	bool first = true;

	sn_text_add(text, metric->name);
	sn_text_add(text, suffix);
	for (size_t i = 0; i < SN_METRIC_MAX_LABELS && metric->labels[i]; i++)
		if (values && values[i] && values[i][0])
			add_label(text, metric->labels[i], values[i], &first);
	if (le)
		add_label(text, "le", le, &first);
	if (!first)
		sn_text_add(text, "}");
	if (isnan(value))
		sn_text_add(text, " NaN\n");
	else if (value == floor(value) && fabs(value) < 9e15)
		sn_text_addf(text, " %lld\n", (long long)value);
	else
		sn_text_addf(text, " %.9g\n", value);
}

void sn_metrics_add(struct sn_metrics *metrics, const struct sn_metric *metric, double value, const char *const *values)
{
	struct sn_text *text;

	if (metrics->sink.sample) {
		metrics->sink.sample(metrics->sink.ctx, metric, value, /* hist= */ NULL, values);
		return;
	}
	text = samples_of(metrics, metric);
	if (text)
		add_sample(text, metric, "", values, NULL, value);
}

void sn_metrics_add_hist(struct sn_metrics *metrics, const struct sn_metric *metric, const struct sn_hist *hist,
			 const char *const *values)
{
	struct sn_text *text;
	char le[32];

	if (metrics->sink.sample) {
		metrics->sink.sample(metrics->sink.ctx, metric, 0, hist, values);
		return;
	}
	text = samples_of(metrics, metric);
	if (!text)
		return;
	for (size_t i = 0; i < SN_METRICS_BUCKETS; i++) {
		snprintf(le, sizeof(le), "%g", (double)sn_metrics_le_ns[i] / 1e9);
		add_sample(text, metric, "_bucket", values, le, (double)sn_hist_count_below(hist, sn_metrics_le_ns[i]));
	}
	add_sample(text, metric, "_bucket", values, "+Inf", (double)hist->count);
	add_sample(text, metric, "_sum", values, NULL, (double)hist->sum_ns / 1e9);
	add_sample(text, metric, "_count", values, NULL, (double)hist->count);
}

int sn_metrics_write(const struct sn_metrics *metrics, struct sn_text *text)
{
	if (metrics->failed)
		return -ENOMEM;
	for (size_t i = 0; i < metrics->count; i++) {
		const struct family *family = &metrics->families[i];

		if (family->samples.failed)
			return -ENOMEM;
		sn_text_addf(text, "# HELP %s %s\n# TYPE %s %s\n", family->metric->name, family->metric->help,
			     family->metric->name, kind_names[family->metric->kind]);
		sn_text_add_bytes(text, family->samples.data, family->samples.len);
	}
	return text->failed ? -ENOMEM : 0;
}
