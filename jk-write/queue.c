/* SPDX-License-Identifier: MIT */
#include "queue_parts.h"

#include <stdio.h>
#include <string.h>

void queue_begin(struct queue *w, const struct queue_options *options, const struct outlets *outlets)
{
	memset(w, 0, sizeof *w);
	w->options = *options;
	w->outlets = *outlets;
}

struct command *queue_slot(struct queue *w, size_t i)
{
	return &w->slots[(w->head + i) % SLOTS];
}

bool queue_in_hand(const struct queue *w)
{
	return w->count > 0;
}

void queue_tell(struct queue *w, const struct command *c, struct now now)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, now.real_us, c->channel[0] ? c->channel : "-");
	command_event(&t, c);
	strbuf_char(&t, '\n');
	w->outlets.result(w->outlets.context, c, buffer, t.size);
}

/* Call again at that time, if not before. */
void work_wake(struct queue *w, int64_t us)
{
	if (us < w->next_us)
		w->next_us = us;
}

static bool same_bms(const struct command *a, const struct command *b)
{
	return a->address == b->address && strcmp(a->channel, b->channel) == 0;
}

/* Is a command before this one, for the same BMS, not done? */
static bool has_earlier(struct queue *w, size_t place)
{
	const struct command *c = queue_slot(w, place);
	for (size_t i = 0; i < place; i++) {
		const struct command *other = queue_slot(w, i);
		if (other->stage != STAGE_DONE && same_bms(other, c))
			return true;
	}
	return false;
}

static size_t count_waiting(struct queue *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->count; i++)
		n += queue_slot(w, i)->stage == STAGE_WAITING;
	return n;
}

/*
 * Does the result of one that is done wait for those of earlier commands?  Of its own BMS always.  Of others not for long, and not
 * while as many wait as may: one BMS that is slow, dead or flooded holds up nobody else's results.
 */
static bool is_held_up(struct queue *w, size_t place, bool crowded, struct now now)
{
	struct command *c = queue_slot(w, place);
	if (has_earlier(w, place))
		return true;
	if (c->done_us == 0) /* after those of its own BMS, so that it is not told before them either */
		c->done_us = now.us;
	if (crowded || now.us >= c->done_us + HELD_UP_US)
		return false;
	for (size_t i = 0; i < place; i++)
		if (queue_slot(w, i)->stage != STAGE_DONE) {
			work_wake(w, c->done_us + HELD_UP_US);
			return true;
		}
	return false;
}

/* The results of those that are done. */
static void tell_done(struct queue *w, struct now now)
{
	bool crowded = count_waiting(w) >= WAITING_MAX - WAITING_SPARE;
	for (size_t i = 0; i < w->count; i++) {
		struct command *c = queue_slot(w, i);
		if (c->stage != STAGE_DONE || c->told || is_held_up(w, i, crowded, now))
			continue;
		queue_tell(w, c, now);
		c->told = w->dirty = true;
	}
	while (w->count > 0 && queue_slot(w, 0)->told) {
		w->head = (w->head + 1) % SLOTS;
		w->count--;
	}
}

struct channel *work_channel(struct queue *w, const struct command *c)
{
	return c->channel[0] ? bus_find(&w->bus, c->channel, strlen(c->channel)) : NULL;
}

/* Of the channels, those that RS485 was heard on or all: the only one that can be meant; *count: how many can. */
static struct channel *candidate(struct queue *w, bool rs485, size_t *count)
{
	struct channel *found = NULL;
	*count = 0;
	for (size_t i = 0; i < w->bus.count; i++) {
		struct channel *channel = &w->bus.channels[i];
		if (!channel->heard || (!channel->fifo && !w->options.dry) || (rs485 && !channel->rs485))
			continue;
		found = channel;
		++*count;
	}
	return *count == 1 ? found : NULL;
}

/* The channel of a command that names none; *several: it should. */
static struct channel *only_channel(struct queue *w, bool *several)
{
	size_t count;
	struct channel *channel = candidate(w, true, &count);
	if (count == 0)
		channel = candidate(w, false, &count);
	*several = count > 1;
	return channel;
}

/* The channel of an event about a command that names none and is not carried out. */
static void guess_channel(struct queue *w, struct command *c)
{
	bool several = false;
	const struct channel *channel = c->channel[0] ? NULL : only_channel(w, &several);
	if (channel)
		memcpy(c->channel, channel->name, sizeof c->channel);
}

/* May the command be carried out on this channel at all? */
static bool check_channel(struct queue *w, const struct channel *channel, struct command *c)
{
	if (!channel->fifo && !w->options.dry)
		command_finish(c, RESULT_REJECTED, "no -x for channel %s", channel->name);
	else if (!policy_allows(w->options.allow, channel->name, c->address, c->field))
		command_finish(c, RESULT_REJECTED, "%s: %s", c->key,
			       c->field->dangerous ? "dangerous, and not allowed by -A" : "denied by -A");
	return c->stage != STAGE_DONE;
}

static bool any_heard(const struct queue *w)
{
	for (size_t i = 0; i < w->bus.count; i++)
		if (w->bus.channels[i].heard)
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

static void expire(const struct queue *w, struct command *c, int64_t age_us, const char *what)
{
	char buffer[96];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_string(&why, what);
	add_seconds(&why, age_us);
	strbuf_string(&why, ", and the limit is ");
	add_seconds(&why, w->options.max_age_us);
	buffer[why.size] = '\0';
	give_up(c, buffer);
}

bool work_expired(const struct queue *w, struct command *c, struct now now)
{
	int64_t age_us = now.real_us - c->time_us;
	if (!c->timed)
		return false;
	if (age_us > w->options.max_age_us)
		expire(w, c, age_us, "expired: its age is ");
	else if (age_us < -w->options.max_age_us)
		expire(w, c, -age_us, "from the future, so the clocks differ: its time is ahead by ");
	return c->stage == STAGE_DONE;
}

void queue_slept(struct queue *w, int64_t us, struct now now)
{
	if (us <= w->options.max_age_us)
		return;
	for (size_t i = 0; i < w->count; i++) {
		struct command *c = queue_slot(w, i);
		struct channel *channel = work_channel(w, c);
		if (c->timed || c->may_be_written || c->acknowledged || c->stage == STAGE_DONE)
			continue;
		if (channel && channel->exchange.command == c)
			exchange_end(channel);
		expire(w, c, us, "expired: it has no time, and jk-write did not run for ");
	}
	tell_done(w, now);
}

void work_unkept(const struct queue *w, struct command *c)
{
	char why[WHY_MAX];
	snprintf(why, sizeof why, "the state cannot be kept: %s", w->unkept);
	give_up(c, why);
}

/* While the state cannot be kept, what is not written yet never will be, and has a result that a restart cannot contradict. */
static void reject_unkept(struct queue *w)
{
	for (size_t i = 0; w->unkept[0] && i < w->count; i++) {
		struct command *c = queue_slot(w, i);
		struct channel *channel = work_channel(w, c);
		if (c->may_be_written || c->stage == STAGE_DONE)
			continue;
		if (channel && channel->exchange.command == c)
			exchange_end(channel);
		work_unkept(w, c);
	}
}

/* Finds the channel of a command.  False if it has none yet, or a result. */
static bool resolve(struct queue *w, struct command *c, struct now now)
{
	bool several = false;
	struct channel *channel = c->channel[0] ? work_channel(w, c) : only_channel(w, &several);
	if (several) {
		command_finish(c, RESULT_REJECTED, "there are several channels: name one, as in CHANNEL:%s",
			       c->bms);
		return false;
	}
	if (channel && channel->heard) {
		memcpy(c->channel, channel->name, sizeof c->channel);
		c->resolved = true;
		return check_channel(w, channel, c);
	}
	if (c->channel[0] && any_heard(w))
		command_finish(c, RESULT_REJECTED, "no such channel: %s", c->channel);
	else if (any_heard(w))
		command_finish(c, RESULT_REJECTED, "no channel has a -x");
	else if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT, "no line of a channel has been heard: nothing was written");
	work_wake(w, c->since_us + HOLD_US);
	return false;
}

/* How many wait for the BMS of this one, whose channel may not be known yet. */
static size_t count_waiting_for(struct queue *w, const struct command *c)
{
	size_t n = 0;
	for (size_t i = 0; i < w->count; i++) {
		const struct command *other = queue_slot(w, i);
		n += other->stage == STAGE_WAITING && other->address == c->address &&
		     (c->channel[0] == '\0' || same_bms(other, c));
	}
	return n;
}

/* Is there a place for it?  Else it is busy. */
static bool has_room(struct queue *w, const struct command *c)
{
	if (w->count == SLOTS)
		return false;
	return count_waiting(w) < WAITING_MAX || count_waiting_for(w, c) < WAITING_SPARE;
}

/* A place for a new command. */
static struct command *take_slot(struct queue *w)
{
	w->dirty = true;
	return queue_slot(w, w->count++);
}

static void accept(struct queue *w, const char *p, size_t n, const char *origin, const char *wrong,
		   struct now now)
{
	struct command spare = {.origin = origin, .since_us = now.us}, *c = &spare;
	bool good = command_parse(c, p, n);
	if (w->outlets.reserved && w->outlets.reserved(w->outlets.context, c->id)) {
		memcpy(c->id, "-", 2);
		command_finish(c, RESULT_REJECTED, "an impossible ID: a FIFO of jk-write has this name");
		good = false;
	}
	bool room = has_room(w, c);
	if (room)
		*(c = take_slot(w)) = spare;
	if (!room)
		command_finish(c, RESULT_BUSY, "%d commands wait", WAITING_MAX);
	else if (wrong)
		command_finish(c, RESULT_REJECTED, "%s", wrong);
	else if (good && w->stopping)
		command_finish(c, RESULT_REJECTED, "jk-write is about to end");
	else if (good && w->unkept[0])
		work_unkept(w, c);
	else if (good && !c->timed && w->unread_us > w->options.max_age_us)
		expire(w, c, w->unread_us, "expired: it has no time, and was not read for ");
	else if (good && !work_expired(w, c, now))
		resolve(w, c, now);
	if (c->stage == STAGE_DONE)
		guess_channel(w, c);
	if (!room)
		queue_tell(w, c, now);
	tell_done(w, now);
}

void queue_command(struct queue *w, const char *p, size_t n, const char *origin, struct now now)
{
	accept(w, p, n, origin, NULL, now);
}

void queue_bad_command(struct queue *w, const char *origin, const char *why, struct now now)
{
	accept(w, "", 0, origin, why, now);
}

static void run_dry(struct queue *w, const struct channel *channel, struct command *c, struct now now)
{
	if (stage_dry(channel, c))
		return;
	if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT,
			       "no frame of BMS %u has been heard that tells what it holds", c->address);
	work_wake(w, c->since_us + HOLD_US);
}

/* Is it this command's turn?  Then its first stage begins, or it has a result. */
static void begin(struct queue *w, size_t place, struct now now)
{
	struct command *c = queue_slot(w, place);
	if (work_expired(w, c, now))
		return;
	if (c->timed)
		work_wake(w, now.us + c->time_us + w->options.max_age_us + 1 - now.real_us);
	if (!c->resolved && !resolve(w, c, now))
		return;
	struct channel *channel = work_channel(w, c);
	if (has_earlier(w, place))
		return;
	struct pack *pack = &channel->packs[c->address];
	bus_look(pack);
	if (w->options.dry)
		run_dry(w, channel, c, now);
	else if (channel->listening)
		command_finish(c, RESULT_LISTENING_ONLY, "%s only listens%s%s: nothing was written",
			       channel->name, channel->mode[0] ? ", " : "", channel->mode);
	else if (work_day_is_full(w, pack, now))
		command_finish(c, RESULT_REJECTED, "%lld writes to this BMS today, which is the limit",
			       (long long)pack->writes);
	else if (now.us < work_write_allowed_us(w, pack))
		work_wake(w, work_write_allowed_us(w, pack));
	else
		stage_begin(channel, c);
	w->dirty = w->dirty || c->stage != STAGE_WAITING;
}

/* Of the commands with a request that may leave, the one whose BMS was asked longest ago: none holds up those of the others. */
static void ask_next(struct queue *w, struct channel *channel, struct now now)
{
	struct command *next = NULL;
	for (size_t i = 0; i < w->count; i++) {
		struct command *c = queue_slot(w, i);
		if (!stage_rows[c->stage].asks || work_channel(w, c) != channel || !exchange_ready(w, c, now))
			continue;
		if (!next || channel->packs[c->address].asked_us < channel->packs[next->address].asked_us)
			next = c;
	}
	if (next)
		exchange_ask(w, next, now);
}

static size_t count_done(struct queue *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->count; i++)
		n += queue_slot(w, i)->stage == STAGE_DONE;
	return n;
}

/* One round over all commands; true if one of them got a result, which may be another's turn. */
static bool run_round(struct queue *w, struct now now)
{
	size_t done = count_done(w);
	for (size_t i = 0; i < w->bus.count; i++)
		exchange_run(w, &w->bus.channels[i], now);
	for (size_t i = 0; i < w->count; i++)
		if (queue_slot(w, i)->stage == STAGE_WAITING)
			begin(w, i, now);
	for (size_t i = 0; i < w->bus.count; i++)
		if (!w->bus.channels[i].exchange.command)
			ask_next(w, &w->bus.channels[i], now);
	return count_done(w) > done;
}

int64_t queue_run(struct queue *w, struct now now)
{
	do {
		w->next_us = INT64_MAX;
		reject_unkept(w);
		tell_done(w, now);
	} while (run_round(w, now));
	for (size_t i = 0; i < w->bus.count; i++)
		if (w->bus.channels[i].exchange.command)
			work_wake(w, w->bus.channels[i].exchange.deadline_us);
	tell_done(w, now);
	return w->next_us;
}

void queue_stop(struct queue *w, const char *why, struct now now)
{
	w->stopping = true;
	for (size_t i = 0; i < w->count; i++)
		if (queue_slot(w, i)->stage == STAGE_WAITING)
			command_finish(queue_slot(w, i), RESULT_REJECTED,
				       "%s before its turn: nothing was written", why);
	tell_done(w, now);
}

void queue_cut(struct queue *w, const char *why, struct now now)
{
	queue_stop(w, why, now);
	for (size_t i = 0; i < w->count; i++) {
		struct command *c = queue_slot(w, i);
		if (c->stage != STAGE_DONE)
			command_finish(c, RESULT_UNKNOWN, "%s: %s", why,
				       c->may_be_written ? "it may be written" : "nothing was written");
	}
	for (size_t i = 0; i < w->bus.count; i++)
		exchange_end(&w->bus.channels[i]);
	tell_done(w, now);
}
