/* SPDX-License-Identifier: Apache-2.0 */
/** @file The configuration: defaults, every type of option, every refusal with its line and the nearest name, hostile files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

#include "agent/config.h"
#include "base/log.h"
#include "config_probe.h"

static char path[] = "/tmp/sn-test-config-XXXXXX";
static struct sn_diag diag;

static int setup(void **state)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	return unlink(path);
}

static void write_file(const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static int load(const char *text, struct sn_config **ret_config)
{
	write_file(text, strlen(text));
	memset(&diag, 0, sizeof(diag));
	*ret_config = NULL;
	return sn_config_load(path, modules, ret_config, &diag);
}

static void check_defaults(const struct sn_config *config)
{
	const struct probe_config *p = config->modules[0].config;

	assert_int_equal(config->agent.log_level, SN_LOG_INFO);
	assert_int_equal(config->agent.subscriber_ids, SN_SUBSCRIBER_PSEUDONYM);
	assert_null(config->agent.pseudonym_key_file);
	assert_string_equal(config->agent.state_dir, "/var/lib/sauron");
	assert_int_equal(config->agent.ring_size, 8 << 20);
	assert_string_equal(config->agent.metrics_listen, "127.0.0.1:9465");
	assert_string_equal(config->agent.api_socket, "/run/sauron/agent.sock");
	assert_null(config->agent.api_group);
	assert_int_equal(config->module_count, 2);
	assert_true(config->modules[0].enabled);
	assert_true(config->modules[1].enabled);
	assert_false(p->quick);
	assert_int_equal(p->limit, 100);
	assert_int_equal(p->capture, 16384);
	assert_int_equal(p->timeout, 5000000000);
	assert_int_equal(p->tap, 0);
	assert_null(p->label);
	assert_int_equal(p->interfaces.count, 0);
	assert_int_equal(p->ports.count, 1);
	assert_int_equal(p->ports.items[0], 38412);
	assert_int_equal(p->timeouts.count, 1);
	assert_string_equal(p->timeouts.items[0].name, "NGSetup");
	assert_int_equal(p->timeouts.items[0].ns, 30000000000);
	assert_int_equal(p->depth, 7);
}

static void test_defaults(void **state)
{
	static const char *const files[] = { "",
					     "# nothing\n",
					     "---\n",
					     "{}",
					     "~",
					     "modules:\n",
					     "modules: {n2: , flow: {}}",
					     "metrics:\n",
					     "\xef\xbb\xbf# with a byte order mark\n" };
	struct sn_config *config;

	assert_int_equal(sn_config_new(modules, &config, &diag), 0);
	check_defaults(config);
	assert_null(config->file);
	sn_config_free(config);
	for (size_t i = 0; i < SN_ARRAY_SIZE(files); i++) {
		if (load(files[i], &config))
			fail_msg("'%s': %s", files[i], diag.text);
		check_defaults(config);
		assert_string_equal(config->file, path);
		sn_config_free(config);
	}
	sn_config_free(NULL);
}

static void test_values(void **state)
{
	struct sn_config *config;
	const struct probe_config *p;

	assert_int_equal(load("log_level: debug\n"
			      "subscriber_ids: clear\n"
			      "state_dir: /tmp/state\n"
			      "ring_size: 1MiB\n"
			      "metrics:\n  listen: '[::1]:9000'\n"
			      "api: {socket: /tmp/a.sock, group: root}\n"
			      "modules:\n"
			      "  n2:\n"
			      "    enabled: no\n"
			      "    quick: on\n"
			      "    limit: 1000\n"
			      "    capture: 256\n"
			      "    timeout: 250ms\n"
			      "    tap: packet\n"
			      "    label: \"a: b\"\n"
			      "    interfaces: &list [eth0, 'n2@/run/netns/amf']\n"
			      "    ports:\n    - 38412\n    - 65535\n"
			      "    timeouts: {InitialContextSetup: 2s, NGSetup: 1m}\n"
			      "    inner: {depth: 8}\n",
			      &config),
			 0);
	p = config->modules[0].config;
	assert_int_equal(config->agent.log_level, SN_LOG_DEBUG);
	assert_int_equal(config->agent.subscriber_ids, SN_SUBSCRIBER_CLEAR);
	assert_int_equal(config->agent.ring_size, 1 << 20);
	assert_string_equal(config->agent.metrics_listen, "[::1]:9000");
	assert_string_equal(config->agent.api_socket, "/tmp/a.sock");
	assert_string_equal(config->agent.api_group, "root");
	assert_false(config->modules[0].enabled);
	assert_true(config->modules[1].enabled);
	assert_true(p->quick);
	assert_int_equal(p->limit, 1000);
	assert_int_equal(p->capture, 256);
	assert_int_equal(p->timeout, 250000000);
	assert_int_equal(p->tap, 2);
	assert_string_equal(p->label, "a: b");
	assert_int_equal(p->interfaces.count, 2);
	assert_string_equal(p->interfaces.items[1], "n2@/run/netns/amf");
	assert_int_equal(p->ports.count, 2);
	assert_int_equal(p->ports.items[1], 65535);
	assert_int_equal(p->timeouts.count, 2);
	assert_string_equal(p->timeouts.items[1].name, "NGSetup");
	assert_int_equal(p->timeouts.items[1].ns, 60000000000);
	assert_int_equal(p->depth, 8);
	sn_config_free(config);
}

/** Each row: a file and what is said about it, after "FILE:". */
static const struct {
	const char *text;
	const char *message;
} refusals[] = {
	/* names */
	{ "log_level: info\nmodules:\n  n2:\n    portz: [1]\n",
	  "4: unknown option 'portz' in modules.n2; did you mean 'ports'?" },
	{ "modules: {n2: {enable: true}}", "1: unknown option 'enable' in modules.n2; did you mean 'enabled'?" },
	{ "modules:\n  n2:\n    inner:\n      deph: 1\n", "4: unknown option 'deph' in modules.n2.inner; did you mean 'depth'?" },
	{ "modules: {n2: {inner.depth: 1}}", "1: unknown option 'inner.depth' in modules.n2" },
	{ "modules: {n3: {}}", "1: unknown module 'n3' in modules; did you mean 'n2'?" },
	{ "modules: {elephant: {}}", "1: unknown module 'elephant' in modules" },
	{ "module: {}", "1: unknown option 'module'; did you mean 'modules'?" },
	{ "loglevel: info", "1: unknown option 'loglevel'; did you mean 'log_level'?" },
	{ "\n\nmetrics:\n  lisen: off", "4: unknown option 'lisen' in metrics; did you mean 'listen'?" },
	{ "zebra: 1", "1: unknown option 'zebra'" },
	{ "<<: {log_level: info}", "1: unknown option '<<'" },
	/* twice */
	{ "log_level: info\napi: {}\nlog_level: debug\n", "3: 'log_level' is there twice; the first is in line 1" },
	{ "modules:\n  n2: {quick: on, quick: on}\n", "2: 'quick' in modules.n2 is there twice; the first is in line 2" },
	{ "modules:\n  n2: {}\n  n2: {}\n", "3: 'n2' in modules is there twice; the first is in line 2" },
	{ "modules: {n2: {timeouts: {NGSetup: 1s, NGSetup: 2s}}}",
	  "1: 'NGSetup' in modules.n2.timeouts is there twice; the first is in line 1" },
	/* types and ranges */
	{ "log_level: verbose", "1: log_level must be one of error, warning, info, debug, not 'verbose'" },
	{ "log_level: inof", "1: log_level must be one of error, warning, info, debug, not 'inof'; did you mean 'info'?" },
	{ "log_level: [info]", "1: log_level must be one of error, warning, info, debug, not a list" },
	{ "log_level:", "1: log_level must be one of error, warning, info, debug, not nothing" },
	{ "ring_size: 1KiB", "1: ring_size must be a size like 16KiB from 64KiB to 1GiB, not '1KiB'" },
	{ "ring_size: lots", "1: ring_size must be a size like 16KiB from 64KiB to 1GiB, not 'lots'" },
	{ "state_dir: relative/path", "1: state_dir must be an absolute path, not 'relative/path'" },
	{ "metrics: {listen: 'localhost:9465'}",
	  "1: metrics.listen must be ADDRESS:PORT like 127.0.0.1:9465 or [::1]:9465, or off, not 'localhost:9465'" },
	{ "metrics: {listen: '127.0.0.1:0'}",
	  "1: metrics.listen must be ADDRESS:PORT like 127.0.0.1:9465 or [::1]:9465, or off, not '127.0.0.1:0'" },
	{ "metrics: 9465", "1: metrics must be a mapping of options to values, not '9465'" },
	{ "api: {group: no-such-group-here}", "1: api.group must be a group that exists, not 'no-such-group-here'" },
	{ "modules: [n2]", "1: modules must be a mapping of options to values, not a list" },
	{ "modules:\n  n2: yes\n", "2: modules.n2 must be a mapping of options to values, not 'yes'" },
	{ "- a\n- b\n", "1: the configuration must be a mapping of options to values, not a list" },
	{ "just words", "1: the configuration must be a mapping of options to values, not 'just words'" },
	{ "modules: {n2: {quick: maybe}}", "1: modules.n2.quick must be true or false, not 'maybe'" },
	{ "modules: {n2: {limit: 0}}", "1: modules.n2.limit must be a whole number from 1 to 1000, not '0'" },
	{ "modules: {n2: {limit: 1001}}", "1: modules.n2.limit must be a whole number from 1 to 1000, not '1001'" },
	{ "modules: {n2: {limit: 1KiB}}", "1: modules.n2.limit must be a whole number from 1 to 1000, not '1KiB'" },
	{ "modules: {n2: {limit: -5}}", "1: modules.n2.limit must be a whole number from 1 to 1000, not '-5'" },
	{ "modules: {n2: {limit: 99999999999999999999999}}",
	  "1: modules.n2.limit must be a whole number from 1 to 1000, not '99999999999999999999999'" },
	{ "modules: {n2: {timeout: 5}}", "1: modules.n2.timeout must be a duration like 500ms or 5s from 1ms to 1h, not '5'" },
	{ "modules: {n2: {timeout: 2h}}", "1: modules.n2.timeout must be a duration like 500ms or 5s from 1ms to 1h, not '2h'" },
	{ "modules: {n2: {ports: 38412}}",
	  "1: modules.n2.ports must be a list of ports from 1 to 65535, like [38412], not '38412'" },
	{ "modules:\n  n2:\n    ports:\n    - 1\n    - 65536\n",
	  "5: modules.n2.ports must be a list of ports from 1 to 65535, like [38412], not '65536'" },
	{ "modules: {n2: {ports: [[1]]}}",
	  "1: modules.n2.ports must be a list of ports from 1 to 65535, like [38412], not a list" },
	{ "modules: {n2: {interfaces: {a: b}}}",
	  "1: modules.n2.interfaces must be a list of texts, like [one, two], not a mapping" },
	{ "modules: {n2: {interfaces: [a, b, c, d]}}", "1: modules.n2.interfaces has 4 entries; 3 are allowed" },
	{ "modules: {n2: {interfaces: [a, {b: c}]}}",
	  "1: modules.n2.interfaces must be a list of texts, like [one, two], not a mapping" },
	{ "modules: {n2: {label: \"a\\0b\"}}", "1: modules.n2.label must be text, not text with a NUL" },
	{ "modules: {n2: {timeouts: {NGSetpu: 1s}}}",
	  "1: unknown name 'NGSetpu' in modules.n2.timeouts; did you mean 'NGSetup'?" },
	{ "modules: {n2: {timeouts: {NGSetup: 1}}}",
	  "1: modules.n2.timeouts.NGSetup must be a duration like 500ms or 5s from 1ms to 1h, not '1'" },
	{ "modules: {n2: {timeouts: 5s}}", "1: modules.n2.timeouts must be a mapping of names to durations like 5s, not '5s'" },
	/* odd keys */
	{ "[a, b]: c", "1: the name of an option must be a word, not a list" },
	{ "modules: {n2: {? {a: b} : c}}", "1: the name of an option in modules.n2 must be a word, not a mapping" },
	{ "\"log\\0level\": info", "1: the name of an option must be a word, not text with a NUL" },
	{ "'': 1", "1: the name of an option must be a word, not ''" },
	/* not YAML */
	{ "log_level: info\n  ring_size: 1MiB\n", "2: this is not YAML: mapping values are not allowed in this context" },
	{ "modules: {n2: {ports: [1, 2}}",
	  "1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'" },
	{ "log_level: \"info\n", "2: this is not YAML: while scanning a quoted scalar, found unexpected end of stream" },
	{ "log_level: *nowhere", "1: this is not YAML: found undefined alias" },
	{ "log_level: info\n---\nlog_level: debug\n", "2: a second document begins; one is expected" },
	{ "\tlog_level: info",
	  "1: this is not YAML: while scanning for the next token, found character that cannot start any token" },
	{ "a: b\n\x7f"
	  "ELF",
	  "2: this is not text: control characters are not allowed" },
	{ "a: \xff\xfe", "1: this is not text: invalid leading UTF-8 octet" },
	/* a key whose value holds itself */
	{ "modules: &m {n2: *m}", "1: unknown option 'n2' in modules.n2" },
	{ "modules: {n2: {interfaces: &l [*l]}}",
	  "1: modules.n2.interfaces must be a list of texts, like [one, two], not a list" },
};

static void test_refusals(void **state)
{
	for (size_t i = 0; i < SN_ARRAY_SIZE(refusals); i++) {
		struct sn_config *config;
		char expected[1200];

		assert_int_equal(load(refusals[i].text, &config), -EINVAL);
		assert_null(config);
		snprintf(expected, sizeof(expected), "%s:%s", path, refusals[i].message);
		assert_string_equal(diag.text, expected);
	}
}

static void test_files(void **state)
{
	struct sn_config *config = NULL;
	char *big = test_calloc(1, (1 << 20) + 2);
	char expected[256];

	assert_int_equal(sn_config_load("/nonexistent/sauron.yaml", modules, &config, &diag), -ENOENT);
	assert_string_equal(diag.text, "/nonexistent/sauron.yaml: cannot be read: No such file or directory");
	assert_int_equal(sn_config_load("/tmp", modules, &config, &diag), -EISDIR);
	assert_string_equal(diag.text, "/tmp: is a directory, not a configuration file");
	assert_int_equal(sn_config_load("/dev/zero", modules, &config, &diag), -EFBIG);
	assert_int_equal(sn_config_load("/dev/null", modules, &config, &diag), 0);
	check_defaults(config);
	sn_config_free(config);

	memset(big, '#', (1 << 20) + 1);
	write_file(big, (1 << 20) + 1);
	assert_int_equal(sn_config_load(path, modules, &config, &diag), -EFBIG);
	snprintf(expected, sizeof(expected), "%s: is larger than 1 MiB; this is no configuration file", path);
	assert_string_equal(diag.text, expected);
	write_file(big, 1 << 20);
	assert_int_equal(sn_config_load(path, modules, &config, &diag), 0);
	sn_config_free(config);
	test_free(big);
}

static void test_fifo(void **state)
{
	char fifo[64];
	struct sn_config *config;

	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(sn_config_load(fifo, modules, &config, &diag), -EINVAL);
	unlink(fifo);
	assert_non_null(strstr(diag.text, "is not a regular file"));
}

/** What takes libyaml minutes or gigabytes when nobody stops it; the test's own time limit is the measure. */
static void test_hostile(void **state)
{
	static const struct {
		const char *unit;
		const char *message;
	} rows[] = {
		{ "[", "1: nested deeper than 16 levels" },
		{ "{a: ", "1: nested deeper than 16 levels" },
		{ "- ", "1: nested deeper than 16 levels" },
		{ "? ", "1: nested deeper than 16 levels" },
		{ "a\n", NULL },
		{ "&a ", NULL },
		{ "!t ", NULL },
		{ "log_level: info\n", "2: 'log_level' is there twice; the first is in line 1" },
		{ "*a ", NULL },
		{ "%YAML 1.1\n", NULL },
		{ "'", NULL },
		{ "- a\n", "99998: more than 100000 values" },
	};
	char *data = test_malloc(1 << 20), expected[256];

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		struct sn_config *config = NULL;
		size_t unit = strlen(rows[i].unit), len = 0;

		for (; len + unit <= 1 << 20; len += unit)
			memcpy(data + len, rows[i].unit, unit);
		/* Few enough values for the row about doubles. */
		if (unit > 10)
			len = unit * 1000;
		write_file(data, len);
		assert_int_equal(sn_config_load(path, modules, &config, &diag), -EINVAL);
		snprintf(expected, sizeof(expected), "%s:%s", path, rows[i].message ? rows[i].message : "");
		if (rows[i].message)
			assert_string_equal(diag.text, expected);
		else
			assert_int_equal(strncmp(diag.text, expected, strlen(expected)), 0);
	}
	test_free(data);
}

/** Nine lists, each of nine times the one before: 9^9 leaves to whoever follows aliases. */
static void test_alias_bomb(void **state)
{
	struct sn_text text = { 0 };
	struct sn_config *config = NULL;

	sn_text_add(&text, "modules:\n  n2:\n    timeouts: &a {NGSetup: 1s}\n    interfaces:\n    - &b0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++)
		sn_text_addf(&text, "    - &b%d [*b%d,*b%d,*b%d,*b%d,*b%d,*b%d,*b%d,*b%d,*b%d]\n", i, i - 1, i - 1, i - 1, i - 1,
			     i - 1, i - 1, i - 1, i - 1, i - 1);
	assert_int_equal(load(text.data, &config), -EINVAL);
	assert_non_null(strstr(diag.text, "modules.n2.interfaces has 9 entries; 3 are allowed"));
	sn_text_free(&text);
}

/** Every byte of a good file changed in turn, and every prefix of it: refused or taken, nothing else. */
static void test_damage(void **state)
{
	static const char good[] = "log_level: info\nmodules:\n  n2: {ports: [1], timeouts: {NGSetup: 1s}, label: \"x\\n\"}\n";
	char bad[sizeof(good)];
	struct sn_config *config;

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		write_file(good, i);
		config = NULL;
		if (!sn_config_load(path, modules, &config, &diag))
			sn_config_free(config);
	}
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(bad, good, sizeof(good));
		bad[i] = (char)(bad[i] ^ (1 << i % 8));
		write_file(bad, sizeof(good) - 1);
		config = NULL;
		if (!sn_config_load(path, modules, &config, &diag))
			sn_config_free(config);
	}
}

static void test_set(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{ "n2.portz=[1]", "--set: unknown option 'portz'; did you mean 'ports'?" },
		{ "modules.n4.ports=[1]", "--set: there is no module in 'modules.n4.ports'" },
		{ "n2.ports", "--set: 'n2.ports' is not KEY=VALUE" },
		{ "=5", "--set: '=5' is not KEY=VALUE" },
		{ "n2.limit=", "--set: 'n2.limit' has no value" },
		{ "n2.limit=5000", "--set:1: n2.limit must be a whole number from 1 to 1000, not '5000'" },
		{ "loglevel=debug", "--set: unknown option 'loglevel'; did you mean 'log_level'?" },
		{ "state_dir=x", "--set: state_dir must be an absolute path" },
	};
	struct sn_config *config;
	const struct probe_config *p;

	assert_int_equal(sn_config_new(modules, &config, &diag), 0);
	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++) {
		assert_int_equal(sn_config_set(config, rows[i].text, &diag), -EINVAL);
		assert_string_equal(diag.text, rows[i].message);
	}
	p = config->modules[0].config;
	assert_int_equal(sn_config_set(config, "n2.ports=[1,2,3]", &diag), 0);
	assert_int_equal(p->ports.count, 3);
	assert_int_equal(sn_config_set(config, "modules.n2.timeouts={NGSetup: 9s}", &diag), 0);
	assert_int_equal(p->timeouts.items[0].ns, 9000000000);
	assert_int_equal(sn_config_set(config, "n2.inner.depth=9", &diag), 0);
	assert_int_equal(p->depth, 9);
	assert_int_equal(sn_config_set(config, "n2.enabled=false", &diag), 0);
	assert_false(config->modules[0].enabled);
	assert_int_equal(sn_config_set(config, "metrics.listen=off", &diag), 0);
	assert_string_equal(config->agent.metrics_listen, "off");
	sn_config_free(config);
}

static void collect(void *ctx, const char *name)
{
	struct sn_text *names = ctx;

	sn_text_addf(names, "%s ", name);
}

static void test_restart(void **state)
{
	struct sn_config *old, *new;
	struct sn_text names = { 0 };

	assert_int_equal(sn_config_new(modules, &old, &diag), 0);
	assert_int_equal(sn_config_new(modules, &new, &diag), 0);
	sn_config_each_restart(old, new, collect, &names);
	assert_null(names.data);
	assert_int_equal(sn_config_set(new, "log_level=debug", &diag), 0);
	assert_int_equal(sn_config_set(new, "ring_size=16MiB", &diag), 0);
	assert_int_equal(sn_config_set(new, "n2.ports=[38413]", &diag), 0);
	assert_int_equal(sn_config_set(new, "n2.limit=5", &diag), 0);
	assert_int_equal(sn_config_set(new, "flow.enabled=no", &diag), 0);
	sn_config_each_restart(old, new, collect, &names);
	assert_string_equal(names.data, "ring_size modules.n2.ports modules.flow.enabled ");
	sn_text_free(&names);
	sn_config_free(old);
	sn_config_free(new);
}

/** Takes the '#' away that stands right before a name with a value. */
static void uncomment(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		size_t name = strspn(from + 1, "abcdefghijklmnopqrstuvwxyz_");

		if (*from == '#' && name && from[1 + name] == ':' && from[2 + name] == ' ')
			continue;
		*to++ = *from;
	}
	*to = '\0';
}

static void test_print(void **state)
{
	struct sn_text text = { 0 };
	struct sn_config *config;

	sn_config_print(modules, &text);
	assert_non_null(strstr(text.data, "\nmetrics:\n  # Address and port of /metrics"));
	assert_non_null(strstr(text.data, "\n    #ports: [38412]\n"));
	assert_non_null(strstr(text.data, "\n    #label:\n"));
	assert_non_null(strstr(text.data, "\n    inner:\n      # Deep. A whole number.\n      #depth: 7\n"));
	/* What is printed is a configuration, that of the defaults: as it is, and with every option that has a value uncommented.
	 */
	if (load(text.data, &config))
		fail_msg("%s", diag.text);
	check_defaults(config);
	sn_config_free(config);
	uncomment(text.data);
	assert_non_null(strstr(text.data, "\n    ports: [38412]\n"));
	if (load(text.data, &config))
		fail_msg("%s", diag.text);
	check_defaults(config);
	sn_config_free(config);
	sn_text_free(&text);
}

static void test_listen(void **state)
{
	char address[64];
	uint16_t port;

	assert_int_equal(sn_config_parse_listen("0.0.0.0:1", address, &port), 0);
	assert_string_equal(address, "0.0.0.0");
	assert_int_equal(port, 1);
	assert_int_equal(sn_config_parse_listen("[fe80::1]:65535", address, &port), 0);
	assert_string_equal(address, "fe80::1");
	assert_int_equal(sn_config_parse_listen("::1:9465", address, &port), -EINVAL);
	assert_int_equal(sn_config_parse_listen("1.2.3.4", address, &port), -EINVAL);
	assert_int_equal(sn_config_parse_listen("1.2.3.4:65536", address, &port), -EINVAL);
	assert_int_equal(sn_config_parse_listen(":9465", address, &port), -EINVAL);
	assert_int_equal(sn_config_parse_listen("", address, &port), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),   cmocka_unit_test(test_values), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_files),	   cmocka_unit_test(test_fifo),	  cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_alias_bomb), cmocka_unit_test(test_damage), cmocka_unit_test(test_set),
		cmocka_unit_test(test_restart),	   cmocka_unit_test(test_print),  cmocka_unit_test(test_listen),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
