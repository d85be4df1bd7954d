/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Prometheus metrics: families declared in tables (name, kind, help, labels), series written at scrape time by whoever
 * holds the numbers, so nothing is counted twice. Text exposition format 0.0.4.
 */
#ifndef SN_MODEL_METRICS_H
#define SN_MODEL_METRICS_H

#include "base/hist.h"
#include "base/text.h"

enum sn_metric_kind {
	SN_METRIC_COUNTER,
	SN_METRIC_GAUGE,
	SN_METRIC_HISTOGRAM, /* seconds */
};

#define SN_METRIC_MAX_LABELS 10
struct sn_metric {
	const char *name; /* sauron_<module>_<what>_<unit>[_total] */
	const char *help;
	const char *labels[SN_METRIC_MAX_LABELS]; /* names, NULL at the end */
	enum sn_metric_kind kind;
};

/** Takes samples as they are added, instead of a page. `hist` is NULL but for histograms, whose `value` means nothing. */
struct sn_metrics_sink {
	void (*sample)(void *ctx, const struct sn_metric *metric, double value, const struct sn_hist *hist,
		       const char *const *values);
	void *ctx;
};

/** One scrape in the making. */
struct sn_metrics;
int sn_metrics_new(struct sn_metrics **ret_metrics);
/** Hands every sample to the sink; there is no page to write then. */
int sn_metrics_new_sink(const struct sn_metrics_sink *sink, struct sn_metrics **ret_metrics);
struct sn_metrics *sn_metrics_free(struct sn_metrics *metrics);
/** Adds a sample. `values` are those of the metric's labels, in its order; NULL or "" leaves a label out. */
void sn_metrics_add(struct sn_metrics *metrics, const struct sn_metric *metric, double value, const char *const *values);
/** Upper bounds of the buckets of every histogram, 100 µs, 200 µs, 500 µs … 60 s; above the last is one more. */
#define SN_METRICS_BUCKETS 18
extern const uint64_t sn_metrics_le_ns[SN_METRICS_BUCKETS];
/** Adds a histogram with `le` at these bounds. */
void sn_metrics_add_hist(struct sn_metrics *metrics, const struct sn_metric *metric, const struct sn_hist *hist,
			 const char *const *values);
/** Writes the page: families in the order of their first sample, each contiguous. @return 0 or -ENOMEM. */
int sn_metrics_write(const struct sn_metrics *metrics, struct sn_text *text);

#endif
