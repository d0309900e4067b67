/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fifo.h"
#include "list.h"
#include "number.h"
#include "process.h"

static const char usage[] =
	"usage: jk-write -c FIFO -x [CHANNEL=]FIFO... [-A ALLOW] [-s STATE] [-r DIR]\n"
	"                [--per-second N] [--per-day N] [--max-age SECONDS] [-n] [-d FD]\n"
	"       jk-write --list\n"
	"\n"
	"Passes on the frame stream and carries out commands, one per line:\n"
	"[CHANNEL:]BMS KEY VALUE [ID [@TIME]].\n"
	"\n"
	"  -c, --commands FIFO            read commands from this FIFO; created if\n"
	"                                 missing\n"
	"  -x, --requests [CHANNEL=]FIFO  the FIFO of -x of that channel's jk-capture;\n"
	"                                 without CHANNEL, of all other channels\n"
	"  -A, --allow ALLOW              file of rules, one per line:\n"
	"                                 allow|deny [CHANNEL:]BMS|* KEY|*\n"
	"  -s, --state STATE              file in which commands and results survive a\n"
	"                                 restart\n"
	"  -r, --replies DIR              send each result to the FIFO DIR/ID as well, if\n"
	"                                 there is one; DIR is created if missing\n"
	"      --per-second N             writes a second to one BMS, 1 to 100 (1);\n"
	"                                 further ones wait\n"
	"      --per-day N                writes a day to one BMS, 1 to 100000 (200);\n"
	"                                 further ones are rejected\n"
	"      --max-age SECONDS          reject commands that are older than this when\n"
	"                                 their turn comes, 0.1 to 3600 (10)\n"
	"  -n, --dry-run                  report what would be sent; send nothing\n"
	"  -d, --ready FD                 write a newline to this file descriptor when\n"
	"                                 ready\n"
	"      --list                     print the settings; tab-separated if stdout is\n"
	"                                 not a terminal\n"
	"  -h, --help                     print this\n"
	"  -V, --version                  print the version\n"
	"\n"
	"Exit status: 0 stopped or end of input; 100 wrong usage; 111 the system or\n"
	"stdout failed.  See jk-write(1), and jk-command(5) for commands and results.\n";

enum { LIST = 256, PER_SECOND, PER_DAY, MAX_AGE };

static int64_t limit(const char *option, const char *argument, int64_t max)
{
	int64_t value;
	if (!number_option(argument, 1, max, &value))
		die(EXIT_USAGE, "%s %s: not a number of 1 to %lld", option, argument, (long long)max);
	return value;
}

static int64_t age(const char *argument)
{
	int64_t us;
	if (!number_decimal(argument, strlen(argument), 6, SECOND_US / 10, INT64_C(3600) * SECOND_US, &us))
		die(EXIT_USAGE, "--max-age %s: not a number of seconds from 0.1 to 3600", argument);
	return us;
}

/* The path in the argument of -x; *n: the size of the channel before it, 0 if it has none. */
static const char *transmit_path(const char *argument, size_t *n)
{
	const char *equals = strchr(argument, '=');
	*n = equals ? (size_t)(equals - argument) : 0;
	for (size_t i = 0; i < *n; i++)
		if (argument[i] == '/') /* a path that contains a = */
			*n = 0;
	return *n > 0 ? equals + 1 : argument;
}

static void take_transmit(struct arguments *o, const char *argument)
{
	char name[CHANNEL_MAX + 1];
	size_t n;
	const char *path = transmit_path(argument, &n);
	if (o->transmit_count == CHANNELS_MAX)
		die(EXIT_USAGE, "-x %s: more than %d of them", argument, CHANNELS_MAX);
	if (n > 0) {
		memcpy(name, argument, n <= CHANNEL_MAX ? n : CHANNEL_MAX);
		name[n <= CHANNEL_MAX ? n : CHANNEL_MAX] = '\0';
	}
	if (n > CHANNEL_MAX || (n > 0 && !frame_line_channel_valid(name)))
		die(EXIT_USAGE, "-x %s: a channel has 1 to 31 letters, digits, and . _ -", argument);
	for (size_t i = 0, m; i < o->transmit_count; i++) {
		transmit_path(o->transmit[i], &m);
		if (m == n && memcmp(o->transmit[i], argument, n) == 0)
			die(EXIT_USAGE, "-x %s: a second one of %s", argument,
			    n > 0 ? "this channel" : "no channel");
	}
	int wrong = fifo_wrong(path);
	if (wrong)
		die(EXIT_USAGE, "-x %s: %s", path, fifo_reason(wrong));
	if (fifo_path_is_standard(path))
		die(EXIT_USAGE, "-x %s: this is also stdin, stdout or stderr", path);
	if (access(path, W_OK) < 0 && errno != ENOENT)
		die(EXIT_SYSTEM, "-x %s: %s", path, strerror(errno));
	const char **longer = realloc(o->transmit, (o->transmit_count + 1) * sizeof *longer);
	if (!longer)
		die(EXIT_SYSTEM, "-x %s: no memory", argument);
	o->transmit = longer;
	o->transmit[o->transmit_count++] = argument;
}

static void name_channel(struct channel *channel, const char *path)
{
	if (!channel)
		die(EXIT_SYSTEM, "-x %s: no memory for its channel", path);
	channel->fifo = path;
	channel->present = channel->rs485 = true;
}

void arguments_channels(const struct arguments *o, struct bus *bus)
{
	size_t n;
	for (size_t i = 0; i < o->transmit_count; i++) {
		const char *path = transmit_path(o->transmit[i], &n);
		if (n == 0)
			bus->fifo = path;
		else
			name_channel(bus_channel(bus, o->transmit[i], n), path);
	}
}

static void take(struct arguments *o, int c)
{
	switch (c) {
	case 'c':
		o->commands = optarg;
		break;
	case 'x':
		take_transmit(o, optarg);
		break;
	case 'A':
		policy_read(&o->allow, optarg);
		break;
	case 's':
		o->state = optarg;
		break;
	case 'r':
		o->replies = optarg;
		break;
	case PER_SECOND:
		o->queue.limits.per_second = limit("--per-second", optarg, 100);
		break;
	case PER_DAY:
		o->queue.limits.per_day = limit("--per-day", optarg, 100000);
		break;
	case MAX_AGE:
		o->queue.max_age_us = age(optarg);
		break;
	case 'n':
		o->queue.dry = true;
		break;
	case 'd':
		o->ready_fd = process_ready_option(optarg);
		break;
	case LIST:
		list_print(isatty(STDOUT_FILENO));
		_exit(EXIT_DONE);
	case 'h':
		process_print(usage);
	case 'V':
		process_version();
	default:
		process_usage();
	}
}

void arguments_parse(struct arguments *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"commands", required_argument, NULL, 'c'},
		{"requests", required_argument, NULL, 'x'},
		{"allow", required_argument, NULL, 'A'},
		{"state", required_argument, NULL, 's'},
		{"replies", required_argument, NULL, 'r'},
		{"per-second", required_argument, NULL, PER_SECOND},
		{"per-day", required_argument, NULL, PER_DAY},
		{"max-age", required_argument, NULL, MAX_AGE},
		{"dry-run", no_argument, NULL, 'n'},
		{"ready", required_argument, NULL, 'd'},
		{"list", no_argument, NULL, LIST},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	o->ready_fd = -1;
	o->queue =
		(struct write_options){.limits = {1, 200}, .max_age_us = 10 * SECOND_US, .allow = &o->allow};
	for (int c; (c = getopt_long(argc, argv, "c:x:A:s:r:nd:hV", longs, NULL)) != -1;)
		take(o, c);
	if (optind < argc)
		die(EXIT_USAGE, "%s: no such argument; try jk-write -h", argv[optind]);
	if (!o->commands)
		die(EXIT_USAGE, "no -c FIFO given; try jk-write -h");
	for (size_t i = 0, n; i < o->transmit_count; i++)
		if (fifo_same(o->commands, transmit_path(o->transmit[i], &n)))
			die(EXIT_USAGE, "-x %s: this is the FIFO of -c", o->transmit[i]);
	if (o->transmit_count == 0 && !o->queue.dry)
		die(EXIT_USAGE, "no -x FIFO given; try jk-write -h");
}
