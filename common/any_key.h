/* SPDX-License-Identifier: MIT */
#ifndef ANY_KEY_H
#define ANY_KEY_H

#include "record_keys.h"

/*
 * The key of n bytes in the records of a pack: the first of RS485 and of CAN that has it, for they agree on
 * its kind and unit.  NULL if no record has it.  Frames for an inverter are of no pack.
 */
const struct record_key *any_key_find(const char *key, size_t n);

#endif
