/* SPDX-License-Identifier: Apache-2.0 */
/** @file The user side of a BPF ring buffer (kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst tell its layout). */
#include <errno.h>
#include <linux/bpf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macro.h"
#include "kernel/reader.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A page that we write: how far we read. A page that we read: how far was written; behind it the data. */
static int map_pages(struct reader *reader)
{
	size_t page = page_size();
	void *p;

	if (reader->producer)
		return 0;
	if (!reader->consumer) {
		p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, reader->map, 0);
		if (p == MAP_FAILED)
			return -errno;
		reader->consumer = p;
	}
	p = mmap(NULL, page + reader->size, PROT_READ, MAP_SHARED, reader->map, (off_t)page);
	if (p == MAP_FAILED)
		return -errno;
	reader->producer = p;
	reader->data = (const uint8_t *)p + page;
	return 0;
}

int reader_open(struct reader *reader, int map, size_t size)
{
	/* An edge: records come without a wake-up between two that have one, and are no reason to turn round at once. */
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	*reader = (struct reader) { .epoll_fd = -1, .map = map, .size = size };
	reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reader->epoll_fd < 0 || epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, map, &event))
		return -errno;
	return 0;
}

void reader_close(struct reader *reader)
{
	if (reader->consumer)
		munmap(reader->consumer, page_size());
	if (reader->producer)
		munmap((void *)reader->producer, page_size() + reader->size);
	if (reader->size && reader->epoll_fd >= 0)
		close(reader->epoll_fd);
	free(reader->joined);
	*reader = (struct reader) { .epoll_fd = -1 };
}

size_t reader_waiting(struct reader *reader)
{
	unsigned long consumer;

	if (map_pages(reader))
		return 0;
	/* The consumer first: it never passes the producer. */
	consumer = __atomic_load_n(reader->consumer, __ATOMIC_ACQUIRE);
	return __atomic_load_n(reader->producer, __ATOMIC_ACQUIRE) - consumer;
}

/* The record in one piece. @return NULL without memory. */
static const uint8_t *record_at(struct reader *reader, size_t offset, size_t length)
{
	size_t first;

	offset &= reader->size - 1;
	if (offset + length <= reader->size)
		return reader->data + offset;
	if (length > reader->joined_size) {
		uint8_t *joined = realloc(reader->joined, length);

		if (!joined)
			return NULL;
		reader->joined = joined;
		reader->joined_size = length;
	}
	first = reader->size - offset;
	memcpy(reader->joined, reader->data + offset, first);
	memcpy(reader->joined + first, reader->data, length - first);
	return reader->joined;
}

static int drain(struct reader *reader, size_t max, reader_fn fn, void *ctx)
{
	unsigned long consumer = __atomic_load_n(reader->consumer, __ATOMIC_RELAXED);
	size_t count = 0;

	while (count < max && consumer != __atomic_load_n(reader->producer, __ATOMIC_ACQUIRE)) {
		const uint32_t *head = (const uint32_t *)(reader->data + (consumer & (reader->size - 1)));
		uint32_t word = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		size_t length = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT) /* reserved, not written yet */
			break;
		if (length > reader->size)
			return -EIO;
		if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			const uint8_t *record = record_at(reader, consumer + BPF_RINGBUF_HDR_SZ, length);

			if (!record)
				return -ENOMEM;
			fn(ctx, record, length);
			count++;
		}
		consumer += (BPF_RINGBUF_HDR_SZ + length + 7) & ~7ul;
		__atomic_store_n(reader->consumer, consumer, __ATOMIC_RELEASE);
	}
	return (int)count;
}

int reader_consume(struct reader *reader, size_t max, reader_fn fn, void *ctx)
{
	struct epoll_event event;
	int first, second = map_pages(reader);

	if (second)
		return second;
	if (!max || max > INT_MAX)
		max = INT_MAX;
	first = drain(reader, max, fn, ctx);
	/* Enough for now, and the descriptor stays ready if it was. */
	if (first < 0 || (size_t)first == max)
		return first;
	/* Takes the edge; what came before that is looked for once more, what comes after it makes a new one. */
	if (epoll_wait(reader->epoll_fd, &event, 1, 0) <= 0)
		return first;
	second = drain(reader, max - (size_t)first, fn, ctx);
	return second < 0 ? second : first + second;
}
