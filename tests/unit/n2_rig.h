/* SPDX-License-Identifier: Apache-2.0 */
/** @file The n2 module on a bench: opened with chosen limits, fed with messages, frames and captures, asked for its document. */
#ifndef SN_TESTS_UNIT_N2_RIG_H
#define SN_TESTS_UNIT_N2_RIG_H

#include "test.h"

#include <jansson.h>

#include "base/source.h"
#include "codec/pcapng.h"
#include "model/pseudonym.h"
#include "model/report.h"
#include "modules/n2/module.h"
#include "n2_build.h"
#include "n2_check.h"

#define MS	  1000000ull
#define SECOND	  1000000000ull
#define TIME_ZERO (1800000000ull * SECOND)

extern const struct sn_module sn_n2_module;

struct rig {
	struct sn_n2_config config;
	uint16_t ports[1];
	struct sn_host host;
	struct sn_n2 *n2;
	struct sn_n2_engine *engine;
	uint64_t now_ns;
	json_t *document; /* the last report's "n2" */
	struct sn_report report;
};

static inline void rig_warn(struct sn_host *host, const char *text)
{
	fail_msg("unexpected warning: %s", text);
}

static inline uint64_t rig_wall_offset(struct sn_host *host)
{
	return 0;
}

/* As the option table has it. */
static inline void rig_defaults(struct rig *rig)
{
	*rig = (struct rig) {
		.ports = { 38412 },
		.config = { .timeout = 10 * SECOND,
			    .capture_limit = 16384,
			    .ue_idle = 7200 * SECOND,
			    .association_idle = 21600 * SECOND,
			    .max_ues = 1000,
			    .max_associations = 64,
			    .max_label_values = 100,
			    .max_series = 5000,
			    .story_entries = 16384 },
		.host = { .warn = rig_warn, .wall_offset_ns = rig_wall_offset },
		.now_ns = TIME_ZERO,
	};
}

static inline void rig_open_clear(struct rig *rig, bool clear)
{
	struct sn_diag diag = { 0 };

	rig->config.ports = (struct sn_port_list) { rig->ports, 1 };
	assert_int_equal(sn_pseudonym_new(NULL, clear, &rig->host.pseudonym, &diag), 0);
	assert_int_equal(sn_n2_module.open(&rig->host, &rig->config, (void **)&rig->n2, &diag), 0);
	rig->engine = &rig->n2->engine;
}

static inline void rig_open(struct rig *rig)
{
	rig_open_clear(rig, false);
}

static inline void rig_forget_report(struct rig *rig)
{
	if (rig->document)
		sn_report_fini(&rig->report);
	rig->document = NULL;
}

static inline void rig_close(struct rig *rig)
{
	rig_forget_report(rig);
	if (rig->n2)
		sn_n2_module.close(rig->n2);
	sn_pseudonym_free(rig->host.pseudonym);
	rig->n2 = NULL;
	rig->host.pseudonym = NULL;
}

/* For cmocka's setup and teardown: a rig with defaults. */
static inline int rig_setup(void **state)
{
	struct rig *rig = malloc(sizeof(*rig));

	assert_non_null(rig);
	rig_defaults(rig);
	rig_open(rig);
	*state = rig;
	return 0;
}

/* The same, not opened: the test sets limits first. */
static inline int rig_setup_closed(void **state)
{
	struct rig *rig = malloc(sizeof(*rig));

	assert_non_null(rig);
	rig_defaults(rig);
	*state = rig;
	return 0;
}

static inline int rig_teardown(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

/* ---- feeding ---- */

static inline uint32_t rig_association(struct rig *rig, unsigned gnb)
{
	struct sn_n2_endpoint gnb_end = { .addr = { .family = 4, .octets = { 10, 10, 2, (uint8_t)(1 + gnb) } },
					  .port = (uint16_t)(40000 + gnb) };
	struct sn_n2_endpoint amf_end = { .addr = { .family = 4, .octets = { 10, 10, 2, 1 } }, .port = 38412 };

	return sn_n2_association_new(rig->engine, 0, &gnb_end, &amf_end, SN_AP_NGAP, rig->now_ns);
}

/* A message from (`up`) or to a gNB, a millisecond after the one before. */
static inline void rig_take(struct rig *rig, uint32_t association, bool up, struct octets message)
{
	/* On the heap and to the octet, so that whatever reads behind it is seen. */
	uint8_t *data = malloc(message.len);

	assert_non_null(data);
	memcpy(data, message.data, message.len);
	rig->now_ns += MS;
	sn_n2_engine_message(rig->engine, &(struct sn_n2_message) { .data = { data, message.len },
								    .time_ns = rig->now_ns,
								    .association = association,
								    .protocol = SN_AP_NGAP,
								    .from_first = up });
	free(data);
}

static inline void up(struct rig *rig, uint32_t association, struct octets message)
{
	rig_take(rig, association, true, message);
}

static inline void down(struct rig *rig, uint32_t association, struct octets message)
{
	rig_take(rig, association, false, message);
}

/* Time passes, with the ticks of a live agent if it is short, else in larger ones. */
static inline void rig_wait(struct rig *rig, uint64_t ns)
{
	uint64_t end = rig->now_ns + ns, step = ns > 100 * SECOND ? SECOND : 100 * MS;

	while (rig->now_ns < end) {
		rig->now_ns = rig->now_ns + step < end ? rig->now_ns + step : end;
		sn_n2_module.tick(rig->n2, rig->now_ns);
	}
}

/* An association with its NG Setup, of gNB `gnb` by the name "gnb-N". */
static inline uint32_t rig_gnb(struct rig *rig, unsigned gnb)
{
	uint32_t association = rig_association(rig, gnb);
	char name[16];

	snprintf(name, sizeof(name), "gnb-%u", gnb);
	up(rig, association, ng_setup_request(gnb, name));
	down(rig, association, ng_setup_response("amf"));
	return association;
}

/* Registration from the first message to Initial Context Setup Response, under `cipher`; ids are given. */
static inline void rig_register(struct rig *rig, uint32_t association, uint64_t amf, uint32_t ran, uint64_t msin, uint32_t tmsi,
				enum sn_nas_cipher cipher)
{
	bool clear = cipher == SN_NEA0;

	up(rig, association, initial_ue(ran, 0, nas_registration_request(SN_NAS_REGISTRATION_INITIAL, nas_suci(msin))));
	down(rig, association, downlink_nas(amf, ran, nas_authentication_request()));
	up(rig, association, uplink_nas(amf, ran, nas_plain(SN_NAS_AUTHENTICATION_RESPONSE)));
	down(rig, association, downlink_nas(amf, ran, nas_security_mode_command(cipher)));
	up(rig, association,
	   uplink_nas(amf, ran,
		      clear ? nas_protected(SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT, nas_plain(SN_NAS_SECURITY_MODE_COMPLETE))
			    : nas_ciphered(SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT)));
	down(rig, association,
	     context_setup_request(amf, ran, clear ? nas_registration_accept(tmsi, 1) : nas_ciphered(SN_NAS_INTEGRITY_CIPHERED)));
	up(rig, association, ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran));
}

static inline void rig_release(struct rig *rig, uint32_t association, uint64_t amf, uint32_t ran, unsigned group, unsigned value)
{
	down(rig, association, release_command(amf, ran, group, value));
	up(rig, association, release_complete(amf, ran));
}

static inline int64_t rig_read(void *ctx, uint8_t *buffer, size_t len)
{
	return (int64_t)fread(buffer, 1, len, ctx);
}

/* A capture the way `sauron analyze` reads it, up to a time (0: all of it). */
static inline void rig_capture_until(struct rig *rig, const char *name, uint64_t end_ns)
{
	FILE *file = fopen(test_data(name), "rb");
	struct sn_capture *capture;
	struct sn_diag diag = { 0 };
	struct sn_frame frame;
	uint64_t tick_ns = 0;

	assert_non_null(file);
	assert_int_equal(sn_capture_open(rig_read, file, &capture, &diag), 0);
	while (sn_capture_next(capture, &frame) == 1 && (!end_ns || frame.time_ns < end_ns)) {
		if (frame.time_ns > tick_ns + 100 * MS)
			sn_n2_module.tick(rig->n2, tick_ns = frame.time_ns);
		sn_n2_module.frame(rig->n2, &frame);
	}
	sn_n2_module.finish(rig->n2);
	sn_capture_free(capture);
	fclose(file);
}

static inline void rig_capture(struct rig *rig, const char *name)
{
	rig_capture_until(rig, name, 0);
}

/* ---- asking ---- */

/* The module's object; owned by the rig until the next one. */
static inline json_t *rig_report_of(struct rig *rig, const char *by, const char *ue)
{
	struct sn_query query = { .by = by, .ue = ue };
	struct sn_diag diag = { 0 };

	rig_forget_report(rig);
	assert_int_equal(sn_report_init(&rig->report), 0);
	sn_report_begin(&rig->report, "n2");
	if (sn_n2_module.report(rig->n2, &query, &rig->report, &diag) < 0)
		fail_msg("no report: %s", diag.text);
	rig->document = json_object_get(rig->report.root, "n2");
	assert_non_null(rig->document);
	return rig->document;
}

static inline json_t *rig_report(struct rig *rig)
{
	return rig_report_of(rig, NULL, NULL);
}

static inline bool text_is(const json_t *row, const char *key, const char *value)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? !strcmp(text, value) : !*value;
}

/* The one row of a section whose `key` is `value`; fails when there are several, NULL when there is none. */
static inline json_t *row_of(json_t *document, const char *section, const char *key, const char *value)
{
	json_t *found = NULL, *row;
	size_t i;

	json_array_foreach(json_object_get(document, section), i, row)
	{
		if (!text_is(row, key, value))
			continue;
		if (found)
			fail_msg("two rows of %s have %s = %s", section, key, value);
		found = row;
	}
	return found;
}

static inline int64_t integer(const json_t *row, const char *key)
{
	json_t *value = json_object_get(row, key);

	return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

/* Attempts, successes, failures, no response. */
static inline void check_row(json_t *document, const char *section, const char *name, int64_t attempts, int64_t successes,
			     int64_t failures, int64_t no_response)
{
	json_t *row = row_of(document, section, section[0] == 'c' ? "chain" : "procedure", name);

	if (!row) {
		if (attempts)
			fail_msg("%s has no row %s", section, name);
		return;
	}
	if (integer(row, "attempts") != attempts || integer(row, "successes") != successes ||
	    integer(row, "failures") != failures || integer(row, "no_response") != no_response)
		fail_msg(
			"%s %s: attempts %lld, successes %lld, failures %lld, no response %lld instead of %lld, %lld, %lld, %lld",
			section, name, (long long)integer(row, "attempts"), (long long)integer(row, "successes"),
			(long long)integer(row, "failures"), (long long)integer(row, "no_response"), (long long)attempts,
			(long long)successes, (long long)failures, (long long)no_response);
}

static inline void check_chain(struct rig *rig, const char *name, int64_t attempts, int64_t successes, int64_t failures,
			       int64_t no_response)
{
	check_row(rig_report(rig), "chains", name, attempts, successes, failures, no_response);
}

static inline void check_procedure(struct rig *rig, const char *name, int64_t attempts, int64_t successes, int64_t failures,
				   int64_t no_response)
{
	check_row(rig_report(rig), "procedures", name, attempts, successes, failures, no_response);
}

/* How often a cause stands in a row's causes. */
static inline int64_t cause_count_of(json_t *row, const char *group, const char *cause)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(row, "causes"), i,
			   item) if (text_is(item, "group", group) && text_is(item, "cause", cause)) return integer(item,
														    "count");
	return 0;
}

static inline int64_t chain_cause(struct rig *rig, const char *chain, const char *group, const char *cause)
{
	return cause_count_of(row_of(rig_report(rig), "chains", "chain", chain), group, cause);
}

static inline int64_t procedure_cause(struct rig *rig, const char *procedure, const char *group, const char *cause)
{
	return cause_count_of(row_of(rig_report(rig), "procedures", "procedure", procedure), group, cause);
}

/* Sum of a measurement over the rows whose labels hold `label` = `value`; label NULL: all. */
static inline int64_t measured_by(struct rig *rig, const char *name, const char *label, const char *value)
{
	json_t *row, *rows = json_object_get(rig_report(rig), "measurements");
	int64_t sum = 0;
	size_t i;

	json_array_foreach(rows, i, row) if (text_is(row, "name", name) &&
					     (!label || text_is(json_object_get(row, "labels"), label, value))) sum +=
		integer(row, "value");
	return sum;
}

static inline int64_t measured(struct rig *rig, const char *name)
{
	return measured_by(rig, name, NULL, NULL);
}

static inline const char *standing_of(struct rig *rig, const char *name)
{
	json_t *row, *rows = json_object_get(rig_report(rig), "measurements");
	size_t i;

	json_array_foreach(rows, i,
			   row) if (text_is(row, "name", name)) return json_string_value(json_object_get(row, "standing"));
	fail_msg("no measurement %s", name);
	return NULL;
}

static inline uint64_t lost(const struct rig *rig, enum sn_n2_loss loss)
{
	return rig->engine->losses[loss];
}

/* Also fails when the engine's own accounts do not agree. */
static inline void check_engine(struct rig *rig)
{
	const char *fault = engine_fault(rig->engine);

	if (fault)
		fail_msg("the engine's tables do not agree: %s", fault);
}

#endif
