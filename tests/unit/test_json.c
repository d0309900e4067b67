/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "json.h"
#include "unit.h"

static const char *parse(const char *text, struct json_record *record)
{
	struct json_tokener *tokener = json_tokener_new();
	const char *wrong = json_record_parse(tokener, text, strlen(text), record);
	json_tokener_free(tokener);
	return wrong;
}

START_TEST(a_record)
{
	struct json_record r;
	int64_t micro;
	ck_assert_ptr_null(parse("{\"time\":1763856000.161234,\"channel\":\"ttyUSB0\",\"bms\":3,\"type\":\"live\","
				 "\"total_voltage\":27.760,\"none\":null,\"big\":4294967295} \r",
				 &r));
	ck_assert_int_eq(r.time_us, INT64_C(1763856000161234));
	ck_assert_str_eq(r.channel, "ttyUSB0");
	ck_assert_int_eq(r.bms, 3);
	ck_assert_str_eq(r.type, "live");
	ck_assert_str_eq(json_object_get_string(json_member(r.object, "total_voltage")), "27.760");
	ck_assert(json_micro(r.object, "total_voltage", &micro));
	ck_assert_int_eq(micro, 27760000);
	ck_assert(json_micro(r.object, "big", &micro));
	ck_assert_int_eq(micro, INT64_C(4294967295000000));
	ck_assert(!json_micro(r.object, "none", &micro));
	ck_assert(!json_micro(r.object, "channel", &micro));
	ck_assert(!json_micro(r.object, "missing", &micro));
	ck_assert_ptr_null(json_text(r.object, "bms"));
	json_record_free(&r);
	ck_assert_ptr_null(parse("{\"time\":0.000000,\"channel\":\"x\",\"type\":\"event\"}", &r));
	ck_assert_int_eq(r.bms, -1);
	json_record_free(&r);
}
END_TEST

START_TEST(what_is_none)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"7",
		"nonsense",
		"{}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"}}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"} {}",
		"{\"time\":\"1.0\",\"channel\":\"x\",\"type\":\"live\"}",
		"{\"time\":-1.0,\"channel\":\"x\",\"type\":\"live\"}",
		"{\"time\":1.0,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":7}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":16,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":-1,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":1.5,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":\"1\",\"type\":\"live\"}",
	};
	struct json_record r;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		ck_assert_msg(parse(texts[i], &r), "taken: %s", texts[i]);
		ck_assert_ptr_null(r.object);
	}
}
END_TEST

UNIT_RUN("json", a_record, what_is_none)
