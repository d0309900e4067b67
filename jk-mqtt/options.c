/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "entities.h"
#include "fifo.h"
#include "layout_addon.h"
#include "layout_jk.h"
#include "number.h"
#include "pack_name.h"
#include "process.h"
#include "secret.h"
#include "url.h"

static const char usage[] =
	"usage: jk-mqtt [-c FIFO] [-p PREFIX] [-D PREFIX] [--discovery device|component]\n"
	"               [--layout jk|addon] [-i SECONDS] [--cell-step MILLIVOLTS]\n"
	"               [--every-change] [-k] [--max-age SECONDS] [-s FILE]\n"
	"               [--status FILE] [-t SECONDS] [-w SECONDS] [-u USER] [-P FILE]\n"
	"               [--cafile FILE] [--cert FILE] [--key FILE] [-d FD] BROKER\n"
	"       jk-mqtt --forget [-p PREFIX] [-D PREFIX] [--layout jk|addon] [-u USER]\n"
	"               [-P FILE] [--cafile FILE] [--cert FILE] [--key FILE] NAME...\n"
	"               BROKER\n"
	"       jk-mqtt --entities\n"
	"\n"
	"Publishes records from stdin by MQTT, and announces the devices to Home\n"
	"Assistant.\n"
	"\n"
	"  -c, --commands FIFO       take commands from PREFIX/DEVICE/set/KEY and write\n"
	"                            them to this FIFO of jk-write\n"
	"  -p, --prefix PREFIX       the first part of all topics (jk)\n"
	"  -D, --discovery-prefix PREFIX\n"
	"                            the first part of discovery topics (homeassistant)\n"
	"      --discovery device    one discovery message for each device (the default);\n"
	"                            or component: one for each entity\n"
	"      --layout jk           the topics and entities of jk-mqtt (the default); or\n"
	"                            addon: those of the Node-RED add-on\n"
	"  -i, --interval SECONDS    between two messages of one state, 0 to 3600 (5)\n"
	"      --cell-step MILLIVOLTS\n"
	"                            Home Assistant gets the cells once a minute, or when\n"
	"                            one has moved by this: 1 to 1000 (5)\n"
	"      --every-change        Home Assistant gets each change of cells and clocks,\n"
	"                            and all digits\n"
	"  -k, --values              publish each value on a topic of its own as well,\n"
	"                            PREFIX/DEVICE/KEY\n"
	"      --max-age SECONDS     do not publish values of older records, 1 to\n"
	"                            86400 (no limit)\n"
	"  -s, --state FILE          keep alarm transitions there that the broker has not\n"
	"                            taken yet, and send them after a restart\n"
	"      --status FILE         write to this file whether the broker is connected\n"
	"  -t, --timeout SECONDS     a device is offline after this silence, 1 to 86400\n"
	"                            (30)\n"
	"  -w, --wait SECONDS        at the end, wait for the broker to take what is\n"
	"                            left, 1 to 3600 (2)\n"
	"  -u, --user USER           name for the broker; else $JK_MQTT_USERNAME\n"
	"  -P, --password-file FILE  its first line is the password; else\n"
	"                            $JK_MQTT_PASSWORD\n"
	"      --cafile FILE         use TLS, and trust these authorities (PEM)\n"
	"      --cert FILE           client certificate (PEM), with --key\n"
	"      --key FILE            its key (PEM, not encrypted)\n"
	"  -d, --ready FD            write a newline to this file descriptor when ready\n"
	"      --forget              remove from the broker all that it retains of these\n"
	"                            packs, also for Home Assistant, and exit; BMS_1 with\n"
	"                            --layout addon\n"
	"      --entities            print the entities of Home Assistant as\n"
	"                            tab-separated values\n"
	"  -h, --help                print this\n"
	"  -V, --version             print the version\n"
	"\n"
	"BROKER is HOST[:PORT], mqtt://HOST[:PORT] or, with --cafile,\n"
	"mqtts://HOST[:PORT]; an IPv6 address stands in brackets.  PORT is 1883, or 8883\n"
	"with --cafile.\n"
	"\n"
	"Exit status: 0 stopped or end of input; 100 wrong usage; 111 the system failed.\n"
	"See jk-mqtt(1), and jk-pipeline(7) for the programs before it.\n";

static char host[256];

/* "2", "0.5" in microseconds. */
static int64_t seconds_option(const char *option, const char *argument, int64_t min_us, int64_t max_us,
			      const char *range)
{
	int64_t us;
	if (!number_decimal(argument, strlen(argument), 6, min_us, max_us, &us))
		die(EXIT_USAGE, "%s %s: seconds from %s", option, argument, range);
	return us;
}

static const char *prefix_option(const char *option, const char *argument)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/";
	size_t n = strlen(argument);
	if (n == 0 || n > PREFIX_MAX || strspn(argument, letters) != n || argument[0] == '/' ||
	    argument[n - 1] == '/' || strstr(argument, "//"))
		die(EXIT_USAGE, "%s %s: a prefix has 1 to %d letters, digits, _ and -, and / inside", option,
		    argument, PREFIX_MAX);
	return argument;
}

/* What OpenSSL would say only when connecting. */
static const char *pem_option(const char *option, const char *path)
{
	char head[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	secret_protect();
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
	if (n < 0)
		die(EXIT_USAGE, "%s %s: %s", option, path, strerror(errno));
	close(fd);
	if (!memmem(head, (size_t)n, "-----BEGIN ", 11))
		die(EXIT_USAGE, "%s %s: no certificate or key in PEM form is in it", option, path);
	explicit_bzero(head, sizeof head);
	return path;
}

static _Noreturn void bad_broker(const char *broker, const char *why)
{
	die(EXIT_USAGE, "%s: %s", broker, why);
}

/* Takes a scheme before HOST[:PORT]: mqtt:// is without TLS, mqtts:// with it.  Returns the rest. */
static const char *skip_scheme(const struct options *o, const char *broker)
{
	size_t n = url_scheme(broker);
	if (strchr(broker, '@'))
		bad_broker(url_shown(broker), "a user is given with -u, and a password with -P or "
					      "JK_MQTT_PASSWORD, not before an @");
	if (n > 0 && !url_is(broker, "mqtt") && !url_is(broker, "mqtts"))
		bad_broker(broker,
			   "no such broker: it is HOST[:PORT], mqtt://HOST[:PORT] or mqtts://HOST[:PORT]");
	if (url_is(broker, "mqtts") && !o->cafile)
		bad_broker(broker, "mqtts:// needs --cafile FILE, the authorities that are trusted");
	if (url_is(broker, "mqtt") && o->cafile)
		bad_broker(broker, "mqtt:// is without TLS, and --cafile with it: give mqtts://");
	return broker + n;
}

/* name, name:1883, 10.0.0.7:1883, [::1], [::1]:1883, ::1; behind mqtt:// perhaps with a slash at the end */
static void parse_broker(struct options *o, const char *broker)
{
	static const char form[] =
		"a broker is given as HOST, HOST:PORT or [ADDRESS]:PORT, or so behind mqtt:// or mqtts://";
	const char *from = skip_scheme(o, broker);
	size_t n = strlen(from);
	int64_t number = o->cafile ? 8883 : 1883;
	if (from != broker && n > 0 && from[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof host || memchr(from, ' ', n) || memchr(from, '/', n))
		bad_broker(broker, form);
	memcpy(host, from, n);
	char *name = host, *port = NULL, *colon = strrchr(host, ':');
	if (host[0] == '[') {
		char *close = strchr(host, ']');
		if (!close || (close[1] && close[1] != ':'))
			bad_broker(broker, form);
		name++;
		port = close[1] ? close + 2 : NULL;
		*close = '\0';
	} else if (colon && strchr(host, ':') == colon) {
		*colon = '\0';
		port = colon + 1;
	}
	if (*name == '\0')
		bad_broker(broker, form);
	if (port && !number_option(port, 1, 65535, &number))
		bad_broker(broker, "the port is a number from 1 to 65535");
	o->host = name;
	o->port = (uint16_t)number;
}

static void check(const struct options *o)
{
	if (strcmp(o->prefix, o->discovery_prefix) == 0)
		die(EXIT_USAGE, "-p and -D are both %s: our topics would be taken for Home Assistant's",
		    o->prefix);
	if (o->layout->addon && o->values)
		die(EXIT_USAGE, "-k: each value has a topic of its own already with --layout addon");
	if (!o->cert != !o->key)
		die(EXIT_USAGE, o->cert ? "--cert needs --key" : "--key needs --cert");
	if (o->cert && !o->cafile)
		die(EXIT_USAGE, "--cert needs --cafile: without it the connection is not encrypted");
	if (o->password && !o->user)
		die(EXIT_USAGE, "a password needs a user: -u USER, or JK_MQTT_USERNAME");
}

/* ---- the table of options ---- */

/* What the command line gives; in its options are defaults where it gives none. */
struct given {
	struct options o;
	const char *user, *password;
	bool forget;
};

/* jk-write creates it; what else is there is a mistake. */
static void take_fifo(struct given *g, const char *path)
{
	int wrong = fifo_wrong(path);
	if (wrong)
		die(EXIT_USAGE, "-c %s: %s", path, fifo_reason(wrong));
	if (fifo_path_is_standard(path))
		die(EXIT_USAGE, "-c %s: this is also stdin, stdout or stderr", path);
	g->o.fifo = path;
}

static _Noreturn void take_map(struct given *g, const char *path)
{
	(void)g;
	die(EXIT_USAGE, "-m %s: names are given to jk-decode -m, and jk-mqtt takes them from the records",
	    path);
}

static void take_cell_step(struct given *g, const char *argument)
{
	int64_t uv;
	if (!number_decimal(argument, strlen(argument), 3, 1000, 1000000, &uv))
		die(EXIT_USAGE, "--cell-step %s: millivolts from 1 to 1000", argument);
	g->o.cell_step_uv = (int32_t)uv;
}

static void take_discovery(struct given *g, const char *argument)
{
	if (strcmp(argument, "device") != 0 && strcmp(argument, "component") != 0)
		die(EXIT_USAGE, "--discovery %s: it is device or component", argument);
	g->o.by_component = argument[0] == 'c';
}

static void take_layout(struct given *g, const char *argument)
{
	if (strcmp(argument, "jk") != 0 && strcmp(argument, "addon") != 0)
		die(EXIT_USAGE, "--layout %s: it is jk or addon", argument);
	g->o.layout = argument[0] == 'j' ? &layout_jk : &layout_addon;
}

static void take_ready(struct given *g, const char *argument)
{
	g->o.ready_fd = process_ready_option(argument);
}

static _Noreturn void show_entities(struct given *g, const char *argument)
{
	(void)g;
	(void)argument;
	entities_print();
}

static _Noreturn void show_help(struct given *g, const char *argument)
{
	(void)g;
	(void)argument;
	process_print(usage);
}

static _Noreturn void show_version(struct given *g, const char *argument)
{
	(void)g;
	(void)argument;
	process_version();
}

enum kind { FLAG, TEXT, PREFIX, PEM, SECONDS, FUNCTION, FUNCTION_ALONE }; /* the last has no argument */

static const struct row {
	const char *name;
	char letter; /* 0: it has the long name alone */
	enum kind kind;
	size_t place; /* of its value, in struct given */
	void (*take)(struct given *g, const char *argument);
	int64_t min_us, max_us;
	const char *range;
} rows[] = {
#define PLACE(member) .place = offsetof(struct given, member)
#define DAY_US INT64_C(86400000000)
#define HOUR_US INT64_C(3600000000)
	/* clang-format off */
	{"commands", 'c', FUNCTION, .take = take_fifo},
	{"map", 'm', FUNCTION, .take = take_map},
	{"prefix", 'p', PREFIX, PLACE(o.prefix)},
	{"discovery-prefix", 'D', PREFIX, PLACE(o.discovery_prefix)},
	{"discovery", 0, FUNCTION, .take = take_discovery},
	{"layout", 0, FUNCTION, .take = take_layout},
	{"interval", 'i', SECONDS, PLACE(o.interval_us), .min_us = 0,
	 .max_us = HOUR_US, .range = "0 to 3600"},
	{"cell-step", 0, FUNCTION, .take = take_cell_step},
	{"every-change", 0, FLAG, PLACE(o.every_change)},
	{"values", 'k', FLAG, PLACE(o.values)},
	{"max-age", 0, SECONDS, PLACE(o.max_age_us), .min_us = 1000000,
	 .max_us = DAY_US, .range = "1 to 86400"},
	{"state", 's', TEXT, PLACE(o.state)},
	{"status", 0, TEXT, PLACE(o.status)},
	{"timeout", 't', SECONDS, PLACE(o.silent_us), .min_us = 1000000,
	 .max_us = DAY_US, .range = "1 to 86400"},
	{"wait", 'w', SECONDS, PLACE(o.wait_us), .min_us = 1000000, .max_us = HOUR_US, .range = "1 to 3600"},
	{"user", 'u', TEXT, PLACE(user)},
	{"password-file", 'P', TEXT, PLACE(password)},
	{"cafile", 0, PEM, PLACE(o.cafile)},
	{"cert", 0, PEM, PLACE(o.cert)},
	{"key", 0, PEM, PLACE(o.key)},
	{"ready", 'd', FUNCTION, .take = take_ready},
	{"forget", 0, FLAG, PLACE(forget)},
	{"entities", 0, FUNCTION_ALONE, .take = show_entities},
	{"help", 'h', FUNCTION_ALONE, .take = show_help},
	{"version", 'V', FUNCTION_ALONE, .take = show_version},
	/* clang-format on */
};
enum { ROWS = sizeof rows / sizeof *rows, LONG_ALONE = 256 /* and its row: of an option without a letter */ };

static bool has_argument(const struct row *row)
{
	return row->kind != FLAG && row->kind != FUNCTION_ALONE;
}

static const struct row *row_of(int letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (letter == (rows[i].letter ? rows[i].letter : LONG_ALONE + (int)i))
			return &rows[i];
	process_usage(); /* getopt has said why */
}

static void take_option(struct given *g, const struct row *row, const char *argument)
{
	char option[32];
	void *place = (char *)g + row->place;
	snprintf(option, sizeof option, "%s%.*s", row->letter ? "-" : "--", row->letter ? 1 : 30,
		 row->letter ? &row->letter : row->name);
	switch (row->kind) {
	case FLAG:
		*(bool *)place = true;
		break;
	case TEXT:
		*(const char **)place = argument;
		break;
	case PREFIX:
		*(const char **)place = prefix_option(option, argument);
		break;
	case PEM:
		*(const char **)place = pem_option(option, argument);
		break;
	case SECONDS:
		*(int64_t *)place = seconds_option(option, argument, row->min_us, row->max_us, row->range);
		break;
	case FUNCTION:
	case FUNCTION_ALONE:
		row->take(g, argument);
	}
}

/* What getopt_long wants to know of the rows. */
static void make_getopt(char letters[2 * ROWS + 1], struct option longs[ROWS + 1])
{
	memset(longs, 0, (ROWS + 1) * sizeof *longs);
	for (size_t i = 0; i < ROWS; i++) {
		longs[i] = (struct option){rows[i].name,
					   has_argument(&rows[i]) ? required_argument : no_argument, NULL,
					   rows[i].letter ? rows[i].letter : LONG_ALONE + (int)i};
		if (rows[i].letter)
			*letters++ = rows[i].letter;
		if (rows[i].letter && has_argument(&rows[i]))
			*letters++ = ':';
	}
	*letters = '\0';
}

/* The names before the broker.  Returns how many there are. */
static int take_names(struct options *o, char *const *names, int count)
{
	if (count < 2)
		die(EXIT_USAGE, "--forget needs at least one name of a pack, and behind them the broker");
	for (int i = 0; i < count - 1; i++)
		if (!names[i][0] || strlen(names[i]) > DEVICE_NAME_MAX ||
		    pack_name_bad_character(slice_of(names[i])) || pack_name_is_reserved(names[i]))
			die(EXIT_USAGE, "--forget %s: no name of a pack", names[i]);
	o->forget = names;
	o->forget_count = (size_t)count - 1;
	return count - 1;
}

struct options mqtt_options_parse(int argc, char **argv)
{
	struct given g = {.o = {
				  .layout = &layout_jk,
				  .prefix = "jk",
				  .discovery_prefix = "homeassistant",
				  .interval_us = 5000000,
				  .cell_step_uv = 5000,
				  .silent_us = 30000000,
				  .wait_us = 2000000,
				  .ready_fd = -1,
			  }};
	char letters[2 * ROWS + 1];
	struct option longs[ROWS + 1];
	make_getopt(letters, longs);
	for (int c; (c = getopt_long(argc, argv, letters, longs, NULL)) != -1;)
		take_option(&g, row_of(c), optarg);
	if (g.forget)
		optind += take_names(&g.o, argv + optind, argc - optind);
	if (argc - optind != 1)
		die(EXIT_USAGE, "%s; try jk-mqtt -h",
		    optind == argc ? "no BROKER is given" : "more than one BROKER is given");
	parse_broker(&g.o, argv[optind]);
	g.o.user = secret_user(g.user);
	g.o.password = secret_password(g.password);
	check(&g.o);
	return g.o;
}
