/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Fuzzes the SCTP receiver. The input is a sequence of packets, each behind four octets: flags (bit 0 who sends it, bits 1
 * and 2 by which addresses, bit 3 the capture lacks its end), a time step in steps of 50 ms, and two octets of length. Limits are
 * small, so that they are met, and held against what the receiver reports; every association is followed from its first event to
 * its last.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "codec/sctp.h"

#define MAX_ASSOCIATIONS 6
#define MAX_MESSAGE	 2000
#define MAX_BUFFERED	 6000
#define MAX_TOTAL	 15000
#define IDS		 4096
#define STEP_NS		 UINT64_C(50000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Whether an association is up, by its id. */
static bool up[IDS];
static volatile uint32_t sink_sum;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void on_message(void *ctx, const struct sn_sctp_message *message)
{
	check(message->association && (message->association >= IDS || up[message->association]));
	check(message->from < 2 && message->data.len <= MAX_MESSAGE);
	check(message->endpoints[0].port && message->endpoints[1].port);
	check(message->data.len || message->truncated);
	for (size_t i = 0; i < message->data.len; i++)
		sink_sum += message->data.data[i];
}

static void on_event(void *ctx, uint64_t association, enum sn_sctp_event_kind kind, const struct sn_sctp_endpoint endpoints[2],
		     uint64_t time_ns)
{
	bool begins = kind == SN_SCTP_ASSOCIATION_UP || kind == SN_SCTP_ASSOCIATION_ADOPTED;

	if (association >= IDS)
		return;
	check(up[association] != begins);
	up[association] = begins || kind == SN_SCTP_ASSOCIATION_RESTART;
}

static void check_stats(const struct sn_sctp *sctp)
{
	const struct sn_sctp_stats *stats = sn_sctp_stats(sctp);

	check(stats->associations <= MAX_ASSOCIATIONS && stats->buffered <= MAX_TOTAL);
	check(stats->messages <= stats->data_chunks);
}

static int take(struct sn_sctp *sctp, const uint8_t *head, struct sn_view packet, uint64_t time_ns)
{
	uint8_t path = head[0] >> 1 & 3, from = head[0] & 1;
	struct sn_packet ip = {
		.src = { .octets = { 10, 0, path, from }, .family = 4 },
		.dst = { .octets = { 10, 0, path, !from }, .family = 4 },
		.protocol = 132,
	};
	uint8_t *exact = malloc(packet.len + 1);
	int r;

	if (!exact)
		return 0;
	if (packet.len)
		memcpy(exact, packet.data, packet.len);
	r = sn_sctp_input(sctp, &ip, (struct sn_view) { exact, packet.len }, (uint32_t)packet.len + (head[0] & 8 ? 8 : 0),
			  time_ns);
	free(exact);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sn_sctp_limits limits = {
		.max_associations = MAX_ASSOCIATIONS,
		.max_message = MAX_MESSAGE,
		.max_buffered = MAX_BUFFERED,
		.max_total = MAX_TOTAL,
		.idle_timeout_ns = 200 * STEP_NS,
	};
	struct sn_sctp_sink sink = { .message = on_message, .event = on_event };
	struct sn_sctp *sctp = NULL;
	uint64_t time_ns = 1000 * STEP_NS;

	sink_sum = 0;
	memset(up, 0, sizeof(up));
	if (sn_sctp_new(&limits, &sink, &sctp))
		return 0;
	while (size >= 4) {
		size_t len = SN_MIN((size_t)sn_be16(data + 2), size - 4);
		int r;

		time_ns += data[1] * STEP_NS;
		r = take(sctp, data, (struct sn_view) { data + 4, len }, time_ns);
		check(r == 0 || r == -EBADMSG);
		check_stats(sctp);
		if (data[1] >= 20) {
			sn_sctp_tick(sctp, time_ns);
			check_stats(sctp);
		}
		data += 4 + len;
		size -= 4 + len;
	}
	if (sink_sum % 2) { /* in the middle of it, as at the end of a file */
		sn_sctp_free(sctp);
		return 0;
	}
	sn_sctp_tick(sctp, time_ns + 1000 * STEP_NS);
	sn_sctp_tick(sctp, time_ns + 2000 * STEP_NS);
	check(sn_sctp_stats(sctp)->associations == 0 && sn_sctp_stats(sctp)->buffered == 0);
	for (size_t i = 0; i < IDS; i++)
		check(!up[i]);
	sn_sctp_free(sctp);
	return 0;
}
