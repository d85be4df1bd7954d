/* SPDX-License-Identifier: Apache-2.0 */
/** @file Values of options by type. Used by options.c; everybody else takes options.h. */
#ifndef SN_CONFIG_OPTION_VALUES_H
#define SN_CONFIG_OPTION_VALUES_H

#include "config/options.h"

/** Room for a value of any type. */
union sn_option_value {
	bool flag;
	uint32_t u32;
	uint64_t u64;
	char *string;
	struct sn_string_list strings;
	struct sn_port_list ports;
	struct sn_duration_map durations;
};

/** Octets a value takes in its struct, by enum sn_option_type. */
extern const size_t sn_option_value_sizes[];

/** @return 0, -EINVAL ("name:line: path must be …, not …") or -ENOMEM; the value is owned by the caller. */
int sn_option_value_parse(const struct sn_option *option, const struct sn_yaml *yaml, const yaml_node_t *node, const char *path,
			  union sn_option_value *ret_value, struct sn_diag *reterr);
/** Frees what the field owns and clears it. */
void sn_option_value_release(uint8_t type, void *field);
bool sn_option_value_equal(uint8_t type, const void *a, const void *b);
/** Adds what a value must be: "a whole number from 1 to 5". */
void sn_option_add_expectation(const struct sn_option *option, struct sn_text *text);

#endif
