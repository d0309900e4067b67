/* SPDX-License-Identifier: MIT */
#include "map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "entities.h"
#include "line_reader.h"
#include "number.h"
#include "process.h"

enum { BMS_MAX = 15 };

/* Names that would be topics of something else. */
static const char *const taken[] = {"bridge", "link", "status", "summary"};

static void own_name(int bms, char name[DEVICE_NAME_MAX + 1])
{
	snprintf(name, DEVICE_NAME_MAX + 1, "bms_%d", bms);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line; its length, 0 at the end. */
static size_t word(const char **p, const char *end, const char **from)
{
	while (*p < end && is_blank(**p))
		(*p)++;
	*from = *p;
	while (*p < end && !is_blank(**p))
		(*p)++;
	return (size_t)(*p - *from);
}

static const char *take_address(struct map_entry *e, const char *p, size_t n)
{
	int64_t bms;
	const char *colon = memrchr(p, ':', n);
	size_t channel = colon ? (size_t)(colon - p) : 0;
	if (colon) {
		if (channel > CHANNEL_MAX)
			return "the channel is longer than 31 characters";
		memcpy(e->channel, p, channel);
		if (!frame_line_channel_valid(e->channel))
			return "a channel has 1 to 31 letters, digits, and . _ -";
		p = colon + 1;
		n -= channel + 1;
	}
	if (!number_parse(p, n, 0, BMS_MAX, &bms))
		return "the address of a BMS is a number from 0 to 15";
	e->bms = (int)bms;
	return NULL;
}

static const char *take_name(struct map_entry *e, const char *p, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	if (n > DEVICE_NAME_MAX)
		return "the name is longer than 31 characters";
	for (size_t i = 0; i < n; i++)
		if (!p[i] || !strchr(letters, p[i]))
			return "a name has letters, digits, _ and -";
	memcpy(e->name, p, n);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strcmp(e->name, taken[i]) == 0)
			return "bridge, link, status and summary are topics of jk-mqtt itself";
	return NULL;
}

static bool is_entity(const char *key)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++)
		if (strcmp(e->key, key) == 0)
			return true;
	return false;
}

/*
 * Home Assistant knows an entity by PREFIX_NAME_KEY.  So the power of pack_charging would be the charging_power of pack, and one
 * of the two would never appear.
 */
static const char *same_ids(const char *name, const char *longer)
{
	static char wrong[256];
	size_t count, n = strlen(name);
	const struct entity *e = entities(&count);
	if (strncmp(longer, name, n) != 0 || longer[n] != '_')
		return NULL;
	const char *rest = longer + n + 1;
	size_t size = strlen(rest);
	for (size_t i = 0; i < count; i++, e++) {
		if (strncmp(e->key, rest, size) != 0 || e->key[size] != '_' || !is_entity(e->key + size + 1))
			continue;
		snprintf(wrong, sizeof wrong,
			 "with the name %s, %s of the one and %s of %s would have one identifier", name,
			 e->key, e->key + size + 1, longer);
		return wrong;
	}
	return NULL;
}

static const char *ids_of_two(const char *a, const char *b)
{
	const char *wrong = same_ids(a, b);
	return wrong ? wrong : same_ids(b, a);
}

/* Against the names before it, and those of BMS that no line names. */
static const char *ids_of_all(const struct map *map, const char *name)
{
	const char *wrong = NULL;
	for (size_t i = 0; i < map->count && !wrong; i++)
		wrong = ids_of_two(map->entries[i].name, name);
	for (int bms = 0; bms <= BMS_MAX && !wrong; bms++) {
		char own[DEVICE_NAME_MAX + 1];
		own_name(bms, own);
		wrong = ids_of_two(own, name);
	}
	return wrong;
}

const char *map_line(struct map *map, const char *p, size_t n)
{
	const char *end = p + n, *address, *name, *more;
	struct map_entry e = {0};
	size_t address_size = word(&p, end, &address), name_size = word(&p, end, &name);
	if (address_size == 0 || address[0] == '#')
		return NULL;
	const char *wrong = take_address(&e, address, address_size);
	if (wrong)
		return wrong;
	if (name_size == 0 || name[0] == '#')
		return "no name behind the address";
	wrong = take_name(&e, name, name_size);
	if (wrong)
		return wrong;
	if (word(&p, end, &more) > 0 && more[0] != '#')
		return "something behind the name";
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].bms == e.bms && strcmp(map->entries[i].channel, e.channel) == 0)
			return "this address has a name already";
		if (strcmp(map->entries[i].name, e.name) == 0)
			return "this name is that of another address already";
	}
	if (map->count == MAP_MAX)
		return "more than 256 names";
	wrong = ids_of_all(map, e.name);
	if (wrong)
		return wrong;
	map->entries[map->count++] = e;
	return NULL;
}

void map_read(struct map *map, const char *path)
{
	static struct line_reader reader;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	line_reader_begin(&reader, fd, path, 256);
	enum line_reader_fill fill;
	do {
		enum line_reader_result result;
		const char *line;
		size_t n;
		while ((result = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT) {
			const char *wrong = result == LINE_READER_LINE ? map_line(map, line, n) : "too long";
			if (wrong)
				die(EXIT_USAGE, "%s:%lu: %s", path, reader.number, wrong);
		}
		fill = line_reader_read(&reader);
		if (fill == LINE_READER_FAILED)
			die(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	} while (fill == LINE_READER_MORE);
	close(fd);
}

bool map_name(const struct map *map, const char *channel, int bms, char name[DEVICE_NAME_MAX + 1])
{
	const struct map_entry *found = NULL;
	for (size_t i = 0; i < map->count; i++) {
		const struct map_entry *e = &map->entries[i];
		if (e->bms == bms && (strcmp(e->channel, channel) == 0 || (!found && e->channel[0] == '\0')))
			found = e;
	}
	if (found)
		memcpy(name, found->name, sizeof found->name);
	else
		own_name(bms, name);
	return found;
}
