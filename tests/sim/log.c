/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "config.h"

#include <stdlib.h>
#include <time.h>

static const char *const whats[] = {
	[REQUEST] = "request", [ECHO_OF] = "echo",        [FRAME] = "frame", [ACK] = "ack",
	[READ] = "read",       [EXCEPTION] = "exception", [NOISE] = "noise", [FALSE_HEADER] = "false-header",
	[PADDING] = "padding",
};

static const char *const states[] = {
	[VALID] = "valid",
	[FLIPPED] = "flipped",
	[BURST] = "burst",
	[TRUNCATED] = "truncated",
	[CONTRADICTING] = "contradicting",
	[COLLIDED] = "collided",
	[DAMAGED] = "damaged",
};

bool log_wanted(const struct log *l)
{
	return l->file != NULL;
}

void log_open(struct log *l, const char *path)
{
	*l = (struct log){.path = path};
	if (path == NULL)
		return;
	l->file = fopen(path, "we");
	if (l->file == NULL)
		config_fail("cannot open", path);
}

void log_close(struct log *l)
{
	if (l->file != NULL && fclose(l->file) != 0)
		config_fail("cannot write", l->path);
}

static void start(struct log *l, int64_t t_us, const char *what)
{
	text_clear(&l->line);
	text_add(&l->line, "{");
	text_key_number(&l->line, "t", t_us, 6);
	text_key_string(&l->line, "what", what, 32);
}

static void hex(struct log *l, const uint8_t *p, size_t n)
{
	text_key(&l->line, "hex");
	text_add(&l->line, "\"");
	text_hex(&l->line, p, n);
	text_add(&l->line, "\"");
}

static void finish(struct log *l)
{
	text_add(&l->line, "}\n");
	if (l->line.overflow) {
		fprintf(stderr, "jk-sim: %s: a line is longer than its room\n", l->path);
		return;
	}
	if (fwrite(l->line.p, 1, l->line.n, l->file) != l->line.n || fflush(l->file) != 0)
		config_fail("cannot write", l->path);
}

static void log_message(struct log *l, const struct group *g, const struct message *m)
{
	start(l, m->end_us, whats[m->what]);
	if (m->from != NULL)
		text_key_string(&l->line, "from", m->from, 32);
	if (m->bms >= 0)
		text_key_number(&l->line, "bms", m->bms, 0);
	if (m->type > 0)
		text_key_string(&l->line, "type", wire_type_name(m->type), 32);
	if (m->state != NO_STATE)
		text_key_string(&l->line, "state", states[m->state], 32);
	if (m->what == FRAME)
		text_key_bool(&l->line, "acked", group_ack_heard(g, m));
	text_key_bool(&l->line, "heard", !m->lost);
	hex(l, g->bytes + m->at, m->n);
	if (m->what == FRAME && m->state == VALID) {
		text_key(&l->line, "values");
		text_add(&l->line, "{");
		text_bytes(&l->line, g->values[m->values].p, g->values[m->values].n);
		text_add(&l->line, "}");
	}
	finish(l);
}

void log_group(struct log *l, const struct group *g)
{
	for (size_t i = 0; l->file != NULL && i < g->count; i++)
		log_message(l, g, &g->messages[i]);
}

void log_heard(struct log *l, int64_t t_us, const uint8_t *p, size_t n, const char *fate)
{
	if (l->file == NULL)
		return;
	start(l, t_us, "request");
	text_key_string(&l->line, "from", "client", 32);
	text_key_string(&l->line, "fate", fate, 32);
	if (n > 0)
		text_key_number(&l->line, "bms", p[0], 0);
	hex(l, p, n);
	finish(l);
}

int64_t log_clock_us(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		abort();
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t log_real_us(const struct log *l)
{
	return l->file != NULL && l->begun_us > 0 ? log_clock_us() - l->begun_us : 0;
}

void log_begun(struct log *l, int64_t monotonic_us)
{
	l->begun_us = monotonic_us;
	if (l->file == NULL)
		return;
	start(l, 0, "begun");
	text_key_number(&l->line, "monotonic", monotonic_us, 6);
	finish(l);
}

void log_stalled(struct log *l, int64_t t_us, int64_t late_us)
{
	if (l->file == NULL)
		return;
	start(l, t_us, "stalled");
	text_key_number(&l->line, "late", late_us, 6);
	finish(l);
}

void log_event(struct log *l, int64_t t_us, const char *what, int64_t bytes)
{
	if (l->file == NULL)
		return;
	start(l, t_us, what);
	if (bytes >= 0)
		text_key_number(&l->line, "bytes", bytes, 0);
	finish(l);
}

void log_can(struct log *l, const struct can_sent *sent, const struct can_message *m,
	     const struct text *values)
{
	const uint8_t id[4] = {(uint8_t)(m->id >> 24), (uint8_t)(m->id >> 16), (uint8_t)(m->id >> 8),
			       (uint8_t)m->id};
	if (l->file == NULL)
		return;
	start(l, sent->end_us, "can");
	if (sent->address >= 0)
		text_key_number(&l->line, "bms", sent->address, 0);
	text_key(&l->line, "id");
	text_add(&l->line, "\"");
	text_hex(&l->line, id, sizeof(id));
	text_add(&l->line, "\"");
	text_key_bool(&l->line, "heard", !sent->lost);
	if (l->begun_us > 0)
		text_key_number(&l->line, "written", sent->written_us, 6);
	hex(l, m->data, m->n);
	text_key(&l->line, "values");
	text_add(&l->line, "{");
	text_bytes(&l->line, values->p, values->n);
	text_add(&l->line, "}");
	finish(l);
}
