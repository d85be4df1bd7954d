/* SPDX-License-Identifier: Apache-2.0 */
/** @file The agent's pods: whether they are followed, and how a process is found by its cgroup, on this machine's own hierarchy.
 */
#include <signal.h>
#include <sys/stat.h>

#include "http_rig.h"

#include "agent/identity.h"
#include "base/log.h"
#include "model/cgroup.h"

#define UID "6f1e4c1a-3b2d-4e5f-8a9b-0c1d2e3f4a5b"
#define UIU "6f1e4c1a_3b2d_4e5f_8a9b_0c1d2e3f4a5b"
#define ID  "9c1f6b2d0e3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"

static struct http_rig rig;
static struct sn_agent_identity *identity;

static void answer(void *ctx, const struct sn_http_request *request, struct sn_http_answer *ret)
{
	ret->status = 200;
	if (request->parameter(request, "watch")) {
		rig.stream = sn_http_stream(request, ret, 1u << 20, NULL, NULL);
		return;
	}
	snprintf(rig.heard, sizeof(rig.heard), "%s", request->parameter(request, "fieldSelector"));
	sn_text_add(
		&ret->body,
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"namespace\":\"core\",\"name\":\"amf-0\","
		"\"uid\":\"" UID "\",\"resourceVersion\":\"1\"},\"spec\":{\"containers\":[{\"name\":\"amf\"}]},"
		"\"status\":{\"podIP\":\"10.1.0.5\",\"containerStatuses\":[{\"name\":\"amf\",\"containerID\":\"containerd://" ID
		"\"}]}}]}");
}

static int setup(void **state)
{
	struct sn_agent_config config = { .kubernetes = SN_KUBERNETES_ON };
	double until = http_rig_now() + 10;
	struct sn_diag diag = { 0 };
	char url[64];

	http_rig_open(&rig, &(struct sn_http_options) { 0 }, answer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", rig.port);
	config.kubernetes_api_server = url;
	unsetenv("NODE_NAME");
	assert_int_equal(sn_agent_identity_new(&rig.loop, &config, "node-1", &identity, &diag), 0);
	while (!rig.stream && http_rig_now() < until)
		http_rig_turn(&rig);
	assert_string_equal(rig.heard, "spec.nodeName=node-1");
	return 0;
}

static int teardown(void **state)
{
	identity = sn_agent_identity_free(identity);
	http_rig_close(&rig);
	return 0;
}

static void test_wanted(void **state)
{
	struct sn_agent_config config = { .kubernetes = SN_KUBERNETES_AUTO };
	struct sn_agent_identity *none = NULL;
	struct sn_diag diag = { 0 };

	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_int_equal(sn_agent_identity_new(&rig.loop, &config, "n", &none, &diag), 0);
	assert_null(none);
	config.kubernetes = SN_KUBERNETES_ON;
	assert_true(sn_agent_identity_new(&rig.loop, &config, "n", &none, &diag) < 0);
	assert_true(strlen(diag.text) > 10);
	/* In a pod without an account there is nobody to ask as; that is no reason not to run. */
	setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);
	config.kubernetes = SN_KUBERNETES_AUTO;
	config.kubernetes_token_file = (char *)"/nowhere";
	assert_int_equal(sn_agent_identity_new(&rig.loop, &config, "n", &none, &diag), 0);
	config.kubernetes = SN_KUBERNETES_OFF;
	assert_int_equal(sn_agent_identity_new(&rig.loop, &config, "n", &none, &diag), 0);
	assert_null(none);
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_null(sn_agent_pod_of_address(NULL, 4, (const uint8_t[4]) { 10, 1, 0, 5 }));
	assert_null(sn_agent_pod_of_cgroup(NULL, 1, 1));
}

static void test_address(void **state)
{
	assert_string_equal(sn_agent_pod_of_address(identity, 4, (const uint8_t[4]) { 10, 1, 0, 5 }), "core/amf-0");
	assert_null(sn_agent_pod_of_address(identity, 4, (const uint8_t[4]) { 10, 1, 0, 6 }));
}

static void test_nobody(void **state)
{
	/* More than are remembered. */
	for (uint64_t i = 0; i < 5000; i++)
		assert_null(sn_agent_pod_of_cgroup(identity, 1, (uint32_t)(0x7f000000 + i)));
	assert_null(sn_agent_pod_of_cgroup(identity, 1, (uint32_t)getpid()));
}

/** By its id, as BPF programs give it; where it may be made, so as root. */
static void test_cgroup(void **state)
{
	static const struct {
		const char *slice, *scope, *pod;
	} cases[] = {
		{ "kubepods-besteffort-pod" UIU ".slice", "cri-containerd-" ID ".scope", "core/amf-0" },
		/* of the same pod, not told of yet: its pause container, or one that has just begun */
		{ "kubepods-burstable-pod" UIU ".slice", "crio-00" ID, "core/amf-0" },
		{ "sauron-test.slice", "libpod-" ID ".scope", "core/amf-0" },
		{ "sauron-test.slice", "amf.service", NULL },
	};
	char mount[512], slice[768], scope[1024];
	const char *pod;
	uint64_t id;

	if (sn_cgroup_mount(mount, sizeof(mount)))
		return;
	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		snprintf(slice, sizeof(slice), "%s/%s", mount, cases[i].slice);
		snprintf(scope, sizeof(scope), "%s/%s", slice, cases[i].scope);
		if (mkdir(slice, 0755) < 0)
			return;
		if (mkdir(scope, 0755) < 0 || sn_cgroup_id_of(scope, &id))
			id = 0;
		pod = id ? sn_agent_pod_of_cgroup(identity, id, 0x7fffffff) : NULL;
		rmdir(scope);
		rmdir(slice);
		assert_true(id);
		if ((pod && !cases[i].pod) || (!pod && cases[i].pod) || (pod && strcmp(pod, cases[i].pod) != 0))
			fail_msg("%s/%s: %s", cases[i].slice, cases[i].scope, pod ? pod : "none");
		/* What is known stays known when it has gone. */
		if (cases[i].pod)
			assert_non_null(sn_agent_pod_of_cgroup(identity, id, 0x7fffffff));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	sn_log_set_level(SN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
