/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <stdbool.h>
#include <stdint.h>

#include "caps.h"
#include "fields.h"
#include "frame_line.h"
#include "number.h"

static const struct field *find(struct slice key)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < field_tables[type]->count; i++)
			if (slice_is(key, field_tables[type]->rows[i].key))
				return &field_tables[type]->rows[i];
	return NULL;
}

static bool in_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool like_a_key(struct slice key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!in_name(key.p[i]) && (i == 0 || key.p[i] < '0' || key.p[i] > '9'))
			return false;
	return key.n > 0;
}

/* [CHANNEL:]ADDRESS, with an address of 1 to 3 digits. */
static bool like_a_bms(struct slice word)
{
	char channel[CHANNEL_MAX + 1];
	struct slice address;
	int64_t value;
	return frame_line_cut_source(word, channel, &address) && address.n <= 3 &&
	       number_parse(address.p, address.n, 0, 999, &value);
}

enum { ID, BMS, KEY, VALUE, WORDS };

/* The first words; false if there are not as many, or one holds a control character. */
static bool take_words(struct slice *rest, struct slice word[WORDS])
{
	for (int i = 0; i < WORDS; i++) {
		if (rest->n == 0 || *rest->p != ' ')
			return false;
		word[i] = slice_word(rest);
		for (size_t k = 0; k < word[i].n; k++)
			if ((unsigned char)word[i].p[k] < ' ')
				return false;
	}
	return word[VALUE].n > 0;
}

static void add_word(struct strbuf *t, struct slice word)
{
	strbuf_char(t, ' ');
	strbuf_add(t, word.p, word.n);
}

/* The result, a word of small letters. */
static void add_outcome(struct strbuf *t, struct slice rest)
{
	struct slice word = slice_word(&rest);
	size_t n = 0;
	while (n < word.n && ((word.p[n] >= 'a' && word.p[n] <= 'z') || word.p[n] == '-'))
		n++;
	if (n > 0)
		add_word(t, (struct slice){word.p, n});
}

void result_words(struct strbuf *t, struct slice words)
{
	struct slice rest = words, word[WORDS];
	if (!take_words(&rest, word)) {
		strbuf_string(t, " - - * * -");
		return;
	}
	const struct field *f = find(word[KEY]);
	if (f && f->writable) {
		strbuf_add(t, words.p, words.n);
	} else if (f || (like_a_bms(word[BMS]) && like_a_key(word[KEY]))) {
		for (int i = ID; i < VALUE; i++)
			add_word(t, word[i]);
		strbuf_string(t, " *");
		strbuf_add(t, rest.p, rest.n);
	} else {
		strbuf_string(t, " - - * *");
		add_outcome(t, rest);
	}
}
