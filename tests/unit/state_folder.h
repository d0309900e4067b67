/* SPDX-License-Identifier: MIT */
#ifndef STATE_FOLDER_H
#define STATE_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* A folder for a state file, and what is in the file.  It is included by one test each. */

static char folder[] = "/tmp/jk-state-XXXXXX", path[64], bad[70];

static void begin_folder(void)
{
	memcpy(folder + sizeof folder - 7, "XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/state", folder);
	snprintf(bad, sizeof bad, "%s.bad", path);
}

static void end_folder(void)
{
	remove(path);
	remove(bad);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* What is in a file; "none": there is none. */
static inline const char *text_of(const char *file)
{
	static char text[1 << 18];
	FILE *f = fopen(file, "r");
	if (!f)
		return "none";
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

/* Makes it the state file. */
static inline void put(const char *text)
{
	FILE *f = fopen(path, "w");
	ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

#endif
