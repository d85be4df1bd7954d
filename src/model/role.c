/* SPDX-License-Identifier: Apache-2.0 */
/** @file Network functions by their names. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "model/identity.h"

static const char *const names[] = {
	[SN_ROLE_UNKNOWN] = "",	     [SN_ROLE_AMF] = "AMF",	[SN_ROLE_SMF] = "SMF",	 [SN_ROLE_UPF] = "UPF",
	[SN_ROLE_AUSF] = "AUSF",     [SN_ROLE_UDM] = "UDM",	[SN_ROLE_UDR] = "UDR",	 [SN_ROLE_PCF] = "PCF",
	[SN_ROLE_NRF] = "NRF",	     [SN_ROLE_NSSF] = "NSSF",	[SN_ROLE_NEF] = "NEF",	 [SN_ROLE_BSF] = "BSF",
	[SN_ROLE_SCP] = "SCP",	     [SN_ROLE_SEPP] = "SEPP",	[SN_ROLE_SMSF] = "SMSF", [SN_ROLE_CHF] = "CHF",
	[SN_ROLE_NWDAF] = "NWDAF",   [SN_ROLE_N3IWF] = "N3IWF", [SN_ROLE_GNB] = "gNB",	 [SN_ROLE_GNB_CU] = "gNB-CU",
	[SN_ROLE_GNB_DU] = "gNB-DU", [SN_ROLE_UE] = "UE",
};
_Static_assert(SN_ARRAY_SIZE(names) == _SN_ROLE_MAX, "name every role");

/** Words that are no role's name, and mean one. */
static const struct {
	const char *word;
	enum sn_role role;
} words[] = {
	{ "gnodeb", SN_ROLE_GNB },  { "gnbsim", SN_ROLE_GNB }, { "cu", SN_ROLE_GNB_CU }, { "cucp", SN_ROLE_GNB_CU },
	{ "cuup", SN_ROLE_GNB_CU }, { "du", SN_ROLE_GNB_DU },  { "nrue", SN_ROLE_UE },
};

const char *sn_role_name(enum sn_role role)
{
	return (size_t)role < SN_ARRAY_SIZE(names) ? names[role] : "";
}

static bool is_word(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && strncasecmp(word, text, len) == 0;
}

static enum sn_role role_of_word(const char *word, size_t len)
{
	/* "amf0", "amf12" */
	while (len && isdigit((unsigned char)word[len - 1]))
		len--;
	for (unsigned role = SN_ROLE_AMF; role < _SN_ROLE_MAX; role++)
		if (is_word(names[role], word, len))
			return role;
	for (size_t i = 0; i < SN_ARRAY_SIZE(words); i++)
		if (is_word(words[i].word, word, len))
			return words[i].role;
	return SN_ROLE_UNKNOWN;
}

/** "oai-gnb-cu" is the part, not the whole. Else the first word that tells. */
static enum sn_role joined(enum sn_role before, enum sn_role now)
{
	if (before == SN_ROLE_UNKNOWN)
		return now;
	if (before == SN_ROLE_GNB && (now == SN_ROLE_GNB_CU || now == SN_ROLE_GNB_DU))
		return now;
	return before;
}

enum sn_role sn_role_of_name(const char *name, size_t len, bool *ret_exact)
{
	enum sn_role role = SN_ROLE_UNKNOWN;
	const char *end = name + len;
	const char *word = name;

	*ret_exact = false;
	while (word < end) {
		const char *stop = word;

		while (stop < end && isalnum((unsigned char)*stop))
			stop++;
		if (stop > word)
			role = joined(role, role_of_word(word, (size_t)(stop - word)));
		if (role != SN_ROLE_UNKNOWN && word == name && stop == end)
			*ret_exact = true;
		word = stop + 1;
	}
	return role;
}
