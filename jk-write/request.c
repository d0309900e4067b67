/* SPDX-License-Identifier: MIT */
#include "queue_parts.h"

#include <string.h>

/* What was asked for is over, whatever became of it. */
void request_end(struct channel *channel)
{
	channel->request.command = NULL;
}

void request_answered(struct queue *q, struct channel *channel, const uint8_t *frame)
{
	struct command *c = channel->request.command;
	request_end(channel);
	step_rows[c->step].answered(channel, c, frame);
	q->dirty = true;
}

void request_unanswered(struct queue *q, struct channel *channel, struct unanswered why, struct now now)
{
	struct command *c = channel->request.command;
	if (why.silence == SILENCE_NO_ANSWER)
		channel->packs[c->address].quiet_us = now.us + QUIET_US;
	request_end(channel);
	step_rows[c->step].unanswered(channel, c, &why);
	q->dirty = true;
}

enum { DAY_S = 86400 };

/* Days since 1970 of the count of writes. */
static int64_t day_of(struct now now)
{
	return now.real_us / SECOND_US / DAY_S;
}

static void count_write(struct queue *q, struct pack *pack, struct now now)
{
	if (pack->day != day_of(now))
		pack->writes = 0;
	pack->day = day_of(now);
	pack->writes++;
	pack->wrote = true;
	pack->wrote_us = now.us;
	q->dirty = true;
}

bool work_day_is_full(const struct queue *q, const struct pack *pack, struct now now)
{
	return pack->day == day_of(now) && pack->writes >= q->options.per_day;
}

/* When the next write to this pack may leave. */
int64_t work_write_allowed_us(const struct queue *q, const struct pack *pack)
{
	return pack->wrote ? pack->wrote_us + SECOND_US / q->options.per_second : INT64_MIN;
}

/* When the next reading of this pack may leave: some at once, then at their rate. */
static int64_t reading_allowed_us(const struct queue *q, const struct pack *pack)
{
	int64_t each_us = SECOND_US / (READINGS_PER_WRITE * q->options.per_second);
	return pack->read_us - (READINGS_BURST - 1) * each_us;
}

static void count_reading(struct queue *q, struct pack *pack, struct now now)
{
	if (pack->read_us < now.us)
		pack->read_us = now.us;
	pack->read_us += SECOND_US / (READINGS_PER_WRITE * q->options.per_second);
}

/*
 * Said first: of a write that is on its way nobody can know more if the program is killed now.  If that cannot be kept, the
 * write does not leave.
 */
static bool may_write(struct queue *q, struct channel *channel, struct now now)
{
	struct command *c = channel->request.command;
	if (work_expired(q, c, now)) {
		request_end(channel);
		return false;
	}
	c->may_be_written = true;
	if (q->callbacks.writing(q->callbacks.context, c))
		return true;
	c->may_be_written = false;
	channel->packs[c->address].writes--;
	request_end(channel);
	work_unkept(q, c);
	return false;
}

/* Tries to give the request to the capture. */
static void deliver(struct queue *q, struct channel *channel, struct now now)
{
	struct request *e = &channel->request;
	if (e->type == 0 && !may_write(q, channel, now))
		return;
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, now.real_us, channel->name);
	strbuf_hex(&t, e->bytes, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, e->bytes, e->size);
	strbuf_char(&t, '\n');
	enum fifo_sent sent = q->callbacks.send(q->callbacks.context, channel->fifo, buffer, t.size);
	e->delivered = sent == FIFO_SENT;
	if (!e->delivered && e->type == 0)
		e->command->may_be_written = false;
	if (e->delivered)
		e->deadline_us = now.us + TRANSMIT_US;
	else if (now.us >= e->begun_us + NOBODY_US)
		request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_NOBODY}, now);
	else
		e->deadline_us = now.us + AGAIN_US;
}

void request_send(struct queue *q, struct command *c, struct now now)
{
	struct channel *channel = work_channel(q, c);
	struct request *e = &channel->request;
	memset(e, 0, sizeof *e);
	e->command = c;
	e->begun_us = now.us;
	e->size = step_request(c, e->bytes, &e->type);
	channel->packs[c->address].requested_us = now.us;
	if (c->step == STEP_SENT)
		count_write(q, &channel->packs[c->address], now);
	else
		count_reading(q, &channel->packs[c->address], now);
	deliver(q, channel, now);
}

/* The capture has put it aside: once more, until the time is over in which it could have been sent. */
void request_postpone(struct queue *q, struct channel *channel, struct now now)
{
	struct request *e = &channel->request;
	e->delivered = e->transmitted = false;
	e->deadline_us = now.us + AGAIN_US;
	if (e->type == 0)
		e->command->may_be_written = false;
	if (now.us >= e->begun_us + TRANSMIT_US)
		request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_NEVER_SENT}, now);
}

bool request_ready(struct queue *q, struct command *c, struct now now)
{
	const struct pack *pack = &work_channel(q, c)->packs[c->address];
	if (c->step == STEP_SENT && work_day_is_full(q, pack, now)) {
		command_finish(
			c, RESULT_TIMEOUT,
			"no acknowledgement, and a second write would be more than the limit of the day");
		return false;
	}
	if (c->step == STEP_SENT && work_expired(q, c, now))
		return false;
	int64_t ready_us = pack->quiet_us;
	int64_t allowed_us =
		c->step == STEP_SENT ? work_write_allowed_us(q, pack) : reading_allowed_us(q, pack);
	if (allowed_us > ready_us)
		ready_us = allowed_us;
	if (now.us < ready_us)
		work_wake(q, ready_us);
	return now.us >= ready_us;
}

void request_run(struct queue *q, struct channel *channel, struct now now)
{
	struct request *e = &channel->request;
	if (!e->command)
		return;
	/* For good: when stdout has room again, what came meanwhile is still to be read. */
	e->missed = e->missed || q->paused;
	if (now.us < e->deadline_us) {
		work_wake(q, e->deadline_us);
		return;
	}
	if (!e->delivered)
		deliver(q, channel, now);
	else if (e->missed)
		request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_MISSED}, now);
	else
		request_unanswered(q, channel,
				   (struct unanswered){.silence = e->transmitted ? SILENCE_NO_ANSWER
										 : SILENCE_NEVER_SENT},
				   now);
	if (e->command)
		work_wake(q, e->deadline_us);
}
