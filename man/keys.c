/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "can_keys.h"
#include "record_keys.h"
#include "strbuf.h"

/*
 * The keys of the records, as the rows of jk-record(5): man/update puts what this prints into the page.
 * Everything comes from the tables of the programs.
 */

static void print_escaped(const char *s)
{
	for (; *s; s++)
		fputs(*s == '\\' ? "\\e" : (char[]){*s, '\0'}, stdout);
}

static const char *unit_of(const struct field *f)
{
	/* The page is ASCII. */
	switch (f->unit) {
	case UNIT_NONE:
		return f->type == FIELD_ASCII ? "text" : f->type == FIELD_HEX ? "hex" : "number";
	case UNIT_CELSIUS:
		return "C";
	case UNIT_MICROSECOND:
		return "microseconds";
	case UNIT_ENUM:
		return "number";
	case UNIT_DEPENDS:
		return "unit depends";
	default:
		return field_unit_name(f->unit);
	}
}

static void print_decimal(struct decimal d)
{
	char buffer[32];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	strbuf_decimal(&t, d.mantissa, d.places);
	fwrite(buffer, 1, t.size, stdout);
}

static void print_bounds(const struct field *f)
{
	if (!f->writable || f->step.mantissa == 0)
		return;
	fputs("; settable, ", stdout);
	print_decimal(f->min);
	fputs(" to ", stdout);
	print_decimal(f->max);
	if (f->unit != UNIT_BOOL && f->unit != UNIT_ENUM) {
		fputs(" in steps of ", stdout);
		print_decimal(f->step);
	}
}

static void print_remarks(const struct field *f)
{
	if (f->firmware.major > 0)
		printf("; since firmware %u.%u", f->firmware.major, f->firmware.minor);
	if (f->privacy == FIELD_PRIVATE)
		fputs("; private", stdout);
	if (f->on_request)
		fputs("; on request", stdout);
	if (f->confidence == CONFIDENCE_CONFLICTING)
		fputs("; the sources disagree", stdout);
	if (f->confidence == CONFIDENCE_SINGLE)
		fputs("; of one source", stdout);
}

/*
 * What is said of cell 1 stands for each of them.  What the row says behind that, of slots without a cell, is
 * of the frame, not of the record.
 */
static void print_meaning(const char *meaning, bool each_cell)
{
	const char *cell = strstr(meaning, "cell 1");
	if (each_cell && cell)
		printf("%.*seach cell", (int)(cell - meaning), meaning);
	else
		print_escaped(meaning);
}

/* Is this key the first of 32 that differ in the number at their end? */
static bool begins_run(const struct record_keys *keys, size_t i)
{
	const char *key = keys->key[i].key;
	size_t n = strlen(key);
	if (n < 2 || strcmp(key + n - 2, "_1") != 0 || keys->count - i < CELLS_MAX)
		return false;
	char last[80];
	snprintf(last, sizeof last, "%.*s_%d", (int)(n - 2), key, CELLS_MAX);
	return strcmp(keys->key[i + CELLS_MAX - 1].key, last) == 0;
}

static void print_text_row(const struct record_key *key)
{
	printf(".It Va %s Pq text\nthe text of\n.Va %s ;\nsee\n.Sx Texts of numbers ,\n.Qq %s\n", key->key,
	       key->field->key, enum_texts[key->field->texts].name);
}

static void print_row(const struct record_key *key, bool run)
{
	const struct field *f = key->field;
	bool array = key->origin == KEY_OF_CELLS;
	printf(".It Va %s", key->key);
	if (run)
		printf(" No ... Va %.*s%d", (int)strlen(key->key) - 1, key->key, CELLS_MAX);
	if (f)
		printf(" Pq %s%s", unit_of(f), array ? ", array" : "");
	else if (key->origin == KEY_OF_ALARM)
		printf(" Pq bool, bit %u of errors_bitmask", key->bit);
	printf("\n");
	print_meaning(key->meaning, run || array);
	if (f) {
		print_bounds(f);
		print_remarks(f);
	} else if (key->on_request) {
		fputs("; on request", stdout);
	}
	printf("\n");
}

static void print_type(enum frame_type type)
{
	const struct record_keys *keys = record_keys(type);
	printf(".Ss Keys of %s records\n.Bl -tag -width 4n -compact\n", field_tables[type]->name);
	for (size_t i = 0; i < keys->count; i++) {
		const struct record_key *key = &keys->key[i];
		if (key->cell > 0) /* the array stands for it */
			continue;
		bool run = begins_run(keys, i);
		if (key->origin == KEY_OF_TEXT)
			print_text_row(key);
		else
			print_row(key, run);
		if (run)
			i += CELLS_MAX - 1;
	}
	printf(".El\n");
}

static void print_texts(void)
{
	printf(".Ss Texts of numbers\n"
	       "A number without a text here has the text\n"
	       ".Qq Unknown .\n");
	for (int name = ENUM_NONE + 1; name < ENUM_NAMES; name++) {
		const struct enum_texts *e = &enum_texts[name];
		printf(".Pp\n.Qq %s :\n.Bl -tag -width 4n -offset 2n -compact\n", e->name);
		for (size_t i = 0; i < e->count; i++) {
			if (!e->texts[i])
				continue;
			printf(".It %zu\n", i);
			print_escaped(e->texts[i]);
			printf("\n");
		}
		printf(".El\n");
	}
}

static bool has_addresses(const struct can_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->frames[i].addresses > 0)
			return true;
	return false;
}

/* By the identifier of address 0. */
static void print_can_frame(const struct can_frame *f, bool others_have_addresses)
{
	bool exception = others_have_addresses && f->addresses == 0;
	printf(".Pp\n%0*X, %s%s:\n", f->extended ? 8 : 3, (unsigned)f->id, f->name,
	       exception ? ", which has no address" : "");
}

static void print_can_key(const struct record_key *key)
{
	const struct field *f = key->field;
	if (key->origin == KEY_OF_TEXT) {
		print_text_row(key);
		return;
	}
	printf(".It Va %s", key->key);
	if (f)
		printf(" Pq %s", unit_of(f));
	else if (key->origin == KEY_OF_LEVEL)
		printf(" Pq 1 to 3, bits %u and %u of can_alarm_levels", 2u * key->bit, 2u * key->bit + 1);
	printf("\n");
	print_escaped(key->meaning);
	if (f)
		print_remarks(f);
	printf("\n");
}

static void print_can(enum can_protocol protocol)
{
	bool addresses = has_addresses(can_tables[protocol]);
	printf(".Ss Keys of %s records\n"
	       "Each frame has a record of its own.\n"
	       "%s\n",
	       can_tables[protocol]->name,
	       addresses ? "The identifiers are those of address 0." : "No frame has an address.");
	for (size_t i = 0; i < can_tables[protocol]->count; i++) {
		const struct can_frame_keys *keys = can_keys_of_frame(protocol, i);
		if (keys->count == 0)
			continue;
		print_can_frame(keys->frame, addresses);
		printf(".Bl -tag -width 4n -compact\n");
		for (size_t k = 0; k < keys->count; k++)
			print_can_key(&keys->key[k]);
		printf(".El\n");
	}
}

int main(void)
{
	print_type(FRAME_LIVE);
	print_type(FRAME_SETTINGS);
	print_type(FRAME_ABOUT);
	for (int protocol = 0; protocol < CAN_PROTOCOLS; protocol++)
		print_can((enum can_protocol)protocol);
	print_texts();
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("jk-keys: stdout");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
