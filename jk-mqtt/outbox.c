/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "process.h"

void outbox_begin(struct outbox *o, int wake_fd)
{
	*o = (struct outbox){.wake_fd = wake_fd};
	pthread_mutex_init(&o->lock, NULL);
	if (!outbox_states_begin(&o->states) || !outbox_queue_begin(&o->queue))
		die(EXIT_SYSTEM, "no memory");
}

void outbox_end(struct outbox *o)
{
	outbox_states_end(&o->states);
	outbox_queue_end(&o->queue);
	pthread_mutex_destroy(&o->lock);
}

static void wake(const struct outbox *o)
{
	if (o->wake_fd >= 0)
		eventfd_write(o->wake_fd, 1);
}

bool outbox_state(struct outbox *o, const char *topic, const char *payload, size_t size,
		  enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	bool changed = outbox_states_set(&o->states, topic, payload, size, keep, false);
	pthread_mutex_unlock(&o->lock);
	if (changed)
		wake(o);
	return changed;
}

void outbox_repeat(struct outbox *o, const char *topic, const char *payload, size_t size,
		   enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	outbox_states_set(&o->states, topic, payload, size, keep, true);
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_subscribe(struct outbox *o, const char *filter)
{
	/* A filter without wildcards is also a topic: a character that no topic has keeps the two apart. */
	char marked[512];
	int n = snprintf(marked, sizeof marked, "\n%s", filter);
	if (n < 0 || (size_t)n >= sizeof marked)
		return;
	pthread_mutex_lock(&o->lock);
	outbox_states_set(&o->states, marked, "", 0, OUTBOX_ALWAYS, true);
	struct slot *s = outbox_states_find(&o->states, marked);
	if (s)
		s->subscription = true;
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_again(struct outbox *o, const char *topic)
{
	pthread_mutex_lock(&o->lock);
	struct slot *s = outbox_states_find(&o->states, topic);
	if (s && s->payload)
		outbox_states_mark(&o->states, s);
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_message(struct outbox *o, const char *topic, const char *payload, size_t size)
{
	pthread_mutex_lock(&o->lock);
	outbox_queue_add(&o->queue, topic, payload, size);
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

/* Messages handed to a client that is gone are sent again. */
static void forget_in_flight(struct outbox *o)
{
	for (size_t i = 0; i < o->in_flight; i++)
		if (o->window[i].slot)
			o->window[i].slot->in_flight = 0;
	o->in_flight = o->in_flight_bytes = 0;
	o->queue.send = o->queue.first;
	o->alone = o->answered = false;
}

/* Of a message in flight; NULL if it has been dropped. */
static struct suspicion *suspicion_of(struct outbox *o, const struct in_flight *f)
{
	if (f->slot)
		return &f->slot->suspicion;
	struct queued *q = outbox_queue_get(&o->queue, f->queued_id);
	return q ? &q->suspicion : NULL;
}

/*
 * Suspects what was in flight when the connection ended.  The first state, our status, serves as the other
 * message and is never a suspect.
 */
static void suspect(struct outbox *o, enum outbox_ending ending)
{
	for (size_t i = 0; i < o->in_flight; i++) {
		struct suspicion *s = suspicion_of(o, &o->window[i]);
		if (s && o->window[i].slot != o->states.first)
			suspicion_ended(&o->suspicions, s, o->window[i].whole, o->alone && o->answered,
					ending == OUTBOX_CLOSED);
	}
}

/*
 * All states are sent in the order in which their topics were first used, followed by those that are made
 * anew after each reconnection: so the discovery of a device follows the states that it names.
 */
void outbox_connected(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	forget_in_flight(o);
	outbox_states_mark_all(&o->states);
	o->online = true;
	pthread_mutex_unlock(&o->lock);
}

void outbox_disconnected(struct outbox *o, enum outbox_ending ending)
{
	pthread_mutex_lock(&o->lock);
	if (ending != OUTBOX_ENDED)
		suspect(o, ending);
	forget_in_flight(o);
	o->online = false;
	pthread_mutex_unlock(&o->lock);
}

void outbox_forgive(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	o->suspicions = (struct suspicions){0};
	for (struct slot *s = o->states.first; s; s = s->next) {
		if (s->suspicion.reported && s->payload)
			outbox_states_mark(&o->states, s);
		s->suspicion = (struct suspicion){0};
	}
	pthread_mutex_unlock(&o->lock);
}

/*
 * Returns true if there is room for a message.  A suspect waits until nothing else is in flight and the
 * broker has acknowledged something.
 */
static bool window_open(const struct outbox *o, size_t size, const struct suspicion *s)
{
	if (o->in_flight == 0)
		return !s->alone || o->answered;
	return !o->alone && !s->alone && o->in_flight < WINDOW_MAX &&
	       o->in_flight_bytes + size <= WINDOW_BYTES;
}

static void launched(struct outbox *o, struct in_flight f, const char *topic, const struct suspicion *s)
{
	f.whole = f.size + strlen(topic);
	o->window[o->in_flight++] = f;
	o->in_flight_bytes += f.size;
	o->alone = s->alone;
}

/* Returns true if the broker would refuse it: then it is dropped and counted. */
static bool refuse(struct outbox *o, const char *topic, size_t size, struct suspicion *s)
{
	size_t whole = size + strlen(topic);
	if (!suspicion_refuses(&o->suspicions, s, whole))
		return false;
	o->queue.dropped++;
	if (s->reported)
		return true;
	s->reported = true;
	snprintf(o->refusal, sizeof o->refusal, "%s", topic);
	o->refusal_size = size;
	o->refusals++;
	return true;
}

static int send_queued(struct outbox *o, outbox_send *send, void *context)
{
	uint64_t number = o->queue.send;
	struct queued *q = outbox_queue_get(&o->queue, number);
	struct outgoing message = {
		.topic = q->topic, .payload = q->payload, .size = q->size, .qos = OUTBOX_QOS};
	int mid;
	bool sent = !q->acknowledged && !refuse(o, q->topic, q->size, &q->suspicion);
	int error = sent ? send(context, &message, &mid) : 0;
	if (error)
		return error;
	o->queue.send++;
	if (sent)
		launched(o, (struct in_flight){.mid = mid, .size = q->size, .queued_id = number}, q->topic,
			 &q->suspicion);
	else
		outbox_queue_acknowledged(&o->queue, number);
	return 0;
}

static int send_dirty(struct outbox *o, outbox_send *send, void *context)
{
	struct slot *s = o->states.dirty_first;
	/*
	 * The answer to a subscription can be thousands of retained messages at once.  With QoS 1 a broker
	 * drops what exceeds its queue (mosquitto: 1,000); with QoS 0 they go out as fast as they are read.
	 */
	struct outgoing message = {.topic = s->topic + s->subscription,
				   .payload = s->payload,
				   .size = s->size,
				   .qos = s->subscription ? 0 : OUTBOX_QOS,
				   .retain = true,
				   .subscribe = s->subscription};
	int mid;
	bool sent = s->payload && !refuse(o, message.topic, s->size, &s->suspicion);
	int error = sent ? send(context, &message, &mid) : 0;
	if (error)
		return error;
	outbox_states_take(&o->states);
	if (sent) {
		s->in_flight++;
		launched(o, (struct in_flight){.mid = mid, .size = s->size, .slot = s}, message.topic,
			 &s->suspicion);
	}
	return 0;
}

int outbox_pump(struct outbox *o, outbox_send *send, void *context)
{
	int error = 0;
	pthread_mutex_lock(&o->lock);
	while (o->online && !error) {
		const struct queued *q = outbox_queue_get(&o->queue, o->queue.send);
		const struct slot *s = o->states.dirty_first;
		if (q && window_open(o, q->size, &q->suspicion))
			error = send_queued(o, send, context);
		else if (!q && s && window_open(o, s->size, &s->suspicion))
			error = send_dirty(o, send, context);
		else if (o->in_flight == 0 && s && s == o->states.first)
			error = send_dirty(o, send, context);
		else
			break;
	}
	pthread_mutex_unlock(&o->lock);
	return error;
}

static void acknowledge(struct outbox *o, const struct in_flight *f)
{
	struct suspicion *suspicion = suspicion_of(o, f);
	if (suspicion)
		*suspicion = (struct suspicion){0};
	if (f->slot)
		outbox_states_acknowledged(f->slot);
	else
		outbox_queue_acknowledged(&o->queue, f->queued_id);
}

static bool acknowledged(struct outbox *o, int mid, bool taken)
{
	bool found = false;
	for (size_t i = 0; i < o->in_flight && !found; i++) {
		if (o->window[i].mid != mid)
			continue;
		struct in_flight f = o->window[i];
		memmove(&o->window[i], &o->window[i + 1], (o->in_flight - i - 1) * sizeof f);
		o->in_flight--;
		o->in_flight_bytes -= f.size;
		o->alone = false;
		if (taken && !(f.slot && f.slot->subscription))
			o->answered = true;
		if (taken)
			suspicion_taken(&o->suspicions, f.whole);
		acknowledge(o, &f);
		found = true;
	}
	return found;
}

bool outbox_acknowledged(struct outbox *o, int mid)
{
	pthread_mutex_lock(&o->lock);
	bool found = acknowledged(o, mid, true);
	pthread_mutex_unlock(&o->lock);
	return found;
}

void outbox_refused(struct outbox *o, int mid)
{
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->in_flight; i++) {
		const struct in_flight *f = &o->window[i];
		if (f->mid == mid &&
		    (f->slot ||
		     outbox_queue_get(&o->queue, f->queued_id))) /* else it is dropped and counted already */
			o->queue.dropped++;
	}
	acknowledged(o, mid, false);
	pthread_mutex_unlock(&o->lock);
}

bool outbox_refusal(struct outbox *o, uint64_t *known, char *topic, size_t size, size_t *message_size)
{
	pthread_mutex_lock(&o->lock);
	bool any = o->refusals != *known;
	if (any) {
		*known = o->refusals;
		snprintf(topic, size, "%s", o->refusal);
		*message_size = o->refusal_size;
	}
	pthread_mutex_unlock(&o->lock);
	return any;
}

bool outbox_topic(struct outbox *o, int mid, char *topic, size_t size)
{
	const char *found = NULL;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->in_flight && !found; i++) {
		const struct in_flight *f = &o->window[i];
		if (f->mid == mid && f->slot)
			found = f->slot->topic;
		else if (f->mid == mid && outbox_queue_get(&o->queue, f->queued_id))
			found = outbox_queue_get(&o->queue, f->queued_id)->topic;
	}
	if (found)
		snprintf(topic, size, "%s", found);
	pthread_mutex_unlock(&o->lock);
	return found;
}

struct outbox_status outbox_status(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	struct outbox_status status = {
		.queued = o->queue.end - o->queue.first,
		.dropped = o->queue.dropped,
		.left_out = o->states.left_out,
		.in_flight = o->in_flight,
		.online = o->online,
		.empty = o->in_flight == 0 && !o->states.dirty_first && o->queue.first == o->queue.end,
	};
	pthread_mutex_unlock(&o->lock);
	return status;
}
