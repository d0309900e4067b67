/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_PARTS_H
#define QUEUE_PARTS_H

#include "queue.h"

/* What the parts of the work share: work.c the queue, request.c the requests, hear.c the stream, step.c the steps. */

/* Call queue_run again at that time, if not before. */
void work_wake(struct queue *q, int64_t us);

/* The channel of a command that has one; NULL if it is not known. */
struct channel *work_channel(struct queue *q, const struct command *c);

/* The limits of the writes to one pack. */
bool work_day_is_full(const struct queue *q, const struct pack *pack, struct now now);
int64_t work_write_allowed_us(const struct queue *q, const struct pack *pack);

/* Is the command too old to be begun, or from the future?  Then it has a result. */
bool work_expired(const struct queue *q, struct command *c, struct now now);

/* No restart would know of a write: the command has a result if it was not written. */
void work_unkept(const struct queue *q, struct command *c);

/* May the request of a command's step leave, whose channel is free?  If the day's writes are used up it has a result. */
bool request_ready(struct queue *q, struct command *c, struct now now);

/* Sends it. */
void request_send(struct queue *q, struct command *c, struct now now);

/* Its deadlines. */
void request_run(struct queue *q, struct channel *channel, struct now now);

/* It is answered, by a frame or, frame NULL, by an acknowledgement; or is not going to be. */
void request_answered(struct queue *q, struct channel *channel, const uint8_t *frame);
void request_unanswered(struct queue *q, struct channel *channel, struct unanswered why, struct now now);

/* The capture could not take it: once more, until the time is over in which it can be sent. */
void request_postpone(struct queue *q, struct channel *channel, struct now now);

/* It is over, whatever became of it. */
void request_end(struct channel *channel);

#endif
