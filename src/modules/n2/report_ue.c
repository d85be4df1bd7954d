/* SPDX-License-Identifier: Apache-2.0 */
/** @file Associations, failures, UEs and the story of one UE in n2's document. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "model/pseudonym.h"
#include "modules/n2/records.h"
#include "modules/n2/report.h"

#define MAX_UES		100
#define NEWEST_FAILURES 50

const char *sn_n2_end_pod(struct sn_n2 *n2, const struct sn_n2_endpoint *end)
{
	struct sn_host *host = n2->host;
	const char *pod = NULL;

	if (host->pod_of_address && end->addr.family)
		pod = host->pod_of_address(host, end->addr.family, end->addr.octets);
	/* In the network of its node a pod has no address of its own. */
	if (!pod && host->pod_of_cgroup && end->pid)
		pod = host->pod_of_cgroup(host, end->cgroup_id, end->pid);
	return pod;
}

void sn_n2_report_associations(struct sn_n2 *n2, struct sn_report *report)
{
	struct sn_n2_engine *engine = &n2->engine;
	char gnb[64], amf[64], id[64];

	sn_report_section(report, "associations");
	for (uint32_t i = 1; i <= engine->associations.used; i++) {
		const struct sn_n2_association *association = sn_pool_at(&engine->associations, i);
		struct sn_n2_association_record row = {
			.gnb = sn_label_text(&engine->gnbs, association->gnb),
			.gnb_address = gnb,
			.amf = sn_label_text(&engine->amfs, association->amf),
			.amf_address = amf,
			.protocol = sn_ap_name(association->protocol),
			.state = association->closed ? "closed" : "up",
			.gnb_pod = sn_n2_end_pod(n2, &association->gnb_end),
			.amf_pod = sn_n2_end_pod(n2, &association->amf_end),
			.since = association->begin_ns,
			.last_message = association->last_ns,
			.messages = association->messages,
			.connections = association->connections,
		};

		if (!association->used || association->twin)
			continue;
		sn_n2_endpoint_text(&association->gnb_end, gnb, sizeof(gnb));
		sn_n2_endpoint_text(&association->amf_end, amf, sizeof(amf));
		sn_n2_ran_node_text(&association->ran_node, id, sizeof(id));
		row.gnb_id = id;
		sn_report_row(report, "associations", &sn_n2_association_type, &row);
	}
}

void sn_n2_report_failures(struct sn_n2_engine *engine, struct sn_report *report)
{
	uint64_t n = SN_MIN(engine->failure_count, NEWEST_FAILURES);

	sn_report_section(report, "failures");
	for (uint64_t i = 0; i < n; i++) {
		const struct sn_n2_failure *failure = &engine->failures[(engine->failure_count - 1 - i) % SN_N2_FAILURES];
		struct sn_n2_ue *ue = failure->ue ? sn_pool_at(&engine->ues, failure->ue) : NULL;
		char number[16], name[96] = "";
		struct sn_n2_failure_record row = {
			.time = failure->time_ns,
			.procedure = sn_n2_kind_name(failure->kind),
			.outcome = sn_n2_outcome_name(failure->outcome),
			.group = sn_n2_cause_group_text(failure->cause),
			.cause = sn_n2_cause_text(failure->cause, number),
			.gnb = sn_label_text(&engine->gnbs, failure->gnb),
			.amf = sn_label_text(&engine->amfs, failure->amf),
			.snssai = sn_label_text(&engine->slices, failure->slice),
			.ue = name,
			.after_ms = (double)failure->duration_ns / 1e6,
		};

		if (ue && ue->used && ue->serial == failure->serial)
			sn_n2_ue_text(engine, ue, name, sizeof(name));
		sn_report_row(report, "failures", &sn_n2_failure_type, &row);
	}
}

static void ue_row(struct sn_n2_engine *engine, struct sn_n2_ue *ue, struct sn_report *report)
{
	const struct sn_n2_connection *connection = ue->connection ? sn_pool_at(&engine->connections, ue->connection) : NULL;
	const struct sn_n2_association *association =
		connection ? sn_pool_at(&engine->associations, connection->association) : NULL;
	char name[96];
	struct sn_n2_ue_record row = {
		.ue = name,
		.registered = ue->registered,
		.connected = connection,
		.gnb = association ? sn_label_text(&engine->gnbs, association->gnb) : NULL,
		.snssai = sn_label_text(&engine->slices, ue->slice),
		.cipher = sn_nas_cipher_name(ue->cipher),
		.sessions = (uint64_t)__builtin_popcount(ue->sessions),
		.last_seen = ue->last_ns,
	};

	sn_n2_ue_text(engine, ue, name, sizeof(name));
	sn_report_row(report, "ues", &sn_n2_ue_type, &row);
}

void sn_n2_report_ues(struct sn_n2_engine *engine, struct sn_report *report)
{
	struct sn_n2_ue *newest[MAX_UES];
	size_t count = 0;

	for (uint32_t i = 1; i <= engine->ues.used; i++) {
		struct sn_n2_ue *ue = sn_pool_at(&engine->ues, i);
		size_t at = count;

		if (!ue->used || (count == MAX_UES && newest[MAX_UES - 1]->last_ns >= ue->last_ns))
			continue;
		if (count < MAX_UES)
			count++;
		else
			at--;
		for (; at && newest[at - 1]->last_ns < ue->last_ns; at--)
			newest[at] = newest[at - 1];
		newest[at] = ue;
	}
	sn_report_section(report, "ues");
	for (size_t i = 0; i < count; i++)
		ue_row(engine, newest[i], report);
}

/* ---- the story of one UE ---- */

static struct sn_n2_ue *ue_find(struct sn_n2_engine *engine, const char *wanted)
{
	char text[96], pseudonym[SN_PSEUDONYM_TEXT];

	for (uint32_t i = 1; i <= engine->ues.used; i++) {
		struct sn_n2_ue *ue = sn_pool_at(&engine->ues, i);

		if (!ue->used)
			continue;
		sn_n2_ue_text(engine, ue, text, sizeof(text));
		if (!strcmp(text, wanted) || !strcmp(sn_pseudonym_text(sn_n2_ue_pseudonym(engine, ue), pseudonym), wanted))
			return ue;
	}
	return NULL;
}

void sn_n2_story_what(const struct sn_n2_story *entry, struct sn_n2_story_record *row)
{
	const char *name;

	switch ((enum sn_n2_story_kind)entry->kind) {
	case SN_N2_STORY_NGAP:
		name = sn_ap_procedure_name(SN_AP_NGAP, (uint8_t)entry->what);
		row->protocol = "NGAP";
		row->what = name ? name : "unknown procedure";
		row->detail = sn_ap_pdu_name(entry->detail);
		break;
	case SN_N2_STORY_NAS:
		name = sn_nas_message_name(entry->epd, (uint8_t)entry->what);
		row->protocol = entry->epd == SN_NAS_EPD_5GSM ? "5GSM" : "5GMM";
		row->what = name ? name : "unknown message";
		break;
	case SN_N2_STORY_CIPHERED:
		row->protocol = "NAS";
		row->what = "ciphered";
		break;
	case SN_N2_STORY_OUTCOME:
		row->protocol = "outcome";
		row->what = sn_n2_kind_name(entry->what);
		row->detail = sn_n2_outcome_name(entry->detail);
		row->duration_ms = (double)entry->duration_us / 1e3;
		break;
	case SN_N2_STORY_CONNECTION_LOST:
		row->protocol = "outcome";
		row->what = "connection lost";
		break;
	}
}

static void story_row(struct sn_n2_engine *engine, const struct sn_n2_story *entry, uint64_t before_ns, struct sn_report *report)
{
	char number[16];
	struct sn_n2_story_record row = {
		.time = entry->time_ns,
		.after_ms = before_ns && entry->time_ns > before_ns ? (double)(entry->time_ns - before_ns) / 1e6 : 0,
		.group = sn_n2_cause_group_text(entry->cause),
		.cause = sn_n2_cause_text(entry->cause, number),
		.duration_ms = NAN,
		.in_container = entry->in_container,
		.inferred = entry->inferred,
	};

	sn_n2_story_what(entry, &row);
	if (entry->kind <= SN_N2_STORY_CIPHERED)
		row.direction = entry->uplink ? "up" : "down";
	row.gnb = sn_label_text(&engine->gnbs, entry->gnb);
	sn_report_row(report, "story", &sn_n2_story_type, &row);
}

int sn_n2_report_story(struct sn_n2_engine *engine, const char *wanted, struct sn_report *report, struct sn_diag *reterr)
{
	struct sn_n2_ue *ue = ue_find(engine, wanted);
	const struct sn_n2_story *entry, **entries = NULL;
	size_t count = 0, size = 0;
	uint64_t cursor, before_ns = 0;

	if (!ue)
		return sn_diag_set(reterr, -ENOENT, "no UE '%s' is known: `--by ue` lists those seen last, failures name theirs",
				   wanted);
	ue_row(engine, ue, report);
	sn_report_section(report, "story");
	for (cursor = ue->story; sn_n2_story_back(engine, &cursor, &entry); count++) {
		if (count == size) {
			const struct sn_n2_story **grown = realloc(entries, (size = size ? 2 * size : 64) * sizeof(*entries));

			if (!grown)
				break;
			entries = grown;
		}
		entries[count] = entry;
	}
	while (count--) {
		story_row(engine, entries[count], before_ns, report);
		before_ns = entries[count]->time_ns;
	}
	free(entries);
	return 0;
}
