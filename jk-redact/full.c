/* SPDX-License-Identifier: MIT */
#include "full.h"

#include <stdbool.h>
#include <string.h>

#include "fields.h"
#include "jk_frame.h"
#include "private_fields.h"

enum { HEAD = 6 }; /* of a frame: header, type and counter */

/* ---- Modbus messages ---- */

/* One form that a message can have: its size, and where in it the data is. */
struct shape {
	size_t size, from, count;
};

enum { SHAPES_MAX = 3 };

/* Returns the number of forms for the function in the second byte. */
static size_t shapes_of(const uint8_t *p, size_t n, struct shape shapes[SHAPES_MAX])
{
	uint8_t function = n > 2 ? p[1] : 0;
	size_t read = n > 2 ? p[2] : 0, written = n > 6 ? p[6] : 0;
	switch (function) {
	case 0x03:
		shapes[0] = (struct shape){7, 3, 2};
		shapes[1] = (struct shape){8, 0, 0};
		shapes[2] = (struct shape){5 + read, 3, read};
		return 3;
	case 0x06:
		shapes[0] = (struct shape){8, 4, 2};
		return 1;
	case 0x10:
		shapes[0] = (struct shape){8, 0, 0};
		shapes[1] = (struct shape){9 + written, 7, written};
		return 2;
	case 0x83:
	case 0x86:
	case 0x90:
		shapes[0] = (struct shape){5, 0, 0};
		return 1;
	default:
		return 0;
	}
}

static bool fits(const uint8_t *p, size_t n, const struct shape *shape)
{
	if (shape->size > n || !private_zeros(p + shape->size, n - shape->size))
		return false;
	return private_crc_fits(p, shape->size) && (shape->size != 7 || p[2] == 2);
}

/* A single message, perhaps padded with zeros.  False: it has no known form. */
static bool modbus(uint8_t *p, size_t n)
{
	struct shape shapes[SHAPES_MAX];
	size_t count = shapes_of(p, n, shapes);
	for (size_t i = 0; i < count; i++) {
		if (!fits(p, n, &shapes[i]))
			continue;
		memset(p + shapes[i].from, 0, shapes[i].count);
		private_mend_crc(p, shapes[i].size);
		return true;
	}
	return false;
}

/* ---- JK frames ---- */

/* The length of a name may be shown, that of a passcode must not. */
static void blank_field(uint8_t *frame, const struct field *f)
{
	uint8_t *p = frame + f->offset;
	size_t length = f->privacy == FIELD_SECRET ? 0 : strnlen((const char *)p, f->size);
	memset(p, 'X', length);
	memset(p + length, 0, f->size - length);
}

static void about(uint8_t *frame)
{
	const struct field_table *table = field_tables[FRAME_ABOUT];
	for (size_t i = 0; i < table->count; i++)
		if (private_in_public(&table->rows[i]))
			blank_field(frame, &table->rows[i]);
	private_mend_sum(frame);
}

static void frame(uint8_t *p, size_t n)
{
	bool valid = n >= FRAME_SIZE && private_zeros(p + FRAME_SIZE, n - FRAME_SIZE) && jk_frame_sum_fits(p);
	uint8_t type = n > JK_FRAME_TYPE_OFFSET ? p[JK_FRAME_TYPE_OFFSET] : 0;
	if (valid && (type == FRAME_SETTINGS || type == FRAME_LIVE))
		return;
	if (valid && type == FRAME_ABOUT)
		about(p);
	else if (n > HEAD)
		memset(p + HEAD, 0, n - HEAD);
}

void full_bytes(uint8_t *p, size_t n, int address)
{
	(void)address;
	if (jk_frame_magic_match(p, n) == JK_FRAME_MAGIC_SIZE)
		frame(p, n);
	else if (!modbus(p, n))
		memset(p, 0, n);
}

void full_piece(uint8_t *p, size_t n)
{
	memset(p, 0, n);
}
