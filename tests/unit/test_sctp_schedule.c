/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file SCTP: messages from both ends in random fragments, bundled, doubled and out of order within a window: whatever the
 * schedule, each is delivered once, byte by byte, and those of a stream in order.
 */
#include "sctp_rig.h"

static struct rig rig;

#define MESSAGES 400
#define STREAMS	 5

struct plan_chunk {
	uint32_t message; /* index */
	uint32_t tsn, mid, fsn;
	uint16_t stream;
	uint8_t flags;
	size_t offset, len;
};

struct plan {
	struct plan_chunk chunks[MESSAGES * 12];
	size_t count;
	size_t packet_end[MESSAGES * 12]; /* chunks [packet_end[i-1], packet_end[i]) are packet i */
	size_t packets;
};

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

/** The contents of a message tell which one it is. */
static size_t content(int from, uint32_t message, uint8_t *ret_data)
{
	size_t len = 8 + (message * 37u) % 900;

	sn_put_be32(ret_data, message);
	ret_data[4] = (uint8_t)from;
	for (size_t i = 5; i < len; i++)
		ret_data[i] = (uint8_t)(i * 7 + message + (uint32_t)from);
	return len;
}

/** Cuts messages into chunks; with I-DATA the chunks of up to three messages are interleaved. */
static void plan_make(struct plan *plan, int from, uint32_t tsn, bool interleaved)
{
	uint32_t next[2][STREAMS] = { 0 }, message = 0;
	struct {
		struct plan_chunk chunk; /* the next one */
		size_t total, step;
		bool used;
	} open[3] = { 0 };
	uint8_t data[1024];
	size_t left;

	plan->count = 0;
	do {
		uint32_t k = interleaved ? rnd(3) : 0;
		struct plan_chunk *chunk = &open[k].chunk;

		if (!open[k].used && message < MESSAGES) {
			bool unordered = rnd(4) == 0, clash = false;
			uint16_t stream = (uint16_t)rnd(STREAMS);

			/* Messages of one stream and order are not interleaved. */
			for (int i = 0; i < 3; i++)
				clash |= open[i].used && open[i].chunk.stream == stream &&
					 !(open[i].chunk.flags & SCTP_U) == !unordered;
			if (!clash) {
				open[k].total = content(from, message, data);
				open[k].step = rnd(2) ? 1024 : 90 + rnd(200);
				open[k].used = true;
				*chunk = (struct plan_chunk) {
					.message = message++,
					.stream = stream,
					.flags = SCTP_B | (unordered ? SCTP_U : 0),
					/* The SSN of unordered DATA means nothing. */
					.mid = unordered && !interleaved ? rnd(65536) : next[unordered][stream]++,
				};
			}
		}
		if (open[k].used) {
			left = open[k].total - chunk->offset;
			chunk->len = left < open[k].step ? left : open[k].step;
			chunk->tsn = tsn++;
			if (chunk->len == left)
				chunk->flags |= SCTP_E;
			plan->chunks[plan->count++] = *chunk;
			open[k].used = chunk->len != left;
			chunk->offset += chunk->len;
			chunk->fsn++;
			chunk->flags &= (uint8_t)~SCTP_B;
		}
	} while (message < MESSAGES || open[0].used || open[1].used || open[2].used);
	plan->packets = 0;
	for (size_t i = 0; i < plan->count; i = plan->packet_end[plan->packets - 1])
		plan->packet_end[plan->packets++] = i + 1 + rnd(4) < plan->count ? i + 1 + rnd(3) : plan->count;
}

static void plan_send(const struct plan *plan, size_t packet, int from, bool interleaved)
{
	struct sctp_build *b = rig_begin(&rig, from);
	uint8_t data[1024];

	for (size_t i = packet ? plan->packet_end[packet - 1] : 0; i < plan->packet_end[packet]; i++) {
		const struct plan_chunk *c = &plan->chunks[i];

		content(from, c->message, data);
		if (interleaved)
			sctp_idata(b, c->flags, c->tsn, c->stream, c->mid, c->flags & SCTP_B ? PPID : c->fsn, data + c->offset,
				   c->len);
		else
			sctp_data(b, c->flags, c->tsn, c->stream, (uint16_t)c->mid, PPID, data + c->offset, c->len);
	}
	rig.now += rnd(1000000);
	assert_int_equal(rig_send(&rig, from), 0);
}

/** Sends packets within a window of `window` in random order, some of them twice. */
static void plan_run(const struct plan plans[2], uint32_t window, bool interleaved)
{
	static uint8_t sent[2][MESSAGES * 12];
	size_t low[2] = { 0, 0 };

	memset(sent, 0, sizeof(sent));
	while (low[0] < plans[0].packets || low[1] < plans[1].packets) {
		int from = (int)rnd(2);
		const struct plan *plan = &plans[from];
		size_t pick;

		if (low[from] == plan->packets)
			continue;
		pick = low[from] + rnd(window);
		if (pick >= plan->packets)
			pick = low[from];
		if (sent[from][pick] && rnd(8))
			continue;
		plan_send(plan, pick, from, interleaved);
		sent[from][pick] = 1;
		while (low[from] < plan->packets && sent[from][low[from]])
			low[from]++;
	}
}

/** Every message once, byte by byte, and the ordered ones of a stream in order. */
static void plan_check(void)
{
	static uint8_t seen[2][MESSAGES];
	uint32_t last[2][STREAMS] = { 0 };
	uint8_t data[1024];

	memset(seen, 0, sizeof(seen));
	assert_int_equal(rig.count, 2 * MESSAGES);
	for (size_t i = 0; i < rig.count; i++) {
		const struct sn_sctp_message *m = &rig.messages[i].message;
		uint32_t message = sn_be32(m->data.data);

		assert_true(message < MESSAGES);
		assert_int_equal(m->data.len, content(m->from, message, data));
		assert_memory_equal(m->data.data, data, m->data.len);
		assert_int_equal(m->ppid, PPID);
		assert_int_equal(seen[m->from][message]++, 0);
		if (m->unordered)
			continue;
		assert_true(message + 1 > last[m->from][m->stream]);
		last[m->from][m->stream] = message + 1;
	}
	assert_int_equal(rig_losses_except(&rig, SN_SCTP_DUPLICATE_TSN), 0);
	assert_int_equal(sn_sctp_stats(rig.sctp)->buffered, 0);
}

static void test_any_schedule(void **state)
{
	static struct plan plans[2];

	for (uint32_t round = 0; round < 40; round++) {
		bool interleaved = round & 1;
		uint32_t tsn = round % 4 < 2 ? 0xffffffff - 300 : 12345;

		seed = 0x9e3779b97f4a7c15u + round;
		rig_open(&rig, NULL);
		rig_init(&rig, GNB, tsn);
		rig_init_ack(&rig, AMF, tsn + 77);
		rig_control(&rig, GNB, 10, 0);
		rig_control(&rig, AMF, 11, 0);
		plan_make(&plans[GNB], GNB, tsn, interleaved);
		plan_make(&plans[AMF], AMF, tsn + 77, interleaved);
		plan_run(plans, 1 + round * 3, interleaved);
		plan_check();
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_schedule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
