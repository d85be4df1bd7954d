/* SPDX-License-Identifier: Apache-2.0 */
/** @file A play as a child process, for who wants to watch it in the same program: sauron up --lab. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macro.h"
#include "lab/player.h"

#define START_MS 10000

struct sn_lab {
	pid_t pid;
};

/** What the child says once: that it plays, or why it cannot. */
struct word {
	int error;
	struct sn_diag diag;
};

struct child {
	int pipe;
	bool said;
};

static void child_plays(void *ctx, const struct sn_lab_summary *summary, uint64_t active)
{
	struct child *child = ctx;
	struct word word = { 0 };

	if (!child->said)
		(void)!write(child->pipe, &word, sizeof(word));
	child->said = true;
}

/** Nothing of the parent's may stay open in the child, its sockets and BPF objects least of all. */
static void descriptors_drop(int keep)
{
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
}

static _Noreturn void child_main(const struct sn_lab_options *options, int pipe, pid_t parent)
{
	struct child child = { .pipe = pipe };
	struct sn_lab_summary summary;
	struct word word = { 0 };
	sigset_t none;

	/* Handlers of the parent's loop mean nothing here. */
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "sauron-lab");
	if (getppid() != parent)
		_exit(1);
	descriptors_drop(pipe);
	word.error = sn_lab_play(options, child_plays, &child, &summary, &word.diag);
	if (!child.said)
		(void)!write(pipe, &word, sizeof(word));
	_exit(word.error ? 1 : 0);
}

/** Waits for the child's word. */
static int child_ready(int pipe, struct sn_diag *reterr)
{
	struct pollfd fd = { .fd = pipe, .events = POLLIN };
	struct word word;
	int r;

	do
		r = poll(&fd, 1, START_MS);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return sn_diag_set(reterr, -ETIMEDOUT, "the lab's player does not start");
	if (read(pipe, &word, sizeof(word)) != sizeof(word))
		return sn_diag_set(reterr, -EPIPE, "the lab's player ended at once");
	return word.error ? sn_diag_set(reterr, word.error, "%s", word.diag.text) : 0;
}

int sn_lab_start(const struct sn_lab_options *options, struct sn_lab **ret_lab, struct sn_diag *reterr)
{
	struct sn_lab *lab;
	int fds[2], r;
	pid_t self = getpid();

	r = sn_lab_options_check(options, reterr);
	if (r < 0)
		return r;
	lab = calloc(1, sizeof(*lab));
	if (!lab)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	if (pipe2(fds, O_CLOEXEC) < 0) {
		r = -errno;
		free(lab);
		return sn_diag_set(reterr, r, "pipe: %s", strerror(-r));
	}
	lab->pid = fork();
	if (lab->pid == 0) {
		close(fds[0]);
		child_main(options, fds[1], self);
	}
	r = lab->pid < 0 ? sn_diag_set(reterr, -errno, "fork: %s", strerror(errno)) : 0;
	close(fds[1]);
	if (!r)
		r = child_ready(fds[0], reterr);
	close(fds[0]);
	if (r < 0) {
		sn_lab_stop(lab);
		return r;
	}
	*ret_lab = lab;
	return 0;
}

bool sn_lab_running(const struct sn_lab *lab)
{
	siginfo_t info = { 0 };

	/* WNOWAIT leaves the dead child for sn_lab_stop, so its pid stays ours. */
	return lab && lab->pid > 0 && waitid(P_PID, (id_t)lab->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;
}

struct sn_lab *sn_lab_stop(struct sn_lab *lab)
{
	if (!lab)
		return NULL;
	if (lab->pid > 0) {
		for (int i = 0; i < 200 && sn_lab_running(lab); i++) {
			if (i == 0)
				kill(lab->pid, SIGTERM);
			usleep(10000);
		}
		kill(lab->pid, SIGKILL);
		while (waitpid(lab->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(lab);
	return NULL;
}
