/* SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>

/* Prints the settings, one per line: tab-separated, or in columns for a terminal. */
void list_print(bool columns);

#endif
