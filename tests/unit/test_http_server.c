/* SPDX-License-Identifier: Apache-2.0 */
/** @file The HTTP server: what a handler is told, bodies and their limits, deadlines, held answers, streams, peers that go away.
 */
#include "http_rig.h"

#define MAX_TEXT 16384

static struct http_rig rig;
static char text[MAX_TEXT];

static void answer_hello(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	answer->status = 200;
	answer->type = "text/plain";
	sn_text_add(&answer->body, "hello\n");
}

static const char *const all_methods[] = { "GET", "POST", "PUT", "DELETE", NULL };

static void open_rig(const struct sn_http_options *options, sn_http_fn fn)
{
	text[0] = '\0';
	http_rig_open(&rig, options, fn);
}

/** One exchange over a connection of its own; the answer is in `text`. */
static void exchange(const char *request, const char *until)
{
	int fd = http_rig_connect(&rig);

	text[0] = '\0';
	http_rig_say(&rig, fd, request);
	if (!http_rig_hear(&rig, fd, until, text, sizeof(text)))
		fail_msg("no '%s' in: %s", until ? until : "end", text);
	close(fd);
}

static void test_get(void **state)
{
	open_rig(&(struct sn_http_options) { 0 }, answer_hello);
	exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello\n");
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	assert_non_null(strstr(text, "Content-Type: text/plain"));
	assert_non_null(strstr(text, "Cache-Control: no-store"));
	assert_non_null(strstr(text, "X-Content-Type-Options: nosniff"));
	exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
	assert_non_null(strstr(text, "Content-Length: 6"));
	assert_null(strstr(text, "hello"));
	http_rig_close(&rig);
}

static void add_value(void *ctx, const char *value)
{
	struct sn_text *heard = ctx;

	sn_text_addf(heard, "[%s]", value);
}

static void answer_what_was_said(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	static const char *const names[] = { "a", "b", "none", NULL };
	const char *unknown = request->unknown_parameter(request, names);
	const char *header = request->header(request, "x-some-header"), *cookie = request->cookie(request, "session");

	answer->status = 200;
	answer->type = "text/plain";
	sn_text_addf(&answer->body, "%s %s from %s; a=%s none=%s unknown=%s; ", request->method, request->path, request->address,
		     request->parameter(request, "a") ?: "-", request->parameter(request, "none") ?: "-", unknown ?: "-");
	request->each_parameter(request, "b", add_value, &answer->body);
	sn_text_addf(&answer->body, "; header=%s cookie=%s nothing=%s; body=", header ?: "-", cookie ?: "-",
		     request->header(request, "X-Other") ?: "-");
	sn_text_add_bytes(&answer->body, (const char *)request->body.data, request->body.len);
	sn_text_add(&answer->body, ".\n");
	sn_http_add_header(answer, "X-Given", "%d of %d", 1, 2);
	sn_http_add_header(answer, "Cache-Control", "max-age=60");
}

static void test_request(void **state)
{
	open_rig(&(struct sn_http_options) { .body_limit = 100, .methods = all_methods }, answer_what_was_said);
	exchange(
		"POST /p/q?a=1%202&b=x&b=&other=1&b=y HTTP/1.1\r\nHost: x\r\nX-SOME-Header: v\r\nCookie: s=1; session=abc; t=2\r\n"
		"Content-Length: 4\r\n\r\nbody",
		".\n");
	assert_non_null(strstr(text, "\r\n\r\nPOST /p/q from 127.0.0.1; a=1 2 none=- unknown=other; [x][][y]; "
				     "header=v cookie=abc nothing=-; body=body.\n"));
	assert_non_null(strstr(text, "X-Given: 1 of 2\r\n"));
	assert_non_null(strstr(text, "Cache-Control: max-age=60\r\n"));
	assert_null(strstr(text, "no-store"));
	exchange("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
	exchange("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", ".\n");
	assert_non_null(strstr(text, "body=abcde."));
	http_rig_close(&rig);
}

static void answer_fixed(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	answer->status = 200;
	answer->type = "text/html";
	answer->fixed = "<p>fixed</p>";
	answer->fixed_len = 12;
	for (int i = 0; i < SN_HTTP_MAX_HEADERS + 3; i++)
		sn_http_add_header(answer, "X-Many", "%d", i);
	answer->header_count = 1;
	sn_http_add_header(answer, "X-Split", "a\r\nX-Injected: 1");
	sn_http_add_header(answer, "X-Long", "%0600d", 1);
}

static void test_fixed(void **state)
{
	open_rig(&(struct sn_http_options) { 0 }, answer_fixed);
	exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "<p>fixed</p>");
	assert_null(strstr(text, "X-Injected"));
	assert_null(strstr(text, "X-Long"));
	http_rig_close(&rig);
}

static uint64_t limit_of(void *ctx, const char *method, const char *path)
{
	return strcmp(path, "/large") == 0 ? 200000 : 10;
}

static void test_methods(void **state)
{
	open_rig(&(struct sn_http_options) { 0 }, answer_hello);
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "}\n");
	assert_non_null(strstr(text, "HTTP/1.1 405"));
	assert_non_null(strstr(text, "Allow: GET, HEAD\r\n"));
	assert_non_null(strstr(text, "{\"error\":\"only these methods"));
	exchange("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "}\n");
	assert_non_null(strstr(text, "HTTP/1.1 405"));
	assert_int_equal(rig.asked, 0);
	http_rig_close(&rig);
}

static void test_limits(void **state)
{
	open_rig(&(struct sn_http_options) { .body_limit_of = limit_of, .methods = all_methods }, answer_what_was_said);
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789", "body=0123456789.");
	/* A little too long: read, and the connection goes on. */
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789aGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		 "body=.");
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	/* Far too long: refused before it is read, and closed. */
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n01234", NULL);
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	assert_non_null(strstr(text, "Connection: close"));
	assert_non_null(strstr(text, "more than 10") ?: strstr(text, "longer than 10 octets"));
	/* Its length comes to light only on the way. */
	exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n", NULL);
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	assert_non_null(strstr(text, "}\n"));
	exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n", NULL);
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	assert_null(strstr(text, "HTTP/1.1 100"));
	assert_int_equal(rig.asked, 2);
	http_rig_close(&rig);
}

static void test_expect(void **state)
{
	int fd;

	open_rig(&(struct sn_http_options) { .body_limit_of = limit_of, .methods = all_methods }, answer_what_was_said);
	fd = http_rig_connect(&rig);
	http_rig_say(&rig, fd, "PUT /large HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
	assert_true(http_rig_hear(&rig, fd, "HTTP/1.1 100 Continue\r\n\r\n", text, sizeof(text)));
	http_rig_say(&rig, fd, "hello world");
	assert_true(http_rig_hear(&rig, fd, "body=hello world.", text, sizeof(text)));
	close(fd);
	http_rig_close(&rig);
}

static void test_framing(void **state)
{
	static const char *const lies[] = {
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
	};

	open_rig(&(struct sn_http_options) { .body_limit = 100, .methods = all_methods }, answer_what_was_said);
	for (size_t i = 0; i < SN_ARRAY_SIZE(lies); i++) {
		exchange(lies[i], NULL);
		assert_null(strstr(text, "HTTP/1.1 200"));
	}
	assert_int_equal(rig.asked, 0);
	/* More than was announced is the next request, and no good one. */
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nabc\r\n\r\n", NULL);
	assert_int_equal(rig.asked, 1);
	http_rig_close(&rig);
}

static void test_deadline(void **state)
{
	double begin = http_rig_now();
	int half, body;

	open_rig(&(struct sn_http_options) { .request_deadline_s = 1, .body_limit = 100, .methods = all_methods }, answer_hello);
	half = http_rig_connect(&rig);
	body = http_rig_connect(&rig);
	http_rig_say(&rig, half, "GET / HT");
	http_rig_say(&rig, body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n");
	while (sn_http_connections(rig.http) && http_rig_now() < begin + 6) {
		send(half, "x", 1, MSG_NOSIGNAL);
		send(body, "x", 1, MSG_NOSIGNAL);
		http_rig_turns(&rig, 0.1);
	}
	assert_int_equal(sn_http_connections(rig.http), 0);
	assert_true(http_rig_now() < begin + 5);
	assert_int_equal(rig.asked, 0);
	close(half);
	close(body);
	http_rig_close(&rig);
}

static void test_crowd(void **state)
{
	int fds[20];

	open_rig(&(struct sn_http_options) { .max_connections = 4 }, answer_hello);
	for (size_t i = 0; i < SN_ARRAY_SIZE(fds); i++) {
		fds[i] = http_rig_connect(&rig);
		http_rig_say(&rig, fds[i], "GET / HT");
	}
	HTTP_RIG_UNTIL(&rig, sn_http_connections(rig.http) <= 4);
	exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello\n");
	for (size_t i = 0; i < SN_ARRAY_SIZE(fds); i++)
		close(fds[i]);
	http_rig_close(&rig);

	open_rig(&(struct sn_http_options) { .max_connections = 40, .max_connections_per_address = 3 }, answer_hello);
	for (size_t i = 0; i < 10; i++)
		fds[i] = http_rig_connect(&rig);
	HTTP_RIG_UNTIL(&rig, sn_http_connections(rig.http) == 3);
	http_rig_turns(&rig, 0.05);
	assert_int_equal(sn_http_connections(rig.http), 3);
	for (size_t i = 0; i < 10; i++)
		close(fds[i]);
	http_rig_close(&rig);
}

/* --- held answers */

static void count_gone(void *ctx)
{
	struct http_rig *of = ctx;

	of->gone++;
}

static void hold(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	rig.held[rig.held_count++] = sn_http_hold(request, answer, count_gone, &rig);
	assert_true(answer->held);
}

static void give(size_t at, const char *words)
{
	struct sn_http_answer answer = { 0 };

	answer_hello(NULL, NULL, &answer);
	sn_text_add(&answer.body, words);
	sn_http_add_header(&answer, "X-Held", "yes");
	sn_http_answer_held(rig.held[at], &answer);
}

static void test_hold(void **state)
{
	int fd;

	open_rig(&(struct sn_http_options) { .request_deadline_s = 1, .idle_s = 1, .body_limit = 10, .methods = all_methods },
		 hold);
	fd = http_rig_connect(&rig);
	http_rig_say(&rig, fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
	/* Longer than any deadline. */
	http_rig_turns(&rig, 3.5);
	assert_int_equal(rig.held_count, 1);
	assert_false(http_rig_hear(&rig, fd, "late", text, sizeof(text)));
	give(0, "late\n");
	assert_true(http_rig_hear(&rig, fd, "hello\nlate\n", text, sizeof(text)));
	assert_non_null(strstr(text, "X-Held: yes"));
	/* The connection goes on; HEAD can be held, too. */
	text[0] = '\0';
	http_rig_say(&rig, fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	HTTP_RIG_UNTIL(&rig, rig.held_count == 2);
	give(1, "again\n");
	assert_true(http_rig_hear(&rig, fd, "\r\n\r\n", text, sizeof(text)));
	assert_int_equal(rig.gone, 0);
	close(fd);
	HTTP_RIG_UNTIL(&rig, !sn_http_connections(rig.http));
	assert_int_equal(rig.gone, 0);
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 0);
}

static void hold_and_answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	hold(ctx, request, answer);
	give(rig.held_count - 1, "at once\n");
}

static void test_hold_answered_at_once(void **state)
{
	open_rig(&(struct sn_http_options) { 0 }, hold_and_answer);
	exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "at once\n");
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 0);
}

static void test_hold_gone(void **state)
{
	int fds[3];

	open_rig(&(struct sn_http_options) { 0 }, hold);
	for (size_t i = 0; i < 3; i++) {
		fds[i] = http_rig_connect(&rig);
		http_rig_say(&rig, fds[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		HTTP_RIG_UNTIL(&rig, rig.held_count == i + 1);
	}
	close(fds[1]);
	HTTP_RIG_UNTIL(&rig, sn_http_connections(rig.http) == 2);
	assert_int_equal(rig.gone, 1);
	/* By a reset. */
	setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &(struct linger) { .l_onoff = 1 }, sizeof(struct linger));
	close(fds[0]);
	HTTP_RIG_UNTIL(&rig, rig.gone == 2);
	/* Held still when the server stops. */
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 3);
	close(fds[2]);
}

/** Held connections are never ended for new ones. */
static void test_hold_crowd(void **state)
{
	int fds[6];

	open_rig(&(struct sn_http_options) { .max_connections = 4 }, hold);
	for (size_t i = 0; i < 6; i++) {
		fds[i] = http_rig_connect(&rig);
		send(fds[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, MSG_NOSIGNAL);
		if (i < 4)
			HTTP_RIG_UNTIL(&rig, rig.held_count == i + 1);
		else
			http_rig_turns(&rig, 0.05);
	}
	assert_int_equal(rig.held_count, 4);
	assert_int_equal(rig.gone, 0);
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 4);
	for (size_t i = 0; i < 6; i++)
		close(fds[i]);
}

/* --- streams */

#define BACKLOG_MAX 100000

static void begin_stream(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	answer->type = "text/event-stream";
	rig.stream = sn_http_stream(request, answer, BACKLOG_MAX, count_gone, &rig);
	assert_int_equal(sn_http_stream_send(rig.stream, "data: 0\n\n", 9), 0);
}

static int open_stream(const char *request)
{
	int fd = http_rig_connect(&rig);

	text[0] = '\0';
	http_rig_say(&rig, fd, request);
	assert_true(http_rig_hear(&rig, fd, "data: 0\n\n", text, sizeof(text)));
	return fd;
}

static void test_stream(void **state)
{
	int fd;

	open_rig(&(struct sn_http_options) { .request_deadline_s = 1, .idle_s = 1 }, begin_stream);
	fd = open_stream("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(text, "HTTP/1.1 200"));
	assert_non_null(strstr(text, "text/event-stream"));
	http_rig_turns(&rig, 3.5);
	assert_int_equal(rig.gone, 0);
	assert_int_equal(sn_http_stream_send(rig.stream, "data: 1\n\n", 9), 0);
	assert_int_equal(sn_http_stream_send(rig.stream, "data: 2\n\n", 9), 0);
	assert_true(http_rig_hear(&rig, fd, "data: 2\n\n", text, sizeof(text)));
	assert_int_equal(sn_http_stream_send(rig.stream, "data: 3\n\n", 9), 0);
	sn_http_stream_end(rig.stream);
	assert_true(http_rig_hear(&rig, fd, "data: 3\n\n\r\n0\r\n", text, sizeof(text)));
	assert_int_equal(rig.gone, 0);
	close(fd);
	/* Of HTTP/1.0, the end of the connection is the end. */
	fd = open_stream("GET / HTTP/1.0\r\n\r\n");
	sn_http_stream_end(rig.stream);
	assert_true(http_rig_hear(&rig, fd, NULL, text, sizeof(text)));
	close(fd);
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 0);
}

static void test_stream_gone(void **state)
{
	int fd;

	open_rig(&(struct sn_http_options) { 0 }, begin_stream);
	fd = open_stream("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	close(fd);
	HTTP_RIG_UNTIL(&rig, rig.gone == 1);
	fd = open_stream("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 2);
	close(fd);
	/* Without a body there is nothing to wait for. */
	open_rig(&(struct sn_http_options) { 0 }, begin_stream);
	exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
	assert_int_equal(rig.gone, 1);
	http_rig_close(&rig);
}

/** One that does not read is told of by -ENOBUFS, and ended when it takes nothing at all. */
static void test_stream_slow(void **state)
{
	static const char block[10000];
	size_t sent = 0, received = 0;
	double begin;
	int fd, err = 0;

	open_rig(&(struct sn_http_options) { .idle_s = 2 }, begin_stream);
	fd = open_stream("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	while ((err = sn_http_stream_send(rig.stream, block, sizeof(block))) == 0 && sent < 100u << 20) {
		sent += sizeof(block);
		for (int i = 0; i < 20; i++)
			uv_run(&rig.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(err, -ENOBUFS);
	/* Once it reads it gets all that was taken. */
	begin = http_rig_now();
	while (received < sent && http_rig_now() < begin + 10) {
		ssize_t got = recv(fd, text, sizeof(text), MSG_DONTWAIT);

		received += got > 0 ? (size_t)got : 0;
		if (got <= 0)
			http_rig_turn(&rig);
	}
	assert_true(received >= sent);
	assert_int_equal(sn_http_stream_send(rig.stream, block, sizeof(block)), 0);
	assert_int_equal(rig.gone, 0);
	while (!rig.gone && http_rig_now() < begin + 20) {
		if (sn_http_stream_send(rig.stream, block, sizeof(block)) == -ENOBUFS)
			usleep(1000);
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(rig.gone, 1);
	close(fd);
	http_rig_close(&rig);
	assert_int_equal(rig.gone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hold_answered_at_once),
		cmocka_unit_test(test_hold_gone),
		cmocka_unit_test(test_hold_crowd),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_gone),
		cmocka_unit_test(test_stream_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
