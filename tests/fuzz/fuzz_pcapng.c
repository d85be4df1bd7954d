/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Fuzzes the capture reader and what it feeds. The first octet chooses the size of the reads and whether some of them fail;
 * every frame goes through the packet decoder, every fragment through the reassembler.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "codec/packet.h"
#include "codec/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct sn_view rest;
	uint8_t shape;
	uint32_t reads;
};

static int64_t input_read(void *ctx, uint8_t *ret_data, size_t size)
{
	struct input *input = ctx;
	size_t chunk = input->shape & 0x3f ? input->shape & 0x3f : SIZE_MAX, n = SN_MIN(SN_MIN(size, chunk), input->rest.len);

	if (input->shape & 0x80 && ++input->reads % 8 == 0)
		return -EAGAIN;
	if (n)
		memcpy(ret_data, input->rest.data, n);
	input->rest.data += n;
	input->rest.len -= n;
	return (int64_t)n;
}

/** Reads every octet of a view, so that a sanitizer sees one that lies outside. */
static uint32_t touch(struct sn_view view)
{
	uint32_t sum = 0;

	for (size_t n = 0; n < view.len; n++)
		sum += view.data[n];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { 0 };
	struct sn_reassembly *reassembly = NULL;
	struct sn_capture *capture = NULL;
	const struct sn_capture_stats *stats;
	struct sn_diag diag = { 0 };
	struct sn_frame frame;
	static volatile uint32_t sink;
	uint64_t frames = 0;
	int r;

	if (!size)
		return 0;
	input = (struct input) { .rest = { data + 1, size - 1 }, .shape = data[0] & 0x7f };
	r = sn_capture_open(input_read, &input, &capture, &diag);
	if (r) {
		if (!diag.text[0])
			abort();
		return 0;
	}
	input.shape = data[0];
	if (sn_reassembly_new(4, 1000000000, &reassembly))
		abort();
	while ((r = sn_capture_next(capture, &frame)) == 1 || r == -EAGAIN) {
		struct sn_packet packet;

		if (r == -EAGAIN)
			continue;
		frames++;
		sink += touch(frame.data);
		if (sn_packet_decode(frame.linktype, frame.data, &packet))
			continue;
		sink += touch(packet.payload);
		if (packet.fragment && sn_reassembly_add(reassembly, &packet, frame.time_ns, &packet) == 1)
			sink += touch(packet.payload);
	}
	stats = sn_capture_stats(capture);
	if (stats->frames != frames || stats->bytes > size - 1 || (r && r != -EBADMSG) || (!r && stats->bytes != size - 1))
		abort();
	if (sn_capture_next(capture, &frame) != r)
		abort();
	sn_capture_free(capture);
	sn_reassembly_free(reassembly);
	return 0;
}
