/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file DATA chunks per second that the SCTP receiver takes on one core: messages of 100 octets in order, one chunk per packet,
 * turn about over a number of associations, with the checksum verified and without; in fragments; and with every 50th packet
 * late.
 *
 * Best and median of several rounds: the best is what the code can do, the distance of the median says how quiet the machine was.
 */
#include <stdio.h>
#include <time.h>

#include "base/macro.h"
#include "codec/sctp.h"

#define ROUNDS	     15
#define ROUND_CHUNKS 400000
#define MAX_ASSOCS   4096
#define USER_DATA    100
#define PACKET	     (12 + 16 + USER_DATA)

enum shape {
	SINGLE,	   /* a message per chunk */
	FRAGMENTS, /* four chunks make a message */
	LATE,	   /* every 50th packet changes places with the one after it */
};

struct bench {
	struct sn_sctp *sctp;
	uint32_t assocs;
	enum shape shape;
	uint32_t tsn;
	uint64_t messages;
	uint8_t packets[MAX_ASSOCS][PACKET];
};

static struct bench bench;

static void on_message(void *ctx, const struct sn_sctp_message *message)
{
	bench.messages++;
}

/** Sends one packet with the given TSN on each association. */
static void send_all(uint32_t tsn)
{
	static const uint8_t flags[4] = { 2, 0, 0, 1 };
	uint32_t mid = bench.shape == FRAGMENTS ? tsn / 4 : tsn;

	for (uint32_t i = 0; i < bench.assocs; i++) {
		uint8_t *p = bench.packets[i];
		struct sn_packet ip = { .src = { .octets = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i }, .family = 4 },
					.dst = { .octets = { 10, 0, 0, 1 }, .family = 4 } };

		p[13] = bench.shape == FRAGMENTS ? flags[tsn % 4] : 3;
		sn_put_be32(p + 16, tsn);
		sn_put_be16(p + 22, (uint16_t)mid);
		sn_sctp_input(bench.sctp, &ip, (struct sn_view) { p, PACKET }, PACKET, 1000);
	}
}

static void send_round(uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		bool late = bench.shape == LATE && n % 50 == 0 && n + 1 < count;

		send_all(bench.tsn + late);
		if (late) {
			send_all(bench.tsn);
			n++;
			bench.tsn++;
		}
		bench.tsn++;
	}
}

/** CPU time of this thread, so that neighbours on the machine do not count. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int measure(const char *what, uint32_t assocs, enum shape shape, bool checksum)
{
	struct sn_sctp_limits limits = { .max_associations = MAX_ASSOCS, .skip_checksum = !checksum };
	struct sn_sctp_sink sink = { .message = on_message };
	uint32_t passes = ROUND_CHUNKS / assocs & ~3u;
	double ns[ROUNDS];

	if (sn_sctp_new(&limits, &sink, &bench.sctp) < 0)
		return 1;
	bench.assocs = assocs;
	bench.shape = shape;
	bench.tsn = 4;
	bench.messages = 0;
	for (uint32_t i = 0; i < assocs; i++) {
		uint8_t *p = bench.packets[i];

		memset(p, 0x5a, PACKET);
		sn_put_be16(p, 38412);
		sn_put_be16(p + 2, 38412);
		sn_put_be32(p + 4, 0x9e3779b9u * (i + 1));
		sn_put_be32(p + 12, 16 + USER_DATA); /* DATA; flags are set as it is sent */
		sn_put_be16(p + 20, (uint16_t)(i % 10));
		sn_put_be32(p + 24, 60);
	}
	send_round(64);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = cpu_ns();

		send_round(passes);
		ns[round] = (double)(cpu_ns() - begin) / ((double)passes * assocs);
	}
	if (bench.messages != ((uint64_t)passes * ROUNDS + 64) * assocs / (shape == FRAGMENTS ? 4 : 1))
		fprintf(stderr, "%s: %llu messages\n", what, (unsigned long long)bench.messages);
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	printf("%-10s %5u associations, checksum %-3s  %6.1f ns/chunk  %6.2f million chunks/s   (median %.1f ns)\n", what, assocs,
	       checksum ? "yes" : "no", ns[0], 1e3 / ns[0], ns[ROUNDS / 2]);
	bench.sctp = sn_sctp_free(bench.sctp);
	return 0;
}

int main(void)
{
	static const uint32_t assocs[] = { 1, 100, MAX_ASSOCS };
	int r = 0;

	for (size_t i = 0; i < SN_ARRAY_SIZE(assocs); i++) {
		r |= measure("in order", assocs[i], SINGLE, false);
		r |= measure("in order", assocs[i], SINGLE, true);
	}
	r |= measure("fragments", 100, FRAGMENTS, false);
	r |= measure("late", 100, LATE, false);
	return r;
}
