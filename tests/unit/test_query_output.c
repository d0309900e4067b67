/* SPDX-License-Identifier: MIT */
#include "query_output.h"

#include <string.h>

#include "logged.h"
#include "printed.h"
#include "unit.h"

/* Rows of jk-query as a table, as lines for InfluxDB, and in the formats of records. */

static struct query_output output;
static const char *format;

static void owner(const char *name, const char *channel)
{
	query_output_owner(&output, name, name, channel);
}

/* Three columns; two rows, one of them with what is missing and what must not reach a terminal. */
static void rows(void)
{
	ck_assert(query_output_begin(&output, format));
	query_output_column(&output, "time", 6, false);
	query_output_column(&output, "pack", 7, false);
	query_output_column(&output, "power", 8, true);
	query_output_column(&output, "text", 0, false);
	query_output_header(&output);
	query_output_time(&output, 60, "00:01");
	owner("north", "shed");
	query_output_number(&output, -77030, 3);
	query_output_text(&output, "a b", 3);
	query_output_time(&output, 120, "00:02");
	owner("s\xC3\xBC"
	      "d",
	      "");
	query_output_null(&output);
	query_output_text(&output, "x\ny", 3);
	query_output_end(&output);
}

static const char *as(const char *name)
{
	format = name;
	return printed(rows);
}

/* Numbers stand at the right; an umlaut is one wide; no blanks at the end. */
START_TEST(table)
{
	ck_assert_str_eq(as("table"), "time    pack        power  text\n"
				      "00:01   north     -77.030  a b\n"
				      "00:02   s\xC3\xBC"
				      "d             -  x?y\n");
}
END_TEST

START_TEST(formats)
{
	ck_assert_str_eq(as("csv"), "time,pack,power,text\n00:01,north,-77.030,\"a b\"\n"
				    "00:02,s\xC3\xBC"
				    "d,,x y\n");
	ck_assert_str_eq(as("json"),
			 "{\"time\":\"00:01\",\"pack\":\"north\",\"power\":-77.030,\"text\":\"a b\"}\n"
			 "{\"time\":\"00:02\",\"pack\":\"s\xC3\xBC"
			 "d\",\"power\":null,\"text\":\"x\\ny\"}\n");
	ck_assert(!query_output_begin(&output, "xml"));
	ck_assert(!query_output_begin(&output, ""));
}
END_TEST

static void lines(void)
{
	ck_assert(query_output_begin(&output, "influx"));
	query_output_column(&output, "time", 0, false);
	query_output_column(&output, "pack", 0, false);
	query_output_column(&output, "power", 0, true);
	query_output_column(&output, "current", 0, true);
	query_output_header(&output);
	query_output_time(&output, 60, "00:01");
	owner("a b,c=d\\e\x01"
	      "f",
	      "shed 1");
	query_output_number(&output, 5, 0);
	query_output_number(&output, -12, 1);
	query_output_time(&output, 120, "00:02");
	owner("", "x");
	query_output_null(&output);
	query_output_number(&output, 10, 1);
	query_output_time(&output, 180, "00:03"); /* without a value: no line */
	owner("north", "");
	query_output_null(&output);
	query_output_null(&output);
	query_output_time(&output, 240, "00:04");
	owner("n", "");
	query_output_number(&output, 1, 0);
	query_output_null(&output);
	query_output_end(&output);
}

/* What has a meaning there is escaped, and what is missing is left out. */
START_TEST(lines_for_influxdb)
{
	ck_assert_str_eq(printed(lines),
			 "jk,pack=a\\ b\\,c\\=d\\\\e?f,channel=shed\\ 1 power=5,current=-1.2 60000000000\n"
			 "jk,channel=x current=1.0 120000000000\n"
			 "jk,pack=n power=1 240000000000\n");
}
END_TEST

START_TEST(names)
{
	char text[64];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	query_output_names(&t);
	text[t.size] = '\0';
	ck_assert_ptr_eq(strstr(text, "table, "), text);
	ck_assert_ptr_nonnull(strstr(text, "influx"));
	ck_assert_ptr_nonnull(strstr(text, "json"));
	ck_assert_ptr_nonnull(strstr(text, "csv"));
}
END_TEST

static void fill(void)
{
	query_output_begin(&output, "table");
	for (int i = 0; i < OUTPUT_COLUMNS_MAX; i++)
		query_output_column(&output, "x", 0, false);
}

static void one_more(void)
{
	fill();
	query_output_column(&output, "x", 0, false);
}

START_TEST(too_many_columns)
{
	const char *log;
	ck_assert_int_eq(exit_of(fill, &log), 0);
	ck_assert_int_eq(exit_of(one_more, &log), 100);
	ck_assert_ptr_nonnull(strstr(log, "too many columns"));
}
END_TEST

UNIT_RUN("query_output", table, formats, lines_for_influxdb, names, too_many_columns)
