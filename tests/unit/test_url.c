/* SPDX-License-Identifier: MIT */
#include "url.h"

#include "unit.h"

/* A scheme begins with a letter; the rest are letters, digits, plus, minus and points. */
START_TEST(schemes)
{
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
		{"tcp://10.0.0.7:5000", 6},
		{"MQTTS://b", 8},
		{"a+b-c.9://", 10},
		{"x://", 4},
		{"", 0},
		{"://x", 0},
		{"9p://x", 0},
		{"tcp:10.0.0.7:5000", 0},
		{"tcp:/x", 0},
		{"/dev/a://b", 0},
		{"tc_p://x", 0},
		{"10.0.0.7:5000", 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(url_scheme(rows[i].text) == rows[i].size, "%s", rows[i].text);
}
END_TEST

START_TEST(this_scheme)
{
	ck_assert(url_is("mqtt://b", "mqtt"));
	ck_assert(url_is("MqTt://b", "mqtt"));
	ck_assert(!url_is("mqtts://b", "mqtt"));
	ck_assert(!url_is("mqtt://b", "mqtts"));
	ck_assert(!url_is("mqtt:b", "mqtt"));
	ck_assert(!url_is("mqtt", "mqtt"));
	ck_assert(!url_is("", ""));
}
END_TEST

/* A password may hold an @, too. */
START_TEST(what_may_be_logged)
{
	ck_assert_str_eq(url_shown("mqtt://user:pass@host:1883"), "host:1883");
	ck_assert_str_eq(url_shown("mqtt://user:p@ss@host"), "host");
	ck_assert_str_eq(url_shown("mqtt://host"), "mqtt://host");
	ck_assert_str_eq(url_shown("x@"), "");
}
END_TEST

UNIT_RUN("url", schemes, this_scheme, what_may_be_logged)
