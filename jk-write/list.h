/* SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>

/* What can be set, one setting a line: tab-separated, or in columns for people. */
void list_print(bool columns);

#endif
