/* SPDX-License-Identifier: MIT */
#include "jk_frame.h"

const uint8_t jk_frame_magic[JK_FRAME_MAGIC_SIZE] = {0x55, 0xAA, 0xEB, 0x90};

size_t jk_frame_magic_match(const uint8_t *p, size_t n)
{
	size_t i = 0;
	while (i < JK_FRAME_MAGIC_SIZE && i < n && p[i] == jk_frame_magic[i])
		i++;
	return i;
}

bool jk_frame_sum_fits(const uint8_t *p)
{
	unsigned sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum += p[i];
	return (uint8_t)sum == p[FRAME_SIZE - 1];
}

const struct field_table *jk_frame_table(uint8_t type)
{
	return type < FRAME_TYPES ? field_tables[type] : NULL;
}

enum frame_type jk_frame_of_trigger(uint16_t reg)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		if (field_tables[type]->trigger == reg)
			return (enum frame_type)type;
	return 0;
}
