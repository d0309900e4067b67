/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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
	"       jk-mqtt --forget [-p PREFIX] [-D PREFIX] [-u USER] [-P FILE]\n"
	"               [--cafile FILE] [--cert FILE] [--key FILE] NAME... BROKER\n"
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
	"                            packs, also for Home Assistant, and exit\n"
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

enum {
	DISCOVERY = 256,
	LAYOUT,
	CELL_STEP,
	EVERY_CHANGE,
	FORGET,
	CAFILE,
	CERT,
	KEY,
	MAX_AGE,
	STATUS,
	ENTITIES
};

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

/* jk-write creates it; what else is there is a mistake. */
static const char *fifo_option(const char *path)
{
	int wrong = fifo_wrong(path);
	if (wrong)
		die(EXIT_USAGE, "-c %s: %s", path, fifo_reason(wrong));
	if (fifo_path_is_standard(path))
		die(EXIT_USAGE, "-c %s: this is also stdin, stdout or stderr", path);
	return path;
}

static int32_t cell_step_option(const char *argument)
{
	int64_t uv;
	if (!number_decimal(argument, strlen(argument), 3, 1000, 1000000, &uv))
		die(EXIT_USAGE, "--cell-step %s: millivolts from 1 to 1000", argument);
	return (int32_t)uv;
}

static bool component_option(const char *argument)
{
	if (strcmp(argument, "device") != 0 && strcmp(argument, "component") != 0)
		die(EXIT_USAGE, "--discovery %s: it is device or component", argument);
	return argument[0] == 'c';
}

static const struct layout *layout_option(const char *argument)
{
	if (strcmp(argument, "jk") == 0)
		return &layout_jk;
	if (strcmp(argument, "addon") != 0)
		die(EXIT_USAGE, "--layout %s: it is jk or addon", argument);
	return &layout_addon;
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

static void take_option(struct options *o, int c, const char **user, const char **password, bool *forget)
{
	switch (c) {
	case 'c':
		o->fifo = fifo_option(optarg);
		break;
	case 'm':
		die(EXIT_USAGE,
		    "-m %s: names are given to jk-decode -m, and jk-mqtt takes them from the records",
		    optarg);
	case 'p':
		o->prefix = prefix_option("-p", optarg);
		break;
	case 'D':
		o->discovery_prefix = prefix_option("-D", optarg);
		break;
	case DISCOVERY:
		o->by_component = component_option(optarg);
		break;
	case LAYOUT:
		o->layout = layout_option(optarg);
		break;
	case 'i':
		o->interval_us = seconds_option("-i", optarg, 0, INT64_C(3600000000), "0 to 3600");
		break;
	case CELL_STEP:
		o->cell_step_uv = cell_step_option(optarg);
		break;
	case EVERY_CHANGE:
		o->every_change = true;
		break;
	case 'k':
		o->values = true;
		break;
	case 's':
		o->state = optarg;
		break;
	case STATUS:
		o->status = optarg;
		break;
	case 't':
		o->silent_us = seconds_option("-t", optarg, 1000000, INT64_C(86400000000), "1 to 86400");
		break;
	case 'w':
		o->wait_us = seconds_option("-w", optarg, 1000000, INT64_C(3600000000), "1 to 3600");
		break;
	case 'u':
		*user = optarg;
		break;
	case 'P':
		*password = optarg;
		break;
	case CAFILE:
		o->cafile = pem_option("--cafile", optarg);
		break;
	case CERT:
		o->cert = pem_option("--cert", optarg);
		break;
	case KEY:
		o->key = pem_option("--key", optarg);
		break;
	case MAX_AGE:
		o->max_age_us =
			seconds_option("--max-age", optarg, 1000000, INT64_C(86400000000), "1 to 86400");
		break;
	case 'd':
		o->ready_fd = process_ready_option(optarg);
		break;
	case FORGET:
		*forget = true;
		break;
	case ENTITIES:
		entities_print();
	case 'h':
		process_print(usage);
	case 'V':
		process_version();
	default:
		process_usage();
	}
}

/* The names before the broker.  Returns how many there are. */
static int take_names(struct options *o, char *const *names, int count)
{
	if (o->layout != &layout_jk)
		die(EXIT_USAGE, "--forget is for topics of --layout jk");
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
	static const struct option longs[] = {
		{"commands", required_argument, NULL, 'c'},
		{"map", required_argument, NULL, 'm'},
		{"prefix", required_argument, NULL, 'p'},
		{"discovery-prefix", required_argument, NULL, 'D'},
		{"discovery", required_argument, NULL, DISCOVERY},
		{"layout", required_argument, NULL, LAYOUT},
		{"interval", required_argument, NULL, 'i'},
		{"cell-step", required_argument, NULL, CELL_STEP},
		{"every-change", no_argument, NULL, EVERY_CHANGE},
		{"values", no_argument, NULL, 'k'},
		{"max-age", required_argument, NULL, MAX_AGE},
		{"state", required_argument, NULL, 's'},
		{"status", required_argument, NULL, STATUS},
		{"timeout", required_argument, NULL, 't'},
		{"wait", required_argument, NULL, 'w'},
		{"user", required_argument, NULL, 'u'},
		{"password-file", required_argument, NULL, 'P'},
		{"cafile", required_argument, NULL, CAFILE},
		{"cert", required_argument, NULL, CERT},
		{"key", required_argument, NULL, KEY},
		{"ready", required_argument, NULL, 'd'},
		{"forget", no_argument, NULL, FORGET},
		{"entities", no_argument, NULL, ENTITIES},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {
		.layout = &layout_jk,
		.prefix = "jk",
		.discovery_prefix = "homeassistant",
		.interval_us = 5000000,
		.cell_step_uv = 5000,
		.silent_us = 30000000,
		.wait_us = 2000000,
		.ready_fd = -1,
	};
	const char *user = NULL, *password = NULL;
	bool forget = false;
	for (int c; (c = getopt_long(argc, argv, "c:m:p:D:i:ks:t:w:u:P:d:hV", longs, NULL)) != -1;)
		take_option(&o, c, &user, &password, &forget);
	if (forget)
		optind += take_names(&o, argv + optind, argc - optind);
	if (argc - optind != 1)
		die(EXIT_USAGE, "%s; try jk-mqtt -h",
		    optind == argc ? "no BROKER is given" : "more than one BROKER is given");
	parse_broker(&o, argv[optind]);
	o.user = secret_user(user);
	o.password = secret_password(password);
	check(&o);
	return o;
}
