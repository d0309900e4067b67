/* SPDX-License-Identifier: MIT */
#include "members.h"

#include <string.h>

#include "text.h"

/* ---- keys ---- */

/* The shortest member is "":0 with a comma, and no two are alike: there always is a free place. */
enum { ADDED_MAX = 500 };
_Static_assert(MEMBERS_SIZE_MAX / 5 + ADDED_MAX < MEMBERS_PLACES, "no free place");

/* The first and the last bytes tell the keys of a record apart well enough; all of them would cost too much. */
static size_t home_of(const char *key, size_t n)
{
	uint64_t first = 0, last = 0;
	memcpy(&first, key, n < 8 ? n : 8);
	if (n > 8)
		memcpy(&last, key + n - 8, 8);
	uint64_t mixed = (first + n) * UINT64_C(0x9E3779B97F4A7C15) ^ last * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (size_t)((mixed ^ mixed >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 52);
}
_Static_assert(MEMBERS_PLACES == 1 << 12, "home_of takes 12 bits");

/*
 * Where a key is or would go.  Those with an id came first: on the way to one of them are only others of them, and no place
 * that a line has left behind.
 */
static struct member_place *place_of(struct members *m, const char *key, size_t n)
{
	for (size_t i = home_of(key, n);; i = (i + 1) % MEMBERS_PLACES) {
		struct member_place *place = &m->place[i];
		if (place->id == 0 && place->line != m->line)
			return place;
		if (place->size == n && memcmp(place->key, key, n) == 0)
			return place;
	}
}

void members_begin(struct members *m)
{
	memset(m, 0, sizeof *m);
	m->line = 1;
}

unsigned members_add(struct members *m, const char *key, unsigned id)
{
	size_t n = strlen(key);
	struct member_place *place = place_of(m, key, n);
	if (place->id == 0)
		*place = (struct member_place){.key = key, .size = (uint32_t)n, .id = id};
	return place->id;
}

/* ---- what yajl calls ---- */

enum { STOP, GO_ON };

/* A text with escapes stands in yajl's memory, and only for now. */
static const char *keep(struct members *m, const char *p, size_t n)
{
	if ((uintptr_t)p - (uintptr_t)m->p < m->n)
		return p;
	if (n > sizeof m->keep - m->kept) /* cannot be: it is longer in the line */
		return NULL;
	char *kept = memcpy(m->keep + m->kept, p, n);
	m->kept += n;
	return kept;
}

static void end_whole(struct members *m)
{
	if (m->depth == 0)
		m->end = yajl_get_bytes_consumed(m->parser);
}

static int take(struct members *m, enum member_kind kind, const void *p, size_t n)
{
	struct member member = {m->id, MEMBER_ITSELF, kind, p, n};
	if (m->depth == 2 && m->list)
		member.id = m->list, member.index = m->index++;
	else if (m->depth == 0)
		member.id = 0;
	else if (m->depth > 1 || m->id == 0)
		return GO_ON;
	if (kind == MEMBER_TEXT)
		member.p = keep(m, p, n);
	if (m->depth > 0)
		m->visit(m->context, &member);
	else if (kind < MEMBER_LIST)
		m->whole = member;
	if (kind < MEMBER_LIST)
		end_whole(m);
	return GO_ON;
}

static int on_null(void *m)
{
	return take(m, MEMBER_NULL, NULL, 0);
}

static int on_boolean(void *m, int on)
{
	return take(m, on ? MEMBER_TRUE : MEMBER_FALSE, NULL, 0);
}

static int on_number(void *m, const char *p, size_t n)
{
	return take(m, MEMBER_NUMBER, p, n);
}

static int on_text(void *m, const unsigned char *p, size_t n)
{
	return take(m, MEMBER_TEXT, p, n);
}

static int on_key(void *context, const unsigned char *p, size_t n)
{
	struct members *m = context;
	if (m->depth != 1)
		return GO_ON;
	const char *key = keep(m, (const char *)p, n);
	if (!key)
		return STOP;
	struct member_place *place = place_of(m, key, n);
	if (place->line == m->line)
		m->wrong = "a key twice";
	else if (place->id == 0)
		*place = (struct member_place){.key = key, .size = (uint32_t)n};
	place->line = m->line;
	m->id = place->id;
	return GO_ON;
}

static int start(struct members *m, enum member_kind kind)
{
	take(m, kind, NULL, 0);
	if (m->depth == MEMBERS_DEPTH) {
		m->wrong = "nesting too deep";
		return STOP;
	}
	if (m->depth == 1) {
		m->list = kind == MEMBER_LIST ? m->id : 0;
		m->index = 0;
	}
	m->depth++;
	return GO_ON;
}

static int on_list(void *m)
{
	return start(m, MEMBER_LIST);
}

static int on_object(void *m)
{
	return start(m, MEMBER_OBJECT);
}

static int on_end(void *context)
{
	struct members *m = context;
	m->depth--;
	end_whole(m);
	return GO_ON;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_text,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_list,
	.yajl_end_array = on_end,
};

/* ---- lines ---- */

static size_t blanks(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	return i;
}

static unsigned hex4(const char *p)
{
	unsigned code = 0;
	for (int i = 0; i < 4; i++)
		code = code << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return code;
}

/* The escapes of what yajl has taken: each is whole, and stands in a text, which ends with a quote. */
static const char *look_at_escapes(const char *p, const char *end)
{
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		bool unicode = p[1] == 'u';
		unsigned code = unicode ? hex4(p + 2) : ' ';
		p += unicode ? 6 : 2;
		if (code == 0)
			return "a NUL in a text";
		if (code < 0xD800 || code > 0xDFFF)
			continue;
		if (code > 0xDBFF || p[0] != '\\' || p[1] != 'u' || (hex4(p + 2) & 0xFC00) != 0xDC00)
			return "half a surrogate pair in a text";
		p += 6;
	}
	return NULL;
}

static const char *finish(struct members *m, yajl_status status)
{
	size_t at = yajl_get_bytes_consumed(m->parser);
	if (m->end > 0 && m->end + blanks(m->p + m->end, m->n - m->end) < m->n)
		return "something behind the object";
	if (status == yajl_status_client_canceled)
		return m->wrong ? m->wrong : "too long";
	if (status != yajl_status_ok)
		return at < m->n && (unsigned char)m->p[at] < ' ' ? "a control character" : "not JSON";
	if (m->end == 0)
		return "cut off in the middle";
	const char *wrong = look_at_escapes(m->p, m->p + m->n);
	return wrong ? wrong : m->wrong;
}

/* A parser for each line: yajl has no way back from an error, and making one is little work. */
static const char *parse(struct members *m, const char *p, size_t n, members_visit *visit, void *context)
{
	if (n > MEMBERS_SIZE_MAX)
		return "too long";
	if (!text_utf8_valid(p, n)) /* yajl lets overlong forms and surrogates pass */
		return "not UTF-8";
	if (memchr(p, '\v', n) || memchr(p, '\f', n)) /* of which yajl makes blanks */
		return "a control character";
	m->visit = visit, m->context = context;
	m->p = p, m->n = n;
	m->end = m->kept = 0;
	m->depth = m->id = m->list = 0;
	m->wrong = NULL;
	m->line++;
	m->parser = yajl_alloc(&callbacks, NULL, m);
	if (!m->parser)
		return "no memory";
	yajl_config(m->parser, yajl_dont_validate_strings, 1);
	const char *wrong = finish(m, yajl_parse(m->parser, (const unsigned char *)p, n));
	yajl_free(m->parser);
	m->parser = NULL;
	return wrong;
}

const char *members_read(struct members *m, const char *p, size_t n, size_t *close, members_visit *visit,
			 void *context)
{
	size_t first = blanks(p, n);
	if (first == n)
		return "an empty line";
	if (p[first] != '{')
		return "no JSON object";
	const char *wrong = parse(m, p, n, visit, context);
	*close = wrong ? 0 : m->end - 1;
	return wrong;
}

bool members_text(struct members *m, const char *p, size_t n, const char **text, size_t *size)
{
	m->whole.kind = MEMBER_NULL;
	if (n == 0 || p[0] != '"' || parse(m, p, n, NULL, NULL) || m->whole.kind != MEMBER_TEXT)
		return false;
	*text = m->whole.p;
	*size = m->whole.n;
	return true;
}
