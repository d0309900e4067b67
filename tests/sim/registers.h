/* SPDX-License-Identifier: MIT */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "pack.h"

enum { EXCEPTION_FUNCTION = 1, EXCEPTION_REGISTER = 2, EXCEPTION_VALUE = 3 };

/*
 * FC 03: writes the 2 * quantity bytes from register reg to out, as in the answer.  Returns 0 or the
 * exception code; out has room for 2 * 125 bytes.
 */
int registers_read(struct pack *p, uint16_t reg, uint16_t quantity, uint8_t *out);

/*
 * FC 10: stores the 2 * quantity bytes of data.  Returns 0, or the exception code and stores nothing.  Values
 * out of bounds are refused only if strict.
 */
int registers_write(struct pack *p, uint16_t reg, uint16_t quantity, const uint8_t *data, bool strict);

#endif
