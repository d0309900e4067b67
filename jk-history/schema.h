/* SPDX-License-Identifier: MIT */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <stdbool.h>

#include "strbuf.h"

enum { SCHEMA_MAX = 32768 };

/* The statements that bring a file of that version, 0 for an empty one, to HISTORY_VERSION; with a NUL. */
void schema_migrate(struct strbuf *t, int from);

#endif
