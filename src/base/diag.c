/* SPDX-License-Identifier: Apache-2.0 */
/** @file Fills the sentence of a failure. */
#include <stdarg.h>
#include <stdio.h>

#include "sauron/diag.h"

int sn_diag_set(struct sn_diag *diag, int err, const char *format, ...)
{
	va_list args;

	if (!diag)
		return err;
	va_start(args, format);
	vsnprintf(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return err;
}
