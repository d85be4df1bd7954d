/* SPDX-License-Identifier: Apache-2.0 */
/** @file Bounded reading of YAML by libyaml. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/yaml_file.h"
#include "base/macro.h"

int sn_yaml_read(const char *path, char **ret_data, size_t *ret_len, struct sn_diag *reterr)
{
	SN_AUTO_FD int fd = -1;
	SN_AUTO_FREE char *data = NULL;
	struct stat st;
	size_t len = 0;

	/* O_NONBLOCK: opening a FIFO that nobody writes must not stop the agent at a reload. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sn_diag_set(reterr, -errno, "%s: cannot be read: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return sn_diag_set(reterr, -EISDIR, "%s: is a directory, not a configuration file", path);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return sn_diag_set(reterr, -EINVAL, "%s: is not a regular file", path);
	data = malloc(SN_YAML_MAX_OCTETS + 1);
	if (!data)
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", path);
	for (;;) {
		ssize_t got = read(fd, data + len, SN_YAML_MAX_OCTETS + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sn_diag_set(reterr, -errno, "%s: cannot be read: %s", path, strerror(errno));
		len += (size_t)got;
		if (len > SN_YAML_MAX_OCTETS)
			return sn_diag_set(reterr, -EFBIG, "%s: is larger than 1 MiB; this is no configuration file", path);
		if (got == 0)
			break;
	}
	*ret_data = SN_TAKE_PTR(data);
	*ret_len = len;
	return 0;
}

static unsigned line_of_offset(const char *data, size_t len, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < len && i < offset; i++)
		line += data[i] == '\n';
	return line;
}

/** Tells what libyaml found. */
static int refuse(const char *name, const char *data, size_t len, const yaml_parser_t *parser, struct sn_diag *reterr)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", name);
	if (parser->error == YAML_READER_ERROR)
		return sn_diag_set(reterr, -EINVAL, "%s:%u: this is not text: %s", name,
				   line_of_offset(data, len, parser->problem_offset), parser->problem);
	return sn_diag_set(reterr, -EINVAL, "%s:%zu: this is not YAML: %s%s%s", name, parser->problem_mark.line + 1,
			   parser->context ? parser->context : "", parser->context ? ", " : "",
			   parser->problem ? parser->problem : "unreadable");
}

static int begin(const char *data, size_t len, yaml_parser_t *ret_parser)
{
	if (!yaml_parser_initialize(ret_parser))
		return -ENOMEM;
	yaml_parser_set_input_string(ret_parser, (const unsigned char *)data, len);
	return 0;
}

/** Looks at one event of the first pass. @return 1 at the end of the stream, 0 to go on, or the refusal. */
static int check_event(const char *name, const yaml_event_t *event, unsigned *depth, unsigned *documents, struct sn_diag *reterr)
{
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		if ((*documents)++)
			return sn_diag_set(reterr, -EINVAL, "%s:%zu: a second document begins; one is expected", name, line);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++*depth > SN_YAML_MAX_DEPTH)
			return sn_diag_set(reterr, -EINVAL, "%s:%zu: nested deeper than %d levels", name, line,
					   SN_YAML_MAX_DEPTH);
		return 0;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		return 0;
	default:
		return 0;
	}
}

/**
 * First pass, event by event: what is too deep or too much is refused before any of it is kept. (libyaml's own work per token
 * grows with the depth, so a megabyte of '[' would take minutes.)
 */
static int check(const char *name, const char *data, size_t len, struct sn_diag *reterr)
{
	unsigned depth = 0, documents = 0;
	yaml_parser_t parser;
	int result = 0;

	if (begin(data, len, &parser))
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", name);
	for (unsigned events = 0; !result; events++) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			result = refuse(name, data, len, &parser, reterr);
			break;
		}
		if (events == SN_YAML_MAX_EVENTS)
			result = sn_diag_set(reterr, -EINVAL, "%s:%zu: more than %d values", name, event.start_mark.line + 1,
					     SN_YAML_MAX_EVENTS);
		else
			result = check_event(name, &event, &depth, &documents, reterr);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return result < 0 ? result : 0;
}

int sn_yaml_parse(const char *name, const char *data, size_t len, struct sn_yaml *ret_yaml, struct sn_diag *reterr)
{
	yaml_document_t document;
	yaml_parser_t parser;
	int err = check(name, data, len, reterr);

	if (err)
		return err;
	if (begin(data, len, &parser))
		return sn_diag_set(reterr, -ENOMEM, "%s: out of memory", name);
	if (!yaml_parser_load(&parser, &document))
		err = refuse(name, data, len, &parser, reterr);
	yaml_parser_delete(&parser);
	if (err)
		return err;
	ret_yaml->name = name;
	ret_yaml->document = document;
	return 0;
}

void sn_yaml_fini(struct sn_yaml *yaml)
{
	yaml_document_delete(&yaml->document);
}

const char *sn_yaml_scalar(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

bool sn_yaml_is_null(const yaml_node_t *node)
{
	const char *text = sn_yaml_scalar(node);

	if (!text || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

const char *sn_yaml_describe(const yaml_node_t *node, char ret_text[96])
{
	const char *text = sn_yaml_scalar(node);

	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (node->type == YAML_MAPPING_NODE)
		return "a mapping";
	if (sn_yaml_is_null(node))
		return "nothing";
	if (!text)
		return "text with a NUL";
	snprintf(ret_text, 96, "'%.64s%s'", text, strlen(text) > 64 ? "…" : "");
	return ret_text;
}
