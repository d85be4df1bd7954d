/* SPDX-License-Identifier: Apache-2.0 */
/** @file The fleet behind a server in the same loop: held polls, questions and their answers, peers that go, bounds. */
#include "http_rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "controller/fleet.h"

static struct {
	struct http_rig rig;
	struct sn_fleet *fleet;
	char text[65536];
} t;

/** "/poll/NODE" and "/ask/NODE". */
static void serve(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	if (strncmp(request->path, "/poll/", 6) == 0)
		sn_fleet_poll(t.fleet, request->path + 6, "lab", request, answer);
	else
		sn_fleet_ask(t.fleet, request->path + 5, "/v1/kpi", request, answer);
}

static int setup(void **state)
{
	const struct sn_http_options options = { .body_limit = 1u << 20,
						 .methods = (const char *const[]) { "GET", "POST", NULL },
						 .max_connections = 64 };

	memset(&t, 0, sizeof(t));
	assert_int_equal(sn_fleet_new(3, &t.fleet), 0);
	http_rig_open(&t.rig, &options, serve);
	return 0;
}

static int teardown(void **state)
{
	t.rig.http = sn_http_stop(t.rig.http);
	uv_run(&t.rig.loop, UV_RUN_DEFAULT);
	t.fleet = sn_fleet_free(t.fleet);
	return uv_loop_close(&t.rig.loop);
}

static int poll(const char *node, const char *body)
{
	int fd = http_rig_connect(&t.rig);
	char text[4096];

	snprintf(text, sizeof(text), "POST /poll/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", node, strlen(body),
		 body);
	http_rig_say(&t.rig, fd, text);
	http_rig_turns(&t.rig, 0.02);
	return fd;
}

static int ask(const char *node)
{
	int fd = http_rig_connect(&t.rig);
	char text[256];

	snprintf(text, sizeof(text), "GET /ask/%s HTTP/1.1\r\nHost: x\r\n\r\n", node);
	http_rig_say(&t.rig, fd, text);
	http_rig_turns(&t.rig, 0.02);
	return fd;
}

/** What comes next on a connection is to hold these words. */
static void expect(int fd, const char *words)
{
	t.text[0] = '\0';
	if (!http_rig_hear(&t.rig, fd, words, t.text, sizeof(t.text)))
		fail_msg("'%s' did not come, but '%s'", words, t.text);
}

static bool silent(int fd)
{
	char octet;

	http_rig_turns(&t.rig, 0.05);
	return recv(fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

static enum sn_node_state state_of(const char *node)
{
	struct sn_node_info info;

	assert_true(sn_fleet_find(t.fleet, node, &info));
	return info.state;
}

static void test_question(void **state)
{
	int agent = poll("a", "{\"about\":{\"kernel\":\"6.1\"},\"answers\":[]}"), asker;

	assert_true(silent(agent));
	assert_int_equal(state_of("a"), SN_NODE_UP);
	asker = ask("a");
	expect(agent, "{\"questions\":[{\"id\":1,\"path\":\"/v1/kpi\"}]}");
	assert_true(silent(asker));
	close(agent);
	agent = poll("a", "{\"answers\":[{\"id\":1,\"status\":200,\"body\":{\"n\":7}}]}");
	expect(asker, "{\"n\":7}");
	assert_true(silent(agent));
	close(agent);
	close(asker);
}

/* What is told once stays, what is told again is new. */
static void test_about(void **state)
{
	int first = poll("a", "{\"about\":{\"kernel\":\"6.1\",\"lost\":1,\"record_types\":{\"x.y\":{\"name\":\"x.y\"}}}}");
	int second = poll("a", "{\"about\":{\"lost\":2}}");
	struct sn_node_info info;

	expect(first, "{\"questions\":[]}"); /* the newer one takes its place */
	assert_true(silent(second));
	assert_true(sn_fleet_find(t.fleet, "a", &info));
	assert_string_equal(json_string_value(json_object_get(info.about, "kernel")), "6.1");
	assert_int_equal(json_integer_value(json_object_get(info.about, "lost")), 2);
	assert_null(json_object_get(info.about, "record_types"));
	assert_non_null(json_object_get(sn_fleet_record_types(t.fleet), "x.y"));
	assert_string_equal(info.cluster, "lab");
	close(first);
	close(second);
}

/* Nobody may answer for another, or what was not asked. */
static void test_not_asked(void **state)
{
	int a = poll("a", "{}"), b = poll("b", "{}"), asker = ask("a"), liar;

	expect(a, "\"id\":1");
	liar = poll("b", "{\"answers\":[{\"id\":1,\"status\":200,\"body\":{\"lie\":1}},{\"id\":99},7,null,{\"id\":\"1\"}]}");
	assert_true(silent(asker));
	close(liar);
	liar = poll("a", "{\"answers\":[{\"id\":1,\"status\":99999}]}");
	expect(asker, "502");
	close(liar);
	close(asker);
	close(a);
	close(b);
}

static void test_gone(void **state)
{
	int agent = poll("a", "{}"), asker = ask("a");

	/* Whoever asked has gone before the answer. */
	expect(agent, "\"id\":1");
	close(asker);
	http_rig_turns(&t.rig, 0.05);
	close(agent);
	agent = poll("a", "{\"answers\":[{\"id\":1,\"status\":200,\"body\":1}]}");
	assert_true(silent(agent));
	/* The agent has gone; a question waits for its next poll. */
	close(agent);
	http_rig_turns(&t.rig, 0.05);
	asker = ask("a");
	assert_true(silent(asker));
	agent = poll("a", "{}");
	expect(agent, "\"id\":2");
	close(agent);
	close(asker);
}

static void test_bounds(void **state)
{
	int askers[70], agent, fd;

	fd = ask("nobody");
	expect(fd, "404");
	close(fd);
	for (unsigned i = 0; i < 3; i++)
		close(poll((const char *[]) { "a", "b", "c" }[i], "{}"));
	fd = poll("d", "{}");
	expect(fd, "the fleet takes no more nodes");
	close(fd);
	fd = poll("a", "[]");
	expect(fd, "no JSON object");
	close(fd);
	fd = poll("a", "{");
	expect(fd, "400");
	close(fd);
	http_rig_turns(&t.rig, 0.05);
	agent = poll("a", "{}");
	for (unsigned i = 0; i < 50; i++)
		askers[i] = ask("a");
	expect(agent, "\"id\":1");
	assert_true(silent(askers[49]));
	for (unsigned i = 0; i < 50; i++)
		close(askers[i]);
	http_rig_turns(&t.rig, 0.05);
	/* They have gone, their questions have not: 64 are the most. */
	for (unsigned i = 50; i < 65; i++)
		askers[i] = ask("a");
	expect(askers[64], "is asked too much at once");
	for (unsigned i = 50; i < 65; i++)
		close(askers[i]);
	close(agent);
}

/* Polls are answered after a while, so that agents tell anew. */
static void test_tick(void **state)
{
	int agent = poll("a", "{}");

	sn_fleet_tick(t.fleet);
	assert_true(silent(agent));
	http_rig_turns(&t.rig, 2.1);
	sn_fleet_tick(t.fleet);
	expect(agent, "{\"questions\":[]}");
	close(agent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_question), TEST(test_about), TEST(test_not_asked), TEST(test_gone), TEST(test_bounds), TEST(test_tick),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
