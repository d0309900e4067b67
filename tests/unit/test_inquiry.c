/* SPDX-License-Identifier: MIT */
#include "inquiry.h"

#include <stdio.h>
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "unit.h"

/* Lines of the FIFO of commands that change nothing, and their answers. */

static struct bus bus;
static struct environment env;
static struct inquiry inquiry;

static enum inquiry_kind parse(const char *line)
{
	inquiry_parse(&inquiry, line, strlen(line));
	return inquiry.kind;
}

/* The answer, without the newline. */
static const char *answer(const char *line)
{
	static char text[FRAME_LINE_MAX + 1];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_int_ne(parse(line), INQUIRY_NONE);
	inquiry_answer(&t, &inquiry, &env, &bus, (struct now){.us = 1, .real_us = INT64_C(1763856000500000)});
	ck_assert(!t.overflow && t.size > 0 && text[t.size - 1] == '\n');
	text[t.size - 1] = '\0';
	return text;
}

/* A pack whose frames have been heard: with this voltage in all of the first settings, and these texts. */
static struct pack *heard(const char *channel, unsigned address, bool settings, bool about)
{
	struct channel *c = bus_channel(&bus, channel, strlen(channel));
	struct pack *pack = &c->packs[address];
	c->present = c->rs485 = true;
	frames_begin(pack->frames[FRAME_SETTINGS], FRAME_SETTINGS);
	frames_begin(pack->frames[FRAME_ABOUT], FRAME_ABOUT);
	memcpy(pack->frames[FRAME_SETTINGS] + 6, "\xE4\x0C\0\0", 4); /* 3300 mV */
	memcpy(pack->frames[FRAME_SETTINGS] + 118, "\1\0\0\0", 4);   /* charging_switch */
	memcpy(pack->frames[FRAME_ABOUT] + 6, "JK_PB2A16S20P", 13);
	memcpy(pack->frames[FRAME_ABOUT] + 22, "19 A\"\x7F!~", 8);
	memcpy(pack->frames[FRAME_ABOUT] + 30, "15.41", 5);
	pack->known[FRAME_SETTINGS] = settings;
	pack->known[FRAME_ABOUT] = about;
	return pack;
}

START_TEST(questions)
{
	static const struct {
		const char *line;
		enum inquiry_kind kind;
		int64_t from;
	} rows[] = {
		{"? a1", INQUIRY_READY, -1},
		{"? a1 packs 0", INQUIRY_PACKS, 0},
		{"?\ta1  packs 2147483647 ", INQUIRY_PACKS, INT32_MAX},
		{"? a1 packs 2147483648", INQUIRY_NONE, -1},
		{"? a1 packs -1", INQUIRY_NONE, -1},
		{"? a1 packs", INQUIRY_NONE, -1},
		{"? a1 packs 0 0", INQUIRY_NONE, -1},
		{"? a1 read 1 7", INQUIRY_READ, 7},
		{"? a1 read 1 x", INQUIRY_NONE, -1},
		{"? a1 read 1", INQUIRY_NONE, -1},
		{"? a1 read 1 7 8", INQUIRY_NONE, -1},
		{"? a1 reads 1 7", INQUIRY_NONE, -1},
		{"? a1 check 1 charging_switch on", INQUIRY_CHECK, -1},
		{"? a1 check 1 charging_switch on @5", INQUIRY_CHECK, -1},
		{"? a1 check 1 charging_switch", INQUIRY_NONE, -1},
		{"? a1 check 1 charging_switch on @5 x", INQUIRY_NONE, -1},
		{"? a1 write 1 charging_switch on", INQUIRY_NONE, -1},
		{"? - packs 0", INQUIRY_NONE, -1},
		{"! a1 packs 0", INQUIRY_NONE, -1},
		{"?", INQUIRY_NONE, -1},
		{"", INQUIRY_NONE, -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		inquiry.from = -1;
		ck_assert_msg(parse(rows[i].line) == rows[i].kind, "%s", rows[i].line);
		ck_assert_msg(inquiry.from == rows[i].from || rows[i].kind == INQUIRY_NONE, "%s",
			      rows[i].line);
	}
}
END_TEST

/* The command as it would be sent. */
START_TEST(checks)
{
	ck_assert_int_eq(parse("? a1 check bus:1  charging_switch\ton"), INQUIRY_CHECK);
	ck_assert(slice_is((struct slice){inquiry.command, inquiry.size}, "bus:1 charging_switch on a1"));
	ck_assert_int_eq(parse("? a1 check 1 charging_switch on @1763856000"), INQUIRY_CHECK);
	ck_assert(slice_is((struct slice){inquiry.command, inquiry.size},
			   "1 charging_switch on a1 @1763856000"));
}
END_TEST

START_TEST(packs_that_were_heard)
{
	ck_assert_str_eq(answer("? a1"), "(1763856000.500000) - !ready a1");
	ck_assert_str_eq(answer("? a1 packs 0"), "(1763856000.500000) - !packs a1 -");
	heard("bus", 15, false, true);
	heard("bus", 1, true, false);
	heard("bus", 2, false, false);
	bus_channel(&bus, "can0", 4)->can = true;
	heard("gone", 4, true, true);
	bus_find(&bus, "gone", 4)->present = false;
	ck_assert_str_eq(answer("? b packs 0"), "(1763856000.500000) - !packs b - bus:1 bus:15 can0:can");
	ck_assert_str_eq(answer("? b packs 1"), "(1763856000.500000) - !packs b - bus:15 can0:can");
	ck_assert_str_eq(answer("? b packs 2"), "(1763856000.500000) - !packs b - can0:can");
	ck_assert_str_eq(answer("? b packs 3"), "(1763856000.500000) - !packs b -");
	bus_end(&bus);
}
END_TEST

/* A line holds a part; the rest begins with the number of the next one. */
START_TEST(more_packs_than_fit)
{
	char channel[CHANNEL_MAX + 1], line[64], next[32] = "0";
	unsigned found = 0, answers = 0;
	for (unsigned i = 0; i < 30; i++) {
		snprintf(channel, sizeof channel, "%0*u", CHANNEL_MAX, i);
		for (unsigned bms = BMS_MIN; bms <= BMS_MAX; bms++)
			heard(channel, bms, true, false);
	}
	while (strcmp(next, "-") != 0) {
		snprintf(line, sizeof line, "? b packs %s", next);
		const char *p = strstr(answer(line), "!packs b ") + 9;
		size_t n = strcspn(p, " ");
		snprintf(next, sizeof next, "%.*s", (int)n, p);
		for (p += n; *p == ' '; found++) {
			char item[CHANNEL_MAX + 8];
			snprintf(item, sizeof item, " %0*u:%u", CHANNEL_MAX, found / BMS_MAX,
				 found % BMS_MAX + 1);
			ck_assert_msg(strncmp(p, item, strlen(item)) == 0, "%s, not %s", p, item);
			p += strlen(item);
		}
		answers++;
	}
	ck_assert_uint_eq(found, 30 * BMS_MAX);
	ck_assert_uint_gt(answers, 3);
	bus_end(&bus);
}
END_TEST

/* All settings of a pack from one on, of as many answers as they need, behind one another. */
static const char *settings_of(const char *bms, unsigned from)
{
	static char text[16384];
	char next[32], line[64], start[64];
	size_t size = 0;
	snprintf(next, sizeof next, "%u", from);
	snprintf(start, sizeof start, "(1763856000.500000) - !read c %s ", bms);
	while (strcmp(next, "-") != 0) {
		snprintf(line, sizeof line, "? c read %s %s", bms, next);
		const char *p = answer(line);
		ck_assert_msg(strncmp(p, start, strlen(start)) == 0, "%s", p);
		p += strlen(start);
		size_t n = strcspn(p, " ");
		snprintf(next, sizeof next, "%.*s", (int)n, p);
		size += (size_t)snprintf(text + size, sizeof text - size, "%s", p + n);
	}
	return text;
}

static void begins(const char *text, const char *words)
{
	ck_assert_msg(strncmp(text, words, strlen(words)) == 0, "%s", text);
}

/* Texts of the about frame are one word each; a setting that this firmware does not have is left out. */
START_TEST(settings_of_a_pack)
{
	struct pack *pack = heard("bus", 1, true, true);
	const char *text = settings_of("bus:1", 0);
	begins(text, " model=JK_PB2A16S20P hardware=19_A__!~ firmware=15.41 smart_sleep_voltage=3.300 ");
	ck_assert_ptr_nonnull(strstr(text, " charging_switch=on discharging_switch=off "));
	ck_assert_ptr_null(strstr(text, " re_bulk_soc="));
	memcpy(pack->frames[FRAME_ABOUT] + 30, "19.05", 5);
	ck_assert_ptr_nonnull(strstr(settings_of("bus:1", 0), " re_bulk_soc="));
	begins(settings_of("bus:1", 2), " firmware=19.05 smart_sleep_voltage=3.300 ");
	/* without the about frame its firmware is not known */
	pack->known[FRAME_ABOUT] = false;
	text = settings_of("bus:1", 0);
	begins(text, " smart_sleep_voltage=3.300 ");
	ck_assert_ptr_null(strstr(text, " re_bulk_soc="));
	pack->known[FRAME_ABOUT] = true;
	pack->known[FRAME_SETTINGS] = false;
	text = settings_of("bus:1", 0);
	begins(text, " model=JK_PB2A16S20P ");
	ck_assert_ptr_null(strstr(text, "smart_sleep_voltage"));
	bus_end(&bus);
}
END_TEST

/* Without a channel it is the only one; what is none has no settings. */
START_TEST(settings_of_which_pack)
{
	heard("bus", 1, true, false);
	ck_assert_str_eq(settings_of("1", 0), "");
	bus_find(&bus, "bus", 3)->fifo = "bus.tx";
	begins(settings_of("1", 0), " smart_sleep_voltage=3.300 ");
	ck_assert_str_eq(settings_of("2", 0), "");
	ck_assert_str_eq(settings_of("0", 0), "");
	ck_assert_str_eq(settings_of("16", 0), "");
	ck_assert_str_eq(settings_of("other:1", 0), "");
	heard("roof", 1, true, false);
	begins(settings_of("1", 0), " smart_sleep_voltage=3.300 "); /* a command cannot mean that one */
	bus_find(&bus, "roof", 4)->fifo = "roof.tx";
	ck_assert_str_eq(settings_of("1", 0), "");
	bus_find(&bus, "roof", 4)->can = true;
	ck_assert_str_eq(settings_of("roof:1", 0), "");
	bus_end(&bus);
}
END_TEST

UNIT_RUN("inquiry", questions, checks, packs_that_were_heard, more_packs_than_fit, settings_of_a_pack,
	 settings_of_which_pack)
