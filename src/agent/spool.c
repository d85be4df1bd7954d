/* SPDX-License-Identifier: Apache-2.0 */
/** @file A directory of numbered files, each a head and one batch. */
#include "agent/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/macro.h"

#define MAGIC	  0x314c4f4f5053534eull /* "NSSPOOL1" in memory, on the machine that wrote it */
#define NAME_LEN  22			/* 16 hexadecimal digits, ".batch" */
#define MAX_BATCH (64u << 20)
#define MAX_FILES 1000000u
#define FIRST	  (1ull << 32) /* number of the first batch: there is room before it */

struct head {
	uint64_t magic;
	uint32_t kind, records;
	uint8_t id[SN_BATCH_ID];
	uint64_t len;
	uint32_t crc; /* of the data */
	uint32_t zero;
};

struct file {
	uint64_t number;
	uint64_t octets;
	uint32_t records;
};

struct sn_spool {
	int directory;
	uint64_t max_octets;
	struct file *files; /* a ring: `count` from `first` on, the oldest first */
	size_t size, first, count;
	uint64_t next_number, taken; /* `taken` was given out last */
	struct sn_spool_stats stats;
};

static struct file *file_at(const struct sn_spool *spool, size_t i)
{
	return &spool->files[(spool->first + i) % spool->size];
}

static int file_add(struct sn_spool *spool, const struct file *file, bool front)
{
	if (spool->count == spool->size) {
		size_t size = spool->size ? 2 * spool->size : 64;
		struct file *files = malloc(size * sizeof(*files));

		if (!files)
			return -ENOMEM;
		for (size_t i = 0; i < spool->count; i++)
			files[i] = *file_at(spool, i);
		free(spool->files);
		spool->files = files;
		spool->size = size;
		spool->first = 0;
	}
	spool->count++;
	if (front)
		spool->first = (spool->first + spool->size - 1) % spool->size;
	*file_at(spool, front ? 0 : spool->count - 1) = *file;
	spool->stats.batches++;
	spool->stats.octets += file->octets;
	return 0;
}

static void name_of(uint64_t number, char ret_name[NAME_LEN + 1])
{
	snprintf(ret_name, NAME_LEN + 1, "%016" PRIx64 ".batch", number);
}

static void oldest_remove(struct sn_spool *spool)
{
	const struct file *file = file_at(spool, 0);
	char name[NAME_LEN + 1];

	name_of(file->number, name);
	unlinkat(spool->directory, name, 0);
	spool->stats.batches--;
	spool->stats.octets -= file->octets;
	spool->first = (spool->first + 1) % spool->size;
	spool->count--;
}

/** Reads the head of a file. @return whether it is one of ours and as long as it says. */
static bool head_read(int fd, struct head *ret_head)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && read(fd, ret_head, sizeof(*ret_head)) == sizeof(*ret_head) && ret_head->magic == MAGIC &&
	       ret_head->kind < _SN_BATCH_KIND_MAX && ret_head->len <= MAX_BATCH &&
	       (uint64_t)stat.st_size == sizeof(*ret_head) + ret_head->len;
}

static int by_number(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/** What an earlier agent left. */
static int directory_scan(struct sn_spool *spool)
{
	int fd = openat(spool->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int err = 0;

	if (!directory) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(directory)) && spool->count < MAX_FILES) {
		struct file file = { 0 };
		struct head head;
		char *end;
		SN_AUTO_FD int data = -1;

		if (strcmp(entry->d_name, ".new") == 0)
			unlinkat(spool->directory, entry->d_name, 0);
		file.number = strtoull(entry->d_name, &end, 16);
		if (strlen(entry->d_name) != NAME_LEN || end != entry->d_name + 16 || strcmp(end, ".batch") != 0)
			continue;
		data = openat(spool->directory, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (data < 0 || !head_read(data, &head)) {
			unlinkat(spool->directory, entry->d_name, 0);
			spool->stats.damaged_batches++;
			continue;
		}
		file.octets = sizeof(head) + head.len;
		file.records = head.records;
		err = file_add(spool, &file, /* front= */ false);
	}
	closedir(directory);
	if (!err && spool->count) { /* nothing was removed yet: the ring begins at its first place */
		qsort(spool->files, spool->count, sizeof(*spool->files), by_number);
		spool->next_number = file_at(spool, spool->count - 1)->number + 1;
	}
	return err;
}

int sn_spool_open(const char *directory, uint64_t max_octets, struct sn_spool **ret_spool, struct sn_diag *reterr)
{
	struct sn_spool *spool = calloc(1, sizeof(*spool));
	int err;

	if (!spool)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	spool->max_octets = max_octets;
	spool->next_number = FIRST;
	spool->directory = -1;
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		err = -errno;
	else
		err = (spool->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ? -errno
												   : directory_scan(spool);
	if (err) {
		sn_spool_close(spool);
		return sn_diag_set(reterr, err, "%s: the spool cannot be used: %s", directory, strerror(-err));
	}
	*ret_spool = spool;
	return 0;
}

struct sn_spool *sn_spool_close(struct sn_spool *spool)
{
	if (!spool)
		return NULL;
	if (spool->directory >= 0)
		close(spool->directory);
	free(spool->files);
	free(spool);
	return NULL;
}

static int write_all(int fd, const void *data, size_t len)
{
	for (const uint8_t *p = data; len;) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_write(struct sn_spool *spool, const struct sn_batch *batch, const char *name)
{
	struct head head = { .magic = MAGIC,
			     .kind = batch->kind,
			     .records = batch->records,
			     .len = batch->len,
			     .crc = sn_crc32c(0, (struct sn_view) { batch->data, batch->len }) };
	SN_AUTO_FD int fd = openat(spool->directory, ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	memcpy(head.id, batch->id, sizeof(head.id));
	err = write_all(fd, &head, sizeof(head));
	if (!err)
		err = write_all(fd, batch->data, batch->len);
	/* The name comes last: a batch is there whole or not at all. */
	if (!err && renameat(spool->directory, ".new", spool->directory, name) < 0)
		err = -errno;
	if (err)
		unlinkat(spool->directory, ".new", 0);
	return err;
}

/** Makes room at the expense of the oldest. @return whether there is room; the oldest of all may be the one that is to come. */
static bool make_room(struct sn_spool *spool, const struct file *file, bool front)
{
	if (file->octets > spool->max_octets)
		return false; /* the others would go for nothing */
	while (spool->count && !front && spool->stats.octets + file->octets > spool->max_octets) {
		spool->stats.dropped_batches++;
		spool->stats.dropped_records += file_at(spool, 0)->records;
		oldest_remove(spool);
	}
	return spool->stats.octets + file->octets <= spool->max_octets;
}

static int push(struct sn_spool *spool, const struct sn_batch *batch, bool front)
{
	struct file file = { .number = front && spool->count ? file_at(spool, 0)->number - 1 : spool->next_number,
			     .octets = sizeof(struct head) + batch->len,
			     .records = batch->records };
	char name[NAME_LEN + 1];
	int err = batch->len > MAX_BATCH ? -EFBIG : !make_room(spool, &file, front) ? -ENOSPC : 0;

	name_of(file.number, name);
	if (!err)
		err = file_write(spool, batch, name);
	if (!err) {
		err = file_add(spool, &file, front);
		if (err)
			unlinkat(spool->directory, name, 0);
	}
	if (err) {
		spool->stats.failed_batches++;
		spool->stats.failed_records += batch->records;
		return err;
	}
	spool->next_number = SN_MAX(spool->next_number, file.number + 1);
	return 0;
}

int sn_spool_push(struct sn_spool *spool, const struct sn_batch *batch)
{
	return push(spool, batch, /* front= */ false);
}

int sn_spool_push_front(struct sn_spool *spool, const struct sn_batch *batch)
{
	return push(spool, batch, /* front= */ true);
}

static bool file_load(const struct sn_spool *spool, const struct file *file, struct sn_batch *ret_batch)
{
	char name[NAME_LEN + 1];
	struct head head;
	uint8_t *data = NULL;
	bool good = false;
	int fd;

	name_of(file->number, name);
	fd = openat(spool->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && head_read(fd, &head) && (data = malloc(head.len + 1)))
		good = read(fd, data, head.len) == (ssize_t)head.len &&
		       sn_crc32c(0, (struct sn_view) { data, head.len }) == head.crc;
	if (fd >= 0)
		close(fd);
	if (!good) {
		free(data);
		return false;
	}
	*ret_batch = (struct sn_batch) { .kind = head.kind, .records = head.records, .data = data, .len = head.len };
	memcpy(ret_batch->id, head.id, sizeof(head.id));
	return true;
}

int sn_spool_oldest(struct sn_spool *spool, struct sn_batch *ret_batch)
{
	while (spool->count) {
		if (file_load(spool, file_at(spool, 0), ret_batch)) {
			spool->taken = file_at(spool, 0)->number;
			return 1;
		}
		spool->stats.damaged_batches++;
		oldest_remove(spool);
	}
	return 0;
}

void sn_spool_pop(struct sn_spool *spool)
{
	if (spool->count && file_at(spool, 0)->number == spool->taken)
		oldest_remove(spool);
}

bool sn_spool_is_empty(const struct sn_spool *spool)
{
	return !spool->count;
}

void sn_spool_stats(const struct sn_spool *spool, struct sn_spool_stats *ret_stats)
{
	*ret_stats = spool->stats;
}
