/* SPDX-License-Identifier: MIT */
#ifndef NEAR_KEYS_H
#define NEAR_KEYS_H

#include "record_keys.h"
#include "strbuf.h"

/*
 * The keys that somebody may have meant who wrote one that no record has: soc is state_of_charge, totvolt and
 * total_voltge are total_voltage, sensor_1 is temperature_sensor_1.
 */

enum { NEAR_KEYS_MAX = 3 };

/*
 * Adds the nearest keys of n bytes, at most NEAR_KEYS_MAX, with commas between.  suits: which keys are
 * wanted; NULL: all.  Returns how many; often none.  Keys of frames for an inverter are not among them.
 */
unsigned near_keys(struct strbuf *t, const char *word, size_t n, bool (*suits)(const struct record_key *key));

#endif
