/* SPDX-License-Identifier: MIT */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names of devices, which are parts of topics and identifiers.  A record carries the name of its pack if
 * jk-decode has a map; a BMS without a name is bms_ADDR.
 */

enum {
	DEVICE_NAME_MAX = 31,
	LABEL_MAX = 255, /* bytes of what a person calls the pack, as UTF-8 */
};

/* 1 to 31 letters, digits, _ and -, and no name of a topic that jk-mqtt has itself. */
bool names_valid(const char *name);

/* bms_ADDR */
void names_default(int bms, char name[DEVICE_NAME_MAX + 1]);

/*
 * Home Assistant knows an entity by PREFIX_NAME_KEY.  So the power of pack_charging would be the
 * charging_power of pack, and one of the two would never appear.  NULL: two devices of these names share no
 * identifier; else which one they share.
 */
const char *names_clash(const char *a, const char *b);

#endif
