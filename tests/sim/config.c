/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "number.h"
#include "parse.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	FLAG,        /* bool */
	NUMBER,      /* int64_t in low..high */
	PROBABILITY, /* uint32_t in ppm */
	WINDOW,      /* struct windows */
	SPECIAL,     /* take() */
};

struct row {
	const char *name;
	int argument;
	enum kind kind;
	size_t at; /* in struct config */
	int64_t low, high;
	bool (*take)(struct config *c, const char *argument);
};

_Noreturn void config_wrong(const char *what, const char *argument)
{
	fprintf(stderr, "jk-sim: %s%s: wrong value: %s\n", strncmp(what, "PACK", 4) ? "--" : "", what,
		argument);
	exit(EXIT_USAGE);
}

void config_fail(const char *what, const char *on)
{
	if (errno != EPIPE) /* the reader has left, as head(1) does: that is not worth a message */
		fprintf(stderr, "jk-sim: %s: %s: %s\n", on, what, strerror(errno));
	exit(EXIT_SYSTEM);
}

const struct window window_always = {0, INT64_MAX, false};

static bool set_port(struct config *c, enum port_kind kind, const char *path)
{
	if (c->port != PORT_NONE) {
		fputs(c->port == PORT_INSIDE ? "jk-sim: --tcp, --pty and -o cannot be used within a test\n"
					     : "jk-sim: only one of --tcp, --pty and -o\n",
		      stderr);
		exit(EXIT_USAGE);
	}
	c->port = kind;
	c->path = path;
	return true;
}

static bool take_tcp(struct config *c, const char *a)
{
	return set_port(c, PORT_TCP, NULL) && (a == NULL || number_option(a, 0, 65535, &c->tcp_port));
}

static bool take_pty(struct config *c, const char *a)
{
	return set_port(c, PORT_PTY, a);
}

static bool take_output(struct config *c, const char *a)
{
	return set_port(c, PORT_FILE, a);
}

static bool take_start(struct config *c, const char *a)
{
	size_t n;
	int64_t hours, minutes;
	const char *rest = parse_split(a, ':', &n);
	if (rest == NULL || !number_parse(a, n, 0, 23, &hours) || !number_option(rest, 0, 59, &minutes))
		return false;
	c->start_ms = (hours * 60 + minutes) * 60000;
	return true;
}

static bool take_speed(struct config *c, const char *a)
{
	int64_t milli;
	if (!parse_decimal(a, 3, 1000000, &milli) || milli < 1)
		return false;
	c->speed_milli = (uint32_t)milli;
	c->speed_given = true;
	return true;
}

/* "[ADDR:]VALUE": of that pack, or of all; *value is what is left.  NULL if the address is wrong. */
static struct climate *climate_for(struct config *c, const char **value)
{
	size_t n;
	int64_t address;
	const char *rest = parse_split(*value, ':', &n);
	if (rest == NULL)
		return &c->climate;
	if (!number_parse(*value, n, 0, MAX_ADDRESS, &address))
		return NULL;
	*value = rest;
	return &c->climates[address];
}

static bool take_ambient(struct config *c, const char *a)
{
	struct climate *of = climate_for(c, &a);
	if (of == NULL)
		return false;
	of->fixed_ambient = true;
	return number_option(a, -1000, 1500, &of->ambient_dc);
}

static bool take_current(struct config *c, const char *a)
{
	struct climate *of = climate_for(c, &a);
	if (of == NULL)
		return false;
	of->fixed_current = true;
	return number_option(a, -1000000, 1000000, &of->current_ma);
}

static bool take_soc(struct config *c, const char *a)
{
	struct climate *of = climate_for(c, &a);
	if (of == NULL)
		return false;
	of->fixed_soc = true;
	return number_option(a, 0, 100, &of->soc_pct);
}

struct climate config_climate(const struct config *c, int64_t address)
{
	const struct climate *own = &c->climates[address];
	struct climate of = *own;
	if (!own->fixed_ambient)
		of.fixed_ambient = c->climate.fixed_ambient, of.ambient_dc = c->climate.ambient_dc;
	if (!own->fixed_current)
		of.fixed_current = c->climate.fixed_current, of.current_ma = c->climate.current_ma;
	if (!own->fixed_soc)
		of.fixed_soc = c->climate.fixed_soc, of.soc_pct = c->climate.soc_pct;
	of.steps_a = c->climate.steps_a;
	return of;
}

bool config_silence(struct silence *all, size_t room, size_t *count, const char *a)
{
	struct silence *s = &all[*count];
	size_t n;
	const char *when = parse_split(a, '@', &n);
	if (*count == room || !number_parse(a, n, 0, MAX_ADDRESS, &s->address))
		return false;
	s->when = window_always;
	++*count;
	return when == NULL || window_parse(when, &s->when);
}

static bool take_silence(struct config *c, const char *a)
{
	return config_silence(c->silences, MAX_SILENCES, &c->silence_count, a);
}

static bool add_window(struct windows *all, const char *a)
{
	struct window w;
	return window_parse(a, &w) && windows_add(all, &w);
}

static bool take_master(struct config *c, const char *a)
{
	(void)a;
	return windows_add(&c->master_at, &window_always);
}

/* SECONDS@AT or FROM-TO */
static bool take_mute(struct config *c, const char *a)
{
	size_t n;
	int64_t for_s, at_s;
	const char *at = parse_split(a, '@', &n);
	if (at == NULL)
		return add_window(&c->mute, a);
	if (!number_parse(a, n, 1, INT32_MAX, &for_s) || !number_option(at, 0, INT32_MAX, &at_s))
		return false;
	return windows_add(&c->mute, &(struct window){at_s * 1000000, (at_s + for_s) * 1000000, false});
}

/* SECONDS from the start or FROM-TO */
static bool take_refuse(struct config *c, const char *a)
{
	int64_t for_s;
	if (!number_option(a, 1, INT32_MAX, &for_s))
		return add_window(&c->refuse, a);
	return windows_add(&c->refuse, &(struct window){0, for_s * 1000000, false});
}

static bool take_cut(struct config *c, const char *a)
{
	size_t n;
	int64_t ppm = 1000000;
	const char *chance = parse_split(a, '@', &n);
	if (!number_parse(a, n, 1, 400, &c->faults.cut) ||
	    (chance != NULL && !parse_decimal(chance, 6, 1000000, &ppm)))
		return false;
	c->faults.cut_chance = (uint32_t)ppm;
	return true;
}

static bool take_echo_late(struct config *c, const char *a)
{
	c->faults.echo = true;
	return number_option(a, 0, 10000, &c->faults.echo_late_ms);
}

static bool take_echo_part(struct config *c, const char *a)
{
	int64_t ppm;
	c->faults.echo = true;
	if (!parse_decimal(a, 6, 1000000, &ppm))
		return false;
	c->faults.echo_part = (uint32_t)ppm;
	return true;
}

/* "P@N": a probability and a number of 0 to most. */
static bool take_chance_of(const char *a, uint32_t *ppm, int64_t most, int64_t *number)
{
	char front[16] = {0};
	size_t n;
	int64_t value;
	const char *behind = parse_split(a, '@', &n);
	if (behind == NULL || n >= sizeof(front))
		return false;
	memcpy(front, a, n);
	if (!parse_decimal(front, 6, 1000000, &value))
		return false;
	*ppm = (uint32_t)value;
	return number_option(behind, 0, most, number);
}

static bool take_late(struct config *c, const char *a)
{
	return take_chance_of(a, &c->faults.late, 60000, &c->faults.late_ms);
}

static bool take_late_writes(struct config *c, const char *a)
{
	return take_chance_of(a, &c->writes.late, 60000, &c->writes.late_ms);
}

static bool take_refuse_writes(struct config *c, const char *a)
{
	return take_chance_of(a, &c->writes.refuse, 255, &c->writes.refuse_code);
}

/* Kept until the packs are known: options may come before or after them. */
static struct {
	int64_t address;
	uint32_t errors;
	struct window when;
} alarms[MAX_PACKS];
static size_t alarm_count;

static bool take_alarm(struct config *c, const char *a)
{
	char digits[9] = {0};
	size_t n, size;
	const char *mask = parse_split(a, ':', &n);
	(void)c;
	if (mask != NULL && mask[0] == '0' && (mask[1] == 'x' || mask[1] == 'X'))
		mask += 2;
	if (alarm_count == MAX_PACKS || mask == NULL ||
	    !number_parse(a, n, 0, MAX_ADDRESS, &alarms[alarm_count].address))
		return false;
	const char *when = parse_split(mask, '@', &size);
	if (size >= sizeof(digits))
		return false;
	memcpy(digits, mask, size);
	alarms[alarm_count].when = window_always;
	if (when != NULL && !window_parse(when, &alarms[alarm_count].when))
		return false;
	return parse_hex32(digits, &alarms[alarm_count++].errors);
}

/* ADDR:CELLS[@MS] */
static bool take_twin(struct config *c, const char *a)
{
	size_t n, m;
	const char *cells = parse_split(a, ':', &n);
	if (cells == NULL || !number_parse(a, n, 0, MAX_ADDRESS, &c->twin.address))
		return false;
	const char *after = parse_split(cells, '@', &m);
	c->twin_after_ms = -1;
	c->twin.firmware = firmware_find(19);
	return number_parse(cells, m, 1, MAX_CELLS, &c->twin.cells) &&
	       (after == NULL || number_option(after, 0, 1000, &c->twin_after_ms));
}

static bool take_all_faults(struct config *c, const char *a)
{
	(void)a;
	c->faults = (struct faults){
		.noise = 10000,
		.false_header = 5000,
		.flip = 10000,
		.burst = 10000,
		.truncate = 10000,
		.no_ack = 10000,
		.bad_ack = 10000,
		.collide = 3000,
		.contradict = 5000,
		.exceptions = 2000,
		.late = 3000,
		.late_ms = 250,
		.padding = 1,
		.duplicate = -1,
		.segment = c->faults.segment,
		.segment_delay_ms = c->faults.segment_delay_ms,
		.echo = c->faults.echo,
		.echo_part = c->faults.echo_part,
		.echo_late_ms = c->faults.echo_late_ms,
		.cut = c->faults.cut,
		.cut_chance = c->faults.cut_chance,
	};
	return true;
}

static bool take_help(struct config *c, const char *a)
{
	(void)c;
	(void)a;
	if (fputs(usage_text, stdout) == EOF || fflush(stdout) != 0)
		config_fail("cannot write", "stdout");
	exit(0);
}

#define AT(member) offsetof(struct config, member)
#define FLAG_ROW(name, member)                                                                               \
	{                                                                                                    \
		name, no_argument, FLAG, AT(member), 0, 0, NULL                                              \
	}
#define NUMBER_ROW(name, member, low, high)                                                                  \
	{                                                                                                    \
		name, required_argument, NUMBER, AT(member), low, high, NULL                                 \
	}
#define WRITES_ROW(name, member)                                                                             \
	{                                                                                                    \
		name, required_argument, PROBABILITY, AT(writes.member), 0, 0, NULL                          \
	}
#define CHANCE_ROW(name, member)                                                                             \
	{                                                                                                    \
		name, required_argument, PROBABILITY, AT(faults.member), 0, 0, NULL                          \
	}
#define CAN_CHANCE_ROW(name, member)                                                                         \
	{                                                                                                    \
		name, required_argument, PROBABILITY, AT(can.member), 0, 0, NULL                             \
	}
#define WINDOW_ROW(name, member)                                                                             \
	{                                                                                                    \
		name, required_argument, WINDOW, AT(member), 0, 0, NULL                                      \
	}
#define SPECIAL_ROW(name, argument, take)                                                                    \
	{                                                                                                    \
		name, argument, SPECIAL, 0, 0, 0, take                                                       \
	}

static const struct row rows[] = {
	SPECIAL_ROW("tcp", optional_argument, take_tcp),
	SPECIAL_ROW("pty", optional_argument, take_pty),
	SPECIAL_ROW("output", required_argument, take_output),
	SPECIAL_ROW("help", no_argument, take_help),
	SPECIAL_ROW("start", required_argument, take_start),
	SPECIAL_ROW("speed", required_argument, take_speed),
	SPECIAL_ROW("ambient", required_argument, take_ambient),
	SPECIAL_ROW("current", required_argument, take_current),
	SPECIAL_ROW("soc", required_argument, take_soc),
	NUMBER_ROW("load-steps", climate.steps_a, 1, 300),
	SPECIAL_ROW("alarm", required_argument, take_alarm),
	SPECIAL_ROW("silence", required_argument, take_silence),
	SPECIAL_ROW("mute", required_argument, take_mute),
	SPECIAL_ROW("late", required_argument, take_late),
	SPECIAL_ROW("late-writes", required_argument, take_late_writes),
	SPECIAL_ROW("refuse-writes", required_argument, take_refuse_writes),
	SPECIAL_ROW("cut", required_argument, take_cut),
	SPECIAL_ROW("echo-late", required_argument, take_echo_late),
	SPECIAL_ROW("echo-part", required_argument, take_echo_part),
	SPECIAL_ROW("refuse", required_argument, take_refuse),
	SPECIAL_ROW("master", no_argument, take_master),
	SPECIAL_ROW("all-faults", no_argument, take_all_faults),
	FLAG_ROW("strict", strict),
	FLAG_ROW("one-client", one_client),
	FLAG_ROW("echo", faults.echo),
	FLAG_ROW("reset", reset),
	WINDOW_ROW("master-at", master_at),
	WINDOW_ROW("poller-at", poller_at),
	WINDOW_ROW("freeze", freeze),
	WINDOW_ROW("unplug", unplug),
	NUMBER_ROW("duration", duration_s, 1, INT32_MAX),
	NUMBER_ROW("day", day_s, 1, INT32_MAX),
	NUMBER_ROW("seed", seed, 0, INT32_MAX),
	NUMBER_ROW("runtime", runtime_s, 0, 1000000000),
	NUMBER_ROW("padding", faults.padding, 0, 512),
	SPECIAL_ROW("twin", required_argument, take_twin),
	NUMBER_ROW("duplicate", faults.duplicate, 0, MAX_ADDRESS),
	NUMBER_ROW("segment", faults.segment, 1, 4096),
	NUMBER_ROW("segment-delay", faults.segment_delay_ms, 0, 10000),
	NUMBER_ROW("hangup", hangup_s, 1, INT32_MAX),
	CHANCE_ROW("noise", noise),
	CHANCE_ROW("false-header", false_header),
	CHANCE_ROW("flip", flip),
	CHANCE_ROW("burst", burst),
	CHANCE_ROW("truncate", truncate),
	CHANCE_ROW("no-ack", no_ack),
	CHANCE_ROW("bad-ack", bad_ack),
	CHANCE_ROW("collide", collide),
	CHANCE_ROW("contradict", contradict),
	CHANCE_ROW("exceptions", exceptions),
	WRITES_ROW("forget-writes", forget),
	WRITES_ROW("unacknowledged-writes", no_ack),
	WRITES_ROW("lose-writes", lost),
	WRITES_ROW("misaddress-writes", wrong_address),
	WINDOW_ROW("twin-at", twin_at),
	SPECIAL_ROW("can", required_argument, can_take_where),
	SPECIAL_ROW("can-cycle", required_argument, can_take_cycle),
	SPECIAL_ROW("can-channel", required_argument, can_take_channel),
	SPECIAL_ROW("can-levels", required_argument, can_take_levels),
	SPECIAL_ROW("can-silence", required_argument, can_take_silence),
	WINDOW_ROW("can-mute", can.mute),
	CAN_CHANCE_ROW("can-lost", lost),
	CAN_CHANCE_ROW("can-error-frames", error_frames),
	FLAG_ROW("can-inverter", can.inverter),
	{"log", required_argument, SPECIAL, 0, 0, 0, NULL},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST_VALUE = 256 };

static bool take_row(struct config *c, const struct row *r, const char *argument)
{
	char *at = (char *)c + r->at;
	int64_t ppm;
	switch (r->kind) {
	case FLAG:
		*(bool *)at = true;
		return true;
	case NUMBER:
		return number_option(argument, r->low, r->high, (int64_t *)(void *)at);
	case PROBABILITY:
		if (!parse_decimal(argument, 6, 1000000, &ppm))
			return false;
		*(uint32_t *)(void *)at = (uint32_t)ppm;
		return true;
	case WINDOW:
		return add_window((struct windows *)(void *)at, argument);
	case SPECIAL:
		if (r->take != NULL)
			return r->take(c, argument);
		c->log_path = argument;
		return true;
	}
	return false;
}

static const struct row *row_named(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static void parse_options(struct config *c, int argc, char *argv[])
{
	struct option options[ROWS + 1] = {0};
	for (int i = 0; i < ROWS; i++)
		options[i] = (struct option){rows[i].name, rows[i].argument, NULL, FIRST_VALUE + i};
	for (int o; (o = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
		if (o == '?')
			exit(EXIT_USAGE); /* getopt_long has printed why */
		const struct row *r = o == 'h'   ? row_named("help")
				      : o == 'o' ? row_named("output")
						 : &rows[o - FIRST_VALUE];
		if (!take_row(c, r, optarg))
			config_wrong(r->name, optarg ? optarg : "");
	}
}

static void add_pack(struct config *c, const char *text)
{
	size_t n, m;
	int64_t firmware = 15;
	const char *cells = parse_split(text, ':', &n);
	struct pack_option *p = &c->packs[c->pack_count];
	if (c->pack_count == MAX_PACKS || cells == NULL ||
	    !number_parse(text, n, 0, MAX_ADDRESS, &p->address))
		config_wrong("PACK", text);
	const char *number = parse_split(cells, ':', &m);
	if (!number_parse(cells, m, 1, MAX_CELLS, &p->cells) ||
	    (number && !number_option(number, 0, 99, &firmware)))
		config_wrong("PACK", text);
	p->firmware = firmware_find(firmware);
	if (p->firmware == NULL)
		config_wrong("PACK (firmware is 11, 14, 15 or 19)", text);
	for (size_t i = 0; i < c->pack_count; i++)
		if (c->packs[i].address == p->address)
			config_wrong("PACK (two of one address: see --duplicate)", text);
	c->pack_count++;
}

static void set_alarms(struct config *c)
{
	for (size_t i = 0; i < alarm_count; i++)
		for (size_t k = 0; k < c->pack_count; k++)
			if (c->packs[k].address == alarms[i].address) {
				c->packs[k].fixed_errors = true;
				c->packs[k].errors = alarms[i].errors;
				c->packs[k].errors_when = alarms[i].when;
			}
}

/* A file has no client, so someone on the bus must transmit. */
static void set_speakers(struct config *c)
{
	bool own = false;
	for (size_t i = 0; i < c->pack_count; i++)
		own = own || c->packs[i].address == 0;
	c->master = c->master_at.count > 0;
	if (c->master && !own)
		add_pack(c, "0:16");
	c->poller_round_us = 1000000;
	if (c->port != PORT_FILE || c->master || c->poller_at.count > 0)
		return;
	windows_add(&c->poller_at, &window_always);
	c->poller_round_us = 2000000;
}

bool config_paced(const struct config *c)
{
	if (c->port == PORT_NONE)
		return c->speed_given || c->can.interface != NULL;
	return c->port != PORT_FILE;
}

void config_switch(struct config *c, int64_t now_us)
{
	struct windows *all[] = {&c->master_at, &c->poller_at, &c->refuse, &c->mute,
				 &c->freeze,    &c->unplug,    &c->twin_at};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		windows_switch(all[i], now_us);
	for (size_t i = 0; i < c->silence_count; i++)
		window_switch(&c->silences[i].when, now_us);
	for (size_t i = 0; i < c->pack_count; i++)
		window_switch(&c->packs[i].errors_when, now_us);
	can_switch(&c->can, now_us);
}

void config_parse(struct config *c, int argc, char *argv[], enum port_kind port)
{
	*c = (struct config){.start_ms = 8 * 3600000, .day_s = 86400, .seed = 1, .speed_milli = 1000};
	c->port = port;
	c->can.channel = "can0";
	c->can.cycle = CAN_MEASURED;
	c->faults.duplicate = -1;
	alarm_count = 0;
	optind = 0; /* scan from the beginning: a test may call this again */
	parse_options(c, argc, argv);
	for (int i = optind; i < argc; i++)
		add_pack(c, argv[i]);
	if ((c->port == PORT_NONE && c->can.path == NULL) || c->pack_count == 0) {
		fprintf(stderr, "jk-sim: %s is needed (jk-sim -h)\n",
			c->pack_count ? "one of --tcp, --pty, -o and --can" : "a PACK");
		exit(EXIT_USAGE);
	}
	set_speakers(c);
	set_alarms(c);
	can_check(c);
}
