/* SPDX-License-Identifier: MIT */
#include "poller.h"

#include <string.h>

#include "jk_frame.h"

static const char *const type_names[FRAME_TYPES] = {"write", "settings", "live", "about"};

enum event_kind {
	OPENED,  /* the link was */
	CLOSED,  /* the link was */
	BYTES,   /* were received; what they are follows */
	FRAME,   /* with its acknowledgement */
	ORPHAN,  /* a frame without one */
	MESSAGE, /* of Modbus; the acknowledgements of frames are among them */
	MASTER,  /* a sign of another master is pending */
	TIME,    /* passed; whether a request is due is looked up in IDLE: a poll, or one from elsewhere */
	STOP,    /* transmit nothing more */
	EVENTS
};

struct event {
	int64_t time_us;
	uint8_t address;              /* of a frame */
	enum frame_type type;         /* of a frame */
	const struct modbus *message; /* of a message */
	const uint8_t *bytes;         /* of a message */
};

static void report_mode(struct poller *p, const char *mode, int64_t now_us)
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
	p->busy_since_us = INT64_MAX;
	enter(p, POLLER_IDLE, INT64_MIN);
}

/* ---- the link ---- */

static void opened(struct poller *p, const struct event *e)
{
	struct arbitration *a = &p->arbitration;
	int64_t now_us = e->time_us;
	arbitration_opened(a);
	capture_listens(p->capture);
	p->last_byte_us = now_us;
	transaction_forget(&p->transaction);
	echoes_opened(&p->echoes);
	if (a->yield_until_us > now_us + POLLER_LISTEN_US)
		enter(p, POLLER_YIELDING, a->yield_until_us);
	else
		enter(p, POLLER_LISTENING,
		      now_us + POLLER_LISTEN_US +
			      (p->fruitless ? arbitration_collision_jitter_us(a) : arbitration_jitter_us(a)));
	p->fruitless = false;
}

static void closed(struct poller *p, const struct event *e)
{
	(void)e;
	enter(p, POLLER_DOWN, INT64_MAX);
}

static void stop(struct poller *p, const struct event *e)
{
	(void)e;
	p->stopping = true;
}

/* ---- what is received ---- */

static void bytes_received(struct poller *p, const struct event *e)
{
	p->last_byte_us = e->time_us;
	schedule_byte(&p->schedule);
}

static void bytes_asked(struct poller *p, const struct event *e)
{
	bytes_received(p, e);
	p->transaction.answering = true;
}

/* True if our request was for the frame. */
static bool take_frame(struct poller *p, const struct event *e)
{
	schedule_answered(&p->schedule, e->address, e->type, e->time_us);
	p->fruitless = false;
	return arbitration_frame(&p->arbitration, e->address, e->type, capture_repeated(p->capture),
				 e->time_us);
}

/*
 * Whoever requested the frame waits for the same gap: two that saw the same end would both transmit at the
 * end of it.  True if the frame is a sign of another master, not the second answer to one request.
 */
static bool is_others(struct poller *p, const struct event *e)
{
	p->arbitration.backoff_until_us =
		e->time_us + p->options.gap_us + POLLER_OTHERS_US + arbitration_jitter_us(&p->arbitration);
	return !capture_suspects_two_packs(p->capture, e->address, e->time_us);
}

static void unsolicited(struct poller *p, const struct event *e)
{
	if (arbitration_unsolicited(&p->arbitration, e->address, e->type, e->time_us))
		echoes_answered(&p->echoes);
}

static void frame_received(struct poller *p, const struct event *e)
{
	if (!take_frame(p, e) && is_others(p, e))
		unsolicited(p, e);
}

static void frame_yielding(struct poller *p, const struct event *e)
{
	if (!take_frame(p, e) && is_others(p, e))
		p->arbitration.other_master = true;
}

static void frame_asked(struct poller *p, const struct event *e)
{
	struct transaction *t = &p->transaction;
	if (!take_frame(p, e) && !transaction_is_misaddressed(t, e->type) && is_others(p, e))
		unsolicited(p, e);
	if (e->address != t->request.address || e->type != t->request.type)
		return;
	t->answered = true;
	capture_answered(p->capture, e->address, e->time_us - t->sent_us);
}

static void orphan_asked(struct poller *p, const struct event *e)
{
	(void)e;
	p->transaction.orphan = true;
}

/* A request that is not the echo of ours is another master's, or a copy that the network made. */
static void request_received(struct poller *p, const struct modbus *m, const uint8_t *bytes)
{
	struct arbitration *a = &p->arbitration;
	int64_t now_us = p->last_byte_us;
	enum echoes_kind kind = echoes_kind(&p->echoes, m, bytes, arbitration_suspects(a, now_us), now_us);
	enum frame_type type = m->function == 0x10 ? jk_frame_of_trigger(m->reg) : 0;
	if (kind != ECHOES_OURS)
		arbitration_stray(a, m->address, type, kind == ECHOES_FOREIGN, now_us);
}

static void message_received(struct poller *p, const struct event *e)
{
	const struct modbus *m = e->message;
	if (m->kind == MODBUS_REQUEST)
		request_received(p, m, e->bytes);
	else
		schedule_alive(&p->schedule, m->address, p->last_byte_us);
}

static void message_asked(struct poller *p, const struct event *e)
{
	const struct modbus *m = e->message;
	struct transaction *t = &p->transaction;
	message_received(p, e);
	if (m->kind != MODBUS_REQUEST && m->address == t->request.address)
		t->acknowledged = true;
	if (!transaction_is_answer(t, m))
		return;
	t->answered = true;
	if (t->request.type && m->kind == MODBUS_EXCEPTION)
		schedule_excused(&p->schedule, m->address, t->request.type, p->last_byte_us);
}

static void yield(struct poller *p, const struct event *e)
{
	report_mode(p, "listen master", e->time_us);
	capture_listens(p->capture);
	enter(p, POLLER_YIELDING, arbitration_yield(&p->arbitration, e->time_us));
}

/* ---- what is transmitted ---- */

/*
 * The T line of a write comes first, and `send` makes sure that it is out: if the program is killed between
 * the two, a write that was transmitted must not look as if it was not.
 */
static void transmit(struct poller *p, int64_t now_us)
{
	const struct request *r = &p->transaction.request;
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
	bool certain = !arbitration_has_rivals(&p->arbitration, r->address, r->type, now_us);
	capture_requested(p->capture, r->address, r->type, certain, now_us);
	arbitration_request(&p->arbitration, r->address, r->type, now_us);
	echoes_sent(&p->echoes, r, now_us);
	transaction_begin(&p->transaction, capture_junk_bytes(p->capture), now_us);
	p->last_byte_us = now_us;
	const struct transaction_timing *timing = &p->options.timing;
	enter(p, POLLER_ASKED, now_us + timing->first_byte_us + (int64_t)r->size * timing->byte_us);
}

static bool fetch_request(struct poller *p, int64_t now_us)
{
	bool writes = now_us - p->poll_us >= POLLER_NO_WRITE_US;
	if (!turns_request_may(&p->turns) || !p->fetch ||
	    !p->fetch(p->context, &p->transaction.request, writes, now_us))
		return false;
	turns_request(&p->turns);
	return true;
}

static void transmit_next(struct poller *p, int64_t now_us)
{
	enum frame_type type;
	struct target *t = schedule_next(&p->schedule, now_us, &type);
	turns_next(&p->turns, t != NULL, now_us);
	if (fetch_request(p, now_us)) {
		transmit(p, now_us);
	} else if (t) {
		p->transaction.request = transaction_poll(t->address, type);
		schedule_asked(&p->schedule, t, type, now_us);
		transmit(p, now_us);
	}
}

/* ---- what happens as time passes ---- */

/* True if an answer has begun and only pauses. */
static bool stalls(const struct poller *p)
{
	return p->options.timing.stall_us > TRANSACTION_PAUSE_US &&
	       capture_begun(p->capture, p->transaction.request.address);
}

static int64_t pause_us(const struct poller *p)
{
	return transaction_pause_us(&p->options.timing, stalls(p));
}

static void missed(struct poller *p, int64_t now_us)
{
	const struct request *r = &p->transaction.request;
	struct arbitration *a = &p->arbitration;
	int64_t jitter_us = arbitration_jitter_us(a), collision_us = arbitration_collision_jitter_us(a);
	bool damaged = transaction_is_damaged(&p->transaction, capture_junk_bytes(p->capture));
	/* While nobody answers, once a round, which delays nobody. */
	if (damaged || schedule_first_unanswered(&p->schedule, r->address))
		a->backoff_until_us = now_us + collision_us;
	if (r->type == 0)
		return;
	if (p->transaction.orphan || p->transaction.acknowledged || damaged)
		schedule_damaged(&p->schedule, r->address, r->type, now_us);
	else if (schedule_missed(&p->schedule, r->address, r->type, collision_us, now_us))
		a->backoff_until_us = now_us + jitter_us;
}

static void asked_time(struct poller *p, const struct event *e)
{
	const struct transaction *t = &p->transaction;
	int64_t now_us = e->time_us;
	if (t->answered) {
		enter_idle(p);
		return;
	}
	p->deadline_us = transaction_deadline_us(t, &p->options.timing, p->last_byte_us, stalls(p));
	bool over = now_us >= p->deadline_us;
	if (over && now_us - p->last_byte_us >= pause_us(p))
		capture_cut(p->capture,
			    now_us); /* a frame that waits for its acknowledgement stops waiting */
	if (!over && !t->orphan)
		return;
	if (over)
		capture_timeout(p->capture, t->request.address, type_names[t->request.type], now_us);
	missed(p, now_us);
	enter_idle(p);
}

/* When there may be something to transmit again. */
static int64_t next_request_us(const struct poller *p, int64_t due_us, int64_t now_us)
{
	int64_t writes_us = p->poll_us + POLLER_NO_WRITE_US;
	if (p->stopping)
		return INT64_MAX;
	if (now_us < writes_us && writes_us < due_us)
		return writes_us;
	return due_us > now_us ? due_us : now_us;
}

/* How long it takes to poll all addresses once if none answers. */
static int64_t silent_round_us(const struct poller *p)
{
	const struct transaction_timing *t = &p->options.timing;
	int64_t answer_us = (int64_t)transaction_answer_max() * t->byte_us;
	int64_t one_us = t->first_byte_us + p->options.gap_us + answer_us;
	return (int64_t)p->schedule.count * one_us;
}

/*
 * A poll that is due and cannot go out, as on a line that is never silent, counts as transmitted.  Otherwise
 * the silence of that pack would look as if nobody polled it.
 */
static void count_overdue(struct poller *p, int64_t now_us)
{
	int64_t rounds_us = 2 * silent_round_us(p);
	int64_t after_us = rounds_us > POLLER_OVERDUE_US ? rounds_us : POLLER_OVERDUE_US;
	for (size_t i = 0; i < p->schedule.count; i++)
		if (schedule_overdue(&p->schedule.targets[i], after_us, now_us))
			capture_overdue(p->capture, p->schedule.targets[i].address);
}

/*
 * When the line counts as free: after the gap, behind a message that stopped in the middle, after backing
 * off, and a while after a request of an unknown sender.
 */
static int64_t line_free_us(const struct poller *p, int64_t now_us)
{
	bool noisy = p->busy_since_us != INT64_MAX && now_us - p->busy_since_us >= POLLER_NOISE_US;
	int64_t free_us = p->last_byte_us + (noisy ? p->options.gap_us / 4 : p->options.gap_us);
	int64_t decided_us = p->last_byte_us + pause_us(p);
	if (capture_undecided(p->capture) && (!noisy || stalls(p)) && free_us < decided_us)
		free_us = decided_us;
	free_us = free_us > p->arbitration.backoff_until_us ? free_us : p->arbitration.backoff_until_us;
	return free_us > p->arbitration.hold_until_us ? free_us : p->arbitration.hold_until_us;
}

static void idle_time(struct poller *p, const struct event *e)
{
	int64_t now_us = e->time_us, due_us = schedule_due_us(&p->schedule);
	count_overdue(p, now_us);
	p->deadline_us = line_free_us(p, now_us);
	if (now_us < p->deadline_us) {
		if (p->busy_since_us == INT64_MAX && due_us <= now_us)
			p->busy_since_us = now_us;
		return;
	}
	if (!p->stopping)
		transmit_next(p, now_us);
	if (p->state == POLLER_IDLE)
		p->deadline_us = next_request_us(p, due_us, now_us);
}

static void begin_polling(struct poller *p, const struct event *e)
{
	if (p->deadline_us < p->arbitration.hold_until_us)
		p->deadline_us = p->arbitration.hold_until_us;
	if (e->time_us < p->deadline_us || p->stopping)
		return;
	arbitration_resume(&p->arbitration);
	p->poll_us = e->time_us;
	turns_begin(&p->turns, e->time_us);
	p->fruitless = true;
	report_mode(p, "poll", e->time_us);
	schedule_restart(&p->schedule, e->time_us);
	enter_idle(p);
	idle_time(p, e);
}

/* ---- the state machine: what each event does in each state; NULL: nothing ---- */

typedef void handler(struct poller *p, const struct event *e);

/* clang-format off */
static handler *const handlers[EVENTS][POLLER_STATES] = {
	/*            DOWN              LISTENING         IDLE              ASKED          YIELDING */
	[OPENED]  = { opened,           opened,           opened,           opened,        opened },
	[CLOSED]  = { closed,           closed,           closed,           closed,        closed },
	[BYTES]   = { bytes_received,   bytes_received,   bytes_received,   bytes_asked,   bytes_received },
	[FRAME]   = { frame_received,   frame_received,   frame_received,   frame_asked,   frame_yielding },
	[ORPHAN]  = { NULL,             NULL,             NULL,             orphan_asked,  NULL },
	[MESSAGE] = { message_received, message_received, message_received, message_asked, message_received },
	[MASTER]  = { NULL,             yield,            yield,            yield,         yield },
	[TIME]    = { NULL,             begin_polling,    idle_time,        asked_time,    begin_polling },
	[STOP]    = { stop,             stop,             stop,             stop,          stop },
};
/* clang-format on */

static void dispatch(struct poller *p, enum event_kind kind, const struct event *e)
{
	handler *handle = handlers[kind][p->state];
	if (handle)
		handle(p, e);
}

bool poller_time(struct poller *p, int64_t now_us)
{
	const struct event e = {.time_us = now_us};
	if (p->arbitration.other_master)
		dispatch(p, MASTER, &e);
	enum poller_state before = p->state;
	dispatch(p, TIME, &e);
	/* The end of a transaction begins the next at once where no gap is left to wait for. */
	if (before == POLLER_ASKED && p->state == POLLER_IDLE) {
		if (schedule_silent(&p->schedule))
			return true;
		dispatch(p, TIME, &e);
	}
	return false;
}

void poller_opened(struct poller *p, int64_t now_us)
{
	dispatch(p, OPENED, &(struct event){.time_us = now_us});
}

void poller_closed(struct poller *p)
{
	dispatch(p, CLOSED, &(struct event){0});
}

bool poller_stop(struct poller *p)
{
	dispatch(p, STOP, &(struct event){0});
	return p->state != POLLER_ASKED;
}

static void on_bytes(void *context, int64_t now_us)
{
	dispatch(context, BYTES, &(struct event){.time_us = now_us});
}

static void on_frame(void *context, uint8_t address, uint8_t type, int64_t time_us)
{
	const struct event e = {.time_us = time_us, .address = address, .type = (enum frame_type)type};
	dispatch(context, FRAME, &e);
}

static void on_orphan(void *context)
{
	dispatch(context, ORPHAN, &(struct event){0});
}

static void on_message(void *context, const struct modbus *message, const uint8_t *bytes)
{
	dispatch(context, MESSAGE, &(struct event){.message = message, .bytes = bytes});
}

/* ---- the rest ---- */

void poller_begin(struct poller *p, const struct poller_options *options, struct capture *capture,
		  poller_send *send, poller_fetch *fetch, void *context)
{
	*p = (struct poller){
		.options = *options,
		.capture = capture,
		.send = send,
		.fetch = fetch,
		.context = context,
		.state = POLLER_DOWN,
		.deadline_us = INT64_MAX,
		.listener = {p, on_bytes, on_frame, on_orphan, on_message},
	};
	arbitration_begin(&p->arbitration, options->seed);
	echoes_begin(&p->echoes);
	capture_listen(capture, &p->listener);
	schedule_begin(&p->schedule, options->addresses, options->interval_us);
}

void poller_suspended(struct poller *p, int64_t by_us, int64_t now_us)
{
	p->transaction.sent_us += by_us;
	turns_suspended(&p->turns, by_us);
	arbitration_suspended(&p->arbitration, by_us);
	echoes_suspended(&p->echoes, by_us);
	schedule_suspended(&p->schedule, by_us, now_us);
}

int64_t poller_deadline(const struct poller *p)
{
	return p->deadline_us;
}

const char *poller_mode(const struct poller *p)
{
	return p->mode;
}

bool poller_yields(const struct poller *p)
{
	return p->state == POLLER_YIELDING || p->arbitration.other_master;
}

int64_t poller_quiet_until_us(const struct poller *p)
{
	return p->state == POLLER_YIELDING ? p->deadline_us : p->arbitration.hold_until_us;
}

int64_t poller_round_us(const struct poller *p)
{
	int64_t round_us = silent_round_us(p);
	return round_us > p->options.interval_us ? round_us : p->options.interval_us;
}
