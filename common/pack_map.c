/* SPDX-License-Identifier: MIT */
#include "pack_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line_reader.h"
#include "number.h"
#include "process.h"
#include "slice.h"

/* A line on its way through the parser.  After a fault, `rest` begins where the fault is. */
struct line {
	const char *begin;
	struct slice rest;
};

static const char *fault_at(struct line *line, const char *p, const char *why)
{
	line->rest.p = p;
	return why;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct slice *rest)
{
	while (rest->n > 0 && is_blank(*rest->p))
		rest->p++, rest->n--;
}

/* What is before the next blank; empty at the end and before a comment. */
static struct slice next_word(struct slice *rest)
{
	skip_blanks(rest);
	struct slice word = {rest->p, 0};
	if (rest->n > 0 && *rest->p == '#')
		return word;
	while (rest->n > 0 && !is_blank(*rest->p))
		rest->p++, rest->n--, word.n++;
	return word;
}

static const char *take_source(struct pack_source *source, struct line *line, struct slice word)
{
	int64_t bms;
	struct slice address;
	if (!frame_line_cut_source(word, source->channel, &address))
		return fault_at(line, word.p,
				address.p - word.p > CHANNEL_MAX + 1
					? "the channel is longer than 31 characters"
					: "a channel has 1 to 31 letters, digits, and . _ -");
	if (!number_parse(address.p, address.n, 0, PACK_ADDRESS_MAX, &bms))
		return fault_at(line, address.p, "the address of a BMS is a number from 0 to 15");
	source->bms = (int)bms;
	return NULL;
}

/* ---- names ---- */

/* Against the names of the lines before, and those of BMS that no line names. */
static const char *ids_of_all(const struct pack_map *map, const char *name)
{
	const char *wrong = NULL;
	for (size_t i = 0; i < map->count && !wrong; i++)
		if (map->sources[i]->by_name.owner) /* the first with its name */
			wrong = pack_name_clash(map->sources[i]->name, name);
	for (int bms = 0; bms <= PACK_ADDRESS_MAX && !wrong; bms++) {
		char unnamed[PACK_NAME_MAX + 1];
		pack_name_default(bms, unnamed);
		wrong = pack_name_clash(unnamed, name);
	}
	return wrong;
}

static struct pack_source *first_named(const struct pack_map *map, const char *name)
{
	return name_index_find(&map->names, name, strlen(name));
}

/* bms_N, which is what the BMS with address N is called without a map. */
static bool is_default_of_another(const struct pack_source *source)
{
	char own[PACK_NAME_MAX + 1];
	int64_t bms;
	pack_name_default(source->bms, own);
	return strncmp(source->name, "bms_", 4) == 0 && strcmp(source->name, own) != 0 &&
	       number_parse(source->name + 4, strlen(source->name + 4), 0, UINT8_MAX, &bms);
}

static const char *name_fault(const struct pack_map *map, const struct pack_source *source)
{
	if (pack_name_is_reserved(source->name))
		return "bridge, link, status, summary, bank and bank_NAME are topics of jk-mqtt itself";
	if (is_default_of_another(source))
		return "bms_N is the name of the BMS with address N";
	return first_named(map, source->name) ? NULL : ids_of_all(map, source->name);
}

static const char *take_name(struct pack_source *source, struct line *line, struct slice word)
{
	if (word.n == 0)
		return "no name after the address";
	const char *bad = pack_name_bad_character(word);
	if (bad)
		return fault_at(line, bad, "a name has letters, digits, _ and -");
	if (word.n > PACK_NAME_MAX)
		return fault_at(line, word.p, "the name is longer than 31 characters");
	memcpy(source->name, word.p, word.n);
	return NULL;
}

/* ---- labels and areas ---- */

/* What is wrong with a text in quotes. */
struct text_faults {
	const char *utf8, *control, *backslash, *too_long, *open, *empty, *no_blank, *other;
};
#define TEXT_FAULTS(what, a_what, another)                                                                   \
	{                                                                                                    \
		.utf8 = "the " what " is not valid UTF-8", .control = "a control character in the " what,    \
		.backslash = "in " a_what ", only \" or \\ may follow \\",                                   \
		.too_long = "the " what " is longer than 96 bytes",                                          \
		.open = "the " what " has no closing quote", .empty = "the " what " is empty",               \
		.no_blank = "no blank after the " what, .other = "this name has " another " already",        \
	}
static const struct text_faults label_faults = TEXT_FAULTS("label", "a label", "another label"),
				area_faults = TEXT_FAULTS("area", "an area", "another area");

/* The character of UTF-8 at the beginning of rest; its size, 0 if it cannot be part of a text. */
static size_t text_character(struct slice rest, const struct text_faults *faults, const char **why)
{
	const unsigned char *p = (const unsigned char *)rest.p;
	size_t n = strbuf_utf8_size(rest.p, rest.n);
	*why = NULL;
	if (n == 0)
		*why = faults->utf8;
	else if (p[0] < 0x20 || p[0] == 0x7F || (p[0] == 0xC2 && p[1] < 0xA0))
		*why = faults->control;
	else if (p[0] == '\\' && (rest.n < 2 || !strchr("\"\\", p[1]) || p[1] == '\0'))
		*why = faults->backslash;
	return *why ? 0 : n;
}

static const char *quoted_text(struct strbuf *text, struct line *line, const struct text_faults *faults)
{
	struct slice *rest = &line->rest;
	while (rest->n > 0 && *rest->p != '"') {
		const char *why;
		size_t n = text_character(*rest, faults, &why);
		if (why)
			return why;
		if (*rest->p == '\\')
			rest->p++, rest->n--;
		strbuf_add(text, rest->p, n);
		if (text->overflow)
			return faults->too_long;
		rest->p += n, rest->n -= n;
	}
	return rest->n == 0 ? faults->open : NULL;
}

/* From its quote on; into size bytes, which are zeros. */
static const char *take_text(char *to, size_t size, struct line *line, const struct text_faults *faults)
{
	struct strbuf text = {.data = to, .capacity = size - 1};
	const char *quote = line->rest.p;
	line->rest.p++, line->rest.n--;
	const char *why = quoted_text(&text, line, faults);
	if (why)
		return why;
	line->rest.p++, line->rest.n--;
	if (strspn(to, " ") == text.size)
		return fault_at(line, quote, faults->empty);
	if (line->rest.n > 0 && !is_blank(*line->rest.p))
		return faults->no_blank;
	return NULL;
}

/* Those with one name have one label and one area. */
static bool differs(const char *first, const char *text)
{
	return first[0] && text[0] && strcmp(first, text) != 0;
}

static const char *take_label(const struct pack_map *map, struct pack_source *source, struct line *line)
{
	const struct pack_source *first = first_named(map, source->name);
	skip_blanks(&line->rest);
	const char *quote = line->rest.p;
	if (line->rest.n == 0 || *quote != '"')
		return NULL;
	const char *why = take_text(source->label, sizeof source->label, line, &label_faults);
	if (!why && first && differs(first->label, source->label))
		why = fault_at(line, quote, label_faults.other);
	return why;
}

static const char *take_area(const struct pack_map *map, struct pack_source *source, struct line *line)
{
	const struct pack_source *first = first_named(map, source->name);
	struct line before = *line;
	if (!slice_is(next_word(&line->rest), "area")) {
		*line = before;
		return NULL;
	}
	skip_blanks(&line->rest);
	const char *quote = line->rest.p;
	if (line->rest.n == 0 || *quote != '"')
		return "expected the area in quotes";
	const char *why = take_text(source->area, sizeof source->area, line, &area_faults);
	if (!why && first && differs(first->area, source->area))
		why = fault_at(line, quote, area_faults.other);
	return why;
}

/* ---- lines ---- */

/* The channel and the address; its size. */
static size_t place_of(char place[CHANNEL_MAX + 1], const char *channel, size_t size, int bms)
{
	memcpy(place, channel, size);
	place[size] = (char)bms;
	return size + 1;
}

static const struct pack_source *find_place(const struct pack_map *map, const char *channel, size_t size,
					    int bms)
{
	char place[CHANNEL_MAX + 1];
	return name_index_find(&map->places, place, place_of(place, channel, size, bms));
}

static bool is_named_already(const struct pack_map *map, const struct pack_source *source)
{
	return find_place(map, source->channel, strlen(source->channel), source->bms);
}

static void share(struct pack_source *source, struct pack_source *first)
{
	for (struct pack_source *other = first; other; other = other->same_name) {
		if (source->label[0])
			memcpy(other->label, source->label, sizeof source->label);
		if (source->area[0])
			memcpy(other->area, source->area, sizeof source->area);
	}
	memcpy(source->label, first->label, sizeof source->label);
	memcpy(source->area, first->area, sizeof source->area);
}

static bool make_room(struct pack_map *map)
{
	if (map->count < map->room)
		return true;
	size_t room = map->room ? 2 * map->room : 16;
	struct pack_source **sources = realloc(map->sources, room * sizeof(struct pack_source *));
	if (!sources)
		return false;
	map->sources = sources;
	map->room = room;
	return true;
}

/* False: there is no memory; the program ends then. */
static bool add(struct pack_map *map, const struct pack_source *line)
{
	struct pack_source *source = make_room(map) ? malloc(sizeof *source) : NULL;
	if (!source)
		return false;
	*source = *line;
	map->sources[map->count++] = source;
	map->has_areas |= line->area[0] != '\0';
	size_t size = place_of(source->place, source->channel, strlen(source->channel), source->bms);
	if (!name_index_add(&map->places, &source->by_place, source, source->place, size))
		return false;
	struct pack_source *first = first_named(map, source->name);
	if (!first)
		return name_index_add(&map->names, &source->by_name, source, source->name,
				      strlen(source->name));
	share(source, first);
	source->same_name = first->same_name;
	first->same_name = source;
	return true;
}

void pack_map_end(struct pack_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->sources[i]);
	free(map->sources);
	name_index_end(&map->places);
	name_index_end(&map->names);
	*map = (struct pack_map){0};
}

static const char no_memory[] = "no memory for the line";

static const char *after(const struct pack_source *source)
{
	return source->area[0]    ? "something after the area"
	       : source->label[0] ? "something after the label"
				  : "only a label in quotes may follow the name";
}

static const char *take_line(struct pack_map *map, struct line *line)
{
	struct pack_source source = {0};
	struct slice address = next_word(&line->rest);
	if (address.n == 0)
		return NULL;
	const char *why = take_source(&source, line, address);
	if (why)
		return why;
	if (is_named_already(map, &source))
		return fault_at(line, address.p, "this address has a name already");
	struct slice name = next_word(&line->rest);
	why = take_name(&source, line, name);
	if (why)
		return why;
	why = name_fault(map, &source);
	if (why)
		return fault_at(line, name.p, why);
	why = take_label(map, &source, line);
	if (!why)
		why = take_area(map, &source, line);
	if (why)
		return why;
	struct slice more = next_word(&line->rest);
	if (more.n > 0)
		return fault_at(line, more.p, after(&source));
	if (map->count == PACK_MAP_MAX)
		return fault_at(line, line->begin, "more than 16384 lines with names");
	return add(map, &source) ? NULL : fault_at(line, line->begin, no_memory);
}

const char *pack_map_line(struct pack_map *map, const char *p, size_t n, size_t *column)
{
	struct line line = {.begin = p, .rest = {p, n}};
	const char *why = take_line(map, &line);
	*column = 1;
	for (const char *c = p; why && c < line.rest.p; c++)
		*column += (*c & 0xC0) != 0x80; /* a character of UTF-8 counts once */
	return why;
}

static void read_line(struct pack_map *map, const struct line_reader *reader, enum line_reader_result result,
		      struct slice line)
{
	size_t column = 1;
	const char *why = "the line is too long";
	if (result == LINE_READER_LINE)
		why = pack_map_line(map, line.p, line.n, &column);
	if (why)
		die(why == no_memory ? EXIT_SYSTEM : EXIT_USAGE, "%s:%lu:%zu: %s", reader->name,
		    reader->number, column, why);
}

void pack_map_read(struct pack_map *map, const char *path)
{
	static struct line_reader reader;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	line_reader_begin(&reader, fd, path, FRAME_LINE_MAX);
	enum line_reader_fill fill;
	do {
		enum line_reader_result result;
		struct slice line;
		while ((result = line_reader_next(&reader, &line.p, &line.n)) != LINE_READER_WAIT)
			read_line(map, &reader, result, line);
		fill = line_reader_read(&reader);
		if (fill == LINE_READER_FAILED)
			die(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	} while (fill == LINE_READER_MORE);
	close(fd);
}

const struct pack_source *pack_map_find(const struct pack_map *map, const char *channel, size_t channel_size,
					int bms)
{
	const struct pack_source *found =
		channel_size <= CHANNEL_MAX ? find_place(map, channel, channel_size, bms) : NULL;
	return found ? found : find_place(map, "", 0, bms);
}
