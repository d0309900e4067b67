/* SPDX-License-Identifier: MIT */
#include "queue_parts.h"

#include <stdio.h>
#include <string.h>

void queue_begin(struct queue *q, const struct queue_options *options,
		 const struct queue_callbacks *callbacks)
{
	memset(q, 0, sizeof *q);
	q->options = *options;
	q->callbacks = *callbacks;
}

struct command *queue_slot(struct queue *q, size_t i)
{
	return &q->slots[(q->head + i) % SLOTS];
}

bool queue_in_hand(const struct queue *q)
{
	return q->count > 0;
}

void queue_report(struct queue *q, const struct command *c, struct now now)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, now.real_us, c->channel[0] ? c->channel : "-");
	command_event(&t, c);
	strbuf_char(&t, '\n');
	q->callbacks.result(q->callbacks.context, c, buffer, t.size);
}

/* Call again at that time, if not before. */
void work_wake(struct queue *q, int64_t us)
{
	if (us < q->next_us)
		q->next_us = us;
}

static bool same_bms(const struct command *a, const struct command *b)
{
	return a->address == b->address && strcmp(a->channel, b->channel) == 0;
}

/* Is a command before this one, for the same BMS, not done? */
static bool has_earlier(struct queue *q, size_t place)
{
	const struct command *c = queue_slot(q, place);
	for (size_t i = 0; i < place; i++) {
		const struct command *other = queue_slot(q, i);
		if (other->step != STEP_DONE && same_bms(other, c))
			return true;
	}
	return false;
}

static size_t count_waiting(struct queue *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->count; i++)
		n += queue_slot(q, i)->step == STEP_WAITING;
	return n;
}

/*
 * Does the result of one that is done wait for those of earlier commands?  Of its own BMS always.  Of others not for long, and not
 * while as many wait as may: one BMS that is slow, dead or flooded holds up nobody else's results.
 */
static bool is_held_up(struct queue *q, size_t place, bool crowded, struct now now)
{
	struct command *c = queue_slot(q, place);
	if (has_earlier(q, place))
		return true;
	if (c->done_us == 0) /* after those of its own BMS, so that it is not told before them either */
		c->done_us = now.us;
	if (crowded || now.us >= c->done_us + HELD_UP_US)
		return false;
	for (size_t i = 0; i < place; i++)
		if (queue_slot(q, i)->step != STEP_DONE) {
			work_wake(q, c->done_us + HELD_UP_US);
			return true;
		}
	return false;
}

/* The results of those that are done. */
static void report_done(struct queue *q, struct now now)
{
	bool crowded = count_waiting(q) >= WAITING_MAX - WAITING_SPARE;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		if (c->step != STEP_DONE || c->reported || is_held_up(q, i, crowded, now))
			continue;
		queue_report(q, c, now);
		c->reported = q->dirty = true;
	}
	while (q->count > 0 && queue_slot(q, 0)->reported) {
		q->head = (q->head + 1) % SLOTS;
		q->count--;
	}
}

struct channel *work_channel(struct queue *q, const struct command *c)
{
	return c->channel[0] ? bus_find(&q->bus, c->channel, strlen(c->channel)) : NULL;
}

/* Of the channels, those that RS485 was heard on or all: the only one that can be meant; *count: how many can. */
static struct channel *candidate(struct queue *q, bool rs485, size_t *count)
{
	struct channel *found = NULL;
	*count = 0;
	for (size_t i = 0; i < q->bus.count; i++) {
		struct channel *channel = &q->bus.channels[i];
		if (!channel->present || (!channel->fifo && !q->options.dry) || (rs485 && !channel->rs485))
			continue;
		found = channel;
		++*count;
	}
	return *count == 1 ? found : NULL;
}

/* The channel of a command that names none; *several: it should. */
static struct channel *only_channel(struct queue *q, bool *several)
{
	size_t count;
	struct channel *channel = candidate(q, true, &count);
	if (count == 0)
		channel = candidate(q, false, &count);
	*several = count > 1;
	return channel;
}

/* The channel of an event about a command that names none and is not carried out. */
static void guess_channel(struct queue *q, struct command *c)
{
	bool several = false;
	const struct channel *channel = c->channel[0] ? NULL : only_channel(q, &several);
	if (channel)
		memcpy(c->channel, channel->name, sizeof c->channel);
}

/* May the command be carried out on this channel at all? */
static bool check_channel(struct queue *q, const struct channel *channel, struct command *c)
{
	if (!channel->fifo && !q->options.dry)
		command_finish(c, RESULT_REJECTED, "no -x for channel %s", channel->name);
	else if (!policy_allows(q->options.allow, channel->name, c->address, c->field))
		command_finish(c, RESULT_REJECTED, "%s: %s", c->key,
			       c->field->dangerous ? "dangerous, and not allowed by -A" : "denied by -A");
	return c->step != STEP_DONE;
}

static bool any_present(const struct queue *q)
{
	for (size_t i = 0; i < q->bus.count; i++)
		if (q->bus.channels[i].present)
			return true;
	return false;
}

/* "61.2 s" */
static void add_seconds(struct strbuf *t, int64_t us)
{
	strbuf_decimal(t, us / 100000, 1);
	strbuf_string(t, " s");
}

/* A command that is not carried out any more: before its write, or before the second one. */
static void give_up(struct command *c, const char *why)
{
	if (c->retried)
		command_finish(c, RESULT_TIMEOUT, "no acknowledgement, and no second write: %s", why);
	else
		command_finish(c, RESULT_REJECTED, "%s: nothing was written", why);
}

static void expire(const struct queue *q, struct command *c, int64_t age_us, const char *what)
{
	char buffer[96];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_string(&why, what);
	add_seconds(&why, age_us);
	strbuf_string(&why, ", and the limit is ");
	add_seconds(&why, q->options.max_age_us);
	buffer[why.size] = '\0';
	give_up(c, buffer);
}

bool work_expired(const struct queue *q, struct command *c, struct now now)
{
	int64_t age_us = now.real_us - c->time_us;
	if (!c->timed)
		return false;
	if (age_us > q->options.max_age_us)
		expire(q, c, age_us, "expired: its age is ");
	else if (age_us < -q->options.max_age_us)
		expire(q, c, -age_us, "from the future, so the clocks differ: its time is ahead by ");
	return c->step == STEP_DONE;
}

void queue_slept(struct queue *q, int64_t us, struct now now)
{
	if (us <= q->options.max_age_us)
		return;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		struct channel *channel = work_channel(q, c);
		if (c->timed || c->may_be_written || c->acknowledged || c->step == STEP_DONE)
			continue;
		if (channel && channel->request.command == c)
			request_end(channel);
		expire(q, c, us, "expired: it has no time, and jk-write did not run for ");
	}
	report_done(q, now);
}

void work_unkept(const struct queue *q, struct command *c)
{
	char why[WHY_MAX];
	snprintf(why, sizeof why, "the state cannot be kept: %s", q->unkept);
	give_up(c, why);
}

/* While the state cannot be kept, what is not written yet never will be, and has a result that a restart cannot contradict. */
static void reject_unkept(struct queue *q)
{
	for (size_t i = 0; q->unkept[0] && i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		struct channel *channel = work_channel(q, c);
		if (c->may_be_written || c->step == STEP_DONE)
			continue;
		if (channel && channel->request.command == c)
			request_end(channel);
		work_unkept(q, c);
	}
}

/* Finds the channel of a command.  False if it has none yet, or a result. */
static bool resolve(struct queue *q, struct command *c, struct now now)
{
	bool several = false;
	struct channel *channel = c->channel[0] ? work_channel(q, c) : only_channel(q, &several);
	if (several) {
		command_finish(c, RESULT_REJECTED, "there are several channels: name one, as in CHANNEL:%s",
			       c->bms);
		return false;
	}
	if (channel && channel->present) {
		memcpy(c->channel, channel->name, sizeof c->channel);
		c->resolved = true;
		return check_channel(q, channel, c);
	}
	if (c->channel[0] && any_present(q))
		command_finish(c, RESULT_REJECTED, "no such channel: %s", c->channel);
	else if (any_present(q))
		command_finish(c, RESULT_REJECTED, "no channel has a -x");
	else if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT, "no line of a channel has been heard: nothing was written");
	work_wake(q, c->since_us + HOLD_US);
	return false;
}

/* How many wait for the BMS of this one, whose channel may not be known yet. */
static size_t count_waiting_for(struct queue *q, const struct command *c)
{
	size_t n = 0;
	for (size_t i = 0; i < q->count; i++) {
		const struct command *other = queue_slot(q, i);
		n += other->step == STEP_WAITING && other->address == c->address &&
		     (c->channel[0] == '\0' || same_bms(other, c));
	}
	return n;
}

/* Is there a place for it?  Else it is busy. */
static bool has_room(struct queue *q, const struct command *c)
{
	if (q->count == SLOTS)
		return false;
	return count_waiting(q) < WAITING_MAX || count_waiting_for(q, c) < WAITING_SPARE;
}

/* A place for a new command. */
static struct command *take_slot(struct queue *q)
{
	q->dirty = true;
	return queue_slot(q, q->count++);
}

static void accept(struct queue *q, const char *p, size_t n, const char *origin, const char *wrong,
		   struct now now)
{
	struct command spare = {.origin = origin, .since_us = now.us}, *c = &spare;
	bool good = command_parse(c, p, n);
	if (q->callbacks.reserved && q->callbacks.reserved(q->callbacks.context, c->id)) {
		memcpy(c->id, "-", 2);
		command_finish(c, RESULT_REJECTED, "an impossible ID: a FIFO of jk-write has this name");
		good = false;
	}
	bool room = has_room(q, c);
	if (room)
		*(c = take_slot(q)) = spare;
	if (!room)
		command_finish(c, RESULT_BUSY, "%d commands wait", WAITING_MAX);
	else if (wrong)
		command_finish(c, RESULT_REJECTED, "%s", wrong);
	else if (good && q->stopping)
		command_finish(c, RESULT_REJECTED, "jk-write is about to end");
	else if (good && q->unkept[0])
		work_unkept(q, c);
	else if (good && !c->timed && q->unread_us > q->options.max_age_us)
		expire(q, c, q->unread_us, "expired: it has no time, and was not read for ");
	else if (good && !work_expired(q, c, now))
		resolve(q, c, now);
	if (c->step == STEP_DONE)
		guess_channel(q, c);
	if (!room)
		queue_report(q, c, now);
	report_done(q, now);
}

void queue_command(struct queue *q, const char *p, size_t n, const char *origin, struct now now)
{
	accept(q, p, n, origin, NULL, now);
}

void queue_bad_command(struct queue *q, const char *origin, const char *why, struct now now)
{
	accept(q, "", 0, origin, why, now);
}

static void run_dry(struct queue *q, const struct channel *channel, struct command *c, struct now now)
{
	if (step_dry(channel, c))
		return;
	if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT,
			       "no frame of BMS %u has been heard that tells what it holds", c->address);
	work_wake(q, c->since_us + HOLD_US);
}

/* Is it this command's turn?  Then its first step begins, or it has a result. */
static void begin(struct queue *q, size_t place, struct now now)
{
	struct command *c = queue_slot(q, place);
	if (work_expired(q, c, now))
		return;
	if (c->timed)
		work_wake(q, now.us + c->time_us + q->options.max_age_us + 1 - now.real_us);
	if (!c->resolved && !resolve(q, c, now))
		return;
	struct channel *channel = work_channel(q, c);
	if (has_earlier(q, place))
		return;
	struct pack *pack = &channel->packs[c->address];
	bus_look(pack);
	if (q->options.dry)
		run_dry(q, channel, c, now);
	else if (channel->listening)
		command_finish(c, RESULT_LISTENING_ONLY, "%s only listens%s%s: nothing was written",
			       channel->name, channel->mode[0] ? ", " : "", channel->mode);
	else if (work_day_is_full(q, pack, now))
		command_finish(c, RESULT_REJECTED, "%lld writes to this BMS today, which is the limit",
			       (long long)pack->writes);
	else if (now.us < work_write_allowed_us(q, pack))
		work_wake(q, work_write_allowed_us(q, pack));
	else
		step_begin(channel, c);
	q->dirty = q->dirty || c->step != STEP_WAITING;
}

/* Of the commands with a request that may leave, the one whose BMS was asked longest ago: none holds up those of the others. */
static void send_next(struct queue *q, struct channel *channel, struct now now)
{
	struct command *next = NULL;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		if (!step_rows[c->step].requests || work_channel(q, c) != channel ||
		    !request_ready(q, c, now))
			continue;
		if (!next ||
		    channel->packs[c->address].requested_us < channel->packs[next->address].requested_us)
			next = c;
	}
	if (next)
		request_send(q, next, now);
}

static size_t count_done(struct queue *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->count; i++)
		n += queue_slot(q, i)->step == STEP_DONE;
	return n;
}

/* One round over all commands; true if one of them got a result, which may be another's turn. */
static bool run_round(struct queue *q, struct now now)
{
	size_t done = count_done(q);
	for (size_t i = 0; i < q->bus.count; i++)
		request_run(q, &q->bus.channels[i], now);
	for (size_t i = 0; i < q->count; i++)
		if (queue_slot(q, i)->step == STEP_WAITING)
			begin(q, i, now);
	for (size_t i = 0; i < q->bus.count; i++)
		if (!q->bus.channels[i].request.command)
			send_next(q, &q->bus.channels[i], now);
	return count_done(q) > done;
}

int64_t queue_run(struct queue *q, struct now now)
{
	do {
		q->next_us = INT64_MAX;
		reject_unkept(q);
		report_done(q, now);
	} while (run_round(q, now));
	for (size_t i = 0; i < q->bus.count; i++)
		if (q->bus.channels[i].request.command)
			work_wake(q, q->bus.channels[i].request.deadline_us);
	report_done(q, now);
	return q->next_us;
}

void queue_stop(struct queue *q, const char *why, struct now now)
{
	q->stopping = true;
	for (size_t i = 0; i < q->count; i++)
		if (queue_slot(q, i)->step == STEP_WAITING)
			command_finish(queue_slot(q, i), RESULT_REJECTED,
				       "%s before its turn: nothing was written", why);
	report_done(q, now);
}

void queue_cut(struct queue *q, const char *why, struct now now)
{
	queue_stop(q, why, now);
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		if (c->step != STEP_DONE)
			command_finish(c, RESULT_UNKNOWN, "%s: %s", why,
				       c->may_be_written ? "it may be written" : "nothing was written");
	}
	for (size_t i = 0; i < q->bus.count; i++)
		request_end(&q->bus.channels[i]);
	report_done(q, now);
}
