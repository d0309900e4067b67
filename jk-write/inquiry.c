/* SPDX-License-Identifier: MIT */
#include "inquiry.h"

#include <string.h>

#include "firmware.h"
#include "number.h"
#include "setting.h"
#include "setting_rules.h"
#include "target.h"
#include "value.h"

enum { WORDS_MOST = 7, ITEM_MAX = 160 };

/* ---- the question ---- */

/* The command as it would be sent: BMS KEY VALUE ID [@TIME]. */
static void make_command(struct inquiry *i, const struct slice *words, size_t count)
{
	struct strbuf t = {.data = i->command, .capacity = sizeof i->command};
	for (size_t k = 3; k < 6; k++) {
		strbuf_add(&t, words[k].p, words[k].n);
		strbuf_char(&t, ' ');
	}
	strbuf_add(&t, i->id.p, i->id.n);
	if (count == WORDS_MOST) {
		strbuf_char(&t, ' ');
		strbuf_add(&t, words[6].p, words[6].n);
	}
	i->size = t.size;
}

static enum inquiry_kind kind_of(struct inquiry *i, const struct slice *words, size_t count)
{
	if (count == 2)
		return INQUIRY_READY;
	if (slice_is(words[2], "packs") && count == 4)
		return number_parse(words[3].p, words[3].n, 0, INT32_MAX, &i->from) ? INQUIRY_PACKS
										    : INQUIRY_NONE;
	i->bms = words[3];
	if (slice_is(words[2], "read") && count == 5)
		return number_parse(words[4].p, words[4].n, 0, INT32_MAX, &i->from) ? INQUIRY_READ
										    : INQUIRY_NONE;
	if (!slice_is(words[2], "check") || (count != WORDS_MOST - 1 && count != WORDS_MOST))
		return INQUIRY_NONE;
	make_command(i, words, count);
	return INQUIRY_CHECK;
}

void inquiry_parse(struct inquiry *i, const char *p, size_t n)
{
	struct slice words[WORDS_MOST], rest = {p, n};
	size_t count = 0;
	i->kind = INQUIRY_NONE;
	for (struct slice word; (word = slice_next(&rest, " \t")).n > 0; count++) {
		if (count == WORDS_MOST)
			return;
		words[count] = word;
	}
	if (count < 2 || !slice_is(words[0], "?") || !command_id_valid(words[1].p, words[1].n))
		return;
	i->id = words[1];
	i->kind = kind_of(i, words, count);
}

/* ---- the answers ---- */

/* Items from `from` on, as far as there is room; then the number of the next one, before which they stand. */
struct listing {
	int64_t from, number, next;
	struct strbuf items;
	char data[FRAME_LINE_MAX - CHANNEL_MAX - ID_MAX - BMS_WORD_MAX - 64];
};

static void begin_listing(struct listing *l, int64_t from)
{
	l->from = from;
	l->number = 0;
	l->next = -1;
	l->items = (struct strbuf){.data = l->data, .capacity = sizeof l->data};
}

static void list(struct listing *l, const struct strbuf *item)
{
	if (l->number++ < l->from || l->next >= 0)
		return;
	struct strbuf before = l->items;
	strbuf_char(&l->items, ' ');
	strbuf_add(&l->items, item->data, item->size);
	if (!l->items.overflow)
		return;
	l->items = before;
	l->next = l->number - 1;
}

static void put_listing(struct strbuf *t, const struct listing *l)
{
	strbuf_char(t, ' ');
	if (l->next >= 0)
		strbuf_decimal(t, l->next, 0);
	else
		strbuf_char(t, '-');
	strbuf_add(t, l->items.data, l->items.size);
}

/* "bus:1" for each pack, and "can0:can" for a bus on which nothing can be set. */
static void list_channel(struct listing *l, struct channel *channel)
{
	char text[ITEM_MAX];
	struct strbuf item = {.data = text, .capacity = sizeof text};
	strbuf_string(&item, channel->name);
	strbuf_char(&item, ':');
	size_t size = item.size;
	for (unsigned bms = BMS_MIN; bms <= BMS_MAX && !channel->can; bms++) {
		struct pack *pack = &channel->packs[bms];
		bus_look(pack);
		item.size = size;
		strbuf_unsigned(&item, bms);
		if (pack->known[FRAME_SETTINGS] || pack->known[FRAME_ABOUT])
			list(l, &item);
	}
	if (!channel->can)
		return;
	strbuf_string(&item, "can");
	list(l, &item);
}

/* A text of the about frame as one word. */
static void list_text(struct listing *l, const struct pack *pack, const char *name, const char *key)
{
	char text[ITEM_MAX];
	struct strbuf item = {.data = text, .capacity = sizeof text};
	const struct field *f = field_find(FRAME_ABOUT, key);
	const char *p = (const char *)pack->frames[FRAME_ABOUT] + f->offset;
	if (!pack->known[FRAME_ABOUT])
		return;
	strbuf_string(&item, name);
	strbuf_char(&item, '=');
	for (size_t n = strnlen(p, f->size), i = 0; i < n; i++)
		strbuf_char(&item, p[i] > 0x20 && p[i] < 0x7F && p[i] != '"' ? p[i] : '_');
	list(l, &item);
}

static void list_setting(struct listing *l, const struct pack *pack, const struct field *f,
			 enum frame_type type)
{
	char text[ITEM_MAX];
	struct strbuf item = {.data = text, .capacity = sizeof text};
	strbuf_string(&item, f->key);
	strbuf_char(&item, '=');
	value_word(&item, f, setting_get(f, pack->frames[type]));
	list(l, &item);
}

/* Has this BMS the setting at all? */
static bool has(const struct pack *pack, const struct field *f)
{
	char why[WHY_MAX];
	struct strbuf t = {.data = why, .capacity = sizeof why};
	return f->firmware.major == 0 ||
	       (pack->known[FRAME_ABOUT] && setting_rules_allow_firmware(f, pack->frames[FRAME_ABOUT], &t));
}

static void list_pack(struct listing *l, struct pack *pack)
{
	bus_look(pack);
	list_text(l, pack, "model", "vendor_id");
	list_text(l, pack, "hardware", "hardware_version");
	list_text(l, pack, "firmware", "software_version");
	for (enum frame_type type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; pack->known[type] && i < field_tables[type]->count; i++) {
			const struct field *f = &field_tables[type]->rows[i];
			if (setting_is(f) && has(pack, f))
				list_setting(l, pack, f, type);
		}
}

static void answer_read(struct strbuf *t, const struct inquiry *i, const struct environment *env,
			struct bus *bus)
{
	struct command c = {.step = STEP_WAITING};
	struct listing l;
	begin_listing(&l, i->from);
	bool valid = command_parse_bms(&c, i->bms);
	if (valid)
		target_guess(env, bus, &c);
	struct channel *channel = valid ? target_channel(bus, &c) : NULL;
	if (channel && !channel->can)
		list_pack(&l, &channel->packs[c.address]);
	strbuf_char(t, ' ');
	strbuf_add(t, i->bms.p, i->bms.n < BMS_WORD_MAX ? i->bms.n : BMS_WORD_MAX);
	put_listing(t, &l);
}

static void answer_packs(struct strbuf *t, const struct inquiry *i, const struct bus *bus)
{
	struct listing l;
	begin_listing(&l, i->from);
	for (size_t k = 0; k < bus->count; k++)
		if (bus->channels[k]->present || bus->channels[k]->can)
			list_channel(&l, bus->channels[k]);
	put_listing(t, &l);
}

void inquiry_answer(struct strbuf *t, const struct inquiry *i, const struct environment *env, struct bus *bus,
		    struct now now)
{
	static const char *const names[] = {
		[INQUIRY_READY] = "!ready ", [INQUIRY_PACKS] = "!packs ", [INQUIRY_READ] = "!read "};
	frame_line_begin(t, now.real_us, "-");
	strbuf_string(t, names[i->kind]);
	strbuf_add(t, i->id.p, i->id.n);
	if (i->kind == INQUIRY_PACKS)
		answer_packs(t, i, bus);
	if (i->kind == INQUIRY_READ)
		answer_read(t, i, env, bus);
	strbuf_char(t, '\n');
}
