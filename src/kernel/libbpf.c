/* SPDX-License-Identifier: Apache-2.0 */
/** @file libbpf's words turned into reasons, and what libbpf 1.1 lacks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "kernel/internal.h"

static _Thread_local struct words *listening;

/* Keeps the end: a verifier's log tells at its end what was wrong. */
static int hear(enum libbpf_print_level level, const char *format, va_list args)
{
	struct words *w = listening;
	char *text;
	size_t len, keep;
	int n;

	if (!w || level == LIBBPF_DEBUG)
		return 0;
	n = vasprintf(&text, format, args);
	if (n < 0)
		return 0;
	len = (size_t)n;
	keep = sizeof(w->text) - 1;
	if (len > keep) {
		memcpy(w->text, text + len - keep, keep);
		w->len = keep;
	} else {
		if (w->len + len > keep) {
			size_t drop = w->len + len - keep;

			memmove(w->text, w->text + drop, w->len - drop);
			w->len -= drop;
		}
		memcpy(w->text + w->len, text, len);
		w->len += len;
	}
	w->text[w->len] = '\0';
	free(text);
	return n;
}

void words_begin(struct words *words)
{
	words->len = 0;
	words->text[0] = '\0';
	listening = words;
	libbpf_set_print(hear);
}

void words_end(void)
{
	listening = NULL;
}

const char *error_name(int err)
{
	static _Thread_local char buffer[32];
	const char *name;

	err = err < 0 ? -err : err;
	if (err == 524) /* the kernel's own, unknown to libc */
		return "ENOTSUPP";
	name = strerrorname_np(err);
	if (name)
		return name;
	snprintf(buffer, sizeof(buffer), "error %d", err);
	return buffer;
}

static bool has(const char *line, size_t len, const char *words)
{
	size_t n = strlen(words);

	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(line + i, words, n) == 0)
			return true;
	return false;
}

/* Lines that frame or repeat what was said before them. */
static bool line_is_noise(const char *line, size_t len)
{
	static const char *const noise[] = { "processed ",
					     "-- BEGIN",
					     "-- END",
					     "stack depth",
					     "verification time",
					     "libbpf: failed to load object",
					     "libbpf: failed to load BPF",
					     "; ",
					     "R0",
					     " R0",
					     " R1" };

	if (len == 0)
		return true;
	for (size_t i = 0; i < SN_ARRAY_SIZE(noise); i++) {
		size_t n = strlen(noise[i]);

		if (len >= n && memcmp(line, noise[i], n) == 0)
			return true;
	}
	/* "libbpf: prog 'x': failed to load: -22", "libbpf: prog 'x': BPF program load failed: …" frame the verifier's log. */
	return has(line, len, "': failed to load: ") || has(line, len, "': BPF program load failed");
}

/* The last line that tells something. */
static const char *telling_line(const char *text, size_t text_len, size_t *ret_len)
{
	const char *end = text + text_len;

	while (end > text) {
		const char *start;

		while (end > text && end[-1] == '\n')
			end--;
		start = end;
		while (start > text && start[-1] != '\n')
			start--;
		if (!line_is_noise(start, (size_t)(end - start))) {
			*ret_len = (size_t)(end - start);
			return start;
		}
		end = start;
	}
	return NULL;
}

void words_reason(const struct words *words, int err, char *ret_reason, size_t size)
{
	size_t len = 0;
	const char *line = telling_line(words->text, words->len, &len);

	if (line && len > 8 && memcmp(line, "libbpf: ", 8) == 0) {
		line += 8;
		len -= 8;
	}
	if (line)
		snprintf(ret_reason, size, "%s: %.*s", error_name(err), (int)len, line);
	else
		snprintf(ret_reason, size, "%s: %s", error_name(err), strerror(-err));
}

void *rodata_variable(struct bpf_object *bpf, const char *name, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, ".rodata");
	const struct btf *btf = bpf_object__btf(bpf);
	const struct btf_type *section;
	const struct btf_var_secinfo *var;
	size_t data_size;
	char *data;
	int id;

	if (!map || !btf)
		return NULL;
	data = (char *)bpf_map__initial_value(map, &data_size);
	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	if (!data || id < 0)
		return NULL;
	section = btf__type_by_id(btf, (uint32_t)id);
	var = btf_var_secinfos(section);
	for (unsigned int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *type = btf__type_by_id(btf, var[i].type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name) == 0 && var[i].size == size &&
		    var[i].offset + size <= data_size)
			return data + var[i].offset;
	}
	return NULL;
}
