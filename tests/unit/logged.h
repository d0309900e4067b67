/* SPDX-License-Identifier: MIT */
#ifndef LOGGED_H
#define LOGGED_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* What is logged, and how a program ends. */

static int logged_file = -1, logged_err;

/* From now on stderr is kept. */
static void catch_log(void)
{
	logged_err = dup(STDERR_FILENO);
	logged_file = memfd_create("stderr", 0);
	ck_assert(logged_err >= 0 && logged_file >= 0 && dup2(logged_file, STDERR_FILENO) >= 0);
}

/* What was logged since catch_log. */
static const char *release_log(void)
{
	static char text[8192];
	fflush(stderr);
	dup2(logged_err, STDERR_FILENO);
	close(logged_err);
	ssize_t n = pread(logged_file, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(logged_file);
	return text;
}

/* The exit status of a process that does this; *log: what it logged. */
static inline int exit_of(void (*act)(void), const char **log)
{
	int status = 0;
	catch_log();
	pid_t pid = fork();
	if (pid == 0) {
		act();
		_exit(0);
	}
	ck_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	*log = release_log();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
