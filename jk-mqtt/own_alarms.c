/* SPDX-License-Identifier: MIT */
#include "own_alarms.h"

#include <string.h>

#include "payload.h"

enum {
	LIST_MAX = 8192, /* bytes: 80 alarms of fewer than 100 bytes */
	ERROR_BITS = 32,
	CAN_BITS = 24,
	LEVELS = 16,
};

/* Where a record holds them. */
static const char *const members[OWN_ALARMS_SOURCES] = {
	[OWN_ALARMS_BITS] = "errors_bitmask",
	[OWN_ALARMS_CAN_BITS] = "can_error_bits",
	[OWN_ALARMS_LEVELS] = "can_alarm_levels",
};

/* Takes the values of the record; returns whether one is new or differs. */
static bool take(struct own_alarms *own, struct json_object *state)
{
	bool changed = false;
	for (int i = 0; i < OWN_ALARMS_SOURCES; i++) {
		int64_t value = 0;
		bool present = json_value_whole(json_member(state, members[i]), UINT32_MAX, &value);
		/*
		 * The CAN frames come only while something is wrong: null after a value means that they have
		 * stopped.
		 */
		if (!present && (i == OWN_ALARMS_BITS || !own->known[i]))
			continue;
		changed |= !own->known[i] || own->value[i] != (uint32_t)value;
		own->known[i] = true;
		own->value[i] = (uint32_t)value;
	}
	return changed;
}

/* An alarm that was active before keeps its time, also if its severity changes. */
static void add_since(struct strbuf *t, const struct active_alarms *all, const char *key, int64_t time_us)
{
	static const char since[] = "\"since\":";
	for (size_t i = 0; i < all->count; i++) {
		const char *before =
			strcmp(all->list[i].key, key) == 0 ? strstr(all->list[i].json, since) : NULL;
		if (!before)
			continue;
		strbuf_string(t, ",");
		strbuf_string(t, before);
		return;
	}
	payload_key(t, "since");
	strbuf_decimal(t, time_us, 6);
	strbuf_char(t, '}');
}

static void add(struct strbuf *t, const struct active_alarms *all, const char *key, enum severity severity,
		int64_t time_us)
{
	if (t->data[t->size - 1] != '[')
		strbuf_char(t, ',');
	strbuf_char(t, '{');
	payload_string(t, "key", key);
	payload_string(t, "severity", severity_name(severity));
	add_since(t, all, key, time_us);
}

static void add_unknown(struct strbuf *t, const struct active_alarms *all, const char *what, unsigned number,
			enum severity severity, int64_t time_us)
{
	char key[32];
	struct strbuf k = {.data = key, .capacity = sizeof key - 1};
	strbuf_string(&k, what);
	strbuf_unsigned(&k, number);
	key[k.size] = '\0';
	add(t, all, key, severity, time_us);
}

static void add_bits(struct strbuf *t, const struct active_alarms *all, uint32_t bits, unsigned count,
		     unsigned known, int64_t time_us)
{
	for (unsigned bit = 0; bit < count; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (bit < known)
			add(t, all, alarm_bits[bit].key, alarm_bits[bit].severity, time_us);
		else
			add_unknown(t, all, "unknown_bit_", bit, SEVERITY_WARNING, time_us);
	}
}

static void add_levels(struct strbuf *t, const struct active_alarms *all, uint32_t levels, int64_t time_us)
{
	for (unsigned i = 0; i < LEVELS; i++) {
		unsigned level = levels >> 2 * i & 3;
		if (level == 0)
			continue;
		if (i < ALARM_LEVELS)
			add(t, all, alarm_levels[i].key, severity_of_level(level), time_us);
		else
			add_unknown(t, all, "unknown_level_", i, severity_of_level(level), time_us);
	}
}

bool own_alarms_set(struct own_alarms *own, struct active_alarms *all, struct json_object *state,
		    bool from_can, int64_t time_us)
{
	char list[LIST_MAX];
	struct strbuf t = {.data = list, .capacity = sizeof list - 1};
	/* A pack on a CAN bus sends no frame for "no alarm". */
	bool is_first = !all->published && from_can;
	if (all->known || !(take(own, state) || is_first))
		return false;
	strbuf_char(&t, '[');
	add_bits(&t, all, own->value[OWN_ALARMS_BITS], ERROR_BITS, ALARM_BITS, time_us);
	add_bits(&t, all, own->value[OWN_ALARMS_CAN_BITS], CAN_BITS, ALARM_CAN_BITS, time_us);
	add_levels(&t, all, own->value[OWN_ALARMS_LEVELS], time_us);
	strbuf_char(&t, ']');
	list[t.size] = '\0';
	struct json_object *array = t.overflow ? NULL : json_tokener_parse(list);
	if (!array)
		return false;
	active_alarms_set(all, NULL, array);
	json_object_put(array);
	return true;
}
