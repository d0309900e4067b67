/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <string.h>

struct channel *target_channel(struct bus *bus, const struct command *c)
{
	return c->channel[0] ? bus_find(bus, c->channel, strlen(c->channel)) : NULL;
}

/* The only channel that a command can mean, of those with RS485 or of all; *count: how many there are. */
static struct channel *candidate(const struct environment *env, struct bus *bus, bool rs485, size_t *count)
{
	struct channel *found = NULL;
	*count = 0;
	for (size_t i = 0; i < bus->count; i++) {
		struct channel *channel = bus->channels[i];
		if (!channel->present || channel->can || (!channel->fifo && !env->options.dry) ||
		    (rs485 && !channel->rs485))
			continue;
		found = channel;
		++*count;
	}
	return *count == 1 ? found : NULL;
}

/* The channel of a command that names none; *several: it has to. */
static struct channel *only_channel(const struct environment *env, struct bus *bus, bool *several)
{
	size_t count;
	struct channel *channel = candidate(env, bus, true, &count);
	if (count == 0)
		channel = candidate(env, bus, false, &count);
	*several = count > 1;
	return channel;
}

void target_guess(const struct environment *env, struct bus *bus, struct command *c)
{
	bool several = false;
	const struct channel *channel = c->channel[0] ? NULL : only_channel(env, bus, &several);
	if (channel)
		memcpy(c->channel, channel->name, sizeof c->channel);
}

/* May the command be carried out on this channel at all? */
static bool check_channel(const struct environment *env, const struct channel *channel, struct command *c)
{
	if (!channel->fifo && !env->options.dry)
		command_finish(c, RESULT_REJECTED, "no -x for channel %s", channel->name);
	else if (!policy_allows(env->options.allow, channel->name, c->address, c->field))
		command_finish(c, RESULT_REJECTED, "%s: %s", c->key,
			       c->field->dangerous ? "dangerous, and not allowed by -A" : "denied by -A");
	return c->step != STEP_DONE;
}

/* Is there a channel that a command could mean? */
static bool any_present(const struct bus *bus)
{
	for (size_t i = 0; i < bus->count; i++)
		if (bus->channels[i]->present && !bus->channels[i]->can)
			return true;
	return false;
}

bool target_resolve(const struct environment *env, struct bus *bus, struct command *c, struct now now)
{
	bool several = false;
	struct channel *channel = c->channel[0] ? target_channel(bus, c) : only_channel(env, bus, &several);
	if (several) {
		command_finish(c, RESULT_REJECTED, "there are several channels: name one, as in CHANNEL:%s",
			       c->bms);
		return false;
	}
	if (channel && channel->can) {
		command_finish(c, RESULT_REJECTED, "%s is a CAN bus: settings are changed over RS485 only",
			       channel->name);
		return false;
	}
	if (channel && channel->present) {
		memcpy(c->channel, channel->name, sizeof c->channel);
		c->resolved = true;
		return check_channel(env, channel, c);
	}
	if (c->channel[0] && any_present(bus))
		command_finish(c, RESULT_REJECTED, "no such channel: %s", c->channel);
	else if (any_present(bus))
		command_finish(c, RESULT_REJECTED, "no channel has a -x");
	else if (now.us >= c->since_us + HOLD_US)
		command_finish(c, RESULT_TIMEOUT,
			       "no line of any channel has been received: nothing was written");
	return false;
}
