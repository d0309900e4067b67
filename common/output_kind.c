/* SPDX-License-Identifier: MIT */
#include "output_kind.h"

#include <string.h>

/*
 * The values of a pack and of a bank are all called jk_KEY.  Others have keys that mean something else, as
 * total_voltage and cell_count of settings.
 */
static const struct output_kind kinds[] = {
	{"live", "jk", NULL, {NULL}, OUTPUT_LIVES},
	{"can", "jk", NULL, {NULL}, OUTPUT_LIVES},
	{"bank", "jk", NULL, {NULL}, OUTPUT_LIVES},
	{"inverter", "jk_inverter", NULL, {NULL}, OUTPUT_LIVES},
	{"settings", "jk_settings", NULL, {NULL}, OUTPUT_LASTS},
	{"about", "jk_about", NULL, {NULL}, OUTPUT_LASTS},
	{"energy", "jk_energy", NULL, {NULL}, OUTPUT_LASTS},
	{"balance", "jk_balance", NULL, {NULL}, OUTPUT_LASTS},
	{"score", "jk_score", NULL, {NULL}, OUTPUT_LASTS},
	{"health", "jk_health", NULL, {NULL}, OUTPUT_LASTS},
	{"summary", "jk_summary", NULL, {NULL}, OUTPUT_LASTS},
	{"alarm", "jk_alarm", "key", {"text", "severity"}, OUTPUT_STAYS},
	{"event", "jk_event", "event", {"words"}, OUTPUT_PASSES},
	/* No values of a pack, or wrong ones. */
	{"ack", NULL, NULL, {NULL}, OUTPUT_PASSES},
	{"read", NULL, NULL, {NULL}, OUTPUT_PASSES},
	{"exception", NULL, NULL, {NULL}, OUTPUT_PASSES},
	{"rejected", NULL, NULL, {NULL}, OUTPUT_PASSES},
};

static struct output_kind other(struct slice type, char room[OUTPUT_NAME_MAX])
{
	struct output_kind kind = {.type = "", .life = OUTPUT_LIVES};
	struct strbuf t = {.data = room, .capacity = OUTPUT_NAME_MAX - 1};
	strbuf_string(&t, "jk_");
	for (size_t i = 0; i < type.n; i++) {
		char c = type.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		strbuf_char(&t, plain ? c : '_');
	}
	room[t.size] = '\0';
	kind.name = type.n == 0 || t.overflow ? NULL : room;
	return kind;
}

struct output_kind output_kind_of(const struct output_record *r, char room[OUTPUT_NAME_MAX])
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is(r->member[OUTPUT_TYPE], kinds[i].type))
			return kinds[i];
	return other(r->member[OUTPUT_TYPE], room);
}

bool output_kind_has_text(const struct output_kind *kind, struct slice key)
{
	for (size_t i = 0; i < sizeof kind->texts / sizeof *kind->texts; i++)
		if (kind->texts[i] && slice_is(key, kind->texts[i]))
			return true;
	return false;
}

static void add(struct output_tags *tags, const char *name, struct slice value)
{
	if (value.n > 0)
		tags->tag[tags->count++] = (struct output_tag){name, value};
}

void output_tags_of(struct output_tags *tags, const struct output_record *r, const struct output_kind *kind)
{
	const struct output_value *own = kind->tag ? output_record_find(r, kind->tag) : NULL;
	tags->count = 0;
	add(tags, "pack", output_record_pack(r, tags->room));
	add(tags, "bank", r->member[OUTPUT_BANK]);
	add(tags, "channel", r->member[OUTPUT_CHANNEL]);
	tags->of_pack = tags->count;
	if (own && own->kind == OUTPUT_TEXT)
		add(tags, kind->tag, own->text);
}
