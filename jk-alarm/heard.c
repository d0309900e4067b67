/* SPDX-License-Identifier: MIT */
#include "heard.h"

#include <string.h>

#include "keys.h"
#include "number.h"
#include "scan.h"

/* Keys that have a place of their own; those of the rules come behind them. */
enum id {
	ID_TIME,
	ID_CHANNEL,
	ID_BMS,
	ID_TYPE,
	ID_ALARMS,
	ID_ERRORS,
	ID_CAN_LEVELS,
	ID_CAN_ERRORS,
	ID_EVENT,
	ID_WORDS,
	ID_FRAME,
	ID_REASON,
	ID_CELL_VOLTAGES,
	ID_CELL_RESISTANCES,
	IDS,
	ID_RULE = IDS, /* a key of rules: the first of them that has it */
	ID_MAX = ID_RULE + RULES_MAX,
};

static const char *const id_keys[IDS] = {
	[ID_TIME] = "time",
	[ID_CHANNEL] = "channel",
	[ID_BMS] = "bms",
	[ID_TYPE] = "type",
	[ID_ALARMS] = "alarms",
	[ID_ERRORS] = "errors_bitmask",
	[ID_CAN_LEVELS] = "can_alarm_levels",
	[ID_CAN_ERRORS] = "can_error_bits",
	[ID_EVENT] = "event",
	[ID_WORDS] = "words",
	[ID_FRAME] = "frame",
	[ID_REASON] = "reason",
	[ID_CELL_VOLTAGES] = "cell_voltages",
	[ID_CELL_RESISTANCES] = "cell_resistances",
};

static const char *const type_names[HEARD_TYPES] = {
	[HEARD_LIVE] = "live", [HEARD_SETTINGS] = "settings", [HEARD_ABOUT] = "about",
	[HEARD_CAN] = "can",   [HEARD_EVENT] = "event",       [HEARD_REJECTED] = "rejected",
};

static const int64_t TIME_MAX_US = INT64_C(253402300800000000); /* the end of the year 9999 */

/* A few bytes tell the keys of a record apart well enough; all of them would cost more than the rest of the reading. */
static size_t place_of(const char *key, size_t n)
{
	const unsigned char *p = (const unsigned char *)key;
	return (n * 31 + p[0] * 7u + p[n / 2] * 13u + p[n - 1] * 3u) % HEARD_PLACES;
}

static const struct heard_key *find(const struct heard_keys *keys, const char *key, size_t n)
{
	if (n == 0)
		return NULL;
	for (size_t i = place_of(key, n);; i = (i + 1) % HEARD_PLACES) {
		const struct heard_key *k = &keys->table[i];
		if (!k->key)
			return NULL;
		if (k->size == n && memcmp(k->key, key, n) == 0)
			return k;
	}
}

static void add(struct heard_keys *keys, const char *key, uint8_t id)
{
	size_t n = strlen(key), i = place_of(key, n);
	if (find(keys, key, n))
		return;
	while (keys->table[i].key) /* some 80 keys in 512 places: there always is one */
		i = (i + 1) % HEARD_PLACES;
	keys->table[i] = (struct heard_key){key, n, id};
}

void heard_keys_begin(struct heard_keys *keys, const struct rules *rules)
{
	const char *list;
	*keys = (struct heard_keys){.rules = rules};
	for (int id = 0; id < IDS; id++)
		add(keys, id_keys[id], (uint8_t)id);
	for (size_t i = 0; i < rules->count; i++) {
		const char *key = rules->rule[i].key;
		if (rules->rule[i].kind != RULE_VALUE)
			continue;
		keys->cells += key_cell(key, strlen(key), &list) != CELL_NONE;
		add(keys, key, (uint8_t)(ID_RULE + i));
	}
}

struct reading {
	struct heard *heard;
	const struct heard_keys *keys;
	const char *wrong;
	uint64_t seen[2]; /* a bit for each id */
};

static bool micro_of(const struct scan_member *m, int64_t min, int64_t max, int64_t *micro)
{
	return m->kind == SCAN_NUMBER && number_decimal(m->value, m->size, 6, min, max, micro);
}

/* A whole number of 32 bits, or null. */
static void take_bits(struct reading *r, const struct scan_member *m, struct heard_number *number)
{
	int64_t micro;
	if (m->kind == SCAN_NULL)
		return;
	if (!micro_of(m, 0, UINT32_MAX * INT64_C(1000000), &micro) || micro % 1000000 != 0) {
		r->heard->odd = r->heard->odd ? r->heard->odd : "a bitmask";
		return;
	}
	*number = (struct heard_number){true, micro / 1000000};
}

static struct heard_text take_text(const struct scan_member *m)
{
	return m->kind == SCAN_STRING ? (struct heard_text){m->value, m->size} : (struct heard_text){NULL, 0};
}

static void take_channel(struct reading *r, const struct scan_member *m)
{
	if (m->kind != SCAN_STRING)
		return;
	int n = scan_text(m->value, m->size, r->heard->channel, HEARD_CHANNEL_MAX);
	if (n < 0)
		r->wrong = "a channel of more than 64 bytes";
	else
		r->heard->channel_size = (size_t)n;
}

static void take_bms(struct reading *r, const struct scan_member *m)
{
	int64_t micro;
	if (m->kind == SCAN_NULL)
		return;
	if (!micro_of(m, 0, 255 * INT64_C(1000000), &micro) || micro % 1000000 != 0)
		r->wrong = "an impossible bms";
	else
		r->heard->bms = (int)(micro / 1000000);
}

static void take_type(struct reading *r, const struct scan_member *m)
{
	struct heard_text name = take_text(m);
	if (!name.p)
		r->wrong = "no type";
	for (int type = HEARD_LIVE; type < HEARD_TYPES; type++)
		if (heard_is(name, type_names[type]))
			r->heard->type = (enum heard_type)type;
}

static void take_head(struct reading *r, enum id id, const struct scan_member *m)
{
	switch (id) {
	case ID_TIME:
		if (!micro_of(m, 0, TIME_MAX_US, &r->heard->time_us))
			r->wrong = "no time";
		break;
	case ID_CHANNEL:
		if (m->kind != SCAN_STRING)
			r->wrong = "no channel";
		take_channel(r, m);
		break;
	case ID_BMS:
		take_bms(r, m);
		break;
	default:
		take_type(r, m);
		break;
	}
}

/* The values of all rules with this key. */
static void take_value(struct reading *r, const char *key, size_t n, const struct scan_member *m)
{
	struct heard_number number = {false, 0};
	if (m->kind == SCAN_TRUE || m->kind == SCAN_FALSE)
		number = (struct heard_number){true, m->kind == SCAN_TRUE ? 1000000 : 0};
	else if (m->kind == SCAN_NUMBER)
		number.present = micro_of(m, INT64_MIN, INT64_MAX, &number.micro);
	for (size_t i = 0; i < r->keys->rules->count; i++) {
		const struct rule *rule = &r->keys->rules->rule[i];
		if (rule->kind != RULE_VALUE || strlen(rule->key) != n || memcmp(rule->key, key, n) != 0)
			continue;
		r->heard->value[i] = number;
		if (!number.present && m->kind != SCAN_NULL && !r->heard->odd)
			r->heard->odd = rule->key;
	}
}

/* What rules ask of single cells. */
static void take_cells(struct reading *r, const struct scan_member *m)
{
	if (r->keys->cells == 0 || m->kind != SCAN_LIST)
		return;
	for (size_t i = 0; i < r->keys->rules->count; i++) {
		const struct rule *rule = &r->keys->rules->rule[i];
		struct scan_member cell;
		const char *list;
		int index =
			rule->kind == RULE_VALUE ? key_cell(rule->key, strlen(rule->key), &list) : CELL_NONE;
		if (index == CELL_NONE || strlen(list) != m->key_size ||
		    memcmp(list, m->key, m->key_size) != 0)
			continue;
		if (scan_element(m->value, m->size, (size_t)index, &cell) && cell.kind == SCAN_NUMBER)
			r->heard->value[i].present =
				micro_of(&cell, INT64_MIN, INT64_MAX, &r->heard->value[i].micro);
	}
}

static void take_fixed(struct reading *r, enum id id, const struct scan_member *m)
{
	struct heard *h = r->heard;
	struct heard_number *const bits[IDS] = {
		[ID_ERRORS] = &h->errors, [ID_CAN_LEVELS] = &h->can_levels, [ID_CAN_ERRORS] = &h->can_errors};
	struct heard_text *const texts[IDS] = {[ID_EVENT] = &h->event,
					       [ID_WORDS] = &h->words,
					       [ID_FRAME] = &h->frame,
					       [ID_REASON] = &h->reason};
	if (id <= ID_TYPE)
		take_head(r, id, m);
	else if (id == ID_ALARMS)
		h->annotated = true;
	else if (bits[id])
		take_bits(r, m, bits[id]);
	else if (texts[id])
		*texts[id] = take_text(m);
	else
		take_cells(r, m);
}

static void take_member(void *context, const struct scan_member *m)
{
	struct reading *r = context;
	char plain[RULE_KEY_MAX + 1];
	const char *key = m->key;
	size_t n = m->key_size;
	if (memchr(key, '\\', n)) { /* nobody writes keys so, but they are the same keys */
		int size = scan_text(key, n, plain, sizeof plain);
		if (size < 0)
			return;
		key = plain, n = (size_t)size;
	}
	const struct heard_key *k = find(r->keys, key, n);
	if (!k || r->wrong)
		return;
	if (r->seen[k->id / 64] >> k->id % 64 & 1) {
		r->wrong = "a key twice";
		return;
	}
	r->seen[k->id / 64] |= UINT64_C(1) << k->id % 64;
	if (k->id < IDS)
		take_fixed(r, (enum id)k->id, m);
	if (k->id >= IDS || k->id == ID_ERRORS || k->id == ID_CAN_LEVELS || k->id == ID_CAN_ERRORS)
		take_value(r, key, n, m);
}

const char *heard_record(struct heard *heard, const struct heard_keys *keys, const char *p, size_t n)
{
	*heard = (struct heard){.bms = -1};
	struct reading r = {.heard = heard, .keys = keys};
	const char *wrong = scan_object(p, n, &heard->close, take_member, &r);
	if (wrong || r.wrong)
		return wrong ? wrong : r.wrong;
	static const struct {
		enum id id;
		const char *wrong;
	} needed[] = {{ID_TIME, "no time"}, {ID_CHANNEL, "no channel"}, {ID_TYPE, "no type"}};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!(r.seen[0] >> needed[i].id & 1))
			return needed[i].wrong;
	return NULL;
}

bool heard_is(struct heard_text text, const char *word)
{
	return text.p && strlen(word) == text.n && memcmp(text.p, word, text.n) == 0;
}
