/* SPDX-License-Identifier: MIT */
#include "record_members.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

_Static_assert(MEMBERS_ADDED_MAX + MEMBERS_OTHERS_MAX < MEMBERS_PLACES, "a free place always exists");

/* Hashes the first and last eight bytes only: enough for the keys of records, and cheaper than all bytes. */
static size_t home_of(const char *key, size_t n)
{
	uint64_t first = 0, last = 0;
	memcpy(&first, key, n < 8 ? n : 8);
	if (n > 8)
		memcpy(&last, key + n - 8, 8);
	uint64_t mixed = (first + n) * UINT64_C(0x9E3779B97F4A7C15) ^ last * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (size_t)((mixed ^ mixed >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 52);
}
_Static_assert(MEMBERS_PLACES == 1 << 12, "home_of gives 12 bits");

/*
 * The place of a key, or the free place where it belongs.  All keys were added before the first line, so the
 * search for one of them passes only others of them, never a place left over from an earlier line.
 */
static struct member_place *place_of(struct members *m, const char *p, size_t n)
{
	for (size_t i = home_of(p, n);; i = (i + 1) % MEMBERS_PLACES) {
		struct member_place *place = &m->place[i];
		const struct member_key *key = place->key;
		if (!key || (!key->added && place->line != m->line))
			return place;
		if (key->size == n && memcmp(key->p, p, n) == 0)
			return place;
	}
}

void members_begin(struct members *m)
{
	memset(m, 0, sizeof *m);
	m->line = 1;
}

unsigned members_add(struct members *m, const char *p, unsigned id)
{
	size_t n = strlen(p);
	struct member_place *place = place_of(m, p, n);
	if (!place->key) {
		if (m->keys == MEMBERS_ADDED_MAX)
			abort(); /* the tables have outgrown it: every test fails then */
		place->key = &m->key[m->keys++];
		*place->key = (struct member_key){.p = p, .size = (uint16_t)n, .added = true};
	}
	if (place->key->id == 0)
		place->key->id = (uint16_t)id;
	return place->key->id;
}

/* ---- one record ---- */

/* A text with escapes is unescaped into m->keep; any other is used in place. */
static const char *text_of(struct members *m, size_t *n)
{
	const struct json_reader *r = &m->reader;
	*n = r->size;
	if (!r->escaped)
		return r->text;
	char *kept = m->keep + m->kept;
	*n = json_unescape(kept, r->text, r->size);
	m->kept += *n;
	return kept;
}

/* The key that the reader is at. */
static struct member_key *find_key(struct members *m)
{
	size_t n;
	const char *p = text_of(m, &n);
	struct member_place *place = place_of(m, p, n);
	if (place->key && place->key->added) {
		if (!m->reader.escaped)
			m->last->next = place->key;
	} else if (place->line != m->line) {
		place->key = &m->other[m->others++];
		*place->key = (struct member_key){.p = p, .size = (uint16_t)n};
		place->line = m->line;
	}
	return place->key;
}

/*
 * Reads the next key, if there is one.  Records of one type have the same keys in the same order, so the key
 * that followed this one last time is tried first.
 */
static enum json_token read_key(struct members *m)
{
	struct member_key *key = m->last->next;
	if (!key || !json_key_is(&m->reader, key->p, key->size)) {
		enum json_token token = json_next(&m->reader);
		if (token != JSON_KEY)
			return token;
		key = find_key(m);
	}
	if (key->line == m->line)
		m->twice = true;
	key->line = m->line;
	m->last = key;
	return JSON_KEY;
}

static void hand_out(struct members *m, enum json_token token, unsigned id, int index)
{
	static const enum member_kind kinds[] = {
		[JSON_OBJECT] = MEMBER_OBJECT, [JSON_LIST] = MEMBER_LIST, [JSON_TEXT] = MEMBER_TEXT,
		[JSON_NUMBER] = MEMBER_NUMBER, [JSON_TRUE] = MEMBER_TRUE, [JSON_FALSE] = MEMBER_FALSE,
		[JSON_NULL] = MEMBER_NULL};
	struct member member = {.id = id, .index = index, .kind = kinds[token]};
	if (token == JSON_TEXT)
		member.p = text_of(m, &member.n);
	else if (token == JSON_NUMBER)
		member.p = m->reader.text, member.n = m->reader.size;
	m->visit(m->context, &member);
}

/* The elements of the list that has begun.  Returns the token that ends it. */
static enum json_token read_list(struct members *m, unsigned id)
{
	enum json_token token;
	for (int index = 0; (token = json_next(&m->reader)) != JSON_LIST_END; index++) {
		if (token == JSON_WRONG)
			break;
		hand_out(m, token, id, index);
		if (json_skip(&m->reader, token) == JSON_WRONG)
			return JSON_WRONG;
	}
	return token;
}

/* The members of the object that has begun. */
static enum json_token read_object(struct members *m)
{
	enum json_token token;
	while ((token = read_key(m)) == JSON_KEY) {
		unsigned id = m->last->id;
		token = json_next(&m->reader);
		if (token == JSON_WRONG)
			break;
		if (id > 0)
			hand_out(m, token, id, MEMBER_ITSELF);
		token = id > 0 && token == JSON_LIST ? read_list(m, id) : json_skip(&m->reader, token);
		if (token == JSON_WRONG)
			break;
	}
	return token;
}

static void begin_line(struct members *m, const char *p, size_t n, members_visit *visit, void *context)
{
	json_reader_begin(&m->reader, p, n);
	m->visit = visit, m->context = context;
	m->kept = m->others = 0;
	m->twice = false;
	m->line++;
	m->last = &m->start;
}

const char *members_read(struct members *m, const char *p, size_t n, size_t *close, members_visit *visit,
			 void *context)
{
	*close = 0;
	if (n > MEMBERS_SIZE_MAX)
		return "too long";
	begin_line(m, p, n, visit, context);
	enum json_token token = json_next(&m->reader);
	if (token == JSON_WRONG && m->reader.p == m->reader.end)
		return "an empty line";
	if (token != JSON_OBJECT)
		return "no JSON object";
	if (read_object(m) == JSON_WRONG)
		return m->reader.wrong;
	size_t end = (size_t)(m->reader.p - p);
	if (json_next(&m->reader) == JSON_WRONG)
		return m->reader.wrong;
	if (m->twice)
		return "a key twice";
	*close = end - 1;
	return NULL;
}

bool members_text(struct members *m, const char *p, size_t n, const char **text, size_t *size)
{
	if (n == 0 || n > MEMBERS_SIZE_MAX || p[0] != '"')
		return false;
	begin_line(m, p, n, NULL, NULL);
	if (json_next(&m->reader) != JSON_TEXT)
		return false;
	*text = text_of(m, size);
	return json_next(&m->reader) == JSON_END;
}
