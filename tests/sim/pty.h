/* SPDX-License-Identifier: MIT */
#ifndef PTY_H
#define PTY_H

#include <stddef.h>

enum { PTY_PATH = 64 };

/* Makes a raw pseudo terminal of 115200 baud that nobody has open; returns its master side, exits 111 on failure. */
int pty_make(char path[PTY_PATH]);

/* Makes the link point to it, in one step if there was a link before; a file that is no link is left alone: exits 111. */
void pty_link(const char *path, const char *link);

/*
 * Throws away what the last who had it open has not read, and his claim to have it alone, as a serial line does when it is
 * closed; a pty does not by itself.
 */
void pty_forget(int master, const char *path);

#endif
