/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "broker.h"
#include "clock.h"
#include "forget.h"
#include "inbox.h"
#include "kept_transitions.h"
#include "lifecycle.h"
#include "line_reader.h"
#include "log.h"
#include "messages.h"
#include "options.h"
#include "outbox.h"
#include "process.h"
#include "records.h"
#include "secret.h"

static struct options options;
static struct outbox outbox;
static struct inbox inbox;
static struct publisher publisher;
static struct line_reader reader;
static struct kept_transitions kept;
static int exit_status = EXIT_DONE;

static int event_fd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		die(EXIT_SYSTEM, "cannot make an eventfd: %s", strerror(errno));
	return fd;
}

/* The clock is read for each record: the process may have been stopped since the last one. */
static void take_line(const char *line, size_t n)
{
	struct json_record record;
	struct now now = clock_now();
	publisher.real_less_us = now.real_us - now.us;
	const char *wrong = json_record_parse(line, n, &record);
	if (!wrong && record.left_out)
		publisher_left_out(&publisher, reader.number, record.left_out);
	if (wrong)
		publisher_bad_record(&publisher, reader.number, wrong);
	else
		records_record(&publisher, &record, now.us);
}

/* All lines that are there.  False at the end of stdin. */
static bool read_records(void)
{
	enum line_reader_result result;
	const char *line;
	size_t n;
	enum line_reader_fill fill = line_reader_read(&reader);
	if (fill == LINE_READER_FAILED) {
		log_line("cannot read stdin: %s", strerror(errno));
		exit_status = EXIT_SYSTEM;
	}
	while ((result = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT) {
		if (result == LINE_READER_LINE)
			take_line(line, n);
		else
			publisher_bad_record(&publisher, reader.number, "too long");
	}
	return fill == LINE_READER_MORE;
}

static void look_at_connection(int64_t now_us)
{
	uint64_t lost;
	unsigned connections = inbox_connections(&inbox, &lost);
	if (connections != publisher.connections)
		lifecycle_connected(&publisher, connections, now_us);
	publisher.lost_commands = lost;
}

static void take_messages(int fd)
{
	struct incoming message;
	eventfd_t ignored;
	int64_t now_us = clock_monotonic_us();
	eventfd_read(fd, &ignored);
	look_at_connection(now_us);
	while (inbox_take(&inbox, &message)) {
		look_at_connection(now_us); /* it may be the first of a new one */
		if (message.topic[0] == '\n')
			messages_subscribed(&publisher, message.topic + 1, now_us);
		else
			messages_take(&publisher, message.topic, message.payload, message.size,
				      message.retained, message.real_us, now_us);
		free(message.topic);
	}
}

/* When something is due; INT64_MAX: nothing is. */
static int64_t deadline(int64_t now_us)
{
	int64_t due_us = lifecycle_deadline(&publisher), save_us = kept_transitions_time(&kept, now_us);
	return save_us < due_us ? save_us : due_us;
}

/* Distinguishes input that waits already from input that comes: the latter measures silence. */
static void wait_for_something(struct pollfd fds[2])
{
	poll(fds, 2, 0);
	int64_t now_us = clock_monotonic_us();
	hearing_look(&publisher.hearing, fds[0].revents != 0, now_us);
	int64_t due_us = deadline(now_us), left_us = due_us > now_us ? due_us - now_us : 0;
	if (fds[0].revents || fds[1].revents)
		return;
	if (process_poll(fds, 2, due_us == INT64_MAX ? -1 : left_us) < 0)
		fds[0].revents = fds[1].revents = 0; /* a signal: the loop looks whether to stop */
	hearing_woken(&publisher.hearing, fds[0].revents != 0, process_continued(),
		      due_us > now_us ? due_us : now_us, clock_monotonic_us());
}

static void do_what_is_due(void)
{
	struct now now = clock_now();
	publisher.real_less_us = now.real_us - now.us;
	lifecycle_time(&publisher, now.us);
}

/*
 * At the end: a device that was never announced to Home Assistant is announced once it is known what the
 * broker retains.  Returns until when the network may take the rest.
 */
static int64_t finish_discovery(int to_us)
{
	int64_t end_us = clock_monotonic_us() + options.wait_us - BROKER_ENDING_US, left_us;
	while (lifecycle_waits(&publisher) &&
	       (left_us = end_us - options.wait_us / 4 - clock_monotonic_us()) > 0) {
		struct pollfd fd = {.fd = to_us, .events = POLLIN};
		int64_t due_us = lifecycle_deadline(&publisher) - clock_monotonic_us();
		if (due_us > 0)
			poll(&fd, 1, (int)((due_us < left_us ? due_us : left_us) / 1000) + 1);
		take_messages(to_us);
		lifecycle_time(&publisher, clock_monotonic_us());
	}
	return end_us;
}

int main(int argc, char **argv)
{
	process_begin("jk-mqtt");
	options = mqtt_options_parse(argc, argv);
	if (options.forget_count > 0)
		return forget_packs(&options);
	int to_network = event_fd(), to_us = event_fd();
	process_catch_stop();
	process_catch_continue();
	outbox_begin(&outbox, to_network);
	inbox_begin(&inbox, to_us);
	kept_transitions_begin(&kept, options.state, options.prefix, &outbox);
	lifecycle_begin(&publisher, &options, &outbox, (uint32_t)clock_real_us());
	hearing_begin(&publisher.hearing, clock_monotonic_us());
	broker_begin(&options, &outbox, &inbox, to_network);
	line_reader_begin(&reader, STDIN_FILENO, "stdin", RECORD_MAX);
	reader.find_cut = cut_line_record;
	process_ready(options.ready_fd);
	bool more = true;
	while (more && !process_stopped()) {
		struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
					{.fd = to_us, .events = POLLIN}};
		wait_for_something(fds);
		if (fds[1].revents)
			take_messages(to_us);
		if (fds[0].revents)
			more = read_records();
		do_what_is_due();
	}
	while (more && line_reader_drains(&reader))
		more = read_records();
	lifecycle_states(&publisher, clock_monotonic_us()); /* discovery is of all that came */
	int64_t until_us = finish_discovery(to_us);
	lifecycle_finish(&publisher, clock_monotonic_us());
	kept_transitions_time(&kept, clock_monotonic_us()); /* we may be killed while the broker is awaited */
	if (!broker_end(until_us))
		log_line("%s:%u: not everything could be sent", options.host, options.port);
	cut_line_end();
	kept_transitions_end(&kept);
	secret_wipe();
	_exit(exit_status); /* the network's thread may still wait for a name */
}
