/* SPDX-License-Identifier: Apache-2.0 */
/** @file What OTLP readers give, as lines of text, to compare; and written again, by the writer. */
#ifndef SN_TESTS_OTLP_DUMP_H
#define SN_TESTS_OTLP_DUMP_H

#include <inttypes.h>

#include "base/text.h"
#include "codec/otlp.h"

/** Zero-initialise; dump_free() frees. */
struct dump {
	struct sn_text text;	  /* the lines */
	bool rewrite;		  /* write each record again, too; what the writer has no form for is dumped as it writes it */
	struct sn_text rewritten; /* requests one after another are one request: it holds only fields that are repeated */
	struct sn_otlp_writer writer;
	struct sn_text source, last_source; /* lines of the source of this record, of the request that is open */
	int stop_after, stop_with;	    /* 0: never */
};

static inline void dump_text(struct sn_text *out, struct sn_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] > 0x20 && text.data[i] < 0x7f && text.data[i] != '%')
			sn_text_addf(out, "%c", text.data[i]);
		else
			sn_text_addf(out, "%%%02x", text.data[i]);
}

static inline void dump_value(struct sn_text *out, const struct sn_otlp_value *value, bool rewrite)
{
	switch (value->kind) {
	case SN_OTLP_STRING:
	case SN_OTLP_BYTES:
		sn_text_add(out, value->kind == SN_OTLP_STRING ? "s:" : "x:");
		dump_text(out, value->text);
		break;
	case SN_OTLP_BOOL:
		sn_text_addf(out, "b:%" PRId64, value->integer);
		break;
	case SN_OTLP_INT:
		sn_text_addf(out, "i:%" PRId64, value->integer);
		break;
	case SN_OTLP_DOUBLE:
		sn_text_addf(out, "d:%.17g", value->number);
		break;
	case SN_OTLP_OTHER:
		sn_text_add(out, rewrite ? "empty" : "other");
		break;
	case SN_OTLP_EMPTY:
		sn_text_add(out, "empty");
		break;
	}
}

static inline void dump_attributes(struct sn_text *out, const struct sn_otlp_attribute *attributes, size_t count, bool rewrite)
{
	for (size_t i = 0; i < count; i++) {
		sn_text_add(out, " ");
		dump_text(out, attributes[i].key);
		sn_text_add(out, "=");
		dump_value(out, &attributes[i].value, rewrite);
	}
	sn_text_add(out, "\n");
}

/** Ends the request that is open. */
static inline int dump_end(struct dump *dump)
{
	int r = 0;

	if (dump->last_source.len) {
		r = sn_otlp_end(&dump->writer);
		sn_text_add_bytes(&dump->rewritten, dump->writer.data.data, dump->writer.data.len);
	}
	dump->last_source.len = 0;
	return r;
}

static inline void dump_source(struct dump *dump, const struct sn_otlp_source *source)
{
	/* The writer takes these two as strings: rewritten, they end with a NUL in them. */
	char *name = strndup(source->scope_name.len ? (const char *)source->scope_name.data : "", source->scope_name.len);
	char *version =
		strndup(source->scope_version.len ? (const char *)source->scope_version.data : "", source->scope_version.len);
	struct sn_view name_cut = { (uint8_t *)name, strlen(name) }, version_cut = { (uint8_t *)version, strlen(version) };

	dump->source.len = 0;
	sn_text_add(&dump->source, "scope ");
	dump_text(&dump->source, dump->rewrite ? name_cut : source->scope_name);
	sn_text_add(&dump->source, " ");
	dump_text(&dump->source, dump->rewrite ? version_cut : source->scope_version);
	dump_attributes(&dump->source, source->resource, source->resource_count, dump->rewrite);
	sn_text_add(&dump->text, dump->source.data);
	if (dump->rewrite && (!dump->last_source.len || strcmp(dump->source.data, dump->last_source.data) != 0)) {
		dump_end(dump);
		sn_text_add(&dump->last_source, dump->source.data);
		sn_otlp_begin(&dump->writer, source->resource, source->resource_count, name, version);
	}
	free(name);
	free(version);
}

static inline int dump_stop(struct dump *dump)
{
	return dump->stop_after && --dump->stop_after == 0 ? dump->stop_with : 0;
}

static inline int dump_log(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_log *log)
{
	struct dump *dump = ctx;

	dump_source(dump, source);
	sn_text_addf(&dump->text, "log %" PRIu64 " %" PRIu64 " %u ", log->time_ns, log->observed_time_ns, log->severity);
	dump_text(&dump->text, log->event_name);
	sn_text_add(&dump->text, " ");
	dump_value(&dump->text, &log->body, dump->rewrite);
	dump_attributes(&dump->text, log->attributes, log->attribute_count, dump->rewrite);
	if (dump->rewrite)
		sn_otlp_add_log(&dump->writer, log);
	return dump_stop(dump);
}

static inline int dump_point(void *ctx, const struct sn_otlp_source *source, const struct sn_otlp_point *point)
{
	static const char *const kinds[] = {
		[SN_OTLP_GAUGE] = "gauge", [SN_OTLP_SUM] = "sum", [SN_OTLP_HISTOGRAM] = "histogram"
	};
	struct dump *dump = ctx;

	dump_source(dump, source);
	sn_text_addf(&dump->text, "%s ", kinds[point->kind]);
	dump_text(&dump->text, point->name);
	sn_text_add(&dump->text, " ");
	dump_text(&dump->text, point->unit);
	sn_text_add(&dump->text, " ");
	dump_text(&dump->text, point->description);
	sn_text_addf(&dump->text, " %" PRIu64 " %" PRIu64, point->start_ns, point->time_ns);
	/* The sign of a NaN says nothing. */
	sn_text_addf(&dump->text, point->value != point->value ? " nan" : " %.17g", point->value);
	if (point->kind == SN_OTLP_HISTOGRAM) {
		sn_text_addf(&dump->text, " %" PRIu64 ":", point->count);
		for (size_t i = 0; i <= point->bound_count; i++)
			sn_text_addf(&dump->text, " %" PRIu64, point->bucket_counts[i]);
		for (size_t i = 0; i < point->bound_count; i++)
			sn_text_addf(&dump->text, " <%.17g", point->bounds[i]);
	}
	dump_attributes(&dump->text, point->attributes, point->attribute_count, dump->rewrite);
	if (dump->rewrite)
		sn_otlp_add_point(&dump->writer, point);
	return dump_stop(dump);
}

static inline void dump_free(struct dump *dump)
{
	sn_text_free(&dump->text);
	sn_text_free(&dump->rewritten);
	sn_text_free(&dump->writer.data);
	sn_text_free(&dump->source);
	sn_text_free(&dump->last_source);
	*dump = (struct dump) { .rewrite = dump->rewrite };
}

static inline struct sn_otlp_sink dump_sink(struct dump *dump)
{
	return (struct sn_otlp_sink) { dump_log, dump_point, dump };
}

#endif
