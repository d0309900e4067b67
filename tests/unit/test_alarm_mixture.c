/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"
#include "number.h"
#include "state_read.h"
#include "state_write.h"

/*
 * Packs on two buses, and whatever may happen to them, by chance: each alarm that was raised is active until
 * it clears, none is raised twice, and the lists and totals agree with that.
 */

static uint64_t chance;

static unsigned below(unsigned limit)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (unsigned)((chance * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

/* ---- what was reported ---- */

enum { ALARMS_MAX = 512, NAME_MAX_SIZE = 512 };

/* Each alarm that is active: its pack or link, its key, and the condition of its rule. */
static struct {
	char of[NAME_MAX_SIZE], key[NAME_MAX_SIZE], severity[32];
} account[ALARMS_MAX];
static size_t accounts;

/* Of whom a record is: the pack's name, or its channel and address. */
static const char *whose(const char *p)
{
	static char text[NAME_MAX_SIZE];
	const char *pack = member(p, "pack");
	if (pack[0])
		snprintf(text, sizeof text, "%s", pack);
	else
		snprintf(text, sizeof text, "%s %s", member(p, "channel"), member(p, "bms"));
	return text;
}

static size_t find(const char *of, const char *key)
{
	size_t i = 0;
	while (i < accounts && (strcmp(account[i].of, of) != 0 || strcmp(account[i].key, key) != 0))
		i++;
	return i;
}

static void take_alarm(const char *p)
{
	char of[NAME_MAX_SIZE], key[NAME_MAX_SIZE], severity[32];
	snprintf(of, sizeof of, "%s", whose(p));
	snprintf(key, sizeof key, "%s %s", member(p, "key"), member(p, "rule"));
	snprintf(severity, sizeof severity, "%s", member(p, "severity"));
	size_t i = find(of, key);
	if (strcmp(member(p, "active"), "true") != 0) {
		ck_assert_msg(i < accounts, "%s: %s was not active and clears", of, key);
		account[i] = account[--accounts];
		return;
	}
	ck_assert_msg(i == accounts || strcmp(account[i].severity, severity) != 0, "%s: %s twice: %.300s", of,
		      key, p);
	ck_assert_uint_lt(i, ALARMS_MAX);
	if (i == accounts)
		accounts++;
	snprintf(account[i].of, sizeof account[i].of, "%s", of);
	snprintf(account[i].key, sizeof account[i].key, "%s", key);
	snprintf(account[i].severity, sizeof account[i].severity, "%s", severity);
}

static size_t count_of(const char *of)
{
	size_t n = 0;
	for (size_t i = 0; i < accounts; i++)
		n += strcmp(account[i].of, of) == 0;
	return n;
}

/* The list is that of the alarms of its pack, and no two of the BMS itself have one key. */
static void check_list(const char *p)
{
	static const char begin_of_list[] = "\"alarms\":[";
	char of[NAME_MAX_SIZE];
	size_t n = 0;
	const char *end_of_line = strchr(p, '\n'), *list = strstr(p, begin_of_list);
	if (!list || list > end_of_line)
		return;
	snprintf(of, sizeof of, "%s", whose(p));
	for (const char *q = list + sizeof begin_of_list - 1; (q = strstr(q, "{\"key\"")) && q < end_of_line;
	     q++) {
		char key[NAME_MAX_SIZE], start[NAME_MAX_SIZE + 8];
		snprintf(key, sizeof key, "%s", member(q, "key"));
		snprintf(start, sizeof start, "%s ", key);
		size_t i = 0;
		while (i < accounts &&
		       (strcmp(account[i].of, of) != 0 || strncmp(account[i].key, start, strlen(start)) != 0))
			i++;
		ck_assert_msg(i < accounts, "%s: %s is listed, but not active: %.300s", of, key, p);
		n++;
	}
	ck_assert_msg(n == count_of(of), "%s: %zu are listed, %zu are active: %.400s", of, n, count_of(of),
		      p);
}

static const char *newest(const char *type, const char *of)
{
	const char *found = NULL;
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1)
		if (strcmp(member(p, "type"), type) == 0 && (!of || strcmp(whose(p), of) == 0))
			found = p;
	return found;
}

static unsigned count_in(const char *text)
{
	int64_t value = 0;
	ck_assert_msg(number_option(text, 0, UINT32_MAX, &value), "%s", text);
	return (unsigned)value;
}

/* What a line has made. */
static void check_output(void)
{
	static unsigned total;
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1)
		if (strcmp(member(p, "type"), "\"alarm\"") == 0)
			take_alarm(p);
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		char of[NAME_MAX_SIZE];
		snprintf(of, sizeof of, "%s", whose(p));
		if (strcmp(member(p, "type"), "\"alarm\"") == 0 && newest("\"alarm\"", of) == p)
			check_list(p);
		if (strcmp(member(p, "type"), "\"live\"") == 0 || strcmp(member(p, "type"), "\"can\"") == 0)
			check_list(p);
	}
	const char *summary = newest("\"summary\"", NULL);
	if (summary)
		total = count_in(member(summary, "count")) + count_in(member(summary, "info"));
	if (!engine_summary_waits(&engine))
		ck_assert_msg(total == accounts, "a total of %u, %zu are active", total, accounts);
	output.size = 0;
	output.data[0] = '\0';
}

/* ---- what happens ---- */

static const struct place {
	const char *channel;
	int bms;
	const char *pack; /* NULL: none */
	bool can;
} places[] = {
	{"c", 1, "north", false},   {"can0", 0, "north", true}, {"c", 2, NULL, false},
	{"can0", 1, NULL, true},    {"d", 1, "south", false},   {"e", 1, "south", false},
	{"can1", 0, "south", true}, {"can1", 1, "east", true},  {"d", 3, "west", false},
	{"can0", 2, NULL, true},    {"d", 2, NULL, false},
};
enum { PLACES = sizeof places / sizeof *places };

static const char rules_text[] = "silent > 30s alarm\n"
				 "link_down > 20s alarm\n"
				 "link_silent > 60s warning\n"
				 "total_voltage > 53.11 warning\n"
				 "total_voltage > 53.0 for 3s clear < 52.5 info\n"
				 "state_of_charge < 50 warning\n"
				 "cell_overvoltage >= 2 warning\n"
				 "alarm_cell_overvoltage == 1 warning\n"
				 "can_error_bits > 0 for 1s warning\n";

static double now;

static void pass_time(void)
{
	unsigned kind = below(200);
	now += kind < 150   ? .015625 * below(32)
	       : kind < 180 ? .5 * below(8)
	       : kind < 196 ? below(40)
	       : kind < 198 ? -(double)below(100)
			    : 3600. * below(5);
	if (now < 0)
		now = 0;
}

static unsigned bits(void)
{
	return below(3) ? 0 : below(2) ? 1u << below(32) : below(1u << 31) & below(1u << 31);
}

static void a_frame(const struct place *p, char *text, size_t size)
{
	if (p->can) {
		switch (below(6)) {
		case 0:
			snprintf(text, size, ",\"can_alarm_levels\":%u", bits());
			break;
		case 1:
			snprintf(text, size, ",\"can_error_bits\":%u", bits() & 0xFFFFFF);
			break;
		case 2:
			snprintf(text, size, ",\"total_runtime\":%d", below(8) ? 1000 : 950000);
			break;
		default:
			snprintf(text, size, ",\"total_voltage\":53.%u,\"state_of_charge\":%u", below(3),
				 below(100));
		}
	} else if (below(8) == 0) {
		snprintf(text, size, ",\"state_of_charge\":null");
	} else {
		snprintf(text, size,
			 ",\"errors_bitmask\":%u,\"total_voltage\":%u.%03u,\"state_of_charge\":%u", bits(),
			 52 + below(2), below(1000), below(100));
	}
}

/* As jk-decode -m has it, in all records of an address. */
static const char *name_of(const struct place *p)
{
	static char name[64];
	name[0] = '\0';
	if (p->pack)
		snprintf(name, sizeof name, ",\"pack\":\"%s\"", p->pack);
	return name;
}

static void frame(const struct place *p)
{
	char members[256], text[1024];
	a_frame(p, members, sizeof members);
	if (!p->can && below(10) == 0)
		snprintf(members, sizeof members,
			 ",\"frame\":\"live\",\"reason\":\"r%u\",\"errors_bitmask\":%u", below(2), bits());
	snprintf(text, sizeof text, "{\"time\":%.6f,\"channel\":\"%s\",\"bms\":%d%s,\"type\":\"%s\"%s}",
		 BASE + now, p->channel, p->bms, name_of(p),
		 p->can                         ? "can"
		 : strstr(members, "\"frame\"") ? "rejected"
						: "live",
		 members);
	line(text);
}

static void some_event(const struct place *p)
{
	static const char *const events[] = {
		"null,\"type\":\"event\",\"event\":\"open\",\"words\":\"serial\"",
		"null,\"type\":\"event\",\"event\":\"close\",\"words\":\"device vanished\"",
		"null,\"type\":\"event\",\"event\":\"close\",\"words\":\"told to stop\"",
		"null,\"type\":\"event\",\"event\":\"mode\",\"words\":\"poll\"",
		"null,\"type\":\"event\",\"event\":\"junk\",\"words\":\"12\"",
	};
	char text[512];
	snprintf(text, sizeof text, "{\"time\":%.6f,\"channel\":\"%s\",\"bms\":%s}", BASE + now, p->channel,
		 events[below(sizeof events / sizeof *events)]);
	if (below(3) == 0)
		snprintf(text, sizeof text,
			 "{\"time\":%.6f,\"channel\":\"%s\",\"bms\":%d%s,\"type\":\"event\",\"event\":\"%s\","
			 "\"words\":\"\"}",
			 BASE + now, p->channel, p->bms, name_of(p),
			 p->can     ? "open"
			 : below(2) ? "conflict"
				    : "timeout");
	line(text);
}

/*
 * The state is written, read, and the same again.  Which severity was reported last is not in it: the next
 * change may report that again.
 */
static void restart(void)
{
	static char state[1 << 20], again[1 << 20];
	unsigned dropped;
	struct strbuf t = {.data = state, .capacity = sizeof state},
		      u = {.data = again, .capacity = sizeof again};
	state_write(&t, &engine.model);
	fresh(rules_text);
	const char *wrong = state_read(&engine.model, &engine.keys->members, state, t.size, &dropped);
	ck_assert_msg(!wrong, "%s: %.*s", wrong, (int)t.size, state);
	for (size_t i = 0; i < accounts; i++)
		account[i].severity[0] = '\0';
	state_write(&u, &engine.model);
	ck_assert_msg(t.size == u.size, "%.*s\nis now\n%.*s", (int)t.size, state, (int)u.size, again);
}

/* What counts the alarms of a pack, and what links it to its sources, is in order. */
static void check_model(void)
{
	const struct model *m = &engine.model;
	for (size_t i = 0; i < m->packs; i++) {
		unsigned active = 0;
		int sources = 0;
		for (size_t k = 0; k < model_slots(&rules); k++)
			active += m->pack[i]->slot[k].active;
		for (int k = 0; k < PACK_SOURCES_MAX; k++)
			sources += m->pack[i]->source[k] != NULL;
		ck_assert_uint_eq(active, m->pack[i]->active);
		ck_assert_uint_eq(0, m->pack[i]->changed);
		ck_assert_int_eq(sources, m->pack[i]->source_count);
		for (int k = 0; k < PACK_SOURCES_MAX; k++)
			if (m->pack[i]->source[k] && m->pack[i]->source[k]->kind == PACK_SOURCE_RS485)
				ck_assert_ptr_nonnull(m->pack[i]->link->rs485[m->pack[i]->bms]);
	}
	for (size_t i = 0; i < m->sources; i++)
		ck_assert_ptr_eq(m->source[i]->pack->source[m->source[i]->number], m->source[i]);
}

START_TEST(each_raise_has_one_clear)
{
	const char *first_seed = getenv("JK_SEED"), *seeds = getenv("JK_MIXTURES");
	unsigned first = first_seed ? count_in(first_seed) : 1, last = first + (seeds ? count_in(seeds) : 4);
	for (unsigned seed = first; seed < last; seed++) {
		chance = seed * UINT64_C(0x9E3779B97F4A7C15);
		accounts = 0;
		now = 100;
		fresh(rules_text);
		unsigned used = 1 + below(PLACES);
		for (int i = 0; i < 2000; i++) {
			const struct place *p = &places[below(used)];
			pass_time();
			if (below(40) == 0)
				some_event(p);
			else if (below(400) == 0)
				restart();
			else if (below(100) == 0)
				engine_quiet(&engine, 1000000 * (int64_t)below(60),
					     (int64_t)(BASE + now) * 1000000);
			else
				for (unsigned n = below(4) ? 1 : 12; n > 0; n--) {
					frame(p);
					check_output();
					now += .1;
				}
			check_output();
			check_model();
		}
	}
}
END_TEST

UNIT_RUN("alarm_mixture", each_raise_has_one_clear)
