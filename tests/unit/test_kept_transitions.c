/* SPDX-License-Identifier: MIT */
#include "kept_transitions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "logged.h"
#include "state_folder.h"

/* The state file of jk-mqtt: alarm transitions that the broker has not acknowledged. */

enum { SECOND = 1000000 };

static struct outbox box;
static struct kept_transitions kept;
static char sent[4096];
static int last_mid;

static void start(void)
{
	outbox_begin(&box, -1);
	kept_transitions_begin(&kept, path, "jk", &box);
}

static void stop(void)
{
	outbox_end(&box);
}

static void end(void)
{
	stop();
	end_folder();
}

static int send_one(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	size_t n = strlen(sent);
	snprintf(sent + n, sizeof sent - n, "%s %.*s\n", message->topic, (int)message->size,
		 message->payload);
	*mid = ++last_mid;
	return 0;
}

/* All that is to be sent, as "TOPIC PAYLOAD" lines. */
static const char *pump(void)
{
	sent[0] = '\0';
	outbox_connected(&box);
	ck_assert_int_eq(outbox_pump(&box, send_one, NULL), 0);
	return sent;
}

static void message(const char *topic, const char *payload)
{
	ck_assert(outbox_message(&box, topic, payload, strlen(payload)));
}

/* The hash is FNV-1a, whose value for no bytes is published. */
static const char empty[] = "jk-mqtt transitions 1 0 CBF29CE484222325\n";

/* What was not acknowledged is sent by the next run, in its order. */
START_TEST(transitions_are_kept)
{
	begin_folder();
	start();
	ck_assert_str_eq(text_of(path), empty);
	message("jk/north/alarm/a", "{\"n\":1}");
	message("jk/north/alarm/b", "{\"text\":\"a b\"}");
	message("jk/south/alarm/a", "");
	kept_transitions_end(&kept);
	ck_assert_int_eq(strncmp(text_of(path), "jk-mqtt transitions 1 3 ", 24), 0);
	const char *lines = strchr(text_of(path), '\n') + 1;
	ck_assert_str_eq(
		lines,
		"jk/north/alarm/a {\"n\":1}\njk/north/alarm/b {\"text\":\"a b\"}\njk/south/alarm/a \n");
	stop();
	start();
	ck_assert_str_eq(
		pump(),
		"jk/north/alarm/a {\"n\":1}\njk/north/alarm/b {\"text\":\"a b\"}\njk/south/alarm/a \n");
	kept_transitions_end(&kept); /* sent is not acknowledged */
	stop();
	start();
	pump();
	while (last_mid > 0)
		outbox_acknowledged(&box, last_mid--);
	kept_transitions_end(&kept);
	ck_assert_str_eq(text_of(path), empty);
	end();
}
END_TEST

/* Topics of another prefix are dropped, and counted; one that only begins so is another. */
START_TEST(another_prefix)
{
	begin_folder();
	start();
	message("jk/a", "1");
	message("jkx/a", "2");
	message("j/a", "3");
	message("jk", "4");
	message("jk/b", "5");
	kept_transitions_end(&kept);
	stop();
	catch_log();
	start();
	ck_assert_str_eq(release_log(),
			 "jk: 3 alarm transitions of an earlier run are dropped: their prefix is "
			 "not jk\n");
	ck_assert_str_eq(pump(), "jk/a 1\njk/b 5\n");
	end();
}
END_TEST

/* A file that is not whole is none: nothing of it is sent, and it is kept for a look. */
START_TEST(damaged_files)
{
	static char good[4096], wrong[4200];
	begin_folder();
	start();
	message("jk/a", "{\"n\":1}");
	message("jk/b", "{\"n\":2}");
	kept_transitions_end(&kept);
	stop();
	snprintf(good, sizeof good, "%.*s", (int)sizeof good - 1, text_of(path));
	size_t size = strlen(good);
	for (size_t i = 0; i < 2 * size; i++) {
		memcpy(wrong, good, size + 1);
		if (i < size)
			wrong[i] ^= 1; /* one bit of each byte */
		else
			wrong[i - size] = '\0'; /* cut */
		put(wrong);
		catch_log();
		start();
		const char *log = release_log();
		ck_assert_msg(strcmp(pump(), "") == 0, "byte %zu: %s", i, sent);
		const char *why = i < 22 || (i >= size && i - size <= strcspn(good, "\n"))
					  ? "not a state of jk-mqtt"
					  : "damaged";
		ck_assert_msg(strstr(log, why) != NULL, "byte %zu: %s", i, log);
		ck_assert_str_eq(text_of(bad), wrong);
		ck_assert_str_eq(text_of(path), empty);
		stop();
		remove(bad);
	}
	put(good);
	start();
	ck_assert_str_eq(pump(), "jk/a {\"n\":1}\njk/b {\"n\":2}\n");
	end();
}
END_TEST

/* Lines more or less than the head has, with the right hash, are damage, too; so is a number that is none. */
START_TEST(heads)
{
	static const char *const numbers[] = {"1", "3", "x", "", "-2", "2x", "99999999", "02 "};
	static char good[4096], wrong[4200];
	begin_folder();
	start();
	message("jk/a", "1");
	message("jk/b", "2");
	kept_transitions_end(&kept);
	stop();
	snprintf(good, sizeof good, "%.*s", (int)sizeof good - 1, text_of(path));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		snprintf(wrong, sizeof wrong, "jk-mqtt transitions 1 %s%s", numbers[i], good + 23);
		put(wrong);
		catch_log();
		start();
		ck_assert_msg(strstr(release_log(), "damaged"), "%s", numbers[i]);
		ck_assert_str_eq(pump(), "");
		stop();
		remove(bad);
	}
	put(good);
	start();
	ck_assert_str_eq(pump(), "jk/a 1\njk/b 2\n");
	end();
}
END_TEST

static bool saved(const char *part)
{
	return strstr(text_of(path), part) != NULL;
}

/* While the broker is away a transition is in the file at once, the next ones as often as the disk allows. */
START_TEST(without_a_broker)
{
	int64_t now_us = clock_monotonic_us();
	begin_folder();
	start();
	ck_assert_int_eq(kept_transitions_time(&kept, now_us), INT64_MAX);
	message("jk/a", "1");
	ck_assert_int_eq(kept_transitions_time(&kept, now_us), INT64_MAX);
	ck_assert(saved("jk/a 1\n"));
	int64_t next_us = kept.next_us;
	ck_assert_int_ge(next_us, now_us + KEPT_SPACE_US);
	message("jk/b", "2");
	ck_assert_int_eq(kept_transitions_time(&kept, next_us - 1), next_us);
	ck_assert(!saved("jk/b"));
	/* a clock that is ahead of the real one, so that the save takes no time by it */
	ck_assert_int_eq(kept_transitions_time(&kept, next_us), INT64_MAX);
	ck_assert(saved("jk/a 1\njk/b 2\n"));
	end();
}
END_TEST

/* A broker that answers has a second before anything is written. */
START_TEST(with_a_broker)
{
	int64_t now_us = clock_monotonic_us() + 100 * INT64_C(1000000);
	begin_folder();
	start();
	outbox_connected(&box);
	ck_assert_int_eq(kept_transitions_time(&kept, now_us), INT64_MAX);
	message("jk/a", "1");
	ck_assert_int_eq(kept_transitions_time(&kept, now_us), now_us + KEPT_MOMENT_US);
	ck_assert_int_eq(kept_transitions_time(&kept, now_us + KEPT_MOMENT_US - 1), now_us + KEPT_MOMENT_US);
	ck_assert(!saved("jk/a"));
	pump();
	outbox_acknowledged(&box, last_mid);
	ck_assert_int_eq(kept_transitions_time(&kept, now_us + KEPT_MOMENT_US), INT64_MAX);
	ck_assert_str_eq(text_of(path), empty);
	/* The next one has its own second, and is not acknowledged in it. */
	int64_t second_us = now_us + 5 * SECOND;
	message("jk/b", "2");
	ck_assert_int_eq(kept_transitions_time(&kept, second_us), second_us + KEPT_MOMENT_US);
	ck_assert_int_eq(kept_transitions_time(&kept, second_us + KEPT_MOMENT_US),
			 second_us + 2 * KEPT_MOMENT_US); /* now it may be acknowledged at any time */
	ck_assert(saved("jk/b 2\n"));
	pump();
	outbox_acknowledged(&box, last_mid);
	ck_assert_int_eq(kept_transitions_time(&kept, second_us + 2 * KEPT_MOMENT_US), INT64_MAX);
	ck_assert_str_eq(text_of(path), empty);
	end();
}
END_TEST

/* A disk that fails is tried again after ten seconds, which is logged once; at the end, too. */
START_TEST(a_disk_that_fails)
{
	int64_t now_us = clock_monotonic_us() + 100 * INT64_C(1000000);
	char away[80];
	begin_folder();
	start();
	snprintf(away, sizeof away, "%s.away", folder);
	ck_assert_int_eq(rename(folder, away), 0);
	message("jk/a", "1");
	catch_log();
	ck_assert_int_eq(kept_transitions_time(&kept, now_us), now_us + KEPT_RETRY_US);
	ck_assert_int_eq(kept_transitions_time(&kept, now_us + KEPT_RETRY_US - 1), now_us + KEPT_RETRY_US);
	const char *log = release_log();
	ck_assert_msg(strncmp(log, "jk: -s /tmp/jk-state-", 21) == 0 &&
			      strchr(log, '\n') == log + strlen(log) - 1,
		      "%s", log);
	catch_log();
	kept_transitions_end(&kept);
	ck_assert_ptr_nonnull(strstr(release_log(), "jk: -s /tmp/jk-state-"));
	ck_assert_int_eq(rename(away, folder), 0);
	ck_assert_str_eq(text_of(path), empty);
	ck_assert_int_eq(kept_transitions_time(&kept, now_us + KEPT_RETRY_US), INT64_MAX);
	ck_assert(saved("jk/a 1\n"));
	end();
}
END_TEST

/* A folder that is not there is a mistake, and is found at the start. */
START_TEST(a_file_that_cannot_be_made)
{
	const char *log;
	begin_folder();
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(exit_of(start, &log), 111);
	ck_assert_ptr_nonnull(strstr(log, "-s /tmp/jk-state-"));
	ck_assert_ptr_nonnull(strstr(log, "No such file or directory"));
}
END_TEST

START_TEST(no_file)
{
	outbox_begin(&box, -1);
	kept_transitions_begin(&kept, NULL, "jk", &box);
	message("jk/a", "1");
	ck_assert_int_eq(kept_transitions_time(&kept, 0), INT64_MAX);
	kept_transitions_end(&kept);
	stop();
}
END_TEST

UNIT_RUN("kept_transitions", transitions_are_kept, another_prefix, damaged_files, heads, without_a_broker,
	 with_a_broker, a_disk_that_fails, a_file_that_cannot_be_made, no_file)
