/* SPDX-License-Identifier: MIT */
#ifndef PTY_H
#define PTY_H

#include <stdbool.h>

enum { PTY_PATH = 64 };

/*
 * Makes a raw pseudo terminal of 115200 baud that nobody has open; returns its master side; exits with 111 on
 * failure.
 */
int pty_make(char path[PTY_PATH]);

/*
 * Points the link to it, atomically if there was a link before.  Exits with 111 if the path is a file but not
 * a link.
 */
void pty_link(const char *path, const char *link);

/*
 * A descriptor that becomes readable when the pty is opened or closed; -1 if the system has none: then poll.
 */
int pty_watch(const char *path);

enum pty_visit {
	PTY_QUIET,
	PTY_CLOSED,   /* closed and not opened again */
	PTY_REOPENED, /* closed and opened again, too quickly to show a hangup */
};

/* What happened since the last call. */
enum pty_visit pty_visits(int watch);

/*
 * Discards unread data and the exclusive mode (TIOCEXCL) of the last client, as a serial line does when it is
 * closed but a pty does not.  False if it cannot (exclusive mode also keeps us out, unless we are root): then
 * another pty is needed.
 */
bool pty_forget(int master, const char *path);

#endif
