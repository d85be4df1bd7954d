/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file List and watch against a small API server in the same loop: it keeps objects and the history of their changes, serves
 * pages and streams, and does wrong what the test asks for. After each the table is what the server has.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "http_rig.h"

#include "base/log.h"
#include "kube/table.h"

#define OBJECTS 512
#define EVENTS	2048

struct object {
	char name[32];
	unsigned uid; /* 0: there is none */
};
struct event {
	const char *type;
	struct object object;
	unsigned version;
};

static struct {
	struct object objects[OBJECTS];
	struct event events[EVENTS];
	unsigned event_count, version, oldest, uids;
	/* What is asked for next goes wrong so often. */
	unsigned list_fails, watch_fails, status;
	unsigned continue_expires;
	bool gone_as_event; /* 410 is told in the stream */
	bool mute;	    /* watches stand and tell nothing */
	size_t padding;	    /* octets in every object */
	unsigned poison;    /* the version of an event that is sent spoilt */
	const char *poison_line;
	const char *token;
	/* what was heard */
	unsigned lists, pages, watches;
	char query[512], watched_from[32], selector[64];
} server;

static struct http_rig rig;
static struct sn_http_client *client;
static struct sn_kube_table *table;
static struct sn_kube_access reach;
static char url[64], dir[64], token_file[96];

/* --- the server */

static void object_json(struct sn_text *text, const struct object *object, unsigned version)
{
	sn_text_addf(text,
		     "{\"metadata\":{\"namespace\":\"core\",\"name\":\"%s\",\"uid\":\"u-%u\",\"resourceVersion\":\"%u\","
		     "\"annotations\":{\"a\":\"nul \\u0000 within\",\"padding\":\"%*s\"}},"
		     "\"status\":{\"podIPs\":[{\"ip\":\"10.0.%u.%u\"}]}}",
		     object->name, object->uid, version, (int)server.padding, "", object->uid >> 8, object->uid & 255);
}

static void event_line(struct sn_text *text, const struct event *event)
{
	if (server.poison == event->version) {
		sn_text_addf(text, "%s\n", server.poison_line);
		return;
	}
	sn_text_addf(text, "{\"type\":\"%s\",\"object\":", event->type);
	object_json(text, &event->object, event->version);
	sn_text_add(text, "}\n");
}

static void say(const char *text)
{
	if (rig.stream)
		assert_int_equal(sn_http_stream_send(rig.stream, text, strlen(text)), 0);
}

static void happen(const char *type, const struct object *object)
{
	struct event event = { .type = type, .object = *object, .version = ++server.version };
	struct sn_text text = { 0 };

	assert_true(server.event_count < EVENTS);
	server.events[server.event_count++] = event;
	if (!rig.stream || server.mute)
		return;
	event_line(&text, &event);
	say(text.data);
	sn_text_free(&text);
}

static struct object *find(const char *name)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		if (strcmp(server.objects[i].name, name) == 0)
			return &server.objects[i];
	return NULL;
}

static struct object *need(const char *name)
{
	struct object *object = find(name);

	if (!object)
		abort();
	return object;
}

static void make(const char *name)
{
	struct object *object = need("");

	snprintf(object->name, sizeof(object->name), "%s", name);
	object->uid = ++server.uids;
	happen("ADDED", object);
}

static void change(const char *name)
{
	happen("MODIFIED", need(name));
}

static void end(const char *name)
{
	struct object *object = need(name);

	happen("DELETED", object);
	*object = (struct object) { 0 };
}

static void bookmark(void)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%u\"}}}\n",
		 ++server.version);
	say(line);
}

/** The history is gone: who knows less than this has to list. */
static void compact(void)
{
	server.oldest = ++server.version;
}

static void gone(void *ctx)
{
	/* Its successor may stand already. */
	if ((uintptr_t)ctx == server.watches)
		rig.stream = NULL;
}

static void drop(void)
{
	if (rig.stream)
		sn_http_stream_end(SN_TAKE_PTR(rig.stream));
}

static void refuse(struct sn_http_answer *ret, unsigned status, const char *message)
{
	ret->status = status;
	ret->type = "application/json";
	sn_text_addf(&ret->body, "{\"kind\":\"Status\",\"code\":%u,\"message\":\"%s\"}", status, message);
}

static void answer_list(const struct sn_http_request *request, struct sn_http_answer *ret)
{
	const char *limit = request->parameter(request, "limit"), *more = request->parameter(request, "continue");
	unsigned max = limit ? (unsigned)atoi(limit) : OBJECTS, from = more ? (unsigned)atoi(more) : 0, count = 0, i;

	server.lists += !more;
	if (server.list_fails && server.list_fails--) {
		refuse(ret, server.status, "not now");
		return;
	}
	if (more && server.continue_expires && server.continue_expires--) {
		refuse(ret, 410, "The provided continue parameter is too old");
		return;
	}
	server.pages++;
	ret->status = 200;
	sn_text_add(&ret->body, "{\"items\":[");
	for (i = from; i < OBJECTS && count < max; i++) {
		if (!server.objects[i].uid)
			continue;
		sn_text_add(&ret->body, count++ ? "," : "");
		object_json(&ret->body, &server.objects[i], 1);
	}
	while (i < OBJECTS && !server.objects[i].uid)
		i++;
	sn_text_addf(&ret->body, "],\"metadata\":{\"resourceVersion\":\"%u\"", server.version);
	if (i < OBJECTS)
		sn_text_addf(&ret->body, ",\"continue\":\"%u\"", i);
	sn_text_add(&ret->body, "}}");
}

static void answer_watch(const struct sn_http_request *request, struct sn_http_answer *ret)
{
	const char *from = request->parameter(request, "resourceVersion");
	unsigned version = from ? (unsigned)atoi(from) : 0;
	struct sn_text text = { 0 };

	server.watches++;
	snprintf(server.watched_from, sizeof(server.watched_from), "%s", from ? from : "");
	assert_string_equal(request->parameter(request, "allowWatchBookmarks"), "true");
	assert_non_null(request->parameter(request, "timeoutSeconds"));
	if (server.watch_fails && server.watch_fails--) {
		refuse(ret, server.status, "not now");
		return;
	}
	if (version < server.oldest && !server.gone_as_event) {
		refuse(ret, 410, "too old resource version");
		return;
	}
	ret->status = 200;
	rig.stream = sn_http_stream(request, ret, 16u << 20, gone, (void *)(uintptr_t)server.watches);
	assert_non_null(rig.stream);
	if (version < server.oldest)
		sn_text_add(&text,
			    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"message\":\"too old\"}}\n");
	for (unsigned i = 0; version >= server.oldest && !server.mute && i < server.event_count; i++)
		if (server.events[i].version > version)
			event_line(&text, &server.events[i]);
	if (text.data)
		say(text.data);
	sn_text_free(&text);
}

static void answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	const char *authorization = request->header(request, "Authorization");
	char wanted[64];

	assert_string_equal(request->path, "/api/v1/pods");
	snprintf(server.selector, sizeof(server.selector), "%s", request->parameter(request, "fieldSelector") ?: "");
	snprintf(wanted, sizeof(wanted), "Bearer %s", server.token);
	if (server.token && (!authorization || strcmp(authorization, wanted) != 0))
		refuse(ret, 401, "Unauthorized");
	else if (request->parameter(request, "watch"))
		answer_watch(request, ret);
	else
		answer_list(request, ret);
}

/* --- the test's end of it */

static struct sn_watch_stats stats_now(void)
{
	struct sn_watch_stats stats;

	sn_kube_table_stats(table, &stats);
	return stats;
}

static bool is_equal(void)
{
	struct sn_identity *identity = sn_kube_table_identity(table);
	struct sn_identity_stats stats;
	unsigned count = 0;

	for (unsigned i = 0; i < OBJECTS; i++) {
		const struct object *object = &server.objects[i];
		char uid[32], full[64];
		struct sn_pod pod;
		uint8_t address[4] = { 10, 0, (uint8_t)(object->uid >> 8), (uint8_t)object->uid };

		if (!object->uid)
			continue;
		count++;
		snprintf(uid, sizeof(uid), "u-%u", object->uid);
		snprintf(full, sizeof(full), "core/%s", object->name);
		if (!sn_identity_pod(identity, sn_identity_of_uid(identity, uid), &pod) || strcmp(pod.full, full) ||
		    sn_identity_of_address(identity, 4, address) != sn_identity_of_uid(identity, uid))
			return false;
	}
	sn_identity_stats(identity, &stats);
	return stats.pods == count;
}

/** Until the table is the server's and a watch stands. */
static void settle(void)
{
	double until = http_rig_now() + 15;

	while (http_rig_now() < until && !(rig.stream && stats_now().synced && is_equal()))
		http_rig_turn(&rig);
	if (!is_equal() || !rig.stream)
		fail_msg("not equal; %s, %s", sn_watch_state_name(stats_now().state), stats_now().why);
}

static bool wait_until(bool (*fn)(void))
{
	double until = http_rig_now() + 15;

	while (http_rig_now() < until && !fn())
		http_rig_turn(&rig);
	return fn();
}

static void begin(const struct sn_watch_options *watch, const char *node)
{
	struct sn_kube_table_options options = { .access = &reach, .node = node, .watch = *watch };

	if (!options.watch.retry_first_ms)
		options.watch.retry_first_ms = 10;
	if (!options.watch.retry_last_ms)
		options.watch.retry_last_ms = 40;
	client = sn_http_client_new(&rig.loop, &(struct sn_http_client_options) { 0 });
	assert_non_null(client);
	options.client = client;
	assert_int_equal(sn_kube_table_new(&rig.loop, SN_KUBE_PODS, &options, &table), 0);
}

static int setup(void **state)
{
	memset(&server, 0, sizeof(server));
	server.version = 100;
	http_rig_open(&rig, &(struct sn_http_options) { 0 }, answer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", rig.port);
	reach = (struct sn_kube_access) { .server = url };
	return 0;
}

static void finish(void)
{
	table = sn_kube_table_free(table);
	client = sn_http_client_free(client);
}

static int teardown(void **state)
{
	finish();
	http_rig_close(&rig);
	return 0;
}

static void make_many(unsigned first, unsigned count)
{
	char name[32];

	for (unsigned i = first; i < first + count; i++) {
		snprintf(name, sizeof(name), "pod-%u", i);
		make(name);
	}
}

static void end_many(unsigned first, unsigned count)
{
	char name[32];

	for (unsigned i = first; i < first + count; i++) {
		snprintf(name, sizeof(name), "pod-%u", i);
		end(name);
	}
}

static void test_follow(void **state)
{
	make_many(0, 25);
	begin(&(struct sn_watch_options) { .page = 10 }, NULL);
	settle();
	assert_int_equal(server.pages, 3);
	assert_string_equal(server.selector, "");
	assert_string_equal(server.watched_from, "125");
	make_many(25, 5);
	change("pod-3");
	end("pod-4");
	settle();
	/* One of the same name is another one. */
	end("pod-5");
	make("pod-5");
	settle();
	/* A watch that has ended begins where it was, by the bookmark. */
	bookmark();
	http_rig_turns(&rig, 0.1);
	drop();
	settle();
	assert_string_equal(server.watched_from, "135");
	assert_int_equal(server.lists, 1);
	assert_int_equal(stats_now().bookmarks, 1);
	assert_int_equal(stats_now().failures, 0);
}

static void test_node(void **state)
{
	make_many(0, 3);
	begin(&(struct sn_watch_options) { .page = 2 }, "node-1.example.net");
	settle();
	/* From the server's cache, in one piece. */
	assert_int_equal(server.pages, 1);
	assert_string_equal(server.selector, "spec.nodeName=node-1.example.net");
	drop();
	make_many(3, 1);
	compact();
	settle();
	/* And not from there once it was too old. */
	assert_int_equal(server.pages, 3);
}

static void test_empty(void **state)
{
	begin(&(struct sn_watch_options) { 0 }, NULL);
	settle();
	make_many(0, 1);
	settle();
	end_many(0, 1);
	settle();
	assert_int_equal(server.lists, 1);
}

static void test_expired(void **state)
{
	make_many(0, 10);
	begin(&(struct sn_watch_options) { 0 }, NULL);
	settle();
	for (unsigned i = 0; i < 4; i++) {
		server.gone_as_event = i & 1;
		drop();
		end_many(i, 1);
		make_many(100 + i, 2);
		compact();
		settle();
		assert_int_equal(server.lists, i + 2);
		assert_int_equal(stats_now().expired, i + 1);
		assert_int_equal(stats_now().relists, i + 1);
	}
}

static void test_continue_expired(void **state)
{
	make_many(0, 30);
	server.continue_expires = 2;
	begin(&(struct sn_watch_options) { .page = 10 }, NULL);
	settle();
	assert_int_equal(server.lists, 3);
	assert_int_equal(stats_now().expired, 2);
}

static void test_cut(void **state)
{
	static const struct sn_http_options options;
	struct sn_diag diag = { 0 };
	int fd;

	make_many(0, 5);
	begin(&(struct sn_watch_options) { 0 }, NULL);
	settle();
	/* In the middle of a line, in order. */
	say("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"half");
	http_rig_turns(&rig, 0.05);
	drop();
	make_many(5, 5);
	settle();
	/* In the middle of a line, with all connections; nobody is there for a while. */
	say("{\"type\":\"ADDED\",\"obj");
	http_rig_turns(&rig, 0.05);
	rig.stream = NULL;
	rig.http = sn_http_stop(rig.http);
	http_rig_turns(&rig, 0.3);
	make_many(10, 5);
	end_many(0, 2);
	fd = sn_http_listen_tcp("127.0.0.1", rig.port, &diag);
	assert_true(fd >= 0);
	assert_int_equal(sn_http_start_with(&rig.loop, fd, &options, http_rig_answer, &rig, &rig.http, &diag), 0);
	settle();
	assert_int_equal(stats_now().malformed, 1);
	assert_true(stats_now().failures >= 2);
}

static void test_garbage(void **state)
{
	static const char *const lines[] = {
		"{bad\n",
		"[]\n",
		"17\n",
		"{}\n",
		"{\"type\":\"ADDED\"}\n",
		"{\"type\":\"ADDED\",\"object\":7}\n",
		"{\"type\":1,\"object\":{}}\n",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}\n",
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":5}}}\n",
		"{\"type\":\"DANCED\",\"object\":{\"metadata\":{\"resourceVersion\":\"5\"}}}\n",
		"{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd is tired\"}}\n",
		"\xff\xfe\n",
	};

	make_many(0, 5);
	begin(&(struct sn_watch_options) { 0 }, NULL);
	settle();
	for (unsigned i = 0; i < SN_ARRAY_SIZE(lines); i++) {
		struct sn_text text = { 0 };

		/* What stands behind it in the same breath is not lost either. */
		sn_text_add(&text, lines[i]);
		event_line(&text, &(struct event) { "DELETED", server.objects[1], 9999 });
		say(text.data);
		sn_text_free(&text);
		http_rig_turns(&rig, 0.05);
		make_many(10 + i, 1);
		settle();
	}
	assert_int_equal(server.lists, 1);
	assert_int_equal(stats_now().malformed, SN_ARRAY_SIZE(lines) - 1);
	/* An empty line is nothing. */
	say("\n\n");
	make_many(50, 1);
	settle();
	assert_int_equal(stats_now().malformed, SN_ARRAY_SIZE(lines) - 1);
}

/** One event that can never be read: after some attempts a list goes round it. */
static void test_poison(void **state)
{
	static char longer[70000];

	make_many(0, 5);
	begin(&(struct sn_watch_options) { .event_octets = 65536 }, NULL);
	settle();
	server.poison = server.version + 1;
	server.poison_line = "{\"type\":\"ADDED\",";
	make_many(5, 3);
	settle();
	assert_int_equal(server.lists, 2);
	memset(longer, ' ', sizeof(longer) - 1);
	server.poison = server.version + 2;
	server.poison_line = longer;
	make_many(8, 3);
	settle();
	assert_int_equal(server.lists, 3);
}

static void test_failures(void **state)
{
	static const unsigned statuses[] = { 500, 503, 429, 403, 400, 404 };

	make_many(0, 30);
	server.status = 500;
	server.list_fails = 3;
	begin(&(struct sn_watch_options) { .page = 10 }, NULL);
	settle();
	assert_int_equal(server.lists, 4);
	assert_int_equal(stats_now().failures, 3);
	for (unsigned i = 0; i < SN_ARRAY_SIZE(statuses); i++) {
		server.status = statuses[i];
		server.watch_fails = 3;
		drop();
		end_many(i, 1);
		settle();
	}
	assert_int_equal(server.lists, 4);
	/* For good: what it resumes from may be what the server cannot do (a future version, 504). */
	server.status = 504;
	server.watch_fails = 5;
	drop();
	end_many(20, 1);
	settle();
	assert_int_equal(server.lists, 5);
	assert_string_equal(stats_now().why, "status 504: not now");
}

static bool is_silent(void)
{
	return stats_now().silent == 1;
}

static void test_silence(void **state)
{
	make_many(0, 5);
	begin(&(struct sn_watch_options) { .silence_s = 1 }, NULL);
	settle();
	server.mute = true;
	make_many(5, 1);
	assert_false(is_equal());
	assert_true(wait_until(is_silent));
	server.mute = false;
	drop();
	settle();
	assert_int_equal(server.lists, 1);
}

static void write_token(const char *token)
{
	char new[112];
	FILE *f;

	snprintf(new, sizeof(new), "%s.new", token_file);
	f = fopen(new, "we");
	assert_non_null(f);
	fputs(token, f);
	fclose(f);
	assert_int_equal(rename(new, token_file), 0);
}

static bool is_unauthorized(void)
{
	return stats_now().unauthorized >= 2;
}

static bool is_without_token(void)
{
	return strstr(stats_now().why, "no token") || strstr(stats_now().why, "cannot be read");
}

static void test_token(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/sauron-kube-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(token_file, sizeof(token_file), "%s/token", dir);
	reach.token_file = token_file;
	server.token = "one";
	make_many(0, 3);
	begin(&(struct sn_watch_options) { 0 }, NULL);
	assert_true(wait_until(is_without_token));
	write_token("one\n");
	settle();
	/* The token is another one by now; the watch that stands goes on, the next one shows the new. */
	server.token = "two";
	write_token("two");
	make_many(3, 1);
	settle();
	drop();
	settle();
	assert_int_equal(stats_now().unauthorized, 0);
	/* It comes late. */
	server.token = "three";
	drop();
	assert_true(wait_until(is_unauthorized));
	make_many(4, 1);
	write_token("three");
	settle();
	assert_int_equal(server.lists, 1);
	/* What is in it would be a header of its own. */
	write_token("three\r\nX-Evil: 1");
	drop();
	assert_true(wait_until(is_without_token));
	unlink(token_file);
	rmdir(dir);
}

/** Pages that are too long are asked for in smaller ones. */
static void test_long_pages(void **state)
{
	server.padding = 10000;
	make_many(0, 40);
	begin(&(struct sn_watch_options) { .page = 32, .page_octets = 100000 }, NULL);
	settle();
	assert_in_range(stats_now().pages, 5, 5);
	assert_int_equal(stats_now().failures, 0);
}

static void test_slow(void **state)
{
	struct sn_text text = { 0 };
	struct object object = { "pod-slow", 77 };

	make_many(0, 2);
	begin(&(struct sn_watch_options) { .silence_s = 5 }, NULL);
	settle();
	*need("") = object;
	server.uids = 77;
	event_line(&text, &(struct event) { "ADDED", object, ++server.version });
	for (size_t i = 0; i < text.len; i += 7) {
		assert_int_equal(sn_http_stream_send(rig.stream, text.data + i, SN_MIN(7u, text.len - i)), 0);
		http_rig_turns(&rig, 0.01);
	}
	sn_text_free(&text);
	settle();
	assert_int_equal(stats_now().malformed, 0);
}

/** Freed in whatever state it is. */
static void test_freed(void **state)
{
	make_many(0, 100);
	begin(&(struct sn_watch_options) { .page = 10 }, NULL);
	finish();
	for (unsigned i = 1; i < 12; i++) {
		begin(&(struct sn_watch_options) { .page = 10 }, NULL);
		for (unsigned turn = 0; turn < i * 3; turn++)
			http_rig_turn(&rig);
		finish();
		http_rig_turns(&rig, 0.01);
	}
	server.status = 500;
	server.list_fails = 1000;
	begin(&(struct sn_watch_options) { .retry_first_ms = 1000 }, NULL);
	http_rig_turns(&rig, 0.1);
	assert_int_equal(stats_now().state, SN_WATCH_WAITING);
}

/** The server restarts, cuts, forgets and changes all the time. */
static void test_storm(void **state)
{
	unsigned next = 0, seed = 7;
	char name[32];

	make_many(0, 50);
	next = 50;
	begin(&(struct sn_watch_options) { .page = 16 }, NULL);
	for (unsigned i = 0; i < 300; i++) {
		seed = seed * 1103515245u + 12345u;
		switch (seed >> 16 & 15) {
		case 0:
			drop();
			break;
		case 1:
			say("{\"type\":");
			drop();
			break;
		case 2:
			compact();
			drop();
			break;
		case 3:
			say("rubbish\n");
			break;
		case 4:
			server.status = 500;
			server.list_fails = server.watch_fails = 2;
			drop();
			break;
		case 5:
			server.continue_expires = 1;
			break;
		case 6:
		case 7:
		case 8:
			snprintf(name, sizeof(name), "pod-%u", (seed >> 20) % next);
			if (find(name))
				end(name);
			break;
		default:
			if (next < 400)
				make_many(next++, 1);
		}
		for (unsigned turn = 0; turn < (seed >> 24 & 7); turn++)
			http_rig_turn(&rig);
	}
	server.list_fails = server.watch_fails = server.continue_expires = 0;
	settle();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(test_continue_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_poison, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_freed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storm, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	sn_log_set_level(SN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
