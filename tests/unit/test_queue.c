/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "frames.h"
#include "hex.h"
#include "queue.h"
#include "queue_state.h"
#include "steps.h"
#include "tx_gate.h"
#include "unit.h"
#include "wire_rows.h"

/*
 * The queue against a model of two buses, with a clock that the test sets.  The model is the capture and the
 * packs: it takes request lines, keeps what is written, and emits the lines that jk-capture would, with
 * faults.  It does not use the code under test: it knows frames by their offsets alone.
 */

enum { PACKS_MODELLED = 4, CHANNELS = 2, LINES = 256, IDS = 20000 };

struct faults { /* in percent */
	uint32_t silent, forget, no_ack, exception, strange_exception, wrong_address, late, damaged, stale,
		busy, nobody, full, refused_word, listening, refuse_reading;
	bool echo, unsteady; /* unsteady: register 1114 is another in each frame */
	bool neighbour;      /* a write changes what it does not mean to */
	bool deaf;           /* no frame is sent once something was written */
};

struct line_due {
	int64_t at_us;
	char text[FRAME_LINE_MAX];
	size_t n;
};

static struct model {
	struct faults faults;
	struct chance chance;
	struct now now;
	int64_t free_us[CHANNELS];
	bool listening[CHANNELS];
	uint8_t settings[CHANNELS][PACKS_MODELLED + 1][FRAME_SIZE],
		about[CHANNELS][PACKS_MODELLED + 1][FRAME_SIZE];
	bool dead[CHANNELS][PACKS_MODELLED + 1];
	struct line_due due[LINES];
	size_t due_count;
	bool disk_full;
	int corrupt_bit; /* of register 1114 in the next frame, from 1; 0: none */
	int corrupt_at;  /* another offset, of which the lowest bit is turned */
	unsigned long writes, triggers, triggers_of[BMS_MAX + 1], changed_bits, confirmed_checked;
	char last_write[2 * REQUEST_MAX + 1];

	/* what came out */
	unsigned results[IDS];
	enum result result[IDS];
	long last_id[CHANNELS + 1][BMS_MAX + 1]; /* of the last result, plus 1; the last channel: none */
	int64_t result_us[IDS];
	unsigned long by_result[RESULTS], unnamed, out_of_order;
	unsigned saves; /* before a write */
	char why[WHY_MAX + 1];
} m;

static struct queue queue;
static struct policy allow;

static const char *const channel_names[CHANNELS] = {"bus0", "bus1"};

static bool hit(uint32_t percent)
{
	return percent > 0 && chance_below(&m.chance, 100) < percent;
}

__attribute__((format(printf, 3, 4))) static void say(int64_t at_us, int channel, const char *format, ...)
{
	if (m.due_count == LINES)
		return; /* as a capture whose stdout is full */
	struct line_due *line = &m.due[m.due_count++];
	char body[FRAME_LINE_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(body, sizeof body, format, arguments);
	va_end(arguments);
	line->at_us = at_us;
	line->n = (size_t)snprintf(line->text, sizeof line->text, "(1763856000.000000) %s %s",
				   channel_names[channel], body);
}

static const char *hex(const uint8_t *p, size_t n)
{
	static char text[4][2 * FRAME_SIZE + 1];
	static unsigned turn;
	char *out = text[turn++ % 4];
	struct strbuf t = {.data = out, .capacity = 2 * FRAME_SIZE};
	strbuf_hex(&t, p, n);
	out[t.size] = '\0';
	return out;
}

static void say_frame(int64_t at_us, int channel, uint8_t address, const uint8_t *kept)
{
	uint8_t frame[FRAME_SIZE];
	memcpy(frame, kept, FRAME_SIZE);
	frame[5] = (uint8_t)chance_below(&m.chance, 256);
	if (m.corrupt_bit > 0)
		frame[282 + (m.corrupt_bit - 1) / 8] ^= (uint8_t)(1 << (m.corrupt_bit - 1) % 8);
	frame[m.corrupt_at] ^= m.corrupt_at > 0;
	if (m.faults.unsteady)
		frame[283] = (uint8_t)m.triggers;
	m.corrupt_bit = m.corrupt_at = 0;
	frames_sum(frame);
	if (hit(m.faults.damaged)) {
		size_t a = 6 + chance_below(&m.chance, 292), b = 6 + chance_below(&m.chance, 292);
		frame[a]++;
		if (chance_below(&m.chance, 4) == 0)
			frame[b]--; /* the sum does not tell */
	}
	say(at_us, channel, "%02X#%s R", address, hex(frame, FRAME_SIZE));
}

/* Registers to a frame: whole numbers turned round, bytes as they are. */
static uint8_t *place(int channel, const uint8_t *p, size_t *size, bool *turned)
{
	unsigned reg = bytes_u16be(p + 2);
	bool about = reg >= 0x1400;
	unsigned offset = reg - (about ? 0x1400 : 0x1000) + 6;
	*size = 2u * p[5];
	*turned = *size == 4 || reg == 0x1114;
	return (about ? m.about : m.settings)[channel][p[0]] + offset;
}

static void store(int channel, const uint8_t *p)
{
	size_t n;
	bool turned;
	uint8_t *to = place(channel, p, &n, &turned);
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = turned ? p[7 + n - 1 - i] : p[7 + i];
		to[i] = m.faults.neighbour && to[i] == byte ? byte ^ 1 : byte;
	}
}

/* Of a register that is shared, a write may only touch the bits of one row. */
static void check_shared_bits(int channel, const uint8_t *p)
{
	size_t n;
	bool turned;
	const uint8_t *held = place(channel, p, &n, &turned);
	if (n != 2)
		return;
	unsigned before = turned ? (unsigned)(held[1] << 8 | held[0]) : (unsigned)(held[0] << 8 | held[1]);
	unsigned changed = before ^ bytes_u16be(p + 7);
	bool one_bit = (changed & (changed - 1)) == 0,
	     one_byte = (changed & 0xFF) == 0 || (changed & 0xFF00) == 0;
	ck_assert_msg(turned ? one_bit : one_byte, "%04X: %04X to %04X", bytes_u16be(p + 2), before,
		      bytes_u16be(p + 7));
	m.changed_bits++;
}

static void answer_write(int channel, const uint8_t *p, size_t n, int64_t at_us)
{
	uint8_t reply[8];
	m.writes++;
	memcpy(m.last_write, hex(p, n), 2 * n + 1);
	check_shared_bits(channel, p);
	bool strange = hit(m.faults.strange_exception); /* the answer to an earlier request */
	if (strange)
		store(channel, p);
	if (strange || hit(m.faults.exception)) {
		memcpy(reply, (uint8_t[]){p[0], 0x90, (uint8_t)(1 + chance_below(&m.chance, 4))}, 3);
		size_t size = frames_seal(reply, 3);
		say(at_us, channel, "%02X#%s R", p[0], hex(reply, size));
		return;
	}
	if (!hit(m.faults.silent)) {
		if (!hit(m.faults.forget))
			store(channel, p);
		memcpy(reply, p, 6);
		if (hit(m.faults.wrong_address))
			reply[0] = (uint8_t)(reply[0] % PACKS_MODELLED + 1);
		frames_seal(reply, 6);
		bool late = hit(m.faults.late);
		if (!hit(m.faults.no_ack))
			say(late ? at_us + 350000 : at_us, channel, "%02X#%s R", reply[0], hex(reply, 8));
		if (!late)
			return;
	}
	say(at_us + 300000, channel, "!timeout %02X write", p[0]);
	m.free_us[channel] = at_us + 400000;
}

static void answer_trigger(int channel, const uint8_t *p, int64_t at_us)
{
	bool about = p[3] == 0x1C;
	const uint8_t *frame = (about ? m.about : m.settings)[channel][p[0]];
	m.triggers++, m.triggers_of[p[0]]++;
	if (hit(m.faults.refuse_reading)) {
		uint8_t reply[5] = {p[0], 0x90, 4};
		say(at_us, channel, "%02X#%s R", p[0], hex(reply, frames_seal(reply, 3)));
	} else if (hit(m.faults.silent) || (m.faults.deaf && m.writes > 0)) {
		say(at_us + 300000, channel, "!timeout %02X %s", p[0], about ? "about" : "settings");
		m.free_us[channel] = at_us + 400000;
	} else if (hit(m.faults.late)) {
		say(at_us + 300000, channel, "!timeout %02X %s", p[0], about ? "about" : "settings");
		say_frame(at_us + 350000, channel, p[0], frame);
		m.free_us[channel] = at_us + 400000;
	} else {
		say_frame(at_us, channel, p[0], frame);
	}
}

static bool refuse(int channel, const char *reason, const uint8_t *p, size_t n)
{
	say(m.now.us + 1000, channel, "!refused %s %s", reason, hex(p, n));
	return true;
}

static bool refuses(int channel, const uint8_t *p, size_t n)
{
	if (m.listening[channel] || hit(m.faults.listening))
		return refuse(channel, "listening", p, n);
	if (hit(m.faults.stale))
		return refuse(channel, "stale", p, n);
	if (hit(m.faults.busy))
		return refuse(channel, "busy", p, n);
	return hit(m.faults.refused_word) && refuse(channel, "value", p, n);
}

static enum fifo_sent model_send(void *context, const char *fifo, const char *text, size_t size)
{
	struct frame_line line;
	uint8_t p[REQUEST_MAX];
	(void)context;
	ck_assert(size > 0 && text[size - 1] == '\n' && size <= FRAME_LINE_MAX);
	ck_assert_ptr_eq(frame_line_parse(text, size - 1, &line), NULL);
	ck_assert(line.kind == FRAME_LINE_RS485 && line.data_size % 2 == 0 && line.data_size <= 2 * sizeof p);
	size_t n = line.data_size / 2;
	ck_assert(hex_decode(line.data, p, n));
	ck_assert_msg(tx_gate_refuses(p, n) == NULL, "%.*s: %s", (int)size, text, tx_gate_refuses(p, n));
	ck_assert_uint_eq(line.id, p[0]);
	int channel = memcmp(line.channel, "bus1", 4) == 0;
	ck_assert_str_eq(fifo, channel ? "tx1" : "tx0");
	if (hit(m.faults.nobody))
		return FIFO_NOBODY;
	if (hit(m.faults.full))
		return FIFO_FULL;
	if (refuses(channel, p, n))
		return FIFO_SENT;
	int64_t at_us = m.now.us > m.free_us[channel] ? m.now.us : m.free_us[channel];
	at_us += 1000 + chance_below(&m.chance, 100000);
	say(at_us, channel, "%02X#%s T", p[0], hex(p, n));
	if (m.faults.echo)
		say(at_us + 1500, channel, "%02X#%s R", p[0], hex(p, n));
	m.free_us[channel] = at_us + 150000;
	if (p[0] > PACKS_MODELLED || m.dead[channel][p[0]])
		say(at_us + 300000, channel, "!timeout %02X %s", p[0],
		    bytes_u16be(p + 2) == 0x161E   ? "settings"
		    : bytes_u16be(p + 2) == 0x161C ? "about"
						   : "write");
	else if (bytes_u16be(p + 2) >= 0x1600)
		answer_trigger(channel, p, at_us + 45000);
	else
		answer_write(channel, p, n, at_us + 45000);
	return FIFO_SENT;
}

/* What the model holds, read from the registers by the table's row. */
static int64_t held(const struct command *c)
{
	int channel = strcmp(c->channel, "bus1") == 0;
	return setting_get(c->field, (c->type == FRAME_ABOUT ? m.about : m.settings)[channel][c->address]);
}

static void model_result(void *context, const struct command *c, const char *line, size_t n)
{
	struct frame_line parsed;
	(void)context;
	ck_assert(n > 0 && n <= FRAME_LINE_MAX && line[n - 1] == '\n' &&
		  memchr(line, '\n', n) == line + n - 1);
	ck_assert_ptr_eq(frame_line_parse(line, n - 1, &parsed), NULL);
	ck_assert(parsed.kind == FRAME_LINE_EVENT && parsed.name_size == 5);
	ck_assert(c->result > RESULT_NONE && c->result < RESULTS);
	m.by_result[c->result]++;
	memcpy(m.why, c->why, sizeof m.why);
	if (strcmp(c->id, "-") == 0) {
		m.unnamed++;
		return;
	}
	long id = strtol(c->id, NULL, 10);
	ck_assert(id >= 0 && id < IDS);
	m.results[id]++;
	m.result[id] = c->result;
	if (c->result == RESULT_BUSY)
		return;
	m.result_us[id] = m.now.us;
	int channel = strcmp(c->channel, "bus0") == 0 ? 0 : strcmp(c->channel, "bus1") == 0 ? 1 : CHANNELS;
	long *last = &m.last_id[channel][c->address];
	m.out_of_order += id + 1 < *last;
	*last = id + 1;
}

static bool model_writing(void *context, const struct command *c)
{
	(void)context;
	ck_assert(c->step == STEP_SENT && c->may_be_written);
	m.saves++;
	return !m.disk_full;
}

static const struct write_callbacks callbacks = {
	.send = model_send, .result = model_result, .writing = model_writing};

static void begin_work(const struct write_options *options)
{
	queue_begin(&queue, options, &callbacks);
	for (int i = 0; i < CHANNELS; i++) {
		struct channel *channel = bus_channel(&queue.bus, channel_names[i], 4);
		channel->fifo = i ? "tx1" : "tx0";
		channel->present = channel->rs485 = true;
	}
}

static const struct write_options plain = {.limits = {100, 1000000}, .allow = &allow};

/*
 * Packs whose voltages are 0, so that no rule between them is in the way, and whose temperatures are far
 * apart.
 */
static void begin_model(const struct write_options *options)
{
	memset(&m, 0, sizeof m);
	m.chance.state = 4711;
	m.now = (struct now){.us = 1000000, .real_us = INT64_C(1763856000000000)};
	for (int channel = 0; channel < CHANNELS; channel++)
		for (int pack = 1; pack <= PACKS_MODELLED; pack++) {
			uint8_t *s = m.settings[channel][pack], *a = m.about[channel][pack];
			memcpy(s, (uint8_t[]){0x55, 0xAA, 0xEB, 0x90, 1}, 5);
			memcpy(a, (uint8_t[]){0x55, 0xAA, 0xEB, 0x90, 3}, 5);
			for (int i = 82; i <= 110; i += 4) /* trips 80.0, releases 30.0 */
				s[i] = i / 4 % 2 ? 0x2C : 0x20, s[i + 1] = i / 4 % 2 ? 0x01 : 0x03;
			memcpy(s + 98, (uint8_t[]){0x3E, 0xFE, 0xFF, 0xFF, 0xC8, 0, 0, 0},
			       8);                                                           /* -45.0, 20.0 */
			memcpy(s + 106, (uint8_t[]){0x4C, 0x04, 0, 0, 0xF4, 0x01, 0, 0}, 8); /* 110.0, 50.0 */
			memcpy(s + 282, (uint8_t[]){0x11, 0x32, 3, 10, 24, 0xFE}, 6);
			memcpy(s + 296, (uint8_t[]){0xEC, 0xF1}, 2);
			s[122] = 0;
			memcpy(a + 6, "JK_PB2A16S20P", 13);
			memcpy(a + 30, "19.10", 5);
			a[184] = 0, a[185] = 6, a[218] = 1, a[219] = 0xFF;
			memcpy(a + 234, (uint8_t[]){4, 8, 11, 0x15}, 4);
			memcpy(a + 266, (uint8_t[]){10, 60, 0x14, 30, 2, 0xA5}, 6);
			a[278] = 20, a[279] = 0x77;
		}
	memset(&allow, 0, sizeof allow);
	ck_assert_ptr_eq(policy_line(&allow, "allow * *", 9), NULL);
	begin_work(options);
}

/* The earliest line that is due; NULL: none. */
static struct line_due *next_line(void)
{
	struct line_due *first = NULL;
	for (size_t i = 0; i < m.due_count; i++)
		if (!first || m.due[i].at_us < first->at_us)
			first = &m.due[i];
	return first;
}

static void turn_clock(int64_t to_us)
{
	m.now.real_us += to_us - m.now.us;
	m.now.us = to_us;
}

/* Whatever has just been confirmed is what the model holds, and no later command has come between. */
static void check_confirmed(void)
{
	static bool was_done[SLOTS];
	for (size_t i = 0; i < SLOTS; i++) {
		const struct command *c = &queue.slots[i];
		bool done = c->step == STEP_DONE;
		if (done && !was_done[i] && c->result == RESULT_REFUSED && !strstr(c->why, "cannot be read"))
			ck_assert_msg(held(c) != c->raw, "%s %s %s %s", c->channel, c->bms, c->key, c->value);
		if (done && !was_done[i] && c->result == RESULT_CONFIRMED) {
			ck_assert_msg(held(c) == c->raw, "%s %s %s %s", c->channel, c->bms, c->key, c->value);
			m.confirmed_checked++;
		}
		was_done[i] = done;
	}
}

/* One step of time: to the next line, the next deadline, or at most until_us.  False when that is reached. */
static bool advance(int64_t until_us)
{
	int64_t deadline_us = queue_run(&queue, m.now), to_us = until_us;
	struct line_due *line = next_line();
	if (line && line->at_us < to_us)
		to_us = line->at_us;
	if (deadline_us < to_us)
		to_us = deadline_us;
	if (to_us > m.now.us)
		turn_clock(to_us);
	if (line && line->at_us <= m.now.us) {
		struct line_due due = *line;
		*line = m.due[--m.due_count];
		queue_line(&queue, due.text, due.n, m.now);
		check_confirmed();
	}
	return m.now.us < until_us || (line && line->at_us <= m.now.us);
}

static void pass(int64_t us)
{
	int64_t until_us = m.now.us + us;
	while (advance(until_us))
		;
	queue_run(&queue, m.now);
}

static void command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void command(const char *format, ...)
{
	char line[COMMAND_LINE_MAX];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	queue_command(&queue, line, (size_t)n, "cmd", m.now);
}

/* Until all commands have results. */
static void finish(void)
{
	for (int i = 0; queue_in_hand(&queue) && i < 1000000; i++)
		advance(m.now.us + 100000000);
	ck_assert(!queue_in_hand(&queue));
}

/* One command alone, to its result. */
static enum result one(const char *text)
{
	command("%s 1", text);
	finish();
	ck_assert_uint_eq(m.results[1], 1);
	m.results[1] = 0;
	memset(m.last_id, 0, sizeof m.last_id);
	return m.result[1];
}

static void expect(const char *text, enum result result, const char *why)
{
	enum result got = one(text);
	ck_assert_msg(got == result, "%s: %s (%s) instead of %s", text, result_name(got), m.why,
		      result_name(result));
	ck_assert_msg(strstr(m.why, why) != NULL && (*why != '\0' || m.why[0] == '\0'), "%s: '%s', not '%s'",
		      text, m.why, why);
}

START_TEST(every_row_is_written_and_confirmed)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		char text[256];
		begin_model(&plain);
		snprintf(text, sizeof text, "bus0:1 %s %s", wire_rows[i].key, wire_rows[i].value);
		if (strcmp(wire_rows[i].value, "0") == 0 &&
		    strlen(wire_rows[i].before) == 0) /* or it would be there already */
			memset(m.settings[0][1] + field_find(FRAME_SETTINGS, wire_rows[i].key)->offset, 1, 1);
		expect(text, RESULT_CONFIRMED, "");
		ck_assert_str_eq(m.last_write, wire_rows[i].request);
		ck_assert_uint_eq(m.writes, 1);
		/* again: it is there, and nothing is written */
		expect(text, RESULT_CONFIRMED, "the BMS holds it already: nothing was written");
		ck_assert_uint_eq(m.writes, 1);
	}
}
END_TEST

START_TEST(every_bit_with_the_others_random)
{
	struct chance chance = {99};
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		if (strncmp(wire_rows[i].request + 4, "1114", 4) != 0)
			continue;
		for (int k = 0; k < 30; k++) {
			unsigned word = chance_below(&chance, 65536), value = chance_below(&chance, 2),
				 bit = 0;
			char text[256], end[64];
			begin_model(&plain);
			enum frame_type type;
			for (bit = 0;
			     setting_find(wire_rows[i].key, strlen(wire_rows[i].key), &type)->mask >> bit !=
			     1;)
				bit++;
			m.settings[0][1][282] = (uint8_t)word, m.settings[0][1][283] = (uint8_t)(word >> 8);
			unsigned wanted = (word & ~(1u << bit)) | value << bit;
			snprintf(text, sizeof text, "bus0:1 %s %u", wire_rows[i].key, value);
			ck_assert_int_eq(one(text), RESULT_CONFIRMED);
			ck_assert_uint_eq(bytes_u16le(m.settings[0][1] + 282), wanted);
			snprintf(end, sizeof end, "01101114000102%04X", wanted);
			ck_assert(word == wanted ? m.writes == 0
						 : strncmp(m.last_write, end, strlen(end)) == 0);
		}
	}
}
END_TEST

/* Everything that may become of a command once it is on its way. */
START_TEST(each_result)
{
	static const char text[] = "bus0:1 charging_switch on", high[] = "bus0:2 heating_start_temperature 9";
	begin_model(&plain);
	m.faults.exception = 100;
	expect(text, RESULT_REFUSED, "exception");
	ck_assert_uint_eq(m.writes, 1);
	ck_assert_uint_eq(m.triggers, 2); /* what the BMS holds is looked at once more */
	begin_model(&plain);
	m.faults.strange_exception = 100;
	expect(text, RESULT_CONFIRMED, "but the BMS holds it");
	begin_model(&plain);
	m.faults.forget = 100;
	expect(text, RESULT_MISMATCH, "acknowledged, but the BMS holds off");
	ck_assert_uint_eq(m.writes, 1); /* not a second time */
	begin_model(&plain);
	m.faults.no_ack = 100;
	expect(text, RESULT_CONFIRMED, "not acknowledged, but the BMS holds it");
	ck_assert_uint_eq(m.writes, 1);
	begin_model(&plain);
	m.faults.wrong_address = 100;
	expect(high, RESULT_CONFIRMED, "not acknowledged, but the BMS holds it");
	begin_model(&plain);
	m.faults.no_ack = m.faults.forget = 100;
	expect(text, RESULT_TIMEOUT, "no acknowledgement, twice; the BMS still holds off");
	ck_assert_uint_eq(m.writes, 2); /* once more, and not a third time */
	begin_model(&plain);
	m.dead[0][1] = true;
	expect(text, RESULT_TIMEOUT, "BMS 1 does not answer: nothing was written");
	ck_assert_uint_eq(m.writes, 0);
	begin_model(&plain);
	m.faults.nobody = 100;
	expect(text, RESULT_TIMEOUT, "tx0 takes no request");
	begin_model(&plain);
	m.faults.stale = 100;
	expect(text, RESULT_TIMEOUT, "never transmitted");
	begin_model(&plain);
	m.faults.refused_word = 100;
	expect(text, RESULT_REJECTED, "jk-capture refuses the request: value");
	begin_model(&plain);
	m.listening[0] = true;
	expect(text, RESULT_LISTENING_ONLY, "bus0 only listens: nothing was written");
	begin_model(&plain);
	say(m.now.us, 0, "!mode listen master");
	pass(1);
	expect(text, RESULT_LISTENING_ONLY, "bus0 only listens, master: nothing was written");
	ck_assert_uint_eq(m.triggers, 0);
	say(m.now.us, 0, "!mode poll");
	pass(1);
	expect(text, RESULT_CONFIRMED, "");
	begin_model(&plain);
	say(m.now.us, 0, "!mode listen master");
	say(m.now.us + 1, 0, "!lost 3 400"); /* "!mode poll" among them */
	pass(2);
	expect(text, RESULT_CONFIRMED, "");
	begin_model(&plain);
	m.faults.echo = true;
	expect(text, RESULT_CONFIRMED, "");
	expect("bus0:9 charging_switch on", RESULT_TIMEOUT, "BMS 9 does not answer");
	expect("bus2:1 charging_switch on", RESULT_REJECTED, "no such channel: bus2");
	expect("1 charging_switch on", RESULT_REJECTED,
	       "there are several channels: name one, as in CHANNEL:1");
	expect("bus0:1 max_charge_current 200.1", RESULT_REJECTED,
	       "more than the 200 A that JK_PB2A16S20P is made for");
	memcpy(m.about[0][1] + 30, "15.41", 5);
	expect("bus0:1 discharge_undertemperature_protection -20", RESULT_CONFIRMED,
	       "holds"); /* the about frame is known */
}
END_TEST

/* What only a BMS that is broken, or another program, can bring about. */
START_TEST(rare_results)
{
	static const char text[] = "bus0:1 charging_switch on";
	begin_model(&plain);
	m.faults.refuse_reading = 100;
	expect(text, RESULT_REFUSED, "exception 4 (");
	ck_assert_ptr_nonnull(strstr(m.why, ") to the reading: nothing was written"));
	ck_assert_uint_eq(m.triggers, TRIES);
	ck_assert_uint_eq(m.writes, 0);
	begin_model(&plain);
	m.faults.unsteady = true;
	expect("bus0:1 smart_sleep_switch on", RESULT_REJECTED,
	       "no two readings of register 1114 agree: nothing was written");
	ck_assert_uint_eq(m.triggers, 4);
	ck_assert_uint_eq(m.writes, 0);
	begin_model(&plain);
	m.faults.neighbour = true;
	expect("bus0:1 heating_start_temperature 9", RESULT_MISMATCH,
	       "the setting is as requested, but register 1116 was to hold ");
	begin_model(&plain);
	m.faults.neighbour = true;
	m.faults.forget = 100;
	expect(text, RESULT_MISMATCH, "acknowledged, but the BMS holds off");
	begin_model(&plain);
	m.faults.exception = 100;
	m.faults.deaf = true;
	expect(text, RESULT_REFUSED, "exception ");
	ck_assert_ptr_nonnull(strstr(m.why, "); what the BMS holds cannot be read: the BMS does not answer"));
	begin_model(&plain);
	m.faults.deaf = true;
	expect(text, RESULT_TIMEOUT, "acknowledged, but cannot be read back: the BMS does not answer");
	begin_model(&plain);
	m.faults.no_ack = 100;
	m.faults.deaf = true;
	expect(text, RESULT_TIMEOUT,
	       "it may have been written, but cannot be read back: the BMS does not answer");
}
END_TEST

/* Another setting that changes with it is named. */
START_TEST(a_setting_that_changes_as_well)
{
	begin_model(&plain);
	command("bus0:1 charging_switch on 1");
	while (m.writes == 0)
		advance(m.now.us + 1000000);
	m.settings[0][1][106] ^= 1; /* discharge_overtemperature_protection, by another */
	finish();
	ck_assert_int_eq(m.result[1], RESULT_CONFIRMED);
	ck_assert_msg(strstr(m.why, " has changed as well, from ") != NULL, "%s", m.why);
}
END_TEST

static bool is_reserved(void *context, const char *id)
{
	(void)context;
	return strcmp(id, "tx") == 0;
}

/* Commands that are rejected before their words are looked at, or whatever those are. */
START_TEST(rejected_at_once)
{
	static const struct write_callbacks reserving = {.send = model_send,
							 .result = model_result,
							 .writing = model_writing,
							 .reserved = is_reserved};
	begin_model(&plain);
	queue.env.callbacks = reserving;
	command("bus0:1 charging_switch on tx");
	ck_assert_str_eq(m.why, "invalid ID: a FIFO of jk-write has this name");
	ck_assert_uint_eq(m.unnamed, 1); /* nobody can ask for it by that name */
	expect("bus0:1 charging_switch on", RESULT_CONFIRMED, "");
	queue_bad_command(&queue, "cmd", "longer than 511 bytes", m.now);
	ck_assert_str_eq(m.why, "longer than 511 bytes");
	ck_assert_uint_eq(m.unnamed, 2);
	unsigned long writes = m.writes;
	queue_stop(&queue, "jk-write was told to stop", m.now);
	command("bus0:1 charging_switch off 7");
	ck_assert_int_eq(m.result[7], RESULT_REJECTED);
	ck_assert_str_eq(m.why, "jk-write is shutting down");
	ck_assert_uint_eq(m.writes, writes);
}
END_TEST

/* The frame that was read before tells the neighbours; what it must not be is damaged. */
START_TEST(neighbours)
{
	begin_model(&plain);
	m.about[0][1][235] = 15; /* no trigger that anybody knows */
	expect("bus0:1 lcd_buzzer_trigger 5", RESULT_REJECTED, "register 14E4 also holds another setting");
	ck_assert_uint_eq(m.writes, 0);
	begin_model(&plain);
	memcpy(m.about[0][1] + 30, "15.38", 5);
	expect("bus0:1 heating_stop_temperature 5", RESULT_REJECTED,
	       "needs firmware 15.41; this BMS has 15.38");
	expect("bus0:1 re_bulk_soc 5", RESULT_REJECTED, "needs firmware 19.0; this BMS has 15.38");
	begin_model(&plain);
	m.settings[0][1][10] = 0x28, m.settings[0][1][11] = 0x0A; /* undervoltage protection 2.600 V */
	expect("bus0:1 power_off_voltage 2.6", RESULT_REJECTED,
	       "must be below cell_voltage_undervoltage_protection, which is 2.600 V");
	expect("bus0:1 power_off_voltage 2.59", RESULT_CONFIRMED, "");
}
END_TEST

START_TEST(dangerous_and_denied)
{
	begin_model(&plain);
	allow.count = 0;
	expect("bus0:1 discharging_switch on", RESULT_REJECTED,
	       "discharging_switch: dangerous, and not allowed by -A");
	policy_line(&allow, "allow bus0:1 discharging_switch", 31);
	policy_line(&allow, "deny 2 *", 8);
	expect("bus0:1 discharging_switch on", RESULT_CONFIRMED, "");
	expect("bus1:1 discharging_switch on", RESULT_REJECTED, "dangerous");
	expect("bus0:2 charging_switch on", RESULT_REJECTED, "charging_switch: denied by -A");
	ck_assert_uint_eq(m.writes, 1);
}
END_TEST

/* A command that names its channel before a line of that has come is checked all the same. */
START_TEST(denied_before_its_channel_is_heard)
{
	begin_model(&plain);
	allow.count = 0;
	queue_begin(&queue, &plain, &callbacks);
	queue.bus.fifo = "tx0";
	command("bus0:1 discharging_switch on 1");
	command("1 discharging_switch on 2");
	pass(1000000);
	ck_assert(m.results[1] == 0 && m.results[2] == 0);
	say(m.now.us, 0, "!mode poll");
	finish();
	ck_assert(m.result[1] == RESULT_REJECTED && m.result[2] == RESULT_REJECTED && m.triggers == 0);
	queue_begin(&queue, &plain, &callbacks);
	queue.bus.fifo = "tx0";
	command("1 charging_switch on 3");
	finish();
	ck_assert_int_eq(m.result[3], RESULT_TIMEOUT);
	ck_assert_str_eq(m.why, "no line of any channel has been received: nothing was written");
}
END_TEST

/* A bus of CAN in the same stream is none that a command can mean. */
START_TEST(one_channel_beside_can)
{
	static const char can[] = "(1763856000.000000) can0 !mode listen passive",
			  frame[] = "(1763856000.000000) can0 2F4#00";
	begin_model(&plain);
	queue_begin(&queue, &plain, &callbacks);
	queue.bus.fifo = "tx0";
	queue_line(&queue, can, sizeof can - 1, m.now);
	queue_line(&queue, frame, sizeof frame - 1, m.now);
	say_frame(m.now.us, 0, 1, m.settings[0][1]);
	pass(1);
	expect("1 charging_switch on", RESULT_CONFIRMED, "");
}
END_TEST

/* Nothing is ever sent to a CAN bus, whatever the FIFO, and whatever else is known of the channel. */
START_TEST(commands_for_a_can_bus)
{
	static const char why[] = "bus0 is a CAN bus: settings are changed over RS485 only";
	static const char *const frames[] = {"2F4#1302B20F51000000", "18F128F4#E108F00A6B802300 R", "2F4#R8",
					     "2F4##0", "20000004#00"};
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		char line[80];
		size_t n = (size_t)snprintf(line, sizeof line, "(1763856000.000000) bus0 %s", frames[i]);
		begin_model(&plain);
		say(m.now.us, 0, "!mode poll");
		pass(1);
		queue_line(&queue, line, n, m.now);
		expect("bus0:1 charging_switch on", RESULT_REJECTED, why);
		queue_begin(&queue, &plain, &callbacks); /* it is the only channel */
		queue.bus.fifo = "tx0";
		queue_line(&queue, line, n, m.now);
		say(m.now.us, 0, "!mode listen passive");
		pass(1);
		expect("bus0:1 charging_switch on", RESULT_REJECTED, why);
		command("1 charging_switch on 3"); /* names none: one may still come */
		pass(1);
		ck_assert_uint_eq(m.results[3], 0);
		ck_assert(m.triggers == 0 && m.writes == 0);
	}
}
END_TEST

/* A frame of the usual form is kept without a closer look; one with anything behind it is looked at. */
START_TEST(what_stands_behind_a_frame)
{
	static const struct {
		const char *behind;
		bool kept;
	} cases[] = {{"", true}, {" R", true}, {" T", false}, {" X", false}, {"R", false}, {"  ", false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char line[2 * FRAME_SIZE + 80];
		begin_model(&plain);
		say_frame(m.now.us, 0, 1, m.settings[0][1]);
		pass(1);
		struct channel *channel = bus_find(&queue.bus, "bus0", 4);
		ck_assert_ptr_nonnull(channel);
		bus_look(&channel->packs[1]);
		size_t n = (size_t)snprintf(line, sizeof line, "(1763856000.000000) bus0 01#%s%s",
					    hex(m.settings[0][1], FRAME_SIZE), cases[i].behind);
		ck_assert(bus_interesting(&queue.bus, line, n) == !cases[i].kept);
		ck_assert(channel->packs[1].unread[FRAME_SETTINGS] == cases[i].kept);
	}
}
END_TEST

/* A damaged line makes no channel a CAN bus; one that has RS485 frames is none. */
START_TEST(channels_that_are_no_can_bus)
{
	static const char *const lines[] = {"2F4#1", "800#00", "2F4#R9"};
	begin_model(&plain);
	say_frame(m.now.us, 0, 1, m.settings[0][1]);
	pass(1);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char line[80];
		size_t n = (size_t)snprintf(line, sizeof line, "(1763856000.000000) bus0 %s", lines[i]);
		queue_line(&queue, line, n, m.now);
	}
	expect("bus0:1 charging_switch on", RESULT_CONFIRMED, "");
	static const char frame[] = "(1763856000.000000) bus0 2F4#00";
	queue_line(&queue, frame, sizeof frame - 1, m.now);
	say_frame(m.now.us, 0, 1, m.settings[0][1]);
	pass(1);
	expect("bus0:1 charging_switch off", RESULT_CONFIRMED, "");
}
END_TEST

/* A channel that only the state of an earlier run knows is not taken for the one of this run. */
START_TEST(a_channel_of_an_earlier_run)
{
	char path[] = "/tmp/jk-queue-XXXXXX";
	int fd = mkstemp(path);
	static const char state[] = "jk-write 1\ncount old 1 20415 7\n";
	ck_assert(fd >= 0 && write(fd, state, sizeof state - 1) == sizeof state - 1 && close(fd) == 0);
	begin_model(&plain);
	queue_begin(&queue, &plain, &callbacks);
	queue.bus.fifo = "tx0";
	queue_state_load(&queue, NULL, path, m.now);
	unlink(path);
	ck_assert_int_eq(queue.bus.channels[0]->packs[1].writes.count, 7);
	command("1 charging_switch on 3");
	command("bus0:1 charging_switch off 4");
	pass(1000000);
	ck_assert(m.results[3] == 0 && m.results[4] == 0);
	say(m.now.us, 0, "!mode poll");
	finish();
	ck_assert(m.result[3] == RESULT_CONFIRMED && m.result[4] == RESULT_CONFIRMED);
	expect("old:1 charging_switch on", RESULT_REJECTED, "no such channel: old");
}
END_TEST

/* A write would reach both packs; the other addresses, and those of the other channel, are written to. */
START_TEST(two_packs_with_one_address)
{
	static const char *const none[] = {"!conflict",      "!conflict 1",   "!conflict 0x",
					   "!conflict F1 x", "!conflict 001", "!conflict "};
	begin_model(&plain);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		say(m.now.us, 0, "%s", none[i]);
	pass(1);
	expect("bus0:1 charging_switch on", RESULT_CONFIRMED, "");
	unsigned long writes = m.writes;
	say(m.now.us, 0, "!conflict 01 two packs answer");
	pass(1);
	expect("bus0:1 charging_switch off", RESULT_REJECTED, "two packs answer at address 1");
	say(m.now.us, 0, "!open tcp:x");
	pass(1);
	expect("bus0:1 charging_switch off", RESULT_REJECTED, "two packs answer at address 1");
	ck_assert_uint_eq(m.writes, writes);
	expect("bus0:2 charging_switch on", RESULT_CONFIRMED, "");
	expect("bus1:1 charging_switch on", RESULT_CONFIRMED, "");
}
END_TEST

/* An idle program wakes up less than once a second, and notices a pause soon enough for the age. */
START_TEST(when_to_look)
{
	struct write_options options = {.max_age_us = 10000000, .allow = &allow};
	queue_begin(&queue, &options, &callbacks);
	ck_assert_int_eq(queue_look_us(&queue), 2500000);
	ck_assert_int_eq(queue_run(&queue, m.now), INT64_MAX); /* nothing else is due */
	options.max_age_us = 100000;
	queue_begin(&queue, &options, &callbacks);
	ck_assert_int_eq(queue_look_us(&queue), 1000000);
	options.max_age_us = INT64_C(3600000000);
	queue_begin(&queue, &options, &callbacks);
	ck_assert_int_eq(queue_look_us(&queue), 60000000);
}
END_TEST

START_TEST(rates)
{
	struct write_options options = {.limits = {1, 3}, .allow = &allow};
	begin_model(&options);
	int64_t begun_us = m.now.us;
	for (int i = 0; i < 5; i++)
		command("bus0:1 charging_switch %d %d", i % 2 == 0, i);
	command("bus0:2 charging_switch on 5");
	finish();
	ck_assert_int_ge(m.now.us - begun_us, 2000000);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(m.result[i], RESULT_CONFIRMED);
	ck_assert(m.result[3] == RESULT_REJECTED && m.result[4] == RESULT_REJECTED);
	ck_assert_int_eq(m.result[5], RESULT_CONFIRMED);
	ck_assert_uint_eq(m.writes, 4);
	ck_assert_uint_eq(m.out_of_order, 0);
	/* Neither a clock that is set to the next day, nor to the one before, makes a new day. */
	for (int i = 0; i < 2; i++) {
		m.now.real_us += (i ? -2 : 1) * INT64_C(86400000000);
		command("bus0:1 charging_switch off 6");
		finish();
		ck_assert_int_eq(m.result[6], RESULT_REJECTED);
	}
	m.now.real_us += INT64_C(86400000000);
	turn_clock(begun_us + INT64_C(86400000000) - 1);
	command("bus0:1 charging_switch off 7");
	finish();
	ck_assert_int_eq(m.result[7], RESULT_REJECTED);
	turn_clock(begun_us + INT64_C(86410000000)); /* the first write was a moment after the beginning */
	command("bus0:1 charging_switch off 8");
	finish();
	ck_assert_int_eq(m.result[8], RESULT_CONFIRMED);
}
END_TEST

/*
 * The capture may keep a write for seconds: between the wire's writes there is a second, not between the
 * requests.
 */
START_TEST(the_rate_is_that_of_the_wire)
{
	static const struct write_options options = {.limits = {1, 200}, .allow = &allow};
	static const char t[] = "(1763856000.000000) bus0 01#0110107000020400000001F88B T";
	begin_model(&options);
	command("bus0:1 charging_switch on 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now);
	turn_clock(m.now.us + 4000000);
	int64_t wire_us = m.now.us;
	m.due_count = 0;
	queue_line(&queue, t, sizeof t - 1, m.now);
	say(m.now.us + 20000, 0, "01#01101070000244D3 R");
	m.free_us[0] = m.now.us;
	command("bus0:1 charging_switch off 1");
	for (int i = 0; i < 1000 && m.writes < 2; i++)
		advance(m.now.us + 1000000);
	ck_assert_uint_eq(m.writes, 2);
	ck_assert_int_ge(m.now.us - wire_us, 1000000);
	finish();
	ck_assert(m.result[0] == RESULT_CONFIRMED && m.result[1] == RESULT_CONFIRMED);
}
END_TEST

/* A write that is repeated is two. */
START_TEST(the_second_write_is_one_of_the_day)
{
	static const struct write_options options = {.limits = {100, 1}, .allow = &allow};
	begin_model(&options);
	m.faults.no_ack = m.faults.forget = 100;
	expect("bus0:1 charging_switch on", RESULT_TIMEOUT, "exceed the limit of the day");
	ck_assert_uint_eq(m.writes, 1);
	expect("bus0:1 charging_switch on", RESULT_REJECTED, "which is the limit");
}
END_TEST

START_TEST(sixty_four_wait)
{
	begin_model(&plain);
	for (int i = 0; i < 70; i++)
		command("bus0:1 charging_switch %d %d", i % 2 == 0, i);
	/* Four more for each other BMS. */
	for (int i = 70; i < 82; i++)
		command("bus0:%d charging_switch %d %d", 2 + i % 2, i % 4 < 2, i);
	finish();
	for (int i = 0; i < 82; i++)
		ck_assert_msg(m.results[i] == 1 &&
				      m.result[i] == (i < 64 || (i >= 70 && i < 78) ? RESULT_CONFIRMED
										    : RESULT_BUSY),
			      "%d: %s", i, result_name(m.result[i]));
	ck_assert_uint_eq(m.out_of_order, 0);
}
END_TEST

/*
 * Ten commands a second for BMS 1 of which each finds the value there already, for a minute; each has one
 * result, busy at once where too many wait, and those for BMS 2 are carried out within a second and have
 * their results soon, though BMS 1 is dead.
 */
static void flood(bool dead)
{
	static const struct write_options options = {.limits = {1, 200}, .allow = &allow};
	enum { COMMANDS = 600, EVERY = 50 };
	begin_model(&options);
	m.dead[0][1] = dead;
	expect("bus0:2 charging_switch off", RESULT_CONFIRMED, "already");
	int64_t begun_us = m.now.us;
	for (int id = 10; id < 10 + COMMANDS; id++) {
		bool other = id % EVERY == 0;
		unsigned long readings = m.triggers_of[2];
		command("bus0:%d charging_switch off %d", other ? 2 : 1, id);
		pass(other ? 1000000 : 90000);
		if (m.result[id] == RESULT_BUSY)
			ck_assert(!other && m.result_us[id] == 0);
		if (other && id >= 10 + 2 * EVERY)
			ck_assert_msg(m.results[id - 2 * EVERY] == 1, "%d", id - 2 * EVERY);
		if (other)
			ck_assert_msg(m.triggers_of[2] > readings, "%d was not carried out", id);
	}
	unsigned long most =
		(unsigned long)((m.now.us - begun_us) / SECOND_US) * READINGS_PER_WRITE + READINGS_BURST + 1;
	ck_assert_uint_gt(m.by_result[RESULT_BUSY], COMMANDS / 4);
	ck_assert(dead || m.triggers_of[1] >= 100);
	ck_assert_uint_le(m.triggers_of[1], most);
	finish();
	for (int id = 10; id < 10 + COMMANDS; id++)
		ck_assert_msg(m.results[id] == 1, "command %d has %u results", id, m.results[id]);
	ck_assert_uint_eq(m.out_of_order, 0);
}

START_TEST(commands_for_one_bms_leave_the_others_theirs)
{
	flood(false);
	flood(true);
}
END_TEST

/* Many commands wait for BMS 1 and 2: those of 3 and 4 have their turns between. */
START_TEST(the_bms_take_turns)
{
	enum frame_type type;
	begin_model(&plain);
	for (int i = 0; i < 60; i++)
		command("bus0:%d charging_switch %d %d", i % 2 + 1, i / 2 % 2 == 0, i);
	int64_t begun_us = m.now.us;
	command("bus0:3 charging_switch on 60");
	command("bus0:4 charging_switch on 61");
	pass(5000000);
	ck_assert(setting_get(setting_find("charging_switch", 15, &type), m.settings[0][3]) == 1);
	ck_assert(setting_get(setting_find("charging_switch", 15, &type), m.settings[0][4]) == 1);
	finish();
	for (int i = 0; i < 62; i++)
		ck_assert(m.results[i] == 1 && m.result[i] == RESULT_CONFIRMED);
	ck_assert_int_gt(m.result_us[59] - begun_us, 15000000);
	ck_assert_uint_eq(m.out_of_order, 0);
}
END_TEST

START_TEST(dry_run)
{
	struct write_options options = {.limits = {1, 200}, .dry = true, .allow = &allow};
	begin_model(&options);
	expect("bus0:1 heating_switch 0", RESULT_TIMEOUT, "no frame of BMS 1 has been received");
	say_frame(m.now.us, 0, 1, m.settings[0][1]);
	pass(1);
	expect("bus0:1 heating_switch 0", RESULT_VALID, "011011140001023210B0E9");
	expect("bus0:1 cell_voltage_overvoltage_protection 3.65", RESULT_VALID, "0110100C00020400000E42BA6B");
	expect("bus0:1 max_charge_current 99.9", RESULT_TIMEOUT, "no frame");
	say_frame(m.now.us, 0, 1, m.about[0][1]);
	pass(1);
	expect("bus0:1 max_charge_current 99.9", RESULT_VALID, "0110102C0002040001863C0F93");
	expect("bus0:1 max_charge_current 300", RESULT_REJECTED, "more than the 200 A");
	ck_assert(m.writes == 0 && m.triggers == 0);
}
END_TEST

/* A line of the adapter may be on another bus now: frames of before the opening check nothing. */
START_TEST(a_channel_that_is_opened_again)
{
	struct write_options options = {.limits = {1, 200}, .dry = true, .allow = &allow};
	begin_model(&options);
	for (int i = 0; i < 2; i++) {
		say_frame(m.now.us, 0, 1, m.settings[0][1]);
		say_frame(m.now.us, 1, 1, m.settings[1][1]);
		pass(1);
		expect("bus0:1 heating_switch 0", RESULT_VALID, "011011140001023210B0E9");
		say_frame(m.now.us, 0, 1, m.settings[0][1]); /* one that nobody has needed yet */
		pass(1);
		say(m.now.us, 0, "!open tty 115200");
		pass(1);
		expect("bus0:1 heating_switch 0", RESULT_TIMEOUT, "no frame of BMS 1 has been received");
		expect("bus1:1 heating_switch 0", RESULT_VALID, "011011140001023210B0E9");
	}
	say_frame(m.now.us, 0, 1, m.settings[0][1]);
	pass(1);
	say(m.now.us, 0, "!open tty 115200"); /* before any command needed the frame */
	pass(1);
	expect("bus0:1 heating_switch 0", RESULT_TIMEOUT, "no frame of BMS 1 has been received");
}
END_TEST

/* The BMS dies between the steps, the stream ends, the program is told to stop. */
START_TEST(cut_in_each_step)
{
	for (enum step step = STEP_ABOUT; step < STEP_DONE; step++)
		for (int how = 0; how < 3; how++) {
			begin_model(&plain);
			command("bus0:1 max_charge_current 50 0");
			command("bus0:1 charging_switch 1 1");
			for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != step; i++)
				advance(m.now.us + 1000000);
			ck_assert_int_eq(queue_slot(&queue, 0)->step, step);
			if (how == 0)
				m.dead[0][1] = true; /* what is asked for already may still come */
			if (how == 1)
				queue_cut(&queue, "the stream ended", m.now);
			if (how == 2)
				queue_stop(&queue, "told to stop", m.now);
			finish();
			ck_assert(m.results[0] == 1 && m.results[1] == 1);
			ck_assert(how != 1 || m.result[0] == RESULT_UNKNOWN);
			ck_assert(how == 0 || m.result[1] == RESULT_REJECTED);
			ck_assert(how != 2 || m.result[0] == RESULT_CONFIRMED);
			ck_assert(how != 0 || m.result[0] == RESULT_TIMEOUT ||
				  m.result[0] == RESULT_CONFIRMED);
		}
}
END_TEST

/* The stream is not read, or lines of it were lost: silence is no evidence. */
/* A write that nobody took from the FIFO was not written. */
START_TEST(cut_before_the_write_leaves)
{
	static const char *const ways[] = {"the stream ended: it may have been written",
					   "the stream ended: nothing was written"};
	for (int nobody = 0; nobody < 2; nobody++) {
		begin_model(&plain);
		command("bus0:1 charging_switch 1 0");
		for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
			advance(m.now.us + 1000000);
		m.faults.nobody = nobody ? 100 : 0;
		queue_run(&queue, m.now);
		queue_cut(&queue, "the stream ended", m.now);
		ck_assert_int_eq(m.result[0], RESULT_UNKNOWN);
		ck_assert_str_eq(m.why, ways[nobody]);
	}
}
END_TEST

START_TEST(deaf)
{
	begin_model(&plain);
	command("bus0:1 charging_switch 1 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now); /* the write is out */
	m.due_count = 0;
	queue.env.paused = true;
	finish();
	ck_assert_int_eq(m.result[0], RESULT_UNKNOWN);
	begin_model(&plain);
	command("bus0:1 charging_switch 1 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now);
	m.due_count = 0;
	say(m.now.us, 0, "!lost 2 400");
	finish();
	ck_assert_int_eq(m.result[0], RESULT_UNKNOWN);
	begin_model(&plain); /* stdout has room again, but what came meanwhile is not read yet */
	command("bus0:1 charging_switch 1 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now);
	m.due_count = 0;
	queue.env.paused = true;
	queue_run(&queue, m.now);
	queue.env.paused = false;
	finish();
	ck_assert_int_eq(m.result[0], RESULT_UNKNOWN);
}
END_TEST

/* A write was on the wire, and changed nothing; the second one does not leave, for any reason. */
START_TEST(the_second_write_does_not_leave)
{
	for (int reason = 0; reason < 4; reason++) {
		begin_model(&plain);
		m.faults.no_ack = m.faults.forget = 100;
		command("bus0:1 charging_switch on 0");
		for (int i = 0; i < 1000 && !queue_slot(&queue, 0)->retried; i++)
			advance(m.now.us + 1000000);
		*(uint32_t *[]){&m.faults.stale, &m.faults.nobody, &m.faults.listening,
				&m.faults.refused_word}[reason] = 100;
		finish();
		ck_assert_uint_eq(m.writes, 1);
		ck_assert_int_eq(m.result[0], RESULT_TIMEOUT);
		ck_assert_ptr_ne(strstr(m.why, "did not leave; the BMS still held off"), NULL);
	}
}
END_TEST

/*
 * A frame whose damage the sum does not tell, be it a poll's or the one that is read before: nobody else's
 * bits change.
 */
START_TEST(damage_that_the_sum_does_not_tell)
{
	for (int bit = 1; bit <= 16; bit++)
		for (int polled = 0; polled < 3; polled++) {
			begin_model(&plain);
			if (polled == 1) { /* a valid one before */
				say_frame(m.now.us, 0, 1, m.settings[0][1]);
				pass(1);
			}
			m.corrupt_bit = bit;
			if (polled == 2) { /* the damaged one */
				say_frame(m.now.us, 0, 1, m.settings[0][1]);
				pass(1);
			}
			expect("bus0:1 smart_sleep_switch on", RESULT_CONFIRMED, "");
			ck_assert_uint_eq(m.settings[0][1][282], 0x51);
			ck_assert_uint_eq(m.settings[0][1][283], 0x32);
			ck_assert_uint_eq(m.writes, 1);
		}
	begin_model(&plain);
	m.corrupt_bit = 7;
	expect("bus0:1 smart_sleep_switch on", RESULT_CONFIRMED, ""); /* and not "the BMS holds it already" */
	ck_assert_uint_eq(m.writes, 1);
	begin_model(&plain);
	m.corrupt_at = 118;
	expect("bus0:1 charging_switch on", RESULT_CONFIRMED, "");
	ck_assert_uint_eq(m.writes, 1);
}
END_TEST

/* What comes before our T line is the answer to somebody else. */
START_TEST(answers_before_the_request)
{
	static const char ack[] = "(1763856000.000000) bus0 01#01101070000244D3 R";
	begin_model(&plain);
	command("bus0:1 charging_switch on 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now);
	ck_assert(queue.bus.channels[0]->request.command != NULL &&
		  !queue.bus.channels[0]->request.transmitted);
	queue_line(&queue, ack, sizeof ack - 1, m.now);
	ck_assert_int_eq(queue_slot(&queue, 0)->step, STEP_SENT);
	finish();
	ck_assert_int_eq(m.result[0], RESULT_CONFIRMED);
}
END_TEST

/* The T line of a write comes before it: if the link fails just then, it has not left, and is tried again. */
START_TEST(the_link_fails_behind_the_t_line)
{
	static const char t[] = "(1763856000.000000) bus0 01#0110107000020400000001F88B T",
			  refused[] = "(1763856000.000000) bus0 !refused link 0110107000020400000001F88B";
	begin_model(&plain);
	command("bus0:1 charging_switch on 0");
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != STEP_SENT; i++)
		advance(m.now.us + 1000000);
	queue_run(&queue, m.now);
	m.due_count = 0;
	const struct request *e = &queue.bus.channels[0]->request;
	queue_line(&queue, t, sizeof t - 1, m.now);
	ck_assert(e->transmitted && queue_slot(&queue, 0)->may_be_written);
	queue_line(&queue, refused, sizeof refused - 1, m.now);
	ck_assert(e->command && !e->delivered && !e->transmitted && !queue_slot(&queue, 0)->may_be_written);
	finish();
	ck_assert_int_eq(m.result[0], RESULT_CONFIRMED);
}
END_TEST

enum { MAX_AGE_US = 10000000 };

static const struct write_options aged = {.limits = {1, 200}, .max_age_us = MAX_AGE_US, .allow = &allow};

/* A command of this age, in microseconds. */
static void aged_command(const char *text, unsigned id, int64_t age_us)
{
	int64_t time_us = m.now.real_us - age_us;
	command("%s %u @%lld.%06lld", text, id, (long long)(time_us / 1000000),
		(long long)(time_us % 1000000));
}

static void until_step(enum step step)
{
	for (int i = 0; i < 1000 && queue_slot(&queue, 0)->step != step; i++)
		advance(m.now.us + 1000000);
	ck_assert_int_eq(queue_slot(&queue, 0)->step, step);
}

START_TEST(a_command_that_is_too_old)
{
	static const char text[] = "bus0:1 charging_switch on";
	static const struct {
		int64_t age_us;
		enum result result;
		const char *why;
	} rows[] = {
		{0, RESULT_CONFIRMED, ""},
		{9000000, RESULT_CONFIRMED, ""},
		{10000001, RESULT_REJECTED,
		 "expired: its age is 10.0 s, and the limit is 10.0 s: nothing was written"},
		{60000000, RESULT_REJECTED, "expired: its age is 60.0 s"},
		{-9999999, RESULT_CONFIRMED, ""},
		{-10000001, RESULT_REJECTED, "from the future"},
		{INT64_C(1763855999000000), RESULT_REJECTED, "expired"},
		{-INT64_C(1763856000000000), RESULT_REJECTED, "from the future"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin_model(&aged);
		aged_command(text, 1, rows[i].age_us);
		finish();
		ck_assert_msg(m.result[1] == rows[i].result && strstr(m.why, rows[i].why), "%zu: %s", i,
			      m.why);
		ck_assert_uint_eq(m.writes, rows[i].result == RESULT_CONFIRMED);
	}
}
END_TEST

/* One write a second: what waits longer than it may is not written. */
START_TEST(commands_that_wait_too_long_for_their_turn)
{
	begin_model(&aged);
	for (unsigned i = 0; i < 20; i++)
		aged_command(i % 2 ? "bus0:1 charging_switch off" : "bus0:1 charging_switch on", i, 0);
	int64_t last_us = m.now.us + MAX_AGE_US;
	while (queue_in_hand(&queue)) {
		unsigned long writes = m.writes;
		advance(m.now.us + 100000);
		ck_assert(m.writes == writes || m.now.us <= last_us);
	}
	ck_assert_uint_gt(m.by_result[RESULT_CONFIRMED], 5);
	ck_assert_uint_gt(m.by_result[RESULT_REJECTED], 5);
	ck_assert_int_le(m.now.us, last_us + 2000000);
}
END_TEST

/*
 * The program is stopped while a command is in each step: a write that has not left does not leave any more.
 */
START_TEST(stopped_in_each_step)
{
	for (int timed = 0; timed < 2; timed++)
		for (enum step step = STEP_ABOUT; step < STEP_DONE; step++) {
			begin_model(&aged);
			if (timed)
				aged_command("bus0:1 max_charge_current 50", 1, 0);
			else
				command("bus0:1 max_charge_current 50 1");
			until_step(step);
			unsigned long writes = m.writes;
			turn_clock(m.now.us + 60000000);
			if (!timed)
				queue_slept(&queue, 60000000, m.now);
			finish();
			bool left = step == STEP_READING_BACK;
			ck_assert_uint_eq(m.writes, writes);
			ck_assert_uint_eq(writes, left);
			ck_assert_msg(left || (m.result[1] == RESULT_REJECTED && strstr(m.why, "expired")),
				      "%d: %s", step, m.why);
		}
	begin_model(&aged);
	queue.unread_us = MAX_AGE_US + 1;
	expect("bus0:1 charging_switch on", RESULT_REJECTED,
	       "expired: it has no time, and was not read for 10.0 s");
	queue_slept(&queue, MAX_AGE_US, m.now);
	queue.unread_us = MAX_AGE_US;
	expect("bus0:1 charging_switch on", RESULT_CONFIRMED, "");
}
END_TEST

START_TEST(the_second_write_is_too_late)
{
	begin_model(&aged);
	m.faults.no_ack = m.faults.forget = 100;
	aged_command("bus0:1 charging_switch on", 0, 9500000);
	finish();
	ck_assert_uint_eq(m.writes, 1);
	ck_assert_int_eq(m.result[0], RESULT_TIMEOUT);
	ck_assert_ptr_ne(strstr(m.why, "no acknowledgement, and no second write: expired"), NULL);
}
END_TEST

/* The state cannot be saved, from each step on. */
START_TEST(the_state_cannot_be_kept)
{
	static const struct write_options few = {.limits = {100, 1}, .allow = &allow};
	for (enum step step = STEP_WAITING; step < STEP_DONE; step++) {
		begin_model(&few);
		command("bus0:1 max_charge_current 50 1");
		if (step != STEP_WAITING)
			until_step(step);
		bool out = step >= STEP_SENT;
		if (out)
			queue_run(&queue, m.now); /* the write has left */
		m.disk_full = true;
		snprintf(queue.env.unkept, sizeof queue.env.unkept, "No space left on device");
		queue_run(&queue, m.now);
		command("bus0:2 charging_switch on 2");
		finish();
		ck_assert_uint_eq(m.writes, out);
		ck_assert_int_eq(m.result[1], out ? RESULT_CONFIRMED : RESULT_REJECTED);
		ck_assert_int_eq(m.result[2], RESULT_REJECTED);
		ck_assert_str_eq(m.why,
				 "the state cannot be kept: No space left on device: nothing was written");
		m.disk_full = false;
		queue.env.unkept[0] = '\0';
		m.results[1] = 0;
		memset(m.last_id, 0, sizeof m.last_id);
		expect("bus0:1 max_charge_current 60", out ? RESULT_REJECTED : RESULT_CONFIRMED,
		       out ? "which is the limit" : "");
	}
	begin_model(
		/* it is only found when the write is about to leave, which then is not one of the day */
		&few);
	m.disk_full = true;
	expect("bus0:1 max_charge_current 60", RESULT_REJECTED, "the state cannot be kept");
	ck_assert_uint_eq(m.writes, 0);
	m.disk_full = false;
	expect("bus0:1 max_charge_current 60", RESULT_CONFIRMED, "");
}
END_TEST

static char state_path[] = "/tmp/jk-queue-XXXXXX";

/* Is the command saved as one that may have been written? */
static bool is_saved_as_written(void)
{
	char text[512] = "";
	ck_assert_int_eq(queue_state_save(&queue, NULL, state_path, m.now), 0);
	int fd = open(state_path, O_RDONLY);
	ck_assert(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
	return strstr(text, "command written bus0 1 bus0:1 max_charge_current 50") != NULL;
}

/* A FIFO that takes nothing: the write is logged and saved once, not for each attempt. */
START_TEST(one_save_for_each_write)
{
	static const enum result wanted[] = {RESULT_TIMEOUT, RESULT_CONFIRMED};
	int fd = mkstemp(state_path);
	ck_assert(fd >= 0 && close(fd) == 0);
	for (int taken = 0; taken < 2; taken++) {
		begin_model(&plain);
		command("bus0:1 max_charge_current 50 1");
		until_step(STEP_SENT);
		ck_assert(!is_saved_as_written());
		m.faults.full = 100;
		for (int i = 0; i < 12; i++) {
			queue_run(&queue, m.now);
			ck_assert(m.saves == 1 && is_saved_as_written());
			turn_clock(m.now.us + 100000);
		}
		m.faults.full = taken ? 0 : 100;
		finish();
		ck_assert(m.result[1] == wanted[taken] && m.saves == 1 && m.writes == (unsigned)taken);
	}
	/* The second write of a command is saved and logged as well. */
	begin_model(&plain);
	m.faults.no_ack = m.faults.forget = 100;
	command("bus0:1 max_charge_current 50 1");
	finish();
	ck_assert(m.writes == 2 && m.saves == 2);
	ck_assert_int_eq(unlink(state_path), 0);
}
END_TEST

static void random_command(unsigned id)
{
	static const char *const odd[] = {
		"bus0:1 nokey 3",    "1 charging_switch on", "bus0:16 charging_switch on",
		"tty: cell_count 4", "bus0:1 cell_count 99", "bus0:1 max_charge_current 1.23"};
	if (chance_below(&m.chance, 40) == 0) {
		command("%s %u", odd[chance_below(&m.chance, 6)], id);
		return;
	}
	const struct wire_row *row = &wire_rows[chance_below(&m.chance, WIRE_ROWS)];
	enum frame_type type;
	const struct field *f = setting_find(row->key, strlen(row->key), &type);
	int64_t low = setting_raw(f, f->min), step_raw = setting_raw(f, f->step),
		high = setting_raw(f, f->max);
	uint32_t steps = (uint32_t)((high - low) / step_raw) + 1;
	char value[32];
	struct strbuf t = {.data = value, .capacity = sizeof value - 1};
	strbuf_decimal(&t, low + step_raw * chance_below(&m.chance, steps), f->places);
	value[t.size] = '\0';
	command("bus%u:%u %s %s %u", chance_below(&m.chance, CHANNELS),
		1 + chance_below(&m.chance, PACKS_MODELLED), row->key, value, id);
}

static void random_events(void)
{
	int channel = (int)chance_below(&m.chance, CHANNELS),
	    pack = 1 + (int)chance_below(&m.chance, PACKS_MODELLED);
	switch (chance_below(&m.chance, 60)) {
	case 0:
		m.listening[channel] = !m.listening[channel];
		say(m.now.us, channel, "!mode %s", m.listening[channel] ? "listen master" : "poll");
		break;
	case 1:
		m.dead[channel][pack] = !m.dead[channel][pack];
		break;
	case 2:
		say(m.now.us, channel, "!open x");
		break;
	case 3:
		say(m.now.us, channel, "!lost 1 300");
		break;
	case 4: /* the clock of the world is set */
		m.now.real_us += (int64_t)chance_below(&m.chance, 2000000000) * 100 - INT64_C(100000000000);
		break;
	case 5:
		queue.env.paused = !queue.env.paused;
		break;
	default: /* a poll */
		say_frame(m.now.us, channel, (uint8_t)pack,
			  (chance_below(&m.chance, 8) ? m.settings : m.about)[channel][pack]);
	}
}

static void restart(const char *path)
{
	ck_assert_int_eq(queue_state_save(&queue, NULL, path, m.now), 0);
	m.due_count = 0;
	begin_work(&plain);
	queue_state_load(&queue, NULL, path, m.now);
	ck_assert_int_eq(queue_state_save(&queue, NULL, path, m.now),
			 0); /* as jk-write does before it goes on */
}

START_TEST(ten_thousand_random_commands)
{
	static const struct faults all = {.silent = 4,
					  .forget = 5,
					  .no_ack = 5,
					  .exception = 3,
					  .strange_exception = 1,
					  .wrong_address = 3,
					  .late = 5,
					  .damaged = 5,
					  .stale = 1,
					  .busy = 2,
					  .nobody = 1,
					  .full = 1,
					  .refused_word = 1,
					  .listening = 1,
					  .echo = true};
	char path[] = "/tmp/jk-queue-XXXXXX";
	int fd = mkstemp(path);
	ck_assert(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
	begin_model(&plain);
	m.faults = all;
	m.chance.state = unit_environment("JK_SEED", 4711);
	unsigned count = (unsigned)unit_environment("JK_COMMANDS", 10000);
	ck_assert_uint_lt(count, IDS);
	for (unsigned id = 0, burst = 0; id < count; id++) {
		random_command(id);
		random_events();
		if (burst == 0 && chance_below(&m.chance, 400) == 0)
			burst = 90;
		burst -= burst > 0;
		if (burst == 0 && (chance_below(&m.chance, 4) || queue.count > 40))
			pass(chance_below(&m.chance, 3000000));
		if (chance_below(&m.chance, 500) == 0)
			restart(path);
		if (id % 1000 == 999) { /* the end of a storm */
			m.listening[0] = m.listening[1] = queue.env.paused = false;
			say(m.now.us, 0, "!mode poll"), say(m.now.us, 1, "!mode poll");
			memset(m.dead, 0, sizeof m.dead);
		}
	}
	finish();
	unlink(path);
	for (unsigned id = 0; id < count; id++)
		ck_assert_msg(m.results[id] == 1, "command %u has %u results", id, m.results[id]);
	ck_assert_uint_eq(m.out_of_order, 0);
	for (int result = RESULT_CONFIRMED; result < RESULT_VALID; result++)
		ck_assert_msg(m.by_result[result] > 0, "none is %s: nothing was tested",
			      result_name((enum result)result));
	ck_assert_uint_gt(m.by_result[RESULT_CONFIRMED], count / 10);
	ck_assert_uint_gt(m.confirmed_checked, count / 10);
	ck_assert_uint_gt(m.changed_bits, 100);
}
END_TEST

UNIT_RUN("queue", every_row_is_written_and_confirmed, every_bit_with_the_others_random, each_result,
	 rare_results, a_setting_that_changes_as_well, rejected_at_once, neighbours, dangerous_and_denied,
	 denied_before_its_channel_is_heard, one_channel_beside_can, commands_for_a_can_bus,
	 what_stands_behind_a_frame, channels_that_are_no_can_bus, a_channel_of_an_earlier_run, rates,
	 the_rate_is_that_of_the_wire, the_second_write_is_one_of_the_day, sixty_four_wait,
	 commands_for_one_bms_leave_the_others_theirs, the_bms_take_turns, dry_run,
	 a_channel_that_is_opened_again, cut_in_each_step, cut_before_the_write_leaves, deaf,
	 the_second_write_does_not_leave, damage_that_the_sum_does_not_tell, answers_before_the_request,
	 the_link_fails_behind_the_t_line, a_command_that_is_too_old,
	 commands_that_wait_too_long_for_their_turn, stopped_in_each_step, the_second_write_is_too_late,
	 the_state_cannot_be_kept, one_save_for_each_write, two_packs_with_one_address, when_to_look,
	 ten_thousand_random_commands)
