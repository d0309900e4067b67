/* SPDX-License-Identifier: MIT */
/* What a pack keeps in its memory: the settings frame (type 1) and the about frame (type 3). */
#include "stored.h"

#include "setting.h"

#include <stdlib.h>
#include <string.h>

static const struct firmware firmwares[] = {
	{
		.number = 11,
		.vendor = "JK_B2A20S20P",
		.hardware = "11.XW",
		.software = "11.288H",
		.name = "JK_B2A20S20P",
		.serial = "",
		.user_data = "Input Userdata",
		.option = "",
		.counter = -1,
		.constant_278 = 750000,
		.control = 0x0000,
		.alarm_284 = 60,
		.alarm_285 = 50,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDC, 0x2F, 1, 1, 1, 0, 0, 0, 0},
	},
	{
		.number = 14,
		.vendor = "JK_PB2A16S15P",
		.hardware = "14.XA",
		.software = "14.20",
		.name = "JK_PB2A16S15P",
		.serial = "3101188A014",
		.user_data = "Input Userdata",
		.option = "",
		.counter = 5,
		.probes_4_5 = true,
		.constant_278 = 1500000,
		.control = 0x0000,
		.alarm_284 = 60,
		.alarm_285 = 50,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDD, 0x2F, 1, 1, 0xB0, 7, 0, 0, 0},
	},
	{
		.number = 15,
		.vendor = "JK_PB2A16S20P",
		.hardware = "15A",
		.software = "15.41",
		.name = "SIM-GARAGE",
		.serial = "4121708A015",
		.user_data = "JK-BMS",
		.option = "",
		.counter = 0,
		.heater = true,
		.probes_4_5 = true,
		.constant_278 = 1500000,
		.control = 0x3211,
		.alarm_284 = 3,
		.alarm_285 = 10,
		.trailer = {0, 0, 0, 0, 0, 0xFE, 0xFF, 0x7F, 0xDC, 0x2F, 1, 1, 0xB0, 0xCF, 7, 0, 0},
	},
	{
		.number = 19,
		.vendor = "JK_PB2A16S30P",
		.hardware = "19A",
		.software = "19.10",
		.name = "SIM-V19",
		.serial = "506177F49001234",
		.user_data = "JK-BMS",
		.option = "CEHMPRT",
		.counter = -1,
		.heater = true,
		.probes_4_5 = true,
		.undertemperature = true,
		.constant_278 = 500000,
		.control = 0x1081,
		.alarm_284 = 5,
		.alarm_285 = 15,
		.trailer = {0, 0, 0, 0, 2, 0xFE, 0xFF, 0x7F, 0xDC, 0x3F, 1, 1, 0xB0, 0xCF, 7, 0, 0},
	},
};

const struct firmware *firmware_find(int64_t number)
{
	for (size_t i = 0; i < sizeof(firmwares) / sizeof(firmwares[0]); i++)
		if (firmwares[i].number == number)
			return &firmwares[i];
	return NULL;
}

int64_t stored_setting(const struct pack *p, enum setting_at at)
{
	return wire_get(p->settings + at, 4, true);
}

bool stored_heater_limits(const struct pack *p, int64_t *start_c, int64_t *stop_c)
{
	*start_c = wire_get(p->settings + 284, 1, true);
	*stop_c = wire_get(p->settings + 285, 1, true);
	return p->firmware->heater && (p->settings[282] & 1);
}

static void init_settings(struct pack *p)
{
	uint8_t *s = p->settings;
	const struct firmware *f = p->firmware;
	memset(s, 0, FRAME_SIZE);
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == TYPE_SETTINGS)
			setting_put(&settings[i], s, settings[i].initial);
	wire_put32(s + 114, p->cell_count);
	wire_put32(s + 130, p->full / 3600000);
	wire_put32(s + 270, p->address);
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

static void init_about_texts(struct pack *p)
{
	const struct firmware *f = p->firmware;
	uint8_t *a = p->about;
	char digits[3] = {(char)('0' + p->address / 10), (char)('0' + p->address % 10), '\0'};
	if (f->number == 19) /* meaningless bytes after each NUL */
		for (size_t i = 6; i < 150; i++)
			a[i] = i % 5 ? (uint8_t)chance_range(&p->chance, 0xA1, 0xFE) : 'z';
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

static void init_about(struct pack *p)
{
	uint8_t *a = p->about;
	memset(a, 0, FRAME_SIZE);
	init_about_texts(p);
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == TYPE_ABOUT &&
		    (!(settings[i].flags & ONLY_19) || p->firmware->undertemperature))
			setting_put(&settings[i], a, settings[i].initial);
	wire_put32(a + 42, p->power_ons);
	wire_put32(a + 150, 0xFFFFFFFE);
	wire_put32(a + 168, 0xFEE7D8C0);
	wire_put32(a + 186, 0x67FF);
	wire_put32(a + 202, 0x0FFF);
	wire_put32(a + 219, 0x67FF);
	a[287] = 0xFE;
	if (p->firmware->number == 14)
		a[269] = 0;
}

void stored_init(struct pack *p)
{
	init_settings(p);
	init_about(p);
}

void stored_frame(const struct pack *p, enum frame_type type, int64_t runtime_s, uint8_t frame[FRAME_SIZE])
{
	memcpy(frame, type == TYPE_SETTINGS ? p->settings : p->about, FRAME_SIZE);
	if (type == TYPE_ABOUT)
		wire_put32(frame + 38, runtime_s / 600 * 600); /* refreshed coarsely */
}

static void about_texts(const struct pack *p, struct text *out)
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
		text_key_string(out, texts[i].key, (const char *)p->about + texts[i].at, texts[i].size);
}

void stored_values(const struct pack *p, enum frame_type type, int64_t runtime_s, struct text *out)
{
	const uint8_t *image = type == TYPE_SETTINGS ? p->settings : p->about;
	if (type == TYPE_ABOUT) {
		about_texts(p, out);
		text_key_number(out, "device_total_runtime", runtime_s / 600 * 600, 0);
		text_key_number(out, "power_on_count", p->power_ons, 0);
	}
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].type == type && setting_known(&settings[i], p->firmware))
			text_key_number(out, settings[i].key, setting_get(&settings[i], image),
					settings[i].digits);
}
