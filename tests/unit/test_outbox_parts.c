/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox_queue.h"
#include "outbox_states.h"
#include "unit.h"

/* The queue of messages and the table of states, each by itself. */

/* ---- messages ---- */

static struct outbox_queue queue;

static void add(const char *topic, const char *payload)
{
	ck_assert(outbox_queue_add(&queue, topic, payload, strlen(payload)));
}

static void check_text(const char *expected, uint64_t count)
{
	char text[512];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_uint_eq(outbox_queue_put(&queue, &t), count);
	text[t.size] = '\0';
	ck_assert_str_eq(text, expected);
	ck_assert_uint_ge(outbox_queue_text_size(&queue), t.size);
}

/* Acknowledged in any order; the oldest are freed as far as they are acknowledged. */
START_TEST(messages)
{
	ck_assert(outbox_queue_begin(&queue, 4));
	check_text("", 0);
	ck_assert_uint_eq(outbox_queue_text_size(&queue), 0);
	add("a", "1");
	add("b", "");
	add("a", "{}");
	check_text("a 1\nb \na {}\n", 3);
	ck_assert_uint_eq(outbox_queue_text_size(&queue), strlen("a 1\nb \na {}\n"));
	ck_assert_uint_eq(queue.changes, 3);
	outbox_queue_acknowledged(&queue, queue.first + 1);
	check_text("a 1\na {}\n", 2);
	ck_assert_uint_eq(queue.end - queue.first, 3);
	ck_assert_uint_eq(queue.changes, 4);
	uint64_t first = queue.first;
	outbox_queue_acknowledged(&queue, first);
	check_text("a {}\n", 1);
	ck_assert_uint_eq(queue.first, first + 2);
	ck_assert_ptr_null(outbox_queue_get(&queue, first + 1));
	ck_assert_ptr_null(outbox_queue_get(&queue, first + 3));
	ck_assert_int_eq(memcmp(outbox_queue_get(&queue, first + 2)->payload, "{}", 2), 0);
	ck_assert_uint_eq(queue.dropped, 0);
	uint64_t changes = queue.changes;
	outbox_queue_acknowledged(&queue, first + 9); /* there is no such message */
	ck_assert_uint_eq(queue.changes, changes);
	outbox_queue_end(&queue);
}
END_TEST

/* One more than there is room for: the oldest is dropped, and counted. */
START_TEST(messages_are_bounded)
{
	ck_assert(outbox_queue_begin(&queue, 3));
	add("a", "1"), add("a", "2"), add("a", "3");
	ck_assert_uint_eq(queue.dropped, 0);
	add("a", "4");
	check_text("a 2\na 3\na 4\n", 3);
	ck_assert_uint_eq(queue.dropped, 1);
	ck_assert_uint_eq(queue.send, queue.first); /* the next one to send is not the one that was dropped */
	queue.send = queue.end;
	add("a", "5");
	ck_assert_uint_eq(queue.send + 1, queue.end);
	ck_assert_uint_eq(queue.bytes, 9);
	outbox_queue_end(&queue);
}
END_TEST

/* The bytes of topics and payloads together are bounded, too, to the byte; one message is always kept. */
START_TEST(bytes_are_bounded)
{
	static char big[QUEUE_BYTES_MAX];
	ck_assert(outbox_queue_begin(&queue, 100));
	ck_assert(outbox_queue_add(&queue, "a", big, QUEUE_BYTES_MAX - 2 - 3));
	add("a", "1"); /* 2 bytes of topic, 1 of payload */
	ck_assert_uint_eq(queue.bytes, QUEUE_BYTES_MAX);
	ck_assert_uint_eq(queue.end - queue.first, 2);
	add("a", "");
	ck_assert_uint_eq(queue.end - queue.first, 2);
	ck_assert_uint_eq(queue.bytes, 5);
	ck_assert(outbox_queue_add(&queue, "long", big, QUEUE_BYTES_MAX));
	ck_assert_uint_eq(queue.end - queue.first, 1);
	outbox_queue_end(&queue);
}
END_TEST

/* ---- states ---- */

static struct outbox_states states;

static enum outbox_set set(const char *topic, const char *payload, enum outbox_keep keep)
{
	return outbox_states_set(&states, topic, payload, strlen(payload), keep, false);
}

/* The topics that are to be sent, each followed by a blank. */
static const char *dirty(void)
{
	static char text[256];
	text[0] = '\0';
	for (size_t n = 0; states.dirty_first; n = strlen(text)) {
		struct slot *s = outbox_states_take(&states);
		snprintf(text + n, sizeof text - n, "%s ", s->topic);
	}
	return text;
}

/* Many topics are found again, each with its own payload. */
START_TEST(many_topics)
{
	enum { MANY = 20000 };
	char topic[32], payload[32];
	ck_assert(outbox_states_begin(&states));
	for (int i = 0; i < MANY; i++) {
		snprintf(topic, sizeof topic, "jk/bms_%d/x", i);
		snprintf(payload, sizeof payload, "%d", i);
		ck_assert_int_eq(set(topic, payload, OUTBOX_ALWAYS), OUTBOX_CHANGED);
	}
	ck_assert_uint_eq(states.count, MANY);
	ck_assert_uint_ge(states.hash_size, MANY / 2); /* short chains */
	for (int i = 0; i < MANY; i++) {
		snprintf(topic, sizeof topic, "jk/bms_%d/x", i);
		snprintf(payload, sizeof payload, "%d", i);
		const struct slot *s = outbox_states_find(&states, topic);
		ck_assert_ptr_nonnull(s);
		ck_assert(s->size == strlen(payload) && memcmp(s->payload, payload, s->size) == 0);
	}
	ck_assert_ptr_null(outbox_states_find(&states, "jk/bms_0/y"));
	outbox_states_end(&states);
}
END_TEST

/* Sent in the order in which they were set; only what has changed. */
START_TEST(what_is_to_be_sent)
{
	ck_assert(outbox_states_begin(&states));
	set("a", "1", OUTBOX_ALWAYS), set("b", "1", OUTBOX_ONCE), set("c", "1", OUTBOX_ALWAYS);
	ck_assert_str_eq(dirty(), "a b c ");
	ck_assert_int_eq(set("b", "2", OUTBOX_ONCE), OUTBOX_CHANGED);
	ck_assert_int_eq(set("a", "1", OUTBOX_ALWAYS), OUTBOX_SAME);
	ck_assert_str_eq(dirty(), "b ");
	ck_assert_int_eq(outbox_states_set(&states, "a", "1", 1, OUTBOX_ALWAYS, true), OUTBOX_SAME);
	ck_assert_str_eq(dirty(), "a ");
	set("a", "11", OUTBOX_ALWAYS);
	set("a", "12", OUTBOX_ALWAYS);
	ck_assert_str_eq(dirty(), "a ");
	/* After a connection: first what is kept. */
	outbox_states_mark_all(&states);
	ck_assert_str_eq(dirty(), "a c b ");
	outbox_states_end(&states);
}
END_TEST

UNIT_RUN("outbox_parts", messages, messages_are_bounded, bytes_are_bounded, many_topics, what_is_to_be_sent)
