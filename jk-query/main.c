/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "process.h"
#include "query_lists.h"
#include "query_time.h"
#include "query_values.h"

static const char usage[] =
	"usage: jk-query [-f FILE] [--from TIME] [--to TIME] [-p NAME,...|-b NAME]\n"
	"                [-k KEY,...] [-e STEP] [-o FORMAT]\n"
	"       jk-query [OPTIONS] alarms|settings|energy|packs|banks\n"
	"\n"
	"Looks at the history that jk-history keeps: values over time, or a list.\n"
	"\n"
	"  -f, --file FILE      the database (" HISTORY_PATH ")\n"
	"      --from TIME      where it begins: the last day; of a list, all\n"
	"      --to TIME        where it ends (now)\n"
	"  -p, --pack NAME,...  only these packs, by name, label or CHANNEL:ADDRESS\n"
	"  -b, --bank NAME      a bank instead of packs\n"
	"  -k, --keys KEY,...   which values (power,current,total_voltage,\n"
	"                       state_of_charge); of settings and alarms: which of them\n"
	"  -e, --every STEP     1m, 15m, 1h or 1d; without it, one that suits the time\n"
	"  -o, --output FORMAT  table (the default), json, csv; of values also influx and\n"
	"                       prometheus\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"\n"
	"TIME is local: now, today, yesterday, monday, \"yesterday 18:00\", 18:00, -90m,\n"
	"-7d, -3mo, 2026-11, 2026-11-01, 2026-11-01T18:00, with Z or +01:00 behind it.\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage, or there is no history; 111 it cannot be\n"
	"read.  See jk-query(1).\n";

struct options {
	const char *path, *from, *to, *packs, *bank, *keys, *every, *format;
};

static struct options parse_options(int argc, char **argv)
{
	enum { FROM = 256, TO };
	static const struct option longs[] = {
		{"file", required_argument, NULL, 'f'},
		{"from", required_argument, NULL, FROM},
		{"to", required_argument, NULL, TO},
		{"pack", required_argument, NULL, 'p'},
		{"bank", required_argument, NULL, 'b'},
		{"keys", required_argument, NULL, 'k'},
		{"every", required_argument, NULL, 'e'},
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {.path = HISTORY_PATH, .format = "table"};
	for (int c; (c = getopt_long(argc, argv, "f:p:b:k:e:o:hV", longs, NULL)) != -1;) {
		const char **to = c == 'f'    ? &o.path
				  : c == 'p'  ? &o.packs
				  : c == 'b'  ? &o.bank
				  : c == 'k'  ? &o.keys
				  : c == 'e'  ? &o.every
				  : c == 'o'  ? &o.format
				  : c == FROM ? &o.from
				  : c == TO   ? &o.to
					      : NULL;
		if (to)
			*to = optarg;
		else if (c == 'h')
			process_print(usage);
		else if (c == 'V')
			process_version();
		else
			process_usage();
	}
	return o;
}

static int64_t time_option(const char *option, const char *text, int64_t now_s)
{
	int64_t time_s;
	if (!query_time(text, now_s, &time_s))
		die(EXIT_USAGE,
		    "%s %s: no time; such as today, yesterday, -7d, 18:00, 2026-11-01 or "
		    "2026-11-01T18:00",
		    option, text);
	return time_s;
}

static void begin_output(struct query_output *output, const char *format)
{
	char names[128];
	struct strbuf t = {.data = names, .capacity = sizeof names - 1};
	if (query_output_begin(output, format))
		return;
	query_output_names(&t);
	names[t.size] = '\0';
	die(EXIT_USAGE, "-o %s: no such format; there are %s", format, names);
}

static enum query_step step_of(const struct options *o, int64_t length_s)
{
	enum query_step step;
	char names[64];
	struct strbuf t = {.data = names, .capacity = sizeof names - 1};
	if (!o->every)
		return query_values_suits(length_s);
	if (query_values_step(o->every, &step))
		return step;
	query_values_steps(&t);
	names[t.size] = '\0';
	die(EXIT_USAGE, "--every %s: it is %s", o->every, names);
}

static void print_values(const struct options *o, struct query_file *f, struct query_output *output,
			 int64_t now_s)
{
	static struct query_values v;
	v.from_s = time_option("--from", o->from ? o->from : "-1d", now_s);
	v.to_s = o->to ? time_option("--to", o->to, now_s) : now_s + 1;
	if (v.to_s <= v.from_s)
		die(EXIT_USAGE, "--to %s: not after --from", o->to ? o->to : "now");
	v.step = step_of(o, v.to_s - v.from_s);
	query_file_owners(f, o->bank ? HISTORY_BANK : HISTORY_PACK);
	query_file_choose(f, o->bank ? o->bank : o->packs);
	query_values_keys(&v, f->kind, o->keys ? o->keys : "power,current,total_voltage,state_of_charge");
	query_values_print(&v, f, output);
}

static void print_list(const struct query_list *list, const struct options *o, struct query_file *f,
		       struct query_output *output, int64_t now_s)
{
	struct query_list_choice choice = {
		.from_s = o->from ? time_option("--from", o->from, now_s) : 0,
		.to_s = o->to ? time_option("--to", o->to, now_s) : INT64_C(253402300799),
		.packs = o->packs,
		.bank = o->bank,
		.keys = o->keys,
	};
	query_file_owners(f, HISTORY_BANK);
	query_file_choose(f, o->bank); /* is there one of that name? */
	query_file_owners(f, HISTORY_PACK);
	query_file_choose(f, o->packs);
	query_list_print(list, f, output, &choice);
}

static const struct query_list *list_argument(int argc, char **argv)
{
	char names[128];
	struct strbuf t = {.data = names, .capacity = sizeof names - 1};
	if (optind == argc)
		return NULL;
	if (optind + 1 < argc)
		die(EXIT_USAGE, "%s: one list at a time; try jk-query -h", argv[optind + 1]);
	const struct query_list *list = query_list_find(argv[optind]);
	if (list)
		return list;
	query_list_names(&t);
	names[t.size] = '\0';
	die(EXIT_USAGE, "%s: no such list; there are %s", argv[optind], names);
}

int main(int argc, char **argv)
{
	static struct query_file file;
	static struct query_output output;
	process_begin("jk-query");
	struct options o = parse_options(argc, argv);
	const struct query_list *list = list_argument(argc, argv);
	if (o.bank && o.packs)
		die(EXIT_USAGE, "--bank %s: with --pack; it is one of both", o.bank);
	begin_output(&output, o.format);
	if (list && output.format && output.format->record)
		die(EXIT_USAGE, "-o %s: it is for values, not for lists", o.format);
	query_file_open(&file, o.path);
	int64_t now_s = clock_real_us() / 1000000;
	if (list)
		print_list(list, &o, &file, &output, now_s);
	else
		print_values(&o, &file, &output, now_s);
	query_output_end(&output);
	sqlite3_close(file.db);
	return EXIT_DONE;
}
