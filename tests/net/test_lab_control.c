/* SPDX-License-Identifier: Apache-2.0 */
/** @file Tests of lab/control.c: a play as a child ends when it is told to, and when its parent is killed. Needs root. */
#include "../unit/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/lab.h"

static char prefix[24], state_dir[64];
static struct sn_lab_options options;

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec) { ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int lab_make(void **state)
{
	struct sn_diag diag = { 0 };

	snprintf(prefix, sizeof(prefix), "sntc%d-", (int)getpid());
	snprintf(state_dir, sizeof(state_dir), "/tmp/sauron-lab-control-%d", (int)getpid());
	options = (struct sn_lab_options) {
		.place = { prefix, state_dir }, .scenario = "normal-day", .rate = 50, .transport = SN_LAB_TRANSPORT_PACKETS
	};
	if (sn_lab_place_up(&options.place, &diag) == 0)
		return 0;
	print_error("%s\n", diag.text);
	return -1;
}

static int lab_remove(void **state)
{
	struct stat st;

	return sn_lab_place_down(&options.place, NULL) || stat(state_dir, &st) == 0 ? -1 : 0;
}

static void stops_when_told(void **state)
{
	struct sn_diag diag = { 0 };
	struct sn_lab *lab = NULL, *second = NULL;

	assert_int_equal(sn_lab_start(&options, &lab, &diag), 0);
	assert_true(sn_lab_running(lab));
	assert_int_equal(sn_lab_start(&options, &second, &diag), -EBUSY);
	assert_non_null(strstr(diag.text, "already"));
	assert_null(second);
	assert_null(sn_lab_stop(lab));
	assert_int_equal(sn_lab_start(&options, &lab, &diag), 0); /* the claim is free again */
	assert_null(sn_lab_stop(lab));
	assert_null(sn_lab_stop(NULL));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void tells_why_it_cannot(void **state)
{
	struct sn_lab_options wrong = options;
	struct sn_diag diag = { 0 };
	struct sn_lab *lab = NULL;

	wrong.scenario = "nonsense";
	assert_int_equal(sn_lab_start(&wrong, &lab, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "nonsense"));
	wrong = options;
	wrong.place.prefix = "sntnone-";
	assert_int_equal(sn_lab_start(&wrong, &lab, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "lab up"));
	assert_null(lab);
	assert_int_equal(sn_lab_place_down(&wrong.place, NULL), 0);
}

static void ends_by_itself(void **state)
{
	struct sn_lab_options brief = options;
	struct sn_lab *lab = NULL;

	brief.duration_ns = 300000000;
	assert_int_equal(sn_lab_start(&brief, &lab, NULL), 0);
	for (int i = 0; i < 100 && sn_lab_running(lab); i++)
		wait_ms(20);
	assert_false(sn_lab_running(lab));
	sn_lab_stop(lab);
}

/** A process in between starts the play and is killed: the player, orphaned to this process as its subreaper, is dead too. */
static void dies_with_its_parent(void **state)
{
	int status, pipe_fds[2];
	char started = 0;
	pid_t between, player;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	between = fork();
	if (!between) {
		struct sn_lab *lab;

		if (sn_lab_start(&options, &lab, NULL) == 0)
			(void)!write(pipe_fds[1], "x", 1);
		pause();
		_exit(0);
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &started, 1), 1);
	close(pipe_fds[0]);
	kill(between, SIGKILL);
	assert_int_equal(waitpid(between, &status, 0), between);
	player = waitpid(-1, &status, 0);
	assert_true(player > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(sn_lab_place_up(&options.place, NULL), 0); /* the next start */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(tells_why_it_cannot),
		cmocka_unit_test(ends_by_itself),
		cmocka_unit_test(dies_with_its_parent),
	};

	if (geteuid() != 0) {
		printf("skipped: the lab needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, lab_make, lab_remove);
}
