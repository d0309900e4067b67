/* SPDX-License-Identifier: MIT */
#ifndef SAFE_PATH_H
#define SAFE_PATH_H

#include <limits.h>
#include <stdbool.h>

/*
 * Paths that lead through folders to which other users can write.  A symbolic link is followed only if both
 * its owner and the owner of its folder are root or the user of this process.  What follows works on the
 * descriptor of the folder, so a link that is planted after the check is not followed either.
 */

struct safe_path {
	int folder; /* O_PATH: the folder in which the path ends; -1: not open */
	int flags;  /* for openat: O_NOFOLLOW, but not for the kernel's own links in /proc/self/fd */
	char name[NAME_MAX + 1];
};

/*
 * Walks to the last name of the path, which need not exist.  True: close it with safe_path_close.  False with
 * errno; ELOOP: a link of another user.
 */
bool safe_path_open(struct safe_path *at, const char *path);

/* The folder of that path itself, O_PATH.  -1 with errno, as safe_path_open. */
int safe_path_folder(const char *path);

/* Keeps errno. */
void safe_path_close(struct safe_path *at);

/* As strerror, but with an own text for ELOOP. */
const char *safe_path_reason(int error);

#endif
