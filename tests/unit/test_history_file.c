/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "intake.h"
#include "recent.h"
#include "state_folder.h"

/*
 * Records into the file of jk-history, and what is in it then.  The values are computed by hand from the
 * records.  BASE is 2025-11-23 00:00:00 UTC, the begin of a minute, of a quarter and of an hour.
 */

#define BASE 1763856000

static struct intake intake;
static struct entry entry;
static struct members members;

/* jk-history starts, with the file that is there. */
static void start(void)
{
	memset(&intake, 0, sizeof intake);
	intake.book.store.path = path;
	entry_begin(&members);
	ck_assert(store_open(&intake.book.store));
}

static void stop(void)
{
	ck_assert(intake_write(&intake));
	ck_assert(!intake_waits(&intake));
	store_close(&intake.book.store);
	for (size_t i = 0; i < intake.book.owners.count; i++)
		free(intake.book.owners.owner[i]);
	free(intake.book.owners.owner);
	name_index_end(&intake.book.owners.places);
}

static void begin(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	begin_folder();
	start();
}

static void end(void)
{
	stop();
	end_folder();
}

static void restart(void)
{
	stop();
	start();
}

static const char *read_line(const char *line)
{
	return entry_read(&entry, &members, line, strlen(line));
}

static void feed(const char *line)
{
	ck_assert_msg(read_line(line) == NULL, "%s", line);
	intake_entry(&intake, &entry);
}

/* A record of BMS 1, "north", seconds behind BASE; rest begins with a comma. */
static void record(double time, const char *type, const char *rest)
{
	char line[4096];
	snprintf(line, sizeof line,
		 "{\"time\":%.6f,\"channel\":\"shed\",\"bms\":1,\"pack\":\"north\",\"type\":\"%s\"%s}",
		 BASE + time, type, rest);
	feed(line);
}

static void live(double time, const char *rest)
{
	record(time, "live", rest);
}

/* The rows that a query gives, as "1|2.5|NULL\n". */
static const char *rows(const char *sql)
{
	static char text[16384];
	sqlite3_stmt *q;
	size_t n = 0;
	ck_assert(intake_write(&intake));
	ck_assert_msg(sqlite3_prepare_v2(intake.book.store.db, sql, -1, &q, NULL) == SQLITE_OK, "%s", sql);
	text[0] = '\0';
	while (sqlite3_step(q) == SQLITE_ROW)
		for (int i = 0, count = sqlite3_column_count(q); i < count; i++) {
			const char *value = (const char *)sqlite3_column_text(q, i);
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%c", value ? value : "NULL",
					      i + 1 < count ? '|' : '\n');
		}
	ck_assert_int_eq(sqlite3_finalize(q), SQLITE_OK);
	return text;
}

/* ---- records ---- */

#define SIXTEEN "0123456789abcdef"

START_TEST(what_makes_no_record)
{
	entry_begin(&members);
	ck_assert_str_eq(read_line("{\"channel\":\"a\",\"type\":\"live\"}"), "no time");
	ck_assert_str_eq(read_line("{\"time\":\"1\",\"channel\":\"a\",\"type\":\"live\"}"), "no time");
	ck_assert_str_eq(read_line("{\"time\":-1,\"channel\":\"a\",\"type\":\"live\"}"), "no time");
	ck_assert_str_eq(read_line("{\"time\":253402300801,\"channel\":\"a\",\"type\":\"live\"}"), "no time");
	ck_assert_str_eq(read_line("{\"time\":1,\"channel\":\"a\"}"), "no type");
	ck_assert_str_eq(read_line("{\"time\":1,\"channel\":\"a\",\"type\":1}"), "no type");
	ck_assert_str_eq(read_line("{\"time\":1,\"type\":\"live\"}"), "no channel");
	ck_assert_str_eq(
		read_line("{\"time\":1,\"type\":\"live\",\"channel\":\"" SIXTEEN SIXTEEN SIXTEEN SIXTEEN
			  "+\"}"),
		"no channel");
	ck_assert_ptr_nonnull(read_line("{\"time\":1,\"channel\":\"a\",\"type\":\"live\""));
	ck_assert_ptr_null(
		read_line("{\"time\":1,\"type\":\"x\",\"channel\":\"" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "\"}"));
	ck_assert_int_eq(entry.type, ENTRY_OTHER);
	ck_assert_int_eq(entry.bms, -1);
	ck_assert_ptr_null(read_line("{\"time\":0,\"channel\":\"a\",\"bms\":0,\"type\":\"can\"}"));
	ck_assert_int_eq(entry.type, ENTRY_CAN);
	ck_assert_int_eq(entry.bms, 0);
	ck_assert_ptr_null(
		read_line("{\"time\":253402300800,\"channel\":\"a\",\"bms\":256,\"type\":\"can\"}"));
	ck_assert_int_eq(entry.bms, -1);
}
END_TEST

/* A cell has 0.001 to 20 V, and the number of its place. */
START_TEST(cells_of_a_record)
{
	entry_begin(&members);
	ck_assert_ptr_null(
		read_line("{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":"
			  "[3.25,null,\"3\",0,0.001,20.000,20.001,0.0005]}"));
	ck_assert_uint_eq(entry.cells, 1 << 0 | 1 << 4 | 1 << 5);
	ck_assert_int_eq(entry.cell_mv[0], 3250);
	ck_assert_int_eq(entry.cell_mv[4], 1);
	ck_assert_int_eq(entry.cell_mv[5], 20000);
	ck_assert_ptr_null(
		read_line("{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"can\",\"cell_voltage_1\":"
			  "3.3,\"cell_voltage_32\":3.332,\"cell_voltage_33\":3.3}"));
	ck_assert_uint_eq(entry.cells, UINT32_C(1) << 0 | UINT32_C(1) << 31);
	ck_assert_int_eq(entry.cell_mv[31], 3332);
	ck_assert(!entry.conflict);
	/* 33 cells: the last one has no place */
	char list[256], line[512];
	struct strbuf t = {.data = list, .capacity = sizeof list - 1};
	for (int i = 0; i < 33; i++)
		strbuf_string(&t, i > 0 ? ",3.3" : "3.3");
	list[t.size] = '\0';
	snprintf(
		line, sizeof line,
		"{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":[%s],\"alarms\":"
		"[\"address_conflict\"]}",
		list);
	ck_assert_ptr_null(read_line(line));
	ck_assert_uint_eq(entry.cells, UINT32_MAX);
	ck_assert(entry.conflict);
}
END_TEST

START_TEST(numbers_of_digits)
{
	double value = 7;
	ck_assert(entry_real(slice_of("-1.5"), &value));
	ck_assert_double_eq(value, -1.5);
	ck_assert(!entry_real(slice_of("x"), &value));
	ck_assert(!entry_real((struct slice){NULL, 0}, &value));
	ck_assert(!entry_real(slice_of("1e300"), &value));
	ck_assert_double_eq(value, -1.5);
}
END_TEST

/* ---- minutes ---- */

/* Each column has the value of its key, in the units of records. */
START_TEST(columns_of_a_minute)
{
	begin();
	live(61.5,
	     ",\"power\":-512.345,\"current\":-9.875,\"total_voltage\":53.001,\"delta_cell_voltage\":0.012,"
	     "\"state_of_charge\":87,\"capacity_remaining\":243.210,\"max_cell_voltage\":3.331,"
	     "\"max_voltage_cell\":4,\"min_cell_voltage\":3.319,\"min_voltage_cell\":11,"
	     "\"temperature_sensor_1\":21.5,\"temperature_sensor_2\":-3.1,\"temperature_sensor_3\":22.0,"
	     "\"temperature_sensor_4\":null,\"temperature_sensor_5\":23.4,\"mosfet_temperature\":30.9");
	ck_assert_str_eq(
		rows("SELECT * FROM minute"),
		"1763856060|1|1|-512.345|-512.345|-512.345|-9.875|-9.875|-9.875|53.001|53.001|53.001|"
		"0.012|0.012|0.012|87|243.21|3.331|4|3.319|11|21.5|-3.1|22.0|NULL|23.4|30.9\n");
	/* As they are kept: the lowest and the highest are differences. */
	ck_assert_str_eq(rows("SELECT power, power_min, power_max, min_cell_voltage, temperature_sensor_2 "
			      "FROM minute_data"),
			 "-512345|0|0|-12|-246\n");
	ck_assert_str_eq(
		rows("SELECT time, pack, minutes, power, state_of_charge, mosfet_temperature FROM hour"),
		"1763856000|1|1|-512.345|87|30.9\n");
	end();
}
END_TEST

START_TEST(columns_of_a_bank)
{
	begin();
	feed("{\"time\":1763856001,\"channel\":\"bank\",\"bank\":\"house\",\"type\":\"bank\",\"power\":1024."
	     "5,"
	     "\"current\":20.1,\"total_voltage\":51.2,\"state_of_charge\":54.3,\"capacity_remaining\":300."
	     "001,"
	     "\"stored_wh\":15360.123,\"packs_heard\":2,\"packs_known\":3}");
	ck_assert_str_eq(
		rows("SELECT * FROM bank_minute"),
		"1763856000|1|1|1024.5|1024.5|1024.5|20.1|20.1|20.1|51.2|54.3|300.001|15360.123|2|3\n");
	ck_assert_str_eq(rows("SELECT time, bank, minutes, power, packs_known FROM bank_hour"),
			 "1763856000|1|1|1024.5|3\n");
	ck_assert_str_eq(rows("SELECT * FROM bank"), "1|house|1763856001|1763856001\n");
	ck_assert_str_eq(rows("SELECT count(*) FROM pack"), "0\n");
	end();
}
END_TEST

#define POWERS "SELECT time - 1763856000, records, power, power_min, power_max FROM minute"

/* The mean of all, the lowest and the highest; the last of what has no mean. */
START_TEST(several_records_of_a_minute)
{
	begin();
	live(0, ",\"power\":1,\"state_of_charge\":50");
	live(20, ",\"power\":2,\"state_of_charge\":51");
	live(59.999, ",\"power\":6,\"state_of_charge\":49");
	live(60, ",\"power\":-8");
	ck_assert_str_eq(rows(POWERS), "0|3|3.0|1.0|6.0\n60|1|-8.0|-8.0|-8.0\n");
	ck_assert_str_eq(rows("SELECT state_of_charge FROM minute"), "49\nNULL\n");
	ck_assert_str_eq(rows("SELECT minutes, power, power_min, power_max, state_of_charge FROM hour"),
			 "2|-2.5|-8.0|6.0|49\n");
	end();
}
END_TEST

/* What is no number of a battery is left out of its column. */
START_TEST(values_that_are_none)
{
	begin();
	live(1, ",\"power\":1000000000.000,\"current\":-1000000000.001,\"total_voltage\":\"53\",\"state_of_"
		"charge\":1e3");
	ck_assert_str_eq(rows("SELECT power, current, total_voltage, state_of_charge FROM minute"),
			 "1000000000.0|NULL|NULL|NULL\n");
	end();
}
END_TEST

/* A minute goes on after it was written; a late record counts, one that is there already does not. */
START_TEST(late_records)
{
	begin();
	live(0, ",\"power\":1");
	ck_assert_str_eq(rows(POWERS), "0|1|1.0|1.0|1.0\n");
	live(30, ",\"power\":3");
	ck_assert_str_eq(rows(POWERS), "0|2|2.0|1.0|3.0\n");
	live(61, ",\"power\":10");
	live(10, ",\"power\":5");
	ck_assert_str_eq(rows(POWERS), "0|3|3.0|1.0|5.0\n60|1|10.0|10.0|10.0\n");
	/* four other minutes: it is not in memory any more */
	for (int minute = 2; minute < 6; minute++)
		live(minute * 60, ",\"power\":0");
	live(40, ",\"power\":7");
	live(10, ",\"power\":100"); /* that second was heard */
	ck_assert_str_eq(rows(POWERS " LIMIT 1"), "0|4|4.0|1.0|7.0\n");
	end();
}
END_TEST

/* An earlier run has written a part of the minute. */
START_TEST(a_restart_within_a_minute)
{
	begin();
	live(0, ",\"power\":1,\"state_of_charge\":50");
	live(10, ",\"power\":2,\"state_of_charge\":51");
	restart();
	live(10, ",\"power\":90"); /* the stream is read again */
	live(20, ",\"power\":9,\"state_of_charge\":52");
	ck_assert_str_eq(rows(POWERS), "0|3|4.0|1.0|9.0\n");
	ck_assert_str_eq(rows("SELECT state_of_charge FROM minute"), "52\n");
	restart();
	live(5, ",\"power\":-4,\"state_of_charge\":10"); /* before what the file has */
	ck_assert_str_eq(rows(POWERS), "0|4|2.0|-4.0|9.0\n");
	ck_assert_str_eq(rows("SELECT state_of_charge FROM minute"), "52\n");
	end();
}
END_TEST

/* RS485 has the minute, if it is heard in it; of two buses the first. */
START_TEST(sources_of_a_minute)
{
	static const char other[] = "{\"time\":1763856003,\"channel\":\"%s\",\"bms\":1,\"pack\":\"north\","
				    "\"type\":\"%s\",\"power\":50}";
	char line[256];
	begin();
	snprintf(line, sizeof line, other, "can0", "can");
	feed(line);
	ck_assert_str_eq(rows(POWERS), "0|1|50.0|50.0|50.0\n");
	live(5, ",\"power\":1");
	ck_assert_str_eq(rows(POWERS), "0|1|1.0|1.0|1.0\n");
	feed(line);
	snprintf(line, sizeof line, other, "roof", "live");
	feed(line);
	ck_assert_str_eq(rows(POWERS), "0|1|1.0|1.0|1.0\n");
	/* two packs with its address: the values are those of either */
	live(6, ",\"power\":3,\"alarms\":[\"address_conflict\"]");
	ck_assert_str_eq(rows(POWERS), "0|1|1.0|1.0|1.0\n");
	live(7, ",\"power\":3,\"alarms\":[\"silent\"]");
	ck_assert_str_eq(rows(POWERS), "0|2|2.0|1.0|3.0\n");
	end();
}
END_TEST

/* ---- whose it is ---- */

START_TEST(packs_and_links)
{
	begin();
	live(5, ",\"cell_voltages\":[3.3,null,3.3,3.3],\"label\":\"North 1\"");
	live(3, "");
	record(9, "about", ",\"vendor_id\":\"JK_PB2A16S20P\",\"software_version\":\"15.41\"");
	feed("{\"time\":1763856001,\"channel\":\"shed\",\"bms\":2,\"type\":\"live\",\"power\":1}");
	feed("{\"time\":1763856001,\"channel\":\"roof\",\"bms\":2,\"type\":\"live\",\"power\":1}");
	feed("{\"time\":1763856002,\"channel\":\"shed\",\"bms\":null,\"type\":\"alarm\",\"key\":\"link_"
	     "down\","
	     "\"active\":true,\"since\":1763856001.5,\"severity\":\"alarm\",\"text\":\"Link down\"}");
	/* nobody's */
	feed("{\"time\":1763856002,\"channel\":\"shed\",\"type\":\"live\",\"power\":1}");
	feed("{\"time\":1763856002,\"channel\":\"shed\",\"bms\":3,\"type\":\"health\"}");
	feed("{\"time\":1763856002,\"channel\":\"shed\",\"bms\":3,\"type\":\"event\",\"event\":\"mode\"}");
	feed("{\"time\":1763856002,\"channel\":\"shed\",\"bank\":\"house\",\"type\":\"score\"}");
	ck_assert_str_eq(
		rows("SELECT name, label, channel, address, model, firmware, cells, first_seen, last_seen "
		     "FROM pack ORDER BY ifnull(name, 'z'), address IS NULL, channel DESC"),
		"north|North 1|shed|1|JK_PB2A16S20P|15.41|3|1763856003|1763856009\n"
		"NULL|NULL|shed|2|NULL|NULL|NULL|1763856001|1763856001\n"
		"NULL|NULL|roof|2|NULL|NULL|NULL|1763856001|1763856001\n"
		"NULL|NULL|shed|NULL|NULL|NULL|NULL|1763856002|1763856002\n");
	ck_assert_str_eq(rows("SELECT count(*) FROM bank"), "0\n");
	live(20, ",\"label\":\"North\"");
	ck_assert_str_eq(
		rows("SELECT label, cells, first_seen - 1763856000, last_seen - 1763856000 FROM pack "
		     "WHERE name = 'north'"),
		"North|3|3|20\n");
	restart();
	live(1, ",\"cell_voltages\":[3.3,3.3,3.3,3.3]");
	record(2, "about", ",\"software_version\":\"15.42\"");
	ck_assert_str_eq(rows("SELECT label, model, firmware, cells, first_seen - 1763856000,"
			      " last_seen - 1763856000 FROM pack WHERE name = 'north'"),
			 "North|JK_PB2A16S20P|15.42|4|1|20\n");
	end();
}
END_TEST

/* ---- cells ---- */

static void cells(double time, int first_mv, int second_mv, int third_mv)
{
	char rest[128];
	snprintf(rest, sizeof rest, ",\"cell_voltages\":[%.3f,%.3f,%.3f]", first_mv / 1e3, second_mv / 1e3,
		 third_mv / 1e3);
	live(time, rest);
}

#define CELLS "SELECT time - 1763856000, cell_1, cell_2, cell_3, cell_4 FROM cells"

/* A row in each quarter, and when a cell has moved by 5 mV against the mean, in a later minute. */
START_TEST(cells_that_move)
{
	begin();
	cells(1, 3300, 3301, 3302);
	cells(30, 3400, 3301, 3302); /* in the same minute */
	cells(61, 3400, 3401, 3402); /* all together */
	/* by 4.67 mV, and two by 2.33 the other way */
	cells(121, 3407, 3401, 3402);
	ck_assert_str_eq(rows(CELLS), "1|3300|3301|3302|NULL\n");
	/* by 5 and 1/3 */
	cells(125, 3408, 3401, 3402);
	ck_assert_str_eq(rows(CELLS), "1|3300|3301|3302|NULL\n125|3408|3401|3402|NULL\n");
	/* lower, in the next minute and in the same one */
	cells(179, 3300, 3401, 3402);
	cells(180, 3300, 3401, 3402);
	cells(900, 3300, 3401, 3402);
	ck_assert_str_eq(rows(CELLS " WHERE time > 1763856125"),
			 "180|3300|3401|3402|NULL\n900|3300|3401|3402|NULL\n");
	/* another cell; late; none; of two packs */
	live(960, ",\"cell_voltages\":[3.300,3.401]");
	cells(950, 2000, 3000, 4000);
	live(1100, ",\"cell_voltages\":[null]");
	live(1110, ",\"cell_voltages\":[1,2],\"alarms\":[\"address_conflict\"]");
	ck_assert_str_eq(rows(CELLS " WHERE time > 1763856900"), "960|3300|3401|NULL|NULL\n");
	end();
}
END_TEST

/* By exactly 5 mV: of three cells the first 7.5 higher is 5 against the mean.  With two cells: 10 are 5. */
START_TEST(cells_at_the_limit)
{
	begin();
	live(1, ",\"cell_voltages\":[3.300,3.300]");
	live(61, ",\"cell_voltages\":[3.309,3.300]");
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "1\n");
	live(62, ",\"cell_voltages\":[3.310,3.300]");
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "2\n");
	live(121, ",\"cell_voltages\":[3.310,3.309]");
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "2\n");
	live(122, ",\"cell_voltages\":[3.310,3.310]");
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "3\n");
	end();
}
END_TEST

/* The last row of an earlier run is known; a clock that was set back by more than an hour begins anew. */
START_TEST(cells_after_a_restart)
{
	begin();
	cells(1000, 3300, 3301, 3302);
	restart();
	cells(1010, 3350, 3301, 3302);
	cells(1070, 3300, 3301, 3302);
	ck_assert_str_eq(rows(CELLS), "1000|3300|3301|3302|NULL\n");
	cells(1080, 3350, 3301, 3302);
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "2\n");
	cells(1080 - 3600, 3350, 3301, 3302);
	ck_assert_str_eq(rows(CELLS " LIMIT 1"), "-2520|3350|3301|3302|NULL\n");
	cells(-2519 + 3500, 1000, 2000, 3302);
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "4\n");
	end();
}
END_TEST

/* CAN has four cells a frame: they count when the first of them come again. */
START_TEST(cells_of_can)
{
	begin();
	for (int round = 0; round < 2; round++) {
		record(1 + round, "can", ",\"cell_voltage_1\":3.301,\"cell_voltage_2\":3.302");
		ck_assert_str_eq(rows(CELLS), round == 0 ? "" : "2|3301|3302|3303|3304\n");
		record(1.5 + round, "can", ",\"cell_voltage_3\":3.303,\"cell_voltage_4\":3.304");
	}
	record(65, "can", ",\"cell_voltage_1\":3.301,\"cell_voltage_2\":3.352");
	ck_assert_str_eq(rows("SELECT count(*) FROM cells"), "2\n");
	/* the pack is another one, with two cells */
	record(130, "can", ",\"cell_voltage_1\":3.301,\"cell_voltage_2\":3.352");
	ck_assert_str_eq(rows(CELLS " WHERE time > 1763856100"), "130|3301|3352|NULL|NULL\n");
	end();
}
END_TEST

/* ---- alarms, settings ---- */

START_TEST(alarms)
{
	begin();
	record(10, "alarm",
	       ",\"key\":\"silent\",\"active\":true,\"since\":1763856002.5,\"severity\":\"warning\","
	       "\"text\":\"Silent\"");
	record(11, "alarm", ",\"key\":\"silent\",\"active\":true");
	record(11, "alarm", ",\"active\":true,\"since\":1763856002.5");
	ck_assert_str_eq(rows("SELECT pack, raised - 1763856000, key, cleared, severity, text FROM alarm"),
			 "1|2.5|silent|NULL|warning|Silent\n");
	record(12.25, "alarm",
	       ",\"key\":\"silent\",\"active\":false,\"since\":1763856002.5,\"severity\":"
	       "\"alarm\",\"text\":\"Silence\"");
	ck_assert_str_eq(rows("SELECT key, cleared - 1763856000, severity, text FROM alarm"),
			 "silent|12.25|alarm|Silence\n");
	end();
}
END_TEST

#define SETTINGS "SELECT time - 1763856000, key, old, new, command FROM setting ORDER BY time, key"

START_TEST(settings)
{
	begin();
	record(1, "settings",
	       ",\"balance_trigger_voltage\":0.010,\"charging_switch\":true,\"total_runtime\":5");
	record(2, "settings", ",\"balance_trigger_voltage\":0.010,\"charging_switch\":false");
	ck_assert_str_eq(rows(SETTINGS), "1.0|balance_trigger_voltage|NULL|0.010|NULL\n"
					 "1.0|charging_switch|NULL|true|NULL\n"
					 "2.0|charging_switch|true|false|NULL\n");
	/* the command that made a change; others made none */
	record(2.9, "event", ",\"event\":\"write\",\"words\":\"id1 1 charging_switch off confirmed\"");
	record(3, "event", ",\"event\":\"write\",\"words\":\"id2 1 balance_trigger_voltage 0.01 confirmed\"");
	record(3, "event", ",\"event\":\"write\",\"words\":\"id3 1 charging_switch off timeout\"");
	record(3, "event", ",\"event\":\"mode\",\"words\":\"id4 1 charging_switch off confirmed\"");
	ck_assert_str_eq(rows("SELECT key, command FROM setting WHERE command IS NOT NULL"),
			 "charging_switch|id1\n");
	restart();
	record(4, "settings", ",\"balance_trigger_voltage\":0.010,\"charging_switch\":false");
	ck_assert_str_eq(rows("SELECT count(*) FROM setting"), "3\n");
	/* an earlier value, from a recording: what came after it has another value before it */
	record(0.5, "settings", ",\"balance_trigger_voltage\":0.005");
	ck_assert_str_eq(
		rows("SELECT time - 1763856000, old, new FROM setting WHERE key LIKE 'b%' ORDER BY time"),
		"0.5|NULL|0.005\n1.0|0.005|0.010\n");
	/* one between two that are equal: three changes */
	record(1.5, "settings", ",\"charging_switch\":true");
	ck_assert_str_eq(rows("SELECT count(*) FROM setting"), "4\n");
	end();
}
END_TEST

/* A confirmation belongs to a change of the 30 s before it, and of a second after. */
START_TEST(the_time_of_a_command)
{
	begin();
	record(1, "settings",
	       ",\"charging_switch\":true,\"discharging_switch\":true,\"balancing_switch\":true");
	record(100, "settings", ",\"charging_switch\":false");
	record(130, "event", ",\"event\":\"write\",\"words\":\"in 1 charging_switch off confirmed\"");
	record(200, "settings", ",\"discharging_switch\":false");
	record(230.001, "event", ",\"event\":\"write\",\"words\":\"out 1 discharging_switch off confirmed\"");
	ck_assert_str_eq(rows("SELECT key, command FROM setting WHERE time > 1763856001 ORDER BY key"),
			 "charging_switch|in\ndischarging_switch|NULL\n");
	record(199, "event", ",\"event\":\"write\",\"words\":\"soon 1 discharging_switch off confirmed\"");
	ck_assert_str_eq(rows("SELECT command FROM setting WHERE time = 1763856200"), "soon\n");
	end();
}
END_TEST

/* ---- days ---- */

#define DAYS                                                                                                 \
	"SELECT day, pack, bank, charged_wh, discharged_wh, charged_ah, discharged_ah FROM energy_day "      \
	"ORDER BY day, pack"

static void energy(double time, const char *today, const char *yesterday)
{
	char rest[512];
	snprintf(rest, sizeof rest,
		 ",\"charged_wh_today\":%s1.5,\"discharged_wh_today\":%s2,\"charged_ah_today\":%s3,"
		 "\"discharged_ah_today\":%s4,\"charged_wh_yesterday\":%s5,\"discharged_wh_yesterday\":%s6,"
		 "\"charged_ah_yesterday\":%s7,\"discharged_ah_yesterday\":%s8",
		 today, today, today, today, yesterday, yesterday, yesterday, yesterday);
	record(time, "energy", rest);
}

START_TEST(energy_of_days)
{
	begin();
	energy(10, "1", "2");
	ck_assert_str_eq(rows(DAYS),
			 "2025-11-22|1|0|25.0|26.0|27.0|28.0\n2025-11-23|1|0|11.5|12.0|13.0|14.0\n");
	energy(20, "3", "9"); /* yesterday is over */
	ck_assert_str_eq(rows(DAYS),
			 "2025-11-22|1|0|25.0|26.0|27.0|28.0\n2025-11-23|1|0|31.5|32.0|33.0|34.0\n");
	energy(30, "2", "9"); /* a counter that began anew: the day has had more */
	ck_assert_str_eq(rows(DAYS " LIMIT 1 OFFSET 1"), "2025-11-23|1|0|31.5|32.0|33.0|34.0\n");
	/* the last of a day, without a transaction between */
	energy(86399, "4", "9");
	energy(86400, "5", "4");
	ck_assert_str_eq(rows(DAYS " LIMIT 2 OFFSET 1"),
			 "2025-11-23|1|0|45.0|46.0|47.0|48.0\n2025-11-24|1|0|51.5|52.0|53.0|54.0\n");
	record(86401, "energy",
	       ",\"charged_wh_today\":900,\"discharged_wh_today\":900,\"charged_ah_today\":900");
	feed("{\"time\":1763856003,\"channel\":\"bank\",\"bank\":\"house\",\"type\":\"energy\","
	     "\"charged_wh_today\":1,\"discharged_wh_today\":2,\"charged_ah_today\":3,\"discharged_ah_"
	     "today\":4,"
	     "\"charged_wh_yesterday\":0,\"discharged_wh_yesterday\":0,\"charged_ah_yesterday\":0,"
	     "\"discharged_ah_yesterday\":0}");
	ck_assert_str_eq(rows(DAYS),
			 "2025-11-22|1|0|25.0|26.0|27.0|28.0\n2025-11-23|0|1|1.0|2.0|3.0|4.0\n"
			 "2025-11-23|1|0|45.0|46.0|47.0|48.0\n2025-11-24|1|0|51.5|52.0|53.0|54.0\n");
	end();
}
END_TEST

/* The day of 25 hours, 26 October 2025 in Berlin; and what is yesterday on the day after it. */
START_TEST(local_days_of_energy)
{
	begin();
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	energy(1761429600 - BASE, "1", ""); /* its first second */
	energy(1761429600 + 25 * 3600 - 1 - BASE, "2", "");
	energy(1761429600 + 25 * 3600 - BASE, "3", "4");
	ck_assert_str_eq(rows("SELECT day, charged_wh FROM energy_day ORDER BY day"),
			 "2025-10-25|5.0\n2025-10-26|45.0\n2025-10-27|31.5\n");
	end();
}
END_TEST

/* Of a day its longest part; of other periods nothing. */
START_TEST(balance_of_days)
{
	static const char form[] =
		",\"period\":\"%s\",\"since\":1763856000,\"rest_minutes\":%d,"
		"\"charging_minutes\":20,\"discharging_minutes\":30,\"near_full_minutes\":4,"
		"\"balancing_minutes\":5,\"resistance_milliohm\":6.5,\"resistance_error\":0.5,"
		"\"measured_capacity\":null,\"weakest_cell\":7,\"weakest_cell_deviation\":-1.5,"
		"\"weakest_cell_drift\":0.25,\"cells\":[{\"cell\":1},[2]],\"x\":[1]";
	char rest[1024];
	begin();
	snprintf(rest, sizeof rest, form, "day", 10);
	record(86400, "balance", rest);
	snprintf(rest, sizeof rest, form, "hour", 100);
	record(86400, "balance", rest);
	snprintf(rest, sizeof rest, form, "day", 9);
	record(86401, "balance", rest);
	ck_assert_str_eq(rows("SELECT * FROM balance_day"),
			 "2025-11-23|1|10.0|20.0|30.0|4.0|5.0|6.5|0.5|NULL|7|-1.5|0.25|[{\"cell\":1},[2]]\n");
	snprintf(rest, sizeof rest, form, "day", 11);
	record(86402, "balance", rest);
	record(86402, "balance", ",\"period\":\"day\"");
	ck_assert_str_eq(rows("SELECT rest_minutes FROM balance_day"), "11.0\n");
	end();
}
END_TEST

static void score(double time, const char *values)
{
	char rest[256];
	snprintf(rest, sizeof rest, ",\"score\":90,%s", values);
	record(time, "score", rest);
}

/* The reason is that of the record which brought the worst. */
START_TEST(scores_of_days)
{
	begin();
	score(5, "\"worst_today\":80,\"worst_at\":1763856005,\"incidents\":1,\"reason\":\"cells\"");
	score(6, "\"worst_today\":80,\"worst_at\":1763856005,\"incidents\":2,\"reason\":\"other\"");
	ck_assert_str_eq(rows("SELECT * FROM score_day"), "2025-11-23|1|80|1763856005.0|cells|2\n");
	score(7, "\"worst_today\":70,\"worst_at\":1763856007,\"incidents\":2,\"reason\":\"silent\"");
	score(8, "\"worst_today\":70,\"worst_at\":1763856007,\"incidents\":2,\"reason\":\"\"");
	score(9, "\"worst_today\":null,\"worst_at\":1763856007,\"incidents\":9,\"reason\":\"\"");
	/* the next day, without a transaction between */
	score(86400, "\"worst_today\":100,\"worst_at\":1763942400,\"incidents\":0,\"reason\":\"none\"");
	ck_assert_str_eq(rows("SELECT * FROM score_day"), "2025-11-23|1|70|1763856007.0|silent|2\n"
							  "2025-11-24|1|100|1763942400.0|none|0\n");
	restart();
	score(86401, "\"worst_today\":99,\"worst_at\":1763942401,\"incidents\":0,\"reason\":\"new\"");
	score(86402, "\"worst_today\":99,\"worst_at\":1763942401,\"incidents\":3,\"reason\":\"newer\"");
	ck_assert_str_eq(rows("SELECT worst, reason, incidents FROM score_day WHERE day = '2025-11-24'"),
			 "99|new|3\n");
	end();
}
END_TEST

/* ---- what waits ---- */

START_TEST(when_it_is_time_to_write)
{
	begin();
	ck_assert(!intake_waits(&intake));
	live(0, ",\"power\":1");
	ck_assert(intake_waits(&intake));
	ck_assert(!intake.due);
	live(59, ",\"power\":1");
	ck_assert(!intake.due);
	live(60, ",\"power\":1");
	ck_assert(intake.due);
	ck_assert(intake_write(&intake));
	ck_assert(!intake.due);
	ck_assert(!intake_waits(&intake));
	live(61, "");
	ck_assert(!intake.due);
	ck_assert(intake_waits(&intake));
	end();
}
END_TEST

START_TEST(statements_and_rows_wait_in_order)
{
	static struct ops ops;
	static struct op_statement s, read;
	struct op_row row = {.owner = 7, .seconds = 5, .row.count = 3}, back;
	enum op_kind kind;
	size_t at = 0;
	ops.size = ops.lost = 0;
	op_begin(&s, STATEMENT_ALARM);
	op_owner(&s, 9);
	op_real(&s, 2.5);
	op_text(&s, slice_of("silent"));
	op_text(&s, (struct slice){NULL, 0});
	op_null(&s);
	op_integer(&s, -4);
	ops_statement(&ops, &s);
	ops_row(&ops, &row);
	ck_assert(ops_next(&ops, &at, &kind, &back, &read));
	ck_assert_int_eq(kind, OP_STATEMENT);
	ck_assert_int_eq(read.statement, STATEMENT_ALARM);
	ck_assert_uint_eq(read.count, 6);
	ck_assert(read.parameter[0].kind == PARAMETER_OWNER && read.parameter[0].integer == 9);
	ck_assert(read.parameter[1].kind == PARAMETER_REAL && read.parameter[1].real == 2.5);
	ck_assert(read.parameter[2].kind == PARAMETER_TEXT && slice_is(read.parameter[2].text, "silent"));
	ck_assert(read.parameter[3].kind == PARAMETER_NULL && read.parameter[4].kind == PARAMETER_NULL);
	ck_assert(read.parameter[5].kind == PARAMETER_INTEGER && read.parameter[5].integer == -4);
	ck_assert(ops_next(&ops, &at, &kind, &back, &read));
	ck_assert_int_eq(kind, OP_ROW);
	ck_assert(back.owner == 7 && back.seconds == 5 && back.row.count == 3);
	ck_assert(!ops_next(&ops, &at, &kind, &back, &read));
	/* until there is no room: whole ones are lost, and counted */
	size_t count = 2;
	while (ops.lost == 0) {
		ops_statement(&ops, &s);
		count += ops.lost == 0;
	}
	size_t full = ops.size;
	ops_row(&ops, &row);
	ck_assert_uint_eq(ops.lost, 2);
	ck_assert_uint_eq(ops.size, full);
	ck_assert_uint_gt(full, OPS_MAX - 100);
	for (at = 0; ops_next(&ops, &at, &kind, &back, &read);)
		count--;
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(at, full);
}
END_TEST

/* The first record comes a quarter of an hour before midnight. */
START_TEST(energy_from_the_evening_on)
{
	begin();
	energy(85500, "1", "2");
	ck_assert_str_eq(rows("SELECT day, charged_wh FROM energy_day ORDER BY day"),
			 "2025-11-22|25.0\n2025-11-23|11.5\n");
	energy(86399, "3", "2");
	ck_assert_str_eq(rows("SELECT day, charged_wh FROM energy_day ORDER BY day"),
			 "2025-11-22|25.0\n2025-11-23|31.5\n");
	end();
}
END_TEST

/* Minutes, their means of ten, hours and days, of each pack and bank. */
START_TEST(what_a_panel_draws)
{
	struct recent recent = {.dir = folder};
	char file[2][128], of[2][80];
	begin();
	for (int i = 0; i < 2; i++) {
		snprintf(of[i], sizeof of[i], "%s/%s", folder, i ? "bank_house" : "north");
		snprintf(file[i], sizeof file[i], "%s/recent.json", of[i]);
	}
	live(0, ",\"power\":100,\"state_of_charge\":50,\"total_voltage\":53.1,\"current\":-2.345");
	live(660, ",\"power\":200,\"state_of_charge\":52,\"mosfet_temperature\":30.5");
	energy(670, "1", "");
	feed("{\"time\":1763856661,\"channel\":\"bank\",\"bank\":\"house\",\"type\":\"bank\",\"power\":1000."
	     "6,"
	     "\"state_of_charge\":54.3}");
	ck_assert(intake_write(&intake));
	recent_write(&recent, &intake.book.store, 0, true);
	ck_assert_str_eq(text_of(file[0]), "none");
	recent_write(&recent, &intake.book.store, BASE + 720, true);
	ck_assert_str_eq(
		text_of(file[0]),
		"{\"time\":1763856720,\"keys\":[\"power\",\"state_of_charge\",\"total_voltage\",\"current\","
		"\"max_cell_voltage\",\"min_cell_voltage\",\"mosfet_temperature\",\"temperature_sensor_1\"],"
		"\"minutes\":[\n[1763856000,100.0,50.0,53.1,-2.35,null,null,null,null],\n"
		"[1763856660,200.0,52.0,null,null,null,null,30.5,null]],\"steps\":[\n"
		"[1763856000,100.0,50.0,53.1,-2.35,null,null,null,null],\n"
		"[1763856600,200.0,52.0,null,null,null,null,30.5,null]],\"hours\":[\n"
		"[1763856000,150.0,52.0,53.1,-2.35,null,null,30.5,null]],\"days\":[\n"
		"[\"2025-11-22\",5.0,6.0],\n[\"2025-11-23\",12.0,12.0]]}\n");
	ck_assert_str_eq(text_of(file[1]),
			 "{\"time\":1763856720,\"keys\":[\"power\",\"state_of_charge\",\"total_voltage\","
			 "\"current\"],\"minutes\":[\n[1763856660,1001.0,54.3,null,null]],\"steps\":[\n"
			 "[1763856600,1001.0,54.3,null,null]],\"hours\":[\n"
			 "[1763856000,1001.0,54.3,null,null]],\"days\":[]}\n");
	/* three hours later the minutes are gone, a day later the steps, a week later all of it */
	recent_write(&recent, &intake.book.store, BASE + 3 * 3600 + 661, true);
	ck_assert_ptr_nonnull(strstr(text_of(file[0]), "\"minutes\":[],\"steps\":[\n[1763856000,"));
	recent_write(&recent, &intake.book.store, BASE + 86400 + 661, true);
	ck_assert_ptr_nonnull(strstr(text_of(file[0]), "\"minutes\":[],\"steps\":[],\"hours\":[\n"));
	for (int i = 0; i < 2; i++) {
		remove(file[i]);
		remove(of[i]);
	}
	recent_write(&recent, &intake.book.store, BASE + 8 * 86400, true);
	ck_assert_str_eq(text_of(file[0]), "none");
	end();
}
END_TEST

/* The minute has left the memory, but is not in the file yet: a second that was heard does not count again. */
START_TEST(a_late_record_of_a_minute_that_waits)
{
	begin();
	live(0, ",\"power\":1");
	for (int minute = 1; minute < 4; minute++)
		live(60 * minute, ",\"power\":2");
	live(0.5, ",\"power\":100");
	ck_assert_str_eq(rows(POWERS " LIMIT 1"), "0|1|1.0|1.0|1.0\n");
	end();
	/* only one of those in memory is newer */
	begin();
	live(300, ",\"power\":1");
	live(60, ",\"power\":2");
	live(120, ",\"power\":2");
	live(600, ",\"power\":2");
	live(300.5, ",\"power\":100");
	ck_assert_str_eq(rows(POWERS " LIMIT 1 OFFSET 2"), "300|1|1.0|1.0|1.0\n");
	end();
}
END_TEST

UNIT_RUN("history_file", what_makes_no_record, cells_of_a_record, numbers_of_digits, columns_of_a_minute,
	 columns_of_a_bank, several_records_of_a_minute, values_that_are_none, late_records,
	 a_restart_within_a_minute, sources_of_a_minute, packs_and_links, cells_that_move, cells_at_the_limit,
	 cells_after_a_restart, cells_of_can, alarms, settings, the_time_of_a_command, energy_of_days,
	 local_days_of_energy, balance_of_days, scores_of_days, when_it_is_time_to_write,
	 statements_and_rows_wait_in_order, energy_from_the_evening_on, what_a_panel_draws,
	 a_late_record_of_a_minute_that_waits)
