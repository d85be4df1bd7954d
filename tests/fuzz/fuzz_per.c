/* SPDX-License-Identifier: Apache-2.0 */
/** @file The PER primitives in any order: the first octet says how many of the next are steps, what follows is read. */
#include <stdlib.h>

#include "codec/per.h"

static volatile uint64_t seen;

static void look(struct sn_view view)
{
	for (size_t i = 0; i < view.len; i++)
		seen += view.data[i];
}

static void step(struct sn_per *per, uint8_t what)
{
	unsigned argument = what >> 4;
	bool more;

	switch (what & 0xf) {
	case 0:
		seen += sn_per_bits(per, argument * 2);
		break;
	case 1:
		sn_per_align(per);
		break;
	case 2: /* ranges of 1 to 2^64 values */
		seen += sn_per_constrained(per, argument, argument + (UINT64_MAX - argument) / (1ull << argument * 4));
		break;
	case 3:
		seen += sn_per_constrained(per, 3, 3 + (1ull << argument));
		break;
	case 4:
		seen += (uint64_t)sn_per_integer(per);
		break;
	case 5:
		seen += sn_per_length(per, argument, argument * 10);
		break;
	case 6:
		seen += sn_per_length(per, argument & 1, SN_PER_UNBOUNDED);
		break;
	case 7:
		seen += sn_per_fragment(per, &more);
		break;
	case 8:
		seen += sn_per_enum(per, argument, true);
		break;
	case 9:
		seen += sn_per_enum(per, argument, false);
		break;
	case 10:
		look(sn_per_octets(per, argument));
		break;
	case 11:
		look(sn_per_open_type(per));
		break;
	case 12:
		sn_per_skip_extensions(per);
		break;
	case 13:
		look(sn_per_octets(per, SIZE_MAX - argument));
		break;
	default:
		seen += sn_per_bits(per, 32);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sn_per per;
	size_t steps;

	if (size < 1 || size < 1 + (size_t)data[0])
		return 0;
	steps = data[0];
	sn_per_init(&per, (struct sn_view) { data + 1 + steps, size - 1 - steps });
	for (size_t i = 0; i < steps; i++) {
		size_t before = per.pos;
		int error = per.error;

		step(&per, data[1 + i]);
		if (per.pos < before || per.pos > per.bits || (error && (per.pos != before || per.error != error)))
			abort();
	}
	return 0;
}
