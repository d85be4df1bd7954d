/* SPDX-License-Identifier: Apache-2.0 */
/** @file Option tables: defaults, mappings of a file, the example file. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/option_values.h"
#include "config/options.h"

#define NAME_MAX_OCTETS 64
#define LEVEL_NAMES_MAX 128

static void *field_of(const struct sn_option *option, void *config)
{
	return (char *)config + option->offset;
}

/** True when an option stays empty unless the file gives it a value. */
static bool has_default(const struct sn_option *option)
{
	return option->def && *option->def;
}

static int set_default(const struct sn_option *option, void *config, struct sn_diag *reterr)
{
	char name[NAME_MAX_OCTETS + 32];
	struct sn_yaml yaml;
	const yaml_node_t *root;
	int err;

	snprintf(name, sizeof(name), "default of %s", option->name);
	err = sn_yaml_parse(name, option->def, strlen(option->def), &yaml, reterr);
	if (err)
		return err;
	root = sn_yaml_root(&yaml);
	err = root ? sn_option_set(option, &yaml, root, option->name, config, reterr) : 0;
	sn_yaml_fini(&yaml);
	return err;
}

int sn_options_defaults(const struct sn_option *options, void *config, struct sn_diag *reterr)
{
	for (const struct sn_option *option = options; option && option->name; option++)
		memset(field_of(option, config), 0, sn_option_value_sizes[option->type]);
	for (const struct sn_option *option = options; option && option->name; option++) {
		int err = has_default(option) ? set_default(option, config, reterr) : 0;

		if (err) {
			sn_options_release(options, config);
			return err;
		}
	}
	return 0;
}

void sn_options_release(const struct sn_option *options, void *config)
{
	for (const struct sn_option *option = options; option && option->name; option++)
		sn_option_value_release(option->type, field_of(option, config));
}

int sn_option_set(const struct sn_option *option, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
		  void *config, struct sn_diag *reterr)
{
	union sn_option_value value;
	int err = sn_option_value_parse(option, yaml, node, path, &value, reterr);

	if (err)
		return err;
	sn_option_value_release(option->type, field_of(option, config));
	memcpy(field_of(option, config), &value, sn_option_value_sizes[option->type]);
	return 0;
}

bool sn_option_equal(const struct sn_option *option, const void *a, const void *b)
{
	return sn_option_value_equal(option->type, (const char *)a + option->offset, (const char *)b + option->offset);
}

int sn_option_need_mapping(const struct sn_yaml *yaml, const yaml_node_t *node, const char *path, struct sn_diag *reterr)
{
	char found[96];

	if (node->type == YAML_MAPPING_NODE)
		return 0;
	return sn_diag_set(reterr, -EINVAL, "%s:%u: %s must be a mapping of options to values, not %s", yaml->name,
			   sn_yaml_line(node), *path ? path : "the configuration", sn_yaml_describe(node, found));
}

int sn_option_refuse_name(const struct sn_yaml *yaml, const yaml_node_t *node, const char *what, const char *name,
			  const char *path, const char *const *names, struct sn_diag *reterr)
{
	const char *nearest = sn_text_nearest(name, names);

	return sn_diag_set(reterr, -EINVAL, "%s:%u: unknown %s '%.64s'%s%s%s%s%s", yaml->name, sn_yaml_line(node), what, name,
			   *path ? " in " : "", path, nearest ? "; did you mean '" : "", nearest ? nearest : "",
			   nearest ? "'?" : "");
}

int sn_option_key(const struct sn_yaml *yaml, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *path,
		  const char **ret_key, struct sn_diag *reterr)
{
	const yaml_node_t *node = sn_yaml_node(yaml, pair->key);
	const char *key = sn_yaml_scalar(node);
	char found[96];

	if (!key || !*key)
		return sn_diag_set(reterr, -EINVAL, "%s:%u: the name of an option%s%s must be a word, not %s", yaml->name,
				   sn_yaml_line(node), *path ? " in " : "", path, sn_yaml_describe(node, found));
	/* Those before it were found to be known names without a double, so there are few of them. */
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
		const yaml_node_t *other = sn_yaml_node(yaml, p->key);

		if (strcmp(key, sn_yaml_scalar(other)) == 0)
			return sn_diag_set(reterr, -EINVAL, "%s:%u: '%.64s'%s%s is there twice; the first is in line %u",
					   yaml->name, sn_yaml_line(node), key, *path ? " in " : "", path, sn_yaml_line(other));
	}
	*ret_key = key;
	return 0;
}

const struct sn_option *sn_options_find(const struct sn_option_scope *scope, const char *name, void **ret_config)
{
	for (size_t t = 0; t < SN_ARRAY_SIZE(scope->tables); t++) {
		for (const struct sn_option *option = scope->tables[t]; option && option->name; option++) {
			if (strcmp(option->name, name) == 0) {
				*ret_config = scope->configs[t];
				return option;
			}
		}
	}
	return NULL;
}

/** True when a dotted option lies below `name` ("metrics" of "metrics.listen"). */
static bool is_group(const struct sn_option_scope *scope, const char *name)
{
	size_t len = strlen(name);

	for (size_t t = 0; t < SN_ARRAY_SIZE(scope->tables); t++)
		for (const struct sn_option *option = scope->tables[t]; option && option->name; option++)
			if (strncmp(option->name, name, len) == 0 && option->name[len] == '.')
				return true;
	return false;
}

/** Refuses a key with the nearest of the names that stand on its level, those below `prefix`. */
static int refuse_key(const struct sn_option_scope *scope, const struct sn_yaml *yaml, const yaml_node_t *node, const char *key,
		      const char *path, const char *prefix, struct sn_diag *reterr)
{
	char buffers[LEVEL_NAMES_MAX][NAME_MAX_OCTETS];
	const char *names[LEVEL_NAMES_MAX + 2];
	size_t count = 0, skip = strlen(prefix);

	for (size_t t = 0; t < SN_ARRAY_SIZE(scope->tables); t++) {
		for (const struct sn_option *option = scope->tables[t]; option && option->name; option++) {
			if (strncmp(option->name, prefix, skip) != 0 || count == LEVEL_NAMES_MAX)
				continue;
			snprintf(buffers[count], NAME_MAX_OCTETS, "%.*s", (int)strcspn(option->name + skip, "."),
				 option->name + skip);
			names[count] = buffers[count];
			count++;
		}
	}
	if (scope->extra && !skip)
		names[count++] = scope->extra;
	names[count] = NULL;
	return sn_option_refuse_name(yaml, node, "option", key, path, names, reterr);
}

/** Sets one option and asks the scope's own judgement. */
static int set_checked(const struct sn_option_scope *scope, const struct sn_option *option, void *config,
		       const struct sn_yaml *yaml, const yaml_node_t *value, const char *path, struct sn_diag *reterr)
{
	const char *objection;
	char found[96];
	int err = sn_option_set(option, yaml, value, path, config, reterr);

	if (err || !scope->object)
		return err;
	objection = scope->object(option, config);
	if (!objection)
		return 0;
	return sn_diag_set(reterr, -EINVAL, "%s:%u: %s must be %s, not %s", yaml->name, sn_yaml_line(value), path, objection,
			   sn_yaml_describe(value, found));
}

/** `prefix` is the part of the options' names that the mappings above stand for: "" or "metrics.". */
static int fill(const struct sn_option_scope *scope, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
		const char *prefix, struct sn_diag *reterr)
{
	int err = sn_option_need_mapping(yaml, node, path, reterr);

	if (err)
		return err;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *value = sn_yaml_node(yaml, pair->value);
		char name[2 * NAME_MAX_OCTETS], below[256];
		const struct sn_option *option;
		void *config;
		const char *key;

		err = sn_option_key(yaml, node, pair, path, &key, reterr);
		if (err)
			return err;
		snprintf(name, sizeof(name), "%s%.64s", prefix, key);
		snprintf(below, sizeof(below), "%.160s%s%.64s", path, *path ? "." : "", key);
		option = strchr(key, '.') ? NULL : sn_options_find(scope, name, &config);
		if (option) {
			err = set_checked(scope, option, config, yaml, value, below, reterr);
		} else if (!*prefix && scope->extra && strcmp(key, scope->extra) == 0) {
			err = sn_yaml_is_null(value) ? 0 : scope->set_extra(scope->ctx, yaml, value, reterr);
		} else if (!strchr(key, '.') && is_group(scope, name)) {
			snprintf(name, sizeof(name), "%s%.64s.", prefix, key);
			err = sn_yaml_is_null(value) ? 0 : fill(scope, yaml, value, below, name, reterr);
		} else {
			err = refuse_key(scope, yaml, sn_yaml_node(yaml, pair->key), key, path, prefix, reterr);
		}
		if (err)
			return err;
	}
	return 0;
}

int sn_options_fill(const struct sn_option_scope *scope, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
		    struct sn_diag *reterr)
{
	return fill(scope, yaml, node, path, "", reterr);
}

#define PRINT_WIDTH 100

/** Adds a comment, broken at PRINT_WIDTH. */
static void print_comment(const char *words, unsigned indent, struct sn_text *text)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (!column || column + 1 + len > PRINT_WIDTH) {
			sn_text_addf(text, "%s%*s#", column ? "\n" : "", (int)indent, "");
			column = indent + 1;
		}
		sn_text_add(text, " ");
		sn_text_add_bytes(text, words, len);
		column += 1 + len;
		words += len;
		words += *words == ' ';
	}
	sn_text_add(text, "\n");
}

/** Adds a sentence: its first letter large, a full stop at its end. */
static void add_sentence(const char *words, struct sn_text *text)
{
	size_t len = strlen(words);

	if (!len)
		return;
	sn_text_addf(text, "%s%c%s%s", text->len ? " " : "", toupper((unsigned char)words[0]), words + 1,
		     words[len - 1] == '.' ? "" : ".");
}

static void print_option(const struct sn_option *option, const char *name, unsigned indent, struct sn_text *text)
{
	struct sn_text comment = { 0 }, expectation = { 0 };

	add_sentence(option->doc, &comment);
	if (option->type != SN_OPTION_STRING)
		sn_option_add_expectation(option, &expectation);
	add_sentence(expectation.data ? expectation.data : "", &comment);
	add_sentence(option->restart ? "a change needs a restart" : "", &comment);
	if (comment.data)
		print_comment(comment.data, indent, text);
	sn_text_addf(text, "%*s#%s:%s%s\n", (int)indent, "", name, has_default(option) ? " " : "",
		     option->def ? option->def : "");
	sn_text_free(&expectation);
	sn_text_free(&comment);
}

void sn_options_print(const struct sn_option *options, unsigned indent, struct sn_text *text)
{
	const char *group = "";
	size_t group_len = 0;

	for (const struct sn_option *option = options; option && option->name; option++) {
		const char *dot = strchr(option->name, '.');

		if (!dot) {
			print_option(option, option->name, indent, text);
			continue;
		}
		if ((size_t)(dot - option->name) != group_len || strncmp(group, option->name, group_len) != 0) {
			group = option->name;
			group_len = (size_t)(dot - option->name);
			sn_text_addf(text, "%*s%.*s:\n", (int)indent, "", (int)group_len, group);
		}
		print_option(option, dot + 1, indent + 2, text);
	}
}
