/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "alarms.h"
#include "commands.h"
#include "entities.h"
#include "layout_jk.h"
#include "pack_name.h"
#include "naming.h"
#include "outbox.h"
#include "payload.h"
#include "unit.h"

/* What was handed to the client: topics, a line each, with the payload behind a blank. */
struct sent {
	char text[65536];
	size_t size;
	int mid, error;
	unsigned count, subscribed;
};

static int send_to(void *context, const struct outgoing *message, int *mid)
{
	struct sent *sent = context;
	if (sent->error)
		return sent->error;
	if (message->subscribe) {
		sent->subscribed++;
		*mid = ++sent->mid;
		return 0;
	}
	struct strbuf t = {.data = sent->text + sent->size, .capacity = sizeof sent->text - sent->size};
	strbuf_string(&t, message->topic);
	strbuf_char(&t, message->retain ? '=' : ' ');
	strbuf_add(&t, message->payload, message->size);
	strbuf_char(&t, '\n');
	sent->size += t.size;
	sent->text[sent->size] = '\0';
	sent->count++;
	*mid = ++sent->mid;
	return 0;
}

static struct outbox box;
static struct sent sent;

static void begin(void)
{
	outbox_begin(&box, -1);
	memset(&sent, 0, sizeof sent);
}

static void state(const char *topic, const char *payload)
{
	outbox_state(&box, topic, payload, strlen(payload), OUTBOX_ALWAYS);
}

static void message(const char *payload)
{
	outbox_message(&box, "m", payload, strlen(payload));
}

static const char *pumped(void)
{
	sent.size = 0;
	sent.text[0] = '\0';
	ck_assert_int_eq(outbox_pump(&box, send_to, &sent), 0);
	return sent.text;
}

/* Whatever is to be sent wakes the thread that sends. */
START_TEST(what_is_new_wakes)
{
	eventfd_t times;
	int fd = eventfd(0, EFD_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	outbox_begin(&box, fd);
	ck_assert(outbox_state(&box, "a", "1", 1, OUTBOX_ONCE));
	ck_assert_int_eq(eventfd_read(fd, &times), 0);
	ck_assert(!outbox_state(&box, "a", "1", 1, OUTBOX_ONCE)); /* nothing new */
	ck_assert_int_lt(eventfd_read(fd, &times), 0);
	outbox_repeat(&box, "a", "1", 1, OUTBOX_ONCE);
	ck_assert_int_eq(eventfd_read(fd, &times), 0);
	outbox_message(&box, "m", "1", 1);
	ck_assert_int_eq(eventfd_read(fd, &times), 0);
	outbox_subscribe(&box, "f");
	ck_assert_int_eq(eventfd_read(fd, &times), 0);
	outbox_end(&box);
	close(fd);
}
END_TEST

START_TEST(newest_state_alone)
{
	begin();
	state("a", "1");
	state("b", "1");
	state("a", "2");
	ck_assert_str_eq(pumped(), "");
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "a=2\nb=1\n");
	state("a", "2");
	ck_assert_str_eq(pumped(), "");
	state("a", "3");
	ck_assert_str_eq(pumped(), "a=3\n");
	outbox_again(&box, "b");
	outbox_again(&box, "none");
	ck_assert_str_eq(pumped(), "b=1\n");
	outbox_end(&box);
}
END_TEST

START_TEST(everything_again_after_reconnecting)
{
	begin();
	outbox_connected(&box);
	state("a", "1");
	outbox_repeat(&box, "discovery", "d", 1, OUTBOX_ONCE);
	state("b", "1");
	ck_assert_str_eq(pumped(), "a=1\ndiscovery=d\nb=1\n");
	ck_assert(outbox_acknowledged(&box, 2));
	outbox_disconnected(&box, OUTBOX_ENDED);
	ck_assert_str_eq(pumped(), "");
	/* What is made anew comes behind the states that it names. */
	outbox_repeat(&box, "discovery", "e", 1, OUTBOX_ONCE);
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "a=1\nb=1\ndiscovery=e\n");
	ck_assert(!outbox_status(&box).empty);
	for (int mid = 4; mid <= 6; mid++)
		ck_assert(outbox_acknowledged(&box, mid));
	ck_assert(!outbox_acknowledged(&box, 6));
	ck_assert(outbox_status(&box).empty);
	outbox_end(&box);
}
END_TEST

START_TEST(messages_in_order_until_acknowledged)
{
	begin();
	message("1");
	message("2");
	message("3");
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "m 1\nm 2\nm 3\n");
	ck_assert(outbox_acknowledged(&box, 2));
	ck_assert(outbox_acknowledged(&box, 1));
	outbox_disconnected(&box, OUTBOX_ENDED);
	message("4");
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "m 3\nm 4\n");
	ck_assert(outbox_acknowledged(&box, 4));
	ck_assert(outbox_acknowledged(&box, 5));
	ck_assert(outbox_status(&box).empty);
	outbox_end(&box);
}
END_TEST

START_TEST(a_filter_that_is_a_topic_too)
{
	begin();
	outbox_subscribe(&box, "a");
	state("a", "1");
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "a=1\n");
	ck_assert_uint_eq(sent.subscribed, 1);
	outbox_disconnected(&box, OUTBOX_ENDED);
	outbox_connected(&box);
	ck_assert_str_eq(pumped(), "a=1\n");
	ck_assert_uint_eq(sent.subscribed, 2);
	outbox_end(&box);
}
END_TEST

START_TEST(little_is_unacknowledged)
{
	static char big[WINDOW_BYTES + 1];
	begin();
	outbox_connected(&box);
	for (int i = 0; i < WINDOW_MAX + 10; i++)
		message("x");
	pumped();
	ck_assert_uint_eq(sent.count, WINDOW_MAX);
	pumped();
	ck_assert_uint_eq(sent.count, WINDOW_MAX);
	ck_assert(outbox_acknowledged(&box, 1));
	pumped();
	ck_assert_uint_eq(sent.count, WINDOW_MAX + 1);
	for (int mid = 2; mid <= WINDOW_MAX + 10; mid++) {
		pumped();
		ck_assert(outbox_acknowledged(&box, mid));
	}
	/* What is longer than the window goes alone. */
	memset(big, 'b', sizeof big);
	outbox_repeat(&box, "big", big, sizeof big, OUTBOX_ONCE);
	state("small", "s");
	unsigned before = sent.count;
	pumped();
	ck_assert_uint_eq(sent.count, before + 1);
	ck_assert(outbox_acknowledged(&box, WINDOW_MAX + 11));
	ck_assert_str_eq(pumped(), "small=s\n");
	outbox_end(&box);
}
END_TEST

START_TEST(oldest_messages_are_dropped)
{
	begin();
	for (int i = 0; i < QUEUE_MAX + 3; i++) {
		char number[16];
		struct strbuf t = {.data = number, .capacity = sizeof number};
		strbuf_unsigned(&t, (unsigned)i);
		outbox_message(&box, "m", number, t.size);
	}
	ck_assert_uint_eq(outbox_status(&box).dropped, 3);
	ck_assert_uint_eq(outbox_status(&box).queued, QUEUE_MAX);
	outbox_connected(&box);
	ck_assert_int_eq(strncmp(pumped(), "m 3\nm 4\n", 8), 0);
	/* One that is on its way is dropped: its acknowledgement is nobody's. */
	message("new");
	ck_assert(outbox_acknowledged(&box, 1));
	ck_assert(outbox_acknowledged(&box, 2));
	ck_assert_uint_eq(outbox_status(&box).queued, QUEUE_MAX - 1);
	outbox_end(&box);
}
END_TEST

START_TEST(bytes_of_messages_are_bounded)
{
	static char big[100000];
	begin();
	for (int i = 0; i < 1000; i++)
		outbox_message(&box, "m", big, sizeof big);
	ck_assert_uint_le(outbox_status(&box).queued * sizeof big, QUEUE_BYTES_MAX);
	ck_assert_uint_eq(outbox_status(&box).queued + outbox_status(&box).dropped, 1000);
	outbox_end(&box);
}
END_TEST

/*
 * A broker that closes the connection for what it does not take; how many connections until all is out, and
 * what it got.
 */
static struct {
	size_t limit;          /* of topic and payload; 0: none */
	const char *forbidden; /* a topic; NULL: none */
	bool hangs;            /* instead of closing */
	char got[65536];
} odd;

static unsigned connections_until_empty(void)
{
	odd.got[0] = '\0';
	for (unsigned connections = 1; connections < 100; connections++) {
		outbox_connected(&box);
		for (bool closed = false; !closed;) {
			int first = sent.mid + 1;
			if (strlen(pumped()) == 0) {
				ck_assert(outbox_status(&box).empty);
				return connections;
			}
			int mid = first;
			for (char *line = sent.text; *line && !closed; line += strcspn(line, "\n") + 1) {
				size_t whole = strcspn(line, "\n") - 1, topic = strcspn(line, " =");
				closed = (odd.limit && whole >= odd.limit) ||
					 (odd.forbidden && topic == strlen(odd.forbidden) &&
					  memcmp(line, odd.forbidden, topic) == 0);
				if (closed)
					break;
				snprintf(odd.got + strlen(odd.got), sizeof odd.got - strlen(odd.got), "%.*s ",
					 (int)topic, line);
				outbox_acknowledged(&box, mid++);
			}
		}
		outbox_disconnected(&box, odd.hangs ? OUTBOX_STALLED : OUTBOX_CLOSED);
	}
	return 100;
}

static void long_state(const char *topic, size_t size)
{
	static const char letters[] =
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	outbox_state(&box, topic, letters, size, OUTBOX_ALWAYS);
}

START_TEST(too_long_for_the_broker)
{
	for (size_t limit = 12; limit < 120; limit++) {
		begin();
		odd.limit = limit;
		state("status", "1");
		long_state("b", 99);
		long_state("c", 50);
		message("1");
		long_state("d", 109);
		long_state("e", 119);
		message("2");
		ck_assert_uint_le(connections_until_empty(), 11);
		ck_assert_ptr_nonnull(strstr(odd.got, "status "));
		ck_assert_ptr_nonnull(strstr(odd.got, "m "));
		ck_assert_int_eq(!!strstr(odd.got, "b "), limit > 100);
		ck_assert_int_eq(!!strstr(odd.got, "c "), limit > 51);
		ck_assert_int_eq(!!strstr(odd.got, "d "), limit > 110);
		ck_assert_int_eq(!!strstr(odd.got, "e "), false);
		/* Now it is known: no more connections end, and each message is counted that was dropped. */
		uint64_t dropped = outbox_status(&box).dropped;
		ck_assert_uint_ge(dropped, 1);
		long_state("e", 121);
		ck_assert_uint_eq(connections_until_empty(), 1);
		ck_assert_uint_gt(outbox_status(&box).dropped, dropped);
		/* Until it is tried again. */
		odd.limit = 0;
		outbox_forgive(&box);
		ck_assert_uint_eq(connections_until_empty(), 1);
		ck_assert_ptr_nonnull(strstr(odd.got, "e "));
		outbox_end(&box);
	}
}
END_TEST

/* A transition too long stands before all others: it is dropped, and those behind it are not. */
START_TEST(a_long_message_blocks_none)
{
	char text[200] = "";
	memset(text, 'x', 150);
	begin();
	odd.limit = 100;
	state("status", "1");
	message(text);
	message("2");
	state("a", "1");
	ck_assert_uint_le(connections_until_empty(), 4);
	ck_assert_str_eq(odd.got + strlen(odd.got) - 11, "status m a ");
	ck_assert_uint_eq(outbox_status(&box).dropped, 1);
	outbox_end(&box);
	odd.limit = 0;
}
END_TEST

/* Forbidden is that topic alone, whatever its length. */
START_TEST(a_topic_that_is_forbidden)
{
	for (int hangs = 0; hangs <= 1; hangs++) {
		begin();
		odd.forbidden = "b";
		odd.hangs = hangs;
		state("status", "1");
		state("b", "1");
		long_state("c", 90);
		ck_assert_uint_le(connections_until_empty(), hangs ? 6 : 4);
		ck_assert_ptr_nonnull(strstr(odd.got, "c "));
		ck_assert_uint_eq(outbox_status(&box).dropped, 1);
		odd.forbidden = NULL;
		odd.hangs = false;
		outbox_end(&box);
	}
}
END_TEST

/*
 * A broker that lets us in and goes away before it has acknowledged anything is no reason to drop anything.
 */
START_TEST(connections_that_break_drop_nothing)
{
	begin();
	state("status", "1");
	message("1");
	state("a", "1");
	for (int i = 0; i < 50; i++) {
		outbox_connected(&box);
		pumped();
		outbox_disconnected(&box, i % 3 ? OUTBOX_CLOSED : OUTBOX_STALLED);
	}
	ck_assert_uint_eq(connections_until_empty(), 1);
	ck_assert_str_eq(odd.got, "status m a ");
	ck_assert_uint_eq(outbox_status(&box).dropped, 0);
	outbox_end(&box);
}
END_TEST

START_TEST(a_client_that_takes_nothing)
{
	begin();
	outbox_connected(&box);
	state("a", "1");
	message("1");
	sent.error = 4;
	ck_assert_int_eq(outbox_pump(&box, send_to, &sent), 4);
	sent.error = 0;
	ck_assert_str_eq(pumped(), "m 1\na=1\n");
	char topic[8];
	ck_assert(outbox_topic(&box, 2, topic, sizeof topic));
	ck_assert_str_eq(topic, "a");
	ck_assert(!outbox_topic(&box, 9, topic, sizeof topic));
	outbox_end(&box);
}
END_TEST

START_TEST(names)
{
	static const char *const good[] = {"attic", "A_b-9", "1234567890123456789012345678901", "bms_1"};
	static const char *const bad[] = {
		"",       "a b",     "a/b", "bridge",   "link",
		"status", "summary", "a+",  "\xC3\xBC", "12345678901234567890123456789012"};
	char name[PACK_NAME_MAX + 1];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(pack_name_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!pack_name_valid(bad[i]), "%s", bad[i]);
	pack_name_default(15, name);
	ck_assert_str_eq(name, "bms_15");
}
END_TEST

static const char *value_of(const char *key, const char *payload)
{
	static char value[SETTING_VALUE_MAX + 1];
	enum entity_source source;
	const struct field *f = commands_field(key, &source);
	ck_assert_ptr_nonnull(f);
	return commands_value(f, payload, strlen(payload), value) ? NULL : value;
}

START_TEST(values)
{
	ck_assert_str_eq(value_of("charging_switch", "ON"), "on");
	ck_assert_str_eq(value_of("charging_switch", "False"), "off");
	ck_assert_ptr_null(value_of("charging_switch", "2"));
	ck_assert_ptr_null(value_of("charging_switch", ""));
	ck_assert_str_eq(value_of("power_off_voltage", "2.50"), "2.50");
	ck_assert_str_eq(value_of("charge_undertemperature_protection", "-10.0"), "-10.0");
	const char *const bad[] = {"",   ".",    "1.",   "1e3", "+1",      "1 2",
				   " 1", "1\n2", "0x10", "nan", "\xC3\xA9"};
	const char *why = "the payload is not one word of plain text";
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!value_of("power_off_voltage", bad[i]), "%s", bad[i]);
	ck_assert_str_eq(value_of("dry1_trigger", "MOSFET over-temperature"), "MOSFET_over-temperature");
	ck_assert_str_eq(value_of("dry1_trigger", "MOSFET_over-temperature"), "MOSFET_over-temperature");
	ck_assert_str_eq(value_of("dry1_trigger", "9"), "9");
	ck_assert_ptr_null(value_of("dry1_trigger", "MOSFET"));
	enum entity_source source;
	ck_assert_ptr_null(commands_field("control_bitmask", &source));
	ck_assert_ptr_null(commands_field("device_passcode", &source));
	ck_assert_ptr_null(commands_field("total_voltage", &source));
	char value[SETTING_VALUE_MAX + 1];
	const struct field *f = commands_field("power_off_voltage", &source);
	ck_assert_ptr_nonnull(commands_value(f, "1\0002", 3, value));
	ck_assert_str_eq(commands_value(f, "1\x7F", 2, value), why);
	ck_assert_str_eq(commands_value(f, "1\x1F", 2, value), why);
	ck_assert_str_ne(commands_value(f, "1~", 2, value), why);
	ck_assert_str_ne(commands_value(f, "1 ", 2, value), why);
}
END_TEST

START_TEST(table)
{
	size_t count;
	const struct entity *e = entities(&count);
	size_t settings = 0;
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(payload_is_key(e[i].key, strlen(e[i].key)), "%s", e[i].key);
		ck_assert(e[i].name && e[i].name[0]);
		for (size_t k = 0; k < i; k++) /* no device has those of an inverter or a bank and others */
			ck_assert_msg((e[i].source != e[k].source && (!entity_is_of_pack(e[i].source) ||
								      !entity_is_of_pack(e[k].source))) ||
					      strcmp(e[i].key, e[k].key) != 0,
				      "%s twice", e[i].key);
		if (e[i].source == ENTITY_SETTINGS || e[i].source == ENTITY_ABOUT ||
		    e[i].source == ENTITY_INVERTER)
			ck_assert_msg(entity_field(&e[i]) != NULL, "%s is in no table", e[i].key);
		if (entity_settable(&e[i])) {
			const struct field *f = entity_field(&e[i]);
			settings++;
			ck_assert(f->writable && !f->dangerous && f->privacy == FIELD_PUBLIC);
		}
		if (e[i].category == CATEGORY_CONFIG)
			ck_assert_msg(e[i].platform >= PLATFORM_NUMBER, "%s", e[i].key);
	}
	ck_assert_uint_gt(settings, 50);
	/* Each writable, harmless row has its entity. */
	for (int frame = 1; frame < FRAME_TYPES; frame++) {
		for (size_t r = 0; r < field_tables[frame]->count; r++) {
			const struct field *f = &field_tables[frame]->rows[r];
			bool found = false;
			for (size_t i = 0; i < count; i++)
				found = found || (entity_settable(&e[i]) && entity_field(&e[i]) == f);
			ck_assert_msg(found == (f->writable && !f->dangerous && f->step.mantissa > 0), "%s",
				      f->key);
		}
	}
}
END_TEST

START_TEST(times_and_topics)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha"};
	char buffer[64], topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
	payload_time(&t, INT64_C(1763856000069139));
	buffer[t.size] = '\0';
	ck_assert_str_eq(buffer, "2025-11-23T00:00:00.069139+00:00");
	ck_assert_str_eq(naming_topic(topic, &options, LAYOUT_LIVE, LAYOUT_NAMES(.device = "bms_1")),
			 "jk/bms_1/live");
	ck_assert_str_eq(naming_topic(topic, &options, LAYOUT_SUMMARY, LAYOUT_NO_NAMES), "jk/summary");
	ck_assert_str_eq(
		naming_topic(topic, &options, LAYOUT_COMPONENT_CONFIG,
			     LAYOUT_NAMES(.id = "jk_bms_1", .platform = "sensor", .key = "total_voltage")),
		"ha/sensor/jk_bms_1/total_voltage/config");
	ck_assert(!payload_is_key("a/b", 3));
	ck_assert(!payload_is_key("a#", 2));
	ck_assert(!payload_is_key("", 0));
}
END_TEST

/* Each row of the layout is whole, and all that we publish can be: the outbox knows one QoS. */
START_TEST(layout)
{
	const struct layout *l = &layout_jk;
	for (size_t i = 0; i < LAYOUT_TOPICS; i++) {
		ck_assert_msg(l->row[i].topic, "topic %zu", i);
		ck_assert_msg((l->row[i].taken && !l->row[i].retained) || l->row[i].qos == OUTBOX_QOS, "%s",
			      l->row[i].topic);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(l->row[k].topic, l->row[i].topic);
	}
	for (size_t i = 0; i < LAYOUT_KINDS; i++)
		ck_assert_msg(l->entity[i].template || l->entity[i].on, "kind %zu", i);
	for (size_t i = 0; i < ENTITY_SOURCES; i++) /* an event is no state */
		ck_assert_msg(l->row[l->state[i]].retained == (i != ENTITY_RESULT && i != ENTITY_BANK_EVENT),
			      "source %zu", i);
}
END_TEST

static bool put_b(void *context, struct strbuf *t, const char *name, size_t n)
{
	(void)context;
	if (n != 1 || name[0] != 'b')
		return false;
	strbuf_string(t, "$c");
	return true;
}

START_TEST(names_in_a_layout)
{
	char buffer[64];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
	layout_expand(&t, "a $b_x $bb $c $ $$b$", put_b, NULL);
	buffer[t.size] = '\0';
	ck_assert_str_eq(buffer, "a $c_x $bb $c $ $$c$"); /* what was put in is not looked at again */
}
END_TEST

UNIT_RUN("mqtt", what_is_new_wakes, newest_state_alone, everything_again_after_reconnecting,
	 messages_in_order_until_acknowledged, a_filter_that_is_a_topic_too, little_is_unacknowledged,
	 oldest_messages_are_dropped, bytes_of_messages_are_bounded, too_long_for_the_broker,
	 a_long_message_blocks_none, a_topic_that_is_forbidden, connections_that_break_drop_nothing,
	 a_client_that_takes_nothing, names, values, table, times_and_topics, layout, names_in_a_layout)
