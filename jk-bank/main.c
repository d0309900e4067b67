/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "bank_engine.h"
#include "bank_state.h"
#include "clock.h"
#include "line_reader.h"
#include "log.h"
#include "process.h"
#include "record_writer.h"

static const char usage[] =
	"usage: jk-bank [-b NAME[=PACK,PACK...]]... [-s STATE] [-d FD] [FILE...]\n"
	"\n"
	"Adds up the packs of a battery.  It passes on the records of the files, or of\n"
	"stdin, unchanged, and inserts records of type bank, energy, balance and\n"
	"score.\n"
	"\n"
	"  -b, --bank NAME    the bank NAME of all packs, or with NAME=PACK,PACK... of\n"
	"                     these; without this option all packs are the bank \"bank\"\n"
	"  -s, --state STATE  keep the counters in this file, for the next start\n"
	"  -d, --ready FD     write a newline to this file descriptor when ready\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage; 111 a file or stdout failed.\n"
	"See jk-bank(1).\n";

struct options {
	const char *state;
	int ready_fd;
};

static struct options options;
static struct members members;
static struct bank_engine engine;
static struct record_writer writer;
static struct line_reader reader;
static struct log_limit complaints;
static bool is_whole;     /* the last record had room */
static bool newline_due;  /* the last line came without one, and another line may follow */
static int64_t synced_us; /* when the state was last written so that it survives a power cut */
static bool unsynced;     /* it was written since */
static int exit_status = EXIT_DONE;

static void add_bank(const char *argument)
{
	const char *equals = strchr(argument, '=');
	size_t size = equals ? (size_t)(equals - argument) : strlen(argument);
	const char *wrong = bank_model_add(&engine.model, argument, size, equals ? equals + 1 : NULL);
	if (wrong)
		die(EXIT_USAGE, "-b %s: %s", argument, wrong);
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"bank", required_argument, NULL, 'b'},  {"state", required_argument, NULL, 's'},
		{"ready", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},     {NULL, 0, NULL, 0},
	};
	struct options o = {.ready_fd = -1};
	for (int c; (c = getopt_long(argc, argv, "b:s:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'b':
			add_bank(optarg);
			break;
		case 's':
			o.state = optarg;
			break;
		case 'd':
			o.ready_fd = process_ready_option(optarg);
			break;
		case 'h':
			process_print(usage);
		case 'V':
			process_version();
		default:
			process_usage();
		}
	}
	if (engine.model.banks == 0)
		bank_model_add(&engine.model, "bank", 4, NULL);
	return o;
}

/* ---- output ---- */

static struct strbuf begin_record(void *context)
{
	struct strbuf t = record_writer_record(context);
	if (!newline_due)
		return t;
	newline_due = false;
	strbuf_char(&t, '\n');
	record_writer_commit(context, &t);
	return record_writer_record(context);
}

static bool end_record(void *context, const struct strbuf *record)
{
	return is_whole = record_writer_commit(context, record);
}

static void complain(void *context, const char *what)
{
	(void)context;
	if (log_allowed(&complaints))
		log_line("%s:%lu: %s", reader.name, reader.number, what);
}

/*
 * Before counters are reported, so that none falls after a kill.  A recording runs through many minutes in a
 * second: the disk is waited for once a second at most.
 */
static void save(void *context)
{
	enum { SYNC_EVERY_US = 1000000 };
	(void)context;
	if (!options.state || !engine.model.dirty)
		return;
	int64_t now_us = clock_monotonic_us();
	bool sync = synced_us == 0 || now_us - synced_us >= SYNC_EVERY_US;
	bank_state_save(&engine.model, options.state, sync);
	unsynced = !sync;
	if (sync)
		synced_us = clock_monotonic_us();
}

static void save_last(void)
{
	synced_us = 0;
	engine.model.dirty |= unsynced;
	save(NULL);
}

/* ---- lines ---- */

/* A last line that is not a record and has no newline goes out unchanged, unless another line follows. */
static void remove_newline(void)
{
	writer.size--;
	newline_due = true;
}

static void take_lines(void)
{
	const char *line;
	size_t n;
	enum line_reader_result result;
	while ((result = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT) {
		if (result == LINE_READER_TOO_LONG)
			complain(NULL, "too long: dropped");
		else if (!bank_engine_line(&engine, line, n) && reader.unfinished && is_whole)
			remove_newline();
	}
}

static void take_file(int fd, const char *name)
{
	line_reader_begin(&reader, fd, name, RECORD_MAX);
	reader.find_cut = cut_line_record;
	for (;;) {
		take_lines();
		if (reader.unfinished)
			break;
		record_writer_flush(&writer);
		enum line_reader_fill filled = line_reader_fill(&reader);
		if (filled == LINE_READER_FAILED) {
			log_line("%s: %s", name, strerror(errno));
			exit_status = EXIT_SYSTEM;
		}
		if (filled != LINE_READER_MORE)
			break;
	}
	if (reader.unfinished)
		log_line("%s:%lu: the last line has no newline", reader.name, reader.number);
}

int main(int argc, char **argv)
{
	process_begin("jk-bank");
	options = parse_options(argc, argv);
	record_writer_begin(&writer);
	reading_keys_begin(&members);
	bank_engine_begin(&engine, &members,
			  (struct bank_sink){begin_record, end_record, complain, save, &writer});
	if (options.state) {
		bank_state_load(&engine.model, &members, options.state, clock_real_us());
		bank_state_save(&engine.model, options.state, true); /* so that a failure shows at once */
	}
	process_catch_stop();
	process_ready(options.ready_fd);
	if (!line_reader_paths(argc - optind, argv + optind, take_file))
		exit_status = EXIT_SYSTEM;
	bank_engine_end(&engine);
	record_writer_flush(&writer);
	save_last();
	log_left_out(&complaints, "more complaints about lines");
	cut_line_end();
	return exit_status;
}
