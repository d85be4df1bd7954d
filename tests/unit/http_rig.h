/* SPDX-License-Identifier: Apache-2.0 */
/** @file A server on loopback within the test's own loop, and peers that speak to it octet by octet. */
#ifndef SN_TESTS_UNIT_HTTP_RIG_H
#define SN_TESTS_UNIT_HTTP_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#include "base/macro.h"
#include "http/server.h"

struct http_rig {
	uv_loop_t loop;
	struct sn_http *http;
	uint16_t port;
	sn_http_fn fn; /* what the test answers */
	unsigned asked, gone;
	struct sn_http_held *held[16];
	size_t held_count;
	struct sn_http_stream *stream;
	char heard[1024]; /* what a handler has seen */
};

static inline double http_rig_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void http_rig_turn(struct http_rig *rig)
{
	uv_run(&rig->loop, UV_RUN_NOWAIT);
	usleep(500);
}

static inline void http_rig_turns(struct http_rig *rig, double seconds)
{
	double end = http_rig_now() + seconds;

	while (http_rig_now() < end)
		http_rig_turn(rig);
}

/** Turns until it holds, for 10 s at most; then it is asserted. */
#define HTTP_RIG_UNTIL(rig, condition)                                                                                           \
	do {                                                                                                                     \
		double until_end = http_rig_now() + 10;                                                                          \
		while (!(condition) && http_rig_now() < until_end)                                                               \
			http_rig_turn(rig);                                                                                      \
		assert_true(condition);                                                                                          \
	} while (0)

static inline void http_rig_answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	struct http_rig *rig = ctx;

	rig->asked++;
	rig->fn(rig, request, answer);
}

static inline uint16_t http_rig_port(int fd)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	return ntohs(name.sin_port);
}

static inline void http_rig_open(struct http_rig *rig, const struct sn_http_options *options, sn_http_fn fn)
{
	struct sn_diag diag = { 0 };
	int fd = sn_http_listen_tcp("127.0.0.1", 0, &diag);

	*rig = (struct http_rig) { .fn = fn };
	assert_int_equal(uv_loop_init(&rig->loop), 0);
	assert_true(fd >= 0);
	rig->port = http_rig_port(fd);
	if (sn_http_start_with(&rig->loop, fd, options, http_rig_answer, rig, &rig->http, &diag))
		fail_msg("%s", diag.text);
}

static inline void http_rig_close(struct http_rig *rig)
{
	rig->http = sn_http_stop(rig->http);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
}

static inline int http_rig_connect(struct http_rig *rig)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(rig->port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static inline void http_rig_say(struct http_rig *rig, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	http_rig_turn(rig);
}

/** Reads until `words` were read, or until the end for NULL. Appends. @return whether they came within 10 s. */
static inline bool http_rig_hear(struct http_rig *rig, int fd, const char *words, char *text, size_t size)
{
	double end = http_rig_now() + 10;
	size_t len = strlen(text);

	while (http_rig_now() < end) {
		ssize_t got = recv(fd, text + len, size - len - 1, MSG_DONTWAIT);

		if (got > 0) {
			len += (size_t)got;
			text[len] = '\0';
		}
		if (words && strstr(text, words))
			return true;
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return !words;
		http_rig_turn(rig);
	}
	return false;
}

#endif
