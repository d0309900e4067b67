/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "can_link.h"
#include "line_rates.h"
#include "log.h"
#include "modbus.h"
#include "number.h"
#include "poller.h"
#include "process.h"
#include "serial.h"
#include "url.h"

static const char usage[] = "usage: jk-capture [-a ADDRS] [-i SECONDS] [-g MS] [-w MS] [-s SECONDS]\n"
			    "                  [-n NAME] [-x FIFO] [-d FD] [--only ADDRS] [--inverter]\n"
			    "                  [--all] SOURCE\n"
			    "\n"
			    "Writes each message on an RS485 or CAN bus as one line.  Transmits only with\n"
			    "-a, and never on CAN.\n"
			    "\n"
			    "SOURCE is one of:\n"
			    "  /dev/ttyUSB0         a serial line at 115200 baud; or serial:PATH[,BAUD]\n"
			    "  tcp:HOST:PORT        a gateway in transparent mode; or tcp://HOST:PORT\n"
			    "  can:IFACE[,BITRATE]  a CAN interface; with BITRATE it is brought up at this\n"
			    "                       bit rate\n"
			    "  file:LOG[,FACTOR]    a recording, at its own pace times FACTOR; 0: at once\n"
			    "  -                    raw bytes from stdin\n"
			    "\n"
			    "  -a, --poll ADDRS     poll these addresses, 1 to 15, such as 1-4,7; while\n"
			    "                       another master is on the bus, only listen\n"
			    "  -i, --interval S     seconds between two live frames of a pack: 0.2 to 3600\n"
			    "                       (2)\n"
			    "  -g, --gap MS         silence between two requests: 10 to 10000 (100)\n"
			    "  -w, --wait MS        timeout for the first byte of an answer: 50 to 10000\n"
			    "                       (300)\n"
			    "  -s, --silence S      reopen the link after this long without a byte: 1 to\n"
			    "                       86400 (depends on the traffic)\n"
			    "  -x, --requests FIFO  transmit the requests of jk-write from this FIFO; needs\n"
			    "                       -a\n"
			    "      --only ADDRS     CAN: only frames of these addresses, 0 to 11\n"
			    "      --inverter       CAN: also frames for an inverter\n"
			    "      --all            CAN: all frames, not only those of JK BMS\n"
			    "  -n, --name NAME      name of the channel in the lines\n"
			    "  -d, --ready FD       write a newline to this file descriptor when the source\n"
			    "                       is open\n"
			    "  -h, --help           print this\n"
			    "  -V, --version        print the version\n"
			    "\n"
			    "Exit status: 0 stopped or end of input; 100 wrong usage; 111 the system or a\n"
			    "device failed.  See jk-capture(1), and jk-frame(5) for the lines.\n";

enum {
	INTERVAL_MS = 2000,
	INTERVAL_MIN_MS = 200,
	INTERVAL_MAX_MS = 3600000,
	SILENCE_MIN_MS = 1000,
	SILENCE_MAX_MS = 86400000,
	GAP_MIN_MS = 10,
	WAIT_MIN_MS = 50,
	TIME_MAX_MS = 10000,
};

/* Options without a letter. */
enum { OPTION_ONLY = 256, OPTION_INVERTER, OPTION_ALL };

static char copy[SOURCE_MAX]; /* of SOURCE, to be split into its parts */

static _Noreturn void bad_source(const char *source, const char *why)
{
	die(EXIT_USAGE, "%s: %s", source, why);
}

/* HOST:PORT, and after tcp:// perhaps a slash. */
static void parse_tcp(struct options *o, char *host)
{
	static const char form[] = "a gateway is given as tcp:HOST:PORT or tcp://HOST:PORT";
	int64_t port;
	size_t size = strlen(host);
	if (strchr(host, '@'))
		die(EXIT_USAGE, "%s: a gateway has no user and password: remove what is before the @",
		    url_shown(o->source));
	if (url_scheme(o->source) && size > 0 && host[size - 1] == '/')
		host[size - 1] = '\0';
	char *colon = strrchr(host, ':');
	if (!colon || colon == host || strpbrk(host, "/?#"))
		bad_source(o->source, form);
	*colon = '\0';
	o->port = colon + 1;
	if (!number_option(o->port, 1, 65535, &port))
		bad_source(o->source, "the port is a number from 1 to 65535");
	size_t n = strlen(host);
	if (host[0] == '[' && host[n - 1] == ']') { /* an IPv6 address */
		host[n - 1] = '\0';
		host++;
	}
	if (*host == '\0')
		bad_source(o->source, form);
	o->host = host;
	o->kind = SOURCE_TCP;
	frame_line_channel_name(host, o->channel);
}

static void parse_file(struct options *o)
{
	char *path = copy + strlen("file:");
	char *comma = strrchr(path, ',');
	o->factor = FACTOR_ONE;
	if (comma && !strchr(comma, '/')) {
		if (!number_decimal(comma + 1, strlen(comma + 1), 3, 0, FACTOR_MAX, &o->factor))
			bad_source(o->source, "the factor after the comma is 0, or 0.001 to 1000000");
		*comma = '\0';
	}
	if (*path == '\0')
		bad_source(o->source, "a recording is given as file:LOG or file:LOG,FACTOR");
	o->path = path;
	o->kind = SOURCE_FILE;
}

/* PATH[,BAUD].  A path may have commas of its own, so only one after the last slash counts. */
static void parse_serial(struct options *o, char *path)
{
	char *comma = strrchr(path, ',');
	o->baud = SERIAL_BAUD;
	if (comma && !strchr(comma, '/')) {
		if (!number_option(comma + 1, 1, INT32_MAX, &o->baud) || !serial_baud_known(o->baud))
			bad_source(o->source,
				   "no such baud; usual are 9600 and 115200, and JK BMS have 115200");
		*comma = '\0';
	}
	if (*path == '\0')
		bad_source(o->source, "a serial line is given as serial:PATH or serial:PATH,BAUD");
	o->path = path;
	o->kind = SOURCE_SERIAL;
	frame_line_channel_name(path, o->channel);
}

static bool bitrate_known(int64_t bitrate)
{
	static const int64_t known[] = {
#define RATE(n) n,
		CAN_RATES(RATE)
#undef RATE
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i] == bitrate)
			return true;
	return false;
}

/* IFACE[,BITRATE] */
static void parse_can(struct options *o, char *interface)
{
	char *comma = strchr(interface, ',');
	if (comma && (!number_option(comma + 1, 1, INT32_MAX, &o->bitrate) || !bitrate_known(o->bitrate)))
		bad_source(o->source, "the bit rate is a number that CAN controllers are set to; JK BMS have "
				      "250000 or 500000");
	if (comma)
		*comma = '\0';
	size_t n = strlen(interface);
	bool is_directory = strcmp(interface, ".") == 0 || strcmp(interface, "..") == 0;
	if (n == 0 || n > CAN_LINK_NAME_MAX || is_directory || strpbrk(interface, "/: \t\n"))
		bad_source(url_shown(o->source),
			   "a CAN interface is given as can:IFACE or can:IFACE,BITRATE");
	o->path = interface;
	o->kind = SOURCE_CAN;
	frame_line_channel_name(interface, o->channel);
}

/*
 * "1-4,7": numbers and ranges, each address once, including those of an earlier option of the same name.
 * Returns all of them.
 */
static uint16_t parse_addresses(const char *option, const char *text, int64_t min, int64_t max,
				uint16_t addresses)
{
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ","), first_size = strcspn(p, "-,");
		int64_t first, last;
		if (!number_parse(p, first_size, min, max, &first))
			die(EXIT_USAGE, "%s %s: addresses are numbers from %d to %d, as in 1-4,7%s", option,
			    text, (int)min, (int)max,
			    n == 1 && *p == '0' ? "; 0 is a bus master, which cannot be polled" : "");
		last = first;
		if (first_size < n &&
		    !number_parse(p + first_size + 1, n - first_size - 1, first, max, &last))
			die(EXIT_USAGE,
			    "%s %s: a range goes from a smaller to a larger address, up to %d, as in 1-4",
			    option, text, (int)max);
		for (; first <= last; first++) {
			if (addresses >> first & 1)
				die(EXIT_USAGE, "%s %s: address %d is given twice", option, text, (int)first);
			addresses |= (uint16_t)(1u << first);
		}
		p += n;
		if (*p == '\0')
			return addresses;
	}
}

/* A time with at most three decimals of its unit, in microseconds. */
static int64_t parse_time(char option, const char *text, const char *unit, int64_t unit_us, int64_t min_ms,
			  int64_t max_ms)
{
	int64_t thousandths;
	int64_t min = min_ms * 1000000 / unit_us, max = max_ms * 1000000 / unit_us;
	if (!number_decimal(text, strlen(text), 3, min, max, &thousandths))
		die(EXIT_USAGE, "-%c %s: not a number of %s from %g to %g", option, text, unit,
		    (double)min / 1000, (double)max / 1000);
	return thousandths * unit_us / 1000;
}

/* Checks which options go together. */
static void check(const struct options *o)
{
	bool transmits = o->kind == SOURCE_SERIAL || o->kind == SOURCE_TCP;
	if (o->kind == SOURCE_CAN && (o->addresses || o->requests))
		die(EXIT_USAGE, "%s: nothing is ever transmitted on CAN: it takes no -a and no -x",
		    o->source);
	if (o->kind != SOURCE_CAN && (o->can.only || o->can.inverter || o->can.all))
		die(EXIT_USAGE, "%s: --only, --inverter and --all are for a source can:IFACE", o->source);
	if (o->can.all && (o->can.only || o->can.inverter))
		die(EXIT_USAGE, "--all: this shows all frames: leave out --only and --inverter");
	if (o->addresses && !transmits)
		die(EXIT_USAGE, "%s: -a needs a source that can transmit, a serial line or tcp:HOST:PORT",
		    o->source);
	if (o->requests && !o->addresses)
		die(EXIT_USAGE, "-x %s: requests go out between polls: give the addresses with -a",
		    o->requests);
	if (o->addresses && o->gap_us < 50000)
		log_line("-g: with less than 50 ms of silence, packs have interrupted each other");
}

static void parse_source(struct options *o, const char *source)
{
	o->source = source;
	if (strlen(source) >= sizeof copy)
		die(EXIT_USAGE, "SOURCE is longer than %zu bytes", sizeof copy - 1);
	memcpy(copy, source, strlen(source) + 1);
	bool is_url = url_scheme(source) > 0;
	if (strcmp(source, "-") == 0) {
		o->kind = SOURCE_STDIN;
		frame_line_channel_name("stdin", o->channel);
	} else if (url_is(source, "tcp")) {
		parse_tcp(o, copy + url_scheme(copy));
	} else if (!is_url && strncmp(source, "tcp:", 4) == 0) {
		parse_tcp(o, copy + 4);
	} else if (!is_url && strncmp(source, "file:", 5) == 0) {
		parse_file(o);
	} else if (!is_url && strncmp(source, "serial:", 7) == 0) {
		parse_serial(o, copy + 7);
	} else if (!is_url && strncmp(source, "can:", 4) == 0) {
		parse_can(o, copy + 4);
	} else if (source[0] == '/' || source[0] == '.') {
		parse_serial(o, copy);
	} else {
		bad_source(url_shown(source), "no such source: it is a path such as /dev/ttyUSB0, "
					      "serial:PATH[,BAUD], tcp:HOST:PORT "
					      "or tcp://HOST:PORT, can:IFACE[,BITRATE], "
					      "file:LOG[,FACTOR] or -");
	}
}

static const struct option longs[] = {
	{"poll", required_argument, NULL, 'a'},
	{"interval", required_argument, NULL, 'i'},
	{"gap", required_argument, NULL, 'g'},
	{"wait", required_argument, NULL, 'w'},
	{"silence", required_argument, NULL, 's'},
	{"name", required_argument, NULL, 'n'},
	{"only", required_argument, NULL, OPTION_ONLY},
	{"inverter", no_argument, NULL, OPTION_INVERTER},
	{"all", no_argument, NULL, OPTION_ALL},
	{"requests", required_argument, NULL, 'x'},
	{"ready", required_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* An option of polling or listening, of CAN, or of the program. */
static void take_option(struct options *o, int c, const char *argument, const char **name)
{
	switch (c) {
	case 'a':
		o->addresses = parse_addresses("-a", argument, 1, MODBUS_ADDRESS_MAX, o->addresses);
		break;
	case OPTION_ONLY:
		o->can.only = parse_addresses("--only", argument, 0, CAN_ADDRESSES - 1, o->can.only);
		break;
	case OPTION_INVERTER:
		o->can.inverter = true;
		break;
	case OPTION_ALL:
		o->can.all = true;
		break;
	case 'x':
		o->requests = argument;
		break;
	case 'n':
		*name = argument;
		break;
	case 'd':
		o->ready_fd = process_ready_option(argument);
		break;
	case 'h':
		process_print(usage);
	case 'V':
		process_version();
	default:
		process_usage();
	}
}

/* Options that are a duration.  Returns false if the option is none of these. */
static bool take_time(struct options *o, int c, const char *argument)
{
	static const struct {
		char option;
		const char *unit;
		int64_t unit_us, min_ms, max_ms;
		size_t offset;
	} times[] = {
		{'i', "seconds", 1000000, INTERVAL_MIN_MS, INTERVAL_MAX_MS,
		 offsetof(struct options, interval_us)},
		{'g', "milliseconds", 1000, GAP_MIN_MS, TIME_MAX_MS, offsetof(struct options, gap_us)},
		{'w', "milliseconds", 1000, WAIT_MIN_MS, TIME_MAX_MS, offsetof(struct options, wait_us)},
		{'s', "seconds", 1000000, SILENCE_MIN_MS, SILENCE_MAX_MS,
		 offsetof(struct options, silence_us)},
	};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (c == times[i].option) {
			int64_t *to = (int64_t *)(void *)((char *)o + times[i].offset);
			*to = parse_time(times[i].option, argument, times[i].unit, times[i].unit_us,
					 times[i].min_ms, times[i].max_ms);
			return true;
		}
	return false;
}

struct options options_parse(int argc, char **argv)
{
	struct options o = {.ready_fd = -1,
			    .interval_us = INTERVAL_MS * INT64_C(1000),
			    .gap_us = POLLER_GAP_MS * INT64_C(1000),
			    .wait_us = POLLER_WAIT_MS * INT64_C(1000)};
	const char *name = NULL;
	for (int c; (c = getopt_long(argc, argv, "a:i:g:w:s:n:x:d:hV", longs, NULL)) != -1;)
		if (!take_time(&o, c, optarg))
			take_option(&o, c, optarg, &name);
	if (argc - optind != 1)
		die(EXIT_USAGE, "%s; try jk-capture -h",
		    optind == argc ? "no SOURCE is given" : "more than one SOURCE is given");
	parse_source(&o, argv[optind]);
	if (name && !frame_line_channel_valid(name))
		die(EXIT_USAGE, "-n %s: a name has 1 to 31 letters, digits, and . _ -", name);
	if (name)
		memcpy(o.channel, name, strlen(name) + 1);
	check(&o);
	return o;
}
