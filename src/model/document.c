/* SPDX-License-Identifier: Apache-2.0 */
/** @file Prints documents as tables or JSON. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/terminal.h"
#include "model/document.h"
#include "model/report.h"

void sn_document_print(FILE *out, const json_t *document, enum sn_format format)
{
	int fd = fileno(out);

	if (format == SN_FORMAT_JSON) {
		json_dumpf(document, out, SN_JSON_FLAGS | JSON_INDENT(2));
		fputc('\n', out);
		return;
	}
	sn_table_print(out, document,
		       &(struct sn_table_style) { .color = fd >= 0 && sn_terminal_color(fd),
						  .columns = fd >= 0 ? sn_terminal_columns(fd) : 0 });
}

int sn_document_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return SN_EXIT_OK;
	sn_log_error("the output cannot be written: %s", strerror(errno));
	return SN_EXIT_FAILED;
}
