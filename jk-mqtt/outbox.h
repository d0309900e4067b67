/* SPDX-License-Identifier: MIT */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox_queue.h"
#include "outbox_states.h"
#include "strbuf.h"
#include "suspicion.h"

/*
 * Hands what is published from the thread that reads records to the one that talks to the broker.  A state is
 * the newest payload of its topic, however long the broker is away; alarm transitions are an ordered queue,
 * and results of commands are another, so that many commands never displace a transition.  All are kept until
 * the broker has acknowledged them.  The threads wait for each other only at the lock, and the client is
 * called without it.
 */

enum {
	WINDOW_MAX = 64,       /* messages that may be unacknowledged */
	WINDOW_BYTES = 262144, /* total of their payloads; a longer one is sent alone */
	OUTBOX_QOS = 1,        /* of everything: it is kept until the broker has acknowledged it */
};

enum outbox_ending {
	OUTBOX_ENDED,   /* by us, or for a reason that no message has */
	OUTBOX_STALLED, /* the broker stopped acknowledging */
	OUTBOX_CLOSED,  /* by the broker, or in between */
};

struct in_flight {
	int mid;
	size_t size, whole; /* of the payload; and with the topic */
	struct slot *slot;  /* NULL: a message of a queue */
	uint8_t queue;      /* enum outbox_queues */
	uint64_t queued_id; /* its number */
};

/* In the order in which they are sent. */
enum outbox_queues { OUTBOX_TRANSITIONS, OUTBOX_RESULTS, OUTBOX_QUEUES };

struct outbox {
	pthread_mutex_t lock;
	int wake_fd; /* an eventfd that is written when there is something to send; -1 in tests */
	struct outbox_states states;
	struct outbox_queue queue[OUTBOX_QUEUES];
	bool state_next; /* a result was sent last: states have their turn */
	char *message;   /* what the client is given: topic and payload */
	size_t message_room;
	struct in_flight window[WINDOW_MAX];
	size_t in_flight, in_flight_bytes;
	bool online;
	bool answered; /* the broker has acknowledged a message of this connection */
	bool alone;    /* what is under way is under suspicion */
	struct suspicions suspicions;
	char refusal[256]; /* the topic that was last refused, cut; and its size */
	size_t refusal_size;
	uint64_t refusals;
	uint64_t dropped; /* that were refused */
};

/* A message for the client; valid only during the call. */
struct outgoing {
	const char *topic;
	const char *payload;
	size_t size;
	int qos;
	bool retain;
	bool subscribe, unsubscribe; /* the topic is a filter */
};

/* Hands one message to the client: 0 and *mid set, or the client's error. */
typedef int outbox_send(void *context, const struct outgoing *message, int *mid);

/* Allocates the tables; ends the program with 111 if there is no memory. */
void outbox_begin(struct outbox *o, int wake_fd);
void outbox_end(struct outbox *o);

/*
 * Sets a retained state, which is kept until a newer one replaces it.  If it is the same as the last, nothing
 * is sent.  An empty payload removes the retained message.
 */
enum outbox_set outbox_state(struct outbox *o, const char *topic, const char *payload, size_t size,
			     enum outbox_keep keep);

/* The same, but sends it even if it is unchanged.  Returns false if there is no room. */
bool outbox_repeat(struct outbox *o, const char *topic, const char *payload, size_t size,
		   enum outbox_keep keep);

/*
 * Subscribes to a filter, now and after each reconnection, before later states are published.  outbox_topic
 * gives its name with a newline before it.
 */
void outbox_subscribe(struct outbox *o, const char *filter);
void outbox_unsubscribe(struct outbox *o, const char *filter);

/* Sends what is to be sent of topics that begin so, and forgets them. */
void outbox_forget(struct outbox *o, const char *beginning);

/* Sends the state of a topic once more, if it is kept. */
void outbox_again(struct outbox *o, const char *topic);

/* Queues a message that is not retained: an alarm transition.  Returns false if there is no memory. */
bool outbox_message(struct outbox *o, const char *topic, const char *payload, size_t size);

/* The same of the result of a command. */
bool outbox_result(struct outbox *o, const char *topic, const char *payload, size_t size);

/* For the network thread. */
void outbox_connected(struct outbox *o);
void outbox_disconnected(struct outbox *o, enum outbox_ending ending);
/* Tries refused messages again: the broker may have been reconfigured. */
void outbox_forgive(struct outbox *o);
/* Sends while the window has room.  Returns the client's error, OUTBOX_NO_MEMORY, or 0. */
enum { OUTBOX_NO_MEMORY = 1 }; /* as in libmosquitto */
int outbox_pump(struct outbox *o, outbox_send *send, void *context);
/* Returns whether it was one of ours. */
bool outbox_acknowledged(struct outbox *o, int mid);
/* The client rejected it: it is dropped and counted. */
void outbox_refused(struct outbox *o, int mid);
/*
 * The last refusal, if there are more than *known, which is updated; a state is reported once.  Returns
 * whether there is one.
 */
bool outbox_refusal(struct outbox *o, uint64_t *known, char *topic, size_t size, size_t *message_size);
/* The topic of an unacknowledged message, cut to the buffer; false if it is not ours. */
bool outbox_topic(struct outbox *o, int mid, char *topic, size_t size);

/* The queue of transitions, for the state file. */
struct outbox_transitions {
	uint64_t oldest, count;
	uint64_t changes; /* how often the queue has changed */
	bool online;
};
struct outbox_transitions outbox_transitions(struct outbox *o);

/* Bytes that outbox_transitions_put needs at most, if nothing is queued in between. */
size_t outbox_transitions_size(struct outbox *o);

/* Adds a line for each that is not acknowledged: TOPIC PAYLOAD.  Returns how many, and *changes so far. */
uint64_t outbox_transitions_put(struct outbox *o, struct strbuf *t, uint64_t *changes);

struct outbox_status {
	uint64_t queued, dropped, left_out; /* messages; topics beyond SLOTS_MAX */
	bool empty;                         /* everything is acknowledged */
	bool online;
	size_t in_flight;
};
struct outbox_status outbox_status(struct outbox *o);

#endif
