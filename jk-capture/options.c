/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "conduct.h"
#include "number.h"

static const char usage[] =
	"usage: jk-capture [-n NAME] [-d FD] SOURCE\n"
	"\n"
	"Turns what is heard on an RS485 bus into lines, one a frame.  It only listens.\n"
	"\n"
	"SOURCE\n"
	"  tcp:HOST:PORT       a gateway in transparent mode\n"
	"  file:LOG[,FACTOR]   a recording, at its own pace times FACTOR; 0: without waiting\n"
	"  -                   raw bytes from stdin\n"
	"\n"
	"  -n, --name NAME     the name of the channel in the lines\n"
	"  -d, --ready FD      write a newline to this file descriptor when the source is open\n"
	"  -h, --help          print this\n"
	"  -V, --version       print the version\n"
	"\n"
	"Exit status: 0 told to stop or end of input, 100 wrong usage, 111 the system or a device failed.\n"
	"See jk-capture(1), and jk-frame(5) for the lines.\n";

static char copy[SOURCE_MAX]; /* of SOURCE, to be cut into its parts */

static _Noreturn void bad_source(const char *source, const char *why)
{
	conduct_die(EXIT_USAGE, "%s: %s", source, why);
}

static void parse_tcp(struct options *o)
{
	char *host = copy + strlen("tcp:");
	char *colon = strrchr(host, ':');
	int64_t port;
	if (!colon || colon == host)
		bad_source(o->source, "a gateway is given as tcp:HOST:PORT");
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
		bad_source(o->source, "a gateway is given as tcp:HOST:PORT");
	o->host = host;
	o->kind = SOURCE_TCP;
	line_channel_name(host, o->channel);
}

/* "2", "0.5", "10.25" in thousandths; false if it is none of 0 or 0.001 to 1000000. */
static bool parse_factor(const char *text, int64_t *factor)
{
	size_t whole = strcspn(text, ".");
	size_t places = text[whole] == '.' ? strlen(text + whole + 1) : 0;
	int64_t before, after = 0;
	if (!number_parse(text, whole, 0, 1000000, &before) || places > 3 || (text[whole] == '.' && places == 0))
		return false;
	if (places > 0 && (text[whole + 1] == '-' || !number_parse(text + whole + 1, places, 0, 999, &after)))
		return false;
	for (; places < 3; places++)
		after *= 10;
	*factor = before * FACTOR_ONE + after;
	return true;
}

static void parse_file(struct options *o)
{
	char *path = copy + strlen("file:");
	char *comma = strrchr(path, ',');
	o->factor = FACTOR_ONE;
	if (comma && !strchr(comma, '/')) {
		if (!parse_factor(comma + 1, &o->factor))
			bad_source(o->source, "the factor behind the comma is 0, or 0.001 to 1000000");
		*comma = '\0';
	}
	if (*path == '\0')
		bad_source(o->source, "a recording is given as file:LOG or file:LOG,FACTOR");
	o->path = path;
	o->kind = SOURCE_FILE;
}

static void parse_source(struct options *o, const char *source)
{
	o->source = source;
	if (strlen(source) >= sizeof copy)
		conduct_die(EXIT_USAGE, "SOURCE is longer than %zu bytes", sizeof copy - 1);
	memcpy(copy, source, strlen(source) + 1);
	if (strcmp(source, "-") == 0) {
		o->kind = SOURCE_STDIN;
		line_channel_name("stdin", o->channel);
	} else if (strncmp(source, "tcp:", 4) == 0) {
		parse_tcp(o);
	} else if (strncmp(source, "file:", 5) == 0) {
		parse_file(o);
	} else {
		bad_source(source, "no such source: it is tcp:HOST:PORT, file:LOG[,FACTOR] or -");
	}
}

struct options options_parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"name", required_argument, NULL, 'n'}, {"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},       {"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {.ready_fd = -1};
	const char *name = NULL;
	for (int c; (c = getopt_long(argc, argv, "n:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'n':
			name = optarg;
			break;
		case 'd':
			o.ready_fd = conduct_ready_option(optarg);
			break;
		case 'h':
			conduct_print(usage);
		case 'V':
			conduct_version();
		default:
			conduct_usage();
		}
	}
	if (argc - optind != 1)
		conduct_die(EXIT_USAGE, "%s; jk-capture -h tells the options",
			    optind == argc ? "no SOURCE is given" : "more than one SOURCE is given");
	parse_source(&o, argv[optind]);
	if (name && !line_channel_valid(name))
		conduct_die(EXIT_USAGE, "-n %s: a name has 1 to 31 letters, digits, and . _ -", name);
	if (name)
		memcpy(o.channel, name, strlen(name) + 1);
	return o;
}
