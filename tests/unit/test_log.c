/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <string.h>

#include "unit.h"

static const char *plain(const char *text)
{
	static char copy[256];
	size_t n = strlen(text);
	memcpy(copy, text, n);
	copy[log_plain(copy, n)] = '\0';
	return copy;
}

START_TEST(what_terminals_act_on)
{
	static const struct {
		const char *text, *plain;
	} cases[] = {
		{"", ""},
		{"tty: cannot open /dev/x: No such file", "tty: cannot open /dev/x: No such file"},
		{"a\nb\tc\rd", "a?b?c?d"},
		{"\x1B[2J\x7F", "?[2J?"},
		{"\xC2\x80\xC2\x9B"
		 "31m\xC2\x9F\xC2\xA0",
		 "??31m?\xC2\xA0"},             /* C1; a no-break space is none */
		{"\x9B\x80\xFF|\xC3", "???|?"}, /* no UTF-8, and a character that is cut off */
		{"Keller \xE2\x80\x93 \xC3\xBC \xF0\x9F\x94\x8B",
		 "Keller \xE2\x80\x93 \xC3\xBC \xF0\x9F\x94\x8B"},
		{"\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAF", "\xE2\x80\xA7??\xE2\x80\xAF"},
		{"\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA", "\xE2\x81\xA5??\xE2\x81\xAA"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(plain(cases[i].text), cases[i].plain);
}
END_TEST

UNIT_RUN("log", what_terminals_act_on)
