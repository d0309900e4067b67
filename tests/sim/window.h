/* SPDX-License-Identifier: MIT */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A span of bus time, from_us included, to_us not.  by_signal: begins and ends with a SIGUSR1, repeatedly. */
struct window {
	int64_t from_us, to_us;
	bool by_signal;
};

enum { MAX_WINDOWS = 256 };

/* They may overlap and have any order. */
struct windows {
	struct window at[MAX_WINDOWS];
	size_t count;
};

bool window_holds(const struct window *w, int64_t us);

/* "FROM-TO" or "FROM-" (forever), in seconds with at most three decimals, 0 <= FROM < TO; or "USR1". */
bool window_parse(const char *text, struct window *w);

/* SIGUSR1 was received: begins or ends the window if it is by_signal. */
void window_switch(struct window *w, int64_t us);

/* Adds a window; false if there is no room. */
bool windows_add(struct windows *all, const struct window *w);

void windows_switch(struct windows *all, int64_t us);

bool windows_hold(const struct windows *all, int64_t us);

/* The first time from us on that is in a window; INT64_MAX if there is none. */
int64_t windows_next(const struct windows *all, int64_t us);

/* The latest end of the windows that contain us; us if none does. */
int64_t windows_end(const struct windows *all, int64_t us);

/* The next beginning or end after us; INT64_MAX if there is none. */
int64_t windows_change(const struct windows *all, int64_t us);

#endif
