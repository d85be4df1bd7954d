/* SPDX-License-Identifier: Apache-2.0 */
/** @file Files, pipes and gzip as a stream: the same bytes by every way, and a sentence with the name when it fails. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <zlib.h>

#include "base/macro.h"
#include "base/source.h"

#define TEXT_SIZE (3u << 20)

/** A folder of its own, standard input as it was, and 3 MiB that compress neither well nor badly. */
struct fixture {
	char folder[64];
	char path[128];
	uint8_t *text;
	int standard_input;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint32_t random = 1;

	assert_non_null(f);
	strcpy(f->folder, "/tmp/test_source.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/file", f->folder);
	f->text = malloc(TEXT_SIZE);
	assert_non_null(f->text);
	for (size_t n = 0; n < TEXT_SIZE; n++) {
		random = random * 1664525 + 1013904223;
		f->text[n] = (uint8_t)(random >> 28);
	}
	f->standard_input = dup(0);
	assert_true(f->standard_input >= 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dup2(f->standard_input, 0);
	close(f->standard_input);
	unlink(f->path);
	rmdir(f->folder);
	free(f->text);
	free(f);
	return 0;
}

static void write_file(const struct fixture *f, const void *data, size_t len)
{
	FILE *file = fopen(f->path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/** One gzip member; the caller frees. */
static uint8_t *pack(const uint8_t *data, size_t len, size_t *ret_len)
{
	z_stream z = { 0 };
	uint8_t *packed;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	*ret_len = deflateBound(&z, len);
	packed = malloc(*ret_len);
	assert_non_null(packed);
	z.next_in = (uint8_t *)data;
	z.avail_in = (uInt)len;
	z.next_out = packed;
	z.avail_out = (uInt)*ret_len;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*ret_len = z.total_out;
	deflateEnd(&z);
	return packed;
}

static struct sn_source *open_good(const char *path)
{
	struct sn_source *source = NULL;
	struct sn_diag diag = { 0 };
	int r = sn_source_open(path, &source, &diag);

	if (r)
		fail_msg("%s", diag.text);
	return source;
}

/** Reads to the end or a failure, in pieces of `size`. @return what the last read did; *ret_len: what came before it. */
static int64_t read_all(struct sn_source *source, size_t size, uint8_t *ret_data, size_t room, size_t *ret_len)
{
	int64_t n;

	*ret_len = 0;
	while ((n = sn_source_read(source, ret_data + *ret_len, SN_MIN(size, room - *ret_len))) > 0)
		*ret_len += (size_t)n;
	return n;
}

/** The source holds the text and nothing else. */
static void assert_text(const struct fixture *f, struct sn_source *source, size_t size)
{
	uint8_t *data = malloc(TEXT_SIZE + 100);
	size_t len;

	assert_non_null(data);
	assert_int_equal(read_all(source, size, data, TEXT_SIZE + 100, &len), 0);
	assert_int_equal(len, TEXT_SIZE);
	assert_memory_equal(data, f->text, TEXT_SIZE);
	assert_int_equal(sn_source_read(source, data, 1), 0);
	assert_string_equal(sn_source_diag(source)->text, "");
	free(data);
}

static void test_plain(void **state)
{
	static const size_t sizes[] = { 1, 4099, 1u << 20 };
	struct fixture *f = *state;

	write_file(f, f->text, TEXT_SIZE);
	for (size_t n = 0; n < SN_ARRAY_SIZE(sizes); n++) {
		struct sn_source *source = open_good(f->path);
		uint8_t byte;

		assert_false(sn_source_is_gzip(source));
		assert_string_equal(sn_source_name(source), f->path);
		assert_int_equal(sn_source_size(source), TEXT_SIZE);
		if (sizes[n] == 1) { /* the first two bytes were read to look at, the third was not */
			for (int k = 0; k < 4; k++) {
				assert_int_equal(sn_source_read(source, &byte, 1), 1);
				assert_int_equal(byte, f->text[k]);
			}
			assert_int_equal(sn_source_consumed(source), 4);
		} else {
			assert_text(f, source, sizes[n]);
			assert_int_equal(sn_source_consumed(source), TEXT_SIZE);
		}
		sn_source_free(source);
	}
}

static void test_short_files(void **state)
{
	struct fixture *f = *state;

	/* Among them what begins like gzip and is too short to be it. */
	for (size_t len = 0; len < 3; len++) {
		static const uint8_t data[3] = { 0x1f, 0x8c, 0x08 };
		struct sn_source *source;
		uint8_t back[8];
		size_t got;

		write_file(f, data, len);
		source = open_good(f->path);
		assert_int_equal(read_all(source, 8, back, sizeof(back), &got), 0);
		assert_int_equal(got, len);
		assert_memory_equal(back, data, len);
		assert_int_equal(sn_source_size(source), len);
		sn_source_free(source);
	}
}

static void test_gzip(void **state)
{
	struct fixture *f = *state;
	struct sn_source *source;
	size_t len;
	uint8_t *packed = pack(f->text, TEXT_SIZE, &len);

	write_file(f, packed, len);
	source = open_good(f->path);
	assert_true(sn_source_is_gzip(source));
	assert_int_equal(sn_source_size(source), len);
	assert_text(f, source, 1u << 20);
	assert_int_equal(sn_source_consumed(source), len);
	sn_source_free(source);
	source = open_good(f->path);
	assert_text(f, source, 777);
	sn_source_free(source);
	free(packed);
}

/** Members one after the other, an empty one among them, and the zeros that a tape pads with. */
static void test_gzip_members(void **state)
{
	static const size_t cuts[] = { 0, 1, 1000000, 1000000, TEXT_SIZE };
	struct fixture *f = *state;
	struct sn_source *source;
	FILE *file = fopen(f->path, "wb");
	uint8_t zeros[512] = { 0 };

	assert_non_null(file);
	for (size_t n = 0; n + 1 < SN_ARRAY_SIZE(cuts); n++) {
		size_t len;
		uint8_t *packed = pack(f->text + cuts[n], cuts[n + 1] - cuts[n], &len);

		fwrite(packed, 1, len, file);
		free(packed);
	}
	fwrite(zeros, 1, sizeof(zeros), file);
	fclose(file);
	source = open_good(f->path);
	assert_text(f, source, 65536);
	assert_int_equal(sn_source_consumed(source), sn_source_size(source));
	sn_source_free(source);
}

static void assert_failure(struct sn_source *source, const char *path, const char *what)
{
	char expected[512];
	uint8_t byte;

	snprintf(expected, sizeof(expected), "%s: %s", path, what);
	assert_string_equal(sn_source_diag(source)->text, expected);
	/* It stays. */
	assert_int_equal(sn_source_read(source, &byte, 1), -EBADMSG);
	assert_string_equal(sn_source_diag(source)->text, expected);
}

/** What was unpacked before the cut is given out, then the failure. */
static void test_gzip_cut(void **state)
{
	struct fixture *f = *state;
	size_t len;
	uint8_t *packed = pack(f->text, TEXT_SIZE, &len), *data = malloc(TEXT_SIZE + 1);
	const size_t cuts[] = { 2, 9, 10, 11, 1000, len / 2, len - 9, len - 8, len - 1 };

	assert_non_null(data);
	for (size_t n = 0; n < SN_ARRAY_SIZE(cuts); n++) {
		struct sn_source *source;
		size_t got;

		write_file(f, packed, cuts[n]);
		source = open_good(f->path);
		assert_int_equal(read_all(source, 65536, data, TEXT_SIZE + 1, &got), -EBADMSG);
		if (cuts[n] >= len - 8) /* all the text is there, what is missing is the trailer */
			assert_int_equal(got, TEXT_SIZE);
		assert_memory_equal(data, f->text, got);
		if (cuts[n] == len / 2)
			assert_true(got > TEXT_SIZE / 3 && got < TEXT_SIZE * 2 / 3);
		assert_failure(source, f->path, "the gzip data end early, the file was cut");
		assert_true(sn_source_is_cut(source));
		sn_source_free(source);
	}
	free(data);
	free(packed);
}

static void test_gzip_damaged(void **state)
{
	struct fixture *f = *state;
	size_t len, got;
	uint8_t *packed = pack(f->text, 100000, &len), *data = malloc(TEXT_SIZE);
	struct sn_source *source;

	assert_non_null(data);
	packed[len - 6] ^= 1; /* the checksum */
	write_file(f, packed, len);
	source = open_good(f->path);
	assert_int_equal(read_all(source, 1000, data, TEXT_SIZE, &got), -EBADMSG);
	assert_int_equal(got, 100000);
	assert_memory_equal(data, f->text, got);
	assert_failure(source, f->path, "incorrect data check");
	assert_false(sn_source_is_cut(source));
	sn_source_free(source);

	/* In one read, the failure comes after the text too. */
	source = open_good(f->path);
	assert_int_equal(read_all(source, TEXT_SIZE, data, TEXT_SIZE, &got), -EBADMSG);
	assert_int_equal(got, 100000);
	sn_source_free(source);

	packed[len - 6] ^= 1;
	packed[2] = 9; /* the method */
	write_file(f, packed, len);
	source = open_good(f->path);
	assert_int_equal(read_all(source, 1000, data, TEXT_SIZE, &got), -EBADMSG);
	assert_int_equal(got, 0);
	assert_failure(source, f->path, "unknown compression method");
	sn_source_free(source);

	packed[2] = 8;
	write_file(f, packed, len);
	{
		FILE *file = fopen(f->path, "ab");

		assert_non_null(file);
		fputs("something", file);
		fclose(file);
	}
	source = open_good(f->path);
	assert_int_equal(read_all(source, 1000, data, TEXT_SIZE, &got), -EBADMSG);
	assert_int_equal(got, 100000);
	assert_failure(source, f->path, "something other than gzip data follows behind the gzip data");
	sn_source_free(source);
	free(data);
	free(packed);
}

struct writer {
	int fd;
	const uint8_t *data;
	size_t len;
};

/** Writes slowly at first, in pieces that a reader finds half empty. */
static void *writer_run(void *ctx)
{
	struct writer *w = ctx;

	for (size_t at = 0, n; at < w->len; at += n) {
		n = SN_MIN(at < 5 ? 1 : 30011, w->len - at);
		if (write(w->fd, w->data + at, n) != (ssize_t)n)
			break;
		if (at < 5)
			usleep(2000);
	}
	close(w->fd);
	return NULL;
}

/** Puts a pipe with a writer where standard input was. */
static void pipe_to_standard_input(struct writer *w, pthread_t *ret_thread, bool non_blocking)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[0], 0), 0);
	close(fds[0]);
	if (non_blocking)
		assert_int_equal(fcntl(0, F_SETFL, O_NONBLOCK), 0);
	w->fd = fds[1];
	assert_int_equal(pthread_create(ret_thread, NULL, writer_run, w), 0);
}

static void test_pipe(void **state)
{
	struct fixture *f = *state;
	size_t len;
	uint8_t *packed = pack(f->text, TEXT_SIZE, &len);

	for (int n = 0; n < 4; n++) {
		struct writer w = { .data = n & 1 ? packed : f->text, .len = n & 1 ? len : TEXT_SIZE };
		struct sn_source *source;
		pthread_t thread;

		pipe_to_standard_input(&w, &thread, n & 2);
		source = open_good("-");
		assert_string_equal(sn_source_name(source), "standard input");
		assert_int_equal(sn_source_is_gzip(source), n & 1);
		assert_int_equal(sn_source_size(source), 0);
		assert_text(f, source, 1u << 20);
		assert_int_equal(sn_source_consumed(source), w.len);
		sn_source_free(source);
		pthread_join(thread, NULL);
		/* The process keeps its standard input. */
		assert_true(fcntl(0, F_GETFD) >= 0);
	}
	free(packed);
}

/** A file as standard input has a size, too. */
static void test_standard_input_is_a_file(void **state)
{
	struct fixture *f = *state;
	struct sn_source *source;
	int fd;

	write_file(f, f->text, TEXT_SIZE);
	fd = open(f->path, O_RDONLY);
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
	source = open_good("-");
	assert_int_equal(sn_source_size(source), TEXT_SIZE);
	assert_text(f, source, 65536);
	sn_source_free(source);
}

static void assert_not_opened(const char *path, int err, const char *text)
{
	struct sn_source *source = NULL;
	struct sn_diag diag = { 0 };

	assert_int_equal(sn_source_open(path, &source, &diag), err);
	assert_null(source);
	assert_string_equal(diag.text, text);
	assert_int_equal(sn_source_open(path, &source, NULL), err);
}

static void test_cannot_open(void **state)
{
	struct fixture *f = *state;
	char text[256];
	int terminal;

	snprintf(text, sizeof(text), "%s: No such file or directory", f->path);
	assert_not_opened(f->path, -ENOENT, text);
	snprintf(text, sizeof(text), "%s: Is a directory", f->folder);
	assert_not_opened(f->folder, -EISDIR, text);
	assert_not_opened("/proc/self/mem", -EIO, "/proc/self/mem: Input/output error");
	close(0);
	assert_not_opened("-", -EBADF, "standard input: Bad file descriptor");
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0)
		skip();
	dup2(terminal, 0);
	if (terminal)
		close(terminal);
	assert_not_opened("-", -ENOTTY, "standard input: is a terminal: give a file or a pipe");
	assert_null(sn_source_free(NULL));
}

/** The recording as two gzip members, cut within a block. */
static void test_recording(void **state)
{
	size_t len, got;
	uint8_t *plain = test_read_file(test_data("captures/nea2-registration-n2.pcapng"), &len), *data = malloc(len + 1);
	struct sn_source *source = open_good(test_data("captures/variants/nea2-registration-gzip.pcapng.gz"));

	assert_non_null(data);
	assert_int_equal(read_all(source, 100000, data, len + 1, &got), 0);
	assert_int_equal(got, len);
	assert_memory_equal(data, plain, len);
	sn_source_free(source);
	free(plain);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_standard_input_is_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cannot_open, setup, teardown),
		cmocka_unit_test(test_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
