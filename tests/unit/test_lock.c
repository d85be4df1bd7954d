/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's lock: one holder, named; what a killed holder left is taken over; nothing stays behind. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test.h"

#include "agent/lock.h"
#include "base/macro.h"

static char dir[64], socket_path[96], lock_path[96];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/sn-test-lock-%d", (int)getpid());
	snprintf(socket_path, sizeof(socket_path), "%s/agent.sock", dir);
	snprintf(lock_path, sizeof(lock_path), "%s/agent.lock", dir);
	return 0;
}

static void test_alone(void **state)
{
	struct sn_lock lock = SN_LOCK_NONE;
	struct sn_diag diag = { 0 };

	assert_int_equal(sn_lock_take(socket_path, &lock, &diag), 0);
	assert_int_equal(access(lock_path, F_OK), 0);
	sn_lock_release(&lock);
	assert_int_equal(access(dir, F_OK), -1);
	sn_lock_release(&lock);
}

/** Holds the lock in a child until it is killed. @return its pid. */
static pid_t hold(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct sn_lock lock = SN_LOCK_NONE;

		if (sn_lock_take(socket_path, &lock, NULL) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_second(void **state)
{
	struct sn_lock lock = SN_LOCK_NONE;
	struct sn_diag diag = { 0 };
	char expected[256];
	pid_t pid = hold();

	assert_int_equal(sn_lock_take(socket_path, &lock, &diag), -EEXIST);
	snprintf(expected, sizeof(expected), "an agent is running already, process %d (it holds %s)", (int)pid, lock_path);
	assert_string_equal(diag.text, expected);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(access(lock_path, F_OK), 0);
	end(pid);

	/* The file of the killed one is still there: it is taken, and the directory that it made goes at last. */
	assert_int_equal(access(lock_path, F_OK), 0);
	assert_int_equal(sn_lock_take(socket_path, &lock, &diag), 0);
	sn_lock_release(&lock);
	assert_int_equal(access(dir, F_OK), -1);
}

static void test_own_directory(void **state)
{
	struct sn_lock lock = SN_LOCK_NONE;

	/* One that was there before stays. */
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(sn_lock_take(socket_path, &lock, NULL), 0);
	sn_lock_release(&lock);
	assert_int_equal(access(lock_path, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
}

static void test_garbage(void **state)
{
	struct sn_lock lock = SN_LOCK_NONE;
	struct sn_diag diag = { 0 };
	int fd;

	assert_int_equal(mkdir(dir, 0755), 0);
	fd = open(lock_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, "\xff\0rubbish", 9), 9);
	close(fd);
	assert_int_equal(sn_lock_take(socket_path, &lock, &diag), 0);
	sn_lock_release(&lock);
	/* A link is not followed. */
	assert_int_equal(symlink("/etc/passwd", lock_path), 0);
	assert_int_equal(sn_lock_take(socket_path, &lock, &diag), -ELOOP);
	assert_int_equal(unlink(lock_path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(sn_lock_take("/nonexistent/deep/agent.sock", &lock, &diag), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_own_directory),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
