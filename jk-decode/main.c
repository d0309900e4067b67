/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fields_tsv.h"
#include "log.h"
#include "near_keys.h"
#include "output_convert.h"
#include "process.h"
#include "put.h"
#include "record.h"
#include "record_filter.h"
#include "skipped.h"

static const char usage[] =
	"usage: jk-decode [-o FORMAT] [-k KEYS] [--all] [-t TYPE] [-l] [-m MAP] [-d FD]\n"
	"                 [FILE...]\n"
	"       jk-decode --fields\n"
	"\n"
	"Decodes frame lines, from files or stdin, into records, one per line.\n"
	"\n"
	"  -o, --output json|csv|influx|prometheus\n"
	"                         the format of the records (json)\n"
	"  -k, --keys KEYS        only these keys, separated by commas\n"
	"      --all              all keys, also duplicates and undocumented bytes\n"
	"  -t, --type TYPE        only records of one type: live, settings, about, ack,\n"
	"                         read, exception, can, inverter, event, rejected;\n"
	"                         csv always holds one type (live)\n"
	"  -l, --lenient          accept inconsistent frames\n"
	"  -m, --map MAP          names of packs: lines of [CHANNEL:]ADDR NAME [\"LABEL\"]\n"
	"  -d, --ready FD         write a newline to this file descriptor when ready\n"
	"      --fields           print all fields and keys as tab-separated values\n"
	"  -h, --help             print this\n"
	"  -V, --version          print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage or map; 111 a file or stdout failed.\n"
	"See jk-decode(1), and jk-record(5) for the keys.\n";

struct options {
	const struct output_format *format;
	bool lenient, all;
	const char *keys, *type;
	const struct pack_map *packs;
	int ready_fd;
};

static struct record_form form;
static const struct output_format *format; /* into which the records are converted, or that of form */
static struct pack_map packs;
static struct record_filter filter;

static void print_rows(enum frame_type type)
{
	const struct field_table *table = field_tables[type];
	for (size_t k = 0; k < table->count; k++) {
		struct strbuf row = record_writer_record(&filter.writer);
		fields_tsv_row(&row, type, &table->rows[k]);
		record_writer_commit(&filter.writer, &row);
	}
}

static void print_computed(enum frame_type type)
{
	const struct record_keys *keys = record_keys(type);
	for (size_t k = 0; k < keys->count; k++) {
		struct strbuf row = record_writer_record(&filter.writer);
		fields_tsv_computed(&row, type, &keys->key[k]);
		record_writer_commit(&filter.writer, &row);
	}
}

static void print_can_bits(const struct can_frame *frame, const struct can_row *row)
{
	for (unsigned bit = 0; bit < ALARM_CAN_BITS; bit++) {
		struct strbuf line = record_writer_record(&filter.writer);
		fields_tsv_can_bit(&line, frame, row, bit);
		record_writer_commit(&filter.writer, &line);
	}
}

static void print_can_rows(const struct can_frame *frame)
{
	for (size_t i = 0; i < frame->count; i++) {
		struct strbuf line = record_writer_record(&filter.writer);
		fields_tsv_can_row(&line, frame, &frame->rows[i]);
		record_writer_commit(&filter.writer, &line);
		if (strcmp(frame->rows[i].field.key, "can_error_bits") == 0)
			print_can_bits(frame, &frame->rows[i]);
	}
}

static void print_can_computed(const struct can_frame_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct strbuf line = record_writer_record(&filter.writer);
		fields_tsv_can_computed(&line, keys->frame, &keys->key[i]);
		record_writer_commit(&filter.writer, &line);
	}
}

static void print_can(enum can_protocol protocol)
{
	const struct can_table *table = can_tables[protocol];
	for (size_t i = 0; i < table->count; i++)
		print_can_rows(&table->frames[i]);
	for (size_t i = 0; i < table->count; i++)
		print_can_computed(can_keys_of_frame(protocol, i));
}

static _Noreturn void print_fields(void)
{
	/* live first, in the order of interest */
	static const enum frame_type types[] = {FRAME_LIVE, FRAME_SETTINGS, FRAME_ABOUT};
	struct strbuf header = record_writer_record(&filter.writer);
	fields_tsv_header(&header);
	record_writer_commit(&filter.writer, &header);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		print_rows(types[i]);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		print_computed(types[i]);
	for (int protocol = 0; protocol < CAN_PROTOCOLS; protocol++)
		print_can((enum can_protocol)protocol);
	record_writer_flush(&filter.writer);
	_exit(EXIT_DONE);
}

static const struct output_format *output_option(const char *argument)
{
	const struct output_format *chosen = output_format_find(argument);
	char names[80];
	struct strbuf t = {.data = names, .capacity = sizeof names};
	output_format_names(&t);
	if (!chosen)
		die(EXIT_USAGE, "-o %s: the output format is %.*s", argument, (int)t.size, names);
	return chosen;
}

static struct options parse_options(int argc, char **argv)
{
	enum { FIELDS = 256, ALL };
	static const struct option longs[] = {
		{"output", required_argument, NULL, 'o'},
		{"keys", required_argument, NULL, 'k'},
		{"type", required_argument, NULL, 't'},
		{"lenient", no_argument, NULL, 'l'},
		{"map", required_argument, NULL, 'm'},
		{"ready", required_argument, NULL, 'd'},
		{"fields", no_argument, NULL, FIELDS},
		{"all", no_argument, NULL, ALL},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {.format = output_formats[0], .ready_fd = -1};
	for (int c; (c = getopt_long(argc, argv, "o:k:t:lm:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'o':
			o.format = output_option(optarg);
			break;
		case 'k':
			o.keys = optarg;
			break;
		case 't':
			o.type = optarg;
			break;
		case 'l':
			o.lenient = true;
			break;
		case 'm':
			pack_map_read(&packs, optarg);
			o.packs = &packs;
			break;
		case 'd':
			o.ready_fd = process_ready_option(optarg);
			break;
		case ALL:
			o.all = true;
			break;
		case FIELDS:
			print_fields();
		case 'h':
			process_print(usage);
		case 'V':
			process_version();
		default:
			process_usage();
		}
	}
	return o;
}

static _Noreturn void no_such_key(const char *key, size_t n)
{
	char near[256];
	struct strbuf t = {.data = near, .capacity = sizeof near};
	if (near_keys(&t, key, n, NULL) > 0)
		die(EXIT_USAGE, "%s: %.*s (near: %.*s)", record_no_such_key, (int)n, key, (int)t.size, near);
	die(EXIT_USAGE, "%s: %.*s (--fields prints all)", record_no_such_key, (int)n, key);
}

static void begin_form(const struct options *o)
{
	const char *wrong = "";
	size_t n = 0;
	format = o->format;
	form.envelope.format = output_convert_from(format);
	form.envelope.packs = o->packs;
	form.lenient = o->lenient;
	form.all = o->all;
	const char *fault = record_form_begin(&form, o->type, o->keys, &wrong, &n);
	if (fault == record_no_such_key)
		no_such_key(wrong, n);
	if (fault)
		die(EXIT_USAGE, "%s: %.*s", fault, (int)n, wrong);
	if (!o->format->has_header)
		return;
	struct strbuf header = record_writer_record(&filter.writer);
	record_header(&header, &form);
	record_writer_commit(&filter.writer, &header);
}

/* The checksum shows that a frame is truncated; nothing shows it of an event. */
static bool is_cut_event(const char *p, size_t n)
{
	struct frame_line line;
	return filter.reader.unfinished && frame_line_parse(p, n, &line) == NULL &&
	       line.kind == FRAME_LINE_EVENT;
}

/* Keeps a record, perhaps in another format.  Returns NULL, or what is wrong. */
static const char *keep(const struct strbuf *record)
{
	const char *too_long = "the record is too long", *wrong = NULL;
	if (record->overflow || record->size == 0 || !format->record)
		return record_writer_commit(&filter.writer, record) ? NULL : too_long;
	struct strbuf to = record_writer_record(&filter.writer);
	wrong = output_convert(&to, format, record->data, record->size);
	return wrong ? wrong : record_writer_commit(&filter.writer, &to) ? NULL : too_long;
}

/* In a buffer of its own if it is converted. */
static struct strbuf room_for_record(void)
{
	static char json[RECORD_MAX];
	return format->record ? (struct strbuf){.data = json, .capacity = sizeof json}
			      : record_writer_record(&filter.writer);
}

/* True: no line is passed on. */
static bool decode_line(const char *line, size_t n)
{
	const char *wrong;
	if (is_cut_event(line, n))
		return true; /* the filter logs that the last line is not complete */
	struct strbuf record = room_for_record();
	enum record_result result = record_of_line(&record, &form, line, n, &wrong);
	if (result == RECORD_BAD)
		record_filter_complain(&filter, wrong);
	skipped_count(result);
	wrong = result == RECORD_DONE ? keep(&record) : NULL;
	if (wrong)
		record_filter_complain(&filter, wrong);
	return true;
}

static const struct record_filter_kind kind = {
	.line_max = FRAME_LINE_MAX,
	.find_cut = cut_line_frame,
	.too_long = "too long",
	.left_out = "more invalid lines",
	.line = decode_line,
};

int main(int argc, char **argv)
{
	process_begin("jk-decode");
	record_filter_begin(&filter, &kind);
	struct options options = parse_options(argc, argv);
	put_begin();
	begin_form(&options);
	process_catch_stop();
	process_ready(options.ready_fd);
	int exit_status = record_filter_run(&filter, argc - optind, argv + optind);
	output_convert_end(&filter.writer, format);
	record_filter_end(&filter);
	skipped_report();
	return exit_status;
}
