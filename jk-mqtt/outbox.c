/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "process.h"

struct slot {
	struct slot *next, *next_dirty, *next_hash;
	char *payload; /* NULL: none is kept */
	size_t size;
	uint32_t hash;
	enum outbox_keep keep;
	unsigned in_flight;
	bool dirty, subscription;
	struct suspicion suspicion;
	char topic[];
};

struct queued {
	char *topic, *payload; /* one block */
	size_t size, bytes;
	bool acknowledged;
	struct suspicion suspicion;
};

static uint32_t hash_of(const char *s)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

void outbox_begin(struct outbox *o, int wake_fd)
{
	*o = (struct outbox){.wake_fd = wake_fd, .hash_size = 4096};
	pthread_mutex_init(&o->lock, NULL);
	o->hash = calloc(o->hash_size, sizeof *o->hash);
	o->queue = calloc(QUEUE_MAX, sizeof *o->queue);
	if (!o->hash || !o->queue)
		die(EXIT_SYSTEM, "no memory");
}

static void queue_free(struct queued *q)
{
	free(q->topic);
	*q = (struct queued){0};
}

void outbox_end(struct outbox *o)
{
	for (struct slot *s = o->first, *next; s; s = next) {
		next = s->next;
		free(s->payload);
		free(s);
	}
	for (; o->queue_first < o->queue_end; o->queue_first++)
		queue_free(&o->queue[o->queue_first % QUEUE_MAX]);
	free(o->hash);
	free(o->queue);
	pthread_mutex_destroy(&o->lock);
}

static void wake(const struct outbox *o)
{
	if (o->wake_fd >= 0)
		eventfd_write(o->wake_fd, 1);
}

static struct slot *slot_find(const struct outbox *o, const char *topic, uint32_t hash)
{
	for (struct slot *s = o->hash[hash % o->hash_size]; s; s = s->next_hash)
		if (s->hash == hash && strcmp(s->topic, topic) == 0)
			return s;
	return NULL;
}

static struct slot *slot_add(struct outbox *o, const char *topic, uint32_t hash)
{
	size_t n = strlen(topic) + 1;
	struct slot *s = o->slots < SLOTS_MAX ? calloc(1, sizeof *s + n) : NULL;
	if (!s) {
		o->refused++;
		return NULL;
	}
	memcpy(s->topic, topic, n);
	s->hash = hash;
	s->next_hash = o->hash[hash % o->hash_size];
	o->hash[hash % o->hash_size] = s;
	if (o->last)
		o->last->next = s;
	else
		o->first = s;
	o->last = s;
	o->slots++;
	return s;
}

static void mark_dirty(struct outbox *o, struct slot *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = NULL;
	if (o->dirty_last)
		o->dirty_last->next_dirty = s;
	else
		o->dirty_first = s;
	o->dirty_last = s;
}

static struct slot *take_dirty(struct outbox *o)
{
	struct slot *s = o->dirty_first;
	o->dirty_first = s->next_dirty;
	if (!o->dirty_first)
		o->dirty_last = NULL;
	s->dirty = false;
	return s;
}

static bool set_state(struct outbox *o, const char *topic, const char *payload, size_t size,
		      enum outbox_keep keep, bool repeat)
{
	uint32_t hash = hash_of(topic);
	struct slot *s = slot_find(o, topic, hash);
	if (!s)
		s = slot_add(o, topic, hash);
	if (!s)
		return false;
	bool same = s->payload && s->size == size && memcmp(s->payload, payload, size) == 0;
	if (same && !repeat)
		return false;
	if (!same) {
		char *p = realloc(s->payload, size + 1);
		if (!p) {
			o->refused++;
			return false;
		}
		memcpy(p, payload, size);
		s->payload = p;
		s->size = size;
	}
	s->keep = keep;
	mark_dirty(o, s);
	return !same;
}

bool outbox_state(struct outbox *o, const char *topic, const char *payload, size_t size,
		  enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	bool changed = set_state(o, topic, payload, size, keep, false);
	pthread_mutex_unlock(&o->lock);
	if (changed)
		wake(o);
	return changed;
}

void outbox_repeat(struct outbox *o, const char *topic, const char *payload, size_t size,
		   enum outbox_keep keep)
{
	pthread_mutex_lock(&o->lock);
	set_state(o, topic, payload, size, keep, true);
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
	set_state(o, marked, "", 0, OUTBOX_ALWAYS, true);
	struct slot *s = slot_find(o, marked, hash_of(marked));
	if (s)
		s->subscription = true;
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

void outbox_again(struct outbox *o, const char *topic)
{
	pthread_mutex_lock(&o->lock);
	struct slot *s = slot_find(o, topic, hash_of(topic));
	if (s && s->payload)
		mark_dirty(o, s);
	pthread_mutex_unlock(&o->lock);
	wake(o);
}

static void drop_oldest(struct outbox *o)
{
	struct queued *q = &o->queue[o->queue_first % QUEUE_MAX];
	if (!q->acknowledged)
		o->dropped++;
	o->queue_bytes -= q->bytes;
	queue_free(q);
	o->queue_first++;
	if (o->queue_send < o->queue_first)
		o->queue_send = o->queue_first;
}

static void drop_acknowledged(struct outbox *o)
{
	while (o->queue_first < o->queue_end && o->queue[o->queue_first % QUEUE_MAX].acknowledged)
		drop_oldest(o);
}

static void add_message(struct outbox *o, const char *topic, const char *payload, size_t size)
{
	size_t n = strlen(topic) + 1;
	while (o->queue_end > o->queue_first &&
	       (o->queue_end - o->queue_first >= QUEUE_MAX || o->queue_bytes + n + size > QUEUE_BYTES_MAX))
		drop_oldest(o);
	char *block = malloc(n + size + 1);
	if (!block) {
		o->dropped++;
		return;
	}
	memcpy(block, topic, n);
	memcpy(block + n, payload, size);
	o->queue[o->queue_end % QUEUE_MAX] =
		(struct queued){.topic = block, .payload = block + n, .size = size, .bytes = n + size};
	o->queue_end++;
	o->queue_bytes += n + size;
}

void outbox_message(struct outbox *o, const char *topic, const char *payload, size_t size)
{
	pthread_mutex_lock(&o->lock);
	add_message(o, topic, payload, size);
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
	o->queue_send = o->queue_first;
	o->alone = o->answered = false;
}

/* Of a message in flight; NULL if it has been dropped. */
static struct suspicion *suspicion_of(struct outbox *o, const struct in_flight *f)
{
	if (f->slot)
		return &f->slot->suspicion;
	return f->queued_id >= o->queue_first ? &o->queue[f->queued_id % QUEUE_MAX].suspicion : NULL;
}

/*
 * Refuses a message that ends connections.  Its size is to blame if none as long was ever acknowledged and
 * this is not the first.
 */
static void convict(struct outbox *o, struct suspicion *s, size_t size)
{
	s->refused = size;
	s->alone = false;
	if (size <= o->largest_taken)
		return;
	if (!o->smallest_refused || size < o->smallest_refused)
		o->smallest_refused = size;
	if (++o->convicted >= 2)
		o->limit = o->smallest_refused;
}

/* Suspects what was in flight when the connection ended. */
static void suspect(struct outbox *o, enum outbox_ending ending)
{
	/* A single closed connection may be chance, and a stalled one a busy broker. */
	enum { CLOSED = 2, STALLED = 1, CONVICTED = 4 };
	for (size_t i = 0; i < o->in_flight; i++) {
		struct suspicion *s = suspicion_of(o, &o->window[i]);
		if (!s || o->window[i].slot == o->first)
			continue;
		if (o->alone && o->answered)
			s->strikes += ending == OUTBOX_CLOSED ? CLOSED : STALLED;
		s->alone = true;
		if (s->strikes >= CONVICTED)
			convict(o, s, o->window[i].whole);
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
	while (o->dirty_first)
		take_dirty(o);
	for (struct slot *s = o->first; s; s = s->next)
		if (s->payload && s->keep == OUTBOX_ALWAYS)
			mark_dirty(o, s);
	for (struct slot *s = o->first; s; s = s->next)
		if (s->payload && s->keep == OUTBOX_ONCE)
			mark_dirty(o, s);
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
	o->convicted = 0;
	o->limit = o->smallest_refused = o->largest_taken = 0;
	for (struct slot *s = o->first; s; s = s->next) {
		if (s->suspicion.reported && s->payload)
			mark_dirty(o, s);
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
	if (!(s->refused && whole >= s->refused) && !(o->limit && whole >= o->limit))
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

static int send_queued(struct outbox *o, outbox_send *send, void *context)
{
	struct queued *q = &o->queue[o->queue_send % QUEUE_MAX];
	struct outgoing message = {
		.topic = q->topic, .payload = q->payload, .size = q->size, .qos = OUTBOX_QOS};
	int mid;
	if (!q->acknowledged && refuse(o, q->topic, q->size, &q->suspicion))
		q->acknowledged = true;
	int error = q->acknowledged ? 0 : send(context, &message, &mid);
	if (error)
		return error;
	if (!q->acknowledged)
		launched(o, (struct in_flight){.mid = mid, .size = q->size, .queued_id = o->queue_send},
			 q->topic, &q->suspicion);
	o->queue_send++;
	drop_acknowledged(o);
	return 0;
}

static int send_dirty(struct outbox *o, outbox_send *send, void *context)
{
	struct slot *s = o->dirty_first;
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
	take_dirty(o);
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
		const struct queued *q = &o->queue[o->queue_send % QUEUE_MAX];
		const struct slot *s = o->dirty_first;
		if (o->queue_send < o->queue_end && window_open(o, q->size, &q->suspicion))
			error = send_queued(o, send, context);
		else if (o->queue_send == o->queue_end && s && window_open(o, s->size, &s->suspicion))
			error = send_dirty(o, send, context);
		else if (o->in_flight == 0 && s && s == o->first)
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
	if (f->slot) {
		struct slot *s = f->slot;
		if (s->in_flight > 0)
			s->in_flight--;
		if (s->keep == OUTBOX_ONCE && s->in_flight == 0 && !s->dirty) {
			free(s->payload);
			s->payload = NULL;
			s->size = 0;
		}
		return;
	}
	if (f->queued_id < o->queue_first)
		return; /* dropped meanwhile */
	o->queue[f->queued_id % QUEUE_MAX].acknowledged = true;
	drop_acknowledged(o);
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
		if (taken && f.whole > o->largest_taken)
			o->largest_taken = f.whole;
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
		    (f->slot || f->queued_id >= o->queue_first)) /* else it is dropped and counted already */
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
		else if (f->mid == mid && f->queued_id >= o->queue_first)
			found = o->queue[f->queued_id % QUEUE_MAX].topic;
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
		.queued = o->queue_end - o->queue_first,
		.dropped = o->dropped,
		.in_flight = o->in_flight,
		.online = o->online,
		.empty = o->in_flight == 0 && !o->dirty_first && o->queue_first == o->queue_end,
	};
	pthread_mutex_unlock(&o->lock);
	return status;
}
