/* SPDX-License-Identifier: MIT */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "record_keys.h"

/* The keys of records that a rule may name. */

struct known_key {
	enum key_kind kind;
	enum field_unit unit; /* UNIT_NONE also if unknown */
	bool on_request;      /* jk-decode writes it only with -k or --all */
};

/* Looks a key of n bytes up among those of live, settings, about and can records. */
struct known_key key_find(const char *key, size_t n);

enum { CELL_NONE = -1 };

/*
 * A cell's own key, cell_voltage_3 or cell_resistance_3, is in live records an element of a list: that list's
 * key and the element's index, from 0; CELL_NONE for any other key.
 */
int key_cell(const char *key, size_t n, const char **list);

enum { BIT_NONE = -1 };

/*
 * A key that a live record may leave out, since it is one bit of another member: that member's key, and the
 * bit's number; BIT_NONE for any other key.
 */
int key_bit(const char *key, size_t n, const char **of);

#endif
