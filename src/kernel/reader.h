/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Reads a BPF ring buffer. libbpf's reader maps the data twice, so that no record is cut at the end, and every page of both
 * counts as memory of the process: ours maps it once and copies the one record per turn that is cut. It also stops after a number
 * of records, tells the fill, and is woken by an edge: what arrives without a wake-up waits for the timer.
 */
#ifndef SN_KERNEL_READER_H
#define SN_KERNEL_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader {
	int epoll_fd;
	int map;     /* the ring's; the caller's */
	size_t size; /* of the data, a power of two */
	unsigned long *consumer;
	const unsigned long *producer;
	const uint8_t *data;
	uint8_t *joined; /* a record that was cut */
	size_t joined_size;
};

/**
 * The pages are mapped by the first look at them, not here: while programs are loaded, the kernel's type information takes as
 * much memory again, and the two need not meet. @param size of the ring, as it was made.
 * @return 0 or a negative errno; released by reader_close.
 */
int reader_open(struct reader *reader, int map, size_t size);
/** Accepts what reader_open left half-built, and a zeroed one. */
void reader_close(struct reader *reader);

/** A record; valid during the call. */
typedef void (*reader_fn)(void *ctx, const void *record, size_t length);
/** Delivers at most `max` records (0: all there are). @return how many, or a negative errno. */
int reader_consume(struct reader *reader, size_t max, reader_fn fn, void *ctx);
/** Octets between what was produced and what was consumed. */
size_t reader_waiting(struct reader *reader);

#endif
