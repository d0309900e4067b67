/* SPDX-License-Identifier: MIT */
/* Who transmits by itself: the bus master with its cycle, and the poller that replaces a missing client. */
#include "bus.h"

#include "fault.h"

enum {
	MASTER_TIMEOUT_US = 220000,
	MASTER_OWN_US = 400000, /* from its request to 15 to its own frames */
	MASTER_GAP_US = 60000,  /* two answers and two gaps: 260 ms for each pack */
	MASTER_CYCLE_US = 4400000,
	POLLER_TIMEOUT_US = 300000,
	POLLER_GAP_US = 100000,
	POLLER_SETTINGS = 30, /* rounds */
	POLLER_ABOUT = 1800,
};

static const char *const names[] = {[TALKER_MASTER] = "master", [TALKER_POLLER] = "poller"};

void talker_init(struct bus *b)
{
	b->talkers[TALKER_MASTER] = (struct talker){.when = &b->config->master_at};
	b->talkers[TALKER_POLLER] = (struct talker){.when = &b->config->poller_at};
}

int64_t talker_next(const struct talker *t, int64_t from_us)
{
	if (t->when->count == 0)
		return INT64_MAX;
	return windows_next(t->when, t->next_us > from_us ? t->next_us : from_us);
}

/* When it is switched on it starts a new cycle. */
static void restart(struct talker *t, enum talker_kind who, int64_t now_us)
{
	*t = (struct talker){
		.when = t->when,
		.until_us = windows_end(t->when, now_us),
		.next_us = now_us,
		.round_us = now_us,
		.place = who == TALKER_MASTER ? 1 : 0,
		.type = TYPE_LIVE,
	};
}

/* Adds the request and its answer to the group; true if a pack answers in time. */
static bool ask(struct bus *b, int64_t now_us, struct group *g, uint8_t address, enum frame_type type,
		enum talker_kind who)
{
	uint8_t request[TRIGGER_SIZE];
	size_t n = wire_trigger(request, address, type);
	fault_between(&b->config->faults, &b->damage, g);
	struct message *m = group_add(g, REQUEST, address, request, n, 0);
	m->from = names[who];
	m->type = (int)type;
	return answer_request(b, now_us + bus_group_us(g), g, request, n, 0) == REQUEST_ANSWERED;
}

static void master_asks(struct bus *b, int64_t now_us, struct group *g)
{
	struct talker *t = &b->talkers[TALKER_MASTER];
	bool answered = ask(b, now_us, g, (uint8_t)t->place, t->type, TALKER_MASTER);
	int64_t end_us = now_us + bus_group_us(g);
	bool again = answered && t->type == TYPE_LIVE;
	t->next_us = end_us + (answered ? MASTER_GAP_US : MASTER_TIMEOUT_US);
	t->type = again ? TYPE_SETTINGS : TYPE_LIVE;
	if (!again && t->place++ == MAX_ADDRESS)
		t->next_us = end_us + MASTER_OWN_US;
}

static void master_tells(struct bus *b, int64_t now_us, struct group *g)
{
	struct talker *t = &b->talkers[TALKER_MASTER];
	struct pack *own = bus_pack(b, 0);
	bus_advance(b, own, now_us);
	if (!bus_silent(b, 0, now_us))
		answer_unasked(b, g, own, t->type);
	t->next_us = now_us + bus_group_us(g) + MASTER_GAP_US;
	if (t->type == TYPE_LIVE) {
		t->type = TYPE_SETTINGS;
		return;
	}
	t->type = TYPE_LIVE;
	t->place = 1;
	if (t->next_us < t->round_us + MASTER_CYCLE_US)
		t->next_us = t->round_us + MASTER_CYCLE_US;
	t->round_us = t->next_us;
}

static bool poller_wants(const struct talker *t, enum frame_type type)
{
	return type == TYPE_LIVE || t->round % (type == TYPE_SETTINGS ? POLLER_SETTINGS : POLLER_ABOUT) == 0;
}

/* Goes to the next pack and type of this round. */
static void poller_moves(struct bus *b)
{
	static const enum frame_type after[] = {
		[TYPE_LIVE] = TYPE_SETTINGS,
		[TYPE_SETTINGS] = TYPE_ABOUT,
		[TYPE_ABOUT] = TYPE_LIVE,
	};
	struct talker *t = &b->talkers[TALKER_POLLER];
	if (++t->place < b->pack_count)
		return;
	t->place = 0;
	do
		t->type = after[t->type];
	while (!poller_wants(t, t->type));
	if (t->type != TYPE_LIVE)
		return;
	t->round++;
	t->round_us += b->config->poller_round_us;
	if (t->next_us < t->round_us)
		t->next_us = t->round_us;
	t->round_us = t->next_us;
}

static void poller_asks(struct bus *b, int64_t now_us, struct group *g)
{
	struct talker *t = &b->talkers[TALKER_POLLER];
	bool answered = ask(b, now_us, g, b->packs[t->place].address, t->type, TALKER_POLLER);
	t->next_us = now_us + bus_group_us(g) + (answered ? POLLER_GAP_US : POLLER_TIMEOUT_US);
	poller_moves(b);
}

void talker_step(struct bus *b, enum talker_kind who, int64_t now_us, struct group *g)
{
	struct talker *t = &b->talkers[who];
	if (now_us >= t->until_us)
		restart(t, who, now_us);
	if (who == TALKER_POLLER)
		poller_asks(b, now_us, g);
	else if (t->place <= MAX_ADDRESS)
		master_asks(b, now_us, g);
	else
		master_tells(b, now_us, g);
}
