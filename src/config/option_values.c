/* SPDX-License-Identifier: Apache-2.0 */
/** @file Values of options: from YAML, released, compared, and what one must be in words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/option_values.h"
#include "base/clock.h"

const size_t sn_option_value_sizes[] = {
	[SN_OPTION_BOOL] = sizeof(bool),
	[SN_OPTION_U32] = sizeof(uint32_t),
	[SN_OPTION_SIZE] = sizeof(uint64_t),
	[SN_OPTION_DURATION] = sizeof(uint64_t),
	[SN_OPTION_ENUM] = sizeof(uint32_t),
	[SN_OPTION_STRING] = sizeof(char *),
	[SN_OPTION_STRING_LIST] = sizeof(struct sn_string_list),
	[SN_OPTION_PORT_LIST] = sizeof(struct sn_port_list),
	[SN_OPTION_DURATION_MAP] = sizeof(struct sn_duration_map),
};
_Static_assert(SN_ARRAY_SIZE(sn_option_value_sizes) == _SN_OPTION_TYPE_MAX, "size every type");

static void add_size(struct sn_text *text, uint64_t octets)
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	while (octets && octets % 1024 == 0 && unit + 1 < SN_ARRAY_SIZE(units)) {
		octets /= 1024;
		unit++;
	}
	sn_text_addf(text, "%llu%s", (unsigned long long)octets, units[unit]);
}

static void add_duration(struct sn_text *text, uint64_t ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "d", 86400 * SN_NSEC_PER_SEC }, { "h", 3600 * SN_NSEC_PER_SEC }, { "m", 60 * SN_NSEC_PER_SEC },
		      { "s", SN_NSEC_PER_SEC },		{ "ms", SN_NSEC_PER_MSEC },	 { "us", SN_NSEC_PER_USEC } };

	for (size_t i = 0; i < SN_ARRAY_SIZE(units); i++) {
		if (ns < units[i].ns || ns % units[i].ns)
			continue;
		sn_text_addf(text, "%llu%s", (unsigned long long)(ns / units[i].ns), units[i].name);
		return;
	}
	sn_text_addf(text, "%lluns", (unsigned long long)ns);
}

static void add_number(const struct sn_option *option, uint64_t value, struct sn_text *text)
{
	if (option->type == SN_OPTION_SIZE)
		add_size(text, value);
	else if (option->type == SN_OPTION_DURATION || option->type == SN_OPTION_DURATION_MAP)
		add_duration(text, value);
	else
		sn_text_addf(text, "%llu", (unsigned long long)value);
}

static void add_range(const struct sn_option *option, struct sn_text *text)
{
	if (!option->min && !option->max)
		return;
	sn_text_add(text, " from ");
	add_number(option, option->min, text);
	if (!option->max) {
		sn_text_add(text, " up");
		return;
	}
	sn_text_add(text, " to ");
	add_number(option, option->max, text);
}

void sn_option_add_expectation(const struct sn_option *option, struct sn_text *text)
{
	switch (option->type) {
	case SN_OPTION_BOOL:
		sn_text_add(text, "true or false");
		return;
	case SN_OPTION_U32:
		sn_text_add(text, "a whole number");
		add_range(option, text);
		return;
	case SN_OPTION_SIZE:
		sn_text_add(text, "a size like 16KiB");
		add_range(option, text);
		return;
	case SN_OPTION_DURATION:
		sn_text_add(text, "a duration like 500ms or 5s");
		add_range(option, text);
		return;
	case SN_OPTION_ENUM:
		sn_text_add(text, "one of ");
		for (size_t i = 0; option->names && option->names[i]; i++)
			sn_text_addf(text, "%s%s", i ? ", " : "", option->names[i]);
		return;
	case SN_OPTION_STRING:
		sn_text_add(text, "text");
		return;
	case SN_OPTION_STRING_LIST:
		sn_text_add(text, "a list of texts, like [one, two]");
		return;
	case SN_OPTION_PORT_LIST:
		sn_text_add(text, "a list of ports from 1 to 65535, like [38412]");
		return;
	case SN_OPTION_DURATION_MAP:
		sn_text_add(text, "a mapping of names to durations like 5s");
		return;
	}
}

/** One value on its way from the file. */
struct parse {
	const struct sn_option *option;
	const struct sn_yaml *yaml;
	const char *path;
	struct sn_diag *reterr;
};

static int refuse(const struct parse *parse, const yaml_node_t *node)
{
	const struct sn_option *option = parse->option;
	struct sn_text must = { 0 };
	const char *scalar = sn_yaml_scalar(node), *nearest = NULL;
	char found[96];

	if (option->type == SN_OPTION_ENUM && scalar)
		nearest = sn_text_nearest(scalar, option->names);
	sn_option_add_expectation(option, &must);
	sn_diag_set(parse->reterr, -EINVAL, "%s:%u: %s must be %s, not %s%s%s%s", parse->yaml->name, sn_yaml_line(node),
		    parse->path, must.data ? must.data : "something else", sn_yaml_describe(node, found),
		    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	sn_text_free(&must);
	return -EINVAL;
}

static int no_memory(const struct parse *parse)
{
	return sn_diag_set(parse->reterr, -ENOMEM, "%s: out of memory", parse->yaml->name);
}

static int parse_bool(const struct parse *parse, const yaml_node_t *node, bool *ret_value)
{
	static const char *const names[] = { "false", "true", "no", "yes", "off", "on", NULL };
	const char *text = sn_yaml_scalar(node);

	for (size_t i = 0; text && names[i]; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_value = i % 2;
			return 0;
		}
	}
	return refuse(parse, node);
}

static int parse_number(const struct parse *parse, const yaml_node_t *node, uint8_t type, uint64_t *ret_value)
{
	const struct sn_option *option = parse->option;
	const char *text = sn_yaml_scalar(node);
	uint64_t value;

	if (!text)
		return refuse(parse, node);
	if (type == SN_OPTION_DURATION ? sn_text_parse_duration(text, &value) : sn_text_parse_size(text, &value))
		return refuse(parse, node);
	if (type == SN_OPTION_U32 && (value > UINT32_MAX || text[strlen(text) - 1] > '9'))
		return refuse(parse, node);
	if (value < option->min || (option->max && value > option->max))
		return refuse(parse, node);
	*ret_value = value;
	return 0;
}

static int parse_enum(const struct parse *parse, const yaml_node_t *node, uint32_t *ret_value)
{
	const char *text = sn_yaml_scalar(node);

	for (uint32_t i = 0; text && parse->option->names[i]; i++) {
		if (strcmp(text, parse->option->names[i]) == 0) {
			*ret_value = i;
			return 0;
		}
	}
	return refuse(parse, node);
}

#define STRING_MAX 4096

static int parse_string(const struct parse *parse, const yaml_node_t *node, char **ret_string)
{
	const char *text = sn_yaml_scalar(node);

	if (!text || sn_yaml_is_null(node))
		return refuse(parse, node);
	if (strlen(text) > STRING_MAX)
		return sn_diag_set(parse->reterr, -EINVAL, "%s:%u: %s is longer than %d octets", parse->yaml->name,
				   sn_yaml_line(node), parse->path, STRING_MAX);
	*ret_string = strdup(text);
	return *ret_string ? 0 : no_memory(parse);
}

/** Entries a list or map of this option may have. */
static size_t item_limit(const struct sn_option *option)
{
	bool counted = option->type == SN_OPTION_STRING_LIST || option->type == SN_OPTION_PORT_LIST;

	return counted && option->max ? SN_MIN(option->max, SN_OPTION_MAX_ITEMS) : SN_OPTION_MAX_ITEMS;
}

static int check_count(const struct parse *parse, const yaml_node_t *node, size_t count)
{
	if (count <= item_limit(parse->option))
		return 0;
	return sn_diag_set(parse->reterr, -EINVAL, "%s:%u: %s has %zu entries; %zu are allowed", parse->yaml->name,
			   sn_yaml_line(node), parse->path, count, item_limit(parse->option));
}

static int parse_string_list(const struct parse *parse, const yaml_node_t *node, struct sn_string_list *ret_list)
{
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	struct sn_string_list list = { 0 };
	int err = check_count(parse, node, count);

	if (err || !count)
		return err;
	list.items = calloc(count, sizeof(*list.items));
	if (!list.items)
		return no_memory(parse);
	for (; !err && list.count < count; list.count += !err)
		err = parse_string(parse, sn_yaml_node(parse->yaml, node->data.sequence.items.start[list.count]),
				   &list.items[list.count]);
	if (err)
		sn_option_value_release(SN_OPTION_STRING_LIST, &list);
	else
		*ret_list = list;
	return err;
}

static int parse_port(const struct parse *parse, const yaml_node_t *node, uint16_t *ret_port)
{
	const char *text = sn_yaml_scalar(node);
	uint64_t value;

	if (!text || sn_text_parse_size(text, &value) || text[strlen(text) - 1] > '9' || value < 1 || value > UINT16_MAX)
		return refuse(parse, node);
	*ret_port = (uint16_t)value;
	return 0;
}

static int parse_port_list(const struct parse *parse, const yaml_node_t *node, struct sn_port_list *ret_list)
{
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	struct sn_port_list list = { 0 };
	int err = check_count(parse, node, count);

	if (err || !count)
		return err;
	list.items = calloc(count, sizeof(*list.items));
	if (!list.items)
		return no_memory(parse);
	for (; !err && list.count < count; list.count += !err)
		err = parse_port(parse, sn_yaml_node(parse->yaml, node->data.sequence.items.start[list.count]),
				 &list.items[list.count]);
	if (err)
		sn_option_value_release(SN_OPTION_PORT_LIST, &list);
	else
		*ret_list = list;
	return err;
}

/** One pair of a duration map. */
static int parse_entry(const struct parse *parse, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
		       struct sn_duration_entry *ret_entry)
{
	const yaml_node_t *value = sn_yaml_node(parse->yaml, pair->value);
	const char *const *names = parse->option->names;
	struct sn_option single = *parse->option;
	struct parse entry = { &single, parse->yaml, NULL, parse->reterr };
	char path[256];
	const char *key;
	size_t i = 0;
	int err = sn_option_key(parse->yaml, mapping, pair, parse->path, &key, parse->reterr);

	if (err)
		return err;
	while (names && names[i] && strcmp(names[i], key) != 0)
		i++;
	if (names && !names[i])
		return sn_option_refuse_name(parse->yaml, sn_yaml_node(parse->yaml, pair->key), "name", key, parse->path, names,
					     parse->reterr);
	snprintf(path, sizeof(path), "%s.%.64s", parse->path, key);
	entry.path = path;
	single.type = SN_OPTION_DURATION;
	err = parse_number(&entry, value, SN_OPTION_DURATION, &ret_entry->ns);
	if (err)
		return err;
	ret_entry->name = strdup(key);
	return ret_entry->name ? 0 : no_memory(parse);
}

static int parse_duration_map(const struct parse *parse, const yaml_node_t *node, struct sn_duration_map *ret_map)
{
	size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	struct sn_duration_map map = { 0 };
	int err = check_count(parse, node, count);

	if (err || !count)
		return err;
	map.items = calloc(count, sizeof(*map.items));
	if (!map.items)
		return no_memory(parse);
	for (; !err && map.count < count; map.count += !err)
		err = parse_entry(parse, node, &node->data.mapping.pairs.start[map.count], &map.items[map.count]);
	if (err)
		sn_option_value_release(SN_OPTION_DURATION_MAP, &map);
	else
		*ret_map = map;
	return err;
}

int sn_option_value_parse(const struct sn_option *option, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
			  union sn_option_value *ret_value, struct sn_diag *reterr)
{
	const struct parse parse = { option, yaml, path, reterr };
	union sn_option_value value = { 0 };
	int err = -EINVAL;

	switch (option->type) {
	case SN_OPTION_BOOL:
		err = parse_bool(&parse, node, &value.flag);
		break;
	case SN_OPTION_U32:
		err = parse_number(&parse, node, SN_OPTION_U32, &value.u64);
		value.u32 = (uint32_t)value.u64;
		break;
	case SN_OPTION_SIZE:
	case SN_OPTION_DURATION:
		err = parse_number(&parse, node, option->type, &value.u64);
		break;
	case SN_OPTION_ENUM:
		err = parse_enum(&parse, node, &value.u32);
		break;
	case SN_OPTION_STRING:
		err = parse_string(&parse, node, &value.string);
		break;
	case SN_OPTION_STRING_LIST:
		err = node->type == YAML_SEQUENCE_NODE ? parse_string_list(&parse, node, &value.strings) : refuse(&parse, node);
		break;
	case SN_OPTION_PORT_LIST:
		err = node->type == YAML_SEQUENCE_NODE ? parse_port_list(&parse, node, &value.ports) : refuse(&parse, node);
		break;
	case SN_OPTION_DURATION_MAP:
		err = node->type == YAML_MAPPING_NODE ? parse_duration_map(&parse, node, &value.durations) : refuse(&parse, node);
		break;
	}
	if (!err)
		*ret_value = value;
	return err;
}

void sn_option_value_release(uint8_t type, void *field)
{
	struct sn_string_list *strings = field;
	struct sn_port_list *ports = field;
	struct sn_duration_map *durations = field;

	switch (type) {
	case SN_OPTION_STRING:
		free(*(char **)field);
		break;
	case SN_OPTION_STRING_LIST:
		for (size_t i = 0; i < strings->count; i++)
			free(strings->items[i]);
		free(strings->items);
		break;
	case SN_OPTION_PORT_LIST:
		free(ports->items);
		break;
	case SN_OPTION_DURATION_MAP:
		for (size_t i = 0; i < durations->count; i++)
			free(durations->items[i].name);
		free(durations->items);
		break;
	default:
		break;
	}
	memset(field, 0, sn_option_value_sizes[type]);
}

static bool strings_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool sn_option_value_equal(uint8_t type, const void *a, const void *b)
{
	const struct sn_string_list *strings[] = { a, b };
	const struct sn_port_list *ports[] = { a, b };
	const struct sn_duration_map *durations[] = { a, b };

	switch (type) {
	case SN_OPTION_STRING:
		return strings_equal(*(char *const *)a, *(char *const *)b);
	case SN_OPTION_STRING_LIST:
		if (strings[0]->count != strings[1]->count)
			return false;
		for (size_t i = 0; i < strings[0]->count; i++)
			if (!strings_equal(strings[0]->items[i], strings[1]->items[i]))
				return false;
		return true;
	case SN_OPTION_PORT_LIST:
		return ports[0]->count == ports[1]->count &&
		       (!ports[0]->count || memcmp(ports[0]->items, ports[1]->items, ports[0]->count * sizeof(uint16_t)) == 0);
	case SN_OPTION_DURATION_MAP:
		if (durations[0]->count != durations[1]->count)
			return false;
		for (size_t i = 0; i < durations[0]->count; i++)
			if (durations[0]->items[i].ns != durations[1]->items[i].ns ||
			    !strings_equal(durations[0]->items[i].name, durations[1]->items[i].name))
				return false;
		return true;
	default:
		return memcmp(a, b, sn_option_value_sizes[type]) == 0;
	}
}
