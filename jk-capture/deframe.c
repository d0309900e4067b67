/* SPDX-License-Identifier: MIT */
#include "deframe.h"

#include <string.h>

enum verdict {
	MORE,   /* not enough bytes to decide */
	WAIT,   /* a valid frame whose acknowledgement may still come */
	NO,     /* nothing starts at this byte */
	SKIP,   /* the first `size` bytes are no frame although their checksum is right */
	FRAME,  /* a frame of `size` bytes, padding included; its acknowledgement follows */
	ORPHAN, /* a valid frame without one */
	MESSAGE,
};

struct finding {
	enum verdict verdict;
	size_t size;          /* of FRAME and SKIP */
	bool whole;           /* with MORE: a message is complete, but its last bytes may begin a frame */
	struct modbus modbus; /* the message; of a frame its acknowledgement */
};

/*
 * Looks for a header that starts in the first `size` bytes at p, but not at p itself; it may end after them.
 * Returns FRAME and where it starts; NO; or MORE if one may start there but the n bytes are too few.
 */
static enum verdict find_header(const uint8_t *p, size_t size, size_t n, bool final, size_t *where)
{
	for (size_t i = 1; i < size; i++) {
		size_t match = jk_frame_magic_match(p + i, n - i);
		*where = i;
		if (match == JK_FRAME_MAGIC_SIZE)
			return FRAME;
		if (match == n - i && !final)
			return MORE;
	}
	return NO;
}

/*
 * Looks for the acknowledgement that belongs to the frame's type.  Returns FRAME with its start, after the
 * 300 bytes; WAIT if it may still come; or NO. only: the address that it must have, -1 for any.
 */
static enum verdict find_ack(const uint8_t *p, size_t n, int only, size_t *start, struct modbus *ack)
{
	enum frame_type type =
		jk_frame_table(p[JK_FRAME_TYPE_OFFSET]) ? (enum frame_type)p[JK_FRAME_TYPE_OFFSET] : 0;
	if (type == 0)
		return NO;
	size_t i = FRAME_SIZE;
	while (i < n && p[i] == 0)
		i++;
	/* A zero just before the 10 is the address of a bus master that reports its own frame. */
	if (i < n && p[i] == 0x10 && i > FRAME_SIZE)
		i--;
	size_t zeros = i - FRAME_SIZE;
	if (i == n) /* the last zero may be that address */
		return zeros <= JK_FRAME_PADDING_MAX + 1 ? WAIT : NO;
	if (zeros > JK_FRAME_PADDING_MAX)
		return NO;
	const uint8_t *a = p + i;
	const uint8_t head[] = {
		a[0], 0x10, (uint8_t)(field_tables[type]->trigger >> 8), (uint8_t)field_tables[type]->trigger,
		0,    1};
	size_t known = n - i < sizeof head ? n - i : sizeof head;
	if (a[0] > MODBUS_ADDRESS_MAX || (only >= 0 && a[0] != only) || memcmp(a, head, known) != 0)
		return NO;
	enum modbus_verdict verdict = modbus_parse(a, n - i, ack);
	if (verdict == MODBUS_MORE && n - i < 8)
		return WAIT;
	*start = i;
	return verdict == MODBUS_YES && ack->kind == MODBUS_ACK ? FRAME : NO;
}

/*
 * A false header up to 64 bytes before a frame that ends in zeros can have a checksum that is right, and then
 * the same acknowledgement after the same zeros.  The frame nearer to the acknowledgement is the real one.
 */
static size_t nearer_frame(const uint8_t *p, size_t ack_start)
{
	for (size_t i = ack_start - FRAME_SIZE; i >= JK_FRAME_MAGIC_SIZE; i--)
		if (jk_frame_magic_match(p + i, JK_FRAME_MAGIC_SIZE) == JK_FRAME_MAGIC_SIZE &&
		    p[i + JK_FRAME_TYPE_OFFSET] == p[JK_FRAME_TYPE_OFFSET] && jk_frame_sum_fits(p + i))
			return i;
	return 0;
}

static struct finding examine_frame(const uint8_t *p, size_t n, bool final, int only)
{
	struct finding f = {.verdict = NO};
	if (!jk_frame_sum_fits(p))
		return f;
	size_t ack_start = 0;
	enum verdict ack = find_ack(p, n, only, &ack_start, &f.modbus);
	if (ack == WAIT && !final)
		return (struct finding){.verdict = WAIT};
	if (ack == FRAME) {
		f.size = nearer_frame(p, ack_start);
		f.verdict = f.size > 0 ? SKIP : FRAME;
		if (f.verdict == FRAME)
			f.size = ack_start;
		return f;
	}
	f.verdict = find_header(p, FRAME_SIZE, n, final, &f.size);
	if (f.verdict == FRAME)
		f.verdict = SKIP;
	else if (f.verdict == NO)
		f.verdict = ORPHAN;
	return f;
}

/*
 * A message in which a JK frame begins is noise whose CRC is right by chance.  The frame must not be lost to
 * it.
 */
static struct finding examine_message(const uint8_t *p, size_t n, bool final)
{
	struct finding f = {.verdict = NO};
	enum modbus_verdict message = modbus_parse(p, n, &f.modbus);
	if (message == MODBUS_MORE && !final)
		f.verdict = MORE;
	if (message != MODBUS_YES)
		return f;
	enum verdict header = find_header(p, f.modbus.size, n, final, &f.size);
	f.verdict = header == NO ? MESSAGE : header == MORE ? MORE : NO;
	f.whole = header == MORE;
	return f;
}

/*
 * Examines what starts at p, where n > 0 bytes are available.  A verdict other than MORE and WAIT does not
 * change when more bytes come. final: no more bytes will come that could belong to this. only: see find_ack.
 */
static struct finding examine(const uint8_t *p, size_t n, bool final, int only)
{
	size_t match = jk_frame_magic_match(p, n);
	if (match == JK_FRAME_MAGIC_SIZE && n >= FRAME_SIZE)
		return examine_frame(p, n, final, only);
	if (match == JK_FRAME_MAGIC_SIZE || match == n)
		return (struct finding){.verdict = final ? NO : MORE};
	return examine_message(p, n, final);
}

static void emit(struct deframer *d, enum deframe_kind kind, size_t size, size_t unpadded,
		 const struct modbus *message)
{
	struct deframe_item item = {
		.kind = kind, .data = d->data, .size = size, .time_us = d->time_us[unpadded - 1]};
	if (message)
		item.address = message->address, item.modbus = *message;
	d->emit(d->context, &item);
	d->size -= size;
	memmove(d->data, d->data + size, d->size);
	memmove(d->time_us, d->time_us + size, d->size * sizeof *d->time_us);
}

static void emit_open(struct deframer *d)
{
	if (d->message_size > 0)
		emit(d, DEFRAME_MODBUS, d->open_size, d->message_size, &d->message);
	else if (d->open_size > 0)
		emit(d, DEFRAME_JUNK, d->open_size, d->open_size, NULL);
	d->message_size = d->open_size = 0;
}

/* The first byte after the open ones starts nothing: it is padding of the held message, or junk. */
static void take_byte(struct deframer *d)
{
	bool padding = d->message_size > 0 && d->data[d->open_size] == 0 &&
		       d->open_size - d->message_size < JK_FRAME_PADDING_MAX;
	if (d->message_size > 0 && !padding)
		emit_open(d);
	d->open_size++;
	if (d->message_size == 0)
		d->asked.address = 0; /* the request is no longer directly before the undecided bytes */
	if (d->message_size == 0 && d->open_size == DEFRAME_JUNK_MAX)
		emit_open(d);
}

static struct deframe_asked frame_asked_for(const struct modbus *m, int64_t time_us)
{
	enum frame_type type = m->kind == MODBUS_REQUEST && m->function == 0x10 && m->quantity == 1
				       ? jk_frame_of_trigger(m->reg)
				       : 0;
	bool whose = type != 0 && m->address <= MODBUS_ADDRESS_MAX;
	return (struct deframe_asked){.address = whose ? m->address : 0, .type = type, .time_us = time_us};
}

static void hold_message(struct deframer *d, const struct modbus *message)
{
	d->message = *message;
	d->open_size = d->message_size = message->size;
	d->asked = frame_asked_for(message, d->time_us[message->size - 1]);
	if (d->notice && !d->noticed)
		d->notice(d->context, message, d->data);
	d->noticed = false;
}

/* Frames that were read together do not show the pace of the line. */
static void note_pace(struct deframe_pace *pace, int64_t now_us)
{
	int64_t took_us = now_us - pace->last_us;
	pace->last_us = now_us;
	if (took_us < DEFRAME_GAP_MIN_US || took_us > DEFRAME_OWN_US)
		return;
	pace->times_us[pace->count++ % DEFRAME_PACES] = took_us;
	size_t n = pace->count < DEFRAME_PACES ? pace->count : DEFRAME_PACES;
	if (n < DEFRAME_PACES_LEAST)
		return;
	pace->least_us = INT64_MAX;
	for (size_t i = 0; i < n; i++)
		if (pace->times_us[i] < pace->least_us)
			pace->least_us = pace->times_us[i];
}

static void act(struct deframer *d, const struct finding *f)
{
	if (f->verdict == FRAME || f->verdict == ORPHAN)
		note_pace(&d->pace, d->time_us[d->open_size + FRAME_SIZE - 1]);
	switch (f->verdict) {
	case NO:
		take_byte(d);
		break;
	case SKIP:
		for (size_t i = 0; i < f->size; i++)
			take_byte(d);
		break;
	case FRAME:
		emit_open(d);
		emit(d, DEFRAME_FRAME, f->size, FRAME_SIZE, &f->modbus);
		hold_message(d, &f->modbus);
		break;
	case ORPHAN:
		emit_open(d);
		emit(d, DEFRAME_ORPHAN, FRAME_SIZE, FRAME_SIZE, NULL);
		d->asked.address = 0;
		break;
	case MESSAGE:
		emit_open(d);
		hold_message(d, &f->modbus);
		break;
	case MORE:
	case WAIT:
		break;
	}
}

/*
 * Decides what the available bytes decide. final: no more will come; give_up: no acknowledgement will,
 * either.
 */
static void decide(struct deframer *d, bool final, bool give_up)
{
	d->waiting = false;
	while (d->size > d->open_size) {
		const uint8_t *p = d->data + d->open_size;
		size_t n = d->size - d->open_size;
		if (d->message_size > 0 && *p != 0) /* no more padding will come */
			emit_open(d), p = d->data;
		struct finding f = examine(p, n, false, d->only);
		if ((f.verdict == MORE && final) || (f.verdict == WAIT && give_up))
			f = examine(p, n, true, d->only);
		d->waiting = f.verdict == WAIT;
		if (f.verdict == MORE && f.whole && d->notice && !d->noticed) {
			d->notice(d->context, &f.modbus, p);
			d->noticed = true;
		}
		if (f.verdict == MORE || f.verdict == WAIT)
			break;
		act(d, &f);
		d->noticed = false;
		d->only = -1;
	}
	if (final)
		emit_open(d);
}

void deframe_init(struct deframer *d, deframe_emit *emit_item, deframe_notice *notice, void *context)
{
	d->emit = emit_item;
	d->notice = notice;
	d->context = context;
	d->open_size = d->message_size = d->size = 0;
	d->waiting = d->noticed = false;
	d->only = -1;
	d->last_us = 0;
	d->silence_us = DEFRAME_SILENCE_US;
	d->asked = d->own = (struct deframe_asked){0};
	d->polls = false;
	d->pace = (struct deframe_pace){0};
}

void deframe_bytes(struct deframer *d, const uint8_t *p, size_t n, int64_t now_us)
{
	while (n > 0) {
		size_t room = DEFRAME_BUFFER - d->size;
		size_t take = n < room ? n : room;
		memcpy(d->data + d->size, p, take);
		for (size_t i = 0; i < take; i++)
			d->time_us[d->size + i] = now_us;
		d->size += take;
		p += take;
		n -= take;
		decide(d, false, false);
	}
	d->last_us = now_us;
}

/* When the last byte of the waiting frame came. */
static int64_t frame_end_us(const struct deframer *d)
{
	return d->time_us[d->open_size + FRAME_SIZE - 1];
}

/* True if the acknowledgement has begun.  A zero may be padding. */
static bool ack_begun(const struct deframer *d)
{
	for (size_t i = d->open_size + FRAME_SIZE; i < d->size; i++)
		if (d->data[i] != 0)
			return true;
	return false;
}

static int64_t gap_us(const struct deframer *d)
{
	int64_t half_us = d->pace.least_us / 2;
	if (half_us == 0)
		return DEFRAME_GAP_FIRST_US;
	return half_us > DEFRAME_GAP_MAX_US   ? DEFRAME_GAP_MAX_US
	       : half_us < DEFRAME_GAP_MIN_US ? DEFRAME_GAP_MIN_US
					      : half_us;
}

static int64_t prompt_us(const struct deframer *d)
{
	if (d->pace.least_us == 0)
		return DEFRAME_PROMPT_FIRST_US;
	return d->pace.least_us < DEFRAME_PROMPT_MAX_US ? d->pace.least_us : DEFRAME_PROMPT_MAX_US;
}

/* The only address that can have sent the waiting frame, by the requests; -1 if they do not show it. */
static int only_sender(const struct deframer *d)
{
	const struct deframe_asked *asked = d->polls ? &d->own : &d->asked;
	int64_t took_us = d->time_us[d->open_size] - asked->time_us;
	bool prompt = took_us < (d->polls ? DEFRAME_OWN_US : prompt_us(d));
	bool fits = asked->type == (enum frame_type)d->data[d->open_size + JK_FRAME_TYPE_OFFSET];
	return asked->address > 0 && fits && prompt ? asked->address : -1;
}

/*
 * True if the waiting frame accepts any acknowledgement, so that after a gap it might take that of another
 * frame.
 */
static bool may_be_anyones(const struct deframer *d)
{
	return d->waiting && d->only < 0 && !ack_begun(d);
}

/*
 * After a gap only one acknowledgement is accepted from now on.  True if there is none, so that the frame
 * gives up.
 */
static bool note_gap(struct deframer *d, int64_t now_us)
{
	if (!may_be_anyones(d) || now_us - d->last_us < gap_us(d))
		return false;
	d->only = only_sender(d);
	return d->only < 0;
}

/*
 * Until when the frame waits for the one acknowledgement that is accepted, or for the rest of one that has
 * begun.
 */
static int64_t wait_end_us(const struct deframer *d)
{
	int64_t least_us = frame_end_us(d) + DEFRAME_ACK_US, rest_us = d->last_us + d->silence_us;
	return least_us > rest_us ? least_us : rest_us;
}

void deframe_silence(struct deframer *d, int64_t now_us)
{
	if (d->size == 0)
		return;
	bool give_up = note_gap(d, now_us) || (d->waiting && now_us >= wait_end_us(d));
	bool silent = now_us - d->last_us >= d->silence_us;
	if (give_up || silent)
		decide(d, silent, give_up);
}

void deframe_late(struct deframer *d, int64_t now_us)
{
	if (note_gap(d, now_us))
		decide(d, false, true);
}

void deframe_asked(struct deframer *d, uint8_t address, enum frame_type type, int64_t now_us)
{
	d->polls = true;
	d->own = (struct deframe_asked){.address = address, .type = type, .time_us = now_us};
}

void deframe_listens(struct deframer *d)
{
	d->polls = false;
}

void deframe_end(struct deframer *d)
{
	decide(d, true, true);
}

bool deframe_undecided(const struct deframer *d)
{
	for (size_t i = d->open_size; i < d->size && !d->noticed; i++)
		if (d->data[i] != 0)
			return true;
	return false;
}

bool deframe_begun(const struct deframer *d, uint8_t address)
{
	const uint8_t *p = d->data + d->open_size;
	size_t n = d->size - d->open_size;
	for (size_t i = 0; i < n && !d->noticed; i++)
		if (jk_frame_magic_match(p + i, n - i) ==
		    (n - i < JK_FRAME_MAGIC_SIZE ? n - i : JK_FRAME_MAGIC_SIZE))
			return true;
	return n > 0 && !d->noticed && address > 0 && p[0] == address;
}

int64_t deframe_deadline(const struct deframer *d)
{
	if (d->size == 0)
		return INT64_MAX;
	int64_t silence_us = d->last_us + d->silence_us;
	if (!d->waiting)
		return silence_us;
	int64_t wait_us = may_be_anyones(d) ? d->last_us + gap_us(d) : wait_end_us(d);
	/* If nothing stands before the waiting frame, silence has nothing more to decide. */
	return d->open_size > 0 && silence_us < wait_us ? silence_us : wait_us;
}
