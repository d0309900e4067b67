/* SPDX-License-Identifier: MIT */
#ifndef SUSPICION_H
#define SUSPICION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A broker may close the connection for a message that is too long or forbidden: MQTT 3.1.1 has no other
 * answer.  So messages that were unacknowledged when a connection ended are suspects: each is sent alone the
 * next time, after the broker has acknowledged another message.  One that ends further connections alone is
 * refused: dropped, counted and no longer sent.  When two were refused, and none as long was ever
 * acknowledged, the broker has a length limit, and messages that reach it are refused at once.
 */
struct suspicion {
	bool alone;       /* to be sent with nothing else in flight */
	unsigned strikes; /* connections that it ended */
	size_t refused;   /* from this size on; 0: not */
	bool reported;    /* its refusal has been reported */
};

/* What is known of the broker.  Sizes are of topic and payload. */
struct suspicions {
	unsigned convicted;
	size_t smallest_refused, largest_taken, limit; /* 0: none */
};

/*
 * The connection ended while a message of this size was in flight.  was_alone: nothing else was, and the
 * broker had answered; closed: the broker closed it, else it stalled.
 */
void suspicion_ended(struct suspicions *all, struct suspicion *s, size_t size, bool was_alone, bool closed);

/* A message was acknowledged. */
void suspicion_taken(struct suspicions *all, size_t size);

/* Would the broker refuse it? */
bool suspicion_refuses(const struct suspicions *all, const struct suspicion *s, size_t size);

#endif
