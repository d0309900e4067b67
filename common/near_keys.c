/* SPDX-License-Identifier: MIT */
#include "near_keys.h"

#include <string.h>

#include "can_keys.h"

/* How far a key is away.  Lower is nearer. */
enum {
	WORD_MAX = 64,
	EDIT = 10,      /* for each letter that is wrong, missing, too many or changed places */
	INITIALS = 5,   /* soc: state_of_charge */
	BEGINNINGS = 8, /* totvolt: total_voltage */
	PART = 12,      /* sensor_1: temperature_sensor_1 */
	CUT = 2,        /* the part ends in the middle of a word */
	SKIPPED = 4,    /* for each word that has no part in it */
	FAR = 1000,
};

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* ---- one letter or two are wrong ---- */

/* The number of edits from a to b, both of at most WORD_MAX bytes; neighbours that changed places are one. */
static unsigned edits(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][WORD_MAX + 1];
	for (size_t k = 0; k <= m; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			now[k] = least(least(before[k], now[k - 1]) + 1,
				       before[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], earlier[k - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

static unsigned wrong_letters(const char *word, size_t n, const char *key, size_t m)
{
	unsigned count = edits(word, n, key, m);
	return count <= (n < 6 ? 1 : n / 3) ? EDIT * count : FAR;
}

/* ---- an abbreviation ---- */

static size_t word_size(const char *key)
{
	return strcspn(key, "_");
}

/*
 * Is the word made of the beginnings of words of the key, in their order?  Returns how many words of it have
 * no part in that; FAR if it is not.  Blanks between are passed over.
 */
static unsigned skipped_words(const char *word, size_t n, const char *key)
{
	while (n > 0 && *word == '_')
		word++, n--;
	size_t size = word_size(key);
	const char *next = key[size] == '_' ? key + size + 1 : key + size;
	if (*key == '\0')
		return n == 0 ? 0 : FAR;
	unsigned fewest = 1 + skipped_words(word, n, next);
	for (size_t i = 1; i <= n && i <= size && word[i - 1] == key[i - 1]; i++)
		fewest = least(fewest, skipped_words(word + i, n - i, next));
	return fewest;
}

static bool is_initials(const char *word, size_t n, const char *key)
{
	size_t i = 0;
	for (const char *p = key; *p; p += word_size(p) + (p[word_size(p)] == '_'))
		if (i == n || word[i++] != *p)
			return false;
	return i == n;
}

static unsigned abbreviation(const char *word, size_t n, const char *key)
{
	if (n < 2)
		return FAR;
	if (is_initials(word, n, key))
		return INITIALS;
	unsigned skipped = skipped_words(word, n, key);
	return skipped < FAR ? BEGINNINGS + SKIPPED * skipped : FAR;
}

static unsigned part(const char *word, size_t n, const char *key, size_t m)
{
	const char *at = n >= 3 ? memmem(key, m, word, n) : NULL;
	unsigned others = 0;
	for (const char *p = key; at && p < key + m; p++)
		others += *p == '_' && (p < at || p >= at + n);
	if (!at)
		return FAR;
	bool whole = (at == key || at[-1] == '_') && (at[n] == '_' || at[n] == '\0');
	return PART + SKIPPED * others + (whole ? 0 : CUT);
}

/* ---- all keys ---- */

struct found {
	const char *word;
	size_t n;
	bool (*suits)(const struct record_key *key);
	struct near {
		const struct record_key *key;
		unsigned distance;
	} near[NEAR_KEYS_MAX];
	unsigned count;
};

static unsigned distance_of(const struct found *f, const char *key)
{
	size_t m = strlen(key);
	unsigned distance = least(abbreviation(f->word, f->n, key), part(f->word, f->n, key, m));
	return least(distance, m <= WORD_MAX ? wrong_letters(f->word, f->n, key, m) : FAR);
}

static bool is_found(const struct found *f, const struct record_key *key)
{
	for (unsigned i = 0; i < f->count; i++)
		if (strcmp(f->near[i].key->key, key->key) == 0)
			return true;
	return false;
}

static bool is_nearer(const struct near *a, const struct near *b)
{
	size_t n = strlen(a->key->key), m = strlen(b->key->key);
	return a->distance < b->distance || (a->distance == b->distance && n < m);
}

static void take(struct found *f, const struct record_key *key)
{
	struct near one = {key, distance_of(f, key->key)};
	if (one.distance >= FAR || (f->suits && !f->suits(key)) || is_found(f, key))
		return;
	unsigned place = f->count < NEAR_KEYS_MAX ? f->count++ : NEAR_KEYS_MAX;
	for (; place > 0 && is_nearer(&one, &f->near[place - 1]); place--)
		if (place < NEAR_KEYS_MAX)
			f->near[place] = f->near[place - 1];
	if (place < NEAR_KEYS_MAX)
		f->near[place] = one;
}

static void take_all(struct found *f, const struct record_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		take(f, &keys->key[i]);
}

static void look(struct found *f)
{
	static const enum frame_type types[] = {FRAME_LIVE, FRAME_SETTINGS, FRAME_ABOUT};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		take_all(f, record_keys(types[i]));
	take_all(f, can_keys_all(CAN_JK));
}

unsigned near_keys(struct strbuf *t, const char *word, size_t n, bool (*suits)(const struct record_key *key))
{
	char plain[WORD_MAX];
	struct found f = {.word = plain, .n = n, .suits = suits};
	if (n == 0 || n > WORD_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		plain[i] = word[i] >= 'A' && word[i] <= 'Z'   ? (char)(word[i] - 'A' + 'a')
			   : word[i] == '-' || word[i] == ' ' ? '_'
							      : word[i];
	look(&f);
	if (f.count == 0 && n > 4 && plain[n - 1] == 's') { /* volts */
		f.n--;
		look(&f);
	}
	for (unsigned i = 0; i < f.count; i++) {
		strbuf_string(t, i > 0 ? ", " : "");
		strbuf_string(t, f.near[i].key->key);
	}
	return f.count;
}
