/* SPDX-License-Identifier: Apache-2.0 */
/** @file The user messages of a recorded capture, through the codecs that the agent uses: what tests and benchmarks feed on. */
#ifndef SN_TESTS_RECORDING_H
#define SN_TESTS_RECORDING_H

#include <stdio.h>
#include <stdlib.h>

#include "base/source.h"
#include "codec/packet.h"
#include "codec/pcapng.h"
#include "codec/sctp.h"

struct recording_message {
	struct sn_view data; /* owned by the recording, allocated to its length: reading past its end is seen */
	uint32_t ppid;
};

struct recording {
	struct recording_message *messages;
	size_t count;
	size_t bytes;
};

static inline void recording_add(void *ctx, const struct sn_sctp_message *message)
{
	struct recording *recording = ctx;
	uint8_t *data = malloc(message->data.len ? message->data.len : 1);

	if ((recording->count & (recording->count - 1)) == 0) {
		size_t room = recording->count ? recording->count * 2 : 1;

		recording->messages = realloc(recording->messages, room * sizeof(*recording->messages));
	}
	if (!data || !recording->messages)
		abort();
	memcpy(data, message->data.data, message->data.len);
	recording->messages[recording->count++] =
		(struct recording_message) { .data = { data, message->data.len }, .ppid = message->ppid };
	recording->bytes += message->data.len;
}

static inline void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++)
		free((void *)recording->messages[i].data.data);
	free(recording->messages);
	*recording = (struct recording) { 0 };
}

/** Reads the messages of a capture behind those there are. @return 0, or -1 with a line on stderr. */
static inline int recording_read(struct recording *recording, const char *path)
{
	struct sn_sctp_sink sink = { .message = recording_add, .ctx = recording };
	struct sn_source *source = NULL;
	struct sn_capture *capture = NULL;
	struct sn_sctp *sctp = NULL;
	struct sn_diag diag = { 0 };
	struct sn_frame frame;
	int r = sn_source_open(path, &source, &diag);

	if (r == 0)
		r = sn_capture_open(sn_source_read, source, &capture, &diag);
	if (r == 0)
		r = sn_sctp_new(NULL, &sink, &sctp);
	while (r == 0 && (r = sn_capture_next(capture, &frame)) > 0) {
		struct sn_packet packet;

		r = 0;
		if (sn_packet_decode(frame.linktype, frame.data, &packet) == 0 && packet.protocol == 132)
			sn_sctp_input(sctp, &packet, packet.payload, (uint32_t)packet.payload.len, frame.time_ns);
	}
	sn_sctp_free(sctp);
	sn_capture_free(capture);
	sn_source_free(source);
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", path, strerror(-r), diag.text);
	return r < 0 ? -1 : 0;
}

#endif
