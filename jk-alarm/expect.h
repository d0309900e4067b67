/* SPDX-License-Identifier: MIT */
#ifndef EXPECT_H
#define EXPECT_H

#include "model.h"
#include "pack_map.h"

/*
 * --expect: the packs that a map names are to be heard.  They are in the model from the start, and the rules
 * about silence are theirs, too, from EXPECT_US after it.
 */

/* Those of channels that the map names; to be called once, before the first record. */
void expect_begin(struct model *m, const struct pack_map *map);

/* The first channel is there: the lines of the map that are for every channel are looked for on it. */
void expect_anywhere(struct model *m, const struct pack_map *map, struct link *link);

#endif
