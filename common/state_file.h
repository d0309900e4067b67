/* SPDX-License-Identifier: MIT */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A file with the state that must survive a restart of the program.  It is always replaced as a whole: a
 * reader, also after a power cut, finds either the old content or the new one, never a part.  A path that is
 * a link is followed as safe_path.h says, and the file behind it is replaced, not the link.
 */

/*
 * At the start: reads the whole file, at most `max` bytes, into `to`.  Returns its size.  Returns -1 if there
 * is no file, or if it is longer, which is handled as state_file_damaged says.  A file that cannot be read is
 * left alone, and the program ends: with 100, as a mistake in the configuration; with 111 if the disk failed.
 * Messages begin with the option, "-s".
 */
ssize_t state_file_load(const char *option, const char *path, char *to, size_t max);

/*
 * The content is not a state: logs why, and keeps the file as PATH.bad.  An older PATH.bad becomes PATH.bad.1
 * and so on; from the eleventh on the last one is lost, which is logged.
 */
void state_file_damaged(const char *option, const char *path, const char *why);

/*
 * Replaces the file by n bytes, which survive a power cut once this returns.  Returns NULL; or what failed,
 * as the beginning of a message ("cannot write"), with errno for state_file_reason.  Then the old file stays,
 * unless "cannot sync".
 */
const char *state_file_replace(const char *path, const char *p, size_t n);

/* The same of a file that need not survive a power cut: it does not wait for the disk. */
const char *state_file_put(const char *path, const char *p, size_t n);

/* Removes the file.  False with errno; if there was none, that is no failure. */
bool state_file_remove(const char *path);

/* As strerror, for an error of this module. */
const char *state_file_reason(int error);

/*
 * What state_file_load uses.  -1 with errno: ENOENT if there is no file, EFBIG if it is longer, EINVAL if the
 * path leads to something other than a regular file, ELOOP if to a link of another user.
 */
ssize_t state_file_read(const char *path, char *to, size_t max);

#endif
