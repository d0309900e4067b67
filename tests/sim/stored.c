/* SPDX-License-Identifier: MIT */
/* What a pack keeps in its memory: the settings frame (type 1) and the about frame (type 3). */
#include "stored.h"

#include "setting.h"

#include <stdlib.h>
#include <string.h>

int64_t stored_setting(const struct stored *s, enum setting_at at)
{
	return wire_get(s->settings + at, 4, true);
}

bool stored_heater_limits(const struct stored *s, int64_t *start_c, int64_t *stop_c)
{
	*start_c = wire_get(s->settings + 284, 1, true);
	*stop_c = wire_get(s->settings + 285, 1, true);
	return s->firmware->heater && (s->settings[282] & 1);
}

static void init_settings(struct stored *stored, const struct stored_facts *facts)
{
	uint8_t *s = stored->settings;
	const struct firmware *f = stored->firmware;
	memset(s, 0, FRAME_SIZE);
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == TYPE_SETTINGS)
			setting_put(&settings[i], s, settings[i].initial);
	wire_put32(s + 114, facts->cell_count);
	wire_put32(s + 130, facts->capacity_mah);
	wire_put32(s + 270, facts->address);
	wire_put32(s + 278, f->constant_278);
	wire_put16(s + 282, f->control);
	s[284] = f->alarm_284;
	s[285] = f->alarm_285;
	s[287] = 0xFE;
	wire_put32(s + 288, 0x9FFFFFFF);
	wire_put16(s + 292, 0x02E9);
	if (f->number == 11) /* V11 has neither RCV nor RFV */
		memset(s + 38, 0, 8);
	if (f->number == 19)
		wire_put32(s + 134, 15);
	if (!f->undertemperature)
		memset(s + 296, 0, 2);
}

/*
 * size is that of the field.  As in the firmware, a long text is cut, and older bytes remain after the NUL.
 */
static void put_text(uint8_t *p, size_t size, const char *text)
{
	size_t n = strnlen(text, size);
	memcpy(p, text, n);
	if (n < size)
		p[n] = 0;
}

static void put_secret(uint8_t *p, const char *start, const char *digits)
{
	char text[17] = {0};
	size_t n = strlen(start);
	memcpy(text, start, n);
	memcpy(text + n, digits, 2);
	text[n + 2] = '\0';
	put_text(p, 16, text);
}

static void init_about_texts(struct stored *s, const struct stored_facts *facts, struct chance *chance)
{
	const struct firmware *f = s->firmware;
	uint8_t *a = s->about;
	char digits[3] = {(char)('0' + facts->address / 10), (char)('0' + facts->address % 10), '\0'};
	if (f->number == 19) /* meaningless bytes after each NUL */
		for (size_t i = 6; i < 150; i++)
			a[i] = i % 5 ? (uint8_t)chance_range(chance, 0xA1, 0xFE) : 'z';
	put_text(a + 6, 16, f->vendor);
	put_text(a + 22, 8, f->hardware);
	put_text(a + 30, 8, f->software);
	put_text(a + 46, 16, f->name);
	put_secret(a + 62, "SECRET-62-A", digits);
	put_text(a + 78, 8, "250314");
	if (f->number == 14 || f->number == 15)
		memcpy(a + 86 + 12, "000", 3); /* left over after the serial number */
	put_text(a + 86, 16, f->serial);
	if (f->serial[0] != '\0')
		memcpy(a + 86 + strlen(f->serial) - 2, digits, 2);
	put_text(a + 102, 16, f->user_data);
	put_secret(a + 118, "SECRET-118-", digits);
	put_text(a + 134, 16, f->user_data);
	put_text(a + 190, 12, f->option);
}

static void init_about(struct stored *s, const struct stored_facts *facts, struct chance *chance)
{
	uint8_t *a = s->about;
	memset(a, 0, FRAME_SIZE);
	init_about_texts(s, facts, chance);
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == TYPE_ABOUT &&
		    (!(settings[i].flags & ONLY_19) || s->firmware->undertemperature))
			setting_put(&settings[i], a, settings[i].initial);
	wire_put32(a + 42, facts->power_ons);
	wire_put32(a + 150, 0xFFFFFFFE);
	wire_put32(a + 168, 0xFEE7D8C0);
	wire_put32(a + 186, 0x67FF);
	wire_put32(a + 202, 0x0FFF);
	wire_put32(a + 219, 0x67FF);
	a[287] = 0xFE;
	if (s->firmware->number == 14)
		a[269] = 0;
}

void stored_init(struct stored *s, const struct stored_facts *facts, struct chance *chance)
{
	init_settings(s, facts);
	init_about(s, facts, chance);
}

void stored_frame(const struct stored *s, enum frame_type type, int64_t runtime_s, uint8_t frame[FRAME_SIZE])
{
	memcpy(frame, type == TYPE_SETTINGS ? s->settings : s->about, FRAME_SIZE);
	if (type == TYPE_ABOUT)
		wire_put32(frame + 38, runtime_s / 600 * 600); /* refreshed coarsely */
}

static void about_texts(const struct stored *s, struct text *out)
{
	static const struct {
		const char *key;
		size_t at, size;
	} texts[] = {
		{"vendor_id", 6, 16},    {"hardware_version", 22, 8},   {"software_version", 30, 8},
		{"device_name", 46, 16}, {"manufacturing_date", 78, 8}, {"serial_number", 86, 16},
		{"user_data", 102, 16},  {"user_data_2", 134, 16},      {"hardware_option", 190, 12},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text_key_string(out, texts[i].key, (const char *)s->about + texts[i].at, texts[i].size);
}

void stored_values(const struct stored *s, enum frame_type type, int64_t runtime_s, struct text *out)
{
	const uint8_t *image = type == TYPE_SETTINGS ? s->settings : s->about;
	if (type == TYPE_ABOUT) {
		about_texts(s, out);
		text_key_number(out, "device_total_runtime", runtime_s / 600 * 600, 0);
		text_key_number(out, "power_on_count", wire_get(s->about + 42, 4, false), 0);
	}
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == type && setting_known(&settings[i], s->firmware))
			text_key_number(out, settings[i].key, setting_get(&settings[i], image),
					settings[i].digits);
}
