/* SPDX-License-Identifier: MIT */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is to be published, between the thread that reads records and the one that talks to the broker.  A state is the newest
 * payload of its topic, however long the broker is away; a message is one of an ordered queue, as alarm transitions are.
 * Both are kept until the broker has acknowledged them.  Neither thread ever waits for the other but for the lock.
 */

enum {
	QUEUE_MAX = 10000,          /* messages; beyond it the oldest is dropped and counted */
	QUEUE_BYTES_MAX = 16000000, /* and so it is beyond these, topics included */
	WINDOW_MAX = 64,            /* messages that may be unacknowledged */
	WINDOW_BYTES = 262144,      /* and their payloads; a longer one goes alone */
	SLOTS_MAX = 65536,          /* topics */
	OUTBOX_QOS = 1,             /* of everything: it is kept until the broker has acknowledged it */
};

enum outbox_keep {
	OUTBOX_ONCE,   /* forgotten when acknowledged: whoever made it makes it again after a reconnection */
	OUTBOX_ALWAYS, /* published again after each reconnection: the broker may have lost it */
};

/*
 * A message that is too long for the broker, or forbidden, may end the connection: MQTT 3.1.1 has no other answer.  So what was
 * unacknowledged when a connection ended is under suspicion, and goes out alone the next time, after the broker has acknowledged
 * another message.  What ends further connections alone is refused: dropped, counted and no longer sent.  When two were
 * refused, and nothing as long was ever acknowledged, the broker has a limit, and what reaches it is refused at once.
 * The state that was there first, our status, is what else is acknowledged, and is under no suspicion itself.
 */
struct suspicion {
	bool alone;       /* to be sent with nothing else under way */
	unsigned strikes; /* connections that it ended */
	size_t refused;   /* from this size on; 0: not */
	bool told;        /* that it is refused */
};

enum outbox_ending {
	OUTBOX_ENDED,   /* by us, or by nothing that a message does */
	OUTBOX_STALLED, /* nothing more was acknowledged */
	OUTBOX_CLOSED,  /* by the broker, or on the way to it */
};

struct slot;
struct queued;

struct in_flight {
	int mid;
	size_t size, whole; /* of the payload; and with the topic */
	struct slot *slot;  /* NULL: a message of the queue */
	uint64_t queued_id; /* its number */
};

struct outbox {
	pthread_mutex_t lock;
	int wake_fd; /* an eventfd that is written when there is something to send; -1 in tests */
	struct slot **hash, *first, *last, *dirty_first, *dirty_last;
	size_t hash_size, slots;
	struct queued *queue; /* a ring of QUEUE_MAX */
	uint64_t queue_first, queue_send,
		queue_end; /* numbers of messages: the oldest, the next to send, the next to come */
	size_t queue_bytes;
	uint64_t dropped;
	struct in_flight window[WINDOW_MAX];
	size_t in_flight, in_flight_bytes;
	bool online;
	bool answered; /* the broker has acknowledged a message of this connection */
	bool alone;    /* what is under way is under suspicion */
	unsigned convicted;
	size_t smallest_refused, largest_taken, limit; /* topic and payload; 0: none */
	char refusal[256]; /* the topic that was last refused, cut; and its size */
	size_t refusal_size;
	uint64_t refusals;
	uint64_t refused; /* topics beyond SLOTS_MAX, or no memory */
};

/* A message for whoever sends it; valid during the call alone. */
struct outgoing {
	const char *topic;
	const char *payload;
	size_t size;
	int qos;
	bool retain;
	bool subscribe; /* the topic is a filter, to be subscribed to */
};

/* Hands one message to the client: 0 and *mid set, or the client's error. */
typedef int outbox_send(void *context, const struct outgoing *message, int *mid);

/* Allocates the tables; ends the program with 111 if there is no memory. */
void outbox_begin(struct outbox *o, int wake_fd);
void outbox_end(struct outbox *o);

/*
 * A retained state: kept until something newer replaces it.  Whether it differs from what the topic has; if not, nothing is
 * sent.  An empty payload removes what the broker retains.
 */
bool outbox_state(struct outbox *o, const char *topic, const char *payload, size_t size,
		  enum outbox_keep keep);

/* The same, and sent even if it is the same again. */
void outbox_repeat(struct outbox *o, const char *topic, const char *payload, size_t size,
		   enum outbox_keep keep);

/*
 * Subscribes to a filter, now and after each reconnection, before what comes behind it is published.  A newline stands before its topic
 * in outbox_topic.
 */
void outbox_subscribe(struct outbox *o, const char *filter);

/* Sends once more what the topic has, if it is kept. */
void outbox_again(struct outbox *o, const char *topic);

/* A message that is not retained, in order behind those before it. */
void outbox_message(struct outbox *o, const char *topic, const char *payload, size_t size);

/* For the thread of the network. */
void outbox_connected(struct outbox *o);
void outbox_disconnected(struct outbox *o, enum outbox_ending ending);
/* What the broker refused is tried again: it may have been set otherwise. */
void outbox_forgive(struct outbox *o);
/* Sends while little is unacknowledged.  The client's error, or 0. */
int outbox_pump(struct outbox *o, outbox_send *send, void *context);
/* Whether it was one of ours. */
bool outbox_acknowledged(struct outbox *o, int mid);
/* The client does not take it: it is dropped, and counted. */
void outbox_refused(struct outbox *o, int mid);
/* What was refused since so many refusals were known, the last one alone and a state once: false if nothing was. */
bool outbox_refusal(struct outbox *o, uint64_t *known, char *topic, size_t size, size_t *message_size);
/* The topic of a message that is not acknowledged yet, cut to the buffer; false if it is none of ours. */
bool outbox_topic(struct outbox *o, int mid, char *topic, size_t size);

struct outbox_status {
	uint64_t queued, dropped;
	bool empty; /* everything is acknowledged */
	bool online;
	size_t in_flight;
};
struct outbox_status outbox_status(struct outbox *o);

#endif
