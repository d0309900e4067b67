/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <string.h>

#include "abandon.h"

void request_end(struct channel *channel)
{
	channel->request.command = NULL;
}

void request_answered(struct environment *env, struct channel *channel, const uint8_t *frame)
{
	struct command *c = channel->request.command;
	request_end(channel);
	step_rows[c->step].answered(channel, c, frame);
	env->dirty = true;
}

void request_unanswered(struct environment *env, struct channel *channel, struct unanswered why,
			struct now now)
{
	struct command *c = channel->request.command;
	if (why.silence == SILENCE_NO_ANSWER)
		channel->packs[c->address].quiet_us = now.us + QUIET_US;
	request_end(channel);
	step_rows[c->step].unanswered(channel, c, &why);
	env->dirty = true;
}

static void fail(struct environment *env, struct channel *channel, enum silence silence, struct now now)
{
	request_unanswered(env, channel, (struct unanswered){.silence = silence}, now);
}

/*
 * Saved before it is done: if the program is killed after the write has left, only the state knows of it.  If
 * it cannot be saved, the write does not leave.  Further attempts at the FIFO need no further save: the state
 * says "written" as long as the request is out.
 */
static bool may_write(struct environment *env, struct channel *channel, struct now now)
{
	struct request *r = &channel->request;
	struct command *c = r->command;
	if (abandon_if_expired(env, c, now)) {
		request_end(channel);
		return false;
	}
	c->may_be_written = c->saved_as_written = true;
	r->saved = r->saved || env->callbacks.writing(env->callbacks.context, c);
	if (r->saved)
		return true;
	c->may_be_written = c->saved_as_written = false;
	channel->packs[c->address].writes.count--;
	request_end(channel);
	abandon_unkept(env, c);
	return false;
}

static bool is_write(const struct request *r)
{
	return r->type == 0;
}

/* Writes the request line to the FIFO of the capture. */
static void deliver(struct environment *env, struct channel *channel, struct now now)
{
	struct request *r = &channel->request;
	if (is_write(r) && !may_write(env, channel, now))
		return;
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, now.real_us, channel->name);
	strbuf_hex(&t, r->bytes, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, r->bytes, r->size);
	strbuf_char(&t, '\n');
	enum fifo_sent sent = env->callbacks.send(env->callbacks.context, channel->fifo, buffer, t.size);
	r->delivered = sent == FIFO_SENT;
	if (!r->delivered && is_write(r))
		r->command->may_be_written = false;
	if (r->delivered)
		r->deadline_us = now.us + TRANSMIT_US;
	else if (now.us >= r->begun_us + NOBODY_US)
		fail(env, channel, SILENCE_NOBODY, now);
	else
		r->deadline_us = now.us + AGAIN_US;
}

static int64_t deadline_us(const struct request *r)
{
	return r->command ? r->deadline_us : INT64_MAX;
}

int64_t request_send(struct environment *env, struct channel *channel, struct command *c, struct now now)
{
	struct request *r = &channel->request;
	struct pack *pack = &channel->packs[c->address];
	memset(r, 0, sizeof *r);
	r->command = c;
	r->begun_us = now.us;
	r->size = step_request(c, r->bytes, &r->type);
	pack->requested_us = now.us;
	if (is_write(r)) {
		ratelimit_count_write(&pack->writes, now);
		env->dirty = true;
	} else {
		ratelimit_count_reading(&pack->writes, &env->options.limits, now);
	}
	deliver(env, channel, now);
	return deadline_us(r);
}

void request_postpone(struct environment *env, struct channel *channel, struct now now)
{
	struct request *r = &channel->request;
	r->delivered = r->transmitted = false;
	r->deadline_us = now.us + AGAIN_US;
	if (is_write(r))
		r->command->may_be_written = false;
	if (now.us >= r->begun_us + TRANSMIT_US)
		fail(env, channel, SILENCE_NEVER_SENT, now);
}

int64_t request_allowed_us(const struct environment *env, const struct channel *channel, struct command *c,
			   struct now now)
{
	const struct pack *pack = &channel->packs[c->address];
	const struct rate_limits *limits = &env->options.limits;
	bool write = c->step == STEP_SENT;
	if (write && ratelimit_day_full(&pack->writes, limits, now)) {
		command_finish(c, RESULT_TIMEOUT,
			       "no acknowledgement, and a second write would exceed the limit of the day");
		return INT64_MAX;
	}
	if (write && abandon_if_expired(env, c, now))
		return INT64_MAX;
	int64_t rate_us = write ? ratelimit_write_us(&pack->writes, limits)
				: ratelimit_reading_us(&pack->writes, limits);
	return rate_us > pack->quiet_us ? rate_us : pack->quiet_us;
}

int64_t request_run(struct environment *env, struct channel *channel, struct now now)
{
	struct request *r = &channel->request;
	if (!r->command)
		return INT64_MAX;
	/* Not taken back: when stdin is read again, the lines that came meanwhile are still to be read. */
	r->missed = r->missed || env->paused;
	if (now.us < r->deadline_us)
		return r->deadline_us;
	if (!r->delivered)
		deliver(env, channel, now);
	else if (r->missed)
		fail(env, channel, SILENCE_MISSED, now);
	else
		fail(env, channel, r->transmitted ? SILENCE_NO_ANSWER : SILENCE_NEVER_SENT, now);
	return deadline_us(r);
}
