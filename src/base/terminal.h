/* SPDX-License-Identifier: Apache-2.0 */
/** @file What a terminal is used for: its width, colours, a screen that is drawn over and over, a progress bar. */
#ifndef SN_BASE_TERMINAL_H
#define SN_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True when `fd` is a terminal and NO_COLOR (no-color.org) is not set. */
bool sn_terminal_color(int fd);
/** Columns of the terminal; 0 when `fd` is none or does not know. */
unsigned sn_terminal_columns(int fd);

/** The alternate screen, drawn again and again in place; what stood on the terminal comes back at the end. */
struct sn_screen {
	int fd;
	bool active;
};
/** Switches to the alternate screen; does nothing when `fd` is no terminal. @return whether it did. */
bool sn_screen_enter(struct sn_screen *screen, int fd);
/** Draws `text` from the top left corner, cut at the height of the screen; lines are cut by the terminal at its width. */
void sn_screen_draw(const struct sn_screen *screen, const char *text, size_t len);
/** Puts the terminal back. May be called at any time, also twice. */
void sn_screen_leave(struct sn_screen *screen);

/** A bar on stderr for work of some length. */
struct sn_progress {
	uint64_t started_ns;
	uint64_t drawn_ns;
	bool off; /* stderr is no terminal */
};
void sn_progress_begin(struct sn_progress *progress);
/** Draws, at most ten times a second and not in the first half second. `total` 0: not known. `unit`: of `items`. */
void sn_progress_show(struct sn_progress *progress, uint64_t done, uint64_t total, uint64_t items, const char *unit);
/** Takes the bar away. */
void sn_progress_end(struct sn_progress *progress);

#endif
