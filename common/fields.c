/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <string.h>

const struct field_table *const field_tables[FRAME_TYPES] = {
	[FRAME_SETTINGS] = &field_table_settings,
	[FRAME_LIVE] = &field_table_live,
	[FRAME_ABOUT] = &field_table_about,
};

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_HEX] = "hex",   [FIELD_ASCII] = "ascii", [FIELD_U8] = "u8",
		[FIELD_I8] = "i8",     [FIELD_U16] = "u16le",   [FIELD_I16] = "i16le",
		[FIELD_U32] = "u32le", [FIELD_I32] = "i32le",   [FIELD_F32] = "f32le",
		[FIELD_U24] = "u24le", [FIELD_U16BE] = "u16be", [FIELD_I16BE] = "i16be",
	};
	return names[type];
}

const char *field_unit_name(enum field_unit unit)
{
	static const char *const names[UNITS] = {
		[UNIT_NONE] = "",           [UNIT_VOLT] = "V",
		[UNIT_MILLIVOLT] = "mV",    [UNIT_AMPERE] = "A",
		[UNIT_AMPERE_HOUR] = "Ah",  [UNIT_WATT] = "W",
		[UNIT_OHM] = "ohm",         [UNIT_CELSIUS] = "\u00b0C",
		[UNIT_PERCENT] = "%",       [UNIT_MICROSECOND] = "\u03bcs",
		[UNIT_SECOND] = "s",        [UNIT_MINUTE] = "min",
		[UNIT_HOUR] = "h",          [UNIT_BOOL] = "bool",
		[UNIT_ENUM] = "enum",       [UNIT_BITMASK] = "bitmask",
		[UNIT_DEPENDS] = "depends",
	};
	return names[unit];
}

const struct field *field_find(enum frame_type frame, const char *key)
{
	const struct field_table *table = field_tables[frame];
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].key, key) == 0)
			return &table->rows[i];
	return NULL;
}

const char *enum_text(enum enum_name name, int64_t value)
{
	const struct enum_texts *e = &enum_texts[name];
	if (value < 0 || (uint64_t)value >= e->count || e->texts[value] == NULL)
		return "Unknown";
	return e->texts[value];
}
