/* SPDX-License-Identifier: MIT */
#ifndef PRINTED_H
#define PRINTED_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

/* What a function writes to stdout.  It is included by one test each. */

static const char *printed(void (*print)(void))
{
	static char text[1 << 17];
	int file = memfd_create("stdout", 0), saved = dup(STDOUT_FILENO);
	fflush(stdout);
	ck_assert(file >= 0 && saved >= 0 && dup2(file, STDOUT_FILENO) >= 0);
	print();
	fflush(stdout);
	ck_assert_int_ge(dup2(saved, STDOUT_FILENO), 0);
	ssize_t n = pread(file, text, sizeof text - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(file);
	close(saved);
	return text;
}

#endif
