/* SPDX-License-Identifier: MIT */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "12.5" with 3 digits is 12500.  Takes digits with at most one point and that many digits after it; from 0
 * to most.
 */
bool parse_decimal(const char *text, unsigned int digits, int64_t most, int64_t *out);

/*
 * Splits at the first mark: *front is the size before it; returns the part after it, or NULL if there is no
 * mark.
 */
const char *parse_split(const char *text, char mark, size_t *front);

/* 1 to 8 hex digits. */
bool parse_hex32(const char *text, uint32_t *out);

#endif
