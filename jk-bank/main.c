/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <string.h>

#include "bank_engine.h"
#include "bank_state.h"
#include "clock.h"
#include "log.h"
#include "process.h"
#include "record_filter.h"

static const char usage[] =
	"usage: jk-bank [-b NAME[=PACK,PACK...]]... [-s STATE [--spare FILE]]\n"
	"               [-d FD] [FILE...]\n"
	"\n"
	"Adds up the packs of a battery.  It passes on the records of the files, or of\n"
	"stdin, unchanged, and inserts records of type bank, energy, balance and\n"
	"score.\n"
	"\n"
	"  -b, --bank NAME    the bank NAME of all packs, or with NAME=PACK,PACK... of\n"
	"                     these; without this option all packs are the bank \"bank\"\n"
	"  -s, --state STATE  keep the counters in this file, for the next start\n"
	"      --spare FILE   while STATE cannot be written, keep them in this file, on\n"
	"                     another file system\n"
	"  -d, --ready FD     write a newline to this file descriptor when ready\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage; 111 a file or stdout failed.\n"
	"See jk-bank(1).\n";

struct options {
	const char *state, *spare;
	int ready_fd;
};

static struct options options;
static struct members members;
static struct bank_engine engine;
static struct record_filter filter;
static int64_t synced_us; /* when the state was last written so that it survives a power cut */
static bool unsynced;     /* it was written since */

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
	enum { SPARE = 256 };
	static const struct option longs[] = {
		{"bank", required_argument, NULL, 'b'},
		{"state", required_argument, NULL, 's'},
		{"spare", required_argument, NULL, SPARE},
		{"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
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
		case SPARE:
			o.spare = optarg;
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
	if (o.spare && !o.state)
		die(EXIT_USAGE, "--spare %s: it is for -s, which is not given", o.spare);
	if (engine.model.banks == 0)
		bank_model_add(&engine.model, "bank", 4, NULL);
	return o;
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

static bool take_line(const char *p, size_t n)
{
	return bank_engine_line(&engine, p, n);
}

static const struct record_filter_kind kind = {
	.line_max = RECORD_MAX,
	.find_cut = cut_line_record,
	.too_long = "too long: dropped",
	.left_out = "more complaints about lines",
	.line = take_line,
};

int main(int argc, char **argv)
{
	process_begin("jk-bank");
	options = parse_options(argc, argv);
	record_filter_begin(&filter, &kind);
	reading_keys_begin(&members);
	bank_engine_begin(&engine, &members,
			  (struct bank_sink){.begin = record_filter_record,
					     .end = record_filter_commit,
					     .complain = record_filter_complain,
					     .save = save,
					     .context = &filter});
	if (options.state) {
		bank_state_load(&engine.model, &members, options.state, options.spare, clock_real_us());
		bank_state_save(&engine.model, options.state, true); /* so that a failure shows at once */
	}
	process_catch_stop();
	process_ready(options.ready_fd);
	int exit_status = record_filter_run(&filter, argc - optind, argv + optind);
	bank_engine_end(&engine);
	record_writer_flush(&filter.writer);
	save_last();
	record_filter_end(&filter);
	return exit_status;
}
