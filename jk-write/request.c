/* SPDX-License-Identifier: MIT */
#include "queue_parts.h"

#include <string.h>

/* What was asked for is over, whatever became of it. */
void exchange_end(struct channel *channel)
{
	channel->exchange.command = NULL;
}

void exchange_answered(struct queue *w, struct channel *channel, const uint8_t *frame)
{
	struct command *c = channel->exchange.command;
	exchange_end(channel);
	stage_rows[c->stage].answered(channel, c, frame);
	w->dirty = true;
}

void exchange_unanswered(struct queue *w, struct channel *channel, struct unanswered why, struct now now)
{
	struct command *c = channel->exchange.command;
	if (why.silence == SILENCE_NO_ANSWER)
		channel->packs[c->address].quiet_us = now.us + QUIET_US;
	exchange_end(channel);
	stage_rows[c->stage].unanswered(channel, c, &why);
	w->dirty = true;
}

enum { DAY_S = 86400 };

/* Days since 1970 of the count of writes. */
static int64_t day_of(struct now now)
{
	return now.real_us / SECOND_US / DAY_S;
}

static void count_write(struct queue *w, struct pack *pack, struct now now)
{
	if (pack->day != day_of(now))
		pack->writes = 0;
	pack->day = day_of(now);
	pack->writes++;
	pack->wrote = true;
	pack->wrote_us = now.us;
	w->dirty = true;
}

bool work_day_is_full(const struct queue *w, const struct pack *pack, struct now now)
{
	return pack->day == day_of(now) && pack->writes >= w->options.per_day;
}

/* When the next write to this pack may leave. */
int64_t work_write_allowed_us(const struct queue *w, const struct pack *pack)
{
	return pack->wrote ? pack->wrote_us + SECOND_US / w->options.per_second : INT64_MIN;
}

/* When the next reading of this pack may leave: some at once, then at their rate. */
static int64_t reading_allowed_us(const struct queue *w, const struct pack *pack)
{
	int64_t each_us = SECOND_US / (READINGS_PER_WRITE * w->options.per_second);
	return pack->read_us - (READINGS_BURST - 1) * each_us;
}

static void count_reading(struct queue *w, struct pack *pack, struct now now)
{
	if (pack->read_us < now.us)
		pack->read_us = now.us;
	pack->read_us += SECOND_US / (READINGS_PER_WRITE * w->options.per_second);
}

/*
 * Said first: of a write that is on its way nobody can know more if the program is killed now.  If that cannot be kept, the
 * write does not leave.
 */
static bool may_write(struct queue *w, struct channel *channel, struct now now)
{
	struct command *c = channel->exchange.command;
	if (work_expired(w, c, now)) {
		exchange_end(channel);
		return false;
	}
	c->may_be_written = true;
	if (w->outlets.writing(w->outlets.context, c))
		return true;
	c->may_be_written = false;
	channel->packs[c->address].writes--;
	exchange_end(channel);
	work_unkept(w, c);
	return false;
}

/* Tries to give the request to the capture. */
static void hand_over(struct queue *w, struct channel *channel, struct now now)
{
	struct exchange *e = &channel->exchange;
	if (e->type == 0 && !may_write(w, channel, now))
		return;
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, now.real_us, channel->name);
	strbuf_hex(&t, e->bytes, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, e->bytes, e->size);
	strbuf_char(&t, '\n');
	enum fifo_sent sent = w->outlets.send(w->outlets.context, channel->fifo, buffer, t.size);
	e->handed = sent == FIFO_SENT;
	if (!e->handed && e->type == 0)
		e->command->may_be_written = false;
	if (e->handed)
		e->deadline_us = now.us + HANDED_US;
	else if (now.us >= e->asked_us + NOBODY_US)
		exchange_unanswered(w, channel, (struct unanswered){.silence = SILENCE_NOBODY}, now);
	else
		e->deadline_us = now.us + AGAIN_US;
}

void exchange_ask(struct queue *w, struct command *c, struct now now)
{
	struct channel *channel = work_channel(w, c);
	struct exchange *e = &channel->exchange;
	memset(e, 0, sizeof *e);
	e->command = c;
	e->asked_us = now.us;
	e->size = stage_request(c, e->bytes, &e->type);
	channel->packs[c->address].asked_us = now.us;
	if (c->stage == STAGE_SENT)
		count_write(w, &channel->packs[c->address], now);
	else
		count_reading(w, &channel->packs[c->address], now);
	hand_over(w, channel, now);
}

/* The capture has put it aside: once more, until the time is over in which it could have been sent. */
void exchange_put_aside(struct queue *w, struct channel *channel, struct now now)
{
	struct exchange *e = &channel->exchange;
	e->handed = e->transmitted = false;
	e->deadline_us = now.us + AGAIN_US;
	if (e->type == 0)
		e->command->may_be_written = false;
	if (now.us >= e->asked_us + HANDED_US)
		exchange_unanswered(w, channel, (struct unanswered){.silence = SILENCE_NEVER_SENT}, now);
}

bool exchange_ready(struct queue *w, struct command *c, struct now now)
{
	const struct pack *pack = &work_channel(w, c)->packs[c->address];
	if (c->stage == STAGE_SENT && work_day_is_full(w, pack, now)) {
		command_finish(
			c, RESULT_TIMEOUT,
			"no acknowledgement, and a second write would be more than the limit of the day");
		return false;
	}
	if (c->stage == STAGE_SENT && work_expired(w, c, now))
		return false;
	int64_t ready_us = pack->quiet_us;
	int64_t allowed_us =
		c->stage == STAGE_SENT ? work_write_allowed_us(w, pack) : reading_allowed_us(w, pack);
	if (allowed_us > ready_us)
		ready_us = allowed_us;
	if (now.us < ready_us)
		work_wake(w, ready_us);
	return now.us >= ready_us;
}

void exchange_run(struct queue *w, struct channel *channel, struct now now)
{
	struct exchange *e = &channel->exchange;
	if (!e->command)
		return;
	/* For good: when stdout has room again, what came meanwhile is still to be read. */
	e->blind = e->blind || w->deaf;
	if (now.us < e->deadline_us) {
		work_wake(w, e->deadline_us);
		return;
	}
	if (!e->handed)
		hand_over(w, channel, now);
	else if (e->blind)
		exchange_unanswered(w, channel, (struct unanswered){.silence = SILENCE_DEAF}, now);
	else
		exchange_unanswered(w, channel,
				    (struct unanswered){.silence = e->transmitted ? SILENCE_NO_ANSWER
										  : SILENCE_NEVER_SENT},
				    now);
	if (e->command)
		work_wake(w, e->deadline_us);
}
