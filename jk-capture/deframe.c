/* SPDX-License-Identifier: MIT */
#include "deframe.h"

#include <string.h>

enum verdict {
	MORE,   /* the bytes at hand do not tell yet */
	WAIT,   /* a sound frame, and its acknowledgement may still come */
	NO,     /* nothing starts at this byte */
	SKIP,   /* the first `size` bytes are no frame though their sum fits */
	FRAME,  /* a frame of `size` bytes, padding included; its acknowledgement follows */
	ORPHAN, /* a sound frame without one */
	MESSAGE,
};

struct finding {
	enum verdict verdict;
	size_t size;          /* of FRAME and SKIP */
	struct modbus modbus; /* the message; of a frame its acknowledgement */
};

/*
 * Does a header start among the first `size` bytes at p, but not at p itself?  It may end behind them.  FRAME and where; NO;
 * or MORE if one may start there and the n bytes at hand are too few to tell.
 */
static enum verdict find_header(const uint8_t *p, size_t size, size_t n, bool final, size_t *where)
{
	for (size_t i = 1; i < size; i++) {
		size_t match = frame_magic_match(p + i, n - i);
		*where = i;
		if (match == FRAME_MAGIC_SIZE)
			return FRAME;
		if (match == n - i && !final)
			return MORE;
	}
	return NO;
}

/* The acknowledgement that fits the frame's type: where it starts behind the 300 bytes, or that it may yet come, or NO. */
static enum verdict find_ack(const uint8_t *p, size_t n, size_t *start, struct modbus *ack)
{
	enum frame_type type = frame_table(p[FRAME_TYPE_OFFSET]) ? (enum frame_type)p[FRAME_TYPE_OFFSET] : 0;
	if (type == 0)
		return NO;
	size_t i = FRAME_SIZE;
	while (i < n && p[i] == 0)
		i++;
	/* A zero just before the 10 is the address of a master that speaks for itself. */
	if (i < n && p[i] == 0x10 && i > FRAME_SIZE)
		i--;
	size_t zeros = i - FRAME_SIZE;
	if (i == n) /* the last of the zeros may still turn out to be that address */
		return zeros <= FRAME_PADDING_MAX + 1 ? WAIT : NO;
	if (zeros > FRAME_PADDING_MAX)
		return NO;
	const uint8_t *a = p + i;
	const uint8_t head[] = {
		a[0], 0x10, (uint8_t)(field_tables[type]->trigger >> 8), (uint8_t)field_tables[type]->trigger, 0, 1};
	size_t known = n - i < sizeof head ? n - i : sizeof head;
	if (a[0] > MODBUS_ADDRESS_MAX || memcmp(a, head, known) != 0)
		return NO;
	enum modbus_verdict verdict = modbus_parse(a, n - i, ack);
	if (verdict == MODBUS_MORE && n - i < 8)
		return WAIT;
	*start = i;
	return verdict == MODBUS_YES && ack->kind == MODBUS_ACK ? FRAME : NO;
}

/*
 * A false header up to 64 bytes before a frame that ends in zeros can have a sum that fits, and then the same
 * acknowledgement behind the same zeros.  The frame nearer to it is the one.
 */
static size_t nearer_frame(const uint8_t *p, size_t ack_start)
{
	for (size_t i = ack_start - FRAME_SIZE; i >= FRAME_MAGIC_SIZE; i--)
		if (frame_magic_match(p + i, FRAME_MAGIC_SIZE) == FRAME_MAGIC_SIZE &&
		    p[i + FRAME_TYPE_OFFSET] == p[FRAME_TYPE_OFFSET] && frame_sum_fits(p + i))
			return i;
	return 0;
}

static struct finding examine_frame(const uint8_t *p, size_t n, bool final)
{
	struct finding f = {.verdict = NO};
	if (!frame_sum_fits(p))
		return f;
	size_t ack_start = 0;
	enum verdict ack = find_ack(p, n, &ack_start, &f.modbus);
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

/* A message in which a JK frame begins is noise whose CRC fits by chance: the frame must not be lost to it. */
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
	return f;
}

/*
 * What starts at p, of which n > 0 bytes are at hand.  A verdict other than MORE and WAIT does not change when more bytes come.
 * final: none will come that could belong to this.
 */
static struct finding examine(const uint8_t *p, size_t n, bool final)
{
	size_t match = frame_magic_match(p, n);
	if (match == FRAME_MAGIC_SIZE && n >= FRAME_SIZE)
		return examine_frame(p, n, final);
	if (match == FRAME_MAGIC_SIZE || match == n)
		return (struct finding){.verdict = final ? NO : MORE};
	return examine_message(p, n, final);
}

static void emit(struct deframer *d, enum deframe_kind kind, size_t size, size_t unpadded, const struct modbus *message)
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

/* The first byte behind the open ones starts nothing: padding of the message held, or junk. */
static void take_byte(struct deframer *d)
{
	bool padding = d->message_size > 0 && d->data[d->open_size] == 0 &&
		       d->open_size - d->message_size < FRAME_PADDING_MAX;
	if (d->message_size > 0 && !padding)
		emit_open(d);
	d->open_size++;
	if (d->message_size == 0 && d->open_size == DEFRAME_JUNK_MAX)
		emit_open(d);
}

static void hold_message(struct deframer *d, const struct modbus *message)
{
	d->message = *message;
	d->open_size = d->message_size = message->size;
	if (d->notice)
		d->notice(d->context, message, d->data);
}

static void act(struct deframer *d, const struct finding *f)
{
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

/* Decides what the bytes at hand decide.  final: no more will come; give_up: nor will an acknowledgement. */
static void decide(struct deframer *d, bool final, bool give_up)
{
	d->waiting = false;
	while (d->size > d->open_size) {
		const uint8_t *p = d->data + d->open_size;
		size_t n = d->size - d->open_size;
		if (d->message_size > 0 && *p != 0) /* no more padding will come */
			emit_open(d), p = d->data;
		struct finding f = examine(p, n, false);
		if ((f.verdict == MORE && final) || (f.verdict == WAIT && give_up))
			f = examine(p, n, true);
		d->waiting = f.verdict == WAIT;
		if (f.verdict == MORE || f.verdict == WAIT)
			break;
		act(d, &f);
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
	d->waiting = false;
	d->last_us = 0;
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

/* When the last byte of the frame that waits came. */
static int64_t frame_end_us(const struct deframer *d)
{
	return d->time_us[d->open_size + FRAME_SIZE - 1];
}

void deframe_silence(struct deframer *d, int64_t now_us)
{
	if (d->size == 0)
		return;
	bool give_up = d->waiting && now_us - frame_end_us(d) >= DEFRAME_ACK_US;
	if (give_up || now_us - d->last_us >= DEFRAME_SILENCE_US)
		decide(d, true, give_up);
}

void deframe_end(struct deframer *d)
{
	decide(d, true, true);
}

bool deframe_undecided(const struct deframer *d)
{
	for (size_t i = d->open_size; i < d->size; i++)
		if (d->data[i] != 0)
			return true;
	return false;
}

int64_t deframe_deadline(const struct deframer *d)
{
	if (d->size == 0)
		return INT64_MAX;
	int64_t silence = d->last_us + DEFRAME_SILENCE_US;
	if (!d->waiting)
		return silence;
	int64_t give_up = frame_end_us(d) + DEFRAME_ACK_US;
	/* The silence has done its work when nothing stands before the frame that waits. */
	return d->open_size > 0 && silence < give_up ? silence : give_up;
}
