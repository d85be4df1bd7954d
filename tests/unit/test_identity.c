/* SPDX-License-Identifier: Apache-2.0 */
/** @file The table of pods: found by uid, address and container; changed, listed anew; roles; how much memory it takes. */
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>

#include "test.h"

#include "base/macro.h"
#include "model/identity.h"

#define ID1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID2 "2222222222222222222222222222222222222222222222222222222222222222"

static struct sn_identity *table;

static int setup(void **state)
{
	return sn_identity_new(1000, &table);
}

static int teardown(void **state)
{
	table = sn_identity_free(table);
	return 0;
}

static int put(const char *name, const char *uid, const char *address, const char *container, const char *image, const char *app)
{
	const char *const addresses[] = { address };
	struct sn_pod_facts facts = { .namespace = "core",
				      .name = name,
				      .uid = uid,
				      .node = "node-1",
				      .addresses = addresses,
				      .address_count = address ? 1 : 0,
				      .containers = { { .id = container, .name = "main", .image = image } },
				      .container_count = 1 };

	if (app)
		facts.labels[facts.label_count++] = (struct sn_pod_label) { .name = "app", .value = app };
	return sn_identity_put(table, &facts);
}

static const char *full_of(uint32_t pod)
{
	struct sn_pod found;

	return sn_identity_pod(table, pod, &found) ? found.full : "";
}

static const char *by_address(const char *text)
{
	uint8_t octets[16];
	bool v6 = strchr(text, ':');

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, octets), 1);
	return full_of(sn_identity_of_address(table, v6 ? 6 : 4, octets));
}

static void test_find(void **state)
{
	struct sn_pod pod;

	assert_int_equal(put("amf-0", "u1", "10.1.0.1", ID1, "registry.example/core/amf:1", "amf"), 0);
	assert_int_equal(put("smf-0", "u2", "fd00::2", ID2, NULL, NULL), 0);
	assert_string_equal(by_address("10.1.0.1"), "core/amf-0");
	assert_string_equal(by_address("fd00::2"), "core/smf-0");
	assert_string_equal(by_address("10.1.0.2"), "");
	assert_string_equal(full_of(sn_identity_of_container(table, ID1)), "core/amf-0");
	assert_string_equal(full_of(sn_identity_of_container(table, "")), "");
	assert_string_equal(full_of(sn_identity_of_uid(table, "u2")), "core/smf-0");
	assert_true(sn_identity_pod(table, sn_identity_of_uid(table, "u1"), &pod));
	assert_string_equal(pod.name, "amf-0");
	assert_string_equal(pod.uid, "u1");
	assert_string_equal(pod.node, "node-1");
	assert_string_equal(pod.labels, "app=amf");
	assert_int_equal(pod.namespace_len, 4);
	assert_false(sn_identity_pod(table, 0, &pod));
	assert_false(sn_identity_pod(table, 77, &pod));
}

static void test_change(void **state)
{
	struct sn_identity_stats stats;

	put("amf-0", "u1", NULL, NULL, "i", NULL); /* scheduled, not running yet */
	assert_string_equal(full_of(sn_identity_of_container(table, ID1)), "");
	put("amf-0", "u1", "10.1.0.1", ID1, "i", NULL);
	assert_string_equal(full_of(sn_identity_of_container(table, ID1)), "core/amf-0");
	/* Its container is started anew. */
	put("amf-0", "u1", "10.1.0.1", ID2, "i", NULL);
	assert_string_equal(full_of(sn_identity_of_container(table, ID1)), "");
	assert_string_equal(full_of(sn_identity_of_container(table, ID2)), "core/amf-0");
	/* Another pod gets its address before we hear of its end. */
	put("smf-0", "u2", "10.1.0.1", ID1, "i", NULL);
	assert_string_equal(by_address("10.1.0.1"), "core/smf-0");
	sn_identity_remove(table, "u1");
	assert_string_equal(by_address("10.1.0.1"), "core/smf-0");
	sn_identity_remove(table, "u1");
	sn_identity_remove(table, "u2");
	sn_identity_stats(table, &stats);
	assert_int_equal(stats.pods + stats.containers + stats.addresses, 0);
}

static void test_list(void **state)
{
	struct sn_identity_stats stats;

	put("a", "u1", "10.1.0.1", ID1, "i", NULL);
	put("b", "u2", "10.1.0.2", ID2, "i", NULL);
	sn_identity_list_begin(table);
	put("b", "u2", "10.1.0.2", ID2, "i", NULL);
	/* It did not end; the next one does. Until then all is there. */
	sn_identity_list_begin(table);
	assert_string_equal(by_address("10.1.0.1"), "core/a");
	put("c", "u3", "10.1.0.3", NULL, "i", NULL);
	put("a", "u1", "10.1.0.1", ID1, "i", NULL);
	sn_identity_list_end(table);
	assert_string_equal(by_address("10.1.0.1"), "core/a");
	assert_string_equal(by_address("10.1.0.2"), "");
	assert_string_equal(by_address("10.1.0.3"), "core/c");
	sn_identity_stats(table, &stats);
	assert_int_equal(stats.pods, 2);
}

static void test_limits(void **state)
{
	struct sn_identity_stats stats;
	char name[600], uid[16];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(uid, sizeof(uid), "u%u", i);
		assert_int_equal(put(uid, uid, NULL, NULL, "i", NULL), 0);
	}
	assert_int_equal(put("x", "x", NULL, NULL, "i", NULL), -ENOSPC);
	assert_int_equal(put("again", "u1", NULL, NULL, "i", NULL), 0);
	sn_identity_remove(table, "u0");
	assert_int_equal(put("x", "x", "no address", NULL, "i", NULL), 0);
	sn_identity_remove(table, "u1");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(put(name, "y", NULL, NULL, "i", NULL), -ENOSPC);
	sn_identity_stats(table, &stats);
	assert_int_equal(stats.refused, 2);
	assert_int_equal(stats.addresses, 0);
}

/* --- roles */

static void test_role_names(void **state)
{
	static const struct {
		const char *name;
		enum sn_role role;
		bool exact;
	} cases[] = {
		{ "amf", SN_ROLE_AMF, true },	       { "AMF", SN_ROLE_AMF, true },
		{ "open5gs-amf", SN_ROLE_AMF, false }, { "free5gc-free5gc-smf-smf", SN_ROLE_SMF, false },
		{ "amf-0", SN_ROLE_AMF, false },       { "oai-gnb-cu", SN_ROLE_GNB_CU, false },
		{ "oai_du", SN_ROLE_GNB_DU, false },   { "ueransim-gnb", SN_ROLE_GNB, false },
		{ "srs-gnodeb", SN_ROLE_GNB, false },  { "n3iwf", SN_ROLE_N3IWF, true },
		{ "upf2", SN_ROLE_UPF, true },	       { "camfrog", SN_ROLE_UNKNOWN, false },
		{ "mongodb", SN_ROLE_UNKNOWN, false }, { "", SN_ROLE_UNKNOWN, false },
		{ "---", SN_ROLE_UNKNOWN, false },     { "5", SN_ROLE_UNKNOWN, false },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		bool exact;
		enum sn_role role = sn_role_of_name(cases[i].name, strlen(cases[i].name), &exact);

		if (role != cases[i].role || exact != cases[i].exact)
			fail_msg("%s: %s, exact %d", cases[i].name, sn_role_name(role), exact);
	}
	assert_string_equal(sn_role_name(SN_ROLE_GNB_CU), "gNB-CU");
	assert_string_equal(sn_role_name(_SN_ROLE_MAX), "");
}

static struct sn_pod pod_of(const char *uid)
{
	struct sn_pod pod;

	assert_true(sn_identity_pod(table, sn_identity_of_uid(table, uid), &pod));
	return pod;
}

static void test_roles(void **state)
{
	struct sn_pod pod;

	put("core-7d9f", "u1", NULL, NULL, "registry.example/amf/open5gs:2.7@sha256:abc", "upf");
	pod = pod_of("u1");
	assert_int_equal(pod.role, SN_ROLE_UPF);
	assert_int_equal(pod.confidence, SN_CONFIDENCE_LABEL_EXACT);
	assert_string_equal(pod.evidence, "label app=upf");
	put("core-7d9f", "u2", NULL, NULL, "registry.example/amf/oai-smf:2.7", "core");
	pod = pod_of("u2");
	assert_int_equal(pod.role, SN_ROLE_SMF);
	assert_string_equal(pod.evidence, "image oai-smf:2.7");
	put("gnb-0", "u3", NULL, NULL, "ubuntu", NULL);
	assert_string_equal(pod_of("u3").evidence, "pod gnb-0");
	put("x", "u4", NULL, NULL, "ubuntu", NULL);
	assert_int_equal(pod_of("u4").role, SN_ROLE_UNKNOWN);
	assert_string_equal(pod_of("u4").evidence, "");
	/* What it says on the wire is surer than its name, and is not forgotten when the pod changes. */
	sn_identity_note_role(table, sn_identity_of_uid(table, "u4"), SN_ROLE_GNB, SN_CONFIDENCE_WIRE, "NG Setup Request");
	sn_identity_note_role(table, sn_identity_of_uid(table, "u4"), SN_ROLE_UE, 10, "a guess");
	put("x", "u4", "10.0.0.1", ID1, "ubuntu", "amf");
	pod = pod_of("u4");
	assert_int_equal(pod.role, SN_ROLE_GNB);
	assert_int_equal(pod.confidence, SN_CONFIDENCE_WIRE);
	assert_string_equal(pod.evidence, "NG Setup Request");
	sn_identity_note_role(table, 0, SN_ROLE_UE, 99, "nobody");
	sn_identity_note_role(table, 999, SN_ROLE_UE, 99, "nobody");
	assert_true(sn_identity_wants_label("app.kubernetes.io/name"));
	assert_false(sn_identity_wants_label("pod-template-hash"));
}

/* --- memory */

#define PODS 10000u

static void test_memory(void **state)
{
	static const char *const apps[] = { "amf", "smf", "upf", "nrf", "gnb" };
	struct sn_identity_stats stats;
	struct mallinfo2 before, after;
	char name[64], uid[64], address[32], second[48], id[65], sidecar[65];

	sn_identity_free(table);
	before = mallinfo2();
	assert_int_equal(sn_identity_new(PODS, &table), 0);
	for (unsigned i = 0; i < PODS; i++) {
		const char *app = apps[i % SN_ARRAY_SIZE(apps)];
		const char *const addresses[] = { address, second };
		char image[128], node[32], namespace[32];
		struct sn_pod_facts facts = {
			.namespace = namespace,
			.name = name,
			.uid = uid,
			.node = node,
			.labels = { { "app", app },
				    { "app.kubernetes.io/name", app },
				    { "app.kubernetes.io/instance", namespace } },
			.label_count = 3,
			.containers = { { id, app, image }, { sidecar, "istio-proxy", "registry.example/istio/proxyv2:1.22" } },
			.container_count = 2,
			.addresses = addresses,
			.address_count = 2,
		};

		snprintf(namespace, sizeof(namespace), "core-%u", i % 100);
		snprintf(name, sizeof(name), "open5gs-%s-7d9f8c6b5d-%05u", app, i);
		snprintf(uid, sizeof(uid), "6f1e4c1a-3b2d-4e5f-8a9b-0c1d%08x", i);
		snprintf(node, sizeof(node), "worker-%u.example.net", i % 200);
		snprintf(image, sizeof(image), "registry.example/core/open5gs-%s:2.7.2", app);
		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
		snprintf(second, sizeof(second), "fd00::%x", i + 1);
		snprintf(id, sizeof(id), "%064x", i + 1);
		snprintf(sidecar, sizeof(sidecar), "%032x%032x", i + 1, 7);
		/* The first 128 bits are to differ, as those of real ids do. */
		snprintf(id, sizeof(id), "%08x%056x", i + 1, 1);
		snprintf(sidecar, sizeof(sidecar), "%08x%056x", i + 1 + (1u << 31), 2);
		assert_int_equal(sn_identity_put(table, &facts), 0);
	}
	after = mallinfo2();
	sn_identity_stats(table, &stats);
	print_message("%u pods of 2 containers and 2 addresses: %.0f octets each by the allocator, %.0f by own account\n", PODS,
		      (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / PODS,
		      (double)stats.octets / PODS);
	assert_int_equal(stats.pods, PODS);
	assert_int_equal(stats.containers, 2 * PODS);
	assert_int_equal(stats.addresses, 2 * PODS);
	assert_in_range(stats.octets / PODS, 100, 1024);
	/* Under a sanitizer the allocator is not the one that is asked. */
	if (after.uordblks > before.uordblks)
		assert_in_range((after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / PODS, 1, 1024);
	assert_string_equal(by_address("10.0.0.7"), "core-7/open5gs-upf-7d9f8c6b5d-00007");
	sn_identity_list_begin(table);
	sn_identity_list_end(table);
	sn_identity_stats(table, &stats);
	assert_int_equal(stats.pods + stats.containers + stats.addresses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test(test_role_names),
		cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
