/* SPDX-License-Identifier: MIT */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A file in which a program keeps what must survive its restart.  It is replaced whole: whoever reads it, also after a power cut, finds
 * the old content or the new one, never a part.
 */

/*
 * Reads the whole file, at most `max` bytes, into `to`.  Returns its size; -1 with errno: ENOENT if there is none, EFBIG if
 * it is longer, EINVAL if the path leads to something other than a regular file, which a save would replace.
 */
ssize_t state_file_read(const char *path, char *to, size_t max);

/*
 * Writes n bytes to PATH.new and renames that to PATH.  `sync`: they must outlast a loss of power when this returns.  NULL; or what
 * failed, as words before the name ("cannot write"), with errno.  Then the old file stays, and PATH.new is removed.
 */
const char *state_file_replace(const char *path, const char *p, size_t n, bool sync);

/* Renames a file whose content is not understood to PATH.bad, so that nobody loses it.  False: errno tells why not. */
bool state_file_put_aside(const char *path);

#endif
