/* SPDX-License-Identifier: MIT */
#ifndef ENTITIES_TABLE_H
#define ENTITIES_TABLE_H

#include "entities.h"

/* The rows that tables.awk makes of common/protocol/entities.tsv; only entities.c uses them. */
extern const struct entity entity_rows[];
extern const size_t entity_row_count;

#endif
