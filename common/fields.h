/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h" /* enum enum_name */

/*
 * The tables of the three frames that a JK BMS of the PB series sends: every byte of a live (type 2),
 * settings (type 1) and about (type 3) frame is a row, or a bit of one.  Decoding, validation, the manual
 * page jk-record(5), the tests and whatever else asks what a byte means read these rows and nothing else.
 * Multi-byte fields are little endian in a frame; registers, read or written with Modbus, are big endian.
 * Sources: see jk-protocol(7).  The rows are made from the sheets in common/protocol, where README.md has a
 * picture of each frame.
 */

enum {
	FRAME_SIZE = 300,
	CELLS_MAX = 32, /* slots of a live frame */
};

/* The byte at offset 4 of a frame. */
enum frame_type {
	FRAME_SETTINGS = 1,
	FRAME_LIVE = 2,
	FRAME_ABOUT = 3,
	FRAME_TYPES = 4, /* one more than the last */
};

enum field_type {
	FIELD_HEX,
	FIELD_ASCII,
	FIELD_U8,
	FIELD_I8,
	FIELD_U16,
	FIELD_I16,
	FIELD_U32,
	FIELD_I32,
	FIELD_F32,
	FIELD_U24, /* from here on in CAN frames only */
	FIELD_U16BE,
	FIELD_I16BE,
};

enum field_unit {
	UNIT_NONE,
	UNIT_VOLT,
	UNIT_MILLIVOLT,
	UNIT_AMPERE,
	UNIT_AMPERE_HOUR,
	UNIT_WATT,
	UNIT_OHM,
	UNIT_CELSIUS,
	UNIT_PERCENT,
	UNIT_MICROSECOND,
	UNIT_SECOND,
	UNIT_MINUTE,
	UNIT_HOUR,
	UNIT_BOOL,
	UNIT_ENUM,
	UNIT_BITMASK,
	UNIT_DEPENDS, /* follows another setting */
	UNITS,
};

/* Who may see a field: everybody; nobody in public logs; nobody ever. */
enum field_privacy { FIELD_PUBLIC, FIELD_PRIVATE, FIELD_SECRET };

/* documented or measured by two sources at least, by one, or by sources that disagree */
enum field_confidence { CONFIDENCE_AGREED, CONFIDENCE_SINGLE, CONFIDENCE_CONFLICTING };

/* A decimal number as a person wrote it: mantissa / 10^places.  1.0 is {10, 1}. */
struct decimal {
	int32_t mantissa;
	uint8_t places;
};

enum { ENUM_TEXT_MAX = 64 }; /* bytes of the longest text */

/* The texts of an enumeration: texts[value], NULL where a value has none. */
struct enum_texts {
	const char *name;
	const char *const *texts;
	size_t count;
};

/* Made by tables.awk from common/protocol/enums.tsv. */
extern const struct enum_texts enum_texts[ENUM_NAMES];

/* The text of a value; "Unknown" if it has none. */
const char *enum_text(enum enum_name name, int64_t value);

/* The first firmware that has the field, compared part by part; 0.0 = all. */
struct firmware {
	uint8_t major, minor;
};

struct field {
	const char *key;
	const char *meaning;
	const char *sources; /* the letters are explained in jk-protocol(7) */
	uint16_t offset;     /* in the frame */
	uint16_t reg;        /* byte address of the Modbus register; 0 = none */
	uint32_t mask;       /* a single bit of the type below; 0 = all of it */
	uint8_t size;        /* bytes in the frame */
	enum field_type type;
	uint8_t places; /* the wire's integer is value * 10^places */
	enum field_unit unit;
	enum field_confidence confidence;
	enum field_privacy privacy;
	enum enum_name texts; /* ENUM_NONE if the number has no names */
	/* in a record only with jk-decode -k or --all: it repeats another row, or nobody knows its meaning */
	bool on_request;
	bool writable, dangerous;
	struct decimal min, max, step; /* in the field's unit, if writable; step 0: it is no key of a write */
	struct firmware firmware;
};

struct field_table {
	const char *name; /* live, settings, about */
	const struct field *rows;
	size_t count;
	uint16_t trigger; /* the register whose write makes the BMS send this frame */
	uint16_t base;    /* offset = register - base + 6 */
};

/* Made by tables.awk from common/protocol/; they are used by way of field_tables. */
extern const struct field_table field_table_live, field_table_settings, field_table_about;

/* Indexed by enum frame_type; entry 0 is NULL. */
extern const struct field_table *const field_tables[FRAME_TYPES];

/* The words of the sheets: "u16le", "V". */
const char *field_type_name(enum field_type type);
const char *field_unit_name(enum field_unit unit);

/* The row with this key in one table, or NULL. */
const struct field *field_find(enum frame_type frame, const char *key);

#endif
