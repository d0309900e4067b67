/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "availability.h"
#include "messages.h"
#include "setting.h"
#include "mqtt_feed.h"
#include "record_writer.h"

/* How much is kept, of what, and for how long. */

static const struct options options = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .fifo = "/", .silent_us = 30000000};

/* A live record with a list of that many alarms, the last of which is the worst. */
static void feed_list(unsigned count, int64_t seconds)
{
	static char line[RECORD_MAX];
	struct strbuf t = {.data = line, .capacity = sizeof line - 1};
	strbuf_string(&t, "{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"alarms\":[");
	for (unsigned i = 1; i <= count; i++) {
		strbuf_string(&t, i > 1 ? ",{\"key\":\"alarm_" : "{\"key\":\"alarm_");
		strbuf_unsigned(&t, i);
		strbuf_string(&t,
			      i == count ? "\",\"severity\":\"critical\"" : "\",\"severity\":\"warning\"");
		strbuf_string(&t, ",\"since\":1763856000.000000}");
	}
	strbuf_string(&t, "]}");
	ck_assert(!t.overflow);
	line[t.size] = '\0';
	feed(line, seconds);
}

/* The count of all alarms, and the worst. */
static void check_bridge(unsigned count, int64_t seconds)
{
	char text[128];
	lifecycle_time(&publisher, seconds * 1000000);
	const char *bridge = outbox_states_find(&box.states, "jk/bridge")->payload;
	snprintf(text, sizeof text, "\"global_alarm_count\":%u,\"global_alarm_severity\":\"critical\"",
		 count);
	ck_assert_msg(strstr(bridge, text), "%s is not in %s", text, bridge);
}

START_TEST(a_list_of_all_alarms)
{
	static const unsigned counts[] = {1, 64, 65, 96, 128, 137, 150};
	begin_records(&options);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		char text[64];
		feed_list(counts[i], (int64_t)(10 * i));
		const char *list = payload_of("jk/bms_1/alarms", (int64_t)(10 * i));
		snprintf(text, sizeof text, "{\"count\":%u,", counts[i]);
		ck_assert_msg(strncmp(list, text, strlen(text)) == 0, "%.30s", list);
		snprintf(text, sizeof text, "\"alarm_%u\",\"severity\":\"critical\"", counts[i]);
		ck_assert_ptr_nonnull(strstr(list, text));
		check_bridge(counts[i], (int64_t)(10 * i) + 8);
	}
	outbox_end(&box);
}
END_TEST

/* One after the other: more than any record has room for. */
START_TEST(more_alarms_than_a_record_has)
{
	enum { MANY = 700 };
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"}", 0);
	for (int i = 1; i <= MANY; i++) {
		char line[256];
		snprintf(line, sizeof line,
			 "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"alarm\",\"key\":\"alarm_%d\","
			 "\"severity\":\"%s\",\"active\":true,\"since\":1763856000.000000}",
			 i, i == MANY ? "critical" : "warning");
		feed(line, 1);
	}
	const char *list = payload_of("jk/bms_1/alarms", 1);
	ck_assert_msg(strncmp(list, "{\"count\":700,", 13) == 0, "%.30s", list);
	ck_assert_ptr_nonnull(strstr(list, "\"alarm_1\""));
	ck_assert_ptr_nonnull(strstr(list, "\"alarm_700\",\"severity\":\"critical\""));
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"alarm\",\"key\":\"alarm_1\","
	     "\"severity\":\"warning\",\"active\":false,\"since\":1763856000.000000}",
	     7);
	check_bridge(MANY - 1, 8);
	outbox_end(&box);
}
END_TEST

/* Names that others invent, 2,000 a day for a year, leave nothing behind. */
START_TEST(topics_of_others_are_forgotten)
{
	begin_records(&options);
	payload_of("jk/status", 0);
	size_t before = box.states.count;
	for (int day = 0; day < 365; day++) {
		for (int i = 0; i < 2000; i++) {
			char topic[64];
			snprintf(topic, sizeof topic, "jk/n%d_%d/availability", day, i);
			messages_take(&publisher, topic, "online", 6, true, 0, 0);
			/* The first ones may still be heard: they stay online until they are silent. */
			if (i % 50 == 49)
				ck_assert_str_eq(payload_of(topic, 0),
						 2000 * day + i < PACKS_MAX ? "" : "offline");
		}
		/* For each of those their last state is awaited. */
		ck_assert_uint_le(box.states.count, before + PACKS_MAX);
	}
	ck_assert_uint_eq(box.states.left_out, 0);
	ck_assert_uint_eq(publisher.adopted.count, PACKS_MAX);
	ck_assert_str_eq(payload_of("jk/n0_49/availability", 31), "offline");
	ck_assert_str_eq(payload_of("jk/n1_49/availability", 31), "");
	ck_assert_uint_eq(box.states.count, before);
	outbox_end(&box);
}
END_TEST

/* A pack that gets another name each minute: those that it had before are offline, and forgotten. */
START_TEST(names_of_a_pack_are_forgotten)
{
	size_t topics = 0;
	begin_records(&options);
	for (int i = 0; i < 10000; i++) {
		char line[512], topic[64];
		snprintf(line, sizeof line,
			 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p%d\",\"type\":\"live\","
			 "\"total_voltage\":52.1,\"alarms\":[]}",
			 60 * i, i);
		feed(line, 60 * i);
		snprintf(topic, sizeof topic, "jk/p%d/availability", i);
		ck_assert_str_eq(payload_of(topic, 60 * i), "online");
		ck_assert_str_eq(payload_of(topic, 60 * i + 31), "offline");
		payload_of("jk/status", 60 * i + 32);
		if (i == 10)
			topics = box.states.count;
	}
	ck_assert_uint_eq(box.states.count, topics);
	ck_assert_uint_le(publisher.devices.count, 2);
	ck_assert_uint_eq(publisher.devices.left_out, 0);
	outbox_end(&box);
}
END_TEST

/* 4,096 packs on 1,024 channels; what goes beyond is counted. */
START_TEST(as_many_packs_as_there_may_be)
{
	begin_records(&options);
	for (int i = 0; i < PACKS_MAX + 2; i++) {
		char line[256];
		snprintf(line, sizeof line,
			 "{\"time\":1.0,\"channel\":\"c%d\",\"bms\":%d,\"pack\":\"p%d\",\"type\":\"live\"}",
			 i % CHANNELS_MAX, i / CHANNELS_MAX, i);
		feed(line, 0);
	}
	ck_assert_uint_eq(publisher.devices.count, PACKS_MAX);
	ck_assert_uint_eq(publisher.devices.left_out, 2);
	payload_of("jk/status", 6);
	char wanted[32];
	snprintf(wanted, sizeof wanted, "{\"devices\":%d,", PACKS_MAX);
	ck_assert_ptr_nonnull(strstr(outbox_states_find(&box.states, "jk/bridge")->payload, wanted));
	for (int i = 0; i < PACKS_MAX; i += 97) {
		char name[32];
		int n = snprintf(name, sizeof name, "p%d", i);
		const struct device *d = devices_named(&publisher.devices, name, (size_t)n);
		ck_assert_ptr_nonnull(d);
		ck_assert_int_eq(d->commands->bms, i / CHANNELS_MAX);
	}
	outbox_end(&box);
}
END_TEST

/* Each device is offline at its own time, whichever was heard last. */
START_TEST(deadlines_of_many)
{
	enum { MANY = 300 };
	int64_t heard[MANY];
	begin_records(&options);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			char line[256];
			int k = (i * 7 + round * 13) % MANY;
			snprintf(line, sizeof line,
				 "{\"time\":1.0,\"channel\":\"c%d\",\"bms\":1,\"pack\":\"p%d\",\"type\":"
				 "\"live\"}",
				 k, k);
			heard[k] = (round * MANY + i) * 10000;
			feed_at(line, heard[k]);
		}
	for (int64_t us = 2 * MANY * 10000; us < 45000000; us += 50000) {
		lifecycle_time(&publisher, us);
		for (int i = 0; i < MANY; i++) {
			char name[32];
			int n = snprintf(name, sizeof name, "p%d", i);
			const struct device *d = devices_named(&publisher.devices, name, (size_t)n);
			ck_assert(d->online ? availability_deadline(&publisher, d) > us
					    : us >= heard[i] + 30000000);
		}
	}
	outbox_end(&box);
}
END_TEST

/* However many results there are. */
START_TEST(transitions_are_not_displaced)
{
	begin_records(&options);
	outbox_disconnected(&box, OUTBOX_ENDED);
	outbox_message(&box, "jk/bms_1/alarm", "1", 1);
	for (int i = 0; i < 3 * QUEUE_MAX; i++)
		outbox_result(&box, "jk/bms_1/result/x", "r", 1);
	outbox_message(&box, "jk/bms_1/alarm", "2", 1);
	ck_assert_uint_eq(outbox_status(&box).queued, 2 + QUEUE_RESULTS_MAX);
	outbox_connected(&box);
	payload_of("none", 0);
	ck_assert_int_eq(strncmp(sent, "\njk/bms_1/alarm 1\njk/bms_1/alarm 2\njk/bms_1/result/x r\n", 55), 0);
	/* Nor do they hold up what is a state. */
	ck_assert_ptr_nonnull(strstr(sent, "\njk/status online\n"));
	outbox_end(&box);
}
END_TEST

static unsigned calls;

static int call_back(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	calls++;
	ck_assert_int_eq(pthread_mutex_trylock(&box.lock), 0);
	pthread_mutex_unlock(&box.lock);
	if (calls == 1) { /* a newer one comes meanwhile, and the old one is what is sent */
		outbox_state(&box, "a", "a much longer payload than before", 33, OUTBOX_ALWAYS);
		ck_assert_str_eq(message->topic, "a");
		ck_assert(message->size == 1 && message->payload[0] == '1');
	}
	*mid = ++last_mid;
	return 0;
}

/* It may call us back. */
START_TEST(the_client_is_called_without_the_lock)
{
	calls = 0;
	outbox_begin(&box, -1);
	outbox_connected(&box);
	outbox_state(&box, "a", "1", 1, OUTBOX_ALWAYS);
	ck_assert_int_eq(outbox_pump(&box, call_back, NULL), 0);
	ck_assert_uint_eq(calls, 2); /* the newer one, too */
	outbox_message(&box, "m", "1", 1);
	outbox_result(&box, "r", "1", 1);
	outbox_subscribe(&box, "f");
	ck_assert_int_eq(outbox_pump(&box, call_back, NULL), 0);
	ck_assert_uint_eq(calls, 5);
	for (int mid = 1; mid <= last_mid; mid++)
		outbox_acknowledged(&box, mid);
	ck_assert(outbox_status(&box).empty);
	outbox_end(&box);
}
END_TEST

/* A topic that is forgotten has been sent before; a subscription ends at the broker, too. */
START_TEST(forgotten_when_sent)
{
	outbox_begin(&box, -1);
	outbox_state(&box, "jk/a/live", "1", 1, OUTBOX_ALWAYS);
	outbox_state(&box, "jk/a/availability", "offline", 7, OUTBOX_ALWAYS);
	outbox_state(&box, "jk/ab/live", "2", 1, OUTBOX_ALWAYS);
	outbox_subscribe(&box, "ha/a");
	outbox_forget(&box, "jk/a/");
	outbox_unsubscribe(&box, "ha/a");
	outbox_connected(&box);
	snprintf(sent, sizeof sent, "\n");
	ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	ck_assert_str_eq(sent, "\njk/ab/live 2\njk/a/live 1\njk/a/availability offline\nha/a \n");
	for (int mid = 1; mid <= last_mid; mid++)
		outbox_acknowledged(&box, mid);
	ck_assert_uint_eq(box.states.count, 1);
	outbox_forget(&box, "jk/ab/");
	ck_assert_uint_eq(box.states.count, 0);
	ck_assert(outbox_status(&box).empty);
	outbox_end(&box);
}
END_TEST

static void link_event(const char *event, const char *words, int64_t seconds)
{
	char line[256];
	snprintf(line, sizeof line,
		 "{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"%s\","
		 "\"words\":\"%s\"}",
		 event, words);
	feed(line, seconds);
}

/* What a foreign program once counted is not repeated forever, and changes nothing else. */
START_TEST(foreign_counts_do_not_stay)
{
	begin_records(&options);
	link_event("open", "/dev/ttyUSB0", 0);
	link_event("stats", "- up=1 bytes=2 junk=3 foreign=4 open=5 source=6", 1);
	ck_assert_str_eq(
		payload_of("jk/link/c", 1),
		"{\"open\":true,\"source\":\"/dev/ttyUSB0\",\"close_reason\":\"\",\"up\":1,\"bytes\":2,"
		"\"junk\":3,\"foreign\":4}");
	link_event("stats", "- up=2 bytes=3 junk=3", 60);
	feed("{\"time\":2.0,\"channel\":\"c\",\"bms\":null,\"type\":\"health\",\"state\":\"down\",\"odd\":1}",
	     120);
	payload_of("jk/link/c", 120);
	feed("{\"time\":2.0,\"channel\":\"c\",\"bms\":null,\"type\":\"health\",\"state\":\"healthy\"}", 180);
	ck_assert_str_eq(
		payload_of("jk/link/c", 180),
		"{\"open\":true,\"source\":\"/dev/ttyUSB0\",\"close_reason\":\"\",\"up\":2,\"bytes\":3,"
		"\"junk\":3,\"state\":\"healthy\"}");
	outbox_end(&box);
}
END_TEST

/* What is too long is counted and reported, not taken for published. */
START_TEST(what_is_too_long_is_counted)
{
	char data[8];
	struct strbuf t = {.data = data, .capacity = sizeof data};
	begin_records(&options);
	strbuf_string(&t, "123456789");
	ck_assert(!publisher_send(&publisher, LAYOUT_LIVE, LAYOUT_NAMES(.device = "a"), &t));
	ck_assert_str_eq(payload_of("jk/a/live", 10), "");
	ck_assert_ptr_nonnull(
		strstr(outbox_states_find(&box.states, "jk/bridge")->payload, "\"left_out\":1,"));
	outbox_end(&box);
}
END_TEST

/* A reader of a value's topic may be a terminal. */
START_TEST(texts_that_act_on_a_terminal)
{
	static struct options values;
	values = options;
	values.values = true;
	begin_records(&values);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"about\",\"model\":\"a\\u001b["
	     "2Jb\\nc\\u009bd\","
	     "\"plain\":\"\\u00e4 b\"}",
	     0);
	ck_assert_str_eq(payload_of("jk/bms_1/model", 10), "a?[2Jb?c?d");
	ck_assert_ptr_nonnull(strstr(sent, "\njk/bms_1/plain \xC3\xA4 b\n"));
	outbox_end(&box);
}
END_TEST

/* How much is announced is reported once it has settled, and again when it is more. */
START_TEST(announcements_are_reported)
{
	char text[2048] = "";
	int ends[2], old = dup(STDERR_FILENO);
	begin_records(&options);
	ck_assert(pipe2(ends, O_NONBLOCK) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	for (int s = 0; s < 120; s++) {
		feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"total_voltage\":52.1}",
		     s);
		if (s > 60)
			feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":2,\"type\":\"live\",\"total_voltage\":"
			     "52.1}",
			     s);
		payload_of("jk/status", s);
	}
	ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
	dup2(old, STDERR_FILENO);
	const char *one = strstr(text, "announced to Home Assistant: 1 pack with ");
	const char *two = strstr(text, "announced to Home Assistant: 2 packs with ");
	ck_assert(one && two && one < two);
	unsigned lines = 0;
	for (const char *at = text; (at = strstr(at, "announced to")); at++)
		lines++;
	ck_assert_uint_le(lines, 4);
	outbox_end(&box);
}
END_TEST

/* ---- commands ---- */

static struct options with_fifo;
static int fifo;

/* A FIFO, and a device with settings. */
static void begin_commands(void)
{
	static char path[] = "/tmp/jk-mqtt-limits-XXXXXX", name[64];
	ck_assert_ptr_nonnull(mkdtemp(path));
	snprintf(name, sizeof name, "%s/fifo", path);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	fifo = open(name, O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fifo, 0);
	with_fifo = options;
	with_fifo.fifo = name;
	begin_records(&with_fifo);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"}", 0);
}

static void end_commands(void)
{
	char folder[64];
	snprintf(folder, sizeof folder, "%.*s", (int)(strlen(with_fifo.fifo) - 5), with_fifo.fifo);
	unlink(with_fifo.fifo);
	rmdir(folder);
	close(fifo);
	outbox_end(&box);
}

/* How many commands were passed on since the last look. */
static unsigned passed(void)
{
	char text[4096];
	ssize_t n = read(fifo, text, sizeof text);
	unsigned count = 0;
	for (ssize_t i = 0; i < n; i++)
		count += text[i] == '\n';
	return count;
}

static void command(const char *key, const char *value, int64_t seconds)
{
	char topic[64];
	snprintf(topic, sizeof topic, "jk/bms_1/set/%s", key);
	messages_take(&publisher, topic, value, strlen(value), false, 0, seconds * 1000000);
}

static void result(unsigned number, const char *result, int64_t seconds)
{
	char line[256];
	snprintf(line, sizeof line,
		 "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"event\",\"event\":\"write\","
		 "\"words\":\"mqtt-%d-%u 1 charging_switch on %s\"}",
		 (int)getpid(), number, result);
	feed(line, seconds);
}

START_TEST(a_command_that_comes_again)
{
	begin_commands();
	command("charging_switch", "ON", 10);
	command("charging_switch", "ON", 10);
	command("charging_switch", "true", 11); /* the same in other words */
	ck_assert_uint_eq(passed(), 1);
	command("discharging_switch", "ON", 11); /* another setting */
	command("charging_switch", "OFF", 12);   /* another value */
	command("charging_switch", "ON", 13);    /* and back */
	ck_assert_uint_eq(passed(), 3);
	result(6, "confirmed", 14);
	command("charging_switch", "ON", 15);
	ck_assert_uint_eq(passed(), 0);
	command("charging_switch", "ON", 23); /* 10 s after the last that was passed on */
	ck_assert_uint_eq(passed(), 1);
	result(8, "timeout", 24); /* it was not carried out */
	command("charging_switch", "ON", 25);
	ck_assert_uint_eq(passed(), 1);
	result(77, "confirmed", 26); /* that of somebody else */
	command("charging_switch", "ON", 27);
	ck_assert_uint_eq(passed(), 1);
	end_commands();
}
END_TEST

/* Why a command is not passed on; each is the result of the command. */
START_TEST(commands_that_are_not_passed_on)
{
	static char longest[SETTING_VALUE_MAX + 2];
	const char *result = "jk/bms_1/result/charging_switch";
	begin_commands();
	payload_of("", 0);
	memset(longest, '1', sizeof longest - 1);
	command("charging_switch", longest, 1);
	ck_assert_ptr_nonnull(strstr(payload_of(result, 1), "the payload is longer than any value"));
	longest[SETTING_VALUE_MAX] = '\0';
	command("charging_switch", longest, 1);
	ck_assert_ptr_null(strstr(payload_of(result, 1), "longer"));
	command("charging_switch", "", 1);
	ck_assert_ptr_nonnull(strstr(payload_of(result, 1), "the payload is empty"));
	command("charging_switch", "O N", 1);
	ck_assert_ptr_nonnull(strstr(payload_of(result, 1), "\"rejected\""));
	/* A pipe that nobody empties. */
	int full = open(with_fifo.fifo, O_WRONLY | O_NONBLOCK);
	while (write(full, longest, 1) == 1)
		;
	command("charging_switch", "ON", 30);
	const char *busy = payload_of(result, 30);
	ck_assert_ptr_nonnull(strstr(busy, "\"busy\""));
	ck_assert_ptr_nonnull(strstr(busy, "the command FIFO is full: jk-write does not keep up"));
	close(full);
	/* Nobody reads. */
	close(fifo);
	command("charging_switch", "OFF", 60);
	ck_assert_ptr_nonnull(
		strstr(payload_of(result, 60), "no reader on the command FIFO: is jk-write running?"));
	/* A file in its place, and nothing. */
	ck_assert_int_eq(unlink(with_fifo.fifo), 0);
	fifo = open(with_fifo.fifo, O_CREAT | O_RDWR, 0600);
	command("charging_switch", "ON", 90);
	ck_assert_ptr_nonnull(strstr(payload_of(result, 90), "the command FIFO is not a FIFO"));
	ck_assert_int_eq(unlink(with_fifo.fifo), 0);
	command("charging_switch", "OFF", 120);
	ck_assert_ptr_nonnull(strstr(payload_of(result, 120), "\"rejected\""));
	end_commands();
}
END_TEST

/* Wrong commands, as many as somebody likes to send, leave a few lines in the log. */
START_TEST(wrong_commands_do_not_fill_the_log)
{
	char text[65536];
	int ends[2], old = dup(STDERR_FILENO);
	begin_commands();
	ck_assert(pipe2(ends, O_NONBLOCK) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	for (int i = 0; i < 5000; i++) {
		command("charging_switch", "MAYBE", 1);
		command("nonsense", "1", 1);
		messages_take(&publisher, "jk/x/set/charging_switch", "ON", 2, false, 0, 0);
		messages_take(&publisher, "jk/bms_1/set/UP", "ON", 2, false, 0, 0);
		result((unsigned)i, "", 1);
	}
	ssize_t n = read(ends[0], text, sizeof text);
	dup2(old, STDERR_FILENO);
	unsigned lines = 0;
	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	ck_assert_uint_le(lines, 60);
	ck_assert_uint_ge(lines, 40);
	ck_assert_uint_le(outbox_status(&box).queued, QUEUE_RESULTS_MAX);
	end_commands();
}
END_TEST

UNIT_RUN("mqtt_limits", texts_that_act_on_a_terminal, announcements_are_reported, a_command_that_comes_again,
	 commands_that_are_not_passed_on, wrong_commands_do_not_fill_the_log, a_list_of_all_alarms,
	 more_alarms_than_a_record_has, topics_of_others_are_forgotten, names_of_a_pack_are_forgotten,
	 as_many_packs_as_there_may_be, deadlines_of_many, transitions_are_not_displaced,
	 the_client_is_called_without_the_lock, forgotten_when_sent, foreign_counts_do_not_stay,
	 what_is_too_long_is_counted)
