/* SPDX-License-Identifier: MIT */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A file with the state that must survive a restart of the program.  It is always replaced as a whole: a
 * reader, also after a power cut, finds either the old content or the new one, never a part.
 */

/*
 * Reads the whole file, at most `max` bytes, into `to`.  Returns its size; -1 with errno: ENOENT if there is
 * none, EFBIG if it is longer, EINVAL if the path leads to something other than a regular file, which a save
 * would replace.
 */
ssize_t state_file_read(const char *path, char *to, size_t max);

/*
 * Writes n bytes to PATH.new and renames that to PATH.  `sync`: returns only when they survive a power cut.
 * Returns NULL; or what failed, as the beginning of a message ("cannot write"), with errno.  Then the old
 * file stays, and PATH.new is removed.
 */
const char *state_file_replace(const char *path, const char *p, size_t n, bool sync);

/*
 * Renames a file whose content is invalid to PATH.bad, so that it is not lost.  Returns false with errno on
 * failure.
 */
bool state_file_put_aside(const char *path);

#endif
