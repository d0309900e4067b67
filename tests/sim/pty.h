/* SPDX-License-Identifier: MIT */
#ifndef PTY_H
#define PTY_H

#include <stdbool.h>

enum { PTY_PATH = 64 };

/* Makes a raw pseudo terminal of 115200 baud that nobody has open; returns its master side, exits 111 on failure. */
int pty_make(char path[PTY_PATH]);

/* Makes the link point to it, in one step if there was a link before; a file that is no link is left alone: exits 111. */
void pty_link(const char *path, const char *link);

/* A descriptor that can be read when somebody has opened or closed it; -1 if the system has none: then look often. */
int pty_watch(const char *path);

enum pty_visit {
	PTY_QUIET,
	PTY_CLOSED,   /* closed, and not opened after that */
	PTY_REOPENED, /* closed and then opened, so soon that there was no hangup to be seen */
};

/* What has happened since the last time. */
enum pty_visit pty_visits(int watch);

/*
 * Throws away what the last who had it open has not read, and his claim to have it alone, as a serial line does when it is
 * closed; a pty does not by itself.  False if it cannot (his claim holds against us, too, unless we are root): then only
 * another pty will do.
 */
bool pty_forget(int master, const char *path);

#endif
