/* SPDX-License-Identifier: Apache-2.0 */
/** @file Reads fields of protobuf messages. A cursor never steps beyond the message that it was given. */
#include "codec/protobuf.h"

#include <errno.h>

/** The part of read_varint() for what is longer than one octet. */
static bool read_long_varint(struct sn_view *in, uint64_t *ret_value)
{
	size_t most = SN_MIN(in->len, (size_t)SN_PB_MAX_VARINT);
	uint64_t value = 0;

	for (size_t i = 0; i < most; i++) {
		uint8_t octet = in->data[i];

		if (i == SN_PB_MAX_VARINT - 1 && octet > 1) /* the 64th bit is the last */
			return false;
		value |= (uint64_t)(octet & 0x7f) << 7 * i;
		if (octet & 0x80)
			continue;
		in->data += i + 1;
		in->len -= i + 1;
		*ret_value = value;
		return true;
	}
	return false;
}

static inline bool read_varint(struct sn_view *in, uint64_t *ret_value)
{
	if (SN_UNLIKELY(!in->len || in->data[0] & 0x80))
		return read_long_varint(in, ret_value);
	*ret_value = in->data[0];
	in->data++;
	in->len--;
	return true;
}

static inline bool read_octets(struct sn_view *in, uint64_t len, struct sn_view *ret_octets)
{
	if (len > in->len)
		return false;
	*ret_octets = (struct sn_view) { in->data, (size_t)len };
	in->data += len;
	in->len -= (size_t)len;
	return true;
}

int sn_pb_next(struct sn_view *message, struct sn_pb_field *ret_field)
{
	struct sn_view octets = { NULL, 0 }, in = *message;
	uint64_t tag, value = 0;

	if (!in.len)
		return 0;
	if (!read_varint(&in, &tag) || tag > UINT32_MAX || tag < SN_PB_TAG(1, 0))
		return -EBADMSG;
	switch (tag & 7) {
	case SN_PB_VARINT:
		if (!read_varint(&in, &value))
			return -EBADMSG;
		break;
	case SN_PB_FIXED64:
		if (!read_octets(&in, 8, &octets))
			return -EBADMSG;
		value = sn_le64(octets.data);
		break;
	case SN_PB_BYTES:
		if (!read_varint(&in, &value) || !read_octets(&in, value, &octets))
			return -EBADMSG;
		break;
	case SN_PB_FIXED32:
		if (!read_octets(&in, 4, &octets))
			return -EBADMSG;
		value = sn_le32(octets.data);
		break;
	default: /* groups (3 and 4), and what there is not */
		return -EBADMSG;
	}
	*ret_field = (struct sn_pb_field) { (uint32_t)tag, value, octets };
	*message = in;
	return 1;
}
