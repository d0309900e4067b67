/* SPDX-License-Identifier: MIT */
#ifndef HEX_H
#define HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes 2 * n hex digits, of either case, to n bytes.  Returns false if one is invalid; `out` is then
 * undefined.
 */
bool hex_decode(const char *digits, uint8_t *out, size_t n);

#endif
