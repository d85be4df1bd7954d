/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Looks up each field and enumerator that src/bpf/kernel.h names in a kernel's BTF, as CO-RE will:
 *
 *   check_btf OBJECT VMLINUX [MODULE.ko ...]
 *
 * OBJECT holds one variable named sn_used_<n> for each type to look up. One line a field on stdout: "present TYPE FIELD",
 * "absent TYPE FIELD", "differs TYPE FIELD: why". A flavour (TYPE___suffix) is looked up as TYPE.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#define MAX_BTFS  8
#define MAX_NAME  256
#define VARIABLES "sn_used_"

static struct btf *kernels[MAX_BTFS]; /* vmlinux, then modules, each split from vmlinux */
static size_t kernels_count;
static const struct btf *local;

static size_t essential(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour > name ? (size_t)(flavour - name) : strlen(name);
}

static bool same_name(const char *ours, const char *theirs)
{
	return essential(ours) == strlen(theirs) && !strncmp(ours, theirs, essential(ours));
}

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static const char *name_of(const struct btf *btf, __u32 offset)
{
	return btf__name_by_offset(btf, offset);
}

/* A member by name, also within anonymous structs and unions. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *t, const char *name, bool *ret_bitfield)
{
	const struct btf_member *m = btf_members(t), *inner;

	for (__u16 i = 0; i < btf_vlen(t); i++, m++) {
		const struct btf_type *type = resolve(btf, m->type);

		if (m->name_off && !strcmp(name_of(btf, m->name_off), name)) {
			*ret_bitfield = btf_member_bitfield_size(t, i) != 0;
			return m;
		}
		if (!m->name_off && type && btf_is_composite(type) && (inner = find_member(btf, type, name, ret_bitfield)))
			return inner;
	}
	return NULL;
}

static bool number(const struct btf_type *t)
{
	return btf_is_int(t) || btf_is_any_enum(t);
}

/* What libbpf wants of two fields of one name (kinds), and what a read into our type wants (sizes). NULL when they agree. */
static const char *difference(const struct btf *btf, __u32 ours, __u32 theirs, bool bitfield)
{
	static char why[128];
	const struct btf_type *a = resolve(local, ours), *b = resolve(btf, theirs);

	if (!a || !b)
		return "it has no type";
	if (btf_is_array(a) && btf_is_array(b))
		return difference(btf, btf_array(a)->type, btf_array(b)->type, false);
	if (!(btf_kind(a) == btf_kind(b) || (number(a) && number(b)) || (btf_is_composite(a) && btf_is_composite(b))))
		return "it is of another kind in the kernel";
	if (number(a) && !bitfield && a->size != b->size) {
		snprintf(why, sizeof(why), "%u octets in kernel.h, %u in the kernel", a->size, b->size);
		return why;
	}
	return NULL;
}

/* Prints a verdict on each field of ours (its name behind `prefix`), or only counts those present. */
static size_t check_fields(const struct btf *btf, const struct btf_type *ours, const struct btf_type *theirs, const char *type,
			   const char *prefix, bool print)
{
	const struct btf_member *m = btf_members(ours);
	size_t present = 0;

	for (__u16 i = 0; i < btf_vlen(ours); i++, m++) {
		const struct btf_type *t = resolve(local, m->type);
		const struct btf_member *found;
		char path[MAX_NAME];
		bool bitfield = false;

		if (!m->name_off && t && btf_is_composite(t)) {
			present += check_fields(btf, t, theirs, type, prefix, print);
			continue;
		}
		snprintf(path, sizeof(path), "%s%s", prefix, name_of(local, m->name_off));
		found = theirs ? find_member(btf, theirs, name_of(local, m->name_off), &bitfield) : NULL;
		const char *why = found ? difference(btf, m->type, found->type, bitfield) : NULL;
		present += found != NULL;
		if (print)
			printf("%s %s %s%s%s\n",
			       !found ? "absent"
			       : why  ? "differs"
				      : "present",
			       type, path, why ? ": " : "", why ? why : "");
		if (!found || !t || !btf_is_composite(t) || t->name_off)
			continue;
		const struct btf_type *inner = resolve(btf, found->type);
		snprintf(path, sizeof(path), "%s%s.", prefix, name_of(local, m->name_off));
		present += check_fields(btf, t, inner && btf_is_composite(inner) ? inner : NULL, type, path, print);
	}
	return present;
}

static size_t check_enumerators(const struct btf *btf, const struct btf_type *ours, const struct btf_type *theirs,
				const char *type, bool print)
{
	const struct btf_enum *e = btf_enum(ours);
	size_t present = 0;

	for (__u16 i = 0; i < btf_vlen(ours); i++) {
		const char *name = name_of(local, e[i].name_off);
		const struct btf_enum *k = theirs ? btf_enum(theirs) : NULL;
		bool found = false;

		for (__u16 j = 0; theirs && j < btf_vlen(theirs) && !found; j++)
			found = same_name(name, name_of(btf, k[j].name_off));
		present += found;
		if (print)
			printf("%s %s %s\n", found ? "present" : "absent", type, name);
	}
	return present;
}

static size_t check(const struct btf *btf, const struct btf_type *ours, const struct btf_type *theirs, bool print)
{
	const char *type = name_of(local, ours->name_off);

	return btf_is_enum(ours) ? check_enumerators(btf, ours, theirs, type, print)
				 : check_fields(btf, ours, theirs, type, "", print);
}

/* A name may stand for several types of the kernel: the one that has most of our fields is meant. */
static void check_type(const struct btf_type *ours)
{
	const struct btf_type *best = NULL;
	const struct btf *where = kernels[0];
	size_t most = 0;

	for (size_t i = 0; i < kernels_count; i++) {
		__u32 first = i ? btf__type_cnt(kernels[0]) : 1;
		for (__u32 id = first; id < btf__type_cnt(kernels[i]); id++) {
			const struct btf_type *t = btf__type_by_id(kernels[i], id);

			if (btf_is_enum(ours) != btf_is_enum(t) || (!btf_is_enum(t) && !btf_is_composite(t)) || !t->name_off ||
			    !same_name(name_of(local, ours->name_off), name_of(kernels[i], t->name_off)))
				continue;
			size_t present = check(kernels[i], ours, t, /* print= */ false);
			if (best && present <= most)
				continue;
			best = t;
			where = kernels[i];
			most = present;
		}
	}
	check(where, ours, best, /* print= */ true);
}

static struct btf *load(const char *path, struct btf *base)
{
	struct btf *btf = base ? btf__parse_split(path, base) : btf__parse(path, NULL);

	if (!btf) {
		fprintf(stderr, "check_btf: %s: %s\n", path, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return btf;
}

int main(int argc, char **argv)
{
	struct btf *object;
	size_t types = 0;

	if (argc < 3 || argc - 2 > MAX_BTFS) {
		fputs("usage: check_btf OBJECT VMLINUX [MODULE.ko ...]\n", stderr);
		return 2;
	}
	local = object = load(argv[1], NULL);
	for (int i = 2; i < argc; i++)
		kernels[kernels_count++] = load(argv[i], i > 2 ? kernels[0] : NULL);
	for (__u32 id = 1; id < btf__type_cnt(local); id++) {
		const struct btf_type *var = btf__type_by_id(local, id);

		if (!btf_is_var(var) || strncmp(name_of(local, var->name_off), VARIABLES, strlen(VARIABLES)))
			continue;
		check_type(resolve(local, var->type));
		types++;
	}
	while (kernels_count)
		btf__free(kernels[--kernels_count]);
	btf__free(object);
	if (!types)
		fputs("check_btf: the object names no type\n", stderr);
	return types ? EXIT_SUCCESS : EXIT_FAILURE;
}
