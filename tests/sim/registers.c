/* SPDX-License-Identifier: MIT */
/* The frames as registers: frame offset = register - base + 6; little endian there, big endian here. */
#include "registers.h"

#include "setting.h"

#include <string.h>

enum { FIRST = 6, LAST = FRAME_SIZE - 2, MAX_QUANTITY = 125 };

static const struct {
	uint16_t base;
	enum frame_type type;
} blocks[] = {
	{0x1000, TYPE_SETTINGS},
	{0x1200, TYPE_LIVE},
	{0x1400, TYPE_ABOUT},
};

/* The fields wider than a byte: count fields of size bytes from offset at. */
static const struct {
	enum frame_type type;
	size_t at, size, count;
} fields[] = {
	{TYPE_LIVE, 6, 2, 32},   {TYPE_LIVE, 70, 4, 1},     {TYPE_LIVE, 74, 2, 2},
	{TYPE_LIVE, 80, 2, 33},  {TYPE_LIVE, 146, 4, 4},    {TYPE_LIVE, 162, 2, 2},
	{TYPE_LIVE, 166, 4, 1},  {TYPE_LIVE, 170, 2, 1},    {TYPE_LIVE, 174, 4, 4},
	{TYPE_LIVE, 192, 2, 1},  {TYPE_LIVE, 194, 4, 1},    {TYPE_LIVE, 200, 2, 7},
	{TYPE_LIVE, 216, 2, 5},  {TYPE_LIVE, 226, 4, 1},    {TYPE_LIVE, 230, 2, 4},
	{TYPE_LIVE, 246, 4, 2},  {TYPE_LIVE, 254, 2, 4},    {TYPE_LIVE, 262, 4, 3},
	{TYPE_LIVE, 278, 2, 1},  {TYPE_SETTINGS, 6, 4, 69}, {TYPE_SETTINGS, 282, 2, 1},
	{TYPE_ABOUT, 38, 4, 2},  {TYPE_ABOUT, 186, 4, 1},   {TYPE_ABOUT, 202, 4, 1},
	{TYPE_ABOUT, 238, 4, 7},
};

static void reverse(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t byte = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = byte;
	}
}

/* Little to big endian or back, field by field. */
static void turn(enum frame_type type, uint8_t image[FRAME_SIZE])
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (size_t k = 0; fields[i].type == type && k < fields[i].count; k++)
			reverse(image + fields[i].at + k * fields[i].size, fields[i].size);
}

/* Finds the frame and the offset in it; false if a register is in no frame. */
static bool locate(uint16_t reg, uint16_t quantity, enum frame_type *type, size_t *at)
{
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (reg < blocks[i].base || reg - blocks[i].base > LAST - FIRST || reg % 2)
			continue;
		*type = blocks[i].type;
		*at = (size_t)(reg - blocks[i].base) + FIRST;
		return 2u * quantity <= LAST - *at;
	}
	return false;
}

int registers_read(struct pack *p, uint16_t reg, uint16_t quantity, uint8_t *out)
{
	enum frame_type type;
	size_t at;
	uint8_t image[FRAME_SIZE];
	uint8_t counter = p->counter;
	if (quantity < 1 || quantity > MAX_QUANTITY)
		return EXCEPTION_VALUE;
	if (!locate(reg, quantity, &type, &at))
		return EXCEPTION_REGISTER;
	pack_frame(p, type, image, NULL);
	p->counter = counter;
	turn(type, image);
	memcpy(out, image + at, 2u * quantity);
	return 0;
}

static int check_row(const struct setting *s, const uint8_t *old, const uint8_t *new, bool strict)
{
	int64_t value = wire_get(new, s->size, s->is_signed);
	if ((s->flags & FIXED) && value != wire_get(old, s->size, s->is_signed))
		return EXCEPTION_VALUE;
	return strict && (value < s->low || value > s->high) ? EXCEPTION_VALUE : 0;
}

/* The written range must consist of whole, consecutive rows of the table. */
static int check_rows(const struct pack *p, enum frame_type type, size_t at, size_t end, const uint8_t *old,
		      const uint8_t *new, bool strict)
{
	while (at < end) {
		const struct setting *s = setting_at(type, at);
		if (s == NULL || end - at < s->size ||
		    ((s->flags & ONLY_19) && p->stored.firmware->number != 19))
			return EXCEPTION_REGISTER;
		int refused = check_row(s, old + at, new + at, strict);
		if (refused)
			return refused;
		at += s->size;
	}
	return 0;
}

int registers_write(struct pack *p, uint16_t reg, uint16_t quantity, const uint8_t *data, bool strict)
{
	enum frame_type type;
	size_t at;
	uint8_t image[FRAME_SIZE];
	if (quantity < 1 || quantity > MAX_QUANTITY)
		return EXCEPTION_VALUE;
	if (!locate(reg, quantity, &type, &at) || type == TYPE_LIVE)
		return EXCEPTION_REGISTER;
	uint8_t *kept = type == TYPE_SETTINGS ? p->stored.settings : p->stored.about;
	memcpy(image, kept, sizeof(image));
	turn(type, image);
	memcpy(image + at, data, 2u * quantity);
	turn(type, image);
	int refused = check_rows(p, type, at, at + 2u * quantity, kept, image, strict);
	if (!refused)
		memcpy(kept, image, sizeof(image));
	return refused;
}
