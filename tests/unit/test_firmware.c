/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "firmware.h"
#include "unit.h"

START_TEST(what_is_read)
{
	static const struct {
		const char *text;
		int major, minor; /* major -1: no version */
	} rows[] = {
		{"19.10", 19, 10},
		{"V19.10", 19, 10},
		{"v19.10", 19, 10},
		{" V19.10 ", 19, 10},
		{"V 19.10", 19, 10},
		{"\t19.10", 19, 10},
		{"19.10.3", 19, 10},
		{"11.288H", 11, 288},
		{"15.41A", 15, 41},
		{"015.041", 15, 41},
		{"14.20", 14, 20},
		{"19", 19, FIRMWARE_NO_MINOR},
		{"V19", 19, FIRMWARE_NO_MINOR},
		{"19.", 19, FIRMWARE_NO_MINOR},
		{"15A", 15, FIRMWARE_NO_MINOR},
		{"11.XW", 11, FIRMWARE_NO_MINOR},
		{"15,41", 15, FIRMWARE_NO_MINOR},
		{"15.999999", 15, FIRMWARE_NO_MINOR},
		{"0.0", 0, 0},
		{"", -1, 0},
		{" ", -1, 0},
		{"V", -1, 0},
		{"VV19.10", -1, 0},
		{"none", -1, 0},
		{"?19.10", -1, 0},
		{".41", -1, 0},
		{"-19.10", -1, 0},
		{"100000.1", -1, 0},
		{"99999999999999999999", -1, 0},
		{"\xFF\xFF", -1, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct firmware_version v = {7, 7};
		bool read = firmware_read(rows[i].text, strlen(rows[i].text), &v);
		ck_assert_msg(read == (rows[i].major >= 0), "'%s'", rows[i].text);
		ck_assert_msg(v.major == (read ? rows[i].major : 7), "'%s': %d", rows[i].text, v.major);
		ck_assert_msg(v.minor == (read ? rows[i].minor : 7), "'%s': .%d", rows[i].text, v.minor);
	}
	/* a text that ends where its field does, without a NUL */
	struct firmware_version v;
	ck_assert(firmware_read("15.41999", 5, &v) && v.minor == 41);
	ck_assert(firmware_read("15.41999", 3, &v) && v.minor == FIRMWARE_NO_MINOR);
	ck_assert(!firmware_read("15.41", 0, &v));
}
END_TEST

static bool has(const char *text, struct firmware since)
{
	return firmware_has(text, strlen(text), since);
}

START_TEST(compared_part_by_part)
{
	const struct firmware all = {0, 0}, heating = {15, 41}, v19 = {19, 0};
	ck_assert(has("", all) && has("none", all) && has("11.XW", all));
	ck_assert(!has("", heating) && !has("", v19) && !has("none", v19) &&
		  !has("99999999999999999999", v19));
	ck_assert(!has("14.20", heating) && !has("V14.99", heating) && !has("11.288H", heating));
	ck_assert(!has("15.9", heating) && !has("15.4", heating)); /* 9 is less than 41 */
	ck_assert(!has("15.38", heating) && !has("V15.40", heating));
	ck_assert(has("15.41", heating) && has("V15.41", heating) && has("15.41A", heating) &&
		  has("15.100", heating));
	ck_assert(!has("15", heating) && !has("15.XA", heating)); /* not known to be so new */
	ck_assert(has("16", heating) && has("V19.XA", heating) && has("100.0", heating));
	ck_assert(!has("18.99", v19) && has("19", v19) && has("V19", v19) && has("19.0", v19) &&
		  has("V19.10", v19));
}
END_TEST

UNIT_RUN("firmware", what_is_read, compared_part_by_part)
