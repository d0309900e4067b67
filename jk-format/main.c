/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "choice.h"
#include "clock.h"
#include "number.h"
#include "output_convert.h"
#include "process.h"
#include "record_filter.h"
#include "rows.h"
#include "sender.h"
#include "textfile.h"
#include "url.h"

static const char usage[] =
	"usage: jk-format [-o FORMAT] [-t TYPE,...] [-k KEY,...] [-d FD] [FILE...]\n"
	"       jk-format -f FILE [-e SECONDS] [-g SECONDS] [OPTIONS] [FILE...]\n"
	"       jk-format -u URL [-e SECONDS] [-b MB] [-c CONFIG] [OPTIONS] [FILE...]\n"
	"\n"
	"Writes the records of the files, or of stdin, in another format: to stdout, for\n"
	"Prometheus into a file, or into a database.\n"
	"\n"
	"  -o, --output json|csv|influx|prometheus\n"
	"                        the format of the records (json)\n"
	"  -t, --type TYPE,...   only records of these types; csv holds one (live)\n"
	"  -k, --keys KEY,...    only these values\n"
	"  -f, --file FILE       -o prometheus into a file, which is replaced as a whole\n"
	"                        and removed at the end\n"
	"  -u, --url URL         -o influx by HTTP: posts the lines with curl(1), again\n"
	"                        and again until they are acknowledged\n"
	"  -e, --every SECONDS   seconds between files (15), or between lines sent (5)\n"
	"  -g, --gone SECONDS    how long a value stays in the file without a new record\n"
	"                        (120)\n"
	"  -b, --buffer MB       lines that wait, before the oldest are dropped (16)\n"
	"  -c, --curl CONFIG     a file with options for curl, such as user and cacert\n"
	"  -d, --ready FD        write a newline to this file descriptor when ready\n"
	"  -h, --help            print this\n"
	"  -V, --version         print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage; 111 a file or stdout failed, or lines were\n"
	"not acknowledged.  See jk-format(1).\n";

enum { SECOND_US = 1000000, MB = 1048576, PATIENCE_US = 60 * SECOND_US };

static struct {
	const struct output_format *format;
	struct choice choice;
	int64_t every_s, gone_s, buffer_mb;
	int ready_fd;
} options;

static struct record_filter filter;
static struct output_record record;
static struct rows rows = {.choice = &options.choice};
static struct textfile textfile;
static struct sender sender;
static uint64_t without_column;

/* ---- options ---- */

static int64_t number_of(const char *option, const char *text, int64_t min, int64_t max, const char *what)
{
	int64_t value;
	if (!number_option(text, min, max, &value))
		die(EXIT_USAGE, "%s %s: not a number of %s, %lld to %lld", option, text, what, (long long)min,
		    (long long)max);
	return value;
}

static const struct output_format *format_option(const char *name)
{
	const struct output_format *format = output_format_find(name);
	char names[80];
	struct strbuf t = {.data = names, .capacity = sizeof names};
	output_format_names(&t);
	if (!format)
		die(EXIT_USAGE, "-o %s: the output format is %.*s", name, (int)t.size, names);
	return format;
}

static const char *url_option(const char *url)
{
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		die(EXIT_USAGE, "-u %s: it begins with http:// or https://", url_shown(url));
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ')
			die(EXIT_USAGE, "-u: a blank or a control character in the URL");
	return url;
}

/* What option -f or -u is for. */
static void use_format(const struct output_format *format, const char *option)
{
	if (options.format && options.format != format)
		die(EXIT_USAGE, "%s: it is for -o %s", option, format->name);
	options.format = format;
}

static void check_options(void)
{
	if (textfile.path && sender.url)
		die(EXIT_USAGE, "-f and -u: it is one of both");
	if (textfile.path)
		use_format(&format_prometheus, "-f");
	if (sender.url)
		use_format(&format_influx, "-u");
	if (!options.format)
		options.format = output_formats[0];
	if (options.every_s > 0 && !textfile.path && !sender.url)
		die(EXIT_USAGE, "-e: without -f and -u");
	if (options.gone_s > 0 && !textfile.path)
		die(EXIT_USAGE, "-g: without -f");
	if ((options.buffer_mb > 0 || sender.config) && !sender.url)
		die(EXIT_USAGE, "%s: without -u", sender.config ? "-c" : "-b");
	if (sender.config && access(sender.config, R_OK) < 0)
		die(EXIT_USAGE, "-c %s: cannot be read", sender.config);
	if (!options.format->has_header)
		return;
	rows.format = options.format;
	if (!options.choice.types)
		options.choice.types = "live";
	if (strchr(options.choice.types, ','))
		die(EXIT_USAGE, "-t %s: %s holds one type", options.choice.types, options.format->name);
}

static void parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"output", required_argument, NULL, 'o'},
		{"type", required_argument, NULL, 't'},
		{"keys", required_argument, NULL, 'k'},
		{"file", required_argument, NULL, 'f'},
		{"url", required_argument, NULL, 'u'},
		{"every", required_argument, NULL, 'e'},
		{"gone", required_argument, NULL, 'g'},
		{"buffer", required_argument, NULL, 'b'},
		{"curl", required_argument, NULL, 'c'},
		{"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	options.ready_fd = -1;
	for (int c; (c = getopt_long(argc, argv, "o:t:k:f:u:e:g:b:c:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'o':
			options.format = format_option(optarg);
			break;
		case 't':
			options.choice.types = optarg;
			break;
		case 'k':
			options.choice.keys = optarg;
			break;
		case 'f':
			textfile.path = optarg;
			break;
		case 'u':
			sender.url = url_option(optarg);
			break;
		case 'e':
			options.every_s = number_of("-e", optarg, 1, 3600, "seconds");
			break;
		case 'g':
			options.gone_s = number_of("-g", optarg, 1, 86400, "seconds");
			break;
		case 'b':
			options.buffer_mb = number_of("-b", optarg, 1, 1024, "megabytes");
			break;
		case 'c':
			sender.config = optarg;
			break;
		case 'd':
			options.ready_fd = process_ready_option(optarg);
			break;
		case 'h':
			process_print(usage);
		case 'V':
			process_version();
		default:
			process_usage();
		}
	}
	check_options();
}

static void begin_targets(void)
{
	int64_t now_us = clock_monotonic_us();
	if (textfile.path) {
		textfile.every_us = (options.every_s > 0 ? options.every_s : 15) * SECOND_US;
		textfile.metrics = metrics_begin((options.gone_s > 0 ? options.gone_s : 120) * SECOND_US);
		textfile_begin(&textfile, now_us);
	}
	if (!sender.url)
		return;
	sender.every_us = (options.every_s > 0 ? options.every_s : 5) * SECOND_US;
	if (!sender_begin(&sender, (size_t)(options.buffer_mb > 0 ? options.buffer_mb : 16) * MB))
		die(EXIT_SYSTEM, "no memory");
}

/* ---- records ---- */

static const char *commit(const struct strbuf *t)
{
	return record_filter_commit(&filter, t) ? NULL : "the record is too long";
}

static const char *add_row(void)
{
	struct strbuf t = record_filter_record(&filter);
	if (!rows.begun) {
		if (!rows_begin(&rows, &t, &record))
			log_line("too many keys: some are left out");
		const char *wrong = commit(&t);
		if (wrong)
			return wrong;
		t = record_filter_record(&filter);
	}
	without_column += rows_add(&rows, &t, &record);
	return commit(&t);
}

static const char *add_line(void)
{
	static char data[RECORD_MAX];
	struct strbuf t = sender.url ? (struct strbuf){.data = data, .capacity = sizeof data}
				     : record_filter_record(&filter);
	options.format->record(&t, &record);
	if (!sender.url)
		return commit(&t);
	if (t.overflow)
		return "the record is too long";
	if (t.size > 0)
		sender_add(&sender, data, t.size, clock_monotonic_us());
	return NULL;
}

/* By its arrival and its age then, which no step of the clock changes later. */
static void add_to_file(void)
{
	int64_t age_us = clock_real_us() - record.time_ns / 1000;
	textfile_take(&textfile, &record, clock_monotonic_us(), age_us > 0 ? age_us : 0);
}

static const char *add_json(const char *p, size_t n)
{
	struct strbuf t = record_filter_record(&filter);
	if (options.choice.keys) {
		choice_of_line(&options.choice, &t, p, n);
	} else {
		strbuf_add(&t, p, n);
		strbuf_char(&t, '\n');
	}
	return commit(&t);
}

static const char *add(const char *p, size_t n)
{
	if (!options.format->record && !options.format->has_header)
		return add_json(p, n);
	choice_of_values(&options.choice, &record);
	if (options.format->has_header)
		return add_row();
	if (!textfile.path)
		return add_line();
	add_to_file();
	return NULL;
}

/* True: what is no record is not passed on. */
static bool take_line(const char *p, size_t n)
{
	const char *wrong = output_record_read(&record, p, n);
	if (!wrong && choice_has_type(&options.choice, record.member[OUTPUT_TYPE]))
		wrong = add(p, n);
	if (wrong)
		record_filter_complain(&filter, wrong);
	return true;
}

/* ---- waiting ---- */

/*
 * Whether to read on: a recording waits for the database.  A live stream does not wait for one that is down,
 * as it would lose the newest lines somewhere else, where nobody counts them.
 */
static bool may_read(const struct line_reader *reader)
{
	struct stat st;
	if (!sender.url || lines_have_room(&sender.lines, sizeof reader->data))
		return true;
	bool recording = fstat(reader->fd, &st) == 0 && S_ISREG(st.st_mode);
	return sender_is_down(&sender) && !recording;
}

/* Does what is due.  Returns when to look again. */
static int64_t act(int64_t now_us, bool at_once)
{
	if (sender.url)
		return sender_act(&sender, now_us, at_once);
	textfile_act(&textfile, now_us);
	return textfile.changed ? textfile.due_us : INT64_MAX;
}

static int64_t left_us(int64_t until_us, int64_t now_us)
{
	return until_us == INT64_MAX ? -1 : until_us > now_us ? until_us - now_us : 0;
}

static enum line_reader_fill fill(struct line_reader *reader)
{
	if (!sender.url && !textfile.path)
		return line_reader_fill(reader);
	for (;;) {
		int64_t now_us = clock_monotonic_us(), until_us = act(now_us, !may_read(reader));
		struct pollfd fds[2] = {{.fd = may_read(reader) ? reader->fd : -1, .events = POLLIN},
					{.fd = sender.child ? sender.answer_fd : -1, .events = POLLIN}};
		int n = process_poll(fds, 2, left_us(until_us, now_us));
		if (n < 0 && process_stopped())
			return line_reader_drains(reader) ? line_reader_read(reader) : LINE_READER_STOPPED;
		if (n > 0 && fds[0].revents)
			return line_reader_read(reader);
	}
}

/* Waits for the database until then.  False: the process is to stop, and has no time left. */
static bool wait_for_answer(int64_t until_us, int64_t now_us)
{
	struct pollfd fd = {.fd = sender.child ? sender.answer_fd : -1, .events = POLLIN};
	int64_t wait_us = left_us(until_us, now_us);
	if (!process_stopped()) {
		process_poll(&fd, 1, wait_us);
		return true;
	}
	int64_t most_us = process_stop_left_us();
	process_linger(&fd, 1, wait_us < most_us ? wait_us : most_us);
	return most_us > 0;
}

/* At the end of the input all that waits is sent, if the database takes it soon; at a stop very soon. */
static void send_rest(void)
{
	int64_t end_us = clock_monotonic_us() + PATIENCE_US;
	for (;;) {
		int64_t now_us = clock_monotonic_us(), until_us = act(now_us, true);
		if (sender.lines.waiting == 0 || now_us >= end_us)
			return;
		until_us = until_us < end_us ? until_us : end_us;
		if (!wait_for_answer(until_us, now_us))
			return;
	}
}

static const struct record_filter_kind kind = {
	.line_max = RECORD_MAX,
	.find_cut = cut_line_record,
	.too_long = "too long: dropped",
	.left_out = "more complaints about lines",
	.line = take_line,
	.fill = fill,
};

int main(int argc, char **argv)
{
	process_begin("jk-format");
	parse_options(argc, argv);
	record_filter_begin(&filter, &kind);
	process_catch_stop();
	begin_targets();
	process_ready(options.ready_fd);
	int status = record_filter_run(&filter, argc - optind, argv + optind);
	if (sender.url) {
		send_rest();
		status = sender_end(&sender) ? status : EXIT_SYSTEM;
	} else if (textfile.path) {
		textfile_end(&textfile);
	} else {
		output_convert_end(&filter.writer, options.format);
	}
	if (without_column > 0)
		log_line("values whose keys the first record does not have: %llu are left out",
			 (unsigned long long)without_column);
	record_filter_end(&filter);
	return status;
}
