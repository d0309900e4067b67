/* SPDX-License-Identifier: MIT */
#ifndef BUS_H
#define BUS_H

#include "config.h"
#include "group.h"
#include "log.h"
#include "port.h"

/*
 * Who transmits by itself: the bus master, and the poller, which is another client, or the only one with -o.
 */
enum talker_kind { TALKER_MASTER, TALKER_POLLER, TALKERS };

struct talker {
	const struct windows *when;
	int64_t next_us, round_us;
	int64_t until_us;   /* the end of the window in which it transmits */
	unsigned int place; /* address of the master's next request; index of the poller's next pack */
	enum frame_type type;
	int64_t round;
};

struct bus {
	const struct config *config;
	struct port *port;
	struct log *log;
	struct pack packs[MAX_PACKS];
	size_t pack_count;
	struct pack twin; /* a second pack of one address, if configured */
	bool twin_here, twins_turn;
	struct chance timing, damage;
	struct talker talkers[TALKERS];

	/* The group on the wire and its progress. */
	struct group group;
	bool busy;
	size_t sent;
	int64_t free_us;    /* when this group ends, or the last one ended */
	int64_t segment_us; /* the next piece is not sent before */

	/* A late answer, and when it comes. */
	struct group late;
	bool late_pending;
	int64_t late_us;

	/* The part of its next request that the client has sent. */
	uint8_t input[300];
	size_t input_n;
	int64_t input_us;

	/* Called for each group when it is over, for tests. */
	void (*tell)(void *who, const struct group *g);
	void *who;
};

void bus_init(struct bus *b, const struct config *c, struct port *port, struct log *log);

/* Does everything that is due at now_us, in bus time; returns when to call it again (INT64_MAX: never). */
int64_t bus_run(struct bus *b, int64_t now_us);

/* Takes bytes that a client has written. */
void bus_hear(struct bus *b, int64_t now_us, const uint8_t *p, size_t n);

/* Discards an incomplete request of a client that has gone. */
void bus_forget(struct bus *b, int64_t now_us);

/* Logs what was on the wire at the end; the rest of it is lost. */
void bus_close(struct bus *b);

/* That time in the life of the packs, in ms from midnight of the first day. */
int64_t bus_pack_ms(const struct bus *b, int64_t now_us);

/* Advances the pack to that time. */
void bus_advance(struct bus *b, struct pack *p, int64_t now_us);

/* answer.c: answers to requests. */

enum fate { REQUEST_ANSWERED, REQUEST_LATE, REQUEST_UNANSWERED, REQUEST_DAMAGED, REQUEST_COLLIDED };

/*
 * Adds the answer to a whole request to the group, not before echoed_us.  Unanswered: the address is silent
 * or unknown; damaged: the CRC is wrong.  A late answer goes into b->late instead.
 */
enum fate answer_request(struct bus *b, int64_t now_us, struct group *g, const uint8_t *request, size_t n,
			 int64_t echoed_us);

/* Adds a frame of the pack and its acknowledgement. */
void answer_unasked(struct bus *b, struct group *g, struct pack *p, enum frame_type type);

/*
 * late.c: merges the late answer into the group that begins at start_us, if it is due before the end of that.
 */
void late_join(struct bus *b, int64_t start_us);

struct pack *bus_pack(struct bus *b, unsigned int address);

/* Whether the address is silent at that time. */
bool bus_silent(const struct bus *b, unsigned int address, int64_t now_us);

/* talker.c: whoever transmits by itself. */
void talker_init(struct bus *b);

/* When it transmits next, not before from_us; INT64_MAX: never. */
int64_t talker_next(const struct talker *t, int64_t from_us);

/* One step: adds its messages to the group and sets the time of the next step. */
void talker_step(struct bus *b, enum talker_kind who, int64_t now_us, struct group *g);

/* How long n bytes take: 8N1 at 115200 baud. */
int64_t bus_wire_us(size_t n);

/* From the start of a group to its end. */
int64_t bus_group_us(const struct group *g);

#endif
