/* SPDX-License-Identifier: MIT */
#ifndef FIELD_INTEGER_H
#define FIELD_INTEGER_H

#include "bytes.h"
#include "fields.h"

/* The integer of a field at p; 0 if its type has none. */
static inline int64_t field_integer(const struct field *field, const uint8_t *p)
{
	switch (field->type) {
	case FIELD_U8:
		return p[0];
	case FIELD_I8:
		return (int8_t)p[0];
	case FIELD_U16:
		return bytes_u16le(p);
	case FIELD_I16:
		return (int16_t)bytes_u16le(p);
	case FIELD_U32:
		return bytes_u32le(p);
	case FIELD_I32:
		return (int32_t)bytes_u32le(p);
	case FIELD_U24:
		return bytes_u16le(p) | (int64_t)p[2] << 16;
	case FIELD_U16BE:
		return bytes_u16be(p);
	case FIELD_I16BE:
		return (int16_t)bytes_u16be(p);
	case FIELD_HEX:
	case FIELD_ASCII:
	case FIELD_F32:
		break;
	}
	return 0;
}

#endif
