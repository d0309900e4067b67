/* SPDX-License-Identifier: MIT */
#ifndef PACK_MAP_H
#define PACK_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"
#include "name_index.h"
#include "pack_name.h"

/*
 * The names of packs, from a file of lines:
 *
 *   line    = [ source name [ label ] [ "area" area ] ] [ "#" comment ]
 *   source  = [ channel ":" ] address                      address: 0 to 15
 *   name    = 1*31( letter / digit / "_" / "-" )           for topics and identifiers
 *   label   = DQUOTE text DQUOTE                           for people: UTF-8; \" and \\ stand for " and \
 *   area    = DQUOTE text DQUOTE                           where it is, the same
 *
 *   ttyUSB0:1 cellar "Nord – Keller 1" area "Keller"    BMS 1 of that channel
 *   2 attic                                BMS 2 of every channel that no other line names
 *
 * Sources with the same name are one pack; the label and the area of one line are those of all lines with
 * its name.
 */

enum {
	PACK_LABEL_MAX = 96, /* bytes */
	PACK_AREA_MAX = 96,
	PACK_ADDRESS_MAX = 15,
};

struct pack_source {
	char channel[CHANNEL_MAX + 1]; /* empty: every channel */
	int bms;
	char name[PACK_NAME_MAX + 1];
	char label[PACK_LABEL_MAX + 1]; /* empty: none */
	char area[PACK_AREA_MAX + 1];   /* empty: none */
	char place[CHANNEL_MAX + 1];    /* the channel and the address, as it is found by */
	struct pack_source *same_name;  /* the next with this name */
	struct name_entry by_place, by_name;
};

/* Zeros are an empty map. */
struct pack_map {
	struct pack_source **sources; /* by line */
	size_t count, room;
	bool has_areas;
	struct name_index places, names; /* of each name its first line */
};

/*
 * Adds the n bytes of a line without its newline.  Returns NULL; or what is wrong with the line, with its
 * column, in characters from 1, in *column, and the map unchanged.
 */
const char *pack_map_line(struct pack_map *map, const char *p, size_t n, size_t *column);

/* Adds a whole file.  If it is wrong or cannot be read, ends the program with 100 and a message. */
void pack_map_read(struct pack_map *map, const char *path);

/* Frees what the map holds. */
void pack_map_end(struct pack_map *map);

/* The line for a source: that of its channel, else that of every channel; NULL if there is none. */
const struct pack_source *pack_map_find(const struct pack_map *map, const char *channel, size_t channel_size,
					int bms);

#endif
