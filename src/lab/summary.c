/* SPDX-License-Identifier: Apache-2.0 */
/** @file The account of what a play has sent, by procedure and by NAS message, so that what somebody observed can be compared. */
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "lab/player.h"

#define MAX_ROWS 64

/** A kind of message and how often it went out. */
struct row {
	const char *name;
	unsigned sub; /* NGAP: the choice of the PDU; NAS: whether in a container */
	uint64_t count;
};

struct rows {
	struct row rows[MAX_ROWS];
	size_t count;
};

static const char *const pdu_names[] = { "initiatingMessage", "successfulOutcome", "unsuccessfulOutcome" };

static void rows_add(struct rows *rows, const char *name, unsigned sub, uint64_t count)
{
	if (!count)
		return;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].sub == sub && !strcmp(rows->rows[i].name, name)) {
			rows->rows[i].count += count;
			return;
		}
	if (rows->count < MAX_ROWS)
		rows->rows[rows->count++] = (struct row) { name, sub, count };
}

static void collect(const struct sn_lab_summary *s, struct rows *ngap, struct rows *nas)
{
	ngap->count = nas->count = 0;
	for (int e = 0; e < _SN_LAB_EXCHANGE_MAX; e++)
		for (unsigned i = 0; i < sn_lab_exchanges[e].count; i++) {
			const struct sn_lab_message *m = &sn_lab_exchanges[e].messages[i];

			rows_add(ngap, m->procedure, m->data.data[0] >> 5, s->sent[e][i]);
			for (unsigned n = 0; n < m->nas_count; n++)
				rows_add(nas, m->nas[n].message, m->nas[n].in_container, s->sent[e][i]);
		}
}

/** The names in these tables are ours: none needs escaping. */
void sn_lab_summary_json(const struct sn_lab_summary *s, FILE *out)
{
	struct rows ngap, nas;
	const char *comma = "";

	collect(s, &ngap, &nas);
	fprintf(out, "{\"scenario\":\"%s\",\"transport\":\"%s\",\"seconds\":%.3f,\"gnbs\":%u,", s->scenario ? s->scenario : "",
		s->transport ? s->transport : "", (double)s->duration_ns / 1e9, s->gnbs);
	fprintf(out,
		"\"ues\":{\"arrived\":%llu,\"finished\":%llu},\"messages_sent\":%llu,\"packets\":%llu,\"received\":%llu,\"octets\":%llu,",
		(unsigned long long)s->arrived, (unsigned long long)s->finished, (unsigned long long)s->messages,
		(unsigned long long)s->traffic.packets, (unsigned long long)s->traffic.received,
		(unsigned long long)s->traffic.octets);
	fprintf(out, "\"messages\":[");
	for (size_t i = 0; i < ngap.count; i++)
		fprintf(out, "%s{\"protocol\":\"NGAP\",\"procedure\":\"%s\",\"pdu\":\"%s\",\"count\":%llu}", i ? "," : "",
			ngap.rows[i].name, pdu_names[ngap.rows[i].sub % SN_ARRAY_SIZE(pdu_names)],
			(unsigned long long)ngap.rows[i].count);
	fprintf(out, "],\"nas\":[");
	for (size_t i = 0; i < nas.count; i++)
		fprintf(out, "%s{\"message\":\"%s\",\"in_container\":%s,\"count\":%llu}", i ? "," : "", nas.rows[i].name,
			nas.rows[i].sub ? "true" : "false", (unsigned long long)nas.rows[i].count);
	fprintf(out, "],\"causes\":[");
	for (size_t i = 0; i < SN_LAB_CAUSES; i++)
		if (s->causes[i]) {
			fprintf(out, "%s{\"group\":\"%s\",\"cause\":\"%s\",\"count\":%llu}", comma,
				sn_lab_setup_causes[i].group_name, sn_lab_setup_causes[i].name, (unsigned long long)s->causes[i]);
			comma = ",";
		}
	fprintf(out, "],\"exchanges\":[");
	comma = "";
	for (int e = 0; e < _SN_LAB_EXCHANGE_MAX; e++)
		if (s->begun[e]) {
			fprintf(out, "%s{\"name\":\"%s\",\"begun\":%llu,\"completed\":%llu}", comma, sn_lab_exchanges[e].name,
				(unsigned long long)s->begun[e], (unsigned long long)s->completed[e]);
			comma = ",";
		}
	fprintf(out, "]}\n");
}

void sn_lab_summary_table(const struct sn_lab_summary *s, FILE *out)
{
	struct rows ngap, nas;
	double seconds = (double)s->duration_ns / 1e9;

	collect(s, &ngap, &nas);
	fprintf(out, "%s over %s: %.1f s, %u gNBs, %llu UEs arrived, %llu finished\n", s->scenario, s->transport, seconds,
		s->gnbs, (unsigned long long)s->arrived, (unsigned long long)s->finished);
	fprintf(out, "%llu NGAP messages (%.0f/s)", (unsigned long long)s->messages,
		seconds > 0 ? (double)s->messages / seconds : 0);
	if (s->traffic.packets)
		fprintf(out, " in %llu packets", (unsigned long long)s->traffic.packets);
	fprintf(out, "\n\n%-32s %-20s %10s\n", "PROCEDURE", "PDU", "SENT");
	for (size_t i = 0; i < ngap.count; i++)
		fprintf(out, "%-32s %-20s %10llu\n", ngap.rows[i].name, pdu_names[ngap.rows[i].sub % SN_ARRAY_SIZE(pdu_names)],
			(unsigned long long)ngap.rows[i].count);
	fprintf(out, "\n%-53s %10s %10s\n", "EXCHANGE", "BEGUN", "COMPLETED");
	for (int e = 0; e < _SN_LAB_EXCHANGE_MAX; e++)
		if (s->begun[e])
			fprintf(out, "%-53s %10llu %10llu\n", sn_lab_exchanges[e].name, (unsigned long long)s->begun[e],
				(unsigned long long)s->completed[e]);
}
