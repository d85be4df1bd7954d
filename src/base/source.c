/* SPDX-License-Identifier: Apache-2.0 */
/** @file Reads a file, plain or gzip (RFC 1952, several members one after the other), in big pieces. */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/macro.h"

#define PACKED_SIZE (256u << 10)

struct sn_source {
	int fd;
	char *name;
	uint64_t size, consumed;
	int failure;
	struct sn_diag diag;
	/* Read ahead to tell gzip from other things; given out first. */
	uint8_t head[2];
	size_t head_at, head_len;

	uint8_t *packed; /* input of zlib; NULL: not gzip */
	z_stream z;
	bool z_ready;
	bool in_member; /* between the header and the trailer of a gzip member */
	bool ended;
	bool cut;
};

/** Keeps the failure; it is the answer from now on. */
static int source_fail(struct sn_source *s, int err, const char *what)
{
	s->failure = err;
	return sn_diag_set(&s->diag, err, "%s: %s", s->name, what);
}

/** read() that a signal does not end, and that waits where the other end of a pipe has made it non-blocking. */
static int64_t source_read_file(struct sn_source *s, uint8_t *ret_data, size_t size)
{
	for (;;) {
		ssize_t n = read(s->fd, ret_data, size);

		if (n >= 0) {
			s->consumed += (uint64_t)n;
			return n;
		}
		if (errno == EAGAIN)
			poll(&(struct pollfd) { .fd = s->fd, .events = POLLIN }, 1, /* timeout= */ -1);
		else if (errno != EINTR)
			return source_fail(s, -errno, strerror(errno));
	}
}

static int64_t source_read_plain(struct sn_source *s, uint8_t *ret_data, size_t size)
{
	size_t n = SN_MIN(size, s->head_len - s->head_at);

	if (!n)
		return source_read_file(s, ret_data, size);
	memcpy(ret_data, s->head + s->head_at, n);
	s->head_at += n;
	return (int64_t)n;
}

/** @return 1: zlib has input; 0: the file is at its end. */
static int gzip_refill(struct sn_source *s)
{
	int64_t n;

	if (s->z.avail_in)
		return 1;
	n = source_read_plain(s, s->packed, PACKED_SIZE);
	if (n <= 0)
		return (int)n;
	s->z.next_in = s->packed;
	s->z.avail_in = (uInt)n;
	return 1;
}

/** Between members: another one, padding with zeros as tapes have it, or the end. @return 1: a member begins; 0: the end. */
static int gzip_next_member(struct sn_source *s)
{
	int r;

	while ((r = gzip_refill(s)) > 0 && !*s->z.next_in) {
		s->z.next_in++;
		s->z.avail_in--;
	}
	if (r <= 0)
		return r;
	if (*s->z.next_in != 0x1f)
		return source_fail(s, -EBADMSG, "something other than gzip data follows behind the gzip data");
	inflateReset(&s->z);
	s->in_member = true;
	return 1;
}

static int gzip_fail(struct sn_source *s, int zlib_error)
{
	if (zlib_error == Z_MEM_ERROR)
		return source_fail(s, -ENOMEM, "no memory to unpack gzip data");
	return source_fail(s, -EBADMSG, s->z.msg ? s->z.msg : "damaged gzip data");
}

static int64_t source_read_gzip(struct sn_source *s, uint8_t *ret_data, size_t size)
{
	s->z.next_out = ret_data;
	s->z.avail_out = (uInt)SN_MIN(size, (size_t)UINT32_MAX);
	while (s->z.next_out == ret_data && !s->ended) {
		int r = s->in_member ? gzip_refill(s) : gzip_next_member(s);

		if (r < 0)
			return r;
		if (!r) {
			if (s->in_member) {
				s->cut = true;
				return source_fail(s, -EBADMSG, "the gzip data end early, the file was cut");
			}
			s->ended = true;
			break;
		}
		r = inflate(&s->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END)
			s->in_member = false;
		else if (r != Z_OK && r != Z_BUF_ERROR)
			gzip_fail(s, r);
		if (s->failure && s->z.next_out == ret_data)
			return s->failure;
	}
	/* What was unpacked before a failure is good; the next call tells of it. */
	return s->z.next_out - ret_data;
}

int64_t sn_source_read(void *source, uint8_t *ret_data, size_t size)
{
	struct sn_source *s = source;

	if (s->failure)
		return s->failure;
	if (!size)
		return 0;
	return s->packed ? source_read_gzip(s, ret_data, size) : source_read_plain(s, ret_data, size);
}

static int source_open_fd(struct sn_source *s, const char *path, bool standard_input)
{
	struct stat st;

	/* A duplicate, so that closing it leaves the process its standard input. */
	s->fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return source_fail(s, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return source_fail(s, -EISDIR, strerror(EISDIR));
	if (standard_input && isatty(s->fd))
		return source_fail(s, -ENOTTY, "is a terminal: give a file or a pipe");
	if (S_ISREG(st.st_mode)) {
		s->size = (uint64_t)st.st_size;
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return 0;
}

/** Looks for gzip's magic number and makes zlib ready for it. */
static int source_detect(struct sn_source *s)
{
	while (s->head_len < sizeof(s->head)) {
		int64_t n = source_read_file(s, s->head + s->head_len, sizeof(s->head) - s->head_len);

		if (n < 0)
			return (int)n;
		if (!n)
			return 0;
		s->head_len += (size_t)n;
	}
	if (s->head[0] != 0x1f || s->head[1] != 0x8b)
		return 0;
	s->packed = malloc(PACKED_SIZE);
	if (!s->packed || inflateInit2(&s->z, 16 + MAX_WBITS) != Z_OK)
		return gzip_fail(s, Z_MEM_ERROR);
	s->z_ready = s->in_member = true;
	return 0;
}

int sn_source_open(const char *path, struct sn_source **ret_source, struct sn_diag *reterr)
{
	bool standard_input = !strcmp(path, "-");
	struct sn_source *s = calloc(1, sizeof(*s));
	int r;

	if (s)
		s->fd = -1;
	if (!s || !(s->name = strdup(standard_input ? "standard input" : path))) {
		sn_source_free(s);
		return sn_diag_set(reterr, -ENOMEM, "%s: %s", path, strerror(ENOMEM));
	}
	r = source_open_fd(s, path, standard_input);
	if (!r)
		r = source_detect(s);
	if (r) {
		sn_diag_set(reterr, r, "%s", s->diag.text);
		sn_source_free(s);
		return r;
	}
	*ret_source = s;
	return 0;
}

struct sn_source *sn_source_free(struct sn_source *source)
{
	if (!source)
		return NULL;
	if (source->z_ready)
		inflateEnd(&source->z);
	if (source->fd >= 0)
		close(source->fd);
	free(source->packed);
	free(source->name);
	free(source);
	return NULL;
}

const struct sn_diag *sn_source_diag(const struct sn_source *source)
{
	return &source->diag;
}

const char *sn_source_name(const struct sn_source *source)
{
	return source->name;
}

bool sn_source_is_gzip(const struct sn_source *source)
{
	return source->packed;
}

bool sn_source_is_cut(const struct sn_source *source)
{
	return source->cut;
}

uint64_t sn_source_size(const struct sn_source *source)
{
	return source->size;
}

uint64_t sn_source_consumed(const struct sn_source *source)
{
	return source->consumed;
}
