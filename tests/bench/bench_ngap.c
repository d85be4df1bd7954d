/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Messages per second that the NGAP decoder takes on one core, alone and with the NAS in them, over the messages of the
 * recordings (or of the captures named on the command line).
 *
 * In CPU time, so that others on the machine take no part in it but by the caches. Best and median of several rounds: the best is
 * what the code can do, the distance of the median says how quiet the machine was.
 */
#include <time.h>

#include "../recording.h"

#include "base/macro.h"
#include "codec/nas.h"
#include "codec/ngap.h"

#define ROUNDS	       15
#define ROUND_MESSAGES 1000000

static const char *const recordings[] = {
	SN_TEST_DATA "/captures/nea0-n2.pcapng",
	SN_TEST_DATA "/captures/handover-n2.pcapng",
};

static struct sn_ngap_message message;
static struct sn_nas_pdu pdu;
static volatile uint64_t keep; /* so that no result is without use */

static uint64_t decode_nas(struct sn_view nas)
{
	if (!nas.len)
		return 0;
	sn_nas_decode(nas, SN_NEA0, &pdu);
	return pdu.count;
}

/** @return NAS PDUs decoded. */
static uint64_t decode_all(const struct recording *recording, bool with_nas)
{
	uint64_t count = 0;

	for (size_t i = 0; i < recording->count; i++) {
		keep += (uint64_t)sn_ngap_decode(SN_AP_NGAP, recording->messages[i].data, &message) + message.amf_ue_ngap_id;
		if (!with_nas)
			continue;
		count += decode_nas(message.nas);
		for (unsigned s = 0; s < message.session_count; s++)
			count += decode_nas(message.sessions[s].nas);
	}
	return count;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *what, const struct recording *recording, bool with_nas)
{
	size_t passes = ROUND_MESSAGES / recording->count + 1;
	double ns[ROUNDS];

	decode_all(recording, with_nas);
	for (int round = 0; round < ROUNDS; round++) {
		double begin = cpu_ns();

		for (size_t pass = 0; pass < passes; pass++)
			keep += decode_all(recording, with_nas);
		ns[round] = (cpu_ns() - begin) / (double)(passes * recording->count);
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	printf("%-12s %7.1f ns/message  %6.2f million messages/s   (median of %d rounds: %.1f ns, %.2f million/s)\n", what, ns[0],
	       1e3 / ns[0], ROUNDS, ns[ROUNDS / 2], 1e3 / ns[ROUNDS / 2]);
}

/** Drops what is not NGAP, so that the loop measured has no condition. */
static void only_ngap(struct recording *recording)
{
	size_t kept = 0;

	for (size_t i = 0; i < recording->count; i++) {
		if (sn_ap_of_ppid(recording->messages[i].ppid) == SN_AP_NGAP)
			recording->messages[kept++] = recording->messages[i];
		else
			free((void *)recording->messages[i].data.data);
	}
	recording->count = kept;
}

int main(int argc, char **argv)
{
	struct recording recording = { 0 };

	for (int i = 1; i < argc; i++)
		if (recording_read(&recording, argv[i]) < 0)
			return 1;
	for (size_t i = 0; argc == 1 && i < SN_ARRAY_SIZE(recordings); i++)
		if (recording_read(&recording, recordings[i]) < 0)
			return 1;
	only_ngap(&recording);
	if (recording.count == 0) {
		fprintf(stderr, "no NGAP message in there\n");
		return 1;
	}
	printf("%zu messages of %zu octets on average\n", recording.count, recording.bytes / recording.count);
	measure("NGAP", &recording, false);
	measure("NGAP + NAS", &recording, true);
	recording_free(&recording);
	return 0;
}
