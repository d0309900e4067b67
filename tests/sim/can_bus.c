/* SPDX-License-Identifier: MIT */
/* The CAN bus: who sends what and when, one frame after the other, the lowest identifier first. */
#include "can_bus.h"

#include "stored.h"

#include <string.h>

enum {
	VIEW_MS = 250,     /* how often a pack measures */
	APART_US = 1000,   /* between the frames of one beat */
	STANDARD_US = 480, /* at 250 kbit/s, with usual stuff bits */
	EXTENDED_US = 560,
	INVERTER_BEAT_MS = 100,
};

/* What a pack that is set to an inverter's protocol sends in turn: for all packs, so with other values. */
static const struct can_message inverter[] = {
	{0x351, false, 8, {0x30, 0x02, 0xE2, 0x04, 0x20, 0x03, 0xB8, 0x01}},
	{0x355, false, 8, {0x4D, 0x00, 0x63, 0x00}},
	{0x356, false, 8, {0xB4, 0x14, 0xCD, 0xFF, 0x77, 0x00}},
	{0x35C, false, 8, {0xC0}},
	{0x35E, false, 8, {'J', 'K', '-', 'B', 'M', 'S'}},
	{0x370, false, 8, {0x78, 0x00, 0x6E, 0x00, 0x22, 0x0D, 0x1A, 0x0D}},
	{0x371, false, 8, {0x02, 0x00, 0x01, 0x00, 0x09, 0x00, 0x04, 0x00}},
	{0x359, false, 8, {0x00, 0x00, 0x00, 0x00, 0x01, 0x50, 0x4E}},
};

enum { INVERTER_FRAMES = sizeof(inverter) / sizeof(inverter[0]) };

static int64_t beat_us(const struct can_bus *c, const struct can_source *s)
{
	bool fast = s->pack != NULL && c->config->can.cycle == CAN_DOCUMENTS;
	return (fast ? 20 : INVERTER_BEAT_MS) * INT64_C(1000);
}

/* Each begins at a moment of its own, and nobody sends a frame exactly when it is due. */
static void plan_beat(struct can_bus *c, struct can_source *s)
{
	int64_t late = chance_range(&c->timing, 0, 60) + (chance_range(&c->timing, 0, 15) == 0 ? 440 : 0);
	s->next_us = s->origin_us + s->beats++ * beat_us(c, s) + late;
	s->queued = s->sent = 0;
}

static void add_source(struct can_bus *c, struct pack *pack, const struct pack_option *option)
{
	struct can_source *s = &c->sources[c->count++];
	*s = (struct can_source){.pack = pack, .option = option, .viewed_ms = -VIEW_MS};
	s->origin_us = chance_range(&c->timing, 0, 19000);
	plan_beat(c, s);
}

void can_bus_open(struct can_bus *c, struct bus *b, struct log *log)
{
	*c = (struct can_bus){.config = b->config, .bus = b, .log = log};
	if (b->config->can.path == NULL)
		return;
	can_port_open(&c->port, b->config);
	c->timing.state = (uint64_t)b->config->seed * 41 + 3;
	c->damage.state = (uint64_t)b->config->seed * 43 + 4;
	for (size_t i = 0; i < b->pack_count; i++)
		add_source(c, &b->packs[i], &b->config->packs[i]);
	if (b->config->twin.cells > 0)
		add_source(c, &b->twin, NULL);
	if (b->config->can.inverter)
		add_source(c, NULL, NULL);
}

void can_bus_close(struct can_bus *c)
{
	if (c->config->can.path != NULL)
		can_port_close(&c->port);
}

/* Of several that overlap the last one counts. */
static uint32_t levels_at(const struct can_config *can, uint8_t address, int64_t now_us)
{
	uint32_t levels = 0;
	for (size_t i = 0; i < can->level_count; i++)
		if (can->levels[i].address == address && window_holds(&can->levels[i].when, now_us))
			levels = can->levels[i].levels;
	return levels;
}

static void look(struct can_bus *c, struct can_source *s)
{
	struct can_view *v = &s->view;
	v->address = s->pack->address;
	pack_sample(s->pack, &v->sample);
	int64_t lowest = v->sample.cell_mv[v->sample.lowest];
	v->max_mv = v->sample.cell_mv[v->sample.highest];
	if (v->max_mv - lowest < 10 && chance_range(&c->timing, 0, 49) == 0)
		v->max_mv = lowest - 1;
	v->charge_cv = stored_setting(&s->pack->stored, AT_REQUESTED_CHARGE) * v->sample.cell_count / 100;
	v->charge_ca = stored_setting(&s->pack->stored, AT_MAX_CHARGE) * 9 / 1000;
	v->errors = v->sample.errors & 0x3FFFF;
}

static void advance(struct can_bus *c, struct can_source *s, int64_t now_us)
{
	bool fixed =
		s->option != NULL && s->option->fixed_errors && window_holds(&s->option->errors_when, now_us);
	int64_t at_ms = bus_pack_ms(c->bus, now_us);
	if (at_ms - s->viewed_ms >= VIEW_MS || fixed != s->fixed_errors) {
		s->viewed_ms = at_ms;
		s->fixed_errors = fixed;
		if (s->option != NULL)
			bus_advance(c->bus, s->pack, now_us);
		else
			pack_advance(s->pack, at_ms);
		look(c, s);
	}
	s->view.levels = levels_at(&c->config->can, s->pack->address, now_us);
}

static bool silent(const struct can_bus *c, const struct can_source *s, int64_t now_us)
{
	const struct can_config *can = &c->config->can;
	for (size_t i = 0; i < can->silence_count; i++)
		if (can->silences[i].address == s->pack->address &&
		    window_holds(&can->silences[i].when, now_us))
			return true;
	return s->option == NULL && c->config->twin_at.count > 0 &&
	       !windows_hold(&c->config->twin_at, now_us);
}

static void queue_pack(struct can_bus *c, struct can_source *s, int64_t now_us)
{
	advance(c, s, now_us);
	if (silent(c, s, now_us))
		return;
	int64_t begun_ms = s->beats * beat_us(c, s) / 1000;
	for (unsigned int kind = 0; kind < CAN_KINDS; kind++) {
		int64_t cycle_ms = can_cycle_ms(kind, c->config->can.cycle, &s->view);
		if (cycle_ms > 0 && begun_ms % cycle_ms == 0)
			s->queue[s->queued++] = (uint8_t)kind;
	}
}

static void queue(struct can_bus *c, struct can_source *s, int64_t now_us)
{
	if (s->pack != NULL)
		queue_pack(c, s, now_us);
	else
		s->queue[s->queued++] = (uint8_t)(s->beats % INVERTER_FRAMES);
	if (s->queued == 0)
		plan_beat(c, s);
}

/* Its next frame, still without data. */
static struct can_message head(const struct can_source *s)
{
	unsigned int kind = s->queue[s->sent];
	return s->pack != NULL ? can_head(kind, s->view.address) : inverter[kind];
}

static void make(const struct can_source *s, struct can_message *m, struct text *values)
{
	unsigned int kind = s->queue[s->sent];
	if (values != NULL)
		text_clear(values);
	if (s->pack != NULL)
		can_frame(kind, &s->view, m, values);
	else
		*m = inverter[kind];
}

/* When the next frame or beat begins: not before the last frame has ended. */
static int64_t next_start(const struct can_bus *c)
{
	int64_t next_us = INT64_MAX;
	for (size_t i = 0; i < c->count; i++)
		if (c->sources[i].next_us < next_us)
			next_us = c->sources[i].next_us;
	return next_us > c->free_us ? next_us : c->free_us;
}

/* Fills the queues whose beat has come; whether there was one. */
static bool queue_due(struct can_bus *c, int64_t start_us)
{
	bool any = false;
	for (size_t i = 0; i < c->count; i++) {
		struct can_source *s = &c->sources[i];
		if (s->queued > 0 || s->next_us > start_us)
			continue;
		queue(c, s, s->next_us);
		any = true;
	}
	return any;
}

/* An identifier of 11 bits is compared with the first 11 bits of one of 29. */
static uint32_t rank(const struct can_message *m)
{
	return m->extended ? m->id : m->id << 18;
}

/* Of all who want to begin a frame at start_us, at least one. */
static struct can_source *winner(struct can_bus *c, int64_t start_us, struct can_message *first)
{
	struct can_source *who = NULL;
	for (size_t i = 0; i < c->count; i++) {
		struct can_source *s = &c->sources[i];
		if (s->queued == 0 || s->next_us > start_us)
			continue;
		struct can_message m = head(s);
		if (who == NULL || rank(&m) < rank(first)) {
			*first = m;
			who = s;
		}
	}
	return who;
}

static void write_error(struct can_bus *c, int64_t t_us)
{
	/* CAN_ERR_PROT and CAN_ERR_BUSERROR: a stuff bit was wrong. */
	const struct can_message m = {CAN_ERROR_FRAME | 0x88, true, 8, {0, 0, 0x04}};
	can_port_write(&c->port, t_us, &m);
}

static void transmit(struct can_bus *c, struct can_source *s, int64_t end_us)
{
	const struct can_config *can = &c->config->can;
	struct can_message m;
	make(s, &m, log_wanted(c->log) ? &c->values : NULL);
	if (chance_hit(&c->damage, can->error_frames))
		write_error(c, end_us);
	bool lost = chance_hit(&c->damage, can->lost) || windows_hold(&can->mute, end_us);
	int64_t written_us = log_real_us(c->log); /* before a reader can have it */
	if (!lost && !can_port_write(&c->port, end_us, &m))
		lost = true;
	const struct can_sent sent = {end_us, written_us, s->pack == NULL ? -1 : s->pack->address, lost};
	log_can(c->log, &sent, &m, &c->values);
	s->sent++;
	s->next_us = s->next_us + APART_US;
	if (s->sent == s->queued)
		plan_beat(c, s);
}

/* One frame, if it has ended by now_us; *next_us is when the next thing happens. */
static bool step(struct can_bus *c, int64_t now_us, int64_t *next_us)
{
	int64_t start_us;
	do {
		start_us = *next_us = next_start(c);
		if (start_us > now_us)
			return false;
	} while (queue_due(c, start_us));
	struct can_message m = {0};
	struct can_source *s = winner(c, start_us, &m);
	*next_us = start_us + (m.extended ? EXTENDED_US : STANDARD_US);
	if (*next_us > now_us)
		return false;
	c->free_us = *next_us;
	transmit(c, s, *next_us);
	return true;
}

int64_t can_bus_run(struct can_bus *c, int64_t now_us)
{
	int64_t next_us = INT64_MAX;
	bool written = false;
	while (c->count > 0 && step(c, now_us, &next_us))
		written = true;
	if (written && config_paced(c->config))
		can_port_flush(&c->port);
	return next_us;
}
