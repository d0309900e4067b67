/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include <string.h>

#include "modbus.h"
#include "setting.h"
#include "setting_rules.h"
#include "value.h"

enum { READINGS_MAX = 4, WORD_MAX = 96 };

struct shown {
	char text[WORD_MAX];
};

/* A value as text, for %s. */
static struct shown shown(const struct field *f, int64_t raw)
{
	struct shown s;
	struct strbuf t = {.data = s.text, .capacity = sizeof s.text - 1};
	value_print(&t, f, raw);
	s.text[t.size] = '\0';
	return s;
}

/* The write that changes a setting, with all else in its register as the frame has it. */
static void make_write(struct command *c, const uint8_t *frame)
{
	uint8_t values[SETTING_BYTES_MAX];
	setting_put(c->field, frame, c->raw, values);
	c->write_size = modbus_write_request(c->write, c->address, setting_register(c->field),
					     setting_quantity(c->field), values);
}

size_t step_request(const struct command *c, uint8_t out[REQUEST_MAX], enum frame_type *type)
{
	*type = c->step == STEP_SENT ? 0 : c->step == STEP_ABOUT ? FRAME_ABOUT : c->type;
	static const uint8_t zero[2];
	if (c->step != STEP_SENT)
		return modbus_write_request(out, c->address, field_tables[*type]->trigger, 1, zero);
	memcpy(out, c->write, c->write_size);
	return c->write_size;
}

static void enter(struct command *c, enum step step)
{
	c->step = step;
	c->tries = 0;
}

static bool reject(struct command *c, const struct strbuf *why)
{
	command_finish(c, RESULT_REJECTED, "%.*s", (int)why->size, why->data);
	return false;
}

/* Checks the rules against the frame that holds the setting and, if it is known, the about frame. */
static bool fits(struct command *c, const uint8_t *frame, const uint8_t *about)
{
	char buffer[WHY_MAX];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer};
	if (about && !setting_rules_allow_model(c->field, c->raw, about, &why))
		return reject(c, &why);
	if (c->type == FRAME_SETTINGS && !setting_rules_allow(c->field, c->raw, frame, &why))
		return reject(c, &why);
	make_write(c, frame);
	if (setting_in_bounds(setting_register(c->field), c->write + 7))
		return true;
	command_finish(c, RESULT_REJECTED,
		       "register %04X also holds another setting, whose value is out of its bounds",
		       setting_register(c->field));
	return false;
}

/* The about frame to check the command against: the one just read, or the last one known. */
static const uint8_t *about_of(const struct channel *channel, const struct command *c, const uint8_t *frame)
{
	const struct pack *pack = &channel->packs[c->address];
	if (c->type == FRAME_ABOUT)
		return frame;
	return pack->known[FRAME_ABOUT] ? pack->frames[FRAME_ABOUT] : NULL;
}

static bool lacks_about(const struct channel *channel, const struct command *c)
{
	return setting_rules_need_about(c->field) && c->type != FRAME_ABOUT &&
	       !channel->packs[c->address].known[FRAME_ABOUT];
}

void step_begin(struct channel *channel, struct command *c)
{
	c->readings = 0;
	enter(c, lacks_about(channel, c) ? STEP_ABOUT : STEP_BEFORE);
}

/* The result of a command that is only checked: the bytes that would be written. */
static void finish_check(struct command *c, bool held)
{
	char hex[2 * REQUEST_MAX + 1];
	struct strbuf t = {.data = hex, .capacity = sizeof hex - 1};
	strbuf_hex(&t, c->write, c->write_size);
	hex[t.size] = '\0';
	command_finish(c, RESULT_VALID, "%s", held ? "the BMS holds it already" : hex);
}

bool step_dry(const struct channel *channel, struct command *c)
{
	const struct pack *pack = &channel->packs[c->address];
	if (lacks_about(channel, c) || !pack->known[c->type])
		return false;
	const uint8_t *frame = pack->frames[c->type];
	if (!fits(c, frame, about_of(channel, c, frame)))
		return true;
	finish_check(c, false);
	return true;
}

static void about_answered(struct channel *channel, struct command *c, const uint8_t *frame)
{
	char buffer[WHY_MAX];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer};
	(void)channel;
	if (setting_rules_allow_model(c->field, c->raw, frame, &why))
		enter(c, STEP_BEFORE);
	else
		reject(c, &why);
}

/* Are the bytes of the setting's registers the same in both frames? */
static bool same_registers(const struct field *f, const uint8_t *one, const uint8_t *other)
{
	uint8_t a[SETTING_BYTES_MAX], b[SETTING_BYTES_MAX];
	size_t n = setting_held(f, one, a);
	setting_held(f, other, b);
	return memcmp(a, b, n) == 0;
}

/*
 * The checksum of a frame is only one byte.  A shared register is written back in part as the frame shows it,
 * and where the frame shows the value as already set, no other reading follows.  In both cases two readings
 * must agree, one of which may be that of a poll.
 */
static bool agreed(const struct channel *channel, struct command *c, const uint8_t *frame)
{
	const struct pack *pack = &channel->packs[c->address];
	const uint8_t *earlier = c->readings > 0        ? c->before
				 : pack->known[c->type] ? pack->frames[c->type]
							: NULL;
	bool one_is_enough = c->field->size == 4 && setting_get(c->field, frame) != c->raw;
	bool same = one_is_enough || (earlier && same_registers(c->field, earlier, frame));
	memcpy(c->before, frame, FRAME_SIZE);
	c->readings++;
	if (!same && c->readings >= READINGS_MAX)
		command_finish(c, RESULT_REJECTED,
			       "no two readings of register %04X agree: nothing was written",
			       setting_register(c->field));
	return same;
}

static void before_answered(struct channel *channel, struct command *c, const uint8_t *frame)
{
	c->tries = 0;
	if (!agreed(channel, c, frame) || !fits(c, frame, about_of(channel, c, frame)))
		return;
	bool held = setting_get(c->field, frame) == c->raw;
	if (c->check)
		finish_check(c, held);
	else if (held)
		command_finish(c, RESULT_CONFIRMED, "the BMS holds it already: nothing was written");
	else
		enter(c, STEP_SENT);
}

static void write_answered(struct channel *channel, struct command *c, const uint8_t *frame)
{
	(void)channel, (void)frame;
	c->acknowledged = true;
	enter(c, STEP_READING_BACK);
}

/* Another writable setting that has changed; NULL: none. */
static const struct field *also_changed(const struct command *c, const uint8_t *frame)
{
	const struct field_table *table = field_tables[c->type];
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		if (setting_is(f) && f != c->field && setting_get(f, frame) != setting_get(f, c->before))
			return f;
	}
	return NULL;
}

static void confirm(struct command *c, const uint8_t *frame)
{
	const struct field *other = also_changed(c, frame);
	if (other)
		command_finish(c, RESULT_CONFIRMED, "%s has changed as well, from %s to %s", other->key,
			       shown(other, setting_get(other, c->before)).text,
			       shown(other, setting_get(other, frame)).text);
	else if (c->exception)
		command_finish(c, RESULT_CONFIRMED, "exception %u (%s), but the BMS holds it", c->exception,
			       enum_text(ENUM_MODBUS_EXCEPTION, c->exception));
	else if (!c->acknowledged)
		command_finish(c, RESULT_CONFIRMED, "not acknowledged, but the BMS holds it");
	else
		command_finish(c, RESULT_CONFIRMED, "%s", "");
}

/* The registers hold neither their old content nor what was written. */
static void mismatch(struct command *c, const uint8_t *frame)
{
	uint8_t held[SETTING_BYTES_MAX];
	int64_t raw = setting_get(c->field, frame);
	setting_held(c->field, frame, held);
	if (raw != c->raw)
		command_finish(c, RESULT_MISMATCH, "%s, but the BMS holds %s",
			       c->acknowledged ? "acknowledged"
			       : c->exception  ? "refused"
					       : "not acknowledged",
			       shown(c->field, raw).text);
	else
		command_finish(c, RESULT_MISMATCH,
			       "the setting is as requested, but register %04X was to hold %02X%02X and "
			       "holds %02X%02X",
			       setting_register(c->field), c->write[7], c->write[8], held[0], held[1]);
}

static void back_answered(struct channel *channel, struct command *c, const uint8_t *frame)
{
	uint8_t held[SETTING_BYTES_MAX];
	size_t n = setting_held(c->field, frame, held);
	(void)channel;
	if (memcmp(held, c->write + 7, n) == 0) {
		confirm(c, frame);
	} else if (c->acknowledged || !same_registers(c->field, frame, c->before)) {
		mismatch(c, frame);
	} else if (c->exception) {
		command_finish(c, RESULT_REFUSED, "exception %u (%s)", c->exception,
			       enum_text(ENUM_MODBUS_EXCEPTION, c->exception));
	} else if (c->retried) {
		command_finish(c, RESULT_TIMEOUT, "no acknowledgement, twice; the BMS still holds %s",
			       shown(c->field, setting_get(c->field, frame)).text);
	} else {
		c->retried = true;
		c->may_be_written = c->saved_as_written = false; /* the reading shows that it was not */
		memcpy(c->before, frame, FRAME_SIZE);
		enter(c, STEP_SENT);
	}
}

/* The result of a command that has not written, from why there was no answer. */
static void finish_unwritten(const struct channel *channel, struct command *c, const struct unanswered *why)
{
	switch (why->silence) {
	case SILENCE_NO_ANSWER:
		command_finish(c, RESULT_TIMEOUT, "BMS %u does not answer: nothing was written", c->address);
		break;
	case SILENCE_NEVER_SENT:
		command_finish(c, RESULT_TIMEOUT, "the request was never transmitted: nothing was written");
		break;
	case SILENCE_NOBODY:
		command_finish(c, RESULT_TIMEOUT,
			       "%.100s takes no request: nothing was written; is jk-capture running with -x?",
			       channel->fifo);
		break;
	case SILENCE_LISTENING:
		command_finish(c, RESULT_LISTENING_ONLY, "%s only listens%s%s: nothing was written",
			       channel->name, channel->mode[0] ? ", " : "", channel->mode);
		break;
	case SILENCE_EXCEPTION:
		command_finish(c, RESULT_REFUSED, "exception %u (%s) to the reading: nothing was written",
			       why->exception, enum_text(ENUM_MODBUS_EXCEPTION, why->exception));
		break;
	case SILENCE_REFUSED:
		command_finish(c, RESULT_REJECTED, "jk-capture refuses the request: %.64s", why->word);
		break;
	case SILENCE_MISSED:
		command_finish(c, RESULT_TIMEOUT,
			       "lines of the stream were lost, or stdout is full, and the answer was not "
			       "seen: nothing was written");
		break;
	}
}

/* A request that the bus left unanswered, or answered with an exception, is repeated; all else is final. */
static bool again(struct command *c, const struct unanswered *why)
{
	if (why->silence != SILENCE_NO_ANSWER && why->silence != SILENCE_EXCEPTION)
		return false;
	return ++c->tries < TRIES;
}

static void read_unanswered(struct channel *channel, struct command *c, const struct unanswered *why)
{
	if (!again(c, why))
		finish_unwritten(channel, c, why);
}

/* An exception, too, is followed by reading back: it may be the late answer to an earlier request. */
static void write_unanswered(struct channel *channel, struct command *c, const struct unanswered *why)
{
	if (why->silence == SILENCE_NO_ANSWER || why->silence == SILENCE_EXCEPTION) {
		c->acknowledged = false;
		c->exception = why->exception;
		enter(c, STEP_READING_BACK);
	} else if (why->silence == SILENCE_MISSED) {
		command_finish(
			c, RESULT_UNKNOWN,
			"it may have been written: lines of the stream were lost, or stdout is full, and the "
			"answer was not seen");
	} else if (c->retried) {
		command_finish(
			c, RESULT_TIMEOUT,
			"no acknowledgement, and the second write did not leave; the BMS still held %s",
			shown(c->field, setting_get(c->field, c->before)).text);
	} else {
		finish_unwritten(channel, c, why);
	}
}

static void back_unanswered(struct channel *channel, struct command *c, const struct unanswered *why)
{
	static const char *const reasons[] = {
		[SILENCE_NO_ANSWER] = "the BMS does not answer",
		[SILENCE_NEVER_SENT] = "the request was never transmitted",
		[SILENCE_NOBODY] = "jk-capture is gone",
		[SILENCE_LISTENING] = "jk-capture only listens now",
		[SILENCE_EXCEPTION] = "the BMS refuses the reading",
		[SILENCE_REFUSED] = "jk-capture refuses the request",
		[SILENCE_MISSED] = "lines of the stream were lost, or stdout is full",
	};
	(void)channel;
	if (again(c, why))
		return;
	if (c->exception) {
		command_finish(c, RESULT_REFUSED, "exception %u (%s); what the BMS holds cannot be read: %s",
			       c->exception, enum_text(ENUM_MODBUS_EXCEPTION, c->exception),
			       reasons[why->silence]);
		return;
	}
	bool timeout = why->silence == SILENCE_NO_ANSWER || why->silence == SILENCE_EXCEPTION;
	command_finish(c, timeout ? RESULT_TIMEOUT : RESULT_UNKNOWN, "%s, but cannot be read back: %s",
		       c->acknowledged ? "acknowledged" : "it may have been written", reasons[why->silence]);
}

const struct step_row step_rows[STEPS] = {
	[STEP_WAITING] = {false, NULL, NULL},
	[STEP_ABOUT] = {true, about_answered, read_unanswered},
	[STEP_BEFORE] = {true, before_answered, read_unanswered},
	[STEP_SENT] = {true, write_answered, write_unanswered},
	[STEP_READING_BACK] = {true, back_answered, back_unanswered},
	[STEP_DONE] = {false, NULL, NULL},
};
