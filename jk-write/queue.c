/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <string.h>

#include "abandon.h"
#include "request.h"
#include "steps.h"
#include "stream_events.h"
#include "target.h"

enum { LOOK_MIN_US = 1000000, LOOK_MAX_US = 60000000 };

void queue_begin(struct queue *q, const struct write_options *options,
		 const struct write_callbacks *callbacks)
{
	bus_end(&q->bus);
	memset(q, 0, sizeof *q);
	q->env.options = *options;
	q->env.callbacks = *callbacks;
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
	q->env.callbacks.result(q->env.callbacks.context, c, buffer, t.size);
}

/* Call queue_run again at that time, if not before. */
static void wake(struct queue *q, int64_t us)
{
	if (us < q->next_us)
		q->next_us = us;
}

static bool same_bms(const struct command *a, const struct command *b)
{
	return a->address == b->address && strcmp(a->channel, b->channel) == 0;
}

/* Is an earlier command for the same BMS not done yet? */
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
 * Must the result of a command that is done wait for those of earlier commands?  For its own BMS, always.
 * For others, not for long, and not while the queue is full: a BMS that is slow, dead or flooded must not
 * hold up the results of others.
 */
static bool is_held_up(struct queue *q, size_t place, bool crowded, struct now now)
{
	struct command *c = queue_slot(q, place);
	if (has_earlier(q, place))
		return true;
	if (c->done_us == 0) /* only now, so that it is not reported before those of its own BMS */
		c->done_us = now.us;
	if (crowded || now.us >= c->done_us + HELD_UP_US)
		return false;
	for (size_t i = 0; i < place; i++)
		if (queue_slot(q, i)->step != STEP_DONE) {
			wake(q, c->done_us + HELD_UP_US);
			return true;
		}
	return false;
}

/* Reports the results of the commands that are done. */
static void report_done(struct queue *q, struct now now)
{
	bool crowded = count_waiting(q) >= WAITING_MAX - WAITING_SPARE;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		if (c->step != STEP_DONE || c->reported || is_held_up(q, i, crowded, now))
			continue;
		queue_report(q, c, now);
		c->reported = q->env.dirty = true;
	}
	while (q->count > 0 && queue_slot(q, 0)->reported) {
		q->head = (q->head + 1) % SLOTS;
		q->count--;
	}
}

int64_t queue_look_us(const struct queue *q)
{
	int64_t us = q->env.options.max_age_us / 4;
	return us < LOOK_MIN_US ? LOOK_MIN_US : us > LOOK_MAX_US ? LOOK_MAX_US : us;
}

void queue_slept(struct queue *q, int64_t us, struct now now)
{
	if (us <= q->env.options.max_age_us)
		return;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		struct channel *channel = target_channel(&q->bus, c);
		if (c->timed || c->may_be_written || c->acknowledged || c->step == STEP_DONE)
			continue;
		if (channel && channel->request.command == c)
			request_end(channel);
		abandon_expired(&q->env, c, us, "expired: it has no time, and jk-write did not run for ");
	}
	report_done(q, now);
}

/*
 * While the state cannot be saved, commands that are not written yet get a result that no restart can
 * contradict.
 */
static void reject_unkept(struct queue *q)
{
	for (size_t i = 0; q->env.unkept[0] && i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		struct channel *channel = target_channel(&q->bus, c);
		if (c->may_be_written || c->step == STEP_DONE)
			continue;
		if (channel && channel->request.command == c)
			request_end(channel);
		abandon_unkept(&q->env, c);
	}
}

/* Finds the channel of a command.  False if it has none yet, or a result. */
static bool resolve(struct queue *q, struct command *c, struct now now)
{
	if (target_resolve(&q->env, &q->bus, c, now))
		return true;
	wake(q, c->since_us + HOLD_US);
	return false;
}

/* How many commands wait for the BMS of this one, whose channel may not be known yet. */
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

/* Is there room for the command?  If not, it is busy. */
static bool has_room(struct queue *q, const struct command *c)
{
	if (q->count == SLOTS)
		return false;
	return count_waiting(q) < WAITING_MAX || count_waiting_for(q, c) < WAITING_SPARE;
}

/* The slot of a new command. */
static struct command *take_slot(struct queue *q)
{
	q->env.dirty = true;
	return queue_slot(q, q->count++);
}

static void accept(struct queue *q, const char *p, size_t n, bool check, const char *origin,
		   const char *wrong, struct now now)
{
	struct command spare = {.origin = origin, .since_us = now.us, .check = check}, *c = &spare;
	bool good = command_parse(c, p, n);
	if (q->env.callbacks.reserved && q->env.callbacks.reserved(q->env.callbacks.context, c->id)) {
		memcpy(c->id, "-", 2);
		command_finish(c, RESULT_REJECTED, "invalid ID: a FIFO of jk-write has this name");
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
		command_finish(c, RESULT_REJECTED, "jk-write is shutting down");
	else if (good && q->env.unkept[0])
		abandon_unkept(&q->env, c);
	else if (good && !c->timed && q->unread_us > q->env.options.max_age_us)
		abandon_expired(&q->env, c, q->unread_us, "expired: it has no time, and was not read for ");
	else if (good && !abandon_if_expired(&q->env, c, now))
		resolve(q, c, now);
	if (c->step == STEP_DONE)
		target_guess(&q->env, &q->bus, c);
	if (!room)
		queue_report(q, c, now);
	report_done(q, now);
}

void queue_line(struct queue *q, const char *p, size_t n, struct now now)
{
	stream_events_line(&q->env, &q->bus, p, n, now);
}

void queue_command(struct queue *q, const char *p, size_t n, const char *origin, struct now now)
{
	accept(q, p, n, false, origin, NULL, now);
}

void queue_check(struct queue *q, const char *p, size_t n, const char *origin, struct now now)
{
	accept(q, p, n, true, origin, NULL, now);
}

void queue_bad_command(struct queue *q, const char *origin, const char *why, struct now now)
{
	accept(q, "", 0, false, origin, why, now);
}

static void run_dry(struct queue *q, const struct channel *channel, struct command *c, struct now now)
{
	if (step_dry(channel, c))
		return;
	if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT,
			       "no frame of BMS %u has been received that shows what it holds", c->address);
	wake(q, c->since_us + HOLD_US);
}

/*
 * What keeps the first command for a BMS from being begun: it has a result, or has to wait.  False: nothing.
 */
static bool is_prevented(struct queue *q, const struct channel *channel, struct command *c, struct now now)
{
	const struct pack_writes *writes = &channel->packs[c->address].writes;
	const struct rate_limits *limits = &q->env.options.limits;
	if (channel->listening) {
		command_finish(c, RESULT_LISTENING_ONLY, "%s only listens%s%s: nothing was written",
			       channel->name, channel->mode[0] ? ", " : "", channel->mode);
		return true;
	}
	if (channel->packs[c->address].shared) {
		command_finish(c, RESULT_REJECTED,
			       "two packs answer at address %u: give each its own, then restart jk-write",
			       c->address);
		return true;
	}
	if (ratelimit_day_full(writes, limits, now)) {
		command_finish(c, RESULT_REJECTED, "%lld writes to this BMS in 24 hours, which is the limit",
			       (long long)writes->count);
		return true;
	}
	int64_t allowed_us = ratelimit_write_us(writes, limits);
	if (now.us < allowed_us)
		wake(q, allowed_us);
	return now.us < allowed_us;
}

/* Is it this command's turn?  Then its first step begins, or it has a result. */
static void begin(struct queue *q, size_t place, struct now now)
{
	struct command *c = queue_slot(q, place);
	if (abandon_if_expired(&q->env, c, now))
		return;
	if (c->timed)
		wake(q, now.us + c->time_us + q->env.options.max_age_us + 1 - now.real_us);
	if (!c->resolved && !resolve(q, c, now))
		return;
	struct channel *channel = target_channel(&q->bus, c);
	if (has_earlier(q, place))
		return;
	bus_look(&channel->packs[c->address]);
	if (q->env.options.dry)
		run_dry(q, channel, c, now);
	else if (!is_prevented(q, channel, c, now))
		step_begin(channel, c);
	q->env.dirty = q->env.dirty || c->step != STEP_WAITING;
}

/* May the request of this command's step leave now? */
static bool may_send(struct queue *q, const struct channel *channel, struct command *c, struct now now)
{
	int64_t allowed_us = request_allowed_us(&q->env, channel, c, now);
	if (now.us < allowed_us)
		wake(q, allowed_us);
	return now.us >= allowed_us;
}

/*
 * Of the commands with a request that may leave, sends that whose BMS had its last request longest ago: no
 * BMS holds up another.
 */
static void send_next(struct queue *q, struct channel *channel, struct now now)
{
	struct command *next = NULL;
	for (size_t i = 0; i < q->count; i++) {
		struct command *c = queue_slot(q, i);
		if (!step_rows[c->step].requests || target_channel(&q->bus, c) != channel ||
		    !may_send(q, channel, c, now))
			continue;
		if (!next ||
		    channel->packs[c->address].requested_us < channel->packs[next->address].requested_us)
			next = c;
	}
	if (next)
		wake(q, request_send(&q->env, channel, next, now));
}

static size_t count_done(struct queue *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->count; i++)
		n += queue_slot(q, i)->step == STEP_DONE;
	return n;
}

/* One round over all commands.  True: one of them got a result, so it may be the turn of another. */
static bool run_round(struct queue *q, struct now now)
{
	size_t done = count_done(q);
	for (size_t i = 0; i < q->bus.count; i++)
		wake(q, request_run(&q->env, q->bus.channels[i], now));
	for (size_t i = 0; i < q->count; i++)
		if (queue_slot(q, i)->step == STEP_WAITING)
			begin(q, i, now);
	for (size_t i = 0; i < q->bus.count; i++)
		if (!q->bus.channels[i]->request.command)
			send_next(q, q->bus.channels[i], now);
	return count_done(q) > done;
}

int64_t queue_run(struct queue *q, struct now now)
{
	do {
		q->next_us = INT64_MAX;
		reject_unkept(q);
		report_done(q, now);
	} while (run_round(q, now));
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
				       c->may_be_written ? "it may have been written"
							 : "nothing was written");
	}
	for (size_t i = 0; i < q->bus.count; i++)
		request_end(q->bus.channels[i]);
	report_done(q, now);
}
