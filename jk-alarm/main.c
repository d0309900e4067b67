/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "engine.h"
#include "hearing.h"
#include "log.h"
#include "process.h"
#include "record_filter.h"
#include "state.h"
#include "status.h"
#include "status_file.h"

static const char usage[] =
	"usage: jk-alarm [-r RULES] [-s STATE [--spare FILE]] [--expect MAP]\n"
	"                [--status FILE] [-d FD] [FILE...]\n"
	"       jk-alarm --default-rules\n"
	"\n"
	"Reports what is wrong with which BMS and since when.  It passes on the records\n"
	"of the files, or of stdin, adds the active alarms to live and can records, and\n"
	"inserts records of type alarm, summary and health.\n"
	"\n"
	"  -r, --rules RULES    use the rules in this file, not the default rules\n"
	"  -s, --state STATE    keep the active alarms in this file, for the next start\n"
	"      --spare FILE     while STATE cannot be written, keep them in this file, on\n"
	"                       another file system\n"
	"      --expect MAP     packs in this map of jk-decode -m are to be heard:\n"
	"                       report each that is not within 60 s\n"
	"      --status FILE    write to this file when each link and pack was last heard\n"
	"  -d, --ready FD       write a newline to this file descriptor when ready\n"
	"      --default-rules  print the default rules, to copy and edit\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage or rules; 111 a file or stdout failed.\n"
	"See jk-alarm(1), and jk-rules(5) for the rules.\n";

enum {
	QUIET_US = 25000000, /* a capture writes statistics every 10 s */
	/*
	 * A state of more bytes is that of many packs, and is not written again at once: after a second at
	 * the earliest, and so that writing takes at most one part in SAVE_PART of the time.
	 */
	SAVE_SMALL = 16384,
	SAVE_PAUSE_US = 1000000,
	SAVE_PART = 20,
	STATUS_PAUSE_US = 2000000, /* between two writes of --status, or longer, by SAVE_PART */
	STATUS_TIMES_US = 5000000, /* the same if nothing but times has changed, as with every frame */
};

struct options {
	const char *rules, *state, *spare, *expect, *status;
	int ready_fd;
};

static struct options options;
static struct rules rules;
static struct record_view_keys keys;
static struct engine engine;
static struct record_filter filter;
static int64_t save_at_us;     /* the state is not saved before */
static struct hearing hearing; /* since the last input */
static struct pack_map expected;
static struct status_file status;
static struct status_text {
	bool due;               /* a line came that is not in it */
	int64_t at_us, late_us; /* it is not written before, and at the latest then */
	uint64_t hash;          /* of what it said, but for the times */
	char *text;
	size_t room;
} shown;

static struct options parse_options(int argc, char **argv)
{
	enum { DEFAULT_RULES = 256, SPARE, EXPECT, STATUS };
	static const struct option longs[] = {
		{"rules", required_argument, NULL, 'r'},
		{"state", required_argument, NULL, 's'},
		{"spare", required_argument, NULL, SPARE},
		{"expect", required_argument, NULL, EXPECT},
		{"status", required_argument, NULL, STATUS},
		{"ready", required_argument, NULL, 'd'},
		{"default-rules", no_argument, NULL, DEFAULT_RULES},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {.ready_fd = -1};
	for (int c; (c = getopt_long(argc, argv, "r:s:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'r':
			o.rules = optarg;
			break;
		case 's':
			o.state = optarg;
			break;
		case SPARE:
			o.spare = optarg;
			break;
		case EXPECT:
			o.expect = optarg;
			break;
		case STATUS:
			o.status = optarg;
			break;
		case 'd':
			o.ready_fd = process_ready_option(optarg);
			break;
		case DEFAULT_RULES:
			process_print(default_rules);
		case 'h':
			process_print(usage);
		case 'V':
			process_version();
		default:
			process_usage();
		}
	}
	if (o.spare && !o.state)
		die(EXIT_USAGE, "--spare %s: it is for -s, which is not given", o.spare);
	return o;
}

/* ---- rules ---- */

/* Reads a file or pipe of at most RULE_FILE_MAX bytes.  Returns -1 with errno, EFBIG if it is longer. */
static ssize_t read_rule_file(const char *path, char *to)
{
	size_t n = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((got = read(fd, to + n, RULE_FILE_MAX + 1 - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		n += (size_t)got;
		if (n > RULE_FILE_MAX) {
			errno = EFBIG;
			got = -1;
			break;
		}
	}
	int error = errno;
	close(fd);
	errno = error;
	return got < 0 ? -1 : (ssize_t)n;
}

/* The rules of a file; the default rules if path is NULL.  Exit 100 if there is a mistake in them. */
static void read_rules(const char *path)
{
	static char text[RULE_FILE_MAX + 1];
	struct rules_error error = {0};
	ssize_t n = path ? read_rule_file(path, text) : 0;
	if (n < 0 && errno == EFBIG)
		die(EXIT_USAGE, "-r %s: more than %d bytes: is this a file of rules?", path, RULE_FILE_MAX);
	if (n < 0)
		die(EXIT_USAGE, "-r %s: cannot read the rules: %s", path, strerror(errno));
	if (!rules_parse(&rules, path ? text : default_rules, path ? (size_t)n : strlen(default_rules),
			 &error))
		die(EXIT_USAGE, "%s:%u:%u: %s", path ? path : "default rules", error.line, error.column,
		    error.text);
}

/* ---- lines ---- */

static void save(void)
{
	int64_t begun_us = clock_monotonic_us();
	size_t size = state_save(&engine.model, options.state);
	int64_t now_us = clock_monotonic_us(), pause_us = (now_us - begun_us) * SAVE_PART;
	save_at_us = size <= SAVE_SMALL ? 0 : now_us + (pause_us > SAVE_PAUSE_US ? pause_us : SAVE_PAUSE_US);
}

static void missing(void *context, const struct target *pack)
{
	(void)context;
	log_line("%.*s:%d: %s: expected, but no valid frame came within %d s of the start",
		 (int)pack->link->channel_size, pack->link->channel, pack->bms, pack->pack,
		 EXPECT_US / 1000000);
}

/* The status as text; without data: there is no memory. */
static struct strbuf status_text(void)
{
	size_t most = status_size(&engine.model) + 1;
	if (most > shown.room) {
		char *more = realloc(shown.text, 2 * most);
		if (!more)
			return (struct strbuf){0};
		shown.text = more;
		shown.room = 2 * most;
	}
	struct strbuf t = {.data = shown.text, .capacity = shown.room};
	status_put(&engine.model, &t);
	return t;
}

static int64_t sooner(int64_t due_us, int64_t left_us)
{
	return due_us < 0 || left_us < due_us ? left_us : due_us;
}

static int64_t longer(int64_t a_us, int64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

/* now: at the start and at the end; else only if more than times has changed, or it was long ago. */
static void write_status(bool now)
{
	int64_t begun_us = clock_monotonic_us();
	uint64_t hash = status_hash(&engine.model);
	if (hash == shown.hash && !now && begun_us < shown.late_us) {
		shown.at_us = sooner(begun_us + STATUS_PAUSE_US, shown.late_us);
		return;
	}
	struct strbuf t = status_text();
	if (t.data)
		status_file_write(&status, t.data, t.size);
	int64_t now_us = clock_monotonic_us(), pause_us = (now_us - begun_us) * SAVE_PART;
	shown.at_us = now_us + longer(pause_us, STATUS_PAUSE_US);
	shown.late_us = now_us + longer(pause_us, STATUS_TIMES_US);
	shown.hash = hash;
	shown.due = false;
}

static bool must_write_status(void)
{
	return status.path && shown.due;
}

static bool must_save(void)
{
	return options.state && engine.model.dirty;
}

/* The state is saved after the records: a kill in between may report an alarm twice, but never loses one. */
static void flush(void)
{
	record_writer_flush(&filter.writer);
	if (must_save() && (save_at_us == 0 || clock_monotonic_us() >= save_at_us))
		save();
	if (must_write_status() && clock_monotonic_us() >= shown.at_us)
		write_status(false);
}

static void finish(void)
{
	engine_end(&engine);
	record_writer_flush(&filter.writer);
	if (must_save())
		save();
	if (must_write_status())
		write_status(true);
}

/* After how long without input something is to be done; -1: nothing is. */
static int64_t patience_us(int64_t begun_us)
{
	int64_t due_us = engine.model.started ? engine_quiet_deadline(&engine) : QUIET_US;
	if (due_us >= 0 && due_us < QUIET_US)
		due_us = QUIET_US;
	if (engine_summary_waits(&engine))
		due_us = SUMMARY_WAIT_US;
	if (must_save() && save_at_us > 0)
		due_us = sooner(due_us, save_at_us - begun_us - hearing.lost_us);
	if (must_write_status())
		due_us = sooner(due_us, shown.late_us - begun_us - hearing.lost_us);
	return due_us;
}

static void take_quiet(int64_t quiet_us)
{
	if (engine_summary_waits(&engine) && quiet_us >= SUMMARY_WAIT_US)
		engine_summary(&engine);
	if (quiet_us >= QUIET_US)
		engine_quiet(&engine, quiet_us, clock_real_us());
	flush();
}

/*
 * Waits for input.  Timers run by the real clock only while there is no input at all, and only for time in
 * which this process ran: after a stop nobody was silent for it.
 */
static enum line_reader_fill fill(struct line_reader *reader)
{
	int64_t begun_us = clock_monotonic_us(), now_us = begun_us;
	hearing_begin(&hearing, begun_us);
	for (;;) {
		int64_t patience = patience_us(begun_us);
		int64_t due_us = patience < 0 ? INT64_MAX : hearing_deadline(&hearing, begun_us + patience);
		due_us = due_us > now_us ? due_us : now_us;
		int ready = process_poll_input(reader->fd, patience < 0 ? -1 : due_us - now_us);
		now_us = clock_monotonic_us();
		hearing_woken(&hearing, false, process_continued(), due_us, now_us);
		if (ready < 0 && process_stopped())
			return line_reader_drains(reader) ? line_reader_read(reader) : LINE_READER_STOPPED;
		if (ready < 0) /* stopped and continued */
			continue;
		if (ready > 0)
			return line_reader_read(reader);
		take_quiet(hearing_us(&hearing, now_us) - begun_us);
		now_us = clock_monotonic_us();
	}
}

static bool take_line(const char *p, size_t n)
{
	shown.due = true;
	return engine_line(&engine, p, n);
}

static const struct record_filter_kind kind = {
	.line_max = RECORD_MAX,
	.find_cut = cut_line_record,
	.too_long = "too long: dropped",
	.left_out = "more complaints about lines",
	.line = take_line,
	.flush = flush,
	.fill = fill,
};

/* Beyond those that there are: the limit is reached, or there was no memory for more. */
static void log_beyond(uint64_t records, const char *of, size_t count, size_t most)
{
	if (records > 0)
		log_line("%llu records of %s beyond the first %zu were passed through, not evaluated%s",
			 (unsigned long long)records, of, count, count < most ? ": no memory" : "");
}

int main(int argc, char **argv)
{
	process_begin("jk-alarm");
	options = parse_options(argc, argv);
	read_rules(options.rules);
	record_filter_begin(&filter, &kind);
	record_view_keys_begin(&keys, &rules);
	engine_begin(&engine, &rules, &keys,
		     (struct sink){record_filter_record, record_filter_commit, record_filter_complain,
				   &filter, missing});
	if (options.state) {
		state_load(&engine.model, &keys.members, options.state, options.spare);
		save(); /* so that a failure shows at once */
	}
	if (options.expect) {
		pack_map_read(&expected, options.expect);
		engine_expect(&engine, &expected);
	}
	status.path = options.status;
	if (status.path)
		write_status(true);
	process_catch_stop();
	process_catch_continue();
	process_ready(options.ready_fd);
	int exit_status = record_filter_run(&filter, argc - optind, argv + optind);
	finish();
	record_filter_end(&filter);
	log_beyond(engine.beyond_channels, "channels", engine.model.links, CHANNELS_MAX);
	log_beyond(engine.beyond_packs, "BMS", engine.model.packs, PACKS_MAX);
	return exit_status;
}
