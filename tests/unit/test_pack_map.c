/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "pack_map.h"
#include "unit.h"

static struct pack_map map;
static size_t column;

static void setup(void)
{
	pack_map_end(&map);
	column = 0;
}

static const char *line(const char *text)
{
	return pack_map_line(&map, text, strlen(text), &column);
}

static const struct pack_source *find(const char *channel, int bms)
{
	return pack_map_find(&map, channel, strlen(channel), bms);
}

static void check_pack(const char *channel, int bms, const char *name, const char *label)
{
	const struct pack_source *s = find(channel, bms);
	ck_assert_msg(s != NULL, "%s:%d", channel, bms);
	ck_assert_str_eq(s->name, name);
	ck_assert_str_eq(s->label, label);
}

static void check_fault(const char *text, size_t at, const char *why)
{
	size_t count = map.count;
	const char *wrong = line(text);
	ck_assert_msg(wrong != NULL, "taken: %s", text);
	ck_assert_msg(strstr(wrong, why) != NULL, "%s: %s", text, wrong);
	ck_assert_msg(column == at, "%s: column %zu, not %zu", text, column, at);
	ck_assert_uint_eq(map.count, count);
}

START_TEST(lines_that_are_taken)
{
	static const char *const good[] = {"",
					   "  \t\r",
					   "# x",
					   "1 attic",
					   "bus:1 cellar # old",
					   "\tcan0:15\tA_b-9\r",
					   "2 nord \"Nord – Keller 1\"\t# a \"comment\"\r",
					   "03 west \" a \\\"b\\\\c # d\"",
					   "a.b_c-d:0 1234567890123456789012345678901"};
	setup();
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *wrong = line(good[i]);
		ck_assert_msg(wrong == NULL, "%s: %s", good[i], wrong);
	}
	ck_assert_uint_eq(map.count, 6);
	check_pack("bus", 1, "cellar", "");
	check_pack("other", 1, "attic", "");
	check_pack("can0", 15, "A_b-9", "");
	check_pack("bus", 2, "nord", "Nord – Keller 1");
	check_pack("bus", 3, "west", " a \"b\\c # d");
	check_pack("a.b_c-d", 0, "1234567890123456789012345678901", "");
	ck_assert_ptr_null(find("bus", 15));
	ck_assert_ptr_null(find("can", 15));
	ck_assert_ptr_null(find("can01", 15));
	ck_assert_ptr_null(find("bus", 16));
}
END_TEST

START_TEST(a_line_with_a_channel_goes_before_one_without)
{
	setup();
	ck_assert_ptr_null(line("bus:1 first"));
	ck_assert_ptr_null(line("1 second"));
	ck_assert_ptr_null(line("tty:1 third"));
	check_pack("bus", 1, "first", "");
	check_pack("tty", 1, "third", "");
	check_pack("x", 1, "second", "");
}
END_TEST

START_TEST(faults_and_their_columns)
{
	setup();
	ck_assert_ptr_null(line("1 attic"));
	ck_assert_ptr_null(line("bus:1 cellar"));
	check_fault("7", 2, "no name after the address");
	check_fault("7 # x", 3, "no name after the address");
	check_fault(" x y", 2, "the address of a BMS is a number from 0 to 15");
	check_fault("16 a", 1, "the address of a BMS");
	check_fault("bus:16 a", 5, "the address of a BMS");
	check_fault("-1 a", 1, "the address of a BMS");
	check_fault("bus: a", 5, "the address of a BMS");
	check_fault("\xEF\xBB\xBF"
		    "2 a",
		    1, "the address of a BMS");
	check_fault(":1 a", 1, "a channel has");
	check_fault("  b/c:1 a", 3, "a channel has");
	check_fault("12345678901234567890123456789012:1 a", 1, "the channel is longer");
	check_fault("1 again", 1, "this address has a name already");
	check_fault("  bus:1 c", 3, "this address has a name already");
	check_fault("2 a/b", 4, "a name has letters");
	check_fault("2 \"a\"", 3, "a name has letters");
	check_fault("2 k\xC3\xBC"
		    "che",
		    4, "a name has letters");
	check_fault("4 12345678901234567890123456789012", 3, "the name is longer than 31");
	check_fault("*23456789012345678901234567890:4 a", 1, "a channel has 1 to 31");
	check_fault("*234567890123456789012345678901:4 a", 1, "a channel has 1 to 31");
	check_fault("2 a b", 5, "a label in quotes");
	check_fault("2 a\"b\"", 4, "a name has letters");
	check_fault("2 bridge", 3, "topics of jk-mqtt");
	check_fault("2 link", 3, "topics of jk-mqtt");
	check_fault("2 status", 3, "topics of jk-mqtt");
	check_fault("2 summary", 3, "topics of jk-mqtt");
	check_fault("2 bank", 3, "topics of jk-mqtt");
	check_fault("2 bank_", 3, "topics of jk-mqtt");
	check_fault("2 bank_house", 3, "topics of jk-mqtt");
	check_fault("2 bms_1", 3, "bms_N is the name of the BMS with address N");
	check_fault("2 bms_20", 3, "bms_N is the name of the BMS with address N");
	ck_assert_ptr_null(line("2 bms_2"));
	ck_assert_ptr_null(line("3 bms_x"));
}
END_TEST

START_TEST(faults_of_labels)
{
	setup();
	check_fault("1 a \"", 6, "no closing quote");
	check_fault("1 a \"Nord\\\"", 12, "no closing quote");
	check_fault("1 a \"\"", 5, "the label is empty");
	check_fault("1 a \"  \"", 5, "the label is empty");
	check_fault("1 a \"x\"y", 8, "no blank after the label");
	check_fault("1 a \"x\"\"y\"", 8, "no blank after the label");
	check_fault("1 a \"x\" y", 9, "something after the label");
	check_fault("1 a \"x\ty\"", 7, "a control character");
	check_fault("1 a \"x\x7Fy\"", 7, "a control character");
	check_fault("1 a \"ä\xC2\x9Fy\"", 7, "a control character");
	check_fault("1 a \"x\r", 7, "a control character");
	check_fault("1 a \"ä\xFFy\"", 7, "not valid UTF-8");
	check_fault("1 a \"\xC3\"", 6, "not valid UTF-8");
	check_fault("1 a \"\xED\xA0\x80\"", 6, "not valid UTF-8");
	check_fault("1 a \"\xC0\xAF\"", 6, "not valid UTF-8");
	check_fault("1 a \"x\\n\"", 7, "may follow");
	check_fault("1 a \"x\\", 7, "may follow");
	ck_assert(pack_map_line(&map, "1 a \"x\0y\"", 9, &column) != NULL);
	ck_assert(pack_map_line(&map, "1 a\0b", 5, &column) != NULL);
	ck_assert(pack_map_line(&map, "b\0s:1 a", 7, &column) != NULL);
	ck_assert(pack_map_line(&map, "1 a \"x\\\0y\"", 10, &column) != NULL);
	ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(areas)
{
	setup();
	ck_assert_ptr_null(line("bus:1 a \"A\" area \"K\xC3\xBC"
				"che \\\"2\\\"\" # x"));
	ck_assert(map.has_areas);
	ck_assert_ptr_null(line("bus:2 b area\t\"Cellar\"\r"));
	ck_assert_ptr_null(line("can:1 a"));
	check_pack("bus", 1, "a", "A");
	ck_assert_str_eq(find("bus", 1)->area, "K\xC3\xBC"
					       "che \"2\"");
	ck_assert_str_eq(find("can", 1)->area, "K\xC3\xBC"
					       "che \"2\"");
	ck_assert_str_eq(find("bus", 2)->label, "");
	ck_assert_str_eq(find("bus", 2)->area, "Cellar");
	check_fault("3 c area", 9, "expected the area in quotes");
	check_fault("3 c area Cellar", 10, "expected the area in quotes");
	check_fault("3 c areas", 5, "only a label in quotes may follow");
	check_fault("3 c \"C\" area \"\"", 14, "the area is empty");
	check_fault("3 c area \"x", 12, "the area has no closing quote");
	check_fault("3 c area \"x\"y", 13, "no blank after the area");
	check_fault("3 c area \"x\" \"C\"", 14, "something after the area");
	check_fault("3 c area \"\xFF\"", 11, "the area is not valid UTF-8");
	check_fault("3 b area \"Attic\"", 10, "this name has another area already");
	ck_assert_ptr_null(line("3 b \"B\" area \"Cellar\""));
	ck_assert_str_eq(find("bus", 2)->label, "B");
}
END_TEST

START_TEST(a_label_has_96_bytes_at_most)
{
	char text[160];
	setup();
	for (int n = 95; n <= 97; n++) {
		snprintf(text, sizeof text, "%d a%d \"%.*s\"", n - 90, n, n,
			 "0123456789012345678901234567890123456789012345678901234567890123456789"
			 "012345678901234567890123456789");
		ck_assert_msg(!line(text) == (n <= 96), "%d", n);
	}
	ck_assert_uint_eq(strlen(find("bus", 6)->label), 96);
}
END_TEST

START_TEST(sources_with_one_name_are_one_pack)
{
	setup();
	ck_assert_ptr_null(line("usb:1 north"));
	ck_assert_ptr_null(line("tcp:1 north \"Nord\""));
	ck_assert_ptr_null(line("can0:2 north"));
	ck_assert_ptr_null(line("3 north \"Nord\""));
	ck_assert_ptr_null(line("4 south \"Nord\""));
	check_fault("5 north \"North\"", 9, "this name has another label already");
	check_pack("usb", 1, "north", "Nord");
	check_pack("tcp", 1, "north", "Nord");
	check_pack("can0", 2, "north", "Nord");
	check_pack("any", 3, "north", "Nord");
}
END_TEST

/* As many packs as there can be, with four sources each; the last of these has their label. */
START_TEST(the_largest_map)
{
	char text[64], name[32];
	setup();
	for (int i = 0; i < PACK_MAP_MAX; i++) {
		snprintf(text, sizeof text, i < 3 * PACKS_MAX ? "c%d:%d n%d" : "c%d:%d n%d \"Pack %d\"",
			 i / 16, i % 16, i % PACKS_MAX, i % PACKS_MAX);
		ck_assert_ptr_null(line(text));
	}
	check_fault("one:1 more", 1, "more than 16384");
	for (int i = 0; i < PACK_MAP_MAX; i++) {
		snprintf(text, sizeof text, "c%d", i / 16);
		snprintf(name, sizeof name, "n%d", i % PACKS_MAX);
		const struct pack_source *s = find(text, i % 16);
		ck_assert_ptr_nonnull(s);
		ck_assert_str_eq(s->name, name);
		snprintf(text, sizeof text, "Pack %d", i % PACKS_MAX);
		ck_assert_str_eq(s->label, text);
	}
	check_fault("c7:3 other", 1, "this address has a name already");
}
END_TEST

START_TEST(names_that_would_share_an_identifier)
{
	static const char *const pairs[][2] = {
		{"pack", "pack_charging"},       {"pack_discharging", "pack"},
		{"pack_max_balance", "pack"},    {"a", "a_device"},
		{"x_gps_locked", "x"},           {"pack", "pack_requested_charge"},
		{"bms_1_charging", "somewhere"}, {"bms_15_heating", "bms_2"},
		{"bms_0_heating", "bms_2"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char text[2][64];
		setup();
		snprintf(text[0], sizeof text[0], "1 %s", pairs[i][0]);
		snprintf(text[1], sizeof text[1], "2 %s", pairs[i][1]);
		const char *first = line(text[0]), *wrong = first ? first : line(text[1]);
		ck_assert_msg(wrong && strstr(wrong, "would have the same identifier"), "%s, %s", pairs[i][0],
			      pairs[i][1]);
	}
}
END_TEST

UNIT_RUN("pack_map", lines_that_are_taken, a_line_with_a_channel_goes_before_one_without,
	 faults_and_their_columns, faults_of_labels, areas, a_label_has_96_bytes_at_most,
	 sources_with_one_name_are_one_pack, the_largest_map, names_that_would_share_an_identifier)
