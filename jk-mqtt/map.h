/* SPDX-License-Identifier: MIT */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"

/*
 * The names of devices, from a file of lines:
 *
 *   ttyUSB0:1 cellar       BMS 1 of that channel
 *   2 attic                BMS 2 of every channel that no other line names
 *   # a comment
 */

enum { DEVICE_NAME_MAX = 31, MAP_MAX = 256 };

struct map_entry {
	char channel[CHANNEL_MAX + 1]; /* empty: every channel */
	int bms;
	char name[DEVICE_NAME_MAX + 1];
};

struct map {
	struct map_entry entries[MAP_MAX];
	size_t count;
};

/* Takes the n bytes of a line without its newline: NULL, or what is wrong with it. */
const char *map_line(struct map *map, const char *p, size_t n);

/* The whole file; ends the program with 100, with the file and the line, if it is wrong or cannot be read. */
void map_read(struct map *map, const char *path);

/* The name of a device as the map has it, else bms_ADDR.  Whether the map names it. */
bool map_name(const struct map *map, const char *channel, int bms, char name[DEVICE_NAME_MAX + 1]);

#endif
