/* SPDX-License-Identifier: Apache-2.0 */
/** @file Draws on terminals with the control sequences of ECMA-48 and xterm's alternate screen, which all of them know. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/terminal.h"
#include "base/text.h"

bool sn_terminal_color(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static struct winsize window(int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		memset(&size, 0, sizeof(size));
	return size;
}

unsigned sn_terminal_columns(int fd)
{
	return window(fd).ws_col;
}

static void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* the terminal went away: nobody is looking */
		data += done;
		len -= (size_t)done;
	}
}

bool sn_screen_enter(struct sn_screen *screen, int fd)
{
	/* Alternate screen, cursor off, no wrapping: a table wider than the window is cut, not folded. */
	static const char enter[] = "\033[?1049h\033[?25l\033[?7l";

	screen->fd = fd;
	screen->active = isatty(fd);
	if (screen->active)
		write_all(fd, enter, sizeof(enter) - 1);
	return screen->active;
}

void sn_screen_draw(const struct sn_screen *screen, const char *text, size_t len)
{
	unsigned rows = window(screen->fd).ws_row, row = 1;
	struct sn_text out = { 0 };
	const char *end = text + len;

	/* Each line is wiped behind its text, and the rest below: nothing flickers, nothing of the last drawing stays. */
	sn_text_add(&out, "\033[H");
	while (text < end && (!rows || row <= rows)) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((newline ? newline : end) - text);

		sn_text_add(&out, row > 1 ? "\r\n" : "");
		sn_text_add_bytes(&out, text, line);
		sn_text_add(&out, "\033[K");
		text += line + 1;
		row++;
	}
	sn_text_add(&out, "\033[J");
	if (out.data)
		write_all(screen->fd, out.data, out.len);
	sn_text_free(&out);
}

void sn_screen_leave(struct sn_screen *screen)
{
	static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

	if (screen->active)
		write_all(screen->fd, leave, sizeof(leave) - 1);
	screen->active = false;
}

#define BAR_COLUMNS 30

void sn_progress_begin(struct sn_progress *progress)
{
	*progress = (struct sn_progress) { .started_ns = sn_clock_boottime_ns(), .off = !isatty(STDERR_FILENO) };
}

/** "1.23 M": three digits and a power of a thousand. */
static void add_amount(struct sn_text *text, double amount, const char *unit)
{
	static const char *const powers[] = { "", "k", "M", "G", "T" };
	unsigned power = 0;

	while (amount >= 1000 && power + 1 < SN_ARRAY_SIZE(powers)) {
		amount /= 1000;
		power++;
	}
	sn_text_addf(text, "%.*f %s%s", !power ? 0 : amount < 10 ? 2 : amount < 100 ? 1 : 0, amount, powers[power], unit);
}

static void add_bar(struct sn_text *text, double share)
{
	unsigned full = (unsigned)(share * BAR_COLUMNS);

	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		sn_text_add(text, i < full ? "█" : "░");
	sn_text_addf(text, " %3.0f %%  ", share * 100);
}

void sn_progress_show(struct sn_progress *progress, uint64_t done, uint64_t total, uint64_t items, const char *unit)
{
	uint64_t now;
	struct sn_text text = { 0 };
	double seconds, share;

	if (progress->off)
		return;
	now = sn_clock_boottime_ns();
	if (now - progress->started_ns < SN_NSEC_PER_SEC / 2 || now - progress->drawn_ns < SN_NSEC_PER_SEC / 10)
		return;
	progress->drawn_ns = now;
	seconds = (double)(now - progress->started_ns) / 1e9;
	share = total ? SN_MIN((double)done / (double)total, 1.0) : 0;

	sn_text_add(&text, "\r");
	if (total)
		add_bar(&text, share);
	add_amount(&text, (double)done, "B");
	if (total) {
		sn_text_add(&text, " of ");
		add_amount(&text, (double)total, "B");
	}
	sn_text_add(&text, "  ");
	add_amount(&text, (double)items / seconds, unit);
	sn_text_add(&text, "/s");
	if (share > 0.01)
		sn_text_addf(&text, "  %.0f s left", seconds / share - seconds);
	sn_text_add(&text, "\033[K");
	if (text.data)
		write_all(STDERR_FILENO, text.data, text.len);
	sn_text_free(&text);
}

void sn_progress_end(struct sn_progress *progress)
{
	if (progress->drawn_ns)
		write_all(STDERR_FILENO, "\r\033[K", 4);
	progress->drawn_ns = 0;
}
