/* SPDX-License-Identifier: MIT */
#include "saver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "process.h"
#include "queue_state.h"
#include "state_file.h"

enum { RETRY_US = 1000000 };
static const int64_t REFRESH_US = INT64_C(3600) * 1000000;

static void not_saved(struct saver *s, int error)
{
	struct environment *env = &s->queue->env;
	if (log_allowed(&s->messages))
		log_line("-s %s: %s: nothing is written to a BMS meanwhile", s->path,
			 state_file_reason(error));
	snprintf(env->unkept, sizeof env->unkept, "%s", state_file_reason(error));
	s->retry_us = clock_monotonic_us() + RETRY_US;
	env->dirty = true;
}

static void saved(struct saver *s)
{
	struct environment *env = &s->queue->env;
	if (env->unkept[0])
		log_line("-s %s: the state can be kept again", s->path);
	env->unkept[0] = '\0';
	env->dirty = false;
	s->retry_us = INT64_MAX;
	if (s->refresh_us == INT64_MAX && queue_state_ages(s->queue, clock_now()))
		s->refresh_us = clock_monotonic_us() + REFRESH_US;
}

/* The file has to show that the day of the writes goes on, in case the system is started again. */
static void refresh(struct saver *s)
{
	if (clock_monotonic_us() < s->refresh_us)
		return;
	s->refresh_us = INT64_MAX;
	s->queue->env.dirty = true;
	queue_state_refresh();
}

bool saver_save_now(struct saver *s)
{
	if (!s->path)
		return true;
	struct now now = clock_now();
	if (queue_state_save(s->queue, s->results, s->path, now) == 0) {
		saved(s);
		return true;
	}
	not_saved(s, errno);
	return false;
}

void saver_save(struct saver *s)
{
	const struct environment *env = &s->queue->env;
	refresh(s);
	if (env->dirty && (!env->unkept[0] || clock_monotonic_us() >= s->retry_us))
		saver_save_now(s);
}

int64_t saver_deadline(const struct saver *s)
{
	return s->retry_us < s->refresh_us ? s->retry_us : s->refresh_us;
}

/* Not the path is at fault, but something that may be put right while the program runs. */
static bool may_pass(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO || error == EROFS;
}

void saver_begin(struct saver *s, const char *path, struct queue *queue, struct results *results)
{
	*s = (struct saver){.path = path,
			    .queue = queue,
			    .results = results,
			    .retry_us = INT64_MAX,
			    .refresh_us = INT64_MAX};
	if (!path)
		return;
	clock_boot_id(queue->boot);
	queue_state_load(queue, results, path, clock_now());
	if (queue_state_save(queue, results, path, clock_now()) == 0)
		saved(s);
	else if (may_pass(errno))
		not_saved(s, errno);
	else
		die(EXIT_SYSTEM, "-s %s: %s", path, state_file_reason(errno));
}
