/* SPDX-License-Identifier: Apache-2.0 */
/** @file Paths of control groups as runtimes and kubelets make them, and the cgroups of this machine. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "base/macro.h"
#include "model/cgroup.h"

#define ID  "9c1f6b2d0e3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
#define ID2 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define UID "6f1e4c1a-3b2d-4e5f-8a9b-0c1d2e3f4a5b"
#define UIU "6f1e4c1a_3b2d_4e5f_8a9b_0c1d2e3f4a5b"
#define MIR "0b3a0a1b2c3d4e5f60718293a4b5c6d7"

static const struct {
	const char *path, *container, *runtime, *pod, *unit;
} forms[] = {
	/* containerd, systemd driver: guaranteed, burstable, best effort */
	{ "/kubepods.slice/kubepods-pod" UIU ".slice/cri-containerd-" ID ".scope", ID, "containerd", UID, "" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UIU ".slice/cri-containerd-" ID ".scope", ID,
	  "containerd", UID, "" },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UIU ".slice/cri-containerd-" ID ".scope", ID,
	  "containerd", UID, "" },
	/* containerd, cgroupfs driver; k3s; microk8s */
	{ "/kubepods/pod" UID "/" ID, ID, "", UID, "" },
	{ "/kubepods/burstable/pod" UID "/" ID, ID, "", UID, "" },
	{ "/kubepods/besteffort/pod" UID "/" ID, ID, "", UID, "" },
	/* containerd with the systemd form, under cgroup v1 below its own service */
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UIU ".slice:cri-containerd:" ID, ID, "containerd", UID, "" },
	{ "/kubepods-besteffort-pod" UIU ".slice:cri-containerd:" ID, ID, "containerd", UID, "" },
	/* CRI-O: systemd, with the container below its scope, cgroupfs, and its helper */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UIU ".slice/crio-" ID ".scope", ID, "cri-o", UID,
	  "" },
	{ "/kubepods.slice/kubepods-pod" UIU ".slice/crio-" ID ".scope/container", ID, "cri-o", UID, "" },
	{ "/kubepods/burstable/pod" UID "/crio-" ID, ID, "cri-o", UID, "" },
	{ "/kubepods.slice/kubepods-pod" UIU ".slice/crio-conmon-" ID ".scope", "", "", UID, "crio-conmon-" ID ".scope" },
	/* dockershim and cri-dockerd */
	{ "/kubepods.slice/kubepods-pod" UIU ".slice/docker-" ID ".scope", ID, "docker", UID, "" },
	/* static pods, named by the kubelet's hash */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" MIR ".slice/cri-containerd-" ID ".scope", ID,
	  "containerd", MIR, "" },
	{ "/kubepods/burstable/pod" MIR "/" ID, ID, "", MIR, "" },
	/* a pod's own cgroup */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UIU ".slice", "", "", UID, "" },
	{ "/kubepods/burstable/pod" UID, "", "", UID, "" },
	/* seen from within another cgroup namespace */
	{ "/../../kubepods-besteffort.slice/kubepods-besteffort-pod" UIU ".slice/cri-containerd-" ID ".scope", ID, "containerd",
	  UID, "" },
	{ "/../cri-containerd-" ID ".scope", ID, "containerd", "", "" },
	/* kind: a kubelet in a container of docker or podman */
	{ "/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	  "kubelet-kubepods-burstable-pod" UIU ".slice/cri-containerd-" ID ".scope",
	  ID, "containerd", UID, "" },
	{ "/system.slice/docker-" ID2 ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UIU
	  ".slice/cri-containerd-" ID ".scope",
	  ID, "containerd", UID, "" },
	{ "/docker/" ID2 "/kubelet/kubepods/besteffort/pod" UID "/" ID, ID, "", UID, "" },
	{ "/machine.slice/libpod-" ID2 ".scope/container/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UIU
	  ".slice/cri-containerd-" ID ".scope",
	  ID, "containerd", UID, "" },
	/* systemd, and docker, in a container of a pod */
	{ "/kubepods.slice/kubepods-pod" UIU ".slice/cri-containerd-" ID ".scope/system.slice/upf.service", ID, "containerd", UID,
	  "upf.service" },
	{ "/kubepods/burstable/pod" UID "/" ID2 "/docker/" ID, ID, "docker", UID, "" },
	/* docker */
	{ "/system.slice/docker-" ID ".scope", ID, "docker", "", "" },
	{ "/docker/" ID, ID, "docker", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", ID, "docker", "", "" },
	/* podman: root's, a user's, without systemd, its helper */
	{ "/machine.slice/libpod-" ID ".scope", ID, "podman", "", "" },
	{ "/machine.slice/libpod-" ID ".scope/container", ID, "podman", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container", ID, "podman", "", "" },
	{ "/libpod_parent/libpod-" ID, ID, "podman", "", "" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "", "", "", "libpod-conmon-" ID ".scope" },
	/* a service of systemd that runs a container of podman (Quadlet) */
	{ "/system.slice/amf.service/libpod-payload-" ID, ID, "", "", "" },
	/* nerdctl */
	{ "/system.slice/nerdctl-" ID ".scope", ID, "containerd", "", "" },
	/* systemd */
	{ "/system.slice/sauron-agent.service", "", "", "", "sauron-agent.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "", "", "", "getty@tty1.service" },
	{ "/user.slice/user-1000.slice/session-2.scope", "", "", "", "session-2.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnb.service", "", "", "", "app-gnb.service" },
	{ "/init.scope", "", "", "", "init.scope" },
	{ "/system.slice/containerd.service", "", "", "", "containerd.service" },
};

static void test_forms(void **state)
{
	for (size_t i = 0; i < SN_ARRAY_SIZE(forms); i++) {
		struct sn_cgroup cgroup;

		if (!sn_cgroup_read(forms[i].path, &cgroup))
			fail_msg("%s tells nothing", forms[i].path);
		if (strcmp(cgroup.container, forms[i].container) || strcmp(cgroup.runtime, forms[i].runtime) ||
		    strcmp(cgroup.pod_uid, forms[i].pod) || strcmp(cgroup.unit, forms[i].unit))
			fail_msg("%s: container '%s' runtime '%s' pod '%s' unit '%s'", forms[i].path, cgroup.container,
				 cgroup.runtime, cgroup.pod_uid, cgroup.unit);
	}
	assert_true(SN_ARRAY_SIZE(forms) >= 30);
}

static void test_nothing(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"/user.slice",
		"/kubepods",
		"/kubepods.slice/kubepods-burstable.slice",
		"/docker",
		"/..",
		"/../..",
		/* too short, too long, not hexadecimal, of another word */
		"/docker/9c1f6b2d0e3a",
		"/docker/" ID "0",
		"/docker/x" ID,
		"/kubepods/pod" MIR "0",
		"/kubepods/podx" UID,
		"/kubepods/xpod" UID,
		"/kubepods/pod6f1e4c1a-3b2d-4e5f-8a9b-0c1d2e3f4a5",
		"/.scope",
		"/.service",
		"pod",
		"/pod",
	};
	struct sn_cgroup cgroup;

	for (size_t i = 0; i < SN_ARRAY_SIZE(paths); i++)
		if (sn_cgroup_read(paths[i], &cgroup))
			fail_msg("'%s': container '%s' pod '%s' unit '%s'", paths[i], cgroup.container, cgroup.pod_uid,
				 cgroup.unit);
}

static void test_long(void **state)
{
	char path[SN_CGROUP_PATH];
	struct sn_cgroup cgroup;

	/* A name that does not fit is cut; it is no container's. */
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	snprintf(path + 3000, 16, ".service");
	assert_true(sn_cgroup_read(path, &cgroup));
	assert_int_equal(strlen(cgroup.unit), sizeof(cgroup.unit) - 1);
	assert_string_equal(cgroup.container, "");
}

static void test_lines(void **state)
{
	struct sn_cgroup cgroup;

	/* v1: the hierarchies tell the same, or nothing. */
	assert_true(sn_cgroup_read_lines("12:pids:/kubepods/burstable/pod" UID "/" ID
					 "\n11:cpu,cpuacct:/kubepods/burstable/pod" UID "/" ID
					 "\n1:name=systemd:/system.slice/containerd.service\n0::/\n",
					 &cgroup));
	assert_string_equal(cgroup.container, ID);
	assert_string_equal(cgroup.pod_uid, UID);
	/* A path with colons, without an end. */
	assert_true(sn_cgroup_read_lines("0::/system.slice/containerd.service/kubepods-pod" UIU ".slice:cri-containerd:" ID,
					 &cgroup));
	assert_string_equal(cgroup.runtime, "containerd");
	assert_true(sn_cgroup_read_lines("1:name=systemd:/system.slice/amf.service\n0::/system.slice\n", &cgroup));
	assert_string_equal(cgroup.unit, "amf.service");
	assert_false(sn_cgroup_read_lines("", &cgroup));
	assert_false(sn_cgroup_read_lines("0::/\n\n:\n::\nx", &cgroup));
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/** Without Kubernetes. */
static void test_names(void **state)
{
	static const char *const cases[][2] = {
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", "podman/9c1f6b2d0e3a" },
		{ "0::/system.slice/docker-" ID ".scope\n", "docker/9c1f6b2d0e3a" },
		{ "0::/kubepods/burstable/pod" UID "/" ID "\n", "container/9c1f6b2d0e3a" },
		{ "0::/system.slice/sauron-agent.service\n", "sauron-agent.service" },
		{ "0::/\n", "open5gs-amfd" },
		{ "", "open5gs-amfd" },
	};
	char top[] = "/tmp/sauron-proc-XXXXXX", cgroup[64], comm[64], dir[48], name[64];

	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/proc", top);
	assert_int_equal(mkdir(dir, 0700), 0);
	snprintf(dir, sizeof(dir), "%s/proc/7", top);
	assert_int_equal(mkdir(dir, 0700), 0);
	snprintf(cgroup, sizeof(cgroup), "%s/cgroup", dir);
	snprintf(comm, sizeof(comm), "%s/comm", dir);
	assert_false(sn_cgroup_name_process(top, 7, name, sizeof(name)));
	write_file(comm, "open5gs-amfd\n");
	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		write_file(cgroup, cases[i][0]);
		assert_true(sn_cgroup_name_process(top, 7, name, sizeof(name)));
		assert_string_equal(name, cases[i][1]);
	}
	unlink(cgroup);
	unlink(comm);
	rmdir(dir);
	snprintf(dir, sizeof(dir), "%s/proc", top);
	rmdir(dir);
	rmdir(top);
}

static void test_machine(void **state)
{
	char mount[1024], name[64], path[SN_CGROUP_PATH], full[sizeof(mount) + sizeof(name)];
	struct sn_cgroup cgroup;
	uint64_t id;

	/* Whatever it tells, it does so without harm. */
	sn_cgroup_of_process("", (uint32_t)getpid(), &cgroup);
	assert_false(sn_cgroup_of_process("/nowhere", 1, &cgroup));
	/* Where we may make a cgroup, by its handle. */
	if (sn_cgroup_mount(mount, sizeof(mount)))
		return;
	snprintf(name, sizeof(name), "/sauron-test-%d.service", (int)getpid());
	snprintf(full, sizeof(full), "%s%s", mount, name);
	if (mkdir(full, 0755) < 0)
		return;
	assert_int_equal(sn_cgroup_id_of(full, &id), 0);
	assert_int_equal(sn_cgroup_path_of(mount, id, path, sizeof(path)), 0);
	rmdir(full);
	assert_string_equal(path, name);
	assert_int_equal(sn_cgroup_path_of(mount, id, path, sizeof(path)), -ENOENT);
}

/** By inode number any tree will do: without the right to ask by handles it is looked through. */
static void test_walk(void **state)
{
	char top[] = "/tmp/sauron-cgroup-XXXXXX", deep[128], path[SN_CGROUP_PATH];
	uint64_t id;

	assert_non_null(mkdtemp(top));
	snprintf(deep, sizeof(deep), "%s/a", top);
	assert_int_equal(mkdir(deep, 0700), 0);
	snprintf(deep, sizeof(deep), "%s/a/b.slice", top);
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_int_equal(sn_cgroup_id_of(deep, &id), 0);
	if (geteuid())
		assert_int_equal(sn_cgroup_path_of(top, id, path, sizeof(path)), 0);
	if (geteuid())
		assert_string_equal(path, "/a/b.slice");
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a", top);
	rmdir(deep);
	rmdir(top);
	assert_true(sn_cgroup_path_of(top, id, path, sizeof(path)) < 0);
	assert_int_equal(sn_cgroup_id_of(top, &id), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_nothing), cmocka_unit_test(test_long),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_machine), cmocka_unit_test(test_names),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
