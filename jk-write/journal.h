/* SPDX-License-Identifier: MIT */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "work.h"

/*
 * What a restart has to know, the file of option -s: the commands that have no result yet and how far each is, and how many
 * writes each BMS has had today.  Written whole beside the old one, which it then replaces: so it is always one or the other.
 */

/* -1: it could not be written; errno tells. */
int journal_save(struct work *w, const char *path);

/*
 * Takes the counts into the work, and tells a result for each command that an earlier run left: unknown for what it had
 * begun, rejected for what it had not.  A file that is not ours ends the program with 100.
 */
void journal_load(struct work *w, const char *path, struct now now);

#endif
