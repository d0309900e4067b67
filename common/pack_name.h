/* SPDX-License-Identifier: MIT */
#ifndef PACK_NAME_H
#define PACK_NAME_H

#include <stdbool.h>

#include "slice.h"

/*
 * Names of packs, which are parts of topics and identifiers.  jk-decode puts them into records if it has a
 * map; a BMS without a name is bms_ADDR.
 */

enum { PACK_NAME_MAX = 31 };

/* The character that no name has, or NULL. */
const char *pack_name_bad_character(struct slice name);

/* The bank NAME of jk-bank is published as bank_NAME, like a pack of that name. */
#define PACK_BANK_PREFIX "bank_"

/* Would the name be a topic that jk-mqtt has itself: bridge, link, status, summary, bank, or bank_NAME? */
bool pack_name_is_reserved(const char *name);

/* 1 to 31 letters, digits, _ and -, and not reserved. */
bool pack_name_valid(const char *name);

/* bms_ADDR */
void pack_name_default(int bms, char name[PACK_NAME_MAX + 1]);

/*
 * Home Assistant knows an entity by PREFIX_NAME_KEY.  So the power of pack_charging would be the
 * charging_power of pack, and one of the two would never appear.  NULL: two packs of these names share no
 * identifier; else which one they share.
 */
const char *pack_name_clash(const char *a, const char *b);

#endif
