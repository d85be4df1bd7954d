/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The whole n2 module against hostile input, with tables so small that every eviction is reached. The input is records of
 * an octet that says what they are, one that says how much, and so much:
 *
 *   0  an NGAP message, in an SCTP packet of one of the associations: the first octet of it chooses which, and who sends
 *   1  a frame as it is
 *   2  a message record of the ring, its lengths as they are given
 *   3  time passes; the two octets say how long
 *   4  a packet record of the ring
 *   5  a well-formed message from a list: association and direction, which message, AMF id, RAN id, one more value
 *   6  a well-formed message of the list at a socket
 *   7  the association is aborted
 *
 * Afterwards the tables agree with one another, the document is JSON, and all metrics are written.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../unit/n2_build.h"
#include "../unit/n2_check.h"
#include "codec/pcapng.h"
#include "model/metrics.h"
#include "model/pseudonym.h"
#include "model/report.h"
#include "modules/n2/module.h"
#include "sauron/module.h"

#define SECOND	     1000000000ull
#define ASSOCIATIONS 8

extern const struct sn_module sn_n2_module;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct play {
	struct sn_n2 *n2;
	uint64_t now_ns;
	uint32_t tsn[ASSOCIATIONS][2];
	uint32_t tag[ASSOCIATIONS];
};

static void warn(struct sn_host *host, const char *text)
{
}

static uint64_t wall_offset(struct sn_host *host)
{
	return 0;
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* Ethernet, IPv4, SCTP, and one chunk of `len` octets. */
static void chunk_send(struct play *play, unsigned association, bool from_amf, const uint8_t *chunk, size_t len)
{
	uint8_t frame[14 + 20 + 12 + 4096] = { 0 }, *ip = frame + 14, *sctp = ip + 20;
	size_t total = 14 + 20 + 12 + ((len + 3) & ~(size_t)3);
	struct sn_frame taken = { .linktype = SN_LINK_ETHERNET, .time_ns = play->now_ns };

	if (total > sizeof(frame))
		return;
	sn_put_be16(frame + 12, 0x0800);
	ip[0] = 0x45;
	sn_put_be16(ip + 2, (uint16_t)(total - 14));
	ip[8] = 64;
	ip[9] = 132;
	sn_put_be32(ip + (from_amf ? 12 : 16), 0x0a0a0201);
	sn_put_be32(ip + (from_amf ? 16 : 12), 0x0a0a0202 + association);
	sn_put_be16(sctp + (from_amf ? 0 : 2), 38412);
	sn_put_be16(sctp + (from_amf ? 2 : 0), (uint16_t)(40000 + association));
	sn_put_be32(sctp + 4, play->tag[association] + 2 * association + from_amf);
	memcpy(sctp + 12, chunk, len);
	taken.data = (struct sn_view) { frame, total };
	taken.wire_len = (uint32_t)total;
	sn_n2_module.frame(play->n2, &taken);
}

static void message_send(struct play *play, unsigned association, bool from_amf, const uint8_t *message, size_t len)
{
	uint8_t chunk[16 + 4000] = { 0, 7 }; /* DATA, unordered, begin and end */

	if (len > 4000)
		return;
	sn_put_be16(chunk + 2, (uint16_t)(16 + len));
	sn_put_be32(chunk + 4, ++play->tsn[association][from_amf]);
	sn_put_be32(chunk + 12, 60);
	if (len)
		memcpy(chunk + 16, message, len);
	chunk_send(play, association, from_amf, chunk, 16 + len);
}

static void abort_send(struct play *play, unsigned association)
{
	static const uint8_t chunk[] = { 6, 0, 0, 4 };

	chunk_send(play, association, false, chunk, sizeof(chunk));
	play->tag[association] += 0x1000;
	play->tsn[association][0] = play->tsn[association][1] = 0;
}

#define MESSAGES 48
static struct octets message_of(unsigned which, unsigned a, unsigned r, unsigned v)
{
	struct octets none = { 0 };
	uint64_t amf = a % 12;
	uint32_t ran = r % 12, tmsi = 0xc0000000u + v % 8;
	unsigned group = v % 5, value = v / 5 % 2, session = v % 18;
	enum sn_ap_pdu choice = (enum sn_ap_pdu)(v % 3);

	switch (which % MESSAGES) {
	case 0:
		return initial_ue(ran, 0, nas_registration_request((enum sn_nas_registration_type)(v % 8), nas_suci(a % 20)));
	case 1:
		return initial_ue(ran, tmsi, nas_service_request(tmsi));
	case 2:
		return initial_ue(ran, 0, nas_registration_request((enum sn_nas_registration_type)(v % 8), nas_guti(tmsi)));
	case 3:
		return downlink_nas(amf, ran, nas_authentication_request());
	case 4:
		return uplink_nas(amf, ran, nas_plain(SN_NAS_AUTHENTICATION_RESPONSE));
	case 5:
		return uplink_nas(amf, ran, nas_cause(SN_NAS_AUTHENTICATION_FAILURE, v));
	case 6:
		return downlink_nas(amf, ran, nas_plain(SN_NAS_AUTHENTICATION_REJECT));
	case 7:
		return downlink_nas(amf, ran, nas_security_mode_command((enum sn_nas_cipher)(v % 4)));
	case 8:
		return uplink_nas(amf, ran, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED_NEW_CONTEXT));
	case 9:
		return downlink_nas(amf, ran, nas_registration_accept(v % 3 ? tmsi : 0, v % 9));
	case 10:
		return downlink_nas(amf, ran, nas_cause(SN_NAS_REGISTRATION_REJECT, v));
	case 11:
		return downlink_nas(amf, ran, nas_cause(SN_NAS_SERVICE_REJECT, v));
	case 12:
		return downlink_nas(amf, ran, nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_SERVICE_ACCEPT)));
	case 13:
		return uplink_nas(amf, ran, nas_identity_response(v % 2 ? nas_suci(v % 20) : nas_guti(tmsi)));
	case 14:
		return uplink_nas(amf, ran, nas_deregistration_request(tmsi));
	case 15:
		return downlink_nas(amf, ran,
				    nas_protected(SN_NAS_INTEGRITY_CIPHERED, nas_plain(SN_NAS_DEREGISTRATION_ACCEPT_UE)));
	case 16:
		return downlink_nas(amf, ran, nas_plain(SN_NAS_DEREGISTRATION_REQUEST_NW));
	case 17:
		return uplink_nas(amf, ran, nas_plain(SN_NAS_DEREGISTRATION_ACCEPT_NW));
	case 18:
		return uplink_nas(amf, ran, nas_session_request(session));
	case 19:
		return downlink_nas(amf, ran, nas_session_reject(session, v));
	case 20:
		return downlink_nas(amf, ran, nas_session_accept(session));
	case 21:
		return session_setup_request(amf, ran, session, v & 64 ? nas_session_accept(session) : none, v % 90);
	case 22:
		return session_setup_request(amf, ran, session, nas_ciphered(SN_NAS_INTEGRITY_CIPHERED), v % 90);
	case 23:
		return session_setup_response(amf, ran, session);
	case 24:
		return session_setup_failed(amf, ran, session, group, value);
	case 25:
		return context_setup_request(amf, ran, v & 1 ? nas_registration_accept(tmsi, 1) : none);
	case 26:
		return context_setup_request_session(amf, ran, none, session);
	case 27:
		return ue_message(SN_AP_SUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran);
	case 28:
		return ue_message_cause(SN_AP_UNSUCCESSFUL, SN_NGAP_INITIAL_CONTEXT_SETUP, amf, ran, group, value);
	case 29:
		return ue_message_cause(SN_AP_INITIATING, SN_NGAP_UE_CONTEXT_RELEASE_REQUEST, amf, ran, group, value);
	case 30:
		return release_command(amf + 1, ran + 1, group, value);
	case 31:
		return release_complete(amf, ran);
	case 32:
		return paging(tmsi);
	case 33:
		return ng_reset_all();
	case 34:
		return ng_reset_two(amf + 1, ran + 1);
	case 35:
		return ng_reset_acknowledge();
	case 36:
		return handover_required(amf, ran, v % 3, v % 9);
	case 37:
		return ue_message_cause(choice, SN_NGAP_HANDOVER_PREPARATION, amf, ran, group, value);
	case 38:
		return handover_request(amf + 1, v % 3);
	case 39:
		return ue_message_cause(choice, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION, amf, ran, group, value);
	case 40:
		return ue_message(SN_AP_INITIATING, SN_NGAP_HANDOVER_NOTIFICATION, amf, ran);
	case 41:
		return ue_message_cause(choice, SN_NGAP_HANDOVER_CANCEL, amf, ran, group, value);
	case 42:
		return path_switch_request(amf + 1, ran + 1);
	case 43:
		return ue_message_cause(choice, SN_NGAP_PATH_SWITCH_REQUEST, amf, ran, group, value);
	case 44:
		return context_modification_request(amf, ran, v % 12 + 1);
	case 45:
		return v & 1 ? ng_setup_request(v % 9, v & 2 ? "gnb" : "another gnb")
			     : ng_setup_response(v & 2 ? "amf" : "amf-2");
	case 46:
		return ng_setup_failure(group, value);
	default:
		return ue_message(choice, v, amf, ran);
	}
}

static void socket_send(struct play *play, unsigned which, const struct octets *message)
{
	struct {
		struct sn_n2_message_event event;
		uint8_t data[2048];
	} record = { 0 };
	struct sn_n2_message_event *event = &record.event;
	bool amf = which & 1;
	unsigned association = which >> 1 & 3;

	event->head.time_ns = play->now_ns;
	event->head.type = SN_N2_EVENT_MESSAGE;
	event->socket = 1 + amf + (which & 64 ? 2u * association : 0);
	event->assoc_id = which & 8 ? 1 + association : 0;
	event->ppid = 60;
	event->flags = (uint16_t)((which & 16 ? SN_N2_SENT : 0) | (which & 8 ? SN_N2_HAS_ASSOC : 0) | SN_N2_HAS_PPID |
				  SN_N2_HAS_PEER | (which & 32 ? SN_N2_PARTIAL : 0));
	event->local_port = amf ? 38412 : (uint16_t)(40000 + association);
	event->peer_port = amf ? (uint16_t)(40000 + association) : 38412;
	event->peer_family = 4;
	memcpy(event->peer_addr, (uint8_t[]) { 10, 10, 2, (uint8_t)(amf ? 2 + association : 1) }, 4);
	if (association & 1) {
		event->local_tag = association << 8 | (amf ? 2 : 1);
		event->peer_tag = association << 8 | (amf ? 1 : 2);
	}
	if (which & 128) {
		event->local_family = 4;
		memcpy(event->local_addr, (uint8_t[]) { 10, 10, 2, (uint8_t)(amf ? 1 : 2 + association) }, 4);
	}
	event->size = event->captured = (uint32_t)message->len;
	memcpy(record.data, message->data, message->len);
	sn_n2_module.event(play->n2, &record, sizeof(*event) + message->len);
}

/* A record with the fuzzer's own octets, of exactly their length. */
static void event_send(struct play *play, uint16_t type, const uint8_t *data, size_t len)
{
	size_t size = len < sizeof(struct sn_event) ? sizeof(struct sn_event) : len;
	uint8_t *record = calloc(1, size);
	struct sn_event head = { .time_ns = play->now_ns, .module = SN_MODULE_N2, .type = type };

	must(record != NULL, "memory");
	memcpy(record, data, len);
	memcpy(record, &head, sizeof(head));
	sn_n2_module.event(play->n2, record, size);
	free(record);
}

static void record_take(struct play *play, unsigned kind, const uint8_t *data, size_t len)
{
	unsigned first = len ? data[0] : 0;
	struct octets message;
	struct sn_frame frame = { .linktype = SN_LINK_ETHERNET, .time_ns = play->now_ns, .data = { data, len } };

	switch (kind % 8) {
	case 0:
		if (len)
			message_send(play, first % ASSOCIATIONS, first & 128, data + 1, len - 1);
		break;
	case 1:
		frame.wire_len = (uint32_t)len;
		sn_n2_module.frame(play->n2, &frame);
		break;
	case 2:
		event_send(play, SN_N2_EVENT_MESSAGE, data, len);
		break;
	case 3:
		play->now_ns += len > 1 ? SECOND / 1000 * ((unsigned)data[0] << 8 | data[1]) : SECOND / 10;
		if (len > 2)
			play->now_ns -= (uint64_t)data[2] * SECOND;
		sn_n2_module.tick(play->n2, play->now_ns);
		break;
	case 4:
		event_send(play, SN_N2_EVENT_PACKET, data, len);
		break;
	case 5:
	case 6:
		if (len < 5)
			break;
		play->now_ns += SECOND / 1000;
		message = message_of(data[1], data[2], data[3], data[4]);
		if (kind % 8 == 6)
			socket_send(play, first, &message);
		else
			message_send(play, first % ASSOCIATIONS, first & 128, message.data, message.len);
		break;
	case 7:
		abort_send(play, first % ASSOCIATIONS);
		break;
	}
}

static void document_check(struct sn_n2 *n2, const struct sn_query *query, char **ret_ue)
{
	struct sn_report report;
	struct sn_diag diag = { 0 };
	json_error_t error;
	json_t *again;
	char *text;

	must(sn_report_init(&report) == 0, "a report");
	sn_report_begin(&report, "n2");
	must(sn_n2_module.report(n2, query, &report, &diag) == 0, "the query is answered");
	text = json_dumps(report.root, 0);
	must(text != NULL, "the document can be written");
	again = json_loads(text, 0, &error);
	must(again != NULL, error.text);
	if (ret_ue) {
		json_t *ue = json_array_get(json_object_get(json_object_get(again, "n2"), "ues"), 0);

		*ret_ue = ue ? strdup(json_string_value(json_object_get(ue, "ue"))) : NULL;
	}
	json_decref(again);
	free(text);
	sn_report_fini(&report);
}

static void metrics_check(struct sn_n2 *n2)
{
	struct sn_metrics *metrics;
	struct sn_text page = { 0 };

	must(sn_metrics_new(&metrics) == 0, "metrics");
	sn_n2_module.collect(n2, metrics);
	must(sn_metrics_write(metrics, &page) == 0, "the metrics are written");
	must(!strstr(page.data, " -") && !strstr(page.data, " 1844674407370955"), "no gauge below nothing");
	sn_text_free(&page);
	sn_metrics_free(metrics);
}

/* One of the outputs, chosen by the input: all of them would take most of the time. */
static void outputs_check(struct sn_n2 *n2, size_t which)
{
	static const char *const by[] = { NULL, "gnb", "amf", "slice", "cause", "none" };
	char *ue = NULL;

	if (which % 8 == 7) {
		metrics_check(n2);
		return;
	}
	if (which % 8 < 6) {
		document_check(n2, &(struct sn_query) { .by = by[which % 8] }, NULL);
		return;
	}
	document_check(n2, &(struct sn_query) { .by = "ue" }, &ue);
	if (ue)
		document_check(n2, &(struct sn_query) { .ue = ue }, NULL);
	free(ue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint16_t ports[] = { 38412 };
	static struct sn_pseudonym *pseudonym;
	static const struct sn_n2_config config = { .ports = { ports, 1 },
						    .timeout = 2 * SECOND,
						    .capture_limit = 16384,
						    .ue_idle = 60 * SECOND,
						    .association_idle = 90 * SECOND,
						    .max_ues = 16,
						    .max_associations = 4,
						    .max_label_values = 5,
						    .max_series = 100,
						    .story_entries = 1024 };
	struct sn_host host = { .warn = warn, .wall_offset_ns = wall_offset };
	struct play play = { .now_ns = 1800000000ull * SECOND };
	struct sn_diag diag = { 0 };
	size_t which = size;
	unsigned records = 0;

	if (!pseudonym)
		must(sn_pseudonym_new(NULL, false, &pseudonym, &diag) == 0, diag.text);
	host.pseudonym = pseudonym;
	must(sn_n2_module.open(&host, &config, (void **)&play.n2, &diag) == 0, diag.text);
	while (size >= 2 && records++ < 4096) {
		size_t len = data[1];

		if (data[0] & 64) /* 64 more means much more */
			len *= 8;
		len = len < size - 2 ? len : size - 2;
		record_take(&play, data[0], data + 2, len);
		if (records % 64 == 0)
			must(engine_fault(&play.n2->engine) == NULL, engine_fault(&play.n2->engine));
		data += 2 + len;
		size -= 2 + len;
	}
	sn_n2_module.finish(play.n2);
	must(engine_fault(&play.n2->engine) == NULL, engine_fault(&play.n2->engine));
	outputs_check(play.n2, which);
	sn_n2_module.close(play.n2);
	return 0;
}
