/* SPDX-License-Identifier: MIT */
#include "poller.h"

#include <string.h>

#include "jk_frame.h"

enum { ANSWER_MAX = FRAME_SIZE + 2 * JK_FRAME_PADDING_MAX + 8, REGISTER_OFFSET = 2, QUANTITY_OFFSET = 5 };

static const char *const type_names[FRAME_TYPES] = {"write", "settings", "live", "about"};

/* xorshift64*: two of our own tools must not draw the same numbers for ever, that is all. */
static int64_t random_below_us(struct poller *p, int64_t limit_us)
{
	uint64_t *state = &p->options.seed;
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (int64_t)((*state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit_us;
}

/*
 * Two pollers on one bus that do not hear each other's requests can fall into step: both ask at the same time, nobody
 * answers, both repeat at the same time, and neither ever hears what it could yield to.  So they begin, and repeat what
 * was missed, at times that differ by more than an answer needs to begin.
 */
static int64_t apart_us(struct poller *p)
{
	return random_below_us(p, POLLER_APART_US);
}

/*
 * Where it is likely that two talked at once, or nobody else waits, they come apart by some times the 70 ms of a request and
 * its answer.
 */
static int64_t far_apart_us(struct poller *p)
{
	return random_below_us(p, POLLER_FAR_APART_US);
}

static void say_mode(struct poller *p, const char *mode, int64_t now_us)
{
	if (p->mode && strcmp(p->mode, mode) == 0)
		return;
	p->mode = mode;
	capture_event(p->capture, "mode", mode, now_us);
}

static void enter(struct poller *p, enum poller_state state, int64_t deadline_us)
{
	p->state = state;
	p->deadline_us = deadline_us;
}

static void enter_idle(struct poller *p)
{
	p->idle_us = INT64_MAX;
	enter(p, POLLER_IDLE, INT64_MIN);
}

/* ---- what is heard ---- */

/* A frame that no recent request of ours can have brought: in such a time, that often, somebody else asks. */
static void note_strange(struct poller *p, int64_t time_us)
{
	memmove(p->strange_us, p->strange_us + 1, sizeof p->strange_us - sizeof *p->strange_us);
	p->strange_us[POLLER_STRANGE - 1] = time_us;
	if (p->strange_us[0] != INT64_MIN && time_us - p->strange_us[0] < POLLER_STRANGE_US)
		p->master = true;
}

/* Was it asked for by one of our requests, lately? */
static bool is_ours(struct poller *p, uint8_t address, enum frame_type type, int64_t time_us)
{
	unsigned *open = &p->ours[address][type].open;
	if (time_us - p->ours[address][type].last_us > POLLER_OURS_US)
		*open = 0;
	if (*open == 0)
		return false;
	(*open)--;
	return true;
}

/*
 * A frame of another address in the place of the one asked for is no sign of another master: it may be the answer of a pack
 * that gives a wrong address in its acknowledgement.
 */
static bool is_borrowed(struct poller *p, enum frame_type type)
{
	if (p->state != POLLER_ASKED || type != p->request.type || p->borrowed)
		return false;
	p->borrowed = true;
	return true;
}

static void heard_frame(void *context, uint8_t address, uint8_t type_byte, int64_t time_us)
{
	struct poller *p = context;
	enum frame_type type = (enum frame_type)type_byte;
	bool ours = is_ours(p, address, type, time_us) || is_borrowed(p, type);
	p->heard_us[address] = time_us;
	schedule_answered(&p->schedule, address, type, time_us);
	p->fruitless = false;
	bool twin =
		pairs_suspected(&p->capture->pairs, address, time_us); /* the second answer to one request */
	if (!ours && !twin && p->state == POLLER_YIELDING)
		p->master = true;
	else if (!ours && !twin)
		note_strange(p, time_us);
	if (!ours) /* who asked for it waits for the same gap; two that heard the same end would both talk at the end of it */
		p->apart_until_us = time_us + p->options.gap_us + POLLER_AFTER_US + apart_us(p);
	if (p->state != POLLER_ASKED || address != p->request.address || type != p->request.type)
		return;
	p->answered = true;
	stats_answer(&p->capture->stats, address, time_us - p->asked_us);
}

static void heard_orphan(void *context)
{
	struct poller *p = context;
	p->orphan = true;
}

/* An acknowledgement of our write, or an exception from whom we asked. */
static bool is_answer(const struct poller *p, const struct modbus *m)
{
	uint16_t reg =
		(uint16_t)(p->request.data[REGISTER_OFFSET] << 8 | p->request.data[REGISTER_OFFSET + 1]);
	if (p->state != POLLER_ASKED || m->address != p->request.address || m->function != 0x10)
		return false;
	return m->kind == MODBUS_EXCEPTION ||
	       (p->request.type == 0 && m->kind == MODBUS_ACK && m->reg == reg &&
		m->quantity == p->request.data[QUANTITY_OFFSET]);
}

static void heard_message(void *context, const struct modbus *m, const uint8_t *bytes)
{
	struct poller *p = context;
	if (m->kind != MODBUS_REQUEST) {
		schedule_alive(&p->schedule, m->address, p->last_byte_us);
		p->acknowledged = p->acknowledged || m->address == p->request.address;
	}
	if (is_answer(p, m)) {
		p->answered = true;
		if (p->request.type && m->kind == MODBUS_EXCEPTION)
			schedule_excused(&p->schedule, m->address, p->request.type, p->last_byte_us);
		return;
	}
	if (m->kind != MODBUS_REQUEST)
		return;
	bool ours = m->size == p->request.size && memcmp(bytes, p->request.data, m->size) == 0;
	if (ours && !p->echoed && p->last_byte_us - p->asked_us <= POLLER_ECHO_US)
		p->echoed = true;
	else
		p->master = true;
}

static void heard_bytes(void *context, int64_t now_us)
{
	struct poller *p = context;
	p->last_byte_us = now_us;
	p->answering = true;
	schedule_heard(&p->schedule);
}

/* ---- what is transmitted ---- */

static void make_trigger(struct poller_request *r, uint8_t address, enum frame_type type)
{
	static const uint8_t zero[2];
	r->size = modbus_write_request(r->data, address, field_tables[type]->trigger, 1, zero);
	r->address = address;
	r->type = type;
}

/* May another pack that answers late still bring a frame of that type? */
static bool has_rivals(const struct poller *p, int64_t now_us)
{
	for (uint8_t a = 1; a <= MODBUS_ADDRESS_MAX; a++) {
		bool asked = p->ours[a][p->request.type].open > 0 &&
			     now_us - p->ours[a][p->request.type].last_us <= POLLER_OURS_US;
		if (a != p->request.address && asked && now_us - p->heard_us[a] <= POLLER_LATELY_US)
			return true;
	}
	return false;
}

/*
 * The T line of a write comes first, and `send` sees to it that it is out: if the program is stopped or killed between the
 * two, nobody may take a write for not transmitted that was.
 */
static void transmit(struct poller *p, int64_t now_us)
{
	const struct poller_request *r = &p->request;
	bool write = r->type == 0;
	capture_cut(p->capture, now_us);
	if (write)
		capture_transmit(p->capture, r->address, r->data, r->size, now_us);
	if (!p->send(p->context, r->data, r->size, now_us)) {
		poller_closed(p);
		return;
	}
	if (!write)
		capture_transmit(p->capture, r->address, r->data, r->size, now_us);
	deframe_asked(&p->capture->deframer, has_rivals(p, now_us) ? 0 : r->address, r->type, now_us);
	stats_asked(&p->capture->stats, r->address);
	if (p->ours[r->address][r->type].open < POLLER_OPEN_MAX)
		p->ours[r->address][r->type].open++;
	p->ours[r->address][r->type].last_us = now_us;
	p->asked_us = p->last_byte_us = now_us;
	p->junk_before = p->capture->stats.junk_bytes;
	p->answering = p->answered = p->orphan = p->acknowledged = p->echoed = p->borrowed = false;
	enter(p, POLLER_ASKED, now_us + p->options.wait_us + (int64_t)r->size * p->options.byte_us);
}

/*
 * A request from elsewhere goes first, but a poll that is due goes between two of them, and polls have had as much time as the
 * last request took before the next one leaves: requests to a dead pack wait for their whole deadlines.  Else a stream of commands
 * for one pack would keep all others from being polled.
 */
static void settle_turn(struct poller *p, bool due, int64_t now_us)
{
	int64_t took_us = now_us - p->turn_us;
	p->turn_us = now_us;
	if (!due)
		p->owed_us = 0;
	else if (p->request_had_turn)
		p->owed_us = took_us;
	else
		p->owed_us = p->owed_us > took_us ? p->owed_us - took_us : 0;
	p->request_had_turn = false;
}

static bool fetch_request(struct poller *p, int64_t now_us)
{
	bool writes = now_us - p->poll_us >= POLLER_NO_WRITE_US;
	if (p->owed_us > 0 || !p->fetch || !p->fetch(p->context, &p->request, writes, now_us))
		return false;
	p->request_had_turn = true;
	return true;
}

static void transmit_next(struct poller *p, int64_t now_us)
{
	enum frame_type type;
	struct target *t = schedule_next(&p->schedule, now_us, &type);
	settle_turn(p, t != NULL, now_us);
	if (fetch_request(p, now_us)) {
		transmit(p, now_us);
	} else if (t) {
		make_trigger(&p->request, t->address, type);
		schedule_asked(&p->schedule, t, type, now_us);
		transmit(p, now_us);
	}
}

/* ---- what happens in each state as time passes ---- */

static void say_timeout(struct poller *p, int64_t now_us)
{
	char buffer[16];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_hex(&words, &p->request.address, 1);
	strbuf_char(&words, ' ');
	strbuf_string(&words, type_names[p->request.type]);
	buffer[words.size] = '\0';
	stats_timeout(&p->capture->stats, p->request.address);
	capture_event(p->capture, "timeout", buffer, now_us);
}

/* Is an answer under way that only pauses? */
static bool stalls(const struct poller *p)
{
	return p->options.stall_us > POLLER_PAUSE_US && capture_begun(p->capture, p->request.address);
}

static int64_t pause_us(const struct poller *p)
{
	return stalls(p) ? p->options.stall_us : POLLER_PAUSE_US;
}

/* When the answer is over for want of bytes: its first byte has its time, each further one a pause, all together a bound. */
static int64_t answer_deadline_us(const struct poller *p)
{
	int64_t first_us = p->asked_us + p->options.wait_us + (int64_t)p->request.size * p->options.byte_us;
	if (!p->answering)
		return first_us;
	int64_t pauses_us = stalls(p) ? POLLER_STALLS * p->options.stall_us : POLLER_PAUSE_US;
	int64_t last_us = first_us + 2 * ANSWER_MAX * p->options.byte_us + pauses_us;
	/* What has come so far may be an echo, or an answer of another that was late. */
	int64_t end_us = p->last_byte_us + pause_us(p) > first_us ? p->last_byte_us + pause_us(p) : first_us;
	return end_us < last_us ? end_us : last_us;
}

/* Where an answer was due there was junk, and too much for an echo: of a pack that is there, though it was not understood. */
static bool heard_wreck(const struct poller *p)
{
	return p->capture->stats.junk_bytes - p->junk_before >= POLLER_WRECK;
}

static void missed(struct poller *p, int64_t now_us)
{
	int64_t apart = apart_us(p), far = far_apart_us(p);
	bool wreck = heard_wreck(p);
	if (wreck ||
	    schedule_hopeless(&p->schedule, p->request.address)) /* once a round: it costs nobody anything */
		p->apart_until_us = now_us + far;
	if (p->request.type == 0)
		return;
	if (p->orphan || p->acknowledged || wreck)
		schedule_damaged(&p->schedule, p->request.address, p->request.type, now_us);
	else if (schedule_missed(&p->schedule, p->request.address, p->request.type, far, now_us))
		p->apart_until_us = now_us + apart;
}

static void asked_time(struct poller *p, int64_t now_us)
{
	if (p->answered) {
		enter_idle(p);
		return;
	}
	p->deadline_us = answer_deadline_us(p);
	bool over = now_us >= p->deadline_us;
	if (over && now_us - p->last_byte_us >= pause_us(p))
		capture_cut(p->capture,
			    now_us); /* the frame that waits for its acknowledgement waits no longer */
	if (!over && !p->orphan)
		return;
	if (over)
		say_timeout(p, now_us);
	missed(p, now_us);
	enter_idle(p);
}

/* When there may be something to transmit again. */
static int64_t next_wish_us(const struct poller *p, int64_t due_us, int64_t now_us)
{
	int64_t writes_us = p->poll_us + POLLER_NO_WRITE_US;
	if (p->stopping)
		return INT64_MAX;
	if (now_us < writes_us && writes_us < due_us)
		return writes_us;
	return due_us > now_us ? due_us : now_us;
}

/* To ask all addresses once, of which none answers. */
static int64_t asking_round_us(const struct poller *p)
{
	int64_t one_us = p->options.wait_us + p->options.gap_us + ANSWER_MAX * p->options.byte_us;
	return (int64_t)p->schedule.count * one_us;
}

/*
 * A pack whose poll is due and cannot go out, as on a line that is never silent, counts as asked: nobody shall take its silence for
 * that of a pack that nobody wants to hear.
 */
static void count_overdue(struct poller *p, int64_t now_us)
{
	int64_t rounds_us = 2 * asking_round_us(p);
	int64_t after_us = rounds_us > POLLER_OVERDUE_US ? rounds_us : POLLER_OVERDUE_US;
	for (size_t i = 0; i < p->schedule.count; i++)
		if (schedule_overdue(&p->schedule.targets[i], after_us, now_us))
			stats_asked(&p->capture->stats, p->schedule.targets[i].address);
}

static void idle_time(struct poller *p, int64_t now_us)
{
	int64_t due_us = schedule_due_us(&p->schedule);
	count_overdue(p, now_us);
	bool noisy = p->idle_us != INT64_MAX && now_us - p->idle_us >= POLLER_NOISE_US;
	int64_t free_us = p->last_byte_us + (noisy ? p->options.gap_us / 4 : p->options.gap_us);
	int64_t decided_us =
		p->last_byte_us + pause_us(p); /* a message that has stopped in the middle is over */
	if (capture_undecided(p->capture) && (!noisy || stalls(p)) && free_us < decided_us)
		free_us = decided_us;
	if (free_us < p->apart_until_us)
		free_us = p->apart_until_us;
	p->deadline_us = free_us;
	if (now_us < free_us) {
		if (p->idle_us == INT64_MAX && due_us <= now_us)
			p->idle_us = now_us;
		return;
	}
	if (!p->stopping)
		transmit_next(p, now_us);
	if (p->state == POLLER_IDLE)
		p->deadline_us = next_wish_us(p, due_us, now_us);
}

static void forget_strange(struct poller *p)
{
	for (size_t i = 0; i < POLLER_STRANGE; i++)
		p->strange_us[i] = INT64_MIN;
}

static void begin_polling(struct poller *p, int64_t now_us)
{
	forget_strange(p);
	p->yield_until_us = INT64_MIN;
	p->poll_us = p->turn_us = now_us;
	p->owed_us = 0;
	p->request_had_turn = false;
	p->fruitless = true;
	say_mode(p, "poll", now_us);
	schedule_restart(&p->schedule, now_us);
	enter_idle(p);
	idle_time(p, now_us);
}

static void waiting_time(struct poller *p, int64_t now_us)
{
	if (now_us >= p->deadline_us && !p->stopping)
		begin_polling(p, now_us);
}

static void down_time(struct poller *p, int64_t now_us)
{
	(void)p, (void)now_us;
}

static void (*const states[POLLER_STATES])(struct poller *p, int64_t now_us) = {
	[POLLER_DOWN] = down_time,   [POLLER_LISTENING] = waiting_time, [POLLER_IDLE] = idle_time,
	[POLLER_ASKED] = asked_time, [POLLER_YIELDING] = waiting_time,
};

static void yield(struct poller *p, int64_t now_us)
{
	p->master = false;
	say_mode(p, "listen master", now_us);
	deframe_listens(&p->capture->deframer);
	p->yield_until_us = now_us + POLLER_YIELD_US + random_below_us(p, POLLER_YIELD_MORE_US);
	enter(p, POLLER_YIELDING, p->yield_until_us);
}

bool poller_time(struct poller *p, int64_t now_us)
{
	if (p->state == POLLER_DOWN)
		return false;
	if (p->master)
		yield(p, now_us);
	enum poller_state before = p->state;
	states[p->state](p, now_us);
	/* One step more, so that what ends one transaction begins the next where no gap is left to wait for. */
	if (before == POLLER_ASKED && p->state == POLLER_IDLE) {
		if (schedule_silent(&p->schedule))
			return true;
		idle_time(p, now_us);
	}
	return false;
}

/* ---- the rest ---- */

void poller_begin(struct poller *p, const struct poller_options *options, struct capture *capture,
		  poller_send *send, poller_fetch *fetch, void *context)
{
	*p = (struct poller){.options = *options,
			     .capture = capture,
			     .send = send,
			     .fetch = fetch,
			     .context = context,
			     .state = POLLER_DOWN,
			     .yield_until_us = INT64_MIN,
			     .deadline_us = INT64_MAX};
	p->options.seed |= 1; /* zero would stay zero */
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		p->heard_us[i] = INT64_MIN / 2;
	p->listener = (struct capture_listener){.context = p,
						.bytes = heard_bytes,
						.frame = heard_frame,
						.orphan = heard_orphan,
						.message = heard_message};
	capture->listener = &p->listener;
	schedule_begin(&p->schedule, options->addresses, options->interval_us);
}

void poller_opened(struct poller *p, int64_t now_us)
{
	p->master = false;
	deframe_listens(&p->capture->deframer);
	p->last_byte_us = now_us;
	p->asked_us = now_us - POLLER_ECHO_US - 1; /* nothing that comes now is an echo */
	p->request.size = 0;
	memset(p->ours, 0, sizeof p->ours);
	forget_strange(p);
	if (p->yield_until_us > now_us + POLLER_LISTEN_US)
		enter(p, POLLER_YIELDING, p->yield_until_us);
	else
		enter(p, POLLER_LISTENING,
		      now_us + POLLER_LISTEN_US + (p->fruitless ? far_apart_us(p) : apart_us(p)));
	p->fruitless = false;
}

void poller_closed(struct poller *p)
{
	enter(p, POLLER_DOWN, INT64_MAX);
}

void poller_held_up(struct poller *p, int64_t by_us, int64_t now_us)
{
	p->asked_us += by_us;
	p->turn_us += by_us;
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		for (size_t k = 0; k < FRAME_TYPES; k++)
			p->ours[i][k].last_us += by_us;
	schedule_held_up(&p->schedule, by_us, now_us);
}

int64_t poller_deadline(const struct poller *p)
{
	return p->deadline_us;
}

bool poller_stop(struct poller *p)
{
	p->stopping = true;
	return p->state != POLLER_ASKED;
}

bool poller_yields(const struct poller *p)
{
	return p->state == POLLER_YIELDING || p->master;
}

int64_t poller_round_us(const struct poller *p)
{
	int64_t round_us = asking_round_us(p);
	return round_us > p->options.interval_us ? round_us : p->options.interval_us;
}
