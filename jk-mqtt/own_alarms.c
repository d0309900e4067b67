/* SPDX-License-Identifier: MIT */
#include "own_alarms.h"

#include <string.h>

#include "payload.h"

enum {
	LIST_MAX = 8192, /* bytes: 80 alarms of fewer than 100 bytes */
};

bool own_alarms_take(struct own_alarms *own, enum own_alarms_source source, uint32_t value)
{
	if (own->known[source] && own->value[source] == value)
		return false;
	own->known[source] = true;
	own->value[source] = value;
	return true;
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

/* Another source may have reported it: the first rules. */
static bool is_listed(const struct strbuf *t, const char *key)
{
	char member[80];
	struct strbuf m = {.data = member, .capacity = sizeof member - 1};
	payload_string(&m, "key", key);
	return memmem(t->data, t->size, m.data, m.size);
}

static void add(struct strbuf *t, const struct active_alarms *all, const char *key, enum severity severity,
		int64_t time_us)
{
	if (is_listed(t, key))
		return;
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
		     const struct alarm_bit *rows, unsigned known, int64_t time_us)
{
	for (unsigned bit = 0; bit < count; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (bit < known)
			add(t, all, rows[bit].key, rows[bit].severity, time_us);
		else
			add_unknown(t, all, "unknown_bit_", bit, SEVERITY_WARNING, time_us);
	}
}

static void add_levels(struct strbuf *t, const struct active_alarms *all, uint32_t levels, int64_t time_us)
{
	for (unsigned i = 0; i < ALARM_LEVELS_ROOM; i++) {
		unsigned level = levels >> 2 * i & 3;
		if (level == 0)
			continue;
		int bit = alarm_bit_of_level(i);
		if (bit != ALARM_NO_BIT)
			add(t, all, alarm_bits[bit].key, severity_of_level(level), time_us);
		else if (i < ALARM_LEVELS)
			add(t, all, alarm_levels[i].key, severity_of_level(level), time_us);
		else
			add_unknown(t, all, "unknown_level_", i, severity_of_level(level), time_us);
	}
}

bool own_alarms_list(const struct own_alarms *own, struct active_alarms *all, bool from_can, int64_t time_us)
{
	char list[LIST_MAX];
	struct strbuf t = {.data = list, .capacity = sizeof list - 1};
	bool any = false;
	for (int i = 0; i < OWN_ALARMS_SOURCES; i++)
		any |= own->known[i];
	/* A pack on a CAN bus sends no frame for "no alarm". */
	if (all->known || !(any || from_can))
		return false;
	strbuf_char(&t, '[');
	add_bits(&t, all, own->value[OWN_ALARMS_BITS], ALARM_BITS_ROOM, alarm_bits, ALARM_BITS, time_us);
	add_levels(&t, all, own->value[OWN_ALARMS_LEVELS], time_us);
	add_bits(&t, all, own->value[OWN_ALARMS_CAN_BITS], ALARM_CAN_BITS_ROOM, alarm_can_bits,
		 ALARM_CAN_BITS, time_us);
	strbuf_char(&t, ']');
	list[t.size] = '\0';
	struct json_object *array = t.overflow ? NULL : json_tokener_parse(list);
	if (!array)
		return false;
	bool changed = active_alarms_set(all, ALARMS_OWN, array);
	json_object_put(array);
	return changed || !all->published;
}
