/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Fuzzes the packet decoder and the reassembler. The input is a link type (one octet, an index of those known) and then
 * frames, each behind a length of two octets and a time step of one; fragments among them meet in the reassembler, whose every
 * packet is held against the fragments by its own account.
 */
#include <stdlib.h>

#include "base/macro.h"
#include "codec/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t touch(struct sn_view view)
{
	uint32_t sum = 0;

	for (size_t n = 0; n < view.len; n++)
		sum += view.data[n];
	return sum;
}

/** What the contract promises of every packet. */
static void check_packet(const struct sn_packet *packet, struct sn_view frame)
{
	char text[SN_ADDR_TEXT];

	if (packet->payload.len > packet->payload_len || packet->truncated != (packet->payload.len < packet->payload_len))
		abort();
	if (packet->payload.data < frame.data || packet->payload.data + packet->payload.len > frame.data + frame.len)
		abort();
	if (packet->fragment != (packet->fragment_offset || packet->more_fragments))
		abort();
	if (!sn_addr_text(&packet->src, text)[0] || !sn_addr_text(&packet->dst, text)[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t linktypes[] = { 0, 1, 12, 101, 108, 113, 228, 229, 276, 147 };
	struct sn_reassembly *reassembly = NULL;
	const struct sn_reassembly_stats *stats;
	static volatile uint32_t sink;
	uint64_t time_ns = 0, fragments = 0, whole = 0;
	uint32_t linktype;

	if (!size || sn_reassembly_new(3, 100, &reassembly))
		return 0;
	linktype = linktypes[data[0] % SN_ARRAY_SIZE(linktypes)];
	data++;
	size--;
	while (size >= 3) {
		size_t len = SN_MIN((size_t)sn_be16(data), size - 3);
		struct sn_view frame = { data + 3, len };
		struct sn_packet packet, out;

		time_ns += data[2];
		data += 3 + len;
		size -= 3 + len;
		if (sn_packet_decode(linktype, frame, &packet))
			continue;
		check_packet(&packet, frame);
		sink += touch(packet.payload);
		if (!packet.fragment)
			continue;
		fragments++;
		if (sn_reassembly_add(reassembly, &packet, time_ns, &out) != 1)
			continue;
		whole++;
		if (out.fragment || out.payload.len != out.payload_len || out.payload_len > 65535)
			abort();
		sink += touch(out.payload);
	}
	sn_reassembly_expire(reassembly, UINT64_MAX);
	stats = sn_reassembly_stats(reassembly);
	if (stats->fragments != fragments || stats->reassembled != whole ||
	    stats->reassembled + stats->expired + stats->overlapping + stats->evicted + stats->too_large + stats->refused >
		    fragments)
		abort();
	sn_reassembly_free(reassembly);
	return 0;
}
