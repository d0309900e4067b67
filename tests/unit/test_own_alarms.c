/* SPDX-License-Identifier: MIT */
#include "own_alarms.h"

#include <string.h>

#include "payload.h"
#include "unit.h"

/* The list of alarms that jk-mqtt makes where no jk-alarm is in the pipeline. */

static struct own_alarms own;
static struct active_alarms all;

static void begin(void)
{
	memset(&own, 0, sizeof own);
	memset(&all, 0, sizeof all);
}

/* The alarms as "key severity since", in their order; each ends with a semicolon. */
static const char *listed(void)
{
	static char text[8192];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	for (size_t i = 0; i < all.count; i++) {
		struct json_object *alarm = json_tokener_parse(all.list[i].json);
		strbuf_string(&t, json_text(alarm, "key"));
		strbuf_char(&t, ' ');
		strbuf_string(&t, json_text(alarm, "severity"));
		strbuf_char(&t, ' ');
		strbuf_string(&t, json_object_to_json_string(json_member(alarm, "since")));
		strbuf_char(&t, ';');
		json_object_put(alarm);
	}
	text[t.size] = '\0';
	return text;
}

START_TEST(bits)
{
	begin();
	ck_assert(!own_alarms_list(&own, &all, false, 1000000)); /* nothing is known */
	ck_assert(own_alarms_take(&own, OWN_ALARMS_BITS, 0));
	ck_assert(!own_alarms_take(&own, OWN_ALARMS_BITS, 0));
	ck_assert(own_alarms_list(&own, &all, false, 1000000));
	ck_assert_str_eq(listed(), "");
	ck_assert(own_alarms_take(&own, OWN_ALARMS_BITS, 1u << 31 | 1u << 28 | 1u << 29 | 1u << 4 | 1));
	ck_assert(own_alarms_list(&own, &all, false, 2000000));
	ck_assert_str_eq(listed(), "wire_resistance warning 2.000000;cell_overvoltage alarm 2.000000;"
				   "gps_remote_lock warning 2.000000;unknown_bit_29 warning 2.000000;"
				   "unknown_bit_31 warning 2.000000;");
	all.published = true;
	ck_assert(!own_alarms_list(&own, &all, false, 3000000)); /* the same */
	own_alarms_take(&own, OWN_ALARMS_BITS, 1u << 4 | 1u << 5);
	ck_assert(own_alarms_list(&own, &all, false, 4000000));
	ck_assert_str_eq(listed(), "cell_overvoltage alarm 2.000000;battery_overvoltage alarm 4.000000;");
}
END_TEST

/* A level whose alarm a bit has as well is that alarm, with the severity of the bit. */
START_TEST(levels_and_bits)
{
	begin();
	ck_assert(own_alarms_list(&own, &all, true, 1000000)); /* on CAN no frame means no alarm */
	own_alarms_take(&own, OWN_ALARMS_LEVELS, 1u | 2u << 4 | 3u << 20 | 1u << 30);
	ck_assert(own_alarms_list(&own, &all, true, 2000000));
	ck_assert_str_eq(listed(), "cell_overvoltage critical 2.000000;battery_overvoltage alarm 2.000000;"
				   "soc_low warning 2.000000;unknown_level_15 critical 2.000000;");
	own_alarms_take(&own, OWN_ALARMS_BITS, 1u << 4);
	own_alarms_take(&own, OWN_ALARMS_CAN_BITS, 1u << 23 | 1);
	ck_assert(own_alarms_list(&own, &all, true, 3000000));
	ck_assert_str_eq(listed(), "cell_overvoltage alarm 2.000000;battery_overvoltage alarm 2.000000;"
				   "soc_low warning 2.000000;unknown_level_15 critical 2.000000;"
				   "wire_resistance warning 3.000000;unknown_bit_23 warning 3.000000;");
	all.known = true; /* jk-alarm is there */
	own_alarms_take(&own, OWN_ALARMS_LEVELS, 0);
	ck_assert(!own_alarms_list(&own, &all, true, 4000000));
}
END_TEST

/* A comma stands between members, not after a brace or a bracket. */
START_TEST(keys)
{
	char text[64] = "";
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	payload_key(&t, "a");
	strbuf_string(&t, "[");
	payload_key(&t, "b");
	strbuf_string(&t, "{");
	payload_key(&t, "c");
	strbuf_string(&t, "1");
	payload_key(&t, "d");
	ck_assert_str_eq(text, "\"a\":[\"b\":{\"c\":1,\"d\":");
}
END_TEST

UNIT_RUN("own_alarms", bits, levels_and_bits, keys)
