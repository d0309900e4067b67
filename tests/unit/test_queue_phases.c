/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue_state.h"
#include "unit.h"

/* What jk-write saves of commands in each phase, and what becomes of them after a restart. */

static struct queue queue;
static struct results results;
static char folder[] = "/tmp/jk-phases-XXXXXX", path[64];
static char reported[2048];

static void take_result(void *context, const struct command *c, const char *line, size_t n)
{
	(void)context, (void)line, (void)n;
	size_t used = strlen(reported);
	snprintf(reported + used, sizeof reported - used, "%s %s %s %s %s: %s %s\n", c->id, c->channel,
		 c->bms, c->key, c->value, result_name(c->result), c->why);
}

static const struct policy none;
static const struct write_options options = {.limits = {1, 200}, .max_age_us = 10000000, .allow = &none};
static const struct write_callbacks callbacks = {.result = take_result};

/* A command of the queue, with words that its number distinguishes. */
static struct command *add(int number, enum step step)
{
	struct command *c = queue_slot(&queue, queue.count++);
	*c = (struct command){.step = step};
	snprintf(c->id, sizeof c->id, "id%d", number);
	snprintf(c->bms, sizeof c->bms, "bus0:%d", number);
	snprintf(c->key, sizeof c->key, "charging_switch");
	snprintf(c->value, sizeof c->value, "on");
	snprintf(c->channel, sizeof c->channel, "bus0");
	return c;
}

static void save(char *text, size_t size)
{
	ck_assert_int_eq(queue_state_save(&queue, &results, path, (struct now){1, 1}), 0);
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* Those that were reported are left out; a result keeps its reason. */
START_TEST(phases)
{
	char text[2048];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/state", folder);
	queue_begin(&queue, &options, &callbacks);
	add(1, STEP_WAITING);
	add(2, STEP_WAITING)->channel[0] = '\0';
	for (enum step step = 0; step < STEP_DONE; step++)
		if (step != STEP_WAITING)
			add(10 + (int)step, step)->may_be_written = step % 2;
	struct command *done = add(3, STEP_DONE);
	done->may_be_written = true;
	command_finish(done, RESULT_TIMEOUT, "no answer for %d s", 3);
	struct command *over = add(4, STEP_DONE);
	command_finish(over, RESULT_CONFIRMED, "x");
	over->reported = true;
	save(text, sizeof text);
	ck_assert_ptr_eq(strstr(text, "jk-write 2\n"
				      "command waiting bus0 id1 bus0:1 charging_switch on\n"
				      "command waiting - id2 bus0:2 charging_switch on\n"),
			 text);
	ck_assert_ptr_nonnull(strstr(
		text, "command done bus0 id3 bus0:3 charging_switch on timeout no answer for 3 s\nclock "));
	ck_assert_ptr_null(strstr(text, "id4"));
	for (enum step step = 0; step < STEP_DONE; step++) {
		char line[80];
		snprintf(line, sizeof line, "\ncommand %s bus0 id%d ", step % 2 ? "written" : "begun",
			 10 + (int)step);
		ck_assert_msg(step == STEP_WAITING || strstr(text, line), "%s is not in %s", line, text);
	}

	queue_begin(&queue, &options, &callbacks);
	reported[0] = '\0';
	queue_state_load(&queue, &results, path, (struct now){.us = 1, .real_us = INT64_C(1763856000000000)});
	ck_assert_ptr_eq(strstr(reported,
				"id1 bus0 bus0:1 charging_switch on: rejected jk-write ended before it "
				"was begun: nothing was written\n"
				"id2 - bus0:2 charging_switch on: rejected "),
			 reported);
	ck_assert_ptr_nonnull(
		strstr(reported, "id3 bus0 bus0:3 charging_switch on: timeout no answer for 3 s\n"));
	ck_assert_ptr_nonnull(
		strstr(reported, "unknown jk-write ended in the middle of it: nothing was written\n"));
	ck_assert_ptr_nonnull(
		strstr(reported, "unknown jk-write ended in the middle of it: it may have been written\n"));
	ck_assert(queue.env.dirty);
	ck_assert(unlink(path) == 0 && rmdir(folder) == 0);
}
END_TEST

/* Results that may not have reached stdout are saved as their lines, and reported again. */
START_TEST(results_are_kept)
{
	static const char event[] =
		"(1763856000.000000) bus0 !write a bus0:1 charging_switch on confirmed ok";
	char text[2048], line[256];
	const char *found, *audit;
	size_t n, audit_size;
	char own[] = "/tmp/jk-phases-XXXXXX";
	ck_assert_ptr_nonnull(mkdtemp(own));
	snprintf(path, sizeof path, "%s/state", own);
	queue_begin(&queue, &options, &callbacks);
	memset(&results, 0, sizeof results);
	snprintf(line, sizeof line, "%s\n", event);
	ck_assert(results_add(&results, line, strlen(line), "audit", 5));
	save(text, sizeof text);
	snprintf(line, sizeof line, "jk-write 2\nresult %s\nclock ", event);
	ck_assert_ptr_eq(strstr(text, line), text);
	memset(&results, 0, sizeof results);
	queue_state_load(&queue, &results, path, (struct now){.us = 1, .real_us = 1});
	ck_assert(results_next(&results, &found, &n, &audit, &audit_size));
	ck_assert(n >= sizeof event - 1 && memcmp(found, event, sizeof event - 1) == 0);
	snprintf(line, sizeof line, "an earlier run: reported again, as it may not have reached stdout: %s",
		 event);
	ck_assert(audit_size >= strlen(line) && memcmp(audit, line, strlen(line)) == 0);
	ck_assert(!results_next(&results, &found, &n, &audit, &audit_size));
	ck_assert(unlink(path) == 0 && rmdir(own) == 0);
}
END_TEST

UNIT_RUN("queue_phases", phases, results_are_kept)
