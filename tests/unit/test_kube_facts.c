/* SPDX-License-Identifier: Apache-2.0 */
/** @file What is read of pods, services, EndpointSlices and nodes; objects that are none; how the API server is found. */
#include <errno.h>
#include <unistd.h>

#include "test.h"

#include "base/macro.h"
#include "kube/access.h"
#include "kube/facts.h"

static struct sn_kube_facts facts;
static json_t *object;

static int read_as(sn_kube_read_fn read, const char *text)
{
	json_decref(object);
	object = json_loads(text, 0, NULL);
	assert_non_null(object);
	return read(object, &facts);
}

static int teardown(void **state)
{
	sn_kube_facts_fini(&facts);
	json_decref(object);
	object = NULL;
	return 0;
}

#define META "'metadata':{'namespace':'core','name':'amf-0','uid':'u1'%s}"

static const char *quoted(const char *text)
{
	static char json[8192];

	snprintf(json, sizeof(json), "%s", text);
	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	return json;
}

static void test_pod(void **state)
{
	const struct sn_pod_facts *pod = &facts.facts;

	assert_int_equal(
		read_as(sn_kube_read_pod,
			quoted("{'metadata':{'namespace':'core','name':'amf-0','uid':'u1','labels':{'app':'amf','pod-template-hash':'x'},"
			       "'annotations':{'k8s.v1.cni.cncf.io/network-status':"
			       "'[{\\'name\\':\\'cbr0\\',\\'ips\\':[\\'10.1.0.5\\'],\\'default\\':true},"
			       "{\\'name\\':\\'core/n2\\',\\'interface\\':\\'n2\\',\\'ips\\':[\\'10.100.50.249\\',\\'fd00::5\\']}]'}},"
			       "'spec':{'nodeName':'node-1','containers':[{'name':'amf','image':'r/amf:1'},{'name':'log','image':'r/log'}],"
			       "'initContainers':[{'name':'init','image':'i'},{'name':'side','image':'s','restartPolicy':'Always'}]},"
			       "'status':{'phase':'Running','podIP':'10.1.0.5','podIPs':[{'ip':'10.1.0.5'}],"
			       "'containerStatuses':[{'name':'log','containerID':'cri-o://bbb'},{'name':'amf','containerID':'containerd://aaa'}],"
			       "'initContainerStatuses':[{'name':'side','containerID':'docker://ccc'}]}}")),
		0);
	assert_string_equal(pod->namespace, "core");
	assert_string_equal(pod->name, "amf-0");
	assert_string_equal(pod->node, "node-1");
	assert_int_equal(pod->label_count, 1);
	assert_int_equal(pod->container_count, 3);
	assert_string_equal(pod->containers[0].id, "aaa");
	assert_string_equal(pod->containers[0].image, "r/amf:1");
	assert_string_equal(pod->containers[1].id, "bbb");
	assert_string_equal(pod->containers[2].id, "ccc");
	assert_string_equal(pod->containers[2].name, "side");
	assert_int_equal(pod->address_count, 4);
	assert_string_equal(pod->addresses[0], "10.1.0.5");
	assert_string_equal(pod->addresses[2], "10.100.50.249");
	assert_string_equal(pod->addresses[3], "fd00::5");
}

static void test_addresses(void **state)
{
	static const struct {
		const char *rest;
		size_t count;
	} cases[] = {
		{ "'spec':{},'status':{}", 0 },
		{ "'spec':{},'status':{'podIP':'10.0.0.1'}", 1 },
		{ "'spec':{'hostNetwork':true},'status':{'podIP':'10.0.0.1','podIPs':[{'ip':'10.0.0.1'}]}", 0 },
		{ "'spec':{'hostNetwork':false},'status':{'podIPs':[{'ip':'10.0.0.1'},{'ip':'fd00::1'}]}", 2 },
		{ "'spec':{},'status':{'phase':'Succeeded','podIP':'10.0.0.1'}", 0 },
		{ "'spec':{},'status':{'phase':'Failed','podIPs':[{'ip':'10.0.0.1'}]}", 0 },
	};
	char text[1024];

	for (size_t i = 0; i < SN_ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "{" META ",%s}", "", cases[i].rest);
		assert_int_equal(read_as(sn_kube_read_pod, quoted(text)), 0);
		if (facts.facts.address_count != cases[i].count)
			fail_msg("%s: %zu", cases[i].rest, facts.facts.address_count);
		sn_kube_facts_fini(&facts);
	}
}

/** Any field may be missing or of another type. */
static void test_odd(void **state)
{
	static const char *const none[] = { "{}",
					    "[]",
					    "{'metadata':[]}",
					    "{'metadata':{'name':'a'}}",
					    "{'metadata':{'name':7,'uid':'u'}}",
					    "{'metadata':{'name':'a','uid':{}}}" };
	static const char *const odd[] = {
		"'spec':7,'status':[]",
		"'spec':{'containers':{'a':1},'nodeName':5},'status':{'podIPs':{'ip':'1'},'podIP':9}",
		"'spec':{'containers':[7,null,'x',{},{'name':{}},{'name':'a'}]},'status':{'containerStatuses':[1,{},{'name':'a'}]}",
		"'spec':{'containers':[{'name':'a'}]},'status':{'containerStatuses':[{'name':'a','containerID':'no colon'}]}",
		"'status':{'podIPs':[null,{},{'ip':''},{'ip':'None'},[],7]}",
	};
	char text[2048];

	for (size_t i = 0; i < SN_ARRAY_SIZE(none); i++)
		assert_int_equal(read_as(sn_kube_read_pod, quoted(none[i])), -EINVAL);
	for (size_t i = 0; i < SN_ARRAY_SIZE(odd); i++) {
		snprintf(text, sizeof(text), "{" META ",%s}", ",'labels':[1],'annotations':'x'", odd[i]);
		assert_int_equal(read_as(sn_kube_read_pod, quoted(text)), 0);
		assert_int_equal(facts.facts.address_count, 0);
		sn_kube_facts_fini(&facts);
		assert_int_equal(read_as(sn_kube_read_service, quoted(text)), 0);
		assert_int_equal(read_as(sn_kube_read_slice, quoted(text)), 0);
		assert_int_equal(read_as(sn_kube_read_node, quoted(text)), 0);
	}
	snprintf(text, sizeof(text), "{" META "}",
		 ",'labels':{'app':7,'nf':null},'annotations':{'k8s.v1.cni.cncf.io/network-status':'[{\\'ips\\':7},8,[[['}");
	assert_int_equal(read_as(sn_kube_read_pod, quoted(text)), 0);
	assert_int_equal(facts.facts.label_count, 0);
}

/** More than there is room for. */
static void test_many(void **state)
{
	static char text[400000];
	size_t len = (size_t)snprintf(text, sizeof(text), "{" META ",'spec':{'containers':[{}", "");

	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",{'name':'c%d'}", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "]},'status':{'podIPs':[{'ip':'10.0.0.1'}");
	for (int i = 0; i < 3000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",{'ip':'10.0.0.1'}");
	len += (size_t)snprintf(text + len, sizeof(text) - len, "],'loadBalancer':{'ingress':[{'ip':'1'}");
	for (int i = 0; i < 3000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",{'ip':'10.0.0.1'}");
	snprintf(text + len, sizeof(text) - len, "]}}}");
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	assert_int_equal(read_as(sn_kube_read_pod, text), 0);
	assert_int_equal(facts.facts.container_count, SN_POD_CONTAINERS);
	assert_int_equal(facts.facts.address_count, 16);
	assert_int_equal(read_as(sn_kube_read_service, text), 0);
	assert_int_equal(facts.facts.address_count, SN_KUBE_ADDRESSES);
}

static void test_others(void **state)
{
	assert_int_equal(read_as(sn_kube_read_service,
				 quoted("{'metadata':{'namespace':'core','name':'amf','uid':'u2'},"
					"'spec':{'clusterIPs':['10.96.0.9','None'],'externalIPs':['192.0.2.1']},"
					"'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.2'},{'hostname':'x'}]}}}")),
			 0);
	assert_int_equal(facts.facts.address_count, 3);
	assert_int_equal(
		read_as(sn_kube_read_slice,
			quoted("{'metadata':{'namespace':'core','name':'amf-x1','uid':'u3','labels':{'kubernetes.io/service-name':'amf'}},"
			       "'endpoints':[{'addresses':['10.1.0.5']},{'addresses':['10.1.0.6']},{}]}")),
		0);
	assert_string_equal(facts.facts.name, "amf");
	assert_int_equal(facts.facts.address_count, 2);
	assert_int_equal(read_as(sn_kube_read_node, quoted("{'metadata':{'name':'node-1','uid':'u4'},'status':{'addresses':["
							   "{'type':'InternalIP','address':'198.18.0.1'},"
							   "{'type':'Hostname','address':'node-1'}]}}")),
			 0);
	assert_string_equal(facts.facts.namespace, "");
	assert_int_equal(facts.facts.address_count, 2);
}

/* --- access */

static void test_access(void **state)
{
	char file[] = "/tmp/sauron-token-XXXXXX";
	int fd = mkstemp(file);
	struct sn_text header = { 0 };
	struct sn_kube_access access;
	struct sn_diag diag = { 0 };

	assert_true(fd >= 0);
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_false(sn_kube_in_pod());
	assert_int_equal(sn_kube_access_init(NULL, NULL, NULL, &access, &diag), -ENOENT);
	assert_int_equal(sn_kube_access_init("ftp://x", NULL, NULL, &access, &diag), -EINVAL);
	assert_int_equal(sn_kube_access_init("https://x", "/nowhere", NULL, &access, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "/nowhere"));
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
	assert_true(sn_kube_in_pod());
	assert_int_equal(sn_kube_access_init(NULL, NULL, file, &access, &diag), 0);
	assert_string_equal(access.server, "https://[fd00::1]:6443");
	/* An empty file holds no token. */
	assert_int_equal(sn_kube_authorization(&access, &header, &diag), -EINVAL);
	assert_int_equal(write(fd, "abc.def\n", 8), 8);
	assert_int_equal(sn_kube_authorization(&access, &header, &diag), 0);
	assert_string_equal(header.data, "Authorization: Bearer abc.def");
	sn_text_free(&header);
	sn_kube_access_fini(&access);
	unsetenv("KUBERNETES_SERVICE_PORT");
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	assert_int_equal(sn_kube_access_init(NULL, NULL, NULL, &access, &diag), 0);
	assert_string_equal(access.server, "https://10.96.0.1:443");
	sn_kube_access_fini(&access);
	assert_int_equal(sn_kube_access_init("http://127.0.0.1:8001//", NULL, NULL, &access, &diag), 0);
	assert_string_equal(access.server, "http://127.0.0.1:8001");
	sn_kube_access_fini(&access);
	unsetenv("KUBERNETES_SERVICE_HOST");
	close(fd);
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_pod, teardown),	  cmocka_unit_test_teardown(test_addresses, teardown),
		cmocka_unit_test_teardown(test_odd, teardown),	  cmocka_unit_test_teardown(test_many, teardown),
		cmocka_unit_test_teardown(test_others, teardown), cmocka_unit_test(test_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
