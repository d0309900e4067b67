/* SPDX-License-Identifier: MIT */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>

#include "engine.h"

/* Files: rules, which must be right, and the state, which may be missing, damaged or impossible to write. */

/* The rules of a file; the default rules if path is NULL.  Exit 100 if there is a mistake. */
void store_rules(struct rules *rules, const char *path);

/*
 * The state of a file into a fresh engine.  What is wrong with it is said, and the engine starts afresh; a file that is none of
 * ours is kept as PATH.bad.  Exit 100 if the path is that of something other than a file.
 */
void store_load(struct engine *e, const char *path);

/* In one step: whoever reads the file finds the old state or the new one.  If that fails, it is said, and tried next time. */
void store_save(struct engine *e, const char *path);

#endif
