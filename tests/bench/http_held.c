/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file What a held answer costs: memory of the server for many long polls, plain and by TLS, what it does while nothing
 * happens, and how long it takes to answer all.
 *
 *   http_held CONNECTIONS [plain | tls | mtls] [CONNECTION_OCTETS]
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/macro.h"
#include "http/pki.h"
#include "http/server.h"

#define ROUNDS 3u

static struct {
	uv_loop_t loop;
	struct sn_http *http;
	struct sn_http_held **held;
	size_t count, wanted, gone;
} server;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long size, pages = 0;

	if (f && fscanf(f, "%lu %lu", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)getpagesize();
}

static void on_gone(void *ctx)
{
	server.gone++;
}

static void hold(void *ctx, const struct sn_http_request *request, struct sn_http_answer *answer)
{
	if (server.count < server.wanted)
		server.held[server.count++] = sn_http_hold(request, answer, on_gone, NULL);
	else
		sn_http_refuse(answer, 503, "enough");
}

/* --- the peers: another process */

struct peers {
	uint16_t port;
	size_t count;
	bool tls;
	gnutls_certificate_credentials_t credentials;
};

static const char request[] = "GET /v1/poll?wait=300 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sauron/0.1.0\r\n"
			      "Accept: */*\r\nIf-None-Match: \"0123456789abcdef0123456789abcdef\"\r\n\r\n";

static int connect_one(const struct peers *peers, gnutls_session_t *ret_session)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(peers->port),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gnutls_session_t session;
	int err;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return -1;
	if (!peers->tls)
		return send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0 ? -1 : fd;
	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, peers->credentials);
	gnutls_transport_set_int(session, fd);
	do
		err = gnutls_handshake(session);
	while (err < 0 && !gnutls_error_is_fatal(err));
	if (err < 0 || gnutls_record_send(session, request, sizeof(request) - 1) < 0) {
		fprintf(stderr, "handshake: %s\n", gnutls_strerror(err));
		return -1;
	}
	*ret_session = session;
	return fd;
}

static bool hear(gnutls_session_t session, int fd)
{
	char text[4096];
	size_t len = 0;

	while (len < sizeof(text)) {
		ssize_t got = session ? gnutls_record_recv(session, text + len, sizeof(text) - len)
				      : recv(fd, text + len, sizeof(text) - len, 0);

		if (got <= 0)
			return false;
		len += (size_t)got;
		if (memmem(text, len, "\r\n\r\n{}\n", 7))
			return true;
	}
	return false;
}

static bool ask(gnutls_session_t session, int fd)
{
	return (session ? gnutls_record_send(session, request, sizeof(request) - 1)
			: send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL)) > 0;
}

/** Opens them all, asks with each as often as is wanted, and ends. */
static void run_peers(const struct peers *peers)
{
	gnutls_session_t *sessions = calloc(peers->count, sizeof(*sessions));
	int *fds = calloc(peers->count, sizeof(*fds));
	bool ok = true;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < peers->count; i++) {
		fds[i] = connect_one(peers, &sessions[i]);
		if (fds[i] < 0) {
			fprintf(stderr, "peer %zu: %m\n", i);
			_exit(1);
		}
	}
	for (unsigned round = 1; round <= ROUNDS; round++)
		for (size_t i = 0; i < peers->count && ok; i++)
			ok = hear(sessions[i], fds[i]) && (round == ROUNDS || ask(sessions[i], fds[i]));
	_exit(!ok);
}

/* --- measuring */

static void turn_until(size_t count, double seconds)
{
	double end = now() + seconds;

	while (server.count < count && now() < end)
		uv_run(&server.loop, UV_RUN_ONCE);
}

static void on_end(uv_timer_t *timer)
{
	uv_stop(&server.loop);
}

static void turn(double seconds)
{
	uv_timer_t timer;

	uv_timer_init(&server.loop, &timer);
	uv_timer_start(&timer, on_end, (uint64_t)(seconds * 1000), 0);
	uv_run(&server.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&server.loop, UV_RUN_NOWAIT);
}

static void answer_all(void)
{
	size_t count = server.count;
	struct sn_http_held **held = server.held;

	server.count = 0;
	server.held = calloc(count, sizeof(*held));
	for (size_t i = 0; i < count; i++) {
		struct sn_http_answer answer = { .status = 200, .type = "application/json", .fixed = "{}\n", .fixed_len = 3 };

		sn_http_answer_held(held[i], &answer);
	}
	free(held);
}

static int measure(const char *how, pid_t pid, double empty)
{
	double begin = now(), used = cpu();
	int status;

	turn_until(server.wanted, 500);
	if (server.count < server.wanted) {
		fprintf(stderr, "only %zu came\n", server.count);
		return 1;
	}
	printf("%s: %zu held after %.1f s, %.2f ms of CPU each to get there\n", how, server.count, now() - begin,
	       (cpu() - used) * 1e3 / (double)server.count);
	for (unsigned round = 1;; round++) {
		turn(1);
		printf("round %u: resident %.1f MiB, empty %.1f MiB: %.0f octets each; ", round, resident() / 1048576,
		       empty / 1048576, (resident() - empty) / (double)server.count);
		used = cpu();
		turn(2);
		printf("idle: %.3f %% of a CPU\n", (cpu() - used) / 2 * 100);
		begin = now();
		used = cpu();
		answer_all();
		if (round == ROUNDS)
			break;
		turn_until(server.wanted, 60);
		printf("all answered, and held again, in %.2f s, %.2f s of CPU\n", now() - begin, cpu() - used);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		uv_run(&server.loop, UV_RUN_NOWAIT);
	printf("peers %s; gone %zu\n", status ? "FAILED" : "content", server.gone);
	return status != 0;
}

static void make_pki(struct sn_http_tls *tls, struct peers *peers, bool client)
{
	static const char *const names[] = { "localhost", NULL };
	char *ca, *ca_key, *certificate, *key, *request, *client_key, *client_certificate;
	struct sn_pki_ca *signer;
	gnutls_datum_t given, given_key;

	sn_pki_ca_make("bench", &ca, &ca_key, NULL);
	sn_pki_ca_open(ca, ca_key, &signer, NULL);
	sn_pki_issue_server(signer, names, 1, &certificate, &key, NULL);
	*tls = (struct sn_http_tls) { certificate, key, client ? ca : NULL };
	gnutls_certificate_allocate_credentials(&peers->credentials);
	if (!client)
		return;
	sn_pki_request_make(NULL, &request, &client_key, NULL);
	sn_pki_request_sign(signer, (struct sn_view) { (const uint8_t *)request, strlen(request) },
			    "7f4ad31c-6f5e-4c5f-9d0e-2f1f0a4d3f10", 1, &client_certificate, NULL);
	given = (gnutls_datum_t) { (unsigned char *)client_certificate, (unsigned)strlen(client_certificate) };
	given_key = (gnutls_datum_t) { (unsigned char *)client_key, (unsigned)strlen(client_key) };
	gnutls_certificate_set_x509_key_mem(peers->credentials, &given, &given_key, GNUTLS_X509_FMT_PEM);
}

int main(int argc, char **argv)
{
	struct sn_http_options options = { .request_deadline_s = 60, .idle_s = 60 };
	const char *how = argc > 2 ? argv[2] : "plain";
	struct peers peers = { .tls = strcmp(how, "plain") != 0 };
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct sn_diag diag = { 0 };
	double empty;
	pid_t pid;
	int fd;

	if (argc < 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	server.wanted = peers.count = options.max_connections = strtoul(argv[1], NULL, 10);
	server.held = calloc(server.wanted, sizeof(*server.held));
	options.connection_octets = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	if (peers.tls)
		make_pki(&options.tls, &peers, strcmp(how, "mtls") == 0);
	fd = sn_http_listen_tcp("127.0.0.1", 0, &diag);
	getsockname(fd, (struct sockaddr *)&name, &len);
	peers.port = ntohs(name.sin_port);
	pid = fork();
	if (pid == 0)
		run_peers(&peers);
	uv_loop_init(&server.loop);
	if (sn_http_start_with(&server.loop, fd, &options, hold, NULL, &server.http, &diag)) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	empty = resident();
	return measure(how, pid, empty);
}
