/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Loading on the running kernel: plans with their reasons, dry runs, own cost, capabilities. Each test runs in a process of
 * its own, since some give privileges away. Needs root.
 */
#include <errno.h>
#include <linux/types.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/macro.h"
#include "kernel/kernel.h"
#include "modules/n2.skel.h"
#include "modules/n2/n2.h"
#include "modules/n2/n2_hooks.h"
#include "unit/test.h"

static struct sn_kernel_spec spec_of(const struct sn_hook *hooks)
{
	struct sn_kernel_spec spec = { .module = "n2", .hooks = hooks };

	spec.elf = n2_bpf__elf_bytes(&spec.elf_size);
	return spec;
}

static struct sn_kernel *kernel_open(bool stats)
{
	struct sn_kernel_options options = { .ring_size = 1 << 16, .stats = stats };
	struct sn_kernel *kernel = NULL;
	struct sn_diag diag = { 0 };

	if (sn_kernel_open(&options, &kernel, &diag))
		fail_msg("%s", diag.text);
	return kernel;
}

static bool packet_only(void *ctx, const struct sn_hook *hook)
{
	return strcmp(hook->group, "packet") == 0;
}

static void test_options_are_checked(void **state)
{
	static const size_t bad[] = { 1, 4095, 5000, 3 << 20 };
	struct sn_kernel *kernel = (void *)1;
	struct sn_diag diag = { 0 };

	for (size_t i = 0; i < SN_ARRAY_SIZE(bad); i++) {
		struct sn_kernel_options options = { .ring_size = bad[i] };

		assert_int_equal(sn_kernel_open(&options, &kernel, &diag), -EINVAL);
		assert_non_null(strstr(diag.text, "power of two"));
		assert_ptr_equal(kernel, (void *)1);
	}
}

/* Every hook has a state; a passed-over one has a reason; a wanted group has at most one chosen. */
static void test_plan_tells_all(void **state)
{
	struct sn_kernel *kernel = kernel_open(false);
	struct sn_kernel_spec spec = spec_of(sn_n2_hooks);
	struct sn_object *object = NULL;
	struct sn_plan plan;
	size_t chosen = 0;

	sn_kernel_attach(kernel, &spec, NULL, /* dry_run= */ true, &plan, &object, NULL);
	assert_null(object);
	assert_int_equal(plan.count, 4);
	for (size_t i = 0; i < plan.count; i++) {
		print_message("%s: %d %s\n", plan.hooks[i].hook->name, plan.hooks[i].state, plan.hooks[i].reason);
		if (plan.hooks[i].state == SN_HOOK_PASSED_OVER) {
			assert_true(plan.hooks[i].error < 0);
			assert_true(strlen(plan.hooks[i].reason) > 8);
		}
		chosen += plan.hooks[i].state == SN_HOOK_CHOSEN;
	}
	assert_int_equal(plan.hooks[3].state, SN_HOOK_CHOSEN); /* packets work on every kernel of ours */
	assert_true(chosen <= 2);
	sn_kernel_close(kernel);
}

/* A hook whose program is not there, or does not verify, is passed over for the next, and says why. */
static void test_next_hook_is_taken(void **state)
{
	static const char *const missing[] = { "sn_n2_no_such_program", NULL };
	static const char *const taps[] = { "sn_n2_tc_ingress", "sn_n2_tc_egress", "sn_n2_tc_ingress_l3", "sn_n2_tc_egress_l3",
					    NULL };
	static const struct sn_hook hooks[] = {
		{ .name = "first", .group = "g", .programs = missing },
		{ .name = "second", .group = "g", .programs = taps, .optional = missing },
		{ .name = "third", .group = "g", .programs = taps },
		{ .name = "other", .group = "h", .programs = missing },
		{ 0 },
	};
	struct sn_kernel *kernel = kernel_open(false);
	struct sn_kernel_spec spec = spec_of(hooks);
	struct sn_object *object = NULL;
	struct sn_diag diag = { 0 };
	struct sn_plan plan;

	assert_int_equal(sn_kernel_attach(kernel, &spec, NULL, /* dry_run= */ false, &plan, &object, &diag), -EOPNOTSUPP);
	assert_non_null(object); /* one group works */
	assert_non_null(strstr(diag.text, "group h"));
	assert_int_equal(plan.count, 4);
	assert_int_equal(plan.hooks[0].state, SN_HOOK_PASSED_OVER);
	assert_non_null(strstr(plan.hooks[0].reason, "sn_n2_no_such_program"));
	assert_int_equal(plan.hooks[1].state, SN_HOOK_CHOSEN);
	assert_int_equal(plan.hooks[2].state, SN_HOOK_NOT_NEEDED);
	assert_int_equal(plan.hooks[3].state, SN_HOOK_PASSED_OVER);
	assert_true(sn_object_map(object, "n2_ports") >= 0);
	assert_int_equal(sn_object_map(object, "no_such_map"), -ENOENT);
	sn_kernel_close(kernel);
}

static int shrink(void *ctx, struct sn_object *object, struct sn_diag *reterr)
{
	assert_int_equal(sn_object_resize(object, "no_such_map", 1), -ENOENT);
	return sn_object_resize(object, "n2_ports", *(uint32_t *)ctx);
}

static void find_ports(void *ctx, const struct sn_map_fill *fill)
{
	if (strcmp(fill->name, "n2_ports") == 0)
		*(struct sn_map_fill *)ctx = *fill;
}

static void test_prepare_sizes_maps(void **state)
{
	struct sn_kernel *kernel = kernel_open(false);
	struct sn_kernel_spec spec = spec_of(sn_n2_hooks);
	struct sn_map_fill fill = { 0 };
	struct sn_object *object = NULL;
	struct sn_plan plan;
	uint32_t entries = 5;
	uint16_t port = 38412;

	spec.prepare = shrink;
	spec.ctx = &entries;
	assert_int_equal(sn_kernel_attach(kernel, &spec, packet_only, /* dry_run= */ false, &plan, &object, NULL), 0);
	assert_int_equal(plan.hooks[0].state, SN_HOOK_NOT_WANTED);
	assert_int_equal(sn_object_map_set(object, "n2_ports", &port, &(uint8_t) { 1 }), 0);
	assert_int_equal(sn_kernel_each_map(kernel, find_ports, &fill), 0);
	assert_string_equal(fill.module, "n2");
	assert_int_equal(fill.max_entries, 5);
	assert_int_equal(fill.entries, 1);
	sn_kernel_close(kernel);
}

static void count_programs(void *ctx, const struct sn_program_cost *cost)
{
	int *count = ctx;

	assert_string_equal(cost->module, "n2");
	assert_int_equal(strncmp(cost->name, "sn_n2_tc_", 9), 0);
	*count += 1;
}

static void test_programs_are_told(void **state)
{
	struct sn_kernel *kernel = kernel_open(true);
	struct sn_kernel_spec spec = spec_of(sn_n2_hooks);
	struct sn_object *object = NULL;
	struct sn_plan plan;
	int count = 0;

	assert_int_equal(sn_kernel_attach(kernel, &spec, packet_only, /* dry_run= */ false, &plan, &object, NULL), 0);
	assert_int_equal(sn_kernel_each_program(kernel, count_programs, &count), 0);
	assert_int_equal(count, 4);
	sn_object_free(object);
	count = 0;
	assert_int_equal(sn_kernel_each_program(kernel, count_programs, &count), 0);
	assert_int_equal(count, 0);
	sn_kernel_close(kernel);
}

static void keep_error(void *ctx, const struct sn_kernel_error *error)
{
	*(struct sn_kernel_error *)ctx = *error;
}

/* The error map is written by the kernel side; an entry made here must come back in words. */
static void test_errors_are_told(void **state)
{
	struct sn_kernel *kernel = kernel_open(false);
	struct sn_kernel_spec spec = spec_of(sn_n2_hooks);
	struct sn_error_key key = { .module = SN_MODULE_N2,
				    .line = 77,
				    .file = SN_BPF_FILE_N2_MESSAGE,
				    .helper = BPF_FUNC_probe_read_user,
				    .error = -EFAULT };
	struct sn_kernel_error error = { 0 };
	struct sn_object *object = NULL;
	struct sn_plan plan;

	assert_int_equal(sn_kernel_attach(kernel, &spec, packet_only, /* dry_run= */ false, &plan, &object, NULL), 0);
	assert_int_equal(sn_object_map_set(object, "sn_errors", &key, &(uint64_t) { 9 }), 0);
	assert_int_equal(sn_kernel_each_error(kernel, keep_error, &error), 0);
	assert_string_equal(error.module, "n2");
	assert_string_equal(error.file, "modules/n2/n2_message.bpf.h");
	assert_int_equal(error.line, 77);
	assert_string_equal(error.helper, "bpf_probe_read_user");
	assert_int_equal(error.error, -EFAULT);
	assert_int_equal(error.count, 9);
	sn_kernel_close(kernel);
}

/* A kernel without BTF (a path that leads nowhere stands for it) still has the packet tap. */
static void test_packets_need_no_btf(void **state)
{
	struct sn_kernel_options options = { .ring_size = 1 << 16, .btf_path = "/nonexistent/btf" };
	struct sn_kernel *kernel = NULL;
	struct sn_kernel_spec spec = spec_of(sn_n2_hooks);
	struct sn_object *object = NULL;
	struct sn_plan plan;

	assert_int_equal(sn_kernel_open(&options, &kernel, NULL), 0);
	assert_int_equal(sn_node_feature(sn_kernel_node(kernel), SN_FEATURE_BTF)->state, SN_FEATURE_ABSENT);
	assert_int_equal(sn_kernel_attach(kernel, &spec, NULL, /* dry_run= */ false, &plan, &object, NULL), -EOPNOTSUPP);
	assert_int_equal(plan.hooks[0].state, SN_HOOK_PASSED_OVER);
	assert_non_null(strstr(plan.hooks[0].reason, "btf: ENOENT: /nonexistent/btf"));
	assert_int_equal(plan.hooks[3].state, SN_HOOK_CHOSEN);
	assert_non_null(object);
	sn_kernel_close(kernel);
}

static uint64_t effective(void)
{
	struct sn_node node;

	sn_node_probe(&node, NULL);
	return node.capabilities;
}

static void test_capabilities_are_dropped(void **state)
{
	struct sn_kernel *kernel = kernel_open(false);
	uint64_t keep = UINT64_C(1) << CAP_NET_ADMIN, counters[SN_KERNEL_COUNTERS];
	struct sn_diag diag = { 0 };

	if (sn_capabilities_drop(keep, &diag))
		fail_msg("%s", diag.text);
	assert_int_equal(effective() & ~(keep | UINT64_C(1) << CAP_BPF), 0);
	assert_true(effective() & keep);
	assert_int_equal(cap_get_bound(CAP_SYS_ADMIN), 0);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	/* What the agent does all day still works. */
	assert_int_equal(sn_kernel_counters(kernel, SN_MODULE_N2, counters), 0);
	assert_int_equal(sn_kernel_ring_consume(kernel, 0), 0);
	sn_kernel_close(kernel);
}

/* Without privileges nothing crashes, and what cannot be known says so. */
static void test_unprivileged_probe(void **state)
{
	struct sn_kernel_options options = { 0 };
	struct sn_kernel *kernel = NULL;
	struct sn_diag diag = { 0 };
	struct sn_node node;

	assert_int_equal(setgid(65534), 0);
	assert_int_equal(setuid(65534), 0);
	sn_node_probe(&node, NULL);
	assert_true(strlen(node.release) > 0);
	for (int i = 0; i < _SN_FEATURE_MAX; i++) {
		assert_true(strlen(node.features[i].name) > 0);
		if (node.features[i].state == SN_FEATURE_ABSENT)
			assert_true(strlen(node.features[i].reason) > 0);
	}
	assert_int_equal(sn_kernel_open(&options, &kernel, &diag), -EPERM);
	assert_non_null(strstr(diag.text, "CAP_BPF"));
	assert_null(kernel);
}

static int run_alone(const struct CMUnitTest *test)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		const struct CMUnitTest one[] = { *test };
		int failed = cmocka_run_group_tests(one, NULL, NULL);

		fflush(NULL);
		_exit(failed ? 1 : 0);
	}
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_are_checked), cmocka_unit_test(test_plan_tells_all),
		cmocka_unit_test(test_next_hook_is_taken),  cmocka_unit_test(test_prepare_sizes_maps),
		cmocka_unit_test(test_programs_are_told),   cmocka_unit_test(test_errors_are_told),
		cmocka_unit_test(test_packets_need_no_btf), cmocka_unit_test(test_capabilities_are_dropped),
		cmocka_unit_test(test_unprivileged_probe),
	};
	int failed = 0;

	if (geteuid() != 0) {
		printf("skipped: loading BPF programs needs root\n");
		return 77;
	}
	for (size_t i = 0; i < SN_ARRAY_SIZE(tests); i++)
		failed += run_alone(&tests[i]);
	return failed ? 1 : 0;
}
