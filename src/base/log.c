/* SPDX-License-Identifier: Apache-2.0 */
/** @file Writes log lines: where to, in which colour, with what in front. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define LINE_MAX_OCTETS 2048

static const struct {
	const char *word;
	const char *color;
	int priority; /* syslog(3), which is what journald reads in front of a line (sd-daemon(3)) */
} levels[] = {
	[SN_LOG_ERROR] = { "error: ", "\033[1;31m", LOG_ERR },
	[SN_LOG_WARNING] = { "warning: ", "\033[1;33m", LOG_WARNING },
	[SN_LOG_INFO] = { "", "", LOG_INFO },
	[SN_LOG_DEBUG] = { "debug: ", "\033[2m", LOG_DEBUG },
};
_Static_assert(SN_ARRAY_SIZE(levels) == _SN_LOG_LEVEL_MAX, "describe every level");

static struct {
	enum sn_log_level level;
	bool clock;
	bool probed;
	bool journal;
	bool color;
	void (*sink)(void *ctx, enum sn_log_level level, const char *line);
	void *sink_ctx;
} log_state = { .level = SN_LOG_INFO };

void sn_log_set_level(enum sn_log_level level)
{
	log_state.level = level;
}

void sn_log_set_clock(bool on)
{
	log_state.clock = on;
}

void sn_log_set_sink(void (*sink)(void *ctx, enum sn_log_level level, const char *line), void *ctx)
{
	log_state.sink = sink;
	log_state.sink_ctx = ctx;
}

/** True when stderr is the stream that systemd says is connected to the journal (systemd.exec(5), JOURNAL_STREAM). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 || fstat(STDERR_FILENO, &st) < 0)
		return false;
	return st.st_dev == device && st.st_ino == inode;
}

static void log_probe(void)
{
	const char *no_color = getenv("NO_COLOR");

	log_state.journal = stderr_is_journal();
	log_state.color = !log_state.journal && isatty(STDERR_FILENO) && !(no_color && *no_color);
	log_state.probed = true;
}

/** What stands in front of the text. @return octets written. */
static size_t prefix(enum sn_log_level level, char *ret_line, size_t size)
{
	bool color = log_state.color && *levels[level].color;
	char time[SN_TIME_TEXT] = "";
	int len;

	if (log_state.journal) {
		len = snprintf(ret_line, size, "<%d>", levels[level].priority);
	} else {
		if (log_state.clock)
			sn_clock_text(sn_clock_realtime_ns(), time);
		len = snprintf(ret_line, size, "%s%ssauron: %s%s%s", time, log_state.clock ? " " : "",
			       color ? levels[level].color : "", levels[level].word, color ? "\033[0m" : "");
	}
	return (size_t)len;
}

void sn_log(enum sn_log_level level, const char *format, ...)
{
	char raw[LINE_MAX_OCTETS], line[LINE_MAX_OCTETS + 128];
	int saved = errno;
	size_t len = 0;
	va_list args;

	if (level > log_state.level)
		return;
	if (!log_state.probed)
		log_probe();
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);

	if (log_state.sink) {
		sn_text_escape(raw, line, sizeof(line));
		log_state.sink(log_state.sink_ctx, level, line);
		errno = saved;
		return;
	}
	len = prefix(level, line, sizeof(line));
	len += sn_text_escape(raw, line + len, sizeof(line) - len);
	line[len++] = '\n';
	/* A log that cannot be written has nobody to be told to. */
	if (write(STDERR_FILENO, line, len) < 0)
		len = 0;
	errno = saved;
}
