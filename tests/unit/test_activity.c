/* SPDX-License-Identifier: MIT */
/* What a capture logs when it begins to poll or to listen. */
#include <string.h>

#include "activity.h"
#include "logged.h"

START_TEST(says_what_and_with_what)
{
	static const struct {
		struct options options;
		const char *mode, *line;
	} rows[] = {
		{{.kind = SOURCE_SERIAL,
		  .channel = "ttyUSB0",
		  .addresses = 0x1E,
		  .interval_us = 2000000,
		  .baud = 115200},
		 "poll",
		 "jk: ttyUSB0: polling addresses 1-4 every 2 s at 115200 baud\n"},
		{{.kind = SOURCE_SERIAL,
		  .channel = "ttyUSB0",
		  .addresses = 0x8002,
		  .interval_us = 250000,
		  .baud = 9600},
		 "poll",
		 "jk: ttyUSB0: polling addresses 1,15 every 0.25 s at 9600 baud\n"},
		{{.kind = SOURCE_TCP,
		  .channel = "10.0.0.7",
		  .source = "tcp:10.0.0.7:5000",
		  .addresses = 0xFFFE,
		  .interval_us = 3600000000},
		 "poll",
		 "jk: 10.0.0.7: polling addresses 1-15 every 3600 s on tcp:10.0.0.7:5000\n"},
		{{.kind = SOURCE_TCP,
		  .channel = "shed",
		  .source = "tcp:[::1]:5000",
		  .addresses = 0x72C,
		  .interval_us = 200000},
		 "poll",
		 "jk: shed: polling addresses 2-3,5,8-10 every 0.2 s on tcp:[::1]:5000\n"},
		{{.kind = SOURCE_SERIAL, .channel = "ttyUSB0", .baud = 115200},
		 "listen passive",
		 "jk: ttyUSB0: listening at 115200 baud\n"},
		{{.kind = SOURCE_CAN, .channel = "can0", .source = "can:can0,500000"},
		 "listen passive",
		 "jk: can0: listening on can:can0,500000\n"},
		{{.kind = SOURCE_SERIAL,
		  .channel = "ttyUSB0",
		  .addresses = 2,
		  .interval_us = 1234000,
		  .baud = 115200},
		 "listen master",
		 "jk: ttyUSB0: listening at 115200 baud: another master is on the bus\n"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct activity a;
		activity_begin(&a, rows[i].options.channel, &rows[i].options);
		catch_log();
		activity_follow(&a, NULL);
		activity_follow(&a, rows[i].mode);
		activity_follow(&a, rows[i].mode);
		ck_assert_str_eq(release_log(), rows[i].line);
	}
}
END_TEST

/* A source as long as a path may be. */
START_TEST(is_cut_where_it_is_too_long)
{
	static char source[SOURCE_MAX];
	memset(source, 'x', sizeof source - 1);
	struct options o = {.kind = SOURCE_TCP, .channel = "x", .source = source};
	struct activity a;
	activity_begin(&a, o.channel, &o);
	ck_assert_uint_lt(strlen(a.doing[0]), sizeof a.doing[0]);
	ck_assert_uint_gt(strlen(a.doing[1]), sizeof a.doing[1] - 10);
}
END_TEST

UNIT_RUN("activity", says_what_and_with_what, is_cut_where_it_is_too_long)
