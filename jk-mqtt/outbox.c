/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "process.h"

enum { FILTER_MAX = 512 };

void outbox_begin(struct outbox *o, int wake_fd)
{
	*o = (struct outbox){.wake_fd = wake_fd};
	pthread_mutex_init(&o->lock, NULL);
	if (!outbox_states_begin(&o->states) ||
	    !outbox_queue_begin(&o->queue[OUTBOX_TRANSITIONS], QUEUE_MAX) ||
	    !outbox_queue_begin(&o->queue[OUTBOX_RESULTS], QUEUE_RESULTS_MAX))
		die(EXIT_SYSTEM, "no memory");
}

void outbox_end(struct outbox *o)
{
	outbox_states_end(&o->states);
	for (int i = 0; i < OUTBOX_QUEUES; i++)
		outbox_queue_end(&o->queue[i]);
	free(o->message);
	pthread_mutex_destroy(&o->lock);
}

static void wake(const struct outbox *o)
{
	if (o->wake_fd >= 0)
		eventfd_write(o->wake_fd, 1);
}

enum outbox_set outbox_state(struct outbox *o, const char *topic, const char *payload, size_t size,
			     enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	enum outbox_set set = outbox_states_set(&o->states, topic, payload, size, keep, false);
	pthread_mutex_unlock(&o->lock);
	if (set == OUTBOX_CHANGED)
		wake(o);
	return set;
}

bool outbox_repeat(struct outbox *o, const char *topic, const char *payload, size_t size,
		   enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	enum outbox_set set = outbox_states_set(&o->states, topic, payload, size, keep, true);
	pthread_mutex_unlock(&o->lock);
	wake(o);
	return set != OUTBOX_FAILED;
}

/* A filter without wildcards is also a topic: a character that no topic has keeps the two apart. */
static bool mark_filter(char marked[FILTER_MAX], const char *filter)
{
	int n = snprintf(marked, FILTER_MAX, "\n%s", filter);
	return n > 0 && n < FILTER_MAX;
}

void outbox_subscribe(struct outbox *o, const char *filter)
{
	char marked[FILTER_MAX];
	if (!mark_filter(marked, filter))
		return;
	pthread_mutex_lock(&o->lock);
	outbox_states_set(&o->states, marked, "", 0, OUTBOX_ALWAYS, true);
	struct slot *s = outbox_states_find(&o->states, marked);
	if (s) {
		s->subscription = true;
		s->unsubscribe = false;
	}
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_unsubscribe(struct outbox *o, const char *filter)
{
	char marked[FILTER_MAX];
	if (!mark_filter(marked, filter))
		return;
	pthread_mutex_lock(&o->lock);
	struct slot *s = outbox_states_find(&o->states, marked);
	if (s) {
		s->unsubscribe = true;
		s->keep = OUTBOX_ONCE;
		outbox_states_mark(&o->states, s);
	}
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_forget(struct outbox *o, const char *beginning)
{
	pthread_mutex_lock(&o->lock);
	outbox_states_forget(&o->states, beginning);
	pthread_mutex_unlock(&o->lock);
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

static bool queue_message(struct outbox *o, enum outbox_queues queue, const char *topic, const char *payload,
			  size_t size)
{
	pthread_mutex_lock(&o->lock);
	bool queued = outbox_queue_add(&o->queue[queue], topic, payload, size);
	pthread_mutex_unlock(&o->lock);
	wake(o);
	return queued;
}

bool outbox_message(struct outbox *o, const char *topic, const char *payload, size_t size)
{
	return queue_message(o, OUTBOX_TRANSITIONS, topic, payload, size);
}

bool outbox_result(struct outbox *o, const char *topic, const char *payload, size_t size)
{
	return queue_message(o, OUTBOX_RESULTS, topic, payload, size);
}

/* Messages handed to a client that is gone are sent again. */
static void forget_in_flight(struct outbox *o)
{
	for (size_t i = 0; i < o->in_flight; i++)
		if (o->window[i].slot)
			outbox_states_landed(&o->states, o->window[i].slot);
	o->in_flight = o->in_flight_bytes = 0;
	for (int i = 0; i < OUTBOX_QUEUES; i++)
		o->queue[i].send = o->queue[i].first;
	o->alone = o->answered = false;
}

/* Of a message in flight; NULL if it has been dropped. */
static struct suspicion *suspicion_of(struct outbox *o, const struct in_flight *f)
{
	if (f->slot)
		return &f->slot->suspicion;
	struct queued *q = outbox_queue_get(&o->queue[f->queue], f->queued_id);
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
	o->dropped++;
	if (s->reported)
		return true;
	s->reported = true;
	snprintf(o->refusal, sizeof o->refusal, "%s", topic);
	o->refusal_size = size;
	o->refusals++;
	return true;
}

/* A copy for the client, which is called without the lock: a newer payload may come meanwhile. */
static bool copy(struct outbox *o, struct outgoing *m)
{
	size_t n = strlen(m->topic) + 1;
	if (o->message_room < n + m->size) {
		char *more = realloc(o->message, n + m->size);
		if (!more)
			return false;
		o->message = more;
		o->message_room = n + m->size;
	}
	memcpy(o->message, m->topic, n);
	if (m->size > 0)
		memcpy(o->message + n, m->payload, m->size);
	m->topic = o->message;
	m->payload = o->message + n;
	return true;
}

/*
 * libmosquitto may call us back, and callbacks take the lock: so it is given back for the call.  Only this
 * thread changes what is in flight.
 */
static int hand_over(struct outbox *o, outbox_send *send, void *context, struct outgoing *message, int *mid)
{
	if (!copy(o, message))
		return OUTBOX_NO_MEMORY;
	pthread_mutex_unlock(&o->lock);
	int error = send(context, message, mid);
	pthread_mutex_lock(&o->lock);
	return error;
}

static int send_queued(struct outbox *o, enum outbox_queues queue, outbox_send *send, void *context)
{
	struct outbox_queue *of = &o->queue[queue];
	uint64_t number = of->send;
	struct queued *q = outbox_queue_get(of, number);
	struct outgoing message = {
		.topic = q->topic, .payload = q->payload, .size = q->size, .qos = OUTBOX_QOS};
	struct in_flight f = {.size = q->size, .queue = (uint8_t)queue, .queued_id = number};
	struct suspicion suspicion = q->suspicion;
	o->state_next = queue == OUTBOX_RESULTS;
	if (q->acknowledged || refuse(o, q->topic, q->size, &q->suspicion)) {
		of->send++;
		outbox_queue_acknowledged(of, number);
		return 0;
	}
	int error = hand_over(o, send, context, &message, &f.mid);
	if (error)
		return error;
	if (of->send == number) /* it may have been dropped meanwhile */
		of->send++;
	launched(o, f, message.topic, &suspicion);
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
				   .subscribe = s->subscription && !s->unsubscribe,
				   .unsubscribe = s->unsubscribe};
	struct in_flight f = {.size = s->size, .slot = s};
	o->state_next = false;
	outbox_states_take(&o->states);
	if (s->payload ? refuse(o, message.topic, s->size, &s->suspicion) : true) {
		if (!s->payload)
			outbox_states_release(&o->states, s);
		return 0;
	}
	s->in_flight++; /* so that it stays */
	int error = hand_over(o, send, context, &message, &f.mid);
	if (error) {
		outbox_states_mark(&o->states, s);
		outbox_states_landed(&o->states, s);
		return error;
	}
	launched(o, f, message.topic, &s->suspicion);
	return 0;
}

/* The first queue that has a message to send; OUTBOX_QUEUES: none has. */
static enum outbox_queues next_queue(const struct outbox *o)
{
	enum outbox_queues i = 0;
	while (i < OUTBOX_QUEUES && o->queue[i].send == o->queue[i].end)
		i++;
	/* Results and states take turns: neither many commands nor many values hold up the others. */
	return i == OUTBOX_RESULTS && o->state_next && o->states.dirty_first ? OUTBOX_QUEUES : i;
}

int outbox_pump(struct outbox *o, outbox_send *send, void *context)
{
	int error = 0;
	pthread_mutex_lock(&o->lock);
	while (o->online && !error) {
		enum outbox_queues queue = next_queue(o);
		const struct queued *q = queue < OUTBOX_QUEUES
						 ? outbox_queue_get(&o->queue[queue], o->queue[queue].send)
						 : NULL;
		const struct slot *s = o->states.dirty_first;
		if (q && window_open(o, q->size, &q->suspicion))
			error = send_queued(o, queue, send, context);
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
		outbox_states_acknowledged(&o->states, f->slot);
	else
		outbox_queue_acknowledged(&o->queue[f->queue], f->queued_id);
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
		    (f->slot || outbox_queue_get(&o->queue[f->queue],
						 f->queued_id))) /* else it is dropped and counted already */
			o->dropped++;
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
		else if (f->mid == mid && outbox_queue_get(&o->queue[f->queue], f->queued_id))
			found = outbox_queue_get(&o->queue[f->queue], f->queued_id)->topic;
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
		.dropped = o->dropped,
		.left_out = o->states.left_out,
		.in_flight = o->in_flight,
		.online = o->online,
	};
	for (int i = 0; i < OUTBOX_QUEUES; i++) {
		status.queued += o->queue[i].end - o->queue[i].first;
		status.dropped += o->queue[i].dropped;
	}
	status.empty = status.queued == 0 && o->in_flight == 0 && !o->states.dirty_first;
	pthread_mutex_unlock(&o->lock);
	return status;
}

struct outbox_transitions outbox_transitions(struct outbox *o)
{
	const struct outbox_queue *q = &o->queue[OUTBOX_TRANSITIONS];
	pthread_mutex_lock(&o->lock);
	struct outbox_transitions t = {
		.oldest = q->first, .count = q->end - q->first, .changes = q->changes, .online = o->online};
	pthread_mutex_unlock(&o->lock);
	return t;
}

size_t outbox_transitions_size(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	size_t size = outbox_queue_text_size(&o->queue[OUTBOX_TRANSITIONS]);
	pthread_mutex_unlock(&o->lock);
	return size;
}

uint64_t outbox_transitions_put(struct outbox *o, struct strbuf *t, uint64_t *changes)
{
	pthread_mutex_lock(&o->lock);
	uint64_t count = outbox_queue_put(&o->queue[OUTBOX_TRANSITIONS], t);
	*changes = o->queue[OUTBOX_TRANSITIONS].changes;
	pthread_mutex_unlock(&o->lock);
	return count;
}
